import { setTimeout as pause } from "node:timers/promises";
import { digestOf } from "../../entities/credential.ts";
import type { DataLayer } from "../../services/data-layer.ts";
import { ERASURE_FINAL_SECONDS } from "../../services/guards/erasure.ts";
import { ACCESS_PERIOD_SECONDS } from "../../services/purchases.ts";
import { ConflictError, DataLayerError, NotFoundError, TokenUsedError } from "../../services/storage/errors.ts";
import {
  aFix,
  aReceipt,
  aRegistration,
  aReport,
  aSafetyEvent,
  aSpeakingResult,
  aTicket,
  BCRYPT_HASH,
  CHEN,
  MARIA,
  OTHER_BCRYPT_HASH,
} from "../builders.ts";
import { NOW, openTestTable, type TestTable } from "../engine.ts";
import { atOnce, failureOf, inGroups, times } from "./outcomes.ts";
import { patientLayer } from "./patient-layer.ts";
import { report } from "./report.ts";
import { LONG, SEED, seededRandom } from "./seeded-random.ts";

const random = seededRandom(SEED);
const ROUNDS = LONG ? 20 : 2;
const CALLERS = 10;

jest.setTimeout(900_000);

let db: TestTable;
let layer: DataLayer;
const counts: Record<string, number> = {};
const count = (name: string, more: number) => {
  counts[name] = (counts[name] ?? 0) + more;
};

const race = <T>(calls: Parameters<typeof atOnce<T>>[0]) => {
  count("races", 1);
  return atOnce(calls);
};

beforeEach(async () => {
  db = await openTestTable();
  layer = await patientLayer(db);
});
afterEach(async () => {
  layer.context.client.destroy();
  await db.drop();
});
afterAll(() => {
  report("races", counts);
});

