import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { MODELS } from "../../../entities/models.ts";
import { examineItems } from "../../../scripts/doctor/item-examination.ts";
import { checkCounts, noCounts } from "../../../scripts/migration/counts.ts";
import { mergeMapping } from "../../../scripts/migration/enum-mapping.ts";
import { legacyEstate, writeEstate } from "../../../scripts/migration/legacy-estate.ts";
import type { MigrationReport } from "../../../scripts/migration/run.ts";
import { quarantineFaults, runKilled, runStopped } from "../../../scripts/migration/trials/killed-run.ts";
import { createContext } from "../../../services/context.ts";
import { ConflictError } from "../../../services/storage/errors.ts";
import { type CommandFailure, commandHost } from "../../commands.ts";
import { NOW } from "../../engine.ts";
import { interceptedClient } from "../../instruments.ts";
import {
  aLegacyLog,
  aLegacyPurchase,
  aLegacyTicket,
  aLegacyUser,
  countsOf,
  fileOf,
  openTestEstate,
  type TestEstate,
  withoutRun,
} from "./estate.ts";

let estate: TestEstate;
beforeEach(async () => {
  estate = await openTestEstate();
});
afterEach(() => estate.drop());

const MARIA = "maria@example.com";

async function changeInNewTable(key: object, name: string, value: unknown): Promise<void> {
  const { client, table } = estate.db;
  await client.send(
    new UpdateCommand({
      TableName: table,
      Key: { ...key },
      UpdateExpression: "SET #name = :value",
      ExpressionAttributeNames: { "#name": name },
      ExpressionAttributeValues: { ":value": value },
    }) as never,
    {},
  );
}

const keyOfTicket = { pk: "ticket#TKT-9F23A0077C1E", sk: "1759000000" };

