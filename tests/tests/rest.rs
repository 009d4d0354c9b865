//! The lists of REST: what every format says is what GraphQL says, whoever reads it back.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use arrow_array::RecordBatch;
use arrow_schema::DataType;
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use naap_tests::Stack;
use naap_tests::parquet::cell;
use naap_tests::rows::now_us;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A model that would be a formula in a spreadsheet, with everything that CSV has to quote.
const HOSTILE: &str = "=HYPERLINK(\"https://evil.example\",\"x\"),\n@m1";

async fn fetch(
    stack: &Stack,
    path: &str,
    headers: &[(&str, &str)],
) -> Result<(StatusCode, HeaderMap, Bytes)> {
    let mut request = http::Request::get(format!("{}{path}", stack.url.trim_end_matches('/')));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let client = Client::builder(TokioExecutor::new()).build_http();
    let request = request.body(Full::new(Bytes::new()))?;
    let answer = tokio::time::timeout(Duration::from_secs(20), client.request(request)).await??;
    let (head, body) = answer.into_parts();
    Ok((head.status, head.headers, body.collect().await?.to_bytes()))
}

async fn body(stack: &Stack, path: &str) -> Result<Bytes> {
    let (status, _, body) = fetch(stack, path, &[]).await?;
    ensure!(status == StatusCode::OK, "{path}: {status} {}", String::from_utf8_lossy(&body));
    Ok(body)
}

async fn json_of(stack: &Stack, path: &str) -> Result<Value> {
    Ok(serde_json::from_slice(&body(stack, path).await?)?)
}

/// A cell of JSON or CSV as Parquet would have it, by the type that it has there.
fn typed(kind: &DataType, value: &Value) -> Value {
    match (kind, value) {
        (DataType::Timestamp(..), Value::String(text)) => {
            chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros().into()
        }
        (DataType::Float64, Value::Number(n)) => n.as_f64().into(),
        _ => value.clone(),
    }
}

/// The same, where the JSON that is read here may be off by the last bit of a number: its reader takes
/// the quick way. `tests/api/readback.py` reads exactly.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) if x.is_f64() && y.is_f64() => {
            let (x, y) = (x.as_f64().unwrap(), y.as_f64().unwrap());
            (x - y).abs() <= x.abs() * f64::EPSILON
        }
        _ => a == b,
    }
}

/// A cell of CSV, by the type that Parquet has for it.
fn of_csv(kind: &DataType, text: &str) -> Value {
    match kind {
        _ if text.is_empty() => Value::Null,
        // The apostrophe before what a spreadsheet would take for a formula.
        DataType::Utf8 => text.strip_prefix('\'').unwrap_or(text).into(),
        DataType::Timestamp(..) => typed(kind, &text.into()),
        DataType::Float64 => text.parse::<f64>().unwrap().into(),
        _ => typed(kind, &serde_json::from_str(text).unwrap()),
    }
}

/// The rows of a list, once all formats were found to say the same.
async fn rows(stack: &Stack, path: &str) -> Result<Vec<Value>> {
    let with = |format: &str| {
        format!("{path}{}format={format}", if path.contains('?') { '&' } else { '?' })
    };
    let json = json_of(stack, &with("json")).await?;
    let rows = json["rows"].as_array().context("rows")?.clone();
    let lines = String::from_utf8(body(stack, &with("jsonl")).await?.to_vec())?;
    let lines: Vec<Value> = lines.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines, rows, "{path} as lines");
    let builder = ParquetRecordBatchReaderBuilder::try_new(body(stack, &with("parquet")).await?)?;
    let batches: Vec<RecordBatch> = builder.build()?.collect::<Result<_, _>>()?;
    let mut i = 0;
    for batch in &batches {
        for line in 0..batch.num_rows() {
            for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
                let expected = typed(field.data_type(), &rows[i][field.name()]);
                let (found, name) = (cell(column, line), field.name());
                assert!(equal(&found, &expected), "{path} {name}: {found}, not {expected}");
            }
            i += 1;
        }
    }
    assert_eq!(i, rows.len(), "{path} as Parquet");
    let text = body(stack, &with("csv")).await?;
    let mut reader = csv::Reader::from_reader(&*text);
    let names: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
    let records: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>()?;
    assert_eq!(records.len(), rows.len(), "{path} as CSV");
    if let Some(batch) = batches.first() {
        let schema = batch.schema();
        for (record, row) in records.iter().zip(&rows) {
            for (name, text) in names.iter().zip(record) {
                let kind = schema.field_with_name(name)?.data_type();
                let (found, expected) = (of_csv(kind, text), typed(kind, &row[name]));
                assert!(equal(&found, &expected), "{path} {name}: {found}, not {expected}");
            }
        }
    }
    Ok(rows)
}

