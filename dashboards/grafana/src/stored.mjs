// Alert rules that ask the database.
import { dashboard } from "./dashboards.mjs";

/**
 * @typedef {{ name: string, group: string, expr?: string, sql?: string, above?: number, for: string, severity: string,
 *   summary: string, do: string, uid: string, panel: number, runbook: string }} Alert
 */

/** @param {string} place such as `naap-stack/4` */
export function place(place) {
  const [uid = "", id] = place.split("/");
  const panel = dashboard(uid).panels.find((p) => p.id === Number(id));
  if (!panel) throw new Error(`no panel ${place}`);
  return { uid, panel: panel.id };
}

/** What only the database knows: each gives a number by name, and fires above a bound. @type {Alert[]} */
export const STORED = [
  {
    name: "AgentSilent",
    group: "naap-agents",
    sql: `SELECT node, datediff('m', max(last_row_at), now()) minutes
FROM public_ledger
WHERE last_row_at >= dateadd('d', -30, now())
GROUP BY node`,
    above: 50,
    for: "5m",
    severity: "warn",
    summary: "Agent {{ .Labels.node }} sent nothing new for more than 50 minutes.",
    do: "On its machine run `naap-agent doctor --config FILE`; what it recorded is sent once it reaches the collector.",
    ...place("naap-agents/1"),
    runbook: "",
  },
  {
    name: "AgentLosesRows",
    group: "naap-agents",
    sql: `SELECT node, sum(rows_evicted) rows
FROM public_agent
WHERE ts >= dateadd('h', -1, now())
GROUP BY node`,
    above: 0,
    for: "0s",
    severity: "page",
    summary: "The queue of agent {{ .Labels.node }} is full, and rows are lost.",
    do: "See why the collector does not acknowledge or is not reached; then give [spool] more room.",
    ...place("naap-agents/6"),
    runbook: "",
  },
  {
    name: "AgentSourceFails",
    group: "naap-agents",
    sql: `SELECT node, source, sum(failures) failures
FROM public_agent_source
WHERE ts >= dateadd('m', -30, now())
GROUP BY node, source`,
    above: 10,
    for: "30m",
    severity: "warn",
    summary: "Source {{ .Labels.source }} of agent {{ .Labels.node }} fails.",
    do: "`naap-agent doctor --config FILE` on its machine says what it cannot read and why.",
    ...place("naap-agents/8"),
    runbook: "",
  },
  {
    name: "ScoresStandStill",
    group: "naap-derivation",
    sql: `SELECT part, datediff('m', max(through_at), now()) minutes
FROM public_derive_state
WHERE ts >= dateadd('d', -7, now())
GROUP BY part`,
    above: 90,
    for: "15m",
    severity: "warn",
    summary: "The derivation of {{ .Labels.part }} is more than 90 minutes behind.",
    do: "See the log of the collector, and CollectorDerivationBehind.",
    ...place("naap-stack/19"),
    runbook: "",
  },
];
