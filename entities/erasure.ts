import { createSchema, Entity, type EntityConfiguration, type EntityItem } from "electrodb";
import { email, instant, timeToLive } from "./attributes.ts";
import { MODEL_VERSION, primary, SERVICE_NAME } from "./keys.ts";

/**
 * A marker row that stands in the place of an erased account's own row for an hour: log-in, which reads that row anyway,
 * sees by it that the account is gone, and its address cannot be registered again meanwhile.
 */
const schema = createSchema({
  model: { service: SERVICE_NAME, entity: "erasure", version: MODEL_VERSION },
  attributes: {
    email: email({ required: true, readOnly: true, description: "The account that was erased" }),
    created_at: instant({ required: true, readOnly: true, setBy: "service", description: "When it was erased" }),
    expires_at: instant({ required: true, setBy: "service", description: "When the marker ends" }),
    ttl: timeToLive(),
  },
  indexes: {
    byEmail: primary("user", { pk: ["email"], sk: [], description: "Whether an account was erased just now" }),
  },
});

export type Erasure = EntityItem<ErasureEntity>;
export type ErasureEntity = ReturnType<typeof ErasureModel.bind>;

export const ErasureModel = {
  schema,
  bind: (config: EntityConfiguration) => new Entity(schema, config),
};
