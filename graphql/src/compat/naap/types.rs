//! The types of the contract. Names and nullability are its; what is not known and cannot be null is
//! an error.

use async_graphql::{Context, Object, Result, SimpleObject};

use super::figures::{Activity, iso};
use super::{Need, complete, known, unknown};

/// The value of an hour.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub(super) struct HourlyBucket {
    /// Its start, ISO 8601 UTC.
    pub(super) hour: String,
    pub(super) value: f64,
}

/// A figure of the window, and how far it is from that of the window before, in its own unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct MetricDelta {
    name: &'static str,
    now: Option<f64>,
    before: Option<f64>,
}

#[Object]
impl MetricDelta {
    async fn value(&self) -> Result<f64> {
        known(self.now, self.name, "nothing in the window tells it")
    }

    /// Value minus that of as many hours before.
    async fn delta(&self) -> Result<f64> {
        let both = self.now.zip(self.before).map(|(now, before)| now - before);
        known(
            both,
            self.name,
            "nothing in the window, or in the one before, tells it; ask for value alone",
        )
    }
}

/// Live streams in the window.
#[derive(Debug, Clone)]
pub(super) struct Kpi {
    pub(super) hours: i64,
    pub(super) now: Activity,
    pub(super) before: Activity,
}

impl Kpi {
    fn delta(&self, name: &'static str, of: fn(&Activity) -> Option<f64>) -> MetricDelta {
        MetricDelta { name, now: of(&self.now), before: of(&self.before) }
    }
}

#[Object(name = "KPI")]
impl Kpi {
    /// Sessions that were served of those requested, percent.
    async fn success_rate(&self) -> MetricDelta {
        self.delta("successRate", Activity::success_percent)
    }

    /// Orchestrators that capability reports told of; with a pipeline or model, that offered it.
    async fn orchestrators_observed(&self) -> MetricDelta {
        self.delta("orchestratorsObserved", |a| Some(a.observed))
    }

    /// Minutes of sessions.
    async fn daily_usage_mins(&self) -> MetricDelta {
        self.delta("dailyUsageMins", Activity::minutes)
    }

    /// Sessions that were requested: served, failed, or without an orchestrator.
    async fn daily_session_count(&self) -> MetricDelta {
        self.delta("dailySessionCount", |a| Some(a.requested))
    }

    /// Expected value of the payments that gateways reported, ETH; not what was redeemed.
    async fn daily_network_fees_eth(&self) -> MetricDelta {
        self.delta("dailyNetworkFeesEth", Activity::fees_eth)
    }

    /// Hours of the window.
    async fn timeframe_hours(&self) -> i64 {
        self.hours
    }

    /// Minutes by hour; an hour that is not here had none.
    async fn hourly_usage(&self) -> Option<&[HourlyBucket]> {
        Some(&self.now.usage_by_hour)
    }

    /// Requested sessions by hour; an hour that is not here had none.
    async fn hourly_sessions(&self) -> Option<&[HourlyBucket]> {
        Some(&self.now.sessions_by_hour)
    }
}

/// The protocol.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Protocol {
    pub(super) staked_lpt: Option<f64>,
}

const ROUNDS: &str = "rounds and blocks are not read from the chain";

#[Object]
impl Protocol {
    /// Not known.
    async fn current_round(&self) -> Result<i64> {
        Err(unknown("currentRound", ROUNDS))
    }

    /// Not known.
    async fn block_progress(&self) -> Result<i64> {
        Err(unknown("blockProgress", ROUNDS))
    }

    /// Not known.
    async fn total_blocks(&self) -> Result<i64> {
        Err(unknown("totalBlocks", ROUNDS))
    }

    /// Stake of the active set.
    #[graphql(name = "totalStakedLPT")]
    async fn total_staked_lpt(&self) -> Result<f64> {
        known(self.staked_lpt, "totalStakedLPT", "a stake of the active set is missing")
    }
}

/// Fees of tickets redeemed on chain: none of it is known here, so there is no such value.
#[derive(Debug, Clone, Copy)]
pub(super) enum FeesInfo {}

impl FeesInfo {
    const fn never<T>(&self) -> T {
        match *self {}
    }
}

#[Object]
impl FeesInfo {
    async fn total_eth(&self) -> f64 {
        self.never()
    }

    async fn total_usd(&self) -> f64 {
        self.never()
    }

    async fn one_day_volume_usd(&self) -> f64 {
        self.never()
    }

    async fn one_day_volume_eth(&self) -> f64 {
        self.never()
    }

    async fn one_week_volume_usd(&self) -> f64 {
        self.never()
    }

    async fn one_week_volume_eth(&self) -> f64 {
        self.never()
    }

    async fn volume_change_usd(&self) -> Option<f64> {
        self.never()
    }

    async fn volume_change_eth(&self) -> Option<f64> {
        self.never()
    }

    async fn weekly_volume_change_usd(&self) -> Option<f64> {
        self.never()
    }

    async fn weekly_volume_change_eth(&self) -> Option<f64> {
        self.never()
    }

    async fn day_data(&self) -> Vec<FeeDayData> {
        self.never()
    }

