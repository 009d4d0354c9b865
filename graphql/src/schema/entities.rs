//! Gateways, regions, pipelines and models: what is known of each now, and of the last 24 hours.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_graphql::{ID, Object, Result, SimpleObject};

use super::agents::ONLINE;
use super::error::unavailable;
use super::groups::{Dimension, Figures, count, sums_of, tallies_of};
use super::orchestrators::{self, OfferedModel, Orchestrator, gpu_count, total};
use super::page::{Page, connection, cursor};
use super::sessions::Origin;
use super::time::Time;
use crate::clock::now_us;
use crate::limits;
use crate::read::Database;
use crate::read::entities::Seen;
use crate::read::orchestrators::Report;
use crate::read::series::Span;
use crate::read::sums::{Ask, DAY_US, HOUR_US, Key};

/// Sessions of the 24 hours before now.
#[derive(Debug, Clone, Copy, Default, PartialEq, SimpleObject)]
pub(crate) struct Activity {
    /// Those that began in them, whatever became of them.
    sessions: i64,
    /// Of these SERVED, NO_ORCHESTRATOR or FAILED.
    requested: i64,
    /// Of these served.
    served: i64,
    /// Of these without an orchestrator.
    unserved: i64,
}

/// What everybody offers now, and what they did lately.
#[derive(Debug)]
pub(crate) struct Census {
    origin: Origin,
    now_us: i64,
    /// Of the last 30 days; only those online say what they offer.
    orchestrators: Vec<Orchestrator>,
    activity: BTreeMap<Key, Activity>,
}

impl Census {
    async fn read(database: &Database, origin: Origin, by: &[Dimension]) -> Result<Self> {
        let now_us = now_us();
        let mut orchestrators = orchestrators::all(database, None, origin).await?;
        // A report holds for 50 minutes at most.
        let since = now_us - 2 * HOUR_US;
        orchestrators::with_models(database, &mut orchestrators, since, origin).await?;
        let ask = Ask {
            span: Span { from_us: now_us - DAY_US, to_us: now_us },
            width_us: None,
            by: by.iter().map(|d| d.column()).collect(),
            filters: vec![("origin", vec![origin.word().to_owned()])],
            now_us,
        };
        let table = "stream_session";
        let mut columns = tallies_of(table, &["requested"]);
        columns.extend(sums_of(table, &["served", "unserved"]));
        let sums = database.sums(&ask, columns).await.map_err(unavailable)?;
        let mut activity = BTreeMap::new();
        for (key, buckets) in &sums.groups {
            let total = sums.total(buckets);
            let f = Figures(&sums, &total);
            let of = Activity {
                sessions: count(f.rows(table, "requested")),
                requested: count(f.sum(table, "requested")),
                served: count(f.sum(table, "served")),
                unserved: count(f.sum(table, "unserved")),
            };
            activity.insert(key.clone(), of);
        }
        Ok(Self { origin, now_us, orchestrators, activity })
    }

    fn online(&self) -> impl Iterator<Item = &Orchestrator> {
        let now = Time::from_us(self.now_us).0;
        self.orchestrators.iter().filter(move |o| o.online_at(now))
    }

    fn activity(&self, key: &[&str]) -> Activity {
        let key: Key = key.iter().map(|part| Some((*part).to_owned())).collect();
        self.activity.get(&key).copied().unwrap_or_default()
    }

    fn recent(&self, last_us: Option<i64>) -> bool {
        let most = ONLINE.num_microseconds().unwrap_or(0);
        last_us.is_some_and(|us| self.now_us - us <= most)
    }
}

/// First and last time that it was seen.
type Times = Option<(i64, i64)>;

fn first(times: Times) -> Option<Time> {
    times.map(|t| Time::from_us(t.0))
}

fn last(times: Times) -> Option<Time> {
    times.map(|t| Time::from_us(t.1))
}

