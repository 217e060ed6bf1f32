// This release reads the second version of one index, and the second version of another has a new access pattern.
jest.mock("../../../entities/evolution.ts", () => {
  const actual = jest.requireActual("../../../entities/evolution.ts");
  return {
    ...actual,
    INDEXES: { ...actual.INDEXES, gsi2: { version: 2 }, gsi5: { version: 2 } },
    indexNameOf: (index: string) => (/^gsi[25]$/.test(index) ? `${index}-2` : index),
    FORMER_INDEXES: new Map([
      ["gsi2-2", { version: 1, lacks: [], indexName: "gsi2" }],
      ["gsi5-2", { version: 1, lacks: [], indexName: "gsi5" }],
    ]),
  };
});
jest.mock("../../../scripts/table/index-stages.ts", () => ({
  ...jest.requireActual("../../../scripts/table/index-stages.ts"),
  newPatternsOn: (indexName: string) => (indexName === "gsi5-2" ? ["content_report.byType"] : []),
}));

import { CreateTableCommand, DeleteTableCommand, UpdateTableCommand } from "@aws-sdk/client-dynamodb";
import { createTableInput, tableDefinition, withIndexes } from "../../../entities/table.ts";
import { applySteps, stepsLeft } from "../../../scripts/evolve/application.ts";
import { planLines } from "../../../scripts/evolve/plan-text.ts";
import { ensureTable } from "../../../scripts/table/ensure-table.ts";
import { createDataLayer } from "../../../services/data-layer.ts";
import { aReport, aTicket } from "../../builders.ts";
import { ON_DYNAMODB_LOCAL, openTestTable, type TestTable } from "../../engine.ts";
import { interceptedClient } from "../../instruments.ts";

let db: TestTable;
const made: string[] = [];

beforeAll(async () => {
  db = await openTestTable();
});
afterAll(async () => {
  for (const TableName of made) {
    if (ON_DYNAMODB_LOCAL)
      await db.client.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: false }));
    await db.client.send(new DeleteTableCommand({ TableName }));
  }
  await db.drop();
});

/** A table as the release before made it, with a ticket and a report. */
async function aFormerTable(): Promise<string> {
  const table = `${db.table}-${made.length}`;
  const indexes = tableDefinition().globalSecondaryIndexes.map((index) => ({
    ...index,
    indexName: index.indexName.replace("-2", ""),
  }));
  await db.client.send(new CreateTableCommand(createTableInput(table, withIndexes(indexes))));
  made.push(table);
  const { support, moderation } = layerOn(table);
  await support.open(aTicket());
  await moderation.fileReport(aReport());
  return table;
}

const layerOn = (table: string) =>
  createDataLayer({ client: db.client, table, clock: db.clock, erasureSecret: db.erasureSecret });

function targetOf(table: string, client = db.client) {
  const lines: string[] = [];
  return { client, table, lines, say: (line: string) => lines.push(line), pollMilliseconds: 50 };
}

const withoutWaiting = (lines: readonly string[]) => lines.filter((line) => !line.startsWith("waiting:"));

it("tells of each step what it costs, what may run beside it, and the way back", async () => {
  const target = targetOf(await aFormerTable());
  const { state, steps } = await stepsLeft(target);

  const lines = await planLines(target, state, steps, 100);

  expect(lines.filter((line) => /^ {2}\d/.test(line)).map((line) => line.replace(/[;:,].*/, ""))).toEqual([
    "  1. index gsi2-2",
    "  2. deployment",
    "  3. index gsi2",
    "  4. items",
    "  5. index gsi5-2",
    "  6. index gsi5",
  ]);
  for (const fact of ["costs", "beside it", "back"])
    expect(lines.filter((line) => line.startsWith(`     ${fact}: `))).toHaveLength(6);
});

it("lets create-table and the definition wait for it", async () => {
  const table = await aFormerTable();

  const { changed, differences } = await ensureTable(targetOf(table), { apply: true });
  const about = differences.filter(({ about: what }) => what === "index").map(({ kind, text }) => `${kind} ${text}`);

  expect(about).toEqual([
    "coming index gsi2-2: missing; npm run evolve makes it, reads go by the version before",
    "coming index gsi5-2: missing; npm run evolve makes it, reads go by the version before",
    "extra index gsi2: a former version; npm run evolve removes it when no function reads it",
    "extra index gsi5: a former version; npm run evolve removes it when no function reads it",
  ]);
  expect(changed).toBe(ON_DYNAMODB_LOCAL ? 2 : 0);
});

it("leaves the indexes of a table that a stack owns to the stack", async () => {
  const table = await aFormerTable();
  const client = interceptedClient(db.client, async ({ name }, next) =>
    name === "ListTagsOfResourceCommand"
      ? { Tags: [{ Key: "aws:cloudformation:stack-name", Value: "ielts-data" }] }
      : next(),
  );

  const halt = await applySteps(targetOf(table, client), { deployed: true });

  expect(halt).toMatchObject({ why: "stack", stack: "ielts-data" });
  expect((await stepsLeft(targetOf(table))).steps).toHaveLength(5);
});

if (ON_DYNAMODB_LOCAL) {
  it("takes its steps as far as is safe, while the services answer", async () => {
    const table = await aFormerTable();
    const target = targetOf(table);
    const layer = layerOn(table);
    const queue = async () => (await layer.support.listByStatus("new")).items.length;

    expect(await queue()).toBe(1);
    expect(await applySteps(target, { deployed: false })).toMatchObject({ why: "deployment" });
    expect(withoutWaiting(target.lines)).toEqual([
      "index gsi2-2: making it",
      "index gsi2-2 is active: this release's reads go by it",
    ]);
    expect(await queue()).toBe(1);
    target.lines.length = 0;
    expect(await applySteps(target, { deployed: true })).toEqual({ why: "finished" });

    expect(withoutWaiting(target.lines)).toEqual([
      "index gsi2: removing it",
      "index gsi2 is gone",
      "items: a pass for gsi5-2",
      expect.stringMatching(/^items: \d+ read, 0 written$/),
      "index gsi5-2: making it",
      "index gsi5-2 is active: this release's reads go by it",
      "index gsi5: removing it",
      "index gsi5 is gone",
    ]);
    expect(await queue()).toBe(1);
    expect(await applySteps(target, { deployed: true })).toEqual({ why: "finished" });
    expect((await ensureTable(target)).differences.filter(({ about }) => about === "index")).toEqual([]);
  }, 60_000);
} else {
  it("says that an engine cannot add an index", async () => {
    const table = await aFormerTable();

    await expect(applySteps(targetOf(table), { deployed: false })).rejects.toThrow(
      "the engine has no way to add an index to an on-demand table",
    );
  });
}