    async fn weekly_data(&self) -> Vec<FeeWeeklyData> {
        self.never()
    }
}

/// Fees of a day.
#[derive(Debug, Clone, Copy)]
pub(super) enum FeeDayData {}

impl FeeDayData {
    const fn never<T>(&self) -> T {
        match *self {}
    }
}

#[Object]
impl FeeDayData {
    async fn date_s(&self) -> i64 {
        self.never()
    }

    async fn volume_eth(&self) -> f64 {
        self.never()
    }

    async fn volume_usd(&self) -> f64 {
        self.never()
    }
}

/// Fees of a week.
#[derive(Debug, Clone, Copy)]
pub(super) enum FeeWeeklyData {}

impl FeeWeeklyData {
    const fn never<T>(&self) -> T {
        match *self {}
    }
}

#[Object]
impl FeeWeeklyData {
    async fn date(&self) -> i64 {
        self.never()
    }

    async fn weekly_volume_usd(&self) -> f64 {
        self.never()
    }

    async fn weekly_volume_eth(&self) -> f64 {
        self.never()
    }
}

/// Live streams with a model.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PipelineModelMins {
    pub(super) model: String,
    pub(super) mins: Option<f64>,
    pub(super) sessions: i64,
    pub(super) fps: Option<f64>,
}

const MODEL_NEEDS: [Need<PipelineModelMins>; 2] =
    [("mins", |m| m.mins.is_some()), ("avgFps", |m| m.fps.is_some())];

const NO_MINUTES: &str = "none of the sessions that were served tells its minutes";
const NO_FRAMES: &str = "no session had frames";

#[Object]
impl PipelineModelMins {
    async fn model(&self) -> &str {
        &self.model
    }

    /// Minutes of sessions.
    async fn mins(&self) -> Result<f64> {
        known(self.mins, "mins", NO_MINUTES)
    }

    /// Sessions that were requested.
    async fn sessions(&self) -> i64 {
        self.sessions
    }

    /// Mean over sessions of their mean output, from the first frame on.
    async fn avg_fps(&self) -> Result<f64> {
        known(self.fps, "avgFps", NO_FRAMES)
    }
}

/// Live streams with a pipeline.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PipelineUsage {
    pub(super) name: String,
    pub(super) mins: Option<f64>,
    pub(super) sessions: i64,
    pub(super) fps: Option<f64>,
    pub(super) models: Vec<PipelineModelMins>,
}

pub(super) const PIPELINE_NEEDS: [Need<PipelineUsage>; 2] =
    [("mins", |p| p.mins.is_some()), ("avgFps", |p| p.fps.is_some())];

#[Object]
impl PipelineUsage {
    async fn name(&self) -> &str {
        &self.name
    }

    /// Minutes of sessions.
    async fn mins(&self) -> Result<f64> {
        known(self.mins, "mins", NO_MINUTES)
    }

    /// Sessions that were requested.
    async fn sessions(&self) -> i64 {
        self.sessions
    }

    /// Mean over sessions of their mean output, from the first frame on.
    async fn avg_fps(&self) -> Result<f64> {
        known(self.fps, "avgFps", NO_FRAMES)
    }

    /// Null: a page has its own colours.
    async fn color(&self) -> Option<String> {
        None
    }

    /// By model, the most minutes first. Sessions whose model is not known are in none.
    async fn model_mins(&self, ctx: &Context<'_>) -> Option<Vec<PipelineModelMins>> {
        complete(ctx, self.models.clone(), &MODEL_NEEDS)
    }
}

/// A pipeline on offer.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub(super) struct PipelineCatalogEntry {
    /// Canonical name.
    pub(super) id: String,
    /// The name to show.
    pub(super) name: String,
    pub(super) models: Vec<String>,
    /// Regions of agents of orchestrators that offer it; empty where these run none.
    pub(super) regions: Vec<String>,
}

/// GPUs of one name.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
#[graphql(name = "GPUModelCapacity")]
pub(super) struct GpuModelCapacity {
    pub(super) model: String,
    pub(super) count: usize,
}

/// GPUs that are listed for a model.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
#[graphql(name = "GPUCapacityPipelineModel")]
pub(super) struct GpuCapacityPipelineModel {
    pub(super) model: String,
    pub(super) gpus: usize,
}

/// GPUs that are listed for a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
#[graphql(name = "GPUCapacityPipeline")]
pub(super) struct GpuCapacityPipeline {
    pub(super) name: String,
    pub(super) gpus: usize,
    pub(super) models: Option<Vec<GpuCapacityPipelineModel>>,
}

/// GPUs of orchestrators that are online.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GpuCapacity {
    pub(super) total: Option<i64>,
    pub(super) models: Vec<GpuModelCapacity>,
    pub(super) pipelines: Vec<GpuCapacityPipeline>,
}

#[Object(name = "GPUCapacity")]
impl GpuCapacity {
    /// Distinct GPUs. Most orchestrators tell nothing of theirs.
    #[graphql(name = "totalGPUs")]
    async fn total_gpus(&self) -> Result<i64> {
        known(self.total, "totalGPUs", "no orchestrator that is online tells its hardware")
    }

