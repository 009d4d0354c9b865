//! What aggregates have in common: windows snapped to buckets, groups, sample counts, freshness.

use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};

use super::bad_argument;
use super::series::Window;
use super::sessions::Origin;
use super::time::Time;
use crate::clock::now_us;
use crate::limits;
use crate::read::Database;
use crate::read::series::Span;
use crate::read::sums::{Ask, Cell, Column, DAY_US, FIVE_MINUTES_US, HOUR_US, Key, Sums, What};
use crate::refusal::{Code, Refusal};

/// Width of the buckets of an aggregate. Buckets begin at full UTC hours and days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Enum)]
pub(crate) enum Grain {
    /// Five minutes.
    FiveMinutes,
    /// One hour.
    #[default]
    Hour,
    /// One day, UTC.
    Day,
}

impl Grain {
    pub(crate) const fn width_us(self) -> i64 {
        match self {
            Self::FiveMinutes => FIVE_MINUTES_US,
            Self::Hour => HOUR_US,
            Self::Day => DAY_US,
        }
    }
}

/// What an aggregate may be grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Enum)]
pub(crate) enum Dimension {
    /// Node identity of the agent that reported it.
    Gateway,
    /// On-chain address, lower case; null where it could not be resolved.
    Orchestrator,
    /// Canonical pipeline.
    Pipeline,
    /// Canonical model.
    Model,
    /// Of demand the region of the gateway, of supply that of the orchestrator's own agent.
    Region,
    /// Name of the GPU, where all GPUs of the URI have the same.
    Gpu,
}

impl Dimension {
    pub(crate) const fn column(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Orchestrator => "orchestrator",
            Self::Pipeline => "pipeline",
            Self::Model => "model",
            Self::Region => "region",
            Self::Gpu => "gpu_name",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Gateway => "GATEWAY",
            Self::Orchestrator => "ORCHESTRATOR",
            Self::Pipeline => "PIPELINE",
            Self::Model => "MODEL",
            Self::Region => "REGION",
            Self::Gpu => "GPU",
        }
    }
}

/// Only what has all of these values.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct Scope {
    /// Node identity of the gateway's agent.
    pub(crate) gateway: Option<String>,
    /// On-chain address of the orchestrator; any case.
    pub(crate) orchestrator: Option<String>,
    /// Canonical pipeline.
    pub(crate) pipeline: Option<String>,
    /// Canonical model.
    pub(crate) model: Option<String>,
    /// Region.
    pub(crate) region: Option<String>,
    /// Name of the GPU.
    pub(crate) gpu: Option<String>,
}

impl Scope {
    /// The dimensions that are given, with their values.
    pub(crate) fn given(&self) -> Vec<(Dimension, String)> {
        let lower = self.orchestrator.as_ref().map(|a| a.to_lowercase());
        [
            (Dimension::Gateway, self.gateway.clone()),
            (Dimension::Orchestrator, lower),
            (Dimension::Pipeline, self.pipeline.clone()),
            (Dimension::Model, self.model.clone()),
            (Dimension::Region, self.region.clone()),
            (Dimension::Gpu, self.gpu.clone()),
        ]
        .into_iter()
        .filter_map(|(dimension, value)| Some((dimension, value?)))
        .collect()
    }

    /// Columns and values, where all that is given is among `allowed`.
    pub(crate) fn filters(&self, allowed: &[Dimension]) -> Result<Vec<(&'static str, String)>> {
        let given = self.given();
        if let Some((d, _)) = given.iter().find(|(d, _)| !allowed.contains(d)) {
            return Err(bad_argument(format!("this is not known by {}", d.word())));
        }
        Ok(given.into_iter().map(|(d, value)| (d.column(), value)).collect())
    }
}

/// What an aggregate is asked for, checked.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) span: Span,
    pub(crate) bucket: Grain,
    pub(crate) by: Vec<Dimension>,
    pub(crate) scope: Scope,
    pub(crate) origin: Origin,
    pub(crate) top: usize,
    pub(crate) now_us: i64,
}

