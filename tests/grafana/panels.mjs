// Every panel and every alert rule against a running stack: what it asks runs, has the columns that it says, and
// public panels give what GraphQL gives over the same time.
//   node panels.mjs URL TOOLS DATA    URL of the page, folder with the client, data folder of the stack
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { DASHBOARDS } from "../../dashboards/grafana/src/dashboards.mjs";
import { described } from "../../dashboards/grafana/src/metrics.mjs";
import { columns, queryOf } from "../../dashboards/grafana/src/model.mjs";
import { metricsOf } from "../../dashboards/grafana/src/operators.mjs";
import { STORED } from "../../dashboards/grafana/src/stored.mjs";
import { differences } from "./compare.mjs";
import { expanded } from "./macros.mjs";

const [url, tools, data] = process.argv.slice(2);
assert.ok(url && tools && data, "usage: node panels.mjs URL TOOLS DATA");

const source = new URL("../../dashboards/grafana/", import.meta.url);
const HOUR_US = 3_600_000_000;
/** How long figures that are still on their way are waited for: rollups of percentiles follow each 5 minutes. */
const PATIENCE_MS = 400_000;
/** What 95 of 100 statements take at most; a dashboard has a dozen. */
const QUICK_MS = 1000;

// The stack's own configuration says where everything is.
const file = (path) => readFileSync(join(data, path), "utf8");
const setting = (text, key) => text.match(new RegExp(`^${key}\\s*=\\s*"?([^"\\n]*)"?$`, "m"))?.[1];
const metricsAt = (text) => setting(text.slice(text.indexOf("[metrics]")), "listen");
const api = file("config/graphql.toml");
const [host, port] = setting(api, "pg").split(":");

// Modules of the folder that the client was put into.
const pg = createRequire(join(tools, "package.json"))("pg");
const TIMESTAMP = 1114;
const NUMBERS = [20, 21, 23, 700, 701];
for (const type of NUMBERS) pg.types.setTypeParser(type, Number);
pg.types.setTypeParser(TIMESTAMP, (text) => text);
// A pool of one: the database ends a connection that waits for long.
const client = new pg.Pool({
  max: 1,
  host,
  port: Number(port),
  user: setting(api, "pg_user"),
  password: readFileSync(setting(api, "pg_password_file"), "utf8").trim(),
  database: "qdb",
  statement_timeout: 30_000,
});
client.on("error", () => {});

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What each statement took, ms. */
const took = [];

async function ask(sql, what) {
  const from = performance.now();
  try {
    const answer = await client.query(sql);
    took.push({ ms: performance.now() - from, what });
    return answer;
  } catch (error) {
    throw new Error(`${what}: ${error.message}\n${sql.text}`);
  }
}

/** Refusals that a stack under load gives, and that say so themselves. */
const BUSY = ["TIMEOUT", "UNAVAILABLE"];

async function graphql(asked, variables, what) {
  // With this an answer is made anew, and never one that was kept.
  const query = asked.replace(/\}$/, "rateLimit { cost } }");
  for (let tries = 0; ; tries++) {
    const response = await fetch(new URL("graphql", url), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = await response.json();
    if (tries < 5 && errors?.every((e) => BUSY.includes(e.extensions?.code))) {
      await pause(2000);
      continue;
    }
    assert.equal(errors, undefined, `${what}: ${JSON.stringify(errors)}`);
    return data;
  }
}

/** The rows of a panel, as Grafana would get them; its columns are what it says. */
async function rowsOf(panel, sql, range, bound, what) {
  const { rows, fields } = await ask(expanded(sql, range, bound), what);
  assert.deepEqual(
    fields.map((f) => f.name),
    columns(panel),
    `${what}: columns`,
  );
  if (panel.kind === "lines" || panel.kind === "bars") {
    assert.equal(fields[0].dataTypeID, TIMESTAMP, `${what}: time comes first`);
    const times = rows.map((r) => r.time);
    assert.deepEqual(times, times.toSorted(), `${what}: in the order of time`);
  }
  for (const { name } of panel.values) {
    const type = fields.find((f) => f.name === name).dataTypeID;
    assert.ok(NUMBERS.includes(type), `${what}: ${name} is of type ${type}`);
  }
  return rows;
}

