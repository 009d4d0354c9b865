// What operators see of their own stack: the programs' own figures from Prometheus, and what is stored. Data
// sources are variables; agents are picked by name.
import { EXACT } from "./sql.mjs";

/** @typedef {import("./model.mjs").Dashboard} Dashboard */
/** @typedef {import("./model.mjs").Panel} Panel */
/** @typedef {import("./model.mjs").Value} Value */

/** What a query of Prometheus is averaged over: at least four scrapes. */
const RATE = "[$__rate_interval]";

/**
 * A panel over Prometheus. Its value is described by the metrics that its expressions name.
 * @param {Pick<Panel, "id" | "title" | "note"> & Partial<Panel>} head
 * @param {Omit<Value, "name" | "title" | "about"> & { title?: string, about?: string[] }} value
 * @param {{ [legend: string]: string }} prom
 * @returns {Panel}
 */
function figures(head, value, prom) {
  const targets = Object.entries(prom).map(([legend, expr]) => ({ expr, legend }));
  const named = new Set(targets.flatMap((t) => metricsOf(t.expr)));
  return {
    kind: "lines",
    width: 12,
    height: 8,
    values: [{ name: "value", title: head.title, about: [...named], ...value }],
    prom: targets,
    ...head,
  };
}

/** Metrics that an expression names, without the suffixes of histograms. @param {string} expr */
export function metricsOf(expr) {
  const names = expr.match(/\b(?:naap|questdb)_[A-Za-z0-9_]+/g) ?? [];
  return [
    ...new Set(names.map((n) => n.replace(/_(?:bucket|sum|count)$/, (s) => (KEPT.test(n) ? s : "")))),
  ];
}

/** Names that end so without being part of a histogram. */
const KEPT = /_(?:malloc|realloc|free|gc)_count$|_entries$/;

/** @param {number} q @param {string} metric */
const quantile = (q, metric) => `histogram_quantile(${q}, sum by (le) (rate(${metric}_bucket${RATE})))`;

/** @param {string} metric @param {string} [by] */
const rate = (metric, by) => `sum${by ? ` by (${by})` : ""} (rate(${metric}${RATE}))`;

/** @typedef {Pick<Panel, "id" | "title" | "note"> & Partial<Panel>} Head */

/** @param {Head} head @returns {Head} */
const small = (head) => ({ kind: "stat", width: 4, height: 4, ...head });

const C = "naap_collector";
const G = "naap_graphql";
const Q = "questdb";

