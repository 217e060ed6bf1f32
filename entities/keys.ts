import { type INDEXES, indexNameOf } from "./evolution.ts";
import type { RowSchema } from "./schema.ts";

/**
 * The physical names of the one table, and the builders that put an access pattern on one of its indexes.
 * An access pattern names its index, such as `gsi1`; the names of key fields are made here.
 */
export const SERVICE_NAME = "ielts";
export const MODEL_VERSION = "1";
export const DEFAULT_TABLE_NAME = "ielts-genai-prep";
export const TTL_ATTRIBUTE = "ttl";
export const PRIMARY_KEY = { partitionKey: "pk", sortKey: "sk" } as const;

export type GlobalIndexName = keyof typeof INDEXES;

/** ElectroDB's two attributes that say whose item a row is; every index view carries them. */
const IDENTIFIERS = ["__edb_e__", "__edb_v__"] as const;

/** Whether an attribute is a key field of an index, one that no access pattern names any more among them. */
export const isKeyField = (attribute: string): boolean => /^gsi\d+[ps]k$/.test(attribute);

/** What an access pattern says of itself: the question it answers, and the seed's index it replaces. */
interface PatternNotes {
  readonly description: string;
  readonly seedIndex?: string;
  /** What its rows are called, where a service gives them. */
  readonly row?: RowSchema;
  /** The version of its index from which on the entity's old items are in it. Default: 1. */
  readonly since?: number;
  /** The access pattern that answers the same question as long as a table cannot answer by this one. */
  readonly before?: string;
}

interface KeyParts<P extends readonly string[], S extends readonly string[]> extends PatternNotes {
  readonly pk: P;
  readonly sk: S;
}

/**
 * A key is a prefix that says whose it is, then the values of its composite attributes, joined by `#`: shorter than the
 * keys that ElectroDB would make, which repeat service, entity, version and each attribute's label in every index row.
 * Case matters in ids, and ElectroDB would lower-case keys by default.
 */
const key = <const F extends string, const C extends readonly string[]>(field: F, prefix: string, composite: C) =>
  ({
    field,
    composite,
    template: [prefix, ...composite.map((attribute) => `\${${attribute}}`)].filter((part) => part !== "").join("#"),
    casing: "none",
    // A key of one number would otherwise be a number.
    cast: "string",
  }) as const;

/** The table's own key; the entity's name is its prefix. */
export const primary = <const P extends readonly string[], const S extends readonly string[]>(
  entity: string,
  parts: KeyParts<P, S>,
) =>
  ({
    pk: key(PRIMARY_KEY.partitionKey, entity, parts.pk),
    sk: key(PRIMARY_KEY.sortKey, parts.sk.length === 0 ? entity : "", parts.sk),
    description: parts.description,
  }) as const;

const secondary = <
  const N extends GlobalIndexName,
  const P extends readonly string[],
  const S extends readonly string[],
>(
  name: N,
  prefixes: { readonly pk: string; readonly sk: string },
  parts: KeyParts<P, S>,
) => {
  const { description, seedIndex, row, since, before } = parts;
  return {
    index: indexNameOf(name),
    pk: key(`${name}pk` as const, prefixes.pk, parts.pk),
    sk: key(`${name}sk` as const, prefixes.sk, parts.sk),
    description,
    ...(seedIndex === undefined ? {} : { seedIndex }),
    ...(row === undefined ? {} : { row }),
    ...(since === undefined ? {} : { since }),
    ...(before === undefined ? {} : { before }),
  } as const;
};

/** An index of one entity's own (its `scope` begins the partition key and keeps other entities out) that projects a list view. */
export const scoped = <
  const N extends GlobalIndexName,
  const O extends string,
  const P extends readonly string[],
  const S extends readonly string[],
  const V extends readonly string[],
>(
  name: N,
  scope: O,
  parts: KeyParts<P, S> & { readonly view: V },
) => ({
  ...secondary(name, { pk: scope, sk: "" }, parts),
  scope,
  projection: [...IDENTIFIERS, ...parts.view] as const,
});

/** A share in a collection: entities side by side in one partition, each under its own name in the sort key. */
export const collected = <
  const N extends GlobalIndexName,
  const C extends string,
  const P extends readonly string[],
  const S extends readonly string[],
  const V extends readonly string[],
>(
  name: N,
  collection: C,
  entity: string,
  parts: KeyParts<P, S> & { readonly view: V },
) => ({
  ...secondary(name, { pk: collection, sk: entity }, parts),
  collection,
  projection: [...IDENTIFIERS, ...parts.view] as const,
});
