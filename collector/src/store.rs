//! What the collector asks of a database, and the committer that does it in rounds. It may write
//! through a [`Writer`]; it must never acknowledge before everything, ledger last, is committed.

use std::sync::Arc;

use naap_schema::{EntityDef, Row};

mod commit;
#[cfg(test)]
pub(crate) mod memory;
pub(crate) mod questdb;
pub(crate) mod together;
mod write;

pub(crate) use commit::{Batch, Committer, NO_EPOCH, Outcome, Told, Waits};

/// One row on its way into a table.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// Which frame of the round it came with.
    pub(crate) batch: usize,
    pub(crate) node: Arc<str>,
    pub(crate) epoch: u64,
    pub(crate) seq: u64,
    pub(crate) row: Row,
}

/// Why rows are not committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WriteError {
    /// The database refuses these rows, and always will. Nothing of the request is stored.
    Refused {
        /// Which one, from 0, if it says.
        line: Option<usize>,
        /// What it says.
        message: String,
    },
    /// Not now: it is away, busy, or not as this collector needs it.
    Later(String),
}

/// A connection that commits rows. Calls may block.
pub(crate) trait Writer: Send + 'static {
    /// Commits all `lines`, rows of `entity`, or none.
    ///
    /// # Errors
    /// If none was committed, as far as is known.
    fn write(&mut self, entity: &'static EntityDef, lines: &[Line]) -> Result<(), WriteError>;
}

/// Why the store cannot be asked.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{doing}: {why}")]
pub(crate) struct StoreError {
    /// What was tried.
    pub(crate) doing: &'static str,
    /// What came of it.
    pub(crate) why: String,
}
