// What clients were given stays: the schema may grow, and nothing in it may go or change its type.
// graphql/schema.published.graphql is what was promised; a release copies graphql/schema.graphql there.
import { readFileSync } from "node:fs";
import { buildSchema, findBreakingChanges } from "graphql";

const read = (name) =>
  buildSchema(readFileSync(new URL(`../../graphql/${name}.graphql`, import.meta.url), "utf8"));

const promised = read("schema.published");
const broken = findBreakingChanges(promised, read("schema"));
for (const { type, description } of broken) console.error(`breaks clients: ${type}: ${description}`);

// A check that finds nothing must be able to: the same with a field that is called otherwise.
const text = readFileSync(new URL("../../graphql/schema.published.graphql", import.meta.url), "utf8");
const other = buildSchema(text.replace("\tserved: Int!\n", "\tansweredOnce: Int!\n"));
if (findBreakingChanges(promised, other).length !== 1) throw new Error("a field that goes is not seen");

if (broken.length > 0) {
  console.error("deprecate instead, or say in docs/decisions why it must go, and publish the schema anew");
  process.exit(1);
}
console.log(`nothing of ${Object.keys(promised.getTypeMap()).length} published types is broken`);
