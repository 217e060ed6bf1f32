import { MAX_INSTANT } from "../entities/attributes.ts";
import type { EntitlementEntity } from "../entities/entitlement.ts";
import {
  type Entitlement,
  EntitlementModel,
  type EntitlementSummary,
  type NewEntitlement,
} from "../entities/entitlement.ts";
import type { Product } from "../entities/enums.ts";
import { checkClaimable, claimId, claimOf, settleClaim } from "./guards/claims.ts";
import { writeUnlessErased } from "./guards/guarded-writes.ts";
import type { DataContext } from "./storage/context.ts";
import { ConflictError } from "./storage/errors.ts";
import { allRows, eachRow } from "./storage/pages.ts";
import { Repository } from "./storage/repository.ts";
import type { StoredItem } from "./storage/requests.ts";
import { attributeValue, only } from "./storage/validation.ts";

/** The access that a purchase gives: 30 days, in seconds. */
export const ACCESS_PERIOD_SECONDS = 30 * 24 * 60 * 60;

/** A receipt that the store has verified. */
export type VerifiedReceipt = Readonly<
  Pick<NewEntitlement, "user_email" | "product_id" | "platform" | "transaction_id" | "receipt_data" | "price_paid">
>;

type EntitlementKey = Pick<Entitlement, "user_email" | "product_id">;
/** What a receipt buys, but for its end. */
type PurchasedPeriod = VerifiedReceipt & Pick<Entitlement, "purchase_date" | "status">;

const GRANT_ATTEMPTS = 20;
/** Purchases that are marked expired side by side. */
const EXPIRIES_AT_ONCE = 10;

const keyFor = (user_email: string, product_id: Product) => ({
  user_email: attributeValue(EntitlementModel, "user_email", user_email),
  product_id: attributeValue(EntitlementModel, "product_id", product_id),
});

const transactionOf = (value: string) =>
  checkClaimable(EntitlementModel, "transaction_id", attributeValue(EntitlementModel, "transaction_id", value));
/**
 * Purchases and the access that they give.
 * @example
 * import { createContext } from "@ielts-ai-prep/data-layer/services/context";
 * import { Purchases } from "@ielts-ai-prep/data-layer/services/purchases";
 *
 * const purchases = new Purchases(createContext({ table: "ielts-genai-prep" }));
 */
export class Purchases {
  readonly #context: DataContext;
  readonly #entitlements: Repository<EntitlementEntity>;

  constructor(context: DataContext) {
    this.#context = context;
    this.#entitlements = new Repository(context, EntitlementModel);
  }

  /**
   * Grants 30 days for a verified receipt, from the later of now and the end of the access that the user still has.
   * The same receipt again gives back the purchase as it now is. The price is in USD, `expires_at` in epoch seconds.
   *
   * A transaction is granted once, to one account and product, for ever: the transaction is claimed first, and an
   * entitlement gives up a transaction (for a renewal) only after its claim is settled. So a transaction that is
   * claimed, not settled and not the entitlement's own was never granted, and a retry may grant it.
   * @throws ConflictError when the transaction was granted to another account or product (`claimed`), or before the
   * account was erased (`granted`), when the account was erased within the last hour (`erased`), or when other
   * purchases of the product kept coming in between (`busy`: call again).
   * @example
   * const { expires_at } = await purchases.grant({
   *   user_email: email, product_id: "writing", price_paid: 49.99,
   *   platform: "ios", transaction_id: "2000000817", receipt_data: "MIIUVgYJKoZIhvcNAQcC",
   * });
   */
  async grant(receipt: VerifiedReceipt): Promise<Entitlement> {
    only("entitlement", receipt, [
      "user_email",
      "product_id",
      "platform",
      "transaction_id",
      "receipt_data",
      "price_paid",
    ]);
    const key = keyFor(receipt.user_email, receipt.product_id);
    const now = this.#context.clock();
    const transaction_id = transactionOf(receipt.transaction_id);
    const period = { ...receipt, ...key, transaction_id, purchase_date: now, status: "active" as const };
    // Validates the receipt before the claim is written.
    this.#entitlements.itemOf({ ...period, expires_at: now + ACCESS_PERIOD_SECONDS });
    for (let attempt = 0; attempt < GRANT_ATTEMPTS; attempt++) {
      const granted = await this.#tryToGrant(key, period);
      if (granted !== undefined) return granted;
    }
    throw new ConflictError("entitlement", "busy", "Other purchases of the product kept changing it.");
  }

