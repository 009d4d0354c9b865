//! Capability reports: what a gateway says every 25 minutes of all orchestrators.

use std::collections::BTreeMap;

use super::cast::{BATCH, Gpu, Known, Orchestrator};
use super::wire;
use crate::plan::Plan;
use crate::rng::Rng;
use crate::truth::Reported;

/// Above this many slots a row is implausible.
const PLAUSIBLE: i64 = 64;

/// A row of a capability and model: idle and busy slots; `None`: it tells neither.
struct Row<'a> {
    capability: i64,
    model: &'a str,
    warm: bool,
    slots: Option<(i64, i64)>,
    price: i64,
}

/// What the report says of one orchestrator at one URI, as JSON, and what is so.
pub(super) fn entry(
    plan: &Plan,
    o: &Orchestrator,
    uri: usize,
    at_ms: i64,
    rng: &mut Rng,
) -> Option<(serde_json::Value, Reported)> {
    let name = o.uris.get(uri).filter(|_| is_listed(o.known))?;
    let gpus = o.gpus.get(uri);
    let rows = rows(plan, o, gpus.map_or(1, Vec::len), rng);
    let reported = reported(o, name, gpus.map(Vec::len), &rows);
    let mut per_capability: BTreeMap<String, wire::Models<'_>> = BTreeMap::new();
    for row in &rows {
        let (capacity, capacity_in_use) = row.slots.unwrap_or_default();
        let served = wire::Served {
            warm: row.warm,
            runner_version: (row.capability == 35).then_some(o.runner),
            capacity,
            capacity_in_use,
        };
        let models = per_capability.entry(row.capability.to_string()).or_default();
        models.models.insert(row.model, served);
    }
    let prices = rows.iter().map(|row| wire::Price {
        price_per_unit: row.price,
        pixels_per_unit: 1,
        capability: row.capability,
        constraint: row.model,
    });
    let ids = gpus.map(|gpus| ids(o, uri, gpus.len(), at_ms)).unwrap_or_default();
    let hardware = gpus.map(|gpus| hardware(&rows, gpus, &ids));
    let told = wire::Capable {
        address: &o.shown,
        local_address: &o.wallet,
        orch_uri: name,
        capabilities: wire::Capabilities {
            // Bits and capacities name pipelines that are not served, as real ones do.
            bitstring: [94_422_687_743],
            capacities: [0, 1, 2, 26, 27, 30, 33, 35].map(|c| (c.to_string(), 1)).into(),
            version: o.version,
            constraints: wire::Constraints { per_capability },
        },
        capabilities_prices: (o.known != Known::Free).then(|| prices.collect()),
        hardware,
    };
    let told = serde_json::to_value(told).expect("text keys and finite numbers");
    Some((told, reported))
}

/// Whether reports name it.
pub(super) fn is_listed(known: Known) -> bool {
    !matches!(known, Known::Unlisted | Known::PaymentsOnly)
}

fn rows<'a>(plan: &'a Plan, o: &'a Orchestrator, gpus: usize, rng: &mut Rng) -> Vec<Row<'a>> {
    let most = i64::try_from(gpus).unwrap_or(1).max(1);
    let mut split = |slots: i64| {
        // A figure that no machine has is not in use either.
        let busy = if slots > PLAUSIBLE { 0 } else { rng.whole(0, slots) };
        (slots - busy, busy)
    };
    let live = o.models.iter().filter_map(|m| plan.models.get(*m)).map(|m| Row {
        capability: 35,
        model: &m.name,
        warm: true,
        slots: o.live_slots.then(|| split(most)),
        price: o.price_milli / 1000,
    });
    let mut rows: Vec<Row<'_>> = live.collect();
    rows.extend(o.batch.iter().map(|b| Row {
        capability: b.capability,
        model: b.model,
        warm: b.price % 2 == 0,
        slots: b.slots.map(&mut split),
        price: b.price,
    }));
    rows
}

fn reported(o: &Orchestrator, uri: &str, gpus: Option<usize>, rows: &[Row<'_>]) -> Reported {
    let told = || rows.iter().filter_map(|r| r.slots);
    let plausible = || told().filter(|(idle, busy)| idle + busy <= PLAUSIBLE);
    let implausible = || told().filter(|(idle, busy)| idle + busy > PLAUSIBLE);
    let any = plausible().next().is_some();
    Reported {
        address: o.address.clone(),
        uri: uri.to_owned(),
        gpus,
        slots: any.then(|| plausible().map(|(idle, busy)| idle + busy).sum()),
        slots_idle: any.then(|| plausible().map(|(idle, _)| idle).sum()),
        models: rows.len(),
        warm_models: rows.iter().filter(|r| r.warm).count(),
        implausible: implausible().count(),
        implausible_slots: implausible().map(|(idle, busy)| idle + busy).sum(),
    }
}

/// Ids of the GPUs at a URI; those of a rented machine change now and then.
fn ids(o: &Orchestrator, uri: usize, count: usize, at_ms: i64) -> Vec<String> {
    let epoch = o.churn_ms.map_or(0, |every| (at_ms / every).unsigned_abs());
    let place = u64::try_from(uri).unwrap_or(0);
    let mut rng = Rng::new(o.gpu_seed ^ (epoch << 8) ^ place);
    (0..count).map(|_| format!("GPU-{}", rng.uuid())).collect()
}

/// One entry for each runner: every GPU once at least, and one more often where there are more
/// models than GPUs.
fn hardware<'a>(rows: &[Row<'a>], gpus: &[Gpu], ids: &'a [String]) -> Vec<wire::Hardware<'a>> {
    let entry = |n: usize| {
        let row = rows.get(n % rows.len().max(1))?;
        let place = n % gpus.len().max(1);
        let (gpu, id) = (gpus.get(place)?, ids.get(place)?);
        let told = wire::Gpu {
            id,
            name: gpu.name,
            major: gpu.major,
            minor: gpu.minor,
            memory_free: gpu.memory - 600_000_000,
            memory_total: gpu.memory,
        };
        Some(wire::Hardware {
            pipeline: pipeline(row.capability),
            model_id: row.model,
            // In every container the index is 0.
            gpu_info: [("0".to_owned(), told)].into(),
        })
    };
    (0..rows.len().max(gpus.len())).filter_map(entry).collect()
}

/// Canonical name of a capability.
pub(super) fn pipeline(capability: i64) -> &'static str {
    BATCH.iter().find(|b| b.0 == capability).map_or("live-video-to-video", |b| b.1)
}
