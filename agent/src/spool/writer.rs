//! The one who writes: the recorder's side of the spool. Calls block.

use std::io;
use std::sync::Arc;

use naap_schema::proto::Frame;
use prost::Message;
use tokio::time::Instant;

use super::segment::{self, MAGIC};
use super::{Append, Lost, Ordinal, Place, Segment, Shared, last_seq};
use crate::limits;

/// Puts frames into the spool, in order: [`Writer::prepare`] and [`Writer::write`] for each, then
/// [`Writer::commit`] for all.
#[derive(Debug)]
pub struct Writer {
    shared: Arc<Shared>,
    next: Ordinal,
    active: Option<Active>,
    /// Written, not synced.
    fresh: Vec<Arc<Frame>>,
    /// When a new file was refused last.
    refused: Option<Instant>,
    /// What a full spool gives up next.
    condemned: Option<Ordinal>,
}

/// The segment that is written to.
#[derive(Debug)]
struct Active {
    at: Ordinal,
    epoch: u64,
    /// `None`: in memory.
    file: Option<File>,
    used: u64,
    room: u64,
}

#[derive(Debug)]
struct File {
    name: String,
    append: Box<dyn Append>,
    /// The folder does not know it for certain.
    new: bool,
    failed: bool,
}

impl Writer {
    pub(super) const fn new(shared: Arc<Shared>, next: Ordinal) -> Self {
        Self { shared, next, active: None, fresh: Vec::new(), refused: None, condemned: None }
    }

    /// Sees to it that there is room for this frame. Otherwise says which rows must go for it:
    /// those have to be declared ([`Writer::write`] has room kept for that), then evicted, and then
    /// this is asked again.
    ///
    /// # Errors
    /// The rows that must go.
    pub fn prepare(&mut self, frame: &Frame) -> Result<(), Lost> {
        let size = segment::size(frame) as u64;
        let fits =
            |a: &Active| a.epoch == frame.epoch && a.used + size + limits::RESERVE_BYTES <= a.room;
        // A memory segment is left as soon as a disk may be there again.
        let on_disk = |a: &Active| a.file.is_some() || !self.disk_is_due();
        if self.active.as_ref().is_some_and(|a| fits(a) && on_disk(a)) {
            return Ok(());
        }
        let room = (MAGIC.len() as u64 + size + limits::RESERVE_BYTES).max(limits::SEGMENT_BYTES);
        if self.disk_is_due() {
            self.clear();
            let declares = self.declares_on_disk(frame.epoch);
            if declares
                && self.allocated() + room > self.shared.max_bytes
                && let Some(lost) = self.condemn(false)
            {
                return Err(lost);
            }
            match self.open(frame, room) {
                Ok(()) => return Ok(()),
                Err(e) if is_full(&e) => {
                    if declares && let Some(lost) = self.condemn(false) {
                        return Err(lost);
                    }
                    self.no_disk(&e);
                }
                Err(e) => self.no_disk(&e),
            }
        }
        self.prepare_memory(frame, size)
    }

    fn prepare_memory(&mut self, frame: &Frame, size: u64) -> Result<(), Lost> {
        let fits =
            |a: &Active| a.epoch == frame.epoch && a.file.is_none() && a.used + size <= a.room;
        let held: u64 = {
            let index = self.shared.lock();
            let memory = |s: &&Segment| matches!(s.place, Place::Memory { .. });
            index.segments.values().filter(memory).map(Segment::bytes).sum()
        };
        if held + size > limits::MEMORY_BYTES
            && let Some(lost) = self.condemn(true)
        {
            return Err(lost);
        }
        if !self.active.as_ref().is_some_and(fits) {
            self.commit();
            self.seal();
            self.begin(frame, None, size.max(limits::MEMORY_SEGMENT_BYTES));
        }
        Ok(())
    }

    /// Whether a declaration of this epoch finds its place on the disk, in the reserve of the active
    /// segment. Without one nothing that is on the disk may go: a declaration in memory ends with
    /// the process, and the loss would be silent. A spool that has no such segment yet may therefore
    /// grow one segment beyond its size.
    fn declares_on_disk(&self, epoch: u64) -> bool {
        let has_place = |a: &Active| {
            let file = a.file.as_ref().is_some_and(|f| !f.failed);
            file && a.epoch == epoch && a.used + limits::DECLARATION_BYTES <= a.room
        };
        self.active.as_ref().is_some_and(has_place)
    }

