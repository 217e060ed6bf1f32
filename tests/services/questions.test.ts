import { DIFFICULTIES, type Difficulty, QUESTION_TYPES, type QuestionType } from "../../entities/enums.ts";
import type { Question } from "../../entities/question.ts";
import type { QuestionFilter } from "../../services/questions.ts";
import { InvalidCursorError, NotFoundError, UnprocessedError, ValidationError } from "../../services/storage/errors.ts";
import { aQuestion } from "../builders.ts";
import { openTestTable, type TestTable } from "../engine.ts";
import { everyPage, interceptedClient, requestsOf } from "../instruments.ts";

let db: TestTable;
beforeAll(async () => {
  db = await openTestTable();
});
afterAll(() => db.drop());

/** Numbered questions that share everything else. */
const bank = (prefix: string, size: number, overrides: Partial<Question> = {}): Question[] =>
  Array.from({ length: size }, (_, number) =>
    aQuestion({ ...overrides, question_id: `${prefix}-${String(number).padStart(4, "0")}` }),
  );

const idsOf = (questions: readonly Question[]) => questions.map(({ question_id }) => question_id);

/** The documented order of a type's list: difficulty by the alphabet, topic, id. */
const inListOrder = (questions: readonly Question[]) => {
  const place = ({ difficulty, topic, question_id }: Question) => `${difficulty}#${topic}#${question_id}`;
  return [...questions].sort((a, b) => (place(a) < place(b) ? -1 : 1));
};

describe("import and get", () => {
  it("write questions and read one by its id alone, in one request", async () => {
    const question = aQuestion({ question_id: "imported-1", assessment_type: "writing_task1" });
    const bare = {
      question_id: "imported-2",
      assessment_type: "writing_task1",
      difficulty: "easy",
      topic: "maps",
      question_text: "Describe the two maps.",
    } as const;

    const report = await db.layer.questions.import([question, bare]);
    const requests = await requestsOf(db, async () => {
      expect(await db.layer.questions.get("imported-1")).toEqual(question);
    });

    expect(report).toEqual({ written: 2, failed: [] });
    expect(requests).toMatchObject([{ operation: "Query", index: "table", items: 1 }]);
    expect(await db.layer.questions.get("imported-2")).toEqual(bare);
  });

  it("import from an async generator", async () => {
    async function* content() {
      yield* bank("generated", 30, { assessment_type: "writing_task1" });
    }

    expect(await db.layer.questions.import(content())).toEqual({ written: 30, failed: [] });
    expect((await db.layer.questions.get("generated-0029")).question_id).toBe("generated-0029");
  });

  it("change nothing when the import is repeated", async () => {
    const content = bank("repeated", 30, { assessment_type: "writing_task1" });
    await db.layer.questions.import(content);
    const before = await db.contents();

    expect(await db.layer.questions.import(content)).toEqual({ written: 30, failed: [] });

    expect(await db.contents()).toEqual(before);
  });

  it("move a question whose difficulty and topic were revised", async () => {
    const question = aQuestion({
      question_id: "revised",
      assessment_type: "writing_task1_general",
      difficulty: "easy",
      topic: "letters",
    });
    await db.layer.questions.import([question]);
    const revised = { ...question, difficulty: "hard", topic: "complaints" } as const;

    await db.layer.questions.import([revised]);

    const { assessment_type } = question;
    expect((await db.layer.questions.listByType({ assessment_type })).items).toEqual([revised]);
    expect(await db.layer.questions.draw({ assessment_type, difficulty: "easy", count: 1 })).toEqual([]);
    expect(await db.layer.questions.draw({ assessment_type, difficulty: "hard", count: 1 })).toEqual([revised]);
  });

  it("find nothing under an unknown id", async () => {
    const failure = db.layer.questions.get("no-such-question");

    await expect(failure).rejects.toBeInstanceOf(NotFoundError);
    await expect(failure).rejects.toMatchObject({ code: "not_found", entity: "question" });
  });

  it.each([[""], [undefined], [7]])("refuse %p as an id", async (id) => {
    await expect(db.layer.questions.get(id as never)).rejects.toMatchObject({
      code: "validation",
      attribute: "question_id",
    });
  });

  it.each([
    ["an empty id", { question_id: "" }, "question_id"],
    ["an unknown type", { assessment_type: "speaking_part4" }, "assessment_type"],
    ["an unknown difficulty", { difficulty: "impossible" }, "difficulty"],
    ["no topic", { topic: undefined }, "topic"],
    ["a topic that would break a key", { topic: "work#question_id_x" }, "topic"],
    ["no text", { question_text: undefined }, "question_text"],
    ["an empty keyword", { keywords: ["house", ""] }, "keywords[1]"],
    ["a negative time", { estimated_time: -1 }, "estimated_time"],
    ["an unknown attribute", { answer: "42" }, "answer"],
  ])("refuse a question with %s and write nothing", async (_, wrong, attribute) => {
    const question = aQuestion({ question_id: "refused", assessment_type: "writing_task1_academic" });
    const before = await db.contents();

    const failure = db.layer.questions.import([{ ...question, ...wrong } as never]);

    await expect(failure).rejects.toBeInstanceOf(ValidationError);
    await expect(failure).rejects.toMatchObject({ code: "validation", entity: "question", attribute });
    expect(await db.contents()).toEqual(before);
  });
});

