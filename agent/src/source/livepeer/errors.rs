//! Error texts of go-livepeer, folded into a closed set: they are free text, hold addresses, ports
//! and now and then a whole image, and would make a series each. Pure.

/// Codes that go-livepeer itself uses (monitor/census.go), and the words for them here.
const CODES: &[(&str, &str)] = &[
    ("Unknown", "unknown"),
    ("UnknownResponse", "unknown_response"),
    ("GenCreds", "credentials"),
    ("ObjectStorage", "storage"),
    ("SaveData", "storage"),
    ("SessionEnded", "session_ended"),
    ("InsufficientBalance", "insufficient_balance"),
    ("Timeout", "timeout"),
    ("DeadlineExceeded", "timeout"),
    ("DuplicateSegment", "duplicate_segment"),
    ("OrchestratorCapped", "orchestrator_capped"),
    ("OrchestratorBusy", "orchestrator_busy"),
    ("Transcode", "transcode"),
    ("ParseResponse", "parse_response"),
    ("ReadBody", "read_body"),
    ("NoOrchestrators", "no_orchestrators"),
    ("Download", "download"),
    ("MaxAttempts", "max_attempts"),
    ("NonRetryable", "non_retryable"),
    ("CtxCancelled", "cancelled"),
    ("Canceled", "cancelled"),
    ("LostSegment", "lost_segment"),
    ("PaymentError", "payment"),
];

/// What a text contains, in lower case; the first that holds decides.
const SIGNS: &[(&str, &[&str])] = &[
    ("no_orchestrators", &["no orchestrators", "no sessions available"]),
    ("orchestrator_capped", &["orchestratorcapped", "insufficient capacity", "at capacity"]),
    ("orchestrator_busy", &["orchestratorbusy", "too many requests", "http 429"]),
    ("insufficient_balance", &["insufficient balance", "insufficient sender"]),
    ("payment", &["payment", "ticket", "price", "recipientrand"]),
    ("timeout", &["timeout", "timed out", "deadline exceeded"]),
    ("cancelled", &["canceled", "cancelled"]),
    ("out_of_memory", &["out of memory", "cuda error", "cudnn"]),
    (
        "connection",
        &[
            "connection refused",
            "connection reset",
            "broken pipe",
            "no such host",
            "no route to host",
            "unreachable",
            "eof",
            "dial tcp",
        ],
    ),
    ("tls", &["x509", "certificate", "tls:"]),
    ("http_5xx", &["http 5", "status code: 5", "status 5", "internal server error"]),
    ("http_4xx", &["http 4", "status code: 4", "status 4"]),
    ("invalid_request", &["invalid", "unsupported", "bad request", "nsfw", "malformed"]),
];

/// The type of an event that a gateway could not send, where it is one of go-livepeer's.
const EVENTS: &[&str] = &[
    "stream_trace",
    "ai_stream_status",
    "ai_stream_events",
    "stream_ingest_metrics",
    "discovery_results",
    "network_capabilities",
    "create_new_payment",
    "create_signed_ticket",
];

/// The word for an error text.
pub(super) fn fold(text: &str) -> &'static str {
    if let Some((_, word)) = CODES.iter().find(|(code, _)| *code == text) {
        return word;
    }
    // What says why stands at the beginning; the rest may be the image that was refused.
    let start = crate::source::fit::head(text, 512).to_ascii_lowercase();
    let says = |signs: &[&str]| signs.iter().any(|sign| start.contains(sign));
    SIGNS.iter().find(|(_, signs)| says(signs)).map_or("other", |(word, _)| word)
}

/// The word for a type of event.
pub(super) fn event(text: &str) -> &'static str {
    EVENTS.iter().find(|e| **e == text).copied().unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_seen_on_nodes() {
        let cases = [
            ("OrchestratorCapped", "orchestrator_capped"),
            ("HTTP 404", "http_4xx"),
            ("no orchestrators available within 2s timeout", "no_orchestrators"),
            ("insufficient capacity", "orchestrator_capped"),
            (
                "rpc error: code = Unavailable desc = dial tcp 192.0.2.7:8935: i/o timeout",
                "timeout",
            ),
            ("Post \"https://192.0.2.7:8935/x\": EOF", "connection"),
            ("context canceled", "cancelled"),
            ("", "other"),
            ("something new", "other"),
        ];
        for (text, word) in cases {
            assert_eq!(fold(text), word, "{text}");
        }
        let image = format!("cannot read data:image/png;base64,{}", "iVBOR".repeat(50_000));
        assert_eq!(fold(&image), "other");
    }

    #[test]
    fn every_word_fits_the_field() {
        let codes = CODES.iter().map(|c| c.1).chain(SIGNS.iter().map(|s| s.0));
        for word in codes.chain(EVENTS.iter().copied()) {
            assert!(
                word.len() <= 32
                    && word
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit())
            );
        }
    }
}
