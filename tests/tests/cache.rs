//! Cost, rate limit and kept answers, over HTTP, against the real database.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::float_cmp, reason = "counts are whole and exact")]

use std::time::Duration;

use anyhow::{Result, ensure};
use http::StatusCode;
use naap_tests::rows::now_us;
use naap_tests::{Api, Stack, eventually};
use serde_json::{Value, json};

const OFF: &str = "[rate]\npoints = 0\n";
/// Fresh for 15 s: its buckets are of five minutes, and the last one is open.
const OPEN: &str = "{ demand(window: { last: \"1h\" }, bucket: M5) { groups { total { requested } points { time requested } } } }";

/// A session that begins now, as derived.
async fn session(stack: &Stack, n: u64) -> Result<()> {
    let sql = format!(
        "insert into stream_session (ts, void, formula, session, origin, gateway, outcome, requested, served) values ({}, 0, '2026.1', '00000000-0000-4000-8000-{n:012x}', 'organic', 'g1', 'SERVED', 1, 1)",
        now_us() - 120_000_000
    );
    stack.sql(&sql).await?;
    let count = format!(
        "select count() from stream_session where session = '00000000-0000-4000-8000-{n:012x}'"
    );
    eventually("the session", Duration::from_secs(30), || async {
        ensure!(stack.number(&count).await? == 1);
        Ok(())
    })
    .await
}

fn requested(body: &Value) -> i64 {
    body["data"]["demand"]["groups"][0]["total"]["requested"].as_i64().unwrap_or(0)
}

async fn identical_questions_are_answered_once(stack: &Stack) -> Result<()> {
    let api = Api::start(stack, OFF, None).await?;
    let alone = "{ a: demand(window: { last: \"2h\" }) { groups { total { requested } } } }";
    let before = api.metric("database_queries_total").await?;
    ensure!(api.get(alone, &[]).await?.status == StatusCode::OK);
    let each = api.metric("database_queries_total").await? - before;
    assert!(each >= 1.0);
    let made = api.metric("execution_seconds_count").await?;
    let before = api.metric("database_queries_total").await?;
    let many = alone.replace("a: ", "b: ");
    let asked =
        (0..200).map(|i| {
            let (api, many) = (&api, &many);
            // Half of them mean the same and say it otherwise.
            let query = if i % 2 == 0 { many.clone() } else { many.replace(" }", "\n}") };
            async move {
                if i % 3 == 0 { api.ask(&query, &[]).await } else { api.get(&query, &[]).await }
            }
        });
    let mut bodies = std::collections::BTreeSet::new();
    for reply in futures::future::join_all(asked).await {
        let reply = reply?;
        assert_eq!(reply.status, StatusCode::OK);
        bodies.insert(reply.body);
    }
    assert_eq!(bodies.len(), 1);
    assert_eq!(api.metric("execution_seconds_count").await? - made, 1.0);
    assert_eq!(api.metric("database_queries_total").await? - before, each);
    assert_eq!(api.metric("cache_total{result=\"miss\"}").await?, 2.0);
    let shared = api.metric("cache_total{result=\"coalesced\"}").await?
        + api.metric("cache_total{result=\"hit\"}").await?;
    assert_eq!(shared, 199.0);
    assert!(api.metric("cache_bytes").await? > 0.0);
    Ok(())
}

async fn caches_on_the_way_are_told_what_they_need(stack: &Stack) -> Result<()> {
    let api = Api::start(stack, OFF, None).await?;
    let query = "{ catalogue { name description fields { name description } } }";
    let first = api.get(query, &[]).await?;
    assert_eq!(first.header("cache-control"), "public, max-age=3600, stale-while-revalidate=86400");
    assert_eq!(first.header("vary"), "accept, accept-encoding");
    assert_eq!((first.header("age"), first.header("server-timing")), ("0", "cache;desc=miss"));
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with('"'), "strong: {tag}");
    let again = api.get(query, &[("if-none-match", &tag)]).await?;
    assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
    assert_eq!((again.header("etag"), again.header("server-timing")), (&*tag, "cache;desc=hit"));
    // Another representation has another tag.
    let packed = api.get(query, &[("accept-encoding", "gzip"), ("if-none-match", &tag)]).await?;
    assert_eq!((packed.status, packed.header("content-encoding")), (StatusCode::OK, "gzip"));
    assert!(packed.body.len() * 2 < first.body.len());
    let packed_tag = packed.header("etag").to_owned();
    assert_ne!(packed_tag, tag);
    let again = api
        .get(query, &[("accept-encoding", "gzip"), ("if-none-match", &format!("W/{packed_tag}"))])
        .await?;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    let media = [("accept", "application/graphql-response+json"), ("if-none-match", &*tag)];
    let other = api.get(query, &media).await?;
    assert_eq!((other.status, &other.body), (StatusCode::OK, &first.body));
    // A POST has the same answer, and is nobody's to keep.
    let post = api.ask(query, &[("if-none-match", &tag)]).await?;
    assert_eq!((post.status, post.header("server-timing")), (StatusCode::OK, "cache;desc=hit"));
    assert_eq!((post.header("etag"), post.header("cache-control")), ("", "no-store"));
    assert_eq!(post.body, first.body);
    // Neither are mistakes, however often they are made.
    for _ in 0..2 {
        let wrong = api.get("{ demand(window: { last: \"x\" }) { partial } }", &[]).await?;
        assert_eq!((wrong.header("etag"), wrong.header("cache-control")), ("", "no-store"));
        assert_eq!(wrong.json()?["errors"][0]["extensions"]["code"], "BAD_ARGUMENT");
    }
    assert_eq!(api.metric("cache_total{result=\"miss\"}").await?, 1.0);
    assert_eq!(api.metric("requests_total{status=\"304\"}").await?, 2.0);
    Ok(())
}

