//! Payments in memory, by the request they are for. It may read; which request a payment is for is
//! decided by `naap-derive`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use naap_derive::event::Payment;
use naap_derive::fee::{self, Assigned, Chain};
use naap_derive::rows;
use naap_schema::Row;
use naap_schema::generated::{PAYMENT, PAYMENT_FEE, STREAM_SESSION};
use uuid::Uuid;

use super::diff::{Counts, diff};
use super::read::{self, between};
use super::sessions::Sessions;
use super::world::World;
use super::text;
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
    dirty: BTreeSet<Uuid>,
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
                Some(naap_schema::Value::Uuid(id)) => *id,
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

    /// Everything may be assigned anew, as after a correction.
    pub(super) fn touch_all(&mut self) {
        self.dirty.extend(self.keys.keys());
    }

    /// Assigns what may have changed; gives the rows to write, and the requests whose payments are
    /// others now.
    pub(super) fn assign(
        &mut self,
        sessions: &Sessions,
        world: &World,
    ) -> (Vec<Row>, Counts, BTreeSet<Arc<str>>) {
        let dirty = std::mem::take(&mut self.dirty);
        let groups: Vec<Group> = {
            let mut seen = std::collections::HashSet::new();
            let all = dirty.iter().filter_map(|id| self.keys.get(id));
            all.filter(|g| seen.insert((*g).clone())).cloned().collect()
        };
        let (mut write, mut counts, mut requests) = (Vec::new(), Counts::default(), BTreeSet::new());
        for group in groups {
            let Some(held) = self.groups.get_mut(&group) else { continue };
            let payments: Vec<Payment> = held.payments.values().cloned().collect();
            let spans = &self.spans;
            let span_of = |request: &str| {
                sessions.span(request).or_else(|| spans.get(request).copied())
            };
            let now = fee::assign(&payments, &span_of);
            let session = |request: &str| sessions.of_request(request).next().map(|k| k.id());
            let fresh: Vec<Row> = now
                .iter()
                .map(|a| {
                    let session = a.request_id.as_deref().and_then(session);
                    let known = held.standing.get(&a.payment.event_id);
                    // A session that is not in memory any more was in it when this was first written.
                    let before = known.filter(|row| {
                        text(row, "request_id").as_deref() == a.request_id.as_deref()
                    });
                    let before = before.and_then(|row| match row.get("session") {
                        Some(naap_schema::Value::Uuid(id)) => Some(*id),
                        _ => None,
                    });
                    let (ts, row) = fee::fee_row(a, &world.around, session.or(before));
                    row.at(ts)
                })
                .collect();
            let standing: Vec<Row> = held.standing.values().cloned().collect();
            let (rows, found) = diff(&standing, fresh.clone());
            write.extend(rows);
            counts.add(found);
            if held.assigned != now {
                let named = held.assigned.iter().chain(&now);
                let named: BTreeSet<Arc<str>> = named.filter_map(|a| a.request_id.clone()).collect();
                let ids: BTreeSet<Uuid> = now.iter().map(|a| a.payment.event_id).collect();
                for request in &named {
                    let of = self.by_request.entry(Arc::clone(request)).or_default();
                    of.retain(|a| !ids.contains(&a.payment.event_id));
                    of.extend(now.iter().filter(|a| a.request_id.as_ref() == Some(request)).cloned());
                }
                requests.extend(named);
                held.assigned = now;
            }
            held.standing = fresh
                .into_iter()
                .filter_map(|row| match row.get("event_id") {
                    Some(naap_schema::Value::Uuid(id)) => Some((*id, row)),
                    _ => None,
                })
                .collect();
        }
        (write, counts, requests)
    }

    /// Lets everything go when there is too much, or when nothing is needed any more; what is needed
    /// later is read again.
    pub(super) fn forget(&mut self, always: bool) {
        if (always || self.count > limits::DERIVE_PAYMENTS) && self.dirty.is_empty() {
            *self = Self::default();
        }
    }
}
