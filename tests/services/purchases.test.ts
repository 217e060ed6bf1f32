import { inspect } from "node:util";
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { AssessmentModel } from "../../entities/assessment.ts";
import { EntitlementModel } from "../../entities/entitlement.ts";
import { claimId, settleClaim } from "../../services/guards/claims.ts";
import {
  ACCESS_PERIOD_SECONDS,
  type GrantOptions,
  type Purchases,
  type VerifiedReceipt,
} from "../../services/purchases.ts";
import { ConflictError, ItemTooLargeError, ValidationError } from "../../services/storage/errors.ts";
import { aReceipt, aRegistration } from "../builders.ts";
import { NOW, openTestTable, type TestTable } from "../engine.ts";
import fc from "../generated.ts";
import { interceptedClient, requestsOf, type SentCommand, storeAll } from "../instruments.ts";

const DAY = 24 * 60 * 60;
const RECEIPT_DATA = aReceipt().receipt_data;

let db: TestTable;
let purchases: Purchases;
beforeAll(async () => {
  db = await openTestTable();
  purchases = db.layer.purchases;
});
afterAll(() => db.drop());
beforeEach(() => {
  db.clock.now = NOW;
});

let made = 0;
/** The address of a user whom no other test knows. */
const someone = () => `buyer-${++made}@example.com`;
/** A transaction that no other test knows. */
const aTransaction = () => `20000${++made}`;

/** A receipt of a user and a transaction that no other test knows. */
const newReceipt = (overrides: Partial<VerifiedReceipt> = {}) =>
  aReceipt({ user_email: someone(), transaction_id: aTransaction(), ...overrides });

const storedEntitlements = async (...users: string[]) =>
  (await db.contents()).filter((item) => item.__edb_e__ === "entitlement" && users.includes(item.user_email as string));

const statusIs = (user_email: string, status: "active" | "expired" | "refunded") =>
  db.layer.entities.entitlement.patch({ user_email, product_id: "speaking" }).set({ status }).go();

/** The purchase after a grant. */
const grant = async (receipt: VerifiedReceipt, options?: GrantOptions) =>
  (await purchases.grant(receipt, options)).purchase;

/** A data layer that does something else before the first of its requests that `when` picks. */
function meanwhile(when: (command: SentCommand) => boolean, act: () => Promise<unknown>) {
  let done = false;
  const client = interceptedClient(db.client, async (command, next) => {
    if (!done && when(command)) {
      done = true;
      await act();
    }
    return next();
  });
  return db.layerWith({ client });
}

