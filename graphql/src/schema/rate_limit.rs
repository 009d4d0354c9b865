//! What a client has left, and how times of arguments are read by who reckons with them.

use async_graphql::{ScalarType, SimpleObject, Value};

use super::time::Time;
pub(crate) use super::time::duration_us;

/// Cost points: what this query costs, and what is left.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct RateLimit {
    /// Points that this query costs; 0 where it asks for nothing else.
    cost: u64,
    /// Points that may be spent at once.
    limit: u32,
    /// Points that are left after this query.
    remaining: u32,
    /// When all of them are back if none are spent.
    reset_at: Time,
}

impl RateLimit {
    pub(crate) fn new(cost: u64, limit: u32, remaining: u32, reset_us: i64) -> Self {
        Self { cost, limit, remaining, reset_at: Time::from_us(reset_us) }
    }
}

/// Microseconds since 1970 UTC of a Time as it is given.
pub(crate) fn time_us(value: &Value) -> Option<i64> {
    let short = match value {
        Value::String(text) => text.len() <= 64,
        Value::Number(_) => true,
        _ => false,
    };
    short.then(|| Time::parse(value.clone()).ok().map(|t| t.0.timestamp_micros())).flatten()
}
