//! The runner: takes what was stored, derives what follows, and says how far it is. What is fresh
//! comes first; what a stop or an outage left behind is worked off beside it, the newest hours first.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::Arc;

use naap_derive::event::{Correction, CorrectionKind};
use naap_derive::rows;
use naap_schema::generated::{
    AGENT, DERIVE_MARK, DERIVE_STATE, GAP, JOB, JOB_EVENT, ORCHESTRATOR_GPU, ORCHESTRATOR_MODEL,
    ORCHESTRATOR_REPORT, PAYMENT, PAYMENT_FEE, STREAM_LEG, STREAM_SESSION, STREAM_TRACE,
};
use naap_schema::{EntityDef, Identity, Row, Value, entity, entity_by_number};
use tokio::time::Instant;
use tokio_postgres::types::ToSql;

use super::diff::Counts;
use super::fees::Fees;
use super::inbox::{Hour, Inbox, Waiting};
use super::read::{between, places};
use super::scores::{Changed, Scores, state_row};
use super::sessions::{self, EVENTS, Key, Sessions};
use super::world::World;
use super::write::Out;
use super::{Stored, jobs, supply, whole};
use crate::fitness::Fitness;
use crate::metrics::Metrics;
use crate::pg::Pg;
use crate::scrub::Touched;
use crate::store::StoreError;
use crate::store::questdb::Ilp;
use crate::{clock, limits, wal};

const HOUR_US: i64 = 3_600_000_000;
const MINUTE_US: i64 = 60_000_000;
/// Sessions of which it is not known when they began.
const ALWAYS: (i64, i64) = (0, limits::LATEST_US);

/// The tables of which what was written is read again.
fn written() -> Vec<&'static str> {
    let derived = naap_schema::ENTITIES.iter().filter(|e| e.identity == Identity::Derived);
    derived.map(|e| e.name).collect()
}

/// The runner.
pub(crate) struct Runner {
    pg: Pg,
    out: Out,
    inbox: Arc<Inbox>,
    fitness: Fitness,
    metrics: Arc<Metrics>,
    changed: Arc<Changed>,
    scores: Option<Scores>,
}

impl std::fmt::Debug for Runner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner").finish_non_exhaustive()
    }
}

impl Runner {
    /// With connections of its own, for sessions and for scores.
    pub(crate) fn new(
        pgs: (Pg, Pg),
        writers: (Ilp, Ilp),
        inbox: Arc<Inbox>,
        (fitness, metrics, touched): (Fitness, Arc<Metrics>, Arc<Touched>),
    ) -> Self {
        let changed = Arc::new(Changed::default());
        let out = Out::new(writers.0, Arc::clone(&touched));
        let scores_out = Out::new(writers.1, touched);
        let scores = Scores::new(pgs.1, scores_out, Arc::clone(&changed), fitness.clone());
        Self { pg: pgs.0, out, inbox, fitness, metrics, changed, scores: Some(scores) }
    }

    /// Never returns.
    pub(crate) async fn run(mut self) {
        let scores = self.scores.take();
        let scores = async {
            match scores {
                Some(scores) => scores.run().await,
                None => std::future::pending().await,
            }
        };
        tokio::join!(self.derive(), scores);
    }

    async fn derive(&mut self) {
        let mut reported: Option<Instant> = None;
        loop {
            self.fitness.allowed().await;
            let Err(e) = self.work().await;
            self.metrics.derive_failures.add(1);
            if reported.is_none_or(|at| at.elapsed() > limits::REPEAT_LOG) {
                reported = Some(Instant::now());
                tracing::warn!(
                    error = %e,
                    "nothing can be derived now; rows are stored all the same, and it begins again \
                     where it was"
                );
            }
            tokio::time::sleep(limits::DERIVE_REST).await;
        }
    }

    /// Begins where an earlier run ended, and goes on until something fails.
    async fn work(&mut self) -> Result<Infallible, StoreError> {
        let Self { pg, out, inbox, fitness, metrics, changed, .. } = self;
        let mut work = Work::new(pg, out, metrics, changed);
        // What waits from before is marked, too.
        let (_, through) = inbox.take(clock::now_us());
        work.begin(through).await?;
        loop {
            let quiet = tokio::time::timeout(limits::DERIVE_LOOK, inbox.news());
            if work.backlog.is_empty() {
                drop(quiet.await);
                tokio::time::sleep(limits::DERIVE_EVERY).await;
            }
            fitness.allowed().await;
            let (waiting, through) = inbox.take(clock::now_us());
            work.turn(waiting, through).await?;
        }
    }
}

