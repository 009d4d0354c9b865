//! The score once more, written down from the definitions alone, as plainly as it can be: no line of
//! it is shared with the crate, so that both would have to be wrong in the same way. Tests that know
//! the truth of a network hold its scores against [`expected`] too.

#![expect(clippy::cast_precision_loss, reason = "a test with counts of legs")]

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

/// A leg, as whoever made it knows it. Times are microseconds since 1970 UTC.
#[derive(Debug, Clone, PartialEq)]
pub struct Leg {
    /// Its start.
    pub start: i64,
    /// On-chain address; none: unresolved.
    pub orchestrator: Option<String>,
    /// Pipeline.
    pub pipeline: String,
    /// Model.
    pub model: Option<String>,
    /// Region of the gateway.
    pub region: Option<String>,
    /// organic, test, …
    pub origin: String,
    /// Playable or closed.
    pub counts: bool,
    /// SERVED, FAILED, EXCUSED, …
    pub outcome: String,
    /// It was swapped away from.
    pub swapped_away: bool,
    /// It became playable.
    pub playable: bool,
    /// Status samples.
    pub status_samples: i64,
    /// Any of them had FPS.
    pub any_fps: bool,
    /// Signals seen.
    pub signals_seen: i64,
    /// Signals expected.
    pub signals_expected: i64,
    /// Prompt to first frame, ms.
    pub ptff_ms: Option<f64>,
    /// Media latency, ms.
    pub e2e_ms: Option<f64>,
    /// Output frames per second.
    pub fps: Option<f64>,
    /// Samples behind it.
    pub fps_samples: i64,
}

/// Whose score.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Whose {
    /// Address.
    pub orchestrator: String,
    /// Pipeline.
    pub pipeline: String,
    /// Model.
    pub model: String,
    /// Region of the gateway.
    pub region: Option<String>,
    /// organic, test, …
    pub origin: String,
}

/// What the definitions give.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    /// Legs requested.
    pub requested: usize,
    /// Served of requested.
    pub startup_success: Option<f64>,
    /// 1 − swapped of requested.
    pub no_swap: Option<f64>,
    /// Viable of sampled.
    pub viability: Option<f64>,
    /// The first part.
    pub reliability: Option<f64>,
    /// Term of prompt to first frame.
    pub ptff: f64,
    /// Term of media latency; none: left out.
    pub e2e: Option<f64>,
    /// Term of frames per second.
    pub fps: f64,
    /// The second part.
    pub quality: f64,
    /// Signals seen of expected.
    pub coverage: Option<f64>,
    /// The score.
    pub score: Option<f64>,
}

/// All that have a score row at `end`, over the `hours` before it.
pub fn everyone(legs: &[Leg], end: i64, hours: i64) -> Vec<Whose> {
    let mut all = Vec::new();
    for l in legs {
        if l.start < end - hours * HOUR || l.start >= end || !l.counts {
            continue;
        }
        if let (Some(orchestrator), Some(model)) = (l.orchestrator.clone(), l.model.clone()) {
            all.push(Whose {
                orchestrator,
                pipeline: l.pipeline.clone(),
                model,
                region: l.region.clone(),
                origin: l.origin.clone(),
            });
        }
    }
    all.sort();
    all.dedup();
    all
}

/// The score of one of them.
pub fn expected(legs: &[Leg], who: &Whose, end: i64, hours: i64) -> Expected {
    let mine: Vec<&Leg> = legs
        .iter()
        .filter(|l| {
            l.counts
                && l.start >= end - hours * HOUR
                && l.start < end
                && l.orchestrator.as_deref() == Some(who.orchestrator.as_str())
                && l.pipeline == who.pipeline
                && l.model.as_deref() == Some(who.model.as_str())
                && l.region == who.region
                && l.origin == who.origin
        })
        .collect();

    let (requested, [startup_success, no_swap, viability, reliability]) = reliability(&mine);

    // Quality.
    let ptffs: Vec<f64> = mine.iter().filter_map(|l| l.ptff_ms).collect();
    let e2es: Vec<f64> = mine.iter().filter_map(|l| l.e2e_ms).collect();
    let rates: Vec<f64> = mine.iter().filter_map(|l| l.fps).collect();
    let samples: i64 = mine.iter().filter(|l| l.fps.is_some()).map(|l| l.fps_samples).sum();
    let pool = |of: &dyn Fn(&Leg) -> Option<f64>| usual(legs, who, end, of);
    let ptff = latency(&ptffs, pool(&|l| l.ptff_ms)).unwrap_or(0.5);
    let e2e = latency(&e2es, pool(&|l| l.e2e_ms));
    let fps = frames(&rates, samples, pool(&|l| l.fps)).unwrap_or(0.5);
    let quality = match e2e {
        Some(e2e) => 0.36 * ptff + 0.24 * e2e + 0.4 * fps,
        None => 0.6 * ptff + 0.4 * fps,
    };

    // Coverage, and the whole.
    let shares: Vec<f64> = mine
        .iter()
        .filter(|l| l.playable && l.signals_expected > 0)
        .map(|l| l.signals_seen as f64 / l.signals_expected as f64)
        .collect();
    let playable = mine.iter().any(|l| l.playable);
    let coverage = if shares.is_empty() {
        None
    } else {
        Some(shares.iter().sum::<f64>() / shares.len() as f64)
    };
    let score = if requested < 10 {
        None
    } else if playable {
        coverage.map(|c| 100.0 * c * (0.7 * reliability.unwrap_or(0.0) + 0.3 * quality))
    } else {
        Some(0.0)
    };
    Expected {
        requested,
        startup_success,
        no_swap,
        viability,
        reliability,
        ptff,
        e2e,
        fps,
        quality,
        coverage,
        score,
    }
}

