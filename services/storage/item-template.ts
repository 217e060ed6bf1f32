import { type AttributeSchema, givenAttributes, type ValueSchema } from "../../entities/schema.ts";
import type { AnyEntity, Model } from "./context.ts";
import type { StoredItem } from "./requests.ts";
import { isPlainObject } from "./validation.ts";

/**
 * What ElectroDB does in the plain case, compiled once for each model: keys by templates that ElectroDB itself fills in,
 * items by the schema's own rules. Whatever is not surely the plain case gives undefined, and is ElectroDB's to judge.
 */
export interface ItemTemplate {
  /** The attributes that a caller or a service gives. */
  readonly given: readonly string[];
  /** The physical item of a put whose every attribute is valid. */
  itemOf(input: unknown): StoredItem | undefined;
  /** What the entity shows of one of its stored items. */
  shown(item: StoredItem): Record<string, unknown> | undefined;
}

type Values = Readonly<Record<string, unknown>>;

class Unusual extends Error {}
const UNUSUAL = new Unusual("not the plain case");

/** Returns the plain case of `build`, or undefined. */
function plain<T>(build: () => T): T | undefined {
  try {
    return build();
  } catch {
    // ElectroDB meets the same value next, and tells what is wrong with it.
    return undefined;
  }
}

function usual<T>(value: T, holds: boolean): T {
  if (!holds) throw UNUSUAL;
  return value;
}

/** Returns a value as it is stored, or throws. */
type Accept = (value: unknown) => unknown;

function acceptor(rules: ValueSchema): Accept {
  const typed = typedAcceptor(rules);
  const { validate, set } = rules;
  return (value) => {
    const accepted = typed(value);
    usual(accepted, validate === undefined || validate(accepted));
    return set === undefined ? accepted : set(accepted, {});
  };
}

function typedAcceptor({ type, items, properties }: ValueSchema): Accept {
  if (Array.isArray(type)) return (value) => usual(value, type.includes(value));
  if (items !== undefined) {
    const accept = acceptor(items);
    return (value) => Array.from(usual(value as readonly unknown[], Array.isArray(value)), accept);
  }
  if (properties !== undefined) {
    const accepts = new Map(Object.entries(properties).map(([name, rules]) => [name, acceptor(rules)]));
    return (value) => mapParts(value, (name) => accepts.get(name));
  }
  return (value) => usual(value, typeof value === type && (type !== "number" || Number.isFinite(value)));
}

function mapParts(value: unknown, convertOf: (name: string) => Accept | undefined): Record<string, unknown> {
  const parts: Record<string, unknown> = {};
  let count = 0;
  for (const [name, part] of Object.entries(usual(value as object, isPlainObject(value)))) {
    if (part === undefined) continue;
    const convert = convertOf(name);
    if (convert === undefined) throw UNUSUAL;
    parts[name] = convert(part);
    count++;
  }
  // ElectroDB has its own mind about empty maps.
  return usual(parts, count > 0);
}

/** The stored form of an attribute as the entity shows it: lists copied, maps with the properties that they have. */
function shower({ items, properties }: ValueSchema): Accept | undefined {
  if (items !== undefined) {
    return (value) => usual(value as unknown[], Array.isArray(value)).filter((element) => element !== undefined);
  }
  if (properties === undefined) return undefined;
  const shows = new Map(
    Object.entries(properties).map(([name, rules]) => [name, shower(rules) ?? ((part: unknown) => part)] as const),
  );
  return (value) => mapParts(value, (name) => shows.get(name));
}

/** A key as text between composite attributes: `["account#", user_email, ""]`. */
interface KeyTemplate {
  readonly field: string;
  readonly texts: readonly string[];
  readonly composite: readonly string[];
  readonly paddings: readonly AttributeSchema["padding"][];
}

interface IndexTemplate {
  readonly pk: KeyTemplate;
  readonly sk: KeyTemplate;
}