describe("a migration", () => {
  it("writes nothing on a dry run, and says what applying then does", async () => {
    await writeEstate(estate.db.client, estate.prefix, { items: 150, seed: 1, now: NOW });

    const foreseen = countsOf(await estate.run({ apply: false }));
    expect(await estate.db.contents()).toEqual([]);
    const report = await estate.run();
    const done = countsOf(report);

    expect(done).toEqual(foreseen);
    expect(done).toMatchObject({ already: 0, kept: 0 });
    const dirty = [...legacyEstate({ items: 150, seed: 1, now: NOW })].filter(
      (item) => item.dirty !== undefined,
    ).length;
    expect(done.quarantined).toBe(dirty);
    expect(await estate.verify()).toMatchObject({ clean: true, differences: [] });
  });

  it("writes nothing a second time", async () => {
    await writeEstate(estate.db.client, estate.prefix, { items: 100, seed: 2, now: NOW });
    const first = countsOf(await estate.run());
    const items = await estate.db.contents();

    const second = countsOf(await estate.run());

    expect(second).toMatchObject({ written: 0, already: first.written, quarantined: first.quarantined });
    expect(await estate.db.contents()).toEqual(items);
  });

  it("leaves a table that the doctor finds in order", async () => {
    await writeEstate(estate.db.client, estate.prefix, { items: 60, seed: 5, now: NOW });
    await estate.run();

    const context = createContext({ client: estate.db.client, table: estate.db.table });
    expect(await examineItems(context, { itemCount: 60, rate: 100_000 })).toMatchObject({ open: 0 });
  });

  it("gives the services items that they take for their own, and hides what only it knows", async () => {
    await estate.put("user", aLegacyUser({ email: "Maria@example.com" }));
    await estate.put("ticket", aLegacyTicket());
    await estate.put("entitlement", aLegacyPurchase());
    await estate.run();
    const { accounts, support, purchases } = estate.db.layer;

    const user = await accounts.get(MARIA);
    expect(user).toMatchObject({ email: MARIA, username: "Maria" });
    expect(user).not.toHaveProperty("legacy");
    expect(user).not.toHaveProperty("migration");
    expect((await accounts.overview(MARIA)).openTickets).toHaveLength(1);
    const { items } = await accounts.export(MARIA);
    expect(items.user[0]).toMatchObject({ legacy: { full_name: "Maria Silva", is_active: true } });
    expect(items.user[0]).not.toHaveProperty("migration");
    expect(items.ticket[0]).toMatchObject({ legacy: { sentiment: "angry", category: "general" } });
    const again = {
      user_email: MARIA,
      subject: "The microphone stops",
      message: "In part 2.",
      category: "technical",
      priority: "high",
      ticket_id: "TKT-9F23A0077C1E",
    } as const;
    expect(await support.open(again)).toMatchObject({ created_at: 1_759_000_000 });
    const receipt = {
      product_id: "writing",
      platform: "ios",
      transaction_id: "1000000901",
      receipt_data: "r",
    } as const;
    expect(await purchases.grant({ ...receipt, user_email: MARIA })).toMatchObject({
      granted: false,
      purchase: { purchase_date: 1_759_308_800 },
    });
    // It is a ledger of one transaction: a renewal goes behind it, and a refund of either leaves the other.
    const renewal = { ...receipt, user_email: MARIA, transaction_id: "1000000902", purchase_date: 1_759_308_900 };
    const { expires_at } = (await purchases.grant(renewal)).purchase;
    const { product_id, transaction_id } = receipt;
    expect(await purchases.refund(MARIA, product_id, transaction_id)).toMatchObject({
      transaction_id: "1000000902",
      expires_at: 1_759_308_900 + 30 * 24 * 60 * 60,
    });
    expect(await purchases.reverseRefund(MARIA, product_id, transaction_id)).toMatchObject({ expires_at });
    await expect(purchases.grant({ ...receipt, user_email: "thief@example.com" })).rejects.toThrow(ConflictError);
  });

  it.each([
    ["e-mails that differ in case", "user", [aLegacyUser(), aLegacyUser({ email: "Maria@example.com" })]],
    [
      "e-mails that differ in Unicode's forms",
      "user",
      [
        aLegacyUser({ email: "jos\u00e9@m\u00fcnchen.example" }),
        aLegacyUser({ email: "jose\u0301@xn--mnchen-3ya.example" }),
      ],
    ],
    ["a receipt granted to two", "entitlement", [aLegacyPurchase(), aLegacyPurchase({ user_id: "eve@example.com" })]],
    [
      "an event in seconds and milliseconds",
      "safety_log",
      [aLegacyLog(), aLegacyLog({ timestamp: 1_759_000_000_000 })],
    ],
  ] as const)("quarantines %s with both originals, whatever the page", async (_name, entity, items) => {
    await estate.put(entity, ...items);

    const report = await estate.run({ segments: 1, pageSize: 1 });

    const lines = await estate.quarantine(report, entity);
    expect(lines).toHaveLength(2);
    expect(lines.map(({ reason }) => reason.code)).toEqual(["conflict", "conflict"]);
    expect(lines[0]?.others).toEqual([lines[1]?.item]);
    expect(lines[1]?.others).toEqual([lines[0]?.item]);
    expect(lines[0]?.reason.text).toContain("decide for one of them");
    expect(
      (await estate.items()).filter(
        ({ __edb_e__ }) => __edb_e__ !== undefined && JSON.stringify(__edb_e__).includes(entity),
      ),
    ).toEqual([]);
    expect(await estate.verify()).toMatchObject({ clean: true });
    expect(countsOf(await estate.run())).toMatchObject({ written: 0, quarantined: 2 });
  });

  it("takes a migrated item back when a rival has appeared, and brings the last one over when that is resolved", async () => {
    await estate.put("user", aLegacyUser());
    await estate.run();
    await estate.put("user", aLegacyUser({ email: "MARIA@example.com" }));

    expect(countsOf(await estate.run())).toMatchObject({ written: 0, quarantined: 2 });
    expect(await estate.items()).toEqual([]);
    await estate.remove("user", { email: MARIA });
    expect(countsOf(await estate.run())).toMatchObject({ written: 1, quarantined: 0 });
    expect(await estate.verify()).toMatchObject({ clean: true });
  });

  it("brings over what has changed in the source since, and removes what cannot be read any more", async () => {
    await estate.put("ticket", aLegacyTicket(), aLegacyTicket({ ticket_id: "TKT-2" }));
    await estate.run();
    await estate.put(
      "ticket",
      aLegacyTicket({ status: "resolved" }),
      aLegacyTicket({ ticket_id: "TKT-2", category: "?" }),
    );

    expect(countsOf(await estate.run({ apply: false }))).toMatchObject({ written: 1, quarantined: 1, already: 0 });
    expect(countsOf(await estate.run())).toMatchObject({ written: 1, quarantined: 1, already: 0 });

    expect(await estate.db.layer.support.get("TKT-9F23A0077C1E")).toMatchObject({ status: "resolved" });
    expect(await estate.db.layer.support.find("TKT-2")).toBeUndefined();
  });

  it("reports what the new layer has changed since, and leaves it alone", async () => {
    await estate.put("ticket", aLegacyTicket());
    await estate.run();
    await estate.db.layer.support.answer("TKT-9F23A0077C1E", { ai_response: "We look into it." });
    const items = await estate.db.contents();
    await estate.put("ticket", aLegacyTicket({ status: "escalated" }));

    const foreseen = countsOf(await estate.run({ apply: false }));
    const report = await estate.run();

    expect(countsOf(report)).toMatchObject({ written: 0, already: 1, kept: 1 });
    expect(foreseen).toMatchObject({ written: 0, already: 1, kept: 1 });
    expect(await estate.db.contents()).toEqual(items);
    expect(readFileSync(report.tables.find(({ entity }) => entity === "ticket")?.archive ?? "", "utf8")).toContain(
      "changed",
    );
    expect(await estate.verify()).toMatchObject({ clean: false });
    expect(await estate.verify({ live: true })).toMatchObject({ clean: true });
  });

  it("leaves an item that the new layer made under a source's key, also when that happens while it runs", async () => {
    await estate.put("user", aLegacyUser());
    let registered = false;
    const target = interceptedClient(estate.db.client, async (command, next) => {
      // Between the look at what is there and the write.
      if (!registered && /Put|BatchWrite/.test(command.name) && JSON.stringify(command.input).includes("user#")) {
        registered = true;
        await estate.db.layer.accounts.register({
          email: MARIA,
          password_hash: aLegacyUser().password_hash,
          username: "New",
        });
      }
      return next();
    });

    const report = await estate.run({ target, live: true, entities: ["user"] });

    expect(registered).toBe(true);
    expect(countsOf(report)).toMatchObject({ written: 0, already: 1, kept: 1 });
    expect(await estate.db.layer.accounts.get(MARIA)).toMatchObject({ username: "New" });
  });

  it.each([
    ["", {}],
    [", while the new layer is in use", { live: true }],
  ])("brings nothing of an erased account over, though its sources are still there%s", async (_, options) => {
    await estate.put("user", aLegacyUser(), aLegacyUser({ email: "other@example.com" }));
    await estate.put("ticket", aLegacyTicket());
    await estate.run();
    const [before] = (await estate.items()).filter(({ __edb_e__ }) => __edb_e__ === "ticket");
    await estate.db.layer.accounts.erase(MARIA);

    const foreseen = countsOf(await estate.run({ apply: false, ...options }));
    const report = await estate.run(options);

    const counts = { written: 0, already: 1, skipped: 2, reasons: { erased: 2 } };
    expect([foreseen, countsOf(report)]).toEqual([expect.objectContaining(counts), expect.objectContaining(counts)]);
    // Nor into a file.
    expect(report.tables.map(({ archive }) => archive)).toEqual(report.tables.map(() => undefined));
    expect((await estate.items()).filter(({ user_email }) => user_email === MARIA)).toHaveLength(1);
    expect(await estate.verify()).toMatchObject({ clean: true });

    await estate.db.client.send(new PutCommand({ TableName: estate.db.table, Item: before }) as never, {});
    expect(await estate.verify()).toMatchObject({ clean: false });
    expect(countsOf(await estate.run(options))).toMatchObject(counts);
    expect(await estate.verify()).toMatchObject({ clean: true });
  });

  it("finds by the users table whose an id is, and sets aside what is of nobody's", async () => {
    const [mine, shared, unknown] = ["0b8f4a52", "1b8f4a52", "2b8f4a52"].map(
      (part) => `${part}-6f0d-4a39-9a51-6d1f8b1f6e01`,
    );
    await estate.put(
      "user",
      aLegacyUser({ user_id: mine }),
      aLegacyUser({ email: "one@example.com", user_id: shared }),
      aLegacyUser({ email: "two@example.com", user_id: shared }),
    );
    const purchases = [mine, shared, unknown].map((user_id) =>
      aLegacyPurchase({ user_id, transaction_id: `T-${user_id}` }),
    );
    await estate.put("entitlement", ...purchases);

    const report = await estate.run();

    expect(await estate.db.layer.purchases.get(MARIA, "writing")).toMatchObject({ transaction_id: `T-${mine}` });
    const aside = await estate.quarantine(report, "entitlement");
    expect(aside.map(({ reason }) => [reason.code, reason.attributes])).toEqual([
      ["unknown_owner", ["user_email"]],
      ["unknown_owner", ["user_email"]],
    ]);
    expect(await estate.verify()).toMatchObject({ clean: true });
    // An operator has found out whose it is.
    await estate.put("user", aLegacyUser({ email: "three@example.com", user_id: unknown }));
    await estate.run({ restart: true });
    expect(await estate.db.layer.purchases.get("three@example.com", "writing")).toMatchObject({ platform: "ios" });
  });

  it("tells which shapes a table has, and how many active purchases give no access any more", async () => {
    const old = { purchase_date: "2020-01-01T00:00:00" };
    await estate.put(
      "entitlement",
      aLegacyPurchase(old),
      aLegacyPurchase({ user_id: "b@example.com", transaction_id: "2" }),
    );

    const foreseen = countsOf(await estate.run({ apply: false }));
    const granted = countsOf(await estate.run({ apply: false, restart: true, accessFrom: estate.db.clock() }));

    expect(Object.values(foreseen.shapes)).toEqual([2]);
    expect(Object.keys(foreseen.shapes)[0]).toContain("purchase_date S, receipt_data S");
    const gone = Object.entries(foreseen.reasons).filter(([reason]) => reason.includes("--access-from"));
    expect(gone.map(([, count]) => count)).toEqual([1]);
    expect(granted.reasons).toEqual({});
  });

  it("counts accounts that have their purchases inside", async () => {
    await estate.put(
      "user",
      aLegacyUser({ purchases: [{ product: "academic_writing" }] }),
      aLegacyUser({ email: "ada@x.example" }),
    );
    for (const apply of [false, true])
      expect(countsOf(await estate.run({ apply })).reasons).toEqual({
        "with purchases inside the account, which are kept in legacy and are no entitlements": 1,
      });
  });

  it("brings over names that JavaScript's objects have", async () => {
    const TableName = `${estate.prefix}${MODELS.user.seedTable}`;
    for (const name of ["constructor", "toString"]) {
      const Item = {
        ...marshall(aLegacyUser({ email: `${name.toLowerCase()}@example.com` })),
        extra: { M: { [name]: { S: "x" } } },
      };
      await estate.db.client.send(new PutItemCommand({ TableName, Item }), {});
    }

    expect(countsOf(await estate.run())).toMatchObject({ read: 2, written: 2 });

    const extras = (await estate.items()).map(({ legacy }) => (legacy as { extra: object }).extra);
    expect(extras.map((extra) => Object.entries(extra)).sort()).toEqual([[["constructor", "x"]], [["toString", "x"]]]);
    expect(await estate.verify()).toMatchObject({ clean: true });
  });

  it("quarantines a purchase whose transaction the new layer has granted to another", async () => {
    await estate.put("entitlement", aLegacyPurchase());
    await estate.db.layer.purchases.grant({
      user_email: "eve@example.com",
      product_id: "speaking",
      platform: "ios",
      transaction_id: "1000000901",
      receipt_data: "r",
    });

    const report = await estate.run();

    expect((await estate.quarantine(report, "entitlement")).map(({ reason }) => reason.code)).toEqual(["claimed"]);
  });

  it("takes one table, under a name of its own", async () => {
    await estate.put("user", aLegacyUser());
    await estate.put("ticket", aLegacyTicket());
    const naming = { names: { ticket: `${estate.prefix}ielts-support-tickets` } };

    const report = await estate.run({ entities: ["ticket"], naming });

    expect(report.tables.map(({ entity, counts }) => [entity, counts.written])).toEqual([["ticket", 1]]);
    await expect(estate.run({ entities: ["user"], naming })).rejects.toThrow(
      "there is no source table ielts-genai-prep-users",
    );
  });

  it("fails when a table's items do not add up", () => {
    expect(() => checkCounts("t", { ...noCounts(), read: 3, written: 1, quarantined: 1 })).toThrow(
      "t: 3 items were read, but 1 written + 0 already there + 1 quarantined + 0 skipped are 2",
    );
  });
});

