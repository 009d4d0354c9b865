//! Looks through a folder at the start, and reads segments back.

use std::collections::HashMap;
use std::sync::Arc;

use naap_schema::proto::Frame;

use super::segment::{Frames, parse_name};
use super::{Fs, Index, Lost, Ordinal, Place, Segment, Shared, Window, last_seq};

/// Everything that waits in a folder, and the age of the next segment. What cannot be read is
/// skipped: the agent starts.
pub(super) fn load(fs: &dyn Fs) -> (Index, Ordinal) {
    let mut index = Index::default();
    let names = fs.list().unwrap_or_else(|error| {
        tracing::error!(%error, "the spool cannot be listed; what waits there is not sent");
        index.no_disk = true;
        Vec::new()
    });
    let mut found: Vec<_> = names.into_iter().filter_map(|n| Some((parse_name(&n)?, n))).collect();
    found.sort();
    let next = found.last().map_or(0, |((ordinal, _, _), _)| ordinal.saturating_add(1));
    // Newest first: what an fsync failed for was written again to a newer segment, and only that
    // copy is safe, though the older one may still be readable.
    let mut begun: HashMap<u64, u64> = HashMap::new();
    for ((ordinal, epoch, first_seq), name) in found.iter().rev().cloned() {
        let bytes = match fs.read(&name) {
            Ok(bytes) => bytes,
            Err(error) => {
                tracing::error!(segment = name, %error, "a segment of the spool cannot be read");
                continue;
            }
        };
        let until = begun.get(&epoch).copied().unwrap_or(u64::MAX);
        let segment = look(epoch, first_seq.max(1), until, &name, &bytes);
        shorten(fs, &name, &segment, &bytes);
        if segment.rows_after(0) == 0 {
            index.done.push(name);
            continue;
        }
        begun.insert(epoch, segment.first_seq);
        index.segments.insert(ordinal, segment);
    }
    let mut last: HashMap<u64, u64> = HashMap::new();
    for ((ordinal, epoch, first_seq), _) in found {
        let last = last.entry(epoch).or_insert(first_seq.max(1) - 1);
        // One in which nothing can be read still says where it began.
        let Some(segment) = index.segments.get(&ordinal) else { continue };
        missing(&mut index.holes, epoch, *last + 1, segment.first_seq - 1);
        for (from, to) in &segment.holes {
            missing(&mut index.holes, epoch, *from, *to);
        }
        *last = segment.last_seq;
    }
    let pending = index.pending();
    if pending.rows > 0 {
        tracing::info!(rows = pending.rows, bytes = pending.bytes, "rows wait in the spool");
    }
    (index, next)
}

/// What is in a segment whose name says that it begins at `first_seq`, up to a newer one that
/// begins at `until`.
fn look(epoch: u64, first_seq: u64, until: u64, name: &str, bytes: &[u8]) -> Segment {
    let mut segment = Segment {
        epoch,
        first_seq,
        last_seq: first_seq - 1,
        holes: Vec::new(),
        place: Place::File { name: name.to_owned(), bytes: 0 },
    };
    let mut frames = Frames::new(epoch, bytes);
    let mut end = 0;
    while let Some(frame) = frames.next().filter(|f| f.first_seq < until) {
        if frame.first_seq > segment.last_seq + 1 {
            segment.holes.push((segment.last_seq + 1, frame.first_seq - 1));
        }
        segment.last_seq = last_seq(&frame);
        end = frames.end() as u64;
    }
    segment.place = Place::File { name: name.to_owned(), bytes: end };
    if !segment.holes.is_empty() {
        tracing::error!(segment = name, ranges = segment.holes.len(), "a segment is damaged");
    }
    segment
}

/// Gives back the room that was set aside and not used. What is not zero is left for whoever wants
/// to look at it.
fn shorten(fs: &dyn Fs, name: &str, segment: &Segment, bytes: &[u8]) {
    let used = bytes.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
    let used = (used as u64).max(segment.bytes());
    if used > segment.bytes() {
        tracing::warn!(
            segment = name,
            bytes = used - segment.bytes(),
            "a record was cut short when the agent was; it had not been recorded"
        );
    }
    if used < bytes.len() as u64 {
        // It only costs room.
        drop(fs.truncate(name, used));
    }
}

fn missing(holes: &mut Vec<Lost>, epoch: u64, from_seq: u64, to_seq: u64) {
    if from_seq <= to_seq {
        tracing::error!(epoch, from_seq, to_seq, "rows of the spool cannot be read");
        holes.push(Lost { epoch, from_seq, to_seq });
    }
}

/// Reads the frames of a segment that have rows after `seq` into the window. Rows that were there
/// and cannot be read any more become holes.
pub(super) fn fetch(shared: &Shared, at: Ordinal, seq: u64) {
    let wanted = {
        let index = shared.lock();
        match index.segments.get(&at) {
            Some(Segment { epoch, place: Place::File { name, bytes }, .. }) => {
                Some((*epoch, name.clone(), *bytes))
            }
            _ => None,
        }
    };
    let Some((epoch, name, length)) = wanted else { return };
    let bytes = match shared.fs.read(&name) {
        Ok(bytes) => bytes,
        Err(error) => {
            tracing::error!(segment = name, %error, "a segment of the spool cannot be read");
            Vec::new()
        }
    };
    let length = usize::try_from(length).unwrap_or(usize::MAX).min(bytes.len());
    let recorded = bytes.get(..length).unwrap_or_default();
    let mut frames: Vec<Arc<Frame>> =
        Frames::new(epoch, recorded).filter(|f| last_seq(f) > seq).map(Arc::new).collect();
    shared.change(|index| {
        // What is still in memory is not lost.
        for recent in index.recent.iter().filter(|f| f.epoch == epoch && last_seq(f) > seq) {
            if let Err(at) = frames.binary_search_by_key(&recent.first_seq, |f| f.first_seq) {
                frames.insert(at, Arc::clone(recent));
            }
        }
        // It may have been evicted meanwhile; then nobody asks for it again.
        let Some(segment) = index.segments.get_mut(&at) else { return };
        let mut next = segment.first_seq.max(seq.saturating_add(1));
        let mut gone = Vec::new();
        let known = segment.last_seq;
        let end = known.saturating_add(1);
        // Frames of other segments, and those that came since the length was read, are no concern
        // of this one.
        frames.retain(|f| (segment.first_seq..=known).contains(&f.first_seq));
        for (first, last) in frames.iter().map(|f| (f.first_seq, last_seq(f))).chain([(end, end)]) {
            if first > next {
                gone.extend(less(next, first - 1, &segment.holes));
            }
            next = next.max(last.saturating_add(1));
        }
        segment.holes.extend(&gone);
        for (from, to) in gone {
            missing(&mut index.holes, epoch, from, to);
        }
        index.window = Window { at, after: seq, frames };
        index.sweep();
    });
}

/// A range without what is in `holes`.
fn less(from: u64, to: u64, holes: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let mut left = vec![(from, to)];
    for (a, b) in holes {
        left = left
            .into_iter()
            .flat_map(|(from, to)| [(from, to.min(a.saturating_sub(1))), (from.max(b + 1), to)])
            .filter(|(from, to)| from <= to)
            .collect();
    }
    left
}
