//! Who and what was seen: GPUs in their places, and values of dimensions.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use tokio_postgres::types::ToSql;

use super::sums::{Key, key};
use super::{Database, Filter, ReadError, at_most, cell, narrowed, places, time};
use crate::limits;

/// A GPU in a place of an orchestrator, as of the newest report that shows it there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Place {
    pub(crate) seen_at: DateTime<Utc>,
    pub(crate) slot: String,
    pub(crate) gpu_id: String,
    pub(crate) name: Option<String>,
    pub(crate) memory_bytes: Option<i64>,
    pub(crate) orchestrator: Option<String>,
    pub(crate) uri: Option<String>,
}

/// The newest look of an agent at a GPU.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Look {
    pub(crate) at: DateTime<Utc>,
    pub(crate) node: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) architecture: Option<String>,
    pub(crate) driver_version: Option<String>,
    pub(crate) util_gpu_ratio: Option<f64>,
    pub(crate) mem_total_bytes: Option<i64>,
    pub(crate) mem_used_bytes: Option<i64>,
    pub(crate) temp_gpu_c: Option<i64>,
    pub(crate) power_mw: Option<i64>,
}

/// First and last time, microseconds.
pub(crate) type Seen = BTreeMap<Key, (i64, i64)>;

impl Database {
    /// Where GPUs were reported since `since_us`.
    pub(crate) async fn places(
        &self,
        since_us: i64,
        filters: &[Filter],
    ) -> Result<Vec<Place>, ReadError> {
        let mut params: Vec<&(dyn ToSql + Sync)> = Vec::new();
        let condition = narrowed(filters, &mut params);
        let sql = format!(
            "select ts, gpu_slot, gpu_id, gpu_name, memory_bytes, orchestrator, orch_uri from public_gpu_slot where ts >= {since_us} and gpu_id is not null{condition} latest on ts partition by gpu_slot, gpu_id limit {}",
            limits::GROUP_ROWS + 1
        );
        let rows = self.query(&sql, &params).await?;
        at_most(rows.len(), limits::GROUP_ROWS)?;
        let mut out = Vec::with_capacity(rows.len());
        for row in &rows {
            let Some(seen_at) = time(row, 0)? else { continue };
            out.push(Place {
                seen_at,
                slot: cell(row, 1)?,
                gpu_id: cell(row, 2)?,
                name: cell(row, 3)?,
                memory_bytes: cell(row, 4)?,
                orchestrator: cell(row, 5)?,
                uri: cell(row, 6)?,
            });
        }
        Ok(out)
    }

    /// When these GPUs were reported first.
    pub(crate) async fn first_places(
        &self,
        ids: &[String],
    ) -> Result<HashMap<String, i64>, ReadError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let sql = format!(
            "select gpu_id, min(ts)::long from public_gpu_slot where gpu_id in ({}) group by gpu_id",
            places(1, ids.len())
        );
        let params: Vec<&(dyn ToSql + Sync)> =
            ids.iter().map(|n| n as &(dyn ToSql + Sync)).collect();
        let rows = self.query(&sql, &params).await?;
        rows.iter().map(|row| Ok((cell(row, 0)?, cell(row, 1)?))).collect()
    }

    /// What agents saw last of these GPUs since `since_us`.
    pub(crate) async fn looks(
        &self,
        since_us: i64,
        ids: &[String],
    ) -> Result<HashMap<String, Look>, ReadError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let sql = format!(
            "select ts, gpu_id, node, state, name, architecture, driver_version, util_gpu_ratio, mem_total_bytes, mem_used_bytes, temp_gpu_c, power_mw from public_gpu where ts >= {since_us} and gpu_id in ({}) latest on ts partition by gpu_id",
            places(1, ids.len())
        );
        let params: Vec<&(dyn ToSql + Sync)> =
            ids.iter().map(|n| n as &(dyn ToSql + Sync)).collect();
        let rows = self.query(&sql, &params).await?;
        let mut out = HashMap::with_capacity(rows.len());
        for row in &rows {
            let Some(at) = time(row, 0)? else { continue };
            let look = Look {
                at,
                node: cell(row, 2)?,
                state: cell(row, 3)?,
                name: cell(row, 4)?,
                architecture: cell(row, 5)?,
                driver_version: cell(row, 6)?,
                util_gpu_ratio: cell(row, 7)?,
                mem_total_bytes: cell(row, 8)?,
                mem_used_bytes: cell(row, 9)?,
                temp_gpu_c: cell(row, 10)?,
                power_mw: cell(row, 11)?,
            };
            out.insert(cell(row, 1)?, look);
        }
        Ok(out)
    }

    /// Values of dimensions in rows of a derived table since `since_us`, and when they were there.
    /// Table and columns are constants.
    pub(crate) async fn seen(
        &self,
        table: &'static str,
        by: &[&'static str],
        since_us: i64,
        origin: &str,
    ) -> Result<Seen, ReadError> {
        let by_sql = by.join(", ");
        let sql = format!(
            "select ts, {by_sql}, f, l from (select max(ts) ts, {by_sql}, min(ts)::long f, max(ts)::long l from public_{table} where ts >= {since_us} and origin = $1 group by {by_sql}) limit {}",
            limits::NODES
        );
        let rows = self.query(&sql, &[&origin]).await?;
        let mut out = Seen::new();
        for row in &rows {
            let n = by.len();
            out.insert(key(row, n)?, (cell(row, n + 1)?, cell(row, n + 2)?));
        }
        Ok(out)
    }
}
