// What Grafana's plug-ins for GraphQL send and how they read answers, against a running API, NAAP_URL, that
// shows a replayed fixture. Both must show the rows that a plain query has.
import assert from "node:assert/strict";
import { request } from "node:http";
import { setTimeout } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";

assert.ok(process.env.NAAP_URL, "NAAP_URL names the page");
const url = new URL("graphql", process.env.NAAP_URL);

// Like the plug-ins' own client: without the headers that `fetch` adds.
function post(body, headers = {}) {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: "POST", headers: { "content-type": "application/json", ...headers } });
    sent.on("error", reject);
    sent.on("response", async (response) => {
      const chunks = await response.toArray();
      assert.equal(response.statusCode, 200);
      assert.match(response.headers["content-type"], /^application\/(graphql-response\+)?json\b/);
      resolve(JSON.parse(Buffer.concat(chunks)));
    });
    sent.end(JSON.stringify(body));
  });
}

function good(answer) {
  assert.equal(answer.errors, undefined, answer.errors?.[0].message);
  return answer;
}

// A value below dots; a number is a place in an array.
function at(value, path) {
  for (const part of path.split(".")) {
    assert.ok(value !== null && typeof value === "object" && part in value, `${path}: there is no ${part}`);
    value = value[part];
  }
  return value;
}

// Infinity, type GraphQL. It asks for plain text rather than JSON, and sends null where there are no
// variables. Each column has a selector below the rows and a type.
const infinity = async (query, variables = null) =>
  good(await post({ query, variables }, { accept: "application/json;q=0.9,text/plain" }));

function table(answer, root, columns) {
  const rows = at(answer, root);
  assert.ok(Array.isArray(rows), `${root} is no list`);
  return rows.map((row) =>
    columns.map(([selector, type]) => {
      const value = at(row, selector);
      if (value === null) return null;
      if (type === "timestamp") return date(value);
      assert.equal(typeof value, type, selector);
      return value;
    }),
  );
}

// Wild GraphQL. It adds its own variables to all queries, times as numbers, whatever they declare. Its data
// path begins below `data`, and all fields below become columns, those of objects with dots in their names.
const wild = async (query, variables = {}) => {
  const own = { from, to, interval_ms: 60000, maxDataPoints: 1024, refId: "A" };
  return good(await post({ query, variables: { ...own, ...variables } }));
};

function frame(answer, path, timeField) {
  const columns = {};
  const add = (value, name, row) => {
    if (value !== null && typeof value === "object") {
      for (const key of Object.keys(value)) add(value[key], name ? `${name}.${key}` : key, row);
    } else {
      columns[name] ??= [];
      columns[name][row] = name === timeField && value !== null ? date(value) : value;
    }
  };
  const found = at(answer.data, path);
  [found].flat().forEach((row, index) => add(row, "", index));
  for (const [name, values] of Object.entries(columns)) {
    // The plug-in makes a column of the type of its first value.
    const types = new Set(values.filter((v) => v !== null).map((v) => typeof v));
    assert.ok(types.size <= 1, `${name} has values of several types`);
  }
  return columns;
}

// Both read RFC 3339.
function date(text) {
  assert.match(text, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/);
  const ms = Date.parse(text);
  assert.ok(!Number.isNaN(ms), text);
  return ms;
}

