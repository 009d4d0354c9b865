//! Scores, benchmarks, and what orchestrators report against what was observed.

use chrono::{DateTime, NaiveDateTime, Utc};
use tokio_postgres::Row;

use super::series::Span;
use super::{Database, Filter, ReadError, at_most, cell, narrowed, time};
use crate::limits;

/// Labels of a score.
const TEXTS: [&str; 9] = [
    "orchestrator",
    "pipeline",
    "model",
    "region",
    "origin",
    "formula",
    "ptff_flag",
    "e2e_flag",
    "fps_flag",
];

/// Counts of a score.
const COUNTS: [&str; 23] = [
    "requested",
    "served",
    "swapped",
    "viability_legs",
    "viable",
    "playable",
    "signals_seen",
    "signals_expected",
    "ptff_n",
    "e2e_n",
    "fps_n",
    "gateways",
    "ranked",
    "startup_met",
    "startup_hours",
    "swap_met",
    "swap_hours",
    "jitter_met",
    "jitter_hours",
    "e2e_met",
    "e2e_hours",
    "fresh_met",
    "fresh_hours",
];

/// Ratios, terms, weights and points of a score.
const FLOATS: [&str; 26] = [
    "startup_success",
    "no_swap",
    "viability",
    "startup_weight",
    "no_swap_weight",
    "viability_weight",
    "reliability",
    "ptff_median",
    "ptff_term",
    "e2e_median",
    "e2e_term",
    "fps_median",
    "fps_term",
    "ptff_weight",
    "e2e_weight",
    "fps_weight",
    "quality",
    "signal_coverage",
    "score",
    "cost_startup_success",
    "cost_no_swap",
    "cost_viability",
    "cost_ptff",
    "cost_e2e",
    "cost_fps",
    "cost_coverage",
];

/// A row of `sla_score`, by names of columns.
#[derive(Debug, Clone)]
pub(crate) struct Score {
    pub(crate) end: DateTime<Utc>,
    /// Place among the ranked ones of the same end, pipeline, model and region.
    pub(crate) rank: Option<i64>,
    texts: Vec<Option<String>>,
    counts: Vec<Option<i64>>,
    floats: Vec<Option<f64>>,
}

impl Score {
    pub(crate) fn text(&self, column: &str) -> Option<&str> {
        let i = TEXTS.iter().position(|c| *c == column)?;
        self.texts.get(i)?.as_deref()
    }

    pub(crate) fn count(&self, column: &str) -> Option<i64> {
        let i = COUNTS.iter().position(|c| *c == column)?;
        self.counts.get(i).copied().flatten()
    }

    pub(crate) fn float(&self, column: &str) -> Option<f64> {
        let i = FLOATS.iter().position(|c| *c == column)?;
        self.floats.get(i).copied().flatten()
    }

    fn read(row: &Row) -> Result<Option<Self>, ReadError> {
        let Some(end) = time(row, 0)? else { return Ok(None) };
        let counts = 2 + TEXTS.len();
        let floats = counts + COUNTS.len();
        let mut score = Self {
            end,
            rank: None,
            texts: (2..counts).map(|i| cell(row, i)).collect::<Result<_, _>>()?,
            counts: (counts..floats).map(|i| cell(row, i)).collect::<Result<_, _>>()?,
            floats: (floats..floats + FLOATS.len())
                .map(|i| cell(row, i))
                .collect::<Result<_, _>>()?,
        };
        let ranked = score.count("ranked") == Some(1) && score.float("score").is_some();
        score.rank = cell::<Option<i64>>(row, 1)?.filter(|_| ranked);
        Ok(Some(score))
    }
}

/// A row of `benchmark`.
#[derive(Debug, Clone)]
pub(crate) struct Benchmark {
    pub(crate) end: DateTime<Utc>,
    pub(crate) formula: Option<String>,
    pub(crate) pipeline: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) figure: Option<String>,
    pub(crate) n: Option<i64>,
    pub(crate) orchestrators: Option<i64>,
    pub(crate) usable: Option<i64>,
    pub(crate) p10: Option<f64>,
    pub(crate) p50: Option<f64>,
    pub(crate) p90: Option<f64>,
}

/// A row of `reported_observed`.
#[derive(Debug, Clone)]
pub(crate) struct Reported {
    pub(crate) hour: DateTime<Utc>,
    pub(crate) formula: Option<String>,
    pub(crate) orchestrator: Option<String>,
    pub(crate) pipeline: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) figure: Option<String>,
    pub(crate) reported: Option<f64>,
    pub(crate) observed: Option<f64>,
    pub(crate) ratio: Option<f64>,
    pub(crate) basis: Option<String>,
    pub(crate) reports: Option<i64>,
    pub(crate) legs: Option<i64>,
}

/// What rows must have.
type Filters = [Filter];

fn within(span: Span) -> String {
    format!("ts >= {} and ts < {}", span.from_us, span.to_us)
}

