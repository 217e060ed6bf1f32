import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { Lateness } from "./delays.ts";
import { EngineTime } from "./engine-time.ts";
import { type Description, describe, everyItem, LaggedTable, READS } from "./lagged-table.ts";
import { Locks } from "./locks.ts";
import { seededAt } from "./random.ts";
import { readOf, type Served } from "./reads.ts";
import { type Body, bodyOf, type Message, textOf, Upstream } from "./upstream.ts";
import type { Version, WireItem } from "./view.ts";
import { type Write, writesOf } from "./writes.ts";

const READS_OF_ITEMS = ["GetItem", "BatchGetItem", "Query", "Scan"];
const WRITES = ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"];
const REFUSED = ["ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"];

const JSON_TYPE = "application/x-amz-json-1.0";
const refusal = (message: string): Message => ({
  status: 400,
  headers: { "content-type": JSON_TYPE },
  body: JSON.stringify({ __type: "com.amazon.coral.validate#ValidationException", message }),
});

/** A request as it came. */
interface Request {
  readonly headers: IncomingHttpHeaders;
  readonly operation: string;
  readonly text: string;
  readonly body: Body;
}

/** Stands before an engine and shows, where DynamoDB may, the past. */
export class LagServer {
  readonly time: EngineTime;
  readonly #upstream: Upstream;
  readonly #tables = new Map<string, Promise<LaggedTable | undefined>>();
  readonly #known = new Set<LaggedTable>();
  readonly #locks = new Locks();
  readonly #held = new Set<string>();
  readonly #server: Server;
  #allHeld = false;
  #lateness: Lateness;
  #random: () => number;
  /** Writes until now, by which versions are in order. */
  #writes = 0;
  /** Writes before the last draw from the beginning. */
  #writesBefore = 0;

  constructor(endpoint: string, lateness: Lateness, clock?: () => number) {
    this.#upstream = new Upstream(endpoint);
    this.#lateness = lateness;
    this.#random = seededAt(lateness.seed);
    this.time = new EngineTime(clock);
    this.#server = createServer((incoming, outgoing) => void this.#handle(incoming, outgoing));
    this.#server.keepAliveTimeout = 60_000;
  }

