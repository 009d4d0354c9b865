//! Sessions in memory: their events, and their derived rows as they stand in the database. Those
//! that are not in memory are read when something of theirs comes in. It may read; what it computes
//! is written by the runner, who begins anew from the database if that fails.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use naap_derive::event::{Claim, Event};
use naap_derive::session::{self, Derived};
use naap_derive::{identity, rows};
use naap_schema::generated::{
    STREAM_EVENT, STREAM_INGEST, STREAM_LEG, STREAM_MINUTE, STREAM_SESSION, STREAM_STATUS,
    STREAM_TRACE, StreamLeg, StreamSession,
};
use naap_schema::{EntityDef, Row, Value};
use tokio::time::Instant;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::diff::{Counts, diff};
use super::fees::Fees;
use super::read::{self, between, places};
use super::world::World;
use crate::limits;
use crate::pg::Pg;
use crate::store::StoreError;

/// The tables that hold events of sessions.
pub(super) const EVENTS: [&EntityDef; 4] =
    [&STREAM_TRACE, &STREAM_STATUS, &STREAM_INGEST, &STREAM_EVENT];
/// Minutes are split at multiples of this.
const BUCKET_US: i64 = 300_000_000;

/// Stream and request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) stream: Arc<str>,
    pub(super) request: Arc<str>,
}

impl Key {
    /// The session that a row of an event belongs to; `None` if it names none.
    pub(super) fn of(row: &Row) -> Option<Self> {
        let text = |name| match row.get(name) {
            Some(Value::Text(s)) if !s.is_empty() => Some(Arc::clone(s)),
            _ => None,
        };
        Some(Self { stream: text("stream_id")?, request: text("request_id")? })
    }

    pub(super) fn id(&self) -> Uuid {
        identity::session_id(&self.stream, &self.request)
    }
}

/// One session.
#[derive(Debug)]
struct Held {
    events: Vec<Event>,
    /// Where each is, by what tells it apart in its table.
    places: HashMap<(i64, Uuid, i64), usize>,
    /// Its derived rows in the database.
    standing: Vec<Row>,
    /// What they say of it; `None` before it was derived here.
    state: Option<State>,
    used: Instant,
}

/// What others need of a derived session.
#[derive(Debug, Clone, PartialEq)]
struct State {
    span: (i64, Option<i64>),
    /// For an open one: when silence may close it.
    silent_after_us: Option<i64>,
    node: Arc<str>,
    session: StreamSession,
    /// URI, address and how it was found, of each leg.
    legs: Vec<(Option<Arc<str>>, Option<Arc<str>>, Arc<str>)>,
}

/// What was computed of some sessions.
#[derive(Debug, Default)]
pub(super) struct Computed {
    /// Rows to write.
    pub(super) write: Vec<Row>,
    pub(super) counts: Counts,
    /// Requests whose sessions now span another time.
    pub(super) moved: BTreeSet<Arc<str>>,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    held: HashMap<Key, Held>,
    by_request: HashMap<Arc<str>, BTreeSet<Key>>,
    dirty: BTreeSet<Key>,
    events: usize,
}

impl Sessions {
    /// Something may have changed for this session.
    pub(super) fn touch(&mut self, key: Key) {
        self.dirty.insert(key);
    }

    pub(super) fn is_dirty(&self) -> bool {
        !self.dirty.is_empty()
    }

    pub(super) fn waiting(&self) -> usize {
        self.dirty.len()
    }

    /// When the session of a request began and ended; `None` if none is in memory.
    pub(super) fn span(&self, request: &str) -> Option<(i64, Option<i64>)> {
        let keys = self.by_request.get(request)?;
        keys.iter().find_map(|key| Some(self.held.get(key)?.state.as_ref()?.span))
    }

    /// The row of the session of a request, as it was derived; `None` if none is in memory.
    pub(super) fn row(&self, request: &str) -> Option<&StreamSession> {
        self.of_request(request).find_map(|key| Some(&self.held.get(key)?.state.as_ref()?.session))
    }

