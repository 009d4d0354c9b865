/** Charts that answer: zoom, cursor, legend, values by keyboard. Drawn with uPlot from the JSON in the page. */

import uPlot from "uplot";

interface Line {
  name: string;
  values: (number | null)[];
  few: number[];
}

/** What the server's chart kit writes beside a drawing over time. */
interface Timeline {
  form: string;
  unit: string;
  stacked: boolean;
  from: number;
  to: number;
  step: number;
  open: number | null;
  dark: number | null;
  target: number | null;
  top: number | null;
  times: number[];
  series: Line[];
}

/** A part of a chart's time, seconds since 1970 UTC. */
interface Stretch {
  min: number;
  max: number;
}

const plots = new Map<HTMLElement, uPlot>();
/** All charts of a page have one cursor. */
const together = uPlot.sync("page");
const dashes = [[], [7, 2], [3, 2], [9, 2, 2, 2], [12, 3], [2, 2], [5, 4], [1, 3]];

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

const plain = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
const when = new Intl.DateTimeFormat("en-GB", {
  dateStyle: "medium",
  timeStyle: "short",
  timeZone: "UTC",
});

function write(unit: string, value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  if (unit === "share") return `${plain.format(value * 100)} %`;
  if (unit === "wei") return `${plain.format(value / 1e9)} Gwei`;
  if (unit === "bits") return `${plain.format((value * 8) / 1e6)} Mbit/s`;
  if (unit === "ms" && Math.abs(value) >= 1000) return `${plain.format(value / 1000)} s`;
  if (unit === "bytes") return `${plain.format(value / 2 ** 30)} GiB`;
  const word = unit === "count" || unit === "number" || unit === "score" ? "" : ` ${unit}`;
  return plain.format(value) + word;
}

const day = new Intl.DateTimeFormat("en", {
  month: "short",
  day: "numeric",
  timeZone: "UTC",
});
const hour = new Intl.DateTimeFormat("en-GB", { timeStyle: "short", timeZone: "UTC" });

/** Words of an axis, as in the drawing: days, or hours of which at least one says its day. */
function words(ticks: number[], step: number): string[] {
  const midnight = ticks.findIndex((t) => t % 86_400 === 0);
  return ticks.map((t, i) => {
    const at = t * 1000;
    if (step >= 86_400 || t % 86_400 === 0) return day.format(at);
    const first = midnight < 0 && i === 0;
    return first ? `${day.format(at)} ${hour.format(at)}` : hour.format(at);
  });
}

/** As wide as the longest word of an axis, about. */
function room(words: string[] | null): number {
  return 14 + 6.5 * Math.max(5, ...(words ?? []).map((w) => w.length));
}

/** Layers on one another: each value with those below it. */
function layered(data: Timeline): (number | null)[][] {
  const sums = data.times.map(() => 0);
  return data.series.map((s) =>
    s.values.map((v, i) => {
      sums[i] = (sums[i] ?? 0) + (v ?? 0);
      return v === null ? null : (sums[i] ?? null);
    }),
  );
}

/** Hatches what is not over or has not come in, and draws the target. */
function around(data: Timeline): (u: uPlot) => void {
  return (u) => {
    const { ctx, bbox } = u;
    const band = (from: number | null, colour: string, alpha: number) => {
      if (from === null) return;
      const x = Math.max(u.valToPos(from, "x", true), bbox.left);
      const wide = bbox.left + bbox.width - x;
      if (wide <= 0) return;
      ctx.save();
      ctx.globalAlpha = alpha;
      ctx.fillStyle = colour;
      ctx.fillRect(x, bbox.top, wide, bbox.height);
      ctx.restore();
    };
    band(data.open, colour("soft"), 0.14);
    band(data.dark, colour("c1"), 0.16);
    if (data.target !== null) {
      const y = u.valToPos(data.target, "y", true);
      ctx.save();
      ctx.strokeStyle = colour("ink");
      ctx.setLineDash([6, 3]);
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
      ctx.restore();
    }
  };
}

/** Points further apart than this have a gap between them. */
function apart(step: number, times: number[]): number {
  const steps = times.slice(1).map((t, i) => t - (times[i] ?? t));
  const usual = step || steps.sort((a, b) => a - b)[steps.length >> 1] || 0;
  return usual * 2.5;
}

interface Run {
  look: "whole" | "few" | "open";
  /** Times and values. */
  points: [number, number][];
}

