//! Connections: HTTP/1.1 and HTTP/2 on one port, bounded in number and in how long they may dawdle.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::ServiceExt;

use crate::limits;

/// Serves until `stop`, and then lets requests under way end for as long as `drain`; gives whether all
/// did.
pub(crate) async fn serve(
    listener: TcpListener,
    app: Router,
    stop: impl Future<Output = ()>,
    stopping: watch::Sender<bool>,
    drain: Duration,
) -> bool {
    let places = Arc::new(Semaphore::new(limits::CONNECTIONS));
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let (socket, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(e) => {
                // Out of descriptors, mostly: some are closed soon.
                tracing::warn!(error = %e, "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        match Arc::clone(&places).try_acquire_owned() {
            Ok(place) => {
                let connection = Connection { peer, app: app.clone(), _place: place };
                tokio::spawn(connection.serve(socket, stopping.subscribe()));
            }
            Err(_) => turn_away(&socket),
        }
    }
    drop(listener);
    stopping.send_replace(true);
    let all = u32::try_from(limits::CONNECTIONS).unwrap_or(u32::MAX);
    tokio::time::timeout(drain, places.acquire_many(all)).await.is_ok()
}

/// Says that there is no place, as far as that goes without waiting.
fn turn_away(socket: &TcpStream) {
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\nretry-after: {}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
        limits::RETRY_AFTER_S
    );
    let sent: io::Result<usize> = socket.try_write(answer.as_bytes());
    tracing::debug!(sent = sent.is_ok(), "a connection was turned away");
}

/// Requests of a connection: begun and answered.
#[derive(Debug, Default)]
struct Requests {
    begun: AtomicU64,
    answered: AtomicU64,
}

impl Requests {
    /// How many have begun, if none of them is under way.
    fn at_rest(&self) -> Option<u64> {
        let answered = self.answered.load(Ordering::Acquire);
        (answered == self.begun.load(Ordering::Acquire)).then_some(answered)
    }
}

struct Connection {
    peer: SocketAddr,
    app: Router,
    _place: OwnedSemaphorePermit,
}

impl Connection {
    async fn serve(self, socket: TcpStream, mut stopping: watch::Receiver<bool>) {
        drop(socket.set_nodelay(true));
        let requests = Arc::new(Requests::default());
        let service = service_fn(|mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(self.peer));
            let (app, requests) = (self.app.clone(), Arc::clone(&requests));
            async move {
                requests.begun.fetch_add(1, Ordering::AcqRel);
                let answer = app.oneshot(request.map(Body::new)).await;
                requests.answered.fetch_add(1, Ordering::AcqRel);
                answer
            }
        });
        let builder = builder();
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(socket), service);
        tokio::pin!(connection);
        let mut clock = tokio::time::interval(limits::IDLE);
        clock.reset();
        let (mut before, mut closing) = (Some(0), 0);
        loop {
            tokio::select! {
                // What went wrong is between hyper and the client.
                _ = connection.as_mut() => return,
                _ = clock.tick() => {
                    let now = requests.at_rest();
                    if closing > 0 || (now.is_some() && now == before) {
                        closing += 1;
                        connection.as_mut().graceful_shutdown();
                    }
                    before = now;
                }
                () = async { drop(stopping.wait_for(|stop| *stop).await) }, if closing == 0 => {
                    closing = 1;
                    connection.as_mut().graceful_shutdown();
                }
            }
            if closing > limits::CLOSING {
                return;
            }
        }
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HEAD_WAIT)
        .max_buf_size(limits::HEAD_BYTES)
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(limits::PING)
        .keep_alive_timeout(limits::HEAD_WAIT)
        .max_concurrent_streams(limits::STREAMS)
        .max_header_list_size(u32::try_from(limits::HEAD_BYTES).unwrap_or(u32::MAX));
    builder
}