/// What to compare: names in REST, and paths in GraphQL.
fn same(rest: &Value, graphql: &Value, fields: &[(&str, &str)], what: &str) {
    for (column, path) in fields {
        let expected = path.split('.').fold(graphql, |value, name| &value[name]);
        assert_eq!(&rest[*column], expected, "{what}: {column}");
    }
}

// Columns of REST, and where GraphQL has the same.
const OF_DEMAND: &[(&str, &str)] = &[
    ("time", "time"),
    ("partial", "partial"),
    ("samples", "samples"),
    ("requested", "requested"),
    ("served", "served"),
    ("unserved", "unserved"),
    ("fees_eth", "feesEth"),
    ("missing_minutes", "missingMinutes"),
    ("startup_ms_n", "startupMs.n"),
    ("startup_ms_sum", "startupMs.sum"),
    ("startup_ms_mean", "startupMs.mean"),
];
const OF_SUPPLY: &[(&str, &str)] = &[
    ("time", "time"),
    ("slots", "slots"),
    ("known_hours", "knownHours"),
    ("gpu_hours", "gpuHours"),
    ("warm_ratio", "warmRatio"),
];
const OF_DISTRIBUTIONS: &[(&str, &str)] =
    &[("time", "time"), ("n", "n"), ("p50", "p50"), ("p95", "p95"), ("p99", "p99")];
const OF_SCORE: &[(&str, &str)] = &[
    ("end", "end"),
    ("orchestrator", "orchestrator"),
    ("region", "region"),
    ("score", "score"),
    ("rank", "rank"),
    ("requested", "requested"),
    ("signal_coverage", "signalCoverage"),
    ("formula", "formula"),
];
const OF_BENCHMARK: &[(&str, &str)] =
    &[("end", "end"), ("figure", "figure"), ("n", "n"), ("usable", "usable"), ("p50", "p50")];
const OF_COUNTER: &[(&str, &str)] = &[
    ("node", "node"),
    ("role", "role"),
    ("requests", "requests"),
    ("errors", "errors"),
    ("success_ratio", "successRatio"),
    ("orchestrator_uri", "orchestratorUri"),
];
const OF_TRANSCODING: &[(&str, &str)] = &[
    ("gateway", "gateway"),
    ("segments_uploaded", "segmentsUploaded"),
    ("success_ratio", "successRatio"),
    ("mean_latency_ms", "meanLatencyMs"),
];
const OF_SESSION: &[(&str, &str)] = &[
    ("id", "id"),
    ("request_id", "requestId"),
    ("gateway", "gateway"),
    ("model", "model"),
    ("outcome", "outcome"),
    ("startup_ms", "startupMs"),
    ("fee_wei", "feeWei"),
    ("orchestrator_address", "orchestrator.address"),
];
const OF_JOB: &[(&str, &str)] = &[
    ("request_id", "requestId"),
    ("duration_ms", "durationMs"),
    ("orchestrator_address", "orchestrator.address"),
];
const OF_ORCHESTRATOR: &[(&str, &str)] = &[
    ("address", "address"),
    ("uris", "uris"),
    ("online", "online"),
    ("gpu_count", "gpuCount"),
    ("versions", "versions"),
];
const OF_ENDPOINT: &[(&str, &str)] = &[
    ("uri", "uri"),
    ("orchestrator", "orchestrator"),
    ("last_seen_at", "lastSeenAt"),
    ("slots", "slots"),
];

fn id(n: u64) -> String {
    format!("'00000000-0000-4000-8000-{n:012x}'")
}

