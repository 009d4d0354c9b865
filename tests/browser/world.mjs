// An API with a world that is larger and nastier than any stack of the tests has: 500 orchestrators,
// ninety days, names that are attacks, and a switch that takes it away. It knows as much GraphQL as
// the pages speak.
import { createServer } from "node:http";

/** What a node may call itself. */
export const HOSTILE = [
  `</script><script>window.hacked = 1</script>`,
  `"><img src=x onerror="window.hacked = 1">`,
  `javascript:window.hacked=1`,
  `=HYPERLINK("http://evil.example")`,
  `\u202egnihtemos\u0000\u2066`,
  `{{constructor.constructor("window.hacked=1")()}}`,
];

const HOUR = 3_600_000;
const iso = (t) => new Date(t).toISOString();
const now = Math.floor(Date.now() / HOUR) * HOUR + 1_234_000;

/** The same number for the same name, 0 to 1. */
function chance(...parts) {
  let h = 2166136261;
  for (const c of parts.join("|")) h = Math.imul(h ^ c.charCodeAt(0), 16777619);
  return ((h >>> 0) % 10_000) / 10_000;
}

const address = (i) => `0x${(i + 1).toString(16).padStart(40, "0")}`;
const name = (i, plain) => (i < HOSTILE.length ? HOSTILE[i] : plain);
const MODELS = [...Array(12).keys()].map((i) => name(i - 6, `owner/model-${i}`));
const REGIONS = ["eu-central", "us-east", "ap-southeast", "sa-east"];

function orchestrator(i) {
  return {
    address: address(i),
    online: chance("on", i) > 0.1,
    lastSeenAt: iso(now - 600_000),
    gateways: [name(1, "g")],
    gpuCount: i % 4 === 0 ? 2 : null,
    gpus: i % 4 === 0 ? [{ name: name(i % 9, "NVIDIA GeForce RTX 4090"), count: 2 }] : [],
    implausible: i % 50 === 0,
    regions: [],
    slotCount: 8,
    slotsIdle: 3,
    uris: [name(i % 40, `https://orch-${i}.example:8935`)],
    versions: [name(i % 30, "0.9.1")],
    models: [0, 1, 2].map((m) => ({
      model: MODELS[(i + m) % 12],
      pipeline: "live-video-to-video",
      slots: 2,
      slotsIdle: 1,
      implausibleSlots: 0,
      warm: m === 0,
      priceUnit: "pixel",
      priceWeiPerUnit: 1000 + i,
      priceWeiPerMinute: 1.6e12 + i * 1e9,
    })),
  };
}

function score(i, end) {
  const requested = Math.floor(chance("n", i) * 60);
  return {
    end: iso(end),
    orchestrator: address(i),
    pipeline: "live-video-to-video",
    model: MODELS[i % 12],
    region: REGIONS[i % 4],
    score: requested < 10 ? null : 100 * chance("s", i, end),
    rank: i + 1,
    ranked: true,
    requested,
    served: Math.floor(requested * 0.95),
    swapped: 1,
    signalCoverage: 0.99,
    coverageCost: 0.5,
    signalsExpected: 30,
    formula: "2026.1",
    terms: [
      { name: "STARTUP_SUCCESS", value: 0.95, effectiveWeight: 0.28, cost: 1.4, n: requested, flag: null },
      { name: "E2E_MEDIA", value: null, effectiveWeight: 0, cost: 0, n: 0, flag: "NO_VALUES" },
    ],
    compliance: [
      { target: "startup", figure: "served / requested", value: 0.99, unit: "ratio", atLeast: true, met: 20, hours: 24 },
    ],
  };
}

