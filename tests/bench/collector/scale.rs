//! Thousands of agents on one collector: its memory, how long acks take, and how soon the agents
//! are back after it was killed.
//!
//! Each agent is the real one but for its sources and its disk, and sends one frame of three rows
//! every 10 s. They run in this process and share the machine with collector and database.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use naap_tests::eventually;
use naap_tests::rows::now_us;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at};

use crate::agent::Agent;
use crate::bed::Bed;
use crate::mix::Mix;
use naap_tests::figures::{Table, float, memory_mib, percentile};

/// One frame of each agent.
const EVERY: Duration = Duration::from_secs(10);
/// Files that this process and the collector need beside one per agent.
const FILES: u64 = 512;
const MOST_RSS_MIB: f64 = 512.0;
const MOST_P99_S: f64 = 4.0;
const MOST_BACK_95_S: f64 = 15.0;
const MOST_BACK_ALL_S: f64 = 60.0;

/// The agents.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Load {
    /// Agents [default: 5000, with --quick 300].
    #[arg(long)]
    agents: Option<usize>,
    /// Seconds that the killed collector stays away; from about 20 s on, the agents have reached
    /// their longest pauses.
    #[arg(long, default_value_t = 30)]
    down: u64,
}

/// Runs the agents.
pub(crate) async fn run(load: Load, quick: bool) -> Result<Table> {
    let agents = load.agents.unwrap_or(if quick { 300 } else { 5000 });
    let (warm_up, time) = if quick { (15, 15) } else { (40, 90) };
    let down = Duration::from_secs(if quick { load.down.min(5) } else { load.down });
    raise_files(agents as u64 + FILES)?;
    let mut bed = Bed::start(agents).await?;
    let crowd = Crowd::start(agents, &bed)?;
    crowd.back(&vec![0; agents], Instant::now(), "the first welcomes").await?;
    tokio::time::sleep(Duration::from_secs(warm_up)).await;
    let mut latencies = crowd.latencies.lock().await;
    while latencies.try_recv().is_ok() {}
    let (cpu, taken, started) = (bed.cpu_s()?, crowd.rows().0, Instant::now());
    let mut rss_mib: f64 = 0.0;
    let mut seconds = interval(Duration::from_secs(1));
    while started.elapsed() < Duration::from_secs(time) {
        seconds.tick().await;
        rss_mib = rss_mib.max(memory_mib(bed.collector_pid()?, "VmRSS")?);
    }
    let (took, after) = (started.elapsed().as_secs_f64(), bed.cpu_s()?);
    let rows_per_s = float(crowd.rows().0 - taken) / took;
    let acks_s: Vec<f64> = std::iter::from_fn(|| latencies.try_recv().ok()).collect();
    drop(latencies);
    ensure!(!acks_s.is_empty(), "no frame was acknowledged: {}", bed.said());
    let before = crowd.welcomes();
    bed.kill_collector().await?;
    tokio::time::sleep(down).await;
    let listens = bed.start_collector().await?;
    let (back_95_s, back_all_s) = crowd.back(&before, listens, "the agents").await?;
    let all_acked_s = crowd.drained(listens).await?;
    let rss_after_mib = memory_mib(bed.collector_pid()?, "VmHWM")?;
    let stored = crowd.judge(&bed).await?;
    drop(crowd);
    bed.stop().await?;
    let mut table = Table::new(format!("{agents} agents, one frame of three rows each per 10 s"));
    table.value("connected agents", agents.to_string());
    table.value("rows/s", format!("{rows_per_s:.0}"));
    table.at_most("collector's memory (RSS)", rss_mib, MOST_RSS_MIB, "MiB");
    table.at_most("the same at most, while all come back", rss_after_mib, MOST_RSS_MIB, "MiB");
    table.value(
        "row taken to row acknowledged, median",
        format!("{:.2} s", percentile(&acks_s, 50)),
    );
    table.at_most("the same, p99", percentile(&acks_s, 99), MOST_P99_S, "s");
    table.value("collector, of one core", format!("{:.1} %", 100.0 * (after.1 - cpu.1) / took));
    table.value("QuestDB, of one core", format!("{:.1} %", 100.0 * (after.0 - cpu.0) / took));
    table.value("collector killed, started again after", format!("{} s", down.as_secs()));
    table.at_most("95 % are back after", back_95_s, MOST_BACK_95_S, "s");
    table.at_most("all are back after", back_all_s, MOST_BACK_ALL_S, "s");
    table.value("everything taken meanwhile is acknowledged after", format!("{all_acked_s:.1} s"));
    table.value("rows taken, each stored once", stored.to_string());
    Ok(table)
}

