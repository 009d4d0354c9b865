//! One table of a round: in parts that a request can carry, around rows that the database refuses.
//! It may call a [`Writer`]; it must never decide that a row is bad without having sent it alone.

use std::collections::HashMap;
use std::sync::Arc;

use naap_schema::{EntityDef, Value};

use super::{Line, WriteError, Writer};
use crate::limits;

/// Rows of one entity in a round.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) entity: &'static EntityDef,
    pub(super) lines: Vec<Line>,
}

/// What became of a table so far.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Rows that the database refused, and what it said.
    pub(super) refused: Vec<(Line, String)>,
    by_node: HashMap<Arc<str>, usize>,
}

/// Writes what `table` holds, taking out what is done.
///
/// # Errors
/// What the database said when it could not; `table` then holds what is left.
pub(super) fn write_table(
    writer: &mut dyn Writer,
    table: &mut Table,
    progress: &mut Progress,
) -> Result<(), String> {
    while !table.lines.is_empty() {
        let part = fitting(&table.lines);
        let rest = table.lines.split_off(part);
        let mut lines = std::mem::replace(&mut table.lines, rest);
        if let Err(message) = write_part(writer, table.entity, &mut lines, progress) {
            lines.append(&mut table.lines);
            table.lines = lines;
            return Err(message);
        }
    }
    Ok(())
}

/// How many of the first lines go into one request; at least one.
fn fitting(lines: &[Line]) -> usize {
    let mut bytes = 0;
    for (i, line) in lines.iter().enumerate() {
        bytes += size(line);
        if bytes > limits::REQUEST_BYTES {
            return i.max(1);
        }
    }
    lines.len()
}

fn size(line: &Line) -> usize {
    let fields = line.row.entity.fields.iter().zip(&line.row.values);
    let values = fields.filter_map(|(field, value)| {
        let value = match value.as_ref()? {
            // Escapes may double it.
            Value::Text(s) => 2 * s.len(),
            Value::Uuid(_) => 38,
            Value::I64(_) | Value::F64(_) => 22,
        };
        Some(field.name.len() + 2 + value)
    });
    values.sum::<usize>() + 160
}

fn write_part(
    writer: &mut dyn Writer,
    entity: &'static EntityDef,
    lines: &mut Vec<Line>,
    progress: &mut Progress,
) -> Result<(), String> {
    while !lines.is_empty() {
        match writer.write(entity, lines) {
            Ok(()) => lines.clear(),
            Err(WriteError::Later(message)) => return Err(message),
            Err(WriteError::Refused { line: Some(i), message }) if i < lines.len() => {
                let suspect = lines.remove(i);
                judge(writer, entity, suspect, message, lines, progress)?;
            }
            Err(WriteError::Refused { message, .. }) if lines.len() == 1 => {
                let bad = lines.remove(0);
                refuse(bad, message, lines, progress);
            }
            Err(WriteError::Refused { .. }) => {
                let mut second = lines.split_off(lines.len() / 2);
                let first = write_part(writer, entity, lines, progress);
                lines.append(&mut second);
                first?;
            }
        }
    }
    Ok(())
}

/// Sends a suspect alone: only what is refused alone is bad. If the database named the wrong one,
/// the others are halved by hand.
fn judge(
    writer: &mut dyn Writer,
    entity: &'static EntityDef,
    suspect: Line,
    message: String,
    lines: &mut Vec<Line>,
    progress: &mut Progress,
) -> Result<(), String> {
    match writer.write(entity, std::slice::from_ref(&suspect)) {
        Err(WriteError::Refused { .. }) => {
            refuse(suspect, message, lines, progress);
            Ok(())
        }
        Err(WriteError::Later(message)) => {
            lines.push(suspect);
            Err(message)
        }
        Ok(()) if lines.len() > 1 => {
            let mut second = lines.split_off(lines.len() / 2);
            let first = write_part(writer, entity, lines, progress);
            lines.append(&mut second);
            first
        }
        Ok(()) => Ok(()),
    }
}