/** @type {Dashboard} */
const stack = {
  uid: "naap-stack",
  file: "operators/stack",
  title: "NaaP: stack",
  about: "Whether collector, database and API do their work, and how far the figures are behind.",
  open: false,
  refresh: "30s",
  from: "now-6h",
  panels: [
    figures(
      small({ id: 1, title: "Collector", note: "Agents keep their rows while it does not acknowledge." }),
      { unit: "none", map: { 1: "acknowledges", 0: "does not" }, good: 1, bad: 0 },
      { Collector: `min(${C}_fit)` },
    ),
    figures(
      small({ id: 2, title: "Streams of agents", note: "An agent has one." }),
      { unit: "short" },
      { Streams: `sum(${C}_streams_open)` },
    ),
    figures(
      small({ id: 3, title: "Tables suspended", note: "Any but 0 stops the acks." }),
      { unit: "short", good: 0, bad: 1 },
      { Tables: `sum(${C}_table_suspended)` },
    ),
    figures(
      small({ id: 4, title: "Waits to be derived", note: "It grows while a backlog is taken." }),
      { unit: "short" },
      { Waiting: `sum(${C}_derive_pending)` },
    ),
    figures(
      small({
        id: 5,
        title: "Certificate ends in",
        note: "Nothing is shown where the collector has no TLS.",
      }),
      { unit: "s", decimals: 1 },
      { Left: `min((${C}_tls_certificate_not_after_seconds > 0) - time())` },
    ),
    figures(
      small({ id: 6, title: "Statements that failed", note: "Of the API, in the last 15 minutes." }),
      { unit: "short", good: 0, bad: 1 },
      { Failed: `sum(increase(${G}_database_failures_total[15m]))` },
    ),
    figures(
      { id: 7, title: "Requests of the API by status", note: "Requests a second.", stack: true },
      { unit: "reqps" },
      { "{{status}}": `${rate(`${G}_requests_total`, "status")} > 0` },
    ),
    figures(
      { id: 8, title: "Refusals of the API by code", note: "Answers a second." },
      { unit: "reqps" },
      { "{{code}}": `${rate(`${G}_refusals_total`, "code")} > 0` },
    ),
    figures(
      {
        id: 9,
        title: "Execution of queries",
        note: "Percentiles over all executions; kept answers are none.",
      },
      { unit: "s" },
      { p50: quantile(0.5, `${G}_execution_seconds`), p95: quantile(0.95, `${G}_execution_seconds`) },
    ),
    figures(
      {
        id: 10,
        title: "Wait for the database",
        note: "Percentiles. It grows when all connections of the pool are in use.",
      },
      { unit: "s" },
      { p50: quantile(0.5, `${G}_pool_wait_seconds`), p95: quantile(0.95, `${G}_pool_wait_seconds`) },
    ),
    figures(
      { id: 11, title: "How answers came about", note: "Answers a second.", stack: true },
      { unit: "reqps" },
      { "{{result}}": `${rate(`${G}_cache_total`, "result")} > 0` },
    ),
    figures(
      { id: 12, title: "Memory of kept answers", note: "At most what [cache] max_bytes allows." },
      { unit: "bytes" },
      { Kept: `sum(${G}_cache_bytes)` },
    ),
    figures(
      { id: 13, title: "Cost points spent", note: "Points a second, of all clients." },
      { unit: "cps" },
      { Points: rate(`${G}_cost_points_total`) },
    ),
    figures(
      { id: 14, title: "Derivation", note: "Percentiles of the lag." },
      { unit: "s" },
      { p50: quantile(0.5, `${C}_derive_lag_seconds`), p95: quantile(0.95, `${C}_derive_lag_seconds`) },
    ),
    figures(
      { id: 15, title: "Derived rows", note: "Rows a second.", height: 8 },
      { unit: "rowsps" },
      { Written: rate(`${C}_derive_rows_total`), "Of these void": rate(`${C}_derive_voided_total`) },
    ),
    figures(
      {
        id: 16,
        title: "Scrub",
        note: "Windows in the hour before. Differences that were repaired need no one; those that were not do.",
      },
      { unit: "short" },
      {
        Differed: `sum by (rollup) (increase(${C}_scrub_differences_total[1h])) > 0`,
        Repaired: `sum by (rollup) (increase(${C}_scrub_repairs_total[1h])) > 0`,
        "Stayed different": `sum by (rollup) (increase(${C}_scrub_unrepaired_total[1h])) > 0`,
      },
    ),
    figures(
      { id: 17, title: "Connections", note: "Those of agents to the collector." },
      { unit: "short" },
      { Open: `sum(${C}_connections_open)` },
    ),
    figures(
      { id: 18, title: "Refused at the door", note: "A second." },
      { unit: "cps" },
      {
        "connection: {{cause}}": `${rate(`${C}_connections_refused_total`, "cause")} > 0`,
        token: rate(`${C}_token_failures_total`),
        TLS: rate(`${C}_tls_handshake_failures_total`),
      },
    ),
    {
      id: 19,
      title: "How far the derivation is",
      kind: "table",
      width: 24,
      height: 8,
      note: "As each part said last.",
      keys: [
        { name: "part", title: "Part", about: ["DerivationPart.part"] },
        { name: "node", title: "Collector", about: ["DerivationPart.node"] },
        { name: "through_at", title: "Derived up to", about: ["DerivationPart.throughAt"], time: true },
      ],
      values: [
        { name: "lag_ms", title: "Lag", unit: "ms", about: ["DerivationPart.lagMs"] },
        { name: "pending", title: "Waiting", unit: "short", about: ["DerivationPart.pending"] },
        { name: "derived", title: "Rows", unit: "short", about: ["DerivationPart.derived"] },
        { name: "voided", title: "Of these void", unit: "short", about: ["DerivationPart.voided"] },
      ],
      sql: () => `SELECT part, node, through_at, lag_ms, pending, derived, voided
FROM public_derive_state
WHERE ts > dateadd('d', -7, now())
LATEST ON ts PARTITION BY node, part
ORDER BY part, node`,
      same: {
        query: "derivation { parts { part node throughAt lagMs pending derived voided } }",
        rows: (data) =>
          data.derivation.parts.map((/** @type {any} */ p) => ({
            part: p.part,
            node: p.node,
            through_at: p.throughAt,
            lag_ms: p.lagMs,
            pending: p.pending,
            derived: p.derived,
            voided: p.voided,
          })),
      },
    },
  ],
};

