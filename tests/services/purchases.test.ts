import { inspect } from "node:util";
import { AssessmentModel } from "../../entities/assessment.ts";
import { EntitlementModel } from "../../entities/entitlement.ts";
import { claimId, settleClaim } from "../../services/guards/claims.ts";
import { ACCESS_PERIOD_SECONDS, type Purchases, type VerifiedReceipt } from "../../services/purchases.ts";
import { ConflictError, ItemTooLargeError, NotFoundError, ValidationError } from "../../services/storage/errors.ts";
import { aReceipt, aRegistration } from "../builders.ts";
import { NOW, openTestTable, type TestTable } from "../engine.ts";
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

    const entitlement = await purchases.grant(receipt);

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

    const entitlement = await purchases.grant(newReceipt({ user_email: ` ${user_email.toUpperCase()} ` }));

    expect(entitlement.user_email).toBe(user_email);
    expect(await purchases.find(` ${user_email.toUpperCase()}`, "speaking")).toEqual(entitlement);
    expect(await purchases.hasAccess(`${user_email.toUpperCase()} `, "speaking")).toBe(true);
    expect(await purchases.allActive(` ${user_email.toUpperCase()} `)).toMatchObject([{ user_email }]);
  });

  it("has no time to live, so that an expired purchase is kept", async () => {
    const receipt = newReceipt();

    await purchases.grant(receipt);
    await purchases.grant({ ...receipt, transaction_id: aTransaction() });

    const [stored] = await storedEntitlements(receipt.user_email);
    expect(stored).toMatchObject({ expires_at: NOW + 60 * DAY });
    expect(stored).not.toHaveProperty("ttl");
  });

  it("keeps a user's products apart", async () => {
    const user_email = someone();
    const speaking = await purchases.grant(newReceipt({ user_email }));
    db.clock.now = NOW + DAY;

    const writing = await purchases.grant(newReceipt({ user_email, product_id: "writing" }));

    expect(writing.expires_at).toBe(NOW + 31 * DAY);
    expect(await purchases.find(user_email, "speaking")).toEqual(speaking);
  });

  it("grants without a price", async () => {
    const { price_paid, ...receipt } = newReceipt();

    const entitlement = await purchases.grant(receipt);

    expect(price_paid).toBeDefined();
    expect(entitlement).toMatchObject({ status: "active" });
    expect(entitlement).not.toHaveProperty("price_paid");
  });

  it("gives the same transaction once, however late it is sent again", async () => {
    const receipt = newReceipt();
    const first = await purchases.grant(receipt);
    const before = await db.contents();

    for (const later of [1, 20 * DAY, 30 * DAY, 400 * DAY]) {
      db.clock.now = NOW + later;
      expect(await purchases.grant(receipt)).toEqual(first);
    }
    expect(await db.contents()).toEqual(before);
    expect(await purchases.hasAccess(receipt.user_email, "speaking")).toBe(false);
  });

  it("gives one grant to 20 deliveries of one receipt at once", async () => {
    const receipt = newReceipt();

    const granted = await Promise.all(Array.from({ length: 20 }, () => purchases.grant(receipt)));

    expect(new Set(granted.map(({ expires_at }) => expires_at))).toEqual(new Set([NOW + 30 * DAY]));
    expect(await storedEntitlements(receipt.user_email)).toHaveLength(1);
  });

  it.each([
    ["another account", { user_email: "second-buyer@example.com" }],
    ["another product", { product_id: "writing" }],
  ] as const)("refuses a transaction that was granted to %s", async (_, other) => {
    const receipt = newReceipt();
    await purchases.grant(receipt);
    const before = await db.contents();

    const failure = await purchases.grant({ ...receipt, ...other }).catch((error: unknown) => error);

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
      Array.from({ length: 20 }, (_, place) => purchases.grant(receipts[place % 2] ?? aReceipt())),
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
    await purchases.grant(newReceipt({ transaction_id: "GPA.3345-a" }));

    await expect(purchases.grant(newReceipt({ transaction_id: "GPA.3345-A" }))).resolves.toMatchObject({
      transaction_id: "GPA.3345-A",
    });
  });

  it.each([
    ["no address", { user_email: "nobody" }, "user_email"],
    ["an unknown product", { product_id: "listening" }, "product_id"],
    ["an unknown store", { platform: "windows" }, "platform"],
    ["a missing store", { platform: undefined }, "platform"],
    ["an empty transaction", { transaction_id: "" }, "transaction_id"],
    ["a transaction that no key can hold", { transaction_id: "9".repeat(2_100) }, "transaction_id"],
    ["a missing receipt", { receipt_data: undefined }, "receipt_data"],
    ["a negative price", { price_paid: -0.01 }, "price_paid"],
    ["a price with three decimals", { price_paid: 36.995 }, "price_paid"],
    ["an expiry of the caller's own", { expires_at: NOW + 900 * DAY }, "expires_at"],
    ["a state of the caller's own", { status: "active" }, "status"],
  ])("refuses %s and claims nothing, for a new purchase and for a renewal", async (_, broken, attribute) => {
    const receipt = newReceipt();
    const renewed = newReceipt();
    await purchases.grant(renewed);
    const before = await db.contents();

    for (const input of [receipt, { ...renewed, transaction_id: aTransaction() }]) {
      const failure = await purchases.grant({ ...input, ...broken } as never).catch((error: unknown) => error);

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

    await expect(purchases.grant({ ...receipt, user_email: someone() })).rejects.toBeInstanceOf(ConflictError);
    const entitlement = await purchases.grant(receipt);

    expect(entitlement).toMatchObject({ purchase_date: NOW + DAY, expires_at: NOW + 31 * DAY });
    expect(await purchases.hasAccess(receipt.user_email, "speaking")).toBe(true);
  });

  it("gives an erased account nothing until the person registers anew, and then what they pay for", async () => {
    const receipt = newReceipt();
    await db.layer.accounts.register(aRegistration({ email: receipt.user_email }));
    await db.layer.accounts.erase(receipt.user_email);

    const failure = await purchases.grant(receipt).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ConflictError);
    expect(failure).toMatchObject({ code: "conflict", entity: "user", reason: "erased" });
    expect(await storedEntitlements(receipt.user_email)).toEqual([]);
    db.clock.now = NOW + 60 * 60;
    await db.layer.accounts.finishErasures();
    await expect(purchases.grant(receipt)).rejects.toMatchObject({ reason: "erased" });
    await db.layer.accounts.register(aRegistration({ email: receipt.user_email }));
    await expect(purchases.grant(receipt)).resolves.toMatchObject({ expires_at: NOW + 60 * 60 + 30 * DAY });
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
    await purchases.grant(receipt);
    // An erasure that dies after its marker.
    const erasure = dying("BatchWriteCommand").accounts.erase(receipt.user_email);
    await expect(erasure).rejects.toThrow("connection reset");

    await expect(purchases.grant(receipt)).rejects.toMatchObject({ code: "conflict", reason: "erased" });

    await db.layer.accounts.erase(receipt.user_email);
    db.clock.now += 2 * 60 * 60;
    await expect(purchases.grant(receipt)).rejects.toMatchObject({ code: "conflict", reason: "granted" });
    expect(await storedEntitlements(receipt.user_email)).toEqual([]);
  });
});

