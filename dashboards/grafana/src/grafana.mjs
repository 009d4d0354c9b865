// From the source to what Grafana reads: dashboards as JSON, and the files of its provisioning.
import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
  DashboardCursorSync,
  FieldColorModeId,
  GraphDrawStyle,
  LegendDisplayMode,
  MappingType,
  PercentChangeColorMode,
  SortOrder,
  StackingMode,
  TableCellHeight,
  ThresholdsMode,
  TooltipDisplayMode,
  VariableHide,
  VariableRefresh,
  VisibilityMode,
  VizOrientation,
} from "@grafana/schema";
import { ALERTS, PROMETHEUS, QUESTDB } from "./alerts.mjs";
import { meaning } from "./catalogue.mjs";
import { COLOR } from "./model.mjs";

/** @typedef {import("./model.mjs").Panel} Panel */
/** @typedef {import("./model.mjs").Value} Value */
/** @typedef {import("./model.mjs").Dashboard} Board */
/** @typedef {import("@grafana/schema").Dashboard} Dashboard */
/** @typedef {import("@grafana/schema").Panel} GrafanaPanel */

/** Version of the dashboard format, that of the pinned @grafana/schema. */
const SCHEMA_VERSION = 42;
/** Columns of the grid. */
const GRID = 24;

/** The text of a panel: what it shows, what each column means, how it can mislead. @param {Panel} panel */
export function description(panel) {
  const misleads = new Set();
  /** Titles of the columns that mean the same. @type {Map<string, string[]>} */
  const means = new Map();
  /** @param {string} text @param {string} title */
  const add = (text, title) => means.set(text, [...(means.get(text) ?? []), title]);
  for (const column of [...(panel.keys ?? []), ...panel.values]) {
    const about = column.about ?? [];
    for (const m of about.flatMap((a) => meaning(a).misleads)) misleads.add(m);
    if (panel.prom) {
      for (const metric of about) add(meaning(metric).means, `\`${metric}\``);
      continue;
    }
    // GraphQL's words come first; a ratio has those of both of its parts.
    const ofGraphql = about.filter((a) => /^[A-Z]/.test(a));
    const said = (ofGraphql.length > 0 ? ofGraphql : about.slice(0, 1)).map((a) => meaning(a).means);
    add(said.join(" / "), `**${column.title}**`);
  }
  means.delete("");
  const lines = [...means].map(([text, titles]) => `${titles.join(", ")}: ${text}`);
  if (misleads.size > 0) lines.push(`*How it can mislead:* ${[...misleads].join(" ")}`);
  return [panel.note, ...lines].join("\n\n");
}

/** As Grafana writes a variable. @param {string} name */
const variable = (name) => `\${${name}}`;

/** @param {Panel} panel @param {boolean} open */
const source = (panel, open) => {
  const kind = panel.prom ? PROMETHEUS : QUESTDB;
  return open ? kind : { type: kind.type, uid: variable(panel.prom ? "prometheus" : "questdb") };
};

/** @param {Panel} panel @param {boolean} open */
function targets(panel, open) {
  const datasource = source(panel, open);
  if (panel.prom) {
    return panel.prom.map(({ expr, legend }, i) => ({
      refId: String.fromCharCode(65 + i),
      datasource,
      expr,
      legendFormat: legend,
      instant: panel.kind === "stat",
      range: panel.kind !== "stat",
      editorMode: "code",
    }));
  }
  if (!panel.sql) throw new Error(`${panel.title} asks nothing`);
  const format = panel.kind === "lines" || panel.kind === "bars" ? 0 : 1;
  return [
    {
      refId: "A",
      datasource,
      queryType: "sql",
      rawSql: panel.sql("organic"),
      format,
      selectedFormat: format,
    },
  ];
}

/** @param {Value} value @returns {import("@grafana/schema").ValueMap[]} */
function mappings(value) {
  if (!value.map) return [];
  const entries = Object.entries(value.map).map(([key, text], index) => {
    const bad = value.bad !== undefined && Number(key) === value.bad;
    const good = value.good !== undefined && Number(key) === value.good;
    const color = bad ? { color: COLOR.red } : good ? { color: COLOR.green } : {};
    return [key, { index, text, ...color }];
  });
  return [{ type: MappingType.ValueToText, options: Object.fromEntries(entries) }];
}

/** @param {Value} value */
function thresholds(value) {
  /** @type {import("@grafana/schema").Threshold[]} */
  const steps = [{ value: null, color: COLOR.blue }];
  if (value.good !== undefined && value.bad !== undefined && !value.map) {
    steps[0] = { value: null, color: value.good < value.bad ? COLOR.green : COLOR.red };
    steps.push({ value: value.bad, color: value.good < value.bad ? COLOR.red : COLOR.green });
  }
  return { mode: ThresholdsMode.Absolute, steps };
}

