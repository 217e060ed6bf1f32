import "./shell/quiet-sdk.ts";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { ScanCommand } from "@aws-sdk/lib-dynamodb";
import { createContext, systemClock } from "../services/context.ts";
import { startDemoDatabase } from "./content/demo-database.ts";
import {
  clientFor,
  placeOf,
  refuseEndpointUnless,
  runCommand,
  type TableOptions,
  tableCommand,
  wholeNumber,
} from "./shell/command-line.ts";
import { answering } from "./studio/answering.ts";
import { studioServer } from "./studio/server.ts";

/** `npm run studio`: a page on loopback that shows the one table by its questions. It changes nothing. */
interface Options extends TableOptions {
  readonly port: number;
  readonly live?: boolean;
}

const DEFAULT_PORT = 8002;
const DEMO = "demo";
/** The forms' examples are taken from so many rows. */
const ROWS_FOR_EXAMPLES = 2_000;

const command = tableCommand("studio", "See the one table by its questions, in a web page on this machine.")
  .option("--live", "of the table at --region or --endpoint, which is read alone; else of an embedded demo")
  .option("--port <number>", "port of the page; 0 for any free one", wholeNumber(0, 65_535), DEFAULT_PORT)
  .parse();
const options = command.opts<Options>();
refuseEndpointUnless(command, "live");

async function openDatabase() {
  const { live = false, table } = options;
  if (live) {
    const client = clientFor(options);
    return { client, table, shown: `${table} at ${placeOf(options)}`, close: async () => client.destroy() };
  }
  const { client, stop } = await startDemoDatabase(DEMO, systemClock());
  return { client, table: DEMO, shown: "an embedded demo: the catalogue and the cast", close: stop };
}

await runCommand(async () => {
  const { client, table, shown, close } = await openDatabase();
  try {
    const context = createContext({ client, table });
    const { Items: rows = [] } = await context.client.send(
      new ScanCommand({ TableName: table, Limit: ROWS_FOR_EXAMPLES }),
    );
    const server = studioServer({ shown, rows, answer: answering(context) });
    server.listen(options.port, "127.0.0.1");
    await once(server, "listening");
    console.log(`The studio of ${shown} is at http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    console.log("Ctrl-C stops it. It changes nothing.");
    await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
    server.close();
    server.closeAllConnections();
    console.log("\nStopped.");
  } finally {
    await close();
  }
});
