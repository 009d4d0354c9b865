//! The bar of the door: whatever hostile document comes, by POST, GET or WebSocket, is answered within
//! 50 ms, and the memory of the process stays as it is.
//!
//! Starts the stack, sends every probe of `naap_tests::door` many times on each way in, and prints the
//! best and the worst time of each, with the resident memory before and after. Best times are held
//! against the bar, since they tell the cost rather than what else the machine does. `cargo run -p
//! naap-tests --bin bench-door` (uses the binaries beside it; build the workspace with the same profile
//! first).

#![expect(clippy::print_stdout, reason = "a command line tool")]

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use naap_tests::door::{Door, Probe, WAYS, probes, resident};
use naap_tests::{Options, Stack};

/// The bar of one answer.
const BAR: Duration = Duration::from_millis(50);
/// The bar of memory: what may be left after all of it, bytes.
const GROWTH: u64 = 64 << 20;

/// Measures answers to hostile documents.
#[derive(Parser)]
struct Args {
    /// How often each is sent on each way in.
    #[arg(long, default_value_t = 20)]
    asks: usize,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let stack = Stack::start(Options::default()).await?;
    let pid = *stack.pids().await?.get("graphql").context("the API")?;
    let mut door = Door::new(&stack.url, false)?;
    let query = "{ status { ok } }".to_owned();
    let warm = Probe { name: "", query, variables: "{}".to_owned(), code: "" };
    for way in WAYS {
        door.ask(way, &warm).await?;
    }
    let before = resident(pid)?;
    println!(
        "| document | code | POST ms, best | worst | GET ms, best | worst | WebSocket ms, best | worst |"
    );
    println!("|---|---|---:|---:|---:|---:|---:|---:|");
    let mut slow = Vec::new();
    for probe in probes() {
        let mut row = format!("| {} | {} |", probe.name, probe.code);
        for way in WAYS {
            let (mut best, mut worst) = (Duration::MAX, Duration::ZERO);
            for _ in 0..args.asks.max(1) {
                let answer = door.ask(way, &probe).await?;
                ensure!(answer.code() == Some(probe.code), "{}: {}", probe.name, answer.body);
                best = best.min(answer.took);
                worst = worst.max(answer.took);
            }
            let ms = |t: Duration| t.as_secs_f64() * 1000.0;
            row += &format!(" {:.1} | {:.1} |", ms(best), ms(worst));
            if best > BAR {
                slow.push(format!("{} by {way:?}: {best:?}", probe.name));
            }
        }
        println!("{row}");
    }
    let after = resident(pid)?;
    println!("\nresident memory: {} KiB before, {} KiB after", before >> 10, after >> 10);
    let same = stack.pids().await?.get("graphql") == Some(&pid);
    stack.stop().await?;
    ensure!(same, "the API was started again");
    ensure!(slow.is_empty(), "over {BAR:?}: {slow:?}");
    ensure!(after < before + GROWTH, "the process grew by {} KiB", (after - before) >> 10);
    println!("every answer within {BAR:?}");
    Ok(())
}
