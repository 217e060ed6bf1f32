import {
  type NewUser,
  type User,
  type UserEntity,
  UserModel,
  VERIFICATION_LIFETIME_SECONDS,
} from "../entities/user.ts";
import {
  type AddressChange,
  type AddressChangeOptions,
  type AddressChangeReport,
  type AddressChangesReport,
  changeAddress,
  finishAddressChanges,
  listUnfinishedChanges,
  type UnfinishedAddressChange,
} from "./account/address-change.ts";
import {
  type ErasureOptions,
  type ErasureReport,
  type ErasuresReport,
  eraseAccount,
  finishErasures,
  listUnfinished,
  type UnfinishedErasure,
} from "./account/erasure.ts";
import { type AccountExport, exportAccount } from "./account/export.ts";
import { type AccountOverview, readOverview } from "./account/overview.ts";
import { type PasswordReset, type ResetRequest, resetPassword, setResetToken } from "./account/password-reset.ts";
import { digestOfToken, equalSecrets, RESET, VERIFICATION } from "./guards/account-tokens.ts";
import { beingChanged, entryKeyOf, openAnew } from "./guards/erasure.ts";
import type { DataContext } from "./storage/context.ts";
import { conditionOf } from "./storage/electrodb.ts";
import { ConflictError, ExpiredError, isDataLayerError } from "./storage/errors.ts";
import type { ListOptions, Page } from "./storage/pages.ts";
import { anyOf, Repository } from "./storage/repository.ts";
import type { StoredItem } from "./storage/requests.ts";
import type { Transition } from "./storage/transition.ts";
import { attributeValue, only } from "./storage/validation.ts";

export type {
  AddressChange,
  AddressChangeOptions,
  AddressChangeProgress,
  AddressChangeReport,
  AddressChangesReport,
  MovedItems,
  UnfinishedAddressChange,
} from "./account/address-change.ts";
export type {
  ErasedItems,
  ErasureOptions,
  ErasureProgress,
  ErasureReport,
  ErasuresReport,
  UnfinishedErasure,
} from "./account/erasure.ts";
export type { AccountExport, ExportedEntity } from "./account/export.ts";
export type { AccountOverview } from "./account/overview.ts";
export type { PasswordReset, ResetRequest } from "./account/password-reset.ts";

/** A new account. */
export interface Registration extends Readonly<Pick<NewUser, "email" | "password_hash" | "username">> {
  /**
   * Sent to the user by e-mail, for 24 hours: unguessable, at least 22 characters. Without it the address counts as
   * unverified until a token is set. What is stored is its SHA-256.
   */
  readonly verification_token?: string;
}

/** The single-use token by which an address is verified. */
export interface EmailVerification {
  /** From the link in the e-mail. */
  readonly verification_token: string;
}

/** A new password, and the one before where two changes at once must not both win. */
export interface PasswordChange extends Readonly<Pick<NewUser, "password_hash">> {
  /** The hash that must still be stored; left out: whatever is stored is replaced. */
  readonly current_hash?: string;
}

/** What log-in needs; the only shape that holds the password hash. */
export type Credentials = Readonly<Pick<NewUser, "email" | "password_hash" | "account_status" | "email_verified">>;

/** No account changes while its address does: its row is at two addresses. */
const STAYS: Pick<Transition, "only"> = {
  only: {
    holds: ({ address_change }, { notExists }) => notExists(address_change),
    otherwise: () => beingChanged(),
  },
};
/** What shuts out all sessions and tokens, in the same write. */
const SHUT = { ...STAYS, add: { generation: 1 } };
const stays = conditionOf((row, { notExists }) => notExists(row.address_change));
const checkStays = ({ address_change }: StoredItem) => {
  if (address_change !== undefined) throw beingChanged();
};
const isConflict = (error: unknown) => isDataLayerError(error) && error.code === "conflict";

/** What is stored of a token by which an address may be verified from now on. */
const verificationBy = (token: string, now: number) => ({
  verification_token: digestOfToken("verification_token", token),
  verification_expires_at: now + VERIFICATION_LIFETIME_SECONDS,
});

const emailOf = (value: string) => attributeValue(UserModel, "email", value);

/**
 * User accounts: registration, log-in data, state, overview, export and erasure.
 * @example
 * import { Accounts } from "@ielts-ai-prep/data-layer/services/accounts";
 * import { createContext } from "@ielts-ai-prep/data-layer/services/context";
 *
 * const accounts = new Accounts(createContext({ table: "ielts-genai-prep" }));
 */
