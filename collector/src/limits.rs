//! Bounds of everything that grows with what others send. Each says what it protects.

use std::time::Duration;

/// Connections at a time, over all addresses, unless configured: each costs a file descriptor and
/// up to its receive window of memory.
pub(crate) const CONNECTIONS: usize = 1024;
/// Connections at a time from one address (IPv6: one /64), unless configured: one host cannot take
/// all of them.
pub(crate) const CONNECTIONS_PER_ADDRESS: usize = 64;
/// A connection that has not sent its HTTP/2 preface by then is closed: silent ones hold a slot.
pub(crate) const PREFACE: Duration = Duration::from_secs(10);
/// Bytes of that preface.
pub(crate) const PREFACE_BYTES: usize = 24;
/// A TLS handshake takes at most this long, for the same reason.
pub(crate) const TLS_HANDSHAKE: Duration = Duration::from_secs(5);
/// TLS handshakes at a time: each costs memory and CPU before anything is known of the client.
pub(crate) const TLS_HANDSHAKES: usize = 512;
/// How often the files of certificate and key are looked at.
pub(crate) const TLS_CHECK: Duration = Duration::from_secs(5);
/// A certificate that ends within this time is warned about: long enough to get another one.
pub(crate) const TLS_WARN_US: i64 = 14 * DAY_US;
/// Between two such warnings.
pub(crate) const TLS_WARN_EVERY: Duration = Duration::from_secs(6 * 3600);
/// Certificate chain, or key, bytes.
pub(crate) const TLS_FILE_BYTES: u64 = 256 << 10;
/// How long accepting rests after the system refused: an accept loop out of file descriptors would
/// spin otherwise.
pub(crate) const ACCEPT_REST: Duration = Duration::from_millis(200);
/// Age at which a connection is told to take its next stream elsewhere: ends those that are kept
/// open without a stream. Running streams go on.
pub(crate) const CONNECTION_AGE: Duration = Duration::from_secs(3600);

/// Streams at a time per connection: an agent needs one.
pub(crate) const STREAMS_PER_CONNECTION: u32 = 16;
/// Streams and calls at a time per node, over all its connections: one node cannot take the decoders
/// of all.
pub(crate) const STREAMS_PER_NODE: usize = 8;
/// HTTP/2 receive window of a stream, bytes: what a client may send ahead of being read.
pub(crate) const STREAM_WINDOW_BYTES: u32 = 64 << 10;
/// HTTP/2 receive window of a connection, bytes.
pub(crate) const CONNECTION_WINDOW_BYTES: u32 = 128 << 10;
/// HTTP/2 headers of a request, bytes: a token and a few fixed names.
pub(crate) const HEADER_BYTES: u32 = 16 << 10;
/// Streams that a client may have reset before they were accepted (rapid reset).
pub(crate) const PENDING_RESETS: usize = 20;
/// Streams that may be reset because of a client's own protocol errors; tonic's default is no limit.
pub(crate) const LOCAL_ERROR_RESETS: usize = 1024;
/// Between two HTTP/2 pings, and how long the answer may take: a dead peer is noticed after both.
pub(crate) const KEEPALIVE: Duration = Duration::from_secs(20);
/// Encoded request beyond its frame: the envelope, and frames a little too large, which are refused
/// by name rather than by ending the stream.
pub(crate) const MESSAGE_SLACK_BYTES: usize = 64 << 10;
/// Encoded request to the health and reflection services, which anyone may call.
pub(crate) const PUBLIC_MESSAGE_BYTES: usize = 4 << 10;

