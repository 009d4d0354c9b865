//! The drop-in endpoints over derived rows that are put in by hand: naap's dashboard contract, whole,
//! and the leaderboard, whose figures are computed here again by hand.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use naap_tests::rows::now_us;
use naap_tests::stack::post;
use naap_tests::{Stack, sample};
use serde_json::{Value, json};

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

const A: &str = "0x00000000000000000000000000000000000000aa";
const B: &str = "0x00000000000000000000000000000000000000bb";
const C: &str = "0x00000000000000000000000000000000000000cc";

fn id(n: u64) -> String {
    format!("'00000000-0000-4000-8000-{n:012x}'")
}

fn close(value: &Value, expected: f64) {
    let got = value.as_f64().unwrap_or_else(|| panic!("{value} is no number, not {expected}"));
    assert!((got - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{got}, expected {expected}");
}

async fn insert(stack: &Stack, statements: &[String]) -> Result<()> {
    for sql in statements {
        stack.sql(sql).await?;
    }
    Ok(())
}

/// A leg: outcome, why it was left, time to playable.
#[derive(Clone, Copy)]
struct Leg<'a> {
    n: u64,
    ts: i64,
    origin: &'a str,
    region: &'a str,
    model: &'a str,
    orchestrator: Option<&'a str>,
    outcome: &'a str,
    swap_reason: Option<&'a str>,
    playable_ms: Option<f64>,
}

fn text(value: Option<&str>) -> String {
    value.map_or_else(|| "null".to_owned(), |v| format!("'{v}'"))
}

fn leg(l: &Leg<'_>) -> String {
    let served = i64::from(l.outcome == "SERVED");
    let requested = i64::from(matches!(l.outcome, "SERVED" | "FAILED"));
    let region = if l.region.is_empty() { None } else { Some(l.region) };
    format!(
        "insert into stream_leg (ts, void, formula, session, leg, origin, gateway, region, pipeline, model, orchestrator, orch_uri, attribution, outcome, swap_reason, playable_ms, counted, requested, served, swapped, playable) values ({}, 0, '2026.1', {}, 0, '{}', 'g1', {}, 'live-video-to-video', '{}', {}, 'https://a.example:8935', 'URI', '{}', {}, {}, 1, {requested}, {served}, {}, {served})",
        l.ts,
        id(l.n),
        l.origin,
        text(region),
        l.model,
        text(l.orchestrator),
        l.outcome,
        text(l.swap_reason),
        l.playable_ms.map_or_else(|| "null".to_owned(), |ms| format!("{ms:.1}")),
        i64::from(l.swap_reason.is_some()),
    )
}

fn job(n: u64, ts: i64, origin: &str, region: &str, outcome: &str, rest: &str) -> String {
    let is = |word: &str| i64::from(outcome == word);
    format!(
        "insert into job (ts, void, formula, job, kind, request_id, origin, outcome, gateway, region, pipeline, model, requested, served, unserved, failed, orchestrator, duration_ms, error_type) values ({ts}, 0, '2026.1', {}, 'llm', 'job-{n}', '{origin}', '{outcome}', 'g1', '{region}', 'llm', 'Meta/llama', 1, {}, {}, {}, {rest})",
        id(n),
        is("SERVED"),
        is("NO_ORCHESTRATOR"),
        is("FAILED"),
    )
}

/// Load tests of two orchestrators, and what must not be taken for them.
fn tests_sql(at: i64) -> Vec<String> {
    let base = Leg {
        n: 0,
        ts: at,
        origin: "test",
        region: "eu-west",
        model: "m1",
        orchestrator: Some(A),
        outcome: "SERVED",
        swap_reason: None,
        playable_ms: None,
    };
    let served = |n, ts, region, orchestrator, ms| Leg {
        n,
        ts,
        region,
        orchestrator: Some(orchestrator),
        playable_ms: Some(ms),
        ..base
    };
    let mut sql = vec![
        leg(&served(1, at, "eu-west", A, 1000.0)),
        leg(&served(2, at + SECOND, "eu-west", A, 3000.0)),
        leg(&Leg {
            n: 3,
            ts: at + 2 * SECOND,
            outcome: "FAILED",
            swap_reason: Some("SLOW"),
            ..base
        }),
        leg(&served(4, at + 3 * SECOND, "us-east", A, 2000.0)),
        leg(&served(5, at + 4 * SECOND, "eu-west", B, 4000.0)),
        // In no region, but everywhere.
        leg(&served(6, at + 5 * SECOND, "", B, 2000.0)),
        // No test of anyone: organic, excused, unresolved, and no address at all.
        leg(&Leg { origin: "organic", ..served(7, at + 6 * SECOND, "eu-west", A, 9.0) }),
        leg(&Leg { n: 8, ts: at + 7 * SECOND, outcome: "EXCUSED", ..base }),
        leg(&Leg { n: 9, ts: at + 8 * SECOND, orchestrator: None, outcome: "FAILED", ..base }),
        leg(&served(10, at + 9 * SECOND, "eu-west", "somebody", 2000.0)),
        // Long ago.
        leg(&served(11, at - 3 * DAY, "eu-west", C, 500.0)),
    ];
    sql.extend([
        job(21, at, "test", "eu-west", "SERVED", &format!("'{A}', 100.0, null")),
        job(22, at + SECOND, "test", "eu-west", "SERVED", &format!("'{A}', 300.0, null")),
        job(23, at + 2 * SECOND, "test", "eu-west", "FAILED", &format!("'{C}', 50.0, 'TIMEOUT'")),
        job(24, at + 3 * SECOND, "test", "eu-west", "NO_ORCHESTRATOR", "null, null, null"),
        job(25, at + 4 * SECOND, "organic", "eu-west", "FAILED", &format!("'{A}', null, 'RUNNER'")),
        format!(
            "insert into agent (ts, node, epoch, seq, kind, origin, region) values ({at}, 'g1', 1, 1, 'gateway', 'test', 'eu-west'), ({at}, 'g2', 1, 1, 'gateway', 'organic', 'us-east'), ({at}, 'g3', 1, 1, 'gateway', 'organic', null)"
        ),
    ]);
    sql
}

/// `e^(ln 0.8 · time / median)`.
fn round_trip(time: f64, median: f64) -> f64 {
    (0.8_f64.ln() * time / median).exp()
}

async fn get(stack: &Stack, path: &str) -> Result<Value> {
    let (status, body) = stack.get(path).await?;
    ensure!(status.is_success(), "{path}: {status}: {body}");
    Ok(serde_json::from_str(&body)?)
}

fn score_is(score: &Value, success: f64, round_trip: f64) {
    let fields: Vec<&String> = score.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["round_trip_score", "score", "success_rate"]);
    close(&score["success_rate"], success);
    close(&score["round_trip_score"], round_trip);
    close(&score["score"], if success > 0.0 { 0.65 * success + 0.35 * round_trip } else { 0.0 });
}

