import fc from "../generated.ts";

/** Names that have a meaning to JavaScript, ElectroDB, DynamoDB's expressions or this table. */
export const LOADED_NAMES: readonly string[] = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "pk",
  "sk",
  "gsi1pk",
  "gsi2sk",
  "ttl",
  "__edb_e__",
  "__edb_v__",
  "user_email",
  "status",
  "owner",
  "#",
  "$",
  "_",
  ":pk",
  "a.b",
  "a[0]",
  "",
];

const STRINGS: readonly string[] = [
  ...LOADED_NAMES,
  " ",
  "\0",
  "\n",
  "\ud800",
  "a\udfff",
  "😀",
  "user#victim@example.com",
  "x#user_email_victim",
  "attribute_exists(pk)",
  "a' OR '1'='1",
  "#pk = :pk",
  "null",
  "undefined",
  "NaN",
  "0",
  "-1",
  "9999999999",
  "x".repeat(1025),
  "x".repeat(2049),
  "é".repeat(1025),
  "x".repeat(410_000),
  "__proto__@example.com",
  "a#b@example.com",
  "$@$.$",
  "_@_._",
  "\ud800@example.com",
  `${"x".repeat(243)}@example.com`,
  `${"x".repeat(2049)}@example.com`,
];

const NUMBERS: readonly number[] = [
  0,
  -0,
  -1,
  0.1,
  0.5,
  1,
  4.5,
  9,
  9.5,
  100,
  101,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.MIN_VALUE,
  Number.MAX_VALUE,
  Number.EPSILON,
  1e-130,
  1e126,
  1 / 3,
  2 ** 31,
  2 ** 53,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  1_760_000_000,
  1_760_000_000_000,
  9_999_999_999,
  10_000_000_000,
];

const POLLUTING: readonly string[] = [
  '{"__proto__":{"polluted":true}}',
  '{"__proto__":null}',
  '{"__proto__":[]}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"speaking":{"__proto__":{"polluted":7}}}',
  '{"toString":"","valueOf":""}',
  '{"length":-1}',
  '{"then":1}',
  '{"7":"text","__proto__":{"8":"text"}}',
];

class Odd {
  readonly polluted = true;
}

const OTHERS: readonly unknown[] = [
  undefined,
  null,
  true,
  false,
  10n,
  Symbol("value"),
  () => "value",
  new Date(0),
  new Date(Number.NaN),
  new Map([["key", "value"]]),
  new Set(["speaking"]),
  new Odd(),
  Object.create(null) as object,
  new Uint8Array(3),
  Buffer.from("text"),
  /text/,
  new Error("text"),
  Object("boxed"),
  Object(7),
  [],
  [[]],
  [undefined],
  new Array(3),
  ["profanity", "profanity"],
  Array.from({ length: 2_000 }, () => "x"),
  {},
];

const codeUnits = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
  .map((units) => String.fromCharCode(...units));
const keyPieces = fc
  .array(fc.constantFrom("#", "$", "_", "a", "0", "__proto__", ":", "@", "."), { maxLength: 12 })
  .map((pieces) => pieces.join(""));
const anyString = fc.oneof(fc.constantFrom(...STRINGS), codeUnits, keyPieces, fc.string({ unit: "grapheme" }));
const anyNumber = fc.oneof(
  fc.constantFrom(...NUMBERS),
  fc.double(),
  fc.integer(),
  fc.integer({ min: 0, max: 20 }).map((halves) => halves / 2),
);

/** A value that no caller should send, or that is at the edge of what one may send. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 5, arbitrary: anyString },
  { weight: 3, arbitrary: anyNumber },
  { weight: 2, arbitrary: fc.constantFrom(...OTHERS) },
  { weight: 2, arbitrary: fc.constantFrom(...POLLUTING).map((text) => JSON.parse(text) as unknown) },
  { weight: 1, arbitrary: fc.dictionary(anyString, fc.oneof(anyString, anyNumber), { maxKeys: 4 }) },
  {
    weight: 1,
    arbitrary: fc.anything({ withBigInt: true, withMap: true, withDate: true, withNullPrototype: true, maxDepth: 2 }),
  },
);
