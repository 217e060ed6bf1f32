import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { examineItems } from "../../scripts/doctor/item-examination.ts";
import { createContext } from "../../services/context.ts";
import { aRegistration } from "../builders.ts";
import { openTestTable, type TestTable } from "../engine.ts";

// What docs/data-model.md says to programs that cannot use the package.

const hasBoto3 = spawnSync("python3", ["-c", "import boto3"]).status === 0;
const MARIA = "maria.silva@example.com";

let db: TestTable;
beforeEach(async () => {
  db = await openTestTable();
  // The other program's clock is the system's.
  db.clock.now = Math.floor(Date.now() / 1000);
});
afterEach(() => db.drop());

const contextOf = () => createContext({ client: db.client, table: db.table });

async function openByPython(mail: object): Promise<{ readonly code: number; readonly output: string }> {
  const { hostname, port } = (await db.client.config.endpoint?.()) ?? {};
  const child = spawn("python3", ["docs/examples/other_client.py"], {
    stdio: ["pipe", "pipe", "pipe"],
    env: {
      ...process.env,
      DYNAMODB_ENDPOINT: `http://${hostname}:${port}`,
      TABLE_NAME: db.table,
      ERASURE_SECRET: db.erasureSecret,
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
      AWS_DEFAULT_REGION: "us-east-1",
    },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  child.stdin.end(JSON.stringify(mail));
  const [code] = await once(child, "close");
  return { code, output };
}

const MAIL = {
  ticket_id: "MAIL-<42>@müller",
  user_email: " Maria.Silva@example.com",
  subject: "The microphone stops",
  message: "In part 2.",
  category: "audio",
  priority: "urgent",
};

(hasBoto3 ? describe : describe.skip)("the sample for other programs", () => {
  it("opens a ticket that is whole, once, whoever delivers the mail again", async () => {
    const { accounts, support } = db.layer;
    await accounts.register(aRegistration({ email: MARIA }));

    const first = await openByPython(MAIL);
    expect(first).toMatchObject({ code: 0 });
    const { ticket_id, created_at } = JSON.parse(first.output);
    expect(await openByPython(MAIL)).toEqual(first);
    const { ticket_id: id, user_email: _, ...mail } = MAIL;
    const whole = { ...mail, ticket_id: id, user_email: MARIA } as const;
    const again = await support.open(whole as Parameters<typeof support.open>[0]);

    expect(again).toMatchObject({ ticket_id, created_at, status: "new" });
    expect(await support.thread(ticket_id)).toMatchObject({ ticket: { subject: MAIL.subject } });
    for (const list of [support.listByUser(MARIA), support.listByStatus("new"), support.listByPriority("urgent")])
      expect((await list).items).toHaveLength(1);
    expect((await accounts.export(MARIA)).items.ticket).toHaveLength(1);
    expect(await examineItems(contextOf(), { itemCount: 10, rate: 100_000 })).toMatchObject({ open: 0, read: 3 });
    const theirs = await openByPython({ ...MAIL, user_email: "eve@example.com" });
    expect(theirs).toMatchObject({ code: 1, output: expect.stringContaining("belongs to another user") });
  });

  it("leaves nothing of an account that was erased", async () => {
    await db.layer.accounts.register(aRegistration({ email: MARIA }));
    await db.layer.accounts.erase(MARIA);
    const before = (await db.contents()).filter(({ __edb_e__ }) => __edb_e__ === "ticket");

    expect(await openByPython(MAIL)).toMatchObject({ code: 1, output: expect.stringContaining("was erased") });

    expect((await db.contents()).filter(({ __edb_e__ }) => __edb_e__ === "ticket")).toEqual(before);
  });
});

describe("rows that another program left without identifiers", () => {
  const withoutIdentifiers = async (key: object) =>
    db.client.send(
      new UpdateCommand({
        TableName: db.table,
        Key: { ...key },
        UpdateExpression: "REMOVE #e, #v",
        ExpressionAttributeNames: { "#e": "__edb_e__", "#v": "__edb_v__" },
      }) as never,
      {},
    );

  it("are no failure of an export or an erasure, in no report without a name, and told by the doctor", async () => {
    const { accounts, support } = db.layer;
    await accounts.register(aRegistration({ email: MARIA }));
    const { ticket_id, created_at } = await support.open({
      ...MAIL,
      user_email: MARIA,
      category: "audio",
      priority: "urgent",
    });
    await withoutIdentifiers({ pk: `user#${MARIA}`, sk: "user" });
    await withoutIdentifiers({ pk: `ticket#${ticket_id}`, sk: String(created_at) });
    for (const entity of ["constructor", "nothing"])
      await db.client.send(
        new PutCommand({
          TableName: db.table,
          Item: {
            pk: `ticket#${entity}`,
            sk: String(created_at),
            gsi1pk: `account#${MARIA}`,
            gsi1sk: `ticket#${created_at}#${entity}`,
            __edb_e__: entity,
          },
        }) as never,
        {},
      );

    const { items } = await accounts.export(MARIA);
    expect(items.user).toMatchObject([{ email: MARIA }]);
    expect(items.ticket).toEqual([]);
    const examined = await examineItems(contextOf(), { itemCount: 10, rate: 100_000 });
    expect(JSON.stringify(examined)).toContain("entity is absent");
    const { removed } = await accounts.erase(MARIA);
    expect(Object.keys(removed)).not.toContain("undefined");
    expect(Object.values(removed).every((count) => Number.isInteger(count))).toBe(true);
    expect(removed).toMatchObject({ user: 1 });
  });
});
