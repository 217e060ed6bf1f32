import { v4 as uuidv4 } from "uuid";
import { type Session, SessionModel, type SessionSummary } from "../entities/session.ts";
import type { DataContext } from "./context.ts";
import { writeUnlessShut } from "./erasure.ts";
import { ExpiredError } from "./errors.ts";
import { EntityStore } from "./storage/entity-store.ts";
import { allRows, type ListOptions, type Page, readPage } from "./storage/pages.ts";
import { batchDelete, keyOf } from "./storage/requests.ts";
import { attributeValue, only } from "./storage/validation.ts";

export const SESSION_LIFETIME_SECONDS = 24 * 60 * 60;

/** A new session, and where it comes from. */
export interface SessionStart {
  readonly user_email: string;
  readonly ip_address?: string;
  readonly user_agent?: string;
}

/** Log-in sessions of 24 hours. */
export function createSessions(context: DataContext) {
  const sessions = new EntityStore(context, SessionModel);
  const emailOf = (value: string) => attributeValue(SessionModel, "user_email", value);
  const idOf = (value: string) => attributeValue(SessionModel, "session_id", value);

  return {
    /** Starts a session under a new unguessable id. @throws NotFoundError when there is no such account; ConflictError when it is not active. */
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
     * @throws NotFoundError, ExpiredError
     */
    async authenticate(session_id: string): Promise<Session> {
      const item = await sessions.read("byId", sessions.entity.get({ session_id: idOf(session_id) }), {
        consistent: true,
      });
      if (item === undefined) throw sessions.notFound();
      if ((item.expires_at as number) <= context.clock()) throw new ExpiredError("session");
      return sessions.parse(item);
    },

    /** Sessions of a user that have not expired, newest first; answers `user_email-created_at-index`. */
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

    /** Ends a session. Safe to repeat. */
    async end(session_id: string): Promise<void> {
      await sessions.remove("end", sessions.entity.delete({ session_id: idOf(session_id) }));
    },

    /** Ends all sessions of a user and tells how many. Safe to repeat. */
    async endAll(user_email: string): Promise<number> {
      const query = sessions.entity.query.byUser({ user_email: emailOf(user_email) });
      const rows = await allRows(context, { entity: "session", accessPattern: "byUser" }, query);
      await batchDelete(context, { entity: "session", accessPattern: "endAll" }, rows.map(keyOf));
      return rows.length;
    },
  };
}

export type Sessions = ReturnType<typeof createSessions>;
