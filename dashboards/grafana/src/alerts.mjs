// Alert rules: those of deploy/alerts, which are Prometheus's, and those that ask the database.
import { readdirSync } from "node:fs";
import { parse } from "yaml";
import { read } from "./catalogue.mjs";
import { place, STORED } from "./stored.mjs";

/** @typedef {import("./stored.mjs").Alert} Alert */

/** Where the pages that rules and panels link to are read. */
export const PAGES = "https://github.com/livepeer/naap/blob/main/";
const RUNBOOKS = "docs/runbooks.md";

/** `{{ $labels.table }}` of Prometheus as Grafana has it, without a dollar that files would take for a variable. */
/** @param {string} text */
const template = (text) =>
  text
    .replaceAll(/\{\{\s*\$labels\.(\w+)\s*\}\}/g, "{{ .Labels.$1 }}")
    .replaceAll(/\{\{\s*\$value\s*\}\}/g, "{{ .Values.A.Value }}");

/** @returns {Alert[]} */
function ofPrometheus() {
  const folder = new URL("../../../deploy/alerts/", import.meta.url);
  return readdirSync(folder)
    .sort()
    .flatMap((file) => {
      const { groups } = parse(read(`deploy/alerts/${file}`));
      return groups.flatMap((/** @type {any} */ group) =>
        group.rules.map((/** @type {any} */ rule) => ({
          name: rule.alert,
          group: group.name,
          expr: rule.expr,
          for: rule.for ?? "0s",
          severity: rule.labels.severity,
          summary: template(rule.annotations.summary),
          do: template(rule.annotations.do),
          runbook: rule.annotations.runbook_url,
          ...place(rule.annotations.panel),
        })),
      );
    });
}

/** Anchor of the section of an alert. @param {string} name */
export const section = (name) => name.toLowerCase();

/** @type {Alert[]} */
export const ALERTS = [
  ...ofPrometheus(),
  ...STORED.map((a) => ({ ...a, runbook: `${PAGES}${RUNBOOKS}#${section(a.name)}` })),
];

/** Folder of the rules in Grafana. */
export const FOLDER = "NaaP operators";

/** What Grafana reads at its start. */
export function provisioned() {
  /** @type {Map<string, object[]>} */
  const groups = new Map();
  for (const alert of ALERTS) {
    const rules = groups.get(alert.group) ?? [];
    rules.push(rule(alert));
    groups.set(alert.group, rules);
  }
  return {
    apiVersion: 1,
    groups: [...groups].map(([name, rules]) => ({
      orgId: 1,
      name,
      folder: FOLDER,
      interval: "1m",
      rules,
    })),
  };
}

/** @param {Alert} alert */
function rule(alert) {
  const kebab = alert.name.replaceAll(/(?<=[a-z])[A-Z]/g, (c) => `-${c}`).toLowerCase();
  return {
    uid: `naap-${kebab}`,
    title: alert.name,
    condition: "C",
    data: alert.expr === undefined ? ofDatabase(alert) : ofExpression(alert.expr),
    dashboardUid: alert.uid,
    panelId: alert.panel,
    noDataState: "OK",
    execErrState: "Error",
    for: alert.for,
    annotations: {
      summary: alert.summary,
      description: alert.do,
      runbook_url: alert.runbook,
      __dashboardUid__: alert.uid,
      __panelId__: String(alert.panel),
    },
    labels: { severity: alert.severity },
    isPaused: false,
  };
}

const EXPRESSION = { type: "__expr__", uid: "__expr__" };

/** @param {string} refId @param {object} model */
const step = (refId, model) => ({
  refId,
  relativeTimeRange: { from: 0, to: 0 },
  datasourceUid: "__expr__",
  model: { datasource: EXPRESSION, refId, ...model },
});

/** @param {string} expression @param {number} above */
const threshold = (expression, above) =>
  step("C", {
    type: "threshold",
    expression,
    conditions: [{ evaluator: { type: "gt", params: [above] } }],
  });

/** As of Prometheus, whatever the expression gives fires. @param {string} expr */
function ofExpression(expr) {
  return [
    {
      refId: "A",
      relativeTimeRange: { from: 600, to: 0 },
      datasourceUid: PROMETHEUS.uid,
      model: { datasource: PROMETHEUS, refId: "A", expr, instant: true, range: false },
    },
    step("B", { type: "math", expression: "is_number($A) || is_nan($A) || is_inf($A)" }),
    threshold("B", 0),
  ];
}

/** @param {Alert} alert */
function ofDatabase(alert) {
  return [
    {
      refId: "A",
      relativeTimeRange: { from: 600, to: 0 },
      datasourceUid: QUESTDB.uid,
      model: {
        datasource: QUESTDB,
        refId: "A",
        queryType: "sql",
        rawSql: alert.sql,
        format: 1,
        selectedFormat: 1,
      },
    },
    threshold("A", alert.above ?? 0),
  ];
}

/** The data sources, as provisioned. */
export const QUESTDB = { type: "questdb-questdb-datasource", uid: "naap-questdb-source" };
export const PROMETHEUS = { type: "prometheus", uid: "naap-prometheus-source" };
