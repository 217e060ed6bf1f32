import type { EntityModel, IdClaim } from "./facts.ts";
import { type EntityName, MARKERS, MODELS } from "./models.ts";
import { type AttributeSchema, type EntitySchema, enumOf, type IndexSchema } from "./schema.ts";
import { type TableDefinition, tableDefinition } from "./table.ts";
import type { StateTransitions } from "./transitions.ts";

/** An attribute: its type, its rule and who sets it. */
export interface AttributeDescription {
  /** ElectroDB's name of the type, such as `string`; `enum` for one of a closed set. */
  readonly type: string;
  /** Whether every item has it. */
  readonly required: boolean;
  /** The closed set, of the value or of the members of a list. */
  readonly enum?: readonly string[];
  /** Stored, but left out of what services and entities give back. */
  readonly hidden?: true;
  /** It lets somebody in: no export, document or message shows it. */
  readonly secret?: true;
  /** What a number counts: `epoch seconds`, `USD`, `minutes`, `band`, or `0 to 1`. */
  readonly unit?: string;
  /** Who gives the value: a caller, the service, another attribute, or the migration. */
  readonly setBy: "caller" | "service" | "derived" | "migration";
  /** What it means. */
  readonly description: string;
}

/** A question that an index answers, and the key it is asked by. */
export interface AccessPatternDescription {
  /** What the entity calls it: `byStatus`. */
  readonly name: string;
  /** `table` for the primary key. */
  readonly index: string;
  /** Attributes that the partition key is composed of. */
  readonly partition: readonly string[];
  /** Attributes that the sort key is composed of, in their order. */
  readonly sort: readonly string[];
  /** The collection that the entity joins through this index. */
  readonly collection?: string;
  /** The seed's index that this one replaces. */
  readonly seedIndex?: string;
  /** The question that it answers. */
  readonly description: string;
}

/** An entity with its attributes and access patterns, and what is true of its items. */
export interface EntityDescription {
  /** The seed's table that the entity takes the place of. */
  readonly seedTable: string;
  /** By name, hidden ones too. */
  readonly attributes: Readonly<Record<string, AttributeDescription>>;
  /** The primary key first. */
  readonly accessPatterns: readonly AccessPatternDescription[];
  /** How the items of an account are found. Absent: they belong to none. */
  readonly account?: AccountDescription;
  /** The id that is claimed before an item is written, and by whom. Absent: none is. */
  readonly claim?: IdClaim;
  /** The states of its items, and from which state each is reached. Absent: they have no states. */
  readonly transitions?: StateTransitions;
}

/** A marker with its attributes and access patterns. */
export type MarkerDescription = Pick<EntityDescription, "attributes" | "accessPatterns" | "account">;

/** How the items of an account are found among an entity's. */
export interface AccountDescription {
  /** The attribute that holds the account's address. */
  readonly attribute: string;
  /** The access pattern that finds them by the address. */
  readonly by: string;
  /** They let the account's user in. Absent: they do not. */
  readonly letsIn?: true;
}

/** The whole model, as `npm run model -- --json` prints it. */
export interface ModelDescription {
  /** The one table. */
  readonly table: TableDefinition;
  /** The eleven entities, by name. */
  readonly entities: Readonly<Record<EntityName, EntityDescription>>;
  /** Entities side by side in one index, by the name of the collection. */
  readonly collections: Readonly<Record<string, { readonly index: string; readonly members: readonly string[] }>>;
  /** Rows beside the entities that hold no data of the seed's. */
  readonly markers: Readonly<Record<string, MarkerDescription>>;
}

function describeAttribute(attribute: AttributeSchema): AttributeDescription {
  const { type, unit, description } = attribute;
  const values = enumOf(attribute);
  return {
    type: attribute.shape ?? (typeof type === "string" ? type : "enum"),
    required: attribute.required === true,
    ...(values === undefined ? {} : { enum: values }),
    ...(attribute.hidden === true ? { hidden: true } : {}),
    ...(attribute.secret === true ? { secret: true } : {}),
    ...(unit === undefined ? {} : { unit }),
    setBy: attribute.setBy ?? "caller",
    description,
  };
}

function describePattern(name: string, index: IndexSchema): AccessPatternDescription {
  return {
    name,
    index: index.index ?? "table",
    partition: index.pk.composite,
    sort: index.sk.composite,
    ...(index.collection === undefined ? {} : { collection: index.collection }),
    ...(index.seedIndex === undefined ? {} : { seedIndex: index.seedIndex }),
    description: index.description,
  };
}

function describeSchema({
  attributes,
  indexes,
}: EntitySchema): Pick<EntityDescription, "attributes" | "accessPatterns"> {
  return {
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([name, attribute]) => [name, describeAttribute(attribute)]),
    ),
    accessPatterns: Object.entries(indexes).map(([name, index]) => describePattern(name, index)),
  };
}

function describeEntity(model: EntityModel<EntitySchema>): EntityDescription {
  const { schema, seedTable, account, claim, transitions } = model;
  return {
    seedTable,
    ...describeSchema(schema),
    ...(account === undefined ? {} : { account }),
    ...(claim === undefined ? {} : { claim }),
    ...(transitions === undefined ? {} : { transitions }),
  };
}

/** What a marker's file exports of its schema. */
interface MarkerModel extends Pick<EntityModel<EntitySchema>, "account"> {
  readonly schema: EntitySchema;
}

const describeMarker = ({ schema, account }: MarkerModel): MarkerDescription => ({
  ...describeSchema(schema),
  ...(account === undefined ? {} : { account }),
});

/**
 * The whole model, computed from the entities: what `npm run model -- --json` prints and all documents are made of.
 * @example
 * import { describeModel } from "@ielts-ai-prep/data-layer/entities/model";
 *
 * const { attributes, accessPatterns } = describeModel().entities.ticket;
 * const unit = attributes.escalated_at?.unit; // epoch seconds
 */
export function describeModel(): ModelDescription {
  const entities = Object.fromEntries(
    Object.entries(MODELS).map(([name, model]) => [name, describeEntity(model)]),
  ) as Record<EntityName, EntityDescription>;
  const collections: Record<string, { index: string; members: string[] }> = {};
  for (const [name, { accessPatterns }] of Object.entries(entities)) {
    for (const { collection, index } of accessPatterns) {
      if (collection === undefined) continue;
      collections[collection] ??= { index, members: [] };
      collections[collection].members.push(name);
    }
  }
  return {
    table: tableDefinition(),
    entities,
    collections,
    markers: Object.fromEntries(
      Object.entries<MarkerModel>(MARKERS).map(([name, model]) => [name, describeMarker(model)]),
    ),
  };
}
