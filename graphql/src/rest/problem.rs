//! Why a request is refused, as RFC 9457 problem details: every code with its status and what it
//! means, in one table.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;

use crate::refusal::{Code, Media};

/// Codes of REST's own: code, status, title.
pub(super) const OWN: &[(&str, u16, &str)] = &[
    ("UNKNOWN_PARAMETER", 400, "There is no such parameter here"),
    ("BAD_PARAMETER", 400, "A parameter has a value that it cannot have"),
    ("REPEATED_PARAMETER", 400, "A parameter is given more than once"),
    ("MISSING_PARAMETER", 400, "A parameter is needed that is not given"),
    ("NOT_FOUND", 404, "There is no such list"),
    ("QUERY_STRING_TOO_LONG", 414, "The query string has too many bytes"),
];

/// Every code with its status and title: REST's own, then those that GraphQL's errors have.
pub(super) fn codes() -> impl Iterator<Item = (&'static str, u16, &'static str)> {
    let of_graphql = Code::ALL.iter().filter(|code| **code != Code::Unknown);
    let of_graphql =
        of_graphql.map(|code| (code.word(), code.status(Media::Graphql).as_u16(), code.means()));
    OWN.iter().copied().chain(of_graphql)
}

/// Where codes are explained; a code follows as its fragment.
pub(super) const ERRORS_PATH: &str = "/docs/errors";
/// Media type of a problem.
pub(super) const PROBLEM_JSON: &str = "application/problem+json";
/// Seconds after which a request that the server had no means for may come again.
const RETRY_S: u16 = 5;

/// A refusal.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Problem {
    #[serde(rename = "type")]
    of: String,
    title: &'static str,
    status: u16,
    detail: String,
    pub(super) code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actual: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl Problem {
    /// Of a code that is in the table; of any other, a fault.
    pub(super) fn new(code: &str, detail: impl Into<String>) -> Self {
        let found = codes().find(|(c, _, _)| *c == code);
        let (code, status, title) = found.unwrap_or(("INTERNAL", 500, "A fault of the server."));
        let of = format!("{ERRORS_PATH}#{code}");
        Self {
            of,
            title,
            status,
            detail: detail.into(),
            code,
            limit: None,
            actual: None,
            hint: None,
        }
    }

    /// What would do.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// How much came, and how much is allowed.
    pub(super) fn over(mut self, actual: usize, limit: usize) -> Self {
        (self.actual, self.limit) = (Some(actual.into()), Some(limit.into()));
        self
    }

    /// Of an error in a GraphQL answer.
    pub(super) fn of_graphql(error: &Value) -> Self {
        let message = error["message"].as_str().unwrap_or("no answer");
        let extensions = &error["extensions"];
        let code = extensions["code"].as_str().unwrap_or("INTERNAL");
        let mut problem = Self::new(code, message);
        if problem.code == "INTERNAL" {
            tracing::error!(%error, "a query of REST failed");
        }
        let given = |name: &str| extensions.get(name).filter(|v| v.is_number()).cloned();
        (problem.limit, problem.actual) = (given("limit"), given("actual"));
        problem.hint = extensions["hint"].as_str().map(str::to_owned);
        if problem.code == "QUERY_TOO_COMPLEX" {
            problem.hint.get_or_insert_with(|| "ask for a smaller page: first=20".to_owned());
        }
        problem
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_string(&self).unwrap_or_default();
        let headers = [(header::CONTENT_TYPE, PROBLEM_JSON), (header::CACHE_CONTROL, "no-store")];
        let mut response = (status, headers, body).into_response();
        let more = response.headers_mut();
        if matches!(self.status, 429 | 503) {
            more.insert(header::RETRY_AFTER, RETRY_S.into());
        }
        if let Some(code) = Code::of_word(self.code) {
            // For whoever counts what goes out.
            response.extensions_mut().insert(code);
        }
        let more = response.headers_mut();
        if self.status == 405 {
            more.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn graphql_errors_keep_their_code_and_numbers() {
        let error = json!({ "message": "too many", "path": ["demand"], "extensions":
            { "code": "TOO_MANY_POINTS", "limit": 10, "actual": 12, "hint": "bucket=D1" } });
        let problem = serde_json::to_value(Problem::of_graphql(&error)).unwrap();
        let expected = json!({ "type": "/docs/errors#TOO_MANY_POINTS", "status": 400,
            "title": Code::TooManyPoints.means(), "detail": "too many",
            "code": "TOO_MANY_POINTS", "limit": 10, "actual": 12, "hint": "bucket=D1" });
        assert_eq!(problem, expected);
        let of = |error| Problem::of_graphql(&error).code;
        assert_eq!(of(json!({ "message": "?", "path": ["sla"] })), "INTERNAL", "no code");
        assert_eq!(of(json!({ "message": "?", "extensions": { "code": "NEW" } })), "INTERNAL");
    }

    #[test]
    fn a_code_stands_once() {
        for (i, (code, status, _)) in codes().enumerate() {
            assert!(codes().skip(i + 1).all(|(other, _, _)| other != code), "{code}");
            assert!((400..600).contains(&status), "{code}");
        }
    }
}
