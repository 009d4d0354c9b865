//! Answers of the API over derived rows that are put in by hand: every figure is computed here again,
//! by hand, before and after the views have taken the rows in.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use naap_tests::rows::now_us;
use naap_tests::{Stack, eventually};
use serde_json::Value;

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Three UTC days ago: settled, so that views are read once they have it.
struct Times {
    day: i64,
    /// Ten o'clock of that day.
    hour: i64,
    /// Twenty minutes ago, a full second: too young for views.
    recent: i64,
}

impl Times {
    fn new() -> Self {
        let now = now_us();
        let day = (now - 3 * DAY).div_euclid(DAY) * DAY;
        Self { day, hour: day + 10 * HOUR, recent: (now - 20 * MINUTE) / SECOND * SECOND }
    }
}

fn id(n: u64) -> String {
    format!("'00000000-0000-4000-8000-{n:012x}'")
}

fn window(from: i64, to: i64) -> String {
    // Milliseconds; what is finer is on no border of a bucket.
    format!("window: {{ from: {}, to: {} }}", from / 1000, to / 1000)
}

fn close(value: &Value, expected: f64) {
    let got = value.as_f64().unwrap_or_else(|| panic!("{value} is no number, not {expected}"));
    assert!((got - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{got}, expected {expected}");
}

fn within_two_percent(value: &Value, exact: f64) {
    let got = value.as_f64().unwrap_or_else(|| panic!("{value} is no number, not {exact}"));
    assert!((got / exact - 1.0).abs() <= 0.0201, "{got}, exact {exact}");
}

/// The group with this value of its only dimension.
fn group<'a>(of: &'a Value, value: &Value) -> &'a Value {
    let groups = of["groups"].as_array().unwrap();
    let found = groups.iter().find(|g| g["key"][0]["value"] == *value);
    found.unwrap_or_else(|| panic!("no group {value} in {groups:?}"))
}

/// A session by hand: `values` are of the columns that `columns` names.
fn session(n: u64, ts: i64, origin: &str, columns: &str, values: &str) -> String {
    format!(
        "insert into stream_session (ts, void, formula, session, stream_id, request_id, origin, {columns}) values ({ts}, 0, '2026.1', {}, 'stream-{n}', 'request-{n}', '{origin}', {values})",
        id(n)
    )
}

const COUNTS: &str = "gateway, region, pipeline, model, outcome, end_reason, closed_by, requested_at, closed_at, last_event_at, orchestrator, orch_uri, startup_ms, e2e_media_ms, e2e_trace_ms, minutes, swaps, requested, served, unserved, failed, excused, served_closed, interrupted, signals_seen, signals_expected, packets_lost, packets_received, online_s, errors_client_gone, fee_wei";

fn sessions_sql(t: &Times) -> Vec<String> {
    let h = t.hour;
    // START and END stand for its times.
    let row = |n: u64, start: i64, length: i64, origin: &str, values: &str| {
        let (from, to) = (start.to_string(), (start + length).to_string());
        session(n, start, origin, COUNTS, &values.replace("START", &from).replace("END", &to))
    };
    let void = format!(
        "insert into stream_session (ts, void, formula, session, origin, outcome, gateway, region, model) values ({}, 1, '2026.1', {}, 'organic', 'OPEN', 'g2', 'us-east', 'm2')",
        h + 31 * MINUTE,
        id(5)
    );
    let border = h + 5 * MINUTE;
    vec![
        row(
            1,
            h + MINUTE,
            10 * MINUTE,
            "organic",
            "'g1', 'eu-west', 'live-video-to-video', 'm1', 'SERVED', 'CLIENT', 'EVENT', START, END, END, '0xaa', 'https://a.example:8935', 1000.0, 800.0, null, 10.0, 0, 1, 1, 0, 0, 0, 1, 0, 3, 3, 1, 99, 590.0, 2, '12345678901234567890123'",
        ),
        // The last microsecond before a border.
        row(
            2,
            border - 1,
            0,
            "organic",
            "'g1', 'eu-west', 'live-video-to-video', 'm1', 'NO_ORCHESTRATOR', null, 'EVENT', START, END, END, null, null, null, null, null, null, 0, 1, 0, 1, 0, 0, 0, 0, null, null, null, null, null, 0, null",
        ),
        // And the border itself.
        row(
            3,
            border,
            6 * MINUTE,
            "organic",
            "'g2', 'us-east', 'live-video-to-video', 'm1', 'SERVED', 'ERROR', 'EVENT', START, END, END, '0xbb', 'https://b.example:8935', 3000.0, null, 700.0, 5.0, 1, 1, 1, 0, 0, 0, 1, 1, 2, 3, null, null, null, 0, '500'",
        ),
        row(
            4,
            h + 30 * MINUTE,
            0,
            "organic",
            "'g2', 'us-east', 'live-video-to-video', 'm2', 'FAILED', null, 'EVENT', START, END, END, null, 'https://c.example:8935', null, null, null, null, 0, 1, 0, 0, 1, 0, 0, 0, null, null, null, null, null, 0, null",
        ),
        void,
        row(
            6,
            h + 32 * MINUTE,
            0,
            "test",
            "'g1', 'eu-west', 'live-video-to-video', 'm1', 'SERVED', 'CLIENT', 'EVENT', START, END, END, '0xaa', 'https://a.example:8935', 5.0, null, null, 1.0, 0, 1, 1, 0, 0, 0, 1, 0, 3, 3, null, null, null, 0, null",
        ),
        row(
            7,
            h + 40 * MINUTE,
            0,
            "organic",
            "'g1', 'eu-west', null, null, 'OPEN', null, null, START, null, END, null, null, null, null, null, null, 0, 0, 0, 0, 0, 0, 0, 0, null, null, null, null, null, 0, null",
        ),
        row(
            8,
            t.recent,
            0,
            "organic",
            "'g1', 'eu-west', 'live-video-to-video', 'm1', 'SERVED', null, null, START, null, END, '0xaa', 'https://a.example:8935', 2000.0, null, null, 3.0, 0, 1, 1, 0, 0, 0, 0, 0, 3, 3, null, null, null, 0, null",
        ),
    ]
}

const LEG: &str = "insert into stream_leg (ts, void, formula, session, leg, ended_at, origin, gateway, region, pipeline, model, orchestrator, orch_uri, attribution, gpu_name, outcome, swap_reason, startup_ms, counted, requested, served, swapped, playable) values ";

fn legs_sql(t: &Times) -> Vec<String> {
    let h = t.hour;
    let s3 = h + 5 * MINUTE;
    let row = |ts: i64, n: u64, leg: i64, values: &str| {
        format!("{LEG}({ts}, 0, '2026.1', {}, {leg}, {}, 'organic', {values})", id(n), ts + MINUTE)
    };
    vec![
        row(
            h + MINUTE,
            1,
            0,
            "'g1', 'eu-west', 'live-video-to-video', 'm1', '0xaa', 'https://a.example:8935', 'PAYMENT', 'RTX 4090', 'SERVED', null, 1000.0, 1, 1, 1, 0, 1",
        ),
        row(
            s3,
            3,
            0,
            "'g2', 'us-east', 'live-video-to-video', 'm1', null, 'https://lost.example:8935', 'NONE', null, 'FAILED', 'SLOW', null, 1, 1, 0, 1, 0",
        ),
        row(
            s3 + MINUTE,
            3,
            1,
            "'g2', 'us-east', 'live-video-to-video', 'm1', '0xbb', 'https://b.example:8935', 'CAPABILITY', 'A100', 'SERVED', null, 2000.0, 1, 1, 1, 0, 1",
        ),
        row(
            t.recent,
            8,
            0,
            "'g1', 'eu-west', 'live-video-to-video', 'm1', '0xaa', 'https://a.example:8935', 'URI', 'RTX 4090', 'SERVED', null, 2000.0, 1, 1, 1, 0, 1",
        ),
    ]
}

fn minutes_and_fees_sql(t: &Times) -> Vec<String> {
    let h = t.hour;
    let minute = "insert into stream_minute (ts, void, formula, session, leg, origin, gateway, region, pipeline, model, orchestrator, gpu_name, minutes, leg_minutes) values ";
    let fee = "insert into payment_fee (ts, void, formula, event_id, origin, gateway, region, pipeline, model, orchestrator, basis, fee_wei, fee_eth, payments, unattributed) values ";
    let of = |ts: i64, n: u64, leg: i64, rest: &str| {
        format!("{minute}({ts}, 0, '2026.1', {}, {leg}, 'organic', {rest})", id(n))
    };
    let eu = "'g1', 'eu-west', 'live-video-to-video', 'm1', '0xaa'";
    let us = "'g2', 'us-east', 'live-video-to-video', 'm1'";
    vec![
        of(h, 1, -1, &format!("{eu}, null, 4.0, null")),
        of(h + 5 * MINUTE, 1, -1, &format!("{eu}, null, 6.0, null")),
        of(h, 1, 0, &format!("{eu}, 'RTX 4090', null, 4.0")),
        of(h + 5 * MINUTE, 1, 0, &format!("{eu}, 'RTX 4090', null, 6.0")),
        of(h + 5 * MINUTE, 3, -1, &format!("{us}, '0xbb', null, 5.0, null")),
        of(h + 5 * MINUTE, 3, 1, &format!("{us}, '0xbb', 'A100', null, 4.5")),
        format!(
            "{fee}({}, 0, '2026.1', {}, 'organic', {eu}, 'REQUEST', '500000000000000000', 0.5, 1, 0)",
            h + 2 * MINUTE,
            id(901)
        ),
        format!(
            "{fee}({}, 0, '2026.1', {}, 'organic', {us}, null, 'AMBIGUOUS', '250000000000000000', 0.25, 1, 1)",
            h + 6 * MINUTE,
            id(902)
        ),
        // 21 sessions of the week before: their median is 11 minutes.
        format!(
            "insert into stream_session (ts, void, formula, session, origin, gateway, region, pipeline, model, outcome, minutes, requested, served, served_closed, unserved, failed, excused, interrupted) select ({} + x * 60000000)::timestamp, 0, '2026.1', cast('00000000-0000-4000-9000-' || lpad(x::string, 12, '0') as uuid), 'organic', 'g1', 'eu-west', 'live-video-to-video', 'm1', 'SERVED', x::double, 1, 1, 1, 0, 0, 0, 0 from long_sequence(21)",
            t.day - 2 * DAY
        ),
    ]
}

