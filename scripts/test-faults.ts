import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createRequire } from "node:module";
import { Command } from "commander";
import { wholeNumber } from "./command-line.ts";
import { startDynamoDbLocal } from "./dynamodb-local.ts";

/** `npm run test:faults`: races, crash points and faults, more of them than the normal suite runs, on both engines. */
const { seed, engine } = new Command("npm run test:faults --")
  .description("Run the races, crash points, faults and hostile inputs at length, on dynalite and on DynamoDB Local.")
  .option("--seed <number>", "replay a run (default: a fresh seed)", wholeNumber(0, 2 ** 32 - 1))
  .option("--engine <name>", "dynalite or local (default: both)")
  .allowExcessArguments(false)
  .parse()
  .opts<{ seed?: number; engine?: string }>();

const chosen = seed ?? randomInt(2 ** 32);
console.log(`Seed ${chosen}; replay with: npm run test:faults -- --seed ${chosen}`);

async function run(endpoint?: string): Promise<void> {
  const jest = createRequire(import.meta.url).resolve("jest/bin/jest");
  const environment = {
    ...process.env,
    FAULT_SEED: String(chosen),
    ...(endpoint === undefined ? {} : { TEST_DYNAMODB_ENDPOINT: endpoint }),
  };
  const suite = spawn(process.execPath, [jest, "tests/faults"], { stdio: "inherit", env: environment });
  const [code] = await once(suite, "exit");
  if (code !== 0) process.exitCode = 1;
}

if (engine !== "local") {
  console.log("On dynalite:");
  await run();
}
if (engine !== "dynalite") {
  const local = await startDynamoDbLocal();
  try {
    console.log("On DynamoDB Local:");
    await run(local.endpoint);
  } finally {
    await local.stop();
  }
}