    /// Whether a session of this request may have changed.
    pub(super) fn waits(&self, request: &str) -> bool {
        self.of_request(request).any(|key| self.dirty.contains(key))
    }

    /// The sessions of a request that are in memory.
    pub(super) fn of_request(&self, request: &str) -> impl Iterator<Item = &Key> {
        self.by_request.get(request).into_iter().flatten()
    }

    /// Those of `keys` that are not in memory.
    pub(super) fn missing(&self, keys: impl IntoIterator<Item = Key>) -> Vec<Key> {
        keys.into_iter().filter(|key| !self.held.contains_key(key)).collect()
    }

    /// Reads sessions that are not in memory, with all their events as far as derived rows say when
    /// these were; those without derived rows begin empty. `span` is the time in which they may have
    /// begun.
    ///
    /// # Errors
    /// What the database said.
    pub(super) async fn hold(
        &mut self,
        pg: &Pg,
        missing: &[Key],
        span: (i64, i64),
    ) -> Result<(), StoreError> {
        for part in missing.chunks(limits::DERIVE_SESSIONS) {
            let standing = standing(pg, part, span).await?;
            let spans = standing.values().filter_map(|rows| span_of_rows(rows));
            let span = spans.fold(None, |all: Option<(i64, i64)>, (a, b)| {
                Some(all.map_or((a, b), |(from, to)| (from.min(a), to.max(b))))
            });
            let known: Vec<Key> = standing.keys().cloned().collect();
            for key in part {
                let rows = standing.get(key).cloned().unwrap_or_default();
                self.insert(key.clone(), rows);
            }
            if let Some((from_us, to_us)) = span {
                self.load(pg, &known, from_us, to_us + 1).await?;
            }
        }
        Ok(())
    }

    fn insert(&mut self, key: Key, standing: Vec<Row>) {
        self.by_request.entry(Arc::clone(&key.request)).or_default().insert(key.clone());
        let held = Held {
            events: Vec::new(),
            places: HashMap::new(),
            standing,
            state: None,
            used: Instant::now(),
        };
        self.held.insert(key, held);
    }

    /// Reads events of sessions that are in memory.
    ///
    /// # Errors
    /// What the database said.
    pub(super) async fn load(
        &mut self,
        pg: &Pg,
        keys: &[Key],
        from_us: i64,
        to_us: i64,
    ) -> Result<(), StoreError> {
        if keys.is_empty() {
            return Ok(());
        }
        let requests: BTreeSet<&str> = keys.iter().map(|k| &*k.request).collect();
        let params: Vec<&(dyn ToSql + Sync)> = requests.iter().map(|r| r as _).collect();
        let condition = format!(
            "{} and request_id in ({})",
            between(from_us, to_us),
            places(1, requests.len())
        );
        for table in EVENTS {
            for (node, row) in read::rows(pg, table, &condition, &params).await? {
                self.add(&node, &row);
            }
        }
        Ok(())
    }

    /// Takes an event of a session that is in memory; others are left out.
    pub(super) fn add(&mut self, node: &Arc<str>, row: &Row) {
        let Some(key) = Key::of(row) else { return };
        let Some(held) = self.held.get_mut(&key) else { return };
        let Some(event) = rows::event(row, node) else { return };
        held.used = Instant::now();
        match held.places.entry((event.ts_us, event.event_id, event.item)) {
            Entry::Vacant(new) => {
                new.insert(held.events.len());
                held.events.push(event);
                self.events += 1;
                self.dirty.insert(key);
            }
            // As in the database, the one that came last stays: another agent may have sent it.
            Entry::Occupied(known) => {
                if let Some(before) = held.events.get_mut(*known.get())
                    && *before != event
                {
                    *before = event;
                    self.dirty.insert(key);
                }
            }
        }
    }

