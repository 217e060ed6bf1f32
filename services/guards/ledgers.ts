import type { CreateEntityItem } from "electrodb";
import {
  type Entitlement,
  type EntitlementChange,
  type EntitlementEntity,
  EntitlementModel,
} from "../../entities/entitlement.ts";
import { currentPeriod, type Ledger, type Ledgered, lastGranted, ledgerOf, withLedger } from "../../entities/ledger.ts";
import { platformOf } from "../../entities/receipt.ts";
import type { DataContext } from "../storage/context.ts";
import { changeOf, type Where } from "../storage/electrodb.ts";
import { ConflictError } from "../storage/errors.ts";
import { givenOf, Repository } from "../storage/repository.ts";
import type { StoredItem } from "../storage/requests.ts";
import { ownerOf } from "./claims.ts";

/** What names an entitlement. */
export type EntitlementKey = Pick<Entitlement, "user_email" | "product_id">;

/** A new entitlement. */
export type FirstEntitlement = CreateEntityItem<EntitlementEntity>;

/** What a store tells of a transaction. */
export interface LedgerEvent {
  /** What the request is called. */
  readonly name: string;
  readonly transaction_id: string;
  /** The ledger after it; the same one when it says so already. */
  readonly apply: (ledger: Ledger) => Ledger;
  /** The entitlement that it begins where there is none. */
  readonly first: FirstEntitlement;
}

/** An entitlement after an event, its ledger, and whether the event changed it. */
export interface Recorded {
  readonly purchase: Entitlement;
  readonly ledger: Ledger;
  readonly changed: boolean;
}

const ATTEMPTS = 30;

/** What stands where a write was refused. */
interface Refused {
  current: StoredItem | undefined;
}

/** Keeps what a refusal tells. */
const keepIn = (refused: Refused) => (stored: StoredItem | undefined) => {
  refused.current = stored;
  return undefined;
};

/** The ledger of a stored entitlement. */
export const storedLedger = (item: object): Ledger => ledgerOf(item as Ledgered);

/** The condition that an entitlement still has the ledger that was read. */
const unchanged = (item: StoredItem): Where => {
  const read =
    item.ledger_digest === undefined ? ["transaction_id", "purchase_date", "expires_at", "status"] : ["ledger_digest"];
  return (attributes, { eq, notExists }) => {
    const same = read.map((name) => eq(attributes[name], item[name]));
    return (item.ledger_digest === undefined ? [notExists(attributes.ledger_digest), ...same] : same).join(" AND ");
  };
};

/** Keeps the ledgers of entitlements, and their attributes as the ledger has them, by one conditional write an event. */
export class Ledgers {
  readonly #context: DataContext;
  readonly #entitlements: Repository<EntitlementEntity>;

  constructor(context: DataContext) {
    this.#context = context;
    this.#entitlements = new Repository(context, EntitlementModel);
  }

  /**
   * Records an event, from the entitlement as it was read: again from what a change in between left. Where there is none, the
   * event begins it.
   * @throws ConflictError `busy`
   */
  async record(key: EntitlementKey, event: LedgerEvent, read: StoredItem | undefined): Promise<Recorded> {
    const refused: Refused = { current: read };
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const item = refused.current;
      if (item !== undefined) {
        const recorded = await this.#recordOn(item, key, event, refused);
        if (recorded !== undefined) return recorded;
        continue;
      }
      const claim_owner = ownerOf(this.#context, [key.user_email, key.product_id]);
      const purchase = await this.#entitlements.insert({ ...event.first, claim_owner }, keepIn(refused));
      if (purchase !== undefined) return { purchase, ledger: storedLedger(event.first), changed: true };
    }
    throw busy();
  }

