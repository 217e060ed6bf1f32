import type { EntitySchema, IndexSchema, KeySchema } from "../../entities/schema.ts";
import type { StoredItem } from "./requests.ts";

/** Tells the rows of the entities that a query asks for. */
export interface Ownership {
  /** The attributes by which it tells them. */
  readonly fields: readonly string[];
  owns(row: StoredItem): boolean;
  /** The attributes that a row shows of its item. */
  viewOf(row: StoredItem): readonly string[];
}

/** An entity's schema, and the index of it that is asked. */
export type Asked = readonly [schema: EntitySchema, index: IndexSchema];

/** How a key begins, before its first value. */
const beginningOf = ({ field, template }: KeySchema) => ({ field, text: template.slice(0, template.indexOf("${")) });

/**
 * Tells the rows of some entities by their table key. Whoever may write items of one entity can give them any index key,
 * but IAM bounds the partition keys of the table: an index's row under another entity's key was planted. One in another
 * entity's place among several is none either.
 */
export function ownedBy(asked: readonly Asked[]): Ownership {
  const beginnings = new Map(
    asked.map(([{ model, indexes }, index]) => {
      const [primary = index] = Object.values(indexes);
      return [model.entity, [beginningOf(primary.pk), beginningOf(index.sk)]];
    }),
  );
  const views = new Map(
    asked.map(([{ model, attributes }, { projection }]) => [model.entity, projection ?? Object.keys(attributes)]),
  );
  return {
    viewOf: (row) => views.get(row.__edb_e__ as string) ?? [],
    fields: [...new Set(["__edb_e__", ...[...beginnings.values()].flat().map(({ field }) => field)])],
    owns: (row) =>
      beginnings.get(row.__edb_e__ as string)?.every(({ field, text }) => `${row[field]}`.startsWith(text)) === true,
  };
}
