import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";

/**
 * What the caller of a request sees when its process dies: the connection is gone. It looks as a lost connection does
 * when the AWS SDK has given up.
 */
export class Interrupted extends Error {
  override readonly name = "TimeoutError";
  /** Node's code of a connection that was reset. */
  readonly code = "ECONNRESET";
  /** What the AWS SDK adds to an error. */
  readonly $metadata = { attempts: 1, totalRetryDelay: 0 };

  constructor() {
    super("read ECONNRESET");
  }
}

/** Where a process dies. */
export interface Interruption {
  /** The request, counted from 0, at which it happens. */
  readonly at: number;
  /** Before: the engine never saw it. After: the engine applied it, and the caller does not know. */
  readonly when: "before" | "after";
}

/**
 * A client that counts requests and is interrupted once; what comes after the interruption never happens either.
 * `count()` tells how many requests it was asked for. Its `send` throws Interrupted.
 * @example
 * import { aTicket, interruptedClient, startTestDatabase } from "@ielts-ai-prep/data-layer/testing";
 *
 * const database = await startTestDatabase();
 * const { client } = interruptedClient(database.client, { at: 1, when: "after" });
 * await database.layerWith({ client }).support.open(aTicket({ ticket_id: "TKT-1" })).catch((error) => error.name);
 * await database.layer.support.open(aTicket({ ticket_id: "TKT-1" })); // what Lambda's retry does
 * await database.stop();
 */
export function interruptedClient(client: DynamoDBClient, interruption?: Interruption) {
  let requests = 0;
  let dead = false;
  const send = async (command: never, options?: never) => {
    const number = requests++;
    if (dead || (interruption?.when === "before" && number === interruption.at)) {
      dead = true;
      throw new Interrupted();
    }
    const diesAfter = interruption?.when === "after" && number === interruption.at;
    let output: unknown;
    try {
      output = await client.send(command, options);
    } catch (error) {
      // The caller does not hear of a refusal either.
      if (!diesAfter && !dead) throw error;
    }
    if (diesAfter) dead = true;
    if (dead) throw new Interrupted();
    return output;
  };
  return {
    client: new Proxy(client, {
      get: (target, property) => (property === "send" ? send : Reflect.get(target, property, target)),
    }),
    /** How many requests it was asked for, those after the interruption among them. */
    count: () => requests,
  };
}
