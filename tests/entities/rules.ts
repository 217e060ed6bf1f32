import { rulesOf } from "../../services/storage/rules.ts";
import { BCRYPT_HASH } from "../builders.ts";
import { refusalOf } from "./parameters.ts";
import { attributesOf, primaryKeyOf, type Subject } from "./samples.ts";

/** Values that a kind of attribute accepts, and values that it refuses with the rule that it tells. */
interface Kind {
  readonly accepts: readonly unknown[];
  readonly refuses: readonly (readonly [value: unknown, rule: string])[];
}

const notOfType = (given: string, expected: string) =>
  `Received value of type "${given}", expected value of type "${expected}"`;

const LONE_SURROGATE = "\ud83d";
const WELL_FORMED = "must be well-formed Unicode, without lone surrogates";
const HASH = "must be an encoded password hash (bcrypt, Werkzeug scrypt or pbkdf2, argon2)";
const BAND = "must be a band from 0 to 9 in halves";
const CONFIDENCE = "must be a number from 0 to 1";
const SLUG = "must be 1 to 64 lower-case letters, digits, hyphens or underscores";
const COUNT = "must be a whole number from 0";
const MINUTES = "must be minutes from 0 to 1000000";
const MONEY = "must be an amount in USD from 0 to 1000000";

/** Text that lists show, with the most characters that it may have. */
const line = (limit: number): Kind => ({
  accepts: ["", "One line\nand another", "Grüße, 你好, 🎈", "x".repeat(limit)],
  refuses: [
    ["x".repeat(limit + 1), `must have at most ${limit.toLocaleString("en")} characters`],
    [LONE_SURROGATE, WELL_FORMED],
    [7, notOfType("number", "string")],
  ],
});

