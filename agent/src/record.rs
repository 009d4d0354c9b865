//! Gives every row its number and makes frames.
//!
//! The one place where rows get their identity: a random epoch per process, and numbers from 1 on
//! over all entities. What comes within a moment shares a frame.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use naap_schema::generated::Gap;
use naap_schema::{Row, SCHEMA_VERSION, frame};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::clock::Now;
use crate::limits;
use crate::spool::{Lost, Spool};

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

/// Numbers rows and hands frames to a spool.
#[derive(Debug)]
pub struct Recorder {
    epoch: u64,
    next_seq: u64,
    spool: Arc<dyn Spool>,
    counts: Arc<Counts>,
}

/// A random epoch: above 0 and below 2^63.
pub fn new_epoch() -> u64 {
    (rand::random::<u64>() >> 1).max(1)
}

impl Recorder {
    /// A recorder of a new epoch.
    pub fn new(epoch: u64, spool: Arc<dyn Spool>, counts: Arc<Counts>) -> Self {
        Self { epoch, next_seq: 1, spool, counts }
    }

    /// Records what comes until all senders are gone.
    pub async fn run(mut self, mut rows: mpsc::Receiver<Vec<Row>>) {
        while let Some(first) = rows.recv().await {
            let mut batch = first;
            let until = Instant::now() + limits::GATHER;
            while batch.len() < limits::FRAME_ROWS {
                match tokio::time::timeout_at(until, rows.recv()).await {
                    Ok(Some(more)) => batch.extend(more),
                    Ok(None) | Err(_) => break,
                }
            }
            self.record(batch);
        }
    }

    /// Records one batch now.
    pub fn record(&mut self, mut rows: Vec<Row>) {
        rows.retain(|row| match row.check() {
            Ok(()) => true,
            Err(error) => {
                self.counts.misfits.fetch_add(1, Ordering::Relaxed);
                tracing::error!(%error, "a row does not fit its declaration and is left out");
                false
            }
        });
        let mut lost = Vec::new();
        // Rows of one entity that follow each other share a table.
        rows.sort_by_key(|row| row.entity.number);
        for chunk in chunks(&rows) {
            lost.extend(self.append(chunk));
        }
        // Saying what was evicted may evict once more; said once, it is enough.
        if !lost.is_empty() {
            let gaps: Vec<Row> = lost.iter().map(|l| gap(*l, "evicted")).collect();
            let rows: u64 = lost.iter().map(|l| l.to_seq - l.from_seq + 1).sum();
            self.counts.evicted.fetch_add(rows, Ordering::Relaxed);
            tracing::warn!(rows, "the queue is full; the oldest rows are dropped and declared");
            for lost in self.append(&gaps) {
                tracing::error!(?lost, "rows were dropped and could not be declared");
            }
        }
    }

    fn append(&mut self, rows: &[Row]) -> Vec<Lost> {
        let frame = frame::encode(self.epoch, self.next_seq, SCHEMA_VERSION, rows);
        self.next_seq += rows.len() as u64;
        self.counts.taken.fetch_add(rows.len() as u64, Ordering::Relaxed);
        self.spool.append(frame)
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
    use crate::spool::{MemorySpool, last_seq};
    use naap_schema::Value;
    use naap_schema::generated::{Host, Interface};

    fn host() -> Row {
        Host { cpu_busy_ratio: Some(0.5), ..Host::default() }.at(1_780_000_000_000_000)
    }

    fn interface(name: &str) -> Row {
        Interface { interface: name.into(), ..Interface::default() }.at(1_780_000_000_000_000)
    }

    #[test]
    fn numbers_are_contiguous_over_entities_and_frames() {
        let spool = Arc::new(MemorySpool::new(1 << 20));
        let counts = Arc::new(Counts::default());
        let mut recorder =
            Recorder::new(9, Arc::clone(&spool) as Arc<dyn Spool>, Arc::clone(&counts));
        let misfit = Host { cpu_busy_ratio: Some(7.0), ..Host::default() }.at(1);
        recorder.record(vec![interface("a"), host(), misfit, interface("b"), host()]);
        recorder.record((0..4500).map(|_| host()).collect());
        let (mut seq, mut frames) = (0, 0);
        while let Some(frame) = spool.after(9, seq) {
            assert_eq!(frame.first_seq, seq + 1);
            let decoded = frame::decode(&frame).unwrap();
            assert_eq!(decoded.rows(), frame.rows as usize);
            seq = last_seq(&frame);
            frames += 1;
        }
        assert_eq!((seq, frames), (4504, 4));
        assert_eq!(counts.misfits.load(Ordering::Relaxed), 1);
        let first = frame::decode(&spool.after(9, 0).unwrap()).unwrap();
        assert_eq!(first.tables.len(), 2, "one table per entity");
    }

    #[test]
    fn what_is_evicted_is_declared() {
        let spool = Arc::new(MemorySpool::new(400));
        let counts = Arc::new(Counts::default());
        let mut recorder =
            Recorder::new(9, Arc::clone(&spool) as Arc<dyn Spool>, Arc::clone(&counts));
        for i in 0..20 {
            recorder.record(vec![interface(&format!("{i}").repeat(30))]);
        }
        let evicted = counts.evicted.load(Ordering::Relaxed);
        assert!(evicted > 0);
        let (mut seq, mut declared) = (0, Vec::new());
        while let Some(frame) = spool.after(9, seq) {
            for table in frame::decode(&frame).unwrap().tables {
                if let Some(entity) = naap_schema::entity_by_number(table.entity)
                    && entity.name == "gap"
                {
                    declared.extend(table.into_rows(entity).unwrap());
                }
            }
            seq = last_seq(&frame);
        }
        let last = declared.last().expect("the newest loss is declared");
        assert_eq!(last.get("reason"), Some(&Value::text("evicted")));
        assert_eq!(last.get("of_epoch"), Some(&Value::I64(9)));
    }

    #[test]
    fn epochs_are_below_2_to_the_63_and_differ() {
        let epochs: std::collections::HashSet<u64> = (0..100).map(|_| new_epoch()).collect();
        assert_eq!(epochs.len(), 100);
        assert!(epochs.iter().all(|e| *e > 0 && *e <= i64::MAX as u64));
    }
}
