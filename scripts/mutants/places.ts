import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "../../testing/lag/random.ts";
import { areaOf } from "./areas.ts";

/** Every file of these areas. */
export const filesOf = (areas: readonly string[]): string[] =>
  ["entities", "services", "scripts"].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .map((name) => join(folder, name))
      .filter((path) => path.endsWith(".ts") && areas.includes(areaOf(path) ?? "")),
  );

const isCode = (line: string): boolean => !/^\s*(?:\/?\*|\/\/|import |export type |\}|$)/.test(line);

const lineOf = (path: string, line: number): string => `${path}:${line}-${line}`;

/** The lines of code of these files, as Stryker names them. */
export const linesOf = (files: readonly string[]): string[] =>
  files.flatMap((path) =>
    readFileSync(path, "utf8")
      .split("\n")
      .flatMap((line, index) => (isCode(line) ? [lineOf(path, index + 1)] : [])),
  );

/** The lines that were added or changed since a commit. */
export function linesSince(commit: string): ReadonlySet<string> {
  const changes = execFileSync("git", ["diff", "--unified=0", "--no-color", commit], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  const lines = new Set<string>();
  let path = "";
  for (const line of changes.split("\n")) {
    path = /^\+\+\+ b\/(.*)$/.exec(line)?.[1] ?? path;
    const [, from, count = "1"] = /^@@ \S+ \+(\d+)(?:,(\d+))? @@/.exec(line) ?? [];
    for (let at = 0; from !== undefined && at < Number(count); at++) lines.add(lineOf(path, Number(from) + at));
  }
  return lines;
}

/** So many places, each drawn with the same chance. */
export function sampleOf(places: readonly string[], count: number, seed: number): string[] {
  const left = [...places];
  const next = seededRandom(seed);
  const drawn: string[] = [];
  while (drawn.length < count && left.length > 0) drawn.push(...left.splice(Math.floor(next() * left.length), 1));
  return drawn.sort();
}