/// The Hello comes within this time, or the stream ends: it would hold one of the node's places.
pub(crate) const HELLO: Duration = Duration::from_secs(10);
/// Epochs in a Hello, and epochs that a stream remembers: each costs a ledger read and an entry.
pub(crate) const HELLO_EPOCHS: usize = 4096;
/// Frames of one stream that wait for their commit: beyond, the stream is not read.
pub(crate) const STREAM_FRAMES: usize = 64;
/// Least and most bytes of frames that a stream may have under way: in between, each gets its part
/// of the free memory.
pub(crate) const CREDIT_BYTES: (usize, usize) = (64 << 10, 4 << 20);
/// Answers of one stream that wait to be sent.
pub(crate) const STREAM_ANSWERS: usize = 16;
/// A client that takes no answers for this long is given up: it would hold memory for ever.
pub(crate) const ANSWER: Duration = Duration::from_secs(60);
/// Refused ranges in one Ack; more go into further Acks, so that none exceeds a client's limit.
pub(crate) const ACK_REJECTIONS: usize = 256;
/// How long a `PushOnce` waits for its commit before it asks to be repeated.
pub(crate) const ONCE: Duration = Duration::from_secs(25);
/// Upper bound of any call up to its first answer; above [`ONCE`], so that the better message wins.
pub(crate) const CALL: Duration = Duration::from_secs(30);
/// Rows in one `PushOnce`.
pub(crate) const ONCE_ROWS: usize = 10_000;
/// How long streams may wait for their last acks when the collector stops.
pub(crate) const DRAIN: Duration = Duration::from_secs(5);
/// How long the whole stop may take; systemd and `naap` expect 10 s.
pub(crate) const STOP: Duration = Duration::from_secs(8);

/// Rows per second of one node, unless configured: far more than any node measures, less than the
/// database takes.
pub(crate) const NODE_ROWS_PER_S: u64 = 50_000;
/// Bytes of frames per second of one node, unless configured.
pub(crate) const NODE_BYTES_PER_S: u64 = 32 << 20;
/// What a node that was quiet may send at once, in seconds of its rate: a backlog begins quickly.
pub(crate) const QUOTA_BURST_S: u32 = 10;
/// A node that sent nothing for this long owes nothing, and is forgotten when a day begins.
pub(crate) const QUOTA_IDLE: Duration = Duration::from_secs(3600);
/// Distinct series of one node and UTC day, unless configured: each is a group in every rollup.
pub(crate) const NODE_SERIES_PER_DAY: usize = 10_000;
/// Series that are remembered over all nodes: 8 bytes each, about twice that in memory. Beyond, each
/// node has an equal part.
pub(crate) const SERIES: usize = 2_000_000;

/// Frames decoded at a time: decoding is CPU work, and each may need [`FRAME_BYTES`] for a moment.
pub(crate) const DECODERS: usize = 2;
/// Text of one frame after its dictionary is written out, bytes: a small frame can name one long
/// string many times, and the database would have to store them all.
pub(crate) const FRAME_TEXT_BYTES: usize = 32 << 20;
/// Bytes that one permit of the memory budget stands for.
pub(crate) const SHARE_BYTES: usize = 1024;
/// Largest share of the budget that one frame is booked with, bytes.
pub(crate) const FRAME_BYTES: usize = 64 << 20;
/// Admitted rows in memory, over all nodes, bytes: beyond, no stream is read until a round is done.
pub(crate) const BUDGET_BYTES: usize = 256 << 20;
/// Frames that wait for the next flush round.
pub(crate) const QUEUED_FRAMES: usize = 4096;
/// Rows waiting in one table that start a flush round at once.
pub(crate) const ROUND_ROWS: usize = 20_000;
/// Frames in one flush round: bounds its time when they are tiny.
pub(crate) const ROUND_FRAMES: usize = 8192;
/// Requests to the database at a time: rows of four tables, and what closes the round before.
pub(crate) const WRITERS: usize = 5;
const _: () = assert!(WRITERS > 1);
/// One request to the database, bytes of rows (estimated): a larger table is sent in parts.
pub(crate) const REQUEST_BYTES: usize = 16 << 20;
/// The same, as built; above the estimate, below the client's own limit.
pub(crate) const REQUEST_BUFFER_BYTES: usize = 100 << 20;
/// How long one request to the database may take.
pub(crate) const REQUEST: Duration = Duration::from_secs(15);
/// Rows of one node that the database may refuse in one table of a round before the node's other
/// rows there are refused with them: each costs a request, and other nodes wait.
pub(crate) const REFUSED_PER_NODE: usize = 32;
/// First and longest pause between tries to reach the database; there is no last try.
pub(crate) const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// Ledger entries in memory; unused ones beyond are read again when needed.
pub(crate) const LEDGER_ENTRIES: usize = 100_000;
/// An entry unused for this long may be dropped from memory: by then the database has applied it.
pub(crate) const LEDGER_IDLE: Duration = Duration::from_secs(600);
/// Epochs in one ledger query, of all who ask at the time (the last of them may go over it, by at
/// most as many again): bounds the length of its text.
pub(crate) const LEDGER_QUERY: usize = 256;
/// Ranges of missing rows that a ledger row keeps; beyond, they are only counted: its text has room
/// for these.
pub(crate) const HOLES: usize = 50;
/// Epochs of one Hello whose last recorded row is written down, so that no Hello makes thousands of
/// ledger rows; of the others it is, once rows of theirs come.
pub(crate) const HELLO_BOOKED: usize = 64;
/// Rows of `rejected` written per node and minute; the ledger counts them all.
pub(crate) const REJECTED_PER_MINUTE: u32 = 60;
/// Refused rows of one frame, and of one round by the database, that are kept as JSON.
pub(crate) const REJECTED_ROWS_KEPT: usize = 60;
/// A refused row as JSON, bytes.
pub(crate) const REJECTED_ROW_BYTES: usize = 8192;
/// A sentence to a node, bytes.
pub(crate) const DETAIL_BYTES: usize = 512;
/// Text from a node inside such a sentence, characters.
pub(crate) const QUOTED_CHARS: usize = 64;

