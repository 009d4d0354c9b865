//! SLA scores with everything that made them, targets, benchmarks, and what orchestrators report
//! against what was observed (`definitions.md` 3).

use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use naap_schema::targets::{Side, TARGETS, Target};

use super::bucket::{Bucket, SCORES};
use super::error::{over, unavailable};
use super::groups::{Dimension, Scope, data_through};
use super::heard::{Behind, data_coverage};
use super::series::Window;
use super::sessions::Origin;
use super::time::Time;
use crate::clock::now_us;
use crate::limits;
use crate::read::series::Span;
use crate::read::sla::{Benchmark as BenchmarkRow, Reported as ReportedRow, Score as Row};
use crate::read::sums::{DAY_US, HOUR_US};
use crate::read::{Database, Filter};
use crate::refusal::Code;

/// Name of the score; the version of the definitions is in each row.
const SCORE: &str = "naap";
/// Share of reliability in a score.
const RELIABILITY: f64 = 0.7;
/// Share of quality in a score.
const QUALITY: f64 = 0.3;

/// How much time before its end a score covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Enum)]
pub(crate) enum SlaSpan {
    /// 24 hours.
    #[default]
    Day,
    /// 7 days.
    Week,
}

impl SlaSpan {
    const fn word(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::Week => "7d",
        }
    }

    const fn length_us(self) -> i64 {
        match self {
            Self::Day => DAY_US,
            Self::Week => 7 * DAY_US,
        }
    }
}

/// How often a target was met.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct Compliance {
    /// startup, swap, jitter, e2e or fresh.
    target: &'static str,
    /// What is compared with the value.
    figure: &'static str,
    /// What it must be.
    value: f64,
    /// Unit of `value`.
    unit: &'static str,
    /// Whether it must be at least `value`; at most otherwise.
    at_least: bool,
    /// Closed hours that met it.
    met: Option<i64>,
    /// Closed hours that have values for it.
    hours: Option<i64>,
    /// met / hours; null without hours.
    ratio: Option<f64>,
}

/// A term of a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum SlaTermName {
    /// Served legs / requested legs.
    StartupSuccess,
    /// 1 − legs swapped away from / requested legs.
    NoSwap,
    /// Legs with any FPS above 0 / legs with at least 2 status samples.
    OutputViability,
    /// Median prompt to first frame against the benchmark.
    PromptToFirstFrame,
    /// Median media latency against the benchmark.
    #[graphql(name = "E2E_MEDIA")]
    E2eMedia,
    /// Median output FPS against the benchmark.
    OutputFps,
}

/// What a term is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum SlaPart {
    /// Seven tenths of the score.
    Reliability,
    /// Three tenths of the score.
    Quality,
}

/// One term of a score.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct SlaTerm {
    name: SlaTermName,
    part: SlaPart,
    /// The term, 0 to 1; null where it was left out for want of values.
    value: Option<f64>,
    /// Legs that it rests on; of FPS samples.
    n: Option<i64>,
    /// Median of the figure, in its own unit (ms, fps); null of reliability's terms.
    median: Option<f64>,
    /// Weight within its part, after terms without values were left out.
    weight: Option<f64>,
    /// Weight in the whole score.
    effective_weight: Option<f64>,
    /// NO_BENCHMARK (the term is 0.5 for want of one), NO_VALUES, or null.
    flag: Option<String>,
    /// Points of the 100 that it cost.
    cost: Option<f64>,
}

