import { MAX_INSTANT } from "../entities/attributes.ts";
import type { EntitlementEntity } from "../entities/entitlement.ts";
import {
  type Entitlement,
  EntitlementModel,
  type EntitlementSummary,
  type NewEntitlement,
} from "../entities/entitlement.ts";
import type { Product, StoreEnvironment } from "../entities/enums.ts";
import {
  ACCESS_PERIOD_SECONDS,
  counts,
  entryOf,
  type GrantedEntry,
  grants,
  type Ledger,
  withGrant,
  withoutGrant,
  withRefund,
  withReversal,
} from "../entities/ledger.ts";
import {
  type ClaimResult,
  claimId,
  claimOf,
  findOwner,
  giveBackClaim,
  isSettled,
  settleClaim,
} from "./guards/claims.ts";
import type { Refusal } from "./guards/erasure.ts";
import { writeUnlessErased } from "./guards/guarded-writes.ts";
import {
  type EntitlementKey,
  type FirstEntitlement,
  heardOf,
  type LedgerEvent,
  Ledgers,
  storedLedger,
} from "./guards/ledgers.ts";
import { checkReceipt, refuseRenewal } from "./guards/receipts.ts";
import type { DataContext } from "./storage/context.ts";
import { ConflictError } from "./storage/errors.ts";
import { optionsIn } from "./storage/options.ts";
import { allRows, eachRow } from "./storage/pages.ts";
import { Repository } from "./storage/repository.ts";
import type { StoredItem } from "./storage/requests.ts";
import { attributeValue, only } from "./storage/validation.ts";

export { ACCESS_PERIOD_SECONDS } from "../entities/ledger.ts";

/** A receipt that the store has verified. */
export interface VerifiedReceipt
  extends Readonly<
    Pick<NewEntitlement, "user_email" | "product_id" | "platform" | "transaction_id" | "receipt_data" | "price_paid">
  > {
  /** When it was bought, by the store; epoch seconds. Default: now. */
  readonly purchase_date?: number;
  /** Where it was made, as far as the store said so. A sandbox's is refused, and so is a receipt that says it of itself. */
  readonly environment?: StoreEnvironment;
}

/** How a grant is made. */
export interface GrantOptions {
  /** Grant a tester's purchase too, which nobody paid for. Default: false. */
  readonly allowSandbox?: boolean;
}

/** A purchase after a grant. */
export interface PurchaseGrant {
  /** As it now is: its current period, which may be another transaction's. */
  readonly purchase: Entitlement;
  /**
   * Whether this call gave access. False: the transaction was granted before, perhaps by a call whose answer was lost, or is
   * refunded.
   */
  readonly granted: boolean;
}

/** When a store refunded a transaction. */
export interface RefundInstant {
  /** Epoch seconds. Default: the transaction's first refund, which any reversal undoes. */
  readonly refunded_at?: number;
}

/** When a store reversed a refund. */
export interface ReversalInstant {
  /** Epoch seconds. Default: after every refund of the transaction. */
  readonly reversed_at?: number;
}

/** Purchases that are marked expired side by side. */
const EXPIRIES_AT_ONCE = 10;

const keyFor = (user_email: string, product_id: Product): EntitlementKey => ({
  user_email: attributeValue(EntitlementModel, "user_email", user_email),
  product_id: attributeValue(EntitlementModel, "product_id", product_id),
});

const transactionOf = (value: string) => attributeValue(EntitlementModel, "transaction_id", value);

const claimOfTransaction = (key: EntitlementKey, transaction_id: string) =>
  claimOf(EntitlementModel.claim, { ...key, transaction_id });

/** An instant that a caller may leave out. */
const instantIn = (name: string, value: number | undefined) =>
  value === undefined ? undefined : attributeValue(EntitlementModel, "purchase_date", value, name);

