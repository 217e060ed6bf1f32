import { setTimeout as pause } from "node:timers/promises";
import type { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { PRIMARY_KEY } from "../../entities/keys.ts";
import type { DataContext, RequestEvent } from "./context.ts";
import { UnprocessedError } from "./errors.ts";
import { inThisForm } from "./forms.ts";
import { type Operation, sendCommand } from "./wire/document-commands.ts";

/** An item as it is stored: attributes, keys and ElectroDB's identifiers. */
export type StoredItem = Readonly<Record<string, unknown>>;
/** The physical primary key. */
export type StoredKey = Readonly<Record<string, string>>;

/** What `onRequest` is told about a request besides its outcome. */
export interface RequestLabel {
  readonly entity: string;
  readonly accessPattern: string;
}

/** The condition of a write was not met. `current` is the item that stood against it, where the engine tells. */
export class ConditionFailed extends Error {
  override readonly name = "ConditionFailed";
  readonly current: StoredItem | undefined;

  constructor(current: StoredItem | undefined, cause: unknown) {
    super("the condition of a write was not met", { cause });
    this.current = current;
  }
}

export const isConditionFailed = (error: unknown): error is ConditionFailed =>
  (error as Partial<Error> | null | undefined)?.name === "ConditionFailed";

/** A request's parameters as ElectroDB makes them, in the parts that matter here; which of them there are depends on the operation. */
export interface RequestParameters {
  readonly TableName?: string;
  readonly IndexName?: string;
  readonly ScanIndexForward?: boolean;
  readonly Key: StoredKey;
  readonly Item: Record<string, unknown>;
  readonly UpdateExpression?: string;
  readonly ConditionExpression?: string;
  readonly ProjectionExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues: Record<string, unknown>;
  readonly RequestItems?: Readonly<Record<string, readonly unknown[] | object>>;
  ConsistentRead?: boolean;
  ReturnValues?: string;
  ReturnValuesOnConditionCheckFailure?: string;
  ExclusiveStartKey?: Record<string, unknown>;
}

/** Those of a query. */
export type QueryParameters = Omit<RequestParameters, "Key" | "Item">;

interface Output {
  readonly $metadata?: { readonly attempts?: number };
  readonly ConsumedCapacity?: Capacity | readonly Capacity[];
  readonly Item?: StoredItem;
  readonly Items?: StoredItem[];
  readonly Attributes?: StoredItem;
  readonly LastEvaluatedKey?: Record<string, unknown>;
  readonly Count?: number;
  readonly Responses?: Record<string, StoredItem[]>;
  readonly UnprocessedKeys?: Record<string, { Keys?: StoredKey[] }>;
  readonly UnprocessedItems?: Record<string, BatchWrite[]>;
}

interface Capacity {
  readonly CapacityUnits?: number;
  readonly ReadCapacityUnits?: number;
  readonly WriteCapacityUnits?: number;
}

export type BatchWrite =
  | { readonly PutRequest: { readonly Item: StoredItem } }
  | { readonly DeleteRequest: { readonly Key: StoredKey } };

/** What the answer to an operation always has, as it is asked for here. */
interface Answers {
  readonly UpdateItem: { readonly Attributes: StoredItem };
  /** DynamoDB always sends a list, if an empty one, unless it only counts. */
  readonly Query: { readonly Items: StoredItem[] };
}
type Answer<O> = O extends keyof Answers ? Output & Answers[O] : Output;

const READS: ReadonlySet<Operation> = new Set(["GetItem", "Query", "BatchGetItem"]);

/** Sends one request; every request of the package goes through here. */
export async function send<O extends Operation>(
  context: DataContext,
  operation: O,
  label: RequestLabel,
  parameters: Partial<RequestParameters>,
): Promise<Answer<O>> {
  const { onRequest, consumedCapacity, signal } = context.options;
  const request = consumedCapacity === true ? { ...parameters, ReturnConsumedCapacity: "INDEXES" } : parameters;
  const started = onRequest === undefined ? 0 : performance.now();
  const tell = (outcome: RequestEvent["outcome"], output: Output) =>
    onRequest?.({
      operation,
      ...label,
      index: parameters.IndexName ?? "table",
      items: outcome === "ok" ? itemCount(operation, parameters, output) : 0,
      attempts: output.$metadata?.attempts ?? 1,
      milliseconds: performance.now() - started,
      outcome,
      ...capacityOf(operation, output),
    });
  let output: Answer<O>;
  try {
    output = (await sendCommand(context.client, operation, request, signal && { abortSignal: signal })) as Answer<O>;
  } catch (error) {
    const refused = (error as Error | undefined)?.name === "ConditionalCheckFailedException";
    tell(refused ? "condition_failed" : "error", (error ?? {}) as Output);
    if (refused) throw new ConditionFailed(itemOfFailure(error), error);
    throw error;
  }
  if (onRequest !== undefined) tell("ok", output);
  return output;
}

// The document commands convert responses, but not what errors carry.
function itemOfFailure(error: unknown): StoredItem | undefined {
  const item = (error as ConditionalCheckFailedException).Item;
  return inThisForm(item === undefined ? undefined : unmarshall(item));
}

function itemCount(operation: Operation, parameters: Partial<RequestParameters>, output: Output): number {
  if (operation === "Query") return output.Count ?? output.Items?.length ?? 0;
  if (operation === "GetItem") return output.Item === undefined ? 0 : 1;
  if (operation === "BatchGetItem") return Object.values(output.Responses ?? {}).flat().length;
  if (operation === "BatchWriteItem") {
    return (
      Object.values(parameters.RequestItems as Record<string, unknown[]>).flat().length -
      Object.values(output.UnprocessedItems ?? {}).flat().length
    );
  }
  return 1;
}

function capacityOf(operation: Operation, output: Output): { readUnits?: number; writeUnits?: number } {
  if (output.ConsumedCapacity === undefined) return {};
  const units = [output.ConsumedCapacity].flat().reduce((sum, capacity) => sum + (capacity.CapacityUnits ?? 0), 0);
  return READS.has(operation) ? { readUnits: units } : { writeUnits: units };
}

const BATCH_GET_LIMIT = 100;
/** Items of a BatchWriteItem. */
export const BATCH_WRITE_LIMIT = 25;
/** Tries of a batch of which nothing is processed. One that is processed in part is smaller, so it ends. */
const BATCH_ATTEMPTS = 8;

/** Full jitter: 0 to 50 ms after the first try, doubling up to 2 s. */
const backOff = (attempt: number, signal?: AbortSignal) =>
  pause(Math.random() * Math.min(2_000, 50 * 2 ** attempt), undefined, signal === undefined ? {} : { signal });

const chunksOf = <T>(values: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(values.length / size) }, (_, chunk) => values.slice(chunk * size, (chunk + 1) * size));

