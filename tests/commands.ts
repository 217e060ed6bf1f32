import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import type { CommandEnd, CommandRequest } from "./command-host.ts";

/** A command that ended with another code than 0. */
export class CommandFailure extends Error implements CommandEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  constructor(script: string, { code, stdout, stderr }: CommandEnd) {
    super(`${script} ended with ${code}: ${stderr}`);
    this.code = code;
    this.stdout = stdout;
    this.stderr = stderr;
  }
}

/** Where a command runs; the default is as Jest itself runs. */
export interface CommandPlace {
  readonly folder?: string;
  readonly environment?: Readonly<NodeJS.ProcessEnv>;
}

/** Runs commands of scripts/ for a test file, all of them in one process beside it. */
export function commandHost() {
  let host: ChildProcess | undefined;
  let last: Promise<unknown> = Promise.resolve();

  async function ask(request: CommandRequest): Promise<CommandEnd> {
    host ??= fork(resolve("tests/command-host.ts"), { execArgv: ["--import", "tsx"] });
    host.send(request);
    const [end] = (await once(host, "message")) as [CommandEnd];
    return end;
  }

  return {
    /** Runs a command to its end, such as `run("seed", ["--help"])`; rejects with a CommandFailure. */
    async run(script: string, words: readonly string[], { folder = ".", environment }: CommandPlace = {}) {
      const path = resolve(`scripts/${script}.ts`);
      const request = { path, words, folder: resolve(folder), environment: { ...process.env, ...environment } };
      const asked = last.then(() => ask(request));
      last = asked.catch(() => undefined);
      const end = await asked;
      if (end.code !== 0) throw new CommandFailure(script, end);
      return end;
    },
    async stop(): Promise<void> {
      if (host === undefined || host.exitCode !== null || host.signalCode !== null) return;
      const exit = once(host, "exit");
      // A library that a benchmark loads takes SIGTERM for itself and goes on.
      host.kill("SIGKILL");
      await exit;
    },
  };
}