/** @param {string} color */
const fixed = (color) => ({
  mode: FieldColorModeId.Fixed,
  fixedColor: COLOR[/** @type {keyof typeof COLOR} */ (color)] ?? color,
});

/** @param {Panel} panel @returns {import("@grafana/schema").FieldConfigSource} */
function fieldConfig(panel) {
  const first = panel.values[0];
  if (!first) throw new Error(`${panel.title} has no value`);
  const grouped = (panel.keys ?? []).length > 0;
  const custom = {
    lines: {
      drawStyle: GraphDrawStyle.Line,
      lineWidth: 2,
      fillOpacity: panel.stack ? 20 : 0,
      showPoints: VisibilityMode.Auto,
      spanNulls: false,
      // A bucket without data is a gap, not a straight line.
      insertNulls: panel.sql && panel.connect ? 3600000 * 1.5 * panel.connect : false,
      stacking: { mode: panel.stack ? StackingMode.Normal : StackingMode.None, group: "A" },
    },
    bars: {
      drawStyle: GraphDrawStyle.Bars,
      lineWidth: 1,
      fillOpacity: 80,
      showPoints: VisibilityMode.Never,
      barAlignment: 1,
      stacking: { mode: panel.stack ? StackingMode.Normal : StackingMode.None, group: "A" },
    },
    stat: {},
    table: { filterable: true },
  }[panel.kind];
  const overrides = panel.values.map((v) => ({
    // Series of several groups are named by their group, else by the column.
    matcher: { id: "byName", options: v.name },
    properties: [
      { id: "displayName", value: v.title },
      { id: "unit", value: v.unit },
      ...(v.decimals === undefined ? [] : [{ id: "decimals", value: v.decimals }]),
      ...(v.color ? [{ id: "color", value: fixed(v.color) }] : []),
      ...(v.map ? [{ id: "mappings", value: mappings(v) }] : []),
    ],
  }));
  const keys = (panel.keys ?? []).map((k) => ({
    matcher: { id: "byName", options: k.name },
    properties: [
      { id: "displayName", value: k.title },
      ...(k.time ? [{ id: "unit", value: "dateTimeAsIso" }] : []),
    ],
  }));
  return {
    defaults: {
      unit: first.unit,
      color: {
        mode: panel.kind === "stat" ? FieldColorModeId.Thresholds : FieldColorModeId.PaletteClassicByName,
      },
      thresholds: thresholds(first),
      mappings: mappings(first),
      noValue: "no data",
      ...(first.decimals === undefined ? {} : { decimals: first.decimals }),
      ...(first.min === undefined ? {} : { min: first.min }),
      ...(first.max === undefined ? {} : { max: first.max }),
      ...(grouped && panel.kind !== "table"
        ? { displayName: variable(`__field.labels.${panel.keys?.[0]?.name}`) }
        : {}),
      custom,
    },
    overrides: panel.kind === "table" || (!grouped && panel.sql) ? [...keys, ...overrides] : [],
  };
}

/** @param {Panel} panel @returns {{ type: string, options: Record<string, any> }} */
function look(panel) {
  switch (panel.kind) {
    case "stat": {
      const options = {
        colorMode: BigValueColorMode.Value,
        graphMode: BigValueGraphMode.None,
        justifyMode: BigValueJustifyMode.Auto,
        percentChangeColorMode: PercentChangeColorMode.Standard,
        showPercentChange: false,
        textMode: panel.values.length > 1 ? BigValueTextMode.ValueAndName : BigValueTextMode.Value,
        wideLayout: true,
        orientation: VizOrientation.Auto,
        reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
      };
      return { type: "stat", options };
    }
    case "table": {
      return { type: "table", options: { cellHeight: TableCellHeight.Sm, showHeader: true } };
    }
    default: {
      const many =
        panel.values.length > 1 || (panel.keys ?? []).length > 0 || (panel.prom ?? []).length > 1;
      const words = panel.prom?.some((p) => p.legend.includes("{{"));
      return {
        type: "timeseries",
        options: {
          legend: {
            displayMode: LegendDisplayMode.List,
            placement: "bottom",
            showLegend: Boolean(many || words),
            calcs: [],
          },
          tooltip: { mode: TooltipDisplayMode.Multi, sort: SortOrder.Descending },
        },
      };
    }
  }
}

/** @param {string} title @param {string} url @returns {import("@grafana/schema").DashboardLink} */
const link = (title, url) => ({
  title,
  url,
  type: "link",
  icon: "external link",
  tooltip: "",
  tags: [],
  asDropdown: false,
  includeVars: false,
  keepTime: false,
  targetBlank: false,
});

