// The pages on a world of 500 orchestrators and ninety days with hostile names, and on one that goes
// away. NAAP_PREVIEW names the example `preview` of naap-dashboards; without it this is skipped.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { PAGES, launch, open, show, still, violations } from "./harness.mjs";
import { serve } from "./world.mjs";

const skip = process.env.NAAP_PREVIEW ? false : "NAAP_PREVIEW names no program";
const ADDRESS = `0x${"1".padStart(40, "0")}`;
const FIRST_BYTE_MS = 20;
const paths = [...PAGES, `/orchestrators/${ADDRESS}`, "/compare?by=model", "/explain?q=demand"];

let world;
let pages;
let url;
let browser;

before(async () => {
  if (skip) return;
  world = await serve();
  pages = await show(world.url);
  ({ url } = pages);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  pages?.close();
  await world?.close();
});

test("names that are attacks are text on every page", { skip }, async (t) => {
  for (const path of paths) {
    await t.test(path, async () => {
      const look = await open(browser, url + path);
      await look.page.waitForTimeout(200);
      assert.equal(await look.page.evaluate(() => window.hacked), undefined);
      assert.equal(await look.page.locator("img[src=x]").count(), 0);
      const links = await look.page.evaluate(() => [...document.links].map((a) => a.protocol));
      assert.deepEqual([...new Set(links)].filter((p) => p !== "http:"), []);
      assert.deepEqual(await look.page.evaluate(() => window.broken), []);
      assert.deepEqual(await violations(look.page), []);
      assert.deepEqual(look.problems, []);
      await look.close();
    });
  }
});

test("five hundred orchestrators and ninety days stay small", { skip }, async (t) => {
  for (const path of paths) {
    await t.test(path, async () => {
      const address = `${url}${path}${path.includes("?") ? "&" : "?"}last=90d`;
      const html = await (await fetch(address)).text();
      const packed = gzipSync(html).length;
      assert.ok(packed <= 60 * 1024, `${packed} bytes of HTML, packed`);
      // On a slow machine a page is drawn while it still arrives.
      const look = await open(browser, address, { slow: 6 });
      const elements = await look.page.evaluate(() => document.querySelectorAll("*").length);
      const most = path === "/" ? 818 : path.startsWith("/table") || path.startsWith("/pipelines") ? 1500 : 1150;
      assert.ok(elements <= most, `${elements} elements`);
      await still(look.page);
      const wide = await look.page.evaluate(() =>
        [...document.querySelectorAll("body *")]
          .filter((e) => !e.closest(".wide, pre, .hidden") && e.getBoundingClientRect().right > innerWidth + 1)
          .map((e) => e.outerHTML.slice(0, 120)),
      );
      assert.deepEqual(wide, [], "nothing is wider than the page");
      await look.close();
    });
  }
});

test("the table of orchestrators has pages, an order and a search", { skip }, async () => {
  const look = await open(browser, `${url}/orchestrators`);
  assert.equal(await look.page.locator("tr[data-orchestrator]").count(), 20);
  const scores = () =>
    look.page.locator("[data-figure=score]").evaluateAll((all) => all.map((e) => Number(e.dataset.value)));
  const best = await scores();
  assert.deepEqual(best, [...best].sort((a, b) => b - a));
  await look.page.getByRole("link", { name: "Next" }).click();
  await look.page.waitForURL(/page=2/);
  assert.ok((await scores())[0] <= best.at(-1));
  await look.page.getByLabel("Find").fill(ADDRESS);
  await look.page.keyboard.press("Enter");
  await look.page.waitForURL(/q=0x/);
  assert.equal(await look.page.locator("tr[data-orchestrator]").count(), 1);
  await look.close();
});

test("the first byte of a warm page is quick", { skip }, async () => {
  // What else a machine does only adds to it: the round that was disturbed least tells what the page
  // takes.
  const rounds = [];
  for (let round = 0; round < 5; round++) {
    const times = [];
    for (let i = 0; i < 200; i++) {
      const began = performance.now();
      const answer = await fetch(`${url}/?last=90d`);
      times.push(performance.now() - began);
      await answer.arrayBuffer();
    }
    times.sort((a, b) => a - b);
    rounds.push({ p50: times[99], p99: times[197] });
  }
  rounds.sort((a, b) => a.p99 - b.p99);
  const said = rounds.map((r) => `${r.p50.toFixed(1)}/${r.p99.toFixed(1)}`).join(", ");
  console.log(`first byte, p50/p99 of five rounds, ms: ${said}`);
  assert.ok(rounds[0].p99 <= FIRST_BYTE_MS, `p99 of at most ${FIRST_BYTE_MS} ms: ${said}`);
});

test("an API that is away leaves what was known last, and says so", { skip }, async () => {
  const first = await open(browser, `${url}/?last=7d`);
  const known = await first.page.locator("[data-figure=requested]").innerText();
  await first.close();
  world.down = true;
  try {
    // What was known stays fresh for a while; then it is said to be old.
    await new Promise((done) => setTimeout(done, 21_000));
    const look = await open(browser, `${url}/?last=7d`);
    await look.page.locator("#last-known").waitFor();
    assert.equal(await look.page.locator("[data-figure=requested]").innerText(), known);
    assert.deepEqual(await violations(look.page), []);
    await look.close();
    const never = await open(browser, `${url}/?last=6h`);
    await never.page.locator("text=This could not be read").first().waitFor();
    await never.close();
    const badge = await (await fetch(`${url}/badge/gpus.svg?last=6h`)).text();
    assert.match(badge, /no data/);
  } finally {
    world.down = false;
  }
});
