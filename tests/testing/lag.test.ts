import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  ListTablesCommand,
} from "@aws-sdk/client-dynamodb";
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  type QueryCommandInput,
  ScanCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { createTableInput } from "../../entities/table.ts";
import { createDataLayer } from "../../services/data-layer.ts";
import { ValidationError } from "../../services/storage/errors.ts";
import {
  aTicket,
  LAGS,
  type LagOptions,
  startLagEngine,
  startTestDatabase,
  type TestDatabase,
} from "../../testing/index.ts";
import { type Delay, drawDelay } from "../../testing/lag/delays.ts";
import { seededRandom } from "../../testing/lag/random.ts";
import { createLocalClient, LOCAL_ERASURE_SECRET, startLocalDatabase } from "../../testing/local-database.ts";
import fc from "../generated.ts";

const external = process.env.TEST_DYNAMODB_ENDPOINT;
const PLACE = external === undefined ? {} : { endpoint: external };

let database: TestDatabase;
let documents: DynamoDBDocumentClient;
/** A database that lags; the one before it is stopped. */
async function open(lag: LagOptions): Promise<void> {
  if (database !== undefined) await database.stop();
  database = await startTestDatabase({ ...PLACE, lag: { seed: 1, ...lag } });
  documents = DynamoDBDocumentClient.from(database.client);
}
afterAll(() => database?.stop());

/** Indexes that carry `created_at`, which is the version of an item here. */
const INDEXES = ["gsi1", "gsi2", "gsi4"] as const;
const keyOf = (name: string) => ({ pk: `item#${name}`, sk: "item" });
const rowOf = (name: string, version: number) => ({
  ...keyOf(name),
  ...Object.fromEntries(
    INDEXES.flatMap((index) => [
      [`${index}pk`, "all"],
      [`${index}sk`, name],
    ]),
  ),
  created_at: version,
  unprojected: "in no index",
});
const put = (name: string, version: number) =>
  documents.send(new PutCommand({ TableName: database.table, Item: rowOf(name, version) }));
const remove = (name: string) => documents.send(new DeleteCommand({ TableName: database.table, Key: keyOf(name) }));
const update = (name: string, version: number) => {
  const { pk, sk, ...rest } = rowOf(name, version);
  const names = Object.keys(rest);
  return documents.send(
    new UpdateCommand({
      TableName: database.table,
      Key: { pk, sk },
      UpdateExpression: `SET ${names.map((attribute) => `${attribute} = :${attribute}`).join(", ")}`,
      ExpressionAttributeValues: Object.fromEntries(Object.entries(rest).map(([at, value]) => [`:${at}`, value])),
    }),
  );
};
const get = async (name: string, ConsistentRead = false): Promise<number> => {
  const { Item } = await documents.send(
    new GetCommand({ TableName: database.table, Key: keyOf(name), ConsistentRead }),
  );
  return (Item?.created_at as number | undefined) ?? 0;
};
const query = (index: string, more: Partial<QueryCommandInput> = {}) =>
  documents.send(
    new QueryCommand({
      TableName: database.table,
      IndexName: index,
      KeyConditionExpression: `${index}pk = :all`,
      ExpressionAttributeValues: { ":all": "all" },
      ...more,
    }),
  );
type Seen = Record<string, number>;
const nameOf = (item: Record<string, unknown>) => String(item.pk).slice("item#".length);
const seenIn = (items: Record<string, unknown>[] = []): Seen =>
  Object.fromEntries(items.map((item) => [nameOf(item), item.created_at as number]));
const seenBy = async (index: string): Promise<Seen> => seenIn((await query(index)).Items);

const NAMES = ["a", "b", "c", "d", "e"];

describe("delays", () => {
  it.each<Delay>([LAGS.usual.indexes, LAGS.slow.indexes, LAGS.throttled.indexes])(
    "have the median and p99 of $median and $p99 ms",
    (delay) => {
      const random = seededRandom(1);
      const drawn = Array.from({ length: 20_000 }, () => drawDelay(delay, random)).sort((a, b) => a - b);
      const share = (part: number) => drawn[Math.floor(drawn.length * part)] ?? 0;
      expect(share(0.5) / delay.median).toBeCloseTo(1, 1);
      expect(Math.abs(share(0.99) / delay.p99 - 1)).toBeLessThan(0.1);
    },
  );
});

