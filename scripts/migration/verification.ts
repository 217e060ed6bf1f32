import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type DynamoDBClient, paginateScan } from "@aws-sdk/client-dynamodb";
import { type EntityName, MODELS } from "../../entities/models.ts";
import { type EntitySchema, hasSecretKey } from "../../entities/schema.ts";
import { createContext } from "../../services/context.ts";
import type { Clock, DataContext } from "../../services/storage/context.ts";
import { keyText, type StoredItem } from "../../services/storage/requests.ts";
import { type Conflicts, findConflicts, neighbourConflicts, wholePage } from "./conflicts.ts";
import { sourceDigest } from "./json-lines.ts";
import { isJoined, isJoinedKey, type OperatorRules, type Owners, rivalsOf } from "./mapping.ts";
import type { MendedOf } from "./marks.ts";
import { type Outcome, refusedByLedger, shownKey } from "./outcome.ts";
import { readOwners } from "./owners.ts";
import type { Arrival } from "./page-outcomes.ts";
import { conflictsFound, joinPartners, partnersOf, type Sides } from "./partners.ts";
import { quoted } from "./reasons.ts";
import { Reconciler } from "./reconciler.ts";
import { describeSources, type SourceNaming, SourceReader, type SourceTable, sourceKeyText } from "./source-tables.ts";
import { rowsUnder } from "./stored-rows.ts";
import { runTasks } from "./tasks.ts";
import { isFrom, isMended, type MigratedItem, markOf, placesOf, sourcesIn, Translator, tableOf } from "./translator.ts";
import { plainItem, type SourceItem } from "./values.ts";

export interface VerificationOptions extends OperatorRules {
  readonly source: DynamoDBClient;
  readonly target: DynamoDBClient;
  readonly table: string;
  readonly entities: readonly EntityName[];
  readonly naming: SourceNaming;
  /** The secret of the new table's pseudonyms. */
  readonly erasureSecret: string;
  readonly segments?: number;
  readonly concurrency?: number;
  readonly clock: Clock;
  /** Whether the new layer is in use, so that items it has changed are no fault. */
  readonly live?: boolean;
  /** The share of a table's items, from 0 to 1, that may be in quarantine. Default: none. */
  readonly quarantineShare?: number;
  readonly onProgress?: (name: string, read: number, total: number) => void;
}

/** How the two sides of a table compare. */
export interface TableVerification {
  readonly entity: EntityName;
  readonly name: string;
  /** Source items read. */
  read: number;
  /** Equal attribute by attribute. */
  equal: number;
  /** Source items that should be in the new table and are not, or not with their claim. */
  missing: number;
  /** Items that are not what their source says. */
  different: number;
  /** Items that the new layer has changed or made itself. */
  changed: number;
  /** Items that were taken from a quarantine file and are as they were corrected, of a source that is as it was then. */
  mended: number;
  /** Source items that cannot be brought over as they are, and are rightly absent. */
  quarantined: number;
  /** Expired and ended ones. */
  skipped: number;
  /** Migrated items in the new table whose source is gone, cannot be read or became another key. */
  surplus: number;
}

export interface Verification {
  readonly tables: readonly TableVerification[];
  /** The first differences, in words. */
  readonly differences: readonly string[];
  /** What is wrong with each table, in a line. */
  readonly faults: readonly string[];
  /** Whether there is none: nothing is missing, different, surplus or in quarantine, nor changed before the new layer is in use. */
  readonly clean: boolean;
}

const DIFFERENCES = 20;
const PAGE = 500;
const label = { entity: "migration", accessPattern: "verify" };

