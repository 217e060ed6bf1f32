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
        value: (item: { readonly ai_response?: string }) => item.ai_response ?? "not answered yet",
      },
    ],
  };
});

import { createTableInput } from "../../../entities/table.ts";
import { createDataLayer, type DataLayer } from "../../../services/data-layer.ts";
import { aTicket } from "../../builders.ts";
import { NOW, openTestTable, type TestTable } from "../../engine.ts";

let db: TestTable;
let layer: DataLayer;
let requests: RequestEvent[];
let clock: { now: number };

beforeAll(async () => {
  db = await openTestTable();
});
afterAll(() => db.drop());

type TableInput = ReturnType<typeof createTableInput>;
let tables = 0;

/** A table with the index `gsi2` of the release before, without the two attributes, this release's, both or neither. */
async function aTable(...names: ("gsi2" | "gsi2-2")[]): Promise<void> {
  const table = `${db.table}-${tables++}`;
  const input: TableInput = createTableInput(table);
  const others = input.GlobalSecondaryIndexes.filter(({ IndexName }) => IndexName !== "gsi2-2");
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
  await db.client.send(new CreateTableCommand({ ...input, AttributeDefinitions, GlobalSecondaryIndexes }));
  requests = [];
  clock = { now: NOW };
  layer = layerOn(table);
}

const layerOn = (table: string) =>
  createDataLayer({
    client: db.client,
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
