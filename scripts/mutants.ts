import "./shell/quiet-sdk.ts";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Stryker } from "@stryker-mutator/core";
import { Command } from "commander";
import { seededRandom } from "../testing/lag/random.ts";
import { runCommand, wholeNumber } from "./shell/command-line.ts";
import { textTable } from "./shell/text-table.ts";

/** What is mutated together, and the everyday tests that must notice. */
interface Area {
  readonly files: RegExp;
  readonly tests: readonly string[];
}

const LAYER_TESTS = [
  "tests/{entities,services,testing}/**/*.test.ts",
  "tests/faults/{lag,crash-points,races,model,purchase-histories,ticket-histories,token-histories}.test.ts",
];

const AREAS: Readonly<Record<string, Area>> = {
  entities: { files: /^entities\/(?!items|facts|views)/, tests: LAYER_TESTS },
  storage: { files: /^services\/storage\//, tests: LAYER_TESTS },
  guards: { files: /^services\/guards\//, tests: LAYER_TESTS },
  account: { files: /^services\/account(?:\/|s\.ts)/, tests: LAYER_TESTS },
  services: { files: /^services\/(?!accounts)[a-z-]+\.ts$/, tests: LAYER_TESTS },
  migration: {
    files:
      /^scripts\/migration\/(?:values|mapping|item-reader|rules|joined-purchase|translator|reconciler|partners|outcome|conflicts|marks|retry|verification)\.ts$/,
    tests: ["tests/scripts/migration/*.test.ts"],
  },
  iam: {
    files: /^scripts\/iam\//,
    tests: ["tests/scripts/policies.test.ts", "tests/services/least-privilege.test.ts"],
  },
  table: {
    files: /^scripts\/table\//,
    tests: ["tests/scripts/{create-table,template,doctor,restore-check}.test.ts", "tests/entities/table.test.ts"],
  },
};

/** `npm run mutants`: how many faults of one operator or value the everyday tests notice. */
const command = new Command("npm run mutants --")
  .description("Mutate the source a place at a time, and tell which mutants the everyday tests let live.")
  .argument("[areas...]", `${Object.keys(AREAS).join(", ")} (default: all)`)
  .option("--file <pattern...>", "only these files, or lines of them, such as services/sessions.ts:10-40")
  .option("--sample <lines>", "so many lines of each area, drawn by the seed", wholeNumber(1))
  .option("--seed <number>", "draws the sample", wholeNumber(0, 2 ** 31), 1)
  .showHelpAfterError("(--help tells the options)")
  .parse();
const { file, sample, seed } = command.opts<{ file?: string[]; sample?: number; seed: number }>();
const names = command.args.length === 0 ? Object.keys(AREAS) : command.args;

type Result = Awaited<ReturnType<Stryker["runMutationTest"]>>[number];

const SOURCE = ["entities", "services", "scripts"].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name)),
);

/** Lines of an area as Stryker names them, drawn with the same chance for each line of code. */
function sampleOf(files: readonly string[], count: number): string[] {
  const lines = files.flatMap((path) =>
    readFileSync(path, "utf8")
      .split("\n")
      .flatMap((line, index) =>
        /^\s*(?:\/?\*|\/\/|import |export type |\}|$)/.test(line) ? [] : [`${path}:${index + 1}-${index + 1}`],
      ),
  );
  const next = seededRandom(seed);
  const drawn: string[] = [];
  while (drawn.length < count && lines.length > 0) drawn.push(...lines.splice(Math.floor(next() * lines.length), 1));
  return drawn.sort();
}

async function mutantsOf({ files, tests }: Area): Promise<readonly Result[]> {
  const all = SOURCE.filter((path) => files.test(path));
  const stryker = new Stryker({
    mutate: file ?? (sample === undefined ? all : sampleOf(all, sample)),
    testRunner: "jest",
    coverageAnalysis: "perTest",
    tsconfigFile: "none",
    disableTypeChecks: false,
    jest: {
      projectType: "custom",
      configFile: "jest.config.js",
      config: { testMatch: tests.map((one) => `<rootDir>/${one}`) },
      enableFindRelatedTests: true,
    },
    reporters: ["progress-append-only"],
    concurrency: 2,
    timeoutMS: 30_000,
    // Jest looks for no tests below node_modules.
    tempDirName: ".stryker",
    ignorePatterns: ["dist", "coverage", ".migration"],
  });
  return stryker.runMutationTest();
}

const LIVES: ReadonlySet<string> = new Set(["Survived", "NoCoverage"]);
const TOLD: ReadonlySet<string> = new Set([...LIVES, "Killed", "Timeout"]);

await runCommand(async () => {
  const rows: (number | string)[][] = [];
  for (const name of names) {
    const area = AREAS[name];
    if (area === undefined) throw new Error(`there is no area ${name}: ${Object.keys(AREAS).join(", ")} are`);
    const results = (await mutantsOf(area)).filter(({ status }) => TOLD.has(status));
    const alive = results.filter(({ status }) => LIVES.has(status));
    for (const { fileName, location, mutatorName, replacement, status } of alive)
      console.log(`${status} ${fileName}:${location.start.line} ${mutatorName} → ${replacement.split("\n")[0]}`);
    const score = results.length === 0 ? 100 : ((results.length - alive.length) * 100) / results.length;
    rows.push([name, results.length, results.length - alive.length, `${score.toFixed(1)} %`]);
  }
  console.log(textTable(["area", "mutants", "noticed", "score"], rows));
});
