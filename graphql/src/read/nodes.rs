//! Nodes: who reports, what they reported last, and how much of it is stored.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::{Database, ReadError, cell, places, time};
use crate::limits;

/// A node as the ledger knows it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) last_row_at: Option<DateTime<Utc>>,
    pub(crate) coverage: Coverage,
}

/// Rows over all epochs of a node, or of all nodes.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Coverage {
    pub(crate) stored: i64,
    pub(crate) duplicates: i64,
    pub(crate) rejected: i64,
    pub(crate) gaps: i64,
}

/// The newest `agent` row of a node.
#[derive(Debug, Clone, Default)]
pub(crate) struct Agent {
    pub(crate) kind: Option<String>,
    pub(crate) origin: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) version: Option<String>,
}

/// The newest `host` row.
#[derive(Debug, Clone)]
pub(crate) struct Host {
    pub(crate) time: DateTime<Utc>,
    pub(crate) cpu_busy_ratio: Option<f64>,
    pub(crate) cpu_count: Option<i64>,
    pub(crate) load_1m: Option<f64>,
    pub(crate) mem_total_bytes: Option<i64>,
    pub(crate) mem_used_bytes: Option<i64>,
    pub(crate) swap_used_bytes: Option<i64>,
    pub(crate) disk_total_bytes: Option<i64>,
    pub(crate) disk_available_bytes: Option<i64>,
    pub(crate) uptime_s: Option<i64>,
    pub(crate) os: Option<String>,
    pub(crate) cpu_model: Option<String>,
}

/// The newest row of an interface.
#[derive(Debug, Clone)]
pub(crate) struct Interface {
    pub(crate) time: DateTime<Utc>,
    pub(crate) interface: String,
    pub(crate) interval_ms: Option<i64>,
    pub(crate) rx_bytes: Option<i64>,
    pub(crate) tx_bytes: Option<i64>,
}

/// The newest row of a go-livepeer node.
#[derive(Debug, Clone)]
pub(crate) struct Livepeer {
    pub(crate) time: DateTime<Utc>,
    pub(crate) target: String,
    pub(crate) role: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) current_sessions: Option<f64>,
    pub(crate) max_sessions: Option<f64>,
    pub(crate) ai_live_streams: Option<f64>,
    pub(crate) ai_containers_in_use: Option<f64>,
    pub(crate) ai_containers_idle: Option<f64>,
}

/// The newest row of a source.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) time: DateTime<Utc>,
    pub(crate) source: String,
    pub(crate) failures: Option<i64>,
    pub(crate) failure_kind: Option<String>,
    pub(crate) dropped: Option<i64>,
    pub(crate) drop_kind: Option<String>,
}

/// Everything newest of one node.
#[derive(Debug, Clone, Default)]
pub(crate) struct Latest {
    pub(crate) agent: Option<Agent>,
    /// Agent's clock minus collector's clock, ms, at the newest connection that brought rows.
    pub(crate) skew_ms: Option<i64>,
    pub(crate) host: Option<Host>,
    pub(crate) interfaces: Vec<Interface>,
    pub(crate) livepeer: Vec<Livepeer>,
    pub(crate) sources: Vec<Source>,
}

impl Database {
    /// All nodes, or the one with this name, by name.
    pub(crate) async fn nodes(&self, name: Option<&str>) -> Result<Vec<Node>, ReadError> {
        let mut params: Vec<&(dyn ToSql + Sync)> = Vec::new();
        let condition = match &name {
            Some(name) => {
                params.push(name);
                " where node = $1"
            }
            None => "",
        };
        // Counts only grow, so the largest of an epoch is its newest.
        let sql = format!(
            "select node, max(l), sum(s), sum(d), sum(r), sum(g) from (select node, epoch, max(last_row_at) l, max(stored) s, max(duplicates) d, max(rejected) r, max(gaps) g from public_ledger{condition} group by node, epoch) group by node order by node limit {}",
            limits::NODES
        );
        self.query(&sql, &params).await?.iter().map(node).collect()
    }

