import {
  flagOf,
  instantOf,
  listOf,
  mapOf,
  numberOf,
  plainOf,
  textOf,
  Unreadable,
} from "../../../scripts/migration/values.ts";
import fc from "../../generated.ts";

const instants = fc.integer({ min: 0, max: 9_999_999_999 });
const iso = (instant: number) => new Date(instant * 1000).toISOString().slice(0, 19);

describe("instantOf", () => {
  it("reads an instant in every shape that the platform of today writes", () => {
    fc.assert(
      fc.property(
        instants,
        fc.integer({ min: 0, max: 999_999 }),
        fc.integer({ min: -14, max: 14 }),
        (instant, micro, hours) => {
          const fraction = String(micro).padStart(6, "0");
          const zone = `${hours < 0 ? "-" : "+"}${String(Math.abs(hours)).padStart(2, "0")}:00`;
          fc.pre(instant + hours * 3600 >= 0);

          const shapes = [
            `${iso(instant)}.${fraction}`,
            `${iso(instant)}Z`,
            `${iso(instant).replace("T", " ")}+00:00`,
            `${iso(instant + hours * 3600)}.${fraction}${zone}`,
            instant,
            String(instant),
            instant + micro / 1_000_000,
          ];

          for (const shape of shapes) expect(instantOf(shape)).toBe(instant);
        },
      ),
    );
  });

  it("reads epoch milliseconds as seconds", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 100_000_000, max: 9_999_999_999 }),
        fc.integer({ min: 0, max: 999 }),
        (instant, ms) => {
          expect(instantOf(instant * 1000 + ms)).toBe(instant);
          expect(instantOf(String(instant * 1000 + ms))).toBe(instant);
        },
      ),
    );
  });

  it.each([
    ["2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"],
    ["2025-10-09T24:00:00", "2025-10-10T00:00:00Z"],
    ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"],
    ["2286-11-20T17:46:40Z", "2286-11-20T17:46:40Z"],
  ])("reads %p as %p", (value, same) => {
    expect(instantOf(value)).toBe(Date.parse(same) / 1000);
  });

  it.each([
    "yesterday",
    "",
    "2025-02-30T10:00:00",
    "2025-10-09",
    "2025-10-09T25:00:00",
    "2025-10-09T24:00:01",
    "2025-10-09T10:30:60",
    "0050-01-01T00:00:00",
    "2025-10-09T10:00:00+19:00",
    "1969-12-31T23:59:59",
    -1,
    Number.NaN,
    1_760_000_000_000_000,
    true,
    null,
    [],
  ])("refuses %p", (value) => {
    expect(() => instantOf(value as never)).toThrow(Unreadable);
  });
});

describe("numberOf", () => {
  it("reads numbers and what Decimals look like as strings", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(numberOf(value)).toBe(value);
        expect(numberOf(` ${value} `)).toBe(Number(String(value)));
      }),
    );
  });

  it.each(["93%", "very high", "", "1e999", "0x10", true, {}])("refuses %p", (value) => {
    expect(() => numberOf(value as never)).toThrow(Unreadable);
  });
});

describe("plainOf", () => {
  it("keeps numbers that JavaScript holds exactly, and the text of others", () => {
    expect(plainOf({ N: "7.50" })).toBe(7.5);
    expect(plainOf({ N: "1E+2" })).toBe(100);
    expect(plainOf({ N: "-0.00012" })).toBe(-0.00012);
    expect(plainOf({ N: "0.0" })).toBe(0);
    expect(plainOf({ N: "12345678901234567890" })).toBe("12345678901234567890");
    expect(plainOf({ N: "0.12345678901234567890123" })).toBe("0.12345678901234567890123");
  });

  it("keeps what a map has under __proto__, which the SDK makes its prototype", () => {
    const read: object = Object.setPrototypeOf({ a: { S: "b" } }, { S: "hidden" });

    expect(Object.keys(read)).toEqual(["a"]);
    expect(Object.entries(plainOf({ M: read as never }) as object)).toEqual([
      ["a", "b"],
      ["__proto__", "hidden"],
    ]);
  });

  it("makes lists of sets and base64 of binary, so that JSON can say it", () => {
    const binary = new Uint8Array([1, 2, 255]);
    const value = {
      M: {
        set: { SS: ["b", "a"] },
        numbers: { NS: ["2", "10"] },
        binary: { B: binary },
        binaries: { BS: [binary] },
        list: { L: [{ NULL: true as const }, { BOOL: false }] },
      },
    };

    expect(plainOf(value)).toEqual({
      set: ["a", "b"],
      numbers: [10, 2],
      binary: "AQL/",
      binaries: ["AQL/"],
      list: [null, false],
    });
  });

  it("refuses a value of no type", () => {
    expect(() => plainOf({} as never)).toThrow(Unreadable);
  });
});

describe("mapOf and listOf", () => {
  it("read JSON strings as what they hold", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.integer()), fc.array(fc.string()), (map, list) => {
        expect(mapOf(JSON.stringify(map))).toEqual(JSON.parse(JSON.stringify(map)));
        expect(listOf(JSON.stringify(list))).toEqual(list);
        expect(listOf(list)).toBe(list);
      }),
    );
  });

  it.each(["{not json", "[1]", "7", 7, null, []])("refuse %p as a map", (value) => {
    expect(() => mapOf(value as never)).toThrow(Unreadable);
  });

  it.each(["not json", "{}", 7, null, {}])("refuse %p as a list", (value) => {
    expect(() => listOf(value as never)).toThrow(Unreadable);
    expect(() => listOf(value as never)).toThrow("must be a list, a string set, or a JSON string of a list");
  });
});

describe("flagOf and textOf", () => {
  it("read what boto3 code leaves behind", () => {
    for (const flag of [true, 1, "True", "true", "TRUE", "1", " yes "]) expect(flagOf(flag)).toBe(true);
    for (const flag of [false, 0, "False", "false", "FALSE", "0", "No"]) expect(flagOf(flag)).toBe(false);
    for (const other of ["maybe", "", 2, null, ["true"], { true: 1 }]) expect(() => flagOf(other)).toThrow(Unreadable);
    expect(textOf("AbC")).toBe("AbC");
    expect(textOf(42)).toBe("42");
    expect(() => textOf(["a"])).toThrow(Unreadable);
  });
});
