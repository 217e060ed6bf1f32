import { readFileSync } from "node:fs";
import { describeModel } from "../../entities/model.ts";
import type { StateTransitions } from "../../entities/transitions.ts";
import type { Recording } from "./recording.ts";
import { sampleCodes } from "./samples.ts";

type Item = Readonly<Record<string, unknown>>;

const model = describeModel();
const code = (text: string) => `\`${text}\``;
const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
const shorten = (text: string, length = 60) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Ids and the digests of credentials are new in every run. */
const masked = (value: unknown) =>
  String(value)
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g, "‹uuid›")
    .replace(/sha256-[\w-]{43}/g, "sha256-‹digest›");

function seedTables(): string {
  const rows = Object.entries(model.entities).map(([name, { seedTable, accessPatterns }]) => {
    const [primary, ...others] = accessPatterns;
    const key = [...(primary?.partition ?? []), ...(primary?.sort ?? [])].join(" + ");
    const indexes = others.map(
      ({ index, name: pattern, seedIndex }) => `${index} ${code(pattern)}${seedIndex ? ` for ${code(seedIndex)}` : ""}`,
    );
    return [code(seedTable), code(name), code(key), indexes.join("; ") || "none"];
  });
  return table(["seed's table", "entity", "primary key", "indexes"], rows);
}

function keyMap(items: readonly Item[]): string {
  return Object.entries({ ...model.entities, ...model.markers })
    .map(([name, { accessPatterns }]) => {
      const found = items.find((candidate) => candidate.__edb_e__ === name);
      const item = found ?? {};
      const missing = found === undefined ? "none in the sample" : "not in this index";
      const rows = accessPatterns.map(({ name: pattern, index, partition, sort, collection }) => {
        const [pk, sk] = index === "table" ? ["pk", "sk"] : [`${index}pk`, `${index}sk`];
        const sample = item[pk] === undefined ? missing : `${masked(item[pk])}`;
        return [
          `${index} ${code(pattern)}${collection ? ` (${collection})` : ""}`,
          `${partition.join(", ")} / ${sort.join(", ") || "none"}`,
          code(sample),
          item[sk] === undefined ? "" : code(masked(item[sk])),
        ];
      });
      return `### ${name}\n\n${table(["index", "made of", "sample partition key", "sample sort key"], rows)}`;
    })
    .join("\n\n");
}

function attributes(): string {
  return Object.entries({ ...model.entities, ...model.markers })
    .map(([name, entity]) => {
      const rows = Object.entries(entity.attributes).map(([attribute, description]) => [
        `${code(attribute)}${description.required ? "" : "?"}`,
        description.enum?.join(", ") ?? `${description.type}${description.unit ? `, ${description.unit}` : ""}`,
        `${description.setBy}${description.hidden ? ", hidden" : ""}${description.secret ? ", secret" : ""}`,
        description.description,
      ]);
      return `### ${name} attributes\n\n${table(["attribute", "values", "set by", "is"], rows)}`;
    })
    .join("\n\n");
}

function accountItems(): string {
  const rows = Object.entries({ ...model.entities, ...model.markers }).flatMap(([name, { account }]) => {
    if (account === undefined) return [];
    return [[code(name), code(account.attribute), code(account.by)]];
  });
  return table(["entity", "the account", "found by"], rows);
}

function claimedIds(): string {
  const rows = Object.entries(model.entities).flatMap(([name, { claim }]) => {
    if (claim === undefined) return [];
    const { kind, id, owner, begins, settles } = claim;
    return [[code(kind), code(`${name}.${id}`), owner.map(code).join(", "), code(begins), settles ? "yes" : ""]];
  });
  return table(["kind", "id", "claimed by", "when the item begins", "for good"], rows);
}

function projections(): string {
  const rows = model.table.globalSecondaryIndexes.map(({ indexName, projectionType, nonKeyAttributes }) => [
    indexName,
    projectionType,
    String(nonKeyAttributes.length),
    nonKeyAttributes.map(code).join(" "),
  ]);
  return table(["index", "projects", "attributes", "which"], rows);
}

function seedIndexOf(pattern: string): string | undefined {
  const [entity = "", name] = pattern.split(".");
  const { entities } = model as {
    entities: Readonly<Record<string, { accessPatterns: readonly { name: string; seedIndex?: string }[] } | undefined>>;
  };
  return entities[entity]?.accessPatterns.find((one) => one.name === name)?.seedIndex;
}

