//! Any bytes: as a message of the wire, and as the body of a frame. Nothing may panic, and what
//! decodes must encode and decode to the same again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use naap_schema::frame;
use naap_schema::proto::{Encoding, Frame, PushRequest};
use prost::Message;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(request) = PushRequest::decode(bytes) {
        drop(request);
    }
    if let Ok(frame) = Frame::decode(bytes) {
        read(&frame);
    }
    for encoding in [Encoding::Plain, Encoding::Zstd] {
        read(&Frame {
            epoch: 1,
            first_seq: 1,
            rows: bytes.first().copied().map_or(1, u32::from),
            schema_version: 1,
            encoding: encoding.into(),
            body_bytes: u32::try_from(bytes.len()).unwrap_or(0),
            body: bytes.to_vec(),
        });
    }
});

fn read(frame: &Frame) {
    let Ok(decoded) = frame::decode(frame) else { return };
    let (epoch, first) = (decoded.epoch, decoded.first_seq);
    let rows: Option<Vec<_>> = decoded
        .tables
        .into_iter()
        .map(|t| naap_schema::entity_by_number(t.entity).and_then(|e| t.into_rows(e).ok()))
        .collect();
    let Some(rows) = rows else { return };
    let rows: Vec<_> = rows.into_iter().flatten().collect();
    if rows.iter().all(|r| r.check().is_ok()) {
        let again = frame::encode(epoch, first, frame.schema_version, &rows);
        frame::decode(&again).expect("what we encode, we can decode");
    }
}
