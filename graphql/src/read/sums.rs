//! Sums by bucket and group, from derived tables and the views that sum them up.
//!
//! Views come first, where they are settled; rows of the derived table itself from there on. A row
//! is read from exactly one of them: [`plan`] cuts the window into parts that touch and never
//! overlap. Derived rows change as late events come, and a view follows within about a minute, so
//! nothing younger than [`limits::SETTLED_US`] is taken from a view, and never a view's newest
//! bucket, which may still be growing, and nothing from a view that is invalid.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use naap_schema::{ROLLUPS, RollupDef};
use tokio_postgres::types::ToSql;

use super::series::Span;
use super::{Database, Filter, ReadError, at_most, cell, narrowed};
use crate::limits;

pub(crate) const FIVE_MINUTES_US: i64 = 300_000_000;
pub(crate) const HOUR_US: i64 = 3_600_000_000;
pub(crate) const DAY_US: i64 = 24 * HOUR_US;

/// What is added up of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// Rows that have a value. A void row has none.
    Count,
    /// The values.
    Sum,
}

/// Something that adds up: a field of a derived table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) table: &'static str,
    pub(crate) field: &'static str,
    pub(crate) what: What,
}

impl Column {
    /// As the table's own rows give it, or the columns of a view.
    fn sql(self, view: bool) -> String {
        let f = self.field;
        match (self.what, view) {
            (What::Count, false) => format!("count({f})::double"),
            (What::Sum, false) => format!("sum({f})::double"),
            (What::Count, true) => format!("sum({f}_n)::double"),
            (What::Sum, true) => format!("sum({f}_sum)::double"),
        }
    }
}

/// Values of the dimensions that were asked for, in their order; `None` where unknown.
pub(crate) type Key = Vec<Option<String>>;

/// Sums in the order of [`Sums::columns`]; `None` where no row has a value.
pub(crate) type Cell = Vec<Option<f64>>;

/// What was added up: by group, then by start of the bucket.
#[derive(Debug, Default)]
pub(crate) struct Sums {
    pub(crate) columns: Vec<Column>,
    pub(crate) groups: BTreeMap<Key, BTreeMap<i64, Cell>>,
}

impl Sums {
    /// The sum of a column in a cell.
    pub(crate) fn get(&self, cell: &Cell, table: &str, field: &str, what: What) -> Option<f64> {
        let same = |c: &Column| c.table == table && c.field == field && c.what == what;
        cell.get(self.columns.iter().position(same)?).copied().flatten()
    }

    /// All buckets of a group together.
    pub(crate) fn total(&self, buckets: &BTreeMap<i64, Cell>) -> Cell {
        let mut total = vec![None; self.columns.len()];
        for cell in buckets.values() {
            add(&mut total, cell);
        }
        total
    }

    /// Several groups together, by bucket.
    pub(crate) fn folded<'a>(
        &self,
        groups: impl Iterator<Item = &'a BTreeMap<i64, Cell>>,
    ) -> BTreeMap<i64, Cell> {
        let mut out: BTreeMap<i64, Cell> = BTreeMap::new();
        for (start, cell) in groups.flatten() {
            add(out.entry(*start).or_insert_with(|| vec![None; self.columns.len()]), cell);
        }
        out
    }

    fn put(&mut self, key: Key, start_us: i64, offset: usize, values: &Cell) {
        let empty = || vec![None; self.columns.len()];
        let cell = self.groups.entry(key).or_default().entry(start_us).or_insert_with(empty);
        if let Some(part) = cell.get_mut(offset..) {
            add(part, values);
        }
    }

    /// Takes groups and buckets away in which there is nothing but void rows.
    fn tidy(&mut self) {
        for buckets in self.groups.values_mut() {
            buckets.retain(|_, cell| cell.iter().flatten().any(|x| *x != 0.0));
        }
        self.groups.retain(|_, buckets| !buckets.is_empty());
    }
}

fn add(into: &mut [Option<f64>], values: &[Option<f64>]) {
    for (a, b) in into.iter_mut().zip(values) {
        *a = [*a, *b].into_iter().flatten().reduce(|x, y| x + y);
    }
}

/// What rows are asked for, of any table.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) span: Span,
    /// Width of the buckets; the whole window is one if left out.
    pub(crate) width_us: Option<i64>,
    /// Columns of the dimensions.
    pub(crate) by: Vec<&'static str>,
    /// What rows must have.
    pub(crate) filters: Vec<Filter>,
    pub(crate) now_us: i64,
}

impl Ask {
    /// The SQL of the start of the bucket of a row. Only the widths of this API have one.
    pub(super) fn bucket_sql(&self) -> String {
        match self.width_us {
            Some(FIVE_MINUTES_US) => "timestamp_floor('5m', ts)".to_owned(),
            Some(HOUR_US) => "timestamp_floor('1h', ts)".to_owned(),
            Some(DAY_US) => "timestamp_floor('1d', ts)".to_owned(),
            _ => format!("{}::timestamp", self.span.from_us),
        }
    }

