import { startTestDatabase, type TestDatabase } from "../testing/index.ts";
import { startLocalDatabase } from "../testing/local-database.ts";

export { NOW } from "../testing/index.ts";

/** A fresh table on the engine under test, with a data layer on it and every request it makes. */
export interface TestTable extends TestDatabase {
  drop(): Promise<void>;
}

/** The engine that `npm run test:local` runs the same suite on; without it, each test file has its own dynalite. */
const EXTERNAL_ENDPOINT = process.env.TEST_DYNAMODB_ENDPOINT;

/** True on DynamoDB Local: consumed capacity of indexes, items of failed conditions and empty keys are as on AWS. */
export const ON_DYNAMODB_LOCAL = EXTERNAL_ENDPOINT !== undefined;

/** Opens a table; call `drop` in afterAll. */
export async function openTestTable(): Promise<TestTable> {
  const database = await startTestDatabase(EXTERNAL_ENDPOINT === undefined ? {} : { endpoint: EXTERNAL_ENDPOINT });
  return { ...database, drop: database.stop };
}

/** An engine for a test that needs many tables, one after another or side by side. */
export interface TestEngine {
  /** Opens a table on the engine; call its `drop` when it has served. */
  openTable(): Promise<TestTable>;
  stop(): Promise<void>;
}

/** Starts one engine for many tables; call `stop` in afterAll. */
export async function openTestEngine(): Promise<TestEngine> {
  const own = EXTERNAL_ENDPOINT === undefined ? await startLocalDatabase() : undefined;
  const endpoint = own?.endpoint ?? EXTERNAL_ENDPOINT;
  return {
    async openTable() {
      const database = await startTestDatabase(endpoint === undefined ? {} : { endpoint });
      return { ...database, drop: database.stop };
    },
    stop: async () => own?.stop(),
  };
}
