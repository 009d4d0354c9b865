import assert from "node:assert/strict";
import test from "node:test";
import { differences, micros } from "./compare.mjs";

const of = (ours, theirs) => differences(ours, theirs, ["k"], ["v"]);

test("the same rows in another order are the same", () => {
  const rows = [
    { k: "a", v: 1 },
    { k: "b", v: null },
  ];
  assert.deepEqual(of(rows, rows.toReversed()), []);
  assert.deepEqual(of([{ k: "a", v: 0.1 + 0.2 }], [{ k: "a", v: 0.3 }]), []);
});

test("a value, a row or an unknown that differs is found", () => {
  assert.equal(of([{ k: "a", v: 1 }], [{ k: "a", v: 1.001 }]).length, 1);
  assert.equal(of([{ k: "a", v: 0 }], [{ k: "a", v: null }]).length, 1, "unknown is not 0");
  assert.equal(of([{ k: "a", v: 1 }], []).length, 1);
  assert.equal(of([], [{ k: "a", v: 1 }]).length, 1);
  assert.equal(
    of(
      [
        { k: "a", v: 1 },
        { k: "a", v: 1 },
      ],
      [{ k: "a", v: 1 }],
    ).length,
    1,
    "twice",
  );
});

test("a row that says nothing may be missing", () => {
  assert.deepEqual(of([{ k: "a", v: 0 }], []), []);
  assert.deepEqual(of([], [{ k: "a", v: null }]), []);
});

test("times are the same however they are written", () => {
  assert.equal(micros("2026-11-26 12:00:00.123456"), micros("2026-11-26T12:00:00.123456Z"));
  assert.equal(micros("2026-11-26 12:00:00.000000"), micros("2026-11-26T12:00:00Z"));
  assert.equal(micros("none"), null);
});
