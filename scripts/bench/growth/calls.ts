import type { DataLayer } from "../../../services/data-layer.ts";
import {
  aDiagnosis,
  aFix,
  aQuestion,
  aReceipt,
  aRegistration,
  aReport,
  aRubric,
  aSafetyEvent,
  aSpeakingResult,
  aTicket,
  BCRYPT_HASH,
  MARIA,
  OTHER_BCRYPT_HASH,
} from "../../../testing/builders.ts";
import type { ServiceName } from "../../iam/service-policies.ts";
import { ENDING, PAGE } from "./estate.ts";

/** What a call gives back. */
interface Answer {
  /** It is whole by its nature: it grows with what there is. */
  readonly whole?: true;
  /** It holds long texts. */
  readonly texts?: true;
}

/** One call of a function. */
export interface Call extends Answer {
  /** Does what the call needs before, and gives the call. */
  begin(layer: DataLayer): Promise<() => Promise<unknown>>;
}

const call = <P>({
  prepare,
  act,
  ...answer
}: Answer & {
  readonly prepare?: (layer: DataLayer) => Promise<P>;
  readonly act: (layer: DataLayer, prepared: P) => Promise<unknown>;
}): Call => ({
  ...answer,
  async begin(layer) {
    const prepared = (await prepare?.(layer)) as P;
    return () => act(layer, prepared);
  },
});

const page = { limit: PAGE };
const decision = { reviewed_by: "dana", review_reason: "clear" };
const DEVICE = { device_id: "phone-5b1f9c24e7d03a86aa" };
const RESET = { reset_token: "reset-maria-4cK8vP1zRm6Yt3" };
const ANEW = "anew@example.com";
const [password, suspended, deleted, erased] = ENDING;
const issue = (layer: DataLayer) => layer.qrLogin.issue(MARIA);

