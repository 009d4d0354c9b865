//! What sessions are derived in: who claims to be whom, where agents stand, how far nodes have
//! delivered, what operators corrected. It may read tables; it decides nothing.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use naap_derive::event::{Correction, CorrectionKind};
use naap_derive::rows;
use naap_derive::surroundings::Surroundings;
use naap_schema::generated::{CORRECTION, ORCHESTRATOR_GPU, ORCHESTRATOR_REPORT};
use naap_schema::{Row, Value};

use super::{read, text};
use crate::limits;
use crate::pg::Pg;
use crate::store::StoreError;

const HOUR_US: i64 = 3_600_000_000;

/// The surroundings, as far as they are read.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) around: Surroundings,
    /// Everything since then is in it, microseconds since 1970 UTC.
    since_us: Option<i64>,
    corrections: Vec<Correction>,
    /// What was last known of each node.
    through: HashMap<String, i64>,
}

impl World {
    /// Reads what is needed for sessions that begin at `from_us` or later, where it was not yet.
    ///
    /// # Errors
    /// What the database said.
    pub(super) async fn reach(
        &mut self,
        pg: &Pg,
        from_us: i64,
        now_us: i64,
    ) -> Result<(), StoreError> {
        let from_us = from_us - limits::DAY_US - HOUR_US;
        let to_us = self.since_us.unwrap_or(now_us + limits::AHEAD_US);
        if from_us >= to_us {
            return Ok(());
        }
        let span = read::between(from_us, to_us);
        let wanted = format!("{span} and orch_address is not null and orch_uri is not null");
        for (_, row) in read::rows(pg, &ORCHESTRATOR_REPORT, &wanted, &[]).await? {
            self.claimed(&row);
        }
        for (_, row) in read::rows(pg, &ORCHESTRATOR_GPU, &wanted, &[]).await? {
            self.equipped(&row);
        }
        self.regions(pg, &span).await?;
        self.gaps(pg, &span).await?;
        self.since_us = Some(from_us);
        Ok(())
    }

    /// Lets go what is too old for any late row.
    pub(super) fn forget(&mut self, now_us: i64) {
        let keep = now_us - limits::DERIVE_BACK_US - limits::DAY_US;
        if self.since_us.is_some_and(|since| since < keep - limits::DAY_US) {
            self.around.forget_before(keep);
            self.since_us = Some(keep);
        }
    }

    /// Takes a row of `orchestrator_report`.
    pub(super) fn claimed(&mut self, row: &Row) {
        if let Some(claim) = rows::claim(row) {
            self.around.add_claim(claim);
        }
    }

    /// Takes a row of `orchestrator_gpu`.
    pub(super) fn equipped(&mut self, row: &Row) {
        if let (Some(address), Some(uri)) = (text(row, "orch_address"), text(row, "orch_uri")) {
            self.around.add_hardware(row.ts_us, &address, &uri, text(row, "gpu_name"));
        }
    }

    /// Takes a row of `agent`; true if it says something new.
    pub(super) fn placed(&mut self, node: &Arc<str>, row: &Row) -> bool {
        let region = text(row, "region");
        let before = self.around.region(node, row.ts_us);
        let news = before != region;
        self.around.add_region(node, row.ts_us, region);
        news
    }

    /// The region of an orchestrator's own agent: of the node that an operator said is its.
    pub(super) fn region_of(&self, address: &str, at_us: i64) -> Option<Arc<str>> {
        let named = self.corrections.iter().filter(|c| {
            c.kind == CorrectionKind::Node
                && c.value.eq_ignore_ascii_case(address)
                && c.from_us.is_none_or(|from| from <= at_us)
                && c.to_us.is_none_or(|to| at_us < to)
        });
        let latest = named.max_by_key(|c| (c.made_us, Arc::clone(&c.subject)))?;
        self.around.region(&latest.subject, at_us)
    }

    /// How far a node has delivered, as far as that was looked at.
    pub(super) fn through(&self, node: &str) -> i64 {
        self.through.get(node).copied().unwrap_or(0)
    }

    /// Where agents were: nodes that never moved need two rows, the others all of theirs.
    async fn regions(&mut self, pg: &Pg, span: &str) -> Result<(), StoreError> {
        let sql = format!(
            "select node, region, min(ts)::long, max(ts)::long from agent where {span} \
             group by node, region"
        );
        let mut places: BTreeMap<String, Vec<(Option<Arc<str>>, i64, i64)>> = BTreeMap::new();
        for row in pg.read(&sql, &[], limits::PG_STATEMENT).await? {
            let (Some(node), region, Some(first), Some(last)) =
                (cell_text(&row, 0), cell_text(&row, 1), cell(&row, 2), cell(&row, 3))
            else {
                continue;
            };
            places.entry(node).or_default().push((region.map(Arc::from), first, last));
        }
        for (node, regions) in places {
            let name: Arc<str> = node.as_str().into();
            if let [(region, first, last)] = regions.as_slice() {
                self.around.add_region(&name, *first, region.clone());
                self.around.add_region(&name, *last, region.clone());
                continue;
            }
            let sql = format!("select ts::long, region from agent where {span} and node = $1");
            for row in pg.read(&sql, &[&node], limits::PG_STATEMENT).await? {
                if let Some(ts_us) = cell(&row, 0) {
                    let region = cell_text(&row, 1).map(Arc::from);
                    self.around.add_region(&name, ts_us, region);
                }
            }
        }
        Ok(())
    }

