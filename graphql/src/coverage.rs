//! Where the rows of a node are: stored, refused, declared lost, missing, or still waiting. Pure:
//! ledger entries and declared ranges in, counts out.
//!
//! Rows are told apart by epoch and number. Of each epoch the ledger knows how far the collector has
//! come (`through`), what became of the rows up to there, and how far the agent has recorded; gap rows
//! say which ranges will never come. A row counts as what happened to it, not as what was said of
//! it: one that was declared lost and came all the same is stored. So always
//!
//! ```text
//! produced = stored + rejected + declared + undeclared + pending
//! ```

use std::collections::BTreeMap;

/// What the ledger holds of one epoch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Epoch {
    pub(crate) through: u64,
    pub(crate) stored: u64,
    pub(crate) rejected: u64,
    /// The last row that the agent is known to have recorded.
    pub(crate) recorded: Option<u64>,
    /// Rows up to `through` that did not come; where there are very many ranges, not all.
    pub(crate) holes: Ranges,
}

/// Rows that an agent declares lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Declared {
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) reason: Reason,
}

/// Why rows are lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    Evicted,
    Quarantined,
    Schema,
    Unreadable,
    /// A word that this version does not know.
    Other,
    /// Of epochs that ended so long ago that their gap rows are no longer kept.
    Expired,
}

impl Reason {
    pub(crate) fn parse(word: &str) -> Self {
        match word {
            "evicted" => Self::Evicted,
            "quarantined" => Self::Quarantined,
            "schema" => Self::Schema,
            "unreadable" => Self::Unreadable,
            _ => Self::Other,
        }
    }

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Evicted => "evicted",
            Self::Quarantined => "quarantined",
            Self::Schema => "schema",
            Self::Unreadable => "unreadable",
            Self::Other => "other",
            Self::Expired => "expired",
        }
    }
}

/// Counts of rows over any number of epochs. Wide, since an epoch's numbers may go up to 2^63.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Coverage {
    pub(crate) produced: u128,
    pub(crate) stored: u128,
    pub(crate) duplicates: u128,
    pub(crate) rejected: u128,
    pub(crate) declared: BTreeMap<Reason, u128>,
    /// Rows between others that neither came nor are declared lost.
    pub(crate) undeclared: u128,
    /// Rows recorded that are nothing of the above yet.
    pub(crate) pending: u128,
    /// Epochs that have such rows.
    pub(crate) epochs_waiting: u64,
    /// Whether an agent says how far it recorded; otherwise `pending` holds only what follows from
    /// other rows.
    pub(crate) says_pending: bool,
}

impl Coverage {
    /// Counts an epoch, with all that is declared of it; the first declaration of a row counts.
    pub(crate) fn add(&mut self, epoch: &Epoch, declared: &[Declared]) {
        let booked = u128::from(epoch.stored) + u128::from(epoch.rejected);
        let mut holes = epoch.holes.clone();
        // Holes that the ledger counts and does not place.
        let known = booked + u128::from(holes.rows());
        let unplaced = u128::from(epoch.through).saturating_sub(known);
        let unplaced = u64::try_from(unplaced).unwrap_or(u64::MAX);
        let gaps = u128::from(holes.rows()) + u128::from(unplaced);
        let mut candidates = Ranges::default();
        if unplaced > 0 {
            candidates = Ranges::one(1, epoch.through);
            for (from, to) in &epoch.holes.0 {
                candidates.remove(*from, *to);
            }
        }
        let told = declared.iter().map(|d| d.to).chain(epoch.recorded).max().unwrap_or(0);
        let mut tail = Ranges::one(epoch.through.saturating_add(1), told);
        self.produced += booked + gaps + u128::from(tail.rows());
        self.stored += u128::from(epoch.stored);
        self.rejected += u128::from(epoch.rejected);
        let mut left = unplaced;
        for d in declared {
            let somewhere = candidates.remove(d.from, d.to).min(left);
            left -= somewhere;
            let rows = holes.remove(d.from, d.to) + tail.remove(d.from, d.to) + somewhere;
            if rows > 0 {
                *self.declared.entry(d.reason).or_default() += u128::from(rows);
            }
        }
        self.undeclared += u128::from(holes.rows()) + u128::from(left);
        self.pending += u128::from(tail.rows());
        self.epochs_waiting += u64::from(tail.rows() > 0);
    }