  /**
   * Records an event on the entitlement that was read, if it still is there; undefined when it is gone: nothing begins anew.
   * @throws ConflictError `busy`
   */
  async recordStored(key: EntitlementKey, event: LedgerEvent, read: StoredItem): Promise<Recorded | undefined> {
    const refused: Refused = { current: read };
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const item = refused.current;
      if (item === undefined) return undefined;
      const recorded = await this.#recordOn(item, key, event, refused);
      if (recorded !== undefined) return recorded;
    }
    throw busy();
  }

  /** One try; undefined when a change came in between, which `refused` then has. */
  async #recordOn(
    item: StoredItem,
    key: EntitlementKey,
    event: LedgerEvent,
    refused: Refused,
  ): Promise<Recorded | undefined> {
    const before = storedLedger(item);
    const ledger = event.apply(before);
    if (ledger === before) return { purchase: this.#entitlements.parse(item), ledger, changed: false };
    const purchase = await this.#replace(key, event, { item, ledger }, keepIn(refused));
    return purchase === undefined ? undefined : { purchase, ledger, changed: true };
  }

  /**
   * Takes an event back, and the entitlement with it when no transaction is left that was granted; with `keepsHeard` when
   * nothing is left that a store told. Safe to repeat.
   */
  async takeBack(key: EntitlementKey, event: LedgerEvent, { keepsHeard = false } = {}): Promise<void> {
    const refused: Refused = { current: await this.#entitlements.findStored(key, { consistent: true }) };
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const item = refused.current;
      if (item === undefined) return;
      const before = storedLedger(item);
      const ledger = event.apply(before);
      if (keepsHeard ? ledger.length === 0 : lastGranted(ledger) === undefined) {
        let gone = true;
        const otherwise = (stored: StoredItem | undefined) => {
          gone = stored === undefined;
          refused.current = stored;
        };
        await this.#entitlements.remove(event.name, key, { holds: unchanged(item), otherwise });
        if (gone) return;
      } else if (
        ledger === before ||
        (await this.#replace(key, event, { item, ledger }, keepIn(refused))) !== undefined
      ) {
        return;
      }
    }
    throw busy();
  }

  /**
   * Moves an entitlement, as it was read, to another account: what that one has bought itself stays. Safe to repeat.
   * @throws ConflictError `busy`
   */
  async move(read: StoredItem, user_email: string): Promise<void> {
    let current: StoredItem | undefined = read;
    for (let attempt = 0; attempt < ATTEMPTS && current !== undefined; attempt++) {
      const item: StoredItem = current;
      const first = givenOf(EntitlementModel, item, { user_email }) as FirstEntitlement;
      const key = { user_email, product_id: first.product_id };
      const apply = (ledger: Ledger) => withLedger(ledger, storedLedger(item));
      const event = { name: "changeAddress", transaction_id: first.transaction_id, apply, first };
      await this.record(key, event, await this.#entitlements.findStored(key, { consistent: true }));
      current = undefined;
      const otherwise = (stored: StoredItem | undefined) => {
        current = stored;
      };
      await this.#entitlements.remove("changeAddress", item, { holds: unchanged(item), otherwise });
    }
    if (current !== undefined) throw busy();
  }

  /** Writes another ledger, and the attributes that follow from it, in place of the one that was read. */
  #replace(
    key: EntitlementKey,
    { name, first }: LedgerEvent,
    { item, ledger }: { readonly item: StoredItem; readonly ledger: Ledger },
    refused: (stored: StoredItem | undefined) => undefined,
  ): Promise<Entitlement | undefined> {
    const now = this.#context.clock();
    const last = lastGranted(ledger);
    const wasGranted = lastGranted(storedLedger(item)) !== undefined;
    const [heard] = last === undefined && wasGranted ? ledger : [];
    const period = heard === undefined ? currentPeriod(ledger, now) : heardOf(heard.transaction_id, now);
    const receipt =
      last?.transaction_id === first.transaction_id && first.receipt_data !== ""
        ? { receipt_data: first.receipt_data }
        : {};
    const change: EntitlementChange = { ...period, ...receipt, ledger: [...ledger] };
    return this.#entitlements.change(
      name,
      change,
      (entity) => {
        // A period without a price does not show the price of the one before.
        const priced = period === undefined || "price_paid" in period;
        return changeOf(entity, key, { set: change, remove: priced ? [] : ["price_paid"] }, unchanged(item));
      },
      refused,
    );
  }
}

/** The attributes of an entitlement of which nothing but refunds and reversals is known, this one among them. */
export const heardOf = (transaction_id: string, now: number) => ({
  transaction_id,
  platform: platformOf(transaction_id),
  purchase_date: now,
  expires_at: now,
  receipt_data: "",
  status: "refunded" as const,
});

const busy = () => new ConflictError("entitlement", "busy", "Other changes of the purchase kept coming in between.");
