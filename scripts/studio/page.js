/** The page of `npm run studio`: lists the questions, asks one, draws the rows that it touched, and changes an item. */

const at = (id) => document.getElementById(id);
const { shown, mask, questions, changes } = await (await fetch("questions")).json();
at("shown").textContent = shown;

/** An element with text or children; what comes from a table is text, never markup. */
function element(name, { text, children = [], ...properties } = {}) {
  const made = Object.assign(document.createElement(name), properties);
  if (text !== undefined) made.textContent = text;
  made.append(...children);
  return made;
}

function listQuestions(wanted) {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  const found = questions.filter(({ id, index, description }) =>
    words.every((word) => `${id} ${index} ${description}`.toLowerCase().includes(word)),
  );
  at("questions").replaceChildren(
    ...[...grouped(found)].flatMap(([group, members]) => [
      element("h3", { text: group }),
      ...members.map(({ id, index }) => {
        const children = [element("span", { text: id.replace(`${group}.`, "") }), element("small", { text: index })];
        const button = element("button", { type: "button", children, onclick: () => choose(id) });
        button.dataset.question = id;
        return button;
      }),
    ]),
  );
  markChosen();
}

function grouped(found) {
  const groups = new Map();
  for (const question of found) groups.set(question.group, [...(groups.get(question.group) ?? []), question]);
  return groups;
}

let chosen;

function markChosen() {
  for (const button of document.querySelectorAll("nav button"))
    button.setAttribute("aria-current", String(button.dataset.question === chosen?.id));
}

function field({ name, description, choices, secret }, value) {
  const control =
    choices === undefined
      ? element("input", { name, value, readOnly: secret, autocomplete: "off" })
      : element("select", {
          name,
          children: choices.map((choice) => new Option(choice, choice, false, choice === value)),
        });
  return element("label", { children: [name, control, element("small", { text: description })] });
}

/** Shows a question, such as `ticketThread` or `ticketThread?ticket_id=TKT-1`, and asks it. */
function choose(place) {
  const [id, given = ""] = place.split("?");
  chosen = questions.find((question) => question.id === id);
  if (chosen === undefined) return;
  if (location.hash !== `#${place}`) history.pushState(null, "", `#${place}`);
  const values = { ...chosen.example, ...Object.fromEntries(new URLSearchParams(given)) };
  at("title").textContent = chosen.id;
  at("about").textContent =
    `${chosen.description}. Key: ${chosen.index === "table" ? "the table's own" : chosen.index}.`;
  const fields = chosen.arguments.map((argument) => field(argument, values[argument.name]));
  at("form").replaceChildren(...fields, element("button", { text: "Ask" }));
  at("code").replaceChildren(...chosen.code.map(drawCode));
  for (const id of ["answer", "rows", "costs"]) at(id).replaceChildren();
  markChosen();
  ask();
}

async function ask() {
  const asked = chosen;
  const given = new URLSearchParams(new FormData(at("form")));
  given.set("question", asked.id);
  const response = await fetch(`answer?${given}`);
  const answer = await response.json();
  if (asked !== chosen) return;
  at("problem").textContent = response.ok ? "" : answer.problem;
  if (!response.ok) return;
  at("costs").replaceChildren(...drawCosts(answer));
  at("answer").replaceChildren(...(answer.items.length === 0 ? [NOTHING] : answer.items.map(drawItems)));
  at("code").replaceChildren(...[...chosen.code, answer.code].map(drawCode));
  at("request").textContent = JSON.stringify(answer.request, null, 2);
  at("why").textContent = whySideBySide(answer.rows);
  at("rows").replaceChildren(...answer.rows.map(drawRow));
}

const NOTHING = "No item has this key.";
const counted = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

/** What the question took here, and what it takes on the seed's eleven tables. */
function drawCosts({ readUnits, milliseconds, rows, more, seed }) {
  const line = (where, requests, units, note) =>
    element("p", {
      children: [
        element("b", { text: `${where}: ${counted(requests, "request")}, ${counted(units, "read unit")}` }),
        element("br"),
        note,
      ],
    });
  const found = `${counted(rows.length, "row")}${more ? " and more" : ""}, ${milliseconds.toFixed(1)} ms`;
  return [
    line("This table", 1, readUnits, found),
    line("The seed's eleven tables", seed.requests, seed.readUnits, seed.how.join("; ")),
  ];
}

function drawCode(code) {
  const copy = element("button", { type: "button", text: "Copy", className: "copy" });
  copy.onclick = async () => {
    await navigator.clipboard.writeText(code);
    copy.textContent = "Copied";
  };
  return element("pre", { children: [copy, element("code", { text: code })] });
}

/** The items of one entity as a handler sees them, an attribute a column. */
function drawItems({ entity, columns, items }) {
  const possible = changes.some((change) => change.entity === entity);
  const heads = columns.map(({ name, type, description }) =>
    element("th", {
      title: `${type}: ${description}`,
      scope: "col",
      children: [name, element("small", { text: shortened(type, 24) })],
    }),
  );
  const lines = items.map((values) => {
    const cells = values.map((value, at) => element("td", { children: drawn(entity, columns[at].name, value) }));
    const button = element("button", { type: "button", text: "Change" });
    const item = Object.fromEntries(columns.map(({ name }, at) => [name, values[at]]));
    button.onclick = () => openChange(entity, item);
    return element("tr", { children: possible ? [element("td", { children: [button] }), ...cells] : cells });
  });
  const head = element("tr", { children: possible ? [element("td"), ...heads] : heads });
  const table = element("table", {
    children: [
      element("caption", { text: entity }),
      element("thead", { children: [head] }),
      element("tbody", { children: lines }),
    ],
  });
  return element("div", { className: "items", tabIndex: 0, role: "region", ariaLabel: entity, children: [table] });
}

