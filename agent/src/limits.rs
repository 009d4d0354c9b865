//! Bounds of everything in the agent that grows with what others send.

use std::time::Duration;

/// Batches of rows on their way from the sources to the recorder.
pub(crate) const BATCHES: usize = 64;
/// Rows that one frame holds at most.
pub(crate) const FRAME_ROWS: usize = 2000;
/// Encoded frames below this many bytes are worth sending together; above it one is closed.
pub(crate) const FRAME_TEXT_BYTES: usize = 256 << 10;
/// How long the recorder waits for more rows before it closes a frame.
pub(crate) const GATHER: Duration = Duration::from_millis(200);
/// Between two fsyncs of the spool, if rows come all the time.
pub(crate) const SYNC_EVERY: Duration = Duration::from_secs(1);
/// The same if somebody loses something until then: go-livepeer's queue runs over, for one.
pub(crate) const SYNC_SOON: Duration = Duration::from_millis(20);
/// No row waits longer than this for its fsync to begin.
pub(crate) const SYNC_WITHIN: Duration = Duration::from_millis(800);
/// A segment of the spool, bytes: what is read back at once, and what a full spool evicts at once.
pub(crate) const SEGMENT_BYTES: u64 = 1 << 20;
/// A file of the spool that is larger was not made by this agent; the rest of it is not read.
pub(crate) const SEGMENT_MOST_BYTES: u64 = 64 << 20;
/// Kept free at the end of a segment for the row that declares an eviction, bytes.
pub(crate) const RESERVE_BYTES: u64 = 4 << 10;
/// Such a row takes less than this, as a record, bytes.
pub(crate) const DECLARATION_BYTES: u64 = 512;
/// The newest frames that are kept in memory, so that what is sent at once is not read back, bytes.
pub(crate) const RECENT_BYTES: usize = 512 << 10;
/// What waits in memory when no disk takes it, bytes.
pub(crate) const MEMORY_BYTES: u64 = 8 << 20;
/// What is evicted at once from there, bytes.
pub(crate) const MEMORY_SEGMENT_BYTES: u64 = 256 << 10;
/// A disk that refused a file is tried again after this.
pub(crate) const DISK_RETRY: Duration = Duration::from_secs(10);
/// Files tried one after the other for rows whose file failed.
pub(crate) const RESCUES: u32 = 2;
/// Frames that the collector refused, kept for whoever looks into it.
pub(crate) const QUARANTINED: usize = 64;
/// Refused frames that a running agent remembers.
pub(crate) const REFUSED: usize = 1000;
/// More than this of the running epoch waiting is a backlog: new rows get an epoch of their own.
pub(crate) const LIVE_BYTES: u64 = 256 << 10;
/// Between two epochs of one process.
pub(crate) const RENEW_EVERY: Duration = Duration::from_secs(60);
/// Epochs in a Hello.
pub(crate) const HELLO_EPOCHS: usize = 1000;
/// Epochs waiting at a time, beyond which no new one is begun.
pub(crate) const EPOCHS: usize = 64;
/// A backlog is sent at most this quickly, bytes a second: the node's own traffic goes first.
pub(crate) const BACKLOG_BYTES_PER_S: f64 = 2e6;
/// Frames' bytes that are sent and not yet acknowledged, unless the collector says.
pub(crate) const IN_FLIGHT_BYTES: usize = 4 << 20;
/// First and largest pause before a new connection (full jitter).
pub(crate) const BACKOFF: (Duration, Duration) =
    (Duration::from_millis(500), Duration::from_secs(15));
