//! Who is in the network, and what they ask for it.

use async_graphql::{Context, Object, Result};

use crate::read::Database;
use crate::schema::bucket::Bucket;
use crate::schema::endpoints::{self, Endpoint};
use crate::schema::entities::{
    Gateway, GatewayConnection, Model, ModelConnection, Pipeline, PipelineConnection, Region,
};
use crate::schema::gpus::{self, GpuConnection};
use crate::schema::groups::{Dimension, Question, Scope};
use crate::schema::orchestrators::{self, Network, OrchestratorConnection};
use crate::schema::page::Page;
use crate::schema::prices::Prices;
use crate::schema::series::Window;
use crate::schema::sessions::Origin;

/// Who is in the network, and what they ask for it.
#[derive(Debug, Default)]
pub(crate) struct NetworkQuery;

#[Object]
impl NetworkQuery {
    /// The network as a whole: what it did in the window, and what it is now.
    #[graphql(complexity = "100 + child_complexity")]
    async fn network(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The last 24 hours if left out.")] window: Option<Window>,
        #[graphql(default)] origin: Origin,
    ) -> Result<Network> {
        let question = Question::new(window.as_ref(), Bucket::H1, None, None, origin, None)?;
        Network::read(ctx.data::<Database>()?, question).await
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

    /// Service URIs of orchestrators that are online, by URI, each with what it offers by itself. At
    /// most 1000.
    #[graphql(complexity = "100 + child_complexity * 10")]
    async fn endpoints(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            name = "where",
            desc = "Orchestrator, pipeline, model and region only; the region is that of its own agent."
        )]
        scope: Option<Scope>,
        #[graphql(default)] origin: Origin,
    ) -> Result<Vec<Endpoint>> {
        endpoints::read(ctx.data::<Database>()?, scope, origin).await
    }

    /// GPUs that orchestrators reported within the last 30 days, by their hashed id.
    #[graphql(complexity = "first.unwrap_or(20).clamp(0, 200) as usize * child_complexity")]
    async fn gpus(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "`endCursor` of the page before.")] after: Option<String>,
        #[graphql(name = "where", desc = "Orchestrator and GPU (its name) only.")] scope: Option<
            Scope,
        >,
        #[graphql(default)] origin: Origin,
    ) -> Result<GpuConnection> {
        let page = Page::new(first, after)?;
        gpus::page(ctx.data::<Database>()?, page, None, scope, origin).await
    }

    /// Pipelines that were on offer or in use within the last 30 days, by name.
    #[graphql(complexity = "first.unwrap_or(20).clamp(0, 200) as usize * child_complexity")]
    async fn pipelines(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "`endCursor` of the page before.")] after: Option<String>,
        #[graphql(default)] origin: Origin,
    ) -> Result<PipelineConnection> {
        let page = Page::new(first, after)?;
        let all = Pipeline::all(ctx.data::<Database>()?, origin).await?;
        Ok(page.cut(all, Pipeline::key)?.into())
    }

    /// Models that were on offer or in use within the last 30 days, by pipeline and name.
    #[graphql(complexity = "first.unwrap_or(20).clamp(0, 200) as usize * child_complexity")]
    async fn models(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "`endCursor` of the page before.")] after: Option<String>,
        #[graphql(default)] origin: Origin,
    ) -> Result<ModelConnection> {
        let page = Page::new(first, after)?;
        let all = Model::all(ctx.data::<Database>()?, origin).await?;
        Ok(page.cut(all, Model::key)?.into())
    }

    /// All regions that agents can be in, by name.
    #[graphql(complexity = "50 + child_complexity * 20")]
    async fn regions(
        &self,
        ctx: &Context<'_>,
        #[graphql(default)] origin: Origin,
    ) -> Result<Vec<Region>> {
        Region::all(ctx.data::<Database>()?, origin).await
    }

    /// Gateways whose agents report, or that sessions and jobs of the last 30 days name, by name.
    #[graphql(complexity = "first.unwrap_or(20).clamp(0, 200) as usize * child_complexity")]
    async fn gateways(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "`endCursor` of the page before.")] after: Option<String>,
        #[graphql(default)] origin: Origin,
    ) -> Result<GatewayConnection> {
        let page = Page::new(first, after)?;
        let all = Gateway::all(ctx.data::<Database>()?, origin).await?;
        Ok(page.cut(all, Gateway::key)?.into())
    }

    /// Prices by orchestrator, pipeline and model: as reported now, and over time.
    #[graphql(complexity = "100 + child_complexity * 10")]
    async fn prices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The last 24 hours if left out.")] window: Option<Window>,
        #[graphql(default)] bucket: Bucket,
        #[graphql(name = "where", desc = "Orchestrator, pipeline and model only.")] scope: Option<
            Scope,
        >,
        #[graphql(default)] origin: Origin,
        #[graphql(desc = "How many items, at most 500; 100 if left out.")] top: Option<i32>,
    ) -> Result<Prices> {
        let by = Some(vec![Dimension::Orchestrator, Dimension::Model]);
        let question = Question::new(window.as_ref(), bucket, by, scope, origin, top)?;
        Prices::read(ctx, question).await
    }
}
