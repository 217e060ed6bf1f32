import { createHash } from "node:crypto";
import { ClaimModel } from "../entities/claim.ts";
import { UserModel } from "../entities/user.ts";
import type { DataContext } from "./context.ts";
import { EntityStore } from "./entity-store.ts";
import { ConflictError } from "./errors.ts";
import { batchGet, type StoredItem, type StoredKey } from "./requests.ts";

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
  const { claims, key } = markerOf(context, user_email);
  const users = new EntityStore(context, UserModel);
  const keys = [
    claims.keyOf(claims.entity.get(key)),
    users.keyOf(users.entity.get({ email: user_email })),
    ...(token === undefined ? [] : [token]),
  ];
  const found = await batchGet(context, { entity: "user", accessPattern: "shut" }, keys, { consistent: true });
  const status = found.find((item) => item.__edb_e__ === users.name)?.account_status ?? "active";
  const marker = found.find((item) => item.__edb_e__ === claims.name);
  const gone = token !== undefined && !found.some((item) => item.pk === token.pk);
  if (!holds(context, marker) && status === "active" && !gone) return written;
  await undo(written);
  if (holds(context, marker)) throw erased();
  if (status !== "active") throw new ConflictError("user", String(status), `the account is ${status}`);
  throw new ConflictError("user", "shut", "the token was withdrawn meanwhile");
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
