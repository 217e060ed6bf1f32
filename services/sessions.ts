import { v4 as uuidv4 } from "uuid";
import { isDigest } from "../entities/credential.ts";
import type { QrTokenEntity } from "../entities/qr-token.ts";
import { QR_TOKEN_LIFETIME_SECONDS, QrTokenModel } from "../entities/qr-token.ts";
import type { SessionEntity } from "../entities/session.ts";
import { type NewSession, SESSION_LIFETIME_SECONDS, type Session, SessionModel } from "../entities/session.ts";
import { type UserEntity, UserModel } from "../entities/user.ts";
import {
  generationOf,
  isAhead,
  keptBy,
  letsIn,
  openGeneration,
  raiseGeneration,
  sessionAndAccount,
  sessionIdOf,
} from "./guards/letting-in.ts";
import type { DataContext } from "./storage/context.ts";
import { ExpiredError } from "./storage/errors.ts";
import type { Page } from "./storage/pages.ts";
import { anyOf, Repository } from "./storage/repository.ts";
import { batchDelete, type StoredItem } from "./storage/requests.ts";
import type { TimedListOptions } from "./storage/time-range.ts";
import { attributeValue, only } from "./storage/validation.ts";

/** A call that runs longer is ended by Lambda. */
const LONGEST_CALL_SECONDS = 15 * 60;

/** A new session, and where it comes from. */
export interface SessionStart extends Readonly<Pick<NewSession, "user_email" | "ip_address" | "user_agent">> {
  /** The hash that the password was compared with; there is no session if it is no longer the account's. */
  readonly password_hash?: string;
}

/** A session that has just begun: the only answer that holds its credential. */
export interface StartedSession extends Session {
  /** The bearer credential, for a cookie or a device; what is stored and listed is its SHA-256. */
  readonly session_id: string;
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
  readonly #users: Repository<UserEntity>;

  constructor(context: DataContext) {
    this.#context = context;
    this.#sessions = new Repository(context, SessionModel);
    this.#tokens = new Repository(context, QrTokenModel);
    this.#users = new Repository(context, UserModel);
  }

