import { isDeepStrictEqual } from "node:util";
import { type DynamoDBClient, paginateScan } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { itemSize } from "../../../entities/item-size.ts";
import type { GlobalIndexName } from "../../../entities/keys.ts";
import { type EntityName, MODELS } from "../../../entities/models.ts";
import { givenAttributes, type IndexSchema } from "../../../entities/schema.ts";
import { tableDefinition } from "../../../entities/table.ts";
import type { StoredItem } from "../../../services/storage/requests.ts";

/**
 * The analytic floor: units below which no correct single table with these access patterns can go, in whatever way it
 * makes its keys. It is stricter than our own model, and needs the items' sizes alone.
 *
 * Sizes are those of the attributes that the entities declare. Bytes that a design adds (composed keys, derived
 * attributes, ElectroDB's identifiers) do not count.
 *
 * Writes: an act must bring about a change of state. It is seen by comparing the whole table before and after the act, so
 * that nothing a service writes in between, or writes twice, counts. An item that differs costs the larger of its two
 * sizes in units of 1 KB. An index entry costs the same of its row: once when it appears or goes, twice when its key
 * changes. When only what it shows changes it costs once, but in the account's index alone: histories and dashboards of
 * these steps are made of its rows. Queues and joins could show keys and read the rest from the items.
 *
 * Reads: each step names what it must read. A request costs the size of what it reads in units of 4 KB, half a unit when
 * eventually consistent. Index rows side by side count as one request of their sum; whole items count each by itself, as
 * BatchGetItem rounds them, because the seed's primary keys put each into a partition of its own.
 *
 * Left out, because some design could do without: marker rows (claims, erasure) and every look at them, and the index
 * entries of `AVOIDABLE`.
 */
const WRITE_UNIT = 1024;
const READ_UNIT = 4096;

const ACCOUNT_INDEX = "gsi1";
/** For export and erasure alone. */
const AVOIDABLE: ReadonlySet<string> = new Set(["qr_token/gsi1", "safety_log/gsi1"]);

/** All items of the table by their primary key. */
export type Snapshot = ReadonlyMap<string, StoredItem>;
export type ReadFloor = (table: Snapshot) => number;

const isEntityName = (name: string): name is EntityName => Object.hasOwn(MODELS, name);

export async function snapshotOf(client: DynamoDBClient, table: string): Promise<Snapshot> {
  const items = new Map<string, StoredItem>();
  for await (const { Items = [] } of paginateScan({ client }, { TableName: table, ConsistentRead: true })) {
    for (const item of Items) {
      const stored = unmarshall(item);
      items.set(`${stored.pk}\0${stored.sk}`, stored);
    }
  }
  return items;
}

const entityOf = (item: StoredItem) => String(item.__edb_e__);
const present = (item: StoredItem, names: readonly string[]): StoredItem =>
  Object.fromEntries(names.filter((name) => item[name] !== undefined).map((name) => [name, item[name]]));

/** The attributes that the item's entity declares and does not derive; nothing of a marker. */
export function declared(item: StoredItem): StoredItem {
  const entity = entityOf(item);
  if (!isEntityName(entity)) return {};
  const names = givenAttributes(MODELS[entity].schema).map(([name]) => name);
  return present(item, names);
}

const { keySchema, globalSecondaryIndexes } = tableDefinition();

/** The row that an item has in an index as the table stores it, or undefined when it has none. */
export function storedRow(item: StoredItem, indexName: string): StoredItem | undefined {
  const index = globalSecondaryIndexes.find((candidate) => candidate.indexName === indexName);
  if (index === undefined || item[index.partitionKey] === undefined) return undefined;
  if (index.projectionType === "ALL") return item;
  const keys = [keySchema.partitionKey, keySchema.sortKey, index.partitionKey, index.sortKey];
  return present(item, [...keys, ...index.nonKeyAttributes]);
}

interface Row {
  readonly key: readonly unknown[];
  readonly shown: StoredItem;
}

