//! Each clause of `definitions.md` 3.

use proptest::prelude::*;

use super::*;
use crate::limits::{HOUR_US, MINUTE_US};
use naap_schema::generated::{Benchmark, SlaScore};

/// Noon of a day, and the day itself.
const DAY: i64 = 20_000 * DAY_US;
const NOON: i64 = DAY + 12 * HOUR_US;

/// A leg that went as it should, an hour before noon.
fn good() -> LegFact {
    LegFact {
        ts_us: NOON - HOUR_US,
        ended_us: Some(NOON - HOUR_US + 5 * MINUTE_US),
        orchestrator: Some("0xa".into()),
        pipeline: Some("live-video-to-video".into()),
        model: Some("sdxl".into()),
        region: Some("eu-west".into()),
        origin: "organic".into(),
        gateway: Some("gw-1".into()),
        counted: true,
        requested: true,
        served: true,
        swapped: false,
        playable: true,
        viability_legs: true,
        viable: true,
        signals_seen: 3,
        signals_expected: 3,
        prompt_to_first_frame_ms: Some(1000.0),
        e2e_media_ms: Some(800.0),
        output_fps_mean: Some(20.0),
        jitter_coefficient: Some(0.05),
        fps_samples: 30,
        closed: true,
    }
}

/// A leg that never played.
fn dead() -> LegFact {
    LegFact {
        served: false,
        swapped: true,
        playable: false,
        viable: false,
        signals_seen: 0,
        signals_expected: 0,
        prompt_to_first_frame_ms: None,
        e2e_media_ms: None,
        output_fps_mean: None,
        jitter_coefficient: None,
        fps_samples: 0,
        ..good()
    }
}

/// A benchmark row of the day for which `good` is as usual.
fn usual(figure: &str, p10: f64, p50: f64, p90: f64) -> (i64, Benchmark) {
    let row = Benchmark {
        origin: "organic".into(),
        void: 0,
        formula: "2026.1".into(),
        pipeline: "live-video-to-video".into(),
        model: "sdxl".into(),
        figure: figure.into(),
        n: Some(20),
        orchestrators: Some(3),
        usable: Some(1),
        p10: Some(p10),
        p50: Some(p50),
        p90: Some(p90),
    };
    (DAY, row)
}

fn all_usual() -> Vec<(i64, Benchmark)> {
    vec![
        usual("prompt_to_first_frame_ms", 500.0, 1000.0, 3000.0),
        usual("e2e_media_ms", 400.0, 800.0, 1600.0),
        usual("output_fps_mean", 10.0, 20.0, 25.0),
    ]
}

fn score_with(legs: &[LegFact], usual: &[(i64, Benchmark)]) -> SlaScore {
    let rows = scores(legs, usual, NOON, Span::Day, &FreshHours::default());
    assert_eq!(rows.len(), 1, "{rows:#?}");
    assert_eq!(rows[0].0, NOON);
    rows[0].1.clone()
}

fn score(legs: &[LegFact]) -> SlaScore {
    score_with(legs, &all_usual())
}

fn near(got: Option<f64>, want: f64) {
    let got = got.unwrap();
    assert!((got - want).abs() < 1e-9, "{got} is not {want}");
}

fn costs(s: &SlaScore) -> Option<f64> {
    let of = [
        s.cost_startup_success,
        s.cost_no_swap,
        s.cost_viability,
        s.cost_ptff,
        s.cost_e2e,
        s.cost_fps,
        s.cost_coverage,
    ];
    of.into_iter().sum()
}

fn check_costs(s: &SlaScore) {
    match (s.score, costs(s)) {
        (Some(score), Some(costs)) => near(Some(100.0 - score), costs),
        (None, None) => {}
        other => panic!("a score and its costs come together: {other:?}"),
    }
}

#[test]
fn a_faultless_orchestrator_gets_100() {
    let s = score(&vec![good(); 10]);
    near(s.score, 100.0);
    near(costs(&s), 0.0);
    near(s.reliability, 1.0);
    near(s.quality, 1.0);
    assert_eq!((s.requested, s.served, s.swapped), (Some(10), Some(10), Some(0)));
    assert_eq!((s.viability_legs, s.viable, s.playable), (Some(10), Some(10), Some(10)));
    assert_eq!((s.signals_seen, s.signals_expected), (Some(30), Some(30)));
    assert_eq!((s.ptff_flag, s.e2e_flag, s.fps_flag), (None, None, None));
    assert_eq!((&*s.span, &*s.region, &*s.formula), ("24h", "eu-west", "2026.1"));
}

#[test]
fn a_dead_one_gets_0_and_its_costs_are_100() {
    let s = score(&vec![dead(); 10]);
    near(s.score, 0.0);
    near(costs(&s), 100.0);
    assert_eq!(s.signal_coverage, None, "no leg was playable: there is no coverage");
    // Reliability 0; PTFF and FPS 0.5 for want of values, E2E left out: quality 0.5. What that is
    // worth, 15 points, is lost with the coverage.
    near(s.cost_coverage, 15.0);
}

