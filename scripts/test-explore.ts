import "./shell/quiet-sdk.ts";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

/** `npm run test:explore`: opens `npm run explore` in headless Chromium and looks for the table's items and an index query. */
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

  async function see(what: string, url: string, text: string): Promise<void> {
    await page.goto(url);
    await page.getByText(text).first().waitFor({ timeout: 15_000 });
    console.log(`Seen: ${what}.`);
  }
} finally {
  await browser.close();
  rmSync(profile, { recursive: true, force: true });
  explorer.kill("SIGTERM");
  await once(explorer, "exit");
}
