import { createHmac } from "node:crypto";
import type { Assessment } from "../../../entities/assessment.ts";
import type { NewDevopsAction } from "../../../entities/devops-action.ts";
import type { NewEntitlement } from "../../../entities/entitlement.ts";
import type { NewTicket } from "../../../entities/ticket.ts";
import type { NewUser } from "../../../entities/user.ts";
import { LOCAL_ERASURE_SECRET } from "../../../testing/local-database.ts";
import type { AssessmentKey, Result } from "./side.ts";

/** An assessment of about 1 KB: every attribute is set. */
export const USER = "maria.fernandez@example.com";

const FEEDBACK = "You speak at length and link your ideas well, though you repeat a few words. ".repeat(7).trim();
const PLAN = "Practise word stress for ten minutes a day, and record yourself once a week. ".repeat(2).trim();

export const RESULT: Result = {
  scores: { speaking: { fluency_coherence: 7.5, lexical_resource: 6.5, grammatical_range: 7, pronunciation: 6 } },
  ai_feedback: FEEDBACK,
  improvement_plan: PLAN,
  duration_minutes: 14,
  band_score: 7,
};

const idOf = (number: number) => `01999999-0000-7000-8000-${String(number).padStart(12, "0")}`;

export const keyOf = (number: number): AssessmentKey => ({ assessment_id: idOf(number), user_id: USER });

export const assessmentOf = (number: number): Assessment => ({
  ...keyOf(number),
  assessment_type: "speaking_academic",
  created_at: 1_760_000_000 + number,
  completed_at: 1_760_001_000 + number,
  ...RESULT,
  status: "completed",
});

export const BATCH: readonly Assessment[] = Array.from({ length: 25 }, (_, number) => assessmentOf(number));

export const ACCOUNT: NewUser = {
  email: USER,
  password_hash: `$2b$12$${"zyxwvutsrqponmlkjihgfe".repeat(3).slice(0, 53)}`,
  username: "María",
  created_at: 1_750_000_000,
  email_verified: true,
  account_status: "active",
};

export const TICKETS: readonly NewTicket[] = ["new", "in_progress", "resolved"].map((status, number) => ({
  ticket_id: idOf(100 + number),
  created_at: 1_760_000_000 + number,
  user_email: USER,
  subject: "The recording stops in part 2",
  message: FEEDBACK,
  category: "technical",
  priority: "high",
  status: status as NewTicket["status"],
  ai_response: PLAN,
  ai_confidence: 0.91,
}));

/** The ticket whose thread is read. */
export const TICKET_ID = idOf(100);

export const ACTIONS: readonly NewDevopsAction[] = Array.from({ length: 4 }, (_, number) => ({
  action_id: idOf(200 + number),
  timestamp: 1_760_000_100 + number,
  action_type: "fix_proposed",
  ticket_id: TICKET_ID,
  issue_description: FEEDBACK,
  affected_service: "lambda",
  ai_analysis: PLAN,
  proposed_fix: PLAN,
  code_diff: FEEDBACK,
  status: "pending_review",
}));

export const ENTITLEMENTS: readonly NewEntitlement[] = (["speaking", "writing"] as const).map((product, number) => ({
  user_email: USER,
  product_id: product,
  platform: "ios",
  purchase_date: 1_760_000_000,
  expires_at: 4_000_000_000 + number,
  receipt_data: PLAN,
  transaction_id: `2000000${number}`,
  price_paid: 36.49,
  status: "active",
}));

/** What stands for an account in the ledger of erasures, as code by hand would make it. */
export const ledgerAccountOf = (user_id: string): string =>
  createHmac("sha256", LOCAL_ERASURE_SECRET)
    .update(JSON.stringify(["account", user_id]))
    .digest("hex");