function span(args) {
  const last = args.window?.last ?? "24h";
  const hours = Number.parseInt(last, 10) * (last.endsWith("d") ? 24 : 1);
  const to = args.window?.to ? Date.parse(args.window.to) : now;
  const from = args.window?.from ? Date.parse(args.window.from) : to - hours * HOUR;
  const step = to - from > 14 * 24 * HOUR ? 24 * HOUR : to - from > 12 * HOUR ? HOUR : 300_000;
  const first = Math.floor(from / step) * step;
  const count = Math.ceil((to - first) / step);
  const bucket = { [24 * HOUR]: "D1", [HOUR]: "H1", 300000: "M5" }[step];
  return { from: first, to: first + count * step, step, count, bucket };
}

const tally = (i) => ({ mean: 1000 * chance("t", i), n: 40, sum: 40_000 * chance("t", i) });
const FIGURES = ["failed", "unserved", "swaps", "restarts", "servedClosed", "interrupted", "payments", "orchestrators"];
const FRACTIONS = ["minutes", "legMinutes", "missingMinutes", "feesEth", "slots", "idleSlots", "gpuHours", "warmRatio", "interruptedRate"];
const TALLIES = ["startupMs", "timeToPlayableMs", "outputFpsMean", "e2eMediaMs", "jitterCoefficient", "promptToFirstFrameMs", "priceWeiPerUnit"];

function figures(seed, few = false) {
  const requested = few ? 4 : 20 + Math.floor(chance("r", seed) * 80);
  const out = { requested, served: Math.floor(requested * (0.9 + chance("v", seed) / 10)), samples: requested };
  for (const f of FIGURES) out[f] = Math.floor(chance(f, seed) * 5);
  for (const f of FRACTIONS) out[f] = chance(f, seed) * (f.endsWith("Ratio") || f.endsWith("Rate") ? 1 : 50);
  for (const f of TALLIES) out[f] = tally(seed + f);
  return { ...out, n: requested, p50: 900, p95: 2000 * chance("p", seed), p99: 2500 };
}

function grouped(args, series) {
  const by = args.groupBy ?? [];
  const top = Math.min(args.top ?? 100, by.length === 0 ? 1 : by.includes("REGION") && by.length > 1 ? 48 : 12);
  const value = (d, g) =>
    ({ MODEL: MODELS[g % 12], REGION: REGIONS[Math.floor(g / (by.length > 1 ? 12 : 1)) % 4], GATEWAY: name(g, `g${g}`), GPU: name(g, `gpu ${g}`), ORCHESTRATOR: address(g), PIPELINE: "live-video-to-video" })[d];
  return {
    ...envelope(series),
    groupsLeftOut: 3,
    groups: [...Array(top).keys()].map((g) => {
      const points = [...Array(series.count).keys()].filter((i) => i % 37 !== 11).map((i) => ({
        time: iso(series.from + i * series.step),
        partial: i === series.count - 1,
        ...figures(`${g}/${i}`, i % 9 === 4),
      }));
      return {
        key: by.map((d) => ({ dimension: d, value: value(d, g) })),
        points,
        columns: columns(points),
        total: figures(g),
      };
    }),
  };
}

function columns(points) {
  const out = {};
  for (const [key, first] of Object.entries(points[0] ?? {})) {
    const list = points.map((p) => p[key]);
    out[key] = first !== null && typeof first === "object" ? columns(list) : list;
  }
  return out;
}

function envelope(s) {
  return {
    bucket: s.bucket,
    from: iso(s.from),
    to: iso(s.to),
    dataThrough: iso(now),
    dataCoverage: 0.97,
    samples: 123_456,
    unit: "ms",
    relativeError: 0.02,
    partial: true,
  };
}

function page(args, all) {
  const first = args.first ?? 20;
  const from = args.after ? Number(args.after) : 0;
  const nodes = all.slice(from, from + first);
  const next = from + first;
  return {
    totalCount: all.length,
    nodes,
    pageInfo: { hasNextPage: next < all.length, endCursor: String(next) },
  };
}

const activity = { sessions: 90, requested: 80, served: 75, unserved: 2 };

