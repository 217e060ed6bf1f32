import { type Erasure, type ErasureEntity, ErasureModel } from "../../entities/erasure.ts";
import { UserModel } from "../../entities/user.ts";
import type { DataContext } from "../storage/context.ts";
import { ConflictError } from "../storage/errors.ts";
import { eachRow } from "../storage/pages.ts";
import { anyOf, Repository } from "../storage/repository.ts";
import { batchGet, keyOf, type StoredItem, type StoredKey } from "../storage/requests.ts";

// The ledger of erasures has an entry for each account that was ever erased or moved. A write for the account looks at it.

/**
 * How long after its beginning an erasure may be final. A write that began before it can be stored fifteen minutes later,
 * when Lambda ends its function; an index is given three quarters of an hour to show it.
 */
export const ERASURE_FINAL_SECONDS = 60 * 60;

/** The entries of the ledger. */
export const erasuresOf = (context: DataContext): Repository<ErasureEntity> => new Repository(context, ErasureModel);

/** The id of an account's entry. */
const entryIdOf = (context: DataContext, user_email: string) => ({
  account: context.pseudonymOf("account", user_email),
});

/** The physical key of an account's entry. */
export const entryKeyOf = (context: DataContext, user_email: string): StoredKey =>
  erasuresOf(context).keyOf(entryIdOf(context, user_email));

/** The entry of an account, read consistently; undefined when it was never erased. */
const entryOf = (context: DataContext, user_email: string): Promise<Erasure | undefined> =>
  erasuresOf(context).find(entryIdOf(context, user_email), { consistent: true });

/**
 * Enters an erasure that begins now, and makes every write for the account fail from now on. Safe to repeat: an entry that
 * refuses writes already stays as it is.
 */
export async function enterErasure(context: DataContext, user_email: string): Promise<Erasure> {
  const ledger = erasuresOf(context);
  const { account } = entryIdOf(context, user_email);
  const erased_at = context.clock();
  const entry = { state: "unfinished", user_email, erased_at, final_at: erased_at + ERASURE_FINAL_SECONDS } as const;
  return ledger.insert({ account, ...entry }, async (current) => {
    if (current.state === "unfinished") return ledger.parse(current);
    if (isChanging(current)) throw beingChanged();
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
          .where(({ state }, { eq }) => anyOf(eq(state, "final"), eq(state, "registered"))),
      // Another call began it meanwhile.
      (begun) => {
        if (begun !== undefined && isChanging(begun)) throw beingChanged();
        return ledger.parseFound(begun);
      },
    );
  });
}

async function isRegistered(context: DataContext, email: string): Promise<boolean> {
  return (await new Repository(context, UserModel).findStored({ email }, { consistent: true })) !== undefined;
}

/**
 * Each entry of what is not at its end, read consistently, the oldest first. The index may miss one that has just begun.
 */
export async function* eachUnfinished(
  context: DataContext,
  state: "unfinished" | "moving" = "unfinished",
): AsyncGenerator<Erasure, void, undefined> {
  const ledger = erasuresOf(context);
  const label = { entity: ledger.name, accessPattern: "byState" };
  const query = ledger.query("byState", { state });
  for await (const row of eachRow(context, label, query, { order: "asc" })) {
    for (const item of await batchGet(context, label, [keyOf(row)], { consistent: true })) {
      // The index may show one that is long final.
      if (item.state === state) yield ledger.parse(item);
    }
  }
}

/** Whether an entry is still as it was read: then nobody has registered anew. */
export async function isStill(context: DataContext, { account, state, erased_at }: Erasure): Promise<boolean> {
  const now = await erasuresOf(context).find({ account }, { consistent: true });
  return now?.state === state && now.erased_at === erased_at;
}

/** More tickets than anybody writes: their ids fit an entry. */
const MAX_TICKETS = 5_000;

/**
 * Notes tickets that are about to be removed: what an index shows late of their actions is found by them. Safe to repeat.
 * More than 5,000 are not noted.
 */