const shuffled = <T>(values: readonly T[]): T[] =>
  values
    .map((value) => ({ value, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);

const itemsOf = async (entity: string) => (await db.contents()).filter((item) => item.__edb_e__ === entity);

/** How many changes of an access pattern the engine has accepted. */
const acceptedWrites = (accessPattern: string) =>
  db.requests.filter((event) => event.accessPattern === accessPattern && event.outcome === "ok").length;

describe("QR tokens", () => {
  const [tokens, redeemers] = LONG ? [200, 50] : [5, 20];

  it("let one of many devices in, with one session", async () => {
    await layer.accounts.register(aRegistration());
    const winners: string[] = [];
    await inGroups(tokens, 4, async () => {
      const { token } = await layer.qrLogin.issue(MARIA);
      const { won, lost } = await race(
        times(
          redeemers,
          (device) => () => layer.qrLogin.redeem(token, { device_id: `device-5b1f9c24e7d03a86-${device}` }),
        ),
      );
      expect(won).toHaveLength(1);
      expect(lost.filter((error) => !(error instanceof TokenUsedError))).toEqual([]);
      winners.push(...won.map((session) => digestOf(session.session_id)));
    });

    const sessions = (await itemsOf("session")).map((session) => session.session_id);
    expect(sessions.sort()).toEqual(winners.sort());
    expect(new Set(winners).size).toBe(tokens);
    count("redemptions", tokens * redeemers);
  });

  it("give one device that scans twice at once one session", async () => {
    await layer.accounts.register(aRegistration());
    const { token } = await layer.qrLogin.issue(MARIA);
    const { won } = await race(
      times(CALLERS, () => () => layer.qrLogin.redeem(token, { device_id: "phone-5b1f9c24e7d03a86aa" })),
    );

    expect(won).toHaveLength(CALLERS);
    expect(new Set(won.map((session) => session.session_id)).size).toBe(1);
    expect(await itemsOf("session")).toHaveLength(1);
  });
});

describe("receipts", () => {
  const receipts = LONG ? 200 : 5;
  const owners = [MARIA, CHEN].flatMap((user_email) =>
    (["speaking", "writing"] as const).map((product_id) => ({ user_email, product_id })),
  );

  it("are granted once, to one account and product", async () => {
    await inGroups(receipts, 2, async (number) => {
      const transaction_id = `transaction-${number}`;
      const callers = shuffled(times(20, (caller) => owners[caller % owners.length]));
      const { won, lost } = await race(
        callers.map((owner) => () => layer.purchases.grant(aReceipt({ ...owner, transaction_id }))),
      );
      expect(new Set(won.map(({ purchase }) => `${purchase.user_email} ${purchase.product_id}`)).size).toBe(1);
      expect(won).toHaveLength(20 / owners.length);
      expect(won.filter(({ granted }) => granted)).toHaveLength(1);
      expect(lost.map((error) => error instanceof ConflictError && error.reason)).toEqual(lost.map(() => "claimed"));
    });

    const entitlements = await itemsOf("entitlement");
    const periods = entitlements.map((item) => ((item.expires_at as number) - NOW) / ACCESS_PERIOD_SECONDS);
    expect(periods.reduce((sum, one) => sum + one, 0)).toBe(receipts);
    expect(await itemsOf("claim")).toHaveLength(receipts);
    count("grants", receipts * 20);
  });
});

/** The state that refused a change, or another reason. */
const refusalOf = (error: unknown) => (error instanceof ConflictError ? (error.state ?? error.reason) : error);

describe("state machines", () => {
  /** One winner; each loser learns the state that is stored, and the engine has accepted one change. */
  async function oneWins(
    calls: readonly (() => Promise<unknown>)[],
    storedState: () => Promise<string>,
    accessPatterns: readonly string[],
  ): Promise<void> {
    db.requests.length = 0;
    const { won, lost } = await race(shuffled(calls));
    db.lag.settle();
    const state = await storedState();
    expect(won).toHaveLength(1);
    expect(lost.map(refusalOf)).toEqual(lost.map(() => state));
    expect(accessPatterns.reduce((sum, name) => sum + acceptedWrites(name), 0)).toBe(1);
    count("conflicting changes", calls.length);
  }

  it("complete or abandon an assessment once", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const id = `assessment-${round}`;
      const started = { user_id: MARIA, assessment_type: "speaking_academic", assessment_id: id } as const;
      await layer.assessments.start(started);
      const completions = times(
        CALLERS - 1,
        (caller) => () => layer.assessments.complete(id, aSpeakingResult({ duration_minutes: caller })),
      );
      await oneWins(
        [...completions, () => layer.assessments.abandon(id)],
        async () => (await layer.assessments.get(id)).status,
        ["complete", "abandon"],
      );
    }
  });

  it("triage a report once", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const report_id = `report-${round}`;
      await layer.moderation.fileReport(aReport({ report_id }));
      await oneWins(
        times(CALLERS, (caller) => () => {
          const status = caller % 2 === 0 ? "resolved" : "dismissed";
          return layer.moderation.triage(report_id, { status, admin_notes: `caller ${caller}` });
        }),
        async () => (await layer.moderation.getReport(report_id)).status,
        ["triage"],
      );
    }
  });

  it("decide about an action once, and apply it once", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const action_id = `action-${round}`;
      await layer.devops.proposeFix(aFix({ action_id }));
      const stored = async () => String((await layer.devops.get(action_id)).status);
      await oneWins(
        times(CALLERS, (caller) => () => {
          const decision = { reviewed_by: `reviewer-${caller}`, review_reason: "because" };
          return caller % 2 === 0
            ? layer.devops.approve(action_id, decision)
            : layer.devops.reject(action_id, decision);
        }),
        stored,
        ["approve", "reject"],
      );
      const approved_id = `approved-${round}`;
      await layer.devops.proposeFix(aFix({ action_id: approved_id }));
      await layer.devops.approve(approved_id, { reviewed_by: "dana", review_reason: "clear" });
      await oneWins(
        times(CALLERS, (caller) => () => layer.devops.markApplied(approved_id, `https://example.com/pull/${caller}`)),
        async () => String((await layer.devops.get(approved_id)).status),
        ["markApplied"],
      );
    }
  });

  it("change a password once and verify an address once", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const email = `user-${round}@example.com`;
      await layer.accounts.register(aRegistration({ email }));
      await oneWins(
        times(CALLERS, (caller) => () => {
          const password_hash = `${OTHER_BCRYPT_HASH.slice(0, -1)}${caller}`;
          return layer.accounts.changePassword(email, { password_hash, current_hash: BCRYPT_HASH });
        }),
        async () => "password_changed",
        ["changePassword"],
      );
      await oneWins(
        times(
          CALLERS,
          () => () => layer.accounts.verifyEmail(email, { verification_token: "verify-maria-8sT2kQ9xLw4Zr7" }),
        ),
        async () => "already_verified",
        ["verifyEmail"],
      );
    }
  });

  /** Two changes of which the second may follow the first but not the other way round; the same change may repeat. */
  async function lastStays(
    first: { readonly name: string; readonly call: () => Promise<{ readonly state: string }> },
    last: { readonly name: string; readonly state: string; readonly call: () => Promise<unknown> },
    stored: () => Promise<string>,
  ): Promise<void> {
    db.requests.length = 0;
    const half = CALLERS / 2;
    const { lost } = await race(shuffled([...times(half, () => first.call), ...times(half, () => last.call)]));
    db.lag.settle();
    expect(await stored()).toBe(last.state);
    expect(lost.map(refusalOf)).toEqual(lost.map(() => last.state));
    const names = new Set([first.name, last.name]);
    expect([...names].reduce((sum, name) => sum + acceptedWrites(name), 0)).toBeLessThanOrEqual(2);
    count("conflicting changes", CALLERS);
  }

  it("leave a ticket resolved when it is escalated and resolved at once", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const ticket_id = `ticket-${round}`;
      await layer.support.open(aTicket({ ticket_id, ai_response: "We look into it." }));
      await lastStays(
        { name: "escalate", call: async () => ({ state: (await layer.support.escalate(ticket_id)).status }) },
        { name: "resolve", state: "resolved", call: () => layer.support.resolve(ticket_id) },
        async () => (await layer.support.get(ticket_id)).status,
      );
    }
  });

  it("leave an account deleted when it is suspended or reactivated and deleted at once", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      for (const change of ["suspend", "reactivate"] as const) {
        const email = `${change}-${round}@example.com`;
        await layer.accounts.register(aRegistration({ email }));
        if (change === "reactivate") await layer.accounts.suspend(email);
        await lastStays(
          { name: "setStatus", call: async () => ({ state: (await layer.accounts[change](email)).account_status }) },
          { name: "setStatus", state: "deleted", call: () => layer.accounts.markDeleted(email) },
          async () => (await layer.accounts.get(email)).account_status,
        );
      }
    }
  });

  it("leave no session that lets in to an account that is suspended while users log in", async () => {
    const started: string[] = [];
    const letIn = async (opening: Promise<{ session_id: string }>) => started.push((await opening).session_id);
    for (let round = 0; round < ROUNDS; round++) {
      const user_email = `login-${round}@example.com`;
      await layer.accounts.register(aRegistration({ email: user_email }));
      const { token } = await layer.qrLogin.issue(user_email);
      const { lost } = await race<unknown>(
        shuffled([
          ...times(CALLERS - 2, () => () => letIn(layer.sessions.start({ user_email }))),
          () => letIn(layer.qrLogin.redeem(token, { device_id: "phone-5b1f9c24e7d03a86aa" })),
          () => layer.accounts.suspend(user_email),
        ]),
      );
      // A token that comes after it was withdrawn is unknown.
      const states = lost.map((error) =>
        error instanceof ConflictError ? (error.state ?? error.reason) : (error as Error).name,
      );
      expect(states.filter((state) => !["suspended", "shut", "NotFoundError"].includes(state))).toEqual([]);
      count("log-ins against suspension", CALLERS);
    }
    // One that was written after the others were removed may lie there until it expires, without use.
    for (const session_id of started)
      await expect(layer.sessions.authenticate(session_id)).rejects.toThrow(NotFoundError);
    expect(started.length).toBeGreaterThan(0);
  });
});

