import { UpdateTableCommand, waitUntilTableExists } from "@aws-sdk/client-dynamodb";
import { beginningOf, recordsFrom, shardsOf } from "../scripts/engines/local-streams.ts";
import type { StreamRecord } from "../services/streams.ts";
import type { TestTable } from "./engine.ts";

/** DynamoDB Local's own stream of a table, turned on. */
export interface EngineStream {
  /** All that was told so far, a shard after the other. */
  records(): Promise<StreamRecord[]>;
}

export async function turnOnStream({ client, table, endpoint }: TestTable): Promise<EngineStream> {
  const StreamSpecification = { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" } as const;
  const { TableDescription } = await client.send(new UpdateTableCommand({ TableName: table, StreamSpecification }));
  await waitUntilTableExists({ client, maxWaitTime: 30 }, { TableName: table });
  const arn = TableDescription?.LatestStreamArn ?? "";
  return {
    async records() {
      const told: StreamRecord[] = [];
      for (const shard of await shardsOf(endpoint, arn)) {
        let at: string | undefined = await beginningOf(endpoint, arn, shard);
        for (let empty = false; at !== undefined && !empty; ) {
          const { Records, NextShardIterator }: Awaited<ReturnType<typeof recordsFrom<StreamRecord>>> =
            await recordsFrom<StreamRecord>(endpoint, at);
          told.push(...Records);
          empty = Records.length === 0;
          at = NextShardIterator;
        }
      }
      return told;
    },
  };
}
