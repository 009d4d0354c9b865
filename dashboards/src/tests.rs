use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::panel::PANELS;

/// An API that has something of everything that a document asks for.
fn answers(document: &str) -> Value {
    let mut data = json!({});
    let has = |field: &str| document.contains(field);
    if has("status {") {
        data["status"] = json!({ "ok": true, "dataThrough": "2026-05-01T12:00:00Z", "checkedAt": "2026-05-01T12:00:02Z",
            "apiVersion": "1", "schemaVersion": 3, "databaseVersion": 3, "parts": [], "tables": [], "views": [],
            "coverage": { "produced": 9.0, "stored": 12345.0, "rejected": 2.0, "gaps": 7.0, "pending": 0.0, "undeclared": 3.0, "duplicates": 0.0, "declaredGaps": [{ "reason": "evicted", "rows": 4.0 }] } });
        data["corrections"] = json!([]);
    }
    for (name, n) in [("organic", 5), ("simulated", 0), ("replayed", 0), ("test", 0)] {
        if has(&format!("{name}: network")) {
            data[name] = json!({ "orchestrators": n, "sessions": n });
        }
    }
    if has("  network(") {
        data["network"] = json!({ "asOf": "2026-05-01T12:00:00Z", "dataThrough": null, "dataCoverage": 0.5, "orchestrators": 22, "orchestratorsOnline": 21,
            "gpus": null, "slots": 129, "slotsIdle": 70, "sessions": 343, "requested": 323, "served": 284, "unserved": 20, "minutes": 1319.2, "feesEth": null });
    }
    if has("orchestrators(") {
        data["orchestrators"] = json!({ "totalCount": 2, "nodes": [orchestrator("0x02cbd72ae3a0f0a447a17e391f480766cb673bd3"), orchestrator("0x1111111111111111111111111111111111111111")], "pageInfo": { "hasNextPage": false, "endCursor": "a" } });
    }
    if has("sla") {
        data["sla"] = json!({ "bucket": "H1", "from": "2026-05-01T11:00:00Z", "to": "2026-05-01T12:00:00Z", "dataThrough": null, "scores": [score()],
            "columns": { "end": ["2026-05-01T11:00:00Z"], "orchestrator": ["0x02cbd72ae3a0f0a447a17e391f480766cb673bd3"], "model": ["m"], "region": [null], "score": [84.2], "requested": [10] } });
    }
    if has("demand(") {
        data["demand"] = json!({ "bucket": "H1", "from": "2026-05-01T10:00:00Z", "to": "2026-05-01T12:00:00Z", "dataThrough": null, "dataCoverage": null, "samples": 12, "groupsLeftOut": 0,
            "groups": [{ "key": [{ "dimension": "MODEL", "value": HOSTILE }, { "dimension": "REGION", "value": null }],
                "columns": { "time": ["2026-05-01T10:00:00Z", "2026-05-01T11:00:00Z"], "partial": [false, true], "served": [90, 3], "requested": [100, 4], "failed": [10, 0], "unserved": [null, 1], "minutes": [1.5, null] },
                "points": [], "total": { "samples": 12, "requested": 104, "served": 93, "unserved": 1, "minutes": 1.5 } }] });
    }
    data
}

/// What a node may call itself.
const HOSTILE: &str = "</script><img src=x onerror=alert(1)>\u{202e}";

fn orchestrator(address: &str) -> Value {
    json!({ "address": address, "online": true, "lastSeenAt": "2026-05-01T11:50:00Z", "gateways": ["g"], "gpuCount": null, "gpus": [], "implausible": true, "regions": [],
        "slotCount": 8, "slotsIdle": 6, "uris": ["https://x.example:8935", HOSTILE], "versions": ["0.9"], "models": [{ "model": "m", "pipeline": "live-video-to-video", "warm": true, "slots": 1, "priceWeiPerUnit": 2176.0, "priceUnit": "pixel", "priceWeiPerMinute": 3.6e12 }] })
}

