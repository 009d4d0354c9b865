//! The first flow: what a node says is what a reader sees, through every real part.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use naap_tests::stack::is_alive;
use naap_tests::{Options, Stack, eventually, fixture, sample};
use serde_json::Value;

const SESSIONS: &str = "{ sessions(first: 50, origin: null) { nodes { streamId requestId origin closed ingestSamples statusSamples outputFpsMean outputFpsMin startupMs timeToPlayableMs uploadMbps swaps errorEvents } } }";

async fn sessions(stack: &Stack) -> Result<Vec<Value>> {
    let data = stack.graphql(SESSIONS).await?;
    Ok(data["sessions"]["nodes"].as_array().context("sessions are a list")?.clone())
}

/// The session with these counts, once everything that was replayed is visible: tables are committed
/// one by one, and the ledger after them.
async fn session(stack: &Stack, request: &str, ingest: i64, status: i64) -> Result<Value> {
    let visible = "{ agent(name: \"replay\") { coverage { stored } } status { tables { name pendingTransactions } } }";
    eventually(&format!("session {request}"), Duration::from_secs(20), || async {
        let data = stack.graphql(visible).await?;
        let stored = data["agent"]["coverage"]["stored"].as_f64().unwrap_or(0.0);
        ensure!(stored > 0.0, "nothing of the replay is in the ledger");
        let tables = data["status"]["tables"].as_array().context("tables")?;
        let waits = tables.iter().find(|t| {
            t["pendingTransactions"] != 0
                && t["name"].as_str().is_some_and(|n| n.starts_with("stream"))
        });
        ensure!(waits.is_none(), "not applied yet: {waits:?}");
        let all = sessions(stack).await?;
        let found = all.iter().find(|s| s["requestId"] == request);
        let found = found.with_context(|| format!("{} sessions", all.len()))?.clone();
        ensure!(found["ingestSamples"] == ingest && found["statusSamples"] == status, "{found}");
        Ok(found)
    })
    .await
}

fn close_to(value: &Value, expected: f64, tolerance: f64) {
    let got = value.as_f64().unwrap_or_else(|| panic!("{value} is no number"));
    assert!((got - expected).abs() <= tolerance, "{got}, expected {expected}");
}

/// Scenario: a stack with a local agent replays recorded events of three requests.
/// Guarantees: figures as the definitions say; the machine's own figures move; nothing that must
/// stay on the node is in the database; a stop leaves no process.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_node_says_is_what_a_reader_sees() -> Result<()> {
    let replay = vec![fixture("gateway_events.jsonl")];
    let stack = Stack::start(Options { agent: true, replay, ..Options::default() }).await?;

    let served = session(&stack, "aaaa0001", 12, 7).await?;
    assert_eq!(served["streamId"], "fixture-one");
    assert_eq!(served["origin"], "REPLAYED");
    assert_eq!(served["closed"], true);
    close_to(&served["outputFpsMean"], 20.0, 1e-9);
    close_to(&served["outputFpsMin"], 16.0, 1e-9);
    close_to(&served["startupMs"], 2500.0, 0.0);
    close_to(&served["timeToPlayableMs"], 6000.0, 0.0);
    close_to(&served["uploadMbps"], 1.0, 1e-9);
    assert_eq!((&served["swaps"], &served["errorEvents"]), (&1.into(), &1.into()));
    let unserved = session(&stack, "aaaa0002", 0, 0).await?;
    assert_eq!(unserved["outputFpsMean"], Value::Null, "unknown is null, not 0");
    assert_eq!(unserved["startupMs"], Value::Null);
    assert_eq!(unserved["errorEvents"], 1);
    let open = session(&stack, "aaaa0003", 1, 1).await?;
    assert_eq!(open["closed"], false);

    machine_figures_move(&stack).await?;
    nothing_private_is_stored(&stack).await?;

    let (status, _) = stack.get("healthz").await?;
    assert_eq!(status, 200);
    let pids = stack.stop().await?;
    assert!(pids.len() >= 5, "QuestDB, collector, API and two agents: {pids:?}");
    for pid in pids {
        assert!(!is_alive(pid), "process {pid} is still there");
    }
    Ok(())
}

