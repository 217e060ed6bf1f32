import { readFileSync } from "node:fs";
import type { DataLayer } from "../../services/data-layer.ts";

/** An access pattern as the documents show it. */
export interface Sample {
  readonly question: string;
  /** The entity and index of the model that the code uses first: `ticket.byStatus`, or a collection's name. */
  readonly pattern: string;
  /** The generator and a test run it, and the documents show its body. */
  readonly run: (layer: DataLayer) => Promise<unknown>;
  /** What it takes differs from run to run. */
  readonly random?: true;
}

/** Every index of every entity, and every collection, by a question of the platform. */
export const SAMPLES: readonly Sample[] = [
  {
    question: "The account of an address",
    pattern: "user.byEmail",
    run: async (layer) => await layer.accounts.get("maria.silva@example.com"),
  },
  {
    question: "The dashboard of an account",
    pattern: "account",
    run: async (layer) => await layer.accounts.overview("maria.silva@example.com"),
  },
  {
    question: "The session behind a credential",
    pattern: "session.byId",
    run: async (layer) =>
      await layer.sessions
        .start({ user_email: "chen.wei@example.com" })
        .then(({ session_id }) => layer.sessions.authenticate(session_id)),
  },
  {
    question: "Sessions of a user, newest first",
    pattern: "session.byUser",
    run: async (layer) => await layer.sessions.listByUser("maria.silva@example.com", { limit: 20 }),
  },
  {
    question: "The state of a QR token",
    pattern: "qr_token.byToken",
    run: async (layer) =>
      await layer.qrLogin.issue("chen.wei@example.com").then(({ token }) => layer.qrLogin.status(token)),
  },
  {
    question: "Tokens of a user, among everything of theirs",
    pattern: "qr_token.byUser",
    run: async (layer) => await layer.accounts.export("maria.silva@example.com"),
  },
  {
    question: "An assessment by its id alone",
    pattern: "assessment.byId",
    run: async (layer) => await layer.assessments.get("demo-assessment-maria-3"),
  },
  {
    question: "Assessments of a user, newest first",
    pattern: "assessment.byUser",
    run: async (layer) => await layer.assessments.listByUser("maria.silva@example.com", { limit: 20 }),
  },
  {
    question: "Assessments of a type, newest first",
    pattern: "assessment.byType",
    run: async (layer) => await layer.assessments.listByType("speaking_academic", { limit: 20 }),
  },
  {
    question: "A question by its id alone",
    pattern: "question.byId",
    run: async (layer) => await layer.questions.get("sp2-001"),
  },
  {
    question: "Questions of a type and difficulty",
    pattern: "question.byType",
    run: async (layer) => await layer.questions.listByType({ assessment_type: "writing_task2", difficulty: "hard" }),
  },
  {
    question: "Questions at random",
    pattern: "question.byDraw",
    random: true,
    run: async (layer) =>
      await layer.questions.draw({ assessment_type: "speaking_part2", difficulty: "medium", count: 2 }),
  },
  {
    question: "Questions of a topic at random",
    pattern: "question.byTopicDraw",
    random: true,
    run: async (layer) => await layer.questions.draw({ assessment_type: "speaking_part2", topic: "people", count: 2 }),
  },
  {
    question: "A rubric by its id",
    pattern: "rubric.byId",
    run: async (layer) => await layer.rubrics.get("speaking-fluency"),
  },
  {
    question: "Rubrics of a skill",
    pattern: "rubric.bySkill",
    run: async (layer) => await layer.rubrics.allBySkill("writing"),
  },
  {
    question: "Whether a user may use a product",
    pattern: "entitlement.byUserAndProduct",
    run: async (layer) => await layer.purchases.hasAccess("maria.silva@example.com", "speaking"),
  },
  {
    question: "Purchases of a user that give access",
    pattern: "entitlement.byUser",
    run: async (layer) => await layer.purchases.allActive("maria.silva@example.com"),
  },
  {
    question: "Purchases whose access is over, marked so",
    pattern: "entitlement.byStatus",
    run: async (layer) => await layer.purchases.expireAll(),
  },
  {
    question: "The purchase that a transaction belongs to",
    pattern: "entitlement.byClaimOwner",
    run: async (layer) => await layer.purchases.findByTransaction("demo-2000000710453001"),
  },
  {
    question: "A safety log by its id alone",
    pattern: "safety_log.byId",
    run: async (layer) => await layer.moderation.getSafetyLog("demo-log-chen-1"),
  },
  {
    question: "Safety logs of a user, among everything of theirs",
    pattern: "safety_log.byUser",
    run: async (layer) => await layer.accounts.export("maria.silva@example.com"),
  },
  {
    question: "Safety logs and reports of an assessment, in outline",
    pattern: "assessmentReview",
    run: async (layer) => await layer.moderation.reviewOutline("demo-assessment-chen-3"),
  },
  {
    question: "The same with the assessment, whole",
    pattern: "assessmentReview",
    run: async (layer) => await layer.moderation.review("demo-assessment-chen-3"),
  },
  {
    question: "A report by its id alone",
    pattern: "content_report.byId",
    run: async (layer) => await layer.moderation.getReport("demo-report-chen-ai"),
  },
  {
    question: "Reports in a state, newest first",
    pattern: "content_report.byStatus",
    run: async (layer) => await layer.moderation.listReportsByStatus("new"),
  },
  {
    question: "Reports that a user filed",
    pattern: "content_report.byReporter",
    run: async (layer) => await layer.moderation.listReportsByReporter("chen.wei@example.com"),
  },
  {
    question: "A ticket by its id alone",
    pattern: "ticket.byId",
    run: async (layer) => await layer.support.get("TKT-9F23A0077C1E"),
  },
  {
    question: "Tickets of a user, newest first",
    pattern: "ticket.byUser",
    run: async (layer) => await layer.support.listByUser("maria.silva@example.com"),
  },
  {
    question: "Tickets in a state, newest first",
    pattern: "ticket.byStatus",
    run: async (layer) => await layer.support.listByStatus("escalated", { limit: 50 }),
  },
  {
    question: "Urgent tickets, newest first",
    pattern: "ticket.byPriority",
    run: async (layer) => await layer.support.listByPriority("urgent", { limit: 50 }),
  },
  {
    question: "How many tickets are in each state",
    pattern: "ticket.byStatus",
    run: async (layer) => await layer.support.countByStatus(),
  },
  {
    question: "A ticket with its actions, as a list",
    pattern: "ticketThread",
    run: async (layer) => await layer.support.threadOutline("TKT-9F23A0077C1E"),
  },
  {
    question: "The same, whole",
    pattern: "ticketThread",
    run: async (layer) => await layer.support.thread("TKT-9F23A0077C1E"),
  },
  {
    question: "An action by its id alone",
    pattern: "devops_action.byId",
    run: async (layer) => await layer.devops.get("ACT-83E4410BC6F9"),
  },
  {
    question: "Fixes that wait for approval, newest first",
    pattern: "devops_action.byStatus",
    run: async (layer) => await layer.devops.listPendingApprovals(),
  },
  {
    question: "Actions on a service, newest first",
    pattern: "devops_action.byService",
    run: async (layer) => await layer.devops.listByService("lambda"),
  },
  {
    question: "Actions of a ticket, newest first",
    pattern: "devops_action.byTicket",
    run: async (layer) => await layer.devops.listByTicket("TKT-9F23A0077C1E"),
  },
];

/** The code of each sample as it stands in this file; the functions themselves are compiled. */
export function sampleCodes(): ReadonlyMap<Sample, string> {
  const source = readFileSync("scripts/docs/samples.ts", "utf8");
  const codes = Array.from(
    source.matchAll(/^ {4}run: async \(layer\) =>\s+([\s\S]*?),\n {2}\}/gm),
    ([, code = ""]) => code,
  );
  if (codes.length !== SAMPLES.length) throw new Error("a sample's function is not the last that is said of it");
  return new Map(SAMPLES.map((sample, index) => [sample, (codes[index] ?? "").replaceAll("\n      ", "\n")]));
}