  get seed(): number {
    return this.#lateness.seed;
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(0, "127.0.0.1", resolve);
    });
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the lag engine has no port");
    return `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    for (const table of this.#known) await table.drop();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#upstream.close();
  }

  /** Draws from the beginning again, those of another seed if one is given. */
  reseed(seed: number): void {
    this.#lateness = { ...this.#lateness, seed };
    this.#random = seededAt(seed);
    this.#writesBefore = this.#writes;
  }

  hold(names: readonly string[]): void {
    if (names.length === 0) this.#allHeld = true;
    for (const name of names) this.#held.add(name);
    for (const table of this.#known) this.#holdViewsOf(table);
  }

  release(names: readonly string[]): void {
    this.#allHeld = names.length === 0 ? false : this.#allHeld;
    if (names.length === 0) this.#held.clear();
    for (const name of names) this.#held.delete(name);
    for (const { views } of this.#known) {
      for (const [name, view] of views) if (names.length === 0 || names.includes(name)) view.release();
    }
  }

  settle(): void {
    const views = [...this.#known].flatMap((table) => [...table.views.values()]);
    this.time.reach(Math.max(this.time.now, ...views.map(({ latest }) => latest)));
    for (const view of views) view.settle(this.time.now);
  }

  #holdViewsOf(table: LaggedTable): void {
    for (const [name, view] of table.views) if (this.#allHeld || this.#held.has(name)) view.hold(this.time.now);
  }

  async #handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    try {
      const text = await textOf(incoming);
      const operation = String(incoming.headers["x-amz-target"]).split(".").at(-1) ?? "";
      const { status, headers, body } = await this.#answer(incoming.headers, operation, text);
      const { "content-type": type = JSON_TYPE, "x-amzn-requestid": id } = headers;
      outgoing.writeHead(status, { "content-type": type, ...(id === undefined ? {} : { "x-amzn-requestid": id }) });
      outgoing.end(body);
    } catch (error) {
      // The engine behind this one is gone: so is this one.
      if ((error as { code?: string }).code !== undefined) outgoing.destroy(error as Error);
      else {
        const body = { __type: "com.amazonaws.dynamodb.v20120810#InternalServerError", message: String(error) };
        outgoing.writeHead(500, { "content-type": JSON_TYPE }).end(JSON.stringify(body));
      }
    }
  }

  async #answer(headers: IncomingHttpHeaders, operation: string, text: string): Promise<Message> {
    if (REFUSED.includes(operation)) return refusal(`the lag engine does not know ${operation}`);
    const body = parsed(text);
    if (body === undefined) return this.#upstream.send(headers, text);
    const request = { headers, operation, text, body };
    if (READS_OF_ITEMS.includes(operation)) return this.#read(request);
    if (WRITES.includes(operation)) return this.#write(request);
    return this.#onTables(request);
  }

  /** A read of items: of the present if it asks for that, else of what its index or its replica shows. */
  async #read({ headers, operation, text, body }: Request): Promise<Message> {
    const begun = this.time.begin(this.#lateness.requests, this.#random);
    const draw = this.#random;
    const { staleReads } = this.#lateness;
    const isStale = (table: LaggedTable) => draw() < staleReads || table.viewOf(READS)?.held === true;
    const served = await readOf(operation, body, {
      table: (name) => this.#tableOf(name, headers),
      isStale,
      shown: (table, view) => table.shown(view, begun.at),
    });
    const answer = await this.#upstream.send(headers, served === undefined ? text : JSON.stringify(served.body));
    this.time.end(begun);
    return served === undefined || answer.status !== 200 ? answer : inOwnNames(answer, served);
  }

  /** A write: its versions are kept in the order in which the engine has applied them. */
  async #write({ headers, operation, text, body }: Request): Promise<Message> {
    const begun = this.time.begin(this.#lateness.requests, this.#random);
    const writes = await writesOf(operation, body, (name) => this.#tableOf(name, headers));
    return this.#locks.holding(
      writes.map(({ name }) => name),
      async () => {
        const answer = await this.#upstream.send(headers, text).catch((error: Error) => error);
        const isApplied = !(answer instanceof Error) && answer.status === 200;
        const isRefused = !(answer instanceof Error) && answer.status < 500;
        if (isApplied && isEmpty(bodyOf(answer).UnprocessedItems)) await this.#record(writes, begun.at);
        // Applied, in part or not at all: only the table knows.
        else if (isApplied || !isRefused) await this.#record(writes.map(unknown), begun.at);
        this.time.end(begun);
        if (answer instanceof Error) throw answer;
        return answer;
      },
    );
  }

  async #record(writes: readonly Write[], at: number): Promise<void> {
    for (const { table, tableName, key, item, known } of writes) {
      const version: Version = { key, item: known ? item : await table.present(tableName, key) };
      const order = this.#writes++;
      table.add(version, { at, order, number: order - this.#writesBefore }, this.#lateness);
    }
  }

  /** Requests about tables; the lag engine's own are not listed. */
  async #onTables({ headers, operation, text, body }: Request): Promise<Message> {
    const answer = await this.#upstream.send(headers, text);
    if (answer.status !== 200) return answer;
    const name = body.TableName as string;
    if (operation === "CreateTable") {
      this.#tables.set(name, Promise.resolve(this.#know(headers, bodyOf(answer).TableDescription as Description, [])));
    }
    if (operation === "DeleteTable" || operation === "UpdateTable") await this.#forget(name);
    if (operation !== "ListTables") return answer;
    const own = new Set([...this.#known].flatMap(({ shadowTables }) => shadowTables));
    const { TableNames, ...rest } = bodyOf(answer);
    const names = (TableNames as string[]).filter((one) => !own.has(one));
    return { ...answer, body: JSON.stringify({ ...rest, TableNames: names }) };
  }

  #know(headers: IncomingHttpHeaders, description: Description, items: readonly WireItem[]): LaggedTable {
    const table = new LaggedTable(this.#upstream, headers, description);
    for (const item of items) table.addShown(item);
    this.#known.add(table);
    this.#holdViewsOf(table);
    return table;
  }

  async #forget(name: string): Promise<void> {
    const table = await this.#tables.get(name);
    this.#tables.delete(name);
    if (table === undefined) return;
    this.#known.delete(table);
    await table.drop();
  }

  #tableOf(name: string, headers: IncomingHttpHeaders): Promise<LaggedTable | undefined> {
    const known = this.#tables.get(name);
    if (known !== undefined) return known;
    const learnt = this.#learn(name, headers);
    this.#tables.set(name, learnt);
    return learnt;
  }

  /** A table that was there before: what it holds has long come everywhere. */
  async #learn(name: string, headers: IncomingHttpHeaders): Promise<LaggedTable | undefined> {
    try {
      const description = await describe(this.#upstream, headers, name);
      if (description !== undefined) {
        return this.#know(headers, description, await everyItem(this.#upstream, headers, name));
      }
    } catch (error) {
      this.#tables.delete(name);
      throw error;
    }
    this.#tables.delete(name);
    return undefined;
  }
}

const isEmpty = (part: unknown) => Object.keys(part ?? {}).length === 0;

const unknown = (write: Write): Write => ({ ...write, known: false });

function parsed(text: string): Body | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null ? (body as Body) : undefined;
  } catch {
    return undefined;
  }
}

const inOwnNames = (answer: Message, { rename }: Served): Message => ({
  ...answer,
  body: JSON.stringify(rename(bodyOf(answer))),
});
