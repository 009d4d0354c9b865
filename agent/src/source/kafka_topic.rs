//! Gateway events from a topic of a Kafka broker that there is already, as a member of a consumer
//! group. It may read that topic and say how far it is; it must never say so before the spool has
//! the rows: offsets are committed by hand, a batch at a time, and by nobody else.
//!
//! What is read again after a crash or a rebalance gives the same rows: a row is known by the id of
//! its event. What is no event is counted, and passed by.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{CommitMode, Consumer, ConsumerContext, StreamConsumer};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, timeout_at};

use super::gateway_event;
use super::kafka::{Closing, Secret, Seldom};
use super::{Drop, Now, Pace, Reading, Source, SourceError};
use crate::limits;

/// What is read, and as whom.
#[derive(Debug, Clone)]
pub struct Subscription {
    /// `HOST:PORT,HOST:PORT`.
    pub brokers: String,
    /// The topic.
    pub topic: String,
    /// The consumer group.
    pub group: String,
    /// Whether the brokers speak TLS, and who vouches for them; the system's authorities if `None`.
    pub tls: Option<Option<std::path::PathBuf>>,
    /// Mechanism (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512), user and password.
    pub login: Option<(&'static str, String, Secret)>,
}

/// The source.
#[derive(Debug)]
pub struct KafkaTopic {
    name: String,
    subscription: Subscription,
    origin: &'static str,
    consumer: Option<Member>,
    /// Rows on their way to the spool, and how far that is in each partition.
    under_way: Option<(oneshot::Receiver<()>, HashMap<i32, i64>)>,
    trouble: Option<SourceError>,
    closing: Arc<watch::Sender<bool>>,
}

/// A member of the group. Leaving it blocks, so that is done where nobody waits.
struct Member(Option<StreamConsumer<Context>>, watch::Receiver<bool>);

impl std::fmt::Debug for Member {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Member")
    }
}

impl std::ops::Drop for Member {
    fn drop(&mut self) {
        let (consumer, closed) = (self.0.take(), self.1.clone());
        // A thread that no exit waits for: a broker that is away must not keep the agent.
        std::thread::spawn(move || {
            drop(consumer);
            drop(closed);
        });
    }
}

/// Hears what librdkafka says by itself.
struct Context {
    name: String,
    seldom: Seldom,
    commits_failed: AtomicU64,
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        let grave = !matches!(
            level,
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug
        );
        if grave && self.seldom.now() {
            tracing::warn!(source = self.name, facility, "Kafka's client: {message:?}");
        } else {
            tracing::debug!(source = self.name, facility, "Kafka's client: {message:?}");
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        // Reads fail by it, and are counted.
        tracing::debug!(source = self.name, %error, reason, "Kafka's client");
    }
}

impl ConsumerContext for Context {
    fn commit_callback(&self, result: KafkaResult<()>, _: &TopicPartitionList) {
        if let Err(error) = result {
            self.commits_failed.fetch_add(1, Ordering::Relaxed);
            tracing::debug!(source = self.name, %error, "an offset was not committed");
        }
    }
}

impl KafkaTopic {
    /// A source that joins its group when it is first read.
    pub fn new(name: String, subscription: Subscription, origin: &'static str) -> Self {
        let closing = Arc::new(watch::Sender::new(false));
        let (consumer, under_way, trouble) = (None, None, None);
        Self { name, subscription, origin, consumer, under_way, trouble, closing }
    }

