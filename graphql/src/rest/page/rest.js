// The forms are made from /openapi.json; all text goes in as text.
"use strict";

const SHOWN = 20000;

const make = (tag, props = {}, ...inner) => {
  const element = Object.assign(document.createElement(tag), props);
  element.append(...inner);
  return element;
};

const field = (parameter) => {
  const { name, schema, required = false, description = "" } = parameter;
  const words = schema.enum ?? schema.items?.enum;
  const several = words ? `Several, with commas: ${words.join(", ")}` : "One here; several as a parameter each.";
  const hint = [description, required ? "Needed." : "", schema.items ? several : ""];
  let input;
  if (words && !schema.items) {
    input = make("select", { name, required }, make("option", { value: "", textContent: schema.default ?? "" }));
    input.append(...words.map((word) => make("option", { value: word, textContent: word })));
  } else {
    input = make("input", { name, required, autocomplete: "off", placeholder: schema.default ?? schema.examples?.[0] ?? "" });
  }
  return make("label", {}, name, input, make("small", { textContent: hint.filter(Boolean).join(" ") }));
};

const run = async (path, form, link, out) => {
  const given = [...new FormData(form)].filter(([, value]) => value !== "");
  const query = new URLSearchParams(given).toString();
  const url = query === "" ? path : `${path}?${query}`;
  link.href = url;
  link.textContent = url;
  out.hidden = false;
  out.textContent = "…";
  try {
    const response = await fetch(url);
    const type = response.headers.get("content-type") ?? "";
    const head = `${response.status} ${type}\n`;
    if (type.includes("parquet")) {
      out.textContent = `${head}${(await response.arrayBuffer()).byteLength} bytes; the link downloads them`;
      return;
    }
    const text = await response.text();
    out.textContent = head + (text.length > SHOWN ? `${text.slice(0, SHOWN)}\n… ${text.length - SHOWN} more` : text);
  } catch (error) {
    out.textContent = String(error);
  }
};

const operation = (path, { summary = "", parameters = [] }) => {
  const link = make("a", { href: path, textContent: path });
  const out = make("pre", { hidden: true, tabIndex: 0 });
  const form = make("form", {}, ...parameters.map(field), make("button", { textContent: "Ask" }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run(path, form, link, out);
  });
  return make("section", { id: path }, make("h2", { textContent: `GET ${path}` }), make("p", { textContent: summary }), form, make("p", {}, link), out);
};

const show = async () => {
  const about = document.getElementById("about");
  try {
    const api = await (await fetch("/openapi.json")).json();
    about.textContent = api.info.description;
    for (const [path, { get }] of Object.entries(api.paths)) {
      document.getElementById("lists").append(make("a", { href: `#${path}`, textContent: path }));
      document.getElementById("operations").append(operation(path, get));
    }
    document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
  } catch (error) {
    about.textContent = `The document did not come: ${error}`;
  }
};

show();
