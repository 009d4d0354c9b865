//! Which faults a seed brings, and when. Drawn beforehand, so that the same seed brings the same
//! faults to a changed product.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

/// Nodes that there are tokens for.
pub(super) const NODES: usize = 2;

/// Something that is done to the house. Agents are numbered from 0; clock 0 is the collector's, and
/// the agents' follow.
#[derive(Debug, Clone, Copy)]
pub(super) enum Action {
    Partition(usize),
    CutTo(usize),
    CutFrom(usize),
    Hold(usize),
    Reconnect(usize),
    Latency(u64),
    Loss(f64),
    Kill(usize),
    /// After so many changes of files.
    CutPower(usize, u32),
    BackToStart(usize),
    Start(usize),
    KillCollector,
    StartCollector,
    Away(bool),
    Slow(u64),
    Unanswered(u32),
    /// Whether some rows are refused, and by name.
    Refuse(bool, bool),
    Suspend(&'static str),
    Resume,
    Full(usize, Option<u64>),
    FailSync(usize, u32),
    FailWrite(usize, u32),
    FailCreate(usize, u32),
    Corrupt(usize, u64),
    Clock(usize, i64),
    Drift(usize, f64),
    Clone(usize),
}

impl Action {
    /// What it is called in counts; `None` if it ends a fault.
    pub(super) const fn kind(self) -> Option<&'static str> {
        Some(match self {
            Self::Partition(_) => "partition",
            Self::CutTo(_) | Self::CutFrom(_) => "one-way partition",
            Self::Hold(_) => "held messages",
            Self::Latency(1000..) => "latency",
            Self::Loss(1e-9..) => "lost messages",
            Self::Kill(_) => "agent killed",
            Self::CutPower(..) => "agent's power cut",
            Self::BackToStart(_) => "clock back to the start",
            Self::KillCollector => "collector killed",
            Self::Away(true) => "database away",
            Self::Slow(1..) => "database slow",
            Self::Unanswered(_) => "commits unanswered",
            Self::Refuse(true, _) => "rows refused",
            Self::Suspend(_) => "table suspended",
            Self::Full(_, Some(_)) => "disk full",
            Self::FailSync(..) => "fsync failed",
            Self::FailWrite(..) => "write failed",
            Self::FailCreate(..) => "no new file",
            Self::Corrupt(..) => "spool damaged",
            Self::Clock(..) => "clock step",
            Self::Drift(_, d) if d != 0.0 => "clock drift",
            Self::Clone(_) => "spool cloned",
            _ => return None,
        })
    }
}

/// What a seed brings.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) agents: usize,
    /// Much is taken, so that spools fill up.
    pub(super) heavy: bool,
    pub(super) spool_bytes: u64,
    /// In the order of their times.
    pub(super) actions: Vec<(Duration, Action)>,
    /// When everything is healed.
    pub(super) until: Duration,
}

impl Plan {
    pub(super) fn draw(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let until = rng.random_range(30..80);
        let heavy = rng.random_ratio(1, 4);
        let mut plan = Self {
            agents: rng.random_range(1..=NODES),
            heavy,
            spool_bytes: if heavy { 3 << 20 } else { 16 << 20 },
            actions: Vec::new(),
            until: Duration::from_secs(until),
        };
        let mut cloned = false;
        for _ in 0..rng.random_range(3..9) {
            plan.fault(&mut rng, until * 1000, &mut cloned);
        }
        plan.actions.sort_by_key(|(at, _)| *at);
        plan
    }