    /// Up to `most` of the sessions that may have changed, and the time that their events span.
    pub(super) fn due(&mut self, most: usize) -> (Vec<Key>, Option<(i64, i64)>) {
        let mut keys = Vec::new();
        let mut span: Option<(i64, i64)> = None;
        while keys.len() < most {
            let Some(key) = self.dirty.pop_first() else { break };
            let Some(held) = self.held.get(&key) else { continue };
            for ts_us in held.events.iter().map(|e| e.ts_us) {
                let (from, to) = span.unwrap_or((ts_us, ts_us));
                span = Some((from.min(ts_us), to.max(ts_us)));
            }
            keys.push(key);
        }
        (keys, span)
    }

    /// Computes sessions; what comes of it counts as standing from here on.
    pub(super) fn compute(&mut self, keys: &[Key], fees: &Fees, world: &World) -> Computed {
        let mut out = Computed::default();
        for key in keys {
            let Some(held) = self.held.get_mut(key) else { continue };
            let payments = fees.of(&key.request);
            let derived =
                session::derive(&key.stream, &key.request, &held.events, payments, &world.around);
            let state = derived.as_ref().map(state);
            let fresh = derived.map(all_rows).unwrap_or_default();
            let (write, counts) = diff(&held.standing, fresh.clone());
            out.write.extend(write);
            out.counts.add(counts);
            let span = |s: &Option<State>| s.as_ref().map(|s| s.span);
            if span(&held.state) != span(&state) {
                out.moved.insert(Arc::clone(&key.request));
            }
            held.standing = fresh;
            held.state = state;
        }
        out
    }

    /// A node has delivered up to there: silence may close sessions of its.
    pub(super) fn delivered(&mut self, node: &str, through_us: i64) {
        let closes = |state: &State| {
            &*state.node == node && state.silent_after_us.is_some_and(|us| us <= through_us)
        };
        self.touch_where(closes);
    }

    /// Rows of a node that were taken in this time are lost: silence there closes nothing.
    pub(super) fn lost(&mut self, node: &str, from_us: i64, to_us: i64) {
        self.touch_where(|s| {
            &*s.node == node && s.span.0 <= to_us && s.span.1.is_none_or(|end| end >= from_us)
        });
    }

    /// A node turns out to have been somewhere else.
    pub(super) fn placed(&mut self, node: &str, world: &World) {
        self.touch_where(|s| {
            &*s.node == node && world.around.region(node, s.span.0) != s.session.region
        });
    }

    /// Somebody claims a URI: legs on it may be theirs.
    pub(super) fn claimed(&mut self, claims: &[Claim]) {
        let mut by_uri: BTreeMap<String, Vec<&Claim>> = BTreeMap::new();
        for claim in claims {
            if let Some(uri) = identity::normalised(&claim.uri) {
                by_uri.entry(uri).or_default().push(claim);
            }
        }
        self.touch_where(|s| {
            s.legs.iter().any(|(uri, address, how)| {
                let sure = matches!(&**how, "PAYMENT" | "CAPABILITY" | "CORRECTION");
                let of_uri = uri.as_deref().and_then(|uri| by_uri.get(uri));
                let other = |c: &&Claim| !sure || address.as_deref() != Some(&*c.address);
                // A wallet alone decides only while nobody else has it.
                of_uri.is_some_and(|claims| claims.iter().any(other))
                    || &**how == "WALLET"
                    || &**how == "NONE"
            })
        });
    }

    /// All that is in memory may have changed.
    pub(super) fn touch_all(&mut self) {
        self.dirty.extend(self.held.keys().cloned());
    }

    fn touch_where(&mut self, test: impl Fn(&State) -> bool) {
        let touched = self.held.iter().filter(|(_, h)| h.state.as_ref().is_some_and(&test));
        self.dirty.extend(touched.map(|(key, _)| key.clone()));
    }

