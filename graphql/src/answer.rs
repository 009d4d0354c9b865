//! From a request that is understood to its answer: what it costs, whether the client may spend that,
//! and whether the answer is there already.
//!
//! A request that was answered before is found by its raw bytes, without parsing anything. Else its
//! key ([`key`]) finds the answer that another request with the same meaning had. What is not there is
//! made once, however many ask for it at the same time, and paid for by the one who came first; what
//! is there costs nothing. Errors are never kept, nor is an answer with one in it.
//!
//! It may execute queries and keep whole answers; it must never keep who asked.

mod arguments;
mod caller;
mod client;
mod cost;
mod fields;
mod key;
mod layer;
mod plan;
mod rate;
mod refusal;
mod stored;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_graphql::{Request, Response, Value, value};
use axum::http::HeaderMap;
use futures::StreamExt;
use futures::stream::BoxStream;
use moka::future::Cache;
use tokio::sync::Semaphore;

use crate::clock;
use crate::compat::DashboardSchema;
use crate::config::Config;
use crate::limits;
use crate::metrics::Metrics;
use crate::refusal::Media;
use crate::schema::NaapSchema;
use crate::schema::rate_limit::RateLimit;
use client::Clients;
use fields::Fields;
use key::{Key, of_parts};
use plan::{Plan, Prepared};
use rate::Rate;

pub(crate) use caller::Caller;
pub(crate) use client::Network;
pub(crate) use layer::{NotWhole, introduce, layer, toll};
pub(crate) use refusal::Refusal;
pub(crate) use stored::{Found, Stored};

/// Made for this request only.
pub(crate) type Unkept = Arc<Response>;

/// How a request is answered.
#[derive(Debug)]
pub(crate) enum Answer {
    /// With bytes that are kept.
    Kept(Arc<Stored>, Found),
    /// With what was made for this request: it has errors, or is for one client.
    Unkept(Unkept, HeaderMap),
    /// Not at all.
    Refused(Refusal, HeaderMap),
}

/// An answer that is kept, and what it takes to make it anew.
#[derive(Debug)]
struct Entry {
    stored: Arc<Stored>,
    prepared: Arc<Prepared>,
    plan: Plan,
}

/// Answers, and what is needed to make them.
#[derive(Debug)]
pub(crate) struct Answers {
    schema: Schema,
    fields: Fields,
    clients: Arc<Clients>,
    rate: Arc<Rate>,
    metrics: Arc<Metrics>,
    /// Memory that kept answers may take.
    bytes: u64,
    /// None: nothing is kept.
    entries: Option<Cache<Key, Arc<Entry>>>,
    /// Keys of answers by raw requests.
    known: Cache<Key, (Key, Media)>,
    /// Answers that are being made, with how many wait for each.
    flights: Mutex<HashMap<Key, usize>>,
    refreshes: Arc<Semaphore>,
}

/// What is executed; schemas have no debug form.
enum Schema {
    /// That of this project.
    Own(NaapSchema),
    /// The contract of a dashboard that exists.
    Dashboard(DashboardSchema),
}

impl Schema {
    async fn execute(&self, request: Request) -> Response {
        match self {
            Self::Own(schema) => crate::http::execute(schema, request).await,
            Self::Dashboard(schema) => crate::http::execute(schema, request).await,
        }
    }
}

impl std::fmt::Debug for Schema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Schema")
    }
}

/// When an entry goes: after it is of no use even as a stale answer.
struct Gone;

impl moka::Expiry<Key, Arc<Entry>> for Gone {
    fn expire_after_create(
        &self,
        _: &Key,
        entry: &Arc<Entry>,
        _: std::time::Instant,
    ) -> Option<Duration> {
        Some(entry.stored.keeps.fresh + entry.stored.keeps.stale)
    }

    fn expire_after_update(
        &self,
        _: &Key,
        entry: &Arc<Entry>,
        _: std::time::Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(entry.stored.keeps.fresh + entry.stored.keeps.stale)
    }
}

/// One who waits for an answer that is being made.
struct Waiting<'a> {
    answers: &'a Answers,
    key: Key,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut flights = self.answers.flights.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(n) = flights.get_mut(&self.key) {
            *n -= 1;
            if *n == 0 {
                flights.remove(&self.key);
            }
        }
    }
}

