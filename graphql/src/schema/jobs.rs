//! Jobs: from events where these exist, else from the counters of nodes, marked as such.

use std::collections::{BTreeMap, HashMap};

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};

use super::error::{over, unavailable};
use super::groups::{Figures, count, data_through, ratio, sums_of, tallies_of};
use super::heard::{Behind, data_coverage};
use super::page::{connection, cursor};
use super::series::Window;
use super::sessions::{Origin, Outcome, StreamOrchestrator};
use super::time::Time;

use crate::clock::now_us;
use crate::limits;
use crate::read::jobs::Job as Row;
use crate::read::series::Span;
use crate::read::sums::{Ask, DAY_US, FIVE_MINUTES_US, Sums};
use crate::read::{Database, Filter};
use crate::refusal::Code;

/// Kind of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum JobKind {
    /// Batch AI.
    Batch,
    /// Language models.
    Llm,
    /// Bring your own container.
    Byoc,
}

impl JobKind {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Batch => "batch",
            Self::Llm => "llm",
            Self::Byoc => "byoc",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Batch, Self::Llm, Self::Byoc].into_iter().find(|k| k.word() == word)
    }
}

connection! {
    /// Jobs, a page of them.
    JobConnection, JobEdge, Job, {
        /// Everything that was stored up to here is in the list. Null where the derivation has not
        /// said.
        async fn data_through(&self, ctx: &Context<'_>) -> Result<Option<Time>> {
            data_through(ctx, "jobs").await
        }
    }
}

impl JobConnection {
    pub(crate) fn new(rows: Vec<Row>, more: bool, before: bool) -> Self {
        Self { nodes: rows.into_iter().map(Job::new).collect(), more, before, total: None }
    }
}

/// A batch AI, LLM or BYOC job, from events. Only forks of go-livepeer send these: what is missing here
/// is in `jobCounters`.
#[derive(Debug)]
pub(crate) struct Job(Row);

impl Job {
    pub(crate) fn new(row: Row) -> Self {
        Self(row)
    }

    fn cursor(&self) -> String {
        let started = self.0.started_at.timestamp_micros().to_string();
        cursor(&[&started, &self.0.id.to_string()])
    }
}

#[Object]
impl Job {
    /// Stays the same, whatever events still come.
    pub(crate) async fn id(&self) -> ID {
        ID(cursor(&["Job", &self.0.id.to_string()]))
    }

    async fn kind(&self) -> Option<JobKind> {
        self.0.kind.as_deref().and_then(JobKind::parse)
    }

    async fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Node identity of the agent that reported it.
    async fn gateway(&self) -> Option<&str> {
        self.0.gateway.as_deref()
    }

    /// Region of that agent.
    async fn region(&self) -> Option<&str> {
        self.0.region.as_deref()
    }

    async fn origin(&self) -> Option<Origin> {
        self.0.origin.as_deref().and_then(Origin::parse)
    }

    async fn pipeline(&self) -> Option<&str> {
        self.0.pipeline.as_deref()
    }

    async fn model(&self) -> Option<&str> {
        self.0.model.as_deref()
    }

