// Builds the scripts into dashboards/assets; with --check, says whether what is committed is that,
// and whether it is as small as it has to be.
import { readFile, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const assets = new URL("../assets/", import.meta.url);
const check = process.argv.includes("--check");

/** Name, whether it is a module, and how many bytes it may have, packed. */
const scripts = [
  ["naap", true, 8_000],
  ["plot", true, 30_000],
  ["frame", false, 1_000],
  ["embed", false, 1_024],
];
/** All that a page of ours may load. */
const together = 45 * 1024;

const problems = [];
let sum = 0;

async function put(name, text) {
  const file = new URL(name, assets);
  if (!check) {
    await writeFile(file, text);
  } else if ((await readFile(file, "utf8")) !== text) {
    problems.push(`${name} is not what the sources give: npm run build`);
  }
}

for (const [name, module, most] of scripts) {
  const { outputFiles } = await build({
    entryPoints: [new URL(`src/${name}.ts`, import.meta.url).pathname],
    bundle: true,
    minify: true,
    target: "es2022",
    format: module ? "esm" : "iife",
    write: false,
    legalComments: "none",
  });
  const text = outputFiles[0].text;
  const packed = gzipSync(text, { level: 9 }).length;
  if (packed > most) problems.push(`${name}.js has ${packed} bytes packed, at most ${most}`);
  if (name !== "embed") sum += packed;
  await put(`${name}.js`, text);
}
if (sum > together) problems.push(`the scripts have ${sum} bytes packed, at most ${together}`);
const style = new URL("node_modules/uplot/dist/uPlot.min.css", import.meta.url);
await put("plot.css", await readFile(style, "utf8"));

for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
