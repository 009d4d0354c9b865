//! A collector that keeps rows in memory, for tests and benchmarks of the agent alone, where the
//! store is not in question. It acknowledges every frame at once, and counts what came.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use anyhow::Result;
use naap_schema::proto::ingest_server::{Ingest, IngestServer};
use naap_schema::proto::push_request::Message as Request;
use naap_schema::proto::push_response::Message as Response;
use naap_schema::proto::{
    Ack, Frame, PushOnceRequest, PushOnceResponse, PushRequest, PushResponse, Through, Welcome,
};
use naap_schema::{FieldType, Kind, Row, SCHEMA_VERSION, Value, frame};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::transport::server::{Connected, TcpConnectInfo};
use tonic::{Status, Streaming};
use uuid::Uuid;

/// The collector; it ends when this is dropped.
#[derive(Debug)]
pub struct Catcher {
    /// Where it listens, `HOST:PORT`.
    pub address: String,
    kept: Kept,
    bytes: Arc<AtomicU64>,
    serving: JoinHandle<()>,
}

#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    rows: Vec<Row>,
    frames: u64,
    through: HashMap<u64, u64>,
}

/// How much came so far.
#[derive(Debug, Default, Clone, Copy)]
pub struct Came {
    /// Bytes read from sockets: HTTP/2 and gRPC are in them.
    pub bytes: u64,
    /// Frames with something new.
    pub frames: u64,
    /// Rows in them.
    pub rows: u64,
    /// Numbers in these that are known, keys and times left out: what other agents call samples.
    pub samples: u64,
}

impl Catcher {
    /// Starts one on a free port.
    ///
    /// # Errors
    /// If it cannot listen.
    pub async fn start() -> Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let kept = Kept::default();
        let service = IngestServer::new(kept.clone());
        let bytes = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&bytes);
        let sockets = TcpListenerStream::new(listener).map(move |socket| {
            socket.map(|socket| Counted { socket, bytes: Arc::clone(&counted) })
        });
        let serving = tokio::spawn(async move {
            let server = tonic::transport::Server::builder().add_service(service);
            // It ends with the test.
            server.serve_with_incoming(sockets).await.ok();
        });
        Ok(Self { address, kept, bytes, serving })
    }

    /// How much came so far.
    pub fn came(&self) -> Came {
        let state = self.kept.state();
        Came {
            bytes: self.bytes.load(Ordering::Relaxed),
            frames: state.frames,
            rows: state.rows.len() as u64,
            samples: state.rows.iter().map(samples).sum(),
        }
    }

    /// The rows that came, each once.
    pub fn rows(&self) -> Vec<Row> {
        self.kept.state().rows.clone()
    }

    /// Rows that came, by the id of their event: their times, one for each time that the row came.
    /// A row that came again under its number is left out, as the store does.
    pub fn events(&self) -> BTreeMap<Uuid, Vec<i64>> {
        let mut out: BTreeMap<Uuid, Vec<i64>> = BTreeMap::new();
        for row in &self.kept.state().rows {
            if let Some(Value::Uuid(id)) = row.get("event_id") {
                out.entry(*id).or_default().push(row.ts_us);
            }
        }
        out
    }

    /// The sum of a whole number over all rows of an entity.
    pub fn sum(&self, entity: &str, field: &str) -> i64 {
        let state = self.kept.state();
        let of = |row: &&Row| row.entity.name == entity;
        let value = |row: &Row| match row.get(field) {
            Some(Value::I64(n)) => *n,
            _ => 0,
        };
        state.rows.iter().filter(of).map(value).sum()
    }
}

impl Drop for Catcher {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Kept {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what is new of a frame; gives the last number of its epoch that is kept.
    fn keep(&self, frame: &Frame) -> Result<u64, Status> {
        let decoded = frame::decode(frame).map_err(|e| Status::invalid_argument(e.to_string()))?;
        let mut state = self.state();
        let known = state.through.get(&frame.epoch).copied().unwrap_or(0);
        let last = frame.first_seq + u64::from(frame.rows) - 1;
        if last > known {
            for table in decoded.tables {
                let Some(entity) = naap_schema::entity_by_number(table.entity) else { continue };
                let rows = table.into_rows(entity);
                state.rows.extend(rows.map_err(|e| Status::invalid_argument(e.to_string()))?);
            }
            state.frames += 1;
            state.through.insert(frame.epoch, last);
        }
        Ok(last.max(known))
    }
}

#[tonic::async_trait]
impl Ingest for Kept {
    type PushStream = ReceiverStream<Result<PushResponse, Status>>;

    async fn push(
        &self,
        request: tonic::Request<Streaming<PushRequest>>,
    ) -> Result<tonic::Response<Self::PushStream>, Status> {
        let mut from = request.into_inner();
        let (to, answers) = mpsc::channel(16);
        let kept = self.clone();
        tokio::spawn(async move {
            while let Ok(Some(message)) = from.message().await {
                let answer = match message.message {
                    Some(Request::Hello(hello)) => {
                        let state = kept.state();
                        let through = hello.epochs.iter().map(|epoch| Through {
                            epoch: *epoch,
                            seq: state.through.get(epoch).copied().unwrap_or(0),
                        });
                        Ok(Response::Welcome(Welcome {
                            schema_version: SCHEMA_VERSION,
                            through: through.collect(),
                            clock_us: hello.clock_us,
                            frame_format: frame::FORMAT,
                            ..Welcome::default()
                        }))
                    }
                    Some(Request::Frame(frame)) => kept.keep(&frame).map(|through_seq| {
                        Response::Ack(Ack { epoch: frame.epoch, through_seq, ..Ack::default() })
                    }),
                    None => return,
                };
                let answer = answer.map(|a| PushResponse { message: Some(a) });
                if to.send(answer).await.is_err() {
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
        Err(Status::unimplemented("only streams are taken here"))
    }
}

/// Numbers in a row that are known.
fn samples(row: &Row) -> u64 {
    let fields = row.entity.fields.iter().zip(&row.values);
    let number = fields.filter(|(f, v)| {
        let counts = !f.key && f.ty != FieldType::Timestamp && f.kind != Kind::Label;
        counts && matches!(v, Some(Value::I64(_) | Value::F64(_)))
    });
    number.count() as u64
}

/// A socket whose bytes are counted as they are read.
struct Counted {
    socket: TcpStream,
    bytes: Arc<AtomicU64>,
}

impl Connected for Counted {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.socket.connect_info()
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let result = Pin::new(&mut self.socket).poll_read(cx, buf);
        let read = buf.filled().len().saturating_sub(before);
        self.bytes.fetch_add(read as u64, Ordering::Relaxed);
        result
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