#[test]
fn slow_answers_and_some_failures_give_about_72() {
    // 95 % startup, 9 % swaps: of 100, 5 failed by being swapped away from and 4 were swapped later.
    let slow = LegFact {
        prompt_to_first_frame_ms: Some(3500.0),
        e2e_media_ms: Some(1700.0),
        output_fps_mean: Some(13.9),
        ..good()
    };
    let mut legs = vec![LegFact { swapped: true, ..slow.clone() }; 4];
    legs.extend(vec![slow; 91]);
    legs.extend(vec![LegFact { viability_legs: false, ..dead() }; 5]);
    let s = score(&legs);
    near(s.startup_success, 0.95);
    near(s.no_swap, 0.91);
    // R = 0.38 + 0.182 + 0.4 = 0.962, Q = 0.6 · 0 + 0.4 · 0.39 = 0.156.
    near(s.score, 72.02);
    check_costs(&s);
}

#[test]
fn nine_requested_legs_give_no_score_but_all_that_it_would_be_made_of() {
    let s = score(&vec![good(); 9]);
    assert_eq!((s.score, costs(&s)), (None, None));
    near(s.reliability, 1.0);
    // Nine values: 0.5 + 0.9 · 0.5 of each latency.
    near(s.quality, 0.6 * 0.95 + 0.4);
    assert_eq!(s.requested, Some(9));
}

#[test]
fn only_served_and_failed_legs_are_requested() {
    // Excused and unknown ones count, and are not requested.
    let mut legs = vec![good(); 10];
    legs.extend(vec![LegFact { requested: false, served: false, ..dead() }; 5]);
    let s = score(&legs);
    assert_eq!((s.requested, s.served), (Some(10), Some(10)));
    near(s.startup_success, 1.0);
    near(s.no_swap, 1.0);
}

#[test]
fn a_leg_counts_once_it_is_playable_or_closed() {
    let open =
        LegFact { counted: false, requested: false, closed: false, ended_us: None, ..dead() };
    let rows = |legs: &[LegFact]| scores(legs, &[], NOON, Span::Day, &FreshHours::default()).len();
    assert_eq!(rows(std::slice::from_ref(&open)), 0);
    assert_eq!(rows(&[open.clone(), good()]), 1);
    let mut legs = vec![good(); 10];
    legs.push(LegFact { output_fps_mean: Some(1.0), ..open });
    near(score(&legs).fps_median, 20.0);
}

#[test]
fn a_window_is_half_open_and_counts_starts() {
    let at = |ts_us: i64| LegFact { ts_us, ..good() };
    let legs = [at(NOON - DAY_US - 1), at(NOON - DAY_US), at(NOON - 1), at(NOON)];
    assert_eq!(score(&legs).requested, Some(2));
    let week = scores(&legs, &[], NOON, Span::Week, &FreshHours::default());
    assert_eq!((week[0].1.requested, &*week[0].1.span), (Some(3), "7d"));
}

#[test]
fn a_longer_window_is_made_of_its_legs_not_of_days() {
    // A day with one leg that failed and one with nine that served: 0.9, not the mean of 0 and 1.
    let mut legs = vec![good(); 9];
    legs.push(LegFact { ts_us: NOON - 3 * DAY_US, ..dead() });
    let week = scores(&legs, &[], NOON, Span::Week, &FreshHours::default());
    near(week[0].1.startup_success, 0.9);
}

#[test]
fn unresolved_orchestrators_and_unknown_models_have_no_score() {
    let fresh = FreshHours::default();
    let none = |leg: LegFact| scores(&vec![leg; 12], &[], NOON, Span::Day, &fresh).is_empty();
    assert!(none(LegFact { orchestrator: None, ..good() }));
    assert!(none(LegFact { model: None, ..good() }));
    assert!(none(LegFact { pipeline: None, ..good() }));
    assert!(!none(LegFact { region: None, ..good() }));
}

#[test]
fn groups_and_origins_are_never_mixed() {
    let legs = [
        good(),
        LegFact { orchestrator: Some("0xb".into()), ..good() },
        LegFact { model: Some("noop".into()), ..good() },
        LegFact { region: None, ..good() },
        LegFact { origin: "test".into(), ..good() },
        LegFact { origin: "replayed".into(), ..good() },
        LegFact { origin: "simulated".into(), ..good() },
    ];
    let rows = scores(&legs, &[], NOON, Span::Day, &FreshHours::default());
    let mut keys: Vec<String> = rows
        .iter()
        .map(|(_, s)| format!("{} {} {} {}", s.orchestrator, s.model, s.region, s.origin))
        .collect();
    keys.sort();
    let want = [
        "0xa noop eu-west organic",
        "0xa sdxl eu-west organic",
        "0xa sdxl eu-west replayed",
        "0xa sdxl eu-west simulated",
        "0xa sdxl eu-west test",
        "0xa sdxl none organic",
        "0xb sdxl eu-west organic",
    ];
    assert_eq!(keys, want);
    assert!(rows.iter().all(|(_, s)| s.requested == Some(1)));
}

