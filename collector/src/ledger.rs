//! How far each epoch is stored. It may read the ledger through its [`Source`] and remember it;
//! it must never write it: that is the committer's, after the data.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

use crate::limits;
use crate::store::StoreError;

/// The ledger of one node and epoch. Always `through = stored + rejected + gaps`, and the holes are
/// `gaps` rows, or fewer where there are more ranges than are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// When the collector first saw the epoch, microseconds since 1970 UTC.
    pub(crate) first_seen_us: i64,
    pub(crate) through: u64,
    pub(crate) stored: u64,
    pub(crate) duplicates: u64,
    pub(crate) rejected: u64,
    pub(crate) gaps: u64,
    /// Where the gaps are.
    pub(crate) holes: Ranges,
    /// The last row that the agent is known to have recorded; `None`: it does not say.
    pub(crate) recorded: Option<u64>,
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
            holes: Ranges::default(),
            recorded: None,
            last_row_us: None,
            skew_ms: None,
        }
    }

    /// How many of the rows `first .. first + count` are not booked yet.
    pub(crate) fn fresh(&self, first: u64, count: u64) -> u64 {
        let Some(last) = last_of(first, count) else { return 0 };
        let beyond = last.saturating_sub(self.through.max(first.saturating_sub(1))).min(count);
        beyond + self.holes.rows_within(first, last)
    }

    /// Books the rows `first_seq .. first_seq + rows`, of which `refused` ranges (first, count)
    /// were refused and the others committed.
    pub(crate) fn book(
        &mut self,
        first_seq: u64,
        rows: u64,
        refused: impl Iterator<Item = (u64, u64)>,
    ) {
        let Some(last) = last_of(first_seq, rows) else { return };
        let (mut refused_all, mut refused_fresh) = (0u64, 0u64);
        for (first, count) in refused.filter(|(first, count)| *first > 0 && *count > 0) {
            refused_all += count;
            refused_fresh += self.fresh(first, count);
        }
        let new = self.fresh(first_seq, rows);
        self.gaps = self.gaps.saturating_sub(self.holes.remove(first_seq, last));
        let next = self.through.saturating_add(1);
        if first_seq > next {
            self.gaps += first_seq - next;
            self.holes.append(next, first_seq - 1);
        }
        self.stored += new.saturating_sub(refused_fresh);
        self.rejected += refused_fresh;
        let again = (rows - new).saturating_sub(refused_all.saturating_sub(refused_fresh));
        self.duplicates = self.duplicates.saturating_add(again);
        self.through = self.through.max(last);
    }

    /// The agent recorded up to here, as far as it says.
    pub(crate) fn heard(&mut self, recorded: Option<u64>) {
        self.recorded = self.recorded.max(recorded);
    }
}

fn last_of(first: u64, count: u64) -> Option<u64> {
    Some(first.saturating_add(count.checked_sub(1)?))
}

/// Ranges of rows, in order and apart; at most [`limits::HOLES`] of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ranges(Vec<(u64, u64)>);

impl Ranges {
    fn rows_within(&self, first: u64, last: u64) -> u64 {
        let within = |(a, b): &(u64, u64)| (*b).min(last).checked_sub((*a).max(first));
        self.0.iter().filter_map(within).map(|n| n + 1).sum()
    }

    /// Takes rows out; gives how many were there. Where that makes too many ranges, the last are
    /// forgotten.
    fn remove(&mut self, first: u64, last: u64) -> u64 {
        let rows = self.rows_within(first, last);
        if rows > 0 {
            let left = |(a, b): &(u64, u64)| {
                let before = (*a, (*b).min(first.saturating_sub(1)));
                let after = ((*a).max(last.saturating_add(1)), *b);
                let sides =
                    if *b < first || *a > last { [(*a, *b), (1, 0)] } else { [before, after] };
                sides.into_iter().filter(|(a, b)| a <= b)
            };
            self.0 = self.0.iter().flat_map(left).take(limits::HOLES).collect();
        }
        rows
    }

    /// Adds a range behind all others, if there is room.
    fn append(&mut self, first: u64, last: u64) {
        if self.0.len() < limits::HOLES {
            self.0.push((first, last));
        }
    }

    /// As the ledger holds them: `31-33,50-50`.
    pub(crate) fn to_text(&self) -> String {
        let ranges: Vec<String> = self.0.iter().map(|(a, b)| format!("{a}-{b}")).collect();
        ranges.join(",")
    }

    /// Reads [`Ranges::to_text`]; what makes no sense is left out.
    pub(crate) fn parse(text: &str) -> Self {
        let range = |r: &str| {
            let (a, b) = r.split_once('-')?;
            Some((a.parse::<u64>().ok()?, b.parse::<u64>().ok()?))
        };
        let mut out = Vec::new();
        let mut next = 1;
        for (a, b) in text.split(',').filter_map(range).take(limits::HOLES) {
            if next <= a && a <= b {
                out.push((a, b));
                next = b.saturating_add(1);
            }
        }
        Self(out)
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
    /// The last recorded row that is on its way to the ledger.
    announced: AtomicU64,
}

impl Cell {
    fn new(node: &Arc<str>, epoch: u64, entry: Entry) -> Self {
        let (node, entry) = (Arc::clone(node), Mutex::new(entry));
        Self { node, epoch, entry, announced: AtomicU64::new(0) }
    }

