//! The one place of this crate that reads the wall clock.

/// Microseconds since 1970 UTC.
#[expect(clippy::disallowed_methods, reason = "the clock of this crate")]
pub(crate) fn now_us() -> i64 {
    chrono::Utc::now().timestamp_micros()
}
