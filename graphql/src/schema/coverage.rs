//! Coverage by agent and entity: time with data, and what became of rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, Object, Result, SimpleObject};

use super::agents::{Coverage, CoverageLoader};
use super::error::{over, unavailable};
use super::page::{Page, connection, cursor};
use super::series::Window;
use super::time::Time;
use crate::clock::now_us;
use crate::heard::{Covered, Heard};
use crate::limits;
use crate::read::Database;
use crate::read::heard::Agent as Row;
use crate::read::nodes;
use crate::read::series::Span;
use crate::read::sums::DAY_US;
use crate::refusal::Code;

/// Entities of which every agent that reports them gives a row each 10 s, so that a minute without one
/// tells something.
const STEADY: [&str; 9] = [
    "agent",
    "agent_source",
    "ai_runner",
    "gpu",
    "gpu_node",
    "host",
    "interface",
    "livepeer_node",
    "node_status",
];

/// Agents with their coverage, a page of them.
pub(crate) async fn page(
    ctx: &Context<'_>,
    page: Page,
    agent: Option<String>,
    window: Option<&Window>,
) -> Result<AgentCoverageConnection> {
    let now_us = now_us();
    let span = match window {
        Some(window) => window.span(now_us)?,
        None => Span { from_us: now_us - DAY_US, to_us: now_us },
    };
    let (days, limit) =
        ((now_us - span.from_us).div_euclid(DAY_US), limits::HEARTBEATS_KEPT_US / DAY_US);
    if days > limit {
        let message = format!("the window begins {days} days ago");
        return Err(over(Code::WindowTooOld, &message, limit, days, "take a later one"));
    }
    let database = ctx.data::<Database>()?;
    let mut agents = database.heard(span, span.from_us).await.map_err(unavailable)?;
    agents.retain(|a| agent.as_ref().is_none_or(|name| *name == a.node));
    let cut = page.cut(agents, |a| vec![a.node.clone()])?;
    let mut entities = BTreeMap::new();
    let nodes = ctx.look_ahead().field("nodes").field("entities").exists();
    if nodes || ctx.look_ahead().field("edges").field("node").field("entities").exists() {
        for entity in STEADY {
            let heard = database.heard_of(entity, span).await.map_err(unavailable)?;
            entities.insert(entity, heard);
        }
    }
    let entities = Arc::new(entities);
    let of = |row: Row| {
        let mine = |(entity, heard): (&&'static str, &std::collections::HashMap<String, Heard>)| {
            Some((*entity, *heard.get(&row.node)?))
        };
        let entities = entities.iter().filter_map(mine).collect();
        AgentCoverage { span, entities, row }
    };
    Ok(AgentCoverageConnection {
        nodes: cut.nodes.into_iter().map(of).collect(),
        more: cut.more,
        before: cut.before,
        total: Some(cut.total),
    })
}

/// How much of an agent's time data is there.
#[derive(Debug)]
pub(crate) struct AgentCoverage {
    span: Span,
    entities: Vec<(&'static str, Heard)>,
    row: Row,
}

impl AgentCoverage {
    fn cursor(&self) -> String {
        cursor(&[&self.row.node])
    }

    fn covered(&self) -> Covered {
        Covered::of(self.row.heard, self.span)
    }
}

#[Object]
impl AgentCoverage {
    /// Node identity of the agent.
    async fn agent(&self) -> &str {
        &self.row.node
    }

    /// Beginning of the window.
    async fn from(&self) -> Time {
        Time::from_us(self.span.from_us)
    }

    /// End of the window, exclusive.
    async fn to(&self) -> Time {
        Time::from_us(self.span.to_us)
    }

    /// Minutes with a row of the agent itself / minutes of the window from its first row of all to
    /// its last, 0 to 1. Null where none was expected.
    async fn data_coverage(&self) -> Option<f64> {
        self.covered().ratio()
    }

    /// Those minutes with data.
    async fn data_minutes(&self) -> i64 {
        self.covered().data
    }

    /// Those minutes in which data was expected.
    async fn expected_minutes(&self) -> i64 {
        self.covered().expected
    }

    /// Time of its newest row, of any window.
    async fn last_seen_at(&self) -> Option<Time> {
        self.row.heard.last_us.map(Time::from_us)
    }

    /// The same of each entity that it reports each 10 s and has rows of in the window.
    async fn entities(&self) -> Vec<EntityCoverage> {
        let entity = |(entity, heard): &(&'static str, Heard)| {
            let covered = Covered::of(*heard, self.span);
            EntityCoverage {
                entity,
                data_coverage: covered.ratio(),
                data_minutes: covered.data,
                expected_minutes: covered.expected,
                last_row_at: heard.last_us.map(Time::from_us),
            }
        };
        self.entities.iter().map(entity).collect()
    }

    /// What became of all the rows that it took, of all times; null where more is open than a query
    /// reads, or nothing is known.
    async fn rows(&self, ctx: &Context<'_>) -> Result<Option<Coverage>> {
        let loader = ctx.data::<DataLoader<CoverageLoader>>()?;
        let found = loader.load_one(self.row.node.clone()).await;
        let found = found.map_err(|e| (*e).clone())?.flatten();
        Ok(found.map(|c| Coverage::new(Some(&c), nodes::Coverage::default())))
    }
}

/// How much of the time rows of an entity are there.
#[derive(Debug, SimpleObject)]
pub(crate) struct EntityCoverage {
    /// As in `catalogue`.
    entity: &'static str,
    /// dataMinutes / expectedMinutes.
    data_coverage: Option<f64>,
    /// Minutes of the window with a row.
    data_minutes: i64,
    /// Minutes from its first row in the window to its last one.
    expected_minutes: i64,
    last_row_at: Option<Time>,
}

connection! {
    /// Coverage of agents, a page of it.
    AgentCoverageConnection, AgentCoverageEdge, AgentCoverage
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_steady_is_public_and_reported_each_10_s() {
        for name in STEADY {
            let entity = naap_schema::entity(name).unwrap();
            assert_eq!(entity.cadence, "10s", "{name}");
            assert_eq!(entity.visibility, naap_schema::Visibility::Public, "{name}");
        }
    }
}
