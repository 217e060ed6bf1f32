import { questions, rubrics } from "../../scripts/content/catalogue.ts";
import type { DataLayer } from "../../services/data-layer.ts";
import { ERASURE_FINAL_SECONDS, enterErasure } from "../../services/guards/erasure.ts";
import { enterMove } from "../../services/guards/moves.ts";
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
} from "../builders.ts";

/** One operation as a Lambda function runs it: what was there before, and what it does, with ids that a retry repeats. */
export interface Scenario {
  readonly prepare?: (layer: DataLayer) => Promise<unknown>;
  /** `prepared` is what `prepare` gave. */
  readonly act: (layer: DataLayer, prepared: never) => Promise<unknown>;
  /** An entity of which a crash may leave one item more, because its id was made by the call that crashed. */
  readonly orphan?: string;
  /** The account is in the middle of a change of its address. */
  readonly moves?: true;
}

type ServiceName = Exclude<keyof DataLayer, "context" | "entities" | "collections" | "within">;

const scenario = <P>(one: {
  prepare?: (layer: DataLayer) => Promise<P>;
  act: (layer: DataLayer, prepared: P) => Promise<unknown>;
  orphan?: string;
  moves?: true;
}): Scenario => one as Scenario;

const ticket_id = "TKT-0123456789AB";
const action_id = "ACT-0123456789AB";
const assessment_id = "assessment-own";
const decision = { reviewed_by: "dana", review_reason: "clear" };

const register = (layer: DataLayer) => layer.accounts.register(aRegistration());
const openTicket = (layer: DataLayer) => layer.support.open(aTicket({ ticket_id }));
const answered = async (layer: DataLayer) => {
  await openTicket(layer);
  return layer.support.answer(ticket_id, { ai_response: "We look into it." });
};
const startAssessment = (layer: DataLayer) =>
  layer.assessments.start({ user_id: MARIA, assessment_type: "speaking_academic", assessment_id });
const startWithinLimit = (layer: DataLayer) =>
  layer.assessments.start({
    user_id: MARIA,
    assessment_type: "speaking_academic",
    assessment_id,
    limit: { perDay: 3, zone: "Europe/Zurich", countAbandoned: false },
  });
const recordEvent = (layer: DataLayer) =>
  layer.moderation.recordSafetyEvent(aSafetyEvent({ assessment_id, log_id: "log-own", timestamp: 1_760_000_000 }));
const startSession = async (layer: DataLayer) => {
  await register(layer);
  return layer.sessions.start({ user_email: MARIA });
};
const issued = async (layer: DataLayer) => {
  await register(layer);
  return layer.qrLogin.issue(MARIA);
};
const proposed = async (layer: DataLayer) => {
  await openTicket(layer);
  return layer.devops.proposeFix(aFix({ action_id, ticket: ticket_id }));
};
const reported = (layer: DataLayer) => layer.moderation.fileReport(aReport({ report_id: "report-own" }));

/** An account with something of everything. */
const fullAccount = async (layer: DataLayer) => {
  await register(layer);
  await layer.sessions.start({ user_email: MARIA });
  await layer.qrLogin.issue(MARIA);
  await layer.purchases.grant(aReceipt());
  await startWithinLimit(layer);
  await recordEvent(layer);
  await reported(layer);
  await answered(layer);
  await layer.devops.recordDiagnosis(aDiagnosis({ ticket: ticket_id }));
};

/** An account with something of everything, whose erasure died an hour ago, when it had entered the ledger. */
const eraseAnHourAgo = async (layer: DataLayer) => {
  await fullAccount(layer);
  const { context } = layer;
  await enterErasure({ ...context, clock: () => context.clock() - ERASURE_FINAL_SECONDS }, MARIA);
};

const RESET_TOKEN = "reset-maria-4cK8vP1zRm6Yt3";

const NEW_ADDRESS = "maria.silva@example.org";
const toNewAddress = { from: MARIA, to: NEW_ADDRESS, email_verified: true };

/** An account whose change of address died an hour ago, when it had entered the ledger. */
const changeAnHourAgo = async (layer: DataLayer) => {
  await startSession(layer);
  await openTicket(layer);
  const { context } = layer;
  const before = { ...context, clock: () => context.clock() - ERASURE_FINAL_SECONDS };
  await enterMove(before, { from: MARIA, to: NEW_ADDRESS, verified: true });
};

