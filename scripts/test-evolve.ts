import "./shell/quiet-sdk.ts";
import { join } from "node:path";
import { Command } from "commander";
import { createLocalClient } from "../testing/local-database.ts";
import { startDynamoDbLocal } from "./engines/dynamodb-local.ts";
import { type Check, liveEvolution, passCost } from "./evolve/trials/live-evolution.ts";
import { writePrints } from "./evolve/trials/page.ts";
import { followPage, withoutEstimates } from "./evolve/trials/worked-example.ts";
import { runCommand, wholeNumber } from "./shell/command-line.ts";
import { withTemporaryFolder } from "./shell/temporary-folder.ts";

/** `npm run test:evolve`: an evolution under live readers and writers, and the page that shows one, on DynamoDB Local. */
const { example, write, items, kills } = new Command("npm run test:evolve --")
  .description(
    "Evolve a large table under processes of two packed releases, and follow docs/evolution.md in a copy of the checkout.",
  )
  .option("--items <number>", "items of the table", wholeNumber(1_000), 100_000)
  .option("--kills <number>", "how often the pass over them is killed", wholeNumber(0, 100), 5)
  .option("--example", "the worked example of docs/evolution.md alone", false)
  .option("--write", "with --example: write into the page what its commands print", false)
  .allowExcessArguments(false)
  .showHelpAfterError("(--help tells the options)")
  .parse()
  .opts<{ example: boolean; write: boolean; items: number; kills: number }>();

const check: Check = (name, passed, details = "") => {
  console.log(`${passed ? "passed" : "FAILED"}  ${name}${passed || details === "" ? "" : `\n${details}`}`);
  if (!passed) process.exitCode = 1;
};

/** Items of a table on which a pass is measured. */
const MEASURED = 6_000;

await runCommand(() =>
  withTemporaryFolder("evolve-", async (folder) => {
    const engine = await startDynamoDbLocal();
    const client = createLocalClient(engine.endpoint);
    try {
      await followExample(join(folder, "example"), engine.endpoint);
      if (example) return;
      await liveEvolution(client, engine.endpoint, join(folder, "live"), { items, kills, check });
      await passCost(client, engine.endpoint, join(folder, "live"), { items: MEASURED, check });
    } finally {
      client.destroy();
      await engine.stop();
    }
  }),
);

async function followExample(folder: string, endpoint: string): Promise<void> {
  const followed = await followPage(folder, endpoint);
  if (write) writePrints(followed.map(({ printed }) => printed));
  const wrong = write
    ? []
    : followed.filter(({ says, printed }) => withoutEstimates(says) !== withoutEstimates(printed));
  const text = wrong.map(({ line, says, printed }) => `$ ${line}\nThe page says:\n${says}\nIt printed:\n${printed}\n`);
  check(`docs/evolution.md does what it says: ${followed.length} commands`, wrong.length === 0, text.join("\n"));
}
