// What everyone may see: aggregates and public views only, without variables, of organic traffic.
import { LEGS, SESSIONS, SUPPLY, sums, UNKNOWN } from "./figures.mjs";
import { EXACT, LISTED, ONLINE, online, percentiles, quoted, reports } from "./sql.mjs";

/** @typedef {import("./model.mjs").Dashboard} Dashboard */
/** @typedef {import("./model.mjs").Panel} Panel */
/** @typedef {import("./model.mjs").Origin} Origin */

const HOURS = "The range is snapped outward to full hours (UTC); the last hour is not over yet.";
const NOW = "As of now, whatever the range is.";

/** Ranges of distributions, as declared in schema/entities; the generator holds them against it. */
export const RANGES = {
  "stream_session.startup_ms": [1, 3600000],
  "stream_session.output_fps_mean": [0.1, 1000],
};

/**
 * Percentiles of a measure, by hour or over the whole range.
 * @param {"startup_ms" | "output_fps_mean"} field @param {string} measure @param {string} unit
 * @param {boolean} hourly
 * @returns {Pick<Panel, "values" | "sql" | "same">}
 */
function spread(field, measure, unit, hourly) {
  const about = [`Measure.${measure}`, `stream_session.${field}`];
  const range = /** @type {[number, number]} */ (RANGES[`stream_session.${field}`]);
  const value = (/** @type {number} */ q, /** @type {string} */ color) => ({
    name: `p${q}`,
    title: `p${q}`,
    unit,
    about,
    color,
    decimals: unit === "ms" ? 0 : 1,
  });
  const part = hourly ? "points { time p50 p95 }" : "total { p50 p95 }";
  return {
    values: [value(50, "blue"), value(95, "orange")],
    sql: (origin) => percentiles("stream_session", field, range, [0.5, 0.95], hourly, origin),
    same: {
      query: `distributions(measure: ${measure}, of: SESSIONS, window: $window, bucket: H1, origin: $origin) { groups { ${part} } }`,
      rows: (data) =>
        data.distributions.groups.flatMap((/** @type {any} */ g) => (hourly ? g.points : [g.total])),
    },
  };
}

/**
 * One figure of `network`, as it is now.
 * @param {string} ask @param {string} title @param {(origin: Origin) => string} sql
 * @returns {Pick<Panel, "values" | "sql" | "same">}
 */
const now = (ask, title, sql) => ({
  values: [{ name: "n", title, unit: "short", about: [`Network.${ask}`] }],
  sql,
  same: {
    query: `network(window: $window, origin: $origin) { ${ask} }`,
    rows: (data) => [{ n: data.network[ask] }],
  },
});

/** @param {Pick<Panel, "id" | "title" | "note"> & Partial<Panel>} head @param {Partial<Panel>} body */
const panel = (head, body) =>
  /** @type {Panel} */ ({ kind: "lines", width: 12, height: 8, connect: 1, ...body, ...head });

/** @param {Pick<Panel, "id" | "title" | "note"> & Partial<Panel>} head @param {Partial<Panel>} body */
const stat = (head, body) => panel({ kind: "stat", width: 4, height: 4, ...head }, body);

