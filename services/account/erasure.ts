import { type User, UserModel } from "../../entities/user.ts";
import { settleClaim } from "../guards/claims.ts";
import { markErased } from "../guards/erasure.ts";
import type { DataContext } from "../storage/context.ts";
import { ConflictError } from "../storage/errors.ts";
import { Repository } from "../storage/repository.ts";
import { batchDelete, batchGet, keyOf, keyText, type StoredItem } from "../storage/requests.ts";
import { attributeValue } from "../storage/validation.ts";
import { assessmentIds, byExportedEntity, type ExportedEntity, entityOf, itemRows, safetyLogRows } from "./items.ts";

/** How many items of each entity an erasure removed. */
export type ErasureReport = Readonly<Record<ExportedEntity, number>>;

const LABEL = { entity: "account", accessPattern: "erase" };
const MAX_PASSES = 12;

/** Removes every item of an account: see `Accounts.erase`. */
export async function eraseAccount(context: DataContext, email: string): Promise<ErasureReport> {
  const user_email = attributeValue(UserModel, "email", email);
  const users = new Repository(context, UserModel);
  await markErased(context, user_email);
  const own = await shutForGood(users, user_email);
  const removed = await removeItems(context, user_email);
  if (own !== undefined) await users.remove("erase", users.entity.delete({ email: user_email }));
  const report = byExportedEntity(() => 0);
  if (own !== undefined) report.user = 1;
  for (const entity of removed) report[entity]++;
  return report;
}

/** Marks an account deleted, from any state, if there is one. */
const shutForGood = (users: Repository<ReturnType<typeof UserModel.bind>>, email: string): Promise<User | undefined> =>
  users.change(
    "erase",
    {},
    (user) => user.patch({ email }).set({ account_status: "deleted" }),
    () => undefined,
  );

/**
 * Removes the account's items, its own row aside, and gives the entity of each. Index reads lag behind writes, so the
 * items are looked for until none is left. Assessments go when nothing else is left, since they lead to the safety logs,
 * also after a crash.
 */
async function removeItems(context: DataContext, email: string): Promise<Iterable<ExportedEntity>> {
  const removed = new Map<string, ExportedEntity>();
  const assessments = new Set<string>();
  for (let pass = 0; ; pass++) {
    const found = await itemRows(context, email, LABEL);
    for (const id of assessmentIds(found)) assessments.add(id);
    const logs = await safetyLogRows(context, email, assessments, LABEL);
    const others = [...found.filter((row) => entityOf(row) !== "assessment"), ...logs];
    if (others.length === 0 && found.length === 0) return removed.values();
    if (pass === MAX_PASSES) throw new ConflictError("user", "busy", "Items of the account keep being written.");
    await settlePurchases(context, email, others);
    const rows = others.length > 0 ? others : found;
    await batchDelete(context, LABEL, rows.map(keyOf));
    for (const row of rows) removed.set(keyText(row), entityOf(row));
  }
}

/** Notes in the claims of purchases that are about to go that they were granted. */
async function settlePurchases(context: DataContext, email: string, rows: readonly StoredItem[]): Promise<void> {
  const keys = rows.filter((row) => entityOf(row) === "entitlement").map(keyOf);
  for (const item of await batchGet(context, LABEL, keys, { consistent: true })) {
    const owner = [email, item.product_id as string];
    await settleClaim(context, "transaction", item.transaction_id as string, owner, context.clock());
  }
}
