import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  type KeySchemaElement,
  ListTagsOfResourceCommand,
  ResourceNotFoundException,
  type TableDescription,
} from "@aws-sdk/client-dynamodb";
import { tableDefinition } from "../../entities/table.ts";
import { type Feature, isLacking, lacksFeature } from "./engine-features.ts";

export interface IndexState {
  readonly indexName: string;
  /** As `keyText` writes it. */
  readonly key: string;
  readonly projectionType: string;
  readonly nonKeyAttributes: readonly string[];
  readonly status: string;
  /** Estimates, as of the table. */
  readonly itemCount: number;
  readonly bytes: number;
}

/** A table as it is, in the words of its definition. */
export interface TableState {
  readonly arn: string;
  readonly status: string;
  /** An estimate; DynamoDB counts every six hours. */
  readonly itemCount: number;
  readonly bytes: number;
  readonly billingMode: string;
  readonly key: string;
  readonly indexes: readonly IndexState[];
  readonly deletionProtection: boolean;
  /** The attribute, when time to live is on or being turned on. */
  readonly timeToLiveAttribute: string | undefined;
  /** Days, when point-in-time recovery is on. */
  readonly recoveryDays: number | undefined;
  /** The stream of its changes, when it is on. */
  readonly stream: { readonly arn: string; readonly view: string } | undefined;
  readonly tags: Readonly<Record<string, string>>;
  /** What the engine cannot do; asked only about what is off. */
  readonly lacking: ReadonlySet<Feature>;
}

/** The tag by which CloudFormation marks a table of a stack. */
const STACK_TAG = "aws:cloudformation:stack-name";

/** The stack that owns a table: it would take back what is changed beside it. */
export const stackOf = ({ tags }: Pick<TableState, "tags">): string | undefined => tags[STACK_TAG];

/** A key in words: `pk (S), sk (S)`. */
export const keyText = (attributes: readonly (readonly [name: string, type: string])[]): string =>
  attributes.map(([name, type]) => `${name} (${type})`).join(", ");

/** A table's description, or undefined when there is none. */
export async function describeTable(client: DynamoDBClient, table: string): Promise<TableDescription | undefined> {
  try {
    return (await client.send(new DescribeTableCommand({ TableName: table }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

/** Everything about a table that its definition speaks of; undefined when there is no such table. `wishes` are for more. */
export async function readTable(
  client: DynamoDBClient,
  table: string,
  wishes: { readonly stream?: boolean } = {},
): Promise<TableState | undefined> {
  const description = await describeTable(client, table);
  if (description === undefined) return undefined;
  const lacking = new Set<Feature>();
  const arn = description.TableArn ?? "";
  const timeToLiveAttribute = await readTimeToLive(client, table);
  const recovery = await orLacking("recovery", lacking, () => readRecovery(client, table));
  const tags = await orLacking("tags", lacking, () => readTags(client, arn));
  const stream = streamOf(description);
  const deletionProtection = description.DeletionProtectionEnabled === true;
  const off = {
    timeToLive: timeToLiveAttribute === undefined,
    deletionProtection: !deletionProtection,
    index: !hasAllIndexes(description),
    stream: wishes.stream === true && stream === undefined,
  };
  for (const feature of ["timeToLive", "deletionProtection", "index", "stream"] as const) {
    if (off[feature] && (await lacksFeature(client, feature))) lacking.add(feature);
  }
  return {
    arn,
    status: description.TableStatus ?? "UNKNOWN",
    itemCount: description.ItemCount ?? 0,
    bytes: description.TableSizeBytes ?? 0,
    billingMode: description.BillingModeSummary?.BillingMode ?? "PROVISIONED",
    key: describedKey(description, description.KeySchema),
    indexes: (description.GlobalSecondaryIndexes ?? []).map((index) => ({
      indexName: index.IndexName ?? "",
      key: describedKey(description, index.KeySchema),
      projectionType: index.Projection?.ProjectionType ?? "",
      nonKeyAttributes: [...(index.Projection?.NonKeyAttributes ?? [])].sort(),
      status: index.IndexStatus ?? "UNKNOWN",
      itemCount: index.ItemCount ?? 0,
      bytes: index.IndexSizeBytes ?? 0,
    })),
    deletionProtection,
    timeToLiveAttribute,
    recoveryDays: recovery,
    stream,
    tags: tags ?? {},
    lacking,
  };
}

function streamOf({ StreamSpecification, LatestStreamArn }: TableDescription) {
  if (StreamSpecification?.StreamEnabled !== true) return undefined;
  return { arn: LatestStreamArn ?? "", view: StreamSpecification.StreamViewType ?? "" };
}

function hasAllIndexes({ GlobalSecondaryIndexes = [] }: TableDescription): boolean {
  const names = new Set(GlobalSecondaryIndexes.map(({ IndexName }) => IndexName));
  return tableDefinition().globalSecondaryIndexes.every(({ indexName }) => names.has(indexName));
}

function describedKey({ AttributeDefinitions = [] }: TableDescription, schema: readonly KeySchemaElement[] = []) {
  const typeOf = (name: string | undefined) =>
    AttributeDefinitions.find(({ AttributeName }) => AttributeName === name)?.AttributeType ?? "?";
  return keyText(schema.map(({ AttributeName }) => [AttributeName ?? "", typeOf(AttributeName)]));
}

async function orLacking<T>(feature: Feature, lacking: Set<Feature>, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!isLacking(error)) throw error;
    lacking.add(feature);
    return undefined;
  }
}

async function readTimeToLive(client: DynamoDBClient, table: string): Promise<string | undefined> {
  const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName: table }));
  const on = /^(?:ENABLED|ENABLING)$/.test(TimeToLiveDescription?.TimeToLiveStatus ?? "");
  return on ? TimeToLiveDescription?.AttributeName : undefined;
}

async function readRecovery(client: DynamoDBClient, table: string): Promise<number | undefined> {
  const output = await client.send(new DescribeContinuousBackupsCommand({ TableName: table }));
  const recovery = output.ContinuousBackupsDescription?.PointInTimeRecoveryDescription;
  return recovery?.PointInTimeRecoveryStatus === "ENABLED" ? (recovery.RecoveryPeriodInDays ?? 0) : undefined;
}

async function readTags(client: DynamoDBClient, arn: string): Promise<Record<string, string>> {
  const tags: Record<string, string> = {};
  let NextToken: string | undefined;
  do {
    const page = await client.send(
      new ListTagsOfResourceCommand({ ResourceArn: arn, ...(NextToken === undefined ? {} : { NextToken }) }),
    );
    for (const { Key, Value } of page.Tags ?? []) tags[Key ?? ""] = Value ?? "";
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return tags;
}
