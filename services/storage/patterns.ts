import type { Entity, EntityItem } from "electrodb";
import type { EntitySchema } from "../../entities/schema.ts";
import type { Row } from "../../entities/views.ts";
import type { AnyEntity, Model } from "./context.ts";
import type { Order } from "./pages.ts";
import { attributeValue } from "./validation.ts";

/** The schema that an entity was made of. */
export type SchemaOf<E> = E extends Entity<infer _A, infer _F, infer _C, infer S> ? Extract<S, EntitySchema> : never;

/** The names of an entity's access patterns. */
export type PatternOf<E extends AnyEntity> = keyof E["query"] & keyof SchemaOf<E>["indexes"] & string;

/** What an access pattern is asked by: its partition's attributes, and those of the sort key from the first on. */
export type Question<E extends AnyEntity, P extends PatternOf<E>> = Parameters<E["query"][P]>[0];

/** An index's row as the entity shows it, with the attributes that the question named. */
export type RowOf<E extends AnyEntity, P extends PatternOf<E>> = Row<EntityItem<E>, SchemaOf<E>, P>;

/** Which rows of a partition, and in which order. */
export interface Range<E extends AnyEntity, P extends PatternOf<E>> {
  /** Default: `desc`, the newest first. */
  readonly order?: Order;
  /** Bounds of the sort key, both inclusive. */
  readonly between?: readonly [low: Partial<Question<E, P>>, high: Partial<Question<E, P>>];
}

/** A question with its values as they are stored, and the attributes that its rows do not carry but it has named. */
export interface Asked {
  readonly key: Readonly<Record<string, unknown>>;
  readonly named: Readonly<Record<string, unknown>>;
}

/**
 * Validates what an access pattern is asked by.
 * @throws ValidationError
 */
export function askedOf(model: Model, question: object): Asked {
  const key: Record<string, unknown> = {};
  const named: Record<string, unknown> = {};
  for (const [attribute, value] of Object.entries(question)) {
    const { sameAs: source = attribute } = model.schema.attributes[attribute] ?? {};
    const stored = attributeValue(model, source, value);
    key[attribute] = stored;
    named[source] = stored;
  }
  return { key, named };
}