impl Question {
    /// Checks and snaps; the window is the last 24 hours if left out.
    pub(crate) fn new(
        window: Option<&Window>,
        bucket: Grain,
        by: Option<Vec<Dimension>>,
        scope: Option<Scope>,
        origin: Origin,
        top: Option<i32>,
    ) -> Result<Self> {
        let now_us = now_us();
        let span = match window {
            Some(window) => window.span(now_us)?,
            None => Span { from_us: now_us - DAY_US, to_us: now_us },
        };
        let width = bucket.width_us();
        let span = Span {
            from_us: span.from_us.div_euclid(width) * width,
            to_us: (span.to_us + width - 1).div_euclid(width) * width,
        };
        let points = (span.to_us - span.from_us) / width;
        if points > limits::SERIES_POINTS {
            return Err(Refusal::new(
                Code::TooManyPoints,
                format!("the window has {points} buckets, at most {}", limits::SERIES_POINTS),
            )
            .over(points.unsigned_abs(), limits::SERIES_POINTS.unsigned_abs())
            .hint("take a wider bucket, or a shorter window")
            .into());
        }
        let by = by.unwrap_or_default();
        let twice = by.first().is_some_and(|d| by.iter().skip(1).any(|e| d == e));
        if by.len() > limits::DIMENSIONS || twice {
            return Err(bad_argument(format!(
                "groupBy takes at most {} different dimensions",
                limits::DIMENSIONS
            )));
        }
        let top = match top {
            None => limits::GROUPS_DEFAULT,
            Some(n) => usize::try_from(n)
                .ok()
                .filter(|n| (1..=limits::GROUPS).contains(n))
                .ok_or_else(|| {
                    bad_argument(format!("top is {n}; write a number from 1 to {}", limits::GROUPS))
                })?,
        };
        Ok(Self { span, bucket, by, scope: scope.unwrap_or_default(), origin, top, now_us })
    }

    /// Whether the dimension is grouped by or filtered on.
    pub(crate) fn uses(&self, dimension: Dimension) -> bool {
        self.by.contains(&dimension) || self.scope.given().iter().any(|(d, _)| *d == dimension)
    }

    /// Refuses dimensions that the figures do not have.
    pub(crate) fn allow(&self, allowed: &[Dimension]) -> Result<()> {
        self.scope.filters(allowed)?;
        match self.by.iter().find(|d| !allowed.contains(d)) {
            Some(d) => Err(bad_argument(format!("this cannot be grouped by {}", d.word()))),
            None => Ok(()),
        }
    }

    /// The read: by bucket, or the whole window at once where nobody asks for points.
    pub(crate) fn ask(&self, points: bool) -> Ask {
        let given = self.scope.given().into_iter().map(|(d, value)| (d.column(), value));
        let origin = ("origin", self.origin.word().to_owned());
        Ask {
            span: self.span,
            width_us: points.then(|| self.bucket.width_us()),
            by: self.by.iter().map(|d| d.column()).collect(),
            filters: std::iter::once(origin).chain(given).collect(),
            now_us: self.now_us,
        }
    }

    /// The same with a dimension more.
    pub(crate) fn ask_also_by(&self, points: bool, dimension: Dimension) -> Ask {
        let mut ask = self.ask(points);
        ask.by.push(dimension.column());
        ask
    }

    /// The time that has passed of a bucket, or of the window, seconds.
    pub(crate) fn passed_s(&self, start_us: Option<i64>) -> f64 {
        let (from, to) = match start_us {
            Some(start) => (start, start + self.bucket.width_us()),
            None => (self.span.from_us, self.span.to_us),
        };
        #[expect(clippy::cast_precision_loss, reason = "durations are far below 2^53")]
        let us = (to.min(self.now_us) - from).max(0) as f64;
        us / 1e6
    }

    /// Whether the bucket, or the window, is not over.
    pub(crate) fn partial(&self, start_us: Option<i64>) -> bool {
        let end = start_us.map_or(self.span.to_us, |start| start + self.bucket.width_us());
        end > self.now_us
    }

