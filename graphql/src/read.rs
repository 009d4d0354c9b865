//! All SQL. It may read rollup views, the `public_*` views and QuestDB's own catalogue, as a user
//! who can only read; values are bound, whole numbers or parsed ids, identifiers are constants of
//! this crate.
//! It must never write, and never see a raw table.

pub(crate) mod compat;
pub(crate) mod coverage;
pub(crate) mod datasets;
pub(crate) mod derivation;
pub(crate) mod distributions;
pub(crate) mod entities;
pub(crate) mod heard;
pub(crate) mod jobs;
pub(crate) mod nodes;
pub(crate) mod orchestrators;
pub(crate) mod series;
pub(crate) mod sessions;
pub(crate) mod sla;
pub(crate) mod status;
pub(crate) mod sums;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use tokio_postgres::types::ToSql;
use tokio_postgres::{NoTls, Row};

use crate::config::QuestDb;
use crate::limits;
use crate::metrics::DatabaseFigures;

/// Why the database gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The pool could not be made.
    #[error("the database at {address} cannot be used; check [questdb] pg")]
    Setup {
        /// Its address.
        address: String,
    },
    /// No connection.
    #[error("the database cannot be reached; is QuestDB running?")]
    Connect(#[source] deadpool_postgres::PoolError),
    /// It refused or gave up.
    #[error("the database gave no answer; try a shorter window")]
    Query(#[source] tokio_postgres::Error),
    /// It answered something else than expected.
    #[error("the database answered something unexpected")]
    Shape(#[source] tokio_postgres::Error),
    /// More rows than an answer may have behind it.
    #[error(
        "more than {limit} rows stand behind this; ask for a shorter window, coarser buckets, fewer groups or a smaller page"
    )]
    TooMany {
        /// How many are allowed.
        limit: usize,
    },
}

/// The database, read-only.
#[derive(Clone)]
pub struct Database {
    pool: Pool,
    figures: Arc<DatabaseFigures>,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").field("status", &self.pool.status()).finish()
    }
}

impl Database {
    /// A pool of connections; none is made yet.
    ///
    /// # Errors
    /// If the address is none.
    pub fn new(config: &QuestDb, password: &str) -> Result<Self, ReadError> {
        let setup = || ReadError::Setup { address: config.pg.clone() };
        let (host, port) = config.pg.rsplit_once(':').ok_or_else(setup)?;
        let mut pg = tokio_postgres::Config::new();
        pg.host(host.trim_matches(['[', ']']))
            .port(port.parse().map_err(|_| setup())?)
            .user(&config.pg_user)
            .password(password)
            .dbname("qdb")
            .application_name("naap-graphql")
            .connect_timeout(Duration::from_secs(3))
            .options(format!("-c statement_timeout={}", limits::STATEMENT_TIMEOUT_MS));
        let recycling_method = RecyclingMethod::Fast;
        let manager = Manager::from_config(pg, NoTls, ManagerConfig { recycling_method });
        let pool = Pool::builder(manager)
            .max_size(config.pool_size)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(limits::POOL_WAIT))
            .create_timeout(Some(limits::POOL_WAIT))
            .recycle_timeout(Some(limits::POOL_WAIT))
            .build()
            .map_err(|_| setup())?;
        Ok(Self { pool, figures: Arc::default() })
    }

    /// What it counts.
    pub(crate) fn figures(&self) -> Arc<DatabaseFigures> {
        Arc::clone(&self.figures)
    }

    pub(crate) async fn query(
        &self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, ReadError> {
        for attempt in 0.. {
            let asked = tokio::time::Instant::now();
            let client = self.pool.get().await;
            self.figures.wait.observe(asked.elapsed());
            let client = client.map_err(ReadError::Connect).inspect_err(|_| {
                self.figures.failures.add(1);
            })?;
            self.figures.queries.add(1);
            match client.query(sql, params).await {
                Ok(rows) => return Ok(rows),
                // QuestDB says this once after a change of the schema, or when it was restarted.
                Err(e) if attempt < 2 && (e.is_closed() || stale_plan(&e)) => {
                    // A connection that failed so is not given to anyone else.
                    drop(deadpool_postgres::Object::take(client));
                }
                Err(e) => {
                    self.figures.failures.add(1);
                    tracing::warn!(error = %chain(&e), sql, "a query failed");
                    return Err(ReadError::Query(e));
                }
            }
        }
        unreachable!("the loop ends by returning")
    }
}

fn stale_plan(e: &tokio_postgres::Error) -> bool {
    e.as_db_error().is_some_and(|d| d.message().contains("cached plan must not change"))
}

/// An error and what is behind it, in one line.
pub(crate) fn chain(e: &dyn std::error::Error) -> String {
    let mut text = e.to_string();
    let mut source = e.source();
    while let Some(s) = source {
        text += &format!(": {s}");
        source = s.source();
    }
    text
}

/// A cell of a row, with the error that this crate speaks of.
pub(crate) fn cell<'a, T: tokio_postgres::types::FromSql<'a>>(
    row: &'a Row,
    i: usize,
) -> Result<T, ReadError> {
    row.try_get(i).map_err(ReadError::Shape)
}

/// A time of a row: QuestDB's timestamps have no zone and are UTC.
pub(crate) fn time(row: &Row, i: usize) -> Result<Option<DateTime<Utc>>, ReadError> {
    Ok(cell::<Option<NaiveDateTime>>(row, i)?.map(|t| t.and_utc()))
}

/// A column and values: rows must have one of them.
pub(crate) type Filter = (&'static str, Vec<String>);

/// The condition that filters make, each with `and` before it. What is bound comes behind what
/// `params` holds.
pub(crate) fn narrowed<'a>(
    filters: impl IntoIterator<Item = &'a Filter>,
    params: &mut Vec<&'a (dyn ToSql + Sync)>,
) -> String {
    let mut text = String::new();
    for (column, values) in filters {
        let first = params.len() + 1;
        params.extend(values.iter().map(|v| v as &(dyn ToSql + Sync)));
        text += &match values.len() {
            1 => format!(" and {column} = ${first}"),
            n => format!(" and {column} in ({})", places(first, n)),
        };
    }
    text
}

/// Refuses an answer that more rows stand behind than it may be made of.
pub(crate) fn at_most(rows: usize, limit: usize) -> Result<(), ReadError> {
    if rows > limit { Err(ReadError::TooMany { limit }) } else { Ok(()) }
}

/// `$1, $2, …` for `n` values, from `first` on. A lone one is named twice: QuestDB takes
/// `in ($1)` for a list that is bound as a whole.
pub(crate) fn places(first: usize, n: usize) -> String {
    let mut places: Vec<String> = (first..first + n).map(|i| format!("${i}")).collect();
    if n == 1 {
        places.push(format!("${first}"));
    }
    places.join(", ")
}