describe("list", () => {
  let lists: TestTable;
  const all = QUESTION_TYPES.slice(0, 2).flatMap((assessment_type) =>
    DIFFICULTIES.flatMap((difficulty) =>
      ["work", "work-life", "art"].flatMap((topic) =>
        bank(`${assessment_type}-${difficulty}-${topic}`, 4, { assessment_type, difficulty, topic }),
      ),
    ),
  );
  const matching = ({ assessment_type, difficulty, topic }: QuestionFilter) =>
    inListOrder(
      all.filter(
        (question) =>
          question.assessment_type === assessment_type &&
          (difficulty === undefined || question.difficulty === difficulty) &&
          (topic === undefined || question.topic === topic),
      ),
    );
  const assessment_type = "speaking_part1";

  beforeAll(async () => {
    lists = await openTestTable();
    await lists.layer.questions.import(all);
  });
  afterAll(() => lists.drop());

  const filters: QuestionFilter[] = [
    { assessment_type },
    { assessment_type, difficulty: "hard" },
    { assessment_type, difficulty: "hard", topic: "work" },
    { assessment_type, topic: "work" },
    { assessment_type, topic: "art" },
  ];

  it.each(filters.flatMap((filter) => [1, 5, 100].map((limit) => [filter, limit] as const)))(
    "lists all questions of %j in order, in pages of %d",
    async (filter, limit) => {
      const pages = await everyPage((options) => lists.layer.questions.listByType(filter, options), { limit });

      expect(idsOf(pages.flat())).toEqual(idsOf(matching(filter)));
      expect(pages.every((page) => page.length <= limit)).toBe(true);
      expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true);
    },
  );

  it.each(filters)("shows whole questions for %j", async (filter) => {
    const { items } = await lists.layer.questions.listByType(filter, { limit: 100 });

    expect(inListOrder(items)).toEqual(matching(filter));
  });

  it("lists 25 questions unless told otherwise, in one request", async () => {
    const requests = await requestsOf(lists, async () => {
      expect((await lists.layer.questions.listByType({ assessment_type })).items).toHaveLength(25);
    });

    expect(requests).toMatchObject([{ operation: "Query", index: "gsi5", items: 25 }]);
  });

  it.each<[QuestionFilter]>([
    [{ assessment_type: "writing_task2" }],
    [{ assessment_type: "writing_task2", difficulty: "easy" }],
    [{ assessment_type: "writing_task2", topic: "work" }],
    [{ assessment_type, topic: "wor" }],
    [{ assessment_type, difficulty: "easy", topic: "wor" }],
  ])("shows an empty page for %j", async (filter) => {
    expect(await lists.layer.questions.listByType(filter)).toEqual({ items: [], cursor: null });
  });

  it("refuses a cursor of any other list, and one tampered with", async () => {
    const cursors = await Promise.all(
      filters.map(async (filter) => (await lists.layer.questions.listByType(filter, { limit: 1 })).cursor),
    );

    for (const [own, filter] of filters.entries()) {
      for (const [other, cursor] of cursors.entries()) {
        expect(cursor).not.toBeNull();
        const attempt = lists.layer.questions.listByType(filter, { cursor });
        if (own === other) await expect(attempt).resolves.toMatchObject({ items: expect.anything() });
        else await expect(attempt).rejects.toBeInstanceOf(InvalidCursorError);
      }
      for (const cursor of [`${cursors[own]}A`, "", "not a cursor", 7 as never]) {
        await expect(lists.layer.questions.listByType(filter, { cursor })).rejects.toBeInstanceOf(InvalidCursorError);
      }
      const ofOtherType = { ...filter, assessment_type: "speaking_part2" } as const;
      await expect(
        lists.layer.questions.listByType(ofOtherType, { cursor: cursors[own] ?? null }),
      ).rejects.toMatchObject({
        code: "invalid_cursor",
      });
    }
  });

  it.each([[0], [101], [2.5], ["5"]])("refuses a limit of %p", async (limit) => {
    for (const filter of filters) {
      await expect(lists.layer.questions.listByType(filter, { limit: limit as number })).rejects.toMatchObject({
        code: "validation",
        attribute: "limit",
      });
    }
  });

  it.each([
    [{ assessment_type: "listening" }, "assessment_type"],
    [{}, "assessment_type"],
    [{ assessment_type, difficulty: "impossible" }, "difficulty"],
    [{ assessment_type, topic: "Work" }, "topic"],
    [{ assessment_type, topic: "" }, "topic"],
    [{ assessment_type, keyword: "house" }, "keyword"],
  ])("refuses the filter %j", async (filter, attribute) => {
    await expect(lists.layer.questions.listByType(filter as QuestionFilter)).rejects.toMatchObject({
      code: "validation",
      entity: "question",
      attribute,
    });
    await expect(lists.layer.questions.draw({ ...(filter as QuestionFilter), count: 1 })).rejects.toMatchObject({
      attribute,
    });
  });

  it.each<[string, Partial<QuestionFilter>]>([
    ["a type", {}],
    ["a difficulty", { difficulty: "easy" }],
    ["a difficulty and topic", { difficulty: "easy", topic: "long" }],
    ["a topic over all difficulties", { topic: "long" }],
  ])("lists %s of more than 1 MB whole", async (_, rest) => {
    const filter = { assessment_type: "writing_task2", ...rest } as const;
    const long = DIFFICULTIES.flatMap((difficulty) =>
      bank(`long-${difficulty}`, 4, {
        assessment_type: "writing_task2",
        difficulty,
        topic: "long",
        sample_answer: "x".repeat(350_000),
      }),
    );
    const large = await openTestTable();
    try {
      await large.layer.questions.import(long);
      const expected = long.filter(({ difficulty }) => filter.difficulty === undefined || difficulty === "easy");

      const pages = await everyPage((options) => large.layer.questions.listByType(filter, options), { limit: 100 });

      expect(idsOf(pages.flat()).sort()).toEqual(idsOf(expected).sort());
      expect(pages.length).toBeGreaterThan(1);
    } finally {
      await large.drop();
    }
  });
});

