import { LAGS, type LagOptions, startTestDatabase, type TestDatabase } from "../testing/index.ts";

export { NOW } from "../testing/index.ts";

/** A fresh table on the engine under test, with a data layer on it and every request it makes. */
export interface TestTable extends TestDatabase {
  drop(): Promise<void>;
}

/** The engine that `npm run test:local` runs the same suite on; without it, each test file has its own dynalite. */
const EXTERNAL_ENDPOINT = process.env.TEST_DYNAMODB_ENDPOINT;

/** True on DynamoDB Local: consumed capacity of indexes, items of failed conditions and empty keys are as on AWS. */
export const ON_DYNAMODB_LOCAL = EXTERNAL_ENDPOINT !== undefined;

/** How the engine under test lags: `TEST_LAG=slow TEST_LAG_SEED=7 npx jest tests/faults`; without it, not at all. */
function lagOfRun(): LagOptions | undefined {
  const { TEST_LAG: name, TEST_LAG_SEED: seed = "1" } = process.env;
  if (name === undefined) return undefined;
  if (!Object.hasOwn(LAGS, name)) throw new Error(`TEST_LAG is one of ${Object.keys(LAGS).join(", ")}`);
  return { ...LAGS[name as keyof typeof LAGS], seed: Number(seed) };
}

/** Opens a table; call `drop` in afterAll. It lags as the run does, or as `lag` says. */
export async function openTestTable(lag: LagOptions | undefined = lagOfRun()): Promise<TestTable> {
  const database = await startTestDatabase({
    ...(EXTERNAL_ENDPOINT === undefined ? {} : { endpoint: EXTERNAL_ENDPOINT }),
    ...(lag === undefined ? {} : { lag }),
  });
  return { ...database, drop: database.stop };
}
