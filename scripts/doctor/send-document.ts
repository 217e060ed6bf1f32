import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";

/** A command of lib-dynamodb, by what it gives. */
interface DocumentCommand<Output> {
  resolveMiddleware(...parameters: never[]): (input: never) => Promise<{ readonly output: Output }>;
}

/** Sends a command of lib-dynamodb by a low-level client, which does the same and lacks only the type. */
export function sendDocument<Output>(client: DynamoDBClient, command: DocumentCommand<Output>): Promise<Output> {
  return client.send(command as never) as Promise<Output>;
}
