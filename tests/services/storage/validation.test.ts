import { runInNewContext } from "node:vm";
import type { Question } from "../../../entities/question.ts";
import type { Rubric } from "../../../entities/rubric.ts";
import type { DataLayer } from "../../../services/data-layer.ts";
import { DataLayerError, ItemTooLargeError, NotFoundError, ValidationError } from "../../../services/storage/errors.ts";
import {
  aDiagnosis,
  aFix,
  aQuestion,
  aReceipt,
  aRegistration,
  aReport,
  aRubric,
  aSafetyEvent,
  aSpeakingResult,
  aTicket,
  MARIA,
  OTHER_BCRYPT_HASH,
  speakingScores,
} from "../../builders.ts";
import { NOW, openTestTable, type TestTable } from "../../engine.ts";
import { requestsOf } from "../../instruments.ts";

let db: TestTable;
beforeAll(async () => {
  db = await openTestTable();
});
afterAll(() => db.drop());

/** What a call is refused with; fails when it is not, when anything was sent, or when the table has changed. */
async function refusalOf(call: () => Promise<unknown>): Promise<ValidationError> {
  const before = await db.contents();
  let failure: unknown;
  const requests = await requestsOf(db, async () => {
    failure = await call().catch((error: unknown) => error);
  });
  expect(failure).toBeInstanceOf(ValidationError);
  expect(failure).toBeInstanceOf(DataLayerError);
  expect(requests).toEqual([]);
  expect(await db.contents()).toEqual(before);
  return failure as ValidationError;
}

const TICKET = { ticket_id: "TKT-1", created_at: NOW };
const ACTION = { action_id: "ACT-1", timestamp: NOW };

interface InputCase {
  readonly name: string;
  /** What the error calls the input. */
  readonly subject: string;
  readonly valid: object;
  call(layer: DataLayer, input: never): Promise<unknown>;
}

/** Every public function that takes an object from a caller. */
const INPUTS: readonly InputCase[] = [
  {
    name: "accounts.register",
    subject: "user",
    valid: aRegistration({ email: "new@example.com" }),
    call: ({ accounts }, input) => accounts.register(input),
  },
  {
    name: "accounts.changePassword",
    subject: "user",
    valid: { password_hash: OTHER_BCRYPT_HASH },
    call: ({ accounts }, input) => accounts.changePassword(MARIA, input),
  },
  {
    name: "accounts.overview",
    subject: "overview",
    valid: { assessments: 5 },
    call: ({ accounts }, input) => accounts.overview(MARIA, input),
  },
  {
    name: "sessions.start",
    subject: "session",
    valid: { user_email: MARIA },
    call: ({ sessions }, input) => sessions.start(input),
  },
  {
    name: "qrLogin.redeem",
    subject: "qr_token",
    valid: { device_id: "phone-1-5b1f9c24e7d03a86aa" },
    call: ({ qrLogin }, input) => qrLogin.redeem("token-1", input),
  },
  {
    name: "assessments.start",
    subject: "assessment",
    valid: { user_id: MARIA, assessment_type: "speaking_academic", assessment_id: "A-1" },
    call: ({ assessments }, input) => assessments.start(input),
  },
  {
    name: "assessments.complete",
    subject: "assessment",
    valid: aSpeakingResult(),
    call: ({ assessments }, input) => assessments.complete({ assessment_id: "A-1", user_id: MARIA }, input),
  },
  {
    name: "questions.listByType",
    subject: "question",
    valid: { assessment_type: "speaking_part1" },
    call: ({ questions }, input) => questions.listByType(input),
  },
  {
    name: "questions.draw",
    subject: "question",
    valid: { assessment_type: "speaking_part1", count: 3 },
    call: ({ questions }, input) => questions.draw(input),
  },
  {
    name: "questions.import",
    subject: "question",
    valid: aQuestion(),
    call: ({ questions }, input) => questions.import([input as Question]),
  },
  {
    name: "rubrics.import",
    subject: "rubric",
    valid: aRubric(),
    call: ({ rubrics }, input) => rubrics.import([input as Rubric]),
  },
  {
    name: "purchases.grant",
    subject: "entitlement",
    valid: aReceipt(),
    call: ({ purchases }, input) => purchases.grant(input),
  },
  {
    name: "moderation.recordSafetyEvent",
    subject: "safety_log",
    valid: aSafetyEvent(),
    call: ({ moderation }, input) => moderation.recordSafetyEvent(input),
  },
  {
    name: "moderation.fileReport",
    subject: "content_report",
    valid: aReport(),
    call: ({ moderation }, input) => moderation.fileReport(input),
  },
  {
    name: "moderation.triage",
    subject: "content_report",
    valid: { status: "investigating" },
    call: ({ moderation }, input) => moderation.triage({ report_id: "R-1", created_at: NOW }, input),
  },
  {
    name: "support.open",
    subject: "ticket",
    valid: aTicket({ ticket_id: "TKT-1" }),
    call: ({ support }, input) => support.open(input),
  },
  {
    name: "support.answer",
    subject: "ticket",
    valid: { ai_response: "Hello" },
    call: ({ support }, input) => support.answer(TICKET, input),
  },
  {
    name: "devops.recordDiagnosis",
    subject: "devops_action",
    valid: aDiagnosis({ action_id: "ACT-1" }),
    call: ({ devops }, input) => devops.recordDiagnosis(input),
  },
  {
    name: "devops.proposeFix",
    subject: "devops_action",
    valid: aFix({ action_id: "ACT-1" }),
    call: ({ devops }, input) => devops.proposeFix(input),
  },
  {
    name: "devops.approve",
    subject: "devops_action",
    valid: { reviewed_by: "dana", review_reason: "Yes" },
    call: ({ devops }, input) => devops.approve(ACTION, input),
  },
  {
    name: "devops.reject",
    subject: "devops_action",
    valid: { reviewed_by: "dana", review_reason: "No" },
    call: ({ devops }, input) => devops.reject(ACTION, input),
  },
  {
    name: "support.listByUser",
    subject: "list",
    valid: { limit: 5 },
    call: ({ support }, input) => support.listByUser(MARIA, input),
  },
];

