//! Each clause of `definitions.md` 4 that is about supply.

use proptest::prelude::*;

use super::*;
use crate::limits::{BUCKET_US, HOUR_US, MINUTE_US, SECOND_US};
use naap_schema::Row;
use naap_schema::generated::{
    OrchestratorGpu, OrchestratorModel, OrchestratorReport, Supply, SupplyGpu, SupplyReport,
};
use uuid::Uuid;

/// A multiple of everything.
const T: i64 = 20_000 * 24 * HOUR_US;

fn model_row(idle: Option<i64>, in_use: Option<i64>) -> ModelRow {
    ModelRow {
        capability: Some(35),
        pipeline: Some("live-video-to-video".into()),
        model: Some("sdxl".into()),
        warm: Some(true),
        idle,
        in_use,
        price: Some(1618),
        units_per_price: Some(1),
    }
}

fn gpu(id: &str, name: &str) -> GpuRow {
    GpuRow { gpu_id: Some(id.into()), name: Some(name.into()), memory_bytes: Some(24 << 30) }
}

fn report(ts_us: i64) -> Report {
    Report {
        ts_us,
        node: "gw-1".into(),
        origin: "organic".into(),
        address: "0xa".into(),
        uri: "https://orch.example:8935".into(),
        hot_wallet: Some("0xb".into()),
        version: Some("0.8.10".into()),
        models: vec![model_row(Some(1), Some(2))],
        gpus: Some(vec![gpu("g1", "RTX 4090"), gpu("g2", "RTX 4090"), gpu("g3", "A4000")]),
    }
}

fn summed(report: &Report) -> SupplyReport {
    report_rows(report, None).0.1
}

fn with_models(models: Vec<ModelRow>) -> SupplyReport {
    summed(&Report { models, ..report(T) })
}

fn over(reports: &[Report]) -> (Vec<(i64, Supply)>, Vec<(i64, SupplyGpu)>) {
    buckets(reports, &|_| None, T - 24 * HOUR_US, T + 24 * HOUR_US)
}

fn hours(rows: &[(i64, SupplyGpu)]) -> f64 {
    rows.iter().filter_map(|r| r.1.gpu_hours).sum()
}

fn near(got: f64, want: f64) {
    assert!((got - want).abs() < 1e-9 * want.abs().max(1.0), "{got} is not {want}");
}

#[test]
fn slots_are_idle_and_in_use() {
    let slots = |idle, in_use| {
        let row = with_models(vec![model_row(idle, in_use)]);
        (row.slots, row.slots_idle)
    };
    assert_eq!(slots(Some(1), Some(2)), (Some(3), Some(1)));
    assert_eq!(slots(None, Some(2)), (Some(2), Some(0)));
    assert_eq!(slots(Some(1), None), (Some(1), Some(1)));
    assert_eq!(slots(Some(0), None), (Some(0), Some(0)));
    assert_eq!(slots(None, None), (None, None));
}

#[test]
fn unknown_slots_are_left_out_of_a_sum_and_are_not_0() {
    let other = |idle| ModelRow { model: Some("noop".into()), ..model_row(idle, None) };
    let row = with_models(vec![model_row(Some(1), Some(2)), other(None)]);
    assert_eq!((row.slots, row.models, row.warm_models), (Some(3), Some(2), Some(2)));
    assert_eq!(with_models(vec![other(None)]).slots, None);
    let none = with_models(Vec::new());
    assert_eq!((none.slots, none.models, none.implausible_slots), (None, Some(0), Some(0)));
}

#[test]
fn a_row_above_64_slots_is_kept_flagged_and_in_no_sum() {
    let model = |name: &str, idle, in_use| ModelRow {
        model: Some(name.into()),
        ..model_row(Some(idle), Some(in_use))
    };
    let row = with_models(vec![model("a", 60, 4), model("b", 60, 5), model("c", 100_000, 0)]);
    assert_eq!((row.slots, row.slots_idle), (Some(64), Some(60)));
    assert_eq!((row.implausible_models, row.implausible_slots), (Some(2), Some(100_065)));
    assert_eq!(row.models, Some(3));
    let row = with_models(vec![model("c", i64::MAX, i64::MAX)]);
    assert_eq!((row.slots, row.implausible_slots), (None, Some(i64::MAX)));
}

