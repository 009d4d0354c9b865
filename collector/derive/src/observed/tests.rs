//! Reported against observed.

use proptest::prelude::*;

use super::*;
use crate::limits::MINUTE_US;
use crate::supply::ModelRow;

const HOUR: i64 = 480_000 * HOUR_US;

fn leg(from_min: i64, to_min: Option<i64>) -> LegFact {
    LegFact {
        ts_us: HOUR + from_min * MINUTE_US,
        ended_us: to_min.map(|m| HOUR + m * MINUTE_US),
        orchestrator: Some("0xa".into()),
        pipeline: Some("live-video-to-video".into()),
        model: Some("sdxl".into()),
        region: None,
        origin: "organic".into(),
        gateway: Some("gw-1".into()),
        counted: true,
        requested: true,
        served: true,
        swapped: false,
        playable: true,
        viability_legs: false,
        viable: false,
        signals_seen: 2,
        signals_expected: 2,
        prompt_to_first_frame_ms: None,
        e2e_media_ms: None,
        output_fps_mean: None,
        jitter_coefficient: None,
        fps_samples: 0,
        closed: true,
    }
}

fn report(minute: i64, uri: &str, idle: Option<i64>, in_use: Option<i64>) -> Report {
    Report {
        ts_us: HOUR + minute * MINUTE_US,
        node: "gw-1".into(),
        origin: "organic".into(),
        address: "0xa".into(),
        uri: uri.into(),
        hot_wallet: None,
        version: None,
        models: vec![ModelRow {
            capability: Some(35),
            pipeline: Some("live-video-to-video".into()),
            model: Some("sdxl".into()),
            idle,
            in_use,
            ..ModelRow::default()
        }],
        gpus: None,
    }
}

/// Capacity and utilisation: reported, observed and their ratio, with basis, reports and legs.
fn figures(reports: &[Report], legs: &[LegFact]) -> Vec<ReportedObserved> {
    let rows = hour(reports, legs, HOUR);
    assert!(rows.iter().all(|r| r.0 == HOUR));
    rows.into_iter().map(|r| r.1).collect()
}

fn near(got: Option<f64>, want: f64) {
    assert!(got.is_some_and(|g| (g - want).abs() < 1e-9), "{got:?} is not {want}");
}

#[test]
fn capacity_is_held_against_the_most_streams_at_a_time() {
    let reports = [report(0, "a", Some(3), Some(1)), report(25, "a", Some(6), Some(2))];
    // Two at a time from 20 to 30: the third begins when the first ends.
    let legs = [leg(0, Some(30)), leg(20, Some(40)), leg(30, Some(40))];
    let [capacity, utilisation] = &figures(&reports, &legs)[..] else { panic!("two rows") };
    assert_eq!((&*capacity.figure, &*utilisation.figure), ("capacity", "utilisation"));
    near(capacity.reported, 6.0);
    near(capacity.observed, 2.0);
    near(capacity.ratio, 3.0);
    near(utilisation.reported, 1.5);
    near(utilisation.observed, 1.0);
    near(utilisation.ratio, 1.5);
    for row in [capacity, utilisation] {
        assert_eq!(
            (row.reports, row.legs, row.basis.as_deref()),
            (Some(2), Some(3), Some("gateways"))
        );
        assert_eq!(&*row.origin, "organic");
    }
}

#[test]
fn several_uris_add_up() {
    let reports = [
        report(0, "a", Some(3), Some(1)),
        report(25, "a", Some(1), Some(1)),
        report(0, "b", Some(10), None),
    ];
    let rows = figures(&reports, &[]);
    near(rows[0].reported, 13.0);
    near(rows[1].reported, 1.0);
}

#[test]
fn where_nothing_was_observed_there_is_no_ratio() {
    let rows = figures(&[report(0, "a", Some(3), Some(1))], &[]);
    for row in &rows {
        assert_eq!((row.observed, row.ratio, row.basis.as_deref()), (None, None, None));
        assert_eq!(row.legs, Some(0));
    }
    near(rows[0].reported, 4.0);
    // A leg of no length was there, and took no slot.
    let rows = figures(&[report(0, "a", Some(3), Some(1))], &[leg(5, Some(5))]);
    assert_eq!((rows[0].observed, rows[0].ratio, rows[0].legs), (Some(0.0), None, Some(1)));
}

#[test]
fn what_is_not_reported_is_unknown() {
    for reports in [vec![], vec![report(0, "a", None, None)], vec![report(0, "a", Some(65), None)]]
    {
        let rows = figures(&reports, &[leg(0, Some(30))]);
        assert_eq!((rows[0].reported, rows[0].ratio), (None, None));
        near(rows[0].observed, 1.0);
        near(rows[1].observed, 0.5);
    }
}

