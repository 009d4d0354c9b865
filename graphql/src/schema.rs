//! The GraphQL schema, written for its readers. It may ask [`Database`] and the clock at its edge;
//! it must never hold SQL.

mod page;
mod series;
mod sessions;
mod status;
mod time;
mod types;

use std::sync::Arc;

use async_graphql::dataloader::DataLoader;
use async_graphql::{
    Context, EmptyMutation, EmptySubscription, Error, ErrorExtensions, Object, Result, Schema,
};

use crate::clock::now_us;
use crate::health::Health;
use crate::limits;
use crate::read::Database;
use crate::read::series::{Span, Subject};
use page::{Page, PageInfo};
use series::{Bucket, HostSeries, InterfaceSeries, StreamStatusSeries, Window};
use sessions::{Origin, SessionConnection};
use status::{CatalogueEntity, Limits, Status};
use types::{CoverageLoader, LatestLoader, Node, NodeConnection};

/// The schema as served.
pub type NaapSchema = Schema<Query, EmptyMutation, EmptySubscription>;

/// An argument that makes no sense: a request error with a stable code.
pub(crate) fn bad_argument(message: impl Into<String>) -> Error {
    Error::new(message).extend_with(|_, e| e.set("code", "BAD_ARGUMENT"))
}

/// What the database could not do, without what stands behind it: that goes to the log.
pub(crate) fn unavailable(error: crate::read::ReadError) -> Error {
    tracing::warn!(error = %crate::read::chain(&error), "a read failed");
    Error::new(error.to_string()).extend_with(|_, e| e.set("code", "UNAVAILABLE"))
}

/// Makes the schema over a database.
pub fn build(database: Database, health: Arc<Health>) -> NaapSchema {
    let latest = DataLoader::new(LatestLoader(database.clone()), tokio::spawn);
    let coverage = DataLoader::new(CoverageLoader(database.clone()), tokio::spawn);
    Schema::build(Query, EmptyMutation, EmptySubscription)
        .data(database)
        .data(latest)
        .data(coverage)
        .data(health)
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
    async fn sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "`endCursor` of the page before.")] after: Option<String>,
        #[graphql(desc = "All origins if left out; each session shows its own.")] origin: Option<
            Origin,
        >,
        #[graphql(desc = "Sessions with events in it; the last 14 days if left out.")]
        window: Option<Window>,
    ) -> Result<SessionConnection> {
        let page = Page::new(first, after)?;
        let after = page.after_session()?;
        let now = now_us();
        let span = match window {
            Some(window) => window.span(now)?,
            None => Span { from_us: now - 14 * series::DAY_US, to_us: now + 5 * series::MINUTE_US },
        };
        let database = ctx.data::<Database>()?;
        let word = origin.map(Origin::word);
        let found = database.sessions(span, word, after.as_ref(), page.first).await;
        let (sessions, more) = found.map_err(unavailable)?;
        Ok(SessionConnection::new(sessions, more, after.is_some()))
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
