import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { TableTarget } from "../../table/table-target.ts";
import { PassRecord } from "../pass-record.ts";

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
  /** The most memory that its process held, in MB, where the system tells. */
  readonly megabytes: number;
}

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** The high-water mark of a process's memory, as Linux tells it. */
function megabytesOf(pid: number | undefined): number {
  try {
    const [, kilobytes = "0"] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return Math.round(Number(kilobytes) / 1024);
  } catch {
    return 0;
  }
}

function start(checkout: string, script: string, words: readonly string[], environment: NodeJS.ProcessEnv): Running {
  const child = spawn(process.execPath, ["--import", "tsx", `scripts/${script}.ts`, ...words], {
    cwd: checkout,
    env: { ...process.env, ...environment, NODE_NO_WARNINGS: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [output, megabytes] = ["", 0];
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const looks = setInterval(() => {
    megabytes = Math.max(megabytes, megabytesOf(child.pid));
  }, 20);
  const ended = once(child, "close").then(() => {
    clearInterval(looks);
    return { code: child.exitCode, output, megabytes };
  });
  return { child, ended };
}

/** Runs a script of a checkout to its end. */
export const runIn = (
  checkout: string,
  script: string,
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<Ended> => start(checkout, script, words, environment).ended;

/** Kills a command with SIGKILL each time its pass has read the next share of the items, and then lets it end. */
export async function runKilled(
  target: TableTarget,
  { checkout, words, environment }: { checkout: string; words: readonly string[]; environment: NodeJS.ProcessEnv },
  items: number,
  kills: number,
): Promise<Ended & { readonly killedAt: readonly number[] }> {
  const record = new PassRecord(target);
  const killedAt: number[] = [];
  while (killedAt.length < kills) {
    const { child, ended } = start(checkout, "evolve", words, environment);
    const due = (items * (killedAt.length + 1)) / (kills + 1);
    let read = 0;
    while (child.exitCode === null && read < due) {
      await pause(10);
      read = (await record.running())?.read ?? 0;
    }
    if (child.exitCode !== null) return { ...(await ended), killedAt };
    child.kill("SIGKILL");
    await ended;
    killedAt.push(read);
  }
  return { ...(await runIn(checkout, "evolve", words, environment)), killedAt };
}