/** The rules of the specification, one kind of attribute each. */
export const KINDS = {
  text: {
    accepts: ["", "One line\nand another", "Grüße, 你好, 🎈", "$ielts#pk_x"],
    refuses: [
      [LONE_SURROGATE, WELL_FORMED],
      [7, notOfType("number", "string")],
      [null, notOfType("object", "string")],
    ],
  },
  line200: line(200),
  line1000: line(1_000),
  line100: line(100),
  id: {
    accepts: ["x", "TKT-9F0A1B2C3D4E", "web_1760000000_1a2b3c4d", "a-_B", "x#y_$:z", "é🎈"],
    refuses: [
      ["", "must not be empty"],
      [`id-${LONE_SURROGATE}`, WELL_FORMED],
      [7, notOfType("number", "string")],
    ],
  },
  token: {
    accepts: ["x".repeat(22), "5f0c9e2a-7b41-4386-9d1e-3a8c6b2f7e10"],
    refuses: [
      ["", "must have at least 22 characters"],
      ["x".repeat(21), "must have at least 22 characters"],
      [`${"x".repeat(22)}${LONE_SURROGATE}`, WELL_FORMED],
      [7, notOfType("number", "string")],
    ],
  },
  slug: {
    accepts: ["lambda", "api_gateway", "e-mail", "1st", "a".repeat(64)],
    refuses: [
      ["", SLUG],
      ["a".repeat(65), SLUG],
      ["Lambda", SLUG],
      ["work#life", SLUG],
      ["work life", SLUG],
      ["_work", SLUG],
      ["arbeit-für", SLUG],
      ["work\n", SLUG],
      [7, notOfType("number", "string")],
    ],
  },
  email: {
    accepts: ["maria@example.com", " Maria@Example.COM ", "o'neil+ielts@mail.example.co.uk", "josé@exämple.com"],
    refuses: [
      ["", "must be an e-mail address"],
      ["maria", "must be an e-mail address"],
      ["maria@example", "must be an e-mail address"],
      ["@example.com", "must be an e-mail address"],
      ["maria@.com", "must be an e-mail address"],
      ["maria@example.", "must be an e-mail address"],
      ["maria@@example.com", "must be an e-mail address"],
      ["maria smith@example.com", "must be an e-mail address"],
      [`${"m".repeat(243)}@example.com`, "must be an e-mail address of at most 254 characters"],
      [`${LONE_SURROGATE}@example.com`, WELL_FORMED],
      [7, notOfType("number", "string")],
    ],
  },
  hash: {
    accepts: [BCRYPT_HASH],
    refuses: [
      ["", HASH],
      ["correct horse battery staple", HASH],
      [BCRYPT_HASH.slice(0, -1), HASH],
      [BCRYPT_HASH + "x".repeat(453), "must be an encoded password hash of at most 512 characters"],
      [7, notOfType("number", "string")],
    ],
  },
  instant: {
    accepts: [0, 1, 1_760_000_000, 9_999_999_999],
    refuses: [
      [1_760_000_000_000, "must be epoch seconds; the value looks like milliseconds"],
      [10_000_000_000, "must be epoch seconds of at most 10 digits"],
      [-1, "must be epoch seconds, not negative"],
      [1.5, "must be whole epoch seconds"],
      [Number.NaN, "must be whole epoch seconds"],
      [Number.POSITIVE_INFINITY, "must be whole epoch seconds"],
      ["2025-10-09T08:53:20", notOfType("string", "number")],
    ],
  },
  count: {
    accepts: [0, 1, 1_000_000],
    refuses: [
      [-1, COUNT],
      [1.5, COUNT],
      [Number.NaN, COUNT],
      ["1", notOfType("string", "number")],
    ],
  },
  band: {
    accepts: [0, 0.5, 4, 6.5, 9],
    refuses: [
      [-0.5, BAND],
      [9.5, BAND],
      [7.25, BAND],
      [Number.NaN, BAND],
      ["7", notOfType("string", "number")],
    ],
  },
  confidence: {
    accepts: [0, 0.01, 0.5, 0.999, 1],
    refuses: [
      [-0.01, CONFIDENCE],
      [1.01, CONFIDENCE],
      [82, CONFIDENCE],
      [Number.NaN, CONFIDENCE],
      ["0.8", notOfType("string", "number")],
    ],
  },
  minutes: {
    accepts: [0, 2, 14.5, 60],
    refuses: [
      [-1, MINUTES],
      [1_000_001, MINUTES],
      [Number.NaN, MINUTES],
      [Number.POSITIVE_INFINITY, MINUTES],
      ["14", notOfType("string", "number")],
    ],
  },
  money: {
    accepts: [0, 0.01, 0.1, 36.99, 49, 1_000_000],
    refuses: [
      [-0.01, MONEY],
      [1_000_000.01, MONEY],
      [Number.NaN, MONEY],
      [36.999, "must have at most two decimals"],
      [0.001, "must have at most two decimals"],
      ["36.99", notOfType("string", "number")],
    ],
  },
  flag: {
    accepts: [true, false],
    refuses: [
      ["true", notOfType("string", "boolean")],
      [1, notOfType("number", "boolean")],
    ],
  },
} as const satisfies Record<string, Kind>;

export interface Rules {
  /** What must be given at creation. */
  readonly required: readonly string[];
  /** What can never be changed. */
  readonly fixed: readonly string[];
  /** What reads leave out. */
  readonly hidden?: readonly string[];
  /** Closed sets, each value written out. */
  readonly closed?: Readonly<Record<string, readonly string[]>>;
  readonly kinds: Readonly<Record<string, keyof typeof KINDS>>;
  /** Attributes that tests of their own are about: maps, lists and what is derived. */
  readonly other?: readonly string[];
  /** Attributes that stand in one key, so that they can only be changed together. */
  readonly together?: readonly string[];
}

const sorted = (names: readonly string[]) => [...names].sort();

