use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::source::Drops;
use crate::source::testing::{Reply, Server, ok, serve, serve_tls};

const ALLOWED: [&str; 6] = [
    "GET /status HTTP/1.1",
    "GET /getNetworkCapabilities HTTP/1.1",
    "GET /getAISessionPoolsInfo HTTP/1.1",
    "GET /orchestratorInfo HTTP/1.1",
    "GET /registeredOrchestrators HTTP/1.1",
    "GET /discovery HTTP/1.1",
];

fn settings(cli: String) -> Settings {
    Settings {
        target: "n".into(),
        cli,
        service: None,
        interval: Duration::from_secs(10),
        timeout: Duration::from_millis(400),
        role: None,
        origin: "organic",
    }
}

fn facts(role: &str, version: &str) -> watch::Receiver<Option<NodeFacts>> {
    let facts = NodeFacts { role: Some(role.into()), version: Some(version.into()) };
    watch::channel(Some(facts)).1
}

fn unknown() -> watch::Receiver<Option<NodeFacts>> {
    watch::channel(None).1
}

/// The moment `s` seconds after `start`.
fn after(start: Now, s: u64) -> Now {
    Now {
        wall_us: start.wall_us + i64::try_from(s).unwrap() * 1_000_000,
        at: start.at + Duration::from_secs(s),
    }
}

/// Reads every 10 s for so long; gives all rows. No read may fail.
async fn reads(node: &mut NodeHttp, start: Now, from_s: u64, to_s: u64) -> Vec<Row> {
    let mut rows = Vec::new();
    for s in (from_s..to_s).step_by(10) {
        let reading = node.read(after(start, s)).await.unwrap();
        assert!(reading.failed.is_none(), "{:?}", reading.failed);
        rows.extend(reading.rows);
    }
    rows
}

fn status_body() -> serde_json::Value {
    json!({
        "Manifests": { "secret-stream": { "Variants": [] }, "another": null },
        "InternalManifests": {},
        "StreamInfo": { "secret-stream": { "SourceBytes": 5, "TranscodedBytes": 7 },
                        "another": { "SourceBytes": 1, "TranscodedBytes": 1 } },
        "OrchestratorPool": ["https://a:1", "https://b:1"],
        "OrchestratorPoolInfos": [ { "Url": "https://a:1", "Score": 1, "Latency": 2_500_000 },
                                   { "Url": "https://b:1", "Score": 0.5, "Latency": null } ],
        "Version": "0.9.1", "GolangRuntimeVersion": "go1.25", "GOArch": "amd64", "GOOS": "linux",
        "RegisteredTranscodersNumber": 2,
        "RegisteredTranscoders": [ { "Address": "10.0.0.7", "Capacity": 3 }, { "Capacity": 4 } ],
        "LocalTranscoding": false, "BroadcasterPrices": {}
    })
}

/// A node that has an answer to everything.
async fn node() -> Server {
    serve(|path| match path {
        "/status" => ok(status_body()),
        "/getNetworkCapabilities" => ok(json!({ "orchestrators": [ { "address": "0xA" } ] })),
        "/getAISessionPoolsInfo" => ok(json!({})),
        "/orchestratorInfo" => ok(json!({ "Transcoder": { "Address": "0xAB" } })),
        "/registeredOrchestrators" => ok(json!([ { "Address": "0xCD" } ])),
        _ => Reply::Whole(404, Vec::new()),
    })
    .await
}

