import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { marshall } from "@aws-sdk/util-dynamodb";
import { CHARTS, FIGURES } from "../../scripts/report/charts.ts";
import type { StoredItem } from "../../services/storage/requests.ts";
import { commandHost } from "../commands.ts";
import { exportedTo } from "../exported.ts";

const host = commandHost();
const folder = mkdtempSync(join(tmpdir(), "report-"));
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await host.stop();
});

/** Epoch seconds of an instant in UTC. */
const at = (instant: string) => Date.parse(`${instant}Z`) / 1000;
let exports = 0;

/** The page of a month, of an export with some items. */
async function pageOf(month: string, ...items: StoredItem[]): Promise<string> {
  const name = `${exports++}`;
  const lines = items.map((item, index) => ({ Item: marshall({ pk: `${index}`, sk: "", ...item }) }));
  const tableArn = "arn:aws:dynamodb:eu-west-1:123456789012:table/<a> table & more";
  const [of, out] = [exportedTo(join(folder, name), lines, { tableArn }), join(folder, `${name}.html`)];
  await host.run("report", ["--month", month, "--out", out, "--identify", "--export", of]);
  return readFileSync(out, "utf8");
}

const user = (email: string, created_at: number): StoredItem => ({ __edb_e__: "user", email, created_at });
const sectionOf = (page: string, title: string) =>
  page.split("<section>").find((section) => section.includes(`<h2>${title}</h2>`)) ?? "";

it("counts what lies in the month, from its first second to its last, beside the month before", async () => {
  const page = await pageOf(
    "2026-02",
    user("a", at("2026-01-31T23:59:59")),
    user("b", at("2026-02-01T00:00:00")),
    user("c", at("2026-02-28T23:59:59")),
    user("d", at("2026-03-01T00:00:00")),
  );

  expect(page).toContain("<b>2</b><span>Registrations</span><small>1 in the month before (+100 %)</small>");
  expect(page).toContain("<title>IELTS AI Prep, 2026-02</title>");
});

it("takes refunds out of the revenue, and counts each purchase of an entitlement", async () => {
  const entry = (day: string, price_paid: number, more = {}) => ({
    transaction_id: day,
    purchase_date: at(`${day}T10:00:00`),
    platform: "ios",
    price_paid,
    ...more,
  });
  const page = await pageOf("2026-12", {
    __edb_e__: "entitlement",
    product_id: "writing",
    ledger: [
      entry("2026-11-02", 20),
      entry("2026-12-02", 36.99),
      entry("2026-12-31", 40.5),
      entry("2026-12-05", 99, { refunded_at: at("2026-12-06T00:00:00") }),
    ],
  });

  expect(page).toContain("<b>77.49</b><span>Revenue in USD</span><small>20 in the month before (+287 %)</small>");
  expect(sectionOf(page, "Purchases and refunds")).toContain("ios, refunded, 1 purchases");
});

it("has every chart, each with its question behind a fold, and says where a month has nothing", async () => {
  const page = await pageOf("2026-02", user("a", at("2026-02-01T00:00:00")));

  for (const { title, question } of CHARTS) {
    const section = sectionOf(page, title);
    expect(section).toContain("<details><summary>SQL</summary>");
    expect(section).toContain(question.split("\n")[0]?.replaceAll("<", "&lt;").replaceAll(">", "&gt;"));
  }
  expect(sectionOf(page, "Registrations")).toContain("<svg");
  expect(sectionOf(page, "Revenue")).toContain("Nothing in this month.");
  expect(FIGURES.length).toBeGreaterThanOrEqual(6);
});

it("has no script, asks no network, and escapes what it is told", async () => {
  const page = await pageOf("2026-02", user("a", at("2026-02-01T00:00:00")));

  expect(page).not.toMatch(/<script|\bsrc=|url\(|href="http/);
  expect(page).toContain("default-src 'none'");
  expect(page).toContain("Of export of &lt;a&gt; table &amp; more until");
});

describe("npm run report", () => {
  it("writes the page of the demo's month", async () => {
    const out = join(folder, "report.html");
    const { stderr } = await host.run("report", ["--out", out]);

    expect(stderr).toContain(`Wrote ${out}`);
    expect(readFileSync(out, "utf8").match(/<svg/g)?.length).toBeGreaterThanOrEqual(CHARTS.length);
  });

  it.each(["2026", "2026-13", "11-2026"])("refuses the month %s", async (month) => {
    await expect(host.run("report", ["--month", month])).rejects.toMatchObject({
      stderr: expect.stringContaining("a month is like 2026-11"),
    });
  });
});
