import { randomUUID } from "node:crypto";
import { DeleteTableCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { BatchWriteCommand, DynamoDBDocumentClient, paginateScan } from "@aws-sdk/lib-dynamodb";
import { tableDefinition } from "../entities/table.ts";
import { createDataLayer, type DataLayer } from "../services/data-layer.ts";
import type { DataLayerOptions, RequestEvent } from "../services/storage/context.ts";
import type { StreamEvent } from "../services/streams.ts";
import { NOW, type TestClock, testClock } from "./clock.ts";
import { type FaultInjection, injectFaults } from "./faults.ts";
import { latenessOf, refuseUnknown } from "./lag/delays.ts";
import { type Lag, type LagOptions, NO_LAG, startLagEngine } from "./lag.ts";
import {
  createLocalClient,
  createUsableTable,
  LOCAL_CREDENTIALS,
  LOCAL_ERASURE_SECRET,
  LOCAL_REGION,
  startLocalDatabase,
} from "./local-database.ts";
import { streamEventOf } from "./stream-event.ts";

/** Where the table is and when its tests begin; everything has a default. */
export interface TestDatabaseOptions {
  /** A running engine, such as DynamoDB Local's `http://127.0.0.1:8000`. Default: dynalite, in this process. */
  readonly endpoint?: string;
  /** Name of the table. Default: one that no other test database has. */
  readonly table?: string;
  /** The time at which each test begins, in epoch seconds. Default: 1760000000. */
  readonly now?: number;
  /** Lets indexes and plain reads be late, as DynamoDB's are: `LAGS.usual`. Default: nothing is late. */
  readonly lag?: LagOptions;
}

/** A table of its own with a data layer on it, for one test file. */
export interface TestDatabase {
  /** Where the engine listens: a URL. */
  readonly endpoint: string;
  /** Name of the table. */
  readonly table: string;
  /** The layer's client, which has the faults. */
  readonly client: DynamoDBClient;
  /** What your code is given in place of a deployed data layer. */
  readonly layer: DataLayer;
  /** The layer's clock: `clock.advance(seconds)`, or set `clock.now`. */
  readonly clock: TestClock;
  /** Faults of the client, to see what your code does with them. */
  readonly faults: FaultInjection;
  /** What is late, and the engine's time. */
  readonly lag: Lag;
  /** The layer's `erasureSecret`, for data layers of your own on the table. */
  readonly erasureSecret: string;
  /** Every request that the layer has sent, with its access pattern and its index. */
  readonly requests: RequestEvent[];
  /** What `dataLayerFromEnv` and the AWS SDK read, for handlers: `Object.assign(process.env, database.environment)`. */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * Another data layer on the same table, client, clock and secret unless you give others.
   * @example
   * import { startTestDatabase } from "@ielts-ai-prep/data-layer/testing";
   *
   * const database = await startTestDatabase();
   * const late = database.layerWith({ signal: AbortSignal.abort() });
   * await late.support.countByStatus().catch((error) => error.name); // AbortError
   * await database.stop();
   */
  layerWith(options: DataLayerOptions): DataLayer;
  /**
   * Every stored item, sorted by key: what really is in the table.
   * @example
   * import { aRegistration, startTestDatabase } from "@ielts-ai-prep/data-layer/testing";
   *
   * const database = await startTestDatabase();
   * await database.layer.accounts.register(aRegistration());
   * const [user] = await database.contents(); // { pk: "user#maria@example.com", sk: "user", … }
   * await database.stop();
   */
  contents(): Promise<Record<string, unknown>[]>;
  /**
   * What the table's stream would tell Lambda of what `act` does, for handlers of `services/streams`: a record for each item that
   * is another afterwards. With `expire` it is DynamoDB that removes what `act` removes.
   * @example
   * import { aTicket, startTestDatabase } from "@ielts-ai-prep/data-layer/testing";
   *
   * const database = await startTestDatabase();
   * const event = await database.streamEvent(() => database.layer.support.open(aTicket()));
   * await database.stop();
   */
  streamEvent(act: () => Promise<unknown>, options?: { readonly expire?: boolean }): Promise<StreamEvent>;
  /** An empty table, the clock as it began, no faults, nothing held, no requests, the seed's first delays: for `beforeEach`. Takes some 10 ms. */
  reset(): Promise<void>;
  /** Removes the table, and stops the engine if it was started here: for `afterAll`. */
  stop(): Promise<void>;
}

/**
 * Starts a DynamoDB for tests, with the table and a data layer on it; it listens on 127.0.0.1 only.
 * With `lag`, its indexes and plain reads are late: `startLagEngine` says how.
 * @throws Error when dynalite, an optional peer dependency, is not installed and no `endpoint` is given.
 * @throws ValidationError for an option that is unknown or out of range, with its name.
 * @example
 * import { aRegistration, aSession, startTestDatabase } from "@ielts-ai-prep/data-layer/testing";
 *
 * const database = await startTestDatabase(); // in beforeAll
 * await database.layer.accounts.register(aRegistration());
 * const { session_id } = await database.layer.sessions.start(aSession());
 * database.clock.advance(24 * 60 * 60); // the session has expired
 * await database.stop(); // in afterAll
 */
export async function startTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  refuseUnknown("options", options, ["endpoint", "table", "now", "lag"]);
  const { table = `test-${randomUUID()}`, now = NOW } = options;
  const clock = testClock(now);
  const erasureSecret = LOCAL_ERASURE_SECRET;
  const database = await startEngine(options, clock);
  const { client, endpoint, lag } = database;
  const faults = injectFaults(client);
  const requests: RequestEvent[] = [];
  const layerWith = (layerOptions: DataLayerOptions) =>
    createDataLayer({ client, table, clock, erasureSecret, ...layerOptions });
  await createTable(client, table);
  return {
    endpoint,
    table,
    client,
    clock,
    faults,
    lag,
    erasureSecret,
    requests,
    environment: environmentOf(endpoint, table),
    layer: layerWith({ onRequest: (event) => requests.push(event), consumedCapacity: true }),
    layerWith,
    contents: () => contentsOf(client, table),
    async streamEvent(act, { expire = false } = {}) {
      const before = await contentsOf(client, table);
      await act();
      return streamEventOf(before, await contentsOf(client, table), { at: clock(), expire });
    },
    async reset() {
      faults.clear();
      await emptyTable(client, table);
      clock.now = now;
      lag.release();
      lag.settle();
      lag.reseed();
      requests.length = 0;
    },
    async stop() {
      faults.clear();
      if (options.endpoint !== undefined) await deleteTable(client, table);
      await database.stop();
    },
  };
}

