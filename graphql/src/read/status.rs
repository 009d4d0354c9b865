//! How the store is: tables, views, migrations.

use chrono::{DateTime, Utc};

use super::{Database, ReadError, cell, time};

/// A table or materialised view.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) data_through: Option<DateTime<Utc>>,
    pub(crate) suspended: bool,
    pub(crate) pending_transactions: i64,
    /// Status and time of the last refresh, of a view.
    pub(crate) view: Option<(String, Option<DateTime<Utc>>)>,
}

impl Database {
    /// Tables and materialised views by name.
    pub(crate) async fn tables(&self) -> Result<Vec<Table>, ReadError> {
        let views = self
            .query(
                "select view_name, view_status, last_refresh_finish_timestamp from materialized_views()",
                &[],
            )
            .await?;
        let mut refreshed = std::collections::HashMap::new();
        for row in &views {
            refreshed.insert(cell::<String>(row, 0)?, (cell::<String>(row, 1)?, time(row, 2)?));
        }
        let sql = "select t.table_name, t.table_max_timestamp, w.suspended, w.sequencerTxn - w.writerTxn from tables() t join wal_tables() w on w.name = t.table_name where t.partitionBy <> 'N/A' order by t.table_name";
        let rows = self.query(sql, &[]).await?;
        rows.iter()
            .map(|row| {
                let name: String = cell(row, 0)?;
                Ok(Table {
                    view: refreshed.remove(&name),
                    data_through: time(row, 1)?,
                    suspended: cell(row, 2)?,
                    pending_transactions: cell(row, 3)?,
                    name,
                })
            })
            .collect()
    }

    /// The newest migration that was applied; `None` before the first.
    pub(crate) async fn schema_version(&self) -> Result<Option<i64>, ReadError> {
        let rows = self.query("select max(number)::long from schema_migrations", &[]).await?;
        rows.first().map_or(Ok(None), |row| cell(row, 0))
    }

    /// Whether the database answers at all.
    pub(crate) async fn ping(&self) -> Result<(), ReadError> {
        self.query("select 1", &[]).await.map(drop)
    }
}
