import { createDataLayer } from "../../services/data-layer.ts";
import type { Clock } from "../../services/storage/context.ts";
import { LOCAL_ERASURE_SECRET, startLocalDatabase } from "../../testing/local-database.ts";
import { seedCast, seedCatalogue } from "../content/seeding.ts";
import { seedAccounts } from "../generator/seed-accounts.ts";
import { type Reading, tableReading } from "./table-source.ts";

/** Generated accounts beside the cast: enough for an answer to have a shape. */
export const DEMO_ACCOUNTS = 300;
const TABLE = "demo";

/** Reads an embedded database with the catalogue, the cast and generated accounts, which ends when it is read. */
export function demoReading(clock: Clock): Reading {
  return async (from, take) => {
    const database = await startLocalDatabase();
    try {
      await database.createTable(TABLE);
      const target = { client: database.client, table: TABLE, erasureSecret: LOCAL_ERASURE_SECRET };
      const now = clock();
      await seedCatalogue(createDataLayer(target));
      await seedCast(target, now);
      await seedAccounts(target, { users: DEMO_ACCOUNTS, seed: 1, now });
      await tableReading(database.client, TABLE)(from, take);
    } finally {
      await database.stop();
    }
  };
}
