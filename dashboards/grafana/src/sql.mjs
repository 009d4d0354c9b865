// SQL as the API reads it (graphql/src/read): rollups as far as they are settled, and rows of the derived
// tables from there on, so that panels give the same numbers.

/** @typedef {import("./model.mjs").Origin} Origin */

/** The panel's time range, snapped outward to hours, as GraphQL snaps it. */
export const FROM = "timestamp_floor('1h', $__fromTime)";
export const TO = "dateadd('h', 1, timestamp_floor('1h', dateadd('u', -1, $__toTime)))";
/** The same range as it is. */
export const EXACT = "ts >= $__fromTime AND ts < $__toTime";
/** Younger rows still change, and rollups follow within about a minute: they are read themselves. */
const SETTLED = "timestamp_floor('1h', dateadd('h', -2, now()))";

/** How long an orchestrator counts as online after it was seen, and as listed. */
export const ONLINE = "dateadd('m', -50, now())";
export const LISTED = "dateadd('d', -30, now())";

/** Words that stand in the SQL are from here, never from outside. @param {string} word */
export function quoted(word) {
  if (!/^[a-z0-9_]+$/.test(word)) throw new Error(`not a plain word: ${word}`);
  return `'${word}'`;
}

/** @param {string} text */
const indented = (text) => text.replaceAll("\n", "\n  ");

/**
 * Fields of derived tables that are added up: of each the sum or, as `<field>_n`, how many rows have it.
 * @typedef {{ table: string, fields: string[], counts?: string[] }} Source
 */

/**
 * Rows with the hour, the dimensions, and the fields of all sources; a field is NULL in rows of other sources.
 * @param {Source[]} sources @param {string[]} by @param {Origin} origin
 */
export function hours(sources, by, origin) {
  const names = sources.flatMap((s) => [...s.fields, ...(s.counts ?? []).map((f) => `${f}_n`)]);
  const parts = [];
  for (const { table, fields, counts = [] } of sources) {
    /** @param {(field: string) => string} sum @param {(field: string) => string} count */
    const select = (sum, count) =>
      names.map((name) => {
        if (fields.includes(name)) return `${sum(name)}::DOUBLE ${name}`;
        const counted = counts.find((f) => `${f}_n` === name);
        return counted ? `${count(counted)}::DOUBLE ${name}` : `NULL::DOUBLE ${name}`;
      });
    /** @param {string[]} values @param {string} from @param {string} where */
    const part = (values, from, where) =>
      `SELECT ${["timestamp_floor('1h', ts) hour", ...by, ...values].join(", ")}\nFROM ${from}\n` +
      `WHERE ts >= ${FROM} AND ts < ${TO}\n  AND ts ${where} ${SETTLED} AND origin = ${quoted(origin)}`;
    const settled = select(
      (f) => `${f}_sum`,
      (f) => `${f}_n`,
    );
    const fresh = select(
      (f) => f,
      (f) => `CASE WHEN ${f} IS NULL THEN 0 ELSE 1 END`,
    );
    parts.push(part(settled, `${table}_1h`, "<"), part(fresh, `public_${table}`, ">="));
  }
  return `(\n  ${indented(parts.join("\nUNION ALL\n"))}\n)`;
}

/** Numerator / denominator, unknown where there is nothing to divide by. @param {string} a @param {string} b */
export const ratio = (a, b) => `CASE WHEN ${b} > 0 THEN ${a} / ${b} END`;

const GAMMA = 1.0408;
const ZERO = -1000000;
const NEGATIVE = -1000001;

/** @param {number} x */
const bucket = (x) => Math.ceil(Math.log(x) / Math.log(GAMMA));

/** With the decimal point that makes it a double. @param {number} x */
const double = (x) => (Number.isInteger(x) ? x.toFixed(1) : String(x));

/** The value that stands for a histogram bucket. @param {string} b */
const middle = (b) =>
  `CASE ${b} WHEN ${NEGATIVE} THEN NULL WHEN ${ZERO} THEN 0.0 ELSE 2 * power(${GAMMA}, ${b}) / ${GAMMA + 1} END`;

/**
 * Percentiles of a field that is kept as a distribution, by hour, or of the whole range; within 2 % of the exact
 * ones. `range` is that of the field's declaration.
 * @param {string} table @param {string} field @param {[number, number]} range @param {number[]} quantiles
 * @param {boolean} hourly @param {Origin} origin
 */
export function percentiles(table, field, range, quantiles, hourly, origin) {
  const [low, high] = range;
  const sorted =
    `CASE WHEN ${field} < 0 THEN ${NEGATIVE} WHEN ${field} = 0 THEN ${ZERO}` +
    ` WHEN ${field} < ${double(low)} THEN ${bucket(low)} WHEN ${field} > ${double(high)} THEN ${bucket(high)}` +
    ` ELSE ceil(ln(${field}) / ln(${GAMMA}))::LONG END`;
  const time = hourly ? "timestamp_floor('1h', ts) hour" : `${FROM} hour`;
  /** @param {string} b @param {string} n @param {string} from @param {string} edge */
  const part = (b, n, from, edge) =>
    `SELECT ${time}, ${b} b, ${n} n\nFROM ${from}\n` +
    `WHERE ts >= ${FROM} AND ts < ${TO}\n  AND ts ${edge} ${SETTLED} AND origin = ${quoted(origin)}`;
  const parts = [
    part("b", "n", `${table}_${field}_hist_1h`, "<"),
    `${part(sorted, "1", `public_${table}`, ">=")} AND ${field} IS NOT NULL`,
  ];
  const ranks = quantiles.map(
    (q) => `min(CASE WHEN seen > floor(${q} * (n_all - 1)) THEN b END) b${Math.round(q * 100)}`,
  );
  const shown = quantiles.map((q) => {
    const name = Math.round(q * 100);
    return `${middle(`b${name}`)} p${name}`;
  });
  return `SELECT ${[...(hourly ? ["hour time"] : []), ...shown].join(", ")}
FROM (
  SELECT hour, ${ranks.join(", ")}
  FROM (
    SELECT hour, b,
      sum(n) OVER (PARTITION BY hour ORDER BY b ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) seen,
      sum(n) OVER (PARTITION BY hour) n_all
    FROM (
      SELECT hour, b, sum(n) n
      FROM (
        ${indented(indented(indented(indented(parts.join("\nUNION ALL\n")))))}
      )
      GROUP BY hour, b
    )
  )
  GROUP BY hour
)${hourly ? "\nORDER BY time" : ""}`;
}

/** The newest report of each URI of each orchestrator of the last 30 days. @param {Origin} origin */
export const reports = (origin) => `(
  SELECT ts, orchestrator, orch_uri, version, region, gpus, slots, slots_idle
  FROM public_supply_report
  WHERE ts >= ${LISTED} AND origin = ${quoted(origin)}
  LATEST ON ts PARTITION BY orchestrator, orch_uri
)`;

/** Orchestrators that are online. @param {Origin} origin */
export const online = (origin) => `(
  SELECT orchestrator
  FROM (SELECT orchestrator, max(ts) seen FROM ${indented(reports(origin))} GROUP BY orchestrator)
  WHERE seen >= ${ONLINE}
)`;
