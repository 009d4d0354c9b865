//! Series: one bounded field per subject.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};

use super::bucket::Bucket;
use super::error::{bad_argument, unavailable};
use super::time::{Time, duration_us};
use crate::clock::now_us;
use crate::read::Database;
use crate::read::series::{Buckets, Cells, Span, Subject, Sums};
use crate::read::sums::HOUR_US;

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
    let bucket = bucket.choose_of_samples(span)?;
    let (span, width) = (bucket.snap(span), bucket.width_us());
    let database = ctx.data::<Database>()?;
    let buckets = database.series(&subject, span, width).await.map_err(unavailable)?;
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

/// `Stat`s as lists, one value for each bucket.
#[derive(Debug, Default, SimpleObject)]
pub(crate) struct StatColumns {
    /// Samples that have a value.
    n: Vec<i64>,
    mean: Vec<Option<f64>>,
    min: Vec<Option<f64>>,
    max: Vec<Option<f64>>,
    stddev: Vec<Option<f64>>,
}

impl FromIterator<Stat> for StatColumns {
    fn from_iter<I: IntoIterator<Item = Stat>>(stats: I) -> Self {
        let mut out = Self::default();
        for s in stats {
            out.n.push(s.n);
            out.mean.push(s.mean);
            out.min.push(s.min);
            out.max.push(s.max);
            out.stddev.push(s.stddev);
        }
        out
    }
}

/// `Delta`s as lists, one value for each bucket.
#[derive(Debug, Default, SimpleObject)]
pub(crate) struct DeltaColumns {
    /// Samples that have a value.
    n: Vec<i64>,
    sum: Vec<Option<f64>>,
    max: Vec<Option<f64>>,
    per_second: Vec<Option<f64>>,
}

impl FromIterator<Delta> for DeltaColumns {
    fn from_iter<I: IntoIterator<Item = Delta>>(deltas: I) -> Self {
        let mut out = Self::default();
        for d in deltas {
            out.n.push(d.n);
            out.sum.push(d.sum);
            out.max.push(d.max);
            out.per_second.push(d.per_second);
        }
        out
    }
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
    ($(#[$doc:meta])* $name:ident { $($field:ident : $ty:ty),* } points: $(#[$point_doc:meta])* $point:ident as $columns:ident {
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
            /// `points` as lists, one value for each bucket: the same numbers, smaller and quicker.
            async fn columns(&self) -> $columns<'_> { $columns(self.series.points()) }
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

        /// All points as lists, oldest first.
        #[derive(Debug)]
        pub(crate) struct $columns<'a>(Vec<Point<'a>>);

        #[Object]
        impl $columns<'_> {
            /// Starts of the buckets; of raw samples their times.
            async fn time(&self) -> Vec<Time> { self.0.iter().map(Point::time).collect() }
            /// Whether each bucket is not over yet.
            async fn partial(&self) -> Vec<bool> { self.0.iter().map(Point::partial).collect() }
            /// Rows in each bucket.
            async fn samples(&self) -> Vec<i64> { self.0.iter().map(Point::samples).collect() }
            $($(#[$d])* async fn $method(&self) -> series_object!(@$kind columns) {
                self.0.iter().map(|p| p.$kind($column)).collect()
            })*
        }
    };
    (@stat) => { Stat };
    (@delta) => { Delta };
    (@stat columns) => { StatColumns };
    (@delta columns) => { DeltaColumns };
}

series_object! {
    /// A machine over time.
    HostSeries { node: String } points:
    /// A machine in one bucket.
    HostPoint as HostColumns {
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
    InterfacePoint as InterfaceColumns {
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
    StreamStatusPoint as StreamStatusColumns {
        /// Frames per second into the model.
        status_input_fps: stat = "input_fps",
        /// Frames per second out of the model.
        status_output_fps: stat = "output_fps",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::bucket::MINUTE_US;

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
}
