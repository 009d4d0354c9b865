//! An HTTP server for tests: it notes what it is asked, and answers well or badly.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

/// What it answers.
pub(super) enum Reply {
    /// A status and a whole body.
    Whole(u16, Vec<u8>),
    /// A redirect.
    Elsewhere(String),
    /// Nothing, for ever.
    Hang,
    /// A head that promises a gigabyte, and as much of it as is taken.
    Gigabyte,
    /// A head, and a byte now and then.
    Drip,
    /// A head that does not end.
    EndlessHead,
}

/// A good answer.
pub(super) fn ok(body: impl ToString) -> Reply {
    Reply::Whole(200, body.to_string().into_bytes())
}

/// Serves until it is dropped.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// First lines of all requests so far.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// How often a path was asked for.
    pub(super) fn times(&self, path: &str) -> usize {
        let line = format!("GET {path} HTTP/1.1");
        self.asked().iter().filter(|l| **l == line).count()
    }
}

/// A server that answers by path.
pub(super) async fn serve(answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Server {
    start(answer, None).await
}

/// The same with a certificate that it signed itself.
pub(super) async fn serve_tls(answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Server {
    let signed = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = signed.signing_key.serialize_der().try_into().unwrap();
    let ring = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![signed.cert.der().clone()], key)
        .unwrap();
    start(answer, Some(TlsAcceptor::from(Arc::new(config)))).await
}

async fn start(
    answer: impl Fn(&str) -> Reply + Send + Sync + 'static,
    tls: Option<TlsAcceptor>,
) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (noted, answer) = (Arc::clone(&asked), Arc::new(answer));
    let task = tokio::spawn(async move {
        // Its connections end with it.
        let mut connections = tokio::task::JoinSet::new();
        while let Ok((socket, _)) = listener.accept().await {
            let (noted, answer, tls) = (Arc::clone(&noted), Arc::clone(&answer), tls.clone());
            connections.spawn(async move {
                match tls {
                    None => drop(one(socket, &noted, answer.as_ref()).await),
                    Some(tls) => {
                        if let Ok(socket) = tls.accept(socket).await {
                            drop(one(socket, &noted, answer.as_ref()).await);
                        }
                    }
                }
            });
        }
    });
    Server { address, asked, task }
}

/// One request of a connection, which is then closed.
async fn one(
    mut socket: impl AsyncRead + AsyncWrite + Unpin,
    noted: &Mutex<Vec<String>>,
    answer: &(impl Fn(&str) -> Reply + ?Sized),
) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.windows(4).any(|w| w == b"\r\n\r\n") {
        if socket.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    let head = String::from_utf8_lossy(&request).into_owned();
    let line = head.lines().next().unwrap_or_default().to_owned();
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    noted.lock().unwrap().push(line);
    let begin = |code: u16, more: &str| format!("HTTP/1.1 {code} X\r\n{more}\r\n\r\n");
    match answer(&path) {
        Reply::Whole(code, body) => {
            let more = format!("Connection: close\r\nContent-Length: {}", body.len());
            socket.write_all(begin(code, &more).as_bytes()).await?;
            socket.write_all(&body).await?;
        }
        Reply::Elsewhere(to) => {
            let more = format!("Connection: close\r\nContent-Length: 0\r\nLocation: {to}");
            socket.write_all(begin(302, &more).as_bytes()).await?;
        }
        Reply::Hang => std::future::pending::<()>().await,
        Reply::Gigabyte => {
            socket.write_all(begin(200, "Content-Length: 1073741824").as_bytes()).await?;
            for _ in 0..16_384 {
                socket.write_all(&[b' '; 65_536]).await?;
            }
        }
        Reply::Drip => {
            socket.write_all(begin(200, "Content-Length: 100000").as_bytes()).await?;
            loop {
                socket.write_all(b" ").await?;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        Reply::EndlessHead => {
            socket.write_all(b"HTTP/1.1 200 OK\r\n").await?;
            loop {
                socket.write_all(&[b'x'; 4096]).await?;
            }
        }
    }
    socket.shutdown().await
}
