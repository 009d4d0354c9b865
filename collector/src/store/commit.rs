//! Flush rounds: data tables, then `rejected`, then `ledger`, then the acks, in this order. It may
//! write through its writers and publish ledgers; it must never answer a frame before its ledger
//! row is committed.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::{StreamExt, stream};
use naap_schema::generated::{DERIVE_MARK, LEDGER, REJECTED};
use naap_schema::{ENTITIES, EntityDef, Identity, Row, Value, entity_by_number};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};
use tokio::time::Instant;

use super::write::{Progress, Table, write_table};
use super::{Line, Writer};
use crate::admit::{Refusal, clean, merged};
use crate::derive::Inbox;
use crate::fitness::{Fitness, Part};
use crate::ledger::{Cell, Entry};
use crate::metrics::Metrics;
use crate::scrub::{Hours, Touched, hour};
use crate::{clock, limits, machine};

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

/// Takes frames and commits them in rounds, each of the tables that are due. While the ledger of one
/// round is written, the rows of the next already are; ledgers and acks keep the order of rounds.
pub(crate) struct Committer {
    intake: Intake,
    desk: Desk,
}

impl std::fmt::Debug for Committer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Committer").field("waits", &self.intake.waits).finish_non_exhaustive()
    }
}

/// Gathers frames to rounds.
struct Intake {
    queue: mpsc::Receiver<Batch>,
    pool: Pool,
    waits: Waits,
    stopping: watch::Receiver<bool>,
}

/// Commits rounds.
struct Desk {
    /// The last is for what closes a round; the others share the data tables.
    writers: Vec<Slot>,
    fitness: Fitness,
    rejected: Mutex<Budget>,
    told: Told,
}

/// Who is told of what was stored.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) touched: Arc<Touched>,
    /// Where what is stored waits to be derived; `None` where nothing is derived.
    pub(crate) inbox: Option<Arc<Inbox>>,
    /// An InfluxDB that gets rows once they are stored.
    #[cfg(feature = "influx")]
    pub(crate) influx: Option<crate::influx::Mirror>,
}

impl Told {
    pub(crate) fn new(
        metrics: Arc<Metrics>,
        touched: Arc<Touched>,
        inbox: Option<Arc<Inbox>>,
    ) -> Self {
        Self {
            metrics,
            touched,
            inbox,
            #[cfg(feature = "influx")]
            influx: None,
        }
    }
}

/// A writer, while it does not write.
type Slot = tokio::sync::Mutex<Option<Box<dyn Writer>>>;

/// Tables that were committed.
struct Written {
    /// The frames of each table's rows.
    frames: Vec<Vec<usize>>,
    refused: Vec<(Line, String)>,
    rows: usize,
    started: Instant,
}

/// Frames under way. Their rows wait by table, each table until its oldest row is due; a frame is
/// done when the last of its tables is.
#[derive(Default)]
struct Pool {
    /// By number, that is, as they came.
    frames: BTreeMap<usize, Frame>,
    next: usize,
    tables: BTreeMap<u32, (Table, Instant)>,
    /// When the first of the frames without rows is due.
    rowless: Option<Instant>,
    full: bool,
}

struct Frame {
    batch: Batch,
    /// Tables in which it has rows waiting.
    tables: usize,
}

impl Pool {
    fn add(&mut self, mut batch: Batch, waits: Waits) {
        let (number, mut tables) = (self.next, 0);
        self.next += 1;
        let rows = std::mem::take(&mut batch.rows);
        if rows.is_empty() {
            // It waits for nobody's sake but its sender's.
            self.rowless.get_or_insert(batch.received + waits.events);
        }
        for (seq, row) in rows {
            let entity: &'static EntityDef = row.entity;
            let event = entity.identity == Identity::Event;
            let due = batch.received + if event { waits.events } else { waits.samples };
            let empty = || (Table { entity, lines: Vec::new() }, due);
            let (table, first_due) = self.tables.entry(entity.number).or_insert_with(empty);
            *first_due = due.min(*first_due);
            tables += usize::from(table.lines.last().is_none_or(|line| line.batch != number));
            let (node, epoch) = (Arc::clone(&batch.cell.node), batch.cell.epoch);
            table.lines.push(Line { batch: number, node, epoch, seq, row });
            self.full |= table.lines.len() >= limits::ROUND_ROWS;
        }
        self.frames.insert(number, Frame { batch, tables });
        self.full |= self.frames.len() >= limits::ROUND_FRAMES;
    }