/** Stretches of a line without a gap; those that rest on few samples, or are not over, apart. */
function runs(data: Timeline, line: Line): Run[] {
  const most = apart(
    data.step,
    data.times.filter((_, i) => line.values[i] !== null),
  );
  const all: Run[] = [];
  let last: [number, number] | undefined;
  data.times.forEach((time, i) => {
    const value = line.values[i] ?? null;
    if (value === null) {
      // Without buckets, this is a time of another line.
      if (data.step > 0) last = undefined;
      return;
    }
    const look =
      data.open !== null && time >= data.open
        ? "open"
        : line.few.includes(i)
          ? "few"
          : "whole";
    const before = last && time - last[0] <= most ? last : undefined;
    const run = all.at(-1);
    last = [time, value];
    if (before && run?.look === look) run.points.push(last);
    else all.push({ look, points: before ? [before, last] : [last] });
  });
  return all;
}

/** Lines look as in the drawing: what rests on few samples is thin and pale, what is not over dotted. */
function stroke(u: uPlot, data: Timeline): void {
  const { ctx, bbox } = u;
  const px = devicePixelRatio;
  const wide = { whole: 1.7, few: 0.9, open: 1 };
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  data.series.forEach((line, s) => {
    if (u.series[s + 1]?.show === false) return;
    ctx.strokeStyle = colour(`c${s}`);
    ctx.fillStyle = ctx.strokeStyle;
    for (const { look, points } of runs(data, line)) {
      const at = points.map(([t, v]) => [
        u.valToPos(t, "x", true),
        u.valToPos(v, "y", true),
      ]);
      const [x = 0, y = 0] = at[0] ?? [];
      ctx.globalAlpha = look === "whole" ? 1 : 0.6;
      ctx.lineWidth = wide[look] * px;
      ctx.setLineDash((look === "open" ? [1, 3] : (dashes[s] ?? [])).map((d) => d * px));
      ctx.beginPath();
      if (at.length === 1) {
        ctx.arc(x, y, 2 * px, 0, 2 * Math.PI);
        ctx.fill();
      } else {
        for (const [x = 0, y = 0] of at) ctx.lineTo(x, y);
        ctx.stroke();
      }
    }
  });
  ctx.restore();
}

/** A gap in the data is a gap in the line: points too far apart are not joined. */
function gapped(data: Timeline, columns: (number | null)[][]): uPlot.AlignedData {
  const most = apart(data.step, data.times);
  const times: number[] = [];
  const values: (number | null)[][] = columns.map(() => []);
  data.times.forEach((time, i) => {
    const before = data.times[i - 1];
    if (before !== undefined && time - before > most) {
      times.push((before + time) / 2);
      for (const column of values) column.push(null);
    }
    times.push(time);
    columns.forEach((column, s) => values[s]?.push(column[i] ?? null));
  });
  return [times, ...values] as uPlot.AlignedData;
}

function lines(data: Timeline): uPlot.Series[] {
  const order = data.series.map((s, i) => ({ s, i }));
  if (data.stacked) order.reverse();
  return order.map(({ s, i }) => ({
    label: s.name,
    stroke: () => colour(`c${i}`),
    ...(data.stacked && { width: 1, fill: () => colour(`c${i}`) }),
    // Lines are drawn by `stroke`.
    paths:
      (data.stacked && uPlot.paths.bars?.({ size: [0.86, 60], align: 1 })) || (() => null),
    points: { show: false },
    value: (_: uPlot, __: number | null, ___: number, at: number | null) =>
      write(data.unit, raw(data, s, at)),
  }));
}

/** The value itself, not the height of its layer. */
function raw(data: Timeline, line: Line, at: number | null): number | null {
  if (at === null) return null;
  const time = shown.get(data)?.[at];
  const i = time === undefined ? -1 : data.times.indexOf(time);
  return i < 0 ? null : (line.values[i] ?? null);
}

/** Times as they were drawn, gaps included. */
const shown = new WeakMap<Timeline, number[]>();

