//! Flush rounds: data tables, then `rejected`, then `ledger`, then the acks, in this order. It may
//! write through its writers and publish ledgers; it must never answer a frame before its ledger
//! row is committed.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::{StreamExt, stream};
use naap_schema::generated::{LEDGER, REJECTED};
use naap_schema::{EntityDef, Identity, Row, Value};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};
use tokio::time::Instant;

use super::write::{Progress, Table, write_table};
use super::{Line, Writer};
use crate::admit::{Refusal, clean, merged};
use crate::fitness::{Fitness, Part};
use crate::ledger::{Cell, Entry};
use crate::metrics::Metrics;
use crate::scrub::{Hours, Touched, hour};
use crate::{clock, limits};

/// Stands for the epoch of frames whose own makes no sense.
pub(crate) const NO_EPOCH: u64 = 0;

/// How long rows may wait for company.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waits {
    pub(crate) events: Duration,
    pub(crate) samples: Duration,
}

/// An admitted frame, to be committed.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) cell: Arc<Cell>,
    pub(crate) first_seq: u64,
    /// How many sequence numbers it stands for.
    pub(crate) count: u64,
    pub(crate) rows: Vec<(u64, Row)>,
    pub(crate) refusals: Vec<Refusal>,
    /// Time of its newest row, microseconds since 1970 UTC.
    pub(crate) newest_us: Option<i64>,
    /// Agent's clock minus collector's clock, ms.
    pub(crate) skew_ms: Option<i64>,
    /// The last row of the epoch that the agent is known to have recorded; `None`: it does not say.
    pub(crate) recorded: Option<u64>,
    /// When it came.
    pub(crate) received: Instant,
    /// Its share of the memory for admitted rows; given back when it is done.
    pub(crate) _share: Option<OwnedSemaphorePermit>,
    pub(crate) done: oneshot::Sender<Outcome>,
}

impl Batch {
    /// No frame, but what an agent says to have recorded.
    pub(crate) fn announcement(cell: Arc<Cell>, recorded: u64, skew_ms: Option<i64>) -> Self {
        Self {
            cell,
            first_seq: 1,
            count: 0,
            rows: Vec::new(),
            refusals: Vec::new(),
            newest_us: None,
            skew_ms,
            recorded: Some(recorded),
            received: Instant::now(),
            _share: None,
            done: oneshot::channel().0,
        }
    }
}

/// What became of a frame.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// How far the epoch is stored and told: at most the frame's last row.
    pub(crate) through: u64,
    /// Rows of this frame that are in the store.
    pub(crate) stored: u64,
    /// In the order of their numbers.
    pub(crate) refusals: Vec<Refusal>,
}

/// Takes frames and commits them in rounds.
pub(crate) struct Committer {
    queue: mpsc::Receiver<Batch>,
    writers: Mutex<Vec<Box<dyn Writer>>>,
    fitness: Fitness,
    waits: Waits,
    stopping: watch::Receiver<bool>,
    rejected: Budget,
    metrics: Arc<Metrics>,
    touched: Arc<Touched>,
}

impl std::fmt::Debug for Committer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Committer").field("waits", &self.waits).finish_non_exhaustive()
    }
}

/// Frames that go together, and when they must.
#[derive(Default)]
struct Round {
    batches: Vec<Batch>,
    rows: HashMap<u32, usize>,
    deadline: Option<Instant>,
    full: bool,
}

impl Round {
    fn add(&mut self, batch: Batch, waits: Waits) {
        let rows = &batch.rows;
        let event = rows.iter().any(|(_, row)| row.entity.identity == Identity::Event);
        // Frames without rows wait for nobody's sake but their sender's.
        let wait = if event || rows.is_empty() { waits.events } else { waits.samples };
        let due = batch.received + wait;
        self.deadline = Some(self.deadline.map_or(due, |d| d.min(due)));
        for (_, row) in rows {
            let waiting = self.rows.entry(row.entity.number).or_default();
            *waiting += 1;
            self.full |= *waiting >= limits::ROUND_ROWS;
        }
        self.batches.push(batch);
        self.full |= self.batches.len() >= limits::ROUND_FRAMES;
    }
}

