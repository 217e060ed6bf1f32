import { setTimeout as pause } from "node:timers/promises";
import {
  type DynamoDBClient,
  TagResourceCommand,
  UpdateContinuousBackupsCommand,
  UpdateTableCommand,
  type UpdateTableCommandInput,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import { createTableInput, type GlobalSecondaryIndex, tableDefinition, withIndexes } from "../../entities/table.ts";
import { RECOVERY_DAYS, type TableChange, type Tags } from "./difference.ts";
import { FEATURE_NAMES, type Feature, isLacking, STREAM } from "./engine-features.ts";
import { describeTable } from "./table-state.ts";

export interface ConvergenceOptions {
  /** Told each thing that happens, in one line. */
  readonly say: (line: string) => void;
  /** The longest pause between two looks at a table that is being changed. Default 5 s. */
  readonly pollMilliseconds?: number;
}

/** A table, and how to talk about what happens to it. */
export interface Target extends ConvergenceOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
}

const FIRST_POLL = 100;
const DEFAULT_POLL = 5_000;
/** A wait says that it goes on every so many looks. */
const LOOKS_A_LINE = 12;

/** Makes one change, and waits until the table can take the next. What the engine lacks is said and left out. */
export async function makeChange(target: Target, change: TableChange, arn: string): Promise<void> {
  try {
    await make(target, change, arn);
  } catch (error) {
    if (!isLacking(error)) throw error;
    target.say(`left out: the engine has ${FEATURE_NAMES[change.type as Feature]}`);
  }
}

async function make(target: Target, change: TableChange, arn: string): Promise<void> {
  switch (change.type) {
    case "billing":
      await update(target, { BillingMode: "PAY_PER_REQUEST" });
      return target.say("billing is on demand");
    case "index":
      await addIndex(target, change.index);
      return target.say(`index ${change.index.indexName} is active`);
    case "timeToLive": {
      const { timeToLiveAttribute } = tableDefinition();
      await enableTimeToLive(target, timeToLiveAttribute);
      return target.say(`time to live is on \`${timeToLiveAttribute}\``);
    }
    case "recovery":
      await enableRecovery(target);
      return target.say(`point-in-time recovery is on, ${RECOVERY_DAYS} days`);
    case "deletionProtection":
      await update(target, { DeletionProtectionEnabled: true });
      return target.say("deletion protection is on");
    case "stream":
      await update(target, { StreamSpecification: STREAM });
      return target.say(`the stream is on, ${STREAM.StreamViewType}`);
    case "tags":
      await target.client.send(new TagResourceCommand({ ResourceArn: arn, Tags: tagList(change.tags) }));
      return target.say(`tagged ${Object.keys(change.tags).join(", ")}`);
  }
}

/** Makes an index, and waits until DynamoDB has filled it. Somebody else may have begun it. */
export async function addIndex(target: Target, index: GlobalSecondaryIndex): Promise<void> {
  const { AttributeDefinitions, GlobalSecondaryIndexes } = createTableInput(target.table, withIndexes([index]));
  const keys = new Set(GlobalSecondaryIndexes[0]?.KeySchema.map(({ AttributeName }) => AttributeName));
  await waitUntilActive(target);
  await update(target, {
    AttributeDefinitions: AttributeDefinitions.filter(({ AttributeName }) => keys.has(AttributeName)),
    GlobalSecondaryIndexUpdates: [{ Create: GlobalSecondaryIndexes[0] }],
  });
}

/** Removes an index, and waits until it is gone. */
export async function dropIndex(target: Target, IndexName: string): Promise<void> {
  await waitUntilActive(target);
  await update(target, { GlobalSecondaryIndexUpdates: [{ Delete: { IndexName } }] });
}

export const tagList = (tags: Tags) => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

async function update(target: Target, input: Omit<UpdateTableCommandInput, "TableName">): Promise<void> {
  await target.client.send(new UpdateTableCommand({ TableName: target.table, ...input }));
  await waitUntilActive(target);
}

/** Waits until the table and all its indexes are active, however long an index takes to fill. */
export async function waitUntilActive({ client, table, say, pollMilliseconds = DEFAULT_POLL }: Target): Promise<void> {
  for (let look = 1; ; look++) {
    const description = await describeTable(client, table);
    if (description === undefined) throw new Error(`the table ${table} is gone`);
    const { TableStatus = "UNKNOWN", GlobalSecondaryIndexes = [] } = description;
    if (!/^(?:ACTIVE|CREATING|UPDATING)$/.test(TableStatus)) throw new Error(`the table ${table} is ${TableStatus}`);
    const busy = [
      ...(TableStatus === "ACTIVE" ? [] : [`the table is ${TableStatus}`]),
      ...GlobalSecondaryIndexes.filter(({ IndexStatus }) => IndexStatus !== "ACTIVE").map(
        ({ IndexName, IndexStatus, Backfilling }) =>
          `index ${IndexName} is ${IndexStatus}${Backfilling === true ? ", filling from the table's items" : ""}`,
      ),
    ];
    if (busy.length === 0) return;
    if (look % LOOKS_A_LINE === 1) say(`waiting: ${busy.join("; ")}`);
    await pause(Math.min(pollMilliseconds, FIRST_POLL * 2 ** look));
  }
}

/** Turned on by somebody else meanwhile is turned on. */
async function enableTimeToLive({ client, table }: Target, AttributeName: string): Promise<void> {
  const TimeToLiveSpecification = { AttributeName, Enabled: true };
  try {
    await client.send(new UpdateTimeToLiveCommand({ TableName: table, TimeToLiveSpecification }));
  } catch (error) {
    if (!/already enabled/i.test((error as Error).message)) throw error;
  }
}

const RECOVERY_ATTEMPTS = 24;

/** A table that has just been created refuses it for some moments, while its backups are being set up. */
async function enableRecovery({ client, table, pollMilliseconds = DEFAULT_POLL }: Target): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await client.send(
        new UpdateContinuousBackupsCommand({
          TableName: table,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: RECOVERY_DAYS },
        }),
      );
      return;
    } catch (error) {
      if ((error as Error).name !== "ContinuousBackupsUnavailableException" || attempt === RECOVERY_ATTEMPTS)
        throw error;
      await pause(pollMilliseconds);
    }
  }
}
