import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { clientOptions, senderOptions, socketsOf } from "./storage/client-options.ts";
import { Retries } from "./storage/wire/retries.ts";
import { type Sender, sendInTurns } from "./storage/wire/turns.ts";

const isSender = (given: object | undefined): given is Sender =>
  typeof (given as Partial<Sender> | undefined)?.handle === "function";

/**
 * A DynamoDB client for short-lived functions: fails fast (1,000 milliseconds to connect, 3,000 for an answer), tries
 * up to 4 times, keeps connections open, refuses TLS below 1.2, and leaves out the SDK's logger middleware, which
 * copies every response.
 *
 * 64 requests are under way at once; up to 10,000 more wait for their turn, which no time-out counts. A throttled
 * request waits 0 to 200, 400 and 800 milliseconds before its further tries: 0.7 seconds in the mean, 1.4 at most.
 *
 * `config` is put over these settings, also inside `requestHandler` and its agents; a request handler or an agent of
 * your own replaces ours, and brings its own queue. With a `retryMode` or a `retryStrategy` the SDK's waits apply.
 * Credentials and region come from the SDK's own chain.
 * @throws ValidationError for an option that the SDK does not know.
 * @example
 * import { createClient, createDataLayer } from "@ielts-ai-prep/data-layer";
 *
 * const client = createClient({ region: "eu-west-2", requestHandler: { requestTimeout: 5_000 } });
 * const { accounts } = createDataLayer({ client });
 */
export function createClient(config: DynamoDBClientConfig = {}): DynamoDBClient {
  const { requestHandler: given, ...settings } = clientOptions(config);
  const ownRetries = settings.retryMode === undefined && settings.retryStrategy === undefined;
  const requestHandler = isSender(given) ? given : senderOptions(given);
  const client: DynamoDBClient = new DynamoDBClient({
    maxAttempts: 4,
    retryMode: "standard",
    ...(ownRetries ? { retryStrategy: new Retries(() => client.config.maxAttempts()) } : {}),
    ...settings,
    requestHandler,
  });
  if (!isSender(requestHandler)) {
    const { httpAgent, httpsAgent } = requestHandler;
    sendInTurns(client.config.requestHandler, { http: socketsOf(httpAgent), https: socketsOf(httpsAgent) });
  }
  client.middlewareStack.remove("loggerMiddleware");
  return client;
}