/// Takes a bad row out; and, where its node had too many of them, the node's others too.
fn refuse(bad: Line, message: String, lines: &mut Vec<Line>, progress: &mut Progress) {
    let node = Arc::clone(&bad.node);
    let count = progress.by_node.entry(Arc::clone(&node)).or_default();
    *count += 1;
    let too_many = *count >= limits::REFUSED_PER_NODE;
    progress.refused.push((bad, message));
    if too_many {
        let message = format!(
            "the database refused {} rows of this node in one round, so its others in the same \
             table were not tried; the first refusals say why",
            limits::REFUSED_PER_NODE
        );
        let (theirs, others) = lines.drain(..).partition::<Vec<_>, _>(|l| l.node == node);
        *lines = others;
        progress.refused.extend(theirs.into_iter().map(|l| (l, message.clone())));
    }
}

#[cfg(test)]
mod tests {
    use naap_schema::generated::{HOST, Host};

    use super::*;
    use crate::store::memory::Memory;

    fn lines(node: &str, seqs: impl Iterator<Item = u64>) -> Vec<Line> {
        let line = |seq| Line {
            batch: 0,
            node: node.into(),
            epoch: 1,
            seq,
            row: Host { kernel: Some("k".into()), ..Host::default() }.at(1_000_000),
        };
        seqs.map(line).collect()
    }

    fn run(memory: &Memory, lines: Vec<Line>) -> (Vec<u64>, Vec<u64>) {
        let mut table = Table { entity: &HOST, lines };
        let mut progress = Progress::default();
        write_table(&mut memory.clone(), &mut table, &mut progress).unwrap();
        assert!(table.lines.is_empty());
        let mut stored = memory.seqs("host");
        stored.sort_unstable();
        let mut refused: Vec<u64> = progress.refused.iter().map(|(l, _)| l.seq).collect();
        refused.sort_unstable();
        (stored, refused)
    }

    #[test]
    fn a_row_that_the_database_names_costs_no_other() {
        let memory = Memory::default();
        memory.poison([3, 7], true);
        let (stored, refused) = run(&memory, lines("a", 1..=10));
        assert_eq!(stored, [1, 2, 4, 5, 6, 8, 9, 10]);
        assert_eq!(refused, [3, 7]);
    }

    #[test]
    fn a_row_that_it_does_not_name_is_found_by_halving() {
        let memory = Memory::default();
        memory.poison([1, 500, 999], false);
        let (stored, refused) = run(&memory, lines("a", 1..=1000));
        assert_eq!(stored.len(), 997);
        assert_eq!(refused, [1, 500, 999]);
        assert!(memory.requests() < 100, "{} requests", memory.requests());
    }

    #[test]
    fn a_wrong_name_refuses_no_good_row() {
        let memory = Memory::default();
        memory.poison([6], true);
        memory.misname();
        let (stored, refused) = run(&memory, lines("a", 1..=10));
        assert_eq!(stored, [1, 2, 3, 4, 5, 7, 8, 9, 10]);
        assert_eq!(refused, [6]);
    }

    #[test]
    fn a_node_with_nothing_but_bad_rows_does_not_hold_up_others() {
        let memory = Memory::default();
        memory.poison(1..=5000, true);
        let mut all = lines("bad", 1..=5000);
        all.extend(lines("good", 6000..6010));
        let (stored, refused) = run(&memory, all);
        assert_eq!(stored, (6000..6010).collect::<Vec<u64>>());
        assert_eq!(refused.len(), 5000);
        assert!(memory.requests() < 100, "{} requests", memory.requests());
    }

    #[test]
    fn what_is_left_when_the_database_goes_away_is_kept() {
        let memory = Memory::default();
        memory.poison([2], true);
        memory.away_after(1);
        let mut table = Table { entity: &HOST, lines: lines("a", 1..=5) };
        let mut progress = Progress::default();
        write_table(&mut memory.clone(), &mut table, &mut progress).unwrap_err();
        assert_eq!(table.lines.len() + progress.refused.len(), 5);
        memory.away_after(usize::MAX);
        write_table(&mut memory.clone(), &mut table, &mut progress).unwrap();
        assert_eq!(memory.seqs("host").len(), 4);
        assert_eq!(progress.refused.len(), 1);
    }

    #[test]
    fn a_large_table_goes_in_parts() {
        let text: Arc<str> = "x".repeat(8000).into();
        let mut all = lines("a", 1..=3000);
        for line in &mut all {
            line.row.set("kernel", Some(Value::Text(Arc::clone(&text)))).unwrap();
        }
        let memory = Memory::default();
        let (stored, _) = run(&memory, all);
        assert_eq!(stored.len(), 3000);
        assert_eq!(memory.requests(), 3);
    }
}
