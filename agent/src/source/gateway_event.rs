//! One envelope of a gateway's events to rows. Pure.
//!
//! What must not leave the node is not read at all: prompts (`last_params`, `params`), logs
//! (`last_restart_logs`, `restart_logs`), `clientIP`, `auth_id`. A GPU's UUID is hashed here.

use std::sync::Arc;

use naap_schema::generated::{
    DiscoveryResult, JobEvent, OrchestratorGpu, OrchestratorModel, OrchestratorReport, Payment,
    SignedTicket, StreamEvent, StreamIngest, StreamStatus, StreamTrace,
};
use naap_schema::{FieldType, Row, Value as Cell, identity};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::Drop;
use super::fit::fit;
use crate::limits;

/// 2015 and 2100, ms since 1970: a time outside is none.
const TIMES_MS: std::ops::Range<i64> = 1_420_070_400_000..4_102_444_800_000;

/// Canonical names of AI capabilities, by number (go-livepeer core/capabilities.go).
pub(super) const PIPELINES: &[(i64, &str)] = &[
    (27, "text-to-image"),
    (28, "image-to-image"),
    (29, "image-to-video"),
    (30, "upscale"),
    (31, "audio-to-text"),
    (32, "segment-anything-2"),
    (33, "llm"),
    (34, "image-to-text"),
    (35, "live-video-to-video"),
    (36, "text-to-speech"),
    (37, "byoc"),
];

/// Events about jobs that only forks of go-livepeer send.
const JOB_TOPICS: &[&str] = &[
    "job_gateway",
    "job_payment",
    "job_auth",
    "job_orchestrator",
    "worker_lifecycle",
    "ai_llm_request",
    "ai_batch_request",
];

/// Rows of one event, and whether something of it had to be cut.
#[derive(Debug, Default)]
pub struct Parsed {
    /// The rows.
    pub rows: Vec<Row>,
    /// What was cut or left out of them.
    pub cut: Option<Drop>,
}

/// What the rows of an event have in common.
struct Envelope {
    id: Uuid,
    ts_us: i64,
    gateway: Option<Arc<str>>,
    origin: Arc<str>,
}

/// Reads one envelope; `origin` is the word of the agent's configuration, `shift_us` is added to
/// every time in it.
///
/// # Errors
/// Why the event gives no row.
pub fn parse(line: &[u8], origin: &str, shift_us: i64) -> Result<Parsed, Drop> {
    let event: Value = serde_json::from_slice(line).map_err(|_| Drop::Malformed)?;
    let event = event.as_object().ok_or(Drop::Malformed)?;
    let kind = event.get("type").and_then(Value::as_str).ok_or(Drop::Malformed)?;
    let id = event.get("id").and_then(Value::as_str).ok_or(Drop::Malformed)?;
    let data = event.get("data").ok_or(Drop::Malformed)?;
    if is_noise(kind, data) {
        return Err(Drop::Noise);
    }
    let envelope = Envelope {
        id: identity::event_id(id),
        ts_us: time(event, "timestamp").ok_or(Drop::BadTime)?,
        gateway: text(event, "gateway"),
        origin: origin.into(),
    };
    fitted(rows(kind, &envelope, data)?, shift_us)
}

fn fitted(mut rows: Vec<Row>, shift_us: i64) -> Result<Parsed, Drop> {
    if rows.len() > limits::EVENT_ROWS {
        return Err(Drop::SeriesLimit);
    }
    let mut cut = None;
    for row in &mut rows {
        cut = fit(row).or(cut);
        shift(row, shift_us);
    }
    Ok(Parsed { rows, cut })
}

/// The rows of what a gateway says of all orchestrators, asked for instead of told: the same as of
/// the event. `id` is text that no other look has.
///
/// # Errors
/// Why there is no row.
pub fn capabilities_of(
    id: &str,
    ts_us: i64,
    origin: &str,
    orchestrators: &[Value],
) -> Result<Parsed, Drop> {
    let id = identity::event_id(id);
    let envelope = Envelope { id, ts_us, gateway: None, origin: origin.into() };
    fitted(capabilities(&envelope, orchestrators)?, 0)
}

/// The envelope's time, ms since 1970, for finding the newest of a file.
pub fn envelope_ms(line: &[u8]) -> Option<i64> {
    let event: Value = serde_json::from_slice(line).ok()?;
    time(event.as_object()?, "timestamp").map(|us| us / 1000)
}