describe("options", () => {
  it.each([
    [{ lags: LAGS.usual }, "lags"],
    [{ lag: { index: {} } }, "index"],
    [{ lag: { perIndex: { gsi9: { median: 1, p99: 2 } } } }, "gsi9"],
    [{ lag: { reads: { median: 2, p99: 1 } } }, "reads"],
    [{ lag: { requests: { median: 1, p99: Number.POSITIVE_INFINITY } } }, "requests"],
    [{ lag: { indexes: { median: 0, p99: 1 } } }, "indexes"],
    [{ lag: { indexes: { median: 1, p99: 2, p50: 1 } } }, "indexes"],
    [{ lag: { perIndex: { gsi1: 5 } } }, "perIndex.gsi1"],
    [{ lag: { staleReads: 2 } }, "staleReads"],
    [{ lag: { seed: 0.5 } }, "seed"],
    [{ lag: null }, "options"],
  ])("%j is refused by name", async (options, attribute) => {
    const refused = await startTestDatabase(options as never).catch((error: unknown) => error);

    expect(refused).toBeInstanceOf(ValidationError);
    expect(refused).toMatchObject({ attribute });
  });

  it("without lag nothing is late, and nothing can be held", async () => {
    const prompt = await startTestDatabase(PLACE);
    await prompt.layer.support.open(aTicket());
    prompt.lag.advance(1_000);
    prompt.lag.settle();

    expect((await prompt.layer.support.listByStatus("new")).items).toHaveLength(1);
    expect(() => prompt.lag.hold()).toThrow("LAGS.none");
    await prompt.stop();
  });
});

