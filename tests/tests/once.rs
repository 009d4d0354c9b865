//! `naap-agent --once`: prints what it would send, and sends nothing.

use anyhow::{Context, Result};
use naap_tests::{fixture, page, sample, stack};
use serde_json::Value;
use tokio::process::Command;

async fn once(url: &str, format: &str) -> Result<std::process::Output> {
    let agent = stack::binaries()?.join("naap-agent");
    Ok(Command::new(agent).args(["--once", "--format", format, "--livepeer", url]).output().await?)
}

fn row<'a>(rows: &'a [Value], entity: &str) -> Result<&'a Value> {
    let found = rows.iter().find(|r| r["entity"] == entity);
    found.with_context(|| format!("no {entity} row in {rows:?}"))
}

async fn rows(url: &str) -> Result<Vec<Value>> {
    let out = once(url, "json").await?;
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout)?
        .lines()
        .map(|line| serde_json::from_str(line).with_context(|| line.to_owned()))
        .collect()
}

/// Scenario: one read of this machine and of a node whose figures are known.
/// Guarantees: gauges as they are, counters unknown on the first read, absent metrics null.
#[tokio::test(flavor = "multi_thread")]
async fn once_prints_host_and_node_rows() -> Result<()> {
    let url = page::serve(std::fs::read(fixture("livepeer_metrics.txt"))?).await?;
    let rows = rows(&url).await?;
    let host = row(&rows, "host")?;
    assert!(host["values"]["mem_total_bytes"].as_i64().unwrap() > 0, "{host}");
    let node = &row(&rows, "livepeer_node")?["values"];
    assert_eq!(node["role"], "orchestrator");
    assert_eq!(node["version"], "0.8.10-fixture");
    assert_eq!(node["current_sessions"], 4.0);
    assert_eq!(node["max_sessions"], 12.0);
    assert_eq!(node["segments_transcoded"], Value::Null, "a first read has no difference");
    assert_eq!(node["tickets_sent"], Value::Null, "absent is not 0");

    let table = once(&url, "table").await?;
    let text = String::from_utf8(table.stdout)?;
    for word in ["host", "livepeer_node", "current_sessions", "mem_total_bytes"] {
        assert!(text.contains(word), "no {word} in\n{text}");
    }
    Ok(())
}

/// Scenario: the metrics page of a go-livepeer orchestrator, in its genuine format.
/// Guarantees: its row has the figures that stand on the page.
#[tokio::test(flavor = "multi_thread")]
async fn once_reads_a_genuine_page() -> Result<()> {
    let Some(file) = sample("metrics_orchestrator.txt") else { return Ok(()) };
    let rows = rows(&page::serve(std::fs::read(file)?).await?).await?;
    row(&rows, "host")?;
    let node = &row(&rows, "livepeer_node")?["values"];
    assert_eq!(node["role"], "orchestrator");
    assert_eq!(node["current_sessions"], 3.0);
    assert_eq!(node["max_sessions"], 20.0);
    assert_eq!(node["ai_containers_in_use"], 1.0);
    assert_eq!(node["success_ratio"], 1.0);
    Ok(())
}
