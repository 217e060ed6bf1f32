import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

/** What a process of a packed release found. */
export interface WorkerReport {
  readonly name: string;
  readonly operations: number;
  /** How often a list was refused because its index was not there yet. */
  readonly refusals: number;
  /** Whether that list was answered in the end. */
  readonly isReady: boolean;
  readonly faults: readonly string[];
}

/** Starts processes of a packed release. */
export function startWorkers(
  program: string,
  names: readonly string[],
  seeded: number,
  environment: Readonly<Record<string, string>>,
): ChildProcess[] {
  return names.map((name, place) =>
    fork(program, [name, String(place), String(names.length), String(seeded)], {
      env: { ...process.env, ...environment, NODE_NO_WARNINGS: "1" },
      execArgv: [],
    }),
  );
}

/** Lets processes end what they are at, and gives what they found. */
export async function stopWorkers(workers: readonly ChildProcess[]): Promise<WorkerReport[]> {
  return Promise.all(
    workers.map(async (worker): Promise<WorkerReport> => {
      const told = once(worker, "message");
      const ended = once(worker, "exit").then(([code]) => {
        throw new Error(`a worker ended by itself: ${code}`);
      });
      worker.send("stop");
      const [report] = (await Promise.race([told, ended])) as [WorkerReport];
      ended.catch(() => {});
      return report;
    }),
  );
}
