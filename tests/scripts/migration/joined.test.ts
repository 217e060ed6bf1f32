import { readFileSync, writeFileSync } from "node:fs";
import { marshall } from "@aws-sdk/util-dynamodb";
import { currentPeriod, type Ledger, withRefund } from "../../../entities/ledger.ts";
import { MODELS } from "../../../entities/models.ts";
import { joinedPurchase } from "../../../scripts/migration/joined-purchase.ts";
import { readSetAside } from "../../../scripts/migration/json-lines.ts";
import { createStreamHandler } from "../../../scripts/migration/stream-handler.ts";
import { aRegistration } from "../../builders.ts";
import { NOW } from "../../engine.ts";
import fc from "../../generated.ts";
import { interceptedClient } from "../../instruments.ts";
import { aLegacyPurchase, countsOf, fileOf, openTestEstate, type TestEstate, withoutRun } from "./estate.ts";

// A buyer's purchases of products that are one now.

const DAY = 86_400;
const MARIA = "maria@example.com";
const iso = (instant: number) => new Date(instant * 1000).toISOString().slice(0, 19);

const ACADEMIC = aLegacyPurchase({ purchase_date: iso(NOW - 20 * DAY) });
const GENERAL = aLegacyPurchase({
  product_id: "general_writing",
  purchase_date: iso(NOW - 5 * DAY),
  transaction_id: "1000000902",
  receipt_data: '{"Receipt": "dEf"}',
  assessments_remaining: 3,
});
const WRITING = { user_email: MARIA, product_id: "writing" } as const;

let estate: TestEstate;
beforeEach(async () => {
  estate = await openTestEstate();
});
afterEach(() => estate.drop());

const purchases = async () => (await estate.items()).filter((row) => row.product_id !== undefined);

let sequence = 0;
function recordOf(item: object, removed = false) {
  const { user_id, product_id } = item as typeof ACADEMIC;
  return {
    eventSourceARN: `arn:aws:dynamodb:us-east-1:000000000000:table/${estate.prefix}${MODELS.entitlement.seedTable}/stream/1`,
    dynamodb: {
      SequenceNumber: String(++sequence),
      Keys: marshall({ user_id, product_id }),
      ...(removed ? { OldImage: marshall(item) } : { NewImage: marshall(item) }),
    },
  };
}
const handler = (target = estate.db.client) => createStreamHandler({ ...estate.common, target });

