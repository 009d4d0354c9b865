//! What aggregates have in common: windows snapped to buckets, groups, sample counts, freshness.

use async_graphql::{
    Context, Enum, InputObject, Lookahead, Object, OutputType, Result, SimpleObject,
};

use super::bucket::{AGGREGATES, Bucket};
use super::error::{bad_argument, over, unavailable};
use super::heard::{Behind, data_coverage};
use super::series::Window;
use super::sessions::Origin;
use super::time::Time;
use crate::clock::now_us;
use crate::limits;
use crate::read::series::Span;
use crate::read::sums::{Ask, Cell, Column, DAY_US, Key, Sums, What};
use crate::read::{Database, Filter};
use crate::refusal::Code;

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

/// Only what has, of each dimension that is given, one of these values. Each takes up to 20; one needs
/// no brackets.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct Scope {
    /// Node identities of gateways' agents.
    pub(crate) gateway: Option<Vec<String>>,
    /// On-chain addresses of orchestrators; any case.
    pub(crate) orchestrator: Option<Vec<String>>,
    /// Canonical pipelines.
    pub(crate) pipeline: Option<Vec<String>>,
    /// Canonical models.
    pub(crate) model: Option<Vec<String>>,
    /// Regions.
    pub(crate) region: Option<Vec<String>>,
    /// Names of GPUs.
    pub(crate) gpu: Option<Vec<String>>,
}

impl Scope {
    /// The dimensions that are given, with their values.
    fn given(&self) -> Vec<(Dimension, Vec<String>)> {
        let lower = |all: &Vec<String>| all.iter().map(|a| a.to_lowercase()).collect();
        [
            (Dimension::Gateway, self.gateway.clone()),
            (Dimension::Orchestrator, self.orchestrator.as_ref().map(lower)),
            (Dimension::Pipeline, self.pipeline.clone()),
            (Dimension::Model, self.model.clone()),
            (Dimension::Region, self.region.clone()),
            (Dimension::Gpu, self.gpu.clone()),
        ]
        .into_iter()
        .filter_map(|(dimension, values)| Some((dimension, values?)))
        .collect()
    }

    /// The values of a dimension; empty if it is not given.
    pub(crate) fn values(&self, dimension: Dimension) -> Vec<String> {
        let given = self.given().into_iter().find(|(d, _)| *d == dimension);
        given.map(|(_, values)| values).unwrap_or_default()
    }

    /// Columns and values, where all that is given is among `allowed`.
    pub(crate) fn filters(&self, allowed: &[Dimension]) -> Result<Vec<Filter>> {
        let given = self.given();
        for (dimension, values) in &given {
            let word = dimension.word();
            if !allowed.contains(dimension) {
                return Err(bad_argument(format!("this is not known by {word}")));
            }
            if values.is_empty() || values.len() > limits::SCOPE_VALUES {
                return Err(over(
                    Code::BadArgument,
                    &format!("where has {} values of {word}", values.len()),
                    limits::SCOPE_VALUES.try_into().unwrap_or(i64::MAX),
                    values.len().try_into().unwrap_or(i64::MAX),
                    "give from 1 to so many, or leave it out",
                ));
            }
        }
        Ok(given.into_iter().map(|(d, values)| (d.column(), values)).collect())
    }
}

/// What an aggregate is asked for, checked.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) span: Span,
    pub(crate) bucket: Bucket,
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
        bucket: Bucket,
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
        let bucket = bucket.choose(&AGGREGATES, span, if by.is_empty() { 1 } else { top })?;
        let (span, scope) = (bucket.snap(span), scope.unwrap_or_default());
        Ok(Self { span, bucket, by, scope, origin, top, now_us })
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
        let given = self.scope.given().into_iter().map(|(d, values)| (d.column(), values));
        let origin = ("origin", vec![self.origin.word().to_owned()]);
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

    /// The groups to give, the largest first, and those that are left out.
    pub(crate) fn largest<'a, T>(
        &self,
        groups: impl Iterator<Item = (&'a Key, &'a T)>,
        size: impl Fn(&T) -> f64,
    ) -> (Vec<(&'a Key, &'a T)>, Vec<(&'a Key, &'a T)>)
    where
        T: 'a,
    {
        let mut groups: Vec<_> = groups.map(|(key, x)| (size(x), key, x)).collect();
        groups.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        let mut kept: Vec<_> = groups.into_iter().map(|(_, key, x)| (key, x)).collect();
        let rest = kept.split_off(self.top.min(kept.len()));
        (kept, rest)
    }

    /// Refuses an answer of too many points in so many groups, with what would fit.
    pub(crate) fn at_most_points(&self, points: usize, groups: usize) -> Result<()> {
        if points <= limits::GROUP_POINTS {
            return Ok(());
        }
        let top = limits::GROUP_POINTS / points.div_ceil(groups.max(1)).max(1);
        let coarser = AGGREGATES.iter().find(|b| {
            let span = self.span;
            let buckets = (span.to_us - span.from_us).div_euclid(b.width_us()).max(1);
            let all = usize::try_from(buckets).unwrap_or(usize::MAX).saturating_mul(groups);
            b.width_us() > self.bucket.width_us() && all <= limits::GROUP_POINTS
        });
        let coarser = coarser.map_or_else(
            || "a shorter window does".to_owned(),
            |bucket| format!("bucket {} does", bucket.word()),
        );
        let size = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        Err(over(
            Code::TooManyPoints,
            &format!("the answer has {points} points in {groups} groups"),
            size(limits::GROUP_POINTS),
            size(points),
            &format!("top {} fits, or {coarser}", top.max(1)),
        ))
    }

    /// The dimensions of a group, with its values.
    pub(crate) fn key(&self, key: &Key) -> Vec<GroupKey> {
        let pairs = self.by.iter().zip(key);
        pairs.map(|(d, value)| GroupKey { dimension: *d, value: value.clone() }).collect()
    }
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
    pub(crate) n: i64,
    /// Sum over these; null without any.
    sum: Option<f64>,
    /// Sum / n; null without any. A mean of a longer time is its sum / its n, never a mean of means.
    pub(crate) mean: Option<f64>,
}

