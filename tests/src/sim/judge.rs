//! Looks for every row, once everything is quiet.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use naap_collector::sim::Stored;

use super::Report;
use super::world::{Oracle, Place, World};

/// Refused ranges that the collector writes down per node and minute; beyond, only the ledger counts.
const REJECTED_PER_MINUTE: usize = 60;

/// What can be read in the database.
struct Found {
    rows: HashMap<Place, Stored>,
    /// Ranges by node and epoch.
    refused: BTreeMap<(String, u64), Vec<(u64, u64)>>,
    declared: BTreeMap<(String, u64), Vec<(u64, u64)>>,
    /// By node.
    refusals: BTreeMap<String, usize>,
    ledger: BTreeMap<(String, u64), Stored>,
}

/// What became of the rows of an epoch.
#[derive(Debug, Default)]
struct Epoch {
    stored: u64,
    stored_in_reach: u64,
    not_stored_in_reach: u64,
    refusable: u64,
    /// Refused, and then taken from a sender who has the same spool: the ledger keeps to the first.
    taken_after_all: u64,
    last_stored: u64,
}

pub(super) fn judge(world: &World) -> Report {
    let oracle = world.oracle.borrow();
    let found = look(world, &oracle);
    let mut report = Report {
        issued: oracle.issued.len() as u64,
        recorded: oracle.issued.values().filter(|i| i.recorded).count() as u64,
        ..Report::default()
    };
    // Numbers of an epoch are recorded in order.
    let mut recorded: HashMap<(&str, u64), u64> = HashMap::new();
    for ((node, epoch, seq), numbered) in &oracle.numbered {
        if numbered.id.is_some_and(|id| oracle.issued[&id].recorded) {
            recorded.insert((node, *epoch), *seq);
        }
    }
    let mut epochs: BTreeMap<(String, u64), Epoch> = BTreeMap::new();
    for (place, numbered) in &oracle.numbered {
        let (node, epoch, seq) = place;
        let key = (node.clone(), *epoch);
        let through = found.ledger.get(&key).map_or(0, |l| l.number("through_seq"));
        let sum = epochs.entry(key.clone()).or_default();
        let issued = numbered.id.and_then(|id| oracle.issued.get(&id));
        let refusable = numbered.refusable || issued.is_some_and(|i| i.refusable);
        let within = |ranges: &BTreeMap<_, Vec<(u64, u64)>>| {
            ranges.get(&key).is_some_and(|r| r.iter().any(|(a, b)| (a..=b).contains(&seq)))
        };
        let untold = found.refusals.get(node).is_some_and(|n| *n >= REJECTED_PER_MINUTE);
        let refused = refusable && *seq <= through && (within(&found.refused) || untold);
        if let Some(stored) = found.rows.get(place) {
            sum.stored += 1;
            sum.last_stored = *seq;
            sum.stored_in_reach += u64::from(*seq <= through);
            sum.taken_after_all += u64::from(refused);
            report.stored += 1;
            if stored.row != numbered.row {
                world.fail(format!(
                    "{} was {:?} at {}, is {:?} at {}",
                    show(place),
                    numbered.row.values,
                    numbered.row.ts_us,
                    stored.row.values,
                    stored.row.ts_us
                ));
            }
            continue;
        }
        sum.not_stored_in_reach += u64::from(*seq <= through);
        sum.refusable += u64::from(refusable);
        if refused {
            report.refused += 1;
        } else if within(&found.declared) {
            report.declared += 1;
        } else if recorded.get(&(node.as_str(), *epoch)).is_none_or(|last| last < seq)
            && oracle.ended.contains(&numbered.process)
        {
            report.unrecorded += 1;
        } else {
            let at = issued.map(|i| (numbered.id, i.at, i.recorded));
            let (name, process) = (numbered.row.entity.name, numbered.process);
            world.fail(format!(
                "{} of process {process} is lost without a word: {name} {at:?}, ledger at {through}",
                show(place)
            ));
        }
    }
    balance(world, &found, &epochs);
    unknown(world, &oracle, &found);
    fresh(world, &oracle);
    report
}

