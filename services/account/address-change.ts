import type { CreateEntityItem } from "electrodb";
import type { AccountEntity } from "../../entities/models.ts";
import { primaryKeyOf } from "../../entities/schema.ts";
import { type UserEntity, UserModel } from "../../entities/user.ts";
import { RESET, VERIFICATION } from "../guards/account-tokens.ts";
import { eachUnfinished, erasuresOf } from "../guards/erasure.ts";
import {
  enterMove,
  eraseMove,
  giveUpMove,
  type Move,
  makeMoveFinal,
  moveOf,
  openReceived,
  type Phase,
  phaseOf,
  receive,
} from "../guards/moves.ts";
import type { DataContext } from "../storage/context.ts";
import { ConflictError, isDataLayerError, ValidationError } from "../storage/errors.ts";
import type { ListOptions, Page } from "../storage/pages.ts";
import { givenOf, Repository } from "../storage/repository.ts";
import { BATCH_WRITE_LIMIT, batchDelete, batchGet, keyOf, type StoredItem } from "../storage/requests.ts";
import { attributeValue, only } from "../storage/validation.ts";
import { workOf } from "./erasure.ts";
import { type AccountModel, byEntity, eachRowOf, entityOf, MODELS_OF_ITEMS } from "./items.ts";
import { moveItem } from "./moved-items.ts";

/** Another address for an account. */
export interface AddressChange {
  /** The account's address. */
  readonly from: string;
  /** Its new one. */
  readonly to: string;
  /** Whether the person has proven to own the new address, such as by a link sent there. Default: false. */
  readonly email_verified?: boolean;
}

/** How many items of each entity were moved; of sessions and QR tokens, ended. */
export type MovedItems = Readonly<Record<AccountEntity, number>>;

/** How far a call has come. */
export interface AddressChangeProgress {
  /** What the call has moved until now; of sessions and QR tokens, what it has ended. */
  readonly moved: MovedItems;
}

/** How long a call may work, and who hears of its progress. */
export interface AddressChangeOptions {
  /** Epoch seconds after which the call begins nothing new and returns. Default: none. */
  readonly deadline?: number;
  /** Called after every 25 items at most. */
  readonly onProgress?: (progress: AddressChangeProgress) => void;
}

/** What a change of an address did. */
export interface AddressChangeReport {
  /** What this call moved; of sessions and QR tokens, what it ended. */
  readonly moved: MovedItems;
  /** Whether the account is open at its new address. False when the deadline came first: call again. */
  readonly changed: boolean;
}

/** What a run over all unfinished changes did. */
export interface AddressChangesReport {
  /** What this run moved, of all accounts. */
  readonly moved: MovedItems;
  /** How many changes became final. */
  readonly final: number;
  /** How many could not be made, because the new address was taken meanwhile or the account is gone. */
  readonly refused: number;
  /** How many are left, most because their time has not come. */
  readonly unfinished: number;
}

/** A change of an address that is not final. */
export interface UnfinishedAddressChange {
  /** The address that the account leaves. */
  readonly from: string;
  /** The address that it moves to. */
  readonly to: string;
  /** When it began; epoch seconds. */
  readonly changed_at: number;
  /** From when on it may become final; epoch seconds. */
  readonly final_at: number;
}

const LABEL = { entity: "account", accessPattern: "changeAddress" };
/** Items that move side by side. */
const AT_ONCE = BATCH_WRITE_LIMIT;

/** What was sent to the address before. */
const OF_THE_ADDRESS: ReadonlySet<string> = new Set([...VERIFICATION, ...RESET]);

type Moved = Record<AccountEntity, number>;

const addressOf = (name: string, value: string) => attributeValue(UserModel, "email", value, name);

/** Changes the address of an account: see `Accounts.changeAddress`. */
export async function changeAddress(
  context: DataContext,
  input: AddressChange,
  options: AddressChangeOptions,
): Promise<AddressChangeReport> {
  only("user", input, ["from", "to", "email_verified"]);
  const [from, to] = [addressOf("from", input.from), addressOf("to", input.to)];
  if (from === to) throw new ValidationError("user", "to", "must be another address", input.to);
  const verified = attributeValue(UserModel, "email_verified", input.email_verified ?? false);
  workOf("changeAddress", options);
  const moved = byEntity(() => 0);
  const move = await enterMove(context, { from, to, verified });
  if (move === undefined) return { moved, changed: true };
  const { changed } = await new Relocation(context, move, moved, options).run();
  return { moved, changed };
}