#[test]
fn a_null_term_of_reliability_is_left_out_and_the_row_says_so() {
    // Nothing is known of viability: 0.4 and 0.2 become 2/3 and 1/3.
    let mut legs = vec![LegFact { viability_legs: false, viable: false, ..good() }; 8];
    legs.extend(vec![LegFact { viability_legs: false, ..dead() }; 2]);
    let s = score(&legs);
    assert_eq!(s.viability, None);
    near(s.startup_weight, 2.0 / 3.0);
    near(s.no_swap_weight, 1.0 / 3.0);
    near(s.viability_weight, 0.0);
    near(s.reliability, 0.8);
    near(s.cost_viability, 0.0);
    check_costs(&s);
    // With all three, the weights are the published ones.
    let s = score(&vec![good(); 10]);
    near(s.startup_weight, 0.4);
    near(s.no_swap_weight, 0.2);
    near(s.viability_weight, 0.4);
}

#[test]
fn viability_is_of_legs_with_two_status_samples() {
    let mut legs = vec![good(); 5];
    legs.extend(vec![LegFact { viable: false, ..good() }; 1]);
    legs.extend(vec![LegFact { viability_legs: false, viable: false, ..good() }; 4]);
    near(score(&legs).viability, 5.0 / 6.0);
}

#[test]
fn latency_is_1_at_the_median_and_0_at_the_ninetieth() {
    let term = |ms: f64| {
        score(&vec![LegFact { prompt_to_first_frame_ms: Some(ms), ..good() }; 10]).ptff_term
    };
    near(term(1000.0), 1.0);
    near(term(10.0), 1.0);
    near(term(2000.0), 0.5);
    near(term(2500.0), 0.25);
    near(term(3000.0), 0.0);
    near(term(9000.0), 0.0);
}

#[test]
fn fps_is_1_at_the_median_and_0_at_the_tenth() {
    let term =
        |fps: f64| score(&vec![LegFact { output_fps_mean: Some(fps), ..good() }; 10]).fps_term;
    near(term(20.0), 1.0);
    near(term(60.0), 1.0);
    near(term(15.0), 0.5);
    near(term(10.0), 0.0);
    near(term(1.0), 0.0);
}

#[test]
fn the_good_side_wins_ties() {
    let flat = [
        usual("prompt_to_first_frame_ms", 1000.0, 1000.0, 1000.0),
        usual("e2e_media_ms", 800.0, 800.0, 800.0),
        usual("output_fps_mean", 20.0, 20.0, 20.0),
    ];
    let s = score_with(&vec![good(); 10], &flat);
    near(s.quality, 1.0);
    let worse = LegFact {
        prompt_to_first_frame_ms: Some(1000.1),
        e2e_media_ms: Some(800.1),
        output_fps_mean: Some(19.9),
        ..good()
    };
    near(score_with(&vec![worse; 10], &flat).quality, 0.0);
}

#[test]
fn a_term_is_the_median_of_leg_values_shrunk_by_how_many_there_are() {
    // Three legs have a value; their median is 2000, raw 0.5 … of 4000 raw 0.
    let mut legs = vec![LegFact { prompt_to_first_frame_ms: None, ..good() }; 9];
    for ms in [100.0, 4000.0, 9000.0] {
        legs.push(LegFact { prompt_to_first_frame_ms: Some(ms), ..good() });
    }
    let s = score(&legs);
    near(s.ptff_median, 4000.0);
    assert_eq!(s.ptff_n, Some(3));
    // 0.5 + 0.3 · (0 − 0.5).
    near(s.ptff_term, 0.35);
}

#[test]
fn fps_is_shrunk_by_samples() {
    // 10 legs of 1 sample each: 0.5 + 10/30 · (1 − 0.5).
    let s = score(&vec![LegFact { fps_samples: 1, ..good() }; 10]);
    assert_eq!(s.fps_n, Some(10));
    near(s.fps_term, 0.5 + 0.5 / 3.0);
    near(score(&vec![LegFact { fps_samples: 3, ..good() }; 10]).fps_term, 1.0);
    near(score(&vec![LegFact { fps_samples: 900, ..good() }; 10]).fps_term, 1.0);
}

