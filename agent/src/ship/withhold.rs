//! What an older collector does not know is not sent, and what it knows is written as it can read
//! it. Pure.

use std::sync::Arc;

use naap_schema::proto::{Frame, Welcome};
use naap_schema::{Row, frame};
use prost::Message;

use crate::spool::{Lost, last_seq};

/// A frame as a collector of some version can take it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Known {
    /// What is left of it, in order.
    pub(super) frames: Vec<Arc<Frame>>,
    /// What is not.
    pub(super) lost: Vec<Lost>,
}

/// A frame without what came after the collector's schema version, in a format that it reads.
pub(super) fn known(frame: &Arc<Frame>, to: &Welcome) -> Known {
    let format = to.frame_format.max(frame::FIRST_FORMAT);
    let as_it_is = || Known { frames: vec![Arc::clone(frame)], lost: Vec::new() };
    if frame.schema_version <= to.schema_version && frame.format <= format {
        return as_it_is();
    }
    // The collector is to say what is wrong with one that cannot be read.
    let Ok(decoded) = frame::decode(frame) else { return as_it_is() };
    let version = frame.schema_version.min(to.schema_version);
    let mut out = Known::default();
    let epoch = frame.epoch;
    let mut seq = decoded.first_seq;
    let mut run: (u64, Vec<Row>) = (seq, Vec::new());
    let close = |run: &mut (u64, Vec<Row>), next: u64, out: &mut Known| {
        write(epoch, run.0, version, &run.1, to, out);
        *run = (next, Vec::new());
    };
    for table in decoded.tables {
        let rows = table.ts_us.len() as u64;
        let entity = naap_schema::entity_by_number(table.entity).filter(|e| e.since <= version);
        match entity.and_then(|e| table.into_rows(e).ok()) {
            Some(mut rows) => {
                for row in &mut rows {
                    forget_newer(row, version);
                }
                run.1.extend(rows);
            }
            None => {
                close(&mut run, seq + rows, &mut out);
                out.lost.push(Lost { epoch, from_seq: seq, to_seq: seq + rows - 1 });
            }
        }
        seq += rows;
    }
    debug_assert_eq!(seq, last_seq(frame) + 1, "tables hold the frame's rows");
    close(&mut run, seq, &mut out);
    out
}

/// Writes rows as the collector reads them. An older format is larger, and may need two frames.
fn write(epoch: u64, first: u64, version: u32, rows: &[Row], to: &Welcome, out: &mut Known) {
    if rows.is_empty() {
        return;
    }
    let frame = frame::encode_as(to.frame_format, epoch, first, version, rows);
    let most = to.max_frame_bytes as usize;
    if most > 0 && frame.encoded_len() > most && rows.len() > 1 {
        let (one, two) = rows.split_at(rows.len() / 2);
        write(epoch, first, version, one, to, out);
        write(epoch, first + one.len() as u64, version, two, to, out);
    } else {
        out.frames.push(Arc::new(frame));
    }
}

fn forget_newer(row: &mut Row, version: u32) {
    for (field, value) in row.entity.fields.iter().zip(&mut row.values) {
        if field.since > version {
            *value = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use naap_schema::SCHEMA_VERSION;
    use naap_schema::generated::{Host, Interface};

    use super::*;

    #[test]
    fn what_an_older_collector_does_not_know_is_withheld_and_named() {
        let mut mixed = vec![Host::default().at(1), Host::default().at(2)];
        mixed.push(Interface { interface: "e".into(), ..Interface::default() }.at(1));
        let frame = Arc::new(frame::encode(5, 10, SCHEMA_VERSION, &mixed));
        let same = known(&frame, &collector(SCHEMA_VERSION, frame::FORMAT));
        assert_eq!((same.frames, same.lost), (vec![Arc::clone(&frame)], vec![]));
        let none = known(&frame, &collector(0, frame::FORMAT));
        assert_eq!(none.frames, []);
        let range = |from_seq, to_seq| Lost { epoch: 5, from_seq, to_seq };
        assert_eq!(none.lost, [range(10, 11), range(12, 12)]);
    }

    fn collector(schema_version: u32, frame_format: u32) -> Welcome {
        Welcome { schema_version, frame_format, ..Welcome::default() }
    }

    fn rows_of(frames: &[Arc<Frame>]) -> Vec<Row> {
        let tables = frames.iter().flat_map(|f| frame::decode(f).unwrap().tables);
        let rows = tables.flat_map(|t| {
            let entity = naap_schema::entity_by_number(t.entity).unwrap();
            t.into_rows(entity).unwrap()
        });
        rows.collect()
    }

    #[test]
    fn a_collector_of_the_first_format_gets_the_same_rows_in_that() {
        let row = |i: i64| Host { uptime_s: Some(i * i), ..Host::default() }.at(i);
        let rows: Vec<Row> = (0..200).map(row).collect();
        let frame = Arc::new(frame::encode(5, 10, SCHEMA_VERSION, &rows));
        assert_eq!(frame.format, frame::FORMAT);
        let one = known(&frame, &collector(SCHEMA_VERSION, 0));
        assert_eq!((one.frames.len(), one.lost.len()), (1, 0));
        let first = frame::encode_as(frame::FIRST_FORMAT, 5, 10, SCHEMA_VERSION, &rows);
        assert_eq!(*one.frames[0], first);
        // And a newer collector takes a frame that waited since before it was updated as it is.
        let kept = known(&one.frames[0], &collector(SCHEMA_VERSION, frame::FORMAT));
        assert_eq!(kept.frames, one.frames);
        // What grows beyond what the collector takes is sent in parts.
        let max_frame_bytes = u32::try_from(first.encoded_len() / 3).unwrap();
        let to = Welcome { max_frame_bytes, ..collector(SCHEMA_VERSION, 1) };
        let parts = known(&frame, &to).frames;
        assert!(
            parts.len() > 2 && parts.iter().all(|p| p.encoded_len() <= first.encoded_len() / 3)
        );
        let seqs: Vec<u64> = parts.iter().map(|p| p.first_seq).collect();
        let lasts: Vec<u64> = parts.iter().map(|p| last_seq(p) + 1).collect();
        assert_eq!(
            (seqs[0], &seqs[1..], lasts.last()),
            (10, &lasts[..parts.len() - 1], Some(&210))
        );
        assert_eq!(rows_of(&parts), rows);
    }

    #[test]
    fn an_older_schema_and_an_older_format_go_together() {
        let row = Host { uptime_s: Some(7), ..Host::default() }.at(1);
        let frame = Arc::new(frame::encode(5, 10, SCHEMA_VERSION, std::slice::from_ref(&row)));
        let out = known(&frame, &collector(1, 0));
        assert_eq!((out.frames[0].schema_version, out.frames[0].format), (1, 0));
        assert_eq!(rows_of(&out.frames), [row]);
    }
}
