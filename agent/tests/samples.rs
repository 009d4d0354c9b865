//! Every file of the sample data is read with no unexplained drop. Needs `NAAP_SAMPLES`; says so
//! where it is not set.
#![expect(clippy::print_stderr, clippy::unwrap_used, reason = "a test that says when it skips")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use naap_agent::source::events::{Events, read_all};
use naap_agent::source::prometheus::{self, Type};
use naap_agent::source::{Drops, gateway_event, node_http};
use naap_schema::{Row, Value};

fn sample(name: &str) -> Option<PathBuf> {
    let found = std::env::var_os("NAAP_SAMPLES").map(|d| PathBuf::from(d).join(name));
    let found = found.filter(|p| p.is_file());
    if found.is_none() {
        eprintln!("SKIPPED: sample {name} is not here; NAAP_SAMPLES names its folder");
    }
    found
}

async fn counts(name: &str) -> Option<(BTreeMap<&'static str, usize>, Drops, Vec<Row>)> {
    let path = sample(name)?;
    let mut source = Events::new("sample".into(), path, false, "replayed", 0);
    let (rows, drops) = read_all(&mut source).await.unwrap();
    let mut counts = BTreeMap::new();
    for row in &rows {
        assert_eq!(row.check(), Ok(()), "{row:?}");
        *counts.entry(row.entity.name).or_default() += 1;
    }
    Some((counts, drops, rows))
}

/// Connection rows, which are one per event.
fn connections(rows: &[Row]) -> usize {
    let first =
        |r: &&Row| r.entity.name == "stream_ingest" && r.get("item") == Some(&Value::I64(0));
    rows.iter().filter(first).count()
}

#[tokio::test]
async fn all_events_are_read() {
    if let Some((counts, drops, rows)) = counts("gateway_events_1.jsonl").await {
        assert_eq!(drops, Drops::new());
        assert_eq!(
            (connections(&rows), counts["stream_status"], counts["stream_trace"]),
            (34, 17, 6)
        );
        assert_eq!((counts["payment"], counts["discovery_result"]), (6, 1));
        assert!(counts["orchestrator_report"] > 0);
    }
    if let Some((counts, drops, rows)) = counts("gateway_events_2.jsonl").await {
        assert_eq!(drops, Drops::new());
        assert_eq!((counts["stream_event"], counts["stream_trace"], connections(&rows)), (2, 2, 1));
    }
    if let Some((counts, drops, rows)) = counts("gateway_events_3.jsonl").await {
        assert_eq!(drops, Drops::new());
        assert_eq!(
            (connections(&rows), counts["stream_status"], counts["stream_trace"]),
            (46, 22, 16)
        );
        assert_eq!((counts["payment"], counts["stream_event"]), (8, 6));
        assert!(!format!("{rows:?}").contains("REDACTED PROMPT"), "prompts are not read");
    }
}

#[test]
fn capability_reports_give_orchestrators_gpus_and_slots() {
    for (name, orchestrators, gpus, slots) in [
        ("network_capabilities_53.json", 52, 19, (15, 12)),
        ("network_capabilities_40.json", 40, 41, (73, 66)),
    ] {
        let Some(path) = sample(name) else { continue };
        let body = std::fs::read(path).unwrap();
        let polled = node_http::network_capabilities(&body, "x", 1, "replayed").unwrap();
        assert_eq!(polled.drops, Drops::new(), "{name}");
        let rows = polled.rows;
        // The poll and the event give the same.
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let event = serde_json::json!({ "id": "x", "type": "network_capabilities", "timestamp": "1780000000000", "gateway": "", "data": body["orchestrators"] });
        let told = gateway_event::parse(event.to_string().as_bytes(), "replayed", 0).unwrap().rows;
        assert!(rows.iter().map(|r| &r.values).eq(told.iter().map(|r| &r.values)), "{name}");
        let distinct = |entity: &str, field: &str| {
            let of = rows.iter().filter(|r| r.entity.name == entity);
            of.filter_map(|r| r.get(field).map(|v| format!("{v:?}"))).collect::<BTreeSet<_>>().len()
        };
        assert_eq!(distinct("orchestrator_report", "orch_address"), orchestrators, "{name}");
        assert_eq!(distinct("orchestrator_gpu", "gpu_id"), gpus, "{name}");
        let number = |r: &Row, field: &str| match r.get(field) {
            Some(Value::I64(i)) => Some(*i),
            _ => None,
        };
        let models = rows.iter().filter(|r| r.entity.name == "orchestrator_model");
        let of =
            models.filter_map(|r| number(r, "capacity_idle").zip(number(r, "capacity_in_use")));
        let plausible = of.filter(|(idle, used)| idle + used <= 64);
        let sum =
            plausible.fold((0, 0), |(all, free), (idle, used)| (all + idle + used, free + idle));
        assert_eq!(sum, slots, "{name}");
    }
}

#[test]
fn live_runners_are_read() {
    let Some(path) = sample("live_runner_discovery.json") else { return };
    let read = node_http::live_runners(&std::fs::read(path).unwrap(), "n", 1).unwrap();
    assert_eq!((read.rows.len(), &read.drops), (1, &Drops::new()));
    let row = &read.rows[0];
    for (field, text) in [
        ("pipeline", "live-video-to-video"),
        ("model", "scope"),
        ("region", "us-west"),
        ("price", "12345"),
        ("gpu_index", "0"),
    ] {
        assert_eq!(row.get(field), Some(&Value::text(text)), "{field}");
    }
    assert_eq!(row.get("memory_total_bytes"), Some(&Value::I64(46068 << 20)));
}

#[test]
fn metrics_pages_are_read_whole() {
    for (name, families) in [("metrics_gateway.txt", 67), ("metrics_orchestrator.txt", 38)] {
        let Some(path) = sample(name) else { continue };
        let text = std::fs::read_to_string(path).unwrap();
        let page = prometheus::parse(&text);
        assert_eq!((page.malformed, page.too_many), (0, 0), "{name}");
        let livepeer = page.samples.iter().filter(|s| s.name.starts_with("livepeer_"));
        let mut found = BTreeSet::new();
        for s in livepeer {
            let ty = page.type_of(s.name);
            assert!(ty != Type::Untyped, "{}", s.name);
            let base = match ty {
                Type::Histogram => {
                    ["_bucket", "_sum", "_count"].iter().find_map(|x| s.name.strip_suffix(x))
                }
                _ => None,
            };
            found.insert(base.unwrap_or(s.name).to_owned());
        }
        assert_eq!(found.len(), families, "{name}");
    }
}
