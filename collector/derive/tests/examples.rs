//! The worked examples of `docs/metrics.md`. Change one, and the other is wrong.

use naap_derive::demand::missing_minutes;
use naap_derive::job::{Around, JobEvent, Kind, derive};
use naap_derive::observed;
use naap_derive::sla::{FreshHours, LegFact, Span, benchmarks, scores};
use naap_derive::supply::{GpuRow, ModelRow, Report, buckets, report_rows};
use naap_schema::generated::{Benchmark, JobEvent as JobRow, SlaScore};
use naap_schema::histogram;
use uuid::Uuid;

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// A full hour in the middle of a day.
const NOON: i64 = 20_000 * DAY + 12 * HOUR;

fn near(got: Option<f64>, want: f64, within: f64) {
    assert!(got.is_some_and(|g| (g - want).abs() <= within), "{got:?} is not {want}");
}

fn good() -> LegFact {
    LegFact {
        ts_us: NOON - HOUR,
        ended_us: Some(NOON - HOUR + MINUTE),
        orchestrator: Some("0xa".into()),
        pipeline: Some("live-video-to-video".into()),
        model: Some("sdxl".into()),
        region: None,
        origin: "organic".into(),
        gateway: Some("gw-1".into()),
        counted: true,
        requested: true,
        served: true,
        swapped: false,
        playable: true,
        viability_legs: true,
        viable: true,
        signals_seen: 3,
        signals_expected: 3,
        prompt_to_first_frame_ms: Some(1000.0),
        e2e_media_ms: Some(800.0),
        output_fps_mean: Some(20.0),
        jitter_coefficient: Some(0.05),
        fps_samples: 30,
        closed: true,
    }
}

fn failed() -> LegFact {
    LegFact {
        served: false,
        swapped: true,
        playable: false,
        viable: false,
        signals_seen: 0,
        signals_expected: 0,
        prompt_to_first_frame_ms: None,
        e2e_media_ms: None,
        output_fps_mean: None,
        jitter_coefficient: None,
        fps_samples: 0,
        ..good()
    }
}

fn usual() -> Vec<(i64, Benchmark)> {
    let of = |figure: &str, p10, p50, p90| {
        let row = Benchmark {
            origin: "organic".into(),
            pipeline: "live-video-to-video".into(),
            model: "sdxl".into(),
            figure: figure.into(),
            usable: Some(1),
            p10: Some(p10),
            p50: Some(p50),
            p90: Some(p90),
            ..Benchmark::default()
        };
        (NOON - 12 * HOUR, row)
    };
    vec![
        of("prompt_to_first_frame_ms", 500.0, 1000.0, 3000.0),
        of("e2e_media_ms", 400.0, 800.0, 1600.0),
        of("output_fps_mean", 10.0, 20.0, 25.0),
    ]
}

fn score(legs: &[LegFact]) -> SlaScore {
    scores(legs, &usual(), NOON, Span::Day, &FreshHours::default())[0].1.clone()
}

#[test]
fn score_with_its_costs() {
    let mut legs = vec![good(); 8];
    legs.extend(vec![failed(); 2]);
    let s = score(&legs);
    for (got, want) in [
        (s.cost_startup_success, 5.6),
        (s.cost_no_swap, 2.8),
        (s.cost_viability, 5.6),
        (s.ptff_term, 0.9),
        (s.cost_ptff, 1.08),
        (s.e2e_term, 0.9),
        (s.cost_e2e, 0.72),
        (s.fps_term, 1.0),
        (s.cost_fps, 0.0),
        (s.signal_coverage, 1.0),
        (s.cost_coverage, 0.0),
        (s.score, 84.2),
    ] {
        near(got, want, 1e-9);
    }
    assert_eq!(s.fps_n, Some(240));
}

#[test]
fn score_of_72() {
    let slow = LegFact {
        prompt_to_first_frame_ms: Some(3500.0),
        e2e_media_ms: Some(1700.0),
        output_fps_mean: Some(13.9),
        ..good()
    };
    let mut legs = vec![LegFact { swapped: true, ..slow.clone() }; 4];
    legs.extend(vec![slow; 91]);
    legs.extend(vec![LegFact { viability_legs: false, ..failed() }; 5]);
    let s = score(&legs);
    near(s.reliability, 0.962, 1e-9);
    near(s.quality, 0.156, 1e-9);
    near(s.score, 72.0, 0.05);
    // Flawless, and nothing to hold it against.
    let s = &scores(&vec![good(); 10], &[], NOON, Span::Day, &FreshHours::default())[0].1;
    near(s.score, 85.0, 1e-9);
}

#[test]
fn benchmark() {
    let legs: Vec<LegFact> = (1u8..=21)
        .map(|i| LegFact {
            ts_us: NOON - DAY,
            orchestrator: Some(format!("0x{}", i % 3).into()),
            prompt_to_first_frame_ms: Some(f64::from(i)),
            ..good()
        })
        .collect();
    let rows = benchmarks(&legs, NOON - 12 * HOUR);
    let row = &rows.iter().find(|r| &*r.1.figure == "prompt_to_first_frame_ms").unwrap().1;
    near(row.p10, 3.0, 1e-9);
    near(row.p50, 11.0, 1e-9);
    near(row.p90, 19.0, 1e-9);
    assert_eq!(row.usable, Some(1));
}

