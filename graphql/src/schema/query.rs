//! The root of every query, in themes: what can be asked, and with which arguments. Resolvers hand on;
//! they hold no logic.

mod agents;
mod figures;
mod network;
mod stack;
mod streams;

use async_graphql::MergedObject;

/// What NaaP knows. Times are ISO 8601 UTC, durations milliseconds; null is "not known", never 0.
#[derive(Debug, Default, MergedObject)]
pub struct Query(
    agents::AgentQuery,
    streams::StreamQuery,
    figures::FigureQuery,
    network::NetworkQuery,
    stack::StackQuery,
);