/// As go-livepeer reads it, all of it or nothing; then the region in capitals, then `score`.
fn as_a_gateway_reads(body: &Value, region: &str) -> BTreeMap<String, f64> {
    type Body = BTreeMap<String, BTreeMap<String, BTreeMap<String, f64>>>;
    let body: Body = serde_json::from_value(body.clone()).unwrap();
    let is_address = |a: &String| a.starts_with("0x") && a.len() == 42;
    assert!(body.keys().all(is_address), "{body:?}");
    let of = |(address, regions): (&String, &BTreeMap<String, BTreeMap<String, f64>>)| {
        Some((address.clone(), *regions.get(region)?.get("score")?))
    };
    body.iter().filter_map(of).collect()
}

/// Streams: served 1000, 3000, 2000, 4000, 2000, 2000 (of somebody): the median is 2000 ms. Jobs:
/// 100 and 300, so 200 ms.
async fn scores_of_tests(stack: &Stack) -> Result<()> {
    let all = get(stack, "api/aggregated_stats").await?;
    assert_eq!(all.as_object().unwrap().keys().collect::<Vec<_>>(), [A, B, C]);
    // Three streams, two of them served, and two jobs; times of both against their own medians.
    let of_a = (2.0 * round_trip(2000.0, 2000.0) + 2.0 * round_trip(200.0, 200.0)) / 4.0;
    score_is(&all[A]["EU-WEST"], 4.0 / 5.0, of_a);
    score_is(&all[A]["US-EAST"], 1.0, round_trip(2000.0, 2000.0));
    assert_eq!(all[A].as_object().map(serde_json::Map::len), Some(2));
    score_is(&all[B]["EU-WEST"], 1.0, round_trip(4000.0, 2000.0));
    assert_eq!(all[B].as_object().map(serde_json::Map::len), Some(1), "no region, no score");
    score_is(&all[C]["EU-WEST"], 0.0, 0.0);

    let scores = as_a_gateway_reads(&all, "EU-WEST");
    assert_eq!(scores.keys().collect::<Vec<_>>(), [A, B, C]);
    assert!((scores[B] - (0.65 + 0.35 * 0.64)).abs() < 1e-9 && scores[C] == 0.0, "{scores:?}");
    assert!(as_a_gateway_reads(&all, "FRA").is_empty());

    // One model: exactly the leaderboard's formula. In one region: its own median, which is 2500.
    let live = "pipeline=live-video-to-video&model=m1";
    let model = get(stack, &format!("api/aggregated_stats?{live}")).await?;
    score_is(&model[A]["EU-WEST"], 2.0 / 3.0, 0.8);
    assert_eq!(model.get(C), None, "it had jobs only");
    let region = get(stack, &format!("api/aggregated_stats?{live}&region=eu-west")).await?;
    // 1000, 3000, 4000 and somebody's 2000.
    score_is(&region[A]["EU-WEST"], 2.0 / 3.0, round_trip(2000.0, 2500.0));
    assert_eq!(region[A].get("US-EAST"), None);
    let global = get(stack, &format!("api/aggregated_stats?{live}&region=global")).await?;
    score_is(&global[B]["GLOBAL"], 1.0, round_trip(3000.0, 2000.0));

    // An orchestrator is picked after the medians were taken, in any case.
    let upper = A.to_uppercase().replacen("0X", "0x", 1);
    let one = get(stack, &format!("api/aggregated_stats?orchestrator={upper}&color=red")).await?;
    assert_eq!(one, json!({ A: all[A] }));
    assert_eq!(get(stack, "api/aggregated_stats?pipeline=llm&model=other").await?, json!({}));
    Ok(())
}

