//! What the drop-in endpoints need beyond the other reads: load tests by orchestrator, GPUs by
//! pipeline, and who was seen.

use chrono::{DateTime, NaiveDateTime, Utc};
use tokio_postgres::types::ToSql;

use super::series::Span;
use super::{Database, Filter, ReadError, at_most, cell, narrowed, time};
use crate::limits;

/// What a load test is a row of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TestKind {
    /// One orchestrator's part of a live stream.
    Leg,
    /// A batch, LLM or BYOC job.
    Job,
}

impl TestKind {
    pub(crate) const ALL: [Self; 2] = [Self::Leg, Self::Job];

    const fn table(self) -> &'static str {
        match self {
            Self::Leg => "public_stream_leg",
            Self::Job => "public_job",
        }
    }

    /// How long it took until the result was there, ms.
    const fn time(self) -> &'static str {
        match self {
            Self::Leg => "playable_ms",
            Self::Job => "duration_ms",
        }
    }

    /// Tests that say something of an orchestrator: it was asked, and served or failed.
    const fn condition(self) -> &'static str {
        match self {
            Self::Leg => "requested = 1",
            Self::Job => "(served = 1 or failed = 1)",
        }
    }

    /// What went wrong, of a test that failed.
    const fn error(self) -> &'static str {
        match self {
            Self::Leg => "coalesce(swap_reason, outcome)",
            Self::Job => "coalesce(error_type, outcome)",
        }
    }
}

/// Which tests.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tests {
    pub(crate) span: Span,
    /// In capitals; all regions if left out.
    pub(crate) region: Option<String>,
    pub(crate) pipeline: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) orchestrator: Option<String>,
}

impl Tests {
    fn condition(&self, kind: TestKind) -> (String, Vec<&(dyn ToSql + Sync)>) {
        let mut text = format!(
            "ts >= {} and ts < {} and origin = 'test' and orchestrator is not null and {}",
            self.span.from_us,
            self.span.to_us,
            kind.condition()
        );
        let mut params: Vec<&(dyn ToSql + Sync)> = Vec::new();
        let filters = [
            ("upper(region)", &self.region),
            ("pipeline", &self.pipeline),
            ("model", &self.model),
            ("orchestrator", &self.orchestrator),
        ];
        for (column, value) in filters {
            if let Some(value) = value {
                params.push(value);
                text += &format!(" and {column} = ${}", params.len());
            }
        }
        (text, params)
    }
}

/// Tests of one orchestrator, in one region, with one pipeline and model.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Tested {
    pub(crate) orchestrator: String,
    pub(crate) region: Option<String>,
    pub(crate) pipeline: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) tests: i64,
    pub(crate) served: i64,
    /// Served ones whose time is known.
    pub(crate) timed: i64,
    /// Their times together, ms.
    pub(crate) time_ms: Option<f64>,
}

/// The median time of the served tests of all orchestrators with one pipeline and model.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MedianTime {
    pub(crate) pipeline: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) ms: f64,
}

/// One test.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Test {
    pub(crate) at: DateTime<Utc>,
    pub(crate) orchestrator: String,
    pub(crate) region: Option<String>,
    pub(crate) pipeline: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) served: bool,
    pub(crate) time_ms: Option<f64>,
    /// Of one that failed.
    pub(crate) error: Option<String>,
}

/// A GPU in a capability report, for a pipeline and model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListedGpu {
    pub(crate) at: DateTime<Utc>,
    pub(crate) orchestrator: Option<String>,
    pub(crate) uri: Option<String>,
    pub(crate) pipeline: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) id: String,
    pub(crate) name: Option<String>,
}