/** @type {Dashboard} */
const network = {
  uid: "naap-network",
  file: "public/network",
  title: "NaaP: network",
  about: "What was asked of the network, what became of it, and what is on offer now.",
  open: true,
  refresh: "5m",
  from: "now-24h",
  panels: [
    stat(
      { id: 1, title: "Sessions requested", note: HOURS },
      sums({ root: "demand", of: SESSIONS, figures: ["requested"] }),
    ),
    stat(
      { id: 2, title: "Served of those requested", note: HOURS },
      sums({ root: "demand", of: SESSIONS, figures: ["served_ratio"] }),
    ),
    stat(
      { id: 3, title: "Sessions without an orchestrator", note: HOURS },
      sums({ root: "demand", of: SESSIONS, figures: ["unserved"] }),
    ),
    stat(
      { id: 4, title: "Interrupted of those served", note: HOURS },
      sums({ root: "demand", of: SESSIONS, figures: ["interrupted_ratio"] }),
    ),
    stat(
      { id: 5, title: "Minutes of video", note: HOURS },
      sums({ root: "demand", of: SESSIONS, figures: ["minutes"] }),
    ),
    stat(
      { id: 6, title: "Fees", note: HOURS },
      sums({ root: "demand", of: SESSIONS, figures: ["fee_eth"] }),
    ),
    stat(
      { id: 7, title: "Orchestrators online", note: NOW },
      now("orchestratorsOnline", "Online", (o) => `SELECT count() n\nFROM ${online(o)}`),
    ),
    stat(
      { id: 8, title: "Orchestrators listed", note: NOW },
      now(
        "orchestrators",
        "Listed",
        (o) => `SELECT count() n\nFROM (SELECT orchestrator FROM ${reports(o)} GROUP BY orchestrator)`,
      ),
    ),
    stat(
      { id: 9, title: "Slots of those online", note: NOW },
      now(
        "slots",
        "Slots",
        (o) => `SELECT sum(slots) n\nFROM ${reports(o)}\nWHERE orchestrator IN ${online(o)}`,
      ),
    ),
    stat(
      { id: 10, title: "Idle slots of those online", note: NOW },
      now(
        "slotsIdle",
        "Idle",
        (o) => `SELECT sum(slots_idle) n\nFROM ${reports(o)}\nWHERE orchestrator IN ${online(o)}`,
      ),
    ),
    stat(
      { id: 11, title: "Startup", note: `Over all sessions of the range. ${HOURS}`, width: 8 },
      spread("startup_ms", "STARTUP", "ms", false),
    ),
    panel(
      {
        id: 12,
        title: "Sessions by hour",
        kind: "bars",
        stack: true,
        note: `By the hour of the request. ${HOURS}`,
      },
      sums({
        root: "demand",
        of: SESSIONS,
        figures: ["served", "unserved", "failed", "excused"],
        hourly: true,
      }),
    ),
    panel(
      {
        id: 13,
        title: "Minutes of video by hour",
        kind: "bars",
        note: `Split at the borders of hours. ${HOURS}`,
      },
      sums({ root: "demand", of: SESSIONS, figures: ["minutes"], hourly: true }),
    ),
    panel(
      { id: 14, title: "Startup by hour", note: `Percentiles are right within 2 %. ${HOURS}` },
      spread("startup_ms", "STARTUP", "ms", true),
    ),
    panel(
      {
        id: 15,
        title: "Output frames by hour",
        note: `Percentiles over sessions of their mean, right within 2 %. ${HOURS}`,
      },
      spread("output_fps_mean", "OUTPUT_FPS", "suffix: fps", true),
    ),
    panel(
      { id: 16, title: "Media latency by hour", note: `Mean over the sessions that have it. ${HOURS}` },
      sums({ root: "demand", of: SESSIONS, figures: ["e2e_media_ms"], hourly: true }),
    ),
    panel(
      {
        id: 17,
        title: "Fees by hour",
        kind: "bars",
        note: `By the time of the payment. ${HOURS}`,
      },
      sums({ root: "demand", of: SESSIONS, figures: ["fee_eth"], hourly: true }),
    ),
    panel(
      { id: 18, title: "By model", kind: "table", width: 24, note: HOURS },
      sums({
        root: "demand",
        of: SESSIONS,
        figures: [
          "requested",
          "served",
          "served_ratio",
          "unserved",
          "swaps",
          "minutes",
          "startup_ms",
          "output_fps_mean",
          "fee_eth",
        ],
        by: ["model"],
      }),
    ),
    panel(
      { id: 19, title: "By region of the gateway", kind: "table", width: 24, note: HOURS },
      sums({
        root: "demand",
        of: SESSIONS,
        figures: [
          "requested",
          "served",
          "served_ratio",
          "unserved",
          "minutes",
          "startup_ms",
          "output_fps_mean",
        ],
        by: ["region"],
      }),
    ),
  ],
};

