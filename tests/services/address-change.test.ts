import type { DataLayer } from "../../services/data-layer.ts";
import { ERASURE_FINAL_SECONDS } from "../../services/guards/erasure.ts";
import { enterMove } from "../../services/guards/moves.ts";
import { interruptedClient, LAGS } from "../../testing/index.ts";
import {
  aReceipt,
  aRegistration,
  aReport,
  aSafetyEvent,
  aSpeakingResult,
  aTicket,
  BCRYPT_HASH,
  OTHER_BCRYPT_HASH,
} from "../builders.ts";
import { NOW, openTestTable, type TestTable } from "../engine.ts";
import { failureOf, times } from "../faults/outcomes.ts";
import { interceptedClient } from "../instruments.ts";

let db: TestTable;
let layer: DataLayer;
beforeAll(async () => {
  db = await openTestTable({ ...LAGS.none, seed: 1 });
  layer = db.layer;
});
beforeEach(async () => {
  db.clock.now = NOW;
  await db.reset();
});
afterAll(() => db.drop());

let made = 0;
/** Two addresses that no other test knows. */
const addresses = () => {
  made++;
  return { from: `maria-${made}@example.com`, to: `silva-${made}@example.org` };
};
const limit = { perDay: 2, zone: "UTC" };

/** An account with one of everything; ids are the test's own, so that messages can come again. */
async function liveAs(email: string) {
  const ids = { assessment_id: `assessment-${email}`, ticket_id: `ticket-${email}`, report_id: `report-${email}` };
  await layer.accounts.register(aRegistration({ email }));
  const { session_id } = await layer.sessions.start({ user_email: email });
  const { token } = await layer.qrLogin.issue(email);
  const receipt = aReceipt({ user_email: email, transaction_id: `T-${email}` });
  await layer.purchases.grant(receipt);
  const start = { user_id: email, assessment_type: "speaking_academic", assessment_id: ids.assessment_id } as const;
  await layer.assessments.start({ ...start, limit });
  await layer.assessments.complete(ids.assessment_id, aSpeakingResult());
  const { log_id } = await layer.moderation.recordSafetyEvent(
    aSafetyEvent({ user_email: email, assessment_id: ids.assessment_id }),
  );
  const report = aReport({ reporter_email: email, assessment_id: ids.assessment_id, report_id: ids.report_id });
  await layer.moderation.fileReport(report);
  const ticket = aTicket({ user_email: email, ticket_id: ids.ticket_id });
  await layer.support.open(ticket);
  await layer.support.answer(ids.ticket_id, { ai_response: "We look into it." });
  return { ...ids, session_id, token, receipt, log_id, ticket, start };
}

/** What an export says, without the address, and what ends with a change. */
async function historyOf(email: string): Promise<unknown> {
  const { items } = await layer.accounts.export(email);
  const { session: _, qr_token: __, user: ___, ...kept } = items;
  return JSON.parse(JSON.stringify(kept).replaceAll(`"${email}"`, '"the-account"'));
}

/** What is stored that names an address; the ledger names both while the change is not final. */
const naming = async (email: string) =>
  (await db.contents()).filter((item) => item.__edb_e__ !== "erasure" && JSON.stringify(item).includes(`${email}`));
/** The same without what only stands in an id of the test's. */
const itemsOf = async (email: string) =>
  (await db.contents()).filter((item) =>
    ["email", "user_email", "user_id", "reporter_email"].some(
      (name) => item.__edb_e__ !== "erasure" && item[name] === email,
    ),
  );
const finishLater = () => {
  db.clock.now += ERASURE_FINAL_SECONDS;
  db.lag.settle();
  return layer.accounts.finishAddressChanges();
};

/** Begins a change and dies when its items have begun to move. */
async function dieMidway(change: { from: string; to: string; email_verified?: boolean }): Promise<void> {
  let died = false;
  const client = interceptedClient(db.client, async ({ name }, next) => {
    if (died || name === "QueryCommand") {
      died = true;
      throw new Error("the function was stopped");
    }
    return next();
  });
  await expect(db.layerWith({ client }).accounts.changeAddress(change)).rejects.toThrow("the function was stopped");
}

