//! Demand that was not met (`definitions.md` 4).

use crate::stats::{median, number, whole};

/// Served sessions that missing minutes need.
const SESSIONS: i64 = 20;

/// Minutes that would have been used if nobody had been turned away: unserved sessions × the median
/// minutes of the served, closed sessions of the model in the 7 UTC days before. An upper bound, since
/// clients try again. `None` without 20 such sessions.
pub fn missing_minutes(unserved: i64, minutes_of_served: &[f64]) -> Option<f64> {
    let finite = || minutes_of_served.iter().copied().filter(|m| m.is_finite());
    (whole(finite().count()) >= SESSIONS).then_some(())?;
    Some(number(unserved) * median(finite())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unserved_times_the_median_of_twenty() {
        // 1 to 20 minutes: the median is 10.5, however long the longest was.
        let mut minutes: Vec<f64> = (1u8..=20).map(f64::from).collect();
        minutes[19] = 5000.0;
        assert_eq!(missing_minutes(4, &minutes), Some(42.0));
        assert_eq!(missing_minutes(0, &minutes), Some(0.0));
    }

    #[test]
    fn nineteen_say_nothing() {
        assert_eq!(missing_minutes(4, &[3.0; 19]), None);
        let mut minutes = [3.0; 20];
        minutes[0] = f64::NAN;
        assert_eq!(missing_minutes(4, &minutes), None);
    }
}
