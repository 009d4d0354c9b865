// The API's page: runs queries, listens to subscriptions, lists the schema. Everything that is shown
// is put in as text, never as HTML.
const byId = (id) => document.getElementById(id);
const [query, variables, answer, said, stop] = ["query", "variables", "answer", "said", "stop"].map(byId);
const PROTOCOL = "graphql-transport-ws";
const FIRST = `# What is known of the network now.
{
  network {
    orchestratorsOnline
    gpus
    sessions
  }
  status {
    ok
    dataThrough
  }
}
`;
// As deep as types of the schema are wrapped, and no deeper.
const KIND = "kind name ofType { kind name ofType { kind name ofType { kind name } } }";
const SCHEMA = `{ __schema { queryType { name } subscriptionType { name } types {
  kind name description enumValues { name description }
  inputFields { name description defaultValue type { ${KIND} } }
  fields { name description type { ${KIND} } args { name description defaultValue type { ${KIND} } } }
} } }`;

function say(text, bad = false) {
  said.textContent = text;
  said.classList.toggle("bad", bad);
}

async function ask(request) {
  const accept = "application/graphql-response+json, application/json;q=0.9";
  const headers = { "content-type": "application/json", accept };
  const response = await fetch(location.pathname, { method: "POST", headers, body: JSON.stringify(request) });
  return { status: response.status, body: await response.json() };
}

let socket;
function hush() {
  socket?.close(1000);
  socket = undefined;
  stop.hidden = true;
}

function listen(request) {
  const address = new URL(location.pathname, location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const mine = new WebSocket(address, PROTOCOL);
  socket = mine;
  stop.hidden = false;
  let values = 0;
  mine.onopen = () => mine.send(JSON.stringify({ type: "connection_init" }));
  mine.onclose = (e) => {
    if (socket === mine) hush();
    if (e.code !== 1000) say(`The connection ended: ${e.code} ${e.reason}`, true);
  };
  mine.onmessage = (e) => {
    if (socket !== mine) return;
    const { type, payload } = JSON.parse(e.data);
    if (type === "connection_ack") {
      mine.send(JSON.stringify({ type: "subscribe", id: "1", payload: request }));
      say("Listening…");
    } else if (type === "ping") {
      mine.send(JSON.stringify({ type: "pong" }));
    } else if (type === "next" || type === "error") {
      values += 1;
      answer.textContent = JSON.stringify(payload, null, 2);
      say(type === "next" ? `Value ${values}` : "Refused", type === "error");
    }
    if ((type === "complete" || type === "error") && socket === mine) hush();
  };
}

async function run() {
  hush();
  let given;
  try {
    given = variables.value.trim() ? JSON.parse(variables.value) : undefined;
  } catch (e) {
    return say(`The variables are no JSON: ${e.message}`, true);
  }
  const request = { query: query.value, variables: given };
  const state = new URLSearchParams({ query: query.value });
  if (given) state.set("variables", variables.value);
  history.replaceState(null, "", `#${state}`);
  const plain = query.value.replace(/#.*/g, "").trimStart();
  if (plain.startsWith("subscription")) return listen(request);
  say("Asking…");
  try {
    const began = performance.now();
    const { status, body } = await ask(request);
    answer.textContent = JSON.stringify(body, null, 2);
    say(`${status}, ${Math.round(performance.now() - began)} ms`, Boolean(body.errors));
  } catch (e) {
    say(`No answer: ${e.message}`, true);
  }
}

function element(name, text) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  return made;
}

function written(type) {
  if (type.kind === "NON_NULL") return `${written(type.ofType)}!`;
  if (type.kind === "LIST") return `[${written(type.ofType)}]`;
  return type.name;
}

function shown(type) {
  const details = element("details");
  details.dataset.text = type.name.toLowerCase();
  const word = type.kind.toLowerCase().replace("_object", "");
  details.append(element("summary", `${word} ${type.name}`));
  if (type.description) details.append(element("p", type.description));
  const list = element("dl");
  for (const field of type.fields ?? type.inputFields ?? type.enumValues ?? []) {
    const args = (field.args ?? []).map((a) => {
      const fallback = a.defaultValue == null ? "" : ` = ${a.defaultValue}`;
      return `${a.name}: ${written(a.type)}${fallback}`;
    });
    const head = args.length ? `${field.name}(${args.join(", ")})` : field.name;
    list.append(element("dt", field.type ? `${head}: ${written(field.type)}` : head));
    if (field.description) list.append(element("dd", field.description));
    for (const a of field.args ?? []) {
      if (a.description) list.append(element("dd", `${a.name}: ${a.description}`));
    }
    details.dataset.text += ` ${field.name.toLowerCase()}`;
  }
  details.append(list);
  return details;
}

async function schema() {
  const { body } = await ask({ query: SCHEMA });
  const { types, queryType, subscriptionType } = body.data.__schema;
  const roots = [queryType?.name, subscriptionType?.name];
  const rank = (t) => (roots.includes(t.name) ? roots.indexOf(t.name) : roots.length);
  const known = types.filter((t) => !t.name.startsWith("__"));
  known.sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
  byId("types").replaceChildren(...known.map(shown));
  byId("types").firstElementChild?.setAttribute("open", "");
}

byId("find").addEventListener("input", (e) => {
  const wanted = e.target.value.trim().toLowerCase();
  for (const type of byId("types").children) type.hidden = !type.dataset.text.includes(wanted);
});
byId("ask").addEventListener("submit", (e) => {
  e.preventDefault();
  run();
});
stop.addEventListener("click", () => {
  hush();
  say("Stopped");
});
document.addEventListener("keydown", (e) => {
  if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) run();
});
const state = new URLSearchParams(location.hash.slice(1));
query.value = state.get("query") ?? FIRST;
variables.value = state.get("variables") ?? "";
schema().catch((e) => byId("types").append(element("p", `The schema cannot be read: ${e.message}`)));
