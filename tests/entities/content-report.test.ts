import { MARIA } from "../builders.ts";
import { itemOf, keyOf, patchOf, queryOf } from "./parameters.ts";
import { describeRules } from "./rules.ts";
import { aContentReport, contentReports, SUBJECTS, storeOf } from "./samples.ts";

describe("keys", () => {
  it("keep the ids as they are, and put the report under its state, its reporter and its assessment", () => {
    const report = aContentReport({ report_id: "Rep#_1", reporter_email: " MARIA@example.com", created_at: 12 });

    expect(itemOf(contentReports.put(report))).toEqual({
      __edb_e__: "content_report",
      __edb_v__: "1",
      pk: "content_report#Rep#_1",
      sk: "0000000012",
      gsi2pk: "report#new",
      gsi2sk: "0000000012#Rep#_1",
      gsi3pk: "report#maria@example.com",
      gsi3sk: "0000000012#Rep#_1",
      gsi4pk: "assessmentReview#As-7",
      gsi4sk: "content_report#0000000012#Rep#_1",
      report_id: "Rep#_1",
      created_at: 12,
      reporter_email: "maria@example.com",
      assessment_id: "As-7",
      report_type: "inaccurate_score",
      description: "My pronunciation was better than 4.",
      status: "new",
    });
  });

  it("leave a report without an assessment out of the reviews", () => {
    const { assessment_id: _, ...report } = aContentReport();

    const stored = storeOf(SUBJECTS.content_report).itemOf(report);
    expect(stored).not.toHaveProperty("gsi4pk");
    expect(stored).not.toHaveProperty("gsi4sk");
    expect(stored).toMatchObject({ gsi2pk: "report#new", gsi3pk: `report#${MARIA}` });
  });

  it("find a report by its id alone", () => {
    expect(queryOf(contentReports.query.byId({ report_id: "Rep-1" }))).toEqual({
      index: "table",
      where: 'pk = "content_report#Rep-1"',
    });
  });

  it("find a report by the seed's whole key", () => {
    expect(keyOf(contentReports.get({ report_id: "Rep-1", created_at: 12 }))).toEqual({
      pk: "content_report#Rep-1",
      sk: "0000000012",
    });
  });

  it("find the queue of a state", () => {
    expect(queryOf(contentReports.query.byStatus({ status: "investigating" }))).toEqual({
      index: "gsi2",
      where: 'gsi2pk = "report#investigating"',
    });
  });

  it("find the reports of a user", () => {
    expect(queryOf(contentReports.query.byReporter({ reporter_email: MARIA }))).toEqual({
      index: "gsi3",
      where: 'gsi3pk = "report#maria@example.com"',
    });
  });

  it("find the reports about an assessment", () => {
    expect(queryOf(contentReports.query.byAssessment({ assessment_id: "As-7" }))).toEqual({
      index: "gsi4",
      where: 'gsi4pk = "assessmentReview#As-7" and begins_with(gsi4sk, "content_report#")',
    });
  });

  it("move in the queue alone when the state changes", () => {
    const key = { report_id: "Rep-1", created_at: 12 };

    expect(patchOf(contentReports.patch(key).set({ status: "resolved", admin_notes: "Score corrected" }))).toEqual({
      key: { pk: "content_report#Rep-1", sk: "0000000012" },
      set: {
        __edb_e__: "content_report",
        __edb_v__: "1",
        ...key,
        status: "resolved",
        admin_notes: "Score corrected",
        gsi2pk: "report#resolved",
      },
      condition: "attribute_exists(pk) AND attribute_exists(sk)",
    });
  });
});

describeRules(SUBJECTS.content_report, {
  required: ["report_id", "created_at", "reporter_email", "report_type", "description", "status"],
  fixed: ["report_id", "created_at", "reporter_email", "assessment_id", "report_type", "description"],
  closed: {
    report_type: ["inappropriate_ai", "bug", "inaccurate_score"],
    status: ["new", "investigating", "resolved", "dismissed"],
  },
  kinds: {
    report_id: "id",
    created_at: "instant",
    reporter_email: "email",
    assessment_id: "id",
    description: "text",
    admin_notes: "text",
  },
});
