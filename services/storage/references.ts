import type { AnyEntity, DataContext, Model } from "./context.ts";
import { EntityStore } from "./entity-store.ts";
import type { QueryOperation } from "./pages.ts";
import type { StoredItem } from "./requests.ts";
import { attributeValue } from "./validation.ts";

/**
 * An item by its id alone, or by the whole key that a caller already holds: with the key a change needs no look-up.
 * A whole item is a key.
 */
export type Reference<K extends object> = string | Readonly<K>;

interface KeyOrder {
  readonly pk: { readonly composite: readonly [string] };
  readonly sk: { readonly composite: readonly [string] };
}

/** The attributes of an entity's two-part key: the id, and what callers need not know. */
export function keyAttributes(model: Model): readonly [id: string, rest: string] {
  const { pk, sk } = model.schema.indexes.byId as KeyOrder;
  return [pk.composite[0], sk.composite[0]];
}

type ById = (id: Readonly<Record<string, string>>) => QueryOperation;

/** Resolves references of an entity to its keys `K`, which have two parts: an id, and what callers need not know. */
export function createReferences<K extends object>(context: DataContext, model: Model) {
  const store = new EntityStore(context, model as Model<AnyEntity>);
  const names = keyAttributes(model);
  const [id] = names;
  const partOf = (item: object, name: string) =>
    attributeValue(model, name, (item as Readonly<Record<string, unknown>>)[name]);
  const keyFrom = (item: object) => Object.fromEntries(names.map((name) => [name, partOf(item, name)])) as K;

  async function findStored(value: string, options: { consistent?: boolean } = {}): Promise<StoredItem | undefined> {
    const byId = store.entity.query.byId as ById;
    return store.readSole("byId", byId({ [id]: attributeValue(model, id, value) }), options);
  }

  async function getStored(value: string): Promise<StoredItem> {
    const item = await findStored(value);
    if (item === undefined) throw store.notFound(value);
    return item;
  }

  return {
    findStored,
    getStored,
    /** @throws NotFoundError when an id alone is given and nothing has it. */
    async keyFor(reference: Reference<K>): Promise<K> {
      if (typeof reference === "object" && reference !== null) return keyFrom(reference);
      return keyFrom(await getStored(reference));
    },
  };
}

/** Resolves references to keys `K`. */
export type References<K extends object> = ReturnType<typeof createReferences<K>>;