fn look(world: &World, oracle: &Oracle) -> Found {
    let mut found = Found {
        rows: HashMap::new(),
        refused: BTreeMap::new(),
        declared: BTreeMap::new(),
        refusals: BTreeMap::new(),
        ledger: BTreeMap::new(),
    };
    for table in world.store.tables() {
        for stored in world.store.rows(table) {
            let (node, epoch) = (stored.node.to_string(), stored.number("epoch"));
            match table {
                "ledger" => {
                    if found.ledger.insert((node.clone(), epoch), stored).is_some() {
                        world.fail(format!("two ledgers of {node} {epoch:x}"));
                    }
                }
                "rejected" => {
                    *found.refusals.entry(node.clone()).or_default() += 1;
                    let (first, rows) = (stored.number("first_seq"), stored.number("rows"));
                    found.refused.entry((node, epoch)).or_default().push((first, first + rows - 1));
                }
                _ => {
                    let place = (node, stored.epoch, stored.seq);
                    if found.rows.insert(place.clone(), stored).is_some() {
                        world.fail(format!("{} is stored twice", show(&place)));
                    }
                }
            }
        }
    }
    // A declaration that was refused, since its agent's clock was wrong, stands in `rejected`.
    for (place, numbered) in &oracle.numbered {
        let told = found.rows.contains_key(place) || numbered.refusable;
        if numbered.row.entity.name == "gap" && told {
            let gap = Stored {
                node: place.0.as_str().into(),
                epoch: place.1,
                seq: place.2,
                row: numbered.row.clone(),
            };
            let range = (gap.number("from_seq"), gap.number("to_seq"));
            found
                .declared
                .entry((place.0.clone(), gap.number("of_epoch")))
                .or_default()
                .push(range);
        }
    }
    found
}

/// As the trace has it.
fn show((node, epoch, seq): &Place) -> String {
    format!("{node} {epoch:x} {seq}")
}

/// The ledger says how much became of what.
fn balance(world: &World, found: &Found, epochs: &BTreeMap<(String, u64), Epoch>) {
    for (key, ledger) in &found.ledger {
        let get = |field| ledger.number(field);
        let (through, stored) = (get("through_seq"), get("stored"));
        let (rejected, gaps) = (get("rejected"), get("gaps"));
        let Some(epoch) = epochs.get(key) else {
            world.fail(format!("there is a ledger of {key:?}, which nobody began"));
            continue;
        };
        let after_all = epoch.stored_in_reach.saturating_sub(stored);
        let holds = through == stored + rejected + gaps
            && stored + after_all == epoch.stored_in_reach
            && after_all <= epoch.taken_after_all
            && rejected + gaps == epoch.not_stored_in_reach + after_all
            && rejected <= epoch.refusable + after_all
            && epoch.last_stored <= through;
        if !holds {
            world.fail(format!(
                "the ledger of {key:?} says through {through}, stored {stored}, rejected \
                 {rejected}, gaps {gaps}; but {epoch:?}"
            ));
        }
    }
    for (key, epoch) in epochs {
        if epoch.stored > 0 && !found.ledger.contains_key(key) {
            world.fail(format!("there are rows of {key:?} and no ledger"));
        }
    }
}

/// Nothing is there that nobody took, and nothing twice.
fn unknown(world: &World, oracle: &Oracle, found: &Found) {
    let mut seen = BTreeSet::new();
    for (place, stored) in &found.rows {
        match oracle.numbered.get(place) {
            None => world.fail(format!("{} was never taken: {:?}", show(place), stored.row.values)),
            Some(numbered) => {
                if let Some(id) = numbered.id
                    && !seen.insert(id)
                {
                    world.fail(format!("row {id} is stored twice"));
                }
            }
        }
    }
}

/// What was taken after the healing is there.
fn fresh(world: &World, oracle: &Oracle) {
    let Some(healed) = world.healed.get() else { return };
    let missing = |i: &&super::world::Issued| i.at > healed && i.stored.is_none() && !i.refusable;
    let missing = oracle.issued.values().filter(missing).count();
    if missing > 0 {
        world.fail(format!("{missing} rows that were taken after the healing are not stored"));
    }
}
