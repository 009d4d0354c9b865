//! The service: streams of frames in, acks out. It may decode, admit and hand to the committer; it
//! must never acknowledge anything that the committer did not answer, nor echo or log a token.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::stream::FuturesOrdered;
use futures::{FutureExt, StreamExt};
use naap_schema::proto::ingest_server::Ingest;
use naap_schema::proto::push_request::Message as Said;
use naap_schema::proto::push_response::Message as Answer;
use naap_schema::proto::{
    Ack, Frame, Hello, PushOnceRequest, PushOnceResponse, PushRequest, PushResponse, Rejection,
    Through, Welcome,
};
use naap_schema::{SCHEMA_VERSION, limits as wire};
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use crate::admit::{self, Admitted, Gate, Refusal};
use crate::ledger::{Cell, Ledgers};
use crate::limits::SHARE_BYTES;
use crate::metrics::Metrics;
use crate::quota::Quotas;
use crate::store::{Batch, NO_EPOCH, Outcome};
use crate::tokens::{Speaker, Tokens};
use crate::{clock, limits, machine};

/// Checks who speaks, before anything of the request is read.
pub(crate) fn authenticate(
    tokens: &Tokens,
    metrics: &Metrics,
    mut request: Request<()>,
) -> Result<Request<()>, Status> {
    let refuse = |why: &str| {
        metrics.token_failures.add(1);
        Status::unauthenticated(format!(
            "{why}; send the metadata `authorization: Bearer <token>` with a token that the \
             operator of this collector makes with `naap-collector token add NODE`"
        ))
    };
    let Some(value) = request.metadata().get("authorization") else {
        return Err(refuse("there is no token"));
    };
    let token = value.to_str().ok().and_then(|v| {
        let (scheme, token) = v.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let Some(token) = token else { return Err(refuse("the authorization is no bearer token")) };
    let Some(speaker) = tokens.speaker(token) else {
        return Err(refuse("the token is not known, or was revoked"));
    };
    request.extensions_mut().insert(speaker);
    Ok(request)
}

/// The service.
#[derive(Clone)]
pub(crate) struct Service {
    inner: Arc<Inner>,
}

struct Inner {
    tokens: Arc<Tokens>,
    ledgers: Arc<Ledgers>,
    quotas: Arc<Quotas>,
    metrics: Arc<Metrics>,
    queue: mpsc::Sender<Batch>,
    memory: Arc<Semaphore>,
    decoders: Arc<Semaphore>,
    places: Mutex<HashMap<Arc<str>, usize>>,
    stopping: watch::Receiver<bool>,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service").finish_non_exhaustive()
    }
}

/// A place among the streams and calls of a node; given back when dropped.
struct Place {
    inner: Arc<Inner>,
    node: Arc<str>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.inner.metrics.streams.add(-1);
        let mut places = self.inner.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(n) = places.get_mut(&self.node) {
            *n -= 1;
            if *n == 0 {
                places.remove(&self.node);
            }
        }
    }
}

impl Service {
    pub(crate) fn new(
        tokens: Arc<Tokens>,
        ledgers: Arc<Ledgers>,
        quotas: Quotas,
        metrics: Arc<Metrics>,
        queue: mpsc::Sender<Batch>,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let memory = Arc::new(Semaphore::new(limits::BUDGET_BYTES / SHARE_BYTES));
        metrics.watch(&memory, &queue);
        let inner = Inner {
            tokens,
            ledgers,
            quotas: Arc::new(quotas),
            metrics,
            queue,
            memory,
            decoders: Arc::new(Semaphore::new(limits::DECODERS)),
            places: Mutex::default(),
            stopping,
        };
        Self { inner: Arc::new(inner) }
    }

