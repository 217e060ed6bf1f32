import { createHash } from "node:crypto";
import { ClaimModel } from "../../entities/claim.ts";
import type { DataContext } from "../storage/context.ts";
import { Repository } from "../storage/repository.ts";
import type { StoredItem } from "../storage/requests.ts";

/** Longer than any Lambda function runs, so that no write that began before an erasure can end after its marker. */
export const ERASURE_MARKER_SECONDS = 60 * 60;

const accountHash = (user_email: string) => createHash("sha256").update(`account\0${user_email}`).digest("hex");

/** Sets the marker that makes writes for the account fail from now on. Safe to repeat. */
export async function markErased(context: DataContext, user_email: string): Promise<void> {
  const { claims, key } = markerOf(context, user_email);
  const created_at = context.clock();
  const expires_at = created_at + ERASURE_MARKER_SECONDS;
  await claims.insert({ ...key, owner: key.claimed_id, created_at, expires_at }, () =>
    claims.changeStored(
      "extend",
      {},
      (claim) => claim.patch(key).set({ expires_at }),
      // DynamoDB removed the old marker meanwhile.
      () => markErased(context, user_email),
    ),
  );
}

/** Whether the account was erased within the last hour. */
export async function isErased(context: DataContext, user_email: string): Promise<boolean> {
  const { claims, key } = markerOf(context, user_email);
  return holds(context, await claims.findStored(key, { consistent: true }));
}

/** Whether what is stored under a marker's key is a marker that still holds. */
export const holds = (context: DataContext, marker: StoredItem | undefined) =>
  marker !== undefined && (marker.expires_at as number) > context.clock();

/** The marker of an account: the store that it is in, and its key. */
export function markerOf(context: DataContext, user_email: string) {
  return {
    claims: new Repository(context, ClaimModel),
    key: { kind: "erasure", claimed_id: accountHash(user_email) } as const,
  };
}