describe("changeAddress", () => {
  it("moves all that belongs to the account, and ends its sessions", async () => {
    const { from, to } = addresses();
    const { assessment_id, ticket_id, session_id, token, receipt, log_id, report_id, start } = await liveAs(from);
    const before = await historyOf(from);
    const user = await layer.accounts.get(from);

    const { moved, changed } = await layer.accounts.changeAddress({
      from: ` ${from.toUpperCase()}`,
      to: to.toUpperCase(),
      email_verified: true,
    });

    expect(changed).toBe(true);
    expect(moved).toEqual({
      user: 1,
      session: 1,
      qr_token: 1,
      assessment: 1,
      entitlement: 1,
      safety_log: 1,
      content_report: 1,
      ticket: 1,
      daily_starts: 1,
    });
    expect(await historyOf(to)).toEqual(before);
    expect(await itemsOf(from)).toEqual([]);
    expect(await layer.accounts.get(to)).toEqual({ ...user, email: to, email_verified: true });
    expect(await layer.accounts.find(from)).toBeUndefined();
    expect(await layer.purchases.hasAccess(to, receipt.product_id)).toBe(true);
    expect((await layer.assessments.get(assessment_id)).user_id).toBe(to);
    expect((await layer.support.get(ticket_id)).user_email).toBe(to);
    expect((await layer.moderation.getSafetyLog(log_id)).user_email).toBe(to);
    expect((await layer.moderation.getReport(report_id)).reporter_email).toBe(to);
    const { assessments, openTickets, entitlements } = await layer.accounts.overview(to);
    expect([assessments.length, openTickets.length, entitlements.length]).toEqual([1, 1, 1]);
    expect(await failureOf(layer.sessions.authenticate(session_id))).toMatchObject({ code: "not_found" });
    expect(await failureOf(layer.qrLogin.redeem(token, { device_id: "phone" }))).toBeDefined();
    const { session_id: next } = await layer.sessions.start({ user_email: to, password_hash: BCRYPT_HASH });
    expect((await layer.sessions.authenticate(next)).user_email).toBe(to);
    // One place of the day's two was taken before.
    const { assessment_id: _, ...more } = { ...start, user_id: to, limit };
    await layer.assessments.start(more);
    expect(await failureOf(layer.assessments.start(more))).toMatchObject({ reason: "limit_reached" });
  });

  it("leaves the new address unverified unless it was proven, and withdraws the token of the one before", async () => {
    const { from, to } = addresses();
    const { verification_token = "" } = aRegistration();
    await layer.accounts.register(aRegistration({ email: from }));

    await layer.accounts.changeAddress({ from, to });

    expect((await layer.accounts.get(to)).email_verified).toBe(false);
    expect(await failureOf(layer.accounts.verifyEmail(to, { verification_token }))).toMatchObject({
      reason: "wrong_token",
    });
  });

  it.each<[string, (from: string, to: string) => Promise<unknown>, object]>([
    [
      "the new address has an account",
      (_, to) => layer.accounts.register(aRegistration({ email: to })),
      { name: "ConflictError", code: "conflict", entity: "user", reason: "registered" },
    ],
    [
      "the account is deleted",
      (from) => layer.accounts.markDeleted(from),
      { code: "conflict", reason: "wrong_state", state: "deleted" },
    ],
    ["the account is erased", (from) => layer.accounts.erase(from), { code: "not_found" }],
    [
      "the new address's account is being erased",
      async (_, to) => {
        await layer.accounts.register(aRegistration({ email: to }));
        await layer.accounts.erase(to);
      },
      { code: "conflict", reason: "being_erased" },
    ],
    [
      "another account moves to the new address",
      async (_, to) => {
        const other = addresses().from;
        await layer.accounts.register(aRegistration({ email: other }));
        await dieMidway({ from: other, to });
      },
      { code: "conflict", reason: "registered" },
    ],
    [
      "another account has moved away from the new address within the hour",
      async (_, to) => {
        await layer.accounts.register(aRegistration({ email: to }));
        await layer.accounts.changeAddress({ from: to, to: addresses().to });
      },
      { code: "conflict", reason: "being_changed" },
    ],
  ])("is refused, and changes nothing, when %s", async (_, prepare, refusal) => {
    const { from, to } = addresses();
    await liveAs(from);
    await prepare(from, to);
    const history = await naming(from);

    expect(await failureOf(layer.accounts.changeAddress({ from, to }))).toMatchObject(refusal);

    const stored = (items: readonly object[]) =>
      items.map(({ generation: __, ...item }: { generation?: number }) => item);
    expect(stored(await naming(from))).toEqual(stored(history));
    const isOpen = (await layer.accounts.find(from))?.account_status === "active";
    if (isOpen) expect((await layer.support.open(aTicket({ user_email: from }))).user_email).toBe(from);
  });

  it("refuses the same address, and one that is none", async () => {
    const { from } = addresses();
    const refusal = { code: "validation", attribute: "to" };
    expect(await failureOf(layer.accounts.changeAddress({ from, to: from.toUpperCase() }))).toMatchObject(refusal);
    expect(await failureOf(layer.accounts.changeAddress({ from, to: "nobody" }))).toMatchObject(refusal);
  });

  it("bars both addresses while it is under way, and loses nothing to what comes meanwhile", async () => {
    const { from, to } = addresses();
    const { ticket, receipt, start, session_id } = await liveAs(from);
    const before = await historyOf(from);
    await dieMidway({ from, to });

    const refused = { code: "conflict", reason: expect.stringMatching(/^(moved|being_changed|registered)$/) };
    for (const email of [from, to]) {
      const calls = [
        () => layer.sessions.start({ user_email: email }),
        () => layer.qrLogin.issue(email),
        () => layer.accounts.register(aRegistration({ email, password_hash: OTHER_BCRYPT_HASH })),
        () => layer.assessments.start({ user_id: email, assessment_type: "speaking_academic", limit }),
        () => layer.support.open(aTicket({ user_email: email })),
        () => layer.moderation.fileReport(aReport({ reporter_email: email })),
        () => layer.purchases.grant(aReceipt({ user_email: email, transaction_id: `new-${email}` })),
        () => layer.purchases.refund(email, "speaking", `heard-${email}`),
        () => layer.accounts.suspend(email),
        () => layer.accounts.markDeleted(email),
        () => layer.accounts.changePassword(email, { password_hash: OTHER_BCRYPT_HASH }),
        () => layer.accounts.setVerificationToken(email, { verification_token: "another-token-of-24-letters" }),
        () => layer.accounts.setResetToken(email, { reset_token: "reset-maria-4cK8vP1zRm6Yt3" }),
        () => layer.accounts.setUsername(email, "Another name"),
        () => layer.accounts.recordLogin(email),
        () => layer.accounts.erase(email),
      ];
      for (const call of calls) expect(await failureOf(call())).toMatchObject(refused);
    }
    // What was delivered before comes again.
    for (const call of [
      () => layer.support.open(ticket),
      () => layer.assessments.start({ ...start, limit }),
      () => layer.purchases.grant(receipt),
    ]) {
      expect(await failureOf(call())).toMatchObject(refused);
    }
    expect(await failureOf(layer.sessions.authenticate(session_id))).toMatchObject({ code: "not_found" });

    await layer.accounts.changeAddress({ from, to });

    // The refund that was heard meanwhile is remembered; the rest is as it was.
    const { entitlement: _, ...rest } = (await historyOf(to)) as Record<string, unknown>;
    const { entitlement: __, ...was } = before as Record<string, unknown>;
    expect(rest).toEqual(was);
    expect(await layer.purchases.hasAccess(to, receipt.product_id)).toBe(true);
    expect((await layer.accounts.get(to)).account_status).toBe("active");
    await layer.sessions.start({ user_email: to, password_hash: BCRYPT_HASH });
  });

  it("is the same again at any later time", async () => {
    const { from, to } = addresses();
    await liveAs(from);
    await layer.accounts.changeAddress({ from, to });
    const once = await itemsOf(to);
    const again = () => layer.accounts.changeAddress({ from, to });

    expect(await again()).toMatchObject({ changed: true, moved: { user: 0, ticket: 0 } });
    await finishLater();
    expect(await again()).toMatchObject({ changed: true, moved: { user: 0, ticket: 0 } });
    expect(await itemsOf(to)).toEqual(once);

    // Another person has registered under the address before: a late repeat does not move them.
    await layer.accounts.register(aRegistration({ email: from }));
    expect(await failureOf(again())).toMatchObject({ reason: "registered" });
    await layer.accounts.erase(to);
    expect(await failureOf(again())).toMatchObject({ code: "conflict", reason: "moved" });
    expect((await layer.accounts.get(from)).email).toBe(from);
  });

  it("gives what is delivered again to the account at its new address alone", async () => {
    const { from, to } = addresses();
    const { ticket, receipt } = await liveAs(from);
    await layer.accounts.changeAddress({ from, to });
    const late = aReceipt({ user_email: from, transaction_id: `late-${from}`, purchase_date: NOW + 60 });

    expect(await failureOf(layer.support.open(ticket))).toMatchObject({ reason: "claimed" });
    expect(await failureOf(layer.purchases.grant(receipt))).toMatchObject({ reason: "claimed" });
    expect(await layer.support.open({ ...ticket, user_email: to })).toMatchObject({ status: "in_progress" });
    expect((await layer.purchases.grant({ ...receipt, user_email: to })).granted).toBe(false);
    // A transaction that was sent to the address before, within the hour or later, is not lost.
    for (const one of [late, { ...late, transaction_id: `later-${from}` }]) {
      expect(await failureOf(layer.purchases.grant(one))).toMatchObject({ reason: "moved" });
      expect((await layer.purchases.grant({ ...one, user_email: to })).granted).toBe(true);
      await finishLater();
    }
    expect(await itemsOf(from)).toEqual([]);
  });

  it("joins purchases that the new address has made without an account", async () => {
    const { from, to } = addresses();
    const { receipt } = await liveAs(from);
    await layer.purchases.grant({ ...receipt, user_email: to, transaction_id: `own-${to}` });
    const { expires_at } = await layer.purchases.get(from, receipt.product_id);

    await layer.accounts.changeAddress({ from, to });

    const joined = await layer.purchases.get(to, receipt.product_id);
    expect(joined.expires_at).toBe(expires_at + 30 * 24 * 60 * 60);
  });

  it("moves a result that comes while its assessment moves", async () => {
    const { from, to } = addresses();
    await layer.accounts.register(aRegistration({ email: from }));
    const assessment_id = `going-${from}`;
    const assessment = await layer.assessments.start({
      user_id: from,
      assessment_type: "speaking_academic",
      assessment_id,
    });
    const client = interceptedClient(db.client, async ({ name, input }, next) => {
      const { pk } = (input.Key ?? {}) as { pk?: string };
      if (name === "DeleteCommand" && pk?.includes(assessment_id) === true) {
        const status = (await layer.assessments.get(assessment_id)).status;
        if (status === "in_progress") await layer.assessments.complete(assessment, aSpeakingResult());
      }
      return next();
    });

    await db.layerWith({ client }).accounts.changeAddress({ from, to });

    const { band_score, status, user_id } = await layer.assessments.get(assessment_id);
    expect({ status, user_id, isScored: typeof band_score === "number" }).toEqual({
      status: "completed",
      user_id: to,
      isScored: true,
    });
    expect((await naming(assessment_id)).filter((item) => item.__edb_e__ === "assessment")).toHaveLength(1);
  });

  it("leads there and back, and then gives the account's own messages back again", async () => {
    const { from, to } = addresses();
    const { ticket } = await liveAs(from);
    const before = await historyOf(from);
    await layer.accounts.changeAddress({ from, to });
    expect(await failureOf(layer.accounts.changeAddress({ from: to, to: from }))).toMatchObject({
      reason: "being_changed",
    });
    await finishLater();

    await layer.accounts.changeAddress({ from: to, to: from });

    expect(await historyOf(from)).toEqual(before);
    expect(await layer.support.open(ticket)).toMatchObject({ ticket_id: ticket.ticket_id, status: "in_progress" });
  });

  it("stops at its deadline, tells its progress, and goes on", async () => {
    const { from, to } = addresses();
    await layer.accounts.register(aRegistration({ email: from }));
    for (const number of times(30, (one) => one)) {
      await layer.support.open(aTicket({ user_email: from, ticket_id: `t${number}-${from}` }));
    }
    const told: number[] = [];
    const onProgress = ({ moved }: { moved: { ticket: number } }) => {
      told.push(moved.ticket);
      db.clock.now = NOW + 10;
    };

    const first = await layer.accounts.changeAddress({ from, to }, { deadline: NOW + 10, onProgress });
    expect(first).toMatchObject({ changed: false, moved: { ticket: 25 } });
    expect(await failureOf(layer.sessions.start({ user_email: to }))).toMatchObject({ reason: "being_changed" });
    expect(await layer.accounts.changeAddress({ from, to })).toMatchObject({ changed: true, moved: { ticket: 5 } });

    expect(told).toEqual([25]);
    expect((await layer.support.listByUser(to, { limit: 100 })).items).toHaveLength(30);
  });

  it("takes with it the refund that was heard before its purchase, though a grant is refused meanwhile", async () => {
    const { from, to } = addresses();
    await layer.accounts.register(aRegistration({ email: from }));
    const [refunded, late] = ["refunded", "late"].map((word) =>
      aReceipt({ user_email: from, transaction_id: `T-${word}-${from}` }),
    ) as [ReturnType<typeof aReceipt>, ReturnType<typeof aReceipt>];
    await layer.purchases.refund(from, refunded.product_id, refunded.transaction_id);
    await layer.accounts.changeAddress({ from, to }, { deadline: NOW });

    expect(await failureOf(layer.purchases.grant(late))).toMatchObject({ reason: "moved" });
    expect(await layer.purchases.hasAccess(from, late.product_id)).toBe(false);
    expect(await layer.accounts.changeAddress({ from, to })).toMatchObject({ changed: true });

    const { purchase, granted } = await layer.purchases.grant({ ...refunded, user_email: to });
    expect({ granted, status: purchase.status }).toEqual({ granted: false, status: "refunded" });
    expect(await layer.purchases.hasAccess(to, late.product_id)).toBe(false);
    expect(await layer.purchases.grant({ ...late, user_email: to })).toMatchObject({ granted: true });
  });

  it("happens once when several calls make it at once", async () => {
    const { from, to } = addresses();
    await liveAs(from);
    const before = await historyOf(from);

    await Promise.all(times(3, () => layer.accounts.changeAddress({ from, to })));

    expect(await historyOf(to)).toEqual(before);
    expect(await itemsOf(from)).toEqual([]);
  });

  it("lets one of two accounts win that move to one address at once", async () => {
    const [one, other] = [addresses(), addresses()];
    const to = one.to;
    await liveAs(one.from);
    await liveAs(other.from);

    const settled = await Promise.allSettled(
      [one.from, other.from].map((from) => layer.accounts.changeAddress({ from, to })),
    );

    expect(settled.filter(({ status }) => status === "fulfilled").length).toBeLessThanOrEqual(1);
    const accounts = await Promise.all([one.from, other.from, to].map((email) => layer.accounts.find(email)));
    expect(accounts.filter((account) => account !== undefined)).toHaveLength(2);
    for (const user of accounts) if (user !== undefined) await layer.sessions.start({ user_email: user.email });
  });
});