const panels = [
  {
    text: (window) => `demand(window: ${window}, bucket: M5, groupBy: [MODEL], origin: REPLAYED) {
      groups { points { time requested served feesEth missingMinutes startupMs { n mean } } }
    }`,
    path: "demand.groups.0.points",
    columns: ["time", "requested", "served", "feesEth", "missingMinutes", "startupMs.n", "startupMs.mean"],
    rows: ({ demand: { groups } }) =>
      (groups[0]?.points ?? []).map((p) => [
        Date.parse(p.time),
        p.requested,
        p.served,
        p.feesEth,
        p.missingMinutes,
        p.startupMs.n,
        p.startupMs.mean,
      ]),
    // In one bucket or in two, as the time falls: something was served and paid for, and something is not known.
    shows: (rows) => rows.some((row) => row[2] > 0 && row[3] > 0) && rows.some((row) => row.includes(null)),
  },
  {
    text: (window) => `streamStatusSeries(window: ${window}, bucket: M1, origin: REPLAYED) {
      points { time samples statusOutputFps { mean } }
    }`,
    path: "streamStatusSeries.points",
    columns: ["time", "samples", "statusOutputFps.mean"],
    rows: (data) =>
      data.streamStatusSeries.points.map((p) => [Date.parse(p.time), p.samples, p.statusOutputFps.mean]),
    shows: (rows) => rows.length > 1 && rows.some((row) => row[2] > 0),
  },
];

// A dashboard of the last six hours. It ends now, within a bucket.
const to = Date.now();
const from = to - 6 * 3600 * 1000;
const iso = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };

for (const { text, path, columns, rows, shows } of panels) {
  const declared = `query Panel($from: Time, $to: Time) { ${text("{ from: $from, to: $to }")} }`;
  const plain = async () => rows(good(await post({ query: declared, variables: iso })).data);

  // All of them at once, between two plain ones that agree: what changed meanwhile is no fault of theirs.
  // And what was just replayed takes a moment to be derived.
  let expected, answers;
  for (let tries = 1; tries <= 60; tries++) {
    expected = await plain();
    answers = {
      "Infinity, times as text": await infinity(declared, iso),
      "Infinity, times as numbers": await infinity(declared, { from, to }),
      // Macros are replaced in the query's text, too; alerts have only these.
      "Infinity, ${__timeFrom}": await infinity(`{ ${text(`{ from: ${from}, to: ${to} }`)} }`),
      "Infinity, ${__timeFrom:date:iso}": await infinity(
        `{ ${text(`{ from: "${iso.from}", to: "${iso.to}" }`)} }`,
      ),
      "Wild GraphQL": await wild(declared),
      // The user's own variables are stronger than the plug-in's.
      "Wild GraphQL, times as text": await wild(declared, iso),
    };
    if (shows(expected) && isDeepStrictEqual(expected, await plain())) break;
    await setTimeout(1000);
  }
  assert.ok(shows(expected), `${path} shows nothing that was replayed`);

  const selectors = columns.map((column) => [column, column === "time" ? "timestamp" : "number"]);
  for (const [name, answer] of Object.entries(answers)) {
    assert.deepEqual(table(answer, `data.${path}`, selectors), expected, name);
    const data = frame(answer, path, "time");
    assert.deepEqual(Object.keys(data), columns, name);
    for (const [i, column] of columns.entries()) {
      assert.deepEqual(data[column], expected.map((row) => row[i]), `${name}: ${column}`);
    }
  }
  console.log(`${path}: ${expected.length} rows, the same from ${Object.keys(answers).join("; ")}`);
}

// A table of text; and a query that declares nothing, with all of the plug-in's variables.
const list = "{ orchestrators(origin: REPLAYED, first: 200) { nodes { address lastSeenAt gpuCount uris } } }";
const asked = [await infinity(list), await wild(list)];
const cells = asked.map((answer) =>
  table(answer, "data.orchestrators.nodes", [
    ["address", "string"],
    ["lastSeenAt", "timestamp"],
    ["gpuCount", "number"],
    ["uris.0", "string"],
  ]),
);
const addresses = cells[0].map(([address]) => address);
assert.ok(addresses.length > 0 && addresses.every((address) => /^0x[0-9a-f]{40}$/.test(address)));
assert.deepEqual(cells[1].map(([address]) => address), addresses);
assert.deepEqual(frame(asked[1], "orchestrators.nodes", "lastSeenAt").address, addresses);
console.log(`a table: ${addresses.length} rows from both, with variables that nobody declared`);