#[tokio::test]
async fn nothing_else_is_ever_asked() {
    // Whatever a node answers: redirects to what moves funds, garbage, and answers full of paths.
    let bad = "/transferTokens?to=0x0&amount=1";
    let server = serve(move |path| match path {
        "/status" => Reply::Elsewhere(bad.into()),
        "/getNetworkCapabilities" => ok(json!({ "orchestrators": [ { "orch_uri": bad } ] })),
        "/getAISessionPoolsInfo" => {
            ok(json!({ "35_/signMessage": { "warm": { "orchestrators": [ { "url": bad } ] } } }))
        }
        "/discovery" => ok(json!([ { "address": bad, "runners": [ { "url": bad } ] } ])),
        _ => Reply::Whole(500, b"{".to_vec()),
    })
    .await;
    let at = server.address;
    let configured = [
        format!("http://{at}"),
        format!("http://{at}/"),
        format!("http://{at}/setMaxSessions?maxSessions=8"),
        format!("http://{at}/setMaxSessions?maxSessions=8#"),
        format!("http://{at}?/reward"),
        format!("http://user:pass@{at}/withdrawStake/"),
        format!("http://{at}//bond/../.."),
    ];
    let roles =
        [None, Some("gateway"), Some("orchestrator"), Some("transcoder"), Some("../reward")];
    let start = Now::read();
    for url in &configured {
        for role in roles {
            let facts = NodeFacts { role: role.map(Into::into), version: Some("0.9.1".into()) };
            let mut settings = settings(url.clone());
            settings.service = Some(url.clone());
            settings.target = "/reward?".into();
            let mut node = NodeHttp::new(settings, watch::channel(Some(facts)).1);
            for hours in 0..3 {
                drop(node.read(after(start, hours * 3600)).await);
            }
        }
    }
    let asked = server.asked();
    assert!(asked.len() >= configured.len() * roles.len(), "{}", asked.len());
    for line in &asked {
        assert!(ALLOWED.contains(&line.as_str()), "{line}");
    }
    for line in ALLOWED {
        assert!(asked.iter().any(|l| l == line), "{line} was never asked");
    }
}

#[tokio::test]
async fn role_and_version_decide_what_is_asked() {
    let cases: [(Option<&str>, &str, &[&str]); 7] = [
        (None, "0.9.1", &["/status"]),
        (Some("transcoder"), "0.9.1", &["/status"]),
        (
            Some("gateway"),
            "0.9.1",
            &[
                "/status",
                "/getNetworkCapabilities",
                "/getAISessionPoolsInfo",
                "/registeredOrchestrators",
            ],
        ),
        (
            Some("orchestrator"),
            "0.8.10",
            &["/status", "/orchestratorInfo", "/registeredOrchestrators"],
        ),
        (
            Some("orchestrator"),
            "0.7.8-1.2.4-2e3fae7a",
            &["/status", "/orchestratorInfo", "/registeredOrchestrators"],
        ),
        (
            Some("orchestrator"),
            "0.9.1-3a5678ec-dirty",
            &["/status", "/orchestratorInfo", "/registeredOrchestrators", "/discovery"],
        ),
        (
            Some("orchestrator"),
            "undefined",
            &["/status", "/orchestratorInfo", "/registeredOrchestrators"],
        ),
    ];
    for (role, version, expected) in cases {
        let facts = NodeFacts { role: role.map(Into::into), version: Some(version.into()) };
        let mut settings = settings("http://127.0.0.1:1".into());
        settings.service = Some("https://127.0.0.1:2".into());
        let node = NodeHttp::new(settings, watch::channel(Some(facts)).1);
        let due = node.due(Now::read());
        let paths: Vec<&str> = due.iter().map(|d| d.0.path()).collect();
        assert_eq!(paths, expected, "{role:?} {version}");
    }
    let mut assumed = settings("http://127.0.0.1:1".into());
    assumed.role = Some("gateway");
    assert_eq!(NodeHttp::new(assumed, unknown()).due(Now::read()).len(), 4);
}