describe("grant", () => {
  it("gives 30 days from now", async () => {
    const receipt = newReceipt();

    const entitlement = await grant(receipt);

    const { receipt_data, ...shown } = receipt;
    expect(entitlement).toEqual({
      ...shown,
      purchase_date: NOW,
      expires_at: NOW + 30 * DAY,
      status: "active",
    });
    expect(ACCESS_PERIOD_SECONDS).toBe(30 * DAY);
    expect(await purchases.find(receipt.user_email, "speaking")).toEqual(entitlement);
    expect((await storedEntitlements(receipt.user_email))[0]).toMatchObject({ receipt_data });
  });

  it("normalises the address", async () => {
    const user_email = someone();

    const entitlement = await grant(newReceipt({ user_email: ` ${user_email.toUpperCase()} ` }));

    expect(entitlement.user_email).toBe(user_email);
    expect(await purchases.find(` ${user_email.toUpperCase()}`, "speaking")).toEqual(entitlement);
    expect(await purchases.hasAccess(`${user_email.toUpperCase()} `, "speaking")).toBe(true);
    expect(await purchases.allActive(` ${user_email.toUpperCase()} `)).toMatchObject([{ user_email }]);
  });

  it("has no time to live, so that an expired purchase is kept", async () => {
    const receipt = newReceipt();

    await grant(receipt);
    await grant({ ...receipt, transaction_id: aTransaction() });

    const [stored] = await storedEntitlements(receipt.user_email);
    expect(stored).toMatchObject({ expires_at: NOW + 60 * DAY });
    expect(stored).not.toHaveProperty("ttl");
  });

  it("keeps a user's products apart", async () => {
    const user_email = someone();
    const speaking = await grant(newReceipt({ user_email }));
    db.clock.now = NOW + DAY;

    const writing = await grant(newReceipt({ user_email, product_id: "writing" }));

    expect(writing.expires_at).toBe(NOW + 31 * DAY);
    expect(await purchases.find(user_email, "speaking")).toEqual(speaking);
  });

  it("grants without a price", async () => {
    const { price_paid, ...receipt } = newReceipt();

    const entitlement = await grant(receipt);

    expect(price_paid).toBeDefined();
    expect(entitlement).toMatchObject({ status: "active" });
    expect(entitlement).not.toHaveProperty("price_paid");
  });

  it("gives the same transaction once, however late it is sent again", async () => {
    const receipt = newReceipt();
    const first = await grant(receipt);
    const before = await db.contents();

    for (const later of [1, 20 * DAY, 30 * DAY, 400 * DAY]) {
      db.clock.now = NOW + later;
      expect(await grant(receipt)).toEqual(first);
    }
    expect(await db.contents()).toEqual(before);
    expect(await purchases.hasAccess(receipt.user_email, "speaking")).toBe(false);
  });

  it("gives one grant to 20 deliveries of one receipt at once", async () => {
    const receipt = newReceipt();

    const granted = await Promise.all(Array.from({ length: 20 }, () => grant(receipt)));

    expect(new Set(granted.map(({ expires_at }) => expires_at))).toEqual(new Set([NOW + 30 * DAY]));
    expect(await storedEntitlements(receipt.user_email)).toHaveLength(1);
  });

  it.each([
    ["another account", { user_email: "second-buyer@example.com" }],
    ["another product", { product_id: "writing" }],
  ] as const)("refuses a transaction that was granted to %s", async (_, other) => {
    const receipt = newReceipt();
    await grant(receipt);
    const before = await db.contents();

    const failure = await grant({ ...receipt, ...other }).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ConflictError);
    expect(failure).toMatchObject({ code: "conflict", entity: "transaction", reason: "claimed" });
    const shown = inspect(failure, { depth: null });
    for (const secret of [RECEIPT_DATA, receipt.user_email]) expect(shown).not.toContain(secret);
    expect(await db.contents()).toEqual(before);
  });

  it.each([
    ["two accounts", () => [{ user_email: someone() }, { user_email: someone() }]],
    [
      "two products",
      () => {
        const user_email = someone();
        return [
          { user_email, product_id: "speaking" as const },
          { user_email, product_id: "writing" as const },
        ];
      },
    ],
  ])("gives one grant when 20 calls bring one receipt for %s at once", async (_, claimants) => {
    const transaction_id = aTransaction();
    const receipts = claimants().map((claimant) => aReceipt({ ...claimant, transaction_id }));

    const calls = await Promise.allSettled(
      Array.from({ length: 20 }, (_, place) => grant(receipts[place % 2] ?? aReceipt())),
    );

    const stored = await storedEntitlements(...receipts.map(({ user_email }) => user_email));
    expect(stored).toHaveLength(1);
    expect(stored[0]).toMatchObject({ transaction_id, expires_at: NOW + 30 * DAY });
    const { user_email, product_id } = stored[0] ?? {};
    const granted = calls.flatMap((call) => (call.status === "fulfilled" ? [call.value] : []));
    const refused = calls.flatMap((call) => (call.status === "rejected" ? [call.reason] : []));
    expect(granted).toHaveLength(10);
    for (const entitlement of granted) expect(entitlement).toMatchObject({ user_email, product_id });
    expect(refused).toHaveLength(10);
    for (const reason of refused) expect(reason).toMatchObject({ code: "conflict", reason: "claimed" });
  });

  it("takes transactions that differ in case for two", async () => {
    await grant(newReceipt({ transaction_id: "GPA.3345-a" }));

    await expect(grant(newReceipt({ transaction_id: "GPA.3345-A" }))).resolves.toMatchObject({
      transaction_id: "GPA.3345-A",
    });
  });

  it.each([
    ["no address", { user_email: "nobody" }, "user_email"],
    ["an unknown product", { product_id: "listening" }, "product_id"],
    ["an unknown store", { platform: "windows" }, "platform"],
    ["a missing store", { platform: undefined }, "platform"],
    ["an empty transaction", { transaction_id: "" }, "transaction_id"],
    ["a missing receipt", { receipt_data: undefined }, "receipt_data"],
    ["a negative price", { price_paid: -0.01 }, "price_paid"],
    ["a price with three decimals", { price_paid: 36.995 }, "price_paid"],
    ["an expiry of the caller's own", { expires_at: NOW + 900 * DAY }, "expires_at"],
    ["a state of the caller's own", { status: "active" }, "status"],
  ])("refuses %s and claims nothing, for a new purchase and for a renewal", async (_, broken, attribute) => {
    const receipt = newReceipt();
    const renewed = newReceipt();
    await grant(renewed);
    const before = await db.contents();

    for (const input of [receipt, { ...renewed, transaction_id: aTransaction() }]) {
      const failure = await grant({ ...input, ...broken } as never).catch((error: unknown) => error);

      expect(failure).toBeInstanceOf(ValidationError);
      expect(failure).toMatchObject({ code: "validation", entity: "entitlement", attribute });
      expect(inspect(failure, { depth: null })).not.toContain(RECEIPT_DATA);
    }
    expect(await db.contents()).toEqual(before);
  });

  it("refuses a receipt that no item can hold, and claims nothing", async () => {
    const before = await db.contents();

    const failure = await purchases
      .grant(newReceipt({ receipt_data: "MIIT".repeat(103_000) }))
      .catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ItemTooLargeError);
    expect(failure).toMatchObject({ code: "item_too_large", entity: "entitlement", attribute: "receipt_data" });
    expect(await db.contents()).toEqual(before);
  });

  it("finishes after a crash between claim and grant, a day later", async () => {
    const receipt = newReceipt();
    await claimId(db.layer.context, "transaction", receipt.transaction_id, [receipt.user_email, "speaking"], NOW);
    db.clock.now = NOW + DAY;

    await expect(grant({ ...receipt, user_email: someone() })).rejects.toBeInstanceOf(ConflictError);
    const entitlement = await grant(receipt);

    expect(entitlement).toMatchObject({ purchase_date: NOW + DAY, expires_at: NOW + 31 * DAY });
    expect(await purchases.hasAccess(receipt.user_email, "speaking")).toBe(true);
  });

  it("gives an erased account nothing until the person registers anew, and then what they pay for", async () => {
    const receipt = newReceipt();
    await db.layer.accounts.register(aRegistration({ email: receipt.user_email }));
    await db.layer.accounts.erase(receipt.user_email);

    const failure = await grant(receipt).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ConflictError);
    expect(failure).toMatchObject({ code: "conflict", entity: "user", reason: "erased" });
    expect(await storedEntitlements(receipt.user_email)).toEqual([]);
    db.clock.now = NOW + 60 * 60;
    await db.layer.accounts.finishErasures();
    await expect(grant(receipt)).rejects.toMatchObject({ reason: "erased" });
    await db.layer.accounts.register(aRegistration({ email: receipt.user_email }));
    await expect(grant(receipt)).resolves.toMatchObject({ expires_at: NOW + 60 * 60 + 30 * DAY });
  });
});

