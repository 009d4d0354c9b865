//! Jobs as they were derived from events, and the median minutes of sessions.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::series::Span;
use super::sessions::Cursor;
use super::{Database, Filter, ReadError, cell, narrowed, time};
use crate::limits;

/// A job.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) id: Uuid,
    pub(crate) kind: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) gateway: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) origin: Option<String>,
    pub(crate) pipeline: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) orchestrator: Option<String>,
    pub(crate) orch_uri: Option<String>,
    pub(crate) outcome: Option<String>,
    pub(crate) completed_at: Option<DateTime<Utc>>,
    pub(crate) error_type: Option<String>,
    pub(crate) tries: Option<i64>,
    pub(crate) duration_ms: Option<f64>,
    pub(crate) first_token_ms: Option<f64>,
    pub(crate) prompt_tokens: Option<i64>,
    pub(crate) completion_tokens: Option<i64>,
    pub(crate) tokens_per_second: Option<f64>,
    pub(crate) latency_score: Option<f64>,
    pub(crate) price_wei_per_unit: Option<f64>,
    pub(crate) formula: Option<String>,
}

const COLUMNS: &str = "ts, job, kind, request_id, gateway, region, origin, pipeline, model, orchestrator, orch_uri, outcome, completed_at, error_type, tries, duration_ms, first_token_ms, prompt_tokens, completion_tokens, tokens_per_second, latency_score, price_wei_per_unit, formula";

impl Database {
    /// Up to `first` jobs whose first event is in `span`, newest first, after `after`; and whether
    /// there are more.
    pub(crate) async fn jobs(
        &self,
        span: Span,
        filters: &[Filter],
        after: Option<&Cursor>,
        first: usize,
    ) -> Result<(Vec<Job>, bool), ReadError> {
        let mut condition = format!("ts >= {} and ts < {}", span.from_us, span.to_us);
        let mut params: Vec<&(dyn ToSql + Sync)> = Vec::new();
        condition += &narrowed(filters, &mut params);
        let id = after.map(|a| a.id.to_string());
        if let (Some(after), Some(id)) = (after, &id) {
            params.push(id);
            condition += &after.condition("job", params.len());
        }
        let mut jobs = self.jobs_where(&condition, &params, first + 1).await?;
        let more = jobs.len() > first;
        jobs.truncate(first);
        Ok((jobs, more))
    }

    /// The job with this id.
    pub(crate) async fn job(&self, id: Uuid) -> Result<Option<Job>, ReadError> {
        // An id that was parsed is safe as a literal.
        Ok(self.jobs_where(&format!("job = '{id}'"), &[], 1).await?.pop())
    }

    async fn jobs_where(
        &self,
        condition: &str,
        params: &[&(dyn ToSql + Sync)],
        limit: usize,
    ) -> Result<Vec<Job>, ReadError> {
        let sql = format!(
            "select {COLUMNS} from public_job where {condition} order by ts desc, cast(job as varchar) limit {limit}"
        );
        let rows = self.query(&sql, params).await?;
        let mut jobs = Vec::with_capacity(rows.len());
        for row in &rows {
            let Some(started_at) = time(row, 0)? else { continue };
            jobs.push(Job {
                started_at,
                id: cell(row, 1)?,
                kind: cell(row, 2)?,
                request_id: cell(row, 3)?,
                gateway: cell(row, 4)?,
                region: cell(row, 5)?,
                origin: cell(row, 6)?,
                pipeline: cell(row, 7)?,
                model: cell(row, 8)?,
                orchestrator: cell(row, 9)?,
                orch_uri: cell(row, 10)?,
                outcome: cell(row, 11)?,
                completed_at: time(row, 12)?,
                error_type: cell(row, 13)?,
                tries: cell(row, 14)?,
                duration_ms: cell(row, 15)?,
                first_token_ms: cell(row, 16)?,
                prompt_tokens: cell(row, 17)?,
                completion_tokens: cell(row, 18)?,
                tokens_per_second: cell(row, 19)?,
                latency_score: cell(row, 20)?,
                price_wei_per_unit: cell(row, 21)?,
                formula: cell(row, 22)?,
            });
        }
        Ok(jobs)
    }

    /// By model, the median minutes of the served, closed sessions of `origin` in `span`; models with
    /// fewer than `least` of them are left out.
    pub(crate) async fn median_minutes(
        &self,
        span: Span,
        origin: &str,
        least: i64,
    ) -> Result<HashMap<String, f64>, ReadError> {
        let sql = format!(
            "select model, avg(minutes) from (select model, minutes, row_number() over (partition by model order by minutes) r, count() over (partition by model) n from public_stream_session where ts >= {} and ts < {} and origin = $1 and served_closed = 1 and minutes is not null and model is not null) where n >= {least} and (r = (n + 1) / 2 or r = (n + 2) / 2) limit {}",
            span.from_us,
            span.to_us,
            limits::NODES
        );
        let rows = self.query(&sql, &[&origin]).await?;
        rows.iter().map(|row| Ok((cell(row, 0)?, cell(row, 1)?))).collect()
    }

    /// What each agent's Livepeer node says it is, by name of the node.
    pub(crate) async fn roles(&self, since_us: i64) -> Result<HashMap<String, String>, ReadError> {
        let sql = format!(
            "select node, role from public_livepeer_node where ts >= {since_us} and role is not null latest on ts partition by node limit {}",
            limits::NODES
        );
        let rows = self.query(&sql, &[]).await?;
        rows.iter().map(|row| Ok((cell(row, 0)?, cell(row, 1)?))).collect()
    }
}