/** Tests every rule of an entity's attributes: on a put, and on a patch of what may change. */
export function describeRules(subject: Subject, rules: Rules): void {
  const { entity, item } = subject;
  const key = primaryKeyOf(subject);
  const changeable = (attribute: string) => !rules.fixed.includes(attribute);
  const onPut = (attribute: string, value: unknown) => refusalOf(() => entity.put({ ...item, [attribute]: value }));
  const onPatch = (attribute: string, value: unknown) => {
    const together = rules.together?.includes(attribute) ? rules.together.map((name) => [name, item[name]]) : [];
    return refusalOf(() => entity.patch(key as never).set({ ...Object.fromEntries(together), [attribute]: value }));
  };

  describe("attributes", () => {
    it("are all under a rule of this test", () => {
      const known = [...Object.keys(rules.kinds), ...Object.keys(rules.closed ?? {}), ...(rules.other ?? [])];
      const own = attributesOf(subject).filter(([, { setBy }]) => setBy !== "migration");
      expect(sorted(known)).toEqual(sorted(own.map(([name]) => name)));
    });

    it("are required at creation, or optional", () => {
      const refusedWithout = attributesOf(subject)
        .map(([name]) => name)
        .filter((name) => onPut(name, undefined)?.field === name);
      expect(sorted(refusedWithout)).toEqual(sorted(rules.required));
    });

    for (const attribute of rules.fixed) {
      it(`refuse a change of ${attribute}`, () => {
        const { rule } = onPatch(attribute, item[attribute] ?? "x") ?? {};
        expect(rule).toContain(`Attribute "${attribute}" is Read-Only and cannot be updated`);
      });
    }

    for (const attribute of rules.required.filter(changeable)) {
      it(`refuse the removal of ${attribute}`, () => {
        const refusal = refusalOf(() => entity.patch(key as never).remove([attribute] as never));
        expect(refusal?.rule).toContain(`Attribute "${attribute}" is Required and cannot be removed`);
      });
    }

    it("are shown by reads, apart from keys and what is hidden", () => {
      const stored = entity.put(item).params<{ Item: Record<string, unknown> }>().Item;
      for (const name of rules.hidden ?? []) stored[name] ??= "secret";

      const { data } = entity.parse({ Item: stored });

      const shown = Object.entries(item).filter(([name]) => !rules.hidden?.includes(name));
      expect(data).toEqual(Object.fromEntries(shown));
    });

    for (const [attribute, values] of Object.entries(rules.closed ?? {})) {
      it(`take each value of ${attribute} and no other`, () => {
        for (const value of values) {
          expect([value, onPut(attribute, value)]).toEqual([value, undefined]);
          if (changeable(attribute)) expect([value, onPatch(attribute, value)]).toEqual([value, undefined]);
        }
        const spelled = values.map((value) => `"${value}"`).join(", ");
        const rule = expect.stringContaining(`Value not found in set of acceptable values: ${spelled}`);
        for (const value of [`${values[0]}x`, values[0]?.toUpperCase(), "", 1, null]) {
          expect([value, onPut(attribute, value)]).toEqual([value, { field: attribute, rule }]);
          if (changeable(attribute))
            expect([value, onPatch(attribute, value)]).toEqual([value, { field: attribute, rule }]);
        }
      });
    }

    for (const [attribute, name] of Object.entries(rules.kinds)) {
      it(`take in ${attribute} what is of its kind (${name}) and no more`, () => {
        const kind: Kind = KINDS[name];
        for (const value of kind.accepts) {
          expect([value, onPut(attribute, value)]).toEqual([value, undefined]);
          if (changeable(attribute)) expect([value, onPatch(attribute, value)]).toEqual([value, undefined]);
        }
        for (const [value, rule] of kind.refuses) {
          const refusal = { field: attribute, rule: expect.stringContaining(rule) };
          expect([value, onPut(attribute, value)]).toEqual([value, refusal]);
          if (changeable(attribute)) expect([value, onPatch(attribute, value)]).toEqual([value, refusal]);
        }
      });

      it(`are refused by the layer's rules where ElectroDB refuses them, and nowhere else: ${attribute}`, () => {
        const { accepts, refuses }: Kind = KINDS[name];
        const ours = rulesOf(subject.model);
        for (const value of accepts) {
          expect(() => ours.item({ ...item, [attribute]: value })).not.toThrow();
          expect(() => ours.changes({ [attribute]: value })).not.toThrow();
        }
        for (const [value, rule] of refuses) {
          const told = rule.startsWith("Received") ? expect.stringMatching(/^must be /) : rule;
          const refusal = expect.objectContaining({ attribute, rule: told });
          expect(() => ours.item({ ...item, [attribute]: value })).toThrow(refusal);
          expect(() => ours.changes({ [attribute]: value })).toThrow(refusal);
        }
      });
    }
  });
}