#[test]
fn gpus_count_once_whatever_models_they_have() {
    let row = summed(&report(T));
    assert_eq!((row.gpus, row.gpu_ids.as_deref()), (Some(3), Some("g1,g2,g3")));
    assert_eq!(row.gpu_names.as_deref(), Some("A4000 x1,RTX 4090 x2"));
    let twice = [report(T).gpus.unwrap(), report(T).gpus.unwrap()].concat();
    assert_eq!(summed(&Report { gpus: Some(twice), ..report(T) }).gpus, Some(3));
}

#[test]
fn hardware_that_is_not_told_is_not_0() {
    let of = |gpus| {
        let row = summed(&Report { gpus, ..report(T) });
        (row.gpus, row.gpu_ids, row.gpu_names)
    };
    assert_eq!(of(None), (None, None, None));
    assert_eq!(of(Some(Vec::new())), (Some(0), None, None));
    // GPUs without a UUID stand once for each model: how many they are is not known.
    let nameless = GpuRow { gpu_id: None, ..gpu("", "RTX 4090") };
    assert_eq!(of(Some(vec![nameless.clone()])), (None, None, None));
    let (gpus, ids, _) = of(Some(vec![nameless, gpu("g1", "RTX 4090")]));
    assert_eq!((gpus, ids.as_deref()), (Some(1), Some("g1")));
    let unnamed = GpuRow { name: None, ..gpu("g1", "") };
    assert_eq!(of(Some(vec![unnamed])).2.as_deref(), Some("none x1"));
}

#[test]
fn long_lists_end_at_their_limits_and_rows_fit_their_entity() {
    let many = (0..300).map(|i| gpu(&format!("{i:032x}"), &format!("GPU number {i}"))).collect();
    let models = (0..200)
        .map(|i| ModelRow { model: Some(format!("m{i}").into()), ..model_row(Some(1), None) })
        .collect();
    let big = Report { gpus: Some(many), models, ..report(T) };
    let (row, places) = report_rows(&big, Some("eu-west".into()));
    assert_eq!((row.1.gpus, places.len()), (Some(300), 300));
    assert_eq!(row.1.gpu_ids.as_ref().unwrap().split(',').count(), limits::GPU_IDS);
    row.1.at(row.0).check().unwrap();
    places.into_iter().for_each(|(ts, p)| p.at(ts).check().unwrap());
    let next = Report { ts_us: T + 25 * MINUTE_US, ..big.clone() };
    let (supply, gpus) = over(&[big, next]);
    supply.into_iter().for_each(|(ts, r)| r.at(ts).check().unwrap());
    gpus.into_iter().for_each(|(ts, r)| r.at(ts).check().unwrap());
}

#[test]
fn a_place_keeps_its_name_when_its_gpu_is_replaced() {
    let places = |ids: [&str; 2]| {
        let gpus = Some(ids.map(|id| gpu(id, "RTX 4090")).to_vec());
        report_rows(&Report { gpus, ..report(T) }, None).1
    };
    let (before, after) = (places(["a", "b"]), places(["x", "y"]));
    let names = |p: &[(i64, naap_schema::generated::GpuSlot)]| -> Vec<String> {
        p.iter().map(|r| r.1.gpu_slot.to_string()).collect()
    };
    assert_eq!(names(&before), names(&after));
    assert_ne!(before[0].1.gpu_slot, before[1].1.gpu_slot);
    assert_eq!(before.iter().map(|r| r.1.rank).collect::<Vec<_>>(), [Some(0), Some(1)]);
    assert_eq!(
        (before[0].1.gpu_id.as_deref(), after[0].1.gpu_id.as_deref()),
        (Some("a"), Some("x"))
    );
    // Another kind of GPU is in another place, each kind with ranks of its own.
    let mixed = report_rows(&report(T), None).1;
    let ranks: Vec<_> = mixed.iter().map(|r| (r.1.gpu_name.as_deref(), r.1.rank)).collect();
    let want = [(Some("RTX 4090"), Some(0)), (Some("RTX 4090"), Some(1)), (Some("A4000"), Some(0))];
    assert_eq!(ranks, want);
}