    /// Who did it; null where nobody is named.
    async fn orchestrator(&self) -> Option<StreamOrchestrator<'_>> {
        StreamOrchestrator::new(self.0.orchestrator.as_deref(), self.0.orch_uri.as_deref())
    }

    async fn outcome(&self) -> Outcome {
        self.0.outcome.as_deref().and_then(Outcome::parse).unwrap_or(Outcome::Unknown)
    }

    /// Kind of its error, from a closed set.
    async fn error_type(&self) -> Option<&str> {
        self.0.error_type.as_deref()
    }

    /// Time of its first event.
    async fn started_at(&self) -> Time {
        Time(self.0.started_at)
    }

    /// When it ended; null while open.
    async fn completed_at(&self) -> Option<Time> {
        self.0.completed_at.map(Time)
    }

    /// Orchestrators that were tried.
    async fn tries(&self) -> Option<i64> {
        self.0.tries
    }

    /// How long it took, ms.
    async fn duration_ms(&self) -> Option<f64> {
        self.0.duration_ms
    }

    /// Time to the first token, ms.
    async fn first_token_ms(&self) -> Option<f64> {
        self.0.first_token_ms
    }

    async fn prompt_tokens(&self) -> Option<i64> {
        self.0.prompt_tokens
    }

    async fn completion_tokens(&self) -> Option<i64> {
        self.0.completion_tokens
    }

    /// Tokens of the answer per second.
    async fn tokens_per_second(&self) -> Option<f64> {
        self.0.tokens_per_second
    }

    /// Latency score; its unit is the pipeline's.
    async fn latency_score(&self) -> Option<f64> {
        self.0.latency_score
    }

    /// Price, wei per unit.
    async fn price_wei_per_unit(&self) -> Option<f64> {
        self.0.price_wei_per_unit
    }

    /// Version of the definitions that gave its figures.
    async fn formula(&self) -> Option<&str> {
        self.0.formula.as_deref()
    }
}

/// What figures rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum CounterBasis {
    /// Counters in the nodes' own metrics: sums over time, without single jobs, and of all origins
    /// together.
    Counters,
}

/// A window over counters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CounterWindow {
    span: Span,
    now_us: i64,
}

impl CounterWindow {
    /// Snapped to 5 minutes, the last 24 hours if left out.
    pub(crate) fn new(window: Option<&Window>) -> Result<Self> {
        let now_us = now_us();
        let span = match window {
            Some(window) => window.span(now_us)?,
            None => Span { from_us: now_us - DAY_US, to_us: now_us },
        };
        let width = FIVE_MINUTES_US;
        let from_us = span.from_us.div_euclid(width) * width;
        let to_us = (span.to_us + width - 1).div_euclid(width) * width;
        let (days, limit) = ((to_us - from_us) / DAY_US, limits::COUNTER_DAYS);
        if days > limit {
            let message = format!("the window has {days} days");
            return Err(over(Code::WindowTooLarge, &message, limit, days, "take a shorter one"));
        }
        Ok(Self { span: Span { from_us, to_us }, now_us })
    }

    fn ask(self, by: &[&'static str], filters: Vec<Filter>) -> Ask {
        Ask { span: self.span, width_us: None, by: by.to_vec(), filters, now_us: self.now_us }
    }
}

/// What a node counted of its AI work.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct JobCounter {
    /// Node identity of the agent.
    node: Option<String>,
    /// What its Livepeer node says it is: gateway, orchestrator and others; null where it did not.
    role: Option<String>,
    /// Null where the node names none.
    pipeline: Option<String>,
    /// Null where the node names none.
    model: Option<String>,
    /// Service URI of the orchestrator, of errors on gateways; null where the node names none.
    orchestrator_uri: Option<String>,
    /// Rows of counters behind it.
    samples: i64,
    /// Requests that were finished (gateway) or processed (orchestrator); null where not counted.
    requests: Option<i64>,
    /// Tries that failed. One request of a gateway may fail many times.
    errors: Option<i64>,
    /// requests / (requests + errors); null without any.
    success_ratio: Option<f64>,
    /// Tries to start a live stream.
    live_attempts: Option<i64>,
}

/// Gateways' counts against orchestrators', by pipeline and model.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub(crate) struct JobCounterDifference {
    pipeline: Option<String>,
    model: Option<String>,
    /// Requests and errors that gateways counted; null where no gateway did.
    gateway_requests: Option<i64>,
    gateway_errors: Option<i64>,
    /// Requests and errors that orchestrators counted; null where no orchestrator did.
    orchestrator_requests: Option<i64>,
    orchestrator_errors: Option<i64>,
    /// orchestratorRequests − gatewayRequests. Above 0: done for gateways that lost count of it, or
    /// that have no agent. Null where either is.
    requests_difference: Option<i64>,
    /// orchestratorErrors − gatewayErrors. A gateway that panics counts nothing, while each of its
    /// tries is an error of an orchestrator. Null where either is.
    errors_difference: Option<i64>,
}

