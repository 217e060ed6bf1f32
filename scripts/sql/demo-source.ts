import type { Clock } from "../../services/storage/context.ts";
import { LOCAL_ERASURE_SECRET } from "../../testing/local-database.ts";
import { startDemoDatabase } from "../content/demo-database.ts";
import { seedAccounts } from "../generator/seed-accounts.ts";
import { type Reading, tableReading } from "./table-source.ts";
import { DONE } from "./typed-database.ts";

/** Generated accounts beside the cast: enough for an answer to have a shape. */
export const DEMO_ACCOUNTS = 300;
const TABLE = "demo";
/** The part of the source that says that all of it is read: another demo need not be made. */
const WHOLE = "demo";

/** Reads an embedded database with the catalogue, the cast and generated accounts, which ends when it is read. */
export function demoReading(clock: Clock): Reading {
  return async (from, take) => {
    if (from.get(WHOLE) === DONE) return;
    const now = clock();
    const database = await startDemoDatabase(TABLE, now);
    try {
      const target = { client: database.client, table: TABLE, erasureSecret: LOCAL_ERASURE_SECRET };
      await seedAccounts(target, { users: DEMO_ACCOUNTS, seed: 1, now });
      await tableReading(database.client, TABLE)(from, take);
      await take({ items: [], position: { part: WHOLE, next: DONE } });
    } finally {
      await database.stop();
    }
  };
}
