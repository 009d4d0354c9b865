/**
 * Keeps the figures of the page fresh: asks the server for the living part and puts it in place.
 *
 * There is one way in which the page is drawn, on the server; this only swaps. Without it the page
 * works all the same.
 */

const every = 2000;
const most = 30_000;

const main = document.getElementById("main");
const stale = document.getElementById("stale");
let pause = every;
let timer: number | undefined;

function plan(after: number): void {
  window.clearTimeout(timer);
  timer = window.setTimeout(refresh, after);
}

/** Someone is reading here: selected text, or a field that holds the focus, would be lost. */
function busy(inside: HTMLElement): boolean {
  const selection = document.getSelection();
  return (
    selection !== null && !selection.isCollapsed && inside.contains(selection.anchorNode)
  );
}

/** Puts new content in place, and back what the reader had opened, scrolled to and focused. */
function swap(inside: HTMLElement, html: string): void {
  const open = [...inside.querySelectorAll("details[open]")].map((d) => d.id);
  const scrolled = [...inside.querySelectorAll(".wide, pre")].map((e) => e.scrollLeft);
  const focused = [...inside.querySelectorAll("a, summary, [tabindex]")].indexOf(
    document.activeElement ?? inside,
  );
  inside.innerHTML = html;
  for (const id of open) {
    document.getElementById(id)?.setAttribute("open", "");
  }
  inside.querySelectorAll(".wide, pre").forEach((e, i) => {
    e.scrollLeft = scrolled[i] ?? 0;
  });
  const again = inside.querySelectorAll<HTMLElement>("a, summary, [tabindex]")[focused];
  again?.focus({ preventScroll: true });
}

async function refresh(): Promise<void> {
  if (main === null || document.hidden) {
    return;
  }
  try {
    const answer = await fetch(`/live${location.search}`, {
      signal: AbortSignal.timeout(10_000),
    });
    if (!answer.ok) {
      throw new Error(`the server answered ${answer.status}`);
    }
    const html = await answer.text();
    if (!busy(main)) {
      swap(main, html);
    }
    stale?.setAttribute("hidden", "");
    pause = every;
  } catch {
    stale?.removeAttribute("hidden");
    pause = Math.min(pause * 2, most);
  }
  plan(pause);
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) {
    plan(0);
  }
});
plan(every);