describe("an index that lags", () => {
  it("hides nothing from the nightly job, which moves it, and then frees the address before", async () => {
    const { from, to } = addresses();
    await layer.accounts.register(aRegistration({ email: from }));
    db.lag.hold();
    const { ticket_id } = await layer.support.open(aTicket({ user_email: from }));
    const start = { user_id: from, assessment_type: "speaking_academic" } as const;
    const { assessment_id } = await layer.assessments.start(start);
    const { log_id } = await layer.moderation.recordSafetyEvent(aSafetyEvent({ user_email: from, assessment_id }));
    const { product_id } = (await layer.purchases.grant(aReceipt({ user_email: from, transaction_id: `T-${from}` })))
      .purchase;
    await layer.accounts.changeAddress({ from, to });

    // What somebody paid for is there at once.
    expect(await layer.purchases.hasAccess(to, product_id)).toBe(true);
    expect((await layer.support.get(ticket_id)).user_email).toBe(from);
    db.lag.release();
    db.lag.settle();
    expect(await failureOf(layer.accounts.register(aRegistration({ email: from })))).toMatchObject({
      reason: "being_changed",
    });
    expect(await finishLater()).toMatchObject({ final: 1, refused: 0, unfinished: 0, moved: { ticket: 1 } });

    expect((await layer.support.get(ticket_id)).user_email).toBe(to);
    expect((await layer.assessments.get(assessment_id)).user_id).toBe(to);
    expect((await layer.moderation.getSafetyLog(log_id)).user_email).toBe(to);
    expect((await db.contents()).filter((item) => JSON.stringify(item).includes(`"${from}"`))).toEqual([]);
    await layer.accounts.register(aRegistration({ email: from }));
    expect(await layer.accounts.overview(from)).toMatchObject({ assessments: [], openTickets: [], entitlements: [] });
  });

  it("brings nothing to an account that was erased at its new address since", async () => {
    const { from, to } = addresses();
    await layer.accounts.register(aRegistration({ email: from }));
    db.lag.hold();
    await layer.support.open(aTicket({ user_email: from }));
    await layer.accounts.changeAddress({ from, to });
    await layer.accounts.erase(to);
    db.lag.release();
    db.lag.settle();

    await finishLater();
    db.clock.now += ERASURE_FINAL_SECONDS;
    db.lag.settle();
    await layer.accounts.finishErasures();

    expect([...(await itemsOf(from)), ...(await itemsOf(to))]).toEqual([]);
    expect((await db.contents()).filter((item) => item.user_email === from)).toEqual([]);
  });
});

