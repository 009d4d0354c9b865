//! A simulated network whose truth is known: what an agent reads of its lines, derived in process,
//! against what was planned. Nothing of the truth is computed by the code that is tested.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use naap_agent::source::gateway_event;
use naap_derive::event::{Event, Payment};
use naap_derive::fee::{Assigned, assign};
use naap_derive::rows;
use naap_derive::session::{Derived, derive};
use naap_derive::surroundings::Surroundings;
use naap_loadtest::truth::{Fps, Leg, Outcome, Session, Source};
use naap_loadtest::{Mix, Network, Plan, Truth};
use naap_schema::generated::{StreamLeg, StreamSession};

/// 2026-09-21 14:13:20 UTC.
const START_US: i64 = 1_790_000_000_000_000;
const DAY_US: i64 = 86_400_000_000;

/// Everything that agents read of a network, and the truth.
struct World {
    events: HashMap<(Arc<str>, Arc<str>), Vec<Event>>,
    payments: Vec<Payment>,
    around: Surroundings,
    truths: Vec<Session>,
    lines: usize,
}

fn world(plan: Plan) -> World {
    let nodes: Vec<Arc<str>> = (0..plan.gateways).map(|g| format!("gateway-{g}").into()).collect();
    let mut network = Network::new(plan).unwrap();
    let mut world = World {
        events: HashMap::new(),
        payments: Vec::new(),
        around: Surroundings::default(),
        truths: Vec::new(),
        lines: 0,
    };
    while let Some(emitted) = network.next() {
        world.lines += 1;
        let node = &nodes[emitted.gateway];
        let Ok(parsed) = gateway_event::parse(&emitted.line, "simulated", 0) else { continue };
        assert_eq!(parsed.cut, None, "nothing needs to be cut");
        for row in parsed.rows {
            assert_eq!(row.check(), Ok(()), "{row:?}");
            if let Some(event) = rows::event(&row, node)
                && let Some(key) = rows::session(&row)
            {
                world.events.entry(key).or_default().push(event);
            }
            world.payments.extend(rows::payment(&row, node));
            if let Some(claim) = rows::claim(&row) {
                world.around.add_claim(claim);
            }
        }
        for truth in network.take_truth() {
            if let Truth::Session(session) = truth {
                world.truths.push(*session);
            }
        }
    }
    for node in &nodes {
        world.around.set_data_through(node, i64::MAX);
    }
    world
}

impl World {
    fn derived(&self) -> HashMap<Arc<str>, Derived> {
        let mut by_request: HashMap<Arc<str>, Vec<Assigned>> = HashMap::new();
        let once = |by_request: &HashMap<Arc<str>, Vec<Assigned>>| {
            let of = |(stream, request): &(Arc<str>, Arc<str>), events: &Vec<Event>| {
                let paid = by_request.get(request).map_or(&[][..], Vec::as_slice);
                let derived = derive(stream, request, events, paid, &self.around).unwrap();
                (Arc::clone(request), derived)
            };
            self.events.iter().map(|(key, events)| of(key, events)).collect::<HashMap<_, _>>()
        };
        let spans = once(&by_request);
        let span_of = |request: &str| spans.get(request).map(|d| d.span);
        for assigned in assign(&self.payments, &span_of) {
            if let Some(request) = &assigned.request_id {
                by_request.entry(Arc::clone(request)).or_default().push(assigned);
            }
        }
        once(&by_request)
    }
}