/// Names of columns of a term: value, n, median, weight, flag, cost.
type TermColumns = (SlaTermName, [&'static str; 6]);

const TERMS: [TermColumns; 6] = [
    (
        SlaTermName::StartupSuccess,
        ["startup_success", "requested", "", "startup_weight", "", "cost_startup_success"],
    ),
    (SlaTermName::NoSwap, ["no_swap", "requested", "", "no_swap_weight", "", "cost_no_swap"]),
    (
        SlaTermName::OutputViability,
        ["viability", "viability_legs", "", "viability_weight", "", "cost_viability"],
    ),
    (
        SlaTermName::PromptToFirstFrame,
        ["ptff_term", "ptff_n", "ptff_median", "ptff_weight", "ptff_flag", "cost_ptff"],
    ),
    (
        SlaTermName::E2eMedia,
        ["e2e_term", "e2e_n", "e2e_median", "e2e_weight", "e2e_flag", "cost_e2e"],
    ),
    (
        SlaTermName::OutputFps,
        ["fps_term", "fps_n", "fps_median", "fps_weight", "fps_flag", "cost_fps"],
    ),
];

/// Scores, and what they rest on.
#[derive(Debug)]
pub(crate) struct Sla {
    span: SlaSpan,
    bucket: Bucket,
    origin: Origin,
    scope: Scope,
    window: Option<Span>,
    scores: Vec<Row>,
}

#[Object]
impl Sla {
    /// How much time before its end each score covers.
    async fn span(&self) -> SlaSpan {
        self.span
    }

    /// Whose legs were scored.
    async fn origin(&self) -> Origin {
        self.origin
    }

    /// Beginning of the window that the ends are in; null where there is no score at all.
    async fn from(&self) -> Option<Time> {
        self.window.map(|w| Time::from_us(w.from_us))
    }

    /// End of that window, exclusive.
    async fn to(&self) -> Option<Time> {
        self.window.map(|w| Time::from_us(w.to_us))
    }

    /// H1: scores of every full hour; D1: those that end at midnight UTC. Scores are never averaged.
    async fn bucket(&self) -> Bucket {
        self.bucket
    }

    /// Whether the window of the ends is not over yet.
    async fn partial(&self) -> Option<bool> {
        self.window.map(|w| w.to_us > now_us())
    }

    /// Requested legs behind all scores together; a leg counts in each score that it is in.
    async fn samples(&self) -> i64 {
        self.scores.iter().filter_map(|s| s.count("requested")).sum()
    }

    /// Time with data that arrived / time expected, over the gateways' agents that the scores are
    /// narrowed to and all the time that the scores cover, 0 to 1. Null where none of them was
    /// expected, and where that time begins more than 30 days ago.
    async fn data_coverage(&self, ctx: &Context<'_>) -> Result<Option<f64>> {
        let ends = || self.scores.iter().map(|s| s.end.timestamp_micros());
        let Some((first, last)) = ends().min().zip(ends().max()) else { return Ok(None) };
        let span = Span { from_us: first - self.span.length_us(), to_us: last };
        data_coverage(ctx, &Behind::gateways(self.origin, &self.scope), span).await
    }

    /// Scores are of this much of the data that was stored. Null where the derivation has not said.
    async fn data_through(&self, ctx: &Context<'_>) -> Result<Option<Time>> {
        data_through(ctx, "scores").await
    }

    /// Scores: the newest end first, then the best; those without a score last.
    async fn scores(&self) -> Vec<SlaScore<'_>> {
        self.scores.iter().map(SlaScore).collect()
    }

    /// The heads of `scores` as lists, in the same order, for charts.
    async fn columns(&self) -> SlaColumns<'_> {
        SlaColumns(&self.scores)
    }
}

/// Scores as lists, one value for each score.
#[derive(Debug)]
pub(crate) struct SlaColumns<'a>(&'a [Row]);

impl<'a> SlaColumns<'a> {
    fn texts(&self, column: &str) -> Vec<Option<&'a str>> {
        self.0.iter().map(|row| row.text(column).filter(|word| *word != "none")).collect()
    }

    fn floats(&self, column: &str) -> Vec<Option<f64>> {
        self.0.iter().map(|row| row.float(column)).collect()
    }

    fn counts(&self, column: &str) -> Vec<Option<i64>> {
        self.0.iter().map(|row| row.count(column)).collect()
    }
}

