import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { DeleteCommand, GetCommand, PutCommand, QueryCommand } from "@aws-sdk/lib-dynamodb";
import { tableDefinition } from "../../entities/table.ts";
import type { DataContext } from "../../services/storage/context.ts";
import type { StoredItem } from "../../services/storage/requests.ts";
import { DOCTOR_ROWS } from "../table/command-rows.ts";
import { otherVersionOf } from "../table/index-stages.ts";

const HOUR = 60 * 60;
/** Index reads lag behind writes by moments. */
const INDEX_ATTEMPTS = 20;
const INDEX_PAUSE = 250;

interface Step {
  readonly name: string;
  run(): Promise<boolean>;
}

/**
 * Writes an item that is in every index, reads it back from the table and from each, sees a condition refused, and
 * deletes it. Of an index that is not among the table's own, another version is read. Returns what did not work.
 */
export async function tryReadsAndWrites(context: DataContext, indexNames?: readonly string[]): Promise<string[]> {
  const { client, table } = context;
  const { keySchema, globalSecondaryIndexes, timeToLiveAttribute } = tableDefinition();
  const mark = `${DOCTOR_ROWS}${randomUUID()}`;
  const key = { [keySchema.partitionKey]: mark, [keySchema.sortKey]: DOCTOR_ROWS };
  const indexKeys = globalSecondaryIndexes.flatMap(({ partitionKey, sortKey }) => [
    [partitionKey, mark],
    [sortKey, DOCTOR_ROWS],
  ]);
  // If this process is killed before it deletes the item, time to live does.
  const item: StoredItem = { ...key, ...Object.fromEntries(indexKeys), [timeToLiveAttribute]: context.clock() + HOUR };
  const put = new PutCommand({
    TableName: table,
    Item: item,
    ConditionExpression: "attribute_not_exists(#key)",
    ExpressionAttributeNames: { "#key": keySchema.partitionKey },
  });
  const get = async () => {
    const command = new GetCommand({ TableName: table, Key: key, ConsistentRead: true });
    return (await client.send(command)).Item;
  };
  const steps: Step[] = [
    { name: "reading the item back", run: async () => isDeepStrictEqual(await get(), item) },
    {
      name: "refusing a write by its condition",
      run: () =>
        client.send(put).then(
          () => false,
          (error: unknown) => {
            if (error instanceof ConditionalCheckFailedException) return true;
            throw error;
          },
        ),
    },
    ...globalSecondaryIndexes.map(({ indexName, partitionKey }) => {
      const name =
        indexNames?.includes(indexName) === false ? (otherVersionOf(indexName, indexNames) ?? indexName) : indexName;
      return { name: `reading the item from ${name}`, run: () => isInIndex(context, name, partitionKey, mark) };
    }),
  ];
  const failures: string[] = [];
  await attempt("writing an item", failures, async () => {
    await client.send(put);
    return true;
  });
  // Without the item nothing else can work.
  if (failures.length > 0) return failures;
  for (const { name, run } of steps) await attempt(name, failures, run);
  await attempt("deleting the item", failures, async () => {
    await client.send(new DeleteCommand({ TableName: table, Key: key }));
    return (await get()) === undefined;
  });
  return failures;
}

async function attempt(name: string, failures: string[], run: () => Promise<boolean>): Promise<void> {
  try {
    if (!(await run())) failures.push(`${name} gave another result`);
  } catch (error) {
    failures.push(`${name} failed: ${(error as Error).message}`);
  }
}

async function isInIndex(
  { client, table }: DataContext,
  indexName: string,
  partitionKey: string,
  mark: string,
): Promise<boolean> {
  const command = new QueryCommand({
    TableName: table,
    IndexName: indexName,
    KeyConditionExpression: "#key = :mark",
    ExpressionAttributeNames: { "#key": partitionKey },
    ExpressionAttributeValues: { ":mark": mark },
  });
  for (let tries = 1; tries <= INDEX_ATTEMPTS; tries++) {
    const { Items = [] } = await client.send(command);
    if (Items.length === 1) return true;
    await pause(INDEX_PAUSE);
  }
  return false;
}
