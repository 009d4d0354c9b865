//! Frames that wait until they are acknowledged.
//!
//! The seam between taking and sending: [`Spool`] is what the recorder fills and the shipper
//! empties. This one lives in memory and is bounded; a durable one takes its place behind the same
//! trait.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use naap_schema::proto::Frame;
use prost::Message;
use tokio::sync::watch;

/// A range of rows that will never be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lost {
    /// Their epoch.
    pub epoch: u64,
    /// The first of them.
    pub from_seq: u64,
    /// The last of them.
    pub to_seq: u64,
}

/// What waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pending {
    /// Rows.
    pub rows: u64,
    /// Bytes, as encoded frames.
    pub bytes: usize,
}

/// Where frames wait. Frames of an epoch are kept in the order of their sequence numbers.
#[async_trait]
pub trait Spool: Send + Sync + std::fmt::Debug {
    /// Takes a frame. When there is no room, the oldest go; the answer says which.
    fn append(&self, frame: Frame) -> Vec<Lost>;
    /// The first frame of an epoch that begins after `seq`.
    fn after(&self, epoch: u64, seq: u64) -> Option<Arc<Frame>>;
    /// Forgets what the collector has stored.
    fn ack(&self, epoch: u64, through_seq: u64);
    /// Puts other frames in the place of one: the part of it that can be sent.
    fn replace(&self, frame: &Frame, by: Vec<Frame>);
    /// Epochs that have frames waiting.
    fn epochs(&self) -> Vec<u64>;
    /// How much waits.
    fn pending(&self) -> Pending;
    /// Waits until something was appended since `seen`, which it brings up to date.
    async fn appended(&self, seen: &mut u64);
    /// Waits until at least half of the room is free.
    async fn room(&self);
}

/// A spool in memory: what it holds is lost with its process.
#[derive(Debug)]
pub struct MemorySpool {
    max_bytes: usize,
    frames: Mutex<Frames>,
    appends: watch::Sender<u64>,
    bytes: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct Frames {
    queue: VecDeque<Arc<Frame>>,
    pending: Pending,
}

impl Frames {
    fn remove(&mut self, keep: impl Fn(&Frame) -> bool) {
        self.queue.retain(|f| keep(f));
        self.count();
    }

    fn count(&mut self) {
        let rows = self.queue.iter().map(|f| u64::from(f.rows)).sum();
        self.pending = Pending { rows, bytes: self.queue.iter().map(|f| f.encoded_len()).sum() };
    }
}

/// Sequence number of a frame's last row.
pub(crate) fn last_seq(frame: &Frame) -> u64 {
    frame.first_seq + u64::from(frame.rows.max(1)) - 1
}

impl MemorySpool {
    /// A spool for at most so many bytes of frames.
    pub fn new(max_bytes: usize) -> Self {
        Self {
            max_bytes,
            frames: Mutex::default(),
            appends: watch::Sender::new(0),
            bytes: watch::Sender::new(0),
        }
    }

    fn with<T>(&self, change: impl FnOnce(&mut Frames) -> T) -> T {
        let mut frames = self.frames.lock().unwrap_or_else(PoisonError::into_inner);
        let out = change(&mut frames);
        self.bytes.send_replace(frames.pending.bytes);
        out
    }
}

#[async_trait]
impl Spool for MemorySpool {
    fn append(&self, frame: Frame) -> Vec<Lost> {
        let lost = self.with(|f| {
            let mut lost = Vec::new();
            f.pending.rows += u64::from(frame.rows);
            f.pending.bytes += frame.encoded_len();
            f.queue.push_back(Arc::new(frame));
            while f.pending.bytes > self.max_bytes && f.queue.len() > 1 {
                let Some(oldest) = f.queue.pop_front() else { break };
                f.pending.rows -= u64::from(oldest.rows);
                f.pending.bytes -= oldest.encoded_len();
                let (epoch, from_seq) = (oldest.epoch, oldest.first_seq);
                lost.push(Lost { epoch, from_seq, to_seq: last_seq(&oldest) });
            }
            lost
        });
        self.appends.send_modify(|n| *n += 1);
        lost
    }

