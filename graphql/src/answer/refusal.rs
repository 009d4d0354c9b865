//! What is refused before it is executed, in the words of the API.

use std::time::Duration;

use async_graphql::{ErrorExtensionValues, ServerError};
use axum::http::StatusCode;

/// A refusal, with its way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// More points than an answer may have.
    #[error("{field} has {actual} points ({parts}), the limit is {limit}; {hint}")]
    Points {
        /// The field, or the query as a whole.
        field: String,
        /// How the points come about.
        parts: String,
        /// How many.
        actual: u64,
        /// How many are allowed.
        limit: u64,
        /// What would fit.
        hint: String,
    },
    /// Costs more than one query may.
    #[error("the query costs {actual} points, the limit is {limit}; {hint}")]
    Cost {
        /// How much.
        actual: u64,
        /// How much is allowed.
        limit: u64,
        /// What would fit.
        hint: String,
    },
    /// The client has spent what it has.
    #[error(
        "this query costs {actual} points and {remaining} of {limit} are left; ask again in {} s",
        seconds(*wait)
    )]
    Rate {
        /// What the query costs.
        actual: u64,
        /// What is left.
        remaining: u32,
        /// What the client may spend at once.
        limit: u32,
        /// When there is enough again.
        wait: Duration,
    },
    /// An API key that is none.
    #[error("this API key is not known; leave it out to ask without one")]
    Key,
}

/// Whole seconds, upwards: who comes back then is let in.
pub(crate) fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

impl Refusal {
    /// Its stable code.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Points { .. } => "TOO_MANY_POINTS",
            Self::Cost { .. } => "QUERY_TOO_COMPLEX",
            Self::Rate { .. } => "RATE_LIMITED",
            Self::Key => "UNKNOWN_API_KEY",
        }
    }

    /// Its HTTP status.
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::Points { .. } | Self::Cost { .. } => StatusCode::BAD_REQUEST,
            Self::Rate { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Key => StatusCode::UNAUTHORIZED,
        }
    }

    /// As a GraphQL error.
    pub(crate) fn error(&self) -> ServerError {
        let mut error = ServerError::new(self.to_string(), None);
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", self.code());
        match self {
            Self::Points { actual, limit, hint, .. } | Self::Cost { actual, limit, hint } => {
                extensions.set("actual", *actual);
                extensions.set("limit", *limit);
                extensions.set("hint", hint.as_str());
            }
            Self::Rate { actual, remaining, limit, wait } => {
                extensions.set("actual", *actual);
                extensions.set("limit", *limit);
                extensions.set("remaining", *remaining);
                extensions.set("retryAfterSeconds", seconds(*wait));
            }
            Self::Key => {}
        }
        error.extensions = Some(extensions);
        error
    }
}
