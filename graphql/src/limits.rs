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
pub(crate) const GROUP_POINTS: usize = 20_000;
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