describe("grant, by what the store says of the purchase", () => {
  it("says whether this call granted", async () => {
    const receipt = newReceipt();

    expect(await purchases.grant(receipt)).toMatchObject({ granted: true });
    expect(await purchases.grant(receipt)).toMatchObject({ granted: false });
    expect(await purchases.grant({ ...receipt, transaction_id: aTransaction() })).toMatchObject({ granted: true });
  });

  it("runs from the purchase, however late its message comes", async () => {
    const receipt = newReceipt({ purchase_date: NOW - 3 * DAY });

    expect(await grant(receipt)).toMatchObject({ purchase_date: NOW - 3 * DAY, expires_at: NOW + 27 * DAY });
    const older = await grant({ ...receipt, transaction_id: aTransaction(), purchase_date: NOW - 20 * DAY });
    expect(older).toMatchObject({ transaction_id: receipt.transaction_id, expires_at: NOW + 40 * DAY });
  });

  it("keeps the receipt of what was bought last, whatever comes last", async () => {
    const receipt = newReceipt({ receipt_data: "the last" });
    await grant(receipt);
    await grant({
      ...receipt,
      transaction_id: aTransaction(),
      purchase_date: NOW - DAY,
      receipt_data: "an older one",
    });

    expect(await storedEntitlements(receipt.user_email)).toMatchObject([{ receipt_data: "the last" }]);
  });

  it("is over at once when it was bought long ago", async () => {
    const receipt = newReceipt({ purchase_date: NOW - 90 * DAY });

    expect(await grant(receipt)).toMatchObject({ status: "expired", expires_at: NOW - 60 * DAY });
    expect(await purchases.hasAccess(receipt.user_email, "speaking")).toBe(false);
  });

  it("loses no paid day when all purchases are restored after a refund", async () => {
    const receipt = newReceipt({ purchase_date: NOW });
    const renewal = { ...receipt, transaction_id: aTransaction(), purchase_date: NOW };
    await grant(receipt);
    await grant(renewal);
    await purchases.refund(receipt.user_email, "speaking", renewal.transaction_id);
    const left = await purchases.get(receipt.user_email, "speaking");
    db.clock.now = NOW + 10 * DAY;

    for (const one of [renewal, receipt])
      expect(await purchases.grant(one)).toEqual({ purchase: left, granted: false });
    expect(left).toMatchObject({ status: "active", expires_at: NOW + 30 * DAY });
  });

  it("refuses a renewal under the id of the transaction that it renews", async () => {
    const receipt = newReceipt({ purchase_date: NOW });
    await grant(receipt);
    const before = await db.contents();
    db.clock.now = NOW + 30 * DAY;

    const failure = await grant({ ...receipt, purchase_date: NOW + 30 * DAY }).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ValidationError);
    expect(failure).toMatchObject({ attribute: "transaction_id", rule: expect.stringContaining("the renewal's own") });
    expect(await db.contents()).toEqual(before);
    // Two messages about one purchase may tell it a little apart.
    await expect(grant({ ...receipt, purchase_date: NOW + 60 })).resolves.toMatchObject({ purchase_date: NOW });
  });

  it.each([
    ["told by the caller", { environment: "sandbox" }],
    ["told by the receipt", { receipt_data: JSON.stringify({ environment: "Sandbox" }) }],
  ] as const)("refuses a sandbox's purchase unless it may be: %s", async (_, told) => {
    const receipt = newReceipt(told);
    const before = await db.contents();

    const failure = await grant(receipt).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ValidationError);
    expect(failure).toMatchObject({ attribute: "environment" });
    expect(await db.contents()).toEqual(before);
    await expect(grant(receipt, { allowSandbox: true })).resolves.toMatchObject({ status: "active" });
  });

  it.each([
    ["thousandths", { price_paid: 36_990 }, "price_paid", /thousandths/],
    ["millionths", { price_paid: 36_990_000 }, "price_paid", /millionths/],
    ["a purchase in the future", { purchase_date: NOW + DAY }, "purchase_date", /future/],
    ["a purchase in milliseconds", { purchase_date: NOW * 1_000 }, "purchase_date", /milliseconds/],
    ["an unknown environment", { environment: "Staging" }, "environment", /production, sandbox/],
  ])("refuses %s", async (_, broken, attribute, rule) => {
    const failure = await grant(newReceipt(broken as never)).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ValidationError);
    expect(failure).toMatchObject({ entity: "entitlement", attribute, rule: expect.stringMatching(rule) });
  });
});

describe("grant for an erased account, when the call dies before it takes the entitlement back", () => {
  const dying = (name: string) =>
    db.layerWith({
      client: interceptedClient(db.client, async (command, next) => {
        if (command.name === name) throw new Error("connection reset");
        return next();
      }),
    });

  it("is refused again by the retry, and leaves nothing", async () => {
    const receipt = newReceipt();
    await db.layer.accounts.erase(receipt.user_email);
    await expect(dying("DeleteCommand").purchases.grant(receipt)).rejects.toThrow("connection reset");

    const retry = purchases.grant(receipt);

    await expect(retry).rejects.toMatchObject({ code: "conflict", reason: "erased" });
    expect(await storedEntitlements(receipt.user_email)).toEqual([]);
  });

  it("is never granted twice, if it was granted before the erasure", async () => {
    const receipt = newReceipt();
    await grant(receipt);
    // An erasure that dies after its marker.
    const erasure = dying("BatchWriteCommand").accounts.erase(receipt.user_email);
    await expect(erasure).rejects.toThrow("connection reset");

    await expect(grant(receipt)).rejects.toMatchObject({ code: "conflict", reason: "erased" });

    await db.layer.accounts.erase(receipt.user_email);
    db.clock.now += 2 * 60 * 60;
    await expect(grant(receipt)).rejects.toMatchObject({ code: "conflict", reason: "granted" });
    expect(await storedEntitlements(receipt.user_email)).toEqual([]);
  });
});

