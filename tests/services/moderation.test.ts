import { AssessmentModel } from "../../entities/assessment.ts";
import { ContentReportModel } from "../../entities/content-report.ts";
import {
  MODERATION_ACTIONS,
  MODERATION_CATEGORIES,
  REPORT_STATUSES,
  REPORT_TYPES,
  type ReportStatus,
} from "../../entities/enums.ts";
import { SafetyLogModel } from "../../entities/safety-log.ts";
import type { ReportFiling, SafetyEvent } from "../../services/moderation.ts";
import {
  ConflictError,
  InvalidCursorError,
  ItemTooLargeError,
  NotFoundError,
  UnprocessedError,
  ValidationError,
} from "../../services/storage/errors.ts";
import type { ListOptions } from "../../services/storage/pages.ts";
import { aReport, aSafetyEvent, aSpeakingResult, aTicket, CHEN, MARIA, startAssessment } from "../builders.ts";
import { NOW, ON_DYNAMODB_LOCAL, openTestTable, type TestTable } from "../engine.ts";
import { everyPage, inOneOrder, interceptedClient, requestsOf, storeAll } from "../instruments.ts";

const HOUR = 3600;
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

let db: TestTable;
beforeAll(async () => {
  db = await openTestTable();
  await startAssessment(db.layer);
});
afterAll(() => db.drop());
beforeEach(() => {
  db.clock.now = NOW;
});

