import "./shell/quiet-sdk.ts";
import { writeFileSync } from "node:fs";
import { type GlobalSecondaryIndex, withIndexes } from "../entities/table.ts";
import { templateText } from "./cloudformation/template.ts";
import { applySteps, type Halt, passAgain, stepsLeft } from "./evolve/application.ts";
import { indexesAfter, laterVersions, presentIndexes, type Step } from "./evolve/plan.ts";
import { planLines } from "./evolve/plan-text.ts";
import {
  migrationClient,
  type Progress,
  placeOf,
  progressOf,
  runCommand,
  type TableOptions,
  tableCommand,
  wholeNumber,
} from "./shell/command-line.ts";
import { commandName } from "./shell/command-name.ts";
import type { Target } from "./table/convergence.ts";
import { existingTable } from "./table/existing-table.ts";
import { stackOf } from "./table/table-state.ts";
import { limitUnits, UnitLimit } from "./table/unit-limit.ts";

/** `npm run evolve`: the steps from a live table to this release's, and with `-- --apply` one after another. */
interface Options extends TableOptions {
  readonly apply: boolean;
  readonly deployed: boolean;
  readonly again: boolean;
  readonly rate: number;
  readonly template?: string;
}

const DEFAULT_RATE = 500;

const command = tableCommand(
  "evolve",
  "Print the steps that bring a live table from the release before to this one, what each costs, which releases may run beside it, and the way back.",
)
  .option("--apply", "take the steps, one after another, as far as is safe; it may be killed and run again", false)
  .option("--deployed", "with --apply or --template: no function of the release before runs any more", false)
  .option("--again", "with --apply --deployed: pass over all items once more, after a way back", false)
  .option("--rate <units>", "capacity units a second at most", wholeNumber(1), DEFAULT_RATE)
  .option("--template <file>", "write the CloudFormation template of the next step, for a table that a stack owns")
  .parse();
const options = command.opts<Options>();
if (options.template !== undefined && options.apply) command.error("error: option '--template' goes without '--apply'");
if (options.deployed && !options.apply && options.template === undefined)
  command.error("error: option '--deployed' goes with '--apply' or '--template'");
if (options.again && !(options.apply && options.deployed))
  command.error("error: option '--again' goes with '--apply --deployed'");

await runCommand(async () => {
  const { table, apply, rate, template } = options;
  const client = migrationClient(options);
  try {
    await existingTable(client, options);
    limitUnits(client, new UnitLimit(rate));
    const target = { client, table, say: (line: string) => console.log(`  ${line}`) };
    console.log(`Table ${table} at ${placeOf(options)}: ${apply ? "take the steps" : "the steps"} to this release.`);
    if (template !== undefined) await writeTemplate(target, template);
    else if (apply) await applyTo(target);
    else await printPlan(target);
  } finally {
    client.destroy();
  }
});

async function printPlan(target: Target): Promise<void> {
  const { state, steps } = await stepsLeft(target);
  for (const indexName of laterVersions(state, steps))
    console.log(`  ${indexName} is a later release's: it is left alone, and this release reads its own version.`);
  for (const line of await planLines(target, state, steps, options.rate)) console.log(line);
  const stack = stackOf(state);
  if (steps.length === 0) console.log("Nothing is to do: the table is this release's.");
  else if (stack === undefined) console.log(`${commandName("evolve", "--apply")} takes the first of them.`);
  else console.log(stackText(stack, steps));
}

async function applyTo(target: Target): Promise<void> {
  let progress: Progress | undefined;
  const { state } = await stepsLeft(target);
  const onProgress = (read: number) => {
    progress ??= progressOf("items", state.itemCount);
    progress.update(read);
  };
  const { deployed, again } = options;
  const halt = again ? await passAgain(target, { onProgress }) : await applySteps(target, { deployed, onProgress });
  progress?.stop();
  console.log(haltText(halt));
  if (halt.why === "items") process.exitCode = 1;
}

function haltText(halt: Halt): string {
  switch (halt.why) {
    case "finished":
      return "Nothing is left to do: the table is this release's.";
    case "deployment":
      return [
        `${halt.steps.length === 1 ? "One step is" : `${halt.steps.length} steps are`} left; the next one waits until every function has this release.`,
        `Deploy it, then go on with \`${commandName("evolve", "--apply --deployed")}\`.`,
      ].join(" ");
    case "stack":
      return stackText(halt.stack, halt.steps);
    case "items":
      return [
        `${halt.left} items are left: their keys cannot be told. \`${commandName("doctor", "--all")}\` shows them; then run it again.`,
        ...halt.examples.map((text) => `  ${text}`),
      ].join("\n");
  }
}

/** A stack would take back what is changed beside it, so that it has to make the step itself. */
function stackText(stack: string, [step]: readonly Step[]): string {
  if (step?.kind === "pass") return `The next step is \`${commandName("evolve", "--apply --deployed")}\`.`;
  return [
    `The stack ${stack} owns the table: its next step is an update of the stack.`,
    `\`${commandName("evolve", "--template next.json")}\` writes the template: deploy it, then run this again.`,
  ].join(" ");
}

async function writeTemplate(target: Target, file: string): Promise<void> {
  const { state, steps } = await stepsLeft(target);
  const [step] = steps;
  if (step === undefined) throw new Error("no step is left: docs/template.json is the table's");
  const write = (indexes: readonly GlobalSecondaryIndex[], does: string) => {
    writeFileSync(file, templateText(withIndexes(indexes)));
    console.log(`Wrote ${file}: it ${does}.`);
  };
  if (step.afterDeployment && !options.deployed)
    return write(
      presentIndexes(state),
      "changes no index, and has this release's policies: deploy it with the release",
    );
  if (step.kind === "pass") throw new Error("the next step writes items and needs no template: --apply takes it");
  const does =
    step.kind === "index" ? `makes the index ${step.index.indexName}` : `removes the index ${step.indexName}`;
  write(indexesAfter(state, step), `${does}, and changes no other`);
}