describe("draw", () => {
  let draws: TestTable;
  beforeAll(async () => {
    draws = await openTestTable();
    await draws.layer.questions.import([
      ...bank("forty", 40, { assessment_type: "speaking_part1", difficulty: "easy", topic: "work" }),
      ...bank("thousand", 990, { assessment_type: "speaking_part2", difficulty: "medium", topic: "people" }),
      ...bank("rare", 10, { assessment_type: "speaking_part2", difficulty: "medium", topic: "museums" }),
      ...DIFFICULTIES.flatMap((difficulty) => [
        ...bank(`mixed-${difficulty}-work`, 3, { assessment_type: "speaking_part3", difficulty, topic: "work" }),
        ...bank(`mixed-${difficulty}-art`, 3, { assessment_type: "speaking_part3", difficulty, topic: "art" }),
      ]),
    ]);
  });
  afterAll(() => draws.drop());

  it.each<[QuestionFilter, number]>([
    [{ assessment_type: "speaking_part1", difficulty: "easy" }, 40],
    [{ assessment_type: "speaking_part1" }, 40],
    [{ assessment_type: "speaking_part2", difficulty: "medium" }, 1000],
    [{ assessment_type: "speaking_part2", difficulty: "medium", topic: "museums" }, 10],
    [{ assessment_type: "speaking_part2", topic: "people" }, 990],
    [{ assessment_type: "speaking_part3" }, 18],
    [{ assessment_type: "speaking_part3", difficulty: "hard" }, 6],
    [{ assessment_type: "speaking_part3", topic: "art" }, 9],
    [{ assessment_type: "speaking_part3", difficulty: "hard", topic: "art" }, 3],
    [{ assessment_type: "speaking_part3", topic: "nothing" }, 0],
    [{ assessment_type: "writing_task2" }, 0],
  ])("draws different questions of %j only, and at most the %d there are", async (filter, available) => {
    for (const count of [1, 2, 3, 7, 20, 50]) {
      const drawn = await draws.layer.questions.draw({ ...filter, count });

      expect(drawn).toHaveLength(Math.min(count, available));
      expect(new Set(idsOf(drawn)).size).toBe(drawn.length);
      for (const question of drawn) expect(question).toMatchObject(filter);
    }
  });

  it("returns whole questions", async () => {
    const [drawn] = await draws.layer.questions.draw({ assessment_type: "speaking_part1", count: 1 });

    expect(drawn).toEqual(await draws.layer.questions.get(drawn?.question_id ?? ""));
    expect(drawn?.sample_answer).toBe(aQuestion().sample_answer);
  });

  /** How often each question comes up. */
  async function tally(filter: QuestionFilter, count: number, times: number): Promise<Map<string, number>> {
    const seen = new Map<string, number>();
    for (let time = 0; time < times; time++) {
      for (const id of idsOf(await draws.layer.questions.draw({ ...filter, count })))
        seen.set(id, (seen.get(id) ?? 0) + 1);
    }
    return seen;
  }

  it("brings up every question of a bank of 40 in 200 draws of five", async () => {
    const seen = await tally({ assessment_type: "speaking_part1", difficulty: "easy" }, 5, 200);

    expect(seen.size).toBe(40);
  });

  it("brings up every difficulty", async () => {
    const seen = new Set<Difficulty>();
    for (let time = 0; time < 60 && seen.size < 3; time++) {
      for (const { difficulty } of await draws.layer.questions.draw({ assessment_type: "speaking_part3", count: 1 })) {
        seen.add(difficulty);
      }
    }

    expect([...seen].sort()).toEqual([...DIFFICULTIES].sort());
  });

  it.each<[string, Partial<QuestionFilter>, number]>([
    ["one question", { difficulty: "medium" }, 1],
    ["ten questions", { difficulty: "medium" }, 10],
    ["ten questions of any difficulty", {}, 10],
    ["ten questions of a common topic", { difficulty: "medium", topic: "people" }, 10],
  ])("draws %s from a bank of 1,000 without reading it", async (_, rest, count) => {
    let read = 0;
    for (let time = 0; time < 20; time++) {
      const requests = await requestsOf(draws, () =>
        draws.layer.questions.draw({ assessment_type: "speaking_part2", ...rest, count: count }),
      );
      read += requests.reduce((sum, { items }) => sum + items, 0);
    }

    expect(read / 20).toBeLessThanOrEqual(250);
  });

  it.each([[0], [51], [-1], [1.5], [Number.NaN], ["3"], [undefined]])("refuses a count of %p", async (count) => {
    const failure = draws.layer.questions.draw({ assessment_type: "speaking_part1", count: count as number });

    await expect(failure).rejects.toBeInstanceOf(ValidationError);
    await expect(failure).rejects.toMatchObject({ entity: "question", attribute: "count" });
  });

  it("draws as many as asked though DynamoDB leaves some unprocessed at first", async () => {
    let asked = 0;
    const layer = draws.layerWith({
      client: interceptedClient(draws.client, async ({ name, input }, next) => {
        if (name !== "BatchGetCommand" || ++asked > 1) return next();
        return { Responses: {}, UnprocessedKeys: input.RequestItems };
      }),
    });

    const drawn = await layer.questions.draw({ assessment_type: "speaking_part1", count: 12 });

    expect(new Set(idsOf(drawn)).size).toBe(12);
    expect(asked).toBe(2);
  });

  it("fails rather than draw fewer when DynamoDB keeps leaving keys unprocessed", async () => {
    const noPauses = jest.spyOn(Math, "random").mockReturnValue(0);
    const layer = draws.layerWith({
      client: interceptedClient(draws.client, async ({ name, input }, next) =>
        name === "BatchGetCommand" ? { Responses: {}, UnprocessedKeys: input.RequestItems } : next(),
      ),
    });

    const failure = layer.questions.draw({ assessment_type: "speaking_part1" as QuestionType, count: 12 });

    await expect(failure).rejects.toBeInstanceOf(UnprocessedError);
    await expect(failure).rejects.toMatchObject({ code: "unprocessed", count: 12 });
    noPauses.mockRestore();
  });
});
