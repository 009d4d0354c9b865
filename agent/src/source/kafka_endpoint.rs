//! Gateway events from gateways themselves: an endpoint on loopback that speaks enough of Kafka's
//! protocol that go-livepeer takes it for a broker. It has one topic of one partition, takes events
//! and hands out nothing. It may listen on loopback; it must never say that an event is safe before
//! the spool has it, and never leave a client without an answer: kafka-go has no time limit, and
//! go-livepeer loses events while it waits.
//!
//! Retries of a client are no second rows: an event's row is known by the event's id.

mod answer;
mod batch;
mod wire;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use subtle::ConstantTimeEq;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::time::{Instant, timeout, timeout_at};

use super::gateway_event;
use super::kafka::{Closing, Secret, Seldom};
use super::{Drop, Drops, Now, Pace, Reading, Source, SourceError};
use crate::record::Batch;
use crate::{limits, machine};
use answer::{Header, Produce, Taken, code};
use batch::{Missing, Unpacked};
use wire::Reader;

/// Who may send, where not everybody on this machine may.
#[derive(Debug, Clone)]
pub struct Login {
    /// The user.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// The endpoint.
#[derive(Debug)]
pub struct KafkaEndpoint {
    shared: Arc<Shared>,
    listen: SocketAddr,
    events: mpsc::Receiver<Batch>,
    listening: Option<SocketAddr>,
    closing: Arc<watch::Sender<bool>>,
}

/// What connections have in common.
#[derive(Debug)]
struct Shared {
    name: String,
    topic: String,
    origin: &'static str,
    login: Option<Login>,
    to_source: mpsc::Sender<Batch>,
    drops: Mutex<Drops>,
    /// KiB of requests that may be held.
    memory: Semaphore,
    unpacking: Semaphore,
    offset: AtomicI64,
    wrong_topic: Seldom,
    /// When somebody first asked for the topics, until it was said that nobody sends.
    asked: Mutex<Option<Instant>>,
    trouble: Seldom,
}

impl KafkaEndpoint {
    /// An endpoint that will listen when it is first read.
    pub fn new(
        name: String,
        listen: SocketAddr,
        topic: String,
        login: Option<Login>,
        origin: &'static str,
    ) -> Self {
        let (to_source, events) = mpsc::channel(limits::KAFKA_QUEUE);
        let shared = Shared {
            name,
            topic,
            origin,
            login,
            to_source,
            drops: Mutex::default(),
            memory: Semaphore::new(limits::KAFKA_FRAMES_BYTES >> 10),
            unpacking: Semaphore::new(limits::KAFKA_UNPACKING),
            offset: AtomicI64::new(0),
            wrong_topic: Seldom::default(),
            asked: Mutex::default(),
            trouble: Seldom::default(),
        };
        let closing = Arc::new(watch::Sender::new(false));
        Self { shared: Arc::new(shared), listen, events, listening: None, closing }
    }

    async fn listen(&mut self) -> Result<(), SourceError> {
        let what = format!("{}, where the gateway's events come in", self.listen);
        let io = |source| SourceError::Io { what: what.clone(), source };
        let listener = TcpListener::bind(self.listen).await.map_err(io)?;
        let address = listener.local_addr().map_err(io)?;
        let shared = Arc::clone(&self.shared);
        tracing::info!(
            source = shared.name,
            %address,
            topic = shared.topic,
            "listening for gateway events; start the gateway with -monitor \
             -kafkaBootstrapServers {address} -kafkaGatewayTopic {}",
            shared.topic
        );
        tokio::spawn(accept(shared, listener, self.closing.subscribe()));
        self.listening = Some(address);
        Ok(())
    }
}

impl std::ops::Drop for KafkaEndpoint {
    fn drop(&mut self) {
        self.closing.send_replace(true);
    }
}

#[async_trait]
impl Source for KafkaEndpoint {
    fn name(&self) -> &str {
        &self.shared.name
    }

    fn pace(&self) -> Pace {
        Pace::Stream
    }

    fn closing(&self) -> Option<Closing> {
        Some(Closing::of(&self.closing))
    }

    fn deadline(&self) -> Duration {
        limits::STREAM_READ
    }

