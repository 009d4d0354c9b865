//! Series that are told apart by labels: counters become differences, and rows come when something
//! changed. Pure: readings and times in, rows out.

use std::collections::BTreeMap;
use std::time::Duration;

use naap_schema::{EntityDef, Kind, Row, Value};
use tokio::time::Instant;

use super::difference;

/// When rows of one key come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paces {
    /// At least this long after the one before, if something changed.
    pub changed: Duration,
    /// At most this long after the one before, if nothing did.
    pub same: Duration,
}

/// What one scrape says of an entity: by its keys, in the order of their fields.
pub(super) type Readings = BTreeMap<Vec<String>, Reading>;

/// What one scrape says of one key.
#[derive(Debug, Default, Clone)]
pub(super) struct Reading {
    numbers: BTreeMap<usize, f64>,
    labels: BTreeMap<usize, String>,
}

impl Reading {
    /// Adds a number to a field, by its index.
    pub(super) fn add(&mut self, field: usize, number: f64) {
        *self.numbers.entry(field).or_default() += number;
    }

    /// Sets a label that is no key; an empty one says nothing.
    pub(super) fn label(&mut self, field: usize, text: &str) {
        if !text.is_empty() {
            self.labels.insert(field, text.to_owned());
        }
    }
}

/// When and of whom a scrape is, and what it is compared with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scrape<'a> {
    /// The node's name in rows.
    pub target: &'a str,
    /// Its time, microseconds since 1970.
    pub ts_us: i64,
    /// The same on the monotonic clock.
    pub at: Instant,
    /// The good scrape before, if there was one.
    pub before: Option<Instant>,
    /// The node's process was started anew since.
    pub restarted: bool,
}

/// All keys of one entity.
#[derive(Debug)]
pub(super) struct Meter {
    entity: &'static EntityDef,
    target: usize,
    interval: usize,
    keys: Vec<usize>,
    paces: Paces,
    most: usize,
    states: BTreeMap<Vec<String>, State>,
}

/// What is remembered of one key.
#[derive(Debug, Default)]
struct State {
    /// Counters as read last.
    totals: BTreeMap<usize, f64>,
    /// What they grew by since `since`.
    grown: BTreeMap<usize, f64>,
    /// From when on that is known.
    since: Option<Instant>,
    gauges: BTreeMap<usize, f64>,
    labels: BTreeMap<usize, String>,
    /// Something is not what the newest row says.
    changed: bool,
    row_at: Option<Instant>,
}

impl Meter {
    /// A meter of an entity with `target`, `interval_ms` and further keys, that holds `most` keys.
    pub(super) fn new(entity: &'static EntityDef, paces: Paces, most: usize) -> Self {
        let field = |name| entity.field_index(name).expect("a meter's entity has this field");
        let target = field("target");
        let keys = (0..entity.fields.len()).filter(|i| entity.fields[*i].key && *i != target);
        let (keys, interval) = (keys.collect(), field("interval_ms"));
        Self { entity, target, interval, keys, paces, most, states: BTreeMap::new() }
    }

    /// The index of a field of the entity.
    pub(super) fn field(&self, name: &str) -> usize {
        self.entity.field_index(name).expect("tables of series name declared fields")
    }

    /// Whether a field takes differences of counters.
    pub(super) fn counts(&self, field: usize) -> bool {
        self.entity.fields.get(field).is_some_and(|f| f.kind == Kind::Delta)
    }

