import { marshall } from "@aws-sdk/util-dynamodb";
import { type EntityName, MODELS } from "../../../entities/models.ts";
import {
  createStreamHandler,
  type StreamNotice,
  type StreamRecord,
} from "../../../scripts/migration/stream-handler.ts";
import { ERASURE_FINAL_SECONDS } from "../../../services/guards/erasure.ts";
import { aRegistration } from "../../builders.ts";
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

const KEYS = {
  user: ["email"],
  ticket: ["ticket_id", "created_at"],
  entitlement: ["user_id", "product_id"],
  session: ["session_id"],
  qr_token: ["token"],
} as const;
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

  it("brings nothing of an erased account back, at any later time, and what the person has since", async () => {
    const handle = handlerOn();
    const { db } = estate;
    const items = { user: aLegacyUser(), ticket: aLegacyTicket(), entitlement: aLegacyPurchase() };
    const followed = Object.keys(items) as (keyof typeof items)[];
    for (const entity of followed) await estate.put(entity, items[entity]);
    const records = followed.map((entity) => recordOf(entity, { now: items[entity] }));
    await handle({ Records: records });
    expect(notices.map(({ outcome }) => outcome)).toEqual(["written", "written", "written"]);
    await db.layer.accounts.erase(items.user.email);

    for (const later of [0, ERASURE_FINAL_SECONDS, 30 * 24 * 60 * 60]) {
      db.clock.advance(later);
      notices = [];
      expect(await handle({ Records: records })).toEqual({ batchItemFailures: [] });
      expect(notices.map(({ outcome }) => outcome)).toEqual(["skipped", "skipped", "skipped"]);
      for (const entity of followed) expect(await rowsOf(entity)).toEqual([]);
      await db.layer.accounts.finishErasures();
    }

    await db.layer.accounts.register(aRegistration({ email: items.user.email }));
    const since = aLegacyTicket({ ticket_id: "TKT-SINCE", created_at: db.clock() + 1 });
    await estate.put("ticket", since);
    await handle({ Records: [...records, recordOf("ticket", { now: since })] });
    expect((await rowsOf("ticket")).map(({ ticket_id }) => ticket_id)).toEqual(["TKT-SINCE"]);
    expect(await db.layer.accounts.get(items.user.email)).toMatchObject({ username: aRegistration().username });
    await clear();
  });

  describe("what lets somebody in", () => {
    const sources = {
      session: {
        session_id: "6f0c1f0e-4c1b-4f0e-9b7a-2f4f5f6f7f80",
        user_email: "maria@example.com",
        created_at: "2025-10-09T08:53:20",
      },
      qr_token: {
        token: "0e6d21b8-c94f-4a35-8f0e-5b1f9c24e7d0",
        user_email: "maria@example.com",
        created_at: "2025-10-09T08:53:20",
      },
    } as const;
    const [session, token] = [sources.session.session_id, sources.qr_token.token];
    const lettingIn = Object.keys(sources) as (keyof typeof sources)[];

    it("comes over, is nowhere in the table, and goes with its source", async () => {
      const { db, put, verify } = estate;
      const [user, handle] = [aLegacyUser(), handlerOn()];
      await put("user", user);
      for (const entity of lettingIn) await put(entity, sources[entity]);
      await handle({
        Records: [recordOf("user", { now: user }), ...lettingIn.map((one) => recordOf(one, { now: sources[one] }))],
      });

      await expect(db.layer.sessions.authenticate(session)).resolves.toMatchObject({ user_email: user.email });
      await expect(db.layer.qrLogin.status(token)).resolves.toMatchObject({ state: "waiting" });
      expect(await verify()).toMatchObject({ clean: true });
      // Items, and what the handler notes for a backfill.
      const texts = (await db.contents()).map((row) => JSON.stringify(row));
      expect(texts.filter((text) => /touched#[^"]*sessions/.test(text))).toHaveLength(1);
      const notes = (await db.contents()).filter(({ pk }) => String(pk).includes("touched#"));
      expect(notes.map(({ ttl }) => ttl)).toEqual(notes.map(() => db.clock() + 14 * 24 * 60 * 60));
      for (const secret of [session, token]) expect(texts.filter((text) => text.includes(secret))).toEqual([]);

      await estate.remove("session", { session_id: session });
      expect(await verify()).toMatchObject({ clean: false });
      await handle({ Records: [recordOf("session", { before: sources.session })] });
      await expect(db.layer.sessions.authenticate(session)).rejects.toMatchObject({ code: "not_found" });
      expect(await verify()).toMatchObject({ clean: true });
      await clear();
    });

    it("stays out when it ended while a backfill held it", async () => {
      const { db } = estate;
      const user = aLegacyUser();
      await estate.put("user", user);
      await estate.put("session", sources.session);
      let ended = false;
      const target = interceptedClient(db.client, async ({ name, input }, next) => {
        if (name === "BatchWriteCommand" && !ended && JSON.stringify(input).includes("session#")) {
          ended = true;
          await estate.remove("session", { session_id: session });
          await handlerOn()({ Records: [recordOf("session", { before: sources.session })] });
        }
        return next();
      });

      await estate.run({ target });

      expect(ended).toBe(true);
      expect(await rowsOf("session")).toEqual([]);
      expect(await estate.verify()).toMatchObject({ clean: true });
      await clear();
    });
  });

  it("takes back what it wrote while the account was being erased", async () => {
    const { accounts } = estate.db.layer;
    const ticket = aLegacyTicket();
    await accounts.register(aRegistration({ email: ticket.user_email }));
    await estate.put("ticket", ticket);
    let erased = false;
    const target = interceptedClient(estate.db.client, async ({ name, input }, next) => {
      if (name === "PutCommand" && !erased && JSON.stringify(input).includes(ticket.subject)) {
        erased = true;
        await accounts.erase(ticket.user_email);
      }
      return next();
    });

    await handlerOn(target)({ Records: [recordOf("ticket", { now: ticket })] });

    expect(erased).toBe(true);
    expect(notices).toMatchObject([{ outcome: "skipped" }]);
    expect(await rowsOf("ticket")).toEqual([]);
    await clear();
  });

  it("sets aside what is of an account that has another address", async () => {
    const { accounts } = estate.db.layer;
    const ticket = aLegacyTicket();
    await accounts.register(aRegistration({ email: ticket.user_email }));
    await accounts.changeAddress({ from: ticket.user_email, to: "maria.silva@example.org" });
    await estate.put("ticket", ticket);

    await handlerOn()({ Records: [recordOf("ticket", { now: ticket })] });

    expect(notices).toMatchObject([{ outcome: "quarantined", code: "moved", attributes: ["user_email"] }]);
    expect(await rowsOf("ticket")).toEqual([]);
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
