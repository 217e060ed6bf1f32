import type { DataContext } from "./context.ts";
import { UnprocessedError, ValidationError } from "./errors.ts";
import { countIn, only } from "./options.ts";
import { BATCH_WRITE_LIMIT, batchWrite, keyText, type StoredItem } from "./requests.ts";

/** How many requests at once, and who hears of them. */
export interface BulkWriteOptions {
  /** Requests in flight at once. Default 4. */
  readonly concurrency?: number;
  /** Called after each request with the number of items written so far. */
  readonly onProgress?: (written: number) => void;
}

/** What an import did. */
export interface BulkWriteReport<T> {
  /** How many items were written. */
  readonly written: number;
  /** The inputs that could not be written, each with what DynamoDB said. */
  readonly failed: readonly { readonly input: T; readonly cause: unknown }[];
}

/**
 * Writes any number of items: streams its input, keeps a bounded number of requests in flight, retries what DynamoDB
 * leaves unprocessed, and goes on after a failed batch. Items are replaced, so it is for seeds, imports and copies.
 * @throws ValidationError for a concurrency that is not 1 to 64; what `inputs`, `itemOf` or `onProgress` throw.
 */
export async function bulkWrite<T>(
  context: DataContext,
  inputs: Iterable<T> | AsyncIterable<T>,
  itemOf: (input: T) => StoredItem,
  options: BulkWriteOptions = {},
): Promise<BulkWriteReport<T>> {
  const { concurrency = 4, onProgress } = only("bulk", options, ["concurrency", "onProgress"]);
  if (!isIterable(inputs)) throw new ValidationError("bulk", "inputs", "must be iterable", inputs);
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw new ValidationError("bulk", "onProgress", "must be a function", onProgress);
  }
  countIn("bulk", "concurrency", concurrency, 1, 64);
  const failed: { input: T; cause: unknown }[] = [];
  let written = 0;
  let broken: { readonly error: unknown } | undefined;

  async function write(batch: ReadonlyMap<string, { input: T; item: StoredItem }>): Promise<void> {
    const writes = [...batch.values()].map(({ item }) => ({ PutRequest: { Item: item } }));
    let left: readonly string[] = [];
    let cause: unknown;
    try {
      const unprocessed = await batchWrite(context, { entity: "bulk", accessPattern: "put" }, writes);
      left = unprocessed.map((request) => ("PutRequest" in request ? keyText(request.PutRequest.Item) : ""));
      cause = new UnprocessedError(left.length);
    } catch (error) {
      left = [...batch.keys()];
      cause = error;
    }
    for (const key of left) {
      const entry = batch.get(key);
      if (entry !== undefined) failed.push({ input: entry.input, cause });
    }
    written += batch.size - left.length;
    try {
      onProgress?.(written);
    } catch (error) {
      broken ??= { error };
    }
  }

  const inFlight = new Set<Promise<void>>();
  const writing = new Map<string, Promise<void>>();
  async function start(batch: ReadonlyMap<string, { input: T; item: StoredItem }>): Promise<void> {
    const keys = [...batch.keys()];
    // A later input with the same key wins, so it waits for the request of the earlier one.
    await Promise.all(keys.map((key) => writing.get(key)));
    const request: Promise<void> = write(batch).finally(() => {
      inFlight.delete(request);
      for (const key of keys) if (writing.get(key) === request) writing.delete(key);
    });
    inFlight.add(request);
    for (const key of keys) writing.set(key, request);
    if (inFlight.size >= concurrency) await Promise.race(inFlight);
  }

  let batch = new Map<string, { input: T; item: StoredItem }>();
  try {
    for await (const input of inputs) {
      if (broken !== undefined) break;
      const item = itemOf(input);
      const key = keyText(item);
      // DynamoDB refuses the same key twice in one batch.
      if (batch.size === BATCH_WRITE_LIMIT || batch.has(key)) {
        await start(batch);
        batch = new Map();
      }
      batch.set(key, { input, item });
    }
    if (batch.size > 0 && broken === undefined) await start(batch);
  } finally {
    // An error of the caller's own leaves no request running behind it.
    await Promise.all(inFlight);
  }
  if (broken !== undefined) throw broken.error;
  return { written, failed };
}

const isIterable = (inputs: unknown) =>
  typeof inputs === "object" && inputs !== null && (Symbol.asyncIterator in inputs || Symbol.iterator in inputs);