describe("a migration that is stopped", () => {
  it("goes on after a crash at any of its writes, and ends as if there had been none", async () => {
    await writeEstate(estate.db.client, estate.prefix, { items: 130, seed: 3, now: NOW });
    const reference = await openTestEstate();
    await writeEstate(reference.db.client, reference.prefix, { items: 130, seed: 3, now: NOW });
    const straight = await reference.run({ pageSize: 10, segments: 2 });
    const expected = withoutRun(await reference.items());
    await reference.drop();

    let report: MigrationReport | undefined;
    let crashes = 0;
    for (let point = 1; report === undefined; point += 2) {
      let writes = 0;
      const target = interceptedClient(estate.db.client, async (command, next) => {
        if (!/BatchWrite|Put|Delete/.test(command.name)) return next();
        writes++;
        // Every other crash comes when the write is done but nobody has been told.
        if (writes === point && point % 4 === 1) await next();
        if (writes >= point) throw new Error("crash");
        return next();
      });
      report = await estate.run({ target, pageSize: 10, segments: 2 }).catch(() => {
        crashes++;
        return undefined;
      });
    }

    expect(crashes).toBeGreaterThan(4);
    expect(countsOf(report)).toEqual(countsOf(straight));
    expect(withoutRun(await estate.items())).toEqual(expected);
    for (const { entity, counts } of report.tables)
      expect(await estate.quarantine(report, entity)).toHaveLength(counts.quarantined);
    expect(await estate.verify()).toMatchObject({ clean: true });
  });

  it("names the item that it fails on", async () => {
    await estate.put("ticket", aLegacyTicket(), aLegacyTicket({ created_at: 1_759_000_000_000 }));
    await estate.put("user", aLegacyUser());
    const failing = (kind: string) =>
      interceptedClient(estate.db.client, async ({ name }, next) => {
        if (name.startsWith(kind)) throw new Error("no more");
        return next();
      });

    await expect(estate.run({ target: failing("BatchWrite"), entities: ["user"] })).rejects.toThrow(
      `1 items of ${estate.prefix}ielts-genai-prep-users could not be written, the first under user#maria@example.com user`,
    );
    await expect(estate.run({ target: failing("Put"), entities: ["user"], restart: true, live: true })).rejects.toThrow(
      `item ["maria@example.com"] of ${estate.prefix}ielts-genai-prep-users: no more`,
    );
  });

  it("refuses other settings, until it is begun anew", async () => {
    await estate.put("user", aLegacyUser());
    const target = interceptedClient(estate.db.client, async (command, next) => {
      if (command.name.startsWith("BatchWrite")) throw new Error("crash");
      return next();
    });
    await expect(estate.run({ target })).rejects.toThrow("the same command goes on from here");

    await expect(estate.run({ mapping: mergeMapping({ "ticket.category": { x: "audio" } }) })).rejects.toThrow(
      "--restart",
    );
    await expect(estate.run({ restart: true, segments: 3 })).resolves.toMatchObject({ resumed: false });
  });

  it("keeps a second run out of its directory", async () => {
    const state = join(estate.directory, "state");
    await estate.run();
    writeFileSync(join(state, "lock"), JSON.stringify({ pid: process.ppid }));

    await expect(estate.run()).rejects.toThrow(`process ${process.ppid}`);
  });

  it("is killed as a process and misses nothing", async () => {
    const request = { items: 300, seed: 4, now: Math.floor(Date.now() / 1000) };
    await writeEstate(estate.db.client, estate.prefix, request);
    const { hostname, port } = (await estate.db.client.config.endpoint?.()) ?? {};
    const state = join(estate.directory, "killed");
    const words = [
      "--endpoint",
      `http://${hostname}:${port}`,
      "--table",
      estate.db.table,
      "--source-prefix",
      estate.prefix,
      "--state",
      state,
      "--page-size",
      "10",
      "--keep-sessions",
    ];

    const stopped = await runStopped([...words, "--apply", "--rate", "400"], state);
    expect(stopped).toMatchObject({ code: 130 });
    expect(stopped.output).toContain("Stopped. The same command goes on from its checkpoints.");

    const result = await runKilled([...words, "--apply"], state, request.items, 1);

    expect(result).toMatchObject({ code: 0, killed: 1 });
    expect(result.output).toContain("An unfinished run was taken up");
    expect(await quarantineFaults(state, request)).toEqual([]);
    estate.db.clock.now = request.now;
    expect(await estate.verify()).toMatchObject({ clean: true });
  });
});

