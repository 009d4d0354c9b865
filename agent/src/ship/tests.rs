use std::sync::Mutex;

use naap_schema::generated::Host;
use naap_schema::proto::ingest_server::{Ingest, IngestServer};
use naap_schema::proto::{PushOnceRequest, PushOnceResponse, Through, Welcome};
use naap_schema::{Row, SCHEMA_VERSION, Value, frame};
use tokio::net::TcpListener;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::Streaming;

use super::*;
use crate::spool::Writer;
use crate::spool::sim::Sim;

/// A collector that stores in memory, and is as difficult as its fields say.
#[derive(Debug, Clone, Default)]
struct Collector {
    stored: Arc<Mutex<Vec<(u64, u64)>>>,
    through: Arc<Mutex<HashMap<u64, u64>>>,
    /// What the last Hello said is recorded, by epoch.
    recorded: Arc<Mutex<Vec<(u64, u64)>>>,
    /// Frames after which it cuts a stream; 0: never.
    cut_after: usize,
    /// First row of a frame for which it ends the stream for good.
    refuses: u64,
    /// Bytes that may be under way. With it, every answer takes a moment.
    credit_bytes: u32,
    /// Frames that were under way at a time, at most.
    most_under_way: Arc<AtomicU64>,
    max_frame_bytes: u32,
    schema_version: u32,
    /// It was built before frames had formats, and refuses what it cannot read.
    older: bool,
}

#[tonic::async_trait]
impl Ingest for Collector {
    type PushStream = ReceiverStream<Result<PushResponse, Status>>;

    async fn push(
        &self,
        request: tonic::Request<Streaming<PushRequest>>,
    ) -> Result<tonic::Response<Self::PushStream>, Status> {
        if request.metadata().get("authorization").is_none_or(|t| t != "Bearer good") {
            return Err(Status::unauthenticated("no such token"));
        }
        let mut from = request.into_inner();
        let (to, answers) = mpsc::channel(16);
        let this = self.clone();
        tokio::spawn(async move {
            let mut frames = 0;
            while let Ok(Some(message)) = from.message().await {
                let answer = match message.message {
                    Some(Request::Hello(hello)) => {
                        let known = this.through.lock().unwrap().clone();
                        *this.recorded.lock().unwrap() =
                            hello.recorded.iter().map(|r| (r.epoch, r.seq)).collect();
                        let through = hello.epochs.iter().map(|e| Through {
                            epoch: *e,
                            seq: known.get(e).copied().unwrap_or(0),
                        });
                        Response::Welcome(Welcome {
                            schema_version: this.schema_version,
                            through: through.collect(),
                            clock_us: hello.clock_us,
                            credit_bytes: this.credit_bytes,
                            max_frame_bytes: this.max_frame_bytes,
                            frame_format: if this.older { 0 } else { frame::FORMAT },
                            ..Welcome::default()
                        })
                    }
                    Some(Request::Frame(f)) => {
                        frames += 1;
                        if this.cut_after > 0 && frames > this.cut_after {
                            return;
                        }
                        if this.older && f.format != 0 {
                            to.send(Err(Status::invalid_argument("no tables"))).await.unwrap();
                            return;
                        }
                        if this.refuses > 0 && f.first_seq == this.refuses {
                            let refused = Status::invalid_argument("poison");
                            to.send(Err(refused)).await.unwrap();
                            return;
                        }
                        if this.credit_bytes > 0 {
                            let early =
                                tokio::time::timeout(Duration::from_millis(20), from.message());
                            let early = u64::from(early.await.is_ok());
                            this.most_under_way.fetch_max(1 + early, Ordering::Relaxed);
                        }
                        let last = last_seq(&f);
                        this.stored
                            .lock()
                            .unwrap()
                            .extend((f.first_seq..=last).map(|s| (f.epoch, s)));
                        this.through.lock().unwrap().insert(f.epoch, last);
                        Response::Ack(Ack { epoch: f.epoch, through_seq: last, ..Ack::default() })
                    }
                    None => return,
                };
                if to.send(Ok(PushResponse { message: Some(answer) })).await.is_err() {
                    return;
                }
            }
        });
        Ok(tonic::Response::new(ReceiverStream::new(answers)))
    }

    async fn push_once(
        &self,
        _: tonic::Request<PushOnceRequest>,
    ) -> Result<tonic::Response<PushOnceResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }
}

async fn serve(collector: Collector) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let server = tonic::transport::Server::builder().add_service(IngestServer::new(collector));
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    address
}

fn rows(n: usize) -> Vec<Row> {
    (0..n).map(|_| Host::default().at(1_780_000_000_000_000)).collect()
}

fn frame_of(epoch: u64, first_seq: u64) -> Frame {
    frame::encode(epoch, first_seq, SCHEMA_VERSION, &rows(3))
}

/// A spool with so many frames of three rows.
fn filled(frames: u64) -> (Spool, Writer) {
    let (spool, mut writer) = Spool::open(Arc::new(Sim::default()), 64 << 20);
    put(&mut writer, 5, frames);
    (spool, writer)
}