#[Object]
impl SlaColumns<'_> {
    /// Ends.
    async fn end(&self) -> Vec<Time> {
        self.0.iter().map(|row| Time(row.end)).collect()
    }

    /// On-chain addresses.
    async fn orchestrator(&self) -> Vec<Option<&str>> {
        self.texts("orchestrator")
    }

    async fn pipeline(&self) -> Vec<Option<&str>> {
        self.texts("pipeline")
    }

    async fn model(&self) -> Vec<Option<&str>> {
        self.texts("model")
    }

    /// Regions of gateways; null where unknown.
    async fn region(&self) -> Vec<Option<&str>> {
        self.texts("region")
    }

    /// 0 to 100; null below 10 requested legs.
    async fn score(&self) -> Vec<Option<f64>> {
        self.floats("score")
    }

    /// Places; null where not ranked.
    async fn rank(&self) -> Vec<Option<i64>> {
        self.0.iter().map(|row| row.rank).collect()
    }

    /// Requested legs.
    async fn requested(&self) -> Vec<Option<i64>> {
        self.counts("requested")
    }

    /// Of these served.
    async fn served(&self) -> Vec<Option<i64>> {
        self.counts("served")
    }

    /// Of these swapped away from.
    async fn swapped(&self) -> Vec<Option<i64>> {
        self.counts("swapped")
    }

    /// Signals seen / expected, mean over playable legs.
    async fn signal_coverage(&self) -> Vec<Option<f64>> {
        self.floats("signal_coverage")
    }

    /// 0 to 1.
    async fn reliability(&self) -> Vec<Option<f64>> {
        self.floats("reliability")
    }

    /// 0 to 1.
    async fn quality(&self) -> Vec<Option<f64>> {
        self.floats("quality")
    }
}

/// The score of an orchestrator with one pipeline and model in one region. Scores are never
/// averaged: a longer time has a score of its own.
#[derive(Debug)]
pub(crate) struct SlaScore<'a>(&'a Row);

#[Object]
impl SlaScore<'_> {
    /// Its end, a full UTC hour.
    async fn end(&self) -> Time {
        Time(self.0.end)
    }

    /// Name and version of the formula, for example naap-2026.1.
    async fn formula(&self) -> Option<String> {
        self.0.text("formula").map(|version| format!("{SCORE}-{version}"))
    }

    /// On-chain address, lower case.
    async fn orchestrator(&self) -> Option<&str> {
        self.0.text("orchestrator")
    }

    async fn pipeline(&self) -> Option<&str> {
        self.0.text("pipeline")
    }

    async fn model(&self) -> Option<&str> {
        self.0.text("model")
    }

    /// Region of the gateways; null where unknown.
    async fn region(&self) -> Option<&str> {
        self.0.text("region").filter(|r| *r != "none")
    }

    /// 0 to 100; null below 10 requested legs.
    async fn score(&self) -> Option<f64> {
        self.0.float("score")
    }

    /// Place among the ranked ones of the same end, pipeline, model, region and origin; equal scores
    /// have the same. Null where it is not ranked.
    async fn rank(&self) -> Option<i64> {
        self.0.rank
    }

    /// Whether at least two gateways of different operators, or a gateway and the load tests,
    /// observed it: only then is it ranked.
    async fn ranked(&self) -> bool {
        self.0.count("ranked") == Some(1)
    }

    /// Gateways that observed it.
    async fn gateways(&self) -> Option<i64> {
        self.0.count("gateways")
    }

    /// Legs with outcome SERVED or FAILED.
    async fn requested(&self) -> Option<i64> {
        self.0.count("requested")
    }

    /// Of these served.
    async fn served(&self) -> Option<i64> {
        self.0.count("served")
    }

    /// Of these swapped away from.
    async fn swapped(&self) -> Option<i64> {
        self.0.count("swapped")
    }

    /// Of these with at least 2 status samples.
    async fn viability_legs(&self) -> Option<i64> {
        self.0.count("viability_legs")
    }

    /// Of those with any FPS above 0.
    async fn viable(&self) -> Option<i64> {
        self.0.count("viable")
    }

    /// Legs that became playable.
    async fn playable(&self) -> Option<i64> {
        self.0.count("playable")
    }

    /// Signals seen of playable legs.
    async fn signals_seen(&self) -> Option<i64> {
        self.0.count("signals_seen")
    }

    /// Signals expected of them.
    async fn signals_expected(&self) -> Option<i64> {
        self.0.count("signals_expected")
    }

    /// Mean over playable legs of signals seen / expected; the score is multiplied with it. Null
    /// without playable legs.
    async fn signal_coverage(&self) -> Option<f64> {
        self.0.float("signal_coverage")
    }

    /// Points that missing signals cost.
    async fn coverage_cost(&self) -> Option<f64> {
        self.0.float("cost_coverage")
    }

    /// Weighted sum of its terms, 0 to 1.
    async fn reliability(&self) -> Option<f64> {
        self.0.float("reliability")
    }

    /// Weighted sum of its terms, 0 to 1.
    async fn quality(&self) -> Option<f64> {
        self.0.float("quality")
    }

    /// Every term. Their costs and `coverageCost` add up to 100 − score.
    async fn terms(&self) -> Vec<SlaTerm> {
        terms(self.0)
    }

    /// Every target, and in how many hours it was met.
    async fn compliance(&self) -> Vec<Compliance> {
        compliance(self.0)
    }
}

