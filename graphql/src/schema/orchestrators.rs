//! Orchestrators by on-chain address, and the network as a whole.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};

use super::agents::ONLINE;
use super::error::unavailable;
use super::groups::{Figures, Question, count, data_through, sums_of};
use super::heard::{Behind, data_coverage};
use super::live::NetworkNow;
use super::page::{Page, connection, cursor};
use super::sessions::Origin;
use super::time::Time;
use crate::clock::now_us;
use crate::limits;
use crate::read::Database;
use crate::read::orchestrators::{Offer, Report};
use crate::read::sums::HOUR_US;

connection! {
    /// Orchestrators, a page of them.
    OrchestratorConnection, OrchestratorEdge, Orchestrator
}

/// A model that an orchestrator offers, all its URIs together.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub(crate) struct OfferedModel {
    /// Canonical pipeline; null where unknown.
    pub(crate) pipeline: Option<String>,
    /// Null where unnamed.
    pub(crate) model: Option<String>,
    /// Whether it is loaded at any URI; null where not told.
    pub(crate) warm: Option<bool>,
    /// Slots; null where not told. Implausible ones are left out.
    pub(crate) slots: Option<i64>,
    /// Of these idle.
    pub(crate) slots_idle: Option<i64>,
    /// Slots above 64 of one row; null where plausible.
    pub(crate) implausible_slots: Option<i64>,
    /// The lowest price of its URIs, wei per unit.
    pub(crate) price_wei_per_unit: Option<f64>,
    /// The unit: pixel, second, token, character or request.
    pub(crate) price_unit: Option<String>,
    /// Live video: a minute of 1280 × 720 at 30 frames. An assumption of size and rate.
    pub(crate) price_wei_per_minute: Option<f64>,
}

impl OfferedModel {
    /// Whether it is of this pipeline, and of this model if one is named.
    pub(crate) fn is(&self, pipeline: &str, model: Option<&str>) -> bool {
        self.pipeline.as_deref() == Some(pipeline)
            && model.is_none_or(|m| self.model.as_deref() == Some(m))
    }
}

/// GPUs of one name.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub(crate) struct NamedGpus {
    name: String,
    /// How many; one that two URIs show counts at each.
    count: i64,
}

/// An orchestrator: its newest capability reports, whichever gateways they came from. What it says of
/// itself.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Orchestrator {
    address: String,
    origin: Origin,
    reports: Vec<Report>,
    models: Vec<OfferedModel>,
    seen_at: DateTime<Utc>,
}

pub(crate) fn total(values: impl Iterator<Item = Option<i64>>) -> Option<i64> {
    values.flatten().reduce(i64::saturating_add)
}

/// Distinct GPUs over reports; `None` where none tells any. Ids beyond those that a report lists are
/// taken for GPUs of their own.
pub(crate) fn gpu_count<'a>(reports: impl Iterator<Item = &'a Report>) -> Option<i64> {
    let mut ids: BTreeSet<&str> = BTreeSet::new();
    let (mut known, mut unlisted) = (false, 0i64);
    for report in reports {
        let Some(gpus) = report.gpus else { continue };
        known = true;
        let listed: Vec<&str> = split(report.gpu_ids.as_deref()).collect();
        unlisted = unlisted.saturating_add((gpus - whole(listed.len())).max(0));
        ids.extend(listed);
    }
    known.then(|| whole(ids.len()).saturating_add(unlisted))
}

fn whole(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn split(text: Option<&str>) -> impl Iterator<Item = &str> {
    text.unwrap_or_default().split(',').map(str::trim).filter(|part| !part.is_empty())
}

/// Names and counts from texts such as `NVIDIA GeForce RTX 4090 x2`.
fn named(reports: &[Report]) -> Vec<NamedGpus> {
    let mut out: BTreeMap<&str, i64> = BTreeMap::new();
    for part in reports.iter().flat_map(|r| split(r.gpu_names.as_deref())) {
        let counted = part.rsplit_once(" x").and_then(|(name, n)| Some((name, n.parse().ok()?)));
        let (name, n) = counted.unwrap_or((part, 1));
        *out.entry(name).or_default() += n;
    }
    out.into_iter().map(|(name, count)| NamedGpus { name: name.to_owned(), count }).collect()
}

fn distinct<'a>(texts: impl Iterator<Item = Option<&'a str>>) -> Vec<&'a str> {
    texts.flatten().collect::<BTreeSet<_>>().into_iter().collect()
}

