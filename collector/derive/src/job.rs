//! Jobs that are no live stream: batch AI, LLM and BYOC, from the events of forks of go-livepeer.
//! Upstream go-livepeer sends none; what it counts is in `livepeer_ai` and `livepeer_orchestrator`.

mod errors;
mod read;

use std::sync::Arc;

use naap_schema::generated::Job;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use self::errors::ErrorKind;
use crate::event::FORMULA;
use crate::identity::{canonical, model, normalised};
use crate::limits::{DATA_TIME_OFF_US, JOB_OPEN_US};
use crate::stats::{number, whole};

pub use read::JobEvent;

/// Kind of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A request to a pipeline of go-livepeer, for example text-to-image.
    Batch,
    /// A request to a language model.
    Llm,
    /// A request to a capability of the orchestrator's own ("bring your own container").
    Byoc,
}

impl Kind {
    /// Its name in rows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Batch => "batch",
            Self::Llm => "llm",
            Self::Byoc => "byoc",
        }
    }
}

/// What is known beside the events of a job.
pub struct Around<'a> {
    /// Region of a node at a time.
    pub region: &'a dyn Fn(&str, i64) -> Option<Arc<str>>,
    /// On-chain address of whoever answers at a normalised URI, with a hot wallet, at a time.
    pub orchestrator: &'a dyn Fn(Option<&str>, Option<&str>, i64) -> Option<Arc<str>>,
    /// Up to when all events of its gateway are here, microseconds since 1970 UTC.
    pub data_through_us: i64,
}

impl std::fmt::Debug for Around<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Around").field("data_through_us", &self.data_through_us).finish()
    }
}

/// The id of a job: the first 128 bits of SHA-256("naap-job" + kind + byte 0 + request id).
pub fn job_id(kind: Kind, request_id: &str) -> Uuid {
    let digest = Sha256::new()
        .chain_update(b"naap-job")
        .chain_update(kind.name().as_bytes())
        .chain_update([0])
        .chain_update(request_id.as_bytes())
        .finalize();
    Uuid::from_slice(&digest[..16]).expect("16 bytes")
}

/// How a job ended, as far as its events say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Served,
    Failed,
    NoOrchestrator,
    Unknown,
    Open,
}

impl Outcome {
    const fn name(self) -> &'static str {
        match self {
            Self::Served => "SERVED",
            Self::Failed => "FAILED",
            Self::NoOrchestrator => "NO_ORCHESTRATOR",
            Self::Unknown => "UNKNOWN",
            Self::Open => "OPEN",
        }
    }
}

/// The job of `kind` that these events are of, and when it began: at its first event. Events are a
/// set: their order never matters, and an event that came twice counts once. `request_id` is what
/// [`JobEvent::job`] gave. `None` without events.
///
/// `SERVED` if any attempt was completed with success; else `NO_ORCHESTRATOR` if every error says that
/// there was none; `FAILED` if there was any other error, or it was completed without success; `OPEN`
/// if nothing but its beginning is known and that is younger than an hour; else `UNKNOWN`.
pub fn derive(
    request_id: &str,
    kind: Kind,
    events: &[JobEvent],
    around: &Around<'_>,
) -> Option<(i64, Job)> {
    let events = once(events);
    let first = events.first()?;
    let node = events.iter().map(|e| &e.node).min()?;
    let outcome = outcome(&events, around);
    let told = telling(&events, outcome);
    let who = Who::of(&told, &events, around);
    let completed_us = told.last().filter(|e| e.ended()).map(|e| e.at_us());
    let is = |wanted: Outcome| Some(i64::from(outcome == wanted));
    let requested = matches!(outcome, Outcome::Served | Outcome::Failed | Outcome::NoOrchestrator);
    let job = Job {
        void: 0,
        formula: FORMULA.into(),
        job: job_id(kind, request_id),
        kind: kind.name().into(),
        request_id: events.iter().find_map(|e| e.request_id.clone()),
        gateway: Some(Arc::clone(node)),
        region: (around.region)(node, first.ts_us),
        origin: Arc::clone(&first.origin),
        pipeline: pipeline(kind, &events),
        model: modelled(kind, &events),
        orchestrator: who.address,
        orch_uri: who.uri,
        outcome: outcome.name().into(),
        completed_at: completed_us,
        error_type: error_kind(&told, outcome).map(|k| k.name().into()),
        tries: tries(kind, &events),
        duration_ms: duration_ms(kind, &events, &told, completed_us),
        first_token_ms: figure(&told, |e| e.first_token_ms),
        prompt_tokens: last(&told, |e| e.prompt_tokens),
        completion_tokens: last(&told, |e| e.completion_tokens),
        tokens_per_second: figure(&told, |e| e.tokens_per_second),
        latency_score: figure(&told, |e| e.latency_score),
        price_wei_per_unit: figure(&told, |e| e.price_wei_per_unit),
        requested: Some(i64::from(requested)),
        served: is(Outcome::Served),
        unserved: is(Outcome::NoOrchestrator),
        failed: is(Outcome::Failed),
    };
    Some((first.ts_us, job))
}

/// Each event once, by time, then id. Of the same event from two agents that of the lower node.
fn once(events: &[JobEvent]) -> Vec<&JobEvent> {
    let mut once: Vec<&JobEvent> = events.iter().collect();
    once.sort_by_key(|e| (e.ts_us, e.event_id, e.item, Arc::clone(&e.node)));
    once.dedup_by_key(|e| (e.event_id, e.item));
    once
}