describe("two purchases of products that are one now", () => {
  it.each([1, 500])("come over as one with the later access, whatever the page (%s)", async (pageSize) => {
    await estate.put("entitlement", ACADEMIC, GENERAL);
    const foreseen = countsOf(await estate.run({ apply: false, pageSize }));

    const report = await estate.run({ pageSize });

    expect(countsOf(report)).toEqual(foreseen);
    expect(countsOf(report)).toMatchObject({ written: 2, quarantined: 0 });
    expect(await estate.db.layer.purchases.get(MARIA, "writing")).toMatchObject({
      transaction_id: "1000000902",
      purchase_date: NOW - 5 * DAY,
      expires_at: NOW + 25 * DAY,
      status: "active",
    });
    expect(await estate.verify()).toMatchObject({ clean: true });
    expect(countsOf(await estate.run({ pageSize }))).toMatchObject({ written: 0, already: 2 });
    expect(countsOf(await estate.run({ pageSize, apply: false }))).toMatchObject({ written: 0, already: 2 });
  });

  it("keep both originals, in the item and in the archive", async () => {
    await estate.put("entitlement", ACADEMIC, GENERAL);
    const report = await estate.run();

    const [purchase] = await purchases();
    expect(purchase).toMatchObject({
      receipt_data: GENERAL.receipt_data,
      legacy: {
        joined: [
          { transaction_id: "1000000901", product_id: ACADEMIC.product_id, receipt_data: ACADEMIC.receipt_data },
          { transaction_id: "1000000902", product_id: "general_writing", assessments_remaining: 3 },
        ],
      },
    });
    const archive = report.tables.find(({ entity }) => entity === "entitlement")?.archive ?? "";
    const kept: unknown[] = [];
    for await (const { item, reason } of readSetAside(archive)) kept.push({ item, code: reason.code });
    expect(kept).toHaveLength(2);
    expect(kept).toEqual(
      expect.arrayContaining([ACADEMIC, GENERAL].map((one) => ({ item: marshall(one), code: "joined" }))),
    );
  });

  it("claim both transactions, and each is refunded for itself", async () => {
    await estate.put("entitlement", ACADEMIC, GENERAL);
    await estate.run();
    const layer = estate.db.layer.purchases;
    const receipt = { platform: "ios", receipt_data: "r", ...WRITING } as const;

    for (const transaction_id of ["1000000901", "1000000902"]) {
      expect(await layer.grant({ ...receipt, transaction_id })).toMatchObject({ granted: false });
      await expect(layer.grant({ ...receipt, transaction_id, product_id: "speaking" })).rejects.toMatchObject({
        reason: "claimed",
      });
    }
    expect(await layer.refund(MARIA, "writing", "1000000902")).toMatchObject({ expires_at: NOW + 10 * DAY });
    expect(await layer.refund(MARIA, "writing", "1000000901")).toMatchObject({ status: "refunded" });
    expect(await layer.hasAccess(MARIA, "writing")).toBe(false);
  });

  it("become one whatever comes first, and are apart again when one goes", async () => {
    const handle = handler();
    await estate.put("entitlement", GENERAL);
    await handle({ Records: [recordOf(GENERAL)] });
    await estate.put("entitlement", ACADEMIC);
    await handle({ Records: [recordOf(ACADEMIC), recordOf(GENERAL)] });
    const both = withoutRun(await purchases());
    expect(both).toHaveLength(1);
    expect(await estate.verify()).toMatchObject({ clean: true });

    await estate.remove("entitlement", { user_id: GENERAL.user_id, product_id: GENERAL.product_id });
    await handle({ Records: [recordOf(GENERAL, true)] });
    expect(await estate.db.layer.purchases.get(MARIA, "writing")).toMatchObject({ transaction_id: "1000000901" });
    expect(await estate.verify()).toMatchObject({ clean: true });

    await estate.put("entitlement", GENERAL);
    await handle({ Records: [recordOf(GENERAL)] });
    expect(withoutRun(await purchases())).toEqual(both);
    for (const one of [ACADEMIC, GENERAL]) {
      await estate.remove("entitlement", { user_id: one.user_id, product_id: one.product_id });
      await handle({ Records: [recordOf(one, true)] });
    }
    expect(await purchases()).toEqual([]);
  });

  it("follow a change of either", async () => {
    await estate.put("entitlement", ACADEMIC, GENERAL);
    await estate.run();
    const later = { ...ACADEMIC, purchase_date: iso(NOW - DAY) };
    await estate.put("entitlement", later);
    await handler()({ Records: [recordOf(later)] });

    expect(await estate.db.layer.purchases.get(MARIA, "writing")).toMatchObject({
      transaction_id: "1000000901",
      expires_at: NOW + 29 * DAY,
    });
    const unreadable = { ...ACADEMIC, status: "odd" };
    await estate.put("entitlement", unreadable);
    expect(countsOf(await estate.run())).toMatchObject({ quarantined: 1, already: 0, written: 1 });
    expect(await estate.db.layer.purchases.get(MARIA, "writing")).toMatchObject({ transaction_id: "1000000902" });
    expect(await estate.verify()).toMatchObject({ clean: true });
  });

  it("have a claim for each transaction, also for one that the other's record brings", async () => {
    await estate.put("entitlement", ACADEMIC, GENERAL);
    await estate.run();
    const renewed = { ...GENERAL, transaction_id: "1000000999" };
    await estate.put("entitlement", renewed);
    await estate.remove("entitlement", { user_id: ACADEMIC.user_id, product_id: ACADEMIC.product_id });

    await handler()({ Records: [recordOf(ACADEMIC, true)] });

    expect(await purchases()).toMatchObject([{ transaction_id: "1000000999" }]);
    expect(await estate.verify()).toMatchObject({ clean: true, differences: [] });
    const theirs = { ...WRITING, user_email: "eve@example.com", platform: "ios", receipt_data: "r" } as const;
    await expect(estate.db.layer.purchases.grant({ ...theirs, transaction_id: "1000000999" })).rejects.toMatchObject({
      reason: "claimed",
    });
  });

  it("stay as they are once the new layer has changed them", async () => {
    await estate.put("entitlement", ACADEMIC);
    await estate.run();
    const { purchase } = await estate.db.layer.purchases.grant({
      ...WRITING,
      platform: "ios",
      transaction_id: "1000000950",
      receipt_data: "new",
    });
    await estate.put("entitlement", GENERAL);

    expect(countsOf(await estate.run({ live: true }))).toMatchObject({ kept: 2 });
    expect(await estate.db.layer.purchases.get(MARIA, "writing")).toEqual(purchase);
  });

  it("are no conflict when they share their transaction, and are one with another account's", async () => {
    const shared = { ...GENERAL, transaction_id: ACADEMIC.transaction_id };
    await estate.put("entitlement", ACADEMIC, shared);
    expect(countsOf(await estate.run())).toMatchObject({ written: 2, quarantined: 0 });
    expect(await estate.verify()).toMatchObject({ clean: true });

    const other = aLegacyPurchase({ user_id: "eve@example.com", transaction_id: GENERAL.transaction_id });
    await estate.put("entitlement", GENERAL, other);
    const foreseen = countsOf(await estate.run({ apply: false }));
    expect(foreseen).toMatchObject({ quarantined: 2 });
    expect(countsOf(await estate.run())).toMatchObject({ quarantined: 2 });
    expect(await purchases()).toMatchObject([{ transaction_id: "1000000901", user_email: MARIA }]);
    expect((await purchases())[0]).not.toHaveProperty("ledger");
    expect(await estate.verify()).toMatchObject({ clean: true });
  });

  it("come over beside one that cannot be read, and with it once that is mended", async () => {
    await estate.put("entitlement", ACADEMIC, { ...GENERAL, price_paid: "free" });
    const report = await estate.run();
    expect(countsOf(report)).toMatchObject({ written: 1, quarantined: 1 });
    const file = fileOf(report, "entitlement");
    writeFileSync(file, readFileSync(file, "utf8").replace('"free"', '"36.5"'));

    const mended = await estate.retry(file);

    expect(mended).toMatchObject({ written: 1, quarantined: 0 });
    const joined = { transaction_id: "1000000902", price_paid: 36.5, expires_at: NOW + 25 * DAY };
    expect(await estate.db.layer.purchases.get(MARIA, "writing")).toMatchObject(joined);
    // Later runs leave it alone.
    expect(countsOf(await estate.run())).toMatchObject({ written: 0 });
    expect(await estate.db.layer.purchases.get(MARIA, "writing")).toMatchObject(joined);
    expect(await estate.verify()).toMatchObject({ clean: true });
  });

  it("leave out what was bought before the account was erased", async () => {
    await estate.put("entitlement", ACADEMIC);
    await estate.run();
    const { layer } = estate.db;
    estate.db.clock.now = NOW - 10 * DAY;
    await layer.accounts.register(aRegistration({ email: MARIA }));
    await layer.accounts.erase(MARIA);
    estate.db.clock.now = NOW - 8 * DAY;
    await layer.accounts.finishErasures();
    await layer.accounts.register(aRegistration({ email: MARIA }));
    estate.db.clock.now = NOW;
    await estate.put("entitlement", GENERAL);

    await estate.run();

    const [purchase, ...others] = await purchases();
    expect(others).toEqual([]);
    expect(purchase).toMatchObject({ transaction_id: "1000000902" });
    expect(purchase).not.toHaveProperty("ledger");
    expect(await estate.verify()).toMatchObject({ clean: true });
  });

  it("go on after a crash at any of their writes, and end as if there had been none", async () => {
    await estate.put("entitlement", ACADEMIC, GENERAL);
    await estate.run();
    const expected = withoutRun(await purchases());
    for (let failing = 1; ; failing++) {
      const other = await openTestEstate();
      try {
        await other.put("entitlement", ACADEMIC, GENERAL);
        let writes = 0;
        const target = interceptedClient(other.db.client, async ({ name }, next) => {
          if (!/^(?:Put|Delete|BatchWrite)/.test(name) || ++writes !== failing) return next();
          await next();
          throw new Error("killed");
        });
        const crashed = await other.run({ target }).then(
          () => false,
          () => true,
        );
        const report = await other.run();
        if (crashed) expect(countsOf(report)).toMatchObject({ read: 2, written: 2 });
        expect(withoutRun((await other.items()).filter((row) => row.product_id !== undefined))).toEqual(expected);
        if (!crashed) break;
      } finally {
        await other.drop();
      }
    }
  });

  it("end as one when their records meet in any order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const other = await openTestEstate();
        try {
          await other.put("entitlement", ACADEMIC, GENERAL);
          const target = interceptedClient(other.db.client, (_, next) =>
            scheduler.schedule(Promise.resolve()).then(next),
          );
          const handle = createStreamHandler({ ...other.common, target });
          const records = [ACADEMIC, GENERAL].map((one) => ({
            ...recordOf(one),
            eventSourceARN: `arn:aws:dynamodb:us-east-1:0:table/${other.prefix}${MODELS.entitlement.seedTable}/stream/1`,
          }));
          const calls = records.map((one) => handle({ Records: [one] }));
          await scheduler.waitFor(Promise.all(calls));
          expect(await other.verify()).toMatchObject({ clean: true });
        } finally {
          await other.drop();
        }
      }),
      { numRuns: 10 },
    );
  });
});

