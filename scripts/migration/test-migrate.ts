import "../shell/quiet-sdk.ts";
import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateTableCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { Command } from "commander";
import { type EntityName, MODELS } from "../../entities/models.ts";
import { createTableInput } from "../../entities/table.ts";
import { systemClock } from "../../services/context.ts";
import { seededRandom } from "../../testing/lag/random.ts";
import { createLocalClient, LOCAL_ERASURE_SECRET } from "../../testing/local-database.ts";
import { startDynamoDbLocal } from "../engines/dynamodb-local.ts";
import { wholeNumber } from "../shell/command-line.ts";
import { ENUM_MAPPING } from "./enum-mapping.ts";
import { createLegacyTables, writeEstate } from "./legacy-estate.ts";
import { migrate } from "./run.ts";
import { createStreamHandler } from "./stream-handler.ts";
import { quarantineFaults, runKilled, runMigrate } from "./trials/killed-run.ts";
import { liveWrites } from "./trials/live-estate.ts";
import { followStreams } from "./trials/local-streams.ts";
import { verify } from "./verification.ts";

/** `npm run test:migrate`: a large estate killed on its way, and a backfill under live writes with streams, on DynamoDB Local. */
const { items, kills, seed, live } = new Command("npm run test:migrate --")
  .description(
    "Migrate a generated estate that is killed on the way, and one that is written to meanwhile; verify both.",
  )
  .option("--items <number>", "items of the estate that is killed (0: leave it out)", wholeNumber(0), 100_000)
  .option("--kills <number>", "how often it is killed", wholeNumber(0, 100), 5)
  .option(
    "--live <number>",
    "items of the estate that is written to meanwhile (0: leave it out)",
    wholeNumber(0),
    5_000,
  )
  .option("--seed <number>", "replay a run (default: a fresh seed)", wholeNumber(0, 2 ** 32 - 1))
  .allowExcessArguments(false)
  .parse()
  .opts<{ items: number; kills: number; seed?: number; live: number }>();

const chosen = seed ?? randomInt(2 ** 32);
console.log(`Seed ${chosen}; replay with: npm run test:migrate -- --seed ${chosen}`);
const engine = await startDynamoDbLocal();
const client = createLocalClient(engine.endpoint);
const scratch = mkdtempSync(join(tmpdir(), "test-migrate-"));
const naming = (prefix: string) => ({ prefix });
const entities = Object.keys(MODELS) as EntityName[];

function check(name: string, passed: boolean, details = ""): void {
  console.log(`${passed ? "passed" : "FAILED"}  ${name}${passed || details === "" ? "" : `\n${details}`}`);
  if (!passed) process.exitCode = 1;
}

async function prepare(prefix: string, table: string, request: Parameters<typeof writeEstate>[2], streams: boolean) {
  await createLegacyTables(client, prefix, streams);
  await client.send(new CreateTableCommand(createTableInput(table)), {});
  await writeEstate(client, prefix, request);
}

async function killedTrial(): Promise<void> {
  const request = { items, seed: chosen, now: systemClock() };
  await prepare("old-", "killed", request, false);
  console.log(`An estate of ${items} items, some of them dirty, is brought over and killed ${kills} times.`);
  const state = join(scratch, "killed");
  const place = [
    "--endpoint",
    engine.endpoint,
    "--table",
    "killed",
    "--source-prefix",
    "old-",
    "--state",
    state,
    "--keep-sessions",
  ];
  const started = performance.now();
  const result = await runKilled([...place, "--apply"], state, items, kills, (dealtWith) =>
    console.log(`  killed at ${dealtWith} items of the checkpoints`),
  );
  console.log(result.output);
  console.log(`All runs together took ${((performance.now() - started) / 1000).toFixed(0)} s.`);
  check(`it was killed ${kills} times and then ended well`, result.killed === kills && result.code === 0);
  const verified = await runMigrate([...place, "--verify", "--quarantine-share", "100"]);
  console.log(verified.output);
  check("both sides say the same", verified.code === 0);
  const faults = await quarantineFaults(state, request);
  check(
    "every dirty row is in the quarantine once, with its reason, and no other row",
    faults.length === 0,
    faults.slice(0, 10).join("\n"),
  );
  const again = await migrate({
    source: client,
    target: client,
    table: "killed",
    entities,
    naming: naming("old-"),
    mapping: ENUM_MAPPING,
    keepSessions: true,
    erasureSecret: LOCAL_ERASURE_SECRET,
    state: join(scratch, "again"),
    apply: true,
    clock: systemClock,
  });
  const written = again.tables.reduce((sum, { counts }) => sum + counts.written, 0);
  check("a second run writes nothing", written === 0, `${written} items were written`);
}

async function liveTrial(source: DynamoDBClient): Promise<void> {
  const now = systemClock();
  await prepare("live-", "followed", { items: live, seed: chosen, now }, true);
  console.log(`An estate of ${live} items is brought over while the platform of today goes on writing to it.`);
  const common = {
    source,
    target: source,
    table: "followed",
    naming: naming("live-"),
    mapping: ENUM_MAPPING,
    keepSessions: true,
    erasureSecret: LOCAL_ERASURE_SECRET,
    clock: systemClock,
  };
  let notices = 0;
  const handler = createStreamHandler({
    ...common,
    onNotice: ({ outcome }) => {
      if (outcome === "failed") notices++;
    },
  });
  const streams = await followStreams(engine.endpoint, "live-", handler, seededRandom(chosen));
  let [writing, ended] = [true, false];
  const writers = Promise.all(
    [1, 2, 3].map((writer) =>
      liveWrites(source, "live-", (writes) => ended && writes >= live / 10, now, seededRandom(chosen + writer)),
    ),
  ).finally(() => {
    writing = false;
  });
  const report = await migrate({
    ...common,
    entities,
    state: join(scratch, "live"),
    apply: true,
    pageSize: 50,
  }).finally(() => {
    ended = true;
  });
  check("the platform went on writing all the while", writing);
  await writers;
  await streams.drain();
  const touched = report.tables.reduce((sum, table) => sum + table.touched, 0);
  console.log(
    `${streams.delivered()} records were delivered, ${touched} touched items looked at again, ${notices} failures delivered again.`,
  );
  const result = await verify({ ...common, entities, quarantineShare: 1 });
  check("backfill and stream have converged", result.clean, result.differences.join("\n"));
  for (const { name, read, equal, quarantined, skipped, missing, different, changed, surplus } of result.tables)
    if (missing + different + changed + surplus > 0 || /users|tickets|entitlements/.test(name))
      console.log(
        `  ${name}: ${read} read, ${equal} equal, ${quarantined} quarantined, ${skipped} skipped, ${missing + different + changed + surplus} otherwise`,
      );
}

try {
  if (items > 0) await killedTrial();
  if (live > 0) await liveTrial(client);
} finally {
  rmSync(scratch, { recursive: true, force: true });
  client.destroy();
  await engine.stop();
}