#[test]
fn without_a_usable_benchmark_a_term_is_one_half_and_flagged() {
    let short = |mut rows: Vec<(i64, Benchmark)>| {
        rows.iter_mut().for_each(|r| r.1.usable = Some(0));
        rows
    };
    let other_day = |mut rows: Vec<(i64, Benchmark)>| {
        rows.iter_mut().for_each(|r| r.0 -= DAY_US);
        rows
    };
    let void = |mut rows: Vec<(i64, Benchmark)>| {
        rows.iter_mut().for_each(|r| r.1.void = 1);
        rows
    };
    let other_model = |mut rows: Vec<(i64, Benchmark)>| {
        rows.iter_mut().for_each(|r| r.1.model = "noop".into());
        rows
    };
    for usual in [
        Vec::new(),
        short(all_usual()),
        other_day(all_usual()),
        void(all_usual()),
        other_model(all_usual()),
    ] {
        let s = score_with(&vec![good(); 10], &usual);
        for (term, flag) in
            [(s.ptff_term, &s.ptff_flag), (s.e2e_term, &s.e2e_flag), (s.fps_term, &s.fps_flag)]
        {
            near(term, 0.5);
            assert_eq!(flag.as_deref(), Some("NO_BENCHMARK"));
        }
        near(s.quality, 0.5);
        near(s.score, 85.0);
        check_costs(&s);
    }
}

#[test]
fn a_term_without_values_is_one_half() {
    let bare = LegFact { prompt_to_first_frame_ms: None, output_fps_mean: None, ..good() };
    let s = score(&vec![bare; 10]);
    near(s.ptff_term, 0.5);
    near(s.fps_term, 0.5);
    assert_eq!(
        (s.ptff_flag.as_deref(), s.fps_flag.as_deref()),
        (Some("NO_VALUES"), Some("NO_VALUES"))
    );
    assert_eq!((s.ptff_median, s.ptff_n, s.fps_median, s.fps_n), (None, Some(0), None, Some(0)));
}

#[test]
fn e2e_without_values_is_left_out_and_ptff_takes_its_weight() {
    let s = score(&vec![LegFact { e2e_media_ms: None, ..good() }; 10]);
    assert_eq!((s.e2e_term, s.e2e_flag.as_deref()), (None, Some("NO_VALUES")));
    near(s.ptff_weight, 0.6);
    near(s.e2e_weight, 0.0);
    near(s.fps_weight, 0.4);
    near(s.cost_e2e, 0.0);
    near(s.score, 100.0);
    check_costs(&s);
    let s = score(&vec![good(); 10]);
    near(s.ptff_weight, 0.36);
    near(s.e2e_weight, 0.24);
    near(s.fps_weight, 0.4);
}

#[test]
fn coverage_is_the_mean_over_playable_legs_of_seen_over_expected() {
    // 2/2 and 1/3: 2/3, not 3/5; a leg that is not playable has no say.
    let mut legs = vec![LegFact { signals_seen: 2, signals_expected: 2, ..good() }; 5];
    legs.extend(vec![LegFact { signals_seen: 1, signals_expected: 3, ..good() }; 5]);
    legs.push(LegFact { requested: false, playable: false, signals_expected: 3, ..dead() });
    let s = score(&legs);
    near(s.signal_coverage, 2.0 / 3.0);
    near(s.score, 200.0 / 3.0);
    near(s.cost_coverage, 100.0 / 3.0);
    check_costs(&s);
}

#[test]
fn what_each_term_cost_is_published() {
    let mut legs = vec![good(); 8];
    legs.extend(vec![dead(); 2]);
    let s = score(&legs);
    near(s.cost_startup_success, 100.0 * 0.7 * 0.4 * 0.2);
    near(s.cost_no_swap, 100.0 * 0.7 * 0.2 * 0.2);
    near(s.cost_viability, 100.0 * 0.7 * 0.4 * 0.2);
    near(s.cost_ptff, 100.0 * 0.3 * 0.36 * (1.0 - 0.9));
    near(s.cost_e2e, 100.0 * 0.3 * 0.24 * (1.0 - 0.9));
    near(s.cost_fps, 0.0);
    near(s.cost_coverage, 0.0);
    check_costs(&s);
}

