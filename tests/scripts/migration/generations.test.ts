import { writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { CreateTableCommand, DeleteTableCommand } from "@aws-sdk/client-dynamodb";
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { MODELS } from "../../../entities/models.ts";
import { Checkpoints } from "../../../scripts/migration/checkpoint.ts";
import { JsonLinesFile } from "../../../scripts/migration/json-lines.ts";
import { writeEstate } from "../../../scripts/migration/legacy-estate.ts";
import type { MigrationOptions } from "../../../scripts/migration/run.ts";
import { tableNamed } from "../../../scripts/migration/source-tables.ts";
import { createStreamHandler } from "../../../scripts/migration/stream-handler.ts";
import { NOW } from "../../engine.ts";
import { interceptedClient } from "../../instruments.ts";
import {
  aLegacyPurchase,
  aLegacyTicket,
  aLegacyUser,
  countsOf,
  openTestEstate,
  type TestEstate,
  withoutRun,
} from "./estate.ts";

// Where a run reads and writes: which tables, of which generation, and who else runs.

let estate: TestEstate;
beforeEach(async () => {
  estate = await openTestEstate();
});
afterEach(() => estate.drop());

const MARIA = "maria@example.com";
const MARIAS_ID = "0b8f4a52-6f0d-4a39-9a51-6d1f8b1f6e01";

const makeUsersTable = (name: string) => makeTable(name, "email");

async function makeTable(name: string, key: string): Promise<void> {
  await estate.db.client.send(
    new CreateTableCommand({
      TableName: name,
      KeySchema: [{ AttributeName: key, KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: key, AttributeType: "S" }],
      BillingMode: "PAY_PER_REQUEST",
    }),
    {},
  );
}

describe("two generations of one table", () => {
  let newer: string;
  let older: string;
  let options: Pick<MigrationOptions, "naming">;
  beforeEach(async () => {
    older = `${estate.prefix}${MODELS.user.seedTable}`;
    newer = `${older}-prod`;
    await makeUsersTable(newer);
    options = { naming: { prefix: estate.prefix, names: { user: [newer, older] } } };
  });
  afterEach(() => estate.db.client.send(new DeleteTableCommand({ TableName: newer }), {}));

  const putNewer = (item: object) =>
    estate.db.client.send(new PutCommand({ TableName: newer, Item: { ...item } }) as never, {});
  const nameOf = async (email = MARIA) => (await estate.db.layer.accounts.find(email))?.username;
  const hear = (name: string, item: Record<string, unknown>, removed = false) =>
    createStreamHandler({ ...estate.common, ...options })({
      Records: [
        {
          eventSourceARN: `arn:aws:dynamodb:us-east-1:0:table/${name}/stream/1`,
          dynamodb: {
            SequenceNumber: "1",
            Keys: marshall({ email: item.email }),
            ...(removed ? { OldImage: marshall(item) } : { NewImage: marshall(item) }),
          },
        },
      ],
    });

  it("give the newer one's item, and the older one's where the newer has none", async () => {
    await estate.put("user", aLegacyUser({ username: "old" }), aLegacyUser({ email: "ada@example.com" }));
    await putNewer(aLegacyUser({ username: "new" }));
    await putNewer(aLegacyUser({ email: "chen@example.com" }));

    const foreseen = countsOf(await estate.run({ ...options, apply: false }));
    const report = await estate.run({ ...options, pageSize: 1 });

    expect(countsOf(report)).toEqual(foreseen);
    expect(countsOf(report)).toMatchObject({ read: 4, written: 3, skipped: 1, reasons: { superseded: 1 } });
    expect(await nameOf()).toBe("new");
    expect(await nameOf("ada@example.com")).toBe("Maria");
    expect(await estate.verify({ ...options, quarantineShare: 0 })).toMatchObject({ clean: true, differences: [] });
    expect(countsOf(await estate.run(options))).toMatchObject({ written: 0, already: 3, skipped: 1 });
  });

  it("never let the older one's item come over the newer one's, under any key", async () => {
    await estate.put("user", aLegacyUser({ email: "Maria@Example.com", username: "old" }));
    await putNewer(aLegacyUser({ username: "new" }));
    for (const run of [1, 2]) {
      expect(countsOf(await estate.run(options))).toMatchObject({ written: 2 - run, skipped: 1 });
      expect(await nameOf()).toBe("new");
    }
    await hear(older, aLegacyUser({ email: "Maria@Example.com", username: "old" }));
    expect(await nameOf()).toBe("new");
    expect(await estate.verify(options)).toMatchObject({ clean: true });
  });

  it("let the newer one's item come over the older one's, which goes when it does", async () => {
    await estate.put("user", aLegacyUser({ username: "old" }));
    await estate.run(options);
    expect(await nameOf()).toBe("old");
    await putNewer(aLegacyUser({ username: "new" }));
    await hear(newer, aLegacyUser({ username: "new" }));
    expect(await nameOf()).toBe("new");
    await hear(older, aLegacyUser({ username: "old" }));
    expect(await nameOf()).toBe("new");
    expect(await estate.verify(options)).toMatchObject({ clean: true });
  });

  it("tell whose an id is, the newer one first", async () => {
    await estate.put(
      "user",
      aLegacyUser({ user_id: MARIAS_ID, email: "former@example.com" }),
      aLegacyUser({ user_id: MARIAS_ID.replace("0", "1"), email: "ada@example.com" }),
    );
    await putNewer(aLegacyUser({ user_id: MARIAS_ID }));
    const bought = { purchase_date: NOW - 60 };
    await estate.put(
      "entitlement",
      aLegacyPurchase({ ...bought, user_id: MARIAS_ID }),
      aLegacyPurchase({ ...bought, user_id: MARIAS_ID.replace("0", "1"), transaction_id: "2" }),
    );
    await estate.run(options);

    expect(await estate.db.layer.purchases.hasAccess(MARIA, "writing")).toBe(true);
    expect(await estate.db.layer.purchases.hasAccess("ada@example.com", "writing")).toBe(true);
  });

  it("leave what came from a table that nobody gave", async () => {
    await estate.put("user", aLegacyUser({ username: "staging" }));
    await estate.run();
    await putNewer(aLegacyUser({ username: "new" }));
    const naming = { prefix: estate.prefix, names: { user: newer } };

    expect(countsOf(await estate.run({ naming }))).toMatchObject({ written: 0, kept: 1 });
    expect(await nameOf()).toBe("staging");
    const { clean, differences } = await estate.verify({ naming });
    expect(clean).toBe(false);
    expect(differences.join()).toContain(`it came from ${older}, which is none of the tables given`);
  });

  it("name all that are missing at once", async () => {
    const naming = { prefix: "absent-" };
    await expect(estate.run({ naming, entities: ["user", "ticket"] })).rejects.toThrow(
      "there is no source table absent-ielts-genai-prep-users, absent-ielts-support-tickets",
    );
  });
});

it("brings tables over that are keyed as the platform's code keys them", async () => {
  const keyed = {
    ticket: "ticket_id",
    devops_action: "action_id",
    assessment: "result_id",
    entitlement: "entitlement_id",
    qr_token: "token_id",
    session: "connection_id",
  } as const;
  const names = Object.fromEntries(
    Object.entries(keyed).map(([entity, key]) => [entity, `${estate.prefix}${entity}-by-${key}`]),
  );
  for (const [entity, key] of Object.entries(keyed)) await makeTable(names[entity] ?? "", key);
  const naming = { prefix: estate.prefix, names };
  const put = (entity: keyof typeof keyed, item: object) =>
    estate.db.client.send(new PutCommand({ TableName: names[entity] ?? "", Item: { ...item } }) as never, {});
  const opened = { created_at: NOW, user_email: MARIA };
  try {
    await put("ticket", aLegacyTicket());
    await put("devops_action", {
      action_id: "ACT-1",
      timestamp: NOW,
      action_type: "diagnose",
      issue_description: "Slow",
      affected_service: "lambda",
      ai_analysis: { cause: "cold" },
    });
    await put("assessment", {
      result_id: "R-1",
      user_id: MARIA,
      assessment_type: "academic_writing",
      timestamp: "2025-10-09T08:53:20",
      overall_band: 7,
      completed: true,
    });
    for (const [entitlement_id, product_id, transaction_id] of [
      ["E-1", "academic_writing", "1"],
      ["E-2", "general_writing", "2"],
    ])
      await put("entitlement", aLegacyPurchase({ entitlement_id, product_id, transaction_id }));
    await put("qr_token", { token_id: "0e6d21b8-c94f-4a35-8f0e-5b1f9c24e7d0", ...opened });
    await put("session", { connection_id: "c-1", session_id: "6f0c1f0e-4c1b-4f0e-9b7a-2f4f5f6f7f80", ...opened });

    const report = await estate.run({ naming });

    expect(countsOf(report)).toMatchObject({ read: 7, written: 7 });
    expect(countsOf(await estate.run({ naming }))).toMatchObject({ written: 0, already: 7 });
    expect(await estate.verify({ naming, quarantineShare: 0 })).toMatchObject({ clean: true, differences: [] });
    const { assessments, purchases, support, devops, qrLogin } = estate.db.layer;
    expect(await assessments.get("R-1")).toMatchObject({ band_score: 7 });
    expect(await purchases.get(MARIA, "writing")).toMatchObject({ transaction_id: "2" });
    expect(await support.get("TKT-9F23A0077C1E")).toMatchObject({ priority: "high" });
    expect(await devops.get("ACT-1")).toMatchObject({ ai_analysis: '{"cause":"cold"}' });
    expect(await qrLogin.status("0e6d21b8-c94f-4a35-8f0e-5b1f9c24e7d0")).toMatchObject({ state: "waiting" });
    expect((await estate.items()).filter(({ qr_authenticated }) => qr_authenticated === false)).toHaveLength(1);
  } finally {
    for (const name of Object.values(names))
      await estate.db.client.send(new DeleteTableCommand({ TableName: name }), {});
  }
});

describe("a run that is not finished", () => {
  const crash = () =>
    estate.run({
      target: interceptedClient(estate.db.client, async ({ name }, next) => {
        if (name.startsWith("BatchWrite")) throw new Error("crash");
        return next();
      }),
    });

  it("is not taken up against a table that was made since", async () => {
    await estate.put("user", aLegacyUser());
    await expect(crash()).rejects.toThrow("goes on from here");
    const users = `${estate.prefix}${MODELS.user.seedTable}`;
    await estate.db.client.send(new DeleteTableCommand({ TableName: users }), {});
    // A table is there for a moment after it was deleted.
    while ((await tableNamed(estate.db.client, users)) !== undefined);
    await makeUsersTable(users);

    await expect(estate.run()).rejects.toThrow(
      new RegExp(`was against other tables: it knows no source ${users} at 127`),
    );
    await expect(estate.run({ restart: true })).resolves.toMatchObject({ resumed: false });
  });

  it("is not taken up against another endpoint, where tables have the same names", async () => {
    await estate.put("user", aLegacyUser());
    await expect(crash()).rejects.toThrow("goes on from here");
    const production = interceptedClient(estate.db.client, (_, next) => next());
    const elsewhere = new Proxy(production, {
      get: (target, property) =>
        property === "config"
          ? { ...estate.db.client.config, endpoint: async () => ({ hostname: "dynamodb.eu-west-1.amazonaws.com" }) }
          : Reflect.get(target, property),
    });

    await expect(estate.run({ target: elsewhere })).rejects.toThrow(
      /knows no target .* at dynamodb\.eu-west-1\.amazonaws\.com/,
    );
  });

  it("is taken over from another machine when the operator says so, and not before", async () => {
    await estate.put("user", aLegacyUser());
    await expect(crash()).rejects.toThrow("goes on from here");
    const lock = join(estate.directory, "state", "lock");
    writeFileSync(lock, JSON.stringify({ pid: 1, host: `not-${hostname()}` }));

    await expect(estate.run()).rejects.toThrow(/process 1 on not-.* --take-over/);
    expect(countsOf(await estate.run({ takeOver: true }))).toMatchObject({ written: 1 });
  });

  it.each(["a line of the quarantine", "a checkpoint"] as const)(
    "goes on after a full disk cut off %s",
    async (what) => {
      const bad = Array.from({ length: 8 }, (_, index) => aLegacyTicket({ ticket_id: `TKT-${index}`, message: null }));
      await estate.put("ticket", ...bad, aLegacyTicket());
      const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
      let calls = 0;
      const spy =
        what === "a checkpoint"
          ? jest.spyOn(Checkpoints.prototype, "write").mockImplementation(() => {
              throw full;
            })
          : jest.spyOn(JsonLinesFile.prototype, "append").mockImplementation(async function (
              this: JsonLinesFile,
              lines,
            ) {
              if (lines.length === 0) return;
              if (++calls < 2) {
                // What was written before it is there: half a line.
                writeFileSync((this as unknown as { path: string }).path, '{"table":"ielts-supp', { flag: "a" });
              }
              throw full;
            });
      await expect(estate.run({ pageSize: 2 })).rejects.toThrow("ENOSPC");
      spy.mockRestore();

      const report = await estate.run({ pageSize: 2 });

      expect(countsOf(report)).toMatchObject({ read: 9, written: 1, quarantined: 8 });
      const lines = await estate.quarantine(report, "ticket");
      expect(new Set(lines.map(({ key }) => key)).size).toBe(8);
      expect(lines).toHaveLength(8);
    },
  );
});

it("ends as one run when two operators run it at once", async () => {
  await writeEstate(estate.db.client, estate.prefix, { items: 150, seed: 9, now: NOW });
  const reference = await openTestEstate();
  await writeEstate(reference.db.client, reference.prefix, { items: 150, seed: 9, now: NOW });
  const straight = await reference.run();
  const expected = withoutRun(await reference.items());
  await reference.drop();

  const reports = await Promise.all(
    ["one", "two"].map((name) => estate.run({ state: join(estate.directory, name), pageSize: 10 })),
  );

  expect(withoutRun(await estate.items())).toEqual(expected);
  for (const report of reports) {
    const { written, already, quarantined } = countsOf(report);
    expect({ come: written + already, quarantined }).toEqual({
      come: countsOf(straight).written,
      quarantined: countsOf(straight).quarantined,
    });
  }
  expect(await estate.verify()).toMatchObject({ clean: true });
});
