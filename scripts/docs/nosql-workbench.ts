import { marshall } from "@aws-sdk/util-dynamodb";
import { DEFAULT_TABLE_NAME } from "../../entities/keys.ts";
import { describeModel } from "../../entities/model.ts";
import { MODELS } from "../../entities/models.ts";
import { hasSecretKey } from "../../entities/schema.ts";

const TYPES: Readonly<Record<string, string>> = {
  string: "S",
  enum: "S",
  number: "N",
  boolean: "BOOL",
  list: "L",
  map: "M",
};

/** Sample data holds no session ids and tokens, which are new in every run, and no questions, which are many. */
const SAMPLED = new Set(
  Object.entries(MODELS)
    .filter(([entity, { schema }]) => entity !== "question" && !hasSecretKey(schema))
    .map(([entity]) => entity),
);

/** The model with sample data in the form that NoSQL Workbench imports (version 3.0 of its data models). */
export function nosqlWorkbenchModel(items: readonly Readonly<Record<string, unknown>>[]) {
  const { table, entities } = describeModel();
  const key = (name: string) => ({ AttributeName: name, AttributeType: "S" });
  const attributesOf = (names: Readonly<Record<string, { readonly type: string }>>) =>
    Object.entries(names).map(([AttributeName, { type }]) => ({ AttributeName, AttributeType: TYPES[type] ?? "S" }));
  const indexKeys = table.globalSecondaryIndexes.flatMap(({ partitionKey, sortKey }) => [
    key(partitionKey),
    key(sortKey),
  ]);
  const all = new Map(
    Object.values(entities).flatMap(({ attributes }) =>
      attributesOf(attributes).map((one) => [one.AttributeName, one] as const),
    ),
  );
  const identifiers = [key("__edb_e__"), key("__edb_v__")];
  const data = items
    .filter((item) => SAMPLED.has(String(item.__edb_e__)))
    .sort((a, b) => (`${a.pk} ${a.sk}` < `${b.pk} ${b.sk}` ? -1 : 1));
  const rows = (entity?: string) =>
    data.filter((item) => entity === undefined || item.__edb_e__ === entity).map((item) => marshall(sorted(item)));
  return {
    ModelName: "IELTS AI Prep",
    ModelMetadata: {
      Author: "IELTS AI Prep",
      DateCreated: "Oct 09, 2025, 08:53 AM",
      DateLastModified: "Oct 09, 2025, 08:53 AM",
      Description: "Eleven entities on one table",
      AWSService: "Amazon DynamoDB",
      Version: "3.0",
    },
    DataModel: [
      {
        TableName: DEFAULT_TABLE_NAME,
        KeyAttributes: { PartitionKey: key(table.keySchema.partitionKey), SortKey: key(table.keySchema.sortKey) },
        NonKeyAttributes: [...indexKeys, ...identifiers, ...all.values()],
        TableFacets: Object.entries(entities).map(([name, { attributes, accessPatterns }]) => ({
          FacetName: name,
          KeyAttributeAlias: {
            PartitionKeyAlias: accessPatterns[0]?.partition.join("#") ?? "",
            SortKeyAlias: accessPatterns[0]?.sort.join("#") || name,
          },
          TableData: rows(name),
          NonKeyAttributes: Object.keys(attributes),
          DataAccess: { MySql: {} },
        })),
        GlobalSecondaryIndexes: table.globalSecondaryIndexes.map(
          ({ indexName, partitionKey, sortKey, projectionType, nonKeyAttributes }) => ({
            IndexName: indexName,
            KeyAttributes: { PartitionKey: key(partitionKey), SortKey: key(sortKey) },
            Projection: {
              ProjectionType: projectionType,
              ...(projectionType === "INCLUDE" ? { NonKeyAttributes: nonKeyAttributes } : {}),
            },
          }),
        ),
        TableData: rows(),
        DataAccess: { MySql: {} },
        BillingMode: "PAY_PER_REQUEST",
      },
    ],
  };
}

const sorted = (item: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
