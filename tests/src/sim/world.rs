//! What the simulated machines share, and what the oracle knows.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use naap_agent::spool::Spool;
use naap_collector::sim::{Store, Stored};
use naap_schema::generated::{Host, Interface, StreamTrace};
use naap_schema::proto::Frame;
use naap_schema::{Row, Value, entity_by_number, frame};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::runtime;

use super::{VISIBLE, hosts, name};

/// When it begins, microseconds since 1970 UTC.
pub(super) const START_US: i64 = 1_780_000_000_000_000;
/// An agent's clock that is further ahead may have its rows refused: the collector takes them up to
/// 300 s ahead of its own clock, which may be 90 s late.
const AHEAD_US: i64 = 200_000_000;
/// How long after a table was suspended the last round that had begun before may end: the collector
/// looks each second, and a round writes three times.
const SUSPENDED: Duration = Duration::from_secs(10);
/// Length of texts that make spools fill up, in 16 characters.
const NOISE: usize = 120;
/// Of so many rows, one is refused while the database refuses some; of many rows fewer, since the
/// collector refuses all others of a table with the 32nd of one round.
const REFUSED_OF: (u64, u64) = (11, 101);

/// A row that was handed out.
#[derive(Debug)]
pub(super) struct Issued {
    pub(super) row: Row,
    pub(super) at: Duration,
    pub(super) recorded: bool,
    /// Something may refuse it.
    pub(super) refusable: bool,
    pub(super) stored: Option<Duration>,
    numbered: bool,
}

/// A row that got a number.
#[derive(Debug)]
pub(super) struct Numbered {
    pub(super) row: Row,
    /// Which row of the oracle it is; none if it is the agent's own.
    pub(super) id: Option<u64>,
    pub(super) refusable: bool,
    /// Which process numbered it.
    pub(super) process: u64,
}

/// Node, epoch, number.
pub(super) type Place = (String, u64, u64);

#[derive(Debug, Default)]
pub(super) struct Oracle {
    pub(super) issued: HashMap<u64, Issued>,
    pub(super) numbered: BTreeMap<Place, Numbered>,
    /// Processes that ended.
    pub(super) ended: BTreeSet<u64>,
}

#[derive(Debug, Default, Clone)]
struct Machine {
    offset_us: i64,
    drift: f64,
    node: usize,
    process: u64,
    spool: Option<Spool>,
}

/// The simulated world.
pub(super) struct World {
    pub(super) store: Store,
    pub(super) slow: Cell<Duration>,
    pub(super) refusing: Cell<bool>,
    pub(super) issuing: Cell<bool>,
    pub(super) suspended: Cell<Option<Duration>>,
    pub(super) healed: Cell<Option<Duration>>,
    pub(super) oracle: RefCell<Oracle>,
    heavy: bool,
    chance: RefCell<StdRng>,
    /// By clock; the first is the collector's.
    machines: RefCell<Vec<Machine>>,
    /// Which of them a runtime is.
    running: RefCell<HashMap<runtime::Id, usize>>,
    processes: Cell<u64>,
    now: Cell<Duration>,
    trace: RefCell<DefaultHasher>,
    say: Option<fn(&str)>,
    wrong: RefCell<Vec<String>>,
}

impl World {
    pub(super) fn new(seed: u64, heavy: bool, say: Option<fn(&str)>) -> Self {
        Self {
            store: Store::default(),
            slow: Cell::default(),
            refusing: Cell::default(),
            issuing: Cell::new(true),
            suspended: Cell::default(),
            healed: Cell::default(),
            oracle: RefCell::default(),
            heavy,
            chance: RefCell::new(StdRng::seed_from_u64(!seed)),
            machines: RefCell::new(vec![Machine::default(); 8]),
            running: RefCell::default(),
            processes: Cell::default(),
            now: Cell::default(),
            trace: RefCell::new(DefaultHasher::new()),
            say,
            wrong: RefCell::default(),
        }
    }

    /// Time since the start.
    pub(super) fn now(&self) -> Duration {
        turmoil::sim_elapsed().unwrap_or_else(|| self.now.get())
    }

    /// Before each step.
    pub(super) fn tick(&self, now: Duration, tick: Duration) {
        self.now.set(now);
        for machine in self.machines.borrow_mut().iter_mut() {
            #[expect(clippy::cast_possible_truncation, reason = "a share of a tick")]
            let drifted = (tick.as_secs_f64() * 1e6 * machine.drift) as i64;
            machine.offset_us += drifted;
        }
    }

    /// Something happened that a run of the same seed must repeat.
    pub(super) fn note(&self, what: impl FnOnce() -> String) {
        let what = what();
        self.mark(&what, || what.clone());
    }

    /// The same, where it happens so often that its words would cost too much.
    fn mark(&self, what: impl Hash, words: impl FnOnce() -> String) {
        let now = self.now();
        (now, what).hash(&mut *self.trace.borrow_mut());
        if let Some(say) = self.say {
            say(&format!("{:9.3} {}", now.as_secs_f64(), words()));
        }
    }

