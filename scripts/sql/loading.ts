import { rmSync } from "node:fs";
import { type Command, Option } from "commander";
import { systemClock } from "../../services/context.ts";
import { isLoopback } from "../../services/storage/endpoint.ts";
import { LOCAL_ERASURE_SECRET } from "../../testing/local-database.ts";
import {
  clientFor,
  erasureSecretFor,
  placeOf,
  progressOf,
  refuseEndpointUnless,
  type TableOptions,
  tableCommand,
  wholeNumber,
} from "../shell/command-line.ts";
import { numberText } from "../shell/text-table.ts";
import { existingTable } from "../table/existing-table.ts";
import { limitUnits, UnitLimit } from "../table/unit-limit.ts";
import { DEMO_ACCOUNTS, demoReading } from "./demo-source.ts";
import { exportSource } from "./export-source.ts";
import { identified, pseudonymous } from "./person-rules.ts";
import { type Reading, tableReading } from "./table-source.ts";
import { IN_MEMORY, TypedDatabase } from "./typed-database.ts";

/** What every command takes that asks all items. */
export interface LoadOptions extends TableOptions {
  readonly live?: boolean;
  readonly export?: readonly string[];
  readonly rate: number;
  readonly database?: string;
  readonly fresh?: boolean;
  readonly identify?: boolean;
}

const DEFAULT_RATE = 500;

/** A command that reads all items of the demo, a live table or an export before it asks them. */
export const loadCommand = (name: string, description: string): Command =>
  tableCommand(name, description)
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
    );

/** The options of a command that has read its words; ends it with an error when they do not go together. */
export function loadOptions<O extends LoadOptions>(command: Command): O {
  const options = command.opts<O>();
  refuseEndpointUnless(command, "live");
  if (options.fresh === true && options.database === undefined)
    command.error("error: option '--fresh' goes with '--database'");
  return options;
}

/** What is told beside an answer, which alone is on the output. */
export const tell = (line: string): void => console.error(line);

interface Source {
  readonly name: string;
  /** How many items it has, about. */
  readonly items: number;
  readonly reading: Reading;
  close(): void;
}

async function openSource(options: LoadOptions): Promise<Source> {
  if (options.export !== undefined) return { ...exportSource(options.export), close: () => undefined };
  if (options.live !== true) {
    const name = `an embedded demo: the catalogue, the cast and ${DEMO_ACCOUNTS} generated accounts`;
    return { name, items: 0, reading: demoReading(systemClock), close: () => undefined };
  }
  const { table, endpoint, rate } = options;
  const client = clientFor(options);
  const { ItemCount: items = 0 } = await existingTable(client, options);
  const local = endpoint !== undefined && isLoopback(endpoint);
  if (!local) limitUnits(client, new UnitLimit(rate));
  const name = `${table} at ${placeOf(options)}`;
  return { name, items, reading: tableReading(client, table), close: () => client.destroy() };
}

/** Reads what the options name, tells what was read, and calls with the database and the name of its source. */
export async function withLoaded(
  options: LoadOptions,
  ask: (database: TypedDatabase, source: string) => Promise<void>,
): Promise<void> {
  const { database: file = IN_MEMORY, fresh = false, identify = false } = options;
  const person = identify ? identified : pseudonymous(secretOf(options));
  const source = await openSource(options);
  try {
    if (fresh) for (const one of [file, `${file}.wal`]) rmSync(one, { force: true });
    const database = await TypedDatabase.open(file, person);
    try {
      await load(database, source, identify);
      await ask(database, source.name);
    } finally {
      await database.close();
    }
  } finally {
    source.close();
  }
}

async function load(database: TypedDatabase, source: Source, identified: boolean): Promise<void> {
  const from = await database.begin({ source: source.name, identified });
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
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const after = from.size > 0 ? ", after those of before" : "";
  tell(`Read ${source.name}: ${numberText(read)} items in ${seconds} s${after}.`);
  tell((await database.counts()).map(([name, rows]) => `${name} ${numberText(rows)}`).join(", "));
  for (const [attribute, count] of database.unfit)
    tell(`${numberText(count)} of ${attribute} do not fit the type of the column, and are null.`);
}

/** Of the demo it is this machine's, whatever the environment says of a table. */
function secretOf(options: LoadOptions): string {
  if (options.live === true) return erasureSecretFor(options);
  return options.export === undefined ? LOCAL_ERASURE_SECRET : erasureSecretFor({});
}
