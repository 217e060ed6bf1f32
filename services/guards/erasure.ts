import { createHash } from "node:crypto";
import { type Erasure, type ErasureEntity, ErasureModel } from "../../entities/erasure.ts";
import { UserModel } from "../../entities/user.ts";
import type { DataContext } from "../storage/context.ts";
import { ConflictError } from "../storage/errors.ts";
import { eachRow } from "../storage/pages.ts";
import { Repository } from "../storage/repository.ts";
import { batchGet, keyOf, type StoredItem, type StoredKey } from "../storage/requests.ts";

// The ledger of erasures has an entry for each account that was ever erased. A write for the account looks at it.

/**
 * How long after its beginning an erasure may be final. A write that began before it can be stored fifteen minutes later,
 * when Lambda ends its function; an index is given three quarters of an hour to show it.
 */
export const ERASURE_FINAL_SECONDS = 60 * 60;

const accountHash = (user_email: string) => createHash("sha256").update(`account\0${user_email}`).digest("hex");

/** The entries of the ledger. */
export const erasuresOf = (context: DataContext): Repository<ErasureEntity> => new Repository(context, ErasureModel);

/** The physical key of an account's entry. */
export const entryKeyOf = (context: DataContext, user_email: string): StoredKey =>
  erasuresOf(context).keyOf({ account: accountHash(user_email) });

/** The entry of an account, read consistently; undefined when it was never erased. */
const entryOf = (context: DataContext, user_email: string): Promise<Erasure | undefined> =>
  erasuresOf(context).find({ account: accountHash(user_email) }, { consistent: true });

/**
 * Enters an erasure that begins now, and makes every write for the account fail from now on. Safe to repeat: an entry that
 * refuses writes already stays as it is.
 */
export async function enterErasure(context: DataContext, user_email: string): Promise<Erasure> {
  const ledger = erasuresOf(context);
  const account = accountHash(user_email);
  const erased_at = context.clock();
  const entry = { state: "unfinished", user_email, erased_at, final_at: erased_at + ERASURE_FINAL_SECONDS } as const;
  return ledger.insert({ account, ...entry }, async (current) => {
    if (current.state === "unfinished") return ledger.parse(current);
    // The registration of a person whose account was erased may have died before it marked the entry.
    const isFinal = current.state === "final" && !(await isRegistered(context, user_email));
    if (isFinal) return ledger.parse(current);
    return ledger.change(
      "begin",
      entry,
      (erasure) =>
        erasure
          .patch({ account })
          .set(entry)
          .where(({ state }, { ne }) => ne(state, "unfinished")),
      // Another call began it meanwhile.
      (begun) => ledger.parseFound(begun),
    );
  });
}

async function isRegistered(context: DataContext, email: string): Promise<boolean> {
  return (await new Repository(context, UserModel).findStored({ email }, { consistent: true })) !== undefined;
}

/** Each erasure that is unfinished, read consistently, the oldest first. The index may miss one that has just begun. */
export async function* eachUnfinished(context: DataContext): AsyncGenerator<Erasure, void, undefined> {
  const ledger = erasuresOf(context);
  const label = { entity: ledger.name, accessPattern: "byState" };
  const query = ledger.query("byState", { state: "unfinished" });
  for await (const row of eachRow(context, label, query, { order: "asc" })) {
    for (const item of await batchGet(context, label, [keyOf(row)], { consistent: true })) {
      // The index may show one that is long final.
      if (item.state === "unfinished") yield ledger.parse(item);
    }
  }
}

/** Whether an entry is still as it was read: then nobody has registered anew. */
export async function isStill(context: DataContext, { account, state, erased_at }: Erasure): Promise<boolean> {
  const now = await erasuresOf(context).find({ account }, { consistent: true });
  return now?.state === state && now.erased_at === erased_at;
}

/** Makes an unfinished erasure final, and forgets the address. Safe to repeat. */
export async function makeFinal(context: DataContext, { account, erased_at }: Erasure): Promise<void> {
  await erasuresOf(context).change(
    "makeFinal",
    {},
    (erasure) =>
      erasure
        .patch({ account })
        .set({ state: "final" })
        .remove(["user_email"])
        .where((entry, { eq }) => `${eq(entry.state, "unfinished")} AND ${eq(entry.erased_at, erased_at)}`),
    () => undefined,
  );
}

/**
 * Whether an entry refuses an item of its account: always until the person registers anew, and then what began before the
 * erasure, such as a message that is delivered again.
 */
export const refuses = (entry: StoredItem | undefined, began?: number): boolean =>
  entry !== undefined &&
  (entry.state !== "registered" || (began !== undefined && began <= (entry.erased_at as number)));

/** Whether an item of an account that began at an instant is refused. */
export async function isRefused(context: DataContext, user_email: string, began: number): Promise<boolean> {
  return refuses(
    await erasuresOf(context).findStored({ account: accountHash(user_email) }, { consistent: true }),
    began,
  );
}

/**
 * Opens an erased account's ledger for the person who has just registered anew: call it once the account is stored. Safe to
 * repeat.
 * @throws ConflictError `being_erased` when the erasure is not final.
 */
export async function openAnew(context: DataContext, user_email: string): Promise<void> {
  const entry = await entryOf(context, user_email);
  if (entry === undefined || entry.state === "registered") return;
  const state = entry.state === "final" ? await markRegistered(context, user_email, entry) : entry.state;
  if (state === "unfinished") {
    throw new ConflictError("user", "being_erased", "The account of the e-mail address is being erased.");
  }
}

/** Marks a final erasure's person registered, and tells the entry's state after that. */
async function markRegistered(context: DataContext, email: string, { account }: Erasure): Promise<Erasure["state"]> {
  const [users, ledger] = [new Repository(context, UserModel), erasuresOf(context)];
  // No session of the erased account is of the new one's generation.
  await users.change(
    "register",
    {},
    (user) => user.patch({ email }).set({ generation: context.clock() }),
    () => undefined,
  );
  const entry = await ledger.change(
    "register",
    {},
    (erasure) =>
      erasure
        .patch({ account })
        .set({ state: "registered" })
        .where(({ state }, { eq }) => eq(state, "final")),
    (current) => ledger.parseFound(current),
  );
  return entry.state;
}

/** The refusal of a write for an erased account. */
export const erased = () => new ConflictError("user", "erased", "The account has been erased.");