    async fn read(&mut self, _: Now) -> Result<Reading, SourceError> {
        if self.listening.is_none() {
            self.listen().await?;
        }
        // An empty reading makes the next one late; what gateways send should not be.
        let begun = Instant::now();
        let mut batch = None;
        while batch.is_none() && begun.elapsed() < limits::STREAM_READ / 2 {
            batch = timeout(limits::KAFKA_READ, self.events.recv()).await.ok().flatten();
            if self.shared.has_dropped() {
                break;
            }
        }
        let Batch { rows, recorded, soon } = batch.unwrap_or_default();
        let mut drops = self.shared.drops.lock().unwrap_or_else(PoisonError::into_inner);
        let drops = std::mem::take(&mut *drops);
        Ok(Reading { rows, drops, recorded, soon, ..Reading::default() })
    }
}

/// Takes connections until the endpoint closes.
async fn accept(shared: Arc<Shared>, listener: TcpListener, mut closing: watch::Receiver<bool>) {
    let room = Arc::new(Semaphore::new(limits::KAFKA_CONNECTIONS));
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = closing.wait_for(|c| *c) => return,
        };
        match (stream, Arc::clone(&room).try_acquire_owned()) {
            (Ok((stream, _)), Ok(room)) => {
                let (shared, closing) = (Arc::clone(&shared), closing.clone());
                tokio::spawn(async move {
                    Connection { shared, stream, authenticating: None }.serve(closing).await;
                    drop(room);
                });
            }
            (Ok(_), Err(_)) => {
                if shared.trouble.now() {
                    tracing::warn!(
                        source = shared.name,
                        limit = limits::KAFKA_CONNECTIONS,
                        "there are too many connections of Kafka clients; another one is refused"
                    );
                }
            }
            (Err(error), _) => {
                if shared.trouble.now() {
                    tracing::warn!(source = shared.name, %error, "a connection cannot be taken");
                }
                // There are no descriptors left, most likely.
                tokio::time::sleep(limits::IDLE).await;
            }
        }
    }
}

/// Where a client is that has to say who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Authenticating {
    Handshake,
    Token,
}

struct Connection {
    shared: Arc<Shared>,
    stream: TcpStream,
    authenticating: Option<Authenticating>,
}

/// What a request gets.
enum Answer {
    Bytes(Vec<u8>),
    /// And then the connection is closed.
    Last(Vec<u8>),
    Nothing,
    Close,
}

impl Connection {
    async fn serve(mut self, mut closing: watch::Receiver<bool>) {
        self.authenticating = self.shared.login.as_ref().map(|_| Authenticating::Handshake);
        if let Err(error) = self.stream.set_nodelay(true) {
            tracing::debug!(%error, "answers of the Kafka endpoint may be late");
        }
        let begun = Instant::now();
        let mut first = true;
        loop {
            let wait = match first || self.authenticating.is_some() {
                true => begun + limits::KAFKA_HANDSHAKE,
                false => Instant::now() + limits::KAFKA_IDLE,
            };
            let shared = Arc::clone(&self.shared);
            let frame = tokio::select! {
                frame = frame(&shared, &mut self.stream, wait) => frame,
                _ = closing.wait_for(|c| *c) => return,
            };
            // A client that goes away, or says what cannot be read, is no affair of others.
            let Some((frame, memory)) = frame else { return };
            first = false;
            let answer = self.answer(frame).await;
            drop(memory);
            let (bytes, last) = match answer {
                Answer::Bytes(bytes) => (bytes, false),
                Answer::Last(bytes) => (bytes, true),
                Answer::Nothing => continue,
                Answer::Close => return,
            };
            let sent = timeout(limits::KAFKA_FRAME, self.stream.write_all(&bytes)).await;
            if last || !matches!(sent, Ok(Ok(()))) {
                return;
            }
        }
    }

    async fn answer(&mut self, frame: Vec<u8>) -> Answer {
        let mut request = Reader::new(&frame);
        let Ok(header) = Header::read(&mut request) else { return Answer::Close };
        if header.api == answer::API_VERSIONS {
            return Answer::Bytes(answer::versions(header));
        }
        if !header.known() {
            return Answer::Last(answer::unsupported(header));
        }
        match (header.api, self.authenticating) {
            // In version 0 what follows is no request of the protocol.
            (answer::SASL_HANDSHAKE, _) if header.version == 0 => {
                Answer::Last(answer::unsupported(header))
            }
            (answer::SASL_HANDSHAKE, _) => self.handshake(header, request),
            (answer::SASL_AUTHENTICATE, Some(Authenticating::Token)) => {
                self.authenticate(header, request)
            }
            (_, Some(_)) => Answer::Close,
            (answer::METADATA, None) => self.metadata(header, request),
            (answer::INIT_PRODUCER_ID, None) => {
                let id = i64::try_from(machine::random() >> 1).unwrap_or(i64::MAX);
                Answer::Bytes(answer::producer(header, id))
            }
            (answer::PRODUCE, None) => {
                let body = frame.len() - request.rest().len();
                self.shared.produce(header, frame, body).await
            }
            _ => {
                if self.shared.trouble.now() {
                    tracing::warn!(
                        source = self.shared.name,
                        request = header.api,
                        "a client wants to read from the agent's Kafka endpoint, which only takes \
                         events; it is turned away"
                    );
                }
                Answer::Last(answer::unsupported(header))
            }
        }
    }

