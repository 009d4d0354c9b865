//! From what the reads give to what the contract asks for.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use async_graphql::Result;
use chrono::{DateTime, SecondsFormat};

use super::ORGANIC;
use super::types::{
    GpuCapacity, GpuCapacityPipeline, GpuCapacityPipelineModel, GpuModelCapacity, HourlyBucket,
    OrchestratorRow, PipelineCatalogEntry, PipelineModelMins, PipelineModelOffer, PipelinePricing,
    PipelineUsage,
};
use crate::limits;
use crate::read::Database;
use crate::read::compat::ListedGpu;
use crate::read::orchestrators::{Offer, Report};
use crate::read::series::Span;
use crate::read::sums::{Cell, HOUR_US, Sums, What};
use crate::schema::error::unavailable;
use crate::schema::{ONLINE, gpu_count};

/// Live streams in a window.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Activity {
    pub(super) requested: f64,
    served: f64,
    minutes: Option<f64>,
    fees_eth: Option<f64>,
    pub(super) observed: f64,
    pub(super) usage_by_hour: Vec<HourlyBucket>,
    pub(super) sessions_by_hour: Vec<HourlyBucket>,
}

/// What nothing tells of is 0 where nothing was served: then there was none of it.
fn unless_idle(figure: Option<f64>, served: f64) -> Option<f64> {
    figure.or_else(|| (served == 0.0).then_some(0.0))
}

impl Activity {
    pub(super) fn new(sums: &Sums, observed: i64) -> Self {
        let buckets = sums.groups.values().next();
        let total = buckets.map(|b| sums.total(b)).unwrap_or_default();
        let of = |cell: &Cell, table: &str, field: &str| sums.get(cell, table, field, What::Sum);
        let by_hour = |table: &str, field: &str| {
            let of_bucket = |(start, cell): (&i64, &Cell)| {
                Some(HourlyBucket { hour: iso(*start), value: of(cell, table, field)? })
            };
            buckets.into_iter().flatten().filter_map(of_bucket).collect()
        };
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
        let observed = observed as f64;
        Self {
            requested: of(&total, "stream_session", "requested").unwrap_or(0.0),
            served: of(&total, "stream_session", "served").unwrap_or(0.0),
            minutes: of(&total, "stream_minute", "minutes"),
            fees_eth: of(&total, "payment_fee", "fee_eth"),
            observed,
            usage_by_hour: by_hour("stream_minute", "minutes"),
            sessions_by_hour: by_hour("stream_session", "requested"),
        }
    }

    pub(super) fn success_percent(&self) -> Option<f64> {
        (self.requested > 0.0).then(|| 100.0 * self.served / self.requested)
    }

    pub(super) fn minutes(&self) -> Option<f64> {
        unless_idle(self.minutes, self.served)
    }

    pub(super) fn fees_eth(&self) -> Option<f64> {
        unless_idle(self.fees_eth, self.served)
    }
}

