//! The service over real gRPC on loopback, with a store in memory.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use naap_schema::frame::encode;
use naap_schema::generated::{Host, StreamTrace};
use naap_schema::proto::ingest_client::IngestClient;
use naap_schema::proto::{PlainRow, PlainValue, plain_value};
use naap_schema::{Row, Value};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use tonic::Code;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};

use super::*;
use crate::config::{self, QuotasConfig};
use crate::fitness::{Fitness, Part};
use crate::listen::Caps;
use crate::run::{Parts, RunError, serve};
use crate::store::memory::Memory;
use crate::store::{Line, Told, Waits, Writer};
use crate::tls::Certificates;
use crate::tls::tests::Files;
use crate::tokens;

/// Nothing on loopback takes longer.
const PATIENCE: Duration = Duration::from_secs(10);

struct House {
    address: SocketAddr,
    memory: Memory,
    fitness: Fitness,
    metrics: Arc<Metrics>,
    tls: Option<Arc<Certificates>>,
    tokens_file: PathBuf,
    token: String,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<(), RunError>>,
    _dir: tempfile::TempDir,
}

impl House {
    async fn new() -> Self {
        let memory = Memory::default();
        Self::with(memory).await
    }

    async fn with(memory: Memory) -> Self {
        Self::with_quotas(memory, QuotasConfig::default()).await
    }

    async fn with_quotas(memory: Memory, quotas: QuotasConfig) -> Self {
        Self::build(memory, quotas, None).await
    }

    async fn build(memory: Memory, quotas: QuotasConfig, tls: Option<config::Tls>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let tokens_file = dir.path().join("tokens.toml");
        let token = tokens::add(&tokens_file, "node-1", false).unwrap();
        let fitness = Fitness::new();
        fitness.report(Part::Guard, None);
        let metrics = Metrics::new(fitness.clone());
        let open = |files| Arc::new(Certificates::open(&files, Arc::clone(&metrics)).unwrap());
        let tls = tls.map(open);
        let writer = || Box::new(memory.clone()) as Box<dyn Writer>;
        let parts = Parts {
            tokens: Arc::new(Tokens::open(&tokens_file).unwrap()),
            ledgers: Arc::new(Ledgers::new(Box::new(memory.clone()))),
            writers: (0..limits::WRITERS).map(|_| writer()).collect(),
            fitness: fitness.clone(),
            waits: Waits { events: Duration::from_millis(20), samples: Duration::from_millis(40) },
            tls: tls.clone(),
            caps: Caps { all: 64, per_address: 64 },
            quotas: Quotas::new(quotas, Arc::clone(&metrics)),
            told: Told::new(Arc::clone(&metrics), Arc::default(), None),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async move { drop(stopped.await) };
        let task = tokio::spawn(serve(parts, listener, JoinSet::new(), stopped, drop));
        let stop = Some(stop);
        Self { address, memory, fitness, metrics, tls, tokens_file, token, stop, task, _dir: dir }
    }

    async fn client(&self) -> IngestClient<Channel> {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address)).unwrap();
        IngestClient::new(endpoint.connect().await.unwrap())
    }

    fn signed<T>(&self, message: T) -> Request<T> {
        signed(message, &self.token)
    }

    async fn stream(&self, epochs: Vec<u64>) -> (Stream, Welcome) {
        Stream::open(self, &self.token, epochs).await.unwrap()
    }
}

fn signed<T>(message: T, token: &str) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

struct Stream {
    to: mpsc::Sender<PushRequest>,
    from: Streaming<PushResponse>,
}

impl Stream {
    async fn open(house: &House, token: &str, epochs: Vec<u64>) -> Result<(Self, Welcome), Status> {
        Self::open_saying(house, token, epochs, Vec::new()).await
    }

