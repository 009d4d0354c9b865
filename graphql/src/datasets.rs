//! Daily files of what was derived: one Parquet file for a subject and a UTC day, with a manifest for
//! each subject that says what there is.
//!
//! A file is never changed: what comes late makes a further revision, under a name of its own
//! (`docs/decisions/0010-datasets.md`). It may read the `public_*` views and write below one folder;
//! it must never read a raw table, and never serve a file that no manifest names.

mod build;
mod file;
mod manifest;
mod plan;
pub(crate) mod serve;
mod store;
pub(crate) mod subjects;

pub(crate) use build::run_forever;
pub use build::{DatasetError, Only, Summary, build};
pub(crate) use manifest::Entry;
pub(crate) use plan::Rules;
pub(crate) use store::Store;