/// Raises the limit on open files of this process, and so of the collector that it starts.
fn raise_files(files: u64) -> Result<()> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if soft >= files {
        return Ok(());
    }
    ensure!(hard >= files, "{files} open files are needed, the limit is {hard}; raise `ulimit -n`");
    setrlimit(Resource::RLIMIT_NOFILE, files, hard).context("raising the limit on open files")
}

/// The agents.
struct Crowd {
    agents: Vec<Arc<Agent>>,
    stop: tokio::sync::watch::Sender<bool>,
    given: Arc<AtomicU64>,
    reporting: tokio::sync::Mutex<JoinSet<Result<()>>>,
    /// Seconds from row to ack.
    latencies: tokio::sync::Mutex<mpsc::Receiver<f64>>,
    _tokens: tempfile::TempDir,
}

impl Crowd {
    fn start(count: usize, bed: &Bed) -> Result<Self> {
        let tokens = tempfile::tempdir()?;
        let (to, latencies) = mpsc::channel(1 << 18);
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let (mut agents, mut reporting) = (Vec::new(), JoinSet::new());
        let given = Arc::new(AtomicU64::new(0));
        for i in 0..count {
            let agent = Arc::new(Agent::start(i, &bed.listen.to_string(), tokens.path())?);
            agents.push(Arc::clone(&agent));
            let first = EVERY.mul_f64(float(i as u64) / float(count as u64));
            let (to, given, mut stopped) = (to.clone(), Arc::clone(&given), stopped.clone());
            reporting.spawn(async move {
                let mut mix = Mix::new(i);
                let mut ticks = interval_at(Instant::now() + first, EVERY);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
                loop {
                    tokio::select! {
                        _ = ticks.tick() => {}
                        _ = stopped.changed() => return Ok(()),
                    }
                    let now = now_us();
                    let rows =
                        vec![mix.host(now), mix.interface("eth0", now), mix.agent("host", now)];
                    given.fetch_add(rows.len() as u64, Ordering::Relaxed);
                    let took = agent.acknowledged(rows).await?;
                    // When nobody counts, it is full.
                    to.try_send(took.as_secs_f64()).ok();
                }
            });
        }
        let reporting = tokio::sync::Mutex::new(reporting);
        let latencies = tokio::sync::Mutex::new(latencies);
        Ok(Self { agents, stop, given, reporting, latencies, _tokens: tokens })
    }

    fn welcomes(&self) -> Vec<u64> {
        self.agents.iter().map(|a| a.welcomes()).collect()
    }

    fn rows(&self) -> (u64, u64) {
        self.agents.iter().map(|a| a.rows()).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1))
    }

    /// Waits until all were welcomed once more than `before`; gives when 95 % and when all were,
    /// in seconds from `start`.
    async fn back(&self, before: &[u64], start: Instant, what: &str) -> Result<(f64, f64)> {
        let (end, mut most) = (start + Duration::from_secs(120), None);
        loop {
            let back = self.welcomes().iter().zip(before).filter(|(now, b)| now > b).count();
            let at = start.elapsed().as_secs_f64();
            if back * 100 >= self.agents.len() * 95 && most.is_none() {
                most = Some(at);
            }
            if let Some(most) = most
                && back == self.agents.len()
            {
                return Ok((most, at));
            }
            if Instant::now() > end {
                bail!("waited for {what}: only {back} of {} came", self.agents.len());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Stops the reports; gives when the last row was acknowledged, in seconds from `start`.
    async fn drained(&self, start: Instant) -> Result<f64> {
        self.stop.send_replace(true);
        let mut reporting = self.reporting.lock().await;
        while let Some(ended) = reporting.join_next().await {
            ended??;
        }
        let pending = || self.agents.iter().map(|a| a.pending()).sum::<u64>();
        eventually("the last acks", Duration::from_secs(60), || async {
            ensure!(pending() == 0, "{} rows wait", pending());
            Ok(())
        })
        .await?;
        Ok(start.elapsed().as_secs_f64())
    }

    /// Every row that was taken is stored, once.
    async fn judge(&self, bed: &Bed) -> Result<u64> {
        let (taken, lost) = self.rows();
        ensure!(lost == 0, "{lost} of {taken} rows were refused or evicted");
        ensure!(taken == self.given.load(Ordering::Relaxed), "rows were given and not taken");
        bed.applied().await?;
        let mut stored = 0;
        for table in ["host", "interface", "agent"] {
            stored += bed.number(&format!("select count() from {table}")).await?;
        }
        ensure!(stored == taken, "{taken} rows were taken, {stored} are stored");
        Ok(stored)
    }
}