fn entries(bytes: u64) -> Option<Cache<Key, Arc<Entry>>> {
    let weigh = |_: &Key, entry: &Arc<Entry>| {
        let prepared = u32::try_from(entry.prepared.weight()).unwrap_or(u32::MAX);
        entry.stored.weight().saturating_add(prepared)
    };
    (bytes > 0)
        .then(|| Cache::builder().max_capacity(bytes).weigher(weigh).expire_after(Gone).build())
}

impl Answers {
    /// Answers of a schema, as configured.
    pub(crate) fn new(schema: NaapSchema, config: &Config, metrics: Arc<Metrics>) -> Arc<Self> {
        let rate = &config.rate;
        let keys = config.api_keys.iter();
        let clients = Clients::new(
            rate.trusted_proxies.iter().map(|p| p.0).collect(),
            keys.clone().map(|k| k.sha256.0),
        );
        let rate = Rate::new(rate.points, keys.map(|k| k.points), Duration::from_secs(rate.per_s));
        let answers = Arc::new(Self {
            fields: Fields::new(&schema.sdl()),
            schema: Schema::Own(schema),
            clients: Arc::new(clients),
            rate: Arc::new(rate),
            metrics,
            bytes: config.cache.max_bytes,
            entries: entries(config.cache.max_bytes),
            known: Cache::new(limits::KNOWN_REQUESTS),
            flights: Mutex::default(),
            refreshes: Arc::new(Semaphore::new(limits::REFRESHES)),
        });
        let watched = Arc::downgrade(&answers);
        answers.metrics.watch(Box::new(move || {
            let answers = watched.upgrade()?;
            let entries = answers.entries.as_ref();
            let kept = entries.map_or((0, 0), |e| (e.weighted_size(), e.entry_count()));
            Some((kept.0, kept.1, answers.rate.clients()))
        }));
        answers
    }

    /// Answers of another schema to the same clients: what they spend there, they spend here. What is
    /// kept of it may take a quarter as much memory.
    pub(crate) fn of_dashboard(&self, schema: DashboardSchema) -> Arc<Self> {
        let bytes = self.bytes / 4;
        Arc::new(Self {
            fields: Fields::new(&schema.sdl()),
            schema: Schema::Dashboard(schema),
            clients: Arc::clone(&self.clients),
            rate: Arc::clone(&self.rate),
            metrics: Arc::clone(&self.metrics),
            bytes,
            entries: entries(bytes),
            known: Cache::new(limits::KNOWN_REQUESTS),
            flights: Mutex::default(),
            refreshes: Arc::clone(&self.refreshes),
        })
    }

    /// The text of the schema that is answered by.
    pub(crate) fn sdl(&self) -> String {
        match &self.schema {
            Schema::Own(schema) => schema.sdl(),
            Schema::Dashboard(schema) => schema.sdl(),
        }
    }

    /// The answer to a request whose raw bytes were answered before, if it is still there.
    async fn known(self: &Arc<Self>, caller: &Caller) -> Option<(Arc<Stored>, Media, Found)> {
        if caller.anew {
            return None;
        }
        let (key, media) = self.known.get(&caller.raw?).await?;
        let (stored, found) = self.kept(key).await?;
        Some((stored, media, found))
    }

    /// What is kept under a key; where it is stale, it is made anew beside.
    async fn kept(self: &Arc<Self>, key: Key) -> Option<(Arc<Stored>, Found)> {
        let entry = self.entries.as_ref()?.get(&key).await?;
        let keeps = entry.stored.keeps;
        let age = entry.stored.age();
        if age < keeps.fresh {
            return Some((Arc::clone(&entry.stored), Found::Hit));
        }
        if age >= keeps.fresh + keeps.stale {
            return None;
        }
        self.refresh(key, &entry);
        Some((Arc::clone(&entry.stored), Found::Stale))
    }

    /// Makes an answer anew, unless somebody does already, or too many are.
    fn refresh(self: &Arc<Self>, key: Key, entry: &Arc<Entry>) {
        if entry.stored.refreshing.swap(true, Ordering::Relaxed) {
            return;
        }
        let Ok(place) = Arc::clone(&self.refreshes).try_acquire_owned() else {
            entry.stored.refreshing.store(false, Ordering::Relaxed);
            return;
        };
        let (answers, entry) = (Arc::clone(self), Arc::clone(entry));
        tokio::spawn(async move {
            let moment = entry.plan.moment(clock::wall_us());
            match answers.make(&entry.prepared, entry.plan, moment).await {
                Ok(new) => answers.keep(key, new).await,
                // The old one stays while it may; the next who asks tries again.
                Err(_) => entry.stored.refreshing.store(false, Ordering::Relaxed),
            }
            drop(place);
        });
    }

