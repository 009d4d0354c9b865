//! What is derived from rows, through the real collector and a real QuestDB: it follows late rows,
//! voids what is no longer produced, survives kills, and can be computed again.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use naap_schema::generated::{
    Agent, Gap, JobEvent, OrchestratorReport, Payment, StreamEvent, StreamStatus, StreamTrace,
};
use naap_schema::{Row, identity};
use naap_tests::rows::now_us;
use naap_tests::stack::{self, rebuild};
use naap_tests::{Options, Pusher, Rig, Stack, eventually};

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const DAY: i64 = 24 * 60 * MINUTE;
const URI: &str = "https://orch-a.example.net:8935";
const WALLET: &str = "0x000000000000000000000000000000000000000a";
const FIRST: &str = "0x0000000000000000000000000000000000000001";
const SECOND_ADDRESS: &str = "0x0000000000000000000000000000000000000002";
/// How long derived rows may take, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(40);

/// Rows of one session.
struct Story {
    request: String,
    next: u32,
}

impl Story {
    fn new(request: &str) -> Self {
        Self { request: request.to_owned(), next: 0 }
    }

    fn id(&mut self) -> uuid::Uuid {
        self.next += 1;
        identity::event_id(&format!("{} {}", self.request, self.next))
    }

    fn stream(&self) -> Option<Arc<str>> {
        Some(format!("stream-{}", self.request).into())
    }

    fn trace(&mut self, kind: &str, at: i64, uri: Option<&str>) -> Row {
        StreamTrace {
            event_id: self.id(),
            origin: "organic".into(),
            stream_id: self.stream(),
            request_id: Some(self.request.as_str().into()),
            trace_type: kind.into(),
            data_ts: Some(at),
            orch_address: uri.map(|_| WALLET.into()),
            orch_url: uri.map(Arc::from),
            ..StreamTrace::default()
        }
        .at(at)
    }

    fn status(&mut self, at: i64, fps: f64) -> Row {
        StreamStatus {
            event_id: self.id(),
            origin: "organic".into(),
            stream_id: self.stream(),
            request_id: Some(self.request.as_str().into()),
            pipeline: Some("streamdiffusion-sdxl".into()),
            state: Some("ONLINE".into()),
            data_ts: Some(at),
            start_time: Some(at - 5 * SECOND),
            output_fps: Some(fps),
            orch_address: Some(WALLET.into()),
            orch_url: Some(URI.into()),
            ..StreamStatus::default()
        }
        .at(at)
    }

    fn error(&mut self, at: i64, message: &str) -> Row {
        StreamEvent {
            event_id: self.id(),
            origin: "organic".into(),
            stream_id: self.stream(),
            request_id: Some(self.request.as_str().into()),
            event_type: "error".into(),
            message: Some(message.into()),
            ..StreamEvent::default()
        }
        .at(at)
    }

    /// All of a session that was served for two minutes and closed by its client.
    fn whole(&mut self, at: i64) -> Vec<Row> {
        vec![
            self.trace("gateway_receive_stream_request", at, None),
            self.trace("gateway_send_first_ingest_segment", at + SECOND, Some(URI)),
            self.trace("gateway_receive_first_processed_segment", at + 3 * SECOND, Some(URI)),
            self.trace("gateway_receive_few_processed_segments", at + 5 * SECOND, Some(URI)),
            self.status(at + 15 * SECOND, 16.0),
            self.status(at + 25 * SECOND, 20.0),
            self.trace("gateway_ingest_stream_closed", at + 123 * SECOND, None),
            self.error(at + 123 * SECOND + 1000, "whip disconnected"),
        ]
    }
}

fn report(at: i64, address: &str) -> Row {
    OrchestratorReport {
        event_id: identity::event_id(&format!("report {at} {address}")),
        origin: "organic".into(),
        orch_address: Some(address.into()),
        local_address: Some(WALLET.into()),
        orch_uri: Some("HTTPS://Orch-A.example.net:8935/".into()),
        ..OrchestratorReport::default()
    }
    .at(at)
}

fn payment(at: i64, request: &str, address: &str) -> Row {
    Payment {
        event_id: identity::event_id(&format!("payment {at} {request}")),
        origin: "organic".into(),
        request_id: Some(request.into()),
        session_id: Some("pay-1".into()),
        recipient: Some(address.into()),
        sender: Some("0x00000000000000000000000000000000000000ff".into()),
        orch_url: Some(URI.into()),
        face_value_wei: Some("1000000000000000".into()),
        win_probability: Some("0.001".into()),
        tickets: Some(2),
        ..Payment::default()
    }
    .at(at)
}

