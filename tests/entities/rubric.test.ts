import { ValidationError } from "../../services/storage/errors.ts";
import { itemOf, keyOf, patchOf, queryOf, refusalOf } from "./parameters.ts";
import { describeRules } from "./rules.ts";
import { aScoringRubric, rubrics, SUBJECTS, storeOf } from "./samples.ts";

describe("keys", () => {
  it("keep the id as it is, and put the rubric under its skill by criterion", () => {
    expect(itemOf(rubrics.put(aScoringRubric({ rubric_id: "Speaking_Fluency#1" })))).toEqual({
      __edb_e__: "rubric",
      __edb_v__: "1",
      pk: "rubric#Speaking_Fluency#1",
      sk: "rubric",
      gsi5pk: "rubric#speaking",
      gsi5sk: "fluency_coherence#Speaking_Fluency#1",
      rubric_id: "Speaking_Fluency#1",
      skill_type: "speaking",
      criterion: "fluency_coherence",
      band_descriptors: { "7": "Keeps going with ease." },
    });
  });

  it("find a rubric by its id", () => {
    expect(keyOf(rubrics.get({ rubric_id: "speaking-fluency" }))).toEqual({
      pk: "rubric#speaking-fluency",
      sk: "rubric",
    });
  });

  it("find the rubrics of a skill, and of a criterion", () => {
    expect(queryOf(rubrics.query.bySkill({ skill_type: "writing" }))).toEqual({
      index: "gsi5",
      where: 'gsi5pk = "rubric#writing"',
    });
    expect(queryOf(rubrics.query.bySkill({ skill_type: "writing", criterion: "lexical_resource" }))).toEqual({
      index: "gsi5",
      where: 'gsi5pk = "rubric#writing" and begins_with(gsi5sk, "lexical_resource#")',
    });
  });

  it("move with the skill and the criterion", () => {
    expect(patchOf(rubrics.patch({ rubric_id: "r-1" }).set({ skill_type: "writing" })).set).toEqual({
      __edb_e__: "rubric",
      __edb_v__: "1",
      rubric_id: "r-1",
      skill_type: "writing",
      gsi5pk: "rubric#writing",
    });
    expect(patchOf(rubrics.patch({ rubric_id: "r-1" }).set({ criterion: "pronunciation" })).set).toEqual({
      __edb_e__: "rubric",
      __edb_v__: "1",
      rubric_id: "r-1",
      criterion: "pronunciation",
      gsi5sk: "pronunciation#r-1",
    });
  });
});

describe("band_descriptors", () => {
  const withDescriptors = (band_descriptors: unknown) => () =>
    rubrics.put(aScoringRubric({ band_descriptors: band_descriptors as never }));

  it("describe the bands 0 to 9, any of which may be missing", () => {
    const all = Object.fromEntries(Array.from({ length: 10 }, (_, number) => [String(number), `Band ${number}`]));

    for (const band_descriptors of [all, { "0": "Does not attend." }, { "9": "Expert.", "6": "Competent." }]) {
      expect(itemOf(withDescriptors(band_descriptors)()).band_descriptors).toEqual(band_descriptors);
    }
  });

  it.each([
    ["an empty text", { "7": "" }, "must not be empty"],
    ["a lone surrogate", { "7": "\ud83d" }, "must be well-formed Unicode, without lone surrogates"],
    ["a number", { "7": 7 }, 'expected value of type "string"'],
    ["null", { "7": null }, 'expected value of type "string"'],
  ])("are refused with %s", (_, descriptors, rule) => {
    expect(refusalOf(withDescriptors(descriptors))).toEqual({
      field: "band_descriptors.7",
      rule: expect.stringContaining(rule),
    });
  });

  it.each([[["Band 0"]], ["{}"], [7], [null]])("refuse %j for the map", (descriptors) => {
    expect(refusalOf(withDescriptors(descriptors))?.rule).toContain('"band_descriptors"');
  });

  it.each(["10", "-1", "7.5", "07", "seven", "", "constructor"])("are refused with the key %p, by name", (band) => {
    const build = () =>
      storeOf(SUBJECTS.rubric).itemOf(aScoringRubric({ band_descriptors: { "7": "Good.", [band]: "Text" } }));

    expect(build).toThrow(ValidationError);
    expect(build).toThrow(expect.objectContaining({ entity: "rubric", attribute: `band_descriptors.${band}` }));
  });
});

describe("evaluation_prompts", () => {
  const withPrompts = (prompts: unknown) => () => rubrics.put(aScoringRubric({ evaluation_prompts: prompts as never }));

  it("are a list of texts, none of them empty", () => {
    expect(itemOf(withPrompts(["Count the pauses.", "Quote."])()).evaluation_prompts).toEqual([
      "Count the pauses.",
      "Quote.",
    ]);
    expect(refusalOf(withPrompts(["Quote.", ""]))).toEqual({
      field: "evaluation_prompts[1]",
      rule: "must not be empty",
    });
    expect(refusalOf(withPrompts("Quote."))?.rule).toContain("evaluation_prompts");
  });
});

describeRules(SUBJECTS.rubric, {
  required: ["rubric_id", "skill_type", "criterion", "band_descriptors"],
  fixed: ["rubric_id"],
  closed: {
    skill_type: ["speaking", "writing"],
    criterion: [
      "fluency_coherence",
      "lexical_resource",
      "grammatical_range",
      "pronunciation",
      "task_achievement",
      "coherence_cohesion",
    ],
  },
  kinds: { rubric_id: "id" },
  other: ["band_descriptors", "evaluation_prompts"],
});
