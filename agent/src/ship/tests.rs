use std::sync::Mutex;

use naap_schema::generated::{Host, Interface};
use naap_schema::proto::ingest_server::{Ingest, IngestServer};
use naap_schema::proto::{PushOnceRequest, PushOnceResponse, Through};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;

use super::*;
use crate::spool::MemorySpool;

/// A collector that stores in memory and cuts the stream after every so many frames.
#[derive(Debug, Clone, Default)]
struct Collector {
    stored: Arc<Mutex<Vec<(u64, u64)>>>,
    through: Arc<Mutex<HashMap<u64, u64>>>,
    cut_after: usize,
    schema_version: u32,
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
                        let through = hello.epochs.iter().map(|e| Through {
                            epoch: *e,
                            seq: known.get(e).copied().unwrap_or(0),
                        });
                        Response::Welcome(Welcome {
                            schema_version: this.schema_version,
                            through: through.collect(),
                            clock_us: hello.clock_us,
                            ..Welcome::default()
                        })
                    }
                    Some(Request::Frame(f)) => {
                        frames += 1;
                        if this.cut_after > 0 && frames > this.cut_after {
                            return;
                        }
                        let last = last_seq(&f);
                        this.stored
                            .lock()
                            .unwrap()
                            .extend((f.first_seq..=last).map(|s| (f.epoch, s)));
                        this.through.lock().unwrap().insert(f.epoch, last);
                        Response::Ack(Ack { epoch: f.epoch, through_seq: last, rejections: vec![] })
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

fn fill(spool: &MemorySpool, frames: u64) {
    for i in 0..frames {
        assert_eq!(spool.append(frame::encode(5, 1 + i * 3, SCHEMA_VERSION, &rows(3))), []);
    }
}

async fn ship(address: String, spool: Arc<MemorySpool>, counts: Arc<Counts>, token: &str) {
    let dir = tempfile::tempdir().unwrap();
    let token_file = dir.path().join("token");
    std::fs::write(&token_file, token).unwrap();
    let (recorder, _rows) = mpsc::channel(4);
    let target = Target { address, token_file, ca_file: None };
    let shipper =
        Shipper::new(target, Arc::<MemorySpool>::clone(&spool), counts, recorder.downgrade());
    let (_stop, stopped) = watch::channel(false);
    let run = tokio::spawn(shipper.run(stopped));
    let end = Instant::now() + Duration::from_secs(20);
    while spool.pending().rows > 0 && Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    run.abort();
}

#[tokio::test]
async fn everything_arrives_once_in_order_and_is_forgotten_after_its_ack() {
    let collector = Collector { schema_version: SCHEMA_VERSION, ..Collector::default() };
    let address = serve(collector.clone()).await;
    let spool = Arc::new(MemorySpool::new(1 << 20));
    fill(&spool, 40);
    let counts = Arc::new(Counts::default());
    ship(address, Arc::clone(&spool), Arc::clone(&counts), "good\n").await;
    let expected: Vec<(u64, u64)> = (1..=120).map(|s| (5, s)).collect();
    assert_eq!(*collector.stored.lock().unwrap(), expected);
    assert_eq!(spool.pending().rows, 0);
    assert_eq!(counts.connects.load(Ordering::Relaxed), 1);
    assert!(counts.skew_ms.load(Ordering::Relaxed).abs() < 1000);
}

#[tokio::test]
async fn a_cut_stream_goes_on_from_the_last_stored_row() {
    let collector =
        Collector { schema_version: SCHEMA_VERSION, cut_after: 15, ..Collector::default() };
    let address = serve(collector.clone()).await;
    let spool = Arc::new(MemorySpool::new(1 << 20));
    fill(&spool, 40);
    let counts = Arc::new(Counts::default());
    ship(address, Arc::clone(&spool), Arc::clone(&counts), "good").await;
    let expected: Vec<(u64, u64)> = (1..=120).map(|s| (5, s)).collect();
    assert_eq!(*collector.stored.lock().unwrap(), expected, "nothing lost, nothing twice");
    assert!(counts.connects.load(Ordering::Relaxed) >= 3);
}

#[tokio::test]
async fn a_wrong_token_keeps_everything() {
    let address = serve(Collector::default()).await;
    let spool = Arc::new(MemorySpool::new(1 << 20));
    fill(&spool, 2);
    let counts = Arc::new(Counts::default());
    let shipping = ship(address, Arc::clone(&spool), Arc::clone(&counts), "wrong");
    assert!(tokio::time::timeout(Duration::from_secs(2), shipping).await.is_err());
    assert_eq!(spool.pending().rows, 6);
    assert_eq!(counts.connects.load(Ordering::Relaxed), 0);
}

#[test]
fn what_an_older_collector_does_not_know_is_withheld_and_declared() {
    let mut mixed = rows(2);
    mixed.push(Interface { interface: "e".into(), ..Interface::default() }.at(1));
    let frame = frame::encode(5, 10, SCHEMA_VERSION, &mixed);
    let (parts, lost) = older(&frame, SCHEMA_VERSION);
    assert_eq!((parts.len(), lost.len()), (1, 0));
    assert_eq!(frame::decode(&parts[0]).unwrap().rows(), 3);
    let (parts, lost) = older(&frame, 0);
    assert_eq!(parts, []);
    let range = |from_seq, to_seq| Lost { epoch: 5, from_seq, to_seq };
    assert_eq!(lost, [range(10, 11), range(12, 12)]);
}

#[test]
fn pauses_stay_below_the_cap() {
    for attempt in 0..50 {
        assert!(backoff(attempt, &Ended::Closed) <= limits::BACKOFF.1);
    }
}
