import { isDeepStrictEqual } from "node:util";
import type { CreateEntityItem, EntityItem } from "electrodb";
import type { StateTransitions } from "../../entities/transitions.ts";
import type { AnyEntity, DataContext, Model } from "./context.ts";
import { transitionOf, type Where } from "./electrodb.ts";
import { ConflictError, ItemTooLargeError, NotFoundError } from "./errors.ts";
import { compileTemplate, type ItemTemplate } from "./item-template.ts";
import { ConditionFailed, keyOf, type RequestParameters, type StoredItem, type StoredKey, send } from "./requests.ts";
import {
  buildParameters,
  checkItemSize,
  checkKeySizes,
  checkShapes,
  definedPart,
  dropHalfKeys,
  dropUndefined,
  only,
} from "./validation.ts";

/** The part of an ElectroDB operation that this package uses: its parameters. */
interface Operation {
  params(options?: object): RequestParameters;
}

/** What to do when a change's condition was not met; receives the stored item, or undefined when there is none. */
type WhenRefused<T> = (current: StoredItem | undefined) => T | Promise<T>;

type UpdateResult = { refused: false; item: StoredItem } | { refused: true; item: StoredItem | undefined };

/** One of several conditions. ElectroDB joins what `where` returns by AND, without parentheses of its own. */
export const anyOf = (...conditions: readonly string[]): string => `(${conditions.join(" OR ")})`;

/** An entity's name as a sentence has it. */
const entityWords = (entity: string) => entity.replaceAll("_", " ");

function refusedTransition(entity: string, to: string, state: string | undefined): ConflictError {
  const words = entityWords(entity);
  if (state === to)
    return new ConflictError(entity, "differs", `The ${words} became ${to} with other values before.`, state);
  const reason = state === undefined ? "it has no state" : `it is ${state}`;
  return new ConflictError(entity, "wrong_state", `The ${words} cannot become ${to}: ${reason}.`, state);
}

/** The attributes of an item's primary key; the id first. */
type ItemKey = Readonly<Record<string, unknown>>;

/** The id in a key; an address is no id, and no error shows it. */
function idOf(key: ItemKey): string | undefined {
  const [name, value] = Object.entries(key)[0] ?? [];
  return name?.endsWith("_id") ? (value as string) : undefined;
}

/** What a transition sets, and what it asks for besides the state. */
export interface Transition {
  /** Attributes that change with the state; undefined ones stay as they are. */
  readonly set?: Readonly<Record<string, unknown>>;
  /** What an item that is there already must hold for the call to be a repeat. Default: nothing. */
  readonly same?: Readonly<Record<string, unknown>>;
  /** The states that lead there. Default: the model's. */
  readonly from?: readonly string[];
  /** A further condition, and what is thrown when it alone is not met. */
  readonly only?: { readonly holds: Where; readonly otherwise: (current: StoredItem) => Error };
}

const isTooLarge = (error: unknown) =>
  error instanceof Error && error.name === "ValidationException" && /item size.*exceeded/i.test(error.message);

const templates = new WeakMap<Model, ItemTemplate>();

/** The few ways in which services touch items of one entity: ElectroDB makes the parameters, this sends and checks them. */
export class EntityStore<E extends AnyEntity> {
  readonly name: string;
  private readonly context: DataContext;
  private readonly model: Model<E>;

  constructor(context: DataContext, model: Model<E>) {
    this.context = context;
    this.model = model;
    this.name = model.schema.model.entity;
  }

  /** ElectroDB's entity, bound when it is first needed. */
  get entity(): E {
    return this.context.entity(this.model);
  }

  private get template(): ItemTemplate {
    const known = templates.get(this.model);
    if (known !== undefined) return known;
    const template = compileTemplate(this.model, this.entity);
    templates.set(this.model, template);
    return template;
  }

  /** A stored item as the entity shows it: hidden attributes and keys left out. */
  parse(item: StoredItem): EntityItem<E> {
    return (this.template.shown(item) ?? this.entity.parse({ Item: item as never }).data) as EntityItem<E>;
  }

  parseAll(items: readonly StoredItem[]): EntityItem<E>[] {
    return items.map((item) => this.parse(item));
  }