/// What other programs put into the same topic.
fn is_noise(kind: &str, data: &Value) -> bool {
    let of = |key: &str| data.get(key).and_then(Value::as_str).unwrap_or_default();
    kind.starts_with("app_")
        || matches!(kind, "webrtc_stats" | "pipelines_api_request")
        || of("type").starts_with("app_")
        || of("client_source").starts_with("scope")
}

fn rows(kind: &str, e: &Envelope, data: &Value) -> Result<Vec<Row>, Drop> {
    let object = || data.as_object().ok_or(Drop::Malformed);
    match kind {
        "stream_trace" => Ok(vec![trace(e, object()?)?]),
        "ai_stream_status" => Ok(vec![status(e, object()?)]),
        "ai_stream_events" => Ok(vec![happened(e, object()?)?]),
        "stream_ingest_metrics" => ingest(e, object()?),
        "discovery_results" => discovery(e, data.as_array().ok_or(Drop::Malformed)?),
        "create_new_payment" => Ok(vec![payment(e, object()?)]),
        "network_capabilities" => capabilities(e, data.as_array().ok_or(Drop::Malformed)?),
        "create_signed_ticket" => Ok(vec![signed_ticket(e, object()?)]),
        topic if JOB_TOPICS.contains(&topic) => Ok(vec![job(topic, e, object()?)?]),
        _ => Err(Drop::UnknownType),
    }
}

fn trace(e: &Envelope, d: &Map<String, Value>) -> Result<Row, Drop> {
    let (orch_address, orch_url) = orchestrator(d);
    Ok(StreamTrace {
        event_id: e.id,
        item: 0,
        gateway_label: e.gateway.clone(),
        origin: Arc::clone(&e.origin),
        stream_id: text(d, "stream_id"),
        request_id: text(d, "request_id"),
        pipeline_id: text(d, "pipeline_id"),
        trace_type: text(d, "type").ok_or(Drop::Malformed)?,
        data_ts: time(d, "timestamp"),
        orch_address,
        orch_url,
        pipeline: text(d, "pipeline"),
        message: text(d, "message").or_else(|| text(d, "error")),
        duration_ms: number(d, "duration_ms"),
        swap_count: integer(d, "swap_count"),
    }
    .at(e.ts_us))
}

fn status(e: &Envelope, d: &Map<String, Value>) -> Row {
    let empty = Map::new();
    let part = |name: &str| d.get(name).and_then(Value::as_object).unwrap_or(&empty);
    let (input, inference) = (part("input_status"), part("inference_status"));
    let (orch_address, orch_url) = orchestrator(d);
    StreamStatus {
        event_id: e.id,
        item: 0,
        gateway_label: e.gateway.clone(),
        origin: Arc::clone(&e.origin),
        stream_id: text(d, "stream_id"),
        request_id: text(d, "request_id"),
        pipeline_id: text(d, "pipeline_id"),
        pipeline: text(d, "pipeline"),
        state: text(d, "state"),
        data_ts: time(d, "timestamp"),
        start_time: time(d, "start_time"),
        input_fps: number(input, "fps"),
        output_fps: number(inference, "fps"),
        last_input_time: time(input, "last_input_time"),
        last_output_time: time(inference, "last_output_time"),
        restart_count: integer(inference, "restart_count"),
        last_restart_time: time(inference, "last_restart_time"),
        last_error: text(inference, "last_error"),
        last_error_time: time(inference, "last_error_time"),
        orch_address,
        orch_url,
    }
    .at(e.ts_us)
}

fn happened(e: &Envelope, d: &Map<String, Value>) -> Result<Row, Drop> {
    let (orch_address, orch_url) = orchestrator(d);
    Ok(StreamEvent {
        event_id: e.id,
        item: 0,
        gateway_label: e.gateway.clone(),
        origin: Arc::clone(&e.origin),
        stream_id: text(d, "stream_id"),
        request_id: text(d, "request_id"),
        pipeline_id: text(d, "pipeline_id"),
        event_type: text(d, "type").ok_or(Drop::Malformed)?,
        data_ts: time(d, "timestamp").or_else(|| time(d, "time")),
        pipeline: text(d, "pipeline"),
        capability: text(d, "capability"),
        message: text(d, "message"),
        restart_count: integer(d, "restart_count"),
        restart_time: time(d, "restart_time"),
        orch_address,
        orch_url,
    }
    .at(e.ts_us))
}