    fn handshake(&mut self, header: Header, mut request: Reader<'_>) -> Answer {
        let Ok(Some(mechanism)) = request.string() else { return Answer::Close };
        let offered: &[&str] = if self.shared.login.is_some() { &["PLAIN"] } else { &[] };
        if offered.contains(&mechanism) {
            self.authenticating = Some(Authenticating::Token);
            return Answer::Bytes(answer::handshake(header, code::NONE, offered));
        }
        Answer::Last(answer::handshake(header, code::UNSUPPORTED_SASL_MECHANISM, offered))
    }

    fn authenticate(&mut self, header: Header, mut request: Reader<'_>) -> Answer {
        let Ok(Some(token)) = request.bytes() else { return Answer::Close };
        let expected = self.shared.login.as_ref();
        if expected.is_some_and(|login| login.fits(token)) {
            self.authenticating = None;
            return Answer::Bytes(answer::authenticated(header, true));
        }
        if self.shared.trouble.now() {
            tracing::warn!(
                source = self.shared.name,
                "a Kafka client came with a wrong user or password"
            );
        }
        Answer::Last(answer::authenticated(header, false))
    }

    fn metadata(&self, header: Header, mut request: Reader<'_>) -> Answer {
        let Ok(asked) = answer::topics(&mut request) else { return Answer::Close };
        // Bound to one address: as the client sees this end is as it reaches it again.
        let Ok(here) = self.stream.local_addr() else { return Answer::Close };
        match &asked {
            None => self.shared.asked_for_all(),
            Some(topics) => {
                for topic in topics.iter().filter(|t| **t != self.shared.topic) {
                    self.shared.wrong_topic(topic, 0);
                }
            }
        }
        let asked = asked.as_deref();
        Answer::Bytes(answer::metadata(header, here, &self.shared.topic, asked))
    }
}

impl Login {
    /// Whether a token of the mechanism PLAIN is this one: who acts, who says so, the password.
    fn fits(&self, token: &[u8]) -> bool {
        let mut parts = token.split(|b| *b == 0);
        let (Some(acts), Some(user), Some(password), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return false;
        };
        let same = user.ct_eq(self.user.as_bytes());
        let same = same & password.ct_eq(self.password.reveal().as_bytes());
        (acts.is_empty() || acts == user) && bool::from(same)
    }
}

/// Reads a request and the room that it takes; `None` where there is none to be had: the client
/// went away, is too slow, or says that it will send too much.
async fn frame<'a>(
    shared: &'a Shared,
    stream: &mut TcpStream,
    wait: Instant,
) -> Option<(Vec<u8>, tokio::sync::SemaphorePermit<'a>)> {
    let mut length = [0; 4];
    timeout_at(wait, stream.read_exact(length.get_mut(..1)?)).await.ok()?.ok()?;
    let end = Instant::now() + limits::KAFKA_FRAME;
    timeout_at(end, stream.read_exact(length.get_mut(1..)?)).await.ok()?.ok()?;
    let length = usize::try_from(i32::from_be_bytes(length)).ok()?;
    if length > limits::KAFKA_FRAME_BYTES {
        if shared.trouble.now() {
            tracing::warn!(
                source = shared.name,
                bytes = length,
                limit = limits::KAFKA_FRAME_BYTES,
                "a request is too large, or not Kafka's; its connection is closed"
            );
        }
        return None;
    }
    let kib = u32::try_from(length >> 10).ok()? + 1;
    let memory = timeout_at(end, shared.memory.acquire_many(kib)).await.ok()?.ok()?;
    let mut frame = Vec::new();
    let most = u64::try_from(length).ok()?;
    let read = timeout_at(end, (&mut *stream).take(most).read_to_end(&mut frame)).await.ok()?;
    (read.ok()? == length).then_some((frame, memory))
}