describe("recordSafetyEvent and getSafetyLog", () => {
  it("keep an event under a time-ordered id and read it by the id alone, in one request", async () => {
    const log = await db.layer.moderation.recordSafetyEvent(aSafetyEvent({ user_email: " Maria@Example.com" }));

    const requests = await requestsOf(db, async () => {
      expect(await db.layer.moderation.getSafetyLog(log.log_id)).toEqual(log);
    });

    expect(log).toEqual({
      ...aSafetyEvent(),
      user_email: MARIA,
      log_id: expect.stringMatching(UUID_V7),
      timestamp: NOW,
    });
    expect(requests).toMatchObject([{ operation: "Query", index: "table", items: 1 }]);
  });

  it("keep the instant that the caller gives", async () => {
    const log = await db.layer.moderation.recordSafetyEvent(aSafetyEvent({ timestamp: NOW - HOUR }));

    expect((await db.layer.moderation.getSafetyLog(log.log_id)).timestamp).toBe(NOW - HOUR);
  });

  it("keep an event without texts and without categories", async () => {
    const { user_response: _, ai_response: __, ...bare } = aSafetyEvent({ categories: [], confidence: 0 });

    const { log_id, timestamp, ...kept } = await db.layer.moderation.recordSafetyEvent(bare);

    expect(kept).toEqual(bare);
    expect(await db.layer.moderation.getSafetyLog(log_id)).toEqual({ ...bare, log_id, timestamp });
  });

  it.each([...MODERATION_CATEGORIES])("accept the category %s", async (category) => {
    const { categories } = await db.layer.moderation.recordSafetyEvent(aSafetyEvent({ categories: [category] }));

    expect(categories).toEqual([category]);
  });

  it.each([...MODERATION_ACTIONS])("accept the action %s, for audio and for text", async (moderation_action) => {
    for (const content_type of ["audio", "text"] as const) {
      const event = aSafetyEvent({ moderation_action, content_type });

      expect(await db.layer.moderation.recordSafetyEvent(event)).toMatchObject({ moderation_action, content_type });
    }
  });

  it.each<[string, Partial<SafetyEvent>]>([
    ["an instant of the service's", {}],
    ["an instant of the caller's", { timestamp: NOW - 5 }],
  ])("give the same event back for the caller's own id and %s, however late the retry", async (_, when) => {
    const event = aSafetyEvent({ log_id: `own-log-${when.timestamp}`, ...when });
    const first = await db.layer.moderation.recordSafetyEvent(event);
    const before = await db.contents();

    db.clock.now = NOW + HOUR;

    expect(await db.layer.moderation.recordSafetyEvent(event)).toEqual(first);
    expect(first.timestamp).toBe(when.timestamp ?? NOW);
    expect(await db.contents()).toEqual(before);
  });

  it("keep one event when the same call arrives ten times at once", async () => {
    const event = aSafetyEvent({ log_id: "log-at-once" });

    const logs = await Promise.all(Array.from({ length: 10 }, () => db.layer.moderation.recordSafetyEvent(event)));

    for (const log of logs) expect(log).toEqual(logs[0]);
    expect((await db.contents()).filter((item) => item.log_id === "log-at-once")).toHaveLength(1);
  });

  it("complete the record on a retry after the function died between its two writes", async () => {
    const event = aSafetyEvent({ log_id: "log-crashed" });
    let puts = 0;
    const dying = db.layerWith({
      client: interceptedClient(db.client, async ({ name }, next) => {
        if (name === "PutCommand" && ++puts === 2) throw new Error("the function died");
        return next();
      }),
    });
    await expect(dying.moderation.recordSafetyEvent(event)).rejects.toThrow("the function died");

    db.clock.now = NOW + HOUR;

    expect(await db.layer.moderation.recordSafetyEvent(event)).toEqual({ ...event, timestamp: NOW });
  });

  it.each<[string, Partial<SafetyEvent>]>([
    ["of another user", { user_email: CHEN }],
    ["of another assessment", { assessment_id: "assessment-2" }],
    ["with another action", { moderation_action: "block" }],
    ["with other categories", { categories: ["profanity", "spam"] }],
    ["with another confidence", { confidence: 0.83 }],
    ["with another response", { ai_response: "Please stop." }],
  ])("refuse the id for an event %s", async (_, other) => {
    await db.layer.moderation.recordSafetyEvent(aSafetyEvent({ log_id: "own-taken" }));
    const before = await db.contents();

    const failure = db.layer.moderation.recordSafetyEvent(aSafetyEvent({ log_id: "own-taken", ...other }));

    await expect(failure).rejects.toBeInstanceOf(ConflictError);
    await expect(failure).rejects.toMatchObject({ code: "conflict", entity: "safety_log" });
    expect(await db.contents()).toEqual(before);
  });

  it("leave nothing behind for an account that was erased a moment ago", async () => {
    const user_email = "erased-log@example.com";
    await db.layer.accounts.erase(user_email);
    const before = await db.contents();

    const failure = db.layer.moderation.recordSafetyEvent(aSafetyEvent({ user_email }));

    await expect(failure).rejects.toMatchObject({ code: "conflict", reason: "erased" });
    expect(await db.contents()).toEqual(before);
  });

  it.each<[string, Partial<SafetyEvent>]>([
    ["an assessment that was never started", { assessment_id: "never-started" }],
    ["somebody else's assessment", { user_email: CHEN }],
  ])("refuse an event of %s and write nothing", async (_, other) => {
    const before = await db.contents();

    const failure = db.layer.moderation.recordSafetyEvent(aSafetyEvent(other));

    await expect(failure).rejects.toBeInstanceOf(NotFoundError);
    await expect(failure).rejects.toMatchObject({ code: "not_found", entity: "assessment" });
    expect(await db.contents()).toEqual(before);
  });

  it.each([
    ["an unknown category", { categories: ["profanity", "rudeness"] }, "categories[1]"],
    ["categories that are one text", { categories: "profanity" }, "categories"],
    ["categories that are a number", { categories: 1 }, "categories"],
    ["no categories", { categories: undefined }, "categories"],
    ["an unknown content type", { content_type: "video" }, "content_type"],
    ["an unknown action", { moderation_action: "ban" }, "moderation_action"],
    ["a confidence over 1", { confidence: 1.01 }, "confidence"],
    ["a negative confidence", { confidence: -0.1 }, "confidence"],
    ["a confidence that is no number", { confidence: Number.NaN }, "confidence"],
    ["no assessment", { assessment_id: undefined }, "assessment_id"],
    ["an empty assessment", { assessment_id: "" }, "assessment_id"],
    ["an empty id", { log_id: "" }, "log_id"],
    ["an id that fits no index key", { log_id: "x".repeat(1500) }, "log_id"],
    ["an instant in milliseconds", { timestamp: NOW * 1000 }, "timestamp"],
    ["a user that is no address", { user_email: "maria" }, "user_email"],
    ["an unknown attribute", { severity: 3 }, "severity"],
  ])("refuse %s and write nothing", async (_, wrong, attribute) => {
    const before = await db.contents();

    const failure = db.layer.moderation.recordSafetyEvent({ ...aSafetyEvent({ log_id: "wrong" }), ...wrong } as never);

    await expect(failure).rejects.toBeInstanceOf(ValidationError);
    await expect(failure).rejects.toMatchObject({ code: "validation", entity: "safety_log", attribute });
    expect(await db.contents()).toEqual(before);
  });

  it("refuse an event over 400 KB before it is sent, naming the attribute and the size", async () => {
    const event = aSafetyEvent({ log_id: "too-large", user_response: "x".repeat(410_000) });

    const requests = await requestsOf(db, async () => {
      const failure = db.layer.moderation.recordSafetyEvent(event);
      await expect(failure).rejects.toBeInstanceOf(ItemTooLargeError);
      await expect(failure).rejects.toMatchObject({
        code: "item_too_large",
        attribute: "user_response",
        message: expect.stringMatching(/has 41\d{4} bytes/),
      });
    });

    expect(requests).toEqual([]);
  });

  it("find nothing under an unknown id", async () => {
    const failure = db.layer.moderation.getSafetyLog("no-such-log");

    await expect(failure).rejects.toBeInstanceOf(NotFoundError);
    await expect(failure).rejects.toMatchObject({ code: "not_found", entity: "safety_log" });
    await expect(db.layer.moderation.getSafetyLog("")).rejects.toMatchObject({ attribute: "log_id" });
  });
});