    fn enter<T>(&self, request: &mut Request<T>) -> Result<(Speaker, Place), Status> {
        let speaker = request.extensions_mut().remove::<Speaker>();
        let speaker =
            speaker.ok_or_else(|| Status::internal("the call was not authenticated first"))?;
        let node = Arc::clone(&speaker.node);
        let mut places = self.inner.places.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = places.entry(Arc::clone(&node)).or_default();
        if *taken >= limits::STREAMS_PER_NODE {
            return Err(Status::resource_exhausted(format!(
                "node {node} has {taken} streams and calls open, the limit is {}; close some, or \
                 give each agent a token of its own",
                limits::STREAMS_PER_NODE
            )));
        }
        *taken += 1;
        drop(places);
        self.inner.metrics.streams.add(1);
        Ok((speaker, Place { inner: Arc::clone(&self.inner), node }))
    }
}

#[tonic::async_trait]
impl Ingest for Service {
    type PushStream = ReceiverStream<Result<PushResponse, Status>>;

    async fn push(
        &self,
        mut request: Request<Streaming<PushRequest>>,
    ) -> Result<Response<Self::PushStream>, Status> {
        let (speaker, place) = self.enter(&mut request)?;
        let (to, answers) = mpsc::channel(limits::STREAM_ANSWERS);
        let session = Session {
            inner: Arc::clone(&self.inner),
            speaker,
            to,
            cells: HashMap::new(),
            skew_ms: None,
            says_recorded: false,
            rest: Duration::ZERO,
            _place: place,
        };
        tokio::spawn(session.run(request.into_inner()));
        Ok(Response::new(ReceiverStream::new(answers)))
    }

    async fn push_once(
        &self,
        mut request: Request<PushOnceRequest>,
    ) -> Result<Response<PushOnceResponse>, Status> {
        let (speaker, _place) = self.enter(&mut request)?;
        let work = self.inner.once(&speaker, request.into_inner());
        tokio::time::timeout(limits::ONCE, work).await.unwrap_or_else(|_| {
            Err(Status::unavailable(format!(
                "not committed within {} s, the store may be away; make the same call again, the \
                 rows are stored once",
                limits::ONCE.as_secs()
            )))
        })
    }
}

/// Work on one frame: how many numbers it stands for, and what admission made of it.
struct Taken {
    first_seq: u64,
    count: u64,
    /// The last row that the agent is known to have recorded.
    recorded: Option<u64>,
    admitted: Admitted,
    /// What its texts take, bytes.
    text_bytes: usize,
}

impl Inner {
    /// Runs admission where it holds up nobody, within the bounds of memory.
    async fn admit(
        &self,
        work: impl FnOnce() -> Taken + Send + 'static,
    ) -> Result<(Taken, OwnedSemaphorePermit), Status> {
        let stopped = || Status::unavailable(STOPPING);
        let decoder = Arc::clone(&self.decoders).acquire_owned().await.map_err(|_| stopped())?;
        let taken = machine::blocking(work)
            .await
            .map_err(|_| Status::internal("a frame could not be taken; the collector logs why"))?;
        let bytes = taken.admitted.bytes().saturating_add(taken.text_bytes);
        let shares = bytes.min(limits::FRAME_BYTES).div_ceil(SHARE_BYTES).max(1);
        let shares = u32::try_from(shares).unwrap_or(u32::MAX);
        let memory = Arc::clone(&self.memory);
        let share = memory.acquire_many_owned(shares).await.map_err(|_| stopped())?;
        drop(decoder);
        Ok((taken, share))
    }

    /// Hands a frame to the committer.
    async fn submit(
        &self,
        cell: Arc<Cell>,
        taken: Taken,
        share: OwnedSemaphorePermit,
        skew_ms: Option<i64>,
        received: Instant,
    ) -> Result<oneshot::Receiver<Outcome>, Status> {
        let (done, outcome) = oneshot::channel();
        let batch = Batch {
            cell,
            first_seq: taken.first_seq,
            count: taken.count,
            newest_us: taken.admitted.newest_us(),
            rows: taken.admitted.rows,
            refusals: taken.admitted.refusals,
            skew_ms,
            recorded: taken.recorded,
            received,
            _share: Some(share),
            done,
        };
        self.queue.send(batch).await.map_err(|_| Status::unavailable(STOPPING))?;
        Ok(outcome)
    }