  /**
   * A user's purchase of a product, read consistently.
   * @throws NotFoundError when there never was one.
   * @example
   * const { status, expires_at } = await purchases.get(email, "speaking"); // epoch seconds
   */
  async get(user_email: string, product_id: Product): Promise<Entitlement> {
    const entitlement = await this.find(user_email, product_id);
    if (entitlement === undefined) throw this.#entitlements.notFound();
    return entitlement;
  }

  /**
   * A user's purchase of a product, read consistently; undefined when there never was one.
   * @example
   * const entitlement = await purchases.find(email, "speaking");
   * const until = entitlement?.expires_at; // epoch seconds
   */
  async find(user_email: string, product_id: Product): Promise<Entitlement | undefined> {
    const item = await this.#read(keyFor(user_email, product_id));
    return item === undefined ? undefined : this.#entitlements.parse(item);
  }

  /**
   * Whether a user may use a product now: `status` is `active`, and `expires_at` is still to come. Read consistently.
   * @example
   * const allowed = await purchases.hasAccess(email, "speaking"); // true
   */
  async hasAccess(user_email: string, product_id: Product): Promise<boolean> {
    const item = await this.#read(keyFor(user_email, product_id));
    return item !== undefined && item.status === "active" && (item.expires_at as number) > this.#context.clock();
  }

  /**
   * All purchases of a user that give access now, the latest expiry first; answers `user_email-expires_at-index`.
   * @example
   * const active = await purchases.allActive(email);
   * const products = active.map(({ product_id }) => product_id); // ["speaking"]
   */
  async allActive(user_email: string): Promise<EntitlementSummary[]> {
    const account = attributeValue(EntitlementModel, "user_email", user_email);
    const query = this.#entitlements.entity.query
      .byUser({ user_email: account })
      .between({ expires_at: this.#context.clock() + 1 }, { expires_at: MAX_INSTANT });
    const rows = await allRows(this.#context, { entity: "entitlement", accessPattern: "byUser" }, query);
    return this.#entitlements
      .parseAll(rows.filter((row) => row.status === "active"))
      .map((row) => ({ ...row, user_email: account }));
  }

  /**
   * Marks all purchases expired whose access is over, the oldest first, and tells how many: for a nightly job, so that
   * `status` says what `hasAccess` knows from `expires_at`. Safe to repeat, and to interrupt: the next run goes on. A
   * purchase that is renewed, refunded or erased meanwhile is left as it is.
   * @example
   * const expired = await purchases.expireAll(); // 0: nothing was due
   */
  async expireAll(): Promise<number> {
    const now = this.#context.clock();
    const query = this.#entitlements.entity.query
      .byStatus({ status: "active" })
      .between({ expires_at: 0 }, { expires_at: now + 1 });
    let expired = 0;
    let due: StoredItem[] = [];
    const flush = async () => {
      const changes = await Promise.all(due.map((row) => this.#expire(row, now)));
      expired += changes.filter(Boolean).length;
      due = [];
    };
    for await (const row of eachRow(this.#context, { entity: "entitlement", accessPattern: "byStatus" }, query, {
      order: "asc",
    })) {
      if (due.push(row) === EXPIRIES_AT_ONCE) await flush();
    }
    await flush();
    return expired;
  }

  /**
   * Takes back the access that a transaction gave. Safe to repeat.
   * @throws ConflictError when the purchase runs on another transaction, such as a renewal; NotFoundError.
   * @example
   * const { status } = await purchases.refund(email, "speaking", "1000000901"); // "refunded"
   */
  async refund(user_email: string, product_id: Product, transaction_id: string): Promise<Entitlement> {
    const key = keyFor(user_email, product_id);
    const transaction = transactionOf(transaction_id);
    return this.#entitlements.change(
      "refund",
      {},
      (entity) =>
        entity
          .patch(key)
          .set({ status: "refunded" })
          .where(
            (stored, { eq, ne }) => `${eq(stored.transaction_id, transaction)} AND ${ne(stored.status, "refunded")}`,
          ),
      (current) => {
        if (current === undefined) throw this.#entitlements.notFound();
        if (current.transaction_id === transaction) return this.#entitlements.parse(current);
        throw new ConflictError("entitlement", "another_transaction", "The purchase runs on another transaction.");
      },
    );
  }

  /** Marks one purchase expired if it still is active and over; tells whether this call did. */
  async #expire({ user_email, product_id }: StoredItem, now: number): Promise<boolean> {
    const expired = await this.#entitlements.changeStored(
      "expire",
      {},
      (entity) =>
        entity
          .patch({ user_email: user_email as string, product_id: product_id as Product })
          .set({ status: "expired" })
          .where(({ status, expires_at }, { eq, lte }) => `${eq(status, "active")} AND ${lte(expires_at, now)}`),
      () => undefined,
    );
    return expired !== undefined;
  }

  #read(key: { user_email: string; product_id: Product }) {
    return this.#entitlements.findStored(key, { consistent: true });
  }

