import { drawKeyOf } from "../../entities/question.ts";
import { itemOf, itemsOf, keyOf, patchOf, queryOf, refusalOf } from "./parameters.ts";
import { describeRules } from "./rules.ts";
import { aBankQuestion, questions, SUBJECTS } from "./samples.ts";

describe("keys", () => {
  it("keep the id as it is, and put the question under its type and in hashed order", () => {
    const text = "Describe a person who has influenced you.";

    expect(itemOf(questions.put(aBankQuestion()))).toEqual({
      __edb_e__: "question",
      __edb_v__: "1",
      pk: "question#sp2-001",
      sk: "speaking_part2",
      gsi2pk: "question#speaking_part2#medium#people",
      gsi2sk: "a3b4cda3#sp2-001",
      gsi3pk: "question#speaking_part2#medium",
      gsi3sk: "a3b4cda3#sp2-001",
      gsi5pk: "question#speaking_part2",
      gsi5sk: "medium#people#sp2-001",
      question_id: "sp2-001",
      assessment_type: "speaking_part2",
      difficulty: "medium",
      topic: "people",
      question_text: text,
      draw_key: "a3b4cda3",
    });
  });

  it("find a question by its id alone", () => {
    expect(queryOf(questions.query.byId({ question_id: "Sp2#1" }))).toEqual({
      index: "table",
      where: 'pk = "question#Sp2#1"',
    });
  });

  it("find a question by the seed's whole key", () => {
    expect(keyOf(questions.get({ question_id: "aw_001", assessment_type: "writing_task1" }))).toEqual({
      pk: "question#aw_001",
      sk: "writing_task1",
    });
  });

  it("find the questions of a type, of a difficulty, and of a topic", () => {
    const { byType } = questions.query;
    const pk = 'gsi5pk = "question#writing_task1"';

    expect(queryOf(byType({ assessment_type: "writing_task1" }))).toEqual({
      index: "gsi5",
      where: `${pk}`,
    });
    expect(queryOf(byType({ assessment_type: "writing_task1", difficulty: "easy" }))).toEqual({
      index: "gsi5",
      where: `${pk} and begins_with(gsi5sk, "easy#")`,
    });
    expect(queryOf(byType({ assessment_type: "writing_task1", difficulty: "easy", topic: "work" }))).toEqual({
      index: "gsi5",
      where: `${pk} and begins_with(gsi5sk, "easy#work#")`,
    });
  });

  it("find questions from a place in hashed order on", () => {
    const query = questions.query.byDraw({ assessment_type: "writing_task2", difficulty: "hard" });

    expect(queryOf(query.gte({ draw_key: "80000000" }))).toEqual({
      index: "gsi3",
      where: 'gsi3pk = "question#writing_task2#hard" and gsi3sk >= "80000000"',
    });
  });

  it("find questions of a topic from a place in hashed order on", () => {
    const topic = { assessment_type: "writing_task2", difficulty: "hard", topic: "work" } as const;

    expect(queryOf(questions.query.byTopicDraw(topic).gte({ draw_key: "80000000" }))).toEqual({
      index: "gsi2",
      where: 'gsi2pk = "question#writing_task2#hard#work" and gsi2sk >= "80000000"',
    });
  });

  it("stay where they are when the wording changes", () => {
    const key = { question_id: "sp2-001", assessment_type: "speaking_part2" } as const;

    expect(patchOf(questions.patch(key).set({ sample_answer: "My aunt …" }))).toEqual({
      key: { pk: "question#sp2-001", sk: "speaking_part2" },
      set: { __edb_e__: "question", __edb_v__: "1", ...key, sample_answer: "My aunt …" },
      condition: "attribute_exists(pk) AND attribute_exists(sk)",
    });
  });

  it("move together when difficulty and topic change", () => {
    const { set } = patchOf(
      questions
        .patch({ question_id: "sp2-001", assessment_type: "speaking_part2" })
        .set({ difficulty: "hard", topic: "family" }),
    );

    expect(set).toMatchObject({
      gsi2pk: "question#speaking_part2#hard#family",
      gsi3pk: "question#speaking_part2#hard",
      gsi5sk: "hard#family#sp2-001",
    });
    expect(set).not.toHaveProperty("gsi5pk");
  });

  it("are never left half changed: a difficulty without its topic is refused", () => {
    const patch = () =>
      questions.patch({ question_id: "sp2-001", assessment_type: "speaking_part2" }).set({ difficulty: "hard" });
    expect(refusalOf(patch)?.rule).toContain('"topic"');
  });
});

describe("draw_key", () => {
  it("is a hash of the id on create, put and batch put, whatever the caller gives", () => {
    const question = aBankQuestion({ question_id: "wt2-007", draw_key: "00000000" });

    const items = [
      itemOf(questions.create(question)),
      itemOf(questions.put(question)),
      ...itemsOf(questions.put([question])),
    ];
    expect(items.map((item) => item.draw_key)).toEqual(Array(3).fill(drawKeyOf("wt2-007")));
  });

  it("spreads similar ids evenly", () => {
    const sixteenths = new Array<number>(16).fill(0);
    for (let number = 0; number < 1_600; number++) {
      const key = drawKeyOf(`sp2-${String(number).padStart(4, "0")}`);
      expect(key).toMatch(/^[0-9a-f]{8}$/);
      const sixteenth = Number.parseInt(key.slice(0, 1), 16);
      sixteenths[sixteenth] = (sixteenths[sixteenth] ?? 0) + 1;
    }

    expect(Math.min(...sixteenths)).toBeGreaterThan(60);
    expect(Math.max(...sixteenths)).toBeLessThan(140);
  });
});

describe("keywords", () => {
  const withKeywords = (keywords: unknown) => () => questions.put(aBankQuestion({ keywords: keywords as never }));

  it("are kept in their order", () => {
    const keywords = ["role model", "look up to", "é🎈", "look up to"];
    expect(itemOf(withKeywords(keywords)()).keywords).toEqual(keywords);
    expect(itemOf(withKeywords([])()).keywords).toEqual([]);
  });

  it.each([
    ["an empty string", ["people", ""], "keywords[1]", "must not be empty"],
    ["a lone surrogate", ["\udc00"], "keywords[0]", "must be well-formed Unicode, without lone surrogates"],
    ["a number", ["people", "work", 7], "keywords[2]", 'expected value of type "string"'],
    ["null", [null], "keywords[0]", 'expected value of type "string"'],
  ])("are refused with %s", (_, keywords, field, rule) => {
    expect(refusalOf(withKeywords(keywords))).toEqual({
      field,
      rule: expect.stringContaining(rule),
    });
  });

  it.each([["people, work"], [new Set(["people"])], [{ 0: "people" }], [null]])(
    "refuse %p for the list",
    (keywords) => {
      expect(refusalOf(withKeywords(keywords))?.rule).toContain("keywords");
    },
  );
});

describeRules(SUBJECTS.question, {
  required: ["question_id", "assessment_type", "difficulty", "topic", "question_text"],
  fixed: ["question_id", "assessment_type"],
  hidden: ["draw_key"],
  closed: {
    assessment_type: [
      "speaking_part1",
      "speaking_part2",
      "speaking_part3",
      "writing_task1",
      "writing_task1_academic",
      "writing_task1_general",
      "writing_task2",
    ],
    difficulty: ["easy", "medium", "hard"],
  },
  kinds: {
    question_id: "id",
    topic: "slug",
    question_text: "text",
    sample_answer: "text",
    estimated_time: "minutes",
  },
  other: ["keywords", "draw_key"],
  together: ["difficulty", "topic"],
});
