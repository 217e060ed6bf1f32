import { MAX_INSTANT } from "../../entities/attributes.ts";
import type { Erasure } from "../../entities/erasure.ts";
import { PRIMARY_KEY } from "../../entities/keys.ts";
import { type UserEntity, UserModel } from "../../entities/user.ts";
import { allClaimsOf, type ItemClaim, retireClaims, settleClaim } from "../guards/claims.ts";
import { eachUnfinished, enterErasure, erasuresOf, isStill, makeFinal, noteTickets } from "../guards/erasure.ts";
import type { DataContext } from "../storage/context.ts";
import { ValidationError } from "../storage/errors.ts";
import { optionsIn } from "../storage/options.ts";
import type { ListOptions, Page } from "../storage/pages.ts";
import { anyOf, Repository } from "../storage/repository.ts";
import { BATCH_WRITE_LIMIT, batchDelete, batchGet, keyOf, type StoredItem } from "../storage/requests.ts";
import { attributeValue, countIn } from "../storage/validation.ts";
import type { ExportedEntity } from "./export.ts";
import { type AccountModel, byEntity, eachRowOf, entityOf, MODELS_OF_ITEMS, modelOf } from "./items.ts";
import { eachActionKeys, ticketIdsIn } from "./ticket-actions.ts";

/** How many items of each entity were removed, as their indexes showed them; DevOps actions are those of the user's tickets. */
export type ErasedItems = Readonly<Record<ExportedEntity, number>>;

/** How far a call has come. */
export interface ErasureProgress {
  /** What the call has removed until now. */
  readonly removed: ErasedItems;
}

/** How long a call may work, and who hears of its progress. */
export interface ErasureOptions {
  /** Epoch seconds after which the call begins nothing new and returns. Default: none. */
  readonly deadline?: number;
  /** Called after every 25 items at most. */
  readonly onProgress?: (progress: ErasureProgress) => void;
}

/** What an erasure did. */
export interface ErasureReport {
  /** What this call removed. */
  readonly removed: ErasedItems;
  /** Whether everything that the indexes show is gone. False when the deadline came first: call again. */
  readonly swept: boolean;
  /** Epoch seconds from when on `finishErasures` makes the erasure final. */
  readonly final_at: number;
}

/** What a run over all unfinished erasures did. */
export interface ErasuresReport {
  /** What this run removed, of all accounts. */
  readonly removed: ErasedItems;
  /** How many erasures became final. */
  readonly final: number;
  /** How many of those that were found did not, most because their time has not come. */
  readonly unfinished: number;
}

/** An erasure that is not final. */
export interface UnfinishedErasure {
  /** The account's address. */
  readonly user_email: string;
  /** When the account was erased; epoch seconds. */
  readonly erased_at: number;
  /** From when on it may become final; epoch seconds. */
  readonly final_at: number;
}

const LABEL = { entity: "account", accessPattern: "erase" };

type Removed = Record<keyof ErasedItems, number>;

const nothingRemoved = (): Removed => ({ ...byEntity(() => 0), devops_action: 0 });

/** Checks how long a call may work. */
export function workOf<O extends { readonly deadline?: number; readonly onProgress?: unknown }>(
  subject: string,
  options: O,
): O {
  const { deadline, onProgress } = optionsIn(subject, options, ["deadline", "onProgress"]);
  if (deadline !== undefined) countIn(subject, "deadline", deadline, 0, MAX_INSTANT);
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw new ValidationError(subject, "onProgress", "must be a function", onProgress);
  }
  return options;
}

/** Removes every item of an account: see `Accounts.erase`. */
export async function eraseAccount(
  context: DataContext,
  email: string,
  options: ErasureOptions,
): Promise<ErasureReport> {
  const user_email = attributeValue(UserModel, "email", email);
  const work = workOf("erase", options);
  const erasure = await enterErasure(context, user_email);
  const removed = nothingRemoved();
  const { swept } = await workOff(context, { ...erasure, user_email }, removed, work);
  return { removed, swept, final_at: erasure.final_at };
}