/** @param {Panel} panel @param {Board} board @param {{ x: number, y: number }} at @returns {GrafanaPanel} */
function panelOf(panel, board, at) {
  const links = ALERTS.filter((a) => a.uid === board.uid && a.panel === panel.id).map((a) => ({
    ...link(`Runbook: ${a.name}`, a.runbook),
    targetBlank: true,
  }));
  const { type, options } = look(panel);
  return {
    id: panel.id,
    type,
    title: panel.title,
    description: description(panel),
    datasource: source(panel, board.open),
    gridPos: { h: panel.height, w: panel.width, ...at },
    targets: targets(panel, board.open),
    fieldConfig: fieldConfig(panel),
    options,
    links,
    ...(panel.prom ? { interval: "15s" } : {}),
  };
}

/** Panels from left to right, and below what is full. @param {Board} board */
function placed(board) {
  let x = 0;
  let y = 0;
  let row = 0;
  return board.panels.map((panel) => {
    if (x + panel.width > GRID) {
      x = 0;
      y += row;
      row = 0;
    }
    const at = { x, y };
    x += panel.width;
    row = Math.max(row, panel.height);
    return panelOf(panel, board, at);
  });
}

/** @param {string} name @param {string} label @param {string} type @returns {import("@grafana/schema").VariableModel} */
const picked = (name, label, type) => ({
  name,
  label,
  type: "datasource",
  query: type,
  hide: VariableHide.dontHide,
  includeAll: false,
  multi: false,
  refresh: VariableRefresh.onDashboardLoad,
  regex: "",
  options: [],
});

/** Agents of the last 30 days. */
export const NODES =
  "SELECT node FROM public_agent WHERE ts >= dateadd('d', -30, now()) GROUP BY node ORDER BY node";

/** @param {Board} board */
function variables(board) {
  if (board.open) return [];
  const list = [];
  if (board.panels.some((p) => p.sql)) list.push(picked("questdb", "QuestDB", QUESTDB.type));
  if (board.panels.some((p) => p.prom)) list.push(picked("prometheus", "Prometheus", PROMETHEUS.type));
  if (!board.node) return list;
  /** @type {import("@grafana/schema").VariableModel} */
  const node = {
    name: "node",
    label: "Agent",
    type: "query",
    datasource: { type: QUESTDB.type, uid: variable("questdb") },
    query: {
      refId: "node",
      queryType: "sql",
      rawSql: NODES,
      format: 1,
      selectedFormat: 1,
    },
    hide: VariableHide.dontHide,
    includeAll: true,
    multi: true,
    refresh: VariableRefresh.onTimeRangeChanged,
    regex: "",
    current: { selected: true, text: ["All"], value: ["$__all"] },
    options: [],
  };
  return [...list, node];
}

/** @param {Board} board @param {Board[]} all @returns {Dashboard} */
export function dashboardOf(board, all) {
  const others = all.filter((d) => d.open === board.open && d.uid !== board.uid);
  return {
    uid: board.uid,
    title: board.title,
    description: board.about,
    tags: ["naap", board.open ? "public" : "operators"],
    editable: false,
    graphTooltip: DashboardCursorSync.Crosshair,
    refresh: board.refresh,
    schemaVersion: SCHEMA_VERSION,
    time: { from: board.from, to: "now" },
    timezone: "utc",
    timepicker: {},
    links: others.map((d) => ({ ...link(d.title, `/d/${d.uid}`), keepTime: true })),
    templating: { list: variables(board) },
    annotations: { list: [] },
    panels: placed(board),
  };
}

/** The data sources: addresses and the password come from the environment of Grafana. */
export const DATASOURCES = {
  apiVersion: 1,
  datasources: [
    {
      name: "NaaP QuestDB",
      type: QUESTDB.type,
      uid: QUESTDB.uid,
      access: "proxy",
      isDefault: false,
      editable: false,
      jsonData: {
        server: "$NAAP_QUESTDB_HOST",
        port: "$NAAP_QUESTDB_PORT",
        username: "naap_read",
        tlsMode: "disable",
        timeout: 10,
        queryTimeout: 30,
        // Of the 64 that QuestDB takes by default; the API has 8.
        maxOpenConnections: 16,
        maxIdleConnections: 4,
        maxConnectionLifetime: 3600,
      },
      secureJsonData: { password: "$NAAP_QUESTDB_PASSWORD" },
    },
    {
      name: "NaaP Prometheus",
      type: PROMETHEUS.type,
      uid: PROMETHEUS.uid,
      access: "proxy",
      url: "$NAAP_PROMETHEUS_URL",
      isDefault: false,
      editable: false,
      jsonData: { httpMethod: "POST", timeInterval: "15s" },
    },
  ],
};

/** Where Grafana finds the dashboards: a folder of its own each. */
export const PROVIDERS = {
  apiVersion: 1,
  providers: [
    ["naap-public", "NaaP", "public"],
    ["naap-operators", "NaaP operators", "operators"],
  ].map(([name, folder, path]) => ({
    name,
    orgId: 1,
    folder,
    folderUid: name,
    type: "file",
    disableDeletion: true,
    allowUiUpdates: false,
    updateIntervalSeconds: 30,
    options: { path: `$NAAP_GRAFANA_DASHBOARDS/${path}` },
  })),
};
