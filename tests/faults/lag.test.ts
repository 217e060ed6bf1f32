import type { DataLayer } from "../../services/data-layer.ts";
import { ERASURE_FINAL_SECONDS } from "../../services/guards/erasure.ts";
import { LAGS } from "../../testing/index.ts";
import {
  aDiagnosis,
  aFix,
  aReceipt,
  aRegistration,
  aReport,
  aSafetyEvent,
  aSpeakingResult,
  aTicket,
  BCRYPT_HASH,
  MARIA,
  OTHER_BCRYPT_HASH,
  startAssessment,
} from "../builders.ts";
import { openTestTable, type TestTable } from "../engine.ts";
import { failureOf, times } from "./outcomes.ts";

let db: TestTable;
let layer: DataLayer;
beforeAll(async () => {
  db = await openTestTable({ ...LAGS.none, seed: 1 });
  layer = db.layer;
});
beforeEach(() => db.reset());
afterAll(() => db.drop());

/**
 * Guarantees that do not hold yet. Jest's `it.failing` tells when one does: then its line goes.
 * Each has the title of its test.
 */
const NOT_YET: ReadonlySet<string> = new Set([]);

const guarantee = (title: string, test: () => Promise<unknown>) =>
  (NOT_YET.has(title) ? it.failing : it)(title, async () => void (await test()));
const guaranteeEach = <T>(cases: Readonly<Record<string, T>>, title: string, test: (one: T) => Promise<unknown>) => {
  for (const [name, one] of Object.entries(cases)) guarantee(title.replace("%s", name), () => test(one));
};

const register = () => layer.accounts.register(aRegistration());
const startSession = () => layer.sessions.start({ user_email: MARIA });

