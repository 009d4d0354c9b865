//! One session: its events become a row of it, of each of its legs, and of their minutes
//! (`definitions.md` 2).

mod figures;
mod legs;
mod outcome;
mod timeline;
mod write;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use naap_schema::generated::{StreamLeg, StreamMinute, StreamSession};
use uuid::Uuid;

use crate::event::{Event, Payment};
use crate::fee::{Assigned, Basis};
use crate::identity::{self, Work};
use crate::surroundings::{Paid, Surroundings, Who};
use figures::Figures;
use legs::{Leg, legs};
use outcome::{Close, EndReason, Errors, Outcome};
use timeline::{Moment, REQUEST, ordered};

/// What the events of a session give. Each row comes with its time.
#[derive(Debug, Clone, PartialEq)]
pub struct Derived {
    /// The session.
    pub session: (i64, StreamSession),
    /// Its legs, in order.
    pub legs: Vec<(i64, StreamLeg)>,
    /// Minutes by 5 minutes, of the session (leg -1) and of each leg.
    pub minutes: Vec<(i64, StreamMinute)>,
    /// Its first event and its end; `None`: open.
    pub span: (i64, Option<i64>),
    /// It is not closed.
    pub open: bool,
    /// Of an open one: when its silence will have lasted long enough to close it, if nothing comes;
    /// look again once data of its node reaches that far.
    pub silent_after_us: Option<i64>,
}

/// The rows of a session. `events` are all that are known of it, in any order, some perhaps twice;
/// `payments` those assigned to its request (others are left out). `None` without an event.
pub fn derive(
    stream_id: &str,
    request_id: &str,
    events: &[Event],
    payments: &[Assigned],
    around: &Surroundings,
) -> Option<Derived> {
    let (moments, reopened_too_late) = ordered(events);
    let first_us = moments.first()?.event.ts_us;
    let last_us = moments.iter().map(|m| m.event.ts_us).max()?;
    let requested_us = moments.iter().filter(|m| m.is(REQUEST)).map(Moment::at_us).min();
    let start_us = requested_us.unwrap_or(first_us);
    let close = Close::of(&moments, last_us, reopened_too_late, around);
    let legs = legs(&moments, close.event, start_us);
    let payments = of_request(request_id, payments);
    let figures = Figures::of(&moments.iter().collect::<Vec<_>>());
    let errors = Errors::of(&moments, &close);
    let outcome = Outcome::of_session(&figures, &close, requested_us, &errors);
    let end_reason = EndReason::of(&moments, &figures, &close, &errors);
    let gateway = moments.iter().map(|m| m.node).min().map(Arc::clone);
    let whole = Whole {
        session: identity::session_id(stream_id, request_id),
        stream_id: stream_id.into(),
        request_id: request_id.into(),
        origin: around.origin(stream_id, &origin(events), start_us),
        region: gateway.as_deref().and_then(|node| around.region(node, start_us)),
        gateway,
        work: first_work(works(moments.iter()).chain(works_paid(&payments))),
        moments: &moments,
        payments: &payments,
        around,
        requested_us,
        last_us,
        close,
        figures,
        errors,
        outcome,
        end_reason,
    };
    let parts = whole.parts(&legs);
    Some(Derived {
        session: (start_us, whole.session_row(&parts)),
        legs: parts.iter().map(|part| (part.leg.start_us, whole.leg_row(part))).collect(),
        minutes: whole.minute_rows(&parts),
        span: (first_us.min(start_us), close.at_us),
        open: close.at_us.is_none(),
        silent_after_us: close.silent_after_us,
    })
}

/// A session, its events understood.
struct Whole<'a> {
    session: Uuid,
    stream_id: Arc<str>,
    request_id: Arc<str>,
    origin: Arc<str>,
    gateway: Option<Arc<str>>,
    region: Option<Arc<str>>,
    work: Option<Work>,
    moments: &'a [Moment<'a>],
    /// Each once, in order.
    payments: &'a [&'a Assigned],
    around: &'a Surroundings,
    requested_us: Option<i64>,
    last_us: i64,
    close: Close,
    figures: Figures,
    errors: Errors,
    outcome: Outcome,
    end_reason: Option<EndReason>,
}

/// A leg, its events understood.
struct Part<'a> {
    number: i64,
    leg: &'a Leg,
    /// When it ended; `None`: it runs.
    ended_us: Option<i64>,
    figures: Figures,
    who: Who,
    gpu_name: Option<Arc<str>>,
    hot_wallet: Option<Arc<str>>,
    gateway: Option<Arc<str>>,
    region: Option<Arc<str>>,
    work: Option<Work>,
    outcome: Outcome,
    payments: Vec<&'a Payment>,
}