describe("grant, as a renewal", () => {
  it("extends access that the user still has, and stores what was paid for the new period", async () => {
    const receipt = newReceipt();
    await grant(receipt);
    db.clock.now = NOW + 20 * DAY;
    const next = {
      ...receipt,
      platform: "android" as const,
      transaction_id: aTransaction(),
      receipt_data: "GPA-receipt",
      price_paid: 24.5,
    };

    const renewed = await grant(next);

    const { receipt_data, ...shown } = next;
    expect(renewed).toEqual({
      ...shown,
      purchase_date: NOW + 20 * DAY,
      expires_at: NOW + 60 * DAY,
      status: "active",
    });
    expect(await purchases.find(receipt.user_email, "speaking")).toEqual(renewed);
    const stored = await storedEntitlements(receipt.user_email);
    expect(stored).toHaveLength(1);
    expect(stored[0]).toMatchObject({ receipt_data });
  });

  it.each([
    ["in the last second of access", 30 * DAY - 1, 60 * DAY],
    ["in the second in which access ends", 30 * DAY, 60 * DAY],
    ["long after access ended", 45 * DAY, 75 * DAY],
  ])("runs from the later of now and the expiry: %s", async (_, later, expiry) => {
    const receipt = newReceipt();
    await grant(receipt);
    db.clock.now = NOW + later;

    const renewed = await grant({ ...receipt, transaction_id: aTransaction() });

    expect(renewed.expires_at).toBe(NOW + expiry);
  });

  it("runs from now after a refund: the time that was paid back is gone", async () => {
    const receipt = newReceipt();
    await grant(receipt);
    await purchases.refund(receipt.user_email, "speaking", receipt.transaction_id);
    db.clock.now = NOW + 5 * DAY;

    const renewed = await grant({ ...receipt, transaction_id: aTransaction() });

    expect(renewed).toMatchObject({ status: "active", expires_at: NOW + 35 * DAY });
    expect(await purchases.hasAccess(receipt.user_email, "speaking")).toBe(true);
  });

  it("runs from now when the purchase has been marked expired", async () => {
    const receipt = newReceipt();
    await grant(receipt);
    db.clock.now = NOW + 31 * DAY;
    await statusIs(receipt.user_email, "expired");

    const renewed = await grant({ ...receipt, transaction_id: aTransaction() });

    expect(renewed).toMatchObject({ status: "active", expires_at: NOW + 61 * DAY });
  });

  it("does not show the price of the period before when the new one has none", async () => {
    const receipt = newReceipt({ price_paid: 36.99 });
    await grant(receipt);
    const { price_paid, ...priceless } = receipt;

    const renewed = await grant({ ...priceless, transaction_id: aTransaction() });

    expect(renewed.price_paid).not.toBe(price_paid);
    expect(await purchases.find(receipt.user_email, "speaking")).toEqual(renewed);
  });

  it("does nothing for a late retry of an older transaction", async () => {
    const first = newReceipt();
    const transactions = [first.transaction_id, aTransaction(), aTransaction()];
    for (const transaction_id of transactions) await grant({ ...first, transaction_id });
    const current = await purchases.find(first.user_email, "speaking");
    expect(current?.expires_at).toBe(NOW + 90 * DAY);
    const before = await db.contents();

    for (const later of [DAY, 200 * DAY]) {
      db.clock.now = NOW + later;
      for (const transaction_id of transactions) {
        expect(await grant({ ...first, transaction_id })).toEqual(current);
      }
    }
    expect(await db.contents()).toEqual(before);
  });

  it("does not give a refunded transaction back, alone or after a renewal", async () => {
    const receipt = newReceipt();
    await grant(receipt);
    const refunded = await purchases.refund(receipt.user_email, "speaking", receipt.transaction_id);

    expect(await grant(receipt)).toEqual(refunded);
    expect(await purchases.hasAccess(receipt.user_email, "speaking")).toBe(false);

    const renewed = await grant({ ...receipt, transaction_id: aTransaction() });
    expect(await grant(receipt)).toEqual(renewed);
  });

  it("counts each of 8 renewals that arrive at once, each twice, exactly once", async () => {
    const receipt = newReceipt();
    await grant(receipt);
    const renewals = Array.from({ length: 8 }, () => ({ ...receipt, transaction_id: aTransaction() }));

    await Promise.all([...renewals, ...renewals].map((renewal) => grant(renewal)));

    expect((await purchases.find(receipt.user_email, "speaking"))?.expires_at).toBe(NOW + 9 * 30 * DAY);
    expect(await storedEntitlements(receipt.user_email)).toHaveLength(1);
  });

  it("counts two first purchases of one product that arrive at once", async () => {
    const receipt = newReceipt();

    await Promise.all([grant(receipt), grant({ ...receipt, transaction_id: aTransaction() })]);

    expect((await purchases.find(receipt.user_email, "speaking"))?.expires_at).toBe(NOW + 60 * DAY);
  });

  it("gives a retry its purchase back when the first call and a renewal come between its read and its claim", async () => {
    const receipt = newReceipt();
    const renewal = { ...receipt, transaction_id: aTransaction() };
    const layer = meanwhile(
      ({ name }) => name === "PutCommand",
      async () => {
        await grant(receipt);
        await grant(renewal);
      },
    );

    const { purchase: entitlement } = await layer.purchases.grant(receipt);

    expect(entitlement).toMatchObject({ transaction_id: renewal.transaction_id, expires_at: NOW + 60 * DAY });
    expect(await purchases.find(receipt.user_email, "speaking")).toEqual(entitlement);
  });

  it("finishes after a crash between claim and renewal, from the later of now and the expiry", async () => {
    const receipt = newReceipt();
    await grant(receipt);
    const transaction_id = aTransaction();
    const owner = [receipt.user_email, "speaking"];
    await claimId(db.layer.context, "transaction", transaction_id, owner, NOW);
    await settleClaim(db.layer.context, "transaction", receipt.transaction_id, owner, NOW);
    db.clock.now = NOW + DAY;

    // The store delivers the older receipt first: it must not take the place of the one that crashed.
    expect((await grant(receipt)).expires_at).toBe(NOW + 30 * DAY);
    const renewed = await grant({ ...receipt, transaction_id });

    expect(renewed).toMatchObject({ transaction_id, expires_at: NOW + 60 * DAY });
    expect(await grant({ ...receipt, transaction_id })).toEqual(renewed);
  });
});

