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
 * `npm run test:pages`: opens `npm run explore`, `npm run studio` and the page of `npm run report` in headless Chromium. The first shows
 * the table's items and answers an index query; the second answers every question; the third asks no network. Both fit a phone.
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

const [explorer, studio] = await Promise.all([serve("explore"), serve("studio")]);
const { address } = explorer;

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
  await seeStudio();
  await seeReport();

  async function see(what: string, url: string, text: string): Promise<void> {
    await page.goto(url);
    await page.getByText(text).first().waitFor({ timeout: 15_000 });
    console.log(`Seen: ${what}.`);
  }

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
    }
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
    if (said.length > 0) throw new Error(`the studio's page said ${said.join("; ")}`);
    page.off("console", listen.console);
    page.off("pageerror", listen.error);
    console.log(
      `Seen: the studio's ${QUESTIONS.length} questions answered on a phone, one chosen by keyboard, one by a link.`,
    );
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
  await Promise.all([explorer.stop(), studio.stop()]);
}