    /// The groups to give, the largest first, and how many are left out.
    pub(crate) fn largest<'a, T>(
        &self,
        groups: impl Iterator<Item = (&'a Key, &'a T)>,
        size: impl Fn(&T) -> f64,
    ) -> (Vec<(&'a Key, &'a T)>, usize)
    where
        T: 'a,
    {
        let mut groups: Vec<_> = groups.map(|(key, x)| (size(x), key, x)).collect();
        groups.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        let left_out = groups.len().saturating_sub(self.top);
        groups.truncate(self.top);
        (groups.into_iter().map(|(_, key, x)| (key, x)).collect(), left_out)
    }

    /// The dimensions of a group, with its values.
    pub(crate) fn key(&self, key: &Key) -> Vec<GroupKey> {
        let pairs = self.by.iter().zip(key);
        pairs.map(|(d, value)| GroupKey { dimension: *d, value: value.clone() }).collect()
    }
}

/// Refuses an answer of too many points.
pub(crate) fn at_most_points(n: usize) -> Result<()> {
    if n > limits::GROUP_POINTS {
        let limit = limits::GROUP_POINTS;
        return Err(Refusal::new(
            Code::TooManyPoints,
            format!("the answer has {n} points in all its groups, at most {limit}"),
        )
        .over(n as u64, limit as u64)
        .hint("ask for fewer groups with top, or for wider buckets")
        .into());
    }
    Ok(())
}

/// One dimension of a group.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct GroupKey {
    dimension: Dimension,
    /// Null: unknown, or not resolved.
    value: Option<String>,
}

/// Count and mean of a figure over sessions, legs or jobs.
#[derive(Debug, Clone, Copy, Default, SimpleObject)]
pub(crate) struct Tally {
    /// How many have the figure.
    n: i64,
    /// Sum over these; null without any.
    sum: Option<f64>,
    /// Sum / n; null without any. A mean of a longer time is its sum / its n, never a mean of means.
    mean: Option<f64>,
}

/// A count, which is whole however it came; 0 where no row is in the bucket.
#[expect(clippy::cast_possible_truncation, reason = "counts are far below 2^53")]
pub(crate) fn count(x: Option<f64>) -> i64 {
    x.unwrap_or(0.0).round() as i64
}

/// Numerator / denominator; `None` where either is missing or there is nothing to divide by.
pub(crate) fn ratio(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    a.zip(b.filter(|b| *b > 0.0)).map(|(a, b)| a / b)
}

/// The sums of one cell, by name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures<'a>(pub(crate) &'a Sums, pub(crate) &'a Cell);

impl Figures<'_> {
    pub(crate) fn sum(self, table: &str, field: &str) -> Option<f64> {
        self.0.get(self.1, table, field, What::Sum)
    }

    pub(crate) fn rows(self, table: &str, field: &str) -> Option<f64> {
        self.0.get(self.1, table, field, What::Count)
    }

    pub(crate) fn tally(self, table: &str, field: &str) -> Tally {
        let (n, sum) = (self.rows(table, field), self.sum(table, field));
        Tally { n: count(n), sum: sum.filter(|_| count(n) > 0), mean: ratio(sum, n) }
    }
}

/// Sums of fields of a table.
pub(crate) fn sums_of(table: &'static str, fields: &[&'static str]) -> Vec<Column> {
    fields.iter().map(|field| Column { table, field, what: What::Sum }).collect()
}

/// Sums and counts of fields of a table.
pub(crate) fn tallies_of(table: &'static str, fields: &[&'static str]) -> Vec<Column> {
    let both = |field| [What::Count, What::Sum].map(|what| Column { table, field, what });
    fields.iter().flat_map(|field| both(*field)).collect()
}

/// The window that was read, and how fresh it is.
#[derive(Debug)]
pub(crate) struct Meta {
    question: Question,
    part: &'static str,
}

impl Meta {
    /// `part`: the part of the derivation that the figures come from.
    pub(crate) fn new(question: Question, part: &'static str) -> Self {
        Self { question, part }
    }
}

#[Object]
impl Meta {
    /// Beginning of the window, snapped to its buckets.
    async fn from(&self) -> Time {
        Time::from_us(self.question.span.from_us)
    }