export class Accounts {
  readonly #context: DataContext;
  readonly #users: Repository<UserEntity>;

  constructor(context: DataContext) {
    this.#context = context;
    this.#users = new Repository(context, UserModel);
  }

  /**
   * Registers an account: active, e-mail not verified. The same registration again, from a retry, gives it back: the same
   * is one with the same `password_hash` and `verification_token`. Hash once and send that hash again: the same password
   * with a fresh salt is another hash, and so another registration. A person whose account was erased may register anew
   * once the erasure is final.
   * @throws ConflictError when the e-mail address has another account (`registered`), or had one whose erasure is not
   * final (`being_erased`).
   * @example
   * const user = await accounts.register({
   *   email: "chen@example.com",
   *   username: "Chen",
   *   password_hash: "$2b$12$zyxwvutsrqponmlkjihgfeJ5p3GmZb1Vd9cQeXy0T4Nf7sLhRkWm2",
   *   verification_token: crypto.randomUUID(), // for the link in the e-mail
   * });
   */
  async register(input: Registration): Promise<User> {
    only("user", input, ["email", "password_hash", "username", "verification_token"]);
    const email = emailOf(input.email);
    const created_at = this.#context.clock();
    const user = {
      ...input,
      ...(input.verification_token === undefined ? {} : verificationBy(input.verification_token, created_at)),
      email,
      created_at,
      email_verified: false,
      account_status: "active",
    } as const;
    this.#users.itemOf(user);
    // Nothing is written where the ledger of erasures cannot be looked at.
    entryKeyOf(this.#context, email);
    const registered = await this.#users.insert(user, (current) => {
      const same =
        equalSecrets(current.password_hash, input.password_hash) &&
        equalSecrets(current.verification_token, user.verification_token);
      return same ? this.#users.parse(current) : undefined;
    });
    // After the write, which an erasure that began before it has not seen.
    await openAnew(this.#context, email).catch(async (error: unknown) => {
      const stored = registered !== undefined;
      if (stored && isConflict(error)) await this.#users.remove("undo", { email });
      throw error;
    });
    if (registered !== undefined) return registered;
    throw new ConflictError("user", "registered", "The e-mail address already has an account.");
  }

  /**
   * An account, without its secrets.
   * @throws NotFoundError
   * @example
   * const { username, created_at, last_login } = await accounts.get(email); // epoch seconds both
   */
  async get(email: string): Promise<User> {
    return this.#users.parse(await this.#stored(email));
  }

  /**
   * An account, without its secrets, or undefined when there is none.
   * @example
   * const user = await accounts.find("nobody@example.com"); // undefined
   */
  async find(email: string): Promise<User | undefined> {
    return this.#users.find(email);
  }

  /**
   * What log-in needs, read consistently: the only read that gives the password hash.
   * @throws NotFoundError
   * @example
   * const { password_hash, account_status, email_verified } = await accounts.credentials(email);
   * // Compare the password with the hash first, so that the answer tells a stranger nothing of the account.
   * const mayLogIn = account_status === "active" && email_verified;
   */
  async credentials(email: string): Promise<Credentials> {
    const item = await this.#stored(email, true);
    return {
      email: item.email as string,
      password_hash: item.password_hash as string,
      account_status: item.account_status as User["account_status"],
      email_verified: item.email_verified as boolean,
    };
  }

  /**
   * Verifies the address by its single-use token of 24 hours, which is removed.
   * @throws ConflictError `already_verified`, or `wrong_token`; ExpiredError; NotFoundError.
   * @example
   * const token = "verify-maria-8sT2kQ9xLw4Zr7"; // the link's page posts it from the link's fragment
   * const { email_verified } = await accounts.verifyEmail(email, { verification_token: token }); // true
   */
  async verifyEmail(email: string, input: EmailVerification): Promise<User> {
    only("user", input, ["verification_token"]);
    const key = { email: emailOf(email) };
    const token = digestOfToken("verification_token", input.verification_token);
    const now = this.#context.clock();
    return this.#users.change(
      "verifyEmail",
      {},
      (user) =>
        user
          .patch(key)
          .set({ email_verified: true })
          .remove([...VERIFICATION])
          .where(
            ({ verification_token, verification_expires_at }, { eq, gt }) =>
              `${eq(verification_token, token)} AND ${gt(verification_expires_at, now)}`,
          )
          .where(stays),
      (current) => {
        if (current === undefined) throw this.#users.notFound();
        checkStays(current);
        if (current.email_verified === true && current.verification_token === undefined) {
          throw new ConflictError("user", "already_verified", "The e-mail address is already verified.");
        }
        if (equalSecrets(current.verification_token, token)) throw new ExpiredError("verification token");
        throw new ConflictError("user", "wrong_token", "The verification token is not the account's.");
      },
    );
  }

  /**
   * Sets a new token to verify the address by, for 24 hours, in place of the one before.
   * @throws ConflictError `already_verified`; NotFoundError.
   * @example
   * const verification_token = crypto.randomUUID(); // at least 22 unguessable characters
   * await accounts.setVerificationToken(email, { verification_token }); // then send the link again
   */
  async setVerificationToken(email: string, input: EmailVerification): Promise<User> {
    only("user", input, ["verification_token"]);
    const key = { email: emailOf(email) };
    const set = verificationBy(input.verification_token, this.#context.clock());
    return this.#users.change(
      "setVerificationToken",
      set,
      (user) =>
        user
          .patch(key)
          .set(set)
          .where(({ email_verified }, { eq }) => eq(email_verified, false))
          .where(stays),
      (current) => {
        if (current === undefined) throw this.#users.notFound();
        checkStays(current);
        throw new ConflictError("user", "already_verified", "The e-mail address is already verified.");
      },
    );
  }

  /**
   * Replaces the password hash, which ends all sessions and QR tokens in the same write, however many there are; they expire
   * where they lie. With `current_hash` the change only happens if that is still the stored hash, so that two changes at once
   * cannot both win. Safe to repeat.
   * @throws ConflictError `password_changed`; NotFoundError.
   * @example
   * const { password_hash: current_hash } = await accounts.credentials(email);
   * const password_hash = "$2b$12$zyxwvutsrqponmlkjihgfeJ5p3GmZb1Vd9cQeXy0T4Nf7sLhRkWm2";
   * await accounts.changePassword(email, { password_hash, current_hash });
   */
  async changePassword(email: string, input: PasswordChange): Promise<User> {
    only("user", input, ["password_hash", "current_hash"]);
    const key = { email: emailOf(email) };
    const { password_hash, current_hash } = input;
    if (current_hash !== undefined) attributeValue(UserModel, "password_hash", current_hash, "current_hash");
    return this.#users.change(
      "changePassword",
      { password_hash },
      (entity) => {
        const change = entity
          .patch(key)
          .set({ password_hash })
          .remove([...RESET])
          .add({ generation: 1 })
          .where(stays);
        return current_hash === undefined
          ? change
          : change.where((attributes, { eq }) => eq(attributes.password_hash, current_hash));
      },
      (current) => {
        if (current === undefined) throw this.#users.notFound();
        checkStays(current);
        if (equalSecrets(current.password_hash, password_hash)) return this.#users.parse(current);
        throw new ConflictError("user", "password_changed", "The password has been changed meanwhile.");
      },
    );
  }

  /**
   * Sets a token to reset the password by, for an hour, in place of the one before. Answer the same to who asks whether it was
   * set or not, so that a stranger learns nothing of the account.
   * @throws ConflictError `wrong_state` when the account is not active; NotFoundError.
   * @example
   * const reset_token = crypto.randomUUID(); // at least 22 unguessable characters
   * await accounts.setResetToken(email, { reset_token }); // then send the link, with the token in its fragment
   */
  async setResetToken(email: string, input: ResetRequest): Promise<User> {
    return setResetToken(this.#context, email, input);
  }

  /**
   * Replaces the password hash for who holds the single-use token of an hour, which is removed; ends all sessions and QR tokens
   * in the same write. The same call again, from a retry, gives the account back. A change of the password ends the token.
   * @throws ConflictError `wrong_token`, or `wrong_state` when the account is not active; ExpiredError; NotFoundError.
   * @example
   * const reset_token = crypto.randomUUID();
   * await accounts.setResetToken(email, { reset_token });
   * const password_hash = "$2b$12$zyxwvutsrqponmlkjihgfeJ5p3GmZb1Vd9cQeXy0T4Nf7sLhRkWm2";
   * await accounts.resetPassword(email, { reset_token, password_hash });
   */
  async resetPassword(email: string, input: PasswordReset): Promise<User> {
    return resetPassword(this.#context, email, input);
  }

  /**
   * Changes the display name. Safe to repeat.
   * @throws NotFoundError
   * @example
   * const { username } = await accounts.setUsername(email, "Maria Silva");
   */
  async setUsername(email: string, username: string): Promise<User> {
    const key = { email: emailOf(email) };
    const set = { username: attributeValue(UserModel, "username", username) };
    return this.#users.change(
      "setUsername",
      set,
      (user) => user.patch(key).set(set).where(stays),
      (current) => {
        if (current === undefined) throw this.#users.notFound();
        checkStays(current);
        return this.setUsername(email, username);
      },
    );
  }

  /**
   * Records that the user logged in now. `last_login`, in epoch seconds, never moves backwards.
   * @throws NotFoundError
   * @example
   * const { last_login } = await accounts.recordLogin(email);
   */
  async recordLogin(email: string): Promise<User> {
    const key = { email: emailOf(email) };
    const now = this.#context.clock();
    return this.#users.change(
      "recordLogin",
      {},
      (user) =>
        user
          .patch(key)
          .set({ last_login: now })
          .where(({ last_login }, { notExists, lt }) => anyOf(notExists(last_login), lt(last_login, now)))
          .where(stays),
      (current) => {
        if (current === undefined) throw this.#users.notFound();
        checkStays(current);
        return this.#users.parse(current);
      },
    );
  }

  /**
   * Suspends an active account, which ends all its sessions and QR tokens in the same write. Safe to repeat.
   * @throws ConflictError when it is deleted; NotFoundError.
   * @example
   * await accounts.suspend(email);
   * const refused = await sessions.start({ user_email: email }).catch((error) => error.state); // "suspended", the reason is "wrong_state"
   */
  async suspend(email: string): Promise<User> {
    return this.#users.transition("setStatus", { email: emailOf(email) }, "suspended", SHUT);
  }

  /**
   * Makes a suspended account active again. Safe to repeat.
   * @throws ConflictError when it is deleted; NotFoundError.
   * @example
   * await accounts.suspend(email);
   * const { account_status } = await accounts.reactivate(email); // "active"
   */
  async reactivate(email: string): Promise<User> {
    return this.#users.transition("setStatus", { email: emailOf(email) }, "active", STAYS);
  }

  /**
   * Marks the account deleted, for good, which ends all its sessions and QR tokens in the same write. Its items stay until
   * `erase`. Safe to repeat.
   * @throws NotFoundError
   * @example
   * const { account_status } = await accounts.markDeleted(email); // "deleted"
   */
  async markDeleted(email: string): Promise<User> {
    return this.#users.transition("setStatus", { email: emailOf(email) }, "deleted", SHUT);
  }

  /**
   * The dashboard, from the `account` collection: the user, all purchases, all open tickets and the last assessments.
   * One request, whatever the number of assessments: the collection is read backwards, where the user stands before
   * tickets, purchases and assessments, and reading stops at the last assessment asked for. An account with more than
   * about 10 tickets and purchases takes a further request. `assessments` says how many: 1 to 100, 10 if left out.
   * @throws NotFoundError
   * @example
   * const { user, assessments, entitlements, openTickets } = await accounts.overview(email, { assessments: 5 });
   * const usable = entitlements.filter(({ active }) => active).map(({ product_id }) => product_id); // ["speaking"]
   */
  async overview(email: string, options: { readonly assessments?: number } = {}): Promise<AccountOverview> {
    return readOverview(this.#context, email, options);
  }

  /**
   * Every item of the account, whole, for the user's right of access. Secrets (the password hash, tokens, session ids)
   * are left out; the receipt is the user's own and stays in.
   * @throws NotFoundError when the account has no items at all; UnprocessedError when DynamoDB is too busy: call
   * again.
   * @example
   * const { exported_at, items } = await accounts.export(email);
   * const file = JSON.stringify({ exported_at, ...items }, null, 2);
   */
  async export(email: string): Promise<AccountExport> {
    return exportAccount(this.#context, email);
  }

  /**
   * Erases an account. First the ledger of erasures gets an entry: from then on each write of the account's items is
   * refused, at any later time, until the person registers anew. Then the items that the indexes show are removed, page by
   * page: sessions and tokens after all else, the account's own row last, so that the user can ask again after a crash.
   * An item that its index shows late is found by `finishErasures`, which makes the erasure final. Claims of transactions
   * stay, without personal data: a receipt that was granted once can never be granted again. Safe to repeat, and to
   * interrupt: the next call, or `finishErasures`, goes on. An address without an account gives a report of zeros.
   * @throws UnprocessedError when DynamoDB is too busy: call again.
   * @example
   * const { removed, swept, final_at } = await accounts.erase(email); // { user: 1, assessment: 1, … }, true, epoch seconds
   */
  async erase(email: string, options: ErasureOptions = {}): Promise<ErasureReport> {
    return eraseAccount(this.#context, email, options);
  }

  /**
   * Works off all unfinished erasures, the oldest first: for a nightly job. It goes on with those that died, removes what
   * an index showed late, and makes those final whose time has come, which takes the address out of the ledger. Safe to
   * repeat, and to interrupt: the next run goes on. Its index may miss an erasure that has just begun.
   * @throws UnprocessedError when DynamoDB is too busy, after all other erasures were worked off.
   * @example
   * const { final, unfinished } = await accounts.finishErasures(); // 0 and 0: nothing was erased
   */
  async finishErasures(options: ErasureOptions = {}): Promise<ErasuresReport> {
    return finishErasures(this.#context, options);
  }

  /**
   * Erasures that are not final, the latest first. The index may miss one that has just begun. A page may have fewer than
   * the limit while there are more.
   * @throws InvalidCursorError when the cursor is of another list.
   * @example
   * await accounts.erase(email);
   * const { items, cursor } = await accounts.listUnfinishedErasures({ limit: 50 }); // user_email, erased_at, final_at
   */
  async listUnfinishedErasures(options: ListOptions = {}): Promise<Page<UnfinishedErasure>> {
    return listUnfinished(this.#context, options);
  }

  /**
   * Gives an account another address, with all that belongs to it: purchases, assessments, tickets, reports and logs move,
   * sessions and QR tokens end. Meanwhile nobody logs in, registers or writes under either address. Safe to repeat at any
   * later time, and to interrupt: the next call, or `finishAddressChanges`, goes on. A deadline (epoch seconds) ends the call
   * early. An item that its index shows late moves with a later call. For an hour, until a nightly job has run, nobody can
   * register under the old address, and the account cannot change its address again.
   * @throws ConflictError `registered` when the new address has an account, `being_erased` or `being_changed` when one of both is,
   * `moved` when the account had left for that address before, `wrong_state` when it is deleted, `busy`: call again;
   * NotFoundError; UnprocessedError when DynamoDB is too busy: call again.
   * @example
   * const { moved, changed } = await accounts.changeAddress({
   *   from: email,
   *   to: "maria.silva@example.org",
   *   email_verified: true, // she has followed a link that was sent there; without it the new address is unverified
   * }); // { user: 1, assessment: 1, … }, true
   */
  async changeAddress(change: AddressChange, options: AddressChangeOptions = {}): Promise<AddressChangeReport> {
    return changeAddress(this.#context, change, options);
  }

  /**
   * Works off all unfinished changes of addresses, the oldest first: for a nightly job. It goes on with those that died, moves
   * what an index showed late, and makes those final that began an hour ago, which takes the addresses out of the ledger.
   * Safe to repeat, and to interrupt. Its index may miss a change that has just begun.
   * @throws UnprocessedError when DynamoDB is too busy, after all other changes were worked off.
   * @example
   * const { final, refused, unfinished } = await accounts.finishAddressChanges(); // 0, 0 and 0: nobody has moved
   */
  async finishAddressChanges(options: AddressChangeOptions = {}): Promise<AddressChangesReport> {
    return finishAddressChanges(this.#context, options);
  }

  /**
   * Changes of addresses that are not final, the latest first. The index may miss one that has just begun. A page may have
   * fewer than the limit while there are more.
   * @throws InvalidCursorError when the cursor is of another list.
   * @example
   * const { items, cursor } = await accounts.listUnfinishedAddressChanges({ limit: 50 }); // from, to, changed_at, final_at
   */
  async listUnfinishedAddressChanges(options: ListOptions = {}): Promise<Page<UnfinishedAddressChange>> {
    return listUnfinishedChanges(this.#context, options);
  }

  async #stored(email: string, consistent = false): Promise<StoredItem> {
    return this.#users.getStored(email, { consistent });
  }
}