describe("renewals, refunds, reversals and access checks at once", () => {
  type Change = { readonly kind: "grant" | "refund" | "reverseRefund"; readonly transaction: string };

  const change = (kind: Change["kind"], ...transactions: string[]): Change[] =>
    transactions.map((transaction) => ({ kind, transaction }));
  const CHANGES: readonly Change[] = [
    ...change("grant", "first", "one", "two", "three"),
    ...change("refund", "first", "one", "three"),
    ...change("reverseRefund", "three"),
  ];

  it("end as if they had come one after the other", async () => {
    const rounds = ROUNDS * 3;
    for (let round = 0; round < rounds; round++) {
      const user_email = `buyer-${round}@example.com`;
      const calls = [...CHANGES, ...CHANGES].map(({ kind, transaction }) => async () => {
        await pause(random() * 10);
        const transaction_id = `${transaction}-${round}`;
        if (kind !== "grant") return layer.purchases[kind](user_email, "speaking", transaction_id);
        return layer.purchases.grant(aReceipt({ user_email, transaction_id }));
      });
      const checks = times(5, () => async () => {
        await pause(random() * 15);
        expect(typeof (await layer.purchases.hasAccess(user_email, "speaking"))).toBe("boolean");
      });
      const { lost, won } = await race<unknown>(shuffled([...calls, ...checks]));
      expect(lost).toEqual([]);

      // Two of the four transactions count in the end, and three grants gave access at most: a refund may have come first.
      const given = won.filter((one) => (one as { granted?: boolean } | undefined)?.granted === true).length;
      expect(given).toBeGreaterThanOrEqual(1);
      expect(given).toBeLessThanOrEqual(4);
      const purchase = await layer.purchases.find(user_email, "speaking");
      expect(purchase).toMatchObject({
        transaction_id: `two-${round}`,
        status: "active",
        expires_at: NOW + 2 * ACCESS_PERIOD_SECONDS,
      });
      expect(await layer.purchases.hasAccess(user_email, "speaking")).toBe(true);
      count("purchase changes", calls.length + checks.length);
    }
  });
});

