// What is wrong with what was generated. It looks at the JSON as Grafana gets it, so a mistake of the generator
// shows too.
import { parse as parseQuery, validate } from "graphql";
import { ALERTS, PAGES, PROMETHEUS, QUESTDB } from "./alerts.mjs";
import { anchors, ENTITIES, METRICS, SCHEMA, VIEWS } from "./catalogue.mjs";
import { columns, queryOf } from "./model.mjs";
import { metricsOf } from "./operators.mjs";
import { RANGES } from "./public.mjs";

/** @typedef {import("./model.mjs").Dashboard} Board */
/** @typedef {import("./model.mjs").Panel} Panel */

/** Units that Grafana knows, of those that are used here. */
const UNITS = [
  "binBps",
  "bytes",
  "cps",
  "h",
  "m",
  "ms",
  "none",
  "ops",
  "percentunit",
  "reqps",
  "rowsps",
  "s",
  "short",
];
const SUFFIX = /^suffix: ?(?:ETH|fps|wei)$/;
/** @param {string} unit */
const known = (unit) => UNITS.includes(unit) || SUFFIX.test(unit);

/** Functions of QuestDB that tell of itself: for operators. */
const OF_ITSELF = ["tables", "wal_tables", "materialized_views", "table_storage"];

/** Relations that a statement reads. @param {string} sql */
export function relations(sql) {
  const named = [...sql.matchAll(/\bWITH\s+(\w+)\s+AS\b|,\s*(\w+)\s+AS\s*\(/gi)].map((m) => m[1] ?? m[2]);
  const read = [...sql.matchAll(/\b(?:FROM|JOIN)\s+([A-Za-z_]\w*)/gi)].map((m) => m[1] ?? "");
  return [...new Set(read.filter((r) => !named.includes(r)))];
}

/** Whether everyone may see it. @param {string} relation */
function isPublic(relation) {
  if (VIEWS.has(relation)) return true;
  const entity = ENTITIES.get(relation.replace(/^public_/, ""));
  return relation.startsWith("public_") && entity?.visibility === "public";
}

/** @param {Panel} panel @param {any} json @param {Board} board */
function ofPanel(panel, json, board) {
  /** @type {string[]} */
  const bad = [];
  if (!json.description || json.description.length < 20) bad.push("has no description");
  const defaults = json.fieldConfig.defaults;
  if (!defaults.unit || !known(defaults.unit)) bad.push(`has unit ${defaults.unit}`);
  for (const value of panel.values) {
    if (!known(value.unit)) bad.push(`has ${value.name} in ${value.unit}`);
    const own = json.fieldConfig.overrides.find((/** @type {any} */ o) => o.matcher.options === value.name);
    const unit = own?.properties.find((/** @type {any} */ p) => p.id === "unit")?.value ?? defaults.unit;
    if (unit !== value.unit) bad.push(`shows ${value.name} in ${unit}`);
    if (panel.note === "" && value.about.length === 0) bad.push(`does not say what ${value.name} is`);
  }
  if (json.targets.length === 0) bad.push("asks nothing");
  for (const target of [json, ...json.targets]) {
    const { type, uid } = target.datasource;
    const name = type === PROMETHEUS.type ? "prometheus" : "questdb";
    const expected = board.open ? (name === "questdb" ? QUESTDB.uid : "") : `\${${name}}`;
    if (![QUESTDB.type, PROMETHEUS.type].includes(type)) bad.push(`has a data source of type ${type}`);
    if (uid !== expected) bad.push(`has the data source ${uid}`);
  }
  for (const target of json.targets) {
    if (target.rawSql !== undefined) bad.push(...ofSql(panel, target, board));
    if (target.expr !== undefined) {
      const metrics = metricsOf(target.expr);
      if (metrics.length === 0) bad.push(`names no metric in ${target.expr}`);
      for (const m of metrics) if (!METRICS[m]) bad.push(`names ${m}, which no program has`);
    }
  }
  if (panel.sql && !panel.same === !panel.apart)
    bad.push("has to be compared with GraphQL, or to say why not");
  if (board.open && !panel.same) bad.push("is public and is not compared with GraphQL");
  if (panel.same) {
    const errors = validate(SCHEMA, parseQuery(queryOf(panel.same.query)));
    bad.push(...errors.map((e) => `asks GraphQL wrong: ${e.message}`));
    for (const name of panel.same.only ?? []) {
      if (!columns(panel).includes(name)) bad.push(`compares ${name}, which it does not show`);
    }
  }
  return bad;
}

/** @param {Panel} panel @param {any} target @param {Board} board */
function ofSql(panel, target, board) {
  const bad = [];
  const sql = target.rawSql;
  for (const relation of relations(sql)) {
    const own = OF_ITSELF.includes(relation);
    const allowed = board.open
      ? isPublic(relation)
      : own || VIEWS.has(relation) || ENTITIES.has(relation.replace(/^public_/, ""));
    if (!allowed) bad.push(`reads ${relation}`);
  }
  if (board.open && /\$(?!__(?:fromTime|toTime|timeFilter|sampleByInterval))/.test(sql))
    bad.push("has a variable");
  if (board.open && !/origin = 'organic'/.test(sql)) bad.push("does not say whose traffic it shows");
  if (/\$__interval\b/.test(sql)) bad.push("uses $__interval, which QuestDB does not understand");
  if (/;/.test(sql)) bad.push("has more than one statement");
  const series = panel.kind === "lines" || panel.kind === "bars";
  if (target.format !== (series ? 0 : 1)) bad.push("has the wrong format");
  if (series && !/\bORDER BY time\b/.test(sql)) bad.push("is not in the order of time");
  return bad;
}

/** @param {Board} board @param {any} json */
function ofBoard(board, json) {
  /** @type {string[]} */
  const bad = [];
  if (json.editable !== false) bad.push("can be edited");
  if (!/^(?:30s|1m|5m|15m)$/.test(json.refresh)) bad.push(`is read again each ${json.refresh}`);
  if (board.open && json.templating.list.length > 0) bad.push("is public and has variables");
  if (board.open && json.refresh === "30s") bad.push("is public and read again each 30 s");
  for (const variable of json.templating.list) {
    if (variable.type === "query" && variable.refresh !== 2)
      bad.push(`variable ${variable.name} does not follow the range`);
  }
  const ids = json.panels.map((/** @type {any} */ p) => p.id);
  if (new Set(ids).size !== ids.length) bad.push("has two panels with one id");
  const titles = json.panels.map((/** @type {any} */ p) => p.title);
  if (new Set(titles).size !== titles.length) bad.push("has two panels with one title");
  for (const [i, p] of json.panels.entries()) {
    const { x, w } = p.gridPos;
    if (x + w > 24) bad.push(`${p.title} is beyond the grid`);
    for (const q of json.panels.slice(0, i))
      if (overlap(p.gridPos, q.gridPos)) bad.push(`${p.title} lies on ${q.title}`);
  }
  return bad;
}

/** @param {any} a @param {any} b */
const overlap = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

/** @param {{ board: Board, json: any }[]} boards @param {any} alerting @param {string} folder */
export function faults(boards, alerting, folder) {
  /** @type {string[]} */
  const bad = [];
  const uids = boards.map((b) => b.json.uid);
  if (new Set(uids).size !== uids.length) bad.push("two dashboards have one uid");
  for (const { board, json } of boards) {
    bad.push(...ofBoard(board, json).map((b) => `${board.uid}: ${b}`));
    if (json.panels.length !== board.panels.length) bad.push(`${board.uid}: panels are missing`);
    for (const panel of board.panels) {
      const own = json.panels.find((/** @type {any} */ p) => p.id === panel.id);
      const of = own ? ofPanel(panel, own, board) : ["is not there"];
      bad.push(...of.map((b) => `${board.uid}: panel ${panel.id} (${panel.title}) ${b}`));
    }
  }
  for (const [name, range] of Object.entries(RANGES)) {
    const [entity = "", field] = name.split(".");
    const declared = ENTITIES.get(entity)?.field.find((f) => f.name === field)?.distribution;
    if (String(declared) !== String(range)) bad.push(`${name} is declared with ${declared}`);
  }
  bad.push(...ofAlerts(boards, alerting, folder));
  return bad;
}

/** @param {{ json: any }[]} boards @param {any} alerting @param {string} folder */
function ofAlerts(boards, alerting, folder) {
  /** @type {string[]} */
  const bad = [];
  const rules = alerting.groups.flatMap((/** @type {any} */ g) => g.rules);
  const uids = rules.map((/** @type {any} */ r) => r.uid);
  if (new Set(uids).size !== uids.length) bad.push("two alert rules have one uid");
  if (alerting.groups.some((/** @type {any} */ g) => g.folder !== folder))
    bad.push("an alert group is elsewhere");
  for (const rule of rules) {
    if (rule.uid.length > 40) bad.push(`${rule.title}: its uid is longer than Grafana takes`);
    const board = boards.find((b) => b.json.uid === rule.dashboardUid);
    const panel = board?.json.panels.find((/** @type {any} */ p) => p.id === rule.panelId);
    if (!panel) bad.push(`${rule.title}: no panel ${rule.dashboardUid}/${rule.panelId}`);
    const { __dashboardUid__: uid, __panelId__: id, runbook_url: runbook } = rule.annotations;
    if (uid !== rule.dashboardUid || id !== String(rule.panelId))
      bad.push(`${rule.title}: it has two panels`);
    for (const text of Object.values(rule.annotations)) {
      if (typeof text !== "string" || text === "" || text.includes("$"))
        bad.push(`${rule.title}: annotation ${text}`);
    }
    bad.push(...ofLink(runbook ?? "").map((b) => `${rule.title}: ${b}`));
    const last = rule.data.at(-1);
    if (last.refId !== rule.condition) bad.push(`${rule.title}: its condition is not its last step`);
    for (const step of rule.data) {
      if (![QUESTDB.uid, PROMETHEUS.uid, "__expr__"].includes(step.datasourceUid))
        bad.push(`${rule.title}: ${step.datasourceUid}`);
      const metrics = step.model.expr === undefined ? [] : metricsOf(step.model.expr);
      for (const m of metrics) if (!METRICS[m]) bad.push(`${rule.title}: no program has ${m}`);
      for (const r of step.model.rawSql ? relations(step.model.rawSql) : [])
        if (!isPublic(r)) bad.push(`${rule.title}: it reads ${r}`);
    }
  }
  const sections = anchors("docs/runbooks.md");
  for (const alert of ALERTS)
    if (!sections.has(alert.name.toLowerCase())) bad.push(`${alert.name} has no runbook`);
  return bad;
}

/** @param {string} link */
function ofLink(link) {
  if (!link.startsWith(PAGES)) return [`${link} is none of our pages`];
  const [path = "", anchor = ""] = link.slice(PAGES.length).split("#");
  return anchors(path).has(anchor) ? [] : [`${link} leads nowhere`];
}