describe("an index", () => {
  it("shows an item after a delay of its own, in any order, and in the end all", async () => {
    await open(LAGS.slow);
    const orders = new Set<string>();
    for (const name of NAMES) await put(name, 1);
    for (let step = 0; step < 40; step++) {
      database.lag.advance(10);
      const shown = await Promise.all(INDEXES.map(seenBy));
      orders.add(shown.map((seen) => Object.keys(seen).join("")).join(" "));
    }
    const steps = [...orders];

    // One index shows what another does not, and the other way round.
    const pairs = steps.map((step) => step.split(" "));
    const ahead = (one: number, other: number) =>
      pairs.some((step) => [...(step[one] ?? "")].some((name) => !(step[other] ?? "").includes(name)));
    expect([ahead(0, 1), ahead(1, 0), ahead(0, 2), ahead(2, 1)]).toEqual([true, true, true, true]);
    // What was written first is not what is seen first.
    expect(pairs.flat().some((seen) => seen !== "" && !NAMES.join("").startsWith(seen))).toBe(true);
    database.lag.settle();
    expect(await Promise.all(INDEXES.map(seenBy))).toEqual(
      INDEXES.map(() => Object.fromEntries(NAMES.map((name) => [name, 1]))),
    );
  });

  it("is minutes behind when it is throttled, while others are not", async () => {
    await open({ ...LAGS.none, perIndex: { gsi2: { median: 60_000, p99: 600_000 } } });
    await put("a", 1);

    expect(await seenBy("gsi1")).toEqual({ a: 1 });
    expect(await seenBy("gsi2")).toEqual({});
    database.clock.advance(60 * 60);
    expect(await seenBy("gsi2")).toEqual({ a: 1 });
  });

  it("keeps showing an item that was changed, moved out of it or deleted, until it hears of that", async () => {
    await open(LAGS.none);
    await Promise.all([put("a", 1), put("b", 1), put("c", 1)]);
    database.lag.hold("gsi1");
    await update("a", 2);
    await documents.send(
      new UpdateCommand({ TableName: database.table, Key: keyOf("b"), UpdateExpression: "REMOVE gsi1pk, gsi1sk" }),
    );
    await remove("c");

    expect(await seenBy("gsi1")).toEqual({ a: 1, b: 1, c: 1 });
    expect(await seenBy("gsi2")).toEqual({ a: 2, b: 1 });
    database.lag.release("gsi1");
    expect(await seenBy("gsi1")).toEqual({ a: 2 });
  });

  it("pages, sorts, counts, filters and projects as the engine's own", async () => {
    await open(LAGS.none);
    await Promise.all(NAMES.map((name) => put(name, 1)));
    database.lag.hold("gsi1");
    await Promise.all(["a", "aa", "f"].map((name) => put(name, 2)));

    const first = await query("gsi1", { Limit: 2, ReturnConsumedCapacity: "INDEXES" });
    expect(seenIn(first.Items)).toEqual({ a: 1, b: 1 });
    expect(first.LastEvaluatedKey).toEqual({ ...keyOf("b"), gsi1pk: "all", gsi1sk: "b" });
    expect(first.ConsumedCapacity).toMatchObject({ TableName: database.table, CapacityUnits: 0.5 });
    expect(first.Items?.[0]).not.toHaveProperty("unprojected");
    const second = await query("gsi1", { Limit: 3, ExclusiveStartKey: first.LastEvaluatedKey });
    expect(seenIn(second.Items)).toEqual({ c: 1, d: 1, e: 1 });
    const last = await query("gsi1", { Limit: 3, ExclusiveStartKey: second.LastEvaluatedKey });
    expect([last.Items, last.LastEvaluatedKey]).toEqual([[], undefined]);
    expect((await query("gsi1", { ScanIndexForward: false })).Items?.map(nameOf).join("")).toBe("edcba");
    expect((await query("gsi1", { Select: "COUNT" })).Count).toBe(5);
    const between = { ":all": "all", ":from": "b", ":to": "d" };
    expect(
      seenIn(
        (
          await query("gsi1", {
            KeyConditionExpression: "gsi1pk = :all AND gsi1sk BETWEEN :from AND :to",
            FilterExpression: "pk <> :not",
            ExpressionAttributeValues: { ...between, ":not": "item#c" },
          })
        ).Items,
      ),
    ).toEqual({ b: 1, d: 1 });
    const refused = await query("gsi1", { ConsistentRead: true }).catch((error: Error) => error.name);
    expect(refused).toBe("ValidationException");
  });

  it("ends a page at a megabyte", async () => {
    await open(LAGS.none);
    for (const name of NAMES) {
      const Item = { ...rowOf(name, 1), subject: "x".repeat(390_000) };
      await documents.send(new PutCommand({ TableName: database.table, Item }));
    }
    database.lag.hold();

    const { Items, LastEvaluatedKey } = await query("gsi1");
    expect(Object.keys(seenIn(Items))).toEqual(["a", "b", "c"]);
    expect(Object.keys(seenIn((await query("gsi1", { ExclusiveStartKey: LastEvaluatedKey })).Items))).toEqual([
      "d",
      "e",
    ]);
  });
});