impl Database {
    /// The newest time of a derived table's rows with these values; `None` without any.
    pub(crate) async fn newest_of(
        &self,
        table: &'static str,
        filters: &Filters,
    ) -> Result<Option<i64>, ReadError> {
        let mut params = Vec::new();
        let condition = narrowed(filters, &mut params);
        let sql = format!(
            "select ts from public_{table} where ts > 0{condition} order by ts desc limit 1"
        );
        let rows = self.query(&sql, &params).await?;
        let newest = rows.first().map(|row| cell::<NaiveDateTime>(row, 0)).transpose()?;
        Ok(newest.map(|t| t.and_utc().timestamp_micros()))
    }

    /// Scores whose end is in the window, newest first, the best first. Places are taken among all
    /// that fit `shared`; `own` only picks from them. `days`: only ends at midnight UTC.
    pub(crate) async fn scores(
        &self,
        span: Span,
        shared: &Filters,
        own: &Filters,
        days: bool,
    ) -> Result<Vec<Score>, ReadError> {
        let columns: Vec<&str> = TEXTS.iter().chain(&COUNTS).chain(&FLOATS).copied().collect();
        let columns = columns.join(", ");
        let mut params = Vec::new();
        let mut inner = narrowed(shared, &mut params);
        if days {
            inner += " and ts = timestamp_floor('1d', ts)";
        }
        let outer = narrowed(own, &mut params);
        // Without a score it stands behind all others: QuestDB puts NULL first where it descends.
        let sql = format!(
            "select ts, r, {columns} from (select ts, s, rank() over (partition by ts, pipeline, model, region, ranked order by s desc) r, {columns} from (select ts, coalesce(score, -1.0) s, {columns} from public_sla_score where {}{inner})) where ts > 0{outer} order by ts desc, s desc, orchestrator limit {}",
            within(span),
            limits::SCORES + 1
        );
        let rows = self.query(&sql, &params).await?;
        at_most(rows.len(), limits::SCORES)?;
        rows.iter().filter_map(|row| Score::read(row).transpose()).collect()
    }

    /// Benchmarks whose end is in the window, newest first.
    pub(crate) async fn benchmarks(
        &self,
        span: Span,
        filters: &Filters,
    ) -> Result<Vec<Benchmark>, ReadError> {
        let mut params = Vec::new();
        let condition = narrowed(filters, &mut params);
        let sql = format!(
            "select ts, formula, pipeline, model, figure, n, orchestrators, usable, p10, p50, p90 from public_benchmark where {}{condition} order by ts desc, pipeline, model, figure limit {}",
            within(span),
            limits::SCORES + 1
        );
        let rows = self.query(&sql, &params).await?;
        at_most(rows.len(), limits::SCORES)?;
        let mut out = Vec::with_capacity(rows.len());
        for row in &rows {
            let Some(end) = time(row, 0)? else { continue };
            out.push(Benchmark {
                end,
                formula: cell(row, 1)?,
                pipeline: cell(row, 2)?,
                model: cell(row, 3)?,
                figure: cell(row, 4)?,
                n: cell(row, 5)?,
                orchestrators: cell(row, 6)?,
                usable: cell(row, 7)?,
                p10: cell(row, 8)?,
                p50: cell(row, 9)?,
                p90: cell(row, 10)?,
            });
        }
        Ok(out)
    }

    /// What was reported against what was observed, by hour, newest first.
    pub(crate) async fn reported(
        &self,
        span: Span,
        filters: &Filters,
    ) -> Result<Vec<Reported>, ReadError> {
        let mut params = Vec::new();
        let condition = narrowed(filters, &mut params);
        let sql = format!(
            "select ts, formula, orchestrator, pipeline, model, figure, reported, observed, ratio, basis, reports, legs from public_reported_observed where {}{condition} order by ts desc, orchestrator, pipeline, model, figure limit {}",
            within(span),
            limits::SCORES + 1
        );
        let rows = self.query(&sql, &params).await?;
        at_most(rows.len(), limits::SCORES)?;
        let mut out = Vec::with_capacity(rows.len());
        for row in &rows {
            let Some(hour) = time(row, 0)? else { continue };
            out.push(Reported {
                hour,
                formula: cell(row, 1)?,
                orchestrator: cell(row, 2)?,
                pipeline: cell(row, 3)?,
                model: cell(row, 4)?,
                figure: cell(row, 5)?,
                reported: cell(row, 6)?,
                observed: cell(row, 7)?,
                ratio: cell(row, 8)?,
                basis: cell(row, 9)?,
                reports: cell(row, 10)?,
                legs: cell(row, 11)?,
            });
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_a_field() {
        let entity = naap_schema::entity("sla_score").unwrap();
        let known = |c: &str| c == "formula" || entity.fields.iter().any(|f| f.name == c);
        for column in TEXTS.iter().chain(&COUNTS).chain(&FLOATS) {
            assert!(known(column), "{column}");
        }
        let read = TEXTS.len() + COUNTS.len() + FLOATS.len();
        let left_out = ["void", "formula", "span"];
        let fields = entity.fields.iter().filter(|f| !left_out.contains(&f.name)).count();
        assert_eq!(read, fields + 1, "every input is read");
    }
}
