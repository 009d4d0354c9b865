//! Supply: what orchestrators offered (`definitions.md` 4).

use std::collections::{BTreeMap, HashMap, HashSet};

use async_graphql::{ComplexObject, Context, MergedObject, Result, SimpleObject};

use super::error::{bad_argument, unavailable};
use super::groups::{
    Asked, Dimension, Figures, GroupKey, Meta, Question, Tally, count, figures, ratio, sums_of,
    tallies_of,
};
use super::time::Time;
use crate::read::Database;
use crate::read::sums::{Cell, Column, Key, Sums};

/// Supply over time, from capability reports: what orchestrators say of themselves.
#[derive(Debug, MergedObject)]
pub(crate) struct Supply(Meta, SupplyGroups);

/// The groups of supply.
#[derive(Debug, SimpleObject)]
pub(crate) struct SupplyGroups {
    /// The groups with the most slots (by GPU: the most GPU hours) first; one without a key where
    /// nothing is grouped by.
    groups: Vec<SupplyGroup>,
    /// The groups beyond `top` folded together, without a key; null where all are given.
    other: Option<SupplyGroup>,
    /// How many these are.
    groups_left_out: usize,
}

/// One group.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct SupplyGroup {
    key: Vec<GroupKey>,
    /// The whole window.
    total: SupplyFigures,
    /// Buckets that have data, oldest first. A bucket that is not here had none.
    points: Vec<SupplyPoint>,
}

/// One bucket.
#[derive(Debug, SimpleObject)]
pub(crate) struct SupplyPoint {
    /// Start of the bucket.
    time: Time,
    /// Whether the bucket is not over yet.
    partial: bool,
    #[graphql(flatten)]
    figures: SupplyFigures,
}

#[ComplexObject]
impl SupplyGroup {
    /// `points` as lists, for charts.
    async fn columns(&self) -> SupplyColumns {
        let mut columns = SupplyColumns::default();
        for p in &self.points {
            columns.push(p.time, p.partial, p.figures.clone());
        }
        columns
    }
}

figures! {
    /// Supply as time-weighted means. A model row is one model at one URI of one orchestrator.
    SupplyFigures, SupplyColumns {
        /// Pieces of 5 minutes of model rows (by GPU: of GPU names) that reports told something of.
        samples: i64,
        /// Time of model rows for which a report holds, hours: `slots` can be trusted as far as this
        /// covers. Null by GPU.
        known_hours: Option<f64>,
        /// Slots on offer at a time: slots × time / time of the bucket (or window) that has passed. Time
        /// without a report counts as none. Rows above 64 slots are left out. Null by GPU, and where
        /// nothing tells its slots.
        slots: Option<f64>,
        /// Of these idle.
        idle_slots: Option<f64>,
        /// Slots of one model row: slots × time / time that reports cover.
        slots_per_model: Option<f64>,
        /// Model rows that have their model loaded, at a time.
        warm_models: Option<f64>,
        /// Share of the covered time with the model loaded, 0 to 1.
        warm_ratio: Option<f64>,
        /// Slots of implausible rows (above 64), in no sum; added up over pieces of 5 minutes.
        implausible_slots: Option<i64>,
        /// Price per unit as reported, wei, over pieces of 5 minutes. Only within one pipeline, as each
        /// has its own unit: null unless grouped by pipeline or limited to one.
        price_wei_per_unit: Option<Tally>,
        /// GPUs × time, hours. A gap of more than 50 minutes between reports gives none. Null by
        /// pipeline or model, and where nothing tells its GPUs.
        gpu_hours: Option<f64>,
        /// Orchestrators that a report held for at any time in it.
        orchestrators: Option<i64>,
    }
}

/// What the reads are.
#[derive(Debug, Clone, Copy)]
struct Parts {
    slots: bool,
    gpus: bool,
    price: bool,
}