function session(i) {
  return {
    streamId: name(i, `stream-${i}`), requestId: `r${i}`, origin: "ORGANIC", gateway: name(i, "gateway"), region: name(i, "eu-central"),
    model: name(i, "model"), startedAt: iso(now - i * 60_000), closed: true, outcome: "SERVED", endReason: "CLIENT", minutes: 3.5, outputFpsMean: 19.5,
    startupMs: 2500, timeToPlayableMs: 5000, swaps: 0, errorEvents: 1, ingestSamples: 3, statusSamples: 4,
    legs: [{ uri: name(i, "https://o.example"), orchestrator: i % 2 ? { address: address(i) } : null }],
  };
}

const ROOT = {
  status: () => ({
    ok: true, checkedAt: iso(now), dataThrough: iso(now - 2000), apiVersion: "1", schemaVersion: 3, databaseVersion: 3,
    parts: [{ name: "collector", ok: true, detail: null }], tables: [], views: [],
    coverage: { produced: 9e9, stored: 9e9, rejected: 0, gaps: 0, pending: 0, undeclared: 0, duplicates: 0, declaredGaps: [] },
  }),
  derivation: () => ({ dataThrough: iso(now), lagMs: 900, pending: 3, parts: [] }),
  corrections: () => [{ kind: "uri", subject: HOSTILE[0], value: HOSTILE[1], reason: HOSTILE[2], author: HOSTILE[3], madeAt: iso(now), revoked: false }],
  coverage: (a) => page(a, HOSTILE.map((agent) => ({ agent, dataCoverage: 0.9, expectedMinutes: 1440, dataMinutes: 1300, lastSeenAt: iso(now) }))),
  network: (a) => ({ asOf: iso(now), ...envelope(span(a)), orchestrators: 500, orchestratorsOnline: 450, gpus: 200, slots: 4000, slotsIdle: 1000, sessions: 9000, requested: 8000, served: 7900, unserved: 20, minutes: 90_000.5, feesEth: 1.25 }),
  orchestrators: (a) => page(a, a.address ? [orchestrator(0)] : [...Array(500).keys()].map(orchestrator)),
  sla: (a) => {
    const s = span({ window: a.window ?? { last: "1h" } });
    const who = a.where?.orchestrator?.map((o) => Number.parseInt(o.slice(-4), 16) - 1) ?? [...Array(500).keys()];
    const ends = a.window ? [...Array(Math.min(s.count, 90)).keys()].map((i) => s.from + i * s.step) : [s.to];
    const scores = ends.flatMap((end) => who.map((i) => score(i, end)));
    return { ...envelope(s), scores, columns: columns(scores.map(({ terms, compliance, ...rest }) => rest)) };
  },
  demand: (a) => grouped(a, span(a)),
  supply: (a) => grouped(a, span(a)),
  distributions: (a) => grouped(a, span(a)),
  prices: (a) => ({ ...envelope(span(a)), itemsLeftOut: 90, items: grouped({ ...a, groupBy: ["MODEL"] }, span(a)).groups.slice(0, 6).map((g, i) => ({ orchestrator: address(i), model: MODELS[i], unit: "pixel", columns: { time: g.columns.time, partial: g.columns.partial, meanWeiPerMinute: g.columns.minutes.map((m) => m * 1e11) } })) }),
  reportedVsObserved: () => ({ samples: 4, items: HOSTILE.map((m) => ({ hour: iso(now), figure: "capacity", pipeline: m, model: m, reported: 8, observed: 3, ratio: 2.67, basis: "gateways" })) }),
  regions: () => REGIONS.map((r) => ({ name: r, covers: "Somewhere", agentCount: 2, agentsOnline: 1, orchestratorCount: 9, gpuCount: 3, slotCount: 9, slotsIdle: 2, last24h: activity })),
  pipelines: (a) => page(a, HOSTILE.map((n) => ({ name: n, online: true, models: MODELS.map((m) => ({ name: m, orchestratorCount: 5, warmCount: 2, slotCount: 3, slotsIdle: null, last24h: activity })) }))),
  gateways: (a) => page(a, HOSTILE.map((n) => ({ name: n, region: n, online: false, firstSeenAt: iso(now), lastSeenAt: iso(now), orchestratorCount: 5, last24h: activity }))),
  gpus: (a) => page(a, [...Array(60).keys()].map((i) => ({ gpuId: i.toString(16).padStart(32, "b"), name: name(i, "GPU"), memoryBytes: 2.5e10, online: true, lastSeenAt: iso(now), orchestrator: address(i), sample: { utilGpuRatio: 0.5, temperatureC: 60 } }))),
  sessions: (a) => page(a, [...Array(60).keys()].map(session)),
  tests: () => ({ sessions: (a) => page(a, [...Array(30).keys()].map(session)) }),
  agents: (a) => page(a, HOSTILE.map((n) => ({ name: n, kind: "GATEWAY", online: true, lastSeenAt: iso(now), host: null, interfaces: [], livepeer: [{ target: n, role: n, version: n, currentSessions: 1, maxSessions: 2 }], sources: [{ source: n, failures: 2, failureKind: n, dropped: 3, dropKind: n }] }))),
  catalogue: () => [{ name: "demand", description: HOSTILE[0], class: "operational", cadence: "hour", retention: "3 years", misleads: HOSTILE[1], fields: [{ name: "n", unit: "1", kind: "delta", description: HOSTILE[2], misleads: "" }] }],
};

