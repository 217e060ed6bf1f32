import { CreateTableCommand, type CreateTableCommandInput, type DynamoDBClient } from "@aws-sdk/client-dynamodb";

/** Name and type of a key attribute. */
type Key = readonly [name: string, type: "S" | "N"];

interface Definition {
  readonly keys: readonly Key[];
  /** Each projects ALL; its name is made of its keys. */
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

export function indexCountOf(table: ElevenTable): number {
  const { indexes = [] }: Definition = ELEVEN_TABLES[table];
  return indexes.length;
}

const keySchema = ([partition, sort]: readonly Key[]) => [
  ...(partition === undefined ? [] : [{ AttributeName: partition[0], KeyType: "HASH" as const }]),
  ...(sort === undefined ? [] : [{ AttributeName: sort[0], KeyType: "RANGE" as const }]),
];

function createInput(name: string, { keys, indexes = [] }: Definition): CreateTableCommandInput {
  const attributes = new Map([...keys, ...indexes.flat()]);
  return {
    TableName: name,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [...attributes].map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
    KeySchema: keySchema(keys),
    ...(indexes.length === 0
      ? {}
      : {
          GlobalSecondaryIndexes: indexes.map((index) => ({
            IndexName: `${index[0][0]}-${index[1][0]}-index`,
            KeySchema: keySchema(index),
            Projection: { ProjectionType: "ALL" },
          })),
        }),
  };
}

/** Creates the eleven tables, each name behind a prefix. */
export async function createElevenTables(client: DynamoDBClient, prefix: string): Promise<void> {
  for (const [name, definition] of Object.entries(ELEVEN_TABLES))
    await client.send(new CreateTableCommand(createInput(prefix + name, definition)));
}