/** Reads both sides fully and compares them. Writes nothing. */
export async function verify(options: VerificationOptions): Promise<Verification> {
  const directory = mkdtempSync(join(tmpdir(), "migrate-verify-"));
  try {
    const reader = new SourceReader(options.source);
    const verifier = new Verifier(options, directory, reader, await readOwners(reader, options));
    const sources = await describeSources(options.source, options.entities, options.naming);
    const tables: TableVerification[] = [];
    for (const source of sources) tables.push(await verifier.compareSource(source));
    await verifier.compareTarget(sources, tables);
    const faults = tables.flatMap((table) => faultsOf(table, options));
    return { tables, differences: verifier.differences, faults, clean: faults.length === 0 };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What is wrong with a table, in a line. */
function faultsOf(
  { name, read, missing, different, surplus, changed, quarantined }: TableVerification,
  { live = false, quarantineShare = 0 }: VerificationOptions,
): string[] {
  const percent = (share: number) => `${Number((share * 100).toFixed(2))} %`;
  const parts = [
    missing > 0 && `${missing} of its items are missing`,
    different > 0 && `${different} are not what their source says`,
    changed > 0 && !live && `${changed} were changed by the new layer`,
    surplus > 0 && `${surplus} have no source that says so`,
    quarantined > read * quarantineShare &&
      `${quarantined} of ${read} (${percent(quarantined / read)}) are in quarantine, and ${percent(quarantineShare)} may be`,
  ].filter((part) => part !== false);
  return parts.length === 0 ? [] : [`${name}: ${parts.join("; ")}`];
}

interface Expected {
  readonly source: string;
  readonly migrated: MigratedItem;
}

class Verifier {
  readonly differences: string[] = [];
  private readonly options: VerificationOptions;
  private readonly directory: string;
  private readonly context: DataContext;
  private readonly reader: SourceReader;
  private readonly translator: Translator;
  private readonly sides: Sides;
  /** Asked alone: nothing is written. */
  private readonly reconciler: Reconciler;
  private readonly segments: number;
  private readonly concurrency: number;
  /** Of sources whose key lets somebody in, and so stands in no mark: the keys of their items. */
  private readonly secretKeys = new Map<EntityName, Set<string>>();
  /** Of each table. */
  private readonly conflicts = new Map<string, Map<string, readonly string[]>>();

  constructor(options: VerificationOptions, directory: string, reader: SourceReader, owners: Owners | undefined) {
    this.options = options;
    this.directory = directory;
    const { target: client, table, clock, mapping, accessFrom, keepSessions, erasureSecret } = options;
    this.context = createContext({ client, table, clock, erasureSecret });
    this.reader = reader;
    this.translator = new Translator(this.context, {
      mapping,
      owners,
      accessFrom,
      keepSessions,
      now: clock(),
      run: "verify",
    });
    this.sides = { context: this.context, translator: this.translator, reader };
    this.reconciler = new Reconciler(this.sides);
    this.segments = options.segments ?? 8;
    this.concurrency = options.concurrency ?? 8;
  }

  async compareSource(table: SourceTable): Promise<TableVerification> {
    const { entity, name } = table;
    const result: TableVerification = {
      entity,
      name,
      read: 0,
      equal: 0,
      missing: 0,
      different: 0,
      changed: 0,
      mended: 0,
      quarantined: 0,
      skipped: 0,
      surplus: 0,
    };
    const { reader, translator, segments, concurrency, directory } = this;
    if (hasSecretKey(MODELS[entity].schema) && !this.secretKeys.has(entity)) this.secretKeys.set(entity, new Set());
    const conflicts = await findConflicts(table, {
      reader,
      translator,
      segments,
      concurrency,
      directory: join(directory, name),
    });
    this.conflicts.set(name, new Map(conflicts));
    const decided = new Map<string, string>();
    for await (const { unique, kept } of this.reconciler.marks.conflicts(table))
      if (kept !== undefined) decided.set(unique, kept);
    const mended = await this.reconciler.marks.mendedOf(table);
    const tasks = Array.from({ length: segments }, (_, number) => async () => {
      let after: SourceItem | undefined;
      do {
        const { items, lastKey } = await wholePage(reader, table, { number, of: segments }, after, PAGE);
        const arrivals = items.map((item) => ({ item, source: sourceKeyText(table, item) }));
        const rest = await this.withoutKnown(table, arrivals, mended, result);
        await this.comparePage(table, rest, conflicts, decided, result);
        result.read += items.length;
        this.options.onProgress?.(name, result.read, Math.max(result.read, table.itemCount));
        after = lastKey;
      } while (after !== undefined);
    });
    await runTasks(tasks, concurrency);
    return result;
  }

  /** The items of a page that are neither a newer table's nor an operator's, which are compared here. */
  private async withoutKnown(
    table: SourceTable,
    arrivals: readonly Arrival[],
    mended: MendedOf,
    result: TableVerification,
  ): Promise<Arrival[]> {
    const sources = arrivals.map(({ source }) => source);
    const superseded = await this.reader.superseded(table, sources);
    const rows = await rowsUnder(
      this.context,
      label,
      sources.map(mended).filter((key) => key !== undefined),
    );
    return arrivals.filter((arrival) => {
      if (superseded.has(arrival.source)) {
        result.skipped++;
        return false;
      }
      const key = mended(arrival.source);
      return key === undefined || !this.compareMended(table, arrival, rows.get(keyText(key)), result);
    });
  }

  /** Compares an operator's correction with what it was made of; false when there is none. */
  private compareMended(
    table: SourceTable,
    { source, item }: Arrival,
    current: StoredItem | undefined,
    result: TableVerification,
  ): boolean {
    const mark = markOf(current);
    if (current === undefined || mark?.mended === undefined || !isFrom(current, table, source)) return false;
    const keys = this.secretKeys.get(table.entity);
    keys?.add(keyText(current));
    const told = `${table.entity} ${shownKey(table.entity, source)}`;
    if (mark.joined === undefined && mark.mended !== sourceDigest(item)) {
      result.different++;
      this.tell(`${told} was mended, and its source has changed since`);
    } else if (!this.translator.isIntact(table.entity, current)) {
      result.changed++;
      this.tell(`${told} was mended, and the new layer has changed it since`);
    } else result.mended++;
    return true;
  }

  private async comparePage(
    table: SourceTable,
    arrivals: readonly Arrival[],
    known: Conflicts,
    decided: ReadonlyMap<string, string>,
    result: TableVerification,
  ): Promise<void> {
    const { entity } = table;
    const near = rivalsOf(entity, table.keys[0]?.name) === "neighbours";
    const items = arrivals.map(({ item }) => item);
    const conflicts = near ? neighbourConflicts(table, items, this.translator) : known;
    if (near) for (const [unique, sources] of conflicts) this.conflicts.get(table.name)?.set(unique, sources);
    const expected: Expected[] = [];
    const keys = this.secretKeys.get(entity);
    for (const { item, source } of arrivals) {
      const key = keys === undefined ? undefined : this.translator.keyOf(entity, item);
      if (key !== undefined) keys?.add(keyText(key));
      const translation = this.translator.translate(table, source, item);
      if (translation.outcome === "skipped") result.skipped++;
      else if (translation.outcome === "quarantined") result.quarantined++;
      else {
        const { migrated } = translation;
        if (await this.isContested(table, source, migrated, conflicts, decided)) result.quarantined++;
        else expected.push({ source, migrated: await this.joined(table, source, migrated, conflicts) });
      }
    }
    const stored = await rowsUnder(
      this.context,
      label,
      expected.flatMap(({ migrated }) => placesOf(migrated)),
    );
    for (const one of expected) {
      const refused = refusedByLedger(entity, one.migrated, stored);
      if (refused === undefined) this.compare(table, one, stored, result);
      else this.compareRefused(table, one, stored, refused, result);
    }
  }

  /** Whether others would be the same in a way that does not join them. */
  private async isContested(
    table: SourceTable,
    source: string,
    migrated: MigratedItem,
    conflicts: Conflicts,
    decided: ReadonlyMap<string, string> = new Map(),
  ): Promise<boolean> {
    const contested = migrated.uniques.filter((one) => conflicts.has(one) && decided.get(one) !== source);
    if (!isJoined(table.entity)) return contested.length > 0;
    for (const unique of contested.filter((one) => !isJoinedKey(table.entity, one))) {
      const sources = conflicts.get(unique) ?? [];
      const rivals = await this.reconciler.rivals(table, source, { unique, sources }, migrated);
      if (rivals.length > 0) return true;
    }
    return false;
  }

  /** What an item becomes with those that are joined with it. */
  private async joined(
    table: SourceTable,
    source: string,
    own: MigratedItem,
    conflicts: Conflicts,
  ): Promise<MigratedItem> {
    const sources = partnersOf(table, own.uniques, conflicts).filter((one) => one !== source);
    if (sources.length === 0) return own;
    const conflictOf = conflictsFound(conflicts);
    const { translation } = await joinPartners(this.sides, { table, key: own.key, source, own, sources, conflictOf });
    return translation?.outcome === "mapped" ? translation.migrated : own;
  }

  /** An item of an account that was erased, or has moved, must not be there. */
  private compareRefused(
    table: SourceTable,
    { source, migrated }: Expected,
    stored: ReadonlyMap<string, StoredItem>,
    refused: Outcome,
    result: TableVerification,
  ): void {
    const { entity } = table;
    if (isFrom(stored.get(keyText(migrated.key)), table, source)) {
      result.surplus++;
      this.tell(`${entity} ${shownKey(entity, source)} is in the new table, but its account was erased or has moved`);
    } else if (refused.kind === "quarantined") result.quarantined++;
    else result.skipped++;
  }

  private compare(
    table: SourceTable,
    { source, migrated }: Expected,
    stored: ReadonlyMap<string, StoredItem>,
    result: TableVerification,
  ): void {
    const { entity } = table;
    const current = stored.get(keyText(migrated.key));
    if (table.newer.some(({ name }) => name === tableOf(current))) {
      result.skipped++;
      return;
    }
    if (current === undefined) {
      result.missing++;
      this.tell(`${entity} ${shownKey(entity, source)} is missing`);
      return;
    }
    const mark = markOf(current);
    // What an operator has corrected is in the joined item alone.
    if (isMended(current) && isFrom(current, table, source)) {
      if (this.translator.isIntact(entity, current)) result.mended++;
      else result.changed++;
      return;
    }
    const claim = migrated.claims.find((one) => stored.get(keyText(one)) === undefined);
    if (claim !== undefined) {
      result.missing++;
      this.tell(`${entity} ${shownKey(entity, source)} has no claim for its ${claim.kind} id`);
      return;
    }
    const differing = differingAttributes(migrated.item, current);
    if (differing.length === 0) {
      result.equal++;
      return;
    }
    // What a migration wrote still has its digest; anything else the new layer wrote.
    if (mark === undefined || !this.translator.isIntact(entity, current)) {
      result.changed++;
      this.tell(`${entity} ${shownKey(entity, source)} was changed by the new layer: ${differing.join(", ")}`);
      return;
    }
    result.different++;
    const shown = differing.map((name) => difference(entity, name, migrated.item[name], current[name]));
    this.tell(`${entity} ${shownKey(entity, source)} differs: ${shown.join("; ")}`);
  }

  /** Looks for migrated items that have no source any more. */
  async compareTarget(sources: readonly SourceTable[], tables: readonly TableVerification[]): Promise<void> {
    const tasks = Array.from({ length: this.segments }, (_, number) => async () => {
      const scan = {
        TableName: this.options.table,
        Segment: number,
        TotalSegments: this.segments,
        ConsistentRead: true,
        ProjectionExpression: "pk, sk, #entity, #mark",
        ExpressionAttributeNames: { "#entity": "__edb_e__", "#mark": "migration" },
      };
      for await (const { Items = [] } of paginateScan({ client: this.options.target, pageSize: PAGE }, scan)) {
        const all = Items.map((row) => plainItem(row));
        for (const [position, source] of sources.entries()) {
          const rows = all.filter((row) => isPartOf(row, source, sources));
          await this.findSurplus(source, rows, tables[position] as TableVerification);
        }
      }
    });
    await runTasks(tasks, this.concurrency);
  }

  private async findSurplus(table: SourceTable, rows: readonly StoredItem[], result: TableVerification): Promise<void> {
    const migrated = rows.filter((row) => markOf(row) !== undefined);
    const keys = this.secretKeys.get(table.entity);
    if (keys !== undefined) {
      result.surplus += migrated.filter((row) => !keys.has(keyText(row))).length;
      return;
    }
    for (let start = 0; start < migrated.length; start += 100) {
      const chunk = migrated.slice(start, start + 100);
      const items = await this.reader.many(
        table,
        chunk.flatMap((row) => sourcesIn(table, row).slice(0, 1)),
      );
      for (const row of chunk) {
        const [source = ""] = sourcesIn(table, row);
        const problem = await this.whySurplus(table, row, source, items.get(source));
        if (problem === undefined) continue;
        result.surplus++;
        this.tell(`${table.entity} ${shownKey(table.entity, source)} is in the new table, but ${problem}`);
      }
    }
  }

  private async whySurplus(
    table: SourceTable,
    row: StoredItem,
    source: string,
    item: SourceItem | undefined,
  ): Promise<string | undefined> {
    if (tableOf(row) !== table.name) return `it came from ${tableOf(row)}, which is none of the tables given`;
    if (item === undefined) return "its source is gone";
    // It was compared with its source.
    if (isMended(row)) return undefined;
    const translation = this.translator.translate(table, source, item);
    // It was brought over while it ran; time to live removes it.
    if (translation.outcome === "skipped") return undefined;
    if (translation.outcome === "quarantined") return "its source belongs into the quarantine";
    if (keyText(translation.migrated.key) !== keyText(row)) return "its source has another key now";
    const conflicts = this.conflicts.get(table.name) ?? new Map();
    return (await this.isContested(table, source, translation.migrated, conflicts))
      ? "its source is in conflict"
      : undefined;
  }

  private tell(text: string): void {
    if (this.differences.length < DIFFERENCES) this.differences.push(text);
  }
}

/** Whether a row came from a table, or from none of those given and is told of with the first of its entity. */
function isPartOf(row: StoredItem, table: SourceTable, all: readonly SourceTable[]): boolean {
  const same = all.filter(({ entity }) => entity === row.__edb_e__);
  const own = same.find(({ name }) => name === tableOf(row)) ?? same[0];
  return own?.name === table.name && own.entity === table.entity;
}

/** The attributes, keys included, in which a stored item is not what it should be; the mark aside. */
function differingAttributes(expected: StoredItem, current: StoredItem): string[] {
  const names = new Set([...Object.keys(expected), ...Object.keys(current)]);
  names.delete("migration");
  return [...names]
    .filter((name) => expected[name] !== undefined || current[name] !== undefined)
    .filter((name) => !isDeepStrictEqual(expected[name], current[name]))
    .sort();
}

function difference(entity: EntityName, name: string, expected: unknown, current: unknown): string {
  const { attributes }: EntitySchema = MODELS[entity].schema;
  if (attributes[name] === undefined || attributes[name]?.hidden === true) return name;
  return `${name} should be ${quoted(expected)} and is ${quoted(current)}`;
}
