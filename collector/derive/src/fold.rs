//! Free text of nodes to closed sets.