describe("find and hasAccess", () => {
  it("finds nothing where nothing was bought", async () => {
    const user_email = someone();

    expect(await purchases.find(user_email, "speaking")).toBeUndefined();
    expect(await purchases.hasAccess(user_email, "speaking")).toBe(false);
  });

  it("gives access up to the last second, to the product that was bought", async () => {
    const { user_email } = await grant(newReceipt());

    expect(await purchases.hasAccess(user_email, "speaking")).toBe(true);
    expect(await purchases.hasAccess(user_email, "writing")).toBe(false);
    expect(await purchases.hasAccess(someone(), "speaking")).toBe(false);
    db.clock.now = NOW + 30 * DAY - 1;
    expect(await purchases.hasAccess(user_email, "speaking")).toBe(true);
    db.clock.now = NOW + 30 * DAY;
    expect(await purchases.hasAccess(user_email, "speaking")).toBe(false);
    expect(await purchases.find(user_email, "speaking")).toMatchObject({ status: "active" });
  });

  it.each([
    ["active", true, false],
    ["expired", false, false],
    ["refunded", false, false],
  ] as const)("goes by the expiry whatever the status says: %s", async (status, before, after) => {
    const { user_email } = await grant(newReceipt());
    await statusIs(user_email, status);

    expect(await purchases.hasAccess(user_email, "speaking")).toBe(before);
    db.clock.now = NOW + 30 * DAY;
    expect(await purchases.hasAccess(user_email, "speaking")).toBe(after);
  });

  it.each([
    ["find", (product: never) => purchases.find(someone(), product)],
    ["hasAccess", (product: never) => purchases.hasAccess(someone(), product)],
    ["refund", (product: never) => purchases.refund(someone(), product, "1")],
  ])("%s refuses a product that is not sold", async (_, ask) => {
    const failure = await ask("listening" as never).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ValidationError);
    expect(failure).toMatchObject({ entity: "entitlement", attribute: "product_id" });
  });
});

describe("findByTransaction", () => {
  it("finds the purchase of a transaction, whole, also of an earlier period and of a refunded one", async () => {
    const first = newReceipt();
    await grant(first);
    const renewal = { ...first, transaction_id: aTransaction(), purchase_date: NOW + 2 * DAY };
    db.clock.advance(2 * DAY);
    const purchase = await grant(renewal);

    expect(await purchases.findByTransaction(first.transaction_id)).toEqual(purchase);
    expect(await purchases.findByTransaction(renewal.transaction_id)).toEqual(purchase);
    const refunded = await purchases.refund(first.user_email, first.product_id, first.transaction_id);
    expect(await purchases.findByTransaction(first.transaction_id)).toEqual(refunded);
  });

  it("finds nothing of a transaction that nobody was granted, or that was only refunded", async () => {
    const { user_email, transaction_id } = newReceipt();
    await purchases.refund(user_email, "speaking", transaction_id);

    expect(await purchases.findByTransaction(transaction_id)).toBeUndefined();
    expect(await purchases.findByTransaction(aTransaction())).toBeUndefined();
  });

  it("finds nothing of an erased account, and tells nothing of it", async () => {
    const receipt = newReceipt();
    await grant(receipt);
    await db.layer.accounts.erase(receipt.user_email);

    expect(await purchases.findByTransaction(receipt.transaction_id)).toBeUndefined();
    expect(JSON.stringify(await db.contents())).not.toContain(receipt.transaction_id);
  });

  it("finds the purchase at the account's other address", async () => {
    const receipt = newReceipt();
    const [from, to] = [receipt.user_email, someone()];
    await db.layer.accounts.register(aRegistration({ email: from }));
    await grant(receipt);
    await db.layer.accounts.changeAddress({ from, to });
    db.clock.advance(2 * 60 * 60);
    await db.layer.accounts.finishAddressChanges();

    expect(await purchases.findByTransaction(receipt.transaction_id)).toMatchObject({ user_email: to });
  });

  it("takes no row for the purchase that somebody planted in its index", async () => {
    const [one, other] = [newReceipt(), newReceipt()];
    await grant(one);
    await grant(other);
    const [{ gsi4pk = "" } = {}] = await storedEntitlements(one.user_email);
    await db.layer.moderation.fileReport({
      reporter_email: other.user_email,
      report_type: "bug",
      description: "A report with another's key.",
      report_id: "planted",
    });
    await db.client.send(
      new UpdateCommand({
        TableName: db.table,
        Key: { pk: "content_report#planted", sk: String(NOW) },
        UpdateExpression: "SET gsi4pk = :pk, gsi4sk = :sk",
        ExpressionAttributeValues: { ":pk": gsi4pk, ":sk": "~" },
      }),
    );

    expect(await purchases.findByTransaction(one.transaction_id)).toMatchObject({ user_email: one.user_email });
  });

  it("refuses an empty transaction", async () => {
    await expect(purchases.findByTransaction("")).rejects.toMatchObject({ attribute: "transaction_id" });
  });

  it("takes three requests", async () => {
    const receipt = newReceipt();
    await grant(receipt);

    const requests = await requestsOf(db, () => purchases.findByTransaction(receipt.transaction_id));

    expect(requests.map(({ operation, index }) => `${operation} ${index}`)).toEqual([
      "GetItem table",
      "Query gsi4",
      "GetItem table",
    ]);
  });
});