    /// A ledger that is not kept anywhere.
    pub(crate) fn detached(node: &Arc<str>, epoch: u64) -> Self {
        Self::new(node, epoch, Entry::new(0))
    }

    /// As committed.
    pub(crate) fn entry(&self) -> Entry {
        self.entry.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the ledger does not know yet that rows up to here are recorded.
    pub(crate) fn is_recorded_news(&self, seq: u64) -> bool {
        let entry = self.entry.lock().unwrap_or_else(PoisonError::into_inner);
        seq > entry.through.max(entry.recorded.unwrap_or(0))
    }

    /// Says that this is handed to the committer; gives whether nobody did before.
    pub(crate) fn announce(&self, seq: u64) -> bool {
        self.announced.fetch_max(seq, Ordering::Relaxed) < seq
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
                    (Arc::new(Cell::new(node, epoch, entry)), now)
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
    use std::collections::hash_map::Entry::{Occupied, Vacant};

    use proptest::prelude::*;

    use super::*;

    fn holds(e: &Entry) -> bool {
        let placed: u64 = e.holes.0.iter().map(|(a, b)| b - a + 1).sum();
        let told = e.holes.0.len() == limits::HOLES || placed == e.gaps;
        e.through == e.stored + e.rejected + e.gaps && placed <= e.gaps && told
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
        assert_eq!(e.holes.to_text(), "16-20");
        assert!(holds(&e));
    }

    #[test]
    fn what_was_missing_and_comes_after_all_is_stored_and_no_duplicate() {
        let mut e = Entry::new(0);
        e.book(1, 10, std::iter::empty());
        e.book(21, 10, std::iter::empty());
        // Two rows of the hole, two before it; one of the former is refused.
        assert_eq!(e.fresh(9, 4), 2);
        e.book(9, 4, [(12, 1)].into_iter());
        assert_eq!((e.through, e.stored, e.rejected, e.duplicates, e.gaps), (30, 21, 1, 2, 8));
        e.book(15, 1, std::iter::empty());
        assert_eq!(e.holes.to_text(), "13-14,16-20");
        e.book(1, 30, std::iter::empty());
        assert_eq!((e.stored, e.rejected, e.duplicates, e.gaps), (29, 1, 25, 0));
        assert_eq!(e.holes.to_text(), "");
        assert!(holds(&e));
    }

    #[test]
    fn more_holes_than_are_kept_are_counted() {
        let mut e = Entry::new(0);
        for i in 1..=2 * limits::HOLES as u64 {
            e.book(2 * i, 1, std::iter::empty());
            assert!(holds(&e), "{e:?}");
        }
        assert_eq!(e.gaps, 2 * limits::HOLES as u64);
        assert_eq!(Ranges::parse(&e.holes.to_text()), e.holes);
        let most = format!("{0}-{0}", i64::MAX);
        assert!((most.len() + 1) * limits::HOLES <= 2048, "the column takes them");
    }

    #[test]
    fn holes_are_read_as_written_and_nonsense_is_left_out() {
        for text in ["", "1-1", "1-3,5-9"] {
            assert_eq!(Ranges::parse(text).to_text(), text);
        }
        assert_eq!(Ranges::parse("5-9,1-3,x,7-8,,0-4,12-11,20-21").to_text(), "5-9,20-21");
    }

    #[test]
    fn what_is_recorded_only_grows_and_stays_unknown_until_it_is_said() {
        let mut e = Entry::new(0);
        let mut heard = |said| {
            e.heard(said);
            e.recorded
        };
        assert_eq!(
            [None, Some(0), Some(7), None, Some(3)].map(&mut heard),
            [None, Some(0), Some(7), Some(7), Some(7)]
        );
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
        fn frames_in_any_order_are_booked_as_row_by_row(
            frames in prop::collection::vec((1u64..80, 1u64..12, 0u64..12, 0u64..12), 1..30)
        ) {
            let mut e = Entry::new(0);
            let mut seen: HashMap<u64, bool> = HashMap::new();
            let mut duplicates = 0;
            for (first, rows, skip, count) in frames {
                let skip = skip.min(rows);
                let count = count.min(rows - skip);
                let refused = first + skip..first + skip + count;
                e.book(first, rows, [(refused.start, count)].into_iter());
                for seq in first..first + rows {
                    match seen.entry(seq) {
                        Vacant(new) => drop(new.insert(refused.contains(&seq))),
                        Occupied(_) => duplicates += u64::from(!refused.contains(&seq)),
                    }
                }
            }
            let through = seen.keys().copied().max().unwrap();
            let rejected = seen.values().filter(|refused| **refused).count() as u64;
            let stored = seen.len() as u64 - rejected;
            prop_assert_eq!((e.through, e.stored, e.rejected), (through, stored, rejected));
            prop_assert_eq!((e.gaps, e.duplicates), (through - seen.len() as u64, duplicates));
            for seq in 1..=through {
                prop_assert_eq!(e.fresh(seq, 1) == 1, !seen.contains_key(&seq));
            }
            prop_assert!(holds(&e));
            prop_assert_eq!(Ranges::parse(&e.holes.to_text()), e.holes);
        }

        #[test]
        fn hostile_numbers_do_not_overflow(first in 1u64..=i64::MAX as u64 - 20_000, rows in 1u64..20_000) {
            let mut e = Entry::new(0);
            e.book(first, rows, [(first, rows)].into_iter());
            prop_assert!(holds(&e));
        }
    }
}
