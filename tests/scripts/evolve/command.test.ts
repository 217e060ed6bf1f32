import { CreateTableCommand, DeleteTableCommand } from "@aws-sdk/client-dynamodb";
import { createTableInput, tableDefinition, withIndexes } from "../../../entities/table.ts";
import { commandHost } from "../../commands.ts";
import { openTestTable, type TestTable } from "../../engine.ts";

const host = commandHost();
let db: TestTable;

beforeAll(async () => {
  db = await openTestTable();
});
afterAll(async () => {
  await host.stop();
  await db.drop();
});

const evolve = (...words: string[]) => host.run("evolve", ["--endpoint", db.endpoint, "--table", db.table, ...words]);

it("says that nothing is to do for a table of this release", async () => {
  const [plan, applied] = [await evolve(), await evolve("--apply", "--deployed")];

  expect(plan.stdout).toContain("Nothing is to do: the table is this release's.");
  expect(applied.stdout).toContain("Nothing is left to do: the table is this release's.");
  await expect(evolve("--template", "next.json")).rejects.toMatchObject({
    stderr: expect.stringContaining("no step is left: docs/template.json is the table's"),
  });
});

it("leaves alone what a later release reads", async () => {
  const table = `${db.table}-later`;
  const { globalSecondaryIndexes } = tableDefinition();
  const later = globalSecondaryIndexes.map((index) =>
    index.indexName === "gsi2" ? { ...index, indexName: "gsi2-99" } : index,
  );
  await db.client.send(new CreateTableCommand(createTableInput(table, withIndexes(later))));

  const { stdout } = await evolve("--table", table);
  await db.client.send(new DeleteTableCommand({ TableName: table }));

  expect(stdout).toContain("gsi2-99 is a later release's: it is left alone, and this release reads its own version.");
  expect(stdout).toMatch(/1\. index gsi2: make it/);
  expect(stdout).toMatch(/takes the first of them\.\n$/);
});

it("passes over the items again when it is told to", async () => {
  const { stdout } = await evolve("--apply", "--deployed", "--again");

  expect(stdout).toContain("items: a pass for again");
  expect(stdout).toContain("items: 0 read, 0 written");
});

it.each([
  ["'--deployed' goes with '--apply' or '--template'", ["--deployed"]],
  ["'--again' goes with '--apply --deployed'", ["--again", "--apply"]],
  ["'--template' goes without '--apply'", ["--template", "next.json", "--apply"]],
  ["there is no table none-such", ["--table", "none-such"]],
])("refuses what makes no sense: %s", async (text, words) => {
  await expect(evolve(...words)).rejects.toMatchObject({ stderr: expect.stringContaining(text) });
});

it("has a plan for what is stored by this checkout", async () => {
  const { stdout } = await host.run("release/released-model", ["--check"]);

  expect(stdout).toMatch(/^What is stored has a plan from release \d+\.\d+\.\d+\.\n$/);
});