#[test]
fn gpu_hours_are_gpus_times_the_time_to_the_next_report() {
    let (_, rows) = over(&[report(T), report(T + 25 * MINUTE_US)]);
    near(hours(&rows), 3.0 * 25.0 / 60.0);
    // Five buckets, two names each; the last report holds for no time yet.
    assert_eq!(rows.len(), 10);
    let of =
        |ts: i64, name: &str| rows.iter().find(|r| r.0 == ts && &*r.1.gpu_name == name).unwrap();
    near(of(T, "RTX 4090").1.gpu_hours.unwrap(), 2.0 / 12.0);
    assert_eq!(of(T, "RTX 4090").1.gpus, Some(2));
    assert_eq!(of(T + 4 * BUCKET_US, "A4000").1.gpus, Some(1));
    assert_eq!(over(&[report(T)]), (Vec::new(), Vec::new()));
    assert_eq!(over(&[]), (Vec::new(), Vec::new()));
}

#[test]
fn a_gap_of_more_than_50_minutes_gives_none_at_all() {
    let after = |minutes: i64| hours(&over(&[report(T), report(T + minutes * MINUTE_US)]).1);
    near(after(50), 2.5);
    near(after(51), 0.0);
    let (supply, _) = over(&[report(T), report(T + 51 * MINUTE_US)]);
    assert!(supply.is_empty());
}

#[test]
fn time_is_split_at_bucket_borders() {
    let (supply, _) = over(&[report(T + 4 * MINUTE_US), report(T + 11 * MINUTE_US)]);
    let known: Vec<_> = supply.iter().map(|r| ((r.0 - T) / MINUTE_US, r.1.known_s)).collect();
    assert_eq!(known, [(0, Some(60.0)), (5, Some(300.0)), (10, Some(60.0))]);
    let first = &supply[0].1;
    assert_eq!(
        (first.slot_s, first.idle_slot_s, first.warm_s),
        (Some(180.0), Some(60.0), Some(60.0))
    );
    // Only the buckets that are asked for.
    let reports = [report(T + 4 * MINUTE_US), report(T + 11 * MINUTE_US)];
    let (supply, gpus) = buckets(&reports, &|_| None, T + 5 * MINUTE_US, T + 10 * MINUTE_US);
    assert_eq!(supply.iter().map(|r| r.0).collect::<Vec<_>>(), [T + 5 * MINUTE_US]);
    near(hours(&gpus), 0.25);
}

#[test]
fn a_bucket_has_the_region_of_its_beginning() {
    let moved = |at: i64| Some(Arc::from(if at < T + BUCKET_US { "eu-west" } else { "us-east" }));
    let reports = [report(T), report(T + 10 * MINUTE_US)];
    let (supply, gpus) = buckets(&reports, &moved, T, T + HOUR_US);
    let regions: Vec<_> = supply.iter().map(|r| r.1.region.as_deref()).collect();
    assert_eq!(regions, [Some("eu-west"), Some("us-east")]);
    let (_, later) = buckets(&reports, &moved, T + BUCKET_US, T + HOUR_US);
    assert_eq!(gpus[2..], later);
}

#[test]
fn a_report_holds_until_the_next_from_whichever_gateway() {
    let second = Report {
        node: "gw-2".into(),
        models: vec![model_row(Some(5), Some(5))],
        ..report(T + 2 * MINUTE_US)
    };
    let (supply, _) = over(&[second, report(T), report(T + 5 * MINUTE_US)]);
    assert_eq!(supply.len(), 1);
    near(supply[0].1.slot_s.unwrap(), 3.0 * 120.0 + 10.0 * 180.0);
    assert_eq!(supply[0].1.known_s, Some(300.0));
}

#[test]
fn two_reports_of_the_same_moment_count_once() {
    let other =
        |ts| Report { node: "gw-2".into(), models: vec![model_row(Some(50), None)], ..report(ts) };
    let one = [report(T), report(T + 5 * MINUTE_US)];
    let both = [other(T), report(T), report(T + 5 * MINUTE_US), other(T + 5 * MINUTE_US)];
    assert_eq!(over(&one), over(&both));
    assert_eq!(once(&both).iter().map(|r| &*r.node).collect::<Vec<_>>(), ["gw-1", "gw-1"]);
}

