//! What the collector promises: refusals by name, and nothing acknowledged is lost or doubled.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use naap_schema::generated::Host;
use naap_schema::proto::{Body, Frame, PlainRow, PlainValue, PushOnceRequest, Table, plain_value};
use naap_tests::rows::{event, host, now_us, payload};
use naap_tests::{Options, Pusher, Stack, eventually};
use prost::Message;
use tonic::Code;

async fn small_stack() -> Result<Stack> {
    Stack::start(Options::default()).await
}

async fn stored(stack: &Stack, sql: &str, expected: i64) -> Result<()> {
    eventually(&format!("{expected} from {sql}"), Duration::from_secs(15), || async {
        let n = stack.number(sql).await?;
        ensure!(n == expected, "{n}");
        Ok(())
    })
    .await
}

/// Scenario: a wrong token, then on one stream: a frame that is no frame, an unknown entity, an
/// unknown field, rows from the future and from too long ago, a value out of range; good rows in
/// between.
/// Guarantees: each is refused by name; the good rows are stored; the refused ones are kept with
/// their reason.
#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_refused_by_name_and_the_stream_goes_on() -> Result<()> {
    let stack = small_stack().await?;
    let address = stack.grpc().await?;
    let mut stranger = Pusher::new(&address, "naap_0000", 5);
    let refused = stranger.connect().await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated, "{refused}");
    assert!(refused.message().contains("token"), "{refused}");
    assert!(!refused.message().contains("naap_0000"), "a token is never echoed: {refused}");

    let mut pusher = Pusher::new(&address, &stack.token("refusals").await?, 77);
    let welcome = pusher.connect().await?;
    assert_eq!(welcome.node, "refusals");
    let now = now_us();
    pusher.push(1, &[host(1, now)]).await?;

    let nonsense = Frame {
        epoch: 77,
        first_seq: 2,
        rows: 1,
        schema_version: 1,
        encoding: 1,
        body: vec![1, 2, 3],
        body_bytes: 900,
        ..Frame::default()
    };
    pusher.send_frame(nonsense).await?;
    pusher.acked_through(2).await?;
    let table = Table { entity: 9999, rows: 1, ts_deltas: vec![now], columns: vec![] };
    let body = Body { strings: vec![], tables: vec![table] }.encode_to_vec();
    let size = u32::try_from(body.len())?;
    let unknown = Frame {
        epoch: 77,
        first_seq: 3,
        rows: 1,
        schema_version: 1,
        encoding: 0,
        body,
        body_bytes: size,
        ..Frame::default()
    };
    pusher.send_frame(unknown).await?;
    let hour = 3_600_000_000;
    pusher.send(4, &[host(4, now + hour), host(5, now), host(6, now - 15 * 24 * hour)]).await?;
    let wild = Host { cpu_busy_ratio: Some(7.5), ..Host::default() };
    pusher.send(7, &[wild.at(now), host(8, now)]).await?;
    pusher.acked_through(8).await?;

    let by_seq: BTreeMap<u64, (&str, &str)> = pusher
        .rejections
        .iter()
        .map(|r| (r.first_seq, (r.reason.as_str(), r.detail.as_str())))
        .collect();
    let reasons: Vec<(u64, &str)> =
        by_seq.iter().map(|(seq, (reason, _))| (*seq, *reason)).collect();
    assert_eq!(
        reasons,
        [
            (2, "bad_frame"),
            (3, "unknown_entity"),
            (4, "too_new"),
            (6, "too_old"),
            (7, "out_of_range")
        ]
    );
    assert!(by_seq[&3].1.contains("9999"), "{by_seq:?}");
    assert!(by_seq[&7].1.contains("cpu_busy_ratio") && by_seq[&7].1.contains("7.5"), "{by_seq:?}");
    stored(&stack, "select count() from host where node = 'refusals'", 3).await?;
    stored(&stack, "select count() from rejected where node = 'refusals'", 5).await?;
    let data = stack
        .graphql("{ agent(name: \"refusals\") { coverage { stored rejected gaps } } }")
        .await?;
    assert_eq!(data["agent"]["coverage"]["stored"], 3.0, "{data}");
    assert_eq!(data["agent"]["coverage"]["rejected"], 5.0, "{data}");
    Ok(())
}

