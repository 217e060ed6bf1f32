import { readFileSync, writeFileSync } from "node:fs";
import { Command } from "commander";
import { modelOfRelease, planOfRelease, type ReleaseModel } from "../evolve/release-model.ts";
import { unplannedChanges } from "../evolve/unplanned-changes.ts";
import { runCommand } from "../shell/command-line.ts";

/** `npm run released-model`: keeps the model of a release; `-- --check` fails on a change of it that has no plan. */
const FILE = "docs/released-model.json";

const { check = false } = new Command("npm run released-model --")
  .description(
    `Write ${FILE}: what this release stores, with which the next one is compared. \`npm run release\` calls it.`,
  )
  .option("--check", "write nothing, and fail when this checkout changes what is stored without a plan for live tables")
  .allowExcessArguments(false)
  .showHelpAfterError("(--help tells the options)")
  .parse()
  .opts<{ check?: boolean }>();

await runCommand(async () => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  const next = modelOfRelease(version);
  if (!check) {
    writeFileSync(FILE, `${JSON.stringify(next, null, 1)}\n`);
    console.log(`Wrote ${FILE}: the model of release ${version}.`);
    return;
  }
  const last = JSON.parse(readFileSync(FILE, "utf8")) as ReleaseModel;
  const problems = unplannedChanges({ last, next, plan: planOfRelease() });
  if (problems.length > 0)
    throw new Error(
      `what is stored changes without a plan; docs/evolution.md says how to write one:\n${problems.join("\n")}`,
    );
  console.log(`What is stored has a plan from release ${last.release}.`);
});
