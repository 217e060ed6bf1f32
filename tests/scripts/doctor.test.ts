import { randomUUID } from "node:crypto";
import { UpdateTableCommand } from "@aws-sdk/client-dynamodb";
import { PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { digestOf } from "../../entities/credential.ts";
import { seedCast, seedCatalogue } from "../../scripts/content/seeding.ts";
import { type CheckResult, examine } from "../../scripts/doctor/examination.ts";
import { createItemCheck, type ItemFinding, withoutSecrets } from "../../scripts/doctor/item-check.ts";
import { examineItems } from "../../scripts/doctor/item-examination.ts";
import { tryReadsAndWrites } from "../../scripts/doctor/round-trip.ts";
import { slowScan } from "../../scripts/doctor/slow-scan.ts";
import { seedAccounts } from "../../scripts/generator/seed-accounts.ts";
import { ensureTable } from "../../scripts/table/ensure-table.ts";
import { createContext } from "../../services/context.ts";
import type { DataContext } from "../../services/storage/context.ts";
import { keyOf, type StoredItem } from "../../services/storage/requests.ts";
import { aDiagnosis, aReceipt, aRegistration, aTicket, MARIA } from "../builders.ts";
import { commandHost } from "../commands.ts";
import { NOW, ON_DYNAMODB_LOCAL, openTestTable, type TestTable } from "../engine.ts";
import { interceptedClient } from "../instruments.ts";

let db: TestTable;
let context: DataContext;
beforeEach(async () => {
  db = await openTestTable();
  context = createContext({ client: db.client, table: db.table });
});
afterEach(() => db.drop());

const itemsOf = async (entity: string) => (await db.contents()).filter(({ __edb_e__ }) => __edb_e__ === entity);

/** The one item of an entity, as it is stored. */
async function theItem(entity: string): Promise<StoredItem> {
  const [item] = await itemsOf(entity);
  if (item === undefined) throw new Error(`no ${entity} is stored`);
  return item;
}

const without = (item: StoredItem, ...names: readonly string[]): StoredItem =>
  Object.fromEntries(Object.entries(item).filter(([name]) => !names.includes(name)));

const check = (item: StoredItem): ItemFinding | undefined => createItemCheck(context)(item);

async function put(item: StoredItem): Promise<void> {
  await db.client.send(new PutCommand({ TableName: db.table, Item: { ...item } }));
}

/** A ticket whose queue's key an update outside the entity has left behind. */
async function aStaleTicket(): Promise<StoredItem> {
  await db.layer.support.open(aTicket());
  const ticket = await theItem("ticket");
  await db.client.send(
    new UpdateCommand({
      TableName: db.table,
      Key: { ...keyOf(ticket) },
      UpdateExpression: "SET #status = :status",
      ExpressionAttributeNames: { "#status": "status" },
      ExpressionAttributeValues: { ":status": "in_progress" },
    }),
  );
  return theItem("ticket");
}

describe("the check of an item", () => {
  it("finds nothing in what the services and the generator write", async () => {
    await seedCatalogue(db.layer);
    await seedCast(db, NOW);
    await seedAccounts(db, { users: 10, seed: 1, now: NOW });
    const items = await db.contents();

    expect(items.map(check).filter((finding) => finding !== undefined)).toEqual([]);
    expect(new Set(items.map(({ __edb_e__ }) => __edb_e__)).size).toBe(12);
  });

  it("finds an index key that another state left behind", async () => {
    const finding = check(await aStaleTicket());

    expect(finding).toMatchObject({
      kind: "stale",
      text: "gsi2pk is ticket#new, should be ticket#in_progress",
      repair: { set: { gsi2pk: "ticket#in_progress" }, remove: [] },
    });
  });

  it("finds half a key", async () => {
    await db.layer.support.open(aTicket());
    const ticket = await theItem("ticket");

    const finding = check(without(ticket, "gsi3sk"));

    expect(finding).toMatchObject({ kind: "half", repair: { set: { gsi3sk: ticket.gsi3sk } } });
    expect(finding?.text).toMatch(/^gsi3 has half a key; gsi3sk is absent, should be /);
  });

  it("finds an index key that is missing, and one that should not be there", async () => {
    const ticket = await db.layer.support.open(aTicket());
    await db.layer.devops.recordDiagnosis(aDiagnosis({ ticket }));
    const action = await theItem("devops_action");

    const missing = check(without(action, "gsi4pk", "gsi4sk"));
    const surplus = check({ ...action, gsi2pk: "action#", gsi2sk: "devops_action" });

    expect(missing?.repair?.set).toEqual({ gsi4pk: action.gsi4pk, gsi4sk: action.gsi4sk });
    expect(surplus?.repair).toMatchObject({ set: {}, remove: ["gsi2pk", "gsi2sk"] });
  });

  it("finds a derived attribute that is wrong, such as a time to live that would never come", async () => {
    await db.layer.accounts.register(aRegistration());
    await db.layer.sessions.start({ user_email: MARIA });
    const session = await theItem("session");

    expect(check(without(session, "ttl"))).toMatchObject({
      kind: "stale",
      repair: { set: { ttl: NOW + 86_400 }, remove: [] },
    });
  });

  it("finds a primary key that the attributes do not give, which no update repairs", async () => {
    await db.layer.purchases.grant(aReceipt());
    const entitlement = await theItem("entitlement");

    const finding = check({ ...entitlement, pk: "entitlement#Maria@example.com" });

    expect(finding).toMatchObject({ kind: "primary", text: expect.stringContaining("pk is ") });
    expect(finding?.repair).toBeUndefined();
  });

  it("finds attributes that break a rule", async () => {
    await db.layer.purchases.grant(aReceipt());

    const finding = check({ ...(await theItem("entitlement")), expires_at: 1_760_000_000_000 });

    expect(finding).toMatchObject({ kind: "invalid", text: expect.stringContaining("looks like milliseconds") });
    expect(finding?.repair).toBeUndefined();
  });

  it.each([
    ["of no entity", { __edb_e__: "invoice" }, "entity is invoice"],
    ["without an entity", { __edb_e__: undefined }, "entity is absent"],
    ["of another version", { __edb_e__: "ticket", __edb_v__: "2" }, "version is 2, should be 1"],
  ])("finds an item %s", (_, identity, text) => {
    expect(check({ pk: "a", sk: "b", ...identity })).toMatchObject({ kind: "unknown", text });
  });

  it("shows neither session ids nor tokens", async () => {
    await db.layer.accounts.register(aRegistration());
    const { session_id } = await db.layer.sessions.start({ user_email: MARIA });
    const { token } = await db.layer.qrLogin.issue(MARIA);
    const stale = [await theItem("session"), await theItem("qr_token")].map((item) =>
      check({ ...item, gsi1sk: `${item.gsi1sk}x` }),
    );
    const printed = stale.map((finding) => `${withoutSecrets(String(finding?.item.pk))} ${finding?.text}`).join(" ");

    expect(printed).toContain(digestOf(session_id));
    expect(printed).not.toContain(session_id.slice(0, 14));
    expect(printed).not.toContain(token.slice(0, 14));
  });
});

it.each([
  ["user#maria@example.com", "user#m***@example.com"],
  ["account#maria_b@example.com", "account#m***@example.com"],
  ["maria@example.com", "m***@example.com"],
  ["ticket#TKT-1", "ticket#TKT-1"],
])("prints %s as %s", (text, printed) => {
  expect(withoutSecrets(text)).toBe(printed);
});

describe("the examination of items", () => {
  const everything = { itemCount: 0, rate: 100_000 };

  it("changes nothing without a repair, and nothing in a dry run", async () => {
    await aStaleTicket();
    const before = await db.contents();

    const plain = await examineItems(context, everything);
    const dry = await examineItems(context, { ...everything, repair: "dry-run" });

    expect(plain).toMatchObject({ read: 1, open: 1, repairable: 1, repaired: 0, found: { stale: 1 } });
    expect(dry).toMatchObject({ open: 1, repairable: 1, repaired: 0 });
    expect(await db.contents()).toEqual(before);
  });

  it("repairs index keys, so that the lists are right again", async () => {
    await aStaleTicket();

    const report = await examineItems(context, { ...everything, repair: "write" });

    expect(report).toMatchObject({ open: 0, repaired: 1, changed: 0 });
    expect((await db.layer.support.listByStatus("new")).items).toEqual([]);
    expect((await db.layer.support.listByStatus("in_progress")).items).toHaveLength(1);
    expect(await examineItems(context, everything)).toMatchObject({ found: { stale: 0 }, open: 0 });
  });

  it("takes a surplus key out of its index", async () => {
    await db.layer.devops.recordDiagnosis(aDiagnosis());
    const action = await theItem("devops_action");
    await put({ ...action, gsi2pk: "action#approved", gsi2sk: "x" });

    await examineItems(context, { ...everything, repair: "write" });

    expect(await theItem("devops_action")).toEqual(action);
  });

  it("does not overwrite a change that came between", async () => {
    const stale = await aStaleTicket();
    const client = interceptedClient(db.client, async ({ name }, next) => {
      if (name === "UpdateCommand") await db.layer.support.resolve(stale.ticket_id as string);
      return next();
    });

    const report = await examineItems({ ...context, client }, { ...everything, repair: "write" });

    expect(report).toMatchObject({ repaired: 0, changed: 1, open: 1 });
    expect(await theItem("ticket")).toMatchObject({ status: "resolved", gsi2pk: "ticket#resolved" });
  });

  it("does not bring back an item that has gone", async () => {
    const stale = await aStaleTicket();
    const client = interceptedClient(db.client, async ({ name }, next) => {
      if (name === "UpdateCommand") await db.layer.accounts.erase(stale.user_email as string);
      return next();
    });

    const report = await examineItems({ ...context, client }, { ...everything, repair: "write" });

    expect(report).toMatchObject({ repaired: 0, changed: 1 });
    expect(await itemsOf("ticket")).toEqual([]);
  });

  it("keeps only the first findings as examples, whatever their number", async () => {
    for (let number = 0; number < 25; number++) await put({ pk: `other-${number}`, sk: "x" });

    const { examples, found } = await examineItems(context, everything);

    expect(found.unknown).toBe(25);
    expect(examples).toHaveLength(20);
  });

  it("passes over a test item that a killed doctor left", async () => {
    await put({ pk: `$doctor#${randomUUID()}`, sk: "$doctor#" });

    expect(await examineItems(context, everything)).toMatchObject({ read: 1, open: 0 });
  });
});

describe("the scan", () => {
  const keysOf = async (options: Parameters<typeof slowScan>[1], on = context) => {
    const keys: string[] = [];
    for await (const { pk, sk } of slowScan(on, options)) keys.push(`${pk} ${sk}`);
    return keys;
  };
  const rate = 100_000;

  it("reads every item once, over many pages", async () => {
    await seedAccounts(db, { users: 20, seed: 1, now: NOW });
    const stored = (await db.contents()).map(({ pk, sk }) => `${pk} ${sk}`);

    const whole = await keysOf({ itemCount: 0, rate });
    const inSegments = await keysOf({ items: stored.length, itemCount: stored.length * 7, rate });

    expect(stored.length).toBeGreaterThan(100);
    expect(whole.sort()).toEqual(stored.sort());
    expect(inSegments.sort()).toEqual(stored);
  });

  it("reads a sample of different items, from anywhere in the table", async () => {
    await seedAccounts(db, { users: 20, seed: 1, now: NOW });

    const samples = await Promise.all(Array.from({ length: 8 }, () => keysOf({ items: 20, itemCount: 200, rate })));

    for (const sample of samples) expect(new Set(sample).size).toBe(20);
    expect(new Set(samples.map(([first]) => first)).size).toBeGreaterThan(1);
  });

  it("pauses for what a page has cost", async () => {
    const page = { Items: [{ pk: "a", sk: "b" }], ConsumedCapacity: { CapacityUnits: 20 } };
    const client = interceptedClient(db.client, async () => page);
    const started = performance.now();

    await keysOf({ itemCount: 0, rate: 100 }, { ...context, client });

    expect(performance.now() - started).toBeGreaterThanOrEqual(190);
  });

  it("waits when the table throttles", async () => {
    let refusals = 1;
    const client = interceptedClient(db.client, async (_, next) => {
      if (refusals-- > 0) throw Object.assign(new Error("slow down"), { name: "ThrottlingException" });
      return next();
    });
    await put({ pk: "a", sk: "b" });

    expect(await keysOf({ itemCount: 0, rate }, { ...context, client })).toEqual(["a b"]);
  });
});

describe("the test item", () => {
  it("is written, read from the table and every index, and deleted", async () => {
    const read: unknown[] = [];
    const client = interceptedClient(db.client, ({ name, input }, next) => {
      if (name === "QueryCommand") read.push(input.IndexName);
      return next();
    });

    expect(await tryReadsAndWrites({ ...context, client })).toEqual([]);
    expect(new Set(read)).toEqual(new Set(["gsi1", "gsi2", "gsi3", "gsi4", "gsi5"]));
    expect(await db.contents()).toEqual([]);
  });

  it("is deleted although an index does not answer", async () => {
    const client = interceptedClient(db.client, async ({ name, input }, next) => {
      if (name === "QueryCommand" && input.IndexName === "gsi4") throw new Error("no such index");
      return next();
    });

    expect(await tryReadsAndWrites({ ...context, client })).toEqual([
      "reading the item from gsi4 failed: no such index",
    ]);
    expect(await db.contents()).toEqual([]);
  });

  it("is not asked for when it could not be written", async () => {
    const sent: string[] = [];
    const client = interceptedClient(db.client, async ({ name }) => {
      sent.push(name);
      throw new Error("not allowed");
    });

    expect(await tryReadsAndWrites({ ...context, client })).toEqual(["writing an item failed: not allowed"]);
    expect(sent).toEqual(["PutCommand"]);
  });
});

describe("the examination of a table", () => {
  const rate = 100_000;
  const outcomes = (results: readonly CheckResult[]) =>
    Object.fromEntries(results.map(({ name, outcome }) => [name, outcome]));

  it("tells of settings that are off, and of what the engine lacks", async () => {
    const setting = ON_DYNAMODB_LOCAL ? "failed" : "left out";

    expect(outcomes(await examine(db, { rate }))).toEqual({
      definition: "ok",
      "time to live": setting,
      recovery: "left out",
      protection: setting,
      "reads and writes": "ok",
      items: "ok",
    });
  });

  it("ends with the definition when there is no table", async () => {
    const results = await examine({ client: db.client, table: "no-such-table" }, { rate });

    expect(results).toEqual([
      { name: "definition", outcome: "failed", lines: [expect.stringContaining("npm run create-table")] },
    ]);
  });

  it("goes on when the definition may not be read", async () => {
    const client = interceptedClient(db.client, async ({ name }, next) => {
      if (name === "DescribeTableCommand") throw new Error("not allowed");
      return next();
    });

    const results = await examine({ client, table: db.table }, { rate });

    expect(outcomes(results)).toEqual({ definition: "failed", "reads and writes": "ok", items: "ok" });
  });

  it("tells what is wrong with which items", async () => {
    await aStaleTicket();
    await put({ pk: "other", sk: "x" });

    const items = (await examine(db, { rate, repair: "dry-run" })).find(({ name }) => name === "items");

    expect(items?.outcome).toBe("failed");
    expect(items?.lines).toEqual([
      "2 of 2 items not in order",
      "1 item that no entity knows",
      "1 item whose index keys are not what their attributes say",
      expect.stringMatching(/^(?:other|ticket#)/),
      expect.stringMatching(/^(?:other|ticket#)/),
      "a repair would rewrite the keys of 1 item: add --yes",
    ]);
  });
});

describe("npm run doctor", () => {
  const host = commandHost();
  afterAll(() => host.stop());
  const run = (...words: string[]) => host.run("doctor", words);

  it("tells its options", async () => {
    const { stdout } = await run("--help");

    for (const option of ["--table", "--region", "--endpoint", "--sample", "--all", "--rate", "--repair", "--yes"])
      expect(stdout).toContain(option);
  });

  it.each([
    ["--sample", ["--sample", "0"]],
    ["--rate", ["--rate", "fast"]],
    ["--all", ["--all", "--sample", "5"]],
    ["--yes", ["--yes"]],
  ])("refuses a bad %s by name", async (option, words) => {
    await expect(run(...words)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(option) });
  });

  it("exits with 1 on findings, and with 0 when they are repaired", async () => {
    const target = { client: db.client, table: db.table, say: () => {}, pollMilliseconds: 50 };
    await ensureTable(target, { apply: true });
    await aStaleTicket();
    const { hostname, port } = (await db.client.config.endpoint?.()) ?? {};
    const words = ["--table", db.table, "--endpoint", `http://${hostname}:${port}`];

    await expect(run(...words)).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining("1 of 1 item not in order"),
    });
    const { stdout } = await run(...words, "--repair", "--yes");

    expect(stdout).toContain("repaired 1 item");
    expect(stdout).toContain("The table is in order.");
    if (ON_DYNAMODB_LOCAL)
      await db.client.send(new UpdateTableCommand({ TableName: db.table, DeletionProtectionEnabled: false }));
  });
});
