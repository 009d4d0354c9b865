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
/// A series of a node's metrics that is kept as it is: between two rows, if it changed. A second
/// less than a minute, since the pace of scrapes is not kept to the millisecond.
pub(crate) const OTHER_EVERY: Duration = Duration::from_secs(59);
/// Between two rows of any series of a node, if nothing changed.
pub(crate) const SAME_EVERY: Duration = Duration::from_secs(599);
/// Orchestrators, models, senders and errors of one node, each.
pub(crate) const NODE_KEYS: usize = 2000;
/// Series of one node that are kept as they are.
pub(crate) const NODE_SERIES: usize = 1000;
/// GPUs of a machine that are read.
pub(crate) const GPUS: u32 = 64;
/// Processes of one GPU that are looked at.
pub(crate) const GPU_PROCESSES: usize = 256;
/// MIG devices of one GPU.
pub(crate) const GPU_INSTANCES: u32 = 16;
/// NVLink links of one GPU.
pub(crate) const GPU_LINKS: u32 = 18;
/// What changes seldom of a GPU, and what it did not tell, is asked again after this.
pub(crate) const GPU_FACTS_EVERY: Duration = Duration::from_secs(60);
/// Between two looks at PCIe throughput: each waits 40 ms for each GPU.
pub(crate) const GPU_PCIE_EVERY: Duration = Duration::from_secs(60);
/// A line that the reader of GPUs is sent, bytes.
pub(crate) const GPU_REQUEST_BYTES: u64 = 4096;
/// A line of the reader, bytes.
pub(crate) const GPU_LINE_BYTES: u64 = 4 << 20;
/// Lines of the reader for one answer: events, and what a library prints.
pub(crate) const GPU_LINES: usize = 1000;
/// Events that the reader says at once, between two answers.
pub(crate) const GPU_EVENTS_AT_ONCE: u32 = 32;
/// Different events that it keeps apart beyond those.
pub(crate) const GPU_EVENTS_FOLDED: usize = 128;
/// How long it waits for an event before it waits again, ms.
pub(crate) const GPU_EVENT_WAIT_MS: u32 = 5000;
/// Failures one after the other, after which it waits for events no more.
pub(crate) const GPU_EVENT_FAILURES: u32 = 600;
/// A reader's first answer may take this much longer: a driver that no program uses starts first.
pub(crate) const GPU_START: Duration = Duration::from_secs(30);
/// A reader that was killed is gone within this, or it is stuck in the kernel.
pub(crate) const GPU_REAP: Duration = Duration::from_secs(2);
/// Readers that were killed and are not gone; with this many, none is started.
pub(crate) const GPU_STUCK: usize = 2;
/// First and largest pause before a reader is started again.
pub(crate) const GPU_BACKOFF: (Duration, Duration) =
    (Duration::from_secs(1), Duration::from_secs(60));
/// First and largest time for which a GPU is left alone at which a reader hung.
pub(crate) const GPU_SKIP: (Duration, Duration) =
    (Duration::from_secs(60), Duration::from_secs(960));
/// A reader that lived this long is forgiven what was before it.
pub(crate) const GPU_FORGIVEN: Duration = Duration::from_secs(120);
/// While a GPU is missing, the reader is started anew this often: NVML finds none that comes back.
pub(crate) const GPU_RENEW: Duration = Duration::from_secs(300);
/// Where there is no driver, it is looked for this often.
pub(crate) const GPU_LOOK: Duration = Duration::from_secs(60);
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
/// How often go-livepeer nodes are looked for, and how long one may take to answer then.
pub(crate) const DISCOVER_EVERY: Duration = Duration::from_secs(60);
pub(crate) const DISCOVER_ANSWER: Duration = Duration::from_secs(3);
/// Visitors of `/metrics` and `/healthz` at a time; further ones wait in the system's short queue.
pub(crate) const VISITORS: usize = 4;
/// A visitor who has not asked and been answered after this is let go.
pub(crate) const VISIT: Duration = Duration::from_secs(2);
/// Bytes of a visitor's request.
pub(crate) const VISIT_BYTES: usize = 8 << 10;
/// Accepting rests for this long when the system has no descriptors.
pub(crate) const ACCEPT_REST: Duration = Duration::from_millis(200);
/// The agent's own rows come every 10 s: a collector that acknowledges nothing for longer than this
/// is away.
pub(crate) const ACK_AGE: Duration = Duration::from_secs(60);
/// A member of a consumer group that says nothing for so long is taken for dead.
#[cfg(feature = "kafka-consumer")]
pub(crate) const KAFKA_SESSION: Duration = Duration::from_secs(10);
/// Head of an HTTP answer, bytes.
pub(crate) const HEAD_BYTES: usize = 64 << 10;
/// Lines of that head.
pub(crate) const HEADERS: usize = 64;
/// Answer of a node other than its metrics, bytes; `/status` holds whole playlists.
pub(crate) const NODE_BYTES: usize = 8 << 20;
/// Rows that one such answer may give.
pub(crate) const NODE_ROWS: usize = 5000;
/// A node is asked the quick questions at most this often.
pub(crate) const NODE_LEAST: Duration = Duration::from_secs(10);
/// How long a node may take over what it looks up on a chain.
pub(crate) const NODE_CHAIN: Duration = Duration::from_secs(20);
/// A path that a node does not have, or has nothing for, is tried again after this.
pub(crate) const NODE_RETRY: Duration = Duration::from_secs(3600);
/// What a gateway says of all orchestrators is told again after this, changed or not.
pub(crate) const CAPABILITIES_AGAIN: Duration = Duration::from_secs(25 * 60);
/// Answer of an AI runner, bytes.
pub(crate) const RUNNER_BYTES: usize = 256 << 10;
/// AI runners that are asked.
pub(crate) const RUNNERS: usize = 64;
/// GPUs of one of them that are reported.
pub(crate) const RUNNER_GPUS: usize = 64;
/// Between two looks for AI runners on this machine.
pub(crate) const RUNNER_SCAN: Duration = Duration::from_secs(60);
/// Something else on such a port is not asked again for this long.
pub(crate) const RUNNER_OTHER: Duration = Duration::from_secs(600);
/// What a runner is, as opposed to how it does, is asked again after this.
pub(crate) const RUNNER_REFRESH: Duration = Duration::from_secs(600);
/// How long a connection to a port of this machine may take.
pub(crate) const RUNNER_CONNECT: Duration = Duration::from_millis(200);
/// How long a runner may take over one answer.
pub(crate) const RUNNER_ANSWER: Duration = Duration::from_secs(3);
/// Ports that are tried at once.
pub(crate) const RUNNER_PORTS_AT_ONCE: usize = 32;
/// Orchestrators that a gateway here has seen, kept for probes.
pub(crate) const SEEN: usize = 2000;
/// One that was not seen for this long is not probed any more.
pub(crate) const SEEN_FOR: Duration = Duration::from_secs(24 * 3600);
/// How long one step of a probe (name, connection, handshake, first byte) may take.
pub(crate) const PROBE_STEP: Duration = Duration::from_secs(3);
/// Between two connections of one round.
pub(crate) const PROBE_GAP: Duration = Duration::from_millis(100);
/// A target is probed at most this often.
pub(crate) const PROBE_LEAST: Duration = Duration::from_secs(60);