async fn machine_figures_move(stack: &Stack) -> Result<()> {
    let query = "{ agents(first: 10) { nodes { name kind online lastSeenAt host { time cpuBusyRatio memTotalBytes memUsedBytes } coverage { stored rejected gaps } } pageInfo { hasNextPage } } status { ok dataThrough } }";
    let host = |data: &Value| -> Option<Value> {
        let nodes = data["agents"]["nodes"].as_array()?.clone();
        nodes.into_iter().find(|n| n["host"]["cpuBusyRatio"].is_f64())
    };
    let limit = Duration::from_secs(15);
    let first = eventually("this machine's figures", limit, || async {
        host(&stack.graphql(query).await?).context("no node with a host sample")
    })
    .await?;
    assert_eq!(first["kind"], "HOST");
    assert_eq!(first["online"], true);
    let total = first["host"]["memTotalBytes"].as_f64().unwrap();
    let kernel = std::fs::read_to_string("/proc/meminfo")?;
    let kib = kernel.lines().find_map(|l| l.strip_prefix("MemTotal:")).context("MemTotal")?;
    let kib: f64 = kib.trim().trim_end_matches(" kB").parse()?;
    close_to(&total.into(), kib * 1024.0, 0.0);
    let time = first["host"]["time"].clone();
    eventually("a newer sample", Duration::from_secs(10), || async {
        let next = host(&stack.graphql(query).await?).context("a host sample")?;
        ensure!(next["host"]["time"] != time, "still {time}");
        Ok(())
    })
    .await?;
    traffic_flows(stack, first["name"].as_str().unwrap()).await?;
    let data = stack.graphql(query).await?;
    assert_eq!(data["status"]["ok"], true, "{data}");
    for node in data["agents"]["nodes"].as_array().unwrap() {
        assert_eq!(node["coverage"]["rejected"], 0.0, "{node}");
        assert_eq!(node["coverage"]["gaps"], 0.0, "{node}");
    }
    Ok(())
}

/// The stack talks to itself all the time: its own traffic is on the loopback interface.
async fn traffic_flows(stack: &Stack, node: &str) -> Result<()> {
    let query = format!(
        "{{ interfaceSeries(node: \"{node}\", interface: \"lo\", window: {{ last: \"5m\" }}, bucket: RAW) {{ points {{ rxBytes {{ sum perSecond }} }} }} }}"
    );
    eventually("traffic", Duration::from_secs(10), || async {
        let data = stack.graphql(&query).await?;
        let points = data["interfaceSeries"]["points"].as_array().context("points")?.clone();
        let flowing = points.iter().filter(|p| p["rxBytes"]["perSecond"].as_f64() > Some(0.0));
        let n = flowing.count();
        ensure!(n >= 3, "{n} of {} samples", points.len());
        Ok(())
    })
    .await
}

/// The fixture holds texts that begin with CANARY, and a client address, in places that the agent
/// must not read. They must be nowhere in the data folder, in UTF-8 or UTF-16, nor in any answer.
async fn nothing_private_is_stored(stack: &Stack) -> Result<()> {
    let canaries = ["CANARY", "192.0.2.77"];
    let text = std::fs::read_to_string(fixture("gateway_events.jsonl"))?;
    assert!(canaries.iter().all(|c| text.contains(c)), "the fixture holds the canaries");
    let gpus =
        stack.number("select count() from orchestrator_gpu where gpu_id is not null").await?;
    assert_eq!(gpus, 1, "the GPU itself did arrive");
    for canary in canaries {
        assert_eq!(files_with(&stack.data, canary)?, "", "{canary} is in the data folder");
    }
    // The same search does find what is there: symbols are stored as UTF-16, text as UTF-8.
    assert_ne!(files_with(&stack.data, "streamdiffusion-sdxl")?, "");
    assert_ne!(files_with(&stack.data, "fixture-one")?, "");
    let (_, page) = stack.get("sessions?last=30d").await?;
    assert!(page.contains("fixture-one"), "the page shows the session: {page}");
    for path in ["", "sessions?last=30d", "orchestrators", "gpus", "gateways", "nodes", "status"] {
        let (_, page) = stack.get(path).await?;
        assert!(canaries.iter().all(|c| !page.contains(c)), "/{path} has what is private");
    }
    Ok(())
}

