//! A session while it is planned: its lines, and beside each what it means for the truth.

use super::cast::{Cast, Gateway, Known, Orchestrator};
use super::payments::Payments;
use super::wire;
use crate::plan::Plan;
use crate::rng::{Rng, rounded, thousandths};

/// A line at its time (gateway's clock, ms).
pub(super) struct Beat {
    pub at: i64,
    pub line: Vec<u8>,
    /// Events of a stream; payments and discovery are not.
    pub of_session: bool,
    /// It tells the model.
    pub names_model: bool,
}

/// A status sample.
#[derive(Clone, Copy)]
pub(super) struct Sample {
    pub at: i64,
    /// `data.timestamp` and `start_time`, the runner's clock.
    pub data: i64,
    pub start: i64,
    pub fps: f64,
    pub input: f64,
}

/// A payment: time, expected value, and whether it names the request.
#[derive(Clone, Copy)]
pub(super) struct Paid {
    pub at: i64,
    pub wei: u128,
    pub names: bool,
}

/// One orchestrator's part, as planned. Times are the gateway's clock, ms, unless said.
#[derive(Default)]
pub(super) struct Leg {
    pub orchestrator: usize,
    pub uri: usize,
    pub start: i64,
    pub end: i64,
    /// When the runner began.
    pub runner_start: i64,
    pub sent: Option<i64>,
    /// Envelope, and the runner's clock.
    pub runner_sent: Option<(i64, i64)>,
    pub first: Option<i64>,
    pub few: Option<i64>,
    pub samples: Vec<Sample>,
    /// Seconds.
    pub media: Vec<(i64, f64)>,
    pub payments: Vec<Paid>,
    pub swapped_away: bool,
    pub reason: Option<&'static str>,
    /// Of a leg that did not play.
    pub outcome: Option<crate::truth::Outcome>,
}

/// How a stream looks once it plays.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Frames {
    /// As they should.
    Normal,
    /// None ever come.
    Never,
}

pub(super) struct Draft<'a> {
    pub plan: &'a Plan,
    pub cast: &'a Cast,
    pub gateway: usize,
    pub g: &'a Gateway,
    pub rng: Rng,
    pub payments: &'a mut Payments,
    pub stream_id: String,
    pub request_id: String,
    pub model: usize,
    /// WebRTC in: there are connection samples.
    pub whip: bool,
    /// The request.
    pub begin: i64,
    pub beats: Vec<Beat>,
    pub legs: Vec<Leg>,
    pub errors: Vec<i64>,
    /// Time and bytes received.
    pub ingest: Vec<(i64, i64)>,
    pub swaps: usize,
    pub restarts: i64,
    /// No connection sample in these times: while nobody runs it is unclear whose it were.
    pub hushed: Vec<(i64, i64)>,
    /// The first processed segment's trace is lost.
    pub trace_lost: bool,
    pub frames: Frames,
    /// What came before is lost.
    pub cut: i64,
    /// What came in these times is lost.
    pub gap: Option<(i64, i64)>,
}

const PROMPTS: [&str; 3] =
    ["a fox made of glass", "rain over a harbour, oil on canvas", "portrait, soft light"];

impl<'a> Draft<'a> {
    pub(super) fn o(&self, leg: usize) -> Option<(&'a Orchestrator, &Leg)> {
        let leg = self.legs.get(leg)?;
        Some((self.cast.orchestrators.get(leg.orchestrator)?, leg))
    }