/** What GraphQL has for a panel. */
async function sameOf(panel, origin, range, nodes, what) {
  const { query, rows, perNode } = panel.same;
  const time = (us) => new Date(us / 1000).toISOString();
  const window = { from: time(range.from), to: time(range.to) };
  const out = [];
  for (const node of perNode ? nodes : [null]) {
    const body = queryOf(query);
    const variables = { origin: origin.toUpperCase(), window, node };
    const used = Object.entries(variables).filter(([name]) => body.includes(`$${name}`));
    const answer = await graphql(body, Object.fromEntries(used), what);
    const left = JSON.stringify(answer).match(/"(?:hasNextPage":true|(?:items|groups)LeftOut":[1-9])/);
    assert.equal(left, null, `${what}: GraphQL has more than a page`);
    out.push(...rows(answer, origin));
  }
  return out;
}

/** Asks both until they agree: rows come in meanwhile, and answers may be kept for a moment. */
async function compared(panel, sql, origin, range, nodes, what) {
  const deadline = Date.now() + PATIENCE_MS;
  const keys = columns(panel).filter((c) => !panel.values.some((v) => v.name === c));
  const values = panel.values.map((v) => v.name);
  const only = (names) => names.filter((n) => !panel.same.only || panel.same.only.includes(n));
  for (;;) {
    const ours = await rowsOf(panel, sql, range, true, what);
    const theirs = await sameOf(panel, origin, range, nodes, what);
    const bad = differences(ours, theirs, only(keys), only(values));
    if (bad.length === 0) return ours;
    if (Date.now() > deadline)
      throw new Error(`${what} is not what GraphQL has:\n  ${bad.slice(0, 10).join("\n  ")}`);
    await pause(3000);
  }
}

/** Whose traffic there is: of the agents that report some. */
async function reporting() {
  const { agents } = await graphql("{ agents(first: 200) { nodes { kind origin } } }", {}, "agents");
  const some = agents.nodes.filter((n) => n.origin && (n.kind === "GATEWAY" || n.kind === "REPLAY"));
  return [...new Set(some.map((n) => n.origin.toLowerCase()))].sort();
}

/** Sessions of the last day by origin, and what waits to be derived. */
async function arrived(origins) {
  const window = { from: new Date(Date.now() - 86_400_000).toISOString() };
  const found = [];
  for (const origin of origins) {
    const query = queryOf("network(window: $window, origin: $origin) { sessions }");
    const { network } = await graphql(query, { origin: origin.toUpperCase(), window }, "network");
    found.push(network.sessions);
  }
  const { derivation } = await graphql("{ derivation { parts { part pending } } }", {}, "derivation");
  const waits = (part) => derivation.parts.filter((p) => p.part === part).map((p) => p.pending);
  return { found, sessions: Math.max(0, ...waits("sessions")), scores: Math.max(0, ...waits("scores")) };
}

// Organic traffic is what is provisioned; that of others is asked for where agents of the stack report some. A stack
// that was just started has its history still on the way.
let others = [];
for (let i = 0, before = []; i < 60; i++) {
  others = (await reporting()).filter((o) => o !== "organic");
  const { found, sessions, scores } = await arrived(others);
  const still = found.every((n, j) => n > 0 && n <= (before[j] ?? 0) + 2);
  if (others.length > 0 ? still && sessions < 50 && scores === 0 : i >= 6) break;
  before = found;
  await pause(5000);
}
const origins = ["organic", ...others];

const now = Date.now() * 1000;
const nodes = (
  await ask({ text: "SELECT node FROM public_agent GROUP BY node ORDER BY node" }, "agents")
).rows.map((r) => r.node);
const ranges = {
  "the last 24 hours": { from: now - 24 * HOUR_US, to: now, interval: 3_600_000 },
  "a part of yesterday": { from: now - 20.3 * HOUR_US, to: now - 5.1 * HOUR_US, interval: 3_600_000 },
};
const hour = Math.floor(now / HOUR_US) * HOUR_US;
/** GraphQL's samples have whole hours, Grafana's ranges need not. */
const whole = { from: hour - 3 * HOUR_US, to: hour + HOUR_US, interval: 3_600_000 };

const counts = { panels: 0, compared: 0, rows: 0, empty: [], figures: 0 };
for (const board of DASHBOARDS) {
  // As it is committed, so that what Grafana gets is what is tested.
  const json = JSON.parse(readFileSync(new URL(`dashboards/${board.file}.json`, source), "utf8"));
  for (const panel of board.panels) {
    counts.panels++;
    if (!panel.sql) continue;
    const [target] = json.panels.find((p) => p.id === panel.id).targets;
    const what = `${board.uid}/${panel.id} ${panel.title}`;
    let most = 0;
    for (const origin of board.open ? origins : ["organic"]) {
      const sql = target.rawSql.replaceAll("origin = 'organic'", `origin = '${origin}'`);
      for (const [name, given] of Object.entries(ranges)) {
        const range = { ...(panel.same?.perNode ? whole : given), variables: { node: [] } };
        const where = `${what}, ${origin}, ${name}`;
        const literal = await rowsOf(panel, sql, range, false, where);
        let rows = literal;
        if (panel.same) {
          rows = await compared(panel, sql, origin, range, nodes, where);
          counts.compared++;
        } else {
          rows = await rowsOf(panel, sql, range, true, where);
        }
        if (board.node) {
          const picked = await rowsOf(
            panel,
            sql,
            { ...range, variables: { node: nodes.slice(0, 1) } },
            true,
            where,
          );
          assert.ok(
            picked.every((r) => r.node === nodes[0]),
            `${where}: another agent than the picked one`,
          );
        }
        most = Math.max(most, rows.length);
        counts.rows += rows.length;
      }
    }
    if (most === 0) counts.empty.push(what);
    assert.ok(most > 0 || panel.quiet || board.open, `${what}: no row`);
  }
}

for (const alert of STORED) {
  const { fields } = await ask({ text: alert.sql }, alert.name);
  const numbers = fields.filter((f) => NUMBERS.includes(f.dataTypeID));
  assert.equal(numbers.length, 1, `${alert.name}: one number`);
  assert.ok(
    fields.every((f) => f.dataTypeID !== TIMESTAMP),
    `${alert.name}: a time makes it a series`,
  );
}
await client.end();

// What Prometheus would read.
const said = JSON.parse(readFileSync(new URL("src/metrics.json", source), "utf8"));
const texts = await Promise.all(
  [
    metricsAt(file("config/collector.toml")),
    metricsAt(api),
    setting(file("questdb/root/conf/server.conf"), "http.min.net.bind.to"),
  ].map(async (address) => (await fetch(`http://${address}/metrics`)).text()),
);
const running = Object.assign({}, ...texts.map(described));
const samples = texts.join("\n").split("\n");
const expressions = DASHBOARDS.flatMap((d) =>
  d.panels.flatMap((p) => (p.prom ?? []).map((t) => ({ ...t, what: `${d.uid}/${p.id}` }))),
);
for (const { expr, legend, what } of expressions) {
  counts.figures++;
  for (const name of metricsOf(expr)) {
    assert.deepEqual(running[name], said[name], `${what}: ${name} is not what metrics.json says`);
    const lines = samples.filter(
      (l) =>
        l.match(/^[A-Za-z0-9_]+/)?.[0].replace(/_(?:bucket|sum|count)$/, "") ===
        name.replace(/_count$/, ""),
    );
    for (const [, label] of legend.matchAll(/\{\{(\w+)\}\}/g)) {
      assert.ok(
        lines.some((l) => l.includes(`${label}="`)),
        `${what}: ${name} has no label ${label}`,
      );
    }
  }
}

took.sort((a, b) => a.ms - b.ms);
const at = (q) => took[Math.floor(q * (took.length - 1))].ms.toFixed(0);
console.log(
  `${counts.panels} panels: ${counts.rows} rows; ${counts.compared} comparisons with GraphQL, of ${origins.join(", ")}`,
);
console.log(
  `${counts.figures} expressions name figures that the programs have; ${STORED.length} alert rules ask the database`,
);
if (counts.empty.length > 0) console.log(`without a row on this stack: ${counts.empty.join("; ")}`);
const slowest = took.at(-1);
console.log(
  `${took.length} statements: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, at most ${slowest.ms.toFixed(0)} ms (${slowest.what})`,
);
assert.ok(Number(at(0.95)) <= QUICK_MS, `p95 is above ${QUICK_MS} ms`);