describe("fileReport and getReport", () => {
  it("file a new report and read it by its id alone, in one request", async () => {
    const report = await db.layer.moderation.fileReport(aReport({ reporter_email: "MARIA@example.com " }));

    const requests = await requestsOf(db, async () => {
      expect(await db.layer.moderation.getReport(report.report_id)).toEqual(report);
    });

    expect(report).toEqual({
      ...aReport(),
      report_id: expect.stringMatching(UUID_V7),
      created_at: NOW,
      status: "new",
    });
    expect(requests).toMatchObject([{ operation: "Query", index: "table", items: 1 }]);
  });

  it.each([...REPORT_TYPES])("accept a report of type %s about no assessment", async (report_type) => {
    const { assessment_id: _, ...filing } = aReport({ report_type });

    const report = await db.layer.moderation.fileReport(filing);

    expect(report).not.toHaveProperty("assessment_id");
    expect(await db.layer.moderation.getReport(report.report_id)).toEqual(report);
    // A report without the index's partition must not stand in a nameless one.
    const stored = (await db.contents()).find((item) => item.report_id === report.report_id);
    expect(stored).not.toHaveProperty("gsi4pk");
    expect(stored).not.toHaveProperty("gsi4sk");
  });

  it("give the same report back for the caller's own id, however late the retry", async () => {
    const filing = aReport({ report_id: "own-report" });
    const first = await db.layer.moderation.fileReport(filing);
    const before = await db.contents();

    db.clock.now = NOW + HOUR;

    expect(await db.layer.moderation.fileReport(filing)).toEqual(first);
    expect(first.created_at).toBe(NOW);
    expect(await db.contents()).toEqual(before);
  });

  it("give a triaged report back as it now is", async () => {
    const filing = aReport({ report_id: "own-triaged" });
    await db.layer.moderation.fileReport(filing);
    const triaged = await db.layer.moderation.triage("own-triaged", { status: "resolved" });

    expect(await db.layer.moderation.fileReport(filing)).toEqual(triaged);
  });

  it.each<[string, Partial<ReportFiling>]>([
    ["of another user", { reporter_email: CHEN }],
    ["of another type", { report_type: "bug" }],
    ["about another assessment", { assessment_id: "assessment-2" }],
    ["with another description", { description: "Maya was rude." }],
  ])("refuse the id for a report %s", async (_, other) => {
    await db.layer.moderation.fileReport(aReport({ report_id: "own-report-taken" }));
    const before = await db.contents();

    const failure = db.layer.moderation.fileReport(aReport({ report_id: "own-report-taken", ...other }));

    await expect(failure).rejects.toBeInstanceOf(ConflictError);
    await expect(failure).rejects.toMatchObject({ code: "conflict", entity: "content_report" });
    expect(await db.contents()).toEqual(before);
  });

  it("leave nothing behind for an account that was erased a moment ago", async () => {
    const reporter_email = "erased-report@example.com";
    await db.layer.accounts.erase(reporter_email);
    const before = await db.contents();

    const failure = db.layer.moderation.fileReport(aReport({ reporter_email }));

    await expect(failure).rejects.toMatchObject({ code: "conflict", reason: "erased" });
    expect(await db.contents()).toEqual(before);
  });

  it.each([
    ["an unknown type", { report_type: "praise" }, "report_type"],
    ["no description", { description: undefined }, "description"],
    ["an empty assessment", { assessment_id: "" }, "assessment_id"],
    ["an empty id", { report_id: "" }, "report_id"],
    ["an id that fits no index key", { report_id: "x".repeat(1500) }, "report_id"],
    ["a reporter that is no address", { reporter_email: "maria@" }, "reporter_email"],
    ["a status of the caller's own", { status: "resolved" }, "status"],
  ])("refuse %s and write nothing", async (_, wrong, attribute) => {
    const before = await db.contents();

    const failure = db.layer.moderation.fileReport({ ...aReport({ report_id: "wrong" }), ...wrong } as never);

    await expect(failure).rejects.toBeInstanceOf(ValidationError);
    await expect(failure).rejects.toMatchObject({ code: "validation", entity: "content_report", attribute });
    expect(await db.contents()).toEqual(before);
  });

  it("find nothing under an unknown id", async () => {
    const failure = db.layer.moderation.getReport("no-such-report");

    await expect(failure).rejects.toBeInstanceOf(NotFoundError);
    await expect(failure).rejects.toMatchObject({ code: "not_found", entity: "content_report" });
    await expect(db.layer.moderation.getReport("")).rejects.toMatchObject({ attribute: "report_id" });
  });
});