/// What is remembered of a minute, for `derive_state`.
#[derive(Debug, Default, Clone)]
struct Minute {
    start_us: i64,
    lag_ms: i64,
    counts: Counts,
    said: Option<Instant>,
}

/// Everything that is known while it runs; gone when it fails.
pub(super) struct Work<'a> {
    pub(super) pg: &'a Pg,
    pub(super) out: &'a mut Out,
    metrics: &'a Metrics,
    changed: &'a Changed,
    pub(super) sessions: Sessions,
    pub(super) fees: Fees,
    pub(super) world: World,
    open_jobs: jobs::Open,
    /// Hours to derive from, the newest last.
    backlog: BTreeMap<i64, BTreeSet<u32>>,
    /// How many of them are derived at a time.
    at_once: i64,
    /// Everything that was stored until then is derived; `None` until it is known.
    through_us: Option<i64>,
    minute: Minute,
    looked: Option<Instant>,
    forgot: Option<Instant>,
    /// Whether rows are written, or only counted.
    pub(super) writes: bool,
    pub(super) counts: BTreeMap<&'static str, Counts>,
    /// Rows to write.
    buffer: Vec<Row>,
    /// Something was written that may not be readable yet.
    unread: bool,
}

impl<'a> Work<'a> {
    pub(super) fn new(
        pg: &'a Pg,
        out: &'a mut Out,
        metrics: &'a Metrics,
        changed: &'a Changed,
    ) -> Self {
        Self {
            pg,
            out,
            metrics,
            changed,
            sessions: Sessions::default(),
            fees: Fees::default(),
            world: World::default(),
            open_jobs: jobs::Open::default(),
            backlog: BTreeMap::new(),
            at_once: 1,
            through_us: None,
            minute: Minute::default(),
            looked: None,
            forgot: None,
            writes: true,
            counts: BTreeMap::new(),
            buffer: Vec::new(),
            unread: false,
        }
    }

    /// Reads who is who, which sessions are open, and what was stored and not derived.
    async fn begin(&mut self, through_us: i64) -> Result<(), StoreError> {
        let now_us = clock::now_us();
        let all: Vec<&str> = naap_schema::ENTITIES.iter().map(|e| e.name).collect();
        self.applied(&all).await?;
        self.world.corrections(self.pg).await?;
        self.world.reach(self.pg, now_us - limits::BEHIND_US, now_us).await?;
        self.world.look(self.pg, now_us).await?;
        self.looked = Some(Instant::now());
        let open =
            format!("closed_at is null and void = 0 and ts >= {}", now_us - limits::BEHIND_US);
        let open = sessions::found(self.pg, &STREAM_SESSION, &open, &[]).await?;
        self.hold(open, ALWAYS).await?;
        self.backlog = self.left_behind().await?;
        let open = format!("outcome = 'OPEN' and void = 0 and ts >= {}", now_us - limits::DAY_US);
        for (_, row) in super::read::rows(self.pg, &JOB, &open, &[]).await? {
            self.behind((JOB_EVENT.number, row.ts_us.div_euclid(HOUR_US) * HOUR_US));
        }
        let hours = self.backlog.len();
        if hours > 0 {
            tracing::info!(hours, "hours that were stored and not derived are worked off");
        }
        self.derive_sessions().await?;
        self.say(through_us).await
    }

