//! What an older collector does not know is not sent. Pure.

use std::sync::Arc;

use naap_schema::proto::Frame;
use naap_schema::{Row, frame};

use crate::spool::{Lost, last_seq};

/// A frame as a collector of some schema version can take it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Known {
    /// What is left of it, in order.
    pub(super) frames: Vec<Arc<Frame>>,
    /// What is not.
    pub(super) lost: Vec<Lost>,
}

/// A frame without what came after a schema version.
pub(super) fn known(frame: &Arc<Frame>, version: u32) -> Known {
    if frame.schema_version <= version {
        return Known { frames: vec![Arc::clone(frame)], lost: Vec::new() };
    }
    let mut out = Known::default();
    let epoch = frame.epoch;
    let Ok(decoded) = frame::decode(frame) else {
        // The collector is to say what is wrong with it.
        return Known { frames: vec![Arc::clone(frame)], lost: Vec::new() };
    };
    let mut seq = decoded.first_seq;
    let mut run: (u64, Vec<Row>) = (seq, Vec::new());
    let close = |run: &mut (u64, Vec<Row>), next: u64, out: &mut Known| {
        if !run.1.is_empty() {
            out.frames.push(Arc::new(frame::encode(epoch, run.0, version, &run.1)));
        }
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
        let same = known(&frame, SCHEMA_VERSION);
        assert_eq!((same.frames, same.lost), (vec![Arc::clone(&frame)], vec![]));
        let none = known(&frame, 0);
        assert_eq!(none.frames, []);
        let range = |from_seq, to_seq| Lost { epoch: 5, from_seq, to_seq };
        assert_eq!(none.lost, [range(10, 11), range(12, 12)]);
    }
}
