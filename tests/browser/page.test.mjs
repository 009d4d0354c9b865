// Every page in Chromium, against a running stack: NAAP_URL names it, NAAP_CHROMIUM the browser.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PAGES, ask, launch, open, origin, settled, still, violations } from "./harness.mjs";

const url = process.env.NAAP_URL;
assert.ok(url, "NAAP_URL names the stack");
const at = (path) => new URL(path, url).href;

/** What a page may weigh, all of it, packed; a frame on somebody's page less. */
const WHOLE = 100 * 1024;
const FRAME = 40 * 1024;
/** Elements; long lists are on pages of their own. */
const ELEMENTS = (path) => (path === "/" ? 818 : 1150);

let browser;
let orchestrator;

before(async () => {
  browser = await launch();
  const whose = await origin(url);
  const data = await ask(url, `{ orchestrators(first: 1, origin: ${whose}) { nodes { address } } }`);
  orchestrator = data.orchestrators.nodes[0]?.address;
});

after(() => browser?.close());

/** Pages, the one of an orchestrator among them if there is any. */
function pages() {
  return orchestrator ? [...PAGES, `/orchestrators/${orchestrator}`] : PAGES;
}

test("every page is whole, small, still, accessible, and asks nobody else", async (t) => {
  for (const path of pages()) {
    await t.test(path, async () => {
      const look = await open(browser, at(path));
      await look.page.waitForTimeout(300);
      assert.ok(look.bytes() <= (path.startsWith("/embed/") ? FRAME : WHOLE), `${look.bytes()} bytes`);
      const elements = await look.page.evaluate(() => document.querySelectorAll("*").length);
      assert.ok(elements <= ELEMENTS(path), `${elements} elements`);
      await still(look.page);
      assert.deepEqual(await look.page.evaluate(() => window.broken), [], "its own policy");
      assert.deepEqual(await violations(look.page), []);
      assert.deepEqual(look.problems, []);
      await look.close();
    });
  }
});

test("dark, and with everything open, it is accessible too", async (t) => {
  for (const path of pages()) {
    await t.test(path, async () => {
      const look = await open(browser, at(path), { dark: true });
      await look.page.evaluate(() => {
        for (const d of document.querySelectorAll("details")) d.open = true;
      });
      assert.deepEqual(await violations(look.page), []);
      await look.close();
    });
  }
});

test("a phone scrolls in one direction only", async (t) => {
  for (const path of pages()) {
    await t.test(path, async () => {
      const look = await open(browser, at(path), { width: 360 });
      const [inner, whole] = await look.page.evaluate(() => [
        window.innerWidth,
        document.documentElement.scrollWidth,
      ]);
      assert.ok(whole <= inner, `${whole} wide in ${inner}`);
      await look.close();
    });
  }
});

test("without a script the figures are there, and nothing that needs one is seen", async (t) => {
  for (const path of pages()) {
    await t.test(path, async () => {
      const look = await open(browser, at(path), { script: false });
      assert.ok((await look.page.locator("h1").innerText()).length > 2);
      assert.equal(await look.page.locator("button[data-copy]:visible").count(), 0);
      await look.close();
    });
  }
  const look = await open(browser, at("/"), { script: false });
  assert.ok((await look.page.locator("figure.panel").count()) >= 8);
  await look.page.getByRole("link", { name: "7 days" }).click();
  assert.match(look.page.url(), /last=7d/);
  const tools = look.page.locator("#p-success details");
  await tools.locator("summary").click();
  await tools.getByRole("link", { name: "Table" }).click();
  assert.match(look.page.url(), /\/table\/success\?/);
  await look.close();
});

