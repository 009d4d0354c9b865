//! How the stack is; what the figures mean; what a query may cost.

use async_graphql::{Object, Result, SimpleObject};
use naap_schema::{ENTITIES, EntityDef, FieldDef, ROLLUPS, RollupDef, SCHEMA_VERSION, Visibility};

use super::agents::Coverage;
use super::bucket::{Bucket, SAMPLES};
use super::time::Time;
use crate::clock::now_us;
use crate::coverage;
use crate::health::{Health, Part};
use crate::limits;
use crate::read::status::Table;
use crate::read::sums::DAY_US;
use crate::read::{Database, nodes};

/// How the stack is.
#[derive(Debug, SimpleObject)]
pub(crate) struct Status {
    /// Whether every part answers and no table is stuck.
    ok: bool,
    /// Version of this API.
    api_version: &'static str,
    /// Schema version that this API knows.
    schema_version: u32,
    /// Schema version of the database.
    database_version: Option<i64>,
    /// Time of the newest row of any node.
    data_through: Option<Time>,
    /// When this was read.
    checked_at: Time,
    parts: Vec<PartStatus>,
    tables: Vec<TableStatus>,
    views: Vec<ViewStatus>,
    /// Over all nodes; `pending` is that of the nodes whose agents say.
    coverage: Coverage,
}

/// A part of the stack.
#[derive(Debug, SimpleObject)]
pub(crate) struct PartStatus {
    /// collector, questdb or api.
    name: &'static str,
    ok: bool,
    /// What is wrong, where something is.
    detail: Option<String>,
}

impl From<&Part> for PartStatus {
    fn from(part: &Part) -> Self {
        Self { name: part.name, ok: part.problem.is_none(), detail: part.problem.clone() }
    }
}

/// A table of the store.
#[derive(Debug, SimpleObject)]
pub(crate) struct TableStatus {
    name: String,
    /// Time of its newest row.
    data_through: Option<Time>,
    /// Whether the database stopped applying what was written to it.
    suspended: bool,
    /// Commits that are written and not yet visible.
    pending_transactions: i64,
}

/// A materialised view.
#[derive(Debug, SimpleObject)]
pub(crate) struct ViewStatus {
    name: String,
    /// valid, refreshing or invalid.
    status: String,
    last_refreshed_at: Option<Time>,
    /// Start of its newest bucket.
    data_through: Option<Time>,
}

impl Status {
    pub(crate) async fn read(database: &Database, health: &Health) -> Result<Self> {
        let parts = health.check().await;
        let all = database.nodes(None).await.map_err(super::error::unavailable)?;
        let found = database.tables().await.map_err(super::error::unavailable)?;
        let database_version =
            database.schema_version().await.map_err(super::error::unavailable)?;
        let by_node = database.coverage(None, now_us()).await.map_err(super::error::unavailable)?;
        let coverage = by_node.values().try_fold(coverage::Coverage::default(), |mut sum, c| {
            sum.merge(c.as_ref()?);
            Some(sum)
        });
        let ledger = all.iter().fold(nodes::Coverage::default(), |a, n| nodes::Coverage {
            stored: a.stored + n.coverage.stored,
            duplicates: a.duplicates + n.coverage.duplicates,
            rejected: a.rejected + n.coverage.rejected,
            gaps: a.gaps + n.coverage.gaps,
        });
        let stuck = |t: &Table| t.suspended || t.view.as_ref().is_some_and(|v| v.0 == "invalid");
        let ok = parts.iter().all(|p| p.problem.is_none()) && !found.iter().any(stuck);
        let (views, tables): (Vec<_>, Vec<_>) = found.into_iter().partition(|t| t.view.is_some());
        let known = |t: &Table| naap_schema::entity(&t.name).is_some_and(public);
        Ok(Self {
            ok,
            api_version: env!("CARGO_PKG_VERSION"),
            schema_version: SCHEMA_VERSION,
            database_version,
            data_through: all.iter().filter_map(|n| n.last_row_at).max().map(Time),
            checked_at: Time::from_us(now_us()),
            parts: parts.iter().map(PartStatus::from).collect(),
            tables: tables.into_iter().filter(known).map(table).collect(),
            views: views.into_iter().filter_map(view).collect(),
            coverage: Coverage::new(coverage.as_ref(), ledger),
        })
    }
}

fn table(t: Table) -> TableStatus {
    TableStatus {
        name: t.name,
        data_through: t.data_through.map(Time),
        suspended: t.suspended,
        pending_transactions: t.pending_transactions,
    }
}

