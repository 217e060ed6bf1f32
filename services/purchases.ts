import { MAX_INSTANT } from "../entities/attributes.ts";
import {
  type Entitlement,
  EntitlementModel,
  type EntitlementSummary,
  type NewEntitlement,
} from "../entities/entitlement.ts";
import type { Product } from "../entities/enums.ts";
import { checkClaimable, claimId, settleClaim } from "./guards/claims.ts";
import { writeUnlessErased } from "./guards/guarded-writes.ts";
import type { DataContext } from "./storage/context.ts";
import { EntityStore } from "./storage/entity-store.ts";
import { ConflictError } from "./storage/errors.ts";
import { allRows, eachRow } from "./storage/pages.ts";
import type { StoredItem } from "./storage/requests.ts";
import { attributeValue, only } from "./storage/validation.ts";

/** The access that a purchase gives: 30 days, in seconds. */
export const ACCESS_PERIOD_SECONDS = 30 * 24 * 60 * 60;

/** A receipt that the store has verified. */
export type VerifiedReceipt = Readonly<
  Pick<NewEntitlement, "user_email" | "product_id" | "platform" | "transaction_id" | "receipt_data" | "price_paid">
>;

const GRANT_ATTEMPTS = 20;
/** Purchases that are marked expired side by side. */
const EXPIRIES_AT_ONCE = 10;

/**
 * Purchases and the access that they give.
 * @example
 * import { createContext } from "@ielts-ai-prep/data-layer/services/context";
 * import { createPurchases } from "@ielts-ai-prep/data-layer/services/purchases";
 *
 * const purchases = createPurchases(createContext({ table: "ielts-genai-prep" }));
 */
