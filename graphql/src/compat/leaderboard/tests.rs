use chrono::DateTime;

use super::*;

const A: &str = "0x00000000000000000000000000000000000000aa";

fn params(pairs: &[(&str, &str)]) -> Params {
    let mut params = Params::default();
    for (name, value) in pairs {
        let value = Some((*value).to_owned());
        match *name {
            "orchestrator" => params.orchestrator = value,
            "region" => params.region = value,
            "since" => params.since = value,
            "until" => params.until = value,
            "pipeline" => params.pipeline = value,
            "model" => params.model = value,
            other => panic!("{other}"),
        }
    }
    params
}

#[test]
fn a_day_up_to_now_unless_it_is_said() {
    let now = 1_790_000_000_000_000;
    let span = |pairs: &[(&str, &str)]| params(pairs).tests(now, DAY_US).map(|t| t.span);
    let day = Span { from_us: now - DAY_US, to_us: now };
    assert_eq!(span(&[]).unwrap(), day);
    let fraction = span(&[("since", "1789999999.25")]).unwrap();
    assert_eq!(fraction, Span { from_us: now - 750_000, to_us: now });
    let until = span(&[("until", "1780000000")]).unwrap();
    let to_us = 1_780_000_000_000_000;
    assert_eq!(until, Span { from_us: to_us - DAY_US, to_us });
    for (pairs, says) in [
        (&[("since", "yesterday")][..], "since is no time"),
        (&[("since", "NaN")], "since is no time"),
        (&[("until", "1790000000000")], "not milliseconds"),
        (&[("since", "-1")], "since is no time"),
        (&[("since", "1790000001")], "not before until"),
        (&[("since", "1780000000")], "31 days"),
        (&[("pipeline", "llm")], "pipeline needs model"),
        (&[("model", "m")], "model needs pipeline"),
    ] {
        let refusal = params(pairs).tests(now, DAY_US).unwrap_err();
        assert_eq!((refusal.status, refusal.code), (StatusCode::BAD_REQUEST, "BAD_ARGUMENT"));
        assert!(refusal.message.contains(says), "{}", refusal.message);
    }
}

#[test]
fn addresses_and_regions_are_taken_in_any_case() {
    let upper = A.to_uppercase().replacen("0X", "0x", 1);
    assert_eq!(params(&[("orchestrator", &upper)]).address().unwrap().as_deref(), Some(A));
    assert!(params(&[("orchestrator", "0xaa")]).address().is_err());
    let which = params(&[("region", "eu-west")]).tests(DAY_US * 2, DAY_US).unwrap();
    assert_eq!(which.region.as_deref(), Some("EU-WEST"));
    let which = params(&[("region", "global")]).tests(DAY_US * 2, DAY_US).unwrap();
    assert_eq!(which.region, None);
}

/// As go-livepeer reads it: a map of 20-byte addresses to regions to names to numbers, all of it or
/// nothing; then the region in capitals, then `score`.
fn as_a_gateway_reads(body: &str, region: &str) -> BTreeMap<String, f64> {
    type Body = BTreeMap<String, BTreeMap<String, BTreeMap<String, f64>>>;
    let body: Body = serde_json::from_str(body).unwrap();
    assert!(body.keys().all(|address| is_address(address)), "{body:?}");
    let of = |(address, regions): (&String, &BTreeMap<String, BTreeMap<String, f64>>)| {
        Some((address.clone(), *regions.get(region)?.get("score")?))
    };
    body.iter().filter_map(of).collect()
}

#[test]
fn a_gateway_can_read_it() {
    let tested = |orchestrator: &str, region: &str, tests, served: i64| Tested {
        orchestrator: orchestrator.into(),
        region: Some(region.into()),
        pipeline: Some("llm".into()),
        model: Some("m".into()),
        tests,
        served,
        timed: served,
        time_ms: (served > 0).then_some(1000.0),
    };
    let rows = vec![
        tested(A, "eu-west", 1, 1),
        tested(A, "us-east", 2, 0),
        // One key that is no address would lose the gateway the whole answer.
        tested("unresolved", "eu-west", 1, 1),
    ];
    let median = MedianTime { pipeline: Some("llm".into()), model: Some("m".into()), ms: 1000.0 };
    let body = serde_json::to_string(&by_region(&scored(TestKind::Job, rows, &[median]))).unwrap();
    let eu = as_a_gateway_reads(&body, "EU-WEST");
    assert_eq!(eu.keys().collect::<Vec<_>>(), [A]);
    assert!((eu[A] - 0.93).abs() < 1e-12, "{eu:?}");
    assert_eq!(as_a_gateway_reads(&body, "US-EAST"), BTreeMap::from([(A.to_owned(), 0.0)]));
    assert!(as_a_gateway_reads(&body, "FRA").is_empty());
    let fields: serde_json::Value = serde_json::from_str(&body).unwrap();
    let names: Vec<&String> = fields[A]["EU-WEST"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["round_trip_score", "score", "success_rate"]);
}

#[test]
fn single_tests_have_the_shape_of_the_leaderboard() {
    let test = |second: i64, region: Option<&str>, served: bool| Test {
        at: DateTime::from_timestamp(second, 900_000_000).unwrap(),
        orchestrator: A.into(),
        region: region.map(str::to_owned),
        pipeline: Some("llm".into()),
        model: Some("m".into()),
        served,
        time_ms: served.then_some(1500.0),
        error: (!served).then(|| "TIMEOUT".to_owned()),
    };
    let tests = vec![
        test(10, Some("eu-west"), true),
        test(20, Some("eu-west"), false),
        test(5, None, true),
    ];
    let body = serde_json::to_value(raw_by_region(tests)).unwrap();
    let eu = json!([
        { "region": "EU-WEST", "orchestrator": A, "success_rate": 0.0, "round_trip_time": null, "errors": [{ "error_code": "TIMEOUT", "count": 1 }], "timestamp": 20, "model": "m", "pipeline": "llm" },
        { "region": "EU-WEST", "orchestrator": A, "success_rate": 1.0, "round_trip_time": 1.5, "errors": [], "timestamp": 10, "model": "m", "pipeline": "llm" },
    ]);
    assert_eq!(body["EU-WEST"], eu);
    assert_eq!((&body[""][0]["region"], &body[""][0]["timestamp"]), (&json!(null), &json!(5)));
}

#[test]
fn regions_and_pipelines_are_listed_once() {
    let regions = named(["us-east", "eu-west", "us-east", "mars"].map(str::to_owned));
    let ids: Vec<&str> = regions.iter().map(|r| r.id.as_str()).collect();
    assert_eq!(ids, ["GLOBAL", "EU-WEST", "MARS", "US-EAST"]);
    assert_eq!(regions[3].name, "United States, east coast");
    let pairs = [("llm", "b"), ("upscale", "c"), ("llm", "a"), ("llm", "b")];
    let pipelines = by_pipeline(pairs.map(|(p, m)| (p.to_owned(), m.to_owned())));
    assert_eq!(pipelines.len(), 2);
    assert_eq!(
        (pipelines[0].id.as_str(), &pipelines[0].models[..]),
        ("llm", &["a".to_owned(), "b".to_owned()][..])
    );
}
