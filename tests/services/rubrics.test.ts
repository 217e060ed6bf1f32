import { CRITERIA, type Criterion, type Skill } from "../../entities/enums.ts";
import { NotFoundError, ValidationError } from "../../services/storage/errors.ts";
import { aRubric } from "../builders.ts";
import { openTestTable, type TestTable } from "../engine.ts";
import { requestsOf } from "../instruments.ts";

let db: TestTable;
beforeAll(async () => {
  db = await openTestTable();
});
afterAll(() => db.drop());

const speaking = CRITERIA.speaking.map((criterion) => aRubric({ rubric_id: `speaking-${criterion}`, criterion }));
const writing = CRITERIA.writing.map((criterion) =>
  aRubric({ rubric_id: `writing-${criterion}`, skill_type: "writing", criterion }),
);

describe("import", () => {
  it("writes the rubrics and reports how many", async () => {
    const report = await db.layer.rubrics.import([...speaking, ...writing]);

    expect(report).toEqual({ written: 8, failed: [] });
    for (const rubric of [...speaking, ...writing]) {
      expect(await db.layer.rubrics.get(rubric.rubric_id)).toEqual(rubric);
    }
  });

  it("changes nothing when repeated", async () => {
    await db.layer.rubrics.import([...speaking, ...writing]);
    const before = await db.contents();

    await db.layer.rubrics.import([...speaking, ...writing]);

    expect(await db.contents()).toEqual(before);
  });

  it("replaces a rubric whole", async () => {
    const [first] = speaking;
    const { evaluation_prompts: _, ...revised } = aRubric({ ...first, band_descriptors: { "9": "Effortless." } });

    await db.layer.rubrics.import([revised]);

    expect(await db.layer.rubrics.get(revised.rubric_id)).toEqual(revised);
    expect(await db.layer.rubrics.allBySkill("speaking")).toHaveLength(4);
    await db.layer.rubrics.import(speaking);
  });
});

describe("get", () => {
  it("reads a rubric by its id in one request", async () => {
    const [first] = writing;

    const requests = await requestsOf(db, async () => {
      expect(await db.layer.rubrics.get("writing-task_achievement")).toEqual(first);
    });

    expect(requests).toMatchObject([{ operation: "GetItem", index: "table", items: 1 }]);
  });

  it("finds nothing under an unknown id", async () => {
    const failure = db.layer.rubrics.get("no-such-rubric");

    await expect(failure).rejects.toBeInstanceOf(NotFoundError);
    await expect(failure).rejects.toMatchObject({ code: "not_found", entity: "rubric" });
  });

  it.each([[""], [undefined], [7]])("refuses %p as an id", async (id) => {
    await expect(db.layer.rubrics.get(id as never)).rejects.toMatchObject({
      code: "validation",
      attribute: "rubric_id",
    });
  });
});

describe("allBySkill", () => {
  const byCriterion = (a: { criterion: string }, b: { criterion: string }) => (a.criterion < b.criterion ? -1 : 1);

  it.each([
    ["speaking", speaking],
    ["writing", writing],
  ] as const)("lists the rubrics of %s whole, by criterion, in one request", async (skill, rubrics) => {
    const requests = await requestsOf(db, async () => {
      expect(await db.layer.rubrics.allBySkill(skill)).toEqual([...rubrics].sort(byCriterion));
    });

    expect(requests).toMatchObject([{ operation: "Query", index: "gsi5", items: 4 }]);
  });

  it("refuses an unknown skill", async () => {
    await expect(db.layer.rubrics.allBySkill("reading" as Skill)).rejects.toMatchObject({
      code: "validation",
      attribute: "skill_type",
    });
  });

  it("lists rubrics of more than 1 MB", async () => {
    const large = await openTestTable();
    try {
      const rubrics = CRITERIA.writing.map((criterion) =>
        aRubric({
          rubric_id: criterion,
          skill_type: "writing",
          criterion,
          band_descriptors: { "5": "x".repeat(350_000) },
        }),
      );
      await large.layer.rubrics.import(rubrics);

      const requests = await requestsOf(large, async () => {
        expect(await large.layer.rubrics.allBySkill("writing")).toEqual([...rubrics].sort(byCriterion));
      });

      expect(requests.length).toBeGreaterThan(1);
    } finally {
      await large.drop();
    }
  });
});

describe("getByCriterion", () => {
  it.each([...speaking, ...writing])("finds the rubric of $skill_type $criterion", async (rubric) => {
    expect(await db.layer.rubrics.getByCriterion(rubric.skill_type, rubric.criterion)).toEqual(rubric);
  });

  it("finds nothing for a criterion that the skill does not have", async () => {
    const failure = db.layer.rubrics.getByCriterion("writing", "pronunciation");

    await expect(failure).rejects.toBeInstanceOf(NotFoundError);
    await expect(failure).rejects.toMatchObject({ code: "not_found", entity: "rubric" });
  });

  it("refuses an unknown skill and an unknown criterion", async () => {
    await expect(db.layer.rubrics.getByCriterion("reading" as Skill, "pronunciation")).rejects.toMatchObject({
      attribute: "skill_type",
    });
    await expect(db.layer.rubrics.getByCriterion("speaking", "charm" as Criterion)).rejects.toMatchObject({
      attribute: "criterion",
    });
  });
});

describe("import of a rubric that breaks a rule", () => {
  it.each([
    ["an empty id", { rubric_id: "" }, "rubric_id"],
    ["an unknown skill", { skill_type: "reading" }, "skill_type"],
    ["an unknown criterion", { criterion: "charm" }, "criterion"],
    ["no descriptors", { band_descriptors: undefined }, "band_descriptors"],
    ["a band above 9", { band_descriptors: { "9": "Effortless.", "10": "Perfect." } }, "band_descriptors.10"],
    ["an empty descriptor", { band_descriptors: { "7": "" } }, "band_descriptors.7"],
    ["an empty prompt", { evaluation_prompts: ["Count the pauses.", ""] }, "evaluation_prompts[1]"],
    ["prompts that are one text", { evaluation_prompts: "Count the pauses." }, "evaluation_prompts"],
    ["an unknown attribute", { weight: 2 }, "weight"],
  ])("refuses a rubric with %s and writes nothing", async (_, wrong, attribute) => {
    const before = await db.contents();

    const failure = db.layer.rubrics.import([{ ...aRubric({ rubric_id: "refused" }), ...wrong } as never]);

    await expect(failure).rejects.toBeInstanceOf(ValidationError);
    await expect(failure).rejects.toMatchObject({ code: "validation", entity: "rubric", attribute });
    expect(await db.contents()).toEqual(before);
  });
});
