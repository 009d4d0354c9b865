//! Why a request is refused: every code that the API answers with, and what status each has, in one
//! table.
//!
//! The statuses are those that the audit of `graphql-http` asks for: a document that is refused is
//! 400 as `application/graphql-response+json`, and 200 as `application/json`, where older clients
//! look into the body only after a 200. To follow the newer draft, change the table.

use async_graphql::{
    Error, ErrorExtensionValues, ErrorExtensions, PathSegment, Response, ServerError, Value,
};
use axum::http::StatusCode;

use crate::limits;

/// Where each code is explained.
const DOCS: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/api.md#errors");

macro_rules! codes {
    ($($code:ident $word:literal $status:literal $json:literal $means:literal;)*) => {
        /// A stable code, as `extensions.code` has it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = $means] $code,)*
        }

        impl Code {
            /// All there are.
            pub const ALL: &'static [Self] = &[$(Self::$code),*];

            /// As it is written.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$code => $word,)* }
            }

            /// What it means.
            pub const fn means(self) -> &'static str {
                match self { $(Self::$code => $means,)* }
            }

            /// Its status, as `application/graphql-response+json` and as `application/json`.
            const fn statuses(self) -> (u16, u16) {
                match self { $(Self::$code => ($status, $json),)* }
            }
        }
    };
}

codes! {
    BadRequest "BAD_REQUEST" 400 400 "The request is no GraphQL request: no JSON, no `query`, or a parameter of another type.";
    BatchNotTaken "BATCH_NOT_TAKEN" 400 400 "The body is a list. Send one request each; HTTP/2 sends them together.";
    ParseFailed "GRAPHQL_PARSE_FAILED" 400 200 "The document is no GraphQL.";
    ValidationFailed "GRAPHQL_VALIDATION_FAILED" 400 200 "The document does not fit the schema, or no operation of it could be chosen.";
    BadArgument "BAD_ARGUMENT" 400 200 "An argument or variable has a value that it cannot have.";
    BadCursor "BAD_CURSOR" 400 200 "`after` is no cursor of this list.";
    WindowTooLarge "WINDOW_TOO_LARGE" 400 200 "The window is longer than this can be asked for.";
    WindowTooOld "WINDOW_TOO_OLD" 400 200 "Nothing is kept from so long ago.";
    TooManyPoints "TOO_MANY_POINTS" 400 200 "Window, bucket and groups give more points than one answer may have.";
    TooManyRows "TOO_MANY_ROWS" 400 200 "More rows stand behind the answer than one answer may be added up from.";
    AnswerTooLarge "ANSWER_TOO_LARGE" 400 200 "The answer has too many bytes.";
    BodyTooLarge "BODY_TOO_LARGE" 413 413 "The body, or the query string, has too many bytes.";
    QueryTooLarge "QUERY_TOO_LARGE" 413 413 "The document has too many bytes.";
    QueryTooDeep "QUERY_TOO_DEEP" 400 400 "Selections or values of the document are nested too deep.";
    QueryTooManyTokens "QUERY_TOO_MANY_TOKENS" 400 400 "The document has too many tokens.";
    QueryTooComplex "QUERY_TOO_COMPLEX" 400 400 "The fields, times the rows that they may give, are too many.";
    TooManyFields "TOO_MANY_FIELDS" 400 400 "Too many fields, once the fragments are put in.";
    TooManyRootFields "TOO_MANY_ROOT_FIELDS" 400 400 "Too many fields at the root, aliases included.";
    TooManyAliases "TOO_MANY_ALIASES" 400 400 "The document has too many aliases.";
    TooManyDirectives "TOO_MANY_DIRECTIVES" 400 400 "The document, or one place in it, has too many directives.";
    TooManyVariables "TOO_MANY_VARIABLES" 400 400 "An operation declares too many variables.";
    TooManyOperations "TOO_MANY_OPERATIONS" 400 400 "The document has too many operations.";
    TooManyFragments "TOO_MANY_FRAGMENTS" 400 400 "The document has too many fragments.";
    FragmentCycle "FRAGMENT_CYCLE" 400 400 "A fragment contains itself.";
    VariablesTooLarge "VARIABLES_TOO_LARGE" 413 413 "The variables have too many bytes.";
    VariablesTooDeep "VARIABLES_TOO_DEEP" 400 400 "The variables are nested too deep.";
    VariablesTooMany "VARIABLES_TOO_MANY" 400 400 "The variables have too many values, all levels together.";
    MethodNotAllowed "METHOD_NOT_ALLOWED" 405 405 "GET and POST are taken, and mutations do not exist.";
    NotAcceptable "NOT_ACCEPTABLE" 406 406 "`Accept` allows neither `application/graphql-response+json` nor `application/json`.";
    UnsupportedMediaType "UNSUPPORTED_MEDIA_TYPE" 415 415 "The body is not `application/json`, is compressed, or is not UTF-8.";
    SubscriptionOverHttp "SUBSCRIPTION_NEEDS_WEBSOCKET" 400 400 "Subscriptions are served over WebSocket, with the subprotocol `graphql-transport-ws`.";
    TooManySubscriptions "TOO_MANY_SUBSCRIPTIONS" 400 400 "The connection has as many operations under way as it may have.";
    BodyTooSlow "BODY_TOO_SLOW" 408 408 "The body did not arrive in time.";
    UnknownApiKey "UNKNOWN_API_KEY" 401 401 "The API key is not known.";
    RateLimited "RATE_LIMITED" 429 429 "Too much was asked for in too short a time; `Retry-After` says when to ask again.";
    Unknown "UNKNOWN" 200 200 "Nobody knows it, and the contract of `/graphql/naap` has no null for it.";
    Timeout "TIMEOUT" 503 503 "The query took too long.";
    Overloaded "OVERLOADED" 503 503 "Too many queries are under way; ask again after `Retry-After`.";
    Unavailable "UNAVAILABLE" 503 503 "The database did not answer; ask again after `Retry-After`.";
    Internal "INTERNAL" 500 500 "A fault of the server.";
}

