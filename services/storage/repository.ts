import { isDeepStrictEqual } from "node:util";
import type { CreateEntityItem, EntityItem } from "electrodb";
import { givenAttributes, primaryKeyOf } from "../../entities/schema.ts";
import type { StateTransitions } from "../../entities/transitions.ts";
import type { AnyEntity, DataContext, Model } from "./context.ts";
import {
  type Between,
  changeOf,
  createOf,
  deleteOf,
  getOf,
  type QueryOperation,
  queryOf,
  type Where,
} from "./electrodb.ts";
import { ConflictError, type ConflictState, ItemTooLargeError, NotFoundError } from "./errors.ts";
import { inThisForm } from "./forms.ts";
import { countRows, eachRow, type Order, type Page, type Reading, readPage } from "./pages.ts";
import { type Asked, askedOf, type PatternOf, type Question, type Range, type RowOf } from "./patterns.ts";
import {
  batchGet,
  type ConditionFailed,
  isConditionFailed,
  keyOf,
  keyText,
  type RequestLabel,
  type RequestParameters,
  type StoredItem,
  type StoredKey,
  send,
} from "./requests.ts";
import { type Rules, rulesOf } from "./rules.ts";
import { type TimedListOptions, timedOf } from "./time-range.ts";
import { entityWords, refusedTransition, type Transition } from "./transition.ts";

/** The part of an ElectroDB operation that this package uses: its parameters. */
interface Operation {
  params(options?: object): RequestParameters;
}

/** What to do when a change's condition was not met; receives the stored item, or undefined when there is none. */
type WhenRefused<T> = (current: StoredItem | undefined) => T | Promise<T>;

/** The condition of a removal, and what to do when it is not met. */
interface Removal {
  readonly holds: Where;
  readonly otherwise: WhenRefused<void>;
}

type UpdateResult = { refused: false; item: StoredItem } | { refused: true; item: StoredItem | undefined };

/**
 * An item by its id alone, or by the whole key that a caller already holds: with the key a change needs no look-up.
 * A whole item is a key.
 */
export type Reference<K extends object> = string | Readonly<K>;

/** How a read is made. */
interface ReadOptions {
  /** Read what is stored now. Default: false, an item as it was a moment ago will do. */
  readonly consistent?: boolean;
}

/** The attributes of an item's primary key; the id first. */
type ItemKey = Readonly<Record<string, unknown>>;

/** One of several conditions. ElectroDB joins what `where` returns by AND, without parentheses of its own. */
export const anyOf = (...conditions: readonly string[]): string => `(${conditions.join(" OR ")})`;

/** The id in a key, as errors show it. They show no secret and no address. */
function idOf({ schema, account }: Model, key: ItemKey): string | undefined {
  const [name = "", value] = Object.entries(key)[0] ?? [];
  return schema.attributes[name]?.secret === true || name === account?.attribute ? undefined : (value as string);
}

/** Whether a stored set has a member. */
const holds = (members: unknown, value: string) => [...((members ?? []) as Iterable<string>)].includes(value);

function isTooLarge(error: unknown): boolean {
  const { name, message } = (error ?? {}) as Partial<Error>;
  return name === "ValidationException" && /item size.*exceeded/i.test(message ?? "");
}

/** What a caller gave of a stored item, with other values for some attributes: what a copy of it is made from. */
export const givenOf = ({ schema }: Model, item: StoredItem, others: ItemKey): Record<string, unknown> => ({
  ...Object.fromEntries(
    givenAttributes(schema).flatMap(([name]) => (item[name] === undefined ? [] : [[name, item[name]]])),
  ),
  ...others,
});

/** The whole items behind index rows, in the rows' order, with one BatchGetItem a hundred; items gone meanwhile are left out. */
export async function wholeItems(
  context: DataContext,
  label: RequestLabel,
  rows: readonly StoredItem[],
): Promise<StoredItem[]> {
  const items = await batchGet(context, label, rows.map(keyOf));
  const whole = new Map(items.map((item): [string, StoredItem] => [keyText(item), item]));
  return rows.map((row) => whole.get(keyText(row))).filter((item) => item !== undefined);
}