export async function noteTickets(
  context: DataContext,
  { account, erased_at }: Erasure,
  ticketIds: readonly string[],
): Promise<void> {
  await erasuresOf(context).changeStored(
    "noteTickets",
    {},
    (erasure) =>
      erasure
        .patch({ account })
        .add({ tickets: [...ticketIds] })
        .where((entry, { eq, notExists, size, value }) => {
          const fits = `${size(entry.tickets)} < ${value(entry.erased_at, MAX_TICKETS)}`;
          const isCurrent = `${eq(entry.state, "unfinished")} AND ${eq(entry.erased_at, erased_at)}`;
          return `${isCurrent} AND ${anyOf(notExists(entry.tickets), fits)}`;
        }),
    () => undefined,
  );
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
        .remove(["user_email", "tickets", "moved_to", "moved_verified"])
        .where((entry, { eq }) => `${eq(entry.state, "unfinished")} AND ${eq(entry.erased_at, erased_at)}`),
    () => undefined,
  );
}

/** Why a write for an account is refused, and what is to be done with it. */
export interface Refusal {
  readonly error: () => ConflictError;
  /** What was there before the write stays: it is the account's own history, at another address or still on its way. */
  readonly keeps: boolean;
  /** The id that was claimed for it is given back, so that the account can use it under its other address. */
  readonly releases: boolean;
}

/** Whether an address is one of the two of a change that is under way. */
const isChanging = ({ state }: StoredItem): boolean => state === "moving" || state === "receiving";

/** Whether an entry tells that an account moves or has moved, not that one was erased. */
export const tellsOfMove = (entry: StoredItem): boolean =>
  isChanging(entry) || (entry.state === "final" && entry.moved_at !== undefined && entry.moved_at === entry.erased_at);

/**
 * The refusal of an item of an entry's account: always until the person registers anew, and then of what began before the
 * erasure, such as a message that is delivered again.
 */
export function refusalOf(entry: StoredItem | undefined, began?: number): Refusal | undefined {
  if (entry === undefined) return undefined;
  const { state, erased_at, moved_at, received_account } = entry;
  if (state === "registered") {
    const isOld = began !== undefined && began <= (erased_at as number);
    const keeps = moved_at !== undefined || received_account !== undefined;
    return isOld ? { error: erased, keeps, releases: false } : undefined;
  }
  if (state === "receiving") return { error: beingChanged, keeps: true, releases: true };
  const left = moved_at !== undefined && state !== "unfinished";
  return { error: left ? moved : erased, keeps: state === "moving", releases: left };
}

/** The same of the account of an address. */
export async function findRefusal(
  context: DataContext,
  user_email: string,
  began: number,
): Promise<Refusal | undefined> {
  const entry = await erasuresOf(context).findStored(entryIdOf(context, user_email), { consistent: true });
  return refusalOf(entry, began);
}

/**
 * Opens an erased account's ledger for the person who has just registered anew: call it once the account is stored. Safe to
 * repeat.
 * @throws ConflictError `being_erased` when the erasure is not final, `being_changed` when a change of the address is not.
 */
export async function openAnew(context: DataContext, user_email: string): Promise<void> {
  const entry = await entryOf(context, user_email);
  if (entry === undefined || entry.state === "registered") return;
  const state = entry.state === "final" ? await markRegistered(context, user_email, entry) : entry.state;
  if (state === "unfinished") throw beingErased();
  if (isChanging({ state })) throw beingChanged();
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

const erased = () => new ConflictError("user", "erased", "The account has been erased.");

const moved = () => new ConflictError("user", "moved", "The account has another e-mail address now.");

/** The refusal of what must wait for an erasure's end. */
export const beingErased = () =>
  new ConflictError("user", "being_erased", "The account of the e-mail address is being erased.");

/** The refusal of what must wait for the end of a change of the address. */
export const beingChanged = () =>
  new ConflictError("user", "being_changed", "The e-mail address of the account is being changed.");
