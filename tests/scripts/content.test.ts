import { BANDS, CRITERIA, DIFFICULTIES, QUESTION_TYPES, SKILLS } from "../../entities/enums.ts";
import { questions, rubrics } from "../../scripts/content/catalogue.ts";
import { openTestTable, type TestTable } from "../engine.ts";

let db: TestTable;
beforeAll(async () => {
  db = await openTestTable();
});
afterAll(() => db.drop());

const distinct = (values: readonly string[]) => new Set(values).size;

describe("the question bank", () => {
  it("has at least 60 questions over at least a dozen topics", () => {
    expect(questions.length).toBeGreaterThanOrEqual(60);
    expect(distinct(questions.map(({ topic }) => topic))).toBeGreaterThanOrEqual(12);
  });

  it.each(QUESTION_TYPES.flatMap((type) => DIFFICULTIES.map((difficulty) => [type, difficulty] as const)))(
    "has %s questions that are %s",
    (type, difficulty) => {
      expect(questions.some((one) => one.assessment_type === type && one.difficulty === difficulty)).toBe(true);
    },
  );

  it("repeats no id, no question and no sample answer", () => {
    expect(distinct(questions.map(({ question_id }) => question_id))).toBe(questions.length);
    expect(distinct(questions.map(({ question_text }) => question_text))).toBe(questions.length);
    expect(distinct(questions.map(({ sample_answer }) => sample_answer))).toBe(questions.length);
  });

  it.each(questions)("gives $question_id a sample answer, different keywords and a time", (question) => {
    expect(question.question_text.length).toBeGreaterThan(20);
    expect(question.sample_answer.length).toBeGreaterThan(100);
    expect(question.keywords.length).toBeGreaterThanOrEqual(3);
    expect(distinct(question.keywords)).toBe(question.keywords.length);
    expect(question.estimated_time).toBeGreaterThan(0);
  });

  it("holds the specification's example sp2-001", () => {
    expect(questions.find(({ question_id }) => question_id === "sp2-001")).toMatchObject({
      assessment_type: "speaking_part2",
      question_text: expect.stringMatching(/^Describe a person who has influenced you/),
      topic: "people",
      difficulty: "medium",
      estimated_time: 2,
    });
  });

  it("is imported whole, and as it is written", async () => {
    expect(await db.layer.questions.import(questions)).toEqual({ written: questions.length, failed: [] });

    for (const question of questions) {
      expect(await db.layer.questions.get(question.question_id)).toEqual(question);
    }
  });
});

describe("the rubrics", () => {
  it("are one for each criterion of each skill", () => {
    const expected = SKILLS.flatMap((skill) => CRITERIA[skill].map((criterion) => `${skill} ${criterion}`));

    expect(rubrics.map(({ skill_type, criterion }) => `${skill_type} ${criterion}`).sort()).toEqual(expected.sort());
    expect(distinct(rubrics.map(({ rubric_id }) => rubric_id))).toBe(8);
  });

  it.each(rubrics)("describe ten different bands and instruct the examiner: $rubric_id", (rubric) => {
    expect(Object.keys(rubric.band_descriptors)).toEqual([...BANDS]);
    expect(distinct(Object.values(rubric.band_descriptors).map(String))).toBe(10);
    expect(rubric.evaluation_prompts.length).toBeGreaterThan(0);
  });

  it("hold the specification's example speaking-fluency", () => {
    expect(rubrics.find(({ rubric_id }) => rubric_id === "speaking-fluency")).toMatchObject({
      skill_type: "speaking",
      criterion: "fluency_coherence",
      band_descriptors: {
        "7": expect.stringMatching(/^Speaks at length without noticeable effort/),
        "6": expect.stringMatching(/^Willing to speak at length, some hesitation/),
        "5": expect.stringMatching(/^Produces simple speech fluently/),
      },
    });
  });

  it("are imported whole, and as they are written", async () => {
    expect(await db.layer.rubrics.import(rubrics)).toEqual({ written: 8, failed: [] });

    for (const rubric of rubrics) {
      expect(await db.layer.rubrics.get(rubric.rubric_id)).toEqual(rubric);
      expect(await db.layer.rubrics.getByCriterion(rubric.skill_type, rubric.criterion)).toEqual(rubric);
    }
  });
});