describe("what a call returned can be used at once, whatever indexes and plain reads show", () => {
  const decision = { reviewed_by: "dana", review_reason: "clear" };
  const opened = () => layer.support.open(aTicket());
  const answered = async () => layer.support.answer((await opened()).ticket_id, { ai_response: "We look into it." });
  const proposed = () => layer.devops.proposeFix(aFix());
  const recorded = async () => {
    const { assessment_id } = await startAssessment(layer);
    return layer.moderation.recordSafetyEvent(aSafetyEvent({ assessment_id }));
  };
  /** Calls that follow another one; everything is late from before the first one on. */
  const CALLS: Readonly<Record<string, () => Promise<unknown>>> = {
    "accounts.get": async () => layer.accounts.get((await register()).email),
    "accounts.credentials": async () => layer.accounts.credentials((await register()).email),
    "accounts.verifyEmail": async () =>
      layer.accounts.verifyEmail((await register()).email, { verification_token: "verify-maria-8sT2kQ9xLw4Zr7" }),
    "accounts.changePassword": async () =>
      layer.accounts.changePassword((await register()).email, {
        password_hash: OTHER_BCRYPT_HASH,
        current_hash: BCRYPT_HASH,
      }),
    "accounts.overview": async () => layer.accounts.overview((await register()).email),
    "accounts.export": async () => layer.accounts.export((await register()).email),
    "sessions.start": async () => layer.sessions.start({ user_email: (await register()).email }),
    "sessions.authenticate": async () => {
      await register();
      return layer.sessions.authenticate((await startSession()).session_id);
    },
    "qrLogin.status": async () => {
      await register();
      return layer.qrLogin.status((await layer.qrLogin.issue(MARIA)).token);
    },
    "qrLogin.redeem": async () => {
      await register();
      const { token } = await layer.qrLogin.issue(MARIA);
      const { session_id } = await layer.qrLogin.redeem(token, { device_id: "phone-5b1f9c24e7d03a86aa" });
      return layer.sessions.authenticate(session_id);
    },
    "assessments.get": async () => layer.assessments.get((await startAssessment(layer)).assessment_id),
    "assessments.complete": async () =>
      layer.assessments.complete((await startAssessment(layer)).assessment_id, aSpeakingResult()),
    "assessments.abandon": async () => layer.assessments.abandon((await startAssessment(layer)).assessment_id),
    "purchases.get": async () => {
      const { user_email, product_id } = (await layer.purchases.grant(aReceipt())).purchase;
      return layer.purchases.get(user_email, product_id);
    },
    "purchases.refund": async () => {
      const { user_email, product_id, transaction_id } = (await layer.purchases.grant(aReceipt())).purchase;
      return layer.purchases.refund(user_email, product_id, transaction_id);
    },
    "moderation.recordSafetyEvent": recorded,
    "moderation.getSafetyLog": async () => layer.moderation.getSafetyLog((await recorded()).log_id),
    "moderation.getReport": async () =>
      layer.moderation.getReport((await layer.moderation.fileReport(aReport())).report_id),
    "moderation.triage": async () =>
      layer.moderation.triage((await layer.moderation.fileReport(aReport())).report_id, { status: "resolved" }),
    "support.get": async () => layer.support.get((await opened()).ticket_id),
    "support.answer": answered,
    "support.escalate": async () => layer.support.escalate((await answered()).ticket_id),
    "support.resolve": async () => {
      const { ticket_id } = await layer.support.escalate((await answered()).ticket_id);
      return layer.support.resolve(ticket_id);
    },
    "support.reopen": async () => {
      const { ticket_id } = await layer.support.escalate((await answered()).ticket_id);
      await layer.support.resolve(ticket_id);
      return layer.support.reopen(ticket_id);
    },
    "support.setPriority": async () => layer.support.setPriority((await opened()).ticket_id, "low"),
    "support.thread": async () => layer.support.thread((await opened()).ticket_id),
    "devops.get": async () => layer.devops.get((await proposed()).action_id),
    "devops.proposeFix for a ticket": async () => layer.devops.proposeFix(aFix({ ticket: (await opened()).ticket_id })),
    "devops.recordDiagnosis for a ticket": async () =>
      layer.devops.recordDiagnosis(aDiagnosis({ ticket: (await opened()).ticket_id })),
    "purchases.reverseRefund": async () => {
      const { user_email, product_id, transaction_id } = (await layer.purchases.grant(aReceipt())).purchase;
      return layer.purchases.reverseRefund(user_email, product_id, transaction_id);
    },
    "devops.approve": async () => layer.devops.approve((await proposed()).action_id, decision),
    "devops.markApplied": async () => {
      const { action_id } = await proposed();
      await layer.devops.approve(action_id, decision);
      return layer.devops.markApplied(action_id, "https://example.com/pull/1");
    },
  };

  guaranteeEach(CALLS, "%s", async (call) => {
    db.lag.hold();
    await call();
  });

  guarantee("purchases.hasAccess", async () => {
    db.lag.hold();
    await layer.purchases.grant(aReceipt());
    expect(await layer.purchases.hasAccess(MARIA, "speaking")).toBe(true);
  });

  guarantee("a thread has its ticket and the action that is linked with it", async () => {
    db.lag.hold();
    const ticket = await opened();
    const { action_id } = await layer.devops.proposeFix(aFix({ ticket: ticket.ticket_id }));
    const thread = await layer.support.thread(ticket.ticket_id);
    expect(thread.ticket.ticket_id).toBe(ticket.ticket_id);
    expect(thread.actions.map((action) => action.action_id)).toEqual([action_id]);
  });

  guarantee("an import can be read by id", async () => {
    db.lag.hold();
    const { aQuestion, aRubric } = await import("../../testing/index.ts");
    await layer.questions.import([aQuestion()]);
    await layer.rubrics.import([aRubric()]);
    expect(await layer.questions.find(aQuestion().question_id)).toBeDefined();
    expect(await layer.rubrics.find(aRubric().rubric_id)).toBeDefined();
  });
});

