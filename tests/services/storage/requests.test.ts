import { getMaxListeners } from "node:events";
import timers from "node:timers/promises";
import { type DynamoDBClient, ResourceNotFoundException } from "@aws-sdk/client-dynamodb";
import { createContext } from "../../../services/context.ts";
import { createDataLayer, type DataLayer } from "../../../services/data-layer.ts";
import type { DataLayerOptions, RequestEvent } from "../../../services/storage/context.ts";
import {
  ConflictError,
  DataLayerError,
  ItemTooLargeError,
  UnprocessedError,
} from "../../../services/storage/errors.ts";
import {
  batchDelete,
  batchGet,
  batchWrite,
  type StoredItem,
  type StoredKey,
} from "../../../services/storage/requests.ts";
import { aDiagnosis, aFix, aReceipt, aRegistration, aTicket, BCRYPT_HASH } from "../../builders.ts";
import { NOW, ON_DYNAMODB_LOCAL, openTestTable, type TestTable } from "../../engine.ts";
import { inOneOrder, requestsOf } from "../../instruments.ts";

const TABLE = "a-table";
const LABEL = { entity: "ticket", accessPattern: "test" };

interface Sent {
  readonly command: string;
  /** What a command holds depends on the command. */
  readonly input: ReturnType<typeof JSON.parse>;
  readonly options: { readonly abortSignal?: AbortSignal };
}

/** A client without a database: `answer` says what each command gives, and `sent` what was asked. */
function fakeClient(answer: (sent: Sent, place: number) => unknown) {
  const sent: Sent[] = [];
  const client = {
    async send(command: { constructor: { name: string }; input: object }, options: Sent["options"] = {}) {
      const request = { command: command.constructor.name, input: command.input, options };
      sent.push(request);
      return answer(request, sent.length - 1);
    },
  } as unknown as DynamoDBClient;
  return { client, sent };
}

const contextOn = (client: DynamoDBClient, options: DataLayerOptions = {}) =>
  createContext({ client, table: TABLE, clock: () => NOW, ...options });

const keysOf = (count: number): StoredKey[] =>
  Array.from({ length: count }, (_, place) => ({ pk: `ticket ${place}`, sk: "1" }));

const keysIn = ({ input }: Sent): StoredKey[] => input.RequestItems[TABLE].Keys;

/** Waits between tries take no time. */
const withoutWaiting = () => jest.spyOn(timers, "setTimeout").mockResolvedValue(undefined);

let db: TestTable;
beforeAll(async () => {
  db = await openTestTable();
});
afterAll(() => db.drop());
afterEach(() => {
  jest.restoreAllMocks();
});

