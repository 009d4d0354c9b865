//! Payments in memory, by the request they are for. It may read; which request a payment is for is
//! decided by `naap-derive`.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use naap_derive::event::Payment;
use naap_derive::fee::{self, Assigned, Chain};
use naap_derive::rows;
use naap_schema::generated::{PAYMENT, PAYMENT_FEE, STREAM_SESSION, StreamSession};
use naap_schema::{Row, Value};
use uuid::Uuid;

use super::diff::{Counts, diff};
use super::read::{self, between};
use super::sessions::Sessions;
use super::text;
use super::world::World;
use crate::limits;
use crate::pg::Pg;
use crate::store::StoreError;

const HOUR_US: i64 = 3_600_000_000;
/// How long before a session payments are read: a later one takes its request from an earlier one of
/// the same payment session.
const BEFORE_US: i64 = 6 * HOUR_US;

/// Payments that belong together, or one that stands alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Group {
    Chain(Chain),
    Alone(Uuid),
}

#[derive(Debug, Default)]
struct Payments {
    payments: BTreeMap<(i64, Uuid), Payment>,
    assigned: Vec<Assigned>,
    /// Their derived rows in the database, as far as they are known.
    standing: BTreeMap<Uuid, Row>,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Fees {
    groups: HashMap<Group, Payments>,
    /// By the request that they were assigned to, and which groups name a request.
    by_request: HashMap<Arc<str>, Vec<Assigned>>,
    groups_of: HashMap<Arc<str>, BTreeSet<Uuid>>,
    keys: HashMap<Uuid, Group>,
    /// To be assigned.
    dirty: BTreeSet<Uuid>,
    /// Assigned, and perhaps not in the database as they are now.
    unwritten: BTreeSet<Uuid>,
    /// Hours that are read whole.
    hours: BTreeSet<i64>,
    /// Sessions that are not in memory: by request, when they began and ended.
    spans: HashMap<Arc<str>, (i64, Option<i64>)>,
    count: usize,
}

impl Fees {
    /// The payments that are assigned to a request.
    pub(super) fn of(&self, request: &str) -> &[Assigned] {
        self.by_request.get(request).map_or(&[], Vec::as_slice)
    }

    /// From the first to the last payment of these requests; `None` if one of them has none.
    pub(super) fn span(&self, requests: &[String]) -> Option<(i64, i64)> {
        let mut span: Option<(i64, i64)> = None;
        for request in requests {
            let times = || self.of(request).iter().map(|a| a.payment.ts_us);
            let (first, last) = (times().min()?, times().max()?);
            let (from, to) = span.unwrap_or((first, last));
            span = Some((from.min(first), to.max(last)));
        }
        span
    }

    /// Takes a row of `payment`.
    pub(super) fn add(&mut self, node: &Arc<str>, row: &Row) {
        let Some(payment) = rows::payment(row, node) else { return };
        let group = match fee::chain(&payment) {
            Some(chain) => Group::Chain(chain),
            None => Group::Alone(payment.event_id),
        };
        let place = (payment.ts_us, payment.event_id);
        let held = self.groups.entry(group.clone()).or_default();
        if held.payments.contains_key(&place) {
            return;
        }
        if let Some(request) = payment.request_id.clone() {
            self.groups_of.entry(request).or_default().insert(payment.event_id);
        }
        self.keys.insert(payment.event_id, group);
        self.dirty.insert(payment.event_id);
        held.payments.insert(place, payment);
        self.count += 1;
    }

    /// Reads an hour again, whatever is in memory of it.
    ///
    /// # Errors
    /// What the database said.
    pub(super) async fn again(&mut self, pg: &Pg, hour_us: i64) -> Result<(), StoreError> {
        self.reach(pg, hour_us, hour_us).await?;
        self.read(pg, hour_us, hour_us + HOUR_US).await?;
        self.hours.insert(hour_us);
        Ok(())
    }