/** The primary key of a stored item or index row. */
export const keyOf = (item: StoredItem): StoredKey => ({
  [PRIMARY_KEY.partitionKey]: item[PRIMARY_KEY.partitionKey] as string,
  [PRIMARY_KEY.sortKey]: item[PRIMARY_KEY.sortKey] as string,
});

/** The primary key as one text, to compare keys by. */
export const keyText = (item: StoredItem): string => `${item[PRIMARY_KEY.partitionKey]}\0${item[PRIMARY_KEY.sortKey]}`;

/** The part of a request that asks for some attributes alone. */
export function projectionOf(attributes: readonly string[]) {
  return {
    ProjectionExpression: attributes.map((_, index) => `#a${index}`).join(", "),
    ExpressionAttributeNames: Object.fromEntries(attributes.map((name, index) => [`#a${index}`, name])),
  };
}

/**
 * Reads items by key, whole or only some of their attributes, in requests of 100, in no order; items that are gone are left out.
 * An answer holds 16 MB at most; what is left out of it is asked for again.
 * @throws UnprocessedError when DynamoDB keeps leaving all keys out.
 */
export async function batchGet(
  context: DataContext,
  label: RequestLabel,
  keys: readonly StoredKey[],
  options: { consistent?: boolean; attributes?: readonly string[] } = {},
): Promise<StoredItem[]> {
  const read = {
    ...(options.consistent === true ? { ConsistentRead: true } : {}),
    ...(options.attributes === undefined ? {} : projectionOf(options.attributes)),
  };
  const chunks = await Promise.all(
    chunksOf(keys, BATCH_GET_LIMIT).map(async (chunk) => {
      const found: StoredItem[] = [];
      let pending: readonly StoredKey[] = chunk;
      for (let attempt = 0; pending.length > 0; attempt++) {
        if (attempt === BATCH_ATTEMPTS) throw new UnprocessedError(pending.length);
        if (attempt > 0) await backOff(attempt, context.options.signal);
        const output = await send(context, "BatchGetItem", label, {
          RequestItems: { [context.table]: { Keys: pending, ...read } },
        });
        const items = output.Responses?.[context.table] ?? [];
        found.push(...items.map((item) => inThisForm(item, options.attributes)));
        const left = output.UnprocessedKeys?.[context.table]?.Keys ?? [];
        if (left.length < pending.length) attempt = 0;
        pending = left;
      }
      return found;
    }),
  );
  return chunks.flat();
}

/**
 * Deletes items by key, in requests of 25.
 * @throws UnprocessedError when DynamoDB keeps leaving all keys out.
 */
export async function batchDelete(
  context: DataContext,
  label: RequestLabel,
  keys: readonly StoredKey[],
): Promise<void> {
  for (const chunk of chunksOf(keys, BATCH_WRITE_LIMIT)) {
    const left = await batchWrite(
      context,
      label,
      chunk.map((key) => ({ DeleteRequest: { Key: key } })),
    );
    if (left.length > 0) throw new UnprocessedError(left.length);
  }
}

/**
 * Sends at most 25 writes, retries what DynamoDB leaves unprocessed with back-off, and returns what it kept leaving: the
 * very writes that were given.
 */
export async function batchWrite(
  context: DataContext,
  label: RequestLabel,
  writes: readonly BatchWrite[],
): Promise<readonly BatchWrite[]> {
  let pending = writes;
  for (let attempt = 0; pending.length > 0 && attempt < BATCH_ATTEMPTS; attempt++) {
    if (attempt > 0) await backOff(attempt, context.options.signal);
    const output = await send(context, "BatchWriteItem", label, { RequestItems: { [context.table]: pending } });
    const left = new Set(output.UnprocessedItems?.[context.table]?.map(keyTextOf));
    if (left.size < pending.length) attempt = 0;
    pending = left.size === 0 ? [] : pending.filter((write) => left.has(keyTextOf(write)));
  }
  return pending;
}

const keyTextOf = (write: BatchWrite): string =>
  keyText("PutRequest" in write ? write.PutRequest.Item : write.DeleteRequest.Key);