/// How long a connection, and the answer to a Hello, may take.
pub(crate) const CONNECT: Duration = Duration::from_secs(10);
/// Between two HTTP/2 pings, and how long the answer may take.
pub(crate) const KEEPALIVE: Duration = Duration::from_secs(20);
/// A line of gateway events, bytes; a longer one is dropped without being held.
pub(crate) const LINE_BYTES: usize = 1 << 20;
/// Lines that one read of a file takes.
pub(crate) const LINES: usize = 500;
/// Rows that one event may give (network capabilities of a whole network are about 400).
pub(crate) const EVENT_ROWS: usize = 20_000;
/// Pause after a read that found nothing new.
pub(crate) const IDLE: Duration = Duration::from_millis(200);
/// Body of a node's metrics page, bytes.
pub(crate) const SCRAPE_BYTES: usize = 8 << 20;
/// Lines of a metrics page.
pub(crate) const SCRAPE_LINES: usize = 200_000;
/// Line of a metrics page, bytes: error texts in labels can be whole images.
pub(crate) const SCRAPE_LINE_BYTES: usize = 256 << 10;
/// A read of a stream source that takes longer has hung.
pub(crate) const STREAM_READ: Duration = Duration::from_secs(30);
/// Network interfaces that are reported.
pub(crate) const INTERFACES: usize = 256;
/// Disks are looked at at most this often: their figures move slowly.
pub(crate) const DISKS_EVERY: Duration = Duration::from_secs(10);
/// How often the agent reports on itself.
pub(crate) const OWN_EVERY: Duration = Duration::from_secs(10);
/// After a stop is asked for, rows under way have this long to be acknowledged.
pub(crate) const DRAIN: Duration = Duration::from_secs(4);
/// The same complaint is logged at most this often.
pub(crate) const COMPLAIN: Duration = Duration::from_secs(60);
/// A request of a Kafka client, bytes: producers send 1 MiB at most unless told otherwise.
pub(crate) const KAFKA_FRAME_BYTES: usize = 2 << 20;
/// Requests of all Kafka clients that are held at a time, bytes.
pub(crate) const KAFKA_FRAMES_BYTES: usize = 8 << 20;
/// The record batches of one request, unpacked, bytes.
pub(crate) const KAFKA_UNPACKED_BYTES: usize = 4 << 20;
/// Records of one request.
pub(crate) const KAFKA_RECORDS: usize = 20_000;
/// Topics, and partitions of them, that one request may name.
pub(crate) const KAFKA_TOPICS: usize = 1000;
/// Requests with events that are unpacked at a time.
pub(crate) const KAFKA_UNPACKING: usize = 4;
/// Rows of events that go to the recorder at once; a larger request goes in parts.
pub(crate) const KAFKA_ROWS: usize = 2000;
/// Parts of requests that wait for the recorder.
pub(crate) const KAFKA_QUEUE: usize = 8;
/// Connections of Kafka clients; a gateway has two.
pub(crate) const KAFKA_CONNECTIONS: usize = 32;
/// A new connection must have said something, and who it is, within this.
pub(crate) const KAFKA_HANDSHAKE: Duration = Duration::from_secs(5);
/// A request that has begun must be there, and an answer taken, within this.
pub(crate) const KAFKA_FRAME: Duration = Duration::from_secs(5);
/// A connection that says nothing for longer is closed.
pub(crate) const KAFKA_IDLE: Duration = Duration::from_secs(600);
/// Events are recorded within this, or the answer is an error: kafka-go waits for ever.
pub(crate) const KAFKA_ANSWER: Duration = Duration::from_secs(4);
/// What was left out by a Kafka endpoint that gets no events is reported after this.
pub(crate) const KAFKA_READ: Duration = Duration::from_secs(1);
/// Between two hints that a gateway's topic may be another one.
pub(crate) const KAFKA_HINT_EVERY: Duration = Duration::from_secs(3600);
/// What is under way when the agent stops is answered within this.
pub(crate) const KAFKA_CLOSE: Duration = Duration::from_secs(1);
/// What is fetched from brokers ahead of being read, KiB.
#[cfg(feature = "kafka-consumer")]
pub(crate) const KAFKA_FETCHED_KIB: usize = 8 << 10;
/// What a broker may put into one answer, bytes.
#[cfg(feature = "kafka-consumer")]
pub(crate) const KAFKA_FETCH_BYTES: usize = 4 << 20;
/// A member of a consumer group that says nothing for so long is taken for dead.
#[cfg(feature = "kafka-consumer")]
pub(crate) const KAFKA_SESSION: Duration = Duration::from_secs(10);