async fn a_stale_answer_is_given_and_made_anew(stack: &Stack) -> Result<()> {
    let api = Api::start(stack, OFF, None).await?;
    let first = api.get(OPEN, &[]).await?;
    let n = requested(&first.json()?);
    session(stack, 1).await?;
    let hit = api.get(OPEN, &[]).await?;
    assert_eq!((hit.header("server-timing"), &hit.body), ("cache;desc=hit", &first.body));
    // Who cannot wait says so.
    let anew = api.get(OPEN, &[("cache-control", "no-cache")]).await?;
    assert_eq!(anew.header("server-timing"), "cache;desc=bypass");
    assert_eq!(requested(&anew.json()?), n + 1);
    assert_eq!(api.get(OPEN, &[]).await?.body, anew.body, "and all have it then");
    session(stack, 2).await?;
    tokio::time::sleep(Duration::from_secs(16)).await;
    let stale = api.get(OPEN, &[]).await?;
    assert_eq!((stale.header("server-timing"), &stale.body), ("cache;desc=stale", &anew.body));
    assert!(stale.header("age").parse::<u64>()? >= 15);
    eventually("a fresh answer", Duration::from_secs(10), || async {
        let reply = api.get(OPEN, &[]).await?;
        ensure!(reply.header("server-timing") == "cache;desc=hit", "{:?}", reply.headers);
        ensure!(requested(&reply.json()?) == n + 2, "{:?}", reply.json());
        Ok(())
    })
    .await
}

async fn who_has_spent_all_is_told_when_to_come_back(stack: &Stack) -> Result<()> {
    // sha256 of "secret".
    let key = "[[api_key]]\nname = \"a\"\nsha256 = \"2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b\"\npoints = 100\n";
    let lines = format!("[rate]\npoints = 5\ntrusted_proxies = [\"127.0.0.0/8\"]\n{key}");
    let api = Api::start(stack, &lines, None).await?;
    let at = |address: &'static str| [("x-forwarded-for", address)];
    let one = at("192.0.2.1");
    let page = |n: u32| format!("{{ agents(first: {n}) {{ nodes {{ name }} }} }}");
    for n in [1, 2] {
        assert_eq!(api.get(&page(n), &one).await?.status, StatusCode::OK);
    }
    let refused = api.ask(&page(3), &one).await?;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = refused.header("retry-after").parse()?;
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(refused.header("ratelimit-policy"), "\"anonymous\";q=5;w=300");
    assert!(refused.header("ratelimit").starts_with("\"anonymous\";r=1;t="), "{refused:?}");
    let error = refused.json()?["errors"][0].clone();
    let extensions = &error["extensions"];
    assert_eq!(extensions["code"], "RATE_LIMITED");
    assert_eq!((&extensions["limit"], &extensions["actual"]), (&json!(5), &json!(2)));
    assert_eq!(extensions["retryAfterSeconds"], json!(wait));
    // What is there costs nothing, nor does what is part of the program.
    for _ in 0..20 {
        let hit = api.get(&page(1), &one).await?;
        assert_eq!((hit.status, hit.header("server-timing")), (StatusCode::OK, "cache;desc=hit"));
        let tag = [one[0], ("if-none-match", hit.header("etag"))];
        assert_eq!(api.get(&page(1), &tag).await?.status, StatusCode::NOT_MODIFIED);
    }
    assert_eq!(api.get("{ limits { depth } }", &one).await?.status, StatusCode::OK);
    // Others have their own: an address, of IPv6 the first half, and who has a key.
    assert_eq!(api.get(&page(3), &at("192.0.2.2")).await?.status, StatusCode::OK);
    for (n, address, status) in [
        (4, "2001:db8::1", StatusCode::OK),
        (5, "2001:db8::2", StatusCode::OK),
        (6, "2001:db8::3", StatusCode::TOO_MANY_REQUESTS),
        (6, "2001:db8:0:1::3", StatusCode::OK),
    ] {
        assert_eq!(api.get(&page(n), &at(address)).await?.status, status, "{address}");
    }
    let keyed = [one[0], ("x-api-key", "secret")];
    assert_eq!(api.ask(&page(7), &keyed).await?.status, StatusCode::OK);
    let bearer = [one[0], ("authorization", "Bearer secret")];
    let left = "{ rateLimit { cost limit remaining resetAt } }";
    let reply = api.ask(left, &bearer).await?;
    let left_of_key = &reply.json()?["data"]["rateLimit"];
    assert_eq!((&left_of_key["cost"], &left_of_key["limit"]), (&json!(0), &json!(100)));
    assert_eq!(left_of_key["remaining"], json!(98));
    let unknown = api.ask(left, &[("x-api-key", "guess")]).await?;
    assert_eq!(unknown.status, StatusCode::UNAUTHORIZED);
    assert_eq!(unknown.json()?["errors"][0]["extensions"]["code"], "UNKNOWN_API_KEY");
    assert_eq!(api.metric("refusals_total{code=\"RATE_LIMITED\"}").await?, 2.0);
    Ok(())
}