describe("onRequest", () => {
  it("tells operation, entity, access pattern, index and items of each kind of request", async () => {
    const user_email = "kinds@example.com";
    await db.layer.accounts.register(aRegistration({ email: user_email }));
    const opened = await db.layer.support.open(aTicket({ user_email }));
    await db.layer.devops.recordDiagnosis(aDiagnosis({ ticket: opened }));
    const { session_id } = await db.layer.sessions.start({ user_email });
    await db.layer.sessions.start({ user_email });
    await db.layer.sessions.start({ user_email });

    const told = await requestsOf(db, async () => {
      await db.layer.sessions.authenticate(session_id);
      await db.layer.support.listByUser(user_email);
      await db.layer.devops.proposeFix(aFix());
      await db.layer.accounts.get(user_email);
      await db.layer.support.setPriority(opened, "low");
      await db.layer.sessions.end(session_id);
      await db.layer.support.thread(opened.ticket_id);
      await db.layer.sessions.endAll(user_email);
    });

    const shown = told.map(({ operation, entity, accessPattern, index, items }) => ({
      operation,
      entity,
      accessPattern,
      index,
      items,
    }));
    // `thread` and `endAll` send some side by side.
    const expected = [
      { operation: "BatchGetItem", entity: "session", accessPattern: "byId", index: "table", items: 2 },
      { operation: "Query", entity: "ticket", accessPattern: "byUser", index: "gsi1", items: 1 },
      { operation: "PutItem", entity: "devops_action", accessPattern: "create", index: "table", items: 1 },
      { operation: "GetItem", entity: "user", accessPattern: "byEmail", index: "table", items: 1 },
      { operation: "UpdateItem", entity: "ticket", accessPattern: "setPriority", index: "table", items: 1 },
      { operation: "DeleteItem", entity: "session", accessPattern: "end", index: "table", items: 1 },
      { operation: "Query", entity: "ticket", accessPattern: "byId", index: "table", items: 1 },
      { operation: "Query", entity: "ticketThread", accessPattern: "ticketThread", index: "gsi4", items: 2 },
      { operation: "BatchGetItem", entity: "ticketThread", accessPattern: "ticketThread", index: "table", items: 1 },
      { operation: "UpdateItem", entity: "user", accessPattern: "endAll", index: "table", items: 1 },
      { operation: "Query", entity: "qr_token", accessPattern: "byUser", index: "gsi1", items: 0 },
      { operation: "Query", entity: "session", accessPattern: "byUser", index: "gsi1", items: 2 },
      { operation: "BatchWriteItem", entity: "session", accessPattern: "endAll", index: "table", items: 2 },
    ];
    expect(inOneOrder(shown)).toEqual(inOneOrder(expected));
    for (const event of told) {
      expect(event).toMatchObject({ outcome: "ok", attempts: 1 });
      expect(event.milliseconds).toBeGreaterThanOrEqual(0);
      expect(event.milliseconds).toBeLessThan(30_000);
    }
  });

  it("tells that nothing was found", async () => {
    const told = await requestsOf(db, async () => {
      await db.layer.support.find("TKT-NONE");
      await db.layer.accounts.find("nobody@example.com");
    });

    // A plain read may miss what was just written, so each miss is asked for again.
    expect(told).toMatchObject([
      { operation: "Query", items: 0, outcome: "ok" },
      { operation: "Query", items: 0, outcome: "ok" },
      { operation: "GetItem", items: 0, outcome: "ok" },
      { operation: "GetItem", items: 0, outcome: "ok" },
    ]);
  });

  it("tells that counted rows were read, though none came back", async () => {
    const user_id = "counted@example.com";
    for (let count = 0; count < 3; count++) {
      await db.layer.assessments.start({ user_id, assessment_type: "speaking_academic" });
    }

    const told = await requestsOf(db, () => db.layer.assessments.countSince(user_id, NOW));

    expect(told).toMatchObject([{ operation: "Query", items: 3 }]);
  });

  it("tells a failed condition from an error", async () => {
    const ticket = await db.layer.support.open(aTicket());

    const told = await requestsOf(db, async () => {
      await expect(db.layer.support.escalate(ticket)).rejects.toBeInstanceOf(ConflictError);
    });

    expect(told[0]).toMatchObject({ operation: "UpdateItem", outcome: "condition_failed", items: 0 });
  });

  it("tells an error before it is thrown", async () => {
    const told: RequestEvent[] = [];
    const layer = db.layerWith({ table: "there-is-no-such-table", onRequest: (event) => told.push(event) });

    await expect(layer.support.get("TKT-1")).rejects.toBeInstanceOf(ResourceNotFoundException);

    expect(told).toMatchObject([{ operation: "Query", index: "table", outcome: "error", items: 0 }]);
  });

  it("tells the units of reads as read units and of writes as write units", async () => {
    const told = await requestsOf(db, async () => {
      const { ticket_id } = await db.layer.support.open(aTicket());
      await db.layer.support.get(ticket_id);
      await db.layer.support.threadOutline(ticket_id);
      await db.layer.support.listByPriority("high", { limit: 1 });
    });

    const [put, marker, get, thread, , whole] = told;
    // Dynalite leaves out what the indexes of a write cost: on AWS it is one unit more for each of them.
    expect(put).toMatchObject({ operation: "PutItem", writeUnits: ON_DYNAMODB_LOCAL ? 5 : 1 });
    expect(put).not.toHaveProperty("readUnits");
    expect(marker).toMatchObject({ operation: "GetItem", readUnits: 1 });
    expect(get).toMatchObject({ operation: "Query", readUnits: 0.5 });
    expect(thread).toMatchObject({ operation: "Query", readUnits: 0.5 });
    expect(whole).toMatchObject({ operation: "BatchGetItem", readUnits: 0.5 });
    for (const read of [marker, get, thread, whole]) expect(read).not.toHaveProperty("writeUnits");
  });

  it("tells no units unless asked for", async () => {
    const told: RequestEvent[] = [];
    const layer = db.layerWith({ onRequest: (event) => told.push(event) });

    await layer.support.open(aTicket());

    expect(told).toHaveLength(2);
    for (const event of told) {
      expect(event).not.toHaveProperty("readUnits");
      expect(event).not.toHaveProperty("writeUnits");
    }
  });

  it("tells no key, no secret and nothing that a user wrote", async () => {
    const told: RequestEvent[] = [];
    const layer = db.layerWith({ onRequest: (event) => told.push(event), consumedCapacity: true });
    const user_email = "private-person@example.com";

    const user = await layer.accounts.register(
      aRegistration({ email: user_email, verification_token: "token-of-mail-of-22-letters" }),
    );
    await layer.accounts
      .verifyEmail(user_email, { verification_token: "wrong-token-of-22-letters" })
      .catch(() => undefined);
    await layer.accounts.credentials(user_email);
    const session = await layer.sessions.start({ user_email, ip_address: "203.0.113.99" });
    await layer.sessions.authenticate(session.session_id);
    const qr = await layer.qrLogin.issue(user_email);
    await layer.qrLogin.redeem(qr.token, { device_id: "device-of-person-5b1f9c24e7d03a86aa" });
    await layer.purchases.grant(aReceipt({ user_email, transaction_id: "transaction-77", receipt_data: "MIIT-77" }));
    const ticket = await layer.support.open(aTicket({ user_email, ticket_id: "TKT-PRIVATE", subject: "Sensitive" }));
    await layer.support.escalate(ticket).catch(() => undefined);
    await layer.support.thread(ticket.ticket_id);
    const { cursor } = await layer.sessions.listByUser(user_email, { limit: 1 });
    await layer.sessions.listByUser(user_email, { limit: 1, cursor });
    await layer.accounts.export(user_email);
    await layer.accounts.erase(user_email);

    const text = JSON.stringify(told);
    expect(told.length).toBeGreaterThan(20);
    for (const secret of [
      user.email,
      "private-person",
      BCRYPT_HASH,
      "token-of-mail-of-22-letters",
      "wrong-token-of-22-letters",
      session.session_id,
      "203.0.113.99",
      qr.token,
      "device-of-person",
      "transaction-77",
      "MIIT-77",
      "TKT-PRIVATE",
      "Sensitive",
      "$ielts",
      String(cursor),
    ]) {
      expect(text).not.toContain(secret);
    }
    const known = [
      "operation",
      "entity",
      "accessPattern",
      "index",
      "items",
      "attempts",
      "milliseconds",
      "outcome",
      "readUnits",
      "writeUnits",
    ];
    expect(told.flatMap((event) => Object.keys(event)).filter((name) => !known.includes(name))).toEqual([]);
  });

  it("lets through what the listener throws", async () => {
    const broken = new Error("the metrics are down");
    const layer = db.layerWith({
      onRequest: () => {
        throw broken;
      },
    });

    await expect(layer.support.find("TKT-NONE")).rejects.toBe(broken);
  });

  it("tells how many tries the SDK needed, also when the last one failed", async () => {
    const told: RequestEvent[] = [];
    const { client } = fakeClient((_, place) => {
      if (place === 0) return { Items: [ROW], $metadata: { attempts: 3 } };
      throw Object.assign(new Error("throttled"), { $metadata: { attempts: 4 } });
    });
    const layer = createDataLayer({ client, table: TABLE, onRequest: (event) => told.push(event) });

    await layer.support.find("TKT-1");
    await expect(layer.support.find("TKT-1")).rejects.toThrow("throttled");

    expect(told).toMatchObject([
      { attempts: 3, outcome: "ok" },
      { attempts: 4, outcome: "error" },
    ]);
  });

  it("adds up the units of all tables and indexes of a batch", async () => {
    const told: RequestEvent[] = [];
    const { client, sent } = fakeClient(() => ({
      Responses: {},
      ConsumedCapacity: [{ CapacityUnits: 1.5 }, { CapacityUnits: 2 }, {}],
    }));
    const context = contextOn(client, { consumedCapacity: true, onRequest: (event) => told.push(event) });

    await batchGet(context, LABEL, keysOf(1));
    await batchWrite(context, LABEL, [{ DeleteRequest: { Key: { pk: "a", sk: "b" } } }]);

    expect(sent.map(({ input }) => input.ReturnConsumedCapacity)).toEqual(["INDEXES", "INDEXES"]);
    expect(told).toMatchObject([{ readUnits: 3.5 }, { writeUnits: 3.5 }]);
  });

  it("counts only those items of a batch that were written", async () => {
    withoutWaiting();
    const told: RequestEvent[] = [];
    const { client } = fakeClient(({ input }, place) =>
      place === 0 ? { UnprocessedItems: { [TABLE]: input.RequestItems[TABLE].slice(0, 2) } } : {},
    );

    await batchDelete(contextOn(client, { onRequest: (event) => told.push(event) }), LABEL, keysOf(5));

    expect(told.map(({ items }) => items)).toEqual([3, 2]);
  });
});