    /// Lets go what is closed and was left alone, and, where there is too much, what was used least
    /// recently.
    pub(super) fn forget(&mut self) {
        let keep = |key: &Key, held: &Held, dirty: &BTreeSet<Key>| {
            dirty.contains(key)
                || held.used.elapsed() < limits::DERIVE_KEEP
                || held.state.as_ref().is_some_and(|s| s.silent_after_us.is_some())
        };
        let gone: Vec<Key> = self
            .held
            .iter()
            .filter(|(key, held)| !keep(key, held, &self.dirty))
            .map(|(key, _)| key.clone())
            .collect();
        gone.iter().for_each(|key| self.drop(key));
        if self.events > limits::DERIVE_EVENTS {
            let clean = self.held.iter().filter(|(key, _)| !self.dirty.contains(*key));
            let mut by_use: Vec<(Instant, Key)> =
                clean.map(|(key, held)| (held.used, key.clone())).collect();
            by_use.sort();
            for (_, key) in by_use {
                if self.events <= limits::DERIVE_EVENTS / 2 {
                    break;
                }
                self.drop(&key);
            }
        }
    }

    /// Lets go of sessions that were only held for one look.
    pub(super) fn release(&mut self, keys: &[Key]) {
        for key in keys.iter().filter(|key| !self.dirty.contains(*key)).cloned().collect::<Vec<_>>()
        {
            let open = |h: &Held| h.state.as_ref().is_some_and(|s| s.silent_after_us.is_some());
            if self.held.get(&key).is_some_and(|h| !open(h)) {
                self.drop(&key);
            }
        }
    }

    fn drop(&mut self, key: &Key) {
        if let Some(held) = self.held.remove(key) {
            self.events -= held.events.len();
        }
        if let Some(keys) = self.by_request.get_mut(&key.request) {
            keys.remove(key);
            if keys.is_empty() {
                self.by_request.remove(&key.request);
            }
        }
    }
}

fn all_rows(derived: Derived) -> Vec<Row> {
    let Derived { session: (ts, session), legs, minutes, .. } = derived;
    let mut out = vec![session.at(ts)];
    out.extend(legs.into_iter().map(|(ts, leg)| leg.at(ts)));
    out.extend(minutes.into_iter().map(|(ts, minute)| minute.at(ts)));
    out
}

fn state(derived: &Derived) -> State {
    let session = &derived.session.1;
    let leg = |leg: &StreamLeg| {
        (leg.orch_uri.clone(), leg.orchestrator.clone(), Arc::clone(&leg.attribution))
    };
    State {
        span: derived.span,
        silent_after_us: derived.silent_after_us,
        node: session.gateway.clone().unwrap_or_default(),
        session: session.clone(),
        legs: derived.legs.iter().map(|(_, l)| leg(l)).collect(),
    }
}