    /// Times in which rows of a node were declared lost.
    async fn gaps(&mut self, pg: &Pg, span: &str) -> Result<(), StoreError> {
        let sql = format!(
            "select node, of_epoch, from_seq, to_seq, ts::long from gap where {span} limit {}",
            limits::DERIVE_READ
        );
        for row in pg.read(&sql, &[], limits::PG_STATEMENT).await? {
            let (Some(node), Some(epoch), Some(from), Some(to), Some(ts)) =
                (cell_text(&row, 0), cell(&row, 1), cell(&row, 2), cell(&row, 3), cell(&row, 4))
            else {
                continue;
            };
            self.lost(pg, &node, epoch, (from, to), ts).await?;
        }
        Ok(())
    }

    /// Takes a declared gap: its rows were taken between the agent's own rows around it. Gives that
    /// time.
    ///
    /// # Errors
    /// What the database said.
    pub(super) async fn lost(
        &mut self,
        pg: &Pg,
        node: &str,
        epoch: i64,
        (from_seq, to_seq): (i64, i64),
        declared_us: i64,
    ) -> Result<(i64, i64), StoreError> {
        let sql = format!(
            "select max(case when seq < {from_seq} then ts::long end), \
             min(case when seq > {to_seq} then ts::long end) from agent \
             where node = $1 and epoch = {epoch} and ts >= {} and ts <= {declared_us}",
            declared_us - limits::DERIVE_BACK_US
        );
        let found = pg.read(&sql, &[&node], limits::PG_STATEMENT).await?;
        let bound = |i| found.first().and_then(|row| cell(row, i));
        // Before the first of the agent's own rows there is at most a minute.
        let from_us = bound(0).unwrap_or(declared_us - limits::DERIVE_BACK_US);
        let to_us = bound(1).unwrap_or(declared_us);
        self.around.add_gap(&node.into(), from_us, to_us.max(from_us));
        Ok((from_us, to_us.max(from_us)))
    }

    /// Reads how far nodes have delivered; gives those that went on.
    ///
    /// # Errors
    /// What the database said.
    pub(super) async fn look(
        &mut self,
        pg: &Pg,
        now_us: i64,
    ) -> Result<Vec<(Arc<str>, i64)>, StoreError> {
        let sql = format!(
            "select node, through_seq, recorded_seq, last_row_at::long from ledger \
             where updated_at >= {}",
            now_us - limits::BEHIND_US
        );
        let mut nodes: HashMap<String, Through> = HashMap::new();
        for row in pg.read(&sql, &[], limits::PG_STATEMENT).await? {
            let (Some(node), Some(through), Some(last)) =
                (cell_text(&row, 0), cell(&row, 1), cell(&row, 3))
            else {
                continue;
            };
            let waits = cell(&row, 2).is_some_and(|recorded| recorded > through);
            nodes.entry(node).or_default().epoch(last, waits && last >= now_us - limits::BEHIND_US);
        }
        let mut moved = Vec::new();
        for (node, through) in nodes {
            let us = through.us();
            if self.through.insert(node.clone(), us) != Some(us) {
                let node: Arc<str> = node.into();
                self.around.set_data_through(&node, us);
                moved.push((node, us));
            }
        }
        Ok(moved)
    }

    /// Reads the corrections; gives the new ones, where any changed.
    ///
    /// # Errors
    /// What the database said.
    pub(super) async fn corrections(
        &mut self,
        pg: &Pg,
    ) -> Result<Option<Vec<Correction>>, StoreError> {
        let mut latest = BTreeMap::new();
        for (_, row) in read::rows(pg, &CORRECTION, "true", &[]).await? {
            if let Some(Value::Uuid(id)) = row.get("correction") {
                latest.insert(*id, row);
            }
        }
        let now: Vec<Correction> = latest.values().filter_map(rows::correction).collect();
        if now == self.corrections {
            return Ok(None);
        }
        let changed = |a: &[Correction], b: &[Correction]| -> Vec<Correction> {
            a.iter().filter(|c| !b.contains(c)).cloned().collect()
        };
        let news = [changed(&now, &self.corrections), changed(&self.corrections, &now)].concat();
        self.corrections.clone_from(&now);
        self.around.set_corrections(now);
        Ok(Some(news))
    }
}

/// How far a node has delivered, from its epochs.
#[derive(Debug, Default)]
struct Through {
    newest_us: i64,
    /// Of epochs that have more to come.
    waiting_us: Option<i64>,
}

impl Through {
    fn epoch(&mut self, last_us: i64, waits: bool) {
        self.newest_us = self.newest_us.max(last_us);
        if waits {
            self.waiting_us = Some(self.waiting_us.map_or(last_us, |w| w.min(last_us)));
        }
    }

    fn us(&self) -> i64 {
        self.waiting_us.unwrap_or(self.newest_us)
    }
}

fn cell_text(row: &tokio_postgres::Row, i: usize) -> Option<String> {
    row.try_get::<_, Option<String>>(i).ok().flatten()
}

fn cell(row: &tokio_postgres::Row, i: usize) -> Option<i64> {
    row.try_get::<_, Option<i64>>(i).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_holds_back_what_is_known() {
        let mut through = Through::default();
        through.epoch(100, false);
        through.epoch(300, false);
        assert_eq!(through.us(), 300);
        through.epoch(200, true);
        through.epoch(150, true);
        assert_eq!(through.us(), 150);
    }
}
