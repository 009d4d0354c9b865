//! Bounds of everything that a reader can ask for.

use std::time::Duration;

/// Body of a request, bytes.
pub(crate) const BODY_BYTES: usize = 64 << 10;
/// GraphQL document, bytes.
pub(crate) const DOCUMENT_BYTES: usize = 16 << 10;
/// Tokens of a document: what the parser has to look at.
pub(crate) const TOKENS: usize = 4000;
/// Nesting of brackets of any kind: what the parser recurses into.
pub(crate) const NESTING: usize = 32;
/// JSON text of variables, bytes; so much for extensions.
pub(crate) const VARIABLES_BYTES: usize = 16 << 10;
/// Values of the variables, all levels together.
pub(crate) const VALUES: u64 = 2000;
/// Fields and spreads of an operation once its fragments are put in.
pub(crate) const FIELDS: u64 = 2000;
/// Aliases of a document: each lets the same field be asked for once more.
pub(crate) const ALIASES: u64 = 100;
/// Directives of a document.
pub(crate) const DIRECTIVES: u64 = 50;
/// Directives at one place.
pub(crate) const DIRECTIVES_HERE: usize = 4;
/// Variables that an operation declares.
pub(crate) const VARIABLES: u64 = 50;
/// Operations of a document; one of them is run.
pub(crate) const OPERATIONS: u64 = 10;
/// Fragments of a document.
pub(crate) const FRAGMENTS: u64 = 100;
/// Fields at the root of an operation, aliases included: each is at least one database query.
pub(crate) const ROOT_FIELDS: u64 = 20;
/// Depth of selections; introspection as tools send it needs 15.
pub(crate) const DEPTH: usize = 16;
/// Complexity: fields times the rows that they may give.
pub(crate) const COMPLEXITY: usize = 20_000;
/// Points of one series.
pub(crate) const SERIES_POINTS: i64 = 4000;
/// Nodes of one page.
pub(crate) const PAGE: usize = 200;
/// Nodes of a page where the reader does not say.
pub(crate) const PAGE_DEFAULT: usize = 20;
/// Raw rows that one series may read for its newest buckets.
pub(crate) const RAW_WINDOW_US: i64 = 3_600_000_000;
/// Legs that the sessions of one page may have together.
pub(crate) const LEGS: usize = 20_000;
/// Rows of groups and buckets that one answer may be added up from.
pub(crate) const GROUP_ROWS: usize = 50_000;
/// Groups that one answer gives; the largest are kept.
pub(crate) const GROUPS: usize = 500;
/// Groups that one answer gives where the reader does not say.
pub(crate) const GROUPS_DEFAULT: usize = 100;
/// Points of all groups of one answer together.
pub(crate) const GROUP_POINTS: usize = 10_000;
/// Points of one group that AUTO stays below.
pub(crate) const AUTO_POINTS: i64 = 500;
/// Values that one dimension of `where` takes.
pub(crate) const SCOPE_VALUES: usize = 20;
/// How long agents' rows of themselves are kept: as far back as data coverage can be told.
pub(crate) const HEARTBEATS_KEPT_US: i64 = 30 * 86_400_000_000;
/// Dimensions that one answer may be grouped by.
pub(crate) const DIMENSIONS: usize = 2;
/// Scores, benchmarks and the like of one answer.
pub(crate) const SCORES: usize = 5000;
/// Days for which missing minutes are computed: each needs medians of its own.
pub(crate) const MISSING_DAYS: usize = 31;
/// Derived rows younger than this still change often, and the views follow within about a minute:
/// they are read themselves.
pub(crate) const SETTLED_US: i64 = 2 * 3_600_000_000;
/// How long an orchestrator is listed after it was seen last.
pub(crate) const LISTED_US: i64 = 30 * 86_400_000_000;
/// Nodes of a network that a list reads.
pub(crate) const NODES: usize = 10_000;
/// Gap rows of one node that its coverage takes into account; a node with more has none that could be
/// told exactly.
pub(crate) const GAP_ROWS_PER_NODE: i64 = 5000;
/// The same of all nodes of a query together.
pub(crate) const GAP_ROWS: usize = 100_000;
/// Epochs of one node with holes, gap rows or pending rows.
pub(crate) const OPEN_EPOCHS_PER_NODE: i64 = 2000;
/// The same of all nodes of a query together, and one row per node for what is settled.
pub(crate) const OPEN_EPOCHS: usize = 100_000;
/// Holes of epochs that ended earlier are not held against gap rows, which are kept for 13 months.
pub(crate) const GAPS_KEPT_US: i64 = 365 * 86_400_000_000;
/// Characters of a message; what others sent comes back in it.
pub(crate) const MESSAGE_CHARS: usize = 500;
/// Errors of one answer; a document can be wrong in thousands of places.
pub(crate) const ERRORS: usize = 20;
/// Bytes of an answer.
pub(crate) const ANSWER_BYTES: usize = 16 << 20;
/// Queries under way at once, of all connections together.
pub(crate) const EXECUTIONS: usize = 64;
/// How long a query waits for its turn before it is turned away.
pub(crate) const TURN_WAIT: Duration = Duration::from_secs(1);
/// Whoever is turned away is told to come back after this, s.
pub(crate) const RETRY_AFTER_S: u64 = 2;
/// Connections at once.
pub(crate) const CONNECTIONS: usize = 1024;
/// How long the head of a request may take.
pub(crate) const HEAD_WAIT: Duration = Duration::from_secs(10);
/// Bytes of the head of a request: a document in a query string is up to three times as long.
pub(crate) const HEAD_BYTES: usize = 80 << 10;
/// Bytes of a query string.
pub(crate) const QUERY_STRING_BYTES: usize = 60 << 10;
/// How long a body may take.
pub(crate) const BODY_WAIT: Duration = Duration::from_secs(10);
/// A connection without a request for so long is closed.
pub(crate) const IDLE: Duration = Duration::from_secs(15);
/// How many such times a connection that is to be closed has, to take its last answers.
pub(crate) const CLOSING: u32 = 4;
/// Requests under way at once on one HTTP/2 connection.
pub(crate) const STREAMS: u32 = 32;
/// WebSockets at once.
pub(crate) const SOCKETS: usize = 200;
/// Operations under way at once on one WebSocket.
pub(crate) const SOCKET_OPERATIONS: usize = 10;
/// Characters of the id of an operation.
pub(crate) const SOCKET_ID_CHARS: usize = 128;
/// Answers of one WebSocket that wait to be sent.
pub(crate) const SOCKET_QUEUE: usize = 8;
/// Bytes that wait to be sent on one WebSocket, beyond what one answer has.
pub(crate) const SOCKET_BUFFER_BYTES: usize = 8 << 20;
/// How long a WebSocket has to say `connection_init`.
pub(crate) const INIT_WAIT: Duration = Duration::from_secs(5);
/// How often a WebSocket is asked for a sign of life.
pub(crate) const PING: Duration = Duration::from_secs(15);
/// A WebSocket without one for so long is given up.
pub(crate) const SILENCE: Duration = Duration::from_secs(45);
/// A WebSocket without an operation for so long is closed.
pub(crate) const UNUSED: Duration = Duration::from_secs(300);
/// How long one message may take to be sent.
pub(crate) const SEND_WAIT: Duration = Duration::from_secs(10);
/// How often live values are read while somebody listens.
pub(crate) const TICK: Duration = Duration::from_secs(5);
/// How often live values can be asked for, s.
pub(crate) const EVERY_SECONDS: std::ops::RangeInclusive<u64> = 5..=3600;
/// A query that takes longer is given up.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);
/// A statement that takes longer is ended by the database, ms.
pub(crate) const STATEMENT_TIMEOUT_MS: u64 = 8000;
/// How long a query waits for a connection of the pool.
pub(crate) const POOL_WAIT: Duration = Duration::from_secs(3);
/// How long a health check waits for the collector.
pub(crate) const HEALTH_WAIT: Duration = Duration::from_secs(2);
/// Query string of a REST request, bytes.
pub(crate) const REST_QUERY_BYTES: usize = 8 << 10;
/// Value of one of its parameters, bytes.
pub(crate) const REST_VALUE_BYTES: usize = 2048;
/// Value of a parameter that takes several, bytes: names, and none that is kept is longer.
pub(crate) const REST_NAME_BYTES: usize = 256;
/// Objects in objects that are written into one row.
pub(crate) const REST_DEPTH: usize = 3;
/// Service URIs of orchestrators that are online: what one answer lists.
pub(crate) const ENDPOINTS: usize = 1000;
/// Service URI that is handed to gateways, bytes.
pub(crate) const URI_BYTES: usize = 256;