    /// Hours that were marked since the last turn that was finished; all hours with events where
    /// there never was one.
    async fn left_behind(&mut self) -> Result<BTreeMap<i64, BTreeSet<u32>>, StoreError> {
        let mut out: BTreeMap<i64, BTreeSet<u32>> = BTreeMap::new();
        let sql = format!(
            "select through_at::long from {} where part = 'sessions' and through_at is not null \
             order by ts desc limit 1",
            DERIVE_STATE.name
        );
        let rows = self.pg.read(&sql, &[], limits::PG_STATEMENT).await?;
        let through = rows.first().and_then(|r| r.try_get::<_, Option<i64>>(0).ok().flatten());
        self.through_us = through;
        if let Some(through) = through {
            // A clock may have been set back a little since.
            let from = through - limits::AHEAD_US;
            let sql = format!(
                "select distinct entity, hour::long from {} where ts >= {from}",
                DERIVE_MARK.name
            );
            for row in self.pg.read(&sql, &[], limits::PG_STATEMENT).await? {
                let name = row.try_get::<_, Option<&str>>(0).ok().flatten();
                let hour = row.try_get::<_, Option<i64>>(1).ok().flatten();
                if let (Some(entity), Some(hour)) = (name.and_then(entity), hour) {
                    out.entry(hour).or_default().insert(entity.number);
                }
            }
            return Ok(out);
        }
        for table in [&STREAM_TRACE, &PAYMENT, &ORCHESTRATOR_REPORT, &JOB_EVENT] {
            let sql = format!(
                "select ts::long from (select ts, count() n from {} sample by 1h)",
                table.name
            );
            for row in self.pg.read(&sql, &[], limits::PG_STATEMENT).await? {
                if let Ok(hour) = row.try_get::<_, i64>(0) {
                    out.entry(hour.div_euclid(HOUR_US) * HOUR_US).or_default().insert(table.number);
                }
            }
        }
        Ok(out)
    }

    /// Waits until everything that was committed to these tables can be read.
    pub(super) async fn applied(&self, tables: &[&str]) -> Result<(), StoreError> {
        let until = Instant::now() + limits::PG_STATEMENT;
        let mut committed: Option<BTreeMap<String, i64>> = None;
        loop {
            let states = wal::look(self.pg).await?;
            let wanted = committed.get_or_insert_with(|| {
                let ours = states.iter().filter(|s| tables.contains(&s.name.as_str()));
                ours.map(|s| (s.name.clone(), s.committed)).collect()
            });
            let behind =
                states.iter().find(|s| wanted.get(&s.name).is_some_and(|c| s.applied < *c));
            let Some(behind) = behind else { return Ok(()) };
            if Instant::now() > until {
                let why = format!("{} does not apply what was committed to it", behind.name);
                return Err(StoreError { doing: "waiting for rows to be readable", why });
            }
            tokio::time::sleep(limits::RETRY.0 / 2).await;
        }
    }

    /// Derives from what was stored, then from an hour of what was left behind.
    async fn turn(&mut self, waiting: Waiting, through_us: i64) -> Result<(), StoreError> {
        let since = waiting.since;
        self.take(waiting).await?;
        self.look().await?;
        self.derive_sessions().await?;
        if let Some(since) = since {
            let lag = since.elapsed();
            self.metrics.derive_lag.observe(lag);
            let lag_ms = i64::try_from(lag.as_millis()).unwrap_or(i64::MAX);
            self.minute.lag_ms = self.minute.lag_ms.max(lag_ms);
        }
        self.catch_up().await?;
        self.forget();
        let pending = self.backlog.len() + self.sessions.waiting();
        self.metrics.derive_pending.set(i64::try_from(pending).unwrap_or(i64::MAX));
        self.say(through_us).await
    }

    /// As many hours up to the end of this one as are few rows together.
    async fn fitting(&self, newest: i64) -> Result<i64, StoreError> {
        let mut hours = self.at_once;
        while hours > 1 {
            let span = between(newest - (hours - 1) * HOUR_US, newest + HOUR_US);
            let mut rows = 0;
            for table in EVENTS.into_iter().chain([&PAYMENT, &ORCHESTRATOR_MODEL, &JOB_EVENT]) {
                let sql = format!("select count() from {} where {span}", table.name);
                let counted = self.pg.read(&sql, &[], limits::PG_STATEMENT).await?;
                rows += counted.first().and_then(|r| r.try_get::<_, i64>(0).ok()).unwrap_or(0);
            }
            if rows <= limits::DERIVE_STRETCH_ROWS {
                break;
            }
            hours /= 2;
        }
        Ok(hours)
    }

