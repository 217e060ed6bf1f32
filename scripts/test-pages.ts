import "./shell/quiet-sdk.ts";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { chromium } from "playwright-core";
import { CHARTS } from "./report/charts.ts";

/**
 * `npm run test:pages`: opens `npm run explore` and the page of `npm run report` in headless Chromium. The first shows the table's items
 * and answers an index query; the second asks no network, and fits a phone.
 */
const executablePath = [
  process.env.CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
].find((path) => path !== undefined && existsSync(path));
if (executablePath === undefined) {
  console.error("Chromium is not installed: `apt-get install chromium`, or name it in CHROMIUM.");
  process.exit(1);
}

const explorer = spawn(process.execPath, ["--import", "tsx", "scripts/explore.ts", "--port", "0"], {
  stdio: ["ignore", "pipe", "inherit"],
});
let printed = "";
explorer.stdout.on("data", (chunk: Buffer) => {
  printed += chunk.toString();
});
while (!/http:\S+/.test(printed)) {
  await Promise.race([once(explorer.stdout, "data"), once(explorer, "exit")]);
  if (explorer.exitCode !== null) throw new Error(`explore did not start: ${printed}`);
}
const address = /http:\S+/.exec(printed)?.[0] ?? "";

const profile = mkdtempSync(join(tmpdir(), "explore-"));
const browser = await chromium.launchPersistentContext(profile, {
  executablePath,
  headless: true,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
try {
  const page = await browser.newPage();
  await see("the table's items", address, "user#");
  const filters = JSON.stringify({ gsi2pk: { type: "S", operator: "=", value: "ticket#escalated" } });
  const query = new URLSearchParams({ operationType: "query", queryableSelection: "gsi2", filters });
  await see("an index query", `${address}?${query}`, "TKT-9F23A0077C1E");
  console.log("The explorer shows the table's items and answers an index query.");
  await seeReport();

  async function see(what: string, url: string, text: string): Promise<void> {
    await page.goto(url);
    await page.getByText(text).first().waitFor({ timeout: 15_000 });
    console.log(`Seen: ${what}.`);
  }

  async function seeReport(): Promise<void> {
    const report = join(profile, "report.html");
    await promisify(execFile)(process.execPath, ["--import", "tsx", "scripts/report.ts", "--out", report]);
    const requests: string[] = [];
    page.on("request", (request) => requests.push(request.url()));
    page.on("console", (message) => requests.push(`console: ${message.text()}`));
    await page.setViewportSize({ width: 390, height: 800 });
    await page.goto(pathToFileURL(report).href);
    if (requests.length !== 1) throw new Error(`the report asks for ${requests.join(", ")}`);
    const width = await page.evaluate<number>("document.documentElement.scrollWidth");
    if (width > 390) throw new Error(`the report is ${width} pixels wide on a phone of 390`);
    for (const chart of CHARTS) {
      const section = page.locator("section", { has: page.getByRole("heading", { name: chart.title, exact: true }) });
      await section.locator("svg").last().waitFor({ state: "visible", timeout: 15_000 });
      await section.getByText("SQL").click();
      await section.locator("pre").waitFor({ state: "visible", timeout: 15_000 });
    }
    console.log(`Seen: the report's ${CHARTS.length} charts on a phone, each with its question, without a network.`);
  }
} finally {
  await browser.close();
  rmSync(profile, { recursive: true, force: true });
  explorer.kill("SIGTERM");
  await once(explorer, "exit");
}