/// Cost points of one query.
pub(crate) const COST: u64 = 200;
/// Cost of a subscription, once.
pub(crate) const SUBSCRIPTION_COST: u64 = 1;
/// Cost of a request to what has no cost of its own.
pub(crate) const TOLL: u64 = 1;
/// Points (buckets times groups) of all series of one query together.
pub(crate) const POINTS: u64 = 10_000;
/// Cells, which are points times fields, that one cost point buys.
pub(crate) const CELLS_PER_COST: u64 = 1000;
/// Nodes of a page that one cost point buys.
pub(crate) const NODES_PER_COST: u64 = 100;
/// Rows that are reckoned with for an hour of scores and the like.
pub(crate) const ROWS_PER_HOUR: u64 = 100;
/// Cost points that a client without a key may spend within `RATE_PER_S`, where nothing is configured.
pub(crate) const RATE_POINTS: u32 = 300;
/// See there, seconds.
pub(crate) const RATE_PER_S: u32 = 300;
/// Clients whose spending is remembered.
pub(crate) const CLIENTS: usize = 100_000;
/// Hops of `X-Forwarded-For` that are looked at.
pub(crate) const HOPS: usize = 16;
/// API keys in the configuration.
pub(crate) const API_KEYS: usize = 1000;
/// Bytes of answers that are kept, where nothing is configured.
pub(crate) const ANSWERS_BYTES: u64 = 64 << 20;
/// An answer larger than this is not kept.
pub(crate) const KEPT_BYTES: usize = 4 << 20;
/// Answers of at least this size are packed for who takes gzip.
pub(crate) const PACK_BYTES: usize = 1 << 10;
/// Answers of at least this size are packed beside the requests, not among them.
pub(crate) const PACK_ASIDE_BYTES: usize = 64 << 10;
/// Requests whose answers are found without parsing them.
pub(crate) const KNOWN_REQUESTS: u64 = 50_000;
/// Stale answers that are made anew at a time.
pub(crate) const REFRESHES: usize = 4;
/// How old an answer for the own pages may be.
pub(crate) const PAGE_FRESH: Duration = Duration::from_secs(2);
/// Single load tests of one answer.
pub(crate) const TESTS: usize = 5000;
/// Time over which load tests are scored, at most.
pub(crate) const TESTED_US: i64 = 31 * 86_400_000_000;
/// Hours that a figure of the drop-in dashboard may be over.
pub(crate) const DASHBOARD_HOURS: i64 = 720;
/// Rows of one list of the drop-in dashboard.
pub(crate) const DASHBOARD_ROWS: usize = 1000;
/// Days that a list goes back where the reader does not say.
pub(crate) const LIST_DAYS: i64 = 14;
/// Days of counters that one answer adds up.
pub(crate) const COUNTER_DAYS: i64 = 400;
/// Days of what was reported against what was observed in one answer.
pub(crate) const REPORTED_DAYS: i64 = 31;
/// How often the files of datasets are looked at.
pub(crate) const DATASET_RUN_EVERY: Duration = Duration::from_secs(600);
/// The first time: a stack that starts has other things to do.
pub(crate) const DATASET_FIRST_RUN: Duration = Duration::from_secs(60);
/// Files of one subject that one run builds or looks at again; the next run goes on.
pub(crate) const DATASET_BUILDS: usize = 48;
/// Rows that are asked for at once are those of an hour: the database sorts them.
pub(crate) const DATASET_SLICE_US: i64 = 3_600_000_000;
/// Rows that are handed on together.
pub(crate) const DATASET_BATCH_ROWS: usize = 4096;
/// Batches that wait while earlier ones are written.
pub(crate) const DATASET_BATCHES: usize = 4;
/// Rows of a row group: what a writer holds, and what a reader can pick.
pub(crate) const DATASET_GROUP_ROWS: usize = 64 << 10;
/// Rows of a day of one subject; a day with more is not published.
pub(crate) const DATASET_DAY_ROWS: u64 = 100_000_000;
/// A day that takes longer is given up, and tried again in the next run.
pub(crate) const DATASET_DAY_WITHIN: Duration = Duration::from_secs(900);
/// A manifest, bytes: 4000 days with all their revisions take a tenth of it.
pub(crate) const MANIFEST_BYTES: u64 = 32 << 20;
/// Superseded revisions of a day that a manifest names; the oldest go first.
pub(crate) const SUPERSEDED: usize = 40;
/// Files of one subject in the folder; a folder with more is no folder of ours.
pub(crate) const DATASET_FILES: usize = 200_000;
/// Newest days of each subject that the list of datasets shows.
pub(crate) const LISTED_DAYS: usize = 100;
/// The same where the reader does not say.
pub(crate) const LISTED_DAYS_DEFAULT: usize = 7;
/// Files that one answer of `datasets` gives.
pub(crate) const DATASETS: usize = 1000;
/// The same where the reader does not say.
pub(crate) const DATASETS_DEFAULT: usize = 100;