/** @type {Dashboard} */
const orchestrators = {
  uid: "naap-orchestrators",
  file: "public/orchestrators",
  title: "NaaP: orchestrators",
  about:
    "Orchestrators by on-chain address: what they say they offer, and what they did with what was asked.",
  open: true,
  refresh: "5m",
  from: "now-24h",
  panels: [
    panel(
      {
        id: 1,
        title: "Orchestrators",
        kind: "table",
        width: 24,
        height: 10,
        note: `What they say of themselves in the newest report of each of their URIs, of the last 30 days. ${NOW}`,
      },
      {
        keys: [
          { name: "orchestrator", title: "Orchestrator", about: ["Orchestrator.address"] },
          { name: "last_seen", title: "Last seen", about: ["Orchestrator.lastSeenAt"], time: true },
        ],
        values: [
          {
            name: "online",
            title: "Online",
            unit: "none",
            about: ["Orchestrator.online"],
            map: { 1: "online", 0: "offline" },
          },
          { name: "slots", title: "Slots", unit: "short", about: ["Orchestrator.slotCount"] },
          { name: "idle", title: "Idle", unit: "short", about: ["Orchestrator.slotsIdle"] },
        ],
        sql: (o) => `SELECT orchestrator, max(ts) last_seen,
  CASE WHEN max(ts) >= ${ONLINE} THEN 1 ELSE 0 END online,
  sum(slots) slots, sum(slots_idle) idle
FROM ${reports(o)}
GROUP BY orchestrator
ORDER BY online DESC, slots DESC`,
        same: {
          query:
            "orchestrators(first: 200, origin: $origin) { pageInfo { hasNextPage } nodes { address lastSeenAt online slotCount slotsIdle } }",
          rows: (data) =>
            data.orchestrators.nodes.map((/** @type {any} */ n) => ({
              orchestrator: n.address,
              last_seen: n.lastSeenAt,
              online: n.online ? 1 : 0,
              slots: n.slotCount,
              idle: n.slotsIdle,
            })),
        },
      },
    ),
    panel(
      {
        id: 2,
        title: "What was asked of them",
        kind: "table",
        width: 24,
        height: 10,
        note: `Legs: one orchestrator's part of a session. Means over the legs that have the figure. ${HOURS}`,
      },
      sums({
        root: "demand",
        of: LEGS,
        figures: [
          "requested",
          "served",
          "served_ratio",
          "swapped",
          "leg_minutes",
          "startup_ms",
          "playable_ms",
          "output_fps_mean",
          "jitter_coefficient",
          "fee_eth",
        ],
        by: ["orchestrator"],
      }),
    ),
    panel(
      {
        id: 3,
        title: "Legs served by hour",
        kind: "bars",
        stack: true,
        width: 24,
        note: `By the hour in which they start. ${HOURS}`,
      },
      sums({ root: "demand", of: LEGS, figures: ["served"], by: ["orchestrator"], hourly: true }),
    ),
    panel(
      {
        id: 4,
        title: "Legs swapped away from by hour",
        kind: "bars",
        stack: true,
        note: `By the hour in which they start. ${HOURS}`,
      },
      sums({ root: "demand", of: LEGS, figures: ["swapped"], by: ["orchestrator"], hourly: true }),
    ),
    panel(
      {
        id: 5,
        title: "Slots and loaded models",
        kind: "table",
        note: `By pipeline and model, over all orchestrators, weighted with time. ${HOURS}`,
      },
      sums({
        root: "supply",
        of: SUPPLY,
        figures: ["known_hours", "slots_per_model", "warm_ratio"],
        by: ["pipeline", "model"],
      }),
    ),
    panel(
      {
        id: 6,
        title: "Prices now",
        kind: "table",
        width: 24,
        height: 10,
        note: `The lowest of an orchestrator's URIs in its newest report of the last two hours. ${NOW}`,
      },
      {
        keys: [
          { name: "pipeline", title: "Pipeline", about: ["Price.pipeline"] },
          { name: "model", title: "Model", about: ["Price.model"] },
          { name: "orchestrator", title: "Orchestrator", about: ["Price.orchestrator"] },
        ],
        values: [{ name: "price", title: "Wei per unit", unit: "none", about: ["Price.weiPerUnit"] }],
        sql: (o) => `WITH offers AS (
  SELECT ts, orchestrator, orch_uri, pipeline, model, price_wei_per_unit
  FROM public_supply
  WHERE ts >= dateadd('h', -2, now()) AND origin = ${quoted(o)}
  LATEST ON ts PARTITION BY orchestrator, orch_uri, pipeline, model
), newest AS (
  SELECT orchestrator, orch_uri, max(ts) at FROM offers GROUP BY orchestrator, orch_uri
)
SELECT coalesce(o.pipeline, 'none') pipeline, coalesce(o.model, 'none') model, o.orchestrator orchestrator,
  min(o.price_wei_per_unit) price
FROM offers o
JOIN newest n ON n.orchestrator = o.orchestrator AND n.orch_uri = o.orch_uri
WHERE o.ts = n.at AND o.price_wei_per_unit IS NOT NULL
GROUP BY o.pipeline, o.model, o.orchestrator
ORDER BY pipeline, model, price`,
        same: {
          query:
            "prices(window: $window, bucket: H1, origin: $origin, top: 500) { itemsLeftOut items { pipeline model orchestrator weiPerUnit } }",
          rows: (data) =>
            data.prices.items
              .filter((/** @type {any} */ i) => i.weiPerUnit !== null)
              .map((/** @type {any} */ i) => ({
                pipeline: i.pipeline ?? "none",
                model: i.model ?? "none",
                orchestrator: i.orchestrator,
                price: i.weiPerUnit,
              })),
        },
      },
    ),
    panel(
      {
        id: 7,
        title: "Reported against observed",
        kind: "table",
        width: 24,
        height: 10,
        note: "The newest hour.",
      },
      {
        keys: [
          { name: "orchestrator", title: "Orchestrator", about: ["ReportedVsObserved.orchestrator"] },
          { name: "pipeline", title: "Pipeline", about: ["ReportedVsObserved.pipeline"] },
          { name: "model", title: "Model", about: ["ReportedVsObserved.model"] },
          { name: "figure", title: "Figure", about: ["ReportedVsObserved.figure"] },
          { name: "basis", title: "Observed by", about: ["ReportedVsObserved.basis"] },
        ],
        values: [
          {
            name: "reported",
            title: "Reported",
            unit: "none",
            about: ["ReportedVsObserved.reported"],
            decimals: 2,
          },
          {
            name: "observed",
            title: "Observed",
            unit: "none",
            about: ["ReportedVsObserved.observed"],
            decimals: 2,
          },
          { name: "ratio", title: "Ratio", unit: "none", about: ["ReportedVsObserved.ratio"], decimals: 2 },
        ],
        sql: (
          o,
        ) => `SELECT orchestrator, pipeline, coalesce(model, 'none') model, figure, coalesce(basis, 'nobody') basis,
  reported, observed, ratio
FROM public_reported_observed
WHERE origin = ${quoted(o)}
  AND ts = (SELECT max(ts) FROM public_reported_observed WHERE origin = ${quoted(o)})
ORDER BY orchestrator, pipeline, model, figure`,
        same: {
          query:
            "reportedVsObserved(origin: $origin) { items { orchestrator pipeline model figure basis reported observed ratio } }",
          rows: (data) =>
            data.reportedVsObserved.items.map((/** @type {any} */ i) => ({
              ...i,
              model: i.model ?? "none",
              basis: i.basis ?? "nobody",
            })),
        },
      },
    ),
  ],
};

