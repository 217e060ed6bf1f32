import { v4 as uuidv4 } from "uuid";
import { QR_TOKEN_LIFETIME_SECONDS, QrTokenModel } from "../entities/qr-token.ts";
import {
  type NewSession,
  SESSION_LIFETIME_SECONDS,
  type Session,
  SessionModel,
  type SessionSummary,
} from "../entities/session.ts";
import type { DataContext } from "./context.ts";
import { writeUnlessShut } from "./erasure.ts";
import { ExpiredError } from "./errors.ts";
import { anyOf, EntityStore } from "./storage/entity-store.ts";
import { allRows, type ListOptions, type Page, readPage } from "./storage/pages.ts";
import { batchDelete, batchGet, keyOf, type StoredItem } from "./storage/requests.ts";
import { attributeValue, only } from "./storage/validation.ts";

/** A new session, and where it comes from. */
export type SessionStart = Readonly<Pick<NewSession, "user_email" | "ip_address" | "user_agent">>;

/**
 * Log-in sessions of 24 hours.
 * @example
 * import { createContext } from "@ielts-ai-prep/data-layer/services/context";
 * import { createSessions } from "@ielts-ai-prep/data-layer/services/sessions";
 *
 * const sessions = createSessions(createContext({ table: "ielts-genai-prep" }));
 */
export function createSessions(context: DataContext) {
  const sessions = new EntityStore(context, SessionModel);
  const emailOf = (value: string) => attributeValue(SessionModel, "user_email", value);
  const idOf = (value: string) => attributeValue(SessionModel, "session_id", value);
  const tokens = new EntityStore(context, QrTokenModel);
  const tokensOf = { entity: "qr_token", accessPattern: "byUser" };
  const withdraw = { entity: "qr_token", accessPattern: "withdraw" };

  /** Withdraws the token that opened a session: while it lives, it gives its device the session back. */
  async function withdrawOpener({ session_id, user_email, created_at }: StoredItem): Promise<void> {
    const opened = created_at as number;
    const query = tokens.entity.query
      .byUser({ user_email: user_email as string })
      .between({ created_at: Math.max(0, opened - QR_TOKEN_LIFETIME_SECONDS) }, { created_at: opened + 1 });
    const keys = (await allRows(context, tokensOf, query)).map(keyOf);
    const issued = await batchGet(context, withdraw, keys, { consistent: true });
    const openers = issued.filter(({ opened_session_id }) => opened_session_id === session_id);
    await batchDelete(context, withdraw, openers.map(keyOf));
  }

  return {
    /**
     * Starts a session under a new unguessable id. `expires_at`, in epoch seconds, is 24 hours from now.
     * @throws ConflictError when the account is not active; NotFoundError when there is none.
     * @example
     * const { session_id, expires_at } = await sessions.start({ user_email: email, user_agent: "Safari/26 (iPhone)" });
     */
    async start(input: SessionStart): Promise<Session> {
      only("session", input, ["user_email", "ip_address", "user_agent"]);
      const created_at = context.clock();
      const session = {
        ...input,
        user_email: emailOf(input.user_email),
        session_id: uuidv4(),
        created_at,
        expires_at: created_at + SESSION_LIFETIME_SECONDS,
        qr_authenticated: false,
      };
      return writeUnlessShut(
        context,
        session.user_email,
        () => sessions.insertOnce(session),
        ({ session_id }) => sessions.remove("undo", sessions.entity.delete({ session_id })),
      );
    },

    /**
     * The session behind a credential, read consistently. An expired one is refused although DynamoDB may hold it for
     * days.
     * @throws ExpiredError; NotFoundError when it has ended or never was.
     * @example
     * const { session_id } = await sessions.start({ user_email: email });
     * const { user_email } = await sessions.authenticate(session_id);
     */
    async authenticate(session_id: string): Promise<Session> {
      const item = await sessions.read("byId", sessions.entity.get({ session_id: idOf(session_id) }), {
        consistent: true,
      });
      if (item === undefined) throw sessions.notFound();
      if ((item.expires_at as number) <= context.clock()) throw new ExpiredError("session");
      return sessions.parse(item);
    },

    /**
     * Sessions of a user that have not expired, newest first; answers `user_email-created_at-index`.
     * @throws InvalidCursorError when the cursor is of another list.
     * @example
     * await sessions.start({ user_email: email, user_agent: "Firefox/145 (Windows)" });
     * const { items, cursor } = await sessions.list(email, { limit: 10 });
     */
    async list(user_email: string, options: ListOptions = {}): Promise<Page<SessionSummary>> {
      const account = emailOf(user_email);
      const label = { entity: "session", accessPattern: "byUser" };
      const page = await readPage(context, label, sessions.entity.query.byUser({ user_email: account }), options);
      const now = context.clock();
      const live = page.items.filter((row) => (row.expires_at as number) > now);
      const items = sessions.parseAll(live).map((row) => ({ ...row, user_email: account }));
      // All sessions last equally long: behind an expired one there are only expired ones.
      return { items, cursor: live.length < page.items.length ? null : page.cursor };
    },

    /**
     * Ends a session. Safe to repeat. A QR token that opened it is withdrawn while it could still be redeemed again.
     * @throws UnprocessedError when DynamoDB is too busy to withdraw the token: call again.
     * @example
     * const { session_id } = await sessions.start({ user_email: email });
     * await sessions.end(session_id);
     */
    async end(session_id: string): Promise<void> {
      const key = { session_id: idOf(session_id) };
      const lived = context.clock() - QR_TOKEN_LIFETIME_SECONDS;
      const unlessTokenLives = sessions.entity
        .delete(key)
        .where(({ session_id: id, qr_authenticated, created_at }, { eq, lte, notExists }) =>
          anyOf(notExists(id), eq(qr_authenticated, false), lte(created_at, lived)),
        );
      await sessions.remove("end", unlessTokenLives, async (session) => {
        if (session === undefined) return;
        await withdrawOpener(session);
        await sessions.remove("end", sessions.entity.delete(key));
      });
    },

    /**
     * Ends all sessions of a user, withdraws all QR tokens, and tells how many sessions there were. Safe to repeat.
     * @throws UnprocessedError when DynamoDB is too busy: call again.
     * @example
     * await sessions.start({ user_email: email });
     * const ended = await sessions.endAll(email); // 1
     */
    async endAll(user_email: string): Promise<number> {
      const account = { user_email: emailOf(user_email) };
      // Tokens first: a redeemed one could give its session back to a retry.
      const issued = await allRows(context, tokensOf, tokens.entity.query.byUser(account));
      await batchDelete(context, withdraw, issued.map(keyOf));
      const query = sessions.entity.query.byUser(account);
      const rows = await allRows(context, { entity: "session", accessPattern: "byUser" }, query);
      await batchDelete(context, { entity: "session", accessPattern: "endAll" }, rows.map(keyOf));
      return rows.length;
    },
  };
}

/** What `layer.sessions` is. */
export type Sessions = ReturnType<typeof createSessions>;
