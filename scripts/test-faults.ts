import "./shell/quiet-sdk.ts";
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, Option } from "commander";
import { startDynamoDbLocal } from "./engines/dynamodb-local.ts";
import { wholeNumber } from "./shell/command-line.ts";

const LATE = ["tests/faults/(model|races|crash-points|[a-z]+-histories)"];
/** Lags of an engine by their names in `LAGS`, and what runs under each; under `none` nothing is late. */
const PASSES: Readonly<Record<string, readonly string[]>> = {
  none: [
    "tests/faults/(model|races|crash-points|input|secrets|lag)",
    "tests/services/(least-privilege|storage)",
    "tests/entities",
    "tests/scripts/migration/(values|mapping|parts)",
  ],
  usual: LATE,
  slow: LATE,
  throttled: LATE,
};
const LAG_NAMES = Object.keys(PASSES);

/** `npm run test:faults`: races, crash points, faults and histories, more of them than the normal suite runs, on both engines. */
const { seed, engine, lag, minutes } = new Command("npm run test:faults --")
  .description("Run races, crash points, faults, histories, hostile inputs and the check of the policies at length.")
  .option("--seed <number>", "replay a run (default: a fresh seed)", wholeNumber(0, 2 ** 32 - 1))
  .addOption(new Option("--engine <name>", "one of the two (default: both)").choices(["dynalite", "local"]))
  .addOption(
    new Option(
      "--minutes <number>",
      "stop an engine's run under one lag after this time, which is a failure; more for a busy machine",
    )
      .argParser(wholeNumber(1, 120))
      .default(10),
  )
  .addOption(
    new Option("--lag <name>", "how late indexes and plain reads are (default: each in turn)").choices(LAG_NAMES),
  )
  .allowExcessArguments(false)
  .showHelpAfterError("(--help tells the options)")
  .parse()
  .opts<{ seed?: number; engine?: "dynalite" | "local"; lag?: string; minutes: number }>();

const chosen = seed ?? randomInt(2 ** 32);
console.log(`Seed ${chosen}; replay with: npm run test:faults -- --seed ${chosen}`);

async function run(engineName: string, late: string, endpoint?: string): Promise<void> {
  const name = `${engineName}, lag ${late}`;
  console.log(`On ${name}:`);
  const folder = mkdtempSync(join(tmpdir(), "faults-"));
  const counts = join(folder, "counts");
  writeFileSync(counts, "");
  const started = performance.now();
  const suite = spawn(
    process.execPath,
    [createRequire(import.meta.url).resolve("jest/bin/jest"), "--maxWorkers=2", ...(PASSES[late] ?? [])],
    {
      stdio: "inherit",
      env: {
        ...process.env,
        FAULT_SEED: String(chosen),
        FAULT_REPORT: counts,
        ...(late === "none" ? {} : { TEST_LAG: late, TEST_LAG_SEED: String(chosen) }),
        ...(endpoint === undefined ? {} : { TEST_DYNAMODB_ENDPOINT: endpoint }),
      },
      // A group of its own, so that its workers are stopped with it.
      detached: true,
    },
  );
  let stopped = false;
  const stop = () => {
    if (suite.pid !== undefined) process.kill(-suite.pid, "SIGKILL");
  };
  const timer = setTimeout(() => {
    stopped = true;
    stop();
  }, minutes * 60_000);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
  const [code] = await once(suite, "exit");
  clearTimeout(timer);
  if (code !== 0) process.exitCode = 1;
  if (stopped) console.error(`Stopped: it took more than ${minutes} minutes.`);
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(`\n${name}, seed ${chosen}, ${seconds} s${code === 0 ? "" : ", FAILED"}`);
  for (const line of readFileSync(counts, "utf8").trimEnd().split("\n")) console.log(`  ${line}`);
  rmSync(folder, { recursive: true });
}

const lags = lag === undefined ? LAG_NAMES : [lag];
if (engine !== "local") for (const late of lags) await run("dynalite", late);
if (engine !== "dynalite") {
  const local = await startDynamoDbLocal();
  try {
    for (const late of lags) await run("DynamoDB Local", late, local.endpoint);
  } finally {
    await local.stop();
  }
}
