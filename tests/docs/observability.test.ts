import { readFileSync } from "node:fs";
import { transformSync } from "@swc/core";
import * as dataLayer from "../../index.ts";
import { LOCAL_CREDENTIALS, LOCAL_REGION } from "../../testing/local-database.ts";
import { aTicket } from "../builders.ts";
import { openTestTable, type TestTable } from "../engine.ts";

/** The calls of Powertools' metrics that the page makes, and what they were given. */
interface Measured {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly dimensions: Readonly<Record<string, string>>;
}

const measured: Measured[] = [];
let published = 0;

class Metrics {
  private readonly dimensions: Record<string, string> = {};

  addDimension(name: string, value: string): void {
    this.dimensions[name] = value;
  }

  addMetric(name: string, unit: string, value: number): void {
    measured.push({ name, unit, value, dimensions: this.dimensions });
  }

  singleMetric(): Metrics {
    return new Metrics();
  }

  publishStoredMetrics(): void {
    published++;
  }
}

const MODULES: Readonly<Record<string, unknown>> = {
  "@aws-lambda-powertools/metrics": { Metrics, MetricUnit: { Milliseconds: "Milliseconds", Count: "Count" } },
  "@ielts-ai-prep/data-layer": dataLayer,
};

type Handler = (event: { ticket: string }, context: { getRemainingTimeInMillis(): number }) => Promise<unknown>;

/** Runs the page's handler as a module of its own. */
function handlerOfPage(): Handler {
  const [, sample = ""] = /```ts\n(import[\s\S]*?)```/.exec(readFileSync("docs/observability.md", "utf8")) ?? [];
  const { code } = transformSync(sample, {
    jsc: { target: "es2022", parser: { syntax: "typescript" } },
    module: { type: "commonjs" },
  });
  const exported: { handler?: Handler } = {};
  new Function("require", "exports", code)((name: string) => MODULES[name], exported);
  if (exported.handler === undefined) throw new Error("docs/observability.md has no handler");
  return exported.handler;
}

let db: TestTable;
const before = { ...process.env };
beforeAll(async () => {
  db = await openTestTable();
  const endpoint = await db.client.config.endpoint?.();
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    AWS_REGION: LOCAL_REGION,
    TABLE_NAME: db.table,
    DYNAMODB_ENDPOINT: `http://${endpoint?.hostname}:${endpoint?.port}`,
  });
});
afterAll(async () => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
  await db.drop();
});
beforeEach(() => {
  measured.length = 0;
  published = 0;
});

describe("the handler of docs/observability.md", () => {
  it("measures its requests and publishes what it measured", async () => {
    const { ticket_id } = await db.layer.support.open(aTicket());

    const thread = await handlerOfPage()({ ticket: ticket_id }, { getRemainingTimeInMillis: () => 60_000 });

    expect(thread).toMatchObject({ ticket: { ticket_id }, actions: [] });
    expect(measured).toEqual([
      { name: "DynamoDbLatency", unit: "Milliseconds", value: expect.any(Number), dimensions: {} },
      { name: "DynamoDbUnits", unit: "Count", value: 0.5, dimensions: {} },
      { name: "DynamoDbRetries", unit: "Count", value: 0, dimensions: {} },
    ]);
    expect(published).toBe(1);
  });

  it("stops when Lambda's time is nearly over, and counts that as an error of the access pattern", async () => {
    const answer = handlerOfPage()({ ticket: "TKT-1" }, { getRemainingTimeInMillis: () => 400 });

    await expect(answer).rejects.toMatchObject({ name: "AbortError" });
    const dimensions = { accessPattern: "ticketThread.ticketThread" };
    expect(measured).toContainEqual({ name: "DynamoDbErrors", unit: "Count", value: 1, dimensions });
    expect(published).toBe(1);
  });
});

it("docs/observability.md names every field of an event", async () => {
  const page = readFileSync("docs/observability.md", "utf8");

  await db.layer.support.open(aTicket());
  await db.layer.support.listByStatus("new");

  const names = new Set(db.requests.flatMap((event) => Object.keys(event)));
  expect([...names].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});
