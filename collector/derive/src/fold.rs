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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_match_whatever_the_case() {
        assert!(is_excusable("WHIP Disconnected"));
        assert!(is_no_orchestrator("NO orchestrators AVAILABLE within 2s timeout"));
        assert!(!is_no_orchestrator("there are no orchestrators available"), "must start with it");
        assert!(
            !is_no_orchestrator("no orch") && !is_no_orchestrator("größer als das, was da ist")
        );
        assert_eq!(swap_reason(Some("Orchestrator IS slow")), "SLOW");
    }

    #[test]
    fn all_that_is_excusable() {
        for text in EXCUSABLE {
            assert!(is_excusable(&format!("x {text} y")) && is_normal_end(text, false), "{text}");
        }
        assert_eq!(EXCUSABLE.len(), 6);
        assert!(!is_excusable("it broke") && !is_excusable(""));
    }

    #[test]
    fn a_normal_end_needs_both_words() {
        let read = "trickle subscribe error reading: Get: context canceled";
        let stop = "trickle subscribe stopping, stream not found, err=End of stream";
        for text in [read, stop] {
            assert!(is_normal_end(text, false) && !is_excusable(text), "{text}");
        }
        assert!(!is_normal_end("trickle subscribe error reading: EOF", true));
        assert!(!is_normal_end("context canceled", true));
        assert!(!is_normal_end("trickle subscribe stopping, too many retries", true));
        let publish = "Error publishing trickle: connection reset by peer";
        assert!(is_normal_end(publish, true) && !is_normal_end(publish, false));
    }

    #[test]
    fn classes_of_errors() {
        let own = |text| error_class(Some(text), false);
        assert_eq!(own("no orchestrators available within 2s timeout"), ErrorClass::NoOrchestrator);
        assert_eq!(own("mediamtx ingest disconnected"), ErrorClass::ClientGone);
        assert_eq!(own("ICE connection state failed"), ErrorClass::Ingest);
        assert_eq!(own("trickle subscribe error reading: timeout"), ErrorClass::Subscribe);
        assert_eq!(own("Error publishing: broken pipe"), ErrorClass::Publish);
        assert_eq!(own("context deadline exceeded"), ErrorClass::Timeout);
        assert_eq!(own("read: connection reset by peer"), ErrorClass::Connection);
        assert_eq!(own("inference crashed"), ErrorClass::Runner);
        assert_eq!(own("it broke"), ErrorClass::Other);
        assert_eq!(
            error_class(Some("timeout in step 3"), true),
            ErrorClass::Runner,
            "its own words"
        );
        assert_eq!(error_class(None, false), ErrorClass::Other);
        assert_eq!(error_class(None, true), ErrorClass::Runner);
    }

    #[test]
    fn reasons_of_swaps() {
        for (text, reason) in [
            ("orchestrator is slow", "SLOW"),
            ("no output for 10s", "NO_OUTPUT"),
            ("timed out", "TIMEOUT"),
            ("dial tcp 192.0.2.1:8935: connection refused", "CONNECTION"),
            ("Error publishing trickle", "CONNECTION"),
            ("runner left", "RUNNER"),
            ("whip disconnected", "CLIENT"),
            ("it broke", "OTHER"),
        ] {
            assert_eq!(swap_reason(Some(text)), reason, "{text}");
        }
        assert_eq!(swap_reason(None), "OTHER");
    }
}