describe("finishAddressChanges", () => {
  it("finishes what has died, whom listUnfinishedAddressChanges shows until then", async () => {
    const [one, other] = [addresses(), addresses()];
    await liveAs(one.from);
    await layer.accounts.register(aRegistration({ email: other.from }));
    await dieMidway({ ...one, email_verified: true });
    const { client } = interruptedClient(db.client, { at: 3, when: "after" });
    await failureOf(db.layerWith({ client }).accounts.changeAddress(other));

    const { items } = await layer.accounts.listUnfinishedAddressChanges();
    expect(items).toEqual(
      expect.arrayContaining(
        [one, other].map((change) => ({ ...change, changed_at: NOW, final_at: NOW + ERASURE_FINAL_SECONDS })),
      ),
    );
    await layer.accounts.finishAddressChanges();

    for (const { from, to } of [one, other]) {
      expect(await itemsOf(from)).toEqual([]);
      await layer.sessions.start({ user_email: to });
    }
    expect((await layer.accounts.get(one.to)).email_verified).toBe(true);
    expect((await layer.accounts.get(other.to)).email_verified).toBe(false);
    await finishLater();
    expect(await layer.accounts.listUnfinishedAddressChanges()).toEqual({ items: [], cursor: null });
  });

  it("gives a change up whose new address was taken before it came there", async () => {
    const { from, to } = addresses();
    await liveAs(from);
    const before = await historyOf(from);
    await enterMove(layer.context, { from, to, verified: false });
    await layer.accounts.register(aRegistration({ email: to }));

    expect(await layer.accounts.finishAddressChanges()).toMatchObject({ refused: 1 });

    expect(await historyOf(from)).toEqual(before);
    await layer.sessions.start({ user_email: from });
    await layer.support.open(aTicket({ user_email: from }));
    await layer.support.open(aTicket({ user_email: to }));
    await layer.accounts.changeAddress({ from, to: addresses().to });
  });

  it("stops at its deadline", async () => {
    const { from, to } = addresses();
    await layer.accounts.register(aRegistration({ email: from }));
    await enterMove(layer.context, { from, to, verified: false });

    expect(await layer.accounts.finishAddressChanges({ deadline: NOW })).toMatchObject({ final: 0 });

    expect(await layer.accounts.find(to)).toBeUndefined();
    await layer.accounts.finishAddressChanges();
    expect(await layer.accounts.find(from)).toBeUndefined();
  });
});
