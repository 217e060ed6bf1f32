/** An access pattern as the documents show it; a test and the generator run the code, with `layer` in scope. */
export interface Sample {
  readonly question: string;
  /** The entity and index of the model that the code uses first: `ticket.byStatus`, or a collection's name. */
  readonly pattern: string;
  readonly code: string;
  /** What it takes differs from run to run. */
  readonly random?: true;
}

/** Every index of every entity, and every collection, by a question of the platform. */
export const SAMPLES: readonly Sample[] = [
  {
    question: "The account of an address",
    pattern: "user.byEmail",
    code: `await layer.accounts.get("maria.silva@example.com")`,
  },
  {
    question: "The dashboard of an account",
    pattern: "account",
    code: `await layer.accounts.overview("maria.silva@example.com")`,
  },
  {
    question: "The session behind a credential",
    pattern: "session.byId",
    code: `await layer.sessions.start({ user_email: "chen.wei@example.com" }).then(({ session_id }) => layer.sessions.authenticate(session_id))`,
  },
  {
    question: "Sessions of a user, newest first",
    pattern: "session.byUser",
    code: `await layer.sessions.list("maria.silva@example.com", { limit: 20 })`,
  },
  {
    question: "The state of a QR token",
    pattern: "qr_token.byToken",
    code: `await layer.qrLogin.issue("chen.wei@example.com").then(({ token }) => layer.qrLogin.status(token))`,
  },
  {
    question: "Tokens of a user, among everything of theirs",
    pattern: "qr_token.byUser",
    code: `await layer.accounts.export("maria.silva@example.com")`,
  },
  {
    question: "An assessment by its id alone",
    pattern: "assessment.byId",
    code: `await layer.assessments.get("demo-assessment-maria-3")`,
  },
  {
    question: "Assessments of a user, newest first",
    pattern: "assessment.byUser",
    code: `await layer.assessments.listByUser("maria.silva@example.com", { limit: 20 })`,
  },
  {
    question: "Assessments of a type, newest first",
    pattern: "assessment.byType",
    code: `await layer.assessments.listByType("speaking_academic", { limit: 20 })`,
  },
  { question: "A question by its id alone", pattern: "question.byId", code: `await layer.questions.get("sp2-001")` },
  {
    question: "Questions of a type and difficulty",
    pattern: "question.byType",
    code: `await layer.questions.list({ assessment_type: "writing_task2", difficulty: "hard" })`,
  },
  {
    question: "Questions at random",
    pattern: "question.byDraw",
    random: true,
    code: `await layer.questions.draw({ assessment_type: "speaking_part2", difficulty: "medium" }, 2)`,
  },
  { question: "A rubric by its id", pattern: "rubric.byId", code: `await layer.rubrics.get("speaking-fluency")` },
  {
    question: "Rubrics of a skill",
    pattern: "rubric.bySkill",
    code: `await layer.rubrics.listAllBySkill("writing")`,
  },
  {
    question: "Whether a user may use a product",
    pattern: "entitlement.byUserAndProduct",
    code: `await layer.purchases.hasAccess("maria.silva@example.com", "speaking")`,
  },
  {
    question: "Purchases of a user that give access",
    pattern: "entitlement.byUser",
    code: `await layer.purchases.listAllActive("maria.silva@example.com")`,
  },
  {
    question: "Purchases whose access is over, marked so",
    pattern: "entitlement.byStatus",
    code: `await layer.purchases.expireAll()`,
  },
  {
    question: "A safety log by its id alone",
    pattern: "safety_log.byId",
    code: `await layer.moderation.getSafetyLog("demo-log-chen-1")`,
  },
  {
    question: "Safety logs and reports of an assessment, in outline",
    pattern: "assessmentReview",
    code: `await layer.moderation.review("demo-assessment-chen-3")`,
  },
  {
    question: "The same with the assessment, whole",
    pattern: "assessmentReview",
    code: `await layer.moderation.wholeReview("demo-assessment-chen-3")`,
  },
  {
    question: "A report by its id alone",
    pattern: "content_report.byId",
    code: `await layer.moderation.getReport("demo-report-chen-ai")`,
  },
  {
    question: "Reports in a state, newest first",
    pattern: "content_report.byStatus",
    code: `await layer.moderation.listReportsByStatus("new")`,
  },
  {
    question: "Reports that a user filed",
    pattern: "content_report.byReporter",
    code: `await layer.moderation.listReportsByReporter("chen.wei@example.com")`,
  },
  { question: "A ticket by its id alone", pattern: "ticket.byId", code: `await layer.support.get("TKT-9F23A0077C1E")` },
  {
    question: "Tickets of a user, newest first",
    pattern: "ticket.byUser",
    code: `await layer.support.listByUser("maria.silva@example.com")`,
  },
  {
    question: "Tickets in a state, newest first",
    pattern: "ticket.byStatus",
    code: `await layer.support.listByStatus("escalated", { limit: 50 })`,
  },
  {
    question: "Urgent tickets, newest first",
    pattern: "ticket.byPriority",
    code: `await layer.support.listByPriority("urgent", { limit: 50 })`,
  },
  {
    question: "How many tickets are in each state",
    pattern: "ticket.byStatus",
    code: `await layer.support.countByStatus()`,
  },
  {
    question: "A ticket with its actions, as a list",
    pattern: "ticketThread",
    code: `await layer.support.thread("TKT-9F23A0077C1E")`,
  },
  {
    question: "The same, whole",
    pattern: "ticketThread",
    code: `await layer.support.wholeThread("TKT-9F23A0077C1E")`,
  },
  {
    question: "An action by its id alone",
    pattern: "devops_action.byId",
    code: `await layer.devops.get("ACT-83E4410BC6F9")`,
  },
  {
    question: "Fixes that wait for approval, newest first",
    pattern: "devops_action.byStatus",
    code: `await layer.devops.listPendingApprovals()`,
  },
  {
    question: "Actions on a service, newest first",
    pattern: "devops_action.byService",
    code: `await layer.devops.listByService("lambda")`,
  },
  {
    question: "Actions of a ticket, newest first",
    pattern: "devops_action.byTicket",
    code: `await layer.devops.listByTicket("TKT-9F23A0077C1E")`,
  },
];

type Compiled = (layer: unknown) => Promise<unknown>;
const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor as new (...words: string[]) => Compiled;

/** Runs a sample's code on a data layer. */
export const runSample = (sample: Sample, layer: unknown): Promise<unknown> =>
  new AsyncFunction("layer", `return ${sample.code};`)(layer);
