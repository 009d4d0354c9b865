//! The oracle: gives out numbered rows with known payloads through the real agent, and keeps which
//! of them were recorded. Kills that agent and starts it again; a row's number is never used twice.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::rows::now_us;
use crate::stack::binaries;

/// Rows that were recorded, by number: from the first of a run to the last that it said.
pub type Range = (u64, u64);

/// The oracle of one node.
#[derive(Debug)]
pub struct Oracle {
    /// Its node.
    pub node: String,
    /// Where its agent's spool is.
    pub spool: PathBuf,
    /// Time of row 0, microseconds since 1970 UTC.
    pub start_us: i64,
    /// Rows that must be in the store in the end.
    pub recorded: Vec<Range>,
    /// Rows up to here may be.
    pub issued: u64,
    /// What an agent is started with: `strace ...`, `faketime ...`.
    pub under: Vec<String>,
    /// Rows at a time.
    pub batch: u64,
    /// Milliseconds between.
    pub every_ms: u64,
    dir: PathBuf,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    first: u64,
    issued: Arc<AtomicU64>,
    recorded: Arc<AtomicU64>,
    listening: JoinHandle<()>,
}

impl Oracle {
    /// An oracle whose agent sends to `collector` (`HOST:PORT`), with its files in `dir` and its
    /// spool in `spool`.
    ///
    /// # Errors
    /// If its files cannot be written.
    pub fn new(
        node: &str,
        collector: &str,
        token_file: &Path,
        dir: &Path,
        spool: &Path,
    ) -> Result<Self> {
        std::fs::create_dir_all(dir)?;
        let config = format!(
            "origin = \"simulated\"\n[collector]\naddress = \"http://{collector}\"\n\
             token_file = {token_file:?}\n[spool]\ndir = {spool:?}\nmax_bytes = {}\n\
             [host]\nenabled = false\n",
            8 << 20
        );
        std::fs::write(dir.join("agent.toml"), config)?;
        Ok(Self {
            node: node.to_owned(),
            spool: spool.to_owned(),
            // All of its rows lie in the past, and a day's worth of them fits.
            start_us: now_us() - 3 * 3_600_000_000,
            recorded: Vec::new(),
            issued: 0,
            under: Vec::new(),
            batch: 10,
            every_ms: 50,
            dir: dir.to_owned(),
            running: None,
        })
    }

    /// Starts the agent.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(&mut self) -> Result<()> {
        self.start_until(u64::MAX)
    }

    /// Starts the agent, to give out no row after `last`: with 0 it only delivers what waits.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start_until(&mut self, last: u64) -> Result<()> {
        ensure!(self.running.is_none(), "the agent runs already");
        let first = self.issued + 1;
        let program = binaries()?.join("oracle-agent");
        let mut command = match self.under.split_first() {
            None => Command::new(program),
            Some((tool, args)) => {
                let mut command = Command::new(tool);
                command.args(args).arg(program);
                command
            }
        };
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.dir.join("agent.log"))?;
        let mut child = command
            .arg("--config")
            .arg(self.dir.join("agent.toml"))
            .args(["--first", &first.to_string(), "--last", &last.to_string()])
            .args(["--start-us", &self.start_us.to_string()])
            .args(["--batch", &self.batch.to_string()])
            .args(["--every-ms", &self.every_ms.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            // A tool that it runs under does not take it with it when it is killed; the group does.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let stdout = child.stdout.take().context("stdout is a pipe")?;
        let (issued, recorded) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let (to_issued, to_recorded) = (Arc::clone(&issued), Arc::clone(&recorded));
        let listening = tokio::spawn(async move {
            let mut lines = BufReader::new(stdout).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let Some((what, row)) = line.split_once(' ') else { continue };
                let (Ok(row), to) = (
                    row.parse(),
                    match what {
                        "issued" => &to_issued,
                        _ => &to_recorded,
                    },
                ) else {
                    continue;
                };
                to.fetch_max(row, Ordering::SeqCst);
            }
        });
        self.running = Some(Running { child, first, issued, recorded, listening });
        Ok(())
    }

    /// The newest recorded row of the running agent; 0 if there is none yet.
    pub fn recorded_so_far(&self) -> u64 {
        self.running.as_ref().map_or(0, |r| r.recorded.load(Ordering::SeqCst))
    }

    /// The newest row that was given out.
    pub fn issued_so_far(&self) -> u64 {
        let running = self.running.as_ref().map_or(0, |r| r.issued.load(Ordering::SeqCst));
        self.issued.max(running)
    }

    /// Whether an agent runs.
    pub const fn runs(&self) -> bool {
        self.running.is_some()
    }

    /// Waits until the running agent has recorded a row that it was not told of before.
    ///
    /// # Errors
    /// If there is none within `limit`.
    pub async fn records(&self, limit: Duration) -> Result<()> {
        let before = self.recorded_so_far();
        crate::eventually("a recorded row", limit, || async {
            ensure!(self.recorded_so_far() > before, "{before}");
            Ok(())
        })
        .await
    }

    /// The process of the agent; that of the tool that it runs under, if it does.
    ///
    /// # Errors
    /// If it does not run.
    pub fn pid(&self) -> Result<i32> {
        let id = self.running.as_ref().and_then(|r| r.child.id());
        Ok(i32::try_from(id.context("the agent does not run")?)?)
    }

    /// Sends a signal to the agent.
    ///
    /// # Errors
    /// If it does not run.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        Ok(killpg(Pid::from_raw(self.pid()?), signal)?)
    }

    /// SIGKILL; comes back when all that the agent said is known.
    ///
    /// # Errors
    /// If it did not run.
    pub async fn kill(&mut self) -> Result<()> {
        self.signal(Signal::SIGKILL)?;
        self.ended(Duration::from_secs(10)).await
    }

    /// Waits for the end of the agent, whoever ends it.
    ///
    /// # Errors
    /// If it is still there after `limit`.
    pub async fn ended(&mut self, limit: Duration) -> Result<()> {
        let mut running = self.running.take().context("the agent does not run")?;
        let ended = tokio::time::timeout(limit, running.child.wait()).await;
        if ended.is_err() {
            self.running = Some(running);
            anyhow::bail!("the agent is still there after {limit:?}");
        }
        running.listening.await?;
        let recorded = running.recorded.load(Ordering::SeqCst);
        if recorded >= running.first {
            self.recorded.push((running.first, recorded));
        }
        self.issued = self.issued.max(running.issued.load(Ordering::SeqCst));
        Ok(())
    }

    /// Stops the agent in order: it delivers what it can.
    ///
    /// # Errors
    /// If it does not end.
    pub async fn stop(&mut self) -> Result<()> {
        self.signal(Signal::SIGTERM)?;
        self.ended(Duration::from_secs(20)).await
    }

    /// How many rows were recorded in all, by the agents that have ended.
    pub fn recorded_rows(&self) -> u64 {
        self.recorded.iter().map(|(from, to)| to - from + 1).sum()
    }

    /// What the agents logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.join("agent.log")).unwrap_or_default()
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // Nobody is left to hear of an error.
        self.signal(Signal::SIGKILL).ok();
    }
}
