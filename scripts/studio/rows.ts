import type { EntitySchema, KeySchema } from "../../entities/schema.ts";
import type { StoredItem } from "../../services/storage/requests.ts";
import { KEYED } from "../table/key-query.ts";

/** A piece of a key: fixed text, or an attribute's value in it. */
export interface KeyPart {
  readonly text: string;
  /** The attribute, where it is one's value. */
  readonly attribute?: string;
}

/** A row as it lies in the table or an index. */
export interface PhysicalRow {
  readonly entity: string;
  readonly keys: readonly { readonly field: string; readonly parts: readonly KeyPart[] }[];
  /** What it holds beside keys, secrets masked. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

export const MASK = "••••••";

const SCHEMAS: ReadonlyMap<unknown, EntitySchema> = new Map(
  Object.values(KEYED).map(({ schema }): [unknown, EntitySchema] => [schema.model.entity, schema]),
);

const literal = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** A key's text in the pieces that its template names. A text that is not of the template stays whole, unless it may hold a secret. */
export function keyParts({ template }: KeySchema, text: string, isSecret: (attribute: string) => boolean): KeyPart[] {
  const pieces = template.split(/(\$\{\w+\})/).filter(Boolean);
  const names = pieces.map((piece) => /^\$\{(\w+)\}$/.exec(piece)?.[1]);
  // The last attribute takes the rest: ids may hold what stands between attributes.
  const last = names.findLastIndex((name) => name !== undefined);
  const pattern = pieces.map((piece, index) =>
    names[index] === undefined ? `(${literal(piece)})` : index === last ? "(.*)" : "(.*?)",
  );
  const found = new RegExp(`^${pattern.join("")}$`, "s").exec(text);
  if (found === null) return [{ text: names.some((name) => name !== undefined && isSecret(name)) ? MASK : text }];
  return pieces.map((_, index) => {
    const attribute = names[index];
    const part = found[index + 1] as string;
    return attribute === undefined ? { text: part } : { text: isSecret(attribute) ? MASK : part, attribute };
  });
}

/** A row with its keys in pieces, those of the asked index first. */
export function physicalRow(row: StoredItem, index: string): PhysicalRow {
  const schema = SCHEMAS.get(row.__edb_e__);
  if (schema === undefined) return { entity: "unknown", keys: [], attributes: {} };
  const isSecret = (name: string) => {
    const { secret = false, internal = false } = schema.attributes[name] ?? {};
    return secret || internal;
  };
  const indexes = Object.values(schema.indexes).sort((a, b) => rank(a.index, index) - rank(b.index, index));
  const keys = indexes
    .flatMap(({ pk, sk }) => [pk, sk])
    .filter((key): key is KeySchema => key !== undefined && typeof row[key.field] === "string")
    .map((key) => ({ field: key.field, parts: keyParts(key, row[key.field] as string, isSecret) }));
  const fields = new Set(keys.map(({ field }) => field));
  const attributes = Object.entries(row)
    .filter(([name]) => !fields.has(name) && !name.startsWith("__edb_"))
    .map(([name, value]) => [name, isSecret(name) ? MASK : value instanceof Set ? [...value] : value]);
  return { entity: schema.model.entity, keys, attributes: Object.fromEntries(attributes) };
}

const rank = (own: string | undefined, asked: string) => ((own ?? "table") === asked ? 0 : 1);
