import { v4 as uuidv4 } from "uuid";
import type { QrTokenEntity } from "../entities/qr-token.ts";
import { QR_TOKEN_LIFETIME_SECONDS, QrTokenModel } from "../entities/qr-token.ts";
import type { SessionEntity } from "../entities/session.ts";
import {
  type NewSession,
  SESSION_LIFETIME_SECONDS,
  type Session,
  SessionModel,
  type SessionSummary,
} from "../entities/session.ts";
import { UserModel } from "../entities/user.ts";
import { writeUnlessShut } from "./guards/guarded-writes.ts";
import type { DataContext } from "./storage/context.ts";
import { ExpiredError } from "./storage/errors.ts";
import type { ListOptions, Page } from "./storage/pages.ts";
import { anyOf, Repository } from "./storage/repository.ts";
import { batchDelete, keyText, type StoredKey } from "./storage/requests.ts";
import { attributeValue, only } from "./storage/validation.ts";

/** A call that runs longer is ended by Lambda. */
const LONGEST_CALL_SECONDS = 15 * 60;
/** Passes in which `endAll` looks for what began while it worked. */
const MAX_PASSES = 5;

/** A new session, and where it comes from. */
export interface SessionStart extends Readonly<Pick<NewSession, "user_email" | "ip_address" | "user_agent">> {
  /** The hash that the password was compared with; there is no session if it is no longer the account's. */
  readonly password_hash?: string;
}

const emailOf = (value: string) => attributeValue(SessionModel, "user_email", value);

const idOf = (value: string) => attributeValue(SessionModel, "session_id", value);
/**
 * Log-in sessions of 24 hours.
 * @example
 * import { createContext } from "@ielts-ai-prep/data-layer/services/context";
 * import { Sessions } from "@ielts-ai-prep/data-layer/services/sessions";
 *
 * const sessions = new Sessions(createContext({ table: "ielts-genai-prep" }));
 */
export class Sessions {
  readonly #context: DataContext;
  readonly #sessions: Repository<SessionEntity>;
  readonly #tokens: Repository<QrTokenEntity>;

  constructor(context: DataContext) {
    this.#context = context;
    this.#sessions = new Repository(context, SessionModel);
    this.#tokens = new Repository(context, QrTokenModel);
  }

  /**
   * Starts a session under a new unguessable id. `expires_at`, in epoch seconds, is 24 hours from now. With the
   * `password_hash` that the password was compared with, a log-in does not outlive a change of the password.
   * @throws ConflictError when the account is not active, or its password has been changed; NotFoundError when there is none.
   * @example
   * const { password_hash } = await accounts.credentials(email); // compare the password with it, then
   * const { session_id, expires_at } = await sessions.start({ user_email: email, password_hash });
   */
  async start(input: SessionStart): Promise<Session> {
    only("session", input, ["user_email", "ip_address", "user_agent", "password_hash"]);
    const { password_hash, ...from } = input;
    if (password_hash !== undefined) attributeValue(UserModel, "password_hash", password_hash);
    const created_at = this.#context.clock();
    const session = {
      ...from,
      user_email: emailOf(input.user_email),
      session_id: uuidv4(),
      created_at,
      expires_at: created_at + SESSION_LIFETIME_SECONDS,
      qr_authenticated: false,
    };
    return writeUnlessShut(
      this.#context,
      session.user_email,
      () => this.#sessions.insertOnce(session),
      ({ session_id }) => this.#sessions.remove("undo", this.#sessions.entity.delete({ session_id })),
      { password_hash },
    );
  }

  /**
   * The session behind a credential, read consistently. An expired one is refused although DynamoDB may hold it for
   * days.
   * @throws ExpiredError; NotFoundError when it has ended or never was.
   * @example
   * const { session_id } = await sessions.start({ user_email: email });
   * const { user_email } = await sessions.authenticate(session_id);
   */
  async authenticate(session_id: string): Promise<Session> {
    const session = await this.#sessions.find(session_id, { consistent: true });
    if (session === undefined) throw this.#sessions.notFound();
    if (session.expires_at <= this.#context.clock()) throw new ExpiredError("session");
    return session;
  }

  /**
   * Sessions of a user that have not expired, newest first; answers `user_email-created_at-index`.
   * @throws InvalidCursorError when the cursor is of another list.
   * @example
   * await sessions.start({ user_email: email, user_agent: "Firefox/145 (Windows)" });
   * const { items, cursor } = await sessions.listByUser(email, { limit: 10 });
   */
  async listByUser(user_email: string, options: ListOptions = {}): Promise<Page<SessionSummary>> {
    const page = await this.#sessions.page("byUser", { user_email }, options);
    const now = this.#context.clock();
    const items = page.items.filter(({ expires_at }) => expires_at > now);
    // All sessions last equally long: behind an expired one there are only expired ones.
    return { items, cursor: items.length < page.items.length ? null : page.cursor };
  }

  /**
   * Ends a session, and withdraws the QR token that opened it: the token could give its device the session back. Safe to
   * repeat.
   * @example
   * const { session_id } = await sessions.start({ user_email: email });
   * await sessions.end(session_id);
   */
  async end(session_id: string): Promise<void> {
    const key = { session_id: idOf(session_id) };
    const noCallRedeems = this.#context.clock() - QR_TOKEN_LIFETIME_SECONDS - LONGEST_CALL_SECONDS;
    const unlessTokenLives = this.#sessions.entity
      .delete(key)
      .where(({ qr_token, created_at }, { lte, notExists }) =>
        anyOf(notExists(qr_token), lte(created_at, noCallRedeems)),
      );
    await this.#sessions.remove("end", unlessTokenLives, async (session) => {
      if (session === undefined) return;
      await this.#tokens.remove("withdraw", this.#tokens.entity.delete({ token: session.qr_token as string }));
      await this.#sessions.remove("end", this.#sessions.entity.delete(key));
    });
  }

  /**
   * Ends all sessions of a user, withdraws all QR tokens, and tells how many sessions there were. Safe to repeat.
   * @throws UnprocessedError when DynamoDB is too busy: call again.
   * @example
   * await sessions.start({ user_email: email });
   * const ended = await sessions.endAll(email); // 1
   */
  async endAll(user_email: string): Promise<number> {
    const account = { user_email: emailOf(user_email) };
    const removed = new Set<string>();
    const removeAll = async (keys: readonly StoredKey[], entity: string, accessPattern: string) => {
      // The index shows for a moment what is gone.
      const left = keys.filter((key) => !removed.has(keyText(key)));
      await batchDelete(this.#context, { entity, accessPattern }, left);
      for (const key of left) removed.add(keyText(key));
      return left.length;
    };
    let ended = 0;
    for (let pass = 0; pass < MAX_PASSES; pass++) {
      // Tokens first: a redeemed one could give its session back to a retry. A session that is about to end may issue one.
      const withdrawn = await removeAll(await this.#tokens.allKeys("byUser", account), "qr_token", "withdraw");
      const more = await removeAll(await this.#sessions.allKeys("byUser", account), "session", "endAll");
      ended += more;
      if (withdrawn + more === 0) break;
    }
    return ended;
  }
}
