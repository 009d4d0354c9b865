//! Figures of some events of a session: of all, or of those of a leg.

use std::collections::HashMap;
use std::sync::Arc;

use super::timeline::{FEW_PROCESSED, FIRST_PROCESSED, Moment, RUNNER_SENDS_FIRST, SEND_FIRST};
use crate::event::What;
use crate::limits;

/// What a figure may be at most; more is nonsense of a node.
const LARGEST: f64 = 1e12;

/// A figure that can be shown: `None` if it is negative or nonsense.
pub(super) fn shown(x: f64) -> Option<f64> {
    (0.0..=LARGEST).contains(&x).then_some(x)
}

/// Milliseconds between two times; `None` if one is missing or the second comes first.
pub(super) fn ms(from_us: Option<i64>, to_us: Option<i64>) -> Option<f64> {
    shown(f64_of(to_us?.saturating_sub(from_us?)) / 1000.0)
}

#[expect(clippy::cast_precision_loss, reason = "times and counts of a session are far below 2^53")]
pub(super) fn f64_of(n: i64) -> f64 {
    n as f64
}

/// Spread of samples, from the first above 0 on.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Rate {
    pub(super) n: i64,
    pub(super) mean: Option<f64>,
    pub(super) min: Option<f64>,
    /// Population standard deviation / mean, of at least 3.
    pub(super) jitter: Option<f64>,
}

impl Rate {
    fn of(samples: &[f64]) -> Self {
        let from = samples.iter().position(|x| *x > 0.0).unwrap_or(samples.len());
        let Some(used) = samples.get(from..).filter(|used| !used.is_empty()) else {
            return Self::default();
        };
        let n = i64::try_from(used.len()).unwrap_or(i64::MAX);
        let mean = used.iter().sum::<f64>() / f64_of(n);
        let variance = used.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / f64_of(n);
        Self {
            n,
            mean: shown(mean),
            min: used.iter().copied().reduce(f64::min).and_then(shown),
            jitter: if n < 3 { None } else { shown(variance.sqrt() / mean) },
        }
    }
}

/// What some events say.
#[derive(Debug, Default)]
pub(super) struct Figures {
    pub(super) first_processed_us: Option<i64>,
    pub(super) few_processed_us: Option<i64>,
    pub(super) prompt_to_first_frame_ms: Option<f64>,
    pub(super) e2e_media_ms: Option<f64>,
    /// Also where there is a media value.
    pub(super) e2e_trace_ms: Option<f64>,
    pub(super) output: Rate,
    pub(super) input: Rate,
    pub(super) fps_ratio: Option<f64>,
    pub(super) statuses: i64,
    /// Any output above 0.
    pub(super) viable: bool,
    pub(super) restarts: Option<i64>,
}

impl Figures {
    /// Of these events, in their order.
    pub(super) fn of(moments: &[&Moment<'_>]) -> Self {
        let mut found = Self::default();
        let (mut sent_us, mut runner_us, mut began_us) = (None, None, None);
        let (mut output, mut input) = (Vec::new(), Vec::new());
        let mut latencies = Vec::new();
        let mut clocks_apart = false;
        let mut restarts = Restarts::default();
        for m in moments {
            let at = m.at_us();
            match &m.event.what {
                What::Trace { kind, .. } => match &**kind {
                    FIRST_PROCESSED => earliest(&mut found.first_processed_us, at),
                    FEW_PROCESSED => earliest(&mut found.few_processed_us, at),
                    SEND_FIRST => earliest(&mut sent_us, at),
                    RUNNER_SENDS_FIRST => earliest(&mut runner_us, at),
                    _ => {}
                },
                What::Status {
                    data_us, start_us, input_fps, output_fps, restart_count, ..
                } => {
                    found.statuses += 1;
                    clocks_apart |= data_us.is_some_and(|us| apart(us, m.event.ts_us));
                    start_us.iter().for_each(|us| earliest(&mut began_us, *us));
                    output.extend(*output_fps);
                    input.extend(*input_fps);
                    restart_count.iter().for_each(|n| restarts.so_far(*n));
                }
                What::Track { track, last_output_s, latency_s, .. } => {
                    let out = last_output_s.is_some_and(|s| s > 0.0);
                    if out && track.as_deref() == Some("video") {
                        latencies.extend(latency_s.filter(|s| *s > 0.0));
                    }
                }
                What::Happened { kind, restart_count, .. } if **kind == *"restart" => {
                    restarts.happened(*restart_count);
                }
                What::Happened { .. } | What::Connection { .. } => {}
            }
        }
        found.e2e_trace_ms = ms(sent_us, runner_us);
        if !clocks_apart {
            found.prompt_to_first_frame_ms = ms(began_us, found.few_processed_us);
        }
        found.e2e_media_ms = mean(&latencies).and_then(|s| shown(s * 1000.0));
        found.viable = output.iter().any(|x| *x > 0.0);
        found.output = Rate::of(&output);
        found.input = Rate::of(&input);
        let means = found.output.mean.zip(found.input.mean);
        found.fps_ratio = means.and_then(|(output, input)| shown(output / input));
        found.restarts = restarts.known.then_some(restarts.n);
        found
    }

    /// First processed segment, else few processed: from when on there was output.
    pub(super) fn output_from_us(&self) -> Option<i64> {
        self.first_processed_us.or(self.few_processed_us)
    }
}

fn earliest(found: &mut Option<i64>, us: i64) {
    *found = Some(found.map_or(us, |f| f.min(us)));
}

fn apart(a: i64, b: i64) -> bool {
    a.abs_diff(b) > limits::CLOCKS_APART_US.unsigned_abs()
}

fn mean(all: &[f64]) -> Option<f64> {
    let n = f64_of(i64::try_from(all.len()).ok()?);
    (n > 0.0).then(|| all.iter().sum::<f64>() / n)
}

/// Restarts from two sources that tell of the same: a count so far in each status, and an event of
/// each.
#[derive(Default)]
struct Restarts {
    known: bool,
    n: i64,
    last: Option<i64>,
}

impl Restarts {
    fn so_far(&mut self, count: i64) {
        self.known = true;
        self.n += self.last.map_or(0, |last| (count - last).max(0));
        self.last = Some(count);
    }