    /// Whether a new file may be tried.
    fn disk_is_due(&self) -> bool {
        self.refused.is_none_or(|at| at.elapsed() >= limits::DISK_RETRY)
    }

    fn no_disk(&mut self, error: &io::Error) {
        let first = self.refused.is_none();
        self.refused = Some(Instant::now());
        self.shared.lock().no_disk = true;
        if first {
            tracing::error!(
                %error,
                "the spool takes no more files; rows wait in memory, and are lost if this process ends"
            );
        }
    }

    /// Adds a frame that [`Writer::prepare`] found room for, or one small frame into the reserve.
    pub fn write(&mut self, frame: Frame) {
        let size = segment::size(&frame) as u64;
        let fits = |a: &Active| a.epoch == frame.epoch && a.used + size <= a.room;
        if !self.active.as_ref().is_some_and(fits) {
            // A declaration of rows that were in memory only.
            self.commit();
            self.seal();
            self.begin(&frame, None, size.max(limits::MEMORY_SEGMENT_BYTES));
        }
        let frame = Arc::new(frame);
        self.fresh.push(Arc::clone(&frame));
        if let Some(active) = &mut self.active {
            active.used += size;
            if let Some(file) = &mut active.file {
                file.write(&frame);
            }
        }
    }

    /// Makes what was written durable; only then is it there for the shipper. Comes back when it is
    /// on disk, or in memory if no disk takes it; true if it is on disk.
    pub fn commit(&mut self) -> bool {
        if self.fresh.is_empty() {
            return true;
        }
        let mut tries = 0;
        while !self.sync() {
            tries += 1;
            self.rescue(tries);
        }
        self.publish();
        self.clear();
        self.active.as_ref().is_some_and(|a| a.file.is_some())
    }

    /// Whether everything that was written is safe, as far as this place allows.
    fn sync(&mut self) -> bool {
        let Some(Active { file: Some(file), .. }) = &mut self.active else { return true };
        let done = file.sync(self.shared.fs.as_ref());
        if let Err(error) = &done {
            tracing::error!(segment = file.name, %error, "writing the spool failed; a new segment is begun");
        }
        done.is_ok()
    }

    /// Puts what is in doubt into a new segment, or into memory.
    fn rescue(&mut self, tries: u32) {
        let fresh = std::mem::take(&mut self.fresh);
        self.seal();
        let Some(first) = fresh.first() else { return };
        let bytes: u64 = fresh.iter().map(|f| segment::size(f) as u64).sum();
        let room = MAGIC.len() as u64 + bytes + limits::RESERVE_BYTES;
        let opened = if tries > limits::RESCUES {
            Err(io::Error::other("several files failed one after the other"))
        } else {
            self.open(first, room.max(limits::SEGMENT_BYTES))
        };
        if let Err(error) = opened {
            self.no_disk(&error);
            self.begin(first, None, room);
        }
        for frame in fresh {
            self.write(Arc::unwrap_or_clone(frame));
        }
    }

    fn publish(&mut self) {
        let fresh = std::mem::take(&mut self.fresh);
        let Some(active) = &self.active else { return };
        let (at, used, on_disk) = (active.at, active.used, active.file.is_some());
        self.shared.change(|index| {
            index.no_disk = !on_disk;
            let Some(segment) = index.segments.get_mut(&at) else { return };
            segment.last_seq = fresh.last().map_or(segment.last_seq, |f| last_seq(f));
            match &mut segment.place {
                Place::File { bytes, .. } => *bytes = used,
                Place::Memory { frames, bytes } => {
                    *bytes = used;
                    frames.extend(fresh.iter().cloned());
                }
            }
            for frame in fresh {
                index.remember(frame);
            }
        });
        self.shared.appends.send_modify(|n| *n += 1);
    }

    /// Deletes what [`Writer::prepare`] said must go, if its declaration is as safe as it is. False
    /// if the disk failed meanwhile and it stays.
    pub fn evict(&mut self) -> bool {
        let Some(at) = self.condemned.take() else { return true };
        let on_disk = |s: &Segment| matches!(s.place, Place::File { .. });
        let was_on_disk = self.shared.lock().segments.get(&at).is_some_and(on_disk);
        if was_on_disk && self.active.as_ref().is_none_or(|a| a.file.is_none()) {
            self.refused = Some(Instant::now());
            return false;
        }
        self.shared.change(|index| index.forget(at));
        self.clear();
        true
    }