    async fn open_saying(
        house: &House,
        token: &str,
        epochs: Vec<u64>,
        recorded: Vec<Through>,
    ) -> Result<(Self, Welcome), Status> {
        let (to, messages) = mpsc::channel(100);
        let hello = Hello {
            agent_version: "test".into(),
            schema_version: SCHEMA_VERSION,
            epochs,
            clock_us: clock::now_us() + 5_000_000,
            recorded,
        };
        to.send(PushRequest { message: Some(Said::Hello(hello)) }).await.unwrap();
        let request = signed(ReceiverStream::new(messages), token);
        Self::begin(house.client().await, to, request).await
    }

    async fn begin(
        mut client: IngestClient<Channel>,
        to: mpsc::Sender<PushRequest>,
        request: Request<ReceiverStream<PushRequest>>,
    ) -> Result<(Self, Welcome), Status> {
        let from = client.push(request).await?.into_inner();
        let mut stream = Self { to, from };
        match stream.next().await? {
            Some(Answer::Welcome(welcome)) => Ok((stream, welcome)),
            other => panic!("no welcome but {other:?}"),
        }
    }

    async fn next(&mut self) -> Result<Option<Answer>, Status> {
        let next = tokio::time::timeout(PATIENCE, self.from.message()).await;
        Ok(next.expect("an answer in time")?.and_then(|r| r.message))
    }

    async fn send(&self, frame: Frame) {
        self.to.send(PushRequest { message: Some(Said::Frame(frame)) }).await.unwrap();
    }

    async fn rows(&self, epoch: u64, first: u64, rows: &[Row]) {
        self.send(encode(epoch, first, SCHEMA_VERSION, rows)).await;
    }

    async fn ack(&mut self) -> Ack {
        match self.next().await {
            Ok(Some(Answer::Ack(ack))) => ack,
            other => panic!("no ack but {other:?}"),
        }
    }

    async fn no_ack(&mut self) {
        let next = tokio::time::timeout(Duration::from_millis(300), self.from.message()).await;
        assert!(next.is_err(), "{next:?}");
    }
}

fn host(ts_us: i64) -> Row {
    Host { cpu_busy_ratio: Some(0.5), ..Host::default() }.at(ts_us)
}

fn event(id: u128, ts_us: i64) -> Row {
    StreamTrace {
        event_id: uuid::Uuid::from_u128(id),
        origin: "organic".into(),
        trace_type: "gateway_receive_stream_request".into(),
        ..StreamTrace::default()
    }
    .at(ts_us)
}