describe("joinedPurchase", () => {
  const purchase = fc
    .record({
      bought: fc.integer({ min: -400, max: 0 }),
      days: fc.integer({ min: 0, max: 60 }),
      status: fc.constantFrom("active", "expired", "refunded"),
    })
    .map(({ bought, days, status }) => ({
      ...WRITING,
      platform: "ios",
      purchase_date: NOW + bought * DAY,
      expires_at: NOW + (bought + days) * DAY,
      status,
    }));
  const purchasesOf = fc
    .array(purchase, { minLength: 2, maxLength: 5 })
    .map((all) =>
      all.map((one, position) => ({ ...one, transaction_id: String(position), receipt_data: `r${position}` })),
    );

  it("ends with the latest that is active, has every transaction, and shows what its ledger says", () => {
    fc.assert(
      fc.property(purchasesOf, (all) => {
        const joined = joinedPurchase(all);
        const active = all.filter(({ status }) => status === "active");
        if (active.length > 0) {
          const latest = Math.max(...active.map(({ expires_at }) => expires_at));
          const bought = Math.max(...all.filter(({ status }) => status !== "refunded").map((one) => one.purchase_date));
          expect(joined).toMatchObject({ status: "active", expires_at: Math.max(latest, bought) });
        }
        const ledger = joined.ledger as Ledger;
        expect(new Set(ledger.map((one) => one.transaction_id)).size).toBe(all.length);
        const period = currentPeriod(ledger, NOW);
        expect(joined).toMatchObject({ ...period, status: joined.status });
        // Nobody gains by a refund.
        for (const { transaction_id } of all) {
          const refunded = currentPeriod(withRefund(ledger, transaction_id), NOW);
          if (refunded?.status !== "refunded")
            expect(refunded?.expires_at).toBeLessThanOrEqual(period?.expires_at ?? 0);
        }
      }),
    );
  });

  it("ends when it would have, had the parts come one after the other", () => {
    fc.assert(
      fc.property(purchasesOf, (all) => {
        const [first, ...others] = all;
        let bySteps: ReturnType<typeof joinedPurchase> = { ...first };
        for (const one of others) bySteps = joinedPurchase([bySteps, one]);

        const { status, expires_at } = joinedPurchase(all);
        expect(bySteps).toMatchObject(status === "active" ? { status, expires_at } : { status });
      }),
    );
  });
});
