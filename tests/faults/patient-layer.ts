import type { DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { createClient } from "../../services/client.ts";
import type { DataLayer } from "../../services/data-layer.ts";
import { LOCAL_CREDENTIALS, LOCAL_REGION } from "../../testing/local-database.ts";
import type { TestTable } from "../engine.ts";

/** A client of the engine under test with settings of its own. */
export async function clientOf(db: TestTable, config: DynamoDBClientConfig) {
  const endpoint = await db.client.config.endpoint?.();
  if (endpoint === undefined) throw new Error("the engine has no endpoint");
  const { protocol, hostname, port, path } = endpoint;
  return createClient({
    endpoint: `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path}`,
    region: LOCAL_REGION,
    credentials: LOCAL_CREDENTIALS,
    ...config,
  });
}

/** A data layer that waits for a busy engine: hundreds of requests at once are more than it answers in a second. */
export async function patientLayer(db: TestTable): Promise<DataLayer> {
  const client = await clientOf(db, {
    requestHandler: {
      connectionTimeout: 60_000,
      requestTimeout: 60_000,
      httpAgent: { keepAlive: true, maxSockets: 64 },
    },
  });
  return db.layerWith({ client, onRequest: (event) => db.requests.push(event) });
}