describe("allActive (user_email-expires_at-index)", () => {
  it("lists what gives access now, the latest expiry first", async () => {
    const user_email = someone();
    await grant(newReceipt({ user_email, product_id: "full_mock_test" }));
    db.clock.now = NOW + DAY;
    await grant(newReceipt({ user_email, product_id: "writing", platform: "android" }));
    db.clock.now = NOW + 2 * DAY;
    await grant(newReceipt({ user_email }));
    await grant(newReceipt());

    const listed = await purchases.allActive(user_email);

    expect(listed).toEqual([
      { user_email, product_id: "speaking", platform: "ios", expires_at: NOW + 32 * DAY, status: "active" },
      { user_email, product_id: "writing", platform: "android", expires_at: NOW + 31 * DAY, status: "active" },
      { user_email, product_id: "full_mock_test", platform: "ios", expires_at: NOW + 30 * DAY, status: "active" },
    ]);
    db.clock.now = NOW + 30 * DAY;
    expect((await purchases.allActive(user_email)).map(({ product_id }) => product_id)).toEqual([
      "speaking",
      "writing",
    ]);
    db.clock.now = NOW + 400 * DAY;
    expect(await purchases.allActive(user_email)).toEqual([]);
  });

  it("leaves out what was refunded or marked expired", async () => {
    const user_email = someone();
    const period = { ...aReceipt({ user_email }), purchase_date: NOW, expires_at: NOW + DAY };
    await storeAll(db, EntitlementModel, [
      { ...period, product_id: "speaking", transaction_id: aTransaction(), status: "refunded" },
      { ...period, product_id: "writing", transaction_id: aTransaction(), status: "expired" },
      { ...period, product_id: "full_mock_test", transaction_id: aTransaction(), status: "active" },
    ]);

    expect((await purchases.allActive(user_email)).map(({ product_id }) => product_id)).toEqual(["full_mock_test"]);
  });

  it("reads the purchases that it may list, not the account's other rows", async () => {
    const user_email = someone();
    await db.layer.accounts.register(aRegistration({ email: user_email }));
    await grant(newReceipt({ user_email, product_id: "writing" }));
    db.clock.now = NOW + 30 * DAY;
    await grant(newReceipt({ user_email }));
    await storeAll(
      db,
      AssessmentModel,
      Array.from({ length: 60 }, (_, place) => ({
        assessment_id: `${user_email}-${place}`,
        user_id: user_email,
        assessment_type: "speaking_academic" as const,
        created_at: NOW + 60 * DAY + place,
        status: "in_progress" as const,
      })),
    );

    const requests = await requestsOf(db, () => purchases.allActive(user_email));

    expect(requests).toMatchObject([{ operation: "Query", index: "gsi1", items: 1 }]);
  });
});

describe("refund", () => {
  it("takes back the access that the transaction gave", async () => {
    const receipt = newReceipt();
    const granted = await grant(receipt);

    const refunded = await purchases.refund(
      ` ${receipt.user_email.toUpperCase()} `,
      "speaking",
      receipt.transaction_id,
    );

    expect(refunded).toEqual({ ...granted, status: "refunded" });
    expect(await purchases.find(receipt.user_email, "speaking")).toEqual(refunded);
    expect(await purchases.hasAccess(receipt.user_email, "speaking")).toBe(false);
    expect(await purchases.allActive(receipt.user_email)).toEqual([]);
  });

  it("changes nothing when it is repeated", async () => {
    const receipt = newReceipt();
    await grant(receipt);
    const first = await purchases.refund(receipt.user_email, "speaking", receipt.transaction_id);
    const before = await db.contents();
    db.clock.now = NOW + DAY;

    const second = await purchases.refund(receipt.user_email, "speaking", receipt.transaction_id);

    expect(second).toEqual(first);
    expect(await db.contents()).toEqual(before);
  });

  it("takes away the period of the later transaction, and leaves that of the earlier one", async () => {
    const receipt = newReceipt({ price_paid: 36.99 });
    const first = await grant(receipt);
    const transaction_id = aTransaction();
    const later = { transaction_id, platform: "android", price_paid: 24.5, receipt_data: "GPA-receipt" } as const;
    await grant({ ...receipt, ...later });

    expect(await purchases.refund(receipt.user_email, "speaking", transaction_id)).toEqual(first);
    expect(await purchases.hasAccess(receipt.user_email, "speaking")).toBe(true);
  });

  it("takes away the period of the earlier transaction: the later one begins at its purchase", async () => {
    const receipt = newReceipt();
    await grant(receipt);
    db.clock.now = NOW + 20 * DAY;
    const renewed = await grant({ ...receipt, transaction_id: aTransaction() });
    expect(renewed.expires_at).toBe(NOW + 60 * DAY);

    const refunded = await purchases.refund(receipt.user_email, "speaking", receipt.transaction_id);

    expect(refunded).toEqual({ ...renewed, expires_at: NOW + 50 * DAY });
    expect(await purchases.find(receipt.user_email, "speaking")).toEqual(refunded);
  });

  it("ends access at once when what is left is over", async () => {
    const receipt = newReceipt();
    await grant(receipt);
    const transaction_id = aTransaction();
    await grant({ ...receipt, transaction_id });
    db.clock.now = NOW + 40 * DAY;

    expect(await purchases.refund(receipt.user_email, "speaking", transaction_id)).toMatchObject({
      status: "expired",
      expires_at: NOW + 30 * DAY,
    });
  });

  it.each(["a user who bought nothing", "a user of another transaction"])(
    "is remembered when it comes before its grant, for %s",
    async (who) => {
      const receipt = newReceipt({ platform: "android", transaction_id: `GPA.${aTransaction()}` });
      const other = { ...receipt, transaction_id: aTransaction() };
      if (who !== "a user who bought nothing") await grant(other);
      const refund = () => purchases.refund(receipt.user_email, "speaking", receipt.transaction_id);

      expect(await refund()).toMatchObject(
        who === "a user who bought nothing"
          ? { status: "refunded", platform: "android", transaction_id: receipt.transaction_id, expires_at: NOW }
          : { status: "active", transaction_id: other.transaction_id, expires_at: NOW + 30 * DAY },
      );
      db.clock.now = NOW + DAY;
      expect(await purchases.grant(receipt)).toMatchObject({ granted: false });
      const before = await db.contents();
      await refund();

      expect(await db.contents()).toEqual(before);
      expect(await purchases.hasAccess(receipt.user_email, "speaking")).toBe(who !== "a user who bought nothing");
    },
  );

  it("of a transaction that nobody has bought yet is in the account's export, and goes with the account", async () => {
    const user_email = someone();
    await db.layer.accounts.register(aRegistration({ email: user_email }));
    const transaction_id = aTransaction();
    await purchases.refund(user_email, "speaking", transaction_id);

    const { items } = await db.layer.accounts.export(user_email);
    expect(items.entitlement).toMatchObject([{ transaction_id, ledger: [{ transaction_id, refunded_at: 0 }] }]);
    expect(await purchases.allActive(user_email)).toEqual([]);

    await db.layer.accounts.erase(user_email);
    expect(await storedEntitlements(user_email)).toEqual([]);
    // Nor is it forgotten with the account.
    db.clock.now = NOW + 2 * 60 * 60;
    await expect(grant(newReceipt({ user_email, transaction_id }))).rejects.toMatchObject({ reason: "granted" });
  });

  it.each(["refund", "reverseRefund"] as const)(
    "leaves nothing to %s when the account is erased between the look and the write",
    async (name) => {
      const receipt = newReceipt();
      await grant(receipt);
      let erased = false;
      const client = interceptedClient(db.client, async (command, next) => {
        if (!command.name.startsWith("Update") || erased) return next();
        erased = true;
        await db.layer.accounts.erase(receipt.user_email);
        return next();
      });

      const late = db.layerWith({ client }).purchases[name](receipt.user_email, "speaking", receipt.transaction_id);

      await expect(late).rejects.toMatchObject({ code: "conflict", reason: "granted" });
      expect(erased).toBe(true);
      expect((await db.contents()).filter((row) => row.user_email === receipt.user_email)).toMatchObject([
        { __edb_e__: "erasure" },
      ]);
    },
  );

  it.each(["refund", "reverseRefund"] as const)(
    "refuses to %s another account's transaction, or one of an erased account, and writes nothing",
    async (name) => {
      const receipt = newReceipt();
      await grant(receipt);
      const erased = newReceipt();
      await grant(erased);
      await db.layer.accounts.erase(erased.user_email);
      const before = await db.contents();

      const other = purchases[name](someone(), "speaking", receipt.transaction_id);
      await expect(other).rejects.toMatchObject({ code: "conflict", entity: "transaction", reason: "claimed" });
      const gone = purchases[name](erased.user_email, "speaking", erased.transaction_id);
      await expect(gone).rejects.toMatchObject({ code: "conflict", reason: "granted" });
      const unknown = purchases[name](erased.user_email, "speaking", aTransaction());
      await expect(unknown).rejects.toMatchObject({ code: "conflict", reason: "erased" });
      expect(await db.contents()).toEqual(before);
    },
  );

  it("refuses an empty transaction", async () => {
    const failure = await purchases.refund(someone(), "speaking", "").catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ValidationError);
    expect(failure).toMatchObject({ entity: "entitlement", attribute: "transaction_id" });
  });

  it("and a renewal at once leave the renewal alone", async () => {
    const receipt = newReceipt();
    await grant(receipt);

    await Promise.all([
      purchases.refund(receipt.user_email, "speaking", receipt.transaction_id),
      purchases.grant({ ...receipt, transaction_id: aTransaction() }),
    ]);

    expect(await purchases.find(receipt.user_email, "speaking")).toMatchObject({
      status: "active",
      expires_at: NOW + 30 * DAY,
    });
  });

  it("that comes between a renewal's read and its write takes away the time that was paid back", async () => {
    const receipt = newReceipt();
    await grant(receipt);
    const layer = meanwhile(
      ({ name, input }) => name === "UpdateCommand" && JSON.stringify(input.Key).includes("entitlement"),
      () => purchases.refund(receipt.user_email, "speaking", receipt.transaction_id),
    );

    const { purchase: renewed } = await layer.purchases.grant({ ...receipt, transaction_id: aTransaction() });

    expect(renewed).toMatchObject({ status: "active", expires_at: NOW + 30 * DAY });
  });
});

