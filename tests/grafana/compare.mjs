// Whether two lists of rows are the same: keys by name, numbers up to the order in which they were added.

/** @typedef {Record<string, any>} Row */

/** How far two sums of the same numbers may be apart. */
const CLOSE = 1e-9;

/** A time in microseconds, of what the database or GraphQL writes. @param {string} text */
export function micros(text) {
  const [, day, clock, fraction = ""] =
    text.match(/^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d+))?Z?$/) ?? [];
  if (!day) return null;
  return Date.parse(`${day}T${clock}Z`) * 1000 + Number(fraction.padEnd(6, "0").slice(0, 6));
}

/** @param {any} x */
const word = (x) => (typeof x === "string" ? (micros(x) ?? x) : x);

/** @param {number | null} a @param {number | null} b */
function equal(a, b) {
  if (a === null || b === null) return a === b;
  return Math.abs(a - b) <= CLOSE * Math.max(1, Math.abs(a), Math.abs(b));
}

/**
 * What is different; nothing if they are the same. A row that says nothing (all of it 0 or unknown) may be missing
 * on the other side.
 * @param {Row[]} ours @param {Row[]} theirs @param {string[]} keys @param {string[]} values
 */
export function differences(ours, theirs, keys, values) {
  const bad = [];
  const name = (row) => JSON.stringify(keys.map((k) => word(row[k] ?? null)));
  const indexed = (rows, whose) => {
    const out = new Map();
    for (const row of rows) {
      const key = name(row);
      if (out.has(key)) bad.push(`${whose} has ${key} twice`);
      out.set(key, row);
    }
    return out;
  };
  const a = indexed(ours, "the panel");
  const b = indexed(theirs, "GraphQL");
  for (const key of new Set([...a.keys(), ...b.keys()])) {
    const [left, right] = [a.get(key), b.get(key)];
    if (!left || !right) {
      const row = left ?? right;
      if (values.some((v) => row[v]))
        bad.push(`only ${left ? "the panel" : "GraphQL"} has ${JSON.stringify(row)}`);
      continue;
    }
    for (const v of values) {
      const [x, y] = [left[v] ?? null, right[v] ?? null];
      if (!equal(x, y)) bad.push(`${key} ${v}: ${x}, in GraphQL ${y}`);
    }
  }
  return bad;
}
