//! The agent on itself, as a source like any other: what it is, what waits, what its sources did.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use naap_schema::generated::{Agent, AgentSource, ClockStep};
use naap_schema::{Row, SCHEMA_VERSION};
use tokio::sync::watch;

use crate::config::{Config, Kind};
use crate::limits;
use crate::source::{Now, Pace, Reading, Source, SourceError, Tallies};
use crate::spool::Spool;
use crate::{record, ship};

/// A wall clock that moved by more than this against the monotonic one was set.
const STEP_MS: i64 = 1000;

/// What the configuration says that the node is. It can change while the agent runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    kind: Kind,
    origin: &'static str,
    region: Option<Arc<str>>,
}

impl Identity {
    /// That of this configuration.
    pub fn of(config: &Config) -> Self {
        Self {
            kind: config.kind,
            origin: config.origin.word(),
            region: config.region.as_deref().map(Arc::from),
        }
    }
}

/// The agent.
#[derive(Debug)]
pub struct Own {
    identity: watch::Receiver<Identity>,
    role: watch::Receiver<Option<&'static str>>,
    spool: Spool,
    recorded: Arc<record::Counts>,
    shipped: Arc<ship::Counts>,
    tallies: Tallies,
    last: Last,
    clock: Option<Now>,
}

/// Counts at the last report.
#[derive(Debug, Default)]
struct Last {
    taken: u64,
    evicted: u64,
    rejected: u64,
    bytes_sent: u64,
    connects: u64,
    cpu_ms: Option<f64>,
}

impl Own {
    /// The agent that is `identity`.
    pub fn new(
        identity: watch::Receiver<Identity>,
        role: watch::Receiver<Option<&'static str>>,
        spool: Spool,
        recorded: Arc<record::Counts>,
        shipped: Arc<ship::Counts>,
        tallies: Tallies,
    ) -> Self {
        Self {
            identity,
            role,
            spool,
            recorded,
            shipped,
            tallies,
            last: Last::default(),
            clock: None,
        }
    }

    fn kind(&self) -> &'static str {
        match (self.identity.borrow().kind, *self.role.borrow()) {
            (Kind::Auto, Some("gateway")) | (Kind::Gateway, _) => "gateway",
            (Kind::Auto, Some("orchestrator" | "transcoder" | "ai_worker"))
            | (Kind::Orchestrator, _) => "orchestrator",
            (Kind::Replay, _) => "replay",
            (Kind::Auto | Kind::Host, _) => "host",
        }
    }

    fn agent_row(&mut self, ts_us: i64) -> Row {
        let Identity { origin, region, .. } = self.identity.borrow().clone();
        let pending = self.spool.pending();
        let cpu_ms = cpu_ms();
        let now = Last {
            taken: self.recorded.taken.load(Ordering::Relaxed),
            evicted: self.recorded.evicted.load(Ordering::Relaxed),
            rejected: self.shipped.rejected.load(Ordering::Relaxed),
            bytes_sent: self.shipped.bytes_sent.load(Ordering::Relaxed),
            connects: self.shipped.connects.load(Ordering::Relaxed),
            cpu_ms,
        };
        let skew = self.shipped.skew_ms.load(Ordering::Relaxed);
        let last = std::mem::replace(&mut self.last, now);
        let now = &self.last;
        let grew = |now: u64, last: u64| whole(now.saturating_sub(last));
        Agent {
            kind: Some(self.kind().into()),
            origin: Some(origin.into()),
            region,
            version: Some(env!("CARGO_PKG_VERSION").into()),
            schema_version: Some(i64::from(SCHEMA_VERSION)),
            skew_ms: (skew != i64::MIN).then_some(skew),
            rows_taken: grew(now.taken, last.taken),
            rows_pending: whole(pending.rows),
            bytes_pending: whole(pending.bytes),
            spool: Some(if pending.degraded { "memory" } else { "disk" }.into()),
            rows_evicted: grew(now.evicted, last.evicted),
            rows_rejected: grew(now.rejected, last.rejected),
            bytes_sent: grew(now.bytes_sent, last.bytes_sent),
            connects: grew(now.connects, last.connects),
            rss_bytes: rss_bytes(),
            cpu_ms: now.cpu_ms.zip(last.cpu_ms).map(|(now, last)| (now - last).max(0.0)),
        }
        .at(ts_us)
    }

    fn source_rows(&self, ts_us: i64) -> impl Iterator<Item = Row> {
        self.tallies.take().into_iter().map(move |(name, t)| {
            AgentSource {
                source: name.into(),
                reads: whole(t.reads),
                failures: whole(t.failures),
                failure_kind: t.failure_kind.map(Into::into),
                rows: whole(t.rows),
                dropped: whole(t.dropped),
                drop_kind: t.drop_kind.map(Into::into),
                read_ms: t.read_time.map(|d| d.as_secs_f64() * 1000.0),
            }
            .at(ts_us)
        })
    }

    /// How far the wall clock moved beyond what the monotonic one saw.
    fn step_ms(&mut self, now: Now) -> Option<i64> {
        let before = self.clock.replace(now)?;
        let passed = i64::try_from(now.at.duration_since(before.at).as_micros()).ok()?;
        let step_ms = (now.wall_us - before.wall_us - passed) / 1000;
        (step_ms.abs() > STEP_MS).then_some(step_ms)
    }
}

