//! Prices as orchestrators report them (`definitions.md` 4): per unit, with the unit named.

use std::collections::BTreeMap;

use async_graphql::{ComplexObject, Context, MergedObject, Result, SimpleObject};
use chrono::{DateTime, Utc};

use super::error::unavailable;
use super::groups::{Dimension, Figures, Meta, Question, Tally, figures, tallies_of};
use super::time::Time;
use crate::clock::now_us;
use crate::read::Database;
use crate::read::orchestrators::Offer;
use crate::read::sums::{Cell, HOUR_US, Key, Sums};

/// Pixels of a minute of 1280 × 720 at 30 frames.
const PIXELS_PER_MINUTE: f64 = 1280.0 * 720.0 * 30.0 * 60.0;
/// What a price per minute takes for granted.
const ASSUMPTION: &str = "1280 x 720 at 30 frames per second";
/// The pipeline of live video, whose prices are per pixel.
const LIVE: &str = "live-video-to-video";

/// Prices now and over time.
#[derive(Debug, MergedObject)]
pub(crate) struct Prices(Meta, PriceItems);

/// Prices by orchestrator, pipeline and model.
#[derive(Debug, SimpleObject)]
pub(crate) struct PriceItems {
    /// By pipeline, model, and the cheapest now first; those without a price now last.
    items: Vec<Price>,
    /// Items beyond `top`.
    items_left_out: usize,
}

/// What an orchestrator asks for one pipeline and model.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct Price {
    /// On-chain address, lower case.
    orchestrator: Option<String>,
    /// Canonical pipeline; null where unknown.
    pipeline: Option<String>,
    /// Canonical model; null where unnamed.
    model: Option<String>,
    /// pixel, second, token, character or request; null where the pipeline is not known, or no
    /// report of the last two hours tells.
    unit: Option<String>,
    /// The lowest of its URIs in the newest report of the last two hours, wei per unit; null without
    /// one.
    wei_per_unit: Option<f64>,
    /// Live video: wei for a minute of the size in `assumption`; null for all others.
    wei_per_minute: Option<f64>,
    /// What `weiPerMinute` takes for granted, since no report says the size; null without it.
    assumption: Option<&'static str>,
    /// When it was reported.
    reported_at: Option<Time>,
    /// Over the whole window.
    total: PriceFigures,
    /// Buckets that have reports, oldest first.
    points: Vec<PricePoint>,
}

#[ComplexObject]
impl Price {
    /// `points` as lists, for charts.
    async fn columns(&self) -> PriceColumns {
        let mut columns = PriceColumns::default();
        for p in &self.points {
            columns.push(p.time, p.partial, p.figures.clone());
        }
        columns
    }
}

/// One bucket.
#[derive(Debug, SimpleObject)]
pub(crate) struct PricePoint {
    /// Start of the bucket.
    time: Time,
    /// Whether the bucket is not over yet.
    partial: bool,
    #[graphql(flatten)]
    figures: PriceFigures,
}

figures! {
    /// Prices over time.
    PriceFigures, PriceColumns {
        /// Wei per unit, over pieces of 5 minutes of each URI.
        price: Tally,
        /// Live video: the mean for a minute of 1280 × 720 at 30 frames, wei. An assumption.
        mean_wei_per_minute: Option<f64>,
    }
}

/// The cheapest of the newest offers.
#[derive(Debug, Clone)]
struct Now {
    at: DateTime<Utc>,
    wei: f64,
    unit: Option<String>,
}

fn cheapest(offers: Vec<Offer>) -> BTreeMap<Key, Now> {
    let mut newest: BTreeMap<Key, DateTime<Utc>> = BTreeMap::new();
    for o in &offers {
        let at = newest.entry(vec![Some(o.address.clone()), o.uri.clone()]).or_insert(o.at);
        *at = (*at).max(o.at);
    }
    let mut out: BTreeMap<Key, Now> = BTreeMap::new();
    for o in offers {
        let Some(wei) = o.price_wei_per_unit else { continue };
        // A model that the newest bucket of its URI no longer has is gone.
        if newest.get(&vec![Some(o.address.clone()), o.uri.clone()]) != Some(&o.at) {
            continue;
        }
        let now = Now { at: o.at, wei, unit: o.price_unit };
        let key = vec![Some(o.address), o.pipeline, o.model];
        match out.get(&key) {
            Some(known) if known.wei <= wei => {}
            _ => drop(out.insert(key, now)),
        }
    }
    out
}

fn figures_of(f: Figures<'_>, live: bool) -> PriceFigures {
    let price = f.tally("supply", "price_wei_per_unit");
    let mean = price.mean.filter(|_| live);
    PriceFigures { price, mean_wei_per_minute: mean.map(|wei| wei * PIXELS_PER_MINUTE) }
}

