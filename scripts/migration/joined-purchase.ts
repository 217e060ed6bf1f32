import type { EntitlementStatus } from "../../entities/enums.ts";
import { ACCESS_PERIOD_SECONDS, currentPeriod, type GrantedEntry, type Ledger } from "../../entities/ledger.ts";
import { storedLedger } from "../../services/guards/ledgers.ts";

type Attributes = Readonly<Record<string, unknown>>;

/** A transaction, and until when it gives access. */
interface Transaction {
  readonly entry: GrantedEntry;
  readonly until: number;
  readonly status: EntitlementStatus;
}

const WORTH: Readonly<Record<EntitlementStatus, number>> = { active: 2, expired: 1, refunded: 0 };

/** The transactions of a purchase, each with the end that those before it leave: what is refunded leaves none. */
function transactionsOf(purchase: Attributes): Transaction[] {
  const own = purchase.status as EntitlementStatus;
  let end = 0;
  return (storedLedger(purchase) as readonly GrantedEntry[]).map((entry) => {
    const status = entry.refunded_at === undefined ? own : "refunded";
    const begin = status === "refunded" ? entry.purchase_date : Math.max(end, entry.purchase_date);
    const until = begin + (entry.seconds ?? ACCESS_PERIOD_SECONDS);
    if (status !== "refunded") end = until;
    return { entry, until, status };
  });
}

/** The more useful of two readings of one transaction. */
const better = (a: Transaction, b: Transaction) => WORTH[b.status] - WORTH[a.status] || b.until - a.until;
const byPurchase = ({ entry: a }: Transaction, { entry: b }: Transaction) =>
  a.purchase_date - b.purchase_date || (a.transaction_id < b.transaction_id ? -1 : 1);

/**
 * Purchases of one account and product as one: every transaction is in its ledger, and access ends with the latest that is
 * active. The purchases themselves are in `legacy.joined`.
 */
export function joinedPurchase(purchases: readonly Attributes[]): Attributes {
  const best = new Map<string, Transaction>();
  for (const one of purchases.flatMap(transactionsOf).sort(better))
    if (!best.has(one.entry.transaction_id)) best.set(one.entry.transaction_id, one);
  const transactions = [...best.values()].sort(byPurchase);
  const status = transactions.map((one) => one.status).sort((a, b) => WORTH[b] - WORTH[a])[0] ?? "refunded";
  const ledger = withLatestEnd(transactions, status);
  const { status: _, ...period } = currentPeriod(ledger, 0) ?? {};
  const last = ledger.at(-1)?.transaction_id;
  const current = [...purchases].reverse().find(({ transaction_id }) => transaction_id === last) ?? purchases[0] ?? {};
  const { user_email, product_id, receipt_data } = current;
  return {
    user_email,
    product_id,
    receipt_data,
    ...period,
    status,
    ledger,
    legacy: { joined: purchases.flatMap((purchase) => partsOf(purchase, receipt_data)) },
  };
}

/** The ledger whose access ends when the last transaction of a status does. */
function withLatestEnd(transactions: readonly Transaction[], status: EntitlementStatus): Ledger {
  const latest = Math.max(0, ...transactions.filter((one) => one.status === status).map(({ until }) => until));
  let end = 0;
  return transactions.map(({ entry: { seconds: _, ...entry }, until, status: own }) => {
    const begin = own === "refunded" ? entry.purchase_date : Math.max(end, entry.purchase_date);
    const seconds = Math.max(0, Math.min(until, latest || until) - begin);
    if (own !== "refunded") end = begin + seconds;
    return seconds === ACCESS_PERIOD_SECONDS ? entry : { ...entry, seconds };
  });
}

/** A purchase as its source had it. What the joined one says of itself is left out. */
function partsOf({ user_email: _, ledger: __, legacy, ...purchase }: Attributes, receipt: unknown): Attributes[] {
  const { joined, ...rest } = (legacy ?? {}) as { readonly joined?: readonly Attributes[] };
  if (joined !== undefined) return [...joined];
  const { receipt_data, ...others } = purchase;
  return [{ ...others, ...(receipt_data === receipt ? {} : { receipt_data }), ...rest }];
}