    pub(super) fn trace(&self) -> u64 {
        self.trace.borrow().finish()
    }

    pub(super) fn fail(&self, wrong: String) {
        self.note(|| format!("WRONG: {wrong}"));
        self.wrong.borrow_mut().push(wrong);
    }

    pub(super) fn wrong(&self) -> Vec<String> {
        self.wrong.take()
    }

    /// A process begins on a machine; to be called by it.
    pub(super) fn begin(&self, host: usize, node: usize) {
        let process = self.processes.get() + 1;
        self.processes.set(process);
        let mut machines = self.machines.borrow_mut();
        machines[host] = Machine { node, process, spool: None, ..machines[host] };
        self.running.borrow_mut().insert(runtime::Handle::current().id(), host);
        self.note(|| format!("process {process} begins on machine {host}"));
    }

    pub(super) fn opened(&self, host: usize, spool: &Spool) {
        self.note(|| format!("machine {host} found {:?}", spool.pending()));
        self.machines.borrow_mut()[host].spool = Some(spool.clone());
    }

    /// The process on a machine is gone.
    pub(super) fn ended(&self, host: usize) {
        self.note(|| format!("machine {host} is down"));
        let machine = &mut self.machines.borrow_mut()[host];
        machine.spool = None;
        self.oracle.borrow_mut().ended.insert(machine.process);
    }

    /// Rows in all spools.
    pub(super) fn pending(&self) -> u64 {
        let machines = self.machines.borrow();
        machines.iter().filter_map(|m| m.spool.as_ref()).map(|s| s.pending().rows).sum()
    }

    /// The machine that asks.
    fn me(&self) -> usize {
        let id = runtime::Handle::current().id();
        self.running.borrow().get(&id).copied().unwrap_or(0)
    }

    pub(super) fn offset(&self, host: usize) -> i64 {
        self.machines.borrow()[host].offset_us
    }

    pub(super) fn set_clock(&self, host: usize, us: i64) {
        self.machines.borrow_mut()[host].offset_us = us;
    }

    pub(super) fn step_clock(&self, host: usize, us: i64) {
        self.machines.borrow_mut()[host].offset_us += us;
    }

    pub(super) fn drift_clock(&self, host: usize, ratio: f64) {
        self.machines.borrow_mut()[host].drift = ratio;
    }

    /// All faults of the database and of clocks end.
    pub(super) fn heal(&self) {
        self.store.set_away(false);
        self.store.leave_unanswered(0);
        self.slow.set(Duration::ZERO);
        self.refusing.set(false);
        self.healed.set(Some(self.now()));
        for machine in self.machines.borrow_mut().iter_mut() {
            (machine.offset_us, machine.drift) = (0, 0.0);
        }
    }

    fn clock_of(&self, host: usize) -> i64 {
        let since = i64::try_from(self.now().as_micros()).unwrap_or(i64::MAX);
        START_US + since + self.offset(host)
    }

    /// Hands out rows, as of the machine's clock in whole seconds.
    pub(super) fn issue(&self, host: usize) -> (Vec<u64>, Vec<Row>) {
        let ts_us = self.clock_of(host).div_euclid(1_000_000) * 1_000_000;
        let refusable = self.offset(host) > AHEAD_US;
        let mut oracle = self.oracle.borrow_mut();
        let (mut ids, mut rows) = (Vec::new(), Vec::new());
        for i in 0..if self.heavy { 60 } else { 4 } {
            let id = oracle.issued.len() as u64 + 1;
            let row = self.row(id, i, ts_us);
            let issued = Issued {
                row: row.clone(),
                at: self.now(),
                recorded: false,
                refusable,
                stored: None,
                numbered: false,
            };
            oracle.issued.insert(id, issued);
            ids.push(id);
            rows.push(row);
        }
        drop(oracle);
        self.mark((host, &ids, ts_us), || format!("machine {host} takes {ids:?} at {ts_us}"));
        (ids, rows)
    }

    fn row(&self, id: u64, i: u64, ts_us: i64) -> Row {
        let payload = i64::try_from(id).ok();
        match i % 4 {
            0 => Host { mem_used_bytes: payload, ..Host::default() }.at(ts_us),
            1 | 2 => {
                let interface = format!("eth{}", i % 4).into();
                Interface { interface, rx_bytes: payload, ..Interface::default() }.at(ts_us)
            }
            _ => StreamTrace {
                event_id: naap_schema::identity::event_id(&format!("oracle-{id}")),
                origin: "simulated".into(),
                stream_id: Some(id.to_string().into()),
                // Nothing that would compress.
                message: self.heavy.then(|| self.noise()),
                trace_type: "gateway_receive_stream_request".into(),
                ..StreamTrace::default()
            }
            .at(ts_us),
        }
    }

