//! Any bytes as a segment of the spool, and segments of whole records with any damage. Nothing may
//! panic or go in circles; what is read goes forward, and a record without damage is read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use naap_agent::spool::segment::{Frames, MAGIC, put};
use naap_schema::proto::Frame;

const EPOCH: u64 = 7;

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    // The first bytes are sizes of records, the rest are places and what to do there.
    let (sizes, damage) = bytes.split_at(bytes.len().min(8));
    let mut segment = MAGIC.to_vec();
    let mut records = Vec::new();
    let mut first_seq = 1;
    for size in sizes {
        let body = vec![*size; usize::from(*size)];
        let rows = u32::from(size % 7) + 1;
        let frame = Frame { epoch: EPOCH, first_seq, rows, body, ..Frame::default() };
        first_seq += u64::from(rows);
        let from = segment.len();
        put(&frame, &mut segment);
        records.push((from..segment.len(), frame));
    }
    let mut hit = Vec::new();
    for edit in damage.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([edit[0], edit[1]]));
        if let Some(byte) = segment.get_mut(at)
            && edit[2] != 0
        {
            *byte ^= edit[2];
            hit.push(at);
        }
    }
    let found = read(&segment);
    for (range, frame) in records {
        // Two edits of one byte may undo each other; then it is no damage, and not asked for.
        if !hit.iter().any(|at| range.contains(at)) && !hit.iter().any(|at| *at < MAGIC.len()) {
            assert!(found.contains(&frame), "a whole record at {range:?} is not read");
        }
    }
});

fn read(bytes: &[u8]) -> Vec<Frame> {
    let mut frames = Frames::new(EPOCH, bytes);
    let (mut found, mut last, mut end) = (Vec::new(), 0, 0);
    while let Some(frame) = frames.next() {
        assert!(frame.epoch == EPOCH && frame.first_seq > last && frame.rows > 0);
        assert!(frames.end() > end && frames.end() <= bytes.len());
        last = frame.first_seq + u64::from(frame.rows) - 1;
        end = frames.end();
        found.push(frame);
    }
    found
}