#[tokio::test]
async fn each_question_has_its_pace() {
    let server = node().await;
    let mut quick = settings(server.url());
    quick.interval = Duration::from_secs(1);
    let mut node = NodeHttp::new(quick, facts("gateway", "0.9.1"));
    assert_eq!(node.pace(), Pace::Every(Duration::from_secs(10)), "10 s at least");
    let rows = reads(&mut node, Now::read(), 0, 3600).await;
    assert_eq!(server.times("/status"), 360);
    assert_eq!(server.times("/getAISessionPoolsInfo"), 360);
    assert_eq!(server.times("/getNetworkCapabilities"), 60);
    assert_eq!(server.times("/registeredOrchestrators"), 1);
    let of = |entity: &str| rows.iter().filter(|r| r.entity.name == entity).count();
    assert_eq!((of("node_status"), of("pool_orchestrator")), (360, 120), "the pool every minute");
    assert_eq!(of("orchestrator_report"), 3, "told at 0, 25 and 50 min");
    let server = self::node().await;
    let mut node = NodeHttp::new(settings(server.url()), facts("orchestrator", "0.8.10"));
    reads(&mut node, Now::read(), 0, 3600).await;
    assert_eq!(
        (server.times("/orchestratorInfo"), server.times("/registeredOrchestrators")),
        (6, 1)
    );
    assert_eq!(server.times("/getNetworkCapabilities"), 0);
}

#[tokio::test]
async fn a_node_without_a_chain_fails_nothing_and_is_left_alone() {
    let server = serve(|path| match path {
        "/status" => ok(status_body()),
        "/getNetworkCapabilities" => {
            let body =
                "no network capabilities\n{\"capabilities_names\":{},\"orchestrators\":null}";
            Reply::Whole(500, body.as_bytes().to_vec())
        }
        "/getAISessionPoolsInfo" => ok("{}"),
        _ => Reply::Whole(500, b"missing ETH client\n".to_vec()),
    })
    .await;
    for role in ["gateway", "orchestrator"] {
        let mut node = NodeHttp::new(settings(server.url()), facts(role, "0.9.1"));
        let rows = reads(&mut node, Now::read(), 0, 7200).await;
        assert!(rows.iter().all(|r| ["node_status", "pool_orchestrator"].contains(&r.entity.name)));
    }
    assert_eq!(server.times("/orchestratorInfo"), 2, "tried again each hour");
    assert_eq!(server.times("/registeredOrchestrators"), 4);
    assert_eq!(server.times("/getNetworkCapabilities"), 120, "it may come at any time");
}

#[tokio::test]
async fn capabilities_are_told_when_they_change() {
    let body =
        Arc::new(std::sync::Mutex::new(json!({ "orchestrators": [ { "address": "0xA" } ] })));
    let served = Arc::clone(&body);
    let server = serve(move |path| match path {
        "/getNetworkCapabilities" => ok(served.lock().unwrap()),
        _ => Reply::Whole(404, Vec::new()),
    })
    .await;
    let mut node = NodeHttp::new(settings(server.url()), facts("gateway", "0.9.1"));
    let start = Now::read();
    let first = reads(&mut node, start, 0, 600).await;
    assert_eq!(first.len(), 1);
    *body.lock().unwrap() =
        json!({ "orchestrators": [ { "address": "0xA" }, { "address": "0xB" } ] });
    let changed = reads(&mut node, start, 600, 1200).await;
    assert_eq!(changed.len(), 2);
    assert_ne!(first[0].get("event_id"), changed[0].get("event_id"));
    assert_eq!(changed[0].get("event_id"), changed[1].get("event_id"));
    *body.lock().unwrap() = json!({ "orchestrators": 7 });
    let reading = node.read(after(start, 1200)).await.unwrap();
    assert_eq!(reading.drops, Drops::from([(Drop::Malformed, 1)]));
}