/** The agents that were picked. */
const PICKED = "$__conditionalAll(node IN ($node), $node)";

/** By agent and interval, from what agents say of themselves. @param {string} value @param {string} name */
const ofAgents = (value, name) => () =>
  `SELECT ts time, node, ${value} ${name}
FROM public_agent
WHERE ${EXACT} AND ${PICKED}
SAMPLE BY $__sampleByInterval
ORDER BY time, node`;

/** @param {string} field @param {string} ask */
const ofHosts = (field, ask) => ({
  sql: () => `SELECT ts time, node, avg(${field}) ${field}
FROM public_host
WHERE ${EXACT} AND ${PICKED}
SAMPLE BY $__sampleByInterval
ORDER BY time, node`,
  same: {
    query: `hostSeries(node: $node, window: $window, bucket: H1) { node points { time ${ask} { mean } } }`,
    rows: (/** @type {any} */ data) =>
      data.hostSeries.points.map((/** @type {any} */ p) => ({
        time: p.time,
        node: data.hostSeries.node,
        [field]: p[ask].mean,
      })),
    perNode: true,
  },
});

const NODE = { name: "node", title: "Agent", about: ["Agent.name"] };

/** @type {Dashboard} */
const agents = {
  uid: "naap-agents",
  file: "operators/agents",
  title: "NaaP: agents",
  about: "Agents and the machines that they run on: who is there, what waits with them, and what was lost.",
  open: false,
  refresh: "1m",
  from: "now-6h",
  node: true,
  panels: [
    {
      id: 1,
      title: "Agents",
      kind: "table",
      width: 24,
      height: 10,
      note: "As of now, whatever the range is.",
      keys: [
        NODE,
        { name: "kind", title: "Kind", about: ["Agent.kind"] },
        { name: "region", title: "Region", about: ["Agent.region"] },
        { name: "version", title: "Version", about: ["Agent.agentVersion"] },
        { name: "last_seen", title: "Last seen", about: ["Agent.lastSeenAt"], time: true },
      ],
      values: [
        {
          name: "online",
          title: "Online",
          unit: "none",
          about: ["Agent.online"],
          map: { 1: "online", 0: "offline" },
        },
        { name: "stored", title: "Rows stored", unit: "short", about: ["Coverage.stored"] },
        { name: "duplicates", title: "Came again", unit: "short", about: ["Coverage.duplicates"] },
        { name: "rejected", title: "Refused", unit: "short", about: ["Coverage.rejected"] },
      ],
      sql: () => `WITH said AS (
  SELECT ts, node, kind, region, version
  FROM public_agent
  WHERE ts >= dateadd('d', -30, now())
  LATEST ON ts PARTITION BY node
), runs AS (
  SELECT node, epoch, max(last_row_at) seen, max(stored) stored, max(duplicates) duplicates, max(rejected) rejected
  FROM public_ledger
  GROUP BY node, epoch
), rows AS (
  SELECT node, max(seen) seen, sum(stored) stored, sum(duplicates) duplicates, sum(rejected) rejected
  FROM runs
  GROUP BY node
)
SELECT r.node node, s.kind kind, s.region region, s.version version, r.seen last_seen,
  CASE WHEN r.seen >= dateadd('m', -50, now()) THEN 1 ELSE 0 END online,
  r.stored stored, r.duplicates duplicates, r.rejected rejected
FROM rows r
LEFT JOIN said s ON s.node = r.node
WHERE $__conditionalAll(r.node IN ($node), $node)
ORDER BY node`,
      same: {
        query:
          "agents(first: 200) { pageInfo { hasNextPage } nodes { name kind region agentVersion lastSeenAt online coverage { stored duplicates rejected } } }",
        rows: (data) =>
          data.agents.nodes.map((/** @type {any} */ n) => ({
            node: n.name,
            kind: n.kind?.toLowerCase() ?? null,
            region: n.region,
            version: n.agentVersion,
            last_seen: n.lastSeenAt,
            online: n.online ? 1 : 0,
            stored: n.coverage.stored,
            duplicates: n.coverage.duplicates,
            rejected: n.coverage.rejected,
          })),
      },
    },
    {
      id: 2,
      title: "Processor",
      kind: "lines",
      width: 12,
      height: 8,
      note: "Mean of each interval.",
      keys: [NODE],
      values: [
        {
          name: "cpu_busy_ratio",
          title: "Processor busy",
          unit: "percentunit",
          about: ["HostPoint.cpuBusyRatio", "host.cpu_busy_ratio"],
          min: 0,
          max: 1,
        },
      ],
      ...ofHosts("cpu_busy_ratio", "cpuBusyRatio"),
    },
    {
      id: 3,
      title: "Memory",
      kind: "lines",
      width: 12,
      height: 8,
      note: "Mean of each interval.",
      keys: [NODE],
      values: [
        {
          name: "mem_used_bytes",
          title: "Memory in use",
          unit: "bytes",
          about: ["HostPoint.memUsedBytes", "host.mem_used_bytes"],
          min: 0,
        },
      ],
      ...ofHosts("mem_used_bytes", "memUsedBytes"),
    },
    {
      id: 4,
      title: "Rows that wait",
      kind: "lines",
      width: 12,
      height: 8,
      note: "The last of each interval. It grows while the collector cannot be reached or does not acknowledge.",
      keys: [NODE],
      values: [
        { name: "rows_pending", title: "Waiting", unit: "short", about: ["agent.rows_pending"], min: 0 },
      ],
      sql: ofAgents("last(rows_pending)", "rows_pending"),
      apart: "GraphQL has the newest value only",
    },
    {
      id: 5,
      title: "Bytes that wait",
      kind: "lines",
      width: 12,
      height: 8,
      note: "The last of each interval; the agent's [spool] says how many it may be.",
      keys: [NODE],
      values: [
        { name: "bytes_pending", title: "Waiting", unit: "bytes", about: ["agent.bytes_pending"], min: 0 },
      ],
      sql: ofAgents("last(bytes_pending)", "bytes_pending"),
      apart: "GraphQL does not have it",
    },
    {
      id: 6,
      title: "Rows lost by a full queue",
      kind: "bars",
      width: 12,
      height: 8,
      stack: true,
      note: "Sum of each interval.",
      keys: [NODE],
      values: [{ name: "rows_evicted", title: "Lost", unit: "short", about: ["agent.rows_evicted"] }],
      sql: ofAgents("sum(rows_evicted)", "rows_evicted"),
      apart: "GraphQL has the declared gaps of all times",
    },
    {
      id: 7,
      title: "Sent to the collector",
      kind: "bars",
      width: 12,
      height: 8,
      stack: true,
      note: "Sum of each interval.",
      keys: [NODE],
      values: [{ name: "bytes_sent", title: "Sent", unit: "bytes", about: ["agent.bytes_sent"] }],
      sql: ofAgents("sum(bytes_sent)", "bytes_sent"),
      apart: "GraphQL does not have it",
    },
    {
      id: 8,
      title: "Sources",
      kind: "table",
      width: 24,
      height: 10,
      note: "Sums over the range.",
      keys: [NODE, { name: "source", title: "Source", about: ["agent_source.source"] }],
      values: [
        { name: "reads", title: "Reads", unit: "short", about: ["agent_source.reads"] },
        { name: "failures", title: "Failures", unit: "short", about: ["agent_source.failures"] },
        { name: "rows", title: "Rows", unit: "short", about: ["agent_source.rows"] },
        { name: "dropped", title: "Dropped", unit: "short", about: ["agent_source.dropped"] },
        { name: "read_ms", title: "Longest read", unit: "ms", about: ["agent_source.read_ms"] },
      ],
      sql: () => `SELECT node, source, sum(reads) reads, sum(failures) failures, sum(rows) rows, sum(dropped) dropped,
  max(read_ms) read_ms
FROM public_agent_source
WHERE ${EXACT} AND ${PICKED}
GROUP BY node, source
ORDER BY failures DESC, node, source`,
      apart: "GraphQL has the newest report of each source only",
    },
    {
      id: 9,
      title: "Declared gaps",
      quiet: true,
      kind: "table",
      width: 12,
      height: 8,
      note: "Sums over the range.",
      keys: [NODE, { name: "reason", title: "Reason", about: ["gap.reason"] }],
      values: [{ name: "rows", title: "Rows", unit: "short", about: ["gap.rows"] }],
      sql: () => `SELECT node, reason, sum(rows) rows
FROM public_gap
WHERE ${EXACT} AND ${PICKED}
GROUP BY node, reason
ORDER BY rows DESC`,
      apart: "GraphQL has the gaps of all times",
    },
    {
      id: 10,
      title: "Clocks",
      kind: "lines",
      width: 12,
      height: 8,
      note: "The last of each interval.",
      keys: [NODE],
      values: [{ name: "skew_ms", title: "Clock", unit: "ms", about: ["agent.skew_ms"] }],
      sql: ofAgents("last(skew_ms)", "skew_ms"),
      apart: "GraphQL has the newest value only",
    },
  ],
};