/// AI work as nodes count it.
#[derive(Debug)]
pub(crate) struct JobCounters {
    window: CounterWindow,
    behind: Behind,
    newest_us: Option<i64>,
    rows: Vec<JobCounter>,
}

fn known(word: Option<String>) -> Option<String> {
    word.filter(|w| w != "none")
}

fn maybe(x: Option<f64>) -> Option<i64> {
    x.map(|x| count(Some(x)))
}

fn counters(sums: &Sums, roles: &HashMap<String, String>) -> Vec<JobCounter> {
    let mut out = Vec::with_capacity(sums.groups.len());
    for (key, buckets) in &sums.groups {
        let [node, pipeline, model, uri] = key.as_slice() else { continue };
        let total = sums.total(buckets);
        let f = Figures(sums, &total);
        let (requests, errors) =
            (f.sum("livepeer_ai", "requests"), f.sum("livepeer_ai", "request_errors"));
        let all = requests.zip(errors).map(|(a, b)| a + b);
        out.push(JobCounter {
            role: node.as_ref().and_then(|n| roles.get(n)).cloned(),
            node: node.clone(),
            pipeline: known(pipeline.clone()),
            model: known(model.clone()),
            orchestrator_uri: known(uri.clone()),
            samples: count(f.rows("livepeer_ai", "requests")),
            requests: maybe(requests),
            errors: maybe(errors),
            success_ratio: ratio(requests, all),
            live_attempts: maybe(f.sum("livepeer_ai", "live_attempts")),
        });
    }
    out
}

fn plus(a: Option<i64>, b: Option<i64>) -> Option<i64> {
    [a, b].into_iter().flatten().reduce(i64::saturating_add)
}

/// Pipeline and model.
type Model = (Option<String>, Option<String>);

fn differences(rows: &[JobCounter]) -> Vec<JobCounterDifference> {
    let mut by_model: BTreeMap<Model, [Option<i64>; 4]> = BTreeMap::new();
    for row in rows {
        let side = match row.role.as_deref() {
            Some("gateway") => 0,
            Some("orchestrator" | "ai_worker") => 2,
            _ => continue,
        };
        let sums = by_model.entry((row.pipeline.clone(), row.model.clone())).or_default();
        for (i, x) in [row.requests, row.errors].into_iter().enumerate() {
            if let Some(sum) = sums.get_mut(side + i) {
                *sum = plus(*sum, x);
            }
        }
    }
    let minus = |a: Option<i64>, b: Option<i64>| a.zip(b).map(|(a, b)| a - b);
    let difference =
        |((pipeline, model), [gr, ge, or, oe]): (Model, [Option<i64>; 4])| JobCounterDifference {
            pipeline,
            model,
            gateway_requests: gr,
            gateway_errors: ge,
            orchestrator_requests: or,
            orchestrator_errors: oe,
            requests_difference: minus(or, gr),
            errors_difference: minus(oe, ge),
        };
    by_model.into_iter().map(difference).collect()
}

#[Object]
impl JobCounters {
    async fn basis(&self) -> CounterBasis {
        CounterBasis::Counters
    }

    /// Beginning of the window, snapped to 5 minutes.
    async fn from(&self) -> Time {
        Time::from_us(self.window.span.from_us)
    }

    /// End of the window, exclusive, snapped to 5 minutes.
    async fn to(&self) -> Time {
        Time::from_us(self.window.span.to_us)
    }

    /// Whether the window is not over yet.
    async fn partial(&self) -> bool {
        self.window.span.to_us > self.window.now_us
    }

    /// Rows of counters behind all of it.
    async fn samples(&self) -> i64 {
        self.rows.iter().map(|r| r.samples).sum()
    }