/// Rows ahead of the collector's clock by more are refused: a future row would hold back TTL.
pub(crate) const AHEAD_US: i64 = 5 * 60 * 1_000_000;
/// Rows older than this are refused; shorter than every refresh limit of a rollup.
pub(crate) const BEHIND_US: i64 = 14 * DAY_US;
/// The same for tokens that may deliver old rows; shorter than the 13 months that events are kept.
pub(crate) const BEHIND_OLD_US: i64 = 365 * DAY_US;
/// One day, microseconds.
pub(crate) const DAY_US: i64 = 86_400_000_000;
/// Times in fields lie before the year 2200: further ones overflow in readers of the database.
pub(crate) const LATEST_US: i64 = 7_258_118_400_000_000;

/// Tokens file, bytes: about 20,000 tokens.
pub(crate) const TOKENS_BYTES: u64 = 4 << 20;
/// How often the tokens file is looked at while streams run: bounds how long a revoked token lives.
pub(crate) const TOKENS_CHECK: Duration = Duration::from_secs(1);
/// Configuration file and password files, bytes.
pub(crate) const CONFIG_BYTES: u64 = 64 << 10;

/// Connecting to the database.
pub(crate) const PG_CONNECT: Duration = Duration::from_secs(5);
/// One small query.
pub(crate) const PG_QUERY: Duration = Duration::from_secs(10);
/// One statement of a migration, or the refresh of a view.
pub(crate) const PG_STATEMENT: Duration = Duration::from_secs(120);
/// Waiting for the database at the start.
pub(crate) const PG_READY: Duration = Duration::from_secs(180);
/// Between two looks at the state of the tables.
pub(crate) const GUARD_POLL: Duration = Duration::from_secs(1);
/// Between two looks at whether views are invalid.
pub(crate) const INVALID_POLL: Duration = Duration::from_secs(30);
/// Looks that may fail in a row before the store counts as unfit.
pub(crate) const GUARD_BLIND: u32 = 5;
/// Torn transactions skipped in one look at a suspended view; the next look goes on.
pub(crate) const HEAL_STEPS: usize = 16;
/// Between two log lines about the same trouble.
pub(crate) const REPEAT_LOG: Duration = Duration::from_secs(60);
/// How far back a healed view is compared with its base: the lateness accepted, and a day.
pub(crate) const HEAL_DAYS: u32 = 15;

/// Readers of the metrics at a time: one, and a person.
pub(crate) const METRICS_CONNECTIONS: usize = 8;
/// How long one of them may take; then it is closed.
pub(crate) const METRICS_REQUEST: Duration = Duration::from_secs(5);
/// Head of a request for them, bytes; hyper wants at least 8 KiB.
pub(crate) const METRICS_REQUEST_BYTES: usize = 8 << 10;