impl<'a> Whole<'a> {
    fn parts<'p>(&'p self, legs: &'p [Leg]) -> Vec<Part<'p>>
    where
        'a: 'p,
    {
        let mut parts: Vec<Part<'p>> =
            (0i64..).zip(legs).map(|(number, leg)| self.part(number, leg)).collect();
        for assigned in self.payments {
            let payment = &assigned.payment;
            if let Some(part) = place_of(payment, &parts).and_then(|i| parts.get_mut(i)) {
                part.payments.push(payment);
            }
        }
        parts
    }

    fn part<'p>(&'p self, number: i64, leg: &'p Leg) -> Part<'p> {
        let moments: Vec<&Moment<'_>> =
            leg.events.iter().filter_map(|i| self.moments.get(*i)).collect();
        let figures = Figures::of(&moments);
        let hot_wallet = moments.iter().find_map(|m| m.event.hot_wallet.clone());
        let who = self.around.who(
            Some(&leg.uri),
            hot_wallet.as_deref(),
            &self.paid_to(&leg.uri),
            leg.start_us,
        );
        let gateway = moments.iter().map(|m| m.node).min().map(Arc::clone);
        let gateway = gateway.or_else(|| self.gateway.clone());
        Part {
            number,
            leg,
            ended_us: leg.end_us.or(self.close.at_us.map(|us| us.max(leg.start_us))),
            gpu_name: self.around.gpu_name(&leg.uri, who.address.as_deref(), leg.start_us),
            who,
            hot_wallet,
            region: gateway.as_deref().and_then(|node| self.around.region(node, leg.start_us)),
            gateway,
            work: self.work_of_leg(&moments),
            outcome: Outcome::of_leg(leg, &figures, self.outcome, &self.close, self.end_reason),
            figures,
            payments: Vec::new(),
        }
    }

    /// The model of its own events, else of the session's, which holds that of the payments too.
    fn work_of_leg(&self, moments: &[&Moment<'_>]) -> Option<Work> {
        match (first_work(works(moments.iter().copied())), &self.work) {
            (Some(own), _) if own.model.is_some() => Some(own),
            (Some(own), Some(session)) if session.model.is_none() => Some(own),
            (own, None) => own,
            (_, session) => session.clone(),
        }
    }

    /// Payments that name the request, to this URI.
    fn paid_to(&self, uri: &str) -> Vec<Paid> {
        let named = self.payments.iter().filter(|a| a.basis == Basis::Request).map(|a| &a.payment);
        let to = named.filter(|p| {
            p.orch_url.as_deref().and_then(identity::normalised).as_deref() == Some(uri)
        });
        to.filter_map(|p| Some(Paid { ts_us: p.ts_us, recipient: p.recipient.clone()? })).collect()
    }
}

/// The leg that a payment was for: with its URI, else with its recipient; of several the one that ran
/// then.
fn place_of(payment: &Payment, parts: &[Part<'_>]) -> Option<usize> {
    let uri = payment.orch_url.as_deref().and_then(identity::normalised);
    let latest = |fits: &dyn Fn(&Part<'_>) -> bool| {
        let began = parts.iter().rposition(|p| fits(p) && p.leg.start_us <= payment.ts_us);
        began.or_else(|| parts.iter().position(fits))
    };
    latest(&|p| Some(&*p.leg.uri) == uri.as_deref())
        .or_else(|| latest(&|p| p.who.address.is_some() && p.who.address == payment.recipient))
}

fn works<'m>(moments: impl Iterator<Item = &'m Moment<'m>>) -> impl Iterator<Item = Work> {
    moments.filter_map(|m| identity::canonical(m.event.pipeline.as_ref()?))
}

fn works_paid(payments: &[&Assigned]) -> impl Iterator<Item = Work> {
    let manifests = payments.iter().filter_map(|a| a.payment.manifest_id.as_deref());
    manifests.filter_map(identity::of_manifest)
}

/// The first that comes with a model, else the first without.
fn first_work(all: impl Iterator<Item = Work>) -> Option<Work> {
    let mut without = None;
    for work in all {
        if work.model.is_some() {
            return Some(work);
        }
        without = without.or(Some(work));
    }
    without
}

/// The payments of a request, each once, in order.
fn of_request<'p>(request_id: &str, payments: &'p [Assigned]) -> Vec<&'p Assigned> {
    let ours = payments.iter().filter(|a| a.request_id.as_deref() == Some(request_id));
    let sorted: BTreeMap<_, _> = ours.map(|a| ((a.payment.ts_us, a.payment.event_id), a)).collect();
    let mut seen = HashSet::new();
    sorted.into_values().filter(|a| seen.insert(a.payment.event_id)).collect()
}

/// What agents say of where a session comes from; of several the one that is furthest from an honest
/// customer.
fn origin(events: &[Event]) -> Arc<str> {
    let rank = |origin: &str| identity::ORIGINS.iter().position(|o| *o == origin);
    let all = events.iter().map(|e| &e.origin);
    all.max_by_key(|origin| (rank(origin), Arc::clone(origin)))
        .map_or_else(|| "organic".into(), Arc::clone)
}
