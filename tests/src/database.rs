//! SQL as the owner of the database: what the tests look with.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

/// The QuestDB of a data folder.
#[derive(Debug, Clone)]
pub struct Database {
    address: String,
    password_file: PathBuf,
}

impl Database {
    /// The one at `address` (`HOST:PORT`, PG wire), with the password of a data folder.
    pub fn new(address: &str, data: &Path) -> Self {
        let password_file = data.join("secrets/questdb-pg.password");
        Self { address: address.to_owned(), password_file }
    }

    /// Runs SQL; gives rows as text.
    ///
    /// # Errors
    /// If QuestDB refuses, or is not there.
    pub async fn sql(&self, sql: &str) -> Result<Vec<Vec<Option<String>>>> {
        let (host, port) = self.address.rsplit_once(':').context("an address is HOST:PORT")?;
        let password = std::fs::read_to_string(&self.password_file)?;
        let mut config = tokio_postgres::Config::new();
        config.host(host).port(port.parse()?).user("naap").password(password.trim());
        config.dbname("qdb").connect_timeout(Duration::from_secs(5));
        let (client, connection) = config.connect(tokio_postgres::NoTls).await?;
        let task = tokio::spawn(connection);
        let messages = client.simple_query(sql).await;
        drop(client);
        task.abort();
        let rows = messages.with_context(|| sql.to_owned())?;
        Ok(rows
            .iter()
            .filter_map(|m| match m {
                tokio_postgres::SimpleQueryMessage::Row(row) => {
                    Some((0..row.len()).map(|i| row.get(i).map(str::to_owned)).collect())
                }
                _ => None,
            })
            .collect())
    }

    /// The one number that a query gives.
    ///
    /// # Errors
    /// If it gives none.
    pub async fn number(&self, sql: &str) -> Result<i64> {
        let rows = self.sql(sql).await?;
        let cell = rows.first().and_then(|r| r.first()).and_then(Option::as_ref);
        cell.with_context(|| format!("{sql} gave nothing"))?.parse().context("a number")
    }
}
