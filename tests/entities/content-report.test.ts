import { MARIA } from "../builders.ts";
import { itemOf, itemsOf, keyOf, patchOf, queryOf } from "./parameters.ts";
import { describeRules } from "./rules.ts";
import { aContentReport, contentReports, SUBJECTS, storeOf } from "./samples.ts";

describe("keys", () => {
  it("keep the ids as they are, and put the report under its state, its reporter and its assessment", () => {
    const report = aContentReport({ report_id: "Rep#_1", reporter_email: " MARIA@example.com", created_at: 12 });

    expect(itemOf(contentReports.put(report))).toEqual({
      __edb_e__: "content_report",
      __edb_v__: "1",
      pk: "$ielts#report_id_Rep#_1",
      sk: "$content_report_1#created_at_0000000012",
      gsi2pk: "$ielts_report#status_new",
      gsi2sk: "$content_report_1#created_at_0000000012#report_id_Rep#_1",
      gsi3pk: "$ielts_report#user_email_maria@example.com",
      gsi3sk: "$content_report_1#created_at_0000000012#report_id_Rep#_1",
      gsi4pk: "$ielts#assessment_id_As-7",
      gsi4sk: "$assessmentReview#content_report_1#created_at_0000000012#report_id_Rep#_1",
      report_id: "Rep#_1",
      created_at: 12,
      reporter_email: "maria@example.com",
      user_email: "maria@example.com",
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
    expect(stored).toMatchObject({ gsi2pk: "$ielts_report#status_new", gsi3pk: `$ielts_report#user_email_${MARIA}` });
  });

  it("find a report by its id alone", () => {
    expect(queryOf(contentReports.query.byId({ report_id: "Rep-1" }))).toEqual({
      index: "table",
      where: 'pk = "$ielts#report_id_Rep-1" and begins_with(sk, "$content_report_1#created_at_")',
    });
  });

  it("find a report by the seed's whole key", () => {
    expect(keyOf(contentReports.get({ report_id: "Rep-1", created_at: 12 }))).toEqual({
      pk: "$ielts#report_id_Rep-1",
      sk: "$content_report_1#created_at_0000000012",
    });
  });

  it("find the queue of a state", () => {
    expect(queryOf(contentReports.query.byStatus({ status: "investigating" }))).toEqual({
      index: "gsi2",
      where: 'gsi2pk = "$ielts_report#status_investigating" and begins_with(gsi2sk, "$content_report_1#created_at_")',
    });
  });

  it("find the reports of a user", () => {
    expect(queryOf(contentReports.query.byReporter({ user_email: MARIA }))).toEqual({
      index: "gsi3",
      where:
        'gsi3pk = "$ielts_report#user_email_maria@example.com" and begins_with(gsi3sk, "$content_report_1#created_at_")',
    });
  });

  it("find the reports about an assessment", () => {
    expect(queryOf(contentReports.query.byAssessment({ assessment_id: "As-7" }))).toEqual({
      index: "gsi4",
      where:
        'gsi4pk = "$ielts#assessment_id_As-7" and begins_with(gsi4sk, "$assessmentReview#content_report_1#created_at_")',
    });
  });

  it("move in the queue alone when the state changes", () => {
    const key = { report_id: "Rep-1", created_at: 12 };

    expect(patchOf(contentReports.patch(key).set({ status: "resolved", admin_notes: "Score corrected" }))).toEqual({
      key: { pk: "$ielts#report_id_Rep-1", sk: "$content_report_1#created_at_0000000012" },
      set: {
        __edb_e__: "content_report",
        __edb_v__: "1",
        ...key,
        status: "resolved",
        admin_notes: "Score corrected",
        gsi2pk: "$ielts_report#status_resolved",
      },
      condition: "attribute_exists(pk) AND attribute_exists(sk)",
    });
  });
});

describe("user_email", () => {
  it("follows reporter_email on create, put and batch put, whatever the caller gives", () => {
    const report = aContentReport({ reporter_email: "Chen@Example.com", user_email: "maria@example.com" });

    const items = [
      itemOf(contentReports.create(report)),
      itemOf(contentReports.put(report)),
      ...itemsOf(contentReports.put([report])),
    ];
    for (const item of items) {
      expect(item).toMatchObject({
        user_email: "chen@example.com",
        gsi3pk: "$ielts_report#user_email_chen@example.com",
      });
    }
    expect(items).toHaveLength(3);
  });
});

describeRules(SUBJECTS.content_report, {
  required: ["report_id", "created_at", "reporter_email", "report_type", "description", "status"],
  fixed: ["report_id", "created_at", "reporter_email", "assessment_id", "report_type", "description"],
  hidden: ["user_email"],
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
  other: ["user_email"],
});