fn data(day: i64, hour: i64) -> Vec<String> {
    let now = now_us();
    let hostile = HOSTILE.replace('\'', "''");
    let mut out = Vec::new();
    for (n, model, region, outcome, served, startup) in [
        (1, hostile.as_str(), "eu-west", "SERVED", 1, "1000.5"),
        (2, "m2", "eu-west", "SERVED", 1, "2000.0"),
        (3, "m2", "us-east", "NO_ORCHESTRATOR", 0, "null"),
        (4, "m2", "us-east", "SERVED", 1, "4000.25"),
    ] {
        let ts = hour + n * 7 * MINUTE;
        let who = if served == 1 { "'0xaa', 'https://a.example.com:8935'" } else { "null, null" };
        let unserved = 1 - served;
        out.push(format!("insert into stream_session (ts, void, formula, session, stream_id, request_id, origin, gateway, region, pipeline, model, outcome, requested_at, closed_at, orchestrator, orch_uri, startup_ms, minutes, swaps, requested, served, unserved, failed, excused, served_closed, interrupted, fee_wei) values ({ts}, 0, '2026.1', {}, 's-{n}', 'r-{n}', 'organic', '-g1', '{region}', 'live-video-to-video', '{model}', '{outcome}', {ts}, {ts}, {who}, {startup}, 2.5, 0, 1, {served}, {unserved}, 0, 0, {served}, 0, '12345678901234567890123')", id(n.unsigned_abs())));
        if served == 1 {
            out.push(format!("insert into stream_leg (ts, void, formula, session, leg, ended_at, origin, gateway, region, pipeline, model, orchestrator, orch_uri, attribution, outcome, startup_ms, counted, requested, served, swapped, playable) values ({ts}, 0, '2026.1', {}, 0, {ts}, 'organic', '-g1', '{region}', 'live-video-to-video', '{model}', {who}, 'PAYMENT', 'SERVED', {startup}, 1, 1, 1, 0, 1)", id(n.unsigned_abs())));
        }
    }
    out.push(format!("insert into supply (ts, void, formula, orchestrator, orch_uri, pipeline, model, origin, region, known_s, slot_s, idle_slot_s, warm_s, price_wei_per_unit, price_unit) values ({hour}, 0, '2026.1', '0xaa', 'https://a.example.com:8935', 'live-video-to-video', 'm2', 'organic', null, 300.0, 600.0, 300.0, 300.0, 10.0, 'pixel')"));
    for (who, score, region) in
        [("0xaa", 90.5, "eu-west"), ("0xaa", 60.0, "us-east"), ("0xbb", 80.0, "eu-west")]
    {
        out.push(format!("insert into sla_score (ts, void, formula, span, orchestrator, pipeline, model, region, origin, requested, served, swapped, startup_success, startup_weight, signal_coverage, score, cost_startup_success, gateways, ranked, startup_met, startup_hours) values ({}, 0, '2026.1', '24h', '{who}', 'live-video-to-video', 'm2', '{region}', 'organic', 20, 19, 1, 0.95, 0.4, 0.8, {score}, 2.8, 2, 1, 20, 24)", day + 12 * HOUR));
    }
    out.push(format!("insert into job (ts, void, formula, job, kind, request_id, origin, outcome, gateway, pipeline, model, orchestrator, duration_ms, requested, served, unserved, failed) values ({hour}, 0, '2026.1', {}, 'llm', '@job', 'organic', 'SERVED', '-g1', 'llm', 'm', '0xaa', 1000.5, 1, 1, 0, 0)", id(50)));
    out.push(format!("insert into livepeer_node (ts, node, epoch, seq, target, role) values ({hour}, 'gw', 1, 1, 't', 'gateway')"));
    out.push(format!("insert into livepeer_ai (ts, node, epoch, seq, target, pipeline, model, orch_uri, interval_ms, requests, request_errors) values ({hour}, 'gw', 1, 1, 't', 'text-to-image', 'm', 'none', 10000, 6, 2)"));
    out.push(format!("insert into livepeer_orchestrator (ts, node, epoch, seq, target, orch_uri, orch_address, interval_ms, segments_uploaded, segments_upload_failed, segments_transcoded, latency_sum_s, latency_count, latency_le_2s_count, discovery_errors) values ({hour}, 'gw', 1, 9, 't', 'https://a.example.com:8935', '0xaa', 10000, 18, 2, 16, 24.0, 16, 12, 3)"));
    out.push(format!("insert into benchmark (ts, void, formula, origin, pipeline, model, figure, n, orchestrators, usable, p10, p50, p90) values ({day}, 0, '2026.1', 'organic', 'live-video-to-video', 'm2', 'output_fps_mean', 25, 3, 1, 10.0, 15.0, 20.0)"));
    out.extend(online(now));
    out
}