/** Works off all unfinished changes: see `Accounts.finishAddressChanges`. */
export async function finishAddressChanges(
  context: DataContext,
  options: AddressChangeOptions,
): Promise<AddressChangesReport> {
  workOf("finishAddressChanges", options);
  const moved = byEntity(() => 0);
  const failures: unknown[] = [];
  let [final, refused, unfinished] = [0, 0, 0];
  for await (const entry of eachUnfinished(context, "moving")) {
    try {
      const ended = await new Relocation(context, moveOf(entry), moved, options).run();
      if (ended.final) final++;
      else unfinished++;
    } catch (error) {
      if (isRefusal(error)) refused++;
      // One change that fails keeps no other from its end.
      else failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return { moved, final, refused, unfinished };
}

const isRefusal = (error: unknown) =>
  isDataLayerError(error) && ((error.code === "conflict" && error.reason !== "busy") || error.code === "not_found");

/** A page of the changes that are not final: see `Accounts.listUnfinishedAddressChanges`. */
export async function listUnfinishedChanges(
  context: DataContext,
  options: ListOptions,
): Promise<Page<UnfinishedAddressChange>> {
  const { items, cursor } = await erasuresOf(context).wholePage("byState", { state: "moving" }, options, (entries) =>
    entries.filter(({ state }) => state === "moving"),
  );
  const shown = items.map(moveOf).map(({ from, to, moved_at, final_at }) => ({
    from,
    to,
    changed_at: moved_at,
    final_at,
  }));
  return { items: shown, cursor };
}

/**
 * Moves an account. Its row is copied first, shut at both addresses, so that nobody can register at the new one; then its
 * items move, as indexes show them; then the row before goes and the new one is opened. What indexes show late moves later.
 */
class Relocation {
  readonly #context: DataContext;
  readonly #move: Move;
  readonly #users: Repository<UserEntity>;
  readonly #moved: Moved;
  readonly #work: AddressChangeOptions;

  constructor(context: DataContext, move: Move, moved: Moved, work: AddressChangeOptions) {
    this.#context = context;
    this.#move = move;
    this.#users = new Repository(context, UserModel);
    this.#moved = moved;
    this.#work = work;
  }

  /** Tells whether the account is open at its new address, and whether nothing can come late any more. */
  async run(): Promise<{ readonly changed: boolean; readonly final: boolean }> {
    if (this.#isOver()) return { changed: false, final: false };
    const isDue = this.#context.clock() >= this.#move.final_at;
    const phase = await phaseOf(this.#context, this.#move);
    // Another call has ended it meanwhile.
    if (phase === undefined) return { changed: true, final: true };
    if (phase === "erased") {
      await eraseMove(this.#context, this.#move);
      return { changed: true, final: true };
    }
    if (phase === "begun") await this.#begin();
    // A call before this one may have died when it had opened the address, and not the row.
    else await this.#unlock(this.#move.to);
    if (!(await this.#moveAll(phase))) return { changed: phase === "open", final: false };
    if (phase === "begun") await this.#open();
    if (isDue) await makeMoveFinal(this.#context, this.#move);
    return { changed: true, final: isDue };
  }

  /**
   * Shuts the account, and takes the new address for it.
   * @throws ConflictError; NotFoundError: then the change is given up.
   */
  async #begin(): Promise<void> {
    try {
      await this.#take();
      await receive(this.#context, this.#move);
    } catch (error) {
      if (isRefusal(error)) await this.#giveUp();
      throw error;
    }
  }

  async #take(): Promise<void> {
    const { account, from, to, verified } = this.#move;
    let refusal: Error | undefined;
    const left = await this.#users.changeStored(
      "shut",
      {},
      (user) =>
        user
          .patch({ email: from })
          .set({ address_change: account })
          .add({ generation: 1 })
          .where(({ account_status }, { ne }) => ne(account_status, "deleted")),
      (current) => {
        refusal = current === undefined ? this.#users.notFound() : wrongState();
        return undefined;
      },
    );
    if (left === undefined) {
      const other = await this.#users.findStored({ email: to }, { consistent: true });
      // The row before has gone: a call before this one came that far.
      if (other?.address_change === account) return;
      throw refusal;
    }
    const shown = Object.fromEntries(Object.entries(left).filter(([name]) => !OF_THE_ADDRESS.has(name)));
    // No session that began at the address before an erasure there is of this generation.
    const copy = { email: to, email_verified: verified, generation: this.#context.clock() };
    await this.#users.insert(givenOf(UserModel, shown, copy) as CreateEntityItem<UserEntity>, (stored) => {
      if (stored.address_change !== account) {
        throw new ConflictError("user", "registered", "The e-mail address already has an account.");
      }
    });
  }

  /** Leaves both addresses as they were. */
  async #giveUp(): Promise<void> {
    const { account, from, to } = this.#move;
    await this.#users.remove(
      "undo",
      { email: to },
      { holds: ({ address_change }, { eq }) => eq(address_change, account), otherwise: () => undefined },
    );
    await this.#unlock(from);
    await giveUpMove(this.#context, this.#move);
  }

  /** Moves what the indexes show; false when it may not go on. Sessions and tokens end after all else. */
  async #moveAll(phase: Phase): Promise<boolean> {
    for (const model of MODELS_OF_ITEMS) {
      let found: StoredItem[] = [];
      for await (const row of rowsOf(this.#context, model, this.#move.from)) {
        found.push(row);
        if (found.length < AT_ONCE) continue;
        if (!(await this.#moveFound(model, found, phase))) return false;
        found = [];
      }
      if (!(await this.#moveFound(model, found, phase))) return false;
    }
    return !this.#isOver();
  }

  async #moveFound(model: AccountModel, rows: readonly StoredItem[], phase: Phase): Promise<boolean> {
    if (rows.length === 0) return true;
    if (this.#isOver() || (await phaseOf(this.#context, this.#move)) !== phase) return false;
    const { attribute, letsIn } = model.account;
    const read = await batchGet(this.#context, LABEL, rows.map(keyOf), { consistent: true });
    // The index may show what has moved.
    const items = read.filter((item) => item[attribute] === this.#move.from);
    if (letsIn === true) await batchDelete(this.#context, LABEL, items.map(keyOf));
    else await Promise.all(items.map((item) => moveItem(this.#context, item, this.#move.to)));
    for (const item of items) this.#moved[entityOf(item)]++;
    this.#work.onProgress?.({ moved: { ...this.#moved } });
    return true;
  }

  /** Removes the row at the address before, and opens the one at the new address. */
  async #open(): Promise<void> {
    const { account, from, to } = this.#move;
    let gone = true;
    await this.#users.remove(
      "changeAddress",
      { email: from },
      {
        holds: (row, { eq }) => eq(row.address_change, account),
        otherwise: () => {
          gone = false;
        },
      },
    );
    if (gone) this.#moved.user++;
    await openReceived(this.#context, this.#move);
    await this.#unlock(to);
    this.#work.onProgress?.({ moved: { ...this.#moved } });
  }

  async #unlock(email: string): Promise<void> {
    const { account } = this.#move;
    await this.#users.change(
      "open",
      {},
      (user) =>
        user
          .patch({ email })
          .remove(["address_change"])
          .where(({ address_change }, { eq }) => eq(address_change, account)),
      () => undefined,
    );
  }

  #isOver(): boolean {
    const { deadline } = this.#work;
    return deadline !== undefined && this.#context.clock() >= deadline;
  }
}

const wrongState = () => new ConflictError("user", "wrong_state", "The account is deleted.", "deleted");

/** Each row of a model's items of an account: from the table where its key begins with the address, which never lags. */
function rowsOf(context: DataContext, model: AccountModel, email: string): AsyncIterable<StoredItem> {
  const { pattern, attributes } = primaryKeyOf(model.schema);
  const by = attributes[0] === model.account.attribute ? pattern : model.account.by;
  return eachRowOf(context, { ...model, account: { ...model.account, by } }, email, LABEL);
}
