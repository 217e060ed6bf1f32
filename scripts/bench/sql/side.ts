import "../../shell/quiet-sdk.ts";
import { createReadStream, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";
import { paginateScan } from "@aws-sdk/client-dynamodb";
import { createLocalClient, LOCAL_ERASURE_SECRET } from "../../../testing/local-database.ts";
import { exportSource } from "../../sql/export-source.ts";
import { pseudonymous } from "../../sql/person-rules.ts";
import { type Reading, SEGMENTS, tableReading } from "../../sql/table-source.ts";
import { TypedDatabase } from "../../sql/typed-database.ts";

/** A table on DynamoDB Local, or the folder of an export. */
export type SideSource = { readonly endpoint: string; readonly table: string } | { readonly folder: string };

/** One side of the benchmark, in a process of its own so that its memory is told apart. */
export interface SideRequest {
  readonly side: "raw" | "load";
  readonly source: SideSource;
  /** Where the load keeps what it reads. */
  readonly file: string;
}

export interface SideResult {
  readonly items: number;
  readonly seconds: number;
  readonly peakMegabytes: number;
}

const { side, source, file } = JSON.parse(process.argv[2] ?? "") as SideRequest;

/** Reads all items by the low-level client, and throws them away. */
async function scanned(endpoint: string, table: string): Promise<number> {
  const client = createLocalClient(endpoint);
  const ofSegment = async (segment: number) => {
    let items = 0;
    const input = { TableName: table, ConsistentRead: true, Segment: segment, TotalSegments: SEGMENTS };
    for await (const { Items = [] } of paginateScan({ client }, input)) items += Items.length;
    return items;
  };
  const counts = await Promise.all(Array.from({ length: SEGMENTS }, (_, segment) => ofSegment(segment)));
  client.destroy();
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Reads all items of an export's files, and throws them away. */
async function unpacked(folder: string): Promise<number> {
  let items = 0;
  for (const name of readdirSync(join(folder, "data"))) {
    const input = createReadStream(join(folder, "data", name)).pipe(createGunzip());
    for await (const line of createInterface({ input })) if ("Item" in JSON.parse(line)) items++;
  }
  return items;
}

async function loaded(reading: Reading): Promise<number> {
  let items = 0;
  const database = await TypedDatabase.open(file, pseudonymous(LOCAL_ERASURE_SECRET));
  await reading(new Map(), async (batch) => {
    items += batch.items.length;
    await database.add(batch);
  });
  await database.settle();
  await database.close();
  return items;
}

async function run(): Promise<number> {
  if ("folder" in source) {
    return side === "raw" ? unpacked(source.folder) : loaded(exportSource([source.folder]).reading);
  }
  const { endpoint, table } = source;
  return side === "raw" ? scanned(endpoint, table) : loaded(tableReading(createLocalClient(endpoint), table));
}

const started = performance.now();
const items = await run();
const seconds = (performance.now() - started) / 1000;
const result: SideResult = { items, seconds, peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024) };
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit());