async fn insert(stack: &Stack, statements: &[String]) -> Result<()> {
    for sql in statements {
        stack.sql(sql).await?;
    }
    Ok(())
}

/// Refreshes all views, and looks that these hold what they must.
async fn refreshed(stack: &Stack, checks: &[(&str, &str, i64)]) -> Result<()> {
    stack.refreshed().await?;
    for (view, count, expected) in checks {
        eventually(view, Duration::from_secs(60), || async {
            let n = stack.number(&format!("select {count}::long from {view}")).await?;
            ensure!(n == *expected, "{n} of {expected}");
            Ok(())
        })
        .await?;
    }
    Ok(())
}

const DEMAND: &str = "basis groups { key { dimension value } total { samples requested served unserved failed swaps servedClosed interrupted interruptedRate minutes legMinutes feesEth payments paymentsUnattributed missingMinutes missingMinutesSessions startupMs { n sum mean } e2eMediaMs { n mean } } points { time partial requested unserved minutes } } groupsLeftOut other { total { requested } } dataThrough partial";

/// The same numbers whether they come from rows or from views.
async fn demand_is_what_the_rows_add_up_to(stack: &Stack, t: &Times) -> Result<()> {
    let hour = window(t.hour, t.hour + HOUR);
    let data = stack.graphql(&format!("{{ demand({hour}, bucket: M5) {{ {DEMAND} }} }}")).await?;
    let all = &data["demand"]["groups"][0];
    assert_eq!(all["key"], Value::Array(vec![]));
    let total = &all["total"];
    for (field, n) in [
        ("samples", 5),
        ("requested", 4),
        ("served", 2),
        ("unserved", 1),
        ("failed", 1),
        ("swaps", 1),
        ("servedClosed", 2),
        ("interrupted", 1),
        ("payments", 2),
        ("paymentsUnattributed", 1),
        ("missingMinutesSessions", 1),
    ] {
        assert_eq!(total[field], n, "{field} of {total}");
    }
    for (field, x) in [
        ("interruptedRate", 0.5),
        ("minutes", 15.0),
        ("legMinutes", 14.5),
        ("feesEth", 0.75),
        ("missingMinutes", 11.0),
    ] {
        close(&total[field], x);
    }
    assert_eq!(total["startupMs"]["n"], 2);
    close(&total["startupMs"]["mean"], 2000.0);
    assert_eq!(total["e2eMediaMs"]["n"], 1, "a trace is no media latency");
    assert_eq!(data["demand"]["partial"], false);

    // One microsecond decides the bucket.
    let points = all["points"].as_array().unwrap();
    let at = |us: i64| {
        let time = chrono::DateTime::from_timestamp_micros(us).unwrap();
        let time = time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        points.iter().find(|p| p["time"] == time).unwrap_or_else(|| panic!("no {time}")).clone()
    };
    assert_eq!((&at(t.hour)["requested"], &at(t.hour)["unserved"]), (&2.into(), &1.into()));
    assert_eq!(at(t.hour + 5 * MINUTE)["requested"], 1);
    close(&at(t.hour + 5 * MINUTE)["minutes"], 11.0);
    assert_eq!(at(t.hour + 30 * MINUTE)["requested"], 1);
    assert_eq!(points.len(), 4, "{points:?}");

    // Half-open: the second half hour begins where the first ends.
    let half = window(t.hour + 5 * MINUTE, t.hour + 30 * MINUTE);
    let data = stack.graphql(&format!("{{ demand({half}, bucket: M5) {{ {DEMAND} }} }}")).await?;
    assert_eq!(data["demand"]["groups"][0]["total"]["requested"], 1);

    groups_of_demand(stack, t).await
}

async fn groups_of_demand(stack: &Stack, t: &Times) -> Result<()> {
    let hour = window(t.hour, t.hour + HOUR);
    let ask = |rest: &str| format!("{{ demand({hour}, {rest}) {{ {DEMAND} }} }}");
    let regions = stack.graphql(&ask("groupBy: [REGION]")).await?;
    let eu = &group(&regions["demand"], &"eu-west".into())["total"];
    assert_eq!(
        (&eu["requested"], &eu["served"], &eu["samples"]),
        (&2.into(), &1.into(), &3.into())
    );
    close(&eu["missingMinutes"], 11.0);
    let us = &group(&regions["demand"], &"us-east".into())["total"];
    assert_eq!((&us["requested"], &us["failed"]), (&2.into(), &1.into()));
    close(&us["missingMinutes"], 0.0);

    // The heat map: regions by models, without points.
    let heat = stack
        .graphql(&format!("{{ demand({hour}, groupBy: [REGION, MODEL]) {{ groups {{ key {{ value }} total {{ requested samples }} }} }} }}"))
        .await?;
    let cells: Vec<_> = heat["demand"]["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|g| {
            (
                g["key"][0]["value"].clone(),
                g["key"][1]["value"].clone(),
                g["total"]["requested"].clone(),
            )
        })
        .collect();
    let cell = |region: &str, model: Value, n: i64| (Value::from(region), model, Value::from(n));
    assert_eq!(
        cells,
        [
            cell("eu-west", "m1".into(), 2),
            cell("us-east", "m1".into(), 1),
            cell("us-east", "m2".into(), 1),
            cell("eu-west", Value::Null, 0)
        ]
    );

    let legs = stack.graphql(&ask("groupBy: [ORCHESTRATOR]")).await?;
    assert_eq!(legs["demand"]["basis"], "LEGS");
    let lost = &group(&legs["demand"], &Value::Null)["total"];
    assert_eq!(
        (&lost["requested"], &lost["failed"], &lost["swaps"]),
        (&1.into(), &1.into(), &1.into())
    );
    assert_eq!(lost["unserved"], Value::Null);
    close(&lost["feesEth"], 0.25);
    let aa = &group(&legs["demand"], &"0xaa".into())["total"];
    assert_eq!((&aa["requested"], &aa["served"]), (&1.into(), &1.into()));
    close(&aa["legMinutes"], 10.0);
    assert_eq!(aa["minutes"], Value::Null);
    let gpus = stack.graphql(&ask("groupBy: [GPU], where: { orchestrator: \"0xBB\" }")).await?;
    let a100 = &group(&gpus["demand"], &"A100".into())["total"];
    close(&a100["legMinutes"], 4.5);
    assert_eq!((&a100["feesEth"], &a100["payments"]), (&Value::Null, &Value::Null));

    lists_others_and_columns(stack, t).await?;
    origins_and_windows(stack, t).await
}

/// Several values of a dimension; what is beyond `top`; the same numbers as columns.
async fn lists_others_and_columns(stack: &Stack, t: &Times) -> Result<()> {
    let hour = window(t.hour, t.hour + HOUR);
    let ask = |rest: &str| format!("{{ demand({hour}, {rest}) {{ {DEMAND} }} }}");
    let both = stack.graphql(&ask("where: { region: [\"eu-west\", \"us-east\"] }")).await?;
    assert_eq!(both["demand"]["groups"][0]["total"]["requested"], 4);
    let models = stack.graphql(&ask("where: { model: [\"m2\", \"none such\"] }")).await?;
    assert_eq!(models["demand"]["groups"][0]["total"]["requested"], 1);
    let many: Vec<String> = (0..21).map(|n| format!("\"m{n}\"")).collect();
    let refused = stack.graphql(&ask(&format!("where: {{ model: [{}] }}", many.join(", ")))).await;
    assert!(format!("{:?}", refused.unwrap_err()).contains("the limit is 20"));

    let all = stack.graphql(&ask("bucket: M5")).await?;
    let fields = "samples groupsLeftOut groups { key { value } total { requested } } other { key { value } total { requested unserved minutes startupMs { n mean } missingMinutes } points { time requested } columns { time partial requested minutes startupMs { n mean } } }";
    let top = stack
        .graphql(&format!(
            "{{ demand({hour}, bucket: M5, groupBy: [REGION, MODEL], top: 1) {{ {fields} }} }}"
        ))
        .await?;
    let demand = &top["demand"];
    assert_eq!((&demand["samples"], &demand["groupsLeftOut"]), (&5.into(), &3.into()));
    assert_eq!(demand["groups"][0]["total"]["requested"], 2, "m1 in eu-west");
    let other = &demand["other"];
    assert_eq!(other["key"], Value::Array(vec![]));
    assert_eq!((&other["total"]["requested"], &other["total"]["unserved"]), (&2.into(), &0.into()));
    close(&other["total"]["minutes"], 5.0);
    assert_eq!(other["total"]["startupMs"]["n"], 1);
    close(&other["total"]["startupMs"]["mean"], 3000.0);
    let points = other["points"].as_array().unwrap();
    let times: Vec<_> = points.iter().map(|p| p["time"].clone()).collect();
    let requested: Vec<_> = points.iter().map(|p| p["requested"].clone()).collect();
    assert_eq!(other["columns"]["time"], Value::Array(times));
    assert_eq!(other["columns"]["requested"], Value::Array(requested));
    assert_eq!(other["columns"]["startupMs"]["n"][0], 1);
    assert_eq!(all["demand"]["other"], Value::Null, "nothing is left out");

    let refused = stack.graphql(&ask("bucket: M1")).await;
    assert!(format!("{:?}", refused.unwrap_err()).contains("it has M5, H1, D1"));
    Ok(())
}

