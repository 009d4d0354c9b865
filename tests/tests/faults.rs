//! The promise under faults (docs/reliability.md), a few of each; `reliability` runs many.
//!
//! Each runs the real agent, the real collector and a real QuestDB, and ends with the judge: what
//! was recorded is stored once, as it was given out, or declared as lost.

use std::process::Command;

use anyhow::{Result, ensure};
use naap_tests::faults::{self, Kills, Report};
use naap_tests::volume::skip;

#[expect(clippy::print_stdout, reason = "the figures are what these tests are run for")]
fn done(report: Option<&Report>) {
    if let Some(report) = report {
        println!("{report}");
    }
}

/// Scenario: the agent is killed at system calls 20 times, the collector too, QuestDB at any moment
/// 20 times; each of them is stopped for some seconds now and then.
#[tokio::test(flavor = "multi_thread")]
async fn kills_lose_and_double_nothing() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let kills = Kills { agent: 27, collector: 20, questdb: 20, pauses: 6 };
    let report = faults::kills(dir.path(), kills, 1).await?;
    ensure!(report.verdict.declared == 0, "{report}");
    done(Some(&report));
    Ok(())
}

/// Scenario: the disk of the agent loses what was not synced, with the process killed.
#[tokio::test(flavor = "multi_thread")]
async fn a_power_cut_of_the_agent_loses_nothing_recorded() -> Result<()> {
    let dir = tempfile::tempdir()?;
    done(faults::agent_power_cuts(dir.path(), 3, 1).await?.as_ref());
    Ok(())
}

/// Scenario: the same under QuestDB, in the middle of commits.
#[tokio::test(flavor = "multi_thread")]
async fn a_power_cut_of_the_database_loses_nothing_acked() -> Result<()> {
    let dir = tempfile::tempdir()?;
    done(faults::database_power_cuts(dir.path(), 2, 1).await?.as_ref());
    Ok(())
}

/// Scenario: the agent's disk is full, and has room again.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_of_the_agent_costs_the_oldest_rows_and_says_so() -> Result<()> {
    let dir = tempfile::tempdir()?;
    done(faults::agent_disk_full(dir.path(), 1).await?.as_ref());
    Ok(())
}

/// Scenario: QuestDB's disk is full, and has room again.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_of_the_database_stops_the_acks_and_loses_nothing() -> Result<()> {
    let dir = tempfile::tempdir()?;
    done(faults::database_disk_full(dir.path(), 1).await?.as_ref());
    Ok(())
}

/// Scenario: a network that is late, cut, deaf, mute or closed.
#[tokio::test(flavor = "multi_thread")]
async fn a_bad_network_loses_and_doubles_nothing() -> Result<()> {
    let dir = tempfile::tempdir()?;
    done(Some(&faults::bad_network(dir.path(), 12, 1).await?));
    Ok(())
}

/// Scenario: a copied spool, and frames that come again in any order.
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_twice_is_stored_once() -> Result<()> {
    let dir = tempfile::tempdir()?;
    done(Some(&faults::repeated_and_reordered(dir.path(), 1).await?));
    Ok(())
}

/// Scenario: the agent's clock is set while it runs; it starts in 1970.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_costs_only_what_it_dated() -> Result<()> {
    let dir = tempfile::tempdir()?;
    done(faults::clock_jumps(dir.path(), 1, 1).await?.as_ref());
    Ok(())
}

/// Scenario: every packet is dropped, one way, the other way, and both for longer than a keepalive.
/// Runs this same test in a network namespace of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_partition_loses_nothing_and_heals() -> Result<()> {
    if faults::in_own_network() {
        let dir = tempfile::tempdir()?;
        done(faults::partitions(dir.path(), [8, 8, 45], 1).await?.as_ref());
        return Ok(());
    }
    let own = "ip link set lo up && exec \"$0\" \"$@\"";
    let made = Command::new("unshare").args(["--net", "sh", "-c", "ip link set lo up"]).output();
    if !made.is_ok_and(|m| m.status.success()) {
        skip::<()>("network namespaces cannot be made here; they need root and iproute2");
        return Ok(());
    }
    let status = Command::new("unshare")
        .args(["--net", "sh", "-c", own])
        .arg(std::env::current_exe()?)
        .args(["--exact", "a_partition_loses_nothing_and_heals", "--nocapture"])
        .env("NAAP_OWN_NETWORK", "1")
        .status()?;
    ensure!(status.success(), "in a network of its own: {status}");
    Ok(())
}
