import { validate } from "uuid";
import { type ClaimKind, ClaimModel } from "../../entities/claim.ts";
import type { IdClaim } from "../../entities/facts.ts";
import type { AnyEntity, DataContext, Model } from "../storage/context.ts";
import { ConflictError } from "../storage/errors.ts";
import { Repository } from "../storage/repository.ts";
import type { StoredItem } from "../storage/requests.ts";

/** A claim, and whether this call was the one that made it. */
export interface ClaimResult {
  readonly created_at: number;
  readonly settled: boolean;
  readonly fresh: boolean;
}

/** How long a claim stays whose item was erased: longer than the backups that may bring the item back. */
export const CLAIM_RETIRED_SECONDS = 40 * 24 * 60 * 60;

/** The key of an id's claim. */
export const claimKeyOf = (context: DataContext, kind: ClaimKind, id: string) => ({
  kind,
  claimed_id: context.pseudonymOf("claim", kind, id),
});

/** Who claims, as the claim has it. */
export const ownerOf = (context: DataContext, owner: readonly string[]) => context.pseudonymOf("owner", ...owner);

/**
 * The physical row of a claim, for what is brought over together with the items that it protects.
 * `owner` is what the services give for its kind.
 */
export function claimRow(
  context: DataContext,
  {
    id,
    ...claim
  }: { readonly kind: ClaimKind; readonly id: string; readonly created_at: number; readonly settled?: true },
  owner: readonly string[],
): StoredItem {
  return new Repository(context, ClaimModel).itemOf({
    ...claim,
    ...claimKeyOf(context, claim.kind, id),
    owner: ownerOf(context, owner),
  });
}

/**
 * Makes an id unique over the table, for good unless it `lasts` until an instant: the first caller's claim stays, later callers with
 * the same owner get it back.
 * @throws ConflictError when another owner holds it.
 */
export async function claimId(
  context: DataContext,
  kind: ClaimKind,
  claimedId: string,
  owner: readonly string[],
  now: number,
  lasts: { readonly expires_at?: number } = {},
): Promise<ClaimResult> {
  const claims = new Repository(context, ClaimModel);
  const claimant = ownerOf(context, owner);
  let fresh = true;
  const key = claimKeyOf(context, kind, claimedId);
  const claim = await claims.insert({ ...key, owner: claimant, created_at: now, ...lasts }, (current) => {
    fresh = false;
    return claims.parse(current);
  });
  if (claim.owner !== claimant) throw taken(kind);
  return { created_at: claim.created_at, settled: claim.settled === true, fresh };
}

/**
 * Whether the claim of an id, if there is one, is settled. Makes none.
 * @throws ConflictError when another owner holds it.
 */
export async function isSettled(
  context: DataContext,
  kind: ClaimKind,
  claimedId: string,
  owner: readonly string[],
): Promise<boolean> {
  const key = claimKeyOf(context, kind, claimedId);
  const claim = await new Repository(context, ClaimModel).find(key, { consistent: true });
  if (claim !== undefined && claim.owner !== ownerOf(context, owner)) throw taken(kind);
  return claim?.settled === true;
}

/** Who claimed an id, as the claim has it; undefined when nobody has. */
export async function findOwner(context: DataContext, kind: ClaimKind, id: string): Promise<string | undefined> {
  return (await new Repository(context, ClaimModel).find(claimKeyOf(context, kind, id)))?.owner;
}

/** An item's claim as the functions here take it: its kind, the id, and who claims it. */
export type ItemClaim = readonly [kind: ClaimKind, claimedId: string, owner: readonly string[]];

/** The claim of an item. */
export const claimOf = ({ kind, id, owner }: IdClaim, item: Readonly<Record<string, unknown>>): ItemClaim => [
  kind,
  item[id] as string,
  owner.map((attribute) => item[attribute] as string),
];

/** The claims of all ids that an item used up; what is no text, from another writer, claims nothing. */
export function allClaimsOf(claim: IdClaim, item: Readonly<Record<string, unknown>>): ItemClaim[] {
  const used = claim.among === undefined ? undefined : item[claim.among];
  const parts: readonly Partial<Readonly<Record<string, unknown>> | null>[] = Array.isArray(used) ? used : [item];
  return parts
    .map((part) => claimOf(claim, { ...item, [claim.id]: part?.[claim.id] }))
    .filter(([, id, owner]) => [id, ...owner].every((text) => typeof text === "string" && text !== ""));
}

/** A model whose id callers may choose. */
export type ClaimingModel<E = AnyEntity> = Model<E> & Required<Pick<Model, "claim">>;

/**
 * Claims the id that a caller chose for a new item. The claim's `created_at` is the instant that the item begins at: the
 * item's own, or what the first call said. A UUID may be of an item that has no claim; then the instant of that item leads to it, and so never
 * to a second one under the same id.
 * @throws ConflictError when the id belongs to another owner.
 */