    fn noise(&self) -> Arc<str> {
        let mut rng = self.chance.borrow_mut();
        (0..NOISE).map(|_| format!("{:016x}", rng.random::<u64>())).collect::<String>().into()
    }

    /// The agent said that these rows are recorded.
    pub(super) fn recorded(&self, ids: &[u64]) {
        self.mark(ids, || format!("recorded {ids:?}"));
        let mut oracle = self.oracle.borrow_mut();
        for id in ids {
            if let Some(issued) = oracle.issued.get_mut(id) {
                issued.recorded = true;
            }
        }
    }

    /// A row got its number.
    fn number(&self, oracle: &mut Oracle, place: Place, row: Row, host: usize) {
        let id = id(&row);
        let mut refusable = self.offset(host) > AHEAD_US;
        if let Some(id) = id {
            match oracle.issued.get_mut(&id) {
                Some(issued) if issued.row == row && !issued.numbered => {
                    issued.numbered = true;
                    refusable = issued.refusable;
                }
                _ => self.fail(format!("row {id} got a second number {place:x?}, or changed")),
            }
        }
        let process = self.machines.borrow()[host].process;
        let numbered = Numbered { row, id, refusable, process };
        if oracle.numbered.insert(place.clone(), numbered).is_some() {
            self.fail(format!("two rows have the number {place:?}"));
        }
    }
}

/// Which row of the oracle this is.
pub(super) fn id(row: &Row) -> Option<u64> {
    let field = match row.entity.name {
        "host" => "mem_used_bytes",
        "interface" => "rx_bytes",
        "stream_trace" => "stream_id",
        _ => return None,
    };
    match row.get(field)? {
        Value::I64(i) => u64::try_from(*i).ok(),
        Value::Text(t) => t.parse().ok(),
        _ => None,
    }
}

impl naap_agent::sim::Machine for World {
    fn wall_us(&self) -> i64 {
        self.clock_of(self.me())
    }

    fn random(&self) -> u64 {
        self.chance.borrow_mut().random()
    }

    fn blocked(&self) -> Duration {
        Duration::from_millis(self.chance.borrow_mut().random_range(0..15))
    }

    fn connect(&self, _: http::Uri) -> naap_agent::sim::Connecting {
        Box::pin(hosts::connect())
    }

    fn numbered(&self, frame: &Frame) {
        let host = self.me();
        let node = name(self.machines.borrow()[host].node);
        let (epoch, first, rows) = (frame.epoch, frame.first_seq, frame.rows);
        self.mark((host, epoch, first, rows), || {
            format!("machine {host} numbers {epoch:x} {first}+{rows}")
        });
        let mut oracle = self.oracle.borrow_mut();
        let Ok(decoded) = frame::decode(frame) else {
            self.fail(format!("the frame {epoch:x} {first} cannot be read"));
            return;
        };
        let mut seq = first;
        for table in decoded.tables {
            let Some(entity) = entity_by_number(table.entity) else { continue };
            for row in table.into_rows(entity).unwrap_or_default() {
                self.number(&mut oracle, (node.clone(), epoch, seq), row, host);
                seq += 1;
            }
        }
    }
}

impl naap_collector::sim::Machine for World {
    fn wall_us(&self) -> i64 {
        self.clock_of(0)
    }

    fn blocked(&self) -> Duration {
        let ms = self.chance.borrow_mut().random_range(0..25);
        self.slow.get() + Duration::from_millis(ms)
    }

    fn refuses(&self, row: &Row) -> bool {
        let one_of = if self.heavy { REFUSED_OF.1 } else { REFUSED_OF.0 };
        let refused = id(row).filter(|id| self.refusing.get() && id % one_of == 3);
        let Some(id) = refused else { return false };
        if let Some(issued) = self.oracle.borrow_mut().issued.get_mut(&id) {
            issued.refusable = true;
        }
        self.note(|| format!("row {id} is refused"));
        true
    }

    fn stored(&self, stored: &Stored) {
        let (table, now) = (stored.row.entity.name, self.now());
        let (node, epoch, seq) = (&*stored.node, stored.epoch, stored.seq);
        self.mark((table, node, epoch, seq), || format!("stored {table} {node} {epoch:x} {seq}"));
        if table == "ledger"
            && let Some(since) = self.suspended.get()
            && now > since + SUSPENDED
        {
            self.fail(format!("rows are acknowledged {:?} after a table stopped", now - since));
        }
        let Some(id) = id(&stored.row) else { return };
        let mut oracle = self.oracle.borrow_mut();
        let Some(issued) = oracle.issued.get_mut(&id).filter(|i| i.stored.is_none()) else {
            return;
        };
        issued.stored = Some(now);
        let late = self.healed.get().filter(|h| issued.at > *h).map(|_| now - issued.at);
        if late.is_some_and(|late| late > VISIBLE) {
            self.fail(format!("row {id} was taken after the healing and is seen {late:?} later"));
        }
    }
}