    /// Derives from the newest hours that were left behind. What comes in meanwhile waits, so it is as
    /// many hours at a time as take a few seconds: each round costs commits, however little is in it.
    async fn catch_up(&mut self) -> Result<(), StoreError> {
        let Some((newest, mut tables)) = self.backlog.pop_last() else { return Ok(()) };
        let began = Instant::now();
        let mut from = newest;
        let hours = self.fitting(newest).await?;
        while newest - from < (hours - 1) * HOUR_US
            && let Some(more) = self.backlog.remove(&(from - HOUR_US))
        {
            tables.extend(more);
            from -= HOUR_US;
        }
        self.hours(from, newest + HOUR_US, &tables).await?;
        let took = began.elapsed();
        if took < limits::DERIVE_STRETCH / 2 {
            self.at_once = (self.at_once * 2).min(limits::DERIVE_HOURS);
        } else if took > limits::DERIVE_STRETCH {
            self.at_once = (self.at_once / 2).max(1);
        }
        Ok(())
    }

    async fn take(&mut self, waiting: Waiting) -> Result<(), StoreError> {
        for (number, hour) in waiting.hours {
            self.behind((number, hour));
        }
        let mut kinds: BTreeMap<u32, Vec<Stored>> = BTreeMap::new();
        for stored in waiting.rows {
            kinds.entry(stored.1.entity.number).or_default().push(stored);
        }
        let mut of = |entity: &EntityDef| kinds.remove(&entity.number).unwrap_or_default();
        let events: Vec<Stored> = EVENTS.into_iter().flat_map(&mut of).collect();
        let payments = of(&PAYMENT);
        let (agents, gaps, jobs) = (of(&AGENT), of(&GAP), of(&JOB_EVENT));
        let (reports, models, gpus) =
            (of(&ORCHESTRATOR_REPORT), of(&ORCHESTRATOR_MODEL), of(&ORCHESTRATOR_GPU));
        self.take_agents(&agents).await?;
        self.take_gaps(&gaps).await?;
        self.take_reports(&reports, &models, &gpus).await?;
        self.take_events(&events).await?;
        self.take_payments(&payments).await?;
        if !jobs.is_empty() {
            self.applied(&[JOB_EVENT.name]).await?;
            self.jobs(&jobs::named(&jobs)).await?;
        }
        Ok(())
    }

    async fn jobs(&mut self, jobs: &[(i64, jobs::Name)]) -> Result<(), StoreError> {
        if jobs.is_empty() {
            return Ok(());
        }
        self.readable().await?;
        let (rows, counts) = jobs::derive(self.pg, &self.world, jobs, &mut self.open_jobs).await?;
        self.put("jobs", rows, counts).await?;
        self.flush().await
    }

    fn behind(&mut self, (number, hour): Hour) {
        self.backlog.entry(hour).or_default().insert(number);
    }

    async fn take_events(&mut self, events: &[Stored]) -> Result<(), StoreError> {
        let keys: BTreeSet<Key> = events.iter().filter_map(|(_, row)| Key::of(row)).collect();
        let times = || events.iter().map(|(_, row)| row.ts_us);
        // A session may have begun so long before or, where this comes late, after.
        let (first, last) = (times().min().unwrap_or(0), times().max().unwrap_or(0));
        let span = (first - limits::DERIVE_BACK_US, last + limits::DERIVE_BACK_US);
        self.hold(keys, span).await?;
        for (node, row) in events {
            self.sessions.add(node, row);
        }
        Ok(())
    }

    async fn take_payments(&mut self, payments: &[Stored]) -> Result<(), StoreError> {
        for (node, row) in payments {
            self.fees.reach(self.pg, row.ts_us, row.ts_us + 1).await?;
            self.fees.add(node, row);
        }
        Ok(())
    }

    /// Regions: a new one changes sessions that began since.
    async fn take_agents(&mut self, agents: &[Stored]) -> Result<(), StoreError> {
        for (node, row) in agents {
            if !self.world.placed(node, row) {
                continue;
            }
            self.sessions.placed(node, &self.world);
            let (since, concerned) = (row.ts_us - limits::BEHIND_US, unplaced(row.ts_us));
            let condition = format!("ts >= {since} and {concerned}");
            let name = node.to_string();
            self.touch_found(&STREAM_SESSION, &condition, &[&name]).await?;
            self.placed(&name, row.ts_us).await?;
        }
        Ok(())
    }

