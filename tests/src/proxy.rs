//! A proxy between agent and collector that misbehaves as networks do: late, cut, silent in one
//! direction or both. It passes bytes on or does not; it never changes one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How the network is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Weather {
    /// Every piece of data is this late.
    pub delay: Duration,
    /// Nothing goes from the client to the server.
    pub deaf: bool,
    /// Nothing goes from the server to the client.
    pub mute: bool,
    /// Connections that were made before this number was raised are cut.
    pub cuts: u64,
    /// New connections are not accepted.
    pub closed: bool,
}

/// The proxy; ends when dropped.
#[derive(Debug)]
pub struct Proxy {
    /// Where it listens, `HOST:PORT`.
    pub address: String,
    weather: Arc<watch::Sender<Weather>>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// A proxy to `server` (`HOST:PORT`).
    ///
    /// # Errors
    /// If it cannot listen.
    pub async fn start(server: &str) -> Result<Self> {
        let server: SocketAddr = server.parse()?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let weather = Arc::new(watch::Sender::new(Weather::default()));
        let shared = Arc::clone(&weather);
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if shared.borrow().closed {
                    continue;
                }
                let weather = shared.subscribe();
                tokio::spawn(connect(client, server, weather));
            }
        });
        Ok(Self { address, weather, accepting })
    }

    /// Changes the weather.
    pub fn set(&self, change: impl FnOnce(&mut Weather)) {
        self.weather.send_modify(change);
    }

    /// Cuts every connection that there is.
    pub fn cut(&self) {
        self.set(|w| w.cuts += 1);
    }

    /// Everything passes again.
    pub fn clear(&self) {
        self.set(|w| *w = Weather { cuts: w.cuts, ..Weather::default() });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

async fn connect(client: TcpStream, server: SocketAddr, mut weather: watch::Receiver<Weather>) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let born = weather.borrow().cuts;
    let (up, down) = (weather.clone(), weather.clone());
    tokio::select! {
        () = pass(from_client, to_server, up, |w| w.deaf) => {}
        () = pass(from_server, to_client, down, |w| w.mute) => {}
        _ = weather.wait_for(|w| w.cuts != born) => {}
    }
}

async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut weather: watch::Receiver<Weather>,
    blocked: impl Fn(&Weather) -> bool,
) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        // What was taken in is held while the direction is blocked, as a network holds it.
        let Ok(n @ 1..) = from.read(&mut buffer).await else { return };
        let delay = weather.borrow().delay;
        tokio::time::sleep(delay).await;
        if weather.wait_for(|w| !blocked(w)).await.is_err() {
            return;
        }
        let Some(bytes) = buffer.get(..n) else { return };
        if to.write_all(bytes).await.is_err() {
            return;
        }
    }
}
