import { GetCommand } from "@aws-sdk/lib-dynamodb";
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

it("refuses TLS below 1.2", async () => {
  const client = createClient({
    endpoint: "https://127.0.0.1:1",
    region: LOCAL_REGION,
    credentials: LOCAL_CREDENTIALS,
    maxAttempts: 1,
  });
  // The handler makes its agents for the first request.
  await db
    .layerWith({ client })
    .support.find("TKT-1")
    .catch(() => undefined);

  const handler = client.config.requestHandler as unknown as {
    httpHandlerConfigs(): { readonly httpsAgent: { readonly options: { readonly minVersion?: string } } };
  };

  expect(handler.httpHandlerConfigs().httpsAgent.options.minVersion).toBe("TLSv1.2");
  client.destroy();
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