fn put(writer: &mut Writer, epoch: u64, frames: u64) {
    for i in 0..frames {
        let frame = frame_of(epoch, 1 + i * 3);
        assert_eq!(writer.prepare(&frame), Ok(()));
        writer.write(frame);
    }
    writer.commit();
}

/// Ships until nothing waits; gives what was declared.
async fn ship(address: String, spool: Spool, counts: Arc<Counts>, token: &str) -> Vec<Row> {
    let dir = tempfile::tempdir().unwrap();
    let token_file = dir.path().join("token");
    std::fs::write(&token_file, token).unwrap();
    let (recorder, mut batches) = mpsc::channel::<Batch>(4);
    let target = Target { address, token_file, ca_file: None };
    let shipper = Shipper::new(target, spool.clone(), counts, recorder.downgrade());
    let (_stop, stopped) = watch::channel(false);
    let run = tokio::spawn(shipper.run(stopped));
    let end = Instant::now() + Duration::from_secs(30);
    let mut declared = Vec::new();
    while spool.pending().rows > 0 && Instant::now() < end {
        if let Ok(batch) = batches.try_recv() {
            declared.extend(batch.rows);
            batch.recorded.map(|r| r.send(()));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    run.abort();
    drop(recorder);
    declared
}

#[tokio::test]
async fn everything_arrives_once_in_order_and_is_forgotten_after_its_ack() {
    let collector = Collector { schema_version: SCHEMA_VERSION, ..Collector::default() };
    let address = serve(collector.clone()).await;
    let (spool, _writer) = filled(40);
    let counts = Arc::new(Counts::default());
    ship(address, spool.clone(), Arc::clone(&counts), "good\n").await;
    let expected: Vec<(u64, u64)> = (1..=120).map(|s| (5, s)).collect();
    assert_eq!(*collector.stored.lock().unwrap(), expected);
    assert_eq!(spool.pending().rows, 0);
    assert_eq!(counts.connects.load(Ordering::Relaxed), 1);
    assert!(counts.skew_ms.load(Ordering::Relaxed).abs() < 1000);
}

#[tokio::test]
async fn a_collector_from_before_frame_formats_gets_everything() {
    let collector =
        Collector { schema_version: SCHEMA_VERSION, older: true, ..Collector::default() };
    let address = serve(collector.clone()).await;
    let (spool, _writer) = filled(20);
    let declared = ship(address, spool.clone(), Arc::default(), "good").await;
    let expected: Vec<(u64, u64)> = (1..=60).map(|s| (5, s)).collect();
    assert_eq!(*collector.stored.lock().unwrap(), expected);
    assert_eq!((spool.pending().rows, declared), (0, vec![]));
}

#[tokio::test]
async fn a_cut_stream_goes_on_from_the_last_stored_row() {
    let collector =
        Collector { schema_version: SCHEMA_VERSION, cut_after: 15, ..Collector::default() };
    let address = serve(collector.clone()).await;
    let (spool, _writer) = filled(40);
    let counts = Arc::new(Counts::default());
    ship(address, spool.clone(), Arc::clone(&counts), "good").await;
    let expected: Vec<(u64, u64)> = (1..=120).map(|s| (5, s)).collect();
    assert_eq!(*collector.stored.lock().unwrap(), expected, "nothing lost, nothing twice");
    assert!(counts.connects.load(Ordering::Relaxed) >= 3);
}

#[tokio::test]
async fn a_wrong_token_keeps_everything() {
    let address = serve(Collector::default()).await;
    let (spool, _writer) = filled(2);
    let counts = Arc::new(Counts::default());
    let shipping = ship(address, spool.clone(), Arc::clone(&counts), "wrong");
    assert!(tokio::time::timeout(Duration::from_secs(2), shipping).await.is_err());
    assert_eq!(spool.pending().rows, 6);
    assert_eq!(counts.connects.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_greeting_names_no_row_and_says_whether_the_token_is_known() {
    let collector = Collector { schema_version: SCHEMA_VERSION, ..Collector::default() };
    let address = serve(collector.clone()).await;
    let dir = tempfile::tempdir().unwrap();
    let token_file = dir.path().join("token");
    let target = Target { address, token_file: token_file.clone(), ca_file: None };
    std::fs::write(&token_file, "wrong").unwrap();
    let refused = greet(&target).await.unwrap_err();
    assert!(refused.about_token && refused.why.contains("no such token"), "{refused:?}");
    std::fs::write(&token_file, "good").unwrap();
    let greeting = greet(&target).await.unwrap();
    assert!(greeting.skew_ms.abs() < 1000, "{greeting:?}");
    assert!(collector.recorded.lock().unwrap().is_empty());
}

#[tokio::test]
async fn no_more_is_under_way_than_the_collector_grants() {
    let collector =
        Collector { schema_version: SCHEMA_VERSION, credit_bytes: 1, ..Collector::default() };
    let address = serve(collector.clone()).await;
    let (spool, _writer) = filled(20);
    ship(address, spool.clone(), Arc::default(), "good").await;
    assert_eq!(spool.pending().rows, 0);
    assert_eq!(collector.most_under_way.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn what_is_taken_now_goes_before_what_waited() {
    let collector = Collector { schema_version: SCHEMA_VERSION, ..Collector::default() };
    let address = serve(collector.clone()).await;
    let (spool, mut writer) = filled(200);
    put(&mut writer, 6, 5);
    assert_eq!(spool.epochs(), [5, 6]);
    ship(address, spool, Arc::default(), "good").await;
    let stored = collector.stored.lock().unwrap().clone();
    assert_eq!(stored.len(), 615);
    assert!(stored[..15].iter().all(|(epoch, _)| *epoch == 6), "{:?}", &stored[..15]);
    let mut older = stored[15..].to_vec();
    older.dedup();
    assert!(older.is_sorted(), "each epoch in order");
}

#[tokio::test]
async fn a_hello_says_how_far_each_epoch_is_recorded() {
    let collector = Collector { schema_version: SCHEMA_VERSION, ..Collector::default() };
    let address = serve(collector.clone()).await;
    let (spool, mut writer) = filled(2);
    put(&mut writer, 6, 5);
    spool.ack(5, 3);
    spool.begins(7);
    ship(address, spool, Arc::default(), "good").await;
    assert_eq!(*collector.recorded.lock().unwrap(), [(7, 0), (6, 15), (5, 6)]);
}

fn reasons(declared: &[Row]) -> Vec<(Option<&Value>, Option<&Value>, Option<&Value>)> {
    declared.iter().map(|r| (r.get("reason"), r.get("from_seq"), r.get("to_seq"))).collect()
}

#[tokio::test]
async fn a_frame_that_is_refused_for_good_is_set_aside_and_costs_no_other() {
    let collector =
        Collector { schema_version: SCHEMA_VERSION, refuses: 31, ..Collector::default() };
    let address = serve(collector.clone()).await;
    let sim = Sim::default();
    let (spool, mut writer) = Spool::open(Arc::new(sim.clone()), 64 << 20);
    put(&mut writer, 5, 40);
    let declared = ship(address, spool, Arc::default(), "good").await;
    let mut stored = collector.stored.lock().unwrap().clone();
    stored.sort_unstable();
    stored.dedup();
    let expected: Vec<(u64, u64)> =
        (1..=120).filter(|s| !(31..=33).contains(s)).map(|s| (5, s)).collect();
    assert_eq!(stored, expected);
    let range = (Some(&Value::text("quarantined")), Some(&Value::I64(31)), Some(&Value::I64(33)));
    assert_eq!(reasons(&declared), [(range.0, range.1, range.2)]);
    assert_eq!(sim.names().iter().filter(|n| n.ends_with(".refused")).count(), 1);
}

#[tokio::test]
async fn a_frame_over_the_collectors_limit_is_set_aside() {
    let small = frame_of(5, 1).encoded_len() + 4;
    let collector = Collector {
        schema_version: SCHEMA_VERSION,
        max_frame_bytes: u32::try_from(small).unwrap(),
        ..Collector::default()
    };
    let address = serve(collector.clone()).await;
    let (spool, mut writer) = filled(2);
    let large = Host { kernel: Some("k".repeat(60).into()), ..Host::default() }.at(1);
    writer.write(frame::encode(5, 7, SCHEMA_VERSION, &[large]));
    writer.write(frame_of(5, 8));
    writer.commit();
    let declared = ship(address, spool.clone(), Arc::default(), "good").await;
    assert_eq!(spool.pending().rows, 0);
    assert_eq!(collector.stored.lock().unwrap().len(), 9);
    let seven = Some(&Value::I64(7));
    assert_eq!(reasons(&declared), [(Some(&Value::text("quarantined")), seven, seven)]);
}

#[tokio::test]
async fn what_cannot_be_read_is_declared_once_the_collector_has_said_what_it_has() {
    let collector = Collector { schema_version: SCHEMA_VERSION, ..Collector::default() };
    collector.through.lock().unwrap().insert(5, 7);
    let address = serve(collector.clone()).await;
    let sim = Sim::default();
    let (_, mut writer) = Spool::open(Arc::new(sim.clone()), 64 << 20);
    put(&mut writer, 5, 10);
    // The third record holds the rows 7, 8 and 9; the collector has row 7.
    let record = crate::spool::segment::size(&frame_of(5, 1));
    sim.flip(&sim.names()[0], 8 + 2 * record + 30);
    let (spool, _writer) = Spool::open(Arc::new(sim), 64 << 20);
    let declared = ship(address, spool, Arc::default(), "good").await;
    let unreadable = Some(&Value::text("unreadable"));
    assert_eq!(reasons(&declared), [(unreadable, Some(&Value::I64(8)), Some(&Value::I64(9)))]);
}

#[test]
fn pauses_stay_below_the_cap() {
    for attempt in 0..50 {
        assert!(backoff(attempt, &Ended::Closed) <= limits::BACKOFF.1);
    }
}
