// Figures of demand and supply: each with its SQL over sums, the field of GraphQL that is the same, and where
// its meaning stands.
import { hours, ratio } from "./sql.mjs";

/** @typedef {import("./model.mjs").Origin} Origin */
/** @typedef {import("./model.mjs").Value} Value */
/** @typedef {import("./model.mjs").Row} Row */
/** @typedef {import("./model.mjs").Same} Same */

/**
 * @typedef {{ value: Omit<Value, "name">, table: string, sums?: string[], counts?: string[], sql: string,
 *   ask: string, read: (figures: any) => number | null }} Figure
 */

/** @typedef {{ [name: string]: Figure }} Figures */

/**
 * @param {string} table @param {string} field @param {string} ask @param {string} title @param {string} unit
 * @param {string[]} about @param {Partial<Value>} [more] @returns {Figure}
 */
const sum = (table, field, ask, title, unit, about, more = {}) => ({
  value: { title, unit, about, ...more },
  table,
  sums: [field],
  // A count is 0 where there is nothing; everything else is unknown there.
  sql: unit === "short" ? `coalesce(sum(${field}), 0)` : `sum(${field})`,
  ask,
  read: (f) => f[ask],
});

/**
 * @param {string} table @param {string} field @param {string} ask @param {string} title @param {string} unit
 * @param {string[]} about @param {Partial<Value>} [more] @returns {Figure}
 */
const mean = (table, field, ask, title, unit, about, more = {}) => ({
  value: { title, unit, about, ...more },
  table,
  sums: [field],
  counts: [field],
  sql: ratio(`sum(${field})`, `sum(${field}_n)`),
  ask: `${ask} { mean }`,
  read: (f) => f[ask].mean,
});

/** Of sessions, or of legs. @param {"stream_session" | "stream_leg"} table @returns {Figures} */
function demandOf(table) {
  /** @param {string} field @param {string} gql */
  const about = (field, gql) => [`DemandFigures.${gql}`, `${table}.${field}`];
  return {
    requested: sum(table, "requested", "requested", "Requested", "short", about("requested", "requested")),
    served: sum(table, "served", "served", "Served", "short", about("served", "served"), {
      color: "green",
    }),
    served_ratio: {
      value: {
        title: "Served / requested",
        unit: "percentunit",
        about: ["DemandFigures.served", "DemandFigures.requested", `${table}.served`],
        decimals: 1,
        min: 0,
        max: 1,
      },
      table,
      sums: ["requested", "served"],
      sql: ratio("sum(served)", "sum(requested)"),
      ask: "requested served",
      read: (f) => (f.requested > 0 ? f.served / f.requested : null),
    },
    startup_ms: mean(table, "startup_ms", "startupMs", "Startup", "ms", about("startup_ms", "startupMs")),
    playable_ms: mean(
      table,
      "playable_ms",
      "timeToPlayableMs",
      "Time to playable",
      "ms",
      about("playable_ms", "timeToPlayableMs"),
    ),
    e2e_media_ms: mean(
      table,
      "e2e_media_ms",
      "e2eMediaMs",
      "Media latency",
      "ms",
      about("e2e_media_ms", "e2eMediaMs"),
    ),
    output_fps_mean: mean(
      table,
      "output_fps_mean",
      "outputFpsMean",
      "Output frames",
      "suffix: fps",
      about("output_fps_mean", "outputFpsMean"),
      { decimals: 1 },
    ),
    jitter_coefficient: mean(
      table,
      "jitter_coefficient",
      "jitterCoefficient",
      "Jitter",
      "none",
      about("jitter_coefficient", "jitterCoefficient"),
      { decimals: 3 },
    ),
    fee_eth: sum("payment_fee", "fee_eth", "feesEth", "Fees", "suffix: ETH", [
      "DemandFigures.feesEth",
      "payment_fee.fee_eth",
    ]),
    leg_minutes: sum("stream_minute", "leg_minutes", "legMinutes", "Minutes of legs", "m", [
      "DemandFigures.legMinutes",
      "stream_minute.leg_minutes",
    ]),
  };
}

/** @type {Figures} */
export const SESSIONS = {
  ...demandOf("stream_session"),
  unserved: sum(
    "stream_session",
    "unserved",
    "unserved",
    "No orchestrator",
    "short",
    ["DemandFigures.unserved", "stream_session.unserved"],
    { color: "red" },
  ),
  failed: sum(
    "stream_session",
    "failed",
    "failed",
    "Failed",
    "short",
    ["DemandFigures.failed", "stream_session.failed"],
    { color: "orange" },
  ),
  excused: sum(
    "stream_session",
    "excused",
    "excused",
    "Excused",
    "short",
    ["DemandFigures.excused", "stream_session.excused"],
    { color: "sky" },
  ),
  swaps: sum("stream_session", "swaps", "swaps", "Swaps", "short", [
    "DemandFigures.swaps",
    "stream_session.swaps",
  ]),
  interrupted_ratio: {
    value: {
      title: "Interrupted / served and closed",
      unit: "percentunit",
      about: ["DemandFigures.interruptedRate", "DemandFigures.interrupted", "stream_session.interrupted"],
      decimals: 1,
      min: 0,
      max: 1,
    },
    table: "stream_session",
    sums: ["interrupted", "served_closed"],
    sql: ratio("sum(interrupted)", "sum(served_closed)"),
    ask: "interruptedRate",
    read: (f) => f.interruptedRate,
  },
  minutes: sum("stream_minute", "minutes", "minutes", "Minutes", "m", [
    "DemandFigures.minutes",
    "stream_minute.minutes",
  ]),
};

