import { type SentRequest, Stub } from "../stubbed-client.ts";
import { type PreparedAct, prepareActs, recorded } from "./acts.ts";
import type { Act } from "./side.ts";
import { SIDES, type SideName } from "./sides.ts";

/**
 * One side in a process of its own, so that no library's code is compiled for another's objects: it runs the acts that
 * its parent asks for. By hand: `node --cpu-prof bundle.cjs ours get 20000`.
 */
export interface Slice {
  readonly act: Act;
  /** Times to run it; 0 tells its requests and its result in place of its speed. */
  readonly times: number;
}

export interface SliceReport {
  /** Microseconds of processor time and of wall time for each time. */
  readonly processor: number;
  readonly wall: number;
}

export interface ActReport {
  readonly requests: readonly SentRequest[];
  readonly result: unknown;
}

declare const gc: ((options: { type: "minor" }) => void) | undefined;

async function runSlice({ run }: PreparedAct, times: number): Promise<SliceReport> {
  // The garbage of one slice must not be swept up in the next. A full collection would throw compiled code away.
  if (typeof gc === "function") gc({ type: "minor" });
  const processor = process.cpuUsage();
  const started = performance.now();
  for (let time = 0; time < times; time++) await run();
  const wall = (performance.now() - started) * 1000;
  const used = process.cpuUsage(processor);
  return { processor: (used.user + used.system) / times, wall: wall / times };
}

async function main(): Promise<void> {
  const [name, act, times] = process.argv.slice(2);
  const stub = new Stub();
  const acts = await prepareActs(SIDES[name as SideName](stub), stub);
  const perform = async (slice: Slice): Promise<SliceReport | ActReport> => {
    const prepared = acts[slice.act];
    if (prepared === undefined) throw new Error(`${name} does not do ${slice.act}`);
    stub.answer(prepared.answers);
    if (slice.times > 0) return runSlice(prepared, slice.times);
    let result: unknown;
    const requests = await recorded(stub, async () => {
      result = await prepared.run();
    });
    return { requests, result };
  };
  if (act !== undefined) {
    await perform({ act: act as Act, times: 5000 });
    console.log(name, act, await perform({ act: act as Act, times: Number(times) }));
    return;
  }
  process.on("message", async (slice: Slice) => {
    process.send?.(await perform(slice));
  });
  process.send?.("ready");
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