/** @type {Dashboard} */
const ingest = {
  uid: "naap-ingest",
  file: "operators/ingest",
  title: "NaaP: ingest",
  about: "From frames of agents to committed rows: how much, how quick, and what was refused.",
  open: false,
  refresh: "30s",
  from: "now-6h",
  panels: [
    figures(
      { id: 1, title: "Rows", note: "A second." },
      { unit: "rowsps" },
      {
        Received: rate(`${C}_rows_received_total`),
        Stored: rate(`${C}_rows_stored_total`),
        "Came again": rate(`${C}_rows_duplicate_total`),
      },
    ),
    figures(
      { id: 2, title: "Rows refused", note: "A second, by reason.", stack: true },
      { unit: "rowsps" },
      { "{{reason}}": `${rate(`${C}_rows_rejected_total`, "reason")} > 0` },
    ),
    figures(
      { id: 3, title: "Frames", note: "A second." },
      { unit: "cps" },
      { Frames: rate(`${C}_frames_total`) },
    ),
    figures(
      { id: 4, title: "Bytes of frames", note: "A second." },
      { unit: "binBps" },
      { Bytes: rate(`${C}_frame_bytes_total`) },
    ),
    figures(
      { id: 5, title: "Until the ack", note: "Percentiles." },
      { unit: "s" },
      { p50: quantile(0.5, `${C}_ack_wait_seconds`), p95: quantile(0.95, `${C}_ack_wait_seconds`) },
    ),
    figures(
      { id: 6, title: "Rounds of commits", note: "Percentiles." },
      { unit: "s" },
      { p50: quantile(0.5, `${C}_flush_round_seconds`), p95: quantile(0.95, `${C}_flush_round_seconds`) },
    ),
    figures(
      { id: 7, title: "Frames that wait", note: "Streams are read no further when there is no room." },
      { unit: "short", min: 0 },
      { Waiting: `sum(${C}_queue_frames)` },
    ),
    figures(
      { id: 8, title: "Memory of admitted rows", note: "Of the budget." },
      { unit: "percentunit", min: 0, max: 1 },
      { Used: `sum(${C}_memory_used_bytes) / sum(${C}_memory_budget_bytes)` },
    ),
    figures(
      {
        id: 9,
        title: "Tables behind",
        note: "The ten that are furthest behind. At [guard] max_lag acks stop.",
      },
      { unit: "s", min: 0 },
      { "{{table}}": `topk(10, max by (table) (${C}_table_lag_seconds)) > 0` },
    ),
    figures(
      { id: 10, title: "Transactions not applied", note: "The ten tables with the most." },
      { unit: "short", min: 0 },
      { "{{table}}": `topk(10, max by (table) (${C}_table_waiting_transactions)) > 0` },
    ),
    figures(
      {
        id: 11,
        title: "Quotas",
        note: "A second, by quota. Over rows or bytes nothing is lost; over series rows are.",
      },
      { unit: "cps" },
      { "{{quota}}": `${rate(`${C}_quota_hits_total`, "quota")} > 0` },
    ),
    {
      id: 12,
      title: "Rows refused, by agent",
      quiet: true,
      kind: "table",
      width: 12,
      height: 8,
      note: "Sums over the range.",
      keys: [
        { name: "node", title: "Agent", about: ["Agent.name"] },
        { name: "entity", title: "Entity", about: ["rejected.entity"] },
        { name: "reason", title: "Reason", about: ["rejected.reason"] },
      ],
      values: [{ name: "rows", title: "Rows", unit: "short", about: ["rejected.rows"] }],
      sql: () => `SELECT node, coalesce(entity, 'unknown') entity, reason, sum(rows) rows
FROM rejected
WHERE ${EXACT}
GROUP BY node, entity, reason
ORDER BY rows DESC`,
      apart: "for operators only; GraphQL has the count of all times",
    },
  ],
};

