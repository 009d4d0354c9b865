//! Rows as they are stored to what derivation reads.

use std::sync::Arc;

use naap_schema::{Row, Value};
use uuid::Uuid;

use crate::event::{Claim, Correction, CorrectionKind, Event, Payment, What};
use crate::identity;

/// Stream and request of a row of a live stream; `None` if one of the two is missing: it is part of
/// no session.
pub fn session(row: &Row) -> Option<(Arc<str>, Arc<str>)> {
    Some((text(row, "stream_id")?, text(row, "request_id")?))
}

/// The event that a row of `stream_trace`, `stream_status`, `stream_ingest` or `stream_event` is,
/// reported by `node`; `None` for other rows.
pub fn event(row: &Row, node: &Arc<str>) -> Option<Event> {
    let what = match row.entity.name {
        "stream_trace" => What::Trace {
            kind: text(row, "trace_type")?,
            data_us: integer(row, "data_ts"),
            message: text(row, "message"),
        },
        "stream_status" => What::Status {
            state: text(row, "state"),
            data_us: integer(row, "data_ts"),
            start_us: integer(row, "start_time"),
            input_fps: number(row, "input_fps"),
            output_fps: number(row, "output_fps"),
            restart_count: integer(row, "restart_count"),
        },
        "stream_ingest" if integer(row, "item") == Some(0) => {
            What::Connection { bytes_received: integer(row, "bytes_received") }
        }
        "stream_ingest" => What::Track {
            track: text(row, "track"),
            packets_lost: integer(row, "packets_lost"),
            packets_received: integer(row, "packets_received"),
            last_output_s: number(row, "last_output_s"),
            latency_s: number(row, "latency_s"),
        },
        "stream_event" => What::Happened {
            kind: text(row, "event_type")?,
            message: text(row, "message"),
            restart_count: integer(row, "restart_count"),
        },
        _ => return None,
    };
    Some(Event {
        ts_us: row.ts_us,
        event_id: uuid(row, "event_id")?,
        item: integer(row, "item")?,
        node: Arc::clone(node),
        origin: text(row, "origin")?,
        gateway_label: text(row, "gateway_label"),
        pipeline: text(row, "pipeline"),
        orch_url: text(row, "orch_url"),
        hot_wallet: text(row, "orch_address").as_deref().and_then(identity::address),
        what,
    })
}

/// The payment that a row of `payment` is, reported by `node`; `None` for other rows.
pub fn payment(row: &Row, node: &Arc<str>) -> Option<Payment> {
    if row.entity.name != "payment" {
        return None;
    }
    Some(Payment {
        ts_us: row.ts_us,
        event_id: uuid(row, "event_id")?,
        node: Arc::clone(node),
        origin: text(row, "origin")?,
        request_id: text(row, "request_id"),
        session_id: text(row, "session_id"),
        manifest_id: text(row, "manifest_id"),
        recipient: text(row, "recipient").as_deref().and_then(identity::address),
        sender: text(row, "sender").as_deref().and_then(identity::address),
        orch_url: text(row, "orch_url"),
        face_value_wei: text(row, "face_value_wei"),
        win_probability: text(row, "win_probability"),
        tickets: integer(row, "tickets"),
        price: text(row, "price"),
        price_unit: text(row, "price_unit"),
    })
}

/// What a row of `orchestrator_report` says of who an orchestrator is; `None` for other rows, and
/// without an address or a URI.
pub fn claim(row: &Row) -> Option<Claim> {
    if row.entity.name != "orchestrator_report" {
        return None;
    }
    Some(Claim {
        ts_us: row.ts_us,
        address: identity::address(&text(row, "orch_address")?)?,
        hot_wallet: text(row, "local_address").as_deref().and_then(identity::address),
        uri: text(row, "orch_uri")?,
    })
}

/// The correction that a row of `correction` is; `None` for other rows, and for one that is void,
/// revoked or of a kind unknown here.
pub fn correction(row: &Row) -> Option<Correction> {
    let off = |field: &str| integer(row, field).is_some_and(|x| x != 0);
    if row.entity.name != "correction" || off("void") || off("revoked") {
        return None;
    }
    let kind = match &*text(row, "kind")? {
        "uri" => CorrectionKind::Uri,
        "address" => CorrectionKind::Address,
        "origin" => CorrectionKind::Origin,
        _ => return None,
    };
    Some(Correction {
        made_us: row.ts_us,
        kind,
        subject: text(row, "subject")?,
        value: text(row, "value")?,
        from_us: integer(row, "valid_from"),
        to_us: integer(row, "valid_to"),
    })
}

fn text(row: &Row, field: &str) -> Option<Arc<str>> {
    match row.get(field)? {
        Value::Text(t) if !t.is_empty() => Some(Arc::clone(t)),
        _ => None,
    }
}

fn integer(row: &Row, field: &str) -> Option<i64> {
    match row.get(field)? {
        Value::I64(i) => Some(*i),
        _ => None,
    }
}

fn number(row: &Row, field: &str) -> Option<f64> {
    match row.get(field)? {
        Value::F64(x) => Some(*x),
        _ => None,
    }
}

fn uuid(row: &Row, field: &str) -> Option<Uuid> {
    match row.get(field)? {
        Value::Uuid(u) => Some(*u),
        _ => None,
    }
}
