import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";

/** A command of lib-dynamodb, by what it gives. */
interface DocumentCommand<Output> {
  resolveMiddleware(...parameters: never[]): (input: never) => Promise<{ readonly output: Output }>;
}

/**
 * Sends a command of lib-dynamodb. The options are there to be passed: without any, a client with `cacheMiddleware`
 * sends the first command of a kind again in place of each later one.
 */
export function sendDocument<Output>(client: DynamoDBClient, command: DocumentCommand<Output>): Promise<Output> {
  return client.send(command as never, {}) as Promise<Output>;
}