fn ingest(e: &Envelope, d: &Map<String, Value>) -> Result<Vec<Row>, Drop> {
    let stats = d.get("stats").and_then(Value::as_object).ok_or(Drop::Malformed)?;
    let common = StreamIngest {
        event_id: e.id,
        gateway_label: e.gateway.clone(),
        origin: Arc::clone(&e.origin),
        stream_id: text(d, "stream_id"),
        request_id: text(d, "request_id"),
        pipeline_id: text(d, "pipeline_id"),
        data_ts: time(d, "timestamp"),
        ..StreamIngest::default()
    };
    let peer = stats.get("peer_conn_stats").and_then(Value::as_object);
    let connection = StreamIngest {
        bytes_received: peer.and_then(|p| integer(p, "BytesReceived")),
        bytes_sent: peer.and_then(|p| integer(p, "BytesSent")),
        conn_quality: text(stats, "conn_quality"),
        ..common.clone()
    };
    let mut rows = vec![connection.at(e.ts_us)];
    let tracks = stats.get("track_stats").and_then(Value::as_array);
    for (item, track) in (1i64..).zip(tracks.into_iter().flatten()) {
        let Some(t) = track.as_object() else { continue };
        let row = StreamIngest {
            item,
            track: text(t, "type"),
            jitter_ms: number(t, "jitter"),
            packets_lost: integer(t, "packets_lost"),
            packets_received: integer(t, "packets_received"),
            packet_loss_pct: number(t, "packet_loss_pct"),
            rtt_ns: integer(t, "rtt"),
            last_input_s: number(t, "last_input_ts"),
            last_output_s: number(t, "last_output_ts"),
            latency_s: number(t, "latency"),
            ..common.clone()
        };
        rows.push(row.at(e.ts_us));
    }
    Ok(rows)
}

fn discovery(e: &Envelope, results: &[Value]) -> Result<Vec<Row>, Drop> {
    let objects = results.iter().filter_map(Value::as_object);
    Ok((0i64..)
        .zip(objects)
        .map(|(item, d)| {
            DiscoveryResult {
                event_id: e.id,
                item,
                gateway_label: e.gateway.clone(),
                origin: Arc::clone(&e.origin),
                orch_address: lower(text(d, "address")),
                orch_url: text(d, "url"),
                latency_ms: number(d, "latency_ms"),
            }
            .at(e.ts_us)
        })
        .collect())
}

fn payment(e: &Envelope, d: &Map<String, Value>) -> Row {
    // "2402400000000000 WEI", "1635.021 wei/pixel": a decimal number, then its unit.
    let amount = |key: &str| {
        let whole = text(d, key)?;
        let number = whole.split_whitespace().next()?;
        is_decimal(number).then(|| Arc::from(number))
    };
    let unit = text(d, "price").and_then(|p| p.split_whitespace().nth(1).map(Arc::from));
    Payment {
        event_id: e.id,
        item: 0,
        gateway_label: e.gateway.clone(),
        origin: Arc::clone(&e.origin),
        request_id: text(d, "requestID"),
        session_id: text(d, "sessionID"),
        manifest_id: text(d, "manifestID"),
        capability: text(d, "capability"),
        recipient: lower(text(d, "recipient")),
        sender: lower(text(d, "sender")),
        orch_url: text(d, "orchestrator"),
        face_value_wei: amount("faceValue"),
        win_probability: amount("winProb"),
        tickets: integer(d, "numTickets"),
        price: amount("price"),
        price_unit: unit,
    }
    .at(e.ts_us)
}

fn signed_ticket(e: &Envelope, d: &Map<String, Value>) -> Row {
    SignedTicket {
        event_id: e.id,
        item: 0,
        gateway_label: e.gateway.clone(),
        origin: Arc::clone(&e.origin),
        session_id: text(d, "session_id"),
        session_status: text(d, "session_status"),
        app: text(d, "app"),
        pipeline: text(d, "pipeline"),
        request_id: text(d, "request_id"),
        orch_address: lower(text(d, "orch_address")),
        orch_url: text(d, "orch_url"),
        manifest_id: text(d, "manifest_id"),
        pm_session_id: text(d, "pm_session_id"),
        data_ts: time(d, "current_time_unix"),
        previous_ts: time(d, "previous_time_unix"),
        billable_s: number(d, "billable_secs"),
        pixels: integer(d, "pixels"),
        session_balance_wei: decimal(d, "session_balance"),
        computed_fee_wei: decimal(d, "computed_fee"),
        cost_wei: decimal(d, "cost"),
        sequence_number: integer(d, "sequence_number"),
        tickets: integer(d, "num_tickets"),
    }
    .at(e.ts_us)
}

