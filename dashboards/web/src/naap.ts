/**
 * What a page can do more where there is a script: stay fresh, copy, save as PNG, and enlarge charts
 * (the module for that is fetched when somebody first touches one).
 *
 * There is one way in which the page is drawn, on the server; this only adds to it. Without it the
 * page works all the same.
 */

const EVERY = 10_000;
const MOST = 60_000;

const script = document.querySelector<HTMLScriptElement>("script[data-plot]");
const main = document.getElementById("main");
const stale = document.getElementById("stale");
let pause = EVERY;
let timer: number | undefined;
let live = true;

interface Plot {
  enlarge(figure: HTMLElement): void;
  restore(): void;
  release(within: HTMLElement): void;
}

let plot: Promise<Plot> | undefined;

/** Fetches the module for charts, once. */
function plotting(): Promise<Plot> {
  plot ??= import(script?.dataset["plot"] ?? "") as Promise<Plot>;
  return plot;
}

function plan(after: number): void {
  window.clearTimeout(timer);
  if (live) timer = window.setTimeout(refresh, after);
}

/** Someone is at work here: what is selected, typed or looked at closely would be lost. */
function busy(inside: HTMLElement): boolean {
  const selection = document.getSelection();
  if (
    selection !== null &&
    !selection.isCollapsed &&
    inside.contains(selection.anchorNode)
  ) {
    return true;
  }
  if (inside.querySelector(".zoomed") !== null) return true;
  const focused = document.activeElement;
  return focused instanceof HTMLElement && focused.matches("main input, main select");
}

/** Puts new content in place, and back what the reader had opened, scrolled to and focused. */
async function swap(inside: HTMLElement, fresh: HTMLElement): Promise<void> {
  const key = (e: Element) => e.id || e.closest("[id]")?.id || "";
  const open = [...inside.querySelectorAll("details[open]")].map(key);
  const large = [...inside.querySelectorAll<HTMLElement>("figure.large")].map((f) => f.id);
  const scrolled = [...inside.querySelectorAll(".wide, pre")].map((e) => e.scrollLeft);
  const reachable = "a, button, summary, [tabindex]";
  const focused = [...inside.querySelectorAll(reachable)].indexOf(
    document.activeElement ?? inside,
  );
  if (plot !== undefined) (await plot).release(inside);
  inside.replaceChildren(...fresh.childNodes);
  for (const details of inside.querySelectorAll("details")) {
    if (open.includes(key(details))) details.open = true;
  }
  inside.querySelectorAll(".wide, pre").forEach((e, i) => {
    e.scrollLeft = scrolled[i] ?? 0;
  });
  equip(inside);
  inside.querySelectorAll<HTMLElement>(reachable)[focused]?.focus({ preventScroll: true });
  for (const id of large) {
    const figure = document.getElementById(id);
    if (figure !== null) (await plotting()).enlarge(figure);
  }
}

async function refresh(): Promise<void> {
  if (main === null || document.hidden) return;
  try {
    const answer = await fetch(location.href, { signal: AbortSignal.timeout(15_000) });
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("main");
    if (fresh !== null && live && !busy(main)) await swap(main, fresh);
    stale?.setAttribute("hidden", "");
    pause = EVERY;
  } catch {
    stale?.removeAttribute("hidden");
    pause = Math.min(pause * 2, MOST);
  }
  plan(pause);
}

/** Says it to those who do not see. */
function say(text: string): void {
  let place = document.getElementById("said");
  if (place === null) {
    place = document.createElement("p");
    place.id = "said";
    place.className = "hidden";
    place.setAttribute("role", "status");
    (document.querySelector("header") ?? document.body).append(place);
  }
  place.textContent = text;
}

async function copy(button: HTMLButtonElement): Promise<void> {
  const text = button.parentElement?.querySelector("pre")?.textContent ?? "";
  const before = [...button.childNodes];
  try {
    await navigator.clipboard.writeText(text);
    button.replaceChildren("Copied");
    say("Copied");
  } catch {
    const code = button.parentElement?.querySelector("pre");
    if (code) document.getSelection()?.selectAllChildren(code);
    button.replaceChildren("Selected: copy with Ctrl+C");
  }
  window.setTimeout(() => button.replaceChildren(...before), 2000);
}

/** The image of the chart, as it is served, drawn and saved. */
async function png(button: HTMLButtonElement): Promise<void> {
  const link = button.parentElement?.querySelector<HTMLAnchorElement>("a[href*='.svg']");
  if (!link) return;
  const text = await (await fetch(link.href)).text();
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth * 2;
  canvas.height = image.naturalHeight * 2;
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  const saved = document.createElement("a");
  saved.href = canvas.toDataURL("image/png");
  saved.download = `naap-${button.dataset["png"] ?? "chart"}.png`;
  saved.click();
}

/** Lets be seen what needs a script, and makes charts reachable by keyboard. */
function equip(inside: ParentNode): void {
  for (const button of inside.querySelectorAll<HTMLButtonElement>("button[hidden]")) {
    button.hidden = false;
  }
  for (const json of inside.querySelectorAll("figure > script[type='application/json']")) {
    const place = json.previousElementSibling;
    if (place instanceof HTMLElement && json.textContent?.includes('"timeline"')) {
      place.tabIndex = 0;
      place.setAttribute("role", "group");
      const title = json.parentElement?.querySelector("h3, h1")?.textContent ?? "Chart";
      place.setAttribute(
        "aria-label",
        `${title}: Enter to enlarge, then arrows to read, + and - to zoom`,
      );
      place.classList.add("can");
    }
  }
  showLive();
}

function showLive(): void {
  const button = document.getElementById("live");
  if (button === null) return;
  button.setAttribute("aria-pressed", String(live));
  button.textContent = live ? "live" : "paused";
}

async function enlarge(target: EventTarget | null): Promise<void> {
  const place = target instanceof Element ? target.closest<HTMLElement>(".plot.can") : null;
  const figure = place?.closest<HTMLElement>("figure");
  if (!figure || figure.classList.contains("large")) return;
  (await plotting()).enlarge(figure);
}

/** The address may say what is zoomed. */
async function restore(): Promise<void> {
  if (plot !== undefined || location.hash.includes("=")) (await plotting()).restore();
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("button") : null;
  if (!(button instanceof HTMLButtonElement)) {
    void enlarge(event.target);
    return;
  }
  if (button.id === "live") {
    live = !live;
    showLive();
    plan(0);
  } else if (button.dataset["copy"] !== undefined) {
    void copy(button);
  } else if (button.dataset["png"] !== undefined) {
    void png(button);
  }
});
document.addEventListener("pointerover", (event) => {
  if (event.pointerType === "mouse") void enlarge(event.target);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter") void enlarge(event.target);
});
window.addEventListener("hashchange", restore);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) plan(0);
});
/** Empty choices of a form stay out of the address. */
document.addEventListener("submit", (event) => {
  if (!(event.target instanceof HTMLFormElement)) return;
  for (const field of event.target.elements) {
    if (
      (field instanceof HTMLSelectElement || field instanceof HTMLInputElement) &&
      field.value === ""
    ) {
      field.disabled = true;
    }
  }
});

equip(document);
void restore();
plan(EVERY);