const grantedBefore = () =>
  new ConflictError("entitlement", "granted", "The transaction was granted before the account was erased.");

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
  readonly #ledgers: Ledgers;

  constructor(context: DataContext) {
    this.#context = context;
    this.#entitlements = new Repository(context, EntitlementModel);
    this.#ledgers = new Ledgers(context);
  }

  /**
   * Grants 30 days for a verified receipt, from the later of its purchase and the end of the period before. Messages may come in
   * any order, late and again: access is the sum of what was bought and not refunded. The same receipt again changes nothing,
   * and so does one that the store refunded before its grant came. The price is in USD, instants in epoch seconds.
   *
   * A transaction is granted once, to one account and product, for ever: it is claimed first, and an entitlement never forgets a
   * transaction. So one that is claimed, not settled and not in the entitlement's ledger was never granted, and a retry may grant it.
   * @throws ValidationError when the receipt says that a tester made it (`environment`), when the price is in thousandths or
   * millionths (`price_paid`), or when a renewal comes under its original transaction's id (`transaction_id`).
   * @throws ConflictError when the transaction was granted to another account or product (`claimed`), or before the
   * account was erased (`granted`), when the account was erased within the last hour (`erased`), or when other
   * changes of the purchase kept coming in between (`busy`: call again).
   * @example
   * const { purchase, granted } = await purchases.grant({
   *   user_email: email, product_id: "writing", price_paid: 49.99,
   *   platform: "ios", transaction_id: "2000000817", receipt_data: "MIIUVgYJKoZIhvcNAQcC",
   *   purchase_date: 1760000000, // the store's, in whole seconds
   * });
   * const until = granted ? purchase.expires_at : undefined; // 1762592000
   */
  async grant(receipt: VerifiedReceipt, options: GrantOptions = {}): Promise<PurchaseGrant> {
    only("entitlement", receipt, [
      "user_email",
      "product_id",
      "platform",
      "transaction_id",
      "receipt_data",
      "price_paid",
      "purchase_date",
      "environment",
    ]);
    const { allowSandbox = false } = optionsIn("entitlement", options, ["allowSandbox"]);
    const key = keyFor(receipt.user_email, receipt.product_id);
    const transaction_id = transactionOf(receipt.transaction_id);
    const now = this.#context.clock();
    checkReceipt(receipt, now, allowSandbox);
    const { environment: _, purchase_date = now, ...bought } = receipt;
    const expires_at = purchase_date + ACCESS_PERIOD_SECONDS;
    const status = expires_at > now ? "active" : "expired";
    const first = { ...bought, ...key, transaction_id, purchase_date, expires_at, status } as const;
    // Validates the receipt before the claim is written.
    this.#entitlements.itemOf(first);
    const claim = await claimId(this.#context, ...claimOfTransaction(key, transaction_id), now);
    const event = grantEvent(first, receipt.purchase_date);
    const { purchase, granted } = await writeUnlessErased(
      this.#context,
      key.user_email,
      () => this.#grantClaimed(key, event, claim),
      ({ known }, refusal) => this.#takeBack(key, event, known, refusal),
    );
    return { purchase, granted };
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
   * The purchase that a transaction belongs to, also one of an earlier period: for a store's message that names the transaction
   * alone. Undefined when the transaction was never granted, the account was erased, or it was granted a moment ago, which an
   * index shows late: let the message come again.
   * @throws ConfigurationError without an erasure secret, by which the table knows transactions.
   * @example
   * const purchase = await purchases.findByTransaction("1000000901");
   * if (purchase !== undefined) await purchases.refund(purchase.user_email, purchase.product_id, "1000000901");
   */
  async findByTransaction(transaction_id: string): Promise<Entitlement | undefined> {
    const claim_owner = await findOwner(this.#context, "transaction", transactionOf(transaction_id));
    if (claim_owner === undefined) return undefined;
    const [row] = await this.#entitlements.all("byClaimOwner", { claim_owner });
    return row === undefined ? undefined : this.find(row.user_email, row.product_id);
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
    const between = [{ expires_at: this.#context.clock() + 1 }, { expires_at: MAX_INSTANT }] as const;
    const query = this.#entitlements.query("byUser", { user_email: account }, { between });
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
    const between = [{ expires_at: 0 }, { expires_at: now + 1 }] as const;
    const query = this.#entitlements.query("byStatus", { status: "active" }, { between });
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
   * Takes back the access that a transaction gave: the periods after it begin as if it had not been bought. A refund that is
   * heard before its grant is remembered, and the grant then gives nothing. Safe to repeat, also after the refund was reversed.
   * Where a store may refund again after a reversal, tell both instants.
   * @throws ConflictError when the transaction was granted to another account or product (`claimed`), or before the account was
   * erased (`granted`: nothing is left to take back), when the account was erased within the last hour (`erased`), or when other
   * changes of the purchase kept coming in between (`busy`: call again).
   * @example
   * const { status } = await purchases.refund(email, "speaking", "1000000901"); // "refunded"
   */
  async refund(
    user_email: string,
    product_id: Product,
    transaction_id: string,
    options: RefundInstant = {},
  ): Promise<Entitlement> {
    const { refunded_at } = optionsIn("entitlement", options, ["refunded_at"]);
    instantIn("refunded_at", refunded_at);
    const apply = (ledger: Ledger) => withRefund(ledger, transaction_id, refunded_at);
    return this.#hear("refund", keyFor(user_email, product_id), transactionOf(transaction_id), apply);
  }

  /**
   * Gives back the access that a refund took: the store reversed it. A reversal that is heard before its refund is remembered.
   * Safe to repeat.
   * @throws ConflictError as `refund` does.
   * @example
   * await purchases.refund(email, "speaking", "1000000901", { refunded_at: 1760000000 }); // epoch seconds
   * const { status } = await purchases.reverseRefund(email, "speaking", "1000000901", { reversed_at: 1760000060 }); // "active"
   */
  async reverseRefund(
    user_email: string,
    product_id: Product,
    transaction_id: string,
    options: ReversalInstant = {},
  ): Promise<Entitlement> {
    const { reversed_at } = optionsIn("entitlement", options, ["reversed_at"]);
    instantIn("reversed_at", reversed_at);
    const apply = (ledger: Ledger) => withReversal(ledger, transaction_id, reversed_at);
    return this.#hear("reverseRefund", keyFor(user_email, product_id), transactionOf(transaction_id), apply);
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

  /** Grants a transaction whose claim is the account's own; `known`: it was in the ledger before. */
  async #grantClaimed(
    key: EntitlementKey,
    event: LedgerEvent,
    { settled, fresh }: ClaimResult,
  ): Promise<PurchaseGrant & { readonly known: boolean }> {
    // What this call has just claimed, no ledger grants; most often there is none yet.
    const stored = fresh ? undefined : await this.#read(key);
    const known = stored !== undefined && grants(storedLedger(stored), event.transaction_id);
    if (settled && !known) {
      if (stored === undefined) throw grantedBefore();
      return { purchase: this.#entitlements.parse(stored), granted: false, known };
    }
    const { purchase, ledger, changed } = await this.#ledgers.record(key, event, stored);
    return { purchase, granted: changed && counts(ledger, event.transaction_id), known: !changed };
  }

  /**
   * Takes back a grant for an account that turns out to be erased or moved. What was in the ledger before may have been refused or
   * granted: it must not be granted again.
   */
  async #takeBack(
    key: EntitlementKey,
    event: LedgerEvent,
    known: boolean,
    refusal: Refusal | undefined,
  ): Promise<void> {
    if (known && refusal?.keeps === true) return;
    const { transaction_id } = event;
    const claim = claimOfTransaction(key, transaction_id);
    if (known) await settleClaim(this.#context, ...claim, this.#context.clock());
    const apply = (ledger: Ledger) => withoutGrant(ledger, transaction_id);
    // What was heard before a change of the address goes to the other one.
    await this.#ledgers.takeBack(key, { ...event, name: "undo", apply }, { keepsHeard: refusal?.keeps === true });
    if (refusal?.releases === true) await giveBackClaim(this.#context, ...claim);
  }

  /** Records a refund or a reversal, also one of a transaction that is not granted yet; gives the purchase as it now is. */
  async #hear(
    name: string,
    key: EntitlementKey,
    transaction_id: string,
    apply: LedgerEvent["apply"],
  ): Promise<Entitlement> {
    const event = { name, transaction_id, apply, first: heardFirst(key, transaction_id, apply([]), this.#context) };
    const stored = await this.#read(key);
    if (stored !== undefined && grants(storedLedger(stored), transaction_id)) {
      const recorded = await this.#ledgers.recordStored(key, event, stored);
      // Else the account was erased, or has moved, meanwhile.
      if (recorded !== undefined) return recorded.purchase;
      return this.#hear(name, key, transaction_id, apply);
    }
    const record = () => this.#ledgers.record(key, event, stored);
    const ledger = stored === undefined ? [] : storedLedger(stored);
    if (entryOf(ledger, transaction_id) === undefined) {
      const settled = await isSettled(this.#context, ...claimOfTransaction(key, transaction_id));
      if (settled) throw grantedBefore();
    }
    const undo = { ...event, name: "undo", apply: (ledger: Ledger) => ledger };
    // What was heard before a change of the address goes to the other one.
    const takeBack = async (_: unknown, refusal: Refusal | undefined) =>
      refusal?.keeps === true ? undefined : this.#ledgers.takeBack(key, undo);
    return (await writeUnlessErased(this.#context, key.user_email, record, takeBack)).purchase;
  }
}

/** A grant as the ledger takes it. */
function grantEvent(first: FirstEntitlement, stated: number | undefined): LedgerEvent {
  const { transaction_id, purchase_date, platform, price_paid } = first;
  const entry: GrantedEntry = {
    transaction_id,
    purchase_date,
    platform,
    ...(price_paid === undefined ? {} : { price_paid }),
  };
  const apply = (ledger: Ledger) => {
    refuseRenewal(entryOf(ledger, transaction_id), stated);
    return withGrant(ledger, entry);
  };
  return { name: "grant", transaction_id, apply, first };
}

/** An entitlement of whose transaction nothing but a refund or a reversal is known: it gives no access. */
const heardFirst = (key: EntitlementKey, transaction_id: string, ledger: Ledger, context: DataContext) => ({
  ...key,
  ...heardOf(transaction_id, context.clock()),
  ledger: [...ledger],
});