describe.each(INPUTS)("$name", ({ subject, valid, call }) => {
  it.each(["surprise", "ttl", "pk", "gsi1pk", "__edb_e__", "constructor", "toString", ""])(
    "refuses the attribute %p, which it does not know, by name",
    async (name) => {
      const failure = await refusalOf(() => call(db.layer, { ...valid, [name]: 1 } as never));

      expect(failure).toMatchObject({
        code: "validation",
        entity: subject,
        attribute: name,
        rule: expect.stringMatching(/^is not an attribute that can be given here; these are: \w+(?:, \w+)*$/),
        received: "whole number",
      });
      expect(failure.message).toContain(`${subject}.${name}`);
    },
  );

  it("refuses a key __proto__ as JSON.parse makes it, and changes no prototype", async () => {
    const text = `${JSON.stringify(valid).slice(0, -1)},"__proto__":{"isAdmin":true}}`;

    const failure = await refusalOf(() => call(db.layer, JSON.parse(text) as never));

    expect(failure).toMatchObject({ entity: subject, attribute: "__proto__", received: "object" });
    expect({}).not.toHaveProperty("isAdmin");
  });

  it.each([
    [[], "array"],
    [null, "null"],
    ["input", "string"],
    [42, "whole number"],
    [true, "boolean"],
    [() => undefined, "function"],
  ])("refuses %p in place of an object", async (input, received) => {
    const failure = await refusalOf(() => call(db.layer, input as never));

    expect(failure).toMatchObject({ entity: subject, received });
    expect(failure.message).toContain("must be an object");
  });

  it("refuses an array of what it takes", async () => {
    const failure = await refusalOf(() => call(db.layer, [valid] as never));

    expect(failure).toMatchObject({ entity: subject, received: "array" });
  });
});

describe("names of unknown attributes", () => {
  it("are shown escaped and cut, so that an error is one line of a log", async () => {
    const [broken, long] = ["a\nb", "x".repeat(10_000)];

    const failures = [
      await refusalOf(() => db.layer.support.open({ ...aTicket(), [broken]: 1 })),
      await refusalOf(() => db.layer.support.open({ ...aTicket(), [long]: 1 })),
    ];

    expect(failures[0]?.attribute).toBe("a\\nb");
    expect(failures[1]?.attribute).toBe("x".repeat(64));
    for (const { message } of failures) {
      expect(message).not.toContain("\n");
      expect(message.length).toBeLessThan(300);
    }
  });
});