    /// Not known.
    #[graphql(name = "activeGPUs")]
    async fn active_gpus(&self) -> Result<i64> {
        Err(unknown("activeGPUs", "no event says which GPU did the work"))
    }

    /// Not known.
    async fn available_capacity(&self) -> Result<f64> {
        Err(unknown(
            "availableCapacity",
            "which GPUs are free is told nowhere; slots are in supply",
        ))
    }

    /// By name.
    async fn models(&self) -> &[GpuModelCapacity] {
        &self.models
    }

    /// By pipeline. A GPU that is listed for several counts in each.
    #[graphql(name = "pipelineGPUs")]
    async fn pipeline_gpus(&self) -> &[GpuCapacityPipeline] {
        &self.pipelines
    }
}

/// What a pipeline and model cost.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PipelinePricing {
    pub(super) pipeline: String,
    pub(super) model: Option<String>,
    pub(super) unit: Option<String>,
    pub(super) wei: f64,
    pub(super) slots: Option<i64>,
}

pub(super) const PRICING_NEEDS: [Need<PipelinePricing>; 1] = [("unit", |p| p.unit.is_some())];

#[Object]
impl PipelinePricing {
    async fn pipeline(&self) -> &str {
        &self.pipeline
    }

    /// Null where unnamed.
    async fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// pixel, second, token, character or request.
    async fn unit(&self) -> Result<&str> {
        known(self.unit.as_deref(), "unit", "the pipeline has none")
    }

    /// Mean over the orchestrators' URIs, ETH per million units.
    async fn price(&self) -> f64 {
        self.wei / 1e12
    }

    /// The same in wei per unit, rounded to a whole number.
    async fn avg_wei_per_unit(&self) -> Option<String> {
        Some(format!("{:.0}", self.wei))
    }

    /// Null: prices are kept per one unit, and the step of billing is not.
    async fn pixels_per_unit(&self) -> Option<f64> {
        None
    }

    /// Empty, which is the contract's own word for it: no rate of dollars is known here.
    async fn output_per_dollar(&self) -> &'static str {
        ""
    }

    /// Slots, idle and in use, of models loaded and not; null where not told.
    async fn capacity(&self) -> Option<i64> {
        self.slots
    }
}

/// Models of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub(super) struct PipelineModelOffer {
    pub(super) pipeline_id: String,
    pub(super) model_ids: Vec<String>,
}

/// An orchestrator.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct OrchestratorRow {
    pub(super) address: String,
    pub(super) uris: Vec<String>,
    pub(super) seen_us: i64,
    pub(super) requested: i64,
    pub(super) served: i64,
    pub(super) swapped: i64,
    pub(super) sla_score: Option<f64>,
    pub(super) offers: Vec<PipelineModelOffer>,
    pub(super) gpus: Option<i64>,
}

pub(super) const ORCHESTRATOR_NEEDS: [Need<OrchestratorRow>; 2] =
    [("successRatio", |o| o.requested > 0), ("gpuCount", |o| o.gpus.is_some())];

impl OrchestratorRow {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    fn percent(&self, n: i64) -> Option<f64> {
        (self.requested > 0).then(|| 100.0 * n as f64 / self.requested as f64)
    }
}

#[Object]
impl OrchestratorRow {
    /// On-chain address, lower case.
    async fn address(&self) -> &str {
        &self.address
    }

    async fn uris(&self) -> &[String] {
        &self.uris
    }

    /// Its newest capability report, ISO 8601 UTC.
    async fn last_seen(&self) -> Option<String> {
        Some(iso(self.seen_us))
    }

    /// Legs that were requested of it: served or failed.
    async fn known_sessions(&self) -> i64 {
        self.requested
    }

    /// Of these served.
    async fn success_sessions(&self) -> i64 {
        self.served
    }

    /// The same, percent.
    async fn success_ratio(&self) -> Result<f64> {
        known(self.percent(self.served), "successRatio", "nothing was requested of it")
    }

    /// Null: the contract's counts sessions without output as failed; ours is viability, of legs with
    /// two status samples.
    async fn effective_success_rate(&self) -> Option<f64> {
        None
    }

    /// Legs that were not swapped away from, percent of those requested.
    async fn no_swap_ratio(&self) -> Option<f64> {
        self.percent(self.requested - self.swapped)
    }

    /// Its newest score, 0 to 100, where the period is 24 hours or 7 days and it has one score: scores
    /// are of a pipeline, model and region, and are not pooled.
    async fn sla_score(&self) -> Option<f64> {
        self.sla_score
    }

    async fn pipelines(&self) -> Vec<&str> {
        self.offers.iter().map(|o| o.pipeline_id.as_str()).collect()
    }

    async fn pipeline_models(&self) -> &[PipelineModelOffer] {
        &self.offers
    }

    /// Distinct GPUs in the newest report of each of its URIs.
    async fn gpu_count(&self) -> Result<i64> {
        known(self.gpus, "gpuCount", "it tells nothing of its hardware")
    }
}