    /// End of the window, exclusive, snapped to its buckets.
    async fn to(&self) -> Time {
        Time::from_us(self.question.span.to_us)
    }

    /// Width of the buckets.
    async fn bucket(&self) -> Grain {
        self.question.bucket
    }

    /// Whose traffic it is; origins are never mixed.
    async fn origin(&self) -> Origin {
        self.question.origin
    }

    /// Whether the window is not over yet.
    async fn partial(&self) -> bool {
        self.question.partial(None)
    }

    /// Everything that was stored up to here is in the figures, by the collector's clock; what nodes
    /// have yet to send is not. Null where the derivation has not said.
    async fn data_through(&self, ctx: &Context<'_>) -> Result<Option<Time>> {
        data_through(ctx, self.part).await
    }
}

/// How far a part of the derivation is: the least of all collectors that run it.
pub(crate) async fn data_through(ctx: &Context<'_>, part: &str) -> Result<Option<Time>> {
    let parts = ctx.data::<Database>()?.derivation().await.map_err(super::unavailable)?;
    let of_part = parts.iter().filter(|p| p.part.as_deref() == Some(part));
    Ok(of_part.filter_map(|p| p.through_at).min().map(Time))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(by: Vec<Dimension>, last: &str, bucket: Grain) -> Result<Question> {
        let window = Window::last(last);
        Question::new(Some(&window), bucket, Some(by), None, Origin::Organic, None)
    }

    #[test]
    fn questions_are_bounded() {
        let two = vec![Dimension::Region, Dimension::Model];
        assert!(ask(two.clone(), "30d", Grain::Hour).is_ok());
        assert!(ask(two, "30d", Grain::FiveMinutes).is_err(), "8640 buckets");
        let twice = vec![Dimension::Region, Dimension::Region];
        assert!(ask(twice, "1d", Grain::Hour).is_err());
        let three = vec![Dimension::Region, Dimension::Model, Dimension::Gpu];
        assert!(ask(three, "1d", Grain::Hour).is_err());
        for bad in [0, -1, 501] {
            let q = Question::new(None, Grain::Hour, None, None, Origin::Organic, Some(bad));
            assert!(q.is_err(), "top {bad}");
        }
    }

    #[test]
    fn windows_are_snapped_outward() {
        let q = ask(vec![], "90m", Grain::Hour).unwrap();
        assert_eq!((q.span.from_us % HOUR_US, q.span.to_us % HOUR_US), (0, 0));
        assert!(q.span.to_us >= q.now_us && q.span.from_us <= q.now_us - 90 * 60_000_000);
        let start = q.span.to_us - HOUR_US;
        assert_eq!(q.partial(Some(start)), q.span.to_us > q.now_us);
        assert!(!q.partial(Some(start - HOUR_US)));
        assert!((q.passed_s(Some(start - HOUR_US)) - 3600.0).abs() < 1e-9);
    }

    #[test]
    fn the_largest_groups_are_kept_and_the_others_counted() {
        let mut q = ask(vec![Dimension::Model], "1d", Grain::Hour).unwrap();
        q.top = 2;
        let sizes = [("a", 1.0), ("b", 3.0), ("c", 3.0), ("d", 0.0)];
        let groups: Vec<(Key, f64)> =
            sizes.iter().map(|(k, n)| (vec![Some((*k).to_owned())], *n)).collect();
        let (kept, left_out) = q.largest(groups.iter().map(|(k, n)| (k, n)), |n| *n);
        let names: Vec<_> = kept.iter().filter_map(|(k, _)| k.first()?.as_deref()).collect();
        assert_eq!((names, left_out), (vec!["b", "c"], 2));
    }

    #[test]
    fn nothing_is_divided_by_nothing() {
        assert_eq!(ratio(Some(1.0), Some(0.0)), None);
        assert_eq!(ratio(None, Some(2.0)), None);
        assert_eq!(ratio(Some(0.0), Some(2.0)), Some(0.0));
        assert_eq!(count(None), 0);
    }
}
