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
        "node" => CorrectionKind::Node,
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

#[cfg(test)]
mod tests {
    use naap_schema::generated as g;

    use super::*;

    fn node() -> Arc<str> {
        "gw".into()
    }

    #[test]
    fn events_keep_what_figures_need() {
        let id = Uuid::from_u128(7);
        let status = g::StreamStatus {
            event_id: id,
            origin: "organic".into(),
            stream_id: Some("s".into()),
            request_id: Some("r".into()),
            pipeline: Some("m".into()),
            state: Some("ONLINE".into()),
            data_ts: Some(1),
            start_time: Some(2),
            input_fps: Some(3.0),
            output_fps: Some(4.0),
            restart_count: Some(5),
            orch_address: Some("0xAB".into()),
            orch_url: Some("https://a:1".into()),
            ..g::StreamStatus::default()
        };
        let row = status.at(9);
        assert_eq!(session(&row), Some(("s".into(), "r".into())));
        let what = What::Status {
            state: Some("ONLINE".into()),
            data_us: Some(1),
            start_us: Some(2),
            input_fps: Some(3.0),
            output_fps: Some(4.0),
            restart_count: Some(5),
        };
        let expected = Event {
            ts_us: 9,
            event_id: id,
            item: 0,
            node: node(),
            origin: "organic".into(),
            gateway_label: None,
            pipeline: Some("m".into()),
            orch_url: Some("https://a:1".into()),
            hot_wallet: Some("0xab".into()),
            what,
        };
        assert_eq!(event(&row, &node()), Some(expected));
    }

    #[test]
    fn the_first_item_of_an_ingest_is_the_connection() {
        let ingest = g::StreamIngest {
            origin: "organic".into(),
            bytes_received: Some(5),
            track: Some("video".into()),
            packets_lost: Some(-1),
            packets_received: Some(6),
            last_output_s: Some(7.0),
            latency_s: Some(8.0),
            ..g::StreamIngest::default()
        };
        let of =
            |item| event(&g::StreamIngest { item, ..ingest.clone() }.at(9), &node()).unwrap().what;
        assert_eq!(of(0), What::Connection { bytes_received: Some(5) });
        let track = What::Track {
            track: Some("video".into()),
            packets_lost: Some(-1),
            packets_received: Some(6),
            last_output_s: Some(7.0),
            latency_s: Some(8.0),
        };
        assert_eq!(of(2), track);
    }

    #[test]
    fn traces_and_what_happened() {
        let trace = g::StreamTrace {
            origin: "organic".into(),
            trace_type: "orchestrator_swap".into(),
            message: Some("slow".into()),
            ..g::StreamTrace::default()
        };
        let expected = What::Trace {
            kind: "orchestrator_swap".into(),
            data_us: None,
            message: Some("slow".into()),
        };
        assert_eq!(event(&trace.at(9), &node()).unwrap().what, expected);
        let happened = g::StreamEvent {
            origin: "organic".into(),
            event_type: "restart".into(),
            restart_count: Some(2),
            ..g::StreamEvent::default()
        };
        let row = happened.at(9);
        assert_eq!(session(&row), None, "without a stream it is part of no session");
        let expected =
            What::Happened { kind: "restart".into(), message: None, restart_count: Some(2) };
        assert_eq!(event(&row, &node()).unwrap().what, expected);
        assert_eq!(payment(&row, &node()), None);
        assert_eq!((claim(&row), correction(&row)), (None, None));
    }

    #[test]
    fn payments_and_claims_have_addresses_in_lower_case() {
        let row = g::Payment {
            origin: "organic".into(),
            recipient: Some("0xAB".into()),
            sender: Some("0x00".into()),
            tickets: Some(2),
            price_unit: Some("wei/pixel".into()),
            ..g::Payment::default()
        };
        let p = payment(&row.clone().at(9), &node()).unwrap();
        assert_eq!((p.recipient.as_deref(), p.sender, p.tickets), (Some("0xab"), None, Some(2)));
        assert_eq!(event(&row.at(9), &node()), None);
        let report = g::OrchestratorReport {
            origin: "organic".into(),
            orch_address: Some("0xAB".into()),
            local_address: Some("0xCD".into()),
            orch_uri: Some("https://a:1".into()),
            ..g::OrchestratorReport::default()
        };
        let c = claim(&report.clone().at(9)).unwrap();
        assert_eq!((c.ts_us, &*c.address, c.hot_wallet.as_deref()), (9, "0xab", Some("0xcd")));
        let nobody = g::OrchestratorReport { orch_address: Some("0x0".into()), ..report };
        assert_eq!(claim(&nobody.at(9)), None);
    }

    #[test]
    fn corrections_in_force() {
        let row = g::Correction {
            kind: "origin".into(),
            subject: "mine-".into(),
            value: "test".into(),
            valid_from: Some(3),
            author: "someone".into(),
            reason: "mine".into(),
            ..g::Correction::default()
        };
        let c = correction(&row.clone().at(9)).unwrap();
        assert_eq!(
            (c.made_us, c.kind, c.from_us, c.to_us),
            (9, CorrectionKind::Origin, Some(3), None)
        );
        assert_eq!(correction(&g::Correction { revoked: Some(1), ..row.clone() }.at(9)), None);
        assert_eq!(correction(&g::Correction { void: 1, ..row.clone() }.at(9)), None);
        assert_eq!(correction(&g::Correction { kind: "odd".into(), ..row }.at(9)), None);
    }
}