  /** The physical key that an operation on one item addresses. */
  keyOf(operation: Operation): StoredKey {
    return operation.params().Key;
  }

  /** Reads one item by its whole primary key. */
  async read(
    accessPattern: string,
    operation: Operation,
    options: { consistent?: boolean } = {},
  ): Promise<StoredItem | undefined> {
    const parameters = operation.params();
    if (options.consistent === true) parameters.ConsistentRead = true;
    checkKeySizes(this.model, parameters.Key, parameters.Key);
    const output = await send(this.context, "GetItem", { entity: this.name, accessPattern }, parameters);
    return output.Item;
  }

  /** Reads the one item of a partition whose sort key the caller does not know. */
  async readSole(
    accessPattern: string,
    operation: Operation,
    options: { consistent?: boolean } = {},
  ): Promise<StoredItem | undefined> {
    const parameters = operation.params({ limit: 1 });
    if (options.consistent === true) parameters.ConsistentRead = true;
    checkKeySizes(
      this.model,
      { pk: parameters.ExpressionAttributeValues[":pk"] },
      parameters.ExpressionAttributeValues,
    );
    const output = await send(this.context, "Query", { entity: this.name, accessPattern }, parameters);
    return output.Items?.[0];
  }

  /** The physical item of a put, validated; an attribute that the entity lacks, or derives itself, is refused. */
  itemOf(item: CreateEntityItem<E>): StoredItem {
    only(this.name, item as object, this.template.given);
    const plain = this.template.itemOf(item);
    if (plain === undefined) return this.putParameters(item).Item;
    return this.checked(plain, item);
  }

  private putParameters(item: CreateEntityItem<E>): RequestParameters {
    checkShapes(this.model, item);
    const parameters: RequestParameters = buildParameters(this.model, item, () =>
      this.entity.create(item as never).params<RequestParameters>(),
    );
    dropHalfKeys(this.model, parameters.Item);
    dropUndefined(parameters.Item);
    this.checked(parameters.Item, item);
    return parameters;
  }

  private checked(stored: StoredItem, item: CreateEntityItem<E>): StoredItem {
    checkKeySizes(this.model, stored, item as Record<string, unknown>);
    checkItemSize(this.model, stored);
    return stored;
  }

  /** Writes an item that must not exist yet. */
  async insert<R>(item: CreateEntityItem<E>, whenRefused: WhenRefused<R>): Promise<EntityItem<E> | R> {
    const parameters = this.putParameters(item);
    parameters.ReturnValuesOnConditionCheckFailure = "ALL_OLD";
    try {
      await send(this.context, "PutItem", { entity: this.name, accessPattern: "create" }, parameters);
      return this.parse(parameters.Item);
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
      return whenRefused(await this.currentOf(error, parameters.Item));
    }
  }

  /**
   * Writes an item once: the same item again, from a retry or a second delivery, gives back what is stored.
   * Attributes that may have changed since are not compared. `whenStored` hears of an item that was there before.
   * @throws ConflictError when the key holds something else.
   */
  insertOnce(item: CreateEntityItem<E>, whenStored?: () => void): Promise<EntityItem<E>> {
    return this.insert(item, (current) => {
      whenStored?.();
      const stored = current as StoredItem;
      for (const [attribute, rules] of Object.entries(this.model.schema.attributes)) {
        const fixed = (rules as { readOnly?: boolean }).readOnly === true;
        const given = (item as Record<string, unknown>)[attribute];
        if (fixed && !isDeepStrictEqual(stored[attribute], given)) {
          throw new ConflictError(
            this.name,
            "exists",
            `The ${entityWords(this.name)} already exists with another ${attribute}.`,
          );
        }
      }
      return this.parse(stored);
    });
  }

