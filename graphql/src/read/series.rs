//! Series: rollup buckets before the newest one, and raw rows from there on.
//!
//! What is read is additive (count, sum, sum of squares, minimum, maximum), so that buckets of any
//! level fold into coarser ones; means and spreads are made at the very end.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use naap_schema::{EntityDef, FieldDef, Kind, ROLLUPS, RollupDef};
use tokio_postgres::types::ToSql;

use super::{Database, ReadError, cell};

/// A half-open window, microseconds since 1970 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from_us: i64,
    pub(crate) to_us: i64,
}

/// What adds up of one field over some rows.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Sums {
    pub(crate) n: i64,
    pub(crate) sum: Option<f64>,
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
    pub(crate) squares: Option<f64>,
}

impl Sums {
    fn add(&mut self, other: &Self) {
        self.n += other.n;
        self.sum = either(self.sum, other.sum, |a, b| a + b);
        self.squares = either(self.squares, other.squares, |a, b| a + b);
        self.min = either(self.min, other.min, f64::min);
        self.max = either(self.max, other.max, f64::max);
    }

    /// Sum / n; unknown without values.
    pub(crate) fn mean(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
        self.sum.filter(|_| self.n > 0).map(|s| s / self.n as f64)
    }

    /// Population standard deviation, from the sum of squares.
    pub(crate) fn stddev(&self) -> Option<f64> {
        let mean = self.mean()?;
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
        let mean_square = self.squares? / self.n as f64;
        // Rounding may leave a little less than nothing.
        Some((mean_square - mean * mean).max(0.0).sqrt())
    }
}

fn either(a: Option<f64>, b: Option<f64>, f: impl Fn(f64, f64) -> f64) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(f(a, b)),
        (a, b) => a.or(b),
    }
}

/// One key (an interface, say) in one bucket.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cells {
    pub(crate) rows: i64,
    /// In the order of [`Subject::fields`].
    pub(crate) fields: Vec<Sums>,
}

/// Buckets by start, then by key.
pub(crate) type Buckets = BTreeMap<i64, BTreeMap<String, Cells>>;

/// What a series is of.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    rollup: &'static RollupDef,
    entity: &'static EntityDef,
    /// Dimension that must not be mixed before rates are made.
    key: Option<&'static str>,
    /// Column and value that rows must have.
    filters: Vec<(&'static str, String)>,
    /// Column and value that rows must not have.
    without: Option<(&'static str, &'static str)>,
}

impl Subject {
    /// # Panics
    /// If there is no such rollup, which a test excludes.
    pub(crate) fn new(name: &str, key: Option<&'static str>) -> Self {
        let rollup = ROLLUPS.iter().find(|r| r.name == name).expect("a rollup of the schema");
        let entity = naap_schema::entity(rollup.entity).expect("a rollup's entity exists");
        Self { rollup, entity, key, filters: Vec::new(), without: None }
    }

    pub(crate) fn only(mut self, column: &'static str, value: Option<String>) -> Self {
        self.filters.extend(value.map(|v| (column, v)));
        self
    }

    pub(crate) fn except(mut self, column: &'static str, value: &'static str) -> Self {
        self.without = Some((column, value));
        self
    }

    fn rollup_fields(&self) -> impl Iterator<Item = &'static FieldDef> {
        self.entity.fields.iter().filter(|f| f.rollup)
    }

    /// Position of a field in [`Cells::fields`].
    pub(crate) fn index(&self, field: &str) -> Option<usize> {
        self.rollup_fields().position(|f| f.name == field)
    }

    /// Columns of every read: time, key, rows, then five per field.
    fn select(&self, raw: bool) -> String {
        let key = self.key.map_or("'' k".to_owned(), |k| format!("{k} k"));
        let rows = if raw { "count() n" } else { "sum(n) n" };
        let mut columns = vec!["ts".to_owned(), key, rows.to_owned()];
        for f in self.rollup_fields() {
            let c = f.name;
            let (min, squares) = match (f.kind == Kind::Gauge, raw) {
                (true, true) => {
                    (format!("min({c})::double"), format!("sum({c}::double * {c}::double)"))
                }
                (true, false) => (format!("min({c}_min)::double"), format!("sum({c}_sq)")),
                (false, _) => ("null::double".to_owned(), "null::double".to_owned()),
            };
            let (n, sum, max) = if raw {
                (format!("count({c})"), format!("sum({c})::double"), format!("max({c})::double"))
            } else {
                (
                    format!("sum({c}_n)"),
                    format!("sum({c}_sum)::double"),
                    format!("max({c}_max)::double"),
                )
            };
            columns.extend([n, sum, min, max, squares]);
        }
        columns.join(", ")
    }

    fn condition(&self, span: Span) -> (String, Vec<&(dyn ToSql + Sync)>) {
        let mut text = format!("ts >= {} and ts < {}", span.from_us, span.to_us);
        let mut params: Vec<&(dyn ToSql + Sync)> = Vec::new();
        for (i, (column, value)) in self.filters.iter().enumerate() {
            text += &format!(" and {column} = ${}", i + 1);
            params.push(value);
        }
        if let Some((column, value)) = &self.without {
            params.push(value);
            text += &format!(" and {column} <> ${}", params.len());
        }
        (text, params)
    }
}

