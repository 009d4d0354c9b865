//! What is usual for a figure with a pipeline and model.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use naap_schema::generated::Benchmark;

use super::LegFact;
use crate::event::FORMULA;
use crate::limits::DAY_US;
use crate::stats::{percentile, sorted, whole};

/// Legs that a benchmark needs.
const LEGS: usize = 20;
/// Orchestrators that these must be of.
const ORCHESTRATORS: usize = 3;
/// Days before the day of the score's end that it covers.
const DAYS: i64 = 7;

/// Figures that have a benchmark, by their names in rows.
pub(super) const PTFF: &str = "prompt_to_first_frame_ms";
pub(super) const E2E: &str = "e2e_media_ms";
pub(super) const FPS: &str = "output_fps_mean";
const FIGURES: [(&str, fn(&LegFact) -> Option<f64>); 3] = [
    (PTFF, |leg| leg.prompt_to_first_frame_ms),
    (E2E, |leg| leg.e2e_media_ms),
    (FPS, |leg| leg.output_fps_mean),
];

/// Origin, pipeline, model and figure.
type Figures = BTreeMap<(Arc<str>, Arc<str>, Arc<str>, &'static str), Pool>;

/// The values of one figure.
#[derive(Default)]
struct Pool {
    values: Vec<f64>,
    orchestrators: BTreeSet<Arc<str>>,
}

/// Benchmarks for scores that end in the UTC day from `day_us` on: over the counted organic legs that
/// start in the 7 UTC days before it; simulated and replayed worlds have benchmarks of their own, and
/// tests are held against the organic ones. A leg whose orchestrator is unresolved gives its values, but is
/// of none of the orchestrators that a benchmark needs. Rows are only of figures with a value; a row
/// that is not `usable` says how far it fell short.
pub fn benchmarks(legs: &[LegFact], day_us: i64) -> Vec<(i64, Benchmark)> {
    let days = day_us - DAYS * DAY_US..day_us;
    let mut figures = Figures::new();
    for leg in legs {
        if leg.counted && &*leg.origin != "test" && days.contains(&leg.ts_us) {
            collect(&mut figures, leg);
        }
    }
    figures
        .into_iter()
        .map(|((origin, pipeline, model, figure), pool)| {
            (day_us, Benchmark { origin, pipeline, model, ..row(figure, pool) })
        })
        .collect()
}

fn collect(figures: &mut Figures, leg: &LegFact) {
    let (Some(pipeline), Some(model)) = (&leg.pipeline, &leg.model) else { return };
    let key = |figure| (Arc::clone(&leg.origin), Arc::clone(pipeline), Arc::clone(model), figure);
    for (figure, of) in FIGURES {
        let Some(value) = of(leg).filter(|v| v.is_finite()) else { continue };
        let pool = figures.entry(key(figure)).or_default();
        pool.values.push(value);
        pool.orchestrators.extend(leg.orchestrator.clone());
    }
}

fn row(figure: &str, pool: Pool) -> Benchmark {
    let values = sorted(pool.values);
    let enough = values.len() >= LEGS && pool.orchestrators.len() >= ORCHESTRATORS;
    Benchmark {
        void: 0,
        formula: FORMULA.into(),
        figure: figure.into(),
        n: Some(whole(values.len())),
        orchestrators: Some(whole(pool.orchestrators.len())),
        usable: Some(i64::from(enough)),
        p10: percentile(&values, 0.1),
        p50: percentile(&values, 0.5),
        p90: percentile(&values, 0.9),
        ..Benchmark::default()
    }
}