/** One public call for each kind of request, with the answers that lead to it. */
const CALLS: readonly (readonly [RequestEvent["operation"], (layer: DataLayer) => Promise<unknown>])[] = [
  ["GetItem", ({ accounts }) => accounts.get("maria@example.com")],
  ["Query", ({ support }) => support.listByStatus("new")],
  ["PutItem", ({ devops }) => devops.proposeFix(aFix())],
  ["UpdateItem", ({ support }) => support.setPriority({ ticket_id: "TKT-1", created_at: NOW }, "low")],
  ["DeleteItem", ({ sessions }) => sessions.end("session-1")],
  ["BatchGetItem", ({ support }) => support.listByPriority("high")],
  ["BatchWriteItem", ({ sessions }) => sessions.endAll("maria@example.com")],
];

const ROW = {
  pk: "ticket#TKT-1",
  sk: "1760000000",
  __edb_e__: "ticket",
  __edb_v__: "1",
};

const SESSION_ROW = { pk: "session#1", sk: "session", __edb_e__: "session", __edb_v__: "1" };

/** Answers queries with rows, and gives the operation under test to `act`. */
const clientFor = (operation: RequestEvent["operation"], act: (sent: Sent) => unknown) =>
  fakeClient((sent) => {
    const command = `${operation.replace(/Item$/, "")}Command`;
    return sent.command === command ? act(sent) : { Items: [ROW, SESSION_ROW], Count: 2 };
  });

