//! The spool: rows wait here, on disk, from the moment they are taken until the collector has
//! stored them. It may touch the files of its own folder; it must never lose a row in silence, nor
//! keep the agent from starting.
//!
//! # What it promises
//!
//! * [`Writer::commit`] comes back when the frames are *recorded*: written and fsynced, with the
//!   folder fsynced where a file is new. Only then does the shipper see them.
//! * What was recorded stays until it is acknowledged, or is declared as lost before it goes.
//! * It always opens. A torn tail is cut: it was never recorded. A damaged middle is skipped, and
//!   handed out by [`Spool::holes`] to be declared, as is a missing segment between two others.
//! * An fsync or a write that failed is never tried again on the same file: the kernel may have
//!   dropped the pages and say yes the second time. The segment is sealed, and what is in doubt is
//!   written to a new one from memory.
//! * Without a disk that works (full, gone, read-only) frames wait in memory, within
//!   a bound, and [`Pending::degraded`] says so.
//!
//! # No ledger
//!
//! No file says how far the collector is. The collector does, at each connection, and it knows
//! better. So there is nothing to keep in step, and a spool restored from a backup, or cloned with
//! its machine, sends again what the database drops as duplicates.
//!
//! # On disk
//!
//! A folder of segments, `ORDINAL-EPOCH-FIRST.seg` (hexadecimal digits: 8, 16 and 16): age, epoch,
//! and sequence number of the first row. A segment holds one epoch, in order. A process writes only
//! to segments that it made itself: each start is a new epoch. Segments are preallocated, so that a
//! disk that fills up does not cut a record short. Their format is in [`segment`].
//!
//! At the end of each segment a few KiB stay free for one record: when no further segment can be
//! had, the row that declares what is evicted still finds a place, and is recorded before anything
//! is deleted.

mod disk;
mod read;
pub mod segment;
mod writer;

#[cfg(test)]
mod model;
#[cfg(any(test, feature = "sim"))]
pub mod sim;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use naap_schema::proto::Frame;
use prost::Message;
use tokio::sync::watch;

use crate::{limits, machine};
pub use disk::{Disk, DiskError, Nowhere};
pub use writer::Writer;

/// A range of rows that will never be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lost {
    /// Their epoch.
    pub epoch: u64,
    /// The first of them.
    pub from_seq: u64,
    /// The last of them.
    pub to_seq: u64,
}

impl Lost {
    /// How many rows these are.
    pub const fn rows(&self) -> u64 {
        self.to_seq.saturating_sub(self.from_seq).saturating_add(1)
    }
}

/// What waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pending {
    /// Rows that no ack covers.
    pub rows: u64,
    /// Bytes of the segments that hold them.
    pub bytes: u64,
    /// Rows are taken into memory only, or were when they came: a power cut would lose them.
    pub degraded: bool,
}

/// The folder, as the spool needs it. Names are plain file names.
pub trait Fs: Send + Sync + fmt::Debug {
    /// Names of all files.
    ///
    /// # Errors
    /// If the folder cannot be read.
    fn list(&self) -> io::Result<Vec<String>>;
    /// A whole file.
    ///
    /// # Errors
    /// If it is not there or cannot be read.
    fn read(&self, name: &str) -> io::Result<Vec<u8>>;
    /// A new file with room for so many bytes set aside.
    ///
    /// # Errors
    /// If it is there already, or there is no room.
    fn create(&self, name: &str, bytes: u64) -> io::Result<Box<dyn Append>>;
    /// Cuts a file.
    ///
    /// # Errors
    /// If it cannot be cut.
    fn truncate(&self, name: &str, bytes: u64) -> io::Result<()>;
    /// Removes a file.
    ///
    /// # Errors
    /// If it cannot be removed.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Makes creations and removals of files durable.
    ///
    /// # Errors
    /// If that is not certain.
    fn sync(&self) -> io::Result<()>;
}

