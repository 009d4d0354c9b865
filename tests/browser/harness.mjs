// What the tests of the pages have in common: a browser, a page that writes down what goes wrong, and
// the API. NAAP_URL names the running stack, NAAP_CHROMIUM the browser.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { chromium } from "playwright-core";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core"), "utf8");

/** Every page of the navigation. */
export const PAGES = [
  "/",
  "/orchestrators",
  "/gpus",
  "/pipelines",
  "/regions",
  "/gateways",
  "/demand",
  "/sessions",
  "/tests",
  "/compare",
  "/nodes",
  "/explain",
  "/status",
  "/docs",
  "/embed",
  "/table/success",
  "/embed/success",
];

/** Most that a page may shift (CLS). */
const SHIFT = 0.02;

export function launch(...more) {
  return chromium.launch({
    executablePath: process.env.NAAP_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", ...more],
  });
}

/** Opens an address and writes down everything that goes wrong there. */
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1280, height: 900 },
    colorScheme: options.dark ? "dark" : "light",
    javaScriptEnabled: options.script ?? true,
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  const problems = [];
  let bytes = 0;
  const ours = new URL(url).origin;
  page.on("console", (m) => m.type() === "error" && problems.push(`console: ${m.text()}`));
  page.on("pageerror", (e) => problems.push(`script: ${e.message}`));
  page.on("requestfailed", (r) => problems.push(`failed: ${r.url()} ${r.failure()?.errorText}`));
  page.on("request", (r) => {
    const there = new URL(r.url());
    if (there.protocol !== "data:" && there.origin !== ours) {
      problems.push(`elsewhere: ${r.url()}`);
    }
  });
  page.on("requestfinished", async (r) => {
    const sizes = await r.sizes().catch(() => undefined);
    bytes += (sizes?.responseBodySize ?? 0) + (sizes?.responseHeadersSize ?? 0);
  });
  if (options.script !== false) {
    await page.addInitScript(() => {
      window.broken = [];
      window.shifts = [];
      document.addEventListener("securitypolicyviolation", (e) =>
        window.broken.push(`${e.violatedDirective} ${e.blockedURI}`),
      );
      new PerformanceObserver((list) => {
        for (const e of list.getEntries()) {
          const what = e.sources.map(({ node }) => (node?.outerHTML ?? node?.textContent)?.slice(0, 80));
          if (!e.hadRecentInput) window.shifts.push({ value: e.value, what });
        }
      }).observe({ type: "layout-shift", buffered: true });
    });
  }
  if (options.slow) {
    const session = await context.newCDPSession(page);
    await session.send("Emulation.setCPUThrottlingRate", { rate: options.slow });
  }
  const answer = await page.goto(url, { waitUntil: "load" });
  assert.equal(answer.status(), options.status ?? 200, url);
  return { page, problems, bytes: () => bytes, close: () => context.close() };
}

/** That nothing moved which a reader may be looking at. */
export async function still(page) {
  const shifts = await page.evaluate(() => window.shifts);
  const sum = shifts.reduce((sum, { value }) => sum + value, 0);
  assert.ok(sum <= SHIFT, `things move by ${sum}: ${JSON.stringify(shifts)}`);
}

/** The pages on this API, by the example that shows them on any; `more` are further arguments of it. */
export async function show(api, ...more) {
  const here = `127.0.0.1:${await free()}`;
  const program = spawn(process.env.NAAP_PREVIEW, [api, here, ...more], { stdio: "inherit" });
  // Whoever stops a run halfway listens no longer, and nothing is left behind all the same.
  process.stdout.on("error", () => {});
  process.once("exit", () => program.kill());
  await answers(`http://${here}/docs`);
  return { url: `http://${here}`, close: () => program.kill() };
}

/** A port that nobody listens on. */
export async function free() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** Waits until a server answers. */
async function answers(url) {
  for (let i = 0; i < 100; i++) {
    if (await fetch(url).then((a) => a.ok, () => false)) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  assert.fail(`${url} does not answer`);
}

/** What breaks a rule of accessibility. As a reader's own tool would: outside the page's policy. */
export async function violations(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run());
  return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" ")}`);
}

export async function ask(url, query) {
  const answer = await fetch(new URL("graphql", url), {
    method: "POST",
    // The page may show what is some seconds old; what it is held against is of now.
    headers: { "content-type": "application/json", "cache-control": "no-cache" },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = await answer.json();
  assert.equal(errors, undefined, query);
  return data;
}

/** The origin that the stack has something of, as pages choose it. */
export async function origin(url) {
  const data = await ask(
    url,
    `{ ORGANIC: network(window: { last: "30d" }) { sessions orchestrators }
       SIMULATED: network(origin: SIMULATED, window: { last: "30d" }) { sessions orchestrators }
       REPLAYED: network(origin: REPLAYED, window: { last: "30d" }) { sessions orchestrators } }`,
  );
  return (
    ["ORGANIC", "SIMULATED", "REPLAYED"].find(
      (o) => data[o].sessions + data[o].orchestrators > 0,
    ) ?? "ORGANIC"
  );
}

/** The newest sessions, once they stand: a stack is ready before it has derived any. */
export async function settled(url) {
  let last = "";
  for (const until = Date.now() + 60_000; Date.now() < until; ) {
    const data = await ask(
      url,
      "{ sessions(first: 20, origin: null) { nodes { requestId origin closed ingestSamples statusSamples outputFpsMean } } derivation { pending } }",
    );
    const now = JSON.stringify(data.sessions.nodes);
    if (data.sessions.nodes.length > 0 && now === last) return data.sessions.nodes;
    last = now;
    await new Promise((done) => setTimeout(done, 2_000));
  }
  assert.fail("the stack has sessions");
}
