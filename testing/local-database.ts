import { EventEmitter, once } from "node:events";
import type { Server, ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { CreateTableCommand, DescribeTableCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { createTableInput } from "../entities/table.ts";
import { createClient } from "../services/client.ts";
import { Retries } from "../services/storage/wire/retries.ts";

export interface LocalDatabase {
  readonly endpoint: string;
  readonly client: DynamoDBClient;
  createTable(name: string): Promise<void>;
  stop(): Promise<void>;
}

/** What any engine on this machine accepts; nothing here reaches AWS. */
export const LOCAL_CREDENTIALS = { accessKeyId: "local", secretAccessKey: "local" } as const;
export const LOCAL_REGION = "us-east-1";
/** The `erasureSecret` of databases on this machine. */
export const LOCAL_ERASURE_SECRET = "no-secret-but-for-this-machine-alone";

/** Waits before further tries are so much shorter: what throttles here is a fault that somebody ordered. */
const PACE = 1 / 50;
const TRIES = 4;

/** A client for an engine on this machine, which tries again at once. */
export const createLocalClient = (endpoint: string): DynamoDBClient =>
  createClient({
    maxAttempts: TRIES,
    retryStrategy: new Retries(async () => TRIES, PACE),
    endpoint,
    region: LOCAL_REGION,
    credentials: LOCAL_CREDENTIALS,
    // An engine that shares the machine with what uses it may be slow.
    requestHandler: { requestTimeout: 30_000, httpAgent: { maxSockets: 64 } },
  });

/** Makes the table that the entities need, and waits until it can be used: an engine answers a moment before. */
export async function createUsableTable(client: DynamoDBClient, TableName: string): Promise<void> {
  await client.send(new CreateTableCommand(createTableInput(TableName)));
  const isUsable = async () => {
    const { Table } = await client.send(new DescribeTableCommand({ TableName }));
    return Table?.TableStatus === "ACTIVE";
  };
  while (!(await isUsable())) await pause(1);
}

/** The longest that a call may still take when the engine is to stop, in milliseconds. */
const LAST_CALLS = 5_000;

/** Counts the calls that the engine has not answered: one that meets a closed engine ends the process. */
function callsUnderWay(server: Server) {
  let count = 0;
  const ending = new EventEmitter();
  server.on("request", (_, response: ServerResponse) => {
    count++;
    response.once("close", () => {
      count--;
      if (count === 0) ending.emit("none");
    });
  });
  return {
    ended: async (): Promise<void> => {
      if (count > 0) await once(ending, "none", { signal: AbortSignal.timeout(LAST_CALLS) }).catch(() => undefined);
    },
  };
}

/** Starts dynalite, a DynamoDB in this process, on the loopback interface; port 0 is any free one. */
export async function startLocalDatabase(port = 0): Promise<LocalDatabase> {
  // Only when it is needed: dynalite is an optional peer dependency of the package.
  const { default: dynalite } = await import("dynalite").catch((cause: unknown) => {
    throw new Error("The test database needs dynalite: npm install --save-dev dynalite, or give an `endpoint`.", {
      cause,
    });
  });
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  const calls = callsUnderWay(server);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("dynalite has no port");
  const endpoint = `http://127.0.0.1:${address.port}`;
  const client = createLocalClient(endpoint);
  return {
    endpoint,
    client,
    createTable: (name) => createUsableTable(client, name),
    async stop() {
      await calls.ended();
      client.destroy();
      await new Promise<void>((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
    },
  };
}
