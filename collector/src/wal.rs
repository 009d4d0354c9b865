//! The state of tables and views in QuestDB, and the ways to set one going again. It may read
//! `wal_tables()` and `materialized_views()`, resume, and refresh a bounded range; it must never
//! drop anything nor refresh a view in full (its history is gone from its base).

use naap_schema::ROLLUPS;

use crate::compare::{Pair, settled};
use crate::pg::{Pg, TextRow};
use crate::store::StoreError;
use crate::{clock, limits};

/// The state of one table or view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableState {
    pub(crate) name: String,
    pub(crate) suspended: bool,
    /// The last transaction that is applied, and the last that is committed.
    pub(crate) applied: i64,
    pub(crate) committed: i64,
    pub(crate) error: String,
}

/// A view that is not computed any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invalid {
    pub(crate) view: String,
    pub(crate) reason: String,
}

/// The states of all tables and materialised views.
///
/// # Errors
/// If the database cannot be asked.
pub(crate) async fn look(pg: &Pg) -> Result<Vec<TableState>, StoreError> {
    let sql = "select name, suspended, writerTxn, sequencerTxn, errorMessage from wal_tables()";
    let rows = pg.run(sql, limits::PG_QUERY).await?;
    Ok(rows.into_iter().filter_map(state).collect())
}

/// The materialised views that QuestDB has given up.
///
/// # Errors
/// If the database cannot be asked.
pub(crate) async fn invalid(pg: &Pg) -> Result<Vec<Invalid>, StoreError> {
    let sql = "select view_name, invalidation_reason from materialized_views() \
               where view_status = 'invalid'";
    let rows = pg.run(sql, limits::PG_QUERY).await?;
    let invalid = |row: TextRow| {
        let mut cells = row.into_iter();
        let view = cells.next()??;
        Some(Invalid { view, reason: cells.next().flatten().unwrap_or_default() })
    };
    Ok(rows.into_iter().filter_map(invalid).collect())
}

/// The value of `cairo.commit.mode`.
///
/// # Errors
/// If the database cannot be asked.
pub(crate) async fn commit_mode(pg: &Pg) -> Result<Option<String>, StoreError> {
    let sql = "select value from (show parameters) where property_path = 'cairo.commit.mode'";
    let rows = pg.run(sql, limits::PG_QUERY).await?;
    Ok(rows.into_iter().next().and_then(|row| row.into_iter().next()?))
}

/// Skips what is torn in a suspended view, one transaction after the other. Whether it worked is
/// seen at the next look.
///
/// # Errors
/// What the database said.
pub(crate) async fn resume_view(pg: &Pg, view: &str, error: &str) -> Result<(), StoreError> {
    let mut error = error.to_owned();
    for _ in 0..limits::HEAL_STEPS {
        let from = match torn_transaction(&error) {
            Some(n) => format!(" from txn {}", n.saturating_add(1)),
            None => String::new(),
        };
        pg.run(&format!("alter materialized view {view} resume wal{from}"), limits::PG_QUERY)
            .await?;
        // Long enough for it to be suspended again at the next torn one.
        tokio::time::sleep(limits::RETRY.0).await;
        match look(pg).await?.into_iter().find(|s| s.name == view) {
            Some(state) if state.suspended => error = state.error,
            _ => break,
        }
    }
    Ok(())
}

/// Computes a resumed view anew where it differs from what it is made from: what its torn
/// transactions held. Looks as far back as late rows can reach and no further, since beyond that its
/// base may no longer have what the view still holds. Gives the stretches; `None` while the view or
/// its base has something left to apply.
///
/// # Errors
/// What the database said.
pub(crate) async fn heal_view(pg: &Pg, view: &str) -> Result<Option<Vec<(i64, i64)>>, StoreError> {
    let Some(pair) = Pair::of(view) else { return Ok(None) };
    let states = look(pg).await?;
    if !settled(&states, view) || !settled(&states, &pair.base) {
        return Ok(None);
    }
    let now_us = clock::now_us();
    let from = now_us - i64::from(limits::HEAL_DAYS) * limits::DAY_US;
    let from = from.div_euclid(limits::DAY_US) * limits::DAY_US;
    let stretches = pair.differing(pg, from, now_us + limits::AHEAD_US).await?;
    for (from, to) in &stretches {
        // To the last second of the last bucket: the end of the range counts in.
        pg.run(&range_refresh(view, *from, to - 1_000_000), limits::PG_STATEMENT).await?;
    }
    Ok(Some(stretches))
}

/// Computes the buckets of a view anew into which these times fall and all in between, microseconds
/// since 1970 UTC. QuestDB counts both ends in.
pub(crate) fn range_refresh(view: &str, from_us: i64, to_us: i64) -> String {
    let (from, to) = (clock::text(from_us), clock::text(to_us));
    format!("refresh materialized view {view} range from '{from}' to '{to}'")
}

/// All materialised views that migrations make, base side first.
pub(crate) fn views() -> Vec<&'static str> {
    let mut out = Vec::new();
    for rollup in ROLLUPS {
        out.extend(rollup.levels.iter().map(|(view, _)| *view));
        out.extend(rollup.histograms.iter().map(|(view, _, _)| *view));
    }
    out
}

fn state(row: TextRow) -> Option<TableState> {
    let mut cells = row.into_iter();
    let name = cells.next()??;
    // PG wire says t or f, HTTP true or false.
    let suspended = cells.next()??.starts_with('t');
    let mut number = || cells.next()??.parse().ok();
    let (applied, committed) = (number()?, number()?);
    let error = cells.next().flatten().unwrap_or_default();
    Some(TableState { name, suspended, applied, committed, error })
}

/// The transaction that an error of a view names.
fn torn_transaction(error: &str) -> Option<u64> {
    let (_, rest) = error.split_once("seqTxn=")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_torn_transaction_is_read_from_the_error() {
        let error = "cannot read WAL event file for seqTxn=538, ... does not have txn with id 74";
        assert_eq!(torn_transaction(error), Some(538));
        assert_eq!(torn_transaction("disk full"), None);
    }

    #[test]
    fn every_view_of_the_migrations_is_watched() {
        let made = naap_schema::MIGRATIONS.iter().flat_map(|m| m.statements());
        let made = made.filter(|s| s.contains("CREATE MATERIALIZED VIEW")).count();
        assert_eq!(views().len(), made);
    }

    #[test]
    fn a_refresh_names_a_bounded_range() {
        assert_eq!(
            range_refresh("host_1m", 0, 3_600_000_000),
            "refresh materialized view host_1m range from '1970-01-01T00:00:00Z' to \
             '1970-01-01T01:00:00Z'"
        );
    }
}
