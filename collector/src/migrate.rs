//! Brings the database's schema to what this binary knows. It may run the released migrations and
//! write `schema_migrations`; it must never change one, nor touch rows.

use naap_schema::{MIGRATIONS, Migration};

use crate::pg::{Pg, TextRow};
use crate::store::StoreError;
use crate::{clock, limits};

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// QuestDB did not answer.
    #[error(
        "QuestDB did not answer within {waited_s} s ({why}); see that it runs, and that [questdb] pg, pg_user and pg_password_file are right"
    )]
    NotReady {
        /// How long it was waited for, seconds.
        waited_s: u64,
        /// The last error.
        why: String,
    },
    /// A newer collector was here.
    #[error(
        "the database has migration {found}, this collector knows up to {known}; use a collector of at least that version"
    )]
    Newer {
        /// The newest that is applied.
        found: u32,
        /// The newest that is known.
        known: u32,
    },
    /// A migration is not the one that was applied.
    #[error(
        "migration {number} ({name}) was applied as {applied}, this collector has {ours}: one of the two is not a released version; use the released one"
    )]
    Changed {
        /// Its number.
        number: u32,
        /// Its name here.
        name: &'static str,
        /// SHA-256 as applied.
        applied: String,
        /// SHA-256 of ours.
        ours: &'static str,
    },
    /// A statement failed.
    #[error("migration {number}, statement {statement}, begins with {head:?}: {why}")]
    Statement {
        /// Number of the migration.
        number: u32,
        /// Which statement, from 1.
        statement: usize,
        /// How it begins.
        head: String,
        /// What the database said.
        why: String,
    },
    /// The table that remembers them cannot be used.
    #[error("table schema_migrations: {doing}: {why}")]
    Memory {
        /// What was tried.
        doing: &'static str,
        /// What the database said.
        why: String,
    },
}

/// A migration that was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Applied {
    number: u32,
    sha256: String,
}

/// What the database lacks, without changing it: numbers of migrations.
///
/// # Errors
/// If the database does not answer, is ahead, or differs.
pub(crate) async fn missing(pg: &Pg) -> Result<Vec<u32>, MigrateError> {
    let memory = |e: StoreError| MigrateError::Memory { doing: "reading it", why: e.why };
    let there = "select 1 from tables() where table_name = 'schema_migrations'";
    let there = pg.run(there, limits::PG_QUERY).await.map_err(memory)?;
    let applied = if there.is_empty() { Vec::new() } else { applied(pg).await? };
    Ok(pending(MIGRATIONS, &applied)?.iter().map(|m| m.number).collect())
}

/// Waits for the database, then applies what it lacks. Gives how many migrations that were.
///
/// # Errors
/// If the database does not answer, is ahead, differs, or refuses a statement.
pub(crate) async fn migrate(pg: &Pg) -> Result<usize, MigrateError> {
    ready(pg).await?;
    let memory = |doing| move |e: StoreError| MigrateError::Memory { doing, why: e.why };
    let create = "create table if not exists schema_migrations (ts timestamp, number long, \
                  name varchar, sha256 varchar, collector varchar) timestamp(ts) partition by \
                  year wal dedup upsert keys(ts, number)";
    pg.run(create, limits::PG_QUERY).await.map_err(memory("creating it"))?;
    settle(pg, "schema_migrations").await.map_err(memory("waiting for its rows"))?;
    let applied = applied(pg).await?;
    let missing = pending(MIGRATIONS, &applied)?;
    for migration in &missing {
        apply(pg, migration).await?;
        settle(pg, "schema_migrations").await.map_err(memory("waiting for its rows"))?;
    }
    Ok(missing.len())
}

async fn applied(pg: &Pg) -> Result<Vec<Applied>, MigrateError> {
    let known = "select number, sha256 from schema_migrations order by ts";
    let rows = pg.run(known, limits::PG_QUERY).await;
    let rows = rows.map_err(|e| MigrateError::Memory { doing: "reading it", why: e.why })?;
    let applied = |row: TextRow| {
        let mut cells = row.into_iter();
        let number = cells.next()??.parse().ok()?;
        Some(Applied { number, sha256: cells.next()?? })
    };
    Ok(rows.into_iter().filter_map(applied).collect())
}

/// What is to be applied, in order, where that is possible.
fn pending<'a>(
    ours: &'a [Migration],
    applied: &[Applied],
) -> Result<Vec<&'a Migration>, MigrateError> {
    let known = ours.iter().map(|m| m.number).max().unwrap_or(0);
    if let Some(newer) = applied.iter().map(|a| a.number).filter(|n| *n > known).max() {
        return Err(MigrateError::Newer { found: newer, known });
    }
    for a in applied {
        let Some(m) = ours.iter().find(|m| m.number == a.number) else { continue };
        if m.sha256 != a.sha256 {
            return Err(MigrateError::Changed {
                number: m.number,
                name: m.name,
                applied: a.sha256.clone(),
                ours: m.sha256,
            });
        }
    }
    Ok(ours.iter().filter(|m| applied.iter().all(|a| a.number != m.number)).collect())
}

