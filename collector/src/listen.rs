//! The listening socket and what stands before any request: caps, deadlines, TLS. It may accept
//! and close connections; it must never look into a request, nor keep or log who connects.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures::Stream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, Sleep};
use tonic::transport::server::Connected;

use crate::limits;
use crate::metrics::{Metrics, Refused};
use crate::tls::{Certificates, Secured};

/// How many connections there may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caps {
    pub(crate) all: usize,
    pub(crate) per_address: usize,
}

/// What stands before a request.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    pub(crate) caps: Caps,
    pub(crate) tls: Option<Arc<Certificates>>,
    pub(crate) metrics: Arc<Metrics>,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
    refused: u64,
    reported: Option<Instant>,
}

type Shared = Arc<Mutex<Counts>>;

/// A place among the connections; given back when dropped.
#[derive(Debug)]
struct Place {
    counts: Shared,
    address: IpAddr,
    metrics: Arc<Metrics>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.all -= 1;
        self.metrics.connections.add(-1);
        if let Some(n) = counts.by_address.get_mut(&self.address) {
            *n -= 1;
            if *n == 0 {
                counts.by_address.remove(&self.address);
            }
        }
    }
}

fn take_place(counts: &Shared, address: IpAddr, door: &Door) -> Option<Place> {
    let (address, caps) = (network(address), door.caps);
    let mut held = counts.lock().unwrap_or_else(PoisonError::into_inner);
    let theirs = held.by_address.get(&address).copied().unwrap_or(0);
    if held.all < caps.all && theirs < caps.per_address {
        held.all += 1;
        *held.by_address.entry(address).or_default() += 1;
        door.metrics.connections.add(1);
        let metrics = Arc::clone(&door.metrics);
        return Some(Place { counts: Arc::clone(counts), address, metrics });
    }
    held.refused += 1;
    door.metrics.refused(Refused::Caps).add(1);
    if is_due(&mut held.reported) {
        tracing::warn!(
            open = held.all,
            refused = held.refused,
            "connections are refused: max_connections or max_connections_per_address is reached"
        );
    }
    None
}

/// Whoever holds one IPv6 address holds its /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let high = u128::from(v6) >> 64 << 64;
            IpAddr::V6(Ipv6Addr::from(high))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// Where connections come from.
pub(crate) trait Accept: Send + Sync + 'static {
    /// A connection.
    type Socket: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    /// The next one, and from where it comes.
    fn accept(&self) -> impl Future<Output = io::Result<(Self::Socket, SocketAddr)>> + Send;

    /// Where they are awaited.
    fn local_addr(&self) -> io::Result<SocketAddr>;
}

impl Accept for TcpListener {
    type Socket = TcpStream;

    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (socket, address) = self.accept().await?;
        // Acks are small; waiting to fill a packet would only make them late.
        socket.set_nodelay(true).map_err(|_| io::ErrorKind::ConnectionAborted)?;
        Ok((socket, address))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.local_addr()
    }
}

/// The connections that may be served. Never ends; trouble in accepting is waited out.
pub(crate) fn connections<L: Accept>(
    listener: L,
    door: Door,
) -> impl Stream<Item = io::Result<Connection<L::Socket>>> + Send {
    let counts = Shared::default();
    futures::stream::unfold(
        (listener, counts, door, None),
        |(listener, counts, door, mut told)| async move {
            loop {
                match listener.accept().await {
                    Ok((socket, address)) => {
                        let Some(place) = take_place(&counts, address.ip(), &door) else {
                            continue;
                        };
                        let Some(io) = enter(socket, &door) else { continue };
                        let connection = Connection::new(io, place);
                        return Some((Ok(connection), (listener, counts, door, told)));
                    }
                    Err(e) if is_theirs(&e) => {}
                    // Out of descriptors or memory: accepting again at once would spin.
                    Err(e) => {
                        door.metrics.refused(Refused::System).add(1);
                        if is_due(&mut told) {
                            tracing::warn!(error = %e, "connections cannot be accepted");
                        }
                        tokio::time::sleep(limits::ACCEPT_REST).await;
                    }
                }
            }
        },
    )
}

/// The connection, under TLS where there is a certificate; `None` if too many handshakes are under
/// way.
fn enter<S: AsyncRead + AsyncWrite + Unpin>(socket: S, door: &Door) -> Option<Io<S>> {
    let Some(certificates) = &door.tls else { return Some(Io::Plain(socket)) };
    let secured = certificates.secure(socket);
    if secured.is_none() {
        door.metrics.refused(Refused::Handshakes).add(1);
    }
    secured.map(|s| Io::Secured(Box::new(s)))
}

