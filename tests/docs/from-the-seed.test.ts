import { readFileSync } from "node:fs";
import { MODELS } from "../../entities/models.ts";
import type { IndexSchema } from "../../entities/schema.ts";
import { statusCodeOf } from "../../services/http-status.ts";
import { openTestTable, type TestTable } from "../engine.ts";
import { known, runSample, SERVICES } from "./samples.ts";

const page = readFileSync("docs/from-the-seed.md", "utf8");
const [setUp = "", ...samples] = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ""]) => code);

let db: TestTable;
beforeAll(async () => {
  db = await openTestTable();
});
beforeEach(() => db.reset());
afterAll(() => db.drop());

it.each(samples)("gives a sample that works: %s", async (sample) => {
  await runSample(sample, await known(db.layer));
});

it("gives the services the names that its samples use", () => {
  expect(setUp.trim()).toBe(SERVICES);
});

it("would notice a sample that does not", async () => {
  const error = await runSample("await support.escalate(ticket_id);", await known(db.layer)).catch(
    (thrown: unknown) => thrown,
  );
  expect(statusCodeOf(error)).toBe(409);
});

it("answers every index of the seed, under its table", () => {
  const headings = [...page.matchAll(/^### ([\w-]+): `([\w-]+)`$/gm)].map(([, table, index]) => `${table} ${index}`);
  const indexes = Object.values(MODELS).flatMap(({ schema, seedTable }) =>
    Object.values<IndexSchema>(schema.indexes).flatMap(({ seedIndex }) =>
      seedIndex === undefined ? [] : [`${seedTable.replace(/^ielts-(?:genai-prep-)?/, "")} ${seedIndex}`],
    ),
  );
  expect(headings.sort()).toEqual(indexes.sort());
});