impl Committer {
    /// A committer that takes from `queue` until it is closed.
    pub(crate) fn new(
        queue: mpsc::Receiver<Batch>,
        writers: Vec<Box<dyn Writer>>,
        fitness: Fitness,
        waits: Waits,
        stopping: watch::Receiver<bool>,
        (metrics, touched): (Arc<Metrics>, Arc<Touched>),
    ) -> Self {
        let (writers, rejected) = (Mutex::new(writers), Budget::default());
        Self { queue, writers, fitness, waits, stopping, rejected, metrics, touched }
    }

    /// Runs until the queue is closed and empty.
    pub(crate) async fn run(mut self) {
        while let Some(round) = self.gather().await {
            self.fitness.allowed().await;
            self.commit(round).await;
        }
    }

    /// The next round; `None` when nothing more can come.
    async fn gather(&mut self) -> Option<Round> {
        let mut round = Round::default();
        round.add(self.queue.recv().await?, self.waits);
        while !round.full {
            let due = round.deadline.unwrap_or_else(Instant::now);
            let stopping = *self.stopping.borrow_and_update();
            tokio::select! {
                biased;
                batch = self.queue.recv() => match batch {
                    Some(batch) => round.add(batch, self.waits),
                    None => break,
                },
                // Whoever waits for a stop waits for these acks: no company is worth it.
                () = std::future::ready(()), if stopping => break,
                () = tokio::time::sleep_until(due) => break,
                changed = self.stopping.changed(), if !stopping => if changed.is_err() { break },
            }
        }
        Some(round)
    }

    async fn commit(&mut self, mut round: Round) {
        let started = Instant::now();
        let tables = data_tables(&mut round.batches);
        let rows: usize = tables.iter().map(|t| t.lines.len()).sum();
        let hours = hours(&tables);
        let this = &*self;
        let refused: Vec<(Line, String)> = stream::iter(tables)
            .map(|table| this.write(table))
            .buffer_unordered(limits::WRITERS)
            .flat_map(stream::iter)
            .collect()
            .await;
        for (i, (line, message)) in refused.into_iter().enumerate() {
            let keep = i < limits::REJECTED_ROWS_KEPT;
            let refusal = Refusal::by_store(line.seq, &line.row, &message, keep);
            round.batches[line.batch].refusals.push(refusal);
        }
        for batch in &mut round.batches {
            batch.refusals = merged(std::mem::take(&mut batch.refusals));
        }
        let now_us = clock::now_us();
        let (entries, rejected) = self.account(&round.batches, now_us);
        if !rejected.lines.is_empty() {
            self.write(rejected).await;
        }
        let ledger = entries.values().map(|(cell, entry)| ledger_line(cell, entry, now_us));
        let ledger: Vec<Line> = ledger.collect();
        if !ledger.is_empty() {
            self.write_ledger(Table { entity: &LEDGER, lines: ledger }).await;
        }
        self.touched.mark(&hours, now_us);
        for (cell, entry) in entries.values() {
            let before = cell.entry();
            self.metrics.rows_stored.add(entry.stored.saturating_sub(before.stored));
            self.metrics.rows_duplicate.add(entry.duplicates.saturating_sub(before.duplicates));
            cell.publish(entry.clone());
        }
        let frames = round.batches.len();
        for batch in round.batches {
            // An announcement is no frame, and gets no ack.
            if batch.count > 0 {
                self.metrics.ack.observe(batch.received.elapsed());
            }
            answer(batch, &entries);
        }
        self.metrics.round.observe(started.elapsed());
        tracing::debug!(rows, frames, ms = started.elapsed().as_millis(), "round committed");
    }