/** Works off all unfinished erasures: see `Accounts.finishErasures`. */
export async function finishErasures(context: DataContext, options: ErasureOptions): Promise<ErasuresReport> {
  const work = workOf("finishErasures", options);
  const removed = nothingRemoved();
  const failures: unknown[] = [];
  let [final, unfinished] = [0, 0];
  for await (const erasure of eachUnfinished(context)) {
    const finished = await workOff(context, erasure, removed, work).catch((error: unknown) => {
      // One erasure that fails keeps no other from its end.
      failures.push(error);
      return { final: false };
    });
    if (finished.final) final++;
    else unfinished++;
  }
  if (failures.length > 0) throw failures[0];
  return { removed, final, unfinished };
}

/** A page of the erasures that are not final: see `Accounts.listUnfinishedErasures`. */
export async function listUnfinished(context: DataContext, options: ListOptions): Promise<Page<UnfinishedErasure>> {
  const { items, cursor } = await erasuresOf(context).wholePage(
    "byState",
    { state: "unfinished" },
    options,
    (entries) => entries.filter(({ state }) => state === "unfinished"),
  );
  return {
    items: items.map(({ user_email, erased_at, final_at }) => ({
      user_email: user_email as string,
      erased_at,
      final_at,
    })),
    cursor,
  };
}

/** Looks through an erased account once, and makes its erasure final when nothing of before can come any more. */
async function workOff(
  context: DataContext,
  erasure: Erasure,
  removed: Removed,
  work: ErasureOptions,
): Promise<{ readonly swept: boolean; readonly final: boolean }> {
  const isDue = context.clock() >= erasure.final_at;
  const swept = await new Sweep(context, erasure, removed, work).run();
  if (swept && isDue) await makeFinal(context, erasure);
  return { swept, final: swept && isDue };
}

/**
 * Removes what the indexes show of an account, in one pass, page by page: what they show late is found by a later one.
 * Sessions and tokens go after all else, and the account's own row last, so that its user can ask again after a crash.
 */
class Sweep {
  readonly #context: DataContext;
  readonly #erasure: Erasure;
  readonly #email: string;
  readonly #users: Repository<UserEntity>;
  readonly #removed: Removed;
  readonly #work: ErasureOptions;
  /** Rows that were found and not removed yet. */
  #found: StoredItem[] = [];

  constructor(context: DataContext, erasure: Erasure, removed: Removed, work: ErasureOptions) {
    this.#context = context;
    this.#erasure = erasure;
    this.#email = erasure.user_email as string;
    this.#users = new Repository(context, UserModel);
    this.#removed = removed;
    this.#work = work;
  }