fn job(topic: &str, e: &Envelope, d: &Map<String, Value>) -> Result<Row, Drop> {
    let flag = |key: &str| d.get(key).and_then(Value::as_bool).map(i64::from);
    let (mut orch_address, mut orch_url) = orchestrator(d);
    orch_address = orch_address.or_else(|| lower(text(d, "orchestrator_addr")));
    orch_url = orch_url.or_else(|| text(d, "orch_url"));
    // A worker's life is told again and again until it is drained: its own id tells it apart.
    let own_id = text(d, "id").filter(|_| topic == "worker_lifecycle");
    Ok(JobEvent {
        event_id: own_id.map_or(e.id, |id| identity::event_id(&id)),
        item: 0,
        gateway_label: e.gateway.clone(),
        origin: Arc::clone(&e.origin),
        topic: topic.into(),
        event_type: text(d, "type").ok_or(Drop::Malformed)?,
        data_ts: time(d, "timestamp").or_else(|| time(d, "completed_at")),
        request_id: text(d, "request_id"),
        stream_id: text(d, "stream_id"),
        attempt: integer(d, "attempt_index"),
        capability: text(d, "capability"),
        pipeline: text(d, "pipeline"),
        model: text(d, "model_id").or_else(|| text(d, "model")),
        orch_address,
        orch_url,
        success: flag("success"),
        selected: flag("selected"),
        streaming: flag("streaming"),
        duration_ms: number(d, "duration_ms").or_else(|| number(d, "total_duration_ms")),
        latency_ms: number(d, "latency_ms"),
        http_status: integer(d, "http_status"),
        error_type: text(d, "error_type"),
        error: text(d, "error"),
        tries: integer(d, "tries"),
        latency_score: number(d, "latency_score"),
        price_wei_per_unit: number(d, "price_per_unit"),
        available_capacity: integer(d, "available_capacity"),
        prompt_tokens: integer(d, "prompt_tokens"),
        completion_tokens: integer(d, "completion_tokens"),
        total_tokens: integer(d, "total_tokens"),
        tokens_per_second: number(d, "tokens_per_second"),
        first_token_ms: number(d, "ttft_ms"),
        finish_reason: text(d, "finish_reason"),
        sender: lower(text(d, "sender")),
        balance_wei: decimal(d, "balance"),
        with_tickets: flag("with_tickets"),
        worker_id: text(d, "worker_id"),
    }
    .at(e.ts_us))
}

/// An amount, as exact text: it may be beyond 64 bits, a fraction, or below 0.
fn decimal(d: &Map<String, Value>, key: &str) -> Option<Arc<str>> {
    let amount = match d.get(key)? {
        Value::String(s) => s.split_whitespace().next()?.to_owned(),
        Value::Number(n) => n.to_string(),
        _ => return None,
    };
    is_decimal(amount.strip_prefix('-').unwrap_or(&amount)).then(|| amount.into())
}

fn is_decimal(text: &str) -> bool {
    let mut parts = text.split('.');
    let digits = |p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit());
    parts.next().is_some_and(digits) && parts.next().is_none_or(digits) && parts.next().is_none()
}

/// Which orchestrator a capability row is of.
struct Who {
    address: Option<Arc<str>>,
    local: Option<Arc<str>>,
    uri: Option<Arc<str>>,
}

fn capabilities(e: &Envelope, orchestrators: &[Value]) -> Result<Vec<Row>, Drop> {
    let mut reports = Vec::new();
    let (mut models, mut gpus) = (Vec::new(), Vec::new());
    for o in orchestrators.iter().filter_map(Value::as_object) {
        let who = Who {
            address: lower(text(o, "address")),
            local: lower(text(o, "local_address")),
            uri: text(o, "orch_uri"),
        };
        let before = models.len();
        let capabilities = o.get("capabilities").and_then(Value::as_object);
        model_rows(e, &who, o, capabilities, &mut models);
        let hardware = o.get("hardware").and_then(Value::as_array);
        let distinct = hardware.map(|h| gpu_rows(e, &who, h, &mut gpus));
        let report = OrchestratorReport {
            event_id: e.id,
            item: count(reports.len()),
            gateway_label: e.gateway.clone(),
            origin: Arc::clone(&e.origin),
            orch_address: who.address,
            local_address: who.local,
            orch_uri: who.uri,
            version: capabilities.and_then(|c| text(c, "version")),
            models: Some(count(models.len() - before)),
            gpus: distinct,
        };
        reports.push(report.at(e.ts_us));
    }
    reports.append(&mut models);
    reports.append(&mut gpus);
    Ok(reports)
}