describe("npm run migrate", () => {
  const host = commandHost();
  afterAll(() => host.stop());
  const run = async (...words: string[]) => {
    const { hostname, port } = (await estate.db.client.config.endpoint?.()) ?? {};
    const place = [
      "--endpoint",
      `http://${hostname}:${port}`,
      "--table",
      estate.db.table,
      "--source-prefix",
      estate.prefix,
    ];
    const all = [...place, "--state", join(estate.directory, "command"), ...words];
    const { code, stdout, stderr } = await host
      .run("migration/migrate", all)
      .catch((failure: CommandFailure) => failure);
    return { code, output: stdout + stderr };
  };

  it("says what it would do and does it, verifies with its exit code, and cleans up", async () => {
    await estate.put("ticket", aLegacyTicket(), aLegacyTicket({ ticket_id: "TKT-2", category: "billing" }));

    const [dry, limited] = [
      await run("--only", "ticket"),
      await run("--only", "ielts-support-tickets", "--apply", "--rate", "500"),
    ];

    expect(dry).toMatchObject({ code: 0, output: expect.stringMatching(/ielts-support-tickets +2 +1 +0 +1 +0/) });
    expect(dry.output).toContain("1 unknown_value ticket.category");
    expect(dry.output).toContain("ielts-support-tickets holds\n  2 of category S, created_at N, ");
    expect(dry.output).toContain("Nothing was written. --apply does it.");
    expect(limited).toMatchObject({ code: 0, output: expect.stringContaining("quarantine in ") });
    await estate.put("ticket", aLegacyTicket({ subject: "Other" }), aLegacyTicket({ ticket_id: "tkt-2" }));
    const differs = await run("--verify", "--only", "ticket");
    expect(differs).toMatchObject({ code: 1, output: expect.stringContaining("The sides differ.") });
    expect(differs.output).toContain('subject should be "Other" and is "The microphone stops"');
    expect(await run("--clean-up", "--apply")).toMatchObject({
      code: 0,
      output: expect.stringContaining("rows of the migration were removed"),
    });
  });

  it("refuses what it does not know", async () => {
    const refused = [
      [["--only", "nothing"], "one of user"],
      [["--source", "ticket"], "ticket=my-tickets"],
      [["--clean-up", "--mapping", "/absent.json"], "/absent.json"],
      [["--table", "absent-table"], "there is no table absent-table"],
    ] as const;

    const results = await Promise.all(refused.map(([words]) => run(...words)));

    for (const [index, [, text]] of refused.entries())
      expect(results[index]).toMatchObject({ code: 1, output: expect.stringContaining(text) });
  });
});

