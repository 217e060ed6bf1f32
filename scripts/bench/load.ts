import "../shell/quiet-sdk.ts";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import {
  CreateTableCommand,
  DeleteTableCommand,
  type DynamoDBClient,
  paginateScan,
  ScanCommand,
} from "@aws-sdk/client-dynamodb";
import { createTableInput } from "../../entities/table.ts";
import { createLocalClient } from "../../testing/local-database.ts";
import { type DynamoDbLocal, startDynamoDbLocal } from "../engines/dynamodb-local.ts";
import { benchOptions } from "../measuring/bench-options.ts";
import { interleaved, median, medianRatio, rounded } from "../measuring/rounds.ts";
import { withTemporaryFolder } from "../shell/temporary-folder.ts";
import { textTable } from "../shell/text-table.ts";
import { bundle } from "./bundle.ts";
import type { LoadReport, LoadRequest, LoadSide } from "./load/loading.ts";
import { runNode } from "./node-process.ts";

/**
 * `npm run bench:load`: a bulk load into DynamoDB Local by our bulk writer and by BatchWriteItem by hand. Each load has a
 * process and a table of its own; the sides take turns. Both write the same items, which is checked.
 */
const CONCURRENCY = [1, 4, 8, 16] as const;
const SIDES: readonly LoadSide[] = ["raw", "ours"];
const TITLES: Readonly<Record<LoadSide, string>> = { raw: "BatchWriteItem by hand", ours: "our bulk writer" };

type Loads = Readonly<Record<LoadSide, readonly LoadReport[]>>;

/** Loads a fresh table, and tells how many items it holds then and its first few. */
async function load(program: string, client: DynamoDBClient, request: LoadRequest) {
  const { table } = request;
  await client.send(new CreateTableCommand(createTableInput(table)));
  try {
    const report = await runNode<LoadReport>(program, [JSON.stringify(request)]);
    return { report, stored: await storedIn(client, table) };
  } finally {
    await client.send(new DeleteTableCommand({ TableName: table }));
  }
}

async function storedIn(client: DynamoDBClient, table: string) {
  let count = 0;
  for await (const { Count = 0 } of paginateScan({ client }, { TableName: table, Select: "COUNT" })) count += Count;
  const { Items } = await client.send(new ScanCommand({ TableName: table, Limit: 20 }));
  return { count, Items };
}

async function measure(program: string, { endpoint }: DynamoDbLocal, items: number, rounds: number) {
  const client = createLocalClient(endpoint);
  let first: unknown;
  const one = async (side: LoadSide, concurrency: number) => {
    const { report, stored } = await load(program, client, { side, endpoint, table: "load", items, concurrency });
    if (stored.count !== items) throw new Error(`${TITLES[side]} wrote ${stored.count} of ${items} items`);
    first ??= stored;
    if (!isDeepStrictEqual(first, stored)) throw new Error("the sides do not write the same items");
    return report;
  };
  try {
    // The engine's own compiler warms up.
    for (const side of SIDES) await one(side, 4);
    const loads = new Map<number, Loads>();
    for (const concurrency of CONCURRENCY) {
      loads.set(concurrency, await interleaved(SIDES, rounds, (side) => one(side, concurrency)));
    }
    return loads;
  } finally {
    client.destroy();
  }
}

function ratiosOf({ ours, raw }: Loads) {
  const of = (value: (report: LoadReport) => number) => [ours.map(value), raw.map(value)] as const;
  const [ourSeconds, rawSeconds] = of(({ seconds }) => seconds);
  return { speed: medianRatio(rawSeconds, ourSeconds), memory: medianRatio(...of(({ memory }) => memory)) };
}

function printTable(loads: ReadonlyMap<number, Loads>, items: number): void {
  const rows = [...loads].flatMap(([concurrency, reports]) =>
    SIDES.map((side) => {
      const seconds = median(reports[side].map((report) => report.seconds));
      const { speed, memory } = ratiosOf(reports);
      const ratios = side === "ours" ? [speed.toFixed(2), memory.toFixed(2)] : ["1.00", "1.00"];
      const peak = Math.round(median(reports[side].map((report) => report.memory)));
      return [TITLES[side], concurrency, Math.round(items / seconds), ratios[0] ?? "", peak, ratios[1] ?? ""];
    }),
  );
  console.log(textTable(["side", "in flight", "items/s", "× by hand", "peak MB", "× by hand"], rows));
}

const { json, numbers } = benchOptions("bench:load", "A bulk load into DynamoDB Local: ours against one by hand.", {
  rounds: 5,
  items: 20_000,
});
await withTemporaryFolder("bench-", async (folder) => {
  const program = join(folder, "load.cjs");
  await bundle("load/process.ts", program);
  const engine = await startDynamoDbLocal();
  try {
    const loads = await measure(program, engine, numbers.items, numbers.rounds);
    printTable(loads, numbers.items);
    if (!json) return;
    const ratios = [...loads.values()].map(ratiosOf);
    const ratio = rounded(Math.min(...ratios.map(({ speed }) => speed)), 3);
    const memory = rounded(Math.max(...ratios.map((each) => each.memory)), 3);
    console.log(JSON.stringify({ load: { ratio, memory } }));
  } finally {
    await engine.stop();
  }
});
