//! What the ledger and the gap rows say of each node's rows.

use std::collections::{HashMap, HashSet};

use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::{Database, ReadError, cell, places};
use crate::coverage::{Coverage, Declared, Epoch, Ranges, Reason};
use crate::limits;

/// Coverage by node; `None` for a node of which more is open than a query reads.
pub(crate) type ByNode = HashMap<String, Option<Coverage>>;

/// Declared ranges by node and epoch, and the nodes that have too many of them.
#[derive(Debug, Default)]
struct Gaps {
    ranges: HashMap<(String, i64), Vec<Declared>>,
    over: HashSet<String>,
}

impl Database {
    /// The coverage of these nodes, or of all, as of `now_us`.
    pub(crate) async fn coverage(
        &self,
        names: Option<&[String]>,
        now_us: i64,
    ) -> Result<ByNode, ReadError> {
        let condition = match names {
            Some([]) => return Ok(ByNode::new()),
            Some(names) => format!(" where node in ({})", places(1, names.len())),
            None => String::new(),
        };
        let params: Vec<&(dyn ToSql + Sync)> =
            names.unwrap_or_default().iter().map(|n| n as &(dyn ToSql + Sync)).collect();
        // Gap rows first: every epoch that one of them names is in what is read afterwards, if the
        // ledger has it.
        let rows = self.query(&gaps_sql(&condition), &params).await?;
        let cut = rows.len() > limits::GAP_ROWS;
        let mut gaps = Gaps::default();
        for row in &rows {
            gaps.add(row)?;
        }
        let rows = self.query(&ledger_sql(&condition, now_us), &params).await?;
        let cut = cut || rows.len() > limits::OPEN_EPOCHS;
        let mut out = count(&rows, gaps)?;
        if cut {
            out.values_mut().for_each(|coverage| *coverage = None);
        }
        Ok(out)
    }
}

/// The declared ranges, oldest first per node.
fn gaps_sql(condition: &str) -> String {
    format!(
        "select node, of_epoch, from_seq, to_seq, reason, n from (select node, of_epoch, from_seq, to_seq, reason, row_number() over (partition by node order by ts) n from public_gap{condition}) where n <= {} limit {}",
        limits::GAP_ROWS_PER_NODE + 1,
        limits::GAP_ROWS + 1
    )
}

/// Per node, one row for each epoch of which something is open, and one, as epoch 0, for all others
/// together: those without holes and pending rows, and those that ended so long ago that their gap
/// rows may be gone. Counts only grow, so the largest of an epoch is its newest.
fn ledger_sql(condition: &str, now_us: i64) -> String {
    let entries = format!(
        "select node, epoch, max(stored) stored, max(duplicates) duplicates, max(rejected) rejected, max(gaps) gaps, max(through_seq) through, max(recorded_seq) recorded, last(holes) holes, max(updated_at) updated from public_ledger{condition} group by node, epoch"
    );
    let open = format!(
        "g.of_epoch is not null or ((l.gaps > 0 or l.recorded > l.through) and l.updated > {})",
        now_us.saturating_sub(limits::GAPS_KEPT_US)
    );
    let grouped = format!(
        "select l.node node, case when {open} then l.epoch else 0 end epoch, sum(l.stored) stored, sum(l.duplicates) duplicates, sum(l.rejected) rejected, sum(l.gaps) gaps, max(l.through) through, max(l.recorded) recorded, last(l.holes) holes, max(l.updated)::long updated, max(case when l.recorded is not null then l.updated end)::long said from ({entries}) l left join (select distinct node, of_epoch from public_gap{condition}) g on g.node = l.node and g.of_epoch = l.epoch"
    );
    let columns =
        "node, epoch, stored, duplicates, rejected, gaps, through, recorded, holes, updated, said";
    format!(
        "select {columns}, n from (select {columns}, row_number() over (partition by node order by epoch) n from ({grouped})) where n <= {} limit {}",
        limits::OPEN_EPOCHS_PER_NODE + 2,
        limits::OPEN_EPOCHS + 1
    )
}

impl Gaps {
    fn add(&mut self, row: &Row) -> Result<(), ReadError> {
        let node: String = cell(row, 0)?;
        if cell::<i64>(row, 5)? > limits::GAP_ROWS_PER_NODE {
            self.over.insert(node);
            return Ok(());
        }
        let (from, to) = (whole(row, 2)?, whole(row, 3)?);
        let reason = cell::<Option<&str>>(row, 4)?.map_or(Reason::Other, Reason::parse);
        if 0 < from && from <= to {
            let ranges = self.ranges.entry((node, cell(row, 1)?)).or_default();
            ranges.push(Declared { from, to, reason });
        }
        Ok(())
    }
}

/// A count of the store, which are never negative.
fn whole(row: &Row, i: usize) -> Result<u64, ReadError> {
    Ok(maybe(row, i)?.unwrap_or(0))
}

fn maybe(row: &Row, i: usize) -> Result<Option<u64>, ReadError> {
    Ok(cell::<Option<i64>>(row, i)?.and_then(|n| u64::try_from(n).ok()))
}

fn count(rows: &[Row], mut gaps: Gaps) -> Result<ByNode, ReadError> {
    let mut out = ByNode::new();
    // When each node was heard of last, and when by way of an agent that says what it recorded.
    let mut heard: HashMap<String, (Option<i64>, Option<i64>)> = HashMap::new();
    for row in rows {
        let node: String = cell(row, 0)?;
        if cell::<i64>(row, 11)? > limits::OPEN_EPOCHS_PER_NODE + 1 {
            gaps.over.insert(node);
            continue;
        }
        let coverage = out.entry(node.clone()).or_insert_with(|| Some(Coverage::default()));
        let Some(coverage) = coverage.as_mut() else { continue };
        coverage.duplicates += u128::from(whole(row, 3)?);
        let (stored, rejected) = (whole(row, 2)?, whole(row, 4)?);
        match cell::<i64>(row, 1)? {
            0 => coverage.add_settled(stored, rejected, whole(row, 5)?),
            number => {
                let through = whole(row, 6)?;
                let text = cell::<Option<&str>>(row, 8)?.unwrap_or_default();
                let holes = Ranges::parse(text, through);
                let recorded = maybe(row, 7)?;
                let declared = gaps.ranges.remove(&(node.clone(), number)).unwrap_or_default();
                let epoch = Epoch { through, stored, rejected, recorded, holes };
                coverage.add(&epoch, &declared);
            }
        }
        let (updated, said) = (cell::<Option<i64>>(row, 9)?, cell::<Option<i64>>(row, 10)?);
        let heard = heard.entry(node).or_default();
        *heard = (heard.0.max(updated), heard.1.max(said));
    }
    // Epochs of which nothing but their loss is known.
    for ((node, _), declared) in gaps.ranges {
        if let Some(Some(coverage)) = out.get_mut(&node) {
            coverage.add(&Epoch::default(), &declared);
        }
    }
    for (node, (updated, said)) in heard {
        if let Some(Some(coverage)) = out.get_mut(&node) {
            coverage.says_pending = said.is_some() && said == updated;
        }
    }
    for node in gaps.over {
        out.insert(node, None);
    }
    Ok(out)
}
