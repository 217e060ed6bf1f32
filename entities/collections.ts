import { Service } from "electrodb";
import type { AssessmentEntity } from "./assessment.ts";
import type { ContentReportEntity } from "./content-report.ts";
import type { DevopsActionEntity } from "./devops-action.ts";
import type { EntitlementEntity } from "./entitlement.ts";
import type { SafetyLogEntity } from "./safety-log.ts";
import type { TicketEntity } from "./ticket.ts";
import type { UserEntity } from "./user.ts";

/** The account's own row, its assessments, purchases and tickets side by side, as their index shows them. */
export const accountCollection = (members: {
  readonly user: UserEntity;
  readonly assessment: AssessmentEntity;
  readonly entitlement: EntitlementEntity;
  readonly ticket: TicketEntity;
}) => new Service(members).collections.account;

/** A ticket with its DevOps actions, as their index shows them: what never changes. */
export const ticketThreadCollection = (members: {
  readonly ticket: TicketEntity;
  readonly devops_action: DevopsActionEntity;
}) => new Service(members).collections.ticketThread;

/** What was logged and reported about an assessment, as their index shows it. */
export const assessmentReviewCollection = (members: {
  readonly safety_log: SafetyLogEntity;
  readonly content_report: ContentReportEntity;
}) => new Service(members).collections.assessmentReview;