async fn times_of_tests(stack: &Stack, at: i64) -> Result<()> {
    let path = |since: i64, until: i64| {
        format!("api/aggregated_stats?since={}&until={}", since / SECOND, until / SECOND)
    };
    let old = get(stack, &path(at - 4 * DAY, at - 2 * DAY)).await?;
    assert_eq!(old.as_object().unwrap().keys().collect::<Vec<_>>(), [C]);
    score_is(&old[C]["EU-WEST"], 1.0, 0.8);
    // Half-open: the second is not in it.
    let second = get(stack, &path(at, at + SECOND)).await?;
    score_is(&second[A]["EU-WEST"], 1.0, 0.8);
    assert_eq!(get(stack, &path(at - HOUR, at)).await?, json!({}));
    Ok(())
}

async fn single_tests(stack: &Stack, at: i64) -> Result<()> {
    let raw = get(stack, &format!("api/raw_stats?orchestrator={A}")).await?;
    assert_eq!(raw.as_object().unwrap().keys().collect::<Vec<_>>(), ["EU-WEST", "US-EAST"]);
    let seconds = |us: i64| us.div_euclid(SECOND);
    let live = |us: i64, success: f64, time: Value, errors: Value| json!({ "region": "EU-WEST", "orchestrator": A, "success_rate": success, "round_trip_time": time, "errors": errors, "timestamp": seconds(us), "model": "m1", "pipeline": "live-video-to-video" });
    let slow = json!([{ "error_code": "SLOW", "count": 1 }]);
    let rows = raw["EU-WEST"].as_array().unwrap();
    assert_eq!(rows.len(), 5);
    let streams: Vec<&Value> = rows.iter().filter(|r| r["pipeline"] != "llm").collect();
    assert_eq!(*streams[0], live(at + 2 * SECOND, 0.0, Value::Null, slow));
    assert_eq!(*streams[1], live(at + SECOND, 1.0, json!(3.0), json!([])));
    assert_eq!(*streams[2], live(at, 1.0, json!(1.0), json!([])));
    let failed = get(stack, &format!("api/raw_stats?orchestrator={C}&region=EU-WEST")).await?;
    let row = &failed["EU-WEST"][0];
    assert_eq!(row["errors"], json!([{ "error_code": "TIMEOUT", "count": 1 }]));
    assert_eq!((&row["round_trip_time"], &row["success_rate"]), (&Value::Null, &json!(0.0)));
    let nowhere = get(stack, &format!("api/raw_stats?orchestrator={B}")).await?;
    assert_eq!(
        (&nowhere[""][0]["region"], &nowhere[""][0]["round_trip_time"]),
        (&Value::Null, &json!(2.0))
    );

    if let Some(file) = sample("leaderboard_ai-tester.json") {
        let contract: Value = serde_json::from_str(&std::fs::read_to_string(file)?)?;
        // What was sent and what came back is told to nobody.
        let private = ["input_parameters", "response_payload"];
        let shape = |row: &Value| -> BTreeMap<String, &'static str> {
            let fields = row.as_object().unwrap().iter();
            let fields = fields.filter(|(name, _)| !private.contains(&name.as_str()));
            fields.map(|(name, value)| (name.clone(), kind(value))).collect()
        };
        let served = rows.iter().find(|r| r["success_rate"] == json!(1.0)).unwrap();
        assert_eq!(shape(served), shape(&contract));
        let error = |row: &Value| shape(&row["errors"][0]);
        assert_eq!(error(row), error(&contract));
    }
    Ok(())
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Names and kinds of what is in a list of objects.
fn shapes(list: &Value) -> Vec<BTreeMap<&String, &'static str>> {
    let rows = list.as_array().unwrap().iter();
    rows.map(|row| row.as_object().unwrap().iter().map(|(k, v)| (k, kind(v))).collect()).collect()
}

