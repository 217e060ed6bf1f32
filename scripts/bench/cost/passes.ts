import { isDeepStrictEqual } from "node:util";
import { CreateTableCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { createTableInput } from "../../../entities/table.ts";
import { createClient } from "../../../services/client.ts";
import { createDataLayer } from "../../../services/data-layer.ts";
import { LOCAL_CREDENTIALS, LOCAL_ERASURE_SECRET, LOCAL_REGION } from "../../../testing/local-database.ts";
import { createElevenTables, type Design } from "../../eleven-tables/definitions.ts";
import { createElevenTablesSide } from "../eleven-tables.ts";
import type { Preload } from "./fixtures.ts";
import { START } from "./fixtures.ts";
import { addMeasurements, type Measurement, NOTHING, Recorder } from "./measure.ts";
import { preloadEleven, preloadOurs } from "./preload.ts";
import type { Side } from "./side.ts";
import type { Act, Step } from "./steps.ts";

/**
 * `unguarded` are the eleven tables without a look for erasures and suspensions that run at the same time; `projected` and `optimised`
 * are eleven tables as somebody would index them who knows our access patterns.
 */
export const OTHER_SIDES = ["eleven", "unguarded", "projected", "optimised"] as const;
export type OtherSide = (typeof OTHER_SIDES)[number];
export const SIDE_NAMES = ["ours", ...OTHER_SIDES] as const;
export type SideName = (typeof SIDE_NAMES)[number];

/** Tables of their own with one side's functions on them. */
export interface Bench {
  readonly side: Side;
  readonly client: DynamoDBClient;
  /** What stands before the tables' names, or our table's name. */
  readonly tables: string;
  readonly recorder: Recorder;
  preload(items: Preload): Promise<void>;
  /** Lets a second pass. */
  tick(): void;
  close(): void;
}

/** The name of our table in measurements. */
const ONE_TABLE = "one-table";

/** The same client on both sides: no retries, so that a request is one request. */
function benchClient(endpoint: string): DynamoDBClient {
  return createClient({
    endpoint,
    region: LOCAL_REGION,
    credentials: LOCAL_CREDENTIALS,
    maxAttempts: 1,
    // DynamoDB Local on a busy machine is slower than DynamoDB.
    requestHandler: { requestTimeout: 60_000 },
  });
}

function clockOf() {
  let now = START;
  return {
    clock: () => now,
    tick: () => {
      now++;
    },
  };
}

export async function createOursBench(endpoint: string, name: string) {
  const client = benchClient(endpoint);
  const { clock, tick } = clockOf();
  const tables = `${name}-${ONE_TABLE}`;
  await client.send(new CreateTableCommand(createTableInput(tables)));
  const recorder = new Recorder(client, `${name}-`);
  // A handler that watches its costs asks for them and is told of each request.
  const layer = createDataLayer({
    client,
    table: tables,
    clock,
    erasureSecret: LOCAL_ERASURE_SECRET,
    cursorSecret: LOCAL_ERASURE_SECRET,
    consumedCapacity: true,
    onRequest: () => {},
  });
  return {
    side: layer,
    layer,
    client,
    tables,
    recorder,
    preload: (items: Preload) => preloadOurs(layer.context, items),
    tick,
    close: () => client.destroy(),
  } satisfies Bench & { layer: typeof layer };
}

async function createElevenBench(
  endpoint: string,
  name: string,
  { guarded = true, design = "seed" }: { readonly guarded?: boolean; readonly design?: Design },
): Promise<Bench> {
  const client = benchClient(endpoint);
  const { clock, tick } = clockOf();
  const tables = `${name}-`;
  await createElevenTables(client, tables, design);
  return {
    side: createElevenTablesSide({ client, prefix: tables, clock, guarded, design }),
    client,
    tables,
    recorder: new Recorder(client, tables),
    preload: (items) => preloadEleven(client, tables, items),
    tick,
    close: () => client.destroy(),
  };
}

const KINDS = {
  eleven: {},
  unguarded: { guarded: false },
  projected: { design: "projected" },
  optimised: { design: "optimised" },
} as const;

export const createBench = (endpoint: string, side: SideName, name: string): Promise<Bench> =>
  side === "ours" ? createOursBench(endpoint, name) : createElevenBench(endpoint, name, KINDS[side]);

export interface StepResult {
  readonly measured: Measurement;
  /** What each act gave back. */
  readonly results: readonly unknown[];
}

/** Runs the steps in order and tells by their names what each took. */
export async function measureSteps(bench: Bench, steps: readonly Step[]): Promise<ReadonlyMap<string, StepResult>> {
  const all = new Map<string, StepResult>();
  for (const { name, acts } of steps) {
    let measured = NOTHING;
    const results: unknown[] = [];
    for (const act of acts) {
      bench.tick();
      measured = addMeasurements(measured, await measureAct(bench, act, results));
    }
    all.set(name, { measured, results });
  }
  return all;
}

const measureAct = ({ recorder }: Bench, { run }: Act, results: unknown[]) =>
  recorder.measure(async () => {
    results.push(await run());
  });

/** Ids and cursors are each side's own; all else must be alike. */
const masked = (results: readonly unknown[]): unknown =>
  JSON.parse(
    JSON.stringify(results, (name, value) => {
      if (name === "cursor" && value !== null) return "<cursor>";
      return name === "session_id" ? "<id>" : value;
    }).replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g, "<id>"),
  );

/** Refuses a comparison of unlike work: after the same calls both sides must have given back the same values. */
export function checkComparable(ours: ReadonlyMap<string, StepResult>, theirs: ReadonlyMap<string, StepResult>): void {
  for (const [step, { results }] of ours) {
    const [mine, other] = [masked(results), masked(theirs.get(step)?.results ?? [])];
    if (!isDeepStrictEqual(mine, other))
      throw new Error(`${step}: the sides differ: ${JSON.stringify(mine)} and ${JSON.stringify(other)}`);
  }
}
