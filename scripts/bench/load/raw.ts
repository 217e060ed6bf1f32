import { BatchWriteItemCommand, DynamoDBClient, type WriteRequest } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import type { Assessment } from "../../../entities/assessment.ts";
import { itemOf } from "../cpu/document-client.ts";
import type { Load } from "./loading.ts";

/** BatchWriteItem by hand on the SDK's default client: workers that share one stream. It validates nothing. */
export const loadRaw: Load = async (config, table, assessments, concurrency) => {
  const client = new DynamoDBClient(config);
  const batches = batchesOf(assessments);
  const work = async () => {
    for (const batch of batches) {
      let pending: WriteRequest[] = batch.map((assessment) => ({ PutRequest: { Item: marshall(itemOf(assessment)) } }));
      while (pending.length > 0) {
        const { UnprocessedItems } = await client.send(
          new BatchWriteItemCommand({ RequestItems: { [table]: pending } }),
        );
        pending = UnprocessedItems?.[table] ?? [];
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
};

function* batchesOf(assessments: Iterable<Assessment>): Generator<Assessment[]> {
  let batch: Assessment[] = [];
  for (const assessment of assessments) {
    batch.push(assessment);
    if (batch.length < 25) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