    /// Writes a table, however long it takes; gives the rows that were refused.
    async fn write(&self, table: Table) -> Vec<(Line, String)> {
        let (mut table, mut progress) = (table, Progress::default());
        let mut pause = limits::RETRY.0;
        let mut reported: Option<Instant> = None;
        loop {
            let writer = self.writers.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut writer = writer.expect("as many writers as tables at a time");
            let work = tokio::task::spawn_blocking(move || {
                let result = write_table(writer.as_mut(), &mut table, &mut progress);
                (writer, table, progress, result)
            });
            let done = work.await.expect("writing does not panic, and is not cancelled");
            self.writers.lock().unwrap_or_else(PoisonError::into_inner).push(done.0);
            (table, progress) = (done.1, done.2);
            let Err(message) = done.3 else {
                if self.fitness.report(Part::Writer, None) {
                    tracing::info!("the database takes rows again");
                }
                return progress.refused;
            };
            let message = clean(&message);
            if reported.is_none_or(|at| at.elapsed() > limits::REPEAT_LOG) {
                reported = Some(Instant::now());
                tracing::error!(
                    table = table.entity.name,
                    error = message,
                    "the database takes no rows; they are kept, nothing is acknowledged, and it \
                     is tried again; see that QuestDB runs and takes this collector's password"
                );
            }
            self.fitness.report(Part::Writer, Some("the database takes no rows".to_owned()));
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(limits::RETRY.1);
            self.fitness.allowed().await;
        }
    }

    /// Writes ledger rows: these are never given up, since an ack without them would be a lie.
    async fn write_ledger(&self, table: Table) {
        let mut table = table;
        loop {
            let refused = self.write(table).await;
            let Some((_, message)) = refused.first() else { return };
            let message = clean(message);
            let wrong = format!("the database refuses rows of the ledger: {message}");
            self.fitness.report(Part::Writer, Some(wrong.clone()));
            tracing::error!("{wrong}; nothing is acknowledged until it takes them");
            let lines = refused.into_iter().map(|(line, _)| line).collect();
            table = Table { entity: &LEDGER, lines };
            tokio::time::sleep(limits::RETRY.1).await;
        }
    }

    /// Books the frames of a round: the new ledgers, and the rows of `rejected` that are news.
    fn account(&mut self, batches: &[Batch], now_us: i64) -> (Accounts, Table) {
        let mut accounts = Accounts::new();
        let mut lines = Vec::new();
        for batch in batches {
            let cell = &batch.cell;
            if cell.epoch == NO_EPOCH {
                for refusal in &batch.refusals {
                    self.metrics.rejected(refusal.reason).add(refusal.count);
                }
                // Without a place in any epoch there is no ledger to book it in.
                let news = batch.refusals.iter().filter(|_| self.rejected.take(&cell.node, now_us));
                lines.extend(news.map(|r| rejected_line(&cell.node, NO_EPOCH, r, now_us)));
                continue;
            }
            let key = (Arc::clone(&cell.node), cell.epoch);
            let (_, entry) =
                accounts.entry(key).or_insert_with(|| (Arc::clone(cell), cell.entry()));
            for refusal in &batch.refusals {
                let fresh = entry.fresh(refusal.first_seq, refusal.count);
                self.metrics.rejected(refusal.reason).add(fresh);
                if fresh > 0 && self.rejected.take(&cell.node, now_us) {
                    lines.push(rejected_line(&cell.node, cell.epoch, refusal, now_us));
                }
            }
            let refused = batch.refusals.iter().map(|r| (r.first_seq, r.count));
            entry.book(batch.first_seq, batch.count, refused);
            entry.heard(batch.recorded);
            entry.last_row_us = entry.last_row_us.max(batch.newest_us);
            entry.skew_ms = batch.skew_ms.or(entry.skew_ms);
        }
        (accounts, Table { entity: &REJECTED, lines })
    }
}

type Accounts = BTreeMap<(Arc<str>, u64), (Arc<Cell>, Entry)>;

/// The hours of which there are rows.
fn hours(tables: &[Table]) -> Hours {
    let mut out = Hours::new();
    for table in tables {
        let hours = table.lines.iter().map(|line| hour(table.entity, line.row.ts_us));
        let mut last = None;
        for hour in hours {
            if last.replace(hour) != Some(hour) {
                out.insert(hour);
            }
        }
    }
    out
}

/// The rows of all frames by table. The frames keep what their answers need.
fn data_tables(batches: &mut [Batch]) -> Vec<Table> {
    let mut tables: BTreeMap<u32, Table> = BTreeMap::new();
    for (i, batch) in batches.iter_mut().enumerate() {
        for (seq, row) in std::mem::take(&mut batch.rows) {
            let entity: &'static EntityDef = row.entity;
            let table =
                tables.entry(entity.number).or_insert_with(|| Table { entity, lines: Vec::new() });
            let node = Arc::clone(&batch.cell.node);
            table.lines.push(Line { batch: i, node, epoch: batch.cell.epoch, seq, row });
        }
    }
    tables.into_values().collect()
}

