import { itemSize, MAX_ITEM_BYTES, MAX_PARTITION_KEY_BYTES, MAX_SORT_KEY_BYTES } from "../../entities/item-size.ts";
import {
  type AttributeSchema,
  type EntitySchema,
  givenAttributes,
  type KeySchema,
  type ValueSchema,
} from "../../entities/schema.ts";
import { ItemTooLargeError, ValidationError } from "./errors.ts";
import { only, shownName } from "./options.ts";
import type { StoredItem } from "./requests.ts";

type Values = Readonly<Record<string, unknown>>;

/** The longest value that fits a partition key behind any entity's prefix, in bytes. */
const MAX_KEY_VALUE_BYTES = MAX_PARTITION_KEY_BYTES - 64;

/** What a schema says of its values, compiled: which are taken, how they are stored, and how they are shown. */
export class Rules {
  /** The attributes that a caller or a service gives. */
  readonly given: readonly string[];
  readonly #entity: string;
  readonly #version: string;
  readonly #attributes: ReadonlyMap<string, AttributeRule>;
  readonly #derived: readonly (readonly [name: string, AttributeSchema])[];
  readonly #indexes: readonly (readonly [pk: KeyRule, sk: KeyRule])[];
  readonly #keyParts: ReadonlySet<string>;

  constructor(schema: EntitySchema) {
    const { entity, version } = schema.model;
    const attributes = Object.entries(schema.attributes);
    this.#entity = entity;
    this.#version = version;
    this.#attributes = new Map(attributes.map(([name, attribute]) => [name, ruleOf(entity, attribute)]));
    this.given = givenAttributes(schema).map(([name]) => name);
    this.#derived = attributes.filter(([, { setBy }]) => setBy === "derived");
    this.#indexes = Object.values(schema.indexes).map(({ pk, sk }) => [
      keyRule(schema, pk, MAX_PARTITION_KEY_BYTES),
      keyRule(schema, sk, MAX_SORT_KEY_BYTES),
    ]);
    this.#keyParts = new Set(this.#indexes.flat().flatMap(({ composite }) => composite));
  }

  /**
   * The stored form of one attribute's value; `name` is what errors call it.
   * @throws ValidationError
   */
  value(attribute: string, value: unknown, name: string = attribute): unknown {
    const stored = this.#rule(attribute, value).read(value, name);
    if (this.#keyParts.has(attribute) && overBytes(value, MAX_KEY_VALUE_BYTES))
      throw new ValidationError(this.#entity, name, fitting(MAX_PARTITION_KEY_BYTES), value);
    return stored;
  }

  /**
   * The stored form of attributes that a change sets; undefined ones are left out.
   * @throws ValidationError; ItemTooLargeError when these values alone are over the size of an item.
   */
  changes(input: object): Record<string, unknown> {
    return this.#sized(this.#read(input, Object.keys(input)));
  }

  /**
   * The stored form of a whole item: what is given, what is derived from it, the keys, and ElectroDB's identifiers.
   * @throws ValidationError, also for an attribute that cannot be given; ItemTooLargeError.
   */
  item(input: object): Record<string, unknown> {
    const item = this.#read(only(this.#entity, input, this.given), this.given);
    for (const [name, { set }] of this.#derived) {
      const value = set?.(undefined, item);
      if (value !== undefined) item[name] = value;
    }
    for (const [pk, sk] of this.#indexes) {
      // An item that lacks a part of an index's partition key is not in the index.
      if (pk.composite.some((attribute) => item[attribute] === undefined)) continue;
      item[pk.field] = this.#key(pk, item);
      item[sk.field] = this.#key(sk, item);
    }
    item.__edb_e__ = this.#entity;
    item.__edb_v__ = this.#version;
    return this.#sized(item);
  }

  /** What services show of a stored item, or of an index's row: no keys, and nothing hidden. */
  shown(item: StoredItem): Record<string, unknown> {
    const data: Record<string, unknown> = {};
    for (const name in item) {
      const value = this.#attributes.get(name)?.show?.(item[name]);
      if (value !== undefined) data[name] = value;
    }
    return data;
  }

  #rule(attribute: string, value: unknown): AttributeRule {
    const rule = this.#attributes.get(attribute);
    if (rule === undefined) throw new ValidationError(this.#entity, attribute, "is not an attribute", value);
    return rule;
  }

  #read(input: object, names: readonly string[]): Record<string, unknown> {
    const read: Record<string, unknown> = {};
    for (const name of names) {
      const value = (input as Values)[name];
      const rule = this.#rule(name, value);
      if (value === undefined && rule.required) throw new ValidationError(this.#entity, name, "is required", value);
      if (value !== undefined) read[name] = rule.read(value, name);
    }
    return read;
  }

  #key(rule: KeyRule, item: Values): string {
    const key = keyFrom(rule, item);
    if (!overBytes(key, rule.limit)) return key;
    const length = (attribute: string) => String(item[attribute]).length;
    const longest = [...rule.composite].sort((a, b) => length(b) - length(a))[0] ?? rule.field;
    throw new ValidationError(this.#entity, longest, fitting(rule.limit), item[longest]);
  }

  #sized<T extends Values>(item: T): T {
    const size = itemSize(item);
    if (size <= MAX_ITEM_BYTES) return item;
    const largest = Object.keys(item).reduce((a, b) => (itemSize({ v: item[a] }) >= itemSize({ v: item[b] }) ? a : b));
    throw new ItemTooLargeError(this.#entity, largest, size, item[largest]);
  }
}

const compiled = new WeakMap<EntitySchema, Rules>();

/** A model's rules, compiled when they are first asked for. */
export function rulesOf({ schema }: { readonly schema: EntitySchema }): Rules {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const rules = new Rules(schema);
  compiled.set(schema, rules);
  return rules;
}

/** Gives the stored form of the value at a path, or throws a ValidationError. */
type Read = (value: unknown, path: string) => unknown;

/** Gives what is shown of a stored value. */
type Show = (stored: unknown) => unknown;

interface AttributeRule {
  readonly required: boolean;
  readonly read: Read;
  /** Absent: the attribute is hidden. */
  readonly show: Show | undefined;
}

const ruleOf = (entity: string, attribute: AttributeSchema): AttributeRule => ({
  required: attribute.required === true,
  read: reading(entity, attribute),
  show: attribute.hidden === true ? undefined : showing(attribute),
});

/** What the schema of a value says; some of it only that of an attribute does. */
type Schema = ValueSchema & Pick<AttributeSchema, "watch" | "unit" | "shape">;

function reading(entity: string, schema: Schema): Read {
  const typed = readingType(entity, schema);
  const { check, set, watch } = schema;
  return (value, path) => {
    const accepted = typed(value, path);
    const broken = check?.(accepted);
    if (broken !== undefined) throw new ValidationError(entity, path, broken, value);
    return set === undefined || watch !== undefined ? accepted : set(accepted, {});
  };
}

function readingType(entity: string, schema: Schema): Read {
  const { type, items, properties, shape } = schema;
  const rule = typeRule(schema);
  const checked = <T>(value: unknown, path: string, holds: boolean): T => {
    if (!holds) throw new ValidationError(entity, path, rule, value);
    return value as T;
  };
  if (Array.isArray(type)) return (value, path) => checked(value, path, type.includes(value));
  if (type === "set") return (value, path) => new Set(checked<Iterable<unknown>>(value, path, isSetOfText(value)));
  if (items !== undefined && items !== "string") {
    const read = reading(entity, items);
    return (value, path) =>
      Array.from(checked<unknown[]>(value, path, Array.isArray(value)), (element, place) =>
        read(element, `${path}[${place}]`),
      );
  }
  if (properties !== undefined) {
    const read = readingMap(entity, properties);
    return (value, path) => read(checked(value, path, isPlainObject(value)), path);
  }
  if (shape === "map") return (value, path) => definedPart(checked(value, path, isPlainObject(value)));
  // DynamoDB knows no zero below zero.
  if (type === "number") return (value, path) => checked<number>(value, path, typeof value === type) + 0;
  return (value, path) => checked(value, path, typeof value === type);
}

/** Reads a map: unknown keys are refused, undefined values left out. */
function readingMap(entity: string, properties: Readonly<Record<string, ValueSchema>>) {
  const reads = new Map(Object.entries(properties).map(([name, schema]) => [name, reading(entity, schema)]));
  return (map: object, path: string): Values => {
    const parts: Record<string, unknown> = {};
    for (const [name, part] of Object.entries(map)) {
      const read = reads.get(name);
      if (read === undefined)
        throw new ValidationError(entity, `${path}.${shownName(name)}`, "is not a known key", part);
      if (part !== undefined) parts[name] = read(part, `${path}.${name}`);
    }
    return parts;
  };
}

function typeRule({ type, unit, shape }: Schema): string {
  if (unit === "epoch seconds") return "must be whole epoch seconds";
  if (Array.isArray(type)) return `must be one of ${type.join(", ")}`;
  return (shape ?? type) === "map" ? "must be an object" : `must be a ${type}`;
}

const asStored: Show = (stored) => (typeof stored === "bigint" ? Number(stored) : (stored ?? undefined));

/** A set of any realm. */
const isSet = (value: unknown): value is ReadonlySet<unknown> =>
  Object.prototype.toString.call(value) === "[object Set]";

/** A set of any realm, of texts alone. */
const isSetOfText = (value: unknown): boolean =>
  isSet(value) && [...value].every((element) => typeof element === "string");

/**
 * Of a map the keys that the schema knows, of a set a list, of a large number the nearest, of null nothing; anything else
 * as it is stored. Other writers may have stored any of these anywhere, and none keeps a list from being shown.
 */
function showing({ type, properties }: ValueSchema): Show {
  if (type === "set") return (stored) => (isSet(stored) ? [...stored].sort() : asStored(stored));
  if (properties === undefined) return asStored;
  const shows = Object.entries(properties).map(([name, schema]) => [name, showing(schema)] as const);
  return (stored) => {
    if (stored === null || stored === undefined) return undefined;
    const parts: Record<string, unknown> = {};
    for (const [name, show] of shows) {
      const part = (stored as Values)[name];
      if (part !== undefined) parts[name] = show(part);
    }
    return parts;
  };
}

/** A key as the text between its attributes: `["ticket#", ""]` around `ticket_id`. */
interface KeyRule {
  readonly field: string;
  /** Bytes that DynamoDB takes. */
  readonly limit: number;
  readonly composite: readonly string[];
  readonly texts: readonly string[];
  readonly paddings: readonly AttributeSchema["padding"][];
}

function keyRule(schema: EntitySchema, { field, composite, template }: KeySchema, limit: number): KeyRule {
  const texts = template.split(/\$\{\w+\}/);
  return { field, limit, composite, texts, paddings: composite.map((name) => schema.attributes[name]?.padding) };
}

function keyFrom({ texts, composite, paddings }: KeyRule, item: Values): string {
  let key = texts[0] as string;
  for (let part = 0; part < composite.length; part++) {
    const value = String(item[composite[part] as string]);
    const padding = paddings[part];
    key += padding === undefined ? value : value.padStart(padding.length, padding.char);
    key += texts[part + 1];
  }
  return key;
}

const fitting = (bytes: number) => `must fit a key of ${bytes} bytes`;

const overBytes = (value: unknown, limit: number) =>
  typeof value === "string" && value.length * 3 > limit && Buffer.byteLength(value) > limit;

/** An object as literals, JSON and `Object.create(null)` make it, also in another realm: Jest's modules have an `Object` of their own. */
function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** A map without its undefined values, at any depth, which DynamoDB's marshaller would refuse. */
function definedPart(map: object): Values {
  const parts = Object.entries(map).filter(([, part]) => part !== undefined);
  return Object.fromEntries(parts.map(([name, part]) => [name, isPlainObject(part) ? definedPart(part) : part]));
}
