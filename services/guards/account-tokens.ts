import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import { isDigest } from "../../entities/credential.ts";
import { UserModel } from "../../entities/user.ts";
import { ValidationError } from "../storage/errors.ts";
import { attributeValue } from "../storage/validation.ts";

/** What an account holds of a token that verifies its address. */
export const VERIFICATION = ["verification_token", "verification_expires_at"] as const;

/** What it holds of a token that resets its password. */
export const RESET = ["reset_token", "reset_expires_at"] as const;

/** Equal in constant time, for secrets that are compared in this process. */
export function equalSecrets(a: unknown, b: unknown): boolean {
  if (typeof a !== "string" || typeof b !== "string") return a === b;
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** The stored form of an account's token that a caller makes or presents. */
export function digestOfToken(attribute: "verification_token" | "reset_token", token: string): string {
  const digest = attributeValue(UserModel, attribute, token);
  if (!isDigest(token)) return digest;
  throw new ValidationError("user", attribute, "must be a token, not its digest", token);
}
