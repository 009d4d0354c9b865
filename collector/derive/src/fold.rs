//! Free text of nodes to closed sets: what errors say, and why an orchestrator was left. Texts match
//! as substrings, whatever the case; the text itself stays in the raw row.

/// What an error text is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorClass {
    /// No orchestrator was available.
    NoOrchestrator,
    /// The sender left.
    ClientGone,
    /// What came in: missing video, ICE.
    Ingest,
    /// Reading the results.
    Subscribe,
    /// Sending segments to the orchestrator.
    Publish,
    /// Something took too long.
    Timeout,
    /// A connection.
    Connection,
    /// The runner.
    Runner,
    /// Something else.
    Other,
}

/// What a session that ends in a normal way may say of itself, so that it is no failure.
const EXCUSABLE: &[&str] = &[
    NO_ORCHESTRATOR,
    "mediamtx ingest disconnected",
    "whip disconnected",
    "missing video",
    "ice connection state failed",
    "user disconnected",
];

const NO_ORCHESTRATOR: &str = "no orchestrators available";
const CLIENT: &[&str] = &["mediamtx ingest disconnected", "whip disconnected", "user disconnected"];
const INGEST: &[&str] = &["missing video", "ice connection", "missing audio", "ingest"];
const TIMEOUT: &[&str] = &["timeout", "timed out", "deadline exceeded"];
const CONNECTION: &[&str] = &[
    "connection refused",
    "connection reset",
    "connection closed",
    "broken pipe",
    "no such host",
    "no route to host",
    "network is unreachable",
    "dial tcp",
    "tls",
    "eof",
];
const RUNNER: &[&str] =
    &["runner", "inference", "pipeline", "cuda", "out of memory", "process", "container", "model"];
const NO_OUTPUT: &[&str] =
    &["no output", "no segment", "no processed", "no frames", "output stopped", "stalled"];

/// The class of an error text. One that comes with an orchestrator was written by its runner:
/// the gateway's own come without.
pub fn error_class(text: Option<&str>, with_orchestrator: bool) -> ErrorClass {
    let text = text.unwrap_or_default().to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|w| text.contains(w));
    match () {
        () if has(&[NO_ORCHESTRATOR]) => ErrorClass::NoOrchestrator,
        () if has(CLIENT) => ErrorClass::ClientGone,
        () if has(&["trickle subscribe", "error subscribing"]) => ErrorClass::Subscribe,
        () if has(&["error publishing", "trickle publish"]) => ErrorClass::Publish,
        () if with_orchestrator => ErrorClass::Runner,
        () if has(INGEST) => ErrorClass::Ingest,
        () if has(TIMEOUT) => ErrorClass::Timeout,
        () if has(CONNECTION) => ErrorClass::Connection,
        () if has(RUNNER) => ErrorClass::Runner,
        () => ErrorClass::Other,
    }
}

/// Whether an error says that no orchestrator was available.
pub fn is_no_orchestrator(text: &str) -> bool {
    text.as_bytes()
        .get(..NO_ORCHESTRATOR.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(NO_ORCHESTRATOR.as_bytes()))
}

/// Whether an error may be excused.
pub fn is_excusable(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    EXCUSABLE.iter().any(|words| text.contains(words))
}

/// Whether an error belongs to the normal end of a stream.
pub fn is_normal_end(text: &str, after_close: bool) -> bool {
    let lower = text.to_ascii_lowercase();
    let both = |a: &str, b: &str| lower.contains(a) && lower.contains(b);
    is_excusable(text)
        || both("trickle subscribe error", "context canceled")
        || both("trickle subscribe stopping", "end of stream")
        || (after_close && lower.contains("error publishing"))
}

/// Why an orchestrator was left: SLOW, CLIENT, NO_OUTPUT, TIMEOUT, CONNECTION, RUNNER or OTHER.
pub fn swap_reason(text: Option<&str>) -> &'static str {
    let text = text.unwrap_or_default().to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|w| text.contains(w));
    match () {
        () if has(&["orchestrator is slow"]) => "SLOW",
        () if has(CLIENT) => "CLIENT",
        () if has(NO_OUTPUT) => "NO_OUTPUT",
        () if has(TIMEOUT) => "TIMEOUT",
        () if has(CONNECTION) || has(&["trickle", "publishing"]) => "CONNECTION",
        () if has(RUNNER) => "RUNNER",
        () => "OTHER",
    }
}