impl Parts {
    fn of(question: &Question) -> Result<Self> {
        let model = question.uses(Dimension::Pipeline) || question.uses(Dimension::Model);
        let gpu = question.uses(Dimension::Gpu);
        if model && gpu {
            return Err(bad_argument(
                "reports do not tell which GPU has which model: ask by GPU, or by pipeline and model",
            ));
        }
        let price = question.by.contains(&Dimension::Pipeline)
            || question.scope.values(Dimension::Pipeline).len() == 1;
        Ok(Self { slots: !gpu, gpus: !model, price })
    }

    fn columns(self) -> Vec<Column> {
        let mut columns = Vec::new();
        if self.slots {
            columns.extend(tallies_of("supply", &["known_s", "price_wei_per_unit"]));
            let sums = ["slot_s", "idle_slot_s", "warm_s", "implausible_slots"];
            columns.extend(sums_of("supply", &sums));
        }
        if self.gpus {
            columns.extend(tallies_of("supply_gpu", &["gpu_hours"]));
        }
        columns
    }
}

/// Orchestrators by group and bucket.
type Online = HashMap<Key, Who>;

/// Orchestrators by bucket.
type Who = BTreeMap<i64, HashSet<Option<String>>>;

fn figures_of(f: Figures<'_>, parts: Parts, passed_s: f64, online: Option<usize>) -> SupplyFigures {
    let sum = |field| f.sum("supply", field);
    let mean = |field| sum(field).filter(|_| passed_s > 0.0).map(|x| x / passed_s);
    let known = sum("known_s");
    let rows =
        if parts.slots { f.rows("supply", "known_s") } else { f.rows("supply_gpu", "gpu_hours") };
    SupplyFigures {
        samples: count(rows),
        known_hours: known.map(|s| s / 3600.0),
        slots: mean("slot_s"),
        idle_slots: mean("idle_slot_s"),
        slots_per_model: ratio(sum("slot_s"), known),
        warm_models: mean("warm_s"),
        warm_ratio: ratio(sum("warm_s"), known),
        implausible_slots: sum("implausible_slots").map(|x| count(Some(x))),
        price_wei_per_unit: (parts.slots && parts.price)
            .then(|| f.tally("supply", "price_wei_per_unit")),
        gpu_hours: f.sum("supply_gpu", "gpu_hours"),
        orchestrators: online.map(|n| i64::try_from(n).unwrap_or(i64::MAX)),
    }
}

/// Who was there, by group and bucket.
async fn online(
    database: &Database,
    question: &Question,
    parts: Parts,
    points: bool,
) -> Result<Online> {
    let ask = question.ask_also_by(points, Dimension::Orchestrator);
    let columns = if parts.slots {
        sums_of("supply", &["known_s"])
    } else {
        sums_of("supply_gpu", &["gpu_hours"])
    };
    let sums = database.sums(&ask, columns).await.map_err(unavailable)?;
    let mut out = Online::new();
    // What adds up to nothing was tidied away.
    for (key, buckets) in &sums.groups {
        let Some((who, group)) = key.split_last() else { continue };
        let of_group = out.entry(group.to_vec()).or_default();
        for start in buckets.keys() {
            of_group.entry(*start).or_default().insert(who.clone());
        }
    }
    Ok(out)
}

impl Supply {
    pub(crate) async fn read(ctx: &Context<'_>, question: Question) -> Result<Self> {
        question.allow(&[
            Dimension::Orchestrator,
            Dimension::Pipeline,
            Dimension::Model,
            Dimension::Region,
            Dimension::Gpu,
        ])?;
        let parts = Parts::of(&question)?;
        let asked = Asked::of(ctx);
        let (points, wanted) = (asked.points(), asked.figure("orchestrators"));
        let database = ctx.data::<Database>()?;
        let sums = database.sums(&question.ask(points), parts.columns()).await;
        let sums = sums.map_err(unavailable)?;
        let who = match wanted {
            true => Some(online(database, &question, parts, points).await?),
            false => None,
        };
        Self::new(question, parts, &sums, who.as_ref(), points)
    }

