//! Order statistics and moments, as `definitions.md` asks for them: percentiles linear between ranks
//! at q·(n − 1), and the spread of a population.

/// The values that are numbers, in ascending order.
pub fn sorted(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.into_iter().filter(|x| x.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// The percentile `q` (0 to 1) of ascending values, linear between the two ranks around q·(n − 1).
/// `None` without values.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the rank is between 0 and n - 1"
)]
pub fn percentile(sorted: &[f64], q: f64) -> Option<f64> {
    let rank = q.clamp(0.0, 1.0) * count(sorted.len().checked_sub(1)?);
    let low = *sorted.get(rank.floor() as usize)?;
    let high = *sorted.get(rank.ceil() as usize)?;
    Some(low + (high - low) * rank.fract())
}

/// The middle of values in any order. `None` without values.
pub fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    percentile(&sorted(values), 0.5)
}

/// Sum / n, taken in ascending order, so that the order in which values come changes no bit of it.
/// `None` without values.
pub fn mean(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let sorted = sorted(values);
    (!sorted.is_empty()).then(|| sorted.iter().sum::<f64>() / count(sorted.len()))
}

/// Standard deviation of the values as a whole population, not as a sample of one. `None` without
/// values.
pub fn sigma(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let sorted = sorted(values);
    let mean = mean(sorted.iter().copied())?;
    Some(self::mean(sorted.iter().map(|x| (x - mean) * (x - mean)))?.sqrt())
}

/// A count as a number to divide by.
#[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
pub(crate) fn count(n: usize) -> f64 {
    n as f64
}

/// A whole number as a number to divide by.
#[expect(
    clippy::cast_precision_loss,
    reason = "sums of counts and microseconds of days: below 2^53"
)]
pub(crate) fn number(n: i64) -> f64 {
    n as f64
}

/// How many there are, as rows hold it.
pub(crate) fn whole(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn near(a: Option<f64>, b: f64) -> bool {
        a.is_some_and(|a| (a - b).abs() < 1e-9)
    }

    #[test]
    fn a_percentile_lies_between_its_ranks() {
        let xs = sorted([40.0, 10.0, 30.0, 20.0]);
        assert!(near(percentile(&xs, 0.5), 25.0));
        assert!(near(percentile(&xs, 0.9), 37.0));
        assert!(near(percentile(&xs, 0.1), 13.0));
        assert!(near(percentile(&xs, 0.0), 10.0) && near(percentile(&xs, 1.0), 40.0));
        assert!(near(percentile(&[7.0], 0.9), 7.0));
        assert_eq!(percentile(&[], 0.5), None);
    }

    #[test]
    fn the_spread_is_that_of_a_population() {
        // 2, 4, 4, 4, 5, 5, 7, 9: mean 5, and 2 as a population (2.138 as a sample).
        let xs = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        assert!(near(mean(xs), 5.0) && near(sigma(xs), 2.0) && near(median(xs), 4.5));
        assert_eq!((mean([]), sigma([]), median([])), (None, None, None));
    }

    #[test]
    fn what_is_no_number_is_no_value() {
        assert!(near(median([f64::NAN, 1.0, f64::INFINITY, 3.0]), 2.0));
        assert_eq!(mean([f64::NAN]), None);
    }

    proptest! {
        #[test]
        fn order_changes_no_bit(mut xs in prop::collection::vec(-1e6f64..1e6, 1..40)) {
            let before = (mean(xs.iter().copied()), sigma(xs.iter().copied()), median(xs.iter().copied()));
            xs.reverse();
            let after = (mean(xs.iter().copied()), sigma(xs.iter().copied()), median(xs.iter().copied()));
            prop_assert_eq!(before, after);
        }
    }
}