    fn join(&self) -> Result<Member, SourceError> {
        let s = &self.subscription;
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &s.brokers)
            .set("group.id", &s.group)
            .set("client.id", "naap-agent")
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "earliest")
            .set("allow.auto.create.topics", "false")
            // What a member that was killed has is given to others, or to itself, after this.
            .set("session.timeout.ms", limits::KAFKA_SESSION.as_millis().to_string())
            .set("queued.max.messages.kbytes", limits::KAFKA_FETCHED_KIB.to_string())
            .set("fetch.max.bytes", limits::KAFKA_FETCH_BYTES.to_string())
            .set("max.partition.fetch.bytes", limits::LINE_BYTES.to_string())
            .set_log_level(RDKafkaLogLevel::Info);
        let protocol = match (s.tls.is_some(), s.login.is_some()) {
            (false, false) => "plaintext",
            (true, false) => "ssl",
            (false, true) => "sasl_plaintext",
            (true, true) => "sasl_ssl",
        };
        config.set("security.protocol", protocol);
        if let Some(authority) = &s.tls {
            let authority = authority.as_ref().map(|file| file.display().to_string());
            config.set("ssl.ca.location", authority.as_deref().unwrap_or("probe"));
        }
        if let Some((mechanism, user, password)) = &s.login {
            config.set("sasl.mechanism", *mechanism);
            config.set("sasl.username", user).set("sasl.password", password.reveal());
        }
        let name = self.name.clone();
        let (seldom, commits_failed) = (Seldom::default(), AtomicU64::new(0));
        let context = Context { name, seldom, commits_failed };
        let consumer: StreamConsumer<Context> =
            config.create_with_context(context).map_err(|e| self.failed(&e))?;
        consumer.subscribe(&[&s.topic]).map_err(|e| self.failed(&e))?;
        Ok(Member(Some(consumer), self.closing.subscribe()))
    }

    /// A failure in words; never with a value of the configuration, which could be the password.
    fn failed(&self, error: &KafkaError) -> SourceError {
        let Subscription { brokers, topic, group, .. } = &self.subscription;
        let said = match error {
            KafkaError::ClientConfig(_, _, key, _) => format!("it does not take this {key}"),
            KafkaError::MessageConsumption(RDKafkaErrorCode::UnknownTopicOrPartition) => {
                "there is no such topic, or its user may not see it".to_owned()
            }
            other => other.to_string(),
        };
        SourceError::Connect(format!("topic {topic:?} at {brokers} as group {group:?}: {said}"))
    }

    /// Waits until what was given is recorded, and commits that.
    async fn settle(&mut self) -> Result<(), SourceError> {
        let Some((told, _)) = &mut self.under_way else { return Ok(()) };
        let recorded = told.await.is_ok();
        let offsets = self.under_way.take().map(|(_, offsets)| offsets).unwrap_or_default();
        if !recorded {
            // What is not recorded is not committed, nor anything behind it: it is read again.
            self.consumer = None;
            let source = std::io::Error::other("its rows are not on disk yet; it is read again");
            return Err(SourceError::Io { what: self.subscription.topic.clone(), source });
        }
        let Some(Member(Some(consumer), _)) = &self.consumer else { return Ok(()) };
        let mut list = TopicPartitionList::new();
        for (partition, next) in offsets {
            list.add_partition_offset(&self.subscription.topic, partition, Offset::Offset(next))
                .map_err(|e| self.failed(&e))?;
        }
        consumer.commit(&list, CommitMode::Async).map_err(|e| self.failed(&e))?;
        match consumer.context().commits_failed.swap(0, Ordering::Relaxed) {
            0 => Ok(()),
            n => Err(SourceError::Connect(format!(
                "{n} commits of offsets were refused, for example since the group was shared out \
                 anew; what they stood for may come again"
            ))),
        }
    }

    fn take(&self, message: &BorrowedMessage<'_>, reading: &mut Reading) {
        let mut count = |d: Drop| *reading.drops.entry(d).or_default() += 1;
        match message.payload() {
            None => count(Drop::Malformed),
            Some(value) if value.len() > limits::LINE_BYTES => count(Drop::TooLong),
            Some(value) => match gateway_event::parse(value, self.origin, 0) {
                Ok(parsed) => {
                    parsed.cut.into_iter().for_each(&mut count);
                    reading.rows.extend(parsed.rows);
                }
                Err(drop) => count(drop),
            },
        }
    }
}

#[async_trait]
impl Source for KafkaTopic {
    fn name(&self) -> &str {
        &self.name
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
        self.settle().await?;
        if let Some(trouble) = self.trouble.take() {
            return Err(trouble);
        }
        if self.consumer.is_none() {
            self.consumer = Some(self.join()?);
        }
        let Some(Member(Some(consumer), _)) = &self.consumer else {
            return Ok(Reading::default());
        };
        let (mut reading, mut offsets) = (Reading::default(), HashMap::new());
        let (mut trouble, mut fatal) = (None, false);
        let mut until = Instant::now() + limits::KAFKA_READ;
        let mut messages = 0;
        for _ in 0..limits::KAFKA_ROWS {
            match timeout_at(until, consumer.recv()).await {
                Err(_) => break,
                // While brokers are away the client tells of each of its tries. All are taken at once:
                // a pause after each would keep what comes after them waiting for minutes.
                Ok(Err(error)) => {
                    trouble = Some(self.failed(&error));
                    fatal = consumer.client().fatal_error().is_some();
                    if fatal {
                        break;
                    }
                    continue;
                }
                Ok(Ok(message)) => {
                    trouble = None;
                    offsets.insert(message.partition(), message.offset() + 1);
                    self.take(&message, &mut reading);
                }
            }
            if messages == 0 {
                until = until.min(Instant::now() + limits::GATHER);
            }
            messages += 1;
            if reading.rows.len() >= limits::KAFKA_ROWS {
                break;
            }
        }
        self.trouble = trouble;
        if fatal {
            self.consumer = None;
        }
        let (recorded, told) = oneshot::channel();
        if reading.rows.is_empty() {
            // Nothing of it is to be recorded; it is passed by.
            recorded.send(()).ok();
        } else {
            reading.recorded = Some(recorded);
        }
        if !offsets.is_empty() {
            self.under_way = Some((told, offsets));
        }
        Ok(reading)
    }
}