#[tokio::test]
async fn a_node_that_answers_badly_is_bounded_and_costs_no_other_answer() {
    for bad in ["hang", "gigabyte", "drip", "head", "elsewhere"] {
        let server = serve(move |path| match (path, bad) {
            ("/status", _) => ok(status_body()),
            (_, "hang") => Reply::Hang,
            (_, "gigabyte") => Reply::Gigabyte,
            (_, "drip") => Reply::Drip,
            (_, "head") => Reply::EndlessHead,
            _ => Reply::Elsewhere("http://198.51.100.1/reward".into()),
        })
        .await;
        let mut node = NodeHttp::new(settings(server.url()), facts("gateway", "0.9.1"));
        node.due.insert(Ask::ActiveSet, Instant::now() + Duration::from_secs(3600));
        let reading = tokio::time::timeout(Duration::from_secs(20), node.read(Now::read())).await;
        let reading = reading.expect("it ends").unwrap();
        assert!(reading.rows.iter().any(|r| r.entity.name == "node_status"), "{bad}");
        let error = reading.failed.expect(bad);
        match bad {
            "hang" | "drip" => assert!(matches!(error, SourceError::Timeout(_)), "{error}"),
            // Which bound is met first is a matter of the machine's speed.
            "gigabyte" => assert!(
                matches!(error, SourceError::TooLarge { .. } | SourceError::Timeout(_)),
                "{error}"
            ),
            "head" => assert!(
                matches!(error, SourceError::Connect(_) | SourceError::Timeout(_)),
                "{error}"
            ),
            _ => assert!(error.to_string().contains("302"), "{error}"),
        }
    }
}

#[tokio::test]
async fn a_dead_node_is_a_failure() {
    let mut node = NodeHttp::new(settings("http://127.0.0.1:1".into()), unknown());
    assert!(matches!(node.read(Now::read()).await, Err(SourceError::Connect(_))));
}

#[tokio::test]
async fn a_service_port_signs_its_own_certificate_and_is_on_this_machine() {
    let body = json!([ { "address": "https://o:1", "runners": [ { "url": "https://o:1/a" } ] } ]);
    let server = serve_tls(move |_| ok(&body)).await;
    let mut settings = settings("http://127.0.0.1:1".into());
    settings.timeout = Duration::from_secs(10);
    settings.service = Some(format!("https://{}", server.address));
    let mut node = NodeHttp::new(settings, facts("orchestrator", "0.9.0"));
    for ask in [Ask::Status, Ask::OrchestratorInfo, Ask::ActiveSet] {
        node.due.insert(ask, Instant::now() + Duration::from_secs(3600));
    }
    let reading = node.read(Now::read()).await.unwrap();
    assert_eq!(reading.rows.len(), 1);
    assert_eq!(server.asked(), ["GET /discovery HTTP/1.1"]);
    // Elsewhere no certificate goes unchecked: nothing is even connected to.
    let get = Get::default();
    let elsewhere = get.body("https://198.51.100.1:1/discovery", "*/*", 10);
    let elsewhere = tokio::time::timeout(Duration::from_secs(5), elsewhere).await;
    assert!(matches!(elsewhere.expect("it is refused at once"), Err(SourceError::Connect(_))));
}

fn cell(row: &Row, field: &str) -> String {
    match row.get(field) {
        None => "-".into(),
        Some(Value::Text(t)) => t.to_string(),
        Some(Value::I64(i)) => i.to_string(),
        Some(Value::F64(x)) => x.to_string(),
        Some(Value::Uuid(u)) => u.to_string(),
    }
}

fn cells(row: &Row, fields: &[&str]) -> Vec<String> {
    fields.iter().map(|f| cell(row, f)).collect()
}

#[test]
fn a_status_is_counted_and_its_streams_are_not_kept() {
    let body = status_body().to_string();
    let read = status(body.as_bytes(), "n", 1, Duration::from_millis(2), true).unwrap();
    assert_eq!(read.drops, Drops::new());
    let fields =
        ["streams", "source_bytes", "transcoded_bytes", "transcoders", "transcoders_capacity"];
    assert_eq!(cells(&read.rows[0], &fields), ["2", "6", "8", "2", "7"]);
    let fields = ["version", "go_version", "os", "arch", "local_transcoding", "answer_ms"];
    assert_eq!(cells(&read.rows[0], &fields), ["0.9.1", "go1.25", "linux", "amd64", "0", "2"]);
    assert_eq!(
        cells(&read.rows[1], &["orch_url", "score", "latency_ms"]),
        ["https://a:1", "1", "2.5"]
    );
    assert_eq!(cell(&read.rows[2], "latency_ms"), "-");
    let kept = format!("{:?}", read.rows);
    assert!(!kept.contains("secret-stream") && !kept.contains("10.0.0.7"), "{kept}");
    let bare = r#"{"Version":"0.9.1","OrchestratorPool":null,"OrchestratorPoolInfos":null,"RegisteredTranscodersNumber":0,"RegisteredTranscoders":null}"#;
    let bare = status(bare.as_bytes(), "n", 1, Duration::ZERO, true).unwrap();
    let fields = ["streams", "orchestrator_pool_size", "transcoders_capacity"];
    assert_eq!(cells(&bare.rows[0], &fields), ["-", "-", "0"]);
    assert_eq!(status(b"{}", "n", 1, Duration::ZERO, true).unwrap_err(), Drop::Malformed);
}