/** A document as a list of fields: alias, name, arguments, fields of their own. */
function parse(text) {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}()[\]:]|[\w.+-]+/g) ?? [];
  let at = 0;
  const value = () => {
    const token = tokens[at++];
    if (token === "[") return list("]", value);
    if (token === "{") return Object.fromEntries(list("}", pair));
    if (token.startsWith('"')) return JSON.parse(token);
    return token === "null" ? null : /^-?\d/.test(token) ? Number(token) : token;
  };
  const pair = () => {
    const key = tokens[at];
    at += 2;
    return [key, value()];
  };
  const list = (end, item) => {
    const out = [];
    while (tokens[at] !== end) out.push(item());
    at++;
    return out;
  };
  const field = () => {
    let alias = tokens[at++];
    let called = alias;
    if (tokens[at] === ":") {
      called = tokens[at + 1];
      at += 2;
    }
    let args = {};
    if (tokens[at] === "(") {
      at++;
      args = Object.fromEntries(list(")", pair));
    }
    let fields;
    if (tokens[at] === "{") {
      at++;
      fields = list("}", field);
    }
    return { alias, called, args, fields };
  };
  at = 1;
  return list("}", field);
}

function pick(value, fields, args) {
  const made = typeof value === "function" ? value(args) : value;
  if (made === null || made === undefined) return null;
  if (fields === undefined) return made;
  if (Array.isArray(made)) return made.map((m) => pick(m, fields));
  return Object.fromEntries(fields.map((f) => [f.alias, pick(made[f.called], f.fields, f.args)]));
}

function answered(query) {
  const fields = parse(query);
  const missing = fields.find((f) => !(f.called in ROOT));
  if (missing) throw new Error(`the world has no ${missing.called}`);
  return JSON.stringify({ data: pick(ROOT, fields) });
}

/** Serves the world; `world.down = true` takes it away. */
export async function serve() {
  const world = { down: false, asked: 0 };
  const said = new Map();
  const server = createServer(async (request, answer) => {
    if (request.method !== "POST") {
      answer.statusCode = 404;
      answer.end();
      return;
    }
    let body = "";
    for await (const chunk of request) body += chunk;
    world.asked++;
    answer.setHeader("content-type", "application/json");
    if (world.down) {
      answer.end(JSON.stringify({ data: null, errors: [{ message: "the database cannot be reached" }] }));
      return;
    }
    // One answer for one question: what is measured is the page, not this world.
    if (!said.has(body)) said.set(body, answered(JSON.parse(body).query));
    answer.end(said.get(body));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  world.url = `http://127.0.0.1:${server.address().port}/`;
  world.close = () => new Promise((done) => server.close(done));
  return world;
}
