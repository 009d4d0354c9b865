//! The door of the public API: GraphQL over HTTP/1.1, HTTP/2 and WebSocket as the protocols have it, and
//! nothing that a hostile client sends costs much.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use naap_tests::door::{Door, Heard, Probe, Socket, WAYS, Way, probes, resident};
use naap_tests::{Options, Stack, fixture};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

/// What hostile documents may leave behind in memory.
const GROWTH: u64 = 64 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn the_door_holds() -> Result<()> {
    let replay = vec![fixture("gateway_events.jsonl")];
    let stack = Stack::start(Options { replay, ..Options::default() }).await?;
    let pid = *stack.pids().await?.get("graphql").context("the API")?;
    let dawdlers = tokio::spawn(dawdle(stack.url.clone()));
    http(&stack.url).await.context("HTTP")?;
    http2(&stack.url).await.context("HTTP/2")?;
    refusals(&stack.url).await.context("refusals")?;
    introspection(&stack.url).await.context("introspection")?;
    sockets(&stack.url).await.context("WebSocket")?;
    live(&stack.url).await.context("subscriptions")?;
    hostile(&stack.url, pid).await.context("hostile documents")?;
    dawdlers.await?.context("slow clients")?;
    let pids = stack.pids().await?;
    ensure!(pids.get("graphql") == Some(&pid), "the API was started again");
    stack.stop().await?;
    Ok(())
}

/// Each document on each way in: refused by its code, and the process as it was.
async fn hostile(url: &str, pid: i32) -> Result<()> {
    let mut door = Door::new(url, false)?;
    let warm =
        Probe { name: "", query: "{ status { ok } }".into(), variables: "{}".into(), code: "" };
    for way in WAYS {
        door.ask(way, &warm).await?;
    }
    let before = resident(pid)?;
    for _ in 0..3 {
        for probe in probes() {
            for way in WAYS {
                let what = format!("{} by {way:?}", probe.name);
                let answer = door.ask(way, &probe).await.context(what.clone())?;
                ensure!(answer.code() == Some(probe.code), "{what}: {}", answer.body);
                ensure!(answer.body.get("data").is_none(), "{what}: {}", answer.body);
                let extensions = &answer.error()["extensions"];
                ensure!(extensions["docs"].is_string(), "{what}: {extensions}");
                let over = extensions["limit"].as_u64().zip(extensions["actual"].as_u64());
                ensure!(over.is_none_or(|(limit, actual)| actual > limit), "{what}: {extensions}");
                let counted = probe.code.contains("TOO_");
                ensure!(!counted || over.is_some(), "{what}: {extensions}");
                ensure!(!counted || extensions["hint"].is_string(), "{what}: {extensions}");
                let size = answer.body.to_string().len();
                ensure!(size < 20_000, "{what} is answered with {size} bytes");
            }
        }
    }
    let after = resident(pid)?;
    ensure!(after < before + GROWTH, "{before} bytes before, {after} after");
    Ok(())
}

const JSON: (&str, &str) = ("content-type", "application/json");
const NEW: (&str, &str) = ("accept", "application/graphql-response+json");

