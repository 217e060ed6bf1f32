import {
  type AttributeValue,
  BatchWriteItemCommand,
  type DynamoDBClient,
  paginateScan,
} from "@aws-sdk/client-dynamodb";
import { runTasks } from "../tasks.ts";

export interface RawCopy {
  readonly client: DynamoDBClient;
  /** Source and target tables. */
  readonly tables: readonly (readonly [source: string, target: string])[];
  readonly segments: number;
  readonly concurrency: number;
  readonly pageSize: number;
}

const BATCH = 25;

/** The yardstick: parallel segmented scans whose pages go on by BatchWriteItem, with no mapping, no look and no checkpoint. */
export async function rawCopy({ client, tables, segments, concurrency, pageSize }: RawCopy): Promise<number> {
  let copied = 0;
  const tasks = tables.flatMap(([source, target]) =>
    Array.from({ length: segments }, (_, segment) => async () => {
      const scan = { TableName: source, Segment: segment, TotalSegments: segments, ConsistentRead: true };
      for await (const { Items = [] } of paginateScan({ client, pageSize }, scan)) {
        for (let start = 0; start < Items.length; start += BATCH)
          await writeBatch(client, target, Items.slice(start, start + BATCH));
        copied += Items.length;
      }
    }),
  );
  await runTasks(tasks, concurrency);
  return copied;
}

async function writeBatch(client: DynamoDBClient, table: string, items: Record<string, AttributeValue>[]) {
  let requests = items.map((Item) => ({ PutRequest: { Item } }));
  while (requests.length > 0) {
    const output = await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }), {});
    requests = (output.UnprocessedItems?.[table] ?? []) as typeof requests;
  }
}