describe("grant, as a renewal", () => {
  it("extends access that the user still has, and stores what was paid for the new period", async () => {
    const receipt = newReceipt();
    await purchases.grant(receipt);
    db.clock.now = NOW + 20 * DAY;
    const next = {
      ...receipt,
      platform: "android" as const,
      transaction_id: aTransaction(),
      receipt_data: "GPA-receipt",
      price_paid: 24.5,
    };

    const renewed = await purchases.grant(next);

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
    await purchases.grant(receipt);
    db.clock.now = NOW + later;

    const renewed = await purchases.grant({ ...receipt, transaction_id: aTransaction() });

    expect(renewed.expires_at).toBe(NOW + expiry);
  });

  it("runs from now after a refund: the time that was paid back is gone", async () => {
    const receipt = newReceipt();
    await purchases.grant(receipt);
    await purchases.refund(receipt.user_email, "speaking", receipt.transaction_id);
    db.clock.now = NOW + 5 * DAY;

    const renewed = await purchases.grant({ ...receipt, transaction_id: aTransaction() });

    expect(renewed).toMatchObject({ status: "active", expires_at: NOW + 35 * DAY });
    expect(await purchases.hasAccess(receipt.user_email, "speaking")).toBe(true);
  });

  it("runs from now when the purchase has been marked expired", async () => {
    const receipt = newReceipt();
    await purchases.grant(receipt);
    db.clock.now = NOW + 31 * DAY;
    await statusIs(receipt.user_email, "expired");

    const renewed = await purchases.grant({ ...receipt, transaction_id: aTransaction() });

    expect(renewed).toMatchObject({ status: "active", expires_at: NOW + 61 * DAY });
  });

  it("does not show the price of the period before when the new one has none", async () => {
    const receipt = newReceipt({ price_paid: 36.99 });
    await purchases.grant(receipt);
    const { price_paid, ...priceless } = receipt;

    const renewed = await purchases.grant({ ...priceless, transaction_id: aTransaction() });

    expect(renewed.price_paid).not.toBe(price_paid);
    expect(await purchases.find(receipt.user_email, "speaking")).toEqual(renewed);
  });

  it("does nothing for a late retry of an older transaction", async () => {
    const first = newReceipt();
    const transactions = [first.transaction_id, aTransaction(), aTransaction()];
    for (const transaction_id of transactions) await purchases.grant({ ...first, transaction_id });
    const current = await purchases.find(first.user_email, "speaking");
    expect(current?.expires_at).toBe(NOW + 90 * DAY);
    const before = await db.contents();

    for (const later of [DAY, 200 * DAY]) {
      db.clock.now = NOW + later;
      for (const transaction_id of transactions) {
        expect(await purchases.grant({ ...first, transaction_id })).toEqual(current);
      }
    }
    expect(await db.contents()).toEqual(before);
  });

  it("does not give a refunded transaction back, alone or after a renewal", async () => {
    const receipt = newReceipt();
    await purchases.grant(receipt);
    const refunded = await purchases.refund(receipt.user_email, "speaking", receipt.transaction_id);

    expect(await purchases.grant(receipt)).toEqual(refunded);
    expect(await purchases.hasAccess(receipt.user_email, "speaking")).toBe(false);

    const renewed = await purchases.grant({ ...receipt, transaction_id: aTransaction() });
    expect(await purchases.grant(receipt)).toEqual(renewed);
  });

  it("counts each of 8 renewals that arrive at once, each twice, exactly once", async () => {
    const receipt = newReceipt();
    await purchases.grant(receipt);
    const renewals = Array.from({ length: 8 }, () => ({ ...receipt, transaction_id: aTransaction() }));

    await Promise.all([...renewals, ...renewals].map((renewal) => purchases.grant(renewal)));

    expect((await purchases.find(receipt.user_email, "speaking"))?.expires_at).toBe(NOW + 9 * 30 * DAY);
    expect(await storedEntitlements(receipt.user_email)).toHaveLength(1);
  });

  it("counts two first purchases of one product that arrive at once", async () => {
    const receipt = newReceipt();

    await Promise.all([purchases.grant(receipt), purchases.grant({ ...receipt, transaction_id: aTransaction() })]);

    expect((await purchases.find(receipt.user_email, "speaking"))?.expires_at).toBe(NOW + 60 * DAY);
  });

  it("gives a retry its purchase back when the first call and a renewal come between its read and its claim", async () => {
    const receipt = newReceipt();
    const renewal = { ...receipt, transaction_id: aTransaction() };
    const layer = meanwhile(
      ({ name }) => name === "PutCommand",
      async () => {
        await purchases.grant(receipt);
        await purchases.grant(renewal);
      },
    );

    const entitlement = await layer.purchases.grant(receipt);

    expect(entitlement).toMatchObject({ transaction_id: renewal.transaction_id, expires_at: NOW + 60 * DAY });
    expect(await purchases.find(receipt.user_email, "speaking")).toEqual(entitlement);
  });

  it("finishes after a crash between claim and renewal, from the later of now and the expiry", async () => {
    const receipt = newReceipt();
    await purchases.grant(receipt);
    const transaction_id = aTransaction();
    const owner = [receipt.user_email, "speaking"];
    await claimId(db.layer.context, "transaction", transaction_id, owner, NOW);
    await settleClaim(db.layer.context, "transaction", receipt.transaction_id, owner, NOW);
    db.clock.now = NOW + DAY;

    // The store delivers the older receipt first: it must not take the place of the one that crashed.
    expect((await purchases.grant(receipt)).expires_at).toBe(NOW + 30 * DAY);
    const renewed = await purchases.grant({ ...receipt, transaction_id });

    expect(renewed).toMatchObject({ transaction_id, expires_at: NOW + 60 * DAY });
    expect(await purchases.grant({ ...receipt, transaction_id })).toEqual(renewed);
  });
});