    /// Reads the payments of this time that are not in memory, and those before that they may follow.
    ///
    /// # Errors
    /// What the database said.
    pub(super) async fn reach(
        &mut self,
        pg: &Pg,
        from_us: i64,
        to_us: i64,
    ) -> Result<(), StoreError> {
        let first = (from_us - BEFORE_US).div_euclid(HOUR_US) * HOUR_US;
        let mut hour = first;
        while hour < to_us {
            // As many hours in a row as are missing, in one query.
            let mut end = hour;
            while end < to_us && !self.hours.contains(&end) {
                end += HOUR_US;
            }
            if end > hour {
                self.read(pg, hour, end).await?;
                while hour < end {
                    self.hours.insert(hour);
                    hour += HOUR_US;
                }
            }
            hour = end + HOUR_US;
        }
        Ok(())
    }

    async fn read(&mut self, pg: &Pg, from_us: i64, to_us: i64) -> Result<(), StoreError> {
        let span = between(from_us, to_us);
        for (node, row) in read::rows(pg, &PAYMENT, &span, &[]).await? {
            self.add(&node, &row);
        }
        let sql = format!(
            "select request_id, ts::long, closed_at::long from {} where {} and void = 0",
            STREAM_SESSION.name,
            between(from_us - limits::DAY_US, to_us)
        );
        for row in pg.read(&sql, &[], limits::PG_STATEMENT).await? {
            let whole = |i| row.try_get::<_, Option<i64>>(i).ok().flatten();
            if let (Some(request), Some(from)) =
                (row.try_get::<_, Option<&str>>(0).ok().flatten(), whole(1))
            {
                self.spans.insert(request.into(), (from, whole(2)));
            }
        }
        for (_, row) in read::rows(pg, &PAYMENT_FEE, &span, &[]).await? {
            let id = match row.get("event_id") {
                Some(Value::Uuid(id)) => *id,
                _ => continue,
            };
            if let Some(held) = self.keys.get(&id).and_then(|group| self.groups.get_mut(group)) {
                held.standing.insert(id, row);
            }
        }
        Ok(())
    }

    /// Sessions of these requests now span another time.
    pub(super) fn moved(&mut self, requests: &BTreeSet<Arc<str>>) {
        for request in requests {
            if let Some(payments) = self.groups_of.get(request) {
                self.dirty.extend(payments);
            }
        }
    }

    /// The session of this request was derived: rows of its payments say what it is.
    pub(super) fn derived(&mut self, request: &str) {
        let of = self.by_request.get(request).into_iter().flatten();
        self.unwritten.extend(of.map(|a| a.payment.event_id));
    }

    /// A node stands elsewhere than was known: its payments that say otherwise are written again.
    /// Gives their requests, whose sessions must be in memory by then.
    pub(super) fn placed(&mut self, node: &str, world: &World) -> BTreeSet<Arc<str>> {
        let mut requests = BTreeSet::new();
        for held in self.groups.values() {
            for a in held.assigned.iter().filter(|a| *a.payment.node == *node) {
                let id = a.payment.event_id;
                let Some(standing) = held.standing.get(&id) else { continue };
                if text(standing, "region") == world.around.region(node, a.payment.ts_us) {
                    continue;
                }
                self.unwritten.insert(id);
                requests.extend(a.request_id.clone());
            }
        }
        requests
    }

    /// Everything may be assigned anew, as after a correction.
    pub(super) fn touch_all(&mut self) {
        self.dirty.extend(self.keys.keys());
        self.unwritten.extend(self.keys.keys());
    }

    /// Assigns what may have changed; gives the requests whose payments are others than the database
    /// has it.
    pub(super) fn assign(&mut self, sessions: &Sessions) -> BTreeSet<Arc<str>> {
        let dirty = std::mem::take(&mut self.dirty);
        let groups: HashSet<Group> =
            dirty.iter().filter_map(|id| self.keys.get(id)).cloned().collect();
        let mut requests = BTreeSet::new();
        for group in groups {
            let Some(held) = self.groups.get_mut(&group) else { continue };
            let payments: Vec<Payment> = held.payments.values().cloned().collect();
            let spans = &self.spans;
            let span_of =
                |request: &str| sessions.span(request).or_else(|| spans.get(request).copied());
            let now = fee::assign(&payments, &span_of);
            for a in &now {
                let id = a.payment.event_id;
                let standing = held.standing.get(&id);
                let before = standing.and_then(|row| text(row, "request_id"));
                let basis = standing.and_then(|row| text(row, "basis"));
                if before != a.request_id || basis.as_deref() != Some(a.basis.word()) {
                    requests.extend(before.into_iter().chain(a.request_id.clone()));
                    self.unwritten.insert(id);
                }
            }
            let ids: BTreeSet<Uuid> = now.iter().map(|a| a.payment.event_id).collect();
            for request in held.assigned.iter().filter_map(|a| a.request_id.as_ref()) {
                if let Some(of) = self.by_request.get_mut(request) {
                    of.retain(|a| !ids.contains(&a.payment.event_id));
                }
            }
            for a in &now {
                if let Some(request) = &a.request_id {
                    self.by_request.entry(Arc::clone(request)).or_default().push(a.clone());
                }
            }
            held.assigned = now;
        }
        requests
    }