  /** Grants a period once; undefined when another purchase of the product came in between. */
  async #tryToGrant(key: EntitlementKey, period: PurchasedPeriod): Promise<Entitlement | undefined> {
    const { transaction_id, purchase_date } = period;
    const claimed = claimOf(EntitlementModel.claim, period);
    // The entitlement is read before the claim: settling happens before replacing, so this order misses no grant.
    const current = await this.#read(key);
    const claim = await claimId(this.#context, ...claimed, purchase_date);
    const takeBack = () => this.#entitlements.remove("undo", key);
    if (current?.transaction_id === transaction_id) {
      // A call that an erasure refused may have crashed before it took the entitlement back. It may also have been
      // granted before the erasure, and then it must not be granted again.
      return writeUnlessErased(
        this.#context,
        key.user_email,
        async () => this.#entitlements.parse(current),
        async () => {
          await settleClaim(this.#context, ...claimed, purchase_date);
          await takeBack();
        },
      );
    }
    if (claim.settled) return this.#grantedBefore(key);
    const write = () => (current === undefined ? this.#create(period) : this.#renew(key, current, period));
    return writeUnlessErased(this.#context, key.user_email, write, takeBack);
  }

  /** The purchase as it is since; what was read before the claim may be older. */
  async #grantedBefore(key: EntitlementKey): Promise<Entitlement> {
    const granted = await this.#read(key);
    if (granted !== undefined) return this.#entitlements.parse(granted);
    throw new ConflictError("entitlement", "granted", "The transaction was granted before.");
  }

  async #create(period: PurchasedPeriod): Promise<Entitlement | undefined> {
    const expires_at = period.purchase_date + ACCESS_PERIOD_SECONDS;
    return this.#entitlements.insert({ ...period, expires_at }, () => undefined);
  }

  /** Puts a period behind the one that runs; the transaction that it replaces is settled first. */
  async #renew(key: EntitlementKey, current: StoredItem, period: PurchasedPeriod): Promise<Entitlement | undefined> {
    const { status, expires_at, transaction_id: replaced } = this.#entitlements.parse(current);
    const { user_email, product_id, price_paid, ...bought } = period;
    const now = bought.purchase_date;
    await settleClaim(this.#context, ...claimOf(EntitlementModel.claim, current), now);
    const running = status === "active" ? Math.max(now, expires_at) : now;
    return this.#entitlements.change(
      "renew",
      period,
      (entity) => {
        const price = price_paid === undefined ? {} : { price_paid };
        const change = entity.patch(key).set({ ...bought, ...price, expires_at: running + ACCESS_PERIOD_SECONDS });
        // A period without a price does not show the price of the one before.
        const priced = price_paid === undefined ? change.remove(["price_paid"]) : change;
        return priced.where(
          (stored, { eq }) => `${eq(stored.transaction_id, replaced)} AND ${eq(stored.status, status)}`,
        );
      },
      () => undefined,
    );
  }
}