impl Database {
    /// Tests by orchestrator, region, pipeline and model.
    pub(crate) async fn tested(
        &self,
        kind: TestKind,
        which: &Tests,
    ) -> Result<Vec<Tested>, ReadError> {
        let (condition, params) = which.condition(kind);
        let sql = format!(
            "select orchestrator, region, pipeline, model, count(), sum(served), count(t), sum(t) from (select orchestrator, region, pipeline, model, served, case when served = 1 and {time} > 0 then {time} end t from {} where {condition}) limit {}",
            kind.table(),
            limits::GROUP_ROWS + 1,
            time = kind.time(),
        );
        let rows = self.query(&sql, &params).await?;
        at_most(rows.len(), limits::GROUP_ROWS)?;
        let tested = |row: &tokio_postgres::Row| {
            Ok(Tested {
                orchestrator: cell::<Option<String>>(row, 0)?.unwrap_or_default(),
                region: cell(row, 1)?,
                pipeline: cell(row, 2)?,
                model: cell(row, 3)?,
                tests: cell(row, 4)?,
                served: cell::<Option<i64>>(row, 5)?.unwrap_or_default(),
                timed: cell(row, 6)?,
                time_ms: cell(row, 7)?,
            })
        };
        // Without rows behind it there may be one row of nothing.
        let some = |t: &Result<Tested, ReadError>| t.as_ref().map_or(true, |t| t.tests > 0);
        rows.iter().map(tested).filter(some).collect()
    }

    /// Median times by pipeline and model, between the two in the middle where these are two.
    pub(crate) async fn median_times(
        &self,
        kind: TestKind,
        which: &Tests,
    ) -> Result<Vec<MedianTime>, ReadError> {
        let (condition, params) = which.condition(kind);
        let sql = format!(
            "select pipeline, model, avg(t) from (select pipeline, model, t, row_number() over (partition by pipeline, model order by t) r, count() over (partition by pipeline, model) n from (select pipeline, model, {time} t from {} where {condition} and served = 1 and {time} > 0)) where r = (n + 1) / 2 or r = (n + 2) / 2 limit {}",
            kind.table(),
            limits::GROUP_ROWS + 1,
            time = kind.time(),
        );
        let rows = self.query(&sql, &params).await?;
        at_most(rows.len(), limits::GROUP_ROWS)?;
        let mut out = Vec::with_capacity(rows.len());
        for row in &rows {
            let Some(ms) = cell(row, 2)? else { continue };
            out.push(MedianTime { pipeline: cell(row, 0)?, model: cell(row, 1)?, ms });
        }
        Ok(out)
    }

    /// Single tests, newest first.
    pub(crate) async fn tests(
        &self,
        kind: TestKind,
        which: &Tests,
    ) -> Result<Vec<Test>, ReadError> {
        let (condition, params) = which.condition(kind);
        let sql = format!(
            "select ts, orchestrator, region, pipeline, model, served, {}, {} from {} where {condition} order by ts desc limit {}",
            kind.time(),
            kind.error(),
            kind.table(),
            limits::TESTS + 1
        );
        let rows = self.query(&sql, &params).await?;
        at_most(rows.len(), limits::TESTS)?;
        let mut out = Vec::with_capacity(rows.len());
        for row in &rows {
            let (Some(at), Some(orchestrator)) = (time(row, 0)?, cell(row, 1)?) else { continue };
            let served = cell::<Option<i64>>(row, 5)? == Some(1);
            out.push(Test {
                at,
                orchestrator,
                region: cell(row, 2)?,
                pipeline: cell(row, 3)?,
                model: cell(row, 4)?,
                served,
                time_ms: cell::<Option<f64>>(row, 6)?.filter(|ms| served && *ms > 0.0),
                error: cell::<Option<String>>(row, 7)?.filter(|_| !served),
            });
        }
        Ok(out)
    }

    /// Pipelines and models that were tested.
    pub(crate) async fn tested_models(
        &self,
        kind: TestKind,
        which: &Tests,
    ) -> Result<Vec<(String, String)>, ReadError> {
        let (condition, params) = which.condition(kind);
        let sql = format!(
            "select distinct pipeline, model from {} where {condition} and pipeline is not null and model is not null limit {}",
            kind.table(),
            limits::GROUP_ROWS + 1
        );
        let rows = self.query(&sql, &params).await?;
        at_most(rows.len(), limits::GROUP_ROWS)?;
        rows.iter().map(|row| Ok((cell(row, 0)?, cell(row, 1)?))).collect()
    }

    /// The region of each agent, as it said last.
    pub(crate) async fn agent_regions(&self, since_us: i64) -> Result<Vec<String>, ReadError> {
        let sql = format!(
            "select region from public_agent where ts >= {since_us} latest on ts partition by node limit {}",
            limits::NODES + 1
        );
        let rows = self.query(&sql, &[]).await?;
        at_most(rows.len(), limits::NODES)?;
        let regions: Result<Vec<Option<String>>, ReadError> =
            rows.iter().map(|row| cell(row, 0)).collect();
        Ok(regions?.into_iter().flatten().collect())
    }

