import { createHash } from "node:crypto";
import { ClaimModel } from "../entities/claim.ts";
import { ErasureModel } from "../entities/erasure.ts";
import { UserModel } from "../entities/user.ts";
import type { DataContext } from "./context.ts";
import { EntityStore } from "./entity-store.ts";
import { ConflictError } from "./errors.ts";
import { batchGet, type StoredItem, type StoredKey } from "./requests.ts";

/** Longer than any Lambda function runs, so that no write that began before an erasure can end after its marker. */
export const ERASURE_MARKER_SECONDS = 60 * 60;

const accountHash = (user_email: string) => createHash("sha256").update(`account\0${user_email}`).digest("hex");

/**
 * Sets the markers that make writes for the account fail from now on, and tells whether the account had a row of its own.
 * Safe to repeat.
 */
export async function markErased(context: DataContext, user_email: string): Promise<boolean> {
  const { claims, key } = markerOf(context, user_email);
  const created_at = context.clock();
  const expires_at = created_at + ERASURE_MARKER_SECONDS;
  const own = await new EntityStore(context, ErasureModel).replace("erase", {
    email: user_email,
    created_at,
    expires_at,
  });
  await claims.insert({ ...key, owner: key.claimed_id, created_at, expires_at }, () =>
    claims.change(
      "extend",
      {},
      (claim) => claim.patch(key).set({ expires_at }),
      (current) => claims.parse(current as StoredItem),
    ),
  );
  return own !== undefined && own.__edb_e__ !== ErasureModel.schema.model.entity;
}

/** Takes back what was written. */
type Undo<T> = (written: T) => Promise<unknown>;

/**
 * Writes an item of an account, then looks for the erasure's marker, and takes the item back if it is there. A write that
 * finds no marker was stored before the marker, so the erasure, which looks for items after setting it, removes it.
 * @throws ConflictError `erased`
 */
export async function writeUnlessErased<T>(
  context: DataContext,
  user_email: string,
  write: () => Promise<T>,
  undo: Undo<T>,
): Promise<T> {
  const written = await write();
  const { claims, key } = markerOf(context, user_email);
  const marker = await claims.read("erasure", claims.entity.get(key), { consistent: true });
  if (!holds(context, marker)) return written;
  await undo(written);
  throw erased();
}

/**
 * The same for what lets a user in: the account must also be active, if there is one, and the token that lets in must
 * still be there. Shutting an account out changes its status before it removes tokens and sessions, so a session that
 * began in between is taken back here or removed there.
 * @throws ConflictError `erased`, `suspended`, `deleted` or `shut`
 */
export async function writeUnlessShut<T>(
  context: DataContext,
  user_email: string,
  write: () => Promise<T>,
  undo: Undo<T>,
  token?: StoredKey,
): Promise<T> {
  const written = await write();
  const users = new EntityStore(context, UserModel);
  const account = users.keyOf(users.entity.get({ email: user_email }));
  const label = { entity: users.name, accessPattern: "shut" };
  const keys = token === undefined ? [account] : [account, token];
  const found = await batchGet(context, label, keys, { consistent: true });
  const own = found.find((item) => item.pk === account.pk);
  const gone = found.length < (token === undefined ? 0 : 1) + (own === undefined ? 0 : 1);
  const shut =
    refusalOf(context, own) ??
    (gone ? new ConflictError("user", "shut", "the token was withdrawn meanwhile") : undefined);
  if (shut === undefined) return written;
  await undo(written);
  throw shut;
}

/** Why the account's own row, if there is one, lets nobody in. */
function refusalOf(context: DataContext, own: StoredItem | undefined): ConflictError | undefined {
  if (own === undefined) return undefined;
  if (own.__edb_e__ === ErasureModel.schema.model.entity) return holds(context, own) ? erased() : undefined;
  const { account_status } = own;
  return account_status === "active"
    ? undefined
    : new ConflictError("user", String(account_status), `the account is ${account_status}`);
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
