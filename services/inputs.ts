import { AssessmentModel } from "../entities/assessment.ts";
import { LEAST_CREDENTIAL } from "../entities/attributes.ts";
import { ContentReportModel } from "../entities/content-report.ts";
import { DevopsActionModel } from "../entities/devops-action.ts";
import { EntitlementModel } from "../entities/entitlement.ts";
import { REPORT_STATUSES, STORE_ENVIRONMENTS } from "../entities/enums.ts";
import { QrTokenModel } from "../entities/qr-token.ts";
import { SafetyLogModel } from "../entities/safety-log.ts";
import { SessionModel } from "../entities/session.ts";
import { TicketModel } from "../entities/ticket.ts";
import { UserModel } from "../entities/user.ts";
import type { EmailVerification, Registration } from "./accounts.ts";
import type { AssessmentResult, AssessmentStart } from "./assessments.ts";
import type { Diagnosis, FixProposal, ReviewDecision } from "./devops.ts";
import type { ReportFiling, ReportTriage, SafetyEvent } from "./moderation.ts";
import type { VerifiedReceipt } from "./purchases.ts";
import type { QrRedemption } from "./qr-login.ts";
import { inputOf } from "./storage/input-schema.ts";
import type { TicketAnswer, TicketOpening } from "./support.ts";

export type { InputIssue, InputSchema } from "./storage/input-schema.ts";

// The inputs of services that come as JSON, by the names of their types. A schema checks each attribute by its rule; what
// concerns several, such as all criteria of a skill, the service checks.

/** What `accounts.register` takes. */
export const registration = inputOf<Registration>(UserModel, {
  email: "required",
  username: "required",
  password_hash: "required",
  verification_token: "optional",
});

/** What `accounts.verifyEmail` and `setVerificationToken` take. */
export const emailVerification = inputOf<EmailVerification>(UserModel, { verification_token: "required" });

/** What `qrLogin.redeem` takes. */
export const qrRedemption = inputOf<QrRedemption>(
  SessionModel,
  { device_id: "required", ip_address: "optional", user_agent: "optional" },
  { device_id: { model: QrTokenModel, shortest: LEAST_CREDENTIAL } },
);

/** What `assessments.start` takes, without the limit, which the platform sets. */
export const assessmentStart = inputOf<Omit<AssessmentStart, "limit">>(AssessmentModel, {
  user_id: "required",
  assessment_type: "required",
  assessment_id: "optional",
});

/** What `assessments.complete` takes. */
export const assessmentResult = inputOf<AssessmentResult>(AssessmentModel, {
  scores: "required",
  ai_feedback: "optional",
  improvement_plan: "optional",
  duration_minutes: "optional",
});

/** What `purchases.grant` takes. */
export const verifiedReceipt = inputOf<VerifiedReceipt>(
  EntitlementModel,
  {
    user_email: "required",
    product_id: "required",
    platform: "required",
    transaction_id: "required",
    receipt_data: "required",
    price_paid: "optional",
    purchase_date: "optional",
    environment: "optional",
  },
  { environment: { values: STORE_ENVIRONMENTS } },
);

/** What `moderation.recordSafetyEvent` takes. */
export const safetyEvent = inputOf<SafetyEvent>(SafetyLogModel, {
  assessment_id: "required",
  user_email: "required",
  content_type: "required",
  moderation_action: "required",
  confidence: "required",
  categories: "required",
  user_response: "optional",
  ai_response: "optional",
  log_id: "optional",
  timestamp: "optional",
});

/** What `moderation.fileReport` takes. */
export const reportFiling = inputOf<ReportFiling>(ContentReportModel, {
  reporter_email: "required",
  report_type: "required",
  description: "required",
  assessment_id: "optional",
  report_id: "optional",
});

/** What `moderation.triage` takes. */
export const reportTriage = inputOf<ReportTriage>(
  ContentReportModel,
  { status: "required", admin_notes: "optional" },
  { status: { values: REPORT_STATUSES.filter((status) => status !== "new") } },
);

/** What `support.open` takes. */
export const ticketOpening = inputOf<TicketOpening>(TicketModel, {
  user_email: "required",
  subject: "required",
  message: "required",
  category: "required",
  priority: "required",
  ai_response: "optional",
  ai_confidence: "optional",
  ticket_id: "optional",
});

/** What `support.answer` takes. */
export const ticketAnswer = inputOf<TicketAnswer>(TicketModel, { ai_response: "required", ai_confidence: "optional" });

/** An input that names its ticket by its id, as JSON does. */
type ByTicketId<T> = Omit<T, "ticket"> & { readonly ticket?: string };
const BY_TICKET_ID = { ticket: { attribute: "ticket_id" } };

/** What `devops.recordDiagnosis` takes. */
export const diagnosis = inputOf<ByTicketId<Diagnosis>>(
  DevopsActionModel,
  {
    issue_description: "required",
    affected_service: "required",
    ai_analysis: "required",
    ticket: "optional",
    action_id: "optional",
  },
  BY_TICKET_ID,
);

/** What `devops.proposeFix` takes. */
export const fixProposal = inputOf<ByTicketId<FixProposal>>(
  DevopsActionModel,
  {
    issue_description: "required",
    affected_service: "required",
    proposed_fix: "required",
    ai_analysis: "optional",
    code_diff: "optional",
    ticket: "optional",
    action_id: "optional",
  },
  BY_TICKET_ID,
);

/** What `devops.approve` and `reject` take. */
export const reviewDecision = inputOf<ReviewDecision>(DevopsActionModel, {
  reviewed_by: "required",
  review_reason: "required",
});