fn item(question: &Question, key: Key, now: Option<&Now>, sums: &Sums, points: bool) -> Price {
    let nothing = BTreeMap::new();
    let buckets = sums.groups.get(&key).unwrap_or(&nothing);
    let [orchestrator, pipeline, model] = <[_; 3]>::try_from(key).unwrap_or_default();
    let live = pipeline.as_deref() == Some(LIVE);
    let total = sums.total(buckets);
    let point = |(start, cell): (&i64, &Cell)| PricePoint {
        time: Time::from_us(*start),
        partial: question.partial(Some(*start)),
        figures: figures_of(Figures(sums, cell), live),
    };
    let known = |word: Option<String>| word.filter(|w| w != "none");
    let per_minute = now.filter(|_| live).map(|n| n.wei * PIXELS_PER_MINUTE);
    Price {
        orchestrator,
        pipeline: known(pipeline),
        model: known(model),
        unit: now.and_then(|n| n.unit.clone()),
        wei_per_unit: now.map(|n| n.wei),
        wei_per_minute: per_minute,
        assumption: per_minute.map(|_| ASSUMPTION),
        reported_at: now.map(|n| Time(n.at)),
        total: figures_of(Figures(sums, &total), live),
        points: if points { buckets.iter().map(point).collect() } else { Vec::new() },
    }
}

/// Whether an item is what is asked for.
fn fits(key: &Key, question: &Question) -> bool {
    let dimensions = [Dimension::Orchestrator, Dimension::Pipeline, Dimension::Model];
    key.iter().zip(dimensions).all(|(value, dimension)| {
        let asked = question.scope.values(dimension);
        asked.is_empty() || value.as_ref().is_some_and(|v| asked.contains(v))
    })
}

impl Prices {
    pub(crate) async fn read(ctx: &Context<'_>, question: Question) -> Result<Self> {
        question.allow(&[Dimension::Orchestrator, Dimension::Pipeline, Dimension::Model])?;
        let items = ctx.look_ahead().field("items");
        let points = items.field("points").exists() || items.field("columns").exists();
        let database = ctx.data::<Database>()?;
        let mut ask = question.ask(points);
        ask.by = vec!["orchestrator", "pipeline", "model"];
        let columns = tallies_of("supply", &["price_wei_per_unit"]);
        let sums = database.sums(&ask, columns).await.map_err(unavailable)?;
        let only = question.scope.values(Dimension::Orchestrator);
        let only = (!only.is_empty()).then_some(&*only);
        let since = now_us() - 2 * HOUR_US;
        let offers = database.offers(since, question.origin.word(), only).await;
        let now = cheapest(offers.map_err(unavailable)?);
        let mut keys: Vec<Key> = sums.groups.keys().chain(now.keys()).cloned().collect();
        keys.retain(|key| fits(key, &question));
        let order = |key: &Key| {
            let wei = now.get(key).map_or(f64::INFINITY, |n| n.wei);
            (key.get(1).cloned(), key.get(2).cloned(), wei, key.first().cloned())
        };
        keys.sort_by(|a, b| {
            let (a, b) = (order(a), order(b));
            (&a.0, &a.1).cmp(&(&b.0, &b.1)).then(a.2.total_cmp(&b.2)).then(a.3.cmp(&b.3))
        });
        keys.dedup();
        let items_left_out = keys.len().saturating_sub(question.top);
        keys.truncate(question.top);
        if points {
            let all = keys.iter().filter_map(|k| sums.groups.get(k)).map(BTreeMap::len).sum();
            question.at_most_points(all, keys.len())?;
        }
        let item = |key: Key| {
            let of = now.get(&key);
            item(&question, key, of, &sums, points)
        };
        let items: Vec<Price> = keys.into_iter().map(item).collect();
        let samples = items.iter().map(|i| i.total.price.n).sum();
        let items = PriceItems { items, items_left_out };
        Ok(Self(Meta::new(question, "supply", samples), items))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cheapest_of_what_is_offered_now() {
        let offer = |uri: &str, us: i64, model: &str, wei: f64| Offer {
            at: Time::from_us(us).0,
            address: "0xa".into(),
            uri: Some(uri.into()),
            pipeline: Some(LIVE.into()),
            model: Some(model.into()),
            price_wei_per_unit: Some(wei),
            price_unit: Some("pixel".into()),
            ..Offer::default()
        };
        let now = cheapest(vec![
            offer("u1", 5, "m", 9.0),
            offer("u2", 1, "m", 7.0),
            offer("u1", 1, "gone", 1.0),
        ]);
        let found: Vec<_> = now.iter().map(|(k, n)| (k[2].as_deref(), n.wei)).collect();
        assert_eq!(found, [(Some("m"), 7.0)]);
    }
}