function projectionOf(pattern: string): string {
  const [entity = "", name] = pattern.split(".");
  const index =
    model.collections[entity]?.index ??
    Object.entries(model.entities)
      .find(([one]) => one === entity)?.[1]
      .accessPatterns.find((one) => one.name === name)?.index;
  const definition = model.table.globalSecondaryIndexes.find(({ indexName }) => indexName === index);
  if (definition === undefined) return "table, whole items";
  return `${index}, ${definition.projectionType === "ALL" ? "whole items" : "list view"}`;
}

function accessPatterns(recordings: readonly Recording[]): string {
  const codes = sampleCodes();
  return recordings
    .map(({ sample, requests, items, readUnits, writeUnits, condition }) => {
      const seedIndex = seedIndexOf(sample.pattern);
      const writes = writeUnits > 0 ? `, ${writeUnits} write units` : "";
      const facts = [
        `- pattern ${code(sample.pattern)}${seedIndex === undefined ? "" : `, replaces the seed's ${code(seedIndex)}`}`,
        `- reads ${projectionOf(sample.pattern)}`,
        `- asks ${code(sample.random ? masked(condition).replace(/'[0-9a-f]{8}'/g, "'‹random›'") : masked(condition))}`,
        sample.random
          ? "- took one or two queries and one batch read, by chance"
          : `- took ${requests} requests, ${items} items, ${readUnits} read units${writes} (embedded engine)`,
      ];
      return `### ${sample.question}\n\n\`\`\`js\n${codes.get(sample)}\n\`\`\`\n\n${facts.join("\n")}`;
    })
    .join("\n\n");
}

/** A partition of an index as a modelling tool draws it: a row an item, in sort-key order. */
function itemCollection(items: readonly Item[], index: string, partition: string): string {
  const [pk, sk] = [`${index}pk`, `${index}sk`];
  const shown = new Set(
    model.table.globalSecondaryIndexes.find(({ indexName }) => indexName === index)?.nonKeyAttributes,
  );
  const rows = items
    .filter((item) => item[pk] === partition)
    .sort((a, b) => (String(a[sk]) < String(b[sk]) ? -1 : 1))
    .map((item) => {
      const attributes = Object.entries(item).filter(([name]) => shown.has(name) && !name.startsWith("__edb"));
      return [
        code(masked(item[sk])),
        attributes.map(([name, value]) => `${name}: ${shorten(masked(value))}`).join(", "),
      ];
    });
  return `${code(partition)} in ${index}\n\n${table(["sort key", "attributes in the index"], rows)}`;
}

/** The entity whose key begins with this id. */
const entityWithId = (id: string) =>
  Object.entries(model.entities).find(([, { accessPatterns }]) => accessPatterns[0]?.partition[0] === id)?.[0];

function entityDiagram(): string {
  const lines = Object.entries(model.entities).map(([name, { attributes }]) => {
    const fields = Object.entries(attributes).map(([attribute, { type }]) => `    ${type} ${attribute}`);
    return `  ${name} {\n${fields.join("\n")}\n  }`;
  });
  const relations = [
    ...Object.entries(model.entities)
      .filter(([name, { account }]) => account !== undefined && name !== "user")
      .map(([name]) => `  user ||--o{ ${name} : has`),
    ...Object.entries(model.entities).flatMap(([name, { accessPatterns }]) =>
      accessPatterns.flatMap(({ collection, partition: [id = ""] }) => {
        if (collection === undefined || collection === "account" || entityWithId(id) === name) return [];
        return `  ${entityWithId(id)} ||--o{ ${name} : ${collection}`;
      }),
    ),
  ];
  return `\`\`\`mermaid\nerDiagram\n${[...relations, ...lines].join("\n")}\n\`\`\``;
}

function collectionDiagram(): string {
  const lines = Object.entries(model.collections).flatMap(([name, { index, members }]) =>
    members.map((member) => `  ${name}["${name} (${index})"] --> ${member}`),
  );
  return `\`\`\`mermaid\nflowchart LR\n${lines.join("\n")}\n\`\`\``;
}

function stateDiagram(name: string, { from: machine }: StateTransitions): string {
  const lines = Object.entries(machine).flatMap(([to, from]) => from.map((state) => `  ${state} --> ${to}`));
  return `### ${name}\n\n\`\`\`mermaid\nstateDiagram-v2\n${lines.join("\n")}\n\`\`\``;
}