async fn lists_of_the_leaderboard(stack: &Stack) -> Result<()> {
    let regions = get(stack, "api/regions").await?;
    let expected = json!({ "regions": [
        { "id": "GLOBAL", "name": "Global", "type": "ai" },
        { "id": "EU-WEST", "name": "United Kingdom, Ireland, France, Benelux", "type": "ai" },
        { "id": "US-EAST", "name": "United States, east coast", "type": "ai" },
    ] });
    assert_eq!(regions, expected);
    let pipelines = get(stack, "api/pipelines").await?;
    let expected = json!({ "pipelines": [
        { "id": "live-video-to-video", "models": ["m1"] },
        { "id": "llm", "models": ["Meta/llama"] },
    ] });
    assert_eq!(pipelines, expected);
    for (file, ours, list) in [
        ("leaderboard_regions.json", &regions, "regions"),
        ("leaderboard_pipelines.json", &pipelines, "pipelines"),
    ] {
        let Some(file) = sample(file) else { continue };
        let contract: Value = serde_json::from_str(&std::fs::read_to_string(file)?)?;
        let names = |v: &Value| v.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(ours), names(&contract));
        let (ours, theirs) = (shapes(&ours[list]), shapes(&contract[list]));
        assert!(ours.iter().all(|row| *row == theirs[0]), "{ours:?} is not as {:?}", theirs[0]);
    }
    Ok(())
}

async fn what_is_refused(stack: &Stack) -> Result<()> {
    for (path, says) in [
        ("api/raw_stats", "orchestrator is needed"),
        ("api/raw_stats?orchestrator=0xaa", "orchestrator is no address"),
        ("api/aggregated_stats?orchestrator=me", "orchestrator is no address"),
        ("api/aggregated_stats?since=yesterday", "since is no time"),
        ("api/aggregated_stats?until=1790000000000", "not milliseconds"),
        ("api/aggregated_stats?since=20&until=10", "not before until"),
        ("api/aggregated_stats?since=0&until=1790000000", "31 days"),
        ("api/aggregated_stats?pipeline=llm", "pipeline needs model"),
        ("api/aggregated_stats?model=m1", "model needs pipeline"),
        ("api/pipelines?since=1e30", "since is no time"),
        ("api/aggregated_stats?since=1&since=2", "since"),
    ] {
        let (status, body) = stack.get(path).await?;
        assert_eq!(status, 400, "{path}: {body}");
        let body: Value = serde_json::from_str(&body)?;
        assert_eq!(body["error"]["code"], "BAD_ARGUMENT", "{path}");
        let message = body["error"]["message"].as_str().unwrap();
        assert!(message.contains(says), "{path}: {message}");
    }
    for path in ["api/aggregated_stats", "api/raw_stats", "api/regions", "api/post_stats"] {
        let answer = post(&format!("{}{path}", stack.url), &json!({})).await?;
        assert_eq!(answer.status(), 405, "{path}");
        let expected = if path == "api/post_stats" { "" } else { "GET, HEAD" };
        assert_eq!(answer.headers()["allow"], expected, "{path}");
    }
    Ok(())
}

/// Scenario: a gateway is pointed at this leaderboard, and a reader looks at single tests.
/// Guarantees: scores of tests only, by the leaderboard's formula, in the shape that go-livepeer
/// reads whole or not at all; bad parameters are named; nothing is taken in.
#[tokio::test(flavor = "multi_thread")]
async fn the_leaderboard_is_as_gateways_read_it() -> Result<()> {
    let stack = Stack::by_hand().await?;
    assert_eq!(get(&stack, "api/aggregated_stats").await?, json!({}));
    assert_eq!(get(&stack, "api/pipelines").await?, json!({ "pipelines": [] }));
    let at = (now_us() - 2 * HOUR) / SECOND * SECOND;
    insert(&stack, &tests_sql(at)).await?;
    stack.applied(&["stream_leg", "job", "agent"]).await?;
    scores_of_tests(&stack).await?;
    times_of_tests(&stack, at).await?;
    single_tests(&stack, at).await?;
    lists_of_the_leaderboard(&stack).await?;
    what_is_refused(&stack).await?;
    stack.stop().await?;
    Ok(())
}

