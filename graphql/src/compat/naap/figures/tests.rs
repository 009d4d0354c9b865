use super::*;

fn at(minute: i64) -> DateTime<chrono::Utc> {
    DateTime::from_timestamp(1_790_000_000 + minute * 60, 0).unwrap()
}

fn offer(address: &str, uri: &str, minute: i64, model: &str, price: Option<f64>) -> Offer {
    Offer {
        at: at(minute),
        address: address.into(),
        uri: Some(uri.into()),
        pipeline: Some("live-video-to-video".into()),
        model: Some(model.into()),
        known_s: Some(300.0),
        slot_s: Some(600.0),
        price_wei_per_unit: price,
        price_unit: price.map(|_| "pixel".to_owned()),
        ..Offer::default()
    }
}

fn report(address: &str, uri: &str, minute: i64, gpus: Option<i64>) -> Report {
    Report {
        seen_at: at(minute),
        address: address.into(),
        uri: Some(uri.into()),
        region: Some("eu-west".into()),
        gpus,
        ..Report::default()
    }
}

fn close(got: f64, expected: f64) {
    assert!((got - expected).abs() < 1e-9, "{got}, expected {expected}");
}

#[test]
fn prices_are_means_over_uris() {
    let offers = newest(vec![
        offer("0xa", "u1", 5, "m", Some(1000.0)),
        offer("0xa", "u1", 0, "gone", Some(1.0)),
        offer("0xb", "u2", 3, "m", Some(2000.0)),
        offer("0xb", "u2", 3, "untold", None),
    ]);
    let rows = pricing(&offers);
    assert_eq!(rows.len(), 1, "{rows:?}");
    let row = &rows[0];
    close(row.wei, 1500.0);
    assert_eq!(
        (row.model.as_deref(), row.unit.as_deref(), row.slots),
        (Some("m"), Some("pixel"), Some(4))
    );
}

#[test]
fn the_catalogue_is_what_is_on_offer() {
    let none = Offer { pipeline: Some("none".into()), ..offer("0xa", "u1", 5, "m", None) };
    let offers = newest(vec![
        offer("0xa", "u1", 5, "b", None),
        offer("0xa", "u1", 5, "a", None),
        offer("0xa", "u1", 5, "none", None),
        none,
    ]);
    let entries = catalogue(&[report("0xa", "u1", 5, None)], &offers);
    assert_eq!(entries.len(), 1);
    let entry = &entries[0];
    assert_eq!(
        (entry.id.as_str(), entry.name.as_str()),
        ("live-video-to-video", "Live video to video")
    );
    assert_eq!(
        (&entry.models[..], &entry.regions[..]),
        (&["a".to_owned(), "b".to_owned()][..], &["eu-west".to_owned()][..])
    );
}

#[test]
fn gpus_count_once_by_name_and_once_in_each_pipeline() {
    let gpu = |minute: i64, pipeline: &str, model: &str, id: &str| ListedGpu {
        at: at(minute),
        orchestrator: Some("0xa".into()),
        uri: Some("u1".into()),
        pipeline: Some(pipeline.into()),
        model: Some(model.into()),
        id: id.into(),
        name: Some("RTX 4090".into()),
    };
    let gpus = vec![
        gpu(5, "live-video-to-video", "m1", "aa"),
        gpu(5, "live-video-to-video", "m2", "aa"),
        gpu(5, "llm", "m3", "bb"),
        gpu(0, "llm", "m3", "churned"),
    ];
    let capacity = capacity(&[report("0xa", "u1", 5, Some(2))], gpus);
    assert_eq!(capacity.total, Some(2));
    assert_eq!(capacity.models, [GpuModelCapacity { model: "RTX 4090".into(), count: 2 }]);
    let live = &capacity.pipelines[0];
    assert_eq!(
        (live.name.as_str(), live.gpus, live.models.as_ref().map(Vec::len)),
        ("live-video-to-video", 1, Some(2))
    );
    assert_eq!(super::capacity(&[report("0xa", "u1", 5, None)], Vec::new()).total, None);
}

#[test]
fn orchestrators_are_those_seen_or_asked() {
    let span = Span { from_us: at(0).timestamp_micros(), to_us: at(60).timestamp_micros() };
    let reports = vec![
        report("0xa", "u1", -500, None),
        report("0xb", "u2", -500, None),
        report("0xc", "u3", 5, Some(1)),
        report("0xc", "u4", 9, Some(2)),
    ];
    let legs = Legs { requested: 4, served: 3, swapped: 1 };
    let legs = HashMap::from([("0xb".to_owned(), legs), ("0xd".to_owned(), legs)]);
    let rows = rows(reports, &legs, span);
    let found: Vec<_> = rows.iter().map(|r| (r.address.as_str(), r.requested, r.gpus)).collect();
    assert_eq!(found, [("0xb", 4, None), ("0xc", 0, Some(3))]);
    assert_eq!(rows[1].uris, ["u3", "u4"]);
    assert_eq!(rows[1].seen_us, at(9).timestamp_micros());
}

#[test]
fn a_stake_that_is_missing_makes_no_sum() {
    let some = |text: &str| Some(text.to_owned());
    close(stake(&[some("1500000000000000000"), some("2000000000000000000000")]).unwrap(), 2001.5);
    assert_eq!(stake(&[some("1"), None]), None);
    assert_eq!(stake(&[some("much")]), None);
}

#[test]
fn several_scores_are_none() {
    let all = lone(
        [("0xa", Some(90.0)), ("0xb", Some(80.0)), ("0xb", Some(70.0)), ("0xc", None)].into_iter(),
    );
    assert_eq!((all["0xa"], all["0xb"], all["0xc"]), (Some(90.0), None, None));
}
