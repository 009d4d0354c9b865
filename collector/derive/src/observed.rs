//! What orchestrators report of themselves against what gateways and tests saw (`definitions.md` 4),
//! by hour.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use naap_schema::generated::ReportedObserved;

use crate::event::FORMULA;
use crate::limits::HOUR_US;
use crate::sla::LegFact;
use crate::stats::{mean, number, whole};
use crate::supply::{NONE, Report, Work, once};

/// Which network a row is of. The load tests run on the real one: their streams take slots there as
/// any others do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum World<'a> {
    Real,
    Other(&'a str),
}

impl<'a> World<'a> {
    fn of(origin: &'a str) -> Self {
        match origin {
            "organic" | "test" => Self::Real,
            other => Self::Other(other),
        }
    }
}

/// An orchestrator's address, and what it does.
type Key<'a> = (&'a Arc<str>, Work, World<'a>);

/// What is known of a key in the hour.
#[derive(Default)]
struct Seen<'a> {
    /// Slots, and slots in use, of each report that tells them, by URI.
    told: BTreeMap<&'a Arc<str>, Vec<(i64, i64)>>,
    reports: usize,
    legs: Vec<&'a LegFact>,
    origins: BTreeSet<&'a str>,
}

/// Rows of the hour from `hour_us` on: of each orchestrator × pipeline × model that reported in it or
/// was seen in it, one for capacity and one for utilisation.
///
/// Reported is the mean over the hour's reports of a URI, summed over its URIs; rows above 64 slots
/// are left out. Observed are the streams at a time, from the legs that touch the hour: the most of
/// them against capacity, their mean over the hour against utilisation; a leg that has not ended runs
/// on. Without legs nothing was observed: that is NULL, not 0.
///
/// Organic and test legs are one row, since both take slots, and the basis says so; its origin is
/// `organic`, or `test` if all that it rests on is of tests.
pub fn hour(reports: &[Report], legs: &[LegFact], hour_us: i64) -> Vec<(i64, ReportedObserved)> {
    let hour = hour_us..hour_us + HOUR_US;
    let mut seen = BTreeMap::<Key<'_>, Seen<'_>>::new();
    for report in once(reports).into_iter().filter(|r| hour.contains(&r.ts_us)) {
        for (work, offer) in report.offers() {
            let of = seen.entry((&report.address, work, World::of(&report.origin))).or_default();
            of.reports += 1;
            of.origins.insert(&report.origin);
            if let (Some(slots), Some(idle)) = (offer.slots, offer.idle) {
                of.told.entry(&report.uri).or_default().push((slots, slots - idle));
            }
        }
    }
    for leg in legs.iter().filter(|l| touches(l, &hour)) {
        let Some(orchestrator) = &leg.orchestrator else { continue };
        let name = |n: &Option<Arc<str>>| n.clone().unwrap_or_else(|| NONE.into());
        let work = (name(&leg.pipeline), name(&leg.model));
        let of = seen.entry((orchestrator, work, World::of(&leg.origin))).or_default();
        of.origins.insert(&leg.origin);
        of.legs.push(leg);
    }
    let rows = seen.iter().flat_map(|(key, seen)| rows(key, seen, &hour));
    rows.map(|row| (hour_us, row)).collect()
}

/// Whether a leg runs in the hour; one of no length is there where it starts.
fn touches(leg: &LegFact, hour: &std::ops::Range<i64>) -> bool {
    let ended = |end: i64| end <= hour.start && leg.ts_us < hour.start;
    leg.ts_us < hour.end && !leg.ended_us.is_some_and(ended)
}

fn rows(
    (orchestrator, (pipeline, model), world): &Key<'_>,
    seen: &Seen<'_>,
    hour: &std::ops::Range<i64>,
) -> [ReportedObserved; 2] {
    let told = |of: fn(&(i64, i64)) -> i64| {
        let by_uri = seen.told.values().filter_map(|r| mean(r.iter().map(|t| number(of(t)))));
        (!seen.told.is_empty()).then(|| by_uri.sum::<f64>())
    };
    let streams = (!seen.legs.is_empty()).then(|| streams(&seen.legs, hour));
    let origin = match world {
        World::Real if seen.origins.contains("organic") => "organic",
        World::Real => "test",
        World::Other(origin) => origin,
    };
    let row = |figure: &str, reported: Option<f64>, observed: Option<f64>| ReportedObserved {
        void: 0,
        formula: FORMULA.into(),
        orchestrator: Arc::clone(orchestrator),
        pipeline: Arc::clone(pipeline),
        model: Arc::clone(model),
        origin: origin.into(),
        figure: figure.into(),
        reported,
        observed,
        ratio: reported.zip(observed.filter(|o| *o > 0.0)).map(|(r, o)| r / o),
        basis: basis(&seen.legs).map(Arc::from),
        reports: Some(whole(seen.reports)),
        legs: Some(whole(seen.legs.len())),
    };
    [
        row("capacity", told(|t| t.0), streams.map(|s| s.0)),
        row("utilisation", told(|t| t.1), streams.map(|s| s.1)),
    ]
}

fn basis(legs: &[&LegFact]) -> Option<&'static str> {
    let tests = legs.iter().any(|l| &*l.origin == "test");
    let others = legs.iter().any(|l| &*l.origin != "test");
    match (others, tests) {
        (true, true) => Some("both"),
        (true, false) => Some("gateways"),
        (false, true) => Some("tests"),
        (false, false) => None,
    }
}

/// The most streams at a time, and their mean, within the hour.
fn streams(legs: &[&LegFact], hour: &std::ops::Range<i64>) -> (f64, f64) {
    let mut changes = Vec::with_capacity(legs.len() * 2);
    let mut total_us = 0;
    for leg in legs {
        let from = leg.ts_us.max(hour.start);
        let to = leg.ended_us.unwrap_or(hour.end).min(hour.end);
        if from < to {
            total_us += to - from;
            changes.extend([(from, 1i64), (to, -1)]);
        }
    }
    // At the same moment ends come before starts: who takes over a slot takes no second one.
    changes.sort_unstable();
    let (mut now, mut most) = (0, 0);
    for (_, change) in changes {
        now += change;
        most = most.max(now);
    }
    (number(most), number(total_us) / number(hour.end - hour.start))
}

#[cfg(test)]
mod tests;
