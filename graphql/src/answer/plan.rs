//! What is done with a request, decided before it is executed.

use std::time::Duration;

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, OperationType,
};
use async_graphql::{Request, Variables};

use super::arguments::Given;
use super::cost::{Reckoning, reckon};
use super::fields::Fields;
use super::key::{Key, of_operation, of_parts};
use super::refusal::Refusal;
use super::stored::Keeps;
use crate::limits;
use crate::read::sums::{DAY_US, HOUR_US};

/// Rows may come this late; after that an answer about a time does not change but by corrections.
const LATEST_US: i64 = 15 * DAY_US;

/// A request that can be executed more than once.
#[derive(Debug)]
pub(crate) struct Prepared {
    document: ExecutableDocument,
    operation: Option<String>,
    variables: Variables,
    bytes: usize,
    /// The reader wants the cost beside the answer.
    pub(crate) tells_cost: bool,
}

impl Prepared {
    /// Takes a request apart; nothing where it is no document.
    pub(crate) fn new(mut request: Request, tells_cost: bool) -> Option<Self> {
        let bytes = request.query.len();
        let document = request.parsed_query().ok()?.clone();
        let (operation, variables) = (request.operation_name, request.variables);
        Some(Self { document, operation, variables, bytes, tells_cost })
    }

    /// Puts it together again.
    pub(crate) fn request(&self) -> Request {
        let mut request = Request::new("").variables(self.variables.clone());
        request.operation_name.clone_from(&self.operation);
        request.set_parsed_query(self.document.clone());
        request
    }

    /// Memory that it takes, roughly: a parsed document is larger than its text.
    pub(crate) const fn weight(&self) -> usize {
        self.bytes * 16 + 1024
    }

    /// The operation that is asked for, where it is clear which.
    fn operation(&self) -> Option<&OperationDefinition> {
        match (&self.document.operations, &self.operation) {
            (DocumentOperations::Single(operation), None) => Some(&operation.node),
            (DocumentOperations::Single(_), Some(_)) => None,
            (DocumentOperations::Multiple(all), Some(name)) => {
                all.get(name.as_str()).map(|o| &o.node)
            }
            (DocumentOperations::Multiple(all), None) if all.len() == 1 => {
                all.values().next().map(|o| &o.node)
            }
            (DocumentOperations::Multiple(_), None) => None,
        }
    }
}

/// What a request costs, and where and how long its answer is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) cost: u64,
    /// Nothing where the answer is nobody else's.
    pub(crate) key: Option<Key>,
    reckoning: Option<Reckoning>,
    pages: bool,
}

impl Plan {
    /// Of a request that may cost `limit`.
    ///
    /// # Errors
    /// If it costs more.
    pub(crate) fn new(
        prepared: &Prepared,
        fields: &Fields,
        now_us: i64,
        limit: u64,
    ) -> Result<Self, Refusal> {
        let Some(operation) = prepared.operation() else {
            return Ok(Self { cost: 1, key: None, reckoning: None, pages: false });
        };
        let given = Given::new(operation, &prepared.variables);
        let document = &prepared.document;
        let reckoning = reckon(document, operation, &given, fields, now_us, limit)?;
        // A document with several operations is refused for any of them: it has no key.
        let kept = operation.ty == OperationType::Query
            && !reckoning.private
            && document.operations.iter().len() == 1;
        let key = kept.then(|| of_operation(document, operation, &given, fields)).flatten();
        let key = key.map(|key| of_parts(&[&key, &[u8::from(prepared.tells_cost)]]));
        Ok(Self { cost: reckoning.cost, key, reckoning: Some(reckoning), pages: false })
    }

    /// Makes it one for the own pages: their answers keep but for a moment, and speak of now.
    pub(crate) const fn for_pages(&mut self) {
        self.pages = true;
    }

