//! Stream sessions and their legs (`definitions.md` 2).

use async_graphql::{
    Enum, ID, InputValueError, InputValueResult, Object, Scalar, ScalarType, SimpleObject, Value,
};

use super::page::{connection, cursor};
use super::time::Time;
use crate::read::sessions::{Figures, Leg as LegRow, Session as Row};

/// Where traffic comes from. Origins are never mixed in one figure unless asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Enum)]
pub(crate) enum Origin {
    /// What users do.
    #[default]
    Organic,
    /// Load tests.
    Test,
    /// Recorded, and played again with other times.
    Replayed,
    /// Made up by a program.
    Simulated,
}

impl Origin {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Organic => "organic",
            Self::Test => "test",
            Self::Replayed => "replayed",
            Self::Simulated => "simulated",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Organic, Self::Test, Self::Replayed, Self::Simulated]
            .into_iter()
            .find(|o| o.word() == word)
    }
}

/// Enums whose words in the database are those of GraphQL.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$d:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
        pub(crate) enum $name { $($(#[$d])* $variant),* }

        impl $name {
            /// `None` for a word that this version does not know.
            pub(crate) fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

words! {
    /// What became of a session, a leg or a job.
    Outcome {
        /// It played (a job: it was done).
        Served = "SERVED",
        /// No orchestrator could be had.
        NoOrchestrator = "NO_ORCHESTRATOR",
        /// It ended early for a reason that nobody is held to.
        Excused = "EXCUSED",
        /// It failed.
        Failed = "FAILED",
        /// Too little of it is known.
        Unknown = "UNKNOWN",
        /// It runs.
        Open = "OPEN",
    }
}

impl Outcome {
    /// Its word in rows.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Served => "SERVED",
            Self::NoOrchestrator => "NO_ORCHESTRATOR",
            Self::Excused => "EXCUSED",
            Self::Failed => "FAILED",
            Self::Unknown => "UNKNOWN",
            Self::Open => "OPEN",
        }
    }
}

words! {
    /// How a closed session that was served ended.
    EndReason {
        /// The client ended it.
        Client = "CLIENT",
        /// After playing, a swap found no orchestrator.
        FailedSwap = "FAILED_SWAP",
        /// An error ended it.
        Error = "ERROR",
        /// It fell silent.
        Lost = "LOST",
    }
}

words! {
    /// What closed a session.
    ClosedBy {
        /// The gateway said so.
        Event = "EVENT",
        /// 120 seconds without any event.
        Silence = "SILENCE",
    }
}

words! {
    /// Why a leg was left for another orchestrator.
    SwapReason {
        /// The orchestrator was slow.
        Slow = "SLOW",
        /// Nothing came out.
        NoOutput = "NO_OUTPUT",
        /// Something took too long.
        Timeout = "TIMEOUT",
        /// A connection broke.
        Connection = "CONNECTION",
        /// The runner failed.
        Runner = "RUNNER",
        /// The client left.
        Client = "CLIENT",
        /// Anything else.
        Other = "OTHER",
    }
}

words! {
    /// How the on-chain address of a leg was found.
    Attribution {
        /// By the recipient of a payment for this request and URI.
        Payment = "PAYMENT",
        /// By a capability report with this URI and hot wallet.
        Capability = "CAPABILITY",
        /// By a capability report with this URI.
        Uri = "URI",
        /// By the hot wallet, which one address alone uses.
        Wallet = "WALLET",
        /// By an operator's correction.
        Correction = "CORRECTION",
        /// Not found.
        None = "NONE",
    }
}

/// Where an end-to-end latency is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "E2eLatencySource")]
pub(crate) enum E2eLatencySource {
    /// Media time in and out at the gateway: one clock.
    Media,
    /// First segment sent by the gateway to first segment sent by the runner: two clocks, and another
    /// quantity. Never part of a score, a target or a benchmark.
    Trace,
}

/// An amount of wei.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wei(pub(crate) String);

/// An amount of wei, a decimal number as text: it may have more digits than a JSON number keeps.
#[Scalar]
impl ScalarType for Wei {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Ok(Self(text)),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

connection! {
    /// Sessions, a page of them.
    SessionConnection, SessionEdge, Session, {
        /// Everything that was stored up to here is in the list. Null where the derivation has not
        /// said.
        async fn data_through(&self, ctx: &async_graphql::Context<'_>) -> async_graphql::Result<Option<Time>> {
            super::groups::data_through(ctx, "sessions").await
        }
    }
}

impl SessionConnection {
    pub(crate) fn new(rows: Vec<Row>, more: bool, before: bool) -> Self {
        Self { nodes: rows.into_iter().map(Session::new).collect(), more, before, total: None }
    }
}

/// The end-to-end latency, and where it is from: the media's where there is one.
fn e2e(figures: &Figures) -> Option<(f64, E2eLatencySource)> {
    let media = figures.e2e_media_ms.map(|ms| (ms, E2eLatencySource::Media));
    media.or(figures.e2e_trace_ms.map(|ms| (ms, E2eLatencySource::Trace)))
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn share(part: Option<i64>, of: Option<i64>) -> Option<f64> {
    part.zip(of.filter(|of| *of > 0)).map(|(part, of)| part as f64 / of as f64)
}

/// An object of a stream, with the figures that sessions and legs have in common.
macro_rules! of_stream {
    (impl $ty:ty { $($own:tt)* }) => {
        #[Object]
        impl $ty {
            $($own)*

            /// Request (legs: start) to first processed segment, ms. Null where either is missing, or
            /// their order is wrong; so are the other times.
            async fn startup_ms(&self) -> Option<f64> {
                self.0.figures.startup_ms
            }

            /// Request (legs: start) to third processed segment, when the stream plays, ms.
            async fn time_to_playable_ms(&self) -> Option<f64> {
                self.0.figures.playable_ms
            }

            /// Earliest start of the runner (by its clock) to third processed segment, ms. Null where
            /// the clocks differ by more than 1 s.
            async fn prompt_to_first_frame_ms(&self) -> Option<f64> {
                self.0.figures.prompt_to_first_frame_ms
            }

            /// End-to-end latency, ms; mind its source.
            #[graphql(name = "e2eLatencyMs")]
            async fn e2e_latency_ms(&self) -> Option<f64> {
                e2e(&self.0.figures).map(|e| e.0)
            }

            /// Where `e2eLatencyMs` is from.
            #[graphql(name = "e2eLatencySource")]
            async fn e2e_latency_source(&self) -> Option<E2eLatencySource> {
                e2e(&self.0.figures).map(|e| e.1)
            }

            /// Mean of the output frames per second, from the first sample above 0 on; null without
            /// one.
            async fn output_fps_mean(&self) -> Option<f64> {
                self.0.figures.output_fps_mean
            }

            /// Lowest of the same samples.
            async fn output_fps_min(&self) -> Option<f64> {
                self.0.figures.output_fps_min
            }

            /// Population standard deviation / mean of the same samples; null below 3.
            async fn jitter_coefficient(&self) -> Option<f64> {
                self.0.figures.jitter_coefficient
            }

            /// Those samples.
            async fn fps_samples(&self) -> Option<i64> {
                self.0.figures.fps_samples
            }

            /// Mean of the input frames per second, from its own first sample above 0 on.
            async fn input_fps_mean(&self) -> Option<f64> {
                self.0.figures.input_fps_mean
            }

            /// outputFpsMean / inputFpsMean. Informs only.
            async fn fps_ratio(&self) -> Option<f64> {
                self.0.figures.fps_ratio
            }

            /// Restarts of the pipeline's process.
            async fn restarts(&self) -> Option<i64> {
                self.0.figures.restarts
            }

            /// Reports of the runner's state, every 10 s.
            async fn status_samples(&self) -> i64 {
                self.0.figures.status_samples.unwrap_or(0)
            }

            /// Expected value of its payments, wei: face value × win probability × tickets, not what
            /// was redeemed. Null without any.
            async fn fee_wei(&self) -> Option<Wei> {
                self.0.figures.fee_wei.clone().map(Wei)
            }

            /// Signals seen / expected (of a session, of its playable legs): first processed, few
            /// processed and, 20 s after playable, a status sample. Null unless it was playable.
            async fn signal_coverage(&self) -> Option<f64> {
                share(self.0.figures.signals_seen, self.0.figures.signals_expected)
            }

            /// What became of it.
            async fn outcome(&self) -> Outcome {
                self.0.outcome.as_deref().and_then(Outcome::parse).unwrap_or(Outcome::Unknown)
            }

            /// Canonical pipeline, for example live-video-to-video.
            async fn pipeline(&self) -> Option<&str> {
                self.0.pipeline.as_deref()
            }

            /// Canonical model.
            async fn model(&self) -> Option<&str> {
                self.0.model.as_deref()
            }

            /// Whose it is (of a session, its last leg's); null where it had none.
            async fn orchestrator(&self) -> Option<StreamOrchestrator<'_>> {
                StreamOrchestrator::new(self.0.orchestrator.as_deref(), self.0.orch_uri.as_deref())
            }
        }
    };
}

/// All events of a live AI stream with the same stream and request.
#[derive(Debug)]
pub(crate) struct Session(Row);

impl Session {
    pub(crate) fn new(row: Row) -> Self {
        Self(row)
    }

    fn cursor(&self) -> String {
        let started = self.0.started_at.timestamp_micros().to_string();
        cursor(&[&started, &self.0.id.to_string()])
    }
}

of_stream! { impl Session {
    /// Stays the same, whatever events still come.
    pub(crate) async fn id(&self) -> ID {
        ID(cursor(&["Session", &self.0.id.to_string()]))
    }

    async fn stream_id(&self) -> Option<&str> {
        self.0.stream_id.as_deref()
    }

    async fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    async fn origin(&self) -> Option<Origin> {
        self.0.origin.as_deref().and_then(Origin::parse)
    }

    /// Node identity of the agent that reported it; of several the lowest.
    async fn gateway(&self) -> Option<&str> {
        self.0.gateway.as_deref()
    }

    /// What the gateway calls itself, where it does.
    async fn gateway_label(&self) -> Option<&str> {
        self.0.gateway_label.as_deref()
    }

    /// Region of that agent, as of the start.
    async fn region(&self) -> Option<&str> {
        self.0.region.as_deref()
    }

    /// How it ended; null unless it was served and is closed.
    async fn end_reason(&self) -> Option<EndReason> {
        self.0.end_reason.as_deref().and_then(EndReason::parse)
    }

    /// Time of the request, else of its first event, by the gateway's clock.
    async fn started_at(&self) -> Time {
        Time(self.0.started_at)
    }

    /// Time of the request; null where its beginning was lost.
    async fn requested_at(&self) -> Option<Time> {
        self.0.requested_at.map(Time)
    }

    /// When it was closed: by the event, or at its last event where silence closed it. Null while
    /// open.
    async fn closed_at(&self) -> Option<Time> {
        self.0.closed_at.map(Time)
    }

    /// What closed it; null while open.
    async fn closed_by(&self) -> Option<ClosedBy> {
        self.0.closed_by.as_deref().and_then(ClosedBy::parse)
    }

    /// Whether it is closed, by the event or by silence.
    async fn closed(&self) -> bool {
        self.0.closed_by.is_some() || self.0.closed_at.is_some()
    }

    /// Time of its newest event, by the gateway's clock.
    async fn last_event_at(&self) -> Option<Time> {
        self.0.last_event_at.map(Time)
    }

    /// Its legs, in order: one orchestrator's part each.
    async fn legs(&self) -> Vec<Leg<'_>> {
        self.0.legs.iter().map(Leg).collect()
    }

    /// What the sender sent, megabits per second, over the whole session.
    async fn upload_mbps(&self) -> Option<f64> {
        self.0.upload_mbps
    }

    /// First processed segment to close (or last event while open), minutes.
    async fn minutes(&self) -> Option<f64> {
        self.0.minutes
    }

    /// Times that the gateway left an orchestrator for another.
    async fn swaps(&self) -> Option<i64> {
        self.0.swaps
    }

    /// Lost / (lost + received) packets of the input, all tracks, 0 to 1; null where not told.
    async fn packet_loss_ratio(&self) -> Option<f64> {
        let lost = self.0.packets_lost;
        share(lost, lost.zip(self.0.packets_received).map(|(a, b)| a.saturating_add(b)))
    }

    /// Reports of what the gateway received, every 5 s over WHIP.
    async fn ingest_samples(&self) -> i64 {
        self.0.ingest_samples.unwrap_or(0)
    }

    /// Time in each state.
    async fn states(&self) -> StreamStates {
        StreamStates::new(&self.0.states_s)
    }

    /// Error events. A normal end has one or two, too.
    async fn error_events(&self) -> i64 {
        self.0.error_events.unwrap_or(0)
    }

    /// Error texts by category.
    async fn errors(&self) -> StreamErrors {
        StreamErrors::new(&self.0.errors)
    }

    /// Price of its latest payment that names one.
    async fn price(&self) -> Option<StreamPrice> {
        self.0.price_wei.map(|wei| StreamPrice {
            wei,
            unit: self.0.price_unit.clone(),
            wei_per_minute: self.0.price_wei_per_minute,
        })
    }

    /// Version of the definitions that gave its figures.
    async fn formula(&self) -> Option<&str> {
        self.0.formula.as_deref()
    }
} }

/// An orchestrator of a session or leg.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub(crate) struct StreamOrchestrator<'a> {
    /// On-chain address, lower case; null where it could not be resolved.
    address: Option<&'a str>,
    /// Service URI: scheme, host and port.
    uri: Option<&'a str>,
}

impl<'a> StreamOrchestrator<'a> {
    pub(crate) fn new(address: Option<&'a str>, uri: Option<&'a str>) -> Option<Self> {
        (address.is_some() || uri.is_some()).then_some(Self { address, uri })
    }
}

/// What a stream costs.
#[derive(Debug, SimpleObject)]
pub(crate) struct StreamPrice {
    /// Per unit.
    wei: f64,
    /// For example wei/pixel.
    unit: Option<String>,
    /// A minute of 1280 × 720 at 30 frames: an assumption, not the size of this stream.
    wei_per_minute: Option<f64>,
}

/// Time in each state of the runner, seconds: from each status to the next, at most 20 s each. Null
/// without statuses.
#[derive(Debug, SimpleObject)]
pub(crate) struct StreamStates {
    loading_s: Option<f64>,
    offline_s: Option<f64>,
    online_s: Option<f64>,
    degraded_input_s: Option<f64>,
    degraded_inference_s: Option<f64>,
    error_s: Option<f64>,
}

impl StreamStates {
    fn new(states: &[Option<f64>]) -> Self {
        let at = |i: usize| states.get(i).copied().flatten();
        Self {
            loading_s: at(0),
            offline_s: at(1),
            online_s: at(2),
            degraded_input_s: at(3),
            degraded_inference_s: at(4),
            error_s: at(5),
        }
    }
}

/// Error texts, each in one category.
#[derive(Debug, SimpleObject)]
pub(crate) struct StreamErrors {
    /// No orchestrator was available.
    no_orchestrator: i64,
    /// The sender left.
    client_gone: i64,
    /// What came in: missing video, ICE.
    ingest: i64,
    /// Reading the results.
    subscribe: i64,
    /// Sending segments to the orchestrator.
    publish: i64,
    /// Something took too long.
    timeout: i64,
    /// Connections.
    connection: i64,
    /// The runner.
    runner: i64,
    /// All others.
    other: i64,
}

impl StreamErrors {
    fn new(errors: &[Option<i64>]) -> Self {
        let at = |i: usize| errors.get(i).copied().flatten().unwrap_or(0);
        Self {
            no_orchestrator: at(0),
            client_gone: at(1),
            ingest: at(2),
            subscribe: at(3),
            publish: at(4),
            timeout: at(5),
            connection: at(6),
            runner: at(7),
            other: at(8),
        }
    }
}

/// One orchestrator's part of a session.
#[derive(Debug)]
pub(crate) struct Leg<'a>(&'a LegRow);

