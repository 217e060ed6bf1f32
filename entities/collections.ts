import { Service } from "electrodb";
import type { AssessmentEntity } from "./assessment.ts";
import type { ContentReportEntity } from "./content-report.ts";
import type { DevopsActionEntity } from "./devops-action.ts";
import type { EntitlementEntity } from "./entitlement.ts";
import type { SafetyLogEntity } from "./safety-log.ts";
import type { TicketEntity } from "./ticket.ts";
import type { UserEntity } from "./user.ts";

/** A collection of ElectroDB's, by its members and its name. */
type CollectionOf<
  M extends ConstructorParameters<typeof Service>[0],
  N extends keyof Service<M>["collections"],
> = Service<M>["collections"][N];

/** The members of `account`. */
type AccountMembers = {
  user: UserEntity;
  assessment: AssessmentEntity;
  entitlement: EntitlementEntity;
  ticket: TicketEntity;
};
/** The members of `ticketThread`. */
type ThreadMembers = { ticket: TicketEntity; devops_action: DevopsActionEntity };
/** The members of `assessmentReview`. */
type ReviewMembers = { safety_log: SafetyLogEntity; content_report: ContentReportEntity };

/** The account's own row, its assessments, purchases and tickets side by side, as their index shows them. */
export type AccountCollection = CollectionOf<AccountMembers, "account">;
/** A ticket with its DevOps actions, as their index shows them: what never changes. */
export type TicketThreadCollection = CollectionOf<ThreadMembers, "ticketThread">;
/** What was logged and reported about an assessment, as their index shows it. */
export type AssessmentReviewCollection = CollectionOf<ReviewMembers, "assessmentReview">;

/** The `account` collection of entities that are bound to one table. */
export const accountCollection = (members: AccountMembers): AccountCollection =>
  new Service(members).collections.account;

/** The `ticketThread` collection of entities that are bound to one table. */
export const ticketThreadCollection = (members: ThreadMembers): TicketThreadCollection =>
  new Service(members).collections.ticketThread;

/** The `assessmentReview` collection of entities that are bound to one table. */
export const assessmentReviewCollection = (members: ReviewMembers): AssessmentReviewCollection =>
  new Service(members).collections.assessmentReview;