    /// Counts epochs of which nothing is open, together; `gaps` rows of them never came.
    pub(crate) fn add_settled(&mut self, stored: u64, rejected: u64, gaps: u64) {
        let [stored, rejected, gaps] = [stored, rejected, gaps].map(u128::from);
        self.produced += stored + rejected + gaps;
        self.stored += stored;
        self.rejected += rejected;
        if gaps > 0 {
            *self.declared.entry(Reason::Expired).or_default() += gaps;
        }
    }

    /// Adds the counts of another node.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.produced += other.produced;
        self.stored += other.stored;
        self.duplicates += other.duplicates;
        self.rejected += other.rejected;
        for (reason, rows) in &other.declared {
            *self.declared.entry(*reason).or_default() += rows;
        }
        self.undeclared += other.undeclared;
        self.pending += other.pending;
        self.epochs_waiting += other.epochs_waiting;
        self.says_pending |= other.says_pending;
    }

    /// Rows that will never come, declared or not.
    pub(crate) fn gaps(&self) -> u128 {
        self.declared.values().sum::<u128>() + self.undeclared
    }
}

/// Ranges of row numbers, first and last, in order and apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ranges(Vec<(u64, u64)>);

impl Ranges {
    fn one(from: u64, to: u64) -> Self {
        Self(Vec::from_iter((from <= to).then_some((from, to))))
    }

    /// Reads `31-33,50-50`, as the ledger holds it; what is out of order or beyond `through` is left
    /// out.
    pub(crate) fn parse(text: &str, through: u64) -> Self {
        let mut out = Vec::new();
        let mut next = 1;
        for range in text.split(',') {
            let Some((from, to)) = range.split_once('-') else { continue };
            let (Ok(from), Ok(to)) = (from.parse::<u64>(), to.parse::<u64>()) else { continue };
            if next <= from && from <= to && to <= through {
                out.push((from, to));
                next = to.saturating_add(1);
            }
        }
        Self(out)
    }

    fn rows(&self) -> u64 {
        self.0.iter().map(|(from, to)| to - from + 1).sum()
    }