const shortened = (text, length = 40) => (text.length > length ? `${text.slice(0, length - 2)} …` : text);

/** A value in the answer's table: long texts in brief, the row beside it has them whole. */
function drawn(entity, name, value) {
  if (value === undefined || value === null) return [];
  if (typeof value === "string") return [drawValue(entity, name, value, {}, shortened(value))];
  return [element("span", { text: shortened(dated(value)).replace(", ", "\n"), className: "instant" })];
}

let changed;

function openChange(entity, item) {
  const possible = changes.filter((change) => change.entity === entity);
  changed = { item, possible };
  at("changing-title").textContent = `Change ${entity} ${item[possible[0].by]}`;
  at("change").replaceChildren(...possible.map(({ id }) => new Option(id, id)));
  at("change-problem").textContent = "";
  fillChange();
  at("changing").showModal();
}

function fillChange() {
  const change = changed.possible.find(({ id }) => id === at("change").value);
  at("change-form").replaceChildren(
    ...change.arguments.map((argument) => field(argument, String(changed.item[argument.name] ?? ""))),
  );
}

async function makeChange() {
  const { id, by, arguments: asked } = changed.possible.find((change) => change.id === at("change").value);
  const names = asked.map(({ name }) => name);
  const form = new FormData(at("changing").querySelector("form"));
  const given = Object.fromEntries(names.map((name) => [name, form.get(name)]));
  const body = JSON.stringify({ change: id, values: { ...given, [by]: changed.item[by] } });
  const headers = { "content-type": "application/json" };
  const response = await fetch("change", { method: "POST", headers, body });
  const { problem = "" } = await response.json();
  at("change-problem").textContent = problem;
  if (!response.ok) return;
  at("changing").close();
  await ask();
}

function whySideBySide(rows) {
  if (rows.length === 0) return NOTHING;
  const [partition, sort] = chosen.index === "table" ? ["pk", "sk"] : [`${chosen.index}pk`, `${chosen.index}sk`];
  const kinds = [...new Set(rows.map(({ entity }) => entity))];
  return `They share ${partition}, so one query reads them; ${sort} is their order. ${
    kinds.length > 1 ? `${kinds.join(", ")} meet here: that is the collection.` : ""
  }`;
}

/** The question that is asked by this attribute alone: of a closed set the entity's own, of an id a collection before others. */
function questionBy(entity, name) {
  const found = questions.filter(({ arguments: asked }) => asked.length === 1 && asked[0].name === name);
  const closed = found[0]?.arguments[0].choices !== undefined;
  return closed ? found.find(({ entities }) => entities.includes(entity)) : found[0];
}

/** A value, as a link to what is asked by it. */
function drawValue(entity, name, value, properties = {}, text = value) {
  const question = value === mask ? undefined : questionBy(entity, name);
  if (question === undefined) return element("span", { ...properties, text });
  const values = new URLSearchParams({ [name]: value });
  return element("a", { ...properties, text, href: `#${question.id}?${values}` });
}

/** Epoch seconds of this century, as a date beside them. */
const dated = (value) =>
  Number.isInteger(value) && value > 946_684_800 && value < 4_102_444_800
    ? `${value}, ${new Date(value * 1000).toISOString().slice(0, 19).replace("T", " ")}`
    : JSON.stringify(value, null, 1);

const drawKey =
  (entity) =>
  ({ field: name, parts }) => {
    const pieces = parts.map(({ text, attribute }) =>
      attribute === undefined
        ? element("span", { text, className: "fixed" })
        : drawValue(entity, attribute, text, { className: "part", title: attribute }),
    );
    return element("div", { className: "key", children: [element("span", { text: name }), ...pieces] });
  };

const drawAttribute =
  (entity) =>
  ([name, value]) => {
    const drawn = typeof value === "string" ? drawValue(entity, name, value) : dated(value);
    return [element("dt", { text: name }), element("dd", { children: [drawn] })];
  };

function drawRow({ entity, keys, attributes }) {
  const first = chosen.index === "table" ? /^[ps]k$/ : new RegExp(`^${chosen.index}`);
  const [asked, others] = [
    keys.filter(({ field: name }) => first.test(name)),
    keys.filter(({ field: name }) => !first.test(name)),
  ];
  const details = element("details", {
    children: [
      element("summary", { text: `${Object.keys(attributes).length} attributes, ${others.length} other keys` }),
      ...others.map(drawKey(entity)),
      element("dl", { children: Object.entries(attributes).flatMap(drawAttribute(entity)) }),
    ],
  });
  return element("div", {
    className: "row",
    children: [element("b", { text: entity }), ...asked.map(drawKey(entity)), details],
  });
}

at("search").addEventListener("input", ({ target }) => listQuestions(target.value));
at("form").addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});
at("change").addEventListener("change", fillChange);
at("changing")
  .querySelector("form")
  .addEventListener("submit", (event) => {
    if (event.submitter?.value !== "make") return;
    event.preventDefault();
    makeChange();
  });
// Back and forward, and links.
addEventListener("hashchange", () => choose(location.hash.slice(1)));
listQuestions("");
choose(location.hash.slice(1) || "ticketThread");