/// Tallies as lists, one value for each bucket.
#[derive(Debug, Clone, Default, SimpleObject)]
pub(crate) struct TallyColumns {
    /// How many have the figure.
    n: Vec<i64>,
    /// Sum over these; null without any.
    sum: Vec<Option<f64>>,
    /// Sum / n; null without any.
    mean: Vec<Option<f64>>,
}

/// What can stand in a column: one value for each bucket.
pub(crate) trait Columnar: Sized {
    /// All of them.
    type Column: OutputType + Default;

    /// Puts a value behind the others.
    fn push(self, column: &mut Self::Column);
}

macro_rules! columnar {
    ($($ty:ty),*) => {
        $(impl Columnar for $ty {
            type Column = Vec<Self>;

            fn push(self, column: &mut Vec<Self>) {
                column.push(self);
            }
        })*
    };
}

columnar!(i64, Option<i64>, Option<f64>);

impl Columnar for Tally {
    type Column = TallyColumns;

    fn push(self, column: &mut TallyColumns) {
        column.n.push(self.n);
        column.sum.push(self.sum);
        column.mean.push(self.mean);
    }
}

impl Columnar for Option<Tally> {
    type Column = TallyColumns;

    fn push(self, column: &mut TallyColumns) {
        self.unwrap_or_default().push(column);
    }
}