    /// The condition, from `$1` on, and what is bound.
    pub(super) fn condition(&self, part: Span) -> (String, Vec<&(dyn ToSql + Sync)>) {
        let mut text = format!("ts >= {} and ts < {}", part.from_us, part.to_us);
        let mut params: Vec<&(dyn ToSql + Sync)> = Vec::new();
        text += &narrowed(&self.filters, &mut params);
        (text, params)
    }

    /// The dimensions, each with a comma behind it.
    pub(super) fn by_sql(&self) -> String {
        self.by.iter().map(|column| format!("{column}, ")).collect()
    }
}

/// A level of views.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Level {
    pub(crate) view: &'static str,
    pub(crate) width_us: i64,
    /// Start of its newest bucket; `None` while it is empty.
    pub(crate) newest_us: Option<i64>,
}

/// Cuts a window into parts, each with the view to read it from, or `None` for the table's own rows.
/// `levels` come coarsest first.
pub(crate) fn plan(
    span: Span,
    levels: &[Level],
    settled_us: i64,
) -> Vec<(Option<&'static str>, Span)> {
    let mut out = Vec::new();
    cut(span, levels, settled_us, &mut out);
    out
}

fn cut(span: Span, levels: &[Level], settled_us: i64, out: &mut Vec<(Option<&'static str>, Span)>) {
    if span.from_us >= span.to_us {
        return;
    }
    let Some((level, finer)) = levels.split_first() else {
        out.push((None, span));
        return;
    };
    let width = level.width_us;
    let start = (span.from_us + width - 1).div_euclid(width) * width;
    let known = level.newest_us.unwrap_or(i64::MIN / 2);
    let end = span.to_us.min(settled_us).min(known).div_euclid(width) * width;
    if start >= end {
        return cut(span, finer, settled_us, out);
    }
    cut(Span { from_us: span.from_us, to_us: start }, finer, settled_us, out);
    out.push((Some(level.view), Span { from_us: start, to_us: end }));
    cut(Span { from_us: end, to_us: span.to_us }, finer, settled_us, out);
}

pub(super) fn rollup(table: &str) -> Option<&'static RollupDef> {
    ROLLUPS.iter().find(|r| r.name == table)
}

impl Database {
    /// Adds up the columns, by bucket and group. Each table must have every dimension and filter.
    pub(crate) async fn sums(&self, ask: &Ask, columns: Vec<Column>) -> Result<Sums, ReadError> {
        let mut out = Sums { columns, groups: BTreeMap::new() };
        let mut rows = 0;
        let mut offset = 0;
        while let Some(table) = out.columns.get(offset).map(|c| c.table) {
            let of_table: Vec<Column> =
                out.columns.iter().skip(offset).take_while(|c| c.table == table).copied().collect();
            let levels = self.levels(table, ask.width_us).await?;
            for (view, part) in plan(ask.span, &levels, ask.now_us - limits::SETTLED_US) {
                rows += self.add_part(ask, &of_table, table, view, part, offset, &mut out).await?;
                at_most(rows, limits::GROUP_ROWS)?;
            }
            offset += of_table.len();
        }
        out.tidy();
        Ok(out)
    }

    /// The views of a table whose buckets fit into those that are asked for, coarsest first.
    async fn levels(&self, table: &str, width_us: Option<i64>) -> Result<Vec<Level>, ReadError> {
        let levels = rollup(table).map_or(&[][..], |r| r.levels);
        self.levels_of(levels.iter().map(|(view, s)| (*view, *s)), width_us).await
    }

