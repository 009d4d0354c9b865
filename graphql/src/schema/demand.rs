//! Demand: what was asked of the network, and what became of it (`definitions.md` 4).

use std::collections::{BTreeMap, HashMap};

use async_graphql::{ComplexObject, Context, Enum, MergedObject, Result, SimpleObject};

use super::error::{over, unavailable};
use super::groups::{
    Asked, Dimension, Figures, GroupKey, Meta, Question, Tally, count, figures, ratio, sums_of,
    tallies_of,
};
use super::sessions::Origin;
use super::time::Time;
use crate::limits;
use crate::read::Database;
use crate::read::series::Span;
use crate::read::sums::{Cell, Column, DAY_US, Key, Sums};
use crate::refusal::Code;

/// Sessions that a median of minutes needs.
const MEDIAN_LEAST: i64 = 20;
/// UTC days before a day that its medians are taken over.
const MEDIAN_DAYS: i64 = 7;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum Basis {
    /// Sessions.
    Sessions,
    /// Legs: one orchestrator's part of a session. A session may have several.
    Legs,
}

impl Basis {
    /// Orchestrators and GPUs are known of legs, not of sessions.
    pub(crate) fn of(question: &Question) -> Self {
        if question.uses(Dimension::Orchestrator) || question.uses(Dimension::Gpu) {
            Self::Legs
        } else {
            Self::Sessions
        }
    }

    pub(crate) const fn table(self) -> &'static str {
        match self {
            Self::Sessions => "stream_session",
            Self::Legs => "stream_leg",
        }
    }
}

/// Demand for live AI streams over time.
#[derive(Debug, MergedObject)]
pub(crate) struct Demand(Meta, DemandGroups);

/// The groups of demand.
#[derive(Debug, SimpleObject)]
pub(crate) struct DemandGroups {
    /// What `requested` and the others count. By orchestrator or GPU these are legs: with swaps,
    /// sessions by orchestrator would not add up to the total; legs do.
    basis: Basis,
    /// The groups with the most requests first; one without a key where nothing is grouped by.
    groups: Vec<DemandGroup>,
    /// The groups beyond `top` folded together, without a key; null where all are given.
    other: Option<DemandGroup>,
    /// How many these are.
    groups_left_out: usize,
}

/// One group.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct DemandGroup {
    key: Vec<GroupKey>,
    /// The whole window.
    total: DemandFigures,
    /// Buckets that have data, oldest first. A bucket that is not here had none.
    points: Vec<DemandPoint>,
}

/// One bucket.
#[derive(Debug, SimpleObject)]
pub(crate) struct DemandPoint {
    /// Start of the bucket.
    time: Time,
    /// Whether the bucket is not over yet.
    partial: bool,
    #[graphql(flatten)]
    figures: DemandFigures,
}

#[ComplexObject]
impl DemandGroup {
    /// `points` as lists, for charts.
    async fn columns(&self) -> DemandColumns {
        let mut columns = DemandColumns::default();
        for p in &self.points {
            columns.push(p.time, p.partial, p.figures.clone());
        }
        columns
    }
}

figures! {
    /// Demand as sums and counts, by the time of the request (legs: of their start).
    DemandFigures, DemandColumns {
        /// All sessions (or legs), whatever became of them.
        samples: i64,
        /// Those with outcome SERVED, NO_ORCHESTRATOR or FAILED; legs: SERVED or FAILED, once they are
        /// playable or closed.
        requested: i64,
        /// Those that were served.
        served: i64,
        /// Sessions that found no orchestrator. Null by legs: these had one.
        unserved: Option<i64>,
        /// Those that failed.
        failed: i64,
        /// Sessions that ended early for a reason that nobody is held to. Null by legs.
        excused: Option<i64>,
        /// Served sessions that are closed. Null by legs.
        served_closed: Option<i64>,
        /// Of these, those that ended by a failed swap, an error or silence. Null by legs.
        interrupted: Option<i64>,
        /// interrupted / servedClosed; null without any closed.
        interrupted_rate: Option<f64>,
        /// Swaps of orchestrators in sessions; by legs, the legs that were swapped away from.
        swaps: i64,
        /// Restarts of the pipeline's process; null where nothing told.
        restarts: Option<i64>,
        /// Minutes of sessions in this time, from their first processed segment on; null without any,
        /// and by legs.
        minutes: Option<f64>,
        /// Minutes of legs in this time. They leave out restarts, so they sum to less.
        leg_minutes: Option<f64>,
        /// Fees of payments in this time, ETH: their expected value, not what was redeemed. Null without
        /// any, and by GPU.
        fees_eth: Option<f64>,
        /// Those payments. Null by GPU.
        payments: Option<i64>,
        /// Of these, those that could belong to several sessions, and were given to none.
        payments_unattributed: Option<i64>,
        /// An upper bound of the minutes that unserved requests would have brought: unserved × median
        /// minutes of the model's served, closed sessions of the 7 UTC days before: organic ones, and
        /// simulated or replayed ones among themselves. Clients try again, so it is too high. It covers the sessions in `missingMinutesSessions`; null where no
        /// median is known (each needs 20 sessions), and by legs.
        missing_minutes: Option<f64>,
        /// Unserved sessions whose model has a median: those in `missingMinutes`.
        missing_minutes_sessions: Option<i64>,
        /// Request (legs: start) to first processed segment, ms.
        startup_ms: Tally,
        /// Request (legs: start) to third processed segment, ms.
        time_to_playable_ms: Tally,
        /// Earliest start of the runner to third processed segment, ms.
        prompt_to_first_frame_ms: Tally,
        /// Mean media latency as the gateway saw it, ms.
        #[graphql(name = "e2eMediaMs")]
        e2e_media_ms: Tally,
        /// Mean output frames per second, from the first sample above 0 on.
        output_fps_mean: Tally,
        /// Spread / mean of output frames per second.
        jitter_coefficient: Tally,
    }
}

