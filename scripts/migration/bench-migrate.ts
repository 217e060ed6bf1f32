import "../shell/quiet-sdk.ts";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateTableCommand, DeleteTableCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { MODELS } from "../../entities/models.ts";
import { createTableInput } from "../../entities/table.ts";
import { createLocalClient } from "../../testing/local-database.ts";
import { startDynamoDbLocal } from "../engines/dynamodb-local.ts";
import { benchOptions } from "../measuring/bench-options.ts";
import { interleaved, median, medianRatio, rounded } from "../measuring/rounds.ts";
import { runSide } from "../measuring/side-process.ts";
import { textTable } from "../shell/text-table.ts";
import type { SideRequest, SideResult } from "./bench-migrate/side.ts";
import { createLegacyTables, estateSizes, writeEstate } from "./legacy-estate.ts";

/**
 * `npm run bench:migrate`: the migration of a generated estate against raw scan-and-BatchWriteItem copies of the same items
 * on DynamoDB Local, each side in a process of its own, at the same segments, page size and concurrency.
 */
const { json, numbers } = benchOptions("bench:migrate", "A migration on DynamoDB Local against raw copies.", {
  items: 100_000,
  rounds: 3,
  concurrency: 8,
  segments: 8,
  seed: 1,
});
const SMALL_SHARE = 4;
const SEED_TABLES = Object.values(MODELS).map(({ seedTable }) => seedTable);
const say = (text: string) => {
  if (!json) console.log(text);
};

// As npm run migrate has it: the items of a page are short-lived.
const NODE_OPTIONS = ["--max-semi-space-size=32"];
const run = (request: SideRequest) =>
  runSide<SideResult>(new URL("./bench-migrate/side.ts", import.meta.url), request, NODE_OPTIONS);

const createOne = (client: DynamoDBClient, table: string) =>
  client.send(new CreateTableCommand(createTableInput(table)), {});
const drop = (client: DynamoDBClient, tables: readonly string[]) =>
  Promise.all(tables.map((TableName) => client.send(new DeleteTableCommand({ TableName }), {})));

const engine = await startDynamoDbLocal();
const client = createLocalClient(engine.endpoint);
const state = mkdtempSync(join(tmpdir(), "bench-migrate-"));
try {
  const { items, rounds, concurrency, segments, seed } = numbers;
  const now = Math.floor(Date.now() / 1000);
  const common = { endpoint: engine.endpoint, segments, concurrency, pageSize: 500, now };

  say(`An estate of ${items} items: ${JSON.stringify(estateSizes(items))}`);
  // The small estate first, for the memory of the process alone.
  const small = Math.ceil(items / SMALL_SHARE);
  await createLegacyTables(client, "small-");
  await writeEstate(client, "small-", { items: small, seed, now });
  await createOne(client, "one-small");
  const ofSmall = await run({
    ...common,
    side: "migrate",
    prefix: "small-",
    table: "one-small",
    state: join(state, "small"),
  });
  await drop(client, ["one-small", ...SEED_TABLES.map((name) => `small-${name}`)]);

  await createLegacyTables(client, "old-");
  await writeEstate(client, "old-", { items, seed, now });
  const migrated = (table: string) =>
    run({ ...common, side: "migrate", prefix: "old-", table, state: join(state, table) });
  // The yardstick's source, and warmth for the engine.
  await createOne(client, "pattern");
  await migrated("pattern");

  const sides = {
    async migration(round: number) {
      await createOne(client, `one-${round}`);
      const result = await migrated(`one-${round}`);
      await drop(client, [`one-${round}`]);
      return result;
    },
    // The same items, as they become, into the same kind of table, in as many segments as the eleven tables have together.
    async rawCopy() {
      await createOne(client, "one-copy");
      const tables = [["pattern", "one-copy"]] as const;
      const result = await run({ ...common, side: "copy", tables, segments: segments * SEED_TABLES.length });
      await drop(client, ["one-copy"]);
      return result;
    },
    async elevenTables() {
      await createLegacyTables(client, "copy-");
      const tables = SEED_TABLES.map((name) => [`old-${name}`, `copy-${name}`] as const);
      const result = await run({ ...common, side: "copy", tables });
      await drop(
        client,
        tables.map(([, copy]) => copy),
      );
      return result;
    },
  };
  const names = Object.keys(sides) as (keyof typeof sides)[];
  const results = await interleaved(names, rounds, async (side, round) => {
    const result = await sides[side](round);
    say(`round ${round + 1}: ${side} ${result.seconds.toFixed(1)} s, ${result.items} items`);
    return result;
  });
  const secondsOf = (side: keyof typeof sides) => results[side].map(({ seconds }) => seconds);
  const peak = Math.max(...results.migration.map(({ peakMegabytes }) => peakMegabytes));
  const report = {
    migrate: {
      items,
      seconds: rounded(median(secondsOf("migration"))),
      rawCopySeconds: rounded(median(secondsOf("rawCopy"))),
      elevenTablesSeconds: rounded(median(secondsOf("elevenTables"))),
      ratio: rounded(medianRatio(secondsOf("migration"), secondsOf("rawCopy"))),
      ratioToElevenTables: rounded(medianRatio(secondsOf("migration"), secondsOf("elevenTables"))),
      peakMegabytes: peak,
      peakMegabytesOfQuarter: ofSmall.peakMegabytes,
    },
  };
  const { migrate: figures } = report;
  if (json) console.log(JSON.stringify(report));
  else {
    const rows: [string, number, number][] = [
      ["migration, from the eleven tables to the one", figures.seconds, 1],
      ["raw copy of the same items, to another one table", figures.rawCopySeconds, figures.ratio],
      ["raw copy of the eleven tables as they are", figures.elevenTablesSeconds, figures.ratioToElevenTables],
    ];
    console.log(`\n${textTable(["side", "seconds", "the migration takes, times"], rows)}`);
    console.log(`\nPeak memory: ${ofSmall.peakMegabytes} MB for ${small} items, ${peak} MB for ${items}.`);
    console.log(`migrate.ratio ${figures.ratio}`);
  }
} finally {
  rmSync(state, { recursive: true, force: true });
  client.destroy();
  await engine.stop();
}
