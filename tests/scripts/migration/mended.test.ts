import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { MODELS } from "../../../entities/models.ts";
import { createStreamHandler } from "../../../scripts/migration/stream-handler.ts";
import { interceptedClient } from "../../instruments.ts";
import { aLegacyTicket, aLegacyUser, countsOf, fileOf, openTestEstate, type TestEstate, withoutRun } from "./estate.ts";

// Lines of a quarantine file that an operator has corrected.

let estate: TestEstate;
beforeEach(async () => {
  estate = await openTestEstate();
});
afterEach(() => estate.drop());

const MARIA = "maria@example.com";
const BAD_USER = aLegacyUser({ email: "maria at example.com", username: "Maria by hand" });
const BAD_TICKET = aLegacyTicket({ message: null });
const KEY = { ticket_id: BAD_TICKET.ticket_id, created_at: BAD_TICKET.created_at };
type Followed = "user" | "ticket";

/** Puts items, runs, corrects the lines of the quarantine, and gives the file. */
async function corrected(entity: Followed, items: readonly object[], corrections: Readonly<Record<string, string>>) {
  await estate.put(entity, ...items);
  const file = fileOf(await estate.run(), entity);
  let text = readFileSync(file, "utf8");
  for (const [from, to] of Object.entries(corrections)) text = text.replaceAll(from, to);
  // A copy: the next run's file is another one.
  const copy = join(estate.directory, `corrected-${entity}.jsonl`);
  writeFileSync(copy, text);
  return copy;
}
const ADDRESS = { '"email":{"S":"maria at example.com"}': `"email":{"S":"${MARIA}"}` };
const MESSAGE = { '"message":{"NULL":true}': '"message":{"S":"by telephone"}' };

async function hear(entity: Followed, item: Record<string, unknown>, removed = false) {
  const names = entity === "user" ? ["email"] : ["ticket_id", "created_at"];
  const record = {
    eventSourceARN: `arn:aws:dynamodb:us-east-1:0:table/${estate.prefix}${MODELS[entity].seedTable}/stream/1`,
    dynamodb: {
      SequenceNumber: "1",
      Keys: marshall(Object.fromEntries(names.map((name) => [name, item[name]]))),
      ...(removed ? { OldImage: marshall(item) } : { NewImage: marshall(item) }),
    },
  };
  const target = estate.db.client;
  expect(await createStreamHandler({ ...estate.common, target })({ Records: [record] })).toEqual({
    batchItemFailures: [],
  });
}

const accounts = async () => (await estate.items()).filter((row) => String(row.pk).startsWith("user#"));