describe("keys of maps", () => {
  const complete = (scores: unknown) =>
    refusalOf(() => db.layer.assessments.complete({ assessment_id: "A-1", user_id: MARIA }, { scores } as never));
  const bands = (band_descriptors: unknown) =>
    refusalOf(() => db.layer.rubrics.import([{ ...aRubric(), band_descriptors } as never]));

  it.each([
    ["scores.speaking.charm", { speaking: { ...speakingScores, charm: 9 } }],
    ["scores.listening", { speaking: speakingScores, listening: {} }],
    ["scores.__proto__", JSON.parse(`{"speaking":${JSON.stringify(speakingScores)},"__proto__":{"a":1}}`)],
    [
      "scores.speaking.__proto__",
      { speaking: JSON.parse(`${JSON.stringify(speakingScores).slice(0, -1)},"__proto__":9}`) },
    ],
  ])("are refused when unknown: %s", async (attribute, scores) => {
    expect(await complete(scores)).toMatchObject({ entity: "assessment", attribute, rule: "is not a known key" });
  });

  it.each([
    ["band_descriptors.10", { "6": "Good", "10": "Better than best" }],
    ["band_descriptors.6.5", { "6.5": "Between" }],
    ["band_descriptors.__proto__", JSON.parse('{"6":"Good","__proto__":"x"}')],
  ])("are refused when unknown: %s", async (attribute, band_descriptors) => {
    expect(await bands(band_descriptors)).toMatchObject({ entity: "rubric", attribute, rule: "is not a known key" });
  });

  it("may be undefined, as if they were left out", async () => {
    const rubric = aRubric({ rubric_id: "undefined-bands" });

    await db.layer.rubrics.import([
      { ...rubric, band_descriptors: { ...rubric.band_descriptors, "5": undefined } as never },
    ]);

    expect(await db.layer.rubrics.get("undefined-bands")).toEqual(rubric);
  });
});

describe("values", () => {
  it.each<[string, string, unknown, string, string, () => Promise<unknown>]>([
    [
      "a wrong type",
      "subject",
      42,
      "must be a string",
      "whole number",
      () => db.layer.support.open(aTicket({ subject: 42 as never })),
    ],
    [
      "a missing value",
      "message",
      undefined,
      "is required",
      "missing",
      () => db.layer.support.open(aTicket({ message: undefined as never })),
    ],
    [
      "a value outside a closed set",
      "category",
      "general",
      "must be one of purchase, qr_code, audio, refund, technical",
      "string",
      () => db.layer.support.open(aTicket({ category: "general" as never })),
    ],
    [
      "null",
      "subject",
      null,
      "must be a string",
      "null",
      () => db.layer.support.open(aTicket({ subject: null as never })),
    ],
    [
      "an array",
      "user_email",
      [MARIA],
      "must be a string",
      "array",
      () => db.layer.support.open(aTicket({ user_email: [MARIA] as never })),
    ],
    [
      "an object",
      "ai_response",
      {},
      "must be a string",
      "object",
      () => db.layer.support.answer(TICKET, { ai_response: {} as never }),
    ],
    [
      "not a number",
      "ai_confidence",
      Number.NaN,
      "must be a number from 0 to 1",
      "NaN",
      () => db.layer.support.answer(TICKET, { ai_response: "Hello", ai_confidence: Number.NaN }),
    ],
    [
      "a lone surrogate",
      "subject",
      "\ud83d",
      "must be well-formed Unicode, without lone surrogates",
      "string",
      () => db.layer.support.open(aTicket({ subject: "\ud83d" })),
    ],
  ])("are refused for %s, naming attribute, rule and kind", async (_, attribute, __, rule, received, call) => {
    expect(await refusalOf(call)).toMatchObject({ entity: "ticket", attribute, rule, received });
  });

  it("are named by their path inside maps and lists", async () => {
    const failures = [
      await refusalOf(() =>
        db.layer.assessments.complete(
          { assessment_id: "A-1", user_id: MARIA },
          aSpeakingResult({ scores: { speaking: { ...speakingScores, pronunciation: 6.25 } } }),
        ),
      ),
      await refusalOf(() =>
        db.layer.moderation.recordSafetyEvent(aSafetyEvent({ categories: ["spam", "rudeness" as never] })),
      ),
      await refusalOf(() => db.layer.questions.import([aQuestion({ keywords: ["one", "two", ""] })])),
      await refusalOf(() => db.layer.rubrics.import([aRubric({ band_descriptors: { "6": "" } as never })])),
    ];

    expect(failures.map(({ entity, attribute, received }) => [entity, attribute, received])).toEqual([
      ["assessment", "scores.speaking.pronunciation", "fractional number"],
      ["safety_log", "categories[1]", "string"],
      ["question", "keywords[2]", "empty string"],
      ["rubric", "band_descriptors.6", "empty string"],
    ]);
  });

  it("are never shown in the error", async () => {
    const secret = "correct horse battery staple";

    const failures = [
      await refusalOf(() => db.layer.accounts.register(aRegistration({ password_hash: secret }))),
      await refusalOf(() => db.layer.accounts.changePassword(MARIA, { password_hash: secret })),
      await refusalOf(() => db.layer.sessions.start({ user_email: secret })),
      await refusalOf(() => db.layer.support.setPriority(TICKET, secret as never)),
      await refusalOf(() => db.layer.sessions.start({ user_email: MARIA, password: secret } as never)),
    ];

    for (const failure of failures) {
      expect(`${failure.message} ${failure.rule} ${failure.attribute} ${failure.received}`).not.toContain("horse");
    }
  });
});

