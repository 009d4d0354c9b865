//! The one place of this crate that reads the wall clock.

use std::time::UNIX_EPOCH;

use tokio::time::Instant;

/// One moment, on both clocks.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// Wall clock, microseconds since 1970 UTC.
    pub wall_us: i64,
    /// Monotonic clock.
    pub at: Instant,
}

impl Now {
    /// Both clocks, read one after the other.
    pub fn read() -> Self {
        #[cfg(feature = "sim")]
        if let Some(wall_us) = crate::sim::ask(|m| m.wall_us()) {
            return Self { wall_us, at: Instant::now() };
        }
        #[expect(clippy::disallowed_methods, reason = "the clock of this crate")]
        let wall = std::time::SystemTime::now();
        let since = wall.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { wall_us: i64::try_from(since.as_micros()).unwrap_or(i64::MAX), at: Instant::now() }
    }
}
