import type { Erasure } from "../../entities/erasure.ts";
import { UserModel } from "../../entities/user.ts";
import type { DataContext } from "../storage/context.ts";
import { ConflictError } from "../storage/errors.ts";
import { Repository } from "../storage/repository.ts";
import { batchGet, type StoredItem, type StoredKey } from "../storage/requests.ts";
import { beingChanged, beingErased, ERASURE_FINAL_SECONDS, erasuresOf } from "./erasure.ts";

// A change of an address is kept in the ledger of erasures: the address that is left ends as an erased one does, and its
// entry tells where the account moves. The entry of the other address refuses writes until the account is there.

/** An account that moves from one address to another, as the entry of the first has it. */
export interface Move {
  /** What stands for the address that it leaves, in the ledger and on the account's rows. */
  readonly account: string;
  readonly from: string;
  readonly to: string;
  /** Whether the new address was proven. */
  readonly verified: boolean;
  readonly moved_at: number;
  readonly final_at: number;
}

/** What a change asks for. */
export type MoveInput = Pick<Move, "from" | "to" | "verified">;

/**
 * How far a change has come: it has `begun`; the account is `open` at its new address, and what indexes show late is still to
 * come; or it was `erased` there since.
 */
export type Phase = "begun" | "open" | "erased";

/** A move as its entry tells it. */
export const moveOf = ({ account, user_email, moved_to, moved_verified, moved_at, final_at }: Erasure): Move => ({
  account,
  from: user_email as string,
  to: moved_to as string,
  verified: moved_verified === true,
  moved_at: moved_at as number,
  final_at,
});

/** The refusal of a change to an address that has an account. */
const taken = () => new ConflictError("user", "registered", "The e-mail address already has an account.");

/**
 * Enters a change that begins now, or finds the one that was begun; undefined when it was made, and is final. Nothing is
 * written for a change that cannot be made.
 * @throws ConflictError `registered`, `moved`, `being_changed`, `being_erased` or `wrong_state`; NotFoundError.
 */
export async function enterMove(context: DataContext, { from, to, verified }: MoveInput): Promise<Move | undefined> {
  const ledger = erasuresOf(context);
  const [account, moved_account] = [context.pseudonymOf("account", from), context.pseudonymOf("account", to)];
  const known = await ledger.findStored({ account }, { consistent: true });
  const same = known?.moved_account === moved_account;
  if (known !== undefined && same && known.state === "moving") return moveOf(ledger.parse(known));
  if (same && known?.state === "final") return undefined;
  await checkMovable(context, from, to);
  if (known !== undefined) await checkFree(context, known);
  // Whoever has registered here since is another person, and this call perhaps a late repeat.
  if (same && known?.state === "registered") throw new ConflictError("user", "moved", "The account has moved before.");
  const now = context.clock();
  const change = {
    state: "moving",
    user_email: from,
    moved_at: now,
    moved_to: to,
    moved_account,
    moved_verified: verified,
    final_at: now + ERASURE_FINAL_SECONDS,
  } as const;
  const entry = await ledger.insert({ account, erased_at: 0, ...change }, () =>
    ledger.change(
      "move",
      change,
      (erasure) =>
        erasure
          .patch({ account })
          .set(change)
          .where(({ state }, { eq }) => eq(state, "registered")),
      (current) => {
        if (current?.state === "moving" && current.moved_account === moved_account) return ledger.parse(current);
        throw current?.state === "unfinished" ? beingErased() : beingChanged();
      },
    ),
  );
  return moveOf(entry);
}

/** Checks what can be told before anything is written. */
async function checkMovable(context: DataContext, from: string, to: string): Promise<void> {
  const users = new Repository(context, UserModel);
  const keys = [users.keyOf({ email: from }), users.keyOf({ email: to })] as const;
  const rows = await batchGet(context, { entity: users.name, accessPattern: "changeAddress" }, keys, {
    consistent: true,
  });
  const [left, other] = keys.map(({ pk }) => rows.find((row) => row.pk === pk));
  if (left === undefined) throw users.notFound();
  if (left.account_status === "deleted") {
    throw new ConflictError("user", "wrong_state", "The account is deleted.", "deleted");
  }
  if (other !== undefined) throw taken();
}