/// Reports of orchestrators, those that gateways may be sent to and those that they must not.
fn online(now: i64) -> Vec<String> {
    let bucket = (now - 15 * MINUTE).div_euclid(5 * MINUTE) * 5 * MINUTE;
    let mut out = Vec::new();
    for (who, uri, minutes, price) in [
        ("0xaa", "https://a.example.com:8935", 10, "9.0"),
        ("0xaa", "https://gone.example.com:8935", 120, "1.0"),
        ("0xbb", "https://b.example.com:8935", 20, "5.0"),
        ("0xcc", "https://c.example.com", 5, "null"),
        ("0xdd", "http://plain.example.com:8935", 5, "1.0"),
        ("0xdd", "https://127.0.0.1:8935", 5, "1.0"),
        ("0xdd", "https://169.254.169.254", 5, "1.0"),
        ("0xdd", "https://user:secret@d.example.com", 5, "1.0"),
        ("0xdd", "https://gateway:8935", 5, "1.0"),
    ] {
        let seen = now - minutes * MINUTE;
        out.push(format!("insert into supply_report (ts, void, formula, orchestrator, orch_uri, origin, gateway, version, region, gpus, gpu_ids, gpu_names, models, warm_models, slots, slots_idle, implausible_models, implausible_slots) values ({seen}, 0, '2026.1', '{who}', '{uri}', 'organic', '-g1', '0.8.10', 'eu-west', 2, 'ida,idb', 'RTX 4090 x2', 1, 1, 4, 3, 0, 0)"));
        out.push(format!("insert into supply (ts, void, formula, orchestrator, orch_uri, pipeline, model, origin, region, known_s, slot_s, idle_slot_s, warm_s, price_wei_per_unit, price_unit) values ({bucket}, 0, '2026.1', '{who}', '{uri}', 'live-video-to-video', 'm2', 'organic', null, 300.0, 600.0, 300.0, 300.0, {price}, 'pixel')"));
    }
    out
}

const TABLES: [&str; 11] = [
    "stream_session",
    "stream_leg",
    "supply",
    "supply_report",
    "sla_score",
    "job",
    "livepeer_node",
    "livepeer_ai",
    "livepeer_orchestrator",
    "benchmark",
    "derive_state",
];

async fn filled(stack: &Stack) -> Result<i64> {
    let day = (now_us() - 3 * DAY).div_euclid(DAY) * DAY;
    let hour = day + 10 * HOUR;
    for sql in data(day, hour) {
        stack.sql(&sql).await?;
    }
    stack.applied(&TABLES).await?;
    Ok(hour)
}

/// Scenario: derived rows by hand, with names that are formulas.
/// Guarantees: each list as CSV and Parquet, read back, is what GraphQL says; refusals, tags and
/// pages; what gateways read is as go-livepeer takes it, and only what all can reach.
#[tokio::test(flavor = "multi_thread")]
async fn lists_say_what_graphql_says() -> Result<()> {
    let stack = Stack::by_hand().await?;
    let hour = filled(&stack).await?;
    let (from, to) = (hour / 1000, (hour + HOUR) / 1000);
    let rest = format!("from={from}&to={to}");
    let window = format!("window: {{ from: {from}, to: {to} }}");
    figures_over_time(&stack, &rest, &window).await?;
    other_figures(&stack, &rest, &window).await?;
    entities(&stack, &rest, &window).await?;
    every_list_reads_back(&stack, &rest).await?;
    what_goes_with_answers(&stack, &rest).await?;
    discovery(&stack).await?;
    stack.stop().await?;
    Ok(())
}

