//! The leaderboard: `/api/aggregated_stats`, `/api/raw_stats`, `/api/regions`, `/api/pipelines`.
//!
//! go-livepeer's `-orchPerfStatsUrl` reads the first as a map of addresses to regions to numbers, and
//! drops the whole answer if one key is no address or one value no number. So nothing else is in it.

mod score;

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::clock::now_us;
use crate::limits;
use crate::read::compat::{MedianTime, Test, TestKind, Tested, Tests};
use crate::read::series::Span;
use crate::read::sums::DAY_US;
use crate::read::{Database, ReadError, chain};
use score::{Group, by_region, everywhere};

/// All regions together, where it is asked for.
const GLOBAL: &str = "GLOBAL";
/// Pipelines and regions of this long are listed.
const LISTED_DAYS: i64 = 30;
/// Gateways ask each ten minutes.
const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=60");

/// The routes.
pub(crate) fn router(database: Database) -> Router {
    Router::new()
        .route("/api/aggregated_stats", get(aggregated).fallback(only_get))
        .route("/api/raw_stats", get(raw).fallback(only_get))
        .route("/api/regions", get(regions).fallback(only_get))
        .route("/api/pipelines", get(pipelines).fallback(only_get))
        .route("/api/post_stats", any(never))
        .with_state(database)
}

/// What is asked for; others are ignored. Empty is as if left out.
#[derive(Debug, Default, Deserialize)]
struct Params {
    orchestrator: Option<String>,
    region: Option<String>,
    since: Option<String>,
    until: Option<String>,
    pipeline: Option<String>,
    model: Option<String>,
}

/// Why there is no answer.
#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
}

fn bad(message: impl Into<String>) -> Refusal {
    Refusal { status: StatusCode::BAD_REQUEST, code: "BAD_ARGUMENT", message: message.into() }
}