describe("reverseRefund", () => {
  it("gives back what a refund took, and stays when the refund is told again", async () => {
    const receipt = newReceipt();
    const granted = await grant(receipt);
    const { user_email, transaction_id } = receipt;
    await purchases.refund(user_email, "speaking", transaction_id);

    expect(await purchases.reverseRefund(user_email, "speaking", transaction_id)).toEqual(granted);
    expect(await purchases.hasAccess(user_email, "speaking")).toBe(true);
    const before = await db.contents();
    await purchases.reverseRefund(user_email, "speaking", transaction_id);
    await purchases.refund(user_email, "speaking", transaction_id);
    await purchases.grant(receipt);
    expect(await purchases.find(user_email, "speaking")).toEqual(granted);
    expect((await db.contents()).length).toBe(before.length);
  });

  it("is remembered when it comes before its refund and its grant", async () => {
    const receipt = newReceipt();
    const { user_email, transaction_id } = receipt;
    await purchases.reverseRefund(user_email, "speaking", transaction_id);
    await purchases.refund(user_email, "speaking", transaction_id);
    expect(await purchases.hasAccess(user_email, "speaking")).toBe(false);

    expect(await purchases.grant(receipt)).toMatchObject({
      granted: true,
      purchase: { status: "active", expires_at: NOW + 30 * DAY },
    });
  });

  it("goes before a refund that came later, by the instants", async () => {
    const receipt = newReceipt();
    const { user_email, transaction_id } = receipt;
    await grant(receipt);

    await purchases.refund(user_email, "speaking", transaction_id, { refunded_at: NOW + 30 });
    await purchases.reverseRefund(user_email, "speaking", transaction_id, { reversed_at: NOW + 20 });
    await purchases.refund(user_email, "speaking", transaction_id, { refunded_at: NOW + 10 });
    expect(await purchases.hasAccess(user_email, "speaking")).toBe(false);

    await purchases.reverseRefund(user_email, "speaking", transaction_id, { reversed_at: NOW + 40 });
    expect(await purchases.hasAccess(user_email, "speaking")).toBe(true);
  });

  it.each([
    ["refund", { refunded_at: (NOW + 1) * 1_000 }, "refunded_at"],
    ["reverseRefund", { reversed_at: 1.5 }, "reversed_at"],
    ["refund", { at: NOW }, "at"],
  ] as const)("%s refuses an instant that is none: %p", async (name, options, attribute) => {
    const failure = await purchases[name](someone(), "speaking", aTransaction(), options as object).catch(
      (error: unknown) => error,
    );

    expect(failure).toBeInstanceOf(ValidationError);
    expect(failure).toMatchObject({ entity: "entitlement", attribute });
  });
});

