//! Scores, benchmarks, and what was reported against what was seen, by hour: computed from leg rows
//! once an hour is over, and again when its legs change. Newest first. It may read and write; it
//! never holds up sessions, since it runs beside them over connections of its own.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use naap_derive::sla::{self, LegFact, Span};
use naap_derive::{observed, supply::Report};
use naap_schema::generated::{BENCHMARK, DERIVE_STATE, REPORTED_OBSERVED, SLA_SCORE, STREAM_LEG};
use naap_schema::{Row, Value};
use tokio::time::Instant;

use super::diff::{Counts, diff};
use super::read::{self, Texts, between};
use super::supply;
use super::world::World;
use super::write::Out;
use crate::fitness::Fitness;
use crate::pg::Pg;
use crate::store::StoreError;
use crate::{clock, limits, machine};

const HOUR_US: i64 = 3_600_000_000;
/// A benchmark looks at the 7 days before a day, and a score at the 7 days before its end.
const LOOK_BACK_US: i64 = 8 * limits::DAY_US;
/// A leg is in scores of the 7 days after it, and in benchmarks of the 8 days after its own.
const LOOK_AHEAD_US: i64 = 9 * limits::DAY_US;

/// Hours whose legs changed, until scores are computed from them.
#[derive(Debug)]
pub(crate) struct Changed {
    hours: Mutex<BTreeSet<i64>>,
    /// Sessions are worked off that were left behind: many legs are about to change.
    behind: AtomicBool,
}

impl Default for Changed {
    fn default() -> Self {
        // Until it is known what was left behind.
        Self { hours: Mutex::default(), behind: AtomicBool::new(true) }
    }
}

impl Changed {
    /// A leg that starts then changed.
    pub(crate) fn leg(&self, ts_us: i64) {
        let hour = ts_us.div_euclid(HOUR_US) * HOUR_US;
        self.hours.lock().unwrap_or_else(PoisonError::into_inner).insert(hour);
    }

    /// Whether sessions are being worked off that were left behind.
    pub(crate) fn behind(&self, is: bool) {
        self.behind.store(is, Ordering::Relaxed);
    }