impl Shared {
    fn has_dropped(&self) -> bool {
        !self.drops.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    fn count(&self, drop: Drop, n: u64) {
        if n > 0 {
            let mut drops = self.drops.lock().unwrap_or_else(PoisonError::into_inner);
            *drops.entry(drop).or_default() += n;
        }
    }

    /// A gateway with another topic asks for all, does not find its own, and sends nothing: what its
    /// topic is cannot be seen here.
    fn asked_for_all(&self) {
        let nothing_yet = self.offset.load(Ordering::Relaxed) == 0;
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let since = asked.get_or_insert_with(Instant::now);
        if nothing_yet && since.elapsed() >= limits::COMPLAIN {
            *since += limits::KAFKA_HINT_EVERY;
            tracing::info!(
                source = self.name,
                "a client asks for the topics again and again, and has sent nothing; if the \
                 gateway's log says Unknown Topic Or Partition, set its -kafkaGatewayTopic {}",
                self.topic
            );
        }
    }

    fn wrong_topic(&self, topic: &str, records: u64) {
        self.count(Drop::WrongTopic, records.max(1));
        if self.wrong_topic.now() {
            tracing::warn!(
                source = self.name,
                "the gateway's -kafkaGatewayTopic is {topic:?}, the agent's is {:?}; its events \
                 are refused until both are the same",
                self.topic
            );
        }
    }

    /// Takes the events of a request and answers when they are recorded.
    async fn produce(&self, header: Header, frame: Vec<u8>, body: usize) -> Answer {
        let begun = Instant::now();
        let Ok(unpacking) = timeout(limits::KAFKA_ANSWER, self.unpacking.acquire()).await else {
            return Answer::Close;
        };
        let topic = self.topic.clone();
        let version = header.version;
        let unpacked = machine::blocking(move || {
            let mut request = Reader::new(frame.get(body..).unwrap_or_default());
            Produce::read(&mut request, version).map(|produce| unpack(&produce, &topic))
        });
        let Ok(Ok(Request { acks, timeout_ms, mut taken, wrong, events })) = unpacked.await else {
            return Answer::Close;
        };
        if let Some(topic) = wrong {
            self.wrong_topic(&topic, 0);
        }
        let asked = u64::try_from(timeout_ms).map_or(limits::KAFKA_ANSWER, Duration::from_millis);
        let until = begun + limits::KAFKA_ANSWER.min(asked.max(limits::IDLE));
        let count = i64::try_from(events.values.len()).unwrap_or_default();
        let became = timeout_at(until, self.take(events)).await.unwrap_or_else(|_| {
            if self.trouble.now() {
                tracing::warn!(
                    source = self.name,
                    "events were not recorded in time; the gateway is told to send them again"
                );
            }
            code::REQUEST_TIMED_OUT
        });
        drop(unpacking);
        let offset = self.offset.fetch_add(count, Ordering::Relaxed);
        for part in taken.iter_mut().filter(|t| t.code == code::NONE) {
            (part.code, part.offset) = (became, offset);
        }
        let failed = taken.iter().any(|t| t.code != code::NONE);
        match acks {
            0 if failed => Answer::Close,
            0 => Answer::Nothing,
            _ => Answer::Bytes(answer::produced(header, &taken)),
        }
    }

    /// Gives the rows of events to the recorder, in parts, and waits for all of them.
    async fn take(&self, events: Unpacked) -> i16 {
        let (mut rows, mut waiting) = (Vec::new(), Vec::new());
        let mut values = events.values.into_iter().peekable();
        while let Some(value) = values.next() {
            match value {
                Err(Missing::Null) => self.count(Drop::Malformed, 1),
                Err(Missing::TooLong) => self.count(Drop::TooLong, 1),
                Ok(value) => match gateway_event::parse(&value, self.origin, 0) {
                    Err(drop) => self.count(drop, 1),
                    Ok(parsed) => {
                        parsed.cut.into_iter().for_each(|cut| self.count(cut, 1));
                        rows.extend(parsed.rows);
                    }
                },
            }
            let last = values.peek().is_none();
            if rows.len() >= limits::KAFKA_ROWS || (last && !rows.is_empty()) {
                let (recorded, told) = oneshot::channel();
                let rows = std::mem::take(&mut rows);
                let batch = Batch { rows, recorded: Some(recorded), soon: true };
                // The source is gone, and with it the recorder's side of the promise.
                if self.to_source.send(batch).await.is_err() {
                    return code::KAFKA_STORAGE_ERROR;
                }
                waiting.push(told);
            }
        }
        for told in waiting {
            // Dropped without a word: the agent stops, or no disk takes them.
            if told.await.is_err() {
                return code::KAFKA_STORAGE_ERROR;
            }
        }
        code::NONE
    }
}

/// What a request holds.
struct Request {
    acks: i16,
    timeout_ms: i32,
    taken: Vec<Taken>,
    /// A topic that is not ours.
    wrong: Option<String>,
    events: Unpacked,
}

fn unpack(produce: &Produce<'_>, topic: &str) -> Request {
    let (mut events, mut wrong) = (Unpacked::default(), None);
    let mut taken = Vec::new();
    for (name, partition, records) in &produce.parts {
        let code = if *name != topic {
            wrong = Some((*name).to_owned());
            code::UNKNOWN_TOPIC_OR_PARTITION
        } else if *partition != 0 {
            code::UNKNOWN_TOPIC_OR_PARTITION
        } else {
            events.add(records).map_or_else(batch::Bad::code, |()| code::NONE)
        };
        let topic = (*name).to_owned();
        taken.push(Taken { topic, partition: *partition, code, offset: -1 });
    }
    Request { acks: produce.acks, timeout_ms: produce.timeout_ms, taken, wrong, events }
}