function options(data: Timeline, place: HTMLElement): uPlot.Options {
  const axis = {
    stroke: () => colour("soft"),
    grid: { stroke: () => colour("line") },
    ticks: { show: false },
  };
  const { width, height } = place.getBoundingClientRect();
  return {
    width: Math.floor(width),
    height: Math.floor(height),
    tzDate: (ts) => uPlot.tzDate(new Date(ts * 1000), "UTC"),
    cursor: { sync: { key: together.key, setSeries: false }, drag: { x: true, y: false } },
    legend: { live: true },
    scales: {
      x: { time: true, range: (_, from, to) => extent(data, from, to) },
      y: {
        range: (_, __, high) => [
          0,
          data.top ?? Math.max((high ?? 0) * 1.05, Number.MIN_VALUE),
        ],
      },
    },
    axes: [
      {
        ...axis,
        size: 24,
        space: 80,
        values: (_, ticks, __, ___, step) => words(ticks, step),
      },
      {
        ...axis,
        size: (_, words) => room(words),
        values: (_, ticks) => ticks.map((t) => write(data.unit, t)),
      },
    ],
    series: [
      { value: (_, t) => (t === null ? "–" : `${when.format(t * 1000)} UTC`) },
      ...lines(data),
    ],
    hooks: {
      drawClear: [around(data)],
      draw: data.stacked ? [] : [(u) => stroke(u, data)],
      setScale: [(u, key) => key === "x" && note(place, data, visible(u, data))],
    },
  };
}

/** What to show of time: from the first value to the last, as uPlot begins, means the page's window. */
function extent(
  data: Timeline,
  from: number | null,
  to: number | null,
): uPlot.Range.MinMax {
  const first = data.times[0] ?? null;
  const last = data.times.at(-1) ?? null;
  return from === first && to === last ? [data.from, data.to] : [from, to];
}

function visible(chart: uPlot, data: Timeline): Stretch {
  const { min, max } = chart.scales["x"] ?? {};
  return { min: min ?? data.from, max: max ?? data.to };
}

/**
 * What is zoomed, in the part of the address that is not sent: `#CHART=FROM-TO`. What is there and
 * says something else is passed over.
 */
function stretches(): Map<string, Stretch> {
  const all = new Map<string, Stretch>();
  for (const [id, text] of new URLSearchParams(location.hash.slice(1))) {
    const [, min, max] = text.match(/^(\d{9,10})-(\d{9,10})$/)?.map(Number) ?? [];
    if (min !== undefined && max !== undefined && min < max) all.set(id, { min, max });
  }
  return all;
}

/** Writes what a chart is zoomed to into the address, so that it can be shared. */
function note(place: HTMLElement, data: Timeline, { min, max }: Stretch): void {
  const zoomed = min > data.from || max < data.to;
  place.classList.toggle("zoomed", zoomed);
  const all = stretches();
  const id = place.closest("figure")?.id ?? "";
  if (!zoomed && !all.has(id)) return;
  all.delete(id);
  if (zoomed) all.set(id, { min: Math.floor(min), max: Math.ceil(max) });
  const parts = [...all].map(([id, s]) => `${id}=${s.min}-${s.max}`);
  const hash = parts.length > 0 ? `#${parts.join("&")}` : "";
  history.replaceState(null, "", location.pathname + location.search + hash);
}

/** Shows what the address says is zoomed. What the page no longer reaches is asked for instead. */
export function restore(): void {
  const all = stretches();
  const figures = [...all.keys()].map((id) => document.getElementById(id));
  for (const figure of figures) {
    const data = figure === null ? undefined : read(figure);
    const stretch = figure === null ? undefined : all.get(figure.id);
    if (figure === null || data === undefined || stretch === undefined) continue;
    if (stretch.min < data.from - data.step || stretch.max > data.to + data.step) {
      alone(stretch);
      return;
    }
    enlarge(figure);
  }
  for (const [figure, chart] of plots) {
    const data = read(figure);
    if (data) chart.setScale("x", all.get(figure.id) ?? { min: data.from, max: data.to });
  }
  figures.find((f) => f !== null)?.scrollIntoView();
}

/** The same page for this stretch only. */
function alone({ min, max }: Stretch): void {
  const url = new URL(location.href);
  url.hash = "";
  url.searchParams.delete("last");
  for (const [name, at] of [
    ["from", min],
    ["to", max],
  ] as const) {
    url.searchParams.set(name, `${new Date(at * 1000).toISOString().slice(0, 19)}Z`);
  }
  location.replace(url);
}

function read(figure: HTMLElement): Timeline | undefined {
  const text = figure.querySelector("script[type='application/json']")?.textContent;
  const data = text ? (JSON.parse(text) as Timeline) : undefined;
  return data?.form === "timeline" ? data : undefined;
}