fn terms(row: &Row) -> Vec<SlaTerm> {
    let term = |(name, [value, n, median, weight, flag, cost]): TermColumns| {
        let quality = !median.is_empty();
        let (part, share) =
            if quality { (SlaPart::Quality, QUALITY) } else { (SlaPart::Reliability, RELIABILITY) };
        let weight = row.float(weight);
        SlaTerm {
            name,
            part,
            value: row.float(value),
            n: row.count(n),
            median: row.float(median),
            weight,
            effective_weight: weight.map(|w| w * share),
            flag: row.text(flag).map(str::to_owned),
            cost: row.float(cost),
        }
    };
    TERMS.into_iter().map(term).collect()
}

fn compliance(row: &Row) -> Vec<Compliance> {
    let of = |t: &Target| {
        let hours = |what: &str| row.count(&format!("{}_{what}", t.name));
        let (met, hours) = (hours("met"), hours("hours"));
        #[expect(clippy::cast_precision_loss, reason = "hours of a week")]
        let ratio = met.zip(hours.filter(|h| *h > 0)).map(|(m, h)| m as f64 / h as f64);
        Compliance {
            target: t.name,
            figure: t.figure,
            value: t.value,
            unit: t.unit,
            at_least: t.side == Side::AtLeast,
            met,
            hours,
            ratio,
        }
    };
    TARGETS.iter().map(of).collect()
}

const SCORED: [Dimension; 4] =
    [Dimension::Orchestrator, Dimension::Pipeline, Dimension::Model, Dimension::Region];

impl Sla {
    pub(crate) async fn read(
        database: &Database,
        span: SlaSpan,
        window: Option<Window>,
        bucket: Bucket,
        scope: Option<Scope>,
        origin: Origin,
    ) -> Result<Self> {
        let scope = scope.unwrap_or_default();
        let given = scope.filters(&SCORED)?;
        let mut shared = vec![
            ("origin", vec![origin.word().to_owned()]),
            ("span", vec![span.word().to_owned()]),
        ];
        let (window, bucket) = match window {
            Some(window) => {
                let window = window.span(now_us())?;
                (Some(window), bucket.choose(&SCORES, window, 1)?)
            }
            None => (newest_span(database, "sla_score", &shared, HOUR_US).await?, Bucket::H1),
        };
        // A place is one among all orchestrators, whichever are asked for.
        let (own, others): (Vec<_>, Vec<_>) =
            given.into_iter().partition(|(column, _)| *column == "orchestrator");
        shared.extend(others);
        let days = bucket == Bucket::D1;
        let scores = match window {
            Some(w) => database.scores(w, &shared, &own, days).await.map_err(unavailable)?,
            None => Vec::new(),
        };
        Ok(Self { span, bucket, origin, scope, window, scores })
    }
}

