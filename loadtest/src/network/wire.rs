//! The envelopes that gateways send: names and types of their fields as go-livepeer writes them.
//! Where it writes numbers as text, so does this.

use std::collections::BTreeMap;

use serde::Serialize;

#[derive(Serialize)]
struct Envelope<'a, D> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    /// Text: milliseconds since 1970 by the gateway's clock.
    timestamp: String,
    gateway: &'a str,
    data: D,
}

/// One line, without its end.
pub(super) fn line(
    id: &str,
    kind: &str,
    at_ms: i64,
    gateway: &str,
    data: impl Serialize,
) -> Vec<u8> {
    let envelope = Envelope { id, kind, timestamp: at_ms.to_string(), gateway, data };
    serde_json::to_vec(&envelope).expect("text keys and finite numbers")
}

/// `orchestrator_info`.
#[derive(Clone, Default, Serialize)]
pub(super) struct Info<'a> {
    pub address: &'a str,
    pub url: &'a str,
}

/// `stream_trace`; a swap has no timestamp, and a pipeline and a message.
#[derive(Serialize)]
pub(super) struct Trace<'a> {
    #[serde(rename = "type")]
    pub kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<i64>,
    pub stream_id: &'a str,
    pub request_id: &'a str,
    pub pipeline_id: &'a str,
    pub orchestrator_info: Info<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<&'a str>,
}

/// `ai_stream_status`.
#[derive(Serialize)]
pub(super) struct Status<'a> {
    #[serde(rename = "type")]
    pub kind: &'a str,
    pub pipeline: &'a str,
    pub pipeline_id: &'a str,
    pub stream_id: &'a str,
    pub request_id: &'a str,
    pub start_time: i64,
    pub state: &'a str,
    pub last_state_update_time: i64,
    pub last_status_timestamp: i64,
    pub timestamp: i64,
    pub input_status: Input,
    pub inference_status: Inference<'a>,
    pub orchestrator_info: Info<'a>,
}

#[derive(Serialize)]
pub(super) struct Input {
    pub fps: f64,
    pub last_input_time: i64,
}

#[derive(Serialize)]
pub(super) struct Inference<'a> {
    pub fps: f64,
    pub last_output_time: Option<i64>,
    pub last_params: Params<'a>,
    pub last_params_hash: &'a str,
    pub last_params_update_time: i64,
    pub last_error: Option<&'a str>,
    pub last_error_time: Option<i64>,
    pub last_restart_time: Option<i64>,
    pub last_restart_logs: Option<&'a [&'a str]>,
    pub restart_count: i64,
}

/// What a client asked the model for; agents must never read it.
#[derive(Clone, Serialize)]
pub(super) struct Params<'a> {
    pub width: i64,
    pub height: i64,
    pub prompt: &'a str,
}

/// `ai_stream_events`: an error of the gateway (no time, no orchestrator), a restart of the runner,
/// or changed parameters.
#[derive(Default, Serialize)]
pub(super) struct Happened<'a> {
    #[serde(rename = "type")]
    pub kind: &'a str,
    pub stream_id: &'a str,
    pub request_id: &'a str,
    pub pipeline_id: &'a str,
    pub pipeline: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capability: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart_count: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart_logs: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub params: Option<Params<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub orchestrator_info: Option<Info<'a>>,
}

/// `stream_ingest_metrics`.
#[derive(Serialize)]
pub(super) struct Ingest<'a> {
    pub timestamp: i64,
    pub stream_id: &'a str,
    pub pipeline_id: &'a str,
    pub request_id: &'a str,
    pub stats: Stats,
}

#[derive(Serialize)]
pub(super) struct Stats {
    pub peer_conn_stats: Peer,
    pub track_stats: [Track; 2],
    pub conn_quality: &'static str,
}

#[derive(Serialize)]
pub(super) struct Peer {
    #[serde(rename = "ID")]
    pub id: &'static str,
    #[serde(rename = "BytesReceived")]
    pub bytes_received: i64,
    #[serde(rename = "BytesSent")]
    pub bytes_sent: i64,
}

#[derive(Serialize)]
pub(super) struct Track {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub jitter: f64,
    pub packets_lost: i64,
    pub packets_received: i64,
    pub packet_loss_pct: f64,
    pub rtt: i64,
    pub last_input_ts: f64,
    pub last_output_ts: f64,
    pub latency: f64,
}

/// `create_new_payment`: everything is text.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Payment<'a> {
    #[serde(rename = "clientIP")]
    pub client_ip: &'a str,
    #[serde(rename = "requestID")]
    pub request_id: &'a str,
    pub capability: &'a str,
    #[serde(rename = "manifestID")]
    pub manifest_id: &'a str,
    #[serde(rename = "sessionID")]
    pub session_id: &'a str,
    pub recipient: &'a str,
    pub face_value: String,
    pub win_prob: String,
    pub price: String,
    pub num_tickets: String,
    pub sender: &'a str,
    pub orchestrator: &'a str,
}

/// An entry of `discovery_results`; the latency is text.
#[derive(Serialize)]
pub(super) struct Found<'a> {
    pub address: &'a str,
    pub url: &'a str,
    pub latency_ms: String,
}

/// An entry of `network_capabilities`. Numbers that are 0 and flags that are false are absent.
#[derive(Serialize)]
pub(super) struct Capable<'a> {
    pub address: &'a str,
    pub local_address: &'a str,
    pub orch_uri: &'a str,
    pub capabilities: Capabilities<'a>,
    pub capabilities_prices: Option<Vec<Price<'a>>>,
    pub hardware: Option<Vec<Hardware<'a>>>,
}

#[derive(Serialize)]
pub(super) struct Capabilities<'a> {
    pub bitstring: [u64; 1],
    pub capacities: BTreeMap<String, i64>,
    pub version: &'a str,
    pub constraints: Constraints<'a>,
}

#[derive(Serialize)]
pub(super) struct Constraints<'a> {
    #[serde(rename = "PerCapability", skip_serializing_if = "BTreeMap::is_empty")]
    pub per_capability: BTreeMap<String, Models<'a>>,
}

#[derive(Default, Serialize)]
pub(super) struct Models<'a> {
    pub models: BTreeMap<&'a str, Served<'a>>,
}

#[derive(Serialize)]
pub(super) struct Served<'a> {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub warm: bool,
    #[serde(rename = "runnerVersion", skip_serializing_if = "Option::is_none")]
    pub runner_version: Option<&'a str>,
    #[serde(skip_serializing_if = "is_0")]
    pub capacity: i64,
    #[serde(rename = "capacityInUse", skip_serializing_if = "is_0")]
    pub capacity_in_use: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_0(n: &i64) -> bool {
    *n == 0
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Price<'a> {
    pub price_per_unit: i64,
    pub pixels_per_unit: i64,
    pub capability: i64,
    pub constraint: &'a str,
}

#[derive(Serialize)]
pub(super) struct Hardware<'a> {
    pub pipeline: &'a str,
    pub model_id: &'a str,
    pub gpu_info: BTreeMap<String, Gpu<'a>>,
}

#[derive(Serialize)]
pub(super) struct Gpu<'a> {
    pub id: &'a str,
    pub name: &'a str,
    pub major: i64,
    #[serde(skip_serializing_if = "is_0")]
    pub minor: i64,
    pub memory_free: i64,
    pub memory_total: i64,
}