const environmentOf = (endpoint: string, table: string) => ({
  TABLE_NAME: table,
  DYNAMODB_ENDPOINT: endpoint,
  AWS_REGION: LOCAL_REGION,
  AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
  ERASURE_SECRET: LOCAL_ERASURE_SECRET,
});

/** The engine that the options ask for, late or not, with a client of it. */
async function startEngine({ endpoint, lag }: TestDatabaseOptions, clock: TestClock) {
  if (lag !== undefined) checkLag(lag);
  const engine = endpoint === undefined ? await startLocalDatabase() : external(endpoint);
  if (lag === undefined) return { ...engine, lag: NO_LAG };
  const late = await startLagEngine({ endpoint: engine.endpoint, lag, clock });
  const client = createLocalClient(late.endpoint);
  const stop = async () => {
    client.destroy();
    await late.stop();
    await engine.stop();
  };
  return { endpoint: late.endpoint, client, lag: late.lag, stop };
}

/** Refuses options before an engine is started. */
function checkLag(lag: LagOptions): void {
  const { perIndex } = latenessOf(lag);
  const names = tableDefinition().globalSecondaryIndexes.map(({ indexName }) => indexName);
  refuseUnknown("lag.perIndex", perIndex, names);
}

function external(endpoint: string) {
  const client = createLocalClient(endpoint);
  return { endpoint, client, stop: async () => client.destroy() };
}

const TRIES = 100;
/** What DynamoDB takes in one batch. */
const BATCH = 25;

/** An engine creates and deletes tables a moment after it has answered. */
async function onceFree<T>(act: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act();
    } catch (error) {
      if (attempt === TRIES || (error as Error).name !== "ResourceInUseException") throw error;
    }
  }
}

const createTable = (client: DynamoDBClient, table: string) => onceFree(() => createUsableTable(client, table));

const deleteTable = (client: DynamoDBClient, table: string) =>
  onceFree(() => client.send(new DeleteTableCommand({ TableName: table })));

/** Deletes what one batch can delete, which is faster than another table; for more, makes another table. */
async function emptyTable(client: DynamoDBClient, table: string): Promise<void> {
  const items = await contentsOf(client, table);
  if (items.length > BATCH) {
    await deleteTable(client, table);
    await createTable(client, table);
  } else if (items.length > 0) {
    const batch = items.map(({ pk, sk }) => ({ DeleteRequest: { Key: { pk, sk } } }));
    await client.send(new BatchWriteCommand({ RequestItems: { [table]: batch } }));
  }
}

async function contentsOf(client: DynamoDBClient, table: string): Promise<Record<string, unknown>[]> {
  const items: Record<string, unknown>[] = [];
  const documents = DynamoDBDocumentClient.from(client);
  const pages = paginateScan({ client: documents }, { TableName: table, ConsistentRead: true });
  for await (const { Items = [] } of pages) items.push(...Items);
  return items.sort((a, b) => (`${a.pk} ${a.sk}` < `${b.pk} ${b.sk}` ? -1 : 1));
}
