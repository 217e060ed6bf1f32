import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type EntityName, MODELS } from "../../entities/models.ts";
import { createContext, systemClock } from "../../services/context.ts";
import {
  erasureSecretFor,
  migrationClient,
  runCommand,
  type TableOptions,
  tableCommand,
  wholeNumber,
} from "../shell/command-line.ts";
import { numberText, textTable } from "../shell/text-table.ts";
import { existingTable } from "../table/existing-table.ts";
import { limitUnits, UnitLimit } from "../table/unit-limit.ts";
import { type Counts, checkCounts } from "./counts.ts";
import { readMapping } from "./enum-mapping.ts";
import { Marks } from "./marks.ts";
import { tablesProgress } from "./progress.ts";
import { retry } from "./retry.ts";
import { type MigrationOptions, migrate, type TableReport } from "./run.ts";
import { type SourceNaming, sourceNamesOf } from "./source-tables.ts";
import { instantOf } from "./values.ts";
import { verify } from "./verification.ts";

/** `npm run migrate`: brings the eleven legacy tables over; `docs/migration.md` is its runbook. */
interface Options extends TableOptions {
  readonly only?: EntityName[];
  readonly sourcePrefix: string;
  readonly sourceSuffix: string;
  readonly source: Readonly<Partial<Record<EntityName, readonly string[]>>>;
  readonly sourceRegion?: string;
  readonly sourceEndpoint?: string;
  readonly mapping?: string;
  readonly keepSessions: boolean;
  readonly accessFrom?: number;
  readonly state?: string;
  readonly apply: boolean;
  readonly live: boolean;
  readonly quarantineShare: number;
  readonly verify: boolean;
  readonly retry?: string[];
  readonly cleanUp: boolean;
  readonly restart: boolean;
  readonly takeOver: boolean;
  readonly segments: number;
  readonly concurrency: number;
  readonly pageSize: number;
  readonly rate?: number;
}

const ENTITIES = Object.keys(MODELS) as EntityName[];

/** An entity, or the legacy table that becomes it. */
function entityOf(value: string): EntityName {
  const entity = ENTITIES.find((one) => one === value || MODELS[one].seedTable === value);
  if (entity === undefined)
    throw new InvalidArgumentError(`one of ${ENTITIES.join(", ")}, or the table's name, is wanted`);
  return entity;
}

const entitiesOf = (value: string, known: EntityName[] = []): EntityName[] => [
  ...new Set([...known, ...value.split(",").map((one) => entityOf(one.trim()))]),
];

/** Several names of one entity are generations of its table, the newest first. */
function namesOf(value: string, known: Options["source"]): Options["source"] {
  const [word = "", name = ""] = value.split("=");
  if (name === "") throw new InvalidArgumentError("a name such as ticket=my-tickets is wanted");
  const entity = entityOf(word);
  const names = [...(known[entity] ?? []), name];
  if (new Set(names).size < names.length) throw new InvalidArgumentError(`${name} is given twice`);
  return { ...known, [entity]: names };
}

function percentIn(value: string): number {
  const percent = Number(value);
  if (value.trim() === "" || !(percent >= 0 && percent <= 100))
    throw new InvalidArgumentError("a percentage from 0 to 100 is wanted");
  return percent;
}

