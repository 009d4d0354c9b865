//! A table that QuestDB suspended: seen, said, and mended when told, with no row lost.

use std::time::Duration;

use anyhow::{Result, ensure};
use naap_tests::rows::{host, now_us};
use naap_tests::stack::binaries;
use naap_tests::{Options, Pusher, Stack, eventually};

struct Said {
    code: Option<i32>,
    out: String,
}

async fn doctor(stack: &Stack, args: &[&str]) -> Result<Said> {
    let out = tokio::process::Command::new(binaries()?.join("naap-collector"))
        .arg("doctor")
        .args(args)
        .arg("--config")
        .arg(stack.data.join("config/collector.toml"))
        .output()
        .await?;
    Ok(Said { code: out.status.code(), out: String::from_utf8(out.stdout)? })
}

/// After a restart of QuestDB the first call may come too early; agents try again, too.
async fn connected(pusher: &mut Pusher) -> Result<()> {
    let end = tokio::time::Instant::now() + Duration::from_secs(30);
    while let Err(e) = pusher.connect().await {
        ensure!(tokio::time::Instant::now() < end, "{e}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Ok(())
}

async fn metric_is(stack: &Stack, name: &str, wanted: f64) -> Result<()> {
    eventually(&format!("{name} to be {wanted}"), Duration::from_secs(30), || async {
        let is = stack.metric(name).await?;
        ensure!((is - wanted).abs() < 1e-9, "{is}");
        Ok(())
    })
    .await
}

/// Scenario: a table is suspended while a node delivers; the doctor is asked, told, and asked again.
/// Guarantees: acks stop, health and metrics say so and why; the doctor names the table and the
/// command and ends with 1; told to, it resumes the table; acks flow again within 60 s, and every
/// row is there once.
#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_table_stops_the_acks_until_the_doctor_resumes_it() -> Result<()> {
    let stack = Stack::start(Options::default()).await?;
    stack.configure("questdb", "dev.mode.enabled=true").await?;
    let token = stack.token("patient").await?;
    let mut pusher = Pusher::new(&stack.grpc().await?, &token, 31);
    connected(&mut pusher).await?;
    let now = now_us();
    let rows = |range: std::ops::Range<u64>| {
        range.map(|i| host(i, now + i64::try_from(i).unwrap())).collect::<Vec<_>>()
    };
    pusher.push(1, &rows(1..11)).await?;
    metric_is(&stack, "fit", 1.0).await?;
    let well = doctor(&stack, &[]).await?;
    assert_eq!((well.code, well.out.contains("all well")), (Some(0), true), "{}", well.out);

    stack.sql("alter table host suspend wal").await?;
    metric_is(&stack, "fit", 0.0).await?;
    metric_is(&stack, "unfit{part=\"guard\"}", 1.0).await?;
    metric_is(&stack, "table_suspended{table=\"host\"}", 1.0).await?;
    metric_is(&stack, "table_suspended{table=\"agent\"}", 0.0).await?;
    eventually("health to be bad", Duration::from_secs(30), || async {
        let (status, text) = stack.get("healthz").await?;
        ensure!(status == 503 && text.contains("collector"), "{status}: {text}");
        Ok(())
    })
    .await?;
    pusher.send(11, &rows(11..21)).await?;
    let ack = tokio::time::timeout(Duration::from_secs(4), pusher.ack()).await;
    assert!(ack.is_err(), "nothing is acknowledged meanwhile: {ack:?}");

    let sick = doctor(&stack, &[]).await?;
    assert_eq!(sick.code, Some(1), "{}", sick.out);
    assert!(sick.out.contains("table host: is suspended"), "{}", sick.out);
    assert!(sick.out.contains("doctor --resume host"), "{}", sick.out);
    let json: serde_json::Value = serde_json::from_str(&doctor(&stack, &["--json"]).await?.out)?;
    let findings = json["findings"].as_array().unwrap();
    let wrong: Vec<_> = findings.iter().filter(|f| f["grade"] == "wrong").collect();
    assert_eq!(wrong.len(), 1, "{json}");
    assert_eq!(wrong[0]["what"], "table host");
    let other = doctor(&stack, &["--resume", "nonsense; drop table host"]).await?;
    assert!(other.code == Some(1) && other.out.contains("is no table"), "{}", other.out);

    let told = doctor(&stack, &["--resume", "host"]).await?;
    assert_eq!(told.code, Some(0), "{}", told.out);
    assert!(told.out.contains("mended  table host"), "{}", told.out);
    let flows = tokio::time::timeout(Duration::from_secs(60), pusher.acked_through(20)).await;
    flows??;
    metric_is(&stack, "fit", 1.0).await?;
    metric_is(&stack, "table_suspended{table=\"host\"}", 0.0).await?;
    eventually("all rows", Duration::from_secs(15), || async {
        let stored = "select count() from host where node = 'patient'";
        let distinct = "select count_distinct(seq) from host where node = 'patient'";
        let counts = (stack.number(stored).await?, stack.number(distinct).await?);
        ensure!(counts == (20, 20), "{counts:?}");
        let (status, text) = stack.get("healthz").await?;
        ensure!(status.is_success(), "{status}: {text}");
        Ok(())
    })
    .await?;
    assert_eq!(pusher.rejections, []);
    Ok(())
}

/// Scenario: a view is suspended; rows of an hour ago come; nobody does anything.
/// Guarantees: acks go on; the collector resumes the view and refreshes it, counts that, and the
/// view equals its base.
#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_view_is_healed_without_a_human() -> Result<()> {
    let stack = Stack::start(Options::default()).await?;
    stack.configure("questdb", "dev.mode.enabled=true").await?;
    let mut pusher = Pusher::new(&stack.grpc().await?, &stack.token("healed").await?, 32);
    connected(&mut pusher).await?;
    let healed = "view_healed_total{view=\"host_1m\"}";
    let before = stack.metric(healed).await?;
    stack.sql("alter materialized view host_1m suspend wal").await?;
    let then = now_us() - 3_600_000_000;
    pusher.push(1, &[host(1, then), host(2, then + 1)]).await?;
    eventually("the view to be healed", Duration::from_secs(60), || async {
        let healed = stack.metric(healed).await?;
        ensure!(healed > before, "{healed}");
        let n = stack.sql("select sum(n) from host_1m where node = 'healed'").await?;
        ensure!(n.first().and_then(|r| r[0].as_deref()) == Some("2"), "{n:?}");
        Ok(())
    })
    .await?;
    metric_is(&stack, "view_suspended{view=\"host_1m\"}", 0.0).await?;
    metric_is(&stack, "view_invalid{view=\"host_1m\"}", 0.0).await
}
