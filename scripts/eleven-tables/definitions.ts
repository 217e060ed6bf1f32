import {
  CreateTableCommand,
  type CreateTableCommandInput,
  type DynamoDBClient,
  type Projection,
} from "@aws-sdk/client-dynamodb";
import { BatchWriteCommand, DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { MODELS } from "../../entities/models.ts";
import type { EntitySchema, IndexSchema } from "../../entities/schema.ts";

/** Name and type of a key attribute. */
type Key = readonly [name: string, type: "S" | "N"];

export interface Definition {
  readonly keys: readonly Key[];
  /** Their names are made of their keys. */
  readonly indexes?: readonly (readonly [Key, Key])[];
}

const S = (name: string): Key => [name, "S"];
const N = (name: string): Key => [name, "N"];

/** The seed's eleven tables with its ten indexes. Instants are numbers, as everywhere. */
export const ELEVEN_TABLES = {
  "ielts-genai-prep-users": { keys: [S("email")] },
  "ielts-genai-prep-sessions": { keys: [S("session_id")], indexes: [[S("user_email"), N("created_at")]] },
  "ielts-genai-prep-qr-tokens": { keys: [S("token")] },
  "ielts-genai-prep-assessments": {
    keys: [S("assessment_id"), S("user_id")],
    indexes: [
      [S("user_id"), N("created_at")],
      [S("assessment_type"), N("created_at")],
    ],
  },
  "ielts-assessment-questions": { keys: [S("question_id"), S("assessment_type")] },
  "ielts-assessment-rubrics": { keys: [S("rubric_id")] },
  "ielts-genai-prep-entitlements": {
    keys: [S("user_email"), S("product_id")],
    indexes: [[S("user_email"), N("expires_at")]],
  },
  "ielts-ai-safety-logs": { keys: [S("log_id"), N("timestamp")] },
  "ielts-content-reports": { keys: [S("report_id"), N("created_at")] },
  "ielts-support-tickets": {
    keys: [S("ticket_id"), N("created_at")],
    indexes: [
      [S("status"), N("created_at")],
      [S("priority"), N("created_at")],
      [S("user_email"), N("created_at")],
    ],
  },
  "ielts-devops-actions": {
    keys: [S("action_id"), N("timestamp")],
    indexes: [
      [S("status"), N("timestamp")],
      [S("affected_service"), N("timestamp")],
      [S("ticket_id"), N("timestamp")],
    ],
  },
} as const satisfies Readonly<Record<string, Definition>>;

export type ElevenTable = keyof typeof ELEVEN_TABLES;

/**
 * How the eleven tables are indexed. `seed`: as the seed has them, each index with everything. `projected`: each with what our lists
 * show of its rows. `optimised`: with indexes for our other access patterns as well, so that a review scans nothing, and an export, an
 * erasure and the nightly job find what they look for.
 */
export type Design = "seed" | "projected" | "optimised";

/** What our other access patterns ask of tables that the steps write to. */
const OTHER_INDEXES: Readonly<Partial<Record<ElevenTable, readonly (readonly [Key, Key])[]>>> = {
  "ielts-genai-prep-qr-tokens": [[S("user_email"), N("created_at")]],
  "ielts-genai-prep-entitlements": [[S("status"), N("expires_at")]],
  "ielts-ai-safety-logs": [
    [S("assessment_id"), N("timestamp")],
    [S("user_email"), N("timestamp")],
  ],
  "ielts-content-reports": [
    [S("assessment_id"), N("created_at")],
    [S("status"), N("created_at")],
    [S("reporter_email"), N("created_at")],
  ],
};

/** An index's name is made of its keys. */
export const indexNameOf = ([[partition], [sort]]: readonly [Key, Key]): string => `${partition}-${sort}-index`;

/** The seed's name of an attribute: some of ours are copies under a name that all items of an account share. */
export const sourceOf = ({ attributes }: EntitySchema, name = ""): string => attributes[name]?.sameAs ?? name;

/** Our access pattern with the same key: its rows show what the list needs. */
function patternLike(table: string, [[partition], [sort]]: readonly [Key, Key]): IndexSchema | undefined {
  const model = Object.values(MODELS).find(({ seedTable }) => seedTable === table);
  if (model === undefined) return undefined;
  const schema: EntitySchema = model.schema;
  return Object.values(schema.indexes).find(
    ({ index, pk, sk }) =>
      index !== undefined &&
      sourceOf(schema, pk.composite[0]) === partition &&
      pk.composite.length === 1 &&
      sk.composite[0] === sort,
  );
}

function projectionOf(table: string, keys: readonly Key[], index: readonly [Key, Key]): Projection {
  const shown = patternLike(table, index)?.projection ?? [];
  const known = new Set([...keys, ...index].map(([name]) => name));
  const others = shown.filter((name) => !name.startsWith("__edb") && !known.has(name));
  return others.length === 0
    ? { ProjectionType: "KEYS_ONLY" }
    : { ProjectionType: "INCLUDE", NonKeyAttributes: others };
}

export function indexCountOf(table: ElevenTable): number {
  const { indexes = [] }: Definition = ELEVEN_TABLES[table];
  return indexes.length;
}

const keySchema = ([partition, sort]: readonly Key[]) => [
  ...(partition === undefined ? [] : [{ AttributeName: partition[0], KeyType: "HASH" as const }]),
  ...(sort === undefined ? [] : [{ AttributeName: sort[0], KeyType: "RANGE" as const }]),
];

function createInput(
  prefix: string,
  table: string,
  { keys, indexes: own = [] }: Definition,
  design: Design,
): CreateTableCommandInput {
  const indexes = design === "optimised" ? [...own, ...(OTHER_INDEXES[table as ElevenTable] ?? [])] : own;
  const attributes = new Map([...keys, ...indexes.flat()]);
  return {
    TableName: prefix + table,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [...attributes].map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
    KeySchema: keySchema(keys),
    ...(indexes.length === 0
      ? {}
      : {
          GlobalSecondaryIndexes: indexes.map((index) => ({
            IndexName: indexNameOf(index),
            KeySchema: keySchema(index),
            Projection: design === "seed" ? { ProjectionType: "ALL" } : projectionOf(table, keys, index),
          })),
        }),
  };
}

/** Creates the eleven tables, each name behind a prefix. */
export async function createElevenTables(client: DynamoDBClient, prefix: string, design: Design): Promise<void> {
  for (const [name, definition] of Object.entries(ELEVEN_TABLES))
    await client.send(new CreateTableCommand(createInput(prefix, name, definition, design)));
}

const WRITES_IN_ONE = 25;

/** Stores whole items in one of the tables. */
export async function fillElevenTable(client: DynamoDBClient, table: string, items: readonly object[]): Promise<void> {
  const documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
  for (let start = 0; start < items.length; start += WRITES_IN_ONE) {
    const writes = items.slice(start, start + WRITES_IN_ONE).map((Item) => ({ PutRequest: { Item } }));
    const { UnprocessedItems = {} } = await documents.send(
      new BatchWriteCommand({ RequestItems: { [table]: writes } }),
    );
    if (Object.keys(UnprocessedItems).length > 0) throw new Error(`${table} could not be filled`);
  }
}