fn score() -> Value {
    json!({ "end": "2026-05-01T11:00:00Z", "orchestrator": "0x02cbd72ae3a0f0a447a17e391f480766cb673bd3", "pipeline": "live-video-to-video", "model": "m", "region": "eu-central",
        "score": 84.2, "rank": 1, "ranked": true, "requested": 10, "served": 8, "swapped": 2, "signalCoverage": 1.0, "coverageCost": 0.0,
        "terms": [{ "name": "STARTUP_SUCCESS", "value": 0.8, "effectiveWeight": 0.28, "cost": 5.6, "n": 10, "flag": null, "median": null }],
        "compliance": [{ "target": "startup", "figure": "served / requested", "value": 0.99, "unit": "ratio", "atLeast": true, "met": 2, "hours": 3, "ratio": 0.667 }] })
}

fn working() -> QueryFn {
    Arc::new(|request: QueryRequest| {
        let answer = json!({ "data": answers(&request.query) });
        Box::pin(async move { answer })
    })
}

fn fixed(answer: Value) -> QueryFn {
    Arc::new(move |_| {
        let answer = answer.clone();
        Box::pin(async move { answer })
    })
}

async fn get_page(query: QueryFn, path: &str) -> (StatusCode, HeaderMap, String) {
    get_from(router(query), path).await
}

async fn get_from(router: Router, path: &str) -> (StatusCode, HeaderMap, String) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = router.oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, 1 << 22).await.unwrap();
    (head.status, head.headers, String::from_utf8(bytes.to_vec()).unwrap())
}

/// Every page that there is.
fn every_page() -> Vec<String> {
    let mut all: Vec<String> = frame::PAGES.iter().map(|p| p.0.to_owned()).collect();
    all.push("/orchestrators/0x02cbd72ae3a0f0a447a17e391f480766cb673bd3".to_owned());
    all.extend(PANELS.iter().map(|p| format!("/table/{}", p.id)));
    all
}

#[tokio::test]
async fn figures_are_on_the_page_and_unknown_is_a_dash() {
    let (status, headers, page) = get_page(working(), "/").await;
    assert_eq!(status, StatusCode::OK);
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    for expected in [
        "data-value=\"323\"",
        "87.9 %",
        "70 of 129",
        "1\u{202f}319 min",
        "title=\"not known\"",
        "coverage of the gateways’ agents 50 %",
    ] {
        assert!(page.contains(expected), "no {expected:?} in {page}");
    }
}

#[tokio::test]
async fn every_page_is_there_says_its_policy_and_asks_nobody_else() {
    for path in every_page() {
        let (status, headers, page) = get_page(working(), &path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(
            headers["content-security-policy"]
                .to_str()
                .unwrap()
                .ends_with("frame-ancestors 'self'")
        );
        assert!(
            !page.contains("src=\"http") && !page.contains("link rel=\"stylesheet\" href=\"http"),
            "{path}"
        );
        assert!(
            !page.contains(" style=\"") && !page.contains("<style") && !page.contains(" onclick"),
            "{path} has nothing inline"
        );
        assert_eq!(page.matches("<h1").count(), 1, "{path}");
        let mut ids: Vec<&str> =
            page.split(" id=\"").skip(1).filter_map(|s| s.split('"').next()).collect();
        let before = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), before, "{path}: each id stands once");
    }
}

/// What of a page is text, and not a tag or an attribute.
fn texts(page: &str) -> String {
    page.split('<').filter_map(|part| part.split_once('>')).map(|part| part.1).collect()
}

#[tokio::test]
async fn hostile_names_are_text_wherever_they_stand() {
    let images = ["/embed/top-models".to_owned(), "/chart/top-models.svg".to_owned()];
    for path in every_page().into_iter().chain(images) {
        let (_, _, page) = get_page(working(), &path).await;
        assert!(!page.contains("<img src=x"), "{path}: {page}");
        assert!(!texts(&page).contains('\u{202e}'), "{path}: nothing reorders what is around it");
    }
    let (_, _, page) = get_page(working(), "/table/top-models").await;
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;"), "{page}");
    assert!(page.contains("\\u003c/script>\\u003cimg"), "{page}");
}