async fn origins_and_windows(stack: &Stack, t: &Times) -> Result<()> {
    let hour = window(t.hour, t.hour + HOUR);
    let ask = |rest: &str| format!("{{ demand({hour}, {rest}) {{ {DEMAND} }} }}");
    let test = stack.graphql(&ask("origin: TEST")).await?;
    assert_eq!(test["demand"]["groups"][0]["total"]["requested"], 1, "origins are apart");
    let day = window(t.day, t.day + DAY);
    let days = stack.graphql(&format!("{{ demand({day}, bucket: D1) {{ {DEMAND} }} }}")).await?;
    assert_eq!(days["demand"]["groups"][0]["total"]["requested"], 4);
    let now = stack
        .graphql(&format!("{{ demand(window: {{ last: \"1h\" }}, bucket: H1) {{ {DEMAND} }} }}"))
        .await?;
    let now = &now["demand"];
    assert_eq!(
        (&now["groups"][0]["total"]["requested"], &now["partial"]),
        (&1.into(), &true.into())
    );
    let hostile = stack.graphql(&ask("where: { model: \"' or 1 = 1 --\" }")).await?;
    assert_eq!(hostile["demand"]["groups"], Value::Array(vec![]));
    Ok(())
}

/// Scenario: sessions, legs, minutes and payments by hand: a void row, an unresolved orchestrator, two
/// regions, unknown models, borders of buckets.
/// Guarantees: demand is what they add up to, by any dimension; the same before and after the views
/// have them, and after a row moved.
#[tokio::test(flavor = "multi_thread")]
async fn demand_from_rows_and_from_views() -> Result<()> {
    let stack = Stack::by_hand().await?;
    let t = Times::new();
    insert(&stack, &sessions_sql(&t)).await?;
    insert(&stack, &legs_sql(&t)).await?;
    insert(&stack, &minutes_and_fees_sql(&t)).await?;
    let tables = ["stream_session", "stream_leg", "stream_minute", "payment_fee"];
    stack.applied(&tables).await?;
    demand_is_what_the_rows_add_up_to(&stack, &t).await?;

    let mut checks = Vec::new();
    for level in ["5m", "1h", "1d"] {
        checks.push((format!("stream_session_{level}"), "sum(requested_sum)", 27));
        checks.push((format!("stream_leg_{level}"), "sum(requested_sum)", 4));
    }
    for level in ["1h", "1d"] {
        checks.push((format!("stream_minute_{level}"), "sum(minutes_sum)", 15));
        checks.push((format!("payment_fee_{level}"), "sum(payments_sum)", 2));
    }
    let checks: Vec<_> = checks.iter().map(|(v, c, n)| (v.as_str(), *c, *n)).collect();
    refreshed(&stack, &checks).await?;
    demand_is_what_the_rows_add_up_to(&stack, &t).await?;

    // The unserved session turns out to have begun a second later: its old row is void.
    let old = format!(
        "insert into stream_session (ts, void, formula, session, origin, outcome) values ({}, 1, '2026.1', {}, 'organic', 'UNKNOWN')",
        t.hour + 5 * MINUTE - 1,
        id(2)
    );
    let new = sessions_sql(&t)[1].replace(
        &(t.hour + 5 * MINUTE - 1).to_string(),
        &(t.hour + 5 * MINUTE + SECOND).to_string(),
    );
    insert(&stack, &[old, new]).await?;
    stack.applied(&tables).await?;
    let moved = "(sum(case when ts = timestamp_floor('1h', ts) then unserved_sum else 0 end) * 10 + sum(unserved_sum))";
    refreshed(&stack, &[("stream_session_5m", moved, 1)]).await?;
    refreshed(&stack, &[("stream_session_1h", "sum(unserved_sum)", 1)]).await?;
    let hour = window(t.hour, t.hour + 5 * MINUTE);
    let ask = |w: &str| {
        format!(
            "{{ demand({w}, bucket: M5) {{ groups {{ total {{ samples requested unserved }} }} }} }}"
        )
    };
    let before = stack.graphql(&ask(&hour)).await?;
    let total = &before["demand"]["groups"][0]["total"];
    assert_eq!((&total["samples"], &total["unserved"]), (&1.into(), &0.into()), "{total}");
    let hour = window(t.hour, t.hour + HOUR);
    let after = stack.graphql(&ask(&hour)).await?;
    assert_eq!(after["demand"]["groups"][0]["total"]["unserved"], 1, "neither lost nor twice");
    stack.stop().await?;
    Ok(())
}

/// Scenario: the same rows, asked for one by one.
/// Guarantees: every figure of a session and its legs; unknown is null; filters; pages that neither
/// repeat nor skip where times are the same.
#[tokio::test(flavor = "multi_thread")]
async fn sessions_and_their_legs() -> Result<()> {
    let stack = Stack::by_hand().await?;
    let t = Times::new();
    insert(&stack, &sessions_sql(&t)).await?;
    insert(&stack, &legs_sql(&t)).await?;
    let ties: Vec<String> = (20..27)
        .map(|n| session(n, t.hour - HOUR, "organic", "outcome, model", "'UNKNOWN', 'ties'"))
        .collect();
    insert(&stack, &ties).await?;
    stack.applied(&["stream_session", "stream_leg"]).await?;
    let fields = "requestId streamId outcome endReason startedAt closedAt closed startupMs e2eLatencyMs e2eLatencySource minutes swaps orchestrator { address uri } legs { index orchestrator { address } uri outcome attribution swapReason startupMs startedAt endedAt } pipeline model gateway region origin signalCoverage packetLossRatio states { onlineS loadingS } errors { clientGone other } feeWei";
    let data =
        stack.graphql(&format!("{{ sessions(first: 50) {{ nodes {{ {fields} }} }} }}")).await?;
    let nodes = data["sessions"]["nodes"].as_array().context("nodes")?.clone();
    assert_eq!(nodes.len(), 6 + 7, "neither void nor of another origin");
    assert_eq!(nodes[0]["requestId"], "request-8", "newest first");
    let of = |n: u64| nodes.iter().find(|s| s["requestId"] == format!("request-{n}")).unwrap();

    let served = of(1);
    assert_eq!((&served["outcome"], &served["endReason"]), (&"SERVED".into(), &"CLIENT".into()));
    close(&served["e2eLatencyMs"], 800.0);
    assert_eq!(served["e2eLatencySource"], "MEDIA");
    assert_eq!(served["orchestrator"]["address"], "0xaa");
    close(&served["packetLossRatio"], 0.01);
    close(&served["signalCoverage"], 1.0);
    close(&served["states"]["onlineS"], 590.0);
    assert_eq!(served["states"]["loadingS"], Value::Null);
    assert_eq!(
        (&served["errors"]["clientGone"], &served["errors"]["other"]),
        (&2.into(), &0.into())
    );
    assert_eq!(served["feeWei"], "12345678901234567890123", "all digits");

    let swapped = of(3);
    assert_eq!(swapped["e2eLatencySource"], "TRACE");
    assert_eq!(swapped["legs"].as_array().map(Vec::len), Some(2));
    let first = &swapped["legs"][0];
    assert_eq!(first["orchestrator"]["address"], Value::Null, "not resolved");
    assert_eq!(first["uri"], "https://lost.example:8935");
    assert_eq!((&first["attribution"], &first["swapReason"]), (&"NONE".into(), &"SLOW".into()));
    assert_eq!(swapped["legs"][1]["orchestrator"]["address"], "0xbb");
    close(&swapped["signalCoverage"], 2.0 / 3.0);

    let unserved = of(2);
    assert_eq!(unserved["outcome"], "NO_ORCHESTRATOR");
    for field in [
        "startupMs",
        "e2eLatencyMs",
        "minutes",
        "orchestrator",
        "signalCoverage",
        "packetLossRatio",
        "feeWei",
        "endReason",
    ] {
        assert_eq!(unserved[field], Value::Null, "{field}");
    }
    assert_eq!(
        (&of(7)["closed"], &of(7)["closedAt"], &of(7)["model"]),
        (&false.into(), &Value::Null, &Value::Null)
    );

    filters_of_sessions(&stack).await?;
    pages_of_ties(&stack).await?;
    stack.stop().await?;
    Ok(())
}

