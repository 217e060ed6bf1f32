import "./quiet-sdk.ts";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { Command } from "commander";
import { createServer } from "dynamodb-admin";
import { DEFAULT_TABLE_NAME } from "../entities/keys.ts";
import { systemClock } from "../services/context.ts";
import { createDataLayer } from "../services/data-layer.ts";
import { wholeNumber } from "./command-line.ts";
import { LOCAL_CREDENTIALS, LOCAL_REGION, startLocalDatabase } from "./local-database.ts";
import { seedCast, seedCatalogue } from "./seeding.ts";

/** `npm run explore`: the embedded database, seeded, with a web page to browse it on loopback. */
const DEFAULT_PORT = 8001;

const { port, table } = new Command("npm run explore --")
  .description("Browse the seeded embedded database in a web page on this machine.")
  .option("--port <number>", "port of the page; 0 for any free one", wholeNumber(0, 65_535), DEFAULT_PORT)
  .option("--table <name>", "name of the table", DEFAULT_TABLE_NAME)
  .allowExcessArguments(false)
  .parse()
  .opts<{ port: number; table: string }>();

const database = await startLocalDatabase();
await database.createTable(table);
await seedCatalogue(createDataLayer({ client: database.client, table }));
await seedCast({ client: database.client, table }, systemClock());

// The page makes its own document client, which does not allow the tuned client's cache of middleware.
const dynamoDbClient = new DynamoDBClient({
  endpoint: database.endpoint,
  region: LOCAL_REGION,
  credentials: LOCAL_CREDENTIALS,
});
const page = createServer({ dynamoDbClient }).listen(port, "127.0.0.1");
page.once("error", async (error: NodeJS.ErrnoException) => {
  console.error(
    error.code === "EADDRINUSE" ? `error: port ${port} is in use; choose another with --port` : error.message,
  );
  process.exitCode = 1;
  await database.stop();
});
page.once("listening", async () => {
  const address = `http://127.0.0.1:${(page.address() as AddressInfo).port}/tables/${table}`;
  console.log(`The table ${table}, seeded, can be browsed at ${address}`);
  console.log("Query an index there with its keys, such as gsi2pk = ticket#escalated.");
  console.log("Ctrl-C stops it; nothing is kept.");
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  page.close();
  page.closeAllConnections();
  dynamoDbClient.destroy();
  await database.stop();
  console.log("\nStopped.");
});
