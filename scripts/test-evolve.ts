import "./shell/quiet-sdk.ts";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { startDynamoDbLocal } from "./engines/dynamodb-local.ts";
import { writePrints } from "./evolve/trials/page.ts";
import { followPage } from "./evolve/trials/worked-example.ts";
import { runCommand } from "./shell/command-line.ts";

/** `npm run test:evolve`: an evolution under live readers and writers, and the page that shows one, on DynamoDB Local. */
const { write } = new Command("npm run test:evolve --")
  .description("Follow docs/evolution.md in a copy of the checkout, on DynamoDB Local.")
  .option("--example", "the worked example of docs/evolution.md alone", false)
  .option("--write", "with --example: write into the page what its commands print", false)
  .allowExcessArguments(false)
  .showHelpAfterError("(--help tells the options)")
  .parse()
  .opts<{ write: boolean }>();

await runCommand(async () => {
  const engine = await startDynamoDbLocal();
  const folder = mkdtempSync(join(tmpdir(), "evolve-"));
  try {
    const followed = await followPage(join(folder, "example"), engine.endpoint);
    if (write) writePrints(followed.map(({ printed }) => printed));
    const wrong = write ? [] : followed.filter(({ says, printed }) => says !== printed);
    for (const { line, says, printed } of wrong)
      console.error(`$ ${line}\nThe page says:\n${says}\nIt printed:\n${printed}\n`);
    check(`docs/evolution.md does what it says: ${followed.length} commands`, wrong.length === 0);
  } finally {
    await engine.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

function check(name: string, passed: boolean): void {
  console.log(`${passed ? "passed" : "FAILED"}  ${name}`);
  if (!passed) process.exitCode = 1;
}