/// Figures of a bucket, or of the whole window, and the same as columns over all buckets.
macro_rules! figures {
    ($(#[$doc:meta])* $name:ident, $columns:ident { $($(#[$d:meta])* $field:ident : $ty:ty),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, SimpleObject)]
        pub(crate) struct $name { $($(#[$d])* $field: $ty),* }

        /// The figures of the points as lists, one value for each bucket that has data: the same
        /// numbers, smaller and quicker.
        #[derive(Debug, Default, SimpleObject)]
        pub(crate) struct $columns {
            /// Starts of the buckets, oldest first.
            time: Vec<Time>,
            /// Whether each is not over yet.
            partial: Vec<bool>,
            $($(#[$d])* $field: <$ty as $crate::schema::groups::Columnar>::Column),*
        }

        impl $columns {
            fn push(&mut self, time: Time, partial: bool, figures: $name) {
                self.time.push(time);
                self.partial.push(partial);
                $($crate::schema::groups::Columnar::push(figures.$field, &mut self.$field);)*
            }
        }
    };
}
pub(crate) use figures;

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

/// Which parts of groups a query asks for.
pub(crate) struct Asked<'a>(Lookahead<'a>);

impl<'a> Asked<'a> {
    pub(crate) fn of(ctx: &'a Context<'_>) -> Self {
        Self(ctx.look_ahead())
    }

    fn any(&self, path: impl Fn(Lookahead<'a>) -> Lookahead<'a>) -> bool {
        ["groups", "other"].iter().any(|of| path(self.0.field(of)).exists())
    }

    /// Whether anything by bucket.
    pub(crate) fn points(&self) -> bool {
        ["points", "columns"].iter().any(|part| self.any(|group| group.field(part)))
    }

    /// Whether this figure, of buckets or of the whole window.
    pub(crate) fn figure(&self, name: &str) -> bool {
        let parts = ["total", "points", "columns"];
        parts.iter().any(|part| self.any(|group| group.field(part).field(name)))
    }
}

/// The window that was read, what it rests on, and how fresh it is.
#[derive(Debug)]
pub(crate) struct Meta {
    question: Question,
    part: &'static str,
    samples: i64,
}

impl Meta {
    /// `part`: the part of the derivation that the figures come from.
    pub(crate) fn new(question: Question, part: &'static str, samples: i64) -> Self {
        Self { question, part, samples }
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
    async fn bucket(&self) -> Bucket {
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

    /// Samples behind the whole answer, of all groups together.
    async fn samples(&self) -> i64 {
        self.samples
    }

    /// Time with data that arrived / time expected, over the agents of gateways that the answer is
    /// narrowed to, 0 to 1. Null where none of them was expected, and for windows that begin more
    /// than 30 days ago.
    async fn data_coverage(&self, ctx: &Context<'_>) -> Result<Option<f64>> {
        let q = &self.question;
        let behind = match self.part {
            "supply" => Behind::askers(q.origin),
            _ => Behind::gateways(q.origin, &q.scope),
        };
        data_coverage(ctx, &behind, q.span).await
    }

    /// Everything that was stored up to here is in the figures, by the collector's clock; what nodes
    /// have yet to send is not. Null where the derivation has not said.
    async fn data_through(&self, ctx: &Context<'_>) -> Result<Option<Time>> {
        data_through(ctx, self.part).await
    }
}

/// How far a part of the derivation is: the least of all collectors that run it.
pub(crate) async fn data_through(ctx: &Context<'_>, part: &str) -> Result<Option<Time>> {
    let parts = ctx.data::<Database>()?.derivation().await.map_err(unavailable)?;
    let of_part = parts.iter().filter(|p| p.part.as_deref() == Some(part));
    Ok(of_part.filter_map(|p| p.through_at).min().map(Time))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::sums::HOUR_US;

    fn ask(by: Vec<Dimension>, last: &str, bucket: Bucket) -> Result<Question> {
        let window = Window::last(last);
        Question::new(Some(&window), bucket, Some(by), None, Origin::Organic, None)
    }

    #[test]
    fn questions_are_bounded() {
        let two = vec![Dimension::Region, Dimension::Model];
        assert!(ask(two.clone(), "30d", Bucket::H1).is_ok());
        assert!(ask(two, "30d", Bucket::M5).is_err(), "8640 buckets");
        let twice = vec![Dimension::Region, Dimension::Region];
        assert!(ask(twice, "1d", Bucket::H1).is_err());
        let three = vec![Dimension::Region, Dimension::Model, Dimension::Gpu];
        assert!(ask(three, "1d", Bucket::H1).is_err());
        for bad in [0, -1, 501] {
            let q = Question::new(None, Bucket::H1, None, None, Origin::Organic, Some(bad));
            assert!(q.is_err(), "top {bad}");
        }
    }

    #[test]
    fn windows_are_snapped_outward() {
        let q = ask(vec![], "90m", Bucket::H1).unwrap();
        assert_eq!((q.span.from_us % HOUR_US, q.span.to_us % HOUR_US), (0, 0));
        assert!(q.span.to_us >= q.now_us && q.span.from_us <= q.now_us - 90 * 60_000_000);
        let start = q.span.to_us - HOUR_US;
        assert_eq!(q.partial(Some(start)), q.span.to_us > q.now_us);
        assert!(!q.partial(Some(start - HOUR_US)));
        assert!((q.passed_s(Some(start - HOUR_US)) - 3600.0).abs() < 1e-9);
    }

    #[test]
    fn the_largest_groups_are_kept_and_the_others_counted() {
        let mut q = ask(vec![Dimension::Model], "1d", Bucket::H1).unwrap();
        q.top = 2;
        let sizes = [("a", 1.0), ("b", 3.0), ("c", 3.0), ("d", 0.0)];
        let groups: Vec<(Key, f64)> =
            sizes.iter().map(|(k, n)| (vec![Some((*k).to_owned())], *n)).collect();
        let (kept, rest) = q.largest(groups.iter().map(|(k, n)| (k, n)), |n| *n);
        let names = |groups: &[(&Key, &f64)]| -> Vec<String> {
            groups.iter().filter_map(|(k, _)| k.first()?.clone()).collect()
        };
        assert_eq!(
            (names(&kept), names(&rest)),
            (vec!["b".into(), "c".into()], vec!["a".into(), "d".into()])
        );
    }

    #[test]
    fn too_many_points_say_what_fits() {
        let q = ask(vec![Dimension::Model], "30d", Bucket::H1).unwrap();
        assert!(q.at_most_points(10_000, 100).is_ok());
        let error = q.at_most_points(72_000, 100).unwrap_err();
        assert_eq!(
            error.message,
            "the answer has 72000 points in 100 groups, the limit is 10000; top 13 fits, or bucket D1 does"
        );
    }

    #[test]
    fn dimensions_take_several_values_and_not_too_many() {
        let of = |n: usize| Scope { model: Some(vec!["m".into(); n]), ..Scope::default() };
        assert!(of(20).filters(&[Dimension::Model]).is_ok());
        for bad in [0, 21] {
            assert!(of(bad).filters(&[Dimension::Model]).is_err(), "{bad}");
        }
        assert!(of(1).filters(&[Dimension::Region]).is_err());
        let upper = Scope { orchestrator: Some(vec!["0xAB".into()]), ..Scope::default() };
        assert_eq!(upper.values(Dimension::Orchestrator), ["0xab"]);
    }

    #[test]
    fn nothing_is_divided_by_nothing() {
        assert_eq!(ratio(Some(1.0), Some(0.0)), None);
        assert_eq!(ratio(None, Some(2.0)), None);
        assert_eq!(ratio(Some(0.0), Some(2.0)), Some(0.0));
        assert_eq!(count(None), 0);
    }
}