#[tokio::test]
async fn without_an_answer_a_page_says_so() {
    let broken =
        json!({ "data": null, "errors": [{ "message": "the database cannot be reached" }] });
    for path in every_page() {
        let (status, _, page) = get_page(fixed(broken.clone()), &path).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(page.contains("The API does not answer"), "{path}");
    }
    let (status, _, _) = get_page(fixed(json!({ "data": { "odd": 1 } })), "/").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test(start_paused = true)]
async fn what_was_known_last_is_shown_with_its_age() {
    let down = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let away = Arc::clone(&down);
    let router = router(Arc::new(move |request: QueryRequest| {
        let answer = if away.load(std::sync::atomic::Ordering::SeqCst) {
            json!({ "data": null, "errors": [{ "message": "away" }] })
        } else {
            json!({ "data": answers(&request.query) })
        };
        Box::pin(async move { answer })
    }));
    let (_, _, before) = get_from(router.clone(), "/").await;
    assert!(!before.contains("last-known"));
    down.store(true, std::sync::atomic::Ordering::SeqCst);
    tokio::time::advance(std::time::Duration::from_secs(90)).await;
    let (status, _, page) = get_from(router, "/").await;
    assert_eq!(status, StatusCode::OK, "there is something to show");
    assert!(page.contains("was known 90 s ago") && page.contains("data-value=\"323\""), "{page}");
}

#[tokio::test]
async fn a_part_that_is_missing_leaves_the_rest() {
    let partly: QueryFn = Arc::new(|request: QueryRequest| {
        let answer = if request.query.contains("distributions") {
            json!({ "data": null, "errors": [{ "message": "the query took longer than 10s" }] })
        } else {
            json!({ "data": answers(&request.query) })
        };
        Box::pin(async move { answer })
    });
    let (status, _, page) = get_page(partly, "/").await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        page.contains("Some figures are missing: the query took longer")
            && page.contains("data-value=\"323\"")
    );
    assert!(page.contains("This could not be read"), "the chart says it too");
}

/// What could not be read is not said to be none.
#[tokio::test]
async fn what_is_not_known_is_not_nothing() {
    let broken: QueryFn = Arc::new(|request: QueryRequest| {
        let around = request.query.contains("organic: network");
        let data = if around { answers(&request.query) } else { Value::Null };
        let errors =
            if around { json!([]) } else { json!([{ "message": "the database is away" }]) };
        Box::pin(async move { json!({ "data": data, "errors": errors }) })
    });
    for (path, claim) in [
        ("/orchestrators", "No orchestrator has been seen"),
        ("/orchestrators/0x02cbd72ae3a0f0a447a17e391f480766cb673bd3", "There is no score yet"),
        (
            "/orchestrators/0x02cbd72ae3a0f0a447a17e391f480766cb673bd3",
            "no hour with requests missed",
        ),
        ("/gpus", "Nobody has told of a GPU"),
        ("/gateways", "No gateway has reported"),
        ("/pipelines", "No orchestrator offers"),
        ("/regions", "No agent says"),
        ("/nodes", "No agent has reported"),
        ("/tests", "No load test has run"),
        ("/compare", "nothing to compare"),
    ] {
        let (_, _, page) = get_page(Arc::clone(&broken), path).await;
        assert!(!page.contains(claim), "{path} claims: {claim}");
        assert!(page.contains("the database is away"), "{path} says what is wrong");
        assert!(page.contains("could not be read"), "{path}: {page}");
    }
}

