import { createHash } from "node:crypto";
import { MAX_INSTANT } from "./attributes.ts";
import type { EntitlementStatus, Platform } from "./enums.ts";

/** The access that a transaction gives: 30 days, in seconds. */
export const ACCESS_PERIOD_SECONDS = 30 * 24 * 60 * 60;

/** What is known of one of the store's transactions. */
export interface LedgerEntry {
  /** The store's id of it. */
  readonly transaction_id: string;
  /** When it was bought; absent while only its refund or reversal is known. */
  readonly purchase_date?: number;
  /** The store that sold it. */
  readonly platform?: Platform;
  /** Amount paid. */
  readonly price_paid?: number;
  /** The access that it gives, where that is not 30 days: of what was brought over only the end is known. */
  readonly seconds?: number;
  /** The last instant at which it was refunded; 0 when nobody told the instant. */
  readonly refunded_at?: number;
  /** The last instant at which a refund was reversed; the last of all when nobody told the instant. */
  readonly reversed_at?: number;
}

/**
 * The transactions of a purchase: those that were granted in the order in which they were bought, then those that are only
 * refunded or reversed so far. What the store tells may come in any order, and again: each of the functions here keeps the
 * latest instant, so that the same events make the same ledger.
 */
export type Ledger = readonly LedgerEntry[];

/** A transaction that was granted. */
export type GrantedEntry = LedgerEntry & Required<Pick<LedgerEntry, "purchase_date">>;

/** What an entitlement says of its current period. */
export interface CurrentPeriod extends Pick<LedgerEntry, "transaction_id" | "platform" | "price_paid"> {
  readonly purchase_date: number;
  readonly expires_at: number;
  readonly status: EntitlementStatus;
}

/** The attributes of an entitlement that tell its ledger. */
export interface Ledgered {
  readonly transaction_id: string;
  readonly purchase_date: number;
  readonly expires_at: number;
  readonly platform: Platform;
  readonly price_paid?: number | undefined;
  readonly status: EntitlementStatus;
  readonly ledger?: Ledger | undefined;
}

const isGranted = (entry: LedgerEntry): entry is GrantedEntry => entry.purchase_date !== undefined;

const isRefunded = ({ refunded_at, reversed_at }: LedgerEntry) =>
  refunded_at !== undefined && (reversed_at === undefined || reversed_at < refunded_at);

/** The ledger of an entitlement; one that keeps none is the one transaction that its attributes tell. */
export function ledgerOf(item: Ledgered): Ledger {
  if (item.ledger !== undefined) return item.ledger;
  const { transaction_id, purchase_date, platform, price_paid, expires_at, status } = item;
  const seconds = Math.max(0, expires_at - purchase_date);
  return [
    {
      transaction_id,
      purchase_date,
      platform,
      ...(price_paid === undefined ? {} : { price_paid }),
      ...(seconds === ACCESS_PERIOD_SECONDS ? {} : { seconds }),
      ...(status === "refunded" ? { refunded_at: 0 } : {}),
    },
  ];
}

/** A short text that tells two ledgers apart: a change is made only of the ledger that was read. */
export const ledgerDigest = (ledger: Ledger): string =>
  createHash("sha256")
    .update(JSON.stringify(ledger.map(inOrder)))
    .digest("base64url")
    .slice(0, 22);

/** An entry's parts in one order: engines keep the order of maps or do not. */
const inOrder = (entry: LedgerEntry) => Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1));

/** What is known of a transaction, if anything is. */
export const entryOf = (ledger: Ledger, transaction_id: string): LedgerEntry | undefined =>
  ledger.find((entry) => entry.transaction_id === transaction_id);

/** The transaction that was bought last, refunded or not. */
export const lastGranted = (ledger: Ledger): GrantedEntry | undefined => ledger.filter(isGranted).at(-1);

/** Whether a transaction was granted. */
export const grants = (ledger: Ledger, transaction_id: string): boolean =>
  ledger.some((entry) => entry.transaction_id === transaction_id && isGranted(entry));

