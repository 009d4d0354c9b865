//! Agents: nodes, their machines, and how much of their data is there.

use async_graphql::{Context, ID, Object, Result};

use crate::read::Database;
use crate::read::series::Subject;
use crate::schema::agents::{Agent, AgentConnection};
use crate::schema::bucket::Bucket;
use crate::schema::coverage::{self, AgentCoverageConnection};
use crate::schema::error::unavailable;
use crate::schema::node::{self, Node};
use crate::schema::page::Page;
use crate::schema::series::{self, HostSeries, InterfaceSeries, Window};

/// Agents: nodes, their machines, and how much of their data is there.
#[derive(Debug, Default)]
pub(crate) struct AgentQuery;

#[Object]
impl AgentQuery {
    /// Every node whose agent reported, by name.
    #[graphql(complexity = "first.unwrap_or(20).clamp(0, 200) as usize * child_complexity")]
    async fn agents(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "`endCursor` of the page before.")] after: Option<String>,
    ) -> Result<AgentConnection> {
        let page = Page::new(first, after)?;
        let nodes = ctx.data::<Database>()?.nodes(None).await.map_err(unavailable)?;
        let agents = nodes.into_iter().map(Agent::new).collect();
        Ok(page.cut(agents, Agent::key)?.into())
    }

    /// The node with this name; null if none has it.
    async fn agent(&self, ctx: &Context<'_>, name: String) -> Result<Option<Agent>> {
        let nodes = ctx.data::<Database>()?.nodes(Some(&name)).await.map_err(unavailable)?;
        Ok(nodes.into_iter().next().map(Agent::new))
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

    /// How much of the time the data of each agent is there that was heard of since the window began,
    /// and what became of its rows.
    #[graphql(complexity = "50 + first.unwrap_or(20).clamp(0, 200) as usize * child_complexity")]
    async fn coverage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "`endCursor` of the page before.")] after: Option<String>,
        #[graphql(desc = "Only the agent with this name.")] agent: Option<String>,
        #[graphql(desc = "The last 24 hours if left out; at most 30 days back.")] window: Option<
            Window,
        >,
    ) -> Result<AgentCoverageConnection> {
        coverage::page(ctx, Page::new(first, after)?, agent, window.as_ref()).await
    }

    /// Anything with an `id`, by it; null if there is no such thing (any more).
    #[graphql(complexity = "20 + child_complexity")]
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "From any `id` field.")] id: ID,
    ) -> Result<Option<Node>> {
        node::by_id(ctx.data::<Database>()?, &id).await
    }
}
