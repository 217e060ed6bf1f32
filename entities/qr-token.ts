import { createSchema, Entity, type EntityConfiguration } from "electrodb";
import { count, credential, email, flag, id, instant, migrated, timeToLive } from "./attributes.ts";
import type { EntityModel } from "./facts.ts";
import { MODEL_VERSION, primary, SERVICE_NAME, scoped } from "./keys.ts";

/** How long a token may be redeemed: 5 minutes, in seconds. */
export const QR_TOKEN_LIFETIME_SECONDS = 5 * 60;

/** How long after it redeemed a token a device may ask for the same session again: 30 seconds. */
export const REDEMPTION_REPEAT_SECONDS = 30;

const schema = createSchema({
  model: { service: SERVICE_NAME, entity: "qr_token", version: MODEL_VERSION },
  attributes: {
    token: credential({
      required: true,
      readOnly: true,
      setBy: "service",
      description: "SHA-256 of the one-time credential that the code shows",
    }),
    user_email: email({ required: true, readOnly: true, description: "The account that the token logs in" }),
    created_at: instant({ required: true, readOnly: true, setBy: "service", description: "When the token was issued" }),
    expires_at: instant({
      required: true,
      readOnly: true,
      setBy: "service",
      description: "When it ends: 5 minutes after created_at",
    }),
    used: flag({ required: true, setBy: "service", description: "Whether a device has redeemed it" }),
    used_at: instant({ setBy: "service", description: "When it was redeemed" }),
    device_id: id({ description: "The mobile device that redeemed it: an id that it keeps secret" }),
    session_salt: id({
      hidden: true,
      internal: true,
      setBy: "service",
      description:
        "Fixed when it is redeemed: with the token, which the phone holds, it gives the session's id, so that a retry finishes it",
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
    byToken: primary("qr_token", { pk: ["token"], sk: [], description: "The token that a device scanned" }),
    byUser: scoped("gsi1", "qr_token", {
      pk: ["user_email"],
      sk: ["created_at", "token"],
      view: ["created_at"],
      description: "Tokens of a user, keys only, for export and erasure",
    }),
  },
});

export type { NewQrToken, QrToken, QrTokenChange } from "./items.ts";
/** The ElectroDB entity of a QR token. */
export type QrTokenEntity = ReturnType<typeof QrTokenModel.bind>;

/** What a QR token is and how it is keyed; `bind` makes the ElectroDB entity on a client and a table. */
export const QrTokenModel = {
  schema,
  description: "A QR log-in token",
  seedTable: "ielts-genai-prep-qr-tokens",
  account: { attribute: "user_email", by: "byUser", letsIn: true },
  bind: (config: EntityConfiguration) => new Entity(schema, config),
} as const satisfies EntityModel<typeof schema>;
