//! What is so, because it was planned so: the figures that the definitions (version 2026.1) give
//! once everything has arrived. One JSON object a line: `{"session":{…}}`, `{"report":{…}}`,
//! `{"job":{…}}`. `null` is an unknown, never 0.
//!
//! Times are microseconds since 1970 UTC by the clock of the gateway; lengths are milliseconds.

use serde::{Deserialize, Serialize};

/// One thing that is so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Truth {
    /// A live session.
    Session(Box<Session>),
    /// A capability report of a gateway.
    Report(Report),
    /// A batch, LLM or BYOC job.
    Job(Job),
}

/// Outcome of a session, a leg or a job, as the definitions name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    /// It played; of a job: it was done.
    Served,
    /// No orchestrator was found.
    NoOrchestrator,
    /// Left early by the client.
    Excused,
    /// Somebody failed.
    Failed,
    /// Too little is known.
    Unknown,
}

/// How a session that played ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EndReason {
    /// The client ended it.
    Client,
    /// A swap found no orchestrator.
    FailedSwap,
    /// An error ended it.
    Error,
    /// Nothing came any more.
    Lost,
}

/// What closed a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ClosedBy {
    /// `gateway_ingest_stream_closed`.
    Event,
    /// 120 s without any event.
    Silence,
}

/// Where a latency was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Source {
    /// Media times at the gateway.
    Media,
    /// Traces of gateway and runner.
    Trace,
}

/// FPS of a session or a leg: from the first sample above 0 on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fps {
    /// The samples of `inference_status.fps`, in the order of envelope times.
    pub samples: Vec<f64>,
    /// Their mean.
    pub output_fps_mean: Option<f64>,
    /// The lowest.
    pub output_fps_min: Option<f64>,
    /// Population standard deviation / mean; at least 3 samples.
    pub jitter_coefficient: Option<f64>,
    /// Mean of `input_status.fps` from its own first sample above 0 on.
    pub input_fps_mean: Option<f64>,
    /// Mean output / mean input.
    pub fps_ratio: Option<f64>,
}

/// A live session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Stream.
    pub stream_id: String,
    /// Request.
    pub request_id: String,
    /// Number of the gateway, from 0.
    pub gateway: usize,
    /// `gateway` of its envelopes, if filled.
    pub gateway_label: Option<String>,
    /// Always `simulated`.
    pub origin: String,
    /// Always `live-video-to-video`.
    pub pipeline: String,
    /// The model, if any event or payment names one.
    pub model: Option<String>,
    /// Outcome.
    pub outcome: Outcome,
    /// Of a `SERVED` one.
    pub end_reason: Option<EndReason>,
    /// What closed it.
    pub closed_by: ClosedBy,
    /// The request, else the first event.
    pub started_us: i64,
    /// The request.
    pub requested_us: Option<i64>,
    /// The close, or the last event.
    pub closed_us: i64,
    /// Request to first processed segment.
    pub startup_ms: Option<f64>,
    /// Request to third processed segment.
    pub time_to_playable_ms: Option<f64>,
    /// Status `start_time` to third processed segment; unknown where clocks differ.
    pub prompt_to_first_frame_ms: Option<f64>,
    /// Latency.
    pub e2e_latency_ms: Option<f64>,
    /// And of what kind.
    pub e2e_latency_source: Option<Source>,
    /// FPS.
    #[serde(flatten)]
    pub fps: Fps,
    /// What the client sent.
    pub upload_mbps: Option<f64>,
    /// `orchestrator_swap` events.
    pub swaps: usize,
    /// First processed segment to close.
    pub minutes: Option<f64>,
    /// Restarts of runners.
    pub restarts: i64,
    /// Error events, those after the close too.
    pub error_events: usize,
    /// Status samples.
    pub status_samples: usize,
    /// Connection samples.
    pub ingest_samples: usize,
    /// Sum of its payments' expected values, wei, a whole decimal number.
    pub fee_wei: Option<String>,
    /// Its legs, in order.
    pub legs: Vec<Leg>,
}

/// One orchestrator's part of a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Leg {
    /// Who it really was: on-chain address, lower case.
    pub served_by: String,
    /// Whom the definitions can know it as; `None`: unresolved.
    pub address: Option<String>,
    /// URI in its events: scheme, host and port, lower case.
    pub uri: String,
    /// When it began.
    pub started_us: i64,
    /// When it ended.
    pub ended_us: i64,
    /// Outcome.
    pub outcome: Outcome,
    /// Whether another took over.
    pub swapped_away: bool,
    /// Why, as the definitions fold the text; `None` too where no swap told it.
    pub swap_reason: Option<String>,
    /// Start of the leg to first processed segment.
    pub startup_ms: Option<f64>,
    /// Start of the leg to third processed segment.
    pub time_to_playable_ms: Option<f64>,
    /// Status `start_time` to third processed segment.
    pub prompt_to_first_frame_ms: Option<f64>,
    /// Media latency while it ran; nothing else.
    pub e2e_media_ms: Option<f64>,
    /// FPS.
    #[serde(flatten)]
    pub fps: Fps,
    /// Status samples.
    pub status_samples: usize,
    /// Signals seen of those expected; both 0 where it never was playable.
    pub signals_seen: usize,
    /// Signals expected.
    pub signals_expected: usize,
    /// Sum of the payments to its URI, wei.
    pub fee_wei: Option<String>,
}

