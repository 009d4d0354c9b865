//! The network while it runs: who begins what when, and which lines are delivered in which order.

mod cast;
mod draft;
mod job;
mod payments;
mod session;
mod supply;
mod wire;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use serde_json::{Value, json};

use crate::limits;
use crate::plan::{Plan, PlanError};
use crate::rng::{Rng, rounded};
use crate::truth::{Report, Truth};

/// A line on its way from a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emitted {
    /// Number of the gateway, from 0.
    pub gateway: usize,
    /// When it arrives, microseconds since 1970 UTC, true time.
    pub deliver_at_us: i64,
    /// The envelope: one JSON object, no line end.
    pub line: Vec<u8>,
}

/// What begins at a gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Start {
    Report(usize),
    Session(usize),
    Job(usize),
    Noise(usize),
}

/// A network of a plan: an iterator over the lines of all gateways, in the order of delivery.
pub struct Network {
    plan: Plan,
    cast: cast::Cast,
    payments: payments::Payments,
    rng: Rng,
    /// True time, ms; number, so that none equals another.
    agenda: BinaryHeap<Reverse<(i64, u64, Start)>>,
    /// By delivery, ms.
    pending: BinaryHeap<Reverse<Pending>>,
    truths: Vec<Truth>,
    /// The last stream of each gateway: clients try again.
    streams: Vec<String>,
    numbered: u64,
    requests: u32,
    end_ms: i64,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Pending {
    at_ms: i64,
    number: u64,
    gateway: usize,
    line: Vec<u8>,
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (pending, truths) = (self.pending.len(), self.truths.len());
        f.debug_struct("Network")
            .field("plan", &self.plan)
            .field("pending", &pending)
            .field("truths", &truths)
            .finish_non_exhaustive()
    }
}

impl Network {
    /// Begins a network.
    ///
    /// # Errors
    /// If the plan is out of bounds.
    pub fn new(plan: Plan) -> Result<Self, PlanError> {
        plan.check()?;
        let mut rng = Rng::new(plan.seed);
        let cast = cast::Cast::new(&plan, &mut rng);
        let start_ms = plan.start_us / 1000;
        let mut network = Self {
            end_ms: start_ms + plan.length_us / 1000,
            streams: vec![String::new(); plan.gateways],
            cast,
            payments: payments::Payments::default(),
            rng,
            agenda: BinaryHeap::new(),
            pending: BinaryHeap::new(),
            truths: Vec::new(),
            numbered: 0,
            requests: 0,
            plan,
        };
        for gateway in 0..network.plan.gateways {
            // A gateway reports when it starts.
            let first = start_ms + network.rng.whole(1000, 30_000);
            network.note(first, Start::Report(gateway));
            for start in [Start::Session(gateway), Start::Job(gateway), Start::Noise(gateway)] {
                network.next_of(start_ms, start);
            }
        }
        Ok(network)
    }

    /// The truth of everything that has begun since the last call.
    pub fn take_truth(&mut self) -> Vec<Truth> {
        std::mem::take(&mut self.truths)
    }

    /// The lines that are held, for whoever watches memory.
    pub fn held(&self) -> usize {
        self.pending.len()
    }

    fn note(&mut self, at_ms: i64, start: Start) {
        self.numbered += 1;
        if at_ms < self.end_ms {
            self.agenda.push(Reverse((at_ms, self.numbered, start)));
        }
    }

    /// Notes when the next of this kind begins.
    fn next_of(&mut self, after_ms: i64, start: Start) {
        let at = match start {
            Start::Report(_) => after_ms + self.plan.report_every_us / 1000,
            Start::Session(gateway) => match self.next_session(after_ms, gateway) {
                Some(at) => at,
                None => return,
            },
            Start::Job(_) if self.plan.jobs_per_hour > 0.0 => {
                after_ms + self.rng.wait_ms(self.plan.jobs_per_hour)
            }
            Start::Noise(_) if self.plan.noise_per_hour > 0.0 => {
                after_ms + self.rng.wait_ms(self.plan.noise_per_hour)
            }
            Start::Job(_) | Start::Noise(_) => return,
        };
        self.note(at, start);
    }

    /// Arrivals whose rate follows the hour: those at the busiest rate, thinned.
    fn next_session(&mut self, after_ms: i64, gateway: usize) -> Option<i64> {
        let curve = *self.plan.demand.get(gateway % self.plan.demand.len())?;
        let most = curve.iter().copied().fold(0.0, f64::max);
        let mut at = after_ms;
        while most > 0.0 && at < self.end_ms {
            at += self.rng.wait_ms(most);
            let hour = usize::try_from(at.div_euclid(3_600_000).rem_euclid(24)).unwrap_or(0);
            if self.rng.chance(curve.get(hour).copied().unwrap_or(0.0) / most) {
                return Some(at);
            }
        }
        None
    }

    fn begin(&mut self, at_ms: i64, start: Start) {
        let mut rng = self.rng.fork();
        match start {
            Start::Report(gateway) => self.report(at_ms, gateway, &mut rng),
            Start::Session(gateway) => self.session(at_ms, gateway, rng),
            Start::Job(gateway) => self.job(at_ms, gateway, &mut rng),
            Start::Noise(gateway) => self.noise(at_ms, gateway, &mut rng),
        }
        self.next_of(at_ms, start);
    }

    /// True time to the clock of the gateway, ms.
    fn local(&self, gateway: usize, true_ms: i64) -> i64 {
        true_ms + self.cast.gateways.get(gateway).map_or(0, |g| g.skew_ms)
    }

