import type { EntitySchema } from "./schema.ts";

type IndexOf<S extends EntitySchema, P> = P extends keyof S["indexes"] ? S["indexes"][P] : never;

/** The attribute that a composite attribute is a copy of, or itself. */
type SourceOf<S extends EntitySchema, A> = A extends keyof S["attributes"]
  ? S["attributes"][A] extends { readonly sameAs: infer O }
    ? O
    : A
  : never;

/** The attributes that an index carries. The table carries all. */
type ViewOf<I, Item> = I extends { readonly projection: readonly (infer V)[] } ? V : keyof Item;

/** The attributes by which an index is asked. */
type AskedOf<I> = I extends { readonly pk: { readonly composite: readonly (infer A)[] } } ? A : never;

/**
 * A row as an access pattern gives it: of the item's attributes those that the index projects, and those that the
 * question named.
 */
export type Row<Item, S extends EntitySchema, P extends keyof S["indexes"]> = Pick<
  Item,
  Extract<keyof Item, ViewOf<IndexOf<S, P>, Item> | SourceOf<S, AskedOf<IndexOf<S, P>>>>
>;

/** The access pattern by which an entity joins a collection. */
export type PatternOfCollection<S extends EntitySchema, C extends string> = {
  [P in keyof S["indexes"]]: S["indexes"][P] extends { readonly collection: C } ? P : never;
}[keyof S["indexes"]];
