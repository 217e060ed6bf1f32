import { once } from "node:events";
import { request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ScanCommand } from "@aws-sdk/lib-dynamodb";
import { MODELS } from "../../entities/models.ts";
import { seedCast, seedCatalogue } from "../../scripts/content/seeding.ts";
import { type Answer, answering } from "../../scripts/studio/answering.ts";
import { CHANGES } from "../../scripts/studio/changes.ts";
import { QUESTIONS } from "../../scripts/studio/questions.ts";
import { keyParts, MASK } from "../../scripts/studio/rows.ts";
import { SeedTables, seedRequest } from "../../scripts/studio/seed-tables.ts";
import { studioServer } from "../../scripts/studio/server.ts";
import { createContext } from "../../services/context.ts";
import type { StoredItem } from "../../services/storage/requests.ts";
import { openTestTable, type TestTable } from "../engine.ts";

let table: TestTable;
let seedTables: SeedTables;
let server: Server;
let rows: readonly StoredItem[];
let address: string;
let reader: Server;
let readAlone: string;
beforeAll(async () => {
  table = await openTestTable();
  await seedCatalogue(table.layer);
  await seedCast(table, table.clock());
  const context = createContext({ client: table.client, table: table.table });
  rows = (await context.client.send(new ScanCommand({ TableName: table.table }))).Items ?? [];
  seedTables = await SeedTables.start(rows);
  const studio = { shown: "the test's", rows, answer: answering(context, seedTables) };
  const listening = async (made: Server) => {
    await once(made.listen(0, "127.0.0.1"), "listening");
    return `http://127.0.0.1:${(made.address() as AddressInfo).port}`;
  };
  server = studioServer({ ...studio, layer: table.layer });
  address = await listening(server);
  reader = studioServer(studio);
  readAlone = await listening(reader);
});
afterAll(async () => {
  for (const each of [server, reader]) {
    each.close();
    each.closeAllConnections();
  }
  await seedTables.stop();
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
  const statusOf = async (headers: Readonly<Record<string, string>>, method = "GET", path = "/questions") => {
    const sent = request(address + path, { headers, method }).end();
    const [response] = await once(sent, "response");
    response.resume();
    return response.statusCode;
  };

  it("gets no answer, by whatever name it reaches this machine", async () => {
    expect(await statusOf({})).toBe(200);
    expect(await statusOf({ host: "evil.example.com" })).toBe(403);
    expect(await statusOf({ origin: "https://evil.example.com" })).toBe(403);
  });

  it("changes nothing, by no form and no JSON of its own", async () => {
    const json = { "content-type": "application/json" };

    expect(await statusOf({}, "POST")).toBe(405);
    expect(await statusOf({ host: "evil.example.com" }, "POST", "/change")).toBe(403);
    expect(await statusOf({ ...json }, "POST", "/change")).toBe(403);
    expect(await statusOf({ ...json, origin: "https://evil.example.com" }, "POST", "/change")).toBe(403);
    expect(await statusOf({ origin: address, "content-type": "text/plain" }, "POST", "/change")).toBe(403);
  });
});

describe("the answer", () => {
  it("has the items as a handler sees them, typed: nothing hidden, nothing of the keys", async () => {
    const answer = (await (await ask("ticketThread", { ticket_id: "TKT-9F23A0077C1E" })).json()) as Answer;
    const [ticket, actions] = answer.items;

    expect(answer.items.map(({ entity }) => entity)).toEqual(["ticket", "devops_action"]);
    expect(ticket?.columns).toContainEqual({
      name: "created_at",
      type: "epoch seconds",
      description: expect.any(String),
    });
    expect(ticket?.columns.map(({ name }) => name).filter((name) => /^(gsi|pk|sk|__)/.test(name))).toEqual([]);
    expect(ticket?.items[0]).toContain("TKT-9F23A0077C1E");
    expect(actions?.items.length).toBeGreaterThan(0);
  });

  it("names each item by its id, also where the index has that in a key alone", async () => {
    const answer = (await (await ask("account", { user_email: "maria.silva@example.com" })).json()) as Answer;
    for (const { entity, columns, items } of answer.items) {
      const by = CHANGES.find((one) => one.entity === entity)?.by;
      const at = columns.findIndex(({ name }) => name === by);
      if (by !== undefined) expect([by, typeof items[0]?.[at]]).toEqual([by, "string"]);
    }
  });

  it("has the code that gives it", async () => {
    const codeOf = async (id: string, given: Readonly<Record<string, string>>) =>
      ((await (await ask(id, given)).json()) as Answer).code;

    expect(await codeOf("ticket.byStatus", { status: "new" })).toBe(
      'await layer.entities.ticket.query.byStatus({ status: "new" }).go();',
    );
    expect(await codeOf("ticketThread", { ticket_id: "TKT-9F23A0077C1E" })).toBe(
      'await layer.collections.ticketThread({ ticket_id: "TKT-9F23A0077C1E" }).go();',
    );
    const { data } = await table.layer.collections.ticketThread({ ticket_id: "TKT-9F23A0077C1E" }).go();
    expect(data.ticket.map(({ ticket_id }) => ticket_id)).toEqual(["TKT-9F23A0077C1E"]);
  });

  it("says what the same takes on the seed's eleven tables", async () => {
    const seedOf = async (id: string, given: Readonly<Record<string, string>>) =>
      ((await (await ask(id, given)).json()) as Answer).seed;
    const maria = "maria.silva@example.com";
    const account = await seedOf("account", { user_email: maria });
    const drawn = await seedOf("question.byDraw", { assessment_type: "speaking_part2", difficulty: "medium" });

    expect(account).toEqual({
      requests: 4,
      readUnits: expect.any(Number),
      how: [
        "Query ielts-genai-prep-users",
        "Query ielts-genai-prep-assessments, user_id-created_at-index",
        "Query ielts-genai-prep-entitlements",
        "Query ielts-support-tickets, user_email-created_at-index",
      ],
    });
    expect(account.readUnits).toBeGreaterThanOrEqual(2);
    expect(drawn).toMatchObject({ requests: 1, how: ["Scan ielts-assessment-questions"] });
    // All of the table is read, whatever is wanted of it.
    const questions = rows.filter(({ __edb_e__ }) => __edb_e__ === "question");
    expect(drawn.readUnits).toBeGreaterThan((questions.length * 200) / 8192);
  });

  it.each([
    ["ielts-support-tickets", ["ticket_id"], { keyed: ["ticket_id"], filtered: [] }],
    ["ielts-genai-prep-entitlements", ["user_email"], { keyed: ["user_email"], filtered: [] }],
    ["ielts-support-tickets", ["status"], { index: "status-created_at-index", keyed: ["status"], filtered: [] }],
    ["ielts-ai-safety-logs", ["assessment_id"], { keyed: [], filtered: ["assessment_id"] }],
    ["ielts-assessment-questions", ["difficulty", "topic"], { keyed: [], filtered: ["difficulty", "topic"] }],
    [
      "ielts-support-tickets",
      ["priority", "x"],
      { index: "priority-created_at-index", keyed: ["priority"], filtered: ["x"] },
    ],
  ])("asks %s by %j the cheapest way", (seedTable, known, expected) => {
    expect(seedRequest(seedTable, known)).toEqual({ table: seedTable, ...expected });
  });
});