    /// Jobs and payments say where their gateway stands, too.
    async fn placed(&mut self, node: &str, at_us: i64) -> Result<(), StoreError> {
        self.flush().await?;
        self.readable().await?;
        for table in [&JOB, &PAYMENT_FEE] {
            let sql = format!(
                "select ts::long from (select ts, count() n from {} where ts >= {} and {} \
                 sample by 1h)",
                table.name,
                at_us - limits::BEHIND_US,
                unplaced(at_us)
            );
            for row in self.pg.read(&sql, &[&node], limits::PG_STATEMENT).await? {
                let Ok(ts) = row.try_get::<_, i64>(0) else { continue };
                let hour = ts.div_euclid(HOUR_US) * HOUR_US;
                if table.number == JOB.number {
                    self.behind((JOB_EVENT.number, hour));
                } else {
                    self.fees.again(self.pg, hour).await?;
                }
            }
        }
        self.derive_sessions().await?;
        let requests = self.fees.placed(node, &self.world);
        self.paid(requests).await?;
        self.derive_sessions().await
    }

    /// Lost rows: silence closes nothing there.
    async fn take_gaps(&mut self, gaps: &[Stored]) -> Result<(), StoreError> {
        for (node, row) in gaps {
            let (Some(epoch), Some(from), Some(to)) =
                (whole(row, "of_epoch"), whole(row, "from_seq"), whole(row, "to_seq"))
            else {
                continue;
            };
            let (from_us, to_us) =
                self.world.lost(self.pg, node, epoch, (from, to), row.ts_us).await?;
            self.sessions.lost(node, from_us, to_us);
            let condition = format!(
                "gateway = $1 and closed_by = 'SILENCE' and closed_at >= {} and closed_at <= {to_us} \
                 and void = 0",
                from_us - 2 * MINUTE_US
            );
            let name = node.to_string();
            self.touch_found(&STREAM_SESSION, &condition, &[&name]).await?;
        }
        Ok(())
    }

    /// Who is who, and supply.
    async fn take_reports(
        &mut self,
        reports: &[Stored],
        models: &[Stored],
        gpus: &[Stored],
    ) -> Result<(), StoreError> {
        let rows = || reports.iter().chain(models).chain(gpus);
        let (Some(first), Some(last)) =
            (rows().map(|(_, r)| r.ts_us).min(), rows().map(|(_, r)| r.ts_us).max())
        else {
            return Ok(());
        };
        let now_us = clock::now_us();
        if last - first > 2 * HOUR_US {
            // Late ones: hour by hour.
            for (_, row) in rows() {
                self.behind((ORCHESTRATOR_REPORT.number, row.ts_us.div_euclid(HOUR_US) * HOUR_US));
            }
        } else {
            self.applied(&["orchestrator_report", "orchestrator_model", "orchestrator_gpu"])
                .await?;
            self.supply(first, last).await?;
            if first < now_us - HOUR_US / 2 {
                self.behind((ORCHESTRATOR_REPORT.number, first.div_euclid(HOUR_US) * HOUR_US));
            }
        }
        let mut claims = Vec::new();
        for (_, row) in reports {
            self.world.claimed(row);
            claims.extend(rows::claim(row));
        }
        gpus.iter().for_each(|(_, row)| self.world.equipped(row));
        self.sessions.claimed(&claims);
        Ok(())
    }

    /// Supply in the time in which reports of this time hold.
    async fn supply(&mut self, first: i64, last: i64) -> Result<(), StoreError> {
        self.supply_of(first - supply::HOLDS_US, last + supply::HOLDS_US).await
    }

    /// Supply of this time.
    pub(super) async fn supply_of(&mut self, from_us: i64, to_us: i64) -> Result<(), StoreError> {
        self.readable().await?;
        let (rows, counts) = supply::derive(self.pg, &self.world, (from_us, to_us)).await?;
        self.put("supply", rows, counts).await?;
        self.flush().await
    }

    /// How far nodes have delivered, and what operators corrected since the last look.
    async fn look(&mut self) -> Result<(), StoreError> {
        if self.looked.is_some_and(|at| at.elapsed() < limits::DERIVE_LOOK) {
            return Ok(());
        }
        self.looked = Some(Instant::now());
        for (node, through_us) in self.world.look(self.pg, clock::now_us()).await? {
            self.sessions.delivered(&node, through_us);
        }
        let due = self.open_jobs.due(&self.world);
        self.jobs(&due).await?;
        if let Some(news) = self.world.corrections(self.pg).await? {
            self.corrected(&news).await?;
        }
        Ok(())
    }

