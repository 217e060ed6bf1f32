import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";

/**
 * A DynamoDB client for short-lived functions: fails fast (1,000 milliseconds to connect, 3,000 for an answer), tries
 * up to 4 times with back-off, keeps connections open, refuses TLS below 1.2, and leaves out the SDK's logger
 * middleware, which copies every response.
 * Pass `config` to override; credentials and region come from the SDK's own chain.
 * @example
 * import { createClient, createDataLayer } from "@ielts-ai-prep/data-layer";
 *
 * const client = createClient({ region: "eu-west-2", maxAttempts: 2 });
 * const { accounts } = createDataLayer({ client });
 */
export function createClient(config: DynamoDBClientConfig = {}): DynamoDBClient {
  const client = new DynamoDBClient({
    maxAttempts: 4,
    retryMode: "standard",
    requestHandler: {
      connectionTimeout: 1_000,
      requestTimeout: 3_000,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: 64 },
      httpsAgent: { keepAlive: true, maxSockets: 64, minVersion: "TLSv1.2" },
    },
    ...config,
  });
  client.middlewareStack.remove("loggerMiddleware");
  return client;
}
