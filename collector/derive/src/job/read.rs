//! Rows of `job_event`.

use std::sync::Arc;

use naap_schema::Row;
use uuid::Uuid;

use super::Kind;
use crate::cell::{float, int, text, uuid};

/// One step of a job, as far as its figures need it.
#[derive(Debug, Clone, PartialEq)]
pub struct JobEvent {
    /// Time of the envelope, microseconds since 1970 UTC.
    pub ts_us: i64,
    /// Id of the envelope.
    pub event_id: Uuid,
    /// Number of the row among those of the event.
    pub item: i64,
    /// Node whose agent reported it.
    pub node: Arc<str>,
    /// organic, test, replayed or simulated.
    pub origin: Arc<str>,
    /// Type of the envelope, for example `ai_batch_request`.
    pub topic: Arc<str>,
    /// Type within it, for example `ai_batch_request_completed`.
    pub event_type: Arc<str>,
    /// Time in the data.
    pub data_us: Option<i64>,
    /// Request.
    pub request_id: Option<Arc<str>>,
    /// Attempt, from 0.
    pub attempt: Option<i64>,
    /// Capability (BYOC).
    pub capability: Option<Arc<str>>,
    /// Pipeline, as the event has it.
    pub pipeline: Option<Arc<str>>,
    /// Model, as the event has it.
    pub model: Option<Arc<str>>,
    /// Hot wallet of the orchestrator, lower case.
    pub orch_address: Option<Arc<str>>,
    /// Service URI, as the event has it.
    pub orch_url: Option<Arc<str>>,
    /// 1 where it worked, 0 where not.
    pub success: Option<i64>,
    /// How long it took, ms.
    pub duration_ms: Option<f64>,
    /// HTTP status of the answer.
    pub http_status: Option<i64>,
    /// Kind of the error, as the gateway names it.
    pub error_type: Option<Arc<str>>,
    /// Error text.
    pub error: Option<Arc<str>>,
    /// Orchestrators that were tried.
    pub tries: Option<i64>,
    /// Latency score.
    pub latency_score: Option<f64>,
    /// Price, wei per unit.
    pub price_wei_per_unit: Option<f64>,
    /// Tokens of the prompt.
    pub prompt_tokens: Option<i64>,
    /// Tokens of the answer.
    pub completion_tokens: Option<i64>,
    /// Speed of the answer.
    pub tokens_per_second: Option<f64>,
    /// Time to the first token, ms.
    pub first_token_ms: Option<f64>,
    /// Why the answer ended.
    pub finish_reason: Option<Arc<str>>,
}

impl JobEvent {
    /// The event of a row of `job_event` that this node's agent reported; `None` of another entity's,
    /// or if something that makes it one is missing.
    pub fn of(row: &Row, node: &Arc<str>) -> Option<Self> {
        if row.entity.name != "job_event" {
            return None;
        }
        Some(Self {
            ts_us: row.ts_us,
            event_id: uuid(row, "event_id")?,
            item: int(row, "item")?,
            node: Arc::clone(node),
            origin: text(row, "origin")?,
            topic: text(row, "topic")?,
            event_type: text(row, "event_type")?,
            data_us: int(row, "data_ts"),
            request_id: text(row, "request_id"),
            attempt: int(row, "attempt"),
            capability: text(row, "capability"),
            pipeline: text(row, "pipeline"),
            model: text(row, "model"),
            orch_address: text(row, "orch_address"),
            orch_url: text(row, "orch_url"),
            success: int(row, "success"),
            duration_ms: float(row, "duration_ms"),
            http_status: int(row, "http_status"),
            error_type: text(row, "error_type"),
            error: text(row, "error"),
            tries: int(row, "tries"),
            latency_score: float(row, "latency_score"),
            price_wei_per_unit: float(row, "price_wei_per_unit"),
            prompt_tokens: int(row, "prompt_tokens"),
            completion_tokens: int(row, "completion_tokens"),
            tokens_per_second: float(row, "tokens_per_second"),
            first_token_ms: float(row, "first_token_ms"),
            finish_reason: text(row, "finish_reason"),
        })
    }

    /// Which job it is of, as kind and request id. Events about one request to a language model come
    /// on two topics and are one job. Some versions leave the request id of a BYOC job empty: then the
    /// end of each attempt is a job of its own, by the id of its event. `None` of an event that is of
    /// no job: workers, payments, authorisation, and what orchestrators say.
    pub fn job(&self) -> Option<(Kind, Arc<str>)> {
        let llm = self.pipeline.as_deref().is_some_and(|p| p.eq_ignore_ascii_case("llm"));
        let kind = match &*self.topic {
            "ai_llm_request" => Kind::Llm,
            "ai_batch_request" if llm => Kind::Llm,
            "ai_batch_request" => Kind::Batch,
            "job_gateway" => Kind::Byoc,
            _ => return None,
        };
        let own = || {
            let alone = kind == Kind::Byoc && self.ended();
            alone.then(|| self.event_id.to_string().into())
        };
        Some((kind, self.request_id.clone().or_else(own)?))
    }

    /// An attempt began.
    pub(super) fn begun(&self) -> bool {
        ["received", "started", "submitted"].iter().any(|end| self.event_type.ends_with(end))
    }

    /// An attempt, or the whole request, is over.
    pub(super) fn ended(&self) -> bool {
        self.event_type.ends_with("completed")
    }

    /// It tells of the whole request, retries included.
    pub(super) fn whole_request(&self) -> bool {
        &*self.topic == "ai_batch_request"
    }

    /// It ended well: as it says or, where it does not say, if nothing speaks against it.
    pub(super) fn succeeded(&self) -> bool {
        self.ended() && self.success.map_or_else(|| !self.in_error(), |s| s == 1)
    }

    /// It, or a step of it, did not end well.
    pub(super) fn failed(&self) -> bool {
        if self.ended() {
            !self.succeeded()
        } else {
            self.success == Some(0) || self.error.is_some()
        }
    }

    fn in_error(&self) -> bool {
        self.error.is_some()
            || self.error_type.is_some()
            || self.http_status.is_some_and(|s| s >= 400)
            || self.finish_reason.as_deref() == Some("error")
    }
}
