// Embeds on a page of somebody else, in Chromium: NAAP_URL names the stack.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { launch, settled, show } from "./harness.mjs";

const url = process.env.NAAP_URL;
assert.ok(url, "NAAP_URL names the stack");
const ours = new URL(url).origin;
const skip = process.env.NAAP_PREVIEW ? false : "NAAP_PREVIEW names no program";

let browser;
let server;
let elsewhere;
let content = "";

before(async () => {
  browser = await launch();
  await settled(url);
  server = createServer((_, answer) => {
    answer.setHeader("content-type", "text/html; charset=utf-8");
    answer.end(`<!doctype html><html lang="en"><title>Elsewhere</title><main>${content}</main>`);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  // Another host, so another site, not only another port.
  elsewhere = `http://localhost:${server.address().port}/`;
});

after(async () => {
  await browser?.close();
  server?.close();
});

/** A page of somebody else with this in it. */
async function visit(html, where = elsewhere) {
  content = html;
  const page = await browser.newPage({ viewport: { width: 900, height: 700 } });
  const problems = [];
  page.on("console", (m) => m.type() === "error" && problems.push(m.text()));
  page.on("pageerror", (e) => problems.push(e.message));
  await page.goto(where);
  return { page, problems };
}

test("the loader is small, and makes a frame that is as high as its content", async () => {
  const loader = await (await fetch(`${ours}/embed.js`)).text();
  assert.ok(gzipSync(loader).length <= 1024);
  const { page, problems } = await visit(
    `<script src="${ours}/embed.js" async></script><naap-chart chart="requests" last="7d" theme="dark" lang="de"></naap-chart>`,
  );
  const frame = page.locator("naap-chart iframe");
  await frame.waitFor();
  assert.equal(await frame.getAttribute("sandbox"), "allow-scripts allow-popups");
  await page.waitForFunction(() => {
    const height = document.querySelector("naap-chart iframe").offsetHeight;
    return height > 100 && height !== 340;
  });
  const inside = page.frames().find((f) => f.url().includes("/embed/requests"));
  assert.match(inside.url(), /last=7d/);
  await inside.locator("figure h1").waitFor();
  const [inner, whole] = await inside.evaluate(() => [
    document.documentElement.scrollHeight,
    window.innerHeight,
  ]);
  assert.ok(Math.abs(inner - whole) <= 2, `${inner} high in ${whole}`);
  const ground = await inside.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(ground, "rgb(24, 31, 28)", "dark by choice");
  assert.equal(await inside.locator("html").getAttribute("lang"), "de");
  assert.deepEqual(problems, []);
  await page.close();
});

test("nothing in a frame reaches the page around it", async () => {
  const { page } = await visit(
    `<iframe src="${ours}/embed/success" sandbox="allow-scripts allow-popups" title="x"></iframe>`,
  );
  const inside = await (await page.locator("iframe").elementHandle()).contentFrame();
  await inside.locator("figure").waitFor();
  const reached = await inside.evaluate(() => {
    try {
      return window.parent.document.title;
    } catch {
      return "refused";
    }
  });
  assert.equal(reached, "refused");
  await page.close();
});

test("pages that are no embeds are framed by nobody else", async () => {
  const { page, problems } = await visit(`<iframe src="${ours}/" title="x"></iframe>`);
  await page.waitForTimeout(1500);
  assert.ok(problems.some((p) => p.includes("frame-ancestors")), problems.join());
  const inside = page.frames().find((f) => f !== page.mainFrame());
  assert.equal(await inside.locator("figure").count().catch(() => 0), 0);
  await page.close();
});

test("an operator says who may frame the embeds", { skip }, async () => {
  // This host by the name that the page of somebody else has; by its number it is another.
  const pages = await show(url, "http://localhost:*");
  try {
    const frame = `<iframe src="${pages.url}/embed/success" title="x"></iframe>`;
    const allowed = await visit(frame);
    await allowed.page.frameLocator("iframe").locator("figure h1").waitFor();
    assert.deepEqual(allowed.problems, []);
    await allowed.page.close();
    const other = await visit(frame, elsewhere.replace("localhost", "127.0.0.1"));
    await other.page.waitForTimeout(1500);
    assert.ok(other.problems.some((p) => p.includes("frame-ancestors")), other.problems.join());
    assert.equal(await other.page.frames()[1]?.locator("figure").count().catch(() => 0), 0);
    await other.page.close();
  } finally {
    pages.close();
  }
});

test("images stand on pages of others, in either theme", async () => {
  const { page, problems } = await visit(
    `<img id="a" src="${ours}/badge/success.svg?last=30d" alt="a"><img id="b" src="${ours}/chart/requests.svg?last=7d&amp;theme=dark" alt="b">`,
  );
  for (const id of ["a", "b"]) {
    await page.waitForFunction((i) => document.getElementById(i).naturalWidth > 0, id);
  }
  assert.deepEqual(problems, []);
  await page.close();
  const badge = await (await fetch(`${ours}/badge/success.svg`)).text();
  assert.ok(badge.length <= 2048);
});

test("the builder's code works when it is pasted", async () => {
  const html = await (await fetch(`${ours}/embed?thing=requests&last=30d&theme=light`)).text();
  const code = html.match(/data-kind="loader"[^>]*>(.*?)<\/pre>/s)[1];
  const plain = code
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&");
  assert.match(plain, /<naap-chart chart="requests"/);
  const { page, problems } = await visit(plain);
  const frame = page.frameLocator("naap-chart iframe");
  await frame.locator("figure h1").waitFor();
  assert.deepEqual(problems, []);
  await page.close();
});
