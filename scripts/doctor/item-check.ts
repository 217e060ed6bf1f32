import { isDeepStrictEqual } from "node:util";
import { FORMS } from "../../entities/evolution.ts";
import { isKeyField, MODEL_VERSION } from "../../entities/keys.ts";
import { MARKERS, MODELS } from "../../entities/models.ts";
import { givenAttributes } from "../../entities/schema.ts";
import { tableDefinition } from "../../entities/table.ts";
import type { AnyEntity, DataContext, Model } from "../../services/storage/context.ts";
import { ValidationError } from "../../services/storage/errors.ts";
import { inThisForm } from "../../services/storage/forms.ts";
import { Repository } from "../../services/storage/repository.ts";
import type { StoredItem } from "../../services/storage/requests.ts";

/** The change that brings an item's keys into line with its attributes. */
export interface Repair {
  readonly set: Readonly<Record<string, unknown>>;
  readonly remove: readonly string[];
  /** What the item must still hold: all that the keys are made of, and what is replaced. Undefined is absence. */
  readonly unchanged: Readonly<Record<string, unknown>>;
}

export type FindingKind =
  /** No entity knows the item. */
  | "unknown"
  /** Its attributes break the entity's rules, so that its keys cannot be told. */
  | "invalid"
  /** The primary key is not what its attributes say: it takes a new item. */
  | "primary"
  /** Half of an index's key is there. */
  | "half"
  /** An index key, an attribute that is derived for one, or one in the form of before is not what its attributes say. */
  | "stale";

export interface ItemFinding {
  readonly kind: FindingKind;
  readonly item: StoredItem;
  /** What is wrong, without session ids and tokens. */
  readonly text: string;
  /** Absent where an update cannot help. */
  readonly repair?: Repair;
}

interface KeyPair {
  readonly name: string;
  readonly fields: readonly [partition: string, sort: string];
}

/** Keys and attributes as they may be printed: of an e-mail its first letter and domain. */
export const withoutSecrets = (text: string): string => text.replace(/((?:^|#)[^#@])[^#@]*@/g, "$1***@").slice(0, 200);

const shown = (value: unknown) => (value === undefined ? "absent" : withoutSecrets(String(value)));

/** Checks items of all entities against the keys that their own attributes give. */
export function createItemCheck(context: DataContext): (item: StoredItem) => ItemFinding | undefined {
  const models: readonly Model<AnyEntity>[] = [...Object.values(MODELS), ...Object.values(MARKERS)];
  const readers = new Map(models.map((model) => [model.schema.model.entity, readerOf(context, model)]));
  return (item) => {
    const reader = readers.get(String(item.__edb_e__));
    if (reader === undefined) return { kind: "unknown", item, text: `entity is ${shown(item.__edb_e__)}` };
    if (item.__edb_v__ !== MODEL_VERSION)
      return { kind: "unknown", item, text: `version is ${shown(item.__edb_v__)}, should be ${MODEL_VERSION}` };
    return reader(item);
  };
}

function readerOf(context: DataContext, model: Model<AnyEntity>) {
  const store = new Repository(context, model);
  const given = givenAttributes(model.schema).map(([name]) => name);
  const derived = Object.entries(model.schema.attributes).filter(([, { setBy }]) => setBy === "derived");
  const forms = FORMS.filter(({ entity }) => entity === model.schema.model.entity);
  const sources = [
    ...Object.values(model.schema.indexes).flatMap(({ pk, sk }) => [...pk.composite, ...sk.composite]),
    ...derived.flatMap(([, { watch }]) => watch ?? []),
    ...forms.flatMap(({ toldBy }) => toldBy),
  ];
  const { keySchema, globalSecondaryIndexes } = tableDefinition();
  const primary = [keySchema.partitionKey, keySchema.sortKey];
  const indexes = globalSecondaryIndexes.map(
    ({ indexName, partitionKey, sortKey }): KeyPair => ({ name: indexName, fields: [partitionKey, sortKey] }),
  );

  return (item: StoredItem): ItemFinding | undefined => {
    const expected = expectedItem(item);
    if (expected instanceof ValidationError) return { kind: "invalid", item, text: expected.message };
    const differs = (name: string) => !isDeepStrictEqual(item[name], expected[name]);
    const says = (name: string) => `${name} is ${shown(item[name])}, should be ${shown(expected[name])}`;
    const moved = primary.filter(differs);
    if (moved.length > 0) return { kind: "primary", item, text: moved.map(says).join("; ") };
    const fields = [...indexes.flatMap((index) => index.fields), ...Object.keys(item).filter(isKeyField)];
    const computed = [...fields, ...derived.map(([name]) => name), ...forms.map(({ attribute }) => attribute)];
    const stale = [...new Set(computed)].filter(differs);
    if (stale.length === 0) return undefined;
    const halves = indexes.filter(
      ({ fields: [partition, sort] }) => (item[partition] === undefined) !== (item[sort] === undefined),
    );
    const half = halves.map(({ name }) => `${name} has half a key`);
    return {
      kind: half.length > 0 ? "half" : "stale",
      item,
      text: [...half, ...stale.map(says)].join("; "),
      repair: repairOf(item, expected, stale),
    };
  };

  function expectedItem(item: StoredItem): StoredItem | ValidationError {
    const formed = inThisForm(item);
    const known = given.filter((name) => formed[name] !== undefined).map((name) => [name, formed[name]]);
    try {
      return store.itemOf(Object.fromEntries(known));
    } catch (error) {
      if (error instanceof ValidationError) return error;
      throw error;
    }
  }

  function repairOf(item: StoredItem, expected: StoredItem, stale: readonly string[]): Repair {
    const set = stale.filter((name) => expected[name] !== undefined);
    return {
      set: Object.fromEntries(set.map((name) => [name, expected[name]])),
      remove: stale.filter((name) => expected[name] === undefined),
      unchanged: Object.fromEntries([...new Set([...sources, ...stale])].map((name) => [name, item[name]])),
    };
  }
}
