//! A simulation of agents, wire and collector, in which everything that happens follows from a seed.
//!
//! The code under test is the product's own: recorder, spool and shipper of the agent, and the whole
//! of the collector behind its port, with gRPC between them. Simulated are the network (turmoil), the
//! agents' disks, the database, the clocks, and chance. An oracle hands out rows and writes down
//! which number each one got; faults come and go; then everything is healed, and a judge looks for
//! every row:
//!
//! 1. what was recorded and is no longer in a spool is stored as it was taken, or accounted for;
//! 2. nothing is stored that was not taken;
//! 3. nothing is stored twice;
//! 4. per epoch, what was numbered is stored, refused, declared lost, or was never recorded, and the
//!    ledger says how much of it is which;
//! 5. what is taken after the healing can be read within 60 s; and nothing is acknowledged while a
//!    table is suspended.

mod hosts;
mod judge;
mod plan;
mod world;

use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use naap_agent::sim::Folder;
use naap_agent::spool::segment::Frames;
use naap_agent::spool::{Fs as _, segment};
use turmoil::Sim;

use self::plan::{Action, Plan};
use self::world::{START_US, World};

/// Steps of the simulated time: messages and faults come at these.
const TICK: Duration = Duration::from_millis(20);
/// How long rows are taken after everything was healed.
const FRESH: Duration = Duration::from_secs(70);
/// Rows taken after the healing can be read within this time.
const VISIBLE: Duration = Duration::from_secs(60);
/// How long the spools may take to empty after the last row.
const QUIET: Duration = Duration::from_secs(240);

/// Tokens for the simulated nodes.
#[derive(Debug)]
pub struct Keys {
    dir: tempfile::TempDir,
}

impl Keys {
    /// Makes them.
    ///
    /// # Errors
    /// If there is no temporary folder.
    pub fn new() -> Result<Self> {
        let keys = Self { dir: tempfile::tempdir()? };
        for node in 1..=plan::NODES {
            let token = naap_collector::tokens::add(&keys.tokens(), &name(node), false)?;
            std::fs::write(keys.token(node), token)?;
        }
        Ok(keys)
    }

    fn tokens(&self) -> PathBuf {
        self.dir.path().join("tokens.toml")
    }

    fn token(&self, node: usize) -> PathBuf {
        self.dir.path().join(name(node))
    }
}

fn name(node: usize) -> String {
    format!("node-{node}")
}

/// What came of one seed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// Rows that the oracle handed out.
    pub issued: u64,
    /// Rows that were recorded, as far as their agent said.
    pub recorded: u64,
    /// Rows in the store.
    pub stored: u64,
    /// Rows that were refused.
    pub refused: u64,
    /// Rows that were declared lost.
    pub declared: u64,
    /// Rows that were numbered, and lost with their agent before they were recorded.
    pub unrecorded: u64,
    /// Faults, by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// Simulated time.
    pub time: Duration,
    /// A hash of everything that happened, in its order.
    pub trace: u64,
    /// What the judge found.
    pub wrong: Vec<String>,
}

/// Runs one seed. `say` is told what happens.
pub fn run(seed: u64, keys: &Keys, say: Option<fn(&str)>) -> Report {
    let plan = Plan::draw(seed);
    let world = Rc::new(World::new(seed, plan.heavy, say));
    naap_agent::sim::enter(Some(Rc::<World>::clone(&world)));
    naap_collector::sim::enter(Some(Rc::<World>::clone(&world)));
    let mut house = House::new(seed, Rc::clone(&world), keys, &plan);
    let mut report = match house.play(plan) {
        Ok(()) => judge::judge(&world),
        Err(error) => Report { wrong: vec![format!("{error:#}")], ..Report::default() },
    };
    report.seed = seed;
    report.faults = std::mem::take(&mut house.faults);
    report.time = house.sim.elapsed();
    drop(house);
    report.wrong.extend(world.wrong());
    report.trace = world.trace();
    naap_agent::sim::enter(None);
    naap_collector::sim::enter(None);
    report
}

/// Runs these seeds, so many at a time; stops after so many that failed. `done` is told of each.
pub fn run_all(
    seeds: Range<u64>,
    threads: usize,
    failures: usize,
    keys: &Keys,
    say: Option<fn(&str)>,
    done: impl Fn(&Report) + Sync,
) -> Vec<Report> {
    let (next, reports) = (AtomicU64::new(seeds.start), Mutex::new(Vec::<Report>::new()));
    let work = || loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= seeds.end {
            return;
        }
        let report = catch_unwind(AssertUnwindSafe(|| run(seed, keys, say)));
        let report = report.unwrap_or_else(|_| Report {
            seed,
            wrong: vec!["it panicked".to_owned()],
            ..Report::default()
        });
        done(&report);
        let mut reports = reports.lock().unwrap_or_else(PoisonError::into_inner);
        reports.push(report);
        if reports.iter().filter(|r| !r.wrong.is_empty()).count() >= failures {
            return;
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(work);
        }
    });
    let mut reports = reports.into_inner().unwrap_or_else(PoisonError::into_inner);
    reports.sort_by_key(|r| r.seed);
    reports
}

