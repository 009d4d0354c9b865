//! Width of buckets: one list for everything that goes over time, and what of it each subject has.

use async_graphql::{Enum, Error, Result};

use super::error::{bad_argument, over};
use crate::limits;
use crate::read::series::Span;
use crate::read::sums::{DAY_US, FIVE_MINUTES_US, HOUR_US};
use crate::refusal::Code;

pub(crate) const MINUTE_US: i64 = 60_000_000;

/// Width of buckets. They begin at full UTC minutes, hours and days. A subject that has not the one
/// that is asked for says which it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Enum)]
pub(crate) enum Bucket {
    /// The finest that gives fewer than 500 points a group, and fits into the limits.
    #[default]
    Auto,
    /// Each sample by itself; windows of at most one hour.
    Raw,
    /// One minute.
    M1,
    /// Five minutes.
    M5,
    /// One hour.
    H1,
    /// One day, UTC.
    D1,
}

/// What aggregates over sessions, jobs and supply have.
pub(crate) const AGGREGATES: [Bucket; 3] = [Bucket::M5, Bucket::H1, Bucket::D1];
/// What series of samples have, beside RAW.
pub(crate) const SAMPLES: [Bucket; 4] = [Bucket::M1, Bucket::M5, Bucket::H1, Bucket::D1];
/// Scores end at full hours.
pub(crate) const SCORES: [Bucket; 2] = [Bucket::H1, Bucket::D1];

impl Bucket {
    pub(crate) const fn width_us(self) -> i64 {
        match self {
            Self::Auto | Self::Raw => 1,
            Self::M1 => MINUTE_US,
            Self::M5 => FIVE_MINUTES_US,
            Self::H1 => HOUR_US,
            Self::D1 => DAY_US,
        }
    }

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Auto => "AUTO",
            Self::Raw => "RAW",
            Self::M1 => "M1",
            Self::M5 => "M5",
            Self::H1 => "H1",
            Self::D1 => "D1",
        }
    }

    /// The one that is written so.
    pub(crate) fn of_word(word: &str) -> Option<Self> {
        const ALL: [Bucket; 6] =
            [Bucket::Auto, Bucket::Raw, Bucket::M1, Bucket::M5, Bucket::H1, Bucket::D1];
        ALL.into_iter().find(|bucket| bucket.word() == word)
    }

    /// The window, snapped outward to buckets.
    pub(crate) const fn snap(self, span: Span) -> Span {
        let width = self.width_us();
        Span {
            from_us: span.from_us.div_euclid(width) * width,
            to_us: (span.to_us + width - 1).div_euclid(width) * width,
        }
    }

    const fn points(self, span: Span) -> i64 {
        let span = self.snap(span);
        (span.to_us - span.from_us) / self.width_us()
    }

    /// The bucket to read, out of those that the subject has, finest first, for up to so many
    /// groups.
    ///
    /// # Errors
    /// If the subject has it not, or a group would have too many points; with what would fit.
    pub(crate) fn choose(self, has: &[Self], span: Span, groups: usize) -> Result<Self> {
        let most = i64::try_from(limits::GROUP_POINTS / groups.max(1)).unwrap_or(i64::MAX);
        let most = most.min(limits::AUTO_POINTS - 1);
        let coarsest = has.last().copied().unwrap_or(Self::D1);
        let chosen = match self {
            Self::Auto => has.iter().copied().find(|b| b.points(span) <= most).unwrap_or(coarsest),
            chosen if has.contains(&chosen) => chosen,
            other => return Err(missing(other, has)),
        };
        let points = chosen.points(span);
        if points <= limits::SERIES_POINTS {
            return Ok(chosen);
        }
        let fits = has.iter().find(|b| b.points(span) <= limits::SERIES_POINTS);
        let hint = fits.map_or_else(
            || "take a shorter window".to_owned(),
            |fits| format!("bucket {} fits, or take a shorter window", fits.word()),
        );
        Err(over(
            Code::TooManyPoints,
            &format!("the window has {points} buckets of {}", chosen.word()),
            limits::SERIES_POINTS,
            points,
            &hint,
        ))
    }

    /// The same of samples, which can be read one by one.
    pub(crate) fn choose_of_samples(self, span: Span) -> Result<Self> {
        let length = span.to_us - span.from_us;
        match self {
            // Agents take a sample a second at most.
            Self::Auto if length < limits::AUTO_POINTS * 1_000_000 => Ok(Self::Raw),
            Self::Raw if length <= limits::RAW_WINDOW_US => Ok(Self::Raw),
            Self::Raw => Err(bad_argument("RAW takes windows of at most 1h; M1 fits")),
            other => other.choose(&SAMPLES, span, 1),
        }
    }
}

fn missing(asked: Bucket, has: &[Bucket]) -> Error {
    let words: Vec<&str> = has.iter().map(|b| b.word()).collect();
    bad_argument(format!("this has no bucket {}; it has {}", asked.word(), words.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_790_000_000_000_000;

    fn last(length: i64) -> Span {
        Span { from_us: NOW - length, to_us: NOW }
    }

    #[test]
    fn auto_takes_the_finest_that_gives_fewer_than_500_points() {
        let of = |length: i64| Bucket::Auto.choose_of_samples(last(length)).unwrap();
        assert_eq!(of(5 * MINUTE_US), Bucket::Raw);
        assert_eq!(of(8 * HOUR_US), Bucket::M1);
        assert_eq!(of(DAY_US), Bucket::M5);
        assert_eq!(of(20 * DAY_US), Bucket::H1);
        assert_eq!(of(365 * DAY_US), Bucket::D1);
        let of =
            |length: i64, groups| Bucket::Auto.choose(&AGGREGATES, last(length), groups).unwrap();
        assert_eq!(of(DAY_US, 1), Bucket::M5);
        assert_eq!(of(DAY_US, 100), Bucket::H1, "288 points of 100 groups are too many");
        assert_eq!(of(30 * DAY_US, 500), Bucket::D1, "the coarsest where none fits");
    }

    #[test]
    fn what_a_subject_has_not_is_refused_with_what_it_has() {
        let error = Bucket::M1.choose(&AGGREGATES, last(DAY_US), 1).unwrap_err();
        assert_eq!(error.message, "this has no bucket M1; it has M5, H1, D1");
        let error = Bucket::M5.choose(&AGGREGATES, last(30 * DAY_US), 1).unwrap_err();
        assert!(error.message.contains("bucket H1 fits"), "{}", error.message);
        assert!(Bucket::Raw.choose_of_samples(last(2 * HOUR_US)).is_err());
        assert_eq!(Bucket::D1.choose_of_samples(last(DAY_US)).unwrap(), Bucket::D1);
    }
}
