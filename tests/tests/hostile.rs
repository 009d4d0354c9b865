//! Nodes that hang, flood, redirect and dawdle: what they cost is bounded and counted, and nobody
//! else's figures come later for it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use naap_schema::{Row, Value};
use naap_tests::hostile::{Hostile, Manner};
use naap_tests::{Catcher, eventually, stack};
use tokio::process::Command;

fn whole(row: &Row, field: &str) -> i64 {
    match row.get(field) {
        Some(Value::I64(n)) => *n,
        _ => 0,
    }
}

/// That a source failed as it should, or read and dropped what is none (`kind` is empty).
fn counted(rows: &[Row], name: &str, kind: &str) -> Result<()> {
    let of =
        |r: &&Row| r.entity.name == "agent_source" && r.get("source") == Some(&Value::text(name));
    let rows: Vec<&Row> = rows.iter().filter(of).collect();
    let failures: i64 = rows.iter().map(|r| whole(r, "failures")).sum();
    if kind.is_empty() {
        let dropped: i64 = rows.iter().map(|r| whole(r, "dropped")).sum();
        ensure!(failures == 0 && dropped >= 1000, "{name}: {failures} failures, {dropped} dropped");
        return Ok(());
    }
    ensure!(failures >= 3, "{name} failed {failures} times");
    let last = rows.iter().rev().find_map(|r| r.get("failure_kind"));
    ensure!(last == Some(&Value::text(kind)), "{name} failed by {last:?}, not {kind}");
    Ok(())
}

/// Scenario: five nodes that misbehave, each in its own way, and a host that is sampled each second.
/// Guarantees: each failure is counted as what it is; a redirect is never followed; of a gigabyte no
/// more is taken than a page may have; the agent stays small; the host's samples keep their second.
#[tokio::test(flavor = "multi_thread")]
async fn bad_servers_cost_nobody_else_anything() -> Result<()> {
    let elsewhere = Hostile::start(Manner::Well).await?;
    let redirects = Manner::Redirects(format!("{}/metrics", elsewhere.address));
    let manners = [
        ("hung", Manner::Hangs, "timeout"),
        ("slow", Manner::SlowLoris, "timeout"),
        ("flood", Manner::Gigabyte, "too_large"),
        ("away", redirects, "http"),
        ("nonsense", Manner::Nonsense, ""),
    ];
    let collector = Catcher::start().await?;
    let dir = tempfile::tempdir()?;
    std::fs::write(dir.path().join("token"), "naap_test")?;
    let mut config = format!(
        "[collector]\naddress = \"http://{}\"\ntoken_file = \"token\"\n[host]\ninterval = \"1s\"\n",
        collector.address
    );
    let mut servers = BTreeMap::new();
    for (name, manner, _) in &manners {
        let server = Hostile::start(manner.clone()).await?;
        write!(
            config,
            "[[livepeer]]\nname = \"{name}\"\nurl = \"{}\"\ninterval = \"1s\"\ntimeout = \"2s\"\n",
            server.address
        )?;
        servers.insert(*name, server);
    }
    let file = dir.path().join("agent.toml");
    std::fs::write(&file, config)?;
    let mut agent = Command::new(stack::binaries()?.join("naap-agent"))
        .args(["--config".as_ref(), file.as_os_str()])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;

    // Two reports of the agent on itself, 10 s apart.
    eventually("the agent to report on its sources", Duration::from_secs(60), || async {
        let rows = collector.rows();
        let reports = rows.iter().filter(|r| r.entity.name == "agent").count();
        ensure!(reports >= 3, "{reports} reports so far");
        Ok(())
    })
    .await?;
    let rows = collector.rows();
    for (name, _, kind) in &manners {
        counted(&rows, name, kind)?;
    }
    ensure!(elsewhere.asked() == 0, "a redirect was followed");
    let flood = servers.get("flood").context("it is there")?;
    let each = flood.sent() / flood.asked().max(1);
    // What the kernel's buffers took comes on top of the 8 MiB that a page may have.
    ensure!(each < 32 << 20, "{each} bytes were taken of a gigabyte");
    let of_agent: Vec<&Row> = rows.iter().filter(|r| r.entity.name == "agent").collect();
    let most = of_agent.iter().map(|r| whole(r, "rss_bytes")).max().unwrap_or(0);
    ensure!(most > 0 && most < 64 << 20, "the agent took {most} bytes of memory");
    // None is left out, whoever hangs: a machine that is busy may be late, but it skips nothing.
    let times: Vec<i64> =
        rows.iter().filter(|r| r.entity.name == "host").map(|r| r.ts_us).collect();
    let (first, last) = (times.iter().min(), times.iter().max());
    let seconds = first.zip(last).map_or(0, |(a, b)| (b - a + 500_000) / 1_000_000);
    ensure!(seconds >= 19, "samples of {seconds} s");
    let missing = seconds + 1 - i64::try_from(times.len())?;
    ensure!(missing <= 2, "{missing} samples of {seconds} s are missing");
    agent.kill().await?;
    Ok(())
}
