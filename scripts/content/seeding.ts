import { createDataLayer, type DataLayer } from "../../services/data-layer.ts";
import type { BulkWriteReport } from "../../services/storage/bulk-writer.ts";
import { ConflictError } from "../../services/storage/errors.ts";
import type { AccountsTarget } from "../table/table-target.ts";
import {
  type CastAction,
  type CastAssessment,
  type CastMember,
  type CastPurchase,
  type CastTicket,
  cast,
} from "./cast.ts";
import { questions, rubrics } from "./catalogue.ts";

const DAY = 24 * 60 * 60;

export interface CatalogueReport {
  readonly questions: number;
  readonly rubrics: number;
}

function written(report: BulkWriteReport<unknown>): number {
  const [failure] = report.failed;
  if (failure !== undefined)
    throw new Error(`${report.failed.length} items could not be written`, { cause: failure.cause });
  return report.written;
}

/** Writes the question bank and the rubrics. Safe to repeat. */
export async function seedCatalogue(layer: DataLayer): Promise<CatalogueReport> {
  return {
    questions: written(await layer.questions.import(questions)),
    rubrics: written(await layer.rubrics.import(rubrics)),
  };
}

/** Writes the demo cast through the services, each item at its own time in the past. Safe to repeat. */
export async function seedCast({ client, table, erasureSecret }: AccountsTarget, now: number): Promise<number> {
  let time = now;
  const layer = createDataLayer({ client, table, erasureSecret, clock: () => time });
  const at = (daysAgo: number) => {
    time = now - Math.round(daysAgo * DAY);
  };
  for (const member of cast) await seedMember(layer, member, at);
  return cast.length;
}

/** What the demo has. */
export interface DemoReport extends CatalogueReport {
  readonly members: number;
}

/** Writes the catalogue and the cast. Safe to repeat. */
export async function seedDemo(target: AccountsTarget, now: number): Promise<DemoReport> {
  return { ...(await seedCatalogue(createDataLayer(target))), members: await seedCast(target, now) };
}

type At = (daysAgo: number) => void;

async function seedMember(layer: DataLayer, member: CastMember, at: At): Promise<void> {
  const { email, verification_token } = member.registration;
  const known = await layer.accounts.find(email);
  at(member.daysAgo);
  if (known === undefined) await layer.accounts.register(member.registration);
  if (member.verified && verification_token !== undefined)
    await unlessDone(layer.accounts.verifyEmail(email, { verification_token }));
  for (const purchase of member.purchases) await seedPurchase(layer, email, purchase, at);
  for (const assessment of member.assessments) await seedAssessment(layer, email, assessment, at);
  for (const ticket of member.tickets) await seedTicket(layer, email, ticket, at);
  at(0);
  if ((await layer.sessions.listByUser(email)).items.length === 0) {
    for (const user_agent of member.devices)
      await layer.sessions.start({ user_email: email, ip_address: "203.0.113.24", user_agent });
  }
  if (member.devices.length > 0) {
    await layer.accounts.recordLogin(email);
    await layer.qrLogin.issue(email);
  }
  if (member.account_status === "suspended") await layer.accounts.suspend(email);
  if (member.account_status === "deleted") await layer.accounts.markDeleted(email);
}

/** A change that an earlier run has made already is refused as a conflict: that is what was wanted. */
async function unlessDone(change: Promise<unknown>): Promise<void> {
  await change.catch((error: unknown) => {
    if (!(error instanceof ConflictError)) throw error;
  });
}

async function seedPurchase(
  layer: DataLayer,
  user_email: string,
  { daysAgo, refunded, ...purchase }: CastPurchase,
  at: At,
): Promise<void> {
  const { product_id, platform, transaction_id } = purchase;
  const receipt = { store: platform, product: product_id, transaction: transaction_id, environment: "Sandbox" };
  at(daysAgo);
  await layer.purchases.grant(
    { ...purchase, user_email, receipt_data: JSON.stringify(receipt) },
    { allowSandbox: true },
  );
  if (refunded) await layer.purchases.refund(user_email, product_id, transaction_id);
}

async function seedAssessment(layer: DataLayer, user: string, assessment: CastAssessment, at: At): Promise<void> {
  const { assessment_id, assessment_type, outcome, daysAgo, safetyEvents = [], reports = [] } = assessment;
  at(daysAgo);
  const started = await layer.assessments.start({ user_id: user, assessment_type, assessment_id });
  for (const event of safetyEvents)
    await layer.moderation.recordSafetyEvent({ ...event, assessment_id, user_email: user });
  if (outcome === "abandoned") await layer.assessments.abandon(started);
  else if (outcome !== undefined) await layer.assessments.complete(started, outcome);
  for (const { status, admin_notes, ...filing } of reports) {
    const report = await layer.moderation.fileReport({ ...filing, assessment_id, reporter_email: user });
    if (status !== "new")
      await layer.moderation.triage(report, { status, ...(admin_notes === undefined ? {} : { admin_notes }) });
  }
}

async function seedTicket(
  layer: DataLayer,
  user: string,
  { opening, status, actions = [], daysAgo }: CastTicket,
  at: At,
): Promise<void> {
  at(daysAgo);
  let ticket = await layer.support.open({ ...opening, user_email: user });
  for (const action of actions) await seedAction(layer, ticket.ticket_id, action);
  if (ticket.status === status) return;
  if (ticket.status === "new") {
    ticket = await layer.support.answer(ticket, {
      ai_response: "Thank you for writing. We are looking into it.",
      ai_confidence: 0.62,
    });
  }
  if (status === "escalated") await layer.support.escalate(ticket);
  if (status === "resolved") await layer.support.resolve(ticket);
}

async function seedAction(
  layer: DataLayer,
  ticket: string,
  { diagnosis, fix, status, reason = "" }: CastAction,
): Promise<void> {
  if (diagnosis !== undefined) await layer.devops.recordDiagnosis({ ...diagnosis, ticket });
  if (fix === undefined) return;
  const action = await layer.devops.proposeFix({ ...fix, ticket });
  if (action.status === status || status === "pending_review") return;
  const decision = { reviewed_by: "dana.reviewer@example.com", review_reason: reason };
  if (status === "rejected") await layer.devops.reject(action, decision);
  if (status === "approved" || status === "applied") await unlessDone(layer.devops.approve(action, decision));
  if (status === "applied")
    await layer.devops.markApplied(
      action,
      `https://github.com/ielts-ai-prep/platform/pull/${pullRequestNumber(action.action_id)}`,
    );
}

/** A stable pull-request number for an action. */
const pullRequestNumber = (action_id: string) => 100 + (Number.parseInt(action_id.slice(-3), 16) % 900);
