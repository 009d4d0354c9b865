//! The GraphQL schema, written for its readers. It may ask [`Database`] and the clock at its edge;
//! it must never hold SQL.

mod datasets;
mod demand;
mod derivation;
mod distributions;
mod groups;
mod jobs;
mod orchestrators;
mod page;
mod series;
mod sessions;
mod sla;
mod status;
mod supply;
mod time;
mod types;

use std::sync::Arc;

use async_graphql::dataloader::DataLoader;
use async_graphql::{
    Context, EmptyMutation, EmptySubscription, Error, ErrorExtensions, Object, Result, Schema,
};

use crate::clock::now_us;
use crate::datasets::Store;
use crate::health::Health;
use crate::limits;
use crate::read::series::{Span, Subject};
use crate::read::{Database, ReadError};
use datasets::Dataset;
use demand::{Basis, Demand};
use derivation::{Correction, Derivation};
use distributions::{Distributions, Measure};
use groups::{Dimension, Grain, Question, Scope};
use jobs::{CounterWindow, JobConnection, JobCounters, JobKind, Transcoding};
use orchestrators::{Network, OrchestratorConnection};
use page::{Page, PageInfo};
use series::{Bucket, HostSeries, InterfaceSeries, StreamStatusSeries, Window};
use sessions::{Origin, Outcome, SessionConnection};
use sla::{Benchmark, ReportedVsObserved, Sla, SlaSpan};
use status::{CatalogueEntity, Limits, Status};
use supply::Supply;
use time::Time;
use types::{CoverageLoader, LatestLoader, Node, NodeConnection};

/// The schema as served.
pub type NaapSchema = Schema<Query, EmptyMutation, EmptySubscription>;

/// An argument that makes no sense: a request error with a stable code.
pub(crate) fn bad_argument(message: impl Into<String>) -> Error {
    Error::new(message).extend_with(|_, e| e.set("code", "BAD_ARGUMENT"))
}

/// What the database could not do, without what stands behind it: that goes to the log.
pub(crate) fn unavailable(error: ReadError) -> Error {
    let code = match error {
        ReadError::TooMany { .. } => "TOO_MANY_ROWS",
        _ => "UNAVAILABLE",
    };
    tracing::warn!(error = %crate::read::chain(&error), "a read failed");
    Error::new(error.to_string()).extend_with(|_, e| e.set("code", code))
}

/// The window of a list: from 14 days ago on if left out, with what is a little ahead.
fn list_span(window: Option<&Window>) -> Result<Span> {
    let now = now_us();
    match window {
        Some(window) => window.span(now),
        None => Ok(Span { from_us: now - 14 * series::DAY_US, to_us: now + 5 * series::MINUTE_US }),
    }
}

/// What sessions and jobs can be narrowed to.
const LISTED_BY: [Dimension; 5] = [
    Dimension::Gateway,
    Dimension::Orchestrator,
    Dimension::Pipeline,
    Dimension::Model,
    Dimension::Region,
];

/// Makes the schema over a database.
pub(crate) fn build(
    database: Database,
    health: Arc<Health>,
    datasets: Option<Arc<Store>>,
) -> NaapSchema {
    let latest = DataLoader::new(LatestLoader(database.clone()), tokio::spawn);
    let coverage = DataLoader::new(CoverageLoader(database.clone()), tokio::spawn);
    Schema::build(Query, EmptyMutation, EmptySubscription)
        .data(database)
        .data(latest)
        .data(coverage)
        .data(health)
        .data(datasets)
        .limit_depth(limits::DEPTH)
        .limit_complexity(limits::COMPLEXITY)
        .limit_directives(8)
        .disable_suggestions()
        .finish()
}

/// The schema's text, as committed.
pub fn sdl() -> String {
    let schema = Schema::build(Query, EmptyMutation, EmptySubscription).finish();
    schema.sdl_with_options(
        async_graphql::SDLExportOptions::new().sorted_fields().sorted_enum_items(),
    )
}

/// What NaaP knows. Times are ISO 8601 UTC, durations milliseconds; null is "not known", never 0.
#[derive(Debug)]
pub struct Query;

