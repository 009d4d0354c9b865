//! From events to answers, continuously: finds what was stored, computes what follows from it with
//! the pure functions of `naap-derive`, and rewrites exactly the derived rows that changed.
//!
//! It may read every table and write derived ones; it must never hold up an ack, decide what a
//! figure means, or write a row that cannot be computed again from the rows that nodes sent.
//!
//! What was stored comes from the committer through the inbox; what a crash took from it is
//! found again through `derive_mark`, which is committed with the rows and before their ack. Derived
//! rows are compared with what stands, so that deriving twice writes nothing.

mod diff;
mod fees;
mod inbox;
mod jobs;
mod read;
mod rebuild;
mod runner;
mod scores;
mod sessions;
mod supply;
mod world;
mod write;

use std::sync::Arc;

use naap_schema::{Row, Value};

pub(crate) use inbox::{Inbox, Stored};
pub(crate) use read::rows as read_rows;
pub use rebuild::{RebuildError, Rebuilt, rebuild};
pub(crate) use runner::Runner;
pub(crate) use write::Out;

/// A text of a row.
fn text(row: &Row, field: &str) -> Option<Arc<str>> {
    match row.get(field) {
        Some(Value::Text(s)) => Some(Arc::clone(s)),
        _ => None,
    }
}

/// A whole number, or a time, of a row.
fn whole(row: &Row, field: &str) -> Option<i64> {
    match row.get(field) {
        Some(Value::I64(i)) => Some(*i),
        _ => None,
    }
}
