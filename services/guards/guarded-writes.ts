import type { CreateEntityItem, EntityItem } from "electrodb";
import { primaryKeyOf } from "../../entities/schema.ts";
import type { AnyEntity, DataContext, Model } from "../storage/context.ts";
import { ConflictError, type NotFoundError } from "../storage/errors.ts";
import { Repository } from "../storage/repository.ts";
import { batchGet, type RequestLabel, type StoredItem, type StoredKey, send } from "../storage/requests.ts";
import { type ClaimingModel, claimOwnId } from "./claims.ts";
import { holds, markerOf } from "./erasure.ts";

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
 * back if the account turns out to be erased, or its parent to be missing.
 * @throws ConflictError when the id belongs to something else, or `erased`; NotFoundError for the parent; UnprocessedError.
 */
export async function createOnce<E extends AnyEntity>(
  context: DataContext,
  model: ClaimingModel<E> & Required<Pick<Model, "account">>,
  item: CreateEntityItem<E>,
  { ownId, parent, admission }: Creation,
): Promise<EntityItem<E>> {
  const store = new Repository(context, model);
  const given = item as Readonly<Record<string, unknown>>;
  const { id, begins } = model.claim;
  let began = given[begins] as number;
  // Nothing of an item that is refused is written, not even its claim.
  if (ownId || admission !== undefined) store.itemOf(item);
  if (ownId) began = await claimOwnId(context, model, given);
  if (admission !== undefined) began = await admission.admit(given[id] as string, began);
  const created = { ...item, [begins]: began };
  const { attributes: names } = primaryKeyOf(model.schema);
  const key = Object.fromEntries(names.map((name) => [name, created[name as never]]));
  return writeUnlessErased(
    context,
    given[model.account.attribute] as string,
    () => store.insertOnce(created),
    async () => {
      await store.remove("undo", store.entity.delete(key as never));
      await admission?.withdraw(given[id] as string, began);
    },
    parent,
  );
}

/** Takes back what was written. */
type Undo<T> = (written: T) => Promise<unknown>;

/**
 * Writes an item of an account, then looks for the erasure's marker, and takes the item back if it is there. A write that
 * finds no marker was stored before the marker, so the erasure, which looks for items after setting it, removes it.
 * With a `parent` the item is also taken back when that is not there.
 * @throws ConflictError `erased`; NotFoundError for the parent.
 */
export async function writeUnlessErased<T>(
  context: DataContext,
  user_email: string,
  write: () => Promise<T>,
  undo: Undo<T>,
  parent?: Parent,
): Promise<T> {
  const written = await write();
  const { claims, key } = markerOf(context, user_email);
  const marker = claims.keyOf(key);
  const label = { entity: claims.name, accessPattern: "erasure" };
  const found = await readAll(context, label, parent === undefined ? [marker] : [marker, parent.key]);
  const at = ({ pk }: StoredKey) => found.find((item) => item.pk === pk);
  const missing = parent !== undefined && at(parent.key) === undefined ? parent.missing : undefined;
  const refusal = holds(context, at(marker)) ? erased : missing;
  if (refusal === undefined) return written;
  await undo(written);
  throw refusal();
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

const erased = () => new ConflictError("user", "erased", "The account has been erased.");