async fn filters_of_sessions(stack: &Stack) -> Result<()> {
    for (filter, n) in [
        ("where: { region: \"us-east\" }", 2),
        ("where: { orchestrator: \"0xAA\" }", 2),
        ("where: { model: \"m1\", gateway: \"g1\" }", 3),
        ("outcome: NO_ORCHESTRATOR", 1),
        ("origin: TEST", 1),
        ("origin: null", 7 + 7),
        ("where: { region: \"x' or '1' = '1\" }", 0),
    ] {
        let data = stack
            .graphql(&format!("{{ sessions(first: 50, {filter}) {{ nodes {{ requestId }} }} }}"))
            .await?;
        assert_eq!(data["sessions"]["nodes"].as_array().map(Vec::len), Some(n), "{filter}");
    }
    Ok(())
}

async fn pages_of_ties(stack: &Stack) -> Result<()> {
    let mut seen = Vec::new();
    let mut after = "null".to_owned();
    for _ in 0..10 {
        let data = stack.graphql(&format!("{{ sessions(first: 2, after: {after}, where: {{ model: \"ties\" }}) {{ nodes {{ requestId }} pageInfo {{ hasNextPage endCursor }} }} }}")).await?;
        let page = &data["sessions"];
        seen.extend(page["nodes"].as_array().unwrap().iter().map(|n| n["requestId"].clone()));
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].to_string();
    }
    let all: Vec<Value> = (20..27).map(|n| format!("request-{n}").into()).collect();
    assert_eq!(seen, all);
    Ok(())
}

/// Scenario: 3,000 sessions over two days with startup times that are known here.
/// Guarantees: p50, p95 and p99 within 2 % of the exact ones, by group and over windows that are no
/// whole hours, from rows and from histogram views.
#[tokio::test(flavor = "multi_thread")]
async fn distributions_are_within_two_percent() -> Result<()> {
    let stack = Stack::by_hand().await?;
    let t = Times::new();
    let n: i64 = 3000;
    let step = 57 * SECOND;
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let startup = |x: i64| (500 + (x * 7919) % 20_011) as f64;
    stack
        .sql(&format!("insert into stream_session (ts, void, formula, session, origin, gateway, region, pipeline, model, outcome, startup_ms, requested, served) select ({} + x * {step})::timestamp, 0, '2026.1', cast('00000000-0000-4000-a000-' || lpad(x::string, 12, '0') as uuid), 'organic', 'g1', case when x % 3 = 0 then 'eu-west' else 'us-east' end, 'live-video-to-video', 'm1', 'SERVED', (500 + (x * 7919) % 20011)::double, 1, 1 from long_sequence({n})", t.day))
        .await?;
    // Of no figure, and void: neither counts.
    let none = session(1, t.day + HOUR, "organic", "outcome, region", "'OPEN', 'eu-west'");
    let void = format!(
        "insert into stream_session (ts, void, formula, session, origin, outcome, region, startup_ms) values ({}, 1, '2026.1', {}, 'organic', 'OPEN', 'eu-west', null)",
        t.day + HOUR,
        id(2)
    );
    insert(&stack, &[none, void]).await?;
    stack.applied(&["stream_session"]).await?;
    let windows = [
        (t.day, t.day + 2 * DAY, "D1"),
        (t.day + 3 * HOUR, t.day + 30 * HOUR, "H1"),
        (t.day + 55 * MINUTE, t.day + 25 * HOUR + 35 * MINUTE, "M5"),
        (t.day + 10 * MINUTE, t.day + 40 * MINUTE, "M5"),
    ];
    for round in ["rows", "views"] {
        if round == "views" {
            let sum = "sum(n)";
            let hist = "stream_session_startup_ms_hist";
            refreshed(&stack, &[(&format!("{hist}_1h"), sum, n), (&format!("{hist}_1d"), sum, n)])
                .await?;
        }
        for (from, to, bucket) in windows {
            let w = window(from, to);
            let data = stack.graphql(&format!("{{ distributions(measure: STARTUP, {w}, bucket: {bucket}, groupBy: [REGION]) {{ of unit groups {{ key {{ value }} total {{ n p50 p95 p99 }} }} }} }}")).await?;
            for (region, third) in [("eu-west", true), ("us-east", false)] {
                let mut exact: Vec<f64> = (1..=n)
                    .filter(|x| (x % 3 == 0) == third)
                    .filter(|x| (from..to).contains(&(t.day + x * step)))
                    .map(startup)
                    .collect();
                exact.sort_by(f64::total_cmp);
                let total = &group(&data["distributions"], &region.into())["total"];
                assert_eq!(total["n"], exact.len(), "{round} {bucket} {region}");
                for (name, percent) in [("p50", 50), ("p95", 95), ("p99", 99)] {
                    within_two_percent(&total[name], exact[(exact.len() - 1) * percent / 100]);
                }
            }
        }
    }
    let w = window(t.day, t.day + DAY);
    let data = stack.graphql(&format!("{{ distributions(measure: STARTUP, {w}, bucket: H1) {{ groups {{ points {{ n partial }} }} }} }}")).await?;
    let points = data["distributions"]["groups"][0]["points"].as_array().context("points")?.clone();
    let sum: i64 = points.iter().filter_map(|p| p["n"].as_i64()).sum();
    assert_eq!((points.len(), sum), (24, DAY / step), "each hour has its own");
    stack.stop().await?;
    Ok(())
}

fn supply_sql(t: &Times, now: i64) -> Vec<String> {
    let h = t.hour;
    let supply = "insert into supply (ts, void, formula, orchestrator, orch_uri, pipeline, model, origin, region, known_s, slot_s, idle_slot_s, warm_s, implausible_slots, price_wei_per_unit, price_unit) values ";
    let gpu = "insert into supply_gpu (ts, void, formula, orchestrator, orch_uri, gpu_name, origin, region, gpu_hours, gpus) values ";
    let report = "insert into supply_report (ts, void, formula, orchestrator, orch_uri, origin, gateway, version, region, gpus, gpu_ids, gpu_names, models, warm_models, slots, slots_idle, implausible_models, implausible_slots) values ";
    let a = "'0xaa', 'https://a.example:8935'";
    let b = "'0xbb', 'https://b.example:8935'";
    let model = "'live-video-to-video', 'm1', 'organic'";
    let bucket = (now - 15 * MINUTE).div_euclid(5 * MINUTE) * 5 * MINUTE;
    vec![
        format!(
            "{supply}({h}, 0, '2026.1', {a}, {model}, null, 300.0, 600.0, 300.0, 300.0, null, 10.0, 'pixel')"
        ),
        format!(
            "{supply}({}, 0, '2026.1', {a}, {model}, null, 300.0, 1200.0, 0.0, 0.0, null, 20.0, 'pixel')",
            h + 5 * MINUTE
        ),
        format!(
            "{supply}({h}, 0, '2026.1', {b}, {model}, 'us-east', 300.0, null, null, 0.0, 5000, null, null)"
        ),
        format!(
            "{supply}({h}, 1, '2026.1', {b}, 'none', 'none', 'organic', 'us-east', null, null, null, null, null, null, null)"
        ),
        format!("{gpu}({h}, 0, '2026.1', {a}, 'RTX 4090', 'organic', null, 0.125, 2)"),
        // What it offers now: a model, and one that it no longer has.
        format!(
            "{supply}({bucket}, 0, '2026.1', {a}, {model}, null, 120.0, 480.0, 360.0, 120.0, null, 7.0, 'pixel')"
        ),
        format!(
            "{supply}({}, 0, '2026.1', {a}, 'live-video-to-video', 'gone', 'organic', null, 300.0, 300.0, 0.0, 0.0, null, null, null)",
            bucket - 10 * MINUTE
        ),
        format!(
            "{report}({}, 0, '2026.1', {a}, 'organic', 'g1', '0.8.10', null, 2, 'ida,idb', 'RTX 4090 x2', 1, 1, 4, 3, 0, 0)",
            now - 10 * MINUTE
        ),
        format!(
            "{report}({}, 0, '2026.1', {a}, 'organic', 'g2', '0.8.9', null, 7, 'idc', 'RTX 4090 x7', 1, 1, 9, 9, 0, 0)",
            now - 2 * HOUR
        ),
        format!(
            "{report}({}, 0, '2026.1', '0xaa', 'https://a2.example:8935', 'organic', 'g1', '0.8.10', null, 1, 'idb', 'RTX 4090 x1', 1, 0, null, null, 0, 0)",
            now - 3 * HOUR
        ),
        format!(
            "{report}({}, 0, '2026.1', {b}, 'organic', 'g1', null, 'us-east', null, null, null, 1, 0, null, null, 1, 5000)",
            t.hour
        ),
        format!(
            "{report}({}, 0, '2026.1', '0xcc', 'https://c.example:8935', 'simulated', 'g1', null, null, 9, null, null, 1, 0, 9, 9, 0, 0)",
            now - MINUTE
        ),
    ]
}

