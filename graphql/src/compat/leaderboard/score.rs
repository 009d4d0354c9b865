//! Scores of load tests, by the leaderboard's formula for AI:
//! `score = 0.65 · success rate + 0.35 · round-trip score`, where the round-trip score is
//! `e^(−k · mean time)` with `k = −ln 0.8 / median`, so that the median time of all orchestrators gives
//! 0.8; the score is 0 where nothing succeeded.
//!
//! Each pipeline and model has a median of its own: an image and a stream take different times by
//! nature. Where several were tested, their round-trip scores weigh as many as their timed tests.

use std::collections::BTreeMap;

use serde::Serialize;

use super::GLOBAL;
use crate::read::compat::{TestKind, Tested};

/// What the median time scores.
const AT_MEDIAN: f64 = 0.8;
const SUCCESS_WEIGHT: f64 = 0.65;
const TIME_WEIGHT: f64 = 0.35;

/// Tests of one orchestrator in one region with one pipeline and model, and what is usual for these.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) kind: TestKind,
    pub(super) tested: Tested,
    pub(super) median_ms: Option<f64>,
}

/// What a gateway reads. Numbers only: a gateway takes a whole answer or nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Score {
    success_rate: f64,
    round_trip_score: f64,
    score: f64,
}

/// By address, then by region.
pub(super) type Scores = BTreeMap<String, BTreeMap<String, Score>>;

/// Scores of each region. Tests of gateways whose agents have no region are in none.
pub(super) fn by_region(groups: &[Group]) -> Scores {
    scores(groups, |g| g.tested.region.as_ref().map(|r| r.to_uppercase()))
}

/// Scores of all regions together, tests without one included.
pub(super) fn everywhere(groups: &[Group]) -> Scores {
    scores(groups, |_| Some(GLOBAL.to_owned()))
}

fn scores(groups: &[Group], region: impl Fn(&Group) -> Option<String>) -> Scores {
    let mut pools: BTreeMap<(&str, String), Vec<&Group>> = BTreeMap::new();
    for group in groups {
        if let Some(region) = region(group) {
            pools.entry((&group.tested.orchestrator, region)).or_default().push(group);
        }
    }
    let mut out = Scores::new();
    for ((address, region), pool) in pools {
        if let Some(score) = score(&pool) {
            out.entry(address.to_owned()).or_default().insert(region, score);
        }
    }
    out
}

/// `None` where tests succeeded and no time of any is known: then there is nothing to say.
fn score(pool: &[&Group]) -> Option<Score> {
    let sum = |f: fn(&Tested) -> i64| pool.iter().map(|g| f(&g.tested)).sum::<i64>();
    let (tests, served) = (sum(|t| t.tests), sum(|t| t.served));
    if tests <= 0 {
        return None;
    }
    if served == 0 {
        // What never came back took for ever, and e^−∞ is 0.
        return Some(Score { success_rate: 0.0, round_trip_score: 0.0, score: 0.0 });
    }
    // Regions that are pooled pool their times; their scores are not averaged.
    let mut times: BTreeMap<_, Times> = BTreeMap::new();
    for group in pool {
        let t = &group.tested;
        let of_model = times.entry((group.kind, &t.pipeline, &t.model)).or_default();
        of_model.median_ms = of_model.median_ms.or(group.median_ms);
        if let Some(ms) = t.time_ms.filter(|_| t.timed > 0) {
            of_model.n += float(t.timed);
            of_model.sum_ms += ms;
        }
    }
    let (mut weight, mut weighted) = (0.0, 0.0);
    for of_model in times.values() {
        if let Some(score) = of_model.score() {
            weight += of_model.n;
            weighted += of_model.n * score;
        }
    }
    if weight <= 0.0 {
        return None;
    }
    let (success_rate, round_trip_score) = (float(served) / float(tests), weighted / weight);
    let score = SUCCESS_WEIGHT * success_rate + TIME_WEIGHT * round_trip_score;
    Some(Score { success_rate, round_trip_score, score })
}