/// Runs every statement, then remembers. Statements can be run again, so a crash in between only
/// means that they are.
async fn apply(pg: &Pg, migration: &Migration) -> Result<(), MigrateError> {
    let number = migration.number;
    for (i, statement) in migration.statements().enumerate() {
        let done = async {
            pg.run(statement, limits::PG_STATEMENT).await?;
            match altered(statement) {
                // A new column comes by the table's own log, and the next statement may name it.
                Some(table) => settle(pg, table).await,
                None => Ok(()),
            }
        };
        done.await.map_err(|e| {
            let line = statement.lines().find(|l| !l.trim_start().starts_with("--"));
            let head = line.unwrap_or_default().chars().take(80).collect();
            MigrateError::Statement { number, statement: i + 1, head, why: e.why }
        })?;
    }
    // All of it is ours: numbers, a file name and hex digits.
    let remember = format!(
        "insert into schema_migrations values ({}, {number}, '{}', '{}', '{}')",
        clock::now_us(),
        migration.name,
        migration.sha256,
        env!("CARGO_PKG_VERSION")
    );
    let memory = |e: StoreError| MigrateError::Memory { doing: "writing it", why: e.why };
    pg.run(&remember, limits::PG_QUERY).await.map_err(memory)?;
    tracing::info!(number, name = migration.name, "migration applied");
    Ok(())
}

/// The table that a statement changes.
fn altered(statement: &str) -> Option<&str> {
    let line = statement.lines().find(|l| !l.trim_start().starts_with("--") && !l.is_empty())?;
    line.strip_prefix("ALTER TABLE ")?.split_whitespace().next()
}

/// Until what was committed to a table can be read: right after a start of QuestDB, after an insert,
/// after a change.
async fn settle(pg: &Pg, table: &str) -> Result<(), StoreError> {
    pg.run(&format!("select wait_wal_table('{table}')"), limits::PG_STATEMENT).await.map(drop)
}

async fn ready(pg: &Pg) -> Result<(), MigrateError> {
    let start = tokio::time::Instant::now();
    let mut told = start;
    loop {
        let Err(e) = pg.run("select 1", limits::PG_QUERY).await else { return Ok(()) };
        let waited = start.elapsed();
        let why = e.to_string();
        if waited > limits::PG_READY {
            return Err(MigrateError::NotReady { waited_s: waited.as_secs(), why });
        }
        if told.elapsed().as_secs() >= 5 {
            told = tokio::time::Instant::now();
            tracing::info!(waited_s = waited.as_secs(), why, "waiting for QuestDB");
        }
        tokio::time::sleep(limits::RETRY.0 * 2).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &[Migration] = &[
        Migration { number: 1, name: "0001.sql", sql: "a", sha256: "aa" },
        Migration { number: 2, name: "0002.sql", sql: "b", sha256: "bb" },
    ];

    fn applied(number: u32, sha256: &str) -> Applied {
        Applied { number, sha256: sha256.to_owned() }
    }

    #[test]
    fn only_what_is_missing_is_applied_in_order() {
        let numbers = |a: &[Applied]| -> Vec<u32> {
            pending(OURS, a).unwrap().iter().map(|m| m.number).collect()
        };
        assert_eq!(numbers(&[]), [1, 2]);
        assert_eq!(numbers(&[applied(1, "aa")]), [2]);
        assert_eq!(numbers(&[applied(1, "aa"), applied(2, "bb"), applied(2, "bb")]), [0; 0]);
    }

    #[test]
    fn a_changed_table_is_known_by_its_statement() {
        let change = "\n-- why\nALTER TABLE agent ADD COLUMN IF NOT EXISTS spool SYMBOL\n";
        assert_eq!(altered(change), Some("agent"));
        assert_eq!(altered("CREATE OR REPLACE VIEW v AS (SELECT 1)"), None);
        let all = MIGRATIONS.iter().flat_map(|m| m.statements());
        let changes = all.filter(|s| s.contains("ALTER TABLE") && altered(s).is_none()).count();
        assert_eq!(changes, 0, "every change of a table in the migrations is seen as one");
    }

    #[test]
    fn a_newer_or_a_changed_database_is_refused_and_both_are_named() {
        let newer = pending(OURS, &[applied(3, "cc")]).unwrap_err().to_string();
        assert!(newer.contains("migration 3") && newer.contains("up to 2"), "{newer}");
        let changed = pending(OURS, &[applied(1, "xx")]).unwrap_err().to_string();
        assert!(changed.contains("xx") && changed.contains("aa"), "{changed}");
    }
}
