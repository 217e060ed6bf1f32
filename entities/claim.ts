import { createSchema, Entity, type EntityConfiguration, type EntityItem } from "electrodb";
import { flag, id, instant, oneOf, timeToLive } from "./attributes.ts";
import { MODEL_VERSION, primary, SERVICE_NAME } from "./keys.ts";

/**
 * What can be claimed: the ids that the models name, and reactions to changes. The list is here as well, so that a service that
 * claims one id does not load all models; the compiler and a test compare.
 */
export const CLAIM_KINDS = [
  "transaction",
  "assessment",
  "safety_log",
  "content_report",
  "ticket",
  "devops_action",
  "reaction",
] as const;
/** What a claim is of. */
export type ClaimKind = (typeof CLAIM_KINDS)[number];

/**
 * A marker row beside the eleven entities: it makes one value unique over the whole table.
 * It holds no personal data: what is claimed and by whom are pseudonyms, by a secret of the deployment.
 */
const schema = createSchema({
  model: { service: SERVICE_NAME, entity: "claim", version: MODEL_VERSION },
  attributes: {
    kind: oneOf(CLAIM_KINDS, { required: true, readOnly: true, setBy: "service", description: "What is claimed" }),
    claimed_id: id({
      required: true,
      readOnly: true,
      setBy: "service",
      description: "Stands for the transaction, item or change: HMAC-SHA-256, in hex",
    }),
    owner: id({ required: true, setBy: "service", description: "Stands for who claimed it: HMAC-SHA-256, in hex" }),
    created_at: instant({
      required: true,
      setBy: "service",
      description: "When its item begins: when it was claimed first",
    }),
    settled: flag({
      setBy: "service",
      description: "Whether a claimed transaction has certainly been granted, or a reaction is done",
    }),
    expires_at: instant({
      setBy: "service",
      description: "When it ends: 40 days after its item was erased, 8 days after a reaction; absent: never",
    }),
    ttl: timeToLive(),
  },
  indexes: {
    byId: primary("claim", { pk: ["kind", "claimed_id"], sk: [], description: "Who claimed an id first, and when" }),
  },
});

export type Claim = EntityItem<ClaimEntity>;
export type ClaimEntity = ReturnType<typeof ClaimModel.bind>;

export const ClaimModel = {
  schema,
  bind: (config: EntityConfiguration) => new Entity(schema, config),
};
