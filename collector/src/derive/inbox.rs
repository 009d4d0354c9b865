//! What the committer stored and the runner has not derived yet. Bounded: when the runner falls
//! behind by too much, rows are let go and only the hours in which they lie are kept, to be read
//! from the database.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use naap_schema::generated::{
    AGENT, GAP, JOB_EVENT, ORCHESTRATOR_GPU, ORCHESTRATOR_MODEL, ORCHESTRATOR_REPORT, PAYMENT,
    STREAM_EVENT, STREAM_INGEST, STREAM_STATUS, STREAM_TRACE,
};
use naap_schema::{EntityDef, Row};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::limits;
use crate::scrub::hour;
use crate::store::Line;

/// The tables from which something is derived.
const SOURCES: [&EntityDef; 11] = [
    &STREAM_TRACE,
    &STREAM_STATUS,
    &STREAM_INGEST,
    &STREAM_EVENT,
    &PAYMENT,
    &ORCHESTRATOR_REPORT,
    &ORCHESTRATOR_MODEL,
    &ORCHESTRATOR_GPU,
    &JOB_EVENT,
    &AGENT,
    &GAP,
];

/// An hour of a table: number of the entity, and its beginning, microseconds since 1970 UTC.
pub(crate) type Hour = (u32, i64);

/// A row that was stored, and whose.
pub(crate) type Stored = (Arc<str>, Row);

/// Rows on their way into the database.
#[derive(Debug)]
pub(crate) struct Ticket {
    id: u64,
    rows: Vec<(usize, u64, Stored)>,
    hours: BTreeSet<Hour>,
}

impl Ticket {
    /// The hours to be marked, before any of the rows is acknowledged.
    pub(crate) fn hours(&self) -> &BTreeSet<Hour> {
        &self.hours
    }
}

/// What waits.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    pub(crate) rows: Vec<Stored>,
    /// Hours of which rows were let go.
    pub(crate) hours: BTreeSet<Hour>,
    /// When the first of it was stored.
    pub(crate) since: Option<Instant>,
}

#[derive(Debug, Default)]
struct State {
    waiting: Waiting,
    /// When what is on its way was marked, microseconds since 1970 UTC, by ticket.
    flying: BTreeMap<u64, i64>,
    next: u64,
}

/// Between committer and runner.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    state: Mutex<State>,
    news: Notify,
}

impl Inbox {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what is about to be written; `None` if nothing is derived from it.
    pub(crate) fn open<'a>(
        &self,
        lines: impl Iterator<Item = &'a Line>,
        now_us: i64,
    ) -> Option<Ticket> {
        let source = |line: &&Line| SOURCES.iter().any(|e| e.number == line.row.entity.number);
        let rows: Vec<_> = lines
            .filter(source)
            .map(|l| (l.batch, l.seq, (Arc::clone(&l.node), l.row.clone())))
            .collect();
        if rows.is_empty() {
            return None;
        }
        // An agent's rows on itself say where it is; that is read anew at each start.
        let marked = |row: &&Row| row.entity.number != AGENT.number;
        let hours = rows.iter().map(|(_, _, (_, row))| row).filter(marked);
        let hours = hours.map(|row| hour(row.entity, row.ts_us)).collect();
        let mut state = self.state();
        let id = state.next;
        state.next += 1;
        state.flying.insert(id, now_us);
        Some(Ticket { id, rows, hours })
    }

    /// Notes that it was written, all but what was refused.
    pub(crate) fn close(&self, ticket: Ticket, refused: &[(Line, String)]) {
        let refused: BTreeSet<(usize, u64)> =
            refused.iter().map(|(l, _)| (l.batch, l.seq)).collect();
        let mut state = self.state();
        state.flying.remove(&ticket.id);
        let rows = ticket.rows.into_iter().filter(|(b, s, _)| !refused.contains(&(*b, *s)));
        let waiting = &mut state.waiting;
        waiting.since.get_or_insert_with(Instant::now);
        waiting.rows.extend(rows.map(|(_, _, stored)| stored));
        if waiting.rows.len() > limits::DERIVE_WAITING {
            let let_go = std::mem::take(&mut waiting.rows);
            waiting.hours.extend(let_go.iter().map(|(_, row)| hour(row.entity, row.ts_us)));
        }
        drop(state);
        self.news.notify_one();
    }

    /// Takes what waits, and says until when everything that was marked is in it or was taken
    /// before, microseconds since 1970 UTC.
    pub(crate) fn take(&self, now_us: i64) -> (Waiting, i64) {
        let mut state = self.state();
        let through = state.flying.values().copied().fold(now_us, i64::min);
        (std::mem::take(&mut state.waiting), through)
    }

    /// Waits until something was stored.
    pub(crate) async fn news(&self) {
        self.news.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use naap_schema::generated::{Host, StreamTrace};

    use super::*;

    fn line(seq: u64, row: Row) -> Line {
        Line { batch: 0, node: "gw".into(), epoch: 1, seq, row }
    }

    fn trace(ts_us: i64) -> Row {
        StreamTrace { trace_type: "t".into(), ..StreamTrace::default() }.at(ts_us)
    }

    #[test]
    fn what_was_stored_waits_and_what_was_refused_does_not() {
        let inbox = Inbox::default();
        assert!(inbox.open([line(1, Host::default().at(5))].iter(), 10).is_none());
        let lines =
            [line(1, trace(5)), line(2, trace(7_200_000_001)), line(3, Host::default().at(5))];
        let ticket = inbox.open(lines.iter(), 10).unwrap();
        let marked: Vec<i64> = ticket.hours().iter().map(|(_, hour)| *hour).collect();
        assert_eq!(marked, [0, 7_200_000_000]);
        // Until they are stored, nothing later is through.
        assert_eq!(inbox.take(50).1, 10);
        inbox.close(ticket, &[(lines[0].clone(), String::new())]);
        let (waiting, through) = inbox.take(50);
        assert_eq!((waiting.rows.len(), through), (1, 50));
        assert_eq!(waiting.rows[0].1.ts_us, 7_200_000_001);
        assert!(inbox.take(60).0.rows.is_empty());
    }

    #[test]
    fn too_much_becomes_hours() {
        let inbox = Inbox::default();
        let lines: Vec<Line> =
            (0..=limits::DERIVE_WAITING as u64).map(|i| line(i, trace(5))).collect();
        let ticket = inbox.open(lines.iter(), 1).unwrap();
        inbox.close(ticket, &[]);
        let (waiting, _) = inbox.take(2);
        assert!(waiting.rows.is_empty());
        assert_eq!(waiting.hours, BTreeSet::from([(STREAM_TRACE.number, 0)]));
    }
}
