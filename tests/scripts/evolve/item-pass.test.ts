// In this release every report has notes, which those of before lack, and no question is drawn by topic any more.
jest.mock("../../../entities/evolution.ts", () => ({
  ...jest.requireActual("../../../entities/evolution.ts"),
  FORMS: [
    {
      release: "1.1.0",
      entity: "content_report",
      attribute: "admin_notes",
      toldBy: ["admin_notes", "report_type"],
      value: ({ admin_notes, report_type }: { readonly admin_notes?: string; readonly report_type: string }) =>
        admin_notes ?? `a ${report_type}`,
    },
  ],
}));

import { BatchWriteCommand, DeleteCommand, GetCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { ContentReportModel } from "../../../entities/content-report.ts";
import { passOverItems } from "../../../scripts/evolve/item-pass.ts";
import { PassRecord } from "../../../scripts/evolve/pass-record.ts";
import { createContext } from "../../../services/context.ts";
import { Repository } from "../../../services/storage/repository.ts";
import type { StoredItem } from "../../../services/storage/requests.ts";
import { NOW, openTestTable, type TestTable } from "../../engine.ts";
import { interceptedClient } from "../../instruments.ts";

let db: TestTable;
beforeAll(async () => {
  db = await openTestTable();
});
beforeEach(() => db.reset());
afterAll(() => db.drop());

const NAMES = ["1.1.0 content_report.admin_notes"];
const KEYS_OF_INDEXES = /^gsi\d/;

const target = (client = db.client) => ({ client, table: db.table });
const pass = (client = db.client, record = new PassRecord(target(client))) =>
  passOverItems(target(client), { names: NAMES, record, pageSize: 10 });

/** A report as this release stores it. */
function aReport(place: number): Record<string, unknown> {
  const store = new Repository(createContext(target()), ContentReportModel);
  return store.itemOf({
    report_id: `R-${String(place).padStart(4, "0")}`,
    created_at: NOW,
    reporter_email: "maria@example.com",
    report_type: "bug",
    description: "No sound.",
    status: "new",
    admin_notes: "a bug",
  });
}

/** The same as the release before stores it: without notes, and without the keys of an index. */
function anOldReport(place: number): Record<string, unknown> {
  const { admin_notes: _, gsi2pk: __, gsi2sk: ___, ...old } = aReport(place);
  return old;
}

const put = async (...items: readonly Record<string, unknown>[]) => {
  const writes = items.map((Item) => ({ PutRequest: { Item } }));
  for (let from = 0; from < writes.length; from += 25)
    await db.client.send(new BatchWriteCommand({ RequestItems: { [db.table]: writes.slice(from, from + 25) } }));
};
const stored = async (): Promise<StoredItem[]> =>
  (await db.contents()).filter(({ pk }) => String(pk).startsWith("content_report#"));

it("brings items of the release before into this one's form, and leaves the others alone", async () => {
  const right = { ...aReport(3), admin_notes: "seen" };
  const withFormerKeys = { ...aReport(4), gsi9pk: "former", gsi9sk: "former" };
  await put(anOldReport(1), anOldReport(2), right, withFormerKeys);

  const report = await pass();

  expect(report).toMatchObject({ read: 4, written: 3, left: 0 });
  expect(await stored()).toEqual([aReport(1), aReport(2), right, aReport(4)]);
  expect(await new PassRecord(target()).done()).toEqual(NAMES);
});

it("does nothing a second time", async () => {
  await put(anOldReport(1));
  await pass();

  expect(await pass()).toMatchObject({ written: 0, left: 0 });
});

it("lets a change win that comes between its reading and its writing", async () => {
  await put(anOldReport(1));
  let changes = 0;
  const client = interceptedClient(db.client, async ({ name }, next) => {
    if (name === "UpdateCommand" && changes++ === 0)
      await put({ ...anOldReport(1), status: "resolved", description: "Changed meanwhile." });
    return next();
  });

  expect(await pass(client)).toMatchObject({ written: 1, left: 0 });
  expect(await stored()).toEqual([
    expect.objectContaining({ status: "resolved", description: "Changed meanwhile.", gsi2pk: "report#resolved" }),
  ]);
});

it("makes no item again that is removed meanwhile", async () => {
  await put(anOldReport(1));
  const { pk, sk } = anOldReport(1);
  const client = interceptedClient(db.client, async ({ name }, next) => {
    if (name === "UpdateCommand") await db.client.send(new DeleteCommand({ TableName: db.table, Key: { pk, sk } }));
    return next();
  });

  expect(await pass(client)).toMatchObject({ written: 0, left: 0 });
  expect(await stored()).toEqual([]);
});

it("says when an item never holds still", async () => {
  await put(anOldReport(1));
  let changes = 0;
  const client = interceptedClient(db.client, async ({ name }, next) => {
    if (name === "UpdateCommand") await put({ ...anOldReport(1), status: changes++ % 2 === 0 ? "resolved" : "new" });
    return next();
  });

  await expect(pass(client)).rejects.toThrow("an item changed 20 times");
});

describe("a pass that is killed", () => {
  const MANY = Array.from({ length: 25 }, (_, place) => place);

  /** A client that dies with its n-th command of a kind. */
  const dying = (kind: string, count: number) => {
    let left = count;
    return interceptedClient(db.client, async ({ name }, next) => {
      if (name === kind) left--;
      if (left < 0) throw new Error("killed");
      return next();
    });
  };

  it.each([
    ["while it writes the first page", "UpdateCommand", 4, 0],
    ["between two pages", "PutCommand", 2, 10],
    ["after all pages", "PutCommand", 3, 20],
  ])("goes on from its last page: %s", async (_, kind, count, from) => {
    await put(...MANY.map(anOldReport));
    await expect(pass(dying(kind, count))).rejects.toThrow("killed");
    expect(await new PassRecord(target()).running()).toMatchObject({ read: from, names: NAMES });
    let scanned = 0;
    const client = interceptedClient(db.client, async ({ name }, next) => {
      const answer = await next();
      if (name === "ScanCommand") scanned += (answer as { readonly Count: number }).Count;
      return answer;
    });

    await pass(client);

    // The row of the pass is one of the table's.
    expect(scanned - (MANY.length - from)).toBeGreaterThanOrEqual(0);
    expect(scanned - (MANY.length - from)).toBeLessThanOrEqual(1);
    expect((await stored()).filter((item) => item.admin_notes !== "a bug" || item.gsi2pk === undefined)).toEqual([]);
    expect(await new PassRecord(target()).done()).toEqual(NAMES);
  });

  it("is taken over by another process, and then stops at its next page", async () => {
    await put(...MANY.map(anOldReport));
    let isTaken = false;
    const client = interceptedClient(db.client, async ({ name }, next) => {
      if (name === "UpdateCommand" && !isTaken) {
        isTaken = true;
        await pass();
      }
      return next();
    });

    await expect(pass(client)).rejects.toThrow("another process has gone on with the pass");
    expect(await new PassRecord(target()).done()).toEqual(NAMES);
  });

  it("begins anew for other reasons, and keeps what has ended", async () => {
    await put(...MANY.map(anOldReport));
    await pass();
    const record = new PassRecord(target());
    const place = await record.begin(["other"]);
    await record.moveTo({ ...place, read: 10, after: { pk: "x", sk: "x" } }, NAMES);

    expect(await new PassRecord(target()).begin(["other"])).toMatchObject({ read: 10 });
    expect(await new PassRecord(target()).begin(["another"])).toMatchObject({ read: 0 });
    expect(await new PassRecord(target()).done()).toEqual(NAMES);
  });
});

it("leaves what it cannot tell, says so, and has not ended before that is put right", async () => {
  const { status: _, ...broken } = anOldReport(1);
  const foreign = { pk: "other#1", sk: "other" };
  await put(broken, anOldReport(2), foreign);

  const first = await pass();
  expect(first).toMatchObject({ left: 1, examples: [{ kind: "invalid", text: expect.stringContaining("status") }] });
  expect(await new PassRecord(target()).done()).toEqual([]);

  await put(anOldReport(1));
  expect(await pass()).toMatchObject({ left: 0 });
  expect(await new PassRecord(target()).done()).toEqual(NAMES);
  const { Item } = await db.client.send(new GetCommand({ TableName: db.table, Key: foreign }));
  expect(Item).toEqual(foreign);
});

it("writes under a condition alone, and nothing but what differs", async () => {
  await put(anOldReport(1), aReport(2));
  const writes: Readonly<Record<string, unknown>>[] = [];
  const client = interceptedClient(db.client, async ({ name, input }, next) => {
    if (name === UpdateCommand.name) writes.push(input);
    return next();
  });

  await pass(client);

  expect(writes).toHaveLength(1);
  const { ExpressionAttributeNames: names, UpdateExpression, ConditionExpression } = writes[0] ?? {};
  const set = [...String(UpdateExpression).matchAll(/(#a\d+) =/g)].map(
    ([, at = ""]) => (names as Record<string, string>)[at],
  );
  expect(set.filter((name) => !KEYS_OF_INDEXES.test(name ?? ""))).toEqual(["admin_notes"]);
  expect(ConditionExpression).toContain("attribute_not_exists");
});