    /// When something is due.
    fn due(&self) -> Option<Instant> {
        self.tables.values().map(|(_, due)| *due).chain(self.rowless).min()
    }

    /// The tables of the next round: those that are due by then, or all.
    fn take(&mut self, by: Option<Instant>) -> Vec<Table> {
        self.rowless = None;
        self.full = false;
        let taken = self.tables.extract_if(.., |_, (_, due)| by.is_none_or(|by| *due <= by));
        taken.map(|(_, (table, _))| table).collect()
    }

    /// Books what was written; gives the frames that are done, in their order. A frame is not done
    /// before those of its epoch that came earlier: the ledger would take them for a gap.
    fn done(&mut self, written: Written) -> Vec<Batch> {
        for (i, (line, message)) in written.refused.into_iter().enumerate() {
            let keep = i < limits::REJECTED_ROWS_KEPT;
            let refusal = Refusal::by_store(line.seq, &line.row, &message, keep);
            if let Some(frame) = self.frames.get_mut(&line.batch) {
                frame.batch.refusals.push(refusal);
            }
        }
        for number in written.frames.into_iter().flatten() {
            if let Some(frame) = self.frames.get_mut(&number) {
                frame.tables -= 1;
            }
        }
        let mut behind: HashSet<(Arc<str>, u64)> = HashSet::new();
        let done = self.frames.extract_if(.., |_, frame| {
            let place = (Arc::clone(&frame.batch.cell.node), frame.batch.cell.epoch);
            let done = frame.tables == 0 && !behind.contains(&place);
            if !done {
                behind.insert(place);
            }
            done
        });
        let finish = |(_, Frame { mut batch, .. }): (usize, Frame)| {
            batch.refusals = merged(std::mem::take(&mut batch.refusals));
            batch
        };
        done.map(finish).collect()
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
        told: Told,
    ) -> Self {
        let intake = Intake { queue, pool: Pool::default(), waits, stopping };
        let writers = writers.into_iter().map(|w| Slot::new(Some(w))).collect();
        let rejected = Mutex::default();
        Self { intake, desk: Desk { writers, fitness, rejected, told } }
    }

    /// Runs until the queue is closed and empty.
    pub(crate) async fn run(self) {
        let Self { mut intake, desk } = self;
        let mut before = None;
        loop {
            let next = async {
                let tables = intake.gather().await?;
                desk.fitness.allowed().await;
                Some(desk.write_rows(tables).await)
            };
            let settled = async {
                if let Some((batches, rows, started)) = before.take() {
                    desk.settle(batches, rows, started).await;
                }
            };
            let (next, ()) = tokio::join!(next, settled);
            let Some(written) = next else { return };
            let (rows, started) = (written.rows, written.started);
            before = Some((intake.pool.done(written), rows, started));
        }
    }
}

impl Intake {
    /// The tables of the next round; `None` when nothing more can come.
    async fn gather(&mut self) -> Option<Vec<Table>> {
        if self.pool.frames.is_empty() {
            let first = self.queue.recv().await?;
            self.pool.add(first, self.waits);
        }
        while !self.pool.full {
            let due = self.pool.due().unwrap_or_else(Instant::now);
            let stopping = *self.stopping.borrow_and_update();
            tokio::select! {
                biased;
                batch = self.queue.recv() => match batch {
                    Some(batch) => self.pool.add(batch, self.waits),
                    None => break,
                },
                // Whoever waits for a stop waits for these acks: no company is worth it.
                () = std::future::ready(()), if stopping => break,
                () = tokio::time::sleep_until(due) => {
                    // What is due soon after goes along, rather than in a round of its own.
                    return Some(self.pool.take(Some(Instant::now() + self.waits.events / 2)));
                }
                changed = self.stopping.changed(), if !stopping => if changed.is_err() { break },
            }
        }
        Some(self.pool.take(None))
    }
}

