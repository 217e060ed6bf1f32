import "./shell/quiet-sdk.ts";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { startDynamoDbLocal } from "./engines/dynamodb-local.ts";

/** Runs the test suite on DynamoDB Local in place of dynalite; arguments go to Jest. */
const engine = await startDynamoDbLocal().catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
try {
  console.log(`Running the tests on DynamoDB Local at ${engine.endpoint}`);
  const jest = createRequire(import.meta.url).resolve("jest/bin/jest");
  const run = spawn(process.execPath, [jest, ...process.argv.slice(2)], {
    stdio: "inherit",
    env: { ...process.env, TEST_DYNAMODB_ENDPOINT: engine.endpoint },
  });
  const [code] = await once(run, "exit");
  process.exitCode = code ?? 1;
} finally {
  await engine.stop();
}