#[test]
fn pools_tell_sizes_scores_and_suspensions() {
    let body = json!({
        "35_noop_x": {
            "cold": { "size": 1, "in_use": 0, "orchestrators": null },
            "warm": { "size": 2, "in_use": 1, "orchestrators": [
                { "url": "https://a:1", "latency_score": 0, "in_flight": 1 },
                { "url": "https://b:1", "latency_score": 0.25, "in_flight": 0 } ] },
            "last_refresh": "2026-11-23T10:00:00.5+01:00",
            "suspended": { "list": { "https://b:1": 3, "https://c:1": 1 }, "current_count": 9 } },
        "Text to image_sd": { "last_refresh": "0001-01-01T00:00:00Z", "suspended": { "list": null } },
        "nonsense": {}
    });
    let read = ai_session_pools(body.to_string().as_bytes(), "n", 1, true).unwrap();
    assert_eq!(read.drops, Drops::from([(Drop::Malformed, 1)]));
    let pool = read.rows.iter().find(|r| cell(r, "model") == "noop_x").unwrap();
    let fields = ["capability", "pipeline", "warm_size", "warm_in_use", "cold_size", "suspended"];
    assert_eq!(cells(pool, &fields), ["35", "live-video-to-video", "2", "1", "1", "2"]);
    assert_eq!(cell(pool, "last_refresh"), "1795424400500000", "2026-11-23T09:00:00.5Z");
    let other = read.rows.iter().find(|r| cell(r, "model") == "sd").unwrap();
    let fields = ["capability", "warm_size", "suspended", "last_refresh"];
    assert_eq!(cells(other, &fields), ["27", "-", "0", "-"]);
    let each: Vec<_> =
        read.rows.iter().filter(|r| r.entity.name == "ai_session_pool_orchestrator").collect();
    let fields = ["orch_url", "pool", "latency_score", "in_flight", "suspended"];
    assert_eq!(cells(each[0], &fields), ["https://a:1", "warm", "-", "1", "0"], "0: not measured");
    assert_eq!(cells(each[1], &fields), ["https://b:1", "warm", "0.25", "0", "1"]);
    let few = ai_session_pools(body.to_string().as_bytes(), "n", 1, false).unwrap();
    assert_eq!(few.rows.len(), 2);
}