  /** Tells whether it came to the end. */
  async run(): Promise<boolean> {
    const lettingIn = MODELS_OF_ITEMS.filter(({ account }) => account.letsIn === true);
    const others = MODELS_OF_ITEMS.filter(({ account }) => account.letsIn !== true);
    // Of tickets that an earlier pass removed.
    if (!(await this.#removeActions(this.#erasure.tickets ?? []))) return false;
    if (!(await this.#removeAll(others))) return false;
    if (!(await this.#mayGoOn())) return false;
    // A final erasure has left no account, and one that is there now began after it.
    const own = this.#erasure.state === "unfinished" && (await this.#shutForGood());
    if (!(await this.#removeAll(lettingIn))) return false;
    if (own) await this.#removeOwnRow();
    return true;
  }

  /** Removes the items of some models; false when it may not go on. */
  async #removeAll(models: readonly AccountModel[]): Promise<boolean> {
    for (const model of models) {
      if (this.#isOver()) return false;
      for await (const row of eachRowOf(this.#context, model, this.#email, LABEL)) {
        this.#found.push(row);
        if (this.#found.length === BATCH_WRITE_LIMIT && !(await this.#removeFound())) return false;
      }
    }
    return this.#removeFound();
  }

  async #removeFound(): Promise<boolean> {
    if (this.#found.length === 0) return true;
    // Everything found was of the erased account if nobody has registered anew until now.
    if (!(await this.#mayGoOn())) return false;
    const rows = this.#found;
    this.#found = [];
    const claiming = await this.#claimingItems(rows);
    if (!(await this.#removeActionsOf(claiming))) return false;
    await endClaims(this.#context, claiming);
    await batchDelete(this.#context, LABEL, rows.map(keyOf));
    for (const row of rows) this.#removed[entityOf(row)]++;
    this.#tell();
    return true;
  }

  /** What tells the claims of those that have one. */
  #claimingItems(rows: readonly StoredItem[]): Promise<StoredItem[]> {
    const keys = rows.filter((row) => modelOf(row).claim !== undefined).map(keyOf);
    return batchGet(this.#context, LABEL, keys, { consistent: true, attributes: CLAIMING_ATTRIBUTES });
  }

  /** Removes the actions of the tickets among some items, which are still there; false when it may not go on. */
  async #removeActionsOf(items: readonly StoredItem[]): Promise<boolean> {
    const tickets = ticketIdsIn(items);
    if (tickets.length === 0) return true;
    await noteTickets(this.#context, this.#erasure, tickets);
    return this.#removeActions(tickets);
  }

  /** Their ids stay claimed: the claims name a service, and an id may be used again without a ticket. */
  async #removeActions(ticketIds: Iterable<string>): Promise<boolean> {
    for await (const keys of eachActionKeys(this.#context, ticketIds, LABEL)) {
      for (let at = 0; at < keys.length; at += BATCH_WRITE_LIMIT) {
        if (!(await this.#mayGoOn())) return false;
        const some = keys.slice(at, at + BATCH_WRITE_LIMIT);
        await batchDelete(this.#context, LABEL, some);
        this.#removed.devops_action += some.length;
        this.#tell();
      }
    }
    return true;
  }

  async #mayGoOn(): Promise<boolean> {
    return !this.#isOver() && (await isStill(this.#context, this.#erasure));
  }

  #isOver(): boolean {
    const { deadline } = this.#work;
    return deadline !== undefined && this.#context.clock() >= deadline;
  }

  #tell(): void {
    this.#work.onProgress?.({ removed: { ...this.#removed } });
  }

  /** Marks the account deleted, from any state, and ends all that lets in; tells whether there is one. */
  async #shutForGood(): Promise<boolean> {
    const user = await this.#users.change(
      "erase",
      {},
      (entity) => entity.patch({ email: this.#email }).set({ account_status: "deleted" }).add({ generation: 1 }),
      () => undefined,
    );
    return user !== undefined;
  }

  async #removeOwnRow(): Promise<void> {
    let gone = true;
    await this.#users.remove(
      "erase",
      { email: this.#email },
      {
        holds: ({ account_status }, { eq, notExists }) =>
          anyOf(notExists(account_status), eq(account_status, "deleted")),
        otherwise: () => {
          gone = false;
        },
      },
    );
    if (gone) this.#removed.user++;
    this.#tell();
  }
}

/** What is read of items to tell their claims, and which entity's they are. */
const CLAIMING_ATTRIBUTES: readonly string[] = [
  ...new Set([
    ...Object.values(PRIMARY_KEY),
    "__edb_e__",
    ...MODELS_OF_ITEMS.flatMap(({ claim }) => (claim === undefined ? [] : [claim.id, ...claim.owner, claim.among])),
  ]),
].filter((name) => name !== undefined);

/**
 * Ends the claims of items before these go. An id that is used up, such as a transaction's, stays so for good; any other
 * claim ends once no backup can bring its item back.
 */
async function endClaims(context: DataContext, items: readonly StoredItem[]): Promise<void> {
  const used: ItemClaim[] = [];
  const retired: ItemClaim[] = [];
  for (const item of items) {
    const { claim } = modelOf(item);
    if (claim !== undefined) (claim.settles === true ? used : retired).push(...allClaimsOf(claim, item));
  }
  await Promise.all([
    ...used.map((claim) => settleClaim(context, ...claim, context.clock())),
    retireClaims(context, retired),
  ]);
}
