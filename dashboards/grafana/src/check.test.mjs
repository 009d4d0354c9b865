import assert from "node:assert/strict";
import test from "node:test";
import { FOLDER, provisioned } from "./alerts.mjs";
import { anchors, meaning } from "./catalogue.mjs";
import { faults, relations } from "./check.mjs";
import { DASHBOARDS } from "./dashboards.mjs";
import { dashboardOf } from "./grafana.mjs";
import { metricsOf } from "./operators.mjs";

/** What is found after a change of what was generated. */
/** @param {(boards: Record<string, any>, rules: any[]) => void} change */
function after(change) {
  const boards = DASHBOARDS.map((board) => ({
    board,
    json: structuredClone(dashboardOf(board, DASHBOARDS)),
  }));
  const alerting = structuredClone(provisioned());
  change(
    Object.fromEntries(boards.map((b) => [b.board.uid, b.json])),
    alerting.groups.flatMap((g) => g.rules),
  );
  return faults(boards, alerting, FOLDER);
}

/** @param {Record<string, any>} boards @param {string} uid */
const first = (boards, uid) => boards[uid].panels[0];

test("what is generated has no fault", () => {
  assert.deepEqual(
    after(() => {}),
    [],
  );
});

test("each planted fault is found", () => {
  /** @type {[string, (boards: Record<string, any>, rules: any[]) => void][]} */
  const planted = [
    ["has no description", (b) => (first(b, "naap-network").description = "")],
    ["has unit undefined", (b) => delete first(b, "naap-stack").fieldConfig.defaults.unit],
    ["has unit parsec", (b) => (first(b, "naap-sla").fieldConfig.defaults.unit = "parsec")],
    [
      "has the data source",
      (b) => (first(b, "naap-agents").targets[0].datasource.uid = "naap-questdb-source"),
    ],
    ["has the data source", (b) => (first(b, "naap-gpus").datasource.uid = "other")],
    [
      "is public and has variables",
      (b) => b["naap-network"].templating.list.push({ name: "x", type: "custom" }),
    ],
    ["has a variable", (b) => (first(b, "naap-network").targets[0].rawSql += " AND model = '$model'")],
    [
      "reads stream_session",
      (b) => (first(b, "naap-network").targets[0].rawSql += " UNION SELECT * FROM stream_session"),
    ],
    ["reads rejected", (b) => (first(b, "naap-gpus").targets[0].rawSql += " JOIN rejected")],
    ["whose traffic", (b) => (first(b, "naap-sla").targets[0].rawSql = "SELECT * FROM public_sla_score")],
    ["more than one statement", (b) => (first(b, "naap-agents").targets[0].rawSql += "; DROP TABLE host")],
    ["which no program has", (b) => (first(b, "naap-stack").targets[0].expr = "naap_collector_fitness")],
    ["can be edited", (b) => (b["naap-ingest"].editable = true)],
    ["read again each 1s", (b) => (b["naap-ingest"].refresh = "1s")],
    ["lies on", (b) => (b["naap-ingest"].panels[1].gridPos = { ...b["naap-ingest"].panels[0].gridPos })],
    ["two panels with one id", (b) => (b["naap-ingest"].panels[1].id = 1)],
    ["one uid", (b) => (b["naap-ingest"].uid = "naap-stack")],
    ["no panel", (_, rules) => (rules[0].panelId = 99)],
    ["leads nowhere", (_, rules) => (rules[0].annotations.runbook_url += "x")],
    ["annotation", (_, rules) => (rules[0].annotations.summary = "{{ $labels.table }}")],
    ["its condition", (_, rules) => (rules[0].condition = "A")],
  ];
  for (const [expected, plant] of planted) {
    const found = after(plant);
    assert.ok(
      found.some((f) => f.includes(expected)),
      `${expected}: ${found.join("; ")}`,
    );
  }
});

test("relations are what is read, not what a statement names itself", () => {
  const sql = "WITH a AS (SELECT * FROM x), b AS (SELECT * FROM a JOIN y ON 1) SELECT * FROM b";
  assert.deepEqual(relations(sql), ["x", "y"]);
});

test("metrics are families, not the series of histograms", () => {
  assert.deepEqual(metricsOf("rate(naap_graphql_execution_seconds_bucket[5m])"), [
    "naap_graphql_execution_seconds",
  ]);
  assert.deepEqual(metricsOf("naap_graphql_cache_entries + questdb_memory_free_count"), [
    "naap_graphql_cache_entries",
    "questdb_memory_free_count",
  ]);
});

test("meanings are read where they are written", () => {
  assert.match(meaning("Network.gpus").means, /Distinct GPUs/);
  assert.match(meaning("Measure.STARTUP").means, /first processed segment/);
  assert.match(meaning("stream_session.e2e_trace_ms").misleads.join(" "), /Two clocks/);
  for (const bad of ["Network.nothing", "host.nothing", "nothing"]) assert.throws(() => meaning(bad));
});

test("anchors are those of headings", () => {
  assert.ok(anchors("docs/runbooks.md").has("collectordoesnotack"));
  assert.ok(anchors("docs/metrics.md").has("3-sla-score"));
});
