import { randomUUID } from "node:crypto";
import { CreateTableCommand, DeleteTableCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { ScanCommand } from "@aws-sdk/lib-dynamodb";
import { createTableInput } from "../entities/table.ts";
import { createLocalClient, type LocalDatabase, startLocalDatabase } from "../scripts/local-database.ts";
import type { DataLayerOptions, RequestEvent } from "../services/context.ts";
import { createDataLayer, type DataLayer } from "../services/data-layer.ts";

/** 2025-10-09T08:53:20Z, the instant at which every test begins. */
export const NOW = 1_760_000_000;

/** A clock that tests move by hand. */
export interface TestClock {
  (): number;
  now: number;
}

export function testClock(now: number = NOW): TestClock {
  const clock = Object.assign(() => clock.now, { now });
  return clock;
}

/** A fresh table on the engine under test, with a data layer on it and every request it makes. */
export interface TestTable {
  readonly table: string;
  readonly client: DynamoDBClient;
  readonly clock: TestClock;
  readonly layer: DataLayer;
  readonly requests: RequestEvent[];
  /** Another data layer on the same table. */
  layerWith(options: DataLayerOptions): DataLayer;
  /** Every stored item, sorted by key: what really is in the table. */
  contents(): Promise<Record<string, unknown>[]>;
  drop(): Promise<void>;
}

/** The engine that `npm run test:local` runs the same suite on; without it, each test file has its own dynalite. */
const EXTERNAL_ENDPOINT = process.env.TEST_DYNAMODB_ENDPOINT;

/** True on DynamoDB Local: consumed capacity of indexes, items of failed conditions and empty keys are as on AWS. */
export const ON_DYNAMODB_LOCAL = EXTERNAL_ENDPOINT !== undefined;

/** Opens a table; call `drop` in afterAll. */
export async function openTestTable(): Promise<TestTable> {
  let database: LocalDatabase | undefined;
  let client: DynamoDBClient;
  if (EXTERNAL_ENDPOINT === undefined) {
    database = await startLocalDatabase();
    client = database.client;
  } else {
    client = createLocalClient(EXTERNAL_ENDPOINT);
  }
  const table = `test-${randomUUID()}`;
  await client.send(new CreateTableCommand(createTableInput(table)));
  const clock = testClock();
  const requests: RequestEvent[] = [];
  const layerWith = (options: DataLayerOptions) => createDataLayer({ client, table, clock, ...options });
  return {
    table,
    client,
    clock,
    requests,
    layer: layerWith({ onRequest: (event) => requests.push(event), consumedCapacity: true }),
    layerWith,
    async contents() {
      const items: Record<string, unknown>[] = [];
      let startKey: Record<string, unknown> | undefined;
      do {
        const page = await client.send(
          new ScanCommand({ TableName: table, ConsistentRead: true, ...(startKey && { ExclusiveStartKey: startKey }) }),
        );
        items.push(...(page.Items ?? []));
        startKey = page.LastEvaluatedKey;
      } while (startKey !== undefined);
      return items.sort((a, b) => (`${a.pk} ${a.sk}` < `${b.pk} ${b.sk}` ? -1 : 1));
    },
    async drop() {
      if (database !== undefined) return database.stop();
      await client.send(new DeleteTableCommand({ TableName: table }));
      client.destroy();
    },
  };
}
