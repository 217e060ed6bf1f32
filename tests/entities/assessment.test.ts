import { ValidationError } from "../../services/storage/errors.ts";
import { MARIA, speakingScores, writingScores } from "../builders.ts";
import { itemOf, itemsOf, keyOf, patchOf, queryOf, refusalOf } from "./parameters.ts";
import { describeRules } from "./rules.ts";
import { anAssessment, assessments, SUBJECTS, storeOf } from "./samples.ts";

describe("keys", () => {
  it("keep the id as it is, and put the assessment under its user and its type by start", () => {
    const assessment = anAssessment({ assessment_id: "As#_7:X", user_id: "Maria@Example.com ", created_at: 1_000 });

    expect(itemOf(assessments.put(assessment))).toEqual({
      __edb_e__: "assessment",
      __edb_v__: "1",
      pk: "assessment#As#_7:X",
      sk: "maria@example.com",
      gsi1pk: "account#maria@example.com",
      gsi1sk: "assessment#0000001000#As#_7:X",
      gsi2pk: "assessment#speaking_academic",
      gsi2sk: "0000001000#As#_7:X",
      assessment_id: "As#_7:X",
      user_id: "maria@example.com",
      user_email: "maria@example.com",
      assessment_type: "speaking_academic",
      created_at: 1_000,
      status: "in_progress",
    });
  });

  it("find an assessment by its id alone", () => {
    expect(queryOf(assessments.query.byId({ assessment_id: "As-7" }))).toEqual({
      index: "table",
      where: 'pk = "assessment#As-7"',
    });
  });

  it("find an assessment by the seed's whole key", () => {
    expect(keyOf(assessments.get({ assessment_id: "As-7", user_id: MARIA }))).toEqual({
      pk: "assessment#As-7",
      sk: "maria@example.com",
    });
  });

  it("find the assessments of a user (user_id-created_at-index)", () => {
    expect(queryOf(assessments.query.byUser({ user_email: MARIA }))).toEqual({
      index: "gsi1",
      where: 'gsi1pk = "account#maria@example.com" and begins_with(gsi1sk, "assessment#")',
    });
  });

  it("find the assessments of a user since an instant, and none of the account's other rows", () => {
    const query = assessments.query
      .byUser({ user_email: MARIA })
      .between({ created_at: 7 }, { created_at: 9_999_999_999 });

    expect(queryOf(query)).toEqual({
      index: "gsi1",
      where:
        'gsi1pk = "account#maria@example.com" and gsi1sk BETWEEN "assessment#0000000007" AND "assessment#9999999999"',
    });
  });

  it("find the assessments of a type (assessment_type-created_at-index)", () => {
    expect(queryOf(assessments.query.byType({ assessment_type: "writing_general" }))).toEqual({
      index: "gsi2",
      where: 'gsi2pk = "assessment#writing_general"',
    });
  });

  it("stay where they are when the assessment is completed", () => {
    const result = { status: "completed", band_score: 7, completed_at: 1_860 } as const;

    expect(patchOf(assessments.patch({ assessment_id: "As-7", user_id: MARIA }).set(result))).toEqual({
      key: { pk: "assessment#As-7", sk: "maria@example.com" },
      set: { __edb_e__: "assessment", __edb_v__: "1", assessment_id: "As-7", user_id: MARIA, ...result },
      condition: "attribute_exists(pk) AND attribute_exists(sk)",
    });
  });
});

describe("user_email", () => {
  it("follows user_id on create, put and batch put, whatever the caller gives", () => {
    const assessment = anAssessment({ user_id: "Chen@Example.com", user_email: "maria@example.com" });

    const items = [
      itemOf(assessments.create(assessment)),
      itemOf(assessments.put(assessment)),
      ...itemsOf(assessments.put([assessment])),
    ];
    for (const item of items) {
      expect(item).toMatchObject({ user_email: "chen@example.com", gsi1pk: "account#chen@example.com" });
    }
    expect(items).toHaveLength(3);
  });
});

describe("scores", () => {
  const withScores = (scores: unknown) => () => assessments.put(anAssessment({ scores: scores as never }));

  it("hold the criteria of both skills", () => {
    const scores = { speaking: speakingScores, writing: writingScores };

    expect(itemOf(assessments.put(anAssessment({ scores }))).scores).toEqual({
      speaking: { fluency_coherence: 7.5, lexical_resource: 6.5, grammatical_range: 7, pronunciation: 6 },
      writing: { task_achievement: 7, coherence_cohesion: 7.5, lexical_resource: 6.5, grammatical_range: 7 },
    });
  });

  it.each([
    ["speaking", "fluency_coherence"],
    ["speaking", "lexical_resource"],
    ["speaking", "grammatical_range"],
    ["speaking", "pronunciation"],
    ["writing", "task_achievement"],
    ["writing", "coherence_cohesion"],
    ["writing", "lexical_resource"],
    ["writing", "grammatical_range"],
  ])("take %s.%s in halves from 0 to 9", (skill, criterion) => {
    const scored = (value: unknown) => refusalOf(withScores({ [skill]: { [criterion]: value } }));

    for (const value of [0, 0.5, 6.5, 9]) {
      expect(scored(value)).toBeUndefined();
    }
    const field = `scores.${skill}.${criterion}`;
    for (const value of [-0.5, 9.5, 7.25, Number.NaN]) {
      expect(scored(value)).toEqual({ field, rule: "must be a band from 0 to 9 in halves" });
    }
    for (const value of ["7", null, true]) {
      expect(scored(value)).toEqual({ field, rule: expect.stringContaining('expected value of type "number"') });
    }
  });

  it.each([[[]], ["7.5"], ['{"speaking":{}}'], [7], [null], [new Date(0)]])("refuse %j for the map", (scores) => {
    expect(refusalOf(withScores(scores))?.rule).toContain('"scores"');
  });

  it.each([
    ["the skill listening", { listening: { lexical_resource: 7 } }, "scores.listening"],
    ["a criterion of the other skill", { speaking: { task_achievement: 7 } }, "scores.speaking.task_achievement"],
    ["a criterion of the other skill", { writing: { pronunciation: 7 } }, "scores.writing.pronunciation"],
    ["a misspelt criterion", { writing: { task_acheivement: 7 } }, "scores.writing.task_acheivement"],
    ["a key of Object's prototype", { speaking: { constructor: 7 } }, "scores.speaking.constructor"],
    ["a key of Object's prototype", JSON.parse('{"speaking":{"__proto__":7}}'), "scores.speaking.__proto__"],
  ])("are refused with %s, by name", (_, scores, attribute) => {
    const build = () => storeOf(SUBJECTS.assessment).itemOf(anAssessment({ scores }));

    expect(build).toThrow(ValidationError);
    expect(build).toThrow(expect.objectContaining({ entity: "assessment", attribute }));
  });
});

describeRules(SUBJECTS.assessment, {
  required: ["assessment_id", "user_id", "assessment_type", "created_at", "status"],
  fixed: ["assessment_id", "user_id", "assessment_type", "created_at"],
  hidden: ["user_email"],
  closed: {
    assessment_type: ["speaking_academic", "speaking_general", "writing_academic", "writing_general"],
    status: ["in_progress", "completed", "abandoned"],
  },
  kinds: {
    assessment_id: "id",
    user_id: "email",
    created_at: "instant",
    completed_at: "instant",
    band_score: "band",
    ai_feedback: "text",
    improvement_plan: "text",
    duration_minutes: "minutes",
  },
  other: ["scores", "user_email"],
});
