import { LEAST_CREDENTIAL } from "../../entities/attributes.ts";
import { TTL_ATTRIBUTE } from "../../entities/keys.ts";
import { type EntityName, MODELS } from "../../entities/models.ts";
import { type EntitySchema, primaryKeyOf } from "../../entities/schema.ts";
import { allClaimsOf } from "../../services/guards/claims.ts";
import type { Model } from "../../services/storage/context.ts";
import type { EnumMapping } from "./enum-mapping.ts";
import { ItemReader } from "./item-reader.ts";
import { quoted, type Reason, type SkipCode } from "./reasons.ts";
import { RULES, type Rule, type Rules } from "./rules.ts";
import { flagOf, ifReadable, instantOf, type Plain, plainItem, type SourceItem } from "./values.ts";

/** A source item as attributes of its entity, or why not. */
export type Mapping =
  | {
      readonly outcome: "mapped";
      /** The entity's attributes, with `legacy`. */
      readonly attributes: Readonly<Record<string, unknown>>;
      /** Attributes that were derived from others. */
      readonly derived: readonly string[];
    }
  | { readonly outcome: "skipped"; readonly code: SkipCode }
  | { readonly outcome: "quarantined"; readonly reason: Reason };

/** The attributes that have a rule; what a source calls like any other goes to `legacy`. */
export const mappedAttributes = (entity: EntityName): string[] => Object.keys(RULES[entity]);

/** Attributes without which an entity is not whole; the entity's own rules check the rest. */
const REQUIRED: ReadonlyMap<EntityName, readonly string[]> = new Map(
  (Object.keys(RULES) as EntityName[]).map((entity) => [entity, requiredOf(entity)]),
);

function requiredOf(entity: EntityName): string[] {
  const { attributes }: EntitySchema = MODELS[entity].schema;
  return Object.keys(attributes).filter((name) => attributes[name]?.required === true);
}

/** The address of the user whose id that is, as the users table has it. */
export type Owners = (user_id: string) => string | undefined;

/** What an operator says of the mapping, the same to every command and to the stream handler. */
export interface OperatorRules {
  readonly mapping: EnumMapping;
  /** Epoch seconds from when the days of an active purchase count that tells no end of its own. Default: its purchase. */
  readonly accessFrom?: number | undefined;
  /** Whether sessions come over whose ids can be guessed. Default: they end at the cut-over. */
  readonly keepSessions?: boolean | undefined;
}

/** What a source item's parts are read by. */
export interface ReadingRules extends Pick<OperatorRules, "mapping"> {
  /** Absent: no id is known, such as in the stream handler, and what has one waits for a backfill. */
  readonly owners?: Owners | undefined;
}

/** What source items are mapped by. */
export interface MappingRules extends OperatorRules, ReadingRules {
  /** The instant by which sessions and tokens count as expired, epoch seconds. */
  readonly now: number;
}

/** Maps source items of one table. Pure: the same item and rules give the same attributes. */
export function mapItem(entity: EntityName, source: SourceItem, given: MappingRules): Mapping {
  const item = plainItem(source);
  const unsayable = unsayableIn(item);
  if (unsayable !== undefined) {
    const [attribute, key] = unsayable;
    const text = `${attribute} has a map key that cannot be stored: ${quoted(key)}`;
    return { outcome: "quarantined", reason: { code: "invalid_value", attributes: [attribute], text } };
  }
  const skipped = skipOf(entity, item, given);
  if (skipped !== undefined) return { outcome: "skipped", code: skipped };
  const reader = new ItemReader(entity, source, item, given);
  const derived = readAttributes(reader, given);
  const reason = reader.problems.length === 0 ? undefined : reader.reason();
  if (reason !== undefined) return { outcome: "quarantined", reason };
  const attributes = reader.mapped;
  const legacy = legacyOf(RULES[entity], item, reader);
  return {
    outcome: "mapped",
    attributes: Object.keys(legacy).length === 0 ? attributes : { ...attributes, legacy },
    derived,
  };
}

/** All that is wrong with an item whose attributes break the entity's own rules; undefined when none does alone. */
export function reasonOf(entity: EntityName, source: SourceItem, given: MappingRules): Reason | undefined {
  const reader = new ItemReader(entity, source, plainItem(source), given);
  readAttributes(reader, given);
  return reader.reason();
}

/** Reads all attributes that the rules have, and tells which were derived. */
function readAttributes(reader: ItemReader, given: MappingRules): string[] {
  const derived: string[] = [];
  const { mapped, entity, item } = reader;
  const rules = RULES[entity];
  for (const attribute in rules) {
    const rule = rules[attribute] as Rule;
    const read = reader.read(attribute, rule);
    if (read !== undefined) {
      if (read.value !== undefined) mapped[attribute] = read.value;
      continue;
    }
    const { derive } = rule;
    const value = (derive && reader.derive(attribute, () => derive(item, mapped, given))) ?? reader.absent(attribute);
    if (value === undefined) continue;
    mapped[attribute] = value;
    derived.push(attribute);
  }
  for (const attribute of REQUIRED.get(entity) ?? [])
    if (mapped[attribute] === undefined) reader.miss(attribute, rules[attribute]?.from ?? []);
  return derived;
}

/** What no rule used: unknown attributes, and second names whose value is not the first one's. */
function legacyOf(rules: Rules, item: Readonly<Record<string, Plain>>, reader: ItemReader): Record<string, Plain> {
  const legacy: Record<string, Plain> = { ...reader.legacy };
  const used = new Set(reader.names.values());
  for (const name in item) {
    if (used.has(name)) continue;
    // Nothing is what an absent attribute of the specification says, too.
    if (Object.hasOwn(rules, name) && (item[name] === null || item[name] === "")) continue;
    legacy[name] = item[name] as Plain;
  }
  return legacy;
}