async fn figures_over_time(stack: &Stack, rest: &str, window: &str) -> Result<()> {
    for (list, field, more, fields, of) in [
        (
            "demand",
            "demand",
            "",
            "time partial samples requested served unserved feesEth missingMinutes startupMs { n sum mean }",
            OF_DEMAND,
        ),
        ("supply", "supply", "", "time slots knownHours gpuHours warmRatio", OF_SUPPLY),
        (
            "distributions",
            "distributions",
            "measure: STARTUP,",
            "time n p50 p95 p99",
            OF_DISTRIBUTIONS,
        ),
    ] {
        let asked = format!(
            "/v1/{list}?{rest}&groupBy=model&bucket=m5{}",
            if more.is_empty() { "" } else { "&measure=startup" }
        );
        let rows = rows(stack, &asked).await?;
        let data = stack.graphql(&format!("{{ {field}({more} {window}, groupBy: [MODEL], bucket: M5) {{ groups {{ key {{ value }} points {{ {fields} }} }} }} }}")).await?;
        let mut i = 0;
        for group in data[field]["groups"].as_array().context("groups")? {
            for point in group["points"].as_array().context("points")? {
                let row = rows.get(i).with_context(|| format!("{list}: row {i}"))?;
                assert_eq!(row["model"], group["key"][0]["value"], "{list}");
                same(row, point, of, list);
                i += 1;
            }
        }
        assert!(i > 0 && i == rows.len(), "{list}: {i} points, {} rows", rows.len());
    }
    let total = rows(stack, &format!("/v1/demand?{rest}&bucket=total&region=us-east")).await?;
    let data = stack.graphql(&format!("{{ demand({window}, where: {{ region: \"us-east\" }}) {{ groups {{ total {{ requested served startupMs {{ sum }} }} }} }} }}")).await?;
    assert_eq!(total.len(), 1);
    let of_total =
        [("requested", "requested"), ("served", "served"), ("startup_ms_sum", "startupMs.sum")];
    same(&total[0], &data["demand"]["groups"][0]["total"], &of_total, "the whole window");
    assert_eq!(
        (&total[0]["requested"], &total[0]["fees_eth"]),
        (&2.into(), &Value::Null),
        "unknown is not 0"
    );
    let hostile = rows(stack, &format!("/v1/demand?{rest}&groupBy=model")).await?;
    assert!(hostile.iter().any(|row| row["model"] == HOSTILE), "names come through unharmed");
    let text = body(stack, &format!("/v1/demand?{rest}&groupBy=model&format=csv")).await?;
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(text.contains("\"'=HYPERLINK(\"\"https"), "and as no formula: {text}");
    Ok(())
}

async fn other_figures(stack: &Stack, rest: &str, window: &str) -> Result<()> {
    let data = stack.graphql(&format!("{{ sla {{ scores {{ end orchestrator region score rank requested signalCoverage formula }} }} benchmarks {{ items {{ end figure n usable p10 p50 p90 }} }} jobCounters({window}) {{ rows {{ node role pipeline requests errors successRatio orchestratorUri }} }} transcoding({window}) {{ rows {{ gateway orchestrator segmentsUploaded successRatio meanLatencyMs }} }} }}")).await?;
    for (path, found, of) in [
        ("/v1/sla".to_owned(), &data["sla"]["scores"], OF_SCORE),
        ("/v1/benchmarks".to_owned(), &data["benchmarks"]["items"], OF_BENCHMARK),
        (format!("/v1/job-counters?{rest}"), &data["jobCounters"]["rows"], OF_COUNTER),
        (format!("/v1/transcoding?{rest}"), &data["transcoding"]["rows"], OF_TRANSCODING),
    ] {
        let rows = rows(stack, &path).await?;
        let found = found.as_array().with_context(|| path.clone())?;
        assert!(!found.is_empty() && found.len() == rows.len(), "{path}: {} rows", rows.len());
        rows.iter().zip(found).for_each(|(row, found)| same(row, found, of, &path));
    }
    let terms = rows(stack, "/v1/sla-terms?orchestrator=0xbb").await?;
    assert_eq!(terms.len(), 6, "every term of the one score");
    assert!(terms.iter().all(|t| t["orchestrator"] == "0xbb" && t["model"] == "m2"));
    Ok(())
}