describe("a change", () => {
  const make = async (change: string, values: object, to = address) => {
    const headers = { "content-type": "application/json", origin: to };
    const response = await fetch(`${to}/change`, { method: "POST", headers, body: JSON.stringify({ change, values }) });
    return { status: response.status, body: await response.json() };
  };

  it("goes through the service, which refuses what its states forbid", async () => {
    const { support } = table.layer;
    const ticket = await support.open({
      ticket_id: "TKT-STUDIO",
      user_email: "maria.silva@example.com",
      subject: "No sound",
      message: "Part 3 has no sound.",
      category: "audio",
      priority: "low",
    });
    const by = { ticket_id: ticket.ticket_id };

    expect(await make("support.setPriority", { ...by, priority: "urgent" })).toMatchObject({ status: 200 });
    const early = await make("support.resolve", by);
    expect(early).toMatchObject({ status: 400, body: { problem: expect.stringContaining("it is new") } });
    expect(await make("support.answer", { ...by, ai_response: "Plug it in." })).toMatchObject({ status: 200 });
    expect(await make("support.resolve", by)).toEqual({ status: 200, body: { changed: "support.resolve" } });
    expect(await support.get(ticket.ticket_id)).toMatchObject({ status: "resolved", priority: "urgent" });
    const refused = await make("support.escalate", by);
    expect(refused).toMatchObject({ status: 400, body: { problem: expect.stringContaining("resolved") } });
    expect(await make("support.setPriority", { ...by, priority: "none" })).toMatchObject({ status: 400 });
    const unread = await make("support.setPriority", { ...by, priority: "" });
    expect(unread).toEqual({ status: 400, body: { problem: "priority is missing" } });
    expect(await make("support.resolve", {})).toEqual({ status: 400, body: { problem: "ticket_id is missing" } });
    expect(await make("support.forget", by)).toEqual({ status: 400, body: { problem: "there is no such change" } });
  });

  it.each(CHANGES.map(({ id }) => id))(
    "%s is a function of its service, which takes what the form gives",
    async (id) => {
      const [service, name] = id.split(".") as [keyof typeof table.layer, string];
      expect(table.layer[service]).toHaveProperty(name, expect.any(Function));
      const { by, arguments: asked } = CHANGES.find((one) => one.id === id) as (typeof CHANGES)[number];
      const form = asked.map(({ name: attribute, choices }) => [attribute, choices?.at(-1) ?? "https://example.com/1"]);
      const unknown = by === "email" ? "nobody@example.com" : "UNKNOWN-1";

      const { status, body } = await make(id, { ...Object.fromEntries(form), [by]: unknown });
      expect(status).toBe(400);
      expect(body).toMatchObject({ problem: expect.stringMatching(/not (?:found|exist)|There is no/i) });
    },
  );

  it("is refused where the table is only read, and no button offers it", async () => {
    const by = { email: "maria.silva@example.com" };
    const { changes } = (await (await fetch(`${readAlone}/questions`)).json()) as { changes: unknown[] };

    expect(await make("accounts.suspend", by, readAlone)).toMatchObject({ status: 403 });
    expect(changes).toEqual([]);
    expect(await table.layer.accounts.get(by.email)).toMatchObject({ account_status: "active" });
  });

  it.each(["[1", "null", '"text"', "{}"])("of the body %s is refused in words", async (body) => {
    const headers = { "content-type": "application/json", origin: address };
    const response = await fetch(`${address}/change`, { method: "POST", headers, body });

    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ problem: expect.stringMatching(/no JSON object|no such change/) });
  });

  it("of more than a form has is refused", async () => {
    expect(await make("support.resolve", { ticket_id: "x".repeat(70_000) })).toMatchObject({
      status: 400,
      body: { problem: "the change is too long" },
    });
  });
});