#[test]
fn a_rank_needs_two_that_do_not_hang_together() {
    let ranked = |legs: &[LegFact]| {
        let rows = scores(legs, &[], NOON, Span::Day, &FreshHours::default());
        let of: Vec<_> = rows.iter().map(|(_, s)| (s.gateways, s.ranked)).collect();
        assert!(of.windows(2).all(|w| w[0] == w[1]), "one orchestrator, one answer: {of:?}");
        of[0]
    };
    let by = |gateway: &str, origin: &str| LegFact {
        gateway: Some(gateway.into()),
        origin: origin.into(),
        ..good()
    };
    assert_eq!(ranked(&[by("gw-1", "organic")]), (Some(1), Some(0)));
    assert_eq!(ranked(&[by("gw-1", "organic"), by("gw-2", "organic")]), (Some(2), Some(1)));
    // A gateway and the load tests, whichever gateway these go through.
    assert_eq!(ranked(&[by("gw-1", "organic"), by("gw-t", "test")]), (Some(2), Some(1)));
    assert_eq!(ranked(&[by("gw-1", "organic"), by("gw-1", "test")]), (Some(1), Some(1)));
    // Load tests are one observer, however many there are.
    assert_eq!(ranked(&[by("gw-t", "test"), by("gw-u", "test")]), (Some(2), Some(0)));
    // The second one may have seen it with another model, or in another region.
    let elsewhere = LegFact { model: Some("noop".into()), region: None, ..by("gw-2", "organic") };
    assert_eq!(ranked(&[by("gw-1", "organic"), elsewhere]), (Some(2), Some(1)));
    // Not if it did so before the window, nor if nothing came of it yet, nor as something else.
    let before = LegFact { ts_us: NOON - 2 * DAY_US, ..by("gw-2", "organic") };
    let pending = LegFact { counted: false, ..by("gw-2", "organic") };
    let simulated = by("gw-2", "simulated");
    let legs = [by("gw-1", "organic"), before, pending, simulated];
    assert_eq!(ranked(&legs), (Some(1), Some(0)));
}

fn in_hour(hours_before: i64, leg: LegFact) -> LegFact {
    let ts_us = NOON - hours_before * HOUR_US + 10 * MINUTE_US;
    LegFact { ts_us, ended_us: leg.ended_us.map(|_| ts_us + MINUTE_US), ..leg }
}

#[test]
fn compliance_is_hours_met_of_closed_hours_with_values() {
    let mut legs = vec![in_hour(1, good()); 99];
    legs.push(in_hour(1, dead()));
    // Hour 1: 99 %, 1 % swapped: both met. Hour 2: 98 of 100, 6 swapped: neither.
    legs.extend(vec![in_hour(2, LegFact { swapped: true, ..good() }); 4]);
    legs.extend(vec![in_hour(2, good()); 94]);
    legs.extend(vec![in_hour(2, dead()); 2]);
    // Hour 3: 5 % swapped away from is met. Hour 4: nothing requested, no values.
    legs.extend(vec![in_hour(3, good()); 19]);
    legs.push(in_hour(3, LegFact { swapped: true, ..good() }));
    legs.push(in_hour(4, LegFact { requested: false, served: false, ..dead() }));
    let s = score(&legs);
    assert_eq!((s.startup_met, s.startup_hours), (Some(2), Some(3)));
    assert_eq!((s.swap_met, s.swap_hours), (Some(2), Some(3)));
    assert_eq!((s.jitter_hours, s.e2e_hours, s.fresh_hours), (Some(3), Some(3), Some(0)));
}

#[test]
fn jitter_and_latency_of_an_hour_are_means_of_leg_values() {
    let leg = |jitter: f64, ms: f64| LegFact {
        jitter_coefficient: Some(jitter),
        e2e_media_ms: Some(ms),
        ..good()
    };
    let none = LegFact { jitter_coefficient: None, e2e_media_ms: None, ..good() };
    let legs = [
        in_hour(1, leg(0.05, 2000.0)),
        in_hour(1, leg(0.15, 4000.0)),
        in_hour(1, none.clone()),
        in_hour(2, leg(0.05, 2000.0)),
        in_hour(2, leg(0.16, 4001.0)),
        in_hour(3, none),
    ];
    let s = score(&legs);
    assert_eq!((s.jitter_met, s.jitter_hours), (Some(1), Some(2)));
    assert_eq!((s.e2e_met, s.e2e_hours), (Some(1), Some(2)));
}

#[test]
fn an_hour_is_closed_when_it_and_all_its_legs_are_over() {
    // A leg that still plays, and one that is not even counted, keep their hours open.
    let playing = LegFact { ended_us: None, closed: false, ..good() };
    let waiting =
        LegFact { counted: false, requested: false, closed: false, ended_us: None, ..dead() };
    let legs = [
        in_hour(1, good()),
        in_hour(2, good()),
        in_hour(2, playing),
        in_hour(3, good()),
        in_hour(3, waiting),
    ];
    assert_eq!(score(&legs).startup_hours, Some(1));
    // Another orchestrator's open leg does not matter.
    let other =
        LegFact { orchestrator: Some("0xb".into()), ended_us: None, closed: false, ..good() };
    let rows = scores(
        &[in_hour(1, good()), in_hour(1, other)],
        &[],
        NOON,
        Span::Day,
        &FreshHours::default(),
    );
    assert_eq!(rows[0].1.startup_hours, Some(1));
    // The hour of an end that is no full hour is not over.
    let rows =
        scores(&[in_hour(1, good())], &[], NOON - MINUTE_US, Span::Day, &FreshHours::default());
    assert_eq!(rows[0].1.startup_hours, Some(0));
}

