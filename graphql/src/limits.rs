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
/// Fields of an operation once its fragments are put in.
pub(crate) const FIELDS: u64 = 2000;
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
/// A query that takes longer is given up.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);
/// A statement that takes longer is ended by the database, ms.
pub(crate) const STATEMENT_TIMEOUT_MS: u64 = 8000;
/// How long a query waits for a connection of the pool.
pub(crate) const POOL_WAIT: Duration = Duration::from_secs(3);
/// How long a health check waits for the collector.
pub(crate) const HEALTH_WAIT: Duration = Duration::from_secs(2);

/// Cost points of one query.
pub(crate) const COST: u64 = 200;
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
pub(crate) const ANSWER_BYTES: usize = 4 << 20;
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
/// Connections to the figures at a time.
pub(crate) const METRICS_CONNECTIONS: usize = 4;
/// Head of a request for the figures, bytes; the HTTP library's least.
pub(crate) const METRICS_REQUEST_BYTES: usize = 8 << 10;
/// How long a request for the figures may take.
pub(crate) const METRICS_REQUEST: Duration = Duration::from_secs(2);
/// Rest after an accept that failed: descriptors may have run out.
pub(crate) const ACCEPT_REST: Duration = Duration::from_millis(200);