impl Desk {
    /// Commits tables.
    async fn write_rows(&self, tables: Vec<Table>) -> Written {
        let started = Instant::now();
        let rows: usize = tables.iter().map(|t| t.lines.len()).sum();
        let frames = tables.iter().map(frames).collect();
        let hours = hours(&tables);
        let now_us = clock::now_us();
        let lines = tables.iter().flat_map(|t| &t.lines);
        let ticket = self.told.inbox.as_ref().and_then(|inbox| inbox.open(lines, now_us));
        #[cfg(feature = "influx")]
        let copies =
            self.told.influx.as_ref().and_then(|m| m.copy(tables.iter().flat_map(|t| &t.lines)));
        let marks = ticket.as_ref().map(|t| marks(t.hours(), now_us));
        let writing = stream::iter(tables)
            .map(|table| self.write(table))
            // Their writers bound how many requests there are at a time.
            .buffer_unordered(ENTITIES.len())
            .flat_map(stream::iter)
            .collect::<Vec<(Line, String)>>();
        let (refused, ()) = tokio::join!(writing, self.mark(marks));
        if let Some((inbox, ticket)) = self.told.inbox.as_ref().zip(ticket) {
            inbox.close(ticket, &refused);
        }
        #[cfg(feature = "influx")]
        if let Some((mirror, copies)) = self.told.influx.as_ref().zip(copies) {
            mirror.offer(copies, &refused);
        }
        // Whoever looks at an hour from here on sees these rows.
        self.told.touched.mark(&hours, clock::now_us());
        Written { frames, refused, rows, started }
    }

    /// Books frames whose rows are committed, ledger last, and answers them.
    async fn settle(&self, batches: Vec<Batch>, rows: usize, started: Instant) {
        let now_us = clock::now_us();
        let (entries, rejected) = self.account(&batches, now_us);
        if !rejected.lines.is_empty() {
            self.write(rejected).await;
        }
        let ledger = entries.values().map(|(cell, entry)| ledger_line(cell, entry, now_us));
        let ledger: Vec<Line> = ledger.collect();
        if !ledger.is_empty() {
            self.write_ledger(Table { entity: &LEDGER, lines: ledger }).await;
        }
        for (cell, entry) in entries.values() {
            let before = cell.entry();
            self.told.metrics.rows_stored.add(entry.stored.saturating_sub(before.stored));
            self.told
                .metrics
                .rows_duplicate
                .add(entry.duplicates.saturating_sub(before.duplicates));
            cell.publish(entry.clone());
        }
        let frames = batches.len();
        for batch in batches {
            // An announcement is no frame, and gets no ack.
            if batch.count > 0 {
                self.told.metrics.ack.observe(batch.received.elapsed());
            }
            answer(batch, &entries);
        }
        self.told.metrics.round.observe(started.elapsed());
        tracing::debug!(rows, frames, ms = started.elapsed().as_millis(), "round committed");
    }

    /// Marks the hours whose rows are being written, so that after a crash they are derived from.
    async fn mark(&self, marks: Option<Table>) {
        let Some(marks) = marks.filter(|m| !m.lines.is_empty()) else { return };
        if let Some((_, message)) = self.write(marks).await.first() {
            let error = clean(message);
            tracing::error!(
                error,
                "what was stored is not marked: a crash now would leave it underived"
            );
        }
    }

    /// A table keeps to one writer: all of its rows come over one connection.
    fn writer_of(&self, entity: &EntityDef) -> &Slot {
        let last = self.writers.len() - 1;
        match entity.identity {
            // Marks go along with the rows that they are of.
            Identity::Collector if entity.number != DERIVE_MARK.number => &self.writers[last],
            _ => &self.writers[entity.number as usize % last],
        }
    }

