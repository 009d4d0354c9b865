//! How live sessions go, kind by kind, and what is so of each.

use super::cast::Known;
use super::draft::{Draft, Frames, Leg, SWAP_REASONS, Sample};
use crate::limits;
use crate::truth::{self, ClosedBy, EndReason, Outcome, Source, Truth};

/// In the order of [`crate::Mix::shares`].
const KINDS: [fn(&mut Draft<'_>) -> End; 10] = [
    swapped,
    failed_swap,
    no_orchestrator,
    excused,
    failed,
    error,
    lost,
    lost_early,
    beginning_lost,
    odd,
];

/// How a session ended.
pub(super) struct End {
    outcome: Outcome,
    reason: Option<EndReason>,
    /// The close; `None`: silence.
    closed: Option<i64>,
}

impl End {
    fn client(closed: i64) -> Self {
        Self { outcome: Outcome::Served, reason: Some(EndReason::Client), closed: Some(closed) }
    }

    fn unserved(outcome: Outcome, closed: Option<i64>) -> Self {
        Self { outcome, reason: None, closed }
    }
}

/// Errors that a normal end brings; any letter case.
const LEFT: [&str; 2] = ["whip disconnected", "mediamtx ingest disconnected"];

/// Excusable ones.
const EXCUSES: [&str; 5] = [
    "whip disconnected",
    "mediamtx ingest disconnected",
    "Missing video",
    "ICE connection state failed",
    "User disconnected",
];

/// Errors that are nobody's leave.
const FAULTS: [&str; 3] = [
    "runner stopped: CUDA out of memory",
    "trickle subscribe error reading: unexpected status 500",
    "timeout waiting for first segment",
];

/// Plans one session; gives its truth, or `None` if it would not be over by `latest`, ms.
pub(super) fn plan(draft: &mut Draft<'_>, latest: i64) -> Option<Truth> {
    let shares = draft.plan.mix.shares();
    let rest = (1.0 - shares.iter().sum::<f64>()).max(0.0);
    let kind = draft.rng.weighted(shares.into_iter().chain([rest]));
    let end = match KINDS.get(kind) {
        Some(plan) => plan(draft),
        None => served(draft),
    };
    let last = draft.beats.iter().map(|b| b.at).max().unwrap_or(draft.begin);
    draft.payments.over(end.closed.unwrap_or(last).max(last));
    (last < latest).then(|| settle(draft, &end))
}

impl Draft<'_> {
    fn request(&mut self) {
        self.gateway_trace(self.begin, "gateway_receive_stream_request", None);
    }

    /// An orchestrator that serves the model; of failing ones an unreliable one rather. `None` if
    /// all that do took part.
    fn choose(&mut self, fails: bool) -> Option<usize> {
        let taken: Vec<usize> = self.legs.iter().map(|l| l.orchestrator).collect();
        let able = |(i, o): (usize, &super::cast::Orchestrator)| {
            (o.models.contains(&self.model) && !taken.contains(&i))
                .then_some((i, if fails { o.unreliable } else { 1.0 }))
        };
        let able: Vec<(usize, f64)> =
            self.cast.orchestrators.iter().enumerate().filter_map(able).collect();
        let at = self.rng.weighted(able.iter().map(|a| a.1));
        able.get(at).map(|a| a.0)
    }

    /// How long it plays; never about 20 s, where it would be unclear whether a status was due.
    fn hold(&mut self) -> i64 {
        match self.rng.whole(0, 19) {
            0 => self.rng.whole(6000, 15_000),
            1..=9 => self.rng.whole(35_000, 120_000),
            10..=17 => self.rng.whole(120_000, 480_000),
            _ => self.rng.whole(480_000, limits::LONGEST_PLAY_MS),
        }
    }

    /// A leg that plays; gives its end. `None` if nobody is there.
    fn plays(&mut self, at: i64, hold: i64, fails: bool) -> Option<(usize, i64)> {
        let orchestrator = self.choose(fails)?;
        let leg = self.start_leg(orchestrator, at);
        let end = self.play(leg, at, hold, false);
        self.end_leg(leg, end);
        Some((leg, end))
    }

    /// A leg that gives nothing for `hold` ms.
    fn stalls(&mut self, at: i64, hold: i64) -> Option<(usize, i64)> {
        let orchestrator = self.choose(true)?;
        let leg = self.start_leg(orchestrator, at);
        self.send(leg, at, false);
        self.end_leg(leg, at + hold);
        Some((leg, at + hold))
    }

    /// The first event after `swap` that names the orchestrator of this leg.
    fn named(&self, leg: usize) -> Option<i64> {
        let leg = self.legs.get(leg)?;
        Some(leg.sent?.min(leg.runner_sent?.0))
    }

    /// No connection samples from the swap until the next leg is named.
    fn hush(&mut self, from: i64, leg: usize) {
        let to = self.named(leg).unwrap_or(from);
        self.hushed.push((from, to));
    }

    /// The stream ends because the client left: the errors of a normal end, and the close.
    fn leave(&mut self, at: i64) -> i64 {
        let left = if self.whip { LEFT[0] } else { LEFT[1] };
        let before = at - self.rng.whole(0, 15);
        self.error(before, left);
        match self.rng.whole(0, 2) {
            0 => self.error(at + 700, "trickle subscribe error reading: Get \"https://orch.example.net:8935/ai/trickle\": context canceled"),
            1 => self.error(before, "trickle subscribe stopping, stream not found, err=End of stream"),
            _ => {}
        }
        if self.rng.chance(0.1) {
            self.error(at + 1900, "Error publishing trickle segment: write: broken pipe");
        }
        self.close(at)
    }

    fn close(&mut self, at: i64) -> i64 {
        self.connection(at);
        self.gateway_trace(at, "gateway_ingest_stream_closed", None);
        at
    }

    /// Long after the close: it changes nothing of the session but its count of errors.
    fn afterthoughts(&mut self, closed: i64) {
        let what = match self.rng.chance(0.8) {
            true => {
                "Error publishing segment: write tcp 10.0.0.5:41234->203.0.113.9:8935: connection reset by peer"
            }
            false => FAULTS[0],
        };
        for n in 0..3 {
            self.error(closed + 33_000 + n * 7, what);
        }
    }
}