describe("a retry of a quarantine", () => {
  it("brings over what another mapping knows or an operator has corrected, and later runs leave it alone", async () => {
    await estate.put(
      "ticket",
      aLegacyTicket({ category: "billing" }),
      aLegacyTicket({ ticket_id: "TKT-2", message: null }),
    );
    const file = fileOf(await estate.run(), "ticket");
    writeFileSync(
      file,
      readFileSync(file, "utf8").replace('"message":{"NULL":true}', '"message":{"S":"by telephone"}'),
    );
    const mapping = mergeMapping({ "ticket.category": { billing: "purchase" } });

    expect(await estate.retry(file, { mapping, apply: false })).toMatchObject({ read: 2, written: 2 });
    expect(await estate.items()).toEqual([]);
    expect(await estate.retry(file, { mapping })).toMatchObject({ read: 2, written: 2, quarantined: 0 });
    expect(await estate.retry(file, { mapping })).toMatchObject({ written: 0, already: 2 });

    expect(await estate.db.layer.support.get("TKT-2")).toMatchObject({ message: "by telephone" });
    expect(countsOf(await estate.run())).toMatchObject({ written: 0, already: 2, quarantined: 0 });
  });

  it("keeps of a conflict the one whose line is left alone", async () => {
    await estate.put(
      "user",
      aLegacyUser({ username: "lower" }),
      aLegacyUser({ email: "Maria@example.com", username: "upper" }),
    );
    const file = fileOf(await estate.run(), "user");
    expect(await estate.retry(file)).toMatchObject({ written: 0, quarantined: 2 });

    const lines = readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line.includes('"key":"[\\"Maria@'));
    writeFileSync(file, lines.join("\n"));
    expect(await estate.retry(file)).toMatchObject({ read: 1, written: 1 });

    expect(await estate.db.layer.accounts.get(MARIA)).toMatchObject({ username: "upper" });
    const again = await estate.run();
    expect(countsOf(again)).toMatchObject({ written: 0, already: 1, quarantined: 1 });
    expect((await estate.quarantine(again, "user"))[0]?.key).toBe('["maria@example.com"]');
  });

  it("quarantines again what is still wrong, and names a line that is none", async () => {
    await estate.put("ticket", aLegacyTicket({ category: "billing" }));
    const file = fileOf(await estate.run(), "ticket");

    expect(await estate.retry(file)).toMatchObject({ quarantined: 1, reasons: { "unknown_value ticket.category": 1 } });
    expect(readFileSync(join(estate.directory, "again.jsonl"), "utf8")).toContain("billing");
    appendFileSync(file, "{}\n");
    await expect(estate.retry(file)).rejects.toThrow(`${file}:2 is no line of a quarantine file`);
  });
});

describe("a verification", () => {
  it("tells what is missing, different, changed and surplus, without values of secrets", async () => {
    await estate.put(
      "ticket",
      aLegacyTicket(),
      aLegacyTicket({ ticket_id: "TKT-2" }),
      aLegacyTicket({ ticket_id: "TKT-3" }),
    );
    await estate.put("user", aLegacyUser());
    await estate.run();
    await changeInNewTable(keyOfTicket, "subject", "Other");
    await estate.put("user", aLegacyUser({ password_hash: aLegacyUser().password_hash.replace(/.$/, "0") }));
    await estate.remove("ticket", { ticket_id: "TKT-2", created_at: 1_759_000_000 });
    await estate.put("ticket", aLegacyTicket({ ticket_id: "TKT-4" }));

    const { tables, differences, clean } = await estate.verify();

    expect(clean).toBe(false);
    expect(tables.find(({ entity }) => entity === "ticket")).toMatchObject({
      read: 3,
      equal: 1,
      missing: 1,
      changed: 1,
      surplus: 1,
    });
    expect(tables.find(({ entity }) => entity === "user")).toMatchObject({ different: 1 });
    expect(differences.join("\n")).toContain("password_hash");
    expect(differences.join("\n")).not.toContain("scrypt");
  });
});
