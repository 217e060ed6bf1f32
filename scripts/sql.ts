import { rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { Option } from "commander";
import { systemClock } from "../services/context.ts";
import { isLoopback } from "../services/storage/endpoint.ts";
import {
  clientFor,
  erasureSecretFor,
  placeOf,
  progressOf,
  runCommand,
  type TableOptions,
  tableCommand,
  wholeNumber,
} from "./shell/command-line.ts";
import { answerAsText, FORMATS, type Format, withoutEnd, writeAnswer } from "./sql/answer.ts";
import { DEMO_ACCOUNTS, demoReading } from "./sql/demo-source.ts";
import { exportSource } from "./sql/export-source.ts";
import { identified, pseudonymous } from "./sql/person-rules.ts";
import { type Reading, tableReading } from "./sql/table-source.ts";
import { TypedDatabase } from "./sql/typed-database.ts";
import { describeTable } from "./table/table-state.ts";
import { limitUnits, UnitLimit } from "./table/unit-limit.ts";

/** `npm run sql`: any question over all items, in SQL. docs/analytics.md has the tables and twenty questions. */
interface Options extends TableOptions {
  readonly live?: boolean;
  readonly export?: readonly string[];
  readonly rate: number;
  readonly database?: string;
  readonly fresh?: boolean;
  readonly identify?: boolean;
  readonly format: Format;
  readonly out?: string;
}

const DEFAULT_RATE = 500;
const IN_MEMORY = ":memory:";

const command = tableCommand("sql", "Ask any question over all items, in SQL. Without a question: a prompt.")
  .argument("[question]", 'such as "select status, count(*) from tickets group by all"')
  .addOption(new Option("--live", "read the table, by a scan; else an embedded demo is read"))
  .addOption(
    new Option(
      "--export <folders...>",
      "read an export to S3 in DynamoDB JSON, and the incremental ones after it: the folder of each",
    ).conflicts("live"),
  )
  .option("--rate <units>", "with --live: read units a second at most", wholeNumber(1), DEFAULT_RATE)
  .option("--database <file>", "keep what is read in a DuckDB file; a later call asks it, or goes on reading")
  .addOption(new Option("--fresh", "with --database: read all anew"))
  .addOption(
    new Option("--identify", "e-mail addresses, user names and IP addresses as they are; else each is a pseudonym"),
  )
  .addOption(new Option("--format <format>", "how the answer is written").choices(FORMATS).default("table"))
  .option("--out <file>", "write the answer into a file; parquet needs one")
  .parse();
const options = command.opts<Options>();
const [question] = command.args;

if (options.live !== true && command.getOptionValueSource("endpoint") === "cli")
  command.error("error: option '--endpoint' goes with '--live'");
if (options.fresh === true && options.database === undefined)
  command.error("error: option '--fresh' goes with '--database'");
if (options.format === "table" && options.out !== undefined)
  command.error("error: option '--out' goes with '--format' csv, json or parquet");
if (options.format === "parquet" && options.out === undefined)
  command.error("error: '--format parquet' goes with '--out'");
if (options.format !== "table" && question === undefined) command.error("error: '--format' goes with a question");

const number = (value: number) => value.toLocaleString("en-US");
/** What is told beside the answer, which alone is on the output. */
const tell = (line: string) => console.error(line);

interface Source {
  readonly name: string;
  /** How many items it has, about. */
  readonly items: number;
  readonly reading: Reading;
  close(): void;
}

async function openSource(): Promise<Source> {
  if (options.export !== undefined) return { ...exportSource(options.export), close: () => undefined };
  if (options.live !== true) {
    const name = `an embedded demo: the catalogue, the cast and ${DEMO_ACCOUNTS} generated accounts`;
    return { name, items: 0, reading: demoReading(systemClock), close: () => undefined };
  }
  const { table, endpoint, rate } = options;
  const client = clientFor(options);
  const found = await describeTable(client, table);
  if (found === undefined) throw new Error(`there is no table ${table} at ${placeOf(options)}`);
  const local = endpoint !== undefined && isLoopback(endpoint);
  if (!local) limitUnits(client, new UnitLimit(rate));
  const name = `${table} at ${placeOf(options)}`;
  return { name, items: found.ItemCount ?? 0, reading: tableReading(client, table), close: () => client.destroy() };
}

async function load(database: TypedDatabase, source: Source): Promise<void> {
  const from = await database.begin({ source: source.name, identified: options.identify === true });
  const progress = source.items > 0 ? progressOf("items", source.items, tell) : undefined;
  let read = 0;
  const started = performance.now();
  try {
    await source.reading(from, async (batch) => {
      await database.add(batch);
      read += batch.items.length;
      progress?.update(read);
    });
    await database.settle();
  } finally {
    progress?.stop();
  }
  const seconds = (performance.now() - started) / 1000;
  tell(
    `Read ${source.name}: ${number(read)} items in ${seconds.toFixed(1)} s${from.size > 0 ? ", after those of before" : ""}.`,
  );
  tell((await database.counts()).map(([name, rows]) => `${name} ${number(rows)}`).join(", "));
  for (const [attribute, count] of database.unfit)
    tell(`${number(count)} of ${attribute} do not fit the type of the column, and are null.`);
}

async function answer(database: TypedDatabase, asked: string): Promise<void> {
  if (options.format === "table") return console.log(await answerAsText(database.connection, asked));
  await writeAnswer(database.connection, asked, options.format, options.out);
  if (options.out !== undefined) tell(`Wrote ${options.out}.`);
}

/** Asks until the input ends; a question ends with a semicolon, and may have many lines. */
async function prompt(database: TypedDatabase): Promise<void> {
  tell("A question ends with a semicolon. `describe tickets;` tells the columns, Ctrl-D ends.");
  const lines = createInterface({ input: process.stdin, output: process.stdin.isTTY ? process.stdout : undefined });
  let asked = "";
  const ask = () => {
    lines.setPrompt(asked === "" ? "sql> " : "   > ");
    lines.prompt();
  };
  ask();
  for await (const line of lines) {
    asked += `${line}\n`;
    if (line.trimEnd().endsWith(";")) {
      if (withoutEnd(asked) !== "")
        await answer(database, asked).catch(({ message }: Error) => tell(`error: ${message}`));
      asked = "";
    }
    ask();
  }
}

await runCommand(async () => {
  const { database: file = IN_MEMORY, fresh = false, identify = false } = options;
  const person = identify ? identified : pseudonymous(erasureSecretFor(secretPlace()));
  const source = await openSource();
  try {
    if (fresh) rmSync(file, { force: true });
    const database = await TypedDatabase.open(file, person);
    try {
      await load(database, source);
      if (question === undefined) await prompt(database);
      else await answer(database, question);
    } finally {
      await database.close();
    }
  } finally {
    source.close();
  }
});

/** The demo is on this machine, whatever the environment says of a table. */
function secretPlace(): Pick<TableOptions, "endpoint"> {
  if (options.live === true) return options;
  return options.export === undefined ? { endpoint: "http://127.0.0.1" } : {};
}
