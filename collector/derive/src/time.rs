//! The UTC intervals that windows are snapped to.

/// Start of the interval of this length that holds the moment, microseconds since 1970 UTC.
pub(crate) fn floor(ts_us: i64, length_us: i64) -> i64 {
    ts_us - ts_us.rem_euclid(length_us)
}