    async fn keep(&self, key: Key, entry: Arc<Entry>) {
        if let Some(entries) = &self.entries {
            entries.insert(key, entry).await;
        }
    }

    /// Answers a request.
    pub(crate) async fn answer(
        self: &Arc<Self>,
        caller: &Caller,
        media: Media,
        request: Request,
    ) -> Answer {
        let tells_cost = caller.cost || asks_cost(&request);
        let Some(prepared) = Prepared::new(request, tells_cost).map(Arc::new) else {
            // Guard and parser had it before.
            return Answer::Unkept(Arc::default(), HeaderMap::new());
        };
        let now = clock::wall_us();
        let most = limits::COST.min(self.rate.most(&caller.client));
        let plan = match Plan::new(&prepared, &self.fields, now, most) {
            Ok(plan) => plan,
            Err(refusal) => return Answer::Refused(refusal, HeaderMap::new()),
        };
        let Some(key) = plan.key.filter(|_| self.entries.is_some()) else {
            return self.unkept(caller, &prepared, plan, now).await;
        };
        if !caller.anew
            && let Some((stored, found)) = self.kept(key).await
        {
            self.learn(caller, key, media).await;
            return Answer::Kept(stored, found);
        }
        // Who comes first pays; who joins does not.
        let pay = || self.spend(caller, plan.cost).map(drop);
        let paid = match caller.anew {
            true => pay().map(|()| None),
            false => self.wait(key, pay).map(Some),
        };
        let _waiting = match paid {
            Ok(waiting) => waiting,
            Err(refusal) => return self.refused(caller, refusal),
        };
        let (made, found) = if caller.anew {
            let made = self.make(&prepared, plan, now).await;
            if let Ok(entry) = &made {
                self.keep(key, Arc::clone(entry)).await;
            }
            (made, Found::Bypass)
        } else {
            self.join(key, &prepared, plan, now).await
        };
        match made {
            Ok(entry) => {
                self.learn(caller, key, media).await;
                Answer::Kept(Arc::clone(&entry.stored), found)
            }
            Err(response) => Answer::Unkept(response, self.rate.headers(&caller.client, None)),
        }
    }

    /// Makes what is kept under a key, once for all who ask now.
    async fn join(
        &self,
        key: Key,
        prepared: &Arc<Prepared>,
        plan: Plan,
        now: i64,
    ) -> (Result<Arc<Entry>, Unkept>, Found) {
        let made = AtomicBool::new(false);
        let make = async {
            made.store(true, Ordering::Relaxed);
            self.make(prepared, plan, plan.moment(now)).await
        };
        let entry = match &self.entries {
            Some(entries) => entries.try_get_with(key, make).await.map_err(|e| Arc::clone(&*e)),
            None => make.await,
        };
        let found = if made.into_inner() { Found::Miss } else { Found::Joined };
        (entry, found)
    }

    /// Answers what is for nobody else.
    async fn unkept(&self, caller: &Caller, prepared: &Prepared, plan: Plan, now: i64) -> Answer {
        let balance = match self.spend(caller, plan.cost) {
            Ok(balance) => balance,
            Err(refusal) => return self.refused(caller, refusal),
        };
        let mut request = prepared.request();
        if let Some(b) = balance {
            let reset = i64::try_from(b.reset.as_micros()).unwrap_or(i64::MAX);
            let reset = now.saturating_add(reset);
            request = request.data(RateLimit::new(plan.cost, b.limit, b.remaining, reset));
        }
        let response = self.execute(request, plan, prepared.tells_cost, now).await;
        Answer::Unkept(Arc::new(response), self.rate.headers(&caller.client, None))
    }

