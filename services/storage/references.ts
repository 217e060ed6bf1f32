import type { AnyEntity, Model } from "../context.ts";
import type { EntityStore } from "./entity-store.ts";
import type { StoredItem } from "./requests.ts";
import { attributeValue } from "./validation.ts";

/**
 * An item by its id alone, or by the whole key that a caller already holds: with the key a change needs no look-up.
 * A whole item is a key.
 */
export type Reference<I extends string, S extends string, V> =
  | string
  | (Readonly<Record<I, string>> & Readonly<Record<S, V>>);

interface Query {
  params(options?: object): unknown;
}

/** Turns references of an entity with a two-part key into keys. */
export function createResolver<E extends AnyEntity, I extends string, S extends string, V extends string | number>(
  store: EntityStore<E>,
  model: Model<E>,
  names: { readonly id: I; readonly sort: S },
  byId: (id: string) => Query,
) {
  type Key = Record<I, string> & Record<S, V>;
  const keyFrom = (item: Readonly<Record<string, unknown>>): Key =>
    ({
      [names.id]: attributeValue(model, names.id, item[names.id]),
      [names.sort]: attributeValue(model, names.sort, item[names.sort]),
    }) as Key;

  async function findStored(id: string, options: { consistent?: boolean } = {}): Promise<StoredItem | undefined> {
    return store.readOnly("byId", byId(attributeValue(model, names.id, id)) as never, options);
  }

  async function getStored(id: string, options: { consistent?: boolean } = {}): Promise<StoredItem> {
    const item = await findStored(id, options);
    if (item === undefined) throw store.notFound(id);
    return item;
  }

  return {
    findStored,
    getStored,
    /** @throws NotFoundError when an id alone is given and nothing has it. */
    async keyOf(reference: Reference<I, S, V>): Promise<Key> {
      if (typeof reference === "object" && reference !== null) return keyFrom(reference);
      return keyFrom(await getStored(reference));
    },
  };
}
