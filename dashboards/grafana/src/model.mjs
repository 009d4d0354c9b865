// What a dashboard is, before it is Grafana's: the source of everything that is generated here, and of
// what the tests ask.

/**
 * Whose traffic it is, as the database and as GraphQL write it.
 * @typedef {"organic" | "test" | "replayed" | "simulated"} Origin
 */

/**
 * A column of numbers. `about` names its meaning in the catalogues: a field of GraphQL (`Type.field`), of an
 * entity (`entity.field`), or a metric.
 * @typedef {{ name: string, title: string, unit: string, about: string[], color?: string, decimals?: number,
 *   map?: Record<string, string>, max?: number, min?: number, bad?: number, good?: number }} Value
 */

/**
 * A column of words or times. Text that says what it is stands in `about`, as for values.
 * @typedef {{ name: string, title: string, about?: string[], time?: boolean }} Key
 */

/** @typedef {Record<string, string | number | boolean | null>} Row */

/**
 * The GraphQL query that gives the same rows as the SQL. It may use `$origin`, `$window` and, where it is asked
 * once for each node, `$node`. `only`: the columns that are compared, where the answer has not all.
 * @typedef {{ query: string, rows: (data: any, origin: Origin) => Row[], only?: string[], perNode?: boolean }} Same
 */

/**
 * A panel asks the database (`sql`), and gives what GraphQL gives (`same`) or says why it cannot be compared
 * (`apart`); or it asks Prometheus. `quiet`: nothing to show is good news. `connect`: hours between points.
 * @typedef {{
 *   id: number, title: string, kind: "stat" | "lines" | "bars" | "table", width: number, height: number,
 *   note: string, keys?: Key[], values: Value[],
 *   sql?: (origin: Origin) => string, same?: Same, apart?: string,
 *   prom?: { expr: string, legend: string }[],
 *   stack?: boolean, connect?: number, quiet?: boolean,
 * }} Panel
 */

/**
 * @typedef {{ uid: string, file: string, title: string, about: string, open: boolean, refresh: string,
 *   from: string, node?: boolean, panels: Panel[] }} Dashboard
 */

/** Okabe and Ito's colours, which are told apart by everyone. */
export const COLOR = {
  blue: "#0072B2",
  orange: "#E69F00",
  green: "#009E73",
  pink: "#CC79A7",
  sky: "#56B4E9",
  red: "#D55E00",
  yellow: "#F0E442",
};

/** The column of the time. */
export const TIME = "time";

/** Names of all columns, in the order of the SQL. @param {Panel} panel @returns {string[]} */
export function columns(panel) {
  const time = panel.kind === "lines" || panel.kind === "bars" ? [TIME] : [];
  return [...time, ...(panel.keys ?? []).map((k) => k.name), ...panel.values.map((v) => v.name)];
}

/** The query as it is sent. @param {string} body */
export function queryOf(body) {
  const variables = Object.entries({ origin: "Origin!", window: "Window!", node: "String!" })
    .filter(([name]) => body.includes(`$${name}`))
    .map(([name, type]) => `$${name}: ${type}`);
  return `query${variables.length > 0 ? ` (${variables.join(", ")})` : ""} { ${body} }`;
}