fn heard(gateway: &str, times: impl IntoIterator<Item = i64>) -> Vec<(Arc<str>, i64)> {
    times.into_iter().map(|t| (gateway.into(), t)).collect()
}

fn each_minute(gateway: &str, from_us: i64, to_us: i64) -> Vec<(Arc<str>, i64)> {
    heard(gateway, (0..=(to_us - from_us) / MINUTE_US).map(|i| from_us + i * MINUTE_US))
}

#[test]
fn an_hour_is_fresh_if_no_row_of_the_agent_is_five_minutes_old_in_it() {
    let hour = NOON - HOUR_US;
    let whole = |rows: &[(Arc<str>, i64)]| fresh_hours(rows).fresh("gw-1", hour);
    assert_eq!(whole(&each_minute("gw-1", hour - HOUR_US, NOON + HOUR_US)), Some(true));
    assert_eq!(whole(&each_minute("gw-1", hour, NOON)), Some(true));
    assert_eq!(whole(&[]), None);
    assert_eq!(whole(&each_minute("gw-2", hour, NOON)), None);
    let with_silence = |from: i64, to: i64| {
        let mut rows = each_minute("gw-1", hour - HOUR_US, NOON + HOUR_US);
        rows.retain(|r| r.1 <= from || r.1 >= to);
        whole(&rows)
    };
    assert_eq!(with_silence(hour + 10 * MINUTE_US, hour + 15 * MINUTE_US), Some(true));
    assert_eq!(with_silence(hour + 10 * MINUTE_US, hour + 16 * MINUTE_US), Some(false));
    // One that began before the hour, and one that ends after it.
    assert_eq!(with_silence(hour - 5 * MINUTE_US, hour + MINUTE_US), Some(false));
    assert_eq!(with_silence(hour - 6 * MINUTE_US, hour), Some(true));
    assert_eq!(with_silence(NOON - 6 * MINUTE_US, NOON + MINUTE_US), Some(false));
    // Only 4 minutes of that are in the hour: it is the next one that was not fresh.
    assert_eq!(with_silence(NOON - 4 * MINUTE_US, NOON + 4 * MINUTE_US), Some(true));
    assert_eq!(with_silence(hour - HOUR_US, NOON + HOUR_US), Some(false));
}

#[test]
fn what_comes_after_an_hour_changes_nothing_of_its_freshness() {
    let hour = NOON - HOUR_US;
    let until = |end: i64| fresh_hours(&each_minute("gw-1", hour - HOUR_US, end));
    assert_eq!(until(NOON - 2 * MINUTE_US).fresh("gw-1", hour), Some(true));
    assert_eq!(until(NOON - 6 * MINUTE_US).fresh("gw-1", hour), Some(false));
    let mut later = each_minute("gw-1", hour - HOUR_US, NOON - 2 * MINUTE_US);
    later.extend(each_minute("gw-1", NOON + HOUR_US, NOON + 2 * HOUR_US));
    assert_eq!(fresh_hours(&later).fresh("gw-1", hour), Some(true));
    assert_eq!(fresh_hours(&later).fresh("gw-1", NOON), Some(false));
    // An agent that began late in the hour, or only after it.
    let from = |start: i64| fresh_hours(&each_minute("gw-1", start, NOON + 3 * HOUR_US));
    assert_eq!(from(hour + 4 * MINUTE_US).fresh("gw-1", hour), Some(true));
    assert_eq!(from(hour + 6 * MINUTE_US).fresh("gw-1", hour), Some(false));
    assert_eq!(from(NOON + MINUTE_US).fresh("gw-1", hour), Some(false));
}

#[test]
fn an_hour_is_as_fresh_as_the_gateways_that_observed_it() {
    let hour = NOON - HOUR_US;
    let mut rows = each_minute("gw-1", hour - HOUR_US, NOON);
    rows.extend(heard("gw-2", [hour - HOUR_US]));
    let fresh = fresh_hours(&rows);
    let by = |gateway: &str| in_hour(1, LegFact { gateway: Some(gateway.into()), ..good() });
    let of = |legs: &[LegFact]| {
        let s = &scores(legs, &[], NOON, Span::Day, &fresh)[0].1;
        (s.fresh_met, s.fresh_hours)
    };
    assert_eq!(of(&[by("gw-1")]), (Some(1), Some(1)));
    assert_eq!(of(&[by("gw-1"), by("gw-2")]), (Some(0), Some(1)));
    // Of gw-3 nothing is known: it has no say.
    assert_eq!(of(&[by("gw-1"), by("gw-3")]), (Some(1), Some(1)));
    assert_eq!(of(&[by("gw-3")]), (Some(0), Some(0)));
}

