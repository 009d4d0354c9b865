//! Figures over time and by group.

use async_graphql::{Context, Object, Result};

use crate::read::Database;
use crate::schema::bucket::Bucket;
use crate::schema::demand::{Basis, Demand};
use crate::schema::distributions::{Distributions, Measure};
use crate::schema::groups::{Dimension, Question, Scope};
use crate::schema::series::Window;
use crate::schema::sessions::Origin;
use crate::schema::sla::{Benchmarks, ReportedVsObservedHours, Sla, SlaSpan};
use crate::schema::supply::Supply;

/// Figures over time and by group.
#[derive(Debug, Default)]
pub(crate) struct FigureQuery;

#[Object]
impl FigureQuery {
    /// Demand for live AI streams over time.
    #[graphql(complexity = "200 + child_complexity * 10")]
    #[expect(clippy::too_many_arguments, reason = "each is one of GraphQL")]
    async fn demand(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The last 24 hours if left out.")] window: Option<Window>,
        #[graphql(default)] bucket: Bucket,
        #[graphql(desc = "At most two dimensions.")] group_by: Option<Vec<Dimension>>,
        #[graphql(name = "where")] scope: Option<Scope>,
        #[graphql(default)] origin: Origin,
        #[graphql(desc = "How many groups, at most 500; 100 if left out. The rest is in `other`.")]
        top: Option<i32>,
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
        #[graphql(default)] bucket: Bucket,
        #[graphql(desc = "At most two dimensions; not GATEWAY.")] group_by: Option<Vec<Dimension>>,
        #[graphql(name = "where")] scope: Option<Scope>,
        #[graphql(default)] origin: Origin,
        #[graphql(desc = "How many groups, at most 500; 100 if left out. The rest is in `other`.")]
        top: Option<i32>,
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
        #[graphql(default)] bucket: Bucket,
        #[graphql(desc = "At most two dimensions.")] group_by: Option<Vec<Dimension>>,
        #[graphql(name = "where")] scope: Option<Scope>,
        #[graphql(default)] origin: Origin,
        #[graphql(desc = "How many groups, at most 500; 100 if left out. The rest is in `other`.")]
        top: Option<i32>,
    ) -> Result<Distributions> {
        let question = Question::new(window.as_ref(), bucket, group_by, scope, origin, top)?;
        Distributions::read(ctx, question, measure, of).await
    }

    /// SLA scores of orchestrators, with everything that made them. The newest ones if the window is
    /// left out, else those whose end is in it.
    #[graphql(complexity = "200 + child_complexity * 10")]
    async fn sla(
        &self,
        ctx: &Context<'_>,
        #[graphql(default)] span: SlaSpan,
        window: Option<Window>,
        #[graphql(default, desc = "H1: every full hour; D1: ends at midnight UTC only.")]
        bucket: Bucket,
        #[graphql(name = "where", desc = "Orchestrator, pipeline, model and region only.")]
        scope: Option<Scope>,
        #[graphql(default, desc = "Each has scores of its own.")] origin: Origin,
    ) -> Result<Sla> {
        Sla::read(ctx.data::<Database>()?, span, window, bucket, scope, origin).await
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
    ) -> Result<Benchmarks> {
        Benchmarks::read(ctx.data::<Database>()?, window, scope, origin).await
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
    ) -> Result<ReportedVsObservedHours> {
        ReportedVsObservedHours::read(ctx.data::<Database>()?, window, scope, origin).await
    }
}
