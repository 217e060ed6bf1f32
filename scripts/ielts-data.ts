#!/usr/bin/env node
import { Command } from "commander";
import { PROGRAM } from "./shell/command-name.ts";

/** The commands of the installed package: `npx ielts-data doctor --help`. Each is the module that a clone runs by npm. */
const COMMANDS: readonly [name: string, description: string, load: () => Promise<unknown>][] = [
  ["create-table", "create the table, or show how an existing one differs", () => import("./create-table.ts")],
  ["doctor", "check a table's definition and the index keys of its items", () => import("./doctor.ts")],
  ["evolve", "bring a live table from the release before to this one", () => import("./evolve.ts")],
  ["seed", "import questions and rubrics, and on a database of this machine demo users", () => import("./seed.ts")],
  ["migrate", "bring the eleven legacy tables over", () => import("./migration/migrate.ts")],
  ["restore-check", "tell whether a restored table may be used", () => import("./restore-check.ts")],
  ["policies", "print the IAM policies of the functions", () => import("./policies.ts")],
  ["sql", "ask any question over all items, in SQL", () => import("./sql.ts")],
  ["model", "print entities, attributes, access patterns and collections", () => import("./model.ts")],
];

const program = new Command(`npx ${PROGRAM}`)
  .description("Operate the one table of IELTS AI Prep.")
  .showHelpAfterError("(--help tells the commands)")
  .helpCommand(false);
for (const [name, description, load] of COMMANDS) {
  program
    .command(name)
    .description(description)
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async () => {
      // The command reads its own words, as it does when it is called by itself.
      process.argv.splice(2, 1);
      await load().catch(failAsMissing);
    });
}

/** What a few people need is not installed with the package. */
function failAsMissing(error: NodeJS.ErrnoException): never {
  const [, missing] = /Cannot find package '([^']+)'/.exec(error.message) ?? [];
  if (error.code !== "ERR_MODULE_NOT_FOUND" || missing === undefined) throw error;
  return program.error(`error: this command needs ${missing}: npm install --save-dev ${missing}`);
}

await program.parseAsync();
