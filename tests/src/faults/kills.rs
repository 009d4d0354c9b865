//! SIGKILL of agent, collector and QuestDB: at a moment chosen by chance, and at the N-th call of a
//! kind, so that each step between two of them is met. SIGSTOP beside it.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use rand::RngExt as _;
use tokio::process::Command;

use super::{Report, Scene};
use crate::volume::{has, skip};

/// How often each is killed, and stopped for a while.
#[derive(Debug, Clone, Copy)]
pub struct Kills {
    /// The agent, at system calls.
    pub agent: u64,
    /// The collector, at system calls.
    pub collector: u64,
    /// QuestDB, at any moment.
    pub questdb: u64,
    /// Any of the three, for a few seconds each.
    pub pauses: u64,
}

/// What an agent does to its disk and its connection, and how often it does in a second or two.
const AGENT_CALLS: [(&str, u64); 9] = [
    ("fdatasync", 4),
    ("write", 12),
    ("fsync", 2),
    ("openat", 12),
    ("fallocate", 1),
    ("ftruncate", 1),
    ("unlink", 1),
    ("sendto", 8),
    ("recvfrom", 12),
];
/// What a collector does to its connections and to the database.
const COLLECTOR_CALLS: [(&str, u64); 5] =
    [("sendto", 24), ("recvfrom", 24), ("writev", 8), ("write", 12), ("read", 12)];

/// Kills, mixed by a seed.
///
/// # Errors
/// What the judge found wrong, or what did not work.
pub async fn kills(folder: &Path, kills: Kills, seed: u64) -> Result<Report> {
    let mut scene = Scene::new(folder, seed).await?;
    let strace = has("strace");
    if !strace {
        skip::<()>("strace is not installed: kills come at any moment, not at system calls");
    }
    scene.oracle.start()?;
    scene.fresh().await?;
    let mut left = [kills.agent, kills.collector, kills.questdb, kills.pauses];
    while left.iter().sum::<u64>() > 0 {
        // By chance among what is left.
        let mut ticket = scene.rng.random_range(0..left.iter().sum());
        let victim = left.iter().position(|n| match ticket.checked_sub(*n) {
            Some(rest) => {
                ticket = rest;
                false
            }
            None => true,
        });
        let victim = victim.context("a ticket below the sum")?;
        left[victim] -= 1;
        match victim {
            0 => scene.kill_agent(strace, kills.agent - left[0]).await?,
            1 => scene.kill_collector(strace, kills.collector - left[1]).await?,
            2 => scene.kill_questdb().await?,
            _ => scene.pause().await?,
        }
    }
    scene.fresh().await?;
    scene.judged().await
}

impl Scene {
    /// A run of the agent that ends at its `nth` call, counted up from cycle to cycle.
    async fn kill_agent(&mut self, strace: bool, cycle: u64) -> Result<()> {
        if !strace {
            self.rest(50, 1500).await;
            self.oracle.kill().await?;
            self.report.count("agent killed");
            return self.oracle.start();
        }
        self.oracle.kill().await?;
        let (call, nth) = nth_of(&AGENT_CALLS, cycle);
        self.oracle.under = ["strace", "-f", "-qq", "-o", "/dev/null", "-e"]
            .map(str::to_owned)
            .into_iter()
            .chain([format!("trace={call}"), "-e".into(), inject(call, nth)])
            .collect();
        self.oracle.start()?;
        // A call that does not come so often: then at this moment.
        let at_call = self.oracle.ended(Duration::from_secs(3)).await.is_ok();
        if !at_call {
            self.oracle.kill().await?;
        }
        self.oracle.under.clear();
        self.report.count(if at_call { "agent killed at a system call" } else { "agent killed" });
        self.oracle.start()
    }

    async fn kill_collector(&mut self, strace: bool, cycle: u64) -> Result<()> {
        let (call, nth) = nth_of(&COLLECTOR_CALLS, cycle);
        let mut at_call = false;
        if strace {
            let mut tracer = Command::new("strace")
                .args([
                    "-f",
                    "-qq",
                    "-o",
                    "/dev/null",
                    "-p",
                    &self.rig.pid("collector")?.to_string(),
                ])
                .args(["-e", &format!("trace={call}"), "-e", &inject(call, nth)])
                .stderr(Stdio::null())
                // At its start it has a child of its own, which must not outlive it.
                .process_group(0)
                .kill_on_drop(true)
                .spawn()?;
            let group = i32::try_from(tracer.id().context("strace runs")?)?;
            at_call = self.rig.gone("collector", Duration::from_secs(4)).await.is_ok();
            // It may have ended by itself, with nothing left to trace.
            killpg(Pid::from_raw(group), Signal::SIGKILL).ok();
            tracer.wait().await?;
        } else {
            self.rest(50, 1500).await;
        }
        if !at_call {
            self.rig.kill("collector").await?;
        }
        let what = if at_call { "collector killed at a system call" } else { "collector killed" };
        self.report.count(what);
        self.rig.launch("collector").await?;
        if cycle.is_multiple_of(4) {
            self.fresh().await?;
        }
        Ok(())
    }

    async fn kill_questdb(&mut self) -> Result<()> {
        self.rest(50, 2500).await;
        self.rig.kill("questdb").await?;
        self.report.count("QuestDB killed");
        self.rig.launch("questdb").await?;
        self.fresh().await
    }

    async fn pause(&mut self) -> Result<()> {
        let victim = self.rng.random_range(0..3);
        let send = |scene: &Self, signal| match victim {
            0 => scene.oracle.signal(signal),
            1 => scene.rig.signal("collector", signal),
            _ => scene.rig.signal("questdb", signal),
        };
        send(self, Signal::SIGSTOP)?;
        self.rest(1000, 4000).await;
        send(self, Signal::SIGCONT)?;
        self.report.count("one of the three stopped and continued");
        self.fresh().await
    }
}

/// All calls by turns, each later in every turn, as far as it is likely to come.
fn nth_of(calls: &[(&'static str, u64)], cycle: u64) -> (&'static str, u64) {
    let kinds = calls.len() as u64;
    let at = usize::try_from(cycle % kinds).unwrap_or(0);
    let (call, most) = calls.get(at).copied().unwrap_or(("write", 1));
    (call, 1 + (cycle / kinds) % most)
}

fn inject(call: &str, nth: u64) -> String {
    format!("inject={call}:signal=KILL:when={nth}")
}