    fn new(
        question: Question,
        parts: Parts,
        sums: &Sums,
        online: Option<&Online>,
        points: bool,
    ) -> Result<Self> {
        let size = |buckets: &BTreeMap<i64, _>| {
            let total = sums.total(buckets);
            let f = Figures(sums, &total);
            let size = f.sum("supply", "slot_s").or(f.sum("supply_gpu", "gpu_hours"));
            size.unwrap_or(0.0)
        };
        let (kept, rest) = question.largest(sums.groups.iter(), size);
        if points {
            let all = kept.iter().map(|(_, b)| b.len()).sum();
            question.at_most_points(all, kept.len())?;
        }
        let of = Group { question: &question, parts, sums, points };
        let who_of = |key: &Key| online.map(|all| all.get(key).cloned().unwrap_or_default());
        // Where groups by themselves have prices of one unit, all others together do not.
        let mixed =
            Parts { price: parts.price && !question.by.contains(&Dimension::Pipeline), ..parts };
        let mut groups = Vec::with_capacity(kept.len());
        for (key, buckets) in kept {
            groups.push(of.make(question.key(key), buckets, who_of(key).as_ref()));
        }
        let other = (!rest.is_empty()).then(|| {
            let buckets = sums.folded(rest.iter().map(|(_, b)| *b));
            let who = online.map(|all| together(rest.iter().filter_map(|(k, _)| all.get(*k))));
            Group { parts: mixed, ..of }.make(Vec::new(), &buckets, who.as_ref())
        });
        let samples = groups.iter().chain(&other).map(|g| g.total.samples).sum();
        let groups = SupplyGroups { groups, other, groups_left_out: rest.len() };
        Ok(Self(Meta::new(question, "supply", samples), groups))
    }
}

/// Whoever is there in any group, once.
fn together<'a>(all: impl Iterator<Item = &'a Who>) -> Who {
    let mut out = Who::new();
    for (start, who) in all.flatten() {
        out.entry(*start).or_default().extend(who.iter().cloned());
    }
    out
}

/// What groups are made of.
#[derive(Debug, Clone, Copy)]
struct Group<'a> {
    question: &'a Question,
    parts: Parts,
    sums: &'a Sums,
    points: bool,
}

impl Group<'_> {
    fn make(
        self,
        key: Vec<GroupKey>,
        buckets: &BTreeMap<i64, Cell>,
        who: Option<&Who>,
    ) -> SupplyGroup {
        let figures = |cell: &Cell, start: Option<i64>, n: Option<usize>| {
            figures_of(Figures(self.sums, cell), self.parts, self.question.passed_s(start), n)
        };
        let all = who.map(|who| who.values().flatten().collect::<HashSet<_>>().len());
        let point = |(start, cell): (&i64, &Cell)| SupplyPoint {
            time: Time::from_us(*start),
            partial: self.question.partial(Some(*start)),
            figures: figures(
                cell,
                Some(*start),
                who.map(|who| who.get(start).map_or(0, HashSet::len)),
            ),
        };
        let points = if self.points { buckets.iter().map(point).collect() } else { Vec::new() };
        SupplyGroup { key, total: figures(&self.sums.total(buckets), None, all), points }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_weighted_with_time() {
        let parts = Parts { slots: true, gpus: false, price: true };
        let sums = Sums { columns: parts.columns(), groups: BTreeMap::new() };
        // In the order of the columns: known_s n and sum, price n and sum, then the sums.
        let cell = vec![
            Some(12.0),
            Some(3600.0),
            Some(2.0),
            Some(30.0),
            Some(14_400.0),
            Some(7200.0),
            Some(1800.0),
            None,
        ];
        let f = figures_of(Figures(&sums, &cell), parts, 7200.0, Some(3));
        assert_eq!((f.slots, f.idle_slots, f.slots_per_model), (Some(2.0), Some(1.0), Some(4.0)));
        assert_eq!(
            (f.warm_models, f.warm_ratio, f.known_hours),
            (Some(0.25), Some(0.5), Some(1.0))
        );
        assert_eq!((f.implausible_slots, f.gpu_hours, f.orchestrators), (None, None, Some(3)));
        let nothing = vec![None; 8];
        let f = figures_of(Figures(&sums, &nothing), parts, 7200.0, None);
        assert_eq!((f.slots, f.warm_ratio, f.samples), (None, None, 0), "unknown is not 0");
    }
}
