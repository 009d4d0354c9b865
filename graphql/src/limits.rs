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
/// A query that takes longer is given up.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);
/// A statement that takes longer is ended by the database, ms.
pub(crate) const STATEMENT_TIMEOUT_MS: u64 = 8000;
/// How long a query waits for a connection of the pool.
pub(crate) const POOL_WAIT: Duration = Duration::from_secs(3);
/// How long a health check waits for the collector.
pub(crate) const HEALTH_WAIT: Duration = Duration::from_secs(2);
/// Days that a list goes back where the reader does not say.
pub(crate) const LIST_DAYS: i64 = 14;
/// Days of counters that one answer adds up.
pub(crate) const COUNTER_DAYS: i64 = 400;
/// Days of what was reported against what was observed in one answer.
pub(crate) const REPORTED_DAYS: i64 = 31;