fn served(d: &mut Draft<'_>) -> End {
    d.request();
    let hold = d.hold();
    let Some((_, end)) = d.plays(d.begin, hold, false) else { return nobody(d, d.begin) };
    let closed = d.leave(end);
    if d.rng.chance(0.1) {
        d.afterthoughts(closed);
    }
    End::client(closed)
}

/// What a gateway says when it finds nobody; with the trace or, often, without.
fn nobody(d: &mut Draft<'_>, at: i64) -> End {
    let at = at + d.rng.whole(2000, 2200);
    d.error(at, "no orchestrators available within 2s timeout");
    if d.rng.chance(0.5) {
        d.gateway_trace(at + 1, "gateway_no_orchestrators_available", None);
    }
    d.error(at + 2, if d.whip { LEFT[0] } else { LEFT[1] });
    let closed = at + 3;
    d.gateway_trace(closed, "gateway_ingest_stream_closed", None);
    End::unserved(Outcome::NoOrchestrator, Some(closed))
}

fn no_orchestrator(d: &mut Draft<'_>) -> End {
    d.request();
    if d.rng.chance(0.8) {
        return nobody(d, d.begin);
    }
    // One was tried first, and gave nothing.
    let hold = d.rng.whole(8000, 15_000);
    let Some((leg, end)) = d.stalls(d.begin, hold) else { return nobody(d, d.begin) };
    d.swap(end, leg, SWAP_REASONS[1]);
    set_outcome(d, leg, Outcome::Failed);
    d.connection(end - 200);
    nobody(d, end)
}

fn set_outcome(d: &mut Draft<'_>, leg: usize, outcome: Outcome) {
    if let Some(leg) = d.legs.get_mut(leg) {
        leg.outcome = Some(outcome);
    }
}

fn swapped(d: &mut Draft<'_>) -> End {
    d.request();
    let hold = d.rng.whole(30_000, 300_000);
    let Some((leg, end)) = d.plays(d.begin, hold, true) else { return nobody(d, d.begin) };
    let why = SWAP_REASONS[d.rng.weighted([6.0, 2.0, 1.0, 1.0].into_iter())];
    match d.rng.weighted([45.0, 10.0, 10.0, 8.0, 12.0, 8.0, 7.0].into_iter()) {
        0 => swap_times(d, leg, end, why, 1),
        1 => swap_times(d, leg, end, why, 2),
        2 => silent_swap(d, leg, end),
        3 => swap_through(d, leg, end, why),
        4 => swap_then_stall(d, leg, end, why, (10_000, 20_000)),
        5 => swap_then_stall(d, leg, end, why, (40_000, 70_000)),
        _ => swap_and_back(d, leg, end, why),
    }
}