/** Each GPU of the last 30 days, as of the newest report that shows it. @param {Origin} origin */
const gpus = (origin) => `(
  SELECT ts, gpu_id, gpu_name, memory_bytes, orchestrator
  FROM public_gpu_slot
  WHERE ts >= ${LISTED} AND gpu_id IS NOT NULL AND origin = ${quoted(origin)}
  LATEST ON ts PARTITION BY gpu_id
)`;

const GPUS =
  "gpus(first: 200, origin: $origin) { pageInfo { hasNextPage } nodes { gpuId name online lastSeenAt memoryBytes orchestrator } }";

/** @type {Dashboard} */
const gpuBoard = {
  uid: "naap-gpus",
  file: "public/gpus",
  title: "NaaP: GPUs",
  about: "Which GPUs orchestrators report, how long they were there, and how streams ran on them.",
  open: true,
  refresh: "5m",
  from: "now-24h",
  panels: [
    stat(
      { id: 1, title: "GPUs online", note: NOW, width: 6 },
      {
        values: [{ name: "n", title: "Online", unit: "short", about: ["Gpu.online"] }],
        sql: (o) => `SELECT count() n\nFROM ${gpus(o)}\nWHERE ts >= ${ONLINE}`,
        same: {
          query: GPUS,
          rows: (data) => [{ n: data.gpus.nodes.filter((/** @type {any} */ n) => n.online).length }],
        },
      },
    ),
    stat(
      { id: 2, title: "GPUs listed", note: NOW, width: 6 },
      {
        values: [{ name: "n", title: "Listed", unit: "short", about: ["Query.gpus"] }],
        sql: (o) => `SELECT count() n\nFROM ${gpus(o)}`,
        same: { query: GPUS, rows: (data) => [{ n: data.gpus.nodes.length }] },
      },
    ),
    stat(
      { id: 3, title: "GPU hours", note: HOURS, width: 6 },
      sums({ root: "supply", of: SUPPLY, figures: ["gpu_hours"] }),
    ),
    stat(
      { id: 4, title: "Minutes of legs", note: HOURS, width: 6 },
      sums({ root: "demand", of: LEGS, figures: ["leg_minutes"] }),
    ),
    panel(
      {
        id: 5,
        title: "GPU hours by hour",
        kind: "bars",
        stack: true,
        note: `By name of the GPU; in a full hour a GPU gives one. ${HOURS}`,
      },
      sums({ root: "supply", of: SUPPLY, figures: ["gpu_hours"], by: ["gpu_name"], hourly: true }),
    ),
    panel(
      {
        id: 6,
        title: "Output frames by GPU",
        note: `Mean over the legs at URIs whose GPUs all have this name. ${HOURS}`,
      },
      sums({ root: "demand", of: LEGS, figures: ["output_fps_mean"], by: ["gpu_name"], hourly: true }),
    ),
    panel(
      {
        id: 7,
        title: "Streams by GPU",
        kind: "table",
        width: 24,
        note: `Legs at URIs whose GPUs all have this name; all others are unknown. ${HOURS}`,
      },
      sums({
        root: "demand",
        of: LEGS,
        figures: [
          "requested",
          "served",
          "served_ratio",
          "swapped",
          "leg_minutes",
          "startup_ms",
          "playable_ms",
          "output_fps_mean",
          "jitter_coefficient",
        ],
        by: ["gpu_name"],
      }),
    ),
    panel(
      { id: 8, title: "GPUs", kind: "table", width: 24, height: 10, note: NOW },
      {
        keys: [
          { name: "gpu_id", title: "GPU", about: ["Gpu.gpuId"] },
          { name: "gpu_name", title: "Name", about: ["Gpu.name"] },
          { name: "orchestrator", title: "Orchestrator", about: ["Gpu.orchestrator"] },
          { name: "last_seen", title: "Last seen", about: ["Gpu.lastSeenAt"], time: true },
        ],
        values: [{ name: "memory_bytes", title: "Memory", unit: "bytes", about: ["Gpu.memoryBytes"] }],
        sql: (
          o,
        ) => `SELECT gpu_id, coalesce(gpu_name, '${UNKNOWN}') gpu_name, orchestrator, ts last_seen, memory_bytes
FROM ${gpus(o)}
ORDER BY gpu_name, gpu_id`,
        same: {
          query: GPUS,
          rows: (data) =>
            data.gpus.nodes.map((/** @type {any} */ n) => ({
              gpu_id: n.gpuId,
              gpu_name: n.name ?? UNKNOWN,
              orchestrator: n.orchestrator,
              last_seen: n.lastSeenAt,
              memory_bytes: n.memoryBytes,
            })),
        },
      },
    ),
  ],
};

