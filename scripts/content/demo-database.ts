import { LOCAL_ERASURE_SECRET, type LocalDatabase, startLocalDatabase } from "../../testing/local-database.ts";
import { seedDemo } from "./seeding.ts";

/** An embedded database whose table has the catalogue and the cast; `stop` ends it. `now` is the cast's present, epoch seconds. */
export async function startDemoDatabase(table: string, now: number): Promise<LocalDatabase> {
  const database = await startLocalDatabase();
  try {
    await database.createTable(table);
    await seedDemo({ client: database.client, table, erasureSecret: LOCAL_ERASURE_SECRET }, now);
    return database;
  } catch (error) {
    await database.stop();
    throw error;
  }
}
