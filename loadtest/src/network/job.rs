//! Batch, LLM and BYOC jobs, as forks of go-livepeer tell them.

use serde_json::{Value, json};

use super::cast::{BATCH, Cast, Known, Orchestrator};
use crate::plan::Plan;
use crate::rng::{Rng, thousandths};
use crate::truth::{Job, JobKind, Outcome};

/// A line: time (gateway's clock, ms), topic, data.
pub(super) type Told = (i64, &'static str, Value);

/// Names of BYOC capabilities.
const OWN: [&str; 2] = ["openai-chat-completions", "video-caption"];

/// What a job is about to be.
struct Work<'a> {
    at: i64,
    end: i64,
    request: &'a str,
    outcome: Outcome,
    /// Who does it.
    by: Option<&'a Orchestrator>,
}

impl<'a> Work<'a> {
    fn uri(&self) -> Option<&'a str> {
        self.by.and_then(|o| o.uris.first()).map(String::as_str)
    }

    fn served(&self) -> bool {
        self.outcome == Outcome::Served
    }

    fn error(&self) -> &'static str {
        match self.outcome {
            Outcome::Served => "",
            Outcome::NoOrchestrator => "no orchestrators available",
            _ => "orchestrator returned status 500",
        }
    }
}

/// Plans a job that begins at `at`, ms.
pub(super) fn plan(
    plan: &Plan,
    cast: &Cast,
    gateway: usize,
    (at, request): (i64, &str),
    rng: &mut Rng,
) -> (Vec<Told>, Job) {
    let batch = BATCH[rng.index(BATCH.len())];
    let kind = match (rng.chance(0.3), batch.0) {
        (true, _) => JobKind::Byoc,
        (false, 33) => JobKind::Llm,
        (false, _) => JobKind::Batch,
    };
    let outcome = match (rng.chance(plan.failed_jobs), rng.chance(0.3)) {
        (true, true) => Outcome::NoOrchestrator,
        (true, false) => Outcome::Failed,
        (false, _) => Outcome::Served,
    };
    // Of those whose URI is in the reports, so that it is known who it was.
    let able = |o: &&Orchestrator| {
        matches!(o.known, Known::Well | Known::Free)
            && (kind == JobKind::Byoc || o.batch.iter().any(|b| b.capability == batch.0))
    };
    let able: Vec<&Orchestrator> = cast.orchestrators.iter().filter(able).collect();
    let by = rng.pick(&able).copied();
    let outcome = if by.is_none() { Outcome::NoOrchestrator } else { outcome };
    let by = by.filter(|_| outcome != Outcome::NoOrchestrator);
    let work = Work { at, end: at + rng.whole(400, 25_000), request, outcome, by };
    let mut job = Job {
        kind,
        request_id: request.to_owned(),
        gateway,
        pipeline: if kind == JobKind::Byoc { "byoc" } else { batch.1 }.to_owned(),
        model: (kind != JobKind::Byoc).then(|| batch.2.to_owned()),
        capability: None,
        outcome,
        address: by.map(|o| o.address.clone()),
        uri: work.uri().map(str::to_owned),
        started_us: at * 1000,
        completed_us: work.end * 1000,
        duration_ms: (work.end - at) as f64,
        first_token_ms: None,
        completion_tokens: None,
        tries: None,
    };
    let told = match kind {
        JobKind::Batch => of_batch(&work, &mut job, batch.3, rng),
        JobKind::Llm => of_llm(&work, &mut job, batch.3, rng),
        JobKind::Byoc => of_byoc(&work, &mut job, rng),
    };
    (told, job)
}