describe("triage", () => {
  type Target = Exclude<ReportStatus, "new">;
  const ALLOWED: Readonly<Record<ReportStatus, readonly Target[]>> = {
    new: ["investigating", "resolved", "dismissed"],
    investigating: ["resolved", "dismissed"],
    resolved: [],
    dismissed: [],
  };
  const TARGETS: readonly Target[] = ["investigating", "resolved", "dismissed"];
  const moves = REPORT_STATUSES.flatMap((from) => TARGETS.map((to) => [from, to] as const));

  async function reportIn(status: ReportStatus) {
    const report = await db.layer.moderation.fileReport(aReport());
    return status === "new" ? report : db.layer.moderation.triage(report, { status, admin_notes: "Seen." });
  }

  it.each(moves.filter(([from, to]) => ALLOWED[from].includes(to)))(
    "moves a report from %s to %s",
    async (from, to) => {
      const report = await reportIn(from);

      const moved = await db.layer.moderation.triage(report.report_id, { status: to, admin_notes: "Looked into." });

      expect(moved).toEqual({ ...report, status: to, admin_notes: "Looked into." });
      expect(await db.layer.moderation.getReport(report.report_id)).toEqual(moved);
    },
  );

  it.each(moves.filter(([from, to]) => from !== to && !ALLOWED[from].includes(to)))(
    "refuses to move a report from %s to %s, saying where it is",
    async (from, to) => {
      const report = await reportIn(from);
      const before = await db.contents();

      const failure = db.layer.moderation.triage(report, { status: to });

      await expect(failure).rejects.toBeInstanceOf(ConflictError);
      await expect(failure).rejects.toMatchObject({
        code: "conflict",
        entity: "content_report",
        state: from,
        message: expect.stringContaining(`it is ${from}`),
      });
      expect(await db.contents()).toEqual(before);
    },
  );

  it.each(REPORT_STATUSES.filter((status) => status !== "new"))(
    "refuses to make a report new again, saying that it is %s",
    async (from) => {
      const report = await reportIn(from);
      const before = await db.contents();

      const failure = db.layer.moderation.triage(report, { status: "new" as never });

      await expect(failure).rejects.toBeInstanceOf(ConflictError);
      await expect(failure).rejects.toMatchObject({ state: from });
      expect(await db.contents()).toEqual(before);
    },
  );

  it.each(TARGETS)("does nothing when a report is moved to %s again", async (status) => {
    const report = await reportIn("new");
    const moved = await db.layer.moderation.triage(report, { status, admin_notes: "Done." });
    const before = await db.contents();

    expect(await db.layer.moderation.triage(report, { status, admin_notes: "Done." })).toEqual(moved);
    expect(await db.layer.moderation.triage(report.report_id, { status })).toEqual(moved);
    expect(await db.contents()).toEqual(before);
  });

  it("refuses the same move with other notes", async () => {
    const report = await reportIn("resolved");
    const before = await db.contents();

    const failure = db.layer.moderation.triage(report, { status: "resolved", admin_notes: "Something else." });

    await expect(failure).rejects.toBeInstanceOf(ConflictError);
    await expect(failure).rejects.toMatchObject({ state: "resolved" });
    expect(await db.contents()).toEqual(before);
  });

  it("keeps the notes of the move before when it is given none", async () => {
    const report = await reportIn("investigating");

    expect(await db.layer.moderation.triage(report, { status: "resolved" })).toEqual({ ...report, status: "resolved" });
  });

  it("lets one of two reviewers win", async () => {
    const report = await reportIn("new");

    const outcomes = await Promise.allSettled(
      (["resolved", "dismissed"] as const).map((status) => db.layer.moderation.triage(report, { status })),
    );

    const [won] = outcomes.filter((outcome) => outcome.status === "fulfilled");
    const [lost] = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(lost?.reason).toBeInstanceOf(ConflictError);
    expect(await db.layer.moderation.getReport(report.report_id)).toEqual(won?.value);
  });

  it("takes a look-up and a write by the id alone, and one write by the key", async () => {
    const [one, other] = [await reportIn("new"), await reportIn("new")];
    const { report_id, created_at } = other;

    const byId = await requestsOf(db, () => db.layer.moderation.triage(one.report_id, { status: "resolved" }));
    const byKey = await requestsOf(db, () =>
      db.layer.moderation.triage({ report_id, created_at }, { status: "resolved" }),
    );

    expect(byId.map(({ operation }) => operation)).toEqual(["Query", "UpdateItem"]);
    expect(byKey.map(({ operation }) => operation)).toEqual(["UpdateItem"]);
  });

  it.each([
    ["an unknown id", "no-such-report"],
    ["an unknown key", { report_id: "no-such-report", created_at: NOW }],
  ])("finds nothing under %s and creates nothing", async (_, reference) => {
    const before = await db.contents();

    const failure = db.layer.moderation.triage(reference, { status: "resolved" });

    await expect(failure).rejects.toBeInstanceOf(NotFoundError);
    await expect(failure).rejects.toMatchObject({ code: "not_found", entity: "content_report" });
    expect(await db.contents()).toEqual(before);
  });

  it("finds nothing at another instant than the report's", async () => {
    const { report_id } = await reportIn("new");
    const before = await db.contents();

    const failure = db.layer.moderation.triage({ report_id, created_at: NOW + 1 }, { status: "resolved" });

    await expect(failure).rejects.toBeInstanceOf(NotFoundError);
    expect(await db.contents()).toEqual(before);
  });

  it.each([
    ["an unknown status", { status: "closed" }, "status"],
    ["no status", {}, "status"],
    ["notes that are no text", { status: "resolved", admin_notes: 7 }, "admin_notes"],
    ["another attribute", { status: "resolved", description: "Nothing." }, "description"],
  ])("refuses %s and writes nothing", async (_, wrong, attribute) => {
    const report = await reportIn("new");
    const before = await db.contents();

    const failure = db.layer.moderation.triage(report, wrong as never);

    await expect(failure).rejects.toBeInstanceOf(ValidationError);
    await expect(failure).rejects.toMatchObject({ code: "validation", entity: "content_report", attribute });
    expect(await db.contents()).toEqual(before);
  });

  it("refuses notes that make the stored report larger than 400 KB", async () => {
    const report = await db.layer.moderation.fileReport(aReport({ description: "d".repeat(250_000) }));

    const failure = db.layer.moderation.triage(report, { status: "resolved", admin_notes: "n".repeat(250_000) });

    await expect(failure).rejects.toBeInstanceOf(ItemTooLargeError);
    await expect(failure).rejects.toMatchObject({ code: "item_too_large", entity: "content_report" });
    expect(await db.layer.moderation.getReport(report.report_id)).toEqual(report);
  });
});