/** Checks that an address may begin to change: it is in no other change, whose late items are still to come here. */
async function checkFree(context: DataContext, entry: StoredItem): Promise<void> {
  if (entry.state === "unfinished") throw beingErased();
  if (entry.state === "moving" || entry.state === "receiving") throw beingChanged();
  if (entry.received_account === undefined) return;
  const before = await erasuresOf(context).findStored({ account: entry.received_account }, { consistent: true });
  if (before?.state === "moving" && before.moved_account === entry.account) throw beingChanged();
}

/** How far a move has come, read consistently; undefined when it was given up or is final. */
export async function phaseOf(context: DataContext, { account, to }: Move): Promise<Phase | undefined> {
  const ledger = erasuresOf(context);
  const keys = [ledger.keyOf({ account }), ledger.keyOf({ account: context.pseudonymOf("account", to) })] as const;
  const entries = await batchGet(context, { entity: ledger.name, accessPattern: "byAccount" }, keys, {
    consistent: true,
  });
  const at = ({ pk }: StoredKey) => entries.find((entry) => entry.pk === pk);
  const [left, other] = [at(keys[0]), at(keys[1])];
  if (left?.state !== "moving" || left.moved_to !== to) return undefined;
  if (other?.received_account !== account || other.state === "receiving") return "begun";
  return other.state === "registered" ? "open" : "erased";
}

/**
 * Makes every write under the new address fail until the account is there. Safe to repeat.
 * @throws ConflictError `being_erased` or `being_changed`.
 */
export async function receive(context: DataContext, { account: received_account, to, final_at }: Move): Promise<void> {
  const ledger = erasuresOf(context);
  const account = context.pseudonymOf("account", to);
  const entry = { state: "receiving", received_account, final_at } as const;
  await ledger.insert({ account, erased_at: 0, ...entry }, async (current) => {
    if (current.received_account === received_account && current.state === "receiving") return;
    await checkFree(context, current);
    await ledger.change(
      "receive",
      entry,
      (erasure) =>
        erasure
          .patch({ account })
          .set({ ...entry, ...(current.erased_at === current.moved_at ? { erased_at: 0 } : {}) })
          .remove(["moved_at", "moved_account"])
          .where(
            ({ state, erased_at }, { eq }) =>
              `${eq(state, current.state as Erasure["state"])} AND ${eq(erased_at, current.erased_at as number)}`,
          ),
      () => {
        throw beingChanged();
      },
    );
  });
}

/** Opens the new address. Safe to repeat. */
export async function openReceived(context: DataContext, { account: received, to }: Move): Promise<void> {
  await erasuresOf(context).change(
    "open",
    {},
    (erasure) =>
      erasure
        .patch({ account: context.pseudonymOf("account", to) })
        .set({ state: "registered" })
        .where(
          ({ state, received_account }, { eq }) => `${eq(state, "receiving")} AND ${eq(received_account, received)}`,
        ),
    () => undefined,
  );
}

/** Gives a change up: both addresses are as before. Safe to repeat. */
export async function giveUpMove(context: DataContext, move: Move): Promise<void> {
  await openReceived(context, move);
  await leaveMoving(context, move, { state: "registered" }, [
    "user_email",
    "moved_to",
    "moved_account",
    "moved_verified",
    "moved_at",
  ]);
}

/** Ends a change to whose old address nothing can come any more, and forgets both addresses. Safe to repeat. */
export async function makeMoveFinal(context: DataContext, move: Move): Promise<void> {
  await leaveMoving(context, move, { state: "final", erased_at: move.moved_at }, [
    "user_email",
    "moved_to",
    "moved_verified",
  ]);
}

/** Erases what comes late to the old address of an account that was erased at its new one. Safe to repeat. */
export async function eraseMove(context: DataContext, move: Move): Promise<void> {
  const erased_at = context.clock();
  const change = { state: "unfinished", erased_at, final_at: erased_at + ERASURE_FINAL_SECONDS } as const;
  await leaveMoving(context, move, change, ["moved_to", "moved_verified"]);
}

type Gone = "user_email" | "moved_to" | "moved_account" | "moved_verified" | "moved_at";

async function leaveMoving(
  context: DataContext,
  { account, to }: Move,
  change: Partial<Pick<Erasure, "state" | "erased_at" | "final_at">>,
  gone: Gone[],
): Promise<void> {
  await erasuresOf(context).change(
    "leave",
    change,
    (erasure) =>
      erasure
        .patch({ account })
        .set(change)
        .remove(gone)
        .where(({ state, moved_to }, { eq }) => `${eq(state, "moving")} AND ${eq(moved_to, to)}`),
    () => undefined,
  );
}