/// The media types of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// `application/graphql-response+json`.
    Graphql,
    /// `application/json`.
    Json,
}

impl Code {
    /// Its status in an answer of this media type.
    pub fn status(self, media: Media) -> StatusCode {
        let (graphql, json) = self.statuses();
        let status = if media == Media::Graphql { graphql } else { json };
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Whether the request is at fault, not the server or its load: such an error refuses the request as a
    /// whole, wherever it was found.
    pub fn is_refusal(self) -> bool {
        matches!(self.statuses().0, 400..500)
    }

    pub(crate) fn of_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|c| c.word() == word)
    }

    /// Of an error that has one.
    pub fn of(error: &ServerError) -> Option<Self> {
        match error.extensions.as_ref()?.get("code")? {
            Value::String(word) => Self::of_word(word),
            _ => None,
        }
    }
}

/// A refusal: what is wrong, which limit there is, how much came, and what would fit. It has no `Display`:
/// the library would make an error without code of whatever has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Its stable code.
    pub code: Code,
    message: String,
    limit: Option<u64>,
    actual: Option<u64>,
    hint: Option<String>,
}

impl Refusal {
    /// Says what is wrong.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), limit: None, actual: None, hint: None }
    }

    /// How much came, and how much is allowed.
    #[must_use]
    pub fn over(mut self, actual: u64, limit: u64) -> Self {
        (self.actual, self.limit) = (Some(actual), Some(limit));
        self
    }

    /// How much is allowed, where how much came is not known.
    #[must_use]
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// What would fit.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What is wrong and what would fit, in one line.
    fn text(&self) -> String {
        let text = match &self.hint {
            Some(hint) => format!("{}; {hint}", self.message),
            None => self.message.clone(),
        };
        short(&text)
    }

    fn extend(&self, to: &mut ErrorExtensionValues) {
        to.set("code", self.code.word());
        if let Some(limit) = self.limit {
            to.set("limit", limit);
        }
        if let Some(actual) = self.actual {
            to.set("actual", actual);
        }
        if let Some(hint) = &self.hint {
            to.set("hint", hint.as_str());
        }
        to.set("docs", DOCS);
    }

    /// As an error of a request that was not executed.
    pub fn into_error(self) -> ServerError {
        let mut error = ServerError::new(self.text(), None);
        let mut extensions = ErrorExtensionValues::default();
        self.extend(&mut extensions);
        error.extensions = Some(extensions);
        error
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.text()).extend_with(|_, e| refusal.extend(e))
    }
}

