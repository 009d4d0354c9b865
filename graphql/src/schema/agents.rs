//! Agents: the nodes that report, and what they reported last.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use chrono::TimeDelta;

use super::page::{connection, cursor};
use super::sessions::Origin;
use super::time::Time;
use crate::clock::now_us;
use crate::coverage::{self, Reason};
use crate::read::nodes::{self, Latest};
use crate::read::{Database, ReadError};

/// A node counts as online when it was seen within two capability reports (`definitions.md` 1).
pub(crate) const ONLINE: TimeDelta = TimeDelta::minutes(50);

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum AgentKind {
    /// A machine without a Livepeer node, as far as its agent knows.
    Host,
    /// A go-livepeer gateway.
    Gateway,
    /// A go-livepeer orchestrator, transcoder or AI worker.
    Orchestrator,
    /// Recorded events, replayed.
    Replay,
}

connection! {
    /// Agents, a page of them.
    AgentConnection, AgentEdge, Agent
}

/// A node: whatever one agent, under one name, reports.
#[derive(Debug)]
pub(crate) struct Agent {
    row: nodes::Node,
}

impl Agent {
    pub(crate) fn new(row: nodes::Node) -> Self {
        Self { row }
    }

    pub(crate) fn key(&self) -> Vec<String> {
        vec![self.row.name.clone()]
    }

    fn cursor(&self) -> String {
        cursor(&[&self.row.name])
    }

    async fn latest(&self, ctx: &Context<'_>) -> Result<Arc<Latest>> {
        let loader = ctx.data::<DataLoader<LatestLoader>>()?;
        let found = loader.load_one(self.row.name.clone()).await;
        Ok(found.map_err(|e| (*e).clone())?.unwrap_or_default())
    }
}

#[Object]
impl Agent {
    pub(crate) async fn id(&self) -> ID {
        ID(cursor(&["Agent", &self.row.name]))
    }

    /// The name that its token stands for.
    async fn name(&self) -> &str {
        &self.row.name
    }

    /// What it is, from its agent's configuration or the Livepeer node that the agent found.
    async fn kind(&self, ctx: &Context<'_>) -> Result<Option<AgentKind>> {
        let latest = self.latest(ctx).await?;
        let kind = latest.agent.as_ref().and_then(|a| a.kind.as_deref());
        let role = latest.livepeer.iter().find_map(|l| l.role.as_deref());
        Ok(kind.or(role).and_then(|word| match word {
            "host" => Some(AgentKind::Host),
            "gateway" => Some(AgentKind::Gateway),
            "orchestrator" | "transcoder" | "ai_worker" => Some(AgentKind::Orchestrator),
            "replay" => Some(AgentKind::Replay),
            _ => None,
        }))
    }

    /// Where its traffic comes from.
    async fn origin(&self, ctx: &Context<'_>) -> Result<Option<Origin>> {
        let latest = self.latest(ctx).await?;
        Ok(latest.agent.as_ref().and_then(|a| Origin::parse(a.origin.as_deref()?)))
    }

    /// Region from its agent's configuration.
    async fn region(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(self.latest(ctx).await?.agent.as_ref().and_then(|a| a.region.clone()))
    }

    /// Version of its agent.
    async fn agent_version(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(self.latest(ctx).await?.agent.as_ref().and_then(|a| a.version.clone()))
    }

    /// Time of its newest row, by its own clock.
    async fn last_seen_at(&self) -> Option<Time> {
        self.row.last_row_at.map(Time)
    }

    /// Whether its newest row is less than 50 minutes old.
    async fn online(&self) -> bool {
        let now = Time::from_us(now_us()).0;
        self.row.last_row_at.is_some_and(|seen| now - seen <= ONLINE)
    }

    /// Its machine, as sampled last.
    async fn host(&self, ctx: &Context<'_>) -> Result<Option<HostSample>> {
        Ok(self.latest(ctx).await?.host.as_ref().map(HostSample::new))
    }

    /// Its network interfaces, each as sampled last.
    async fn interfaces(&self, ctx: &Context<'_>) -> Result<Vec<InterfaceSample>> {
        let latest = self.latest(ctx).await?;
        Ok(latest.interfaces.iter().map(InterfaceSample::new).collect())
    }

    /// Its go-livepeer nodes, each as scraped last.
    async fn livepeer(&self, ctx: &Context<'_>) -> Result<Vec<LivepeerSample>> {
        let latest = self.latest(ctx).await?;
        Ok(latest.livepeer.iter().map(LivepeerSample::new).collect())
    }

    /// The sources of its agent, each as of its newest report.
    async fn sources(&self, ctx: &Context<'_>) -> Result<Vec<SourceSample>> {
        let latest = self.latest(ctx).await?;
        Ok(latest.sources.iter().map(SourceSample::new).collect())
    }