test("figures of the network equal GraphQL's", async () => {
  await settled(url);
  const whose = await origin(url);
  const fields = ["orchestratorsOnline", "gpus", "slotsIdle", "requested", "minutes", "feesEth"];
  const asked = () =>
    ask(url, `{ network(window: { last: "24h" }, origin: ${whose}) { ${fields.join(" ")} } }`);
  // A live stack moves: what stands between two answers of the API is right.
  for (let tries = 0; ; tries++) {
    const before = (await asked()).network;
    await new Promise((done) => setTimeout(done, 25_000 * Math.min(tries, 1)));
    const look = await open(browser, at(`/?origin=${whose.toLowerCase()}`));
    const shown = {};
    for (const field of fields) {
      const value = await look.page.locator(`[data-figure=${field}]`).getAttribute("data-value");
      shown[field] = value === null ? null : Number(value);
    }
    await look.close();
    const after = (await asked()).network;
    const right = fields.every((f) => [before[f], after[f]].includes(shown[f]));
    if (right || tries === 2) {
      assert.ok(right, JSON.stringify({ before, shown, after }));
      break;
    }
  }
});

test("figures of sessions equal GraphQL's", async () => {
  const whose = await origin(url);
  // A session that is still open grows meanwhile.
  const sessions = (await settled(url)).filter((s) => s.origin === whose && s.closed);
  assert.ok(sessions.length > 0, "the stack has sessions that are over");
  const look = await open(browser, at(`/sessions?last=7d&origin=${whose.toLowerCase()}`));
  for (const s of sessions) {
    const row = look.page.locator(`tr[data-request="${s.requestId}"]`);
    assert.equal(await row.locator("[data-figure=ingest]").innerText(), `${s.ingestSamples}`);
    assert.equal(await row.locator("[data-figure=status]").innerText(), `${s.statusSamples}`);
    const fps = row.locator("[data-figure=fps]");
    const shown = await fps.getAttribute("data-value");
    assert.equal(shown === null ? null : Number(shown), s.outputFpsMean);
  }
  if (whose !== "ORGANIC") {
    assert.equal(await look.page.locator(".banner.origin").count(), 1, "what is not organic is marked");
  }
  assert.deepEqual(look.problems, []);
  await look.close();
});

test("figures of the machine equal GraphQL's, and move by themselves", async () => {
  const look = await open(browser, at("/nodes"));
  const data = await ask(url, "{ agents { nodes { name online host { memTotalBytes } } } }");
  const node = data.agents.nodes.find((n) => n.host);
  assert.ok(node, "the stack has a local agent");
  const card = look.page.locator(`article[data-node="${node.name}"]`);
  const total = await card.locator("[data-figure=memory]").getAttribute("data-total");
  assert.equal(Number(total), node.host.memTotalBytes);
  const online = data.agents.nodes.filter((n) => n.online).length;
  const shown = await look.page.locator("[data-figure=nodes-online]").innerText();
  assert.equal(shown, `${online} of ${data.agents.nodes.length}`);
  const sampled = () => card.locator("[data-time]").getAttribute("data-time");
  const first = await sampled();
  await look.page.waitForFunction(
    ([name, before]) =>
      document.querySelector(`article[data-node="${name}"] [data-time]`)?.dataset.time !== before,
    [node.name, first],
    { timeout: 40_000 },
  );
  assert.ok((await sampled()) > first, "time goes on");
  for (const figure of ["cpu", "memory", "received", "sent", "loopback"]) {
    const text = await card.locator(`[data-figure=${figure}]`).innerText();
    assert.match(text, /\d/, `${figure} has a figure: ${text}`);
  }
  assert.deepEqual(look.problems, []);
  await look.close();
});

test("what a reader has opened stays open while figures change, and can be paused", async () => {
  const look = await open(browser, at("/nodes"));
  await look.page.locator("#q-nodes summary").click();
  await look.page.evaluate(() => {
    document.querySelector(".title").dataset.old = "yes";
  });
  await look.page.waitForFunction(
    () => document.querySelector(".title").dataset.old === undefined,
    undefined,
    { timeout: 40_000 },
  );
  assert.equal(await look.page.locator("#q-nodes").getAttribute("open"), "");
  assert.equal(await look.page.evaluate(() => document.activeElement.tagName), "SUMMARY");
  await look.page.locator("#live").click();
  assert.equal(await look.page.locator("#live").getAttribute("aria-pressed"), "false");
  assert.equal(await look.page.locator("#live").innerText(), "paused");
  assert.deepEqual(look.problems, []);
  await look.close();
});

