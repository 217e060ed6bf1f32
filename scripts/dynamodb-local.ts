import "./shell/quiet-sdk.ts";
import { once } from "node:events";
import { Command } from "commander";
import { startDynamoDbLocal } from "./engines/dynamodb-local.ts";
import { runCommand, wholeNumber } from "./shell/command-line.ts";

/** `npm run dynamodb-local`: AWS's own emulator, in memory, until it is interrupted. */
const { port } = new Command("npm run dynamodb-local --")
  .description("Start DynamoDB Local, empty and in memory, on 127.0.0.1; Ctrl-C ends it. It needs Java 17 or later.")
  .option("--port <number>", "where it listens (default: any free port)", wholeNumber(1, 65_535))
  .allowExcessArguments(false)
  .showHelpAfterError("(--help tells the options)")
  .parse()
  .opts<{ port?: number }>();

await runCommand(async () => {
  const { endpoint, stop } = await startDynamoDbLocal(port);
  console.log(`DynamoDB Local listens: export DYNAMODB_ENDPOINT=${endpoint}`);
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  await stop();
});
