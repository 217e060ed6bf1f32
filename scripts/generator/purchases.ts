import { PRODUCTS, type Product } from "../../entities/enums.ts";
import { currentPeriod, type Ledger, withGrant, withRefund } from "../../entities/ledger.ts";
import type { StoredItem } from "../../services/storage/requests.ts";
import { DAY, type Dice, HOUR } from "./dice.ts";
import type { Profile } from "./profile.ts";
import type { Stores } from "./stores.ts";

const PRICES: Readonly<Record<Product, number>> = { writing: 36.99, speaking: 36.99, full_mock_test: 49.99 };

/** A time in which a user may take the assessments of a product. */
export interface AccessPeriod {
  readonly product: Product;
  readonly from: number;
  readonly to: number;
}

export interface Purchases {
  readonly items: readonly StoredItem[];
  readonly periods: readonly AccessPeriod[];
  /** When a purchase was paid back, if one was. */
  readonly refundedAt: number | undefined;
}

interface Transaction {
  readonly id: string;
  readonly at: number;
}

/** The prefix keeps generated transactions apart from those that a store really made. */
function transactionsOf(dice: Dice, { platform, endsAt }: Profile, product: Product, first: number): Transaction[] {
  const stem = `gen-s${dice.seed}u${dice.index}-${PRODUCTS.indexOf(product)}`;
  const number = platform === "ios" ? `2000000${dice.digits(6)}` : `GPA.${dice.digits(4)}-${dice.digits(4)}`;
  const count = 1 + dice.rank(4);
  const transactions: Transaction[] = [];
  for (let at = first; transactions.length < count && at <= endsAt; at += dice.whole(20 * DAY, 50 * DAY)) {
    transactions.push({ id: `${stem}-${number}-${transactions.length + 1}`, at });
  }
  return transactions;
}

const receiptOf = (dice: Dice, { platform }: Profile, product: Product, { id, at }: Transaction) =>
  JSON.stringify({
    store: platform,
    product,
    transaction: id,
    purchased_at: at,
    environment: "Sandbox",
    signature: dice.opaque(1200),
  });

/**
 * What an entitlement says of its ledger. Marked by the platform's nightly job: yesterday's ends are still "active", and expires_at
 * decides.
 */
function periodOf(ledger: Ledger, now: number) {
  const period = currentPeriod(ledger, now - DAY);
  if (period === undefined) throw new Error("a ledger without a transaction has no period");
  return ledger.length === 1 && period.status !== "refunded" ? period : { ...period, ledger: [...ledger] };
}

/** What a user has bought, by the rule of the purchases service: a renewal runs on from the end of running access. */
export function createPurchaseHistory(dice: Dice, profile: Profile, stores: Stores): Purchases {
  const items: StoredItem[] = [];
  const periods: AccessPeriod[] = [];
  let refundedAt: number | undefined;
  const { createdAt, endsAt, now, email, platform, verified } = profile;
  const products = verified && dice.chance(0.6) ? dice.some(PRODUCTS, 1 + dice.rank(3)) : [];
  for (const product of products) {
    const transactions = transactionsOf(dice, profile, product, createdAt + dice.whole(HOUR, 5 * DAY));
    const last = transactions.at(-1);
    if (last === undefined) continue;
    let ledger: Ledger = [];
    for (const { id, at } of transactions) {
      ledger = withGrant(ledger, { transaction_id: id, purchase_date: at, platform, price_paid: PRICES[product] });
      periods.push({ product, from: at, to: Math.min(currentPeriod(ledger, at)?.expires_at ?? at, endsAt) });
    }
    if (refundedAt === undefined && last.at + 2 * DAY < endsAt && dice.chance(0.05)) {
      refundedAt = last.at + dice.whole(HOUR, DAY);
      periods.pop();
      ledger = withRefund(ledger, last.id, refundedAt);
    }
    items.push(
      stores.entitlement.itemOf({
        user_email: email,
        product_id: product,
        platform,
        ...periodOf(ledger, now),
        receipt_data: receiptOf(dice, profile, product, last),
        claim_owner: stores.ownerOf([email, product]),
      }),
      ...transactions.map(({ id, at }) =>
        stores.claimRow({ kind: "transaction", id, created_at: at, settled: true }, [email, product]),
      ),
    );
  }
  return { items, periods, refundedAt };
}
