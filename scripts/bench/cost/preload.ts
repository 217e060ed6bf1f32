import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { BatchWriteCommand, DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { MODELS } from "../../../entities/models.ts";
import { bulkWrite } from "../../../services/storage/bulk-writer.ts";
import type { AnyEntity, DataContext } from "../../../services/storage/context.ts";
import { Repository } from "../../../services/storage/repository.ts";
import type { Preload } from "./fixtures.ts";

const BATCH = 25;

/** Stores whole items in our table, without the rules of services. */
export async function preloadOurs(context: DataContext, preload: Preload): Promise<void> {
  for (const [entity, items] of Object.entries(preload)) {
    const store = new Repository<AnyEntity>(context, MODELS[entity as keyof Preload]);
    const { failed } = await bulkWrite(context, items as object[], (item) => store.itemOf(item));
    if (failed.length > 0) throw new Error(`${entity} could not be preloaded`, { cause: failed[0]?.cause });
  }
}

/** Stores the same items in the eleven tables. */
export async function preloadEleven(client: DynamoDBClient, prefix: string, preload: Preload): Promise<void> {
  const document = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
  for (const [entity, items] of Object.entries(preload)) {
    const table = prefix + MODELS[entity as keyof Preload].seedTable;
    for (let start = 0; start < items.length; start += BATCH) {
      const writes = items.slice(start, start + BATCH).map((Item: object) => ({ PutRequest: { Item } }));
      const { UnprocessedItems = {} } = await document.send(
        new BatchWriteCommand({ RequestItems: { [table]: writes } }),
      );
      if (Object.keys(UnprocessedItems).length > 0) throw new Error(`${table} could not be preloaded`);
    }
  }
}