/// Scenario: capability reports by hand.
/// Guarantees: orchestrators with whole numbers, unknown where not told; supply as time-weighted
/// means; the network's totals.
#[tokio::test(flavor = "multi_thread")]
async fn orchestrators_and_supply() -> Result<()> {
    let stack = Stack::by_hand().await?;
    let t = Times::new();
    insert(&stack, &supply_sql(&t, now_us())).await?;
    insert(&stack, &sessions_sql(&t)).await?;
    insert(&stack, &minutes_and_fees_sql(&t)).await?;
    let tables =
        ["supply", "supply_gpu", "supply_report", "stream_session", "stream_minute", "payment_fee"];
    stack.applied(&tables).await?;
    let list = "address uris gpuCount slotCount slotsIdle online lastSeenAt versions regions models { pipeline model warm slots slotsIdle priceWeiPerUnit } gpus { name count } implausible implausibleSlots";
    let data = stack.graphql(&format!("{{ orchestrators(first: 1) {{ nodes {{ {list} }} pageInfo {{ hasNextPage endCursor }} }} }}")).await?;
    let a = &data["orchestrators"]["nodes"][0];
    assert_eq!(a["address"], "0xaa");
    assert_eq!(a["uris"], serde_json::json!(["https://a.example:8935", "https://a2.example:8935"]));
    assert_eq!(
        (&a["gpuCount"], &a["slotCount"], &a["slotsIdle"]),
        (&2.into(), &4.into(), &3.into())
    );
    assert_eq!((&a["online"], &a["implausible"]), (&true.into(), &false.into()));
    assert_eq!(a["versions"], serde_json::json!(["0.8.10"]));
    assert_eq!(a["gpus"], serde_json::json!([{ "name": "RTX 4090", "count": 3 }]));
    let model = serde_json::json!([{ "pipeline": "live-video-to-video", "model": "m1", "warm": true, "slots": 4, "slotsIdle": 3, "priceWeiPerUnit": 7.0 }]);
    assert_eq!(a["models"], model);
    let cursor = &data["orchestrators"]["pageInfo"]["endCursor"];
    assert_eq!(data["orchestrators"]["pageInfo"]["hasNextPage"], true);
    let data = stack.graphql(&format!("{{ orchestrators(after: {cursor}) {{ nodes {{ {list} }} pageInfo {{ hasNextPage }} }} }}")).await?;
    let rest = data["orchestrators"]["nodes"].as_array().context("nodes")?.clone();
    assert_eq!(rest.len(), 1, "simulated ones are apart");
    let b = &rest[0];
    assert_eq!(
        (&b["gpuCount"], &b["slotCount"], &b["online"]),
        (&Value::Null, &Value::Null, &false.into())
    );
    assert_eq!((&b["implausible"], &b["implausibleSlots"]), (&true.into(), &5000.into()));
    assert_eq!(b["regions"], serde_json::json!(["us-east"]));
    let text = stack.graphql("{ orchestrators(address: \"0xAA\") { nodes { address } } }").await?;
    assert_eq!(text["orchestrators"]["nodes"].as_array().map(Vec::len), Some(1));

    for round in ["rows", "views"] {
        if round == "views" {
            let known = "sum(known_s_sum)";
            refreshed(
                &stack,
                &[
                    ("supply_1h", known, 1320),
                    ("supply_1d", known, 1320),
                    ("supply_gpu_1h", "sum(n)", 1),
                    ("supply_gpu_1d", "sum(n)", 1),
                ],
            )
            .await?;
        }
        supply_is_weighted_with_time(&stack, &t).await.context(round)?;
    }

    let data = stack.graphql(&format!("{{ network({}) {{ sessions requested served unserved minutes feesEth orchestrators orchestratorsOnline gpus slots slotsIdle partial }} }}", window(t.hour, t.hour + HOUR))).await?;
    let expected = serde_json::json!({ "sessions": 5, "requested": 4, "served": 2, "unserved": 1, "minutes": 15.0, "feesEth": 0.75, "orchestrators": 2, "orchestratorsOnline": 1, "gpus": 2, "slots": 4, "slotsIdle": 3, "partial": false });
    assert_eq!(data["network"], expected);
    stack.stop().await?;
    Ok(())
}

async fn supply_is_weighted_with_time(stack: &Stack, t: &Times) -> Result<()> {
    let fields = "groups { key { value } total { samples knownHours slots idleSlots slotsPerModel warmModels warmRatio implausibleSlots priceWeiPerUnit { n mean } gpuHours orchestrators } points { time slots } }";
    let w = window(t.hour, t.hour + HOUR);
    let data = stack.graphql(&format!("{{ supply({w}) {{ {fields} }} }}")).await?;
    let all = &data["supply"]["groups"][0]["total"];
    assert_eq!(
        (&all["samples"], &all["orchestrators"], &all["implausibleSlots"]),
        (&3.into(), &2.into(), &5000.into())
    );
    for (field, x) in [
        ("knownHours", 0.25),
        ("slots", 0.5),
        ("idleSlots", 1.0 / 12.0),
        ("slotsPerModel", 2.0),
        ("warmModels", 1.0 / 12.0),
        ("warmRatio", 1.0 / 3.0),
        ("gpuHours", 0.125),
    ] {
        close(&all[field], x);
    }
    assert_eq!(all["priceWeiPerUnit"], Value::Null, "units of pipelines are not mixed");
    let data = stack.graphql(&format!("{{ supply({w}, groupBy: [ORCHESTRATOR], where: {{ pipeline: \"live-video-to-video\" }}) {{ {fields} }} }}")).await?;
    let a = &group(&data["supply"], &"0xaa".into())["total"];
    assert_eq!(a["priceWeiPerUnit"]["n"], 2);
    close(&a["priceWeiPerUnit"]["mean"], 15.0);
    assert_eq!(a["gpuHours"], Value::Null, "reports do not tell which GPU has which model");
    let b = &group(&data["supply"], &"0xbb".into())["total"];
    assert_eq!((&b["slots"], &b["samples"]), (&Value::Null, &1.into()));
    let data = stack.graphql(&format!("{{ supply({w}, groupBy: [GPU]) {{ {fields} }} }}")).await?;
    close(&group(&data["supply"], &"RTX 4090".into())["total"]["gpuHours"], 0.125);
    let fine = stack.graphql(&format!("{{ supply({w}, bucket: M5) {{ {fields} }} }}")).await?;
    close(&fine["supply"]["groups"][0]["points"][1]["slots"], 4.0);
    Ok(())
}

fn scores_sql(t: &Times) -> Vec<String> {
    let end = t.day + 12 * HOUR;
    let score = |ts: i64, who: &str, ranked: i64, requested: i64, score: &str| {
        format!(
            "insert into sla_score (ts, void, formula, span, orchestrator, pipeline, model, region, origin, requested, served, swapped, startup_success, startup_weight, ptff_median, ptff_n, ptff_term, ptff_weight, ptff_flag, signal_coverage, score, cost_startup_success, cost_ptff, cost_coverage, gateways, ranked, startup_met, startup_hours) values ({ts}, 0, '2026.1', '24h', '{who}', 'live-video-to-video', 'm1', 'none', 'organic', {requested}, 9, 1, 0.9, 0.4, 900.0, 9, 0.5, 0.36, 'NO_BENCHMARK', 0.8, {score}, 2.8, 5.4, 12.5, 2, {ranked}, 20, 24)"
        )
    };
    vec![
        score(end, "0xaa", 1, 10, "90.0"),
        score(end, "0xbb", 1, 10, "80.0"),
        score(end, "0xcc", 0, 10, "95.0"),
        score(end, "0xdd", 1, 3, "null"),
        score(end - HOUR, "0xbb", 1, 10, "70.0"),
        score(end, "0xee", 1, 10, "99.0").replace(", 0, '2026.1', '24h'", ", 1, '2026.1', '24h'"),
        format!(
            "insert into benchmark (ts, void, formula, origin, pipeline, model, figure, n, orchestrators, usable, p10, p50, p90) values ({}, 0, '2026.1', 'organic', 'live-video-to-video', 'm1', 'output_fps_mean', 25, 3, 1, 10.0, 15.0, 20.0), ({}, 0, '2026.1', 'organic', 'live-video-to-video', 'm1', 'output_fps_mean', 5, 1, 0, 1.0, 2.0, 3.0)",
            t.day,
            t.day - DAY
        ),
        format!(
            "insert into reported_observed (ts, void, formula, orchestrator, pipeline, model, origin, figure, reported, observed, ratio, basis, reports, legs) values ({}, 0, '2026.1', '0xaa', 'live-video-to-video', 'none', 'organic', 'capacity', 8.0, 2.0, 4.0, 'gateways', 3, 5)",
            t.hour
        ),
        format!(
            "insert into correction (ts, void, formula, correction, kind, subject, value, valid_from, valid_to, author, reason, revoked) values ({0}, 0, '2026.1', {1}, 'uri', 'https://x.example:1', '0xaa', null, null, 'ops', 'moved', 0), ({2}, 0, '2026.1', {1}, 'uri', 'https://x.example:1', '0xaa', null, null, 'ops', 'wrong', 1)",
            t.day,
            id(77),
            t.day + HOUR
        ),
        format!(
            "insert into derive_state (ts, node, part, through_at, lag_ms, pending, derived, voided) values ({0}, 'c', 'sessions', {0}, 900, 3, 5, 1), ({0}, 'c', 'scores', {1}, 100, 4, 5, 1)",
            t.recent,
            t.recent - MINUTE
        ),
    ]
}