describe("what was decided is told by id at once", () => {
  guarantee("a password that was changed is not shown as it was", async () => {
    await register();
    db.lag.hold();
    await layer.accounts.changePassword(MARIA, { password_hash: OTHER_BCRYPT_HASH, current_hash: BCRYPT_HASH });
    expect((await layer.accounts.credentials(MARIA)).password_hash).toBe(OTHER_BCRYPT_HASH);
  });

  guarantee("a refunded purchase gives no access", async () => {
    const { transaction_id } = (await layer.purchases.grant(aReceipt())).purchase;
    db.lag.hold();
    await layer.purchases.refund(MARIA, "speaking", transaction_id);
    expect(await layer.purchases.hasAccess(MARIA, "speaking")).toBe(false);
  });

  guarantee("a refund that is heard before its grant is remembered, and a reversed one gives access", async () => {
    db.lag.hold();
    const { user_email, product_id, transaction_id } = aReceipt();
    await layer.purchases.refund(user_email, product_id, transaction_id);
    expect((await layer.purchases.grant(aReceipt())).granted).toBe(false);
    expect(await layer.purchases.hasAccess(MARIA, "speaking")).toBe(false);
    await layer.purchases.reverseRefund(user_email, product_id, transaction_id);
    expect(await layer.purchases.hasAccess(MARIA, "speaking")).toBe(true);
  });

  guarantee("a session that was ended lets nobody in", async () => {
    await register();
    const { session_id } = await startSession();
    db.lag.hold();
    await layer.sessions.end(session_id);
    expect(await failureOf(layer.sessions.authenticate(session_id))).toMatchObject({ code: "not_found" });
  });
});

const RESET_TOKEN = "reset-maria-4cK8vP1zRm6Yt3";

describe("shut means shut, at once", () => {
  const SHUTS: Readonly<Record<string, () => Promise<unknown>>> = {
    suspend: () => layer.accounts.suspend(MARIA),
    markDeleted: () => layer.accounts.markDeleted(MARIA),
    changePassword: () =>
      layer.accounts.changePassword(MARIA, { password_hash: OTHER_BCRYPT_HASH, current_hash: BCRYPT_HASH }),
    resetPassword: async () => {
      await layer.accounts.setResetToken(MARIA, { reset_token: RESET_TOKEN });
      return layer.accounts.resetPassword(MARIA, { reset_token: RESET_TOKEN, password_hash: OTHER_BCRYPT_HASH });
    },
    endAll: () => layer.sessions.endAll(MARIA),
    erase: () => layer.accounts.erase(MARIA),
  };
  const refusals = { code: expect.stringMatching(/^(not_found|conflict|expired)$/) };

  guaranteeEach(SHUTS, "%s ends a session that no index shows yet", async (shut) => {
    await register();
    db.lag.hold("gsi1");
    const { session_id } = await startSession();
    await shut();
    expect(await failureOf(layer.sessions.authenticate(session_id))).toMatchObject(refusals);
    db.lag.release();
    expect(await failureOf(layer.sessions.authenticate(session_id))).toMatchObject(refusals);
  });

  guaranteeEach(SHUTS, "%s ends a session, whatever a plain read shows", async (shut) => {
    await register();
    const { session_id } = await startSession();
    db.lag.hold("reads");
    await shut();
    expect(await failureOf(layer.sessions.authenticate(session_id))).toMatchObject(refusals);
  });

  guaranteeEach(SHUTS, "%s withdraws a token that no index shows yet", async (shut) => {
    await register();
    db.lag.hold("gsi1");
    const { token } = await layer.qrLogin.issue(MARIA);
    await shut();
    const redeemed = layer.qrLogin.redeem(token, { device_id: "phone-5b1f9c24e7d03a86aa" });
    expect(await failureOf(redeemed)).toMatchObject(refusals);
  });

  guaranteeEach(SHUTS, "%s: a redeemed token gives no session again", async (shut) => {
    await register();
    db.lag.hold();
    const { token } = await layer.qrLogin.issue(MARIA);
    const { session_id } = await layer.qrLogin.redeem(token, { device_id: "phone-5b1f9c24e7d03a86aa" });
    await shut();
    expect(await failureOf(layer.sessions.authenticate(session_id))).toMatchObject(refusals);
    const again = await layer.qrLogin
      .redeem(token, { device_id: "phone-5b1f9c24e7d03a86aa" })
      .catch((error: unknown) => error);
    const ids = [session_id, ...(again instanceof Error ? [] : [(again as { session_id: string }).session_id])];
    for (const id of ids) expect(await failureOf(layer.sessions.authenticate(id))).toMatchObject(refusals);
  });
});