describe("keys over DynamoDB's limits", () => {
  const LONG = "k".repeat(2100);

  it.each<[string, string, (layer: DataLayer) => Promise<unknown>]>([
    ["session", "session_id", ({ sessions }) => sessions.authenticate(LONG)],
    ["session", "session_id", ({ sessions }) => sessions.end(LONG)],
    ["session", "user_email", ({ sessions }) => sessions.listByUser(`${LONG}@example.com`)],
    ["user", "email", ({ accounts }) => accounts.get(`${LONG}@example.com`)],
    ["qr_token", "token", ({ qrLogin }) => qrLogin.status(LONG)],
    ["qr_token", "token", ({ qrLogin }) => qrLogin.redeem(LONG, { device_id: "phone-1-5b1f9c24e7d03a86aa" })],
    ["assessment", "assessment_id", ({ assessments }) => assessments.get(LONG)],
    ["assessment", "assessment_id", ({ assessments }) => assessments.abandon({ assessment_id: LONG, user_id: MARIA })],
    [
      "assessment",
      "assessment_id",
      ({ assessments }) =>
        assessments.start({ user_id: MARIA, assessment_type: "speaking_academic", assessment_id: LONG }),
    ],
    ["question", "question_id", ({ questions }) => questions.get(LONG)],
    ["question", "question_id", ({ questions }) => questions.import([aQuestion({ question_id: LONG })])],
    ["rubric", "rubric_id", ({ rubrics }) => rubrics.get(LONG)],
    ["rubric", "rubric_id", ({ rubrics }) => rubrics.import([aRubric({ rubric_id: LONG })])],
    ["safety_log", "log_id", ({ moderation }) => moderation.getSafetyLog(LONG)],
    ["safety_log", "log_id", ({ moderation }) => moderation.recordSafetyEvent(aSafetyEvent({ log_id: LONG }))],
    [
      "safety_log",
      "assessment_id",
      ({ moderation }) => moderation.recordSafetyEvent(aSafetyEvent({ assessment_id: LONG })),
    ],
    ["safety_log", "assessment_id", ({ moderation }) => moderation.reviewOutline(LONG)],
    ["content_report", "report_id", ({ moderation }) => moderation.getReport(LONG)],
    ["content_report", "report_id", ({ moderation }) => moderation.fileReport(aReport({ report_id: LONG }))],
    ["content_report", "assessment_id", ({ moderation }) => moderation.fileReport(aReport({ assessment_id: LONG }))],
    ["ticket", "ticket_id", ({ support }) => support.get(LONG)],
    ["ticket", "ticket_id", ({ support }) => support.threadOutline(LONG)],
    ["ticket", "ticket_id", ({ support }) => support.resolve({ ...TICKET, ticket_id: LONG })],
    ["ticket", "ticket_id", ({ support }) => support.open(aTicket({ ticket_id: LONG }))],
    ["devops_action", "action_id", ({ devops }) => devops.get(LONG)],
    ["devops_action", "action_id", ({ devops }) => devops.approve(LONG, { reviewed_by: "dana", review_reason: "Yes" })],
    ["devops_action", "action_id", ({ devops }) => devops.proposeFix(aFix({ action_id: LONG }))],
    ["ticket", "ticket_id", ({ devops }) => devops.proposeFix(aFix({ ticket: LONG }))],
    [
      "ticket",
      "ticket_id",
      ({ devops }) => devops.recordDiagnosis(aDiagnosis({ ticket: { ...TICKET, ticket_id: LONG } })),
    ],
    ["ticket", "ticket_id", ({ devops }) => devops.listByTicket(LONG)],
  ])("are refused, nothing is sent: %s.%s (%#)", async (entity, attribute, call) => {
    expect(await refusalOf(() => call(db.layer))).toMatchObject({ code: "validation", entity, attribute });
  });

  it("are counted in bytes, not in characters", async () => {
    const failure = await refusalOf(() => db.layer.support.get("é".repeat(1050)));

    expect(failure).toMatchObject({ entity: "ticket", attribute: "ticket_id" });
    expect(failure.rule).toContain("2048 bytes");
  });

  it.each<[string, string, (layer: DataLayer, id: string) => Promise<unknown>]>([
    [
      "assessment",
      "assessment_id",
      ({ assessments }, assessment_id) =>
        assessments.start({ user_id: MARIA, assessment_type: "speaking_academic", assessment_id }),
    ],
    ["question", "question_id", ({ questions }, question_id) => questions.import([aQuestion({ question_id })])],
    ["rubric", "rubric_id", ({ rubrics }, rubric_id) => rubrics.import([aRubric({ rubric_id })])],
    ["safety_log", "log_id", ({ moderation }, log_id) => moderation.recordSafetyEvent(aSafetyEvent({ log_id }))],
    ["content_report", "report_id", ({ moderation }, report_id) => moderation.fileReport(aReport({ report_id }))],
    ["ticket", "ticket_id", ({ support }, ticket_id) => support.open(aTicket({ ticket_id }))],
    ["devops_action", "action_id", ({ devops }, action_id) => devops.proposeFix(aFix({ action_id }))],
  ])("are refused for a sort key of an index, of 1024 bytes: %s.%s", async (entity, attribute, call) => {
    const failure = await refusalOf(() => call(db.layer, "k".repeat(1024)));

    expect(failure).toMatchObject({ code: "validation", entity, attribute });
    expect(failure.rule).toContain("1024 bytes");
  });

  it("are as long as the engine takes, and no shorter", async () => {
    const { ticket_id } = await db.layer.support.open(aTicket({ ticket_id: "0" }));
    const [stored] = (await db.contents()).filter((item) => item.ticket_id === ticket_id);
    const longest = Math.max(...["gsi1sk", "gsi2sk", "gsi3sk", "sk"].map((field) => String(stored?.[field]).length));
    const room = 1024 - (longest - ticket_id.length);

    const fits = await db.layer.support.open(aTicket({ ticket_id: "k".repeat(room) }));
    await refusalOf(() => db.layer.support.open(aTicket({ ticket_id: "k".repeat(room + 1) })));

    expect(await db.layer.support.get(fits.ticket_id)).toEqual(fits);
  });

  it("leave an id that is too long to exist merely not found", async () => {
    await expect(db.layer.support.get("k".repeat(1500))).rejects.toBeInstanceOf(NotFoundError);
  });
});