pub(super) fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// One row per capability and model of `constraints.PerCapability`: the bitstring lies.
fn model_rows(
    e: &Envelope,
    who: &Who,
    orchestrator: &Map<String, Value>,
    capabilities: Option<&Map<String, Value>>,
    out: &mut Vec<Row>,
) {
    let constraints =
        capabilities.and_then(|c| c.get("constraints")?.get("PerCapability")?.as_object());
    let prices = orchestrator.get("capabilities_prices").and_then(Value::as_array);
    for (number, capability) in constraints.into_iter().flatten() {
        let Ok(number) = number.parse::<i64>() else { continue };
        let models = capability.get("models").and_then(Value::as_object);
        for (model, m) in models.into_iter().flatten() {
            let Some(m) = m.as_object() else { continue };
            let price = prices.into_iter().flatten().filter_map(Value::as_object).find(|p| {
                integer(p, "capability") == Some(number)
                    && p.get("constraint").and_then(Value::as_str) == Some(model)
            });
            // Zero values are absent here; a slot count is unknown only where both are.
            let (idle, in_use) = (integer(m, "capacity"), integer(m, "capacityInUse"));
            let known = idle.or(in_use).is_some();
            let row = OrchestratorModel {
                event_id: e.id,
                item: count(out.len()),
                gateway_label: e.gateway.clone(),
                origin: Arc::clone(&e.origin),
                orch_address: who.address.clone(),
                local_address: who.local.clone(),
                orch_uri: who.uri.clone(),
                capability: Some(number),
                pipeline: PIPELINES.iter().find(|p| p.0 == number).map(|p| p.1.into()),
                model: Some(model.as_str().into()),
                warm: Some(i64::from(m.get("warm").and_then(Value::as_bool).unwrap_or(false))),
                runner_version: text(m, "runnerVersion"),
                capacity_idle: known.then(|| idle.unwrap_or(0)),
                capacity_in_use: known.then(|| in_use.unwrap_or(0)),
                price_per_unit: price.and_then(|p| integer(p, "pricePerUnit")),
                pixels_per_unit: price.and_then(|p| integer(p, "pixelsPerUnit")),
            };
            out.push(row.at(e.ts_us));
        }
    }
}

/// One row per GPU of a pipeline and model; gives how many different GPUs there are.
fn gpu_rows(e: &Envelope, who: &Who, hardware: &[Value], out: &mut Vec<Row>) -> i64 {
    let mut distinct = std::collections::BTreeSet::new();
    for h in hardware.iter().filter_map(Value::as_object) {
        let gpus = h.get("gpu_info").and_then(Value::as_object);
        for (index, gpu) in gpus.into_iter().flatten() {
            let Some(g) = gpu.as_object() else { continue };
            let id = text(g, "id").map(|uuid| Arc::from(identity::gpu_id(&uuid)));
            distinct.extend(id.clone());
            let row = OrchestratorGpu {
                event_id: e.id,
                item: count(out.len()),
                gateway_label: e.gateway.clone(),
                origin: Arc::clone(&e.origin),
                orch_address: who.address.clone(),
                local_address: who.local.clone(),
                orch_uri: who.uri.clone(),
                pipeline: text(h, "pipeline"),
                model: text(h, "model_id"),
                gpu_id: id,
                gpu_index: Some(index.as_str().into()),
                gpu_name: text(g, "name"),
                memory_total_bytes: integer(g, "memory_total"),
                memory_free_bytes: integer(g, "memory_free"),
                compute_major: integer(g, "major"),
                compute_minor: g.contains_key("major").then(|| integer(g, "minor").unwrap_or(0)),
            };
            out.push(row.at(e.ts_us));
        }
    }
    count(distinct.len())
}

fn orchestrator(d: &Map<String, Value>) -> (Option<Arc<str>>, Option<Arc<str>>) {
    let info = d.get("orchestrator_info").and_then(Value::as_object);
    (info.and_then(|i| lower(text(i, "address"))), info.and_then(|i| text(i, "url")))
}

/// Text that says something: empty and missing are both unknown.
pub(super) fn text(d: &Map<String, Value>, key: &str) -> Option<Arc<str>> {
    d.get(key)?.as_str().filter(|s| !s.is_empty()).map(Arc::from)
}

pub(super) fn lower(text: Option<Arc<str>>) -> Option<Arc<str>> {
    text.map(|t| Arc::from(t.to_ascii_lowercase()))
}

/// A number, or text that is one (payments and discovery write numbers as text).
pub(super) fn number(d: &Map<String, Value>, key: &str) -> Option<f64> {
    let number = match d.get(key)? {
        Value::Number(n) => n.as_f64()?,
        Value::String(s) => s.trim().parse().ok()?,
        _ => return None,
    };
    number.is_finite().then_some(number)
}

