import { seedCast, seedCatalogue } from "../../../scripts/content/seeding.ts";
import { walkOneDay } from "../../../scripts/demo/one-day.ts";
import { NOW, openTestTable, type TestTable } from "../../engine.ts";

let db: TestTable;
beforeAll(async () => {
  db = await openTestTable();
});
afterAll(() => db.drop());

describe("seeding", () => {
  it("writes a cast in which every state occurs, and nothing more when it is repeated", async () => {
    await seedCatalogue(db.layer);
    await seedCast(db, NOW);
    const first = await db.contents();

    await seedCatalogue(db.layer);
    await seedCast(db, NOW);
    const second = await db.contents();

    // A log-in issues a new QR token each time; everything else is as it was.
    const lasting = (items: typeof first) => items.filter((item) => item.__edb_e__ !== "qr_token");
    expect(lasting(second)).toEqual(lasting(first));
    const states = new Set(first.map((item) => `${item.__edb_e__} ${item.status ?? item.account_status}`));
    expect([...states].sort()).toEqual(
      expect.arrayContaining([
        "assessment abandoned",
        "assessment completed",
        "assessment in_progress",
        "content_report dismissed",
        "content_report investigating",
        "content_report new",
        "content_report resolved",
        "devops_action applied",
        "devops_action approved",
        "devops_action pending_review",
        "devops_action rejected",
        "devops_action undefined",
        "entitlement active",
        "entitlement refunded",
        "ticket escalated",
        "ticket in_progress",
        "ticket new",
        "ticket resolved",
        "user active",
        "user deleted",
        "user suspended",
      ]),
    );
  });
});

describe("one day of the platform", () => {
  it("answers every index of the seed and fits an 80-column terminal", async () => {
    const printed: string[] = [];
    const log = jest.spyOn(console, "log").mockImplementation((text = "") => printed.push(...String(text).split("\n")));

    await walkOneDay(db, NOW).finally(() => log.mockRestore());

    const text = printed.join("\n");
    for (const index of [
      "user_email-created_at-index",
      "user_id-created_at-index",
      "assessment_type-created_at-index",
      "user_email-expires_at-index",
      "status-created_at-index",
      "priority-created_at-index",
      "status-timestamp-index",
      "affected_service-timestamp-index",
      "ticket_id-timestamp-index",
    ]) {
      expect(text).toContain(`replaces  ${index}`);
    }
    expect(text).toContain("10 of the seed's 10 indexes answered");
    expect(printed.filter((line) => line.length > 80)).toEqual([]);
  });
});
