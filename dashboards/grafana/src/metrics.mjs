// Writes metrics.json: what the programs of a running stack say of their own figures.
//   node src/metrics.mjs URL...    addresses of /metrics: collector, API, QuestDB
import { writeFileSync } from "node:fs";

/** Names, types and texts of the text format of Prometheus. @param {string} text */
export function described(text) {
  /** @type {Record<string, { type: string, help?: string }>} */
  const out = {};
  for (const line of text.split("\n")) {
    const [, what, name = "", rest = ""] = line.match(/^# (HELP|TYPE) (\S+) (.*)$/) ?? [];
    if (what === "TYPE") out[name] = { ...out[name], type: rest };
    if (what === "HELP") out[name] = { type: out[name]?.type ?? "", help: rest };
  }
  return out;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  /** @type {ReturnType<typeof described>} */
  const all = {};
  for (const url of process.argv.slice(2)) Object.assign(all, described(await (await fetch(url)).text()));
  // QuestDB's tags of memory are many and of its version.
  const kept = Object.entries(all).filter(([name]) => !/^questdb_memory_tag_/.test(name));
  kept.sort(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify(Object.fromEntries(kept), null, 2);
  writeFileSync(new URL("metrics.json", import.meta.url), `${text}\n`);
}
