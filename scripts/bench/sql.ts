import "../shell/quiet-sdk.ts";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { CreateTableCommand } from "@aws-sdk/client-dynamodb";
import { createTableInput } from "../../entities/table.ts";
import { createLocalClient, LOCAL_ERASURE_SECRET } from "../../testing/local-database.ts";
import { startDynamoDbLocal } from "../engines/dynamodb-local.ts";
import { seedAccounts } from "../generator/seed-accounts.ts";
import { benchOptions } from "../measuring/bench-options.ts";
import { interleaved, median, medianRatio, rounded } from "../measuring/rounds.ts";
import { runSide } from "../measuring/side-process.ts";
import { withTemporaryFolder } from "../shell/temporary-folder.ts";
import { textTable } from "../shell/text-table.ts";
import { writeExport } from "./sql/export.ts";
import type { SideRequest, SideResult, SideSource } from "./sql/side.ts";

/**
 * `npm run bench:sql`: reading a table on DynamoDB Local, and a large export, into typed tables in a DuckDB file, against
 * reading the same raw and throwing the items away. Each side in a process of its own.
 */
const { json, numbers } = benchOptions("bench:sql", "Reading a table and an export into SQL against raw reading.", {
  users: 10_000,
  exported: 90_500,
  rounds: 3,
});
const SIDES = ["raw", "load"] as const;
const SIDE = new URL("./sql/side.ts", import.meta.url);
const TABLE = "bench-sql";
/** The small export, by which memory is told not to grow. */
const SMALL_SHARE = 4;
const say = (text: string) => {
  if (!json) console.log(text);
};

interface Measured {
  readonly items: number;
  /** Items a second of the load against raw reading. */
  readonly ratio: number;
  readonly peakMegabytes: number;
}

async function measure(folder: string, what: string, items: number, source: SideSource): Promise<Measured> {
  say(`${what}, ${items.toLocaleString("en-US")} items:`);
  const results = await interleaved(SIDES, numbers.rounds, async (side, round) => {
    const file = join(folder, `${round}.duckdb`);
    const result = await runSide<SideResult>(SIDE, { side, source, file } satisfies SideRequest);
    rmSync(file, { force: true });
    return result;
  });
  const wrong = SIDES.flatMap((side) => results[side]).find((one) => one.items !== items);
  if (wrong !== undefined) throw new Error(`a side read ${wrong.items} items, and there are ${items}`);
  const speeds = (side: (typeof SIDES)[number]) => results[side].map(({ seconds }) => items / seconds);
  const peaks = (side: (typeof SIDES)[number]) => Math.max(...results[side].map((one) => one.peakMegabytes));
  const rows = SIDES.map((side) => [
    side === "raw" ? "raw" : "npm run sql",
    Math.round(median(speeds(side))),
    peaks(side),
  ]);
  say(textTable(["", "items a second", "peak MB"], rows));
  const ratio = rounded(medianRatio(speeds("load"), speeds("raw")));
  say(`Items a second against raw reading: ${ratio}.\n`);
  return { items, ratio, peakMegabytes: peaks("load") };
}

async function measureTable(folder: string, now: number): Promise<Measured> {
  const engine = await startDynamoDbLocal();
  const client = createLocalClient(engine.endpoint);
  try {
    await client.send(new CreateTableCommand(createTableInput(TABLE)));
    const target = { client, table: TABLE, erasureSecret: LOCAL_ERASURE_SECRET };
    const { items } = await seedAccounts(target, { users: numbers.users, seed: 1, now });
    return await measure(folder, "A table on DynamoDB Local", items, { endpoint: engine.endpoint, table: TABLE });
  } finally {
    client.destroy();
    await engine.stop();
  }
}

async function measureExport(folder: string, name: string, users: number, now: number): Promise<Measured> {
  const at = join(folder, name);
  return measure(folder, "An export to S3", writeExport(at, users, now), { folder: at });
}

await withTemporaryFolder("bench-sql-", async (folder) => {
  const now = Math.floor(Date.now() / 1000);
  const table = await measureTable(folder, now);
  const small = await measureExport(folder, "small", Math.ceil(numbers.exported / SMALL_SHARE), now);
  const large = await measureExport(folder, "large", numbers.exported, now);
  say(`Peak memory of ${SMALL_SHARE} times the items: ${rounded(large.peakMegabytes / small.peakMegabytes)} times.`);
  if (json) console.log(JSON.stringify({ table, small, large }));
});
