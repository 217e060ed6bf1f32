import { CreateTableCommand } from "@aws-sdk/client-dynamodb";
import type { RequestEvent } from "../../../services/storage/context.ts";

// This release reads the second version of one index, whose former one lacks two attributes; and a form has changed.
jest.mock("../../../entities/evolution.ts", () => {
  const actual = jest.requireActual("../../../entities/evolution.ts");
  const former = { version: 1, lacks: ["subject", "report_type"], indexName: "gsi2" };
  return {
    ...actual,
    indexNameOf: (index: string) => (index === "gsi2" ? "gsi2-2" : index),
    FORMER_INDEXES: new Map([["gsi2-2", former]]),
    FORMS: [
      {
        entity: "ticket",
        attribute: "ai_response",
        toldBy: ["ai_response"],
        value: (item: { readonly ai_response?: string }) => item.ai_response ?? "not answered yet",
      },
    ],
  };
});

import { createSchema, Entity, type EntityConfiguration } from "electrodb";
import { scoped } from "../../../entities/keys.ts";
import { createTableInput } from "../../../entities/table.ts";
import { TicketModel } from "../../../entities/ticket.ts";
import { createContext } from "../../../services/context.ts";
import { createDataLayer, type DataLayer } from "../../../services/data-layer.ts";
import { byVersion } from "../../../services/storage/index-versions.ts";
import { Repository } from "../../../services/storage/repository.ts";
import { LAGS } from "../../../testing/index.ts";
import { aTicket } from "../../builders.ts";
import { NOW, openTestTable, type TestTable } from "../../engine.ts";

let db: TestTable;
let layer: DataLayer;
let requests: RequestEvent[];
let clock: { now: number };

let late: TestTable;
beforeAll(async () => {
  db = await openTestTable();
  late = await openTestTable({ ...LAGS.none, seed: 1 });
});
afterAll(async () => {
  await db.drop();
  await late.drop();
});

type TableInput = ReturnType<typeof createTableInput>;
let tables = 0;

/**
 * A table with the index `gsi2` of the release before, without the two attributes, this release's, both or neither; and
 * without `gsi5`, unless it is named.
 */
async function aTable(...names: ("gsi2" | "gsi2-2" | "gsi5")[]): Promise<string> {
  return aTableOn(db, names);
}

async function aTableOn({ client }: TestTable, names: readonly ("gsi2" | "gsi2-2" | "gsi5")[]): Promise<string> {
  const table = `${db.table}-${tables++}`;
  const input: TableInput = createTableInput(table);
  const others = input.GlobalSecondaryIndexes.filter(
    ({ IndexName }) => IndexName !== "gsi2-2" && (IndexName !== "gsi5" || names.includes("gsi5")),
  );
  const [own] = input.GlobalSecondaryIndexes.filter(({ IndexName }) => IndexName === "gsi2-2");
  if (own === undefined) throw new Error("this release has no second version");
  const NonKeyAttributes = own.Projection.NonKeyAttributes?.filter((name) => !/^(subject|report_type)$/.test(name));
  const former = { ...own, IndexName: "gsi2", Projection: { ...own.Projection, NonKeyAttributes } };
  const versions = [former, own].filter(({ IndexName }) => names.includes(IndexName as "gsi2"));
  const GlobalSecondaryIndexes = [...others, ...versions];
  const keys = new Set(
    [input, ...GlobalSecondaryIndexes].flatMap(({ KeySchema }) => KeySchema.map((key) => key.AttributeName)),
  );
  const AttributeDefinitions = input.AttributeDefinitions.filter(({ AttributeName }) => keys.has(AttributeName));
  await client.send(new CreateTableCommand({ ...input, AttributeDefinitions, GlobalSecondaryIndexes }));
  requests = [];
  clock = { now: NOW };
  layer = layerOn(client, table);
  return table;
}

const layerOn = (client: TestTable["client"], table: string) =>
  createDataLayer({
    client,
    table,
    clock: () => clock.now,
    erasureSecret: db.erasureSecret,
    onRequest: (event) => requests.push(event),
  });

const asked = () => requests.map(({ operation, index, outcome }) => `${operation} ${index} ${outcome}`);

