//! The agent with one more source: numbered rows with known payloads. Says on standard output what
//! it gave out (`issued N`) and what was recorded (`recorded N`: written and fsynced), so that
//! whoever kills it knows what must not be lost.

#![expect(clippy::print_stdout, reason = "what it says is its result")]

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use async_trait::async_trait;
use clap::Parser;
use naap_agent::config::Config;
use naap_agent::run;
use naap_agent::source::{Now, Pace, Reading, Source, SourceError};
use naap_tests::rows;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tracing_subscriber::EnvFilter;

#[derive(Parser)]
struct Args {
    /// The configuration of the agent.
    #[arg(long)]
    config: PathBuf,
    /// Number of the first row.
    #[arg(long)]
    first: u64,
    /// Number of the last row; then it goes on without.
    #[arg(long, default_value_t = u64::MAX)]
    last: u64,
    /// Time of row 0, microseconds since 1970 UTC.
    #[arg(long)]
    start_us: i64,
    /// Rows at a time, half of them events.
    #[arg(long, default_value_t = 10)]
    batch: u64,
    /// Milliseconds between.
    #[arg(long, default_value_t = 50)]
    every_ms: u64,
}

struct Numbered {
    args: Args,
    next: u64,
}

#[async_trait]
impl Source for Numbered {
    fn name(&self) -> &'static str {
        "oracle"
    }

    fn pace(&self) -> Pace {
        Pace::Every(Duration::from_millis(self.args.every_ms))
    }

    fn deadline(&self) -> Duration {
        Duration::from_secs(10)
    }

    async fn read(&mut self, _: Now) -> Result<Reading, SourceError> {
        let first = self.next;
        let last = (first + self.args.batch - 1).min(self.args.last);
        if first > last {
            return Ok(Reading::default());
        }
        self.next = last + 1;
        say("issued", last);
        let (recorded, told) = oneshot::channel();
        tokio::spawn(async move {
            // Whoever ends before it is recorded does not say that it is.
            if told.await.is_ok() {
                say("recorded", last);
            }
        });
        let rows = (first..=last).map(|i| rows::numbered(i, self.args.start_us)).collect();
        Ok(Reading { rows, recorded: Some(recorded), ..Reading::default() })
    }
}

/// At once: a line that waits in a buffer when the process is killed was never said.
fn say(what: &str, row: u64) {
    println!("{what} {row}");
    std::io::stdout().flush().ok();
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let args = Args::parse();
    let filter = EnvFilter::try_from_env("NAAP_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let config = Config::read(&args.config).context("the configuration")?;
    let mut term = signal(SignalKind::terminate())?;
    let stop = async move {
        term.recv().await;
    };
    let next = args.first;
    run::run_with(config, vec![Box::new(Numbered { args, next })], stop).await?;
    Ok(())
}
