import { createClient } from "../../services/client.ts";
import { createDataLayer, type DataLayer } from "../../services/data-layer.ts";
import { statusCodeOf } from "../../services/http-status.ts";
import { type Fault, interruptedClient, startTestDatabase, type TestDatabase } from "../../testing/index.ts";
import { answer, startLoopback } from "../loopback-server.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await startTestDatabase();
});
afterAll(() => database.stop());
beforeEach(() => {
  jest.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => jest.restoreAllMocks());

/** What code can go by when a call fails. */
async function looksOf(layer: DataLayer) {
  const error = await layer.support.find("TKT-1").then(
    () => undefined,
    (failure: unknown) => failure,
  );
  const { name, code, $fault, $metadata, message } = error as {
    readonly name: string;
    readonly code?: string;
    readonly $fault?: string;
    readonly $metadata: Readonly<Record<string, unknown>>;
    readonly message: string;
  };
  const metadata: Record<string, unknown> = { ...$metadata, requestId: typeof $metadata.requestId };
  return { name, code, $fault, metadata, status: statusCodeOf(error), told: message !== "" };
}

/** The same of a server that really does it. */
async function looksOnSockets(fault: Fault, handle: Parameters<typeof startLoopback>[0]) {
  const server = await startLoopback(handle);
  const client = createClient({
    ...server.config,
    requestHandler: { requestTimeout: fault === "timeout" ? 20 : 10_000 },
  });
  try {
    return await looksOf(createDataLayer({ client }));
  } finally {
    client.destroy();
    await server.close();
  }
}

const dynamodbSays = (status: number, name: string) => (response: Parameters<typeof answer>[0]) =>
  answer(response, status, { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: "not now" });

const REAL: readonly (readonly [Fault, Parameters<typeof startLoopback>[0]])[] = [
  ["throttling", dynamodbSays(400, "ThrottlingException")],
  ["internalError", dynamodbSays(500, "InternalServerError")],
  ["resetBefore", (response) => response.socket?.destroy()],
  ["resetAfter", (response) => response.socket?.destroy()],
  ["timeout", () => undefined],
];

it.each(REAL)("%s looks as it does on a real socket", async (fault, handle) => {
  database.faults.inject(fault, { times: 4 });

  const injected = await looksOf(database.layer);

  expect(injected).toEqual(await looksOnSockets(fault, handle));
  expect(injected.metadata.attempts).toBe(4);
});

it("a client that is interrupted looks as one whose connection is lost", async () => {
  const { client } = interruptedClient(database.client, { at: 0, when: "before" });

  const { metadata, ...interrupted } = await looksOf(database.layerWith({ client }));

  const lost = await looksOnSockets("resetBefore", (response) => response.socket?.destroy());
  expect(interrupted).toEqual({ ...lost, metadata: undefined });
  expect(Object.keys(metadata)).toEqual(Object.keys(lost.metadata));
});