async fn entities(stack: &Stack, rest: &str, window: &str) -> Result<()> {
    let data = stack.graphql(&format!("{{ sessions({window}) {{ nodes {{ id requestId gateway model outcome startupMs feeWei orchestrator {{ address }} legs {{ index attribution startupMs }} }} }} jobs({window}) {{ nodes {{ requestId durationMs orchestrator {{ address }} }} }} orchestrators {{ nodes {{ address uris online gpuCount versions }} }} endpoints {{ uri orchestrator lastSeenAt slots models {{ model priceWeiPerUnit }} }} }}")).await?;
    for (path, found, of) in [
        (format!("/v1/sessions?{rest}"), &data["sessions"]["nodes"], OF_SESSION),
        (format!("/v1/jobs?{rest}"), &data["jobs"]["nodes"], OF_JOB),
        ("/v1/orchestrators".to_owned(), &data["orchestrators"]["nodes"], OF_ORCHESTRATOR),
        ("/v1/endpoints".to_owned(), &data["endpoints"], OF_ENDPOINT),
    ] {
        let rows = rows(stack, &path).await?;
        let found = found.as_array().with_context(|| path.clone())?;
        assert!(!found.is_empty() && found.len() == rows.len(), "{path}: {} rows", rows.len());
        rows.iter().zip(found).for_each(|(row, found)| same(row, found, of, &path));
    }
    let legs = rows(stack, &format!("/v1/legs?{rest}")).await?;
    let sessions = data["sessions"]["nodes"].as_array().context("sessions")?;
    let found =
        sessions.iter().flat_map(|s| s["legs"].as_array().unwrap().iter().map(move |l| (s, l)));
    let found: Vec<(&Value, &Value)> = found.collect();
    assert_eq!((legs.len(), found.len()), (3, 3));
    for (row, (session, leg)) in legs.iter().zip(found) {
        assert_eq!(
            (&row["session_id"], &row["request_id"]),
            (&session["id"], &session["requestId"])
        );
        same(
            row,
            leg,
            &[("index", "index"), ("attribution", "attribution"), ("startup_ms", "startupMs")],
            "legs",
        );
    }
    let offers = rows(stack, "/v1/offers?orchestrator=0xbb").await?;
    assert_eq!(offers.len(), 1);
    assert_eq!(
        (&offers[0]["uri"], &offers[0]["price_wei_per_unit"]),
        (&"https://b.example.com:8935".into(), &json!(5.0))
    );
    Ok(())
}

/// Whatever list there is: all formats say the same, of a window that is over where it has one.
async fn every_list_reads_back(stack: &Stack, rest: &str) -> Result<()> {
    let document = json_of(stack, "/openapi.json").await?;
    let mut n = 0;
    for (path, item) in document["paths"].as_object().context("paths")? {
        let content = &item["get"]["responses"]["200"]["content"];
        // The network's row says when it was made.
        if content.get("text/csv").is_none() || path == "/v1/network" {
            continue;
        }
        let params = item["get"]["parameters"].as_array().context("parameters")?;
        let has = |name: &str| params.iter().any(|p| p["name"] == name);
        let needed = match path.as_str() {
            "/v1/distributions" => "&measure=STARTUP",
            "/v1/host" | "/v1/interface" => "&node=gw&bucket=H1",
            "/v1/stream-status" => "&bucket=H1",
            _ => "",
        };
        let windowed = has("from").then(|| format!("?{rest}{needed}"));
        rows(stack, &format!("{path}{}", windowed.unwrap_or_default())).await?;
        n += 1;
    }
    assert!(n > 15, "{n} lists");
    Ok(())
}