/** A session or token that lets nobody in any more. */
function skipOf(
  entity: EntityName,
  item: Readonly<Record<string, Plain>>,
  { now, keepSessions = false }: MappingRules,
): SkipCode | undefined {
  if (!(TTL_ATTRIBUTE in MODELS[entity].schema.attributes)) return undefined;
  if (entity === "session" && ifReadable(() => flagOf(item.is_active ?? null)) === false) return "ended";
  if (entity === "session" && !keepSessions && isGuessable(item.session_id)) return "guessable";
  const end = ifReadable(() => instantOf(item.expires_at ?? null));
  return end !== undefined && end <= now ? "expired" : undefined;
}

/** The first attribute that no item can hold, and the name in it that JavaScript or DynamoDB has a meaning of its own for. */
function unsayableIn(item: Readonly<Record<string, Plain>>): readonly [attribute: string, key: string] | undefined {
  for (const [name, value] of Object.entries(item)) {
    const key = name === "__proto__" ? name : unsayableKey(value);
    if (key !== undefined) return [name, key];
  }
  return undefined;
}

function unsayableKey(value: Plain): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  for (const [name, child] of Object.entries(value)) {
    if (!Array.isArray(value) && (name === "" || name === "__proto__")) return name;
    const key = unsayableKey(child);
    if (key !== undefined) return key;
  }
  return undefined;
}

/** Whether an id of a session has less than 128 unguessable bits: the old platform's have a kind, an instant and 32 of them. */
const isGuessable = (id: Plain | undefined): boolean =>
  typeof id === "string" && (id.length < LEAST_CREDENTIAL || /^[a-z]+_\d{9,13}_[0-9a-f]{1,16}$/i.test(id));

/** The attributes that make an entity's key. */
const keyOf = (entity: EntityName): readonly string[] => primaryKeyOf(MODELS[entity].schema).attributes;

/**
 * Where a conflict's items can stand in the source. A key that stays byte for byte what it is has none; where the partition
 * key stays and the sort key changes they are neighbours, which a scan gives one after another; else they are anywhere. So
 * are those whose key begins with an address, which is normalised, or that claim an id beside their key.
 */
export function rivalsOf(entity: EntityName, partitionKey: string | undefined): "none" | "neighbours" | "anywhere" {
  const { account }: Model = MODELS[entity];
  const [[kept = "", ...others] = [], ...claimed] = uniqueGroups(entity);
  if (account?.attribute === kept || claimed.length > 0 || kept !== partitionKey) return "anywhere";
  return others.length === 0 ? "none" : "neighbours";
}

/** The attributes that together are an item's own: its key, and an id beside it that it claims. */
function uniqueGroups(entity: EntityName): readonly (readonly string[])[] {
  const { claim }: Model = MODELS[entity];
  const key = keyOf(entity);
  return claim === undefined || key.includes(claim.id) ? [key] : [key, [claim.id]];
}

/** The source attributes that `uniquesOf` looks at. */
export const uniqueNames = (entity: EntityName): string[] => [
  ...new Set(
    uniqueGroups(entity)
      .flat()
      .flatMap((attribute) => RULES[entity][attribute]?.from ?? []),
  ),
];

/** What an item would be the only one of, as texts: its key, and a purchase's transaction. Unreadable parts leave them out. */
export function uniquesOf(entity: EntityName, source: SourceItem, given: ReadingRules): string[] {
  const reader = new ItemReader(entity, source, plainItem(source), given);
  return uniqueGroups(entity).flatMap((names) => {
    const values = names.map((attribute) => reader.read(attribute, RULES[entity][attribute] as Rule)?.value);
    return values.includes(undefined) ? [] : [uniqueText(names, values)];
  });
}

/** The same of attributes that are mapped: the key first, then every id that is claimed. */
export function uniquesOfMapped(entity: EntityName, attributes: Readonly<Record<string, unknown>>): string[] {
  const { claim }: Model = MODELS[entity];
  const [key = [], ...beside] = uniqueGroups(entity);
  const ids = claim === undefined || beside.length === 0 ? [] : allClaimsOf(claim, attributes).map(([, id]) => id);
  const valuesOf = key.map((name) => attributes[name]);
  return [uniqueText(key, valuesOf), ...ids.map((id) => uniqueText(beside[0] ?? [], [id]))];
}

/** Whether source items that become one key are parts of one item, and no conflict: each has its entry in the ledger. */
export const isJoined = (entity: EntityName): boolean => (MODELS[entity] as Model).claim?.among !== undefined;

/** Whether a text of `uniquesOf` tells a key under which items are joined. */
export const isJoinedKey = (entity: EntityName, unique: string): boolean =>
  isJoined(entity) && unique.startsWith(`${keyOf(entity)[0]} `);

/** The key's attributes of an item that may be unreadable otherwise. */
export function keyAttributesOf(
  entity: EntityName,
  source: SourceItem,
  given: ReadingRules,
): Readonly<Record<string, unknown>> | undefined {
  const reader = new ItemReader(entity, source, plainItem(source), given);
  const values = keyOf(entity).map((name) => [name, reader.read(name, RULES[entity][name] as Rule)?.value] as const);
  return values.some(([, value]) => value === undefined) ? undefined : Object.fromEntries(values);
}

const uniqueText = (names: readonly string[], values: readonly unknown[]) =>
  names.map((name, position) => `${name} ${JSON.stringify(values[position])}`).join(", ");
