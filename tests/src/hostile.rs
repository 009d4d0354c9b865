//! HTTP servers that behave as badly as a server can: for the sources that ask one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// How it behaves.
#[derive(Debug, Clone)]
pub enum Manner {
    /// Takes the request and says nothing.
    Hangs,
    /// Says the head of an answer, and then a byte now and then, for ever.
    SlowLoris,
    /// Answers with one gigabyte.
    Gigabyte,
    /// Sends whoever asks elsewhere.
    Redirects(String),
    /// Answers with a page that is none.
    Nonsense,
    /// Answers that it is well, and counts who asked.
    Well,
}

/// A server; ends when dropped.
#[derive(Debug)]
pub struct Hostile {
    /// Where it is, `http://HOST:PORT`.
    pub address: String,
    asked: Arc<AtomicU64>,
    sent: Arc<AtomicU64>,
    serving: JoinHandle<()>,
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Hostile {
    /// A server on a free port of loopback.
    ///
    /// # Errors
    /// If it cannot listen.
    pub async fn start(manner: Manner) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}", listener.local_addr()?);
        let (asked, sent) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let counts = (Arc::clone(&asked), Arc::clone(&sent));
        let serving = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                counts.0.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serve(socket, manner.clone(), Arc::clone(&counts.1)));
            }
        });
        Ok(Self { address, asked, sent, serving })
    }

    /// Connections that were made to it.
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    /// Bytes of bodies that it got rid of.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

async fn serve(mut socket: TcpStream, manner: Manner, sent: Arc<AtomicU64>) -> Result<()> {
    const OK: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n";
    let mut request = [0; 4096];
    if socket.read(&mut request).await? == 0 {
        return Ok(());
    }
    match manner {
        Manner::Hangs => std::future::pending().await,
        Manner::SlowLoris => {
            socket.write_all(format!("{OK}Content-Length: 1000000\r\n\r\n").as_bytes()).await?;
            loop {
                socket.write_all(b"#").await?;
                sent.fetch_add(1, Ordering::Relaxed);
                sleep(Duration::from_millis(50)).await;
            }
        }
        Manner::Gigabyte => {
            let length = 1u64 << 30;
            socket.write_all(format!("{OK}Content-Length: {length}\r\n\r\n").as_bytes()).await?;
            let piece = vec![b'#'; 64 << 10];
            for _ in 0..length / piece.len() as u64 {
                socket.write_all(&piece).await?;
                sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
            }
        }
        Manner::Redirects(to) => {
            let head = format!(
                "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            socket.write_all(head.as_bytes()).await?;
        }
        Manner::Nonsense => {
            let body =
                "livepeer_x{a=\"\x07\x1b[31m\0 1\n{{{{\n\u{fffd}livepeer_tickets_sent NaNN\n"
                    .repeat(500);
            let head = format!("{OK}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            socket.write_all(head.as_bytes()).await?;
            socket.write_all(body.as_bytes()).await?;
        }
        Manner::Well => {
            let head = format!("{OK}Content-Length: 0\r\nConnection: close\r\n\r\n");
            socket.write_all(head.as_bytes()).await?;
        }
    }
    Ok(())
}
