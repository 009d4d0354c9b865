//! The one place of this crate that reads the wall clock.

use std::time::UNIX_EPOCH;

/// Microseconds since 1970 UTC.
pub(crate) fn now_us() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "the clock of this crate")]
    let now = std::time::SystemTime::now();
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
