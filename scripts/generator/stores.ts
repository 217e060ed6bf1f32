import { AssessmentModel } from "../../entities/assessment.ts";
import { ClaimModel } from "../../entities/claim.ts";
import { ContentReportModel } from "../../entities/content-report.ts";
import { DevopsActionModel } from "../../entities/devops-action.ts";
import { EntitlementModel } from "../../entities/entitlement.ts";
import { QrTokenModel } from "../../entities/qr-token.ts";
import { SafetyLogModel } from "../../entities/safety-log.ts";
import { SessionModel } from "../../entities/session.ts";
import { TicketModel } from "../../entities/ticket.ts";
import { UserModel } from "../../entities/user.ts";
import type { DataContext } from "../../services/storage/context.ts";
import { EntityStore } from "../../services/storage/entity-store.ts";

/** The entities of an account: what is generated is validated and keyed by them, as a service's writes are. */
export const storesOf = (context: DataContext) => ({
  user: new EntityStore(context, UserModel),
  session: new EntityStore(context, SessionModel),
  qrToken: new EntityStore(context, QrTokenModel),
  assessment: new EntityStore(context, AssessmentModel),
  entitlement: new EntityStore(context, EntitlementModel),
  claim: new EntityStore(context, ClaimModel),
  safetyLog: new EntityStore(context, SafetyLogModel),
  contentReport: new EntityStore(context, ContentReportModel),
  ticket: new EntityStore(context, TicketModel),
  devopsAction: new EntityStore(context, DevopsActionModel),
});

export type Stores = ReturnType<typeof storesOf>;
