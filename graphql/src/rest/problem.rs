//! Why a request is refused, as RFC 9457 problem details: every code with its status and what it
//! means, in one table.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;

/// Code, status, title.
type Entry = (&'static str, u16, &'static str);

/// Codes of REST's own, then those that GraphQL's errors have in `extensions.code`.
pub(super) const CODES: &[Entry] = &[
    ("UNKNOWN_PARAMETER", 400, "There is no such parameter here"),
    ("BAD_PARAMETER", 400, "A parameter has a value that it cannot have"),
    ("REPEATED_PARAMETER", 400, "A parameter is given more than once"),
    ("MISSING_PARAMETER", 400, "A parameter is needed that is not given"),
    ("NOT_FOUND", 404, "There is no such list"),
    ("METHOD_NOT_ALLOWED", 405, "Only GET and HEAD are taken"),
    ("NOT_ACCEPTABLE", 406, "None of the formats that there are is taken by the client"),
    ("QUERY_STRING_TOO_LONG", 414, "The query string has too many bytes"),
    ("BAD_ARGUMENT", 400, "A parameter has a value that it cannot have"),
    ("BAD_INPUT", 400, "A parameter has a value that it cannot have"),
    ("BAD_CURSOR", 400, "`after` is no cursor of this list"),
    ("WINDOW_TOO_OLD", 400, "The window begins before what is kept"),
    ("WINDOW_TOO_LARGE", 400, "The window is longer than this can be asked for"),
    ("TOO_MANY_POINTS", 400, "Window, bucket and groups give too many points"),
    ("TOO_MANY_ROWS", 400, "Too many rows stand behind the answer"),
    ("ANSWER_TOO_LARGE", 400, "The answer has too many bytes"),
    ("QUERY_TOO_COMPLEX", 400, "The answer would have too many values"),
    ("RATE_LIMITED", 429, "Too much was asked for in too short a time"),
    ("INTERNAL", 500, "A fault of the server"),
    ("TIMEOUT", 503, "The answer took too long"),
    ("OVERLOADED", 503, "Too many requests are under way"),
    ("UNAVAILABLE", 503, "The database did not answer"),
];

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
        let found = CODES.iter().find(|(c, _, _)| *c == code);
        let (code, status, title) =
            found.copied().unwrap_or(("INTERNAL", 500, "A fault of the server"));
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
        let code = match (extensions["code"].as_str(), message) {
            // The library's own refusals have no code, or one that says no more than that.
            (_, "Query is too complex." | "Query is nested too deep.") => "QUERY_TOO_COMPLEX",
            (None | Some("GRAPHQL_VALIDATION_FAILED"), _) if error.get("path").is_none() => {
                "BAD_ARGUMENT"
            }
            (code, _) => code.unwrap_or("INTERNAL"),
        };
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
        if self.status == 405 {
            more.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, OPTIONS"));
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
            { "code": "TOO_MANY_POINTS", "limit": 10, "actual": 12, "hint": "bucket=DAY" } });
        let problem = serde_json::to_value(Problem::of_graphql(&error)).unwrap();
        let expected = json!({ "type": "/docs/errors#TOO_MANY_POINTS", "status": 400,
            "title": "Window, bucket and groups give too many points", "detail": "too many",
            "code": "TOO_MANY_POINTS", "limit": 10, "actual": 12, "hint": "bucket=DAY" });
        assert_eq!(problem, expected);
        let of = |error| Problem::of_graphql(&error).code;
        assert_eq!(of(json!({ "message": "Query is too complex." })), "QUERY_TOO_COMPLEX");
        assert_eq!(of(json!({ "message": "Invalid value for argument" })), "BAD_ARGUMENT");
        assert_eq!(of(json!({ "message": "?", "path": ["sla"] })), "INTERNAL");
    }

    #[test]
    fn a_code_stands_once() {
        for (i, (code, status, _)) in CODES.iter().enumerate() {
            assert!(CODES.iter().skip(i + 1).all(|(other, _, _)| other != code), "{code}");
            assert!((400..600).contains(status), "{code}");
        }
    }
}