describe("any order of grants, refunds and reversals, repeats included", () => {
  it("gives the same access", async () => {
    const transaction = fc.record({
      daysAgo: fc.integer({ min: 0, max: 70 }),
      refunded: fc.boolean(),
      reversed: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(transaction, { minLength: 1, maxLength: 3 }).chain((transactions) => {
          const events = transactions.flatMap(({ refunded, reversed }, place) => [
            `grant ${place}`,
            ...(refunded ? [`refund ${place}`] : []),
            ...(reversed ? [`reverseRefund ${place}`] : []),
          ]);
          const twice = [...events, ...events];
          return fc.tuple(fc.constant(transactions), fc.shuffledSubarray(twice, { minLength: twice.length }));
        }),
        async ([transactions, events]) => {
          const user_email = someone();
          const ids = transactions.map(aTransaction);
          for (const event of events) {
            const [name, place] = event.split(" ") as ["grant" | "refund" | "reverseRefund", string];
            const transaction_id = ids[Number(place)] as string;
            if (name === "grant") {
              const purchase_date = NOW - (transactions[Number(place)]?.daysAgo ?? 0) * DAY;
              await purchases.grant(aReceipt({ user_email, transaction_id, purchase_date }));
            } else await purchases[name](user_email, "speaking", transaction_id);
          }

          const bought = transactions
            .filter(({ refunded, reversed }) => !refunded || reversed)
            .map(({ daysAgo }) => NOW - daysAgo * DAY)
            .sort((a, b) => a - b);
          const end = Math.max(0, ...bought.map((at, place) => at + (bought.length - place) * 30 * DAY));
          const purchase = await purchases.find(user_email, "speaking");
          if (end === 0) expect(purchase?.status).toBe("refunded");
          else expect(purchase).toMatchObject({ status: end > NOW ? "active" : "expired", expires_at: end });
          expect(await purchases.hasAccess(user_email, "speaking")).toBe(end > NOW);
        },
      ),
      { numRuns: 15, seed: 14 },
    );
  });
});

it("shows the receipt in nothing that it returns", async () => {
  const receipt = newReceipt();
  const transaction_id = aTransaction();

  const shown = [
    await grant(receipt),
    await grant(receipt),
    await grant({ ...receipt, transaction_id }),
    await grant(receipt),
    await purchases.find(receipt.user_email, "speaking"),
    await purchases.allActive(receipt.user_email),
    await purchases.refund(receipt.user_email, "speaking", transaction_id),
    await purchases.refund(receipt.user_email, "speaking", aTransaction()),
    await purchases.reverseRefund(receipt.user_email, "speaking", transaction_id),
  ];

  expect(JSON.stringify(shown)).not.toContain(RECEIPT_DATA);
  expect(JSON.stringify(shown)).not.toContain("receipt_data");
});

describe("expireAll", () => {
  const statesOf = async (...users: string[]) => (await storedEntitlements(...users)).map((item) => item.status);

  it("marks what is over, the moment that it is, and nothing else", async () => {
    const [over, refunded, running] = [newReceipt(), newReceipt(), newReceipt()];
    await grant(over);
    await grant(refunded);
    await purchases.refund(refunded.user_email, "speaking", refunded.transaction_id);
    db.clock.now = NOW + 1;
    await grant(running);
    db.clock.now = NOW + ACCESS_PERIOD_SECONDS - 1;
    await purchases.expireAll();
    expect(await statesOf(over.user_email)).toEqual(["active"]);

    db.clock.now = NOW + ACCESS_PERIOD_SECONDS;
    expect(await purchases.expireAll()).toBeGreaterThan(0);

    expect(await statesOf(over.user_email)).toEqual(["expired"]);
    expect(await statesOf(refunded.user_email)).toEqual(["refunded"]);
    expect(await statesOf(running.user_email)).toEqual(["active"]);
    expect(await purchases.expireAll()).toBe(0);
  });

  it("marks more than a page of them, and asks only for those that are over", async () => {
    const receipts = Array.from({ length: 23 }, () => newReceipt());
    for (const receipt of receipts) await grant(receipt);
    db.clock.now = NOW + ACCESS_PERIOD_SECONDS;
    const running = newReceipt();
    await grant(running);
    const before = await purchases.expireAll();
    expect(before).toBeGreaterThanOrEqual(23);

    const requests = await requestsOf(db, () => purchases.expireAll());

    expect(requests).toMatchObject([{ operation: "Query", index: "gsi3", items: 0 }]);
    expect(await statesOf(running.user_email)).toEqual(["active"]);
  });

  it("leaves a purchase alone that is renewed meanwhile", async () => {
    // After every purchase of the other tests.
    db.clock.now = NOW + 100 * ACCESS_PERIOD_SECONDS;
    await purchases.expireAll();
    const again = newReceipt();
    await grant(again);
    db.clock.now = NOW + 101 * ACCESS_PERIOD_SECONDS;
    const layer = meanwhile(
      ({ name }) => name === "UpdateCommand",
      () => grant({ ...again, transaction_id: aTransaction() }),
    );

    expect(await layer.purchases.expireAll()).toBe(0);

    expect(await statesOf(again.user_email)).toEqual(["active"]);
    expect(await purchases.hasAccess(again.user_email, "speaking")).toBe(true);
  });

  it("gives a renewal after it 30 days from then", async () => {
    const receipt = newReceipt();
    await grant(receipt);
    db.clock.now = NOW + 2 * ACCESS_PERIOD_SECONDS;
    await purchases.expireAll();

    const renewed = await grant({ ...receipt, transaction_id: aTransaction() });

    expect(renewed).toMatchObject({ status: "active", expires_at: NOW + 3 * ACCESS_PERIOD_SECONDS });
  });
});
