//! The long set behind docs/reliability.md: many kills and power cuts, with the figures to quote.
//!
//! `cargo build --release --workspace && target/release/reliability` runs the set of the page, which
//! takes about an hour; it needs root (loop mounts), strace and xfsprogs, and says what it skips.
//! Simulated seeds have a program of their own, `simulate`.

#![expect(clippy::print_stdout, reason = "a command line tool")]

use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use naap_tests::faults::{self, Kills, Report};
use tokio::time::Instant;

/// Kills and cuts, and holds the store to what was recorded.
#[derive(Parser)]
struct Args {
    /// Kills of the agent, at system calls.
    #[arg(long, default_value_t = 500)]
    agent_kills: u64,
    /// Kills of the collector, at system calls.
    #[arg(long, default_value_t = 400)]
    collector_kills: u64,
    /// Kills of QuestDB, at any moment.
    #[arg(long, default_value_t = 100)]
    questdb_kills: u64,
    /// Any of the three stopped for some seconds.
    #[arg(long, default_value_t = 20)]
    pauses: u64,
    /// Power cuts under the agent.
    #[arg(long, default_value_t = 50)]
    agent_cuts: u64,
    /// Power cuts under QuestDB.
    #[arg(long, default_value_t = 50)]
    questdb_cuts: u64,
    /// Turns of a network that misbehaves.
    #[arg(long, default_value_t = 50)]
    network: u64,
    /// Seed of what happens when.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What one stack is asked to bear before the judge looks and the next one begins.
const KILLS_EACH: u64 = 200;
const CUTS_EACH: u64 = 10;

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let began = Instant::now();
    let mut total = Total::default();
    let kills = Kills {
        agent: args.agent_kills,
        collector: args.collector_kills,
        questdb: args.questdb_kills,
        pauses: args.pauses,
    };
    for (i, part) in split(kills).into_iter().enumerate() {
        let dir = tempfile::tempdir()?;
        total.add(Some(faults::kills(dir.path(), part, args.seed + i as u64).await?));
    }
    for i in 0..args.agent_cuts.div_ceil(CUTS_EACH) {
        let cuts = CUTS_EACH.min(args.agent_cuts - i * CUTS_EACH);
        let dir = tempfile::tempdir()?;
        total.add(faults::agent_power_cuts(dir.path(), cuts, args.seed + i).await?);
    }
    for i in 0..args.questdb_cuts.div_ceil(CUTS_EACH) {
        let cuts = CUTS_EACH.min(args.questdb_cuts - i * CUTS_EACH);
        let dir = tempfile::tempdir()?;
        total.add(faults::database_power_cuts(dir.path(), cuts, args.seed + i).await?);
    }
    if args.network > 0 {
        let dir = tempfile::tempdir()?;
        total.add(Some(faults::bad_network(dir.path(), args.network, args.seed).await?));
    }
    total.print(began);
    Ok(())
}

/// In parts that one stack bears.
fn split(all: Kills) -> Vec<Kills> {
    let parts = (all.agent + all.collector + all.questdb).div_ceil(KILLS_EACH).max(1);
    let share = |n: u64, i: u64| n / parts + u64::from(i < n % parts);
    (0..parts)
        .map(|i| Kills {
            agent: share(all.agent, i),
            collector: share(all.collector, i),
            questdb: share(all.questdb, i),
            pauses: share(all.pauses, i),
        })
        .collect()
}

#[derive(Default)]
struct Total {
    cycles: Vec<(String, u64)>,
    recorded: u64,
    stored: u64,
    slowest: Duration,
}

impl Total {
    /// Every report ended with the judge's consent; else the run had ended.
    fn add(&mut self, report: Option<Report>) {
        let Some(report) = report else { return };
        println!("{report}");
        for (what, n) in report.cycles {
            match self.cycles.iter_mut().find(|(name, _)| *name == what) {
                Some((_, sum)) => *sum += n,
                None => self.cycles.push((what, n)),
            }
        }
        self.recorded += report.verdict.recorded;
        self.stored += report.verdict.stored;
        self.slowest = self.slowest.max(report.slowest);
    }

    fn print(&self, began: Instant) {
        println!("\nAfter {} min:", began.elapsed().as_secs() / 60);
        println!("| Fault | Cycles | Failures | Failure rate below (95 %) |");
        println!("|---|---|---|---|");
        for (what, n) in &self.cycles {
            // No failure in n cycles: below 3 / n with 95 % confidence (the rule of three).
            #[expect(clippy::cast_precision_loss, reason = "cycles are few")]
            let bound = 3.0 / *n as f64;
            println!("| {what} | {n} | 0 | {:.2} % |", 100.0 * bound.min(1.0));
        }
        println!(
            "\n{} rows recorded, {} stored, none lost, none twice; fresh rows after {:.1} s at most",
            self.recorded,
            self.stored,
            self.slowest.as_secs_f64()
        );
    }
}