fn wider(a: Times, b: Times) -> Times {
    [a, b].into_iter().flatten().reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

fn merge(all: impl IntoIterator<Item = Seen>) -> Seen {
    let mut out = Seen::new();
    for (key, times) in all.into_iter().flatten() {
        let known = wider(out.get(&key).copied(), Some(times));
        out.extend(known.map(|times| (key, times)));
    }
    out
}

/// Keys whose parts are all known; derived supply writes `none` for what is not.
fn known(seen: Seen) -> BTreeMap<Vec<String>, Times> {
    let parts = |key: Key| -> Option<Vec<String>> {
        key.into_iter().map(|p| p.filter(|p| p != "none")).collect()
    };
    let with = |(key, times)| Some((parts(key)?, Some(times)));
    seen.into_iter().filter_map(with).collect()
}

async fn seen(
    database: &Database,
    tables: &[&'static str],
    by: &[&'static str],
    origin: Origin,
) -> Result<BTreeMap<Vec<String>, Times>> {
    let since = now_us() - limits::LISTED_US;
    let mut all = Vec::new();
    for table in tables {
        all.push(database.seen(table, by, since, origin.word()).await.map_err(unavailable)?);
    }
    Ok(known(merge(all)))
}

/// Tables that name a pipeline and a model.
const MODELS: [&str; 3] = ["supply", "stream_session", "job"];

/// Who offers something, and how much of it.
#[derive(Debug)]
struct Offered<'a> {
    orchestrators: Vec<&'a Orchestrator>,
    models: Vec<&'a OfferedModel>,
}

impl Census {
    fn offered(&self, fits: impl Fn(&OfferedModel) -> bool) -> Offered<'_> {
        let of = |o: &&Orchestrator| o.offered().iter().any(&fits);
        let orchestrators: Vec<_> = self.online().filter(of).collect();
        let models = orchestrators.iter().flat_map(|o| o.offered()).filter(|m| fits(m));
        Offered { models: models.collect(), orchestrators: orchestrators.clone() }
    }
}

fn at_most<T>(all: Vec<T>, first: i32) -> Result<Vec<T>> {
    let page = Page::new(Some(first), None)?;
    Ok(all.into_iter().take(page.first).collect())
}

/// A canonical model of a pipeline.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    census: Arc<Census>,
    pipeline: String,
    name: String,
    times: Times,
}

impl Model {
    fn fits(&self, m: &OfferedModel) -> bool {
        m.is(&self.pipeline, Some(&self.name))
    }

    fn cursor(&self) -> String {
        cursor(&[&self.pipeline, &self.name])
    }

    pub(crate) async fn all(database: &Database, origin: Origin) -> Result<Vec<Self>> {
        let by = [Dimension::Pipeline, Dimension::Model];
        let census = Arc::new(Census::read(database, origin, &by).await?);
        let found = seen(database, &MODELS, &["pipeline", "model"], origin).await?;
        let mut out = Vec::with_capacity(found.len());
        for (key, times) in found {
            let Ok([pipeline, name]) = <[String; 2]>::try_from(key) else { continue };
            out.push(Self { census: Arc::clone(&census), pipeline, name, times });
        }
        Ok(out)
    }

    pub(crate) fn key(&self) -> Vec<String> {
        vec![self.pipeline.clone(), self.name.clone()]
    }
}

#[Object]
impl Model {
    pub(crate) async fn id(&self) -> ID {
        ID(cursor(&["Model", &self.pipeline, &self.name, self.census.origin.word()]))
    }

    /// Canonical name.
    async fn name(&self) -> &str {
        &self.name
    }

    /// Canonical pipeline.
    async fn pipeline(&self) -> &str {
        &self.pipeline
    }

    /// First seen within the last 30 days, on offer or in use.
    async fn first_seen_at(&self) -> Option<Time> {
        first(self.times)
    }

    /// Last seen, on offer or in use.
    async fn last_seen_at(&self) -> Option<Time> {
        last(self.times)
    }

    /// Whether an orchestrator that is online offers it.
    async fn online(&self) -> bool {
        !self.census.offered(|m| self.fits(m)).orchestrators.is_empty()
    }