test("choices are in the address, and an address gives them back", async () => {
  const look = await open(browser, at("/orchestrators"));
  await look.page.locator("select[name=span]").selectOption("week");
  await look.page.getByRole("button", { name: "Show" }).click();
  await look.page.waitForURL(/span=week/);
  assert.doesNotMatch(look.page.url(), /model=/, "empty choices stay out");
  assert.equal(await look.page.locator("select[name=span]").inputValue(), "week");
  await look.close();
});

test("a value can be read with the keyboard alone", async () => {
  await settled(url);
  const look = await open(browser, at("/?last=7d"));
  const panel = look.page.locator("#p-requests");
  await look.page.waitForFunction(() => document.querySelector("#p-requests .plot.can"));
  await panel.locator(".plot").focus();
  await look.page.keyboard.press("Enter");
  await panel.locator(".over canvas").waitFor();
  await look.page.keyboard.press("End");
  await look.page.locator("#value", { hasText: /UTC: served/ }).waitFor();
  const said = await look.page.locator("#value").textContent();
  const times = await panel.locator("script").evaluate((s) => JSON.parse(s.textContent).times.length);
  if (times > 1) {
    await look.page.keyboard.press("Home");
    await look.page.waitForFunction((t) => document.getElementById("value").textContent !== t, said);
  }
  assert.deepEqual(await look.page.evaluate(() => window.broken), [], "the chart keeps the policy");
  assert.deepEqual(await violations(look.page), []);
  assert.deepEqual(look.problems, []);
  await look.close();
});

test("skip link, navigation and tools are reached with Tab", async () => {
  const look = await open(browser, at("/status"));
  const reached = [];
  for (let i = 0; i < 60; i++) {
    await look.page.keyboard.press("Tab");
    reached.push(
      await look.page.evaluate(() => document.activeElement.innerText?.trim().slice(0, 40) ?? ""),
    );
  }
  assert.equal(reached[0], "Skip to the figures");
  for (const name of ["Network", "Compare", "The query behind this"]) {
    assert.ok(reached.includes(name), `${name} is reached: ${reached.join(", ")}`);
  }
  await look.close();
});

test("copying, PNG and CSV work", async () => {
  const look = await open(browser, at("/table/requests?last=7d"));
  await look.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await look.page.locator("details.tools summary").first().click();
  await look.page.getByRole("button", { name: "Copy GraphQL" }).click();
  await look.page.getByRole("button", { name: "Copied" }).waitFor();
  const copied = await look.page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /^\{\n {2}demand\(/);
  await ask(url, copied);
  const saved = look.page.waitForEvent("download");
  await look.page.getByRole("button", { name: "PNG" }).click();
  assert.equal((await saved).suggestedFilename(), "naap-requests.png");
  const csv = await look.page.getByRole("link", { name: "CSV", exact: true }).getAttribute("href");
  const answer = await fetch(at(csv));
  assert.equal(answer.status, 200, csv);
  assert.match(await answer.text(), /^[a-z_0-9]+,/);
  assert.deepEqual(look.problems, []);
  await look.close();
});

test("a server that goes away is said, and what was known stays", async () => {
  const look = await open(browser, at("/nodes"));
  await look.page.route("**/nodes*", (route) => route.abort());
  await look.page.locator("#stale").waitFor({ state: "visible", timeout: 30_000 });
  assert.match(await look.page.locator("[data-figure=memory]").first().innerText(), /GiB|MiB/);
  await look.page.unroute("**/nodes*");
  await look.page.locator("#stale").waitFor({ state: "hidden", timeout: 60_000 });
  await look.close();
});