fn answer(batch: Batch, accounts: &Accounts) {
    let key = (Arc::clone(&batch.cell.node), batch.cell.epoch);
    // An ack says that refusals up to its place are told. Those of the round's later frames are told
    // after this one, so it must not speak for them.
    let last = batch.first_seq.saturating_add(batch.count.saturating_sub(1));
    let through = accounts.get(&key).map_or(0, |(_, entry)| entry.through).min(last);
    let refused: u64 = batch.refusals.iter().map(|r| r.count).sum();
    let stored = batch.count.saturating_sub(refused);
    let outcome = Outcome { through, stored, refusals: batch.refusals };
    // A stream that ended meanwhile asks again how far it is when it comes back.
    drop(batch.done.send(outcome));
}

fn whole(n: u64) -> Option<Value> {
    Some(Value::I64(i64::try_from(n).unwrap_or(i64::MAX)))
}

fn line(node: &Arc<str>, ts_us: i64, entity: &'static EntityDef, values: Values) -> Line {
    let mut row = Row::empty(entity, ts_us);
    for (field, value) in values {
        row.set(field, value).expect("the fields of the collector's own entities are released");
    }
    Line { batch: 0, node: Arc::clone(node), epoch: 0, seq: 0, row }
}

type Values = Vec<(&'static str, Option<Value>)>;

fn ledger_line(cell: &Cell, entry: &Entry, now_us: i64) -> Line {
    let values = vec![
        ("epoch", whole(cell.epoch)),
        ("through_seq", whole(entry.through)),
        ("stored", whole(entry.stored)),
        ("duplicates", whole(entry.duplicates)),
        ("rejected", whole(entry.rejected)),
        ("gaps", whole(entry.gaps)),
        ("last_row_at", entry.last_row_us.map(Value::I64)),
        ("updated_at", Some(Value::I64(now_us))),
        ("skew_ms", entry.skew_ms.map(Value::I64)),
        ("recorded_seq", entry.recorded.and_then(|r| whole(r.max(entry.through)))),
        ("holes", Some(Value::text(entry.holes.to_text()))),
    ];
    line(&cell.node, entry.first_seen_us, &LEDGER, values)
}

fn rejected_line(node: &Arc<str>, epoch: u64, refusal: &Refusal, now_us: i64) -> Line {
    let values = vec![
        ("epoch", whole(epoch)),
        ("first_seq", whole(refusal.first_seq)),
        ("rows", whole(refusal.count)),
        ("entity", refusal.entity.map(Value::text)),
        ("reason", Some(Value::text(refusal.reason.word()))),
        ("detail", Some(Value::text(refusal.detail.as_str()))),
        ("row", refusal.row.as_deref().map(Value::text)),
    ];
    line(node, now_us, &REJECTED, values)
}

/// How many rows of `rejected` each node had in the current minute.
#[derive(Debug, Default)]
struct Budget {
    minute: i64,
    nodes: HashMap<Arc<str>, u32>,
}

impl Budget {
    fn take(&mut self, node: &Arc<str>, now_us: i64) -> bool {
        let minute = now_us.div_euclid(60_000_000);
        if minute != self.minute {
            self.minute = minute;
            self.nodes.clear();
        }
        let taken = self.nodes.entry(Arc::clone(node)).or_default();
        *taken += 1;
        *taken <= limits::REJECTED_PER_MINUTE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejected_rows_are_bounded_per_node_and_minute() {
        let mut budget = Budget::default();
        let (a, b): (Arc<str>, Arc<str>) = ("a".into(), "b".into());
        let taken =
            |budget: &mut Budget, n: &Arc<str>, t| (0..1000).filter(|_| budget.take(n, t)).count();
        assert_eq!(taken(&mut budget, &a, 0), limits::REJECTED_PER_MINUTE as usize);
        assert_eq!(taken(&mut budget, &b, 1), limits::REJECTED_PER_MINUTE as usize);
        assert_eq!(taken(&mut budget, &a, 60_000_000), limits::REJECTED_PER_MINUTE as usize);
    }
}
