import { MODELS } from "../../entities/models.ts";
import { enumOf, givenAttributes, type ValueSchema } from "../../entities/schema.ts";
import type { StoredItem } from "../../services/storage/requests.ts";

/** What is done with what names a person on its way into a table: it becomes a pseudonym, or stays. */
export interface PersonRule {
  /** A text as it is stored: with e-mail addresses, or without. */
  text(text: string): string;
  /** A value that as a whole names a person, such as an IP address. */
  name(name: string): string;
}

/** Attributes that name a person and are no e-mail address. */
const NAMING: ReadonlySet<string> = new Set(["username", "ip_address"]);

/** A column of a typed table. */
export interface Column {
  readonly name: string;
  /** DuckDB's type, such as `TIMESTAMP`. */
  readonly type: string;
  readonly description: string;
  /** What DuckDB reads as the type; undefined for a value that does not fit. */
  read(value: unknown, person: PersonRule): unknown;
}

/** An entity as a table of SQL. */
export interface TypedTable {
  /** Plural, such as `tickets`. */
  readonly name: string;
  /** As its items say it: `ticket`. */
  readonly entity: string;
  readonly columns: readonly Column[];
}

type Reading = Pick<Column, "type" | "read">;

export const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** DuckDB's types of numbers, by what a number counts. */
const NUMBERS: Readonly<Record<string, string>> = {
  USD: "DECIMAL(12, 2)",
  band: "DECIMAL(3, 1)",
  times: "BIGINT",
};

const TEXT: Reading = {
  type: "VARCHAR",
  read: (value, person) => (typeof value === "string" ? person.text(value) : undefined),
};
const NAME: Reading = {
  type: "VARCHAR",
  read: (value, person) => (typeof value === "string" ? person.name(value) : undefined),
};
const FLAG: Reading = { type: "BOOLEAN", read: (value) => (typeof value === "boolean" ? value : undefined) };
const ANY: Reading = {
  type: "JSON",
  read: (value, person) =>
    JSON.parse(JSON.stringify(value), (_, one) => (typeof one === "string" ? person.text(one) : one)),
};
/** Epoch seconds of the years 0 to 9999, which is what a text of a date can say. */
const INSTANT: Reading = {
  type: "TIMESTAMP",
  read: (value) =>
    typeof value === "number" && Math.abs(value) < 253_402_300_800 ? new Date(value * 1000).toISOString() : undefined,
};

const oneOf = (values: readonly string[]): Reading => {
  const known: ReadonlySet<unknown> = new Set(values);
  return { type: `ENUM(${values.map(quoted).join(", ")})`, read: (value) => (known.has(value) ? value : undefined) };
};

function listOf(element: Reading): Reading {
  return {
    type: `${element.type}[]`,
    read: (value, person) => (Array.isArray(value) ? value.map((one) => element.read(one, person) ?? null) : undefined),
  };
}

function structOf(properties: readonly [name: string, reading: Reading][]): Reading {
  return {
    type: `STRUCT(${properties.map(([name, { type }]) => `${identifier(name)} ${type}`).join(", ")})`,
    read(value, person) {
      if (typeof value !== "object" || value === null) return undefined;
      const map = value as Readonly<Record<string, unknown>>;
      return Object.fromEntries(properties.map(([name, { read }]) => [name, read(map[name], person)]));
    },
  };
}

/** How values of a schema stand in a column. A number within a map counts what the map says. */
function readingOf(schema: ValueSchema & { readonly unit?: string }, outerUnit?: string): Reading {
  const { type, items, properties, unit = outerUnit } = schema;
  const values = enumOf(schema);
  if (type === "list" || type === "set") {
    if (values !== undefined) return listOf(oneOf(values));
    return listOf(typeof items === "object" ? readingOf(items, unit) : TEXT);
  }
  if (values !== undefined) return oneOf(values);
  if (properties !== undefined) {
    return structOf(Object.entries(properties).map(([name, property]) => [name, readingOf(property, unit)]));
  }
  if (type === "string") return TEXT;
  if (type === "boolean") return FLAG;
  if (type !== "number") return ANY;
  if (unit === "epoch seconds") return INSTANT;
  return {
    type: NUMBERS[unit ?? ""] ?? "DOUBLE",
    read: (value) => (typeof value === "number" ? value : undefined),
  };
}

/**
 * One table an entity, made from the model. What lets somebody in, what tells how the table works, what is derived, keys and
 * marks of the migration are no columns: they are never loaded.
 */
export const TYPED_TABLES: readonly TypedTable[] = Object.values(MODELS).map(({ schema }) => ({
  name: `${schema.model.entity}s`,
  entity: schema.model.entity,
  columns: givenAttributes(schema)
    .filter(([, { secret, internal, setBy }]) => secret !== true && internal !== true && setBy !== "migration")
    .map(([name, attribute]) => ({
      name,
      description: attribute.description,
      ...(NAMING.has(name) ? NAME : readingOf(attribute)),
    })),
}));

/** What makes a table, with what each column means as its comment. */
export function definitionOf({ name, columns }: TypedTable): string[] {
  const described = columns.map(
    (column) => `COMMENT ON COLUMN ${identifier(name)}.${identifier(column.name)} IS ${quoted(column.description)}`,
  );
  const list = columns.map((column) => `${identifier(column.name)} ${column.type}`).join(", ");
  return [`CREATE TABLE ${identifier(name)} (${list})`, ...described];
}

/** An item as a row, and the attributes whose values do not fit their columns: those are null. */
export function rowOf({ columns }: TypedTable, item: StoredItem, person: PersonRule) {
  const row: Record<string, unknown> = {};
  const unfit: string[] = [];
  for (const { name, read } of columns) {
    const value = item[name];
    if (value === undefined || value === null) continue;
    row[name] = read(value, person);
    if (row[name] === undefined) unfit.push(name);
  }
  return { row, unfit };
}