    /// Orchestrators online that offer it.
    async fn orchestrator_count(&self) -> usize {
        self.census.offered(|m| self.fits(m)).orchestrators.len()
    }

    /// Of these, those that have it loaded at any URI; those that do not tell are not counted.
    async fn warm_count(&self) -> usize {
        self.census.offered(|m| self.fits(m)).models.iter().filter(|m| m.warm == Some(true)).count()
    }

    /// Slots of those online; null where none tells any.
    async fn slot_count(&self) -> Option<i64> {
        total(self.census.offered(|m| self.fits(m)).models.iter().map(|m| m.slots))
    }

    /// Of these idle.
    async fn slots_idle(&self) -> Option<i64> {
        total(self.census.offered(|m| self.fits(m)).models.iter().map(|m| m.slots_idle))
    }

    /// Its sessions of the last 24 hours.
    #[graphql(name = "last24h")]
    async fn last_24h(&self) -> Activity {
        self.census.activity(&[&self.pipeline, &self.name])
    }

    /// The orchestrators online that offer it, by address; at most 200.
    #[graphql(complexity = "first.clamp(0, 200) as usize * child_complexity")]
    async fn orchestrators(
        &self,
        #[graphql(default = 20)] first: i32,
    ) -> Result<Vec<&Orchestrator>> {
        at_most(self.census.offered(|m| self.fits(m)).orchestrators, first)
    }
}

/// A canonical pipeline.
#[derive(Debug)]
pub(crate) struct Pipeline {
    census: Arc<Census>,
    name: String,
    times: Times,
    models: Vec<Model>,
}

impl Pipeline {
    fn fits(&self, m: &OfferedModel) -> bool {
        m.is(&self.name, None)
    }

    fn cursor(&self) -> String {
        cursor(&[&self.name])
    }

    pub(crate) async fn all(database: &Database, origin: Origin) -> Result<Vec<Self>> {
        let census = Arc::new(Census::read(database, origin, &[Dimension::Pipeline]).await?);
        let mut models: BTreeMap<String, Vec<Model>> = BTreeMap::new();
        for model in Model::all(database, origin).await? {
            models.entry(model.pipeline.clone()).or_default().push(model);
        }
        let found = seen(database, &MODELS, &["pipeline"], origin).await?;
        let named = found.into_iter().filter_map(|(key, t)| Some((key.into_iter().next()?, t)));
        let pipeline = |(name, times): (String, Times)| Self {
            census: Arc::clone(&census),
            models: models.remove(&name).unwrap_or_default(),
            name,
            times,
        };
        Ok(named.map(pipeline).collect())
    }

    pub(crate) fn key(&self) -> Vec<String> {
        vec![self.name.clone()]
    }
}

#[Object]
impl Pipeline {
    pub(crate) async fn id(&self) -> ID {
        ID(cursor(&["Pipeline", &self.name, self.census.origin.word()]))
    }

    /// Canonical name.
    async fn name(&self) -> &str {
        &self.name
    }

    /// First seen within the last 30 days, on offer or in use.
    async fn first_seen_at(&self) -> Option<Time> {
        first(self.times)
    }

    /// Last seen, on offer or in use.
    async fn last_seen_at(&self) -> Option<Time> {
        last(self.times)
    }

    /// Whether an orchestrator that is online offers any model of it.
    async fn online(&self) -> bool {
        !self.census.offered(|m| self.fits(m)).orchestrators.is_empty()
    }

    /// Orchestrators online that offer any model of it.
    async fn orchestrator_count(&self) -> usize {
        self.census.offered(|m| self.fits(m)).orchestrators.len()
    }

    /// Slots of those online; null where none tells any.
    async fn slot_count(&self) -> Option<i64> {
        total(self.census.offered(|m| self.fits(m)).models.iter().map(|m| m.slots))
    }

