import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { EntityConfiguration } from "electrodb";
import type { IndexSchema } from "../../entities/schema.ts";
import type { Model } from "./context.ts";
import { type Asked, type Ownership, ownedBy } from "./ownership.ts";
import type { QueryParameters, RequestParameters } from "./requests.ts";
import { DOCUMENT_COMMANDS } from "./wire/document-commands.ts";

// What the data layer relies on and ElectroDB does not promise. Its version is pinned to patch releases.

interface Bindable<E> {
  bind(config: EntityConfiguration): E;
}

/**
 * A model's entity on a client and a table.
 * Relies on: ElectroDB takes a client without lib-dynamodb's document client around it, as long as it has `send`.
 * Relies on: `entity.client` is ElectroDB's wrapper of that client; its `go()` makes each command from `client.lib`, by
 * the name that the command has in lib-dynamodb. Without such a `lib` ElectroDB sends lib-dynamodb's own commands.
 */
export function bindEntity<E>(model: Bindable<E>, client: DynamoDBClient, table: string): E {
  const entity = model.bind({ client: client as never, table });
  const { client: wrapper } = entity as { client?: { lib?: object } };
  if (wrapper !== undefined && "lib" in wrapper) wrapper.lib = DOCUMENT_COMMANDS;
  return entity;
}

/** Names of attributes and operations as ElectroDB hands them to `where`. */
export type Where = (
  attributes: Readonly<Record<string, unknown>>,
  operations: Readonly<
    Record<"eq" | "ne" | "lt" | "lte" | "gt" | "gte" | "contains" | "value", (a: unknown, value: unknown) => string> &
      Record<"exists" | "notExists" | "size", (attribute: unknown) => string>
  >,
) => string;

/** A condition of any entity for the `where` of one, whose types ask for its own attributes and their values. */
export const conditionOf = (condition: Where) => condition as never;

/** What a change does to an item's attributes. */
export interface Change {
  readonly set: object;
  /** Numbers that grow by so much, and sets that get members. */
  readonly add?: object;
  readonly remove?: readonly string[];
}

interface Patch {
  set(values: object): Patch;
  add(values: object): Patch;
  remove(names: readonly string[]): Patch;
  where(condition: Where): { params(): RequestParameters };
}

interface Patchable {
  patch(key: object): Patch;
}

/** ElectroDB's change of an item of any entity, where its types would need the entity's own. */
export function changeOf(entity: unknown, key: object, { set, add = {}, remove = [] }: Change, condition: Where) {
  let patch = (entity as Patchable).patch(key).set(set);
  if (Object.keys(add).length > 0) patch = patch.add(add);
  if (remove.length > 0) patch = patch.remove(remove);
  return patch.where(condition);
}

/** A query as ElectroDB builds it. */
export interface QueryOperation {
  /** The request that it makes. */
  params(options?: object): QueryParameters;
  /** Tells which rows that come back are of the entities that were asked for. */
  readonly ownership: Ownership;
  /** The first version of the index that has all rows asked for. */
  readonly since: number;
  /** What asks the same by another access pattern, as long as the table cannot answer by this one. */
  readonly before?: { readonly pattern: string; readonly operation: QueryOperation } | undefined;
}

/** The sort key's bounds, both inclusive: values of its attributes from the first on. */
export type Between = readonly [low: object, high: object];

interface Parameters {
  params(options?: object): QueryParameters;
}

interface Queryable {
  readonly query: Readonly<Record<string, (key: object) => Parameters & { between(...bounds: Between): Parameters }>>;
}

/** ElectroDB's query of any entity by one of its access patterns, where its types would need the entity's own. */
export function queryOf<E>(
  context: { entity(model: Model<E>): E },
  model: Model<E>,
  pattern: string,
  key: object,
  between?: Between,
): QueryOperation {
  const asked = ((context.entity(model) as Queryable).query[pattern] as Queryable["query"][string])(key);
  const bounded = between === undefined ? asked : asked.between(...between);
  const index = model.schema.indexes[pattern] as IndexSchema;
  const { since = 1, before } = index;
  return {
    params: (options) => bounded.params(options),
    ownership: ownedBy([[model.schema, index]]),
    since,
    ...(before === undefined
      ? {}
      : { before: { pattern: before, operation: queryOf(context, model, before, key, between) } }),
  };
}

interface Addressable {
  create(item: object): { params(): RequestParameters };
  get(key: object): { params(): RequestParameters };
  delete(key: object): { params(): RequestParameters; where(condition: Where): { params(): RequestParameters } };
}

/** ElectroDB's request for one item of any entity, by its whole key. */
export const getOf = (entity: unknown, key: object): RequestParameters => (entity as Addressable).get(key).params();

/** ElectroDB's request for writing an item of any entity that must not exist yet. */
export const createOf = (entity: unknown, item: object): RequestParameters =>
  (entity as Addressable).create(item).params();

/** ElectroDB's request for removing an item of any entity, if it meets the condition. */
export function deleteOf(entity: unknown, key: object, condition?: Where): RequestParameters {
  const operation = (entity as Addressable).delete(key);
  return (condition === undefined ? operation : operation.where(condition)).params();
}

/** ElectroDB's query of a collection of some models, by the collection's name. */
export function collectionQueryOf(
  {
    name,
    collection,
    models,
  }: { readonly name: string; readonly collection: unknown; readonly models: readonly Model[] },
  key: object,
): QueryOperation {
  const asked = (collection as (key: object) => Parameters)(key);
  const shares = models.flatMap(({ schema }) =>
    Object.values(schema.indexes)
      .filter((index) => index.collection === name)
      .map((index): Asked => [schema, index]),
  );
  // A member that is new in the collection is not in its former version, which answers without it.
  return { params: (options) => asked.params(options), ownership: ownedBy(shares), since: 1 };
}
