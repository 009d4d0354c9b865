//! The score once more, written down from the definitions alone, as plainly as it can be: no line of
//! it is shared with the crate, so that both would have to be wrong in the same way. Tests hold
//! scores of made-up legs against it, and scores of a simulated network whose truth is known.

#![expect(clippy::cast_precision_loss, reason = "a test with counts of legs")]

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

/// A leg, as whoever made it knows it. Times are microseconds since 1970 UTC.
#[derive(Debug, Clone, PartialEq)]
pub struct Leg {
    /// Its start.
    pub start: i64,
    /// On-chain address; none: unresolved.
    pub orchestrator: Option<String>,
    /// Pipeline.
    pub pipeline: String,
    /// Model.
    pub model: Option<String>,
    /// Region of the gateway.
    pub region: Option<String>,
    /// organic, test, …
    pub origin: String,
    /// Playable or closed.
    pub counts: bool,
    /// SERVED, FAILED, EXCUSED, …
    pub outcome: String,
    /// It was swapped away from.
    pub swapped_away: bool,
    /// It became playable.
    pub playable: bool,
    /// Status samples.
    pub status_samples: i64,
    /// Any of them had FPS.
    pub any_fps: bool,
    /// Signals seen.
    pub signals_seen: i64,
    /// Signals expected.
    pub signals_expected: i64,
    /// Prompt to first frame, ms.
    pub ptff_ms: Option<f64>,
    /// Media latency, ms.
    pub e2e_ms: Option<f64>,
    /// Output frames per second.
    pub fps: Option<f64>,
    /// Samples behind it.
    pub fps_samples: i64,
}

/// Whose score.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Whose {
    /// Address.
    pub orchestrator: String,
    /// Pipeline.
    pub pipeline: String,
    /// Model.
    pub model: String,
    /// Region of the gateway.
    pub region: Option<String>,
    /// organic, test, …
    pub origin: String,
}

/// What the definitions give.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    /// Legs requested.
    pub requested: usize,
    /// Served of requested.
    pub startup_success: Option<f64>,
    /// 1 − swapped of requested.
    pub no_swap: Option<f64>,
    /// Viable of sampled.
    pub viability: Option<f64>,
    /// The first part.
    pub reliability: Option<f64>,
    /// Term of prompt to first frame.
    pub ptff: f64,
    /// Term of media latency; none: left out.
    pub e2e: Option<f64>,
    /// Term of frames per second.
    pub fps: f64,
    /// The second part.
    pub quality: f64,
    /// Signals seen of expected.
    pub coverage: Option<f64>,
    /// The score.
    pub score: Option<f64>,
}

/// All that have a score row at `end`, over the `hours` before it.
pub fn everyone(legs: &[Leg], end: i64, hours: i64) -> Vec<Whose> {
    let mut all = Vec::new();
    for l in legs {
        if l.start < end - hours * HOUR || l.start >= end || !l.counts {
            continue;
        }
        if let (Some(orchestrator), Some(model)) = (l.orchestrator.clone(), l.model.clone()) {
            all.push(Whose {
                orchestrator,
                pipeline: l.pipeline.clone(),
                model,
                region: l.region.clone(),
                origin: l.origin.clone(),
            });
        }
    }
    all.sort();
    all.dedup();
    all
}

/// The score of one of them.
pub fn expected(legs: &[Leg], who: &Whose, end: i64, hours: i64) -> Expected {
    let mine: Vec<&Leg> = legs
        .iter()
        .filter(|l| {
            l.counts
                && l.start >= end - hours * HOUR
                && l.start < end
                && l.orchestrator.as_deref() == Some(who.orchestrator.as_str())
                && l.pipeline == who.pipeline
                && l.model.as_deref() == Some(who.model.as_str())
                && l.region == who.region
                && l.origin == who.origin
        })
        .collect();

    let (requested, [startup_success, no_swap, viability, reliability]) = reliability(&mine);

    // Quality.
    let ptffs: Vec<f64> = mine.iter().filter_map(|l| l.ptff_ms).collect();
    let e2es: Vec<f64> = mine.iter().filter_map(|l| l.e2e_ms).collect();
    let rates: Vec<f64> = mine.iter().filter_map(|l| l.fps).collect();
    let samples: i64 = mine.iter().filter(|l| l.fps.is_some()).map(|l| l.fps_samples).sum();
    let pool = |of: &dyn Fn(&Leg) -> Option<f64>| usual(legs, who, end, of);
    let ptff = latency(&ptffs, pool(&|l| l.ptff_ms)).unwrap_or(0.5);
    let e2e = latency(&e2es, pool(&|l| l.e2e_ms));
    let fps = frames(&rates, samples, pool(&|l| l.fps)).unwrap_or(0.5);
    let quality = match e2e {
        Some(e2e) => 0.36 * ptff + 0.24 * e2e + 0.4 * fps,
        None => 0.6 * ptff + 0.4 * fps,
    };

    // Coverage, and the whole.
    let shares: Vec<f64> = mine
        .iter()
        .filter(|l| l.playable && l.signals_expected > 0)
        .map(|l| l.signals_seen as f64 / l.signals_expected as f64)
        .collect();
    let playable = mine.iter().any(|l| l.playable);
    let coverage = if shares.is_empty() {
        None
    } else {
        Some(shares.iter().sum::<f64>() / shares.len() as f64)
    };
    let score = if requested < 10 {
        None
    } else if playable {
        coverage.map(|c| 100.0 * c * (0.7 * reliability.unwrap_or(0.0) + 0.3 * quality))
    } else {
        Some(0.0)
    };
    Expected {
        requested,
        startup_success,
        no_swap,
        viability,
        reliability,
        ptff,
        e2e,
        fps,
        quality,
        coverage,
        score,
    }
}

