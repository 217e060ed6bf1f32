import {
  FORMS,
  type FormerVersion,
  INDEXES,
  type IndexVersion,
  indexNameOf,
  RETIRED,
} from "../../entities/evolution.ts";
import { type AttributeSchema, type EntitySchema, enumOf, type IndexSchema } from "../../entities/schema.ts";
import { tableDefinition } from "../../entities/table.ts";
import { KEYED } from "../table/key-query.ts";

/** What is stored by a release, in the parts that a later one must not change without a plan. */
export interface ReleaseModel {
  /** The version of the package. */
  readonly release: string;
  /** By the names that access patterns give. */
  readonly indexes: Readonly<Record<string, ReleasedIndex>>;
  /** By entity and name, such as `ticket.byStatus`. */
  readonly patterns: Readonly<Record<string, ReleasedPattern>>;
  /** By entity and name. */
  readonly attributes: Readonly<Record<string, Readonly<Record<string, ReleasedAttribute>>>>;
}

interface ReleasedIndex {
  readonly version: number;
  /** The attributes that it projects; `ALL` for whole items. */
  readonly projects: readonly string[];
}

export interface ReleasedPattern {
  /** The name that it gives; `table` for the primary key. */
  readonly index: string;
  /** Templates of its keys. */
  readonly partition: string;
  readonly sort: string;
}

export interface ReleasedAttribute {
  readonly type: string;
  readonly required: boolean;
  readonly enum?: readonly string[];
}

/** What a release says of how tables come from the one before. */
export interface ReleasePlan {
  readonly formers: Readonly<Record<string, FormerVersion>>;
  /** By entity and name of the access pattern. */
  readonly news: Readonly<Record<string, { readonly since?: number; readonly before?: string }>>;
  /** With the releases that bring them. */
  readonly forms: readonly { readonly release: string; readonly entity: string; readonly attribute: string }[];
  readonly retired: readonly { readonly entity: string; readonly pattern: string }[];
}

const schemas: readonly (readonly [entity: string, schema: EntitySchema])[] = Object.entries(KEYED).map(
  ([entity, { schema }]) => [entity, schema],
);

const eachPattern = <T>(describe: (index: IndexSchema) => T): Record<string, T> =>
  Object.fromEntries(
    schemas.flatMap(([entity, { indexes }]) =>
      Object.entries(indexes).map(([pattern, index]) => [`${entity}.${pattern}`, describe(index)]),
    ),
  );

function attributeOf(attribute: AttributeSchema): ReleasedAttribute {
  const { type, shape, required = false } = attribute;
  const values = enumOf(attribute);
  return {
    type: shape ?? (typeof type === "string" ? type : "enum"),
    required,
    ...(values === undefined ? {} : { enum: [...values].sort() }),
  };
}

const VERSIONS: readonly (readonly [index: keyof typeof INDEXES, version: IndexVersion])[] = (
  Object.keys(INDEXES) as (keyof typeof INDEXES)[]
).map((index) => [index, INDEXES[index]]);

/** The model of this checkout, under the name of a release. */
export function modelOfRelease(release: string): ReleaseModel {
  const { globalSecondaryIndexes } = tableDefinition();
  const projected = new Map(
    globalSecondaryIndexes.map(({ indexName, projectionType, nonKeyAttributes }) => [
      indexName,
      projectionType === "ALL" ? ["ALL"] : nonKeyAttributes,
    ]),
  );
  return {
    release,
    indexes: Object.fromEntries(
      VERSIONS.map(([index, { version }]) => [index, { version, projects: projected.get(indexNameOf(index)) ?? [] }]),
    ),
    patterns: eachPattern(({ index, pk, sk }) => ({
      index: index === undefined ? "table" : pk.field.replace(/pk$/, ""),
      partition: pk.template,
      sort: sk.template,
    })),
    attributes: Object.fromEntries(
      schemas.map(([entity, { attributes }]) => [
        entity,
        Object.fromEntries(Object.entries(attributes).map(([name, attribute]) => [name, attributeOf(attribute)])),
      ]),
    ),
  };
}

/** The plan of this checkout. */
export const planOfRelease = (): ReleasePlan => ({
  formers: Object.fromEntries(
    VERSIONS.flatMap(([index, { former }]) => (former === undefined ? [] : [[index, former]])),
  ),
  news: eachPattern(({ since, before }) => ({
    ...(since === undefined ? {} : { since }),
    ...(before === undefined ? {} : { before }),
  })),
  forms: FORMS.map(({ release, entity, attribute }) => ({ release, entity, attribute })),
  retired: RETIRED.map(({ entity, pattern }) => ({ entity, pattern })),
});
