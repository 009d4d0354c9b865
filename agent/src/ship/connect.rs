//! From an address to a stream that was welcomed. It may open one connection; it keeps nothing.

use std::path::PathBuf;

use naap_schema::SCHEMA_VERSION;
use naap_schema::proto::ingest_client::IngestClient;
use naap_schema::proto::push_request::Message as Request;
use naap_schema::proto::push_response::Message as Response;
use naap_schema::proto::{Hello, PushRequest, PushResponse, Through, Welcome};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Status, Streaming};

use super::Target;
use crate::clock::Now;
use crate::limits;
use crate::spool::Spool;

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum Ended {
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

/// A stream that was welcomed.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) to: mpsc::Sender<PushRequest>,
    pub(super) from: Streaming<PushResponse>,
    pub(super) welcome: Welcome,
    /// Agent's clock minus collector's, ms.
    pub(super) skew_ms: i64,
    /// Appends to the spool that were seen.
    pub(super) seen: u64,
}

impl Connection {
    /// Why nothing more can be sent: the status that the collector ended with, if it did.
    pub(super) async fn why_closed(&mut self) -> Ended {
        loop {
            match tokio::time::timeout(limits::CONNECT, self.from.message()).await {
                Ok(Ok(Some(_))) => {}
                Ok(Err(status)) => return Ended::Refused(status),
                Ok(Ok(None)) | Err(_) => return Ended::Closed,
            }
        }
    }
}

/// Connects and says Hello.
pub(super) async fn open(target: &Target, spool: &Spool) -> Result<Connection, Ended> {
    let file = |path: &PathBuf| {
        let io = |source| Ended::File { path: path.clone(), source };
        std::fs::read_to_string(path).map_err(io)
    };
    let token = file(&target.token_file)?;
    let token = format!("Bearer {}", token.trim()).parse();
    let token = token.map_err(|_| Ended::Setup("the token holds odd characters".into()))?;
    let ca = target.ca_file.as_ref().map(file).transpose()?;
    let channel = channel(&target.address, ca).await?;
    let (to, messages) = mpsc::channel(8);
    let recorded = spool.recorded().into_iter().rev().take(limits::HELLO_EPOCHS);
    let asked = Now::read();
    let hello = Hello {
        agent_version: env!("CARGO_PKG_VERSION").to_owned(),
        schema_version: SCHEMA_VERSION,
        // Of those beyond, everything is sent again.
        epochs: spool.epochs().into_iter().rev().take(limits::HELLO_EPOCHS).collect(),
        clock_us: asked.wall_us,
        recorded: recorded.map(|(epoch, seq)| Through { epoch, seq }).collect(),
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
            let skew_ms = skew_ms(asked, Now::read(), welcome.clock_us);
            Ok(Connection { to, from, welcome, skew_ms, seen: 0 })
        }
        _ => Err(Ended::Closed),
    }
}

/// The collector read its clock about half a round trip after ours was read.
fn skew_ms(asked: Now, answered: Now, collector_us: i64) -> i64 {
    let middle = asked.wall_us / 2 + answered.wall_us / 2;
    let skew_ms = middle.saturating_sub(collector_us) / 1000;
    if skew_ms.abs() > 1000 {
        tracing::warn!(
            skew_ms,
            "this machine's clock and the collector's differ; times are sent as read"
        );
    }
    skew_ms
}

async fn channel(address: &str, ca: Option<String>) -> Result<Channel, Ended> {
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
    #[cfg(feature = "sim")]
    if let Some(connector) = crate::sim::connector() {
        return endpoint.connect_with_connector(connector).await.map_err(Ended::Connect);
    }
    endpoint.connect().await.map_err(Ended::Connect)
}

/// An error with everything that led to it.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(s) = source {
        text += &format!(": {s}");
        source = s.source();
    }
    text
}
