//! Which orchestrator had a session when, and which events are of its time.

use std::sync::Arc;

use super::timeline::{Moment, SEND_FIRST, SWAP};
use crate::event::What;
use crate::{fold, limits};

/// One orchestrator's part of a session.
#[derive(Debug)]
pub(super) struct Leg {
    /// Normalised.
    pub(super) uri: Arc<str>,
    pub(super) start_us: i64,
    /// `None`: it runs, as far as the events say; the end of the session ends it too.
    pub(super) end_us: Option<i64>,
    /// Why it was swapped away from; `None`: it was not.
    pub(super) left_for: Option<&'static str>,
    /// Its events: places in the session's.
    pub(super) events: Vec<usize>,
}

struct Walk {
    legs: Vec<Leg>,
    runs: Option<usize>,
    /// Events without an orchestrator since the last leg ended: of the next one, which starts there.
    waiting: Vec<usize>,
    /// Where the next leg starts.
    next_us: i64,
}

/// The legs of a session that was requested (else begins) at `start_us`. `close` is the place of the
/// event that closed it: what comes after opens and ends none.
pub(super) fn legs(moments: &[Moment<'_>], close: Option<usize>, start_us: i64) -> Vec<Leg> {
    let mut walk = Walk { legs: Vec::new(), runs: None, waiting: Vec::new(), next_us: start_us };
    let until = close.map_or(moments.len(), |at| at + 1);
    for (i, moment) in moments.iter().enumerate() {
        match &moment.uri {
            _ if i >= until => walk.late(i, moment),
            _ if moment.is(SWAP) => walk.swap(i, moment),
            Some(uri) => walk.named(i, moment, uri),
            None => walk.unnamed(i),
        }
    }
    walk.legs
}

impl Walk {
    fn runs(&self) -> Option<&Leg> {
        self.legs.get(self.runs?)
    }

    /// The latest leg on this URI.
    fn of(&self, uri: &str) -> Option<usize> {
        self.legs.iter().rposition(|leg| *leg.uri == *uri)
    }

    fn give(&mut self, leg: Option<usize>, event: usize) {
        if let Some(leg) = leg.and_then(|i| self.legs.get_mut(i)) {
            leg.events.push(event);
        }
    }

    fn end(&mut self, at_us: i64, left_for: &'static str) {
        if let Some(leg) = self.runs.take().and_then(|i| self.legs.get_mut(i)) {
            let at_us = at_us.max(leg.start_us);
            leg.end_us = Some(at_us);
            leg.left_for = Some(left_for);
            self.next_us = at_us;
        }
    }

    fn open(&mut self, uri: &Arc<str>) {
        self.runs = Some(self.legs.len());
        self.legs.push(Leg {
            uri: Arc::clone(uri),
            start_us: self.next_us,
            end_us: None,
            left_for: None,
            events: std::mem::take(&mut self.waiting),
        });
    }

    fn late(&mut self, i: usize, moment: &Moment<'_>) {
        let leg = moment.uri.as_deref().and_then(|uri| self.of(uri));
        self.give(leg, i);
    }

    /// `orchestrator_swap` names whom it left.
    fn swap(&mut self, i: usize, moment: &Moment<'_>) {
        let What::Trace { message, .. } = &moment.event.what else { return };
        let reason = fold::swap_reason(message.as_deref());
        let at_us = moment.gateway_us();
        let Some(uri) = &moment.uri else {
            self.give(self.runs, i);
            return self.end(at_us, reason);
        };
        if self.runs().is_some_and(|leg| leg.uri == *uri) {
            self.give(self.runs, i);
            self.end(at_us, reason);
        } else if let Some(old) = self.of(uri) {
            // Told late, or twice: that leg has ended.
            self.give(Some(old), i);
        } else if self.legs.len() < limits::LEGS {
            // The first to name this URL: an orchestrator that never got as far as an event.
            self.end(at_us, fold::swap_reason(None));
            self.next_us = self.next_us.max(at_us);
            let waiting = std::mem::take(&mut self.waiting);
            self.open(uri);
            self.give(self.runs, i);
            self.end(at_us, reason);
            self.waiting = waiting;
        }
    }

    fn named(&mut self, i: usize, moment: &Moment<'_>, uri: &Arc<str>) {
        if self.runs().is_some_and(|leg| leg.uri == *uri) {
            return self.give(self.runs, i);
        }
        let old = self.of(uri);
        // Whoever was left once sends on for a while; only a first segment sent to it is a new try.
        if (old.is_some() && !moment.is(SEND_FIRST)) || self.legs.len() >= limits::LEGS {
            return self.give(old.or(self.runs), i);
        }
        self.end(moment.gateway_us(), fold::swap_reason(None));
        self.open(uri);
        self.give(self.runs, i);
    }

    fn unnamed(&mut self, i: usize) {
        match self.runs {
            Some(_) => self.give(self.runs, i),
            None => self.waiting.push(i),
        }
    }
}