#[test]
fn what_a_report_does_not_tell_is_unknown_while_it_holds() {
    let silent = Report {
        models: vec![ModelRow { warm: None, price: None, ..model_row(None, None) }],
        gpus: None,
        ..report(T)
    };
    let (supply, gpus) = over(&[silent.clone(), report(T + 5 * MINUTE_US)]);
    let row = &supply[0].1;
    assert_eq!(row.known_s, Some(300.0));
    assert_eq!((row.slot_s, row.idle_slot_s, row.warm_s), (None, None, None));
    assert_eq!((row.implausible_slots, row.price_wei_per_unit), (None, None));
    assert!(gpus.is_empty());
    // Told for two minutes of five, untold for the rest.
    let reports =
        [report(T), Report { ts_us: T + 2 * MINUTE_US, ..silent }, report(T + 5 * MINUTE_US)];
    let (supply, gpus) = over(&reports);
    assert_eq!((supply[0].1.known_s, supply[0].1.slot_s), (Some(300.0), Some(360.0)));
    near(hours(&gpus), 3.0 * 2.0 / 60.0);
}

#[test]
fn implausible_rows_have_time_but_no_slots() {
    let rows = |ts| Report { models: vec![model_row(Some(1000), None)], ..report(ts) };
    let (supply, _) = over(&[rows(T), rows(T + 5 * MINUTE_US)]);
    let row = &supply[0].1;
    assert_eq!((row.known_s, row.slot_s, row.implausible_slots), (Some(300.0), None, Some(1000)));
    assert_eq!(row.warm_s, Some(300.0));
}

#[test]
fn a_model_that_is_gone_has_no_time_and_a_gpu_that_is_gone_is_0_of_the_latest() {
    let later = Report {
        models: vec![ModelRow { model: Some("noop".into()), ..model_row(Some(1), None) }],
        gpus: Some(vec![gpu("g1", "RTX 4090")]),
        ..report(T + MINUTE_US)
    };
    let (supply, gpus) = over(&[report(T), later, report(T + 5 * MINUTE_US)]);
    let known: Vec<_> = supply.iter().map(|r| (&*r.1.model, r.1.known_s)).collect();
    assert_eq!(known, [("noop", Some(240.0)), ("sdxl", Some(60.0))]);
    let latest: Vec<_> = gpus.iter().map(|r| (&*r.1.gpu_name, r.1.gpus)).collect();
    assert_eq!(latest, [("A4000", Some(0)), ("RTX 4090", Some(1))]);
}

#[test]
fn the_price_is_the_latest_with_its_unit_by_pipeline() {
    let priced = |ts, price| Report {
        models: vec![ModelRow { price: Some(price), ..model_row(Some(1), None) }],
        ..report(ts)
    };
    let reports = [priced(T, 100), priced(T + MINUTE_US, 200), priced(T + 5 * MINUTE_US, 300)];
    let row = over(&reports).0[0].1.clone();
    assert_eq!((row.price_wei_per_unit, row.price_unit.as_deref()), (Some(200.0), Some("pixel")));
    near(row.price_wei_per_minute.unwrap(), 200.0 * 1280.0 * 720.0 * 30.0 * 60.0);
    let of = |pipeline: Option<&str>, price, units| {
        price::of(&ModelRow {
            pipeline: pipeline.map(Arc::from),
            price: Some(price),
            units_per_price: Some(units),
            ..ModelRow::default()
        })
    };
    assert_eq!(of(Some("llm"), 3, 2), Some((1.5, Some("token"))));
    // A row of audio is in milliseconds, of speech in thousandths of a character.
    assert_eq!(of(Some("audio-to-text"), 2, 1), Some((2000.0, Some("second"))));
    assert_eq!(of(Some("text-to-speech"), 2, 1), Some((2000.0, Some("character"))));
    assert_eq!(of(Some("byoc"), 7, 1), Some((7.0, Some("second"))));
    assert_eq!(of(None, 7, 1), Some((7.0, None)));
    assert_eq!(of(Some("llm"), 3, 0), None);
    assert_eq!(price::per_minute("llm", 1.0), None);
}

