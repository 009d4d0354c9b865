// What the QuestDB data source makes of a panel's SQL before it sends it (its README, "Macros"): with the times
// written into it, or bound, as newer versions do.

/**
 * @typedef {{ from: number, to: number, interval: number, variables?: Record<string, string[]> }} Range
 * Times in microseconds, interval in milliseconds. A variable without values selects all.
 */

/** An interval as SAMPLE BY takes it. @param {number} ms */
export function sampleBy(ms) {
  const hours = Math.floor(ms / 3_600_000);
  if (hours >= 24 && ms % 3_600_000 === 0) return `${Math.floor(hours / 24)}d`;
  if (hours > 0) return `${hours}h`;
  const seconds = Math.floor(ms / 1000);
  return seconds > 0 ? `${seconds}s` : `${Math.max(1, ms)}T`;
}

/** The arguments in parentheses that begin at `start`, and where they end. @param {string} sql @param {number} start */
function parameters(sql, start) {
  const found = [];
  let depth = 0;
  let from = start + 1;
  for (let i = start; i < sql.length; i++) {
    if (sql[i] === "(") depth++;
    if (sql[i] === ")") depth--;
    if ((sql[i] === "," && depth === 1) || depth === 0) {
      found.push(sql.slice(from, i).trim());
      from = i + 1;
    }
    if (depth === 0) return { found, end: i + 1 };
  }
  throw new Error(`no end of ${sql.slice(start)}`);
}

/** Replaces `$__name(...)` by what `make` gives for its arguments. */
/** @param {string} sql @param {string} name @param {(args: string[]) => string} make */
function called(sql, name, make) {
  const macro = `$__${name}(`;
  for (;;) {
    const at = sql.lastIndexOf(macro);
    if (at < 0) return sql;
    const { found, end } = parameters(sql, at + macro.length - 1);
    sql = sql.slice(0, at) + make(found) + sql.slice(end);
  }
}

/**
 * The statement, and what is bound to it.
 * @param {string} sql @param {Range} range @param {boolean} bound @returns {{ text: string, values: string[] }}
 */
export function expanded(sql, range, bound) {
  const variables = range.variables ?? {};
  let text = called(sql, "conditionalAll", ([condition = "", variable = ""]) => {
    const name = variable.replace(/^\$/, "");
    if (!(name in variables)) throw new Error(`no variable ${variable}`);
    return variables[name].length === 0 ? "1=1" : condition;
  });
  for (const [name, values] of Object.entries(variables)) {
    text = text.replaceAll(`$${name}`, values.map((v) => `'${v}'`).join(","));
  }
  text = called(text, "timeFilter", ([column]) => `${column} >= $__fromTime AND ${column} <= $__toTime`);
  text = text.replaceAll("$__sampleByInterval", sampleBy(range.interval));
  /** @type {string[]} */
  const values = [];
  text = text.replaceAll(/\$__(from|to)Time\b/g, (_, which) => {
    const time = which === "from" ? range.from : range.to;
    if (!bound) return `cast(${time} as timestamp)`;
    values.push(String(time));
    return `cast($${values.length} as timestamp)`;
  });
  const left = text.match(/\$(?:__|\{?[A-Za-z])\w*/);
  if (left) throw new Error(`${left[0]} is not known`);
  return { text, values };
}
