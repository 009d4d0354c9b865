// The generated client against a running API, NAAP_URL, that shows a replayed fixture: it gives what a
// plain request gives, as the types that it promises.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import * as gql from "./gql/graphql.js";

assert.ok(process.env.NAAP_URL, "NAAP_URL names the page");
const url = new URL("graphql", process.env.NAAP_URL);
const document = await readFile("queries.graphql", "utf8");
const origin = gql.Origin.Replayed;

async function post(body: object): Promise<unknown> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/graphql-response+json" },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as { data?: unknown; errors?: { message: string }[] };
  assert.equal(answer.errors, undefined, answer.errors?.[0]?.message);
  return answer.data;
}

async function ask<R, V>(query: gql.TypedDocumentString<R, V>, variables: V): Promise<R> {
  return (await post({ query, variables })) as R;
}

// The client's answer, between two plain ones that agree: what changed meanwhile is no fault of it.
async function same<R, V>(operationName: string, query: gql.TypedDocumentString<R, V>, variables: V) {
  const plain = () => post({ query: document, operationName, variables });
  for (let tries = 1; ; tries++) {
    const [before, typed, after] = [await plain(), await ask(query, variables), await plain()];
    if (!isDeepStrictEqual(before, after) && tries < 5) continue;
    assert.deepEqual(typed, after);
    return typed;
  }
}

const demandOf = (variables: gql.DemandOverTimeQueryVariables) =>
  same("DemandOverTime", gql.DemandOverTimeDocument, variables);
const isTime = (text: string) => assert.ok(text.endsWith("Z") && !Number.isNaN(Date.parse(text)), text);
const oneOf = (values: Record<string, string>, value: string) =>
  assert.ok(Object.values(values).includes(value), `${value} is none of the enum`);

const pointsOf = ({ demand }: gql.DemandOverTimeQuery) => demand.groups.flatMap((group) => group.points);

// What was just replayed takes a moment to be derived.
for (let tries = 1; tries < 60; tries++) {
  if (pointsOf(await ask(gql.DemandOverTimeDocument, { origin })).some((point) => point.served > 0)) break;
  await setTimeout(1000);
}

const { schemaVersion } = (await same("SchemaVersion", gql.SchemaVersionDocument, {})).status;
assert.ok(Number.isInteger(schemaVersion) && schemaVersion > 0);

const rows: gql.OrchestratorRowFragment[] = [];
let after: string | null = null;
for (let more = true; more; ) {
  const page: gql.OrchestratorPageQuery["orchestrators"] = (
    await same("OrchestratorPage", gql.OrchestratorPageDocument, { first: 1, after, origin })
  ).orchestrators;
  assert.equal(page.nodes.length, 1);
  rows.push(...page.nodes);
  after = page.pageInfo.endCursor ?? null;
  more = page.pageInfo.hasNextPage;
}
const whole = await same("OrchestratorPage", gql.OrchestratorPageDocument, { first: 200, origin });
const addresses = rows.map((row) => row.address);
assert.equal(whole.orchestrators.totalCount, rows.length);
assert.deepEqual(addresses, whole.orchestrators.nodes.map((row) => row.address));
for (const row of rows) {
  assert.match(row.address, /^0x[0-9a-f]{40}$/);
  isTime(row.lastSeenAt);
  row.uris.forEach((uri) => new URL(uri));
}
// One of the fixture's tells its hardware.
assert.ok(rows.some((row) => row.gpuCount === null) && rows.some((row) => row.gpuCount === 1));

const day = await demandOf({
  window: { last: "24h" },
  bucket: gql.Bucket.H1,
  groupBy: [gql.Dimension.Model],
  origin,
});
const { demand } = day;
assert.deepEqual([demand.bucket, demand.origin, demand.basis], [gql.Bucket.H1, origin, gql.Basis.Sessions]);
[demand.from, demand.to].forEach(isTime);
const points = pointsOf(day);
assert.ok(points.some((point) => point.served > 0 && point.feesEth! > 0 && point.missingMinutes === null));
points.forEach((point) => isTime(point.time));
for (const { key } of demand.groups) {
  assert.deepEqual(key.map((part) => part.dimension), [gql.Dimension.Model]);
}
// Times go back in as they came out, and what the document presets is what was asked for.
const { from, to } = demand;
assert.deepEqual((await demandOf({ window: { from, to }, origin })).demand.groups, demand.groups);
assert.deepEqual((await demandOf({ origin })).demand.groups, demand.groups);

const { nodes } = (await same("SessionPage", gql.SessionPageDocument, { first: 200, origin })).sessions;
for (const session of nodes) {
  oneOf(gql.Outcome, session.outcome);
  isTime(session.startedAt);
  assert.ok(session.feeWei === null || BigInt(session.feeWei!) > 0n);
}
const paid = nodes.some((session) => session.outcome === gql.Outcome.Served && session.feeWei !== null);
assert.ok(paid && nodes.some((session) => session.feeWei === null));

// What must not compile: a bucket beside the enum, an unknown field, null taken for a number.
() => {
  // @ts-expect-error
  void demandOf({ bucket: "H2" });
  // @ts-expect-error
  void demand.nope;
  // @ts-expect-error
  const count: number = rows[0]!.gpuCount;
  return count;
};
console.log(`TypeScript: ${rows.length} orchestrators, ${points.length} points, ${nodes.length} sessions`);