/**
 * The items of one entity on the table: the rules check, ElectroDB makes the parameters, this sends them. What ElectroDB
 * refuses after that is an error of this package, and is thrown as it comes.
 */
export class Repository<E extends AnyEntity> {
  readonly name: string;
  private readonly context: DataContext;
  private readonly model: Model<E>;
  private readonly rules: Rules;

  constructor(context: DataContext, model: Model<E>) {
    this.context = context;
    this.model = model;
    this.rules = rulesOf(model);
    this.name = model.schema.model.entity;
  }

  /** ElectroDB's entity, bound when it is first needed. */
  get entity(): E {
    return this.context.entity(this.model);
  }

  /** A stored item as the entity shows it: hidden attributes and keys left out. */
  parse(item: StoredItem): EntityItem<E> {
    return this.rules.shown(item) as EntityItem<E>;
  }

  /**
   * The same of an item that must be there.
   * @throws NotFoundError
   */
  parseFound(item: StoredItem | undefined): EntityItem<E> {
    if (item === undefined) throw this.notFound();
    return this.parse(item);
  }

  parseAll(items: readonly StoredItem[]): EntityItem<E>[] {
    return items.map((item) => this.parse(item));
  }

  /** The physical key of an item. */
  keyOf(key: ItemKey): StoredKey {
    return getOf(this.entity, key).Key;
  }