/// Scenario: a row by hand, twice; then one with a field that is not there; reflection is asked.
/// Guarantees: the same call twice stores one row; the refusal names the field; the service is
/// listed.
#[tokio::test(flavor = "multi_thread")]
async fn the_simple_path_works_by_hand() -> Result<()> {
    let stack = small_stack().await?;
    let address = stack.grpc().await?;
    let pusher = Pusher::new(&address, &stack.token("by-hand").await?, 1);
    let (mut client, token) = pusher.client().await?;
    let row = |field: &str, ts_us: i64| {
        let number = PlainValue { value: Some(plain_value::Value::Number(0.25)) };
        PlainRow { entity: "host".into(), ts_us, values: [(field.to_owned(), number)].into() }
    };
    let now = now_us();
    let call = |rows: Vec<PlainRow>| {
        let mut request =
            tonic::Request::new(PushOnceRequest { rows, ..PushOnceRequest::default() });
        request.metadata_mut().insert("authorization", token.clone());
        request
    };
    let first = client.push_once(call(vec![row("cpu_busy_ratio", now)])).await?.into_inner();
    let second = client.push_once(call(vec![row("cpu_busy_ratio", now)])).await?.into_inner();
    assert_eq!((first.stored, second.stored), (1, 1));
    assert_eq!(first.epoch, second.epoch, "the same call is the same epoch");
    let third = client.push_once(call(vec![row("cpu_busy", now)])).await?.into_inner();
    assert_eq!(third.stored, 0);
    assert_eq!(third.rejections[0].reason, "unknown_field");
    assert!(third.rejections[0].detail.contains("cpu_busy"), "{third:?}");
    stored(&stack, "select count() from host where node = 'by-hand'", 1).await?;

    let services = reflection(&address).await?;
    assert!(services.iter().any(|s| s == "naap.v1.Ingest"), "{services:?}");
    assert!(services.iter().any(|s| s == "grpc.health.v1.Health"), "{services:?}");
    Ok(())
}

async fn reflection(address: &str) -> Result<Vec<String>> {
    use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
    use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
    use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
    use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};
    let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{address}"))?;
    let mut client = ServerReflectionClient::new(endpoint.connect().await?);
    let ask = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut answers = client.server_reflection_info(tokio_stream::iter([ask])).await?.into_inner();
    let answer: ServerReflectionResponse = answers.message().await?.context("an answer")?;
    let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
        anyhow::bail!("no list but {answer:?}");
    };
    Ok(list.service.into_iter().map(|s| s.name).collect())
}

/// What was given out and what was acknowledged: rows `1..=sent`, row `i` with payload `i`.
struct Oracle {
    pusher: Pusher,
    start_us: i64,
    sent: u64,
}

impl Oracle {
    const BATCH: u64 = 20;

    /// Samples and events by turns, so that several tables are under way at once.
    fn rows(&self, first: u64) -> Vec<naap_schema::Row> {
        let ts = |i: u64| self.start_us + i64::try_from(i).unwrap() * 1000;
        let (samples, events) =
            (first..first + Self::BATCH / 2, first + Self::BATCH / 2..first + Self::BATCH);
        let samples = samples.map(|i| host(i, ts(i)));
        samples.chain(events.map(|i| event(i, ts(i)))).collect()
    }

