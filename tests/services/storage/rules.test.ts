import type { ValueSchema } from "../../../entities/schema.ts";
import { ValidationError } from "../../../services/storage/errors.ts";
import { rulesOf } from "../../../services/storage/rules.ts";
import { attributesOf, indexesOf, SUBJECTS, type Subject } from "../../entities/samples.ts";
import fc from "../../generated.ts";

/** Text that keys and ElectroDB might stumble over. */
const texts = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom("", "Ab-1", "a#b_c", "$ielts", "#status", " Maria@Example.COM ", "\0", "__proto__", "ü".repeat(40)),
);
const numbers = fc.oneof(
  fc.nat(),
  fc.constantFrom(0, -0, 0.5, 7.5, 1, 9, 99.99, 1_760_000_000, 9_999_999_999, 1_760_000_000_000, -1, Number.NaN, 1e300),
);
const anything = fc.oneof(
  fc.anything({ withDate: true, withSet: true, withMap: true, withNullPrototype: true, withSparseArray: true }),
  texts,
  numbers,
);

/** Mostly what an attribute asks for, now and then what it does not. */
function valuesOf(rules: ValueSchema): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 12, arbitrary: usualValuesOf(rules) }, { weight: 1, arbitrary: anything });
}

function usualValuesOf({ type, enum: values, items, properties }: ValueSchema): fc.Arbitrary<unknown> {
  if (Array.isArray(type)) return fc.constantFrom(...type);
  if (items !== undefined) return fc.array(values === undefined ? texts : fc.constantFrom(...values), { maxLength: 3 });
  if (properties !== undefined) {
    const parts = Object.entries(properties).map(([name, part]) => [
      name,
      fc.option(valuesOf(part), { nil: undefined }),
    ]);
    return fc.record(Object.fromEntries(parts), { requiredKeys: [] });
  }
  if (type === "number") return numbers;
  return type === "boolean" ? fc.boolean() : texts;
}

/** The subject's sample with some attributes given other values, or left out. */
function inputsFor(subject: Subject): fc.Arbitrary<Record<string, unknown>> {
  const given = attributesOf(subject).filter(([, { setBy }]) => setBy !== "derived");
  const changes = Object.fromEntries(
    given.map(([name, rules]) => [
      name,
      fc.oneof({ weight: 4, arbitrary: fc.constant(subject.item[name]) }, valuesOf(rules)),
    ]),
  );
  const left = fc.subarray(
    given.map(([name]) => name),
    { maxLength: 2 },
  );
  return fc.tuple(fc.record(changes, { requiredKeys: [] }), left).map(([values, names]) => {
    const input: Record<string, unknown> = { ...subject.item, ...values };
    for (const name of names) delete input[name];
    return input;
  });
}

/** A value as DynamoDB keeps it: nothing undefined, no zero below zero. Maps get a prototype: ElectroDB fails without. */
const defined = (value: unknown): unknown => {
  if (typeof value === "number") return value + 0;
  if (Object.prototype.toString.call(value) !== "[object Object]") return value;
  const parts = Object.entries(value as object).filter(([, part]) => part !== undefined);
  return Object.fromEntries(parts.map(([name, part]) => [name, defined(part)]));
};

/** The item that ElectroDB makes, without its half index keys and without what is undefined. */
function byElectroDB(subject: Subject, input: object): Record<string, unknown> {
  const { Item } = subject.entity.create(defined(input) as never).params<{ Item: Record<string, unknown> }>();
  for (const [, { pk, sk }] of indexesOf(subject)) {
    if (pk.composite.every((attribute) => Item[attribute] !== undefined)) continue;
    delete Item[pk.field];
    delete Item[sk.field];
  }
  return defined(Item) as Record<string, unknown>;
}

/** What a call throws, or undefined. */
function thrownBy(call: () => unknown): unknown {
  try {
    call();
    return undefined;
  } catch (error) {
    return error;
  }
}

const subjects = Object.entries(SUBJECTS as Readonly<Record<string, Subject>>);

