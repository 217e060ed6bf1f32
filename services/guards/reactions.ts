import { ClaimModel } from "../../entities/claim.ts";
import type { DataContext } from "../storage/context.ts";
import { Repository } from "../storage/repository.ts";

/** How long a reaction is known to be done: longer than a stream keeps a change and Lambda tries it. */
const REACTION_SECONDS = 8 * 24 * 60 * 60;

/** A reaction to a change of the table. */
interface Reaction {
  readonly key: { readonly kind: "reaction"; readonly claimed_id: string };
  readonly done: boolean;
}

/** Enters a reaction, unless it is known, and tells whether it is done. */
export async function beginReaction(context: DataContext, id: string): Promise<Reaction> {
  const claims = new Repository(context, ClaimModel);
  const key = { kind: "reaction", claimed_id: context.pseudonymOf("claim", "reaction", id) } as const;
  const created_at = context.clock();
  const claim = await claims.insert(
    { ...key, owner: key.claimed_id, created_at, expires_at: created_at + REACTION_SECONDS },
    (current) => claims.parse(current),
  );
  return { key, done: claim.settled === true };
}

/** Marks a reaction done. One whose row was removed meanwhile is done as well. */
export async function endReaction(context: DataContext, { key }: Reaction): Promise<void> {
  await new Repository(context, ClaimModel).change(
    "react",
    {},
    (claim) => claim.patch(key).set({ settled: true }),
    () => undefined,
  );
}