function instantIn(value: string): number {
  try {
    return instantOf(value);
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message}, such as 2026-12-01T00:00:00Z`);
  }
}

function options(command: Command): Options {
  return command
    .option("--apply", "write (without it nothing is written, and what would be is counted)", false)
    .addOption(
      new Option("--verify", "compare both sides attribute by attribute").default(false).conflicts(["apply", "retry"]),
    )
    .option("--retry <file...>", "take quarantine files again; of a conflict leave only the line to keep")
    .addOption(
      new Option("--clean-up", "with --apply: remove the notes that backfill and stream handler left in the table")
        .default(false)
        .conflicts(["verify", "retry"]),
    )
    .option("--only <entities>", "only these, by entity or table, separated by commas (default: all)", entitiesOf)
    .option("--source-prefix <text>", "what stands before the names of the legacy tables", "")
    .option("--source-suffix <text>", "what stands after them", "")
    .option(
      "--source <entity=name>",
      "a legacy table that is called otherwise (repeatable; of several for one entity the newest first)",
      namesOf,
      {},
    )
    .option("--source-region <name>", "AWS region of the legacy tables (default: --region)")
    .option("--source-endpoint <url>", "where the legacy tables are (default: --endpoint)")
    .option("--mapping <file>", "JSON file of values that the built-in mapping does not know, or other ones")
    .option(
      "--access-from <time>",
      "from when the days of active purchases count that tell no end (default: their purchase)",
      instantIn,
    )
    .option(
      "--keep-sessions",
      "bring over sessions whose ids can be guessed, too (default: their users log in anew)",
      false,
    )
    .option("--state <directory>", "checkpoints, quarantine and archive (default: .migration/<table>)")
    .option("--quarantine-share <percent>", "with --verify: how much of a table may be in quarantine", percentIn, 0)
    .option("--live", "the new layer is in use: every write has its own condition, changed items are no fault", false)
    .option("--restart", "begin anew although a run is not finished", false)
    .option("--take-over", "take the state directory over from a run on a machine that is not there any more", false)
    .option("--segments <number>", "segments of each table", wholeNumber(1, 4096), 8)
    .option("--concurrency <number>", "segments that are worked on at once", wholeNumber(1, 256), 8)
    .option("--page-size <number>", "items a page has at most", wholeNumber(1, 1000), 500)
    .option("--rate <units>", "capacity units a second at most, reads and writes together", wholeNumber(1))
    .parse()
    .opts<Options>();
}

const given = options(
  tableCommand("migrate", "Bring the eleven legacy tables over to the one table. A dry run, unless --apply is said."),
);

await runCommand(async () => {
  const { table, region, endpoint, mapping: mappingFile, rate, apply, live, segments, concurrency } = given;
  const sourcePlace = { ...given, region: given.sourceRegion ?? region, endpoint: given.sourceEndpoint ?? endpoint };
  const [source, target] = [migrationClient(sourcePlace as TableOptions), migrationClient(given)];
  if (rate !== undefined) {
    const limit = new UnitLimit(rate);
    for (const client of [source, target]) limitUnits(client, limit);
  }
  const naming: SourceNaming = { prefix: given.sourcePrefix, suffix: given.sourceSuffix, names: given.source };
  const common = {
    source,
    target,
    table,
    naming,
    mapping: readMapping(mappingFile),
    keepSessions: given.keepSessions,
    accessFrom: given.accessFrom,
    erasureSecret: erasureSecretFor(given),
    entities: given.only ?? ENTITIES,
    clock: systemClock,
  };
  // A dry run has checkpoints of its own, so that it never stands in the way of an apply that is not finished.
  const state = join(given.state ?? join(".migration", table), apply ? "apply" : "dry-run");
  try {
    await existingTable(target, given);
    if (given.retry !== undefined) return await runRetry(given.retry, common, state);
    if (given.cleanUp) return await cleanUp(common);
    const progress = tablesProgress();
    if (given.verify) {
      const onProgress = (name: string, read: number, total: number) =>
        progress.update({ name, read, earlier: 0, total });
      const quarantineShare = given.quarantineShare / 100;
      const comparison = { ...common, segments, concurrency, live, quarantineShare, onProgress };
      const result = await verify(comparison).finally(progress.stop);
      return printVerification(result);
    }
    const { restart, takeOver, pageSize } = given;
    const run = {
      ...common,
      state,
      apply,
      live,
      restart,
      takeOver,
      segments,
      concurrency,
      pageSize,
      onProgress: progress.update,
    };
    tellWhenStopped(
      apply ? "Stopped. The same command goes on from its checkpoints." : "Stopped. Nothing was written.",
    );
    const started = performance.now();
    const report = await migrate(run).finally(progress.stop);
    if (report.resumed) console.log("An unfinished run was taken up where it had come to.");
    printTables(report.tables, apply);
    const seconds = (performance.now() - started) / 1000;
    const speed = numberText(Math.round(report.read / seconds));
    console.log(`\n${numberText(report.read)} items read in ${seconds.toFixed(1)} s (${speed} a second).`);
    if (apply) return;
    printShapes(report.tables);
    console.log("\nNothing was written. --apply does it.");
  } finally {
    source.destroy();
    target.destroy();
  }
});

/** Says on Ctrl-C what happens next. What is under way may be written: a run that is killed leaves no more behind. */
function tellWhenStopped(text: string): void {
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)
    process.once(signal, () => {
      console.error(`\n${text}`);
      process.exit(code);
    });
}

function printTables(tables: readonly TableReport[], apply: boolean): void {
  const verb = apply ? "" : "would be ";
  const headings = ["table", "read", `${verb}written`, "already there", `${verb}quarantined`, "skipped"];
  const rows = tables.map(({ name, counts }): [string, ...number[]] => [
    name,
    counts.read,
    counts.written,
    counts.already,
    counts.quarantined,
    counts.skipped,
  ]);
  console.log(textTable(headings, rows));
  for (const { name, counts, touched, quarantine, archive } of tables) {
    printReasons(name, counts);
    if (touched > 0) console.log(`${name}: ${touched} items that the stream handler had touched were looked at again`);
    if (quarantine !== undefined) console.log(`${name}: quarantine in ${quarantine}`);
    if (archive !== undefined) console.log(`${name}: archive of skipped and kept items in ${archive}`);
  }
}

/** What an operator's tables hold, the most frequent first. */
function printShapes(tables: readonly TableReport[]): void {
  for (const { name, counts } of tables) {
    const shapes = Object.entries(counts.shapes).sort(([, a], [, b]) => b - a);
    if (shapes.length > 0) console.log(`\n${name} holds`);
    for (const [shape, count] of shapes) console.log(`  ${numberText(count)} of ${shape}`);
  }
}

function printReasons(name: string, { reasons, kept }: Counts): void {
  for (const [reason, count] of Object.entries(reasons).sort(([, a], [, b]) => b - a))
    console.log(`${name}: ${numberText(count)} ${reason}`);
  if (kept > 0) console.log(`${name}: ${numberText(kept)} stay as the new layer has them (see the archive)`);
}

async function runRetry(
  files: string[],
  common: Omit<Parameters<typeof retry>[0], "files" | "quarantine" | "apply">,
  state: string,
) {
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(":", "");
  const quarantine = join(state, `retry-${stamp}.jsonl`);
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const counts = await retry({ ...common, files, quarantine, apply: given.apply });
  checkCounts("the quarantine files", counts);
  const { read, written, already, quarantined, skipped } = counts;
  const verb = given.apply ? "" : "would be ";
  console.log(
    `${read} read, ${written} ${verb}written, ${already} already there, ${quarantined} quarantined again, ${skipped} skipped`,
  );
  printReasons("quarantine", counts);
  if (given.apply && quarantined > 0) console.log(`Those that are left: ${quarantine}`);
}

async function cleanUp({
  target,
  table,
  clock,
  entities,
  naming,
}: Pick<MigrationOptions, "target" | "table" | "clock" | "entities" | "naming">) {
  if (!given.apply) throw new Error("--clean-up removes rows for good: say --apply, too");
  const marks = new Marks(createContext({ client: target, table, clock }));
  let removed = 0;
  for (const entity of entities)
    for (const name of sourceNamesOf(entity, naming)) removed += await marks.clear({ entity, name });
  console.log(`${removed} rows of the migration were removed.`);
}

function printVerification({ tables, differences, faults, clean }: Awaited<ReturnType<typeof verify>>): void {
  const headings = [
    "table",
    "read",
    "equal",
    "missing",
    "different",
    "changed",
    "mended",
    "quarantined",
    "skipped",
    "surplus",
  ];
  const rows = tables.map((one): [string, ...number[]] => [
    one.name,
    one.read,
    one.equal,
    one.missing,
    one.different,
    one.changed,
    one.mended,
    one.quarantined,
    one.skipped,
    one.surplus,
  ]);
  console.log(textTable(headings, rows));
  for (const text of differences) console.log(`  ${text}`);
  for (const text of faults) console.log(text);
  console.log(clean ? "\nBoth sides say the same." : "\nThe sides differ.");
  if (!clean) process.exitCode = 1;
}