/// Told as it should be: swap, next orchestrator, once or more often. The abandoned runner still
/// says something.
fn swap_times(d: &mut Draft<'_>, leg: usize, end: i64, why: &'static str, times: usize) -> End {
    let (mut leg, mut end) = (leg, end);
    for _ in 0..times {
        let hold = d.rng.whole(30_000, 300_000);
        let Some((next, next_end)) = d.plays(end, hold, false) else { break };
        d.swap(end, leg, why);
        d.hush(end, next);
        if d.rng.chance(0.4) {
            let late = end + d.rng.whole(500, 4500);
            d.status(leg, late, (0.0, 25.0), "OFFLINE", 0);
        }
        (leg, end) = (next, next_end);
    }
    End::client(d.leave(end))
}

/// The swap's own event is lost: the first event that names another one ends the leg.
fn silent_swap(d: &mut Draft<'_>, leg: usize, end: i64) -> End {
    let hold = d.rng.whole(30_000, 300_000);
    let Some((next, next_end)) = d.plays(end, hold, false) else {
        return End::client(d.leave(end));
    };
    d.hush(end - 50, next);
    let named = d.named(next).unwrap_or(end);
    if let Some(leg) = d.legs.get_mut(leg) {
        leg.end = named;
        leg.swapped_away = true;
    }
    if let Some(next) = d.legs.get_mut(next) {
        next.start = named;
    }
    End::client(d.leave(next_end))
}

/// From one over a second, whose swap is the first to name it, to a third.
fn swap_through(d: &mut Draft<'_>, leg: usize, end: i64, why: &'static str) -> End {
    let Some(middle) = d.choose(true) else { return End::client(d.leave(end)) };
    let gone = Leg { orchestrator: middle, start: end, end, ..Leg::default() };
    d.legs.push(gone);
    let middle = d.legs.len() - 1;
    let hold = d.rng.whole(30_000, 300_000);
    let Some((next, next_end)) = d.plays(end, hold, false) else {
        d.legs.pop();
        return End::client(d.leave(end));
    };
    d.swap(end, middle, why);
    set_outcome(d, middle, Outcome::Failed);
    if let Some(leg) = d.legs.get_mut(leg) {
        leg.swapped_away = true;
    }
    d.hush(end, next);
    End::client(d.leave(next_end))
}

/// The next one gives nothing until the client leaves: soon, which excuses it, or not.
fn swap_then_stall(
    d: &mut Draft<'_>,
    leg: usize,
    end: i64,
    why: &'static str,
    (least, most): (i64, i64),
) -> End {
    let hold = d.rng.whole(least, most);
    let Some((next, next_end)) = d.stalls(end, hold) else { return End::client(d.leave(end)) };
    d.swap(end, leg, why);
    d.hush(end, next);
    let soon = most < 30_000;
    set_outcome(d, next, if soon { Outcome::Excused } else { Outcome::Failed });
    End::client(d.leave(next_end))
}

/// To another and back; in between the first one's runner still talks.
fn swap_and_back(d: &mut Draft<'_>, leg: usize, end: i64, why: &'static str) -> End {
    let hold = d.rng.whole(30_000, 120_000);
    let Some((next, next_end)) = d.plays(end, hold, true) else { return End::client(d.leave(end)) };
    d.swap(end, leg, why);
    d.hush(end, next);
    d.status(leg, end + 6000, (0.0, 24.0), "OFFLINE", 0);
    let Some((orchestrator, uri)) = d.legs.get(leg).map(|l| (l.orchestrator, l.uri)) else {
        return End::client(d.leave(next_end));
    };
    let again = d.start_leg(orchestrator, next_end);
    if let Some(leg) = d.legs.get_mut(again) {
        leg.uri = uri;
    }
    let last = d.play(again, next_end, 45_000, true);
    d.end_leg(again, last);
    d.swap(next_end, next, why);
    d.hush(next_end, again);
    End::client(d.leave(last))
}

/// As a production gateway told it: swap, nobody there, close; half a minute later late errors.
fn failed_swap(d: &mut Draft<'_>) -> End {
    d.request();
    let hold = d.rng.whole(30_000, 300_000);
    let Some((leg, end)) = d.plays(d.begin, hold, true) else { return nobody(d, d.begin) };
    d.connection(end - 200);
    d.swap(end, leg, SWAP_REASONS[0]);
    d.error(end + 900, "no orchestrators available within 2s timeout");
    if d.rng.chance(0.7) {
        d.gateway_trace(end + 901, "gateway_no_orchestrators_available", None);
    }
    let closed = end + 2700;
    d.gateway_trace(closed, "gateway_ingest_stream_closed", None);
    d.error(closed + 2, LEFT[1]);
    d.afterthoughts(closed);
    End { outcome: Outcome::Served, reason: Some(EndReason::FailedSwap), closed: Some(closed) }
}