impl Orchestrator {
    pub(crate) fn online_at(&self, now: DateTime<Utc>) -> bool {
        now - self.seen_at <= ONLINE
    }

    pub(crate) fn reports(&self) -> &[Report] {
        &self.reports
    }

    pub(crate) fn offered(&self) -> &[OfferedModel] {
        &self.models
    }

    fn cursor(&self) -> String {
        cursor(&[&self.address])
    }
}

/// Groups reports, which are sorted by address.
fn orchestrators(reports: Vec<Report>, origin: Origin) -> Vec<Orchestrator> {
    let mut out: Vec<Orchestrator> = Vec::new();
    for report in reports {
        match out.last_mut().filter(|o| o.address == report.address) {
            Some(o) => {
                o.seen_at = o.seen_at.max(report.seen_at);
                o.reports.push(report);
            }
            None => out.push(Orchestrator {
                address: report.address.clone(),
                origin,
                seen_at: report.seen_at,
                reports: vec![report],
                models: Vec::new(),
            }),
        }
    }
    out
}

#[expect(clippy::cast_possible_truncation, reason = "slots are few")]
fn slots(slot_s: Option<f64>, known_s: Option<f64>) -> Option<i64> {
    slot_s.zip(known_s.filter(|k| *k > 0.0)).map(|(s, k)| (s / k).round() as i64)
}

/// What each orchestrator offers: of each URI the rows of its newest bucket.
pub(super) fn models(offers: Vec<Offer>) -> HashMap<String, Vec<OfferedModel>> {
    let mut newest: HashMap<(String, Option<String>), DateTime<Utc>> = HashMap::new();
    for o in &offers {
        let at = newest.entry((o.address.clone(), o.uri.clone())).or_insert(o.at);
        *at = (*at).max(o.at);
    }
    let mut by_model: BTreeMap<(String, Option<String>, Option<String>), Vec<Offer>> =
        BTreeMap::new();
    for o in offers {
        if newest.get(&(o.address.clone(), o.uri.clone())) == Some(&o.at) {
            let key = (o.address.clone(), o.pipeline.clone(), o.model.clone());
            by_model.entry(key).or_default().push(o);
        }
    }
    let mut out: HashMap<String, Vec<OfferedModel>> = HashMap::new();
    for ((address, pipeline, model), offers) in by_model {
        let known = |word: Option<String>| word.filter(|w| w != "none");
        let warm = offers.iter().filter_map(|o| Some(o.warm_s? > 0.0)).reduce(|a, b| a || b);
        let price = |o: &&Offer| o.price_wei_per_unit.is_some();
        let cheapest = offers.iter().filter(price).min_by(|a, b| {
            let of = |o: &Offer| o.price_wei_per_unit.unwrap_or(f64::INFINITY);
            of(a).total_cmp(&of(b))
        });
        let offered = OfferedModel {
            pipeline: known(pipeline),
            model: known(model),
            warm,
            slots: total(offers.iter().map(|o| slots(o.slot_s, o.known_s))),
            slots_idle: total(offers.iter().map(|o| slots(o.idle_slot_s, o.known_s))),
            implausible_slots: total(offers.iter().map(|o| o.implausible_slots)).filter(|n| *n > 0),
            price_wei_per_unit: cheapest.and_then(|o| o.price_wei_per_unit),
            price_unit: cheapest.and_then(|o| o.price_unit.clone()),
            price_wei_per_minute: cheapest.and_then(|o| o.price_wei_per_minute),
        };
        out.entry(address).or_default().push(offered);
    }
    out
}

#[Object]
impl Orchestrator {
    pub(crate) async fn id(&self) -> ID {
        ID(cursor(&["Orchestrator", &self.address, self.origin.word()]))
    }

