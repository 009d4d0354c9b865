//! Why a query is refused: stable codes, with the limit and the way out.

use async_graphql::{Error, ErrorExtensions};

use crate::read::ReadError;

/// An argument that makes no sense: a request error with a stable code.
pub(crate) fn bad_argument(message: impl Into<String>) -> Error {
    Error::new(message).extend_with(|_, e| e.set("code", "BAD_INPUT"))
}

/// Something that is over a limit.
pub(crate) fn over(
    code: &'static str,
    message: &str,
    limit: i64,
    actual: i64,
    hint: &str,
) -> Error {
    Error::new(format!("{message}, the limit is {limit}; {hint}")).extend_with(|_, e| {
        e.set("code", code);
        e.set("limit", limit);
        e.set("actual", actual);
        e.set("hint", hint);
    })
}

/// A cursor or an id that is none of this API.
pub(crate) fn bad_cursor(message: &str) -> Error {
    Error::new(message).extend_with(|_, e| e.set("code", "BAD_CURSOR"))
}

/// What the database could not do, without what stands behind it: that goes to the log.
pub(crate) fn unavailable(error: ReadError) -> Error {
    let code = match error {
        ReadError::TooMany { .. } => "TOO_MANY_ROWS",
        _ => "UNAVAILABLE",
    };
    tracing::warn!(error = %crate::read::chain(&error), "a read failed");
    Error::new(error.to_string()).extend_with(|_, e| e.set("code", code))
}
