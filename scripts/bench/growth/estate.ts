import { AssessmentModel } from "../../../entities/assessment.ts";
import { ContentReportModel } from "../../../entities/content-report.ts";
import { DevopsActionModel } from "../../../entities/devops-action.ts";
import { EntitlementModel } from "../../../entities/entitlement.ts";
import { QuestionModel } from "../../../entities/question.ts";
import { RubricModel } from "../../../entities/rubric.ts";
import { SafetyLogModel } from "../../../entities/safety-log.ts";
import { SessionModel } from "../../../entities/session.ts";
import { TicketModel } from "../../../entities/ticket.ts";
import { UserModel } from "../../../entities/user.ts";
import { bulkWrite } from "../../../services/storage/bulk-writer.ts";
import type { DataContext, Model } from "../../../services/storage/context.ts";
import { rulesOf } from "../../../services/storage/rules.ts";
import { BCRYPT_HASH, MARIA, speakingScores } from "../../../testing/builders.ts";

/** How much there is of what calls do not ask for, and how long its texts are. */
export interface Growth {
  /** Times as many related items. */
  readonly items: number;
  /** Times as long texts. */
  readonly texts: number;
}

/** Rows that a page of every list has, at least. */
export const PAGE = 5;
const BASE = 6;

/** The accounts that end all sessions at once; each has as many. */
export const ENDING = [
  "password@example.com",
  "suspended@example.com",
  "deleted@example.com",
  "erased@example.com",
] as const;
/** What the calls change: one of each kind for each of them. */
const TICKETS = ["answer", "escalate", "resolve", "reopen", "setPriority", "thread", "diagnosis", "fix"] as const;
const ACTIONS = ["approve", "reject", "markApplied"] as const;

const SENTENCE = "The position is clear throughout, though a few ideas are repeated and one is not supported. ";
const DAY = 86_400;

type Row = readonly [model: Model, item: object];

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

function rows({ items, texts }: Growth, now: number): Row[] {
  const many = BASE * items;
  const text = (characters: number) =>
    SENTENCE.repeat(Math.ceil((characters * texts) / SENTENCE.length)).slice(0, characters * texts);
  const before = (index: number) => now - DAY - index;
  const user = (email: string) => ({
    email,
    password_hash: BCRYPT_HASH,
    username: "Maria",
    created_at: now - 900 * DAY,
    email_verified: true,
    account_status: "active",
  });
  const ticket = (ticket_id: string, status: string, overrides: object = {}) => ({
    ticket_id,
    created_at: now - DAY,
    user_email: MARIA,
    subject: "The microphone stops",
    message: text(900),
    category: "audio",
    priority: "normal",
    status,
    ai_response: text(400),
    ...overrides,
  });
  const action = (action_id: string, overrides: object = {}) => ({
    action_id,
    timestamp: now - DAY,
    action_type: "fix_proposed",
    issue_description: "Audio uploads over 60 seconds time out",
    affected_service: "lambda",
    proposed_fix: text(300),
    code_diff: text(900),
    status: "pending_review",
    ...overrides,
  });
  const assessment = (assessment_id: string, overrides: object = {}) => ({
    assessment_id,
    user_id: MARIA,
    assessment_type: "speaking_academic",
    created_at: now - DAY,
    status: "in_progress",
    ...overrides,
  });
  const result = {
    completed_at: now - DAY,
    band_score: 7,
    scores: { speaking: speakingScores },
    ai_feedback: text(1_500),
    improvement_plan: text(400),
    status: "completed",
  };
  const question = (question_id: string, topic: string) => ({
    question_id,
    assessment_type: "speaking_part1",
    difficulty: "easy",
    topic,
    question_text: "Do you work or study?",
    sample_answer: text(300),
  });
  const purchase = (user_email: string, product_id: string, index: number) => ({
    user_email,
    product_id,
    platform: "ios",
    transaction_id: `bought-${product_id}-${user_email}`,
    purchase_date: before(index),
    expires_at: before(index) + 30 * DAY,
    receipt_data: text(1_500),
    price_paid: 36.49,
    status: "active",
  });
  return [
    ...[MARIA, ...ENDING].map((email): Row => [UserModel, user(email)]),
    ...[MARIA, ...ENDING].flatMap((user_email) =>
      times(
        many,
        (index): Row => [
          SessionModel,
          {
            session_id: `session-of-24-letters-${index}-${user_email}`,
            user_email,
            created_at: before(index),
            expires_at: now + DAY,
            qr_authenticated: false,
          },
        ],
      ),
    ),
    ...times(
      many,
      (index): Row => [AssessmentModel, assessment(`a-${index}`, { ...result, created_at: before(index) })],
    ),
    ...["complete", "abandon"].map((name): Row => [AssessmentModel, assessment(`a-${name}`)]),
    ...times(
      many,
      (index): Row => [
        SafetyLogModel,
        {
          log_id: `l-${index}`,
          timestamp: before(index),
          assessment_id: "a-0",
          user_email: MARIA,
          content_type: "text",
          moderation_action: "warn",
          confidence: 0.9,
          categories: ["profanity"],
          user_response: text(400),
          ai_response: text(300),
        },
      ],
    ),
    ...[...times(many, String), "triage"].map(
      (name, index): Row => [
        ContentReportModel,
        {
          report_id: `p-${name}`,
          created_at: before(index),
          reporter_email: MARIA,
          assessment_id: "a-0",
          report_type: "bug",
          description: text(400),
          status: "new",
        },
      ],
    ),
    ...times(
      many,
      (index): Row => [TicketModel, ticket(`t-${index}`, "resolved", { created_at: before(index), resolved_at: now })],
    ),
    ...times(
      many,
      (index): Row => [
        TicketModel,
        ticket(`o-${index}`, "new", {
          created_at: before(index),
          user_email: `candidate${index}@example.com`,
          priority: "urgent",
        }),
      ],
    ),
    ...TICKETS.map(
      (name): Row => [
        TicketModel,
        ticket(`t-${name}`, name === "reopen" ? "resolved" : "in_progress", { devops_action_id: "x-0" }),
      ],
    ),
    ...times(
      many,
      (index): Row => [DevopsActionModel, action(`x-${index}`, { timestamp: before(index), ticket_id: "t-thread" })],
    ),
    ...times(
      many,
      (index): Row => [DevopsActionModel, action(`y-${index}`, { timestamp: before(index), status: "approved" })],
    ),
    ...ACTIONS.map(
      (name): Row => [DevopsActionModel, action(`x-${name}`, name === "markApplied" ? { status: "approved" } : {})],
    ),
    ...times(20 * items, (index): Row => [QuestionModel, question(`work-${index}`, "work")]),
    ...times(3, (index): Row => [QuestionModel, question(`rare-${index}`, "rare")]),
    ...times(
      many,
      (index): Row => [
        RubricModel,
        {
          rubric_id: `r-${index}`,
          skill_type: "speaking",
          criterion: "pronunciation",
          band_descriptors: { 5: text(200) },
          evaluation_prompts: ["Listen for stress."],
        },
      ],
    ),
    ...["speaking", "writing"].map((product, index): Row => [EntitlementModel, purchase(MARIA, product, index)]),
    ...times(many, (index): Row => [EntitlementModel, purchase(`candidate${index}@example.com`, "speaking", index)]),
  ];
}

/** Fills the table of a context. */
export async function fill(context: DataContext, growth: Growth): Promise<void> {
  const stored = rows(growth, context.clock()).map(([model, item]) => rulesOf(model).item(item));
  const { failed } = await bulkWrite(context, stored, (item) => item);
  if (failed[0] !== undefined) throw failed[0].cause;
}
