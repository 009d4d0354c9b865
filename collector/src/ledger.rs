//! How far each epoch is stored. It may read the ledger through its [`Source`] and remember it;
//! it must never write it: that is the committer's, after the data.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

use crate::limits;
use crate::store::StoreError;

/// The ledger of one node and epoch. Always `through = stored + rejected + gaps`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// When the collector first saw the epoch, microseconds since 1970 UTC.
    pub(crate) first_seen_us: i64,
    pub(crate) through: u64,
    pub(crate) stored: u64,
    pub(crate) duplicates: u64,
    pub(crate) rejected: u64,
    pub(crate) gaps: u64,
    /// Time of the newest row, microseconds since 1970 UTC, by the agent's clock.
    pub(crate) last_row_us: Option<i64>,
    /// Agent's clock minus collector's clock, ms.
    pub(crate) skew_ms: Option<i64>,
}

impl Entry {
    /// An epoch of which nothing came yet.
    pub(crate) fn new(first_seen_us: i64) -> Self {
        Self {
            first_seen_us,
            through: 0,
            stored: 0,
            duplicates: 0,
            rejected: 0,
            gaps: 0,
            last_row_us: None,
            skew_ms: None,
        }
    }

    /// Whether a refused range, from here to here, says something that the ledger does not know.
    pub(crate) fn is_news(&self, last_seq: u64) -> bool {
        last_seq > self.through
    }

    /// Books the rows `first_seq .. first_seq + rows`, of which `refused` ranges (first, count)
    /// were refused and the others committed.
    pub(crate) fn book(
        &mut self,
        first_seq: u64,
        rows: u64,
        refused: impl Iterator<Item = (u64, u64)>,
    ) {
        let Some(last) = rows.checked_sub(1).map(|r| first_seq.saturating_add(r)) else { return };
        let before = self.through;
        // How much of a range was not booked yet.
        let fresh = |first: u64, count: u64| -> u64 {
            let last = first.saturating_add(count - 1);
            last.saturating_sub(before.max(first - 1)).min(count)
        };
        let (mut refused_all, mut refused_fresh) = (0u64, 0u64);
        for (first, count) in refused.filter(|(first, count)| *first > 0 && *count > 0) {
            refused_all += count;
            refused_fresh += fresh(first, count);
        }
        let new = fresh(first_seq, rows);
        self.gaps += first_seq.saturating_sub(before.saturating_add(1));
        self.stored += new.saturating_sub(refused_fresh);
        self.rejected += refused_fresh;
        let again = (rows - new).saturating_sub(refused_all.saturating_sub(refused_fresh));
        self.duplicates = self.duplicates.saturating_add(again);
        self.through = before.max(last);
    }
}

/// Where the ledger is read from.
#[tonic::async_trait]
pub(crate) trait Source: Send + Sync + 'static {
    /// The entries of those epochs of a node that have one, as far as they are committed.
    async fn read(&self, node: &str, epochs: &[u64]) -> Result<Vec<(u64, Entry)>, StoreError>;
}

/// The ledger of one node and epoch, shared by whoever works on it.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) node: Arc<str>,
    pub(crate) epoch: u64,
    entry: Mutex<Entry>,
}

impl Cell {
    /// A ledger that is not kept anywhere.
    pub(crate) fn detached(node: &Arc<str>, epoch: u64) -> Self {
        Self { node: Arc::clone(node), epoch, entry: Mutex::new(Entry::new(0)) }
    }

    /// As committed.
    pub(crate) fn entry(&self) -> Entry {
        self.entry.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// To be called by the committer, once the entry is in the database.
    pub(crate) fn publish(&self, entry: Entry) {
        *self.entry.lock().unwrap_or_else(PoisonError::into_inner) = entry;
    }
}

type Key = (Arc<str>, u64);

/// All ledgers in use, read on demand.
pub(crate) struct Ledgers {
    source: Box<dyn Source>,
    cells: Mutex<HashMap<Key, (Arc<Cell>, Instant)>>,
}

impl Ledgers {
    pub(crate) fn new(source: Box<dyn Source>) -> Self {
        Self { source, cells: Mutex::new(HashMap::new()) }
    }