#[Object]
impl Query {
    /// Every node whose agent reported, by name.
    #[graphql(complexity = "first.unwrap_or(20).clamp(0, 200) as usize * child_complexity")]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "`endCursor` of the page before.")] after: Option<String>,
    ) -> Result<NodeConnection> {
        let page = Page::new(first, after)?;
        let after = page.after_name()?;
        let database = ctx.data::<Database>()?;
        let mut nodes = database.nodes(None).await.map_err(unavailable)?;
        nodes.retain(|n| after.as_ref().is_none_or(|a| n.name > *a));
        let more = nodes.len() > page.first;
        nodes.truncate(page.first);
        let names: Vec<String> = nodes.iter().map(|n| n.name.clone()).collect();
        let ends =
            names.first().zip(names.last()).map(|(a, b)| (page::cursor(&[a]), page::cursor(&[b])));
        let nodes = nodes.into_iter().map(Node::new).collect();
        Ok(NodeConnection { nodes, page_info: PageInfo::new(ends, more, after.is_some()) })
    }

    /// The node with this name; null if none has it.
    async fn node(&self, ctx: &Context<'_>, name: String) -> Result<Option<Node>> {
        let database = ctx.data::<Database>()?;
        let nodes = database.nodes(Some(&name)).await.map_err(unavailable)?;
        Ok(nodes.into_iter().next().map(Node::new))
    }

    /// Processor, memory and disk of a node over time.
    #[graphql(complexity = "100 + child_complexity * 10")]
    async fn host_series(
        &self,
        ctx: &Context<'_>,
        node: String,
        #[graphql(desc = "The last hour if left out.")] window: Option<Window>,
        #[graphql(default)] bucket: Bucket,
    ) -> Result<HostSeries> {
        let subject = Subject::new("host", None).only("node", Some(node.clone()));
        Ok(HostSeries { node, series: series::read(ctx, subject, window, bucket).await? })
    }

    /// Traffic of a node over time, of one interface or of all together. Loopback is no traffic with
    /// others: it is in the sum only when it is asked for by name, `lo`.
    #[graphql(complexity = "100 + child_complexity * 10")]
    async fn interface_series(
        &self,
        ctx: &Context<'_>,
        node: String,
        #[graphql(desc = "All interfaces together if left out.")] interface: Option<String>,
        #[graphql(desc = "The last hour if left out.")] window: Option<Window>,
        #[graphql(default)] bucket: Bucket,
    ) -> Result<InterfaceSeries> {
        let subject = Subject::new("interface", Some("interface")).only("node", Some(node.clone()));
        let subject = match &interface {
            Some(name) => subject.only("interface", Some(name.clone())),
            None => subject.except("interface", "lo"),
        };
        let series = series::read(ctx, subject, window, bucket).await?;
        Ok(InterfaceSeries { node, interface, series })
    }

    /// Frame rates of live AI streams over time, as their runners report them. Organic traffic
    /// unless another origin is asked for; origins are never mixed.
    #[graphql(complexity = "100 + child_complexity * 10")]
    async fn stream_status_series(
        &self,
        ctx: &Context<'_>,
        #[graphql(default)] origin: Origin,
        node: Option<String>,
        pipeline: Option<String>,
        #[graphql(desc = "The last hour if left out.")] window: Option<Window>,
        #[graphql(default)] bucket: Bucket,
    ) -> Result<StreamStatusSeries> {
        let subject = Subject::new("stream_status", None)
            .only("origin", Some(origin.word().to_owned()))
            .only("node", node)
            .only("pipeline", pipeline);
        Ok(StreamStatusSeries { series: series::read(ctx, subject, window, bucket).await? })
    }

    /// Sessions of live AI streams, newest first. A session is all events with the same stream and
    /// request.
    #[graphql(complexity = "first.unwrap_or(20).clamp(0, 200) as usize * child_complexity")]
    #[expect(clippy::too_many_arguments, reason = "each is one of GraphQL")]
    async fn sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "`endCursor` of the page before.")] after: Option<String>,
        #[graphql(
            default_with = "Some(Origin::Organic)",
            desc = "Null gives all origins; each session shows its own."
        )]
        origin: Option<Origin>,
        #[graphql(
            name = "where",
            desc = "The orchestrator is that of the last leg. A session has no GPU."
        )]
        scope: Option<Scope>,
        outcome: Option<Outcome>,
        #[graphql(desc = "Sessions that began in it; the last 14 days if left out.")]
        window: Option<Window>,
    ) -> Result<SessionConnection> {
        let page = Page::new(first, after)?;
        let after = page.after_event()?;
        let span = list_span(window.as_ref())?;
        let mut filters = scope.unwrap_or_default().filters(&LISTED_BY)?;
        filters.extend(origin.map(|o| ("origin", o.word().to_owned())));
        filters.extend(outcome.map(|o| ("outcome", o.word().to_owned())));
        let database = ctx.data::<Database>()?;
        let found = database.sessions(span, &filters, after.as_ref(), page.first).await;
        let (sessions, more) = found.map_err(unavailable)?;
        Ok(SessionConnection::new(sessions, more, after.is_some()))
    }

    /// Orchestrators that were seen within the last 30 days, by on-chain address.
    #[graphql(complexity = "first.unwrap_or(20).clamp(0, 200) as usize * child_complexity")]
    async fn orchestrators(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "`endCursor` of the page before.")] after: Option<String>,
        #[graphql(desc = "Only the one with this on-chain address; any case.")] address: Option<
            String,
        >,
        #[graphql(default)] origin: Origin,
    ) -> Result<OrchestratorConnection> {
        let page = Page::new(first, after)?;
        orchestrators::page(ctx.data::<Database>()?, page, address, origin).await
    }

    /// SLA scores of orchestrators, with everything that made them. The newest ones if the window is
    /// left out, else those whose end is in it.
    #[graphql(complexity = "200 + child_complexity * 10")]
    async fn sla(
        &self,
        ctx: &Context<'_>,
        #[graphql(default)] span: SlaSpan,
        window: Option<Window>,
        #[graphql(name = "where", desc = "Orchestrator, pipeline, model and region only.")]
        scope: Option<Scope>,
        #[graphql(default, desc = "Each has scores of its own.")] origin: Origin,
    ) -> Result<Sla> {
        Sla::read(ctx.data::<Database>()?, span, window, scope, origin).await
    }

    /// What is usual for a figure with a pipeline and model, network-wide: the newest if the window
    /// is left out, else those whose end is in it.
    #[graphql(complexity = "50 + child_complexity * 10")]
    async fn benchmarks(
        &self,
        ctx: &Context<'_>,
        window: Option<Window>,
        #[graphql(name = "where", desc = "Pipeline and model only.")] scope: Option<Scope>,
        #[graphql(default, desc = "Tests are held against the organic ones.")] origin: Origin,
    ) -> Result<Vec<Benchmark>> {
        sla::benchmarks(ctx.data::<Database>()?, window, scope, origin).await
    }

    /// What orchestrators say of themselves against what gateways and tests saw, by hour: the newest
    /// if the window is left out.
    #[graphql(complexity = "50 + child_complexity * 10")]
    async fn reported_vs_observed(
        &self,
        ctx: &Context<'_>,
        window: Option<Window>,
        #[graphql(name = "where", desc = "Orchestrator, pipeline and model only.")] scope: Option<
            Scope,
        >,
        #[graphql(default)] origin: Origin,
    ) -> Result<Vec<ReportedVsObserved>> {
        sla::reported(ctx.data::<Database>()?, window, scope, origin).await
    }

    /// Demand for live AI streams over time.
    #[graphql(complexity = "200 + child_complexity * 10")]
    #[expect(clippy::too_many_arguments, reason = "each is one of GraphQL")]
    async fn demand(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The last 24 hours if left out.")] window: Option<Window>,
        #[graphql(default)] bucket: Grain,
        #[graphql(desc = "At most two dimensions.")] group_by: Option<Vec<Dimension>>,
        #[graphql(name = "where")] scope: Option<Scope>,
        #[graphql(default)] origin: Origin,
        #[graphql(desc = "How many groups, at most 500; 100 if left out.")] top: Option<i32>,
    ) -> Result<Demand> {
        let question = Question::new(window.as_ref(), bucket, group_by, scope, origin, top)?;
        Demand::read(ctx, question).await
    }

    /// What orchestrators offered over time, as they say themselves.
    #[graphql(complexity = "200 + child_complexity * 10")]
    #[expect(clippy::too_many_arguments, reason = "each is one of GraphQL")]
    async fn supply(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The last 24 hours if left out.")] window: Option<Window>,
        #[graphql(default)] bucket: Grain,
        #[graphql(desc = "At most two dimensions; not GATEWAY.")] group_by: Option<Vec<Dimension>>,
        #[graphql(name = "where")] scope: Option<Scope>,
        #[graphql(default)] origin: Origin,
        #[graphql(desc = "How many groups, at most 500; 100 if left out.")] top: Option<i32>,
    ) -> Result<Supply> {
        let question = Question::new(window.as_ref(), bucket, group_by, scope, origin, top)?;
        Supply::read(ctx, question).await
    }

    /// p50, p95 and p99 of a measure, of any group and window, within 2 %.
    #[graphql(complexity = "200 + child_complexity * 10")]
    #[expect(clippy::too_many_arguments, reason = "each is one of GraphQL")]
    async fn distributions(
        &self,
        ctx: &Context<'_>,
        measure: Measure,
        #[graphql(
            desc = "Of sessions or of legs; left out: of legs by orchestrator or GPU, else of sessions."
        )]
        of: Option<Basis>,
        #[graphql(desc = "The last 24 hours if left out.")] window: Option<Window>,
        #[graphql(default)] bucket: Grain,
        #[graphql(desc = "At most two dimensions.")] group_by: Option<Vec<Dimension>>,
        #[graphql(name = "where")] scope: Option<Scope>,
        #[graphql(default)] origin: Origin,
        #[graphql(desc = "How many groups, at most 500; 100 if left out.")] top: Option<i32>,
    ) -> Result<Distributions> {
        let question = Question::new(window.as_ref(), bucket, group_by, scope, origin, top)?;
        Distributions::read(ctx, question, measure, of).await
    }

    /// Batch AI, LLM and BYOC jobs from events, newest first.
    #[graphql(complexity = "first.unwrap_or(20).clamp(0, 200) as usize * child_complexity")]
    #[expect(clippy::too_many_arguments, reason = "each is one of GraphQL")]
    async fn jobs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "`endCursor` of the page before.")] after: Option<String>,
        #[graphql(
            default_with = "Some(Origin::Organic)",
            desc = "Null gives all origins; each job shows its own."
        )]
        origin: Option<Origin>,
        kind: Option<JobKind>,
        #[graphql(name = "where", desc = "A job has no GPU.")] scope: Option<Scope>,
        outcome: Option<Outcome>,
        #[graphql(desc = "Jobs that began in it; the last 14 days if left out.")] window: Option<
            Window,
        >,
    ) -> Result<JobConnection> {
        let page = Page::new(first, after)?;
        let after = page.after_event()?;
        let span = list_span(window.as_ref())?;
        let mut filters = scope.unwrap_or_default().filters(&LISTED_BY)?;
        filters.extend(origin.map(|o| ("origin", o.word().to_owned())));
        filters.extend(kind.map(|k| ("kind", k.word().to_owned())));
        filters.extend(outcome.map(|o| ("outcome", o.word().to_owned())));
        let found = ctx.data::<Database>()?.jobs(span, &filters, after.as_ref(), page.first).await;
        let (jobs, more) = found.map_err(unavailable)?;
        Ok(JobConnection::new(jobs, more, after.is_some()))
    }

    /// AI work as nodes count it themselves, where there are no events.
    #[graphql(complexity = "100 + child_complexity * 10")]
    async fn job_counters(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The last 24 hours if left out.")] window: Option<Window>,
        node: Option<String>,
        pipeline: Option<String>,
        model: Option<String>,
    ) -> Result<JobCounters> {
        let window = CounterWindow::new(window.as_ref())?;
        let filters = [("node", node), ("pipeline", pipeline), ("model", model)];
        let filters = filters.into_iter().filter_map(|(c, v)| Some((c, v?))).collect();
        JobCounters::read(ctx.data::<Database>()?, window, filters).await
    }

    /// Transcoding as gateways count it, by orchestrator.
    #[graphql(complexity = "100 + child_complexity * 10")]
    async fn transcoding(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The last 24 hours if left out.")] window: Option<Window>,
        #[graphql(desc = "Node identity of the gateway's agent.")] gateway: Option<String>,
        #[graphql(desc = "On-chain address; any case.")] orchestrator: Option<String>,
    ) -> Result<Transcoding> {
        let window = CounterWindow::new(window.as_ref())?;
        let orchestrator = orchestrator.map(|a| a.to_lowercase());
        let filters = [("node", gateway), ("orch_address", orchestrator)];
        let filters = filters.into_iter().filter_map(|(c, v)| Some((c, v?))).collect();
        Transcoding::read(ctx.data::<Database>()?, window, filters).await
    }

    /// The network as a whole: what it did in the window, and what it is now.
    #[graphql(complexity = "100 + child_complexity")]
    async fn network(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The last 24 hours if left out.")] window: Option<Window>,
        #[graphql(default)] origin: Origin,
    ) -> Result<Network> {
        let question = Question::new(window.as_ref(), Grain::Hour, None, None, origin, None)?;
        Network::read(ctx.data::<Database>()?, question).await
    }

    /// How far the derived figures are behind what was stored.
    #[graphql(complexity = "20 + child_complexity")]
    async fn derivation(&self, ctx: &Context<'_>) -> Result<Derivation> {
        Derivation::read(ctx.data::<Database>()?).await
    }

    /// Corrections by operators, the newest first: who changed what, when and why.
    #[graphql(complexity = "20 + child_complexity * 10")]
    async fn corrections(&self, ctx: &Context<'_>) -> Result<Vec<Correction>> {
        derivation::corrections(ctx.data::<Database>()?).await
    }

    /// Daily Parquet files of what was derived, the newest first: each the current revision of its
    /// day. Empty where this stack publishes none.
    #[graphql(
        complexity = "20 + first.unwrap_or(100).clamp(0, 1000) as usize * child_complexity / 10"
    )]
    async fn datasets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "One subject, such as sessions; all if left out.")] subject: Option<
            String,
        >,
        #[graphql(desc = "Days from this time on; all if left out.")] from: Option<Time>,
        #[graphql(desc = "How many, at most 1000; 100 if left out.")] first: Option<i32>,
    ) -> Result<Vec<Dataset>> {
        datasets::read(ctx.data::<Option<Arc<Store>>>()?.as_ref(), subject, from, first).await
    }

    /// How the stack is, and how fresh its data are.
    #[graphql(complexity = "50 + child_complexity")]
    async fn status(&self, ctx: &Context<'_>) -> Result<Status> {
        Status::read(ctx.data::<Database>()?, ctx.data::<Arc<Health>>()?).await
    }

    /// Every public entity and field: what it means, its unit, and how it can mislead.
    #[graphql(complexity = "10 + child_complexity")]
    async fn catalogue(
        &self,
        #[graphql(desc = "One entity; all if left out.")] entity: Option<String>,
    ) -> Vec<CatalogueEntity> {
        status::catalogue(entity.as_deref())
    }

    /// What a query may cost.
    async fn limits(&self) -> Limits {
        Limits
    }
}

#[cfg(test)]
mod tests {
    /// The committed text; `UPDATE_GOLDEN=1` rewrites it.
    #[test]
    fn the_schema_is_the_committed_one() {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql");
        let sdl = super::sdl();
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&file, &sdl).unwrap();
        }
        let committed = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            sdl == committed,
            "graphql/schema.graphql is stale: UPDATE_GOLDEN=1 cargo test -p naap-graphql"
        );
    }
}
