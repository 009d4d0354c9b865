//! Distributions: p50, p95 and p99 from mergeable histograms (`definitions.md` 5).

use std::collections::BTreeMap;

use async_graphql::{ComplexObject, Context, Enum, MergedObject, Result, SimpleObject};
use naap_schema::histogram;

use super::demand::Basis;
use super::error::{bad_argument, unavailable};
use super::groups::{Asked, Dimension, GroupKey, Meta, Question, figures};
use super::time::Time;
use crate::read::Database;
use crate::read::distributions::{Counts, Histograms};
use crate::read::sums::Ask;

/// What is distributed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum Measure {
    /// Request (legs: start) to first processed segment, ms.
    Startup,
    /// Request (legs: start) to third processed segment, ms.
    TimeToPlayable,
    /// Earliest start of the runner to third processed segment, ms.
    PromptToFirstFrame,
    /// Mean media latency as the gateway saw it, ms.
    #[graphql(name = "E2E_MEDIA")]
    E2eMedia,
    /// Mean output frames per second of a session or leg, from the first sample above 0 on.
    OutputFps,
    /// Output frames per second of every status sample, warm-up included.
    StatusFps,
    /// How long a job took, ms.
    JobDuration,
    /// Time to the first token of a job, ms.
    FirstToken,
}

impl Measure {
    /// Table and field.
    const fn source(self, basis: Basis) -> (&'static str, &'static str) {
        match self {
            Self::Startup => (basis.table(), "startup_ms"),
            Self::TimeToPlayable => (basis.table(), "playable_ms"),
            Self::PromptToFirstFrame => (basis.table(), "prompt_to_first_frame_ms"),
            Self::E2eMedia => (basis.table(), "e2e_media_ms"),
            Self::OutputFps => (basis.table(), "output_fps_mean"),
            Self::StatusFps => ("stream_status", "output_fps"),
            Self::JobDuration => ("job", "duration_ms"),
            Self::FirstToken => ("job", "first_token_ms"),
        }
    }

    const fn part(self) -> &'static str {
        match self {
            Self::JobDuration | Self::FirstToken => "jobs",
            _ => "sessions",
        }
    }

    const fn dimensions(self, basis: Basis) -> &'static [Dimension] {
        use Dimension::{Gateway, Gpu, Model, Orchestrator, Pipeline, Region};
        match (self, basis) {
            // A status names what gateways put there: a model, and a hot wallet.
            (Self::StatusFps, _) => &[Gateway, Model],
            (Self::JobDuration | Self::FirstToken, _) => {
                &[Gateway, Orchestrator, Pipeline, Model, Region]
            }
            (_, Basis::Sessions) => &[Gateway, Pipeline, Model, Region],
            (_, Basis::Legs) => &[Gateway, Orchestrator, Pipeline, Model, Region, Gpu],
        }
    }
}

/// A measure over time, by group.
#[derive(Debug, MergedObject)]
pub(crate) struct Distributions(Meta, DistributionGroups);

/// The groups of a distribution.
#[derive(Debug, SimpleObject)]
pub(crate) struct DistributionGroups {
    measure: Measure,
    /// What the values are of; null for status samples and jobs.
    of: Option<Basis>,
    /// ms or fps.
    unit: &'static str,
    /// How far a percentile may be from the exact one, as a share of it.
    relative_error: f64,
    /// The groups with the most values first; one without a key where nothing is grouped by.
    groups: Vec<DistributionGroup>,
    /// The values of the groups beyond `top`, all together; null where all are given.
    other: Option<DistributionGroup>,
    /// How many groups these are.
    groups_left_out: usize,
}

/// One group.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct DistributionGroup {
    key: Vec<GroupKey>,
    /// The whole window.
    total: Percentiles,
    /// Buckets that have values, oldest first.
    points: Vec<DistributionPoint>,
}

/// One bucket.
#[derive(Debug, SimpleObject)]
pub(crate) struct DistributionPoint {
    /// Start of the bucket.
    time: Time,
    /// Whether the bucket is not over yet.
    partial: bool,
    #[graphql(flatten)]
    percentiles: Percentiles,
}

#[ComplexObject]
impl DistributionGroup {
    /// `points` as lists, for charts.
    async fn columns(&self) -> PercentileColumns {
        let mut columns = PercentileColumns::default();
        for p in &self.points {
            columns.push(p.time, p.partial, p.percentiles.clone());
        }
        columns
    }
}

figures! {
    /// Percentiles, each within 2 % of the exact one.
    Percentiles, PercentileColumns {
        /// Values.
        n: i64,
        p50: Option<f64>,
        p95: Option<f64>,
        p99: Option<f64>,
    }
}

impl Percentiles {
    fn of(counts: &Counts) -> Self {
        let counts: Vec<(i64, u64)> = counts.iter().map(|(b, n)| (*b, *n)).collect();
        let n: u64 = counts.iter().map(|c| c.1).sum();
        Self {
            n: i64::try_from(n).unwrap_or(i64::MAX),
            p50: histogram::quantile(&counts, 0.5),
            p95: histogram::quantile(&counts, 0.95),
            p99: histogram::quantile(&counts, 0.99),
        }
    }
}

