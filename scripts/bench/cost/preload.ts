import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { MODELS } from "../../../entities/models.ts";
import { bulkWrite } from "../../../services/storage/bulk-writer.ts";
import type { AnyEntity, DataContext } from "../../../services/storage/context.ts";
import { Repository } from "../../../services/storage/repository.ts";
import { fillElevenTable } from "../../eleven-tables/definitions.ts";
import type { Preload } from "./fixtures.ts";

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
  for (const [entity, items] of Object.entries(preload))
    await fillElevenTable(client, prefix + MODELS[entity as keyof Preload].seedTable, items);
}
