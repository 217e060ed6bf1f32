import type { AssessmentSummary } from "../../entities/assessment.ts";
import type { EntitlementSummary } from "../../entities/entitlement.ts";
import type { TicketByUser } from "../../entities/ticket.ts";
import { type User, UserModel, type UserSummary } from "../../entities/user.ts";
import { accountOf } from "../storage/collections.ts";
import type { DataContext } from "../storage/context.ts";
import { MAX_LIMIT } from "../storage/pages.ts";
import { Repository } from "../storage/repository.ts";
import { attributeValue, countIn, only } from "../storage/validation.ts";

/** What the account's dashboard shows. */
export interface AccountOverview {
  /** The account's own row, without when it last logged in. */
  readonly user: UserSummary;
  /** The last assessments, newest first. */
  readonly assessments: AssessmentSummary[];
  /** All purchases, the latest expiry first; `active` tells which give access now. */
  readonly entitlements: (EntitlementSummary & { readonly active: boolean })[];
  /** All tickets that are not resolved, newest first. */
  readonly openTickets: TicketByUser[];
}

const DEFAULT_ASSESSMENTS = 10;
/** How many tickets and purchases the overview expects, to be read in its first request. */
const EXPECTED_OTHERS = 10;

/** What the overview shows of an account's own row. */
const shownOf = ({ email, username, created_at, email_verified, account_status }: User): UserSummary => ({
  email,
  username,
  created_at,
  email_verified,
  account_status,
});

/** The dashboard of an account: see `Accounts.overview`. */
export async function readOverview(
  context: DataContext,
  email: string,
  options: { readonly assessments?: number },
): Promise<AccountOverview> {
  only("overview", options, ["assessments"]);
  const wanted = countIn("overview", "assessments", options.assessments ?? DEFAULT_ASSESSMENTS, 1, MAX_LIMIT);
  let found = 0;
  const { user, assessment, entitlement, ticket } = await accountOf(context).until(
    { user_email: attributeValue(UserModel, "email", email) },
    { limit: wanted + EXPECTED_OTHERS, enough: (entity) => entity === "assessment" && ++found === wanted },
  );
  // The index may not show an account yet that has just been registered.
  const [own = shownOf(await new Repository(context, UserModel).get(email))] = user;
  const now = context.clock();
  return {
    user: own,
    assessments: assessment,
    entitlements: entitlement.map((row) => ({ ...row, active: row.status === "active" && row.expires_at > now })),
    openTickets: ticket.filter(({ status }) => status !== "resolved"),
  };
}
