//! SLA (`definitions.md` 3): benchmarks, scores with every input and what each cost, compliance with
//! the targets, and whether enough observers agree for a rank. From leg rows alone.

mod benchmark;
mod fresh;
mod score;
mod terms;

use std::sync::Arc;

use naap_schema::generated::StreamLeg;

use crate::limits::DAY_US;

pub use benchmark::benchmarks;
pub use fresh::{FreshHours, fresh_hours};
pub use score::scores;

/// One leg, as far as benchmarks, scores and [`crate::observed`] need it.
#[derive(Debug, Clone, PartialEq)]
pub struct LegFact {
    /// Start, microseconds since 1970 UTC.
    pub ts_us: i64,
    /// End; `None` while it runs.
    pub ended_us: Option<i64>,
    /// On-chain address; `None`: unresolved.
    pub orchestrator: Option<Arc<str>>,
    /// Canonical pipeline.
    pub pipeline: Option<Arc<str>>,
    /// Canonical model; without one there is no score.
    pub model: Option<Arc<str>>,
    /// Region of the gateway that reported it.
    pub region: Option<Arc<str>>,
    /// organic, test, replayed or simulated.
    pub origin: Arc<str>,
    /// Node of the agent that reported it.
    pub gateway: Option<Arc<str>>,
    /// It is playable or closed.
    pub counted: bool,
    /// Counted, and SERVED or FAILED.
    pub requested: bool,
    /// Counted, and SERVED.
    pub served: bool,
    /// Requested, and swapped away from.
    pub swapped: bool,
    /// It became playable.
    pub playable: bool,
    /// Requested, with at least 2 status samples.
    pub viability_legs: bool,
    /// One of those, with any FPS above 0.
    pub viable: bool,
    /// Signals seen of a playable leg.
    pub signals_seen: i64,
    /// Signals expected of it; 0 where there is nothing to say.
    pub signals_expected: i64,
    /// Prompt to first frame, ms.
    pub prompt_to_first_frame_ms: Option<f64>,
    /// Mean media latency, ms.
    pub e2e_media_ms: Option<f64>,
    /// Mean output frames per second.
    pub output_fps_mean: Option<f64>,
    /// σ / mean of the output frames per second.
    pub jitter_coefficient: Option<f64>,
    /// Samples behind `output_fps_mean`.
    pub fps_samples: i64,
    /// Nothing of it is still to come: it has ended, and its outcome is not OPEN.
    pub closed: bool,
}

impl LegFact {
    /// The facts of a row that starts at `ts_us`; `None` of one that is void.
    pub fn of(ts_us: i64, leg: &StreamLeg) -> Option<Self> {
        let yes = |flag: Option<i64>| flag == Some(1);
        (leg.void == 0).then(|| Self {
            ts_us,
            ended_us: leg.ended_at,
            orchestrator: leg.orchestrator.clone(),
            pipeline: leg.pipeline.clone(),
            model: leg.model.clone(),
            region: leg.region.clone(),
            origin: Arc::clone(&leg.origin),
            gateway: leg.gateway.clone(),
            counted: yes(leg.counted),
            requested: yes(leg.requested),
            served: yes(leg.served),
            swapped: yes(leg.swapped),
            playable: yes(leg.playable),
            viability_legs: yes(leg.viability_legs),
            viable: yes(leg.viable),
            signals_seen: leg.signals_seen.unwrap_or(0),
            signals_expected: leg.signals_expected.unwrap_or(0),
            prompt_to_first_frame_ms: leg.prompt_to_first_frame_ms,
            e2e_media_ms: leg.e2e_media_ms,
            output_fps_mean: leg.output_fps_mean,
            jitter_coefficient: leg.jitter_coefficient,
            fps_samples: leg.fps_samples.unwrap_or(0),
            closed: leg.ended_at.is_some() && &*leg.outcome != "OPEN",
        })
    }
}

/// How much before its end a score covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// 24 h.
    Day,
    /// 7 d.
    Week,
}

impl Span {
    /// Its name in rows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::Week => "7d",
        }
    }

    /// Its length, microseconds.
    pub const fn us(self) -> i64 {
        match self {
            Self::Day => DAY_US,
            Self::Week => 7 * DAY_US,
        }
    }
}

#[cfg(test)]
mod tests;
