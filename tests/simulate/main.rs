//! Runs seeds of the simulation, and says which fail.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use clap::Parser;
use naap_tests::sim::{Keys, Report, run_all};

/// Simulates agents, wire and collector with faults in network, disks, database and time.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many seeds.
    #[arg(long, default_value_t = 1000)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Seeds at a time.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Stop after so many seeds that failed.
    #[arg(long, default_value_t = 20)]
    failures: usize,
    /// Say what happens.
    #[arg(long)]
    trace: bool,
}

#[expect(clippy::print_stdout, reason = "this is what it is asked for")]
fn say(what: &str) {
    println!("{what}");
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let keys = Keys::new()?;
    let trace = arguments.trace.then_some(say as fn(&str));
    let seeds = arguments.from..arguments.from.saturating_add(arguments.seeds);
    let done = |report: &Report| {
        for wrong in report.wrong.iter().take(5) {
            say(&format!("seed {}: {wrong}", report.seed));
        }
    };
    let reports = run_all(seeds, arguments.threads, arguments.failures, &keys, trace, done);
    summarize(&reports);
    let failed: Vec<u64> = reports.iter().filter(|r| !r.wrong.is_empty()).map(|r| r.seed).collect();
    for seed in &failed {
        say(&format!(
            "failed     cargo run -p naap-tests --bin simulate -- --from {seed} --seeds 1 --trace"
        ));
    }
    ensure!(failed.is_empty(), "{} of {} seeds failed", failed.len(), reports.len());
    Ok(())
}

fn summarize(reports: &[Report]) {
    let sum = |f: fn(&Report) -> u64| reports.iter().map(f).sum::<u64>();
    say(&format!("seeds      {}", reports.len()));
    say(&format!("simulated  {} s", sum(|r| r.time.as_secs())));
    say(&format!("issued     {}", sum(|r| r.issued)));
    say(&format!("recorded   {}", sum(|r| r.recorded)));
    say(&format!("stored     {}", sum(|r| r.stored)));
    say(&format!("refused    {}", sum(|r| r.refused)));
    say(&format!("declared   {}", sum(|r| r.declared)));
    say(&format!("unrecorded {}", sum(|r| r.unrecorded)));
    let mut faults: BTreeMap<&str, u64> = BTreeMap::new();
    for (kind, n) in reports.iter().flat_map(|r| &r.faults) {
        *faults.entry(kind).or_default() += n;
    }
    for (kind, n) in faults {
        say(&format!("fault      {n:6} {kind}"));
    }
}
