//! Reports over time, by 5 minutes.

use std::collections::BTreeMap;
use std::sync::Arc;

use naap_schema::generated::{Supply, SupplyGpu};

use super::{Offer, Report, Work, names, once, price};
use crate::event::FORMULA;
use crate::limits::{BUCKET_US, HOUR_US, REPORT_GAP_US, SECOND_US};
use crate::stats::number;
use crate::time::floor;

/// What is known of one pipeline and model in one bucket.
#[derive(Default)]
struct Held {
    known_us: i64,
    /// Slots × microseconds.
    slot_us: Option<i64>,
    idle_us: Option<i64>,
    warm_us: Option<i64>,
    /// Of the latest report that tells.
    implausible: Option<i64>,
    price: Option<(f64, Option<&'static str>)>,
}

impl Held {
    fn add(&mut self, offer: &Offer, us: i64) {
        let add = |sum: &mut Option<i64>, n: Option<i64>| {
            if let Some(n) = n {
                *sum = Some(sum.unwrap_or(0) + n * us);
            }
        };
        self.known_us += us;
        add(&mut self.slot_us, offer.slots);
        add(&mut self.idle_us, offer.idle);
        add(&mut self.warm_us, offer.warm.map(i64::from));
        self.implausible = offer.implausible.or(self.implausible);
        self.price = offer.price.or(self.price);
    }
}

/// GPUs in one bucket.
#[derive(Default)]
struct Cards {
    /// GPUs × microseconds, by name.
    us: BTreeMap<Arc<str>, i64>,
    /// How many of each name the latest report tells of.
    latest: BTreeMap<Arc<str>, i64>,
}

/// Buckets of one orchestrator at one URI, from its reports of one origin in any order: those that
/// begin at or after `from_us` and before `to_us`, both multiples of 5 minutes. Pass all reports from
/// 50 minutes before to 50 minutes after, so that what holds at the borders is known.
///
/// A report holds until the next one; the last one holds for no time yet. A bucket in which no report
/// holds has no rows.
///
/// `region` says where the orchestrator's own agent was at a time. It is asked for the beginning of
/// each bucket, so that a bucket is the same whichever others are computed with it.
pub fn buckets(
    reports: &[Report],
    region: &dyn Fn(i64) -> Option<Arc<str>>,
    from_us: i64,
    to_us: i64,
) -> (Vec<(i64, Supply)>, Vec<(i64, SupplyGpu)>) {
    let once = once(reports);
    let mut held = BTreeMap::<(i64, Work), Held>::new();
    let mut cards = BTreeMap::<i64, Cards>::new();
    for (report, next) in once.iter().zip(once.iter().skip(1)) {
        if next.ts_us - report.ts_us > REPORT_GAP_US {
            continue;
        }
        let offers = report.offers();
        let gpus = report.distinct_gpus().map(|g| names(&g));
        for (bucket_us, us) in pieces(report.ts_us.max(from_us), next.ts_us.min(to_us)) {
            for (work, offer) in &offers {
                held.entry((bucket_us, work.clone())).or_default().add(offer, us);
            }
            if let Some(gpus) = &gpus {
                let cards = cards.entry(bucket_us).or_default();
                for (name, n) in gpus {
                    *cards.us.entry(Arc::clone(name)).or_insert(0) += n * us;
                }
                cards.latest.clone_from(gpus);
            }
        }
    }
    let Some(of) = once.first() else { return (Vec::new(), Vec::new()) };
    let supply = held.into_iter().map(|((ts, work), held)| (ts, row(of, region(ts), work, &held)));
    let gpus = cards.into_iter().flat_map(|(ts, cards)| gpu_rows(of, region(ts), ts, cards));
    (supply.collect(), gpus.collect())
}

/// The buckets that an interval touches, each with its part of it, microseconds.
fn pieces(from_us: i64, to_us: i64) -> impl Iterator<Item = (i64, i64)> {
    let mut at = from_us;
    std::iter::from_fn(move || {
        let bucket_us = floor(at, BUCKET_US);
        let end = to_us.min(bucket_us + BUCKET_US);
        let piece = (at < end).then_some((bucket_us, end - at))?;
        at = end;
        Some(piece)
    })
}

fn row(of: &Report, region: Option<Arc<str>>, (pipeline, model): Work, held: &Held) -> Supply {
    let seconds = |us: i64| number(us) / number(SECOND_US);
    let price = held.price;
    Supply {
        void: 0,
        formula: FORMULA.into(),
        orchestrator: Arc::clone(&of.address),
        orch_uri: Arc::clone(&of.uri),
        origin: Arc::clone(&of.origin),
        region,
        known_s: Some(seconds(held.known_us)),
        slot_s: held.slot_us.map(seconds),
        idle_slot_s: held.idle_us.map(seconds),
        warm_s: held.warm_us.map(seconds),
        implausible_slots: held.implausible,
        price_wei_per_unit: price.map(|p| p.0),
        price_unit: price.and_then(|p| p.1).map(Arc::from),
        price_wei_per_minute: price.and_then(|p| price::per_minute(&pipeline, p.0)),
        pipeline,
        model,
    }
}

fn gpu_rows(
    of: &Report,
    region: Option<Arc<str>>,
    ts_us: i64,
    cards: Cards,
) -> impl Iterator<Item = (i64, SupplyGpu)> {
    cards.us.into_iter().map(move |(name, us)| {
        let row = SupplyGpu {
            void: 0,
            formula: FORMULA.into(),
            orchestrator: Arc::clone(&of.address),
            orch_uri: Arc::clone(&of.uri),
            gpus: Some(cards.latest.get(&name).copied().unwrap_or(0)),
            gpu_name: name,
            origin: Arc::clone(&of.origin),
            region: region.clone(),
            gpu_hours: Some(number(us) / number(HOUR_US)),
        };
        (ts_us, row)
    })
}
