import { marshall } from "@aws-sdk/util-dynamodb";
import { type EntityName, MODELS } from "../../../entities/models.ts";
import {
  createStreamHandler,
  type StreamNotice,
  type StreamRecord,
} from "../../../scripts/migration/stream-handler.ts";
import fc from "../../generated.ts";
import { interceptedClient } from "../../instruments.ts";
import { aLegacyPurchase, aLegacyTicket, aLegacyUser, openTestEstate, type TestEstate } from "./estate.ts";

let estate: TestEstate;
let notices: StreamNotice[];
beforeAll(async () => {
  estate = await openTestEstate();
});
afterAll(() => estate.drop());
beforeEach(() => {
  notices = [];
});

const KEYS = { user: ["email"], ticket: ["ticket_id", "created_at"], entitlement: ["user_id", "product_id"] } as const;
type Followed = keyof typeof KEYS;

let sequence = 0;
function recordOf(entity: Followed, images: { readonly now?: object; readonly before?: object }): StreamRecord {
  const item = (images.now ?? images.before) as Record<string, unknown>;
  const image = (one: object | undefined) => (one === undefined ? undefined : marshall(one));
  const [NewImage, OldImage] = [image(images.now), image(images.before)];
  return {
    eventSourceARN: `arn:aws:dynamodb:us-east-1:000000000000:table/${estate.prefix}${MODELS[entity].seedTable}/stream/1`,
    dynamodb: {
      SequenceNumber: String(++sequence),
      Keys: marshall(Object.fromEntries(KEYS[entity].map((name) => [name, item[name]]))),
      ...(NewImage === undefined ? {} : { NewImage }),
      ...(OldImage === undefined ? {} : { OldImage }),
    },
  };
}

const handlerOn = (target = estate.db.client, source = estate.db.client) =>
  createStreamHandler({ ...estate.common, source, target, onNotice: (notice) => notices.push(notice) });

const rowsOf = async (entity: EntityName) =>
  (await estate.items()).filter(
    (row) => JSON.stringify(row.__edb_e__) === JSON.stringify({ S: entity }) || row.__edb_e__ === entity,
  );

/** Everything gone from both sides. */
async function clear(): Promise<void> {
  const fresh = await openTestEstate();
  await estate.drop();
  estate = fresh;
}

