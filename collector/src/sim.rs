//! A simulation in place of the machine and of the database. Only with the feature `sim`, and only
//! on threads where [`enter`] was called: elsewhere everything is as without it.
//!
//! [`Store`] behaves as QuestDB does: it keeps one row per key, commits a request or nothing of it,
//! refuses single rows, takes rows into a suspended table without showing them, and may commit and
//! be gone before it answers.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use naap_schema::{EntityDef, Identity, Row, Value};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;

use crate::config::QuotasConfig;
use crate::fitness::{Fitness, Part};
use crate::ledger::{Entry, Ledgers, Ranges, Source};
use crate::limits;
use crate::listen::{Accept, Caps};
use crate::metrics::Metrics;
use crate::quota::Quotas;
use crate::run::{Parts, RunError, serve};
use crate::store::{Line, StoreError, Told, Waits, WriteError, Writer};
use crate::tokens::Tokens;

/// What a simulation decides for the collector that runs in it.
pub trait Machine {
    /// The collector's wall clock, microseconds since 1970 UTC.
    fn wall_us(&self) -> i64;
    /// How long work that blocks takes, before it has its effect and again after it.
    fn blocked(&self) -> Duration;
    /// Whether the database refuses this row.
    fn refuses(&self, row: &Row) -> bool;
    /// Is told what can be read from the database from now on.
    fn stored(&self, row: &Stored);
}

thread_local! {
    static MACHINE: RefCell<Option<Rc<dyn Machine>>> = const { RefCell::new(None) };
}

/// Puts a simulation in place of the machine for this thread, or takes it away.
pub fn enter(machine: Option<Rc<dyn Machine>>) {
    MACHINE.set(machine);
}

/// Asks the simulation, if there is one.
pub(crate) fn ask<T>(question: impl FnOnce(&dyn Machine) -> T) -> Option<T> {
    let machine = MACHINE.with_borrow(Clone::clone);
    machine.map(|m| question(m.as_ref()))
}

/// A row in the database.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// The node.
    pub node: Arc<str>,
    /// Its epoch; 0 in the collector's own tables.
    pub epoch: u64,
    /// Its number; 0 in the collector's own tables.
    pub seq: u64,
    /// The row.
    pub row: Row,
}

impl Stored {
    /// A whole number of the row; 0 where there is none.
    pub fn number(&self, field: &str) -> u64 {
        match self.row.get(field) {
            Some(Value::I64(i)) => u64::try_from(*i).unwrap_or(0),
            _ => 0,
        }
    }
}

type Key = (i64, Vec<String>);

#[derive(Debug, Default)]
struct State {
    tables: BTreeMap<&'static str, BTreeMap<Key, Stored>>,
    /// Requests to a suspended table, which it took and does not show.
    waiting: Vec<(&'static EntityDef, Vec<Stored>)>,
    suspended: Option<&'static str>,
    away: bool,
    unanswered: u32,
    names: bool,
}

/// The database; clones are the same one. It outlives the collector.
#[derive(Debug, Clone, Default)]
pub struct Store(Arc<Mutex<State>>);

impl Store {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It is gone, or back.
    pub fn set_away(&self, away: bool) {
        self.state().away = away;
    }

    /// So many requests are committed and not answered.
    pub fn leave_unanswered(&self, requests: u32) {
        self.state().unanswered = requests;
    }

    /// Whether it says which row it refuses.
    pub fn name_refused(&self, names: bool) {
        self.state().names = names;
    }

    /// A table takes rows and does not show them.
    pub fn suspend(&self, table: &'static str) {
        self.state().suspended = Some(table);
    }

    /// An operator resumes it: all that it took is there.
    pub fn resume(&self) {
        let waiting = {
            let mut state = self.state();
            state.suspended = None;
            std::mem::take(&mut state.waiting)
        };
        for (entity, rows) in waiting {
            self.commit(entity, rows);
        }
    }

    /// The rows of a table that can be read.
    pub fn rows(&self, table: &str) -> Vec<Stored> {
        self.state().tables.get(table).map(|t| t.values().cloned().collect()).unwrap_or_default()
    }

    /// Names of tables with rows.
    pub fn tables(&self) -> Vec<&'static str> {
        self.state().tables.keys().copied().collect()
    }

    fn suspended(&self) -> Option<&'static str> {
        self.state().suspended
    }

    fn commit(&self, entity: &'static EntityDef, rows: Vec<Stored>) {
        let mut state = self.state();
        let table = state.tables.entry(entity.name).or_default();
        for row in &rows {
            table.insert(key(row), row.clone());
        }
        drop(state);
        for row in &rows {
            ask(|m| m.stored(row));
        }
    }
}

/// What makes a row one of its own, as the schema declares it.
fn key(stored: &Stored) -> Key {
    let entity = stored.row.entity;
    let fields = entity.fields.iter().zip(&stored.row.values).filter(|(f, _)| f.key);
    let mut key: Vec<String> = fields.map(|(_, value)| format!("{value:?}")).collect();
    if entity.identity != Identity::Event {
        key.push(stored.node.to_string());
    }
    if entity.identity == Identity::Sample {
        key.extend([stored.epoch.to_string(), stored.seq.to_string()]);
    }
    (stored.row.ts_us, key)
}