    /// Time with data that arrived / time expected, over the agents that count this, 0 to 1. Null
    /// where none of them was expected, and for windows that begin more than 30 days ago.
    async fn data_coverage(&self, ctx: &Context<'_>) -> Result<Option<f64>> {
        data_coverage(ctx, &self.behind, self.window.span).await
    }

    /// Time of the newest row of counters, of any window; null without any.
    async fn data_through(&self) -> Option<Time> {
        self.newest_us.map(Time::from_us)
    }

    /// By node, pipeline, model and orchestrator.
    async fn rows(&self) -> &[JobCounter] {
        &self.rows
    }

    /// Gateways' counts against orchestrators'.
    async fn differences(&self) -> Vec<JobCounterDifference> {
        differences(&self.rows)
    }
}

impl JobCounters {
    pub(crate) async fn read(
        database: &Database,
        window: CounterWindow,
        filters: Vec<Filter>,
        behind: Behind,
    ) -> Result<Self> {
        let newest_us = database.newest_of("livepeer_ai", &filters).await.map_err(unavailable)?;
        let ask = window.ask(&["node", "pipeline", "model", "orch_uri"], filters);
        let mut columns = tallies_of("livepeer_ai", &["requests"]);
        columns.extend(sums_of("livepeer_ai", &["request_errors", "live_attempts"]));
        let sums = database.sums(&ask, columns).await.map_err(unavailable)?;
        let roles = database.roles(window.span.from_us - DAY_US).await.map_err(unavailable)?;
        Ok(Self { window, behind, newest_us, rows: counters(&sums, &roles) })
    }
}

/// Transcoding of gateways with one orchestrator.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct TranscodingCounter {
    /// Node identity of the gateway's agent.
    gateway: Option<String>,
    /// Service URI; null where the node names none.
    orchestrator_uri: Option<String>,
    /// On-chain address in the metric's label, lower case.
    orchestrator: Option<String>,
    /// Rows of counters behind it.
    samples: i64,
    /// Segments sent to it.
    segments_uploaded: Option<i64>,
    /// Segments that could not be sent to it.
    segments_upload_failed: Option<i64>,
    /// Segments that came back in all renditions.
    segments_transcoded: Option<i64>,
    /// transcoded / (uploaded + those that could not be sent); null without any.
    success_ratio: Option<f64>,
    /// Mean time from sending a segment to having all renditions, ms; null without any.
    mean_latency_ms: Option<f64>,
    /// Segments in `meanLatencyMs`.
    latency_n: i64,
    /// Share of these that took at most 2 s, which is how long go-livepeer cuts segments by default:
    /// faster than they play. An assumption where a stream has other segments.
    realtime_ratio: Option<f64>,
    /// Requests for its information that failed. Cancelled ones are not counted.
    discovery_errors: Option<i64>,
}

/// Transcoding as gateways count it, by orchestrator.
#[derive(Debug)]
pub(crate) struct Transcoding {
    window: CounterWindow,
    behind: Behind,
    newest_us: Option<i64>,
    rows: Vec<TranscodingCounter>,
}

#[Object]
impl Transcoding {
    async fn basis(&self) -> CounterBasis {
        CounterBasis::Counters
    }

    /// Beginning of the window, snapped to 5 minutes.
    async fn from(&self) -> Time {
        Time::from_us(self.window.span.from_us)
    }

    /// End of the window, exclusive, snapped to 5 minutes.
    async fn to(&self) -> Time {
        Time::from_us(self.window.span.to_us)
    }

    /// Whether the window is not over yet.
    async fn partial(&self) -> bool {
        self.window.span.to_us > self.window.now_us
    }

    /// Rows of counters behind all of it.
    async fn samples(&self) -> i64 {
        self.rows.iter().map(|r| r.samples).sum()
    }

    /// Time with data that arrived / time expected, over the agents that count this, 0 to 1. Null
    /// where none of them was expected, and for windows that begin more than 30 days ago.
    async fn data_coverage(&self, ctx: &Context<'_>) -> Result<Option<f64>> {
        data_coverage(ctx, &self.behind, self.window.span).await
    }