    /// Of these idle.
    async fn slots_idle(&self) -> Option<i64> {
        total(self.census.offered(|m| self.fits(m)).models.iter().map(|m| m.slots_idle))
    }

    /// Its sessions of the last 24 hours.
    #[graphql(name = "last24h")]
    async fn last_24h(&self) -> Activity {
        self.census.activity(&[&self.name])
    }

    /// Its models of the last 30 days, by name; at most 200.
    #[graphql(complexity = "first.clamp(0, 200) as usize * child_complexity")]
    async fn models(&self, #[graphql(default = 20)] first: i32) -> Result<Vec<&Model>> {
        at_most(self.models.iter().collect(), first)
    }
}

/// A region out of the closed list that agents are configured with.
#[derive(Debug)]
pub(crate) struct Region {
    census: Arc<Census>,
    name: &'static str,
    covers: &'static str,
    /// Agents in it, and whether each was seen within the last 50 minutes.
    agents: Vec<bool>,
}

impl Region {
    /// All of them, by name.
    pub(crate) async fn all(database: &Database, origin: Origin) -> Result<Vec<Self>> {
        let census = Arc::new(Census::read(database, origin, &[Dimension::Region]).await?);
        let now = now_us();
        let none = Span { from_us: now, to_us: now };
        let agents = database.heard(none, now - limits::LISTED_US).await.map_err(unavailable)?;
        let of = |region: &naap_schema::region::Region| {
            let within = agents.iter().filter(|a| {
                a.region.as_deref() == Some(region.name)
                    && a.origin.as_deref() == Some(origin.word())
            });
            Self {
                census: Arc::clone(&census),
                name: region.name,
                covers: region.covers,
                agents: within.map(|a| census.recent(a.heard.last_us)).collect(),
            }
        };
        let mut all: Vec<_> = naap_schema::region::REGIONS.iter().map(of).collect();
        all.sort_by_key(|r| r.name);
        Ok(all)
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        self.name == name
    }

    fn reports(&self) -> impl Iterator<Item = &Report> {
        let reports = self.census.online().flat_map(|o| o.reports());
        reports.filter(|r| r.region.as_deref() == Some(self.name))
    }
}

#[Object]
impl Region {
    pub(crate) async fn id(&self) -> ID {
        ID(cursor(&["Region", self.name, self.census.origin.word()]))
    }

    /// As in `where` and in agents' configuration.
    async fn name(&self) -> &str {
        self.name
    }

    /// What it covers.
    async fn covers(&self) -> &str {
        self.covers
    }

    /// Agents of the last 30 days in it.
    async fn agent_count(&self) -> usize {
        self.agents.len()
    }

    /// Of these online.
    async fn agents_online(&self) -> usize {
        self.agents.iter().filter(|online| **online).count()
    }

    /// Orchestrators online whose own agent is in it. Most have no agent.
    async fn orchestrator_count(&self) -> usize {
        self.reports().map(|r| &r.address).collect::<BTreeSet<_>>().len()
    }

    /// Distinct GPUs of these; null where none tells its hardware.
    async fn gpu_count(&self) -> Option<i64> {
        gpu_count(self.reports())
    }

    /// Slots of these; null where none tells any.
    async fn slot_count(&self) -> Option<i64> {
        total(self.reports().map(|r| r.slots))
    }

    /// Of these idle.
    async fn slots_idle(&self) -> Option<i64> {
        total(self.reports().map(|r| r.slots_idle))
    }

    /// Sessions of the last 24 hours whose gateway's agent is in it.
    #[graphql(name = "last24h")]
    async fn last_24h(&self) -> Activity {
        self.census.activity(&[self.name])
    }
}

/// A gateway: the node identity of the agent that reports what it does.
#[derive(Debug)]
pub(crate) struct Gateway {
    census: Arc<Census>,
    name: String,
    region: Option<String>,
    /// When its agent, or its sessions, were heard of.
    times: Times,
}

impl Gateway {
    fn cursor(&self) -> String {
        cursor(&[&self.name])
    }

