//! What went wrong with a job, as one of a closed set: texts hold addresses, and there is no end of
//! them.

use super::JobEvent;

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ErrorKind {
    /// Nobody to send it to.
    NoOrchestrator,
    /// It took too long.
    Timeout,
    /// Who was asked has no slot free.
    Capacity,
    /// The payment was not taken.
    Payment,
    /// The caller may not.
    Auth,
    /// The request itself was wrong.
    Client,
    /// No way to who was asked.
    Connection,
    /// The model's runner.
    Runner,
    /// Something else.
    Other,
}

/// Parts of error texts, lower case; the first that is found says which.
const TEXTS: &[(&str, ErrorKind)] = &[
    ("no orchestrator", ErrorKind::NoOrchestrator),
    ("no_orchestrator", ErrorKind::NoOrchestrator),
    ("could not find orchestrator", ErrorKind::NoOrchestrator),
    ("timeout", ErrorKind::Timeout),
    ("timed out", ErrorKind::Timeout),
    ("deadline exceeded", ErrorKind::Timeout),
    ("capacity", ErrorKind::Capacity),
    ("insufficient balance", ErrorKind::Payment),
    ("payment", ErrorKind::Payment),
    ("ticket", ErrorKind::Payment),
    ("unauthorized", ErrorKind::Auth),
    ("forbidden", ErrorKind::Auth),
    ("credential", ErrorKind::Auth),
    ("bad_request", ErrorKind::Client),
    ("bad request", ErrorKind::Client),
    ("invalid request", ErrorKind::Client),
    ("context canceled", ErrorKind::Client),
    ("connection", ErrorKind::Connection),
    ("no such host", ErrorKind::Connection),
    ("tls", ErrorKind::Connection),
    ("eof", ErrorKind::Connection),
    ("worker_error", ErrorKind::Runner),
    ("worker", ErrorKind::Runner),
    ("runner", ErrorKind::Runner),
    ("container", ErrorKind::Runner),
    ("out of memory", ErrorKind::Runner),
];

impl ErrorKind {
    /// Its name in rows.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::NoOrchestrator => "NO_ORCHESTRATOR",
            Self::Timeout => "TIMEOUT",
            Self::Capacity => "CAPACITY",
            Self::Payment => "PAYMENT",
            Self::Auth => "AUTH",
            Self::Client => "CLIENT",
            Self::Connection => "CONNECTION",
            Self::Runner => "RUNNER",
            Self::Other => "OTHER",
        }
    }

    /// What an event says went wrong: by the gateway's own word for it, else the text, else the HTTP
    /// status. `None` where it says nothing.
    pub(super) fn of(event: &JobEvent) -> Option<Self> {
        let word = event.error_type.as_deref().and_then(Self::of_text);
        let text = || event.error.as_deref().and_then(Self::of_text);
        let status = || event.http_status.and_then(Self::of_status);
        let said = event.error_type.is_some() || event.error.is_some();
        let discovery = event.event_type.ends_with("discovery_result") && event.success == Some(0);
        let found = word.or_else(text).or_else(status);
        found.or(if discovery { Some(Self::NoOrchestrator) } else { said.then_some(Self::Other) })
    }

    fn of_text(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        TEXTS.iter().find(|(part, _)| text.contains(part)).map(|(_, kind)| *kind)
    }

    fn of_status(status: i64) -> Option<Self> {
        match status {
            401 | 403 => Some(Self::Auth),
            402 => Some(Self::Payment),
            408 | 504 => Some(Self::Timeout),
            429 | 503 => Some(Self::Capacity),
            400..=499 => Some(Self::Client),
            500..=599 => Some(Self::Runner),
            _ => None,
        }
    }
}