    /// Chooses the oldest segment: of those in memory, or of those on disk.
    fn condemn(&mut self, memory: bool) -> Option<Lost> {
        let index = self.shared.lock();
        let active = self.active.as_ref().map(|a| a.at);
        let (at, segment) = index.segments.iter().find(|(at, s)| {
            Some(**at) != active && matches!(s.place, Place::Memory { .. }) == memory
        })?;
        self.condemned = Some(*at);
        let from_seq = segment.first_seq.max(index.acked(segment.epoch) + 1);
        Some(Lost { epoch: segment.epoch, from_seq, to_seq: segment.last_seq })
    }

    /// Room that the segments take on disk.
    fn allocated(&self) -> u64 {
        let index = self.shared.lock();
        let active = self.active.as_ref();
        let on_disk = |s: &Segment| matches!(s.place, Place::File { .. });
        let sealed = index
            .segments
            .iter()
            .filter(|(at, s)| on_disk(s) && Some(**at) != active.map(|a| a.at));
        let sealed: u64 = sealed.map(|(_, s)| s.bytes()).sum();
        sealed + active.filter(|a| a.file.is_some()).map_or(0, |a| a.room)
    }

    fn open(&mut self, first: &Frame, room: u64) -> io::Result<()> {
        // What was written before is made safe where it is.
        self.commit();
        let name = segment::name(self.next, first.epoch, first.first_seq);
        let mut append = self.shared.fs.create(&name, room)?;
        let failed = append.append(&MAGIC).is_err();
        self.seal();
        self.refused = None;
        self.begin(first, Some(File { name, append, new: true, failed }), room);
        Ok(())
    }

    fn begin(&mut self, first: &Frame, file: Option<File>, room: u64) {
        let at = self.next;
        self.next = self.next.saturating_add(1);
        let place = match &file {
            Some(file) => Place::File { name: file.name.clone(), bytes: 0 },
            None => Place::Memory { frames: Vec::new(), bytes: 0 },
        };
        let (epoch, first_seq) = (first.epoch, first.first_seq.max(1));
        let segment =
            Segment { epoch, first_seq, last_seq: first_seq - 1, holes: Vec::new(), place };
        let used = if file.is_some() { MAGIC.len() as u64 } else { 0 };
        self.active = Some(Active { at, epoch, file, used, room });
        self.shared.change(|index| {
            index.segments.insert(at, segment);
            index.active = Some(at);
        });
    }

    /// Leaves the active segment; gives back the room that it did not use.
    fn seal(&mut self) {
        let Some(active) = self.active.take() else { return };
        let synced = self.shared.change(|index| {
            index.active = None;
            let bytes = index.segments.get(&active.at).map_or(0, Segment::bytes);
            index.sweep();
            bytes
        });
        if let Some(file) = active.file
            && synced > 0
            && !file.failed
        {
            // It only costs room.
            drop(self.shared.fs.truncate(&file.name, active.used));
        }
    }

    /// Deletes files that are done with.
    fn clear(&self) {
        let done = std::mem::take(&mut self.shared.lock().done);
        if done.is_empty() {
            return;
        }
        let fs = &self.shared.fs;
        for name in done {
            match fs.remove(&name) {
                Ok(()) => {}
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(error) => tracing::warn!(segment = name, %error, "a segment cannot be deleted"),
            }
        }
        // If a deletion is undone by a power cut, its rows are sent again and are duplicates.
        drop(fs.sync());
    }
}

impl File {
    fn write(&mut self, frame: &Frame) {
        let mut record = Vec::with_capacity(segment::OVERHEAD + frame.encoded_len());
        segment::put(frame, &mut record);
        self.failed |= self.append.append(&record).is_err();
    }

    fn sync(&mut self, fs: &dyn super::Fs) -> io::Result<()> {
        if self.failed {
            return Err(io::Error::other("a write before it failed"));
        }
        let done = self.append.sync().and_then(|()| if self.new { fs.sync() } else { Ok(()) });
        self.failed = done.is_err();
        self.new &= done.is_err();
        done
    }
}

fn is_full(e: &io::Error) -> bool {
    matches!(e.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
