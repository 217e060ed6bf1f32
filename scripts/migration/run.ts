import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import type { EntityName } from "../../entities/models.ts";
import { createContext } from "../../services/context.ts";
import type { Clock } from "../../services/storage/context.ts";
import { Backfill, settleTouched } from "./backfill.ts";
import { Checkpoints, type Run, StateDirectory } from "./checkpoint.ts";
import { type Conflicts, findConflicts, wholePage } from "./conflicts.ts";
import { addCounts, type Counts, checkCounts } from "./counts.ts";
import { canonicalJson, hashOf } from "./digest.ts";
import { JsonLinesFile } from "./json-lines.ts";
import { isJoinedKey, type OperatorRules, type Owners } from "./mapping.ts";
import type { MendedOf } from "./marks.ts";
import { readOwners } from "./owners.ts";
import { Reconciler } from "./reconciler.ts";
import {
  describeSources,
  identityOf,
  type SourceNaming,
  SourceReader,
  type SourceTable,
  tableNamed,
} from "./source-tables.ts";
import { runTasks } from "./tasks.ts";
import { Translator } from "./translator.ts";
import type { SourceItem } from "./values.ts";

export interface MigrationOptions extends OperatorRules {
  readonly source: DynamoDBClient;
  readonly target: DynamoDBClient;
  readonly table: string;
  readonly entities: readonly EntityName[];
  readonly naming: SourceNaming;
  /** The secret of the new table's pseudonyms. */
  readonly erasureSecret: string;
  /** Where checkpoints, quarantine and archive are kept. */
  readonly state: string;
  readonly apply: boolean;
  /** See `BackfillOptions`. */
  readonly live?: boolean;
  /** Begin anew although a run is not finished. */
  readonly restart?: boolean;
  /** Take the state over from a run that is not there any more. */
  readonly takeOver?: boolean;
  /** Segments of each table. Default 8. */
  readonly segments?: number;
  /** Segments that are read and written at once. Default 8. */
  readonly concurrency?: number;
  /** Items that a page has at most. Default 500. */
  readonly pageSize?: number;
  readonly clock: Clock;
  readonly onProgress?: (progress: MigrationProgress) => void;
}

export interface MigrationProgress {
  /** The table's name. */
  readonly name: string;
  readonly read: number;
  /** How many of them an earlier process had read. */
  readonly earlier: number;
  /** How many the table has, as far as is known. */
  readonly total: number;
}

export interface TableReport {
  readonly entity: EntityName;
  readonly name: string;
  readonly counts: Counts;
  /** What the stream handler had touched meanwhile. */
  readonly touched: number;
  /** Files of what was set aside; undefined when there is none. */
  readonly quarantine: string | undefined;
  readonly archive: string | undefined;
}

export interface MigrationReport {
  readonly run: string;
  readonly resumed: boolean;
  /** Items that this process has read; an earlier one may have read others. */
  readonly read: number;
  readonly tables: readonly TableReport[];
}

const DEFAULT_SEGMENTS = 8;
const DEFAULT_CONCURRENCY = 8;
const DEFAULT_PAGE_SIZE = 500;
/** The clocks of this machine and of the stream handler's may differ by so much. */
const CLOCK_SKEW = 5 * 60 * 1000;

/**
 * Brings the legacy tables over, or says what that would do. An unfinished run with the same settings is taken up where its
 * checkpoints say.
 * @throws Error when the items of a table do not add up, a table is missing or a request keeps failing.
 */
export async function migrate(options: MigrationOptions): Promise<MigrationReport> {
  const state = new StateDirectory(options.state);
  state.lock(options.takeOver);
  try {
    const { segments = DEFAULT_SEGMENTS, restart = false } = options;
    const settings = settingsOf(options, segments);
    const tables = await describeSources(options.source, options.entities, options.naming);
    const fresh = await isEmpty(options.target, options.table);
    const places = await placesOf(options, tables);
    const { run, resumed } = state.openRun({ settings, places, startedAt: options.clock() * 1000, fresh }, restart);
    const reader = new SourceReader(options.source);
    const owners = await readOwners(reader, { ...options, segments });
    const tablesRun = new TablesRun(options, { state, run, segments, resumed }, { reader, owners });
    const reports = await tablesRun.all(tables);
    state.finish(run);
    tablesRun.clear();
    return { run: run.id, resumed, read: tablesRun.read, tables: reports };
  } finally {
    state.unlock();
  }
}

