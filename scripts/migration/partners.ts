import type { DataContext } from "../../services/storage/context.ts";
import { keyText, type StoredKey } from "../../services/storage/requests.ts";
import type { Conflicts } from "./conflicts.ts";
import { isJoinedKey } from "./mapping.ts";
import type { ConflictMark } from "./marks.ts";
import { refusedByLedger } from "./outcome.ts";
import type { SourceReader, SourceTable } from "./source-tables.ts";
import { type Rows, rowsUnder } from "./stored-rows.ts";
import { type Finished, type MigratedItem, placesOf, type Translator } from "./translator.ts";

export interface Sides {
  readonly context: DataContext;
  readonly translator: Translator;
  readonly reader: SourceReader;
}

/** What is known of the sources that would all be the only one of something. */
export type ConflictOf = (unique: string) => Promise<Pick<ConflictMark, "sources" | "kept"> | undefined>;

/** The same of conflicts that were found and are in no table yet. */
export const conflictsFound =
  (conflicts: Conflicts): ConflictOf =>
  async (unique) => {
    const sources = conflicts.get(unique);
    return sources === undefined ? undefined : { sources };
  };

/** The sources that may become one item with one, as far as they are known; it may be among them. */
export const partnersOf = ({ entity }: SourceTable, uniques: readonly string[], conflicts: Conflicts): string[] =>
  uniques.filter((unique) => isJoinedKey(entity, unique)).flatMap((unique) => conflicts.get(unique) ?? []);

/** Who may become one item. */
export interface Partnership {
  readonly table: SourceTable;
  /** The item's key. */
  readonly key: StoredKey;
  /** The source at hand. */
  readonly source: string;
  /** What it becomes alone; absent: it is taken out. */
  readonly own?: MigratedItem;
  /** The other sources. */
  readonly sources: readonly string[];
  readonly conflictOf: ConflictOf;
}

/** What the sources of one item become. */
export interface Joined {
  /** Undefined: nothing. */
  readonly translation: Finished | undefined;
  /** The rows that decide whether the others may be written. */
  readonly rows: Rows;
}

const label = { entity: "migration", accessPattern: "partners" };

/**
 * What an item becomes together with those of some other sources that have its key, such as a buyer's purchases of products
 * that are one now; or what the others become without it. What belongs to an account that was erased is left out, and what has a
 * rival of another key.
 */
export async function joinPartners(sides: Sides, partnership: Partnership): Promise<Joined> {
  const { translator, context } = sides;
  const { table, own } = partnership;
  const there = await sourcesUnder(sides, partnership);
  const rows = await rowsUnder(context, label, there.flatMap(placesOf));
  // Whoever asked finds the refusal.
  if (own !== undefined && refusedByLedger(table.entity, own, rows) !== undefined)
    return { translation: { outcome: "mapped", migrated: own }, rows };
  const others = there.filter((one) => refusedByLedger(table.entity, one, rows) === undefined);
  const all = own === undefined ? others : [own, ...others];
  const [migrated] = all;
  if (migrated === undefined) return { translation: undefined, rows };
  if (all.length === 1) return { translation: { outcome: "mapped", migrated }, rows };
  const items = all.map(({ item }) => item);
  return { translation: translator.join(table.entity, items), rows };
}

/** Those of the other sources that are there, can be read and have the key. */
async function sourcesUnder(
  { translator, reader }: Sides,
  { table, key, source: own, sources, conflictOf }: Partnership,
): Promise<MigratedItem[]> {
  const found = await Promise.all(
    sources.map(async (source) => {
      const item = await reader.get(table, source);
      const translation = item && translator.translate(table, source, item);
      if (translation?.outcome !== "mapped" || keyText(translation.migrated.key) !== keyText(key)) return [];
      return [{ source, migrated: translation.migrated }];
    }),
  );
  const here = found.flat();
  const joined = new Set([own, ...here.map(({ source }) => source)]);
  const contested = await Promise.all(
    here.map(async ({ source, migrated: { uniques } }) => {
      const conflicts = await Promise.all(uniques.filter((one) => !isJoinedKey(table.entity, one)).map(conflictOf));
      return conflicts.some((one) => one?.kept !== source && one?.sources.some((rival) => !joined.has(rival)) === true);
    }),
  );
  return here.filter((_, position) => contested[position] === false).map(({ migrated }) => migrated);
}