/// A capability report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Time of the envelope.
    pub at_us: i64,
    /// Number of the gateway, from 0.
    pub gateway: usize,
    /// What it says of each orchestrator and URI.
    pub orchestrators: Vec<Reported>,
}

/// What a report says of an orchestrator at one URI.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reported {
    /// On-chain address, lower case.
    pub address: String,
    /// URI, normalised.
    pub uri: String,
    /// Different GPUs; `None`: it tells nothing of hardware.
    pub gpus: Option<usize>,
    /// Slots of the plausible rows; `None`: no plausible row tells any.
    pub slots: Option<i64>,
    /// Of these idle.
    pub slots_idle: Option<i64>,
    /// Rows of pipelines and models.
    pub models: usize,
    /// Of these loaded.
    pub warm_models: usize,
    /// Rows above 64 slots.
    pub implausible: usize,
    /// Their slots.
    pub implausible_slots: i64,
}

/// Kind of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobKind {
    /// `ai_batch_request`.
    Batch,
    /// `ai_llm_request`.
    Llm,
    /// `job_gateway`.
    Byoc,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// Kind.
    pub kind: JobKind,
    /// Request.
    pub request_id: String,
    /// Number of the gateway, from 0.
    pub gateway: usize,
    /// Canonical pipeline, for example `text-to-image`; `byoc`.
    pub pipeline: String,
    /// Model; BYOC has none.
    pub model: Option<String>,
    /// The capability's own name, of BYOC.
    pub capability: Option<String>,
    /// `SERVED`, `FAILED` or `NO_ORCHESTRATOR`.
    pub outcome: Outcome,
    /// Who did it: on-chain address, lower case; `None`: nobody, or it cannot be known.
    pub address: Option<String>,
    /// At which URI, normalised.
    pub uri: Option<String>,
    /// Its first event.
    pub started_us: i64,
    /// Its last event.
    pub completed_us: i64,
    /// From the one to the other.
    pub duration_ms: f64,
    /// Time to the first token.
    pub first_token_ms: Option<f64>,
    /// Tokens of the answer.
    pub completion_tokens: Option<i64>,
    /// Orchestrators tried, where told; BYOC tells attempts, and has one.
    pub tries: Option<i64>,
}

/// Output FPS from the first sample above 0 on, and input FPS likewise; `(output, input)` in order.
pub(crate) fn fps(samples: &[(f64, f64)]) -> Fps {
    let from_first =
        |values: Vec<f64>| -> Vec<f64> { values.into_iter().skip_while(|v| *v <= 0.0).collect() };
    let out = from_first(samples.iter().map(|s| s.0).collect());
    let input = from_first(samples.iter().map(|s| s.1).collect());
    let output_fps_mean = mean(&out);
    let input_fps_mean = mean(&input);
    let jitter_coefficient = output_fps_mean.filter(|_| out.len() >= 3).map(|m| {
        let squares: Vec<f64> = out.iter().map(|v| (v - m) * (v - m)).collect();
        mean(&squares).unwrap_or_default().sqrt() / m
    });
    Fps {
        output_fps_min: out.iter().copied().reduce(f64::min),
        fps_ratio: output_fps_mean.zip(input_fps_mean).map(|(o, i)| o / i),
        samples: out,
        output_fps_mean,
        jitter_coefficient,
        input_fps_mean,
    }
}

/// The mean; of nothing unknown.
#[expect(clippy::cast_precision_loss, reason = "a session has some thousand samples")]
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fps_begin_with_the_first_above_0_and_keep_later_zeros() {
        let got = fps(&[(0.0, 0.0), (20.0, 30.0), (0.0, 0.0), (10.0, 30.0)]);
        assert_eq!(got.samples, [20.0, 0.0, 10.0]);
        assert_eq!((got.output_fps_mean, got.output_fps_min), (Some(10.0), Some(0.0)));
        assert_eq!(got.input_fps_mean, Some(20.0));
        assert_eq!(got.fps_ratio, Some(0.5));
        let sigma = (200f64 / 3.0).sqrt();
        assert!((got.jitter_coefficient.unwrap() - sigma / 10.0).abs() < 1e-12);
        assert_eq!(fps(&[(0.0, 0.0)]), Fps::default());
        assert_eq!(fps(&[(1.0, 1.0), (2.0, 1.0)]).jitter_coefficient, None);
    }

    #[test]
    fn a_truth_is_one_object_with_its_kind() {
        let job = Job {
            kind: JobKind::Llm,
            request_id: "r".into(),
            gateway: 0,
            pipeline: "llm".into(),
            model: None,
            capability: None,
            outcome: Outcome::NoOrchestrator,
            address: None,
            uri: None,
            started_us: 1,
            completed_us: 2,
            duration_ms: 0.001,
            first_token_ms: None,
            completion_tokens: None,
            tries: None,
        };
        let text = serde_json::to_string(&Truth::Job(job.clone())).unwrap();
        assert!(text.starts_with(r#"{"job":{"kind":"llm","requestId":"r""#), "{text}");
        assert!(text.contains(r#""outcome":"NO_ORCHESTRATOR""#), "{text}");
        assert_eq!(serde_json::from_str::<Truth>(&text).unwrap(), Truth::Job(job));
    }
}