describe("a corrected line", () => {
  it("survives later runs and records although its source has another key, and is compared", async () => {
    const file = await corrected("user", [BAD_USER], ADDRESS);
    expect(await estate.retry(file)).toMatchObject({ read: 1, written: 1 });

    for (const options of [{}, { apply: false }, { live: true }])
      expect(countsOf(await estate.run(options))).toMatchObject({ written: 0, already: 1, quarantined: 0 });
    await hear("user", BAD_USER);
    expect(await estate.db.layer.accounts.get(MARIA)).toMatchObject({ username: "Maria by hand" });
    const { tables, ...verified } = await estate.verify({ quarantineShare: 0 });
    expect(verified).toEqual({ clean: true, differences: [], faults: [] });
    expect(tables.find(({ entity }) => entity === "user")).toMatchObject({ read: 1, mended: 1, quarantined: 0 });
  });

  it("is no more than what is there, and what comes later is no more than it", async () => {
    const file = await corrected("user", [BAD_USER], ADDRESS);
    await estate.put("user", aLegacyUser({ username: "in the table" }));
    await estate.run();
    expect(await estate.retry(file)).toMatchObject({
      written: 0,
      quarantined: 1,
      reasons: { "conflict user.email": 1 },
    });
    expect(await estate.db.layer.accounts.get(MARIA)).toMatchObject({ username: "in the table" });
    expect(await estate.verify()).toMatchObject({ clean: true });

    await estate.remove("user", { email: MARIA });
    await hear("user", aLegacyUser(), true);
    expect(await estate.retry(file)).toMatchObject({ written: 1 });
    await estate.put("user", aLegacyUser({ username: "late" }));
    for (const apply of [false, true])
      expect(countsOf(await estate.run({ apply }))).toMatchObject({ written: 0, already: 1, quarantined: 1 });
    await hear("user", aLegacyUser({ username: "late" }));
    expect(await estate.db.layer.accounts.get(MARIA)).toMatchObject({ username: "Maria by hand" });
  });

  it("is none of two that become one, whoever they are", async () => {
    const second = { ...BAD_USER, email: "maria_at_example.com", username: "Another" };
    const file = await corrected("user", [BAD_USER, second], {
      ...ADDRESS,
      '"email":{"S":"maria_at_example.com"}': `"email":{"S":"Maria@example.com"}`,
    });

    for (const apply of [false, true])
      expect(await estate.retry(file, { apply })).toMatchObject({
        written: 0,
        quarantined: 2,
        reasons: { conflict: 2 },
      });

    expect(await accounts()).toEqual([]);
    const again = readFileSync(join(estate.directory, "again.jsonl"), "utf8");
    expect(again).toContain("would be the same in the new table; leave one of the lines");
    const [line = ""] = readFileSync(file, "utf8").split("\n");
    writeFileSync(file, line);
    expect(await estate.retry(file)).toMatchObject({ written: 1, quarantined: 0 });
  });

  it("is set aside again with all that is wrong with it", async () => {
    const file = await corrected("ticket", [aLegacyTicket({ category: "billing", priority: "whenever" })], {});

    expect(await estate.retry(file)).toMatchObject({
      quarantined: 1,
      reasons: { "unknown_value ticket.category, ticket.priority": 1 },
    });
  });

  it("is not told apart from another correction of its own source", async () => {
    const file = await corrected("ticket", [BAD_TICKET], MESSAGE);
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text + text.replace("by telephone", "by letter"));
    expect(await estate.retry(file)).toMatchObject({ written: 0, quarantined: 2 });
    writeFileSync(file, text + text);
    expect(await estate.retry(file)).toMatchObject({ written: 1, already: 1, quarantined: 0 });
  });

  it("counts only while its source is what was corrected", async () => {
    const file = await corrected("ticket", [BAD_TICKET], MESSAGE);
    await estate.put("ticket", aLegacyTicket({ message: "newer" }));
    await estate.run();

    expect(await estate.retry(file)).toMatchObject({ written: 0, quarantined: 1, reasons: { changed: 1 } });
    expect(await estate.db.layer.support.get(KEY.ticket_id)).toMatchObject({ message: "newer" });
    await estate.remove("ticket", KEY);
    expect(await estate.retry(file)).toMatchObject({ written: 0, skipped: 1, reasons: { gone: 1 } });
  });

  it("gives way to a newer source that can be read, and to none that cannot", async () => {
    const file = await corrected("ticket", [BAD_TICKET], MESSAGE);
    await estate.retry(file);
    await estate.put("ticket", aLegacyTicket({ message: null, priority: "low" }));
    expect(await estate.verify()).toMatchObject({ clean: false, faults: [expect.stringContaining("not what their")] });
    expect(countsOf(await estate.run())).toMatchObject({ quarantined: 1 });
    expect(await estate.db.layer.support.get(KEY.ticket_id)).toMatchObject({ message: "by telephone" });

    await estate.put("ticket", aLegacyTicket({ message: "repaired" }));
    expect(countsOf(await estate.run())).toMatchObject({ written: 1, quarantined: 0 });
    expect(await estate.db.layer.support.get(KEY.ticket_id)).toMatchObject({ message: "repaired" });
    expect(await estate.verify()).toMatchObject({ clean: true });
  });

  it("goes with its source", async () => {
    const file = await corrected("user", [BAD_USER], ADDRESS);
    await estate.retry(file);
    await estate.remove("user", { email: BAD_USER.email });
    expect(await estate.verify()).toMatchObject({ clean: false, faults: [expect.stringContaining("no source")] });

    await hear("user", BAD_USER, true);

    expect(await accounts()).toEqual([]);
  });

  it("takes nothing's place that the new layer has changed", async () => {
    const file = await corrected("ticket", [BAD_TICKET], MESSAGE);
    await estate.retry(file);
    await estate.db.layer.support.setPriority(KEY.ticket_id, "low");
    writeFileSync(file, readFileSync(file, "utf8").replace("by telephone", "by letter"));

    expect(await estate.retry(file)).toMatchObject({ written: 0, already: 1, kept: 1 });
    expect(await estate.db.layer.support.get(KEY.ticket_id)).toMatchObject({
      message: "by telephone",
      priority: "low",
    });
    expect(await estate.verify()).toMatchObject({ clean: false });
    expect(await estate.verify({ live: true })).toMatchObject({ clean: true });
  });

  it("moves when it is corrected again", async () => {
    const file = await corrected("user", [BAD_USER], ADDRESS);
    await estate.retry(file);
    writeFileSync(file, readFileSync(file, "utf8").replace(`{"S":"${MARIA}"}`, '{"S":"maria@other.example"}'));

    expect(await estate.retry(file)).toMatchObject({ written: 1 });

    expect((await accounts()).map(({ email }) => email)).toEqual(["maria@other.example"]);
    expect(countsOf(await estate.run())).toMatchObject({ written: 0, already: 1 });
    expect(await estate.verify()).toMatchObject({ clean: true });
  });

  it("is written once, whenever the command dies", async () => {
    const file = await corrected("user", [BAD_USER], ADDRESS);
    await estate.retry(file);
    const expected = withoutRun(await estate.items());
    for (let point = 1; point < 10; point++) {
      await estate.drop();
      estate = await openTestEstate();
      const copy = await corrected("user", [BAD_USER], ADDRESS);
      let writes = 0;
      const target = interceptedClient(estate.db.client, async ({ name }, next) => {
        if (!/^(?:Put|Delete)/.test(name) || ++writes !== Math.ceil(point / 2)) return next();
        if (point % 2 === 0) await next();
        throw new Error("killed");
      });
      await estate.retry(copy, { target }).catch(() => undefined);
      expect(await estate.retry(copy)).toMatchObject({ quarantined: 0 });
      expect(withoutRun(await estate.items())).toEqual(expected);
      expect(countsOf(await estate.run())).toMatchObject({ written: 0, already: 1 });
    }
  });
});

