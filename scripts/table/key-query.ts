import { DEFAULT_TABLE_NAME } from "../../entities/keys.ts";
import { MARKERS, MODELS } from "../../entities/models.ts";
import type { AnyEntity, Model } from "../../services/storage/context.ts";
import { queryOf } from "../../services/storage/electrodb.ts";
import type { QueryParameters } from "../../services/storage/requests.ts";

/** Everything that has a key in the table. */
export const KEYED = { ...MODELS, ...MARKERS } as const;
export type KeyedEntity = keyof typeof KEYED;

const bound = new Map<KeyedEntity, AnyEntity>();

/** An entity without a client, which is enough to ask it for keys; binding one takes milliseconds. */
function boundEntity(name: KeyedEntity): AnyEntity {
  const entity: AnyEntity = bound.get(name) ?? KEYED[name].bind({ table: DEFAULT_TABLE_NAME });
  bound.set(name, entity);
  return entity;
}

/** An entity's own query by one of its access patterns, as DynamoDB takes it; nothing is sent. */
export function keyQuery(name: KeyedEntity, pattern: string, parts: object): QueryParameters {
  const model: Model = KEYED[name];
  return queryOf({ entity: () => boundEntity(name) }, model, pattern, parts).params();
}