of_stream! { impl Leg<'_> {
    /// From 0.
    async fn index(&self) -> i64 {
        self.0.index
    }

    /// Service URI: scheme, host and port.
    async fn uri(&self) -> Option<&str> {
        self.0.orch_uri.as_deref()
    }

    /// How the address was found.
    async fn attribution(&self) -> Option<Attribution> {
        self.0.attribution.as_deref().and_then(Attribution::parse)
    }

    /// Why it was left; null if it was not swapped away from.
    async fn swap_reason(&self) -> Option<SwapReason> {
        self.0.swap_reason.as_deref().and_then(SwapReason::parse)
    }

    /// The request, or the end of the leg before.
    async fn started_at(&self) -> Time {
        Time(self.0.started_at)
    }

    /// When it ended; null while it runs.
    async fn ended_at(&self) -> Option<Time> {
        self.0.ended_at.map(Time)
    }

    /// Name of the GPUs at this URI as last reported before the start, if all have one.
    async fn gpu(&self) -> Option<&str> {
        self.0.gpu_name.as_deref()
    }
} }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_media_latency_goes_first_and_says_so() {
        let of = |media, trace| {
            e2e(&Figures { e2e_media_ms: media, e2e_trace_ms: trace, ..Figures::default() })
        };
        assert_eq!(of(Some(900.0), Some(1.0)), Some((900.0, E2eLatencySource::Media)));
        assert_eq!(of(None, Some(1.0)), Some((1.0, E2eLatencySource::Trace)));
        assert_eq!(of(None, None), None);
    }

    #[test]
    fn shares_of_nothing_are_null() {
        assert_eq!(share(Some(0), Some(0)), None);
        assert_eq!(share(None, Some(3)), None);
        assert_eq!(share(Some(1), Some(4)), Some(0.25));
    }

    #[test]
    fn words_are_those_of_the_definitions() {
        for word in ["SERVED", "NO_ORCHESTRATOR", "EXCUSED", "FAILED", "UNKNOWN", "OPEN"] {
            assert_eq!(Outcome::parse(word).map(Outcome::word), Some(word));
        }
        assert_eq!(EndReason::parse("FAILED_SWAP"), Some(EndReason::FailedSwap));
        assert_eq!(Outcome::parse("served"), None);
    }
}
