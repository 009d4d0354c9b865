//! A store in memory, for tests: it commits, refuses and goes away as it is told.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use naap_schema::{EntityDef, Value};

use super::{Line, StoreError, WriteError, Writer};
use crate::ledger::{Entry, Ranges, Source};

#[derive(Debug, Default)]
struct State {
    tables: HashMap<&'static str, Vec<Line>>,
    order: Vec<&'static str>,
    poison: BTreeSet<u64>,
    names: bool,
    misnames: bool,
    requests: usize,
    away_after: Option<usize>,
    away: bool,
    ledger: HashMap<(String, u64), Entry>,
}

/// The store; clones are the same one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<State>>);

impl Memory {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Rows with these numbers are refused, by name or not.
    pub(crate) fn poison(&self, seqs: impl IntoIterator<Item = u64>, names: bool) {
        let mut state = self.state();
        state.poison.extend(seqs);
        state.names = names;
    }

    /// It names the row before the bad one.
    pub(crate) fn misname(&self) {
        self.state().misnames = true;
    }

    pub(crate) fn away_after(&self, requests: usize) {
        let mut state = self.state();
        state.away_after = Some(state.requests.saturating_add(requests));
    }

    pub(crate) fn set_away(&self, away: bool) {
        self.state().away = away;
    }

    pub(crate) fn requests(&self) -> usize {
        self.state().requests
    }

    /// Tables in the order in which they were committed.
    pub(crate) fn order(&self) -> Vec<&'static str> {
        self.state().order.clone()
    }

    pub(crate) fn lines(&self, table: &str) -> Vec<Line> {
        self.state().tables.get(table).cloned().unwrap_or_default()
    }

    pub(crate) fn seqs(&self, table: &str) -> Vec<u64> {
        self.lines(table).iter().map(|l| l.seq).collect()
    }
}

impl Writer for Memory {
    fn write(&mut self, entity: &'static EntityDef, lines: &[Line]) -> Result<(), WriteError> {
        let mut state = self.state();
        state.requests += 1;
        if state.away || state.away_after.is_some_and(|n| state.requests > n) {
            return Err(WriteError::Later("away".into()));
        }
        let data = entity.name != "ledger" && entity.name != "rejected";
        let bad = lines.iter().position(|l| data && state.poison.contains(&l.seq));
        if let Some(bad) = bad {
            let named = if state.misnames { bad.saturating_sub(1) } else { bad };
            let line = state.names.then_some(named);
            return Err(WriteError::Refused { line, message: "poisoned".into() });
        }
        if entity.name == "ledger" {
            for line in lines {
                let get = |name: &str| match line.row.get(name) {
                    Some(Value::I64(i)) => *i,
                    _ => 0,
                };
                let count = |name: &str| u64::try_from(get(name)).unwrap();
                let entry = Entry {
                    first_seen_us: line.row.ts_us,
                    through: count("through_seq"),
                    stored: count("stored"),
                    duplicates: count("duplicates"),
                    rejected: count("rejected"),
                    gaps: count("gaps"),
                    holes: match line.row.get("holes") {
                        Some(Value::Text(text)) => Ranges::parse(text),
                        _ => Ranges::default(),
                    },
                    recorded: line.row.get("recorded_seq").map(|_| count("recorded_seq")),
                    last_row_us: Some(get("last_row_at")),
                    skew_ms: Some(get("skew_ms")),
                };
                state.ledger.insert((line.node.to_string(), count("epoch")), entry);
            }
        }
        state.order.push(entity.name);
        state.tables.entry(entity.name).or_default().extend_from_slice(lines);
        Ok(())
    }
}

#[tonic::async_trait]
impl Source for Memory {
    async fn read(&self, node: &str, epochs: &[u64]) -> Result<Vec<(u64, Entry)>, StoreError> {
        let state = self.state();
        if state.away {
            return Err(StoreError { doing: "reading the ledger", why: "away".into() });
        }
        let entry = |e: &u64| Some((*e, state.ledger.get(&(node.to_owned(), *e))?.clone()));
        Ok(epochs.iter().filter_map(entry).collect())
    }
}