async fn what_goes_with_answers(stack: &Stack, rest: &str) -> Result<()> {
    let path = format!("/v1/sessions?{rest}&first=1");
    let (status, headers, page) = fetch(stack, &path, &[("accept", "text/csv")]).await?;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers["content-type"], "text/csv; charset=utf-8; header=present");
    assert_eq!(headers["access-control-allow-origin"], "*");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    let tag = headers["etag"].to_str()?;
    let known = [("accept", "text/csv"), ("if-none-match", tag)];
    let (status, _, empty) = fetch(stack, &path, &known).await?;
    assert_eq!((status, empty.len()), (StatusCode::NOT_MODIFIED, 0));
    // The pages one after another are the whole list.
    let mut seen = vec![page];
    let mut next = headers.get("link").cloned();
    while let Some(link) = next {
        let link = link.to_str()?;
        let path = link.strip_prefix('<').and_then(|l| l.split('>').next()).context("a link")?;
        let (status, headers, page) = fetch(stack, path, &[("accept", "text/csv")]).await?;
        assert_eq!(status, StatusCode::OK, "{path}");
        seen.push(page);
        next = headers.get("link").cloned();
        assert!(seen.len() < 9, "pages do not end");
    }
    assert_eq!(seen.len(), 4);
    for (path, status, code) in [
        ("/v1/demand?bukket=H1", 400, "UNKNOWN_PARAMETER"),
        ("/v1/demand?last=10000d&bucket=m5", 400, "TOO_MANY_POINTS"),
        ("/v1/demand?from=5&last=1h", 400, "BAD_ARGUMENT"),
        ("/v1/sessions?after=zz", 400, "BAD_CURSOR"),
        ("/v1/sessions?gpu=x", 400, "BAD_ARGUMENT"),
        ("/v1/nothing", 404, "NOT_FOUND"),
    ] {
        let (found, headers, problem) = fetch(stack, path, &[]).await?;
        assert_eq!(found.as_u16(), status, "{path}");
        assert_eq!(headers["content-type"], "application/problem+json");
        let problem: Value = serde_json::from_slice(&problem)?;
        assert_eq!(problem["code"], code, "{path}: {problem}");
        assert_eq!(problem["type"], format!("/docs/errors#{code}"));
    }
    let (status, headers, page) = fetch(stack, "/docs/rest", &[]).await?;
    assert_eq!(status, StatusCode::OK);
    assert!(headers["content-security-policy"].to_str()?.contains("script-src 'self'"));
    assert!(!String::from_utf8_lossy(&page).contains("http"), "nothing from elsewhere");
    let (_, _, errors) = fetch(stack, "/docs/errors", &[]).await?;
    assert!(String::from_utf8_lossy(&errors).contains("id=\"UNKNOWN_PARAMETER\""));
    Ok(())
}

/// Field by field as go-livepeer's webhook pool reads it: a list of objects with the service URI as
/// `address`; `score` is left to the gateway.
async fn discovery(stack: &Stack) -> Result<()> {
    let of = |names: &[&str]| -> Value {
        names.iter().map(|n| json!({ "address": format!("https://{n}") })).collect()
    };
    let (a, b, c) = ("a.example.com:8935", "b.example.com:8935", "c.example.com");
    for (query, expected) in [
        ("", of(&[a, b, c])),
        ("?pipeline=live-video-to-video&model=m2", of(&[a, b, c])),
        ("?region=eu-west", of(&[a, b, c])),
        ("?region=us-east", of(&[])),
        ("?pipeline=llm", of(&[])),
        ("?pipeline=live-video-to-video&maxPricePerUnit=5", of(&[b])),
        ("?minScore=70", of(&[b])),
        ("?minScore=60", of(&[a, b])),
        ("?minScore=100", of(&[])),
        ("?top=1", of(&[b])),
        ("?top=2", of(&[a, b])),
        ("?origin=TEST", of(&[])),
    ] {
        let path = format!("/v1/discovery{query}");
        let (status, headers, body) = fetch(stack, &path, &[]).await?;
        assert_eq!(status, StatusCode::OK, "{path}: {}", String::from_utf8_lossy(&body));
        assert!(headers["content-type"].to_str()?.starts_with("application/json"));
        let found: Value = serde_json::from_slice(&body)?;
        assert_eq!(found, expected, "{path}");
        for row in found.as_array().context("a list")? {
            let names: Vec<&String> = row.as_object().context("an object")?.keys().collect();
            assert_eq!(names, ["address"], "and no score");
        }
    }
    let (status, _, _) = fetch(stack, "/v1/discovery?maxPricePerUnit=5", &[]).await?;
    assert_eq!(status, StatusCode::BAD_REQUEST, "a price without its unit");
    let (status, _, _) = fetch(stack, "/v1/discovery?model=x%22%7D%20or%20'1'='1", &[]).await?;
    assert_eq!(status, StatusCode::OK);
    Ok(())
}
