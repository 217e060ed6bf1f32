import type { Accounts } from "../../../services/accounts.ts";
import type { Assessments } from "../../../services/assessments.ts";
import type { Devops } from "../../../services/devops.ts";
import type { Moderation } from "../../../services/moderation.ts";
import type { Purchases } from "../../../services/purchases.ts";
import type { QrLogin } from "../../../services/qr-login.ts";
import type { Sessions } from "../../../services/sessions.ts";
import type { Support } from "../../../services/support.ts";

/** What a handler calls. Our data layer is one as it is; the eleven tables have the same functions by hand. */
export interface Side {
  readonly accounts: Pick<Accounts, "register" | "credentials" | "recordLogin" | "overview">;
  readonly sessions: Pick<Sessions, "start" | "authenticate">;
  readonly qrLogin: Pick<QrLogin, "issue" | "redeem">;
  readonly assessments: Pick<Assessments, "start" | "complete" | "listByUser">;
  readonly purchases: Pick<Purchases, "grant" | "allActive">;
  readonly support: Pick<Support, "open" | "escalate" | "resolve" | "thread">;
  readonly devops: Pick<Devops, "proposeFix" | "approve" | "markApplied">;
  readonly moderation: Pick<Moderation, "recordSafetyEvent" | "fileReport" | "review">;
}
