//! The format of a segment, and how a damaged one is read. Pure: bytes in, records out.
//!
//! ```text
//! segment = MAGIC record* zero*
//! record  = length:u32 check:u32 first_seq:u64 rows:u32 frame:[u8; length]
//! ```
//!
//! Integers are little-endian. `check` is the CRC-32C of the epoch (8 bytes), `length`, `first_seq`,
//! `rows` and the frame: with the epoch, which stands in the file's name only, so that a block of
//! another file is not taken for one of this. The frame is an encoded `naap.v1.Frame` of that epoch.
//!
//! Where a record is damaged, the next place where a whole one begins is searched byte by byte. What
//! lies between two good records was recorded and is lost; what lies after the last one was being
//! written when the power went.

use naap_schema::limits::{MAX_FRAME_BYTES, MAX_FRAME_ROWS};
use naap_schema::proto::Frame;
use prost::Message;

/// The first bytes of a segment: its format's name and version.
pub const MAGIC: [u8; 8] = *b"naapseg\x01";
/// What a record adds to its frame, bytes.
pub const OVERHEAD: usize = 20;
/// A frame's own envelope on top of its largest body.
const MOST_BYTES: usize = MAX_FRAME_BYTES + (64 << 10);

/// Appends a frame as a record.
pub fn put(frame: &Frame, out: &mut Vec<u8>) {
    let bytes = frame.encode_to_vec();
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes();
    let (first, rows) = (frame.first_seq.to_le_bytes(), frame.rows.to_le_bytes());
    let check = check(frame.epoch, length, first, rows, &bytes).to_le_bytes();
    for part in [&length[..], &check, &first, &rows, &bytes] {
        out.extend_from_slice(part);
    }
}

/// Size of a frame as a record, bytes.
pub fn size(frame: &Frame) -> usize {
    OVERHEAD + frame.encoded_len()
}

fn check(epoch: u64, length: [u8; 4], first: [u8; 8], rows: [u8; 4], frame: &[u8]) -> u32 {
    let mut crc = crc32c::crc32c(&epoch.to_le_bytes());
    for part in [&length[..], &first, &rows, frame] {
        crc = crc32c::crc32c_append(crc, part);
    }
    crc
}

/// The frames of a segment, in order; damage is stepped over.
#[derive(Debug)]
pub struct Frames<'a> {
    epoch: u64,
    bytes: &'a [u8],
    at: usize,
    last_seq: u64,
}

impl<'a> Frames<'a> {
    /// Reads a segment of this epoch.
    pub const fn new(epoch: u64, bytes: &'a [u8]) -> Self {
        Self { epoch, bytes, at: MAGIC.len(), last_seq: 0 }
    }

    /// Where the last good record ends, bytes from the start.
    pub fn end(&self) -> usize {
        self.at.min(self.bytes.len())
    }

    /// The record at this place, and where it ends.
    fn record(&self, at: usize) -> Option<(Frame, usize)> {
        let rest = self.bytes.get(at..)?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let bytes = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let (check_sum, rest) = rest.split_first_chunk::<4>()?;
        let (first, rest) = rest.split_first_chunk::<8>()?;
        let (rows, rest) = rest.split_first_chunk::<4>()?;
        let (first_seq, count) = (u64::from_le_bytes(*first), u32::from_le_bytes(*rows));
        // What cannot be is not worth a checksum over a megabyte.
        let rows_make_sense = (1..=MAX_FRAME_ROWS).contains(&usize::try_from(count).ok()?);
        if bytes == 0 || bytes > MOST_BYTES || first_seq <= self.last_seq || !rows_make_sense {
            return None;
        }
        let encoded = rest.get(..bytes)?;
        let sum = check(self.epoch, *length, *first, *rows, encoded);
        if sum != u32::from_le_bytes(*check_sum) {
            return None;
        }
        let frame = Frame::decode(encoded).ok()?;
        let same = frame.epoch == self.epoch && frame.first_seq == first_seq && frame.rows == count;
        first_seq.checked_add(u64::from(count))?;
        same.then_some((frame, at + OVERHEAD + bytes))
    }
}

impl Iterator for Frames<'_> {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        let mut at = self.at;
        loop {
            if let Some((frame, end)) = self.record(at) {
                self.last_seq = super::last_seq(&frame);
                self.at = end;
                return Some(frame);
            }
            // A record begins with the low byte of its length or, if that is zero, soon before one
            // that is not: long runs of zeros (the room set aside) are passed at once.
            let rest = self.bytes.get(at + 1..)?;
            let zeros = rest.iter().take_while(|b| **b == 0).count();
            at += 1 + zeros.saturating_sub(3);
            if at + OVERHEAD >= self.bytes.len() {
                return None;
            }
        }
    }
}

/// Age, epoch and first sequence number, as the name of a segment says.
pub fn parse_name(name: &str) -> Option<(u32, u64, u64)> {
    let (stem, end) = name.rsplit_once('.')?;
    let mut parts = stem.split('-');
    let (ordinal, epoch, first) = (parts.next()?, parts.next()?, parts.next()?);
    let shaped = end == "seg"
        && parts.next().is_none()
        && [ordinal.len(), epoch.len(), first.len()] == [8, 16, 16];
    let ordinal = u32::from_str_radix(ordinal, 16).ok().filter(|_| shaped)?;
    Some((ordinal, u64::from_str_radix(epoch, 16).ok()?, u64::from_str_radix(first, 16).ok()?))
}

/// The name of a segment.
pub fn name(ordinal: u32, epoch: u64, first_seq: u64) -> String {
    format!("{ordinal:08x}-{epoch:016x}-{first_seq:016x}.seg")
}
