import { writeFileSync } from "node:fs";
import { InvalidArgumentError } from "commander";
import { systemClock } from "../services/context.ts";
import { MONTH, monthPage } from "./report/page.ts";
import { runCommand } from "./shell/command-line.ts";
import { type LoadOptions, loadCommand, loadOptions, tell, withLoaded } from "./sql/loading.ts";

/** `npm run report`: the platform's month as one page of pictures; docs/analytics.md says of what it can be made. */
interface Options extends LoadOptions {
  readonly month: string;
  readonly out: string;
}

function monthOf(value: string): string {
  if (!MONTH.test(value)) throw new InvalidArgumentError("a month is like 2026-11");
  return value;
}

const thisMonth = () => new Date(systemClock() * 1000).toISOString().slice(0, 7);

const command = loadCommand("report", "Write the platform's month as one page of figures and charts.")
  .option("--month <YYYY-MM>", "which month, in UTC", monthOf, thisMonth())
  .option("--out <file>", "the page", "report.html")
  .parse();
const { month, out, ...options } = loadOptions<Options>(command);

await runCommand(() =>
  withLoaded(options, async (database, source) => {
    writeFileSync(out, await monthPage(database, month, source));
    tell(`Wrote ${out}: open it in a browser.`);
  }),
);