    /// Writes a table, however long it takes; gives the rows that were refused.
    async fn write(&self, table: Table) -> Vec<(Line, String)> {
        let (mut table, mut progress) = (table, Progress::default());
        let mut pause = limits::RETRY.0;
        let mut reported: Option<Instant> = None;
        loop {
            let mut slot = self.writer_of(table.entity).lock().await;
            let mut writer = slot.take().expect("a writer is put back before its slot is let go");
            let work = machine::blocking(move || {
                let result = write_table(writer.as_mut(), &mut table, &mut progress);
                (writer, table, progress, result)
            });
            let done = work.await.expect("writing does not panic, and is not cancelled");
            *slot = Some(done.0);
            drop(slot);
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
    fn account(&self, batches: &[Batch], now_us: i64) -> (Accounts, Table) {
        let mut accounts = Accounts::new();
        let mut lines = Vec::new();
        let mut budget = self.rejected.lock().unwrap_or_else(PoisonError::into_inner);
        for batch in batches {
            let cell = &batch.cell;
            if cell.epoch == NO_EPOCH {
                for refusal in &batch.refusals {
                    self.told.metrics.rejected(refusal.reason).add(refusal.count);
                }
                // Without a place in any epoch there is no ledger to book it in.
                let news = batch.refusals.iter().filter(|_| budget.take(&cell.node, now_us));
                lines.extend(news.map(|r| rejected_line(&cell.node, NO_EPOCH, r, now_us)));
                continue;
            }
            let key = (Arc::clone(&cell.node), cell.epoch);
            let (_, entry) =
                accounts.entry(key).or_insert_with(|| (Arc::clone(cell), cell.entry()));
            for refusal in &batch.refusals {
                let fresh = entry.fresh(refusal.first_seq, refusal.count);
                self.told.metrics.rejected(refusal.reason).add(fresh);
                if fresh > 0 && budget.take(&cell.node, now_us) {
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

/// The frames of a table's rows: those of one frame follow each other.
fn frames(table: &Table) -> Vec<usize> {
    table.lines.chunk_by(|a, b| a.batch == b.batch).map(|rows| rows[0].batch).collect()
}

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

fn marks(hours: &BTreeSet<(u32, i64)>, now_us: i64) -> Table {
    let names = hours.iter().filter_map(|(number, hour)| Some((entity_by_number(*number)?, hour)));
    let node: Arc<str> = "derive".into();
    let lines = names.map(|(entity, hour)| {
        let values =
            vec![("entity", Some(Value::text(entity.name))), ("hour", Some(Value::I64(*hour)))];
        line(&node, now_us, &DERIVE_MARK, values)
    });
    Table { entity: &DERIVE_MARK, lines: lines.collect() }
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
    use naap_schema::generated::{Host, StreamTrace};

    use super::*;
    use crate::store::WriteError;
    use crate::store::memory::Memory;

    /// Tells of every request, and holds those of the ledger until it may go on.
    struct Gated {
        told: mpsc::Sender<(&'static str, u64)>,
        may: Arc<Mutex<std::sync::mpsc::Receiver<()>>>,
    }

    impl Writer for Gated {
        fn write(&mut self, entity: &'static EntityDef, lines: &[Line]) -> Result<(), WriteError> {
            self.told.blocking_send((entity.name, lines[0].seq)).unwrap();
            if entity.name == LEDGER.name {
                self.may.lock().unwrap().recv().unwrap();
            }
            Ok(())
        }
    }

    fn fit() -> Fitness {
        let fitness = Fitness::new();
        fitness.report(Part::Guard, None);
        fitness
    }

    fn batch(cell: &Arc<Cell>, seq: u64) -> (Batch, oneshot::Receiver<Outcome>) {
        let (done, outcome) = oneshot::channel();
        let batch = Batch {
            cell: Arc::clone(cell),
            first_seq: seq,
            count: 1,
            rows: vec![(seq, Host::default().at(1_000_000))],
            refusals: Vec::new(),
            newest_us: None,
            recorded: None,
            skew_ms: None,
            received: Instant::now(),
            _share: None,
            done,
        };
        (batch, outcome)
    }

    #[tokio::test]
    async fn the_next_rows_do_not_wait_for_the_ledger_and_acks_do() {
        let (queue, batches) = mpsc::channel(8);
        let (told, mut requests) = mpsc::channel(8);
        let (go, may) = std::sync::mpsc::channel();
        let may = Arc::new(Mutex::new(may));
        let writer = |_| -> Box<dyn Writer> {
            Box::new(Gated { told: told.clone(), may: Arc::clone(&may) })
        };
        let wait = Duration::from_millis(10);
        let (_stop, stopping) = watch::channel(false);
        let committer = Committer::new(
            batches,
            (0..limits::WRITERS).map(writer).collect(),
            fit(),
            Waits { events: wait, samples: wait },
            stopping,
            Told::new(Metrics::new(fit()), Arc::default(), None),
        );
        let running = tokio::spawn(committer.run());
        let cell = Arc::new(Cell::detached(&"a".into(), 7));
        let ((one, mut first), (two, second)) = (batch(&cell, 1), batch(&cell, 2));
        assert!(queue.send(one).await.is_ok());
        assert_eq!(requests.recv().await, Some(("host", 1)));
        assert_eq!(requests.recv().await, Some(("ledger", 0)));
        assert!(queue.send(two).await.is_ok());
        assert_eq!(requests.recv().await, Some(("host", 2)), "the ledger is not written yet");
        assert!(first.try_recv().is_err(), "an ack before the ledger");
        assert_eq!(cell.entry().through, 0);
        go.send(()).unwrap();
        assert_eq!(first.await.unwrap().through, 1);
        assert_eq!(requests.recv().await, Some(("ledger", 0)));
        go.send(()).unwrap();
        assert_eq!(second.await.unwrap().through, 2);
        let booked = cell.entry();
        assert_eq!((booked.through, booked.stored, booked.gaps), (2, 2, 0));
        drop(queue);
        running.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn samples_wait_longer_than_events_and_no_ack_overtakes() {
        let (queue, batches) = mpsc::channel(8);
        let memory = Memory::default();
        let writer = |_| -> Box<dyn Writer> { Box::new(memory.clone()) };
        let (_stop, stopping) = watch::channel(false);
        let committer = Committer::new(
            batches,
            (0..limits::WRITERS).map(writer).collect(),
            fit(),
            Waits { events: Duration::from_secs(1), samples: Duration::from_secs(2) },
            stopping,
            Told::new(Metrics::new(fit()), Arc::default(), None),
        );
        let running = tokio::spawn(committer.run());
        let started = Instant::now();
        let cell = |node: &str| Arc::new(Cell::detached(&node.into(), 7));
        let (a, b) = (cell("a"), cell("b"));
        let event = StreamTrace::default().at(1_000_000);
        let (samples, sampled) = batch(&a, 1);
        let ((mut after, followed), (mut alone, mut told)) = (batch(&a, 2), batch(&b, 1));
        after.rows[0].1 = event.clone();
        alone.rows[0].1 = event;
        for frame in [samples, after, alone] {
            assert!(queue.send(frame).await.is_ok());
        }
        (&mut told).await.unwrap();
        assert_eq!(started.elapsed().as_secs(), 1);
        assert_eq!(memory.order(), ["stream_trace", "ledger"], "samples wait for company");
        assert_eq!(memory.lines("ledger").len(), 1, "only of the node that is done");
        assert_eq!(sampled.await.unwrap().through, 1);
        assert_eq!(followed.await.unwrap().through, 2);
        assert_eq!(started.elapsed().as_secs(), 2);
        assert_eq!(memory.order(), ["stream_trace", "ledger", "host", "ledger"]);
        assert_eq!((a.entry().stored, a.entry().gaps), (2, 0));
        drop(queue);
        running.await.unwrap();
    }

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
