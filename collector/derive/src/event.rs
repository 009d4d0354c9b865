//! What derivation reads: events as they are stored, each once. Times are microseconds since 1970
//! UTC, by the clock of the gateway unless said.

use std::sync::Arc;

use uuid::Uuid;

/// Version of the definitions that these functions follow; stands in every derived row.
pub const FORMULA: &str = "2026.1";

/// One event of a live stream, as far as the figures need it; one row of `stream_trace`,
/// `stream_status`, `stream_ingest` or `stream_event`.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Time of the envelope.
    pub ts_us: i64,
    /// Id of the envelope.
    pub event_id: Uuid,
    /// Number of the row among those of the event.
    pub item: i64,
    /// Node whose agent reported it.
    pub node: Arc<str>,
    /// organic, test, replayed or simulated.
    pub origin: Arc<str>,
    /// `gateway` of the envelope, where filled.
    pub gateway_label: Option<Arc<str>>,
    /// Model-like pipeline name, as the event has it.
    pub pipeline: Option<Arc<str>>,
    /// Service URI, as the event has it.
    pub orch_url: Option<Arc<str>>,
    /// Hot wallet, lower case.
    pub hot_wallet: Option<Arc<str>>,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A step in the life of a stream (`stream_trace`).
    Trace {
        /// For example `gateway_receive_stream_request`.
        kind: Arc<str>,
        /// `data.timestamp`.
        data_us: Option<i64>,
        /// Reason of a swap.
        message: Option<Arc<str>>,
    },
    /// State of its runner (`stream_status`); the times inside are the runner's clock.
    Status {
        /// LOADING, OFFLINE, ONLINE, DEGRADED_INPUT, DEGRADED_INFERENCE or ERROR.
        state: Option<Arc<str>>,
        /// `data.timestamp`.
        data_us: Option<i64>,
        /// When the runner began with the stream.
        start_us: Option<i64>,
        /// Frames per second into the model.
        input_fps: Option<f64>,
        /// Frames per second out of the model.
        output_fps: Option<f64>,
        /// Restarts of the pipeline process so far.
        restart_count: Option<i64>,
    },
    /// What the gateway received on the connection (`stream_ingest`, item 0).
    Connection {
        /// Bytes so far; a smaller value starts a new count.
        bytes_received: Option<i64>,
    },
    /// A track of it (`stream_ingest`, items from 1 on).
    Track {
        /// video or audio.
        track: Option<Arc<str>>,
        /// Packets lost so far.
        packets_lost: Option<i64>,
        /// Packets received so far.
        packets_received: Option<i64>,
        /// Media time of the last output, seconds; 0: nothing came out yet.
        last_output_s: Option<f64>,
        /// Input minus output media time, seconds.
        latency_s: Option<f64>,
    },
    /// Something else (`stream_event`): error, restart, params_update.
    Happened {
        /// Its kind.
        kind: Arc<str>,
        /// Error text.
        message: Option<Arc<str>>,
        /// Restarts so far (restart events).
        restart_count: Option<i64>,
    },
}

/// A payment that a gateway created (`payment`).
#[derive(Debug, Clone, PartialEq)]
pub struct Payment {
    /// Time of the envelope.
    pub ts_us: i64,
    /// Id of the envelope.
    pub event_id: Uuid,
    /// Node whose agent reported it.
    pub node: Arc<str>,
    /// organic, test, replayed or simulated.
    pub origin: Arc<str>,
    /// Request that it names.
    pub request_id: Option<Arc<str>>,
    /// Payment session.
    pub session_id: Option<Arc<str>>,
    /// `<capability>_<model>` on the first payment of a live stream.
    pub manifest_id: Option<Arc<str>>,
    /// On-chain address, lower case.
    pub recipient: Option<Arc<str>>,
    /// Address of the gateway, lower case.
    pub sender: Option<Arc<str>>,
    /// Service URI, as the payment has it.
    pub orch_url: Option<Arc<str>>,
    /// Face value of a ticket, wei, a whole decimal number.
    pub face_value_wei: Option<Arc<str>>,
    /// Win probability, a decimal number.
    pub win_probability: Option<Arc<str>>,
    /// Tickets.
    pub tickets: Option<i64>,
    /// Price per unit, a decimal number.
    pub price: Option<Arc<str>>,
    /// Unit of the price, for example `wei/pixel`.
    pub price_unit: Option<Arc<str>>,
}

/// What a capability report says of who an orchestrator is (`orchestrator_report`).
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// Time of the report.
    pub ts_us: i64,
    /// On-chain address, lower case.
    pub address: Arc<str>,
    /// Hot wallet, lower case.
    pub hot_wallet: Option<Arc<str>>,
    /// Service URI, as reported.
    pub uri: Arc<str>,
}

/// A correction by an operator (`correction`), still in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Correction {
    /// When it was made; of two of the same subject the later counts.
    pub made_us: i64,
    /// What it corrects.
    pub kind: CorrectionKind,
    /// URI, address, prefix or node.
    pub subject: Arc<str>,
    /// Address or origin.
    pub value: Arc<str>,
    /// From when on.
    pub from_us: Option<i64>,
    /// Until when, not included.
    pub to_us: Option<i64>,
}

/// What a correction corrects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CorrectionKind {
    /// This URI is of this address.
    Uri,
    /// This address is now that one.
    Address,
    /// Streams whose id begins with this have this origin.
    Origin,
    /// This agent's node is the orchestrator with this address.
    Node,
}