/** A call of every function of every service: a function without one is an error of the compiler. */
export const CALLS: { readonly [S in ServiceName]: { readonly [F in keyof DataLayer[S]]: Call } } = {
  accounts: {
    register: call({ act: ({ accounts }) => accounts.register(aRegistration({ email: ANEW })) }),
    get: call({ act: ({ accounts }) => accounts.get(MARIA) }),
    find: call({ act: ({ accounts }) => accounts.find(MARIA) }),
    credentials: call({ act: ({ accounts }) => accounts.credentials(MARIA) }),
    verifyEmail: call({
      act: ({ accounts }) => accounts.verifyEmail(ANEW, { verification_token: "verify-maria-8sT2kQ9xLw4Zr7" }),
    }),
    setVerificationToken: call({
      prepare: ({ accounts }) => accounts.register(aRegistration({ email: "token@example.com" })),
      act: ({ accounts }) =>
        accounts.setVerificationToken("token@example.com", { verification_token: "another-token-of-24-letters" }),
    }),
    changePassword: call({
      act: ({ accounts }) =>
        accounts.changePassword(password, { password_hash: OTHER_BCRYPT_HASH, current_hash: BCRYPT_HASH }),
    }),
    setResetToken: call({ act: ({ accounts }) => accounts.setResetToken(MARIA, RESET) }),
    resetPassword: call({
      prepare: ({ accounts }) => accounts.setResetToken(password, RESET),
      act: ({ accounts }) => accounts.resetPassword(password, { ...RESET, password_hash: OTHER_BCRYPT_HASH }),
    }),
    setUsername: call({ act: ({ accounts }) => accounts.setUsername(MARIA, "Maria Silva") }),
    recordLogin: call({ act: ({ accounts }) => accounts.recordLogin(MARIA) }),
    suspend: call({ act: ({ accounts }) => accounts.suspend(suspended) }),
    reactivate: call({ act: ({ accounts }) => accounts.reactivate(suspended) }),
    markDeleted: call({ act: ({ accounts }) => accounts.markDeleted(deleted) }),
    overview: call({ act: ({ accounts }) => accounts.overview(MARIA, { assessments: PAGE }) }),
    export: call({ act: ({ accounts }) => accounts.export(MARIA), whole: true, texts: true }),
    erase: call({ act: ({ accounts }) => accounts.erase(erased), whole: true }),
    finishErasures: call({ act: ({ accounts }) => accounts.finishErasures(), whole: true }),
    listUnfinishedErasures: call({ act: ({ accounts }) => accounts.listUnfinishedErasures(page) }),
    changeAddress: call({
      act: ({ accounts }) => accounts.changeAddress({ from: password, to: "moved@example.com", email_verified: true }),
      whole: true,
    }),
    finishAddressChanges: call({ act: ({ accounts }) => accounts.finishAddressChanges(), whole: true }),
    listUnfinishedAddressChanges: call({ act: ({ accounts }) => accounts.listUnfinishedAddressChanges(page) }),
  },
  sessions: {
    start: call({ act: ({ sessions }) => sessions.start({ user_email: MARIA }) }),
    authenticate: call({
      prepare: ({ sessions }) => sessions.start({ user_email: MARIA }),
      act: ({ sessions }, { session_id }) => sessions.authenticate(session_id),
    }),
    listByUser: call({ act: ({ sessions }) => sessions.listByUser(MARIA, page) }),
    end: call({
      prepare: ({ sessions }) => sessions.start({ user_email: MARIA }),
      act: ({ sessions }, { session_id }) => sessions.end(session_id),
    }),
    endOthers: call({
      prepare: ({ sessions }) => sessions.start({ user_email: MARIA }),
      act: ({ sessions }, { session_id }) => sessions.endOthers(session_id),
    }),
    endAll: call({ act: ({ sessions }) => sessions.endAll(MARIA), whole: true }),
  },
  qrLogin: {
    issue: call({ act: issue }),
    redeem: call({ prepare: issue, act: ({ qrLogin }, { token }) => qrLogin.redeem(token, DEVICE) }),
    status: call({ prepare: issue, act: ({ qrLogin }, { token }) => qrLogin.status(token) }),
  },
  assessments: {
    start: call({
      act: ({ assessments }) => assessments.start({ user_id: MARIA, assessment_type: "speaking_general" }),
    }),
    complete: call({ act: ({ assessments }) => assessments.complete("a-complete", aSpeakingResult()) }),
    abandon: call({ act: ({ assessments }) => assessments.abandon("a-abandon") }),
    get: call({ act: ({ assessments }) => assessments.get("a-1"), texts: true }),
    find: call({ act: ({ assessments }) => assessments.find("a-1"), texts: true }),
    listByUser: call({ act: ({ assessments }) => assessments.listByUser(MARIA, page) }),
    listByType: call({ act: ({ assessments }) => assessments.listByType("speaking_academic", page) }),
    countSince: call({ act: ({ assessments }) => assessments.countSince(MARIA, 0) }),
    progress: call({ act: ({ assessments }) => assessments.progress(MARIA) }),
  },
  questions: {
    get: call({ act: ({ questions }) => questions.get("work-1"), texts: true }),
    find: call({ act: ({ questions }) => questions.find("work-1"), texts: true }),
    listByType: call({
      act: ({ questions }) => questions.listByType({ assessment_type: "speaking_part1" }, page),
      texts: true,
    }),
    draw: call({
      act: ({ questions }) =>
        questions.draw({ assessment_type: "speaking_part1", difficulty: "easy", topic: "rare", count: 1 }),
      texts: true,
    }),
    import: call({ act: ({ questions }) => questions.import([aQuestion()]), whole: true }),
  },
  rubrics: {
    get: call({ act: ({ rubrics }) => rubrics.get("r-1"), texts: true }),
    find: call({ act: ({ rubrics }) => rubrics.find("r-1"), texts: true }),
    allBySkill: call({ act: ({ rubrics }) => rubrics.allBySkill("speaking"), whole: true, texts: true }),
    getByCriterion: call({ act: ({ rubrics }) => rubrics.getByCriterion("speaking", "pronunciation"), texts: true }),
    import: call({ act: ({ rubrics }) => rubrics.import([aRubric()]), whole: true }),
  },
  purchases: {
    grant: call({ act: ({ purchases }) => purchases.grant(aReceipt({ product_id: "full_mock_test" })) }),
    get: call({ act: ({ purchases }) => purchases.get(MARIA, "speaking") }),
    find: call({ act: ({ purchases }) => purchases.find(MARIA, "speaking") }),
    findByTransaction: call({
      prepare: ({ purchases }) => purchases.grant(aReceipt({ product_id: "full_mock_test", transaction_id: "known" })),
      act: ({ purchases }) => purchases.findByTransaction("known"),
    }),
    hasAccess: call({ act: ({ purchases }) => purchases.hasAccess(MARIA, "speaking") }),
    allActive: call({ act: ({ purchases }) => purchases.allActive(MARIA), whole: true }),
    expireAll: call({ act: ({ purchases }) => purchases.expireAll(), whole: true }),
    refund: call({ act: ({ purchases }) => purchases.refund(MARIA, "writing", `bought-writing-${MARIA}`) }),
    reverseRefund: call({
      act: ({ purchases }) => purchases.reverseRefund(MARIA, "writing", `bought-writing-${MARIA}`),
    }),
  },
  moderation: {
    recordSafetyEvent: call({
      act: ({ moderation }) => moderation.recordSafetyEvent(aSafetyEvent({ assessment_id: "a-0" })),
    }),
    getSafetyLog: call({ act: ({ moderation }) => moderation.getSafetyLog("l-1"), texts: true }),
    findSafetyLog: call({ act: ({ moderation }) => moderation.findSafetyLog("l-1"), texts: true }),
    fileReport: call({ act: ({ moderation }) => moderation.fileReport(aReport({ assessment_id: "a-0" })) }),
    getReport: call({ act: ({ moderation }) => moderation.getReport("p-1"), texts: true }),
    findReport: call({ act: ({ moderation }) => moderation.findReport("p-1"), texts: true }),
    triage: call({
      act: ({ moderation }) => moderation.triage("p-triage", { status: "resolved", admin_notes: "seen" }),
    }),
    listReportsByStatus: call({ act: ({ moderation }) => moderation.listReportsByStatus("new", page) }),
    listReportsByReporter: call({
      act: ({ moderation }) => moderation.listReportsByReporter(MARIA, page),
      texts: true,
    }),
    reviewOutline: call({ act: ({ moderation }) => moderation.reviewOutline("a-0", page) }),
    review: call({ act: ({ moderation }) => moderation.review("a-0", page), texts: true }),
  },
  support: {
    open: call({ act: ({ support }) => support.open(aTicket()) }),
    get: call({ act: ({ support }) => support.get("t-1"), texts: true }),
    find: call({ act: ({ support }) => support.find("t-1"), texts: true }),
    answer: call({ act: ({ support }) => support.answer("t-answer", { ai_response: "We look into it." }) }),
    escalate: call({ act: ({ support }) => support.escalate("t-escalate") }),
    resolve: call({ act: ({ support }) => support.resolve("t-resolve") }),
    reopen: call({ act: ({ support }) => support.reopen("t-reopen") }),
    setPriority: call({ act: ({ support }) => support.setPriority("t-setPriority", "low") }),
    listByStatus: call({ act: ({ support }) => support.listByStatus("new", page) }),
    listByPriority: call({ act: ({ support }) => support.listByPriority("urgent", page), texts: true }),
    listByUser: call({ act: ({ support }) => support.listByUser(MARIA, page) }),
    countByStatus: call({ act: ({ support }) => support.countByStatus() }),
    threadOutline: call({ act: ({ support }) => support.threadOutline("t-thread", page) }),
    thread: call({ act: ({ support }) => support.thread("t-thread", page), texts: true }),
  },
  devops: {
    recordDiagnosis: call({ act: ({ devops }) => devops.recordDiagnosis(aDiagnosis({ ticket: "t-diagnosis" })) }),
    proposeFix: call({ act: ({ devops }) => devops.proposeFix(aFix({ ticket: "t-fix" })) }),
    get: call({ act: ({ devops }) => devops.get("x-1"), texts: true }),
    find: call({ act: ({ devops }) => devops.find("x-1"), texts: true }),
    approve: call({ act: ({ devops }) => devops.approve("x-approve", decision) }),
    reject: call({ act: ({ devops }) => devops.reject("x-reject", decision) }),
    markApplied: call({ act: ({ devops }) => devops.markApplied("x-markApplied", "https://example.com/pull/1") }),
    listPendingApprovals: call({ act: ({ devops }) => devops.listPendingApprovals(page) }),
    listByStatus: call({ act: ({ devops }) => devops.listByStatus("approved", page) }),
    listByService: call({ act: ({ devops }) => devops.listByService("lambda", page), texts: true }),
    listByTicket: call({ act: ({ devops }) => devops.listByTicket("t-thread", page), texts: true }),
  },
};
