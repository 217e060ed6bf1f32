import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import * as enums from "../../entities/enums.ts";
import { MODELS } from "../../entities/models.ts";
import type { AttributeSchema, EntitySchema, ValueSchema } from "../../entities/schema.ts";

const WIDTH = 120;

const valueLists = new Map<string, unknown>(Object.entries(enums));

/** The union types of entities/enums.ts, by the list of values that each is made from. */
const unions = new Map<unknown, string>(
  [...readFileSync("entities/enums.ts", "utf8").matchAll(/export type (\w+) = \(typeof (\w+)\)\[number\];/g)].map(
    ([, union = "", list = ""]) => [valueLists.get(list), union],
  ),
);
const used = new Set<string>();

function unionOf(values: unknown): string {
  const union = unions.get(values);
  if (union === undefined) throw new Error(`entities/enums.ts has no type for ${String(values)}`);
  used.add(union);
  return union;
}

/** What reads return, and what writes take: ElectroDB's types let a map that was read have undefined in it. */
type Side = "read" | "written";

function typeOf({ type, items, properties, enum: values }: ValueSchema, side: Side, indent = "  "): string {
  if (Array.isArray(type)) return unionOf(type);
  if (typeof items === "object" && items.properties !== undefined) return `${typeOf(items, side, indent)}[]`;
  if (items !== undefined) return `${values === undefined ? "string" : unionOf(values)}[]`;
  if (properties === undefined) return String(type);
  const lines = Object.entries(properties).map(
    ([key, property]) =>
      `${indent}  ${/^\d/.test(key) ? JSON.stringify(key) : key}?: ${typeOf(property, side, `${indent}  `)}${side === "read" ? " | undefined" : ""};\n`,
  );
  return `{\n${lines.join("")}${indent}}`;
}

/** A docstring of one line, or of as many as it needs. */
function docstring(text: string, indent: string): string {
  const line = `${indent}/** ${text} */\n`;
  if (line.length <= WIDTH + 1) return line;
  const rows = [""];
  for (const word of text.split(" ")) {
    const row = `${rows.at(-1)} ${word}`;
    if (`${indent} *${row}`.length > WIDTH) rows.push(` ${word}`);
    else rows[rows.length - 1] = row;
  }
  return `${indent}/**\n${rows.map((row) => `${indent} *${row}\n`).join("")}${indent} */\n`;
}

function member([name, attribute]: [string, AttributeSchema], side: Side): string {
  const { description, unit, required } = attribute;
  const scale = unit === "band" ? "band, 0 to 9 in halves" : unit;
  const told = `${description}${scale === undefined ? "" : ` (${scale})`}.`;
  return `${docstring(told, "  ")}  ${name}${required === true ? "" : "?"}: ${typeOf(attribute, side)};\n`;
}

const members = (attributes: readonly [string, AttributeSchema][], side: Side) =>
  attributes.map((attribute) => member(attribute, side)).join("");

const nameOf = (entity: string) => entity.replaceAll(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());

function typesOf(entity: string, description: string, attributes: Readonly<Record<string, AttributeSchema>>): string {
  const type = nameOf(entity);
  const all = Object.entries(attributes).filter(([, { setBy }]) => setBy !== "derived" && setBy !== "migration");
  const shown = all.filter(([, { hidden }]) => hidden !== true);
  const others = all.filter(([, attribute]) => attribute.hidden === true || attribute.properties !== undefined);
  const changeable = all.filter(([, { readOnly }]) => readOnly !== true).map(([name]) => name);
  const created =
    others.length === 0
      ? `export type New${type} = ${type};`
      : `export interface New${type} extends ${type} {\n${members(others, "written")}}`;
  const changed = changeable.map((name) => JSON.stringify(name)).join(" | ") || "never";
  return `/** ${description}. */
export interface ${type} {
${members(shown, "read")}}

/** What \`create\` of the layer's \`entities.${entity}\` takes. */
${created}

/** What \`patch(…).set\` of the layer's \`entities.${entity}\` may change${changeable.length === 0 ? ": nothing" : ""}. */
export type ${type}Change = Partial<Pick<New${type}, ${changed}>>;
`;
}

/** The types of the rows that services give, as their indexes project them, with the attributes that the question names. */
function rowTypesOf(entity: string, { attributes, indexes }: EntitySchema): string {
  const shown = Object.keys(attributes).filter((name) => attributes[name]?.hidden !== true);
  return Object.values(indexes)
    .map(({ row, projection = [], pk }) => {
      if (row === undefined) return "";
      const asked = pk.composite.map((name) => attributes[name]?.sameAs ?? name);
      const names = shown.filter((name) => projection.includes(name) || asked.includes(name));
      const union = names.map((name) => JSON.stringify(name)).join(" | ");
      return `\n/** ${row.description}. */\nexport type ${row.name} = Pick<${nameOf(entity)}, ${union}>;\n`;
    })
    .join("");
}

const biome = createRequire(import.meta.url).resolve("@biomejs/biome/bin/biome");

/** The module `entities/items.ts`: an interface for each entity, so that editors show what its attributes mean. */
export function itemTypesModule(): string {
  const types = Object.entries(MODELS).map(
    ([entity, { schema, description }]) => typesOf(entity, description, schema.attributes) + rowTypesOf(entity, schema),
  );
  const code = `// Generated by \`npm run docs\` from the entities' attributes; do not edit.
import type { ${[...used].sort().join(", ")} } from "./enums.ts";

${types.join("\n")}`;
  const words = [biome, "format", "--stdin-file-path=entities/items.ts"];
  return execFileSync(process.execPath, words, { input: code, encoding: "utf8" });
}
