import { appendFileSync, createReadStream, existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { isDeepStrictEqual } from "node:util";
import { rivalsOf, uniqueNames } from "./mapping.ts";
import { type SourcePage, type SourceReader, type SourceTable, sourceKeyOf, sourceKeyText } from "./source-tables.ts";
import type { Translator } from "./translator.ts";
import type { SourceItem } from "./values.ts";

/** Source keys by what they would all be the only one of. */
export type Conflicts = ReadonlyMap<string, readonly string[]>;

const ITEMS_PER_BUCKET = 20_000;
const FLUSH_CHARACTERS = 64 * 1024;

/** Spreads texts over buckets. */
function bucketOf(text: string, buckets: number): number {
  let hash = 2_166_136_261;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 16_777_619);
  return (hash >>> 0) % buckets;
}

/** Lines in files by bucket: equal texts meet in one file, and a file fits into memory. */
class Buckets {
  private readonly directory: string;
  private readonly pending: string[];

  constructor(directory: string, count: number) {
    this.directory = directory;
    this.pending = Array.from({ length: count }, () => "");
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  private path(bucket: number): string {
    return join(this.directory, `${bucket}.jsonl`);
  }

  add(unique: string, source: string): void {
    const bucket = bucketOf(unique, this.pending.length);
    this.pending[bucket] += `${JSON.stringify([unique, source])}\n`;
    if ((this.pending[bucket] as string).length >= FLUSH_CHARACTERS) this.flush(bucket);
  }

  private flush(bucket: number): void {
    if (this.pending[bucket] !== "") appendFileSync(this.path(bucket), this.pending[bucket] as string, { mode: 0o600 });
    this.pending[bucket] = "";
  }

  async doubles(): Promise<Map<string, string[]>> {
    const doubles = new Map<string, string[]>();
    for (const bucket of this.pending.keys()) {
      this.flush(bucket);
      if (!existsSync(this.path(bucket))) continue;
      const sources = new Map<string, Set<string>>();
      for await (const line of createInterface({ input: createReadStream(this.path(bucket)) })) {
        const [unique, source] = JSON.parse(line) as [string, string];
        const known = sources.get(unique);
        if (known === undefined) sources.set(unique, new Set([source]));
        else known.add(source);
      }
      for (const [unique, keys] of sources) if (keys.size > 1) doubles.set(unique, [...keys].sort());
    }
    return doubles;
  }
}

export interface ConflictSearchOptions {
  readonly reader: SourceReader;
  readonly translator: Translator;
  readonly segments: number;
  readonly concurrency: number;
  /** A directory of its own, emptied before and removed after. */
  readonly directory: string;
}

/** The conflicts among items of one partition of the source, by neighbouring items of a page. */
export function neighbourConflicts(
  table: SourceTable,
  items: readonly SourceItem[],
  translator: Translator,
): Map<string, string[]> {
  const conflicts = new Map<string, string[]>();
  for (let start = 0; start < items.length; ) {
    let end = start + 1;
    while (end < items.length && isNeighbour(table, items[start], items[end])) end++;
    if (end - start > 1) addConflicts(table, items.slice(start, end), translator, conflicts);
    start = end;
  }
  return conflicts;
}

function addConflicts(
  table: SourceTable,
  items: readonly SourceItem[],
  translator: Translator,
  conflicts: Map<string, string[]>,
): void {
  const sources = new Map<string, string[]>();
  for (const item of items) {
    for (const unique of translator.uniquesOf(table.entity, item))
      sources.set(unique, [...(sources.get(unique) ?? []), sourceKeyText(table, item)]);
  }
  for (const [unique, keys] of sources) if (keys.length > 1) conflicts.set(unique, keys.sort());
}

/**
 * A page that does not end within a partition of the source: items that may be in conflict come together. Its last partition
 * is left to the next page; a partition that fills a page is read to its end.
 */
export async function wholePage(
  reader: SourceReader,
  table: SourceTable,
  segment: { readonly number: number; readonly of: number },
  after: SourceItem | undefined,
  size: number,
): Promise<SourcePage> {
  let items: readonly SourceItem[] = [];
  let lastKey = after;
  do {
    const page = await reader.page(table, segment, { after: lastKey, size });
    items = [...items, ...page.items];
    lastKey = page.lastKey;
    const end = startOfLastPartition(table, items);
    if (lastKey !== undefined && end > 0) {
      const whole = items.slice(0, end);
      // A scan may go on after any item.
      return { items: whole, lastKey: sourceKeyOf(table, sourceKeyText(table, whole[end - 1] ?? {})) };
    }
  } while (lastKey !== undefined);
  return { items, lastKey };
}

function startOfLastPartition(table: SourceTable, items: readonly SourceItem[]): number {
  let start = Math.max(0, items.length - 1);
  while (start > 0 && isNeighbour(table, items[start - 1], items[items.length - 1])) start--;
  return start;
}

function isNeighbour({ keys: [partition] }: SourceTable, one: SourceItem | undefined, other: SourceItem | undefined) {
  const name = partition?.name ?? "";
  return isDeepStrictEqual(one?.[name], other?.[name]);
}

/**
 * Finds the source items that would become one, before any is written: what is brought over does not depend on which
 * segment reads first. Reads the attributes of keys alone; memory does not grow with the table.
 */
export async function findConflicts(table: SourceTable, options: ConflictSearchOptions): Promise<Conflicts> {
  const { entity } = table;
  if (rivalsOf(entity, table.keys[0]?.name) !== "anywhere") return new Map();
  const { reader, translator, segments, concurrency, directory } = options;
  rmSync(directory, { recursive: true, force: true });
  const buckets = new Buckets(directory, Math.min(512, Math.max(8, Math.ceil(table.itemCount / ITEMS_PER_BUCKET))));
  try {
    await reader.scan(table, uniqueNames(entity), { segments, concurrency }, (item) => {
      const source = sourceKeyText(table, item);
      for (const unique of translator.uniquesOf(entity, item)) buckets.add(unique, source);
    });
    return await buckets.doubles();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