/// Differences, by figure: how many, and the first.
#[derive(Default)]
struct Differences(BTreeMap<&'static str, (usize, String)>);

impl Differences {
    fn note(&mut self, what: &'static str, same: bool, say: impl FnOnce() -> String) {
        if !same {
            let entry = self.0.entry(what).or_default();
            entry.0 += 1;
            if entry.1.is_empty() {
                entry.1 = say();
            }
        }
    }

    fn equal<T: PartialEq + std::fmt::Debug>(
        &mut self,
        what: &'static str,
        of: &str,
        got: T,
        true_: T,
    ) {
        let same = got == true_;
        self.note(what, same, || format!("{of}: {got:?}, truly {true_:?}"));
    }

    /// But for the last digits: sums of doubles depend on who adds.
    fn close(&mut self, what: &'static str, of: &str, got: Option<f64>, true_: Option<f64>) {
        let same = match (got, true_) {
            (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(b.abs()),
            (a, b) => a.is_none() && b.is_none(),
        };
        self.note(what, same, || format!("{of}: {got:?}, truly {true_:?}"));
    }
}

fn word(outcome: Outcome) -> String {
    serde_json::to_value(outcome).unwrap().as_str().unwrap().to_owned()
}

fn text<T: serde::Serialize>(value: Option<T>) -> Option<String> {
    value.map(|v| serde_json::to_value(v).unwrap().as_str().unwrap().to_owned())
}

/// Output FPS: mean, minimum, coefficient, samples; input FPS and ratio.
type Frames = ([Option<f64>; 5], Option<i64>);

fn frames(d: &mut Differences, of: &str, (got, samples): Frames, fps: &Fps) {
    let truths = [
        fps.output_fps_mean,
        fps.output_fps_min,
        fps.jitter_coefficient,
        fps.input_fps_mean,
        fps.fps_ratio,
    ];
    for (got, true_) in got.into_iter().zip(truths) {
        d.close("frames", of, got, true_);
    }
    d.equal("fps samples", of, samples.unwrap_or(0), i64::try_from(fps.samples.len()).unwrap());
}

fn compare_session(d: &mut Differences, s: &StreamSession, at: i64, t: &Session) {
    let of = format!("{} {t:#?}", t.request_id);
    d.equal("outcome", &of, s.outcome.to_string(), word(t.outcome));
    d.equal("end reason", &of, s.end_reason.as_deref().map(str::to_owned), text(t.end_reason));
    d.equal("closed by", &of, s.closed_by.as_deref().map(str::to_owned), text(Some(t.closed_by)));
    d.equal("start", &of, at, t.started_us);
    d.equal("request", &of, s.requested_at, t.requested_us);
    d.equal("close", &of, s.closed_at, Some(t.closed_us));
    d.close("startup", &of, s.startup_ms, t.startup_ms);
    d.close("playable", &of, s.playable_ms, t.time_to_playable_ms);
    d.close("prompt to first frame", &of, s.prompt_to_first_frame_ms, t.prompt_to_first_frame_ms);
    let media = t.e2e_latency_ms.filter(|_| t.e2e_latency_source == Some(Source::Media));
    let trace = t.e2e_latency_ms.filter(|_| t.e2e_latency_source == Some(Source::Trace));
    d.close("media latency", &of, s.e2e_media_ms, media);
    d.close("traced latency", &of, s.e2e_trace_ms, trace);
    let got =
        [s.output_fps_mean, s.output_fps_min, s.jitter_coefficient, s.input_fps_mean, s.fps_ratio];
    frames(d, &of, (got, s.fps_samples), &t.fps);
    d.close("upload", &of, s.upload_mbps, t.upload_mbps);
    d.close("minutes", &of, s.minutes, t.minutes);
    d.equal("swaps", &of, s.swaps, count(t.swaps));
    d.equal("restarts", &of, s.restarts.unwrap_or(0), t.restarts);
    d.equal("error events", &of, s.error_events, count(t.error_events));
    d.equal("status samples", &of, s.status_samples, count(t.status_samples));
    d.equal("ingest samples", &of, s.ingest_samples, count(t.ingest_samples));
    d.equal("fee", &of, s.fee_wei.as_deref(), t.fee_wei.as_deref());
    d.equal("model", &of, s.model.as_deref(), t.model.as_deref());
    d.equal("gateway", &of, s.gateway.as_deref(), Some(&*format!("gateway-{}", t.gateway)));
    d.equal("label", &of, s.gateway_label.as_deref(), t.gateway_label.as_deref());
    d.equal("origin", &of, &*s.origin, "simulated");
    d.equal("legs", &of, s.legs, count(t.legs.len()));
}

fn count(n: usize) -> Option<i64> {
    Some(i64::try_from(n).unwrap())
}

fn compare_leg(d: &mut Differences, l: &StreamLeg, at: i64, t: &Leg, of: &str) {
    d.equal("leg outcome", of, l.outcome.to_string(), word(t.outcome));
    d.equal("leg start", of, at, t.started_us);
    d.equal("leg end", of, l.ended_at, Some(t.ended_us));
    d.equal("leg address", of, l.orchestrator.as_deref(), t.address.as_deref());
    d.equal("leg URI", of, l.orch_uri.as_deref(), Some(&*t.uri));
    d.equal("swapped away", of, l.swap_reason.is_some(), t.swapped_away);
    if t.swap_reason.is_some() {
        d.equal("swap reason", of, l.swap_reason.as_deref(), t.swap_reason.as_deref());
    }
    d.close("leg startup", of, l.startup_ms, t.startup_ms);
    d.close("leg playable", of, l.playable_ms, t.time_to_playable_ms);
    let (got, true_) = (l.prompt_to_first_frame_ms, t.prompt_to_first_frame_ms);
    d.close("leg prompt to first frame", of, got, true_);
    d.close("leg media latency", of, l.e2e_media_ms, t.e2e_media_ms);
    let got =
        [l.output_fps_mean, l.output_fps_min, l.jitter_coefficient, l.input_fps_mean, l.fps_ratio];
    frames(d, of, (got, l.fps_samples), &t.fps);
    d.equal("leg status samples", of, l.status_samples, count(t.status_samples));
    d.equal("signals seen", of, l.signals_seen.unwrap_or(0), count(t.signals_seen).unwrap());
    d.equal("signals due", of, l.signals_expected.unwrap_or(0), count(t.signals_expected).unwrap());
    d.equal("leg fee", of, l.fee_wei.as_deref(), t.fee_wei.as_deref());
}

fn check(plan: Plan) {
    let world = world(plan);
    let derived = world.derived();
    let mut d = Differences::default();
    assert_eq!(derived.len(), world.truths.len(), "sessions");
    for t in &world.truths {
        let got = &derived[t.request_id.as_str()];
        compare_session(&mut d, &got.session.1, got.session.0, t);
        for ((at, leg), (n, truth)) in got.legs.iter().zip(t.legs.iter().enumerate()) {
            compare_leg(&mut d, leg, *at, truth, &format!("leg {n} of {} {t:#?}", t.request_id));
        }
    }
    println!("{} lines, {} sessions", world.lines, world.truths.len());
    if !d.0.is_empty() {
        for (what, (n, first)) in &d.0 {
            println!("{what}: {n} differ, the first: {first}");
        }
        panic!("{:?}", d.0.iter().map(|(what, (n, _))| (what, n)).collect::<Vec<_>>());
    }
}

/// Scenario: simulated days of 5 gateways and 60 orchestrators with swaps, failures, losses, 1 % late,
/// 1 % repeated, clocks that differ. Days by NAAP_TRUTH_DAYS, one without.
/// Guarantees: every session and leg, with every figure, is what was planned.
#[test]
fn sessions_and_legs_are_what_was_planned() {
    let days = std::env::var("NAAP_TRUTH_DAYS").ok().and_then(|d| d.parse().ok()).unwrap_or(1);
    check(Plan::new(20_261, START_US, days * DAY_US));
}

/// Scenario: hours of rough networks, small and large, where every odd thing happens often, half of
/// the lines come late or twice and half of the runners' clocks are wrong; several seeds.
/// Guarantees: the same.
#[test]
fn rough_networks_too() {
    let hour = 3_600_000_000;
    for (seed, gateways, orchestrators) in [(1, 1, 3), (2, 2, 12), (3, 3, 31), (4, 2, 60)] {
        let mix = Mix {
            swapped: 0.3,
            failed_swap: 0.08,
            no_orchestrator: 0.08,
            excused: 0.08,
            failed: 0.08,
            error: 0.08,
            lost: 0.05,
            lost_early: 0.05,
            beginning_lost: 0.1,
            odd: 0.1,
        };
        check(Plan {
            gateways,
            orchestrators,
            mix,
            demand: vec![[25.0; 24]],
            late: 0.5,
            repeated: 0.5,
            skewed: 0.5,
            gateway_skew_us: 30_000_000,
            ..Plan::new(seed, START_US, 4 * hour)
        });
    }
}
