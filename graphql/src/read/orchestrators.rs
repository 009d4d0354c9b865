//! Orchestrators by on-chain address, from the newest capability report of each of their URIs.

use chrono::{DateTime, Utc};
use tokio_postgres::types::ToSql;

use super::{Database, Filter, ReadError, at_most, cell, narrowed, time};
use crate::limits;

/// The newest report of an orchestrator at one URI, whichever gateway it came from.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Report {
    pub(crate) seen_at: DateTime<Utc>,
    pub(crate) address: String,
    pub(crate) uri: Option<String>,
    pub(crate) gateway: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) gpus: Option<i64>,
    pub(crate) gpu_ids: Option<String>,
    pub(crate) gpu_names: Option<String>,
    pub(crate) slots: Option<i64>,
    pub(crate) slots_idle: Option<i64>,
    pub(crate) implausible_models: Option<i64>,
    pub(crate) implausible_slots: Option<i64>,
}

/// What an orchestrator offered last with one pipeline and model at one URI.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Offer {
    pub(crate) at: DateTime<Utc>,
    pub(crate) address: String,
    pub(crate) uri: Option<String>,
    pub(crate) pipeline: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) known_s: Option<f64>,
    pub(crate) slot_s: Option<f64>,
    pub(crate) idle_slot_s: Option<f64>,
    pub(crate) warm_s: Option<f64>,
    pub(crate) implausible_slots: Option<i64>,
    pub(crate) price_wei_per_unit: Option<f64>,
    pub(crate) price_unit: Option<String>,
    pub(crate) price_wei_per_minute: Option<f64>,
}

impl Database {
    /// The newest report of each address and URI that was seen since `since_us`, by address.
    pub(crate) async fn reports(
        &self,
        since_us: i64,
        origin: &str,
        address: Option<&str>,
    ) -> Result<Vec<Report>, ReadError> {
        let mut params: Vec<&(dyn ToSql + Sync)> = vec![&origin];
        let mut condition = String::new();
        if let Some(address) = &address {
            params.push(address);
            condition = " and orchestrator = $2".to_owned();
        }
        let sql = format!(
            "select ts, orchestrator, orch_uri, gateway, version, region, gpus, gpu_ids, gpu_names, slots, slots_idle, implausible_models, implausible_slots from public_supply_report where ts >= {since_us} and origin = $1{condition} latest on ts partition by orchestrator, orch_uri limit {}",
            limits::NODES + 1
        );
        let rows = self.query(&sql, &params).await?;
        at_most(rows.len(), limits::NODES)?;
        let mut out = Vec::with_capacity(rows.len());
        for row in &rows {
            let (Some(seen_at), Some(address)) = (time(row, 0)?, cell(row, 1)?) else { continue };
            out.push(Report {
                seen_at,
                address,
                uri: cell(row, 2)?,
                gateway: cell(row, 3)?,
                version: cell(row, 4)?,
                region: cell(row, 5)?,
                gpus: cell(row, 6)?,
                gpu_ids: cell(row, 7)?,
                gpu_names: cell(row, 8)?,
                slots: cell(row, 9)?,
                slots_idle: cell(row, 10)?,
                implausible_models: cell(row, 11)?,
                implausible_slots: cell(row, 12)?,
            });
        }
        out.sort_by(|a, b| (&a.address, &a.uri).cmp(&(&b.address, &b.uri)));
        Ok(out)
    }

    /// What these orchestrators, or all, offered in the newest bucket of each URI since `since_us`.
    pub(crate) async fn offers(
        &self,
        since_us: i64,
        origin: &str,
        addresses: Option<&[String]>,
    ) -> Result<Vec<Offer>, ReadError> {
        let only: Vec<Filter> = match addresses {
            Some([]) => return Ok(Vec::new()),
            Some(addresses) => vec![("orchestrator", addresses.to_vec())],
            None => Vec::new(),
        };
        let mut params: Vec<&(dyn ToSql + Sync)> = vec![&origin];
        let condition = narrowed(&only, &mut params);
        let sql = format!(
            "select ts, orchestrator, orch_uri, pipeline, model, known_s, slot_s, idle_slot_s, warm_s, implausible_slots, price_wei_per_unit, price_unit, price_wei_per_minute from public_supply where ts >= {since_us} and origin = $1{condition} latest on ts partition by orchestrator, orch_uri, pipeline, model limit {}",
            limits::GROUP_ROWS
        );
        let rows = self.query(&sql, &params).await?;
        let mut out = Vec::with_capacity(rows.len());
        for row in &rows {
            let (Some(at), Some(address)) = (time(row, 0)?, cell(row, 1)?) else { continue };
            out.push(Offer {
                at,
                address,
                uri: cell(row, 2)?,
                pipeline: cell(row, 3)?,
                model: cell(row, 4)?,
                known_s: cell(row, 5)?,
                slot_s: cell(row, 6)?,
                idle_slot_s: cell(row, 7)?,
                warm_s: cell(row, 8)?,
                implausible_slots: cell(row, 9)?,
                price_wei_per_unit: cell(row, 10)?,
                price_unit: cell(row, 11)?,
                price_wei_per_minute: cell(row, 12)?,
            });
        }
        Ok(out)
    }
}
