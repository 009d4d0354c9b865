//! Gives every row its number and puts it into the spool.
//!
//! The one place where rows get their identity: a random epoch, and numbers from 1 on over all
//! entities. What comes within a moment shares a frame and an fsync.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use naap_schema::generated::Gap;
use naap_schema::proto::Frame;
use naap_schema::{Row, SCHEMA_VERSION, frame};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::clock::Now;
use crate::spool::{Lost, Spool, Writer};
use crate::{limits, machine};

/// Rows on their way to the recorder.
#[derive(Debug, Default)]
pub struct Batch {
    /// The rows.
    pub rows: Vec<Row>,
    /// Told when they are recorded: a power cut does not lose them any more. Dropped without a word
    /// where no disk takes them.
    pub recorded: Option<oneshot::Sender<()>>,
    /// Somebody loses something while they are not: they do not wait long for others to share an
    /// fsync with.
    pub soon: bool,
}

impl From<Vec<Row>> for Batch {
    fn from(rows: Vec<Row>) -> Self {
        Self { rows, recorded: None, soon: false }
    }
}

/// What the recorder did, for the agent's own rows.
#[derive(Debug, Default)]
pub struct Counts {
    /// Rows that got a number.
    pub taken: AtomicU64,
    /// Rows that were evicted from a full spool.
    pub evicted: AtomicU64,
    /// Rows that did not fit their declaration: a defect of a source.
    pub misfits: AtomicU64,
}

/// Numbers rows and puts them into a spool.
#[derive(Debug)]
pub struct Recorder {
    epoch: u64,
    next_seq: u64,
    spool: Spool,
    writer: Writer,
    counts: Arc<Counts>,
}

/// A random epoch: above 0 and below 2^63.
pub fn new_epoch() -> u64 {
    (machine::random() >> 1).max(1)
}

impl Recorder {
    /// A recorder of a new epoch.
    pub fn new(epoch: u64, spool: Spool, writer: Writer, counts: Arc<Counts>) -> Self {
        spool.begins(epoch);
        Self { epoch, next_seq: 1, spool, writer, counts }
    }

    /// Records what comes until all senders are gone.
    ///
    /// # Panics
    /// If recording does, which would be a defect.
    pub async fn run(mut self, mut batches: mpsc::Receiver<Batch>) {
        let mut synced: Option<Instant> = None;
        while let Some(first) = batches.recv().await {
            let mut rows = first.rows;
            let mut waiting = Vec::from_iter(first.recorded);
            let now = Instant::now();
            let next_sync = synced.map_or(now, |at| at + limits::SYNC_EVERY);
            let mut until = (now + limits::GATHER).max(next_sync).min(now + limits::SYNC_WITHIN);
            let soon = synced.map_or(now, |at| (at + limits::SYNC_SOON).max(now));
            if first.soon {
                until = until.min(soon);
            }
            while rows.len() < limits::FRAME_ROWS {
                match tokio::time::timeout_at(until, batches.recv()).await {
                    Ok(Some(more)) => {
                        rows.extend(more.rows);
                        waiting.extend(more.recorded);
                        if more.soon {
                            until = until.min(soon);
                        }
                    }
                    Ok(None) | Err(_) => break,
                }
            }
            synced = Some(Instant::now());
            // An fsync can take its time; nothing else should wait for it.
            let recording = machine::blocking(move || {
                let durable = self.record(rows);
                (self, durable)
            });
            let durable;
            (self, durable) = recording.await.expect("recording neither panics nor is cancelled");
            for recorded in waiting.into_iter().filter(|_| durable) {
                // Whoever asked may have ended.
                recorded.send(()).ok();
            }
        }
    }

    /// Records one batch now: comes back when it is durable, or in memory if no disk takes it; true
    /// if all of it is durable. Blocks.
    pub fn record(&mut self, mut rows: Vec<Row>) -> bool {
        rows.retain(|row| match row.check() {
            Ok(()) => true,
            Err(error) => {
                self.counts.misfits.fetch_add(1, Ordering::Relaxed);
                tracing::error!(%error, "a row does not fit its declaration and is left out");
                false
            }
        });
        if self.spool.take_renewal() {
            (self.epoch, self.next_seq) = (new_epoch(), 1);
            self.spool.begins(self.epoch);
            tracing::info!(epoch = self.epoch, "new rows go first; older ones follow beside them");
        }
        // Rows of one entity that follow each other share a table.
        rows.sort_by_key(|row| row.entity.number);
        for chunk in chunks(&rows) {
            let mut frame = self.frame(chunk);
            while let Err(lost) = self.writer.prepare(&frame) {
                self.evict(lost);
                frame.first_seq = self.next_seq;
            }
            self.put(frame);
        }
        self.writer.commit() && !self.spool.pending().degraded
    }

