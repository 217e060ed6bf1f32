import "./shell/quiet-sdk.ts";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { type ConsoleMessage, chromium } from "playwright-core";
import { CHARTS } from "./report/charts.ts";
import { QUESTIONS } from "./studio/questions.ts";

/**
 * `npm run test:pages`: opens `npm run studio` and the page of `npm run report` in headless Chromium. The first answers every question
 * and makes a change; the second asks no network. Both fit a phone.
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

/** Starts a command that serves a page, and gives the page's address. */
async function serve(name: string) {
  const server = spawn(process.execPath, ["--import", "tsx", `scripts/${name}.ts`, "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  server.stdout.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
  });
  while (!/http:\S+/.test(printed)) {
    await Promise.race([once(server.stdout, "data"), once(server, "exit")]);
    if (server.exitCode !== null) throw new Error(`${name} did not start: ${printed}`);
  }
  const stop = async () => {
    server.kill("SIGTERM");
    await once(server, "exit");
  };
  return { address: /http:\S+/.exec(printed)?.[0] ?? "", stop };
}

const studio = await serve("studio");

const profile = mkdtempSync(join(tmpdir(), "pages-"));
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
  await seeStudio();
  await seeReport();

  async function seeStudio(): Promise<void> {
    const said: string[] = [];
    const listen = {
      console: (message: ConsoleMessage) => said.push(message.text()),
      error: (error: Error) => said.push(error.message),
    };
    page.on("console", listen.console);
    page.on("pageerror", listen.error);
    await page.setViewportSize({ width: 390, height: 800 });
    for (const { id } of QUESTIONS) {
      await page.goto(`${studio.address}#${id}`);
      await page.getByRole("heading", { name: id, exact: true }).waitFor({ timeout: 15_000 });
      await page.locator("#rows .row .key").first().waitFor({ timeout: 15_000 });
      await page.locator("#answer tbody tr").first().waitFor({ timeout: 15_000 });
      await page.locator("#costs p", { hasText: "eleven tables" }).waitFor({ timeout: 15_000 });
    }
    await seeChange();
    await page.goto(`${studio.address}#ticketThread`);
    await page.locator("#rows summary").first().click();
    await page.locator("#rows dl a").first().click();
    await page.getByRole("heading", { name: "devops_action.byId", exact: true }).waitFor({ timeout: 15_000 });
    await page.getByRole("searchbox").fill("queue gsi2");
    await page.locator('nav button[data-question="ticket.byStatus"]').focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "ticket.byStatus" }).waitFor({ timeout: 15_000 });
    const width = await page.evaluate<number>("document.documentElement.scrollWidth");
    if (width > 390) throw new Error(`the studio is ${width} pixels wide on a phone of 390`);
    // The browser itself tells of the one change that was refused.
    const refusal = said.findIndex((line) => line.includes("status of 400"));
    said.splice(refusal, 1);
    if (refusal < 0 || said.length > 0) throw new Error(`the studio's page said ${said.join("; ")}`);
    page.off("console", listen.console);
    page.off("pageerror", listen.error);
    console.log(
      `Seen: the studio's ${QUESTIONS.length} questions answered on a phone, one chosen by keyboard, one by a link, and a change made.`,
    );
  }

  /** Refused once, and in words; then made, and seen in the answer. */
  async function seeChange(): Promise<void> {
    await page.goto(`${studio.address}#devops_action.byStatus?status=pending_review`);
    await page.getByRole("button", { name: "Change" }).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("combobox").selectOption("devops.approve");
    await dialog.getByLabel("reviewed_by").fill("priya");
    await dialog.getByRole("button", { name: "Change" }).click();
    await dialog.getByRole("alert").filter({ hasText: "review_reason" }).waitFor({ timeout: 15_000 });
    await dialog.getByLabel("review_reason").fill("Small, and easy to take back.");
    await dialog.getByRole("button", { name: "Change" }).click();
    await dialog.waitFor({ state: "hidden", timeout: 15_000 });
    await page.goto(`${studio.address}#devops_action.byStatus?status=approved`);
    await page.locator("#answer td", { hasText: "approved" }).first().waitFor({ timeout: 15_000 });
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
  await studio.stop();
}
