import { ClaimModel } from "../../entities/claim.ts";
import type { DataContext } from "../storage/context.ts";
import { Repository } from "../storage/repository.ts";
import { claimId, claimKeyOf } from "./claims.ts";

/** How long a reaction is known to be done: longer than a stream keeps a change and Lambda tries it. */
const REACTION_SECONDS = 8 * 24 * 60 * 60;

/** Enters a reaction, unless it is known, and tells whether it is done. */
export async function beginReaction(context: DataContext, id: string): Promise<boolean> {
  const now = context.clock();
  const lasts = { expires_at: now + REACTION_SECONDS };
  return (await claimId(context, "reaction", id, [id], now, lasts)).settled;
}

/** Marks a reaction done. One whose row was removed meanwhile is done as well, and none begins anew, as a settled claim would. */
export async function endReaction(context: DataContext, id: string): Promise<void> {
  await new Repository(context, ClaimModel).change(
    "react",
    {},
    (claim) => claim.patch(claimKeyOf(context, "reaction", id)).set({ settled: true }),
    () => undefined,
  );
}
