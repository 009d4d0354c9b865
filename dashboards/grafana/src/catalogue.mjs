// What figures mean, from where it is written already: the schema of GraphQL, the declarations of entities, and
// what the programs say of their own metrics. Nothing of it is written again here.
import { readdirSync, readFileSync } from "node:fs";
import { buildSchema, isEnumType, isInterfaceType, isObjectType } from "graphql";
import { parse } from "smol-toml";

const root = new URL("../../../", import.meta.url);

/** @param {string} path */
export const read = (path) => readFileSync(new URL(path, root), "utf8");

export const SCHEMA = buildSchema(read("graphql/schema.graphql"));

/** @typedef {{ name: string, unit?: string, description?: string, misleads?: string, distribution?: [number, number] }} Field */
/** @typedef {{ name: string, visibility: string, description?: string, misleads?: string, field: Field[] }} Entity */

/** @type {Map<string, Entity>} */
export const ENTITIES = new Map(
  readdirSync(new URL("schema/entities/", root)).map((file) => {
    const entity = /** @type {Entity} */ (
      /** @type {unknown} */ (parse(read(`schema/entities/${file}`), { integersAsBigInt: "asNeeded" }))
    );
    return [entity.name, entity];
  }),
);

/** Names of rollups, with their levels: `host` has `host_1m` and others. @type {Set<string>} */
export const VIEWS = new Set(
  readdirSync(new URL("schema/views/", root)).flatMap((file) => {
    const view = /** @type {{ name: string, level: { bucket: string }[] }} */ (
      /** @type {unknown} */ (parse(read(`schema/views/${file}`), { integersAsBigInt: "asNeeded" }))
    );
    const fields = ENTITIES.get(view.name)?.field.filter((f) => f.distribution) ?? [];
    const histograms = fields.flatMap((f) => ["1h", "1d"].map((l) => `${view.name}_${f.name}_hist_${l}`));
    return [...view.level.map((l) => `${view.name}_${l.bucket}`), ...histograms];
  }),
);

/**
 * What the programs say of their own figures at /metrics; `npm run metrics` writes it from a running stack, and
 * the tests hold it against one.
 * @type {Record<string, { type: string, help?: string }>}
 */
export const METRICS = JSON.parse(readFileSync(new URL("metrics.json", import.meta.url), "utf8"));

/** @param {string | null | undefined} text */
const line = (text) => (text ?? "").replaceAll(/\s+/g, " ").trim();

/**
 * What a reference means, and how it can mislead.
 * @param {string} about @returns {{ means: string, misleads: string[] }}
 */
export function meaning(about) {
  const metric = METRICS[about];
  if (metric) return { means: line(metric.help), misleads: [] };
  const [owner, name] = about.split(".");
  if (!owner || !name) throw new Error(`${about} is neither a metric nor a field`);
  const entity = ENTITIES.get(owner);
  if (entity) {
    const field = entity.field.find((f) => f.name === name);
    if (!field) throw new Error(`${owner} has no field ${name}`);
    return { means: line(field.description), misleads: [field.misleads].flatMap((m) => line(m) || []) };
  }
  const type = SCHEMA.getType(owner);
  const field = isEnumType(type)
    ? type.getValue(name)
    : isObjectType(type) || isInterfaceType(type)
      ? type.getFields()[name]
      : undefined;
  if (!field) throw new Error(`GraphQL has no ${about}`);
  return { means: line(field.description), misleads: [] };
}

/** Headings of a page, as anchors. @param {string} path @returns {Set<string>} */
export function anchors(path) {
  const headings = read(path).match(/^#+ .*$/gm) ?? [];
  return new Set(
    headings.map((h) =>
      h
        .replace(/^#+ /, "")
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}