/// A file that grows.
pub trait Append: Send + fmt::Debug {
    /// Adds all of `bytes`.
    ///
    /// # Errors
    /// If some of it may be missing.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Makes what was added durable.
    ///
    /// # Errors
    /// If that is not certain; then it never will be.
    fn sync(&mut self) -> io::Result<()>;
}

/// Where the frames of a segment are.
#[derive(Debug)]
enum Place {
    /// In a file, up to this byte.
    File { name: String, bytes: u64 },
    /// In memory, since no file would take them.
    Memory { frames: Vec<Arc<Frame>>, bytes: u64 },
}

/// What is known of a segment.
#[derive(Debug)]
struct Segment {
    epoch: u64,
    first_seq: u64,
    /// The last recorded row; `first_seq - 1` as long as there is none.
    last_seq: u64,
    /// Rows between these that are not there.
    holes: Vec<(u64, u64)>,
    place: Place,
}

impl Segment {
    fn rows_after(&self, seq: u64) -> u64 {
        let from = self.first_seq.max(seq.saturating_add(1));
        let missing = |h: &(u64, u64)| (h.1 + 1).saturating_sub(h.0.max(from));
        let all = (self.last_seq + 1).saturating_sub(from);
        all.saturating_sub(self.holes.iter().map(missing).sum())
    }

    fn bytes(&self) -> u64 {
        match &self.place {
            Place::File { bytes, .. } | Place::Memory { bytes, .. } => *bytes,
        }
    }
}

/// Age of a segment: the number in front of its name.
type Ordinal = u32;

/// Frames of one segment, in order: all of those that were recorded after row `after`.
#[derive(Debug, Default)]
struct Window {
    at: Ordinal,
    after: u64,
    frames: Vec<Arc<Frame>>,
}

#[derive(Debug, Default)]
struct Index {
    segments: BTreeMap<Ordinal, Segment>,
    /// The segment that is written to.
    active: Option<Ordinal>,
    acked: HashMap<u64, u64>,
    /// The newest frames, so that what is sent at once is not read back.
    recent: VecDeque<Arc<Frame>>,
    recent_bytes: usize,
    /// What was read back last.
    window: Window,
    /// Ranges that are missing between what is there.
    holes: Vec<Lost>,
    /// Files that may go.
    done: Vec<String>,
    /// Whether the last append found no disk.
    no_disk: bool,
    /// Whether the recorder is to begin a new epoch.
    renew: bool,
    /// The epoch that the recorder is in.
    live: Option<u64>,
}

impl Index {
    fn acked(&self, epoch: u64) -> u64 {
        self.acked.get(&epoch).copied().unwrap_or(0)
    }

    /// Forgets segments of which nothing is left to send.
    fn sweep(&mut self) {
        let spent: Vec<Ordinal> = self
            .segments
            .iter()
            .filter(|(at, s)| Some(**at) != self.active && s.rows_after(self.acked(s.epoch)) == 0)
            .map(|(at, _)| *at)
            .collect();
        for at in spent {
            self.forget(at);
        }
        let acked = &self.acked;
        let through = |epoch: &u64| acked.get(epoch).copied().unwrap_or(0);
        self.recent.retain(|f| last_seq(f) > through(&f.epoch));
        self.recent_bytes = self.recent.iter().map(|f| f.encoded_len()).sum();
        let segments = &self.segments;
        self.acked.retain(|epoch, _| segments.values().any(|s| s.epoch == *epoch));
    }

    fn forget(&mut self, at: Ordinal) {
        if let Some(Segment { place: Place::File { name, .. }, .. }) = self.segments.remove(&at) {
            self.done.push(name);
        }
    }

    fn remember(&mut self, frame: Arc<Frame>) {
        self.recent_bytes += frame.encoded_len();
        self.recent.push_back(frame);
        while self.recent_bytes > limits::RECENT_BYTES {
            let Some(old) = self.recent.pop_front() else { break };
            self.recent_bytes -= old.encoded_len();
        }
    }