/// A time as ISO 8601 UTC.
pub(super) fn iso(us: i64) -> String {
    let time = DateTime::from_timestamp_micros(us).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Reports since then are of orchestrators that are online.
pub(super) fn online_since(now_us: i64) -> i64 {
    now_us - ONLINE.num_microseconds().unwrap_or_default()
}

/// Sums that a mean is made of.
#[derive(Debug, Clone, Copy, Default)]
struct Streams {
    requested: f64,
    served: f64,
    minutes: Option<f64>,
    fps_n: f64,
    fps_sum: f64,
}

impl Streams {
    fn add(&mut self, sums: &Sums, cell: &Cell) {
        let sum = |table, field| sums.get(cell, table, field, What::Sum);
        self.requested += sum("stream_session", "requested").unwrap_or(0.0);
        self.served += sum("stream_session", "served").unwrap_or(0.0);
        let minutes = sum("stream_minute", "minutes");
        self.minutes = [self.minutes, minutes].into_iter().flatten().reduce(|a, b| a + b);
        let n = sums.get(cell, "stream_session", "output_fps_mean", What::Count);
        self.fps_n += n.unwrap_or(0.0);
        self.fps_sum += sum("stream_session", "output_fps_mean").unwrap_or(0.0);
    }

    fn minutes(&self) -> Option<f64> {
        unless_idle(self.minutes, self.served)
    }

    fn fps(&self) -> Option<f64> {
        (self.fps_n > 0.0).then(|| self.fps_sum / self.fps_n)
    }

    #[expect(clippy::cast_possible_truncation, reason = "counts are far below 2^53")]
    fn sessions(&self) -> i64 {
        self.requested.round() as i64
    }
}

fn most_first<T>(rows: &mut [T], minutes: impl Fn(&T) -> Option<f64>) {
    let size = |row: &T| minutes(row).unwrap_or(-1.0);
    rows.sort_by(|a, b| size(b).total_cmp(&size(a)));
}

/// By pipeline, from sums by pipeline and model. Sessions whose pipeline is not known have no name
/// to stand under.
pub(super) fn usage(sums: &Sums) -> Vec<PipelineUsage> {
    let mut pipelines: BTreeMap<&str, (Streams, BTreeMap<&str, Streams>)> = BTreeMap::new();
    for (key, buckets) in &sums.groups {
        let [Some(pipeline), model] = key.as_slice() else { continue };
        let total = sums.total(buckets);
        let (all, models) = pipelines.entry(pipeline).or_default();
        all.add(sums, &total);
        if let Some(model) = model {
            models.entry(model).or_default().add(sums, &total);
        }
    }
    let of_model = |(model, s): (&str, Streams)| PipelineModelMins {
        model: model.to_owned(),
        mins: s.minutes(),
        sessions: s.sessions(),
        fps: s.fps(),
    };
    let mut out: Vec<PipelineUsage> = Vec::with_capacity(pipelines.len());
    for (name, (all, models)) in pipelines {
        let mut models: Vec<_> = models.into_iter().map(of_model).collect();
        most_first(&mut models, |m| m.mins);
        models.truncate(limits::PAGE);
        out.push(PipelineUsage {
            name: name.to_owned(),
            mins: all.minutes(),
            sessions: all.sessions(),
            fps: all.fps(),
            models,
        });
    }
    most_first(&mut out, |p| p.mins);
    out
}

/// The stake of a set, LPT; `None` if any of it is not told.
pub(super) fn stake(stakes: &[Option<String>]) -> Option<f64> {
    let mut lpt = 0.0;
    for stake in stakes {
        lpt += stake.as_ref()?.parse::<f64>().ok()? / 1e18;
    }
    Some(lpt)
}

/// A pipeline's name to show: `text-to-image` is "Text to image".
fn spoken(pipeline: &str) -> String {
    let words = pipeline.replace('-', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The offers of the newest bucket of each URI, where the pipeline is known.
fn newest(offers: Vec<Offer>) -> Vec<Offer> {
    let mut at = HashMap::new();
    for o in &offers {
        let newest = at.entry((o.address.clone(), o.uri.clone())).or_insert(o.at);
        *newest = (*newest).max(o.at);
    }
    let is_newest = |o: &Offer| at.get(&(o.address.clone(), o.uri.clone())) == Some(&o.at);
    offers.into_iter().filter(|o| is_newest(o) && known(o.pipeline.as_deref()).is_some()).collect()
}

/// `none` is the word of tables for what is not named.
fn known(word: Option<&str>) -> Option<&str> {
    word.filter(|w| *w != "none")
}

/// Reports of orchestrators that are online, and what they offer.
pub(super) async fn on_offer(
    database: &Database,
    now_us: i64,
) -> Result<(Vec<Report>, Vec<Offer>)> {
    let since = online_since(now_us);
    let reports = database.reports(since, ORGANIC, None).await.map_err(unavailable)?;
    let addresses = reports.iter().map(|r| r.address.clone()).collect::<BTreeSet<_>>();
    let addresses: Vec<String> = addresses.into_iter().collect();
    let offers = offers_of(database, since, &addresses).await?;
    Ok((reports, offers))
}

async fn offers_of(database: &Database, seen_us: i64, addresses: &[String]) -> Result<Vec<Offer>> {
    let mut out = Vec::new();
    for part in addresses.chunks(limits::PAGE) {
        // A report's offers are in the buckets before it.
        let offers = database.offers(seen_us - HOUR_US, ORGANIC, Some(part)).await;
        out.extend(offers.map_err(unavailable)?);
    }
    Ok(newest(out))
}

/// What is on offer, by pipeline.
pub(super) fn catalogue(reports: &[Report], offers: &[Offer]) -> Vec<PipelineCatalogEntry> {
    let mut regions: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    for report in reports {
        regions.entry(&report.address).or_default().extend(report.region.as_deref());
    }
    let mut pipelines: BTreeMap<&str, (BTreeSet<&str>, BTreeSet<&str>)> = BTreeMap::new();
    for offer in offers {
        let Some(pipeline) = offer.pipeline.as_deref() else { continue };
        let (models, places) = pipelines.entry(pipeline).or_default();
        models.extend(known(offer.model.as_deref()));
        places.extend(regions.get(offer.address.as_str()).into_iter().flatten());
    }
    let owned = |words: BTreeSet<&str>| words.into_iter().map(str::to_owned).collect();
    let entry = |(id, (models, places)): (&str, (BTreeSet<&str>, _))| PipelineCatalogEntry {
        id: id.to_owned(),
        name: spoken(id),
        models: owned(models),
        regions: owned(places),
    };
    pipelines.into_iter().map(entry).collect()
}

/// Distinct GPUs by pipeline and by name, of the newest report of each URI.
pub(super) fn capacity(reports: &[Report], gpus: Vec<ListedGpu>) -> GpuCapacity {
    let mut at = HashMap::new();
    for gpu in &gpus {
        let newest = at.entry((gpu.orchestrator.clone(), gpu.uri.clone())).or_insert(gpu.at);
        *newest = (*newest).max(gpu.at);
    }
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    let mut pipelines: BTreeMap<&str, (HashSet<&str>, BTreeMap<&str, HashSet<&str>>)> =
        BTreeMap::new();
    for gpu in &gpus {
        if at.get(&(gpu.orchestrator.clone(), gpu.uri.clone())) != Some(&gpu.at) {
            continue;
        }
        if let Some(name) = &gpu.name {
            names.insert(&gpu.id, name);
        }
        let Some(pipeline) = gpu.pipeline.as_deref() else { continue };
        let (all, models) = pipelines.entry(pipeline).or_default();
        all.insert(&gpu.id);
        if let Some(model) = gpu.model.as_deref() {
            models.entry(model).or_default().insert(&gpu.id);
        }
    }
    let mut by_name: BTreeMap<&str, usize> = BTreeMap::new();
    for name in names.into_values() {
        *by_name.entry(name).or_default() += 1;
    }
    let mut models: Vec<_> = by_name
        .into_iter()
        .map(|(name, count)| GpuModelCapacity { model: name.to_owned(), count })
        .collect();
    models.sort_by_key(|m| std::cmp::Reverse(m.count));
    let of_model = |(model, ids): (&str, HashSet<&str>)| GpuCapacityPipelineModel {
        model: model.to_owned(),
        gpus: ids.len(),
    };
    let mut pipelines: Vec<_> = pipelines
        .into_iter()
        .map(|(name, (all, models))| GpuCapacityPipeline {
            name: name.to_owned(),
            gpus: all.len(),
            models: Some(models.into_iter().map(of_model).collect()),
        })
        .collect();
    pipelines.sort_by_key(|p| std::cmp::Reverse(p.gpus));
    GpuCapacity { total: gpu_count(reports.iter()), models, pipelines }
}

/// Mean prices by pipeline and model, each orchestrator's URI once, the highest first.
pub(super) fn pricing(offers: &[Offer]) -> Vec<PipelinePricing> {
    let mut rows: BTreeMap<(&str, Option<&str>), Vec<&Offer>> = BTreeMap::new();
    for offer in offers {
        let Some(pipeline) = offer.pipeline.as_deref() else { continue };
        rows.entry((pipeline, known(offer.model.as_deref()))).or_default().push(offer);
    }
    let mut out = Vec::with_capacity(rows.len());
    for ((pipeline, model), offers) in rows {
        let prices: Vec<f64> = offers.iter().filter_map(|o| o.price_wei_per_unit).collect();
        if prices.is_empty() {
            continue;
        }
        #[expect(clippy::cast_precision_loss, reason = "offers are few")]
        let wei = prices.iter().sum::<f64>() / prices.len() as f64;
        let slots = offers.iter().filter_map(|o| slots(o)).reduce(i64::saturating_add);
        out.push(PipelinePricing {
            pipeline: pipeline.to_owned(),
            model: model.map(str::to_owned),
            unit: offers.iter().find_map(|o| o.price_unit.clone()),
            wei,
            slots,
        });
    }
    out.sort_by(|a, b| b.wei.total_cmp(&a.wei));
    out.truncate(limits::DASHBOARD_ROWS);
    out
}

#[expect(clippy::cast_possible_truncation, reason = "slots are few")]
fn slots(offer: &Offer) -> Option<i64> {
    let known_s = offer.known_s.filter(|k| *k > 0.0)?;
    Some((offer.slot_s? / known_s).round() as i64)
}

/// Legs of one orchestrator.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Legs {
    requested: i64,
    served: i64,
    swapped: i64,
}

impl Legs {
    #[expect(clippy::cast_possible_truncation, reason = "counts are far below 2^53")]
    pub(super) fn by_orchestrator(sums: &Sums) -> HashMap<String, Self> {
        let mut out = HashMap::new();
        for (key, buckets) in &sums.groups {
            let [Some(address)] = key.as_slice() else { continue };
            let total = sums.total(buckets);
            let count = |field| {
                let n = sums.get(&total, "stream_leg", field, What::Sum);
                n.unwrap_or(0.0).round() as i64
            };
            let legs = Self {
                requested: count("requested"),
                served: count("served"),
                swapped: count("swapped"),
            };
            out.insert(address.clone(), legs);
        }
        out
    }
}

/// Orchestrators that were seen or asked in the window, those with the most sessions first. One that
/// was asked and has not been listed for long has no URI to stand under.
pub(super) fn rows(
    reports: Vec<Report>,
    legs: &HashMap<String, Legs>,
    span: Span,
) -> Vec<OrchestratorRow> {
    let mut by_address: BTreeMap<String, Vec<Report>> = BTreeMap::new();
    for report in reports {
        by_address.entry(report.address.clone()).or_default().push(report);
    }
    let mut out = Vec::with_capacity(by_address.len());
    for (address, reports) in by_address {
        let seen = reports.iter().map(|r| r.seen_at.timestamp_micros()).max();
        let seen_us = seen.unwrap_or_default();
        let own = legs.get(&address).copied();
        if seen_us < span.from_us && own.is_none_or(|l| l.requested == 0) {
            continue;
        }
        let own = own.unwrap_or_default();
        let uris: BTreeSet<&String> = reports.iter().filter_map(|r| r.uri.as_ref()).collect();
        out.push(OrchestratorRow {
            uris: uris.into_iter().cloned().collect(),
            seen_us,
            requested: own.requested,
            served: own.served,
            swapped: own.swapped,
            gpus: gpu_count(reports.iter()),
            address,
            ..OrchestratorRow::default()
        });
    }
    out.sort_by(|a, b| (b.requested, &a.address).cmp(&(a.requested, &b.address)));
    out
}

/// Models by pipeline of one orchestrator.
fn offered(offers: &[Offer]) -> Vec<PipelineModelOffer> {
    let mut pipelines: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for offer in offers {
        let Some(pipeline) = offer.pipeline.as_deref() else { continue };
        pipelines.entry(pipeline).or_default().extend(known(offer.model.as_deref()));
    }
    let one = |(pipeline, models): (&str, BTreeSet<&str>)| PipelineModelOffer {
        pipeline_id: pipeline.to_owned(),
        model_ids: models.into_iter().map(str::to_owned).collect(),
    };
    pipelines.into_iter().map(one).collect()
}

/// Adds what each of them offers.
pub(super) async fn add_offers(database: &Database, rows: &mut [OrchestratorRow]) -> Result<()> {
    let Some(oldest) = rows.iter().map(|r| r.seen_us).min() else { return Ok(()) };
    let addresses: Vec<String> = rows.iter().map(|r| r.address.clone()).collect();
    let mut by_address: HashMap<String, Vec<Offer>> = HashMap::new();
    for offer in offers_of(database, oldest, &addresses).await? {
        by_address.entry(offer.address.clone()).or_default().push(offer);
    }
    for row in rows {
        row.offers = by_address.get(&row.address).map(|o| offered(o)).unwrap_or_default();
    }
    Ok(())
}

/// Scores over the window by address, if it is one that scores are over; `None` for an orchestrator
/// with several, which nothing pools.
pub(super) async fn scores(
    database: &Database,
    span: Span,
    hours: i64,
) -> Result<HashMap<String, Option<f64>>> {
    let word = match hours {
        24 => "24h",
        168 => "7d",
        _ => return Ok(HashMap::new()),
    };
    let which = [("origin", vec![ORGANIC.to_owned()]), ("span", vec![word.to_owned()])];
    let newest = database.newest_of("sla_score", &which).await.map_err(unavailable)?;
    let Some(end) = newest.filter(|end| *end >= span.from_us) else { return Ok(HashMap::new()) };
    let ends = Span { from_us: end, to_us: end + HOUR_US };
    let scores = database.scores(ends, &which, &[], false).await.map_err(unavailable)?;
    let scores = scores.iter().filter_map(|s| Some((s.text("orchestrator")?, s.float("score"))));
    Ok(lone(scores))
}

/// The score of who has one row; `None` for who has several.
fn lone<'a>(rows: impl Iterator<Item = (&'a str, Option<f64>)>) -> HashMap<String, Option<f64>> {
    let mut out: HashMap<String, Option<f64>> = HashMap::new();
    for (address, score) in rows {
        out.entry(address.to_owned()).and_modify(|s| *s = None).or_insert(score);
    }
    out
}

#[cfg(test)]
mod tests;
