//! Scores, with all that they are made of.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use naap_schema::generated::{Benchmark, SlaScore};
use naap_schema::targets;

use super::benchmark::{E2E, FPS, PTFF};
use super::terms::{Good, Quality, RELIABILITY, scaled, term, weighted};
use super::{FreshHours, LegFact, Span};
use crate::event::FORMULA;
use crate::limits::{DAY_US, HOUR_US};
use crate::stats::{mean, number, whole};
use crate::time::floor;

/// Requested legs below which there is no score.
const REQUESTED: i64 = 10;
/// Parts of reliability and quality in the whole.
const OF_RELIABILITY: f64 = 0.7;
const OF_QUALITY: f64 = 0.3;

/// Whose legs and benchmarks belong together: tests are of the organic world, and replayed and
/// simulated ones are worlds of their own.
fn world(origin: &str) -> &str {
    if origin == "test" { "organic" } else { origin }
}

/// Whose score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key<'a> {
    orchestrator: &'a Arc<str>,
    pipeline: &'a Arc<str>,
    model: &'a Arc<str>,
    region: Option<&'a Arc<str>>,
    origin: &'a Arc<str>,
}

impl<'a> Key<'a> {
    /// `None`: the orchestrator is unresolved, or the model unknown.
    fn of(leg: &'a LegFact) -> Option<Self> {
        Some(Self {
            orchestrator: leg.orchestrator.as_ref()?,
            pipeline: leg.pipeline.as_ref()?,
            model: leg.model.as_ref()?,
            region: leg.region.as_ref(),
            origin: &leg.origin,
        })
    }
}

/// Who observed an orchestrator, with whatever model.
#[derive(Default)]
struct Observers<'a> {
    gateways: BTreeSet<&'a str>,
    organic: BTreeSet<&'a str>,
    tests: bool,
}

impl<'a> Observers<'a> {
    fn add(&mut self, leg: &'a LegFact) {
        let test = &*leg.origin == "test";
        self.tests |= test;
        if let Some(gateway) = &leg.gateway {
            self.gateways.insert(gateway);
            if !test {
                self.organic.insert(gateway);
            }
        }
    }

    /// Two that do not hang together: agents say nothing of their operators, so each gateway is taken
    /// as one of its own, and all load tests together as one.
    fn corroborated(&self) -> bool {
        self.organic.len() + usize::from(self.tests) >= 2
    }
}

/// World, pipeline, model and figure.
type Work<'a> = (&'a str, &'a str, &'a str, &'a str);

/// What the scores of one end and span rest on beside their legs.
struct Beside<'a> {
    end_us: i64,
    span: Span,
    usual: HashMap<Work<'a>, &'a Benchmark>,
    fresh: &'a FreshHours,
}

impl Beside<'_> {
    fn usual(&self, key: Key<'_>, figure: &str) -> Option<&Benchmark> {
        self.usual.get(&(world(key.origin), &**key.pipeline, &**key.model, figure)).copied()
    }
}

/// Scores of all orchestrators × pipelines × models × regions that end at `end_us`, a full UTC hour,
/// over the legs that start in the span before it; each origin apart. A row is there for
/// each with at least one counted leg, whatever of it is known.
///
/// `benchmarks` may hold rows of several days: those of the UTC day of the end count. A score that
/// ends at midnight is one of the day that begins there.
pub fn scores(
    legs: &[LegFact],
    benchmarks: &[(i64, Benchmark)],
    end_us: i64,
    span: Span,
    fresh: &FreshHours,
) -> Vec<(i64, SlaScore)> {
    let window = end_us - span.us()..end_us;
    let mut groups = BTreeMap::<Key<'_>, Vec<&LegFact>>::new();
    let mut observers = BTreeMap::<(&str, &Arc<str>), Observers<'_>>::new();
    for leg in legs {
        if !window.contains(&leg.ts_us) {
            continue;
        }
        if let Some(orchestrator) = leg.orchestrator.as_ref().filter(|_| leg.counted) {
            observers.entry((world(&leg.origin), orchestrator)).or_default().add(leg);
        }
        if let Some(key) = Key::of(leg) {
            groups.entry(key).or_default().push(leg);
        }
    }
    let beside = Beside { end_us, span, usual: usable(benchmarks, end_us), fresh };
    let rows = groups.iter().filter(|(_, legs)| legs.iter().any(|l| l.counted));
    rows.map(|(key, legs)| {
        let mut row = score(*key, legs, &beside);
        let by = observers.get(&(world(key.origin), key.orchestrator));
        row.gateways = by.map(|o| whole(o.gateways.len()));
        row.ranked = by.map(|o| i64::from(o.corroborated()));
        (end_us, row)
    })
    .collect()
}