    /// Gateways' agents, and whoever is named in sessions of the last 30 days, by name.
    pub(crate) async fn all(database: &Database, origin: Origin) -> Result<Vec<Self>> {
        let census = Arc::new(Census::read(database, origin, &[Dimension::Gateway]).await?);
        let now = now_us();
        let none = Span { from_us: now, to_us: now };
        let agents = database.heard(none, now - limits::LISTED_US).await.map_err(unavailable)?;
        let mut names = seen(database, &["stream_session", "job"], &["gateway"], origin).await?;
        let mut regions = BTreeMap::new();
        for agent in agents {
            let kind = agent.kind.as_deref() == Some("gateway");
            let here = agent.origin.as_deref() == Some(origin.word());
            let key = vec![agent.node.clone()];
            if (kind && here) || names.contains_key(&key) {
                let known = agent.heard.first_us.zip(agent.heard.last_us);
                let times = names.entry(key).or_default();
                *times = wider(*times, known);
                regions.insert(agent.node, agent.region);
            }
        }
        let named = names.into_iter().filter_map(|(key, t)| Some((key.into_iter().next()?, t)));
        let gateway = |(name, times): (String, Times)| Self {
            census: Arc::clone(&census),
            region: regions.remove(&name).flatten(),
            name,
            times,
        };
        Ok(named.map(gateway).collect())
    }

    pub(crate) fn key(&self) -> Vec<String> {
        vec![self.name.clone()]
    }

    fn orchestrators(&self) -> Vec<&Orchestrator> {
        let by = |o: &&Orchestrator| {
            o.reports().iter().any(|r| r.gateway.as_deref() == Some(&self.name))
        };
        self.census.online().filter(by).collect()
    }
}

#[Object]
impl Gateway {
    pub(crate) async fn id(&self) -> ID {
        ID(cursor(&["Gateway", &self.name, self.census.origin.word()]))
    }

    /// Node identity of its agent.
    async fn name(&self) -> &str {
        &self.name
    }

    /// Region from its agent's configuration.
    async fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// When its agent was heard of first.
    async fn first_seen_at(&self) -> Option<Time> {
        first(self.times)
    }

    /// When it was heard of last.
    async fn last_seen_at(&self) -> Option<Time> {
        last(self.times)
    }

    /// Whether it was heard of within the last 50 minutes.
    async fn online(&self) -> bool {
        self.census.recent(self.times.map(|t| t.1))
    }

    /// Orchestrators online that it reported last, of all gateways.
    async fn orchestrator_count(&self) -> usize {
        self.orchestrators().len()
    }

    /// Its sessions of the last 24 hours.
    #[graphql(name = "last24h")]
    async fn last_24h(&self) -> Activity {
        self.census.activity(&[&self.name])
    }

    /// The orchestrators online that it reported last, by address; at most 200.
    #[graphql(complexity = "first.clamp(0, 200) as usize * child_complexity")]
    async fn orchestrators_online(
        &self,
        #[graphql(default = 20)] first: i32,
    ) -> Result<Vec<&Orchestrator>> {
        at_most(self.orchestrators(), first)
    }
}

connection! {
    /// Models, a page of them.
    ModelConnection, ModelEdge, Model
}

connection! {
    /// Pipelines, a page of them.
    PipelineConnection, PipelineEdge, Pipeline
}

connection! {
    /// Gateways, a page of them.
    GatewayConnection, GatewayEdge, Gateway
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_in_several_tables_is_seen_once() {
        let of = |name: Option<&str>, first, last| {
            Seen::from([(vec![name.map(str::to_owned)], (first, last))])
        };
        let all = merge([of(Some("a"), 5, 9), of(Some("a"), 3, 4), of(Some("none"), 1, 1)]);
        let all = known(merge([all, of(None, 2, 2)]));
        assert_eq!(all, BTreeMap::from([(vec!["a".to_owned()], Some((3, 9)))]));
        assert_eq!(wider(None, None), None);
    }
}