/// An agent's machine.
struct Agent {
    name: String,
    /// Its place among the clocks.
    host: usize,
    folder: Folder,
    up: bool,
    /// When its process began, and its clock's offset then, microseconds.
    began: (Duration, i64),
    /// The power goes at the next change of a file.
    cutting: Option<Duration>,
}

struct House<'a> {
    sim: Sim<'a>,
    world: Rc<World>,
    keys: &'a Keys,
    agents: Vec<Agent>,
    spool_bytes: u64,
    faults: BTreeMap<&'static str, u64>,
    seed: u64,
}

impl<'a> House<'a> {
    fn new(seed: u64, world: Rc<World>, keys: &'a Keys, plan: &Plan) -> Self {
        let mut sim = turmoil::Builder::new()
            .rng_seed(seed)
            .epoch(std::time::UNIX_EPOCH + Duration::from_micros(START_US.unsigned_abs()))
            .tick_duration(TICK)
            .simulation_duration(Duration::from_secs(24 * 3600))
            .max_message_latency(Duration::from_millis(100))
            .tcp_capacity(1024)
            .build();
        sim.host("collector", hosts::collector(&world, keys.tokens()));
        let spool_bytes = plan.spool_bytes;
        let faults = BTreeMap::new();
        let mut house = Self { sim, world, keys, agents: Vec::new(), spool_bytes, faults, seed };
        for node in 1..=plan.agents {
            house.agent(&format!("agent-{node}"), node, Folder::default());
        }
        house
    }

    /// A machine with an agent, of this node and with these files.
    fn agent(&mut self, name: &str, node: usize, folder: Folder) {
        let host = self.agents.len() + 1;
        let spec = hosts::Spec {
            host,
            node,
            folder: folder.clone(),
            spool_bytes: self.spool_bytes,
            token_file: self.keys.token(node),
        };
        self.sim.host(name, hosts::agent(&self.world, spec));
        let began = (self.sim.elapsed(), self.world.offset(host));
        let agent = Agent { name: name.to_owned(), host, folder, up: true, began, cutting: None };
        self.agents.push(agent);
    }

    fn play(&mut self, plan: Plan) -> Result<()> {
        let mut actions = plan.actions.into_iter().peekable();
        while self.sim.elapsed() < plan.until {
            while let Some((_, action)) = actions.next_if(|(at, _)| *at <= self.sim.elapsed()) {
                self.act(action);
            }
            self.step()?;
        }
        self.heal();
        self.pass(FRESH)?;
        self.world.issuing.set(false);
        let end = self.sim.elapsed() + QUIET;
        // What was handed out last is recorded within seconds.
        self.pass(Duration::from_secs(5))?;
        while self.world.pending() > 0 {
            anyhow::ensure!(
                self.sim.elapsed() < end,
                "{} rows are still in the spools {QUIET:?} after the last one was taken",
                self.world.pending()
            );
            self.step()?;
        }
        Ok(())
    }

    fn pass(&mut self, time: Duration) -> Result<()> {
        let end = self.sim.elapsed() + time;
        while self.sim.elapsed() < end {
            self.step()?;
        }
        Ok(())
    }

    fn step(&mut self) -> Result<()> {
        self.world.tick(self.sim.elapsed(), TICK);
        self.sim.step().map_err(|e| anyhow::anyhow!("a host ended: {e}"))?;
        for i in 0..self.agents.len() {
            let agent = &self.agents[i];
            let late = agent.cutting.is_some_and(|until| until <= self.sim.elapsed());
            if agent.folder.is_cut() || late {
                self.power_cut(i);
            }
        }
        Ok(())
    }

