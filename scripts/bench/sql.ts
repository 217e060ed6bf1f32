import "../shell/quiet-sdk.ts";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { CreateTableCommand } from "@aws-sdk/client-dynamodb";
import { createTableInput } from "../../entities/table.ts";
import { createLocalClient, LOCAL_ERASURE_SECRET } from "../../testing/local-database.ts";
import { startDynamoDbLocal } from "../engines/dynamodb-local.ts";
import { seedAccounts } from "../generator/seed-accounts.ts";
import { benchOptions } from "../measuring/bench-options.ts";
import { interleaved, median, medianRatio, rounded } from "../measuring/rounds.ts";
import { textTable } from "../shell/text-table.ts";
import type { SideRequest, SideResult } from "./sql/side.ts";

/**
 * `npm run bench:sql`: reading a table on DynamoDB Local into typed tables in a DuckDB file, against a raw scan of the same
 * table that throws the items away. Each in a process of its own.
 */
const { json, numbers } = benchOptions("bench:sql", "Reading a table into SQL against a raw scan of it.", {
  users: 10_000,
  rounds: 3,
});
const SIDES = ["scan", "load"] as const;
const TABLE = "bench-sql";
const say = (text: string) => {
  if (!json) console.log(text);
};

async function run(request: SideRequest): Promise<SideResult> {
  const script = fileURLToPath(new URL("./sql/side.ts", import.meta.url));
  const words = ["--import", "tsx", script, JSON.stringify(request)];
  const { stdout } = await promisify(execFile)(process.execPath, words);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as SideResult;
}

const engine = await startDynamoDbLocal();
const client = createLocalClient(engine.endpoint);
const folder = mkdtempSync(join(tmpdir(), "bench-sql-"));
try {
  await client.send(new CreateTableCommand(createTableInput(TABLE)));
  const now = Math.floor(Date.now() / 1000);
  const target = { client, table: TABLE, erasureSecret: LOCAL_ERASURE_SECRET };
  const { items } = await seedAccounts(target, { users: numbers.users, seed: 1, now });
  say(`${items.toLocaleString("en-US")} items, ${numbers.rounds} rounds, sides interleaved.`);
  const results = await interleaved(SIDES, numbers.rounds, (side, round) =>
    run({ side, endpoint: engine.endpoint, table: TABLE, file: join(folder, `${round}.duckdb`) }),
  );
  const wrong = SIDES.flatMap((side) => results[side]).find((one) => one.items !== items);
  if (wrong !== undefined) throw new Error(`a side read ${wrong.items} items, and there are ${items}`);
  const speeds = (side: (typeof SIDES)[number]) => results[side].map(({ seconds }) => items / seconds);
  const ratio = rounded(medianRatio(speeds("load"), speeds("scan")));
  const rows = SIDES.map((side) => [
    side === "scan" ? "raw scan" : "npm run sql",
    Math.round(median(speeds(side))),
    Math.max(...results[side].map(({ peakMegabytes }) => peakMegabytes)),
  ]);
  say(textTable(["", "items a second", "peak MB"], rows));
  say(`Items a second against the raw scan: ${ratio} (0.5 is wanted).`);
  if (json) {
    const peakMegabytes = Math.max(...results.load.map((one) => one.peakMegabytes));
    console.log(JSON.stringify({ items, ratio, peakMegabytes }));
  }
} finally {
  client.destroy();
  await engine.stop();
  rmSync(folder, { recursive: true, force: true });
}
