//! An agent without sources: the real recorder, spool and shipper, given rows by the benchmark.
//! Its spool is in memory, since thousands of them on one disk would measure that disk.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context, Result};
use naap_agent::record::{self, Batch, Recorder, new_epoch};
use naap_agent::ship::{self, Shipper, Target};
use naap_agent::spool::{Nowhere, Spool};
use naap_schema::Row;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::bed::token;

/// What an agent keeps at most, bytes.
const SPOOL_BYTES: u64 = 8 << 20;
/// How often an agent that waits for acks is looked at: how exact their latency is.
const LOOK: Duration = Duration::from_millis(20);

/// A running agent.
pub(crate) struct Agent {
    rows: mpsc::Sender<Batch>,
    spool: Spool,
    shipped: Arc<ship::Counts>,
    recorded: Arc<record::Counts>,
    // Dropped, the shipper ends: nobody can tell it to drain.
    _drain: watch::Sender<bool>,
    tasks: [JoinHandle<()>; 2],
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Agent {
    /// Starts the agent of the `i`-th node.
    ///
    /// # Errors
    /// If its token cannot be written into `dir`.
    pub(crate) fn start(i: usize, collector: &str, dir: &Path) -> Result<Self> {
        let token_file = dir.join(format!("token-{i}"));
        std::fs::write(&token_file, token(i))?;
        let target = Target { address: format!("http://{collector}"), token_file, ca_file: None };
        let (spool, writer) = Spool::open(Arc::new(Nowhere), SPOOL_BYTES);
        let recorded = Arc::new(record::Counts::default());
        let shipped = Arc::new(ship::Counts::default());
        let (rows, taken) = mpsc::channel(64);
        let shipper = Shipper::new(target, spool.clone(), Arc::clone(&shipped), rows.downgrade());
        let recorder = Recorder::new(new_epoch(), spool.clone(), writer, Arc::clone(&recorded));
        let (drain, draining) = watch::channel(false);
        let tasks = [tokio::spawn(recorder.run(taken)), tokio::spawn(shipper.run(draining))];
        Ok(Self { rows, spool, shipped, recorded, _drain: drain, tasks })
    }

    /// Hands over rows, as a source does.
    ///
    /// # Errors
    /// If the agent has ended.
    pub(crate) async fn give(&self, rows: Vec<Row>) -> Result<()> {
        self.rows.send(Batch::from(rows)).await.context("the agent has ended")
    }

    /// Hands over rows; gives how long it takes until they are acknowledged, together with all that
    /// were given before.
    ///
    /// # Errors
    /// If the agent has ended.
    pub(crate) async fn acknowledged(&self, rows: Vec<Row>) -> Result<Duration> {
        let (recorded, told) = tokio::sync::oneshot::channel();
        let started = Instant::now();
        let batch = Batch { rows, recorded: Some(recorded), soon: false };
        self.rows.send(batch).await.context("the agent has ended")?;
        // In memory nothing is recorded, and that is not told; either way the rows are in the spool.
        told.await.ok();
        while self.spool.pending().rows > 0 {
            tokio::time::sleep(LOOK).await;
        }
        Ok(started.elapsed())
    }

    /// Rows that wait for an ack.
    pub(crate) fn pending(&self) -> u64 {
        self.spool.pending().rows
    }

    /// How often the collector welcomed it.
    pub(crate) fn welcomes(&self) -> u64 {
        self.shipped.connects.load(Ordering::Relaxed)
    }

    /// Rows that it took, and of these the refused, misfitting and evicted ones.
    pub(crate) fn rows(&self) -> (u64, u64) {
        let lost = self.shipped.rejected.load(Ordering::Relaxed)
            + self.recorded.misfits.load(Ordering::Relaxed)
            + self.recorded.evicted.load(Ordering::Relaxed);
        (self.recorded.taken.load(Ordering::Relaxed), lost)
    }
}
