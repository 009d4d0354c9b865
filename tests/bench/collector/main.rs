//! What the collector does per second, per core and per agent, beside the limits that it has to
//! keep: the real collector, a real QuestDB, nothing else.
//!
//! `ingest` compares the whole path with a bare client of the database, `network` runs the load of
//! a whole network, `scale` connects thousands of agents and kills the collector under them. Each
//! prints one table and ends with 1 if a limit is broken. They use the binaries beside them: build
//! the workspace with the same profile first.

#![expect(clippy::print_stdout, reason = "a command line tool")]

mod agent;
mod bed;
mod ingest;
mod mix;
mod network;
mod scale;

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

use naap_tests::figures::Table;

/// Measures the collector on a real QuestDB.
#[derive(Parser)]
struct Args {
    /// A short run, to see that it works; its figures say little.
    #[arg(long, global = true)]
    quick: bool,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Frames over gRPC to committed rows, beside a bare `questdb-rs` loop with the same rows.
    Ingest,
    /// Processor time of QuestDB and collector at the load of a network of 100 nodes.
    Network(network::Load),
    /// 5,000 connected agents, and what happens when the collector is killed.
    Scale(scale::Load),
}

async fn measure(args: Args) -> Result<Table> {
    match args.what {
        What::Ingest => ingest::run(args.quick).await,
        What::Network(load) => network::run(load, args.quick).await,
        What::Scale(load) => scale::run(load, args.quick).await,
    }
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let args = Args::parse();
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    // A signal drops the bed, and with it what it started.
    let table = tokio::select! {
        table = measure(args) => table?,
        _ = terminate.recv() => bail!("terminated"),
        _ = interrupt.recv() => bail!("interrupted"),
    };
    print!("{table}");
    Ok(if table.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