const SCORES: &str = "span from dataThrough scores { end formula orchestrator region score rank ranked requested signalCoverage coverageCost terms { name part value n median weight effectiveWeight flag cost } compliance { target value met hours ratio } }";

/// Scenario: scores, benchmarks, corrections and the state of the derivation by hand.
/// Guarantees: the newest end unless a window is asked for; places only where ranked, and the same
/// whoever is asked for; terms with n, weight, flag and cost; freshness.
#[tokio::test(flavor = "multi_thread")]
async fn scores_and_what_they_rest_on() -> Result<()> {
    let stack = Stack::by_hand().await?;
    let t = Times::new();
    // How far the derivation is: the collector says so itself, from a moment after its start.
    let empty = stack.graphql("{ sla { from scores { score } } benchmarks { items { n } from dataCoverage samples } corrections { id } }").await?;
    assert_eq!(empty["sla"]["scores"], Value::Array(vec![]));
    insert(&stack, &scores_sql(&t)).await?;
    stack
        .applied(&["sla_score", "benchmark", "reported_observed", "correction", "derive_state"])
        .await?;
    newest_scores(&stack).await?;
    scores_of_a_window(&stack, &t).await?;
    what_stands_beside_scores(&stack).await?;
    stack.stop().await?;
    Ok(())
}

async fn newest_scores(stack: &Stack) -> Result<()> {
    let data = stack.graphql(&format!("{{ sla {{ {SCORES} }} }}")).await?;
    let sla = &data["sla"];
    let scores = sla["scores"].as_array().context("scores")?;
    let places: Vec<_> = scores
        .iter()
        .map(|s| (s["orchestrator"].as_str().unwrap(), s["rank"].as_i64(), s["score"].as_f64()))
        .collect();
    assert_eq!(
        places,
        [
            ("0xcc", None, Some(95.0)),
            ("0xaa", Some(1), Some(90.0)),
            ("0xbb", Some(2), Some(80.0)),
            ("0xdd", None, None)
        ]
    );
    let aa = &scores[1];
    assert_eq!((&aa["formula"], &aa["region"]), (&"naap-2026.1".into(), &Value::Null));
    let ptff = aa["terms"]
        .as_array()
        .unwrap()
        .iter()
        .find(|x| x["name"] == "PROMPT_TO_FIRST_FRAME")
        .unwrap();
    assert_eq!(
        (&ptff["flag"], &ptff["n"], &ptff["part"]),
        (&"NO_BENCHMARK".into(), &9.into(), &"QUALITY".into())
    );
    close(&ptff["effectiveWeight"], 0.108);
    close(&ptff["cost"], 5.4);
    let viability =
        aa["terms"].as_array().unwrap().iter().find(|x| x["name"] == "OUTPUT_VIABILITY").unwrap();
    assert_eq!((&viability["value"], &viability["weight"]), (&Value::Null, &Value::Null));
    let startup = &aa["compliance"][0];
    assert_eq!(
        (&startup["target"], &startup["met"], &startup["hours"]),
        (&"startup".into(), &20.into(), &24.into())
    );
    close(&startup["ratio"], 20.0 / 24.0);
    assert_eq!(aa["compliance"][1]["ratio"], Value::Null, "no hours, no ratio");
    Ok(())
}

async fn scores_of_a_window(stack: &Stack, t: &Times) -> Result<()> {
    let one = stack
        .graphql(&format!(
            "{{ sla(where: {{ orchestrator: \"0xBB\" }}, {}) {{ {SCORES} }} }}",
            window(t.day, t.day + DAY)
        ))
        .await?;
    let of_b: Vec<_> = one["sla"]["scores"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| (s["score"].as_f64(), s["rank"].as_i64()))
        .collect();
    assert_eq!(of_b, [(Some(80.0), Some(2)), (Some(70.0), Some(1))]);
    let half_open = stack
        .graphql(&format!("{{ sla({}) {{ {SCORES} }} }}", window(t.day, t.day + 12 * HOUR)))
        .await?;
    assert_eq!(
        half_open["sla"]["scores"].as_array().map(Vec::len),
        Some(1),
        "the end is not in it"
    );
    let days = window(t.day, t.day + DAY + MINUTE);
    let of_days = stack.graphql(&format!("{{ sla({days}, bucket: D1) {{ bucket samples scores {{ score }} columns {{ score }} }} }}")).await?;
    assert_eq!(
        of_days["sla"],
        serde_json::json!({ "bucket": "D1", "samples": 0, "scores": [], "columns": { "score": [] } }),
        "no score ends at midnight"
    );
    let hours = stack.graphql(&format!("{{ sla({days}) {{ bucket samples scores {{ score orchestrator rank }} columns {{ score orchestrator rank end }} }} }}")).await?;
    let (sla, columns) = (&hours["sla"], &hours["sla"]["columns"]);
    assert_eq!((&sla["bucket"], &sla["samples"]), (&"H1".into(), &43.into()));
    for name in ["score", "orchestrator", "rank"] {
        let rows: Vec<_> =
            sla["scores"].as_array().unwrap().iter().map(|s| s[name].clone()).collect();
        assert_eq!(columns[name], Value::Array(rows), "{name}");
    }
    let refused = stack.graphql(&format!("{{ sla({days}, bucket: M5) {{ from }} }}")).await;
    assert!(format!("{:?}", refused.unwrap_err()).contains("it has H1, D1"));
    let week = stack.graphql("{ sla(span: WEEK) { scores { score } } }").await?;
    assert_eq!(week["sla"]["scores"], Value::Array(vec![]));
    Ok(())
}

async fn what_stands_beside_scores(stack: &Stack) -> Result<()> {
    let data = stack.graphql("{ benchmarks { samples dataThrough items { figure n usable p50 } } reportedVsObserved { samples partial items { orchestrator model ratio reported observed basis } } corrections { kind subject value author reason revoked validFrom } derivation { lagMs pending dataThrough parts { part lagMs } } }").await?;
    assert_eq!(
        data["benchmarks"]["items"],
        serde_json::json!([{ "figure": "output_fps_mean", "n": 25, "usable": true, "p50": 15.0 }])
    );
    assert_eq!(
        data["reportedVsObserved"]["items"],
        serde_json::json!([{ "orchestrator": "0xaa", "model": null, "ratio": 4.0, "reported": 8.0, "observed": 2.0, "basis": "gateways" }])
    );
    assert_eq!(
        (&data["benchmarks"]["samples"], &data["reportedVsObserved"]["samples"]),
        (&25.into(), &3.into())
    );
    assert_ne!(data["benchmarks"]["dataThrough"], Value::Null);
    assert_eq!(data["reportedVsObserved"]["partial"], false);
    assert_eq!(
        data["corrections"],
        serde_json::json!([{ "kind": "uri", "subject": "https://x.example:1", "value": "0xaa", "author": "ops", "reason": "wrong", "revoked": true, "validFrom": null }])
    );
    let derivation = &data["derivation"];
    assert_eq!((&derivation["lagMs"], &derivation["pending"]), (&900.into(), &7.into()));
    assert_ne!(derivation["dataThrough"], Value::Null);
    let fresh = stack
        .graphql("{ sla { dataThrough } demand { dataThrough } supply { dataThrough } }")
        .await?;
    assert_eq!(fresh["sla"]["dataThrough"], derivation["dataThrough"], "scores are the slowest");
    assert_ne!(fresh["demand"]["dataThrough"], derivation["dataThrough"]);
    assert_eq!(fresh["supply"]["dataThrough"], Value::Null);
    Ok(())
}

