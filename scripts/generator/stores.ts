import { AssessmentModel } from "../../entities/assessment.ts";
import { ContentReportModel } from "../../entities/content-report.ts";
import { DevopsActionModel } from "../../entities/devops-action.ts";
import { EntitlementModel } from "../../entities/entitlement.ts";
import { QrTokenModel } from "../../entities/qr-token.ts";
import { SafetyLogModel } from "../../entities/safety-log.ts";
import { SessionModel } from "../../entities/session.ts";
import { TicketModel } from "../../entities/ticket.ts";
import { UserModel } from "../../entities/user.ts";
import { claimRow, ownerOf } from "../../services/guards/claims.ts";
import type { DataContext } from "../../services/storage/context.ts";
import { Repository } from "../../services/storage/repository.ts";

type ClaimedBy = Parameters<typeof claimRow> extends [unknown, ...infer Claimed] ? Claimed : never;

/** The entities of an account: what is generated is validated and keyed by them, as a service's writes are. */
export const storesOf = (context: DataContext) => ({
  user: new Repository(context, UserModel),
  session: new Repository(context, SessionModel),
  qrToken: new Repository(context, QrTokenModel),
  assessment: new Repository(context, AssessmentModel),
  entitlement: new Repository(context, EntitlementModel),
  claimRow: (...claimed: ClaimedBy) => claimRow(context, ...claimed),
  ownerOf: (owner: readonly string[]) => ownerOf(context, owner),
  safetyLog: new Repository(context, SafetyLogModel),
  contentReport: new Repository(context, ContentReportModel),
  ticket: new Repository(context, TicketModel),
  devopsAction: new Repository(context, DevopsActionModel),
});

export type Stores = ReturnType<typeof storesOf>;