    /// Takes rows out; gives how many were there.
    fn remove(&mut self, from: u64, to: u64) -> u64 {
        let first = self.0.partition_point(|(_, b)| *b < from);
        let end = self.0.partition_point(|(a, _)| *a <= to);
        if first >= end {
            return 0;
        }
        let (mut rows, mut left) = (0, Vec::new());
        for (a, b) in self.0.drain(first..end) {
            rows += b.min(to) - a.max(from) + 1;
            left.extend((a < from).then(|| (a, from - 1)));
            left.extend((b > to).then(|| (to + 1, b)));
        }
        self.0.splice(first..first, left);
        rows
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn declared(from: u64, to: u64, reason: Reason) -> Declared {
        Declared { from, to, reason }
    }

    fn sum(c: &Coverage) -> u128 {
        c.stored + c.rejected + c.gaps() + c.pending
    }

    fn of(epoch: &Epoch, declared: &[Declared]) -> Coverage {
        let mut c = Coverage::default();
        c.add(epoch, declared);
        assert_eq!(c.produced, sum(&c));
        c
    }

    #[test]
    fn each_row_is_one_thing() {
        let epoch = Epoch {
            through: 100,
            stored: 80,
            rejected: 5,
            recorded: Some(150),
            holes: Ranges::parse("31-40,61-65", 100),
        };
        let gaps = [
            // All of the first hole but two rows, and rows before it that were stored after all.
            declared(20, 38, Reason::Quarantined),
            // Overlaps the one before and the end of what is stored.
            declared(38, 39, Reason::Schema),
            declared(95, 110, Reason::Evicted),
        ];
        let c = of(&epoch, &gaps);
        assert_eq!(c.produced, 150);
        let lost = [(Reason::Evicted, 10), (Reason::Quarantined, 8), (Reason::Schema, 1)];
        assert_eq!(c.declared, BTreeMap::from(lost));
        assert_eq!((c.undeclared, c.pending, c.epochs_waiting), (6, 40, 1));
    }

    #[test]
    fn an_evicted_tail_does_not_wait() {
        let epoch = Epoch { through: 10, stored: 10, recorded: Some(10), ..Epoch::default() };
        let c = of(&epoch, &[declared(11, 30, Reason::Evicted)]);
        assert_eq!((c.produced, c.pending, c.gaps(), c.epochs_waiting), (30, 0, 20, 0));
        // Nor does an epoch of which the collector never heard.
        let c = of(&Epoch::default(), &[declared(1, 30, Reason::Unreadable)]);
        assert_eq!((c.produced, c.pending, c.gaps()), (30, 0, 30));
    }

    #[test]
    fn holes_without_a_place_take_what_is_declared_elsewhere() {
        let epoch = Epoch {
            through: 100,
            stored: 70,
            holes: Ranges::parse("1-10", 100),
            ..Epoch::default()
        };
        let c = of(&epoch, &[declared(5, 14, Reason::Evicted)]);
        assert_eq!((c.gaps(), c.undeclared), (30, 20));
        let c = of(&epoch, &[declared(1, 100, Reason::Evicted)]);
        assert_eq!((c.gaps(), c.undeclared), (30, 0));
    }

    #[test]
    fn hostile_numbers_do_not_overflow() {
        let most = i64::MAX as u64;
        let epoch = Epoch { through: most, stored: 1, recorded: Some(most), ..Epoch::default() };
        let mut all = Coverage::default();
        for _ in 0..3 {
            all.merge(&of(
                &epoch,
                &[declared(1, most, Reason::Other), declared(9, 3, Reason::Other)],
            ));
        }
        assert_eq!(all.produced, 3 * u128::from(most));
        of(&Epoch { stored: u64::MAX, rejected: 5, ..epoch }, &[]);
    }

    /// What became of one row.
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Fate {
        Stored,
        Rejected,
        Missing,
    }

    fn epochs() -> impl Strategy<Value = (Vec<Fate>, u64, Vec<Declared>)> {
        let fate = prop_oneof![
            4 => Just(Fate::Stored), 1 => Just(Fate::Rejected), 2 => Just(Fate::Missing)
        ];
        let reason =
            prop_oneof![Just(Reason::Evicted), Just(Reason::Schema), Just(Reason::Quarantined)];
        let range =
            (1u64..90, 0u64..25, reason).prop_map(|(from, n, r)| declared(from, from + n, r));
        let fates = prop::collection::vec(fate, 0..60);
        (fates, 0u64..100, prop::collection::vec(range, 0..8))
    }

    proptest! {
        /// Against the same counted row by row.
        #[test]
        fn counts_are_those_of_the_rows((mut fates, recorded, gaps) in epochs(), placed: bool) {
            while fates.last() == Some(&Fate::Missing) {
                fates.pop();
            }
            let count = |fate| fates.iter().filter(|f| **f == fate).count() as u64;
            let through = fates.len() as u64;
            let holes = (1..).zip(&fates).filter(|(_, f)| **f == Fate::Missing);
            let holes: Vec<String> = holes.map(|(i, _)| format!("{i}-{i}")).collect();
            let text = if placed { holes.join(",") } else { String::new() };
            let epoch = Epoch {
                through,
                stored: count(Fate::Stored),
                rejected: count(Fate::Rejected),
                recorded: Some(recorded),
                holes: Ranges::parse(&text, through),
            };
            let c = of(&epoch, &gaps);
            let last = gaps.iter().map(|g| g.to).chain([through, recorded]).max().unwrap();
            prop_assert_eq!(c.produced, u128::from(last));
            let (mut lost, mut undeclared, mut pending) = (BTreeMap::new(), 0u128, 0u128);
            for seq in 1..=last {
                let fate = fates.get(usize::try_from(seq).unwrap() - 1);
                if matches!(fate, Some(Fate::Stored | Fate::Rejected)) {
                    continue;
                }
                match gaps.iter().find(|g| (g.from..=g.to).contains(&seq)) {
                    Some(gap) => *lost.entry(gap.reason).or_default() += 1u128,
                    None if fate.is_some() => undeclared += 1,
                    None => pending += 1,
                }
            }
            prop_assert_eq!(c.pending, pending);
            if placed {
                prop_assert_eq!((c.undeclared, c.declared), (undeclared, lost));
            } else {
                // Without places, what is declared is believed.
                prop_assert!(c.undeclared <= undeclared);
            }
        }
    }
}