#[test]
fn the_basis_says_who_saw_it() {
    let test = LegFact { origin: "test".into(), ..leg(0, Some(30)) };
    let basis = |legs: &[LegFact], reports: &[Report]| {
        let rows = figures(reports, legs);
        assert_eq!(rows.len(), 2, "one network, whoever looks");
        (rows[0].basis.clone().unwrap().to_string(), rows[0].origin.to_string())
    };
    let reports = [report(0, "a", Some(1), None)];
    let is = |basis: (String, String), want: (&str, &str)| {
        assert_eq!((&*basis.0, &*basis.1), want);
    };
    is(basis(&[leg(0, Some(30))], &reports), ("gateways", "organic"));
    is(basis(std::slice::from_ref(&test), &reports), ("tests", "organic"));
    is(basis(&[leg(0, Some(30)), test.clone()], &reports), ("both", "organic"));
    is(basis(&[test], &[]), ("tests", "test"));
}

#[test]
fn other_networks_are_apart() {
    let simulated = LegFact { origin: "simulated".into(), ..leg(0, Some(30)) };
    let rows = figures(&[report(0, "a", Some(1), None)], &[simulated]);
    let of: Vec<_> = rows.iter().map(|r| (&*r.origin, r.legs)).collect();
    let want = [
        ("organic", Some(0)),
        ("organic", Some(0)),
        ("simulated", Some(1)),
        ("simulated", Some(1)),
    ];
    assert_eq!(of, want);
}

#[test]
fn only_the_hour_counts() {
    let reports = [report(-1, "a", Some(9), None), report(60, "a", Some(9), None)];
    assert!(figures(&reports, &[]).is_empty());
    assert!(figures(&[], &[leg(-20, Some(0)), leg(60, None), leg(-5, Some(-5))]).is_empty());
    // Legs from before, and such as run on, count with what is in it.
    let rows = figures(&[], &[leg(-20, Some(15)), leg(45, None), leg(50, Some(90))]);
    near(rows[0].observed, 2.0);
    near(rows[1].observed, (15.0 + 15.0 + 10.0) / 60.0);
    let rows = figures(&[], &[leg(0, Some(0))]);
    assert_eq!(rows[0].legs, Some(1));
}

#[test]
fn the_unresolved_are_of_nobody() {
    assert!(figures(&[], &[LegFact { orchestrator: None, ..leg(0, Some(30)) }]).is_empty());
    let rows = figures(&[], &[LegFact { model: None, ..leg(0, Some(30)) }]);
    assert_eq!(&*rows[0].model, "none");
}

#[test]
fn two_gateways_that_heard_the_same_count_once() {
    let other = Report { node: "gw-2".into(), ..report(0, "a", Some(9), None) };
    let rows = figures(&[other, report(0, "a", Some(3), None)], &[]);
    near(rows[0].reported, 3.0);
    assert_eq!(rows[0].reports, Some(1));
}

#[test]
fn rows_fit_their_entity() {
    let legs = [leg(0, Some(30)), LegFact { model: None, ..leg(0, None) }];
    for (ts, row) in hour(&[report(0, "a", Some(3), Some(1))], &legs, HOUR) {
        row.at(ts).check().unwrap();
    }
}

proptest! {
    /// The most at a time, by looking at each minute.
    #[test]
    fn streams_at_a_time_are_right(spans in prop::collection::vec((-30i64..70, 0i64..60), 1..20)) {
        let legs: Vec<LegFact> = spans.iter().map(|(from, len)| leg(*from, Some(from + len))).collect();
        let running = |minute: i64| spans.iter().filter(|(from, len)| (*from..from + len).contains(&minute)).count();
        let most = (0..60).map(running).max().unwrap_or(0);
        let total: usize = (0..60).map(running).sum();
        let rows = figures(&[], &legs);
        if let Some(row) = rows.first() {
            near(row.observed, crate::stats::count(most));
            near(rows[1].observed, crate::stats::count(total) / 60.0);
        } else {
            prop_assert_eq!(total, 0);
        }
    }

    #[test]
    fn order_changes_nothing((spans, shuffled) in prop::collection::vec((-30i64..70, 0i64..60), 1..12)
        .prop_flat_map(|s| (Just(s.clone()), Just(s).prop_shuffle())))
    {
        let of = |spans: &[(i64, i64)]| {
            let legs: Vec<_> = spans.iter().map(|(from, len)| leg(*from, Some(from + len))).collect();
            let reports: Vec<_> = spans.iter().map(|(from, len)| report(*from, "a", Some(*len), Some(1))).collect();
            hour(&once_each(reports), &legs, HOUR)
        };
        prop_assert_eq!(of(&spans), of(&shuffled));
    }
}

/// Of reports of the same moment the smallest, so that what is compared does not hang on which of
/// two contradicting ones a test made first.
fn once_each(reports: Vec<Report>) -> Vec<Report> {
    once(&reports).into_iter().cloned().collect()
}