  /**
   * Moves an item to another state, if its state leads there by the model's transitions (or is one of `from`), and sets
   * attributes with it. Safe to repeat: an item that is there already, with what `same` names, is given back.
   * @throws ConflictError `wrong_state`, or `differs` when it is there with other values; NotFoundError.
   */
  async transition(accessPattern: string, key: ItemKey, to: string, move: Transition = {}): Promise<EntityItem<E>> {
    const { attribute, from: leading } = this.model.transitions as StateTransitions;
    const { set = {}, same = {}, from = leading[to] ?? [], only: condition } = move;
    return this.change(
      accessPattern,
      set,
      (entity) =>
        transitionOf(entity, key, { ...definedPart(set), [attribute]: to }, (attributes, operations) => {
          const state = attributes[attribute] as never;
          const allowed =
            from.length === 0 ? operations.notExists(state) : anyOf(...from.map((one) => operations.eq(state, one)));
          return condition === undefined ? allowed : `${allowed} AND ${condition.holds(attributes, operations)}`;
        }),
      (current) => {
        if (current === undefined) throw this.notFound(idOf(key));
        const state = current[attribute] as string | undefined;
        const repeated =
          state === to && Object.entries(same).every(([name, value]) => isDeepStrictEqual(current[name], value));
        if (repeated) return this.parse(current);
        if (condition !== undefined && from.includes(state as string)) throw condition.otherwise(current);
        throw refusedTransition(this.name, to, state);
      },
    );
  }

  /** Changes an item under a condition and returns it as it now is. */
  async change<R>(
    accessPattern: string,
    input: unknown,
    build: (entity: E) => Operation,
    whenRefused: WhenRefused<R>,
  ): Promise<EntityItem<E> | R> {
    const { item, refused } = await this.update(accessPattern, input, build);
    return refused ? whenRefused(item) : this.parse(item);
  }

  /** Like `change`, with the stored form on both sides. */
  async changeStored<R>(
    accessPattern: string,
    input: unknown,
    build: (entity: E) => Operation,
    whenRefused: WhenRefused<R>,
  ): Promise<StoredItem | R> {
    const { item, refused } = await this.update(accessPattern, input, build);
    return refused ? whenRefused(item) : item;
  }

  private async update(accessPattern: string, input: unknown, build: (entity: E) => Operation): Promise<UpdateResult> {
    checkShapes(this.model, input);
    const parameters = buildParameters(this.model, input, () => build(this.entity).params());
    dropUndefined(parameters.ExpressionAttributeValues);
    parameters.ReturnValues = "ALL_NEW";
    parameters.ReturnValuesOnConditionCheckFailure = "ALL_OLD";
    checkKeySizes(this.model, parameters.Key, parameters.Key);
    checkItemSize(this.model, parameters.ExpressionAttributeValues);
    try {
      const output = await send(this.context, "UpdateItem", { entity: this.name, accessPattern }, parameters);
      return { refused: false, item: output.Attributes as StoredItem };
    } catch (error) {
      if (isTooLarge(error)) throw new ItemTooLargeError(this.name, "input", undefined, input, error);
      if (!(error instanceof ConditionFailed)) throw error;
      return { refused: true, item: await this.currentOf(error, parameters.Key) };
    }
  }

  /** Removes an item if it is there and, with a condition, meets it. */
  async remove(accessPattern: string, operation: Operation, whenRefused?: WhenRefused<void>): Promise<void> {
    const parameters = operation.params();
    if (whenRefused !== undefined) parameters.ReturnValuesOnConditionCheckFailure = "ALL_OLD";
    checkKeySizes(this.model, parameters.Key, parameters.Key);
    try {
      await send(this.context, "DeleteItem", { entity: this.name, accessPattern }, parameters);
    } catch (error) {
      if (!(error instanceof ConditionFailed) || whenRefused === undefined) throw error;
      await whenRefused(await this.currentOf(error, parameters.Key));
    }
  }

  notFound(key?: string): NotFoundError {
    return new NotFoundError(this.name, key);
  }

  // Some engines never tell the item of a failed condition, so absence has to be asked for.
  private async currentOf(failure: ConditionFailed, item: StoredItem): Promise<StoredItem | undefined> {
    if (failure.current !== undefined) return failure.current;
    const output = await send(
      this.context,
      "GetItem",
      { entity: this.name, accessPattern: "current" },
      { TableName: this.context.table, Key: keyOf(item), ConsistentRead: true },
    );
    return output.Item;
  }
}