fn usable(benchmarks: &[(i64, Benchmark)], end_us: i64) -> HashMap<Work<'_>, &Benchmark> {
    let day_us = floor(end_us, DAY_US);
    let usable = |b: &Benchmark| b.void == 0 && b.usable == Some(1);
    let of_day = benchmarks.iter().filter(|(ts_us, b)| *ts_us == day_us && usable(b));
    of_day.map(|(_, b)| ((&*b.origin, &*b.pipeline, &*b.model, &*b.figure), b)).collect()
}

fn score(key: Key<'_>, legs: &[&LegFact], beside: &Beside<'_>) -> SlaScore {
    let counted: Vec<&LegFact> = legs.iter().copied().filter(|l| l.counted).collect();
    let mut row = SlaScore {
        void: 0,
        formula: FORMULA.into(),
        span: beside.span.name().into(),
        orchestrator: Arc::clone(key.orchestrator),
        pipeline: Arc::clone(key.pipeline),
        model: Arc::clone(key.model),
        region: key.region.map_or_else(|| "none".into(), Arc::clone),
        origin: Arc::clone(key.origin),
        ..SlaScore::default()
    };
    count(&counted, &mut row);
    reliability(&mut row);
    let quality = quality(key, &counted, beside);
    publish(&quality, &mut row);
    total(&quality, &mut row);
    compliance(legs, beside, &mut row);
    row
}

fn count(legs: &[&LegFact], row: &mut SlaScore) {
    let of = |yes: fn(&LegFact) -> bool| Some(whole(legs.iter().filter(|l| yes(l)).count()));
    row.requested = of(|l| l.requested);
    row.served = of(|l| l.requested && l.served);
    row.swapped = of(|l| l.requested && l.swapped);
    row.viability_legs = of(|l| l.requested && l.viability_legs);
    row.viable = of(|l| l.requested && l.viability_legs && l.viable);
    row.playable = of(|l| l.playable);
    let playable = || legs.iter().filter(|l| l.playable && l.signals_expected > 0);
    row.signals_seen = Some(playable().map(|l| l.signals_seen).sum());
    row.signals_expected = Some(playable().map(|l| l.signals_expected).sum());
    row.signal_coverage =
        mean(playable().map(|l| number(l.signals_seen) / number(l.signals_expected)))
            .map(|c| c.min(1.0));
}

/// `part` / `of`; `None` of nothing.
fn ratio(part: Option<i64>, of: Option<i64>) -> Option<f64> {
    let of = of.filter(|n| *n > 0)?;
    Some(number(part?) / number(of))
}

fn reliability(row: &mut SlaScore) {
    row.startup_success = ratio(row.served, row.requested);
    row.no_swap = ratio(row.swapped, row.requested).map(|r| 1.0 - r);
    row.viability = ratio(row.viable, row.viability_legs);
    let terms = [row.startup_success, row.no_swap, row.viability];
    let weights = scaled(terms, RELIABILITY);
    row.reliability = weighted(terms, weights);
    if row.reliability.is_some() {
        let [startup, no_swap, viability] = weights.map(Some);
        (row.startup_weight, row.no_swap_weight, row.viability_weight) =
            (startup, no_swap, viability);
    }
}

fn quality(key: Key<'_>, legs: &[&LegFact], beside: &Beside<'_>) -> Quality {
    let values = |of: fn(&LegFact) -> Option<f64>| -> Vec<f64> {
        legs.iter().filter_map(|l| of(l)).filter(|v| v.is_finite()).collect()
    };
    let latency = |values: Vec<f64>, figure: &str| {
        let n = whole(values.len());
        term(values, n, Good::Low, beside.usual(key, figure))
    };
    let with_fps = legs.iter().filter(|l| l.output_fps_mean.is_some_and(f64::is_finite));
    let samples = with_fps.map(|l| l.fps_samples).sum();
    Quality::of(
        latency(values(|l| l.prompt_to_first_frame_ms), PTFF),
        latency(values(|l| l.e2e_media_ms), E2E),
        term(values(|l| l.output_fps_mean), samples, Good::High, beside.usual(key, FPS)),
    )
}

fn publish(quality: &Quality, row: &mut SlaScore) {
    let Quality { ptff, e2e, fps } = quality.clone();
    row.ptff_median = ptff.median;
    row.ptff_n = Some(ptff.n);
    row.ptff_term = ptff.value;
    row.ptff_flag = ptff.flag;
    row.ptff_weight = Some(ptff.weight);
    row.e2e_median = e2e.median;
    row.e2e_n = Some(e2e.n);
    row.e2e_term = e2e.value;
    row.e2e_flag = e2e.flag;
    row.e2e_weight = Some(e2e.weight);
    row.fps_median = fps.median;
    row.fps_n = Some(fps.n);
    row.fps_term = fps.value;
    row.fps_flag = fps.flag;
    row.fps_weight = Some(fps.weight);
    row.quality = weighted(quality.values(), quality.weights());
}

