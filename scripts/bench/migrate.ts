import "../quiet-sdk.ts";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { CreateTableCommand, DeleteTableCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { MODELS } from "../../entities/models.ts";
import { createTableInput } from "../../entities/table.ts";
import { startDynamoDbLocal } from "../dynamodb-local.ts";
import { createLocalClient } from "../local-database.ts";
import { createLegacyTables, estateSizes, writeEstate } from "../migration/legacy-estate.ts";
import { benchOptions } from "./bench-options.ts";
import type { SideRequest, SideResult } from "./migrate/side.ts";
import { median, medianRatio, rounded } from "./rounds.ts";
import { textTable } from "./text-table.ts";

/**
 * `npm run bench:migrate`: the migration of a generated estate against raw scan-and-BatchWriteItem copies of the same items
 * on DynamoDB Local, each side in a process of its own, at the same segments, page size and concurrency.
 */
const { json, numbers } = benchOptions({ items: 100_000, rounds: 3, concurrency: 8, segments: 8, seed: 1 });
const SMALL_SHARE = 4;
const SEED_TABLES = Object.values(MODELS).map(({ seedTable }) => seedTable);
const say = (text: string) => {
  if (!json) console.log(text);
};

async function run(request: SideRequest): Promise<SideResult> {
  const script = fileURLToPath(new URL("./migrate/side.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", script, JSON.stringify(request)]);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as SideResult;
}

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
  const pairs = (prefix: string) => SEED_TABLES.map((name) => [`old-${name}`, `${prefix}${name}`] as const);

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
  const seconds = { migrate: [] as number[], eleven: [] as number[], one: [] as number[] };
  let ofAll: SideResult | undefined;
  for (let round = 0; round < rounds; round++) {
    const sides = {
      migrate: async () => {
        await createOne(client, `one-${round}`);
        ofAll = await run({
          ...common,
          side: "migrate",
          prefix: "old-",
          table: `one-${round}`,
          state: join(state, `${round}`),
        });
        return ofAll;
      },
      eleven: async () => {
        await createLegacyTables(client, "copy-");
        const result = await run({ ...common, side: "copy", tables: pairs("copy-") });
        await drop(
          client,
          SEED_TABLES.map((name) => `copy-${name}`),
        );
        return result;
      },
    };
    const names = round % 2 === 0 ? (["migrate", "eleven"] as const) : (["eleven", "migrate"] as const);
    for (const name of names) {
      const result = await sides[name]();
      seconds[name].push(result.seconds);
      say(`round ${round + 1}: ${name} ${result.seconds.toFixed(1)} s, ${result.items} items`);
    }
    await createOne(client, "one-copy");
    // As many segments as the eleven tables have together.
    const copy = { tables: [[`one-${round}`, "one-copy"]] as const, segments: segments * SEED_TABLES.length };
    const result = await run({ ...common, side: "copy", ...copy });
    seconds.one.push(result.seconds);
    say(`round ${round + 1}: one ${result.seconds.toFixed(1)} s, ${result.items} items`);
    await drop(client, [`one-${round}`, "one-copy"]);
  }
  const report = {
    migrate: {
      items,
      seconds: rounded(median(seconds.migrate)),
      rawSeconds: rounded(median(seconds.eleven)),
      ratio: rounded(medianRatio(seconds.migrate, seconds.eleven)),
      ratioToOneTable: rounded(medianRatio(seconds.migrate, seconds.one)),
      peakMegabytes: ofAll?.peakMegabytes ?? 0,
      peakMegabytesOfQuarter: ofSmall.peakMegabytes,
    },
  };
  if (json) console.log(JSON.stringify(report));
  else {
    const rows: [string, number, number][] = [
      ["migration, to the one table", report.migrate.seconds, 1],
      ["raw copy of the eleven tables", report.migrate.rawSeconds, report.migrate.ratio],
      ["raw copy of the migrated table", rounded(median(seconds.one)), report.migrate.ratioToOneTable],
    ];
    console.log(`\n${textTable(["side", "seconds", "migration takes so many times"], rows)}`);
    console.log(
      `\nPeak memory: ${ofSmall.peakMegabytes} MB for ${small} items, ${report.migrate.peakMegabytes} MB for ${items}.`,
    );
    console.log(`migrate.ratio ${report.migrate.ratio}`);
  }
} finally {
  rmSync(state, { recursive: true, force: true });
  client.destroy();
  await engine.stop();
}