const PROBE = "\0";

/** Asks ElectroDB for an index's keys with probes in place of all values, and takes the text between them. */
function indexTemplates(model: Model, entity: AnyEntity): readonly IndexTemplate[] {
  const templateOf = (field: string, key: string): KeyTemplate => {
    const parts = key.split(PROBE);
    const composite = parts.filter((_, place) => place % 2 === 1).map((attribute) => attribute.trim());
    const paddings = composite.map((attribute) => model.schema.attributes[attribute]?.padding);
    return { field, composite, paddings, texts: parts.filter((_, place) => place % 2 === 0) };
  };
  return Object.entries(model.schema.indexes).map(([name, { pk, sk }]) => {
    // Longer than what a padding fills up.
    const probes = [...pk.composite, ...sk.composite].map((attribute) => [
      attribute,
      `${PROBE}${attribute.padEnd(32)}${PROBE}`,
    ]);
    const { ExpressionAttributeValues: keys } = (entity.query[name] as Query)(Object.fromEntries(probes)).params();
    return { pk: templateOf(pk.field, keys[":pk"] as string), sk: templateOf(sk.field, keys[":sk1"] as string) };
  });
}

type Query = (composites: Values) => { params(): { ExpressionAttributeValues: Values } };

function keyFrom({ texts, composite, paddings }: KeyTemplate, values: Values): string {
  let key = texts[0] as string;
  for (let part = 0; part < composite.length; part++) {
    const value = values[composite[part] as string];
    usual(value, typeof value === "string" ? value !== "" : typeof value === "number");
    const padding = paddings[part];
    key += padding === undefined ? value : String(value).padStart(padding.length, padding.char);
    key += texts[part + 1];
  }
  return key;
}

/** Compiles a model's template; `entity` is any binding of it. */
export function compileTemplate(model: Model, entity: AnyEntity): ItemTemplate {
  const attributes = Object.entries(model.schema.attributes);
  const own = givenAttributes(model.schema);
  const given = own.map(([name]) => name);
  const accepts = own.map(([name, rules]) => ({ name, required: rules.required === true, accept: acceptor(rules) }));
  const derived = attributes.filter(([, { setBy }]) => setBy === "derived");
  let indexes: readonly IndexTemplate[] | undefined;
  const { entity: name, version } = model.schema.model;
  const shows = new Map(
    attributes.filter(([, { hidden }]) => hidden !== true).map(([key, rules]) => [key, shower(rules)]),
  );

  function itemOf(input: unknown): StoredItem {
    usual(input, isPlainObject(input) && Object.keys(input).every((key) => given.includes(key)));
    const item: Record<string, unknown> = {};
    for (const { name, required, accept } of accepts) {
      const value = (input as Values)[name];
      if (value !== undefined) item[name] = accept(value);
      else usual(value, !required);
    }
    for (const [key, { set }] of derived) {
      const value = set?.(undefined, item);
      if (value !== undefined) item[key] = value;
    }
    indexes ??= indexTemplates(model, entity);
    for (const { pk, sk } of indexes) {
      // An index key is written whole or not at all.
      if (pk.composite.some((attribute) => item[attribute] === undefined)) continue;
      item[pk.field] = keyFrom(pk, item);
      item[sk.field] = keyFrom(sk, item);
    }
    item.__edb_e__ = name;
    item.__edb_v__ = version;
    return item;
  }

  function shown(item: StoredItem): Record<string, unknown> {
    usual(item, item.__edb_e__ === name && item.__edb_v__ === version);
    const data: Record<string, unknown> = {};
    for (const key in item) {
      if (!shows.has(key)) continue;
      const show = shows.get(key);
      data[key] = show === undefined ? item[key] : show(item[key]);
    }
    return data;
  }

  return { given, itemOf: (input) => plain(() => itemOf(input)), shown: (item) => plain(() => shown(item)) };
}
