import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, paginateScan } from "@aws-sdk/lib-dynamodb";
import { createDataLayer, type DataLayer } from "../../services/data-layer.ts";
import type { RequestEvent } from "../../services/storage/context.ts";
import { LOCAL_ERASURE_SECRET, startLocalDatabase } from "../../testing/local-database.ts";
import { seedCast, seedCatalogue } from "../content/seeding.ts";
import type { Sample } from "./samples.ts";

/** What a sample's run took. */
export interface Recording {
  readonly sample: Sample;
  readonly requests: number;
  readonly items: number;
  readonly readUnits: number;
  readonly writeUnits: number;
  /** The key condition of its query, of an index if one is asked, or `GetItem` and the like, with sample values. */
  readonly condition: string;
}

/** The moment at which the documents' examples happen: 2025-10-09T08:53:20Z. */
const DOCUMENTED_NOW = 1_760_000_000;

interface Seen {
  readonly KeyConditionExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Readonly<Record<string, unknown>>;
}

function conditionOf(
  name: string,
  { KeyConditionExpression, ExpressionAttributeNames = {}, ExpressionAttributeValues = {} }: Seen,
): string {
  if (KeyConditionExpression === undefined) return name.replace(/Command$/, "");
  return KeyConditionExpression.replace(/[#:]\w+/g, (placeholder) => {
    const value = ExpressionAttributeValues[placeholder];
    return ExpressionAttributeNames[placeholder] ?? (value === undefined ? placeholder : `'${String(value)}'`);
  });
}

/** Runs every sample on the seeded embedded database and records what each took, and the whole table's items. */
export async function recordSamples(
  samples: readonly Sample[],
): Promise<{ recordings: Recording[]; items: Record<string, unknown>[] }> {
  const database = await startLocalDatabase();
  const table = "documented";
  try {
    await database.createTable(table);
    const clock = () => DOCUMENTED_NOW;
    await seedCatalogue(createDataLayer({ client: database.client, table, clock }));
    await seedCast({ client: database.client, table, erasureSecret: LOCAL_ERASURE_SECRET }, DOCUMENTED_NOW);
    const items = await scanAll(database.client, table);
    const recordings: Recording[] = [];
    for (const sample of samples) recordings.push(await record(sample, database.client, table, clock));
    return { recordings, items };
  } finally {
    await database.stop();
  }
}

async function scanAll(client: DynamoDBClient, table: string): Promise<Record<string, unknown>[]> {
  const items: Record<string, unknown>[] = [];
  const pages = paginateScan({ client: DynamoDBDocumentClient.from(client) }, { TableName: table });
  for await (const { Items = [] } of pages) items.push(...Items);
  return items;
}

async function record(sample: Sample, client: DynamoDBClient, table: string, clock: () => number): Promise<Recording> {
  const events: RequestEvent[] = [];
  const seen: string[] = [];
  const send = (command: { input: Seen }, ...options: readonly unknown[]): unknown => {
    seen.push(conditionOf(command.constructor.name, command.input));
    return Reflect.apply(client.send, client, [command, ...options]);
  };
  const watched = new Proxy(client, {
    get: (target, property) => (property === "send" ? send : Reflect.get(target, property, target)),
  });
  const layer: DataLayer = createDataLayer({
    client: watched,
    table,
    clock,
    erasureSecret: LOCAL_ERASURE_SECRET,
    consumedCapacity: true,
    onRequest: (event) => events.push(event),
  });
  await sample.run(layer);
  const sum = (of: (event: RequestEvent) => number | undefined) =>
    events.reduce((total, event) => total + (of(event) ?? 0), 0);
  const conditions = seen.filter((condition) => condition.includes("="));
  return {
    sample,
    requests: events.length,
    items: sum((event) => event.items),
    readUnits: sum((event) => event.readUnits),
    writeUnits: sum((event) => event.writeUnits),
    condition: conditions.find((one) => one.startsWith("gsi")) ?? conditions[0] ?? seen.at(-1) ?? "",
  };
}