fn jobs_sql(t: &Times) -> Vec<String> {
    let job = |n: u64, ts: i64, void: i64, rest: &str| {
        format!(
            "insert into job (ts, void, formula, job, kind, request_id, origin, outcome, gateway, pipeline, model, orchestrator, duration_ms, requested, served, unserved, failed) values ({ts}, {void}, '2026.1', {}, 'llm', 'job-{n}', 'organic', {rest})",
            id(n)
        )
    };
    let h = t.hour;
    let node = |n: &str, role: &str| {
        format!(
            "insert into livepeer_node (ts, node, epoch, seq, target, role) values ({h}, '{n}', 1, 1, 't', '{role}')"
        )
    };
    let ai = |n: &str, seq: i64, requests: &str, errors: i64| {
        format!(
            "insert into livepeer_ai (ts, node, epoch, seq, target, pipeline, model, orch_uri, interval_ms, requests, request_errors) values ({}, '{n}', 1, {seq}, 't', 'text-to-image', 'm', 'none', 10000, {requests}, {errors})",
            h + seq
        )
    };
    vec![
        job(1, h, 0, "'SERVED', 'g1', 'llm', 'm', '0xaa', 1000.0, 1, 1, 0, 0"),
        job(2, h, 0, "'NO_ORCHESTRATOR', 'g1', 'llm', 'm', null, null, 1, 0, 1, 0"),
        job(3, h, 1, "'OPEN', null, null, null, null, null, null, null, null, null"),
        job(4, h + SECOND, 0, "'FAILED', 'g1', 'llm', 'm', '0xaa', 3000.0, 1, 0, 0, 1"),
        node("gw", "gateway"),
        node("or", "orchestrator"),
        ai("gw", 1, "6", 0),
        ai("gw", 2, "4", 0),
        ai("or", 1, "10", 20),
        format!(
            "insert into livepeer_orchestrator (ts, node, epoch, seq, target, orch_uri, orch_address, interval_ms, segments_uploaded, segments_upload_failed, segments_transcoded, latency_sum_s, latency_count, latency_le_2s_count, discovery_errors) values ({h}, 'gw', 1, 9, 't', 'https://a.example:8935', '0xaa', 10000, 18, 2, 16, 24.0, 16, 12, 3)"
        ),
    ]
}

/// Scenario: jobs from events, and counters of a gateway that lost count.
/// Guarantees: a page of jobs; counters marked as such, with what a panic lost as a difference;
/// transcoding by orchestrator.
#[tokio::test(flavor = "multi_thread")]
async fn jobs_and_counters() -> Result<()> {
    let stack = Stack::by_hand().await?;
    let t = Times::new();
    insert(&stack, &jobs_sql(&t)).await?;
    stack.applied(&["job", "livepeer_node", "livepeer_ai", "livepeer_orchestrator"]).await?;
    let first = stack.graphql("{ jobs(first: 2, kind: LLM) { nodes { requestId outcome durationMs orchestrator { address } } pageInfo { hasNextPage endCursor } } }").await?;
    let nodes = &first["jobs"]["nodes"];
    assert_eq!(
        (&nodes[0]["requestId"], &nodes[1]["requestId"]),
        (&"job-4".into(), &"job-1".into())
    );
    let next = stack.graphql(&format!("{{ jobs(first: 2, after: {}) {{ nodes {{ requestId orchestrator {{ address }} durationMs }} pageInfo {{ hasNextPage }} }} }}", first["jobs"]["pageInfo"]["endCursor"])).await?;
    assert_eq!(
        next["jobs"],
        serde_json::json!({ "nodes": [{ "requestId": "job-2", "orchestrator": null, "durationMs": null }], "pageInfo": { "hasNextPage": false } })
    );
    let w = window(t.hour, t.hour + HOUR);
    let data = stack.graphql(&format!("{{ jobCounters({w}) {{ basis rows {{ node role pipeline orchestratorUri samples requests errors successRatio }} differences {{ model gatewayRequests orchestratorRequests requestsDifference errorsDifference }} }} transcoding({w}) {{ basis rows {{ gateway orchestrator segmentsUploaded successRatio meanLatencyMs latencyN realtimeRatio discoveryErrors }} }} distributions(measure: JOB_DURATION, {w}) {{ of groups {{ total {{ n p50 }} }} }} }}")).await?;
    assert_eq!(data["jobCounters"]["basis"], "COUNTERS");
    let gateway = serde_json::json!({ "node": "gw", "role": "gateway", "pipeline": "text-to-image", "orchestratorUri": null, "samples": 2, "requests": 10, "errors": 0, "successRatio": 1.0 });
    assert_eq!(data["jobCounters"]["rows"][0], gateway);
    close(&data["jobCounters"]["rows"][1]["successRatio"], 1.0 / 3.0);
    let lost = serde_json::json!([{ "model": "m", "gatewayRequests": 10, "orchestratorRequests": 10, "requestsDifference": 0, "errorsDifference": 20 }]);
    assert_eq!(data["jobCounters"]["differences"], lost);
    let expected = serde_json::json!([{ "gateway": "gw", "orchestrator": "0xaa", "segmentsUploaded": 18, "successRatio": 0.8, "meanLatencyMs": 1500.0, "latencyN": 16, "realtimeRatio": 0.75, "discoveryErrors": 3 }]);
    assert_eq!(data["transcoding"]["rows"], expected);
    let jobs = &data["distributions"];
    assert_eq!((&jobs["of"], &jobs["groups"][0]["total"]["n"]), (&Value::Null, &2.into()));
    within_two_percent(&jobs["groups"][0]["total"]["p50"], 1000.0);
    stack.stop().await?;
    Ok(())
}

/// Rows of agents on themselves: each names a node, the minutes after `from`, kind, origin, region.
fn heartbeats_sql(from: i64) -> Vec<String> {
    let agent = |node: &str, minutes: std::ops::Range<i64>, labels: &str| -> Vec<String> {
        let row = |minute: i64| {
            format!(
                "insert into agent (ts, node, epoch, seq, kind, origin, region) values ({}, '{node}', 1, {minute}, {labels})",
                from + minute * MINUTE + 7 * SECOND
            )
        };
        minutes.map(row).collect()
    };
    let mut rows = Vec::new();
    // g1 is there for all of an hour but twelve minutes; g2 was installed at minute 30.
    rows.extend(agent("g1", -5..20, "'gateway', 'organic', 'eu-west'"));
    rows.extend(agent("g1", 32..65, "'gateway', 'organic', 'eu-west'"));
    rows.extend(agent("g2", 30..65, "'gateway', 'organic', 'us-east'"));
    rows.extend(agent("or", 0..3, "'orchestrator', 'organic', 'eu-west'"));
    rows.extend(agent("tester", 0..1, "'gateway', 'test', 'eu-west'"));
    rows.push(format!(
        "insert into ledger (ts, node, epoch, through_seq, stored, duplicates, rejected, gaps, last_row_at, updated_at) values ({0}, 'g1', 1, 10, 10, 0, 0, 0, {1}, {1})",
        from - 5 * MINUTE,
        from + 65 * MINUTE
    ));
    rows
}

/// Scenario: agents with a hole in their rows, installed late, of other kinds and origins.
/// Guarantees: data coverage is minutes with data / minutes expected, over those that could have
/// reported; null where nothing was expected; the same by agent.
#[tokio::test(flavor = "multi_thread")]
async fn data_coverage_is_time_with_data_of_time_expected() -> Result<()> {
    let stack = Stack::by_hand().await?;
    let from = (now_us() - 30 * HOUR).div_euclid(HOUR) * HOUR;
    insert(&stack, &heartbeats_sql(from)).await?;
    stack.applied(&["agent", "ledger"]).await?;
    let w = window(from, from + HOUR);
    let ask = |field: &str, rest: &str| format!("{{ {field}({w}{rest}) {{ dataCoverage }} }}");
    // g1: 48 of 60 minutes; g2: 30 of 30.
    for (field, rest, expected) in [
        ("demand", "", 78.0 / 90.0),
        ("demand", ", where: { gateway: \"g1\" }", 48.0 / 60.0),
        ("demand", ", where: { region: \"us-east\" }", 1.0),
        ("supply", "", 78.0 / 90.0),
        ("network", "", 78.0 / 90.0),
        ("distributions", ", measure: STARTUP", 78.0 / 90.0),
        ("demand", ", origin: TEST", 1.0),
        // With the orchestrator, 3 of 3 minutes; and the test gateway, 1 of 1.
        ("jobCounters", "", 82.0 / 94.0),
        ("transcoding", ", gateway: \"g1\"", 48.0 / 60.0),
    ] {
        let data = stack.graphql(&ask(field, rest)).await?;
        close(&data[field]["dataCoverage"], expected);
    }
    let data = stack.graphql(&ask("demand", ", origin: SIMULATED")).await?;
    assert_eq!(data["demand"]["dataCoverage"], Value::Null, "nothing was expected");
    let old = window(now_us() - 40 * DAY, now_us());
    let data = stack.graphql(&format!("{{ demand({old}) {{ dataCoverage }} }}")).await?;
    assert_eq!(data["demand"]["dataCoverage"], Value::Null, "nobody can tell any more");

    let data = stack.graphql(&format!("{{ coverage(first: 2, {w}) {{ totalCount nodes {{ agent dataCoverage dataMinutes expectedMinutes entities {{ entity dataMinutes expectedMinutes }} rows {{ stored }} }} edges {{ cursor node {{ agent }} }} pageInfo {{ hasNextPage }} }} }}")).await?;
    let coverage = &data["coverage"];
    assert_eq!(
        (&coverage["totalCount"], &coverage["pageInfo"]["hasNextPage"]),
        (&4.into(), &true.into())
    );
    let g1 = &coverage["nodes"][0];
    assert_eq!(
        (&g1["agent"], &g1["dataMinutes"], &g1["expectedMinutes"]),
        (&"g1".into(), &48.into(), &60.into())
    );
    assert_eq!(
        g1["entities"][0],
        serde_json::json!({ "entity": "agent", "dataMinutes": 48, "expectedMinutes": 60 })
    );
    assert_eq!(g1["rows"]["stored"], 10.0);
    assert_eq!(coverage["edges"][1]["node"]["agent"], "g2");
    stack.stop().await?;
    Ok(())
}

