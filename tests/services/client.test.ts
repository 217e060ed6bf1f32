import https from "node:https";
import type { DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { GetCommand } from "@aws-sdk/lib-dynamodb";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { createClient } from "../../services/client.ts";
import { LOCAL_CREDENTIALS, LOCAL_REGION } from "../../testing/local-database.ts";
import { aTicket } from "../builders.ts";
import { openTestTable, type TestTable } from "../engine.ts";
import { clientOf } from "../faults/patient-layer.ts";

let db: TestTable;
beforeAll(async () => {
  db = await openTestTable();
});
afterAll(() => db.drop());

describe("createClient", () => {
  it("gives a client on which a caller's own document commands get their own answers", async () => {
    for (const subject of ["first", "second"]) await db.layer.support.open(aTicket({ subject }));
    const [first, second] = (await db.contents()).map(({ pk, sk }) => ({ pk, sk }));

    const answers = [first, second].map(async (Key) => {
      const { Item } = await db.client.send(new GetCommand({ TableName: db.table, Key }));
      return { pk: Item?.pk, sk: Item?.sk };
    });

    expect(await Promise.all(answers)).toEqual([first, second]);
  });

  it("takes settings in place of its own, and keeps the others", async () => {
    const client = createClient({ region: "eu-west-1", maxAttempts: 2 });

    expect(await client.config.maxAttempts()).toBe(2);
    expect(await client.config.region()).toBe("eu-west-1");
    expect(client.middlewareStack.identify().filter((name) => name.startsWith("loggerMiddleware"))).toEqual([]);
    client.destroy();
  });
});

/** The settings of a client's sender, which makes its agents for the first request. */
async function senderOf(config: DynamoDBClientConfig) {
  const client = createClient({
    endpoint: "https://127.0.0.1:1",
    region: LOCAL_REGION,
    credentials: LOCAL_CREDENTIALS,
    maxAttempts: 1,
    ...config,
  });
  await db
    .layerWith({ client })
    .support.find("TKT-1")
    .catch(() => undefined);
  const handler = client.config.requestHandler as unknown as {
    httpHandlerConfigs(): {
      readonly connectionTimeout: number;
      readonly requestTimeout: number;
      readonly httpsAgent: { readonly maxSockets: number; readonly options: https.AgentOptions };
    };
  };
  client.destroy();
  return handler.httpHandlerConfigs();
}

it("refuses TLS below 1.2", async () => {
  const { httpsAgent } = await senderOf({});

  expect(httpsAgent.options.minVersion).toBe("TLSv1.2");
});

describe("the request handler's options", () => {
  it("are put over ours, also those of an agent", async () => {
    const { requestTimeout, connectionTimeout, httpsAgent } = await senderOf({
      requestHandler: { requestTimeout: 9_000, httpsAgent: { maxSockets: 8 } },
    });

    expect({ requestTimeout, connectionTimeout }).toEqual({ requestTimeout: 9_000, connectionTimeout: 1_000 });
    expect(httpsAgent.maxSockets).toBe(8);
    expect(httpsAgent.options).toMatchObject({ keepAlive: true, minVersion: "TLSv1.2" });
  });

  it("may hold an agent of the caller's own", async () => {
    const own = new https.Agent({ maxSockets: 3 });

    const { httpsAgent, connectionTimeout } = await senderOf({ requestHandler: { httpsAgent: own } });

    expect(httpsAgent).toBe(own);
    expect(connectionTimeout).toBe(1_000);
  });

  it("give way to a handler of the caller's own", () => {
    const handler = new NodeHttpHandler({ requestTimeout: 7 });

    const client = createClient({ requestHandler: handler });

    expect(client.config.requestHandler).toBe(handler);
    expect(Object.hasOwn(handler, "handle")).toBe(false);
  });
});

it.each([
  [{ maxAtempts: 2 }, "createClient.maxAtempts"],
  [{ requestHandler: { conectionTimeout: 1 } }, "createClient.requestHandler.conectionTimeout"],
  [{ requestHandler: "fetch" }, "createClient.requestHandler.options"],
  [null, "createClient.options"],
])("refuses an option that there is not: %j", (config, path) => {
  const refused = () => createClient(config as never);

  expect(refused).toThrow(expect.objectContaining({ code: "validation", message: expect.stringContaining(path) }));
});

describe("a client of the caller's with cacheMiddleware", () => {
  it("gives each call of a service its own answer", async () => {
    const client = await clientOf(db, { cacheMiddleware: true });
    const { support } = db.layerWith({ client });
    const tickets = [await support.open(aTicket({ subject: "one" })), await support.open(aTicket({ subject: "two" }))];

    const found = await Promise.all(tickets.map(({ ticket_id }) => support.get(ticket_id)));

    expect(found).toEqual(tickets);
    client.destroy();
  });
});