/// The client leaves within 30 s, before it plays; half of them before anybody was found.
fn excused(d: &mut Draft<'_>) -> End {
    d.request();
    let hold = d.rng.whole(5000, 22_000);
    let mut end = d.begin + hold / 3;
    if d.rng.chance(0.6)
        && let Some((leg, stalled)) = d.stalls(d.begin, hold)
    {
        set_outcome(d, leg, Outcome::Excused);
        end = stalled;
    }
    let excuse = EXCUSES[d.rng.index(EXCUSES.len())];
    d.error(end - 3, excuse);
    if d.rng.chance(0.4) {
        d.error(end - 2, "trickle subscribe stopping, stream not found, err=End of stream");
    }
    let closed = d.close(end);
    if d.rng.chance(0.1) {
        d.afterthoughts(closed);
    }
    End::unserved(Outcome::Excused, Some(closed))
}

fn failed(d: &mut Draft<'_>) -> End {
    d.request();
    let way = d.rng.whole(0, 3);
    // An excuse counts below 30 s only; never near that.
    let least = if way == 1 { 36_000 } else { 8000 };
    let hold = d.rng.whole(least, 70_000);
    let Some((leg, end)) = d.stalls(d.begin, hold) else { return nobody(d, d.begin) };
    set_outcome(d, leg, Outcome::Failed);
    let fault = FAULTS[d.rng.index(FAULTS.len())];
    match way {
        0 => d.error(end - 400, fault),
        1 => d.error(end - 3, LEFT[0]),
        2 => {}
        _ => {
            // An error, and no close: silence closes it.
            d.connection(end);
            d.error(end - 20, fault);
            return End::unserved(Outcome::Failed, None);
        }
    }
    let closed = d.close(end);
    End::unserved(Outcome::Failed, Some(closed))
}

/// Plays, and an error ends it: before the close, or shortly after.
fn error(d: &mut Draft<'_>) -> End {
    d.request();
    let hold = d.hold();
    let Some((_, end)) = d.plays(d.begin, hold, true) else { return nobody(d, d.begin) };
    let fault = FAULTS[d.rng.index(FAULTS.len())];
    match d.rng.whole(0, 2) {
        // Before the close this is no normal end.
        0 => d.error(end - 500, "Error publishing trickle segment: connection refused"),
        1 => d.error(end - 500, fault),
        _ => {
            let after = end + d.rng.whole(1000, 4000);
            d.error(after, fault);
        }
    }
    let closed = d.leave(end);
    End { outcome: Outcome::Served, reason: Some(EndReason::Error), closed: Some(closed) }
}

/// Plays, then nothing more; with or without an error before.
fn lost(d: &mut Draft<'_>) -> End {
    d.request();
    let hold = d.hold();
    let Some((_, end)) = d.plays(d.begin, hold, true) else { return nobody(d, d.begin) };
    d.connection(end);
    if d.rng.chance(0.3) {
        d.error(end - 10, FAULTS[0]);
    }
    End { outcome: Outcome::Served, reason: Some(EndReason::Lost), closed: None }
}

fn lost_early(d: &mut Draft<'_>) -> End {
    d.request();
    let hold = d.rng.whole(8000, 40_000);
    let Some((leg, end)) = d.stalls(d.begin, hold) else { return nobody(d, d.begin) };
    set_outcome(d, leg, Outcome::Unknown);
    d.connection(end);
    End::unserved(Outcome::Unknown, None)
}

/// The request alone is lost, and what came with it, or everything until it plays.
fn beginning_lost(d: &mut Draft<'_>) -> End {
    d.request();
    d.whip = true;
    // Before payments are made: they must know that their first may be lost.
    d.cut = d.begin;
    let hold = d.rng.whole(60_000, 400_000);
    let Some((leg, end)) = d.plays(d.begin, hold, false) else {
        d.cut = i64::MIN;
        return nobody(d, d.begin);
    };
    let closed = d.leave(end);
    let l = d.legs.get(leg);
    if d.rng.chance(0.5) {
        d.cut = l.and_then(|l| l.sent).unwrap_or(d.begin + 1);
        return End::client(closed);
    }
    let few = l.and_then(|l| l.few).unwrap_or(d.begin);
    d.cut = d.ingest.iter().map(|i| i.0).find(|at| *at > few).unwrap_or(few + 1);
    set_outcome(d, leg, Outcome::Unknown);
    End::unserved(Outcome::Unknown, Some(closed))
}