const SCORED = [
  { name: "orchestrator", title: "Orchestrator", about: ["SlaScore.orchestrator"] },
  { name: "pipeline", title: "Pipeline", about: ["SlaScore.pipeline"] },
  { name: "model", title: "Model", about: ["SlaScore.model"] },
  { name: "region", title: "Region", about: ["SlaScore.region"] },
];

/** The newest scores. @param {Origin} o @param {"24h" | "7d"} span */
const newest = (o, span) => `FROM public_sla_score
WHERE origin = ${quoted(o)} AND span = '${span}'
  AND ts = (SELECT max(ts) FROM public_sla_score WHERE origin = ${quoted(o)} AND span = '${span}')`;

const SCORED_SQL =
  "orchestrator, coalesce(pipeline, 'none') pipeline, coalesce(model, 'none') model, coalesce(region, 'none') region";

/** @param {any} s */
const scored = (s) => ({
  orchestrator: s.orchestrator,
  pipeline: s.pipeline ?? "none",
  model: s.model ?? "none",
  region: s.region ?? "none",
});

/**
 * @param {"DAY" | "WEEK"} span @returns {Pick<Panel, "keys" | "values" | "sql" | "same">}
 */
const scores = (span) => ({
  keys: SCORED,
  values: [
    {
      name: "score",
      title: "Score",
      unit: "none",
      about: ["SlaScore.score", "sla_score.score"],
      decimals: 1,
      min: 0,
      max: 100,
    },
    {
      name: "reliability",
      title: "Reliability",
      unit: "percentunit",
      about: ["SlaScore.reliability"],
      decimals: 1,
    },
    { name: "quality", title: "Quality", unit: "percentunit", about: ["SlaScore.quality"], decimals: 1 },
    {
      name: "signal_coverage",
      title: "Signal coverage",
      unit: "percentunit",
      about: ["SlaScore.signalCoverage"],
      decimals: 1,
    },
    { name: "requested", title: "Requested legs", unit: "short", about: ["SlaScore.requested"] },
    { name: "gateways", title: "Gateways", unit: "short", about: ["SlaScore.gateways"] },
    {
      name: "ranked",
      title: "Ranked",
      unit: "none",
      about: ["SlaScore.ranked"],
      map: { 1: "ranked", 0: "not ranked" },
    },
  ],
  sql: (o) => `SELECT ${SCORED_SQL},
  score, reliability, quality, signal_coverage, requested, gateways, ranked
${newest(o, span === "DAY" ? "24h" : "7d")}
ORDER BY score DESC`,
  same: {
    query: `sla(span: ${span}, origin: $origin) { scores { orchestrator pipeline model region score reliability quality signalCoverage requested gateways ranked } }`,
    rows: (data) =>
      data.sla.scores.map((/** @type {any} */ s) => ({
        ...scored(s),
        score: s.score,
        reliability: s.reliability,
        quality: s.quality,
        signal_coverage: s.signalCoverage,
        requested: s.requested,
        gateways: s.gateways,
        ranked: s.ranked ? 1 : 0,
      })),
  },
});