    /// Declares what must go before it goes.
    fn evict(&mut self, lost: Lost) {
        if lost.from_seq <= lost.to_seq {
            tracing::warn!(
                epoch = lost.epoch,
                rows = lost.rows(),
                "the spool is full; the oldest rows are dropped and declared"
            );
            let gap = self.frame(&[gap(lost, "evicted")]);
            self.put(gap);
            self.writer.commit();
        }
        if self.writer.evict() && lost.from_seq <= lost.to_seq {
            self.counts.evicted.fetch_add(lost.rows(), Ordering::Relaxed);
        }
    }

    fn frame(&self, rows: &[Row]) -> Frame {
        frame::encode(self.epoch, self.next_seq, SCHEMA_VERSION, rows)
    }

    fn put(&mut self, frame: Frame) {
        #[cfg(feature = "sim")]
        crate::sim::ask(|m| m.numbered(&frame));
        self.next_seq += u64::from(frame.rows);
        self.counts.taken.fetch_add(u64::from(frame.rows), Ordering::Relaxed);
        self.writer.write(frame);
    }
}

/// Slices that each make a frame within its limits.
fn chunks(rows: &[Row]) -> Vec<&[Row]> {
    let mut out = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (i, row) in rows.iter().enumerate() {
        let text: usize = row
            .values
            .iter()
            .map(|v| match v {
                Some(naap_schema::Value::Text(t)) => t.len(),
                _ => 0,
            })
            .sum();
        if i > start && (i - start >= limits::FRAME_ROWS || bytes + text > limits::FRAME_TEXT_BYTES)
        {
            out.extend(rows.get(start..i));
            (start, bytes) = (i, 0);
        }
        bytes += text;
    }
    out.extend(rows.get(start..).filter(|rest| !rest.is_empty()));
    out
}