/// Times of tests with one pipeline and model.
#[derive(Debug, Clone, Copy, Default)]
struct Times {
    n: f64,
    sum_ms: f64,
    median_ms: Option<f64>,
}

impl Times {
    fn score(&self) -> Option<f64> {
        let median = self.median_ms.filter(|m| *m > 0.0 && self.n > 0.0)?;
        Some((AT_MEDIAN.ln() * (self.sum_ms / self.n) / median).exp())
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
const fn float(n: i64) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(
        who: &str,
        region: Option<&str>,
        model: &str,
        counts: (i64, i64, i64),
        ms: f64,
        median: f64,
    ) -> Group {
        let (tests, served, timed) = counts;
        let tested = Tested {
            orchestrator: who.into(),
            region: region.map(str::to_owned),
            pipeline: Some("p".into()),
            model: Some(model.into()),
            tests,
            served,
            timed,
            time_ms: (timed > 0).then_some(ms),
        };
        Group { kind: TestKind::Job, tested, median_ms: (median > 0.0).then_some(median) }
    }

    fn close(got: f64, expected: f64) {
        assert!((got - expected).abs() < 1e-12, "{got}, expected {expected}");
    }

    #[test]
    fn the_median_scores_eight_tenths() {
        let groups = [group("a", Some("eu-west"), "m", (4, 4, 4), 8000.0, 2000.0)];
        let score = by_region(&groups)["a"]["EU-WEST"];
        close(score.round_trip_score, 0.8);
        close(score.score, 0.65 + 0.35 * 0.8);
        // Twice the median is 0.8 · 0.8.
        let slow = [group("a", Some("eu-west"), "m", (2, 1, 1), 4000.0, 2000.0)];
        let score = by_region(&slow)["a"]["EU-WEST"];
        close(score.success_rate, 0.5);
        close(score.round_trip_score, 0.64);
        close(score.score, 0.65 * 0.5 + 0.35 * 0.64);
    }

    #[test]
    fn models_are_held_against_their_own_medians() {
        let groups = [
            group("a", Some("eu-west"), "quick", (3, 3, 3), 300.0, 100.0),
            group("a", Some("eu-west"), "slow", (1, 1, 1), 20_000.0, 10_000.0),
        ];
        let score = by_region(&groups)["a"]["EU-WEST"];
        close(score.round_trip_score, (3.0 * 0.8 + 0.64) / 4.0);
    }

    #[test]
    fn nothing_served_is_zero_and_nothing_timed_is_nothing() {
        let failed = [group("a", Some("eu-west"), "m", (3, 0, 0), 0.0, 100.0)];
        let score = by_region(&failed)["a"]["EU-WEST"];
        assert_eq!(score, Score { success_rate: 0.0, round_trip_score: 0.0, score: 0.0 });
        let untimed = [group("a", Some("eu-west"), "m", (3, 2, 0), 0.0, 100.0)];
        assert!(by_region(&untimed).is_empty(), "unknown is not 0");
        assert!(by_region(&[group("a", Some("x"), "m", (0, 0, 0), 0.0, 0.0)]).is_empty());
    }

    #[test]
    fn all_regions_together_pool_their_tests() {
        let groups = [
            group("a", Some("eu-west"), "m", (1, 1, 1), 100.0, 100.0),
            group("a", Some("us-east"), "m", (2, 1, 1), 200.0, 100.0),
            group("a", None, "m", (1, 0, 0), 0.0, 100.0),
        ];
        let regions = &by_region(&groups)["a"];
        assert_eq!(regions.keys().collect::<Vec<_>>(), ["EU-WEST", "US-EAST"]);
        let all = &everywhere(&groups)["a"];
        assert_eq!(all.len(), 1);
        close(all[GLOBAL].success_rate, 0.5);
        // The mean is 150, the median 100: no mean of 0.8 and 0.64.
        close(all[GLOBAL].round_trip_score, 0.8_f64.powf(1.5));
    }
}
