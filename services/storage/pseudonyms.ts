import { createHmac } from "node:crypto";
import { ConfigurationError, ValidationError } from "./errors.ts";

/** What a pseudonym stands for: an account, an id that is claimed, or whoever claimed it. */
export type PseudonymOf = "account" | "claim" | "owner";

/** Makes what stands for values that the table must tell apart for long, and may not tell anybody. */
export type Pseudonyms = (of: PseudonymOf, ...values: readonly string[]) => string;

const MIN_LENGTH = 32;

/** What `isErasureSecret` takes. */
export const ERASURE_SECRET_RULE = `must have at least ${MIN_LENGTH} characters`;

/** Whether a value can be the secret of a deployment's pseudonyms: they last for years, so it is longer than others. */
export const isErasureSecret = (value: unknown): boolean => typeof value === "string" && value.length >= MIN_LENGTH;

/**
 * Pseudonyms by a secret: HMAC-SHA-256, in hex, which nobody without it can reproduce from an address or an id.
 * Without a secret each one throws a ConfigurationError.
 * @throws ValidationError for a secret that is too short.
 */
export function pseudonymsBy(secret: string | undefined): Pseudonyms {
  if (secret === undefined) {
    return () => {
      throw new ConfigurationError("ERASURE_SECRET", "is missing: what is made for an account needs it");
    };
  }
  if (!isErasureSecret(secret)) throw new ValidationError("options", "erasureSecret", ERASURE_SECRET_RULE, secret);
  return (of, ...values) =>
    createHmac("sha256", secret)
      .update(JSON.stringify([of, ...values]))
      .digest("hex");
}
