//! Sessions, jobs and counters, one by one.

use async_graphql::{Context, Object, Result};

use crate::read::Database;
use crate::read::series::Subject;
use crate::schema::bucket::Bucket;
use crate::schema::groups::Scope;
use crate::schema::heard::Behind;
use crate::schema::jobs::{CounterWindow, JobConnection, JobCounters, JobKind, Transcoding};
use crate::schema::lists::{self, Tests};
use crate::schema::page::Page;
use crate::schema::series::{self, StreamStatusSeries, Window};
use crate::schema::sessions::{Origin, Outcome, SessionConnection};

/// Sessions, jobs and counters, one by one.
#[derive(Debug, Default)]
pub(crate) struct StreamQuery;

#[Object]
impl StreamQuery {
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
        let (page, window) = (Page::new(first, after)?, window.as_ref());
        lists::sessions(ctx.data::<Database>()?, page, origin, scope, outcome, window).await
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
        let (page, window) = (Page::new(first, after)?, window.as_ref());
        let database = ctx.data::<Database>()?;
        lists::jobs(database, page, origin, kind, scope, outcome, window).await
    }

    /// What load tests did: their sessions and jobs, which are in no organic figure.
    #[graphql(complexity = "20 + child_complexity")]
    async fn tests(
        &self,
        #[graphql(desc = "Those that began in it; the last 14 days if left out.")] window: Option<
            Window,
        >,
        #[graphql(name = "where", desc = "A session or job has no GPU.")] scope: Option<Scope>,
    ) -> Result<Tests> {
        Tests::new(window.as_ref(), scope)
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
        let behind = Behind::counters(&["gateway", "orchestrator"], node.clone());
        let filters = [("node", node), ("pipeline", pipeline), ("model", model)];
        let filters = filters.into_iter().filter_map(|(c, v)| Some((c, vec![v?]))).collect();
        JobCounters::read(ctx.data::<Database>()?, window, filters, behind).await
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
        let behind = Behind::counters(&["gateway"], gateway.clone());
        let orchestrator = orchestrator.map(|a| a.to_lowercase());
        let filters = [("node", gateway), ("orch_address", orchestrator)];
        let filters = filters.into_iter().filter_map(|(c, v)| Some((c, vec![v?]))).collect();
        Transcoding::read(ctx.data::<Database>()?, window, filters, behind).await
    }
}