const TARGETS = [
  { name: "startup", title: "Startup success" },
  { name: "swap", title: "Swaps" },
  { name: "jitter", title: "Jitter" },
  { name: "e2e", title: "Media latency" },
  { name: "fresh", title: "Fresh data" },
];

/** The columns of costs, and the terms of GraphQL. */
const COSTS = [
  { name: "startup_success", title: "Startup success", term: "STARTUP_SUCCESS" },
  { name: "no_swap", title: "No swap", term: "NO_SWAP" },
  { name: "viability", title: "Viability", term: "OUTPUT_VIABILITY" },
  { name: "ptff", title: "Prompt to first frame", term: "PROMPT_TO_FIRST_FRAME" },
  { name: "e2e", title: "Media latency", term: "E2E_MEDIA" },
  { name: "fps", title: "Frames", term: "OUTPUT_FPS" },
];

/** @type {Dashboard} */
const sla = {
  uid: "naap-sla",
  file: "public/sla",
  title: "NaaP: SLA",
  about: "Scores of orchestrators by model and region, what they cost, and which targets were met.",
  open: true,
  refresh: "5m",
  from: "now-7d",
  panels: [
    panel(
      {
        id: 1,
        title: "Scores of the last 24 hours",
        kind: "table",
        width: 24,
        height: 10,
        note: "The newest end. There is no score across models or regions, and scores are never averaged.",
      },
      scores("DAY"),
    ),
    panel(
      {
        id: 2,
        title: "Scores of the last 7 days",
        kind: "table",
        width: 24,
        height: 10,
        note: "The newest end. There is no score across models or regions, and scores are never averaged.",
      },
      scores("WEEK"),
    ),
    panel(
      {
        id: 3,
        title: "Scores over time",
        width: 24,
        height: 10,
        note: "Each point is over the 24 hours before it. Orchestrators below 10 requested legs have none.",
        connect: 1,
      },
      {
        keys: [{ name: "who", title: "Orchestrator, pipeline, model, region" }],
        values: [
          {
            name: "score",
            title: "Score",
            unit: "none",
            about: ["SlaScore.score", "sla_score.score"],
            decimals: 1,
            min: 0,
            max: 100,
          },
        ],
        sql: (o) => `SELECT ts time,
  concat(orchestrator, ' ', coalesce(pipeline, 'none'), ' ', coalesce(model, 'none'), ' ', coalesce(region, 'none')) who,
  score
FROM public_sla_score
WHERE ${EXACT} AND origin = ${quoted(o)} AND span = '24h' AND score IS NOT NULL
ORDER BY time, who`,
        same: {
          query:
            "sla(span: DAY, window: $window, bucket: H1, origin: $origin) { scores { end orchestrator pipeline model region score } }",
          rows: (data) =>
            data.sla.scores
              .filter((/** @type {any} */ s) => s.score !== null)
              .map((/** @type {any} */ s) => ({
                time: s.end,
                who: `${s.orchestrator} ${s.pipeline ?? "none"} ${s.model ?? "none"} ${s.region ?? "none"}`,
                score: s.score,
              })),
        },
      },
    ),
    panel(
      {
        id: 4,
        title: "What the scores cost",
        kind: "table",
        width: 24,
        height: 10,
        note: "Points that each term took from 100, of the newest scores of 24 hours. They add up to 100 − score.",
      },
      {
        keys: SCORED,
        values: [
          ...COSTS.map((c) => ({
            name: `cost_${c.name}`,
            title: c.title,
            unit: "none",
            about: [`SlaTerm.cost`, `sla_score.cost_${c.name}`],
            decimals: 2,
          })),
          {
            name: "cost_coverage",
            title: "Signal coverage",
            unit: "none",
            about: ["SlaScore.coverageCost"],
            decimals: 2,
          },
        ],
        sql: (o) => `SELECT ${SCORED_SQL},
  ${COSTS.map((c) => `cost_${c.name}`).join(", ")}, cost_coverage
${newest(o, "24h")} AND score IS NOT NULL
ORDER BY score DESC`,
        same: {
          query:
            "sla(span: DAY, origin: $origin) { scores { orchestrator pipeline model region score coverageCost terms { name cost } } }",
          rows: (data) =>
            data.sla.scores
              .filter((/** @type {any} */ s) => s.score !== null)
              .map((/** @type {any} */ s) => ({
                ...scored(s),
                ...Object.fromEntries(
                  COSTS.map((c) => [
                    `cost_${c.name}`,
                    s.terms.find((/** @type {any} */ t) => t.name === c.term).cost,
                  ]),
                ),
                cost_coverage: s.coverageCost,
              })),
        },
      },
    ),
    panel(
      {
        id: 5,
        title: "Targets met",
        kind: "table",
        width: 24,
        height: 10,
        note: "Closed hours that met the target / closed hours that have a value for it, of the newest scores of 24 hours.",
      },
      {
        keys: SCORED,
        values: TARGETS.map((t) => ({
          name: t.name,
          title: t.title,
          unit: "percentunit",
          about: ["Compliance.ratio", `sla_score.${t.name}_met`],
          decimals: 1,
          min: 0,
          max: 1,
        })),
        sql: (o) => `SELECT ${SCORED_SQL},
  ${TARGETS.map((t) => `CASE WHEN ${t.name}_hours > 0 THEN ${t.name}_met::DOUBLE / ${t.name}_hours END ${t.name}`).join(",\n  ")}
${newest(o, "24h")}
ORDER BY orchestrator, model, region`,
        same: {
          query:
            "sla(span: DAY, origin: $origin) { scores { orchestrator pipeline model region compliance { target ratio } } }",
          rows: (data) =>
            data.sla.scores.map((/** @type {any} */ s) => ({
              ...scored(s),
              ...Object.fromEntries(s.compliance.map((/** @type {any} */ c) => [c.target, c.ratio])),
            })),
        },
      },
    ),
    panel(
      {
        id: 6,
        title: "Benchmarks",
        kind: "table",
        width: 24,
        note: "The newest day. What scores are held against.",
      },
      {
        keys: [
          { name: "pipeline", title: "Pipeline", about: ["Benchmark.pipeline"] },
          { name: "model", title: "Model", about: ["Benchmark.model"] },
          { name: "figure", title: "Figure", about: ["Benchmark.figure"] },
        ],
        values: [
          { name: "p10", title: "p10", unit: "none", about: ["Benchmark.p10"], decimals: 1 },
          { name: "p50", title: "p50", unit: "none", about: ["benchmark.p50"], decimals: 1 },
          { name: "p90", title: "p90", unit: "none", about: ["benchmark.p90"], decimals: 1 },
          { name: "n", title: "Legs", unit: "short", about: ["Benchmark.n"] },
          {
            name: "orchestrators",
            title: "Orchestrators",
            unit: "short",
            about: ["Benchmark.orchestrators"],
          },
          {
            name: "usable",
            title: "Usable",
            unit: "none",
            about: ["Benchmark.usable"],
            map: { 1: "usable", 0: "not usable" },
          },
        ],
        sql: (o) => `SELECT coalesce(pipeline, 'none') pipeline, coalesce(model, 'none') model, figure,
  p10, p50, p90, n, orchestrators, usable
FROM public_benchmark
WHERE origin = ${quoted(o)} AND ts = (SELECT max(ts) FROM public_benchmark WHERE origin = ${quoted(o)})
ORDER BY pipeline, model, figure`,
        same: {
          query:
            "benchmarks(origin: $origin) { items { pipeline model figure p10 p50 p90 n orchestrators usable } }",
          rows: (data) =>
            data.benchmarks.items.map((/** @type {any} */ i) => ({
              ...i,
              pipeline: i.pipeline ?? "none",
              model: i.model ?? "none",
              usable: i.usable ? 1 : 0,
            })),
        },
      },
    ),
  ],
};

export const PUBLIC = [network, orchestrators, gpuBoard, sla];
