import "../../shell/quiet-sdk.ts";
import { paginateScan } from "@aws-sdk/client-dynamodb";
import { createLocalClient, LOCAL_ERASURE_SECRET } from "../../../testing/local-database.ts";
import { pseudonymous } from "../../sql/person-rules.ts";
import { SEGMENTS, tableReading } from "../../sql/table-source.ts";
import { TypedDatabase } from "../../sql/typed-database.ts";

/** One side of the benchmark, in a process of its own so that its memory is told apart. */
export interface SideRequest {
  readonly side: "scan" | "load";
  readonly endpoint: string;
  readonly table: string;
  /** Where the load keeps what it reads. */
  readonly file: string;
}

export interface SideResult {
  readonly items: number;
  readonly seconds: number;
  readonly peakMegabytes: number;
}

const request = JSON.parse(process.argv[2] ?? "") as SideRequest;
const client = createLocalClient(request.endpoint);

/** Reads all items by the low-level client, and throws them away. */
async function scan(): Promise<number> {
  const ofSegment = async (segment: number) => {
    let items = 0;
    const input = { TableName: request.table, ConsistentRead: true, Segment: segment, TotalSegments: SEGMENTS };
    for await (const { Items = [] } of paginateScan({ client }, input)) items += Items.length;
    return items;
  };
  const counts = await Promise.all(Array.from({ length: SEGMENTS }, (_, segment) => ofSegment(segment)));
  return counts.reduce((sum, count) => sum + count, 0);
}

async function load(): Promise<number> {
  let items = 0;
  const database = await TypedDatabase.open(request.file, pseudonymous(LOCAL_ERASURE_SECRET));
  await tableReading(client, request.table)(new Map(), async (batch) => {
    items += batch.items.length;
    await database.add(batch);
  });
  await database.settle();
  await database.close();
  return items;
}

const started = performance.now();
const items = request.side === "scan" ? await scan() : await load();
const seconds = (performance.now() - started) / 1000;
client.destroy();
const result: SideResult = { items, seconds, peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024) };
console.log(JSON.stringify(result));
