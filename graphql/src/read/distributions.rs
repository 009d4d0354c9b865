//! Histograms by group and bucket, from the histogram views and, where these are not settled or the
//! window has no whole hours, from rows sorted into the same buckets.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use naap_schema::histogram;

use super::series::Span;
use super::sums::{Ask, Key, key, plan, rollup};
use super::{Database, ReadError, at_most, cell};
use crate::limits;

/// Counts by histogram bucket.
pub(crate) type Counts = BTreeMap<i64, u64>;

/// Histograms by group, then by start of the bucket of time.
pub(crate) type Histograms = BTreeMap<Key, BTreeMap<i64, Counts>>;

/// The SQL that sorts a field into the buckets of `histogram::bucket`, as the views do.
fn bucket_sql(field: &str, (low, high): (f64, f64)) -> String {
    format!(
        "CASE WHEN {field} < 0 THEN {} WHEN {field} = 0 THEN {} WHEN {field} < {low:?} THEN {} WHEN {field} > {high:?} THEN {} ELSE ceil(ln({field}) / ln({}))::LONG END",
        histogram::NEGATIVE,
        histogram::ZERO,
        histogram::bucket(low, (low, high)),
        histogram::bucket(high, (low, high)),
        histogram::GAMMA,
    )
}

impl Database {
    /// The histograms of a field that is marked as a distribution; empty for any other.
    pub(crate) async fn histograms(
        &self,
        ask: &Ask,
        table: &'static str,
        field: &'static str,
    ) -> Result<Histograms, ReadError> {
        let mut out = Histograms::new();
        let declared = naap_schema::entity(table)
            .and_then(|e| e.fields.iter().find(|f| f.name == field))
            .and_then(|f| f.distribution);
        let (Some(rollup), Some(range)) = (rollup(table), declared) else { return Ok(out) };
        let views = rollup.histograms.iter().filter(|(_, of, _)| *of == field);
        let levels = self.levels_of(views.map(|(v, _, s)| (*v, *s)), ask.width_us).await?;
        let mut rows = 0;
        for (view, part) in plan(ask.span, &levels, ask.now_us - limits::SETTLED_US) {
            rows += match view {
                Some(view) => self.add_counts(ask, view, "b", "sum(n)", part, &mut out).await?,
                None => {
                    let view = format!("public_{table}");
                    let bucket = bucket_sql(field, range);
                    let count = format!("count({field})");
                    self.add_counts(ask, &view, &bucket, &count, part, &mut out).await?
                }
            };
            at_most(rows, limits::GROUP_ROWS)?;
        }
        Ok(out)
    }

    async fn add_counts(
        &self,
        ask: &Ask,
        from: &str,
        bucket: &str,
        count: &str,
        part: Span,
        out: &mut Histograms,
    ) -> Result<usize, ReadError> {
        let (condition, params) = ask.condition(part);
        let sql = format!(
            "select {} t, {}{bucket} hb, {count}::long from {from} where {condition} limit {}",
            ask.bucket_sql(),
            ask.by_sql(),
            limits::GROUP_ROWS + 1
        );
        let rows = self.query(&sql, &params).await?;
        for row in &rows {
            let Some(t) = cell::<Option<NaiveDateTime>>(row, 0)? else { continue };
            let at = 1 + ask.by.len();
            let n = cell::<Option<i64>>(row, at + 1)?.and_then(|n| u64::try_from(n).ok());
            // Rows without a value have no bucket, and count nothing.
            let (Some(b), Some(n)) = (cell::<Option<i64>>(row, at)?, n.filter(|n| *n > 0)) else {
                continue;
            };
            let times = out.entry(key(row, ask.by.len())?).or_default();
            let counts = times.entry(t.and_utc().timestamp_micros()).or_default();
            *counts.entry(b).or_default() += n;
        }
        Ok(rows.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_as_the_views_sort_them() {
        let sql: String = naap_schema::MIGRATIONS.iter().map(|m| m.sql).collect();
        for (field, range) in
            [("startup_ms", (1.0, 3_600_000.0)), ("output_fps_mean", (0.1, 1000.0))]
        {
            let expected = format!("{} b", bucket_sql(field, range));
            assert!(sql.contains(&expected), "{expected}");
        }
    }
}
