//! AI runner containers: health, what they serve, and their GPUs, over `GET` of four paths.
//!
//! Configured ones, and those found on the ports of this machine that go-livepeer gives to them.
//! What listens there may be anything: it is asked for `/health`, and for more only if the answer
//! is a runner's. A GPU's UUID is hashed where it is read.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use naap_schema::generated::{AiRunner as RunnerRow, AiRunnerGpu};
use naap_schema::{Row, identity};
use serde_json::{Map, Value};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::fit::fit;
use super::gateway_event::{integer, number, text};
use super::get::Get;
use super::node_http::is_index;
use super::{Drop, Drops, Now, Pace, Reading, Source, SourceError};
use crate::limits;

/// First host port of each pipeline (go-livepeer ai/worker/docker.go); a GPU's number is added to it.
pub(crate) const PORTS: [(u16, &str); 10] = [
    (8000, "text-to-image"),
    (8100, "image-to-image"),
    (8200, "image-to-video"),
    (8300, "upscale"),
    (8400, "audio-to-text"),
    (8500, "llm"),
    (8600, "segment-anything-2"),
    (8700, "image-to-text"),
    (8800, "text-to-speech"),
    (8900, "live-video-to-video"),
];
/// GPUs that have a port.
const OFFSETS: std::ops::RangeInclusive<u16> = 0..=15;

/// Everything that a runner is ever asked.
#[derive(Debug, Clone, Copy)]
enum Ask {
    Health,
    Version,
    Info,
    Stats,
}

impl Ask {
    const fn path(self) -> &'static str {
        match self {
            Self::Health => "/health",
            Self::Version => "/version",
            Self::Info => "/hardware/info",
            Self::Stats => "/hardware/stats",
        }
    }
}

/// AI runners.
#[derive(Debug)]
pub struct AiRunners {
    interval: Duration,
    /// Ports that are looked at; empty where nothing is to be found.
    ports: Vec<u16>,
    get: Get,
    /// By target.
    runners: BTreeMap<Arc<str>, Runner>,
    /// Ports where something else listens, and when it was asked.
    others: BTreeMap<u16, Instant>,
    scanned: Option<Instant>,
}

/// A runner, or what should be one.
#[derive(Debug, Clone)]
struct Runner {
    base: String,
    /// The port that it was found on.
    found: Option<u16>,
    known: Option<Known>,
}

/// What a runner is; it changes with its container.
#[derive(Debug, Clone, Default)]
struct Known {
    asked: Option<Instant>,
    pipeline: Option<Arc<str>>,
    model: Option<Arc<str>>,
    version: Option<Arc<str>>,
    /// Compute capability by `gpu_id`.
    compute: BTreeMap<Arc<str>, (Option<i64>, Option<i64>)>,
}

/// One look at a runner.
struct Look {
    target: Arc<str>,
    known: Option<Known>,
    rows: Vec<Row>,
    drops: Drops,
    error: Option<SourceError>,
}

impl AiRunners {
    /// Runners at `urls`, and where `discover` those of this machine.
    pub fn new(interval: Duration, urls: &[String], discover: bool) -> Self {
        let ports = PORTS.into_iter().flat_map(|(p, _)| OFFSETS.map(move |o| p + o));
        Self::on(interval, urls, if discover { ports.collect() } else { Vec::new() })
    }

    fn on(interval: Duration, urls: &[String], ports: Vec<u16>) -> Self {
        let configured = urls.iter().take(limits::RUNNERS).enumerate().map(|(i, url)| {
            let base = url.trim_end_matches('/').to_owned();
            (format!("url-{}", i + 1).into(), Runner { base, found: None, known: None })
        });
        Self {
            interval,
            ports,
            get: Get::default(),
            runners: configured.collect(),
            others: BTreeMap::new(),
            scanned: None,
        }
    }