describe.each(subjects)("the rules of %s", (entity, subject) => {
  const rules = rulesOf(subject.model);

  it("take what ElectroDB takes and store it as ElectroDB does, or refuse it by attribute and rule", () => {
    const told = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(inputsFor(subject), (input) => {
        const refusal = thrownBy(() => rules.item(input));
        if (refusal === undefined) {
          told.taken++;
          expect(rules.item(input)).toEqual(byElectroDB(subject, input));
          return;
        }
        told.refused++;
        expect(refusal).toBeInstanceOf(ValidationError);
        const { attribute, rule } = refusal as ValidationError;
        expect(rules.given).toContain(attribute.split(/[.[]/)[0]);
        expect(rule).toMatch(/^(must |is required$|is not a known key$)/);
      }),
      { numRuns: 300 },
    );
    expect(told).toEqual({ taken: expect.any(Number), refused: expect.any(Number) });
    expect(Math.min(told.taken, told.refused)).toBeGreaterThan(0);
  });

  it("store a whole item with its attributes in ElectroDB's order", () => {
    expect(JSON.stringify(rules.item(subject.item))).toBe(JSON.stringify(byElectroDB(subject, subject.item)));
  });

  it("refuse what cannot be given", () => {
    for (const name of ["pk", "gsi1sk", "ttl", "__edb_e__", "constructor", "__proto__"]) {
      const input = Object.defineProperty({ ...subject.item }, name, { value: 1, enumerable: true });
      expect(thrownBy(() => rules.item(input))).toMatchObject({ entity, attribute: name });
      expect(thrownBy(() => rules.value(name, "x"))).toMatchObject({ entity, attribute: name });
    }
    for (const input of [null, [], "item"]) {
      expect(thrownBy(() => rules.item(input as never))).toMatchObject({ entity, rule: "must be an object" });
    }
  });

  it("store an attribute in a change, and alone, as in an item", () => {
    const item = rules.item(subject.item);

    const given = Object.keys(subject.item);
    expect(rules.changes(subject.item)).toEqual(Object.fromEntries(given.map((name) => [name, item[name]])));
    for (const name of given) expect(rules.value(name, subject.item[name])).toEqual(item[name]);
  });

  it("refuse in a change what they refuse in an item, and leave out what is undefined and not required", () => {
    for (const [name, { required, setBy }] of attributesOf(subject)) {
      if (setBy === "derived") continue;
      const change = () => rules.changes({ [name]: undefined });
      if (required) expect(thrownBy(change)).toMatchObject({ entity, attribute: name, rule: "is required" });
      else expect(change()).toEqual({});
    }
  });

  it("show an item, or an index's view of it, as ElectroDB does", () => {
    const views = [undefined, ...indexesOf(subject).map(([, { projection }]) => projection)];
    fc.assert(
      fc.property(inputsFor(subject), fc.constantFrom(...views), anything, (input, view, stray) => {
        fc.pre(thrownBy(() => rules.item(input)) === undefined);
        const item = { ...rules.item(input), stray };
        const row =
          view &&
          Object.fromEntries(
            Object.entries(item).filter(([name]) => /^(g?pk|sk|__)/.test(name) || view.includes(name)),
          );
        expect(rules.shown(row ?? item)).toEqual(subject.entity.parse({ Item: (row ?? item) as never }).data);
      }),
      { numRuns: 200 },
    );
  });

  it("show whatever is stored, without a throw", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...attributesOf(subject).map(([name]) => name)), anything), (item) => {
        for (const name of Object.keys(rules.shown(item))) expect(item).toHaveProperty([name]);
      }),
      {
        examples: attributesOf(subject).flatMap(([name]): [Record<string, unknown>][] => [
          [{ [name]: null }],
          [{ [name]: undefined }],
        ]),
      },
    );
  });
});

it("are compiled once for each model", () => {
  expect(rulesOf(SUBJECTS.ticket.model)).toBe(rulesOf(SUBJECTS.ticket.model));
});

it("store copies of lists and maps, so that a caller's change is not stored", () => {
  const categories = ["profanity"];
  const item = rulesOf(SUBJECTS.safety_log.model).item({ ...SUBJECTS.safety_log.item, categories });

  categories.push("harassment");

  expect(item.categories).toEqual(["profanity"]);
});

it("let an error that is no broken rule through as it is", () => {
  const bug = new TypeError("a rule is broken itself");
  const { schema } = SUBJECTS.ticket.model;
  const check = () => {
    throw bug;
  };
  const broken = { ...schema, attributes: { ...schema.attributes, subject: { ...schema.attributes.subject, check } } };

  expect(thrownBy(() => rulesOf({ schema: broken }).item(SUBJECTS.ticket.item))).toBe(bug);
});

it("store and show an empty map, as ElectroDB does", () => {
  const { model, entity } = SUBJECTS.assessment;
  const assessment = { ...SUBJECTS.assessment.item, scores: {} };

  const item = rulesOf(model).item(assessment);

  expect(item).toEqual(byElectroDB(SUBJECTS.assessment, assessment));
  expect(rulesOf(model).shown(item)).toEqual(entity.parse({ Item: item as never }).data);
  expect(item.scores).toEqual({});
});

it("refuse a hole in a list, and take a map's undefined value for one that is left out", () => {
  const question = { ...SUBJECTS.question.item, keywords: ["one", undefined] };
  const rubric = { ...SUBJECTS.rubric.item, band_descriptors: { "6": "Good.", "7": undefined } };

  expect(thrownBy(() => rulesOf(SUBJECTS.question.model).item(question))).toMatchObject({
    attribute: "keywords[1]",
    rule: "must be a string",
    received: "missing",
  });
  expect(rulesOf(SUBJECTS.rubric.model).item(rubric).band_descriptors).toEqual({ "6": "Good." });
});