fn session(n: u64, ts: i64, origin: &str, model: &str, outcome: &str, fps: &str) -> String {
    let is = |word: &str| i64::from(outcome == word);
    let requested = is("SERVED") + is("FAILED") + is("NO_ORCHESTRATOR");
    format!(
        "insert into stream_session (ts, void, formula, session, origin, gateway, pipeline, model, outcome, output_fps_mean, requested, served, unserved, failed) values ({ts}, 0, '2026.1', {}, '{origin}', 'g1', 'live-video-to-video', '{model}', '{outcome}', {fps}, {requested}, {}, {}, {})",
        id(n),
        is("SERVED"),
        is("NO_ORCHESTRATOR"),
        is("FAILED"),
    )
}

fn streams_sql(now: i64) -> Vec<String> {
    let recent = now - 3 * HOUR;
    let before = now - 30 * HOUR;
    let minutes = |n: u64, ts: i64, model: &str, minutes: f64| {
        format!(
            "insert into stream_minute (ts, void, formula, session, leg, origin, gateway, pipeline, model, minutes) values ({}, 0, '2026.1', {}, -1, 'organic', 'g1', 'live-video-to-video', '{model}', {minutes:.1})",
            ts.div_euclid(5 * MINUTE) * 5 * MINUTE,
            id(n)
        )
    };
    let fee = |n: u64, ts: i64, eth: f64| {
        format!(
            "insert into payment_fee (ts, void, formula, event_id, origin, gateway, pipeline, model, orchestrator, basis, fee_eth, payments, unattributed) values ({ts}, 0, '2026.1', {}, 'organic', 'g1', 'live-video-to-video', 'm1', '{A}', 'REQUEST', {eth:.3}, 1, 0)",
            id(n)
        )
    };
    vec![
        session(101, recent, "organic", "m1", "SERVED", "20.0"),
        session(102, recent + MINUTE, "organic", "m1", "SERVED", "10.0"),
        session(103, recent + 2 * MINUTE, "organic", "m1", "FAILED", "null"),
        session(104, recent + 3 * MINUTE, "organic", "m2", "NO_ORCHESTRATOR", "null"),
        session(105, recent + 4 * MINUTE, "test", "m1", "SERVED", "99.0"),
        session(106, before, "organic", "m1", "SERVED", "5.0"),
        minutes(101, recent, "m1", 7.5),
        minutes(102, recent, "m1", 2.5),
        minutes(106, before, "m1", 4.0),
        fee(201, recent, 0.5),
        fee(202, before, 0.125),
    ]
}

fn supply_sql(now: i64) -> Vec<String> {
    let seen = now - 10 * MINUTE;
    let report = |ts: i64, who: &str, uri: &str, gpus: &str, region: &str| {
        format!(
            "insert into supply_report (ts, void, formula, orchestrator, orch_uri, origin, gateway, region, gpus, gpu_ids, gpu_names, models) values ({ts}, 0, '2026.1', '{who}', '{uri}', 'organic', 'g1', {region}, {gpus}, 1)"
        )
    };
    let offer = |who: &str, uri: &str, model: &str, slot_s: &str, price: &str| {
        format!(
            "insert into supply (ts, void, formula, orchestrator, orch_uri, pipeline, model, origin, known_s, slot_s, idle_slot_s, warm_s, price_wei_per_unit, price_unit) values ({}, 0, '2026.1', '{who}', '{uri}', 'live-video-to-video', '{model}', 'organic', 300.0, {slot_s}, 0.0, 300.0, {price}, 'pixel')",
            (seen - 5 * MINUTE).div_euclid(5 * MINUTE) * 5 * MINUTE
        )
    };
    let gpu = |item: i64, model: &str, gpu: &str| {
        format!(
            "insert into orchestrator_gpu (ts, event_id, item, node, origin, orch_address, orch_uri, pipeline, model, gpu_id, gpu_name) values ({seen}, {}, {item}, 'g1', 'organic', '{A}', 'https://a.example:8935', 'live-video-to-video', '{model}', '{gpu}', 'RTX 4090')",
            id(301)
        )
    };
    let stake = |who: &str, wei: &str| {
        format!(
            "insert into onchain_orchestrator (ts, node, epoch, seq, orch_address, target, list, active, stake_wei) values ({seen}, 'g1', 1, {}, '{who}', 't', 'active_set', 1, '{wei}')",
            if who == A { 1 } else { 2 }
        )
    };
    let organic = |n: u64, orchestrator, outcome: &'static str, swap_reason| {
        leg(&Leg {
            n,
            ts: now - 3 * HOUR + i64::try_from(n).unwrap() * SECOND,
            origin: "organic",
            region: "eu-west",
            model: "m1",
            orchestrator: Some(orchestrator),
            outcome,
            swap_reason,
            playable_ms: None,
        })
    };
    let score = |who: &str, model: &str, score: f64| {
        format!(
            "insert into sla_score (ts, void, formula, span, orchestrator, pipeline, model, region, origin, requested, score, ranked) values ({}, 0, 'naap-2026.1', '24h', '{who}', 'live-video-to-video', '{model}', 'none', 'organic', 12, {score:.1}, 1)",
            now.div_euclid(HOUR) * HOUR
        )
    };
    vec![
        report(seen, A, "https://a.example:8935", "2, 'aa,bb', 'RTX 4090 x2'", "'eu-west'"),
        report(seen, B, "https://b.example:8935", "null, null, null", "null"),
        report(now - 27 * HOUR, C, "https://c.example:8935", "1, 'cc', 'A100 x1'", "null"),
        offer(A, "https://a.example:8935", "m1", "600.0", "1000.0"),
        offer(B, "https://b.example:8935", "m1", "null", "2001.0"),
        offer(B, "https://b.example:8935", "none", "null", "null"),
        gpu(0, "m1", "aa"),
        gpu(1, "m1", "bb"),
        gpu(2, "m2", "aa"),
        stake(A, "1500000000000000000"),
        stake(B, "2000000000000000000000"),
        organic(401, A, "SERVED", None),
        organic(402, A, "SERVED", None),
        organic(403, A, "FAILED", Some("SLOW")),
        organic(404, B, "FAILED", None),
        score(A, "m1", 91.5),
        score(B, "m1", 60.0),
        score(B, "m2", 70.0),
    ]
}

