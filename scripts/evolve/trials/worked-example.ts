import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { applyDiff, copyCheckout } from "./checkout.ts";
import { actsOfPage } from "./page.ts";

/** A command of the page, and what it printed. */
export interface Followed {
  readonly line: string;
  readonly says: string;
  readonly printed: string;
}

/** Where the page's reader has the engine. */
const READERS_ENDPOINT = "http://127.0.0.1:8000";

/** What DynamoDB takes its time for is said as often as it takes. */
const withoutWaiting = (text: string): string =>
  text
    .split("\n")
    .filter((line) => !/^\s*(?:waiting: |items \d)/.test(line))
    .join("\n")
    .trim();

/** What a command prints, without the numbers of an estimate, which follow what is seeded. */
export const withoutEstimates = (text: string): string =>
  text.replace(/^( {5}costs: .*)$/gm, (line) => line.replace(/[\d,]+/g, "…"));

/** Follows docs/evolution.md in a copy of the checkout: applies its diffs, writes its files and runs its commands. */
export async function followPage(folder: string, endpoint: string): Promise<Followed[]> {
  copyCheckout(folder);
  const followed: Followed[] = [];
  for (const act of actsOfPage()) {
    if (act.kind === "diff") applyDiff(folder, act.text);
    else if (act.kind === "file") writeFileSync(join(folder, act.name), act.text);
    else {
      const printed = withoutWaiting((await run(folder, endpoint, act.line)).replaceAll(endpoint, READERS_ENDPOINT));
      followed.push({ line: act.line, says: withoutWaiting(act.prints), printed });
    }
  }
  return followed;
}

/** What a command prints, whether it ends well or not. */
async function run(cwd: string, endpoint: string, line: string): Promise<string> {
  const env = {
    ...process.env,
    DYNAMODB_ENDPOINT: endpoint,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    NODE_NO_WARNINGS: "1",
    NO_COLOR: "1",
  };
  const told = ({ stdout = "", stderr = "" }: { stdout?: string; stderr?: string }) => `${stdout}${stderr}`;
  return promisify(execFile)("sh", ["-c", line], { cwd, env }).then(told, told);
}
