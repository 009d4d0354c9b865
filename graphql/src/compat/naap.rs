//! The dashboard contract of naap, at `/graphql/naap`: a schema of its own, since its names mean
//! other things than ours do.
//!
//! A field is answered where ours means the same. What is not known is null; where the contract has
//! no null, the field is an error with the code `UNKNOWN`, and the root above it is null. A row of a
//! list for which a selected field is not known is left out instead, and an error says how many.
//! `docs/api.md` has the mapping.

mod figures;
mod nulls;
mod types;

use async_graphql::{
    Context, EmptyMutation, EmptySubscription, Error, ErrorExtensionValues, ErrorExtensions,
    Object, Result, Schema, ServerError,
};

use crate::clock::now_us;
use crate::limits;
use crate::read::series::Span;
use crate::read::sums::{Ask, Column, DAY_US, FIVE_MINUTES_US, HOUR_US, What};
use crate::read::{Database, ReadError};
use crate::schema::error::{bad_argument, unavailable};
use figures::{
    Activity, Legs, capacity, catalogue, online_since, pricing, rows, scores, stake, usage,
};
use types::{
    FeesInfo, GpuCapacity, Kpi, OrchestratorRow, PipelineCatalogEntry, PipelinePricing,
    PipelineUsage, Protocol,
};

/// The schema as served.
pub(crate) type DashboardSchema = Schema<DashboardQuery, EmptyMutation, EmptySubscription>;

/// Whose traffic it is: tests, replays and simulations are not of the network.
const ORGANIC: &str = "organic";

/// Makes the schema over a database.
pub(crate) fn build(database: Database) -> DashboardSchema {
    Schema::build(DashboardQuery, EmptyMutation, EmptySubscription)
        .data(database)
        .limit_depth(limits::DEPTH)
        .limit_complexity(limits::COMPLEXITY)
        .limit_directives(8)
        .disable_suggestions()
        .extension(nulls::NullRoots)
        .finish()
}

/// A figure that the contract has no null for and that is not known.
fn unknown(field: &str, why: &str) -> Error {
    Error::new(format!("{field} is not known: {why}")).extend_with(|_, e| e.set("code", "UNKNOWN"))
}

/// The value, or the error for it.
fn known<T>(value: Option<T>, field: &str, why: &str) -> Result<T> {
    value.ok_or_else(|| unknown(field, why))
}

