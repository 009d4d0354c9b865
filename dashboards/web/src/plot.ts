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
  if (unit === "bytes") return `${plain.format(value / 2 ** 30)} GiB`;
  const word = unit === "count" || unit === "number" || unit === "score" ? "" : ` ${unit}`;
  return plain.format(value) + word;
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

/** A gap in the data is a gap in the line: points too far apart are not joined. */
function gapped(data: Timeline, columns: (number | null)[][]): uPlot.AlignedData {
  const times: number[] = [];
  const values: (number | null)[][] = columns.map(() => []);
  data.times.forEach((time, i) => {
    const before = data.times[i - 1];
    if (before !== undefined && data.step > 0 && time - before > data.step * 2.5) {
      times.push(before + data.step);
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
    width: data.stacked ? 1 : 1.7,
    ...(data.stacked && { fill: () => colour(`c${i}`) }),
    ...(data.stacked &&
      uPlot.paths.bars && { paths: uPlot.paths.bars({ size: [0.86, 60], align: 1 }) }),
    ...(!data.stacked && { dash: dashes[i] ?? [] }),
    points: { show: !data.stacked && data.times.length < 60, size: 4 },
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
      x: { time: true, range: (_, from, to) => [from ?? data.from, to ?? data.to] },
      y: {
        range: (_, __, high) => [
          0,
          data.top ?? Math.max((high ?? 0) * 1.05, Number.MIN_VALUE),
        ],
      },
    },
    axes: [
      { ...axis, size: 24 },
      { ...axis, size: 56, values: (_, ticks) => ticks.map((t) => write(data.unit, t)) },
    ],
    series: [
      { value: (_, t) => (t === null ? "–" : `${when.format(t * 1000)} UTC`) },
      ...lines(data),
    ],
    hooks: {
      drawClear: [around(data)],
      setScale: [
        (u, key) => {
          const zoomed = key === "x" && (u.scales["x"]?.min ?? 0) > (u.data[0][0] ?? 0);
          place.classList.toggle("zoomed", zoomed);
        },
      ],
    },
  };
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
  const made = new uPlot(options(data, place), drawn, chart);
  place.append(chart);
  figure.classList.add("large");
  plots.set(figure, made);
  place.addEventListener("keydown", (event) => walk(event, data, made));
}

/** Arrows move the cursor, Home and End go to the ends, Escape shows all. */
function walk(event: KeyboardEvent, data: Timeline, chart: uPlot): void {
  const last = chart.data[0].length - 1;
  const now = chart.cursor.idx ?? last + 1;
  const next: Record<string, number> = {
    ArrowLeft: Math.max(0, now - 1),
    ArrowRight: Math.min(last, now + 1),
    Home: 0,
    End: last,
  };
  if (event.key === "Escape") {
    chart.setScale("x", { min: data.from, max: data.to });
    return;
  }
  const to = next[event.key];
  const time = to === undefined ? undefined : chart.data[0][to];
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
