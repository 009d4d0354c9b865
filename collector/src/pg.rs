//! One connection to QuestDB over PG wire, made anew when it breaks. It may run what it is given,
//! within a time; it must never hold a transaction (QuestDB's end at errors in ways of their own).

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, NoTls, Row, SimpleQueryMessage};

use crate::config::Address;
use crate::limits;
use crate::store::StoreError;

/// A row of a statement without parameters, as text.
pub(crate) type TextRow = Vec<Option<String>>;

/// The connection.
pub(crate) struct Pg {
    config: Config,
    open: Mutex<Option<Open>>,
}

struct Open {
    client: Client,
    task: JoinHandle<()>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl std::fmt::Debug for Pg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pg").finish_non_exhaustive()
    }
}

impl Pg {
    /// A connection that is made when first needed.
    pub(crate) fn new(address: &Address, user: &str, password: Option<&str>) -> Self {
        let mut config = Config::new();
        config
            .host(&address.host)
            .port(address.port)
            .user(user)
            .dbname("qdb")
            .application_name("naap-collector")
            .connect_timeout(limits::PG_CONNECT);
        if let Some(password) = password {
            config.password(password);
        }
        Self { config, open: Mutex::new(None) }
    }

    /// Runs a statement without parameters; gives its rows as text.
    ///
    /// # Errors
    /// If there is no connection, no answer in time, or the database refuses.
    pub(crate) async fn run(
        &self,
        sql: &str,
        within: Duration,
    ) -> Result<Vec<TextRow>, StoreError> {
        let messages =
            self.with(within, "running a statement", async |c| c.simple_query(sql).await).await?;
        let row = |m: &SimpleQueryMessage| match m {
            SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|i| row.get(i).map(str::to_owned)).collect())
            }
            _ => None,
        };
        Ok(messages.iter().filter_map(row).collect())
    }

    /// Runs a query with parameters.
    ///
    /// # Errors
    /// As [`Pg::run`].
    pub(crate) async fn query(
        &self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        self.read(sql, params, limits::PG_QUERY).await
    }

    /// Runs a query with parameters that may take longer.
    ///
    /// # Errors
    /// As [`Pg::run`].
    pub(crate) async fn read(
        &self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
        within: Duration,
    ) -> Result<Vec<Row>, StoreError> {
        let ask = async |c: &Client| c.query(sql, params).await;
        self.with(within, "running a query", ask).await
    }

    async fn with<T>(
        &self,
        within: Duration,
        doing: &'static str,
        work: impl AsyncFnOnce(&Client) -> Result<T, tokio_postgres::Error>,
    ) -> Result<T, StoreError> {
        let mut slot = self.open.lock().await;
        let open = match slot.take().filter(|o| !o.client.is_closed()) {
            Some(open) => open,
            None => self.connect().await?,
        };
        let done = tokio::time::timeout(within, work(&open.client)).await;
        match done {
            Ok(Ok(value)) => {
                *slot = Some(open);
                Ok(value)
            }
            // After an error the connection is given up: a plan may have become stale, and a
            // query that is late still runs.
            Ok(Err(e)) => Err(StoreError { doing, why: explain(&e) }),
            Err(_) => Err(StoreError { doing, why: format!("no answer within {within:?}") }),
        }
    }

    async fn connect(&self) -> Result<Open, StoreError> {
        let doing = "connecting to [questdb] pg";
        let connecting = tokio::time::timeout(limits::PG_CONNECT, self.config.connect(NoTls));
        let (client, connection) = connecting
            .await
            .map_err(|_| StoreError {
                doing,
                why: format!("no answer within {:?}", limits::PG_CONNECT),
            })?
            .map_err(|e| StoreError { doing, why: explain(&e) })?;
        let task = tokio::spawn(async move {
            if let Err(e) = connection.await {
                tracing::debug!(error = %e, "the connection to QuestDB ended");
            }
        });
        Ok(Open { client, task })
    }
}

/// QuestDB's SQLSTATE is always 00000: the message is all there is.
fn explain(error: &tokio_postgres::Error) -> String {
    let source = std::error::Error::source(error).map(|s| format!(": {s}")).unwrap_or_default();
    let text =
        error.as_db_error().map_or_else(|| format!("{error}{source}"), |d| d.message().to_owned());
    crate::admit::clean(&text)
}
