import { QR_TOKEN_LIFETIME_SECONDS } from "../../entities/qr-token.ts";
import { SESSION_LIFETIME_SECONDS } from "../../entities/session.ts";
import type { StoredItem } from "../../services/storage/requests.ts";
import { type Dice, HOUR, MINUTE } from "./dice.ts";
import type { Profile } from "./profile.ts";
import type { Stores } from "./stores.ts";

export interface Logins {
  readonly items: readonly StoredItem[];
  /** When the last session began, if one is stored. */
  readonly lastLogin: number | undefined;
}

/** DynamoDB deletes expired items late: sessions of up to 40 hours ago may still be there. */
const OLDEST_SESSION = 40 * HOUR;

function sessionStarts(dice: Dice, { createdAt, now }: Profile): number[] {
  const count = dice.rank(4);
  const earliest = Math.max(createdAt + 10 * MINUTE, now - OLDEST_SESSION);
  return Array.from({ length: count }, () => dice.whole(earliest, now - MINUTE));
}

/** The sessions of the last two days, and the QR tokens that began some of them. */
export function createLogins(dice: Dice, profile: Profile, stores: Stores, inUseSince: number | undefined): Logins {
  const { status, verified, endsAt, now, email } = profile;
  if (status !== "active" || !verified || endsAt < now) return { items: [], lastLogin: undefined };
  const starts = sessionStarts(dice, profile);
  // Who is in the middle of an assessment is logged in.
  if (inUseSince !== undefined) starts.push(inUseSince - 2 * MINUTE);
  const items = starts.flatMap((start) => createSession(dice, profile, stores, start));
  if (dice.chance(0.02)) items.push(createToken(dice, email, stores, now - dice.whole(5, 4 * MINUTE)));
  return { items, lastLogin: starts.length === 0 ? undefined : Math.max(...starts) };
}

function createSession(dice: Dice, profile: Profile, stores: Stores, created_at: number): StoredItem[] {
  const { email, browser, deviceId } = profile;
  const token = dice.unguessableId();
  const qr_authenticated = dice.chance(0.3);
  const session = stores.session.itemOf({
    session_id: dice.unguessableId(),
    user_email: email,
    created_at,
    expires_at: created_at + SESSION_LIFETIME_SECONDS,
    ip_address: dice.ipAddress(),
    user_agent: browser,
    qr_authenticated,
    ...(qr_authenticated ? { qr_token: token } : {}),
  });
  if (!qr_authenticated) return [session];
  const issued = created_at - dice.whole(5, 90);
  const session_salt = dice.unguessableId();
  const use = { token, used: true, used_at: created_at, device_id: deviceId, session_salt };
  return [session, createToken(dice, email, stores, issued, use)];
}

interface TokenUse {
  readonly token: string;
  readonly used: boolean;
  readonly used_at?: number;
  readonly device_id?: string;
  readonly session_salt?: string;
}

function createToken(
  dice: Dice,
  user_email: string,
  stores: Stores,
  created_at: number,
  use: TokenUse = { token: dice.unguessableId(), used: false },
): StoredItem {
  return stores.qrToken.itemOf({
    user_email,
    created_at,
    expires_at: created_at + QR_TOKEN_LIFETIME_SECONDS,
    ...use,
  });
}
