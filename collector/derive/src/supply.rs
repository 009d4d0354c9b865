//! Supply (`definitions.md` 4): what orchestrators say of themselves in capability reports, summed up
//! by report and by 5 minutes. A report holds until the next one of the same address and URI, from
//! whichever gateway; past a gap of 50 minutes nothing is known.

mod bucket;
mod price;
mod read;
mod summary;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::limits;

pub use bucket::buckets;
pub use read::reports;
pub use summary::report_rows;

/// A field that is part of a key where nothing is known of it.
pub(crate) const NONE: &str = "none";

/// What an orchestrator said of itself at one URI, as one gateway heard it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Report {
    /// Time of the envelope, microseconds since 1970 UTC.
    pub ts_us: i64,
    /// Node whose gateway asked.
    pub node: Arc<str>,
    /// organic, test, replayed or simulated.
    pub origin: Arc<str>,
    /// On-chain address, lower case.
    pub address: Arc<str>,
    /// Service URI, normalised.
    pub uri: Arc<str>,
    /// Hot wallet, lower case.
    pub hot_wallet: Option<Arc<str>>,
    /// go-livepeer version.
    pub version: Option<Arc<str>>,
    /// Its model rows.
    pub models: Vec<ModelRow>,
    /// Its GPU rows, one for each model that a GPU has; `None`: it tells nothing of its hardware.
    pub gpus: Option<Vec<GpuRow>>,
}

/// One pipeline and model that it says it serves.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ModelRow {
    /// Number of the capability.
    pub capability: Option<i64>,
    /// Canonical pipeline; `None` for a capability that is not known.
    pub pipeline: Option<Arc<str>>,
    /// Canonical model.
    pub model: Option<Arc<str>>,
    /// The model is loaded.
    pub warm: Option<bool>,
    /// Idle slots.
    pub idle: Option<i64>,
    /// Slots at work.
    pub in_use: Option<i64>,
    /// Price, wei for `units_per_price` units.
    pub price: Option<i64>,
    /// Units that the price is for.
    pub units_per_price: Option<i64>,
}

/// One GPU of a pipeline and model.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct GpuRow {
    /// Hash of its UUID; `None`: the report has no UUID.
    pub gpu_id: Option<Arc<str>>,
    /// Its name.
    pub name: Option<Arc<str>>,
    /// Its memory, bytes.
    pub memory_bytes: Option<i64>,
}

impl ModelRow {
    /// Idle slots and slots at work; one of the two absent is 0, both absent is unknown.
    fn told(&self) -> Option<(i64, i64)> {
        self.idle.or(self.in_use)?;
        Some((self.idle.unwrap_or(0), self.in_use.unwrap_or(0)))
    }

    fn slots(&self) -> Option<i64> {
        self.told().map(|(idle, in_use)| idle.saturating_add(in_use))
    }
}

/// What a report offers of one pipeline and model.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Offer {
    /// Slots of plausible rows; `None` where none tells any.
    pub(crate) slots: Option<i64>,
    /// Of these idle.
    pub(crate) idle: Option<i64>,
    /// Slots of rows above 64; `None` where no row tells any.
    pub(crate) implausible: Option<i64>,
    /// Rows above 64.
    pub(crate) implausible_rows: usize,
    /// One is loaded; `None` where nothing is said of it.
    pub(crate) warm: Option<bool>,
    /// Price, wei per unit, with the unit's name.
    pub(crate) price: Option<(f64, Option<&'static str>)>,
}

impl Offer {
    fn add(&mut self, row: &ModelRow) {
        self.warm = match (self.warm, row.warm) {
            (Some(a), Some(b)) => Some(a || b),
            (a, b) => a.or(b),
        };
        self.price = self.price.or_else(|| price::of(row));
        let (Some(slots), Some((idle, _))) = (row.slots(), row.told()) else { return };
        let implausible = if slots > limits::PLAUSIBLE_SLOTS { slots } else { 0 };
        self.implausible = Some(self.implausible.unwrap_or(0).saturating_add(implausible));
        if implausible > 0 {
            self.implausible_rows += 1;
        } else {
            self.slots = Some(self.slots.unwrap_or(0) + slots);
            self.idle = Some(self.idle.unwrap_or(0) + idle);
        }
    }
}

/// Pipeline and model as keys hold them.
pub(crate) type Work = (Arc<str>, Arc<str>);

impl Report {
    /// Model rows, each capability and model once: a gateway that finds an orchestrator in two ways
    /// lists all of it twice.
    pub(crate) fn distinct_models(&self) -> Vec<&ModelRow> {
        let mut models = BTreeMap::new();
        for row in &self.models {
            let same = models.entry((row.capability, &row.pipeline, &row.model)).or_insert(row);
            // Of two that differ, the one that does not depend on which came first.
            *same = row.min(*same);
        }
        models.into_values().collect()
    }

    /// What it offers, by pipeline and model.
    pub(crate) fn offers(&self) -> BTreeMap<Work, Offer> {
        let mut offers = BTreeMap::<Work, Offer>::new();
        let key = |name: &Option<Arc<str>>| name.clone().unwrap_or_else(|| NONE.into());
        for row in self.distinct_models() {
            offers.entry((key(&row.pipeline), key(&row.model))).or_default().add(row);
        }
        offers
    }

    /// Its GPUs, each id once, by id; `None` where it tells nothing of its hardware, or lists GPUs and
    /// an id of none: how many these are nobody can say, since each stands once for each model.
    pub(crate) fn distinct_gpus(&self) -> Option<BTreeMap<&Arc<str>, &GpuRow>> {
        let rows = self.gpus.as_ref()?;
        let mut gpus = BTreeMap::new();
        for row in rows {
            let Some(id) = &row.gpu_id else { continue };
            let same = gpus.entry(id).or_insert(row);
            *same = row.min(*same);
        }
        (rows.is_empty() || !gpus.is_empty()).then_some(gpus)
    }
}

/// Reports of one or several orchestrators in the order of address, URI, origin and time. Of several
/// of the same moment one is kept, that of the lowest node: what two gateways heard counts once.
pub fn once(reports: &[Report]) -> Vec<&Report> {
    let mut sorted: Vec<&Report> = reports.iter().collect();
    sorted.sort_by(|a, b| who(a).cmp(&who(b)).then(a.ts_us.cmp(&b.ts_us)).then(a.cmp(b)));
    sorted.dedup_by(|b, a| who(a) == who(b) && a.ts_us == b.ts_us);
    sorted
}

/// What a line of reports is of.
fn who(report: &Report) -> (&str, &str, &str) {
    (&report.address, &report.uri, &report.origin)
}

/// Names of GPUs, and how many have each; `none` where one has no name.
pub(crate) fn names(gpus: &BTreeMap<&Arc<str>, &GpuRow>) -> BTreeMap<Arc<str>, i64> {
    let mut names = BTreeMap::new();
    for gpu in gpus.values() {
        *names.entry(gpu.name.clone().unwrap_or_else(|| NONE.into())).or_insert(0) += 1;
    }
    names
}

/// Addresses in reports that were seen in the 50 minutes before the moment.
pub fn online(reports: &[Report], at_us: i64) -> BTreeSet<&Arc<str>> {
    let seen = at_us - limits::REPORT_GAP_US..=at_us;
    reports.iter().filter(|r| seen.contains(&r.ts_us)).map(|r| &r.address).collect()
}

#[cfg(test)]
mod tests;
