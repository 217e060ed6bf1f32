import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { CreateEntityItem } from "electrodb";
import { createContext } from "../services/context.ts";
import { bulkWrite } from "../services/storage/bulk-writer.ts";
import type { AnyEntity, Model, RequestEvent } from "../services/storage/context.ts";
import type { ListOptions, Page } from "../services/storage/pages.ts";
import { Repository } from "../services/storage/repository.ts";
import type { TestTable } from "./engine.ts";

/** Follows a list's cursors to its end and returns its pages. */
export async function everyPage<T>(
  list: (options: ListOptions) => Promise<Page<T>>,
  options: Pick<ListOptions, "limit"> = {},
): Promise<T[][]> {
  const pages: T[][] = [];
  let cursor: string | null = null;
  do {
    const page: Page<T> = await list({ ...options, cursor });
    pages.push(page.items);
    cursor = page.cursor;
  } while (cursor !== null);
  return pages;
}

/** The names of a service's functions. */
export const functionsOf = (service: object): string[] =>
  Object.getOwnPropertyNames(Object.getPrototypeOf(service)).filter((name) => name !== "constructor");

/** The requests that an act makes. */
export async function requestsOf(db: TestTable, act: () => Promise<unknown>): Promise<RequestEvent[]> {
  const before = db.requests.length;
  await act();
  return db.requests.slice(before);
}

/** A list in one order of its own: requests that are sent side by side may end in any. */
export const inOneOrder = <T>(list: readonly T[]): T[] =>
  list.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));

/** A command as a client gets it. */
export interface SentCommand {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** A client on which `intercept` sees each command first, and answers it itself or passes it on with `next`. */
export function interceptedClient(
  client: DynamoDBClient,
  intercept: (command: SentCommand, next: () => Promise<unknown>) => Promise<unknown>,
): DynamoDBClient {
  return new Proxy(client, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (property !== "send") return typeof value === "function" ? value.bind(target) : value;
      return (command: { readonly input: Readonly<Record<string, unknown>> }, options: object) =>
        intercept({ name: command.constructor.name, input: command.input }, () =>
          target.send(command as never, options),
        );
    },
  });
}

/** A client whose first command of a kind, such as `PutCommand`, waits before it is sent: `arrived` when it waits, until `go()`. */
export function heldClient(client: DynamoDBClient, kind: string) {
  let arrive = () => {};
  let go = () => {};
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const leave = new Promise<void>((resolve) => {
    go = resolve;
  });
  let held = false;
  return {
    arrived,
    go,
    client: interceptedClient(client, async ({ name }, next) => {
      if (name === kind && !held) {
        held = true;
        arrive();
        await leave;
      }
      return next();
    }),
  };
}

/** Writes items of an entity without a service's rules: for tables that a test only reads. */
export async function storeAll<E extends AnyEntity>(
  db: TestTable,
  model: Model<E>,
  items: readonly CreateEntityItem<E>[],
): Promise<void> {
  const context = createContext({ client: db.client, table: db.table });
  const store = new Repository(context, model);
  const { failed } = await bulkWrite(context, items, (item) => store.itemOf(item));
  if (failed.length > 0) throw new Error("the test's items could not be stored", { cause: failed[0]?.cause });
}
