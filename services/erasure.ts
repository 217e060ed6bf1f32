import { createHash } from "node:crypto";
import { ClaimModel } from "../entities/claim.ts";
import { UserModel } from "../entities/user.ts";
import type { DataContext } from "./context.ts";
import { ConflictError, type NotFoundError } from "./errors.ts";
import { EntityStore } from "./storage/entity-store.ts";
import { batchGet, type RequestLabel, type StoredItem, type StoredKey, send } from "./storage/requests.ts";

/** Longer than any Lambda function runs, so that no write that began before an erasure can end after its marker. */
export const ERASURE_MARKER_SECONDS = 60 * 60;

const accountHash = (user_email: string) => createHash("sha256").update(`account\0${user_email}`).digest("hex");

/** Sets the marker that makes writes for the account fail from now on. Safe to repeat. */
export async function markErased(context: DataContext, user_email: string): Promise<void> {
  const { claims, key } = markerOf(context, user_email);
  const created_at = context.clock();
  const expires_at = created_at + ERASURE_MARKER_SECONDS;
  await claims.insert({ ...key, owner: key.claimed_id, created_at, expires_at }, () =>
    claims.change(
      "extend",
      {},
      (claim) => claim.patch(key).set({ expires_at }),
      (current) => claims.parse(current as StoredItem),
    ),
  );
}

/** Whether the account was erased within the last hour. */
export async function isErased(context: DataContext, user_email: string): Promise<boolean> {
  const { claims, key } = markerOf(context, user_email);
  return holds(context, await claims.read("erasure", claims.entity.get(key), { consistent: true }));
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
  parent?: { readonly key: StoredKey; readonly missing: () => NotFoundError },
): Promise<T> {
  const written = await write();
  const { claims, key } = markerOf(context, user_email);
  const marker = claims.keyOf(claims.entity.get(key));
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
  const [only, ...others] = keys;
  if (others.length > 0) return batchGet(context, label, keys, { consistent: true });
  if (only === undefined) return [];
  const parameters = { TableName: context.table, Key: only, ConsistentRead: true };
  const { Item } = await send(context, "GetItem", label, parameters);
  return Item === undefined ? [] : [Item];
}

/**
 * Writes what lets a user in, then looks whether the account is there and active, and the token or the password that lets in
 * is still its own, and takes back what was written if not. Shutting an account out, as erasing it does, changes its status before it
 * removes tokens and sessions, so a session that began in between is taken back here or removed there.
 * @throws ConflictError `suspended`, `deleted`, `password_changed` or `shut`; NotFoundError for the user; UnprocessedError.
 */
export async function writeUnlessShut<T>(
  context: DataContext,
  user_email: string,
  write: () => Promise<T>,
  undo: Undo<T>,
  { token, password_hash }: LetInBy = {},
): Promise<T> {
  const written = await write();
  const users = new EntityStore(context, UserModel);
  const account = users.keyOf(users.entity.get({ email: user_email }));
  const label = { entity: users.name, accessPattern: "shut" };
  const found = await readAll(context, label, token === undefined ? [account] : [account, token]);
  const holder = found.find((item) => item.pk === account.pk);
  const withdrawn = token !== undefined && !found.some((item) => item.pk === token.pk);
  const changed = password_hash !== undefined && holder?.password_hash !== password_hash;
  if (holder?.account_status === "active" && !withdrawn && !changed) return written;
  await undo(written);
  if (holder === undefined) throw users.notFound();
  const { account_status } = holder;
  if (account_status !== "active")
    throw new ConflictError("user", `${account_status}`, `the account is ${account_status}`);
  if (changed) throw new ConflictError("user", "password_changed", "the password has been changed meanwhile");
  throw new ConflictError("user", "shut", "the token was withdrawn meanwhile");
}

/** What lets a user in, and must still be there when the user is in. */
interface LetInBy {
  readonly token?: StoredKey;
  /** The hash that the password was compared with. */
  readonly password_hash?: string | undefined;
}

const erased = () => new ConflictError("user", "erased", "the account has been erased");

const holds = (context: DataContext, marker: StoredItem | undefined) =>
  marker !== undefined && (marker.expires_at as number) > context.clock();

function markerOf(context: DataContext, user_email: string) {
  return {
    claims: new EntityStore(context, ClaimModel),
    key: { kind: "erasure", claimed_id: accountHash(user_email) } as const,
  };
}
