//! What the API says of each node's rows: every row that was produced is exactly one thing, and the
//! figures add up.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use naap_schema::Row;
use naap_schema::generated::{Gap, Host};
use naap_tests::rows::{host, now_us};
use naap_tests::{Options, Pusher, Stack, eventually};
use serde_json::{Value, json};

const COVERAGE: &str = "coverage { produced stored duplicates rejected gaps declaredGaps { reason rows } undeclared pending epochsWaiting }";

async fn of_node(stack: &Stack, node: &str) -> Result<Value> {
    let query = format!("{{ agent(name: \"{node}\") {{ skewMs agentVersion {COVERAGE} }} }}");
    Ok(stack.graphql(&query).await?["agent"].clone())
}

/// Counts of rows are whole numbers.
fn same(a: f64, b: f64) -> bool {
    (a - b).abs() < 0.5
}

/// produced = stored + rejected + declared gaps + undeclared + pending, to the row.
fn adds_up(coverage: &Value) -> Result<()> {
    let figure = |name: &str| coverage[name].as_f64().with_context(|| format!("no {name}"));
    let declared = coverage["declaredGaps"].as_array().context("no declaredGaps")?;
    let declared: f64 = declared.iter().filter_map(|g| g["rows"].as_f64()).sum();
    let (undeclared, gaps) = (figure("undeclared")?, figure("gaps")?);
    ensure!(same(declared + undeclared, gaps), "{coverage}");
    let sum = figure("stored")?
        + figure("rejected")?
        + gaps
        + coverage["pending"].as_f64().unwrap_or(0.0);
    ensure!(same(figure("produced")?, sum), "{coverage}");
    Ok(())
}

/// Waits until a node's coverage is this.
async fn becomes(stack: &Stack, node: &str, expected: &Value) -> Result<()> {
    eventually(&format!("the coverage of {node}"), Duration::from_secs(20), || async {
        let found = of_node(stack, node).await?;
        if found["coverage"]["produced"].is_number() {
            adds_up(&found["coverage"])?;
        }
        ensure!(found["coverage"] == *expected, "{} is not {expected}", found["coverage"]);
        Ok(())
    })
    .await
}

fn rows(numbers: std::ops::RangeInclusive<u64>) -> Vec<Row> {
    let now = now_us();
    numbers.map(|i| host(i, now + i64::try_from(i).unwrap())).collect()
}

fn lost(of_epoch: i64, from_seq: i64, to_seq: i64, reason: &str) -> Row {
    let rows = to_seq - from_seq + 1;
    Gap { of_epoch, from_seq, to_seq, rows, reason: reason.into() }.at(now_us())
}

/// Scenario: a node says how far it recorded four epochs. Of the first come rows, rows again, rows
/// that are refused, and rows behind a hole, part of which is declared lost; its tail is declared
/// evicted, and between is what never comes. The second is evicted as a whole before it is sent. Of
/// a third only its loss is ever heard. Then SIGKILL of the collector; then what was missing comes.
/// Guarantees: every row is counted as what happened to it, and as nothing else; the sum is exact;
/// nothing of it is forgotten by a new collector; `status` says the same.
#[tokio::test(flavor = "multi_thread")]
async fn every_row_that_was_produced_is_one_thing() -> Result<()> {
    let stack = Stack::start(Options::default()).await?;
    let address = stack.grpc().await?;
    let token = stack.token("teller").await?;
    let mut pusher = Pusher::new(&address, &token, 501);
    pusher.recorded = vec![(501, 120), (502, 30), (504, 0)];
    pusher.connect().await?;
    let announced = json!({
        "produced": 150.0, "stored": 0.0, "duplicates": 0.0, "rejected": 0.0, "gaps": 0.0,
        "declaredGaps": [], "undeclared": 0.0, "pending": 150.0, "epochsWaiting": 2,
    });
    becomes(&stack, "teller", &announced).await?;

    let mut first = rows(1..=20);
    for row in &mut first[4..6] {
        *row = Host { cpu_busy_ratio: Some(7.5), ..Host::default() }.at(now_us());
    }
    pusher.push(1, &first).await?;
    pusher.push(1, &first[..3]).await?;
    pusher.push(31, &rows(31..=40)).await?;
    let mut live = Pusher::new(&address, &token, 504);
    live.recorded = vec![(504, 0)];
    live.connect().await?;
    let declared = [
        lost(501, 21, 27, "quarantined"),
        lost(501, 25, 26, "schema"),
        // These came all the same.
        lost(501, 1, 3, "quarantined"),
        lost(501, 91, 120, "evicted"),
        lost(502, 1, 30, "evicted"),
        lost(505, 1, 9, "unreadable"),
    ];
    live.push(1, &declared).await?;
    let mut expected = json!({
        "produced": 165.0, "stored": 34.0, "duplicates": 3.0, "rejected": 2.0, "gaps": 79.0,
        "declaredGaps": [
            { "reason": "evicted", "rows": 60.0 },
            { "reason": "quarantined", "rows": 7.0 },
            { "reason": "unreadable", "rows": 9.0 },
        ],
        "undeclared": 3.0, "pending": 50.0, "epochsWaiting": 1,
    });
    becomes(&stack, "teller", &expected).await?;
    let status = stack.graphql(&format!("{{ status {{ {COVERAGE} }} }}")).await?;
    assert_eq!(status["status"]["coverage"], expected, "there is no other node");
    let skew = of_node(&stack, "teller").await?["skewMs"].as_f64().unwrap();
    assert!(skew.abs() < 2000.0, "agent and collector read one clock: {skew}");

    pusher.disconnect();
    stack.kill9("collector").await?;
    let welcome = eventually("a new collector", Duration::from_secs(30), || async {
        let mut again = Pusher::new(&address, &token, 501);
        let welcome = again.connect().await?;
        Ok(welcome)
    })
    .await?;
    assert_eq!(welcome.through[0].seq, 40);
    becomes(&stack, "teller", &expected).await?;

    // Half of the hole that nobody declared, and a row that was declared lost.
    pusher.connect().await?;
    pusher.send(27, &rows(27..=28)).await?;
    pusher.push(41, &rows(41..=90)).await?;
    expected["stored"] = json!(86.0);
    expected["gaps"] = json!(77.0);
    expected["declaredGaps"][1]["rows"] = json!(6.0);
    expected["undeclared"] = json!(2.0);
    expected["pending"] = json!(0.0);
    expected["epochsWaiting"] = json!(0);
    becomes(&stack, "teller", &expected).await?;
    let stored = stack.number("select count() from host where node = 'teller'").await?;
    assert_eq!(stored, 80, "all of it but the six gap rows");
    Ok(())
}