describe("listReportsByStatus", () => {
  let queues: TestTable;
  beforeAll(async () => {
    queues = await openTestTable();
  });
  afterAll(() => queues.drop());

  it("lists the queue of each state, newest first, page by page, and follows the moves", async () => {
    const filed: string[] = [];
    for (let number = 0; number < 12; number++) {
      queues.clock.now = NOW + Math.floor(number / 3);
      const reporter_email = number % 2 === 0 ? MARIA : CHEN;
      const report = await queues.layer.moderation.fileReport(aReport({ reporter_email }));
      filed.unshift(report.report_id);
    }
    const moved = { investigating: filed[1], resolved: filed[4], dismissed: filed[7] };
    for (const [status, report_id] of Object.entries(moved)) {
      await queues.layer.moderation.triage(report_id as string, { status: status as never, admin_notes: "Seen." });
    }

    const pages = await everyPage((options) => queues.layer.moderation.listReportsByStatus("new", options), {
      limit: 4,
    });

    const waiting = filed.filter((id) => !Object.values(moved).includes(id));
    expect(pages.flat().map(({ report_id }) => report_id)).toEqual(waiting);
    expect(pages.map((page) => page.length)).toEqual([4, 4, 1]);
    for (const [status, report_id] of Object.entries(moved)) {
      const { items, cursor } = await queues.layer.moderation.listReportsByStatus(status as ReportStatus);
      expect(items).toEqual([
        {
          report_id,
          created_at: expect.any(Number),
          reporter_email: expect.stringMatching(/@example\.com$/),
          assessment_id: "assessment-1",
          report_type: "inaccurate_score",
          status,
        },
      ]);
      expect(cursor).toBeNull();
    }
  });

  it("reads no tickets, which have states of the same names", async () => {
    await queues.layer.support.open(aTicket());

    const requests = await requestsOf(queues, async () => {
      const { items } = await queues.layer.moderation.listReportsByStatus("new");
      expect(items).toHaveLength(9);
    });

    expect(requests).toMatchObject([{ operation: "Query", index: "gsi2", items: 9 }]);
  });

  it("refuses an unknown state, a wrong limit, and a cursor of another queue", async () => {
    const { cursor } = await queues.layer.moderation.listReportsByStatus("new", { limit: 1 });
    const { moderation } = queues.layer;

    await expect(moderation.listReportsByStatus("closed" as never)).rejects.toMatchObject({ attribute: "status" });
    await expect(moderation.listReportsByStatus("new", { limit: 101 })).rejects.toMatchObject({ attribute: "limit" });
    for (const attempt of [
      () => moderation.listReportsByStatus("resolved", { cursor }),
      () => moderation.listReportsByReporter(MARIA, { cursor }),
      () => moderation.listReportsByStatus("new", { cursor: `${cursor}A` }),
    ]) {
      await expect(attempt()).rejects.toBeInstanceOf(InvalidCursorError);
    }
  });
});

