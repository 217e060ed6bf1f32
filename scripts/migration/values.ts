import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { ReasonCode } from "./reasons.ts";

/** An item as the low-level client gives it: DynamoDB JSON. */
export type SourceItem = Record<string, AttributeValue>;

/** A value of the legacy platform, without DynamoDB's types: sets are lists, binary is base64. */
export type Plain = string | number | boolean | null | Plain[] | { [name: string]: Plain };

/** Why a value cannot be what an attribute asks for. */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
  /** What the item is quarantined for. */
  readonly code: ReasonCode = "invalid_value";
}

/** What a reading gives, or undefined when the value cannot be read so. */
export function ifReadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

/**
 * A source value in plain form. A number that JavaScript cannot hold exactly stays the text that it is in DynamoDB, and
 * so does binary as base64: what the new layer reads must not fail on them.
 */
export function plainOf(value: AttributeValue): Plain {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return numberOrText(value.N);
  if (value.BOOL !== undefined) return value.BOOL;
  if (value.NULL !== undefined) return null;
  if (value.L !== undefined) return value.L.map(plainOf);
  if (value.M !== undefined) return plainItem(value.M);
  if (value.SS !== undefined) return [...value.SS].sort();
  if (value.NS !== undefined) return [...value.NS].sort().map(numberOrText);
  if (value.B !== undefined) return Buffer.from(value.B).toString("base64");
  if (value.BS !== undefined) return value.BS.map((one) => Buffer.from(one).toString("base64")).sort();
  throw new Unreadable("has a type that DynamoDB does not know");
}

/** A map's parts. What the SDK reads under `__proto__` it makes the map's prototype. */
function entriesOf(map: SourceItem): [name: string, value: AttributeValue][] {
  const prototype: unknown = Object.getPrototypeOf(map);
  const hidden = prototype === null || prototype === Object.prototype ? [] : [["__proto__", prototype]];
  return [...Object.entries(map), ...(hidden as [string, AttributeValue][])];
}

/** The same of an item. `fromEntries` makes a part of `__proto__`, too; an assignment would change what the item is. */
export const plainItem = (item: SourceItem): Record<string, Plain> =>
  Object.fromEntries(entriesOf(item).map(([name, value]) => [name, plainOf(value)]));

function numberOrText(text: string): number | string {
  const number = Number(text);
  if (String(number) === text) return number;
  return significant(String(number)) === significant(text) ? number : text;
}

/** The digits and the size of a number, however it is written. */
function significant(text: string): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text.replace(/^\+/, "")) ?? [];
  const digits = `${whole}${fraction}`;
  const leading = digits.replace(/^0+/, "");
  const bare = leading.replace(/0+$/, "");
  const power = Number(exponent) - fraction.length + (leading.length - bare.length);
  return bare === "" ? "0" : `${sign}${bare}e${power}`;
}

const ISO = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s?(Z|z|[+-]\d{2}(?::?\d{2})?)?$/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Above this a number of seconds would be in the year 5138: it counts milliseconds. */
const MILLISECONDS_FROM = 100_000_000_000;
const MILLISECONDS_TO = 10_000_000_000_000;

/**
 * Whole epoch seconds of an ISO-8601 string (without a zone: UTC), of epoch seconds or of epoch milliseconds, as numbers or
 * as numeric strings. Fractions of a second are cut off.
 */
export function instantOf(value: Plain): number {
  if (typeof value === "number") return wholeSeconds(value);
  if (typeof value !== "string") throw new Unreadable("must be an ISO-8601 time or epoch seconds");
  const text = value.trim();
  if (NUMBER.test(text)) return wholeSeconds(Number(text));
  const match = ISO.exec(text);
  if (match === null) throw new Unreadable("must be an ISO-8601 date with a time, or epoch seconds");
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const midnight = new Date(Date.UTC(year, month - 1, day));
  midnight.setUTCFullYear(year);
  // A day that a month does not have is one of another month.
  const isDay = midnight.getUTCMonth() === month - 1;
  // A day ends at 24:00:00, and a leap second is the last of its minute.
  const isTime = hour < 24 ? minute < 60 && second <= (minute === 59 ? 60 : 59) : hour === 24 && minute + second === 0;
  if (!isDay || !isTime) throw new Unreadable("is not a time that exists");
  const seconds = midnight.getTime() / 1000 + hour * 3600 + minute * 60 + second - offsetOf(match[7]);
  if (seconds < 0) throw new Unreadable("must be an instant from 1970 on");
  return seconds;
}

function offsetOf(zone: string | undefined): number {
  if (zone === undefined || /^z$/i.test(zone)) return 0;
  const digits = zone.slice(1).replace(":", "");
  const [hours, minutes] = [Number(digits.slice(0, 2)), Number(digits.slice(2) || 0)];
  if (hours > 14 || minutes > 59) throw new Unreadable("has a zone that does not exist");
  return (zone.startsWith("-") ? -1 : 1) * (hours * 3600 + minutes * 60);
}

function wholeSeconds(value: number): number {
  const seconds = Math.abs(value) >= MILLISECONDS_FROM ? value / 1000 : value;
  if (!(value >= 0)) throw new Unreadable("must be an instant from 1970 on");
  if (value >= MILLISECONDS_TO) throw new Unreadable("is neither epoch seconds nor milliseconds");
  return Math.floor(seconds);
}

/** A number, or the number that a string spells (a Decimal that was stored as text). */
export function numberOf(value: Plain): number {
  if (typeof value === "number") return value;
  if (typeof value === "string" && NUMBER.test(value.trim())) {
    const number = Number(value.trim());
    if (Number.isFinite(number)) return number;
  }
  throw new Unreadable("must be a number or a numeric string");
}

const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["false", false],
  ["1", true],
  ["0", false],
  ["yes", true],
  ["no", false],
]);

/** A boolean, or the number or text that says one, in capitals or not. */
export function flagOf(value: Plain): boolean {
  const flag = typeof value === "object" ? undefined : FLAGS.get(String(value).trim().toLowerCase());
  if (flag === undefined) throw new Unreadable("must be a boolean, 0 or 1, or a string that says true or false");
  return flag;
}

export function textOf(value: Plain): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  throw new Unreadable("must be a string");
}

function parsed(value: Plain, rule: string): Plain {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value) as Plain;
  } catch (cause) {
    throw new Unreadable(rule, { cause });
  }
}

/** A map, or the map that a JSON string holds. */
export function mapOf(value: Plain): { [name: string]: Plain } {
  const rule = "must be a map, or a JSON string of one";
  const map = parsed(value, rule);
  if (typeof map !== "object" || map === null || Array.isArray(map)) throw new Unreadable(rule);
  return map;
}

/** A list, a string set, or the list that a JSON string holds. */
export function listOf(value: Plain): Plain[] {
  const rule = "must be a list, a string set, or a JSON string of a list";
  const list = parsed(value, rule);
  if (!Array.isArray(list)) throw new Unreadable(rule);
  return list;
}