    /// On-chain address, lower case.
    async fn address(&self) -> &str {
        &self.address
    }

    /// Its service URIs: scheme, host and port.
    async fn uris(&self) -> Vec<&str> {
        distinct(self.reports.iter().map(|r| r.uri.as_deref()))
    }

    /// Distinct GPUs in the newest report of each of its URIs; null where none tells its hardware.
    async fn gpu_count(&self) -> Option<i64> {
        gpu_count(self.reports.iter())
    }

    /// Slots (capacity and capacity in use) in the newest report of each of its URIs; null where none
    /// tells any. Rows above 64 are left out.
    async fn slot_count(&self) -> Option<i64> {
        total(self.reports.iter().map(|r| r.slots))
    }

    /// Of these idle.
    async fn slots_idle(&self) -> Option<i64> {
        total(self.reports.iter().map(|r| r.slots_idle))
    }

    /// Whether it was seen within the last 50 minutes.
    async fn online(&self) -> bool {
        self.online_at(Time::from_us(now_us()).0)
    }

    /// Time of its newest report.
    async fn last_seen_at(&self) -> Time {
        Time(self.seen_at)
    }

    /// go-livepeer versions of its URIs.
    async fn versions(&self) -> Vec<&str> {
        distinct(self.reports.iter().map(|r| r.version.as_deref()))
    }

    /// Regions of its own agents; empty without any.
    async fn regions(&self) -> Vec<&str> {
        distinct(self.reports.iter().map(|r| r.region.as_deref()))
    }

    /// Gateways that its newest reports came from.
    async fn gateways(&self) -> Vec<&str> {
        distinct(self.reports.iter().map(|r| r.gateway.as_deref()))
    }

    /// What it offers.
    async fn models(&self) -> &[OfferedModel] {
        &self.models
    }

    /// Its GPUs by name.
    async fn gpus(&self) -> Vec<NamedGpus> {
        named(&self.reports)
    }

    /// Whether any of its model rows tells more than 64 slots.
    async fn implausible(&self) -> bool {
        total(self.reports.iter().map(|r| r.implausible_models)).is_some_and(|n| n > 0)
    }

    /// Slots of such rows, which are in no sum; null without any.
    async fn implausible_slots(&self) -> Option<i64> {
        total(self.reports.iter().map(|r| r.implausible_slots)).filter(|n| *n > 0)
    }
}

/// All that are listed, by address, or one of them; what they offer is not there yet.
pub(crate) async fn all(
    database: &Database,
    address: Option<&str>,
    origin: Origin,
) -> Result<Vec<Orchestrator>> {
    let since = now_us() - limits::LISTED_US;
    let reports = database.reports(since, origin.word(), address).await;
    Ok(orchestrators(reports.map_err(unavailable)?, origin))
}

/// Adds what they offer, as of the newest bucket of each of their URIs since `since_us`.
pub(crate) async fn with_models(
    database: &Database,
    nodes: &mut [Orchestrator],
    since_us: i64,
    origin: Origin,
) -> Result<()> {
    let addresses: Vec<String> = nodes.iter().map(|n| n.address.clone()).collect();
    let only = (addresses.len() <= limits::PAGE).then_some(&*addresses);
    let offers = database.offers(since_us, origin.word(), only).await;
    let mut models = models(offers.map_err(unavailable)?);
    for node in nodes {
        node.models = models.remove(&node.address).unwrap_or_default();
    }
    Ok(())
}

/// A page of orchestrators, by address.
pub(crate) async fn page(
    database: &Database,
    page: Page,
    address: Option<String>,
    origin: Origin,
) -> Result<OrchestratorConnection> {
    let address = address.map(|a| a.to_lowercase());
    let all = all(database, address.as_deref(), origin).await?;
    let mut cut = page.cut(all, |o| vec![o.address.clone()])?;
    if let Some(oldest) = cut.nodes.iter().map(|n| n.seen_at.timestamp_micros()).min() {
        with_models(database, &mut cut.nodes, oldest - HOUR_US, origin).await?;
    }
    Ok(cut.into())
}