/// Windows that are compared with raw rows wait this long after their last row, unless configured:
/// the slowest view is refreshed every 10 minutes.
pub(crate) const SCRUB_SETTLE: Duration = Duration::from_secs(15 * 60);
/// Between two windows, unless configured: a window costs a few queries over an hour of rows.
pub(crate) const SCRUB_EVERY: Duration = Duration::from_secs(10);
/// Windows that wait to be compared: 15 days of hours and days for twenty tables. Beyond, the oldest
/// are given up.
pub(crate) const SCRUB_WINDOWS: usize = 8192;
/// How far back windows are compared: as far as late rows are accepted. A day shorter than the
/// refresh limit of every view, so that whatever differs can be repaired.
pub(crate) const SCRUB_BACK_US: i64 = BEHIND_US;
/// Further looks, 2 s apart, before a window counts as different: views follow one another.
pub(crate) const SCRUB_LOOKS: usize = 4;
/// How long a repaired view may take to equal its raw rows.
pub(crate) const SCRUB_REPAIR: Duration = Duration::from_secs(60);
/// Relative difference of two sums of the same doubles in another order.
pub(crate) const SCRUB_TOLERANCE: f64 = 1e-9;

/// How long the doctor waits for a resumed table: an hour of suspension is applied in minutes.
pub(crate) const DOCTOR_WAIT: Duration = Duration::from_secs(600);

/// Rows that wait to be derived; beyond, only their hours are remembered, and they are read again.
pub(crate) const DERIVE_WAITING: usize = 200_000;
/// Rows of one table that are read at a time to derive from.
pub(crate) const DERIVE_READ: usize = 2_000_000;
/// Pause between two looks at what was stored: each costs a commit for each table that changed.
pub(crate) const DERIVE_EVERY: Duration = Duration::from_millis(1500);
/// Sessions that are read and derived at a time when their rows are not in memory.
pub(crate) const DERIVE_SESSIONS: usize = 200;
/// Events of sessions in memory, over all sessions: about 200 bytes each.
pub(crate) const DERIVE_EVENTS: usize = 2_000_000;
/// A session that is closed and has been left alone for this long is let go: reports that come up to
/// 30 minutes later may still say whose it was.
pub(crate) const DERIVE_KEEP: Duration = Duration::from_secs(35 * 60);
/// Payments in memory. Beyond, the chains that were used least recently are let go.
pub(crate) const DERIVE_PAYMENTS: usize = 500_000;
/// How far back who is who is held in memory: as far as late rows come, and a day.
pub(crate) const DERIVE_BACK_US: i64 = BEHIND_US + DAY_US;
/// Between two looks at how far nodes have delivered, and which corrections there are.
pub(crate) const DERIVE_LOOK: Duration = Duration::from_secs(5);
/// How often scores of hours that were complete before are computed again after late rows.
pub(crate) const DERIVE_SCORES: Duration = Duration::from_secs(600);
/// The same while sessions are worked off that were left behind: their legs still change.
pub(crate) const DERIVE_SCORES_BEHIND: Duration = Duration::from_secs(3600);
/// How long hours that were left behind may keep fresh rows waiting.
pub(crate) const DERIVE_STRETCH: Duration = Duration::from_secs(5);
/// Rows of hours that are derived at a time after an outage; one hour is, however many it has.
pub(crate) const DERIVE_STRETCH_ROWS: i64 = 100_000;
/// Hours that are derived at a time at most, after an outage.
pub(crate) const DERIVE_HOURS: i64 = 24;
/// How long the runner rests after the database refused or was away.
pub(crate) const DERIVE_REST: Duration = Duration::from_secs(5);
/// How far back derived rows can be computed again: events are kept for 13 months, a month is 28
/// days at least, and a session may have begun a day before.
pub(crate) const RAW_KEPT_US: i64 = 13 * 28 * DAY_US - 2 * DAY_US;

/// Rounds that wait for an InfluxDB; what does not fit is dropped there and counted.
#[cfg(feature = "influx")]
pub(crate) const INFLUX_ROUNDS: usize = 64;

/// And rows of all of them, each of which takes up to some hundred bytes.
#[cfg(feature = "influx")]
pub(crate) const INFLUX_ROWS: usize = 100_000;

/// Points of one write.
#[cfg(feature = "influx")]
pub(crate) const INFLUX_POINTS: usize = 5000;

/// How long a write may take.
#[cfg(feature = "influx")]
pub(crate) const INFLUX_WITHIN: Duration = Duration::from_secs(10);

/// The first and the longest pause after one that failed.
#[cfg(feature = "influx")]
pub(crate) const INFLUX_PAUSE: (Duration, Duration) =
    (Duration::from_millis(500), Duration::from_secs(30));