    fn after(&self, epoch: u64, seq: u64) -> Option<Arc<Frame>> {
        self.with(|f| f.queue.iter().find(|f| f.epoch == epoch && f.first_seq > seq).cloned())
    }

    fn ack(&self, epoch: u64, through_seq: u64) {
        self.with(|f| f.remove(|f| f.epoch != epoch || last_seq(f) > through_seq));
    }

    fn replace(&self, frame: &Frame, by: Vec<Frame>) {
        self.with(|f| {
            let same = |f: &Arc<Frame>| f.epoch == frame.epoch && f.first_seq == frame.first_seq;
            let Some(at) = f.queue.iter().position(same) else { return };
            f.queue.remove(at);
            for (i, part) in by.into_iter().enumerate() {
                f.queue.insert(at + i, Arc::new(part));
            }
            f.count();
        });
    }

    fn epochs(&self) -> Vec<u64> {
        self.with(|f| {
            let mut epochs: Vec<u64> = f.queue.iter().map(|f| f.epoch).collect();
            epochs.sort_unstable();
            epochs.dedup();
            epochs
        })
    }

    fn pending(&self) -> Pending {
        self.with(|f| f.pending)
    }

    async fn appended(&self, seen: &mut u64) {
        let mut appends = self.appends.subscribe();
        if let Ok(now) = appends.wait_for(|n| n != seen).await {
            *seen = *now;
        }
    }

    async fn room(&self) {
        let half = self.max_bytes / 2;
        // An error means that the spool is gone, and then there is nothing to wait for.
        drop(self.bytes.subscribe().wait_for(|b| *b < half).await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(first_seq: u64, rows: u32, bytes: usize) -> Frame {
        Frame { epoch: 7, first_seq, rows, body: vec![0; bytes], ..Frame::default() }
    }

    #[test]
    fn acks_are_cumulative_and_half_a_frame_stays() {
        let spool = MemorySpool::new(1 << 20);
        for (first, rows) in [(1, 5), (6, 5), (11, 1)] {
            assert_eq!(spool.append(frame(first, rows, 10)), []);
        }
        assert_eq!(spool.pending().rows, 11);
        spool.ack(7, 8);
        assert_eq!(spool.after(7, 0).unwrap().first_seq, 6, "rows 9 and 10 are not acked");
        spool.ack(7, 10);
        assert_eq!(spool.after(7, 0).unwrap().first_seq, 11);
        spool.ack(8, 99);
        assert_eq!(spool.epochs(), [7]);
        spool.ack(7, 11);
        assert_eq!((spool.pending(), spool.epochs()), (Pending::default(), vec![]));
    }

    #[test]
    fn a_full_spool_evicts_the_oldest_and_says_so() {
        let spool = MemorySpool::new(250);
        assert_eq!(spool.append(frame(1, 3, 100)), []);
        assert_eq!(spool.append(frame(4, 3, 100)), []);
        let lost = spool.append(frame(7, 3, 100));
        assert_eq!(lost, [Lost { epoch: 7, from_seq: 1, to_seq: 3 }]);
        assert_eq!(spool.after(7, 0).unwrap().first_seq, 4);
        let all = spool.append(frame(10, 1, 1000));
        assert_eq!(all.len(), 2, "a frame that is larger than all stays: {all:?}");
    }

    #[test]
    fn a_frame_is_replaced_in_its_place() {
        let spool = MemorySpool::new(1 << 20);
        spool.append(frame(1, 5, 10));
        spool.append(frame(6, 5, 10));
        spool.replace(&frame(1, 5, 10), vec![frame(1, 1, 5), frame(4, 2, 5)]);
        let order: Vec<u64> =
            [0, 1, 4].iter().map(|s| spool.after(7, *s).unwrap().first_seq).collect();
        assert_eq!(order, [1, 4, 6]);
        assert_eq!(spool.pending().rows, 8);
    }

    #[tokio::test]
    async fn whoever_waits_is_woken() {
        let spool = Arc::new(MemorySpool::new(100));
        spool.append(frame(1, 1, 80));
        let mut seen = 0;
        spool.appended(&mut seen).await;
        assert_eq!(seen, 1);
        let waiting = tokio::spawn({
            let spool = Arc::clone(&spool);
            async move { spool.room().await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        spool.ack(7, 1);
        waiting.await.unwrap();
    }
}