    fn take(&self) -> BTreeSet<i64> {
        std::mem::take(&mut *self.hours.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Computes scores beside the runner.
pub(super) struct Scores {
    pg: Pg,
    out: Out,
    changed: Arc<Changed>,
    fitness: Fitness,
    /// Ends to compute in the next pass.
    due: BTreeSet<i64>,
    /// Those of the pass that is under way: each once, whatever changes meanwhile.
    pass: BTreeSet<i64>,
    /// The newest end that was computed here.
    done: Option<i64>,
    /// When the last pass ended; before the first, when this began.
    passed: Instant,
    /// Whether there was a pass.
    any: bool,
}

impl std::fmt::Debug for Scores {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scores").field("due", &self.due.len()).finish_non_exhaustive()
    }
}

impl Scores {
    pub(super) fn new(pg: Pg, out: Out, changed: Arc<Changed>, fitness: Fitness) -> Self {
        let (due, pass) = (BTreeSet::new(), BTreeSet::new());
        Self {
            pg,
            out,
            changed,
            fitness,
            due,
            pass,
            done: None,
            passed: Instant::now(),
            any: false,
        }
    }

    /// Never returns.
    pub(super) async fn run(mut self) {
        // Nobody knows which legs changed before the last stop and were not scored any more.
        let newest = clock::now_us().div_euclid(HOUR_US) * HOUR_US;
        let mut end = newest - limits::BEHIND_US - LOOK_AHEAD_US;
        while end <= newest {
            self.due.insert(end);
            end += HOUR_US;
        }
        let mut reported: Option<Instant> = None;
        loop {
            tokio::time::sleep(limits::DERIVE_LOOK).await;
            self.fitness.allowed().await;
            if let Err(e) = self.turn(clock::now_us()).await {
                if reported.is_none_or(|at| at.elapsed() > limits::REPEAT_LOG) {
                    reported = Some(Instant::now());
                    tracing::warn!(error = %e, "scores cannot be computed now; it is tried again");
                }
                tokio::time::sleep(limits::DERIVE_REST).await;
            }
        }
    }

    /// Computes the newest end at once, and older ones now and then.
    async fn turn(&mut self, now_us: i64) -> Result<(), StoreError> {
        let newest = now_us.div_euclid(HOUR_US) * HOUR_US;
        for hour in self.changed.take() {
            let last = newest.min(hour + LOOK_AHEAD_US);
            let mut end = hour + HOUR_US;
            while end <= last {
                self.due.insert(end);
                end += HOUR_US;
            }
        }
        if self.pass.is_empty() && self.may_pass() {
            self.pass = std::mem::take(&mut self.due);
        }
        let ends: Vec<i64> = if self.done != Some(newest) {
            vec![newest]
        } else if let Some(last) = self.pass.last() {
            // A day of ends shares its legs; the newest first.
            let day = last - limits::DAY_US;
            self.pass.iter().rev().copied().take_while(|end| *end > day).collect()
        } else {
            return Ok(());
        };
        let (rows, _) = derive(&self.pg, &ends).await?;
        self.out.write(rows).await?;
        if !self.pass.is_empty() {
            for end in &ends {
                self.pass.remove(end);
            }
            if self.pass.is_empty() {
                (self.passed, self.any) = (Instant::now(), true);
            }
        }
        self.done = Some(newest);
        self.say(newest, now_us).await
    }

    /// Whether it is time to follow what changed. While much is about to change, it would be for
    /// little.
    fn may_pass(&self) -> bool {
        let since = self.passed.elapsed();
        if self.changed.behind.load(Ordering::Relaxed) {
            since > limits::DERIVE_SCORES_BEHIND
        } else {
            !self.any || since > limits::DERIVE_SCORES
        }
    }

    /// Writes down how far scores are.
    async fn say(&mut self, through_us: i64, now_us: i64) -> Result<(), StoreError> {
        let pending = i64::try_from(self.due.len() + self.pass.len()).unwrap_or(i64::MAX);
        let values = [
            ("part", Some(Value::text("scores"))),
            ("through_at", Some(Value::I64(through_us))),
            ("pending", Some(Value::I64(pending))),
        ];
        self.out.write(vec![state_row(now_us, values)]).await
    }
}

/// A row of `derive_state`, of the minute of this time.
pub(super) fn state_row<const N: usize>(
    now_us: i64,
    values: [(&'static str, Option<Value>); N],
) -> Row {
    const MINUTE_US: i64 = 60_000_000;
    let mut row = Row::empty(&DERIVE_STATE, now_us.div_euclid(MINUTE_US) * MINUTE_US);
    for (field, value) in values {
        row.set(field, value).expect("the fields of derive_state are released");
    }
    row
}

/// The rows to write so that scores of these ends, which lie within a day or so, and the benchmarks
/// of their days are as the legs say.
///
/// # Errors
/// What the database said.
pub(super) async fn derive(pg: &Pg, ends: &[i64]) -> Result<(Vec<Row>, Counts), StoreError> {
    let (Some(first), Some(last)) = (ends.iter().min(), ends.iter().max()) else {
        return Ok((Vec::new(), Counts::default()));
    };
    let (first, last) = (*first, *last);
    let legs = legs(pg, first - LOOK_BACK_US, last).await?;
    let gateways: HashSet<&Arc<str>> = legs.iter().filter_map(|l| l.gateway.as_ref()).collect();
    let fresh = fresh(pg, &gateways, first - 8 * limits::DAY_US, last + HOUR_US).await?;
    let reports = reports(pg, first - HOUR_US, last).await?;
    let ends_of = ends.to_vec();
    let work = move || compute(&legs, &reports, &fresh, &ends_of);
    let fresh = machine::blocking(work)
        .await
        .map_err(|e| StoreError { doing: "computing scores", why: e.to_string() })?;
    let (mut write, mut counts) = (Vec::new(), Counts::default());
    let list =
        |times: BTreeSet<i64>| times.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
    let scores_at = list(ends.iter().copied().collect());
    let days_at = list(ends.iter().map(|end| day_of(*end)).collect());
    let hours_at = list(ends.iter().map(|end| end - HOUR_US).collect());
    for (table, at) in
        [(&SLA_SCORE, scores_at), (&BENCHMARK, days_at), (&REPORTED_OBSERVED, hours_at)]
    {
        let standing = read::rows(pg, table, &format!("ts in ({at})"), &[]).await?;
        let standing: Vec<Row> = standing.into_iter().map(|(_, row)| row).collect();
        let of_table = fresh.get(&table.number).cloned().unwrap_or_default();
        let (rows, found) = diff(&standing, of_table);
        write.extend(rows);
        counts.add(found);
    }
    Ok((write, counts))
}

/// The UTC day of a score's end; one that ends at midnight is of the day that begins there.
fn day_of(end_us: i64) -> i64 {
    end_us.div_euclid(limits::DAY_US) * limits::DAY_US
}

fn compute(
    legs: &[LegFact],
    reports: &[Report],
    fresh: &sla::FreshHours,
    ends: &[i64],
) -> BTreeMap<u32, Vec<Row>> {
    let mut out: BTreeMap<u32, Vec<Row>> = BTreeMap::new();
    let days: BTreeSet<i64> = ends.iter().map(|end| day_of(*end)).collect();
    let benchmarks: HashMap<i64, _> =
        days.into_iter().map(|day| (day, sla::benchmarks(legs, day))).collect();
    for rows in benchmarks.values() {
        let rows = rows.iter().cloned().map(|(ts, row)| row.at(ts));
        out.entry(BENCHMARK.number).or_default().extend(rows);
    }
    for end in ends {
        let usual = benchmarks.get(&day_of(*end)).map(Vec::as_slice).unwrap_or_default();
        for span in [Span::Day, Span::Week] {
            let rows = sla::scores(legs, usual, *end, span, fresh);
            let rows = rows.into_iter().map(|(ts, row)| row.at(ts));
            out.entry(SLA_SCORE.number).or_default().extend(rows);
        }
        let rows = observed::hour(reports, legs, end - HOUR_US);
        let rows = rows.into_iter().map(|(ts, row)| row.at(ts));
        out.entry(REPORTED_OBSERVED.number).or_default().extend(rows);
    }
    out
}

/// The legs that start in this time. Only what scores need is read: there may be many.
async fn legs(pg: &Pg, from_us: i64, to_us: i64) -> Result<Vec<LegFact>, StoreError> {
    let sql = format!(
        "select ts::long, ended_at::long, orchestrator, pipeline, model, region, origin, gateway, \
         counted, requested, served, swapped, playable, viability_legs, viable, signals_seen, \
         signals_expected, fps_samples, prompt_to_first_frame_ms, e2e_media_ms, output_fps_mean, \
         jitter_coefficient, outcome from {} where {} and void = 0 order by ts limit {}",
        STREAM_LEG.name,
        between(from_us, to_us),
        limits::DERIVE_READ
    );
    let rows = pg.read(&sql, &[], limits::PG_STATEMENT).await?;
    let mut texts = Texts::default();
    let facts = rows.iter().map(|row| fact(row, &mut texts)).collect::<Result<_, _>>();
    facts.map_err(|e: tokio_postgres::Error| StoreError {
        doing: "reading legs",
        why: e.to_string(),
    })
}

/// The facts of a row as it was asked for.
fn fact(row: &tokio_postgres::Row, texts: &mut Texts) -> Result<LegFact, tokio_postgres::Error> {
    let mut text = |i| row.try_get::<_, Option<&str>>(i).map(|t| t.map(|t| texts.of(t)));
    let whole = |i| row.try_get::<_, Option<i64>>(i);
    let yes = |i| whole(i).map(|n| n == Some(1));
    let number = |i| row.try_get::<_, Option<f64>>(i);
    let ended_us = whole(1)?;
    Ok(LegFact {
        ts_us: row.try_get(0)?,
        ended_us,
        orchestrator: text(2)?,
        pipeline: text(3)?,
        model: text(4)?,
        region: text(5)?,
        origin: text(6)?.unwrap_or_default(),
        gateway: text(7)?,
        counted: yes(8)?,
        requested: yes(9)?,
        served: yes(10)?,
        swapped: yes(11)?,
        playable: yes(12)?,
        viability_legs: yes(13)?,
        viable: yes(14)?,
        signals_seen: whole(15)?.unwrap_or(0),
        signals_expected: whole(16)?.unwrap_or(0),
        fps_samples: whole(17)?.unwrap_or(0),
        prompt_to_first_frame_ms: number(18)?,
        e2e_media_ms: number(19)?,
        output_fps_mean: number(20)?,
        jitter_coefficient: number(21)?,
        closed: ended_us.is_some() && row.try_get::<_, Option<&str>>(22)? != Some("OPEN"),
    })
}

/// When the gateways' agents were heard of: the first and the last row of each 5 minutes. Between the
/// two no silence is longer than that, so no row in between changes what is fresh.
async fn fresh(
    pg: &Pg,
    gateways: &HashSet<&Arc<str>>,
    from_us: i64,
    to_us: i64,
) -> Result<sla::FreshHours, StoreError> {
    let names: Vec<&str> = gateways.iter().map(|g| &***g).collect();
    if names.is_empty() {
        return Ok(sla::fresh_hours(&[]));
    }
    let params: Vec<&(dyn tokio_postgres::types::ToSql + Sync)> =
        names.iter().map(|n| n as _).collect();
    let sql = format!(
        "select node, min(ts)::long, max(ts)::long from agent where {} and node in ({}) \
         group by node, timestamp_floor('5m', ts) limit {}",
        between(from_us, to_us),
        read::places(1, names.len()),
        limits::DERIVE_READ
    );
    let rows = pg.read(&sql, &params, limits::PG_STATEMENT).await?;
    let times = |row: &tokio_postgres::Row| -> Option<[(Arc<str>, i64); 2]> {
        let node: &str = row.try_get(0).ok()?;
        let name = gateways.iter().find(|g| &****g == node)?;
        let (first, last) = (row.try_get(1).ok()?, row.try_get(2).ok()?);
        Some([(Arc::clone(name), first), (Arc::clone(name), last)])
    };
    Ok(sla::fresh_hours(&rows.iter().filter_map(times).flatten().collect::<Vec<_>>()))
}

async fn reports(pg: &Pg, from_us: i64, to_us: i64) -> Result<Vec<Report>, StoreError> {
    let mut world = World::default();
    world.corrections(pg).await?;
    supply::reports(pg, &world, from_us, to_us).await
}