    /// The ledgers of these epochs, in their order; an epoch that was never seen gets an empty one.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub(crate) async fn of(
        &self,
        node: &Arc<str>,
        epochs: &[u64],
        now_us: i64,
    ) -> Result<Vec<Arc<Cell>>, StoreError> {
        let missing: Vec<u64> = {
            let cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
            let known = |e: &u64| cells.contains_key(&(Arc::clone(node), *e));
            epochs.iter().copied().filter(|e| !known(e)).collect()
        };
        let mut read = HashMap::new();
        for part in missing.chunks(limits::LEDGER_QUERY) {
            read.extend(self.source.read(node, part).await?);
        }
        let now = Instant::now();
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        let found = epochs
            .iter()
            .map(|&epoch| {
                let cell = cells.entry((Arc::clone(node), epoch)).or_insert_with(|| {
                    let entry = read.remove(&epoch).unwrap_or_else(|| Entry::new(now_us));
                    let (node, entry) = (Arc::clone(node), Mutex::new(entry));
                    (Arc::new(Cell { node, epoch, entry }), now)
                });
                cell.1 = now;
                Arc::clone(&cell.0)
            })
            .collect();
        if cells.len() > limits::LEDGER_ENTRIES {
            cells.retain(|_, (cell, used)| {
                Arc::strong_count(cell) > 1 || now.duration_since(*used) < limits::LEDGER_IDLE
            });
        }
        Ok(found)
    }
}

impl std::fmt::Debug for Ledgers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledgers").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn holds(e: &Entry) -> bool {
        e.through == e.stored + e.rejected + e.gaps
    }

    #[test]
    fn fresh_rows_duplicates_refusals_and_holes_are_told_apart() {
        let mut e = Entry::new(0);
        e.book(1, 10, [(3, 2)].into_iter());
        assert_eq!((e.through, e.stored, e.rejected, e.duplicates, e.gaps), (10, 8, 2, 0, 0));
        // All of it again: nothing but duplicates, and the refused ones are not counted twice.
        e.book(1, 10, [(3, 2)].into_iter());
        assert_eq!((e.through, e.stored, e.rejected, e.duplicates, e.gaps), (10, 8, 2, 8, 0));
        // Half of it again, a refusal across the border.
        e.book(6, 10, [(10, 2)].into_iter());
        assert_eq!((e.through, e.stored, e.rejected, e.duplicates, e.gaps), (15, 12, 3, 12, 0));
        // A hole.
        e.book(21, 5, std::iter::empty());
        assert_eq!((e.through, e.stored, e.rejected, e.duplicates, e.gaps), (25, 17, 3, 12, 5));
        assert!(holds(&e));
    }

    #[test]
    fn an_epoch_that_starts_late_has_a_gap() {
        let mut e = Entry::new(0);
        e.book(101, 1, std::iter::empty());
        assert_eq!((e.through, e.stored, e.gaps), (101, 1, 100));
    }

    proptest! {
        #[test]
        fn everything_up_to_through_is_accounted_for(
            frames in prop::collection::vec((1u64..200, 1u64..40, 0u64..40, 0u64..40), 1..40)
        ) {
            let mut e = Entry::new(0);
            let mut last = 0;
            for (first, rows, skip, count) in frames {
                let skip = skip.min(rows);
                let count = count.min(rows - skip);
                e.book(first, rows, [(first + skip, count)].into_iter());
                prop_assert!(holds(&e), "{:?}", e);
                prop_assert!(e.through >= last);
                last = e.through;
            }
        }

        #[test]
        fn hostile_numbers_do_not_overflow(first in 1u64..=i64::MAX as u64 - 20_000, rows in 1u64..20_000) {
            let mut e = Entry::new(0);
            e.book(first, rows, [(first, rows)].into_iter());
            prop_assert!(holds(&e));
        }
    }
}