fn own(at: i64) -> Row {
    Agent {
        kind: Some("gateway".into()),
        origin: Some("organic".into()),
        region: Some("eu-central".into()),
        ..Agent::default()
    }
    .at(at)
}

/// The derived rows of a session, as a list of columns; void ones are left out.
async fn rows(stack: &Stack, table: &str, columns: &str, request: &str) -> Result<Vec<String>> {
    let sql = format!(
        "select {columns} from {table} where void = 0 and request_id = '{request}' order by ts"
    );
    let rows = stack.sql(&sql).await?;
    let text = |row: Vec<Option<String>>| {
        row.into_iter().map(|c| c.unwrap_or_else(|| "-".into())).collect::<Vec<_>>().join(" ")
    };
    Ok(rows.into_iter().map(text).collect())
}

async fn until(
    stack: &Stack,
    table: &str,
    columns: &str,
    request: &str,
    expected: &[&str],
) -> Result<()> {
    eventually(&format!("{table} of {request} as {expected:?}"), PATIENCE, || async {
        let found = rows(stack, table, columns, request).await?;
        ensure!(found == expected, "{found:?}");
        Ok(())
    })
    .await
}

/// Scenario: a session comes in pieces: without its beginning, without a claim to its URI, then late
/// what was missing, out of order.
/// Guarantees: its rows follow; what stood at the old start is void and in no view; a late claim and
/// a late payment re-attribute the leg in place.
#[tokio::test(flavor = "multi_thread")]
async fn derived_rows_follow_what_comes_late() -> Result<()> {
    let stack = Stack::start(Options::default()).await?;
    let mut gateway = Pusher::new(&stack.grpc().await?, &stack.token("gw").await?, 7);
    gateway.connect().await?;
    let at = now_us() - 40 * MINUTE;
    let mut story = Story::new("late");
    let all = story.whole(at);
    gateway.push(1, &[own(at - MINUTE)]).await?;
    gateway.push(2, &all[2..]).await?;
    let session = "outcome, end_reason, startup_ms, region, orchestrator, legs";
    until(&stack, "stream_session", session, "late", &["SERVED CLIENT - eu-central - 1"]).await?;
    let leg = "leg, outcome, orchestrator, attribution, fee_wei, model";
    let model = "streamdiffusion-sdxl";
    until(&stack, "stream_leg", leg, "late", &[&format!("0 SERVED - NONE - {model}")]).await?;
    let before = stack.number("select count() from stream_session where void = 0").await?;
    ensure!(before == 1, "{before} sessions");
    // Its beginning: it starts earlier, and what stood later is void.
    gateway.push(8, &all[..2]).await?;
    until(&stack, "stream_session", session, "late", &["SERVED CLIENT 3000.0 eu-central - 1"])
        .await?;
    let void = stack.number("select count() from stream_session where void = 1").await?;
    ensure!(void == 1, "{void} void rows");
    // Somebody claims the URI, late; then a payment says otherwise.
    gateway.push(10, &[report(at - 20 * MINUTE, FIRST)]).await?;
    let of = |address, how, fee| format!("0 SERVED {address} {how} {fee} {model}");
    until(&stack, "stream_leg", leg, "late", &[&of(FIRST, "CAPABILITY", "-")]).await?;
    gateway.push(11, &[payment(at + 2 * SECOND, "late", SECOND_ADDRESS)]).await?;
    until(&stack, "stream_leg", leg, "late", &[&of(SECOND_ADDRESS, "PAYMENT", "2000000000000")])
        .await?;
    let fee = "basis, orchestrator, fee_wei, unattributed";
    let expected = format!("REQUEST {SECOND_ADDRESS} 2000000000000 0");
    until(&stack, "payment_fee", fee, "late", &[&expected]).await?;
    // The views add up to one session, in one group: void rows are in no sum.
    eventually("views add up", Duration::from_secs(150), || async {
        let sql =
            "select sum(requested_sum), sum(served_sum), sum(startup_ms_n) from stream_session_5m";
        let sums = stack.sql(sql).await?;
        let expected: Vec<_> = ["1", "1", "1"].map(|s| Some(s.to_owned())).to_vec();
        ensure!(sums == [expected], "{sums:?}");
        let sql = "select orchestrator, sum(served_sum) from stream_leg_5m where served_sum > 0";
        let legs = stack.sql(sql).await?;
        ensure!(legs == [vec![Some(SECOND_ADDRESS.to_owned()), Some("1".to_owned())]], "{legs:?}");
        let sql = "select sum(n) from stream_session_startup_ms_hist_1h";
        drop(stack.sql(sql).await?);
        Ok(())
    })
    .await?;
    // Late by nearly as much as is taken.
    let old = now_us() - 14 * DAY + 30 * MINUTE;
    let mut story = Story::new("old");
    gateway.push(12, &story.whole(old)).await?;
    until(&stack, "stream_session", session, "old", &["SERVED CLIENT 3000.0 eu-central - 1"])
        .await?;
    eventually("the view has the late session", Duration::from_secs(150), || async {
        let sql = "select sum(served_sum) from stream_session_5m";
        let sum = stack.number(sql).await?;
        ensure!(sum == 2, "{sum}");
        Ok(())
    })
    .await?;
    stack.stop().await?;
    Ok(())
}