    fn pending(&self) -> Pending {
        let mut pending = Pending { degraded: self.no_disk, ..Pending::default() };
        for segment in self.segments.values() {
            let rows = segment.rows_after(self.acked(segment.epoch));
            if rows > 0 {
                pending.rows += rows;
                pending.bytes += segment.bytes();
                pending.degraded |= matches!(segment.place, Place::Memory { .. });
            }
        }
        pending
    }
}

/// Sequence number of a frame's last row.
pub(crate) fn last_seq(frame: &Frame) -> u64 {
    frame.first_seq.saturating_add(u64::from(frame.rows.max(1)) - 1)
}

#[derive(Debug)]
struct Shared {
    fs: Arc<dyn Fs>,
    max_bytes: u64,
    index: Mutex<Index>,
    appends: watch::Sender<u64>,
    bytes: watch::Sender<u64>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Index) -> T) -> T {
        let mut index = self.lock();
        let out = change(&mut index);
        let bytes = index.pending().bytes;
        drop(index);
        self.bytes.send_replace(bytes);
        out
    }
}

/// The spool as the shipper and the sources see it. Clones share it.
#[derive(Debug, Clone)]
pub struct Spool {
    shared: Arc<Shared>,
}

/// What a search for a frame came to.
enum Next {
    Frame(Arc<Frame>),
    /// It is in this segment.
    Read(Ordinal),
    Nothing,
}

impl Spool {
    /// Opens the folder `fs`, for at most `max_bytes` in segments. Blocks. Never fails: what cannot
    /// be read is skipped.
    pub fn open(fs: Arc<dyn Fs>, max_bytes: u64) -> (Self, Writer) {
        let (index, next) = read::load(fs.as_ref());
        let shared = Shared {
            fs,
            max_bytes,
            index: Mutex::new(index),
            appends: watch::Sender::new(0),
            bytes: watch::Sender::new(0),
        };
        let shared = Arc::new(shared);
        shared.change(|_| ());
        (Self { shared: Arc::clone(&shared) }, Writer::new(shared, next))
    }

    /// The first frame of an epoch with a row after `seq`.
    pub async fn after(&self, epoch: u64, seq: u64) -> Option<Arc<Frame>> {
        loop {
            let at = match self.find(epoch, seq) {
                Next::Frame(frame) => return Some(frame),
                Next::Nothing => return None,
                Next::Read(at) => at,
            };
            let shared = Arc::clone(&self.shared);
            let read = machine::blocking(move || read::fetch(&shared, at, seq)).await;
            // Only a runtime that shuts down cancels it.
            read.ok()?;
        }
    }

    fn find(&self, epoch: u64, seq: u64) -> Next {
        let index = self.shared.lock();
        let next = seq.saturating_add(1);
        let fits = |f: &&Arc<Frame>| f.epoch == epoch && f.first_seq <= next && next <= last_seq(f);
        if let Some(frame) = index.recent.iter().find(fits) {
            return Next::Frame(Arc::clone(frame));
        }
        let left = |s: &Segment| s.epoch == epoch && s.rows_after(seq) > 0;
        let Some((at, segment)) = index.segments.iter().find(|(_, s)| left(s)) else {
            return Next::Nothing;
        };
        let window = &index.window;
        let frames = match &segment.place {
            Place::Memory { frames, .. } => frames,
            Place::File { .. } if window.at == *at && window.after <= seq => &window.frames,
            Place::File { .. } => return Next::Read(*at),
        };
        match frames.iter().find(|f| last_seq(f) > seq) {
            Some(frame) => Next::Frame(Arc::clone(frame)),
            // It has grown since it was read.
            None => Next::Read(*at),
        }
    }

    /// Forgets what the collector has stored.
    pub fn ack(&self, epoch: u64, through_seq: u64) {
        self.shared.change(|index| {
            let acked = index.acked.entry(epoch).or_default();
            *acked = through_seq.max(*acked);
            let through = *acked;
            for hole in index.holes.iter_mut().filter(|h| h.epoch == epoch) {
                hole.from_seq = hole.from_seq.max(through.saturating_add(1));
            }
            index.holes.retain(|h| h.from_seq <= h.to_seq);
            index.sweep();
        });
    }

