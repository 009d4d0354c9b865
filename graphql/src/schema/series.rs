//! Series: one bounded field per subject.

use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};

use super::bad_argument;
use super::time::{Time, duration_us};
use crate::clock::now_us;
use crate::limits;
use crate::read::Database;
use crate::read::series::{Buckets, Cells, Span, Subject, Sums};
use crate::refusal::{Code, Refusal};

pub(crate) const MINUTE_US: i64 = 60_000_000;
const HOUR_US: i64 = 60 * MINUTE_US;
pub(crate) const DAY_US: i64 = 24 * HOUR_US;

/// Width of the buckets of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Enum)]
pub(crate) enum Bucket {
    /// The finest that suits the window.
    #[default]
    Auto,
    /// Each sample by itself; windows of at most one hour.
    Raw,
    /// One minute.
    M1,
    /// One hour.
    H1,
    /// One day, UTC.
    D1,
}

impl Bucket {
    const fn width_us(self) -> i64 {
        match self {
            Self::Auto | Self::Raw => 1,
            Self::M1 => MINUTE_US,
            Self::H1 => HOUR_US,
            Self::D1 => DAY_US,
        }
    }

    fn for_span(self, span: Span) -> Self {
        let length = span.to_us - span.from_us;
        match self {
            Self::Auto if length <= 15 * MINUTE_US => Self::Raw,
            Self::Auto if length <= 2 * DAY_US => Self::M1,
            Self::Auto if length <= 90 * DAY_US => Self::H1,
            Self::Auto => Self::D1,
            chosen => chosen,
        }
    }
}

/// A half-open window: `from` and `to`, or the `last` so much until now.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct Window {
    /// Its beginning.
    from: Option<Time>,
    /// Its end, exclusive; now if left out.
    to: Option<Time>,
    /// For example "15m", "24h", "7d".
    last: Option<String>,
}

impl Window {
    /// The last so much.
    pub(crate) fn last(text: &str) -> Self {
        Self { from: None, to: None, last: Some(text.to_owned()) }
    }

    /// The span, with now as `now_us`.
    pub(crate) fn span(&self, now_us: i64) -> Result<Span> {
        let span = match (&self.from, &self.last) {
            (Some(from), None) => Span {
                from_us: from.0.timestamp_micros(),
                to_us: self.to.map_or(now_us, |t| t.0.timestamp_micros()),
            },
            (None, Some(last)) if self.to.is_none() => {
                let length = duration_us(last).ok_or_else(|| {
                    bad_argument(
                        "window.last is no duration; write for example 90s, 15m, 24h or 7d",
                    )
                })?;
                Span { from_us: now_us - length, to_us: now_us }
            }
            _ => return Err(bad_argument("a window is either from (and to), or last")),
        };
        // Before 1970 and after 2100 there is nothing, and arithmetic stays safe.
        let sane = 0..4_102_444_800_000_000;
        if span.from_us >= span.to_us
            || !sane.contains(&span.from_us)
            || !sane.contains(&span.to_us)
        {
            return Err(bad_argument("the window is empty; from must be before to"));
        }
        Ok(span)
    }
}

/// What was read, with the window snapped to its buckets.
#[derive(Debug)]
pub(crate) struct Series {
    subject: Subject,
    bucket: Bucket,
    span: Span,
    now_us: i64,
    buckets: Buckets,
}

pub(crate) async fn read(
    ctx: &Context<'_>,
    subject: Subject,
    window: Option<Window>,
    bucket: Bucket,
) -> Result<Series> {
    let now_us = now_us();
    let span = match window {
        Some(window) => window.span(now_us)?,
        None => Span { from_us: now_us - HOUR_US, to_us: now_us },
    };
    let bucket = bucket.for_span(span);
    let width = bucket.width_us();
    let span = Span {
        from_us: span.from_us.div_euclid(width) * width,
        to_us: (span.to_us + width - 1).div_euclid(width) * width,
    };
    let length = span.to_us - span.from_us;
    if bucket == Bucket::Raw && length > limits::RAW_WINDOW_US {
        let message = "RAW takes windows of at most 1h";
        return Err(Refusal::new(Code::WindowTooLarge, message).hint("M1 fits").into());
    }
    let points = if bucket == Bucket::Raw { 0 } else { length / width };
    if points > limits::SERIES_POINTS {
        let fits = if length / HOUR_US <= limits::SERIES_POINTS { "H1" } else { "D1" };
        return Err(Refusal::new(Code::TooManyPoints, format!("the series has {points} points"))
            .over(points.unsigned_abs(), limits::SERIES_POINTS.unsigned_abs())
            .hint(format!("{fits} fits"))
            .into());
    }
    let database = ctx.data::<Database>()?;
    let buckets = database.series(&subject, span, width).await.map_err(super::unavailable)?;
    Ok(Series { subject, bucket, span, now_us, buckets })
}

