//! Scores against the same computed a second time, of legs of all kinds.
#![expect(clippy::cast_precision_loss, reason = "a test with counts of legs")]

use std::sync::Arc;

use naap_derive::sla::{FreshHours, LegFact, Span, benchmarks, scores};
use naap_schema::generated::Benchmark;
use naap_tests::independent::{Leg, everyone, expected};
use proptest::prelude::*;
use proptest::strategy::ValueTree;

/// The same leg as the crate reads it.
fn fact(leg: &Leg) -> LegFact {
    let requested = leg.counts && (leg.outcome == "SERVED" || leg.outcome == "FAILED");
    let viability_legs = requested && leg.status_samples >= 2;
    LegFact {
        ts_us: leg.start,
        ended_us: Some(leg.start + 1),
        orchestrator: leg.orchestrator.as_deref().map(Arc::from),
        pipeline: Some(leg.pipeline.as_str().into()),
        model: leg.model.as_deref().map(Arc::from),
        region: leg.region.as_deref().map(Arc::from),
        origin: leg.origin.as_str().into(),
        gateway: Some("gw".into()),
        counted: leg.counts,
        requested,
        served: requested && leg.outcome == "SERVED",
        swapped: requested && leg.swapped_away,
        playable: leg.playable,
        viability_legs,
        viable: viability_legs && leg.any_fps,
        signals_seen: leg.signals_seen,
        signals_expected: leg.signals_expected,
        prompt_to_first_frame_ms: leg.ptff_ms,
        e2e_media_ms: leg.e2e_ms,
        output_fps_mean: leg.fps,
        jitter_coefficient: None,
        fps_samples: leg.fps_samples,
        closed: leg.counts,
    }
}

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;
/// Noon, so that a score's day and its benchmark's end are not the same moment.
const END: i64 = 20_000 * DAY + 12 * HOUR;

/// Legs of nine days. Orchestrators differ in how good they are, so that all ends of the scales
/// are met; few models and regions, so that there are enough legs of each.
fn some_leg() -> impl Strategy<Value = Leg> {
    let who = (0usize..6, 0usize..3, 0usize..3, 0usize..10, 0i64..9 * 24 * 60);
    let went = (0usize..20, any::<bool>(), 0i64..5, any::<bool>(), 0i64..=3, 2i64..=3);
    let figures = (0.0f64..1.0, 0.0f64..1.0, 0.0f64..1.0, 0usize..8, 0i64..9);
    (who, went, figures).prop_map(|(who, went, figures)| {
        let (orchestrator, model, region, origin, minutes) = who;
        let (outcome, swap, status_samples, any_fps, seen, expected) = went;
        let outcome = match outcome {
            0..=14 => "SERVED",
            15..=17 => "FAILED",
            18 => "EXCUSED",
            _ => "OPEN",
        };
        let playable = outcome == "SERVED";
        let has = |n: usize| playable && figures.3 & (1 << n) == 0;
        let pace = 1.0 + orchestrator as f64;
        Leg {
            start: END - minutes * 60_000_000 - 1,
            orchestrator: (orchestrator < 5).then(|| format!("0x{orchestrator}")),
            pipeline: "live-video-to-video".into(),
            model: (model < 2).then(|| format!("m{model}")),
            region: (region < 2).then(|| format!("r{region}")),
            origin: ["organic", "test", "simulated"][(origin / 7) + (origin / 9)].into(),
            counts: outcome != "OPEN",
            outcome: outcome.into(),
            swapped_away: swap && outcome != "EXCUSED",
            playable,
            status_samples,
            any_fps: any_fps || status_samples > 3,
            signals_seen: if playable { seen.min(expected) } else { 0 },
            signals_expected: if playable { expected } else { 0 },
            ptff_ms: has(0).then_some(500.0 * pace + 2000.0 * figures.0),
            e2e_ms: has(1).then_some(300.0 * pace + 900.0 * figures.1),
            fps: has(2).then_some(30.0 / pace + 4.0 * figures.2),
            fps_samples: figures.4,
        }
    })
}

fn near(got: Option<f64>, want: Option<f64>, what: &str) -> Result<(), TestCaseError> {
    let same = match (got, want) {
        (Some(got), Some(want)) => (got - want).abs() < 1e-9,
        (None, None) => true,
        _ => false,
    };
    prop_assert!(same, "{}: {:?} is not {:?}", what, got, want);
    Ok(())
}

fn agree(legs: &[Leg], end: i64, span: Span, hours: i64) -> Result<usize, TestCaseError> {
    let facts: Vec<LegFact> = legs.iter().map(fact).collect();
    let usual = benchmarks(&facts, end.div_euclid(DAY) * DAY);
    let rows = scores(&facts, &usual, end, span, &FreshHours::default());
    let everyone = everyone(legs, end, hours);
    prop_assert_eq!(rows.len(), everyone.len());
    let mut scored = 0;
    for who in &everyone {
        let region = who.region.as_deref().unwrap_or("none");
        let row = rows.iter().map(|r| &r.1).find(|r| {
            *r.orchestrator == *who.orchestrator
                && *r.model == *who.model
                && *r.region == *region
                && *r.origin == *who.origin
        });
        let row = row.ok_or_else(|| TestCaseError::fail(format!("no row of {who:?}")))?;
        let want = expected(legs, who, end, hours);
        prop_assert_eq!(row.requested, i64::try_from(want.requested).ok());
        near(row.startup_success, want.startup_success, "startup success")?;
        near(row.no_swap, want.no_swap, "no swap")?;
        near(row.viability, want.viability, "viability")?;
        near(row.reliability, want.reliability, "reliability")?;
        near(row.ptff_term, Some(want.ptff), "PTFF")?;
        near(row.e2e_term, want.e2e, "E2E")?;
        near(row.fps_term, Some(want.fps), "FPS")?;
        near(row.quality, Some(want.quality), "quality")?;
        near(row.signal_coverage, want.coverage, "coverage")?;
        near(row.score, want.score, "score")?;
        scored += usize::from(row.score.is_some());
    }
    Ok(scored)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn both_give_the_same_scores(legs in prop::collection::vec(some_leg(), 0..1200)) {
        agree(&legs, END, Span::Day, 24)?;
        agree(&legs, END, Span::Week, 168)?;
        agree(&legs, END - 12 * HOUR, Span::Week, 168)?;
    }
}

/// A comparison of nothing with nothing would pass too.
#[test]
fn there_is_something_to_compare() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let legs = prop::collection::vec(some_leg(), 2400);
    let legs = legs.new_tree(&mut runner).expect("legs").current();
    let scored = agree(&legs, END, Span::Week, 168).expect("they agree");
    assert!(scored >= 20, "{scored}");
    let facts: Vec<LegFact> = legs.iter().map(fact).collect();
    let usable = benchmarks(&facts, END.div_euclid(DAY) * DAY);
    let organic = |b: &&(i64, Benchmark)| &*b.1.origin == "organic" && b.1.usable == Some(1);
    assert_eq!(usable.iter().filter(organic).count(), 6);
}
