//! From what a gateway says of all orchestrators, as its agent reads it, to supply.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Context, Result};
use naap_agent::source::gateway_event;
use naap_derive::supply::{self, Report};
use naap_schema::Row;
use naap_tests::{fixture, sample};
use serde_json::Value;

/// 2026-01-01, microseconds.
const TS_US: i64 = 1_767_225_600_000_000;
const MINUTE_US: i64 = 60_000_000;

fn of<'a>(rows: &'a [Row], entity: &'a str) -> impl Iterator<Item = Row> + 'a {
    rows.iter().filter(move |r| r.entity.name == entity).cloned()
}

fn reports(rows: &[Row]) -> Vec<Report> {
    let of = |entity| -> Vec<Row> { of(rows, entity).collect() };
    supply::reports(
        &of("orchestrator_report"),
        &of("orchestrator_model"),
        &of("orchestrator_gpu"),
        &Arc::from("gw-1"),
    )
}

/// What a file of a gateway's answer gives, asked at a time.
fn asked(file: &std::path::Path, ts_us: i64) -> Result<Vec<Report>> {
    let body: Value = serde_json::from_slice(&std::fs::read(file)?)?;
    let orchestrators = body["orchestrators"].as_array().context("no orchestrators")?;
    let id = format!("look {ts_us}");
    let parsed = gateway_event::capabilities_of(&id, ts_us, "organic", orchestrators)
        .map_err(|why| anyhow::anyhow!("{why:?}"))?;
    Ok(reports(&parsed.rows))
}

/// Orchestrators by address, GPUs, slots, idle slots, implausible rows and their slots.
#[derive(Debug, PartialEq)]
struct Totals {
    orchestrators: usize,
    gpus: i64,
    slots: i64,
    idle: i64,
    implausible: (i64, i64),
}

fn totals(reports: &[Report]) -> Result<Totals> {
    let rows: Vec<_> = reports.iter().map(|r| supply::report_rows(r, None)).collect();
    for ((ts, row), places) in &rows {
        row.clone().at(*ts).check()?;
        assert_eq!(i64::try_from(places.len())?, row.gpus.unwrap_or(0), "a place for each GPU");
        for (ts, place) in places {
            place.clone().at(*ts).check()?;
        }
    }
    let sum = |of: fn(&naap_schema::generated::SupplyReport) -> Option<i64>| -> i64 {
        rows.iter().filter_map(|r| of(&r.0.1)).sum()
    };
    let addresses: BTreeSet<_> = reports.iter().map(|r| &r.address).collect();
    let places: BTreeSet<_> = rows.iter().flat_map(|r| &r.1).map(|p| &p.1.gpu_slot).collect();
    let gpus = sum(|r| r.gpus);
    assert_eq!(i64::try_from(places.len())?, gpus, "no two GPUs are in one place");
    Ok(Totals {
        orchestrators: addresses.len(),
        gpus,
        slots: sum(|r| r.slots),
        idle: sum(|r| r.slots_idle),
        implausible: (sum(|r| r.implausible_models), sum(|r| r.implausible_slots)),
    })
}

fn gpu_hours(reports: &[Report]) -> f64 {
    let mut uris: Vec<_> = reports.iter().map(|r| (&r.address, &r.uri)).collect();
    uris.sort();
    uris.dedup();
    let (from, to) = (TS_US - 60 * MINUTE_US, TS_US + 240 * MINUTE_US);
    let of = |(address, uri)| -> f64 {
        let one: Vec<Report> =
            reports.iter().filter(|r| (&r.address, &r.uri) == (address, uri)).cloned().collect();
        let (_, gpus) = supply::buckets(&one, &|_| None, from, to);
        gpus.iter().filter_map(|g| g.1.gpu_hours).sum()
    };
    uris.into_iter().map(of).sum()
}

fn check(file: &str, want: &Totals) -> Result<()> {
    let Some(file) = sample(file) else { return Ok(()) };
    let first = asked(&file, TS_US)?;
    assert_eq!(&totals(&first)?, want);
    let untold = first.iter().filter(|r| r.gpus.is_none()).count();
    assert!(untold > 0 && untold < first.len(), "some tell nothing of their hardware");
    // Asked again after 25 minutes, by two gateways: what they say holds for 25 minutes, once.
    let mut looks = [first, asked(&file, TS_US + 25 * MINUTE_US)?].concat();
    let again = looks.iter().map(|r| Report { node: "gw-2".into(), ..r.clone() });
    looks.extend(again.collect::<Vec<_>>());
    let hours = gpu_hours(&looks);
    let want = f64::from(u32::try_from(want.gpus)?) * 25.0 / 60.0;
    assert!((hours - want).abs() < 1e-9, "{hours}");
    Ok(())
}

/// Scenario: the answer of a real gateway with 53 orchestrators, one of them listed twice.
/// Guarantees: 52 by address, GPUs and slots as they are, implausible rows kept and flagged.
#[test]
fn supply_of_53_orchestrators() -> Result<()> {
    let want =
        Totals { orchestrators: 52, gpus: 19, slots: 15, idle: 12, implausible: (7, 189_204) };
    check("network_capabilities_53.json", &want)
}

/// Scenario: the answer of another one with 40.
/// Guarantees: the same.
#[test]
fn supply_of_40_orchestrators() -> Result<()> {
    let want = Totals { orchestrators: 40, gpus: 41, slots: 73, idle: 66, implausible: (3, 718) };
    check("network_capabilities_40.json", &want)
}

/// Scenario: the capability report among the events of our own fixture.
/// Guarantees: what is unknown of the second orchestrator stays so.
#[test]
fn supply_of_an_event() -> Result<()> {
    let events = std::fs::read_to_string(fixture("gateway_events.jsonl"))?;
    let line = events.lines().find(|l| l.contains("\"network_capabilities\"")).context("none")?;
    let parsed = gateway_event::parse(line.as_bytes(), "organic", 0)
        .map_err(|why| anyhow::anyhow!("{why:?}"))?;
    let mut reports = reports(&parsed.rows);
    reports.sort_by(|a, b| a.uri.cmp(&b.uri));
    let rows: Vec<_> = reports.iter().map(|r| supply::report_rows(r, None).0.1).collect();
    assert_eq!(rows.len(), 2);
    assert_eq!(&*rows[0].orchestrator, "0x00000000000000000000000000000000000b1111");
    assert_eq!(&*rows[0].orch_uri, "https://one.orchestrator.example:8935");
    assert_eq!((rows[0].slots, rows[0].slots_idle, rows[0].gpus), (Some(1), Some(0), Some(1)));
    assert_eq!(rows[0].gpu_names.as_deref(), Some("NVIDIA GeForce RTX 4090 x1"));
    assert_eq!((rows[1].slots, rows[1].gpus, rows[1].models), (None, None, Some(0)));
    Ok(())
}