describe("an erasure leaves nothing", () => {
  const WRITES: Readonly<Record<string, () => Promise<unknown>>> = {
    "a session": startSession,
    "a token": () => layer.qrLogin.issue(MARIA),
    "an assessment": () => layer.assessments.start({ user_id: MARIA, assessment_type: "speaking_academic" }),
    "a purchase": () => layer.purchases.grant(aReceipt()),
    "a ticket": () => layer.support.open(aTicket()),
    "a report": () => layer.moderation.fileReport(aReport()),
    "a safety event": async () => {
      const { assessment_id } = await startAssessment(layer);
      await layer.moderation.recordSafetyEvent(aSafetyEvent({ assessment_id }));
    },
  };
  /** What is stored that names the account, the ledger of erasures aside, which does so until the erasure is final. */
  const left = async () =>
    (await db.contents()).filter((item) => item.__edb_e__ !== "erasure" && JSON.stringify(item).includes(MARIA));
  const finishLater = () => {
    db.clock.now += ERASURE_FINAL_SECONDS;
    return layer.accounts.finishErasures();
  };

  guaranteeEach(WRITES, "of %s that no index showed while it ran, once it is asked for again", async (write) => {
    await register();
    db.lag.hold();
    await write();
    await layer.accounts.erase(MARIA);
    db.lag.release();
    await layer.accounts.erase(MARIA).catch((error: { code?: string }) => expect(error.code).toBe("not_found"));
    expect(await left()).toEqual([]);
  });

  guarantee("and ends when it is asked for again before an index has heard of the first", async () => {
    await register();
    await startSession();
    db.lag.hold();
    await layer.accounts.erase(MARIA);
    await layer.accounts.erase(MARIA).catch((error: { code?: string }) => expect(error.code).toBe("not_found"));
  });

  guaranteeEach(WRITES, "of %s that no index showed while it ran, once the nightly job has run", async (write) => {
    await register();
    db.lag.hold();
    await write();
    await layer.accounts.erase(MARIA);
    db.lag.release();
    db.lag.settle();
    expect(await finishLater()).toMatchObject({ final: 1, unfinished: 0 });
    expect((await db.contents()).filter((item) => JSON.stringify(item).includes(MARIA))).toEqual([]);
  });

  guarantee("and is not final before its index shows it, which the next run of the nightly job does", async () => {
    await register();
    db.lag.hold();
    await layer.accounts.erase(MARIA);
    expect(await finishLater()).toMatchObject({ final: 0, unfinished: 0 });
    expect(await failureOf(layer.accounts.register(aRegistration()))).toMatchObject({ reason: "being_erased" });
    db.lag.release();
    db.lag.settle();
    expect(await layer.accounts.finishErasures()).toMatchObject({ final: 1, unfinished: 0 });
    expect(await layer.accounts.register(aRegistration())).toMatchObject({ email: MARIA });
  });

  guarantee("and lets no session in that no index ever showed, when the person registers anew", async () => {
    await register();
    db.lag.hold("gsi1");
    const { session_id } = await startSession();
    await layer.accounts.erase(MARIA);
    await finishLater();
    await register();
    expect(await failureOf(layer.sessions.authenticate(session_id))).toMatchObject({ code: "not_found" });
  });

  guarantee("of many items, and ends, while the index goes on showing what is deleted", async () => {
    await register();
    for (const number of times(60, (one) => one)) {
      await layer.support.open(aTicket({ ticket_id: `TKT-${number}` }));
    }
    db.lag.hold();
    await layer.accounts.erase(MARIA);
    expect(await left()).toEqual([]);
  });
});