describe("listReportsByReporter", () => {
  it("lists what a user filed, newest first, page by page", async () => {
    const reporter_email = "reporter@example.com";
    const filed: string[] = [];
    for (let number = 0; number < 7; number++) {
      db.clock.now = NOW + Math.floor(number / 2);
      filed.unshift((await db.layer.moderation.fileReport(aReport({ reporter_email }))).report_id);
    }
    await db.layer.moderation.fileReport(aReport({ reporter_email: "reporter@example.co" }));
    await db.layer.moderation.triage(filed[0] as string, { status: "investigating", admin_notes: "Seen." });

    const { moderation } = db.layer;
    const list = (options: ListOptions) => moderation.listReportsByReporter(" Reporter@example.com", options);
    const pages = await everyPage(list, { limit: 3 });

    expect(pages.map((page) => page.length)).toEqual([3, 3, 1]);
    expect(pages.flat().map(({ report_id }) => report_id)).toEqual(filed);
    expect(pages.flat()[0]).toEqual({
      report_id: filed[0],
      created_at: NOW + 3,
      reporter_email,
      assessment_id: "assessment-1",
      report_type: "inaccurate_score",
      description: aReport().description,
      status: "investigating",
      admin_notes: "Seen.",
    });
    expect(await moderation.listReportsByReporter("nobody@example.com")).toEqual({ items: [], cursor: null });
  });

  it("refuses a cursor of another user", async () => {
    await db.layer.moderation.fileReport(aReport({ reporter_email: CHEN }));
    await db.layer.moderation.fileReport(aReport({ reporter_email: CHEN }));
    const { cursor } = await db.layer.moderation.listReportsByReporter(CHEN, { limit: 1 });

    expect(cursor).not.toBeNull();
    await expect(db.layer.moderation.listReportsByReporter(MARIA, { cursor })).rejects.toBeInstanceOf(
      InvalidCursorError,
    );
  });
});