impl Database {
    /// The buckets of `width_us` in `span`, which is snapped to them.
    pub(crate) async fn series(
        &self,
        subject: &Subject,
        span: Span,
        width_us: i64,
    ) -> Result<Buckets, ReadError> {
        let mut out = Buckets::new();
        let mut from_us = span.from_us;
        // From the coarsest level that the bucket allows down to the raw rows, each up to its
        // newest bucket, which may still be growing.
        let mut levels: Vec<_> = subject
            .rollup
            .levels
            .iter()
            .filter(|(_, seconds)| i64::from(*seconds) * 1_000_000 <= width_us)
            .collect();
        levels.sort_by_key(|(_, seconds)| std::cmp::Reverse(*seconds));
        for (view, seconds) in levels {
            let width = i64::from(*seconds) * 1_000_000;
            let rest = Span { from_us, to_us: span.to_us };
            let Some(newest) = self.newest_bucket(subject, view, rest).await? else { continue };
            // A level may begin only where the one above ended on a border of its own.
            if newest > from_us && from_us % width == 0 {
                let part = Span { from_us, to_us: newest };
                self.read_into(subject, view, false, "", part, width_us, &mut out).await?;
                from_us = newest;
            }
        }
        let part = Span { from_us, to_us: span.to_us };
        let view = format!("public_{}", subject.entity.name);
        let sample = if width_us >= 60_000_000 { " sample by 1m" } else { "" };
        self.read_into(subject, &view, true, sample, part, width_us, &mut out).await?;
        Ok(out)
    }

    async fn newest_bucket(
        &self,
        subject: &Subject,
        view: &str,
        span: Span,
    ) -> Result<Option<i64>, ReadError> {
        let (condition, params) = subject.condition(span);
        let sql = format!("select max(ts) from {view} where {condition}");
        let rows = self.query(&sql, &params).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let newest: Option<NaiveDateTime> = cell(row, 0)?;
        Ok(newest.map(|t| t.and_utc().timestamp_micros()))
    }

    #[expect(clippy::too_many_arguments, reason = "one read, called from one place")]
    async fn read_into(
        &self,
        subject: &Subject,
        from: &str,
        raw: bool,
        sample: &str,
        span: Span,
        width_us: i64,
        out: &mut Buckets,
    ) -> Result<(), ReadError> {
        let (condition, params) = subject.condition(span);
        let sql = format!("select {} from {from} where {condition}{sample}", subject.select(raw));
        let fields = subject.rollup_fields().count();
        for row in self.query(&sql, &params).await? {
            let ts: NaiveDateTime = cell(&row, 0)?;
            let key: Option<String> = cell(&row, 1)?;
            let mut cells = Cells { rows: cell(&row, 2)?, fields: Vec::with_capacity(fields) };
            for i in (0..fields).map(|f| 3 + f * 5) {
                cells.fields.push(Sums {
                    n: cell::<Option<i64>>(&row, i)?.unwrap_or(0),
                    sum: cell(&row, i + 1)?,
                    min: cell(&row, i + 2)?,
                    max: cell(&row, i + 3)?,
                    squares: cell(&row, i + 4)?,
                });
            }
            let start = ts.and_utc().timestamp_micros().div_euclid(width_us) * width_us;
            fold(out, start, key.unwrap_or_default(), cells);
        }
        Ok(())
    }
}

/// Adds cells to a bucket.
fn fold(out: &mut Buckets, start: i64, key: String, cells: Cells) {
    use std::collections::btree_map::Entry;
    match out.entry(start).or_default().entry(key) {
        Entry::Vacant(e) => {
            e.insert(cells);
        }
        Entry::Occupied(mut e) => {
            let sum = e.get_mut();
            sum.rows += cells.rows;
            for (a, b) in sum.fields.iter_mut().zip(&cells.fields) {
                a.add(b);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sums(values: &[f64]) -> Sums {
        values.iter().fold(Sums::default(), |mut s, &x| {
            s.add(&Sums { n: 1, sum: Some(x), min: Some(x), max: Some(x), squares: Some(x * x) });
            s
        })
    }

    #[test]
    fn every_subject_has_its_rollup_and_fields() {
        let host = Subject::new("host", None);
        assert!(host.index("cpu_busy_ratio").is_some());
        assert_eq!(host.index("cpu_count"), None, "not rolled up");
        assert!(Subject::new("interface", Some("interface")).index("rx_bytes").is_some());
        assert!(Subject::new("stream_status", None).index("output_fps").is_some());
    }

    #[test]
    fn nothing_known_is_nothing_said() {
        let none = Sums::default();
        assert_eq!((none.mean(), none.stddev()), (None, None));
        let delta = Sums { n: 2, sum: Some(6.0), ..Sums::default() };
        assert_eq!((delta.mean(), delta.stddev()), (Some(3.0), None));
    }

    proptest! {
        #[test]
        fn folding_in_parts_is_folding_at_once(xs in prop::collection::vec(-1e6f64..1e6, 1..40), at in any::<prop::sample::Index>()) {
            let (a, b) = xs.split_at(at.index(xs.len()));
            let mut parts = sums(a);
            parts.add(&sums(b));
            let whole = sums(&xs);
            prop_assert_eq!((parts.n, parts.min, parts.max), (whole.n, whole.min, whole.max));
            prop_assert!((parts.mean().unwrap() - whole.mean().unwrap()).abs() < 1e-6);
            #[expect(clippy::cast_precision_loss, reason = "test sizes")]
            let mean = xs.iter().sum::<f64>() / xs.len() as f64;
            #[expect(clippy::cast_precision_loss, reason = "test sizes")]
            let exact = (xs.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / xs.len() as f64).sqrt();
            prop_assert!((whole.stddev().unwrap() - exact).abs() < 1e-3 * exact.max(1.0));
        }
    }
}