fn odd(d: &mut Draft<'_>) -> End {
    d.request();
    let way = d.rng.whole(0, 2);
    d.trace_lost = way == 0;
    if way == 1 {
        d.frames = Frames::Never;
    }
    let hold = if way == 2 { d.rng.whole(400_000, 900_000) } else { d.hold() };
    let Some((_, end)) = d.plays(d.begin, hold, way == 1) else { return nobody(d, d.begin) };
    if way == 2 {
        // Longer than the silence that closes: what comes after opens it again.
        let from = end - hold + d.rng.whole(30_000, hold - 260_000);
        d.gap = Some((from, from + d.rng.whole(150_000, 210_000)));
    }
    End::client(d.leave(end))
}

/// What is lost is taken out, and the truth is told of what is left.
fn settle(d: &mut Draft<'_>, end: &End) -> Truth {
    let (cut, gap) = (d.cut, d.gap);
    let kept = move |at: i64| at >= cut && gap.is_none_or(|(from, to)| !(from..=to).contains(&at));
    let paid = move |at: i64| at >= cut;
    d.beats.retain(|b| if b.of_session { kept(b.at) } else { paid(b.at) });
    d.ingest.retain(|i| kept(i.0));
    for leg in &mut d.legs {
        leg.samples.retain(|s| kept(s.at));
        leg.media.retain(|m| kept(m.0));
        leg.sent = leg.sent.filter(|at| kept(*at));
        leg.runner_sent = leg.runner_sent.filter(|(at, _)| kept(*at));
        leg.first = leg.first.filter(|at| kept(*at));
        leg.few = leg.few.filter(|at| kept(*at));
        leg.payments.retain(|p| paid(p.at));
    }
    let events = || d.beats.iter().filter(|b| b.of_session).map(|b| b.at);
    let requested = (d.begin >= cut).then_some(d.begin);
    let requested = requested.filter(|_| cut == i64::MIN);
    let started = requested.or(events().min()).unwrap_or(d.begin);
    let closed = end.closed.or(events().max()).unwrap_or(d.begin);
    let count = d.legs.len();
    if let Some(first) = d.legs.first_mut() {
        first.start = started;
    }
    if let Some(last) = d.legs.last_mut().filter(|l| !l.swapped_away) {
        last.end = closed;
    }
    let legs: Vec<truth::Leg> = (0..count).filter_map(|i| leg(d, i, requested)).collect();
    Truth::Session(Box::new(session(d, end, (requested, started, closed), legs)))
}

fn us(ms: i64) -> i64 {
    ms * 1000
}

fn since(from: Option<i64>, to: Option<i64>) -> Option<f64> {
    let ms = to? - from?;
    (ms >= 0).then_some(ms as f64)
}

fn session(
    d: &Draft<'_>,
    end: &End,
    (requested, started, closed): (Option<i64>, i64, i64),
    legs: Vec<truth::Leg>,
) -> truth::Session {
    let first = d.legs.iter().filter_map(|l| l.first).min();
    let few = d.legs.iter().filter_map(|l| l.few).min();
    let samples = all_samples(d);
    let media: Vec<f64> = media(d.legs.iter());
    let media = truth::mean(&media);
    let traced = d.legs.first().and_then(|l| since(l.sent, l.runner_sent.map(|r| r.1)));
    let source = match (media, traced) {
        (Some(_), _) => Some(Source::Media),
        (None, Some(_)) => Some(Source::Trace),
        (None, None) => None,
    };
    truth::Session {
        stream_id: d.stream_id.clone(),
        request_id: d.request_id.clone(),
        gateway: d.gateway,
        gateway_label: (!d.g.label.is_empty()).then(|| d.g.label.clone()),
        origin: "simulated".to_owned(),
        pipeline: "live-video-to-video".to_owned(),
        model: d.beats.iter().any(|b| b.names_model).then(|| d.model_name().to_owned()),
        outcome: end.outcome,
        end_reason: end.reason,
        closed_by: if end.closed.is_some() { ClosedBy::Event } else { ClosedBy::Silence },
        started_us: us(started),
        requested_us: requested.map(us),
        closed_us: us(closed),
        startup_ms: since(requested, first),
        time_to_playable_ms: since(requested, few),
        prompt_to_first_frame_ms: prompt_to_first(&samples, few),
        e2e_latency_ms: media.or(traced),
        e2e_latency_source: source,
        fps: truth::fps(&figures(&samples)),
        upload_mbps: upload(&d.ingest),
        swaps: d.swaps,
        minutes: first.or(few).map(|from| (closed - from) as f64 / 60_000.0),
        restarts: d.restarts,
        error_events: d.errors.iter().filter(|at| **at >= d.cut).count(),
        status_samples: samples.len(),
        ingest_samples: d.ingest.len(),
        fee_wei: fee(d.legs.iter().map(|l| l.payments.as_slice())),
        legs,
    }
}

