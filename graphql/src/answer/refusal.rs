//! What is refused before it is executed, in the words of the API.

use std::time::Duration;

use async_graphql::ServerError;

use crate::refusal::{Code, Refusal as Told};

/// A refusal, with its way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// More points than an answer may have.
    #[error("{field} has {actual} points ({parts}), the limit is {limit}")]
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
    #[error("the query costs {actual} points, the limit is {limit}")]
    Cost {
        /// How much.
        actual: u64,
        /// How much is allowed.
        limit: u64,
        /// What would fit.
        hint: String,
    },
    /// The client has spent what it has.
    #[error("this query costs {actual} points and {remaining} of {limit} are left")]
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
    #[error("this API key is not known")]
    Key,
}

/// Whole seconds, upwards: who comes back then is let in.
pub(crate) fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

impl Refusal {
    /// In the words of every other refusal.
    fn told(&self) -> Told {
        let message = self.to_string();
        match self {
            Self::Points { actual, limit, hint, .. } => {
                Told::new(Code::TooManyPoints, message).over(*actual, *limit).hint(hint)
            }
            Self::Cost { actual, limit, hint } => {
                Told::new(Code::QueryTooComplex, message).over(*actual, *limit).hint(hint)
            }
            Self::Rate { actual, limit, wait, .. } => Told::new(Code::RateLimited, message)
                .over(*actual, u64::from(*limit))
                .hint(format!("ask again in {} s", seconds(*wait))),
            Self::Key => {
                Told::new(Code::UnknownApiKey, message).hint("leave it out to ask without one")
            }
        }
    }

    /// As a GraphQL error.
    pub(crate) fn error(&self) -> ServerError {
        let mut error = self.told().into_error();
        if let (Self::Rate { remaining, wait, .. }, Some(more)) = (self, &mut error.extensions) {
            more.set("remaining", *remaining);
            more.set("retryAfterSeconds", seconds(*wait));
        }
        error
    }
}
