//! Sends frames and forgets what is acknowledged; never anything before.
//!
//! It may talk to one collector. It never gives up: connections are tried again with full jitter,
//! and after each the collector says from where to go on.

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use naap_schema::proto::ingest_client::IngestClient;
use naap_schema::proto::push_request::Message as Request;
use naap_schema::proto::push_response::Message as Response;
use naap_schema::proto::{Ack, Frame, Hello, PushRequest, PushResponse, Welcome};
use naap_schema::{Row, SCHEMA_VERSION, frame};
use prost::Message;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Status, Streaming};

use crate::clock::Now;
use crate::limits;
use crate::record::gap;
use crate::spool::{Lost, Spool, last_seq};

/// Where to send, and as whom.
#[derive(Debug, Clone)]
pub struct Target {
    /// `http://` or `https://`, host and port.
    pub address: String,
    /// File with the token.
    pub token_file: PathBuf,
    /// Certificate of the authority to trust, for `https://`; the system's otherwise.
    pub ca_file: Option<PathBuf>,
}

/// What the shipper did, for the agent's own rows.
#[derive(Debug)]
pub struct Counts {
    /// Connections made.
    pub connects: AtomicU64,
    /// Bytes of frames sent.
    pub bytes_sent: AtomicU64,
    /// Rows refused for good.
    pub rejected: AtomicU64,
    /// Agent's clock minus collector's, ms; `i64::MIN`: not known yet.
    pub skew_ms: AtomicI64,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            connects: AtomicU64::new(0),
            bytes_sent: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
            skew_ms: AtomicI64::new(i64::MIN),
        }
    }
}

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error("cannot read {}", path.display())]
    File {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{0}")]
    Setup(String),
    #[error("cannot connect")]
    Connect(#[source] tonic::transport::Error),
    #[error("the collector refused: {0}")]
    Refused(Status),
    #[error("the collector did not answer")]
    Silent,
    #[error("the collector closed the stream")]
    Closed,
}

/// Sends what a spool holds.
#[derive(Debug)]
pub struct Shipper {
    target: Target,
    spool: Arc<dyn Spool>,
    counts: Arc<Counts>,
    /// Where rows that declare a loss go.
    recorder: mpsc::WeakSender<Vec<Row>>,
    complained: HashMap<String, Instant>,
}

/// Frames that are sent and not acknowledged.
#[derive(Debug, Default)]
struct Flight {
    frames: VecDeque<(u64, u64, usize)>,
    bytes: usize,
}

impl Flight {
    fn sent(&mut self, frame: &Frame) {
        let bytes = frame.encoded_len();
        self.bytes += bytes;
        self.frames.push_back((frame.epoch, last_seq(frame), bytes));
    }

    fn landed(&mut self, ack: &Ack) {
        let mut freed = 0;
        self.frames.retain(|(epoch, last, bytes)| {
            let landed = *epoch == ack.epoch && *last <= ack.through_seq;
            freed += if landed { *bytes } else { 0 };
            !landed
        });
        self.bytes -= freed;
    }
}

impl Shipper {
    /// A shipper of this spool.
    pub fn new(
        target: Target,
        spool: Arc<dyn Spool>,
        counts: Arc<Counts>,
        recorder: mpsc::WeakSender<Vec<Row>>,
    ) -> Self {
        Self { target, spool, counts, recorder, complained: HashMap::new() }
    }

    /// Ships until `stop` is true and the spool is empty, or the time to drain is over.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let spool = Arc::clone(&self.spool);
        let drained = async move {
            if stop.wait_for(|s| *s).await.is_err() {
                return;
            }
            let end = Instant::now() + limits::DRAIN;
            while spool.pending().rows > 0 && Instant::now() < end {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::select! {
            () = self.forever() => {}
            () = drained => {}
        }
    }

    async fn forever(&mut self) {
        let mut attempt = 0u32;
        loop {
            let started = Instant::now();
            let Err(ended) = self.session().await else { return };
            self.complain(&ended);
            // A session that held for a while begins anew.
            attempt = if started.elapsed() > limits::BACKOFF.1 { 0 } else { attempt + 1 };
            tokio::time::sleep(backoff(attempt, &ended)).await;
        }
    }

    fn complain(&mut self, ended: &Ended) {
        let text = match ended {
            Ended::Refused(s)
                if matches!(s.code(), Code::Unauthenticated | Code::PermissionDenied) =>
            {
                format!("{ended}; check the token in {}", self.target.token_file.display())
            }
            other => chain(other),
        };
        self.warn(text);
    }

    /// Logs the same thing at most once a minute.
    fn warn(&mut self, text: String) {
        let now = Instant::now();
        self.complained.retain(|_, at| now.duration_since(*at) < limits::COMPLAIN);
        if self.complained.insert(text.clone(), now).is_none() {
            tracing::warn!(collector = %self.target.address, "{text}; rows wait");
        }
    }

    async fn session(&mut self) -> Result<(), Ended> {
        let (to, mut from, welcome) = self.open().await?;
        self.counts.connects.fetch_add(1, Ordering::Relaxed);
        tracing::info!(collector = %self.target.address, node = %welcome.node, "connected");
        let mut sent: HashMap<u64, u64> = HashMap::new();
        for through in &welcome.through {
            self.spool.ack(through.epoch, through.seq);
            sent.insert(through.epoch, through.seq);
        }
        let mut flight = Flight::default();
        let mut seen = 0;
        loop {
            let next = if flight.bytes < limits::IN_FLIGHT_BYTES { self.next(&sent) } else { None };
            let Some(frame) = next else {
                tokio::select! {
                    message = from.message() => self.answer(message, &mut flight)?,
                    () = self.spool.appended(&mut seen) => {}
                }
                continue;
            };
            let Some(frame) = self.withhold(&frame, welcome.schema_version).await else { continue };
            // While the collector reads slowly, its acks must still be taken.
            tokio::select! {
                place = to.reserve() => {
                    let place = place.map_err(|_| Ended::Closed)?;
                    flight.sent(&frame);
                    sent.insert(frame.epoch, last_seq(&frame));
                    self.counts.bytes_sent.fetch_add(frame.encoded_len() as u64, Ordering::Relaxed);
                    place.send(PushRequest { message: Some(Request::Frame((*frame).clone())) });
                }
                message = from.message() => self.answer(message, &mut flight)?,
            }
        }
    }

    /// The next frame to send: epochs one after the other, each in order.
    fn next(&self, sent: &HashMap<u64, u64>) -> Option<Arc<Frame>> {
        let epochs = self.spool.epochs();
        epochs.into_iter().find_map(|e| self.spool.after(e, sent.get(&e).copied().unwrap_or(0)))
    }

    fn answer(
        &mut self,
        message: Result<Option<PushResponse>, Status>,
        flight: &mut Flight,
    ) -> Result<(), Ended> {
        match message.map_err(Ended::Refused)? {
            Some(PushResponse { message: Some(Response::Ack(ack)) }) => {
                self.spool.ack(ack.epoch, ack.through_seq);
                flight.landed(&ack);
                for r in &ack.rejections {
                    self.counts.rejected.fetch_add(r.count, Ordering::Relaxed);
                    self.warn(format!("rows were refused for good ({}): {}", r.reason, r.detail));
                }
                Ok(())
            }
            Some(_) => Ok(()),
            None => Err(Ended::Closed),
        }
    }

    async fn open(
        &self,
    ) -> Result<(mpsc::Sender<PushRequest>, Streaming<PushResponse>, Welcome), Ended> {
        let file = |path: &PathBuf| {
            let io = |source| Ended::File { path: path.clone(), source };
            std::fs::read_to_string(path).map_err(io)
        };
        let token = file(&self.target.token_file)?;
        let token = format!("Bearer {}", token.trim()).parse();
        let token = token.map_err(|_| Ended::Setup("the token holds odd characters".into()))?;
        let ca = self.target.ca_file.as_ref().map(file).transpose()?;
        let channel = connect(&self.target.address, ca).await?;
        let (to, messages) = mpsc::channel(8);
        let asked = Now::read();
        let hello = Hello {
            agent_version: env!("CARGO_PKG_VERSION").to_owned(),
            schema_version: SCHEMA_VERSION,
            epochs: self.spool.epochs(),
            clock_us: asked.wall_us,
        };
        let hello = PushRequest { message: Some(Request::Hello(hello)) };
        to.send(hello).await.map_err(|_| Ended::Closed)?;
        let mut request = tonic::Request::new(ReceiverStream::new(messages));
        request.metadata_mut().insert("authorization", token);
        let mut client = IngestClient::new(channel);
        let answer = tokio::time::timeout(limits::CONNECT, async {
            let mut from = client.push(request).await?.into_inner();
            let first = from.message().await?;
            Ok::<_, Status>((from, first))
        });
        let (from, first) = answer.await.map_err(|_| Ended::Silent)?.map_err(Ended::Refused)?;
        match first {
            Some(PushResponse { message: Some(Response::Welcome(welcome)) }) => {
                self.measure_skew(asked, &welcome);
                Ok((to, from, welcome))
            }
            _ => Err(Ended::Closed),
        }
    }

    /// The collector read its clock about half a round trip after ours was read.
    fn measure_skew(&self, asked: Now, welcome: &Welcome) {
        let answered = Now::read();
        let middle = asked.wall_us / 2 + answered.wall_us / 2;
        let skew_ms = (middle - welcome.clock_us) / 1000;
        self.counts.skew_ms.store(skew_ms, Ordering::Relaxed);
        if skew_ms.abs() > 1000 {
            tracing::warn!(
                skew_ms,
                "this machine's clock and the collector's differ; times are sent as read"
            );
        }
    }

    /// The frame as the collector can take it; `None` if nothing of it is left to send now.
    async fn withhold(&self, frame: &Arc<Frame>, version: u32) -> Option<Arc<Frame>> {
        if frame.schema_version <= version {
            return Some(Arc::clone(frame));
        }
        let (parts, lost) = older(frame, version);
        self.spool.replace(frame, parts);
        let gaps: Vec<Row> = lost.into_iter().map(|l| gap(l, "schema")).collect();
        if !gaps.is_empty()
            && let Some(recorder) = self.recorder.upgrade()
        {
            tracing::warn!(
                collector_schema = version,
                "the collector is older than this agent; newer entities are withheld and declared"
            );
            drop(recorder.send(gaps).await);
        }
        self.spool.after(frame.epoch, frame.first_seq - 1).filter(|f| f.schema_version <= version)
    }
}

/// A frame without what came after a schema version: the parts that are left, and what is not.
fn older(frame: &Frame, version: u32) -> (Vec<Frame>, Vec<Lost>) {
    let Ok(decoded) = frame::decode(frame) else { return (Vec::new(), Vec::new()) };
    let (epoch, mut seq) = (decoded.epoch, decoded.first_seq);
    let (mut parts, mut lost) = (Vec::new(), Vec::new());
    let mut run: (u64, Vec<Row>) = (seq, Vec::new());
    let close = |run: &mut (u64, Vec<Row>), next: u64, parts: &mut Vec<Frame>| {
        if !run.1.is_empty() {
            parts.push(frame::encode(epoch, run.0, version, &run.1));
        }
        *run = (next, Vec::new());
    };
    for table in decoded.tables {
        let rows = table.ts_us.len() as u64;
        let entity = naap_schema::entity_by_number(table.entity).filter(|e| e.since <= version);
        match entity.and_then(|e| table.into_rows(e).ok()) {
            Some(mut known) => {
                for row in &mut known {
                    for (field, value) in row.entity.fields.iter().zip(&mut row.values) {
                        if field.since > version {
                            *value = None;
                        }
                    }
                }
                run.1.extend(known);
            }
            None => {
                close(&mut run, seq + rows, &mut parts);
                lost.push(Lost { epoch, from_seq: seq, to_seq: seq + rows - 1 });
            }
        }
        seq += rows;
    }
    close(&mut run, seq, &mut parts);
    (parts, lost)
}

async fn connect(address: &str, ca: Option<String>) -> Result<Channel, Ended> {
    let setup = |e: tonic::transport::Error| Ended::Setup(format!("{address}: {e}"));
    let mut endpoint = Endpoint::from_shared(address.to_owned())
        .map_err(setup)?
        .connect_timeout(limits::CONNECT)
        .http2_keep_alive_interval(limits::KEEPALIVE)
        .keep_alive_timeout(limits::KEEPALIVE)
        .keep_alive_while_idle(true)
        .tcp_nodelay(true);
    if address.starts_with("https://") {
        let tls = match ca {
            Some(pem) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)),
            None => ClientTlsConfig::new().with_native_roots(),
        };
        endpoint = endpoint.tls_config(tls).map_err(setup)?;
    }
    endpoint.connect().await.map_err(Ended::Connect)
}

/// Full jitter: anything up to a bound that doubles. A refused token waits the whole of it, since
/// only a human can mend it.
fn backoff(attempt: u32, ended: &Ended) -> Duration {
    let (first, cap) = limits::BACKOFF;
    if matches!(ended, Ended::Refused(s) if matches!(s.code(), Code::Unauthenticated | Code::PermissionDenied))
    {
        return cap.mul_f64(0.5 + 0.5 * rand::random::<f64>());
    }
    let bound = first.saturating_mul(1 << attempt.min(8)).min(cap);
    bound.mul_f64(rand::random::<f64>())
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(s) = source {
        text += &format!(": {s}");
        source = s.source();
    }
    text
}

#[cfg(test)]
#[path = "ship/tests.rs"]
mod tests;
