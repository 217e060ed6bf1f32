import "../shell/quiet-sdk.ts";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { benchOptions } from "../measuring/bench-options.ts";
import { bySide, interleaved, median, medianRatio, rounded } from "../measuring/rounds.ts";
import { withTemporaryFolder } from "../shell/temporary-folder.ts";
import { textTable } from "../shell/text-table.ts";
import { bundle } from "./bundle.ts";
import { checkComparable } from "./cpu/comparable.ts";
import type { ActReport, Slice, SliceReport } from "./cpu/process.ts";
import type { Act } from "./cpu/side.ts";
import { type SideName, sidesOf } from "./cpu/sides.ts";

/**
 * `npm run bench:cpu`: the work of the code alone, with HTTP stubbed. Each side runs in a process of its own, and the
 * sides take turns of a fifth of a second. What counts is processor time, which a busy machine inflates less than the
 * clock; each round gives a ratio, and the table shows the median.
 */
const TITLES: Readonly<Record<SideName, string>> = {
  documentClient: "DocumentClient by hand",
  ours: "ours",
  electrodb: "ElectroDB as it comes",
  toolbox: "dynamodb-toolbox",
  onetable: "dynamodb-onetable",
};
const ACTS = [
  "get",
  "create",
  "patch",
  "complete",
  "query",
  "batch",
  "outline",
  "thread",
  "overview",
] as const satisfies readonly Act[];
const NAMES = Object.keys(TITLES) as readonly SideName[];
const SLICE_MICROSECONDS = 200_000;
/** Each generation begins with new processes: the compiler's luck must not last for a whole run. */
const GENERATIONS = 2;

/** Processor time after which the compiler has mostly done its work on an act. */
const WARM_UP_MICROSECONDS = 1_500_000;

class SideProcess {
  private readonly child: ChildProcess;
  private waiting: { resolve(message: unknown): void; reject(error: Error): void } | undefined;

  private constructor(child: ChildProcess) {
    this.child = child;
    child.on("message", (message) => this.waiting?.resolve(message));
    child.on("exit", () => this.waiting?.reject(new Error("a side's process ended early")));
  }

  static async start(program: string, side: SideName): Promise<SideProcess> {
    const stdio = ["ignore", "inherit", "inherit", "ipc"] as const;
    const started = new SideProcess(spawn(process.execPath, ["--expose-gc", program, side], { stdio: [...stdio] }));
    await started.answer();
    return started;
  }

  async run(slice: Slice): Promise<SliceReport> {
    this.child.send(slice);
    return (await this.answer()) as SliceReport;
  }

  async describe(act: Act): Promise<ActReport> {
    this.child.send({ act, times: 0 } satisfies Slice);
    return (await this.answer()) as ActReport;
  }

  private answer(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
    });
  }

  async stop(): Promise<void> {
    this.waiting = undefined;
    const exited = once(this.child, "exit");
    // Not a signal: OneTable takes SIGTERM for itself.
    this.child.disconnect();
    await exited;
  }
}

type Sides = Readonly<Record<SideName, SideProcess>>;

async function withSides<T>(program: string, run: (sides: Sides) => Promise<T>): Promise<T> {
  const started = await Promise.all(NAMES.map(async (name) => [name, await SideProcess.start(program, name)] as const));
  try {
    return await run(Object.fromEntries(started) as Sides);
  } finally {
    await Promise.all(started.map(([, side]) => side.stop()));
  }
}

/** Runs an act until it is compiled, and tells how often it fits into a slice. */
async function warmUp(side: SideProcess, act: Act): Promise<number> {
  let processor = (await side.run({ act, times: 100 })).processor;
  for (let used = 0; used < WARM_UP_MICROSECONDS; ) {
    const times = Math.ceil(SLICE_MICROSECONDS / processor);
    processor = (await side.run({ act, times })).processor;
    used += times * processor;
  }
  return Math.ceil(SLICE_MICROSECONDS / processor);
}

type Microseconds = Readonly<Record<Act, Record<SideName, number[]>>>;

async function measure(program: string, rounds: number): Promise<Microseconds> {
  const all = bySide(ACTS, () => bySide<SideName, number[]>(NAMES, () => []));
  for (let generation = 0; generation < GENERATIONS; generation++) {
    await withSides(program, async (sides) => {
      for (const act of ACTS) {
        const names = sidesOf(act);
        const described = names.map(async (name) => [name, await sides[name].describe(act)] as const);
        checkComparable(act, Object.fromEntries(await Promise.all(described)));
        const times = {} as Record<SideName, number>;
        for (const name of names) times[name] = await warmUp(sides[name], act);
        const slices = await interleaved(names, rounds, (name) => sides[name].run({ act, times: times[name] }));
        for (const name of names) all[act][name].push(...slices[name].map(({ processor }) => processor));
      }
    });
  }
  return all;
}

function printTable(microseconds: Microseconds): void {
  const rows = ACTS.flatMap((act) =>
    sidesOf(act).map((name) => {
      const each = microseconds[act][name];
      const ratio = medianRatio(microseconds[act].documentClient, each);
      return [act, TITLES[name], rounded(median(each), 1), Math.round(1e6 / median(each)), ratio.toFixed(2)];
    }),
  );
  console.log(textTable(["act", "side", "µs of CPU", "ops/s of CPU", "× by hand"], rows));
}

const { json, numbers } = benchOptions("bench:cpu", "Processor time of calls with HTTP stubbed: ours against others.", {
  rounds: 8,
});
await withTemporaryFolder("bench-", async (folder) => {
  const program = join(folder, "cpu.cjs");
  await bundle("cpu/process.ts", program);
  const microseconds = await measure(program, numbers.rounds);
  printTable(microseconds);
  if (!json) return;
  const ratioOf = (act: Act) => rounded(medianRatio(microseconds[act].documentClient, microseconds[act].ours), 3);
  console.log(JSON.stringify({ cpu: Object.fromEntries(ACTS.map((act) => [act, ratioOf(act)])) }));
});
