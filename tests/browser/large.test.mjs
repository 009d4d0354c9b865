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

test("what is zoomed is in the address, and an address gives it back", { skip }, async () => {
  const look = await open(browser, `${url}/?last=7d`);
  const plot = look.page.locator("#p-requests .plot");
  const zoomed = look.page.locator("#p-requests .plot.zoomed");
  await plot.focus();
  await look.page.keyboard.press("Enter");
  await plot.locator(".over canvas").waitFor();
  assert.equal(new URL(look.page.url()).hash, "", "all of it is seen");
  const box = await plot.locator(".u-over").boundingBox();
  await look.page.mouse.move(box.x + box.width * 0.25, box.y + 20);
  await look.page.mouse.down();
  await look.page.mouse.move(box.x + box.width * 0.5, box.y + 20, { steps: 5 });
  await look.page.mouse.up();
  await zoomed.waitFor();
  const shared = look.page.url();
  const [, from, to] = shared.match(/\?last=7d#p-requests=(\d+)-(\d+)$/)?.map(Number) ?? [];
  const quarter = (7 * 86_400) / 4;
  assert.ok(Math.abs(to - from - quarter) < quarter * 0.05, `${to - from} s are a quarter of a week: ${shared}`);

  // Somebody else opens it.
  const other = await open(browser, shared);
  await other.page.locator("#p-requests .plot.zoomed canvas").waitFor();
  assert.equal(other.page.url(), shared);
  assert.ok(await other.page.locator("#p-requests").evaluate((e) => e.getBoundingClientRect().top < innerHeight));
  // Another address of the same page.
  await other.page.evaluate((hash) => { location.hash = hash; }, `p-success=${from}-${to}`);
  await other.page.locator("#p-success .plot.zoomed canvas").waitFor();
  await zoomedNo(other.page, "#p-requests");
  // By keyboard, around the cursor, and back.
  await plot.focus();
  await look.page.keyboard.press("Escape");
  await zoomedNo(look.page, "#p-requests");
  assert.equal(look.page.url(), `${url}/?last=7d`);
  await look.page.keyboard.press("Control++");
  assert.equal(look.page.url(), `${url}/?last=7d`, "the browser's own keys stay so");
  for (const key of ["End", "ArrowLeft", "+", "+"]) await look.page.keyboard.press(key);
  await zoomed.waitFor();
  const [, left, right] = look.page.url().match(/=(\d+)-(\d+)$/)?.map(Number) ?? [];
  assert.ok(Math.abs(right - left - quarter) < quarter * 0.05, look.page.url());
  await look.page.keyboard.press("Home");
  // The first value that is seen, an hour each, one of 37 missing.
  await look.page.waitForFunction((left) => {
    const said = document.getElementById("value")?.textContent.split(" UTC: ")[0] ?? "";
    const at = Date.parse(`${said.replace(",", "")} UTC`) / 1000;
    return at >= left - 60 && at <= left + 2 * 3600;
  }, left);
  for (const key of ["-", "-"]) await look.page.keyboard.press(key);
  await zoomedNo(look.page, "#p-requests");
  assert.deepEqual([...look.problems, ...other.problems], []);
  await look.close();
  await other.close();

  // What the page's window has moved past is asked for by itself.
  const [past, later] = [from - 60 * 86_400, from - 59 * 86_400];
  const moved = await open(browser, `${url}/?last=7d&theme=dark#p-requests=${past}-${later}`);
  await moved.page.waitForURL(/from=/);
  const address = new URL(moved.page.url());
  assert.equal(Date.parse(address.searchParams.get("from")) / 1000, past);
  assert.equal(Date.parse(address.searchParams.get("to")) / 1000, later);
  assert.equal(address.searchParams.get("last"), null);
  assert.equal(address.searchParams.get("theme"), "dark");
  assert.equal(address.hash, "");
  await moved.close();

  // What no chart can show is passed over.
  for (const hash of ["p-requests=2-1", "p-requests=9999999999999-1", "nobody=1700000000-1700000001", "=&%=<img>", "main"]) {
    const odd = await open(browser, `${url}/?last=7d#${hash}`);
    await odd.page.waitForTimeout(200);
    assert.equal(await odd.page.locator(".plot.zoomed").count(), 0, hash);
    assert.deepEqual(odd.problems, [], hash);
    await odd.close();
  }
});

test("enlarged, a line looks as in the drawing", { skip }, async () => {
  const look = await open(browser, `${url}/?last=30d`);
  const drawing = look.page.locator("#p-success svg");
  for (const kind of ["whole", "few", "open"]) assert.equal(await drawing.locator(`.line.${kind}`).count(), 1, kind);
  // What is drawn, by width and dashes.
  await look.page.evaluate(() => {
    window.strokes = [];
    const { stroke } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.stroke = function (...path) {
      window.strokes.push(`${this.lineWidth.toFixed(1)} ${this.getLineDash()}`);
      stroke.apply(this, path);
    };
  });
  await look.page.locator("#p-success .plot").focus();
  await look.page.keyboard.press("Enter");
  await look.page.locator("#p-success .over canvas").waitFor();
  await look.page.waitForFunction(() => window.strokes.length > 0);
  const strokes = await look.page.evaluate(() => window.strokes);
  for (const [kind, looks] of [["whole", "1.7 "], ["few", "0.9 "], ["open", "1.0 1,3"]]) {
    assert.ok(strokes.includes(looks), `${kind} among ${strokes}`);
  }
  assert.deepEqual(look.problems, []);
  await look.close();
});

function zoomedNo(page, figure) {
  return page.waitForFunction((f) => document.querySelector(`${f} .plot.zoomed`) === null, figure);
}

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
