//! The API's own figures, as Prometheus text. Anything may count here; it must never hold an address,
//! a key or a text from elsewhere: all labels come from closed sets.

use std::fmt::Display;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::routing::get;

use crate::answer::Found;

/// `GET /metrics`, and nothing else.
pub(crate) fn router(metrics: Arc<Metrics>) -> Router {
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Router::new().route("/metrics", get(move || async move { (kind, metrics.text()) }))
}

/// Something that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Upper bounds of the buckets of durations, seconds.
const BOUNDS: [f64; 13] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// How durations are spread.
#[derive(Debug, Default)]
pub(crate) struct Durations {
    buckets: [Counter; BOUNDS.len()],
    beyond: Counter,
    sum_us: Counter,
}

impl Durations {
    pub(crate) fn observe(&self, took: Duration) {
        let seconds = took.as_secs_f64();
        let bucket = BOUNDS.iter().zip(&self.buckets).find(|(b, _)| seconds <= **b);
        bucket.map_or(&self.beyond, |(_, bucket)| bucket).add(1);
        self.sum_us.add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }
}

/// Statuses that are told apart; others count together.
const STATUSES: [u16; 15] =
    [101, 200, 204, 304, 400, 401, 404, 405, 406, 413, 415, 422, 429, 500, 503];

/// Codes of refusals that are told apart; others count together.
const CODES: [&str; 24] = [
    "BAD_ARGUMENT",
    "BAD_REQUEST",
    "BODY_TOO_LARGE",
    "FRAGMENT_CYCLE",
    "GRAPHQL_PARSE_FAILED",
    "GRAPHQL_VALIDATION_FAILED",
    "METHOD_NOT_ALLOWED",
    "NOT_ACCEPTABLE",
    "QUERY_TOO_COMPLEX",
    "QUERY_TOO_DEEP",
    "QUERY_TOO_LARGE",
    "QUERY_TOO_MANY_TOKENS",
    "RATE_LIMITED",
    "SYNTAX_ERROR",
    "TIMEOUT",
    "TOO_MANY_FIELDS",
    "TOO_MANY_POINTS",
    "TOO_MANY_ROOT_FIELDS",
    "TOO_MANY_ROWS",
    "UNAVAILABLE",
    "UNKNOWN_API_KEY",
    "UNSUPPORTED_MEDIA_TYPE",
    "WINDOW_TOO_LARGE",
    "WINDOW_TOO_OLD",
];

/// What the database was asked.
#[derive(Debug, Default)]
pub(crate) struct DatabaseFigures {
    pub(crate) queries: Counter,
    pub(crate) failures: Counter,
    pub(crate) wait: Durations,
}

/// Bytes and number of answers that are kept, and clients that are remembered.
type Kept = Box<dyn Fn() -> Option<(u64, u64, usize)> + Send + Sync>;

