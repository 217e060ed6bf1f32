import { setTimeout as pause } from "node:timers/promises";
import type { StreamResponse } from "../../../services/streams.ts";
import { beginningOf, callStreams, recordsFrom, shardsOf } from "../../engines/local-streams.ts";
import type { StreamRecord } from "../stream-handler.ts";

/** Reads DynamoDB Local's streams as Lambda would: in order by shard, again after a failure, and some batches twice. */
export interface LocalStreams {
  /** Delivers what is there, until a whole round over all shards brought nothing. */
  drain(): Promise<void>;
  stop(): Promise<void>;
  readonly delivered: () => number;
}

type Handler = (event: { Records: StreamRecord[] }) => Promise<StreamResponse>;

interface Shard {
  readonly arn: string;
  readonly id: string;
  iterator: string | undefined;
  over: boolean;
}

export async function followStreams(
  endpoint: string,
  prefix: string,
  handler: Handler,
  chance: () => number,
): Promise<LocalStreams> {
  const shards = new Map<string, Shard>();
  let delivered = 0;
  let stopped = false;

  async function findShards(): Promise<void> {
    const listed = await callStreams<{ Streams: { StreamArn: string; TableName: string }[] }>(
      endpoint,
      "ListStreams",
      {},
    );
    for (const { StreamArn: arn, TableName } of listed.Streams) {
      if (!TableName.startsWith(prefix)) continue;
      for (const id of await shardsOf(endpoint, arn))
        if (!shards.has(id)) shards.set(id, { arn, id, iterator: undefined, over: false });
    }
  }

  async function deliver(arn: string, records: StreamRecord[]): Promise<void> {
    let left = records.map((record) => ({ ...record, eventSourceARN: arn }));
    if (chance() < 0.1) left = [...left].reverse();
    while (left.length > 0) {
      const { batchItemFailures } = await handler({ Records: left });
      const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      const first = left.findIndex(({ dynamodb }) => failed.has(dynamodb?.SequenceNumber ?? ""));
      if (first < 0) break;
      left = left.slice(first);
    }
    if (chance() < 0.1) await handler({ Records: records.map((record) => ({ ...record, eventSourceARN: arn })) });
    delivered += records.length;
  }

  /** One round over all shards; whether it brought anything. */
  async function round(): Promise<boolean> {
    await findShards();
    let any = false;
    for (const shard of shards.values()) {
      if (shard.over) continue;
      shard.iterator ??= await beginningOf(endpoint, shard.arn, shard.id);
      const { Records, NextShardIterator } = await recordsFrom<StreamRecord>(endpoint, shard.iterator);
      if (Records.length > 0) {
        any = true;
        await deliver(shard.arn, Records);
      }
      shard.iterator = NextShardIterator;
      shard.over = NextShardIterator === undefined;
    }
    return any;
  }

  const following = (async () => {
    while (!stopped) if (!(await round())) await pause(50);
  })();
  // A failure is thrown where the streams are stopped.
  following.catch(() => {});

  return {
    delivered: () => delivered,
    async drain() {
      stopped = true;
      await following;
      let quiet = 0;
      while (quiet < 3) quiet = (await round()) ? 0 : quiet + 1;
    },
    async stop() {
      stopped = true;
      await following;
    },
  };
}