    /// Looks for runners on the ports of this machine.
    async fn scan(&mut self, now: Now, drops: &mut Drops) {
        let due = self.scanned.is_none_or(|at| now.at.duration_since(at) >= limits::RUNNER_SCAN);
        if self.ports.is_empty() || !due {
            return;
        }
        self.scanned = Some(now.at);
        let known: Vec<u16> = self.runners.values().filter_map(|r| r.found).collect();
        let young = |at: &Instant| now.at.duration_since(*at) < limits::RUNNER_OTHER;
        self.others.retain(|_, at| young(at));
        let ports = self.ports.iter().filter(|p| !known.contains(p));
        let ports: Vec<u16> = ports.filter(|p| !self.others.contains_key(p)).copied().collect();
        let mut open = Vec::new();
        for ports in ports.chunks(limits::RUNNER_PORTS_AT_ONCE) {
            let mut trying = JoinSet::new();
            for port in ports.iter().copied() {
                trying.spawn(async move { listens(port).await.then_some(port) });
            }
            open.extend(trying.join_all().await.into_iter().flatten());
        }
        open.sort_unstable();
        for port in open {
            let base = format!("http://127.0.0.1:{port}");
            let health = ask(&self.get, &base, Ask::Health).await;
            let known = match health.is_ok_and(|h| status(&h).is_some()) {
                true => know(&self.get, &base, now.at).await.filter(|k| k.pipeline.is_some()),
                false => None,
            };
            if known.is_none() {
                self.others.insert(port, now.at);
            } else if self.runners.len() >= limits::RUNNERS {
                *drops.entry(Drop::SeriesLimit).or_default() += 1;
            } else {
                tracing::info!(port, "an AI runner was found");
                let runner = Runner { base, found: Some(port), known };
                self.runners.insert(format!("runner-{port}").into(), runner);
            }
        }
    }
}

async fn listens(port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let connected = tokio::time::timeout(limits::RUNNER_CONNECT, TcpStream::connect(address)).await;
    connected.is_ok_and(|c| c.is_ok())
}

async fn ask(get: &Get, base: &str, ask: Ask) -> Result<Map<String, Value>, SourceError> {
    let url = format!("{base}{}", ask.path());
    let body = get.body(&url, "application/json", limits::RUNNER_BYTES);
    let body = tokio::time::timeout(limits::RUNNER_ANSWER, body).await;
    let body = body.unwrap_or(Err(SourceError::Timeout(limits::RUNNER_ANSWER)))?;
    let body = serde_json::from_slice(&body);
    body.map_err(|_| SourceError::Http { url, status: "200, but no JSON object".into() })
}

/// What a runner is; `None` where it says nothing of that.
async fn know(get: &Get, base: &str, at: Instant) -> Option<Known> {
    let version = ask(get, base, Ask::Version).await.ok();
    let info = ask(get, base, Ask::Info).await.ok();
    (version.is_some() || info.is_some()).then(|| {
        let said = [version.unwrap_or_default(), info.unwrap_or_default()];
        let of = |key: &str| said.iter().find_map(|d| text(d, key));
        Known {
            asked: Some(at),
            pipeline: of("pipeline"),
            model: of("model_id"),
            version: of("version"),
            compute: said.iter().flat_map(compute).take(limits::RUNNER_GPUS).collect(),
        }
    })
}

/// Compute capabilities in a `/hardware/info`.
fn compute(
    info: &Map<String, Value>,
) -> impl Iterator<Item = (Arc<str>, (Option<i64>, Option<i64>))> {
    let gpus = info.get("gpu_info").and_then(Value::as_object).into_iter().flatten();
    gpus.filter_map(|(_, g)| {
        let g = g.as_object()?;
        let id = identity::gpu_id(&text(g, "id")?).into();
        Some((id, (integer(g, "major"), integer(g, "minor"))))
    })
}

/// The status in a `/health`; `None` where it is no runner's.
pub(crate) fn status(health: &Map<String, Value>) -> Option<&'static str> {
    let said = health.get("status")?.as_str()?;
    ["LOADING", "OK", "ERROR", "IDLE"].into_iter().find(|s| *s == said)
}

