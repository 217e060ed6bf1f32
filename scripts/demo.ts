import "./shell/quiet-sdk.ts";
import { once } from "node:events";
import { Command, InvalidArgumentError } from "commander";
import { DEFAULT_TABLE_NAME } from "../entities/keys.ts";
import { systemClock } from "../services/context.ts";
import {
  LOCAL_CREDENTIALS,
  LOCAL_ERASURE_SECRET,
  LOCAL_REGION,
  startLocalDatabase,
} from "../testing/local-database.ts";
import { seedDemo } from "./content/seeding.ts";
import { walkOneDay } from "./demo/one-day.ts";

/** `npm start`: the platform's day on the embedded database; `-- --serve` keeps the seeded database listening. */
const DEFAULT_PORT = 8000;

function portOf(value: string): number {
  const port = Number(value);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError("a port is a whole number from 0 to 65535");
  return port;
}

const command = new Command("npm start --")
  .description("Walk one day of IELTS AI Prep on an embedded DynamoDB, or serve the seeded database.")
  .option("--serve", "keep the seeded database listening until Ctrl-C")
  .option("--port <number>", "port of the database with --serve", portOf, DEFAULT_PORT)
  .allowExcessArguments(false)
  .parse();
const { serve = false, port } = command.opts<{ serve?: boolean; port: number }>();

const database = await startLocalDatabase(serve ? port : 0).catch((error: NodeJS.ErrnoException): never => {
  const reason = error.code === "EADDRINUSE" ? `port ${port} is in use; choose another with --port` : error.message;
  return command.error(`error: the database could not start: ${reason}`);
});
const table = DEFAULT_TABLE_NAME;
const now = systemClock();
const target = { client: database.client, table, erasureSecret: LOCAL_ERASURE_SECRET };

try {
  await database.createTable(table);
  const { questions, rubrics, members } = await seedDemo(target, now);
  const seeded = `${questions} questions, ${rubrics} rubrics and ${members} demo users`;
  if (serve) {
    console.log(`The table ${table} with ${seeded} listens at ${database.endpoint}.\n`);
    console.log("For a handler, a script or the AWS CLI, in another terminal:\n");
    console.log(`  export TABLE_NAME=${table}`);
    console.log(`  export DYNAMODB_ENDPOINT=${database.endpoint}`);
    console.log(`  export AWS_ENDPOINT_URL_DYNAMODB=${database.endpoint}`);
    console.log(`  export AWS_REGION=${LOCAL_REGION}`);
    console.log(`  export AWS_ACCESS_KEY_ID=${LOCAL_CREDENTIALS.accessKeyId}`);
    console.log(`  export AWS_SECRET_ACCESS_KEY=${LOCAL_CREDENTIALS.secretAccessKey}`);
    console.log(`  export ERASURE_SECRET=${LOCAL_ERASURE_SECRET}\n`);
    console.log(`  aws dynamodb scan --table-name ${table} --max-items 3\n`);
    console.log("Ctrl-C stops it; nothing is kept.");
    await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
    console.log("\nStopped.");
  } else {
    console.log(`One table, ${table}, on a DynamoDB in this process`);
    console.log(`(${database.endpoint}).`);
    console.log(`Seeded: ${seeded}.`);
    await walkOneDay(target, now);
  }
} finally {
  await database.stop();
}
