//! Whether a view says the same as what it is made from, and where not. It may read tables and
//! views; what is done about a difference is its callers' affair.

use std::collections::{BTreeMap, BTreeSet};

use naap_schema::{ROLLUPS, RollupDef, entity};

use crate::pg::Pg;
use crate::store::StoreError;
use crate::wal::TableState;
use crate::{clock, limits};

const SECOND_US: i64 = 1_000_000;

/// What is added up from where, and must be equal: counts and sums by bucket.
#[derive(Debug)]
pub(crate) struct Pair {
    pub view: &'static str,
    /// Width of the buckets that are compared, microseconds.
    bucket_us: i64,
    /// What the view is made from, and its columns there.
    pub base: String,
    base_columns: String,
    columns: String,
}

/// Sums by bucket; `None` for NULL.
type Sums = BTreeMap<i64, Vec<Option<f64>>>;

impl Pair {
    /// The pair of this view.
    pub(crate) fn of(view: &str) -> Option<Self> {
        let all = ROLLUPS.iter().flat_map(|r| [pairs(r, false), pairs(r, true)]);
        all.flatten().find(|p| p.view == view)
    }

    /// The stretches of buckets that differ in a time; microseconds since 1970 UTC, the ends left
    /// out. `from_us` should be the beginning of a bucket.
    ///
    /// # Errors
    /// What the database said.
    pub(crate) async fn differing(
        &self,
        pg: &Pg,
        from_us: i64,
        to_us: i64,
    ) -> Result<Vec<(i64, i64)>, StoreError> {
        let sums = async |table: &str, columns: &str| {
            // Names are those of the schema; times are numbers.
            let bucket_us = self.bucket_us;
            let sql = format!(
                "select ts::long / {bucket_us} b, {columns} from {table} where ts >= '{}' and ts < \
                 '{}' group by b",
                clock::text(from_us),
                clock::text(to_us)
            );
            let rows = pg.run(&sql, limits::PG_STATEMENT).await?;
            let mut out = Sums::new();
            for row in rows {
                let mut cells = row.into_iter();
                let bucket = cells.next().flatten().and_then(|b| b.parse::<i64>().ok());
                let numbers = cells.map(|c| c?.parse().ok().filter(|x: &f64| !x.is_nan()));
                if let Some(bucket) = bucket {
                    out.insert(bucket * bucket_us, numbers.collect());
                }
            }
            Ok::<_, StoreError>(out)
        };
        let base = sums(&self.base, &self.base_columns).await?;
        let view = sums(self.view, &self.columns).await?;
        Ok(difference(&base, &view, self.bucket_us))
    }
}

/// Whether everything committed to a table or view can be read.
pub(crate) fn settled(states: &[TableState], name: &str) -> bool {
    states.iter().any(|s| s.name == name && !s.suspended && s.applied >= s.committed)
}

/// What to compare: the views of up to an hour with the raw rows, or (`days`) the views of a day with
/// those of an hour, which are equal to the raw rows by then.
pub(crate) fn pairs(rollup: &'static RollupDef, days: bool) -> Vec<Pair> {
    let fine = !days;
    let fields = || {
        let entity = entity(rollup.entity);
        entity.into_iter().flat_map(|e| e.fields).filter(|f| f.rollup).map(|f| f.name)
    };
    let sums: Vec<String> = fields().map(|f| format!("sum({f}_n), sum({f}_sum)")).collect();
    let sums = [vec!["sum(n) n".to_owned()], sums].concat().join(", ");
    let raw: Vec<String> = fields().map(|f| format!("count({f}), sum({f})")).collect();
    let raw = [vec!["count() n".to_owned()], raw].concat().join(", ");
    let mut out = Vec::new();
    for (i, (view, bucket_s)) in rollup.levels.iter().enumerate() {
        if fine != (*bucket_s <= 3600) {
            continue;
        }
        let (base, base_columns) = match rollup.levels.get(i.wrapping_sub(1)) {
            Some((below, _)) if !fine => ((*below).to_owned(), sums.clone()),
            _ => (rollup.entity.to_owned(), raw.clone()),
        };
        let bucket_us = i64::from(*bucket_s) * SECOND_US;
        out.push(Pair { view, bucket_us, base, base_columns, columns: sums.clone() });
    }
    for (view, field, bucket_s) in rollup.histograms {
        if fine != (*bucket_s <= 3600) {
            continue;
        }
        let below = rollup.histograms.iter().find(|(_, f, s)| f == field && *s < 86_400);
        let (base, base_columns) = match below {
            Some((below, ..)) if !fine => ((*below).to_owned(), "sum(n) n".to_owned()),
            _ => (rollup.entity.to_owned(), format!("count({field}) n")),
        };
        let bucket_us = i64::from(*bucket_s) * SECOND_US;
        out.push(Pair { view, bucket_us, base, base_columns, columns: "sum(n) n".to_owned() });
    }
    out
}

/// The stretches of buckets that differ, each from its first bucket to the end of its last.
fn difference(base: &Sums, view: &Sums, bucket_us: i64) -> Vec<(i64, i64)> {
    let differs = |bucket: &&i64| match (base.get(bucket), view.get(bucket)) {
        (Some(a), Some(b)) => !same(a, b),
        // No row has a value there, and a histogram has no bucket.
        (Some(one), None) | (None, Some(one)) => one.iter().any(|x| x.is_some_and(|x| x != 0.0)),
        (None, None) => false,
    };
    let buckets: BTreeSet<&i64> = base.keys().chain(view.keys()).collect();
    let mut out: Vec<(i64, i64)> = Vec::new();
    for bucket in buckets.into_iter().filter(differs) {
        match out.last_mut() {
            Some(stretch) if stretch.1 == *bucket => stretch.1 += bucket_us,
            _ => out.push((*bucket, *bucket + bucket_us)),
        }
    }
    out
}

fn same(a: &[Option<f64>], b: &[Option<f64>]) -> bool {
    let close = |(a, b): (&Option<f64>, &Option<f64>)| match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= limits::SCRUB_TOLERANCE * a.abs().max(1.0),
        (a, b) => a.is_none() && b.is_none(),
    };
    a.len() == b.len() && a.iter().zip(b).all(close)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wal;

    #[test]
    fn every_view_is_compared_in_hours_or_days() {
        let mut compared: Vec<&str> = Vec::new();
        for rollup in ROLLUPS {
            for days in [false, true] {
                compared.extend(pairs(rollup, days).iter().map(|p| p.view));
            }
        }
        compared.sort_unstable();
        let mut views = wal::views();
        views.sort_unstable();
        assert_eq!(compared, views);
    }

    #[test]
    fn a_difference_is_the_stretches_of_buckets_that_differ() {
        let sums = |n: [f64; 4]| -> Sums {
            (0..4).map(|i| (i, vec![Some(n[usize::try_from(i).unwrap()]), None])).collect()
        };
        let base = sums([1.0, 2.0, 3.0, 4.0]);
        assert_eq!(difference(&base, &base, 1), []);
        assert_eq!(difference(&base, &sums([1.0 + 1e-12, 2.0, 3.0, 4.0]), 1), []);
        assert_eq!(difference(&base, &sums([1.0, 2.5, 3.0, 4.0]), 1), [(1, 2)]);
        assert_eq!(difference(&base, &sums([1.0, 2.5, 3.0, 9.0]), 1), [(1, 2), (3, 4)]);
        assert_eq!(difference(&base, &Sums::new(), 1), [(0, 4)]);
        assert_eq!(difference(&Sums::from([(7, vec![Some(0.0)])]), &Sums::new(), 1), []);
    }
}
