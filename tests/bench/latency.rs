//! From sample to GraphQL: how old a host sample is when a reader first sees it.
//!
//! Starts the whole stack with its local agent at 1 s, asks GraphQL for the newest sample over and
//! over, and takes the age of each sample at the moment it first appears. Both clocks are this
//! machine's. `cargo run -p naap-tests --bin bench-latency` (uses the binaries beside it; build
//! the workspace with the same profile first).

#![expect(clippy::print_stdout, reason = "a command line tool")]

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use naap_tests::rows::now_us;
use naap_tests::{Options, Stack};

/// Measures sample to GraphQL.
#[derive(Parser)]
struct Args {
    /// How many samples to take.
    #[arg(long, default_value_t = 60)]
    samples: usize,
    /// Samples left out at the start.
    #[arg(long, default_value_t = 5)]
    warm_up: usize,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let stack = Stack::start(Options { agent: true, ..Options::default() }).await?;
    let query = "{ agents(first: 1) { nodes { host { time } } } }";
    let mut ages_ms = Vec::new();
    let mut last = 0;
    let end = tokio::time::Instant::now() + Duration::from_secs(120 + 3 * args.samples as u64);
    while ages_ms.len() < args.samples + args.warm_up {
        ensure!(tokio::time::Instant::now() < end, "only {} samples came", ages_ms.len());
        let data = stack.graphql(query).await?;
        let seen = now_us();
        if let Some(time) = data["agents"]["nodes"][0]["host"]["time"].as_str() {
            let time = chrono::DateTime::parse_from_rfc3339(time)?.timestamp_micros();
            if time > last {
                ages_ms.push((seen - time) / 1000);
                last = time;
            }
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    stack.stop().await?;
    let mut ages = ages_ms.split_off(args.warm_up);
    ages.sort_unstable();
    let at = |percent: usize| ages.get((ages.len() - 1) * percent / 100).copied();
    let (median, p95) = at(50).zip(at(95)).context("samples")?;
    println!(
        "sample to GraphQL, {} samples at 1 s: median {median} ms, p95 {p95} ms, max {} ms",
        ages.len(),
        ages.last().copied().unwrap_or(0)
    );
    Ok(())
}