    /// How many orchestrators capability reports told of; with a pipeline or model, of what these
    /// offered.
    pub(crate) async fn orchestrators_observed(
        &self,
        span: Span,
        filters: &[Filter],
    ) -> Result<i64, ReadError> {
        let offered = filters.iter().any(|(column, _)| matches!(*column, "pipeline" | "model"));
        let table = if offered { "public_supply" } else { "public_supply_report" };
        let mut text = format!("ts >= {} and ts < {}", span.from_us, span.to_us);
        let mut params: Vec<&(dyn ToSql + Sync)> = Vec::new();
        text += &narrowed(filters, &mut params);
        let sql = format!("select count_distinct(orchestrator) from {table} where {text}");
        let rows = self.query(&sql, &params).await?;
        let n = rows.first().map(|row| cell::<Option<i64>>(row, 0)).transpose()?;
        Ok(n.flatten().unwrap_or_default())
    }

    /// GPUs as capability reports since `since_us` list them, each as often as it has models.
    pub(crate) async fn listed_gpus(
        &self,
        since_us: i64,
        origin: &str,
    ) -> Result<Vec<ListedGpu>, ReadError> {
        let sql = format!(
            "select ts, orch_address, orch_uri, pipeline, model, gpu_id, gpu_name from public_orchestrator_gpu where ts >= {since_us} and origin = $1 and gpu_id is not null limit {}",
            limits::GROUP_ROWS + 1
        );
        let rows = self.query(&sql, &[&origin]).await?;
        at_most(rows.len(), limits::GROUP_ROWS)?;
        let mut out = Vec::with_capacity(rows.len());
        for row in &rows {
            let (Some(at), Some(id)) = (time(row, 0)?, cell(row, 5)?) else { continue };
            out.push(ListedGpu {
                at,
                orchestrator: cell(row, 1)?,
                uri: cell(row, 2)?,
                pipeline: cell(row, 3)?,
                model: cell(row, 4)?,
                id,
                name: cell(row, 6)?,
            });
        }
        Ok(out)
    }

    /// Stakes of the active set as a node read it last, wei of LPT; none if no node did since
    /// `since_us`.
    pub(crate) async fn active_stakes(
        &self,
        since_us: i64,
    ) -> Result<Vec<Option<String>>, ReadError> {
        // One reading of the set is the rows of one node and one time.
        let newest = format!(
            "select ts, node from public_onchain_orchestrator where ts >= {since_us} and list = 'active_set' order by ts desc limit 1"
        );
        let newest = self.query(&newest, &[]).await?;
        let Some(row) = newest.first() else { return Ok(Vec::new()) };
        let ts_us = cell::<NaiveDateTime>(row, 0)?.and_utc().timestamp_micros();
        let node = cell::<Option<String>>(row, 1)?.unwrap_or_default();
        let sql = format!(
            "select stake_wei from public_onchain_orchestrator where ts = {ts_us} and node = $1 and list = 'active_set' and active = 1 limit {}",
            limits::NODES + 1
        );
        let rows = self.query(&sql, &[&node]).await?;
        at_most(rows.len(), limits::NODES)?;
        rows.iter().map(|row| cell(row, 0)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_a_field() {
        let has = |table: &str, column: &str| {
            let entity = naap_schema::entity(table.trim_start_matches("public_")).unwrap();
            entity.fields.iter().any(|f| f.name == column)
        };
        for kind in TestKind::ALL {
            let own = match kind {
                TestKind::Leg => ["requested", "swap_reason"],
                TestKind::Job => ["failed", "error_type"],
            };
            let shared = ["orchestrator", "region", "pipeline", "model", "origin", "served"];
            for column in shared.into_iter().chain(own).chain([kind.time(), "outcome"]) {
                assert!(has(kind.table(), column), "{column} of {}", kind.table());
            }
        }
    }

    #[test]
    fn what_is_given_is_bound() {
        let which = Tests {
            span: Span { from_us: 1, to_us: 2 },
            region: Some("EU-WEST".into()),
            pipeline: None,
            model: Some("m' or 1 = 1".into()),
            orchestrator: None,
        };
        let (text, params) = which.condition(TestKind::Leg);
        assert!(text.ends_with("requested = 1 and upper(region) = $1 and model = $2"), "{text}");
        assert_eq!(params.len(), 2);
    }
}
