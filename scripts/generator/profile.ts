import type { AccountStatus, Platform } from "../../entities/enums.ts";
import { asciiName, DAY, type Dice, HOUR } from "./dice.ts";

/** Who an account belongs to, and when it was in use. */
export interface Profile {
  readonly email: string;
  readonly username: string;
  readonly createdAt: number;
  /** The end of the user's activity: now, unless the user left, was suspended or deleted the account. */
  readonly endsAt: number;
  readonly now: number;
  readonly status: AccountStatus;
  /** An address that is not verified cannot be used yet. */
  readonly verified: boolean;
  readonly module: "academic" | "general";
  readonly platform: Platform;
  readonly deviceId: string;
  readonly browser: string;
  /** Bands that the user reaches at first. */
  readonly ability: { readonly speaking: number; readonly writing: number };
}

/** The oldest account. */
const OLDEST_DAYS = 540;

const BROWSERS: Readonly<Record<Platform, readonly string[]>> = {
  ios: [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Version/18.6 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.6 Safari/605.1.15",
  ],
  android: [
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/141.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 14; SM-A556B) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36",
  ],
};

/** The domain is reserved (RFC 2606): no generated address reaches anybody. */
function emailOf(dice: Dice, first: string, last: string): string {
  return `${asciiName(first)}.${asciiName(last)}.s${dice.seed}u${dice.index}@example.com`;
}

export function createProfile(dice: Dice, now: number): Profile {
  const { first, last } = dice.personName();
  const age = HOUR + Math.floor(dice.skewed() * OLDEST_DAYS * DAY);
  const createdAt = now - age;
  const shut = age > 3 * DAY && dice.chance(0.05);
  const stayed = Math.min(age, dice.whole(2, 240) * DAY);
  const verified = age > 2 * DAY || dice.chance(0.8);
  const status = shut ? dice.pick(["suspended", "deleted"] as const) : "active";
  // Whoever was shut out left at least two days ago, so that no session of theirs can be alive.
  const endsAt = shut ? Math.min(createdAt + stayed, now - 2 * DAY) : dice.chance(0.5) ? now : createdAt + stayed;
  const platform = dice.pick(["ios", "android"] as const);
  return {
    email: emailOf(dice, first, last),
    username: `${first} ${last}`,
    createdAt,
    endsAt,
    now,
    status,
    verified,
    module: dice.pick(["academic", "academic", "general"] as const),
    platform,
    deviceId: `${platform}-${dice.unguessableId()}`,
    browser: dice.pick(BROWSERS[platform]),
    ability: { speaking: dice.whole(8, 15) / 2, writing: dice.whole(8, 15) / 2 },
  };
}
