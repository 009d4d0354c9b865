// The API's page in Chromium, against a running stack: NAAP_URL names it, NAAP_CHROMIUM the browser.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

const url = process.env.NAAP_URL;
assert.ok(url, "NAAP_URL names the page");
const axe = createRequire(import.meta.url).resolve("axe-core");
let browser;

before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.NAAP_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic"],
  });
});

after(() => browser?.close());

test("it lists the schema, runs queries and listens, and asks nobody else", async () => {
  const page = await browser.newPage();
  const problems = [];
  page.on("console", (m) => m.type() === "error" && problems.push(`console: ${m.text()}`));
  page.on("pageerror", (e) => problems.push(`script: ${e.message}`));
  page.on("request", (r) => {
    const there = new URL(r.url());
    const ours = there.protocol === "data:" || there.origin === new URL(url).origin;
    if (!ours) problems.push(`elsewhere: ${r.url()}`);
  });
  const answer = await page.goto(`${url}graphql`);
  assert.equal(answer.status(), 200);

  await page.locator("#types details").nth(20).waitFor({ state: "attached" });
  assert.match(await page.locator("#types details").first().innerText(), /agents\(first: Int/);
  await page.locator("#find").fill("networknow");
  assert.ok((await page.locator("#types details:visible").count()) >= 1);

  await page.locator("#run").click();
  await page.locator("#said", { hasText: /^200, / }).waitFor();
  const shown = JSON.parse(await page.locator("#answer").innerText());
  assert.equal(typeof shown.data.network.orchestratorsOnline, "number");
  assert.match(page.url(), /#query=/);

  await page.locator("#query").fill("{ wrong }");
  await page.keyboard.press("Control+Enter");
  await page.locator("#said.bad", { hasText: /^400, / }).waitFor();
  // The browser itself says that a request was refused.
  assert.equal(problems.splice(0).every((p) => p.includes("400")), true);

  await page.locator("#query").fill("subscription { networkNow(everySeconds: 5) { asOf } }");
  await page.locator("#run").click();
  await page.locator("#said", { hasText: "Value 2" }).waitFor({ timeout: 20_000 });
  await page.locator("#stop").click();
  // And stays so: both sides close as they should.
  await page.waitForTimeout(1_000);
  assert.equal(await page.locator("#said").innerText(), "Stopped");

  await page.evaluate(await readFile(axe, "utf8"));
  const { violations } = await page.evaluate(() => window.axe.run());
  const found = violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" ")}`);
  assert.deepEqual(found, []);
  assert.deepEqual(problems, []);
});