/// A query of the dashboard; gives the answer whole.
async fn naap(stack: &Stack, query: &str) -> Result<Value> {
    let url = format!("{}graphql/naap", stack.url);
    let answer = post(&url, &json!({ "query": query })).await?;
    Ok(serde_json::from_str(answer.body())?)
}

const ROOTS: [(&str, &str); 8] = [
    (
        "kpi",
        "{ successRate { value delta } orchestratorsObserved { value delta } dailyUsageMins { value delta } dailySessionCount { value delta } dailyNetworkFeesEth { value delta } timeframeHours hourlyUsage { hour value } hourlySessions { hour value } }",
    ),
    ("protocol", "{ currentRound blockProgress totalBlocks totalStakedLPT }"),
    (
        "fees",
        "{ totalEth totalUsd oneDayVolumeUsd oneDayVolumeEth oneWeekVolumeUsd oneWeekVolumeEth volumeChangeUsd volumeChangeEth weeklyVolumeChangeUsd weeklyVolumeChangeEth dayData { dateS volumeEth volumeUsd } weeklyData { date weeklyVolumeUsd weeklyVolumeEth } }",
    ),
    ("pipelines", "{ name mins sessions avgFps color modelMins { model mins sessions avgFps } }"),
    ("pipelineCatalog", "{ id name models regions }"),
    (
        "gpuCapacity",
        "{ totalGPUs activeGPUs availableCapacity models { model count } pipelineGPUs { name gpus models { model gpus } } }",
    ),
    (
        "pricing",
        "{ pipeline model unit price avgWeiPerUnit pixelsPerUnit outputPerDollar capacity }",
    ),
    (
        "orchestrators",
        "{ address uris lastSeen knownSessions successSessions successRatio effectiveSuccessRate noSwapRatio slaScore pipelines pipelineModels { pipelineId modelIds } gpuCount }",
    ),
];

/// Every root with all of its fields; gives data and errors of each.
async fn whole(stack: &Stack) -> Result<BTreeMap<&'static str, (Value, Vec<Value>)>> {
    let mut out = BTreeMap::new();
    for (root, fields) in ROOTS {
        let answer = naap(stack, &format!("{{ {root} {fields} }}")).await?;
        let errors = answer["errors"].as_array().cloned().unwrap_or_default();
        for error in &errors {
            assert_eq!(error["extensions"]["code"], "UNKNOWN", "{root}: {error}");
        }
        out.insert(root, (answer["data"][root].clone(), errors));
    }
    Ok(out)
}

/// What naap's dashboard asks of an empty stack: nothing is known, and nothing is 0 that is not.
async fn an_empty_dashboard(stack: &Stack) -> Result<()> {
    let all = whole(stack).await?;
    for root in ["kpi", "protocol", "fees", "gpuCapacity"] {
        assert_eq!(all[root].0, Value::Null, "{root}");
    }
    for root in ["pipelines", "pipelineCatalog", "pricing", "orchestrators"] {
        assert_eq!(all[root].0, json!([]), "{root}");
    }
    assert!(all["kpi"].1.iter().any(|e| e["path"][1] == "successRate"), "{:?}", all["kpi"].1);
    let idle = naap(stack, "{ kpi { dailySessionCount { value } } }").await?;
    assert_eq!(idle["data"]["kpi"]["dailySessionCount"]["value"], 0.0);
    Ok(())
}