/// Figures of sessions and of legs.
const FIGURES: [&str; 6] = [
    "startup_ms",
    "playable_ms",
    "prompt_to_first_frame_ms",
    "e2e_media_ms",
    "output_fps_mean",
    "jitter_coefficient",
];

/// Missing minutes, and the unserved sessions that they are of.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Missing {
    minutes: f64,
    covered: f64,
}

/// By group, then by bucket.
type AllMissing = HashMap<Key, BTreeMap<i64, Missing>>;

fn columns(basis: Basis, question: &Question) -> Vec<Column> {
    let table = basis.table();
    let mut columns = tallies_of(table, &["requested"]);
    columns.extend(tallies_of(table, &FIGURES));
    match basis {
        Basis::Sessions => {
            let counts = [
                "served",
                "unserved",
                "failed",
                "excused",
                "served_closed",
                "interrupted",
                "swaps",
                "restarts",
            ];
            columns.extend(sums_of(table, &counts));
            columns.extend(sums_of("stream_minute", &["minutes", "leg_minutes"]));
        }
        Basis::Legs => {
            columns.extend(sums_of(table, &["served", "swapped", "restarts"]));
            columns.extend(sums_of("stream_minute", &["leg_minutes"]));
        }
    }
    if !question.uses(Dimension::Gpu) {
        columns.extend(sums_of("payment_fee", &["fee_eth", "payments", "unattributed"]));
    }
    columns
}

fn figures_of(f: Figures<'_>, basis: Basis, missing: Option<Missing>, gpu: bool) -> DemandFigures {
    let table = basis.table();
    let sum = |field| f.sum(table, field);
    let of_sessions = |field| (basis == Basis::Sessions).then(|| count(sum(field)));
    let (requested, served) = (count(sum("requested")), count(sum("served")));
    let unserved = of_sessions("unserved");
    let missing = missing.filter(|m| m.covered > 0.0 || unserved == Some(0));
    let missing = missing.filter(|_| basis == Basis::Sessions);
    let payments = |field| (!gpu).then(|| count(f.sum("payment_fee", field)));
    DemandFigures {
        samples: count(f.rows(table, "requested")),
        requested,
        served,
        unserved,
        failed: of_sessions("failed").unwrap_or(requested - served),
        excused: of_sessions("excused"),
        served_closed: of_sessions("served_closed"),
        interrupted: of_sessions("interrupted"),
        interrupted_rate: ratio(sum("interrupted"), sum("served_closed")),
        swaps: count(sum(if basis == Basis::Sessions { "swaps" } else { "swapped" })),
        restarts: sum("restarts").map(|x| count(Some(x))),
        minutes: f.sum("stream_minute", "minutes"),
        leg_minutes: f.sum("stream_minute", "leg_minutes"),
        fees_eth: f.sum("payment_fee", "fee_eth"),
        payments: payments("payments"),
        payments_unattributed: payments("unattributed"),
        missing_minutes: missing.map(|m| m.minutes),
        missing_minutes_sessions: missing.map(|m| count(Some(m.covered))),
        startup_ms: f.tally(table, "startup_ms"),
        time_to_playable_ms: f.tally(table, "playable_ms"),
        prompt_to_first_frame_ms: f.tally(table, "prompt_to_first_frame_ms"),
        e2e_media_ms: f.tally(table, "e2e_media_ms"),
        output_fps_mean: f.tally(table, "output_fps_mean"),
        jitter_coefficient: f.tally(table, "jitter_coefficient"),
    }
}

