// All dashboards.
import { OPERATORS } from "./operators.mjs";
import { PUBLIC } from "./public.mjs";

/** @type {import("./model.mjs").Dashboard[]} */
export const DASHBOARDS = [...PUBLIC, ...OPERATORS];

/** @param {string} uid */
export function dashboard(uid) {
  const found = DASHBOARDS.find((d) => d.uid === uid);
  if (!found) throw new Error(`no dashboard ${uid}`);
  return found;
}