async fn look(get: Get, target: Arc<str>, runner: Runner, now: Now) -> Look {
    let mut look =
        Look { target, known: runner.known, rows: Vec::new(), drops: Drops::new(), error: None };
    let started = Instant::now();
    let health = match ask(&get, &runner.base, Ask::Health).await {
        Ok(health) => health,
        Err(error) => {
            // Whatever answers there next may be another container.
            look.known = None;
            look.error = Some(error);
            return look;
        }
    };
    let answer_ms = started.elapsed().as_secs_f64() * 1000.0;
    let Some(status) = status(&health) else {
        look.known = None;
        *look.drops.entry(Drop::Malformed).or_default() += 1;
        return look;
    };
    let fresh =
        |k: &Known| k.asked.is_some_and(|at| now.at.duration_since(at) < limits::RUNNER_REFRESH);
    if !look.known.as_ref().is_some_and(fresh) {
        look.known = know(&get, &runner.base, now.at).await.or(look.known);
    }
    let known = look.known.clone().unwrap_or_default();
    let row = RunnerRow {
        target: Arc::clone(&look.target),
        pipeline: known.pipeline,
        model: known.model,
        version: known.version,
        status: Some(status.into()),
        answer_ms: Some(answer_ms),
    };
    keep(&mut look, row.at(now.wall_us));
    match ask(&get, &runner.base, Ask::Stats).await {
        Ok(stats) => gpus(&mut look, &stats, &known.compute, now.wall_us),
        Err(error) => look.error = Some(error),
    }
    look
}

fn keep(look: &mut Look, mut row: Row) {
    let cut = fit(&mut row).into_iter();
    let misfit = row.check().is_err();
    cut.chain(misfit.then_some(Drop::Malformed)).for_each(|d| {
        *look.drops.entry(d).or_default() += 1;
    });
    if !misfit {
        look.rows.push(row);
    }
}

/// Rows of a `/hardware/stats`.
fn gpus(
    look: &mut Look,
    stats: &Map<String, Value>,
    compute: &BTreeMap<Arc<str>, (Option<i64>, Option<i64>)>,
    ts_us: i64,
) {
    let gpus = stats.get("gpu_stats").and_then(Value::as_object);
    for (n, (index, gpu)) in gpus.into_iter().flatten().enumerate() {
        if n >= limits::RUNNER_GPUS {
            *look.drops.entry(Drop::SeriesLimit).or_default() += 1;
            continue;
        }
        let id = gpu.as_object().and_then(|g| text(g, "id"));
        let (Some(g), Some(id)) = (gpu.as_object(), id) else {
            *look.drops.entry(Drop::Malformed).or_default() += 1;
            continue;
        };
        let id: Arc<str> = identity::gpu_id(&id).into();
        let (major, minor) = compute.get(&id).copied().unwrap_or_default();
        let row = AiRunnerGpu {
            target: Arc::clone(&look.target),
            gpu_id: id,
            gpu_index: is_index(index).then(|| index.as_str().into()),
            gpu_name: text(g, "name"),
            memory_total_bytes: integer(g, "memory_total"),
            memory_free_bytes: integer(g, "memory_free"),
            utilisation_compute_pct: number(g, "utilization_compute"),
            utilisation_memory_pct: number(g, "utilization_memory"),
            compute_major: major,
            compute_minor: minor,
        };
        keep(look, row.at(ts_us));
    }
}

#[async_trait]
impl Source for AiRunners {
    fn name(&self) -> &'static str {
        "ai_runner"
    }

    fn pace(&self) -> Pace {
        Pace::Every(self.interval)
    }

    fn deadline(&self) -> Duration {
        // A scan, then the four answers of each runner, all runners at once.
        limits::RUNNER_SCAN
    }

    async fn read(&mut self, now: Now) -> Result<Reading, SourceError> {
        let mut reading = Reading::default();
        self.scan(now, &mut reading.drops).await;
        let mut looking = JoinSet::new();
        for (target, runner) in &self.runners {
            looking.spawn(look(self.get.clone(), Arc::clone(target), runner.clone(), now));
        }
        let mut looks = looking.join_all().await;
        looks.sort_by(|a, b| a.target.cmp(&b.target));
        for look in looks {
            let gone = look.rows.is_empty();
            if let Some(runner) = self.runners.get_mut(&look.target) {
                runner.known = look.known;
                if gone && runner.found.is_some() {
                    self.runners.remove(&look.target);
                }
            }
            reading.rows.extend(look.rows);
            for (drop, n) in look.drops {
                *reading.drops.entry(drop).or_default() += n;
            }
            reading.failed = reading.failed.or(look.error);
        }
        match reading.failed {
            Some(error) if reading.rows.is_empty() => Err(error),
            failed => Ok(Reading { failed, ..reading }),
        }
    }
}

#[cfg(test)]
mod tests;
