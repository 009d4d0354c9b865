//! A client of the wire that keeps count: which rows were acknowledged, which were refused.
//!
//! It is deliberately not the agent: what it holds the collector to is the protocol alone.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use naap_schema::proto::ingest_client::IngestClient;
use naap_schema::proto::push_request::Message as Request;
use naap_schema::proto::push_response::Message as Response;
use naap_schema::proto::{Frame, Hello, PushRequest, PushResponse, Rejection, Through, Welcome};
use naap_schema::{Row, SCHEMA_VERSION, frame};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::metadata::MetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status, Streaming};

use crate::rows::now_us;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client with a token.
#[derive(Debug)]
pub struct Pusher {
    address: String,
    token: String,
    /// The epoch of everything that it sends.
    pub epoch: u64,
    /// What it says to have recorded, by epoch; nothing: it does not say.
    pub recorded: Vec<(u64, u64)>,
    /// Rows up to here are acknowledged.
    pub acked: u64,
    /// Everything that was refused.
    pub rejections: Vec<Rejection>,
    stream: Option<Open>,
}

#[derive(Debug)]
struct Open {
    to: mpsc::Sender<PushRequest>,
    from: Streaming<PushResponse>,
    welcome: Welcome,
}

impl Pusher {
    /// A client of the collector at `address` (`HOST:PORT`).
    pub fn new(address: &str, token: &str, epoch: u64) -> Self {
        Self {
            address: address.to_owned(),
            token: token.to_owned(),
            epoch,
            recorded: Vec::new(),
            acked: 0,
            rejections: Vec::new(),
            stream: None,
        }
    }

    /// A plain client of the service, with the token in place.
    ///
    /// # Errors
    /// If there is no connection.
    pub async fn client(
        &self,
    ) -> Result<(IngestClient<Channel>, MetadataValue<tonic::metadata::Ascii>)> {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address))?
            .connect_timeout(Duration::from_secs(5));
        let channel = endpoint.connect().await?;
        let token = format!("Bearer {}", self.token).parse()?;
        Ok((IngestClient::new(channel), token))
    }

    /// Opens the stream and says hello; gives what the collector answered.
    ///
    /// # Errors
    /// The status of a collector that refuses.
    pub async fn connect(&mut self) -> Result<Welcome, Status> {
        let unavailable = |e: anyhow::Error| Status::new(Code::Unavailable, format!("{e:#}"));
        let (mut client, token) = self.client().await.map_err(unavailable)?;
        let (to, messages) = mpsc::channel(64);
        let hello = Hello {
            agent_version: "test".into(),
            schema_version: SCHEMA_VERSION,
            epochs: vec![self.epoch],
            clock_us: now_us(),
            recorded: self
                .recorded
                .iter()
                .map(|(epoch, seq)| Through { epoch: *epoch, seq: *seq })
                .collect(),
        };
        let hello = PushRequest { message: Some(Request::Hello(hello)) };
        to.send(hello).await.map_err(|_| Status::internal("the channel is open"))?;
        let mut request = tonic::Request::new(ReceiverStream::new(messages));
        request.metadata_mut().insert("authorization", token);
        let answer = tokio::time::timeout(PATIENCE, client.push(request)).await;
        let mut from = answer.map_err(|_| Status::deadline_exceeded("no answer"))??.into_inner();
        let first = tokio::time::timeout(PATIENCE, from.message()).await;
        let first = first.map_err(|_| Status::deadline_exceeded("no welcome"))??;
        let Some(PushResponse { message: Some(Response::Welcome(welcome)) }) = first else {
            return Err(Status::internal(format!("no welcome but {first:?}")));
        };
        self.stream = Some(Open { to, from, welcome: welcome.clone() });
        Ok(welcome)
    }

    /// What the collector said when the stream was opened.
    pub fn welcome(&self) -> Option<&Welcome> {
        self.stream.as_ref().map(|s| &s.welcome)
    }

    /// Sends rows with the sequence numbers from `first_seq` on; does not wait.
    ///
    /// # Errors
    /// If the stream is closed.
    pub async fn send(&mut self, first_seq: u64, rows: &[Row]) -> Result<()> {
        let frame = frame::encode(self.epoch, first_seq, SCHEMA_VERSION, rows);
        self.send_frame(frame).await
    }

    /// Sends a frame as it is.
    ///
    /// # Errors
    /// If the stream is closed.
    pub async fn send_frame(&mut self, frame: Frame) -> Result<()> {
        let open = self.stream.as_mut().context("not connected")?;
        let message = PushRequest { message: Some(Request::Frame(frame)) };
        open.to.send(message).await.context("the stream is closed")
    }

    /// Waits for the next ack.
    ///
    /// # Errors
    /// If none comes, or the stream ends.
    pub async fn ack(&mut self) -> Result<u64> {
        let open = self.stream.as_mut().context("not connected")?;
        let message = tokio::time::timeout(PATIENCE, open.from.message()).await;
        match message.context("no ack in time")? {
            Ok(Some(PushResponse { message: Some(Response::Ack(ack)) })) => {
                if ack.epoch != self.epoch {
                    bail!("an ack for epoch {}, not {}", ack.epoch, self.epoch);
                }
                self.acked = self.acked.max(ack.through_seq);
                self.rejections.extend(ack.rejections);
                Ok(self.acked)
            }
            other => bail!("no ack but {other:?}"),
        }
    }

    /// Waits until everything up to `seq` is acknowledged.
    ///
    /// # Errors
    /// If the stream ends before.
    pub async fn acked_through(&mut self, seq: u64) -> Result<()> {
        while self.acked < seq {
            self.ack().await?;
        }
        Ok(())
    }

    /// Sends rows and waits for their ack.
    ///
    /// # Errors
    /// If the stream ends before.
    pub async fn push(&mut self, first_seq: u64, rows: &[Row]) -> Result<()> {
        self.send(first_seq, rows).await?;
        self.acked_through(first_seq + rows.len() as u64 - 1).await
    }

    /// Drops the stream without a word.
    pub fn disconnect(&mut self) {
        self.stream = None;
    }
}