/// Scenario: a gateway's first events are stored before its agent has said where it stands.
/// Guarantees: its session, its job and its payments, of a session and of none, get the region, as
/// they do when everything is computed again.
#[tokio::test(flavor = "multi_thread")]
async fn where_a_gateway_stands_may_be_told_after_its_first_events() -> Result<()> {
    let stack = Stack::start(Options::default()).await?;
    let mut gateway = Pusher::new(&stack.grpc().await?, &stack.token("gw").await?, 7);
    gateway.connect().await?;
    let at = now_us() - 100 * MINUTE;
    let mut rows = Story::new("early").whole(at);
    rows.extend([payment(at + SECOND, "early", FIRST), payment(at + SECOND, "nobody", FIRST)]);
    for (kind, success) in [("received", None), ("completed", Some(1))] {
        let job = JobEvent {
            event_id: identity::event_id(kind),
            origin: "organic".into(),
            topic: "ai_batch_request".into(),
            event_type: format!("ai_batch_request_{kind}").into(),
            request_id: Some("batch".into()),
            pipeline: Some("text-to-image".into()),
            success,
            ..JobEvent::default()
        };
        rows.push(job.at(at));
    }
    gateway.push(1, &rows).await?;
    let all = [
        ("stream_session", "early"),
        ("stream_leg", "early"),
        ("payment_fee", "early"),
        ("payment_fee", "nobody"),
        ("job", "batch"),
    ];
    for (table, request) in all {
        until(&stack, table, "region", request, &["-"]).await?;
    }
    gateway.push(1 + rows.len() as u64, &[own(now_us())]).await?;
    for (table, request) in all {
        until(&stack, table, "region", request, &["eu-central"]).await?;
    }
    // Scores of hours that are over follow minutes later.
    let (_, said) = rebuild(&stack.data, at - 60 * MINUTE, now_us(), true).await?;
    let found: serde_json::Value =
        serde_json::Deserializer::from_str(&said).into_iter().next().context("an answer")??;
    for part in ["sessions", "fees", "jobs"] {
        for what in ["changed", "missing", "voided"] {
            ensure!(found["parts"][part][what] == 0, "a rebuild differs: {said}");
        }
    }
    stack.stop().await?;
    Ok(())
}

/// Scenario: streams that never say that they end; a node that is silent itself; a node that lost
/// rows of just that time; a stream that comes back.
/// Guarantees: silence closes a session only where the node's data has passed it and nothing of that
/// time is lost; a later event reopens it.
#[tokio::test(flavor = "multi_thread")]
async fn only_a_silence_that_is_known_closes_a_session() -> Result<()> {
    let stack = Stack::start(Options::default()).await?;
    let grpc = stack.grpc().await?;
    let mut gateway = Pusher::new(&grpc, &stack.token("gw").await?, 7);
    gateway.connect().await?;
    let at = now_us() - 20 * MINUTE;
    let mut story = Story::new("quiet");
    let events = story.whole(at)[..6].to_vec();
    gateway.push(1, &[own(at - MINUTE)]).await?;
    gateway.push(2, &events).await?;
    let columns = "outcome, end_reason, closed_by";
    until(&stack, "stream_session", columns, "quiet", &["SERVED - -"]).await?;
    // Nothing was heard of the node since: it stays open.
    tokio::time::sleep(Duration::from_secs(8)).await;
    until(&stack, "stream_session", columns, "quiet", &["SERVED - -"]).await?;
    gateway.push(8, &[own(at + 3 * MINUTE)]).await?;
    until(&stack, "stream_session", columns, "quiet", &["SERVED LOST SILENCE"]).await?;
    // It comes back, and the node has not been heard of for long enough after that.
    let again = story.status(at + 2 * MINUTE, 18.0);
    gateway.push(9, &[again]).await?;
    until(&stack, "stream_session", columns, "quiet", &["SERVED - -"]).await?;

    let mut lossy = Pusher::new(&grpc, &stack.token("lossy").await?, 9);
    lossy.connect().await?;
    let mut story = Story::new("lossy");
    let events = story.whole(at)[..6].to_vec();
    lossy.push(1, &[own(at - MINUTE)]).await?;
    lossy.push(2, &events).await?;
    lossy.push(8, &[own(at + MINUTE)]).await?;
    // Rows 9 to 20 are gone; the agent's own rows around them say when they were taken.
    lossy.push(21, &[own(at + 4 * MINUTE)]).await?;
    let gap = Gap { of_epoch: 9, from_seq: 9, to_seq: 20, rows: 12, reason: "evicted".into() };
    lossy.push(22, &[gap.at(at + 5 * MINUTE)]).await?;
    until(&stack, "stream_session", columns, "lossy", &["SERVED - -"]).await?;
    // Two minutes after the end of the gap it is known again.
    lossy.push(23, &[own(at + 7 * MINUTE)]).await?;
    until(&stack, "stream_session", columns, "lossy", &["SERVED LOST SILENCE"]).await?;
    stack.stop().await?;
    Ok(())
}