describe("errors of the SDK", () => {
  it.each(CALLS)("are rethrown untouched from %s", async (operation, call) => {
    const failure = Object.assign(new Error("Rate exceeded"), { name: "ThrottlingException", $fault: "client" });
    const { client } = clientFor(operation, () => {
      throw failure;
    });

    await expect(call(createDataLayer({ client, table: TABLE }))).rejects.toBe(failure);
  });

  it.each(CALLS)("are not taken for anything else when %s is invalid", async (operation, call) => {
    const failure = Object.assign(new Error("The provided key element does not match the schema"), {
      name: "ValidationException",
    });
    const { client } = clientFor(operation, () => {
      throw failure;
    });

    await expect(call(createDataLayer({ client, table: TABLE }))).rejects.toBe(failure);
  });

  it("are told from an item that a change would make too large", async () => {
    const failure = Object.assign(new Error("Item size to update has exceeded the maximum allowed size"), {
      name: "ValidationException",
    });
    const { client } = clientFor("UpdateItem", () => {
      throw failure;
    });
    const { support } = createDataLayer({ client, table: TABLE });

    const refused = support.setPriority({ ticket_id: "TKT-1", created_at: NOW }, "low");

    await expect(refused).rejects.toBeInstanceOf(ItemTooLargeError);
    await expect(refused).rejects.toMatchObject({ entity: "ticket", cause: failure });
  });

  it("keep their type from a real engine", async () => {
    const layer = db.layerWith({ table: "there-is-no-such-table" });

    for (const call of [
      () => layer.support.get("TKT-1"),
      () => layer.support.open(aTicket()),
      () => layer.support.resolve({ ticket_id: "TKT-1", created_at: NOW }),
      () => layer.sessions.end("session-1"),
    ]) {
      const failure = await call().catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(ResourceNotFoundException);
      expect(failure).not.toBeInstanceOf(DataLayerError);
    }
  });

  it("may be anything that can be thrown", async () => {
    const told: RequestEvent[] = [];
    const { client } = fakeClient(() => Promise.reject(undefined));
    const layer = createDataLayer({ client, table: TABLE, onRequest: (event) => told.push(event) });

    await expect(layer.support.find("TKT-1")).rejects.toBeUndefined();
    expect(told).toMatchObject([{ outcome: "error", attempts: 1 }]);
  });
});