describe("find and hasAccess", () => {
  it("finds nothing where nothing was bought", async () => {
    const user_email = someone();

    expect(await purchases.find(user_email, "speaking")).toBeUndefined();
    expect(await purchases.hasAccess(user_email, "speaking")).toBe(false);
  });

  it("gives access up to the last second, to the product that was bought", async () => {
    const { user_email } = await purchases.grant(newReceipt());

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
    const { user_email } = await purchases.grant(newReceipt());
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

describe("allActive (user_email-expires_at-index)", () => {
  it("lists what gives access now, the latest expiry first", async () => {
    const user_email = someone();
    await purchases.grant(newReceipt({ user_email, product_id: "full_mock_test" }));
    db.clock.now = NOW + DAY;
    await purchases.grant(newReceipt({ user_email, product_id: "writing", platform: "android" }));
    db.clock.now = NOW + 2 * DAY;
    await purchases.grant(newReceipt({ user_email }));
    await purchases.grant(newReceipt());

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
    await purchases.grant(newReceipt({ user_email, product_id: "writing" }));
    db.clock.now = NOW + 30 * DAY;
    await purchases.grant(newReceipt({ user_email }));
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
    const granted = await purchases.grant(receipt);

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
    await purchases.grant(receipt);
    const first = await purchases.refund(receipt.user_email, "speaking", receipt.transaction_id);
    const before = await db.contents();
    db.clock.now = NOW + DAY;

    const second = await purchases.refund(receipt.user_email, "speaking", receipt.transaction_id);

    expect(second).toEqual(first);
    expect(await db.contents()).toEqual(before);
  });

  it("refunds the renewal that is the current period", async () => {
    const receipt = newReceipt();
    await purchases.grant(receipt);
    const transaction_id = aTransaction();
    await purchases.grant({ ...receipt, transaction_id });

    await expect(purchases.refund(receipt.user_email, "speaking", transaction_id)).resolves.toMatchObject({
      transaction_id,
      status: "refunded",
    });
  });

  it.each(["active", "refunded"] as const)(
    "refuses a transaction that a renewal has replaced, and leaves the %s renewal as it is",
    async (state) => {
      const receipt = newReceipt();
      await purchases.grant(receipt);
      const transaction_id = aTransaction();
      await purchases.grant({ ...receipt, transaction_id });
      if (state === "refunded") await purchases.refund(receipt.user_email, "speaking", transaction_id);
      const before = await db.contents();

      const failure = await purchases
        .refund(receipt.user_email, "speaking", receipt.transaction_id)
        .catch((error: unknown) => error);

      expect(failure).toBeInstanceOf(ConflictError);
      expect(failure).toMatchObject({ code: "conflict", entity: "entitlement", reason: "another_transaction" });
      expect(inspect(failure, { depth: null })).not.toContain(RECEIPT_DATA);
      expect(await db.contents()).toEqual(before);
    },
  );

  it.each([
    ["a user who bought nothing", "never-bought@example.com", "speaking"],
    ["a product that the user has not bought", "bought-speaking@example.com", "writing"],
  ] as const)("refuses %s and creates nothing", async (_, user_email, product_id) => {
    await purchases.grant(aReceipt({ user_email: "bought-speaking@example.com", transaction_id: "300001" }));
    const before = await db.contents();

    const failure = await purchases.refund(user_email, product_id, "300001").catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(NotFoundError);
    expect(failure).toMatchObject({ code: "not_found", entity: "entitlement" });
    expect(await db.contents()).toEqual(before);
  });

  it("refuses an empty transaction", async () => {
    const failure = await purchases.refund(someone(), "speaking", "").catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ValidationError);
    expect(failure).toMatchObject({ entity: "entitlement", attribute: "transaction_id" });
  });

  it("and a renewal at once leave the renewal, with what is left of the period before unless that was refunded", async () => {
    const receipt = newReceipt();
    await purchases.grant(receipt);

    const [refund] = await Promise.allSettled([
      purchases.refund(receipt.user_email, "speaking", receipt.transaction_id),
      purchases.grant({ ...receipt, transaction_id: aTransaction() }),
    ]);

    const expires_at = refund.status === "fulfilled" ? NOW + 30 * DAY : NOW + 60 * DAY;
    expect(await purchases.find(receipt.user_email, "speaking")).toMatchObject({ status: "active", expires_at });
    if (refund.status === "rejected") expect(refund.reason).toBeInstanceOf(ConflictError);
  });

  it("that comes between a renewal's read and its write takes away the time that was paid back", async () => {
    const receipt = newReceipt();
    await purchases.grant(receipt);
    const layer = meanwhile(
      ({ name, input }) => name === "UpdateCommand" && JSON.stringify(input.Key).includes("entitlement"),
      () => purchases.refund(receipt.user_email, "speaking", receipt.transaction_id),
    );

    const renewed = await layer.purchases.grant({ ...receipt, transaction_id: aTransaction() });

    expect(renewed).toMatchObject({ status: "active", expires_at: NOW + 30 * DAY });
  });
});

it("shows the receipt in nothing that it returns", async () => {
  const receipt = newReceipt();
  const transaction_id = aTransaction();

  const shown = [
    await purchases.grant(receipt),
    await purchases.grant(receipt),
    await purchases.grant({ ...receipt, transaction_id }),
    await purchases.grant(receipt),
    await purchases.find(receipt.user_email, "speaking"),
    await purchases.allActive(receipt.user_email),
    await purchases.refund(receipt.user_email, "speaking", transaction_id),
    await purchases.refund(receipt.user_email, "speaking", transaction_id),
  ];

  expect(JSON.stringify(shown)).not.toContain(RECEIPT_DATA);
  expect(JSON.stringify(shown)).not.toContain("receipt_data");
});

describe("expireAll", () => {
  const statesOf = async (...users: string[]) => (await storedEntitlements(...users)).map((item) => item.status);

  it("marks what is over, the moment that it is, and nothing else", async () => {
    const [over, refunded, running] = [newReceipt(), newReceipt(), newReceipt()];
    await purchases.grant(over);
    await purchases.grant(refunded);
    await purchases.refund(refunded.user_email, "speaking", refunded.transaction_id);
    db.clock.now = NOW + 1;
    await purchases.grant(running);
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
    for (const receipt of receipts) await purchases.grant(receipt);
    db.clock.now = NOW + ACCESS_PERIOD_SECONDS;
    const running = newReceipt();
    await purchases.grant(running);
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
    await purchases.grant(again);
    db.clock.now = NOW + 101 * ACCESS_PERIOD_SECONDS;
    const layer = meanwhile(
      ({ name }) => name === "UpdateCommand",
      () => purchases.grant({ ...again, transaction_id: aTransaction() }),
    );

    expect(await layer.purchases.expireAll()).toBe(0);

    expect(await statesOf(again.user_email)).toEqual(["active"]);
    expect(await purchases.hasAccess(again.user_email, "speaking")).toBe(true);
  });

  it("gives a renewal after it 30 days from then", async () => {
    const receipt = newReceipt();
    await purchases.grant(receipt);
    db.clock.now = NOW + 2 * ACCESS_PERIOD_SECONDS;
    await purchases.expireAll();

    const renewed = await purchases.grant({ ...receipt, transaction_id: aTransaction() });

    expect(renewed).toMatchObject({ status: "active", expires_at: NOW + 3 * ACCESS_PERIOD_SECONDS });
  });
});
