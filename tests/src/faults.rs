//! Faults, each as a function of how often: the tests run few of them, `reliability` many. Each
//! runs the real agent, the real collector and a real QuestDB, and ends with the judge.

mod clock;
mod disk;
mod kills;
mod network;
mod power;
mod replay;

use std::fmt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::time::Instant;

pub use clock::clock_jumps;
pub use disk::{agent_disk_full, database_disk_full};
pub use kills::{Kills, kills};
pub use network::{bad_network, in_own_network, partitions};
pub use power::{agent_power_cuts, database_power_cuts};
pub use replay::repeated_and_reordered;

use crate::judge::Verdict;
use crate::{Oracle, Proxy, Rig, eventually};

/// How long everything may take until it is stored once a fault is over: the promise.
pub const HEALED: Duration = Duration::from_secs(60);

/// What a fault came to.
#[derive(Debug, Default)]
pub struct Report {
    /// What was done, and how often.
    pub cycles: Vec<(String, u64)>,
    /// What the judge found.
    pub verdict: Verdict,
    /// The longest time from the end of a fault until fresh rows were visible.
    pub slowest: Duration,
}

impl Report {
    fn count(&mut self, what: &str) {
        match self.cycles.iter_mut().find(|(name, _)| name == what) {
            Some((_, n)) => *n += 1,
            None => self.cycles.push((what.to_owned(), 1)),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, n) in &self.cycles {
            write!(f, "{n} x {what}, ")?;
        }
        let Verdict { recorded, stored, declared, epochs } = self.verdict;
        write!(
            f,
            "{recorded} rows recorded, {stored} stored, {declared} declared as lost, {epochs} epochs"
        )?;
        if self.slowest > Duration::ZERO {
            write!(f, ", fresh rows after {:.1} s at most", self.slowest.as_secs_f64())?;
        }
        Ok(())
    }
}

/// A stack and an oracle beside it.
#[derive(Debug)]
struct Scene {
    rig: Rig,
    oracle: Oracle,
    report: Report,
    rng: StdRng,
}

impl Scene {
    /// Starts a stack in a folder. The oracle's agent is not started.
    async fn new(folder: &Path, seed: u64) -> Result<Self> {
        let data = folder.join("stack");
        std::fs::create_dir_all(&data)?;
        let rig = Rig::start(&data).await?;
        let grpc = rig.grpc.clone();
        Self::with(rig, folder, &grpc, &folder.join("spool"), seed).await
    }

    /// The same with a proxy between agent and collector, and a spool in the folder `spool`.
    async fn behind_proxy(folder: &Path, spool: &Path, seed: u64) -> Result<(Self, Proxy)> {
        let data = folder.join("stack");
        std::fs::create_dir_all(&data)?;
        let rig = Rig::start(&data).await?;
        let proxy = Proxy::start(&rig.grpc).await?;
        let scene = Self::with(rig, folder, &proxy.address, spool, seed).await?;
        Ok((scene, proxy))
    }

    async fn with(rig: Rig, folder: &Path, to: &str, spool: &Path, seed: u64) -> Result<Self> {
        let token = rig.token_file("oracle").await?;
        let oracle = Oracle::new("oracle", to, &token, &folder.join("oracle"), spool)?;
        let rng = StdRng::seed_from_u64(seed);
        Ok(Self { rig, oracle, report: Report::default(), rng })
    }

    /// A while between the two.
    async fn rest(&mut self, from_ms: u64, to_ms: u64) {
        let ms = self.rng.random_range(from_ms..=to_ms);
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }

    /// Waits until a row that was taken after now is visible, and notes how long that took.
    async fn fresh(&mut self) -> Result<()> {
        let (began, before) = (Instant::now(), self.oracle.issued_so_far());
        let sql = "select max(mem_total_bytes) from host where node = 'oracle'";
        let database = self.rig.database.clone();
        eventually("fresh rows", HEALED, || async {
            let newest = database.number(sql).await.unwrap_or(0);
            ensure!(newest > i64::try_from(before)?, "{newest} is the newest, {before} was issued");
            Ok(())
        })
        .await?;
        self.report.slowest = self.report.slowest.max(began.elapsed());
        Ok(())
    }

    /// Lets everything arrive, judges, and ends.
    async fn judged(mut self) -> Result<Report> {
        if self.oracle.runs() {
            self.oracle.stop().await?;
        }
        self.oracle.start_until(0)?;
        let judged = self.oracle.judge(&self.rig.database, HEALED).await;
        if judged.is_err() {
            self.keep_logs();
        }
        self.report.verdict = judged?;
        self.oracle.stop().await?;
        self.rig.stop().await?;
        Ok(self.report)
    }

    /// What a failure is explained by goes where the folder's end does not take it.
    #[expect(clippy::print_stderr, reason = "a failed test says more")]
    fn keep_logs(&self) {
        let tail = |text: String| {
            let lines: Vec<&str> = text.lines().collect();
            lines[lines.len().saturating_sub(40)..].join("\n")
        };
        let log = std::fs::read_to_string(self.rig.data.join("rig-collector.log"));
        eprintln!("--- agent\n{}", tail(self.oracle.log()));
        eprintln!("--- collector\n{}", tail(log.unwrap_or_default()));
    }
}
