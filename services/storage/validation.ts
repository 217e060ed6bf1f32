import type { BrokenRule } from "../../entities/attributes.ts";
import { normalizeEmail } from "../../entities/email-address.ts";
import { itemSize, MAX_ITEM_BYTES, MAX_PARTITION_KEY_BYTES, MAX_SORT_KEY_BYTES } from "../../entities/item-size.ts";
import type { AttributeSchema, IndexSchema, ValueSchema } from "../../entities/schema.ts";
import type { Model } from "./context.ts";
import { ItemTooLargeError, ValidationError } from "./errors.ts";

const isBrokenRule = (error: unknown): error is BrokenRule =>
  (error as Partial<Error> | null | undefined)?.name === "BrokenRule";

const nameOf = (model: Model) => model.schema.model.entity;

function rulesOf(model: Model, attribute: string): AttributeSchema | undefined {
  const { attributes } = model.schema;
  return Object.hasOwn(attributes, attribute) ? attributes[attribute] : undefined;
}

const article = (type: string) => (/^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`);

function typeRule({ type, unit }: AttributeSchema): string {
  if (unit === "epoch seconds") return "must be whole epoch seconds";
  if (Array.isArray(type)) return `must be one of ${type.join(", ")}`;
  return `must be ${article(type === "map" ? "object" : String(type))}`;
}

/** Refuses anything but a whole number from `minimum` to `maximum`. */
export function countIn(subject: string, name: string, value: number, minimum: number, maximum: number): number {
  if (Number.isInteger(value) && value >= minimum && value <= maximum) return value;
  throw new ValidationError(subject, name, `must be a whole number from ${minimum} to ${maximum}`, value);
}

/** Refuses what is no object, and an object with a key that is not in `names`. */
export function only<T extends object>(subject: string, input: T, names: readonly string[]): T {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw new ValidationError(subject, "input", "must be an object", input);
  }
  for (const name of Object.keys(input)) {
    if (!names.includes(name)) {
      const shown = JSON.stringify(name.slice(0, 64)).slice(1, -1);
      throw new ValidationError(
        subject,
        shown,
        `is not an attribute that can be given here; these are: ${names.join(", ")}`,
        input[name as keyof T],
      );
    }
  }
  return input;
}

const isKeyPart = (model: Model, attribute: string) =>
  compositesOf(model).some(({ pk, sk }) => pk.composite.includes(attribute) || sk.composite.includes(attribute));

/** More than any prefix that ElectroDB puts before a value in a partition key. */
export const KEY_PREFIX_BYTES = 64;

/**
 * Checks a value by an attribute's rules (it may come under another `name`) and returns it, e-mail addresses normalised: for keys of reads, which ElectroDB does
 * not validate.
 */
export function attributeValue<T>(model: Model, attribute: string, value: T, name: string = attribute): T {
  const rules = rulesOf(model, attribute);
  if (rules === undefined) throw new ValidationError(nameOf(model), attribute, "is not an attribute", value);
  const typed = Array.isArray(rules.type) ? rules.type.includes(value) : typeof value === rules.type;
  if (!typed) throw new ValidationError(nameOf(model), name, typeRule(rules), value);
  try {
    rules.validate?.(value);
  } catch (error) {
    if (isBrokenRule(error)) throw new ValidationError(nameOf(model), name, error.message, value, error);
    throw error;
  }
  if (isKeyPart(model, attribute) && overBytes(value, MAX_PARTITION_KEY_BYTES - KEY_PREFIX_BYTES)) {
    throw new ValidationError(nameOf(model), name, `must fit a key of ${MAX_PARTITION_KEY_BYTES} bytes`, value);
  }
  return (rules.set === undefined || rules.watch !== undefined ? value : normalizeEmail(value as string)) as T;
}

function valueAt(input: unknown, path: string): unknown {
  let value = input;
  for (const part of path.split(/[.[\]]+/).filter(Boolean)) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}

interface ElectroField {
  readonly field: string;
  readonly reason: string;
  readonly index?: number;
  readonly cause?: unknown;
}

const REQUIRED = /Value is required/;
const ACCEPTABLE = /acceptable values: (.*)$/;
const EXPECTED = /expected value of type "(\w+)"/;

function ruleOf(field: ElectroField, rules: AttributeSchema | undefined): string {
  if (isBrokenRule(field.cause)) return field.cause.message;
  if (REQUIRED.test(field.reason)) return "is required";
  const values = ACCEPTABLE.exec(field.reason)?.[1];
  if (values !== undefined)
    return `must be one of ${values.replaceAll('"', "").replaceAll(",", ", ").replaceAll(/ +/g, " ")}`;
  const type = EXPECTED.exec(field.reason)?.[1];
  if (type === undefined) return "has an invalid value";
  return rules === undefined ? `must be ${article(type)}` : typeRule(rules);
}

/** The first attribute that ElectroDB refused, if that is what the error says. */
function fieldOf(error: unknown): ElectroField | undefined {
  const { fields, field, message } = error as { fields?: readonly ElectroField[]; field?: string; message: string };
  if (fields !== undefined) return fields[0];
  return field === undefined ? undefined : { field, reason: message };
}

/** Builds a request's parameters; what ElectroDB's validation refuses becomes a ValidationError. */
export function buildParameters<P>(model: Model, input: unknown, build: () => P): P {
  try {
    return build();
  } catch (error) {
    const first = fieldOf(error);
    if (first === undefined) throw error;
    const path = first.index === undefined ? first.field : `${first.field.replace("[*]", "")}[${first.index}]`;
    throw new ValidationError(
      nameOf(model),
      path,
      ruleOf(first, rulesOf(model, first.field)),
      valueAt(input, path),
      error,
    );
  }
}

/** The attributes that an index key is made of, by the key's field name. */
const compositesOf = (model: Model): IndexSchema[] => Object.values(model.schema.indexes);

/** An index key is written whole or not at all: an item that lacks a part of the partition key is not in the index. */
export function dropHalfKeys(model: Model, item: Record<string, unknown>): void {
  for (const { pk, sk } of compositesOf(model)) {
    if (pk.composite.some((attribute) => item[attribute] === undefined)) {
      delete item[pk.field];
      delete item[sk.field];
    }
  }
}

/**
 * Refuses what ElectroDB stumbles over or drops without a word: lists that are none, maps that are no plain objects, and
 * unknown keys of maps.
 */
export function checkShapes(model: Model, input: unknown): void {
  if (typeof input !== "object" || input === null) return;
  for (const [attribute, value] of Object.entries(input)) {
    checkShape(nameOf(model), attribute, rulesOf(model, attribute), value);
  }
}

function checkShape(entity: string, path: string, rules: ValueSchema | undefined, value: unknown): void {
  if (rules === undefined || value === undefined) return;
  if (rules.type === "list" && !Array.isArray(value)) throw new ValidationError(entity, path, "must be a list", value);
  if (rules.properties === undefined) return;
  if (!isPlainObject(value)) throw new ValidationError(entity, path, "must be an object", value);
  for (const [key, child] of Object.entries(value)) {
    if (!Object.hasOwn(rules.properties, key)) {
      const shown = JSON.stringify(key.slice(0, 64)).slice(1, -1);
      throw new ValidationError(entity, `${path}.${shown}`, "is not a known key", child);
    }
    checkShape(entity, `${path}.${key}`, rules.properties[key], child);
  }
}

/** An object as literals, JSON and `Object.create(null)` make it, also in another realm: Jest's modules have an `Object` of their own. */
export function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Takes undefined out of the maps in an item, which DynamoDB's marshaller would refuse. */
export function dropUndefined(item: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(item)) {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) item[name] = definedPart(value);
  }
}

/** A map without its undefined values, at any depth. */
export function definedPart<T extends object>(map: T): T {
  const defined: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(map)) {
    if (value === undefined) continue;
    const nested = typeof value === "object" && value !== null && !Array.isArray(value);
    defined[name] = nested ? definedPart(value as object) : value;
  }
  return defined as T;
}

const overBytes = (value: unknown, limit: number) =>
  typeof value === "string" && value.length * 3 > limit && Buffer.byteLength(value) > limit;

/** Refuses key values over DynamoDB's limits, naming the longest attribute in them. */
export function checkKeySizes(
  model: Model,
  keys: Readonly<Record<string, unknown>>,
  values: Readonly<Record<string, unknown>>,
): void {
  for (const { pk, sk } of compositesOf(model)) {
    for (const [part, limit] of [
      [pk, MAX_PARTITION_KEY_BYTES],
      [sk, MAX_SORT_KEY_BYTES],
    ] as const) {
      if (!overBytes(keys[part.field], limit)) continue;
      const length = (attribute: string) => String(values[attribute] ?? "").length;
      const longest = [...part.composite].sort((a, b) => length(b) - length(a))[0] ?? part.field;
      throw new ValidationError(nameOf(model), longest, `must fit a key of ${limit} bytes`, values[longest]);
    }
  }
}

/** Refuses an item, or the new values of a change, over 400 KB before it is sent. */
export function checkItemSize(model: Model, item: Readonly<Record<string, unknown>>): void {
  const size = itemSize(item);
  if (size <= MAX_ITEM_BYTES) return;
  const largest = Object.keys(item).reduce((a, b) => (itemSize({ v: item[a] }) >= itemSize({ v: item[b] }) ? a : b));
  // In an update the values stand under placeholders that ElectroDB makes from the attributes' names.
  throw new ItemTooLargeError(nameOf(model), largest.replace(/^:(.*)_u\d+$/, "$1"), size, item[largest]);
}