    /// Corrections were made or revoked: what they concern is derived anew.
    async fn corrected(&mut self, news: &[Correction]) -> Result<(), StoreError> {
        self.sessions.touch_all();
        self.fees.touch_all();
        for c in news {
            let from = c.from_us.unwrap_or(0);
            let span = format!(
                "ts >= {from} and ts < {} and void = 0",
                c.to_us.unwrap_or(limits::LATEST_US)
            );
            let subject = c.subject.to_string();
            let value = c.value.to_string();
            match c.kind {
                CorrectionKind::Uri => {
                    let uri = naap_derive::identity::normalised(&subject).unwrap_or(subject);
                    let condition = format!("{span} and orch_uri = $1");
                    self.touch_found(&STREAM_LEG, &condition, &[&uri]).await?;
                }
                CorrectionKind::Address => {
                    let condition = format!("{span} and orchestrator in ($1, $2)");
                    self.touch_found(&STREAM_LEG, &condition, &[&subject, &value]).await?;
                }
                CorrectionKind::Origin => {
                    let condition = format!("{span} and starts_with(stream_id, $1)");
                    self.touch_found(&STREAM_SESSION, &condition, &[&subject]).await?;
                }
                CorrectionKind::Node => {}
            }
            if matches!(c.kind, CorrectionKind::Address | CorrectionKind::Node) {
                self.behind_supply(c.from_us).await?;
            }
        }
        Ok(())
    }

    /// Supply since then is derived anew, an hour after the other.
    async fn behind_supply(&mut self, from_us: Option<i64>) -> Result<(), StoreError> {
        let sql = format!(
            "select ts::long from (select ts, count() n from {} where ts >= {} sample by 1h)",
            ORCHESTRATOR_REPORT.name,
            from_us.unwrap_or(0)
        );
        for row in self.pg.read(&sql, &[], limits::PG_STATEMENT).await? {
            if let Ok(ts) = row.try_get::<_, i64>(0) {
                self.behind((ORCHESTRATOR_REPORT.number, ts.div_euclid(HOUR_US) * HOUR_US));
            }
        }
        Ok(())
    }

