import { randomUUID } from "node:crypto";
import {
  type DynamoDBClient,
  UpdateContinuousBackupsCommand,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";

/** What DynamoDB does to a table besides storing items, and an emulator may lack. */
export type Feature = "index" | "timeToLive" | "recovery" | "deletionProtection" | "stream" | "tags";

/** The stream that `services/streams` hears: both images of each item. */
export const STREAM = { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" } as const;

export const FEATURE_NAMES: Readonly<Record<Feature, string>> = {
  index: "no way to add an index to an on-demand table",
  timeToLive: "no time to live",
  recovery: "no point-in-time recovery",
  deletionProtection: "no deletion protection",
  stream: "no streams",
  tags: "no tags",
};

// dynalite validates calls by an older API, in which on-demand tables and deletion protection are unknown.
const OLD_API = /^At least one of ProvisionedThroughput|member\.create\.provisionedThroughput' failed/;

/** Whether an error says that the engine has no such call, whatever the table. */
export function isLacking(error: unknown): boolean {
  const { name, message } = error as Error;
  return name === "UnknownOperationException" || (name === "ValidationException" && OLD_API.test(message));
}

const PROBES: Readonly<Record<Exclude<Feature, "tags">, (client: DynamoDBClient, table: string) => Promise<unknown>>> =
  {
    index: (client, TableName) =>
      client.send(
        new UpdateTableCommand({
          TableName,
          AttributeDefinitions: [{ AttributeName: "probe", AttributeType: "S" }],
          GlobalSecondaryIndexUpdates: [
            {
              Create: {
                IndexName: "probe",
                KeySchema: [{ AttributeName: "probe", KeyType: "HASH" }],
                Projection: { ProjectionType: "KEYS_ONLY" },
              },
            },
          ],
        }),
      ),
    timeToLive: (client, TableName) =>
      client.send(
        new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: { AttributeName: "probe", Enabled: true } }),
      ),
    recovery: (client, TableName) =>
      client.send(
        new UpdateContinuousBackupsCommand({
          TableName,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        }),
      ),
    deletionProtection: (client, TableName) =>
      client.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: true })),
    stream: (client, TableName) => client.send(new UpdateTableCommand({ TableName, StreamSpecification: STREAM })),
  };

/**
 * Whether the engine lacks a feature. It asks for the change on a table that cannot exist: an engine that has the call
 * says so (or forbids it), and nothing is changed.
 */
export async function lacksFeature(client: DynamoDBClient, feature: keyof typeof PROBES): Promise<boolean> {
  try {
    await PROBES[feature](client, `no-such-table-${randomUUID()}`);
    return false;
  } catch (error) {
    return isLacking(error);
  }
}
