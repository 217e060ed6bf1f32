import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { type Delay, drawDelay, type Lateness } from "./delays.ts";
import { seededAt } from "./random.ts";
import { type Body, bodyOf, type Upstream } from "./upstream.ts";
import { type Coming, type Version, View, type WireItem } from "./view.ts";

interface KeyElement {
  readonly AttributeName: string;
  readonly KeyType: string;
}
interface Index {
  readonly IndexName: string;
  readonly KeySchema: readonly KeyElement[];
  readonly Projection: object;
}
/** A table as CreateTable and DescribeTable tell it. */
export interface Description {
  readonly TableName: string;
  readonly TableStatus?: string;
  readonly KeySchema: readonly KeyElement[];
  readonly AttributeDefinitions: readonly { readonly AttributeName: string }[];
  readonly GlobalSecondaryIndexes?: readonly Index[];
  readonly LocalSecondaryIndexes?: readonly Index[];
}

/** The view that plain reads of the table are answered from; all others have an index's name. */
export const READS = "reads";
const LOOKS = 1_000;
/** What DynamoDB takes in one batch. */
const BATCH = 25;

const namesOf = (schema: readonly KeyElement[]) => schema.map(({ AttributeName }) => AttributeName);
const partsOf = ({ IndexName, KeySchema, Projection }: Index) => ({ IndexName, KeySchema, Projection });

/** A table of the engine that holds what a view shows, so that the engine itself answers queries of the past. */
class Shadow {
  readonly view: View;
  readonly table = `lag-${randomUUID()}`;
  readonly #create: () => Promise<void>;
  #created: Promise<void> | undefined;
  #delivered: Promise<void> = Promise.resolve();
  /** Versions that the view shows and the table does not hold yet. */
  #owed: readonly Coming[] = [];

  constructor(view: View, create: (table: string) => Promise<void>) {
    this.view = view;
    this.#create = () => create(this.table);
  }

  get exists(): boolean {
    return this.#created !== undefined;
  }

  /** Brings the view up to a time, with one delivery after another; `write` stores versions. */
  show(now: number, write: (versions: readonly Version[]) => Promise<void>): Promise<void> {
    const shown = this.#delivered.then(() => this.#deliver(now, write));
    // A delivery that fails is the caller's; the next one makes up for it.
    this.#delivered = shown.catch(() => undefined);
    return shown;
  }

