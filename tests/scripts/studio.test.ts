import { once } from "node:events";
import { request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ScanCommand } from "@aws-sdk/lib-dynamodb";
import { MODELS } from "../../entities/models.ts";
import { seedCast, seedCatalogue } from "../../scripts/content/seeding.ts";
import { type Answer, answering } from "../../scripts/studio/answering.ts";
import { QUESTIONS } from "../../scripts/studio/questions.ts";
import { keyParts, MASK } from "../../scripts/studio/rows.ts";
import { studioServer } from "../../scripts/studio/server.ts";
import { createContext } from "../../services/context.ts";
import type { StoredItem } from "../../services/storage/requests.ts";
import { openTestTable, type TestTable } from "../engine.ts";

let table: TestTable;
let server: Server;
let rows: readonly StoredItem[];
let address: string;
beforeAll(async () => {
  table = await openTestTable();
  await seedCatalogue(table.layer);
  await seedCast(table, table.clock());
  const context = createContext({ client: table.client, table: table.table });
  rows = (await context.client.send(new ScanCommand({ TableName: table.table }))).Items ?? [];
  server = studioServer({ shown: "the test's", rows, answer: answering(context) }).listen(0, "127.0.0.1");
  await once(server, "listening");
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await table.drop();
});

interface Described {
  readonly id: string;
  readonly example: Readonly<Record<string, string>>;
}
const questions = async () =>
  ((await (await fetch(`${address}/questions`)).json()) as { questions: Described[] }).questions;
const ask = (id: string, given: Readonly<Record<string, string>>) =>
  fetch(`${address}/answer?${new URLSearchParams({ ...given, question: id })}`);

it("has every access pattern of every entity, and every collection", () => {
  const patterns = Object.entries(MODELS).flatMap(([entity, { schema }]) =>
    Object.keys(schema.indexes).map((pattern) => `${entity}.${pattern}`),
  );

  expect(QUESTIONS.map(({ id }) => id).sort()).toEqual(
    [...patterns, "account", "assessmentReview", "ticketThread"].sort(),
  );
});

it.each(QUESTIONS.map(({ id }) => id))("answers %s by one request, with rows of its entities", async (id) => {
  const { example } = (await questions()).find((question) => question.id === id) as Described;
  const response = await ask(id, example);
  const answer = (await response.json()) as Answer;
  const question = QUESTIONS.find((one) => one.id === id);

  expect(response.status).toBe(200);
  expect(answer.rows.length).toBeGreaterThan(0);
  for (const { entity, keys } of answer.rows) {
    expect(question?.entities).toContain(entity);
    expect(keys.length).toBeGreaterThanOrEqual(2);
  }
  expect(answer.readUnits).toBeGreaterThan(0);
});

it("shows no secret, in no answer and no form", async () => {
  const secrets = rows.flatMap((row) => {
    const model = Object.values(MODELS).find(({ schema }) => schema.model.entity === row.__edb_e__);
    return Object.entries(model?.schema.attributes ?? {})
      .filter(([, attribute]) => "secret" in attribute && attribute.secret)
      .map(([name]) => row[name])
      .filter((value): value is string => typeof value === "string");
  });
  const described = await questions();
  const answers = await Promise.all(described.map(async ({ id, example }) => (await ask(id, example)).text()));
  const shown = JSON.stringify(described) + answers.join("");

  expect(secrets.length).toBeGreaterThan(10);
  expect(shown).toContain(MASK);
  expect(secrets.filter((secret) => shown.includes(secret))).toEqual([]);
});

it("draws the collection: a ticket beside its actions, the key in its parts", async () => {
  const answer = (await (await ask("ticketThread", { ticket_id: "TKT-9F23A0077C1E" })).json()) as Answer;

  expect(new Set(answer.rows.map(({ entity }) => entity))).toEqual(new Set(["ticket", "devops_action"]));
  expect(answer.rows[0]?.keys[0]).toEqual({
    field: "gsi4pk",
    parts: [{ text: "ticketThread#" }, { text: "TKT-9F23A0077C1E", attribute: "ticket_id" }],
  });
});

it("gives back a key's text when its parts are put together, and hides one of a secret that is not of its template", () => {
  const key = { field: "sk", composite: ["at", "id"], template: `x#${"$"}{at}#${"$"}{id}`, casing: "none" } as const;
  const textOf = (text: string, secret = false) =>
    keyParts(key, text, () => secret)
      .map((part) => part.text)
      .join("");

  expect(textOf("x#17#a#b")).toBe("x#17#a#b");
  expect(keyParts(key, "x#17#a#b", () => false).at(-1)).toEqual({ text: "a#b", attribute: "id" });
  expect(textOf("foreign")).toBe("foreign");
  expect(textOf("foreign", true)).toBe(MASK);
});

it.each([
  ["ticket.byStatus", {}, "status is missing"],
  ["ticket.byStatus", { status: "lost" }, "status is one of new, in_progress, resolved, escalated"],
  ["ticket.byColour", { colour: "red" }, "there is no such question"],
])("refuses %s by %j", async (id, given, problem) => {
  const response = await ask(id, given);

  expect(response.status).toBe(400);
  expect(await response.json()).toEqual({ problem });
});

describe("a page of another site", () => {
  const statusOf = async (headers: Readonly<Record<string, string>>, method = "GET") => {
    const sent = request(`${address}/questions`, { headers, method }).end();
    const [response] = await once(sent, "response");
    response.resume();
    return response.statusCode;
  };

  it("gets no answer, by whatever name it reaches this machine", async () => {
    expect(await statusOf({})).toBe(200);
    expect(await statusOf({ host: "evil.example.com" })).toBe(403);
    expect(await statusOf({ origin: "https://evil.example.com" })).toBe(403);
  });

  it("changes nothing: there is nothing but reading", async () => {
    expect(await statusOf({}, "POST")).toBe(405);
  });
});