    /// What each stream may have under way: its part of the memory that is free.
    fn credit(&self) -> u32 {
        let streams: usize =
            self.places.lock().unwrap_or_else(PoisonError::into_inner).values().sum();
        let free = self.memory.available_permits() * SHARE_BYTES;
        let part = free / streams.max(1);
        u32::try_from(part.clamp(limits::CREDIT_BYTES.0, limits::CREDIT_BYTES.1))
            .unwrap_or(u32::MAX)
    }

    async fn cells(&self, node: &Arc<str>, epochs: &[u64]) -> Result<Vec<Arc<Cell>>, Status> {
        self.ledgers.of(node, epochs, clock::now_us()).await.map_err(|e| {
            tracing::warn!(error = %e, "the ledger cannot be read");
            Status::unavailable("the store cannot be read now; try again in a few seconds")
        })
    }

    async fn once(
        &self,
        speaker: &Speaker,
        request: PushOnceRequest,
    ) -> Result<Response<PushOnceResponse>, Status> {
        let received = Instant::now();
        let count = request.rows.len();
        if count == 0 || count > limits::ONCE_ROWS {
            return Err(Status::invalid_argument(format!(
                "the call has {count} rows; send 1 to {}",
                limits::ONCE_ROWS
            )));
        }
        let epoch = match request.epoch {
            0 => hash(&speaker.node, &request),
            epoch => epoch,
        };
        let (first_seq, most) = (request.first_seq.max(1), i64::MAX as u64);
        if epoch > most || first_seq > most - count as u64 {
            return Err(Status::invalid_argument(format!(
                "epoch and first_seq must be below 2^63; they are {epoch} and {first_seq}"
            )));
        }
        self.metrics.rows_received.add(count as u64);
        // Whoever owes waits before; what is sent now is waited for by the next call.
        let owed = self.quotas.spend(&speaker.node, 0, 0, received);
        tokio::time::sleep(owed).await;
        let bytes = prost::Message::encoded_len(&request);
        self.quotas.spend(&speaker.node, count as u64, bytes, Instant::now());
        let gate = Gate { now_us: clock::now_us(), accept_old: speaker.accept_old };
        let (quotas, node) = (Arc::clone(&self.quotas), Arc::clone(&speaker.node));
        let work = move || {
            let mut admitted = gate.plain(request.rows, first_seq);
            quotas.series(&node, gate.now_us, received, &mut admitted);
            Taken {
                first_seq,
                count: count as u64,
                // Nothing waits behind a call.
                recorded: Some(first_seq + count as u64 - 1),
                // At most a message of text came in.
                text_bytes: wire::MAX_FRAME_BYTES,
                admitted,
            }
        };
        let cell = self.cells(&speaker.node, &[epoch]).await?.swap_remove(0);
        let (taken, share) = self.admit(work).await?;
        let outcome = self.submit(cell, taken, share, None, received).await?;
        let outcome = outcome.await.map_err(|_| Status::unavailable(STOPPING))?;
        Ok(Response::new(PushOnceResponse {
            epoch,
            stored: outcome.stored,
            rejections: outcome.refusals.into_iter().map(rejection).collect(),
        }))
    }
}

const STOPPING: &str = "the collector is stopping; connect again in a few seconds";

/// One stream of one node.
struct Session {
    inner: Arc<Inner>,
    speaker: Speaker,
    to: mpsc::Sender<Result<PushResponse, Status>>,
    /// Ledgers of the epochs that were spoken of.
    cells: HashMap<u64, Arc<Cell>>,
    skew_ms: Option<i64>,
    /// Whether the agent says which rows it has recorded.
    says_recorded: bool,
    /// How long nothing is to be read, because the node is over its quota.
    rest: Duration,
    _place: Place,
}

