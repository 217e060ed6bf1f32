import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { convertToAttr, convertToNative, marshall } from "@aws-sdk/util-dynamodb";

/** A value with its type, as DynamoDB's JSON has it. */
type WireValue = Readonly<Record<string, unknown>>;
type Values = Readonly<Record<string, unknown>>;

/** Bytes of any realm, such as that of Jest's tests. */
const isBytes = (value: object): value is Uint8Array => Object.prototype.toString.call(value) === "[object Uint8Array]";

const base64Of = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const bytesOf = (base64: unknown) => new Uint8Array(Buffer.from(base64 as string, "base64"));

/** A set of any realm, of bytes alone. */
const isSetOfBytes = (value: object): value is ReadonlySet<Uint8Array> =>
  Object.prototype.toString.call(value) === "[object Set]" &&
  (value as ReadonlySet<unknown>).size > 0 &&
  [...(value as ReadonlySet<unknown>)].every((part) => typeof part === "object" && part !== null && isBytes(part));

/** A number of DynamoDB's 38 digits: a large whole one exactly, as a BigInt, and any other the nearest that there is. */
function nativeNumber(digits: string): number | bigint {
  const number = Number(digits);
  if (number <= Number.MAX_SAFE_INTEGER && number >= Number.MIN_SAFE_INTEGER) return number;
  return /^-?\d+$/.test(digits) ? BigInt(digits) : number;
}

function wireValue(value: unknown): WireValue {
  switch (typeof value) {
    case "string":
      return { S: value };
    case "number":
      if (value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER) return { N: String(value) };
      break;
    case "boolean":
      return { BOOL: value };
    case "object":
      if (value === null) return { NULL: true };
      if (Array.isArray(value)) return { L: value.map(wireValue) };
      if (Object.getPrototypeOf(value) === Object.prototype) return { M: wireValues(value as Values) };
      if (isBytes(value)) return { B: base64Of(value) };
      if (isSetOfBytes(value)) return { BS: [...value].map(base64Of) };
  }
  return convertToAttr(value) as never;
}

function wireValues(values: Values): Record<string, WireValue> {
  const wire: Record<string, WireValue> = {};
  for (const name of Object.keys(values)) wire[name] = wireValue(values[name]);
  return wire;
}

function nativeValue(wire: WireValue): unknown {
  if (typeof wire.S === "string") return wire.S;
  if (typeof wire.N === "string") return nativeNumber(wire.N);
  if (wire.M !== undefined) return nativeValues(wire.M as Record<string, WireValue>);
  if (wire.L !== undefined) return (wire.L as WireValue[]).map(nativeValue);
  if (typeof wire.B === "string") return bytesOf(wire.B);
  if (Array.isArray(wire.NS)) return new Set(wire.NS.map(nativeNumber));
  if (Array.isArray(wire.BS)) return new Set(wire.BS.map((part) => (typeof part === "string" ? bytesOf(part) : part)));
  return convertToNative(wire as unknown as AttributeValue);
}

function nativeValues(wire: Readonly<Record<string, WireValue>>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const name in wire) values[name] = nativeValue(wire[name] as WireValue);
  return values;
}

type Parts = Record<string, unknown>;
type Convert = (part: never) => unknown;

const eachOf =
  (convert: Convert): Convert =>
  (parts: never) =>
    (parts as never[]).map(convert);
const byTable =
  (convert: Convert): Convert =>
  (tables: Parts) =>
    Object.fromEntries(Object.entries(tables).map(([table, part]) => [table, convert(part as never)]));
const within =
  (parts: Readonly<Record<string, Convert>>): Convert =>
  (message: Parts) => {
    const converted = { ...message };
    for (const name in parts) {
      if (converted[name] !== undefined) converted[name] = (parts[name] as Convert)(converted[name] as never);
    }
    return converted;
  };

const batch = (convert: Convert): Convert => {
  const writes = eachOf(within({ PutRequest: within({ Item: convert }), DeleteRequest: within({ Key: convert }) }));
  const reads = within({ Keys: eachOf(convert) });
  return byTable((part: never) => (Array.isArray(part) ? writes : reads)(part));
};

const inputBy = (convert: Convert) =>
  within({
    Key: convert,
    Item: convert,
    ExpressionAttributeValues: convert,
    ExclusiveStartKey: convert,
    RequestItems: batch(convert),
  }) as (input: object) => object;

/** The input of a document command as DynamoDB's JSON protocol has it. */
export const toWire = inputBy(wireValues);

/** The input of a document command as the SDK's plain command takes it. */
export const toAttributeValues = inputBy((values: Values) => marshall(values));

/** What DynamoDB answers, or what the SDK's plain command makes of it, as a document command gives it. */
export const fromWire = within({
  Item: nativeValues,
  Attributes: nativeValues,
  Items: eachOf(nativeValues),
  LastEvaluatedKey: nativeValues,
  Responses: byTable(eachOf(nativeValues)),
  UnprocessedKeys: batch(nativeValues),
  UnprocessedItems: batch(nativeValues),
}) as (output: object) => object;
