//! Why a query is refused, in the words of every other refusal.

use async_graphql::Error;

use crate::read::ReadError;
use crate::refusal::{Code, Refusal};

/// An argument that makes no sense.
pub(crate) fn bad_argument(message: impl Into<String>) -> Error {
    Refusal::new(Code::BadArgument, message).into()
}

/// Something that is over a limit.
pub(crate) fn over(code: Code, message: &str, limit: i64, actual: i64, hint: &str) -> Error {
    Refusal::new(code, format!("{message}, the limit is {limit}"))
        .over(actual.unsigned_abs(), limit.unsigned_abs())
        .hint(hint)
        .into()
}

/// A cursor or an id that is none of this API.
pub(crate) fn bad_cursor(message: &str) -> Error {
    Refusal::new(Code::BadCursor, message).into()
}

/// What the database could not do, without what stands behind it: that goes to the log.
pub(crate) fn unavailable(error: ReadError) -> Error {
    let code = match error {
        ReadError::TooMany { .. } => Code::TooManyRows,
        _ => Code::Unavailable,
    };
    tracing::warn!(error = %crate::read::chain(&error), "a read failed");
    Refusal::new(code, error.to_string()).into()
}