    /// Its agent's clock minus the collector's, ms, as the collector measured it when the agent
    /// connected last; times are never corrected with it.
    async fn skew_ms(&self, ctx: &Context<'_>) -> Result<Option<f64>> {
        Ok(float(self.latest(ctx).await?.skew_ms))
    }

    /// What became of the rows that it took.
    async fn coverage(&self, ctx: &Context<'_>) -> Result<Coverage> {
        let loader = ctx.data::<DataLoader<CoverageLoader>>()?;
        let found = loader.load_one(self.row.name.clone()).await;
        let found = found.map_err(|e| (*e).clone())?.flatten();
        Ok(Coverage::new(found.as_ref(), self.row.coverage))
    }
}

#[expect(clippy::cast_precision_loss, reason = "bytes and counts are far below 2^53")]
fn float(x: Option<i64>) -> Option<f64> {
    x.map(|x| x as f64)
}

/// A machine at one moment.
#[derive(Debug, SimpleObject)]
pub(crate) struct HostSample {
    time: Time,
    /// Share of all processor time since the sample before that was not idle, 0 to 1.
    cpu_busy_ratio: Option<f64>,
    /// Logical processors.
    cpu_count: Option<i64>,
    /// Load average over one minute.
    #[graphql(name = "load1m")]
    load_1m: Option<f64>,
    mem_total_bytes: Option<f64>,
    /// Physical memory minus what is available to new programs.
    mem_used_bytes: Option<f64>,
    swap_used_bytes: Option<f64>,
    disk_total_bytes: Option<f64>,
    disk_available_bytes: Option<f64>,
    /// Time since the machine started.
    uptime_ms: Option<f64>,
    os: Option<String>,
    cpu_model: Option<String>,
}

impl HostSample {
    fn new(h: &nodes::Host) -> Self {
        Self {
            time: Time(h.time),
            cpu_busy_ratio: h.cpu_busy_ratio,
            cpu_count: h.cpu_count,
            load_1m: h.load_1m,
            mem_total_bytes: float(h.mem_total_bytes),
            mem_used_bytes: float(h.mem_used_bytes),
            swap_used_bytes: float(h.swap_used_bytes),
            disk_total_bytes: float(h.disk_total_bytes),
            disk_available_bytes: float(h.disk_available_bytes),
            uptime_ms: float(h.uptime_s).map(|s| s * 1000.0),
            os: h.os.clone(),
            cpu_model: h.cpu_model.clone(),
        }
    }
}

/// Traffic of a network interface at one moment.
#[derive(Debug, SimpleObject)]
pub(crate) struct InterfaceSample {
    time: Time,
    interface: String,
    /// Bytes received since the sample before / time since then.
    rx_bytes_per_second: Option<f64>,
    /// Bytes sent since the sample before / time since then.
    tx_bytes_per_second: Option<f64>,
}

impl InterfaceSample {
    fn new(i: &nodes::Interface) -> Self {
        let seconds = float(i.interval_ms).filter(|ms| *ms > 0.0).map(|ms| ms / 1000.0);
        let rate = |bytes| float(bytes).zip(seconds).map(|(b, s)| b / s);
        Self {
            time: Time(i.time),
            interface: i.interface.clone(),
            rx_bytes_per_second: rate(i.rx_bytes),
            tx_bytes_per_second: rate(i.tx_bytes),
        }
    }
}

/// What a go-livepeer node said of itself.
#[derive(Debug, SimpleObject)]
pub(crate) struct LivepeerSample {
    time: Time,
    /// Name of the node in its agent's configuration.
    target: String,
    role: Option<String>,
    version: Option<String>,
    current_sessions: Option<f64>,
    max_sessions: Option<f64>,
    ai_live_streams: Option<f64>,
    ai_containers_in_use: Option<f64>,
    ai_containers_idle: Option<f64>,
}

impl LivepeerSample {
    fn new(l: &nodes::Livepeer) -> Self {
        Self {
            time: Time(l.time),
            target: l.target.clone(),
            role: l.role.clone(),
            version: l.version.clone(),
            current_sessions: l.current_sessions,
            max_sessions: l.max_sessions,
            ai_live_streams: l.ai_live_streams,
            ai_containers_in_use: l.ai_containers_in_use,
            ai_containers_idle: l.ai_containers_idle,
        }
    }
}

/// How a source of an agent is doing.
#[derive(Debug, SimpleObject)]
pub(crate) struct SourceSample {
    time: Time,
    source: String,
    /// Reads that failed since the report before.
    failures: Option<i64>,
    failure_kind: Option<String>,
    /// Input items dropped since the report before.
    dropped: Option<i64>,
    drop_kind: Option<String>,
}

