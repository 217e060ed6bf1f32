import { describeModel } from "../../entities/model.ts";
import { type EntityName, MODELS } from "../../entities/models.ts";
import { type AttributeSchema, type EntitySchema, enumOf, type IndexSchema } from "../../entities/schema.ts";
import type { StoredItem } from "../../services/storage/requests.ts";
import { SAMPLES, sampleCodes } from "../docs/samples.ts";

/** What a question is asked by. */
export interface Argument {
  readonly name: string;
  readonly description: string;
  /** The closed set, where there is one. */
  readonly choices?: readonly string[];
  /** It lets somebody in: what a row holds of it is not shown. */
  readonly secret: boolean;
}

/** An access pattern or a collection, as the page lists it. */
export interface Question {
  /** `ticket.byStatus`, or a collection's name. */
  readonly id: string;
  /** The entity, or `collections`. */
  readonly group: string;
  readonly description: string;
  /** `table`, or the index's name. */
  readonly index: string;
  readonly arguments: readonly Argument[];
  /** The entities whose rows it gives. */
  readonly entities: readonly EntityName[];
  /** Each of these with its access pattern; the first makes the key. */
  readonly askedBy: readonly (readonly [entity: EntityName, pattern: string])[];
  /** How handlers ask it; several functions may use one access pattern. */
  readonly code: readonly string[];
}

const { entities, collections } = describeModel();
const codes = sampleCodes();
const codeOf = (id: string) =>
  SAMPLES.filter(({ pattern }) => pattern === id).map((sample) => codes.get(sample) as string);

/** What is asked for an attribute. */
export function argumentOf(entity: EntityName, name: string): Argument {
  const { attributes }: EntitySchema = MODELS[entity].schema;
  const attribute = attributes[name] as AttributeSchema;
  const { description, secret = false } = attribute;
  const choices = enumOf(attribute);
  return { name, description, ...(choices === undefined ? {} : { choices }), secret };
}

/** The attributes that an access pattern is asked by: its partition key's. */
export function namesOf(entity: EntityName, pattern: string): readonly string[] {
  const { indexes }: EntitySchema = MODELS[entity].schema;
  return (indexes[pattern] as IndexSchema).pk.composite;
}
const argumentsOf = (entity: EntityName, pattern: string) =>
  namesOf(entity, pattern).map((name) => argumentOf(entity, name));

const ofEntities: readonly Question[] = (Object.keys(MODELS) as EntityName[]).flatMap((entity) =>
  entities[entity].accessPatterns.map(({ name, index, description }) => ({
    id: `${entity}.${name}`,
    group: entity,
    description,
    index,
    arguments: argumentsOf(entity, name),
    entities: [entity],
    askedBy: [[entity, name] as const],
    code: codeOf(`${entity}.${name}`),
  })),
);

const ofCollections: readonly Question[] = Object.entries(collections).map(([id, { index, members }]) => {
  const names = members as EntityName[];
  const [first] = names as [EntityName];
  const patternOf = (entity: EntityName) =>
    entities[entity].accessPatterns.find(({ collection }) => collection === id)?.name ?? "";
  return {
    id,
    group: "collections",
    description: `${names.join(", ")} side by side: one query`,
    index,
    arguments: argumentsOf(first, patternOf(first)),
    entities: names,
    askedBy: names.map((entity) => [entity, patternOf(entity)] as const),
    code: codeOf(id),
  };
});

/** The entity and access pattern that make a question's key. */
export const keyOf = ({ askedBy: [first] }: Question) => first as readonly [EntityName, string];

/** Every access pattern and every collection. */
export const QUESTIONS: readonly Question[] = [...ofCollections, ...ofEntities];

/** The arguments that the most of these rows answer, for the form. */
export function exampleOf({ entities: wanted, arguments: asked }: Question, rows: readonly StoredItem[]): StoredItem {
  const counts = new Map<string, { values: unknown[]; rows: number }>();
  for (const row of rows) {
    const values = asked.map(({ name }) => row[name]);
    if (!wanted.some((entity) => entity === row.__edb_e__) || values.includes(undefined)) continue;
    const key = JSON.stringify(values);
    counts.set(key, { values, rows: (counts.get(key)?.rows ?? 0) + 1 });
  }
  const [most] = [...counts.values()].sort((a, b) => b.rows - a.rows);
  return Object.fromEntries(asked.map(({ name }, index) => [name, most?.values[index] ?? ""]));
}
