//! Supply by 5 minutes, computed anew for the time around capability reports. It may read.

use std::collections::BTreeMap;
use std::sync::Arc;

use naap_derive::supply::{self, Report};
use naap_schema::Row;
use naap_schema::generated::{
    GPU_SLOT, ORCHESTRATOR_GPU, ORCHESTRATOR_MODEL, ORCHESTRATOR_REPORT, SUPPLY, SUPPLY_GPU,
    SUPPLY_REPORT,
};

use super::diff::{Counts, diff};
use super::read::{self, between};
use super::world::World;
use crate::pg::Pg;
use crate::store::StoreError;

/// A report says nothing of the time after this.
pub(super) const HOLDS_US: i64 = 50 * 60 * 1_000_000;
const BUCKET_US: i64 = 300_000_000;

/// The reports of a time, as read.
///
/// # Errors
/// What the database said.
pub(super) async fn reports(
    pg: &Pg,
    world: &World,
    from_us: i64,
    to_us: i64,
) -> Result<Vec<Report>, StoreError> {
    let span = format!("{} and orch_address is not null", between(from_us, to_us));
    let mut nodes: BTreeMap<Arc<str>, [Vec<Row>; 3]> = BTreeMap::new();
    for (i, table) in
        [&ORCHESTRATOR_REPORT, &ORCHESTRATOR_MODEL, &ORCHESTRATOR_GPU].into_iter().enumerate()
    {
        for (node, row) in read::rows(pg, table, &span, &[]).await? {
            nodes.entry(node).or_default()[i].push(row);
        }
    }
    let all = nodes.iter();
    let all = all
        .flat_map(|(node, [reports, models, gpus])| supply::reports(reports, models, gpus, node));
    let mut out: Vec<Report> = all.collect();
    for report in &mut out {
        report.address = world.around.address(&report.address, report.ts_us);
    }
    Ok(out)
}

/// The rows to write so that the time from `from_us` to `to_us` is as the reports say; whole buckets.
///
/// # Errors
/// What the database said.
pub(super) async fn derive(
    pg: &Pg,
    world: &World,
    (from_us, to_us): (i64, i64),
) -> Result<(Vec<Row>, Counts), StoreError> {
    let from_us = from_us.div_euclid(BUCKET_US) * BUCKET_US;
    let to_us = to_us.div_euclid(BUCKET_US) * BUCKET_US + BUCKET_US;
    let all = reports(pg, world, from_us - HOLDS_US, to_us + HOLDS_US).await?;
    let mut fresh: BTreeMap<u32, Vec<Row>> = BTreeMap::new();
    let mut one: BTreeMap<(Arc<str>, Arc<str>, Arc<str>), Vec<Report>> = BTreeMap::new();
    for report in supply::once(&all).into_iter().cloned() {
        if (from_us..to_us).contains(&report.ts_us) {
            let region = world.region_of(&report.address, report.ts_us);
            let ((ts, row), slots) = supply::report_rows(&report, region);
            fresh.entry(SUPPLY_REPORT.number).or_default().push(row.at(ts));
            let slots = slots.into_iter().map(|(ts, row)| row.at(ts));
            fresh.entry(GPU_SLOT.number).or_default().extend(slots);
        }
        let key =
            (Arc::clone(&report.address), Arc::clone(&report.uri), Arc::clone(&report.origin));
        one.entry(key).or_default().push(report);
    }
    for ((address, _, _), reports) in &one {
        let region = |at_us| world.region_of(address, at_us);
        let (slots, gpus) = supply::buckets(reports, &region, from_us, to_us);
        fresh.entry(SUPPLY.number).or_default().extend(slots.into_iter().map(|(t, r)| r.at(t)));
        fresh.entry(SUPPLY_GPU.number).or_default().extend(gpus.into_iter().map(|(t, r)| r.at(t)));
    }
    let (mut write, mut counts) = (Vec::new(), Counts::default());
    for table in [&SUPPLY_REPORT, &GPU_SLOT, &SUPPLY, &SUPPLY_GPU] {
        let standing = read::rows(pg, table, &between(from_us, to_us), &[]).await?;
        let standing: Vec<Row> = standing.into_iter().map(|(_, row)| row).collect();
        let (rows, found) = diff(&standing, fresh.remove(&table.number).unwrap_or_default());
        write.extend(rows);
        counts.add(found);
    }
    Ok((write, counts))
}