    fn act(&mut self, action: Action) {
        if let Some(kind) = action.kind() {
            *self.faults.entry(kind).or_default() += 1;
        }
        self.world.note(|| format!("{action:?}"));
        let agent = |a: usize| &self.agents[a];
        match action {
            Action::Partition(a) => self.sim.partition(&*agent(a).name, "collector"),
            Action::CutTo(a) => self.sim.partition_oneway(&*agent(a).name, "collector"),
            Action::CutFrom(a) => self.sim.partition_oneway("collector", &*agent(a).name),
            Action::Hold(a) => self.sim.hold(&*agent(a).name, "collector"),
            Action::Reconnect(a) => {
                self.sim.release(&*agent(a).name, "collector");
                self.sim.repair(&*agent(a).name, "collector");
            }
            Action::Latency(ms) => self.sim.set_max_message_latency(Duration::from_millis(ms)),
            Action::Loss(rate) => self.sim.set_fail_rate(rate),
            Action::Kill(a) => self.kill(a),
            Action::CutPower(a, calls) => self.cut_soon(a, calls),
            Action::BackToStart(a) => self.back_to_start(a),
            Action::Start(a) => self.start(a),
            Action::KillCollector => self.sim.crash("collector"),
            Action::StartCollector => self.start_collector(),
            Action::Away(away) => self.world.store.set_away(away),
            Action::Slow(ms) => self.world.slow.set(Duration::from_millis(ms)),
            Action::Unanswered(n) => self.world.store.leave_unanswered(n),
            Action::Refuse(refuse, names) => {
                self.world.store.name_refused(names);
                self.world.refusing.set(refuse);
            }
            Action::Suspend(table) => {
                self.world.store.suspend(table);
                self.world.suspended.set(Some(self.sim.elapsed()));
            }
            Action::Resume => self.resume(),
            Action::Full(a, bytes) => agent(a).folder.limit(bytes),
            Action::FailSync(a, n) => agent(a).folder.fail_sync_after(n),
            Action::FailWrite(a, n) => agent(a).folder.fail_append_after(n),
            Action::FailCreate(a, n) => agent(a).folder.fail_create_after(n),
            Action::Corrupt(a, chance) => corrupt(&agent(a).folder, chance),
            Action::Clock(host, us) => self.world.step_clock(host, us),
            Action::Drift(host, ratio) => self.world.drift_clock(host, ratio),
            Action::Clone(a) => {
                let folder = agent(a).folder.copy();
                self.agent("clone", a + 1, folder);
            }
        }
    }

    fn kill(&mut self, a: usize) {
        if std::mem::take(&mut self.agents[a].up) {
            self.sim.crash(&*self.agents[a].name);
            self.world.ended(self.agents[a].host);
        }
    }

    fn cut_soon(&mut self, a: usize, calls: u32) {
        if self.agents[a].up {
            self.agents[a].folder.cut_after(calls);
            self.agents[a].cutting = Some(self.sim.elapsed() + Duration::from_secs(3));
        }
    }

    /// Nobody is told that the machine is gone: its connection just says nothing more.
    fn power_cut(&mut self, a: usize) {
        let name = self.agents[a].name.clone();
        self.sim.partition(&*name, "collector");
        self.kill(a);
        self.sim.repair(&*name, "collector");
        let chance = self.seed ^ u64::try_from(self.sim.elapsed().as_nanos()).unwrap_or(0);
        self.agents[a].folder.crash(chance);
        self.agents[a].cutting = None;
        self.world.note(|| format!("power cut of {name}"));
    }

    /// The machine comes back with the clock of its last start.
    fn back_to_start(&mut self, a: usize) {
        self.kill(a);
        let (at, offset) = self.agents[a].began;
        let since = i64::try_from((self.sim.elapsed() - at).as_micros()).unwrap_or(0);
        self.world.set_clock(self.agents[a].host, offset - since);
        self.start(a);
    }

    fn start(&mut self, a: usize) {
        let agent = &mut self.agents[a];
        if !agent.up {
            // What was to come to this process does not come to the next one.
            if agent.folder.is_cut() || agent.cutting.take().is_some() {
                agent.folder.crash(self.seed);
            }
            agent.up = true;
            agent.began = (self.sim.elapsed(), self.world.offset(agent.host));
            self.sim.bounce(&*agent.name);
        }
    }

    fn start_collector(&mut self) {
        if !self.sim.is_host_running("collector") {
            self.sim.bounce("collector");
        }
    }

    fn resume(&mut self) {
        self.world.suspended.set(None);
        self.world.store.resume();
    }

    /// All faults end.
    fn heal(&mut self) {
        self.world.note(|| "healed".to_owned());
        self.world.heal();
        self.resume();
        self.sim.set_max_message_latency(Duration::from_millis(100));
        self.sim.set_fail_rate(0.0);
        self.start_collector();
        for a in 0..self.agents.len() {
            if self.agents[a].cutting.is_some() {
                self.power_cut(a);
            }
            let agent = &self.agents[a];
            self.sim.release(&*agent.name, "collector");
            self.sim.repair(&*agent.name, "collector");
            agent.folder.mend();
            self.start(a);
        }
    }
}

/// Damages a record of a segment that is not its last: the last one cannot be told from one that
/// was being written when the power went.
fn corrupt(folder: &Folder, chance: u64) {
    let mut records = Vec::new();
    for name in folder.names() {
        let (Some((_, epoch, _)), Ok(bytes)) = (segment::parse_name(&name), folder.read(&name))
        else {
            continue;
        };
        let (mut frames, mut from) = (Frames::new(epoch, &bytes), segment::MAGIC.len());
        let mut found = Vec::new();
        while frames.next().is_some() {
            found.push((name.clone(), from, frames.end()));
            from = frames.end();
        }
        found.pop();
        records.extend(found);
    }
    let pick = |n: usize| usize::try_from(chance % n as u64).unwrap_or(0);
    if records.is_empty() {
        return;
    }
    let (name, from, to) = &records[pick(records.len())];
    folder.flip(name, from + pick(to - from));
}