    pub(super) fn model_name(&self) -> &'a str {
        self.plan.models.get(self.model).map_or("noop", |m| m.name.as_str())
    }

    pub(super) fn beat(
        &mut self,
        at: i64,
        kind: &str,
        (of_session, names_model): (bool, bool),
        data: impl serde::Serialize,
    ) {
        let id = self.rng.uuid();
        let line = wire::line(&id, kind, at, &self.g.label, data);
        self.beats.push(Beat { at, line, of_session, names_model });
    }

    /// The URI as events have it: not always the same letters.
    pub(super) fn url(&mut self, leg: usize) -> String {
        let Some((o, l)) = self.o(leg) else { return String::new() };
        let uri = o.stream_uris.get(l.uri).cloned().unwrap_or_default();
        match self.rng.whole(0, 19) {
            0 => uri + "/",
            1 => uri.replace("https://orch", "https://Orch").replace("example", "EXAMPLE"),
            2 => uri.replace("https", "HTTPS") + "/",
            _ => uri,
        }
    }

    fn wallet(&self, leg: usize) -> &'a str {
        self.o(leg).map_or("", |(o, _)| o.stream_wallet.as_str())
    }

    /// A trace; `leg` is who it is about, `data` its own time.
    pub(super) fn trace(&mut self, at: i64, kind: &str, leg: Option<usize>, data: Option<i64>) {
        self.trace_with(at, kind, leg, data, None);
    }

    fn trace_with(
        &mut self,
        at: i64,
        kind: &str,
        leg: Option<usize>,
        data: Option<i64>,
        message: Option<&str>,
    ) {
        let url = leg.map(|leg| self.url(leg)).unwrap_or_default();
        let address = leg.map_or("", |leg| self.wallet(leg));
        let (stream, request) = (self.stream_id.clone(), self.request_id.clone());
        let trace = wire::Trace {
            kind,
            timestamp: data,
            stream_id: &stream,
            request_id: &request,
            pipeline_id: "",
            orchestrator_info: wire::Info { address, url: &url },
            pipeline: message.map(|_| self.model_name()),
            message,
        };
        self.beat(at, "stream_trace", (true, message.is_some()), trace);
    }

    /// A trace of the gateway: its own time is the envelope's.
    pub(super) fn gateway_trace(&mut self, at: i64, kind: &str, leg: Option<usize>) {
        self.trace(at, kind, leg, Some(at));
    }

    /// The gateway leaves the orchestrator of this leg; it says no time of its own.
    pub(super) fn swap(&mut self, at: i64, leg: usize, why: &'static str) {
        self.trace_with(at, "orchestrator_swap", Some(leg), None, Some(why));
        self.swaps += 1;
        if let Some(leg) = self.legs.get_mut(leg) {
            leg.swapped_away = true;
            leg.end = at;
            leg.reason = fold(why);
        }
    }

    /// An error of the gateway: no time, no orchestrator.
    pub(super) fn error(&mut self, at: i64, message: &str) {
        self.errors.push(at);
        let (stream, request) = (self.stream_id.clone(), self.request_id.clone());
        let error = wire::Happened {
            kind: "error",
            stream_id: &stream,
            request_id: &request,
            pipeline: self.model_name(),
            capability: Some(""),
            message: Some(message),
            ..wire::Happened::default()
        };
        self.beat(at, "ai_stream_events", (true, true), error);
    }

    /// A new leg: what was found, and the first payment.
    pub(super) fn start_leg(&mut self, orchestrator: usize, at: i64) -> usize {
        let uris = self.cast.orchestrators.get(orchestrator).map_or(1, |o| o.uris.len());
        let uri = self.rng.index(uris);
        let runner_start = at + self.rng.whole(300, 500);
        let leg = Leg { orchestrator, uri, start: at, runner_start, ..Leg::default() };
        self.legs.push(leg);
        let leg = self.legs.len() - 1;
        if self.rng.chance(0.5) {
            let found = at + self.rng.whole(180, 250);
            self.discover(found, leg);
        }
        leg
    }

    fn discover(&mut self, at: i64, leg: usize) {
        let url = self.url(leg);
        let mut found = vec![(self.wallet(leg).to_owned(), url)];
        for _ in 0..self.rng.whole(0, 5) {
            let other = self.rng.index(self.cast.orchestrators.len());
            if let Some(o) = self.cast.orchestrators.get(other) {
                found.push((
                    o.stream_wallet.clone(),
                    o.stream_uris.first().cloned().unwrap_or_default(),
                ));
            }
        }
        let mut latency = self.rng.whole(20, 120);
        let mut results = Vec::new();
        for (address, url) in &found {
            results.push(wire::Found { address, url, latency_ms: latency.to_string() });
            latency += self.rng.whole(1, 90);
        }
        self.beat(at, "discovery_results", (false, false), results);
    }

    /// The traces of a leg whose first segment is sent; whether and when its runner sends something
    /// back. `sends_first`: nothing of the runner comes before.
    pub(super) fn send(&mut self, leg: usize, at: i64, sends_first: bool) {
        let Some((o, l)) = self.o(leg) else { return };
        let (skew, runner_start) = (o.skew_ms, l.runner_start);
        let sent = at + self.rng.whole(1600, 2300);
        // Often a loading frame comes back before the gateway has sent anything.
        let back = match sends_first {
            true => sent + self.rng.whole(60, 900),
            false => runner_start + self.rng.whole(1000, 2000),
        };
        let back_data = back - self.rng.whole(2, 20) + skew;
        let reached = sent + self.rng.whole(-5, 15);
        let reached_at = reached.max(sent + 1) + self.rng.whole(1, 8);
        self.gateway_trace(sent, "gateway_send_first_ingest_segment", Some(leg));
        self.trace(back, "runner_send_first_processed_segment", Some(leg), Some(back_data));
        let reached_data = Some(reached + skew);
        self.trace(reached_at, "runner_receive_first_ingest_segment", Some(leg), reached_data);
        if let Some(l) = self.legs.get_mut(leg) {
            l.sent = Some(sent);
            l.runner_sent = Some((back, back_data));
        }
    }

    /// The leg plays for `hold` ms from its third segment on; gives when that ends.
    pub(super) fn play(&mut self, leg: usize, at: i64, hold: i64, sends_first: bool) -> i64 {
        self.send(leg, at, sends_first);
        let slowness = self.o(leg).map_or(1.0, |(o, _)| o.slowness);
        let first = at + 2500 + rounded(self.rng.between(1200.0, 3000.0) * slowness);
        let few = first + rounded(self.rng.between(2600.0, 3900.0) * slowness);
        if !self.trace_lost {
            self.gateway_trace(first, "gateway_receive_first_processed_segment", Some(leg));
        }
        self.gateway_trace(few, "gateway_receive_few_processed_segments", Some(leg));
        let lost = self.trace_lost;
        if let Some(l) = self.legs.get_mut(leg) {
            l.first = (!lost).then_some(first);
            l.few = Some(few);
        }
        few + hold
    }

    /// Ends a leg: what its runner and its payments said until then.
    pub(super) fn end_leg(&mut self, leg: usize, at: i64) {
        if let Some(l) = self.legs.get_mut(leg) {
            l.end = at;
        }
        self.statuses(leg, at);
        self.pay(leg, at);
    }

    fn statuses(&mut self, leg: usize, until: i64) {
        let Some((o, l)) = self.o(leg) else { return };
        let (few, begin) = (l.few, l.runner_start);
        let base = self.plan.models.get(self.model).map_or(15.0, |m| m.fps) * o.fps;
        let unsteady = o.unsteady;
        let plays = few.filter(|few| until - few > 60_000);
        let restart = plays.filter(|_| self.rng.chance(0.04));
        let restart = restart.map(|few| few + self.rng.whole(20_000, until - few - 30_000));
        if let Some(at) = restart {
            self.restart(at, leg);
        }
        let warm_up = self.rng.chance(0.3);
        let (mut count, mut waits) = (0, restart);
        for tick in 1.. {
            let at = begin + tick * 10_000 + self.rng.whole(0, 40);
            if at >= until - 30 {
                break;
            }
            let since = few.map_or(-1, |few| at - few);
            // After a restart one sample is empty.
            let restarted = waits.is_some_and(|r| at >= r);
            if restarted {
                (waits, count) = (None, 1);
            }
            let idle = since < 0 || restarted || self.frames == Frames::Never;
            let warms = warm_up && (0..10_000).contains(&since);
            let noise = 1.0 + unsteady * self.rng.bell();
            let fps = if idle || warms { 0.0 } else { thousandths((base * noise).max(0.5)) };
            let input = thousandths(self.rng.between(22.0, 30.0));
            let state = match (since < 0, fps > 0.0) {
                (true, _) => "LOADING",
                (false, true) if self.rng.chance(0.03) => "DEGRADED_INPUT",
                (false, true) => "ONLINE",
                (false, false) => "DEGRADED_INFERENCE",
            };
            self.status(leg, at, (fps, input), state, count);
        }
        self.prompt(leg, few, until);
    }

    pub(super) fn status(
        &mut self,
        leg: usize,
        at: i64,
        (fps, input): (f64, f64),
        state: &str,
        restart_count: i64,
    ) {
        let Some((o, l)) = self.o(leg) else { return };
        let (skew, start) = (o.skew_ms, l.runner_start + o.skew_ms);
        let data = at - self.rng.whole(1, 20) + skew;
        let (url, address) = (self.url(leg), self.wallet(leg));
        let (stream, request) = (self.stream_id.clone(), self.request_id.clone());
        let status = wire::Status {
            kind: "status",
            pipeline: self.model_name(),
            pipeline_id: "",
            stream_id: &stream,
            request_id: &request,
            start_time: start,
            state,
            last_state_update_time: start.max(data - 10_000),
            last_status_timestamp: start.max(data - 10_000),
            timestamp: data,
            input_status: wire::Input { fps: input, last_input_time: data - 16 },
            inference_status: wire::Inference {
                fps,
                last_output_time: (fps > 0.0).then_some(data - 9),
                last_params: wire::Params { width: 512, height: 512, prompt: PROMPTS[0] },
                last_params_hash: "0d7d1a2e6f0b4c0f9a3f52b1c6f4a8e3",
                last_params_update_time: start,
                last_error: None,
                last_error_time: None,
                last_restart_time: None,
                last_restart_logs: None,
                restart_count,
            },
            orchestrator_info: wire::Info { address, url: &url },
        };
        self.beat(at, "ai_stream_status", (true, true), status);
        if let Some(l) = self.legs.get_mut(leg) {
            l.samples.push(Sample { at, data, start, fps, input });
        }
    }

    fn restart(&mut self, at: i64, leg: usize) {
        self.restarts += 1;
        let (url, address) = (self.url(leg), self.wallet(leg));
        let (stream, request) = (self.stream_id.clone(), self.request_id.clone());
        let restart = wire::Happened {
            kind: "restart",
            stream_id: &stream,
            request_id: &request,
            pipeline: self.model_name(),
            restart_count: Some(1),
            restart_time: Some(at - 5),
            restart_logs: Some("Traceback (most recent call last): ..."),
            orchestrator_info: Some(wire::Info { address, url: &url }),
            ..wire::Happened::default()
        };
        self.beat(at, "ai_stream_events", (true, true), restart);
    }

    /// Now and then the client asks for something else.
    fn prompt(&mut self, leg: usize, few: Option<i64>, until: i64) {
        let Some(few) = few.filter(|few| until - few > 5000) else { return };
        if !self.rng.chance(0.3) {
            return;
        }
        let at = self.rng.whole(few, until - 1000);
        let prompt = self.rng.pick(&PROMPTS).copied().unwrap_or_default();
        let (url, address) = (self.url(leg), self.wallet(leg));
        let (stream, request) = (self.stream_id.clone(), self.request_id.clone());
        let update = wire::Happened {
            kind: "params_update",
            stream_id: &stream,
            request_id: &request,
            pipeline: self.model_name(),
            params: Some(wire::Params { width: 512, height: 512, prompt }),
            orchestrator_info: Some(wire::Info { address, url: &url }),
            ..wire::Happened::default()
        };
        self.beat(at, "ai_stream_events", (true, true), update);
    }

    /// Payments: the first names model and request, later ones neither.
    fn pay(&mut self, leg: usize, until: i64) {
        let Some((o, l)) = self.o(leg) else { return };
        if !matches!(o.known, Known::Well | Known::PaymentsOnly) {
            return;
        }
        let (start, key) = (l.start, (self.gateway, l.orchestrator, l.uri));
        let lossy = self.cut > i64::MIN;
        let session = self.payments.session(key, self.begin, lossy, &mut self.rng);
        let (first, manifest) = (format!("35_{}", self.model_name()), self.rng.hex(8));
        // Whole numbers of wei come out: 10 places of the one, 10 zeros of the other.
        let face = self.rng.whole(200_000, 260_000) * 10_000_000_000;
        let chance = self.rng.whole(9_900_000, 10_100_000);
        let mut at = start + self.rng.whole(300, 400);
        let mut names = true;
        while at < until {
            let tickets = self.rng.whole(1, 2);
            let url = self.url(leg);
            let request = if names { self.request_id.clone() } else { String::new() };
            let payment = wire::Payment {
                client_ip: "",
                request_id: &request,
                capability: "",
                manifest_id: if names { &first } else { &manifest },
                session_id: &session,
                recipient: &o.shown,
                face_value: format!("{face} WEI"),
                win_prob: format!("0.{chance:010}"),
                price: format!("{}.{:03} wei/pixel", o.price_milli / 1000, o.price_milli % 1000),
                num_tickets: tickets.to_string(),
                sender: &self.g.sender,
                orchestrator: &url,
            };
            self.beat(at, "create_new_payment", (false, names), payment);
            let product = [face / 10_000_000_000, chance, tickets];
            let wei = product.iter().map(|n| u128::from(n.unsigned_abs())).product();
            if let Some(l) = self.legs.get_mut(leg) {
                l.payments.push(Paid { at, wei, names });
            }
            names = false;
            at += self.rng.whole(5700, 6300);
        }
    }

    /// Samples of the client's connection, every 5 s until `until`.
    pub(super) fn connection(&mut self, until: i64) {
        if !self.whip {
            return;
        }
        let rate = self.rng.between(0.8, 3.0) * 1e6 / 8.0;
        let delay = self.rng.between(0.5, 2.4);
        let (mut bytes, mut packets, mut lost, mut held) = (0, 0, 0, 0.0);
        let phase = self.begin + self.rng.whole(5200, 5600);
        for at in (0..).map(|n| phase + n * 5000).take_while(|at| *at < until - 30) {
            bytes += rounded(rate * 5.0 * self.rng.between(0.8, 1.2));
            packets += self.rng.whole(380, 860);
            lost += i64::from(self.rng.chance(0.05)) * self.rng.whole(1, 9);
            if self.hushed.iter().any(|(from, to)| (*from..=*to).contains(&at)) {
                continue;
            }
            let runs = self.legs.iter().rposition(|l| l.start <= at && l.end > l.start);
            let plays = runs.and_then(|leg| self.o(leg)?.1.few).is_some_and(|few| at > few + 200);
            let input_s = thousandths((at - self.begin) as f64 / 1000.0 - 0.2);
            let mut output_s = 0.0;
            if self.g.media && self.frames == Frames::Normal {
                if plays {
                    held = thousandths(input_s - delay * self.rng.between(0.85, 1.15));
                }
                // Between two orchestrators the last output stays, and the latency grows.
                output_s = held;
            }
            // Before anything came out it is the whole input; old versions always say 0.
            let latency = if self.g.media { thousandths(input_s - output_s) } else { 0.0 };
            self.ingest.push((at, bytes));
            if output_s > 0.0
                && latency > 0.0
                && let Some(leg) = runs.and_then(|leg| self.legs.get_mut(leg))
            {
                leg.media.push((at, latency));
            }
            self.sample_connection(at, bytes, (packets, lost), (input_s, output_s, latency));
        }
    }

    fn sample_connection(
        &mut self,
        at: i64,
        bytes: i64,
        (packets, lost): (i64, i64),
        (input_s, output_s, latency): (f64, f64, f64),
    ) {
        let jitter = self.rng.between(2.0, 38.0);
        let loss = 100.0 * lost as f64 / (packets + lost) as f64;
        let video = wire::Track {
            kind: "video",
            jitter,
            packets_lost: lost,
            packets_received: packets,
            packet_loss_pct: loss,
            rtt: self.rng.whole(8, 90) * 1_000_000,
            last_input_ts: input_s,
            last_output_ts: output_s,
            latency,
        };
        let audio = wire::Track {
            kind: "audio",
            jitter: jitter / 2.0,
            packets_lost: 0,
            packets_received: packets / 2,
            packet_loss_pct: 0.0,
            rtt: 0,
            last_input_ts: input_s,
            last_output_ts: 0.0,
            latency: 0.0,
        };
        let peer = wire::Peer {
            id: "iceTransport",
            bytes_received: bytes,
            bytes_sent: 4000 + (at - self.begin) * 7 / 10,
        };
        let quality = if loss > 2.0 { "bad" } else { "good" };
        let stats = wire::Stats {
            peer_conn_stats: peer,
            track_stats: [video, audio],
            conn_quality: quality,
        };
        let (stream, request) = (self.stream_id.clone(), self.request_id.clone());
        let ingest = wire::Ingest {
            timestamp: at,
            stream_id: &stream,
            pipeline_id: "",
            request_id: &request,
            stats,
        };
        self.beat(at, "stream_ingest_metrics", (true, false), ingest);
    }
}

/// The reasons of swaps, and what they fold to where the text leaves no doubt.
pub(super) const SWAP_REASONS: [&str; 4] = [
    "orchestrator is slow",
    "timeout waiting for segments",
    "connection reset by peer",
    "no output for 5s",
];

fn fold(why: &str) -> Option<&'static str> {
    Some(match why {
        "orchestrator is slow" => "SLOW",
        "timeout waiting for segments" => "TIMEOUT",
        "connection reset by peer" => "CONNECTION",
        "no output for 5s" => "NO_OUTPUT",
        _ => return None,
    })
}
