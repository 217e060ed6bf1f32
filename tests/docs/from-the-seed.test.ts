import { readFileSync } from "node:fs";
import { transformSync } from "@swc/core";
import { MODELS } from "../../entities/models.ts";
import { statusCodeOf } from "../../services/http-status.ts";
import * as builders from "../builders.ts";
import { openTestTable, type TestTable } from "../engine.ts";

const page = readFileSync("docs/from-the-seed.md", "utf8");
const [setUp = "", ...samples] = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ""]) => code);

let db: TestTable;
beforeAll(async () => {
  db = await openTestTable();
});
beforeEach(() => db.reset());
afterAll(() => db.drop());

/** What the page's reader has: an account, an assessment, a ticket with a proposed fix, and the catalogue. */
async function known(): Promise<Record<string, unknown>> {
  const { accounts, assessments, support, devops, questions, rubrics, purchases } = db.layer;
  await accounts.register(builders.aRegistration());
  const { assessment_id } = await assessments.start(builders.anAssessment());
  const { ticket_id } = await support.open(builders.aTicket());
  const { action_id } = await devops.proposeFix(builders.aFix({ ticket: ticket_id }));
  await purchases.grant(builders.aReceipt());
  await questions.import([builders.aQuestion()]);
  await rubrics.import([builders.aRubric()]);
  return { layer: db.layer, email: builders.MARIA, midnight: 0, assessment_id, ticket_id, action_id };
}

async function run(sample: string): Promise<void> {
  const names = await known();
  const { code } = transformSync(`async function sample() { ${setUp}\n${sample} }`, {
    jsc: { target: "es2022", parser: { syntax: "typescript" } },
  });
  await new Function(...Object.keys(names), `${code}; return sample();`)(...Object.values(names));
}

it.each(samples)("gives a sample that works: %s", async (sample) => {
  await run(sample);
});

it("would notice a sample that does not", async () => {
  const error = await run("await support.escalate(ticket_id);").catch((thrown: unknown) => thrown);
  expect(statusCodeOf(error)).toBe(409);
});

it("answers every index of the seed, under its table", () => {
  const headings = [...page.matchAll(/^### ([\w-]+): `([\w-]+)`$/gm)].map(([, table, index]) => `${table} ${index}`);
  const indexes = Object.values(MODELS).flatMap(({ schema, seedTable }) =>
    Object.values(schema.indexes as Record<string, { readonly seedIndex?: string }>).flatMap(({ seedIndex }) =>
      seedIndex === undefined ? [] : [`${seedTable.replace(/^ielts-(?:genai-prep-)?/, "")} ${seedIndex}`],
    ),
  );
  expect(headings.sort()).toEqual(indexes.sort());
});
