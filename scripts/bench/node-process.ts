import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Runs a script in a Node of its own, without tsx, and returns the JSON of its last line. */
export async function runNode<T>(script: string, args: readonly string[] = []): Promise<T> {
  const env = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true", NODE_OPTIONS: "" };
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...args], { env, maxBuffer: 1 << 24 });
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as T;
}