    /// Time of the newest row of counters, of any window; null without any.
    async fn data_through(&self) -> Option<Time> {
        self.newest_us.map(Time::from_us)
    }

    /// By gateway and orchestrator.
    async fn rows(&self) -> &[TranscodingCounter] {
        &self.rows
    }
}

const TRANSCODING: [&str; 7] = [
    "segments_uploaded",
    "segments_upload_failed",
    "segments_transcoded",
    "latency_sum_s",
    "latency_count",
    "latency_le_2s_count",
    "discovery_errors",
];

fn transcoding(sums: &Sums) -> Vec<TranscodingCounter> {
    let mut out = Vec::with_capacity(sums.groups.len());
    for (key, buckets) in &sums.groups {
        let [node, uri, address] = key.as_slice() else { continue };
        let total = sums.total(buckets);
        let f = Figures(sums, &total);
        let sum = |field| f.sum("livepeer_orchestrator", field);
        let uploaded = sum("segments_uploaded");
        let tried = uploaded.map(|n| n + sum("segments_upload_failed").unwrap_or(0.0));
        let n = sum("latency_count");
        out.push(TranscodingCounter {
            gateway: node.clone(),
            orchestrator_uri: known(uri.clone()),
            orchestrator: known(address.clone()),
            samples: count(f.rows("livepeer_orchestrator", "segments_uploaded")),
            segments_uploaded: maybe(uploaded),
            segments_upload_failed: maybe(sum("segments_upload_failed")),
            segments_transcoded: maybe(sum("segments_transcoded")),
            success_ratio: ratio(sum("segments_transcoded"), tried),
            mean_latency_ms: ratio(sum("latency_sum_s"), n).map(|s| s * 1000.0),
            latency_n: count(n),
            realtime_ratio: ratio(sum("latency_le_2s_count"), n),
            discovery_errors: maybe(sum("discovery_errors")),
        });
    }
    out
}

impl Transcoding {
    pub(crate) async fn read(
        database: &Database,
        window: CounterWindow,
        filters: Vec<Filter>,
        behind: Behind,
    ) -> Result<Self> {
        let newest_us =
            database.newest_of("livepeer_orchestrator", &filters).await.map_err(unavailable)?;
        let ask = window.ask(&["node", "orch_uri", "orch_address"], filters);
        let mut columns = tallies_of("livepeer_orchestrator", &["segments_uploaded"]);
        columns.extend(sums_of("livepeer_orchestrator", &TRANSCODING[1..]));
        let sums = database.sums(&ask, columns).await.map_err(unavailable)?;
        Ok(Self { window, behind, newest_us, rows: transcoding(&sums) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counter(role: &str, requests: Option<i64>, errors: Option<i64>) -> JobCounter {
        JobCounter {
            node: None,
            role: Some(role.to_owned()),
            pipeline: Some("text-to-image".into()),
            model: Some("m".into()),
            orchestrator_uri: None,
            samples: 1,
            requests,
            errors,
            success_ratio: None,
            live_attempts: None,
        }
    }

    #[test]
    fn what_a_panic_lost_is_the_difference() {
        let rows = [
            counter("gateway", Some(10), Some(1)),
            counter("gateway", None, Some(0)),
            counter("orchestrator", Some(10), Some(20)),
            counter("redeemer", Some(99), Some(99)),
        ];
        let found = differences(&rows);
        assert_eq!(found.len(), 1);
        let sides = (found[0].requests_difference, found[0].errors_difference);
        assert_eq!(sides, (Some(0), Some(19)));
        let alone = differences(&rows[2..3]);
        assert_eq!(alone[0].requests_difference, None, "nothing to compare with");
    }

    #[test]
    fn transcoding_has_every_column_in_its_views() {
        let entity = naap_schema::entity("livepeer_orchestrator").unwrap();
        for field in TRANSCODING {
            assert!(entity.fields.iter().any(|f| f.name == field && f.rollup), "{field}");
        }
    }
}
