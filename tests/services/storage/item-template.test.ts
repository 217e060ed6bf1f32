import fc from "fast-check";
import type { ValueSchema } from "../../../entities/schema.ts";
import { compileTemplate } from "../../../services/storage/item-template.ts";
import { buildParameters, checkShapes, dropHalfKeys, dropUndefined } from "../../../services/storage/validation.ts";
import { attributesOf, indexesOf, SUBJECTS, type Subject } from "../../entities/samples.ts";

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

/** The item that ElectroDB makes, as the store completes it. */
function byElectroDB({ model, entity }: Subject, input: object): Record<string, unknown> {
  checkShapes(model, input);
  const { Item } = buildParameters(model, input, () => entity.create(input as never).params<{ Item: never }>());
  dropHalfKeys(model, Item);
  dropUndefined(Item);
  return Item;
}

const subjects = Object.entries(SUBJECTS as Readonly<Record<string, Subject>>);

describe.each(subjects)("the template of %s", (_, subject) => {
  const template = compileTemplate(subject.model, subject.entity);

  it("makes the item that ElectroDB makes, or leaves the input to ElectroDB", () => {
    let made = 0;
    fc.assert(
      fc.property(inputsFor(subject), (input) => {
        const item = template.itemOf(input);
        if (item === undefined) return;
        made++;
        expect(item).toEqual(byElectroDB(subject, input));
      }),
      { numRuns: 300 },
    );
    expect(made).toBeGreaterThan(0);
  });

  it("makes a whole valid item itself, its attributes in ElectroDB's order", () => {
    const item = template.itemOf(subject.item);

    expect(JSON.stringify(item)).toBe(JSON.stringify(byElectroDB(subject, subject.item)));
  });

  it("leaves an attribute that cannot be given to ElectroDB", () => {
    for (const input of [{ ...subject.item, pk: "x" }, { ...subject.item, ttl: 1 }, null, [], "item"]) {
      expect(template.itemOf(input)).toBeUndefined();
    }
  });

  it("shows an item, or an index's view of it, as ElectroDB does", () => {
    const views = [undefined, ...indexesOf(subject).map(([, { projection }]) => projection)];
    fc.assert(
      fc.property(inputsFor(subject), fc.constantFrom(...views), anything, (input, view, stray) => {
        const item = { ...template.itemOf(subject.item), ...input, stray };
        const row =
          view &&
          Object.fromEntries(
            Object.entries(item).filter(([name]) => /^(g?pk|sk|__)/.test(name) || view.includes(name)),
          );
        const shown = template.shown(row ?? item);
        if (shown === undefined) return;
        expect(shown).toEqual(subject.entity.parse({ Item: (row ?? item) as never }).data);
      }),
      { numRuns: 200 },
    );
    expect(template.shown(byElectroDB(subject, subject.item))).toBeDefined();
  });

  it("leaves rows of other entities and versions to ElectroDB", () => {
    const item = byElectroDB(subject, subject.item);

    expect(template.shown({ ...item, __edb_e__: "another" })).toBeUndefined();
    expect(template.shown({ ...item, __edb_v__: "2" })).toBeUndefined();
    expect(template.shown({})).toBeUndefined();
  });
});

it("gives back copies of lists and maps, so that a caller's change is not stored", () => {
  const { model, entity } = SUBJECTS.safety_log;
  const categories = ["profanity"];
  const item = compileTemplate(model, entity).itemOf({ ...SUBJECTS.safety_log.item, categories });

  categories.push("harassment");

  expect(item?.categories).toEqual(["profanity"]);
});