/// The row that declares a loss, as of now.
pub(crate) fn gap(lost: Lost, reason: &str) -> Row {
    let whole = |x: u64| i64::try_from(x).unwrap_or(i64::MAX);
    Gap {
        of_epoch: whole(lost.epoch),
        from_seq: whole(lost.from_seq),
        to_seq: whole(lost.to_seq),
        rows: whole(lost.to_seq - lost.from_seq + 1),
        reason: reason.into(),
    }
    .at(Now::read().wall_us)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spool::last_seq;
    use crate::spool::sim::Sim;
    use naap_schema::Value;
    use naap_schema::generated::{Host, Interface};

    fn host() -> Row {
        Host { cpu_busy_ratio: Some(0.5), ..Host::default() }.at(1_780_000_000_000_000)
    }

    fn interface(name: &str) -> Row {
        Interface { interface: name.into(), ..Interface::default() }.at(1_780_000_000_000_000)
    }

    fn recorder(max_bytes: u64) -> (Recorder, Spool, Arc<Counts>) {
        let (spool, writer) = Spool::open(Arc::new(Sim::default()), max_bytes);
        let counts = Arc::new(Counts::default());
        (Recorder::new(9, spool.clone(), writer, Arc::clone(&counts)), spool, counts)
    }

    async fn frames(spool: &Spool, epoch: u64) -> Vec<Arc<Frame>> {
        let (mut seq, mut out) = (0, Vec::new());
        while let Some(frame) = spool.after(epoch, seq).await {
            seq = last_seq(&frame);
            out.push(frame);
        }
        out
    }

    #[tokio::test]
    async fn numbers_are_contiguous_over_entities_and_frames() {
        let (mut recorder, spool, counts) = recorder(16 << 20);
        let misfit = Host { cpu_busy_ratio: Some(7.0), ..Host::default() }.at(1);
        recorder.record(vec![interface("a"), host(), misfit, interface("b"), host()]);
        recorder.record((0..4500).map(|_| host()).collect());
        let frames = frames(&spool, 9).await;
        let mut seq = 0;
        for frame in &frames {
            assert_eq!(frame.first_seq, seq + 1);
            assert_eq!(frame::decode(frame).unwrap().rows(), frame.rows as usize);
            seq = last_seq(frame);
        }
        assert_eq!((seq, frames.len()), (4504, 4));
        assert_eq!(counts.misfits.load(Ordering::Relaxed), 1);
        assert_eq!(frame::decode(&frames[0]).unwrap().tables.len(), 2, "one table per entity");
    }

    #[tokio::test]
    async fn what_is_evicted_is_declared_to_the_row() {
        let (mut recorder, spool, counts) = recorder(4 << 20);
        for i in 0..120u32 {
            // Text that zstd cannot make small.
            let wide = |j: u32| {
                interface(&format!("{:x}{:x}", new_epoch(), u64::from(i * j) ^ new_epoch()))
            };
            recorder.record((0..2500).map(wide).collect());
        }
        let evicted = counts.evicted.load(Ordering::Relaxed);
        assert!(evicted > 0, "the test is to fill the spool");
        let frames = frames(&spool, 9).await;
        let left: u64 = frames.iter().map(|f| u64::from(f.rows)).sum();
        assert_eq!(left + evicted, counts.taken.load(Ordering::Relaxed));
        let mut declared = Vec::new();
        for table in frames.iter().flat_map(|f| frame::decode(f).unwrap().tables) {
            if let Some(entity) = naap_schema::entity_by_number(table.entity)
                && entity.name == "gap"
            {
                declared.extend(table.into_rows(entity).unwrap());
            }
        }
        let last = declared.last().expect("the newest loss is declared");
        assert_eq!(last.get("reason"), Some(&Value::text("evicted")));
        assert_eq!(last.get("of_epoch"), Some(&Value::I64(9)));
        let to = i64::try_from(frames[0].first_seq - 1).unwrap();
        assert_eq!(last.get("to_seq"), Some(&Value::I64(to)), "what is left begins behind it");
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_on_disk_is_evicted_for_a_declaration_in_memory() {
        let sim = Arc::new(Sim::default());
        let (spool, writer) = Spool::open(Arc::<Sim>::clone(&sim), 16 << 20);
        let mut recorder = Recorder::new(9, spool.clone(), writer, Arc::default());
        recorder.record(vec![host()]);
        sim.limit(Some(limits::SEGMENT_BYTES + limits::SEGMENT_BYTES / 2));
        sim.fail_sync_after(0);
        recorder.record(vec![host()]);
        assert!(spool.pending().degraded, "there is no room for another file");
        tokio::time::advance(limits::DISK_RETRY).await;
        recorder.record(vec![host()]);
        let (again, _) = Spool::open(sim, 16 << 20);
        let first = again.after(9, 0).await.map(|f| f.first_seq);
        assert_eq!(first, Some(1), "the process is gone; what was recorded is not");
    }

    #[tokio::test]
    async fn a_new_epoch_begins_when_it_is_asked_for_and_counts_from_1() {
        let (mut recorder, spool, _) = recorder(16 << 20);
        recorder.record(vec![host(), host()]);
        spool.renew();
        recorder.record(vec![host()]);
        recorder.record(vec![host()]);
        let epochs = spool.epochs();
        assert_eq!((epochs.len(), epochs[0]), (2, 9));
        let numbers: Vec<u64> =
            frames(&spool, epochs[1]).await.iter().map(|f| f.first_seq).collect();
        assert_eq!(numbers, [1, 2]);
        assert_eq!(spool.recorded(), [(9, 2), (epochs[1], 2)]);
    }

    #[tokio::test]
    async fn what_is_recorded_is_known_before_the_first_row_and_after_the_last_ack() {
        let (mut recorder, spool, _) = recorder(16 << 20);
        assert_eq!(spool.recorded(), [(9, 0)]);
        recorder.record(vec![host(), host()]);
        spool.ack(9, 2);
        assert_eq!((spool.epochs(), spool.recorded()), (vec![], vec![(9, 2)]));
    }

    #[tokio::test]
    async fn rows_share_an_fsync_and_whoever_waits_is_told() {
        let sim = Arc::new(Sim::default());
        let (spool, writer) = Spool::open(Arc::<Sim>::clone(&sim), 16 << 20);
        let recorder = Recorder::new(9, spool.clone(), writer, Arc::default());
        let (to, batches) = mpsc::channel(64);
        let run = tokio::spawn(recorder.run(batches));
        let (recorded, told) = oneshot::channel();
        for _ in 0..20 {
            to.send(vec![host()].into()).await.unwrap();
        }
        to.send(Batch { rows: vec![host()], recorded: Some(recorded), soon: false }).await.unwrap();
        told.await.unwrap();
        assert_eq!(spool.pending().rows, 21);
        assert_eq!(sim.file_syncs(), 1);
        drop(to);
        run.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn who_cannot_wait_does_not_wait_for_others() {
        let sim = Arc::new(Sim::default());
        let (spool, writer) = Spool::open(Arc::<Sim>::clone(&sim), 16 << 20);
        let recorder = Recorder::new(9, spool, writer, Arc::default());
        let (to, batches) = mpsc::channel(64);
        let run = tokio::spawn(recorder.run(batches));
        let begun = Instant::now();
        for _ in 0..10 {
            to.send(vec![host()].into()).await.unwrap();
            let (recorded, told) = oneshot::channel();
            let batch = Batch { rows: vec![host()], recorded: Some(recorded), soon: true };
            to.send(batch).await.unwrap();
            told.await.unwrap();
        }
        let took = begun.elapsed();
        assert!(took <= limits::SYNC_SOON * 10, "{took:?}");
        assert!(took >= limits::SYNC_SOON * 9, "fsyncs are rare all the same: {took:?}");
        drop(to);
        run.await.unwrap();
    }

    #[test]
    fn epochs_are_below_2_to_the_63_and_differ() {
        let epochs: std::collections::HashSet<u64> = (0..100).map(|_| new_epoch()).collect();
        assert_eq!(epochs.len(), 100);
        assert!(epochs.iter().all(|e| *e > 0 && *e <= i64::MAX as u64));
    }
}
