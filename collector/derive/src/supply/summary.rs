//! One report, summed up, and the places of its GPUs.

use std::collections::BTreeMap;
use std::sync::Arc;

use naap_schema::generated::{GpuSlot, SupplyReport};

use super::{GpuRow, Report, names};
use crate::event::FORMULA;
use crate::identity::gpu_slot;
use crate::limits;
use crate::stats::whole;

/// The row of a report and those of its GPU slots, all at the report's time. `region` is that of the
/// orchestrator's own agent. Of reports of the same moment pass one (see [`super::once`]): they
/// share their keys.
pub fn report_rows(
    report: &Report,
    region: Option<Arc<str>>,
) -> ((i64, SupplyReport), Vec<(i64, GpuSlot)>) {
    let gpus = report.distinct_gpus();
    let offers = report.offers();
    let sum = |of: fn(&super::Offer) -> Option<i64>| -> Option<i64> {
        let known: Vec<i64> = offers.values().filter_map(of).collect();
        (!known.is_empty()).then(|| known.iter().fold(0, |a: i64, b| a.saturating_add(*b)))
    };
    let models = report.distinct_models();
    let warm = models.iter().filter(|m| m.warm == Some(true)).count();
    let row = SupplyReport {
        void: 0,
        formula: FORMULA.into(),
        orchestrator: Arc::clone(&report.address),
        orch_uri: Arc::clone(&report.uri),
        origin: Arc::clone(&report.origin),
        gateway: Some(Arc::clone(&report.node)),
        hot_wallet: report.hot_wallet.clone(),
        version: report.version.clone(),
        region,
        gpus: gpus.as_ref().map(|g| whole(g.len())),
        gpu_ids: gpus.as_ref().and_then(ids),
        gpu_names: gpus.as_ref().and_then(named),
        models: Some(whole(models.len())),
        warm_models: Some(whole(warm)),
        slots: sum(|o| o.slots),
        slots_idle: sum(|o| o.idle),
        implausible_models: Some(whole(offers.values().map(|o| o.implausible_rows).sum())),
        implausible_slots: Some(sum(|o| o.implausible).unwrap_or(0)),
    };
    let places = gpus.map_or_else(Vec::new, |gpus| places(report, &gpus));
    ((report.ts_us, row), places)
}

fn ids(gpus: &BTreeMap<&Arc<str>, &GpuRow>) -> Option<Arc<str>> {
    let ids: Vec<&str> = gpus.keys().take(limits::GPU_IDS).map(|id| &***id).collect();
    (!ids.is_empty()).then(|| ids.join(",").into())
}

fn named(gpus: &BTreeMap<&Arc<str>, &GpuRow>) -> Option<Arc<str>> {
    let mut text = String::new();
    for (name, n) in names(gpus) {
        let comma = if text.is_empty() { "" } else { "," };
        let next = format!("{comma}{name} x{n}");
        if text.len() + next.len() > limits::GPU_NAMES_BYTES {
            break;
        }
        text += &next;
    }
    (!text.is_empty()).then(|| text.into())
}

/// GPUs of the same name and memory are told apart by their rank, in the order of their ids.
fn places(report: &Report, gpus: &BTreeMap<&Arc<str>, &GpuRow>) -> Vec<(i64, GpuSlot)> {
    let mut equal = BTreeMap::<(&Option<Arc<str>>, Option<i64>), usize>::new();
    let mut places = Vec::with_capacity(gpus.len());
    for (id, gpu) in gpus {
        let rank = equal.entry((&gpu.name, gpu.memory_bytes)).or_insert(0);
        let name = gpu.name.as_deref().unwrap_or_default();
        let slot = gpu_slot(&report.address, &report.uri, name, gpu.memory_bytes, *rank);
        let row = GpuSlot {
            void: 0,
            formula: FORMULA.into(),
            gpu_slot: slot.into(),
            origin: Arc::clone(&report.origin),
            orchestrator: Some(Arc::clone(&report.address)),
            orch_uri: Some(Arc::clone(&report.uri)),
            gpu_id: Some(Arc::clone(id)),
            gpu_name: gpu.name.clone(),
            memory_bytes: gpu.memory_bytes,
            rank: Some(whole(*rank)),
        };
        *rank += 1;
        places.push((report.ts_us, row));
    }
    places
}
