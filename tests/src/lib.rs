//! The whole house under test: starts the real stack, talks to it as its users do, looks into its
//! database, kills its parts.
//!
//! May touch everything; nothing may depend on it. Needs the debug binaries: `cargo build
//! --workspace` makes them, `tests/run` does it.

pub mod api;
pub mod broker;
pub mod catcher;
pub mod database;
pub mod door;
pub mod faults;
pub mod figures;
pub mod hostile;
pub mod independent;
pub mod judge;
pub mod month;
pub mod oracle;
pub mod page;
pub mod parquet;
pub mod proxy;
pub mod pusher;
pub mod rig;
pub mod rows;
pub mod sim;
pub mod stack;
pub mod truth;
pub mod volume;

pub use api::Api;
pub use broker::Broker;
pub use catcher::Catcher;
pub use oracle::Oracle;
pub use proxy::Proxy;
pub use pusher::Pusher;
pub use rig::Rig;
pub use stack::{Options, Stack};
pub use volume::Volume;

use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};

/// A file of `tests/fixtures`.
pub fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// A file of the sample data that `NAAP_SAMPLES` names; `None`, and a line that says so, if it is
/// not here.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub fn sample(name: &str) -> Option<PathBuf> {
    let found = std::env::var_os("NAAP_SAMPLES").map(|dir| PathBuf::from(dir).join(name));
    let found = found.filter(|path| path.is_file());
    if found.is_none() {
        eprintln!("SKIPPED: sample {name} is not here; NAAP_SAMPLES names its folder");
    }
    found
}

/// Asks again and again until `check` gives something, for at most `limit`.
///
/// # Errors
/// If the time is up; the error says what was waited for and what the last answer was.
pub async fn eventually<T, F, Fut>(what: &str, limit: Duration, mut check: F) -> Result<T>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T>>,
{
    let end = tokio::time::Instant::now() + limit;
    loop {
        let last = match check().await {
            Ok(value) => return Ok(value),
            Err(e) => e,
        };
        if tokio::time::Instant::now() >= end {
            bail!("waited {limit:?} for {what}; last: {last:#}");
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