    /// Sends batches for a while; on a lost connection connects again and sends from the last
    /// durable row on, as the protocol says.
    async fn send_for(&mut self, time: Duration) -> Result<()> {
        let end = tokio::time::Instant::now() + time;
        while tokio::time::Instant::now() < end {
            if self.pusher.welcome().is_none() {
                match self.pusher.connect().await {
                    Ok(welcome) => {
                        let durable = welcome.through.iter().find(|t| t.epoch == self.pusher.epoch);
                        let durable = durable.map_or(0, |t| t.seq);
                        ensure!(
                            durable >= self.pusher.acked,
                            "acked {} but durable only {durable}",
                            self.pusher.acked
                        );
                        self.sent = durable;
                    }
                    Err(_) => {
                        tokio::time::sleep(Duration::from_millis(200)).await;
                        continue;
                    }
                }
            }
            let rows = self.rows(self.sent + 1);
            let sent = self.pusher.send(self.sent + 1, &rows).await;
            self.sent += Self::BATCH;
            // Every few frames wait for an ack, so that kills meet every state.
            let waited = if self.sent.is_multiple_of(5 * Self::BATCH) {
                self.pusher.acked_through(self.sent).await
            } else {
                tokio::time::sleep(Duration::from_millis(10)).await;
                Ok(())
            };
            if sent.is_err() || waited.is_err() {
                self.pusher.disconnect();
            }
        }
        Ok(())
    }

    /// Every acknowledged row is there, once, with its payload; nothing is there that was not
    /// given out.
    async fn judge(&self, stack: &Stack, node: &str) -> Result<()> {
        let samples = format!("select seq, mem_used_bytes from host where node = '{node}'");
        let events = format!("select seq, stream_id from stream_trace where node = '{node}'");
        let acked = self.pusher.acked;
        let found = eventually("the acknowledged rows", Duration::from_secs(30), || async {
            let mut found: BTreeMap<u64, Vec<i64>> = BTreeMap::new();
            for sql in [&samples, &events] {
                for row in stack.sql(sql).await? {
                    let cell = |i: usize| row.get(i).cloned().flatten().context("a value");
                    found.entry(cell(0)?.parse()?).or_default().push(cell(1)?.parse()?);
                }
            }
            let missing = (1..=acked).filter(|i| !found.contains_key(i)).count();
            ensure!(missing == 0, "{missing} of {acked} acknowledged rows are missing");
            Ok(found)
        })
        .await?;
        for (seq, payloads) in found {
            ensure!(payloads == [payload(seq)], "row {seq} is {payloads:?}");
            ensure!(seq <= self.sent + Self::BATCH, "row {seq} was never given out");
        }
        Ok(())
    }
}

async fn survives_kills_of(part: &str, kills: u32) -> Result<()> {
    let stack = small_stack().await?;
    let mut pusher = Pusher::new(&stack.grpc().await?, &stack.token("oracle").await?, 4242);
    pusher.connect().await?;
    let mut oracle = Oracle { pusher, start_us: now_us() - 600_000_000, sent: 0 };
    for kill in 0..kills {
        oracle.send_for(Duration::from_millis(1500)).await?;
        let before = oracle.pusher.acked;
        stack.kill9(part).await?;
        let back = tokio::time::Instant::now();
        while oracle.pusher.acked <= before {
            oracle.send_for(Duration::from_secs(1)).await?;
            ensure!(back.elapsed() < Duration::from_secs(60), "kill {kill}: no ack for 60 s");
        }
    }
    oracle.send_for(Duration::from_secs(1)).await?;
    if oracle.pusher.welcome().is_none() {
        oracle.pusher.connect().await?;
    }
    ensure!(oracle.pusher.acked > 100, "only {} rows were acknowledged", oracle.pusher.acked);
    oracle.judge(&stack, "oracle").await
}

/// Scenario: SIGKILL of the collector, three times, while rows flow.
/// Guarantees: what was acknowledged is stored once, with its payload; rows flow again each time.
#[tokio::test(flavor = "multi_thread")]
async fn killing_the_collector_loses_and_doubles_nothing() -> Result<()> {
    survives_kills_of("collector", 3).await
}

/// Scenario: SIGKILL of QuestDB, twice, while rows flow.
/// Guarantees: the same.
#[tokio::test(flavor = "multi_thread")]
async fn killing_questdb_loses_and_doubles_nothing() -> Result<()> {
    survives_kills_of("questdb", 2).await
}