#[test]
fn amounts_beyond_any_machine_number_stay_exact() {
    let stake = "123456789012345678901234567890";
    let never = "115792089237316195423570985008687907853269984665640564039457584007913129639935";
    let body = format!(
        r#"{{"Transcoder":{{"Address":"0xAbC","ServiceURI":"https://o:1","LastRewardRound":4000,"RewardCut":250000,"FeeShare":1000000,"DelegatedStake":{stake},"ActivationRound":7,"DeactivationRound":{never},"LastActiveStakeUpdateRound":3,"Active":true,"Status":"Registered","PricePerPixel":null}},"PriceInfo":"1200/7"}}"#
    );
    let read = orchestrator_info(body.as_bytes(), "n", 1).unwrap();
    assert_eq!(read.drops, Drops::new());
    let fields = ["orch_address", "stake_wei", "reward_cut", "fee_share", "deactivation_round"];
    assert_eq!(cells(&read.rows[0], &fields), ["0xabc", stake, "0.25", "1", "-"]);
    let fields = ["active", "status", "price_per_pixel_wei", "list", "last_reward_round"];
    assert_eq!(cells(&read.rows[0], &fields), ["1", "Registered", "1200/7", "self", "4000"]);
    let set = format!(r#"[{{"Address":"0xA","DelegatedStake":"{stake}"}},{{"Active":1}},7]"#);
    let read = active_set(set.as_bytes(), "n", 1).unwrap();
    assert_eq!(read.drops, Drops::from([(Drop::Malformed, 1)]));
    assert_eq!(read.rows.len(), 2);
    assert_eq!(cells(&read.rows[0], &["stake_wei", "list"]), [stake, "active_set"]);
    assert!(active_set(b"null", "n", 1).unwrap().rows.is_empty());
}

#[test]
fn runners_are_split_and_their_gpus_hashed() {
    let uuid = "GPU-11111111-2222-3333-4444-555555555555";
    let body = json!([ { "address": "https://o:1", "runners": [
        { "url": "https://o:1/a", "gpu": { "id": uuid, "name": "G", "vram_mb": 2 }, "app": "p/m/x",
          "version": "1", "metadata": "{\"region\":\"us-west\",\"secret\":\"s3\"}", "mode": "persistent",
          "capacity": 2, "capacity_used": 1, "capacity_available": 1,
          "price_info": { "price": 0.000001234567890123, "currency": "wei", "unit": "seconds" } },
        { "url": "https://o:1/b", "gpu": { "id": "3" }, "app": "solo", "metadata": "{\"region\":\"US West\"}" },
        { "url": "https://o:1/b" },
        { "url": "https://o:1/c", "gpu": { "id": "my-host-7" }, "metadata": "plain" },
        { "app": "no url" }
    ] }, { "address": "https://p:1", "runners": null }, 7 ]);
    let body = body.to_string().replace("1.234567890123e-6", "0.000001234567890123");
    let read = live_runners(body.as_bytes(), "n", 1).unwrap();
    assert_eq!(read.drops, Drops::from([(Drop::Malformed, 2)]), "no url; no entry");
    assert_eq!(read.rows.len(), 3, "one that is there twice is one");
    let fields = ["app", "pipeline", "model", "price", "region", "memory_total_bytes", "gpu_index"];
    assert_eq!(
        cells(&read.rows[0], &fields),
        ["p/m/x", "p", "m/x", "0.000001234567890123", "us-west", "2097152", "-"]
    );
    assert_eq!(cell(&read.rows[0], "gpu_id"), naap_schema::identity::gpu_id(uuid));
    assert_eq!(cells(&read.rows[1], &fields), ["solo", "solo", "-", "-", "-", "-", "3"]);
    assert_eq!(cells(&read.rows[2], &["gpu_id", "gpu_index"]), ["-", "-"], "neither of the two");
    let kept = format!("{:?}", read.rows);
    assert!(!kept.contains("GPU-1111") && !kept.contains("s3") && !kept.contains("my-host"));
}

#[test]
fn an_answer_gives_a_bounded_number_of_rows_of_bounded_texts() {
    let many: Vec<_> =
        (0..limits::NODE_ROWS + 7).map(|i| json!({ "Address": i.to_string() })).collect();
    let read = active_set(serde_json::to_string(&many).unwrap().as_bytes(), "n", 1).unwrap();
    assert_eq!(read.rows.len(), limits::NODE_ROWS);
    assert_eq!(read.drops, Drops::from([(Drop::SeriesLimit, 7)]));
    let long = json!([ { "Address": "0x1", "ServiceURI": "é".repeat(5000), "Status": "a\u{0}b" } ]);
    let read = active_set(long.to_string().as_bytes(), "n", 1).unwrap();
    assert_eq!(read.drops, Drops::from([(Drop::TooLong, 1)]));
    assert_eq!(cell(&read.rows[0], "service_uri").len(), 256);
    let deep = format!("{{\"Manifests\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(status(deep.as_bytes(), "n", 1, Duration::ZERO, true).is_err());
    let deep = deep.replace("Manifests", "35_m");
    assert_eq!(ai_session_pools(deep.as_bytes(), "n", 1, true).unwrap_err(), Drop::Malformed);
}

#[test]
fn versions() {
    assert_eq!(release("0.9.0"), Some([0, 9, 0]));
    assert_eq!(release("v0.8.10-3a5678ec-dirty"), Some([0, 8, 10]));
    assert_eq!(release("0.7.8-1.2.4-2e3fae7a"), Some([0, 7, 8]));
    for bad in ["", "undefined", "0.9", "0.9.0.1", "0.9.x", "99999999999.0.0"] {
        assert_eq!(release(bad), None, "{bad}");
    }
}

/// Every parser on one body; what comes of it must fit its declaration.
fn all(body: &[u8]) -> Vec<Result<Answer, Drop>> {
    vec![
        status(body, "n", 1, Duration::ZERO, true),
        network_capabilities(body, "id", 1, "organic"),
        ai_session_pools(body, "n", 1, true),
        orchestrator_info(body, "n", 1),
        active_set(body, "n", 1),
        live_runners(body, "n", 1),
    ]
}

fn good() -> Vec<String> {
    vec![
        status_body().to_string(),
        json!({ "35_m": { "warm": { "size": 1, "orchestrators": [ { "url": "u", "in_flight": 1 } ] },
                          "suspended": { "list": { "u": 1 } }, "last_refresh": "2026-11-23T10:00:00+01:00" } }).to_string(),
        json!({ "Transcoder": { "Address": "0xA", "DelegatedStake": 1, "PricePerPixel": "1/2" } }).to_string(),
        json!([ { "address": "a", "runners": [ { "url": "u", "gpu": { "id": "GPU-1", "vram_mb": 1 }, "metadata": "{}", "price_info": { "price": 1 } } ] } ]).to_string(),
        json!({ "orchestrators": [ { "capabilities": { "constraints": { "PerCapability": { "35": { "models": { "m": { "capacity": 1 } } } } } }, "hardware": [ { "gpu_info": { "0": { "id": "GPU-1" } } } ] } ] }).to_string(),
    ]
}

proptest! {
    #[test]
    fn damaged_answers_never_panic(
        which in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<prop::sample::Index>(),
        whole in any::<bool>(),
    ) {
        let good = good();
        let mut body = good[which.index(good.len())].clone().into_bytes();
        let i = at.index(body.len());
        body[i] = byte;
        if !whole {
            body.truncate(cut.index(body.len()) + 1);
        }
        for answer in all(&body).into_iter().flatten() {
            for row in answer.rows { prop_assert_eq!(row.check(), Ok(())); }
        }
    }

    #[test]
    fn wrong_types_never_panic(
        which in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        n in any::<i64>(),
        text in "\\PC{0,20}|[\\x00-\\x1f]{1,4}|-?[0-9]{1,90}",
    ) {
        // One value of a good answer becomes another.
        let values = [json!(n), json!(text), json!(null), json!([n, text]), json!({ "x": n }), json!(n as f64 * 1e30)];
        let good = good();
        let body: serde_json::Value = serde_json::from_str(&good[which.index(good.len())]).unwrap();
        for value in values {
            let mut body = body.clone();
            let mut leaves = Vec::new();
            pointers(&body, String::new(), &mut leaves);
            *body.pointer_mut(&leaves[at.index(leaves.len())]).unwrap() = value;
            for answer in all(body.to_string().as_bytes()).into_iter().flatten() {
                for row in answer.rows { prop_assert_eq!(row.check(), Ok(())); }
            }
        }
    }
}

/// Pointers to everything in a value.
fn pointers(value: &serde_json::Value, at: String, out: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(o) => {
            for (k, v) in o {
                let k = k.replace('~', "~0").replace('/', "~1");
                pointers(v, format!("{at}/{k}"), out);
            }
        }
        serde_json::Value::Array(a) => {
            for (i, v) in a.iter().enumerate() {
                pointers(v, format!("{at}/{i}"), out);
            }
        }
        _ => {}
    }
    out.push(at);
}