/** Whether a transaction was granted and is not refunded. */
export const counts = (ledger: Ledger, transaction_id: string): boolean =>
  ledger.some((entry) => entry.transaction_id === transaction_id && isGranted(entry) && !isRefunded(entry));

/** The ledger with a grant; the same one when the transaction is granted already. */
export function withGrant(ledger: Ledger, granted: GrantedEntry): Ledger {
  const known = entryOf(ledger, granted.transaction_id);
  return known !== undefined && isGranted(known) ? ledger : replaced(ledger, { ...known, ...granted });
}

/** The ledger with a refund; the same one when it says so already. Without an instant it is the transaction's first. */
export function withRefund(ledger: Ledger, transaction_id: string, refunded_at = 0): Ledger {
  const known = entryOf(ledger, transaction_id) ?? { transaction_id };
  return (known.refunded_at ?? -1) >= refunded_at ? ledger : replaced(ledger, { ...known, refunded_at });
}

/** The ledger with a reversed refund; the same one when it says so already. Without an instant it is the last word. */
export function withReversal(ledger: Ledger, transaction_id: string, reversed_at = MAX_INSTANT): Ledger {
  const known = entryOf(ledger, transaction_id) ?? { transaction_id };
  return (known.reversed_at ?? -1) >= reversed_at ? ledger : replaced(ledger, { ...known, reversed_at });
}

/** The ledger without a grant; what was heard of the transaction's refund stays. */
export function withoutGrant(ledger: Ledger, transaction_id: string): Ledger {
  const others = ledger.filter((entry) => entry.transaction_id !== transaction_id);
  const { refunded_at, reversed_at } = entryOf(ledger, transaction_id) ?? {};
  if (refunded_at === undefined && reversed_at === undefined) return others;
  return replaced(others, {
    transaction_id,
    ...(refunded_at === undefined ? {} : { refunded_at }),
    ...(reversed_at === undefined ? {} : { reversed_at }),
  });
}

/** A ledger with all that another one says; the same one when it says so already. */
export function withLedger(ledger: Ledger, other: Ledger): Ledger {
  let joined = ledger;
  for (const { refunded_at, reversed_at, ...entry } of other) {
    if (isGranted(entry)) joined = withGrant(joined, entry);
    if (refunded_at !== undefined) joined = withRefund(joined, entry.transaction_id, refunded_at);
    if (reversed_at !== undefined) joined = withReversal(joined, entry.transaction_id, reversed_at);
  }
  return joined;
}

function replaced(ledger: Ledger, entry: LedgerEntry): Ledger {
  const others = ledger.filter(({ transaction_id }) => transaction_id !== entry.transaction_id);
  return [...others, entry].sort(
    (a, b) =>
      (a.purchase_date ?? Number.POSITIVE_INFINITY) - (b.purchase_date ?? Number.POSITIVE_INFINITY) ||
      (a.transaction_id < b.transaction_id ? -1 : 1),
  );
}

/**
 * The current period: the last transaction that is not refunded, or the last one when all are. Access lasts 30 days for each
 * that is not refunded, from the later of its purchase and the end of the one before. Undefined when none was granted.
 */
export function currentPeriod(ledger: Ledger, now: number): CurrentPeriod | undefined {
  let end = 0;
  let current: GrantedEntry | undefined;
  for (const entry of ledger.filter(isGranted)) {
    if (isRefunded(entry)) continue;
    end = Math.max(entry.purchase_date, end) + (entry.seconds ?? ACCESS_PERIOD_SECONDS);
    current = entry;
  }
  if (current !== undefined) return periodOf(current, end, end > now ? "active" : "expired");
  const last = lastGranted(ledger);
  if (last === undefined) return undefined;
  return periodOf(last, last.purchase_date + (last.seconds ?? ACCESS_PERIOD_SECONDS), "refunded");
}

const periodOf = (
  { transaction_id, purchase_date, platform, price_paid }: GrantedEntry,
  expires_at: number,
  status: EntitlementStatus,
): CurrentPeriod => ({
  transaction_id,
  purchase_date,
  expires_at,
  status,
  ...(platform === undefined ? {} : { platform }),
  ...(price_paid === undefined ? {} : { price_paid }),
});