/// All figures; shared by whoever counts.
#[derive(Default)]
pub(crate) struct Metrics {
    requests: [Counter; STATUSES.len()],
    other_requests: Counter,
    refusals: [Counter; CODES.len()],
    other_refusals: Counter,
    found: [Counter; Found::ALL.len()],
    /// Cost points that were spent.
    pub(crate) cost: Counter,
    /// How long queries were executed.
    pub(crate) execution: Durations,
    database: Arc<DatabaseFigures>,
    kept: OnceLock<Kept>,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Metrics {
    /// Nothing counted yet, but what the database counts.
    pub(crate) fn new(database: Arc<DatabaseFigures>) -> Arc<Self> {
        Arc::new(Self { database, ..Self::default() })
    }

    /// Says how to ask what is kept.
    pub(crate) fn watch(&self, kept: Kept) {
        self.kept.get_or_init(|| kept);
    }

    /// A request was answered.
    pub(crate) fn request(&self, status: StatusCode, code: Option<&str>) {
        let of_status = STATUSES.iter().position(|s| *s == status.as_u16());
        of_status.and_then(|i| self.requests.get(i)).unwrap_or(&self.other_requests).add(1);
        if let Some(code) = code {
            let of_code = CODES.iter().position(|c| *c == code);
            of_code.and_then(|i| self.refusals.get(i)).unwrap_or(&self.other_refusals).add(1);
        }
    }

    /// An answer was found or made.
    pub(crate) fn found(&self, found: Found) {
        let counters = Found::ALL.iter().zip(&self.found);
        if let Some((_, counter)) = counters.into_iter().find(|(f, _)| **f == found) {
            counter.add(1);
        }
    }

    /// All figures, in the text format of Prometheus, version 0.0.4.
    pub(crate) fn text(&self) -> String {
        let mut out = Text(String::with_capacity(8 << 10));
        out.head("requests_total", "counter", "Requests of the GraphQL endpoint, by HTTP status.");
        for (status, counter) in STATUSES.iter().zip(&self.requests) {
            out.line("requests_total", &format!("status=\"{status}\""), counter.get());
        }
        out.line("requests_total", "status=\"other\"", self.other_requests.get());
        out.head("refusals_total", "counter", "Answers that are a refusal, by code.");
        for (code, counter) in CODES.iter().zip(&self.refusals) {
            out.line("refusals_total", &format!("code=\"{code}\""), counter.get());
        }
        out.line("refusals_total", "code=\"other\"", self.other_refusals.get());
        out.counter("cost_points_total", "Cost points that clients spent.", &self.cost);
        out.head("cache_total", "counter", "Answers that may be kept, by how they came about.");
        for (found, counter) in Found::ALL.iter().zip(&self.found) {
            out.line("cache_total", &format!("result=\"{}\"", found.word()), counter.get());
        }
        let (bytes, entries, clients) = self.kept.get().and_then(|k| k()).unwrap_or_default();
        for (name, help, value) in [
            ("cache_bytes", "Memory that kept answers take.", bytes),
            ("cache_entries", "Answers that are kept.", entries),
            ("rate_clients", "Clients whose spending is remembered.", clients as u64),
        ] {
            out.head(name, "gauge", help);
            out.line(name, "", value);
        }
        out.durations("execution_seconds", "How long queries are executed.", &self.execution);
        let database = &self.database;
        out.counter("database_queries_total", "Statements sent to QuestDB.", &database.queries);
        let help = "Statements that QuestDB gave no answer to.";
        out.counter("database_failures_total", help, &database.failures);
        let help = "How long statements wait for a connection of the pool.";
        out.durations("pool_wait_seconds", help, &database.wait);
        out.0
    }
}

/// Text in the making. Every name begins with `naap_graphql_`.
struct Text(String);

impl Text {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let head =
            format!("# HELP naap_graphql_{name} {help}\n# TYPE naap_graphql_{name} {kind}\n");
        self.0.push_str(&head);
    }

    fn line(&mut self, name: &str, labels: &str, value: impl Display) {
        let line = match labels {
            "" => format!("naap_graphql_{name} {value}\n"),
            _ => format!("naap_graphql_{name}{{{labels}}} {value}\n"),
        };
        self.0.push_str(&line);
    }

    fn counter(&mut self, name: &str, help: &str, counter: &Counter) {
        self.head(name, "counter", help);
        self.line(name, "", counter.get());
    }

    fn durations(&mut self, name: &str, help: &str, durations: &Durations) {
        self.head(name, "histogram", help);
        let mut all = 0;
        for (bound, bucket) in BOUNDS.iter().zip(&durations.buckets) {
            all += bucket.get();
            self.line(&format!("{name}_bucket"), &format!("le=\"{bound}\""), all);
        }
        all += durations.beyond.get();
        self.line(&format!("{name}_bucket"), "le=\"+Inf\"", all);
        let sum = Duration::from_micros(durations.sum_us.get()).as_secs_f64();
        self.line(&format!("{name}_sum"), "", sum);
        self.line(&format!("{name}_count"), "", all);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_shown() {
        let metrics = Metrics::new(Arc::default());
        metrics.request(StatusCode::OK, None);
        metrics.request(StatusCode::TOO_MANY_REQUESTS, Some("RATE_LIMITED"));
        metrics.request(StatusCode::IM_A_TEAPOT, Some("an invention"));
        metrics.found(Found::Stale);
        metrics.execution.observe(Duration::from_millis(3));
        metrics.execution.observe(Duration::from_secs(30));
        metrics.database.queries.add(2);
        let text = metrics.text();
        for line in [
            "requests_total{status=\"200\"} 1",
            "requests_total{status=\"429\"} 1",
            "requests_total{status=\"other\"} 1",
            "refusals_total{code=\"RATE_LIMITED\"} 1",
            "refusals_total{code=\"other\"} 1",
            "cache_total{result=\"stale\"} 1",
            "execution_seconds_bucket{le=\"0.0025\"} 0",
            "execution_seconds_bucket{le=\"0.005\"} 1",
            "execution_seconds_bucket{le=\"+Inf\"} 2",
            "execution_seconds_count 2",
            "database_queries_total 2",
        ] {
            assert!(text.contains(&format!("naap_graphql_{line}\n")), "{line} in {text}");
        }
        assert!(CODES.is_sorted());
    }
}
