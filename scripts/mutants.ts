import "./shell/quiet-sdk.ts";
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { Stryker } from "@stryker-mutator/core";
import { Command } from "commander";
import { AREAS, areaOf, FAR_TESTS, nearTests } from "./mutants/areas.ts";
import { EQUIVALENT_MUTANTS } from "./mutants/equivalent-mutants.ts";
import { addOwnMutators } from "./mutants/own-mutators.ts";
import { filesOf, linesOf, linesSince, sampleOf } from "./mutants/places.ts";
import { runCommand, wholeNumber } from "./shell/command-line.ts";
import { textTable } from "./shell/text-table.ts";

/** `npm run mutants`: how many faults of one operator, value, call or order the everyday tests notice. */
const command = new Command("npm run mutants --")
  .description("Mutate the source a place at a time, and tell which mutants the everyday tests let live.")
  .argument("[areas...]", `${Object.keys(AREAS).join(", ")} (default: all)`)
  .option("--file <pattern...>", "only these files, or lines of them, such as services/sessions.ts:10-40")
  .option("--changed <commit>", "only lines that changed since this commit")
  .option("--sample <lines>", "so many lines of these, drawn by the seed", wholeNumber(1))
  .option("--seed <number>", "draws the sample", wholeNumber(0, 2 ** 31), 1)
  .option("--far", "let the tests of faults look at what the near ones let live")
  .option("--floor <percent>", "fail when fewer are noticed", wholeNumber(0, 100), 0)
  .showHelpAfterError("(--help tells the options)")
  .parse();

interface Options {
  readonly file?: string[];
  readonly changed?: string;
  readonly sample?: number;
  readonly seed: number;
  readonly far?: true;
  readonly floor: number;
}
const options = command.opts<Options>();

type Result = Awaited<ReturnType<Stryker["runMutationTest"]>>[number];

const pathOf = (place: string): string => place.replace(/:.*/, "");

/** Files, or lines of files, as Stryker takes them. */
function placesOf(areas: readonly string[]): string[] {
  const files = filesOf(areas);
  if (options.file !== undefined) return options.file.filter((place) => files.includes(pathOf(place)));
  if (options.changed === undefined && options.sample === undefined) return files;
  const changed = options.changed === undefined ? undefined : linesSince(options.changed);
  const lines = linesOf(files).filter((line) => changed?.has(line) !== false);
  return options.sample === undefined ? lines : sampleOf(lines, options.sample, options.seed);
}

const jest = (tests: string): string => `npx jest --bail --silent --maxWorkers=1 "${tests}"`;

/** A process of Jest for each mutant, which ends with the first file of tests that notices it. */
async function runMutants(mutate: string[], tests: string): Promise<readonly Result[]> {
  const stryker = new Stryker({
    mutate,
    testRunner: "command",
    commandRunner: { command: options.far === true ? `${jest(tests)} && ${jest(FAR_TESTS)}` : jest(tests) },
    // Most code runs while a file of tests prepares its tables: asked which test covers it, Stryker would run them all.
    coverageAnalysis: "off",
    tsconfigFile: "none",
    disableTypeChecks: false,
    reporters: ["progress-append-only"],
    concurrency: 2,
    timeoutMS: 10_000,
    // Jest looks for no tests below node_modules.
    tempDirName: ".stryker",
    ignorePatterns: ["dist", "coverage", ".migration"],
  });
  return stryker.runMutationTest();
}

interface Mutant {
  readonly file: string;
  readonly line: number;
  readonly code: string;
  readonly mutant: string;
  readonly lives: boolean;
}

function mutantOf({ fileName, location, mutatorName, replacement, status }: Result): Mutant {
  const file = relative(process.cwd(), fileName);
  const line = location.start.line;
  const code = (readFileSync(file, "utf8").split("\n")[line - 1] ?? "").trim();
  const mutant = `${mutatorName} → ${replacement.split("\n")[0]}`;
  return { file, line, code, mutant, lives: status === "Survived" };
}

const isEquivalent = ({ file, code, mutant }: Mutant): boolean =>
  EQUIVALENT_MUTANTS.some((known) => known.file === file && known.code === code && known.mutant === mutant);

const percent = (part: number, whole: number): number => (whole === 0 ? 100 : (part * 100) / whole);

await runCommand(async () => {
  const unknown = command.args.find((name) => AREAS[name] === undefined);
  if (unknown !== undefined) throw new Error(`there is no area ${unknown}: ${Object.keys(AREAS).join(", ")} are`);
  await addOwnMutators();
  const places = placesOf(command.args.length === 0 ? Object.keys(AREAS) : command.args);
  const results: Result[] = [];
  // Files with the same near tests in one run.
  for (const tests of new Set(places.map((place) => nearTests(pathOf(place)))))
    results.push(
      ...(await runMutants(
        places.filter((place) => nearTests(pathOf(place)) === tests),
        tests,
      )),
    );
  const mutants = results
    .filter(({ status }) => status === "Survived" || status === "Killed" || status === "Timeout")
    .map(mutantOf)
    .filter((mutant) => !mutant.lives || !isEquivalent(mutant));
  const alive = mutants.filter(({ lives }) => lives);
  for (const { file, line, mutant, code } of alive) console.log(`Lives: ${file}:${line} ${mutant}   in: ${code}`);
  const rows = [...new Set(mutants.map(({ file }) => areaOf(file) ?? ""))].map((area) => {
    const all = mutants.filter(({ file }) => areaOf(file) === area);
    const noticed = all.filter(({ lives }) => !lives).length;
    return [area, all.length, noticed, `${percent(noticed, all.length).toFixed(1)} %`];
  });
  console.log(textTable(["area", "mutants", "noticed", "score"], rows));
  if (percent(mutants.length - alive.length, mutants.length) < options.floor)
    throw new Error(`fewer than ${options.floor} % of the mutants are noticed`);
});