async function isEmpty(client: DynamoDBClient, table: string): Promise<boolean> {
  const page = await client.send(new ScanCommand({ TableName: table, Limit: 1, ConsistentRead: true }), {});
  return page.Items?.length === 0;
}

/** The tables of a run, each with the endpoint or region that it is at: those of a trial are never taken for the real ones. */
async function placesOf(
  { source, target, table }: Pick<MigrationOptions, "source" | "target" | "table">,
  tables: readonly SourceTable[],
): Promise<string[]> {
  const described = await tableNamed(target, table);
  if (described === undefined) throw new Error(`there is no table ${table}`);
  const [from, to] = await Promise.all([whereOf(source), whereOf(target)]);
  return [
    `target ${table} at ${to} ${identityOf(described)}`,
    ...tables.map(({ name, identity }) => `source ${name} at ${from} ${identity}`),
  ];
}

async function whereOf({ config }: DynamoDBClient): Promise<string> {
  const endpoint = await config.endpoint?.();
  if (endpoint === undefined) return `AWS ${await config.region()}`;
  return `${endpoint.hostname}${endpoint.port === undefined ? "" : `:${endpoint.port}`}`;
}

const settingsOf = (
  { table, entities, naming, mapping, accessFrom, keepSessions, erasureSecret, apply }: MigrationOptions,
  segments: number,
) =>
  hashOf(
    canonicalJson({
      table,
      entities: [...entities].sort(),
      naming,
      mapping,
      accessFrom,
      keepSessions,
      // Its claims would be other ones.
      secret: hashOf(erasureSecret),
      apply,
      segments,
    }),
  );

class TablesRun {
  read = 0;
  private readonly options: MigrationOptions;
  private readonly run: Run;
  private readonly segments: number;
  private readonly resumed: boolean;
  private readonly directory: string;
  private readonly checkpoints: Checkpoints;
  private readonly reader: SourceReader;
  private readonly translator: Translator;
  private readonly reconciler: Reconciler;
  private readonly backfill: Backfill;
  /** The corrected items of each table. */
  private readonly mended = new Map<string, MendedOf>();

  constructor(
    options: MigrationOptions,
    { state, run, segments, resumed }: { state: StateDirectory; run: Run; segments: number; resumed: boolean },
    { reader, owners }: { reader: SourceReader; owners: Owners | undefined },
  ) {
    this.options = options;
    this.run = run;
    this.resumed = resumed;
    this.segments = segments;
    this.directory = state.runPath(run);
    this.checkpoints = new Checkpoints(join(this.directory, "checkpoints"));
    const { target, table, clock, mapping, accessFrom, keepSessions, erasureSecret, apply, live = false } = options;
    const context = createContext({ client: target, table, clock, erasureSecret });
    this.reader = reader;
    // One instant for the whole run: what is expired does not depend on when a segment is read.
    const now = Math.floor(run.startedAt / 1000);
    this.translator = new Translator(context, { mapping, owners, accessFrom, keepSessions, now, run: run.id });
    const parts = { context, translator: this.translator, reader: this.reader };
    this.reconciler = new Reconciler(parts);
    const mended = ({ name }: SourceTable, source: string) => this.mended.get(name)?.(source) !== undefined;
    this.backfill = new Backfill({
      ...parts,
      reconciler: this.reconciler,
      run: run.id,
      apply,
      live,
      fresh: run.fresh,
      mended,
    });
  }

  async all(tables: readonly SourceTable[]): Promise<TableReport[]> {
    const { concurrency = DEFAULT_CONCURRENCY } = this.options;
    const found = new Map<string, Conflicts>();
    for (const table of tables) found.set(table.name, await this.findConflicts(table, concurrency));
    for (const table of tables) this.mended.set(table.name, await this.reconciler.marks.mendedOf(table));
    // What a newer table has is there before an older one is looked at.
    const generations = Math.max(0, ...tables.map(({ newer }) => newer.length)) + 1;
    for (let generation = 0; generation < generations; generation++) {
      const some = tables.filter(({ newer }) => newer.length === generation);
      await runTasks(this.tasksOf(some, found), concurrency);
    }
    const reports: TableReport[] = [];
    for (const table of tables) reports.push(await this.finish(table));
    return reports;
  }

  private tasksOf(tables: readonly SourceTable[], found: ReadonlyMap<string, Conflicts>) {
    return tables.flatMap((table) => {
      const conflicts = found.get(table.name) ?? new Map();
      let [read, earlier] = [0, 0];
      const onRead = (items: number, before: number) => {
        read += items + before;
        earlier += before;
        this.options.onProgress?.({ name: table.name, read, earlier, total: Math.max(read, table.itemCount) });
      };
      return Array.from(
        { length: this.segments },
        (_, segment) => () => this.copySegment(table, segment, conflicts, onRead),
      );
    });
  }

