//! Any bytes: as a message of the wire, and as the body or the packed columns of a frame. Nothing may panic, and what
//! decodes must encode and decode to the same again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use naap_schema::frame;
use naap_schema::proto::{Body, Encoding, Frame, PushRequest};
use prost::Message;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(request) = PushRequest::decode(bytes) {
        drop(request);
    }
    if let Ok(frame) = Frame::decode(bytes) {
        read(&frame);
    }
    let head = Frame {
        epoch: 1,
        first_seq: 1,
        rows: bytes.first().copied().map_or(1, u32::from),
        schema_version: 1,
        ..Frame::default()
    };
    let body = Body { strings: vec!["a".to_owned(), "b".to_owned()], tables: vec![] };
    let body = body.encode_to_vec();
    read(&Frame {
        format: 2,
        columns: bytes.get(1..).unwrap_or_default().to_vec(),
        body_bytes: u32::try_from(body.len()).unwrap_or(0),
        body,
        ..head.clone()
    });
    for encoding in [Encoding::Plain, Encoding::Zstd] {
        read(&Frame {
            encoding: encoding.into(),
            body_bytes: u32::try_from(bytes.len()).unwrap_or(0),
            body: bytes.to_vec(),
            ..head.clone()
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
        for format in 1..=frame::FORMAT {
            let again = frame::encode_as(format, epoch, first, frame.schema_version, &rows);
            frame::decode(&again).expect("what we encode, we can decode");
        }
    }
}