/** Tickets of one queue, opened one after another. */
async function opened(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let place = 0; place < count; place++) {
    clock.now++;
    ids.push((await layer.support.open(aTicket({ subject: `Subject ${place}` }))).ticket_id);
  }
  requests.length = 0;
  return ids;
}

describe("an index whose version of this release is there", () => {
  it("is asked, and no former one", async () => {
    await aTable("gsi2", "gsi2-2");
    await opened(2);

    const { items } = await layer.support.listByStatus("new");

    expect(items.map(({ subject }) => subject)).toEqual(["Subject 1", "Subject 0"]);
    expect(asked()).toEqual(["Query gsi2-2 ok"]);
  });
});

describe("an index whose version of this release is not there yet", () => {
  beforeEach(() => aTable("gsi2"));

  it("is answered by the former one, and what that lacks is read from the items", async () => {
    await opened(3);

    const { items } = await layer.support.listByStatus("new");

    expect(items.map(({ subject }) => subject)).toEqual(["Subject 2", "Subject 1", "Subject 0"]);
    expect(asked()).toEqual(["Query gsi2-2 error", "Query gsi2 ok", "BatchGetItem table ok"]);
  });

  it("is taken to be missing for a minute, and is then asked again", async () => {
    await opened(1);
    await layer.support.listByStatus("new");
    requests.length = 0;

    await layer.support.countByStatus();
    const counted = asked();
    clock.now += 61;
    requests.length = 0;
    await layer.support.listByStatus("new");

    expect(new Set(counted)).toEqual(new Set(["Query gsi2 ok"]));
    expect(asked()).toContain("Query gsi2-2 error");
  });

  it("reads no items where a list does not show what is lacking", async () => {
    await layer.devops.listByStatus("approved");

    expect(asked()).toEqual(["Query gsi2-2 error", "Query gsi2 ok"]);
  });

  it("reads what is lacking as it is stored, where plain reads are late", async () => {
    await aTableOn(late, ["gsi2"]);
    late.lag.hold("reads");
    await opened(2);

    const { items } = await layer.support.listByStatus("new");
    late.lag.release();

    expect(items.map(({ subject }) => subject)).toEqual(["Subject 1", "Subject 0"]);
  });

  it("gives each item once, page after page", async () => {
    const ids = await opened(5);
    const first = await layer.support.listByStatus("new", { limit: 2 });
    const rest = await layer.support.listByStatus("new", { limit: 9, cursor: first.cursor });

    expect([...first.items, ...rest.items].map(({ ticket_id }) => ticket_id)).toEqual(ids.reverse());
  });
});

describe("an index of which a table has no version", () => {
  it("is not ready, and says which", async () => {
    await aTable();

    await expect(layer.support.listByStatus("new")).rejects.toMatchObject({
      code: "index_not_ready",
      index: "gsi2-2",
    });
  });
});

describe("an item in the form of the release before", () => {
  it("is read in the form of this one", async () => {
    await aTable("gsi2-2");
    const [id = ""] = await opened(1);

    expect(await layer.support.get(id)).toMatchObject({ ai_response: "not answered yet" });
    expect(await layer.support.setPriority(id, "high")).toMatchObject({ ai_response: "not answered yet" });
    expect((await layer.support.listByPriority("high")).items).toEqual([
      expect.objectContaining({ ai_response: "not answered yet" }),
    ]);
  });
});