    /// A request id that no other session or job has: an odd factor reaches every number once.
    fn request_id(&mut self) -> String {
        self.requests = self.requests.wrapping_add(1);
        let mixed =
            u64::from(self.requests.wrapping_mul(0x9e37_79b1)) ^ (self.plan.seed & 0xffff_ffff);
        format!("{mixed:08x}")
    }

    fn session(&mut self, at_ms: i64, gateway: usize, mut rng: Rng) {
        let request_id = self.request_id();
        let Some(g) = self.cast.gateways.get(gateway) else { return };
        let retried = rng.chance(0.08);
        let fresh = format!("str_{}", rng.hex(12));
        let Some(last) = self.streams.get_mut(gateway) else { return };
        if !retried || last.is_empty() {
            *last = fresh;
        }
        let stream_id = last.clone();
        let model = rng.weighted(self.plan.models.iter().map(|m| m.weight));
        let begin = at_ms + g.skew_ms;
        let latest = self.end_ms + g.skew_ms - limits::QUIET_END_MS;
        let whip = rng.chance(0.85);
        let mut draft = draft::Draft {
            plan: &self.plan,
            cast: &self.cast,
            gateway,
            g,
            rng,
            payments: &mut self.payments,
            stream_id,
            request_id,
            model,
            whip,
            begin,
            beats: Vec::new(),
            legs: Vec::new(),
            errors: Vec::new(),
            ingest: Vec::new(),
            swaps: 0,
            restarts: 0,
            hushed: Vec::new(),
            trace_lost: false,
            frames: draft::Frames::Normal,
            cut: i64::MIN,
            gap: None,
        };
        let Some(truth) = session::plan(&mut draft, latest) else { return };
        let (beats, mut rng) = (draft.beats, draft.rng);
        self.truths.push(truth);
        for beat in beats {
            self.send(gateway, beat.at, beat.line, &mut rng);
        }
    }

    fn report(&mut self, at_ms: i64, gateway: usize, rng: &mut Rng) {
        let at = self.local(gateway, at_ms);
        let (mut entries, mut orchestrators) = (Vec::new(), Vec::new());
        for o in &self.cast.orchestrators {
            for uri in 0..o.uris.len() {
                if let Some((entry, reported)) = supply::entry(&self.plan, o, uri, at_ms, rng) {
                    entries.push(entry);
                    orchestrators.push(reported);
                }
            }
        }
        self.truths.push(Truth::Report(Report { at_us: at * 1000, gateway, orchestrators }));
        self.tell(gateway, at, "network_capabilities", Value::Array(entries), rng);
    }

    fn job(&mut self, at_ms: i64, gateway: usize, rng: &mut Rng) {
        let request = self.request_id();
        let at = self.local(gateway, at_ms) + 100;
        let (told, job) = job::plan(&self.plan, &self.cast, gateway, (at, &request), rng);
        if at_ms + limits::QUIET_END_MS > self.end_ms {
            return;
        }
        self.truths.push(Truth::Job(job));
        for (at, topic, data) in told {
            self.tell(gateway, at, topic, data, rng);
        }
    }

    /// What other programs put into the topic: nobody may make a row of it.
    fn noise(&mut self, at_ms: i64, gateway: usize, rng: &mut Rng) {
        let at = self.local(gateway, at_ms);
        let stream = self.streams.get(gateway).cloned().unwrap_or_default();
        let (kind, data) = match rng.whole(0, 3) {
            0 => ("webrtc_stats", json!({ "stream_id": stream, "fps": 30 })),
            1 => ("app_start", json!({ "type": "app_start", "app": "daydream" })),
            2 => ("pipelines_api_request", json!({ "path": "/v1/streams", "status": 200 })),
            _ => ("stream_trace", json!({ "type": "stream_heartbeat", "client_source": "scope" })),
        };
        self.tell(gateway, at, kind, data, rng);
    }

    fn tell(&mut self, gateway: usize, at: i64, kind: &str, data: Value, rng: &mut Rng) {
        let label = self.cast.gateways.get(gateway).map_or("", |g| g.label.as_str());
        let line = wire::line(&rng.uuid(), kind, at, label, data);
        self.send(gateway, at, line, rng);
    }

    /// Sends a line that has the gateway's time `at`, ms: a moment later, or late, or twice.
    fn send(&mut self, gateway: usize, at: i64, line: Vec<u8>, rng: &mut Rng) {
        let skew = self.cast.gateways.get(gateway).map_or(0, |g| g.skew_ms);
        let delay = if rng.chance(self.plan.late) {
            // Minutes rather than days, down to one.
            let most = self.plan.late_most_us as f64 / 1000.0;
            rounded(60_000.0 * (most / 60_000.0).powf(rng.unit()))
        } else {
            rng.whole(80, 1900)
        };
        let at_ms = at - skew + delay;
        if rng.chance(self.plan.repeated) {
            let again = at_ms + rng.whole(0, 60_000);
            self.push(again, gateway, line.clone());
        }
        self.push(at_ms, gateway, line);
    }

    fn push(&mut self, at_ms: i64, gateway: usize, line: Vec<u8>) {
        self.numbered += 1;
        self.pending.push(Reverse(Pending { at_ms, number: self.numbered, gateway, line }));
    }
}

impl Iterator for Network {
    type Item = Emitted;

    fn next(&mut self) -> Option<Emitted> {
        // Whatever begins sends nothing before it begins.
        while let Some(Reverse((at_ms, _, start))) = self.agenda.peek().copied() {
            if self.pending.peek().is_some_and(|p| p.0.at_ms < at_ms) {
                break;
            }
            self.agenda.pop();
            self.begin(at_ms, start);
        }
        let Reverse(Pending { at_ms, gateway, line, .. }) = self.pending.pop()?;
        Some(Emitted { gateway, deliver_at_us: at_ms * 1000, line })
    }
}