describe("abort signals", () => {
  /** A client that answers nothing until the request is aborted. */
  const silent = () =>
    fakeClient(
      ({ options: { abortSignal } }) =>
        new Promise((_, reject) => {
          if (abortSignal === undefined) return reject(new Error("the request has no signal"));
          if (abortSignal.aborted) return reject(abortSignal.reason);
          abortSignal.addEventListener("abort", () => reject(abortSignal.reason));
        }),
    );

  it("stop a request before it is sent, and nothing is written", async () => {
    const before = await db.contents();
    const told: RequestEvent[] = [];
    const layer = db.layerWith({ signal: AbortSignal.abort(), onRequest: (event) => told.push(event) });

    await expect(layer.support.open(aTicket())).rejects.toMatchObject({ name: "AbortError" });

    expect(told).toMatchObject([{ operation: "PutItem", outcome: "error" }]);
    expect(await db.contents()).toEqual(before);
  });

  it.each(CALLS)("reach %s", async (operation, call) => {
    const { signal } = new AbortController();
    const { client, sent } = clientFor(operation, () => ({
      Item: ROW,
      Attributes: ROW,
      Responses: { [TABLE]: [ROW] },
    }));

    await call(createDataLayer({ client, table: TABLE, signal })).catch(() => undefined);

    expect(sent.length).toBeGreaterThan(0);
    for (const { options } of sent) expect(options.abortSignal).toBe(signal);
  });

  it("stop a request that is under way, with the caller's own reason", async () => {
    const controller = new AbortController();
    const { client, sent } = silent();
    const layer = createDataLayer({ client, table: TABLE, signal: controller.signal });
    const reason = new Error("the user has left");

    const request = layer.support.get("TKT-1");
    controller.abort(reason);

    await expect(request).rejects.toBe(reason);
    expect(sent).toHaveLength(1);
  });

  it("stop the waiting between two tries of a batch", async () => {
    jest.spyOn(Math, "random").mockReturnValue(0.999);
    const controller = new AbortController();
    const { client, sent } = fakeClient((request) => {
      if (sent.length === 3) controller.abort();
      return { Responses: {}, UnprocessedKeys: { [TABLE]: { Keys: keysIn(request) } } };
    });

    const batch = batchGet(contextOn(client, { signal: controller.signal }), LABEL, keysOf(2));

    await expect(batch).rejects.toMatchObject({ name: "AbortError" });
    expect(sent).toHaveLength(3);
  });

  it("come from within, by a signal or by the time that is left", async () => {
    const { client } = silent();
    const layer = createDataLayer({ client, table: TABLE });
    const controller = new AbortController();

    const bySignal = layer.within({ signal: controller.signal }).support.get("TKT-1");
    controller.abort();
    const byTime = layer.within({ milliseconds: 5 }).support.get("TKT-1");

    await expect(bySignal).rejects.toMatchObject({ name: "AbortError" });
    await expect(byTime).rejects.toMatchObject({ name: "TimeoutError" });
  });

  it("are heard by more than ten requests at once, of which Node would warn", async () => {
    const { signal } = new AbortController();
    const { client, sent } = fakeClient(() => ({}));
    const layer = createDataLayer({ client, table: TABLE, signal });

    await layer.support.find("TKT-1");
    await layer.within({ milliseconds: 60_000 }).support.find("TKT-1");

    // Jest's tests do not see the warnings of their process.
    for (const { options } of sent)
      expect(getMaxListeners(options.abortSignal as AbortSignal)).toBe(Number.POSITIVE_INFINITY);
    expect(sent).toHaveLength(4);
  });

  it("of the data layer and from within hold both, however deep", async () => {
    const [outer, inner] = [new AbortController(), new AbortController()];
    const { client } = silent();
    const layer = createDataLayer({ client, table: TABLE, signal: outer.signal })
      .within({ signal: inner.signal })
      .within({ milliseconds: 60_000 })
      .within({});

    const first = layer.support.get("TKT-1");
    inner.abort(new Error("inner"));
    await expect(first).rejects.toThrow("inner");

    const other = createDataLayer({ client, table: TABLE, signal: outer.signal }).within({ milliseconds: 60_000 });
    const second = other.support.get("TKT-1");
    outer.abort(new Error("outer"));
    await expect(second).rejects.toThrow("outer");
  });
});