/** What an index must hold of an item: the parts of its key, and what its entity shows there. */
function rowOf(item: StoredItem | undefined, { pk, sk, projection = [] }: IndexSchema): Row | undefined {
  if (item === undefined || pk.composite.some((name) => item[name] === undefined)) return undefined;
  const parts = [...pk.composite, ...sk.composite];
  const attributes = declared(item);
  const names = Object.keys(attributes).filter((name) => parts.includes(name) || projection.includes(name));
  return { key: parts.map((name) => item[name]), shown: present(attributes, names) };
}

const unitsOf = (bytes: number, unit: number) => Math.ceil(bytes / unit);
const writeUnitsOf = (item: StoredItem | undefined) => (item === undefined ? 0 : unitsOf(itemSize(item), WRITE_UNIT));

function rowWrites(old: Row | undefined, now: Row | undefined, showsChanges: boolean): number {
  const [removed, written] = [writeUnitsOf(old?.shown), writeUnitsOf(now?.shown)];
  if (old === undefined || now === undefined || !isDeepStrictEqual(old.key, now.key)) return removed + written;
  return showsChanges && !isDeepStrictEqual(old.shown, now.shown) ? Math.max(removed, written) : 0;
}

function itemWrites(old: StoredItem | undefined, now: StoredItem | undefined): number {
  const entity = entityOf(now ?? old ?? {});
  if (!isEntityName(entity) || isDeepStrictEqual(old, now)) return 0;
  const indexes = Object.values<IndexSchema>(MODELS[entity].schema.indexes).filter(
    ({ index }) => index !== undefined && !AVOIDABLE.has(`${entity}/${index}`),
  );
  return (
    Math.max(...[old, now].map((item) => (item === undefined ? 0 : writeUnitsOf(declared(item))))) +
    indexes.reduce(
      (sum, index) => sum + rowWrites(rowOf(old, index), rowOf(now, index), index.index === ACCOUNT_INDEX),
      0,
    )
  );
}

/** The write units without which the table cannot come from one state to the other. */
export function writeFloor(before: Snapshot, after: Snapshot): number {
  const keys = new Set([...before.keys(), ...after.keys()]);
  return [...keys].reduce((sum, key) => sum + itemWrites(before.get(key), after.get(key)), 0);
}

type Where = () => Readonly<Record<string, unknown>>;

/** The items of an entity with these attributes, the youngest first where they have a time. */
function itemsOf(table: Snapshot, entity: EntityName, where: Where): StoredItem[] {
  const wanted = Object.entries(where());
  return [...table.values()]
    .filter((item) => entityOf(item) === entity && wanted.every(([name, value]) => item[name] === value))
    .sort((a, b) => Number(b.created_at ?? 0) - Number(a.created_at ?? 0));
}

/** Reads whole items by key. */
export const readsItems =
  (entity: EntityName, where: Where, consistency: "consistent" | "eventual" = "eventual"): ReadFloor =>
  (table) =>
    itemsOf(table, entity, where).reduce(
      (sum, item) => sum + unitsOf(itemSize(declared(item)), READ_UNIT) * (consistency === "consistent" ? 1 : 0.5),
      0,
    );

interface Rows {
  readonly entity: EntityName;
  readonly where: Where;
  readonly newest?: number;
}

/** Reads index rows that stand side by side, in one request. */
export const readsRows =
  (index: GlobalIndexName, all: readonly Rows[]): ReadFloor =>
  (table) => {
    const bytes = all.flatMap(({ entity, where, newest }) => {
      const model = Object.values<IndexSchema>(MODELS[entity].schema.indexes).find((each) => each.index === index);
      if (model === undefined) throw new Error(`${entity} is not in ${index}`);
      const items = itemsOf(table, entity, where).slice(0, newest);
      return items.map((item) => itemSize(rowOf(item, model)?.shown ?? {}));
    });
    const sum = bytes.reduce((total, size) => total + size, 0);
    return unitsOf(sum, READ_UNIT) * 0.5;
  };