fn of_batch(work: &Work<'_>, job: &mut Job, price: i64, rng: &mut Rng) -> Vec<Told> {
    let topic = "ai_batch_request";
    let tries = if work.by.is_some() { rng.whole(1, 3) } else { 0 };
    job.tries = Some(tries);
    let error_type = match work.outcome {
        Outcome::Served => "",
        Outcome::NoOrchestrator => "no_orchestrators",
        _ => "orchestrator_error",
    };
    let received = json!({
        "type": "ai_batch_request_received", "request_id": work.request,
        "pipeline": job.pipeline, "model_id": job.model, "timestamp": work.at,
    });
    let completed = json!({
        "type": "ai_batch_request_completed", "request_id": work.request,
        "pipeline": job.pipeline, "model_id": job.model, "timestamp": work.end,
        "success": work.served(), "tries": tries, "duration_ms": work.end - work.at,
        "orch_url": work.uri().unwrap_or_default(), "error_type": error_type,
        "error": work.error(), "latency_score": thousandths(rng.between(0.01, 2.0)),
        "price_per_unit": price,
    });
    vec![(work.at, topic, received), (work.end, topic, completed)]
}

fn of_llm(work: &Work<'_>, job: &mut Job, price: i64, rng: &mut Rng) -> Vec<Told> {
    let topic = "ai_llm_request";
    let took = work.end - work.at;
    let (prompt, answer) = (rng.whole(10, 3000), rng.whole(5, 900));
    let served = work.served();
    let first = served.then(|| rng.whole(60, took / 2));
    job.first_token_ms = first.map(|ms| ms as f64);
    job.completion_tokens = served.then_some(answer);
    let started = json!({
        "type": "llm_request_started", "request_id": work.request, "model": job.model,
        "streaming": true, "timestamp": work.at,
    });
    let mut completed = json!({
        "type": "llm_stream_completed", "request_id": work.request, "model": job.model,
        "orch_url": work.uri().unwrap_or_default(), "total_duration_ms": took,
        "finish_reason": if served { "stop" } else { "error" }, "error": work.error(),
        "price_per_unit": price, "timestamp": work.end,
    });
    if let (true, Some(fields)) = (served, completed.as_object_mut()) {
        let speed = thousandths(answer as f64 * 1000.0 / took as f64);
        let score = thousandths(took as f64 / 1000.0 / answer as f64);
        for (key, value) in [
            ("prompt_tokens", json!(prompt)),
            ("completion_tokens", json!(answer)),
            ("total_tokens", json!(prompt + answer)),
            ("tokens_per_second", json!(speed)),
            ("latency_score", json!(score)),
            ("ttft_ms", json!(first)),
        ] {
            fields.insert(key.to_owned(), value);
        }
    }
    vec![(work.at, topic, started), (work.end, topic, completed)]
}

fn of_byoc(work: &Work<'_>, job: &mut Job, rng: &mut Rng) -> Vec<Told> {
    let topic = "job_gateway";
    let capability = OWN[rng.index(OWN.len())];
    job.capability = Some(capability.to_owned());
    let url = work.uri().unwrap_or_default();
    let info = json!({ "address": work.by.map_or("", |o| o.stream_wallet.as_str()), "url": url });
    let found = json!({
        "type": "job_orchestrator_discovery_result", "capability": capability,
        "success": work.by.is_some(), "selected": work.by.is_some(),
        "error": if work.by.is_some() { "" } else { work.error() }, "orchestrator_info": info,
    });
    let token = json!({
        "type": "job_orchestrator_token_fetch_result", "capability": capability, "orch_url": url,
        "success": true, "latency_ms": rng.whole(20, 300), "available_capacity": rng.whole(1, 4),
        "error": "", "orchestrator_info": info,
    });
    let submitted = json!({
        "type": "job_gateway_submitted", "request_id": work.request, "attempt_index": 0,
        "capability": capability, "orchestrator_info": info,
    });
    let completed = json!({
        "type": "job_gateway_completed", "request_id": work.request, "attempt_index": 0,
        "capability": capability, "orchestrator_info": info, "success": work.served(),
        "error": work.error(), "duration_ms": work.end - work.at, "completed_at": work.end,
        "http_status": if work.served() { 200 } else { 503 }, "streaming": rng.chance(0.5),
    });
    let mut told = vec![(work.at - 30, topic, found)];
    if work.by.is_some() {
        told.push((work.at - 10, topic, token));
    }
    told.extend([(work.at, topic, submitted), (work.end, topic, completed)]);
    told
}