#[tokio::test]
async fn nothing_yet_says_how_to_begin() {
    let nothing: QueryFn = Arc::new(|request: QueryRequest| {
        let mut data = answers(&request.query);
        for name in ["organic", "demand", "sla", "orchestrators", "sessions"] {
            data[name] = Value::Null;
        }
        data["organic"] = json!({ "orchestrators": 0, "sessions": 0 });
        data["sessions"] =
            json!({ "nodes": [], "pageInfo": { "hasNextPage": false, "endCursor": null } });
        data["orchestrators"] =
            json!({ "nodes": [], "pageInfo": { "hasNextPage": false, "endCursor": null } });
        data["sla"] = json!({ "scores": [], "columns": { "end": [] } });
        data["tests"] = json!({ "sessions": data["sessions"] });
        data["gateways"] = data["orchestrators"].clone();
        data["gpus"] = data["orchestrators"].clone();
        data["pipelines"] = data["orchestrators"].clone();
        data["agents"] = data["orchestrators"].clone();
        data["regions"] = json!([]);
        Box::pin(async move { json!({ "data": data }) })
    });
    for path in [
        "/sessions",
        "/orchestrators",
        "/gateways",
        "/gpus",
        "/pipelines",
        "/nodes",
        "/regions",
        "/tests",
    ] {
        let (_, _, page) = get_page(Arc::clone(&nothing), path).await;
        assert!(!page.contains("plot empty"), "{path} shows no empty chart");
        assert!(page.contains("[[kafka_endpoint]]"), "{path} says how to begin: {page}");
    }
}

#[tokio::test]
async fn whose_traffic_it_is_is_said() {
    let (_, _, page) = get_page(working(), "/?origin=simulated").await;
    assert!(page.contains("of a simulated network"), "{page}");
    let (_, _, page) = get_page(working(), "/").await;
    assert!(!page.contains("of a simulated network"), "organic comes first");
}

#[tokio::test]
async fn embeds_are_framed_by_whom_the_operator_allows() {
    let policy = |who: &str| {
        let settings = Settings { frame_ancestors: who.to_owned() };
        let router = router_with(working(), &settings);
        async move {
            let (status, headers, _) = get_from(router, "/embed/success").await;
            assert_eq!(status, StatusCode::OK);
            headers["content-security-policy"].to_str().unwrap().to_owned()
        }
    };
    assert!(policy("*").await.ends_with("frame-ancestors *"));
    assert!(
        policy("https://a.example https://b.example")
            .await
            .ends_with("https://a.example https://b.example")
    );
    assert!(policy("x; script-src *").await.ends_with("frame-ancestors 'none'"));
    assert!(policy("").await.ends_with("frame-ancestors 'none'"));
}

#[tokio::test]
async fn images_are_whole_small_and_run_nothing() {
    for panel in PANELS {
        let (status, headers, svg) =
            get_page(working(), &format!("/chart/{}.svg?theme=dark", panel.id)).await;
        assert_eq!(
            (status, headers["content-type"].to_str().unwrap()),
            (StatusCode::OK, "image/svg+xml; charset=utf-8"),
            "{}",
            panel.id
        );
        assert!(
            svg.len() < 12_288 && svg.contains("class=\"image dark\""),
            "{}: {}",
            panel.id,
            svg.len()
        );
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    }
    let (_, _, svg) = get_page(working(), "/badge/success.svg").await;
    assert!(svg.len() < 2048 && svg.contains("89.4 %"), "{svg}");
    assert_eq!(get_page(working(), "/badge/nothing.svg").await.0, StatusCode::NOT_FOUND);
    assert_eq!(get_page(working(), "/chart/nothing.svg").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    for path in [
        "/orchestrators/0x12",
        "/orchestrators/%3Cscript%3E",
        "/table/nothing",
        "/nothing/%3Cscript%3E",
    ] {
        let (status, _, page) = get_page(working(), path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.contains("<nav") && !page.contains("<script>"), "{path}: {page}");
    }
}

#[tokio::test]
async fn assets_are_kept_for_good_and_named_by_content() {
    let (status, headers, style) = get_page(working(), &assets::STYLE.path()).await;
    assert_eq!((status, style.is_empty()), (StatusCode::OK, false));
    assert!(headers["cache-control"].to_str().unwrap().contains("immutable"));
    let (status, _, _) = get_page(working(), "/assets/0000000000000000/style.css").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (_, _, loader) = get_page(working(), "/embed.js").await;
    assert!(loader.len() < 1024, "the loader is small even unpacked: {}", loader.len());
}
