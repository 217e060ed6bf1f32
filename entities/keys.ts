/**
 * The physical names of the one table, and the builders that put an access pattern on one of its indexes.
 * Nothing else in the repository spells `pk`, `gsi1` or `gsi1sk`.
 */
export const SERVICE_NAME = "ielts";
export const MODEL_VERSION = "1";
export const DEFAULT_TABLE_NAME = "ielts-genai-prep";
export const TTL_ATTRIBUTE = "ttl";
export const PRIMARY_KEY = { partitionKey: "pk", sortKey: "sk" } as const;

export type GlobalIndexName = "gsi1" | "gsi2" | "gsi3" | "gsi4" | "gsi5";

/** ElectroDB's two attributes that say whose item a row is; every index view carries them. */
const IDENTIFIERS = ["__edb_e__", "__edb_v__"] as const;

/** What an access pattern says of itself: the question it answers, and the seed's index it replaces. */
interface PatternNotes {
  readonly description: string;
  readonly seedIndex?: string;
}

interface KeyParts<P extends readonly string[], S extends readonly string[]> extends PatternNotes {
  readonly pk: P;
  readonly sk: S;
}

// Case matters in ids, and ElectroDB would lower-case keys by default.
const key = <const F extends string, const C extends readonly string[]>(field: F, composite: C) =>
  ({ field, composite, casing: "none" }) as const;

/** The table's own key. */
export const primary = <const P extends readonly string[], const S extends readonly string[]>(parts: KeyParts<P, S>) =>
  ({
    pk: key(PRIMARY_KEY.partitionKey, parts.pk),
    sk: key(PRIMARY_KEY.sortKey, parts.sk),
    description: parts.description,
  }) as const;

const secondary = <
  const N extends GlobalIndexName,
  const P extends readonly string[],
  const S extends readonly string[],
>(
  name: N,
  parts: KeyParts<P, S>,
) => {
  const { description, seedIndex } = parts;
  return {
    index: name,
    pk: key(`${name}pk` as const, parts.pk),
    sk: key(`${name}sk` as const, parts.sk),
    description,
    ...(seedIndex === undefined ? {} : { seedIndex }),
  } as const;
};

/** An index of one entity's own (its `scope` keeps other entities out of its partitions) that projects a list view. */
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
) => ({ ...secondary(name, parts), scope, projection: [...IDENTIFIERS, ...parts.view] as const });

/** A share in a collection: entities side by side in one partition, each under its own sort-key prefix. */
export const collected = <
  const N extends GlobalIndexName,
  const C extends string,
  const P extends readonly string[],
  const S extends readonly string[],
  const V extends readonly string[],
>(
  name: N,
  collection: C,
  parts: KeyParts<P, S> & { readonly view: V },
) => ({ ...secondary(name, parts), collection, projection: [...IDENTIFIERS, ...parts.view] as const });
