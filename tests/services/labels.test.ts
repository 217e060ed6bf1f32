import { describeModel } from "../../entities/model.ts";
import { MARKERS } from "../../entities/models.ts";
import type { RequestEvent } from "../../index.ts";
import { DataLayerError } from "../../services/storage/errors.ts";
import { openTestTable, type TestTable } from "../engine.ts";
import { SCENARIOS, type Scenario } from "../faults/scenarios.ts";

let db: TestTable;
beforeAll(async () => {
  db = await openTestTable();
});
afterAll(() => db.drop());

const { entities, collections } = describeModel();
/** The model's names, those of its markers, `account` for whatever belongs to one, and `bulk` for an import. */
const KNOWN: ReadonlySet<string> = new Set([
  ...Object.keys(entities),
  ...Object.keys(collections),
  ...Object.keys(MARKERS),
  "account",
  "bulk",
]);

const scenarios = Object.entries(SCENARIOS).flatMap(([service, functions]) =>
  Object.entries(functions as Readonly<Record<string, Scenario>>).map(
    ([name, scenario]) => [`${service}.${name}`, scenario] as const,
  ),
);

it.each(scenarios)("%s names what each of its requests asks, for metrics", async (_, scenario) => {
  await db.reset();
  const prepared = (await scenario.prepare?.(db.layer)) as never;
  const events: RequestEvent[] = [];
  await scenario.act(db.layerWith({ onRequest: (event) => events.push(event) }), prepared).catch((error: unknown) => {
    if (!(error instanceof DataLayerError)) throw error;
  });

  expect(events).not.toEqual([]);
  for (const { entity, accessPattern } of events) {
    expect(KNOWN).toContain(entity);
    expect(accessPattern).toMatch(/^[a-z][A-Za-z]+$/);
  }
});