    /// The same of any views, given with their widths in seconds.
    pub(super) async fn levels_of(
        &self,
        views: impl Iterator<Item = (&'static str, u32)>,
        width_us: Option<i64>,
    ) -> Result<Vec<Level>, ReadError> {
        let sql = "select view_name from materialized_views() where view_status = 'invalid'";
        let invalid: Result<Vec<String>, ReadError> =
            self.query(sql, &[]).await?.iter().map(|row| cell(row, 0)).collect();
        let invalid = invalid?;
        let mut out = Vec::new();
        for (view, seconds) in views {
            let width = i64::from(seconds) * 1_000_000;
            // An invalid view stays as it was, and what came since is not in it.
            let usable = !invalid.iter().any(|name| name == view);
            if usable && width_us.is_none_or(|w| width <= w) {
                let rows = self.query(&format!("select ts from {view} limit -1"), &[]).await?;
                let newest = rows.first().map(|row| cell::<NaiveDateTime>(row, 0)).transpose()?;
                let newest_us = newest.map(|t| t.and_utc().timestamp_micros());
                out.push(Level { view, width_us: width, newest_us });
            }
        }
        out.sort_by_key(|level| std::cmp::Reverse(level.width_us));
        Ok(out)
    }

    #[expect(clippy::too_many_arguments, reason = "one read, called from one place")]
    async fn add_part(
        &self,
        ask: &Ask,
        columns: &[Column],
        table: &str,
        view: Option<&'static str>,
        part: Span,
        offset: usize,
        out: &mut Sums,
    ) -> Result<usize, ReadError> {
        let (condition, params) = ask.condition(part);
        let sums: Vec<String> = columns.iter().map(|c| c.sql(view.is_some())).collect();
        let from = view.map_or_else(|| format!("public_{table}"), str::to_owned);
        let sql = format!(
            "select {} t, {}{} from {from} where {condition} limit {}",
            ask.bucket_sql(),
            ask.by_sql(),
            sums.join(", "),
            limits::GROUP_ROWS + 1
        );
        let rows = self.query(&sql, &params).await?;
        for row in &rows {
            // Without rows behind it there is one row of nothing.
            let Some(t) = cell::<Option<NaiveDateTime>>(row, 0)? else { continue };
            let key = key(row, ask.by.len())?;
            let first = 1 + ask.by.len();
            let values: Result<Cell, ReadError> =
                (first..first + columns.len()).map(|i| cell(row, i)).collect();
            out.put(key, t.and_utc().timestamp_micros(), offset, &values?);
        }
        Ok(rows.len())
    }
}

/// The dimensions of a row, which stand behind the bucket.
pub(super) fn key(row: &tokio_postgres::Row, n: usize) -> Result<Key, ReadError> {
    (1..=n).map(|i| cell(row, i)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn levels(newest: [Option<i64>; 3]) -> Vec<Level> {
        [("d", DAY_US), ("h", HOUR_US), ("m", FIVE_MINUTES_US)]
            .into_iter()
            .zip(newest)
            .map(|((view, width_us), newest_us)| Level { view, width_us, newest_us })
            .collect()
    }

    #[test]
    fn a_day_and_the_hours_around_it() {
        let newest = Some(100 * DAY_US);
        let span = Span { from_us: 10 * DAY_US - HOUR_US, to_us: 11 * DAY_US + FIVE_MINUTES_US };
        let parts = plan(span, &levels([newest; 3]), 100 * DAY_US);
        let views: Vec<_> = parts.iter().map(|p| p.0).collect();
        assert_eq!(views, [Some("h"), Some("d"), Some("m")]);
    }

    #[test]
    fn an_empty_view_and_what_is_not_settled_leave_the_rows() {
        let span = Span { from_us: 10 * DAY_US, to_us: 11 * DAY_US };
        assert_eq!(plan(span, &levels([None; 3]), 100 * DAY_US), [(None, span)]);
        let old = plan(span, &levels([Some(100 * DAY_US); 3]), 9 * DAY_US);
        assert_eq!(old, [(None, span)]);
        // The newest bucket of a view may still be growing.
        let newest = Some(10 * DAY_US + HOUR_US);
        let parts = plan(span, &levels([None, newest, None]), 100 * DAY_US);
        let first = Span { from_us: 10 * DAY_US, to_us: 10 * DAY_US + HOUR_US };
        assert_eq!(parts.first(), Some(&(Some("h"), first)));
        assert_eq!(parts.len(), 2);
    }

    proptest! {
        #[test]
        fn parts_touch_and_never_overlap(
            from in 0i64..2000, length in 1i64..2000, settled in 0i64..4000,
            newest in prop::array::uniform3(prop::option::of(0i64..4000)),
        ) {
            let us = |n: i64| n * FIVE_MINUTES_US;
            let span = Span { from_us: us(from), to_us: us(from + length) };
            let levels = levels(newest.map(|n| n.map(us)));
            let parts = plan(span, &levels, us(settled));
            let mut at = span.from_us;
            for (view, part) in &parts {
                prop_assert_eq!(part.from_us, at);
                prop_assert!(part.to_us > part.from_us);
                at = part.to_us;
                if let Some(level) = levels.iter().find(|l| Some(l.view) == *view) {
                    prop_assert_eq!(part.from_us % level.width_us, 0);
                    prop_assert_eq!(part.to_us % level.width_us, 0);
                    prop_assert!(part.to_us <= us(settled));
                    prop_assert!(level.newest_us.is_some_and(|n| part.to_us <= n));
                }
            }
            prop_assert_eq!(at, span.to_us);
        }
    }

    #[test]
    fn sums_of_nothing_are_not_zero() {
        let columns = vec![
            Column { table: "job", field: "requested", what: What::Sum },
            Column { table: "job", field: "duration_ms", what: What::Sum },
        ];
        let mut sums = Sums { columns, groups: BTreeMap::new() };
        sums.put(vec![None], 0, 0, &vec![Some(2.0), None]);
        sums.put(vec![None], 1, 1, &vec![Some(5.0)]);
        sums.put(vec![Some("void".into())], 0, 0, &vec![Some(0.0), None]);
        sums.tidy();
        assert_eq!(sums.groups.len(), 1, "a group of void rows is none");
        let buckets = &sums.groups[&vec![None]];
        let total = sums.total(buckets);
        assert_eq!(sums.get(&total, "job", "requested", What::Sum), Some(2.0));
        assert_eq!(sums.get(&total, "job", "duration_ms", What::Sum), Some(5.0));
        assert_eq!(sums.get(&buckets[&0], "job", "duration_ms", What::Sum), None);
        assert_eq!(sums.get(&total, "job", "served", What::Sum), None);
    }
}
