//! What has to be written so that a table holds what was computed. Pure.

use std::collections::HashMap;
use std::sync::Arc;

use naap_derive::event::FORMULA;
use naap_schema::{Row, Value};
use uuid::Uuid;

/// A value of a key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Part {
    Whole(i64),
    Text(Arc<str>),
    Uuid(Uuid),
}

/// What tells a derived row from the others of its table.
type Key = (i64, Vec<Part>);

fn key(row: &Row) -> Key {
    let keys = row.entity.fields.iter().zip(&row.values).filter(|(field, _)| field.key);
    let part = |value: &Option<Value>| match value {
        Some(Value::I64(i)) => Part::Whole(*i),
        Some(Value::Text(s)) => Part::Text(Arc::clone(s)),
        Some(Value::Uuid(u)) => Part::Uuid(*u),
        // The schema has no such keys.
        Some(Value::F64(_)) | None => Part::Whole(i64::MIN),
    };
    (row.ts_us, keys.map(|(_, value)| part(value)).collect())
}

/// Whether a row says that it is no longer produced.
fn is_void(row: &Row) -> bool {
    row.get("void") == Some(&Value::I64(1))
}

/// The row that stands in the place of one that is no longer produced: its key, and nothing else.
fn void(row: &Row) -> Row {
    let mut out = Row::empty(row.entity, row.ts_us);
    for (field, (value, to)) in row.entity.fields.iter().zip(row.values.iter().zip(&mut out.values))
    {
        *to = match field.name {
            "void" => Some(Value::I64(1)),
            "formula" => Some(Value::text(FORMULA)),
            _ if field.key => value.clone(),
            _ => None,
        };
    }
    out
}

/// What was found when rows were compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Stood there already.
    pub(super) same: u64,
    /// Stood there with other values.
    pub(super) changed: u64,
    /// Were not there.
    pub(super) added: u64,
    /// Are no longer produced.
    pub(super) voided: u64,
}

impl Counts {
    pub(super) fn add(&mut self, other: Self) {
        self.same += other.same;
        self.changed += other.changed;
        self.added += other.added;
        self.voided += other.voided;
    }
}

/// The rows to write, given what stands and what was computed for the same part of a table.
pub(super) fn diff(stored: &[Row], fresh: Vec<Row>) -> (Vec<Row>, Counts) {
    let mut standing: HashMap<Key, &Row> = stored.iter().map(|row| (key(row), row)).collect();
    let (mut write, mut counts) = (Vec::new(), Counts::default());
    for row in fresh {
        match standing.remove(&key(&row)) {
            Some(before) if before.values == row.values => counts.same += 1,
            Some(before) => {
                if is_void(before) {
                    counts.added += 1;
                } else {
                    counts.changed += 1;
                }
                write.push(row);
            }
            None => {
                counts.added += 1;
                write.push(row);
            }
        }
    }
    // In the order of what stands, so that the same input gives the same output.
    let mut gone: Vec<&Row> = standing.into_values().filter(|row| !is_void(row)).collect();
    gone.sort_by_key(|row| key(row));
    counts.voided = gone.len() as u64;
    write.extend(gone.into_iter().map(void));
    (write, counts)
}

#[cfg(test)]
mod tests {
    use naap_schema::generated::StreamMinute;

    use super::*;

    fn row(ts_us: i64, leg: i64, minutes: f64) -> Row {
        StreamMinute {
            formula: FORMULA.into(),
            leg,
            origin: "organic".into(),
            minutes: Some(minutes),
            ..StreamMinute::default()
        }
        .at(ts_us)
    }

    #[test]
    fn only_what_differs_is_written_and_what_is_gone_is_void() {
        let stored = [row(1, 0, 1.0), row(1, 1, 2.0), row(2, 0, 3.0)];
        let fresh = vec![row(1, 0, 1.0), row(1, 1, 2.5), row(3, 0, 4.0)];
        let (write, counts) = diff(&stored, fresh.clone());
        assert_eq!(counts, Counts { same: 1, changed: 1, added: 1, voided: 1 });
        assert_eq!(write[..2], [row(1, 1, 2.5), row(3, 0, 4.0)]);
        let gone = &write[2];
        assert_eq!(
            (gone.ts_us, gone.get("leg"), gone.get("minutes")),
            (2, Some(&Value::I64(0)), None)
        );
        assert!(is_void(gone));
        // Once more: nothing to do, the void row included.
        let now = [fresh.clone(), vec![gone.clone()]].concat();
        assert_eq!(diff(&now, fresh).0, []);
        // What comes back is written.
        let (write, counts) = diff(std::slice::from_ref(gone), vec![row(2, 0, 3.0)]);
        assert_eq!((write.len(), counts.added), (1, 1));
    }
}