/** The attributes that are made of others. */
function derivedAttributes(): string {
  const rows = Object.entries({ ...model.entities, ...model.markers }).flatMap(([name, { attributes: all }]) =>
    Object.entries(all)
      .filter(([, { setBy }]) => setBy === "derived")
      .map(([attribute, { description }]) => [code(name), code(attribute), description ?? ""]),
  );
  return table(["entity", "attribute", "is"], rows);
}

/** What a program without the package must do. */
function otherClients(): string {
  return [
    "A program that cannot use the package may read the table freely. What it writes must be whole, or services do not find it, export and erasure",
    "miss it, and a retry makes a second one. `npm run doctor` reports rows without identifiers, with keys that their attributes do not give, and with values",
    "that break the rules; it mends keys.",
    "",
    "- **Identifiers**: `__edb_e__` is the entity, `__edb_v__` is `1`, on every item.",
    "- **Keys**: of the table, and of each index whose attributes the item has, as under [Keys](#keys): the prefix, then the values, joined by `#`. An instant",
    "  in a sort key has ten digits, with zeros before it. A change of an attribute that a key is made of changes that key in the same write.",
    "- **Values**: instants are whole epoch seconds as numbers; closed sets, lengths and patterns are those under [Attributes](#attributes). An absent value is an",
    "  absent attribute, never null or an empty string.",
    "- **Addresses** in their normal form: for ASCII, lower case without spaces around it. Others only through the package.",
    "- **Credentials** (`session_id`, `token`, `verification_token`) as `sha256-` and the base64url of their SHA-256, without padding. Passwords as an encoded",
    "  hash.",
    "- **Claims**: an id that a caller chose is claimed first, as under [Claimed ids](#claimed-ids). `claimed_id` and `owner` are HMAC-SHA-256 in hex, by",
    '  `ERASURE_SECRET`, of the JSON of `["claim", kind, id]` and `["owner", …]`.',
    '- **The ledger of erasures**: after each write for an account the entry `erasure#`, with the HMAC of `["account", address]`, is read consistently. Is there one',
    "  that is not `registered`, or that is no older than the item, the item is removed again.",
    "- **Every change is conditional**: a new item on the absence of its key, a change of state on the state before.",
    "- **Derived attributes**:",
  ].join("\n");
}

/** The page `docs/data-model.md`. */
export function dataModelPage(recordings: readonly Recording[], scanned: readonly Item[]): string {
  const order = (item: Item) => `${masked(item.pk)} ${masked(item.sk)} ${masked(item.gsi1pk)}`;
  const items = [...scanned].sort((a, b) => (order(a) < order(b) ? -1 : 1));
  return `${[
    "# The data model",
    "Generated by `npm run docs` from the entities and a run on the embedded database. Do not edit: continuous integration compares.",
    "## Where each of the eleven tables went",
    seedTables(),
    "## Attributes",
    "`?` marks what may be missing. Reads leave out what is hidden.",
    attributes(),
    "## What belongs to an account",
    "Export and erasure read the account's own row, and everything that these find. Secrets are in no export.",
    accountItems(),
    "## Claimed ids",
    "A marker row keeps an id for one owner, over the whole table.",
    claimedIds(),
    "## What each index projects",
    projections(),
    "## Keys",
    keyMap(items),
    "## What another program must write",
    otherClients(),
    derivedAttributes(),
    "[`examples/other_client.py`](examples/other_client.py) opens a ticket so, with boto3:",
    `\`\`\`python\n${readFileSync("docs/examples/other_client.py", "utf8").trimEnd()}\n\`\`\``,
    "## Access patterns",
    accessPatterns(recordings),
    "## Item collections",
    "### account",
    itemCollection(items, "gsi1", "account#maria.silva@example.com"),
    "### ticketThread",
    itemCollection(items, "gsi4", "ticketThread#TKT-9F23A0077C1E"),
    "### assessmentReview",
    itemCollection(items, "gsi4", "assessmentReview#demo-assessment-chen-3"),
    "## Entities and collections",
    entityDiagram(),
    collectionDiagram(),
    "## State machines",
    ...Object.entries(model.entities).flatMap(([name, { transitions }]) =>
      transitions === undefined ? [] : stateDiagram(name, transitions),
    ),
  ].join("\n\n")}\n`;
}