impl SourceSample {
    fn new(s: &nodes::Source) -> Self {
        Self {
            time: Time(s.time),
            source: s.source.clone(),
            failures: s.failures,
            failure_kind: s.failure_kind.clone(),
            dropped: s.dropped,
            drop_kind: s.drop_kind.clone(),
        }
    }
}

/// What became of rows, over all runs of the agents. A row is what one agent took, told apart by its
/// number; each is exactly one of these: produced = stored + rejected + gaps + pending, and gaps =
/// declaredGaps + undeclared.
///
/// Null where more is open than a query reads.
#[derive(Debug, SimpleObject)]
pub(crate) struct Coverage {
    /// Rows known to have been taken: the agent said so when it connected, or they came, or they
    /// were declared lost.
    produced: Option<f64>,
    /// Rows in the store. An event that another agent reported too counts for both, and is there
    /// once.
    stored: f64,
    /// Rows that came again after they were stored: the same rows, so no part of `produced`.
    duplicates: f64,
    /// Rows refused for good; `rejected` rows say why.
    rejected: f64,
    /// Rows that will never come: those declared, and holes between rows that came.
    gaps: f64,
    /// Rows that the agent declared lost and that did not come after all, by reason.
    declared_gaps: Option<Vec<DeclaredGap>>,
    /// Rows missing between others that nobody declared. A declaration may follow a few seconds
    /// after the rows around it; what stays is a defect.
    undeclared: Option<f64>,
    /// Rows that were recorded and are none of the above yet, as far as the agent said when it
    /// connected. Null where the agent does not say.
    pending: Option<f64>,
    /// Runs of the agent that have such rows.
    epochs_waiting: Option<i64>,
}

/// Rows declared lost for one reason.
#[derive(Debug, SimpleObject)]
pub(crate) struct DeclaredGap {
    /// evicted (the agent's disk was full), quarantined (the collector refused the frame), schema
    /// (the collector was older than the agent), unreadable (damaged on the agent's disk), other, or
    /// expired (of runs that ended a year ago, whose gap rows are no longer kept).
    reason: &'static str,
    rows: f64,
}

#[expect(clippy::cast_precision_loss, reason = "sensible counts of rows are far below 2^53")]
fn rows(n: u128) -> f64 {
    n as f64
}

impl Coverage {
    /// `found`: what is known exactly; otherwise the counts of the ledger have to do.
    pub(crate) fn new(found: Option<&coverage::Coverage>, ledger: nodes::Coverage) -> Self {
        let Some(c) = found else {
            let count = |x| float(Some(x)).unwrap_or_default();
            return Self {
                produced: None,
                stored: count(ledger.stored),
                duplicates: count(ledger.duplicates),
                rejected: count(ledger.rejected),
                gaps: count(ledger.gaps),
                declared_gaps: None,
                undeclared: None,
                pending: None,
                epochs_waiting: None,
            };
        };
        let gap =
            |(reason, n): (&Reason, &u128)| DeclaredGap { reason: reason.word(), rows: rows(*n) };
        Self {
            produced: Some(rows(c.produced)),
            stored: rows(c.stored),
            duplicates: rows(c.duplicates),
            rejected: rows(c.rejected),
            gaps: rows(c.gaps()),
            declared_gaps: Some(c.declared.iter().map(gap).collect()),
            undeclared: Some(rows(c.undeclared)),
            pending: c.says_pending.then(|| rows(c.pending)),
            epochs_waiting: c
                .says_pending
                .then(|| i64::try_from(c.epochs_waiting).unwrap_or(i64::MAX)),
        }
    }
}

/// Reads the coverage of many nodes in one go; `None` where more is open than a query reads.
#[derive(Debug)]
pub(crate) struct CoverageLoader(pub(crate) Database);

impl Loader<String> for CoverageLoader {
    type Value = Option<coverage::Coverage>;
    type Error = Arc<async_graphql::Error>;

    async fn load(&self, names: &[String]) -> Result<HashMap<String, Self::Value>, Self::Error> {
        let found: Result<_, ReadError> = self.0.coverage(Some(names), now_us()).await;
        found.map_err(|e| Arc::new(super::error::unavailable(e)))
    }
}

/// Reads what many nodes reported last in one go.
#[derive(Debug)]
pub(crate) struct LatestLoader(pub(crate) Database);

impl Loader<String> for LatestLoader {
    type Value = Arc<Latest>;
    type Error = Arc<async_graphql::Error>;

    async fn load(&self, names: &[String]) -> Result<HashMap<String, Self::Value>, Self::Error> {
        let found: Result<_, ReadError> = self.0.latest(names).await;
        let found = found.map_err(|e| Arc::new(super::error::unavailable(e)))?;
        Ok(found.into_iter().map(|(name, latest)| (name, Arc::new(latest))).collect())
    }
}