/// Requested legs; startup success, no-swap, viability, and reliability.
fn reliability(mine: &[&Leg]) -> (usize, [Option<f64>; 4]) {
    let (mut requested, mut served, mut swapped, mut sampled, mut viable) = (0, 0, 0, 0, 0);
    for l in mine {
        if l.outcome == "SERVED" || l.outcome == "FAILED" {
            requested += 1;
            if l.outcome == "SERVED" {
                served += 1;
            }
            if l.swapped_away {
                swapped += 1;
            }
            if l.status_samples >= 2 {
                sampled += 1;
                if l.any_fps {
                    viable += 1;
                }
            }
        }
    }
    let share = |a: usize, b: usize| if b == 0 { None } else { Some(a as f64 / b as f64) };
    let startup_success = share(served, requested);
    let no_swap = share(swapped, requested).map(|x| 1.0 - x);
    let viability = share(viable, sampled);
    let reliability = match (startup_success, no_swap, viability) {
        (Some(a), Some(b), Some(c)) => Some(0.4 * a + 0.2 * b + 0.4 * c),
        (Some(a), Some(b), None) => Some((0.4 * a + 0.2 * b) / 0.6),
        _ => None,
    };
    (requested, [startup_success, no_swap, viability, reliability])
}

/// p10, p50 and p90 of what is usual; nothing if too few legs or orchestrators had it.
fn usual(
    legs: &[Leg],
    who: &Whose,
    end: i64,
    of: &dyn Fn(&Leg) -> Option<f64>,
) -> Option<(f64, f64, f64)> {
    let today = end.div_euclid(DAY) * DAY;
    let peers = if who.origin == "test" { "organic" } else { who.origin.as_str() };
    let mut values = Vec::new();
    let mut orchestrators: Vec<&str> = Vec::new();
    for l in legs {
        let before = l.start >= today - 7 * DAY && l.start < today;
        let same = l.pipeline == who.pipeline && l.model.as_deref() == Some(who.model.as_str());
        if !before || !same || !l.counts || l.origin != peers {
            continue;
        }
        if let Some(value) = of(l) {
            values.push(value);
            orchestrators.extend(l.orchestrator.as_deref());
        }
    }
    orchestrators.sort_unstable();
    orchestrators.dedup();
    if values.len() < 20 || orchestrators.len() < 3 {
        return None;
    }
    Some((quantile(&values, 10), quantile(&values, 50), quantile(&values, 90)))
}

/// Hundredths of the way from the smallest to the largest, by rank, in whole numbers as long as that
/// goes.
fn quantile(values: &[f64], hundredths: usize) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(|a, b| a.partial_cmp(b).expect("numbers"));
    let steps = hundredths * (values.len() - 1);
    let (rank, rest) = (steps / 100, steps % 100);
    if rest == 0 {
        return values[rank];
    }
    let part = rest as f64 / 100.0;
    values[rank] * (1.0 - part) + values[rank + 1] * part
}

fn latency(values: &[f64], usual: Option<(f64, f64, f64)>) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let Some((_, p50, p90)) = usual else { return Some(0.5) };
    let mine = quantile(values, 50);
    let raw = if mine <= p50 {
        1.0
    } else if mine >= p90 {
        0.0
    } else {
        1.0 - (mine - p50) / (p90 - p50)
    };
    let trust = if values.len() >= 10 { 1.0 } else { values.len() as f64 / 10.0 };
    Some(0.5 * (1.0 - trust) + raw * trust)
}

fn frames(values: &[f64], samples: i64, usual: Option<(f64, f64, f64)>) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let Some((p10, p50, _)) = usual else { return Some(0.5) };
    let mine = quantile(values, 50);
    let raw = if mine >= p50 {
        1.0
    } else if mine <= p10 {
        0.0
    } else {
        1.0 - (p50 - mine) / (p50 - p10)
    };
    let trust = if samples >= 30 { 1.0 } else { samples as f64 / 30.0 };
    Some(0.5 * (1.0 - trust) + raw * trust)
}