describe("a verification", () => {
  it("fails for what is in quarantine over the share that is stated, table by table", async () => {
    await estate.put(
      "ticket",
      BAD_TICKET,
      aLegacyTicket({ ticket_id: "TKT-2" }),
      aLegacyTicket({ ticket_id: "TKT-3" }),
    );
    await estate.run();

    const { clean, faults } = await estate.verify({ quarantineShare: 0 });
    expect(clean).toBe(false);
    expect(faults).toEqual([
      `${estate.prefix}ielts-support-tickets: 1 of 3 (33.33 %) are in quarantine, and 0 % may be`,
    ]);
    expect(await estate.verify({ quarantineShare: 0.3 })).toMatchObject({ clean: false });
    expect(await estate.verify({ quarantineShare: 0.34 })).toMatchObject({ clean: true, faults: [] });
  });

  it("tells of a corrected item that somebody changed or removed", async () => {
    const file = await corrected("ticket", [BAD_TICKET], MESSAGE);
    await estate.retry(file);
    const { client, table } = estate.db;
    const change = {
      TableName: table,
      Key: { pk: `ticket#${KEY.ticket_id}`, sk: String(KEY.created_at) },
      UpdateExpression: "SET subject = :subject",
      ExpressionAttributeValues: { ":subject": "Other" },
    };
    await client.send(new UpdateCommand(change) as never, {});
    expect(await estate.verify()).toMatchObject({ clean: false });
    expect((await estate.verify()).differences).toEqual([expect.stringContaining("was mended, and the new layer")]);
  });
});
