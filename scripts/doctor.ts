import { Option } from "commander";
import { type CheckResult, examine } from "./doctor/examination.ts";
import {
  clientFor,
  type Progress,
  placeOf,
  progressOf,
  runCommand,
  type TableOptions,
  tableCommand,
  wholeNumber,
} from "./shell/command-line.ts";
import { numberText } from "./shell/text-table.ts";

/** `npm run doctor`: whether a table is as the entities need it, and whether its items' keys are what they should be. */
interface Options extends TableOptions {
  readonly sample: number;
  readonly all: boolean;
  readonly rate: number;
  readonly repair: boolean;
  readonly yes: boolean;
}

const DEFAULT_SAMPLE = 1_000;
const DEFAULT_RATE = 100;

const command = tableCommand(
  "doctor",
  "Check a table's definition, settings, reads and writes, and the index keys of its items. Exits with 1 on findings.",
)
  .option("--sample <number>", "how many items to read", wholeNumber(1), DEFAULT_SAMPLE)
  .addOption(new Option("--all", "read every item").default(false).conflicts("sample"))
  .option("--rate <units>", "read units a second at most", wholeNumber(1), DEFAULT_RATE)
  .option("--repair", "tell how wrong index keys would be rewritten", false)
  .option("--yes", "with --repair: rewrite them", false)
  .parse();
const options = command.opts<Options>();
if (options.yes && !options.repair) command.error("error: option '--yes' goes with '--repair'");

function print({ name, outcome, lines: [first, ...details] }: CheckResult): void {
  console.log(`  ${outcome.padEnd(9)} ${name}: ${first}`);
  for (const detail of details) console.log(`              ${detail}`);
}

await runCommand(async () => {
  const { table, sample, all, rate, repair, yes } = options;
  const client = clientFor(options);
  const scope = all ? "all items" : `a sample of at most ${numberText(sample)} items`;
  const mode = !repair ? "" : yes ? ", and rewrites wrong index keys" : ", and tells what a repair would rewrite";
  console.log(`Table ${table} at ${placeOf(options)}: writes, reads and deletes a test item, reads ${scope}`);
  console.log(`(${numberText(rate)} read units a second at most)${mode}.`);
  let progress: Progress | undefined;
  try {
    const results = await examine(
      { client, table },
      {
        ...(all ? {} : { items: sample }),
        ...(repair ? { repair: yes ? "write" : "dry-run" } : {}),
        rate,
        onResult: (result) => {
          progress?.stop();
          progress = undefined;
          print(result);
        },
        onScan: (total) => {
          progress = progressOf("items", total);
          return progress.update;
        },
      },
    );
    const failed = results.filter(({ outcome }) => outcome === "failed");
    if (failed.length === 0) console.log("The table is in order.");
    else console.log(`Not in order: ${failed.map(({ name }) => name).join(", ")}.`);
    if (failed.length > 0) process.exitCode = 1;
  } finally {
    client.destroy();
  }
});