  /** A page of an access pattern's rows, newest first unless said. */
  async page<P extends PatternOf<E>>(
    pattern: P,
    question: Question<E, P>,
    options: TimedListOptions = {},
    range: Range<E, P> = {},
  ): Promise<Page<RowOf<E, P>>> {
    const { asked, query, label, page, order } = this.#listed(pattern, question, options, range);
    const { items, cursor } = await readPage(this.context, label, query, page, this.#reading(order));
    return { items: items.map((row) => this.#row(row, asked)), cursor };
  }

  /**
   * A page of an access pattern with its items whole and as they are now, with one BatchGetItem a hundred rows: what
   * changes often is cheaper to read from the items than to keep in the index. Items gone meanwhile are left out, and
   * those that `sift` leaves out.
   */
  async wholePage<P extends PatternOf<E>>(
    pattern: P,
    question: Question<E, P>,
    options: TimedListOptions = {},
    sift: (items: StoredItem[]) => StoredItem[] | Promise<StoredItem[]> = (items) => items,
  ): Promise<Page<EntityItem<E>>> {
    const { query, label, page, order } = this.#listed(pattern, question, options);
    const { items, cursor } = await readPage(this.context, label, query, page, this.#reading(order));
    return { items: this.parseAll(await sift(await wholeItems(this.context, label, items))), cursor };
  }

  #listed<P extends PatternOf<E>>(pattern: P, question: object, options: TimedListOptions, range: Range<E, P> = {}) {
    const { page, order = range.order, between = range.between } = timedOf(this.model, pattern, options);
    return { ...this.#asked(pattern, question, { between }), page, order };
  }

  /** Cursors of what lets users in are none that anybody can open. */
  #reading(order?: Order): Reading {
    const { credentialCursors, cursors } = this.context;
    return { order, cursors: this.model.account?.letsIn === true ? credentialCursors : cursors };
  }

  /** Every row of an access pattern, page by page, newest first unless said. */
  async *each<P extends PatternOf<E>>(
    pattern: P,
    question: Question<E, P>,
    range: Range<E, P> = {},
  ): AsyncGenerator<RowOf<E, P>, void, undefined> {
    const { asked, query, label } = this.#asked(pattern, question, range);
    for await (const row of eachRow(this.context, label, query, range)) yield this.#row(row, asked);
  }

  /** Every row of an access pattern, newest first unless said. */
  async all<P extends PatternOf<E>>(
    pattern: P,
    question: Question<E, P>,
    range: Range<E, P> = {},
  ): Promise<RowOf<E, P>[]> {
    const rows: RowOf<E, P>[] = [];
    for await (const row of this.each(pattern, question, range)) rows.push(row);
    return rows;
  }

  /** The physical keys of every row of an access pattern; `label` is what the request is called. */
  async allKeys<P extends PatternOf<E>>(
    pattern: P,
    question: Question<E, P>,
    label: RequestLabel = { entity: this.name, accessPattern: pattern },
  ): Promise<StoredKey[]> {
    const keys: StoredKey[] = [];
    const { query } = this.#asked(pattern, question);
    for await (const row of eachRow(this.context, label, query, { keysAlone: true })) keys.push(keyOf(row));
    return keys;
  }

  /** How many rows an access pattern has, counted over all its pages. */
  async count<P extends PatternOf<E>>(pattern: P, question: Question<E, P>, range: Range<E, P> = {}): Promise<number> {
    const { query, label } = this.#asked(pattern, question, range);
    return countRows(this.context, label, query);
  }

  /** The query of an access pattern, for rows in their stored form. */
  query<P extends PatternOf<E>>(pattern: P, question: Question<E, P>, range: Range<E, P> = {}): QueryOperation {
    return this.#asked(pattern, question, range).query;
  }

  #asked(pattern: PatternOf<E>, question: object, { between }: { readonly between?: Between | undefined } = {}) {
    const asked = askedOf(this.model, question);
    const query = queryOf(this.context, this.model, pattern, asked.key, between);
    return { asked, query, label: { entity: this.name, accessPattern: pattern } };
  }

  #row<P extends PatternOf<E>>(row: StoredItem, { named }: Asked): RowOf<E, P> {
    return { ...this.parse(row), ...named } as RowOf<E, P>;
  }

  /** An item, or undefined when there is none. */
  async find(reference: Reference<object>, options?: ReadOptions): Promise<EntityItem<E> | undefined> {
    const item = await this.findStored(reference, options);
    return item === undefined ? undefined : this.parse(item);
  }

  /**
   * An item.
   * @throws NotFoundError
   */
  async get(reference: Reference<object>, options?: ReadOptions): Promise<EntityItem<E>> {
    return this.parse(await this.getStored(reference, options));
  }

  /**
   * An item in its stored form, or undefined when there is none. A plain read may miss what was just written, so a miss
   * is looked up again, consistently; a hit costs one plain read.
   */
  async findStored(
    reference: Reference<object>,
    { consistent = false }: ReadOptions = {},
  ): Promise<StoredItem | undefined> {
    const key = this.#keyParts(reference);
    const found = await this.#read(key, consistent);
    return found === undefined && !consistent ? this.#read(key, true) : found;
  }

  async #read(key: ItemKey, consistent: boolean): Promise<StoredItem | undefined> {
    const { pattern, attributes } = primaryKeyOf(this.model.schema);
    const label = { entity: this.name, accessPattern: pattern };
    const whole = attributes.every((attribute) => key[attribute] !== undefined);
    const parameters = whole
      ? getOf(this.entity, key)
      : queryOf(this.context, this.model, pattern, key).params({ limit: 1 });
    if (consistent) parameters.ConsistentRead = true;
    if (whole) return inThisForm((await send(this.context, "GetItem", label, parameters)).Item);
    return inThisForm((await send(this.context, "Query", label, parameters)).Items?.[0]);
  }