async fn http(url: &str) -> Result<()> {
    let door = Door::new(url, false)?;
    let header = |answer: &http::Response<_>, name: &str| {
        let found = answer.headers().get_all(name).iter().filter_map(|v| v.to_str().ok());
        found.collect::<Vec<_>>().join(", ").to_ascii_lowercase()
    };
    let query = r#"{"query": "{ status { ok } }", "variables": {"from": 1, "intervalMs": 5}}"#;
    let answer = door.send("POST", "/graphql", &[NEW, JSON], query).await?;
    ensure!(answer.status() == 200, "{answer:?}");
    ensure!(header(&answer, "content-type") == "application/graphql-response+json; charset=utf-8");
    ensure!(header(&answer, "access-control-allow-origin") == "*", "{answer:?}");
    for exposed in ["etag", "ratelimit", "ratelimit-policy", "retry-after", "server-timing"] {
        let all = header(&answer, "access-control-expose-headers");
        ensure!(all.split(',').any(|name| name.trim() == exposed), "{exposed} is not in {all}");
    }
    // `{ __schema … }` is long enough to be compressed.
    let path = "/graphql?query=%7B__schema%7Btypes%7Bname%20description%7D%7D%7D";
    let answer = door.send("GET", path, &[NEW, ("accept-encoding", "gzip")], "").await?;
    ensure!(header(&answer, "content-encoding") == "gzip", "{answer:?}");
    let vary = header(&answer, "vary");
    ensure!(
        vary.contains("accept-encoding") && vary.replace("accept-encoding", "").contains("accept"),
        "{vary}"
    );

    let path = "/graphql?query=query%20A%7Ba%3A__typename%7D%20query%20B%7Bb%3A__typename%7D&operationName=B";
    let answer = door.send("GET", path, &[], "").await?;
    let body: Value = serde_json::from_slice(answer.body())?;
    ensure!(body == json!({ "data": { "b": "Query" } }), "{body}");

    let answer = door.send("PUT", "/graphql", &[JSON], "{}").await?;
    ensure!(answer.status() == 405, "{answer:?}");
    let allow = header(&answer, "allow");
    ensure!(allow.contains("get") && allow.contains("post"), "{allow}");
    let asked = [
        ("origin", "https://example.org"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type"),
    ];
    let answer = door.send("OPTIONS", "/graphql", &asked, "").await?;
    ensure!(answer.status().is_success(), "{answer:?}");
    ensure!(header(&answer, "access-control-allow-headers").contains("content-type"), "{answer:?}");
    ensure!(header(&answer, "access-control-allow-credentials").is_empty(), "{answer:?}");

    let html = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    let answer = door.send("GET", "/graphql", &[html], "").await?;
    let page = String::from_utf8_lossy(answer.body()).into_owned();
    ensure!(
        header(&answer, "content-security-policy").contains("default-src 'none'"),
        "{answer:?}"
    );
    ensure!(!page.contains("//"), "the page names another host");
    for asset in ["/graphql/explorer.js", "/graphql/explorer.css"] {
        ensure!(page.contains(asset), "{page}");
        ensure!(door.send("GET", asset, &[], "").await?.status() == 200, "{asset}");
    }
    Ok(())
}

/// HTTP/2 from the first byte, and many requests on one connection.
async fn http2(url: &str) -> Result<()> {
    let door = Door::new(url, true)?;
    let ask = || door.send("POST", "/graphql", &[NEW, JSON], r#"{"query": "{ __typename }"}"#);
    let answers = futures::future::try_join_all((0..20).map(|_| ask())).await?;
    for answer in answers {
        ensure!(answer.version() == http::Version::HTTP_2, "{answer:?}");
        ensure!(&answer.body()[..] == br#"{"data":{"__typename":"Query"}}"#, "{answer:?}");
    }
    Ok(())
}

/// Everything that is no well-formed request has a status and a code.
async fn refusals(url: &str) -> Result<()> {
    let door = Door::new(url, false)?;
    let big = format!(r#"{{"query": "{{ __typename }}", "pad": "{}"}}"#, "x".repeat(70_000));
    let bad_page = r#"{"query": "{ agents(first: 500) { nodes { name } } }"}"#;
    let both = r#"{"query": "{ status { ok } agents(first: 0) { nodes { name } } }"}"#;
    let time = r#"{"query": "query($w: Window) { sessions(window: $w) { nodes { id } } }", "variables": {"w": {"from": "yesterday"}}}"#;
    let cursor = r#"{"query": "{ sessions(after: \"zz\") { nodes { id } } }"}"#;
    let points = r#"{"query": "{ interfaceSeries(node: \"n\", bucket: M1, window: { last: \"90d\" }) { points { time } } }"}"#;
    let plain = ("content-type", "text/plain");
    let zipped = ("content-encoding", "gzip");
    let cases: [(&str, &[(&str, &str)], &str, u16, &str); 14] = [
        ("no JSON", &[NEW, JSON], "{", 400, "BAD_REQUEST"),
        ("a list", &[NEW, JSON], r#"[{"query": "{ __typename }"}]"#, 400, "BATCH_NOT_TAKEN"),
        ("another type", &[NEW, plain], "{}", 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("compressed", &[NEW, JSON, zipped], "{}", 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("large", &[NEW, JSON], &big, 413, "BODY_TOO_LARGE"),
        (
            "a mutation",
            &[NEW, JSON],
            r#"{"query": "mutation { a }"}"#,
            400,
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "a subscription",
            &[NEW, JSON],
            r#"{"query": "subscription { networkNow { asOf } }"}"#,
            400,
            "SUBSCRIPTION_NEEDS_WEBSOCKET",
        ),
        ("a page", &[NEW, JSON], bad_page, 400, "BAD_ARGUMENT"),
        ("a page, as before", &[JSON], bad_page, 200, "BAD_ARGUMENT"),
        ("one of two", &[NEW, JSON], both, 400, "BAD_ARGUMENT"),
        ("a time", &[NEW, JSON], time, 400, "BAD_ARGUMENT"),
        ("a cursor", &[NEW, JSON], cursor, 400, "BAD_CURSOR"),
        ("points", &[NEW, JSON], points, 400, "TOO_MANY_POINTS"),
        ("syntax, as before", &[JSON], r#"{"query": "{"}"#, 200, "GRAPHQL_PARSE_FAILED"),
    ];
    for (what, headers, body, status, code) in cases {
        let answer = door.send("POST", "/graphql", headers, body.to_owned()).await?;
        let body: Value = serde_json::from_slice(answer.body()).context(what)?;
        let error = &body["errors"][0];
        ensure!(answer.status() == status, "{what}: {} {body}", answer.status());
        ensure!(error["extensions"]["code"] == code, "{what}: {body}");
        ensure!(body.get("data").is_none() && error.get("path").is_none(), "{what}: {body}");
    }
    let answer = door.send("POST", "/graphql", &[("accept", "image/png"), JSON], "{}").await?;
    ensure!(answer.status() == 406, "{answer:?}");
    let answer = door.send("GET", "/graphql?query=mutation%7Ba%7D", &[], "").await?;
    ensure!(answer.status() == 405 && answer.headers()["allow"] == "POST", "{answer:?}");
    let answer =
        door.send("GET", &format!("/graphql?query={}", "a".repeat(63_000)), &[], "").await?;
    ensure!(answer.status() == 413, "{answer:?}");
    Ok(())
}

/// As tools ask: 15 levels deep, on every way in.
async fn introspection(url: &str) -> Result<()> {
    let wrapped =
        (0..9).fold("kind name".to_owned(), |inner, _| format!("kind name ofType {{ {inner} }}"));
    let query = format!(
        "query IntrospectionQuery {{ __schema {{ description queryType {{ name kind }} mutationType {{ name kind }} subscriptionType {{ name kind }} types {{ ...FullType }} directives {{ name description isRepeatable locations args(includeDeprecated: true) {{ ...InputValue }} }} }} }} \
         fragment FullType on __Type {{ kind name description specifiedByURL fields(includeDeprecated: true) {{ name description args(includeDeprecated: true) {{ ...InputValue }} type {{ ...TypeRef }} isDeprecated deprecationReason }} inputFields(includeDeprecated: true) {{ ...InputValue }} interfaces {{ ...TypeRef }} enumValues(includeDeprecated: true) {{ name description isDeprecated deprecationReason }} possibleTypes {{ ...TypeRef }} }} \
         fragment InputValue on __InputValue {{ name description type {{ ...TypeRef }} defaultValue isDeprecated deprecationReason }} \
         fragment TypeRef on __Type {{ {wrapped} }}"
    );
    let probe = Probe { name: "introspection", query, variables: "{}".into(), code: "" };
    let mut door = Door::new(url, false)?;
    for way in WAYS {
        let answer = door.ask(way, &probe).await?;
        ensure!(answer.body.get("errors").is_none(), "{way:?}: {}", answer.body);
        ensure!(answer.body["data"]["__schema"]["subscriptionType"]["name"] == "Subscription");
    }
    Ok(())
}

async fn closed(socket: &mut Socket) -> Result<(u16, String)> {
    match socket.hear().await? {
        Heard::Closed(code, reason) => Ok((code, reason)),
        other => anyhow::bail!("{other:?}"),
    }
}

/// The protocol, and where it ends a connection.
async fn sockets(url: &str) -> Result<()> {
    let mut silent = Socket::open(url).await?;
    let began = Instant::now();

    let mut socket = Socket::open(url).await?;
    socket.subscribe("1", "{ __typename }").await?;
    ensure!(closed(&mut socket).await? == (4401, "Unauthorized".into()));

    for (message, code) in [
        ("nonsense", 4400),
        (r#"{"type": "unheard"}"#, 4400),
        (r#"{"type": "connection_init"}"#, 4429),
        (r#"{"type": "subscribe", "payload": {"query": "{ __typename }"}}"#, 4400),
    ] {
        let mut socket = Socket::open(url).await?;
        socket.greet().await?;
        socket.say(message).await?;
        let end = closed(&mut socket).await?;
        ensure!(end.0 == code, "{message} gave {end:?}");
    }

    let mut socket = Socket::open(url).await?;
    socket.greet().await?;
    socket.say(r#"{"type": "ping"}"#).await?;
    ensure!(socket.hear().await? == Heard::Message(json!({ "type": "pong" })));
    socket.subscribe("q", "{ __typename }").await?;
    let next =
        json!({ "type": "next", "id": "q", "payload": { "data": { "__typename": "Query" } } });
    ensure!(socket.hear().await? == Heard::Message(next));
    ensure!(socket.hear().await? == Heard::Message(json!({ "type": "complete", "id": "q" })));
    for refused in [
        "mutation { a }",
        "{ agents(first: 0) { nodes { name } } }",
        "subscription { networkNow(everySeconds: 1) { asOf } }",
    ] {
        socket.subscribe("q", refused).await?;
        let Heard::Message(message) = socket.hear().await? else { anyhow::bail!("{refused}") };
        ensure!(message["type"] == "error" && message["id"] == "q", "{refused}: {message}");
        ensure!(message["payload"][0]["extensions"]["code"].is_string(), "{refused}: {message}");
    }
    socket.say(&format!("{{\"type\": \"{}\"}}", "x".repeat(70_000))).await?;
    let end = socket.hear().await;
    ensure!(!matches!(end, Ok(Heard::Message(_))), "a message of 70 kB is taken: {end:?}");

    // A client may not take an answer that names none of its subprotocols; the server closes with 4406.
    ensure!(Socket::open_as(url, "graphql-ws").await.is_err());

    ensure!(closed(&mut silent).await?.0 == 4408);
    ensure!(began.elapsed() >= Duration::from_secs(4), "{:?}", began.elapsed());
    Ok(())
}

/// Live values: at once, then as often as asked for, the same ones for all.
async fn live(url: &str) -> Result<()> {
    const NOW: &str =
        "subscription { networkNow(everySeconds: 5) { asOf orchestratorsOnline sessions } }";
    let as_of = |heard: Heard| match heard {
        Heard::Message(m) if m["type"] == "next" => {
            Ok(m["payload"]["data"]["networkNow"]["asOf"].to_string())
        }
        other => Err(anyhow::anyhow!("{other:?}")),
    };
    let (mut one, mut other) = (Socket::open(url).await?, Socket::open(url).await?);
    one.greet().await?;
    other.greet().await?;
    one.subscribe("a", NOW).await?;
    let first = as_of(one.hear().await?)?;
    other.subscribe("b", NOW).await?;
    let began = Instant::now();
    ensure!(as_of(other.hear().await?)? == first, "each has a reading of its own");
    ensure!(began.elapsed() < Duration::from_secs(2), "the newest value waits for the next");
    let second = as_of(one.hear().await?)?;
    ensure!(second != first, "{second}");

    other.subscribe("d", "subscription { derivation { lagMs parts { part } } }").await?;
    let Heard::Message(message) = other.hear().await? else { anyhow::bail!("closed") };
    ensure!(
        message["payload"]["data"]["derivation"].is_object() || message["id"] == "b",
        "{message}"
    );

    one.say(r#"{"type": "complete", "id": "a"}"#).await?;
    for i in 0..10 {
        one.subscribe(&format!("many{i}"), NOW).await?;
    }
    one.subscribe("more", NOW).await?;
    let refused = loop {
        match one.hear().await? {
            Heard::Message(m) if m["type"] == "error" => break m,
            Heard::Message(_) => {}
            Heard::Closed(code, reason) => anyhow::bail!("{code} {reason}"),
        }
    };
    ensure!(refused["id"] == "more", "{refused}");
    ensure!(refused["payload"][0]["extensions"]["code"] == "TOO_MANY_SUBSCRIPTIONS", "{refused}");
    one.subscribe("many3", NOW).await?;
    let end = loop {
        if let Heard::Closed(code, reason) = one.hear().await? {
            break (code, reason);
        }
    };
    ensure!(end == (4409, "Subscriber for many3 already exists".into()), "{end:?}");
    Ok(())
}

/// Clients that say nothing, half a head, half a body, or half of HTTP/2's greeting are let go.
async fn dawdle(url: String) -> Result<()> {
    let address = url.trim_end_matches('/').trim_start_matches("http://").to_owned();
    let body = "POST /graphql HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"query\"";
    let beginnings =
        ["", "GET /graph", "GET / HTTP/1.1\r\nhost: h\r\nx: ", body, "PRI * HTTP/2.0\r\n"];
    let ended = beginnings.map(|beginning| {
        let address = address.clone();
        async move {
            let mut socket = TcpStream::connect(address).await?;
            socket.write_all(beginning.as_bytes()).await?;
            let mut said = Vec::new();
            let end = timeout(Duration::from_secs(45), socket.read_to_end(&mut said)).await;
            ensure!(end.is_ok(), "still open after {beginning:?}");
            let said = String::from_utf8_lossy(&said).into_owned();
            let slow_body = !beginning.ends_with("{\"query\"") || said.contains(" 408 ");
            ensure!(slow_body, "{beginning:?} is answered {said:?}");
            Ok(())
        }
    });
    futures::future::try_join_all(ended).await?;
    Ok(())
}

#[test]
fn probes_have_names_of_their_own() {
    let mut names: Vec<_> = probes().iter().map(|p| p.name).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
    assert!(WAYS.contains(&Way::Socket));
}