describe("reviewOutline and review (assessmentReview)", () => {
  async function reviewed(user: string) {
    const assessment = await db.layer.assessments.start({ user_id: user, assessment_type: "speaking_academic" });
    const { assessment_id } = assessment;
    const logs = [];
    const reports = [];
    for (let number = 0; number < 3; number++) {
      db.clock.now = NOW + number;
      logs.unshift(await db.layer.moderation.recordSafetyEvent(aSafetyEvent({ assessment_id, user_email: user })));
      reports.unshift(await db.layer.moderation.fileReport(aReport({ assessment_id, reporter_email: user })));
    }
    await startAssessment(db.layer, { assessment_id: `${assessment_id}-2` });
    await db.layer.moderation.recordSafetyEvent(aSafetyEvent({ assessment_id: `${assessment_id}-2` }));
    await db.layer.moderation.fileReport(aReport({ assessment_id: `${assessment_id}-2` }));
    return {
      assessment_id,
      completed: await db.layer.assessments.complete(assessment, aSpeakingResult()),
      logs,
      reports,
    };
  }

  it("list logs and reports of one assessment, newest first, in one request", async () => {
    const { assessment_id, logs, reports } = await reviewed("reviewed@example.com");

    const requests = await requestsOf(db, async () => {
      expect(await db.layer.moderation.reviewOutline(assessment_id)).toEqual({
        safetyLogs: logs.map(({ categories: _, user_response: __, ai_response: ___, ...row }) => row),
        reports: reports.map(({ reporter_email: _, description: __, status: ___, ...row }) => row),
        cursor: null,
      });
    });

    expect(requests).toMatchObject([{ operation: "Query", index: "gsi4", items: 6 }]);
  });

  it("read the assessment with all its logs and reports whole, in two round trips", async () => {
    const { assessment_id, completed, logs, reports } = await reviewed("whole@example.com");

    const requests = await requestsOf(db, async () => {
      expect(await db.layer.moderation.review(assessment_id)).toEqual({
        assessment: completed,
        safetyLogs: logs,
        reports,
        cursor: null,
      });
    });

    expect(inOneOrder(requests.map(({ operation }) => operation))).toEqual(["BatchGetItem", "Query", "Query"]);
  });

  it("show what is known of an assessment that does not exist", async () => {
    const report = await db.layer.moderation.fileReport(aReport({ assessment_id: "never-started" }));

    expect(await db.layer.moderation.review("never-started")).toEqual({
      assessment: undefined,
      safetyLogs: [],
      reports: [report],
      cursor: null,
    });
  });

  it("are empty, without a batch, when nothing is known of the assessment", async () => {
    const requests = await requestsOf(db, async () => {
      expect(await db.layer.moderation.reviewOutline("nothing")).toEqual({ safetyLogs: [], reports: [], cursor: null });
      expect(await db.layer.moderation.review("nothing")).toEqual({
        assessment: undefined,
        safetyLogs: [],
        reports: [],
        cursor: null,
      });
    });

    expect(requests.map(({ operation }) => operation)).toEqual(["Query", "Query", "Query", "Query"]);
  });

  it.each([[""], [undefined], [42]])("refuse %p as an assessment", async (id) => {
    await expect(db.layer.moderation.reviewOutline(id as never)).rejects.toMatchObject({ attribute: "assessment_id" });
    await expect(db.layer.moderation.review(id as never)).rejects.toMatchObject({ attribute: "assessment_id" });
  });

  it("follow a report's state", async () => {
    const assessment_id = "assessment-followed";
    const report = await db.layer.moderation.fileReport(aReport({ assessment_id }));
    await db.layer.moderation.triage(report, { status: "dismissed" });

    expect((await db.layer.moderation.review(assessment_id)).reports).toMatchObject([{ status: "dismissed" }]);
  });

  it("fail rather than leave out what DynamoDB keeps leaving unprocessed", async () => {
    const assessment_id = "assessment-throttled";
    await startAssessment(db.layer, { assessment_id });
    await db.layer.moderation.recordSafetyEvent(aSafetyEvent({ assessment_id }));
    const noPauses = jest.spyOn(Math, "random").mockReturnValue(0);
    const throttled = db.layerWith({
      client: interceptedClient(db.client, async ({ name, input }, next) =>
        name === "BatchGetCommand" ? { Responses: {}, UnprocessedKeys: input.RequestItems } : next(),
      ),
    });

    const failure = throttled.moderation.review(assessment_id);

    await expect(failure).rejects.toBeInstanceOf(UnprocessedError);
    await expect(failure).rejects.toMatchObject({ code: "unprocessed", count: 1 });
    noPauses.mockRestore();
  });
});

