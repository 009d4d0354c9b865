//! How much of the time data is there: time with data that arrived / time expected. Pure.
//!
//! Time is counted in whole minutes. Each agent writes a row of itself every 10 s, in the same
//! numbering as all its other rows, so a minute without one is a minute of which nothing arrived:
//! the agent was off, its rows still wait on its disk, or they were lost. A declared gap of more than
//! a minute holds rows of the agent itself, so its minutes are no data; a shorter one is below what
//! is measured here, and is in the accounting of rows.

use crate::read::series::Span;

const MINUTE_US: i64 = 60_000_000;

/// When something was heard of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    /// First and last row of all that is known, microseconds; `None`: never.
    pub(crate) first_us: Option<i64>,
    pub(crate) last_us: Option<i64>,
    /// Minutes of the window with a row.
    pub(crate) minutes: i64,
}

impl Heard {
    /// Both together; the minutes are those of one of them.
    pub(crate) fn with(self, other: Self) -> Self {
        Self {
            first_us: [self.first_us, other.first_us].into_iter().flatten().min(),
            last_us: [self.last_us, other.last_us].into_iter().flatten().max(),
            minutes: self.minutes.max(other.minutes),
        }
    }
}

/// Minutes with data, and minutes in which there should be some.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Covered {
    pub(crate) data: i64,
    pub(crate) expected: i64,
}

impl Covered {
    /// Of one of those that are heard of. Expected is the time of the window from the minute of its
    /// first row to that of its last one.
    pub(crate) fn of(heard: Heard, span: Span) -> Self {
        let Some((first, last)) = heard.first_us.zip(heard.last_us) else {
            return Self::default();
        };
        let minute = |us: i64| us.div_euclid(MINUTE_US);
        let (from, to) = (span.from_us.max(first), (span.to_us - 1).min(last));
        if from > to {
            return Self::default();
        }
        let expected = minute(to) - minute(from) + 1;
        Self { data: heard.minutes.min(expected), expected }
    }

    /// Of several: times add up, ratios do not.
    pub(crate) fn sum(all: impl Iterator<Item = Self>) -> Self {
        all.fold(Self::default(), |a, b| Self {
            data: a.data + b.data,
            expected: a.expected + b.expected,
        })
    }

    /// data / expected; `None` where nothing was expected.
    pub(crate) fn ratio(self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "minutes are far below 2^53")]
        (self.expected > 0).then(|| self.data as f64 / self.expected as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64, seconds: i64) -> i64 {
        minutes * MINUTE_US + seconds * 1_000_000
    }

    fn of(first: i64, last: i64, minutes: i64) -> Covered {
        let heard = Heard { first_us: Some(first), last_us: Some(last), minutes };
        Covered::of(heard, Span { from_us: at(100, 0), to_us: at(160, 0) })
    }

    #[test]
    fn time_is_expected_from_the_first_row_to_the_last() {
        assert_eq!(of(at(0, 0), at(500, 0), 60), Covered { data: 60, expected: 60 });
        // Half of it lost, or still to come.
        assert_eq!(of(at(0, 0), at(500, 0), 30).ratio(), Some(0.5));
        // Installed in the window, and taken away again.
        assert_eq!(of(at(110, 59), at(119, 1), 9), Covered { data: 9, expected: 10 });
        // Silent through all of it.
        assert_eq!(of(at(0, 0), at(500, 0), 0).ratio(), Some(0.0));
    }

    #[test]
    fn where_nothing_was_expected_nothing_is_said() {
        assert_eq!(of(at(160, 0), at(170, 0), 0).ratio(), None, "the window is half-open");
        assert_eq!(of(at(0, 0), at(99, 59), 0).ratio(), None);
        assert_eq!(of(at(100, 0), at(100, 0), 1).ratio(), Some(1.0));
        assert_eq!(Covered::of(Heard::default(), Span { from_us: 0, to_us: 1 }).ratio(), None);
        assert_eq!(Covered::sum([].into_iter()).ratio(), None);
    }

    #[test]
    fn times_add_up_and_ratios_do_not() {
        let hour = of(at(0, 0), at(500, 0), 30);
        let minute = of(at(159, 0), at(159, 30), 1);
        let both = Covered::sum([hour, minute].into_iter());
        assert_eq!(both, Covered { data: 31, expected: 61 });
    }
}