/// Of the whole session, by envelope time.
fn all_samples(d: &Draft<'_>) -> Vec<Sample> {
    let mut samples: Vec<Sample> = d.legs.iter().flat_map(|l| l.samples.iter().copied()).collect();
    samples.sort_by_key(|s| s.at);
    samples
}

fn figures(samples: &[Sample]) -> Vec<(f64, f64)> {
    samples.iter().map(|s| (s.fps, s.input)).collect()
}

/// ms.
fn media<'a>(legs: impl Iterator<Item = &'a Leg>) -> Vec<f64> {
    legs.flat_map(|l| l.media.iter()).map(|m| m.1 * 1000.0).collect()
}

/// Unknown where any sample was told more than 1 s from its own time.
fn prompt_to_first(samples: &[Sample], few: Option<i64>) -> Option<f64> {
    let skewed = samples.iter().any(|s| (s.at - s.data).abs() > 1000);
    since(samples.iter().map(|s| s.start).min(), few).filter(|_| !skewed)
}

fn upload(ingest: &[(i64, i64)]) -> Option<f64> {
    let ((from, first), (to, last)) = (ingest.first()?, ingest.last()?);
    (to > from).then(|| (last - first) as f64 * 8.0 / ((to - from) as f64 * 1000.0))
}

/// Unknown where no payment names the request: later ones can be anybody's.
fn fee<'a>(legs: impl Iterator<Item = &'a [super::draft::Paid]>) -> Option<String> {
    let mut sum = None;
    for payments in legs.filter(|p| p.iter().any(|p| p.names)) {
        let leg: u128 = payments.iter().map(|p| p.wei).sum();
        sum = Some(sum.unwrap_or(0) + leg);
    }
    sum.map(|wei: u128| wei.to_string())
}

fn leg(d: &Draft<'_>, i: usize, requested: Option<i64>) -> Option<truth::Leg> {
    let (o, l) = d.o(i)?;
    let mut samples = l.samples.clone();
    samples.sort_by_key(|s| s.at);
    // Where the request was lost nobody knows when the first leg began.
    let start = (i > 0 || requested.is_some()).then_some(l.start);
    let named = l.payments.iter().any(|p| p.names);
    let status_due = l.few.is_some_and(|few| l.end - few >= 20_000);
    let expected = if l.few.is_some() { 2 + usize::from(status_due) } else { 0 };
    let seen = 1 + usize::from(l.first.is_some()) + usize::from(status_due && !samples.is_empty());
    Some(truth::Leg {
        served_by: o.address.clone(),
        address: address(o.known, named).then(|| o.address.clone()),
        uri: o.stream_uris.get(l.uri).cloned().unwrap_or_default(),
        started_us: us(l.start),
        ended_us: us(l.end),
        outcome: l.outcome.unwrap_or(Outcome::Served),
        swapped_away: l.swapped_away,
        swap_reason: l.reason.map(str::to_owned),
        startup_ms: since(start, l.first),
        time_to_playable_ms: since(start, l.few),
        prompt_to_first_frame_ms: prompt_to_first(&samples, l.few),
        e2e_media_ms: truth::mean(&media(std::iter::once(l))),
        fps: truth::fps(&figures(&samples)),
        status_samples: samples.len(),
        signals_seen: if l.few.is_some() { seen } else { 0 },
        signals_expected: expected,
        fee_wei: fee(std::iter::once(l.payments.as_slice())),
    })
}

/// Whether the definitions can tell whose leg it was.
fn address(known: Known, named: bool) -> bool {
    match known {
        Known::Well | Known::Free | Known::OtherWallet | Known::OtherUri => true,
        Known::PaymentsOnly => named,
        Known::Hidden | Known::Unlisted => false,
    }
}
