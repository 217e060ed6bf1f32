import type { ActionStatus, AssessmentType, ReportStatus, TicketStatus } from "../../entities/enums.ts";
import type { Registration } from "../../services/accounts.ts";
import type { AssessmentResult } from "../../services/assessments.ts";
import type { Diagnosis, FixProposal } from "../../services/devops.ts";
import type { ReportFiling, SafetyEvent } from "../../services/moderation.ts";
import type { VerifiedReceipt } from "../../services/purchases.ts";
import type { TicketOpening } from "../../services/support.ts";
import written from "./cast.json" with { type: "json" };
import type { Written } from "./written.ts";

/** Days before the moment of seeding; a fraction is a part of a day. */
type DaysAgo = { readonly daysAgo: number };

export interface CastAssessment extends DaysAgo {
  readonly assessment_id: string;
  readonly assessment_type: AssessmentType;
  /** Left out: still in progress. */
  readonly outcome?: AssessmentResult | "abandoned";
  readonly safetyEvents?: readonly Omit<SafetyEvent, "assessment_id" | "user_email">[];
  readonly reports?: readonly (Omit<ReportFiling, "assessment_id" | "reporter_email"> & {
    readonly status: ReportStatus;
    readonly admin_notes?: string;
  })[];
}

export interface CastPurchase extends Omit<VerifiedReceipt, "user_email" | "receipt_data">, DaysAgo {
  readonly refunded?: true;
}

export interface CastAction {
  readonly diagnosis?: Omit<Diagnosis, "ticket"> & { readonly action_id: string };
  readonly fix?: Omit<FixProposal, "ticket"> & { readonly action_id: string };
  readonly status?: ActionStatus;
  readonly reason?: string;
}

export interface CastTicket extends DaysAgo {
  readonly opening: Omit<TicketOpening, "user_email"> & { readonly ticket_id: string };
  readonly status: TicketStatus;
  readonly actions?: readonly CastAction[];
}

export interface CastMember extends DaysAgo {
  readonly registration: Registration;
  readonly verified: boolean;
  readonly account_status: "active" | "suspended" | "deleted";
  /** Devices with a running session. */
  readonly devices: readonly string[];
  readonly purchases: readonly CastPurchase[];
  readonly assessments: readonly CastAssessment[];
  readonly tickets: readonly CastTicket[];
}

const members: readonly Written<CastMember>[] = written;

/**
 * A cast in which every state of every entity occurs. The hashes are of passwords that nobody was told. The services
 * check every value when the cast is seeded.
 */
export const cast = members as readonly CastMember[];