/// Rows of a derived table, and what they rest on.
#[derive(Debug)]
struct Rested {
    /// Window of the rows; `None` where there is no row at all.
    window: Option<Span>,
    /// Time before a row's own that it is over.
    over_us: i64,
    behind: Behind,
    samples: i64,
}

impl Rested {
    async fn coverage(&self, ctx: &Context<'_>) -> Result<Option<f64>> {
        let Some(window) = self.window else { return Ok(None) };
        let span = Span { from_us: window.from_us - self.over_us, to_us: window.to_us };
        data_coverage(ctx, &self.behind, span).await
    }
}

/// Implements the object of a list of such rows.
macro_rules! rested {
    ($(#[$doc:meta])* $name:ident of $item:ty) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $name {
            rested: Rested,
            items: Vec<$item>,
        }

        #[Object]
        impl $name {
            /// Beginning of the window; null where there is no row at all.
            async fn from(&self) -> Option<Time> {
                self.rested.window.map(|w| Time::from_us(w.from_us))
            }

            /// End of the window, exclusive.
            async fn to(&self) -> Option<Time> {
                self.rested.window.map(|w| Time::from_us(w.to_us))
            }

            /// Whether the window is not over yet.
            async fn partial(&self) -> Option<bool> {
                self.rested.window.map(|w| w.to_us > now_us())
            }

            /// Samples behind all items together.
            async fn samples(&self) -> i64 {
                self.rested.samples
            }

            /// Time with data that arrived / time expected, over the gateways' agents and all the
            /// time that the items cover, 0 to 1. Null where none of them was expected, and where
            /// that time begins more than 30 days ago.
            async fn data_coverage(&self, ctx: &Context<'_>) -> Result<Option<f64>> {
                self.rested.coverage(ctx).await
            }

            /// Items are of this much of the data that was stored. Null where the derivation has not
            /// said.
            async fn data_through(&self, ctx: &Context<'_>) -> Result<Option<Time>> {
                data_through(ctx, "scores").await
            }

            /// The newest first.
            async fn items(&self) -> &[$item] {
                &self.items
            }
        }
    };
}

rested! {
    /// What is usual, by pipeline, model and figure.
    Benchmarks of Benchmark
}

rested! {
    /// What orchestrators say of themselves against what was observed, by hour.
    ReportedVsObservedHours of ReportedVsObserved
}

/// What is usual for a figure with a pipeline and model, network-wide.
#[derive(Debug, SimpleObject)]
pub(crate) struct Benchmark {
    /// Its end: it is over the organic legs of the 7 UTC days before.
    end: Time,
    /// Version of the definitions.
    formula: Option<String>,
    pipeline: Option<String>,
    model: Option<String>,
    /// prompt_to_first_frame_ms, e2e_media_ms or output_fps_mean.
    figure: Option<String>,
    /// Legs that have the figure.
    n: Option<i64>,
    /// Orchestrators that these are of.
    orchestrators: Option<i64>,
    /// Whether there are enough of both: 20 legs from 3 orchestrators.
    usable: bool,
    /// In the unit of the figure; so are the others.
    p10: Option<f64>,
    p50: Option<f64>,
    p90: Option<f64>,
}

impl From<BenchmarkRow> for Benchmark {
    fn from(row: BenchmarkRow) -> Self {
        Self {
            end: Time(row.end),
            formula: row.formula,
            pipeline: row.pipeline,
            model: row.model,
            figure: row.figure,
            n: row.n,
            orchestrators: row.orchestrators,
            usable: row.usable == Some(1),
            p10: row.p10,
            p50: row.p50,
            p90: row.p90,
        }
    }
}