export async function claimOwnId(
  context: DataContext,
  model: ClaimingModel,
  item: Readonly<Record<string, unknown>>,
): Promise<ClaimResult> {
  const { owner: owners, begins } = model.claim;
  const [kind, id, owner] = claimOf(model.claim, item);
  const made = maybeUnclaimed(id)
    ? await new Repository(context, model).findStored(id, { consistent: true })
    : undefined;
  if (made !== undefined && owners.some((attribute) => made[attribute] !== item[attribute])) throw taken(kind);
  return claimId(context, kind, id, owner, (made ?? item)[begins] as number);
}

/**
 * Whether an item of that id may be without a claim: services make UUIDs, and what was brought over from the eleven tables under
 * a UUID has no claim either.
 */
export const maybeUnclaimed = (id: string): boolean => validate(id);

const taken = (kind: ClaimKind) =>
  new ConflictError(
    kind,
    "claimed",
    kind === "transaction"
      ? "The transaction was granted to another account or for another product."
      : "The id already belongs to something else.",
  );

/**
 * Says of an id for which nothing was written that its item begins at another instant, and gives the instant that counts:
 * another call may have moved it meanwhile. Safe to repeat.
 */
export async function moveClaim(
  context: DataContext,
  kind: ClaimKind,
  claimedId: string,
  from: number,
  to: number,
): Promise<number> {
  const claims = new Repository(context, ClaimModel);
  const moved = await claims.changeStored(
    "move",
    { created_at: to },
    (claim) =>
      claim
        .patch(claimKeyOf(context, kind, claimedId))
        .set({ created_at: to })
        .where(({ created_at }, { eq }) => eq(created_at, from)),
    (current) => current,
  );
  return (moved?.created_at as number | undefined) ?? to;
}

/**
 * Records that a transaction has certainly been granted, claimed before or not. Safe to repeat. Another owner's claim stays as
 * it is.
 */
export async function settleClaim(
  context: DataContext,
  kind: ClaimKind,
  claimedId: string,
  owner: readonly string[],
  now: number,
): Promise<void> {
  const claims = new Repository(context, ClaimModel);
  const key = claimKeyOf(context, kind, claimedId);
  const claimant = ownerOf(context, owner);
  const settle = (whenAbsent: () => Promise<unknown>): Promise<unknown> =>
    claims.changeStored(
      "settle",
      {},
      (claim) =>
        claim
          .patch(key)
          .set({ settled: true })
          .where((stored, { eq }) => eq(stored.owner, claimant)),
      async (current) => (current === undefined ? whenAbsent() : undefined),
    );
  await settle(async () => {
    const claim = { ...key, owner: claimant, created_at: now, settled: true };
    // Lost to a claim made meanwhile: that one is there to be settled.
    return claims.insert(claim, () => settle(async () => undefined));
  });
}

/**
 * Gives back an id that an owner claimed and for which nothing was written. One that is settled, or another's by now, stays.
 * Safe to repeat.
 */
export async function giveBackClaim(
  context: DataContext,
  kind: ClaimKind,
  claimedId: string,
  owner: readonly string[],
): Promise<void> {
  await new Repository(context, ClaimModel).remove("release", claimKeyOf(context, kind, claimedId), {
    holds: (claim, { eq, notExists }) => `${eq(claim.owner, ownerOf(context, owner))} AND ${notExists(claim.settled)}`,
    otherwise: () => undefined,
  });
}

/** Makes an owner's claim another's, if it is there. Safe to repeat. */
export async function handOverClaim(
  context: DataContext,
  [kind, claimedId, from]: ItemClaim,
  to: readonly string[],
): Promise<void> {
  const owner = ownerOf(context, to);
  await new Repository(context, ClaimModel).changeStored(
    "handOver",
    {},
    (claim) =>
      claim
        .patch(claimKeyOf(context, kind, claimedId))
        .set({ owner })
        .where((stored, { eq }) => eq(stored.owner, ownerOf(context, from))),
    () => undefined,
  );
}

/**
 * Lets the claims of erased items end once no backup can bring the items back; until then a late repeat meets them. Safe to
 * repeat: each ends at the instant that the first call told. Another owner's claim stays, and so does one of a UUID, of which
 * most have none.
 */
export async function retireClaims(context: DataContext, retired: readonly ItemClaim[]): Promise<void> {
  const claims = new Repository(context, ClaimModel);
  const expires_at = context.clock() + CLAIM_RETIRED_SECONDS;
  const retire = ([kind, id, owner]: ItemClaim) =>
    claims.changeStored(
      "retire",
      {},
      (claim) =>
        claim
          .patch(claimKeyOf(context, kind, id))
          .set({ expires_at })
          .where(
            (current, { eq, notExists }) =>
              `${eq(current.owner, ownerOf(context, owner))} AND ${notExists(current.expires_at)}`,
          ),
      () => undefined,
    );
  await Promise.all(retired.filter(([, id]) => !maybeUnclaimed(id)).map(retire));
}