describe("plain reads of the table", () => {
  it("show the present or the past, each key of a batch by itself; consistent reads show the present", async () => {
    await open({ ...LAGS.none, staleReads: 0.5 });
    await Promise.all(NAMES.map((name) => put(name, 1)));
    database.lag.hold("reads");
    await Promise.all(NAMES.map((name) => put(name, 2)));
    expect(await Promise.all(NAMES.map((name) => get(name)))).toEqual([1, 1, 1, 1, 1]);
    expect(await Promise.all(NAMES.map((name) => get(name, true)))).toEqual([2, 2, 2, 2, 2]);
    database.lag.release();
    expect(await Promise.all(NAMES.map((name) => get(name)))).toEqual([2, 2, 2, 2, 2]);

    await open({ ...LAGS.none, reads: { median: 1_000, p99: 2_000 }, staleReads: 0.5 });
    await Promise.all(NAMES.map((name) => put(name, 1)));
    const answered = new Set<number>();
    for (let round = 0; round < 20; round++) {
      const { Responses, UnprocessedKeys, ConsumedCapacity } = await documents.send(
        new BatchGetCommand({
          RequestItems: { [database.table]: { Keys: NAMES.map(keyOf) } },
          ReturnConsumedCapacity: "TOTAL",
        }),
      );
      expect([Object.keys(Responses ?? {}), UnprocessedKeys]).toEqual([[database.table], {}]);
      expect(ConsumedCapacity?.map(({ TableName }) => TableName)).toEqual([database.table]);
      const found = Responses?.[database.table]?.length ?? 0;
      // Half a unit a key; DynamoDB Local takes nothing for one that is missing.
      expect(ConsumedCapacity?.[0]?.CapacityUnits).toBe((external === undefined ? NAMES.length : found) / 2);
      answered.add(found);
    }
    expect(answered.size).toBeGreaterThan(3);
  });

  it("may be stale in a query and a scan of the table too", async () => {
    await open(LAGS.none);
    database.lag.hold("reads");
    await put("a", 1);
    const TableName = database.table;
    const input = { KeyConditionExpression: "pk = :pk", ExpressionAttributeValues: { ":pk": "item#a" }, TableName };

    expect((await documents.send(new QueryCommand(input))).Items).toEqual([]);
    expect((await documents.send(new QueryCommand({ ...input, ConsistentRead: true }))).Items).toHaveLength(1);
    expect((await documents.send(new ScanCommand({ TableName }))).Items).toEqual([]);
    expect((await documents.send(new ScanCommand({ TableName, IndexName: "gsi1" }))).Items).toHaveLength(1);
    expect(await database.contents()).toHaveLength(1);
  });

  it("do not change what a condition sees", async () => {
    await open(LAGS.none);
    database.lag.hold();
    await put("a", 1);

    const again = documents.send(
      new PutCommand({
        TableName: database.table,
        Item: rowOf("a", 2),
        ConditionExpression: "attribute_not_exists(pk)",
      }),
    );

    await expect(again).rejects.toMatchObject({ name: "ConditionalCheckFailedException" });
    database.lag.release();
    expect([await get("a"), await seenBy("gsi1")]).toEqual([1, { a: 1 }]);
  });
});

type Act = { readonly kind: "put" | "update" | "remove" | "batch" | "advance" | "look"; readonly name: string };
const acts = fc.array(
  fc.record({
    kind: fc.constantFrom("put", "put", "update", "update", "remove", "batch", "advance", "look", "look"),
    name: fc.constantFrom(...NAMES),
  }) as fc.Arbitrary<Act>,
  { minLength: 5, maxLength: 40 },
);

/** Every version that each item has had; 0 when it was not there. */
class History {
  readonly #versions = new Map<string, number[]>(NAMES.map((name) => [name, [0]]));
  /** How far each index has come with each item: a place in its versions. */
  readonly #reached = new Map<string, number>();

  write(name: string, version: number): void {
    this.#versions.get(name)?.push(version);
  }

  versionsOf(name: string): readonly number[] {
    return this.#versions.get(name) ?? [];
  }

  present(name: string): number {
    return this.versionsOf(name).at(-1) ?? 0;
  }

  get now(): Seen {
    return Object.fromEntries(NAMES.map((name) => [name, this.present(name)]).filter(([, version]) => version !== 0));
  }

