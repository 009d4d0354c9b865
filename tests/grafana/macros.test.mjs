import assert from "node:assert/strict";
import test from "node:test";
import { expanded, sampleBy } from "./macros.mjs";

const RANGE = { from: 1_706_263_425_598_000, to: 1_706_285_057_560_000, interval: 20_000 };
const sql = (text, more = {}) => expanded(text, { ...RANGE, ...more }, false).text;

test("each macro gives what the README of the data source says", () => {
  assert.equal(
    sql("$__timeFilter(timestamp)"),
    "timestamp >= cast(1706263425598000 as timestamp) AND timestamp <= cast(1706285057560000 as timestamp)",
  );
  assert.equal(sql("$__fromTime"), "cast(1706263425598000 as timestamp)");
  assert.equal(sql("$__toTime"), "cast(1706285057560000 as timestamp)");
  assert.equal(sql("SAMPLE BY $__sampleByInterval"), "SAMPLE BY 20s");
  const condition = "$__conditionalAll(node IN ($node), $node)";
  assert.equal(sql(condition, { variables: { node: [] } }), "1=1");
  assert.equal(sql(condition, { variables: { node: ["a", "b"] } }), "node IN ('a','b')");
});

test("intervals are days, hours, seconds or milliseconds", () => {
  const expected = { 1: "1T", 999: "999T", 1000: "1s", 90000: "90s", 3600000: "1h", 5400000: "1h" };
  for (const [ms, word] of Object.entries(expected)) assert.equal(sampleBy(Number(ms)), word);
  assert.equal(sampleBy(86_400_000), "1d");
  assert.equal(sampleBy(7 * 86_400_000), "7d");
});

test("times are bound in the order of the text", () => {
  const { text, values } = expanded("f($__toTime) AND g($__fromTime)", RANGE, true);
  assert.equal(text, "f(cast($1 as timestamp)) AND g(cast($2 as timestamp))");
  assert.deepEqual(values, [String(RANGE.to), String(RANGE.from)]);
});

test("what is left over is refused", () => {
  for (const bad of ["$__interval", "$node", "${node}"]) assert.throws(() => sql(bad), /is not known/);
});