  async #deliver(now: number, write: (versions: readonly Version[]) => Promise<void>): Promise<void> {
    this.#created ??= this.#create();
    await this.#created.catch((error: unknown) => {
      this.#created = undefined;
      throw error;
    });
    const due = new Map([...this.#owed, ...this.view.takeDue(now)].map((version) => [version.name, version]));
    this.#owed = [...due.values()];
    while (this.#owed.length > 0) {
      await write(this.#owed.slice(0, BATCH));
      this.#owed = this.#owed.slice(BATCH);
    }
  }
}

/** When a version was written. */
interface Written {
  /** Milliseconds of the engine's time. */
  readonly at: number;
  /** Which of all writes it was. */
  readonly order: number;
  /** Which of the writes since the last draw from the beginning it was: its delays follow from that. */
  readonly number: number;
}

/** A table whose indexes and plain reads show the past. */
export class LaggedTable {
  readonly keys: readonly string[];
  readonly #upstream: Upstream;
  readonly #headers: IncomingHttpHeaders;
  readonly #shadows = new Map<string, Shadow>();

  constructor(upstream: Upstream, headers: IncomingHttpHeaders, description: Description) {
    this.#upstream = upstream;
    this.#headers = headers;
    this.keys = namesOf(description.KeySchema);
    const shadow = (required: readonly string[], indexes: Partial<Description>) =>
      new Shadow(new View(required), (table) => this.#createTable(table, description, indexes));
    const { GlobalSecondaryIndexes = [], LocalSecondaryIndexes = [] } = description;
    const local = LocalSecondaryIndexes.length > 0 ? { LocalSecondaryIndexes: LocalSecondaryIndexes.map(partsOf) } : {};
    this.#shadows.set(READS, shadow(this.keys, local));
    for (const index of GlobalSecondaryIndexes) {
      const one = { GlobalSecondaryIndexes: [partsOf(index)] };
      this.#shadows.set(index.IndexName, shadow(namesOf(index.KeySchema), one));
    }
  }

  /** The tables of the engine that hold views. */
  get shadowTables(): string[] {
    return [...this.#shadows.values()].filter(({ exists }) => exists).map(({ table }) => table);
  }

  viewOf(name: string): View | undefined {
    return this.#shadows.get(name)?.view;
  }

  get views(): ReadonlyMap<string, View> {
    return new Map([...this.#shadows].map(([name, { view }]) => [name, view]));
  }

  keyOf(item: WireItem): WireItem {
    return Object.fromEntries(this.keys.map((name) => [name, item[name]]));
  }

  /** Takes a version; each view draws when it shows it. */
  add(version: Version, { at, order, number }: Written, lateness: Lateness): void {
    const name = JSON.stringify(version.key);
    const { seed, reads, indexes, perIndex } = lateness;
    let place = 0;
    for (const [viewName, { view }] of this.#shadows) {
      const delay: Delay = viewName === READS ? reads : (perIndex[viewName] ?? indexes);
      view.add(name, version, at + drawDelay(delay, seededAt(seed, number, place++)), order);
    }
  }

  /** Takes an item that all views show already. */
  addShown(item: WireItem): void {
    const key = this.keyOf(item);
    for (const { view } of this.#shadows.values()) view.add(JSON.stringify(key), { key, item }, 0, -1);
  }

  /** The name of the table that shows a view as it is at a time. */
  async shown(viewName: string, now: number): Promise<string> {
    const shadow = this.#shadows.get(viewName);
    if (shadow === undefined) throw new Error(`there is no view ${viewName}`);
    await shadow.show(now, (versions) => this.#store(shadow.table, versions));
    return shadow.table;
  }

  /** What is stored under a key now. */
  async present(table: string, key: WireItem): Promise<WireItem | undefined> {
    const input = { TableName: table, Key: key, ConsistentRead: true };
    return (await this.#upstream.ask(this.#headers, "GetItem", input)).Item as WireItem | undefined;
  }

  /** Removes what the lag engine has made in the engine. */
  async drop(): Promise<void> {
    for (const table of this.shadowTables) {
      await onceFree(() => this.#upstream.call(this.#headers, "DeleteTable", { TableName: table }));
    }
  }

  async #store(table: string, versions: readonly Version[]): Promise<void> {
    let requests: unknown[] = versions.map(({ key, item }) =>
      item === undefined ? { DeleteRequest: { Key: key } } : { PutRequest: { Item: item } },
    );
    while (requests.length > 0) {
      const answer = await this.#upstream.ask(this.#headers, "BatchWriteItem", { RequestItems: { [table]: requests } });
      requests = (answer.UnprocessedItems as Record<string, unknown[]> | undefined)?.[table] ?? [];
    }
  }

  async #createTable(table: string, { KeySchema, AttributeDefinitions }: Description, indexes: Partial<Description>) {
    const { GlobalSecondaryIndexes = [], LocalSecondaryIndexes = [] } = indexes;
    const all = [KeySchema, ...[...GlobalSecondaryIndexes, ...LocalSecondaryIndexes].map((index) => index.KeySchema)];
    const used = new Set(all.flatMap(namesOf));
    const definitions = AttributeDefinitions.filter(({ AttributeName }) => used.has(AttributeName));
    const input = {
      TableName: table,
      BillingMode: "PAY_PER_REQUEST",
      KeySchema,
      AttributeDefinitions: definitions,
      ...indexes,
    };
    await onceFree(() => this.#upstream.call(this.#headers, "CreateTable", input));
    await describe(this.#upstream, this.#headers, table);
  }
}

/** An engine may create or delete one table at a time. */
async function onceFree(call: () => ReturnType<Upstream["call"]>): Promise<void> {
  for (let look = 1; ; look++) {
    const answer = await call();
    if (answer.status === 200 || answer.body.includes("ResourceNotFoundException")) return;
    const busy = /ResourceInUseException|LimitExceededException/.test(answer.body);
    if (!busy || look === LOOKS) throw new Error(`the engine refused a table of the lag engine's: ${answer.body}`);
  }
}

/** What an engine tells of a table once it can be used; nothing when there is none. */
export async function describe(
  upstream: Upstream,
  headers: IncomingHttpHeaders,
  table: string,
): Promise<Description | undefined> {
  for (let look = 1; ; look++) {
    const answer = await upstream.call(headers, "DescribeTable", { TableName: table });
    if (answer.status !== 200) return undefined;
    const description = bodyOf(answer).Table as Description;
    if (description.TableStatus === undefined || description.TableStatus === "ACTIVE") return description;
    if (look === LOOKS) throw new Error(`the table ${table} does not become active`);
  }
}

/** Everything that a table holds: what it held before the lag engine came is shown at once. */
export async function everyItem(upstream: Upstream, headers: IncomingHttpHeaders, table: string): Promise<WireItem[]> {
  const items: WireItem[] = [];
  let from: Body | undefined;
  do {
    const start = from === undefined ? {} : { ExclusiveStartKey: from };
    const page = await upstream.ask(headers, "Scan", { TableName: table, ConsistentRead: true, ...start });
    items.push(...(page.Items as WireItem[]));
    from = page.LastEvaluatedKey as Body | undefined;
  } while (from !== undefined);
  return items;
}
