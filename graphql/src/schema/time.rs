//! Times and windows as readers write them.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{DateTime, SecondsFormat, Utc};

/// A point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(pub(crate) DateTime<Utc>);

/// A point in time, ISO 8601 UTC. Taken as that, or as milliseconds since 1970, which may be a text, too.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339")]
impl ScalarType for Time {
    fn parse(value: Value) -> InputValueResult<Self> {
        let time = match &value {
            // Tools put their times between quotation marks, digits or not.
            Value::String(text) => match text.parse::<i64>() {
                Ok(ms) => DateTime::from_timestamp_millis(ms),
                Err(_) => DateTime::parse_from_rfc3339(text).ok().map(|t| t.with_timezone(&Utc)),
            },
            Value::Number(ms) => ms.as_i64().and_then(DateTime::from_timestamp_millis),
            _ => None,
        };
        time.map(Self).ok_or_else(|| {
            InputValueError::custom(
                "a Time is ISO 8601 such as \"2026-05-01T12:00:00Z\", or milliseconds since 1970",
            )
        })
    }

    fn to_value(&self) -> Value {
        let micros = !self.0.timestamp_subsec_micros().is_multiple_of(1000);
        let format = if micros { SecondsFormat::Micros } else { SecondsFormat::Millis };
        Value::String(self.0.to_rfc3339_opts(format, true))
    }
}

impl Time {
    /// From microseconds since 1970 UTC.
    pub(crate) fn from_us(us: i64) -> Self {
        Self(DateTime::from_timestamp_micros(us).unwrap_or_default())
    }
}

/// Microseconds of a duration such as `90s`, `15m`, `24h`, `7d`.
pub(crate) fn duration_us(text: &str) -> Option<i64> {
    let unit = text.chars().last()?;
    let number: i64 = text.strip_suffix(unit)?.parse().ok()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return None,
    };
    (1..=100_000).contains(&number).then(|| number * seconds * 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_taken_in_two_forms() {
        let iso = Time::parse(Value::from("2026-05-01T12:00:00Z")).unwrap();
        let ms = Time::parse(Value::from(1_777_636_800_000i64)).unwrap();
        assert_eq!(iso, ms);
        assert_eq!(iso, Time::parse(Value::from("1777636800000")).unwrap());
        assert_eq!(iso.to_value(), Value::from("2026-05-01T12:00:00.000Z"));
        assert!(Time::parse(Value::from("yesterday")).is_err());
        assert!(Time::parse(Value::from(i64::MAX)).is_err());
    }

    #[test]
    fn durations() {
        assert_eq!(duration_us("15m"), Some(900_000_000));
        for bad in ["", "m", "15", "-1m", "1.5h", "1w", "99999999d", "é"] {
            assert_eq!(duration_us(bad), None, "{bad}");
        }
    }
}
