//! What one node may send: rows and bytes per second, series per day. It may make a node's streams
//! rest and refuse rows of new series; it must never let one node's quota touch another's rows.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use naap_schema::{FieldType, Identity, Row, Value};
use tokio::time::Instant;

use crate::admit::{Admitted, Reason};
use crate::config::QuotasConfig;
use crate::limits;
use crate::metrics::{Metrics, Quota};

/// So much of something per second, with some in advance; it may go into debt.
#[derive(Debug)]
struct Bucket {
    rate: f64,
    level: f64,
    at: Instant,
}

impl Bucket {
    fn new(rate: u64, now: Instant) -> Self {
        let rate = rate as f64;
        Self { rate, level: rate * f64::from(limits::QUOTA_BURST_S), at: now }
    }

    /// Takes `n`; gives how long it is until nothing is owed.
    fn spend(&mut self, n: u64, now: Instant) -> Duration {
        let earned = now.duration_since(self.at).as_secs_f64() * self.rate;
        self.at = now;
        self.level =
            (self.level + earned).min(self.rate * f64::from(limits::QUOTA_BURST_S)) - n as f64;
        Duration::try_from_secs_f64(-self.level / self.rate).unwrap_or_default()
    }
}

#[derive(Debug)]
struct Node {
    rows: Bucket,
    bytes: Bucket,
    series: HashSet<u64>,
}

#[derive(Debug, Default)]
struct Nodes {
    /// Days since 1970 UTC.
    day: i64,
    nodes: HashMap<Arc<str>, Node>,
    series: usize,
}

/// The quotas of all nodes.
#[derive(Debug)]
pub(crate) struct Quotas {
    config: QuotasConfig,
    hasher: RandomState,
    state: Mutex<Nodes>,
    metrics: Arc<Metrics>,
}

impl Quotas {
    pub(crate) fn new(config: QuotasConfig, metrics: Arc<Metrics>) -> Self {
        // A random key, so that nobody can choose series that look like one.
        let hasher = RandomState::new();
        Self { config, hasher, state: Mutex::default(), metrics }
    }

    fn lock(&self) -> MutexGuard<'_, Nodes> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Books what a node sent, or nothing; gives how long its stream must rest before it is read on. What was
    /// sent is taken all the same: nothing is lost, it only comes later.
    pub(crate) fn spend(&self, node: &Arc<str>, rows: u64, bytes: usize, now: Instant) -> Duration {
        let mut state = self.lock();
        let node = state.node(node, &self.config, now);
        let for_rows = node.rows.spend(rows, now);
        let for_bytes = node.bytes.spend(bytes as u64, now);
        drop(state);
        for (rest, quota) in [(for_rows, Quota::Rows), (for_bytes, Quota::Bytes)] {
            if (rows > 0 || bytes > 0) && !rest.is_zero() {
                self.metrics.quota(quota).add(1);
            }
        }
        for_rows.max(for_bytes)
    }

    /// Refuses the rows of series that are new today and one too many. The series of before go on.
    pub(crate) fn series(&self, node: &Arc<str>, now_us: i64, now: Instant, taken: &mut Admitted) {
        let keys: Vec<Option<u64>> = taken.rows.iter().map(|(_, row)| self.key(row)).collect();
        let mut state = self.lock();
        state.turn(now_us.div_euclid(limits::DAY_US), now);
        let limit = state.limit(node, &self.config);
        let theirs = state.node(node, &self.config, now);
        let before = theirs.series.len();
        let mut fits = |key: Option<u64>| {
            let Some(key) = key else { return true };
            let room = theirs.series.len() < limit;
            theirs.series.contains(&key) || (room && theirs.series.insert(key))
        };
        let fits: Vec<bool> = keys.into_iter().map(&mut fits).collect();
        let new = theirs.series.len() - before;
        state.series += new;
        drop(state);
        if fits.iter().all(|fits| *fits) {
            return;
        }
        self.metrics.quota(Quota::Series).add(1);
        let detail = format!(
            "node {node} has sent {limit} series today, which is the limit; rows of further ones \
             are refused until 00:00 UTC; send fewer, or have the operator raise [quotas] \
             series_per_day"
        );
        let mut fits = fits.into_iter();
        let rows = std::mem::take(&mut taken.rows);
        let (kept, over): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|_| fits.next() == Some(true));
        taken.rows = kept;
        for (seq, row) in over {
            taken.refuse(seq, Reason::TooManySeries, row.entity.name, None, detail.clone(), &row);
        }
    }

    /// Which series a sample belongs to: its entity and its key fields that are names. Events have
    /// an identity each, and are no series.
    fn key(&self, row: &Row) -> Option<u64> {
        if row.entity.identity != Identity::Sample {
            return None;
        }
        let mut keys: Vec<Option<&str>> = Vec::new();
        for (field, value) in row.entity.fields.iter().zip(&row.values) {
            if field.key && field.ty == FieldType::Symbol {
                keys.push(match value {
                    Some(Value::Text(text)) => Some(text),
                    _ => None,
                });
            }
        }
        Some(self.hasher.hash_one(Series { entity: row.entity.number, keys }))
    }
}

#[derive(Hash)]
struct Series<'a> {
    entity: u32,
    keys: Vec<Option<&'a str>>,
}