async fn kpi_and_pipelines(stack: &Stack, now: i64) -> Result<()> {
    let all = whole(stack).await?;
    let (kpi, errors) = &all["kpi"];
    assert_eq!(errors.len(), 0, "{errors:?}");
    // 2 of 4 served, against 1 of 1 the day before; two orchestrators, against another one.
    for (field, value, delta) in [
        ("successRate", 50.0, -50.0),
        ("orchestratorsObserved", 2.0, 1.0),
        ("dailyUsageMins", 10.0, 6.0),
        ("dailySessionCount", 4.0, 3.0),
        ("dailyNetworkFeesEth", 0.5, 0.375),
    ] {
        close(&kpi[field]["value"], value);
        close(&kpi[field]["delta"], delta);
    }
    assert_eq!(kpi["timeframeHours"], 24);
    let hourly = |name: &str| -> f64 {
        kpi[name].as_array().unwrap().iter().map(|b| b["value"].as_f64().unwrap()).sum()
    };
    close(&hourly("hourlySessions").into(), 4.0);
    close(&hourly("hourlyUsage").into(), 10.0);
    let hour = kpi["hourlySessions"][0]["hour"].as_str().unwrap();
    let expected = (now - 3 * HOUR).div_euclid(HOUR) * HOUR;
    let hour = chrono::DateTime::parse_from_rfc3339(hour)?.timestamp_micros();
    assert_eq!(hour, expected);

    let (pipelines, _) = &all["pipelines"];
    // m2 had no stream: no frames to take a mean of, and it is left out where that is asked for.
    let m1 = json!({ "model": "m1", "mins": 10.0, "sessions": 3, "avgFps": 15.0 });
    let live = json!([{ "name": "live-video-to-video", "mins": 10.0, "sessions": 4, "avgFps": 15.0, "color": null, "modelMins": [m1] }]);
    assert_eq!(*pipelines, live);
    assert_eq!(all["pipelines"].1[0]["path"], json!(["pipelines", 0, "modelMins"]));
    let models = naap(stack, "{ pipelines { modelMins { model mins sessions } } }").await?;
    let m2 = json!({ "model": "m2", "mins": 0.0, "sessions": 1 });
    assert_eq!(models["data"]["pipelines"][0]["modelMins"][1], m2);
    assert_eq!(models.get("errors"), None);

    let one = naap(stack, "{ kpi(timeframe: \"2d\", pipeline: \"live-video-to-video\", model_id: \"m1\") { timeframeHours dailySessionCount { value } orchestratorsObserved { value } } }").await?;
    let expected = json!({ "timeframeHours": 48, "dailySessionCount": { "value": 4.0 }, "orchestratorsObserved": { "value": 2.0 } });
    assert_eq!(one["data"]["kpi"], expected);
    Ok(())
}

async fn supply_of_the_dashboard(stack: &Stack) -> Result<()> {
    let all = whole(stack).await?;
    let catalog = json!([{ "id": "live-video-to-video", "name": "Live video to video", "models": ["m1"], "regions": ["eu-west"] }]);
    assert_eq!(all["pipelineCatalog"].0, catalog);
    let (pricing, errors) = &all["pricing"];
    assert_eq!(errors.len(), 0, "{errors:?}");
    close(&pricing[0]["price"], 1500.5 / 1e12);
    let mut rest = pricing[0].clone();
    rest.as_object_mut().unwrap().remove("price");
    let expected = json!({ "pipeline": "live-video-to-video", "model": "m1", "unit": "pixel", "avgWeiPerUnit": "1500", "pixelsPerUnit": null, "outputPerDollar": "", "capacity": 2 });
    assert_eq!((rest, pricing.as_array().map(Vec::len)), (expected, Some(1)));

    assert_eq!(all["gpuCapacity"].0, Value::Null);
    let paths: Vec<&Value> = all["gpuCapacity"].1.iter().map(|e| &e["path"][1]).collect();
    assert!(paths.iter().all(|p| *p == "activeGPUs" || *p == "availableCapacity"), "{paths:?}");
    let gpus = naap(stack, "{ gpuCapacity { totalGPUs models { model count } pipelineGPUs { name gpus models { model gpus } } } }").await?;
    let expected = json!({
        "totalGPUs": 2,
        "models": [{ "model": "RTX 4090", "count": 2 }],
        "pipelineGPUs": [{ "name": "live-video-to-video", "gpus": 2, "models": [{ "model": "m1", "gpus": 2 }, { "model": "m2", "gpus": 1 }] }],
    });
    assert_eq!(gpus["data"]["gpuCapacity"], expected);

    assert_eq!(all["protocol"].0, Value::Null);
    let stake = naap(stack, "{ protocol { totalStakedLPT } }").await?;
    assert_eq!(stake["data"]["protocol"]["totalStakedLPT"], 2001.5);
    assert_eq!(all["fees"], (Value::Null, Vec::new()));
    Ok(())
}

