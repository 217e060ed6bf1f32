import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { fromWire, toWire } from "../../../../services/storage/wire/wire-format.ts";
import fc from "../../../generated.ts";

const scalars = fc.oneof(
  fc.string(),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -9e15, max: 9e15 }),
  fc.maxSafeInteger(),
  fc.boolean(),
  fc.constant(null),
);
const values = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, scalars, fc.array(tie("value")), fc.dictionary(fc.string(), tie("value"))),
}));
const items = fc.dictionary(fc.string(), values.value);

/** The JSON of the wire, as the SDK's own marshaller would have it. */
const wireOf = (item: object) => JSON.parse(JSON.stringify(marshall(item)));
const sent = (input: object) => JSON.parse(JSON.stringify(toWire(input)));

it("writes items as the SDK's marshaller does", () => {
  fc.assert(
    fc.property(items, (Item) => {
      expect(sent({ TableName: "t", Item })).toEqual({ TableName: "t", Item: wireOf(Item) });
    }),
  );
});

it("reads items as the SDK's unmarshaller does", () => {
  fc.assert(
    fc.property(items, (item) => {
      const Item = wireOf(item);
      expect(fromWire({ Item })).toEqual({ Item: unmarshall(Item) });
    }),
  );
});

it("writes keys and values wherever a command holds them", () => {
  const key = { pk: "a", n: 1 };
  const wire = { pk: { S: "a" }, n: { N: "1" } };

  expect(sent({ Key: key, ExpressionAttributeValues: { ":v": [true] }, ExclusiveStartKey: key, Limit: 3 })).toEqual({
    Key: wire,
    ExpressionAttributeValues: { ":v": { L: [{ BOOL: true }] } },
    ExclusiveStartKey: wire,
    Limit: 3,
  });
  expect(sent({ RequestItems: { t: { Keys: [key], ConsistentRead: true } } })).toEqual({
    RequestItems: { t: { Keys: [wire], ConsistentRead: true } },
  });
  expect(sent({ RequestItems: { t: [{ PutRequest: { Item: key } }, { DeleteRequest: { Key: key } }] } })).toEqual({
    RequestItems: { t: [{ PutRequest: { Item: wire } }, { DeleteRequest: { Key: wire } }] },
  });
});

it("reads keys and items wherever an answer holds them", () => {
  const key = { pk: "a", n: 1 };
  const wire = { pk: { S: "a" }, n: { N: "1" } };

  expect(fromWire({ Items: [wire], Count: 1, LastEvaluatedKey: wire })).toEqual({
    Items: [key],
    Count: 1,
    LastEvaluatedKey: key,
  });
  expect(fromWire({ Attributes: wire })).toEqual({ Attributes: key });
  expect(fromWire({ Responses: { t: [wire] }, UnprocessedKeys: { t: { Keys: [wire] } } })).toEqual({
    Responses: { t: [key] },
    UnprocessedKeys: { t: { Keys: [key] } },
  });
  expect(
    fromWire({ UnprocessedItems: { t: [{ PutRequest: { Item: wire } }, { DeleteRequest: { Key: wire } }] } }),
  ).toEqual({ UnprocessedItems: { t: [{ PutRequest: { Item: key } }, { DeleteRequest: { Key: key } }] } });
});

it("carries binary values, sets and big numbers, which other programs may have stored", () => {
  const item = {
    binary: new Uint8Array([0, 255]),
    names: new Set(["a", "b"]),
    bands: new Set([6, 7.5]),
    big: 2n ** 60n,
    bytes: new Set([new Uint8Array([1]), new Uint8Array([0, 255])]),
    bigs: new Set([2n ** 60n, 1]),
  };

  const { Item } = sent({ Item: item });

  expect(Item).toEqual({
    binary: { B: "AP8=" },
    names: { SS: ["a", "b"] },
    bands: { NS: ["6", "7.5"] },
    big: { N: "1152921504606846976" },
    bytes: { BS: ["AQ==", "AP8="] },
    bigs: { NS: ["1152921504606846976", "1"] },
  });
  expect(fromWire({ Item })).toEqual({ Item: item });
});

it.each([
  ["12345678901234567890123456789012345678", 12345678901234567890123456789012345678n],
  ["-9007199254740993", -9007199254740993n],
  ["3.1415926535897932384626433832795028841", Math.PI],
  ["9007199254740993.5", 9007199254740994],
  ["1E+125", 1e125],
  ["-1E-130", -1e-130],
])("reads the number %s as it is or the nearest", (N, number) => {
  expect(fromWire({ Item: { N: { N }, NS: { NS: [N] } } })).toEqual({ Item: { N: number, NS: new Set([number]) } });
});

it.each([
  ["undefined", undefined],
  ["not a number", Number.NaN],
  ["an infinite number", Number.POSITIVE_INFINITY],
  ["a number beyond what is exact", 2 ** 53],
  ["a class's object", new (class Thing {})()],
])("refuses %s in the SDK's words", (_, value) => {
  const words = (act: () => unknown) => {
    try {
      return act();
    } catch (error) {
      return (error as Error).message;
    }
  };

  expect(words(() => toWire({ Item: { value } }))).toBe(words(() => marshall({ value })));
});
