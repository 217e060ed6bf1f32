import "./shell/quiet-sdk.ts";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { ScanCommand } from "@aws-sdk/lib-dynamodb";
import { createContext, systemClock } from "../services/context.ts";
import { createDataLayer } from "../services/data-layer.ts";
import { isLoopback } from "../services/storage/endpoint.ts";
import { LOCAL_ERASURE_SECRET } from "../testing/local-database.ts";
import { startDemoDatabase } from "./content/demo-database.ts";
import {
  clientFor,
  erasureSecretFor,
  placeOf,
  refuseEndpointUnless,
  runCommand,
  type TableOptions,
  tableCommand,
  wholeNumber,
} from "./shell/command-line.ts";
import { answering } from "./studio/answering.ts";
import { SeedTables } from "./studio/seed-tables.ts";
import { studioServer } from "./studio/server.ts";

/**
 * `npm run studio`: a page on loopback that shows the one table by its questions. It changes items through services, but
 * those of a table elsewhere only with `--write`.
 */
interface Options extends TableOptions {
  readonly port: number;
  readonly live?: boolean;
  readonly write?: boolean;
}

const DEFAULT_PORT = 8002;
const DEMO = "demo";
/** The forms' examples are taken from so many rows, and the seed's eleven tables are filled with them. */
const FIRST_ROWS = 2_000;

const command = tableCommand("studio", "See the one table by its questions, in a web page on this machine.")
  .option("--live", "of the table at --region or --endpoint; else of an embedded demo")
  .option("--write", "change items, through services, of a table that is not on this machine")
  .option("--port <number>", "port of the page; 0 for any free one", wholeNumber(0, 65_535), DEFAULT_PORT)
  .parse();
const options = command.opts<Options>();
refuseEndpointUnless(command, "live");
if (options.write && !options.live) command.error("error: --write is for a table of --live");

async function openDatabase() {
  const { live = false, write = false, endpoint, table } = options;
  if (live) {
    const client = clientFor(options);
    const close = async () => client.destroy();
    const isHere = endpoint !== undefined && isLoopback(endpoint);
    const secret = write || isHere ? erasureSecretFor(options) : undefined;
    return { client, table, shown: `${table} at ${placeOf(options)}`, secret, close };
  }
  const { client, stop } = await startDemoDatabase(DEMO, systemClock());
  const shown = "an embedded demo: the catalogue and the cast";
  return { client, table: DEMO, shown, secret: LOCAL_ERASURE_SECRET, close: stop };
}

await runCommand(async () => {
  const { client, table, shown, secret, close } = await openDatabase();
  let seedTables: SeedTables | undefined;
  try {
    const context = createContext({ client, table });
    const { Items: rows = [] } = await context.client.send(new ScanCommand({ TableName: table, Limit: FIRST_ROWS }));
    seedTables = await SeedTables.start(rows);
    const layer = secret === undefined ? undefined : createDataLayer({ client, table, erasureSecret: secret });
    const answer = answering(context, seedTables);
    const server = studioServer({ shown, rows, answer, ...(layer === undefined ? {} : { layer }) });
    server.listen(options.port, "127.0.0.1");
    await once(server, "listening");
    console.log(`The studio of ${shown} is at http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    console.log(
      `Ctrl-C stops it. ${layer === undefined ? "It changes nothing." : "It changes items through services."}`,
    );
    await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
    server.close();
    server.closeAllConnections();
    console.log("\nStopped.");
  } finally {
    await seedTables?.stop();
    await close();
  }
});