/// The network: what it did in the window, and what it is now.
#[derive(Debug)]
pub(crate) struct Network {
    question: Question,
    totals: Totals,
    online: Vec<Orchestrator>,
    listed: usize,
}

#[derive(Debug, Clone, Copy)]
struct Totals {
    sessions: i64,
    requested: i64,
    served: i64,
    unserved: i64,
    minutes: Option<f64>,
    fees_eth: Option<f64>,
}

impl Network {
    pub(crate) async fn read(database: &Database, question: Question) -> Result<Self> {
        let mut columns = super::groups::tallies_of("stream_session", &["requested"]);
        columns.extend(sums_of("stream_session", &["served", "unserved"]));
        columns.extend(sums_of("stream_minute", &["minutes"]));
        columns.extend(sums_of("payment_fee", &["fee_eth"]));
        let sums = database.sums(&question.ask(false), columns).await.map_err(unavailable)?;
        let total = sums.groups.values().next().map(|buckets| sums.total(buckets));
        let total = total.unwrap_or_default();
        let f = Figures(&sums, &total);
        let totals = Totals {
            sessions: count(f.rows("stream_session", "requested")),
            requested: count(f.sum("stream_session", "requested")),
            served: count(f.sum("stream_session", "served")),
            unserved: count(f.sum("stream_session", "unserved")),
            minutes: f.sum("stream_minute", "minutes"),
            fees_eth: f.sum("payment_fee", "fee_eth"),
        };
        let mut all = all(database, None, question.origin).await?;
        let (listed, now) = (all.len(), Time::from_us(question.now_us).0);
        all.retain(|o| o.online_at(now));
        Ok(Self { question, totals, online: all, listed })
    }

    /// What of it is told to those who listen.
    pub(crate) fn now(&self) -> NetworkNow {
        let reports = || self.online.iter().flat_map(|o| &o.reports);
        NetworkNow {
            as_of: Time::from_us(self.question.now_us),
            orchestrators_online: self.online.len(),
            gpus: gpu_count(reports()),
            slots: total(reports().map(|r| r.slots)),
            slots_idle: total(reports().map(|r| r.slots_idle)),
            from: Time::from_us(self.question.span.from_us),
            sessions: self.totals.sessions,
            served: self.totals.served,
            unserved: self.totals.unserved,
            minutes: self.totals.minutes,
        }
    }
}

#[Object]
impl Network {
    /// Beginning of the window, snapped to hours.
    async fn from(&self) -> Time {
        Time::from_us(self.question.span.from_us)
    }

    /// End of the window, exclusive, snapped to hours.
    async fn to(&self) -> Time {
        Time::from_us(self.question.span.to_us)
    }

    /// Whose traffic it is.
    async fn origin(&self) -> Origin {
        self.question.origin
    }

    /// Whether the window is not over yet.
    async fn partial(&self) -> bool {
        self.question.partial(None)
    }

    /// Everything that was stored up to here is in the figures. Null where the derivation has not
    /// said.
    async fn data_through(&self, ctx: &Context<'_>) -> Result<Option<Time>> {
        data_through(ctx, "sessions").await
    }

    /// Time with data that arrived / time expected in the window, over all gateways' agents, 0 to 1.
    /// Null where none was expected, and for windows that begin more than 30 days ago.
    async fn data_coverage(&self, ctx: &Context<'_>) -> Result<Option<f64>> {
        data_coverage(ctx, &Behind::askers(self.question.origin), self.question.span).await
    }

    /// When `orchestratorsOnline` and what follows it was true.
    async fn as_of(&self) -> Time {
        Time::from_us(self.question.now_us)
    }

    /// Sessions that began in the window, whatever became of them.
    async fn sessions(&self) -> i64 {
        self.totals.sessions
    }

    /// Of these SERVED, NO_ORCHESTRATOR or FAILED.
    async fn requested(&self) -> i64 {
        self.totals.requested
    }

    /// Of these served.
    async fn served(&self) -> i64 {
        self.totals.served
    }

    /// Of these without an orchestrator.
    async fn unserved(&self) -> i64 {
        self.totals.unserved
    }

