import { beginningOf, recordsFrom, type StreamPage, shardsOf } from "../scripts/engines/local-streams.ts";
import { makeChange } from "../scripts/table/convergence.ts";
import { readTable } from "../scripts/table/table-state.ts";
import type { StreamRecord } from "../services/streams.ts";
import type { TestTable } from "./engine.ts";

/** Turns on DynamoDB Local's own stream of a table; what is given reads all that it told so far, a shard after the other. */
export async function turnOnStream({ client, table, endpoint }: TestTable): Promise<() => Promise<StreamRecord[]>> {
  await makeChange({ client, table, say: () => undefined }, { type: "stream" }, "");
  const arn = (await readTable(client, table))?.stream?.arn ?? "";
  return async () => {
    const told: StreamRecord[] = [];
    for (const shard of await shardsOf(endpoint, arn)) {
      let page: StreamPage<StreamRecord>;
      let at: string | undefined = await beginningOf(endpoint, arn, shard);
      do {
        page = await recordsFrom<StreamRecord>(endpoint, at);
        told.push(...page.Records);
        at = page.NextShardIterator;
      } while (at !== undefined && page.Records.length > 0);
    }
    return told;
  };
}
