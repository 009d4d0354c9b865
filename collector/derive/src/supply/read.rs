//! Capability rows to reports.

use std::collections::BTreeMap;
use std::sync::Arc;

use naap_schema::Row;
use uuid::Uuid;

use super::{GpuRow, ModelRow, Report};
use crate::cell::{int, text, uuid};
use crate::identity::{address, model, normalised};

/// Which report a row is part of: event, address and URI.
type Part = (Uuid, Arc<str>, Arc<str>);

/// `None` of a row that does not say whose it is: without an address or a URI it counts nowhere.
fn part(row: &Row) -> Option<Part> {
    let uri = normalised(&text(row, "orch_uri")?)?;
    Some((uuid(row, "event_id")?, address(&text(row, "orch_address")?)?, uri.into()))
}

/// Puts rows of `orchestrator_report`, `orchestrator_model` and `orchestrator_gpu`, all of one node,
/// together again. An orchestrator that stands in an event twice with the same URI is one report.
/// Models and GPUs without their report row give nothing.
pub fn reports(
    report_rows: &[Row],
    model_rows: &[Row],
    gpu_rows: &[Row],
    node: &Arc<str>,
) -> Vec<Report> {
    let mut reports = BTreeMap::<Part, Report>::new();
    for row in report_rows {
        let Some(part) = part(row) else { continue };
        let new = || empty(row, &part, node);
        let report = reports.entry(part.clone()).or_insert_with(new);
        // The count is NULL where nothing is told of hardware.
        if int(row, "gpus").is_some() {
            report.gpus.get_or_insert_default();
        }
        // Of two rows that differ, whichever comes first.
        report.version = lower(report.version.take(), text(row, "version"));
        report.hot_wallet = lower(report.hot_wallet.take(), hot_wallet(row));
    }
    for row in model_rows {
        if let Some(report) = part(row).and_then(|p| reports.get_mut(&p)) {
            report.models.push(model_row(row));
        }
    }
    for row in gpu_rows {
        if let Some(report) = part(row).and_then(|p| reports.get_mut(&p)) {
            report.gpus.get_or_insert_default().push(gpu_row(row));
        }
    }
    reports.into_values().map(in_order).collect()
}

fn empty(row: &Row, (_, address, uri): &Part, node: &Arc<str>) -> Report {
    Report {
        ts_us: row.ts_us,
        node: Arc::clone(node),
        origin: text(row, "origin").unwrap_or_else(|| "organic".into()),
        address: Arc::clone(address),
        uri: Arc::clone(uri),
        hot_wallet: None,
        version: None,
        models: Vec::new(),
        gpus: None,
    }
}

fn hot_wallet(row: &Row) -> Option<Arc<str>> {
    address(&text(row, "local_address")?)
}

fn lower(a: Option<Arc<str>>, b: Option<Arc<str>>) -> Option<Arc<str>> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn model_row(row: &Row) -> ModelRow {
    ModelRow {
        capability: int(row, "capability"),
        pipeline: text(row, "pipeline"),
        model: text(row, "model").and_then(|m| model(&m)),
        warm: int(row, "warm").map(|w| w == 1),
        idle: int(row, "capacity_idle"),
        in_use: int(row, "capacity_in_use"),
        price: int(row, "price_per_unit"),
        units_per_price: int(row, "pixels_per_unit"),
    }
}

fn gpu_row(row: &Row) -> GpuRow {
    GpuRow {
        gpu_id: text(row, "gpu_id"),
        name: text(row, "gpu_name"),
        memory_bytes: int(row, "memory_total_bytes"),
    }
}

/// Rows come in any order; a report has one.
fn in_order(mut report: Report) -> Report {
    report.models.sort();
    if let Some(gpus) = &mut report.gpus {
        gpus.sort();
    }
    report
}
