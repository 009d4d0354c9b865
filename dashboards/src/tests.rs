use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;

fn overview() -> Value {
    json!({
        "status": { "ok": true, "dataThrough": "2026-05-01T12:00:00Z", "checkedAt": "2026-05-01T12:00:02Z",
            "parts": [{ "name": "collector", "ok": true, "detail": null }], "coverage": { "stored": 12345.0, "rejected": 0.0, "gaps": 0.0, "undeclared": 0.0 } },
        "agents": { "nodes": [
            { "name": "local", "kind": "HOST", "online": true, "lastSeenAt": "2026-05-01T12:00:00Z",
              "host": { "time": "2026-05-01T12:00:00Z", "cpuBusyRatio": 0.25, "cpuCount": 8, "memTotalBytes": 1.7e10, "memUsedBytes": 8.5e9, "diskTotalBytes": null, "diskAvailableBytes": null, "os": "Linux", "cpuModel": null },
              "interfaces": [{ "interface": "eth0", "rxBytesPerSecond": 125000.0, "txBytesPerSecond": null }, { "interface": "eth1", "rxBytesPerSecond": 125000.0, "txBytesPerSecond": null }, { "interface": "lo", "rxBytesPerSecond": 500.0, "txBytesPerSecond": 500.0 }],
              "livepeer": [], "sources": [{ "source": "x", "failures": 3, "failureKind": "timeout", "dropped": 0, "dropKind": null }] },
            { "name": "<img src=x onerror=alert(1)>\u{202e}", "kind": "REPLAY", "online": false, "lastSeenAt": null, "host": null, "interfaces": [], "livepeer": [], "sources": [] } ],
            "pageInfo": { "hasNextPage": false, "endCursor": "a" } },
        "day": { "nodes": [{ "origin": "REPLAYED" }], "pageInfo": { "hasNextPage": false, "endCursor": null } },
        "sessions": { "nodes": [
            { "streamId": "</td><script>alert(1)</script>", "requestId": "r1", "origin": "REPLAYED", "gateway": "gw", "model": null, "startedAt": "2026-05-01T11:00:00Z", "closed": true, "outcome": "NO_ORCHESTRATOR",
              "legs": [{ "uri": "javascript:alert(1)" }], "ingestSamples": 34, "statusSamples": 17, "outputFpsMean": 15.99995, "startupMs": null, "timeToPlayableMs": 6744.0, "uploadMbps": 1.349, "swaps": 0, "errorEvents": 1 } ],
            "pageInfo": { "hasNextPage": true, "endCursor": "abc123" } }
    })
}

fn charts() -> Value {
    let point = |time: &str| json!({ "time": time, "partial": false, "cpuBusyRatio": { "mean": 0.5 }, "memUsedBytes": { "mean": null } });
    json!({
        "hostSeries": { "bucket": "RAW", "from": "2026-05-01T11:50:00Z", "to": "2026-05-01T12:00:00Z", "points": [point("2026-05-01T11:59:00Z"), point("2026-05-01T11:59:01Z")] },
        "interfaceSeries": { "bucket": "RAW", "from": "2026-05-01T11:50:00Z", "to": "2026-05-01T12:00:00Z", "points": [] },
        "loopback": { "bucket": "RAW", "from": "2026-05-01T11:50:00Z", "to": "2026-05-01T12:00:00Z", "points": [] }
    })
}

/// Answers the overview query with this, and charts with the usual.
fn fake(overview: Value) -> QueryFn {
    Arc::new(move |request: QueryRequest| {
        let answer = if request.query == query::OVERVIEW {
            overview.clone()
        } else {
            json!({ "data": charts() })
        };
        Box::pin(async move { answer })
    })
}

async fn get_page(query: QueryFn, path: &str) -> (StatusCode, axum::http::HeaderMap, String) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = router(query).oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    (head.status, head.headers, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn figures_are_on_the_page_and_unknown_is_a_dash() {
    let (status, headers, page) = get_page(fake(json!({ "data": overview() })), "/").await;
    assert_eq!(status, StatusCode::OK);
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    for expected in [
        "12\u{202f}345",
        "25 %",
        "7.9 GiB",
        " of 15.8 GiB",
        "in 2.0 Mbit/s",
        "within the machine 4.0 kbit/s",
        "6744 ms",
        "1.35 Mbit/s",
        "data-value=\"15.99995\"",
        "16.0",
        "Source x fails: timeout",
        "> + 1 replayed<",
        "2 s ago",
        "title=\"not known\"",
        "after=abc123",
    ] {
        assert!(page.contains(expected), "no {expected:?} in {page}");
    }
    assert!(!page.contains("http://") && !page.contains("https://"), "no request to anyone else");
}

#[tokio::test]
async fn what_is_lost_is_said_and_whether_it_is_declared() {
    let said = [
        (json!(0.0), "2 rows were refused and 7 never came; both are declared and counted."),
        (json!(3.0), "7 never came; of these, 3 are not declared by any agent."),
        (Value::Null, "7 never came; both are counted."),
    ];
    for (undeclared, expected) in said {
        let mut overview = overview();
        overview["status"]["coverage"] =
            json!({ "stored": 9.0, "rejected": 2.0, "gaps": 7.0, "undeclared": undeclared });
        let (_, _, page) = get_page(fake(json!({ "data": overview })), "/").await;
        assert!(page.contains(expected), "no {expected:?} in {page}");
    }
}

#[tokio::test]
async fn hostile_names_are_text() {
    let (_, _, page) = get_page(fake(json!({ "data": overview() })), "/").await;
    assert!(!page.contains("<img") && !page.contains("<script>alert"), "{page}");
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;\u{fffd}"));
    assert!(!page.contains("href=\"javascript"));
}

#[tokio::test]
async fn nothing_yet_says_how_to_begin() {
    let mut empty = overview();
    empty["agents"]["nodes"] = json!([]);
    empty["sessions"]["nodes"] = json!([]);
    let (_, _, page) = get_page(fake(json!({ "data": empty })), "/").await;
    assert!(page.contains("naap up --replay") && page.contains("naap-agent --config"), "{page}");
    assert!(!page.contains("<table"));
}

#[tokio::test]
async fn an_api_that_is_away_is_said() {
    let broken =
        json!({ "data": null, "errors": [{ "message": "the database cannot be reached" }] });
    let (status, _, page) = get_page(fake(broken), "/").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.contains("the database cannot be reached"), "{page}");
    let (status, _, page) = get_page(fake(json!({ "data": { "odd": 1 } })), "/").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.contains("does not understand"), "{page}");
}

#[tokio::test]
async fn the_living_part_is_the_same_as_on_the_page() {
    let query = fake(json!({ "data": overview() }));
    let (_, _, whole) = get_page(Arc::clone(&query), "/?window=1h").await;
    let (_, headers, part) = get_page(query, "/live?window=1h").await;
    assert!(whole.contains(&part));
    assert_eq!(headers["cache-control"], "no-store");
    assert!(part.contains("href=\"/?window=1h\" aria-current=\"true\""), "{part}");
}

#[tokio::test]
async fn assets_are_kept_for_good_and_named_by_content() {
    let query = fake(json!({ "data": overview() }));
    let (status, headers, style) = get_page(Arc::clone(&query), &assets::STYLE.path()).await;
    assert_eq!((status, style.is_empty()), (StatusCode::OK, false));
    assert!(headers["cache-control"].to_str().unwrap().contains("immutable"));
    let (status, _, _) = get_page(query, "/assets/0000000000000000/style.css").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}