    /// Takes what one scrape says; gives the rows that are due, and how many keys were refused.
    pub(super) fn take(&mut self, mut readings: Readings, scrape: Scrape<'_>) -> (Vec<Row>, u64) {
        let mut rows = Vec::new();
        let mut states = BTreeMap::new();
        for (key, mut state) in std::mem::take(&mut self.states) {
            if let Some(reading) = readings.remove(&key) {
                self.read(&mut state, reading, scrape);
                if state.due(self.paces, scrape.at) {
                    rows.push(self.row(&key, &mut state, scrape));
                }
                states.insert(key, state);
            } else if state.grown.values().any(|grew| *grew > 0.0) {
                // A node that started anew does not show it any more: what it grew by is told.
                state.gauges.clear();
                rows.push(self.row(&key, &mut state, scrape));
            }
        }
        let mut refused = 0;
        for (key, reading) in readings {
            if states.len() >= self.most {
                refused += 1;
                continue;
            }
            // What was not there at the scrape before counts from 0.
            let mut state = State { since: scrape.before, ..State::default() };
            self.read(&mut state, reading, scrape);
            rows.push(self.row(&key, &mut state, scrape));
            states.insert(key, state);
        }
        self.states = states;
        (rows, refused)
    }

    fn read(&self, state: &mut State, reading: Reading, scrape: Scrape<'_>) {
        if scrape.restarted {
            state.totals.clear();
        }
        let mut gauges = BTreeMap::new();
        for (field, number) in reading.numbers {
            if self.counts(field) {
                let grew = difference(state.totals.insert(field, number), number);
                *state.grown.entry(field).or_default() += grew;
                state.changed |= grew > 0.0;
            } else {
                gauges.insert(field, number);
            }
        }
        state.changed |= gauges != state.gauges;
        (state.gauges, state.labels) = (gauges, reading.labels);
    }

    fn row(&self, key: &[String], state: &mut State, scrape: Scrape<'_>) -> Row {
        let mut row = Row::empty(self.entity, scrape.ts_us);
        let mut set = |field: usize, value: Value| {
            if let Some(slot) = row.values.get_mut(field) {
                *slot = Some(value);
            }
        };
        set(self.target, Value::text(scrape.target));
        for (field, text) in self.keys.iter().zip(key) {
            set(*field, Value::text(text.as_str()));
        }
        for (field, text) in &state.labels {
            set(*field, Value::text(text.as_str()));
        }
        for (field, gauge) in &state.gauges {
            set(*field, Value::F64(*gauge));
        }
        let grown = std::mem::take(&mut state.grown);
        // Of what was counted before the first scrape nobody knows when it happened.
        if let Some(since) = state.since {
            if let Ok(ms) = i64::try_from(scrape.at.duration_since(since).as_millis()) {
                set(self.interval, Value::I64(ms));
            }
            for (field, grew) in grown {
                set(field, Value::F64(grew));
            }
        }
        state.since = Some(scrape.at);
        state.row_at = Some(scrape.at);
        state.changed = false;
        row
    }
}