    /// Epochs that have frames waiting, oldest first. The last one is the live one, if it waits.
    pub fn epochs(&self) -> Vec<u64> {
        let index = self.shared.lock();
        let mut epochs = Vec::new();
        for segment in index.segments.values() {
            let waits = segment.rows_after(index.acked(segment.epoch)) > 0;
            if waits && !epochs.contains(&segment.epoch) {
                epochs.push(segment.epoch);
            }
        }
        epochs
    }

    /// The epochs that are known here, oldest first, and the last recorded row of each,
    /// acknowledged or not: those that have frames, and the running one, with 0 as long as nothing
    /// of it is recorded.
    pub fn recorded(&self) -> Vec<(u64, u64)> {
        let index = self.shared.lock();
        let mut recorded: Vec<(u64, u64)> = Vec::new();
        let segments = index.segments.values().map(|s| (s.epoch, s.last_seq));
        for (epoch, last) in segments.chain(index.live.map(|epoch| (epoch, 0))) {
            match recorded.iter_mut().find(|(e, _)| *e == epoch) {
                Some((_, known)) => *known = last.max(*known),
                None => recorded.push((epoch, last)),
            }
        }
        recorded
    }

    /// The recorder is in this epoch now.
    pub(crate) fn begins(&self, epoch: u64) {
        self.shared.lock().live = Some(epoch);
    }

    /// How much waits.
    pub fn pending(&self) -> Pending {
        self.shared.lock().pending()
    }

    /// Bytes of one epoch that wait.
    pub fn pending_of(&self, epoch: u64) -> u64 {
        let index = self.shared.lock();
        let waits = |s: &&Segment| s.epoch == epoch && s.rows_after(index.acked(epoch)) > 0;
        index.segments.values().filter(waits).map(Segment::bytes).sum()
    }

    /// Takes the ranges that are missing here. To be asked after the collector has said how far
    /// each epoch is stored: what it has is not lost, and [`Spool::ack`] took it out.
    pub fn holes(&self) -> Vec<Lost> {
        std::mem::take(&mut self.shared.lock().holes)
    }

    /// Keeps a frame that the collector refuses, for whoever looks into it; a bounded number of them.
    pub async fn set_aside(&self, frame: &Arc<Frame>) {
        let (shared, frame) = (Arc::clone(&self.shared), Arc::clone(frame));
        let keeping = machine::blocking(move || {
            let kept = shared.fs.list()?.iter().filter(|n| n.ends_with(".refused")).count();
            if kept >= limits::QUARANTINED {
                return Err(io::Error::other("too many are kept already"));
            }
            let name = format!("{:016x}-{:016x}.refused", frame.epoch, frame.first_seq);
            let bytes = frame.encode_to_vec();
            let mut file = shared.fs.create(&name, bytes.len() as u64)?;
            file.append(&bytes)?;
            file.sync()
        });
        if let Ok(Err(error)) = keeping.await {
            tracing::warn!(%error, "a refused frame is not kept");
        }
    }

    /// Asks for a new epoch, so that what is taken from now on need not wait behind what waits.
    pub fn renew(&self) {
        self.shared.lock().renew = true;
    }

    /// Whether a new epoch was asked for; asked once.
    pub(crate) fn take_renewal(&self) -> bool {
        std::mem::take(&mut self.shared.lock().renew)
    }

    /// Waits until something was appended since `seen`, which it brings up to date.
    pub async fn appended(&self, seen: &mut u64) {
        let mut appends = self.shared.appends.subscribe();
        // The sender lives as long as this spool.
        if let Ok(now) = appends.wait_for(|n| n != seen).await {
            *seen = *now;
        }
    }

    /// Waits until at least half of the room is free.
    pub async fn room(&self) {
        let half = self.shared.max_bytes / 2;
        drop(self.shared.bytes.subscribe().wait_for(|b| *b < half).await);
    }
}
