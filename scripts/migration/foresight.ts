import { keyText, type StoredItem } from "../../services/storage/requests.ts";
import type { Conflicts } from "./conflicts.ts";
import { sourceDigest } from "./json-lines.ts";
import { isJoined, isJoinedKey } from "./mapping.ts";
import type { ConflictMark } from "./marks.ts";
import { conflict, type Outcome, refusedByLedger } from "./outcome.ts";
import type { Arrival } from "./page-outcomes.ts";
import { conflictsFound, partnersOf, type Sides } from "./partners.ts";
import type { Reconciler } from "./reconciler.ts";
import type { SourceTable } from "./source-tables.ts";
import { type Rows, rowsUnder } from "./stored-rows.ts";
import {
  isFrom,
  isMended,
  isOfSeveral,
  type MigratedItem,
  markOf,
  placesOf,
  sourcesIn,
  tableOf,
} from "./translator.ts";

const label = { entity: "migration", accessPattern: "foresee" };

interface Foresight extends Sides {
  /** Asked alone: nothing is written. */
  readonly reconciler: Reconciler;
}

/** What is there of an item that would come over. */
interface Prospect {
  readonly table: SourceTable;
  readonly source: string;
  readonly migrated: MigratedItem;
  readonly rows: Rows;
  readonly current: StoredItem | undefined;
  readonly conflicts: Conflicts;
}

/** What applying would do with an item that does not simply come over. */
export async function foresee(
  sides: Foresight,
  table: SourceTable,
  { item, source }: Arrival,
  conflicts: Conflicts,
): Promise<Outcome> {
  const { translator, context, reconciler } = sides;
  const { entity } = table;
  const corrected = await reconciler.corrected(table, source);
  if (isFrom(corrected, table, source) && markOf(corrected)?.mended === sourceDigest(item))
    return { kind: "unchanged" };
  const translation = translator.translate(table, source, item);
  if (translation.outcome === "quarantined") return { kind: "quarantined", reason: translation.reason, others: [] };
  if (translation.outcome === "skipped") return { kind: "skipped", code: translation.code };
  const { migrated } = translation;
  const marks = migrated.uniques.map((unique) => reconciler.marks.conflictKey(table, unique));
  const rows = await rowsUnder(context, label, [...placesOf(migrated), ...marks]);
  const current = rows.get(keyText(migrated.key));
  const refused = refusedByLedger(entity, migrated, rows);
  if (refused !== undefined) return refused;
  const prospect = { table, source, migrated, rows, current, conflicts };
  const barred = (await contestOf(sides, prospect)) ?? (await placeTaken(sides, prospect));
  if (barred !== undefined) return barred;
  const alone = { table, source, item, correction: undefined, translation, own: migrated, wanted: migrated, rows };
  const partners = partnersOf(table, migrated.uniques, conflicts);
  const { wanted } = await reconciler.withPartners(alone, partners, conflictsFound(conflicts));
  const joined = isOfSeveral(wanted?.item);
  if (current === undefined) return { kind: "written", joined };
  if (markOf(current)?.digest === wanted?.digest) return { kind: "unchanged", joined };
  if (translator.isIntact(entity, current)) return { kind: "written", joined };
  return { kind: "kept", text: "the new layer has changed or made it" };
}

/** The conflict that an item would be in, unless an operator has decided for it. */
async function contestOf({ reconciler }: Foresight, prospect: Prospect): Promise<Outcome | undefined> {
  const { table, source, migrated, rows, current, conflicts } = prospect;
  if ([...rows.values()].some((row) => (row as Partial<ConflictMark>).kept === source)) return undefined;
  const isOwn = isFrom(current, table, source);
  for (const unique of migrated.uniques.filter((one) => !isJoinedKey(table.entity, one))) {
    const sources = conflicts.get(unique) ?? (isOwn ? [] : [...sourcesIn(table, current), source]);
    const alive = await reconciler.rivals(table, source, { unique, sources }, migrated);
    if (alive.length > 0) return conflict(table, unique, source, alive);
  }
  return undefined;
}

/** What becomes of an item whose place one of a newer table has, or one that an operator has corrected. */
async function placeTaken(
  { reader }: Foresight,
  { table, source, migrated, current }: Prospect,
): Promise<Outcome | undefined> {
  if (current === undefined || isFrom(current, table, source)) return undefined;
  if (table.newer.some(({ name }) => name === tableOf(current))) return { kind: "skipped", code: "superseded" };
  if (!isMended(current) || isJoined(table.entity)) return undefined;
  const [rival] = sourcesIn(table, current);
  const item = rival === undefined ? undefined : await reader.get(table, rival);
  if (rival === undefined || item === undefined) return undefined;
  return conflict(table, migrated.uniques[0] ?? "", source, [{ source: rival, item }]);
}
