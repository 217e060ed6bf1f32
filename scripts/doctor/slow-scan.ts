import { randomInt } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { ScanCommand, type ScanCommandOutput } from "@aws-sdk/lib-dynamodb";
import type { DataContext } from "../../services/storage/context.ts";
import type { StoredItem } from "../../services/storage/requests.ts";

export interface SlowScanOptions {
  /** How many items to read; left out: all. */
  readonly items?: number;
  /** How many the table is thought to hold, so that a sample can begin anywhere in it. */
  readonly itemCount: number;
  /** Read units a second. */
  readonly rate: number;
  /** Whether it sees everything that was written before, at twice the units. Default: false. */
  readonly consistent?: boolean;
}

const PAGE = 100;
const MOST_SEGMENTS = 1_000_000;
const THROTTLED = /Throttl|ProvisionedThroughputExceeded|RequestLimitExceeded/;
const THROTTLED_ATTEMPTS = 10;

/**
 * Reads items one page at a time, and pauses so that the reads stay under a rate. A sample begins at a random one of as
 * many segments as it fits into the table, and goes round: the items are others each time, and none comes twice.
 */
export async function* slowScan(context: DataContext, options: SlowScanOptions): AsyncGenerator<StoredItem> {
  const { items = Number.POSITIVE_INFINITY, itemCount } = options;
  const segments = Math.min(MOST_SEGMENTS, Math.max(1, Math.floor(itemCount / items)));
  const first = randomInt(segments);
  let left = items;
  for (let step = 0; step < segments && left > 0; step++) {
    const segment = { Segment: (first + step) % segments, TotalSegments: segments };
    let startKey: Record<string, unknown> | undefined;
    do {
      const page = await readPage(context, segment, Math.min(PAGE, left), options, startKey);
      for (const item of page.Items ?? []) {
        yield item;
        left--;
      }
      startKey = page.LastEvaluatedKey;
    } while (startKey !== undefined && left > 0);
  }
}

/** One page, and the pause that it costs. */
async function readPage(
  { client, table }: DataContext,
  segment: { readonly Segment: number; readonly TotalSegments: number },
  limit: number,
  { rate, consistent = false }: SlowScanOptions,
  startKey: Record<string, unknown> | undefined,
): Promise<ScanCommandOutput> {
  const started = performance.now();
  const command = new ScanCommand({
    TableName: table,
    Limit: limit,
    ConsistentRead: consistent,
    ReturnConsumedCapacity: "TOTAL",
    ...segment,
    ...(startKey === undefined ? {} : { ExclusiveStartKey: startKey }),
  });
  for (let attempt = 1; ; attempt++) {
    try {
      const page = await client.send(command);
      const units = page.ConsumedCapacity?.CapacityUnits ?? 0;
      const due = (units / rate) * 1000 - (performance.now() - started);
      if (due > 0) await pause(due);
      return page;
    } catch (error) {
      if (attempt === THROTTLED_ATTEMPTS || !THROTTLED.test((error as Error).name)) throw error;
      await pause(attempt * 1000);
    }
  }
}