    /// Sessions whose derived rows meet a condition may have changed.
    async fn touch_found(
        &mut self,
        table: &'static EntityDef,
        condition: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<(), StoreError> {
        let keys = sessions::found(self.pg, table, condition, params).await?;
        for part in keys.chunks(limits::DERIVE_SESSIONS) {
            self.hold(part.iter().cloned(), ALWAYS).await?;
            part.iter().for_each(|key| self.sessions.touch(key.clone()));
            self.derive_sessions().await?;
            self.sessions.release(part);
        }
        Ok(())
    }

    /// Brings sessions into memory that began in this time; what was written must be readable.
    pub(super) async fn hold(
        &mut self,
        keys: impl IntoIterator<Item = Key>,
        span: (i64, i64),
    ) -> Result<(), StoreError> {
        let missing = self.sessions.missing(keys);
        if missing.is_empty() {
            return Ok(());
        }
        self.readable().await?;
        self.sessions.hold(self.pg, &missing, span).await
    }

    /// Waits until all that was written here can be read.
    pub(super) async fn readable(&mut self) -> Result<(), StoreError> {
        if std::mem::take(&mut self.unread) {
            self.applied(&written()).await?;
        }
        Ok(())
    }

    /// Computes and writes all sessions that may have changed, and the fees that go with them, until
    /// nothing changes any more.
    pub(super) async fn derive_sessions(&mut self) -> Result<(), StoreError> {
        loop {
            let (keys, span) = self.sessions.due(limits::DERIVE_SESSIONS);
            if let Some((from, to)) = span {
                self.world.reach(self.pg, from, clock::now_us()).await?;
                self.fees.reach(self.pg, from, to + 1).await?;
            }
            let requests = self.fees.assign(&self.sessions);
            let computed = self.sessions.compute(&keys, &self.fees, &self.world);
            self.fees.moved(&computed.moved);
            keys.iter().for_each(|key| self.fees.derived(&key.request));
            for row in computed.write.iter().filter(|r| r.entity.number == STREAM_LEG.number) {
                self.changed.leg(row.ts_us);
            }
            self.put("sessions", computed.write, computed.counts).await?;
            let moved = !requests.is_empty() || !computed.moved.is_empty();
            self.paid(requests).await?;
            let (rows, counts) = self.fees.rows(&self.sessions, &self.world);
            self.put("fees", rows, counts).await?;
            if keys.is_empty() && !moved && !self.sessions.is_dirty() {
                return self.flush().await;
            }
            // Rows are stored and acknowledged on the same threads.
            tokio::task::yield_now().await;
        }
    }

    /// Payments of these requests are others now.
    async fn paid(&mut self, requests: BTreeSet<Arc<str>>) -> Result<(), StoreError> {
        let mut missing: Vec<String> = Vec::new();
        for request in requests {
            let keys: Vec<Key> = self.sessions.of_request(&request).cloned().collect();
            if keys.is_empty() {
                missing.push(request.to_string());
            }
            keys.into_iter().for_each(|key| self.sessions.touch(key));
        }
        for part in missing.chunks(limits::DERIVE_SESSIONS) {
            let params: Vec<&(dyn ToSql + Sync)> = part.iter().map(|r| r as _).collect();
            // A session that is paid for has begun, and not longer ago than events may be late.
            let paid = self.fees.span(part);
            let span = paid.map_or(ALWAYS, |(first, last)| {
                (first - limits::DERIVE_BACK_US, last + limits::DAY_US)
            });
            let condition = format!(
                "{} and request_id in ({}) and void = 0",
                between(span.0, span.1),
                places(1, part.len())
            );
            let keys = sessions::found(self.pg, &STREAM_SESSION, &condition, &params).await?;
            self.flush().await?;
            self.hold(keys.iter().cloned(), span).await?;
            keys.into_iter().for_each(|key| self.sessions.touch(key));
        }
        Ok(())
    }

    /// Derives from whole hours of some tables, as they stand in the database.
    async fn hours(
        &mut self,
        from: i64,
        end: i64,
        tables: &BTreeSet<u32>,
    ) -> Result<(), StoreError> {
        let step = usize::try_from(HOUR_US).unwrap_or(usize::MAX);
        let each = || (from..end).step_by(step);
        let has = |all: &[&EntityDef]| all.iter().any(|e| tables.contains(&e.number));
        // What was let go from memory may just have been stored.
        let sources: Vec<&str> =
            tables.iter().filter_map(|n| entity_by_number(*n)).map(|e| e.name).collect();
        self.applied(&sources).await?;
        self.world.reach(self.pg, from, clock::now_us()).await?;
        for hour in each().filter(|_| has(&[&AGENT])) {
            let hour = between(hour, hour + HOUR_US);
            let agents = super::read::rows(self.pg, &AGENT, &hour, &[]).await?;
            self.take_agents(&agents).await?;
        }
        for hour in each().filter(|_| has(&[&GAP])) {
            let hour = between(hour, hour + HOUR_US);
            let gaps = super::read::rows(self.pg, &GAP, &hour, &[]).await?;
            self.take_gaps(&gaps).await?;
        }
        if has(&[&ORCHESTRATOR_REPORT, &ORCHESTRATOR_MODEL, &ORCHESTRATOR_GPU]) {
            self.supply(from, end).await?;
            // Legs that somebody may claim now.
            let condition = format!(
                "{} and void = 0 and attribution in ('NONE', 'WALLET', 'URI')",
                between(from - HOUR_US / 2, end + limits::DAY_US)
            );
            self.touch_found(&STREAM_LEG, &condition, &[]).await?;
        }
        if has(&EVENTS) {
            self.sessions_of(from, end).await?;
        }
        if has(&[&PAYMENT]) {
            self.payments_of(each()).await?;
        }
        if has(&[&JOB_EVENT]) {
            self.jobs_of(from, end).await?;
        }
        Ok(())
    }

    /// Derives from the payments of these hours.
    pub(super) async fn payments_of(
        &mut self,
        hours: impl IntoIterator<Item = i64>,
    ) -> Result<(), StoreError> {
        self.readable().await?;
        for hour in hours {
            self.fees.again(self.pg, hour).await?;
        }
        self.derive_sessions().await
    }

    /// Derives the jobs that have an event in this time.
    pub(super) async fn jobs_of(&mut self, from_us: i64, to_us: i64) -> Result<(), StoreError> {
        let span = between(from_us, to_us);
        let rows = super::read::rows(self.pg, &JOB_EVENT, &span, &[]).await?;
        self.jobs(&jobs::named(&rows)).await
    }

    /// Derives the sessions that have an event in this time, from all of their events.
    async fn sessions_of(&mut self, from_us: i64, to_us: i64) -> Result<(), StoreError> {
        let spans = sessions::census(self.pg, (from_us, to_us), 2 * HOUR_US).await?;
        self.sessions_anew(&spans).await
    }

    /// Derives sessions from all of their events, as they stand in the database.
    pub(super) async fn sessions_anew(
        &mut self,
        spans: &BTreeMap<Key, (i64, i64)>,
    ) -> Result<(), StoreError> {
        // Those that are next to each other in time are read together.
        let mut keys: Vec<Key> = spans.keys().cloned().collect();
        keys.sort_by_key(|key| spans.get(key).map(|(first, _)| *first));
        for part in keys.chunks(limits::DERIVE_SESSIONS) {
            let of = || part.iter().filter_map(|key| spans.get(key));
            if let (Some(from), Some(to)) = (of().map(|s| s.0).min(), of().map(|s| s.1).max()) {
                let span = (from - limits::DERIVE_BACK_US, to + limits::DERIVE_BACK_US);
                self.hold(part.iter().cloned(), span).await?;
                self.sessions.load(self.pg, part, from, to + 1).await?;
            }
            part.iter().for_each(|key| self.sessions.touch(key.clone()));
            self.derive_sessions().await?;
            self.sessions.release(part);
        }
        Ok(())
    }

    /// Takes derived rows to be written, and counts them.
    pub(super) async fn put(
        &mut self,
        part: &'static str,
        rows: Vec<Row>,
        counts: Counts,
    ) -> Result<(), StoreError> {
        self.minute.counts.add(counts);
        self.counts.entry(part).or_default().add(counts);
        if self.writes {
            self.metrics.derive_rows.add(rows.len() as u64);
            self.metrics.derive_voided.add(counts.voided);
            self.buffer.extend(rows);
        }
        if self.buffer.len() > limits::ROUND_ROWS { self.flush().await } else { Ok(()) }
    }

    /// Writes what was taken: few commits, of many rows each.
    pub(super) async fn flush(&mut self) -> Result<(), StoreError> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        self.unread = true;
        let rows = std::mem::take(&mut self.buffer);
        self.out.write(rows).await
    }

