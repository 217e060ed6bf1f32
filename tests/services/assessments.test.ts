import { AssessmentModel } from "../../entities/assessment.ts";
import { ASSESSMENT_TYPES, type AssessmentType } from "../../entities/enums.ts";
import { type AssessmentResult, overallBand, type Scores } from "../../services/assessments.ts";
import {
  ConflictError,
  InvalidCursorError,
  ItemTooLargeError,
  NotFoundError,
  ValidationError,
} from "../../services/storage/errors.ts";
import {
  aReceipt,
  aRegistration,
  aSpeakingResult,
  aTicket,
  aWritingResult,
  CHEN,
  MARIA,
  speakingScores,
  writingScores,
} from "../builders.ts";
import { NOW, openTestTable, type TestTable } from "../engine.ts";
import fc from "../generated.ts";
import { everyPage, interceptedClient, requestsOf, storeAll } from "../instruments.ts";

const HOUR = 3600;
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

let db: TestTable;
beforeAll(async () => {
  db = await openTestTable();
});
afterAll(() => db.drop());
beforeEach(() => {
  db.clock.now = NOW;
});

const startSpeaking = (user_id: string = MARIA) =>
  db.layer.assessments.start({ user_id, assessment_type: "speaking_academic" });

describe("overallBand", () => {
  const halves = fc.integer({ min: 0, max: 18 }).map((half) => half / 2);
  const speaking = fc.record({
    fluency_coherence: halves,
    lexical_resource: halves,
    grammatical_range: halves,
    pronunciation: halves,
  });
  const writing = fc.record({
    task_achievement: halves,
    coherence_cohesion: halves,
    lexical_resource: halves,
    grammatical_range: halves,
  });
  const anyScores: fc.Arbitrary<Scores> = fc.oneof(
    fc.record({ speaking }),
    fc.record({ writing }),
    fc.record({ speaking, writing }),
  );

  /** The official table: below a quarter down, from a quarter to below three quarters a half, else up. */
  function roundedMean(given: readonly number[]): number {
    const mean = given.reduce((sum, score) => sum + score) / given.length;
    const whole = Math.trunc(mean);
    if (mean - whole < 0.25) return whole;
    return mean - whole < 0.75 ? whole + 0.5 : whole + 1;
  }
  const officialBand = (scores: Scores): number =>
    roundedMean(Object.values(scores).map((criteria) => roundedMean(Object.values(criteria ?? {}).map(Number))));

  it("follows the official rounding for any criteria", () => {
    fc.assert(
      fc.property(anyScores, (scores) => {
        expect(overallBand(scores)).toBe(officialBand(scores));
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    [[0, 0, 0, 0], 0],
    [[9, 9, 9, 9], 9],
    [[6, 6, 6, 6.5], 6],
    [[6, 6, 6.5, 6.5], 6.5],
    [[6, 6.5, 6.5, 6.5], 6.5],
    [[6.5, 6.5, 6.5, 7], 6.5],
    [[6.5, 6.5, 7, 7], 7],
    [[7.5, 6.5, 7, 6], 7],
    [[9, 9, 9, 8], 9],
    [[0, 0, 0, 1], 0.5],
  ] as const)("gives %j the band %d", (criteria, band) => {
    const [fluency_coherence, lexical_resource, grammatical_range, pronunciation] = criteria;

    const overall = overallBand({
      speaking: { fluency_coherence, lexical_resource, grammatical_range, pronunciation },
    });

    expect(overall).toBe(band);
  });

  it("rounds each of two skills before it takes their mean", () => {
    const speaking = { fluency_coherence: 6, lexical_resource: 6, grammatical_range: 6.5, pronunciation: 6.5 };
    const writing = { task_achievement: 6.5, coherence_cohesion: 6.5, lexical_resource: 6.5, grammatical_range: 6.5 };

    // 6.25 is 6.5, so the mean is 6.5; of all eight criteria it is 6.375.
    expect(overallBand({ speaking, writing })).toBe(6.5);
    expect(overallBand({ speaking, writing: { ...writing, task_achievement: 5 } })).toBe(6.5);
  });
});

describe("start", () => {
  it("starts an assessment in progress under a time-ordered id", async () => {
    const assessment = await db.layer.assessments.start({ user_id: MARIA, assessment_type: "writing_general" });

    expect(assessment).toEqual({
      assessment_id: expect.stringMatching(UUID_V7),
      user_id: MARIA,
      assessment_type: "writing_general",
      created_at: NOW,
      status: "in_progress",
    });
    expect(await db.layer.assessments.get(assessment.assessment_id)).toEqual(assessment);
  });

  it("starts another assessment at each call without an id", async () => {
    const user_id = "twice@example.com";

    const [one, other] = [await startSpeaking(user_id), await startSpeaking(user_id)];

    expect(other.assessment_id).not.toBe(one.assessment_id);
    expect((await db.layer.assessments.listByUser(user_id)).items).toHaveLength(2);
  });

  it("keeps the address in one form", async () => {
    const { user_id } = await startSpeaking("  Spelled.Loudly@Example.COM ");

    expect(user_id).toBe("spelled.loudly@example.com");
    expect((await db.layer.assessments.listByUser("Spelled.Loudly@example.com")).items).toHaveLength(1);
  });

  it("gives the same assessment back for the caller's own id, however late the retry", async () => {
    const input = { user_id: MARIA, assessment_type: "speaking_general", assessment_id: "own-twice" } as const;
    const first = await db.layer.assessments.start(input);
    const before = await db.contents();

    db.clock.now = NOW + HOUR;
    const second = await db.layer.assessments.start({ ...input, user_id: "MARIA@example.com" });

    expect(first.created_at).toBe(NOW);
    expect(second).toEqual(first);
    expect(await db.contents()).toEqual(before);
  });

  it("gives a completed assessment back as it now is", async () => {
    const input = { user_id: MARIA, assessment_type: "speaking_general", assessment_id: "own-completed" } as const;
    await db.layer.assessments.start(input);
    const completed = await db.layer.assessments.complete("own-completed", aSpeakingResult());

    expect(await db.layer.assessments.start(input)).toEqual(completed);
  });

  it("starts one assessment when the same call arrives ten times at once", async () => {
    const input = { user_id: MARIA, assessment_type: "speaking_general", assessment_id: "own-at-once" } as const;

    const started = await Promise.all(Array.from({ length: 10 }, () => db.layer.assessments.start(input)));

    for (const assessment of started) expect(assessment).toEqual(started[0]);
    expect((await db.contents()).filter((item) => item.assessment_id === "own-at-once")).toHaveLength(1);
  });

  it.each([
    ["another user's", { user_id: CHEN, assessment_type: "speaking_academic" }],
    ["another type's", { user_id: MARIA, assessment_type: "writing_academic" }],
  ] as const)("refuses an id that is %s", async (_, other) => {
    await db.layer.assessments.start({
      user_id: MARIA,
      assessment_type: "speaking_academic",
      assessment_id: "own-taken",
    });
    const before = await db.contents();

    const failure = db.layer.assessments.start({ ...other, assessment_id: "own-taken" });

    await expect(failure).rejects.toBeInstanceOf(ConflictError);
    await expect(failure).rejects.toMatchObject({ code: "conflict", entity: "assessment" });
    expect(await db.contents()).toEqual(before);
  });

  it("completes the start on a retry after the function died between its two writes", async () => {
    const input = { user_id: MARIA, assessment_type: "speaking_general", assessment_id: "own-crashed" } as const;
    let puts = 0;
    const dying = db.layerWith({
      client: interceptedClient(db.client, async ({ name }, next) => {
        if (name === "PutCommand" && ++puts === 2) throw new Error("the function died");
        return next();
      }),
    });

    await expect(dying.assessments.start(input)).rejects.toThrow("the function died");
    db.clock.now = NOW + HOUR;
    const retried = await db.layer.assessments.start(input);

    expect(retried).toMatchObject({ assessment_id: "own-crashed", created_at: NOW, status: "in_progress" });
    await expect(db.layer.assessments.start({ ...input, user_id: CHEN })).rejects.toBeInstanceOf(ConflictError);
  });

  it("leaves nothing behind for an account that was erased a moment ago", async () => {
    const user_id = "erased@example.com";
    await startSpeaking(user_id);
    await db.layer.accounts.erase(user_id);
    const before = await db.contents();

    const failure = startSpeaking(user_id);

    await expect(failure).rejects.toBeInstanceOf(ConflictError);
    await expect(failure).rejects.toMatchObject({ code: "conflict", reason: "erased" });
    expect(await db.contents()).toEqual(before);
  });

  it.each([
    ["an empty user", { user_id: "" }, "user_id"],
    ["a user that is no address", { user_id: "maria" }, "user_id"],
    ["no user", { user_id: undefined }, "user_id"],
    ["an unknown type", { assessment_type: "listening" }, "assessment_type"],
    ["no type", { assessment_type: undefined }, "assessment_type"],
    ["an empty id", { assessment_id: "" }, "assessment_id"],
    ["a numeric id", { assessment_id: 7 }, "assessment_id"],
    ["an id that fits no index key", { assessment_id: "x".repeat(1500) }, "assessment_id"],
    ["a status of the caller's own", { status: "completed" }, "status"],
  ])("refuses %s and writes nothing", async (_, wrong, attribute) => {
    const before = await db.contents();

    const failure = db.layer.assessments.start({
      user_id: MARIA,
      assessment_type: "speaking_academic",
      ...wrong,
    } as never);

    await expect(failure).rejects.toBeInstanceOf(ValidationError);
    await expect(failure).rejects.toMatchObject({ code: "validation", entity: "assessment", attribute });
    expect(await db.contents()).toEqual(before);
  });
});

describe("complete", () => {
  it("stores the result with the overall band and the time", async () => {
    const started = await startSpeaking();

    db.clock.now = NOW + 14 * 60;
    const completed = await db.layer.assessments.complete(started.assessment_id, aSpeakingResult());

    expect(completed).toEqual({
      ...started,
      ...aSpeakingResult(),
      status: "completed",
      completed_at: NOW + 14 * 60,
      band_score: 7,
    });
    expect(await db.layer.assessments.get(started.assessment_id)).toEqual(completed);
  });

  it("shows the result in the user's history", async () => {
    const user_id = "completed-history@example.com";
    const { assessment_id } = await startSpeaking(user_id);

    await db.layer.assessments.complete(assessment_id, aSpeakingResult());

    expect((await db.layer.assessments.listByUser(user_id)).items).toEqual([
      {
        assessment_id,
        user_id,
        assessment_type: "speaking_academic",
        created_at: NOW,
        completed_at: NOW,
        band_score: 7,
        status: "completed",
      },
    ]);
  });

  it("needs scores only", async () => {
    const started = await startSpeaking();

    const completed = await db.layer.assessments.complete(started, { scores: { speaking: speakingScores } });

    expect(completed).toEqual({
      ...started,
      scores: { speaking: speakingScores },
      status: "completed",
      completed_at: NOW,
      band_score: 7,
    });
  });

  it("takes a look-up and a write by the id alone, and one write by the key", async () => {
    const one = await startSpeaking();
    const other = await startSpeaking();
    const { assessment_id, user_id } = other;

    const byId = await requestsOf(db, () => db.layer.assessments.complete(one.assessment_id, aSpeakingResult()));
    const byKey = await requestsOf(db, () =>
      db.layer.assessments.complete({ assessment_id, user_id }, aSpeakingResult()),
    );

    expect(byId.map(({ operation }) => operation)).toEqual(["Query", "UpdateItem"]);
    expect(byKey.map(({ operation }) => operation)).toEqual(["UpdateItem"]);
    expect((await db.layer.assessments.get(assessment_id)).status).toBe("completed");
  });

  it("does nothing when the same result comes again", async () => {
    const { assessment_id } = await startSpeaking();
    const completed = await db.layer.assessments.complete(assessment_id, aSpeakingResult());
    const before = await db.contents();

    db.clock.now = NOW + HOUR;
    const { pronunciation, fluency_coherence, lexical_resource, grammatical_range } = speakingScores;
    const again = await db.layer.assessments.complete(
      assessment_id,
      // The same scores in another order.
      aSpeakingResult({
        scores: { speaking: { pronunciation, grammatical_range, lexical_resource, fluency_coherence } },
      }),
    );

    expect(again).toEqual(completed);
    expect(await db.contents()).toEqual(before);
  });

  it("takes a skill given as undefined for one left out, on a retry too", async () => {
    const { assessment_id } = await startSpeaking();
    const result = aSpeakingResult({ scores: { speaking: speakingScores, writing: undefined } });
    const completed = await db.layer.assessments.complete(assessment_id, result);

    expect(await db.layer.assessments.complete(assessment_id, result)).toEqual(completed);
  });

  it("takes a zero below zero, and maps without a prototype, for what is stored of them", async () => {
    const { assessment_id } = await startSpeaking();
    const bare = <T extends object>(map: T): T => Object.assign(Object.create(null) as T, map);
    const scores = bare({ speaking: bare({ ...speakingScores, pronunciation: -0 }) });

    const completed = await db.layer.assessments.complete(assessment_id, { scores, duration_minutes: -0 });

    const result = { scores: { speaking: { ...speakingScores, pronunciation: 0 } }, duration_minutes: 0 };
    expect(completed).toMatchObject(result);
    for (const again of [result, { scores, duration_minutes: -0 }])
      expect(await db.layer.assessments.complete(assessment_id, again)).toEqual(completed);
    expect(await db.layer.assessments.get(assessment_id)).toEqual(completed);
  });

  it.each<[string, AssessmentResult]>([
    ["other scores", aSpeakingResult({ scores: { speaking: { ...speakingScores, pronunciation: 6.5 } } })],
    ["the scores of the other skill", aSpeakingResult({ scores: { writing: writingScores } })],
    ["other feedback", aSpeakingResult({ ai_feedback: "You hesitate." })],
    ["another plan", aSpeakingResult({ improvement_plan: "Read aloud." })],
    ["another duration", aSpeakingResult({ duration_minutes: 13 })],
    ["less than before", { scores: { speaking: speakingScores } }],
  ])("refuses to complete it again with %s", async (_, result) => {
    const { assessment_id } = await startSpeaking();
    await db.layer.assessments.complete(assessment_id, aSpeakingResult());
    const before = await db.contents();

    const failure = db.layer.assessments.complete(assessment_id, result);

    await expect(failure).rejects.toBeInstanceOf(ConflictError);
    await expect(failure).rejects.toMatchObject({ code: "conflict", entity: "assessment", state: "completed" });
    expect(await db.contents()).toEqual(before);
  });

  it("refuses an abandoned assessment, saying so", async () => {
    const started = await startSpeaking();
    await db.layer.assessments.abandon(started);
    const before = await db.contents();

    const failure = db.layer.assessments.complete(started, aSpeakingResult());

    await expect(failure).rejects.toBeInstanceOf(ConflictError);
    await expect(failure).rejects.toMatchObject({
      state: "abandoned",
      message: expect.stringContaining("it is abandoned"),
    });
    expect(await db.contents()).toEqual(before);
  });

  it.each([
    ["an unknown id", "no-such-assessment"],
    ["an unknown key", { assessment_id: "no-such-assessment", user_id: MARIA }],
  ])("finds nothing under %s and creates nothing", async (_, reference) => {
    const before = await db.contents();

    const failure = db.layer.assessments.complete(reference, aSpeakingResult());

    await expect(failure).rejects.toBeInstanceOf(NotFoundError);
    await expect(failure).rejects.toMatchObject({ code: "not_found", entity: "assessment" });
    expect(await db.contents()).toEqual(before);
  });

  it("finds nothing under another user's address", async () => {
    const { assessment_id } = await startSpeaking();
    const before = await db.contents();

    const failure = db.layer.assessments.complete({ assessment_id, user_id: CHEN }, aSpeakingResult());

    await expect(failure).rejects.toBeInstanceOf(NotFoundError);
    expect(await db.contents()).toEqual(before);
  });

  it("lets one of two different results win", async () => {
    const { assessment_id } = await startSpeaking();

    const outcomes = await Promise.allSettled(
      [13, 14].map((duration_minutes) =>
        db.layer.assessments.complete(assessment_id, aSpeakingResult({ duration_minutes })),
      ),
    );

    const [won] = outcomes.filter((outcome) => outcome.status === "fulfilled");
    const [lost] = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(lost?.reason).toBeInstanceOf(ConflictError);
    expect(await db.layer.assessments.get(assessment_id)).toEqual(won?.value);
  });

  it.each([
    ["speaking_academic", { writing: writingScores }],
    ["speaking_general", { writing: writingScores }],
    ["writing_academic", { speaking: speakingScores }],
    ["writing_general", { speaking: speakingScores }],
    ["speaking_academic", { speaking: speakingScores, writing: writingScores }],
    ["writing_general", { speaking: speakingScores, writing: writingScores }],
  ] as const)("refuses for %s the scores of another skill, alone or besides: %j", async (assessment_type, scores) => {
    const started = await db.layer.assessments.start({ user_id: MARIA, assessment_type });
    const before = await db.contents();

    const failure = db.layer.assessments.complete(started, { scores });

    await expect(failure).rejects.toBeInstanceOf(ValidationError);
    await expect(failure).rejects.toMatchObject({ entity: "assessment", attribute: "scores" });
    expect(await db.contents()).toEqual(before);
  });

  it.each(ASSESSMENT_TYPES)("accepts for %s the scores of its skill", async (assessment_type) => {
    const result = assessment_type.startsWith("speaking") ? aSpeakingResult() : aWritingResult();
    const started = await db.layer.assessments.start({ user_id: MARIA, assessment_type });

    const completed = await db.layer.assessments.complete(started, result);

    expect(completed).toMatchObject({ scores: result.scores, band_score: 7 });
  });

  const { pronunciation: _, ...withoutPronunciation } = speakingScores;
  it.each([
    ["no scores", { scores: undefined }, "scores"],
    ["scores that are text", { scores: "7" }, "scores"],
    ["scores of no skill", { scores: {} }, "scores"],
    ["scores of an unknown skill", { scores: { speaking: speakingScores, reading: {} } }, "scores.reading"],
    ["a skill without scores", { scores: { speaking: null } }, "scores.speaking"],
    ["a missing criterion", { scores: { speaking: withoutPronunciation } }, "scores.speaking.pronunciation"],
    ["an unknown criterion", { scores: { speaking: { ...speakingScores, charm: 9 } } }, "scores.speaking.charm"],
    [
      "a score over 9",
      { scores: { speaking: { ...speakingScores, pronunciation: 9.5 } } },
      "scores.speaking.pronunciation",
    ],
    [
      "all scores over 9",
      {
        scores: {
          speaking: { fluency_coherence: 9.5, lexical_resource: 9.5, grammatical_range: 9.5, pronunciation: 9.5 },
        },
      },
      "scores.speaking.fluency_coherence",
    ],
    [
      "a score below 0",
      { scores: { speaking: { ...speakingScores, pronunciation: -0.5 } } },
      "scores.speaking.pronunciation",
    ],
    [
      "a score between the halves",
      { scores: { speaking: { ...speakingScores, pronunciation: 6.3 } } },
      "scores.speaking.pronunciation",
    ],
    [
      "a score that is text",
      { scores: { speaking: { ...speakingScores, pronunciation: "6" } } },
      "scores.speaking.pronunciation",
    ],
    [
      "a score that is no number",
      { scores: { speaking: { ...speakingScores, pronunciation: Number.NaN } } },
      "scores.speaking.pronunciation",
    ],
    ["a negative duration", { duration_minutes: -1 }, "duration_minutes"],
    ["feedback that is no text", { ai_feedback: 7 }, "ai_feedback"],
    ["a band of the caller's own", { band_score: 9 }, "band_score"],
  ])("refuses %s and writes nothing", async (_description, wrong, attribute) => {
    const started = await startSpeaking();
    const before = await db.contents();

    const failure = db.layer.assessments.complete(started, { ...aSpeakingResult(), ...wrong } as never);

    await expect(failure).rejects.toBeInstanceOf(ValidationError);
    await expect(failure).rejects.toMatchObject({ code: "validation", entity: "assessment", attribute });
    expect(await db.contents()).toEqual(before);
  });

  it("refuses a result over 400 KB before it is sent, naming the attribute and the size", async () => {
    const started = await startSpeaking();
    const before = await db.contents();

    const requests = await requestsOf(db, async () => {
      const failure = db.layer.assessments.complete(
        started,
        aSpeakingResult({ ai_feedback: "f".repeat(300_000), improvement_plan: "p".repeat(200_000) }),
      );
      await expect(failure).rejects.toBeInstanceOf(ItemTooLargeError);
      await expect(failure).rejects.toMatchObject({ code: "item_too_large", attribute: "ai_feedback" });
      await expect(failure).rejects.toMatchObject({ message: expect.stringMatching(/has 500\d{3} bytes/) });
    });

    expect(requests).toEqual([]);
    expect(await db.contents()).toEqual(before);
  });
});

describe("abandon", () => {
  it("abandons an assessment in progress, and may be repeated", async () => {
    const started = await startSpeaking();

    const abandoned = await db.layer.assessments.abandon(started.assessment_id);
    const before = await db.contents();
    const again = await db.layer.assessments.abandon(started.assessment_id);

    expect(abandoned).toEqual({ ...started, status: "abandoned" });
    expect(again).toEqual(abandoned);
    expect(await db.contents()).toEqual(before);
  });

  it("takes one write by the key", async () => {
    const { assessment_id, user_id } = await startSpeaking();

    const requests = await requestsOf(db, () => db.layer.assessments.abandon({ assessment_id, user_id }));

    expect(requests.map(({ operation }) => operation)).toEqual(["UpdateItem"]);
    expect((await db.layer.assessments.get(assessment_id)).status).toBe("abandoned");
  });

  it("refuses a completed assessment, saying so", async () => {
    const started = await startSpeaking();
    await db.layer.assessments.complete(started, aSpeakingResult());
    const before = await db.contents();

    const failure = db.layer.assessments.abandon(started);

    await expect(failure).rejects.toBeInstanceOf(ConflictError);
    await expect(failure).rejects.toMatchObject({
      code: "conflict",
      state: "completed",
      message: expect.stringContaining("it is completed"),
    });
    expect(await db.contents()).toEqual(before);
  });

  it.each([
    ["an unknown id", "no-such-assessment"],
    ["an unknown key", { assessment_id: "no-such-assessment", user_id: MARIA }],
  ])("finds nothing under %s and creates nothing", async (_, reference) => {
    const before = await db.contents();

    await expect(db.layer.assessments.abandon(reference)).rejects.toBeInstanceOf(NotFoundError);
    expect(await db.contents()).toEqual(before);
  });

  it.each([
    ["an empty id", "", "assessment_id"],
    ["nothing", undefined, "assessment_id"],
    ["a key without a user", { assessment_id: "a" }, "user_id"],
  ])("refuses %s as a reference", async (_, reference, attribute) => {
    const failure = db.layer.assessments.abandon(reference as never);

    await expect(failure).rejects.toBeInstanceOf(ValidationError);
    await expect(failure).rejects.toMatchObject({ attribute });
  });
});

describe("get and find", () => {
  it("read an assessment by its id alone, in one request", async () => {
    const started = await startSpeaking();

    const requests = await requestsOf(db, async () => {
      expect(await db.layer.assessments.get(started.assessment_id)).toEqual(started);
    });

    expect(requests).toMatchObject([{ operation: "Query", index: "table", items: 1 }]);
    expect(await db.layer.assessments.find(started.assessment_id)).toEqual(started);
  });

  it("tell ids apart that differ in case only", async () => {
    for (const assessment_id of ["Case", "case"]) {
      await db.layer.assessments.start({ user_id: MARIA, assessment_type: "speaking_general", assessment_id });
    }

    expect((await db.layer.assessments.get("Case")).assessment_id).toBe("Case");
    expect((await db.layer.assessments.get("case")).assessment_id).toBe("case");
    expect(await db.layer.assessments.find("CASE")).toBeUndefined();
  });

  it("find nothing under an unknown id", async () => {
    await expect(db.layer.assessments.get("no-such-assessment")).rejects.toBeInstanceOf(NotFoundError);
    await expect(db.layer.assessments.get("no-such-assessment")).rejects.toMatchObject({
      code: "not_found",
      entity: "assessment",
    });
    expect(await db.layer.assessments.find("no-such-assessment")).toBeUndefined();
  });

  it.each([[""], [undefined], [42]])("refuse %p as an id", async (id) => {
    await expect(db.layer.assessments.get(id as never)).rejects.toMatchObject({ attribute: "assessment_id" });
    await expect(db.layer.assessments.find(id as never)).rejects.toMatchObject({ attribute: "assessment_id" });
  });
});

describe("listByUser (user_id-created_at-index)", () => {
  const user_id = "history@example.com";
  const newestFirst: string[] = [];

  beforeAll(async () => {
    db.clock.now = NOW;
    for (let number = 0; number < 130; number++) {
      // Three assessments a second: their ids decide the order within it.
      db.clock.now = NOW + Math.floor(number / 3);
      newestFirst.unshift((await startSpeaking(user_id)).assessment_id);
    }
    await startSpeaking("history@example.co");
  });

  it.each([
    [100, [100, 30]],
    [7, [...Array.from({ length: 18 }, () => 7), 4]],
  ])("lists all 130 assessments in pages of %d, newest first", async (limit, sizes) => {
    const pages = await everyPage((options) => db.layer.assessments.listByUser(user_id, options), { limit });

    expect(pages.flat().map((row) => row.assessment_id)).toEqual(newestFirst);
    expect(pages.map((page) => page.length)).toEqual(sizes);
    expect(pages.flat().every((row) => row.user_id === user_id)).toBe(true);
  });

  it("reads only the page it shows", async () => {
    const requests = await requestsOf(db, () => db.layer.assessments.listByUser(user_id));

    expect(requests).toMatchObject([{ operation: "Query", index: "gsi1", items: 25 }]);
  });

  it("leaves the account, its purchases and its tickets out", async () => {
    const owner = "owner-of-much@example.com";
    await db.layer.accounts.register(aRegistration({ email: owner }));
    await db.layer.purchases.grant(aReceipt({ user_email: owner, transaction_id: "owner-of-much" }));
    await db.layer.support.open(aTicket({ user_email: owner }));
    const { assessment_id } = await startSpeaking(owner);

    const { items, cursor } = await db.layer.assessments.listByUser(owner);

    expect(items.map((row) => row.assessment_id)).toEqual([assessment_id]);
    expect(cursor).toBeNull();
  });

  it("shows a user without assessments an empty page", async () => {
    expect(await db.layer.assessments.listByUser("nobody@example.com")).toEqual({ items: [], cursor: null });
  });

  it("refuses a cursor of another user, of another list, of another layer, or tampered with", async () => {
    const { cursor } = await db.layer.assessments.listByUser(user_id, { limit: 1 });
    const secret = db.layerWith({ cursorSecret: "a secret of sixteen or more" });
    const tampered = `${cursor?.startsWith("A") ? "B" : "A"}${cursor?.slice(1)}`;

    for (const attempt of [
      () => db.layer.assessments.listByUser(MARIA, { cursor }),
      () => db.layer.assessments.listByType("speaking_academic", { cursor }),
      () => secret.assessments.listByUser(user_id, { cursor }),
      () => db.layer.assessments.listByUser(user_id, { cursor: tampered }),
      () => db.layer.assessments.listByUser(user_id, { cursor: "" }),
      () => db.layer.assessments.listByUser(user_id, { cursor: 7 as never }),
    ]) {
      await expect(attempt()).rejects.toBeInstanceOf(InvalidCursorError);
      await expect(attempt()).rejects.toMatchObject({ code: "invalid_cursor" });
    }
  });

  it.each([[0], [101], [1.5], [Number.NaN], ["10"]])("refuses a limit of %p", async (limit) => {
    const failure = db.layer.assessments.listByUser(user_id, { limit: limit as number });

    await expect(failure).rejects.toBeInstanceOf(ValidationError);
    await expect(failure).rejects.toMatchObject({ attribute: "limit" });
  });

  it("refuses a user that is no address", async () => {
    await expect(db.layer.assessments.listByUser("history")).rejects.toMatchObject({ attribute: "user_id" });
  });
});

describe("listByType (assessment_type-created_at-index)", () => {
  let types: TestTable;
  beforeAll(async () => {
    types = await openTestTable();
  });
  afterAll(() => types.drop());

  it("lists one type over all users, newest first, page by page", async () => {
    const newestFirst: string[] = [];
    for (let number = 0; number < 9; number++) {
      types.clock.now = NOW + Math.floor(number / 2);
      const user_id = number % 2 === 0 ? MARIA : CHEN;
      const other = await types.layer.assessments.start({ user_id, assessment_type: "writing_academic" });
      const { assessment_id } = await types.layer.assessments.start({ user_id, assessment_type: "writing_general" });
      await types.layer.assessments.abandon(other);
      newestFirst.unshift(assessment_id);
    }

    const pages = await everyPage((options) => types.layer.assessments.listByType("writing_general", options), {
      limit: 4,
    });

    expect(pages.map((page) => page.length)).toEqual([4, 4, 1]);
    expect(pages.flat().map((row) => row.assessment_id)).toEqual(newestFirst);
    expect(pages.flat()[0]).toEqual({
      assessment_id: newestFirst[0],
      user_id: MARIA,
      assessment_type: "writing_general",
      created_at: NOW + 4,
      status: "in_progress",
    });
    expect((await types.layer.assessments.listByType("speaking_general")).items).toEqual([]);
  });

  it("follows the state of its assessments", async () => {
    const started = await types.layer.assessments.start({ user_id: MARIA, assessment_type: "speaking_academic" });
    await types.layer.assessments.complete(started, aSpeakingResult());

    const { items } = await types.layer.assessments.listByType("speaking_academic");

    expect(items).toMatchObject([{ assessment_id: started.assessment_id, status: "completed", band_score: 7 }]);
  });

  it("refuses an unknown type and a cursor of another type", async () => {
    const { cursor } = await types.layer.assessments.listByType("writing_general", { limit: 1 });

    await expect(types.layer.assessments.listByType("listening" as AssessmentType)).rejects.toMatchObject({
      attribute: "assessment_type",
    });
    await expect(types.layer.assessments.listByType("writing_academic", { cursor })).rejects.toBeInstanceOf(
      InvalidCursorError,
    );
  });
});

describe("countSince", () => {
  it("counts from the instant itself on, whatever the state", async () => {
    const user_id = "counted@example.com";
    for (const offset of [-1, 0, 0, 1, 60]) {
      db.clock.now = NOW + offset;
      const started = await startSpeaking(user_id);
      if (offset === 1) await db.layer.assessments.abandon(started);
    }

    const countSince = (since: number) => db.layer.assessments.countSince(user_id, since);

    expect(await countSince(0)).toBe(5);
    expect(await countSince(NOW - 1)).toBe(5);
    expect(await countSince(NOW)).toBe(4);
    expect(await countSince(NOW + 1)).toBe(2);
    expect(await countSince(NOW + 60)).toBe(1);
    expect(await countSince(NOW + 61)).toBe(0);
  });

  it("counts the user's own assessments and nothing else of the account", async () => {
    const user_id = "counted-alone@example.com";
    await startSpeaking(user_id);
    await startSpeaking("counted-alone@example.co");
    await db.layer.support.open(aTicket({ user_email: user_id }));

    expect(await db.layer.assessments.countSince(` ${user_id.toUpperCase()}`, NOW)).toBe(1);
  });

  it.each([[NOW * 1000], [-1], [NOW + 0.5], [Number.NaN], ["yesterday"]])("refuses %p as an instant", async (since) => {
    await expect(db.layer.assessments.countSince(MARIA, since as number)).rejects.toBeInstanceOf(ValidationError);
  });
});

describe("progress", () => {
  const withPronunciation = (pronunciation: number) =>
    aSpeakingResult({
      scores: {
        speaking: { fluency_coherence: 6, lexical_resource: 6, grammatical_range: 6, pronunciation },
      },
    });

  it("shows the latest and the best completed assessment of each type", async () => {
    const user_id = "progress@example.com";
    const take = async (assessment_type: AssessmentType, hours: number, result?: AssessmentResult) => {
      db.clock.now = NOW + hours * HOUR;
      const started = await db.layer.assessments.start({ user_id, assessment_type });
      if (result !== undefined) await db.layer.assessments.complete(started, result);
      return started;
    };
    await take("speaking_academic", 1, withPronunciation(6));
    await take("speaking_academic", 2, withPronunciation(8));
    const best = await take("speaking_academic", 3, withPronunciation(8));
    const latest = await take("speaking_academic", 4, withPronunciation(5));
    await take("speaking_academic", 5);
    await db.layer.assessments.abandon(await take("speaking_academic", 6));
    const only = await take("writing_general", 7, aWritingResult());
    await take("writing_academic", 8);

    const progress = await db.layer.assessments.progress(user_id);

    expect(progress).toEqual([
      {
        assessment_type: "speaking_academic",
        completed: 4,
        latest: expect.objectContaining({ assessment_id: latest.assessment_id, band_score: 6, user_id }),
        best: expect.objectContaining({ assessment_id: best.assessment_id, band_score: 6.5, user_id }),
      },
      {
        assessment_type: "writing_general",
        completed: 1,
        latest: expect.objectContaining({ assessment_id: only.assessment_id, band_score: 7 }),
        best: expect.objectContaining({ assessment_id: only.assessment_id, band_score: 7 }),
      },
    ]);
  });

  it("shows a best band of 0", async () => {
    const user_id = "band-zero@example.com";
    const started = await startSpeaking(user_id);
    const zero = { fluency_coherence: 0, lexical_resource: 0, grammatical_range: 0, pronunciation: 0 };
    await db.layer.assessments.complete(started, { scores: { speaking: zero } });

    expect(await db.layer.assessments.progress(user_id)).toMatchObject([
      { completed: 1, latest: { band_score: 0 }, best: { band_score: 0 } },
    ]);
  });

  it("is empty for a user who has completed nothing", async () => {
    expect(await db.layer.assessments.progress("nobody@example.com")).toEqual([]);
  });
});

describe("a history of more than 1 MB of index rows", () => {
  const user_id = "prolific@example.com";
  const ASSESSMENTS = 600;
  let large: TestTable;
  beforeAll(async () => {
    large = await openTestTable();
    await storeAll(
      large,
      AssessmentModel,
      Array.from({ length: ASSESSMENTS }, (_, number) => ({
        assessment_id: `${String(number).padStart(4, "0")}-${"x".repeat(900)}`,
        user_id,
        assessment_type: "speaking_academic" as const,
        created_at: NOW + number,
        completed_at: NOW + number,
        // The oldest is the best.
        band_score: number === 0 ? 8 : 6,
        status: "completed" as const,
      })),
    );
  });
  afterAll(() => large.drop());

  it("is counted whole", async () => {
    const requests = await requestsOf(large, async () => {
      expect(await large.layer.assessments.countSince(user_id, NOW + 1)).toBe(ASSESSMENTS - 1);
    });

    expect(requests.length).toBeGreaterThan(1);
  });

  it("is searched whole for the best band", async () => {
    const requests = await requestsOf(large, async () => {
      expect(await large.layer.assessments.progress(user_id)).toMatchObject([
        {
          completed: ASSESSMENTS,
          latest: { created_at: NOW + ASSESSMENTS - 1, band_score: 6 },
          best: { created_at: NOW, band_score: 8 },
        },
      ]);
    });

    expect(requests.length).toBeGreaterThan(1);
  });

  it("is listed whole", async () => {
    const pages = await everyPage((options) => large.layer.assessments.listByUser(user_id, options), { limit: 100 });

    expect(pages.flat().map((row) => row.created_at)).toEqual(
      Array.from({ length: ASSESSMENTS }, (_, number) => NOW + ASSESSMENTS - 1 - number),
    );
  });
});
