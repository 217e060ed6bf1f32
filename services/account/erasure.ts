import type { AccountEntity } from "../../entities/models.ts";
import { type User, type UserEntity, UserModel } from "../../entities/user.ts";
import { allClaimsOf, settleClaim } from "../guards/claims.ts";
import { markErased } from "../guards/erasure.ts";
import type { DataContext } from "../storage/context.ts";
import { ConflictError } from "../storage/errors.ts";
import { Repository } from "../storage/repository.ts";
import { batchDelete, batchGet, keyOf, keyText, type StoredItem } from "../storage/requests.ts";
import { attributeValue } from "../storage/validation.ts";
import { byEntity, entityOf, modelOf, rowsOfAccount } from "./items.ts";

/** How many items of each entity an erasure removed. */
export type ErasureReport = Readonly<Record<AccountEntity, number>>;

const LABEL = { entity: "account", accessPattern: "erase" };
const MAX_PASSES = 12;

/** Removes every item of an account: see `Accounts.erase`. */
export async function eraseAccount(context: DataContext, email: string): Promise<ErasureReport> {
  const user_email = attributeValue(UserModel, "email", email);
  const users = new Repository(context, UserModel);
  await markErased(context, user_email);
  const own = await shutForGood(users, user_email);
  const report = byEntity(() => 0);
  for (const row of await removeItems(context, user_email)) report[entityOf(row)]++;
  if (own !== undefined) {
    await users.remove("erase", users.entity.delete({ email: user_email }));
    report.user++;
  }
  return report;
}

/** Marks an account deleted, from any state, if there is one. */
const shutForGood = (users: Repository<UserEntity>, email: string): Promise<User | undefined> =>
  users.change(
    "erase",
    {},
    (user) => user.patch({ email }).set({ account_status: "deleted" }),
    () => undefined,
  );

/**
 * Removes the account's items, its own row aside, and gives a row of each. Index reads lag behind writes, so the items
 * are looked for until none is left.
 */
async function removeItems(context: DataContext, email: string): Promise<Iterable<StoredItem>> {
  const removed = new Map<string, StoredItem>();
  for (let pass = 0; ; pass++) {
    const rows = await rowsOfAccount(context, email, LABEL);
    if (rows.length === 0) return removed.values();
    if (pass === MAX_PASSES) throw new ConflictError("user", "busy", "Items of the account keep being written.");
    await settleClaims(context, rows);
    await batchDelete(context, LABEL, rows.map(keyOf));
    for (const row of rows) removed.set(keyText(row), row);
  }
}

/** Notes in the claims of ids that are used up, such as a purchase's, that they were, before the items go. */
async function settleClaims(context: DataContext, rows: readonly StoredItem[]): Promise<void> {
  const keys = rows.filter((row) => modelOf(row).claim?.settles === true).map(keyOf);
  for (const item of await batchGet(context, LABEL, keys, { consistent: true })) {
    const { claim } = modelOf(item);
    if (claim === undefined) continue;
    for (const used of allClaimsOf(claim, item)) await settleClaim(context, ...used, context.clock());
  }
}
