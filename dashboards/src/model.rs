//! The answers to the page's queries, as far as the page shows them.

use chrono::{DateTime, Utc};
use serde::Deserialize;

pub(crate) type Time = DateTime<Utc>;

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Overview {
    pub(crate) status: Status,
    pub(crate) agents: Connection<Node>,
    pub(crate) day: Connection<Origin>,
    pub(crate) sessions: Connection<Session>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Connection<T> {
    pub(crate) nodes: Vec<T>,
    pub(crate) page_info: PageInfo,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageInfo {
    pub(crate) has_next_page: bool,
    pub(crate) end_cursor: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    pub(crate) ok: bool,
    pub(crate) data_through: Option<Time>,
    pub(crate) checked_at: Time,
    pub(crate) parts: Vec<Part>,
    pub(crate) coverage: Coverage,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) ok: bool,
    pub(crate) detail: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Coverage {
    pub(crate) stored: f64,
    pub(crate) rejected: f64,
    pub(crate) gaps: f64,
    pub(crate) undeclared: Option<f64>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) kind: Option<String>,
    pub(crate) online: bool,
    pub(crate) last_seen_at: Option<Time>,
    pub(crate) host: Option<Host>,
    pub(crate) interfaces: Vec<Interface>,
    pub(crate) livepeer: Vec<Livepeer>,
    pub(crate) sources: Vec<Source>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Host {
    pub(crate) time: Time,
    pub(crate) cpu_busy_ratio: Option<f64>,
    pub(crate) cpu_count: Option<i64>,
    pub(crate) mem_total_bytes: Option<f64>,
    pub(crate) mem_used_bytes: Option<f64>,
    pub(crate) disk_total_bytes: Option<f64>,
    pub(crate) disk_available_bytes: Option<f64>,
    pub(crate) os: Option<String>,
    pub(crate) cpu_model: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Interface {
    pub(crate) interface: String,
    pub(crate) rx_bytes_per_second: Option<f64>,
    pub(crate) tx_bytes_per_second: Option<f64>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Livepeer {
    pub(crate) target: String,
    pub(crate) role: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) current_sessions: Option<f64>,
    pub(crate) max_sessions: Option<f64>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Source {
    pub(crate) source: String,
    pub(crate) failures: Option<i64>,
    pub(crate) failure_kind: Option<String>,
    pub(crate) dropped: Option<i64>,
    pub(crate) drop_kind: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Origin {
    pub(crate) origin: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Session {
    pub(crate) stream_id: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) origin: Option<String>,
    pub(crate) gateway: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) started_at: Time,
    pub(crate) closed: bool,
    pub(crate) outcome: String,
    pub(crate) legs: Vec<Leg>,
    pub(crate) ingest_samples: i64,
    pub(crate) status_samples: i64,
    pub(crate) output_fps_mean: Option<f64>,
    pub(crate) startup_ms: Option<f64>,
    pub(crate) time_to_playable_ms: Option<f64>,
    pub(crate) upload_mbps: Option<f64>,
    pub(crate) swaps: Option<i64>,
    pub(crate) error_events: i64,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Leg {
    pub(crate) uri: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Charts {
    pub(crate) host_series: Series<HostPoint>,
    pub(crate) interface_series: Series<InterfacePoint>,
    pub(crate) loopback: Series<InterfacePoint>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Series<T> {
    pub(crate) bucket: String,
    pub(crate) from: Time,
    pub(crate) to: Time,
    pub(crate) points: Vec<T>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HostPoint {
    pub(crate) time: Time,
    pub(crate) partial: bool,
    pub(crate) cpu_busy_ratio: Stat,
    pub(crate) mem_used_bytes: Stat,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InterfacePoint {
    pub(crate) time: Time,
    pub(crate) partial: bool,
    pub(crate) rx_bytes: Rate,
    pub(crate) tx_bytes: Rate,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Stat {
    pub(crate) mean: Option<f64>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rate {
    pub(crate) per_second: Option<f64>,
}