/// `n` legs of the days before, spread over so many orchestrators, with PTFF 1, 2, 3, …
fn crowd(n: usize, orchestrators: usize) -> Vec<LegFact> {
    (0..n)
        .map(|i| LegFact {
            ts_us: DAY - DAY_US,
            orchestrator: Some(format!("0x{}", i % orchestrators).into()),
            #[expect(clippy::cast_precision_loss, reason = "a test of few legs")]
            prompt_to_first_frame_ms: Some((i + 1) as f64),
            e2e_media_ms: None,
            ..good()
        })
        .collect()
}

fn of_figure(rows: &[(i64, Benchmark)], figure: &str) -> Option<Benchmark> {
    rows.iter().find(|r| &*r.1.figure == figure).map(|r| r.1.clone())
}

#[test]
fn a_benchmark_needs_20_legs_from_3_orchestrators() {
    let usable = |n, orchestrators| {
        let rows = benchmarks(&crowd(n, orchestrators), DAY);
        of_figure(&rows, "prompt_to_first_frame_ms").unwrap().usable
    };
    assert_eq!(usable(20, 3), Some(1));
    assert_eq!(usable(19, 3), Some(0));
    assert_eq!(usable(50, 2), Some(0));
    let rows = benchmarks(&crowd(21, 3), DAY);
    assert!(rows.iter().all(|r| r.0 == DAY));
    let row = of_figure(&rows, "prompt_to_first_frame_ms").unwrap();
    assert_eq!((row.n, row.orchestrators), (Some(21), Some(3)));
    near(row.p10, 3.0);
    near(row.p50, 11.0);
    near(row.p90, 19.0);
    assert!(of_figure(&rows, "e2e_media_ms").is_none(), "no leg has it");
    near(of_figure(&rows, "output_fps_mean").unwrap().p50, 20.0);
}

#[test]
fn a_benchmark_is_of_the_seven_days_before_and_of_counted_organic_legs() {
    let leg = |ts_us: i64| LegFact { ts_us, ..good() };
    let legs = [
        leg(DAY - 7 * DAY_US - 1),
        leg(DAY - 7 * DAY_US),
        leg(DAY - 1),
        leg(DAY),
        LegFact { origin: "test".into(), ..leg(DAY - 1) },
        LegFact { origin: "simulated".into(), ..leg(DAY - 1) },
        LegFact { counted: false, ..leg(DAY - 1) },
        LegFact { model: None, ..leg(DAY - 1) },
        LegFact { model: Some("noop".into()), ..leg(DAY - 1) },
    ];
    let rows = benchmarks(&legs, DAY);
    // Simulated legs have benchmarks of their own; those of tests are in none.
    assert!(rows.iter().all(|r| matches!(&*r.1.origin, "organic" | "simulated")));
    let organic: Vec<_> = rows.iter().filter(|r| &*r.1.origin == "organic").collect();
    let sdxl: Vec<_> = organic.iter().filter(|r| &*r.1.model == "sdxl").collect();
    assert_eq!((rows.len(), organic.len(), sdxl.len()), (9, 6, 3));
    assert!(sdxl.iter().all(|r| r.1.n == Some(2)), "{sdxl:#?}");
}

#[test]
fn simulated_legs_are_held_against_simulated_benchmarks_and_ranked_by_their_own_gateways() {
    let simulated = |gateway: &str| LegFact {
        origin: "simulated".into(),
        gateway: Some(gateway.into()),
        ts_us: DAY + 1,
        ..good()
    };
    let mut legs = vec![simulated("gw-1"); 10];
    legs.push(LegFact { gateway: Some("gw-2".into()), ts_us: DAY + 1, ..good() });
    let ranked = |legs: &[LegFact]| {
        let rows = scores(legs, &[], DAY + HOUR_US, Span::Day, &FreshHours::default());
        rows.into_iter().find(|(_, s)| &*s.origin == "simulated").unwrap().1.ranked
    };
    assert_eq!(ranked(&legs), Some(0), "an organic gateway says nothing of a simulated world");
    legs.push(simulated("gw-2"));
    assert_eq!(ranked(&legs), Some(1));
    // The benchmark of another world is none.
    let organic = all_usual();
    let rows = scores(&legs, &organic, DAY + HOUR_US, Span::Day, &FreshHours::default());
    let row = &rows.iter().find(|(_, s)| &*s.origin == "simulated").unwrap().1;
    assert_eq!(row.ptff_flag.as_deref(), Some("NO_BENCHMARK"));
}

#[test]
fn an_unresolved_leg_gives_its_value_to_the_benchmark_but_is_no_orchestrator() {
    let mut legs = crowd(20, 2);
    legs.push(LegFact { orchestrator: None, ..legs[0].clone() });
    let rows = benchmarks(&legs, DAY);
    let row = of_figure(&rows, "prompt_to_first_frame_ms").unwrap();
    assert_eq!((row.n, row.orchestrators, row.usable), (Some(21), Some(2), Some(0)));
}

