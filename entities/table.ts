import { PRIMARY_KEY, TTL_ATTRIBUTE } from "./keys.ts";
import { MARKERS, MODELS } from "./models.ts";
import type { EntitySchema } from "./schema.ts";

/** An index of the table, as the entities' views make it. */
export interface GlobalSecondaryIndex {
  /** Name of the index: `gsi1`. */
  readonly indexName: string;
  /** Name of the attribute that is the partition key. */
  readonly partitionKey: string;
  /** Name of the attribute that is the sort key. */
  readonly sortKey: string;
  /** Whether the index carries whole items. */
  readonly projectionType: "ALL" | "INCLUDE";
  /** Attributes that the index carries besides keys; empty for ALL. */
  readonly nonKeyAttributes: readonly string[];
}

/** The table, derived from the entities. */
export interface TableDefinition {
  /** Names of the attributes that are the primary key. */
  readonly keySchema: { readonly partitionKey: string; readonly sortKey: string };
  /** All are strings. */
  readonly attributeDefinitions: readonly { readonly attributeName: string; readonly attributeType: "S" }[];
  /** Sorted by name. */
  readonly globalSecondaryIndexes: readonly GlobalSecondaryIndex[];
  /** Name of the attribute, epoch seconds, after which DynamoDB deletes an item. */
  readonly timeToLiveAttribute: string;
}

/**
 * The one table as the entities need it: keys, indexes and what each index projects.
 * @throws Error when two entities disagree on whether an index they share projects all attributes.
 * @example
 * import { tableDefinition } from "@ielts-ai-prep/data-layer/entities/table";
 *
 * const { globalSecondaryIndexes, timeToLiveAttribute } = tableDefinition();
 * const names = globalSecondaryIndexes.map(({ indexName }) => indexName); // gsi1 to gsi5
 */
export function tableDefinition(): TableDefinition {
  const merged = new Map<string, { partitionKey: string; sortKey: string; all: boolean; attributes: Set<string> }>();
  const schemas: EntitySchema[] = [...Object.values(MODELS), ...Object.values(MARKERS)].map(({ schema }) => schema);
  for (const { indexes } of schemas) {
    for (const index of Object.values(indexes)) {
      if (index.index === undefined) continue;
      const known = merged.get(index.index) ?? {
        partitionKey: index.pk.field,
        sortKey: index.sk.field,
        all: index.projection === undefined,
        attributes: new Set<string>(),
      };
      if (known.all !== (index.projection === undefined))
        throw new Error(`${index.index} projects both all and some attributes`);
      for (const attribute of index.projection ?? []) known.attributes.add(attribute);
      merged.set(index.index, known);
    }
  }
  return withIndexes(
    [...merged].map(([indexName, { partitionKey, sortKey, all, attributes }]) => ({
      indexName,
      partitionKey,
      sortKey,
      projectionType: all ? "ALL" : "INCLUDE",
      nonKeyAttributes: [...attributes].sort(),
    })),
  );
}

/**
 * The table with other indexes than the entities need, such as those of a stage between two releases.
 * @example
 * import { createTableInput, tableDefinition, withIndexes } from "@ielts-ai-prep/data-layer/entities/table";
 *
 * const { globalSecondaryIndexes } = tableDefinition();
 * const input = createTableInput("ielts-genai-prep", withIndexes(globalSecondaryIndexes.slice(1)));
 */
export function withIndexes(indexes: readonly GlobalSecondaryIndex[]): TableDefinition {
  const globalSecondaryIndexes = [...indexes].sort((a, b) => (a.indexName < b.indexName ? -1 : 1));
  const fields = globalSecondaryIndexes.flatMap(({ partitionKey, sortKey }) => [partitionKey, sortKey]);
  const keyFields = [...new Set([PRIMARY_KEY.partitionKey, PRIMARY_KEY.sortKey, ...fields])];
  return {
    keySchema: PRIMARY_KEY,
    attributeDefinitions: keyFields.map((attributeName) => ({ attributeName, attributeType: "S" })),
    globalSecondaryIndexes,
    timeToLiveAttribute: TTL_ATTRIBUTE,
  };
}

/**
 * The same, or another definition, in the shape of DynamoDB's CreateTable, on-demand billing. UpdateTimeToLive sets the
 * time to live, once the table is there.
 * @example
 * import { CreateTableCommand } from "@aws-sdk/client-dynamodb";
 * import { createTableInput } from "@ielts-ai-prep/data-layer/entities/table";
 *
 * await layer.context.client.send(new CreateTableCommand(createTableInput("ielts-genai-prep-staging")));
 */
export function createTableInput(tableName: string, definition: TableDefinition = tableDefinition()) {
  const { keySchema, attributeDefinitions, globalSecondaryIndexes } = definition;
  const keys = (partitionKey: string, sortKey: string) => [
    { AttributeName: partitionKey, KeyType: "HASH" as const },
    { AttributeName: sortKey, KeyType: "RANGE" as const },
  ];
  return {
    TableName: tableName,
    BillingMode: "PAY_PER_REQUEST" as const,
    AttributeDefinitions: attributeDefinitions.map(({ attributeName, attributeType }) => ({
      AttributeName: attributeName,
      AttributeType: attributeType,
    })),
    KeySchema: keys(keySchema.partitionKey, keySchema.sortKey),
    GlobalSecondaryIndexes: globalSecondaryIndexes.map(
      ({ indexName, partitionKey, sortKey, projectionType, nonKeyAttributes }) => ({
        IndexName: indexName,
        KeySchema: keys(partitionKey, sortKey),
        Projection: {
          ProjectionType: projectionType,
          ...(projectionType === "INCLUDE" ? { NonKeyAttributes: [...nonKeyAttributes] } : {}),
        },
      }),
    ),
  };
}
