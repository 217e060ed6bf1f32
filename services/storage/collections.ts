import { AssessmentModel } from "../../entities/assessment.ts";
import {
  type AccountCollection,
  type AssessmentReviewCollection,
  accountCollection,
  assessmentReviewCollection,
  type TicketThreadCollection,
  ticketThreadCollection,
} from "../../entities/collections.ts";
import { ContentReportModel } from "../../entities/content-report.ts";
import { DevopsActionModel } from "../../entities/devops-action.ts";
import { EntitlementModel } from "../../entities/entitlement.ts";
import { SafetyLogModel } from "../../entities/safety-log.ts";
import { TicketModel } from "../../entities/ticket.ts";
import { UserModel } from "../../entities/user.ts";
import type { DataContext } from "./context.ts";

// `context.once` keeps each of these: ElectroDB takes long to make one. A bundle keeps the ones that it uses.

/** The `account` collection on a context's entities. */
export const accountOn = (context: DataContext): AccountCollection =>
  accountCollection({
    user: context.entity(UserModel),
    assessment: context.entity(AssessmentModel),
    entitlement: context.entity(EntitlementModel),
    ticket: context.entity(TicketModel),
  });

/** The `ticketThread` collection on a context's entities. */
export const ticketThreadOn = (context: DataContext): TicketThreadCollection =>
  ticketThreadCollection({
    ticket: context.entity(TicketModel),
    devops_action: context.entity(DevopsActionModel),
  });

/** The `assessmentReview` collection on a context's entities. */
export const assessmentReviewOn = (context: DataContext): AssessmentReviewCollection =>
  assessmentReviewCollection({
    safety_log: context.entity(SafetyLogModel),
    content_report: context.entity(ContentReportModel),
  });