describe("a review larger than an answer of DynamoDB", () => {
  let large: TestTable;
  beforeAll(async () => {
    large = await openTestTable();
  });
  afterAll(() => large.drop());

  it("is read whole although a batch leaves keys out", async () => {
    // dynalite stops at 1.4 MB, DynamoDB at 16 MB.
    const size = ON_DYNAMODB_LOCAL ? 48 : 6;
    const assessment_id = "assessment-of-many-words";
    const logs = Array.from({ length: size }, (_, number) => ({
      ...aSafetyEvent({ assessment_id, user_response: String(number % 10).repeat(380_000) }),
      log_id: `log-${number}`,
      timestamp: NOW - number,
    }));
    await storeAll(large, SafetyLogModel, logs);

    const requests = await requestsOf(large, async () => {
      // DynamoDB Local ends a page of an index by the size of whole items.
      const pages = await everyPage(async (options) => {
        const { safetyLogs, cursor } = await large.layer.moderation.review(assessment_id, options);
        return { items: safetyLogs, cursor };
      });
      const safetyLogs = pages.flat();

      expect(safetyLogs.map(({ log_id }) => log_id)).toEqual(logs.map(({ log_id }) => log_id));
      expect(safetyLogs.every(({ user_response }, number) => user_response === logs[number]?.user_response)).toBe(true);
    });

    expect(requests.filter(({ operation }) => operation === "BatchGetItem").length).toBeGreaterThan(1);
  });

  it("is listed and read whole although its index rows fill more than 1 MB", async () => {
    const assessment_id = "assessment-of-many-events";
    const long = (number: number) => `${String(number).padStart(4, "0")}-${"x".repeat(900)}`;
    const logs = Array.from({ length: 450 }, (_, number) => ({
      ...aSafetyEvent({ assessment_id }),
      log_id: long(number),
      timestamp: NOW - number,
    }));
    const reports = Array.from({ length: 5 }, (_, number) => ({
      ...aReport({ assessment_id }),
      report_id: long(number),
      created_at: NOW - number,
      status: "new" as const,
    }));
    const assessment = {
      assessment_id,
      user_id: MARIA,
      assessment_type: "speaking_academic" as const,
      created_at: NOW,
      status: "in_progress" as const,
    };
    await storeAll(large, SafetyLogModel, logs);
    await storeAll(large, ContentReportModel, reports);
    await storeAll(large, AssessmentModel, [assessment]);

    for (const limit of [undefined, 7, 100]) {
      const pages = await everyPage(
        async (options) => {
          const { cursor, ...page } = await large.layer.moderation.reviewOutline(assessment_id, options);
          expect(page.safetyLogs.length + page.reports.length).toBeLessThanOrEqual(limit ?? 100);
          return { items: [page], cursor };
        },
        { limit },
      );
      const read = pages.flat();
      expect(read.flatMap(({ safetyLogs }) => safetyLogs.map(({ timestamp }) => timestamp))).toEqual(
        logs.map(({ timestamp }) => timestamp),
      );
      expect(read.flatMap((page) => page.reports.map(({ report_id }) => report_id))).toEqual(
        reports.map(({ report_id }) => report_id),
      );
    }
    const first = await large.layer.moderation.review(assessment_id, { limit: 5 });
    expect(first).toEqual({ assessment, safetyLogs: logs.slice(0, 5), reports: [], cursor: expect.any(String) });
    const next = await large.layer.moderation.review(assessment_id, { limit: 5, cursor: first.cursor });
    expect(next.safetyLogs).toEqual(logs.slice(5, 10));
    await expect(large.layer.moderation.review("another", { cursor: first.cursor })).rejects.toBeInstanceOf(
      InvalidCursorError,
    );
  });

  it("is listed by status and by reporter in pages of 1 MB", async () => {
    const reporter_email = "prolific@example.com";
    const reports = Array.from({ length: 450 }, (_, number) => ({
      ...aReport({ reporter_email }),
      report_id: `${String(number).padStart(4, "0")}-${"y".repeat(900)}`,
      created_at: NOW - number,
      status: "resolved" as const,
    }));
    await storeAll(large, ContentReportModel, reports);
    const ids = reports.map(({ report_id }) => report_id.slice(0, 4));

    for (const list of [
      (options: object) => large.layer.moderation.listReportsByReporter(reporter_email, options),
      (options: object) => large.layer.moderation.listReportsByStatus("resolved", options),
    ]) {
      const pages = await everyPage(list, { limit: 100 });
      expect(pages.flat().map(({ report_id }) => report_id.slice(0, 4))).toEqual(ids);
    }
  });
});
