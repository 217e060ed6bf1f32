import { createSchema, Entity, type EntityConfiguration } from "electrodb";
import { count, credential, email, flag, instant, line, migrated, timeToLive } from "./attributes.ts";
import type { EntityModel } from "./facts.ts";
import { MODEL_VERSION, primary, SERVICE_NAME, scoped } from "./keys.ts";

/** How long a session lasts: 24 hours, in seconds. */
export const SESSION_LIFETIME_SECONDS = 24 * 60 * 60;

const schema = createSchema({
  model: { service: SERVICE_NAME, entity: "session", version: MODEL_VERSION },
  attributes: {
    session_id: credential({
      required: true,
      readOnly: true,
      setBy: "service",
      description: "SHA-256 of the bearer credential; it ends the session and lets nobody in",
    }),
    user_email: email({ required: true, readOnly: true, description: "The account the session belongs to" }),
    created_at: instant({ required: true, readOnly: true, setBy: "service", description: "When the session started" }),
    expires_at: instant({
      required: true,
      readOnly: true,
      setBy: "service",
      description: "When it ends: 24 hours after created_at",
    }),
    ip_address: line(100, { description: "Client IP address, at most 100 characters" }),
    user_agent: line(1_000, { description: "Browser or device, at most 1,000 characters" }),
    qr_authenticated: flag({
      required: true,
      setBy: "service",
      description: "Whether it began by redeeming a QR token",
    }),
    qr_token: credential({
      readOnly: true,
      hidden: true,
      setBy: "service",
      description: "SHA-256 of the QR token that opened it; ending the session withdraws that token",
    }),
    generation: count({
      readOnly: true,
      hidden: true,
      internal: true,
      setBy: "service",
      description: "The account's generation that it began under; it lets nobody in under a later one",
    }),
    ttl: timeToLive(),
    ...migrated(),
  },
  indexes: {
    byId: primary("session", { pk: ["session_id"], sk: [], description: "The session behind a bearer credential" }),
    // Scoped, not in the account collection: an overview needs no sessions.
    byUser: scoped("gsi1", "session", {
      pk: ["user_email"],
      sk: ["created_at", "session_id"],
      view: [],
      description: "Sessions of a user by start",
      seedIndex: "user_email-created_at-index",
    }),
  },
});

export type { NewSession, Session, SessionChange } from "./items.ts";
/** The ElectroDB entity of a session. */
export type SessionEntity = ReturnType<typeof SessionModel.bind>;

/** What a session is and how it is keyed; `bind` makes the ElectroDB entity on a client and a table. */
export const SessionModel = {
  schema,
  description: "A log-in session",
  seedTable: "ielts-genai-prep-sessions",
  account: { attribute: "user_email", by: "byUser", letsIn: true },
  bind: (config: EntityConfiguration) => new Entity(schema, config),
} as const satisfies EntityModel<typeof schema>;