  /** @throws NotFoundError */
  async getStored(reference: Reference<object>, options?: ReadOptions): Promise<StoredItem> {
    const item = await this.findStored(reference, options);
    if (item === undefined) throw this.notFound(idOf(this.model, this.#keyParts(reference)));
    return item;
  }

  /**
   * The whole key that a reference means.
   * @throws NotFoundError when an id alone is given and nothing has it.
   */
  async keyFor<K extends object>(reference: Reference<K>): Promise<K> {
    const whole = typeof reference === "object" && reference !== null ? reference : await this.getStored(reference);
    return this.#keyParts(whole) as K;
  }

  /** The attributes of a key, validated: of an id the first alone, of an object all. */
  #keyParts(reference: Reference<object>): ItemKey {
    const { attributes } = primaryKeyOf(this.model.schema);
    const part = (attribute: string, value: unknown) => [attribute, this.rules.value(attribute, value)];
    if (typeof reference === "object" && reference !== null)
      return Object.fromEntries(attributes.map((attribute) => part(attribute, (reference as ItemKey)[attribute])));
    return Object.fromEntries([part(attributes[0] as string, reference)]);
  }

  /**
   * The physical item of a put.
   * @throws ValidationError, also for an attribute that the entity lacks or derives itself; ItemTooLargeError.
   */
  itemOf(item: CreateEntityItem<E>): Record<string, unknown> {
    return this.rules.item(item as object);
  }

  /**
   * Attributes as a change stores them; undefined ones are left out.
   * @throws ValidationError; ItemTooLargeError.
   */
  changesOf<I extends object>(input: I): I {
    return this.rules.changes(input) as I;
  }

  /** Writes an item that must not exist yet; `whenStored` gets the one that stands in its place. */
  async insert<R>(
    item: CreateEntityItem<E>,
    whenStored: (current: StoredItem, given: StoredItem) => R | Promise<R>,
  ): Promise<EntityItem<E> | R> {
    const Item = this.itemOf(item);
    const parameters = { ...createOf(this.entity, item as object), Item };
    parameters.ReturnValuesOnConditionCheckFailure = "ALL_OLD";
    try {
      await send(this.context, "PutItem", { entity: this.name, accessPattern: "create" }, parameters);
      return this.parse(Item);
    } catch (error) {
      if (!isConditionFailed(error)) throw error;
      const current = await this.currentOf(error, Item);
      // It is gone meanwhile.
      if (current === undefined) return this.insert(item, whenStored);
      return whenStored(current, Item);
    }
  }

  /**
   * Writes an item once: the same item again, from a retry or a second delivery, gives back what is stored.
   * Attributes that may have changed since are not compared, nor the instant that a claim tells. `whenStored` hears of an item that was there before.
   * @throws ConflictError when the key holds something else.
   */
  insertOnce(item: CreateEntityItem<E>, whenStored?: () => void): Promise<EntityItem<E>> {
    return this.insert(item, (current, given) => {
      whenStored?.();
      for (const [attribute, { readOnly: fixed }] of Object.entries(this.model.schema.attributes)) {
        if (attribute === this.model.claim?.begins) continue;
        if (fixed && !isDeepStrictEqual(current[attribute], given[attribute])) {
          throw new ConflictError(
            this.name,
            "exists",
            `The ${entityWords(this.name)} already exists with another ${attribute}.`,
          );
        }
      }
      return this.parse(current);
    });
  }

  /**
   * Moves an item to another state, if its state leads there by the model's transitions (or is one of `from`), and sets
   * attributes with it. Safe to repeat: an item that is there already, with what `same` names, is given back; and so is one
   * that has the receipt, whatever its state.
   * @throws ConflictError `wrong_state`, or `differs` when it is there with other values; NotFoundError.
   */
  async transition(accessPattern: string, key: ItemKey, to: string, move: Transition = {}): Promise<EntityItem<E>> {
    const { attribute, from: leading } = this.model.transitions as StateTransitions;
    const { set = {}, add = {}, same = {}, from = leading[to] ?? [], only: condition, receipt } = move;
    const changes = { ...this.changesOf(set), [attribute]: to };
    const meets: Where = (attributes, operations) => {
      const state = attributes[attribute];
      const allowed =
        from.length === 0 ? operations.notExists(state) : anyOf(...from.map((one) => operations.eq(state, one)));
      const met = condition === undefined ? allowed : `${allowed} AND ${condition.holds(attributes, operations)}`;
      if (receipt === undefined) return met;
      return `${met} AND NOT ${operations.contains(attributes[receipt.attribute], receipt.value)}`;
    };
    const added = receipt === undefined ? add : { ...add, [receipt.attribute]: [receipt.value] };
    const parameters = changeOf(this.entity, key, { set: changes, add: added }, meets).params();
    const { refused, item: current } = await this.#update(accessPattern, parameters);
    if (!refused) return this.parse(current);
    if (current === undefined) throw this.notFound(idOf(this.model, key));
    if (receipt !== undefined && holds(current[receipt.attribute], receipt.value)) return this.parse(current);
    const state = current[attribute] as ConflictState | undefined;
    const asked = this.changesOf(same);
    // A call that leaves a receipt is a repeat by its receipt alone.
    const repeated =
      receipt === undefined && Object.keys(same).every((name) => isDeepStrictEqual(current[name], asked[name]));
    if (state === to && repeated) return this.parse(current);
    const leads = state !== undefined && from.includes(state);
    if (leads && condition !== undefined) throw condition.otherwise(current);
    // It was read after the refusal, by an engine that does not tell the item of one, and has moved in between.
    if (leads) return this.transition(accessPattern, key, to, move);
    throw refusedTransition(this.name, to, state);
  }

  /**
   * Changes an item under a condition and returns it as it now is; `input` is what a caller gave for it.
   * @throws ValidationError; ItemTooLargeError.
   */
  async change<R>(
    accessPattern: string,
    input: object,
    build: (entity: E) => Operation,
    whenRefused: WhenRefused<R>,
  ): Promise<EntityItem<E> | R> {
    this.changesOf(input);
    const { refused, item } = await this.#update(accessPattern, build(this.entity).params());
    return refused ? whenRefused(item) : this.parse(item);
  }

  /** Like `change`, with the stored form on both sides. */
  async changeStored<R>(
    accessPattern: string,
    input: object,
    build: (entity: E) => Operation,
    whenRefused: WhenRefused<R>,
  ): Promise<StoredItem | R> {
    this.changesOf(input);
    const { refused, item } = await this.#update(accessPattern, build(this.entity).params());
    return refused ? whenRefused(item) : item;
  }

  async #update(accessPattern: string, parameters: RequestParameters): Promise<UpdateResult> {
    parameters.ReturnValues = "ALL_NEW";
    parameters.ReturnValuesOnConditionCheckFailure = "ALL_OLD";
    try {
      const output = await send(this.context, "UpdateItem", { entity: this.name, accessPattern }, parameters);
      return { refused: false, item: inThisForm(output.Attributes) };
    } catch (error) {
      if (isTooLarge(error)) throw new ItemTooLargeError(this.name, "input", undefined, {}, error);
      if (!isConditionFailed(error)) throw error;
      return { refused: true, item: await this.currentOf(error, parameters.Key) };
    }
  }

  /** Removes an item, if it is there and meets the condition; the key may stand in a whole item. */
  async remove(accessPattern: string, item: object, only?: Removal): Promise<void> {
    const { attributes } = primaryKeyOf(this.model.schema);
    const key = Object.fromEntries(attributes.map((attribute) => [attribute, (item as ItemKey)[attribute]]));
    const parameters = deleteOf(this.entity, key, only?.holds);
    if (only !== undefined) parameters.ReturnValuesOnConditionCheckFailure = "ALL_OLD";
    try {
      await send(this.context, "DeleteItem", { entity: this.name, accessPattern }, parameters);
    } catch (error) {
      if (!isConditionFailed(error) || only === undefined) throw error;
      await only.otherwise(await this.currentOf(error, parameters.Key));
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
    return inThisForm(output.Item);
  }
}