describe("the stream handler", () => {
  it("brings inserts, changes and removals over", async () => {
    const handle = handlerOn();
    const ticket = aLegacyTicket();

    await estate.put("ticket", ticket);
    await handle({ Records: [recordOf("ticket", { now: ticket })] });
    expect(await estate.db.layer.support.get(ticket.ticket_id)).toMatchObject({ status: "new" });
    const resolved = aLegacyTicket({ status: "resolved" });
    await estate.put("ticket", resolved);
    await handle({ Records: [recordOf("ticket", { now: resolved, before: ticket })] });
    expect(await estate.db.layer.support.get(ticket.ticket_id)).toMatchObject({ status: "resolved" });
    await estate.remove("ticket", { ticket_id: ticket.ticket_id, created_at: ticket.created_at });
    expect(await handle({ Records: [recordOf("ticket", { before: resolved })] })).toEqual({ batchItemFailures: [] });
    expect(await estate.db.layer.support.find(ticket.ticket_id)).toBeUndefined();
    expect(notices.map(({ outcome }) => outcome)).toEqual(["written", "written", "removed"]);
  });

  it("moves an item whose key has changed with its attributes", async () => {
    const handle = handlerOn();
    const [before, now] = [
      aLegacyPurchase({ user_email: "old@example.com" }),
      aLegacyPurchase({ user_email: "new@example.com" }),
    ];
    await estate.put("entitlement", before);
    await handle({ Records: [recordOf("entitlement", { now: before })] });
    await estate.put("entitlement", now);
    await handle({ Records: [recordOf("entitlement", { now, before })] });

    expect(await estate.db.layer.purchases.find("old@example.com", "writing")).toBeUndefined();
    // The receipt was granted to another account: it is never granted again.
    expect(notices.at(-1)).toMatchObject({ outcome: "quarantined", code: "claimed" });
    await clear();
  });

  it("leaves what the new layer has changed, and says so", async () => {
    const handle = handlerOn();
    const ticket = aLegacyTicket();
    await estate.put("ticket", ticket);
    await handle({ Records: [recordOf("ticket", { now: ticket })] });
    await estate.db.layer.support.answer(ticket.ticket_id, { ai_response: "Hello" });
    await estate.remove("ticket", { ticket_id: ticket.ticket_id, created_at: ticket.created_at });

    await handle({ Records: [recordOf("ticket", { before: ticket })] });

    expect(notices.at(-1)).toEqual({ entity: "ticket", outcome: "kept" });
    expect(await estate.db.layer.support.get(ticket.ticket_id)).toMatchObject({ ai_response: "Hello" });
    await clear();
  });

  it("tells Lambda which records failed, and the others go on", async () => {
    const target = interceptedClient(estate.db.client, (command, next) => {
      if (command.name.startsWith("Put") && JSON.stringify(command.input).includes("TKT-BAD"))
        throw new Error("secret value");
      return next();
    });
    const items = ["TKT-1", "TKT-BAD", "TKT-3", "TKT-BAD"].map((ticket_id) => aLegacyTicket({ ticket_id }));
    await estate.put("ticket", ...items);
    const records = items.map((now) => recordOf("ticket", { now }));

    const { batchItemFailures } = await handlerOn(target)({ Records: records });

    expect(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual(
      [records[1], records[3]].map((record) => record?.dynamodb?.SequenceNumber),
    );
    expect(await rowsOf("ticket")).toHaveLength(2);
    expect(JSON.stringify(notices)).not.toContain("secret value");
    expect(notices).toContainEqual({ entity: "ticket", outcome: "failed", error: "Error" });
    await clear();
  });

  it("refuses the stream of another table", async () => {
    const record = {
      ...recordOf("user", { now: aLegacyUser() }),
      eventSourceARN: "arn:aws:dynamodb:x:1:table/other/stream/1",
    };

    await expect(handlerOn()({ Records: [record] })).rejects.toThrow(
      "the stream of other is none of the legacy tables'",
    );
  });

  it("lets a backfill see what it dealt with in between", async () => {
    const handle = handlerOn();
    const ticket = aLegacyTicket();
    await estate.put("ticket", ticket);
    let intruded = false;
    const target = interceptedClient(estate.db.client, async (command, next) => {
      // The page was read; before it is written the ticket is deleted, and the handler finds nothing to do.
      if (!intruded && command.name.startsWith("BatchWrite")) {
        intruded = true;
        await estate.remove("ticket", { ticket_id: ticket.ticket_id, created_at: ticket.created_at });
        await handle({ Records: [recordOf("ticket", { before: ticket })] });
      }
      return next();
    });

    const report = await estate.run({ target, entities: ["ticket"] });

    expect(intruded).toBe(true);
    expect(report.tables[0]).toMatchObject({ touched: 1, counts: { written: 1 } });
    expect(await rowsOf("ticket")).toEqual([]);
    expect(await estate.verify()).toMatchObject({ clean: true });
    await clear();
  });

  it("converges with a backfill, whatever the order in which records come and how often", async () => {
    const users = fc.record({
      email: fc.constantFrom("a@example.com", "A@example.com", "b@example.com"),
      username: fc.constantFrom("x", "y"),
    });
    const change = fc.record({
      user: users,
      removed: fc.boolean(),
      backfill: fc.integer({ min: 0, max: 5 }).map((one) => one === 0),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 8 }),
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        async (changes, chances) => {
          const chance = () => chances.next().value as number;
          const handle = handlerOn();
          let held: StreamRecord[] = [];
          for (const { user, removed, backfill } of changes) {
            const item = aLegacyUser(user);
            if (removed) await estate.remove("user", { email: user.email });
            else await estate.put("user", item);
            held.push(recordOf("user", removed ? { before: item } : { now: item }));
            if (chance() < 0.3) held = [...held, ...held];
            if (chance() < 0.5) {
              await handle({ Records: held.filter(() => chance() < 0.5) });
            }
            if (backfill) await estate.run({ entities: ["user"], segments: 1, restart: true });
          }
          held.sort(() => chance() - 0.5);
          await handle({ Records: held });

          const { differences } = await estate.verify();
          expect(differences).toEqual([]);
          for (const email of ["a@example.com", "A@example.com", "b@example.com"])
            await estate.remove("user", { email });
          await handle({
            Records: ["a@example.com", "A@example.com", "b@example.com"].map((email) =>
              recordOf("user", { before: aLegacyUser({ email }) }),
            ),
          });
          expect(await rowsOf("user")).toEqual([]);
        },
      ),
      { numRuns: 12 },
    );
  });
});