/** @type {Dashboard} */
const questdb = {
  uid: "naap-questdb",
  file: "operators/questdb",
  title: "NaaP: QuestDB",
  about: "The database: its tables and views, its disk and memory, and how it keeps up.",
  open: false,
  refresh: "1m",
  from: "now-6h",
  panels: [
    {
      id: 1,
      title: "Tables",
      kind: "table",
      width: 24,
      height: 10,
      note: "As of now. A suspended table takes rows and does not show them; transactions that wait are committed and not yet visible.",
      keys: [
        { name: "name", title: "Table", about: ["TableStatus.name"] },
        { name: "newest", title: "Newest row", about: ["TableStatus.dataThrough"], time: true },
      ],
      values: [
        {
          name: "suspended",
          title: "Suspended",
          unit: "none",
          about: ["TableStatus.suspended"],
          map: { 1: "suspended", 0: "applies" },
          good: 0,
          bad: 1,
        },
        { name: "waiting", title: "Waiting", unit: "short", about: ["TableStatus.pendingTransactions"] },
        { name: "rows", title: "Rows", unit: "short", about: [] },
      ],
      sql: () => `SELECT t.table_name name, t.table_max_timestamp newest,
  CASE WHEN w.suspended THEN 1 ELSE 0 END suspended, w.sequencerTxn - w.writerTxn waiting, t.table_row_count rows
FROM tables() t
JOIN wal_tables() w ON w.name = t.table_name
WHERE t.partitionBy <> 'N/A'
ORDER BY waiting DESC, name`,
      same: {
        query: "status { tables { name suspended } views { name } }",
        rows: (data) =>
          [...data.status.tables, ...data.status.views].map((/** @type {any} */ t) => ({
            name: t.name,
            suspended: t.suspended ? 1 : 0,
          })),
        only: ["name", "suspended"],
      },
    },
    {
      id: 2,
      title: "Materialised views",
      kind: "table",
      width: 24,
      height: 10,
      note: "As of now. What is invalid stays as it was; only a full refresh mends it, and that loses what its base keeps no more.",
      keys: [
        { name: "name", title: "View", about: ["ViewStatus.name"] },
        { name: "status", title: "Status", about: ["ViewStatus.status"] },
        { name: "base", title: "Of" },
        { name: "refreshed", title: "Refreshed", about: ["ViewStatus.lastRefreshedAt"], time: true },
      ],
      values: [
        {
          name: "valid",
          title: "Valid",
          unit: "none",
          about: ["ViewStatus.status"],
          map: { 1: "valid", 0: "invalid" },
          good: 1,
          bad: 0,
        },
      ],
      sql: () => `SELECT view_name name, view_status status, base_table_name base, last_refresh_finish_timestamp refreshed,
  CASE WHEN view_status = 'invalid' THEN 0 ELSE 1 END valid
FROM materialized_views()
ORDER BY valid, name`,
      same: {
        query: "status { views { name status } }",
        rows: (data) =>
          data.status.views.map((/** @type {any} */ v) => ({
            name: v.name,
            valid: v.status === "invalid" ? 0 : 1,
          })),
        only: ["name", "valid"],
      },
    },
    {
      id: 3,
      title: "Disk by table",
      kind: "table",
      width: 24,
      height: 10,
      note: "As of now. Open columns are allocated in pages, so a table that is written to takes more than its rows.",
      keys: [{ name: "name", title: "Table" }],
      values: [
        { name: "disk", title: "Disk", unit: "bytes", about: [] },
        { name: "partitions", title: "Partitions", unit: "short", about: [] },
        { name: "rows", title: "Rows", unit: "short", about: [] },
      ],
      sql: () => `SELECT tableName name, diskSize disk, partitionCount partitions, rowCount rows
FROM table_storage()
ORDER BY disk DESC`,
      apart: "GraphQL does not have it",
    },
    figures(
      small({ id: 4, title: "Tables suspended", note: "As QuestDB counts them, tables of others too." }),
      { unit: "short", good: 0, bad: 1 },
      { Tables: `max(${Q}_suspended_tables)` },
    ),
    figures(
      small({
        id: 5,
        title: "Transactions behind",
        note: "Committed and not yet applied, over all tables since its start.",
      }),
      { unit: "short" },
      { Behind: `max(${Q}_wal_apply_seq_txn - ${Q}_wal_apply_writer_txn)` },
    ),
    figures(
      small({ id: 6, title: "Errors not handled", note: "In the last hour; the log of QuestDB has them." }),
      { unit: "short", good: 0, bad: 1 },
      { Errors: `sum(increase(${Q}_unhandled_errors_total[1h]))` },
    ),
    {
      id: 7,
      title: "Disk of all tables",
      kind: "stat",
      width: 12,
      height: 4,
      note: "As of now, without the logs of writes that are not applied.",
      values: [{ name: "disk", title: "Disk", unit: "bytes", about: [] }],
      sql: () => "SELECT sum(diskSize) disk FROM table_storage()",
      apart: "GraphQL does not have it",
    },
    figures(
      {
        id: 8,
        title: "Memory",
        note: "Of the process, of its Java heap, and what it allocated beside it.",
      },
      { unit: "bytes", min: 0 },
      {
        Process: `max(${Q}_memory_rss)`,
        "Java heap": `max(${Q}_memory_jvm_total - ${Q}_memory_jvm_free)`,
        Native: `max(${Q}_memory_mem_used)`,
      },
    ),
    figures(
      {
        id: 9,
        title: "Connections",
        note: "Of the PostgreSQL protocol and of HTTP. Beyond the limit new ones hang.",
      },
      { unit: "short", min: 0 },
      { PostgreSQL: `max(${Q}_pg_wire_connections)`, HTTP: `max(${Q}_http_connections)` },
    ),
    figures(
      { id: 10, title: "Statements", note: "A second, over the PostgreSQL protocol." },
      { unit: "ops", min: 0 },
      {
        Completed: rate(`${Q}_pg_wire_queries_completed_total`),
        Errors: rate(`${Q}_pg_wire_errors_total`),
      },
    ),
    figures(
      { id: 11, title: "Commits", note: "A second; those out of order touch older partitions." },
      { unit: "ops", min: 0 },
      { All: rate(`${Q}_commits_total`), "Out of order": rate(`${Q}_o3_commits_total`) },
    ),
    figures(
      { id: 12, title: "Rows written", note: "A second: by writers, and applied to tables." },
      { unit: "rowsps", min: 0 },
      {
        Written: rate(`${Q}_wal_written_rows_total`),
        Applied: rate(`${Q}_wal_apply_written_rows_total`),
        "On disk": rate(`${Q}_wal_apply_physically_written_rows_total`),
      },
    ),
    figures(
      { id: 13, title: "Collection of garbage", note: "Share of the time in which Java collected." },
      { unit: "percentunit", min: 0 },
      {
        Major: `sum(rate(${Q}_jvm_major_gc_time_total${RATE})) / 1000`,
        Minor: `sum(rate(${Q}_jvm_minor_gc_time_total${RATE})) / 1000`,
      },
    ),
  ],
};

export const OPERATORS = [stack, agents, ingest, questdb];
