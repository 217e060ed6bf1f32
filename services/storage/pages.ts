import { PRIMARY_KEY } from "../../entities/keys.ts";
import type { DataContext } from "./context.ts";
import type { CursorCodec } from "./cursor.ts";
import type { QueryOperation } from "./electrodb.ts";
import { InvalidCursorError, isDataLayerError } from "./errors.ts";
import { inThisForm } from "./forms.ts";
import { type AskedIndex, byVersion } from "./index-versions.ts";
import { countIn, only } from "./options.ts";
import {
  batchGet,
  keyOf,
  keyText,
  projectionOf,
  type QueryParameters,
  type RequestLabel,
  type StoredItem,
  send,
} from "./requests.ts";

/** One page of a list. */
export interface Page<T> {
  /** The items of the page; may be fewer than the limit, even when there are more pages. */
  readonly items: T[];
  /** Pass it back for the next page; null after the last one. A last page that is exactly full has one: an empty page follows. */
  readonly cursor: string | null;
}

/** Which page of a list. */
export interface ListOptions {
  /** Items of a page, 1 to 100. Default 25. */
  readonly limit?: number | undefined;
  /** The cursor of the page before; null or left out for the first page. */
  readonly cursor?: string | null | undefined;
}

/** `asc` for the lowest or oldest first. */
export type Order = "asc" | "desc";

const DEFAULT_LIMIT = 25;
export const MAX_LIMIT = 100;

/** @throws ValidationError unless the limit is a whole number from 1 to 100. */
export function limitOf(options: ListOptions): number {
  const { limit = DEFAULT_LIMIT } = only("list", options, ["limit", "cursor"]);
  return countIn("list", "limit", limit, 1, MAX_LIMIT);
}