/** Puts a chart that answers in the place of the drawing; the drawing stays for those who print. */
export function enlarge(figure: HTMLElement): void {
  const place = figure.querySelector<HTMLElement>(".plot");
  const data = read(figure);
  if (place === null || data === undefined || plots.has(figure)) return;
  const columns = data.stacked ? layered(data).reverse() : data.series.map((s) => s.values);
  const drawn = gapped(data, columns);
  shown.set(data, [...drawn[0]]);
  const chart = document.createElement("div");
  chart.className = "over";
  // The chart writes its own into the address.
  const stretch = stretches().get(figure.id);
  const made = new uPlot(options(data, place), drawn, chart);
  if (stretch) made.setScale("x", stretch);
  place.append(chart);
  figure.classList.add("large");
  plots.set(figure, made);
  place.addEventListener("keydown", (event) => walk(event, data, made));
}

/** Arrows move the cursor, Home and End go to the ends, + and - zoom, Escape shows all. */
function walk(event: KeyboardEvent, data: Timeline, chart: uPlot): void {
  // Those are the browser's: back, larger letters.
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const times = chart.data[0];
  const seen = visible(chart, data);
  const first = times.findIndex((t) => t >= seen.min);
  const after = times.findIndex((t) => t > seen.max);
  const last = (after < 0 ? times.length : after) - 1;
  const now = chart.cursor.idx ?? last + 1;
  if (event.key === "Escape") {
    chart.setScale("x", { min: data.from, max: data.to });
    return;
  }
  const closer: Record<string, number> = { "+": 0.5, "=": 0.5, "-": 2 };
  const by = closer[event.key];
  if (by !== undefined) {
    event.preventDefault();
    zoom(data, chart, times[now], by);
    return;
  }
  const next: Record<string, number> = {
    ArrowLeft: Math.max(first, now - 1),
    ArrowRight: Math.min(last, now + 1),
    Home: first,
    End: last,
  };
  const to = next[event.key];
  const time = to === undefined ? undefined : times[to];
  if (to === undefined || time === undefined) return;
  event.preventDefault();
  chart.setCursor({ left: chart.valToPos(time, "x"), top: 10 });
  const i = data.times.indexOf(time);
  const values = data.series.map((s) => {
    const few = s.few.includes(i) ? ", few samples" : "";
    return `${s.name} ${write(data.unit, s.values[i])}${few}`;
  });
  say(`${when.format(time * 1000)} UTC: ${i < 0 ? "no data" : values.join("; ")}`);
}

/** Makes the visible stretch wider or narrower around the cursor, within what there is. */
function zoom(data: Timeline, chart: uPlot, at: number | undefined, by: number): void {
  const seen = visible(chart, data);
  const middle = at ?? (seen.min + seen.max) / 2;
  const least = Math.max(data.step * 2, 60);
  const wide = Math.min(Math.max((seen.max - seen.min) * by, least), data.to - data.from);
  const min = Math.min(Math.max(middle - wide / 2, data.from), data.to - wide);
  chart.batch(() => chart.setScale("x", { min, max: min + wide }));
  if (at !== undefined) chart.setCursor({ left: chart.valToPos(at, "x"), top: 10 });
  const [from, to] = [min, min + wide].map((t) => when.format(t * 1000));
  say(`${from} to ${to} UTC`);
}

let pending: number | undefined;

/** Says a value, once the reader rests on it. */
function say(text: string): void {
  window.clearTimeout(pending);
  pending = window.setTimeout(() => {
    let place = document.getElementById("value");
    if (place === null) {
      place = document.createElement("p");
      place.id = "value";
      place.className = "hidden";
      place.setAttribute("aria-live", "polite");
      (document.querySelector("header") ?? document.body).append(place);
    }
    place.textContent = text;
  }, 150);
}

/** Forgets charts that are about to go. */
export function release(within: HTMLElement): void {
  for (const [figure, chart] of plots) {
    if (within.contains(figure)) {
      chart.destroy();
      plots.delete(figure);
    }
  }
}

let resizing: number | undefined;
window.addEventListener("resize", () => {
  window.clearTimeout(resizing);
  resizing = window.setTimeout(() => {
    for (const [figure, chart] of plots) {
      const box = figure.querySelector(".plot > svg")?.getBoundingClientRect();
      if (box)
        chart.setSize({ width: Math.floor(box.width), height: Math.floor(box.height) });
    }
  }, 100);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const chart of plots.values()) chart.redraw();
});
