import { startTestDatabase, type TestDatabase } from "../testing/index.ts";

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
