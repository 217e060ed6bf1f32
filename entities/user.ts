import { createSchema, Entity, type EntityConfiguration } from "electrodb";
import {
  accountEmailFrom,
  count,
  email,
  flag,
  id,
  instant,
  line,
  migrated,
  oneOf,
  passwordHash,
  text,
  token,
} from "./attributes.ts";
import { ACCOUNT_STATUSES } from "./enums.ts";
import type { EntityModel } from "./facts.ts";
import { collected, MODEL_VERSION, primary, SERVICE_NAME } from "./keys.ts";
import { ACCOUNT_STATES } from "./transitions.ts";

/** How long a verification token may be used: 24 hours, in seconds. */
export const VERIFICATION_LIFETIME_SECONDS = 24 * 60 * 60;

/** How long a token to reset the password may be used: an hour, in seconds. */
export const RESET_LIFETIME_SECONDS = 60 * 60;

const schema = createSchema({
  model: { service: SERVICE_NAME, entity: "user", version: MODEL_VERSION },
  attributes: {
    email: email({
      required: true,
      readOnly: true,
      description: "The account's e-mail address, in its normal form",
    }),
    password_hash: passwordHash({
      required: true,
      hidden: true,
      secret: true,
      description:
        "Encoded hash (bcrypt, Werkzeug scrypt or pbkdf2, argon2), at most 512 characters; only log-in reads it",
    }),
    username: line(200, { required: true, description: "Display name, at most 200 characters" }),
    created_at: instant({
      required: true,
      readOnly: true,
      setBy: "service",
      description: "When the account was registered",
    }),
    email_verified: flag({
      required: true,
      setBy: "service",
      description: "Whether the address was proven by its token",
    }),
    verification_token: token({
      hidden: true,
      description: "SHA-256 of the single-use e-mail verification token of at least 22 characters; removed when used",
    }),
    verification_expires_at: instant({
      hidden: true,
      internal: true,
      setBy: "service",
      description: "When the verification token ends: 24 hours after it was set",
    }),
    reset_token: token({
      hidden: true,
      setBy: "service",
      description:
        "SHA-256 of the single-use token of at least 22 characters that resets the password; removed when used",
    }),
    reset_expires_at: instant({
      hidden: true,
      internal: true,
      setBy: "service",
      description: "When the token to reset the password ends: an hour after it was set",
    }),
    last_login: instant({ setBy: "service", description: "When the user last logged in" }),
    account_status: oneOf(ACCOUNT_STATUSES, { required: true, setBy: "service", description: "State of the account" }),
    generation: count({
      hidden: true,
      internal: true,
      setBy: "service",
      description:
        "How often all sessions were ended at once; none is 0. After an erasure it begins at the instant of the registration. " +
        "What began under another lets nobody in",
    }),
    kept_session: text({
      hidden: true,
      internal: true,
      setBy: "service",
      description:
        "The session that stayed when all others were ended: the generation that this began, then the SHA-256 of its id. Of an " +
        "earlier generation it says nothing",
    }),
    address_change: id({
      hidden: true,
      internal: true,
      setBy: "service",
      description: "Hash of the address that the account is moving from; while it is there, nobody is let in",
    }),
    user_email: accountEmailFrom("email"),
    ...migrated(),
  },
  indexes: {
    byEmail: primary("user", { pk: ["email"], sk: [], description: "The account of an e-mail address" }),
    // last_login is left out, so that a log-in writes no index.
    account: collected("gsi1", "account", "user", {
      pk: ["user_email"],
      sk: ["created_at"],
      view: ["username", "created_at", "email_verified", "account_status"],
      description: "The account's own row on the overview",
      row: { name: "UserSummary", description: "An account as its overview shows it" },
    }),
  },
});

export type { NewUser, User, UserChange, UserSummary } from "./items.ts";
/** The ElectroDB entity of a user account. */
export type UserEntity = ReturnType<typeof UserModel.bind>;

/** What a user account is and how it is keyed; `bind` makes the ElectroDB entity on a client and a table. */
export const UserModel = {
  schema,
  description: "A user account, without its secrets",
  seedTable: "ielts-genai-prep-users",
  account: { attribute: "email", by: "byEmail" },
  transitions: { attribute: "account_status", from: ACCOUNT_STATES },
  bind: (config: EntityConfiguration) => new Entity(schema, config),
} as const satisfies EntityModel<typeof schema>;