export function createPurchases(context: DataContext) {
  const entitlements = new EntityStore(context, EntitlementModel);
  const keyFor = (user_email: string, product_id: Product) => ({
    user_email: attributeValue(EntitlementModel, "user_email", user_email),
    product_id: attributeValue(EntitlementModel, "product_id", product_id),
  });
  const transactionOf = (value: string) =>
    checkClaimable(EntitlementModel, "transaction_id", attributeValue(EntitlementModel, "transaction_id", value));
  const read = (key: { user_email: string; product_id: Product }) =>
    entitlements.read("byUserAndProduct", entitlements.entity.get(key), { consistent: true });

  /** Marks one purchase expired if it still is active and over; tells whether this call did. */
  async function expire({ user_email, product_id }: StoredItem, now: number): Promise<boolean> {
    const expired = await entitlements.changeStored(
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

  return {
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
      const transaction_id = transactionOf(receipt.transaction_id);
      const now = context.clock();
      const period = { ...receipt, ...key, purchase_date: now, status: "active" as const };
      // Validates the receipt before the claim is written.
      entitlements.itemOf({ ...period, expires_at: now + ACCESS_PERIOD_SECONDS });

      for (let attempt = 0; attempt < GRANT_ATTEMPTS; attempt++) {
        // The entitlement is read before the claim: settling happens before replacing, so this order misses no grant.
        const current = await read(key);
        const claim = await claimId(context, "transaction", transaction_id, [key.user_email, key.product_id], now);
        if (current?.transaction_id === transaction_id) {
          // A call that an erasure refused may have crashed before it took the entitlement back.
          return writeUnlessErased(context, key.user_email, async () => entitlements.parse(current), takeBackGranted);
        }
        if (claim.settled) {
          // Granted and renewed since; what was read before the claim may be older than both.
          const granted = await read(key);
          if (granted !== undefined) return entitlements.parse(granted);
          throw new ConflictError("entitlement", "granted", "the transaction was granted before");
        }
        const granted = await writeUnlessErased(
          context,
          key.user_email,
          () => (current === undefined ? create() : renew(current)),
          () => entitlements.remove("undo", entitlements.entity.delete(key)),
        );
        if (granted !== undefined) return granted;
      }
      throw new ConflictError("entitlement", "busy", "other purchases of the product kept changing it");

      // It may also have been granted before the erasure, and then it must not be granted again.
      async function takeBackGranted(): Promise<void> {
        await settleClaim(context, "transaction", transaction_id, [key.user_email, key.product_id], now);
        await entitlements.remove("undo", entitlements.entity.delete(key));
      }

      async function create(): Promise<Entitlement | undefined> {
        let lost = false;
        const granted = await entitlements.insert({ ...period, expires_at: now + ACCESS_PERIOD_SECONDS }, (stored) => {
          lost = true;
          return entitlements.parse(stored as StoredItem);
        });
        return lost ? undefined : granted;
      }

      async function renew(current: StoredItem): Promise<Entitlement | undefined> {
        await settleClaim(
          context,
          "transaction",
          current.transaction_id as string,
          [key.user_email, key.product_id],
          now,
        );
        const { status, expires_at } = entitlements.parse(current);
        const running = status === "active" ? expires_at : now;
        const { platform, receipt_data, price_paid } = receipt;
        let lost = false;
        const granted = await entitlements.change(
          "renew",
          receipt,
          (entity) => {
            const set = {
              platform,
              receipt_data,
              ...(price_paid === undefined ? {} : { price_paid }),
              transaction_id,
              purchase_date: now,
              status: "active" as const,
            };
            const change = entity
              .patch(key)
              .set({ ...set, expires_at: Math.max(now, running) + ACCESS_PERIOD_SECONDS });
            // A period without a price does not show the price of the one before.
            const priced = price_paid === undefined ? change.remove(["price_paid"]) : change;
            return priced.where(
              (stored, { eq }) =>
                `${eq(stored.transaction_id, current.transaction_id as string)} AND ${eq(stored.status, status)}`,
            );
          },
          (stored) => {
            lost = true;
            return entitlements.parse(stored as StoredItem);
          },
        );
        return lost ? undefined : granted;
      }
    },

    /**
     * A user's purchase of a product, read consistently; undefined when there never was one.
     * @example
     * const entitlement = await purchases.find(email, "speaking");
     * const until = entitlement?.expires_at; // epoch seconds
     */
    async find(user_email: string, product_id: Product): Promise<Entitlement | undefined> {
      const item = await read(keyFor(user_email, product_id));
      return item === undefined ? undefined : entitlements.parse(item);
    },

    /**
     * Whether a user may use a product now: `status` is `active`, and `expires_at` is still to come. Read consistently.
     * @example
     * const allowed = await purchases.hasAccess(email, "speaking"); // true
     */
    async hasAccess(user_email: string, product_id: Product): Promise<boolean> {
      const item = await read(keyFor(user_email, product_id));
      return item !== undefined && item.status === "active" && (item.expires_at as number) > context.clock();
    },

    /**
     * All purchases of a user that give access now, the latest expiry first; answers `user_email-expires_at-index`.
     * @example
     * const active = await purchases.listAllActive(email);
     * const products = active.map(({ product_id }) => product_id); // ["speaking"]
     */
    async listAllActive(user_email: string): Promise<EntitlementSummary[]> {
      const account = attributeValue(EntitlementModel, "user_email", user_email);
      const query = entitlements.entity.query
        .byUser({ user_email: account })
        .between({ expires_at: context.clock() + 1 }, { expires_at: MAX_INSTANT });
      const rows = await allRows(context, { entity: "entitlement", accessPattern: "byUser" }, query);
      return entitlements
        .parseAll(rows.filter((row) => row.status === "active"))
        .map((row) => ({ ...row, user_email: account }));
    },

    /**
     * Marks all purchases expired whose access is over, the oldest first, and tells how many: for a nightly job, so that
     * `status` says what `hasAccess` knows from `expires_at`. Safe to repeat, and to interrupt: the next run goes on. A
     * purchase that is renewed, refunded or erased meanwhile is left as it is.
     * @example
     * const expired = await purchases.expireAll(); // 0: nothing was due
     */
    async expireAll(): Promise<number> {
      const now = context.clock();
      const query = entitlements.entity.query
        .byStatus({ status: "active" })
        .between({ expires_at: 0 }, { expires_at: now + 1 });
      let expired = 0;
      let due: StoredItem[] = [];
      const flush = async () => {
        const changes = await Promise.all(due.map((row) => expire(row, now)));
        expired += changes.filter(Boolean).length;
        due = [];
      };
      for await (const row of eachRow(context, { entity: "entitlement", accessPattern: "byStatus" }, query, {
        order: "asc",
      })) {
        if (due.push(row) === EXPIRIES_AT_ONCE) await flush();
      }
      await flush();
      return expired;
    },

    /**
     * Takes back the access that a transaction gave. Safe to repeat.
     * @throws ConflictError when the purchase runs on another transaction, such as a renewal; NotFoundError.
     * @example
     * const { status } = await purchases.refund(email, "speaking", "1000000901"); // "refunded"
     */
    async refund(user_email: string, product_id: Product, transaction_id: string): Promise<Entitlement> {
      const key = keyFor(user_email, product_id);
      const transaction = transactionOf(transaction_id);
      return entitlements.change(
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
          if (current === undefined) throw entitlements.notFound();
          if (current.transaction_id === transaction) return entitlements.parse(current);
          throw new ConflictError("entitlement", String(current.status), "runs on another transaction");
        },
      );
    },
  };
}

/** What `layer.purchases` is. */
export type Purchases = ReturnType<typeof createPurchases>;