    /// The rows to write of payments that were assigned or whose sessions were derived; those whose
    /// sessions are still to be derived wait.
    pub(super) fn rows(&mut self, sessions: &Sessions, world: &World) -> (Vec<Row>, Counts) {
        let (mut write, mut counts, mut wait) = (Vec::new(), Counts::default(), BTreeSet::new());
        for id in std::mem::take(&mut self.unwritten) {
            let held = self.keys.get(&id).and_then(|group| self.groups.get_mut(group));
            let Some(held) = held else { continue };
            let Some(a) = held.assigned.iter().find(|a| a.payment.event_id == id) else { continue };
            if a.request_id.as_deref().is_some_and(|request| sessions.waits(request)) {
                wait.insert(id);
                continue;
            }
            let standing = held.standing.get(&id);
            let request = a.request_id.as_deref();
            let kept = request
                .filter(|request| sessions.of_request(request).next().is_none())
                .and_then(|r| standing.filter(|row| text(row, "request_id").as_deref() == Some(r)))
                .and_then(session_of);
            let session = kept.as_ref().or_else(|| sessions.row(request?));
            let (ts, row) = fee::fee_row(a, &world.around, session);
            let row = row.at(ts);
            let standing: Vec<Row> = standing.cloned().into_iter().collect();
            let (rows, found) = diff(&standing, vec![row.clone()]);
            write.extend(rows);
            counts.add(found);
            held.standing.insert(id, row);
        }
        self.unwritten = wait;
        (write, counts)
    }

    /// Lets everything go when there is too much, or when nothing is needed any more; what is needed
    /// later is read again.
    pub(super) fn forget(&mut self, always: bool) {
        if (always || self.count > limits::DERIVE_PAYMENTS)
            && self.dirty.is_empty()
            && self.unwritten.is_empty()
        {
            *self = Self::default();
        }
    }
}

/// What the row of a payment says of its session, which is not in memory: had it changed, it would be.
fn session_of(row: &Row) -> Option<StreamSession> {
    let Some(Value::Uuid(session)) = row.get("session") else { return None };
    Some(StreamSession {
        session: *session,
        origin: text(row, "origin")?,
        pipeline: text(row, "pipeline"),
        model: text(row, "model"),
        ..StreamSession::default()
    })
}

#[cfg(test)]
mod tests {
    use naap_schema::generated;

    use super::*;

    #[test]
    fn payments_keep_their_session_when_it_is_no_longer_in_memory() {
        let (mut fees, sessions, world) = (Fees::default(), Sessions::default(), World::default());
        let payment = generated::Payment {
            event_id: Uuid::from_u128(1),
            origin: "organic".into(),
            request_id: Some("r".into()),
            face_value_wei: Some("1000".into()),
            win_probability: Some("0.5".into()),
            tickets: Some(1),
            ..generated::Payment::default()
        };
        fees.add(&"gw".into(), &payment.at(5));
        fees.assign(&sessions);
        let session = StreamSession {
            session: Uuid::from_u128(7),
            origin: "test".into(),
            pipeline: Some("live-video-to-video".into()),
            model: Some("comfyui".into()),
            ..StreamSession::default()
        };
        for held in fees.groups.values_mut() {
            let (ts, row) = fee::fee_row(&held.assigned[0], &world.around, Some(&session));
            held.standing.insert(Uuid::from_u128(1), row.at(ts));
        }
        fees.touch_all();
        fees.assign(&sessions);
        let (write, counts) = fees.rows(&sessions, &world);
        assert_eq!((write, counts.same), (vec![], 1));
    }
}