/// Scenario: an agent of before, which does not say what it recorded.
/// Guarantees: what came is counted; what waits is unknown, which is not 0.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_unknown_where_the_agent_does_not_say() -> Result<()> {
    let stack = Stack::start(Options::default()).await?;
    let token = stack.token("older").await?;
    let mut pusher = Pusher::new(&stack.grpc().await?, &token, 77);
    pusher.connect().await?;
    pusher.push(3, &rows(3..=10)).await?;
    let expected = json!({
        "produced": 10.0, "stored": 8.0, "duplicates": 0.0, "rejected": 0.0, "gaps": 2.0,
        "declaredGaps": [], "undeclared": 2.0, "pending": null, "epochsWaiting": null,
    });
    becomes(&stack, "older", &expected).await
}

/// Scenario: the real agent on this machine; after a while SIGKILL of the collector, and then of the
/// agent.
/// Guarantees: whenever it is asked, the sum is exact and no row is missing without a declaration;
/// little waits; what the agent itself counted is within what the collector knows.
#[tokio::test(flavor = "multi_thread")]
async fn the_rows_of_a_real_agent_are_all_accounted_for() -> Result<()> {
    let stack = Stack::start(Options { agent: true, ..Options::default() }).await?;
    let nodes = "{ agents(first: 1) { nodes { name agentVersion } } }";
    let node = eventually("the agent's first rows", Duration::from_secs(30), || async {
        let data = stack.graphql(nodes).await?;
        let node = &data["agents"]["nodes"][0];
        ensure!(node["agentVersion"].is_string(), "{data}");
        Ok(node["name"].as_str().context("a name")?.to_owned())
    })
    .await?;
    let mut produced = 0.0;
    for kill in ["", "collector", "agent"] {
        if let Some(part) =
            stack.pids().await?.keys().find(|p| !kill.is_empty() && p.starts_with(kill))
        {
            stack.kill9(part).await?;
        }
        let more = produced + 20.0;
        produced = eventually("20 more rows, all stored", Duration::from_secs(60), || async {
            let found = of_node(&stack, &node).await?["coverage"].clone();
            adds_up(&found)?;
            assert_eq!((&found["undeclared"], &found["rejected"]), (&json!(0.0), &json!(0.0)));
            let figure = |name: &str| found[name].as_f64().with_context(|| format!("no {name}"));
            ensure!(figure("produced")? >= more && same(figure("pending")?, 0.0), "{found}");
            figure("produced")
        })
        .await?;
    }
    let taken = format!("select sum(rows_taken) from agent where node = '{node}'");
    let taken = stack.number(&taken).await?;
    let found = eventually("what the agent counted", Duration::from_secs(10), || async {
        let found = of_node(&stack, &node).await?;
        let known = found["coverage"]["produced"].as_f64().unwrap_or(0.0);
        ensure!(taken > 0 && taken as f64 <= known, "{taken} rows taken, {known} known");
        Ok(found)
    })
    .await?;
    assert!(found["skewMs"].as_f64().unwrap().abs() < 2000.0, "{found}");
    Ok(())
}