fn merged<'a>(all: impl Iterator<Item = &'a Counts>) -> Counts {
    let mut out = Counts::new();
    for (b, n) in all.flatten() {
        *out.entry(*b).or_default() += n;
    }
    out
}

fn group(
    question: &Question,
    key: Vec<GroupKey>,
    times: &BTreeMap<i64, Counts>,
    points: bool,
) -> DistributionGroup {
    let point = |(start, counts): (&i64, &Counts)| DistributionPoint {
        time: Time::from_us(*start),
        partial: question.partial(Some(*start)),
        percentiles: Percentiles::of(counts),
    };
    DistributionGroup {
        key,
        total: Percentiles::of(&merged(times.values())),
        points: if points { times.iter().map(point).collect() } else { Vec::new() },
    }
}

/// Status rows name the gateway's agent and the model otherwise.
fn as_status(ask: Ask) -> Ask {
    let column = |c| match c {
        "gateway" => "node",
        "model" => "pipeline",
        other => other,
    };
    Ask {
        by: ask.by.into_iter().map(column).collect(),
        filters: ask.filters.into_iter().map(|(c, value)| (column(c), value)).collect(),
        ..ask
    }
}

impl Distributions {
    pub(crate) async fn read(
        ctx: &Context<'_>,
        question: Question,
        measure: Measure,
        of: Option<Basis>,
    ) -> Result<Self> {
        let basis = of.unwrap_or_else(|| Basis::of(&question));
        let allowed = measure.dimensions(basis);
        question.allow(allowed)?;
        let (table, field) = measure.source(basis);
        let of_streams = table == basis.table();
        if of.is_some() && !of_streams {
            return Err(bad_argument("of is for measures of sessions and legs"));
        }
        let points = Asked::of(ctx).points();
        let ask = question.ask(points);
        let ask = if table == "stream_status" { as_status(ask) } else { ask };
        let found = ctx.data::<Database>()?.histograms(&ask, table, field).await;
        let found = found.map_err(unavailable)?;
        let head = DistributionGroups {
            measure,
            of: of_streams.then_some(basis),
            unit: if field.ends_with("_ms") { "ms" } else { "fps" },
            relative_error: 0.02,
            groups: Vec::new(),
            other: None,
            groups_left_out: 0,
        };
        Self::new(question, head, measure.part(), &found, points)
    }

    fn new(
        question: Question,
        mut head: DistributionGroups,
        part: &'static str,
        found: &Histograms,
        points: bool,
    ) -> Result<Self> {
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
        let size = |times: &BTreeMap<i64, Counts>| {
            times.values().flat_map(BTreeMap::values).sum::<u64>() as f64
        };
        let (kept, rest) = question.largest(found.iter(), size);
        if points {
            let all = kept.iter().map(|(_, t)| t.len()).sum();
            question.at_most_points(all, kept.len())?;
        }
        for (key, times) in kept {
            head.groups.push(group(&question, question.key(key), times, points));
        }
        head.other = (!rest.is_empty()).then(|| {
            let mut times: BTreeMap<i64, Counts> = BTreeMap::new();
            for (start, counts) in rest.iter().flat_map(|(_, times)| times.iter()) {
                let all = times.entry(*start).or_default();
                *all = merged([&*all, counts].into_iter());
            }
            group(&question, Vec::new(), &times, points)
        });
        head.groups_left_out = rest.len();
        let samples = head.groups.iter().chain(&head.other).map(|g| g.total.n).sum();
        Ok(Self(Meta::new(question, part, samples), head))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_measure_is_a_distribution_of_the_schema() {
        let all = [
            Measure::Startup,
            Measure::TimeToPlayable,
            Measure::PromptToFirstFrame,
            Measure::E2eMedia,
            Measure::OutputFps,
            Measure::StatusFps,
            Measure::JobDuration,
            Measure::FirstToken,
        ];
        for measure in all {
            for basis in [Basis::Sessions, Basis::Legs] {
                let (table, field) = measure.source(basis);
                let entity = naap_schema::entity(table).unwrap();
                let field = entity.fields.iter().find(|f| f.name == field).unwrap();
                assert!(field.distribution.is_some(), "{table}.{}", field.name);
                let rollup = naap_schema::ROLLUPS.iter().find(|r| r.name == table).unwrap();
                assert!(rollup.histograms.iter().any(|(_, of, _)| *of == field.name), "{table}");
            }
        }
    }

    #[test]
    fn hours_merge_before_percentiles_are_taken() {
        let counts = |pairs: &[(f64, u64)]| -> Counts {
            pairs.iter().map(|(x, n)| (histogram::bucket(*x, (1.0, 1e6)), *n)).collect()
        };
        let times = BTreeMap::from([(0, counts(&[(100.0, 99)])), (1, counts(&[(5000.0, 1)]))]);
        let p = Percentiles::of(&merged(times.values()));
        assert_eq!(p.n, 100);
        assert!((p.p50.unwrap() / 100.0 - 1.0).abs() <= 0.0201);
        assert!((p.p99.unwrap() / 100.0 - 1.0).abs() <= 0.0201, "rank 98 of 0 to 99");
        assert_eq!(Percentiles::of(&Counts::new()).p50, None);
    }
}
