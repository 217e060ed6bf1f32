import type { CreateEntityItem } from "electrodb";
import type { AssessmentEntity } from "../../../entities/assessment.ts";
import type { ContentReportEntity } from "../../../entities/content-report.ts";
import type { EntitlementEntity } from "../../../entities/entitlement.ts";
import { itemSize } from "../../../entities/item-size.ts";
import type { SafetyLogEntity } from "../../../entities/safety-log.ts";
import type { TicketEntity } from "../../../entities/ticket.ts";
import type { UserEntity } from "../../../entities/user.ts";
import type { AssessmentResult } from "../../../services/assessments.ts";
import type { FixProposal } from "../../../services/devops.ts";
import type { ReportFiling, SafetyEvent } from "../../../services/moderation.ts";
import type { VerifiedReceipt } from "../../../services/purchases.ts";
import type { TicketOpening } from "../../../services/support.ts";

/**
 * The sizes are those of the seed's attributes alone, as the eleven tables store them; our keys come on top. An action
 * is a little under 4 KB, so that its review does not lift the eleven tables' item over a write unit.
 */
const BYTES = { assessment: 6_000, action: 3_900, ticket: 1_500, safetyLog: 800, report: 600, receipt: 2_000 } as const;

const SENTENCE = "The position is clear throughout, though a few ideas are repeated and one is not supported. ";
const proseOf = (characters: number) => SENTENCE.repeat(Math.ceil(characters / SENTENCE.length)).slice(0, characters);

/** The input with one text made as long as an item of `bytes` needs, when the item has the `added` attributes too. */
function filled<T extends object, K extends string & keyof T>(input: T, name: K, bytes: number, added: object): T {
  return { ...input, [name]: proseOf(bytes - itemSize({ ...added, ...input, [name]: "" })) };
}

const UUID = "01999999-0000-7000-8000-000000000000";

export const START = 1_760_000_000;
export const MARIA = "maria.fernandez@example.com";
export const PASSWORD_HASH = "$2b$12$abcdefghijklmnopqrstuuJ5p3GmZb1Vd9cQeXy0T4Nf7sLhRkWm2";
export const BROWSER = {
  ip_address: "203.0.113.24",
  user_agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)",
};

export const RESULT: AssessmentResult = filled(
  {
    scores: { writing: { task_achievement: 7, coherence_cohesion: 7.5, lexical_resource: 6.5, grammatical_range: 7 } },
    ai_feedback: "",
    improvement_plan: proseOf(1_200),
    duration_minutes: 58,
  },
  "ai_feedback",
  BYTES.assessment,
  {
    assessment_id: UUID,
    user_id: MARIA,
    assessment_type: "writing_academic",
    created_at: START,
    completed_at: START,
    band_score: 7,
    status: "completed",
  },
);

export const TICKET: TicketOpening = filled(
  {
    user_email: MARIA,
    subject: "My recording stops after a minute",
    message: "",
    category: "technical",
    priority: "high",
    ai_response: proseOf(400),
    ai_confidence: 0.44,
  },
  "message",
  BYTES.ticket,
  { ticket_id: UUID, created_at: START, status: "in_progress" },
);

export const FIX: FixProposal = filled(
  {
    issue_description: proseOf(200),
    affected_service: "lambda",
    ai_analysis: proseOf(900),
    proposed_fix: proseOf(700),
    code_diff: "",
  },
  "code_diff",
  BYTES.action,
  { action_id: UUID, timestamp: START, ticket_id: UUID, action_type: "fix_proposed", status: "pending_review" },
);

export const safetyEventOf = (assessment_id: string): SafetyEvent =>
  filled(
    {
      assessment_id,
      user_email: MARIA,
      content_type: "audio",
      moderation_action: "warn",
      confidence: 0.82,
      categories: ["profanity"],
      user_response: "",
      ai_response: proseOf(200),
    },
    "user_response",
    BYTES.safetyLog,
    { log_id: UUID, timestamp: START },
  );

export const reportOf = (assessment_id: string): ReportFiling =>
  filled(
    { reporter_email: MARIA, assessment_id, report_type: "inaccurate_score", description: "" },
    "description",
    BYTES.report,
    { report_id: UUID, created_at: START, status: "new" },
  );

export const receiptOf = (product_id: VerifiedReceipt["product_id"], transaction_id: string): VerifiedReceipt => ({
  user_email: MARIA,
  product_id,
  platform: "ios",
  transaction_id,
  receipt_data: proseOf(BYTES.receipt),
  price_paid: 36.99,
});

/** Whole items by entity, for both sides to begin with. */
export interface Preload {
  readonly user: readonly CreateEntityItem<UserEntity>[];
  readonly assessment: readonly CreateEntityItem<AssessmentEntity>[];
  readonly entitlement: readonly CreateEntityItem<EntitlementEntity>[];
  readonly ticket: readonly CreateEntityItem<TicketEntity>[];
  readonly safety_log: readonly CreateEntityItem<SafetyLogEntity>[];
  readonly content_report: readonly CreateEntityItem<ContentReportEntity>[];
}

const idOf = (kind: number, number: number) =>
  `0199${String(kind).padStart(4, "0")}-0000-7000-8000-${String(number).padStart(12, "0")}`;

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

/** An account with its history, two purchases and an open ticket; `number` keeps the ids of accounts apart. */
export function accountOf(email: string, number: number, assessments: number): Preload {
  const before = START - 10_000_000;
  return {
    user: [
      {
        email,
        password_hash: PASSWORD_HASH,
        username: "Maria Fernandez",
        created_at: before,
        email_verified: true,
        last_login: before,
        account_status: "active",
      },
    ],
    assessment: times(assessments, (index) => ({
      assessment_id: idOf(number, index),
      user_id: email,
      assessment_type: "writing_academic",
      created_at: before + index * 1000,
      completed_at: before + index * 1000 + 900,
      ...RESULT,
      band_score: 7,
      status: "completed",
    })),
    entitlement: (["speaking", "writing"] as const).map((product) => ({
      ...receiptOf(product, `10000009${number}-${product}`),
      user_email: email,
      purchase_date: START - 1000,
      expires_at: START + 2_000_000,
      status: "active",
    })),
    ticket: [
      { ...TICKET, user_email: email, ticket_id: idOf(number + 1, 0), created_at: START - 5000, status: "in_progress" },
    ],
    safety_log: [],
    content_report: [],
  };
}

/** Moderation of other users' assessments, which the seed's tables have to be read through. */
export function otherModeration(logs: number, reports: number): Preload {
  const assessmentOf = (index: number) => idOf(9000, index % 200);
  const userOf = (index: number) => `learner.${String(index % 200).padStart(4, "0")}@example.com`;
  return {
    user: [],
    assessment: [],
    entitlement: [],
    ticket: [],
    safety_log: times(logs, (index) => ({
      ...safetyEventOf(assessmentOf(index)),
      user_email: userOf(index),
      log_id: idOf(9001, index),
      timestamp: START - 900_000 + index,
    })),
    content_report: times(reports, (index) => ({
      ...reportOf(assessmentOf(index)),
      reporter_email: userOf(index),
      report_id: idOf(9002, index),
      created_at: START - 900_000 + index,
      status: "new",
    })),
  };
}
