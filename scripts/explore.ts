import "./shell/quiet-sdk.ts";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { createServer } from "dynamodb-admin";
import { systemClock } from "../services/context.ts";
import { isLoopback } from "../services/storage/endpoint.ts";
import { LOCAL_CREDENTIALS, LOCAL_REGION } from "../testing/local-database.ts";
import { startDemoDatabase } from "./content/demo-database.ts";
import { type TableOptions, tableCommand, wholeNumber } from "./shell/command-line.ts";

/**
 * `npm run explore`: a web page on loopback to browse the embedded database, seeded, or with `--endpoint` another one on
 * this machine. The page can also change and delete, so it is not for a database elsewhere.
 */
const DEFAULT_PORT = 8001;

interface Options extends TableOptions {
  readonly port: number;
}

const options = tableCommand("explore", "Browse the seeded embedded database in a web page on this machine.")
  .option("--port <number>", "port of the page; 0 for any free one", wholeNumber(0, 65_535), DEFAULT_PORT)
  .parse()
  .opts<Options>();
const { endpoint, port, table } = options;
if (endpoint !== undefined && !isLoopback(endpoint)) {
  console.error("error: the page can change and delete what it shows: it takes endpoints on this machine alone");
  process.exit(1);
}

/** What the page shows: where it is, and how it ends. */
async function openDatabase(): Promise<{ endpoint: string; shown: string; close(): Promise<void> }> {
  if (endpoint !== undefined) return { endpoint, shown: `${table} at ${endpoint}`, close: async () => undefined };
  const database = await startDemoDatabase(table, systemClock());
  return { endpoint: database.endpoint, shown: `${table}, seeded,`, close: () => database.stop() };
}

const database = await openDatabase();
const dynamoDbClient = new DynamoDBClient({
  endpoint: database.endpoint,
  region: options.region ?? LOCAL_REGION,
  credentials: LOCAL_CREDENTIALS,
});
const page = createServer({ dynamoDbClient }).listen(port, "127.0.0.1");
page.once("error", async (error: NodeJS.ErrnoException) => {
  console.error(
    error.code === "EADDRINUSE" ? `error: port ${port} is in use; choose another with --port` : error.message,
  );
  process.exitCode = 1;
  await database.close();
});
page.once("listening", async () => {
  const address = `http://127.0.0.1:${(page.address() as AddressInfo).port}/tables/${table}`;
  console.log(`The table ${database.shown} can be browsed at ${address}`);
  console.log("Query an index there with its keys, such as gsi2pk = ticket#escalated.");
  console.log(endpoint === undefined ? "Ctrl-C stops it; nothing is kept." : "Ctrl-C stops the page.");
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  page.close();
  page.closeAllConnections();
  dynamoDbClient.destroy();
  await database.close();
  console.log("\nStopped.");
});