impl State {
    fn due(&self, paces: Paces, now: Instant) -> bool {
        let age = self.row_at.map(|at| now.duration_since(at));
        age.is_none_or(|age| age >= paces.same || (self.changed && age >= paces.changed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use naap_schema::generated::LIVEPEER_AI;
    use proptest::prelude::*;

    const PACES: Paces = Paces { changed: Duration::from_secs(10), same: Duration::from_secs(600) };

    struct Node {
        meter: Meter,
        start: Instant,
        before: Option<Instant>,
    }

    impl Node {
        fn new(most: usize) -> Self {
            let meter = Meter::new(&LIVEPEER_AI, PACES, most);
            Self { meter, start: Instant::now(), before: None }
        }

        /// Reads `requests` and `live_streams` of models, this long after the start.
        fn read(&mut self, s: u64, restarted: bool, of: &[(&str, f64, f64)]) -> Vec<Row> {
            let at = self.start + Duration::from_secs(s);
            let mut readings = Readings::new();
            for (model, requests, streams) in of {
                let key = ["p", model, "none"].map(str::to_owned).to_vec();
                let reading = readings.entry(key).or_default();
                reading.add(self.meter.field("requests"), *requests);
                reading.add(self.meter.field("live_streams"), *streams);
            }
            let before = self.before.replace(at);
            let scrape = Scrape { target: "n", ts_us: 1, at, before, restarted };
            self.meter.take(readings, scrape).0
        }
    }

    fn number(row: &Row, field: &str) -> Option<f64> {
        match row.get(field) {
            Some(Value::F64(x)) => Some(*x),
            _ => None,
        }
    }

    #[test]
    fn rows_come_when_something_changed_and_lose_nothing() {
        let mut node = Node::new(10);
        let rows = node.read(0, false, &[("a", 5.0, 1.0)]);
        assert_eq!(rows[0].check(), Ok(()));
        assert_eq!(number(&rows[0], "requests"), None, "nobody knows when these were");
        assert_eq!(number(&rows[0], "live_streams"), Some(1.0));
        assert!(node.read(5, false, &[("a", 7.0, 1.0)]).is_empty(), "not before its pace");
        let rows = node.read(10, false, &[("a", 8.0, 1.0), ("b", 2.0, 0.0)]);
        assert_eq!(number(&rows[0], "requests"), Some(3.0), "of both scrapes");
        assert_eq!(rows[0].get("interval_ms"), Some(&Value::I64(10_000)));
        assert_eq!(number(&rows[1], "requests"), Some(2.0), "a new one counts from 0");
        assert_eq!(rows[1].get("interval_ms"), Some(&Value::I64(5000)));
        assert!(node.read(300, false, &[("a", 8.0, 1.0), ("b", 2.0, 0.0)]).is_empty());
        let rows = node.read(610, false, &[("a", 8.0, 1.0), ("b", 2.0, 0.0)]);
        assert_eq!(rows.len(), 2, "now and then all the same");
        assert_eq!(number(&rows[0], "requests"), Some(0.0), "known to be nothing");
    }

    #[test]
    fn a_restarted_node_counts_from_0_and_what_is_gone_is_told() {
        let mut node = Node::new(10);
        node.read(0, false, &[("a", 5.0, 1.0), ("b", 1.0, 0.0)]);
        node.read(5, false, &[("a", 6.0, 1.0), ("b", 4.0, 0.0)]);
        let rows = node.read(10, true, &[("a", 9.0, 1.0)]);
        assert_eq!(rows.len(), 2);
        assert_eq!(number(&rows[0], "requests"), Some(10.0), "1 before the restart, 9 after it");
        assert_eq!(number(&rows[1], "requests"), Some(3.0), "what b grew by before it went");
        assert_eq!(number(&rows[1], "live_streams"), None);
    }

    #[test]
    fn keys_are_bounded_and_the_first_stay() {
        let mut node = Node::new(2);
        node.read(0, false, &[("a", 1.0, 0.0), ("b", 1.0, 0.0), ("c", 1.0, 0.0)]);
        let rows = node.read(20, false, &[("0", 1.0, 0.0), ("a", 2.0, 0.0), ("b", 2.0, 0.0)]);
        let models: Vec<_> = rows.iter().map(|r| r.get("model").cloned()).collect();
        assert_eq!(models, [Some(Value::text("a")), Some(Value::text("b"))]);
    }

    proptest! {
        /// Whatever the paces leave out, the rows of a key add up to what its counter grew by.
        #[test]
        fn deltas_add_up(steps in prop::collection::vec((1u64..40, 0u32..5), 1..60)) {
            let mut node = Node::new(10);
            node.read(0, false, &[("a", 100.0, 0.0)]);
            let (mut s, mut total, mut told) = (0, 100.0, 0.0);
            for (pause, grew) in steps {
                s += pause;
                total += f64::from(grew);
                let rows = node.read(s, false, &[("a", total, 0.0)]);
                told += rows.iter().filter_map(|r| number(r, "requests")).sum::<f64>();
            }
            let rows = node.read(s + 600, false, &[("a", total, 0.0)]);
            told += rows.iter().filter_map(|r| number(r, "requests")).sum::<f64>();
            prop_assert!((told - (total - 100.0)).abs() < 1e-9);
        }
    }
}
