//! Jobs from the events of forks of go-livepeer, each computed anew from all of its events. It may
//! read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use naap_derive::job::{self, Around, JobEvent, Kind};
use naap_schema::Row;
use naap_schema::generated::{JOB, JOB_EVENT};
use tokio_postgres::types::ToSql;

use super::Stored;
use super::diff::{Counts, diff};
use super::read::{self, between, places};
use super::world::World;
use crate::limits;
use crate::pg::Pg;
use crate::store::StoreError;

const HOUR_US: i64 = 3_600_000_000;
/// How far the events of one job may lie apart.
const APART_US: i64 = 6 * HOUR_US;

/// A job.
pub(super) type Name = (Kind, Arc<str>);

/// Jobs of which only the beginning is known, by when they are to be looked at again.
#[derive(Debug, Default)]
pub(super) struct Open(BTreeSet<(i64, Arc<str>, Name)>);

impl Open {
    /// Those whose nodes have delivered far enough.
    pub(super) fn due(&mut self, world: &World) -> Vec<(i64, Name)> {
        let due = |(us, node, _): &(i64, Arc<str>, Name)| world.through(node) > *us;
        let all: Vec<_> = self.0.iter().filter(|o| due(o)).cloned().collect();
        all.iter().for_each(|o| {
            self.0.remove(o);
        });
        all.into_iter().map(|(us, _, name)| (us - HOUR_US, name)).collect()
    }
}

/// The jobs that have events among these, with a time of theirs.
pub(super) fn named(rows: &[Stored]) -> Vec<(i64, Name)> {
    let events = rows.iter().filter_map(|(node, row)| JobEvent::of(row, node));
    let names = events.filter_map(|e| Some((e.job()?, e.ts_us)));
    let once: BTreeMap<Name, i64> = names.collect();
    once.into_iter().map(|(name, ts)| (ts, name)).collect()
}

/// The rows to write so that these jobs are as all of their events say.
///
/// # Errors
/// What the database said.
pub(super) async fn derive(
    pg: &Pg,
    world: &World,
    jobs: &[(i64, Name)],
    open: &mut Open,
) -> Result<(Vec<Row>, Counts), StoreError> {
    let (mut write, mut counts) = (Vec::new(), Counts::default());
    for part in jobs.chunks(limits::DERIVE_SESSIONS) {
        let (rows, found) = derive_part(pg, world, part, open).await?;
        write.extend(rows);
        counts.add(found);
    }
    Ok((write, counts))
}

async fn derive_part(
    pg: &Pg,
    world: &World,
    jobs: &[(i64, Name)],
    open: &mut Open,
) -> Result<(Vec<Row>, Counts), StoreError> {
    let times = || jobs.iter().map(|(ts, _)| *ts);
    let (Some(first), Some(last)) = (times().min(), times().max()) else {
        return Ok((Vec::new(), Counts::default()));
    };
    let span = between(first - APART_US, last + APART_US + 1);
    let requests: BTreeSet<&str> = jobs.iter().map(|(_, (_, request))| &**request).collect();
    let params: Vec<&(dyn ToSql + Sync)> = requests.iter().map(|r| r as _).collect();
    // Ends of jobs that name no request are told by the ids of their events.
    let condition = format!(
        "{span} and (request_id in ({}) or request_id is null or request_id = '')",
        places(1, requests.len())
    );
    let mut events: BTreeMap<Name, Vec<JobEvent>> = BTreeMap::new();
    for (node, row) in read::rows(pg, &JOB_EVENT, &condition, &params).await? {
        if let Some(event) = JobEvent::of(&row, &node)
            && let Some(name) = event.job()
        {
            events.entry(name).or_default().push(event);
        }
    }
    let region = |node: &str, at: i64| world.around.region(node, at);
    let orchestrator = |uri: Option<&str>, wallet: Option<&str>, at: i64| {
        world.around.who(uri, wallet, &[], at).address
    };
    let mut fresh = Vec::new();
    let mut ids = Vec::new();
    for (_, (kind, request)) in jobs {
        ids.push(format!("'{}'", job::job_id(*kind, request)));
        let Some(events) = events.get(&(*kind, Arc::clone(request))) else { continue };
        let Some(node) = events.iter().map(|e| &e.node).min() else { continue };
        let around = Around {
            region: &region,
            orchestrator: &orchestrator,
            data_through_us: world.through(node),
        };
        let Some((ts, job)) = job::derive(request, *kind, events, &around) else { continue };
        if &*job.outcome == "OPEN" {
            let name = (*kind, Arc::clone(request));
            // It is open for an hour after its last event.
            let last_us = events.iter().map(|e| e.ts_us).max().unwrap_or(ts);
            open.0.insert((last_us + HOUR_US, Arc::clone(node), name));
        }
        fresh.push(job.at(ts));
    }
    let condition = format!("{span} and job in ({})", ids.join(","));
    let standing = read::rows(pg, &JOB, &condition, &[]).await?;
    let standing: Vec<Row> = standing.into_iter().map(|(_, row)| row).collect();
    Ok(diff(&standing, fresh))
}