pub(super) fn integer(d: &Map<String, Value>, key: &str) -> Option<i64> {
    match d.get(key)? {
        Value::Number(n) => n.as_i64(),
        Value::String(s) => s.trim().parse().ok(),
        _ => None,
    }
}

/// A time in ms, as a number or as text; gives microseconds.
fn time(d: &Map<String, Value>, key: &str) -> Option<i64> {
    let ms = match d.get(key)? {
        Value::Number(n) => n.as_i64().or_else(|| {
            #[expect(clippy::cast_possible_truncation, reason = "checked against TIMES_MS below")]
            n.as_f64().map(|x| x as i64)
        })?,
        Value::String(s) => s.trim().parse().ok()?,
        _ => return None,
    };
    TIMES_MS.contains(&ms).then_some(ms * 1000)
}

fn shift(row: &mut Row, by_us: i64) {
    row.ts_us = row.ts_us.saturating_add(by_us);
    for (field, value) in row.entity.fields.iter().zip(&mut row.values) {
        if field.ty == FieldType::Timestamp
            && let Some(Cell::I64(us)) = value
        {
            *us = us.saturating_add(by_us);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn rows_of(event: &Value) -> Vec<Row> {
        let parsed = parse(event.to_string().as_bytes(), "organic", 0).unwrap();
        for row in &parsed.rows {
            assert_eq!(row.check(), Ok(()), "{row:?}");
        }
        parsed.rows
    }

    fn envelope(kind: &str, data: Value) -> Value {
        json!({ "id": "0b0c2f2e-6f5a-4a5e-9a25-0a3b5c7d9e11", "type": kind, "timestamp": "1780000000000", "gateway": "", "data": data })
    }

    fn status_event() -> Value {
        envelope(
            "ai_stream_status",
            json!({
                "type": "status", "pipeline": "m", "request_id": "r", "stream_id": "s", "pipeline_id": "",
                "start_time": 1_780_000_000_000i64, "state": "ONLINE", "timestamp": 1_780_000_000_002i64,
                "input_status": { "fps": 20.5, "last_input_time": null },
                "inference_status": { "fps": 17.25, "last_params": { "prompt": "SECRET" }, "last_restart_logs": ["SECRET"], "last_error": "x".repeat(5000), "restart_count": 0 },
                "orchestrator_info": { "address": "0xABCDEF", "url": "https://o.example:8935" }
            }),
        )
    }

    #[test]
    fn a_status_keeps_figures_and_leaves_prompts() {
        let rows = rows_of(&status_event());
        let row = &rows[0];
        assert_eq!(row.ts_us, 1_780_000_000_000_000);
        assert_eq!(row.get("output_fps"), Some(&Cell::F64(17.25)));
        assert_eq!(row.get("orch_address"), Some(&Cell::text("0xabcdef")));
        assert_eq!(row.get("pipeline_id"), None, "empty is unknown");
        assert_eq!(row.get("gateway_label"), None);
        assert!(matches!(row.get("last_error"), Some(Cell::Text(t)) if t.len() == 2048), "cut");
        assert!(!format!("{row:?}").contains("SECRET"));
    }

    #[test]
    fn a_shift_moves_every_time() {
        let parsed = parse(status_event().to_string().as_bytes(), "replayed", 5_000_000).unwrap();
        let row = &parsed.rows[0];
        assert_eq!(row.ts_us, 1_780_000_005_000_000);
        assert_eq!(row.get("start_time"), Some(&Cell::I64(1_780_000_005_000_000)));
        assert_eq!(row.get("origin"), Some(&Cell::text("replayed")));
        assert_eq!(parsed.cut, Some(Drop::TooLong));
    }

    #[test]
    fn a_payment_keeps_exact_decimals_and_leaves_the_client() {
        let rows = rows_of(&envelope(
            "create_new_payment",
            json!({ "clientIP": "192.0.2.1", "requestID": "", "faceValue": "99999999999999999999999 WEI", "winProb": "0.0009990010", "price": "1635.021 wei/pixel", "numTickets": "2", "sender": "0xAA", "recipient": "0xBB" }),
        ));
        let row = &rows[0];
        assert_eq!(row.get("face_value_wei"), Some(&Cell::text("99999999999999999999999")));
        assert_eq!(row.get("win_probability"), Some(&Cell::text("0.0009990010")));
        assert_eq!(row.get("price_unit"), Some(&Cell::text("wei/pixel")));
        assert_eq!(row.get("tickets"), Some(&Cell::I64(2)));
        assert_eq!(row.get("request_id"), None);
        assert!(!format!("{row:?}").contains("192.0.2.1"));
    }

    #[test]
    fn an_ingest_gives_a_connection_and_its_tracks() {
        let rows = rows_of(&envelope(
            "stream_ingest_metrics",
            json!({ "stream_id": "s", "request_id": "r", "timestamp": 1_780_000_000_000i64, "stats": {
                "peer_conn_stats": { "BytesReceived": 5, "BytesSent": 6 },
                "track_stats": [ { "type": "video", "jitter": 1.5, "packets_lost": -3 }, "nonsense", { "type": "audio", "packet_loss_pct": 400 } ] } }),
        ));
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[0].get("item"), Some(&Cell::I64(0)));
        assert_eq!(rows[0].get("bytes_received"), Some(&Cell::I64(5)));
        assert_eq!(rows[1].get("packets_lost"), Some(&Cell::I64(-3)));
        assert_eq!(rows[2].get("packet_loss_pct"), None, "out of range is unknown");
    }

    #[test]
    fn capabilities_give_orchestrators_models_and_gpus() {
        let uuid = "GPU-11111111-2222-3333-4444-555555555555";
        let rows = rows_of(&envelope(
            "network_capabilities",
            json!([
                { "address": "0xA", "local_address": "0xB", "orch_uri": "https://a:1",
                  "capabilities": { "version": "0.8.10", "bitstring": [1], "constraints": { "PerCapability": { "35": { "models": { "m": { "warm": true, "capacityInUse": 1 }, "n": {} } }, "999": { "models": { "x": { "capacity": 2 } } } } } },
                  "capabilities_prices": [ { "pricePerUnit": 1618, "pixelsPerUnit": 1, "capability": 35, "constraint": "m" } ],
                  "hardware": [ { "pipeline": "p", "model_id": "m", "gpu_info": { "0": { "id": uuid, "name": "G", "major": 12, "memory_total": 7 } } },
                                { "pipeline": "p", "model_id": "n", "gpu_info": { "0": { "id": uuid, "name": "G", "major": 12 } } } ] },
                { "address": "0xC", "orch_uri": "https://c:1", "capabilities": null, "capabilities_prices": null, "hardware": null }
            ]),
        ));
        let of = |entity: &str| rows.iter().filter(|r| r.entity.name == entity).collect::<Vec<_>>();
        let (reports, models, gpus) =
            (of("orchestrator_report"), of("orchestrator_model"), of("orchestrator_gpu"));
        assert_eq!((reports.len(), models.len(), gpus.len()), (2, 3, 2));
        assert_eq!(
            reports[0].get("gpus"),
            Some(&Cell::I64(1)),
            "one GPU, though it is listed twice"
        );
        assert_eq!(reports[1].get("gpus"), None, "tells nothing of its hardware");
        let m = models.iter().find(|r| r.get("model") == Some(&Cell::text("m"))).unwrap();
        assert_eq!(m.get("pipeline"), Some(&Cell::text("live-video-to-video")));
        assert_eq!(
            (m.get("capacity_idle"), m.get("capacity_in_use")),
            (Some(&Cell::I64(0)), Some(&Cell::I64(1)))
        );
        assert_eq!(m.get("price_per_unit"), Some(&Cell::I64(1618)));
        let n = models.iter().find(|r| r.get("model") == Some(&Cell::text("n"))).unwrap();
        assert_eq!(n.get("capacity_idle"), None, "both absent is unknown");
        assert_eq!(gpus[0].get("compute_minor"), Some(&Cell::I64(0)), "absent is 0 here");
        assert!(!format!("{rows:?}").contains("GPU-1111"), "the UUID goes no further");
        let items: Vec<_> = models.iter().map(|r| r.get("item").cloned()).collect();
        assert_eq!(items, [Some(Cell::I64(0)), Some(Cell::I64(1)), Some(Cell::I64(2))]);
    }

    #[test]
    fn a_signed_ticket_keeps_exact_amounts_and_leaves_who_is_authorised() {
        let rows = rows_of(&envelope(
            "create_signed_ticket",
            json!({ "session_id": "s", "session_status": "new", "orch_address": "0xAB", "current_time": "2026-06-23T10:00:00Z", "current_time_unix": 1_780_000_000_000i64, "billable_secs": 1.5, "pixels": 5_529_600, "session_balance": "-123456789012345678901234", "computed_fee": "12.5", "cost": "none", "sequence_number": 3, "num_tickets": 2, "auth_id": "SECRET" }),
        ));
        let row = &rows[0];
        assert_eq!(row.get("orch_address"), Some(&Cell::text("0xab")));
        assert_eq!(row.get("session_balance_wei"), Some(&Cell::text("-123456789012345678901234")));
        assert_eq!(row.get("computed_fee_wei"), Some(&Cell::text("12.5")));
        assert_eq!(row.get("cost_wei"), None, "no number");
        assert_eq!(row.get("billable_s"), Some(&Cell::F64(1.5)));
        assert_eq!(row.get("data_ts"), Some(&Cell::I64(1_780_000_000_000_000)));
        assert!(!format!("{row:?}").contains("SECRET"));
    }

    #[test]
    fn jobs_of_forks() {
        let rows = rows_of(&envelope(
            "ai_batch_request",
            json!({ "type": "ai_batch_request_completed", "request_id": "r", "pipeline": "text-to-image", "model_id": "m", "success": false, "tries": 3, "duration_ms": 120, "orch_url": "https://o:1", "price_per_unit": "7", "error_type": "timeout", "error": "no answer", "prompt": "SECRET" }),
        ));
        let row = &rows[0];
        assert_eq!(row.get("success"), Some(&Cell::I64(0)));
        assert_eq!(row.get("duration_ms"), Some(&Cell::F64(120.0)));
        assert_eq!(row.get("price_wei_per_unit"), Some(&Cell::F64(7.0)));
        assert_eq!(row.get("model"), Some(&Cell::text("m")));
        assert!(!format!("{row:?}").contains("SECRET"));
        let life = |envelope_id: &str| {
            let mut e = envelope(
                "worker_lifecycle",
                json!({ "type": "worker_registered", "id": "w-1", "worker_id": "w" }),
            );
            e["id"] = json!(envelope_id);
            rows_of(&e)[0].get("event_id").cloned()
        };
        assert_eq!(life("a"), life("b"), "told twice, and one row");
        let stopped = rows_of(&envelope(
            "stream_trace",
            json!({ "type": "stream_stopped", "duration_ms": 9000, "swap_count": 1, "error": "gone" }),
        ));
        assert_eq!(stopped[0].get("swap_count"), Some(&Cell::I64(1)));
        assert_eq!(stopped[0].get("message"), Some(&Cell::text("gone")));
    }

    #[test]
    fn what_gives_no_row_says_why() {
        let drop = |line: &str| parse(line.as_bytes(), "organic", 0).unwrap_err();
        assert_eq!(drop("{"), Drop::Malformed);
        assert_eq!(drop("[]"), Drop::Malformed);
        assert_eq!(drop(&envelope("app_x", json!({})).to_string()), Drop::Noise);
        assert_eq!(
            drop(&envelope("stream_trace", json!({ "client_source": "scope" })).to_string()),
            Drop::Noise
        );
        assert_eq!(
            drop(&envelope("an_event_of_tomorrow", json!({})).to_string()),
            Drop::UnknownType
        );
        assert_eq!(drop(&envelope("job_gateway", json!({})).to_string()), Drop::Malformed);
        let mut old = envelope("discovery_results", json!([]));
        for bad in [json!("soon"), json!(17), json!(null), json!(9_999_999_999_999i64)] {
            old["timestamp"] = bad;
            assert_eq!(drop(&old.to_string()), Drop::BadTime);
        }
    }

    proptest! {
        #[test]
        fn damaged_events_never_panic(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
            let mut bytes = status_event().to_string().into_bytes();
            let i = at.index(bytes.len());
            bytes[i] = byte;
            bytes.truncate(cut.index(bytes.len()) + 1);
            if let Ok(parsed) = parse(&bytes, "organic", i64::MAX) {
                for row in parsed.rows { prop_assert_eq!(row.check(), Ok(())); }
            }
        }

        #[test]
        fn wrong_types_never_panic(kind in prop::sample::select(vec!["stream_trace", "ai_stream_status", "ai_stream_events", "stream_ingest_metrics", "discovery_results", "create_new_payment", "network_capabilities", "create_signed_ticket", "job_gateway", "ai_llm_request"]), n in any::<i64>(), s in "\\PC{0,20}") {
            for data in [json!(n), json!(s), json!([n, s, { "address": n }]), json!({ "type": s, "stats": n }), json!({ "type": n }), json!([{ "capabilities": s, "hardware": [{ "gpu_info": { "0": n } }] }])] {
                if let Ok(parsed) = parse(envelope(kind, data).to_string().as_bytes(), "organic", 0) {
                    for row in parsed.rows { prop_assert_eq!(row.check(), Ok(())); }
                }
            }
        }
    }
}