  /** Once a run: after a crash the same conflicts hold. */
  private async findConflicts(table: SourceTable, concurrency: number): Promise<Conflicts> {
    const name = `${table.name}-conflicts`;
    const { reader, translator, segments, reconciler } = this;
    const directory = join(this.directory, `${table.name}-keys`);
    const known = this.checkpoints.recall<[string, string[]][]>(name);
    if (known !== undefined) return new Map(known);
    const found = await findConflicts(table, { reader, translator, segments, concurrency, directory });
    if (this.options.apply) {
      await reconciler.dropResolved(table);
      for (const [unique, sources] of found)
        if (!isJoinedKey(table.entity, unique)) await reconciler.markConflict(table, unique, sources);
    }
    this.checkpoints.remember(name, [...found]);
    return found;
  }

  private async copySegment(
    table: SourceTable,
    segment: number,
    conflicts: Conflicts,
    onRead: (items: number, before: number) => void,
  ): Promise<void> {
    const { name } = table;
    const { pageSize = DEFAULT_PAGE_SIZE } = this.options;
    let { after, done, counts, ...bytes } = this.checkpoints.read(name, segment);
    onRead(0, counts.read);
    if (done) return;
    const quarantine = new JsonLinesFile(this.partPath("quarantine", table, segment), bytes.quarantineBytes);
    const archive = new JsonLinesFile(this.partPath("archive", table, segment), bytes.archiveBytes);
    try {
      const read = (from: SourceItem | undefined) => {
        const page = wholePage(this.reader, table, { number: segment, of: this.segments }, from, pageSize);
        // Its failure is thrown where it is awaited, which may be after another one.
        page.catch(() => {});
        return page;
      };
      let next = read(after);
      for (let again = this.resumed; !done; again = false) {
        const page = await next;
        // The next page comes while this one is written.
        if (page.lastKey !== undefined) next = read(page.lastKey);
        const report = await this.backfill.page(table, page.items, conflicts, again);
        await quarantine.append(report.quarantine);
        await archive.append(report.archive);
        counts = addCounts([counts, report.counts]);
        after = page.lastKey;
        done = after === undefined;
        const files = { quarantineBytes: quarantine.length, archiveBytes: archive.length };
        this.checkpoints.write(name, segment, { after, done, counts, ...files });
        this.read += report.counts.read;
        onRead(report.counts.read, 0);
      }
    } finally {
      await quarantine.close();
      await archive.close();
    }
  }

  private async finish(table: SourceTable): Promise<TableReport> {
    const { entity, name } = table;
    const since = this.run.startedAt - CLOCK_SKEW;
    const touched = this.options.apply ? await settleTouched({ reconciler: this.reconciler }, table, since) : 0;
    const parts = Array.from({ length: this.segments }, (_, segment) => this.checkpoints.read(name, segment).counts);
    const counts = addCounts(parts);
    checkCounts(name, counts);
    return {
      entity,
      name,
      counts,
      touched,
      quarantine: this.join("quarantine", table),
      archive: this.join("archive", table),
    };
  }

  /** Removes what only an unfinished run needs. */
  clear(): void {
    rmSync(join(this.directory, "checkpoints"), { recursive: true });
    for (const name of readdirSync(this.directory)) if (name.endsWith(".part")) rmSync(join(this.directory, name));
  }

  /** One file for each entity, and for each of its older tables. */
  private fileName(kind: "quarantine" | "archive", { entity, name, newer }: SourceTable): string {
    return `${kind}-${entity}${newer.length === 0 ? "" : `-${name}`}`;
  }

  private partPath(kind: "quarantine" | "archive", table: SourceTable, segment: number): string {
    return join(this.directory, `${this.fileName(kind, table)}-${segment}.part`);
  }

  /** Makes one file of a table's parts. */
  private join(kind: "quarantine" | "archive", table: SourceTable): string | undefined {
    const path = join(this.directory, `${this.fileName(kind, table)}.jsonl`);
    const parts = Array.from({ length: this.segments }, (_, segment) => this.partPath(kind, table, segment)).filter(
      existsSync,
    );
    rmSync(path, { force: true });
    for (const part of parts) appendFileSync(path, readFileSync(part), { mode: 0o600 });
    return existsSync(path) ? path : undefined;
  }
}
