import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { canonicalJson } from "../digest.ts";
import { readSetAside } from "../json-lines.ts";
import { type EstateRequest, legacyEstate } from "../legacy-estate.ts";
import type { SourceItem } from "../values.ts";

const COMMAND = fileURLToPath(new URL("../migrate.ts", import.meta.url));

export interface CommandResult {
  readonly code: number | null;
  readonly output: string;
}

function start(words: readonly string[]): { child: ChildProcess; output: () => string; ended: Promise<unknown> } {
  const child = spawn(process.execPath, ["--import", "tsx", COMMAND, ...words], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  return { child, output: () => output, ended: once(child, "close") };
}

/** Runs the command to its end. */
export async function runMigrate(words: readonly string[]): Promise<CommandResult> {
  const { child, output, ended } = start(words);
  await ended;
  return { code: child.exitCode, output: output() };
}

/** How many items the checkpoints of a run say are dealt with. */
function progressOf(state: string): number {
  const runFile = join(state, "apply", "run.json");
  if (!existsSync(runFile)) return 0;
  const { id } = JSON.parse(readFileSync(runFile, "utf8")) as { id: string };
  const directory = join(state, "apply", id, "checkpoints");
  if (!existsSync(directory)) return 0;
  return readdirSync(directory)
    .filter((name) => /-\d+\.json$/.test(name))
    .reduce((sum, name) => sum + (JSON.parse(readFileSync(join(directory, name), "utf8")).counts?.read ?? 0), 0);
}

/** Runs the command and kills it with SIGKILL each time its checkpoints reach the next share of the items; returns the last run. */
export async function runKilled(
  words: readonly string[],
  state: string,
  items: number,
  kills: number,
  onKill: (dealtWith: number) => void = () => {},
): Promise<CommandResult & { readonly killed: number }> {
  let killed = 0;
  for (let kill = 1; kill <= kills; kill++) {
    const { child, ended } = start(words);
    const due = (items * kill) / (kills + 1);
    while (child.exitCode === null && progressOf(state) < due) await pause(5);
    if (child.exitCode !== null) break;
    child.kill("SIGKILL");
    await ended;
    killed++;
    onKill(progressOf(state));
  }
  return { ...(await runMigrate(words)), killed };
}

/** Runs the command and stops it with Ctrl-C's signal once its checkpoints tell of an item. */
export async function runStopped(words: readonly string[], state: string): Promise<CommandResult> {
  const { child, output, ended } = start(words);
  while (child.exitCode === null && progressOf(state) === 0) await pause(5);
  child.kill("SIGINT");
  await ended;
  return { code: child.exitCode, output: output() };
}

/** The same text for equal items: DynamoDB gives neither maps nor sets in their order. */
const sameText = (item: SourceItem): string =>
  canonicalJson(
    Object.fromEntries(
      Object.entries(item).map(([name, value]) => [
        name,
        value.SS === undefined ? value : { SS: [...value.SS].sort() },
      ]),
    ),
  );

/** What the quarantine of a finished run has too little or too much of, compared with the dirty rows of an estate. */
export async function quarantineFaults(state: string, request: EstateRequest): Promise<string[]> {
  const apply = join(state, "apply");
  const { id } = JSON.parse(readFileSync(join(apply, "run.json"), "utf8")) as { id: string };
  const expected = new Map<string, string>();
  for (const { entity, item, dirty } of legacyEstate(request))
    if (dirty !== undefined) expected.set(`${entity} ${sameText(item)}`, dirty);
  const faults: string[] = [];
  for (const name of readdirSync(join(apply, id)).filter((one) => /^quarantine-.*\.jsonl$/.test(one))) {
    for await (const { entity, item, reason, key, others = [] } of readSetAside(join(apply, id, name))) {
      const row = `${entity} ${sameText(item)}`;
      const dirty = expected.get(row);
      if (dirty === undefined) faults.push(`${entity} ${key} is in the quarantine twice, or is no dirty row`);
      else if (dirty !== reason.code) faults.push(`${entity} ${key} is quarantined as ${reason.code}, not ${dirty}`);
      else if (reason.code === "conflict" && others.length === 0) faults.push(`${entity} ${key} lacks its rival`);
      expected.delete(row);
    }
  }
  for (const row of expected.keys()) faults.push(`not in the quarantine: ${row.slice(0, 80)}`);
  return faults;
}
