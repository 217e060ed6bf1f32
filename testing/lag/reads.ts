import { type LaggedTable, READS } from "./lagged-table.ts";
import type { Body } from "./upstream.ts";
import type { WireItem } from "./view.ts";

/** A read that goes to a view: its request, and its answer in the names of the table that was asked for. */
export interface Served {
  readonly body: Body;
  readonly rename: (answer: Body) => Body;
}

interface Views {
  readonly table: (name: string) => Promise<LaggedTable | undefined>;
  /** Whether a plain read meets a replica that is behind. */
  readonly isStale: (table: LaggedTable) => boolean;
  /** The table of the engine that holds a view as it is now. */
  readonly shown: (table: LaggedTable, view: string) => Promise<string>;
}

interface Keys {
  readonly Keys: readonly WireItem[];
  readonly ConsistentRead?: boolean;
}
interface Capacity {
  readonly TableName: string;
  readonly CapacityUnits?: number;
  readonly Table?: { readonly CapacityUnits: number };
}

/** How a read is served from views; undefined when the table itself serves it. */
export const readOf = (operation: string, body: Body, views: Views): Promise<Served | undefined> =>
  operation === "BatchGetItem" ? batchOf(body, views) : oneOf(body, views);

async function oneOf(body: Body, { table, isStale, shown }: Views): Promise<Served | undefined> {
  const { TableName, IndexName, ConsistentRead } = body;
  const lagged = await table(TableName as string);
  if (lagged === undefined) return undefined;
  const isIndex = typeof IndexName === "string" && lagged.viewOf(IndexName) !== undefined;
  if (!isIndex && (ConsistentRead === true || !isStale(lagged))) return undefined;
  const shadow = await shown(lagged, isIndex ? IndexName : READS);
  const rename = (answer: Body) =>
    answer.ConsumedCapacity === undefined
      ? answer
      : { ...answer, ConsumedCapacity: { ...(answer.ConsumedCapacity as Capacity), TableName } };
  return { body: { ...body, TableName: shadow }, rename };
}

/** Each key of a batch has its own replica. */
async function batchOf(body: Body, { table, isStale, shown }: Views): Promise<Served | undefined> {
  const requests: Record<string, Keys> = {};
  const names = new Map<string, string>();
  for (const [name, keys] of Object.entries((body.RequestItems ?? {}) as Record<string, Keys>)) {
    const lagged = keys.ConsistentRead === true || !areDistinct(keys.Keys) ? undefined : await table(name);
    const stale = lagged === undefined ? [] : keys.Keys.filter(() => isStale(lagged));
    if (lagged === undefined || stale.length === 0) {
      requests[name] = keys;
      continue;
    }
    const shadow = await shown(lagged, READS);
    names.set(shadow, name);
    requests[shadow] = { ...keys, Keys: stale };
    const fresh = keys.Keys.filter((key) => !stale.includes(key));
    if (fresh.length > 0) requests[name] = { ...keys, Keys: fresh };
  }
  if (names.size === 0) return undefined;
  return { body: { ...body, RequestItems: requests }, rename: (answer) => mergedBatch(answer, names) };
}

const areDistinct = (keys: readonly WireItem[]) =>
  new Set(keys.map((key) => JSON.stringify(Object.entries(key).sort()))).size === keys.length;

/** The parts of one table as one. */
function merged<T>(parts: Record<string, T>, names: ReadonlyMap<string, string>, join: (a: T, b: T) => T) {
  const whole: Record<string, T> = {};
  for (const [name, part] of Object.entries(parts)) {
    const own = names.get(name) ?? name;
    const known = whole[own];
    whole[own] = known === undefined ? part : join(known, part);
  }
  return whole;
}

const joinCapacity = (a: Capacity, b: Capacity): Capacity => ({
  ...a,
  CapacityUnits: (a.CapacityUnits ?? 0) + (b.CapacityUnits ?? 0),
  ...(a.Table === undefined || b.Table === undefined
    ? {}
    : { Table: { CapacityUnits: a.Table.CapacityUnits + b.Table.CapacityUnits } }),
});

function mergedBatch(answer: Body, names: ReadonlyMap<string, string>): Body {
  const responses = (answer.Responses ?? {}) as Record<string, WireItem[]>;
  const unprocessed = (answer.UnprocessedKeys ?? {}) as Record<string, Keys>;
  const capacity = answer.ConsumedCapacity as Capacity[] | undefined;
  return {
    ...answer,
    Responses: merged(responses, names, (a, b) => [...a, ...b]),
    UnprocessedKeys: merged(unprocessed, names, (a, b) => ({ ...a, Keys: [...a.Keys, ...b.Keys] })),
    ...(capacity === undefined ? {} : { ConsumedCapacity: mergedCapacity(capacity, names) }),
  };
}

function mergedCapacity(capacity: readonly Capacity[], names: ReadonlyMap<string, string>): Capacity[] {
  const byTable = Object.fromEntries(capacity.map((one) => [one.TableName, one]));
  const whole = merged(byTable, names, joinCapacity);
  return Object.entries(whole).map(([TableName, one]) => ({ ...one, TableName }));
}