describe("erasure against writes of the same account", () => {
  async function openAccount(email: string, suffix: string) {
    await layer.accounts.register(aRegistration({ email }));
    await layer.sessions.start({ user_email: email });
    const { token } = await layer.qrLogin.issue(email);
    await layer.purchases.grant(aReceipt({ user_email: email, transaction_id: `before-${suffix}` }));
    const type = { user_id: email, assessment_type: "speaking_academic" } as const;
    await layer.assessments.start({ ...type, assessment_id: `before-${suffix}` });
    await layer.support.open(aTicket({ user_email: email, ticket_id: `before-${suffix}` }));
    await layer.moderation.fileReport(aReport({ reporter_email: email, report_id: `before-${suffix}` }));
    return { token, type };
  }

  const writesOf = (email: string, suffix: string, { token, type }: Awaited<ReturnType<typeof openAccount>>) => {
    const before = `before-${suffix}`;
    const during = `during-${suffix}`;
    const writes: readonly (() => Promise<unknown>)[] = [
      () => layer.accounts.register(aRegistration({ email })),
      () => layer.accounts.recordLogin(email),
      () => layer.accounts.setVerificationToken(email, { verification_token: "again-a-token-of-24-letters" }),
      () => layer.accounts.changePassword(email, { password_hash: OTHER_BCRYPT_HASH }),
      () => layer.accounts.suspend(email),
      () => layer.sessions.start({ user_email: email }),
      () => layer.qrLogin.issue(email),
      () => layer.qrLogin.redeem(token, { device_id: "phone-5b1f9c24e7d03a86aa" }),
      () => layer.assessments.start(type),
      () => layer.assessments.start({ ...type, assessment_id: during }),
      () => layer.assessments.complete(before, aSpeakingResult()),
      () => layer.purchases.grant(aReceipt({ user_email: email, transaction_id: during })),
      () =>
        layer.purchases.grant(aReceipt({ user_email: email, product_id: "writing", transaction_id: `w-${during}` })),
      () => layer.purchases.refund(email, "speaking", before),
      () => layer.support.open(aTicket({ user_email: email })),
      () => layer.support.open(aTicket({ user_email: email, ticket_id: during })),
      () => layer.support.answer(before, { ai_response: "We look into it." }),
      () => layer.moderation.fileReport(aReport({ reporter_email: email })),
      () => layer.moderation.fileReport(aReport({ reporter_email: email, report_id: during })),
      () => layer.moderation.triage(before, { status: "resolved" }),
      () => layer.moderation.recordSafetyEvent(aSafetyEvent({ user_email: email, assessment_id: before })),
      () =>
        layer.moderation.recordSafetyEvent(aSafetyEvent({ user_email: email, assessment_id: before, log_id: during })),
    ];
    return writes;
  };

  it("leaves nothing of the account, or refuses the write", async () => {
    const rounds = LONG ? 30 : 3;
    for (let round = 0; round < rounds; round++) {
      const email = `erased-${round}@example.com`;
      const writes = writesOf(email, String(round), await openAccount(email, String(round)));
      const late = (call: () => Promise<unknown>) => async () => {
        await pause(random() * 20);
        return call();
      };
      const { won, lost } = await race<unknown>([late(() => layer.accounts.erase(email)), ...writes.map(late)]);

      expect(lost.filter((error) => !(error instanceof DataLayerError))).toEqual([]);
      const left = async () => (await db.contents()).filter((item) => JSON.stringify(item).includes(email));
      // What an index shows late is found later, and so is a log-in that looked at the account before it was shut and was
      // written after the others were removed: it lets nobody in.
      if (db.lag.seed === undefined) {
        const rows = (await left()).map((item) => item.__edb_e__ as string);
        expect(rows.filter((name) => !["session", "qr_token"].includes(name))).toEqual(["erasure"]);
        if (rows.length === 1) {
          expect(await failureOf(layer.accounts.export(email))).toBeInstanceOf(NotFoundError);
        }
      }
      db.lag.settle();
      db.clock.now += ERASURE_FINAL_SECONDS;
      expect(await layer.accounts.finishErasures()).toMatchObject({ final: 1, unfinished: 0 });
      expect(await left()).toEqual([]);
      count("writes against erasure", writes.length);
      count("of these stored and erased, or taken back as refused", won.length - 1);
    }
  });
});