/// Count, mean, minimum, maximum and spread of a gauge over a bucket.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct Stat {
    /// Samples that have a value.
    n: i64,
    /// Sum / n.
    mean: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
    /// Population standard deviation, from the sum of squares.
    stddev: Option<f64>,
}

/// Sum and rate of an amount over a bucket.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct Delta {
    /// Samples that have a value.
    n: i64,
    sum: Option<f64>,
    /// Largest amount of one sample.
    max: Option<f64>,
    /// Sum / time that the samples cover; added up over interfaces.
    per_second: Option<f64>,
}

/// One bucket.
#[derive(Debug)]
pub(crate) struct Point<'a> {
    series: &'a Series,
    start_us: i64,
    keys: Vec<&'a Cells>,
}

impl Series {
    fn points(&self) -> Vec<Point<'_>> {
        self.buckets
            .iter()
            .map(|(start, keys)| Point {
                series: self,
                start_us: *start,
                keys: keys.values().collect(),
            })
            .collect()
    }

    fn from(&self) -> Time {
        Time::from_us(self.span.from_us)
    }

    fn to(&self) -> Time {
        Time::from_us(self.span.to_us)
    }

    /// Start of the newest bucket that has data.
    fn data_through(&self) -> Option<Time> {
        self.buckets.keys().next_back().map(|us| Time::from_us(*us))
    }
}

impl Point<'_> {
    fn time(&self) -> Time {
        Time::from_us(self.start_us)
    }

    fn partial(&self) -> bool {
        let width = self.series.bucket.width_us();
        width > 1 && self.start_us + width > self.series.now_us
    }

    fn samples(&self) -> i64 {
        self.keys.iter().map(|c| c.rows).sum()
    }

    fn field(&self, cells: &Cells, name: &str) -> Sums {
        let found = self.series.subject.index(name).and_then(|i| cells.fields.get(i));
        found.copied().unwrap_or_default()
    }

    fn stat(&self, name: &str) -> Stat {
        // A gauge is only asked of subjects without a key, where there is one set of cells.
        let s = self.keys.first().map(|c| self.field(c, name)).unwrap_or_default();
        Stat { n: s.n, mean: s.mean(), min: s.min, max: s.max, stddev: s.stddev() }
    }

    fn delta(&self, name: &str) -> Delta {
        let mut out = Delta { n: 0, sum: None, max: None, per_second: None };
        for cells in &self.keys {
            let s = self.field(cells, name);
            let ms = self.field(cells, "interval_ms").sum.filter(|ms| *ms > 0.0);
            out.n += s.n;
            out.sum = add(out.sum, s.sum);
            out.max = [out.max, s.max].into_iter().flatten().reduce(f64::max);
            out.per_second = add(out.per_second, s.sum.zip(ms).map(|(sum, ms)| sum / ms * 1000.0));
        }
        out
    }
}

fn add(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    [a, b].into_iter().flatten().reduce(|x, y| x + y)
}

