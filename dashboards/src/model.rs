//! Answers of the API, as far as several pages show the same of them.

use chrono::{DateTime, Utc};
use serde::Deserialize;

pub(crate) type Time = DateTime<Utc>;

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
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) ok: bool,
    pub(crate) detail: Option<String>,
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

/// What answers over a window say of themselves.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Basis {
    pub(crate) samples: Option<u64>,
    pub(crate) data_coverage: Option<f64>,
    pub(crate) data_through: Option<Time>,
}

/// A name of a group.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Key {
    pub(crate) value: Option<String>,
}

/// What is the same on every page.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Around {
    pub(crate) status: AroundStatus,
    pub(crate) organic: Option<Presence>,
    pub(crate) simulated: Option<Presence>,
    pub(crate) replayed: Option<Presence>,
    pub(crate) test: Option<Presence>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AroundStatus {
    pub(crate) checked_at: Time,
    pub(crate) data_through: Option<Time>,
}

/// Whether there is anything of an origin.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Presence {
    pub(crate) orchestrators: i64,
    pub(crate) sessions: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Network {
    pub(crate) as_of: Time,
    pub(crate) orchestrators_online: i64,
    pub(crate) orchestrators: i64,
    pub(crate) gpus: Option<i64>,
    pub(crate) slots: Option<i64>,
    pub(crate) slots_idle: Option<i64>,
    pub(crate) sessions: i64,
    pub(crate) requested: i64,
    pub(crate) served: i64,
    pub(crate) unserved: i64,
    pub(crate) minutes: Option<f64>,
    pub(crate) fees_eth: Option<f64>,
    pub(crate) data_through: Option<Time>,
    pub(crate) data_coverage: Option<f64>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Orchestrator {
    pub(crate) address: String,
    pub(crate) online: bool,
    pub(crate) last_seen_at: Time,
    pub(crate) gpu_count: Option<i64>,
    pub(crate) gpus: Vec<NamedGpus>,
    pub(crate) implausible: bool,
    pub(crate) regions: Vec<String>,
    pub(crate) slot_count: Option<i64>,
    pub(crate) slots_idle: Option<i64>,
    pub(crate) uris: Vec<String>,
    pub(crate) versions: Vec<String>,
    #[serde(default)]
    pub(crate) gateways: Vec<String>,
    pub(crate) models: Vec<Offer>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct NamedGpus {
    pub(crate) name: String,
    pub(crate) count: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Offer {
    pub(crate) model: Option<String>,
    pub(crate) pipeline: Option<String>,
    pub(crate) price_unit: Option<String>,
    pub(crate) price_wei_per_unit: Option<f64>,
    pub(crate) price_wei_per_minute: Option<f64>,
    pub(crate) slots: Option<i64>,
    #[serde(default)]
    pub(crate) slots_idle: Option<i64>,
    pub(crate) warm: Option<bool>,
    #[serde(default)]
    pub(crate) implausible_slots: Option<i64>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Scores {
    pub(crate) scores: Vec<Score>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Score {
    pub(crate) end: Time,
    pub(crate) orchestrator: Option<String>,
    pub(crate) pipeline: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) score: Option<f64>,
    pub(crate) rank: Option<i64>,
    pub(crate) ranked: bool,
    pub(crate) requested: Option<i64>,
    pub(crate) served: Option<i64>,
    pub(crate) swapped: Option<i64>,
    pub(crate) signal_coverage: Option<f64>,
    #[serde(default)]
    pub(crate) coverage_cost: Option<f64>,
    #[serde(default)]
    pub(crate) signals_expected: Option<i64>,
    #[serde(default)]
    pub(crate) terms: Vec<Term>,
    #[serde(default)]
    pub(crate) compliance: Vec<Compliance>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Term {
    pub(crate) name: String,
    pub(crate) value: Option<f64>,
    pub(crate) effective_weight: Option<f64>,
    pub(crate) cost: Option<f64>,
    pub(crate) n: Option<u64>,
    pub(crate) flag: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Compliance {
    pub(crate) target: String,
    pub(crate) figure: String,
    pub(crate) value: f64,
    pub(crate) unit: String,
    pub(crate) at_least: bool,
    pub(crate) met: Option<i64>,
    pub(crate) hours: Option<i64>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Activity {
    pub(crate) sessions: i64,
    pub(crate) requested: i64,
    pub(crate) served: i64,
    pub(crate) unserved: i64,
}