impl Session {
    async fn run(mut self, said: Streaming<PushRequest>) {
        let to = self.to.clone();
        let revoked = revoked(Arc::clone(&self.inner.tokens), self.speaker.clone());
        let ended = tokio::select! {
            biased;
            ended = self.serve(said).boxed() => ended,
            status = revoked => Err(status),
        };
        if let Err(status) = ended {
            tracing::debug!(node = &*self.speaker.node, code = ?status.code(), "stream ended");
            // Whoever is gone does not hear it.
            drop(tokio::time::timeout(limits::ANSWER, to.send(Err(status))).await);
        }
    }

    async fn serve(&mut self, mut said: Streaming<PushRequest>) -> Result<(), Status> {
        let first = tokio::time::timeout(limits::HELLO, said.message()).await;
        let first = first.map_err(|_| {
            Status::deadline_exceeded(format!("no Hello within {} s", limits::HELLO.as_secs()))
        })??;
        let Some(PushRequest { message: Some(Said::Hello(hello)) }) = first else {
            return Err(Status::invalid_argument("the first message of a stream must be a Hello"));
        };
        let welcome = self.welcome(hello).await?;
        self.answer(Answer::Welcome(welcome)).await?;
        let mut waiting = FuturesOrdered::new();
        let mut stopping = self.inner.stopping.clone();
        let (mut stop, mut closed) = (*stopping.borrow_and_update(), false);
        // What the node owes from its other streams, and those of before.
        let owed = self.inner.quotas.spend(&self.speaker.node, 0, 0, Instant::now());
        let (mut rested, mut resting) = (Box::pin(tokio::time::sleep(owed)), !owed.is_zero());
        while !(stop || closed) || !waiting.is_empty() {
            let room = waiting.len() < limits::STREAM_FRAMES;
            let reading = !stop && !closed && room && !resting;
            tokio::select! {
                biased;
                Some((epoch, outcome)) = waiting.next(), if !waiting.is_empty() => {
                    self.acknowledge(epoch, outcome?).await?;
                }
                changed = stopping.changed(), if !stop => {
                    stop = changed.is_err() || *stopping.borrow_and_update();
                }
                () = rested.as_mut(), if resting => resting = false,
                message = said.message(), if reading => match message? {
                    None => closed = true,
                    Some(PushRequest { message: Some(Said::Frame(frame)) }) => {
                        let epoch = frame.epoch;
                        let outcome = self.take(frame).await?;
                        resting = !self.rest.is_zero();
                        rested.as_mut().reset(Instant::now() + self.rest);
                        waiting.push_back(outcome.map(move |o| {
                            (epoch, o.map_err(|_| Status::unavailable(STOPPING)))
                        }));
                    }
                    Some(PushRequest { message: Some(Said::Hello(_)) }) => {
                        return Err(Status::invalid_argument(
                            "a stream has one Hello; open another stream",
                        ));
                    }
                    // Of a newer agent; what cannot be understood cannot be lost either.
                    Some(PushRequest { message: None }) => {}
                },
            }
        }
        if closed { Ok(()) } else { Err(Status::unavailable(STOPPING)) }
    }