/// Requested legs; startup success, no-swap, viability, and reliability.
fn reliability(mine: &[&Leg]) -> (usize, [Option<f64>; 4]) {
    let (mut requested, mut served, mut swapped, mut sampled, mut viable) = (0, 0, 0, 0, 0);
    for l in mine {
        if l.outcome == "SERVED" || l.outcome == "FAILED" {
            requested += 1;
            if l.outcome == "SERVED" {
                served += 1;
            }
            if l.swapped_away {
                swapped += 1;
            }
            if l.status_samples >= 2 {
                sampled += 1;
                if l.any_fps {
                    viable += 1;
                }
            }
        }
    }
    let share = |a: usize, b: usize| if b == 0 { None } else { Some(a as f64 / b as f64) };
    let startup_success = share(served, requested);
    let no_swap = share(swapped, requested).map(|x| 1.0 - x);
    let viability = share(viable, sampled);
    let reliability = match (startup_success, no_swap, viability) {
        (Some(a), Some(b), Some(c)) => Some(0.4 * a + 0.2 * b + 0.4 * c),
        (Some(a), Some(b), None) => Some((0.4 * a + 0.2 * b) / 0.6),
        _ => None,
    };
    (requested, [startup_success, no_swap, viability, reliability])
}

/// p10, p50 and p90 of what is usual; nothing if too few legs or orchestrators had it.
fn usual(
    legs: &[Leg],
    who: &Whose,
    end: i64,
    of: &dyn Fn(&Leg) -> Option<f64>,
) -> Option<(f64, f64, f64)> {
    let today = end.div_euclid(DAY) * DAY;
    let peers = if who.origin == "test" { "organic" } else { who.origin.as_str() };
    let mut values = Vec::new();
    let mut orchestrators: Vec<&str> = Vec::new();
    for l in legs {
        let before = l.start >= today - 7 * DAY && l.start < today;
        let same = l.pipeline == who.pipeline && l.model.as_deref() == Some(who.model.as_str());
        if !before || !same || !l.counts || l.origin != peers {
            continue;
        }
        if let Some(value) = of(l) {
            values.push(value);
            orchestrators.extend(l.orchestrator.as_deref());
        }
    }
    orchestrators.sort_unstable();
    orchestrators.dedup();
    if values.len() < 20 || orchestrators.len() < 3 {
        return None;
    }
    Some((quantile(&values, 10), quantile(&values, 50), quantile(&values, 90)))
}

/// Hundredths of the way from the smallest to the largest, by rank, in whole numbers as long as that
/// goes.
fn quantile(values: &[f64], hundredths: usize) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(|a, b| a.partial_cmp(b).expect("numbers"));
    let steps = hundredths * (values.len() - 1);
    let (rank, rest) = (steps / 100, steps % 100);
    if rest == 0 {
        return values[rank];
    }
    let part = rest as f64 / 100.0;
    values[rank] * (1.0 - part) + values[rank + 1] * part
}

fn latency(values: &[f64], usual: Option<(f64, f64, f64)>) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let Some((_, p50, p90)) = usual else { return Some(0.5) };
    let mine = quantile(values, 50);
    let raw = if mine <= p50 {
        1.0
    } else if mine >= p90 {
        0.0
    } else {
        1.0 - (mine - p50) / (p90 - p50)
    };
    let trust = if values.len() >= 10 { 1.0 } else { values.len() as f64 / 10.0 };
    Some(0.5 * (1.0 - trust) + raw * trust)
}

fn frames(values: &[f64], samples: i64, usual: Option<(f64, f64, f64)>) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let Some((p10, p50, _)) = usual else { return Some(0.5) };
    let mine = quantile(values, 50);
    let raw = if mine >= p50 {
        1.0
    } else if mine <= p10 {
        0.0
    } else {
        1.0 - (p50 - mine) / (p50 - p10)
    };
    let trust = if samples >= 30 { 1.0 } else { samples as f64 / 30.0 };
    Some(0.5 * (1.0 - trust) + raw * trust)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use naap_derive::sla::{FreshHours, LegFact, Span, benchmarks, scores};
    use naap_schema::generated::Benchmark;
    use proptest::prelude::*;
    use proptest::strategy::ValueTree;

    use super::*;

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
}