    /// Minutes of sessions in the window; null without any.
    async fn minutes(&self) -> Option<f64> {
        self.totals.minutes
    }

    /// Fees of payments in the window, ETH, as an expected value; null without any.
    async fn fees_eth(&self) -> Option<f64> {
        self.totals.fees_eth
    }

    /// Orchestrators that were seen within the last 30 days.
    async fn orchestrators(&self) -> usize {
        self.listed
    }

    /// Orchestrators that were seen within the last 50 minutes.
    async fn orchestrators_online(&self) -> usize {
        self.online.len()
    }

    /// Distinct GPUs of those online; null where none tells its hardware.
    async fn gpus(&self) -> Option<i64> {
        gpu_count(self.online.iter().flat_map(|o| &o.reports))
    }

    /// Slots of those online; null where none tells any.
    async fn slots(&self) -> Option<i64> {
        total(self.online.iter().flat_map(|o| o.reports.iter().map(|r| r.slots)))
    }

    /// Of these idle.
    async fn slots_idle(&self) -> Option<i64> {
        total(self.online.iter().flat_map(|o| o.reports.iter().map(|r| r.slots_idle)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        Time::from_us(1_790_000_000_000_000 + minute * 60_000_000).0
    }

    fn report(address: &str, uri: &str, minute: i64) -> Report {
        let uri = Some(uri.to_owned());
        Report { seen_at: at(minute), address: address.into(), uri, ..Report::default() }
    }

    #[test]
    fn a_gpu_at_two_uris_is_one_gpu() {
        let with = |gpus, ids: &str, names: &str| Report {
            gpus: Some(gpus),
            gpu_ids: Some(ids.into()),
            gpu_names: Some(names.into()),
            ..report("0xa", "u", 0)
        };
        let two = [with(2, "aa,bb", "RTX 4090 x2"), with(1, "bb", "RTX 4090 x1, A100 SXM x1")];
        assert_eq!(gpu_count(two.iter()), Some(2));
        let cut = [with(5, "aa,bb", "RTX 4090 x5")];
        assert_eq!(gpu_count(cut.iter()), Some(5), "only some ids are listed");
        assert_eq!(gpu_count([report("0xa", "u", 0)].iter()), None, "unknown is not 0");
        assert_eq!(gpu_count([with(0, "", "")].iter()), Some(0));
        let expected = [("A100 SXM", 1), ("RTX 4090", 3)];
        let names: Vec<(String, i64)> =
            named(&two).into_iter().map(|g| (g.name, g.count)).collect();
        assert_eq!(names, expected.map(|(n, c)| (n.to_owned(), c)));
    }

    #[test]
    fn an_orchestrator_is_an_address_with_all_its_uris() {
        let list = vec![report("0xa", "u1", 3), report("0xa", "u2", 9), report("0xb", "u3", 5)];
        let all = orchestrators(list, Origin::Organic);
        assert_eq!(all.len(), 2);
        assert_eq!((all[0].reports.len(), all[0].seen_at), (2, at(9)));
        assert!(all[0].online_at(at(59)) && !all[0].online_at(at(60)));
    }

    #[test]
    fn models_are_those_of_the_newest_bucket_of_each_uri() {
        let offer = |uri: &str, minute: i64, model: &str, slot_s: Option<f64>| Offer {
            at: at(minute),
            address: "0xa".into(),
            uri: Some(uri.into()),
            pipeline: Some("live-video-to-video".into()),
            model: Some(model.into()),
            known_s: Some(150.0),
            slot_s,
            warm_s: Some(0.0),
            ..Offer::default()
        };
        let offers = vec![
            offer("u1", 5, "m", Some(300.0)),
            offer("u2", 0, "m", Some(450.0)),
            offer("u1", 0, "gone", Some(150.0)),
            offer("u1", 5, "none", None),
        ];
        let models = &models(offers)["0xa"];
        let found: Vec<_> = models.iter().map(|m| (m.model.as_deref(), m.slots)).collect();
        assert_eq!(found, [(Some("m"), Some(5)), (None, None)]);
        assert_eq!(models[0].warm, Some(false));
    }
}