macro_rules! series_object {
    ($(#[$doc:meta])* $name:ident { $($field:ident : $ty:ty),* } points: $(#[$point_doc:meta])* $point:ident {
        $($(#[$d:meta])* $method:ident : $kind:ident = $column:literal),* $(,)?
    }) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $name { $(pub(crate) $field: $ty,)* pub(crate) series: Series }

        #[Object]
        impl $name {
            $(async fn $field(&self) -> &$ty { &self.$field })*
            /// Width of the buckets that were read.
            async fn bucket(&self) -> Bucket { self.series.bucket }
            /// Beginning of the window, snapped to its buckets.
            async fn from(&self) -> Time { self.series.from() }
            /// End of the window, exclusive, snapped to its buckets.
            async fn to(&self) -> Time { self.series.to() }
            /// Start of the newest bucket that has data; null without any.
            async fn data_through(&self) -> Option<Time> { self.series.data_through() }
            /// Buckets that have data, oldest first. A bucket that is not here had none.
            async fn points(&self) -> Vec<$point<'_>> {
                self.series.points().into_iter().map($point).collect()
            }
        }

        $(#[$point_doc])*
        #[derive(Debug)]
        pub(crate) struct $point<'a>(Point<'a>);

        #[Object]
        impl $point<'_> {
            /// Start of the bucket; of a raw sample its time.
            async fn time(&self) -> Time { self.0.time() }
            /// Whether the bucket is not over yet.
            async fn partial(&self) -> bool { self.0.partial() }
            /// Rows in the bucket.
            async fn samples(&self) -> i64 { self.0.samples() }
            $($(#[$d])* async fn $method(&self) -> series_object!(@$kind) { self.0.$kind($column) })*
        }
    };
    (@stat) => { Stat };
    (@delta) => { Delta };
}

series_object! {
    /// A machine over time.
    HostSeries { node: String } points:
    /// A machine in one bucket.
    HostPoint {
        /// Share of all processor time that was not idle, 0 to 1.
        cpu_busy_ratio: stat = "cpu_busy_ratio",
        /// Load average over one minute.
        #[graphql(name = "load1m")]
        load_1m: stat = "load_1m",
        /// Physical memory in use, bytes.
        mem_used_bytes: stat = "mem_used_bytes",
        /// Swap space in use, bytes.
        swap_used_bytes: stat = "swap_used_bytes",
        /// Space left on local disks, bytes.
        disk_available_bytes: stat = "disk_available_bytes",
        /// Read from local disks, bytes.
        disk_read_bytes: delta = "disk_read_bytes",
        /// Written to local disks, bytes.
        disk_written_bytes: delta = "disk_written_bytes",
    }
}

series_object! {
    /// Traffic over time.
    InterfaceSeries { node: String, interface: Option<String> } points:
    /// Traffic in one bucket.
    InterfacePoint {
        /// Received, bytes.
        rx_bytes: delta = "rx_bytes",
        /// Sent, bytes.
        tx_bytes: delta = "tx_bytes",
    }
}

series_object! {
    /// Frame rates over time. They cover every status sample, warm-up included; the FPS of a
    /// session is another figure.
    StreamStatusSeries { } points:
    /// Frame rates in one bucket.
    StreamStatusPoint {
        /// Frames per second into the model.
        status_input_fps: stat = "input_fps",
        /// Frames per second out of the model.
        status_output_fps: stat = "output_fps",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_790_000_000_000_000;

    fn window(from: Option<i64>, to: Option<i64>, last: Option<&str>) -> Window {
        let time = |us: i64| Time::from_us(us);
        Window { from: from.map(time), to: to.map(time), last: last.map(str::to_owned) }
    }

    #[test]
    fn windows_are_one_or_the_other() {
        let span = window(None, None, Some("15m")).span(NOW).unwrap();
        assert_eq!(span, Span { from_us: NOW - 15 * MINUTE_US, to_us: NOW });
        assert_eq!(window(Some(NOW - 1), None, None).span(NOW).unwrap().to_us, NOW);
        for bad in [
            window(None, None, None),
            window(Some(1), None, Some("1h")),
            window(None, Some(1), Some("1h")),
            window(Some(NOW), Some(NOW), None),
            window(None, None, Some("1 hour")),
        ] {
            assert!(bad.span(NOW).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn auto_takes_the_finest_that_suits() {
        let of = |length: i64| Bucket::Auto.for_span(Span { from_us: NOW - length, to_us: NOW });
        assert_eq!(of(10 * MINUTE_US), Bucket::Raw);
        assert_eq!(of(DAY_US), Bucket::M1);
        assert_eq!(of(30 * DAY_US), Bucket::H1);
        assert_eq!(of(365 * DAY_US), Bucket::D1);
    }
}