    fn fault(&mut self, rng: &mut StdRng, until_ms: u64, cloned: &mut bool) {
        let at = rng.random_range(1000..until_ms);
        let ends = at + rng.random_range(500..30_000);
        let (agents, a) = (self.agents, rng.random_range(0..self.agents));
        let fault = rng.random_range(0..25);
        let table = ["host", "interface", "stream_trace", "gap", "ledger"];
        let mut say = |ms: u64, action| self.actions.push((Duration::from_millis(ms), action));
        let mut lasting = |action, end| {
            say(at, action);
            say(ends, end);
        };
        match fault {
            0 => lasting(Action::Partition(a), Action::Reconnect(a)),
            1 => lasting(Action::CutTo(a), Action::Reconnect(a)),
            2 => lasting(Action::CutFrom(a), Action::Reconnect(a)),
            3 => lasting(Action::Hold(a), Action::Reconnect(a)),
            4 => lasting(Action::Latency(rng.random_range(1000..5000)), Action::Latency(100)),
            5 => lasting(Action::Loss(rng.random_range(0.001..0.05)), Action::Loss(0.0)),
            6 | 7 => lasting(Action::Kill(a), Action::Start(a)),
            8..=10 => lasting(Action::CutPower(a, rng.random_range(0..12)), Action::Start(a)),
            11 => say(at, Action::BackToStart(a)),
            12 | 13 => lasting(Action::KillCollector, Action::StartCollector),
            14 => lasting(Action::Away(true), Action::Away(false)),
            15 => lasting(Action::Slow(rng.random_range(50..700)), Action::Slow(0)),
            16 => say(at, Action::Unanswered(rng.random_range(1..6))),
            17 => lasting(Action::Refuse(true, rng.random()), Action::Refuse(false, false)),
            18 => lasting(Action::Suspend(table[rng.random_range(0..5)]), Action::Resume),
            19 => self.full(rng, at, ends, a),
            20 => self.fsync(rng, at, a),
            21 => say(at, Action::FailWrite(a, rng.random_range(0..3))),
            22 => say(at, Action::Corrupt(a, rng.random())),
            23 => {
                let host = rng.random_range(0..=agents);
                let us = if host == 0 { 90_000_000 } else { far(rng) };
                let us = if rng.random() { us } else { -us };
                lasting(Action::Clock(host, us), Action::Drift(host, 0.0));
            }
            _ if *cloned => lasting(Action::Drift(a + 1, 0.1), Action::Drift(a + 1, 0.0)),
            _ => {
                *cloned = true;
                say(at, Action::Clone(a));
            }
        }
    }

    /// There is room for one segment only, and mostly nothing can be sent: the oldest rows must go.
    fn full(&mut self, rng: &mut StdRng, at: u64, ends: u64, a: usize) {
        let mut say = |ms: u64, action| self.actions.push((Duration::from_millis(ms), action));
        say(at, Action::Full(a, Some(rng.random_range(1_060_000..1_300_000))));
        say(ends, Action::Full(a, None));
        if rng.random_ratio(3, 4) {
            say(at.saturating_sub(rng.random_range(0..15_000)), Action::Partition(a));
            say(ends + rng.random_range(0..10_000), Action::Reconnect(a));
        }
        if rng.random() {
            say((at + ends) / 2, Action::Kill(a));
            say((at + ends) / 2 + 200, Action::Start(a));
        }
    }

    /// An fsync fails while nothing can be sent, and then the power goes: what was said to be
    /// recorded must be there all the same.
    fn fsync(&mut self, rng: &mut StdRng, at: u64, a: usize) {
        let mut say = |ms: u64, action| self.actions.push((Duration::from_millis(ms), action));
        say(at, Action::FailSync(a, rng.random_range(0..2)));
        if rng.random() {
            say(at, Action::FailCreate(a, rng.random_range(0..2)));
        }
        if rng.random() {
            say(at.saturating_sub(500), Action::Partition(a));
            say(at + 6000, Action::CutPower(a, rng.random_range(0..4)));
            say(at + 12_000, Action::Reconnect(a));
            say(at + 12_000, Action::Start(a));
        }
    }
}

/// A step of a clock, microseconds.
fn far(rng: &mut StdRng) -> i64 {
    let seconds = [2, 60, 180, 3600, 2 * 86_400][rng.random_range(0..5)];
    seconds * 1_000_000
}