/// Unserved sessions by group, bucket and model, times the median of their day.
async fn missing(database: &Database, question: &Question, points: bool) -> Result<AllMissing> {
    let mut ask = question.ask_also_by(points, Dimension::Model);
    // Medians are those of days: a bucket is never longer than one.
    ask.width_us = ask.width_us.or(Some(DAY_US));
    let columns = sums_of("stream_session", &["unserved"]);
    let unserved = database.sums(&ask, columns).await.map_err(unavailable)?;
    let mut days: Vec<i64> = Vec::new();
    for start in unserved.groups.values().flat_map(BTreeMap::keys) {
        days.push(start.div_euclid(DAY_US) * DAY_US);
    }
    days.sort_unstable();
    days.dedup();
    if days.len() > limits::MISSING_DAYS {
        return Err(over(
            Code::WindowTooLarge,
            &format!("missing minutes: the window has {} days of unserved requests", days.len()),
            i64::try_from(limits::MISSING_DAYS).unwrap_or(i64::MAX),
            i64::try_from(days.len()).unwrap_or(i64::MAX),
            "take a shorter window, or leave missingMinutes out",
        ));
    }
    // As for benchmarks: tests are measured by what is usual for users.
    let usual = match question.origin {
        Origin::Organic | Origin::Test => Origin::Organic,
        Origin::Replayed | Origin::Simulated => question.origin,
    };
    let usual = usual.word();
    let mut medians = HashMap::new();
    for day in days {
        let before = Span { from_us: day - MEDIAN_DAYS * DAY_US, to_us: day };
        let of_day = database.median_minutes(before, usual, MEDIAN_LEAST).await;
        let of_day = of_day.map_err(unavailable)?;
        medians.insert(day, of_day);
    }
    Ok(times_medians(&unserved, &medians))
}

fn times_medians(unserved: &Sums, medians: &HashMap<i64, HashMap<String, f64>>) -> AllMissing {
    let mut out = AllMissing::new();
    for (key, buckets) in &unserved.groups {
        let Some((Some(model), group)) = key.split_last() else { continue };
        for (start, cell) in buckets {
            let n = Figures(unserved, cell).sum("stream_session", "unserved").unwrap_or(0.0);
            let day = start.div_euclid(DAY_US) * DAY_US;
            let Some(median) = medians.get(&day).and_then(|of_day| of_day.get(model)) else {
                continue;
            };
            let sum = out.entry(group.to_vec()).or_default().entry(*start).or_default();
            sum.minutes += n * median;
            sum.covered += n;
        }
    }
    out
}

impl Demand {
    pub(crate) async fn read(ctx: &Context<'_>, question: Question) -> Result<Self> {
        let all = [
            Dimension::Gateway,
            Dimension::Orchestrator,
            Dimension::Pipeline,
            Dimension::Model,
            Dimension::Region,
            Dimension::Gpu,
        ];
        question.allow(&all)?;
        let basis = Basis::of(&question);
        let asked = Asked::of(ctx);
        let points = asked.points();
        let wanted = ["missingMinutes", "missingMinutesSessions"].iter().any(|f| asked.figure(f));
        let database = ctx.data::<Database>()?;
        let sums = database.sums(&question.ask(points), columns(basis, &question)).await;
        let sums = sums.map_err(unavailable)?;
        let all_missing = match basis {
            Basis::Sessions if wanted => Some(missing(database, &question, points).await?),
            _ => None,
        };
        Self::new(question, basis, &sums, all_missing.as_ref(), points)
    }

