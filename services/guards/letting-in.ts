import { Buffer } from "node:buffer";
import type { AccountStatus } from "../../entities/enums.ts";
import { PRIMARY_KEY } from "../../entities/keys.ts";
import { SessionModel } from "../../entities/session.ts";
import { type User, type UserEntity, UserModel } from "../../entities/user.ts";
import type { DataContext } from "../storage/context.ts";
import { ConflictError } from "../storage/errors.ts";
import { Repository } from "../storage/repository.ts";
import { batchGet, type StoredItem, type StoredKey } from "../storage/requests.ts";
import { attributeValue } from "../storage/validation.ts";
import { beingChanged } from "./erasure.ts";

// What lets a user in names the generation of the account that it began under. Shutting the account out raises the
// generation in the same write as the state or the password, so everything of an earlier generation is refused from then
// on, whatever an index shows.

/** The generation of an account, a session or a token; those that were brought over have none, which is the first. */
export const generationOf = (item: StoredItem): number => (item.generation as number | undefined) ?? 0;

/**
 * A session's id: an unguessable part, and the account, so that both can be read in one request.
 * The account is the user's own address, and no secret to the user who holds the id.
 */
export const sessionIdOf = (unguessable: string, user_email: string): string =>
  `${unguessable}.${Buffer.from(user_email).toString("base64url")}`;

/**
 * What is read to let a session in: all of the session, and of the account what decides. A function that authenticates is
 * granted these attributes alone, so that it reaches no password hash.
 */
export const LETTING_IN_ATTRIBUTES: readonly string[] = [
  ...Object.values(PRIMARY_KEY),
  ...Object.keys(SessionModel.schema.attributes),
  "account_status",
  "address_change",
  "kept_session",
];

/** The account in a session's id, or undefined for an id that was brought over. */
function accountIn(session_id: string): string | undefined {
  const place = session_id.indexOf(".");
  if (place === -1) return undefined;
  const account = Buffer.from(session_id.slice(place + 1), "base64url").toString();
  return sessionIdOf(session_id.slice(0, place), account) === session_id && account.includes("@") ? account : undefined;
}

/**
 * The generation of an account that lets users in now, read consistently.
 * @throws ConflictError `wrong_state`, or `password_changed` when `password_hash` is not the account's; NotFoundError.
 */
export async function openGeneration(
  context: DataContext,
  user_email: string,
  password_hash: string | undefined,
): Promise<number> {
  const user = await new Repository(context, UserModel).getStored(user_email, { consistent: true });
  checkOpen(user);
  if (password_hash === undefined || user.password_hash === password_hash) return generationOf(user);
  throw new ConflictError("user", "password_changed", "The password has been changed meanwhile.");
}

/** @throws ConflictError `being_changed` or `wrong_state` unless the account lets its user in. */
export function checkOpen({ account_status, address_change }: StoredItem): void {
  if (address_change !== undefined) throw beingChanged();
  if (account_status === "active") return;
  throw new ConflictError("user", "wrong_state", `The account is ${account_status}.`, account_status as AccountStatus);
}

/**
 * A session and its account, read consistently in one request. An id that was brought over does not name the account, which
 * takes a second one.
 * @throws UnprocessedError
 */
export async function sessionAndAccount(
  context: DataContext,
  id: string,
): Promise<{ readonly session?: StoredItem | undefined; readonly account?: StoredItem | undefined }> {
  const session_id = attributeValue(SessionModel, "session_id", id);
  const sessions = new Repository(context, SessionModel);
  const users = new Repository(context, UserModel);
  const label = { entity: sessions.name, accessPattern: "byId" };
  const read = (keys: readonly StoredKey[]) =>
    batchGet(context, label, keys, { consistent: true, attributes: LETTING_IN_ATTRIBUTES });
  const key = sessions.keyOf({ session_id });
  const email = accountIn(id);
  if (email === undefined) {
    const [session] = await read([key]);
    if (session === undefined) return {};
    const [account] = await read([users.keyOf({ email: session.user_email })]);
    return { session, account };
  }
  const holder = users.keyOf({ email });
  const found = await read([key, holder]);
  const at = ({ pk }: StoredKey) => found.find((item) => item.pk === pk);
  return { session: at(key), account: at(holder) };
}

/** Whether an instant is still to come; what is no instant is not. */
export const isAhead = (instant: unknown, now: number): boolean =>
  Number.isInteger(instant) && (instant as number) > now;

/** How an account names the session that stays when a generation begins. */
export const keptBy = (generation: number, { session_id }: StoredItem): string => `${generation}#${session_id}`;

/** Whether what began under a generation still lets the account's user in. */
export const letsIn = (account: StoredItem | undefined, began: StoredItem): boolean =>
  account !== undefined &&
  account.account_status === "active" &&
  account.address_change === undefined &&
  (generationOf(account) === generationOf(began) || account.kept_session === keptBy(generationOf(account), began));

/**
 * Writes a session that a token opens, then looks whether the account still lets that token's user in and whether the token
 * is still there: ending the session withdraws it. Takes the session back if not.
 * @throws ConflictError `wrong_state` or `shut`; NotFoundError for the user; UnprocessedError.
 */
export async function openByToken<T>(
  context: DataContext,
  token: { readonly key: StoredKey; readonly stored: StoredItem },
  write: () => Promise<T>,
  undo: (written: T) => Promise<unknown>,
): Promise<T> {
  const written = await write();
  const users = new Repository(context, UserModel);
  const account = users.keyOf({ email: token.stored.user_email });
  const label = { entity: users.name, accessPattern: "shut" };
  const found = await batchGet(context, label, [account, token.key], { consistent: true });
  const holder = found.find(({ pk }) => pk === account.pk);
  const withdrawn = !found.some(({ pk }) => pk === token.key.pk);
  if (letsIn(holder, token.stored) && !withdrawn) return written;
  await undo(written);
  if (holder === undefined) throw users.notFound();
  checkOpen(holder);
  throw new ConflictError("user", "shut", "The token was withdrawn meanwhile.");
}

/** Ends what any session or token of the account lets in; undefined when there is no such account. */
export const raiseGeneration = (users: Repository<UserEntity>, email: string): Promise<User | undefined> =>
  users.change(
    "endAll",
    {},
    (user) => user.patch({ email }).add({ generation: 1 }),
    () => undefined,
  );