/** The rows of one answer, and where the next one begins. */
interface Answer {
  readonly rows: StoredItem[];
  readonly lastKey: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Sends a query, and leaves out what was planted in its index under another entity's key. Every read of an index goes through
 * here.
 */
async function ask(
  context: DataContext,
  label: RequestLabel,
  operation: QueryOperation,
  parameters: QueryParameters,
): Promise<Answer> {
  const { ownership, since } = operation;
  const { IndexName, ProjectionExpression } = parameters;
  const askIndex = async ({ indexName, lacks }: AskedIndex): Promise<Answer> => {
    const { Items, LastEvaluatedKey } = await send(context, "Query", label, { ...parameters, IndexName: indexName });
    const rows = Items.filter(ownership.owns);
    if (ProjectionExpression !== undefined) return { rows, lastKey: LastEvaluatedKey };
    const whole = lacks.length === 0 ? rows : await completed(context, label, rows, operation, lacks);
    return { rows: whole.map((row) => inThisForm(row, ownership.viewOf(row))), lastKey: LastEvaluatedKey };
  };
  if (IndexName !== undefined) return byVersion(context, IndexName, since, askIndex);
  const { Items, LastEvaluatedKey } = await send(context, "Query", label, parameters);
  return { rows: Items.filter(ownership.owns), lastKey: LastEvaluatedKey };
}

/**
 * Rows of a former version of an index with what it lacks of their views, read from the items; those gone meanwhile are left
 * out. It reads what is stored now: a plain read may not know yet of an item that the index shows.
 */
async function completed(
  context: DataContext,
  label: RequestLabel,
  rows: readonly StoredItem[],
  { ownership }: QueryOperation,
  lacks: readonly string[],
): Promise<StoredItem[]> {
  const isShort = (row: StoredItem) => lacks.some((attribute) => ownership.viewOf(row).includes(attribute));
  const short = rows.filter(isShort);
  const attributes = [...Object.values(PRIMARY_KEY), "__edb_e__", ...lacks];
  const found = await batchGet(context, label, short.map(keyOf), { attributes, consistent: true });
  const missing = new Map(found.map((item): [string, StoredItem] => [keyText(item), item]));
  return rows.flatMap((row) => {
    if (!isShort(row)) return [row];
    const item = missing.get(keyText(row));
    return item === undefined ? [] : [{ ...row, ...item }];
  });
}

/** A list: the query of an access pattern, under the name of that. */
interface List {
  readonly label: RequestLabel;
  readonly operation: QueryOperation;
}

/**
 * Reads a list, by the access pattern of before where the table cannot answer by this one yet, and where a cursor was handed
 * out by that.
 */
async function byPattern<T>({ label, operation }: List, read: (list: List) => Promise<T>): Promise<T> {
  const { before } = operation;
  try {
    return await read({ label, operation });
  } catch (error) {
    const isOther = isDataLayerError(error) && (error.code === "index_not_ready" || error.code === "invalid_cursor");
    if (before === undefined || !isOther) throw error;
    return read({ label: { ...label, accessPattern: before.pattern }, operation: before.operation });
  }
}

// A cursor fits one list only: this access pattern, partition, range and order.
function listOf(context: DataContext, label: RequestLabel, parameters: QueryParameters): string {
  const { ":pk": partition, ":sk1": range, ":sk2": end } = parameters.ExpressionAttributeValues;
  return JSON.stringify([
    context.table,
    label.entity,
    label.accessPattern,
    partition,
    range,
    parameters.ScanIndexForward,
    ...(end === undefined ? [] : [end]),
  ]);
}

function startKeyOf(cursors: CursorCodec, list: string, cursor: unknown): Record<string, unknown> {
  if (typeof cursor !== "string") throw new InvalidCursorError();
  return cursors.open(cursor, list);
}

/** How a page is read. */
export interface Reading {
  readonly order?: Order | undefined;
  /** Default: the context's for lists that hold no credentials. */
  readonly cursors?: CursorCodec;
}

/** Reads one page of stored rows, newest first unless said. */
export async function readPage(
  context: DataContext,
  label: RequestLabel,
  operation: QueryOperation,
  options: ListOptions = {},
  { order = "desc", cursors = context.cursors }: Reading = {},
): Promise<Page<StoredItem>> {
  const limit = limitOf(options);
  return byPattern({ label, operation }, async (list) => {
    const parameters = list.operation.params({ limit, order });
    const name = listOf(context, list.label, parameters);
    if (options.cursor !== undefined && options.cursor !== null) {
      parameters.ExclusiveStartKey = startKeyOf(cursors, name, options.cursor);
    }
    const { rows, lastKey } = await ask(context, list.label, list.operation, parameters);
    return { items: rows, cursor: lastKey === undefined ? null : cursors.seal(lastKey, name) };
  });
}

/** Yields the rows of a query, page by page. */
async function* eachAnswer(
  context: DataContext,
  label: RequestLabel,
  operation: QueryOperation,
  parametersOf: (operation: QueryOperation) => QueryParameters,
): AsyncGenerator<StoredItem[], void, undefined> {
  let [list, page] = await byPattern(
    { label, operation },
    async (one): Promise<[List, Answer]> => [
      one,
      await ask(context, one.label, one.operation, parametersOf(one.operation)),
    ],
  );
  yield page.rows;
  while (page.lastKey !== undefined) {
    const parameters = { ...parametersOf(list.operation), ExclusiveStartKey: page.lastKey };
    page = await ask(context, list.label, list.operation, parameters);
    yield page.rows;
  }
}

/** How a query is read to its end. */
export interface Drain {
  readonly order?: Order;
  readonly limit?: number;
  /** Of the table's own key alone. */
  readonly consistent?: boolean;
  /** Of each row its key alone, whatever else another writer stored in it. */
  readonly keysAlone?: boolean;
}

/** The parameters of a query that asks for no more of each row than its key and whose it is. */
function forKeys(parameters: QueryParameters, { fields }: QueryOperation["ownership"]): QueryParameters {
  const { ProjectionExpression, ExpressionAttributeNames } = projectionOf([
    ...new Set([...Object.values(PRIMARY_KEY), ...fields]),
  ]);
  const names = { ...parameters.ExpressionAttributeNames, ...ExpressionAttributeNames };
  return { ...parameters, ProjectionExpression, ExpressionAttributeNames: names };
}

/** Yields the stored rows of a query in pages, newest first unless said. */
export async function* eachPage(
  context: DataContext,
  label: RequestLabel,
  operation: QueryOperation,
  { order = "desc", limit, consistent = false, keysAlone = false }: Drain = {},
): AsyncGenerator<StoredItem[], void, undefined> {
  yield* eachAnswer(context, label, operation, (asked) => {
    const parameters = asked.params({ order, ...(limit === undefined ? {} : { limit }) });
    if (consistent) parameters.ConsistentRead = true;
    return keysAlone ? forKeys(parameters, asked.ownership) : parameters;
  });
}

/** Yields every stored row of a query, page by page, newest first unless said. */
export async function* eachRow(...asked: Parameters<typeof eachPage>): AsyncGenerator<StoredItem, void, undefined> {
  for await (const rows of eachPage(...asked)) yield* rows;
}

/** Every stored row of a query. */
export async function allRows(...asked: Parameters<typeof eachPage>): Promise<StoredItem[]> {
  const rows: StoredItem[] = [];
  for await (const page of eachPage(...asked)) rows.push(...page);
  return rows;
}

/** Counts the rows of a query exactly, over all its pages, reading no more of them than whose they are. */
export async function countRows(context: DataContext, label: RequestLabel, operation: QueryOperation): Promise<number> {
  let count = 0;
  const keys = (asked: QueryOperation) => forKeys(asked.params(), asked.ownership);
  for await (const rows of eachAnswer(context, label, operation, keys)) count += rows.length;
  return count;
}

/**
 * Every item of a list, one page after another, as they are asked for.
 * @throws what the list throws.
 * @example
 * import { eachItem } from "@ielts-ai-prep/data-layer";
 *
 * const oldestFirst = eachItem((page) => support.listByStatus("new", { ...page, order: "asc" }));
 * for await (const { ticket_id, category } of oldestFirst) {
 *   if (category === "technical") await support.setPriority(ticket_id, "high");
 * }
 */
export async function* eachItem<T>(list: (page: ListOptions) => Promise<Page<T>>): AsyncGenerator<T, void, undefined> {
  let cursor: string | null = null;
  do {
    const page: Page<T> = await list({ limit: MAX_LIMIT, cursor });
    yield* page.items;
    cursor = page.cursor;
  } while (cursor !== null);
}
