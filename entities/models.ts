import { AssessmentModel } from "./assessment.ts";
import { ClaimModel } from "./claim.ts";
import { ContentReportModel } from "./content-report.ts";
import { DailyStartsModel } from "./daily-starts.ts";
import { DevopsActionModel } from "./devops-action.ts";
import { EntitlementModel } from "./entitlement.ts";
import { ErasureModel } from "./erasure.ts";
import type { AccountLink } from "./facts.ts";
import { QrTokenModel } from "./qr-token.ts";
import { QuestionModel } from "./question.ts";
import { RubricModel } from "./rubric.ts";
import { SafetyLogModel } from "./safety-log.ts";
import { SessionModel } from "./session.ts";
import { TicketModel } from "./ticket.ts";
import { UserModel } from "./user.ts";

/** The eleven entities, by name. */
export const MODELS = {
  user: UserModel,
  session: SessionModel,
  qr_token: QrTokenModel,
  assessment: AssessmentModel,
  question: QuestionModel,
  rubric: RubricModel,
  entitlement: EntitlementModel,
  safety_log: SafetyLogModel,
  content_report: ContentReportModel,
  ticket: TicketModel,
  devops_action: DevopsActionModel,
} as const;

/** The rows beside the entities, which hold no content. */
export const MARKERS = { claim: ClaimModel, erasure: ErasureModel, daily_starts: DailyStartsModel } as const;

/** Name of an entity, as in keys, requests and errors. */
export type EntityName = keyof typeof MODELS;

/** Every model that makes keys, by name. */
type Keyed = typeof MODELS & typeof MARKERS;

/** What belongs to an account: entities, and the markers that tell of its user. */
export type AccountEntity = {
  [N in keyof Keyed]: Keyed[N] extends { readonly account: AccountLink } ? N : never;
}[keyof Keyed];

/** Their models, by name. */
export const MODELS_OF_ACCOUNT = Object.fromEntries(
  Object.entries({ ...MODELS, ...MARKERS }).filter(([, model]) => "account" in model),
) as Pick<Keyed, AccountEntity>;