  /** Whether a view may show this: a version that existed, and none before what it has shown. */
  allows(view: string, name: string, version: number): boolean {
    const place = `${view} ${name}`;
    const at = this.versionsOf(name).indexOf(version, this.#reached.get(place) ?? 0);
    if (at >= 0) this.#reached.set(place, at);
    return at >= 0;
  }
}

async function perform({ kind, name }: Act, version: number, history: History): Promise<void> {
  if (kind === "put") await put(name, version);
  if (kind === "update") await update(name, version);
  if (kind === "remove") await remove(name);
  if (kind === "put" || kind === "update") history.write(name, version);
  if (kind === "remove") history.write(name, 0);
  if (kind === "batch") {
    const requests = NAMES.map((one) =>
      one === name ? { DeleteRequest: { Key: keyOf(one) } } : { PutRequest: { Item: rowOf(one, version) } },
    );
    await documents.send(new BatchWriteCommand({ RequestItems: { [database.table]: requests } }));
    for (const one of NAMES) history.write(one, one === name ? 0 : version);
  }
  if (kind === "advance") database.lag.advance(30);
}

async function look(history: History): Promise<void> {
  for (const index of INDEXES) {
    const seen = await seenBy(index);
    for (const name of NAMES)
      expect([index, name, history.allows(index, name, seen[name] ?? 0)]).toEqual([index, name, true]);
  }
  for (const name of NAMES) {
    expect(await get(name, true)).toBe(history.present(name));
    // A plain read may go back in time; it never shows what was not.
    expect(history.versionsOf(name)).toContain(await get(name));
  }
}

describe("any history", () => {
  it("shows no item and no version that did not exist, goes forward only, and converges", async () => {
    await open(LAGS.usual);
    await fc.assert(
      fc.asyncProperty(acts, fc.nat(), async (chosen, seed) => {
        await database.reset();
        database.lag.reseed(seed);
        const history = new History();
        for (const [at, act] of chosen.entries()) {
          await perform(act, at + 1, history);
          if (act.kind === "look") await look(history);
        }
        database.lag.settle();
        for (const index of INDEXES) expect(await seenBy(index)).toEqual(history.now);
        for (const name of NAMES) expect(await get(name)).toBe(history.present(name));
      }),
      { numRuns: 6, seed: 1 },
    );
  });

  const watch = async () => {
    const seen: unknown[] = [];
    for (let round = 1; round <= 10; round++) {
      for (const name of NAMES) await put(name, round);
      seen.push(await seenBy("gsi1"), await seenBy("gsi2"), await get("a"), database.lag.now);
    }
    return seen;
  };

  it("is the same from the same seed, and another from another", async () => {
    await open(LAGS.usual);
    const first = await watch();
    await open(LAGS.usual);
    const same = await watch();
    await open({ ...LAGS.usual, seed: 2 });
    const other = await watch();

    expect(same).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it("shows what was written after reset under a key of before", async () => {
    await open(LAGS.none);
    for (let round = 0; round < 2; round++) {
      await database.layer.support.open(aTicket({ ticket_id: "TKT-AGAIN" }));
      await database.reset();
    }
    await database.layer.support.open(aTicket({ ticket_id: "TKT-AGAIN" }));
    database.lag.settle();
    expect((await database.layer.support.listByStatus("new")).items).toHaveLength(1);
  });

  it("begins anew with reset, but for the time", async () => {
    await open(LAGS.usual);
    const first = (await watch()).filter((one) => typeof one === "object");
    database.lag.hold();
    await database.reset();

    expect(await Promise.all([...INDEXES.map(seenBy), get("a")])).toEqual([{}, {}, {}, 0]);
    await database.reset();
    expect((await watch()).filter((one) => typeof one === "object")).toEqual(first);
  });
});

describe("the engine's time", () => {
  it("adds up requests that follow each other, and not those that run at once", async () => {
    await open({ ...LAGS.none, requests: { median: 10, p99: 10 } });
    const begun = database.lag.now;
    for (const name of NAMES) await get(name);
    const oneByOne = database.lag.now - begun;
    await Promise.all(Array.from({ length: 40 }, () => get("a")));
    const atOnce = database.lag.now - begun - oneByOne;

    expect(oneByOne).toBeCloseTo(50);
    expect(atOnce).toBeLessThan(400);
  });

  it("follows the clock forward and never goes back", async () => {
    await open(LAGS.none);
    database.clock.advance(60);
    expect(database.lag.now).toBe(60_000);
    database.clock.now -= 30;
    expect(database.lag.now).toBe(60_000);
    database.clock.advance(30);
    expect(database.lag.now).toBe(90_000);
    expect(database.layer.context.clock()).toBe(database.clock.now);
  });
});

describe("an engine of the caller's", () => {
  it("may close a connection that was idle", async () => {
    const used = new WeakSet<object>();
    const behind = createServer((incoming, outgoing) => {
      if (used.has(incoming.socket)) incoming.socket.destroy();
      else outgoing.end('{"TableNames":[]}');
      used.add(incoming.socket);
    });
    behind.listen(0, "127.0.0.1");
    await once(behind, "listening");
    const engine = await startLagEngine({
      endpoint: `http://127.0.0.1:${(behind.address() as AddressInfo).port}`,
      lag: { ...LAGS.none, seed: 1 },
    });
    const client = createLocalClient(engine.endpoint);

    const attempts: unknown[] = [];
    for (let request = 1; request <= 3; request++) {
      const { $metadata } = await client.send(new ListTablesCommand({}));
      attempts.push($metadata.attempts);
    }
    client.destroy();
    await engine.stop();
    behind.closeAllConnections();
    behind.close();
    expect(attempts).toEqual([1, 1, 1]);
  });

  it("shows a table that was there before as it is, to every client, and leaves nothing of its own behind", async () => {
    const behind = external === undefined ? await startLocalDatabase() : undefined;
    const endpoint = external ?? behind?.endpoint ?? "";
    const direct = createLocalClient(endpoint);
    const table = `before-${Date.now()}`;
    await direct.send(new CreateTableCommand(createTableInput(table)));
    await createDataLayer({ client: direct, table, erasureSecret: LOCAL_ERASURE_SECRET }).support.open(
      aTicket({ ticket_id: "TKT-1" }),
    );
    const engine = await startLagEngine({ endpoint, lag: { ...LAGS.none, seed: 1 } });
    const [mine, yours] = [createLocalClient(engine.endpoint), createLocalClient(engine.endpoint)];
    const listed = async (client: typeof mine) =>
      (await createDataLayer({ client, table }).support.listByStatus("new")).items
        .map(({ ticket_id }) => ticket_id)
        .sort();
    const tables = async (client: typeof mine) =>
      ((await client.send(new ListTablesCommand({}))).TableNames ?? []).filter((name) => name.startsWith("lag-"));
    const lagTables = await tables(direct);

    engine.lag.hold();
    await createDataLayer({ client: mine, table, erasureSecret: LOCAL_ERASURE_SECRET }).support.open(
      aTicket({ ticket_id: "TKT-2" }),
    );
    expect([await listed(mine), await listed(yours)]).toEqual([["TKT-1"], ["TKT-1"]]);
    engine.lag.release();
    expect([await listed(mine), await listed(yours)]).toEqual([
      ["TKT-1", "TKT-2"],
      ["TKT-1", "TKT-2"],
    ]);
    expect((await tables(direct)).length).toBe(lagTables.length + 1);
    expect(await tables(mine)).not.toContain((await tables(direct)).find((name) => !lagTables.includes(name)));
    await engine.stop();
    // A table is there for a moment after it was deleted.
    while ((await tables(direct)).length > lagTables.length);
    expect(await tables(direct)).toEqual(lagTables);

    await direct.send(new DeleteTableCommand({ TableName: table }));
    for (const client of [direct, mine, yours]) client.destroy();
    await behind?.stop();
  });

  it("forgets a table that is deleted, and refuses what the engine behind it refuses", async () => {
    await open(LAGS.none);
    const { client } = database;
    const TableName = `second-${Date.now()}`;
    const describing = () => client.send(new DescribeTableCommand({ TableName })).catch((error: Error) => error.name);
    for (const version of [1, 2]) {
      await client.send(new CreateTableCommand(createTableInput(TableName)));
      while (((await describing()) as { Table?: { TableStatus?: string } }).Table?.TableStatus !== "ACTIVE");
      expect((await documents.send(new ScanCommand({ TableName }))).Items).toEqual([]);
      await documents.send(new PutCommand({ TableName, Item: rowOf("a", version) }));
      expect(seenIn((await documents.send(new ScanCommand({ TableName, IndexName: "gsi1" }))).Items)).toEqual({
        a: version,
      });
      await client.send(new DeleteTableCommand({ TableName }));
      while ((await describing()) !== "ResourceNotFoundException");
    }
    await expect(documents.send(new GetCommand({ TableName, Key: keyOf("a") }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
    await expect(
      documents.send(new PutCommand({ TableName: database.table, Item: { pk: "x" } })),
    ).rejects.toMatchObject({
      name: "ValidationException",
    });
    await expect(query("gsi9")).rejects.toMatchObject({ name: "ValidationException" });
  });
});