    fn happened(&mut self, count: Option<i64>) {
        self.known = true;
        match (count, self.last) {
            (Some(count), Some(_)) => self.so_far(count),
            (Some(count), None) => {
                self.n += 1;
                self.last = Some(count);
            }
            (None, last) => {
                self.n += 1;
                self.last = last.map(|last| last + 1);
            }
        }
    }
}

/// Megabits per second that came in: the change of the counter over the time between its samples. A
/// smaller value starts a new count; what came in between the two is not known, and neither is its
/// time taken.
pub(super) fn upload_mbps(moments: &[Moment<'_>]) -> Option<f64> {
    let (mut bytes, mut us) = (0.0, 0i64);
    let mut last: Option<(i64, i64)> = None;
    for m in moments {
        let What::Connection { bytes_received: Some(now) } = m.event.what else { continue };
        if let Some((before_us, before)) = last
            && now >= before
        {
            bytes += f64_of(now - before);
            us += m.event.ts_us - before_us;
        }
        last = Some((m.event.ts_us, now));
    }
    if us > 0 { shown(bytes * 8.0 / f64_of(us)) } else { None }
}

/// Packets lost and received, all tracks: growth of their counters.
pub(super) fn packets(moments: &[Moment<'_>]) -> (Option<i64>, Option<i64>) {
    // Tracks of a kind are told apart by their order in an event.
    let mut last: HashMap<(Option<&Arc<str>>, usize), (Option<i64>, Option<i64>)> = HashMap::new();
    let (mut lost_n, mut received_n) = (None, None);
    let mut in_event: (Option<uuid::Uuid>, HashMap<Option<&Arc<str>>, usize>) = Default::default();
    for m in moments {
        let What::Track { track, packets_lost, packets_received, .. } = &m.event.what else {
            continue;
        };
        if in_event.0 != Some(m.event.event_id) {
            in_event = (Some(m.event.event_id), HashMap::new());
        }
        let place = in_event.1.entry(track.as_ref()).or_insert(0);
        let (lost, received) = last.entry((track.as_ref(), *place)).or_default();
        *place += 1;
        grow(&mut lost_n, lost, *packets_lost);
        grow(&mut received_n, received, *packets_received);
    }
    (lost_n, received_n)
}

fn grow(total: &mut Option<i64>, last: &mut Option<i64>, now: Option<i64>) {
    let Some(now) = now else { return };
    if let Some(last) = *last {
        let more = now.saturating_sub(last).max(0);
        *total = Some(total.unwrap_or(0).saturating_add(more));
    }
    *last = Some(now);
}

/// States of a runner.
pub(super) const STATES: [&str; 6] =
    ["LOADING", "OFFLINE", "ONLINE", "DEGRADED_INPUT", "DEGRADED_INFERENCE", "ERROR"];

/// Seconds in each of [`STATES`], in their order, until `end_us`; `None` without a status.
pub(super) fn seconds_in_state(moments: &[Moment<'_>], end_us: i64) -> [Option<f64>; 6] {
    let statuses = moments.iter().filter_map(|m| match &m.event.what {
        What::Status { state, .. } => Some((m.event.ts_us, state.as_deref())),
        _ => None,
    });
    let statuses: Vec<_> = statuses.collect();
    if statuses.is_empty() {
        return [None; 6];
    }
    let ends = statuses.iter().skip(1).map(|(us, _)| *us).chain([end_us]);
    let mut seconds = [0.0; 6];
    for ((from_us, state), to_us) in statuses.iter().zip(ends) {
        let held = to_us.min(end_us).saturating_sub(*from_us).clamp(0, limits::STATUS_HOLDS_US);
        for (name, seconds) in STATES.iter().zip(&mut seconds) {
            if *state == Some(*name) {
                *seconds += f64_of(held) / 1e6;
            }
        }
    }
    seconds.map(Some)
}

/// Minutes from one time to another, by the bucket in which they are.
pub(super) fn buckets(from_us: i64, to_us: i64) -> Vec<(i64, f64)> {
    let bucket = |us: i64| us.div_euclid(limits::BUCKET_US) * limits::BUCKET_US;
    let mut out = Vec::new();
    let mut at_us = from_us;
    let last = bucket(from_us).saturating_add(limits::MINUTE_ROWS * limits::BUCKET_US);
    while at_us < to_us.min(last) {
        let end_us = (bucket(at_us) + limits::BUCKET_US).min(to_us);
        out.push((bucket(at_us), f64_of(end_us - at_us) / 60e6));
        at_us = end_us;
    }
    out
}
