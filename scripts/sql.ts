import { createInterface } from "node:readline";
import { Option } from "commander";
import { runCommand } from "./shell/command-line.ts";
import { answerAsText, FORMATS, type Format, withoutEnd, writeAnswer } from "./sql/answer.ts";
import { type LoadOptions, loadCommand, loadOptions, tell, withLoaded } from "./sql/loading.ts";
import type { TypedDatabase } from "./sql/typed-database.ts";

/** `npm run sql`: any question over all items, in SQL. docs/analytics.md has the tables and twenty questions. */
interface Options extends LoadOptions {
  readonly format: Format;
  readonly out?: string;
}

const command = loadCommand("sql", "Ask any question over all items, in SQL. Without a question: a prompt.")
  .argument("[question]", 'such as "select status, count(*) from tickets group by all"')
  .addOption(new Option("--format <format>", "how the answer is written").choices(FORMATS).default("table"))
  .option("--out <file>", "write the answer into a file; parquet needs one")
  .parse();
const { format, out, ...options } = loadOptions<Options>(command);
const [question] = command.args;

if (format === "table" && out !== undefined)
  command.error("error: option '--out' goes with '--format' csv, json or parquet");
if (format === "parquet" && out === undefined) command.error("error: '--format parquet' goes with '--out'");
if (format !== "table" && question === undefined) command.error("error: '--format' goes with a question");

async function answer({ connection }: TypedDatabase, asked: string): Promise<void> {
  if (format === "table") return console.log(await answerAsText(connection, asked));
  await writeAnswer(connection, asked, format, out);
  if (out !== undefined) tell(`Wrote ${out}.`);
}

/** Asks until the input ends; a question ends with a semicolon, and may have many lines. */
async function prompt(database: TypedDatabase): Promise<void> {
  tell("A question ends with a semicolon. `describe tickets;` tells the columns, Ctrl-D ends.");
  const lines = createInterface({ input: process.stdin, output: process.stdin.isTTY ? process.stdout : undefined });
  let asked = "";
  const ask = async (): Promise<void> => {
    if (withoutEnd(asked) !== "")
      await answer(database, asked).catch(({ message }: Error) => tell(`error: ${message}`));
    asked = "";
  };
  const invite = () => {
    lines.setPrompt(asked === "" ? "sql> " : "   > ");
    lines.prompt();
  };
  invite();
  for await (const line of lines) {
    asked += `${line}\n`;
    if (line.trimEnd().endsWith(";")) await ask();
    invite();
  }
  await ask();
}

await runCommand(() =>
  withLoaded(options, (database) => (question === undefined ? prompt(database) : answer(database, question))),
);