/** @type {Figures} */
export const LEGS = {
  ...demandOf("stream_leg"),
  swapped: sum(
    "stream_leg",
    "swapped",
    "swaps",
    "Swapped away from",
    "short",
    ["DemandFigures.swaps", "stream_leg.swapped"],
    { color: "orange" },
  ),
};

/** @type {Figures} */
export const SUPPLY = {
  gpu_hours: sum("supply_gpu", "gpu_hours", "gpuHours", "GPU hours", "h", [
    "SupplyFigures.gpuHours",
    "supply_gpu.gpu_hours",
  ]),
  warm_ratio: {
    value: {
      title: "Model loaded",
      unit: "percentunit",
      about: ["SupplyFigures.warmRatio", "supply.warm_s"],
      decimals: 1,
      min: 0,
      max: 1,
    },
    table: "supply",
    sums: ["warm_s", "known_s"],
    sql: ratio("sum(warm_s)", "sum(known_s)"),
    ask: "warmRatio",
    read: (f) => f.warmRatio,
  },
  slots_per_model: {
    value: {
      title: "Slots of a model row",
      unit: "none",
      about: ["SupplyFigures.slotsPerModel", "supply.slot_s"],
      decimals: 2,
    },
    table: "supply",
    sums: ["slot_s", "known_s"],
    sql: ratio("sum(slot_s)", "sum(known_s)"),
    ask: "slotsPerModel",
    read: (f) => f.slotsPerModel,
  },
  known_hours: {
    value: {
      title: "Time covered by reports",
      unit: "h",
      about: ["SupplyFigures.knownHours", "supply.known_s"],
    },
    table: "supply",
    sums: ["known_s"],
    sql: "sum(known_s) / 3600",
    ask: "knownHours",
    read: (f) => f.knownHours,
  },
};

/** What rows are grouped by: the column, and the dimension of GraphQL. */
const DIMENSIONS = {
  gpu_name: { ask: "GPU", title: "GPU", about: ["stream_leg.gpu_name"] },
  model: { ask: "MODEL", title: "Model", about: ["stream_session.model"] },
  orchestrator: { ask: "ORCHESTRATOR", title: "Orchestrator", about: ["stream_leg.orchestrator"] },
  pipeline: { ask: "PIPELINE", title: "Pipeline", about: ["stream_session.pipeline"] },
  region: { ask: "REGION", title: "Region", about: ["stream_session.region"] },
};

/** Stands where a dimension is not known. */
export const UNKNOWN = "unknown";

/**
 * Sums by hour or over the whole range, by up to two dimensions.
 * @param {{ root: "demand" | "supply", of: Figures, figures: string[], by?: (keyof typeof DIMENSIONS)[],
 *   hourly?: boolean, colors?: Record<string, string> }} asked
 * @returns {Pick<import("./model.mjs").Panel, "keys" | "values" | "sql" | "same">}
 */
export function sums({ root, of, figures, by = [], hourly = false }) {
  const chosen = figures.map((name) => {
    const figure = of[name];
    if (!figure) throw new Error(`no figure ${name}`);
    return { name, ...figure };
  });
  /** @type {Map<string, { table: string, fields: string[], counts: string[] }>} */
  const sources = new Map();
  for (const { table, sums = [], counts = [] } of chosen) {
    const source = sources.get(table) ?? { table, fields: [], counts: [] };
    source.fields = [...new Set([...source.fields, ...sums])];
    source.counts = [...new Set([...source.counts, ...counts])];
    sources.set(table, source);
  }
  const names = by.map((column) => DIMENSIONS[column].ask);
  const part = hourly ? "points { time" : "total {";
  const fields = [...new Set(chosen.flatMap((f) => f.ask.match(/\w+(?: \{ \w+ \})?/g) ?? []))].join(" ");
  const groupBy = names.length > 0 ? `, groupBy: [${names.join(", ")}], top: ${hourly ? 100 : 500}` : "";
  const query = `${root}(window: $window, bucket: H1, origin: $origin${groupBy}) { groupsLeftOut groups { key { value } ${part} ${fields} } } }`;
  /** @param {any} data @returns {Row[]} */
  const rows = (data) =>
    data[root].groups.flatMap((/** @type {any} */ group) => {
      const key = Object.fromEntries(by.map((column, i) => [column, group.key[i].value ?? UNKNOWN]));
      return (hourly ? group.points : [group.total]).map((/** @type {any} */ f) => ({
        ...(hourly ? { time: f.time } : {}),
        ...key,
        ...Object.fromEntries(chosen.map((c) => [c.name, c.read(f)])),
      }));
    });
  /** @param {Origin} origin */
  const sql = (origin) => {
    const select = [
      ...(hourly ? ["hour time"] : []),
      ...by.map((column) => `coalesce(${column}, '${UNKNOWN}') ${column}`),
      ...chosen.map((c) => `${c.sql} ${c.name}`),
    ];
    const group = [...(hourly ? ["hour"] : []), ...by];
    const order = hourly ? "ORDER BY time" : by.length > 0 ? `ORDER BY ${chosen[0].name} DESC` : "";
    return [
      `SELECT ${select.join(",\n  ")}`,
      `FROM ${hours([...sources.values()], by, origin)}`,
      group.length > 0 ? `GROUP BY ${group.join(", ")}` : "",
      order,
    ]
      .filter((line) => line !== "")
      .join("\n");
  };
  return {
    keys: by.map((column) => ({
      name: column,
      title: DIMENSIONS[column].title,
      about: DIMENSIONS[column].about,
    })),
    values: chosen.map((c) => ({ name: c.name, ...c.value })),
    sql,
    same: { query, rows },
  };
}
