// The page in Chromium, against a running stack: NAAP_URL names it, NAAP_CHROMIUM the browser.
// The stack replays recorded events, so that there are sessions to show.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

const url = process.env.NAAP_URL;
assert.ok(url, "NAAP_URL names the page");
const axe = createRequire(import.meta.url).resolve("axe-core");

let context;
let folder;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "naap-browser-"));
  context = await chromium.launchPersistentContext(folder, {
    executablePath: process.env.NAAP_CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    viewport: { width: 1280, height: 900 },
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
});

after(async () => {
  await context?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Opens the page and writes down everything that goes wrong. */
async function open(path = "", options = {}) {
  const page = await context.newPage();
  const problems = [];
  page.on("console", (m) => m.type() === "error" && problems.push(`console: ${m.text()}`));
  page.on("pageerror", (e) => problems.push(`script: ${e.message}`));
  page.on("requestfailed", (r) => problems.push(`failed: ${r.url()} ${r.failure()?.errorText}`));
  page.on("request", (r) => {
    const there = new URL(r.url());
    if (there.protocol !== "data:" && there.origin !== new URL(url).origin) {
      problems.push(`elsewhere: ${r.url()}`);
    }
  });
  if (options.width) await page.setViewportSize({ width: options.width, height: 800 });
  if (options.dark) await page.emulateMedia({ colorScheme: "dark" });
  const answer = await page.goto(url + path);
  assert.equal(answer.status(), 200);
  return { page, problems };
}

async function graphql(query) {
  const answer = await fetch(new URL("graphql", url), {
    method: "POST",
    // The page may show what is two seconds old; what it is held against is of now.
    headers: { "content-type": "application/json", "cache-control": "no-cache" },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = await answer.json();
  assert.equal(errors, undefined);
  return data;
}

/** The newest sessions, once they stand: a stack is ready before it has derived any. */
async function sessions() {
  let last = "";
  for (const until = Date.now() + 60_000; Date.now() < until; ) {
    const data = await graphql(
      "{ sessions(first: 20, origin: null) { nodes { requestId origin ingestSamples statusSamples outputFpsMean } } }",
    );
    const { nodes } = data.sessions;
    const now = JSON.stringify(nodes);
    if (nodes.length > 0 && now === last) return nodes;
    last = now;
    await new Promise((done) => setTimeout(done, 2_000));
  }
  assert.fail("the stack has sessions");
}

test("figures of sessions equal GraphQL's", async () => {
  const found = await sessions();
  const { page, problems } = await open();
  for (const s of found) {
    const row = page.locator(`tr[data-request="${s.requestId}"]`);
    assert.equal(await row.locator("[data-figure=ingest]").innerText(), `${s.ingestSamples}`);
    assert.equal(await row.locator("[data-figure=status]").innerText(), `${s.statusSamples}`);
    const fps = row.locator("[data-figure=fps]");
    const shown = await fps.getAttribute("data-value");
    assert.equal(shown === null ? null : Number(shown), s.outputFpsMean);
    const text = s.outputFpsMean === null ? "–" : s.outputFpsMean.toFixed(1);
    assert.equal(await fps.innerText(), text);
    const marked = await row.locator(".marked").count();
    assert.equal(marked > 0, s.origin !== "ORGANIC", "what is not organic is marked");
  }
  assert.deepEqual(problems, []);
  await page.close();
});

test("figures of the machine equal GraphQL's, and move by themselves", async () => {
  const { page, problems } = await open();
  const data = await graphql(
    "{ agents { nodes { name online host { memTotalBytes } } } status { ok } }",
  );
  const node = data.agents.nodes.find((n) => n.host);
  assert.ok(node, "the stack has a local agent");
  const card = page.locator(`article[data-node="${node.name}"]`);
  const total = await card.locator("[data-figure=memory]").getAttribute("data-total");
  assert.equal(Number(total), node.host.memTotalBytes);
  const online = data.agents.nodes.filter((n) => n.online).length;
  const shown = await page.locator("[data-figure=nodes-online]").innerText();
  assert.equal(shown, `${online} of ${data.agents.nodes.length}`);
  const sampled = () => card.locator("[data-time]").getAttribute("data-time");
  const first = await sampled();
  await page.waitForFunction(
    ([name, before]) =>
      document.querySelector(`article[data-node="${name}"] [data-time]`).dataset.time !== before,
    [node.name, first],
    { timeout: 10_000 },
  );
  assert.ok((await sampled()) > first, "time goes on");
  for (const figure of ["cpu", "memory", "received", "sent", "loopback"]) {
    const text = await card.locator(`[data-figure=${figure}]`).innerText();
    assert.match(text, /\d/, `${figure} has a figure: ${text}`);
  }
  assert.ok((await card.locator("svg.chart").count()) >= 3, "three charts");
  assert.ok((await card.locator("svg.chart polyline").count()) >= 3, "with lines in them");
  assert.deepEqual(problems, []);
  await page.close();
});

test("what a reader has opened stays open while figures change", async () => {
  const { page, problems } = await open();
  await page.locator("#query-overview summary").click();
  await page.evaluate(() => {
    document.querySelector(".glance").dataset.old = "yes";
  });
  await page.waitForFunction(() => document.querySelector(".glance").dataset.old === undefined);
  assert.equal(await page.locator("#query-overview").getAttribute("open"), "");
  const focused = await page.evaluate(() => document.activeElement.tagName);
  assert.equal(focused, "SUMMARY", "the focus stays where it was");
  const shown = await page.locator("#query-overview code").innerText();
  await graphql(shown);
  assert.deepEqual(problems, []);
  await page.close();
});

test("the page works without a script", async () => {
  const html = await (await fetch(url)).text();
  const bare = await context.browser()?.newContext?.({ javaScriptEnabled: false });
  assert.match(html, /http-equiv="refresh"/);
  if (bare) {
    const page = await bare.newPage();
    await page.goto(url);
    assert.match(await page.locator("[data-figure=memory]").first().innerText(), /GiB|MiB/);
    assert.ok((await page.locator("tr[data-request]").count()) > 0);
    await bare.close();
  } else {
    assert.match(html, /data-figure="memory"/);
  }
});

test("windows are in the address", async () => {
  const { page, problems } = await open();
  await page.getByRole("link", { name: "1 hour" }).click();
  await page.waitForURL(/window=1h/);
  assert.equal(await page.locator("nav [aria-current=true]").innerText(), "1 hour");
  assert.deepEqual(problems, []);
  await page.close();
});

test("a phone scrolls in one direction only", async () => {
  const { page } = await open("", { width: 360 });
  const [inner, whole] = await page.evaluate(() => [
    window.innerWidth,
    document.documentElement.scrollWidth,
  ]);
  assert.ok(whole <= inner, `${whole} wide in ${inner}`);
  await page.close();
});

for (const dark of [false, true]) {
  test(`no accessibility violation, ${dark ? "dark" : "light"}`, async () => {
    const { page } = await open("", { dark });
    const html = await (await import("node:fs/promises")).readFile(axe, "utf8");
    // As a reader's own tool would: outside the page's policy.
    await page.evaluate(html);
    const { violations } = await page.evaluate(() => window.axe.run());
    const found = violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" ")}`);
    assert.deepEqual(found, []);
    await page.close();
  });
}

test("a server that goes away is said, and what was known stays", async () => {
  const { page } = await open();
  await page.route("**/live*", (route) => route.abort());
  await page.locator("#stale").waitFor({ state: "visible", timeout: 10_000 });
  assert.match(await page.locator("[data-figure=memory]").first().innerText(), /GiB|MiB/);
  await page.unroute("**/live*");
  await page.locator("#stale").waitFor({ state: "hidden", timeout: 15_000 });
  await page.close();
});