async fn what_one_client_has_left_is_kept_nowhere(stack: &Stack) -> Result<()> {
    let api = Api::start(stack, "[rate]\npoints = 50\n", None).await?;
    let query = "{ rateLimit { cost limit remaining } agents(first: 3) { nodes { name } } }";
    for remaining in [48, 46] {
        let reply = api.get(query, &[]).await?;
        assert_eq!((reply.header("cache-control"), reply.header("etag")), ("no-store", ""));
        assert!(reply.header("ratelimit").starts_with(&format!("\"anonymous\";r={remaining};t=")));
        let left = &reply.json()?["data"]["rateLimit"];
        assert_eq!(*left, json!({ "cost": 2, "limit": 50, "remaining": remaining }));
    }
    let alone = api.get("{ rateLimit { cost remaining } }", &[]).await?;
    assert_eq!(alone.json()?["data"]["rateLimit"], json!({ "cost": 0, "remaining": 46 }));
    assert_eq!(api.metric("cache_entries").await?, 0.0);
    Ok(())
}

async fn cost_is_told_and_bounded(stack: &Stack) -> Result<()> {
    let api = Api::start(stack, OFF, None).await?;
    let query = "{ sessions(first: 200) { nodes { id } } }";
    let told = json!({ "query": query, "extensions": { "cost": true } });
    let cost = json!({ "cost": { "points": 3, "limit": 200 } });
    assert_eq!(api.post(&told, &[]).await?.json()?["extensions"], cost);
    assert_eq!(api.get(query, &[("x-query-cost", "1")]).await?.json()?["extensions"], cost);
    assert_eq!(api.get(query, &[]).await?.json()?.get("extensions"), None);
    let before = api.metric("database_queries_total").await?;
    let points = "{ demand(window: { last: \"30d\" }, bucket: H1, groupBy: [MODEL], top: 100) { groups { points { time } } } }";
    let refused = api.ask(points, &[("accept", "application/graphql-response+json")]).await?;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let extensions = refused.json()?["errors"][0]["extensions"].clone();
    assert_eq!(
        (&extensions["code"], &extensions["limit"]),
        (&json!("TOO_MANY_POINTS"), &json!(10_000))
    );
    assert!(extensions["hint"].as_str().unwrap().contains("top: "), "{extensions}");
    let fields: String = (0..40).map(|i| format!("f{i}: requested ")).collect();
    let dear = format!(
        "{{ demand(window: {{ last: \"4d\" }}, bucket: H1, groupBy: [MODEL], top: 100) {{ groups {{ points {{ {fields} }} }} }} }}"
    );
    let refused = api.ask(&dear, &[]).await?;
    assert_eq!(refused.json()?["errors"][0]["extensions"]["code"], "QUERY_TOO_COMPLEX");
    let after = api.metric("database_queries_total").await?;
    assert_eq!(after, before, "nothing of it was executed");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_are_paid_for_once_and_kept() -> Result<()> {
    let stack = Stack::by_hand().await?;
    identical_questions_are_answered_once(&stack).await?;
    caches_on_the_way_are_told_what_they_need(&stack).await?;
    a_stale_answer_is_given_and_made_anew(&stack).await?;
    who_has_spent_all_is_told_when_to_come_back(&stack).await?;
    what_one_client_has_left_is_kept_nowhere(&stack).await?;
    cost_is_told_and_bounded(&stack).await?;
    stack.stop().await?;
    Ok(())
}