fn outcome(events: &[&JobEvent], around: &Around<'_>) -> Outcome {
    if events.iter().any(|e| e.succeeded()) {
        return Outcome::Served;
    }
    let mut troubles = events.iter().filter(|e| e.failed()).peekable();
    if troubles.peek().is_some() {
        let none = |e: &&JobEvent| ErrorKind::of(e) == Some(ErrorKind::NoOrchestrator);
        return if troubles.all(none) { Outcome::NoOrchestrator } else { Outcome::Failed };
    }
    let last_us = events.last().map_or(i64::MIN, |e| e.ts_us);
    let young = around.data_through_us.saturating_sub(last_us) < JOB_OPEN_US;
    if young { Outcome::Open } else { Outcome::Unknown }
}

/// The events that tell of how it ended, the one that decides last: successes of a served job, and
/// what went wrong of another. What a gateway says of the whole request comes after what it says of
/// the model's answer, and the end of an attempt after what went wrong before.
fn telling<'a>(events: &[&'a JobEvent], outcome: Outcome) -> Vec<&'a JobEvent> {
    let tells = |e: &JobEvent| match outcome {
        Outcome::Served => e.succeeded(),
        Outcome::Failed | Outcome::NoOrchestrator => e.failed(),
        Outcome::Unknown | Outcome::Open => true,
    };
    let mut told: Vec<&JobEvent> = events.iter().copied().filter(|e| tells(e)).collect();
    // Stable: within each, by time.
    told.sort_by_key(|e| (e.ended(), e.whole_request()));
    told
}

/// The value of the last event that has one.
fn last<T>(told: &[&JobEvent], of: fn(&JobEvent) -> Option<T>) -> Option<T> {
    told.iter().rev().find_map(|e| of(e))
}

/// The same of a number: none below 0.
fn figure(told: &[&JobEvent], of: fn(&JobEvent) -> Option<f64>) -> Option<f64> {
    told.iter().rev().find_map(|e| of(e).filter(|x| x.is_finite() && *x >= 0.0))
}

/// Who did it, or was the last to be asked.
struct Who {
    address: Option<Arc<str>>,
    uri: Option<Arc<str>>,
}

impl Who {
    fn of(told: &[&JobEvent], events: &[&JobEvent], around: &Around<'_>) -> Self {
        let names = |e: &&&JobEvent| e.orch_url.is_some() || e.orch_address.is_some();
        let Some(event) = told.iter().rev().find(names).or_else(|| events.iter().rev().find(names))
        else {
            return Self { address: None, uri: None };
        };
        let uri = event.orch_url.as_deref().and_then(normalised);
        let wallet = event.orch_address.as_deref();
        Self {
            address: (around.orchestrator)(uri.as_deref(), wallet, event.ts_us),
            uri: uri.map(Arc::from),
        }
    }
}

fn pipeline(kind: Kind, events: &[&JobEvent]) -> Option<Arc<str>> {
    match kind {
        Kind::Llm | Kind::Byoc => Some(kind.name().into()),
        Kind::Batch => events.iter().find_map(|e| {
            let name = e.pipeline.as_deref()?;
            // A name that is no pipeline would be taken for a live model: here it is none.
            canonical(name)
                .filter(|w| w.model.is_none())
                .map(|w| w.pipeline)
                .or_else(|| model(name))
        }),
    }
}

fn modelled(kind: Kind, events: &[&JobEvent]) -> Option<Arc<str>> {
    let name = |e: &&JobEvent| match kind {
        Kind::Byoc => e.capability.clone(),
        Kind::Batch | Kind::Llm => e.model.clone(),
    };
    events.iter().find_map(|e| model(&name(e)?))
}

fn error_kind(told: &[&JobEvent], outcome: Outcome) -> Option<ErrorKind> {
    match outcome {
        Outcome::NoOrchestrator => Some(ErrorKind::NoOrchestrator),
        Outcome::Failed => told.iter().rev().find_map(|e| ErrorKind::of(e)),
        Outcome::Served | Outcome::Unknown | Outcome::Open => None,
    }
}

/// Orchestrators that were tried: as the gateway says, or by the attempts that it tells of.
fn tries(kind: Kind, events: &[&JobEvent]) -> Option<i64> {
    let said = events.iter().filter_map(|e| e.tries).max();
    if kind != Kind::Byoc {
        return said;
    }
    let numbered = events.iter().filter_map(|e| e.attempt).max().map(|a| a + 1);
    let begun = whole(events.iter().filter(|e| e.begun()).count());
    said.max(numbered).max((begun > 0).then_some(begun))
}

/// As the gateway says; for several attempts, of which each tells only its own time, from the first
/// beginning to the end.
fn duration_ms(
    kind: Kind,
    events: &[&JobEvent],
    told: &[&JobEvent],
    completed_us: Option<i64>,
) -> Option<f64> {
    let begun_us = events.iter().find(|e| e.begun()).map(|e| e.ts_us);
    let from_events = completed_us.zip(begun_us).map(|(end, begun)| number(end - begun) / 1e3);
    let from_events = from_events.filter(|ms| *ms >= 0.0);
    let attempts = events.iter().filter(|e| e.ended()).count();
    if kind == Kind::Byoc && attempts > 1 {
        return from_events;
    }
    completed_us?;
    figure(told, |e| e.duration_ms).or(from_events)
}

impl JobEvent {
    /// When it happened: the time inside, unless that is far from the envelope's.
    fn at_us(&self) -> i64 {
        let near = |t: &i64| t.abs_diff(self.ts_us) <= DATA_TIME_OFF_US.unsigned_abs();
        self.data_us.filter(near).unwrap_or(self.ts_us)
    }
}

#[cfg(test)]
mod tests;
