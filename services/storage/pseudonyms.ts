import { createHmac } from "node:crypto";
import { ConfigurationError } from "./errors.ts";

/** What a pseudonym stands for: an account, an id that is claimed, or whoever claimed it. */
export type PseudonymOf = "account" | "claim" | "owner";

/** Makes what stands for values that the table must tell apart for long, and may not tell anybody. */
export type Pseudonyms = (of: PseudonymOf, ...values: readonly string[]) => string;

/**
 * Pseudonyms by a secret: HMAC-SHA-256, in hex, which nobody without it can reproduce from an address or an id.
 * Without a secret each one throws a ConfigurationError.
 */
export function pseudonymsBy(secret: string | undefined): Pseudonyms {
  if (secret === undefined) {
    return () => {
      throw new ConfigurationError("ERASURE_SECRET", "is missing: what is made for an account needs it");
    };
  }
  return (of, ...values) =>
    createHmac("sha256", secret)
      .update(JSON.stringify([of, ...values]))
      .digest("hex");
}
