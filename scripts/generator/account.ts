import type { StoredItem } from "../../services/storage/requests.ts";
import { createAssessmentHistory } from "./assessments.ts";
import { Dice, HOUR } from "./dice.ts";
import { createLogins } from "./logins.ts";
import { createProfile, type Profile } from "./profile.ts";
import { createPurchaseHistory } from "./purchases.ts";
import type { Stores } from "./stores.ts";
import { createTickets } from "./tickets.ts";

/** Which account: the same three numbers always give the same items. */
export interface AccountNumber {
  readonly seed: number;
  readonly index: number;
  /** The present of the account's history, epoch seconds. */
  readonly now: number;
}

/** An account with its whole history: every item as it is stored. */
export function createAccount({ seed, index, now }: AccountNumber, stores: Stores): StoredItem[] {
  const dice = new Dice(seed, index);
  const profile = createProfile(dice, now);
  const purchases = createPurchaseHistory(dice, profile, stores);
  const assessments = createAssessmentHistory(dice, profile, purchases.periods, stores);
  const logins = createLogins(dice, profile, stores, assessments.inProgressSince);
  const tickets = createTickets(dice, profile, purchases.refundedAt, stores);
  const user = createUser(dice, profile, [logins.lastLogin, assessments.lastAt], stores);
  return [user, ...purchases.items, ...assessments.items, ...logins.items, ...tickets];
}

function createUser(dice: Dice, profile: Profile, seen: readonly (number | undefined)[], stores: Stores): StoredItem {
  const { email, username, createdAt, endsAt, verified, status, now } = profile;
  // The sessions of older log-ins are gone, but not the activity that they began.
  const remembered = Math.min(endsAt, now - 48 * HOUR);
  const last_login = Math.max(createdAt, remembered, ...seen.map((instant) => instant ?? 0));
  return stores.user.itemOf({
    email,
    password_hash: passwordHash(dice),
    username,
    created_at: createdAt,
    email_verified: verified,
    account_status: status,
    ...(verified ? { last_login } : { verification_token: dice.unguessableId() }),
  });
}

/** An encoded hash of no password: bcrypt, or Werkzeug's as the older platform wrote it. */
function passwordHash(dice: Dice): string {
  if (dice.chance(0.8)) return `$2b$12$${dice.opaque(53).replaceAll("+", ".")}`;
  const hex = Buffer.from(dice.opaque(64)).toString("hex").slice(0, 128);
  return `scrypt:32768:8:1$${dice.digits(16)}$${hex}`;
}
