//! The wall clock. The only module that may read it; everything else is given a time.

use std::time::SystemTime;

/// Microseconds since 1970 UTC, now.
#[expect(clippy::disallowed_methods, reason = "the one place where the wall clock is read")]
pub(crate) fn now_us() -> i64 {
    #[cfg(feature = "sim")]
    if let Some(now_us) = crate::sim::ask(|m| m.wall_us()) {
        return now_us;
    }
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// A time in words, UTC with seconds; the bare number where it is outside the calendar.
pub(crate) fn text(us: i64) -> String {
    chrono::DateTime::from_timestamp_micros(us)
        .filter(|_| (0..crate::limits::LATEST_US).contains(&us))
        .map_or_else(|| format!("{us} us"), |t| t.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}