    /// What these nodes reported last, by name.
    pub(crate) async fn latest(
        &self,
        names: &[String],
    ) -> Result<HashMap<String, Latest>, ReadError> {
        let mut out: HashMap<String, Latest> = HashMap::new();
        let agents = "kind, origin, region, version";
        for row in self.newest("agent", agents, None, names).await? {
            out.entry(cell(&row, 0)?).or_default().agent = Some(agent(&row)?);
        }
        for row in self.skews(names).await? {
            out.entry(cell(&row, 0)?).or_default().skew_ms = cell(&row, 1)?;
        }
        let hosts = "cpu_busy_ratio, cpu_count, load_1m, mem_total_bytes, mem_used_bytes, swap_used_bytes, disk_total_bytes, disk_available_bytes, uptime_s, os, cpu_model";
        for row in self.newest("host", hosts, None, names).await? {
            out.entry(cell(&row, 0)?).or_default().host = host(&row)?;
        }
        let columns = "interface, interval_ms, rx_bytes, tx_bytes";
        for row in self.newest("interface", columns, Some("interface"), names).await? {
            out.entry(cell(&row, 0)?).or_default().interfaces.extend(interface(&row)?);
        }
        let columns = "target, role, version, current_sessions, max_sessions, ai_live_streams, ai_containers_in_use, ai_containers_idle";
        for row in self.newest("livepeer_node", columns, Some("target"), names).await? {
            out.entry(cell(&row, 0)?).or_default().livepeer.extend(livepeer(&row)?);
        }
        let columns = "source, failures, failure_kind, dropped, drop_kind";
        for row in self.newest("agent_source", columns, Some("source"), names).await? {
            out.entry(cell(&row, 0)?).or_default().sources.extend(source(&row)?);
        }
        for latest in out.values_mut() {
            latest.interfaces.sort_by(|a, b| a.interface.cmp(&b.interface));
            latest.livepeer.sort_by(|a, b| a.target.cmp(&b.target));
            latest.sources.sort_by(|a, b| a.source.cmp(&b.source));
        }
        Ok(out)
    }

    /// What the collector measured when it heard of each node last.
    async fn skews(&self, names: &[String]) -> Result<Vec<Row>, ReadError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "select node, skew_ms from (select node, skew_ms, updated_at from public_ledger where node in ({}) and skew_ms is not null order by updated_at) latest on updated_at partition by node",
            places(1, names.len())
        );
        let params: Vec<&(dyn ToSql + Sync)> =
            names.iter().map(|n| n as &(dyn ToSql + Sync)).collect();
        self.query(&sql, &params).await
    }

    /// The newest row per node, and per `key` where there is one.
    async fn newest(
        &self,
        entity: &str,
        columns: &str,
        key: Option<&str>,
        names: &[String],
    ) -> Result<Vec<Row>, ReadError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let by = key.map_or(String::new(), |k| format!(", {k}"));
        let sql = format!(
            "select node, ts, {columns} from public_{entity} where node in ({}) latest on ts partition by node{by}",
            places(1, names.len())
        );
        let params: Vec<&(dyn ToSql + Sync)> =
            names.iter().map(|n| n as &(dyn ToSql + Sync)).collect();
        self.query(&sql, &params).await
    }
}

fn node(row: &Row) -> Result<Node, ReadError> {
    let count = |i| cell::<Option<i64>>(row, i).map(Option::unwrap_or_default);
    Ok(Node {
        name: cell(row, 0)?,
        last_row_at: time(row, 1)?,
        coverage: Coverage {
            stored: count(2)?,
            duplicates: count(3)?,
            rejected: count(4)?,
            gaps: count(5)?,
        },
    })
}

fn agent(row: &Row) -> Result<Agent, ReadError> {
    Ok(Agent {
        kind: cell(row, 2)?,
        origin: cell(row, 3)?,
        region: cell(row, 4)?,
        version: cell(row, 5)?,
    })
}

fn host(row: &Row) -> Result<Option<Host>, ReadError> {
    let Some(time) = time(row, 1)? else { return Ok(None) };
    Ok(Some(Host {
        time,
        cpu_busy_ratio: cell(row, 2)?,
        cpu_count: cell(row, 3)?,
        load_1m: cell(row, 4)?,
        mem_total_bytes: cell(row, 5)?,
        mem_used_bytes: cell(row, 6)?,
        swap_used_bytes: cell(row, 7)?,
        disk_total_bytes: cell(row, 8)?,
        disk_available_bytes: cell(row, 9)?,
        uptime_s: cell(row, 10)?,
        os: cell(row, 11)?,
        cpu_model: cell(row, 12)?,
    }))
}

fn interface(row: &Row) -> Result<Option<Interface>, ReadError> {
    let (Some(time), Some(interface)) = (time(row, 1)?, cell(row, 2)?) else { return Ok(None) };
    Ok(Some(Interface {
        time,
        interface,
        interval_ms: cell(row, 3)?,
        rx_bytes: cell(row, 4)?,
        tx_bytes: cell(row, 5)?,
    }))
}

fn livepeer(row: &Row) -> Result<Option<Livepeer>, ReadError> {
    let (Some(time), Some(target)) = (time(row, 1)?, cell(row, 2)?) else { return Ok(None) };
    Ok(Some(Livepeer {
        time,
        target,
        role: cell(row, 3)?,
        version: cell(row, 4)?,
        current_sessions: cell(row, 5)?,
        max_sessions: cell(row, 6)?,
        ai_live_streams: cell(row, 7)?,
        ai_containers_in_use: cell(row, 8)?,
        ai_containers_idle: cell(row, 9)?,
    }))
}

fn source(row: &Row) -> Result<Option<Source>, ReadError> {
    let (Some(time), Some(source)) = (time(row, 1)?, cell(row, 2)?) else { return Ok(None) };
    Ok(Some(Source {
        time,
        source,
        failures: cell(row, 3)?,
        failure_kind: cell(row, 4)?,
        dropped: cell(row, 5)?,
        drop_kind: cell(row, 6)?,
    }))
}
