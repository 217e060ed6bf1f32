import { itemOf, keyOf, queryOf, refusalOf } from "./parameters.ts";
import { describeRules } from "./rules.ts";
import { aSafetyLog, SUBJECTS, safetyLogs } from "./samples.ts";

describe("keys", () => {
  it("keep the ids as they are, and put the log under its assessment", () => {
    const log = aSafetyLog({
      log_id: "Log#_1",
      assessment_id: "As:7#x",
      user_email: "MARIA@example.com",
      timestamp: 3,
    });

    expect(itemOf(safetyLogs.put(log))).toEqual({
      __edb_e__: "safety_log",
      __edb_v__: "1",
      pk: "safety_log#Log#_1",
      sk: "0000000003",
      gsi1pk: "safety_log#maria@example.com",
      gsi1sk: "0000000003#Log#_1",
      gsi4pk: "assessmentReview#As:7#x",
      gsi4sk: "safety_log#0000000003#Log#_1",
      log_id: "Log#_1",
      timestamp: 3,
      assessment_id: "As:7#x",
      user_email: "maria@example.com",
      content_type: "audio",
      moderation_action: "warn",
      confidence: 0.82,
      categories: ["profanity"],
    });
  });

  it("find a log by its id alone", () => {
    expect(queryOf(safetyLogs.query.byId({ log_id: "Log-1" }))).toEqual({
      index: "table",
      where: 'pk = "safety_log#Log-1"',
    });
  });

  it("find a log by the seed's whole key", () => {
    expect(keyOf(safetyLogs.get({ log_id: "Log-1", timestamp: 1_760_000_000 }))).toEqual({
      pk: "safety_log#Log-1",
      sk: "1760000000",
    });
  });

  it("find the logs of a user", () => {
    expect(queryOf(safetyLogs.query.byUser({ user_email: "maria@example.com" }))).toEqual({
      index: "gsi1",
      where: 'gsi1pk = "safety_log#maria@example.com"',
    });
  });

  it("find the logs of an assessment", () => {
    expect(queryOf(safetyLogs.query.byAssessment({ assessment_id: "As-7" }))).toEqual({
      index: "gsi4",
      where: 'gsi4pk = "assessmentReview#As-7" and begins_with(gsi4sk, "safety_log#")',
    });
  });
});

describe("categories", () => {
  const withCategories = (categories: unknown) => () => safetyLogs.put(aSafetyLog({ categories: categories as never }));
  const known = ["profanity", "hate_speech", "violence", "sexual_content", "spam"];

  it("take each category of the specification, or none", () => {
    for (const category of known) {
      expect(itemOf(withCategories([category])()).categories).toEqual([category]);
    }
    expect(itemOf(withCategories(known)()).categories).toEqual(known);
    expect(itemOf(withCategories([])()).categories).toEqual([]);
  });

  it.each([
    ["an unknown category", ["spam", "harassment"], "categories[1]", `must be one of ${known.join(", ")}`],
    ["a category in capitals", ["SPAM"], "categories[0]", `must be one of ${known.join(", ")}`],
    ["an empty string", [""], "categories[0]", `must be one of ${known.join(", ")}`],
    ["a number", ["spam", 3], "categories[1]", 'expected value of type "string"'],
  ])("are refused with %s", (_, categories, field, rule) => {
    expect(refusalOf(withCategories(categories))).toEqual({
      field,
      rule: expect.stringContaining(rule),
    });
  });

  it.each([["spam"], [new Set(["spam"])], [null]])("refuse %p for the list", (categories) => {
    expect(refusalOf(withCategories(categories))?.rule).toContain("categories");
  });
});

describeRules(SUBJECTS.safety_log, {
  required: [
    "log_id",
    "timestamp",
    "assessment_id",
    "user_email",
    "content_type",
    "moderation_action",
    "confidence",
    "categories",
  ],
  fixed: [
    "log_id",
    "timestamp",
    "assessment_id",
    "user_email",
    "content_type",
    "moderation_action",
    "confidence",
    "categories",
    "user_response",
    "ai_response",
  ],
  closed: { content_type: ["audio", "text"], moderation_action: ["warn", "block", "none"] },
  kinds: {
    log_id: "id",
    timestamp: "instant",
    assessment_id: "id",
    user_email: "email",
    confidence: "confidence",
    user_response: "text",
    ai_response: "text",
  },
  other: ["categories"],
});
