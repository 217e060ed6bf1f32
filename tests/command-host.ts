import { pathToFileURL } from "node:url";
import { inspect } from "node:util";

/**
 * Runs commands of scripts/ one after another in this process, each as if it had one of its own: with its words, its folder
 * and its environment. What they share is loaded once.
 */
export interface CommandRequest {
  /** Path of the script. */
  readonly path: string;
  readonly words: readonly string[];
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** What a process leaves. */
export interface CommandEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Thrown where the process would end. */
class Exit extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

const printed = { stdout: "", stderr: "" };
for (const name of ["stdout", "stderr"] as const) {
  process[name].write = (text: string | Uint8Array) => {
    printed[name] += text.toString();
    return true;
  };
}
process.exit = (code) => {
  throw new Exit(Number(code ?? process.exitCode ?? 0));
};

let runs = 0;

async function run({ path, words, folder, environment }: CommandRequest): Promise<CommandEnd> {
  Object.assign(printed, { stdout: "", stderr: "" });
  process.argv = [process.execPath, path, ...words];
  process.env = environment;
  process.exitCode = 0;
  process.chdir(folder);
  try {
    // Each query is a module of its own: the command runs anew.
    await import(`${pathToFileURL(path).href}?run=${runs++}`);
  } catch (error) {
    if (!(error instanceof Exit)) process.stderr.write(`${inspect(error)}\n`);
    process.exitCode = error instanceof Exit ? error.code : 1;
  }
  return { code: Number(process.exitCode), ...printed };
}

process.on("message", async (request: CommandRequest) => process.send?.(await run(request)));