/// Scenario: sessions come in while the collector is killed again and again; derived rows are
/// damaged by hand; everything is computed again.
/// Guarantees: after the last kill every session is derived exactly; a rebuild finds nothing else;
/// what was damaged is found, and mended; where raw rows are gone nothing is rebuilt.
#[tokio::test(flavor = "multi_thread")]
async fn derivation_survives_kills_and_can_be_repeated() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut rig = Rig::start(folder.path()).await?;
    let token = stack::token(&rig.data, "gw").await?;
    let start = now_us() - 30 * MINUTE;
    let mut seq = 1;
    let mut sent = 0;
    for round in 0..6 {
        let mut gateway = Pusher::new(&rig.grpc, &token, 70);
        eventually("a stream", PATIENCE, || {
            let mut again = Pusher::new(&rig.grpc, &token, 70);
            async move {
                again.connect().await.context("connecting")?;
                Ok(())
            }
        })
        .await?;
        gateway.connect().await.context("connecting")?;
        for _ in 0..8 {
            let request = format!("kill-{sent}");
            let rows = Story::new(&request).whole(start + i64::from(sent) * 5 * SECOND);
            gateway.push(seq, &rows).await?;
            seq += rows.len() as u64;
            sent += 1;
        }
        // At another point of its work each time: just stored, being derived, derived.
        tokio::time::sleep(Duration::from_millis(700 * round)).await;
        gateway.disconnect();
        rig.kill("collector").await?;
        rig.launch("collector").await?;
    }
    let good = "select count() from stream_session where void = 0 and outcome = 'SERVED' and \
                end_reason = 'CLIENT' and startup_ms = 3000 and legs = 1";
    eventually("every session derived", PATIENCE, || async {
        let found = rig.database.number(good).await?;
        ensure!(found == i64::from(sent), "{found} of {sent}");
        Ok(())
    })
    .await?;
    let (from, to) = (start - 60 * MINUTE, now_us());
    let (equal, said) = rebuild(&rig.data, from, to, true).await?;
    ensure!(equal, "a rebuild differs: {said}");
    // A row that is wrong, and one of a session that never was.
    let ts = rig.database.sql("select ts from stream_session where request_id = 'kill-3'").await?;
    let ts = ts.first().and_then(|r| r.first()).cloned().flatten().context("kill-3")?;
    let session = naap_derive::identity::session_id("stream-kill-3", "kill-3");
    let ghost = naap_derive::identity::session_id("stream-ghost", "ghost");
    for (id, request, outcome) in [(session, "kill-3", "FAILED"), (ghost, "ghost", "SERVED")] {
        let sql = format!(
            "insert into stream_session (ts, void, formula, session, stream_id, request_id, origin, \
             outcome, last_event_at) values ('{ts}', 0, '2026.1', '{id}', 'stream-{request}', \
             '{request}', 'organic', '{outcome}', '{ts}')"
        );
        rig.database.sql(&sql).await?;
    }
    let (equal, said) = rebuild(&rig.data, from, to, true).await?;
    ensure!(!equal, "the damage is not seen: {said}");
    let found: serde_json::Value =
        serde_json::Deserializer::from_str(&said).into_iter().next().context("an answer")??;
    let part = &found["parts"]["sessions"];
    ensure!(part["changed"] == 1 && part["voided"] == 1, "{part}");
    let (_, said) = rebuild(&rig.data, from, to, false).await?;
    let (equal, after) = rebuild(&rig.data, from, to, true).await?;
    ensure!(equal, "not mended: {said} {after}");
    let ghosts = "select count() from stream_session where request_id = 'ghost' and void = 0";
    ensure!(rig.database.number(ghosts).await? == 0, "the ghost is still there");
    let (refused, said) = rebuild(&rig.data, from - 500 * DAY, to, true).await?;
    ensure!(!refused && said.contains("raw rows are kept for 13 months"), "{said}");
    rig.stop().await?;
    Ok(())
}