    fn forget(&mut self) {
        if self.forgot.is_some_and(|at| at.elapsed() < 12 * limits::DERIVE_LOOK) {
            return;
        }
        self.forgot = Some(Instant::now());
        self.sessions.forget();
        self.fees.forget(false);
        self.world.forget(clock::now_us());
    }

    /// Takes note of how far it is, and writes it down now and then. `through_us`: until when everything
    /// that was stored is derived, once nothing waits.
    async fn say(&mut self, through_us: i64) -> Result<(), StoreError> {
        self.changed.behind(!self.backlog.is_empty());
        if self.backlog.is_empty() && !self.sessions.is_dirty() {
            self.through_us = Some(through_us);
        }
        let now_us = clock::now_us();
        let start_us = now_us.div_euclid(MINUTE_US) * MINUTE_US;
        if start_us != self.minute.start_us {
            self.minute = Minute { start_us, said: self.minute.said, ..Minute::default() };
        }
        if self.minute.said.is_some_and(|at| at.elapsed() < 2 * limits::DERIVE_LOOK) {
            return Ok(());
        }
        self.minute.said = Some(Instant::now());
        let count = |n: u64| Some(Value::I64(i64::try_from(n).unwrap_or(i64::MAX)));
        let counts = self.minute.counts;
        let row = state_row(
            now_us,
            [
                ("part", Some(Value::text("sessions"))),
                ("through_at", self.through_us.map(Value::I64)),
                ("lag_ms", Some(Value::I64(self.minute.lag_ms))),
                ("pending", count((self.backlog.len() + self.sessions.waiting()) as u64)),
                ("derived", count(counts.changed + counts.added)),
                ("voided", count(counts.voided)),
            ],
        );
        self.out.write(vec![row]).await
    }
}

/// Derived rows of the gateway `$1` whose region another place of its agent, from `at_us` on, may
/// change: later ones, and those from before anything was heard of it.
fn unplaced(at_us: i64) -> String {
    format!("gateway = $1 and void = 0 and (ts >= {} or region is null)", at_us - HOUR_US)
}