    /// The values of a subscription, paid for once: all who listen share one reading of the database.
    pub(crate) fn subscribe(
        &self,
        caller: &Caller,
        request: Request,
    ) -> Result<BoxStream<'static, Response>, Refusal> {
        self.spend(caller, limits::SUBSCRIPTION_COST)?;
        Ok(match &self.schema {
            Schema::Own(schema) => schema.execute_stream(request).boxed(),
            Schema::Dashboard(schema) => schema.execute_stream(request).boxed(),
        })
    }

    /// Takes points of a client; what it is told where it has too few.
    fn pay(&self, client: &client::Client, cost: u64) -> Result<(), (Refusal, HeaderMap)> {
        match self.rate.spend(client, cost) {
            Ok(_) => {
                self.metrics.cost.add(cost);
                Ok(())
            }
            Err(refusal) => {
                let wait = match &refusal {
                    Refusal::Rate { wait, .. } => Some(*wait),
                    _ => None,
                };
                Err((refusal, self.rate.headers(client, wait)))
            }
        }
    }

    fn spend(&self, caller: &Caller, cost: u64) -> Result<Option<rate::Balance>, Refusal> {
        let balance = self.rate.spend(&caller.client, cost)?;
        self.metrics.cost.add(cost);
        Ok(balance)
    }

    fn refused(&self, caller: &Caller, refusal: Refusal) -> Answer {
        let wait = match &refusal {
            Refusal::Rate { wait, .. } => Some(*wait),
            _ => None,
        };
        Answer::Refused(refusal, self.rate.headers(&caller.client, wait))
    }

    /// Answers for the own pages: not paid for, and shared by all who look at about the same time.
    pub(crate) async fn page(self: &Arc<Self>, request: Request) -> Result<Arc<Stored>, Unkept> {
        let Some(prepared) = Prepared::new(request, false).map(Arc::new) else {
            return Err(Arc::default());
        };
        let now = clock::wall_us();
        let mut plan = Plan::new(&prepared, &self.fields, now, u64::MAX)
            .map_err(|refusal| Arc::new(Response::from_errors(vec![refusal.error()])))?;
        // Kept apart from what readers ask for: it is fresher.
        plan.for_pages();
        let key = plan.key.map(|key| of_parts(&[&key, b"page"]));
        let Some(key) = key.filter(|_| self.entries.is_some()) else {
            let entry = self.make(&prepared, plan, now).await?;
            return Ok(Arc::clone(&entry.stored));
        };
        let (made, _) = self.join(key, &prepared, plan, now).await;
        Ok(Arc::clone(&made?.stored))
    }

    /// Executes; what has errors, or is too large to be kept, comes back as the other.
    async fn make(
        &self,
        prepared: &Arc<Prepared>,
        plan: Plan,
        moment: i64,
    ) -> Result<Arc<Entry>, Unkept> {
        let response = self.execute(prepared.request(), plan, prepared.tells_cost, moment).await;
        if response.is_err() {
            return Err(Arc::new(response));
        }
        let Ok(body) = serde_json::to_vec(&response) else { return Err(Arc::new(response)) };
        if body.len() > limits::KEPT_BYTES {
            return Err(Arc::new(response));
        }
        let keeps = plan.keeps(clock::wall_us());
        let stored = if body.len() < limits::PACK_ASIDE_BYTES {
            Stored::new(body, keeps)
        } else {
            match tokio::task::spawn_blocking(move || Stored::new(body, keeps)).await {
                Ok(stored) => stored,
                Err(_) => return Err(Arc::new(response)),
            }
        };
        let (stored, prepared) = (Arc::new(stored), Arc::clone(prepared));
        Ok(Arc::new(Entry { stored, prepared, plan }))
    }

    async fn execute(
        &self,
        request: Request,
        plan: Plan,
        tells_cost: bool,
        moment: i64,
    ) -> Response {
        let began = tokio::time::Instant::now();
        let execution = self.schema.execute(request);
        let response = Box::pin(clock::at(moment, execution)).await;
        self.metrics.execution.observe(began.elapsed());
        if tells_cost {
            let cost = value!({ "points": plan.cost, "limit": limits::COST });
            return response.extension("cost", cost);
        }
        response
    }

    /// Takes note of where the answer to these raw bytes is.
    async fn learn(&self, caller: &Caller, key: Key, media: Media) {
        if let Some(raw) = caller.raw {
            self.known.insert(raw, (key, media)).await;
        }
    }

    /// Waits for an answer among others; `pay` is called where nobody waits yet.
    fn wait(
        &self,
        key: Key,
        pay: impl FnOnce() -> Result<(), Refusal>,
    ) -> Result<Waiting<'_>, Refusal> {
        // Held while paying: nobody may join an answer that is not paid for.
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        if !flights.contains_key(&key) {
            pay()?;
        }
        *flights.entry(key).or_default() += 1;
        Ok(Waiting { answers: self, key })
    }
}

/// Whether the request's own `extensions` ask for the cost.
fn asks_cost(request: &Request) -> bool {
    request.extensions.get("cost") == Some(&Value::Boolean(true))
}
