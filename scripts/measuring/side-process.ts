import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Runs one side of a benchmark in a process of its own, under tsx, and returns the JSON of its last line. */
export async function runSide<T>(script: URL, request: object, nodeOptions: readonly string[] = []): Promise<T> {
  const words = [...nodeOptions, "--import", "tsx", fileURLToPath(script), JSON.stringify(request)];
  const { stdout } = await promisify(execFile)(process.execPath, words);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as T;
}