    async fn welcome(&mut self, hello: Hello) -> Result<Welcome, Status> {
        if hello.epochs.len() > limits::HELLO_EPOCHS {
            return Err(Status::invalid_argument(format!(
                "the Hello lists {} epochs, the limit is {}; name the oldest first, and the \
                 others on a later stream",
                hello.epochs.len(),
                limits::HELLO_EPOCHS
            )));
        }
        let now_us = clock::now_us();
        // 0: the agent does not say.
        self.skew_ms = (hello.clock_us > 0).then(|| (hello.clock_us - now_us) / 1000);
        let sensible = |e: &u64| *e != NO_EPOCH && i64::try_from(*e).is_ok();
        let recorded = hello.recorded.iter().take(limits::HELLO_EPOCHS);
        let recorded: Vec<(u64, u64)> = recorded.map(|r| (r.epoch, r.seq)).collect();
        self.says_recorded = !recorded.is_empty();
        let named = hello.epochs.iter().copied().chain(recorded.iter().map(|(epoch, _)| *epoch));
        let mut epochs: Vec<u64> = named.filter(sensible).collect();
        epochs.sort_unstable();
        epochs.dedup();
        let cells = self.inner.cells(&self.speaker.node, &epochs).await?;
        self.cells.extend(epochs.into_iter().zip(cells));
        self.book_recorded(&recorded);
        let through = |epoch: &u64| Through {
            epoch: *epoch,
            seq: self.cells.get(epoch).map_or(0, |c| c.entry().through),
        };
        tracing::info!(
            node = &*self.speaker.node,
            agent = admit::clean(&hello.agent_version),
            schema = hello.schema_version,
            epochs = hello.epochs.len(),
            skew_ms = self.skew_ms,
            "agent connected"
        );
        Ok(Welcome {
            collector_version: env!("CARGO_PKG_VERSION").to_owned(),
            schema_version: SCHEMA_VERSION,
            through: hello.epochs.iter().map(through).collect(),
            node: self.speaker.node.to_string(),
            max_frame_bytes: u32::try_from(wire::MAX_FRAME_BYTES).unwrap_or(u32::MAX),
            clock_us: clock::now_us(),
            credit_bytes: self.inner.credit(),
            frame_format: naap_schema::frame::FORMAT,
        })
    }

    /// Has written down how far the agent recorded: of what is evicted before it is sent, no frame
    /// will ever come. Where the queue is full, the next Hello says it again.
    fn book_recorded(&self, recorded: &[(u64, u64)]) {
        let news = recorded.iter().filter_map(|(epoch, seq)| {
            let cell = self.cells.get(epoch)?;
            (i64::try_from(*seq).is_ok() && cell.is_recorded_news(*seq)).then_some((cell, *seq))
        });
        for (cell, seq) in news.take(limits::HELLO_BOOKED) {
            let Ok(place) = self.inner.queue.try_reserve() else { return };
            if cell.announce(seq) {
                place.send(Batch::announcement(Arc::clone(cell), seq, self.skew_ms));
            }
        }
    }

    /// Admits a frame and hands it to the committer.
    async fn take(&mut self, frame: Frame) -> Result<oneshot::Receiver<Outcome>, Status> {
        let received = Instant::now();
        let cell = self.cell(&frame).await?;
        let (rows, bytes) = (admit::claimed(&frame), frame.body.len());
        self.inner.metrics.frames.add(1);
        self.inner.metrics.frame_bytes.add(bytes as u64);
        self.inner.metrics.rows_received.add(rows);
        self.rest = self.inner.quotas.spend(&self.speaker.node, rows, bytes, received);
        let gate = Gate { now_us: clock::now_us(), accept_old: self.speaker.accept_old };
        let (quotas, node) = (Arc::clone(&self.inner.quotas), Arc::clone(&self.speaker.node));
        // What comes was recorded; whether more was, only an agent that says so knows.
        let last = frame.first_seq.saturating_add(rows.saturating_sub(1));
        let recorded = self.says_recorded.then_some(last);
        let work = move || {
            let mut admitted = gate.frame(&frame);
            quotas.series(&node, gate.now_us, received, &mut admitted);
            Taken {
                first_seq: frame.first_seq,
                count: rows,
                recorded,
                text_bytes: (frame.body_bytes as usize).min(wire::MAX_BODY_BYTES),
                admitted,
            }
        };
        let (taken, share) = self.inner.admit(work).await?;
        self.inner.submit(cell, taken, share, self.skew_ms, received).await
    }

    async fn cell(&mut self, frame: &Frame) -> Result<Arc<Cell>, Status> {
        if !admit::has_place(frame) {
            return Ok(Arc::new(Cell::detached(&self.speaker.node, NO_EPOCH)));
        }
        if let Some(cell) = self.cells.get(&frame.epoch) {
            return Ok(Arc::clone(cell));
        }
        if self.cells.len() >= 2 * limits::HELLO_EPOCHS {
            self.cells.clear();
        }
        let cell = self.inner.cells(&self.speaker.node, &[frame.epoch]).await?.swap_remove(0);
        self.cells.insert(frame.epoch, Arc::clone(&cell));
        Ok(cell)
    }