impl From<ReadError> for Refusal {
    fn from(error: ReadError) -> Self {
        tracing::warn!(error = %chain(&error), "a read failed");
        match error {
            ReadError::TooMany { limit } => Self {
                status: StatusCode::BAD_REQUEST,
                code: "TOO_MANY_ROWS",
                message: format!(
                    "more than {limit} rows stand behind this; ask for a shorter time with since and until, or for one region, or for one pipeline and model"
                ),
            },
            ReadError::Setup { .. }
            | ReadError::Connect(_)
            | ReadError::Query(_)
            | ReadError::Shape(_) => Self {
                status: StatusCode::SERVICE_UNAVAILABLE,
                code: "UNAVAILABLE",
                message: error.to_string(),
            },
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({ "error": { "code": self.code, "message": self.message } });
        (self.status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
    }
}

type Asked = Result<Query<Params>, QueryRejection>;

/// Whether go-livepeer takes it for an address.
fn is_address(text: &str) -> bool {
    text.strip_prefix("0x")
        .is_some_and(|hex| hex.len() == 40 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// A time as Unix seconds with or without a fraction, in microseconds.
fn seconds(name: &str, text: &str) -> Result<i64, Refusal> {
    let seconds: Option<f64> = text.parse().ok();
    let Some(seconds) = seconds.filter(|s| (0.0..1e11).contains(s)) else {
        return Err(bad(format!(
            "{name} is no time; write Unix seconds (not milliseconds), such as {name}=1790000000"
        )));
    };
    #[expect(clippy::cast_possible_truncation, reason = "it is below 1e17")]
    Ok((seconds * 1e6).round() as i64)
}

impl Params {
    fn read(asked: Asked) -> Result<Self, Refusal> {
        let Query(params) = asked.map_err(|e| bad(e.body_text()))?;
        let some = |text: Option<String>| text.filter(|t| !t.is_empty());
        Ok(Self {
            orchestrator: some(params.orchestrator),
            region: some(params.region),
            since: some(params.since),
            until: some(params.until),
            pipeline: some(params.pipeline),
            model: some(params.model),
        })
    }

    /// The time that is asked for: `length_us` up to now, or to `until`, if `since` is left out.
    fn span(&self, now_us: i64, length_us: i64) -> Result<Span, Refusal> {
        let until = self.until.as_deref().map(|t| seconds("until", t)).transpose()?;
        let since = self.since.as_deref().map(|t| seconds("since", t)).transpose()?;
        let to_us = until.unwrap_or(now_us);
        let from_us = since.unwrap_or(to_us - length_us);
        if from_us >= to_us {
            return Err(bad("since is not before until; both are Unix seconds"));
        }
        if to_us - from_us > limits::TESTED_US {
            return Err(bad(format!(
                "since and until are more than {} days apart; ask for a shorter time",
                limits::TESTED_US / DAY_US
            )));
        }
        Ok(Span { from_us, to_us })
    }

    fn address(&self) -> Result<Option<String>, Refusal> {
        let Some(address) = self.orchestrator.as_ref().map(|a| a.to_lowercase()) else {
            return Ok(None);
        };
        if !is_address(&address) {
            return Err(bad("orchestrator is no address; write 0x and 40 hexadecimal digits"));
        }
        Ok(Some(address))
    }

    fn region(&self) -> Option<String> {
        self.region.as_ref().map(|r| r.to_uppercase())
    }

    /// Everything but the orchestrator, since medians are over all of them.
    fn tests(&self, now_us: i64, length_us: i64) -> Result<Tests, Refusal> {
        match (&self.pipeline, &self.model) {
            (Some(_), None) => return Err(bad("pipeline needs model beside it, or neither")),
            (None, Some(_)) => return Err(bad("model needs pipeline beside it, or neither")),
            _ => {}
        }
        Ok(Tests {
            span: self.span(now_us, length_us)?,
            region: self.region().filter(|r| r != GLOBAL),
            pipeline: self.pipeline.clone(),
            model: self.model.clone(),
            orchestrator: None,
        })
    }
}

/// Answers, in the time that every query has.
async fn answer<T: Serialize>(work: impl Future<Output = Result<T, Refusal>>) -> Response {
    let done = tokio::time::timeout(limits::TIMEOUT, work).await.unwrap_or_else(|_| {
        Err(Refusal {
            status: StatusCode::SERVICE_UNAVAILABLE,
            code: "TIMEOUT",
            message: format!("it took longer than {:?}; ask for a shorter time", limits::TIMEOUT),
        })
    });
    match done {
        Ok(body) => ([(header::CACHE_CONTROL, CACHE)], Json(body)).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

async fn only_get() -> Response {
    let refusal = Refusal {
        status: StatusCode::METHOD_NOT_ALLOWED,
        code: "METHOD_NOT_ALLOWED",
        message: "only GET is answered here; test results are not taken in".to_owned(),
    };
    let mut response = refusal.into_response();
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}

async fn never() -> Response {
    let mut response = only_get().await;
    // What there is elsewhere under this name takes results in; here it allows nothing.
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(""));
    response
}

async fn aggregated(State(database): State<Database>, asked: Asked) -> Response {
    answer(async {
        let params = Params::read(asked)?;
        let address = params.address()?;
        let which = params.tests(now_us(), DAY_US)?;
        let mut groups = Vec::new();
        for kind in TestKind::ALL {
            let tested = database.tested(kind, &which).await?;
            let medians = match tested.is_empty() {
                true => Vec::new(),
                false => database.median_times(kind, &which).await?,
            };
            groups.extend(scored(kind, tested, &medians));
        }
        let global = params.region().as_deref() == Some(GLOBAL);
        let mut scores = if global { everywhere(&groups) } else { by_region(&groups) };
        if let Some(address) = address {
            scores.retain(|a, _| *a == address);
        }
        Ok(scores)
    })
    .await
}

/// Each with the median of its pipeline and model. What is of no address is left out.
fn scored(kind: TestKind, tested: Vec<Tested>, medians: &[MedianTime]) -> Vec<Group> {
    let medians: BTreeMap<_, _> =
        medians.iter().map(|m| ((m.pipeline.as_deref(), m.model.as_deref()), m.ms)).collect();
    tested
        .into_iter()
        .filter(|t| is_address(&t.orchestrator))
        .map(|t| {
            let key = (t.pipeline.as_deref(), t.model.as_deref());
            let median_ms = medians.get(&key).copied();
            Group { kind, median_ms, tested: t }
        })
        .collect()
}

/// One test, in the shape of the leaderboard. What a test sent and got is told nowhere, and whether
/// the model was loaded is not known: these fields are left out.
#[derive(Debug, PartialEq, Serialize)]
struct RawTest {
    region: Option<String>,
    orchestrator: String,
    success_rate: f64,
    round_trip_time: Option<f64>,
    errors: Vec<RawError>,
    timestamp: i64,
    model: Option<String>,
    pipeline: Option<String>,
}

#[derive(Debug, PartialEq, Serialize)]
struct RawError {
    error_code: String,
    count: i64,
}

impl From<Test> for RawTest {
    fn from(test: Test) -> Self {
        let error = |error_code| RawError { error_code, count: 1 };
        Self {
            region: test.region.map(|r| r.to_uppercase()),
            orchestrator: test.orchestrator,
            success_rate: if test.served { 1.0 } else { 0.0 },
            round_trip_time: test.time_ms.map(|ms| ms / 1000.0),
            errors: test.error.map(error).into_iter().collect(),
            timestamp: test.at.timestamp(),
            model: test.model,
            pipeline: test.pipeline,
        }
    }
}

/// By region, newest first. Those without a region stand under the empty name.
fn raw_by_region(mut tests: Vec<Test>) -> BTreeMap<String, Vec<RawTest>> {
    tests.sort_by_key(|t| std::cmp::Reverse(t.at));
    let mut out: BTreeMap<String, Vec<RawTest>> = BTreeMap::new();
    for test in tests.into_iter().map(RawTest::from) {
        out.entry(test.region.clone().unwrap_or_default()).or_default().push(test);
    }
    out
}

async fn raw(State(database): State<Database>, asked: Asked) -> Response {
    answer(async {
        let params = Params::read(asked)?;
        let missing = || bad("orchestrator is needed; write orchestrator=0x… with 40 digits");
        let orchestrator = Some(params.address()?.ok_or_else(missing)?);
        let which = Tests { orchestrator, ..params.tests(now_us(), DAY_US)? };
        let mut tests = Vec::new();
        for kind in TestKind::ALL {
            tests.extend(database.tests(kind, &which).await?);
        }
        if tests.len() > limits::TESTS {
            return Err(ReadError::TooMany { limit: limits::TESTS }.into());
        }
        Ok(raw_by_region(tests))
    })
    .await
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct NamedRegion {
    id: String,
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

/// The regions of agents, in capitals as gateways ask for them, behind all of them together.
fn named(regions: impl IntoIterator<Item = String>) -> Vec<NamedRegion> {
    let regions: BTreeSet<String> = regions.into_iter().collect();
    let global = NamedRegion { id: GLOBAL.to_owned(), name: "Global".to_owned(), kind: "ai" };
    let one = |region: String| {
        let known = naap_schema::region::find(&region);
        NamedRegion {
            id: region.to_uppercase(),
            name: known.map_or_else(|| region.clone(), |r| r.covers.to_owned()),
            kind: "ai",
        }
    };
    std::iter::once(global).chain(regions.into_iter().map(one)).collect()
}

async fn regions(State(database): State<Database>) -> Response {
    answer(async {
        let regions = database.agent_regions(now_us() - LISTED_DAYS * DAY_US).await?;
        Ok(json!({ "regions": named(regions) }))
    })
    .await
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct TestedPipeline {
    id: String,
    models: Vec<String>,
}

fn by_pipeline(pairs: impl IntoIterator<Item = (String, String)>) -> Vec<TestedPipeline> {
    let mut out: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (pipeline, model) in pairs {
        out.entry(pipeline).or_default().insert(model);
    }
    let one = |(id, models): (_, BTreeSet<_>)| TestedPipeline {
        id,
        models: models.into_iter().collect(),
    };
    out.into_iter().map(one).collect()
}

async fn pipelines(State(database): State<Database>, asked: Asked) -> Response {
    answer(async {
        let params = Params::read(asked)?;
        let which = params.tests(now_us(), LISTED_DAYS * DAY_US)?;
        let mut pairs = Vec::new();
        for kind in TestKind::ALL {
            pairs.extend(database.tested_models(kind, &which).await?);
        }
        Ok(json!({ "pipelines": by_pipeline(pairs) }))
    })
    .await
}

#[cfg(test)]
mod tests;