describe("batchGet", () => {
  const found = (keys: readonly StoredKey[]): StoredItem[] => keys.map((key) => ({ ...key, found: true }));

  it("reads in requests of at most 100 keys", async () => {
    const { client, sent } = fakeClient((request) => ({ Responses: { [TABLE]: found(keysIn(request)) } }));

    const items = await batchGet(contextOn(client), LABEL, keysOf(230));

    expect(sent.map(({ command }) => command)).toEqual(Array(3).fill("BatchGetCommand"));
    expect(sent.map((request) => keysIn(request).length).sort()).toEqual([100, 100, 30].sort());
    expect(items).toHaveLength(230);
    expect(new Set(items.map(({ pk }) => pk)).size).toBe(230);
  });

  it("asks nothing for no keys", async () => {
    const { client, sent } = fakeClient(() => ({}));

    expect(await batchGet(contextOn(client), LABEL, [])).toEqual([]);
    expect(sent).toEqual([]);
  });

  it("leaves out items that are gone", async () => {
    const { client } = fakeClient((request) => ({ Responses: { [TABLE]: found(keysIn(request).slice(1)) } }));

    expect(await batchGet(contextOn(client), LABEL, keysOf(3))).toHaveLength(2);
  });

  it("reads consistently when asked to, also when it tries again", async () => {
    withoutWaiting();
    const { client, sent } = fakeClient((request, place) =>
      place === 0
        ? { Responses: {}, UnprocessedKeys: { [TABLE]: { Keys: keysIn(request) } } }
        : { Responses: { [TABLE]: found(keysIn(request)) } },
    );

    await batchGet(contextOn(client), LABEL, keysOf(1), { consistent: true });
    await batchGet(contextOn(client), LABEL, keysOf(1));

    expect(sent.map(({ input }) => input.RequestItems[TABLE].ConsistentRead)).toEqual([true, true, undefined]);
  });

  it("asks again for the keys that DynamoDB left unprocessed, and for no others", async () => {
    withoutWaiting();
    const keys = keysOf(10);
    // Each time a third of what was asked comes back.
    const { client, sent } = fakeClient((request) => {
      const asked = keysIn(request);
      const done = Math.ceil(asked.length / 3);
      return {
        Responses: { [TABLE]: found(asked.slice(0, done)) },
        UnprocessedKeys: asked.length > done ? { [TABLE]: { Keys: asked.slice(done) } } : {},
      };
    });

    const items = await batchGet(contextOn(client), LABEL, keys);

    expect(items.map(({ pk }) => pk)).toEqual(keys.map(({ pk }) => pk));
    expect(sent.map((request) => keysIn(request).length)).toEqual([10, 6, 4, 2, 1]);
  });

  it("goes on as long as anything comes back", async () => {
    withoutWaiting();
    const { client, sent } = fakeClient((request) => {
      const [first, ...others] = keysIn(request);
      return {
        Responses: { [TABLE]: found(first === undefined ? [] : [first]) },
        UnprocessedKeys: others.length > 0 ? { [TABLE]: { Keys: others } } : {},
      };
    });

    expect(await batchGet(contextOn(client), LABEL, keysOf(30))).toHaveLength(30);
    expect(sent).toHaveLength(30);
  });

  it("gives up after eight tries, saying how many are left", async () => {
    withoutWaiting();
    const { client, sent } = fakeClient((request) => ({
      Responses: { [TABLE]: found(keysIn(request).slice(0, -3)) },
      UnprocessedKeys: { [TABLE]: { Keys: keysIn(request).slice(-3) } },
    }));

    const failure = batchGet(contextOn(client), LABEL, keysOf(7));

    await expect(failure).rejects.toBeInstanceOf(UnprocessedError);
    await expect(failure).rejects.toMatchObject({ code: "unprocessed", count: 3 });
    expect(sent).toHaveLength(8);
  });

  it.each([
    ["up to twice as long from try to try, at most two seconds", 1, [100, 200, 400, 800, 1600, 2000, 2000]],
    ["a random part of that", 0.25, [25, 50, 100, 200, 400, 500, 500]],
  ])("waits %s", async (_, random, expected) => {
    const waits = withoutWaiting();
    jest.spyOn(Math, "random").mockReturnValue(random);
    const { client } = fakeClient((request) => ({
      Responses: {},
      UnprocessedKeys: { [TABLE]: { Keys: keysIn(request) } },
    }));

    await expect(batchGet(contextOn(client), LABEL, keysOf(1))).rejects.toBeInstanceOf(UnprocessedError);

    expect(waits.mock.calls.map(([milliseconds]) => milliseconds)).toEqual(expected);
  });
});