/// A field that the contract has no null for, and whether it is known of a row.
type Need<T> = (&'static str, fn(&T) -> bool);

/// The rows of which everything that is selected is known. Says so if there are others, and gives
/// nothing if there are no more.
fn complete<T>(ctx: &Context<'_>, mut rows: Vec<T>, needs: &[Need<T>]) -> Option<Vec<T>> {
    let all = rows.len();
    let mut missing = Vec::new();
    for (field, is_known) in needs {
        if ctx.look_ahead().field(field).exists() {
            let before = rows.len();
            rows.retain(is_known);
            if rows.len() < before {
                missing.push(*field);
            }
        }
    }
    let left_out = all - rows.len();
    if left_out > 0 {
        let message = format!(
            "{left_out} of {all} rows are left out, as this is not known of them: {}; select without it to see them",
            missing.join(", ")
        );
        let mut error = ServerError::new(message, Some(ctx.item.pos));
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", "UNKNOWN");
        error.extensions = Some(extensions);
        ctx.add_error(ctx.set_error_path(error));
    }
    (all == 0 || !rows.is_empty()).then_some(rows)
}

/// Hours from texts such as `24`, `24h` and `7d`; a day if left out.
fn hours(name: &str, text: Option<&str>) -> Result<i64> {
    let Some(text) = text.map(str::trim) else { return Ok(24) };
    let (digits, unit) = match text.strip_suffix('d') {
        Some(digits) => (digits, 24),
        None => (text.strip_suffix('h').unwrap_or(text), 1),
    };
    let whole =
        !digits.is_empty() && digits.len() <= 4 && digits.bytes().all(|b| b.is_ascii_digit());
    let hours = whole.then(|| digits.parse::<i64>().ok()).flatten().map(|n| n * unit);
    hours.filter(|h| (1..=limits::DASHBOARD_HOURS).contains(h)).ok_or_else(|| {
        bad_argument(format!(
            "{name} is no time; write hours from 1 to {}, such as 24 or 24h, or days such as 7d",
            limits::DASHBOARD_HOURS
        ))
    })
}

/// The hours up to now, to the end of the five minutes that run.
fn window(hours: i64, now_us: i64) -> Span {
    let to_us = (now_us + FIVE_MINUTES_US - 1).div_euclid(FIVE_MINUTES_US) * FIVE_MINUTES_US;
    Span { from_us: to_us - hours * HOUR_US, to_us }
}

fn ask(span: Span, width_us: Option<i64>, by: &[&'static str], now_us: i64) -> Ask {
    let filters = vec![("origin", vec![ORGANIC.to_owned()])];
    Ask { span, width_us, by: by.to_vec(), filters, now_us }
}

const fn sum(table: &'static str, field: &'static str) -> Column {
    Column { table, field, what: What::Sum }
}

const fn rows_of(table: &'static str, field: &'static str) -> Column {
    Column { table, field, what: What::Count }
}

/// Live streams, and who was seen.
async fn activity(database: &Database, ask: &Ask) -> Result<Activity, ReadError> {
    let columns = vec![
        sum("stream_session", "requested"),
        sum("stream_session", "served"),
        sum("stream_minute", "minutes"),
        sum("payment_fee", "fee_eth"),
    ];
    let sums = database.sums(ask, columns).await?;
    let observed = database.orchestrators_observed(ask.span, &ask.filters).await?;
    Ok(Activity::new(&sums, observed))
}

/// What the dashboard shows of the network.
#[derive(Debug)]
pub(crate) struct DashboardQuery;

#[Object(name = "Query")]
impl DashboardQuery {
    /// Live streams in the hours up to now, and in as many hours before.
    #[graphql(complexity = "200 + child_complexity * 10")]
    async fn kpi(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The same as timeframe.")] window: Option<String>,
        #[graphql(desc = "Hours, such as 24 or 24h, or days such as 7d; 24 if left out.")]
        timeframe: Option<String>,
        #[graphql(desc = "Canonical pipeline.")] pipeline: Option<String>,
        #[graphql(name = "model_id", desc = "Canonical model.")] model: Option<String>,
    ) -> Result<Option<Kpi>> {
        let (name, text) = match &window {
            Some(text) => ("window", Some(text)),
            None => ("timeframe", timeframe.as_ref()),
        };
        let hours = hours(name, text.map(String::as_str))?;
        let now_us = now_us();
        let span = self::window(hours, now_us);
        let before = Span { from_us: span.from_us - hours * HOUR_US, to_us: span.from_us };
        let mut filters = vec![("origin", vec![ORGANIC.to_owned()])];
        filters.extend(pipeline.map(|p| ("pipeline", vec![p])));
        filters.extend(model.map(|m| ("model", vec![m])));
        let database = ctx.data::<Database>()?;
        let ask = Ask { span, width_us: Some(HOUR_US), by: Vec::new(), filters, now_us };
        let now = activity(database, &ask).await.map_err(unavailable)?;
        let ask = Ask { span: before, width_us: None, ..ask };
        let before = activity(database, &ask).await.map_err(unavailable)?;
        Ok(Some(Kpi { hours, now, before }))
    }

    /// The protocol, as a node of the network reads it from the chain; null where none does.
    #[graphql(complexity = "50 + child_complexity")]
    async fn protocol(&self, ctx: &Context<'_>) -> Result<Option<Protocol>> {
        let stakes = ctx.data::<Database>()?.active_stakes(now_us() - DAY_US).await;
        let stakes = stakes.map_err(unavailable)?;
        Ok((!stakes.is_empty()).then(|| Protocol { staked_lpt: stake(&stakes) }))
    }

    /// Null: the contract's figures are of tickets redeemed on chain, over all time, and in dollars;
    /// here are expected values of tickets sent, as far as gateways report, and no rate. See kpi.
    async fn fees(&self, #[graphql(desc = "Not used.")] days: Option<i32>) -> Option<FeesInfo> {
        let _ = days;
        None
    }

    /// Live streams by pipeline, the most minutes first.
    #[graphql(complexity = "200 + child_complexity * 10")]
    async fn pipelines(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 200; 5 if left out.")] limit: Option<i32>,
        #[graphql(desc = "Hours, such as 24 or 24h, or days such as 7d; 24 if left out.")]
        timeframe: Option<String>,
    ) -> Result<Option<Vec<PipelineUsage>>> {
        let limit = limit.unwrap_or(5);
        let limit = usize::try_from(limit)
            .ok()
            .filter(|n| (1..=limits::PAGE).contains(n))
            .ok_or_else(|| {
                bad_argument(format!("limit is {limit}; write a number from 1 to {}", limits::PAGE))
            })?;
        let hours = hours("timeframe", timeframe.as_deref())?;
        let now_us = now_us();
        let ask = ask(window(hours, now_us), None, &["pipeline", "model"], now_us);
        let columns = vec![
            sum("stream_session", "requested"),
            sum("stream_session", "served"),
            rows_of("stream_session", "output_fps_mean"),
            sum("stream_session", "output_fps_mean"),
            sum("stream_minute", "minutes"),
        ];
        let sums = ctx.data::<Database>()?.sums(&ask, columns).await.map_err(unavailable)?;
        let rows = complete(ctx, usage(&sums), &types::PIPELINE_NEEDS);
        Ok(rows.map(|mut rows| {
            rows.truncate(limit);
            rows
        }))
    }

    /// What orchestrators that are online offer.
    #[graphql(complexity = "100 + child_complexity * 10")]
    async fn pipeline_catalog(
        &self,
        ctx: &Context<'_>,
    ) -> Result<Option<Vec<PipelineCatalogEntry>>> {
        let (reports, offers) = figures::on_offer(ctx.data::<Database>()?, now_us()).await?;
        Ok(Some(catalogue(&reports, &offers)))
    }

    /// GPUs of orchestrators that are online, as they report them.
    #[graphql(complexity = "100 + child_complexity * 10")]
    async fn gpu_capacity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Not used: it is how things are now.")] timeframe: Option<String>,
    ) -> Result<Option<GpuCapacity>> {
        let _ = timeframe;
        let database = ctx.data::<Database>()?;
        let since = online_since(now_us());
        let reports = database.reports(since, ORGANIC, None).await.map_err(unavailable)?;
        let gpus = database.listed_gpus(since, ORGANIC).await.map_err(unavailable)?;
        Ok(Some(capacity(&reports, gpus)))
    }

    /// Prices that orchestrators that are online ask, by pipeline and model, the highest first.
    #[graphql(complexity = "100 + child_complexity * 10")]
    async fn pricing(&self, ctx: &Context<'_>) -> Result<Option<Vec<PipelinePricing>>> {
        let (_, offers) = figures::on_offer(ctx.data::<Database>()?, now_us()).await?;
        Ok(complete(ctx, pricing(&offers), &types::PRICING_NEEDS))
    }

    /// Orchestrators that were seen or asked in the hours up to now, those with the most sessions
    /// first.
    #[graphql(complexity = "300 + child_complexity * 20")]
    async fn orchestrators(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Hours, such as 24 or 24h, or days such as 7d; 24 if left out.")]
        period: Option<String>,
    ) -> Result<Option<Vec<OrchestratorRow>>> {
        let hours = hours("period", period.as_deref())?;
        let now_us = now_us();
        let span = window(hours, now_us);
        let database = ctx.data::<Database>()?;
        let columns =
            ["requested", "served", "swapped"].map(|field| sum("stream_leg", field)).to_vec();
        let legs = database.sums(&ask(span, None, &["orchestrator"], now_us), columns).await;
        let legs = Legs::by_orchestrator(&legs.map_err(unavailable)?);
        let since = now_us - limits::LISTED_US;
        let reports = database.reports(since, ORGANIC, None).await.map_err(unavailable)?;
        let mut rows = rows(reports, &legs, span);
        rows.truncate(limits::DASHBOARD_ROWS);
        figures::add_offers(database, &mut rows).await?;
        let slas = scores(database, span, hours).await?;
        for row in &mut rows {
            row.sla_score = slas.get(&row.address).copied().flatten();
        }
        Ok(complete(ctx, rows, &types::ORCHESTRATOR_NEEDS))
    }
}

#[cfg(test)]
mod tests;