/// Scenario: GPUs, prices and offers by hand; sessions within the last day.
/// Guarantees: entities say what is known and null for what is not; every id leads back to what it
/// is of; pages neither repeat nor skip.
#[tokio::test(flavor = "multi_thread")]
async fn entities_and_their_ids() -> Result<()> {
    let stack = Stack::by_hand().await?;
    let (t, now) = (Times::new(), now_us());
    insert(&stack, &supply_sql(&t, now)).await?;
    insert(&stack, &sessions_sql(&t)).await?;
    insert(&stack, &jobs_sql(&t)).await?;
    insert(&stack, &heartbeats_sql((now - 70 * MINUTE) / MINUTE * MINUTE)).await?;
    let place = |ts: i64, slot: &str, who: &str, gpu: &str| {
        format!(
            "insert into gpu_slot (ts, void, formula, gpu_slot, origin, orchestrator, orch_uri, gpu_id, gpu_name, memory_bytes, rank) values ({ts}, 0, '2026.1', '{slot}', 'organic', '{who}', 'https://a.example:8935', '{gpu}', 'RTX 4090', 25757220864, 0)"
        )
    };
    insert(
        &stack,
        &[
            place(now - 3 * DAY, "s1", "0xaa", "ida"),
            place(now - 10 * MINUTE, "s1", "0xaa", "ida"),
            place(now - 2 * HOUR, "s2", "0xbb", "idb"),
            format!("insert into gpu (ts, node, epoch, seq, gpu_id, state, name, util_gpu_ratio, mem_total_bytes) values ({}, 'or', 1, 1, 'ida', 'ok', 'NVIDIA GeForce RTX 4090', 0.5, 25757220864)", now - MINUTE),
        ],
    )
    .await?;
    let tables =
        ["supply", "supply_report", "stream_session", "job", "gpu_slot", "gpu", "agent", "ledger"];
    stack.applied(&tables).await?;
    gpus_and_prices(&stack).await?;
    names(&stack).await?;
    every_id_leads_back(&stack).await?;
    stack.stop().await?;
    Ok(())
}

async fn gpus_and_prices(stack: &Stack) -> Result<()> {
    let fields = "gpuId name memoryBytes online orchestrator firstSeenAt lastSeenAt places { slot orchestrator } sample { node state utilGpuRatio }";
    let data = stack.graphql(&format!("{{ gpus(first: 1) {{ totalCount nodes {{ {fields} }} pageInfo {{ endCursor hasNextPage }} }} }}")).await?;
    let gpus = &data["gpus"];
    assert_eq!((&gpus["totalCount"], &gpus["pageInfo"]["hasNextPage"]), (&2.into(), &true.into()));
    let ida = &gpus["nodes"][0];
    assert_eq!(
        (&ida["gpuId"], &ida["online"], &ida["orchestrator"]),
        (&"ida".into(), &true.into(), &"0xaa".into())
    );
    assert_ne!(ida["firstSeenAt"], ida["lastSeenAt"]);
    assert_eq!(
        ida["sample"],
        serde_json::json!({ "node": "or", "state": "ok", "utilGpuRatio": 0.5 })
    );
    let data = stack
        .graphql(&format!(
            "{{ gpus(after: {}) {{ nodes {{ {fields} }} }} }}",
            gpus["pageInfo"]["endCursor"]
        ))
        .await?;
    let rest = data["gpus"]["nodes"].as_array().unwrap();
    assert_eq!(
        (rest.len(), &rest[0]["gpuId"], &rest[0]["sample"]),
        (1, &"idb".into(), &Value::Null)
    );
    assert_eq!(rest[0]["online"], false);
    let data =
        stack.graphql("{ gpus(where: { orchestrator: \"0xBB\" }) { nodes { gpuId } } }").await?;
    assert_eq!(data["gpus"]["nodes"], serde_json::json!([{ "gpuId": "idb" }]));

    let data = stack.graphql("{ prices(window: { last: \"4d\" }, bucket: D1, where: { pipeline: \"live-video-to-video\" }) { items { orchestrator model unit weiPerUnit weiPerMinute assumption total { price { n mean } } points { price { n mean } meanWeiPerMinute } columns { price { mean } } } itemsLeftOut } }").await?;
    let items = data["prices"]["items"].as_array().unwrap();
    let a = items.iter().find(|i| i["orchestrator"] == "0xaa" && i["model"] == "m1").unwrap();
    assert_eq!(
        (&a["unit"], &a["assumption"]),
        (&"pixel".into(), &"1280 x 720 at 30 frames per second".into())
    );
    close(&a["weiPerUnit"], 7.0);
    close(&a["weiPerMinute"], 7.0 * 1280.0 * 720.0 * 30.0 * 60.0);
    assert_eq!(a["total"]["price"]["n"], 3);
    close(&a["points"][0]["price"]["mean"], 15.0);
    close(&a["points"][0]["meanWeiPerMinute"], 15.0 * 1280.0 * 720.0 * 30.0 * 60.0);
    close(&a["columns"]["price"]["mean"][1], 7.0);
    Ok(())
}

async fn names(stack: &Stack) -> Result<()> {
    let data = stack.graphql("{ pipelines { nodes { name online orchestratorCount slotCount slotsIdle firstSeenAt last24h { sessions served } models { name online warmCount slotCount last24h { sessions } orchestrators { address } } } } models { totalCount nodes { pipeline name } } regions { name covers agentCount agentsOnline gpuCount last24h { sessions } } gateways { nodes { name region online orchestratorCount last24h { sessions } orchestratorsOnline { address } } } }").await?;
    let live = &data["pipelines"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|p| p["name"] == "live-video-to-video")
        .unwrap()
        .clone();
    assert_eq!(
        (&live["online"], &live["orchestratorCount"], &live["slotCount"]),
        (&true.into(), &1.into(), &4.into())
    );
    assert_eq!(live["last24h"], serde_json::json!({ "sessions": 1, "served": 1 }));
    let m1 = live["models"].as_array().unwrap().iter().find(|m| m["name"] == "m1").unwrap();
    assert_eq!((&m1["warmCount"], &m1["slotCount"]), (&1.into(), &4.into()));
    assert_eq!(m1["orchestrators"], serde_json::json!([{ "address": "0xaa" }]));
    let gone = live["models"].as_array().unwrap().iter().find(|m| m["name"] == "gone").unwrap();
    assert_eq!(
        (&gone["online"], &gone["slotCount"]),
        (&false.into(), &Value::Null),
        "unknown is not 0"
    );
    let regions = data["regions"].as_array().unwrap();
    let eu = regions.iter().find(|r| r["name"] == "eu-west").unwrap();
    assert_eq!(
        (&eu["agentCount"], &eu["agentsOnline"], &eu["last24h"]["sessions"]),
        (&2.into(), &1.into(), &1.into())
    );
    assert_eq!(eu["gpuCount"], Value::Null);
    let gateways = data["gateways"]["nodes"].as_array().unwrap();
    let g1 = gateways.iter().find(|g| g["name"] == "g1").unwrap();
    assert_eq!(
        (&g1["region"], &g1["online"], &g1["last24h"]["sessions"]),
        (&"eu-west".into(), &true.into(), &1.into())
    );
    assert_eq!(g1["orchestratorsOnline"], serde_json::json!([{ "address": "0xaa" }]));
    Ok(())
}

async fn every_id_leads_back(stack: &Stack) -> Result<()> {
    let lists = ["orchestrators", "gpus", "pipelines", "models", "gateways", "sessions", "jobs"];
    let mut ids = Vec::new();
    for list in lists {
        let data = stack
            .graphql(&format!(
                "{{ {list} {{ nodes {{ id __typename }} edges {{ cursor node {{ id }} }} }} }}"
            ))
            .await?;
        let nodes = data[list]["nodes"].as_array().unwrap().clone();
        assert!(!nodes.is_empty(), "{list}");
        assert_eq!(data[list]["edges"][0]["node"]["id"], nodes[0]["id"]);
        ids.extend(nodes);
    }
    let data =
        stack.graphql("{ regions { id __typename } agents { nodes { id __typename } } }").await?;
    ids.extend(data["regions"].as_array().unwrap().clone());
    for one in ids {
        let data =
            stack.graphql(&format!("{{ node(id: {}) {{ id __typename }} }}", one["id"])).await?;
        assert_eq!(data["node"], one);
    }
    for nobody in ["zz", "5b225d"] {
        assert!(stack.graphql(&format!("{{ node(id: \"{nobody}\") {{ id }} }}")).await.is_err());
    }
    let data = stack
        .graphql("{ tests { sessions { nodes { requestId origin } } jobs { nodes { id } } } }")
        .await?;
    assert_eq!(
        data["tests"]["sessions"]["nodes"],
        serde_json::json!([{ "requestId": "request-6", "origin": "TEST" }])
    );
    let data = stack
        .graphql("{ limits { whereValues autoPoints retention { entity bucket kept } } }")
        .await?;
    assert!(
        data["limits"]["retention"]
            .as_array()
            .unwrap()
            .contains(&serde_json::json!({ "entity": "host", "bucket": "H1", "kept": "3 YEARS" }))
    );
    Ok(())
}
