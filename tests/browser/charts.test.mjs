// Every chart: what a reader copies below it gives the numbers that it shows.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { ask, launch, open, origin, settled } from "./harness.mjs";

const url = process.env.NAAP_URL;
assert.ok(url, "NAAP_URL names the stack");
const at = (path) => new URL(path, url).href;

let browser;
let charts;

before(async () => {
  browser = await launch();
  await settled(url);
  // The builder lists all of them.
  const html = await (await fetch(at("/embed"))).text();
  const list = html.split('name="thing"')[1].split("</select>")[0];
  charts = [...list.matchAll(/value="([a-z-]+)"/g)].map((m) => m[1]);
  assert.ok(charts.length > 30, `${charts.length} charts`);
});

after(() => browser?.close());

/** Every number in an answer, ratios of what stands side by side included. */
function numbers(value, found = new Set()) {
  if (typeof value === "number") found.add(value);
  else if (Array.isArray(value)) for (const v of value) numbers(v, found);
  else if (value !== null && typeof value === "object") {
    for (const v of Object.values(value)) numbers(v, found);
    const { served, requested } = value;
    if (typeof served === "number" && requested > 0) found.add(served / requested);
    if (Array.isArray(served) && Array.isArray(requested)) {
      served.forEach((s, i) => requested[i] > 0 && found.add(s / requested[i]));
    }
  }
  return found;
}

/** Every number that a chart shows, from the JSON that it is drawn from: of buckets that are over. */
function shown(chart) {
  if (chart.form === "timeline") {
    const over = chart.times.map((t) => chart.open === null || t < chart.open);
    return chart.series.flatMap((s) => s.values.filter((_, i) => over[i]));
  }
  if (chart.form === "costs") return chart.rows.map((r) => r[1]);
  return (chart.rows ?? chart.cells).flatMap((r) => r.filter((v) => typeof v === "number"));
}

/** What is in the page: JSON, and the two texts. */
async function read(chart, query) {
  const look = await open(browser, at(`/table/${chart}?${query}`), { script: false });
  const figure = look.page.locator(`figure[data-panel=${chart}]`);
  const json = figure.locator("script[type='application/json']");
  const data = (await json.count()) > 0 ? JSON.parse(await json.textContent()) : undefined;
  const text = (kind) => figure.locator(`pre[data-kind=${kind}]`).textContent();
  const texts = [await text("graphql"), await text("curl")];
  const cells = await look.page.locator("#numbers ~ .wide tbody tr").count();
  await look.close();
  return { data, texts, cells };
}

test("every chart's texts give its numbers", async (t) => {
  const whose = (await origin(url)).toLowerCase();
  const node = (await ask(url, "{ agents { nodes { name host { os } } } }")).agents.nodes.find((n) => n.host);
  let drawn = 0;
  for (const chart of charts) {
    await t.test(chart, async () => {
      const more = chart.startsWith("node-") ? `&node=${encodeURIComponent(node.name)}` : "";
      // A fixed window, so that what is live does not move meanwhile.
      const to = new Date(Math.floor(Date.now() / 1000) * 1000);
      const from = new Date(to.getTime() - 48 * 3_600_000);
      const query = `from=${from.toISOString()}&to=${to.toISOString()}&origin=${whose}${more}`;
      for (let tries = 0; ; tries++) {
        const { data, texts, cells } = await read(chart, query);
        const answer = await ask(url, texts[0]);
        const { stdout } = await promisify(execFile)("bash", ["-c", texts[1]], { maxBuffer: 1 << 26 });
        const curled = JSON.parse(stdout);
        assert.equal(curled.errors, undefined, texts[1]);
        if (data === undefined) return;
        const given = [numbers(answer), numbers(curled.data)];
        // A mean over a time that goes on moves with every second of it.
        const apart = chart === "model-slots" ? 0.01 : 0;
        const near = (g, v) => g.has(v) || [...g].some((x) => Math.abs(x - v) < apart * Math.abs(v));
        const missing = shown(data).filter((v) => v !== null && v !== 0 && !given.some((g) => near(g, v)));
        // Late rows change the figures of their time: look again.
        if (missing.length > 0 && tries < 2) {
          await new Promise((done) => setTimeout(done, 22_000));
          continue;
        }
        assert.deepEqual(missing.slice(0, 5), [], `${chart} shows what its query does not give`);
        assert.ok(cells > 0, "the table has them too");
        drawn += 1;
        return;
      }
    });
  }
  assert.ok(drawn >= 8, `${drawn} charts had something to show`);
});

test("images of every chart are images, and small", async () => {
  for (const chart of charts) {
    const answer = await fetch(at(`/chart/${chart}.svg?last=30d&theme=dark&lang=de`));
    assert.equal(answer.status, 200, chart);
    assert.match(answer.headers.get("content-type"), /^image\/svg\+xml/);
    const text = await answer.text();
    const packed = gzipSync(text).length;
    assert.ok(packed <= 12 * 1024, `${chart}: ${packed}`);
    assert.doesNotMatch(text, /<script/);
  }
});