#[test]
fn a_score_that_ends_at_midnight_is_held_against_the_days_before_that_midnight() {
    let legs = vec![LegFact { ts_us: DAY - HOUR_US, ..good() }; 10];
    let rows = scores(&legs, &all_usual(), DAY, Span::Day, &FreshHours::default());
    assert_eq!(rows[0].1.ptff_flag, None);
    let rows = scores(&legs, &all_usual(), DAY - MINUTE_US, Span::Day, &FreshHours::default());
    assert_eq!(rows[0].1.ptff_flag.as_deref(), Some("NO_BENCHMARK"));
}

#[test]
fn facts_come_from_rows_that_stand() {
    let row = StreamLeg {
        outcome: "SERVED".into(),
        ended_at: Some(5),
        counted: Some(1),
        requested: Some(1),
        served: Some(1),
        fps_samples: Some(7),
        origin: "organic".into(),
        ..StreamLeg::default()
    };
    let fact = LegFact::of(3, &row).unwrap();
    assert!(fact.counted && fact.requested && fact.served && fact.closed);
    assert!(!fact.swapped && !fact.playable && !fact.viable && !fact.viability_legs);
    assert_eq!((fact.ts_us, fact.ended_us, fact.fps_samples), (3, Some(5), 7));
    // A leg that plays has its outcome, and values that are still to change.
    assert!(!LegFact::of(3, &StreamLeg { ended_at: None, ..row.clone() }).unwrap().closed);
    let open = StreamLeg { outcome: "OPEN".into(), ..row.clone() };
    assert!(!LegFact::of(3, &open).unwrap().closed);
    assert_eq!(LegFact::of(3, &StreamLeg { void: 1, ..row }), None);
}

#[test]
fn rows_fit_their_entity() {
    let mut legs = vec![good(); 11];
    legs.push(LegFact { region: None, ..dead() });
    for (ts, row) in scores(&legs, &all_usual(), NOON, Span::Day, &FreshHours::default()) {
        row.at(ts).check().unwrap();
    }
    for (ts, row) in benchmarks(&crowd(25, 4), DAY) {
        row.at(ts).check().unwrap();
    }
}

fn some_leg() -> impl Strategy<Value = LegFact> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let figures = (
        prop::option::of(1.0f64..9000.0),
        prop::option::of(1.0f64..5000.0),
        prop::option::of(0.1f64..60.0),
        prop::option::of(0.0f64..0.3),
        0i64..40,
    );
    (flags, figures, 0i64..30, 2i64..=3, 0i64..=3, 0usize..3).prop_map(
        |(flags, figures, hours, expected, seen, gateway)| {
            let (served, swapped, viability_legs, viable, requested) = flags;
            let requested = requested || served;
            LegFact {
                requested,
                served,
                swapped: swapped && requested,
                playable: served,
                viability_legs: viability_legs && requested,
                viable,
                signals_seen: seen.min(expected),
                signals_expected: if served { expected } else { 0 },
                prompt_to_first_frame_ms: figures.0.filter(|_| served),
                e2e_media_ms: figures.1,
                output_fps_mean: figures.2,
                jitter_coefficient: figures.3,
                fps_samples: figures.4,
                gateway: Some(format!("gw-{gateway}").into()),
                ..in_hour(hours, good())
            }
        },
    )
}

proptest! {
    #[test]
    fn costs_add_up_to_what_is_missing_from_100(legs in prop::collection::vec(some_leg(), 0..60), with in any::<bool>()) {
        let usual = if with { all_usual() } else { Vec::new() };
        for (_, s) in scores(&legs, &usual, NOON, Span::Day, &FreshHours::default()) {
            check_costs(&s);
            prop_assert_eq!(s.score.is_some(), s.requested >= Some(10));
            if let Some(score) = s.score {
                prop_assert!((0.0..=100.0).contains(&score));
                let weights: f64 = [s.ptff_weight, s.e2e_weight, s.fps_weight].into_iter().flatten().sum();
                prop_assert!((weights - 1.0).abs() < 1e-9);
                let weights: f64 = [s.startup_weight, s.no_swap_weight, s.viability_weight].into_iter().flatten().sum();
                prop_assert!((weights - 1.0).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn order_changes_nothing((legs, shuffled) in prop::collection::vec(some_leg(), 1..40)
        .prop_flat_map(|legs| (Just(legs.clone()), Just(legs).prop_shuffle())))
    {
        let of = |legs: &[LegFact]| (
            scores(legs, &all_usual(), NOON, Span::Day, &FreshHours::default()),
            benchmarks(legs, DAY + DAY_US),
        );
        prop_assert_eq!(of(&legs), of(&shuffled));
    }
}