/// Whether to log something again.
fn is_due(told: &mut Option<Instant>) -> bool {
    let due = told.is_none_or(|at| at.elapsed() > limits::REPEAT_LOG);
    if due {
        *told = Some(Instant::now());
    }
    due
}

/// Errors of one connection, not of accepting.
fn is_theirs(e: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(e.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

#[derive(Debug)]
enum Io<S> {
    Plain(S),
    Secured(Box<Secured<S>>),
}

/// Calls a method of whichever stream it is.
macro_rules! either {
    ($io:expr, $stream:ident => $call:expr) => {
        match $io {
            Io::Plain($stream) => $call,
            Io::Secured($stream) => $call,
        }
    };
}

/// A connection that must say something soon.
#[derive(Debug)]
pub(crate) struct Connection<S> {
    io: Io<S>,
    /// Until when the preface must be there; `None` once it is.
    deadline: Option<Pin<Box<Sleep>>>,
    read: usize,
    _place: Place,
}

impl<S> Connection<S> {
    fn new(io: Io<S>, place: Place) -> Self {
        let deadline = Some(Box::pin(tokio::time::sleep(limits::PREFACE)));
        Self { io, deadline, read: 0, _place: place }
    }
}

impl<S> Connected for Connection<S> {
    // Client addresses go no further than this file.
    type ConnectInfo = ();

    fn connect_info(&self) -> Self::ConnectInfo {}
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Connection<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = either!(&mut self.io, s => Pin::new(s).poll_read(cx, buf));
        if let Some(deadline) = &mut self.deadline {
            match polled {
                Poll::Pending if deadline.as_mut().poll(cx).is_ready() => {
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
                Poll::Ready(Ok(())) => {
                    self.read += buf.filled().len() - before;
                    if self.read >= limits::PREFACE_BYTES {
                        self.deadline = None;
                    }
                }
                _ => {}
            }
        }
        polled
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Connection<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        either!(&mut self.io, s => Pin::new(s).poll_write(cx, buf))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(&mut self.io, s => Pin::new(s).poll_flush(cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(&mut self.io, s => Pin::new(s).poll_shutdown(cx))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        either!(&mut self.io, s => Pin::new(s).poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        either!(&self.io, s => s.is_write_vectored())
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::fitness::Fitness;

    fn door(all: usize, per_address: usize) -> Door {
        let metrics = Metrics::new(Fitness::new());
        Door { caps: Caps { all, per_address }, tls: None, metrics }
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_says_nothing_is_given_up_and_one_that_begins_is_not() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut accepted = std::pin::pin!(connections(listener, door(3, 3)));
        let _silent = TcpStream::connect(address).await.unwrap();
        let mut server = accepted.next().await.unwrap().unwrap();
        let start = Instant::now();
        let error = server.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(start.elapsed().as_secs(), limits::PREFACE.as_secs());

        let mut client = TcpStream::connect(address).await.unwrap();
        let mut server = accepted.next().await.unwrap().unwrap();
        client.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        let mut preface = [0; limits::PREFACE_BYTES];
        server.read_exact(&mut preface).await.unwrap();
        let more = tokio::time::timeout(10 * limits::PREFACE, server.read_u8()).await;
        assert!(more.is_err(), "an open connection may be quiet: {more:?}");
    }

    #[test]
    fn places_are_capped_in_all_and_per_network_and_given_back() {
        let counts = Shared::default();
        let door = door(3, 2);
        let take = |a: &str| take_place(&counts, a.parse().unwrap(), &door);
        let first = take("192.0.2.1").unwrap();
        let _second = take("::ffff:192.0.2.1").unwrap();
        assert!(take("192.0.2.1").is_none(), "two of one address are enough");
        let _third = take("2001:db8::1").unwrap();
        assert!(take("2001:db8::2").is_none(), "three are enough");
        drop(first);
        let _fourth = take("2001:db8::2").unwrap();
        assert!(take("2001:db8:0:1::3").is_none());
        assert_eq!(door.metrics.connections.get(), 3);
        assert_eq!(door.metrics.refused(Refused::Caps).get(), 3);
        assert_eq!(
            network("2001:db8::1".parse().unwrap()),
            network("2001:db8::2".parse().unwrap())
        );
    }
}