/// The score and what each term cost. With no playable leg there is no coverage, and the score is 0:
/// what the terms leave is then what coverage cost.
fn total(quality: &Quality, row: &mut SlaScore) {
    let enough = row.requested.is_some_and(|n| n >= REQUESTED);
    let none_playable = row.playable == Some(0);
    let coverage = if none_playable { Some(0.0) } else { row.signal_coverage };
    let (true, Some(coverage)) = (enough, coverage) else { return };
    let (Some(reliability), Some(good)) = (row.reliability, row.quality) else { return };
    let whole = OF_RELIABILITY * reliability + OF_QUALITY * good;
    row.score = Some((100.0 * coverage * whole).clamp(0.0, 100.0));
    row.cost_coverage = Some((100.0 * (1.0 - coverage) * whole).max(0.0));
    // A term that was left out has no weight, and cost nothing.
    let cost = |part: f64, weight: Option<f64>, value: Option<f64>| {
        Some(100.0 * part * weight? * (1.0 - value.unwrap_or(1.0)))
    };
    row.cost_startup_success = cost(OF_RELIABILITY, row.startup_weight, row.startup_success);
    row.cost_no_swap = cost(OF_RELIABILITY, row.no_swap_weight, row.no_swap);
    row.cost_viability = cost(OF_RELIABILITY, row.viability_weight, row.viability);
    row.cost_ptff = cost(OF_QUALITY, Some(quality.ptff.weight), quality.ptff.value);
    row.cost_e2e = cost(OF_QUALITY, Some(quality.e2e.weight), quality.e2e.value);
    row.cost_fps = cost(OF_QUALITY, Some(quality.fps.weight), quality.fps.value);
}

/// Hours that met a target, of those that have a value for it.
#[derive(Default)]
struct Hours {
    met: i64,
    with: i64,
}

impl Hours {
    fn add(&mut self, met: Option<bool>) {
        if let Some(met) = met {
            self.met += i64::from(met);
            self.with += 1;
        }
    }
}

fn compliance(legs: &[&LegFact], beside: &Beside<'_>, row: &mut SlaScore) {
    let mut hours = BTreeMap::<i64, Vec<&LegFact>>::new();
    for leg in legs {
        hours.entry(floor(leg.ts_us, HOUR_US)).or_default().push(leg);
    }
    let over = |hour_us: i64| hour_us + HOUR_US <= beside.end_us;
    let [mut startup, mut swap, mut jitter, mut e2e, mut fresh] =
        [(); 5].map(|()| Hours::default());
    for (hour_us, legs) in hours {
        if !over(hour_us) || !legs.iter().all(|l| l.closed) {
            continue;
        }
        let requested = whole(legs.iter().filter(|l| l.requested).count());
        let of = |yes: fn(&LegFact) -> bool| Some(whole(legs.iter().filter(|l| yes(l)).count()));
        let served = ratio(of(|l| l.requested && l.served), Some(requested));
        let swapped = ratio(of(|l| l.requested && l.swapped), Some(requested));
        startup.add(served.map(|r| targets::STARTUP.met(r)));
        swap.add(swapped.map(|r| targets::SWAP.met(r)));
        let counted = || legs.iter().filter(|l| l.counted);
        let jitters = mean(counted().filter_map(|l| l.jitter_coefficient));
        jitter.add(jitters.map(|j| targets::JITTER.met(j)));
        e2e.add(mean(counted().filter_map(|l| l.e2e_media_ms)).map(|ms| targets::E2E.met(ms)));
        fresh.add(observed_fresh(&legs, hour_us, beside.fresh));
    }
    (row.startup_met, row.startup_hours) = (Some(startup.met), Some(startup.with));
    (row.swap_met, row.swap_hours) = (Some(swap.met), Some(swap.with));
    (row.jitter_met, row.jitter_hours) = (Some(jitter.met), Some(jitter.with));
    (row.e2e_met, row.e2e_hours) = (Some(e2e.met), Some(e2e.with));
    (row.fresh_met, row.fresh_hours) = (Some(fresh.met), Some(fresh.with));
}

/// Whether the data of all gateways that observed the hour was fresh; `None` if nothing is known of
/// any of them.
fn observed_fresh(legs: &[&LegFact], hour_us: i64, fresh: &FreshHours) -> Option<bool> {
    let gateways: BTreeSet<&Arc<str>> = legs.iter().filter_map(|l| l.gateway.as_ref()).collect();
    let known = gateways.into_iter().filter_map(|g| fresh.fresh(g, hour_us));
    known.reduce(|a, b| a && b)
}
