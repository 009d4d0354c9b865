//! Mergeable histograms (`definitions.md` 5): log buckets with γ = 1.0408, so that a quantile is
//! right within 2 %, with buckets of their own for zero and for negative values.

/// Ratio of the bounds of a bucket.
pub const GAMMA: f64 = 1.0408;
/// Bucket of zero.
pub const ZERO: i64 = -1_000_000;
/// Bucket of everything below zero.
pub const NEGATIVE: i64 = -1_000_001;

/// The bucket of `x`, with `x` clamped into `range` first (zero and negative are not clamped).
///
/// Same formula as the SQL of the histogram views; a test compares the two on a real server.
#[expect(clippy::cast_possible_truncation, reason = "ln of a double over ln γ is below 20,000")]
pub fn bucket(x: f64, range: (f64, f64)) -> i64 {
    if x < 0.0 {
        NEGATIVE
    } else if x == 0.0 {
        ZERO
    } else {
        (x.clamp(range.0, range.1).ln() / GAMMA.ln()).ceil() as i64
    }
}

/// The value that stands for a bucket: 2γ^i / (γ + 1); 0 for zero, and NULL for negative.
pub fn value(bucket: i64) -> Option<f64> {
    match bucket {
        NEGATIVE => None,
        ZERO => Some(0.0),
        #[expect(clippy::cast_possible_truncation, reason = "buckets are below 20,000")]
        i => Some(2.0 * GAMMA.powi(i as i32) / (GAMMA + 1.0)),
    }
}

/// The quantile `q` (0 to 1) of counts by bucket, sorted by bucket: the value of the bucket that
/// holds rank ⌊q·(n − 1)⌋. `None` without counts.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "counts are far below 2^53 and q is clamped to 0..=1"
)]
pub fn quantile(counts: &[(i64, u64)], q: f64) -> Option<f64> {
    let n: u64 = counts.iter().map(|c| c.1).sum();
    let rank = (q.clamp(0.0, 1.0) * (n.checked_sub(1)? as f64)).floor() as u64;
    let mut seen = 0;
    for &(b, c) in counts {
        seen += c;
        if seen > rank {
            return value(b);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_quantile_is_right_within_two_percent(mut xs in prop::collection::vec(0.2f64..900.0, 1..300), q in 0.0f64..=1.0) {
            let mut counts = std::collections::BTreeMap::new();
            for x in &xs { *counts.entry(bucket(*x, (0.1, 1000.0))).or_insert(0u64) += 1; }
            let counts: Vec<_> = counts.into_iter().collect();
            xs.sort_by(f64::total_cmp);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "test sizes")]
            let exact = xs[(q * (xs.len() - 1) as f64).floor() as usize];
            let got = quantile(&counts, q).unwrap();
            prop_assert!((got / exact - 1.0).abs() <= 0.0201, "{got} for {exact}");
        }
    }

    #[test]
    fn zero_negative_and_nothing_have_places_of_their_own() {
        assert_eq!(bucket(0.0, (1.0, 2.0)), ZERO);
        assert_eq!(bucket(-3.0, (1.0, 2.0)), NEGATIVE);
        assert_eq!(bucket(1e9, (1.0, 2.0)), bucket(2.0, (1.0, 2.0)));
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&[(ZERO, 3)], 0.5), Some(0.0));
    }
}
