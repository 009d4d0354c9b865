//! Global ids: one for everything that has an identity, and the way back.

use async_graphql::{ID, Interface, Result};

use super::agents::Agent;
use super::entities::{Gateway, Model, Pipeline, Region};
use super::error::{bad_cursor, unavailable};
use super::gpus::{self, Gpu};
use super::jobs::Job;
use super::orchestrators::{self, Orchestrator};
use super::page::{Page, parse_id};
use super::sessions::{Origin, Session};
use crate::read::Database;

/// Anything that has an id of its own.
#[derive(Debug, Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "The same in all answers; opaque."))]
#[expect(clippy::large_enum_variant, reason = "a query makes a handful, one at a time")]
pub(crate) enum Node {
    /// An agent.
    Agent(Agent),
    /// A gateway.
    Gateway(Gateway),
    /// A GPU.
    Gpu(Gpu),
    /// A job.
    Job(Job),
    /// A model.
    Model(Model),
    /// An orchestrator.
    Orchestrator(Orchestrator),
    /// A pipeline.
    Pipeline(Pipeline),
    /// A region.
    Region(Region),
    /// A session.
    Session(Session),
}

fn none_of_this() -> async_graphql::Error {
    bad_cursor("id is none of this API; take one from an `id` field")
}

/// What has this id.
///
/// # Errors
/// If it is no id, or the database does not answer.
pub(crate) async fn by_id(database: &Database, id: &str) -> Result<Option<Node>> {
    let (kind, parts) = parse_id(id)?;
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let origin = |word: &str| Origin::parse(word).ok_or_else(none_of_this);
    Ok(match (kind.as_str(), parts.as_slice()) {
        ("Agent", [name]) => {
            let found = database.nodes(Some(name)).await.map_err(unavailable)?;
            found.into_iter().next().map(|row| Node::Agent(Agent::new(row)))
        }
        ("Orchestrator", [address, of]) => {
            let (page, only) = (Page::new(Some(1), None)?, Some((*address).to_owned()));
            let found = orchestrators::page(database, page, only, origin(of)?).await?;
            found.nodes.into_iter().next().map(Node::Orchestrator)
        }
        ("Gpu", [gpu, of]) => {
            let (page, only) = (Page::new(Some(1), None)?, Some((*gpu).to_owned()));
            let found = gpus::page(database, page, only, None, origin(of)?).await?;
            found.nodes.into_iter().next().map(Node::Gpu)
        }
        ("Pipeline", [name, of]) => {
            let all = Pipeline::all(database, origin(of)?).await?;
            all.into_iter().find(|p| p.key() == [*name]).map(Node::Pipeline)
        }
        ("Model", [pipeline, name, of]) => {
            let all = Model::all(database, origin(of)?).await?;
            all.into_iter().find(|m| m.key() == [*pipeline, *name]).map(Node::Model)
        }
        ("Region", [name, of]) => {
            let all = Region::all(database, origin(of)?).await?;
            all.into_iter().find(|r| r.is(name)).map(Node::Region)
        }
        ("Gateway", [name, of]) => {
            let all = Gateway::all(database, origin(of)?).await?;
            all.into_iter().find(|g| g.key() == [*name]).map(Node::Gateway)
        }
        ("Session", [id]) => {
            let id = id.parse().map_err(|_| none_of_this())?;
            database.session(id).await.map_err(unavailable)?.map(|s| Node::Session(Session::new(s)))
        }
        ("Job", [id]) => {
            let id = id.parse().map_err(|_| none_of_this())?;
            database.job(id).await.map_err(unavailable)?.map(|job| Node::Job(Job::new(job)))
        }
        _ => return Err(none_of_this()),
    })
}