describe("batchDelete and batchWrite", () => {
  it("delete in requests of at most 25 keys", async () => {
    const { client, sent } = fakeClient(() => ({}));

    await batchDelete(contextOn(client), LABEL, keysOf(60));

    expect(sent.map(({ input }) => input.RequestItems[TABLE].length)).toEqual([25, 25, 10]);
    const deleted = sent.flatMap(({ input }) => input.RequestItems[TABLE]);
    expect(deleted).toEqual(keysOf(60).map((Key) => ({ DeleteRequest: { Key } })));
  });

  it("send again what DynamoDB left unprocessed, and nothing else", async () => {
    withoutWaiting();
    const { client, sent } = fakeClient(({ input }, place) =>
      place < 2 ? { UnprocessedItems: { [TABLE]: input.RequestItems[TABLE].slice(1) } } : {},
    );

    await batchDelete(contextOn(client), LABEL, keysOf(4));

    expect(sent.map(({ input }) => input.RequestItems[TABLE].length)).toEqual([4, 3, 2]);
  });

  it("throw when DynamoDB keeps leaving keys", async () => {
    withoutWaiting();
    const { client, sent } = fakeClient(({ input }) => ({
      UnprocessedItems: { [TABLE]: input.RequestItems[TABLE].slice(0, 2) },
    }));

    const failure = batchDelete(contextOn(client), LABEL, keysOf(30));

    await expect(failure).rejects.toMatchObject({ code: "unprocessed", count: 2 });
    expect(sent).toHaveLength(8);
  });

  it("return the writes that were never done, as they were given", async () => {
    withoutWaiting();
    const writes = keysOf(3).map((key) => ({ PutRequest: { Item: { ...key, subject: "…" } } }));
    const { client } = fakeClient(() => ({ UnprocessedItems: { [TABLE]: writes.slice(1, 2) } }));

    expect(await batchWrite(contextOn(client), LABEL, writes)).toEqual(writes.slice(1, 2));
  });
});