impl Writer for Store {
    fn write(&mut self, entity: &'static EntityDef, lines: &[Line]) -> Result<(), WriteError> {
        let mut state = self.state();
        if state.away {
            return Err(WriteError::Later("away".into()));
        }
        let own = !entity.identity.is_sent();
        let refuses = |l: &Line| !own && ask(|m| m.refuses(&l.row)).unwrap_or(false);
        if let Some(bad) = lines.iter().position(refuses) {
            let line = state.names.then_some(bad);
            return Err(WriteError::Refused { line, message: "refused".into() });
        }
        let unanswered = state.unanswered > 0;
        state.unanswered = state.unanswered.saturating_sub(1);
        let stored = |l: &Line| Stored {
            node: Arc::clone(&l.node),
            epoch: l.epoch,
            seq: l.seq,
            row: l.row.clone(),
        };
        let rows = lines.iter().map(stored).collect();
        if state.suspended == Some(entity.name) {
            state.waiting.push((entity, rows));
        } else {
            drop(state);
            self.commit(entity, rows);
        }
        if unanswered { Err(WriteError::Later("no answer".into())) } else { Ok(()) }
    }
}

#[tonic::async_trait]
impl Source for Store {
    async fn read(&self, node: &str, epochs: &[u64]) -> Result<Vec<(u64, Entry)>, StoreError> {
        tokio::time::sleep(ask(|m| m.blocked()).unwrap_or_default()).await;
        if self.state().away {
            return Err(StoreError { doing: "reading the ledger", why: "away".into() });
        }
        let mut rows = self.rows("ledger");
        rows.retain(|r| *r.node == *node && epochs.contains(&r.number("epoch")));
        rows.sort_by_key(|r| r.number("through_seq"));
        Ok(rows.iter().map(|r| (r.number("epoch"), entry(r))).collect())
    }
}

fn entry(row: &Stored) -> Entry {
    let whole = |field| match row.row.get(field) {
        Some(Value::I64(i)) => Some(*i),
        _ => None,
    };
    Entry {
        first_seen_us: row.row.ts_us,
        through: row.number("through_seq"),
        stored: row.number("stored"),
        duplicates: row.number("duplicates"),
        rejected: row.number("rejected"),
        gaps: row.number("gaps"),
        holes: match row.row.get("holes") {
            Some(Value::Text(text)) => Ranges::parse(text),
            _ => Ranges::default(),
        },
        recorded: whole("recorded_seq").and_then(|r| u64::try_from(r).ok()),
        last_row_us: whole("last_row_at"),
        skew_ms: whole("skew_ms"),
    }
}

/// A connection.
pub trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Socket for T {}

/// A connection that is awaited.
pub type Accepting<'a> =
    Pin<Box<dyn Future<Output = io::Result<(Box<dyn Socket>, SocketAddr)>> + Send + 'a>>;

/// Where connections come from.
pub trait Listener: Send + Sync {
    /// The next one, and from where it comes.
    fn accept(&self) -> Accepting<'_>;
}

impl Accept for Box<dyn Listener> {
    type Socket = Box<dyn Socket>;

    fn accept(&self) -> impl Future<Output = io::Result<(Box<dyn Socket>, SocketAddr)>> + Send {
        (**self).accept()
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(([0, 0, 0, 0], 0).into())
    }
}

/// Runs a collector on a store, as [`crate::run`] does on QuestDB, until it fails.
///
/// # Errors
/// If the tokens cannot be read, or a part of it fails for good.
pub async fn collect(
    store: Store,
    tokens_file: &Path,
    listener: Box<dyn Listener>,
) -> Result<(), RunError> {
    // As the wait for the ledger's transactions.
    while store.suspended() == Some("ledger") {
        tokio::time::sleep(limits::GUARD_POLL).await;
    }
    let fitness = Fitness::new();
    let metrics = Metrics::new(fitness.clone());
    let parts = Parts {
        tokens: Arc::new(Tokens::open(tokens_file)?),
        ledgers: Arc::new(Ledgers::new(Box::new(store.clone()))),
        writers: (0..limits::WRITERS).map(|_| Box::new(store.clone()) as Box<dyn Writer>).collect(),
        fitness: fitness.clone(),
        waits: Waits { events: Duration::from_secs(1), samples: Duration::from_secs(2) },
        tls: None,
        caps: Caps { all: 64, per_address: 16 },
        quotas: Quotas::new(QuotasConfig::default(), Arc::clone(&metrics)),
        told: Told::new(metrics, Arc::default(), None),
    };
    let mut background = JoinSet::new();
    background.spawn(watch(store, fitness));
    serve(parts, listener, background, std::future::pending(), drop).await
}

/// Looks at the tables as often as the guard does.
async fn watch(store: Store, fitness: Fitness) {
    loop {
        let wrong = store.suspended().map(|table| format!("table {table} is suspended"));
        fitness.report(Part::Guard, wrong);
        tokio::time::sleep(limits::GUARD_POLL).await;
    }
}