/// What others sent comes back only in part.
fn short(text: &str) -> String {
    match text.char_indices().nth(limits::MESSAGE_CHARS) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Gives every error a code: those of the library have none. Its limits and its validation come before
/// execution, and so without a path; with one it complains of values that an argument cannot have.
pub(crate) fn give_code(error: &mut ServerError) {
    error.message = short(&error.message);
    if Code::of(error).is_some() {
        return;
    }
    let refusal = match error.message.as_str() {
        "Query is too complex." => Refusal::new(Code::QueryTooComplex, "the query is too complex")
            .hint("ask for fewer fields, or smaller pages"),
        "Query is nested too deep." => {
            Refusal::new(Code::QueryTooDeep, "the query is nested too deep").hint("nest less")
        }
        _ if error.path.is_empty() => Refusal::new(Code::ValidationFailed, error.message.clone()),
        _ => Refusal::new(Code::BadArgument, error.message.clone()),
    };
    error.message = refusal.text();
    refusal.extend(error.extensions.get_or_insert_default());
}

/// Makes an executed answer one that can be given: every error has a code and is short, there are not
/// too many, and a request with something wrong in it is refused as a whole, whatever else it gave.
pub(crate) fn settle(response: &mut Response) {
    for error in &mut response.errors {
        give_code(error);
    }
    let refused = |e: &ServerError| Code::of(e).is_some_and(Code::is_refusal);
    if response.errors.iter().any(refused) {
        response.data = Value::Null;
        response.errors.retain(refused);
        for error in &mut response.errors {
            let path = std::mem::take(&mut error.path);
            if !path.is_empty() {
                let words = path.iter().map(|part| match part {
                    PathSegment::Field(name) => Value::from(name.as_str()),
                    PathSegment::Index(i) => Value::from(*i),
                });
                let words = Value::List(words.collect());
                error.extensions.get_or_insert_default().set("path", words);
            }
        }
    }
    response.errors.truncate(limits::ERRORS);
}

/// Whether the request was refused rather than executed: then there is no data, not even null.
pub(crate) fn is_refused(response: &Response) -> bool {
    response.is_err()
        && response.data == Value::Null
        && response.errors.iter().all(|e| e.path.is_empty())
}

/// The status of an answer: with any data it is 200, else that of its first error.
pub(crate) fn status(media: Media, response: &Response) -> StatusCode {
    match response.errors.first() {
        Some(error) if response.data == Value::Null => {
            Code::of(error).unwrap_or(Code::Internal).status(media)
        }
        _ => StatusCode::OK,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_documented_as_it_is() {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/api.md");
        let docs = std::fs::read_to_string(file).unwrap();
        for code in Code::ALL {
            let (graphql, json) = code.statuses();
            let status =
                if graphql == json { graphql.to_string() } else { format!("{graphql} / {json}") };
            let row = format!("| `{}` | {status} | {} |", code.word(), code.means());
            assert!(docs.contains(&row), "docs/api.md lacks\n{row}");
            assert_eq!(Code::of_word(code.word()), Some(*code), "a word is used twice");
        }
    }

    #[test]
    fn a_refusal_names_limit_actual_and_the_way_out() {
        let refusal = Refusal::new(Code::TooManyFields, "the query has 3000 fields")
            .over(3000, 2000)
            .hint("ask for fewer");
        let error = refusal.clone().into_error();
        assert_eq!(error.message, "the query has 3000 fields; ask for fewer");
        let of = |name: &str| error.extensions.as_ref().and_then(|e| e.get(name)).cloned();
        assert_eq!(of("limit"), Some(Value::from(2000)));
        assert_eq!(of("actual"), Some(Value::from(3000)));
        assert_eq!(Code::of(&error), Some(Code::TooManyFields));
        assert!(of("docs").is_some() && of("hint").is_some());
    }

    #[test]
    fn errors_of_the_library_get_codes_and_long_ones_an_end() {
        let mut error = ServerError::new("é".repeat(10_000), None);
        give_code(&mut error);
        assert_eq!(Code::of(&error), Some(Code::ValidationFailed));
        assert_eq!(error.message.chars().count(), limits::MESSAGE_CHARS + 1);
        let mut error = ServerError::new("Failed to parse \"Int\"", None);
        error.path.push(PathSegment::Field("nodes".into()));
        give_code(&mut error);
        assert_eq!(Code::of(&error), Some(Code::BadArgument));
        let mut error = ServerError::new("Query is too complex.", None);
        give_code(&mut error);
        assert_eq!(Code::of(&error), Some(Code::QueryTooComplex));
    }

    #[test]
    fn a_bad_argument_refuses_the_request_and_a_fault_does_not() {
        let failed = |code: Code| {
            let mut error = Refusal::new(code, "what").into_error();
            error.path.push(PathSegment::Field("nodes".into()));
            error
        };
        let data = Value::List(vec![]);
        let mut response = Response::new(data.clone());
        response.errors = vec![failed(Code::Unavailable), failed(Code::BadArgument)];
        settle(&mut response);
        assert!(is_refused(&response) && response.errors.len() == 1);
        assert_eq!(status(Media::Graphql, &response), StatusCode::BAD_REQUEST);
        assert_eq!(status(Media::Json, &response), StatusCode::OK);
        let path = response.errors[0].extensions.as_ref().and_then(|e| e.get("path"));
        assert_eq!(path, Some(&Value::List(vec![Value::from("nodes")])));

        let mut response = Response::new(data);
        response.errors = vec![failed(Code::Unavailable)];
        settle(&mut response);
        assert!(!is_refused(&response));
        assert_eq!(status(Media::Json, &response), StatusCode::OK, "some of it is there");
        response.data = Value::Null;
        assert_eq!(status(Media::Json, &response), StatusCode::SERVICE_UNAVAILABLE);
    }
}
