import { MODELS } from "../../entities/models.ts";
import { dataLayerFromEnv } from "../../services/data-layer.ts";
import * as testing from "../../testing/index.ts";
import { NOW, startTestDatabase, type TestDatabase } from "../../testing/index.ts";

const { MARIA, aRegistration, aTicket } = testing;
const endpoint = process.env.TEST_DYNAMODB_ENDPOINT;

let database: TestDatabase;
beforeAll(async () => {
  database = await startTestDatabase(endpoint === undefined ? {} : { endpoint });
});
beforeEach(() => database.reset());
afterAll(() => database.stop());

describe("reset", () => {
  it("empties the table and sets clock, faults and requests back", async () => {
    const { layer, clock, faults, requests } = database;
    await layer.support.open(aTicket());
    clock.advance(60);
    faults.inject("throttling");
    expect(await database.contents()).toHaveLength(1);

    await database.reset();

    expect(await database.contents()).toEqual([]);
    expect(clock()).toBe(NOW);
    expect(faults.due).toEqual([]);
    expect(requests).toEqual([]);
    expect((await layer.support.open(aTicket())).created_at).toBe(NOW);
  });
});

describe("stop", () => {
  it("waits for calls that are under way, whoever forgot them", async () => {
    const other = await startTestDatabase(endpoint === undefined ? {} : { endpoint });
    const message = "x".repeat(100_000);
    const forgotten = Promise.allSettled(
      Array.from({ length: 30 }, (_, place) =>
        other.layer.support.open(aTicket({ ticket_id: `TKT-${place}`, message })),
      ),
    );
    await other.layer.support.countByStatus();

    await other.stop();

    // Those that had not set out find no engine; nothing else happens.
    for (const call of await forgotten) if (call.status === "rejected") expect(call.reason).toBeInstanceOf(Error);
  });
});

describe("a page of the largest items", () => {
  it("comes whole, though an engine answers with a megabyte at a time", async () => {
    const { support, accounts } = database.layer;
    const message = "x".repeat(390_000);
    for (let place = 0; place < 25; place++) await support.open(aTicket({ ticket_id: `TKT-${place}`, message }));

    const { items, cursor } = await support.listByPriority("high", { limit: 25 });

    expect(items.map((ticket) => ticket.message.length)).toEqual(Array.from({ length: 25 }, () => 390_000));
    expect(cursor === null || (await support.listByPriority("high", { cursor })).items.length === 0).toBe(true);
    expect((await accounts.export(MARIA)).items.ticket).toHaveLength(25);
    expect(await accounts.erase(MARIA)).toMatchObject({ removed: { ticket: 25 } });
  }, 30_000);
});

describe("the environment", () => {
  it("is what a handler needs to find the table", async () => {
    const before = { ...process.env };
    Object.assign(process.env, database.environment);
    try {
      const { support, context } = dataLayerFromEnv();
      const { ticket_id } = await support.open(aTicket());

      expect((await database.layer.support.get(ticket_id)).subject).toBe(aTicket().subject);
      context.client.destroy();
    } finally {
      process.env = before;
    }
  });
});

describe("two databases", () => {
  it("do not see each other, and each begins when it is told to", async () => {
    const other = await startTestDatabase({ ...(endpoint === undefined ? {} : { endpoint }), now: 1_800_000_000 });
    await database.layer.support.open(aTicket());

    expect(other.clock()).toBe(1_800_000_000);
    expect(await other.contents()).toEqual([]);
    await other.stop();
  });
});

describe("builders", () => {
  it("make items of every entity that fit together and that all rules accept", async () => {
    const { layer } = database;
    await layer.accounts.register(testing.aRegistration());
    await layer.sessions.start(testing.aSession());
    const { token } = await layer.qrLogin.issue(MARIA);
    await layer.qrLogin.redeem(token, testing.aRedemption());
    const assessment = await layer.assessments.start(testing.anAssessment());
    const writing = testing.anAssessment({ assessment_id: "assessment-2", assessment_type: "writing_general" });
    await layer.purchases.grant(testing.aReceipt());
    await layer.moderation.recordSafetyEvent(testing.aSafetyEvent());
    await layer.moderation.fileReport(testing.aReport());
    const ticket = await layer.support.open(testing.aTicket({ priority: "urgent" }));
    await layer.devops.recordDiagnosis(testing.aDiagnosis({ ticket }));
    await layer.devops.proposeFix(testing.aFix({ ticket }));
    await layer.questions.import([testing.aQuestion()]);
    await layer.rubrics.import([testing.aRubric()]);

    expect(ticket.priority).toBe("urgent");
    expect((await layer.assessments.complete(assessment, testing.aSpeakingResult())).band_score).toBe(7);
    await layer.assessments.start(writing);
    expect((await layer.assessments.complete("assessment-2", testing.aWritingResult())).band_score).toBe(7);
    const stored = new Set((await database.contents()).map((item) => item.__edb_e__));
    expect([...stored].filter((entity) => entity !== "claim").sort()).toEqual(Object.keys(MODELS).sort());
  });
});

describe("faults", () => {
  it("meet the next request that fits, below the SDK's retries", async () => {
    const { faults, layer, requests } = database;
    faults.inject("throttling", { operation: "UpdateItem" });
    const { ticket_id } = await layer.support.open(aTicket());
    expect(faults.due).toEqual(["throttling"]);

    await layer.support.answer(ticket_id, { ai_response: "We are on it." });

    expect(faults.due).toEqual([]);
    expect(requests.find(({ operation }) => operation === "UpdateItem")?.attempts).toBe(2);
  });

  it("go through to the caller when they outlast the retries", async () => {
    database.faults.inject("internalError", { times: 4 });

    const refused = await database.layer.accounts.find(MARIA).catch((error: unknown) => error);

    expect(refused).toMatchObject({ name: "InternalServerError", $metadata: { attempts: 4 } });
  });

  it.each(["resetBefore", "resetAfter", "timeout"] as const)("%s: a retried write is stored once", async (fault) => {
    database.faults.inject(fault, { operation: "PutItem" });

    const user = await database.layer.accounts.register(aRegistration());

    expect(user.email).toBe(MARIA);
    expect(await database.contents()).toHaveLength(1);
  });

  it("leave a part of a batch unprocessed, for writes and for reads", async () => {
    const { faults, layer } = database;
    const questions = Array.from({ length: 5 }, (_, number) => testing.aQuestion({ question_id: `sp2-90${number}` }));
    faults.inject("unprocessed", { times: 2 });
    expect(await layer.questions.import(questions)).toMatchObject({ written: 5, failed: [] });
    expect(faults.due).toEqual([]);

    faults.inject("unprocessed", { operation: "BatchGetItem" });
    expect(await layer.questions.draw({ assessment_type: "speaking_part2", count: 5 })).toHaveLength(5);
    expect(faults.due).toEqual([]);
  });

  it("let a process die between two requests, before or after one is applied", async () => {
    const { client } = testing.interruptedClient(database.client, { at: 0, when: "after" });

    const crash = await database
      .layerWith({ client })
      .support.open(aTicket({ ticket_id: "TKT-1" }))
      .catch((error: unknown) => error);

    expect(crash).toBeInstanceOf(testing.Interrupted);
    expect((await database.contents()).map((item) => item.__edb_e__)).toEqual(["claim"]);
    expect((await database.layer.support.open(aTicket({ ticket_id: "TKT-1" }))).status).toBe("new");
  });
});