fn view(t: Table) -> Option<ViewStatus> {
    let (status, refreshed) = t.view?;
    let status = if t.suspended { "suspended".to_owned() } else { status };
    Some(ViewStatus {
        name: t.name,
        status,
        last_refreshed_at: refreshed.map(Time),
        data_through: t.data_through.map(Time),
    })
}

fn public(e: &EntityDef) -> bool {
    e.visibility == Visibility::Public
}

/// The public entities, or the one with this name.
pub(crate) fn catalogue(name: Option<&str>) -> Vec<CatalogueEntity> {
    ENTITIES
        .iter()
        .filter(|e| public(e) && name.is_none_or(|n| n == e.name))
        .map(|e| CatalogueEntity(e))
        .collect()
}

/// An entity: rows that nodes, gateways or the collector report.
#[derive(Debug)]
pub(crate) struct CatalogueEntity(&'static EntityDef);

#[Object]
impl CatalogueEntity {
    async fn name(&self) -> &str {
        self.0.name
    }

    /// What it is.
    async fn description(&self) -> &str {
        self.0.description
    }

    /// How it can mislead.
    async fn misleads(&self) -> &str {
        self.0.misleads
    }

    /// `operational` figures have exact definitions and targets; `extended` ones inform.
    async fn class(&self) -> String {
        format!("{:?}", self.0.class).to_lowercase()
    }

    /// How often it is reported.
    async fn cadence(&self) -> &str {
        self.0.cadence
    }

    /// How long its rows are kept.
    async fn retention(&self) -> &str {
        self.0.retention
    }

    /// Its public fields.
    async fn fields(&self) -> Vec<CatalogueField> {
        let public = |f: &&FieldDef| f.visibility == Visibility::Public;
        self.0.fields.iter().filter(public).map(CatalogueField).collect()
    }
}

/// A field of an entity.
#[derive(Debug)]
pub(crate) struct CatalogueField(&'static FieldDef);

#[Object]
impl CatalogueField {
    async fn name(&self) -> &str {
        self.0.name
    }

    async fn r#type(&self) -> &str {
        self.0.ty.name()
    }

    async fn unit(&self) -> &str {
        self.0.unit
    }

    /// gauge, delta (adds up), counter (cumulative at its source), label or time.
    async fn kind(&self) -> String {
        format!("{:?}", self.0.kind).to_lowercase()
    }

    /// What it means.
    async fn description(&self) -> &str {
        self.0.description
    }

    /// How it can mislead; empty where nothing is known to.
    async fn misleads(&self) -> &str {
        self.0.misleads
    }
}

/// What a query may cost, and how far back it finds something. A query over a limit is refused, with
/// the limit and what it had.
#[derive(Debug)]
pub(crate) struct Limits;

#[Object]
impl Limits {
    /// JSON text of the variables.
    async fn variables_bytes(&self) -> usize {
        limits::VARIABLES_BYTES
    }

    /// Values of the variables, all levels together.
    async fn variable_values(&self) -> u64 {
        limits::VALUES
    }

    /// Variables that an operation declares.
    async fn variables(&self) -> u64 {
        limits::VARIABLES
    }

    /// Aliases of a document.
    async fn aliases(&self) -> u64 {
        limits::ALIASES
    }

    /// Directives of a document.
    async fn directives(&self) -> u64 {
        limits::DIRECTIVES
    }

    /// Operations of a document.
    async fn operations(&self) -> u64 {
        limits::OPERATIONS
    }

    /// Fragments of a document.
    async fn fragments(&self) -> u64 {
        limits::FRAGMENTS
    }

    /// Operations under way on one WebSocket.
    async fn subscriptions(&self) -> usize {
        limits::SOCKET_OPERATIONS
    }

    /// Size of a request's body.
    async fn body_bytes(&self) -> usize {
        limits::BODY_BYTES
    }

    /// Size of a document.
    async fn document_bytes(&self) -> usize {
        limits::DOCUMENT_BYTES
    }

    /// Tokens of a document.
    async fn tokens(&self) -> usize {
        limits::TOKENS
    }

    /// Nesting of brackets of any kind.
    async fn nesting(&self) -> usize {
        limits::NESTING
    }

    /// Fields once fragments are put in.
    async fn fields(&self) -> u64 {
        limits::FIELDS
    }

    /// Fields at the root, aliases included.
    async fn root_fields(&self) -> u64 {
        limits::ROOT_FIELDS
    }

    /// Depth of selections.
    async fn depth(&self) -> usize {
        limits::DEPTH
    }

    /// Fields times the rows that they may give.
    async fn complexity(&self) -> usize {
        limits::COMPLEXITY
    }

    /// Points of one series, or of one group.
    async fn series_points(&self) -> i64 {
        limits::SERIES_POINTS
    }

    /// Points of one group that AUTO stays below.
    async fn auto_points(&self) -> i64 {
        limits::AUTO_POINTS
    }

    /// Window of RAW samples.
    async fn raw_window_ms(&self) -> i64 {
        limits::RAW_WINDOW_US / 1000
    }

    /// Groups of one answer.
    async fn groups(&self) -> usize {
        limits::GROUPS
    }

    /// Groups of one answer where `top` is left out.
    async fn groups_default(&self) -> usize {
        limits::GROUPS_DEFAULT
    }

    /// Points of all groups of one answer together.
    async fn group_points(&self) -> usize {
        limits::GROUP_POINTS
    }

    /// Rows of groups and buckets that one answer may be added up from.
    async fn group_rows(&self) -> usize {
        limits::GROUP_ROWS
    }

    /// Dimensions that one answer may be grouped by.
    async fn group_dimensions(&self) -> usize {
        limits::DIMENSIONS
    }

    /// Values that one dimension of `where` takes.
    async fn where_values(&self) -> usize {
        limits::SCOPE_VALUES
    }

    /// Scores, benchmarks and the like of one answer.
    async fn scores(&self) -> usize {
        limits::SCORES
    }

    /// Days with unserved requests for which missing minutes are computed.
    async fn missing_minutes_days(&self) -> usize {
        limits::MISSING_DAYS
    }

    /// Days of counters (`jobCounters`, `transcoding`) that one answer adds up.
    async fn counter_days(&self) -> i64 {
        limits::COUNTER_DAYS
    }

    /// Days of `reportedVsObserved` in one answer.
    async fn reported_days(&self) -> i64 {
        limits::REPORTED_DAYS
    }

    /// Nodes of one page.
    async fn page_size(&self) -> usize {
        limits::PAGE
    }

    /// Nodes of one page where `first` is left out.
    async fn page_size_default(&self) -> usize {
        limits::PAGE_DEFAULT
    }

    /// Legs that the sessions of one page may have together.
    async fn page_legs(&self) -> usize {
        limits::LEGS
    }

    /// Days that lists of sessions and jobs go back where no window is given.
    async fn list_days(&self) -> i64 {
        limits::LIST_DAYS
    }

    /// Days that an orchestrator, GPU, pipeline or model is listed after it was seen last.
    async fn listed_days(&self) -> i64 {
        limits::LISTED_US / DAY_US
    }

    /// Days back for which `dataCoverage` can be told.
    async fn data_coverage_days(&self) -> i64 {
        limits::HEARTBEATS_KEPT_US / DAY_US
    }

    /// Time that a query may take.
    async fn timeout_ms(&self) -> u64 {
        u64::try_from(limits::TIMEOUT.as_millis()).unwrap_or(u64::MAX)
    }

    /// Time that a statement of the database may take.
    async fn statement_timeout_ms(&self) -> u64 {
        limits::STATEMENT_TIMEOUT_MS
    }

    /// How long buckets are kept, by what they are of and their width. What is gone from a finer one
    /// is still in a coarser one.
    async fn retention(&self) -> Vec<Retention> {
        ROLLUPS
            .iter()
            .flat_map(|r| r.levels.iter().filter_map(|level| retention(r, *level)))
            .collect()
    }
}

/// How long buckets are kept.
#[derive(Debug, SimpleObject)]
pub(crate) struct Retention {
    /// As in `catalogue`.
    entity: &'static str,
    bucket: Bucket,
    /// For example 90 DAYS or 3 YEARS; null: for good.
    kept: Option<&'static str>,
}

fn retention(rollup: &RollupDef, (view, seconds): (&'static str, u32)) -> Option<Retention> {
    let of_width = |b: &Bucket| b.width_us() == i64::from(seconds) * 1_000_000;
    let bucket = SAMPLES.into_iter().find(of_width)?;
    Some(Retention { entity: rollup.entity, bucket, kept: kept(view) })
}

/// What the statement that makes a view says of it.
fn kept(view: &str) -> Option<&'static str> {
    let start = format!("VIEW IF NOT EXISTS {view} WITH");
    let made = naap_schema::MIGRATIONS.iter().find_map(|m| m.sql.split_once(&start))?.1;
    let statement = made.split("\n;").next()?;
    let (_, kept) = statement.rsplit_once(" TTL ")?;
    kept.lines().next().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retention_is_that_of_the_store() {
        assert_eq!(kept("host_1m"), Some("90 DAYS"));
        assert_eq!(kept("host_1h"), Some("3 YEARS"));
        assert_eq!(kept("host_1d"), None, "for good");
        assert_eq!(kept("stream_session_5m"), Some("13 MONTHS"));
    }
}