fn ledger(memory: &Memory, field: &str) -> Option<i64> {
    let lines = memory.lines("ledger");
    match lines.last()?.row.get(field)? {
        Value::I64(i) => Some(*i),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn rows_are_acknowledged_after_data_then_ledger_are_committed() {
    let house = House::new().await;
    let (mut stream, welcome) = house.stream(vec![7]).await;
    assert_eq!(welcome.node, "node-1");
    assert_eq!(welcome.through, [Through { epoch: 7, seq: 0 }]);
    let now = clock::now_us();
    stream.rows(7, 1, &[host(now), host(now + 1), event(1, now)]).await;
    let ack = stream.ack().await;
    assert_eq!((ack.epoch, ack.through_seq, ack.rejections.len()), (7, 3, 0));
    let order = house.memory.order();
    assert_eq!(order.last(), Some(&"ledger"));
    assert!(order.contains(&"host") && order.contains(&"stream_trace"));
    assert_eq!(house.memory.seqs("host"), [1, 2]);
    assert_eq!(house.memory.seqs("stream_trace"), [3]);
    assert_eq!(ledger(&house.memory, "stored"), Some(3));
    assert_eq!(ledger(&house.memory, "last_row_at"), Some(now + 1));
    let skew = ledger(&house.memory, "skew_ms").unwrap();
    assert!((4000..=5000).contains(&skew), "{skew}");

    // Whoever comes again is told how far it is, and what comes again is a duplicate.
    drop(stream);
    let (mut stream, welcome) = house.stream(vec![7, 8]).await;
    assert_eq!(welcome.through[0], Through { epoch: 7, seq: 3 });
    assert_eq!(welcome.through[1], Through { epoch: 8, seq: 0 });
    stream.rows(7, 2, &[host(now), host(now), host(now)]).await;
    assert_eq!(stream.ack().await.through_seq, 4);
    assert_eq!(ledger(&house.memory, "stored"), Some(4));
    assert_eq!(ledger(&house.memory, "duplicates"), Some(2));
}

#[tokio::test]
async fn a_new_collector_goes_on_from_the_ledger() {
    let house = House::new().await;
    let (mut stream, _) = house.stream(vec![7]).await;
    stream.rows(7, 1, &[host(clock::now_us()), host(clock::now_us())]).await;
    stream.ack().await;
    let next = House::with(house.memory.clone()).await;
    let (mut stream, welcome) = next.stream(vec![7]).await;
    assert_eq!(welcome.through, [Through { epoch: 7, seq: 2 }]);
    stream.rows(7, 6, &[host(clock::now_us())]).await;
    assert_eq!(stream.ack().await.through_seq, 6);
    assert_eq!(ledger(&next.memory, "stored"), Some(3));
    assert_eq!(ledger(&next.memory, "gaps"), Some(3));
    let seen: Vec<i64> = next.memory.lines("ledger").iter().map(|l| l.row.ts_us).collect();
    assert_eq!(seen[0], seen[1], "the ledger row keeps its time, so that there is one");
}

/// The newest value of a field of the ledger, by epoch; `None` where it is NULL.
fn ledgers(memory: &Memory, field: &str) -> HashMap<i64, Option<i64>> {
    let number = |l: &Line, field: &str| match l.row.get(field)? {
        Value::I64(i) => Some(*i),
        other => panic!("{other:?}"),
    };
    let lines = memory.lines("ledger");
    lines.iter().map(|l| (number(l, "epoch").unwrap(), number(l, field))).collect()
}

async fn recorded(memory: &Memory, expected: &[(i64, Option<i64>)]) {
    let expected: HashMap<_, _> = expected.iter().copied().collect();
    let end = Instant::now() + PATIENCE;
    while ledgers(memory, "recorded_seq") != expected {
        assert!(Instant::now() < end, "{:?}", ledgers(memory, "recorded_seq"));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn what_an_agent_recorded_is_written_down_though_nothing_of_it_comes() {
    let house = House::new().await;
    let say = |epoch, seq| Through { epoch, seq };
    let said = vec![say(7, 40), say(8, 0), say(9, 12), say(0, 5), say(u64::MAX, 5)];
    let open = |said| Stream::open_saying(&house, &house.token, vec![7, 9], said);
    let (mut stream, welcome) = open(said.clone()).await.unwrap();
    assert_eq!(welcome.through, [say(7, 0), say(9, 0)]);
    recorded(&house.memory, &[(7, Some(40)), (9, Some(12))]).await;
    assert_eq!(ledgers(&house.memory, "through_seq"), HashMap::from([(7, Some(0)), (9, Some(0))]));
    // Rows move it only where they are beyond it; an epoch of which nothing waits is known too.
    stream.rows(7, 1, &[host(clock::now_us())]).await;
    stream.ack().await;
    stream.rows(8, 1, &[host(clock::now_us())]).await;
    stream.ack().await;
    recorded(&house.memory, &[(7, Some(40)), (8, Some(1)), (9, Some(12))]).await;

    // The same again is no news, also to a new collector, which reads it from the ledger.
    drop(stream);
    let next = House::with(house.memory.clone()).await;
    let before = next.memory.requests();
    let open = |said| Stream::open_saying(&next, &next.token, vec![7, 9], said);
    open(said).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(next.memory.requests(), before);
    open(vec![say(9, 13)]).await.unwrap();
    recorded(&next.memory, &[(7, Some(40)), (8, Some(1)), (9, Some(13))]).await;
}

#[tokio::test]
async fn what_an_agent_recorded_is_unknown_where_it_does_not_say() {
    let house = House::new().await;
    let (mut stream, _) = house.stream(vec![7]).await;
    stream.rows(7, 1, &[host(clock::now_us())]).await;
    stream.ack().await;
    recorded(&house.memory, &[(7, None)]).await;
}

#[tokio::test]
async fn a_hello_that_lists_thousands_makes_a_bounded_number_of_ledger_rows() {
    let house = House::new().await;
    let said = (1..=1000).map(|epoch| Through { epoch, seq: 1 }).collect();
    Stream::open_saying(&house, &house.token, vec![], said).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(house.memory.lines("ledger").len(), limits::HELLO_BOOKED);
}

#[tokio::test]
async fn nothing_is_acknowledged_while_the_store_is_away_or_unfit() {
    let house = House::new().await;
    let (mut stream, _) = house.stream(vec![7]).await;
    house.memory.set_away(true);
    stream.rows(7, 1, &[host(clock::now_us())]).await;
    stream.no_ack().await;
    house.memory.set_away(false);
    assert_eq!(stream.ack().await.through_seq, 1);

    house.fitness.report(Part::Guard, Some("a table is suspended".into()));
    stream.rows(7, 2, &[host(clock::now_us())]).await;
    stream.no_ack().await;
    assert_eq!(house.memory.seqs("host"), [1]);
    house.fitness.report(Part::Guard, None);
    assert_eq!(stream.ack().await.through_seq, 2);
    assert_eq!(house.memory.seqs("host"), [1, 2]);
}

#[tokio::test]
async fn health_follows_the_store() {
    use tonic_health::pb::HealthCheckRequest;
    use tonic_health::pb::health_client::HealthClient;
    let house = House::new().await;
    let channel = Endpoint::from_shared(format!("http://{}", house.address)).unwrap();
    let mut client = HealthClient::new(channel.connect().await.unwrap());
    let ask = HealthCheckRequest { service: "naap.v1.Ingest".into() };
    let mut states = client.watch(ask).await.unwrap().into_inner();
    let mut until = async |wanted: i32| {
        while states.message().await.unwrap().unwrap().status != wanted {}
    };
    tokio::time::timeout(PATIENCE, until(1)).await.unwrap();
    house.fitness.report(Part::Writer, Some("away".into()));
    tokio::time::timeout(PATIENCE, until(2)).await.unwrap();
    house.fitness.report(Part::Writer, None);
    tokio::time::timeout(PATIENCE, until(1)).await.unwrap();
}

#[tokio::test]
async fn bad_input_is_refused_by_name_and_the_stream_goes_on() {
    let house = House::new().await;
    let (mut stream, _) = house.stream(vec![7]).await;
    let now = clock::now_us();
    let broken = Frame {
        epoch: 7,
        first_seq: 1,
        rows: 2,
        encoding: 1,
        body: vec![1, 2],
        body_bytes: 900,
        ..Frame::default()
    };
    stream.send(broken.clone()).await;
    stream.rows(7, 3, &[host(now + 3_600_000_000), host(now)]).await;
    stream.send(Frame { epoch: 0, ..broken }).await;
    let ack = stream.ack().await;
    assert_eq!(ack.through_seq.max(2), ack.through_seq);
    assert_eq!(ack.rejections[0].reason, "bad_frame");
    assert_eq!((ack.rejections[0].first_seq, ack.rejections[0].count), (1, 2));
    let ack = stream.ack().await;
    assert_eq!(ack.through_seq, 4);
    assert_eq!(ack.rejections[0].reason, "too_new");
    let ack = stream.ack().await;
    assert_eq!((ack.epoch, ack.through_seq), (0, 0));
    assert_eq!(ack.rejections[0].reason, "bad_frame");
    assert_eq!(house.memory.seqs("host"), [4]);
    assert_eq!(ledger(&house.memory, "rejected"), Some(3));
    let rejected = house.memory.lines("rejected");
    let because = |reason: &str| {
        let is = |l: &&Line| l.row.get("reason") == Some(&Value::text(reason));
        rejected.iter().filter(is).count()
    };
    assert_eq!((because("bad_frame"), because("too_new"), rejected.len()), (2, 1, 3));
    assert!(
        house.memory.order().iter().rposition(|t| *t == "rejected")
            < house.memory.order().iter().rposition(|t| *t == "ledger")
    );
}

#[tokio::test]
async fn frames_whose_place_makes_no_sense_are_refused_and_kept_without_a_ledger() {
    let house = House::new().await;
    let (mut stream, _) = house.stream(vec![7]).await;
    let good = encode(7, 1, SCHEMA_VERSION, &[host(clock::now_us())]);
    let places = [(0, 1), (u64::MAX, 1), (7, 0), (7, u64::MAX), (7, i64::MAX as u64)];
    for (epoch, first_seq) in places {
        stream.send(Frame { epoch, first_seq, ..good.clone() }).await;
        let ack = stream.ack().await;
        assert_eq!((ack.epoch, ack.through_seq), (epoch, 0));
        assert_eq!(
            (ack.rejections[0].first_seq, &*ack.rejections[0].reason),
            (first_seq, "bad_frame")
        );
    }
    assert_eq!(house.memory.lines("rejected").len(), places.len());
    assert!(house.memory.lines("ledger").is_empty());
    stream.send(good).await;
    assert_eq!(stream.ack().await.through_seq, 1);
}

#[tokio::test]
async fn a_row_that_the_store_refuses_is_named_and_costs_no_other() {
    let house = House::new().await;
    house.memory.poison([2], true);
    let (mut stream, _) = house.stream(vec![7]).await;
    let now = clock::now_us();
    stream.rows(7, 1, &[host(now), host(now), host(now)]).await;
    let ack = stream.ack().await;
    assert_eq!(ack.through_seq, 3);
    assert_eq!((ack.rejections[0].first_seq, &*ack.rejections[0].reason), (2, "store"));
    assert_eq!(house.memory.seqs("host"), [1, 3]);
    assert_eq!(ledger(&house.memory, "stored"), Some(2));
    assert_eq!(ledger(&house.memory, "rejected"), Some(1));
}

#[tokio::test]
async fn a_wrong_token_is_refused_with_the_way_out_and_never_echoed() {
    let house = House::new().await;
    let wrong = ["naap_12345678", ""];
    for token in wrong {
        let Err(refused) = Stream::open(&house, token, vec![]).await else { panic!() };
        assert_eq!(refused.code(), Code::Unauthenticated);
        assert!(refused.message().contains("token add"), "{refused}");
        assert!(token.is_empty() || !refused.message().contains(token), "{refused}");
    }
    let none = house.client().await.push_once(PushOnceRequest::default()).await.unwrap_err();
    assert_eq!(none.code(), Code::Unauthenticated);
    // A token made meanwhile works at once.
    let token = tokens::add(&house.tokens_file, "node-2", false).unwrap();
    let (_, welcome) = Stream::open(&house, &token, vec![]).await.unwrap();
    assert_eq!(welcome.node, "node-2");
}

#[tokio::test]
async fn a_revoked_token_ends_its_streams() {
    let house = House::new().await;
    let (mut stream, _) = house.stream(vec![]).await;
    let other = tokens::add(&house.tokens_file, "node-2", false).unwrap();
    let (mut second, _) = Stream::open(&house, &other, vec![9]).await.unwrap();
    tokens::revoke(&house.tokens_file, "node-1", None).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(3), stream.next()).await.unwrap();
    let status = ended.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    assert!(status.message().contains("revoked"), "{status}");
    second.rows(9, 1, &[host(clock::now_us())]).await;
    assert_eq!(second.ack().await.through_seq, 1);
}

#[tokio::test]
async fn the_same_call_twice_is_one_epoch() {
    let house = House::new().await;
    let row = |field: &str| PlainRow {
        entity: "host".into(),
        ts_us: clock::now_us() / 1_000_000_000 * 1_000_000_000,
        values: [
            (field.to_owned(), PlainValue { value: Some(plain_value::Value::Number(0.25)) }),
            ("os".to_owned(), PlainValue { value: Some(plain_value::Value::Text("x".into())) }),
        ]
        .into(),
    };
    let request = PushOnceRequest {
        rows: vec![row("cpu_busy_ratio"), row("nonsense")],
        ..PushOnceRequest::default()
    };
    let mut client = house.client().await;
    let one = client.push_once(house.signed(request.clone())).await.unwrap().into_inner();
    let two = client.push_once(house.signed(request.clone())).await.unwrap().into_inner();
    assert_eq!((one.epoch, one.stored), (two.epoch, two.stored));
    assert_eq!(one.stored, 1);
    assert_eq!((one.rejections[0].first_seq, &*one.rejections[0].reason), (2, "unknown_field"));
    assert!(one.rejections[0].detail.contains("nonsense"));
    assert!(i64::try_from(one.epoch).is_ok_and(|e| e > 0));
    assert_eq!(ledger(&house.memory, "duplicates"), Some(1));
    assert_eq!(house.memory.lines("rejected").len(), 1, "a refusal is kept once");
    // Other rows, or another node, are another epoch.
    let other = PushOnceRequest { rows: vec![row("cpu_busy_ratio")], ..request };
    let three = client.push_once(house.signed(other.clone())).await.unwrap().into_inner();
    assert_ne!(three.epoch, one.epoch);
    assert_ne!(hash("node-2", &other), hash("node-1", &other));
    let empty = client.push_once(house.signed(PushOnceRequest::default())).await.unwrap_err();
    assert_eq!(empty.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn a_stream_begins_with_a_hello() {
    let house = House::new().await;
    let frame = encode(7, 1, SCHEMA_VERSION, &[host(clock::now_us())]);
    let messages = tokio_stream::iter([PushRequest { message: Some(Said::Frame(frame)) }]);
    let mut from = house.client().await.push(house.signed(messages)).await.unwrap().into_inner();
    let refused = from.message().await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(house.memory.requests(), 0);
}

#[tokio::test]
async fn one_node_has_a_bounded_number_of_streams() {
    let house = House::new().await;
    let mut open = Vec::new();
    for _ in 0..limits::STREAMS_PER_NODE {
        open.push(house.stream(vec![]).await);
    }
    let Err(refused) = Stream::open(&house, &house.token, vec![]).await else { panic!() };
    assert_eq!(refused.code(), Code::ResourceExhausted);
    open.clear();
    tokio::time::sleep(Duration::from_millis(300)).await;
    house.stream(vec![]).await;
}

#[tokio::test]
async fn a_stop_commits_and_acknowledges_what_was_taken() {
    let mut house = House::new().await;
    let (mut stream, _) = house.stream(vec![7]).await;
    stream.rows(7, 1, &[host(clock::now_us())]).await;
    assert_eq!(stream.ack().await.through_seq, 1);
    house.memory.set_away(true);
    stream.rows(7, 2, &[host(clock::now_us())]).await;
    stream.no_ack().await;
    house.stop.take().unwrap().send(()).unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    house.memory.set_away(false);
    assert_eq!(stream.ack().await.through_seq, 2);
    assert_eq!(stream.next().await.unwrap_err().code(), Code::Unavailable);
    let ended = tokio::time::timeout(PATIENCE, &mut house.task).await.unwrap();
    ended.unwrap().unwrap();
}

#[test]
fn many_refusals_go_into_several_acks_that_never_run_ahead() {
    let row = host(1);
    let refusals: Vec<Refusal> =
        (0..600).map(|i| Refusal::by_store(2 * i + 1, &row, "no", false)).collect();
    let acks = acks(7, Outcome { through: 5000, stored: 0, refusals });
    let told: Vec<(u64, usize)> =
        acks.iter().map(|a| (a.through_seq, a.rejections.len())).collect();
    assert_eq!(told, [(511, 256), (1023, 256), (5000, 88)]);
}

#[tokio::test]
async fn a_node_over_its_rate_is_read_later_and_another_is_not() {
    let quotas = QuotasConfig { rows_per_s: 20, ..QuotasConfig::default() };
    let house = House::with_quotas(Memory::default(), quotas).await;
    let other = tokens::add(&house.tokens_file, "node-2", false).unwrap();
    let (mut fast, _) = house.stream(vec![7]).await;
    let (mut calm, _) = Stream::open(&house, &other, vec![9]).await.unwrap();
    let rows = |n: usize| vec![host(clock::now_us()); n];
    // What it has in advance is 10 s of its rate; the second frame makes it owe 6.5 s.
    fast.rows(7, 1, &rows(200)).await;
    fast.rows(7, 201, &rows(130)).await;
    fast.rows(7, 331, &rows(1)).await;
    let start = Instant::now();
    while fast.ack().await.through_seq < 330 {}
    assert!(start.elapsed() < Duration::from_secs(4), "what is owed for is taken at once");
    for i in 1..=5 {
        let start = Instant::now();
        calm.rows(9, i, &rows(1)).await;
        assert_eq!(calm.ack().await.through_seq, i);
        assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    }
    assert_eq!(fast.ack().await.through_seq, 331);
    let waited = start.elapsed();
    assert!((Duration::from_secs(5)..Duration::from_secs(20)).contains(&waited), "{waited:?}");
    assert_eq!(house.memory.seqs("host").len(), 331 + 5, "nothing is lost");
    assert!(house.metrics.quota(crate::metrics::Quota::Rows).get() >= 1);
}

#[tokio::test]
async fn too_many_series_are_refused_by_name_and_other_nodes_are_not_affected() {
    let quotas = QuotasConfig { series_per_day: 2, ..QuotasConfig::default() };
    let house = House::with_quotas(Memory::default(), quotas).await;
    let interface = |name: &str| {
        naap_schema::generated::Interface { interface: name.into(), ..Default::default() }
            .at(clock::now_us())
    };
    let rows = ["a", "b", "c", "d", "a"].map(interface);
    let (mut stream, _) = house.stream(vec![7]).await;
    stream.rows(7, 1, &rows).await;
    let ack = stream.ack().await;
    assert_eq!(ack.through_seq, 5);
    let refused = &ack.rejections[0];
    assert_eq!((refused.first_seq, refused.count, &*refused.reason), (3, 2, "too_many_series"));
    assert_eq!(house.memory.seqs("interface"), [1, 2, 5], "the series of before go on");
    assert_eq!(
        (ledger(&house.memory, "stored"), ledger(&house.memory, "rejected")),
        (Some(3), Some(2))
    );
    let kept = house.memory.lines("rejected");
    assert_eq!(kept[0].row.get("reason"), Some(&Value::text("too_many_series")));
    assert_eq!(house.metrics.rejected(admit::Reason::TooManySeries).get(), 2);
    let other = tokens::add(&house.tokens_file, "node-2", false).unwrap();
    let (mut calm, _) = Stream::open(&house, &other, vec![9]).await.unwrap();
    calm.rows(9, 1, &["c", "d"].map(interface)).await;
    assert_eq!(calm.ack().await.rejections, []);
}

#[tokio::test]
async fn a_refused_row_of_one_node_delays_no_ack_of_another() {
    let house = House::new().await;
    // Numbers that the store refuses without saying which.
    house.memory.poison([500, 501], false);
    let other = tokens::add(&house.tokens_file, "node-2", false).unwrap();
    let (mut bad, _) = house.stream(vec![7]).await;
    let (mut good, _) = Stream::open(&house, &other, vec![9]).await.unwrap();
    let now = clock::now_us();
    // Both in one round: they wait while another one is not let go on.
    house.fitness.report(Part::Guard, Some("a moment".into()));
    bad.rows(7, 498, &[host(now)]).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    bad.rows(7, 499, &[host(now), host(now + 1), host(now + 2), host(now + 3)]).await;
    good.rows(9, 1, &[host(now)]).await;
    while !house.metrics.text().contains("\nnaap_collector_queue_frames 2\n") {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    house.fitness.report(Part::Guard, None);
    let theirs = good.ack().await;
    assert_eq!((theirs.through_seq, theirs.rejections.len()), (1, 0));
    assert_eq!(bad.ack().await.through_seq, 498);
    let ours = bad.ack().await;
    assert_eq!((ours.through_seq, ours.rejections[0].count), (502, 2));
    let rounds = house.memory.order().iter().filter(|t| **t == "ledger").count();
    assert_eq!(rounds, 2, "both are told in the same round");
    assert_eq!(house.memory.lines("ledger").len(), 3);
}

#[tokio::test]
async fn what_happens_is_counted() {
    let house = House::new().await;
    let (mut stream, _) = house.stream(vec![7]).await;
    let now = clock::now_us();
    stream.rows(7, 1, &[host(now), host(now + 3_600_000_000)]).await;
    stream.ack().await;
    stream.rows(7, 1, &[host(now)]).await;
    stream.ack().await;
    assert!(Stream::open(&house, "naap_00", vec![]).await.is_err());
    let text = house.metrics.text();
    for line in [
        "fit 1",
        "streams_open 1",
        "token_failures_total 1",
        "frames_total 2",
        "rows_received_total 3",
        "rows_stored_total 1",
        "rows_duplicate_total 1",
        "rows_rejected_total{reason=\"too_new\"} 1",
        "ack_wait_seconds_count 2",
        "queue_frames 0",
        "memory_used_bytes 0",
    ] {
        let line = format!("naap_collector_{line}");
        assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
    }
    drop(stream);
}

#[tokio::test]
async fn streams_go_on_while_the_certificate_is_changed_and_new_ones_see_the_new_one() {
    let files = Files::new();
    files.renew();
    let shown = || std::fs::read_to_string(files.config().cert_file).unwrap();
    let memory = Memory::default();
    let house = House::build(memory, QuotasConfig::default(), Some(files.config())).await;
    let connect = async |trusted: String| {
        let tls = ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(trusted))
            .domain_name("localhost");
        let endpoint = Endpoint::from_shared(format!("https://{}", house.address)).unwrap();
        endpoint.tls_config(tls).unwrap().connect().await.map(IngestClient::new)
    };
    let open = async |client: IngestClient<Channel>| {
        let (to, messages) = mpsc::channel(100);
        let hello = PushRequest { message: Some(Said::Hello(Hello::default())) };
        to.send(hello).await.unwrap();
        let request = signed(ReceiverStream::new(messages), &house.token);
        Stream::begin(client, to, request).await.unwrap().0
    };
    let first = shown();
    let mut old = open(connect(first.clone()).await.unwrap()).await;
    old.rows(7, 1, &[host(clock::now_us())]).await;
    assert_eq!(old.ack().await.through_seq, 1);

    files.renew();
    house.tls.as_ref().unwrap().refresh();
    let mut new = open(connect(shown()).await.unwrap()).await;
    new.rows(8, 1, &[host(clock::now_us())]).await;
    assert_eq!(new.ack().await.through_seq, 1);
    assert!(connect(first).await.is_err(), "the old certificate is not shown any more");
    old.rows(7, 2, &[host(clock::now_us())]).await;
    assert_eq!(old.ack().await.through_seq, 2);

    std::fs::write(files.config().cert_file, "torn").unwrap();
    house.tls.as_ref().unwrap().refresh();
    assert_eq!(house.metrics.certificate_failures.get(), 1);
    old.rows(7, 3, &[host(clock::now_us())]).await;
    assert_eq!(old.ack().await.through_seq, 3);
}