fn whole(x: u64) -> Option<i64> {
    i64::try_from(x).ok()
}

/// Memory of this process, as Linux tells it.
pub(crate) fn rss_bytes() -> Option<i64> {
    rss_bytes_of("self")
}

/// Memory of the process with this name below `/proc`.
pub(crate) fn rss_bytes_of(process: &str) -> Option<i64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    let kib: i64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

/// Processor time of this process, as Linux tells it, in its fixed unit of 10 ms.
pub(crate) fn cpu_ms() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // Fields 14 and 15, counted from 1; the name before them may hold anything but ends with `)`.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) * 10.0)
}

#[async_trait]
impl Source for Own {
    fn name(&self) -> &'static str {
        "agent"
    }

    fn pace(&self) -> Pace {
        Pace::Every(limits::OWN_EVERY)
    }

    fn deadline(&self) -> Duration {
        limits::OWN_EVERY
    }

    async fn read(&mut self, now: Now) -> Result<Reading, SourceError> {
        let mut rows = vec![self.agent_row(now.wall_us)];
        rows.extend(self.source_rows(now.wall_us));
        if let Some(step_ms) = self.step_ms(now) {
            tracing::warn!(step_ms, "this machine's clock was set");
            rows.push(ClockStep { step_ms }.at(now.wall_us));
        }
        Ok(Reading { rows, ..Reading::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spool::sim::Sim;
    use naap_schema::Value;

    fn own(kind: Kind, role: Option<&'static str>) -> Own {
        let (_, role) = watch::channel(role);
        let config = Config { kind, ..Config::bare() };
        let (spool, _writer) = Spool::open(Arc::new(Sim::default()), 16 << 20);
        let (_, identity) = watch::channel(Identity::of(&config));
        Own::new(identity, role, spool, Arc::default(), Arc::default(), Tallies::default())
    }

    #[tokio::test]
    async fn it_says_what_it_is_and_what_its_sources_did() {
        let mut own = own(Kind::Auto, Some("orchestrator"));
        own.recorded.taken.store(7, Ordering::Relaxed);
        own.tallies.failed("x", &SourceError::Timeout(Duration::from_secs(1)));
        let rows = own.read(Now::read()).await.unwrap().rows;
        assert_eq!(rows.len(), 2);
        for row in &rows {
            assert_eq!(row.check(), Ok(()), "{row:?}");
        }
        assert_eq!(rows[0].get("kind"), Some(&Value::text("orchestrator")));
        assert_eq!(rows[0].get("rows_taken"), Some(&Value::I64(7)));
        assert_eq!(rows[0].get("skew_ms"), None, "not known before a connection");
        assert_eq!(rows[1].get("failure_kind"), Some(&Value::text("timeout")));
        own.recorded.taken.store(9, Ordering::Relaxed);
        let rows = own.read(Now::read()).await.unwrap().rows;
        assert_eq!(rows[0].get("rows_taken"), Some(&Value::I64(2)), "since the row before");
        assert_eq!(rows[1].get("failures"), Some(&Value::I64(0)));
    }

    #[test]
    fn kinds() {
        assert_eq!(own(Kind::Auto, None).kind(), "host");
        assert_eq!(own(Kind::Auto, Some("gateway")).kind(), "gateway");
        assert_eq!(own(Kind::Host, Some("gateway")).kind(), "host");
        assert_eq!(own(Kind::Replay, None).kind(), "replay");
    }

    #[tokio::test]
    async fn a_set_clock_is_noticed() {
        let mut own = own(Kind::Host, None);
        let start = Now::read();
        assert_eq!(own.step_ms(start), None);
        let later = Now { wall_us: start.wall_us + 500_000, at: start.at };
        assert_eq!(own.step_ms(later), None, "half a second is drift");
        let back = Now { wall_us: later.wall_us - 3_600_000_000, at: start.at };
        assert_eq!(own.step_ms(back), Some(-3_600_000));
    }
}
