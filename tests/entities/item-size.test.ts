import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { itemSize, MAX_ITEM_BYTES, MAX_PARTITION_KEY_BYTES, MAX_SORT_KEY_BYTES } from "../../entities/item-size.ts";
import fc from "../generated.ts";

/** DynamoDB keeps two decimal digits a byte, in pairs that begin at the decimal point, and one byte more; a sign is another. */
function numberBytes(number: string): number {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(number) ?? [];
  const point = whole.length + Number(exponent);
  const digits = `${point % 2 === 0 ? "" : "0"}${whole}${fraction}`;
  const pairs = (digits.length % 2 === 0 ? digits : `${digits}0`).match(/../g) ?? [];
  const first = pairs.findIndex((pair) => pair !== "00");
  const last = pairs.findLastIndex((pair) => pair !== "00");
  return first < 0 ? 1 : last - first + 2 + sign.length;
}

/** The size of what the SDK would send, by AWS's published rules. */
function bytesOf(value: AttributeValue): number {
  if (value.S !== undefined) return new TextEncoder().encode(value.S).length;
  if (value.N !== undefined) return numberBytes(value.N);
  if (value.BOOL !== undefined || value.NULL !== undefined) return 1;
  if (value.L !== undefined) return value.L.reduce((sum, element) => sum + 1 + bytesOf(element), 3);
  return 3 + Object.keys(value.M ?? {}).length + mapBytes(value.M ?? {});
}

const mapBytes = (map: Record<string, AttributeValue>): number =>
  Object.entries(map).reduce((sum, [name, value]) => sum + new TextEncoder().encode(name).length + bytesOf(value), 0);

const countNumbers = (value: unknown): number => {
  if (typeof value === "number") return 1;
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce((sum: number, child) => sum + countNumbers(child), 0);
};

const text = fc.string({ unit: "binary", maxLength: 12 });
// The SDK cannot send an attribute of this name.
const attributeName = text.filter((name) => name !== "__proto__");
const named = (value: fc.Arbitrary<unknown>) =>
  fc.dictionary(attributeName, value, { maxKeys: 5, noNullPrototype: true });
const { withoutNumbers } = fc.letrec((tie) => ({
  withoutNumbers: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    text,
    fc.boolean(),
    fc.constant(null),
    tie("list"),
    tie("map"),
  ),
  list: fc.array(tie("withoutNumbers"), { maxLength: 4 }),
  map: named(tie("withoutNumbers")),
}));

/** Numbers as the entities hold them: instants, bands, confidences, minutes, money. */
const number = fc.oneof(
  fc.nat(9_999_999_999),
  fc.nat(18).map((halves) => halves / 2),
  fc.double({ min: 0, max: 1, noNaN: true }).filter((value) => value === 0 || value > 1e-100),
  fc.nat(100_000_000).map((cents) => cents / 100),
  fc.integer({ min: -1_000_000, max: -1 }),
);

const asSent = (item: Record<string, unknown>) => mapBytes(marshall(item) as Record<string, AttributeValue>);

describe("itemSize", () => {
  it.each([
    ["nothing", {}, 0],
    ["an empty text: its name", { name: "" }, 4],
    ["a text in UTF-8", { a: "é" }, 3],
    ["a name in UTF-8", { é: "a" }, 3],
    ["an emoji as four bytes", { a: "🎈" }, 5],
    ["a boolean", { used: false }, 5],
    ["a null", { a: null }, 2],
    ["an empty list", { a: [] }, 4],
    ["an empty map", { a: {} }, 4],
    ["a list of texts, one byte more each", { a: ["bc", "def"] }, 1 + 3 + 1 + 2 + 1 + 3],
    ["a map of texts, one byte more each", { a: { b: "cd", ef: "" } }, 1 + 3 + 1 + 1 + 2 + 1 + 2],
    ["a map in a list in a map", { a: { b: [{ c: "d" }] } }, 1 + 3 + 1 + 1 + 3 + 1 + 3 + 1 + 1 + 1],
    ["an attribute without a value: its name at most", { a: "b", cd: undefined }, 4],
  ])("counts %s", (_, item, bytes) => {
    expect(itemSize(item)).toBe(bytes);
  });

  it("counts an instant as six bytes", () => {
    expect(itemSize({ "": 1_760_000_001 })).toBeGreaterThanOrEqual(6);
    expect(itemSize({ "": 1_760_000_001 })).toBeLessThanOrEqual(7);
  });

  it("is exact for everything but numbers", () => {
    fc.assert(
      fc.property(named(withoutNumbers), (item) => {
        expect(itemSize(item)).toBe(asSent(item));
      }),
      { numRuns: 500 },
    );
  });

  it("never counts numbers lower than DynamoDB does, and hardly higher", () => {
    const values = fc.oneof(number, fc.array(number, { maxLength: 4 }), named(number));
    fc.assert(
      fc.property(named(values), (item) => {
        const counted = itemSize(item);
        const stored = asSent(item);
        expect(counted).toBeGreaterThanOrEqual(stored);
        // Zeros at both ends are counted and not stored.
        expect(counted).toBeLessThanOrEqual(stored + 5 * countNumbers(item));
      }),
      { numRuns: 500 },
    );
  });

  it.each([0, 0.5, 7.5, 9, 36.99, 1.25, 0.01, 12, 150, 1_760_000_000, -1, -7.5])("never counts %p too low", (value) => {
    expect(itemSize({ "": value })).toBeGreaterThanOrEqual(numberBytes(String(value)));
  });

  it("adds up: an item of two parts is as large as both", () => {
    fc.assert(
      fc.property(named(withoutNumbers), named(withoutNumbers), (one, other) => {
        const prefixed = Object.fromEntries(Object.entries(other).map(([name, value]) => [`\u0000${name}`, value]));
        fc.pre(Object.keys(prefixed).every((name) => !(name in one)));
        const names = Object.keys(other).length;
        expect(itemSize({ ...one, ...prefixed })).toBe(itemSize(one) + itemSize(other) + names);
      }),
    );
  });
});

describe("limits", () => {
  it("are DynamoDB's", () => {
    expect([MAX_ITEM_BYTES, MAX_PARTITION_KEY_BYTES, MAX_SORT_KEY_BYTES]).toEqual([400 * 1024, 2048, 1024]);
  });

  it("are measured in bytes: 400 KB of text fit, one byte more does not", () => {
    const name = "message";
    const fits = { [name]: "é".repeat((MAX_ITEM_BYTES - name.length - 1) / 2) };

    expect(itemSize(fits)).toBeLessThanOrEqual(MAX_ITEM_BYTES);
    expect(itemSize({ [name]: `${fits[name]}xx` })).toBeGreaterThan(MAX_ITEM_BYTES);
  });
});