#[test]
fn compliance() {
    let in_hour = |hour: i64, leg: LegFact| LegFact { ts_us: NOON - hour * HOUR, ..leg };
    let mut legs = vec![in_hour(4, good()); 99];
    legs.push(in_hour(4, failed()));
    legs.extend(vec![in_hour(3, good()); 94]);
    legs.extend(vec![in_hour(3, LegFact { swapped: true, ..good() }); 4]);
    legs.extend(vec![in_hour(3, failed()); 2]);
    legs.extend(vec![in_hour(2, good()); 19]);
    legs.push(in_hour(2, LegFact { swapped: true, ..good() }));
    legs.push(in_hour(1, LegFact { requested: false, ..failed() }));
    let s = score(&legs);
    assert_eq!((s.startup_met, s.startup_hours), (Some(2), Some(3)));
    assert_eq!((s.swap_met, s.swap_hours), (Some(2), Some(3)));
}

#[test]
fn demand() {
    let mut minutes: Vec<f64> = (1u8..=19).map(f64::from).collect();
    minutes.push(5000.0);
    near(missing_minutes(4, &minutes), 42.0, 1e-9);
}

fn report(minute: i64, idle: i64, in_use: i64) -> Report {
    let gpu = |id: &str| GpuRow {
        gpu_id: Some(id.into()),
        name: Some("RTX 4090".into()),
        memory_bytes: None,
    };
    Report {
        ts_us: NOON + minute * MINUTE,
        node: "gw-1".into(),
        origin: "organic".into(),
        address: "0xa".into(),
        uri: "https://orch.example:8935".into(),
        hot_wallet: None,
        version: None,
        models: vec![ModelRow {
            capability: Some(35),
            pipeline: Some("live-video-to-video".into()),
            model: Some("sdxl".into()),
            warm: Some(true),
            idle: Some(idle),
            in_use: Some(in_use),
            price: Some(1618),
            units_per_price: Some(1),
        }],
        gpus: Some(vec![gpu("a"), gpu("b"), gpu("c")]),
    }
}

#[test]
fn supply() {
    let row = report_rows(&report(0, 1, 2), None).0.1;
    assert_eq!((row.slots, row.slots_idle, row.gpus), (Some(3), Some(1), Some(3)));
    let over = |to| buckets(&[report(0, 1, 2), report(to, 1, 2)], &|_| None, NOON, NOON + 2 * HOUR);
    let (rows, gpus) = over(25);
    assert_eq!(rows.len(), 5);
    for (_, row) in &rows {
        assert_eq!((row.known_s, row.slot_s), (Some(300.0), Some(900.0)));
        near(row.price_wei_per_minute, 2_684_067_840_000.0, 1e-3);
    }
    near(Some(gpus.iter().filter_map(|g| g.1.gpu_hours).sum()), 1.25, 1e-9);
    assert_eq!(over(51), (Vec::new(), Vec::new()));
}

#[test]
fn reported_against_observed() {
    let leg = |from: i64, to: i64| LegFact {
        ts_us: NOON + from * MINUTE,
        ended_us: Some(NOON + to * MINUTE),
        ..good()
    };
    let legs = [leg(0, 30), leg(20, 40), leg(30, 40)];
    let rows = observed::hour(&[report(0, 3, 1), report(25, 6, 2)], &legs, NOON);
    near(rows[0].1.reported, 6.0, 1e-9);
    near(rows[0].1.observed, 2.0, 1e-9);
    near(rows[0].1.ratio, 3.0, 1e-9);
    near(rows[1].1.reported, 1.5, 1e-9);
    near(rows[1].1.observed, 1.0, 1e-9);
    near(rows[1].1.ratio, 1.5, 1e-9);
}

#[test]
fn job() {
    let event = |n: u128, at_us: i64, event_type: &str, success: Option<i64>| {
        let row = JobRow {
            event_id: Uuid::from_u128(n),
            origin: "organic".into(),
            topic: "job_gateway".into(),
            event_type: event_type.into(),
            request_id: Some("r".into()),
            success,
            ..JobRow::default()
        };
        JobEvent::of(&row.at(NOON + at_us), &"gw-1".into()).unwrap()
    };
    let events = [
        event(1, 0, "job_gateway_submitted", None),
        event(2, 2 * SECOND, "job_gateway_completed", Some(0)),
        event(3, 3 * SECOND, "job_gateway_submitted", None),
        event(4, 4_500_000, "job_gateway_completed", Some(1)),
    ];
    let around =
        Around { region: &|_, _| None, orchestrator: &|_, _, _| None, data_through_us: NOON };
    let (ts, job) = derive("r", Kind::Byoc, &events, &around).unwrap();
    assert_eq!((ts, &*job.outcome, job.tries), (NOON, "SERVED", Some(2)));
    near(job.duration_ms, 4500.0, 1e-9);
}

#[test]
fn distribution() {
    let startups = [820.0, 900.0, 950.0, 1010.0, 1100.0, 1240.0, 1500.0, 2100.0, 4800.0, 9000.0];
    let mut counts = std::collections::BTreeMap::new();
    for ms in startups {
        *counts.entry(histogram::bucket(ms, (1.0, 3_600_000.0))).or_insert(0u64) += 1;
    }
    let counts: Vec<_> = counts.into_iter().collect();
    assert_eq!(histogram::bucket(4800.0, (1.0, 3_600_000.0)), 212);
    near(histogram::quantile(&counts, 0.95), 4711.0, 0.5);
}

#[test]
fn coverage() {
    let short = LegFact { signals_seen: 2, signals_expected: 2, ..good() };
    let poor = LegFact { signals_seen: 1, signals_expected: 3, ..good() };
    near(score(&[short, poor]).signal_coverage, 2.0 / 3.0, 1e-9);
}
