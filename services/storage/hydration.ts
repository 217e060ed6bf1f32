import type { EntityItem } from "electrodb";
import type { AnyEntity, DataContext, Model } from "./context.ts";
import { EntityStore } from "./entity-store.ts";
import { type ListOptions, type Order, type Page, type QueryOperation, readPage } from "./pages.ts";
import { batchGet, keyOf, keyText, type RequestLabel, type StoredItem } from "./requests.ts";

/** The rows of a collection by entity; rows keep their order. */
export function groupByEntity(rows: readonly StoredItem[]): Map<string, StoredItem[]> {
  const groups = new Map<string, StoredItem[]>();
  for (const row of rows) {
    const entity = row.__edb_e__ as string;
    const group = groups.get(entity);
    if (group === undefined) groups.set(entity, [row]);
    else group.push(row);
  }
  return groups;
}

/** The rows of one entity in a group, as the entity shows them. */
export function rowsOf<T>(context: DataContext, model: Model, groups: ReadonlyMap<string, StoredItem[]>): T[] {
  const store = new EntityStore(context, model as Model<AnyEntity>);
  return store.parseAll(groups.get(store.name) ?? []) as T[];
}

/** The whole items behind index rows, in the rows' order, with one BatchGetItem a hundred; items gone meanwhile are left out. */
export async function hydrate(
  context: DataContext,
  label: RequestLabel,
  rows: readonly StoredItem[],
): Promise<StoredItem[]> {
  const items = await batchGet(context, label, rows.map(keyOf));
  const whole = new Map(items.map((item): [string, StoredItem] => [keyText(item), item]));
  return rows.map((row) => whole.get(keyText(row))).filter((item) => item !== undefined);
}

/** A page of an index, its rows as the entity shows them. */
export async function readItemPage<E extends AnyEntity>(
  context: DataContext,
  store: EntityStore<E>,
  accessPattern: string,
  query: QueryOperation,
  options: ListOptions,
  order?: Order,
): Promise<Page<EntityItem<E>>> {
  const { items, cursor } = await readPage(context, { entity: store.name, accessPattern }, query, options, order);
  return { items: store.parseAll(items), cursor };
}

/**
 * A page of an index that shows keys alone, with the items as they are now: what changes often is cheaper to read from
 * the items than to keep in the index.
 */
export async function readWholePage<E extends AnyEntity>(
  context: DataContext,
  store: EntityStore<E>,
  accessPattern: string,
  query: QueryOperation,
  options: ListOptions,
): Promise<Page<EntityItem<E>>> {
  const label = { entity: store.name, accessPattern };
  const { items, cursor } = await readPage(context, label, query, options);
  return { items: store.parseAll(await hydrate(context, label, items)), cursor };
}