  /**
   * Starts a session under a new unguessable id, its bearer credential. `expires_at`, in epoch seconds, is 24 hours from now. With the
   * `password_hash` that the password was compared with, a log-in does not outlive a change of the password.
   * @throws ConflictError when the account is not active, or its password has been changed; NotFoundError when there is none.
   * @example
   * const { password_hash } = await accounts.credentials(email); // compare the password with it, then
   * const { session_id, expires_at } = await sessions.start({ user_email: email, password_hash });
   */
  async start(input: SessionStart): Promise<StartedSession> {
    only("session", input, ["user_email", "ip_address", "user_agent", "password_hash"]);
    const { password_hash, ...from } = input;
    if (password_hash !== undefined) attributeValue(UserModel, "password_hash", password_hash);
    const user_email = emailOf(input.user_email);
    const created_at = this.#context.clock();
    const session_id = sessionIdOf(uuidv4(), user_email);
    const session = {
      ...from,
      user_email,
      session_id,
      created_at,
      expires_at: created_at + SESSION_LIFETIME_SECONDS,
      qr_authenticated: false,
    };
    this.#sessions.itemOf(session);
    const generation = await openGeneration(this.#context, user_email, password_hash);
    return { ...(await this.#sessions.insertOnce({ ...session, generation })), session_id };
  }

  /**
   * The session behind a credential, read consistently together with its account, in one request. An expired one is
   * refused although DynamoDB may hold it for days, and so is every one that began before all were ended, the password
   * was changed, or the account was suspended, deleted or erased. Its `session_id` here is the SHA-256, which ends the
   * session and lets nobody in.
   * @throws ExpiredError; NotFoundError when it has ended or never was; UnprocessedError when DynamoDB is too busy.
   * @example
   * const { session_id } = await sessions.start({ user_email: email });
   * const { user_email } = await sessions.authenticate(session_id);
   */
  async authenticate(session_id: string): Promise<Session> {
    const { session } = await this.#running(session_id);
    return this.#sessions.parse(session);
  }

  async #running(session_id: string): Promise<{ readonly session: StoredItem; readonly account: StoredItem }> {
    const { session, account } = await sessionAndAccount(this.#context, session_id);
    if (session === undefined || isDigest(session_id)) throw this.#sessions.notFound();
    if (!isAhead(session.expires_at, this.#context.clock())) throw new ExpiredError("session");
    if (account === undefined || !letsIn(account, session)) throw this.#sessions.notFound();
    return { session, account };
  }

  /**
   * Sessions of a user that let somebody in now, newest first; answers `user_email-created_at-index`. Their ids are
   * handles, by which one is ended. The index may miss one that has just begun. A page may have fewer than the limit while there are more.
   * @throws InvalidCursorError when the cursor is of another list.
   * @example
   * await sessions.start({ user_email: email, user_agent: "Firefox/145 (Windows)" });
   * const { items, cursor } = await sessions.listByUser(email, { limit: 10 });
   */
  async listByUser(user_email: string, options: TimedListOptions = {}): Promise<Page<Session>> {
    const live = async (items: readonly StoredItem[]) => {
      const account = await this.#users.findStored(user_email, { consistent: true });
      const now = this.#context.clock();
      return items.filter((item) => isAhead(item.expires_at, now) && letsIn(account, item));
    };
    return this.#sessions.wholePage("byUser", { user_email }, options, live);
  }

  /**
   * Ends a session by its credential, or by the handle that `authenticate` and `listByUser` give. Withdraws the QR token
   * that opened it: the token could give its device the session back. Safe to repeat.
   * @example
   * const { session_id } = await sessions.start({ user_email: email });
   * await sessions.end(session_id);
   */
  async end(session_id: string): Promise<void> {
    const key = { session_id: idOf(session_id) };
    const noCallRedeems = this.#context.clock() - QR_TOKEN_LIFETIME_SECONDS - LONGEST_CALL_SECONDS;
    await this.#sessions.remove("end", key, {
      holds: ({ qr_token, created_at }, { lte, notExists }) =>
        anyOf(notExists(qr_token), lte(created_at, noCallRedeems)),
      otherwise: async (session) => {
        if (session === undefined) return;
        await this.#tokens.remove("withdraw", { token: session.qr_token });
        await this.#sessions.remove("end", key);
      },
    });
  }

  /**
   * Ends all other sessions and all QR tokens of the user whose session this is, in one write, however many there are. They
   * expire where they lie. Safe to repeat.
   * @throws ExpiredError; NotFoundError when it has ended or never was, or was ended meanwhile; UnprocessedError when DynamoDB is
   * too busy.
   * @example
   * const { session_id } = await sessions.start({ user_email: email });
   * await sessions.endOthers(session_id);
   * const { items: devices } = await sessions.listByUser(email); // this one alone
   */
  async endOthers(session_id: string): Promise<void> {
    const { session, account } = await this.#running(session_id);
    const generation = generationOf(account);
    const kept_session = keptBy(generation + 1, session);
    await this.#users.change(
      "endOthers",
      {},
      (user) =>
        user
          .patch({ email: session.user_email as string })
          .add({ generation: 1 })
          .set({ kept_session })
          .where((row, { eq, notExists }) =>
            generation === 0
              ? anyOf(notExists(row.generation), eq(row.generation, generation))
              : eq(row.generation, generation),
          ),
      (current) => {
        // An answer that was lost has ended the others.
        if (current === undefined || !letsIn(current, session)) throw this.#sessions.notFound();
      },
    );
  }

  /**
   * Ends all sessions of a user and withdraws all QR tokens: none of them lets anybody in any more once this returns.
   * Tells how many sessions were removed; an index may not show one that has just begun, which then stays, without use,
   * until it expires. Safe to repeat.
   * @throws UnprocessedError when DynamoDB is too busy to remove them: they are ended all the same.
   * @example
   * await sessions.start({ user_email: email });
   * const ended = await sessions.endAll(email); // 1
   */
  async endAll(user_email: string): Promise<number> {
    const account = emailOf(user_email);
    await raiseGeneration(this.#users, account);
    const [tokens, sessions] = await Promise.all([
      this.#tokens.allKeys("byUser", { user_email: account }),
      this.#sessions.allKeys("byUser", { user_email: account }),
    ]);
    await batchDelete(this.#context, { entity: "qr_token", accessPattern: "withdraw" }, tokens);
    await batchDelete(this.#context, { entity: "session", accessPattern: "endAll" }, sessions);
    return sessions.length;
  }
}