impl Nodes {
    /// A new day begins without series, and forgets nodes that are gone.
    fn turn(&mut self, day: i64, now: Instant) {
        if self.day == day {
            return;
        }
        (self.day, self.series) = (day, 0);
        self.nodes.retain(|_, node| now.duration_since(node.rows.at) < limits::QUOTA_IDLE);
        self.nodes.values_mut().for_each(|node| node.series = HashSet::new());
    }

    /// Series that a node may have: as configured, or its part of what all may have together.
    fn limit(&self, node: &Arc<str>, config: &QuotasConfig) -> usize {
        if self.series < limits::SERIES {
            return config.series_per_day;
        }
        let nodes = self.nodes.len() + usize::from(!self.nodes.contains_key(node));
        config.series_per_day.min(limits::SERIES / nodes.max(1))
    }

    fn node(&mut self, node: &Arc<str>, config: &QuotasConfig, now: Instant) -> &mut Node {
        self.nodes.entry(Arc::clone(node)).or_insert_with(|| Node {
            rows: Bucket::new(config.rows_per_s, now),
            bytes: Bucket::new(config.bytes_per_s, now),
            series: HashSet::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use naap_schema::generated::{Host, Interface};

    use super::*;
    use crate::fitness::Fitness;

    fn quotas(rows_per_s: u64, series_per_day: usize) -> Quotas {
        let config = QuotasConfig { rows_per_s, bytes_per_s: 1 << 20, series_per_day };
        Quotas::new(config, Metrics::new(Fitness::new()))
    }

    fn interfaces(names: std::ops::Range<u32>) -> Admitted {
        let row = |i: u32| {
            let name = format!("eth{i}");
            let row = Interface { interface: name.into(), ..Interface::default() }.at(1);
            (u64::from(i), row)
        };
        Admitted { rows: names.map(row).collect(), refusals: Vec::new() }
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_over_its_rate_rests_as_long_as_it_owes_and_another_does_not() {
        let quotas = quotas(100, 10);
        let (a, b): (Arc<str>, Arc<str>) = ("a".into(), "b".into());
        let spend = |node: &Arc<str>, rows| quotas.spend(node, rows, 100, Instant::now());
        let burst = 100 * u64::from(limits::QUOTA_BURST_S);
        assert_eq!(spend(&a, burst), Duration::ZERO);
        assert_eq!(spend(&a, 250), Duration::from_millis(2500));
        assert_eq!(spend(&b, burst), Duration::ZERO);
        tokio::time::advance(Duration::from_millis(2500)).await;
        assert_eq!(spend(&a, 0), Duration::ZERO);
        // In the long run it gets its rate, and no more.
        let start = Instant::now();
        for _ in 0..100 {
            tokio::time::advance(spend(&a, 50)).await;
        }
        assert_eq!(start.elapsed().as_secs(), 50);
        assert!(!quotas.spend(&b, 0, 20 << 20, Instant::now()).is_zero(), "bytes count too");
        assert_eq!(quotas.metrics.quota(Quota::Bytes).get(), 1);
    }

    #[tokio::test]
    async fn new_series_beyond_the_limit_are_refused_by_name_and_the_others_go_on() {
        let quotas = quotas(100, 3);
        let (a, b): (Arc<str>, Arc<str>) = ("a".into(), "b".into());
        let take = |node: &Arc<str>, day: i64, mut taken: Admitted| {
            quotas.series(node, day * limits::DAY_US + 5, Instant::now(), &mut taken);
            taken
        };
        let first = take(&a, 1, interfaces(0..5));
        assert_eq!(first.rows.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!((first.refusals[0].first_seq, first.refusals[0].count), (3, 2));
        assert_eq!(first.refusals[0].reason, Reason::TooManySeries);
        assert!(first.refusals[0].detail.contains("series_per_day"));
        // What it had before goes on; so does another node; events are no series.
        assert_eq!(take(&a, 1, interfaces(0..3)).rows.len(), 3);
        assert_eq!(take(&b, 1, interfaces(3..6)).rows.len(), 3);
        let host = Admitted { rows: vec![(9, Host::default().at(1))], refusals: Vec::new() };
        assert_eq!(take(&a, 1, host).refusals.len(), 1, "another entity is another series");
        assert_eq!(take(&a, 2, interfaces(3..5)).rows.len(), 2, "a new day");
    }

    #[test]
    fn the_series_of_all_nodes_together_are_bounded() {
        let mut state = Nodes { series: limits::SERIES, ..Nodes::default() };
        let config = QuotasConfig { series_per_day: usize::MAX, ..QuotasConfig::default() };
        for i in 0..10 {
            let node: Arc<str> = i.to_string().into();
            state.nodes.insert(
                node,
                Node {
                    rows: Bucket { rate: 1.0, level: 0.0, at: Instant::now() },
                    bytes: Bucket { rate: 1.0, level: 0.0, at: Instant::now() },
                    series: HashSet::new(),
                },
            );
        }
        assert_eq!(state.limit(&"0".into(), &config), limits::SERIES / 10);
        state.series -= 1;
        assert_eq!(state.limit(&"0".into(), &config), usize::MAX);
    }
}