    /// Says what became of a frame. Many refusals go into several acks: each says how far it is
    /// told, and the last how far the epoch is stored.
    async fn acknowledge(&self, epoch: u64, outcome: Outcome) -> Result<(), Status> {
        for mut ack in acks(epoch, outcome) {
            ack.credit_bytes = self.inner.credit();
            self.answer(Answer::Ack(ack)).await?;
        }
        Ok(())
    }

    async fn answer(&self, answer: Answer) -> Result<(), Status> {
        let answer = PushResponse { message: Some(answer) };
        match tokio::time::timeout(limits::ANSWER, self.to.send(Ok(answer))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Status::cancelled("the client is gone")),
            Err(_) => Err(Status::deadline_exceeded(format!(
                "no answer was taken for {} s; read the acks",
                limits::ANSWER.as_secs()
            ))),
        }
    }
}

/// Comes when the token is no longer in force.
async fn revoked(tokens: Arc<Tokens>, speaker: Speaker) -> Status {
    let mut changes = tokens.changes();
    while tokens.holds(&speaker) {
        if changes.changed().await.is_err() {
            return Status::unavailable(STOPPING);
        }
    }
    Status::unauthenticated(format!(
        "the token of node {} was revoked; ask the operator of this collector for another one",
        speaker.node
    ))
}

fn acks(epoch: u64, outcome: Outcome) -> Vec<Ack> {
    let (through, parts) =
        (outcome.through, outcome.refusals.len().div_ceil(limits::ACK_REJECTIONS));
    let mut refusals = outcome.refusals.into_iter();
    let mut out = Vec::with_capacity(parts.max(1));
    for part in 1..=parts.max(1) {
        let refused: Vec<Refusal> = refusals.by_ref().take(limits::ACK_REJECTIONS).collect();
        let told = refused.last().map_or(0, Refusal::last_seq);
        let through_seq = if part >= parts { through } else { told.min(through) };
        let rejections = refused.into_iter().map(rejection).collect();
        out.push(Ack { epoch, through_seq, rejections, ..Ack::default() });
    }
    out
}

fn rejection(refusal: Refusal) -> Rejection {
    Rejection {
        first_seq: refusal.first_seq,
        count: refusal.count,
        reason: refusal.reason.word().to_owned(),
        detail: refusal.detail,
    }
}

/// An epoch for rows that came without: the same call has the same one.
fn hash(node: &str, request: &PushOnceRequest) -> u64 {
    use naap_schema::proto::plain_value::Value;
    let mut sha = Sha256::new();
    // With lengths, so that no two calls look alike.
    let mut add = |bytes: &[u8]| {
        sha.update((bytes.len() as u64).to_le_bytes());
        sha.update(bytes);
    };
    add(node.as_bytes());
    for row in &request.rows {
        add(row.entity.as_bytes());
        add(&row.ts_us.to_le_bytes());
        let mut values: Vec<_> = row.values.iter().collect();
        values.sort_by_key(|(name, _)| *name);
        add(&values.len().to_le_bytes());
        for (name, value) in values {
            add(name.as_bytes());
            match &value.value {
                None => add(b"-"),
                Some(Value::Integer(i)) => add(&[b"i".as_slice(), &i.to_le_bytes()].concat()),
                Some(Value::Number(x)) => add(&[b"n".as_slice(), &x.to_le_bytes()].concat()),
                Some(Value::Text(s)) => add(&[b"t", s.as_bytes()].concat()),
            }
        }
    }
    let digest = sha.finalize();
    let eight = digest.first_chunk::<8>().copied().unwrap_or_default();
    (u64::from_le_bytes(eight) >> 1).max(1)
}

#[cfg(test)]
mod tests;
