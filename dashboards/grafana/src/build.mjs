// Writes what Grafana reads; with --check compares it with what is committed, and says what is wrong with it.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { FOLDER, provisioned } from "./alerts.mjs";
import { faults } from "./check.mjs";
import { DASHBOARDS } from "./dashboards.mjs";
import { DATASOURCES, dashboardOf, PROVIDERS } from "./grafana.mjs";

const HEAD = "# Written by `npm run build` from src; changes here are lost.\n";
const root = fileURLToPath(new URL("..", import.meta.url));
const FOLDERS = ["dashboards", "provisioning"];

/** All files, by path. */
function files() {
  /** @type {Map<string, string>} */
  const out = new Map();
  /** @param {string} path @param {object} content */
  const yaml = (path, content) =>
    out.set(
      `provisioning/${path}`,
      HEAD + stringify(content, { lineWidth: 0, aliasDuplicateObjects: false }),
    );
  yaml("datasources/naap.yaml", DATASOURCES);
  yaml("dashboards/naap.yaml", PROVIDERS);
  yaml("alerting/naap.yaml", provisioned());
  for (const board of DASHBOARDS) {
    out.set(
      `dashboards/${board.file}.json`,
      `${JSON.stringify(dashboardOf(board, DASHBOARDS), null, 2)}\n`,
    );
  }
  return out;
}

/** @param {string} folder @returns {string[]} */
const below = (folder) =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((f) =>
    f.isDirectory() ? below(`${folder}/${f.name}`) : [`${folder}/${f.name}`],
  );

const built = files();
const wrong = faults(
  DASHBOARDS.map((board) => ({
    board,
    json: JSON.parse(built.get(`dashboards/${board.file}.json`) ?? "{}"),
  })),
  provisioned(),
  FOLDER,
);
if (process.argv.includes("--check")) {
  for (const path of FOLDERS.flatMap(below)) {
    if (!built.has(path)) wrong.push(`${path} is not generated`);
  }
  for (const [path, text] of built) {
    let committed = "";
    try {
      committed = readFileSync(join(root, path), "utf8");
    } catch {
      // Said below.
    }
    if (committed !== text) wrong.push(`${path} is not what src gives: npm run build`);
  }
} else {
  for (const folder of FOLDERS) rmSync(join(root, folder), { recursive: true, force: true });
  for (const [path, text] of built) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}
if (wrong.length > 0) {
  for (const fault of wrong) console.error(fault);
  process.exit(1);
}
const panels = DASHBOARDS.flatMap((d) => d.panels).length;
console.log(`${DASHBOARDS.length} dashboards, ${panels} panels, each with a description and a unit`);