    fn new(
        question: Question,
        basis: Basis,
        sums: &Sums,
        missing: Option<&AllMissing>,
        points: bool,
    ) -> Result<Self> {
        let size = |buckets: &BTreeMap<i64, _>| {
            let total = sums.total(buckets);
            Figures(sums, &total).sum(basis.table(), "requested").unwrap_or(0.0)
        };
        let (kept, rest) = question.largest(sums.groups.iter(), size);
        if points {
            let all = kept.iter().map(|(_, b)| b.len()).sum();
            question.at_most_points(all, kept.len())?;
        }
        let of = Group { question: &question, basis, sums, points };
        let missing_of = |key: &Key| missing.map(|all| all.get(key).cloned().unwrap_or_default());
        let mut groups = Vec::with_capacity(kept.len());
        for (key, buckets) in kept {
            groups.push(of.make(question.key(key), buckets, missing_of(key).as_ref()));
        }
        let other = (!rest.is_empty()).then(|| {
            let buckets = sums.folded(rest.iter().map(|(_, b)| *b));
            let missing = missing.map(|all| together(rest.iter().filter_map(|(k, _)| all.get(*k))));
            of.make(Vec::new(), &buckets, missing.as_ref())
        });
        let all = groups.iter().chain(&other);
        let samples = all.map(|g| g.total.samples).sum();
        let groups = DemandGroups { basis, groups, other, groups_left_out: rest.len() };
        Ok(Self(Meta::new(question, "sessions", samples), groups))
    }
}

impl Missing {
    fn plus(self, other: Self) -> Self {
        Self { minutes: self.minutes + other.minutes, covered: self.covered + other.covered }
    }
}

fn together<'a>(all: impl Iterator<Item = &'a BTreeMap<i64, Missing>>) -> BTreeMap<i64, Missing> {
    let mut out: BTreeMap<i64, Missing> = BTreeMap::new();
    for (start, missing) in all.flatten() {
        let sum = out.entry(*start).or_default();
        *sum = sum.plus(*missing);
    }
    out
}

/// What groups are made of.
#[derive(Debug, Clone, Copy)]
struct Group<'a> {
    question: &'a Question,
    basis: Basis,
    sums: &'a Sums,
    points: bool,
}

impl Group<'_> {
    fn make(
        self,
        key: Vec<GroupKey>,
        buckets: &BTreeMap<i64, Cell>,
        missing: Option<&BTreeMap<i64, Missing>>,
    ) -> DemandGroup {
        let gpu = self.question.uses(Dimension::Gpu);
        let figures = |cell: &Cell, missing: Option<Missing>| {
            figures_of(Figures(self.sums, cell), self.basis, missing, gpu)
        };
        let all = missing.map(|m| m.values().copied().fold(Missing::default(), Missing::plus));
        let point = |(start, cell): (&i64, &Cell)| DemandPoint {
            time: Time::from_us(*start),
            partial: self.question.partial(Some(*start)),
            figures: figures(cell, missing.map(|m| m.get(start).copied().unwrap_or_default())),
        };
        let points = if self.points { buckets.iter().map(point).collect() } else { Vec::new() };
        DemandGroup { key, total: figures(&self.sums.total(buckets), all), points }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::sums::What;

    fn text(s: &str) -> Option<String> {
        Some(s.to_owned())
    }

    #[test]
    fn missing_minutes_take_the_median_of_the_model_and_the_day() {
        let columns = vec![Column { table: "stream_session", field: "unserved", what: What::Sum }];
        let mut groups = BTreeMap::new();
        let day = 20_000 * DAY_US;
        let at = |us: i64, n: f64| BTreeMap::from([(us, vec![Some(n)])]);
        groups.insert(vec![text("eu-west"), text("a")], at(day, 3.0));
        groups.insert(vec![text("eu-west"), text("b")], at(day, 5.0));
        groups.insert(vec![text("eu-west"), None], at(day, 7.0));
        groups.insert(vec![text("us-east"), text("b")], at(day, 1.0));
        let sums = Sums { columns, groups };
        let medians = HashMap::from([(day, HashMap::from([("a".to_owned(), 4.0)]))]);
        let missing = times_medians(&sums, &medians);
        let eu = missing[&vec![text("eu-west")]][&day];
        assert_eq!(eu, Missing { minutes: 12.0, covered: 3.0 });
        assert!(!missing.contains_key(&vec![text("us-east")]), "no median, no minutes");
    }

    #[test]
    fn what_is_only_known_of_sessions_is_null_by_legs() {
        let columns = sums_of("stream_leg", &["requested", "served", "swapped"]);
        let sums = Sums { columns, groups: BTreeMap::new() };
        let cell = vec![Some(5.0), Some(3.0), Some(2.0)];
        let f = figures_of(Figures(&sums, &cell), Basis::Legs, Some(Missing::default()), true);
        assert_eq!((f.requested, f.served, f.failed, f.swaps), (5, 3, 2, 2));
        assert_eq!((f.unserved, f.excused, f.interrupted, f.payments), (None, None, None, None));
        assert_eq!((f.missing_minutes, f.minutes, f.interrupted_rate), (None, None, None));
    }
}