describe("items over 400 KB", () => {
  const MAX = 409_600;
  const tooLarge = async (call: () => Promise<unknown>) => {
    const failure = await refusalOf(call);
    expect(failure).toBeInstanceOf(ItemTooLargeError);
    return failure as ItemTooLargeError;
  };

  it.each<[string, string, (layer: DataLayer, text: string) => Promise<unknown>]>([
    ["ticket", "message", ({ support }, message) => support.open(aTicket({ message, ticket_id: "TKT-LARGE" }))],
    ["ticket", "ai_response", ({ support }, ai_response) => support.answer(TICKET, { ai_response })],
    ["devops_action", "code_diff", ({ devops }, code_diff) => devops.proposeFix(aFix({ code_diff }))],
    [
      "devops_action",
      "review_reason",
      ({ devops }, review_reason) => devops.approve(ACTION, { reviewed_by: "dana", review_reason }),
    ],
    ["entitlement", "receipt_data", ({ purchases }, receipt_data) => purchases.grant(aReceipt({ receipt_data }))],
    [
      "safety_log",
      "user_response",
      ({ moderation }, user_response) => moderation.recordSafetyEvent(aSafetyEvent({ user_response })),
    ],
    [
      "content_report",
      "description",
      ({ moderation }, description) => moderation.fileReport(aReport({ description, report_id: "R-LARGE" })),
    ],
    [
      "assessment",
      "ai_feedback",
      ({ assessments }, ai_feedback) =>
        assessments.complete({ assessment_id: "A-1", user_id: MARIA }, aSpeakingResult({ ai_feedback })),
    ],
    ["question", "sample_answer", ({ questions }, sample_answer) => questions.import([aQuestion({ sample_answer })])],
    ["question", "keywords", ({ questions }, word) => questions.import([aQuestion({ keywords: [word, word] })])],
    [
      "rubric",
      "band_descriptors",
      ({ rubrics }, text) => rubrics.import([aRubric({ band_descriptors: { "6": text } as never })]),
    ],
  ])("are refused before anything is sent, with their size: %s.%s", async (entity, attribute, call) => {
    const failure = await tooLarge(() => call(db.layer, "x".repeat(MAX)));

    expect(failure).toMatchObject({ code: "item_too_large", entity, attribute });
    expect(failure.size).toBeGreaterThan(MAX);
    expect(failure.message).toContain(`${failure.size} bytes`);
    expect(failure.message.length).toBeLessThan(300);
  });

  it("are measured in bytes, not in characters", async () => {
    const failure = await tooLarge(() => db.layer.support.open(aTicket({ message: "€".repeat(MAX / 3) })));

    expect(failure.attribute).toBe("message");
  });

  it("are refused from the first byte that the engine would refuse", async () => {
    const open = (bytes: number, ticket_id: string) =>
      db.layer.support.open(aTicket({ ticket_id, message: "x".repeat(bytes) }));
    const { size = 0 } = await tooLarge(() => open(MAX, "TKT-EDGE-0"));
    const room = MAX - (size - MAX);

    const largest = await open(room, "TKT-EDGE-1");
    const failure = await tooLarge(() => open(room + 1, "TKT-EDGE-2"));

    expect(largest.message).toHaveLength(room);
    expect(failure.size).toBe(MAX + 1);
  });

  it("are refused when a change would make them so, and stay as they are", async () => {
    const ticket = await db.layer.support.open(aTicket({ message: "x".repeat(300_000) }));

    const failure = await db.layer.support
      .answer(ticket, { ai_response: "y".repeat(200_000) })
      .catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ItemTooLargeError);
    expect(failure).toMatchObject({ code: "item_too_large", entity: "ticket" });
    expect(await db.layer.support.get(ticket.ticket_id)).toEqual(ticket);
    await expect(db.layer.support.answer(ticket, { ai_response: "Shorter." })).resolves.toMatchObject({
      status: "in_progress",
    });
  });
});

it("takes maps that another realm made, as a test runner's fetch does", async () => {
  await db.layer.accounts.register(aRegistration({ email: "realm@example.com" }));
  const { assessment_id } = await db.layer.assessments.start({
    user_id: "realm@example.com",
    assessment_type: "speaking_academic",
  });
  const result = runInNewContext(`(${JSON.stringify(aSpeakingResult())})`);

  await expect(db.layer.assessments.complete(assessment_id, result)).resolves.toMatchObject({ band_score: 7 });
});

it("asks for epoch seconds where another type is given, in keys and in items", async () => {
  const iso = "2025-10-09T08:53:20Z" as never;

  const item = await refusalOf(() => db.layer.moderation.recordSafetyEvent(aSafetyEvent({ timestamp: iso })));
  const key = await refusalOf(() => db.layer.assessments.countSince(MARIA, iso));

  expect([item.rule, key.rule]).toEqual(["must be whole epoch seconds", "must be whole epoch seconds"]);
});
