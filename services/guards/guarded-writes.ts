import type { CreateEntityItem, EntityItem } from "electrodb";
import type { AnyEntity, DataContext, Model } from "../storage/context.ts";
import type { NotFoundError } from "../storage/errors.ts";
import { Repository } from "../storage/repository.ts";
import { batchGet, type RequestLabel, type StoredItem, type StoredKey, send } from "../storage/requests.ts";
import { type ClaimingModel, claimOf, claimOwnId, giveBackClaim, retireClaims } from "./claims.ts";
import { entryKeyOf, erasuresOf, findRefusal, type Refusal, refusalOf } from "./erasure.ts";

/** An item that must be there for another one to be. */
interface Parent {
  readonly key: StoredKey;
  readonly missing: () => NotFoundError;
}

/** What `createOnce` must know of an item besides its values. */
interface Creation {
  /** Whether the caller chose the id: then a retry finds what the first call wrote. */
  readonly ownId: boolean;
  readonly parent?: Parent;
  readonly admission?: Admission;
}

/** What a new item needs besides a free id, such as a place in its day. */
export interface Admission {
  /**
   * Lets an item in before it is written. The instant is the one at which it begins by its claim; gives the one at which
   * it begins now.
   * @throws DataLayerError when it is not let in
   */
  admit(id: string, began: number): Promise<number>;
  /** Takes back what was let in, when the item is refused after all. Safe to repeat. */
  withdraw(id: string, begins: number): Promise<void>;
}

/**
 * Writes a new item of an account once: validates it, claims its id if the caller chose that, writes it, and takes it
 * back if the account turns out to be erased, or its parent to be missing. An id that was claimed before may be of an
 * account that was erased since: then nothing is written.
 * @throws ConflictError when the id belongs to something else, `erased`, `moved` or `being_changed`; NotFoundError for the parent; UnprocessedError.
 */
export async function createOnce<E extends AnyEntity>(
  context: DataContext,
  model: ClaimingModel<E> & Required<Pick<Model, "account">>,
  item: CreateEntityItem<E>,
  { ownId, parent, admission }: Creation,
): Promise<EntityItem<E>> {
  const store = new Repository(context, model);
  const given = item as Readonly<Record<string, unknown>>;
  const user_email = given[model.account.attribute] as string;
  const { id, begins } = model.claim;
  const itemId = given[id] as string;
  let existed = false;
  const write = (created: CreateEntityItem<E>) =>
    store.insertOnce(created, () => {
      existed = true;
    });
  const undo = async (created: CreateEntityItem<E>, refusal?: Refusal) => {
    if (existed && refusal?.keeps === true) return;
    await store.remove("undo", created);
    await admission?.withdraw(itemId, (created as typeof given)[begins] as number);
    if (!ownId || refusal === undefined) return;
    const claim = claimOf(model.claim, given);
    if (refusal.releases) await giveBackClaim(context, ...claim);
    else if (!refusal.keeps) await retireClaims(context, [claim]);
  };
  // Nothing of an item that is refused is written, not even its claim.
  if (ownId || admission !== undefined) store.itemOf(item);
  if (!ownId) {
    const admitted = async () => {
      await admission?.admit(itemId, given[begins] as number);
      return write(item);
    };
    return writeUnlessErased(context, user_email, admitted, (_, refusal) => undo(item, refusal), { parent });
  }
  const { created_at: claimed, fresh } = await claimOwnId(context, model, given);
  const refusal = fresh ? undefined : await findRefusal(context, user_email, claimed);
  if (refusal?.keeps === false) {
    // A call before this one may have died between its write and its look at the ledger.
    await undo({ ...item, [begins]: claimed }, refusal);
    throw refusal.error();
  }
  const began = (await admission?.admit(itemId, claimed)) ?? claimed;
  const created = { ...item, [begins]: began };
  return writeUnlessErased(
    context,
    user_email,
    () => write(created),
    (_, why) => undo(created, why),
    { parent, began },
  );
}

/** Takes back what was written; for want of a parent there is no refusal. */
type Undo<T> = (written: T, refusal: Refusal | undefined) => Promise<unknown>;

/**
 * Writes an item of an account, then looks for an erasure in the ledger, and takes the item back if there is one. A write
 * that finds none was stored before the erasure was entered, which looks for items after that, and removes it.
 * With a `parent` the item is also taken back when that is not there. An item that `began` before an erasure is taken back
 * also when the person has registered anew.
 * @throws ConflictError `erased`, `moved` or `being_changed`; NotFoundError for the parent.
 */
export async function writeUnlessErased<T>(
  context: DataContext,
  user_email: string,
  write: () => Promise<T>,
  undo: Undo<T>,
  { parent, began }: { readonly parent?: Parent | undefined; readonly began?: number | undefined } = {},
): Promise<T> {
  // Before the write: without its secret the ledger cannot be looked at.
  const entry = entryKeyOf(context, user_email);
  const written = await write();
  const label = { entity: erasuresOf(context).name, accessPattern: "byAccount" };
  const found = await readAll(context, label, parent === undefined ? [entry] : [entry, parent.key]);
  const at = ({ pk }: StoredKey) => found.find((item) => item.pk === pk);
  const missing = parent !== undefined && at(parent.key) === undefined ? parent.missing : undefined;
  const refusal = refusalOf(at(entry), began);
  const error = refusal?.error ?? missing;
  if (error === undefined) return written;
  await undo(written, refusal);
  throw error();
}

/** Reads a few items consistently in one request. */
async function readAll(context: DataContext, label: RequestLabel, keys: readonly StoredKey[]): Promise<StoredItem[]> {
  const [single, ...others] = keys;
  if (others.length > 0) return batchGet(context, label, keys, { consistent: true });
  if (single === undefined) return [];
  const parameters = { TableName: context.table, Key: single, ConsistentRead: true };
  const { Item } = await send(context, "GetItem", label, parameters);
  return Item === undefined ? [] : [Item];
}
