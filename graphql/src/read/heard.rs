//! When agents were heard of: what data coverage is made of.

use std::collections::HashMap;

use super::series::Span;
use super::{Database, ReadError, cell};
use crate::heard::Heard;
use crate::limits;

/// An agent as its newest row of itself has it, and when it was heard of.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Agent {
    pub(crate) node: String,
    pub(crate) kind: Option<String>,
    pub(crate) origin: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) heard: Heard,
}

impl Database {
    /// Every agent that wrote a row of itself since `since_us`, with the minutes of `span` in which it
    /// did. Who was heard of last before `span` begins has no part in it.
    pub(crate) async fn heard(&self, span: Span, since_us: i64) -> Result<Vec<Agent>, ReadError> {
        let sql = format!(
            "select node, kind, origin, region from public_agent where ts >= {since_us} latest on ts partition by node limit {}",
            limits::NODES
        );
        let rows = self.query(&sql, &[]).await?;
        let mut agents = Vec::with_capacity(rows.len());
        for row in &rows {
            agents.push(Agent {
                node: cell(row, 0)?,
                kind: cell(row, 1)?,
                origin: cell(row, 2)?,
                region: cell(row, 3)?,
                heard: Heard::default(),
            });
        }
        // The ledger knows of rows outside of the window, and of agents that wrote other rows.
        let sql = format!(
            "select node, min(ts)::long, max(last_row_at)::long, 0L from public_ledger group by node limit {}",
            limits::NODES
        );
        let ledger = self.times(&sql).await?;
        let within = self.heard_of("agent", span).await?;
        for agent in &mut agents {
            let of = |times: &HashMap<String, Heard>| times.get(&agent.node).copied();
            agent.heard = of(&ledger).unwrap_or_default().with(of(&within).unwrap_or_default());
        }
        agents.sort_by(|a, b| a.node.cmp(&b.node));
        Ok(agents)
    }

    /// By node, when rows of a public entity came in `span`. `entity` is a constant of the schema.
    pub(crate) async fn heard_of(
        &self,
        entity: &'static str,
        span: Span,
    ) -> Result<HashMap<String, Heard>, ReadError> {
        let sql = format!(
            "select node, min(ts)::long, max(ts)::long, count_distinct(timestamp_floor('1m', ts)::long) from public_{entity} where ts >= {} and ts < {} group by node limit {}",
            span.from_us,
            span.to_us,
            limits::NODES
        );
        self.times(&sql).await
    }

    async fn times(&self, sql: &str) -> Result<HashMap<String, Heard>, ReadError> {
        let rows = self.query(sql, &[]).await?;
        let mut out = HashMap::with_capacity(rows.len());
        for row in &rows {
            let Some(node) = cell::<Option<String>>(row, 0)? else { continue };
            let heard = Heard {
                first_us: cell(row, 1)?,
                last_us: cell(row, 2)?,
                minutes: cell::<Option<i64>>(row, 3)?.unwrap_or(0),
            };
            out.insert(node, heard);
        }
        Ok(out)
    }
}
