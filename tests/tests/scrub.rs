//! The scrub on a real QuestDB: a rollup that differs from its raw rows is found and repaired.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use chrono::DateTime;
use naap_schema::Row;
use naap_schema::generated::Host;
use naap_tests::rows::{now_us, payload};
use naap_tests::{Options, Pusher, Stack, eventually};

const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;

fn row(i: u64, ts: i64) -> Row {
    Host { mem_used_bytes: Some(payload(i)), ..Host::default() }.at(ts)
}

/// Rows of the node in a table or view, in the hour that begins then.
async fn rows(stack: &Stack, count: &str, table: &str, hour: i64) -> Result<i64> {
    let end = hour + HOUR;
    let sql = format!(
        "select coalesce({count}, 0) from {table} where node = 'scrubbed' and ts::long >= {hour} \
         and ts::long < {end}"
    );
    stack.number(&sql).await
}

/// Scenario: a view no longer refreshes itself; then rows come late, two of them into one closed
/// hour through the collector, one into the hour before behind its back.
/// Guarantees: the scrub finds the hour that got late rows, counts it, and repairs it at every
/// level; the hour before is not touched; nothing else is counted.
#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_differs_is_found_and_repaired_and_no_other_is_touched() -> Result<()> {
    let log = Some("info,naap_collector::scrub=debug");
    let stack = Stack::start(Options { log, ..Options::default() }).await?;
    let said = || std::fs::read_to_string(stack.data.join("logs/collector.log"));
    let mut pusher = Pusher::new(&stack.grpc().await?, &stack.token("scrubbed").await?, 77);
    pusher.connect().await?;
    stack.sql("alter materialized view host_1m set refresh manual").await?;
    let hour = now_us().div_euclid(HOUR) * HOUR - 2 * HOUR;
    let before = hour - HOUR;
    let first: Vec<Row> =
        (0..120u64).zip(0..).map(|(i, minute)| row(i, before + minute * MINUTE + 1)).collect();
    pusher.push(1, &first).await?;
    eventually("the view to have the first rows", Duration::from_secs(60), || async {
        stack.sql("refresh materialized view host_1m incremental").await?;
        for (view, count) in [("host_1m", "sum(n)"), ("host_1h", "sum(n)")] {
            for h in [before, hour] {
                let n = rows(&stack, count, view, h).await?;
                ensure!(n == 60, "{view}: {n}");
            }
        }
        Ok(())
    })
    .await?;
    // A collector that starts compares every window, the newest first; what this one compares is
    // compared with what the view has now.
    let start = said()?.len();
    stack.configure("collector", "[scrub]\nsettle = \"10s\"\nevery = \"1s\"").await?;
    eventually("both hours to be compared", Duration::from_secs(240), || async {
        let said = said()?;
        for h in [before, hour] {
            let from = DateTime::from_timestamp_micros(h).context("an hour")?;
            let line = format!("compared rollup=\"host\" from=\"{}\"", from.format("%FT%TZ"));
            let since = said.get(start..).context("a log only grows")?;
            ensure!(since.contains(&line), "not compared: {from}");
        }
        Ok(())
    })
    .await?;
    let counted =
        async |what: &str| stack.metric(&format!("scrub_{what}_total{{rollup=\"host\"}}")).await;
    assert!(counted("differences").await?.abs() < 1e-9, "nothing differs yet");

    let behind = format!(
        "insert into host (ts, node, epoch, seq, mem_used_bytes) values \
         (({}::long)::timestamp, 'scrubbed', 77, 9999, 5)",
        before + 30 * MINUTE
    );
    stack.sql(&behind).await?;
    pusher.connect().await?;
    pusher.push(121, &[row(121, hour + 10 * MINUTE), row(122, hour + 50 * MINUTE)]).await?;
    eventually("the scrub to repair the hour", Duration::from_secs(240), || async {
        let repairs = counted("repairs").await?;
        ensure!(repairs > 0.0, "{repairs} repairs");
        for view in ["host_1m", "host_1h"] {
            let n = rows(&stack, "sum(n)", view, hour).await?;
            ensure!(n == 62, "{view}: {n}");
        }
        Ok(())
    })
    .await?;
    assert_eq!(rows(&stack, "count()", "host", before).await?, 61, "the row behind its back");
    for view in ["host_1m", "host_1h"] {
        let untouched = rows(&stack, "sum(n)", view, before).await?;
        assert_eq!(untouched, 60, "{view}: an hour that did not get rows was computed anew");
    }
    assert!((counted("differences").await? - 1.0).abs() < 1e-9);
    assert!(counted("unrepaired").await?.abs() < 1e-9);
    let said = said()?;
    assert!(said.contains("a view differs from its base"), "{said}");
    Ok(())
}
