import "../../shell/quiet-sdk.ts";
import { type EntityName, MODELS } from "../../../entities/models.ts";
import { createLocalClient, LOCAL_ERASURE_SECRET } from "../../../testing/local-database.ts";
import { ENUM_MAPPING } from "../enum-mapping.ts";
import { migrate } from "../run.ts";
import { rawCopy } from "./raw-copy.ts";

interface Common {
  readonly endpoint: string;
  readonly segments: number;
  readonly concurrency: number;
  readonly pageSize: number;
  readonly now: number;
}

export type SideRequest = Common &
  (
    | { readonly side: "migrate"; readonly prefix: string; readonly table: string; readonly state: string }
    | { readonly side: "copy"; readonly tables: readonly (readonly [string, string])[] }
  );

export interface SideResult {
  readonly seconds: number;
  readonly items: number;
  readonly peakMegabytes: number;
  /** CPU of this process. */
  readonly cpuSeconds: number;
}

/** One side in this process; the request is the only argument, the result the last line. */
async function itemsOf(request: SideRequest): Promise<number> {
  const client = createLocalClient(request.endpoint);
  try {
    if (request.side === "copy") return await rawCopy({ ...request, client });
    const { prefix, table, state, segments, concurrency, pageSize, now } = request;
    const { tables } = await migrate({
      source: client,
      target: client,
      table,
      entities: Object.keys(MODELS) as EntityName[],
      naming: { prefix },
      mapping: ENUM_MAPPING,
      keepSessions: true,
      erasureSecret: LOCAL_ERASURE_SECRET,
      state,
      apply: true,
      segments,
      concurrency,
      pageSize,
      clock: () => now,
    });
    return tables.reduce((sum, { counts }) => sum + counts.read, 0);
  } finally {
    client.destroy();
  }
}

const request = JSON.parse(process.argv[2] ?? "") as SideRequest;
const started = performance.now();
const items = await itemsOf(request);
const result: SideResult = {
  seconds: (performance.now() - started) / 1000,
  items,
  cpuSeconds: Math.round(process.cpuUsage().user / 1e5) / 10,
  peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
};
console.log(JSON.stringify(result));