#[test]
fn a_row_of_an_unknown_capability_is_none() {
    let row = ModelRow { pipeline: None, model: None, ..model_row(Some(1), None) };
    let reports =
        [T, T + 5 * MINUTE_US].map(|ts| Report { models: vec![row.clone()], ..report(ts) });
    let supply = over(&reports).0;
    assert_eq!((&*supply[0].1.pipeline, &*supply[0].1.model), ("none", "none"));
}

#[test]
fn online_is_seen_within_the_last_50_minutes() {
    let reports = [report(T)];
    let at = |minutes: i64| online(&reports, T + minutes * MINUTE_US).len();
    assert_eq!((at(0), at(50), at(51), at(-1)), (1, 1, 0, 0));
}

/// Rows of one event, as an agent writes them.
struct Told {
    reports: Vec<Row>,
    models: Vec<Row>,
    gpus: Vec<Row>,
}

fn told(event: u128, orchestrators: &[(&str, &str)]) -> Told {
    let event_id = Uuid::from_u128(event);
    let mut told = Told { reports: Vec::new(), models: Vec::new(), gpus: Vec::new() };
    for (item, (address, uri)) in (0i64..).zip(orchestrators) {
        let (orch_address, orch_uri) = (Some(Arc::from(*address)), Some(Arc::from(*uri)));
        let report = OrchestratorReport {
            event_id,
            item,
            origin: "organic".into(),
            orch_address: orch_address.clone(),
            local_address: Some("0xB".into()),
            orch_uri: orch_uri.clone(),
            version: Some("0.8.10".into()),
            models: Some(1),
            gpus: Some(1),
            ..OrchestratorReport::default()
        };
        told.reports.push(report.at(T));
        let model = OrchestratorModel {
            event_id,
            item,
            origin: "organic".into(),
            orch_address: orch_address.clone(),
            orch_uri: orch_uri.clone(),
            capability: Some(35),
            pipeline: Some("live-video-to-video".into()),
            model: Some("SDXL_turbo".into()),
            warm: Some(0),
            capacity_idle: Some(2),
            capacity_in_use: Some(1),
            price_per_unit: Some(10),
            pixels_per_unit: Some(4),
            ..OrchestratorModel::default()
        };
        told.models.push(model.at(T));
        let gpu = OrchestratorGpu {
            event_id,
            item,
            origin: "organic".into(),
            orch_address,
            orch_uri,
            gpu_id: Some(format!("g{address}").into()),
            gpu_name: Some("A4000".into()),
            memory_total_bytes: Some(16 << 30),
            ..OrchestratorGpu::default()
        };
        told.gpus.push(gpu.at(T));
    }
    told
}

fn read(told: &Told) -> Vec<Report> {
    reports(&told.reports, &told.models, &told.gpus, &"gw-1".into())
}

#[test]
fn rows_become_reports_by_event_address_and_uri() {
    let mut rows = told(1, &[("0xA", "HTTPS://Orch.example:8935/"), ("0xC", "https://c.example")]);
    let other = told(2, &[("0xA", "https://orch.example:8935")]);
    rows.reports.extend(other.reports);
    rows.gpus.extend(other.gpus);
    let read = read(&rows);
    let of =
        read.iter().map(|r| (&*r.address, &*r.uri, r.models.len(), r.gpus.as_ref().unwrap().len()));
    let want = [
        ("0xa", "https://orch.example:8935", 1, 1),
        ("0xc", "https://c.example:443", 1, 1),
        ("0xa", "https://orch.example:8935", 0, 1),
    ];
    assert_eq!(of.collect::<Vec<_>>(), want);
    let model = &read[0].models[0];
    assert_eq!((model.model.as_deref(), model.warm), (Some("sdxl-turbo"), Some(false)));
    assert_eq!(
        (model.idle, model.in_use, model.price, model.units_per_price),
        (Some(2), Some(1), Some(10), Some(4))
    );
    assert_eq!(
        (read[0].hot_wallet.as_deref(), read[0].version.as_deref()),
        (Some("0xb"), Some("0.8.10"))
    );
}