/** Every function of every service; a test fails when one is missing here. */
export const SCENARIOS: { readonly [S in ServiceName]: { readonly [F in keyof DataLayer[S]]: Scenario } } = {
  accounts: {
    register: scenario({ act: register }),
    get: scenario({ prepare: register, act: (layer) => layer.accounts.get(MARIA) }),
    find: scenario({ prepare: register, act: (layer) => layer.accounts.find(MARIA) }),
    credentials: scenario({ prepare: register, act: (layer) => layer.accounts.credentials(MARIA) }),
    verifyEmail: scenario({
      prepare: register,
      act: (layer) => layer.accounts.verifyEmail(MARIA, { verification_token: "verify-maria-8sT2kQ9xLw4Zr7" }),
    }),
    setVerificationToken: scenario({
      prepare: register,
      act: (layer) => layer.accounts.setVerificationToken(MARIA, { verification_token: "another-token-of-24-letters" }),
    }),
    changePassword: scenario({
      prepare: fullAccount,
      act: (layer) =>
        layer.accounts.changePassword(MARIA, { password_hash: OTHER_BCRYPT_HASH, current_hash: BCRYPT_HASH }),
    }),
    setResetToken: scenario({
      prepare: register,
      act: (layer) => layer.accounts.setResetToken(MARIA, { reset_token: RESET_TOKEN }),
    }),
    resetPassword: scenario({
      prepare: async (layer) => {
        await fullAccount(layer);
        await layer.accounts.setResetToken(MARIA, { reset_token: RESET_TOKEN });
      },
      act: (layer) =>
        layer.accounts.resetPassword(MARIA, { reset_token: RESET_TOKEN, password_hash: OTHER_BCRYPT_HASH }),
    }),
    setUsername: scenario({ prepare: register, act: (layer) => layer.accounts.setUsername(MARIA, "Maria Silva") }),
    recordLogin: scenario({ prepare: register, act: (layer) => layer.accounts.recordLogin(MARIA) }),
    suspend: scenario({ prepare: fullAccount, act: (layer) => layer.accounts.suspend(MARIA) }),
    reactivate: scenario({
      prepare: async (layer) => {
        await register(layer);
        await layer.accounts.suspend(MARIA);
      },
      act: (layer) => layer.accounts.reactivate(MARIA),
    }),
    markDeleted: scenario({ prepare: fullAccount, act: (layer) => layer.accounts.markDeleted(MARIA) }),
    overview: scenario({ prepare: fullAccount, act: (layer) => layer.accounts.overview(MARIA) }),
    export: scenario({ prepare: fullAccount, act: (layer) => layer.accounts.export(MARIA) }),
    erase: scenario({ prepare: fullAccount, act: (layer) => layer.accounts.erase(MARIA) }),
    finishErasures: scenario({ prepare: eraseAnHourAgo, act: (layer) => layer.accounts.finishErasures() }),
    listUnfinishedErasures: scenario({
      prepare: eraseAnHourAgo,
      act: (layer) => layer.accounts.listUnfinishedErasures(),
    }),
    changeAddress: scenario({ prepare: fullAccount, act: (layer) => layer.accounts.changeAddress(toNewAddress) }),
    finishAddressChanges: scenario({
      prepare: changeAnHourAgo,
      act: (layer) => layer.accounts.finishAddressChanges(),
      moves: true,
    }),
    listUnfinishedAddressChanges: scenario({
      prepare: changeAnHourAgo,
      act: (layer) => layer.accounts.listUnfinishedAddressChanges(),
      moves: true,
    }),
  },
  sessions: {
    start: scenario({
      prepare: register,
      act: (layer) => layer.sessions.start({ user_email: MARIA }),
      orphan: "session",
    }),
    authenticate: scenario({
      prepare: startSession,
      act: (layer, session) => layer.sessions.authenticate(session.session_id),
    }),
    listByUser: scenario({ prepare: fullAccount, act: (layer) => layer.sessions.listByUser(MARIA) }),
    end: scenario({
      prepare: async (layer) => {
        const { token } = await issued(layer);
        return layer.qrLogin.redeem(token, { device_id: "phone-5b1f9c24e7d03a86aa" });
      },
      act: (layer, session) => layer.sessions.end(session.session_id),
    }),
    endOthers: scenario({
      prepare: async (layer) => {
        const session = await startSession(layer);
        for (let number = 0; number < 3; number++) await layer.sessions.start({ user_email: MARIA });
        return session;
      },
      act: (layer, { session_id }) => layer.sessions.endOthers(session_id),
    }),
    endAll: scenario({
      prepare: async (layer) => {
        await register(layer);
        for (let number = 0; number < 30; number++) await layer.sessions.start({ user_email: MARIA });
      },
      act: (layer) => layer.sessions.endAll(MARIA),
    }),
  },
  qrLogin: {
    issue: scenario({ prepare: register, act: (layer) => layer.qrLogin.issue(MARIA), orphan: "qr_token" }),
    redeem: scenario({
      prepare: issued,
      act: (layer, { token }) => layer.qrLogin.redeem(token, { device_id: "phone-5b1f9c24e7d03a86aa" }),
    }),
    status: scenario({
      prepare: issued,
      act: (layer, { token }) => layer.qrLogin.status(token),
    }),
  },
  assessments: {
    start: scenario({ act: startWithinLimit }),
    complete: scenario({
      prepare: startAssessment,
      act: (layer) => layer.assessments.complete(assessment_id, aSpeakingResult()),
    }),
    abandon: scenario({ prepare: startAssessment, act: (layer) => layer.assessments.abandon(assessment_id) }),
    get: scenario({ prepare: startAssessment, act: (layer) => layer.assessments.get(assessment_id) }),
    find: scenario({ prepare: startAssessment, act: (layer) => layer.assessments.find(assessment_id) }),
    listByUser: scenario({ prepare: startAssessment, act: (layer) => layer.assessments.listByUser(MARIA) }),
    listByType: scenario({ act: (layer) => layer.assessments.listByType("speaking_academic") }),
    countSince: scenario({ act: (layer) => layer.assessments.countSince(MARIA, 0) }),
    progress: scenario({ act: (layer) => layer.assessments.progress(MARIA) }),
  },
  questions: {
    get: scenario({
      prepare: (layer) => layer.questions.import(questions.slice(0, 1)),
      act: (layer) => layer.questions.get(questions[0]?.question_id ?? ""),
    }),
    find: scenario({
      prepare: (layer) => layer.questions.import(questions.slice(0, 1)),
      act: (layer) => layer.questions.find(questions[0]?.question_id ?? ""),
    }),
    listByType: scenario({
      act: (layer) => layer.questions.listByType({ assessment_type: "writing_task2", topic: "work" }),
    }),
    draw: scenario({
      prepare: (layer) => layer.questions.import(questions),
      act: (layer) => layer.questions.draw({ assessment_type: "speaking_part1", count: 3 }),
    }),
    import: scenario({ act: (layer) => importAll(layer.questions.import(questions)) }),
  },
  rubrics: {
    get: scenario({
      prepare: (layer) => layer.rubrics.import(rubrics),
      act: (layer) => layer.rubrics.get("speaking-fluency"),
    }),
    find: scenario({
      prepare: (layer) => layer.rubrics.import(rubrics),
      act: (layer) => layer.rubrics.find("speaking-fluency"),
    }),
    allBySkill: scenario({ act: (layer) => layer.rubrics.allBySkill("speaking") }),
    getByCriterion: scenario({
      prepare: (layer) => layer.rubrics.import(rubrics),
      act: (layer) => layer.rubrics.getByCriterion("speaking", "pronunciation"),
    }),
    import: scenario({ act: (layer) => importAll(layer.rubrics.import(rubrics)) }),
  },
  purchases: {
    grant: scenario({
      // A renewal takes the most requests: the claim, the entitlement that is there, its ledger.
      prepare: (layer) => layer.purchases.grant(aReceipt({ transaction_id: "before" })),
      act: (layer) => layer.purchases.grant(aReceipt()),
    }),
    get: scenario({
      prepare: (layer) => layer.purchases.grant(aReceipt()),
      act: (layer) => layer.purchases.get(MARIA, "speaking"),
    }),
    find: scenario({ act: (layer) => layer.purchases.find(MARIA, "speaking") }),
    findByTransaction: scenario({
      prepare: (layer) => layer.purchases.grant(aReceipt({ transaction_id: "T-1" })),
      act: (layer) => layer.purchases.findByTransaction("T-1"),
    }),
    hasAccess: scenario({ act: (layer) => layer.purchases.hasAccess(MARIA, "speaking") }),
    allActive: scenario({ act: (layer) => layer.purchases.allActive(MARIA) }),
    expireAll: scenario({
      prepare: async (layer) => {
        const { user_email, product_id } = (await layer.purchases.grant(aReceipt())).purchase;
        await layer.entities.entitlement.patch({ user_email, product_id }).set({ expires_at: 1 }).go();
      },
      act: (layer) => layer.purchases.expireAll(),
    }),
    refund: scenario({
      prepare: (layer) => layer.purchases.grant(aReceipt()),
      act: (layer) => layer.purchases.refund(MARIA, "speaking", aReceipt().transaction_id),
    }),
    reverseRefund: scenario({
      // Heard before its refund and its grant, it takes the most requests.
      act: (layer) => layer.purchases.reverseRefund(MARIA, "speaking", "heard-first"),
    }),
  },
  moderation: {
    recordSafetyEvent: scenario({
      prepare: startAssessment,
      act: recordEvent,
    }),
    getSafetyLog: scenario({
      prepare: async (layer) => {
        await startAssessment(layer);
        await recordEvent(layer);
      },
      act: (layer) => layer.moderation.getSafetyLog("log-own"),
    }),
    findSafetyLog: scenario({
      prepare: async (layer) => {
        await startAssessment(layer);
        await recordEvent(layer);
      },
      act: (layer) => layer.moderation.findSafetyLog("log-own"),
    }),
    fileReport: scenario({ act: reported }),
    getReport: scenario({ prepare: reported, act: (layer) => layer.moderation.getReport("report-own") }),
    findReport: scenario({ prepare: reported, act: (layer) => layer.moderation.findReport("report-own") }),
    triage: scenario({
      prepare: reported,
      act: (layer) => layer.moderation.triage("report-own", { status: "resolved", admin_notes: "seen" }),
    }),
    listReportsByStatus: scenario({ act: (layer) => layer.moderation.listReportsByStatus("new") }),
    listReportsByReporter: scenario({
      prepare: reported,
      act: (layer) => layer.moderation.listReportsByReporter(MARIA),
    }),
    reviewOutline: scenario({ prepare: reported, act: (layer) => layer.moderation.reviewOutline("assessment-1") }),
    review: scenario({ prepare: reported, act: (layer) => layer.moderation.review("assessment-1") }),
  },
  support: {
    open: scenario({ act: openTicket }),
    get: scenario({ prepare: openTicket, act: (layer) => layer.support.get(ticket_id) }),
    find: scenario({ prepare: openTicket, act: (layer) => layer.support.find(ticket_id) }),
    answer: scenario({
      prepare: openTicket,
      act: (layer) => layer.support.answer(ticket_id, { ai_response: "We look into it.", ai_confidence: 0.5 }),
    }),
    escalate: scenario({ prepare: answered, act: (layer) => layer.support.escalate(ticket_id) }),
    resolve: scenario({ prepare: answered, act: (layer) => layer.support.resolve(ticket_id) }),
    reopen: scenario({
      prepare: async (layer) => {
        await answered(layer);
        await layer.support.resolve(ticket_id);
      },
      act: (layer) => layer.support.reopen(ticket_id),
    }),
    setPriority: scenario({ prepare: openTicket, act: (layer) => layer.support.setPriority(ticket_id, "low") }),
    listByStatus: scenario({ act: (layer) => layer.support.listByStatus("new") }),
    listByPriority: scenario({ prepare: openTicket, act: (layer) => layer.support.listByPriority("high") }),
    listByUser: scenario({ act: (layer) => layer.support.listByUser(MARIA) }),
    countByStatus: scenario({ prepare: openTicket, act: (layer) => layer.support.countByStatus() }),
    threadOutline: scenario({ prepare: proposed, act: (layer) => layer.support.threadOutline(ticket_id) }),
    thread: scenario({ prepare: proposed, act: (layer) => layer.support.thread(ticket_id) }),
  },
  devops: {
    recordDiagnosis: scenario({
      prepare: openTicket,
      act: (layer) => layer.devops.recordDiagnosis(aDiagnosis({ action_id, ticket: ticket_id })),
    }),
    proposeFix: scenario({
      prepare: openTicket,
      act: (layer) => layer.devops.proposeFix(aFix({ action_id, ticket: ticket_id })),
    }),
    get: scenario({ prepare: proposed, act: (layer) => layer.devops.get(action_id) }),
    find: scenario({ prepare: proposed, act: (layer) => layer.devops.find(action_id) }),
    approve: scenario({ prepare: proposed, act: (layer) => layer.devops.approve(action_id, decision) }),
    reject: scenario({ prepare: proposed, act: (layer) => layer.devops.reject(action_id, decision) }),
    markApplied: scenario({
      prepare: async (layer) => {
        await proposed(layer);
        await layer.devops.approve(action_id, decision);
      },
      act: (layer) => layer.devops.markApplied(action_id, "https://example.com/pull/1"),
    }),
    listPendingApprovals: scenario({ act: (layer) => layer.devops.listPendingApprovals() }),
    listByStatus: scenario({ act: (layer) => layer.devops.listByStatus("approved") }),
    listByService: scenario({ prepare: proposed, act: (layer) => layer.devops.listByService("lambda") }),
    listByTicket: scenario({ prepare: proposed, act: (layer) => layer.devops.listByTicket(ticket_id) }),
  },
};

/** An import that could not write everything has failed. */
async function importAll(report: Promise<{ failed: readonly { cause: unknown }[] }>): Promise<unknown> {
  const { failed, ...rest } = await report;
  if (failed[0] !== undefined) throw failed[0].cause;
  return rest;
}
