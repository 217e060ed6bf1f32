import { readFileSync } from "node:fs";
import { answerAsText } from "../../scripts/sql/answer.ts";
import { demoReading } from "../../scripts/sql/demo-source.ts";
import { pseudonymous } from "../../scripts/sql/person-rules.ts";
import { TypedDatabase } from "../../scripts/sql/typed-database.ts";
import { systemClock } from "../../services/context.ts";

const page = readFileSync("docs/analytics.md", "utf8");
const questions = [...page.matchAll(/\n([^\n]+):\n\n```sql\n([\s\S]*?)```/g)].map(([, title = "", question = ""]) => ({
  title,
  question,
}));

let database: TypedDatabase;
beforeAll(async () => {
  database = await TypedDatabase.open(":memory:", pseudonymous("a secret of thirty-two characters."));
  await database.begin({ source: "demo", identified: false });
  await demoReading(systemClock)(new Map(), (batch) => database.add(batch));
  await database.settle();
});
afterAll(() => database.close());

it("has twenty questions", () => {
  expect(questions).toHaveLength(20);
  expect(page.match(/```sql/g)).toHaveLength(20);
});

it.each(questions)("answers: $title", async ({ question }) => {
  const answer = await answerAsText(database.connection, question);

  expect(answer).toMatch(/\n\([1-9]\d* rows?\)$/);
});

it("has a value for every attribute of the demo: all fit their columns", () => {
  expect([...database.unfit]).toEqual([]);
});
