import { RESET_LIFETIME_SECONDS, type User, UserModel } from "../../entities/user.ts";
import { digestOfToken, equalSecrets, RESET } from "../guards/account-tokens.ts";
import { checkOpen } from "../guards/letting-in.ts";
import type { DataContext } from "../storage/context.ts";
import { conditionOf } from "../storage/electrodb.ts";
import { ConflictError, ExpiredError } from "../storage/errors.ts";
import { Repository } from "../storage/repository.ts";
import { attributeValue, only } from "../storage/validation.ts";

/** A token by which a password may be reset. */
export interface ResetRequest {
  /** Sent to the user by e-mail, for an hour: unguessable, at least 22 characters. What is stored is its SHA-256. */
  readonly reset_token: string;
}

/** A new password, and the token that proves who sets it. */
export interface PasswordReset extends ResetRequest {
  /** Encoded hash of the new password. */
  readonly password_hash: string;
}

/** An account that may log in: one that is suspended, deleted or moving to another address resets no password. */
const open = conditionOf(
  ({ account_status, address_change }, { eq, notExists }) =>
    `${eq(account_status, "active")} AND ${notExists(address_change)}`,
);

/** Sets the token by which the password may be reset from now on: see `Accounts.setResetToken`. */
export async function setResetToken(context: DataContext, email: string, input: ResetRequest): Promise<User> {
  only("user", input, ["reset_token"]);
  const users = new Repository(context, UserModel);
  const key = { email: attributeValue(UserModel, "email", email) };
  const set = {
    reset_token: digestOfToken("reset_token", input.reset_token),
    reset_expires_at: context.clock() + RESET_LIFETIME_SECONDS,
  };
  return users.change(
    "setResetToken",
    set,
    (user) => user.patch(key).set(set).where(open),
    (current) => {
      if (current === undefined) throw users.notFound();
      checkOpen(current);
      // It was opened again meanwhile.
      return setResetToken(context, email, input);
    },
  );
}

/** Replaces the password of who holds the token: see `Accounts.resetPassword`. */
export async function resetPassword(context: DataContext, email: string, input: PasswordReset): Promise<User> {
  only("user", input, ["reset_token", "password_hash"]);
  const users = new Repository(context, UserModel);
  const key = { email: attributeValue(UserModel, "email", email) };
  const reset_token = digestOfToken("reset_token", input.reset_token);
  const { password_hash } = input;
  const now = context.clock();
  return users.change(
    "resetPassword",
    { password_hash },
    (user) =>
      user
        .patch(key)
        .set({ password_hash })
        .remove([...RESET])
        .add({ generation: 1 })
        .where((row, { eq, gt }) => `${eq(row.reset_token, reset_token)} AND ${gt(row.reset_expires_at, now)}`)
        .where(open),
    (current) => {
      if (current === undefined) throw users.notFound();
      checkOpen(current);
      const done = current.reset_token === undefined && equalSecrets(current.password_hash, password_hash);
      if (done) return users.parse(current);
      if (equalSecrets(current.reset_token, reset_token)) throw new ExpiredError("reset token");
      throw new ConflictError("user", "wrong_token", "The token is not the account's, or was used.");
    },
  );
}
