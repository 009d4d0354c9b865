//! Sessions of recorded events: what an agent reads of them, derived in process, against figures that
//! were computed from the same files without this code.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use naap_agent::source::gateway_event;
use naap_derive::event::{Event, Payment};
use naap_derive::fee::{Assigned, assign};
use naap_derive::rows;
use naap_derive::session::{Derived, derive};
use naap_derive::surroundings::Surroundings;
use naap_tests::{fixture, sample};
use serde_json::Value;

type Key = (Arc<str>, Arc<str>);

/// What a file of events says.
struct Recording {
    sessions: BTreeMap<Key, Vec<Event>>,
    payments: Vec<Payment>,
    around: Surroundings,
}

impl Recording {
    fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file).with_context(|| format!("{}", file.display()))?;
        let node: Arc<str> = "gateway-1".into();
        let mut found = Self {
            sessions: BTreeMap::new(),
            payments: Vec::new(),
            around: Surroundings::default(),
        };
        for line in text.lines() {
            let Ok(parsed) = gateway_event::parse(line.as_bytes(), "organic", 0) else { continue };
            for row in parsed.rows {
                if let Some(event) = rows::event(&row, &node)
                    && let Some(key) = rows::session(&row)
                {
                    found.sessions.entry(key).or_default().push(event);
                }
                found.payments.extend(rows::payment(&row, &node));
                if let Some(claim) = rows::claim(&row) {
                    found.around.add_claim(claim);
                }
            }
        }
        // The file is long over: whoever is silent has ended.
        found.around.set_data_through(&node, i64::MAX);
        Ok(found)
    }

    fn derived(&self) -> BTreeMap<String, (String, Derived)> {
        let once = |assigned: &[Assigned]| {
            let of = |(stream, request): &Key, events: &[Event]| {
                let derived = derive(stream, request, events, assigned, &self.around).unwrap();
                (request.to_string(), (stream.to_string(), derived))
            };
            self.sessions.iter().map(|(key, events)| of(key, events)).collect::<BTreeMap<_, _>>()
        };
        let spans = once(&[]);
        let span_of = |request: &str| spans.get(request).map(|(_, d)| d.span);
        once(&assign(&self.payments, &span_of))
    }
}

/// The figures of a session in the shape of the expected files.
fn figures(stream: &str, derived: &Derived) -> Value {
    let (_, s) = &derived.session;
    let source = match (s.e2e_media_ms, s.e2e_trace_ms) {
        (Some(_), _) => Some("MEDIA"),
        (None, Some(_)) => Some("TRACE"),
        (None, None) => None,
    };
    let leg = |(_, leg): &(i64, naap_schema::generated::StreamLeg)| serde_json::json!({ "orchestrator": leg.orchestrator.as_deref(), "uri": leg.orch_uri.as_deref() });
    serde_json::json!({
        "streamId": stream,
        "outcome": &*s.outcome,
        "endReason": s.end_reason.as_deref(),
        "swaps": s.swaps,
        "legs": derived.legs.iter().map(leg).collect::<Vec<_>>(),
        "ingestSamples": s.ingest_samples,
        "statusSamples": s.status_samples,
        "errorEvents": s.error_events,
        "startupMs": s.startup_ms,
        "timeToPlayableMs": s.playable_ms,
        "promptToFirstFrameMs": s.prompt_to_first_frame_ms,
        "e2eLatencyMs": s.e2e_media_ms.or(s.e2e_trace_ms),
        "e2eLatencySource": source,
        "outputFpsMean": s.output_fps_mean,
        "outputFpsMin": s.output_fps_min,
        "jitterCoefficient": s.jitter_coefficient,
        "uploadMbps": s.upload_mbps,
    })
}

/// Equal, but for the last digits of fractions: sums of doubles depend on who adds.
fn same(got: &Value, expected: &Value) -> bool {
    match (got, expected) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            (a - b).abs() <= 1e-12 * a.abs().max(b.abs())
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => got == expected,
    }
}

/// Every figure of every session of the file is as expected; gives how many sessions there are.
fn check(events: &Path, expected: &Path) -> Result<usize> {
    let derived = Recording::read(events)?.derived();
    let expected: BTreeMap<String, Value> = serde_json::from_str(
        &std::fs::read_to_string(expected).with_context(|| format!("{}", expected.display()))?,
    )?;
    let requests = |keys: Vec<&String>| keys.into_iter().cloned().collect::<Vec<_>>();
    assert_eq!(requests(derived.keys().collect()), requests(expected.keys().collect()));
    for (request, expected) in &expected {
        let (stream, derived) = &derived[request];
        let got = figures(stream, derived);
        for (figure, expected) in expected.as_object().unwrap() {
            assert!(
                same(&got[figure], expected),
                "{figure} of {request}: {}, expected {expected}",
                got[figure]
            );
        }
        for row in rows_of(derived) {
            assert_eq!(row.check(), Ok(()), "{row:?}");
        }
    }
    Ok(expected.len())
}

fn rows_of(derived: &Derived) -> Vec<naap_schema::Row> {
    let mut rows = vec![derived.session.1.clone().at(derived.session.0)];
    rows.extend(derived.legs.iter().map(|(ts, leg)| leg.clone().at(*ts)));
    rows.extend(derived.minutes.iter().map(|(ts, minute)| minute.clone().at(*ts)));
    rows
}

/// Scenario: three recordings of real gateways.
/// Guarantees: the figures that an independent script computed from them.
#[test]
fn recordings_of_real_gateways() -> Result<()> {
    let mut checked = 0;
    for n in 1..=3 {
        let Some(events) = sample(&format!("gateway_events_{n}.jsonl")) else { return Ok(()) };
        let Some(expected) = sample(&format!("gateway_events_{n}.expected.json")) else {
            return Ok(());
        };
        checked += check(&events, &expected)?;
    }
    assert_eq!(checked, 7);
    Ok(())
}

/// Scenario: recordings of our own, with what the real ones lack: swaps, failed swaps, returns, media
/// latency, counters that start again, skewed clocks, late events.
/// Guarantees: the figures worked out by hand beside them.
#[test]
fn recordings_of_our_own() -> Result<()> {
    for (name, sessions) in [("gateway_events", 3), ("sessions", 9)] {
        let file = |kind: &str| fixture(&format!("{name}.{kind}"));
        assert_eq!(check(&file("jsonl"), &file("expected.json"))?, sessions, "{name}");
    }
    Ok(())
}