describe("an access pattern with other keys than before", () => {
  const queue = { pk: ["priority"], sk: ["created_at", "ticket_id"], view: [], description: "By priority" } as const;
  const schema = createSchema({
    ...TicketModel.schema,
    indexes: {
      byId: TicketModel.schema.indexes.byId,
      formerByPriority: scoped("gsi3", "ticket", queue),
      byPriority: scoped("gsi5", "queue", { ...queue, since: 1, before: "formerByPriority" }),
    },
  });
  const model = { ...TicketModel, schema, bind: (config: EntityConfiguration) => new Entity(schema, config) };

  /** The tickets by priority, on a table and a client that hears of each request. */
  const ticketsOn = (table: string) =>
    new Repository(
      createContext({ client: db.client, table, clock: () => clock.now, onRequest: (event) => requests.push(event) }),
      model,
    );

  const write = async (tickets: ReturnType<typeof ticketsOn>, ...ids: string[]) => {
    for (const [place, ticket_id] of ids.entries())
      await tickets.insertOnce({ ...aTicket({ priority: "high" }), ticket_id, created_at: NOW + place, status: "new" });
  };

  it("is answered by that, page after page, as long as its index is not there", async () => {
    const tickets = ticketsOn(await aTable());
    await write(tickets, "T-1", "T-2", "T-3");

    const first = await tickets.wholePage("byPriority", { priority: "high" }, { limit: 2 });
    const second = await tickets.wholePage("byPriority", { priority: "high" }, { limit: 2, cursor: first.cursor });

    expect([...first.items, ...second.items].map((ticket) => ticket.ticket_id)).toEqual(["T-3", "T-2", "T-1"]);
    expect(await tickets.count("byPriority", { priority: "high" })).toBe(3);
    expect(await tickets.all("byPriority", { priority: "high" })).toHaveLength(3);
    expect(new Set(requests.filter(({ outcome }) => outcome === "ok").map(({ index }) => index))).toEqual(
      new Set(["table", "gsi3"]),
    );
  });

  it("goes on by that for a cursor of that, once its own index is there", async () => {
    const table = await aTable("gsi5");
    const tickets = ticketsOn(table);
    await write(tickets, "T-1", "T-2", "T-3");
    const first = await tickets.wholePage("formerByPriority", { priority: "high" }, { limit: 2 });
    requests.length = 0;

    const second = await tickets.wholePage("byPriority", { priority: "high" }, { cursor: first.cursor });
    const anew = await tickets.wholePage("byPriority", { priority: "high" });

    expect(second.items.map((ticket) => ticket.ticket_id)).toEqual(["T-1"]);
    expect(anew.items).toHaveLength(3);
    expect(asked()).toEqual(["Query gsi3 ok", "BatchGetItem table ok", "Query gsi5 ok", "BatchGetItem table ok"]);
    await expect(tickets.wholePage("byPriority", { priority: "low" }, { cursor: first.cursor })).rejects.toMatchObject({
      code: "invalid_cursor",
    });
  });
});

describe("choosing a version", () => {
  const missing = Object.assign(new Error("The table does not have the specified index: gsi2-2"), {
    name: "ValidationException",
  });
  const context = () => createContext({ client: db.client, clock: () => NOW });
  /** Asks, of which each index answers with what it is given. */
  const choose = (on: ReturnType<typeof context>, answers: Readonly<Record<string, unknown>>, since = 1) =>
    byVersion(on, "gsi2-2", since, async ({ indexName }) => {
      const answer = answers[indexName];
      if (answer instanceof Error) throw answer;
      return answer;
    });

  it("takes an index that is being filled for one that is not there", async () => {
    const filling = Object.assign(new Error("Cannot read from backfilling global secondary index: gsi2-2"), {
      name: "ValidationException",
    });

    expect(await choose(context(), { "gsi2-2": filling, gsi2: "former" })).toBe("former");
  });

  it("finds that the former version has gone within the minute", async () => {
    const on = context();
    await choose(on, { "gsi2-2": missing, gsi2: "former" });

    expect(await choose(on, { "gsi2-2": "current", gsi2: missing })).toBe("current");
    expect(await choose(on, { "gsi2-2": "current", gsi2: "former" })).toBe("current");
  });

  it("rethrows what it cannot name", async () => {
    const throttled = Object.assign(new Error("slow down"), { name: "ThrottlingException" });
    const on = context();

    await expect(choose(on, { "gsi2-2": throttled, gsi2: "former" })).rejects.toBe(throttled);
    await expect(choose(on, { "gsi2-2": missing, gsi2: throttled })).rejects.toBe(throttled);
    await expect(choose(on, { "gsi2-2": throttled, gsi2: missing })).rejects.toBe(throttled);
  });

  it("asks no former version that has not all rows, and does not ask again at once", async () => {
    const on = context();
    const asks: unknown[] = [];
    const refused = byVersion(on, "gsi2-2", 2, async ({ indexName }) => {
      asks.push(indexName);
      throw missing;
    });
    await expect(refused).rejects.toMatchObject({ name: "IndexNotReadyError", index: "gsi2-2", cause: missing });
    await expect(choose(on, { "gsi2-2": "current" }, 2)).rejects.toMatchObject({ code: "index_not_ready" });

    expect(asks).toEqual(["gsi2-2"]);
  });
});
