//! A collector that stores nothing: it decodes every frame, counts, and acknowledges at once. For
//! benchmarks and tests of the agent alone.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use anyhow::Result;
use naap_schema::proto::ingest_server::{Ingest, IngestServer};
use naap_schema::proto::push_request::Message as Request;
use naap_schema::proto::push_response::Message as Response;
use naap_schema::proto::{
    Ack, Frame, PushOnceRequest, PushOnceResponse, PushRequest, PushResponse, Through, Welcome,
};
use naap_schema::{ENTITIES, FieldType, Kind, Row, SCHEMA_VERSION, Value, frame};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::transport::server::{Connected, TcpConnectInfo};
use tonic::{Status, Streaming};

/// What came so far.
#[derive(Debug, Default, Clone, Copy)]
pub struct Came {
    /// Bytes read from sockets: HTTP/2 and gRPC are in them.
    pub bytes: u64,
    /// Frames.
    pub frames: u64,
    /// Rows.
    pub rows: u64,
    /// Numbers in them that are known, keys and times left out: what other agents call samples.
    pub samples: u64,
}

#[derive(Debug, Default)]
struct Counts {
    bytes: AtomicU64,
    frames: AtomicU64,
    rows: AtomicU64,
    samples: AtomicU64,
    /// Rows, where they are kept.
    kept: Option<Mutex<Vec<Row>>>,
}

/// The sink; ends when dropped.
#[derive(Debug)]
pub struct Sink {
    /// Where it listens, `http://HOST:PORT`.
    pub address: String,
    counts: Arc<Counts>,
    serving: JoinHandle<()>,
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Sink {
    /// A sink on a free port of loopback.
    ///
    /// # Errors
    /// If it cannot listen.
    pub async fn start() -> Result<Self> {
        Self::with(Counts::default()).await
    }

    /// A sink that keeps the rows.
    ///
    /// # Errors
    /// If it cannot listen.
    pub async fn keeping() -> Result<Self> {
        Self::with(Counts { kept: Some(Mutex::default()), ..Counts::default() }).await
    }

    async fn with(counts: Counts) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}", listener.local_addr()?);
        let counts = Arc::new(counts);
        let of = Arc::clone(&counts);
        let sockets = TcpListenerStream::new(listener)
            .map(move |socket| socket.map(|socket| Counted { socket, counts: Arc::clone(&of) }));
        let service = Service { counts: Arc::clone(&counts), through: Arc::default() };
        let serving = tokio::spawn(async move {
            let server =
                tonic::transport::Server::builder().add_service(IngestServer::new(service));
            drop(server.serve_with_incoming(sockets).await);
        });
        Ok(Self { address, counts, serving })
    }

    /// What came so far.
    pub fn came(&self) -> Came {
        let load = |of: &AtomicU64| of.load(Ordering::Relaxed);
        let c = &self.counts;
        Came {
            bytes: load(&c.bytes),
            frames: load(&c.frames),
            rows: load(&c.rows),
            samples: load(&c.samples),
        }
    }

    /// The rows that came, if they are kept.
    pub fn rows(&self) -> Vec<Row> {
        let kept = self.counts.kept.as_ref();
        kept.map(|k| k.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap_or_default()
    }
}

/// Numbers in a row that are known.
pub fn samples(row: &Row) -> u64 {
    let fields = row.entity.fields.iter().zip(&row.values);
    let number = fields.filter(|(f, v)| {
        let counts = !f.key && f.ty != FieldType::Timestamp && f.kind != Kind::Label;
        counts && matches!(v, Some(Value::I64(_) | Value::F64(_)))
    });
    number.count() as u64
}

struct Service {
    counts: Arc<Counts>,
    through: Arc<Mutex<std::collections::HashMap<u64, u64>>>,
}

impl Service {
    fn frame(counts: &Counts, f: &Frame) -> Result<u64, Status> {
        let decoded =
            frame::decode(f).map_err(|e| Status::invalid_argument(format!("no frame: {e}")))?;
        counts.frames.fetch_add(1, Ordering::Relaxed);
        let tables = decoded.tables.into_iter().filter_map(|table| {
            let entity = ENTITIES.iter().copied().find(|e| e.number == table.entity)?;
            table.into_rows(entity).ok()
        });
        for row in tables.flatten() {
            counts.rows.fetch_add(1, Ordering::Relaxed);
            counts.samples.fetch_add(samples(&row), Ordering::Relaxed);
            if let Some(kept) = &counts.kept {
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(row);
            }
        }
        Ok(f.first_seq + u64::from(f.rows) - 1)
    }
}

#[tonic::async_trait]
impl Ingest for Service {
    type PushStream = ReceiverStream<Result<PushResponse, Status>>;

    async fn push(
        &self,
        request: tonic::Request<Streaming<PushRequest>>,
    ) -> Result<tonic::Response<Self::PushStream>, Status> {
        let mut from = request.into_inner();
        let (to, answers) = mpsc::channel(16);
        let (counts, known) = (Arc::clone(&self.counts), Arc::clone(&self.through));
        tokio::spawn(async move {
            while let Ok(Some(message)) = from.message().await {
                let answer = match message.message {
                    Some(Request::Hello(hello)) => {
                        let known = known.lock().unwrap_or_else(PoisonError::into_inner).clone();
                        let through = hello.epochs.iter().map(|e| Through {
                            epoch: *e,
                            seq: known.get(e).copied().unwrap_or(0),
                        });
                        Ok(Response::Welcome(Welcome {
                            collector_version: "sink".into(),
                            schema_version: SCHEMA_VERSION,
                            through: through.collect(),
                            node: "sink".into(),
                            max_frame_bytes: 4 << 20,
                            clock_us: hello.clock_us,
                            credit_bytes: 4 << 20,
                            frame_format: frame::FORMAT,
                        }))
                    }
                    Some(Request::Frame(f)) => Self::frame(&counts, &f).map(|through_seq| {
                        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
                        known.insert(f.epoch, through_seq);
                        Response::Ack(Ack { epoch: f.epoch, through_seq, ..Ack::default() })
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
        Err(Status::unimplemented("the sink takes streams"))
    }
}

/// A socket whose bytes are counted as they are read.
struct Counted {
    socket: TcpStream,
    counts: Arc<Counts>,
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
        self.counts.bytes.fetch_add(read as u64, Ordering::Relaxed);
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