    /// How long an answer made at `now_us` keeps: the longer the time that it speaks of is over.
    pub(crate) fn keeps(&self, now_us: i64) -> Keeps {
        let keeps = |fresh, stale| Keeps {
            fresh: Duration::from_secs(fresh),
            stale: Duration::from_secs(stale),
        };
        if self.pages {
            return Keeps { fresh: limits::PAGE_FRESH, stale: Duration::ZERO };
        }
        match &self.reckoning {
            Some(r) if r.ends_us < now_us - LATEST_US => keeps(3600, 86_400),
            Some(r) if r.ends_us < now_us - limits::SETTLED_US => keeps(300, 3600),
            Some(r) if r.finest_us >= DAY_US => keeps(60, 60),
            Some(r) if r.finest_us >= HOUR_US => keeps(30, 60),
            _ => keeps(15, 60),
        }
    }

    /// The moment that an answer of `now_us` speaks of: snapped, so that all who ask within the time
    /// that it keeps speak of the same one.
    pub(crate) fn moment(&self, now_us: i64) -> i64 {
        let step = i64::try_from(self.keeps(now_us).fresh.as_micros()).unwrap_or(1).max(1);
        let snapped = now_us.div_euclid(step) * step;
        // A window that begins after it would be empty.
        match &self.reckoning {
            Some(r) if !self.pages && r.begins_us < snapped => snapped,
            _ => now_us,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_790_000_007_123_456;

    fn plan(query: &str) -> Plan {
        let prepared = Prepared::new(Request::new(query), false).unwrap();
        let fields = Fields::new(&crate::schema::sdl());
        Plan::new(&prepared, &fields, NOW, limits::COST).unwrap()
    }

    fn fresh(query: &str) -> u64 {
        plan(query).keeps(NOW).fresh.as_secs()
    }

    fn demand(from_days: i64, to_days: i64) -> String {
        let at = |days: i64| (NOW - days * DAY_US) / 1000;
        let (from, to) = (at(from_days), at(to_days));
        format!("{{ demand(window: {{ from: {from}, to: {to} }}) {{ partial }} }}")
    }

    #[test]
    fn the_longer_a_time_is_over_the_longer_its_answer_keeps() {
        assert_eq!(fresh("{ status { ok } }"), 15);
        assert_eq!(fresh("{ demand(bucket: M5) { partial } }"), 15);
        assert_eq!(fresh("{ demand { partial } }"), 15, "AUTO takes five minutes");
        assert_eq!(fresh("{ demand(bucket: H1) { partial } }"), 30);
        assert_eq!(fresh("{ demand(bucket: D1) { partial } }"), 60);
        assert_eq!(fresh("{ demand(bucket: D1) { partial } status { ok } }"), 15);
        assert_eq!(fresh(&demand(2, 0)), 30, "it is not over");
        assert_eq!(fresh(&demand(3, 1)), 300);
        assert_eq!(fresh(&demand(20, 16)), 3600);
        assert_eq!(fresh("{ limits { depth } }"), 3600);
        let both = demand(20, 16).replacen('{', "{ status { ok }", 1);
        assert_eq!(fresh(&both), 15, "{both}");
    }

    #[test]
    fn all_who_ask_at_about_the_same_time_speak_of_one_moment() {
        let live = plan("{ status { ok } }");
        let moment = live.moment(NOW);
        assert_eq!((moment % 15_000_000, NOW - moment < 15_000_000), (0, true));
        assert_eq!(live.moment(moment), live.moment(moment + 14_999_999));
        let begins = (NOW - 1_000_000) / 1000;
        let just = plan(&format!(
            "{{ hostSeries(node: \"n\", window: {{ from: {begins} }}) {{ node }} }}"
        ));
        assert_eq!(just.moment(NOW), NOW, "the window began after the snapped moment");
    }

    #[test]
    fn what_is_for_one_client_has_no_key() {
        assert!(plan("{ status { ok } }").key.is_some());
        assert_eq!(plan("{ status { ok } rateLimit { remaining } }").key, None);
        assert_eq!(plan("query A { status { ok } } query B { status { ok } }").key, None);
        let cost = |tells| {
            let prepared = Prepared::new(Request::new("{ status { ok } }"), tells).unwrap();
            Plan::new(&prepared, &Fields::new(&crate::schema::sdl()), NOW, 9).unwrap().key
        };
        assert_ne!(cost(true), cost(false), "the body differs");
    }
}