impl Benchmarks {
    /// Benchmarks whose end is in the window, or the newest ones.
    pub(crate) async fn read(
        database: &Database,
        window: Option<Window>,
        scope: Option<Scope>,
        origin: Origin,
    ) -> Result<Self> {
        // Tests are held against what is usual for organic streams.
        let world = if origin == Origin::Test { Origin::Organic } else { origin };
        let mut filters = vec![("origin", vec![world.word().to_owned()])];
        let window = match window {
            Some(window) => Some(window.span(now_us())?),
            None => newest_span(database, "benchmark", &filters, DAY_US).await?,
        };
        filters
            .extend(scope.unwrap_or_default().filters(&[Dimension::Pipeline, Dimension::Model])?);
        let rows = match window {
            Some(w) => database.benchmarks(w, &filters).await.map_err(unavailable)?,
            None => Vec::new(),
        };
        // A row's time is its end: it is over the days before.
        let ends = || rows.iter().map(|row| row.end.timestamp_micros());
        let window = window.map(|w| Span { from_us: ends().min().unwrap_or(w.from_us), ..w });
        let samples = rows.iter().filter_map(|row| row.n).sum();
        let (over_us, behind) = (7 * DAY_US, Behind::askers(world));
        let rested = Rested { window, over_us, behind, samples };
        Ok(Self { rested, items: rows.into_iter().map(Benchmark::from).collect() })
    }
}

async fn newest_span(
    database: &Database,
    table: &'static str,
    filters: &[Filter],
    length_us: i64,
) -> Result<Option<Span>> {
    let newest = database.newest_of(table, filters).await.map_err(unavailable)?;
    Ok(newest.map(|end| Span { from_us: end, to_us: end + length_us }))
}

/// What an orchestrator says of itself against what gateways and tests saw, in one hour.
#[derive(Debug, SimpleObject)]
pub(crate) struct ReportedVsObserved {
    /// Start of the hour.
    hour: Time,
    /// Version of the definitions.
    formula: Option<String>,
    /// On-chain address, lower case.
    orchestrator: Option<String>,
    pipeline: Option<String>,
    /// Null where unnamed.
    model: Option<String>,
    /// capacity (slots) or utilisation (slots in use).
    figure: Option<String>,
    /// Mean of what it reported in the hour.
    reported: Option<f64>,
    /// capacity: most streams at a time; utilisation: mean streams at a time.
    observed: Option<f64>,
    /// reported / observed; null where nothing was observed. Above 1 may be honest: nobody asked for
    /// all of it.
    ratio: Option<f64>,
    /// Who observed: gateways, tests or both.
    basis: Option<String>,
    /// Reports in the hour.
    reports: Option<i64>,
    /// Legs in the hour.
    legs: Option<i64>,
}

impl From<ReportedRow> for ReportedVsObserved {
    fn from(row: ReportedRow) -> Self {
        Self {
            hour: Time(row.hour),
            formula: row.formula,
            orchestrator: row.orchestrator,
            pipeline: row.pipeline,
            model: row.model.filter(|m| m != "none"),
            figure: row.figure,
            reported: row.reported,
            observed: row.observed,
            ratio: row.ratio,
            basis: row.basis,
            reports: row.reports,
            legs: row.legs,
        }
    }
}

impl ReportedVsObservedHours {
    /// The hours in the window, or the newest hour.
    pub(crate) async fn read(
        database: &Database,
        window: Option<Window>,
        scope: Option<Scope>,
        origin: Origin,
    ) -> Result<Self> {
        let mut filters = vec![("origin", vec![origin.word().to_owned()])];
        let window = match window {
            Some(window) => Some(window.span(now_us())?),
            None => newest_span(database, "reported_observed", &filters, HOUR_US).await?,
        };
        let (days, limit) =
            (window.map_or(0, |w| (w.to_us - w.from_us) / DAY_US), limits::REPORTED_DAYS);
        if days > limit {
            let message = format!("the window has {days} days");
            return Err(over(Code::WindowTooLarge, &message, limit, days, "take a shorter one"));
        }
        filters.extend(scope.unwrap_or_default().filters(&SCORED[..3])?);
        let rows = match window {
            Some(w) => database.reported(w, &filters).await.map_err(unavailable)?,
            None => Vec::new(),
        };
        let samples = rows.iter().filter_map(|row| row.reports).sum();
        let rested = Rested { window, over_us: 0, behind: Behind::askers(origin), samples };
        Ok(Self { rested, items: rows.into_iter().map(ReportedVsObserved::from).collect() })
    }
}