/// Sessions whose derived rows meet a condition.
///
/// # Errors
/// What the database said.
pub(super) async fn found(
    pg: &Pg,
    table: &'static EntityDef,
    condition: &str,
    params: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Key>, StoreError> {
    let sql = format!(
        "select distinct stream_id, request_id from {} where {condition} limit {}",
        table.name,
        limits::DERIVE_READ
    );
    let rows = pg.read(&sql, params, limits::PG_STATEMENT).await?;
    let text = |row: &tokio_postgres::Row, i| {
        row.try_get::<_, Option<&str>>(i).ok().flatten().map(Arc::from)
    };
    let key = |row| Some(Key { stream: text(row, 0)?, request: text(row, 1)? });
    Ok(rows.iter().filter_map(key).collect())
}

/// The sessions that have an event in this time, and from when to when they have any in the time
/// around it.
///
/// # Errors
/// What the database said.
pub(super) async fn census(
    pg: &Pg,
    (from_us, to_us): (i64, i64),
    around_us: i64,
) -> Result<BTreeMap<Key, (i64, i64)>, StoreError> {
    let mut spans: BTreeMap<Key, (i64, i64)> = BTreeMap::new();
    let mut inside: BTreeSet<Key> = BTreeSet::new();
    for table in EVENTS {
        let sql = format!(
            "select stream_id, request_id, min(ts)::long, max(ts)::long, \
             sum(case when ts >= {from_us} and ts < {to_us} then 1 else 0 end) from {} \
             where {} and stream_id is not null and request_id is not null \
             group by stream_id, request_id limit {}",
            table.name,
            between(from_us - around_us, to_us + around_us),
            limits::DERIVE_READ
        );
        for row in pg.read(&sql, &[], limits::PG_STATEMENT).await? {
            let text =
                |i| row.try_get::<_, Option<&str>>(i).ok().flatten().filter(|s| !s.is_empty());
            let whole = |i| row.try_get::<_, Option<i64>>(i).ok().flatten();
            let (Some(stream), Some(request), Some(first), Some(last)) =
                (text(0), text(1), whole(2), whole(3))
            else {
                continue;
            };
            let key = Key { stream: stream.into(), request: request.into() };
            if whole(4).is_some_and(|n| n > 0) {
                inside.insert(key.clone());
            }
            let span = spans.entry(key).or_insert((first, last));
            *span = (span.0.min(first), span.1.max(last));
        }
    }
    spans.retain(|key, _| inside.contains(key));
    Ok(spans)
}

/// The derived rows of sessions in the database, void ones too.
async fn standing(
    pg: &Pg,
    keys: &[Key],
    span: (i64, i64),
) -> Result<HashMap<Key, Vec<Row>>, StoreError> {
    let by_id: HashMap<Uuid, &Key> = keys.iter().map(|key| (key.id(), key)).collect();
    // Ids are hexadecimal digits.
    let list = |ids: &[Uuid]| ids.iter().map(|id| format!("'{id}'")).collect::<Vec<_>>().join(",");
    let ids: Vec<Uuid> = by_id.keys().copied().collect();
    let mut out: HashMap<Key, Vec<Row>> = HashMap::new();
    let condition = format!("{} and session in ({})", between(span.0, span.1), list(&ids));
    for (_, row) in read::rows(pg, &STREAM_SESSION, &condition, &[]).await? {
        if let Some(key) = session_of(&row).and_then(|id| by_id.get(&id)) {
            out.entry((*key).clone()).or_default().push(row);
        }
    }
    let found: Vec<Uuid> = out.keys().map(Key::id).collect();
    let spans: Vec<(i64, i64)> = out.values().filter_map(|rows| span_of_rows(rows)).collect();
    let (Some(from), Some(to)) = (spans.iter().map(|s| s.0).min(), spans.iter().map(|s| s.1).max())
    else {
        return Ok(out);
    };
    let span = between(from - from.rem_euclid(BUCKET_US), to + 1);
    for table in [&STREAM_LEG, &STREAM_MINUTE] {
        let condition = format!("{span} and session in ({})", list(&found));
        for (_, row) in read::rows(pg, table, &condition, &[]).await? {
            if let Some(key) = session_of(&row).and_then(|id| by_id.get(&id)) {
                out.entry((*key).clone()).or_default().push(row);
            }
        }
    }
    Ok(out)
}

fn session_of(row: &Row) -> Option<Uuid> {
    match row.get("session") {
        Some(Value::Uuid(id)) => Some(*id),
        _ => None,
    }
}

/// From the first to the last of a session's events, as its derived rows say.
fn span_of_rows(rows: &[Row]) -> Option<(i64, i64)> {
    let sessions = rows.iter().filter(|row| row.entity.number == STREAM_SESSION.number);
    let spans = sessions.filter_map(|row| match row.get("last_event_at") {
        Some(Value::I64(last)) => Some((row.ts_us, (*last).max(row.ts_us))),
        _ => None,
    });
    spans.fold(None, |all, (a, b)| {
        Some(all.map_or((a, b), |(x, y): (i64, i64)| (x.min(a), y.max(b))))
    })
}