#[test]
fn an_orchestrator_that_stands_in_an_event_twice_is_one_report() {
    let twice = [("0xA", "https://orch.example:8935"), ("0xA", "https://orch.example:8935")];
    let read = read(&told(1, &twice));
    assert_eq!(read.len(), 1);
    let row = summed(&read[0]);
    assert_eq!((row.slots, row.gpus, row.models), (Some(3), Some(1), Some(1)));
}

#[test]
fn rows_that_do_not_say_whose_they_are_give_nothing() {
    let mut rows = told(1, &[("0xA", "https://orch.example:8935")]);
    rows.reports[0].set("orch_uri", None).unwrap();
    assert!(read(&rows).is_empty());
    let rows = told(1, &[("0x0000000000000000000000000000000000000000", "https://o.example")]);
    assert!(read(&rows).is_empty(), "the address of a node without a chain");
    let rows = told(1, &[("0xA", "not a uri")]);
    assert!(read(&rows).is_empty());
}

#[test]
fn hardware_is_unknown_where_the_row_says_so() {
    let mut rows = told(1, &[("0xA", "https://orch.example:8935")]);
    rows.gpus.clear();
    assert_eq!(read(&rows)[0].gpus, Some(Vec::new()));
    rows.reports[0].set("gpus", None).unwrap();
    assert_eq!(read(&rows)[0].gpus, None);
}

fn some_report() -> impl Strategy<Value = Report> {
    let slots = (prop::option::of(0i64..80), prop::option::of(0i64..10), 0usize..3);
    let models = prop::collection::vec(slots, 0..4).prop_map(|rows| {
        let row = |(idle, in_use, name): (Option<i64>, Option<i64>, usize)| ModelRow {
            model: Some(format!("m{name}").into()),
            ..model_row(idle, in_use)
        };
        rows.into_iter().map(row).collect::<Vec<_>>()
    });
    let gpus = prop::option::of(prop::collection::vec(
        (0usize..4).prop_map(|i| gpu(&format!("g{i}"), if i < 2 { "A4000" } else { "RTX 4090" })),
        0..5,
    ));
    (0i64..7200, 1usize..3, models, gpus).prop_map(|(s, node, models, gpus)| Report {
        node: format!("gw-{node}").into(),
        models,
        gpus,
        ..report(T + s * SECOND_US)
    })
}

proptest! {
    #[test]
    fn order_and_repetition_change_nothing((reports, shuffled) in prop::collection::vec(some_report(), 0..12)
        .prop_flat_map(|r| (Just(r.clone()), Just([r.clone(), r].concat()).prop_shuffle())))
    {
        prop_assert_eq!(over(&reports), over(&shuffled));
        for r in &reports {
            let mut back = r.clone();
            back.models.reverse();
            if let Some(g) = &mut back.gpus { g.reverse(); }
            prop_assert_eq!(report_rows(r, None), report_rows(&back, None));
        }
    }

    #[test]
    fn buckets_can_be_computed_apart(reports in prop::collection::vec(some_report(), 0..12), cut in 0i64..24) {
        let (from, to) = (T, T + 2 * HOUR_US);
        let cut = T + cut * BUCKET_US;
        let (supply, gpus) = buckets(&reports, &|_| None, from, to);
        let (mut a, mut b) = buckets(&reports, &|_| None, from, cut);
        let (c, d) = buckets(&reports, &|_| None, cut, to);
        a.extend(c);
        b.extend(d);
        prop_assert_eq!((supply, gpus), (a, b));
    }

    #[test]
    fn known_time_is_the_time_between_reports(reports in prop::collection::vec(some_report(), 0..12)) {
        let with_model: Vec<Report> = reports
            .into_iter()
            .map(|r| Report { models: vec![model_row(Some(1), None)], ..r })
            .collect();
        let known: f64 = over(&with_model).0.iter().filter_map(|r| r.1.known_s).sum();
        let mut times: Vec<i64> = with_model.iter().map(|r| r.ts_us).collect();
        times.sort_unstable();
        let want: i64 = times.windows(2).map(|w| w[1] - w[0]).filter(|d| *d <= 50 * MINUTE_US).sum();
        prop_assert!((known - crate::stats::number(want) / 1e6).abs() < 1e-6);
    }
}
