import { describeModel } from "../../entities/model.ts";
import type { EntityName } from "../../entities/models.ts";
import { keyOf, type Question } from "./questions.ts";
import { MASK, type PhysicalRow } from "./rows.ts";

/** An attribute of the answer, as the entity types it. */
export interface Column {
  readonly name: string;
  /** Such as `string`, `epoch seconds` or `new, resolved`. */
  readonly type: string;
  readonly description: string;
}

/** The answered items of one entity, as a handler sees them. */
export interface TypedItems {
  readonly entity: string;
  readonly columns: readonly Column[];
  /** A value for each column; undefined where an item has none. */
  readonly items: readonly (readonly unknown[])[];
}

const { entities } = describeModel();

/** What a reader of the entities is given: hidden attributes and copies for indexes left out. */
export function typedAnswer(rows: readonly PhysicalRow[], { entities: wanted }: Question): TypedItems[] {
  return wanted.flatMap((entity) => {
    const own = rows.filter((row) => row.entity === entity).map((row) => valuesOf(row, entity));
    const columns = Object.entries(entities[entity].attributes)
      .filter(
        ([name, { hidden = false, setBy }]) =>
          !hidden && setBy !== "migration" && own.some((values) => values[name] !== undefined),
      )
      .map(([name, { type, unit, enum: values, description }]) => ({
        name,
        type: unit ?? values?.join(", ") ?? type,
        description,
      }));
    const items = own.map((values) => columns.map(({ name }) => values[name]));
    return own.length === 0 ? [] : [{ entity, columns, items }];
  });
}

/** An index that carries few attributes has some of them in its keys alone. */
function valuesOf({ keys, attributes }: PhysicalRow, entity: EntityName): Readonly<Record<string, unknown>> {
  const parts = keys.flatMap((key) => key.parts);
  const named = parts.filter((part): part is Required<typeof part> => part.attribute !== undefined);
  const typed = (name: string, text: string) =>
    entities[entity].attributes[name]?.type === "number" ? Number(text) : text;
  return {
    ...Object.fromEntries(named.map(({ attribute, text }) => [attribute, typed(attribute, text)])),
    ...attributes,
  };
}

/** The same question by ElectroDB's entities and collections, with the form's arguments. */
export function entityCode(question: Question, parts: Readonly<Record<string, string>>): string {
  const given = question.arguments
    .map(({ name, secret }) => `${name}: ${JSON.stringify(secret ? MASK : parts[name])}`)
    .join(", ");
  const [entity, pattern] = keyOf(question);
  return question.group === "collections"
    ? `await layer.collections.${question.id}({ ${given} }).go();`
    : `await layer.entities.${entity}.query.${pattern}({ ${given} }).go();`;
}
