import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";

export interface Units {
  readonly readUnits: number;
  readonly writeUnits: number;
}

export interface Measurement extends Units {
  readonly requests: number;
  readonly roundTrips: number;
  /** The same units by table and index, named `table` or `table/index`. */
  readonly byIndex: Readonly<Record<string, Units>>;
}

/** USD for a million units, on demand in us-east-1. */
export const PRICE = { readUnits: 0.125, writeUnits: 0.625 } as const;

export const priceOf = ({ readUnits, writeUnits }: Units): number =>
  readUnits * PRICE.readUnits + writeUnits * PRICE.writeUnits;

export const NOTHING: Measurement = { requests: 0, roundTrips: 0, readUnits: 0, writeUnits: 0, byIndex: {} };

export const addUnits = (a: Units, b: Units): Units => ({
  readUnits: a.readUnits + b.readUnits,
  writeUnits: a.writeUnits + b.writeUnits,
});

export function addMeasurements(a: Measurement, b: Measurement): Measurement {
  const byIndex: Record<string, Units> = { ...a.byIndex };
  for (const [index, units] of Object.entries(b.byIndex))
    byIndex[index] = addUnits(byIndex[index] ?? { readUnits: 0, writeUnits: 0 }, units);
  return { ...addUnits(a, b), requests: a.requests + b.requests, roundTrips: a.roundTrips + b.roundTrips, byIndex };
}

interface Capacity {
  readonly TableName: string;
  readonly CapacityUnits: number;
  readonly Table?: { readonly CapacityUnits: number };
  readonly GlobalSecondaryIndexes?: Readonly<Record<string, { readonly CapacityUnits: number }>>;
}

interface HttpRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

interface BatchGet {
  readonly RequestItems: Readonly<
    Record<string, { readonly Keys: readonly object[]; readonly ConsistentRead?: boolean }>
  >;
}

interface Answer {
  readonly ConsumedCapacity?: Capacity | readonly Capacity[];
  readonly Responses?: Readonly<Record<string, readonly object[]>>;
}

interface HttpResponse {
  readonly statusCode: number;
  body: AsyncIterable<Uint8Array> | Uint8Array;
}

type Handle = (request: HttpRequest, options?: unknown) => Promise<{ response: HttpResponse }>;

const WRITES: ReadonlySet<string> = new Set(["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"]);

/**
 * Counts what goes over the wire of one client: each HTTP request with its ConsumedCapacity, and the longest chain of
 * requests of which each began only after the one before had been answered.
 */
export class Recorder {
  private current: Measurement | undefined;
  private deepest = 0;
  private refused: Units | undefined;
  private readonly tablePrefix: string;

  /** @param tablePrefix what to leave out of table names in `byIndex` */
  constructor(client: DynamoDBClient, tablePrefix: string) {
    this.tablePrefix = tablePrefix;
    const handler = client.config.requestHandler as { handle: Handle };
    const handle = handler.handle.bind(handler);
    handler.handle = (request, options) =>
      this.current === undefined ? handle(request, options) : this.record(request, () => handle(request, options));
  }

  /** @param refused What a refused write counts as; absent: there may be none. */
  async measure(act: () => Promise<unknown>, refused?: Units): Promise<Measurement> {
    this.current = NOTHING;
    this.deepest = 0;
    this.refused = refused;
    try {
      await act();
      return { ...this.current, roundTrips: this.deepest };
    } finally {
      this.current = undefined;
    }
  }

  private async record(request: HttpRequest, handle: () => ReturnType<Handle>): ReturnType<Handle> {
    const operation = request.headers["x-amz-target"]?.slice("DynamoDB_20120810.".length) ?? "";
    const depth = this.deepest + 1;
    const answer = await handle();
    const body = await bytesOf(answer.response.body);
    answer.response.body = body;
    this.deepest = Math.max(this.deepest, depth);
    // A refused write consumes units that DynamoDB does not tell.
    if (this.refused !== undefined && body.includes("ConditionalCheckFailedException")) {
      this.current = addMeasurements(this.current ?? NOTHING, { ...NOTHING, ...this.refused, requests: 1 });
      return answer;
    }
    if (answer.response.statusCode !== 200) throw new Error(`${operation} was answered by ${body}`);
    const told = consumed(operation, JSON.parse(body.toString()), this.tablePrefix);
    const untold = absent(operation, request, JSON.parse(body.toString()), this.tablePrefix);
    this.current = [told, untold].reduce(addMeasurements, { ...(this.current ?? NOTHING) });
    return answer;
  }
}

async function bytesOf(body: HttpResponse["body"]): Promise<Buffer> {
  if (body instanceof Uint8Array) return Buffer.from(body);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function consumed(operation: string, { ConsumedCapacity }: Answer, prefix: string): Measurement {
  if (ConsumedCapacity === undefined) throw new Error(`${operation} did not ask for its consumed capacity`);
  const unitsOf = (units: number): Units =>
    WRITES.has(operation) ? { readUnits: 0, writeUnits: units } : { readUnits: units, writeUnits: 0 };
  const capacities = [ConsumedCapacity].flat();
  const byIndex: Record<string, Units> = {};
  for (const { TableName, Table, GlobalSecondaryIndexes = {} } of capacities) {
    const table = TableName.slice(prefix.length);
    if (Table !== undefined && Table.CapacityUnits > 0) byIndex[table] = unitsOf(Table.CapacityUnits);
    for (const [index, { CapacityUnits }] of Object.entries(GlobalSecondaryIndexes))
      byIndex[`${table}/${index}`] = unitsOf(CapacityUnits);
  }
  const units = unitsOf(capacities.reduce((sum, { CapacityUnits }) => sum + CapacityUnits, 0));
  return { ...units, requests: 1, roundTrips: 0, byIndex };
}

const textOf = (body: HttpRequest["body"]) => (typeof body === "string" ? body : new TextDecoder().decode(body));

/** DynamoDB charges for each key of a batch that has no item as for an item of up to 4 KB; DynamoDB Local forgets it. */
function absent(operation: string, { body }: HttpRequest, { Responses = {} }: Answer, prefix: string): Measurement {
  if (operation !== "BatchGetItem") return NOTHING;
  const asked: BatchGet = JSON.parse(textOf(body));
  return Object.entries(asked.RequestItems).reduce((sum, [table, { Keys, ConsistentRead }]) => {
    const missing = Keys.length - (Responses[table]?.length ?? 0);
    const units = { readUnits: missing * (ConsistentRead === true ? 1 : 0.5), writeUnits: 0 };
    return addMeasurements(sum, { ...NOTHING, ...units, byIndex: { [table.slice(prefix.length)]: units } });
  }, NOTHING);
}