/// Names of files below `folder` that hold `text` in UTF-8 or UTF-16; QuestDB's own program is left
/// out, whose libraries have words like ours in them.
fn files_with(folder: &std::path::Path, text: &str) -> Result<String> {
    let plain = text.replace('.', "\\.").replace('-', "\\-");
    let wide: String = text.chars().map(|c| format!("\\x{:02x}\\x00", u32::from(c))).collect();
    let out = std::process::Command::new("grep")
        .env("LC_ALL", "C")
        .args(["-rlaP", "--exclude=*.so", "--exclude=*.jar", &format!("{plain}|{wide}")])
        .arg(folder)
        .output()?;
    // 0: found, 1: not found, 2: a file vanished while it was read, or grep failed.
    let said = String::from_utf8_lossy(&out.stderr);
    ensure!(said.lines().all(|l| l.ends_with("No such file or directory")), "grep: {said}");
    Ok(String::from_utf8_lossy(&out.stdout).into_owned())
}

/// Scenario: real recorded events of a gateway, replayed; then the stack is started again with the
/// same file and the same data folder.
/// Guarantees: the figures that an independent script computed; a second start doubles nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_real_gateways_session_and_a_second_start() -> Result<()> {
    let Some(file) = sample("gateway_events_1.jsonl") else { return Ok(()) };
    let data = tempfile::tempdir()?;
    let options =
        Options { replay: vec![file], data: Some(data.path().to_owned()), ..Options::default() };
    let count = "select count() from stream_ingest";
    let mut before = 0;
    for start in 1..=2 {
        let stack = Stack::start(options.clone()).await?;
        let found = session(&stack, "db936fab", 34, 17).await?;
        close_to(&found["outputFpsMean"], 16.0, 0.01);
        close_to(&found["startupMs"], 2655.0, 0.0);
        close_to(&found["timeToPlayableMs"], 6744.0, 0.0);
        close_to(&found["uploadMbps"], 1.349_133, 1e-4);
        assert_eq!(sessions(&stack).await?.len(), 1, "start {start}");
        if start == 1 {
            before = stack.number(count).await?;
        } else {
            tokio::time::sleep(Duration::from_secs(4)).await;
            assert_eq!(stack.number(count).await?, before, "a second start doubles nothing");
        }
        stack.stop().await?;
    }
    Ok(())
}

/// Scenario: events replayed with their own times, older than any rollup reaches.
/// Guarantees: the raw rows are there, at their own times, and no rollup has them.
#[tokio::test(flavor = "multi_thread")]
async fn a_replay_may_keep_its_times() -> Result<()> {
    let replay = vec![fixture("gateway_events.jsonl")];
    let stack = Stack::start(Options { replay, keep_times: true, ..Options::default() }).await?;
    let count = "select count() from stream_status where ts in '2026-05'";
    eventually("8 status rows of May", Duration::from_secs(20), || async {
        let n = stack.number(count).await?;
        ensure!(n == 8, "{n} rows");
        Ok(())
    })
    .await?;
    stack.sql("refresh materialized view stream_status_1m incremental").await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(stack.number("select count() from stream_status_1m").await?, 0);
    Ok(())
}

/// Scenario: `naap` itself is killed with SIGKILL, then started again on the same folder.
/// Guarantees: its children go too, or are cleaned up by the next start; the data is still there.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_naap_leaves_a_folder_that_starts_again() -> Result<()> {
    let data = tempfile::tempdir()?;
    let replay = vec![fixture("gateway_events.jsonl")];
    let options = Options { replay, data: Some(data.path().to_owned()), ..Options::default() };
    let mut stack = Stack::start(options.clone()).await?;
    session(&stack, "aaaa0001", 12, 7).await?;
    let pids = stack.pids().await?;
    stack.signal(nix::sys::signal::Signal::SIGKILL)?;
    stack.ended().await?;
    eventually("the collector ends with its parent", Duration::from_secs(15), || async {
        ensure!(!is_alive(pids["collector"]), "pid {}", pids["collector"]);
        Ok(())
    })
    .await?;
    let again = Stack::start(options).await?;
    session(&again, "aaaa0001", 12, 7).await?;
    assert!(!is_alive(pids["questdb"]), "the old QuestDB is gone");
    again.stop().await?;
    Ok(())
}