async fn orchestrators_of_the_dashboard(stack: &Stack, now: i64) -> Result<()> {
    let all = whole(stack).await?;
    let (rows, errors) = &all["orchestrators"];
    // B tells nothing of its hardware, so it is not among those of whom all is known.
    assert_eq!(rows.as_array().map(Vec::len), Some(1), "{rows}");
    assert!(errors[0]["message"].as_str().unwrap().contains("gpuCount"), "{errors:?}");
    let a = &rows[0];
    close(&a["successRatio"], 200.0 / 3.0);
    close(&a["noSwapRatio"], 200.0 / 3.0);
    let seen = a["lastSeen"].as_str().unwrap();
    let seen = chrono::DateTime::parse_from_rfc3339(seen)?.timestamp();
    assert_eq!(seen, (now - 10 * MINUTE).div_euclid(SECOND));
    for (field, expected) in [
        ("address", json!(A)),
        ("uris", json!(["https://a.example:8935"])),
        ("knownSessions", json!(3)),
        ("successSessions", json!(2)),
        ("effectiveSuccessRate", Value::Null),
        ("slaScore", json!(91.5)),
        ("pipelines", json!(["live-video-to-video"])),
        ("pipelineModels", json!([{ "pipelineId": "live-video-to-video", "modelIds": ["m1"] }])),
        ("gpuCount", json!(2)),
    ] {
        assert_eq!(a[field], expected, "{field}");
    }
    let fewer =
        naap(stack, "{ orchestrators { address knownSessions noSwapRatio slaScore } }").await?;
    let b = json!({ "address": B, "knownSessions": 1, "noSwapRatio": 100.0, "slaScore": null });
    assert_eq!(fewer["data"]["orchestrators"][1], b, "two scores are not one");
    assert_eq!(fewer["data"]["orchestrators"].as_array().map(Vec::len), Some(2), "C was not seen");
    let two_days = naap(stack, "{ orchestrators(period: \"48\") { address slaScore } }").await?;
    let last = json!({ "address": C, "slaScore": null });
    assert_eq!(two_days["data"]["orchestrators"][2], last);
    Ok(())
}

/// The same guard and the same ways in as on `/graphql`.
async fn the_same_door(stack: &Stack) -> Result<()> {
    let bad = naap(stack, "{ kpi(timeframe: \"soon\") { timeframeHours } }").await?;
    assert_eq!(bad["errors"][0]["extensions"]["code"], "BAD_ARGUMENT");
    let deep = format!("{}{}", "{ a ".repeat(40), "}".repeat(40));
    let refused = naap(stack, &deep).await?;
    assert_eq!(refused.get("data"), None);
    assert_ne!(refused["errors"][0]["extensions"]["code"], Value::Null);
    let url = "graphql/naap?query=%7Bkpi%7BtimeframeHours%7D%7D";
    let by_get = get(stack, url).await?;
    assert_eq!(by_get["data"]["kpi"]["timeframeHours"], 24);
    let other = naap(stack, "{ network { sessions } }").await?;
    assert_eq!(other.get("data"), None, "it is a schema of its own");
    Ok(())
}

/// Scenario: naap's dashboard asks each root of its contract with all of its fields, of an empty
/// stack and of one with rows by hand.
/// Guarantees: figures as computed here, of organic traffic only; what is not known is null, an error
/// with a stable code, or a row that is left out and counted; never a 0.
#[tokio::test(flavor = "multi_thread")]
async fn the_dashboard_contract_is_answered() -> Result<()> {
    let stack = Stack::by_hand().await?;
    an_empty_dashboard(&stack).await?;
    let now = now_us();
    insert(&stack, &streams_sql(now)).await?;
    insert(&stack, &supply_sql(now)).await?;
    let tables = [
        "stream_session",
        "stream_minute",
        "stream_leg",
        "payment_fee",
        "supply_report",
        "supply",
        "orchestrator_gpu",
        "onchain_orchestrator",
        "sla_score",
    ];
    stack.applied(&tables).await?;
    kpi_and_pipelines(&stack, now).await?;
    supply_of_the_dashboard(&stack).await?;
    orchestrators_of_the_dashboard(&stack, now).await?;
    the_same_door(&stack).await?;
    stack.stop().await?;
    Ok(())
}
