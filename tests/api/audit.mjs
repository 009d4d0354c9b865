// The public API against a running stack, NAAP_URL: the audit of GraphQL over HTTP must be whole,
// graphql-js must understand the schema, and graphql-ws must get live values.
import assert from "node:assert/strict";
import { buildClientSchema, getIntrospectionQuery } from "graphql";
import { auditServer } from "graphql-http";
import { createClient } from "graphql-ws";
import WebSocket from "ws";

assert.ok(process.env.NAAP_URL, "NAAP_URL names the page");
const url = new URL("graphql", process.env.NAAP_URL);

const results = await auditServer({ url: url.href });
for (const r of results) {
  if (r.status !== "ok") console.error(`${r.status} ${r.id} ${r.name}: ${r.reason}`);
}
const good = results.filter((r) => r.status === "ok").length;
assert.equal(results.length, 61, "the suite has other audits than it had");
assert.equal(good, results.length, "not all audits are ok");
console.log(`${good} of ${results.length} audits ok`);

const query = getIntrospectionQuery({
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
  inputValueDeprecation: true,
});
const response = await fetch(url, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ query }),
});
const schema = buildClientSchema((await response.json()).data);
const roots = schema.getQueryType().getFields();
console.log(`graphql-js reads the schema: ${Object.keys(roots).length} fields at its root`);

// One each: a client closes its socket when nothing is subscribed to any more.
const [client, other] = [0, 1].map(() =>
  createClient({ url: url.href.replace(/^http/, "ws"), webSocketImpl: WebSocket, retryAttempts: 0 }),
);
const values = [];
const operation = { query: "subscription { networkNow(everySeconds: 5) { asOf orchestratorsOnline } }" };
for await (const value of client.iterate(operation)) {
  assert.equal(value.errors, undefined);
  values.push(value.data.networkNow.asOf);
  if (values.length === 2) break;
}
assert.notEqual(values[0], values[1]);
const bad = { query: "subscription { networkNow(everySeconds: 1) { asOf } }" };
await assert.rejects(other.iterate(bad).next(), (errors) => errors[0].extensions.code === "BAD_ARGUMENT");
await client.dispose();
await other.dispose();
console.log("graphql-ws gets live values, and a refusal with its code");
