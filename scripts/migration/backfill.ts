import { setImmediate as turn } from "node:timers/promises";
import { bulkWrite } from "../../services/storage/bulk-writer.ts";
import type { DataContext } from "../../services/storage/context.ts";
import { batchGet, keyText, type StoredItem, type StoredKey } from "../../services/storage/requests.ts";
import { type Conflicts, neighbourConflicts } from "./conflicts.ts";
import { addCounts, type Counts, noCounts } from "./counts.ts";
import { type SetAside, sourceDigest } from "./json-lines.ts";
import { isJoined, isJoinedKey, rivalsOf } from "./mapping.ts";
import type { ConflictMark } from "./marks.ts";
import { claimedByAnother, conflict, failureOf, type Outcome, refusedByLedger } from "./outcome.ts";
import type { Reason, SkipCode } from "./reasons.ts";
import { NOWHERE, type Reconciler } from "./reconciler.ts";
import { countShape, shapeOf } from "./shape.ts";
import { type SourceReader, type SourceTable, sourceKeyText } from "./source-tables.ts";
import {
  isFrom,
  isOfSeveral,
  type MigratedItem,
  markOf,
  placesOf,
  sourcesIn,
  type Translator,
  tableOf,
} from "./translator.ts";
import type { SourceItem } from "./values.ts";

export interface BackfillOptions {
  readonly context: DataContext;
  readonly translator: Translator;
  readonly reader: SourceReader;
  readonly reconciler: Reconciler;
  readonly run: string;
  /** Whether anything is written. */
  readonly apply: boolean;
  /**
   * Whether the table was empty when the run began: nothing but the run and the stream handler has written since, and what
   * the handler has touched is looked at again in the end. So pages need no look at what is there.
   */
  readonly fresh: boolean;
  /** Whether the new layer writes to the table meanwhile: every write then has a condition of its own. */
  readonly live: boolean;
  /** Whether an operator has corrected the item of a source. */
  readonly mended: (table: SourceTable, source: string) => boolean;
}

/** What became of a page of source items. */
export interface PageReport {
  readonly counts: Counts;
  readonly quarantine: readonly SetAside[];
  readonly archive: readonly SetAside[];
}

interface Arrival {
  readonly item: SourceItem;
  readonly source: string;
}

interface Unreadable extends Arrival {
  readonly reason: Reason;
  readonly key: StoredKey | undefined;
}

interface Mapped extends Arrival {
  readonly migrated: MigratedItem;
}

/** Items that are translated at a stretch. */
const TURN = 25;
const LOOK_UP = ["pk", "sk", "migration", "owner", "state", "erased_at", "moved_at", "received_account"];
const label = { entity: "migration", accessPattern: "lookUp" };

const SKIPPED: Readonly<Record<SkipCode, string>> = {
  expired: "its time is over",
  ended: "the session was logged out",
  gone: "it was deleted from the source while it was read",
  guessable: "the session's id can be guessed",
  erased: "its account was erased in the new table",
  superseded: "a newer table has the item",
};

/**
 * Brings pages of source items over. Items that are absent in the new table go through the bulk writer, after one look at
 * all of them: that is what makes a run fast. Whatever is there with another content, in conflict or unreadable goes item
 * by item through the reconciler.
 */
export class Backfill {
  private readonly options: BackfillOptions;

  constructor(options: BackfillOptions) {
    this.options = options;
  }

  /** @param again Whether an earlier process may have written some of the page. */
  async page(table: SourceTable, items: readonly SourceItem[], known: Conflicts, again: boolean): Promise<PageReport> {
    const page = new PageOutcomes(table, items.length);
    const { translator, fresh, reader, mended } = this.options;
    const conflicts = await this.conflictsIn(table, items, known);
    const mapped: Mapped[] = [];
    const unreadable: Unreadable[] = [];
    const slow: Arrival[] = [];
    const places = new Set<string>();
    const superseded = await reader.superseded(
      table,
      items.map((item) => sourceKeyText(table, item)),
    );
    for (const [position, item] of items.entries()) {
      // Requests of other segments go on in between.
      if (position % TURN === TURN - 1) await turn();
      const arrival = { item, source: sourceKeyText(table, item) };
      page.shape(item);
      if (superseded.has(arrival.source)) {
        page.skip(arrival, "superseded");
        continue;
      }
      if (mended(table, arrival.source)) {
        slow.push(arrival);
        continue;
      }
      const translation = translator.translate(table, arrival.source, item);
      if (translation.outcome === "skipped") page.skip(arrival, translation.code);
      else if (translation.outcome === "quarantined") {
        unreadable.push({ ...arrival, reason: translation.reason, key: translator.keyOf(table.entity, item) });
      } else {
        const { migrated } = translation;
        for (const notice of noticesOf(migrated.item, translator.options.now)) page.count(notice);
        const place = keyText(migrated.key);
        const contested = migrated.uniques.some((unique) => conflicts.has(unique)) || places.has(place);
        places.add(place);
        if (contested) slow.push(arrival);
        else mapped.push({ ...arrival, migrated });
      }
    }
    const unknown = !fresh || again || table.newer.length > 0;
    const stored = await this.lookUp(
      !unknown
        ? []
        : [
            ...mapped.flatMap(({ migrated }) => placesOf(migrated)),
            ...unreadable.flatMap(({ key }) => (key === undefined ? [] : [key])),
          ],
    );
    for (const { key, reason, ...arrival } of unreadable) {
      // It may be there from a time when it could be read, or mended by hand.
      if (key !== undefined && stored.has(keyText(key))) slow.push(arrival);
      else page.quarantine(arrival, reason);
    }
    slow.push(...(await this.bring(table, mapped, stored, page)));
    for (const arrival of slow) {
      const outcome = await this.one(table, arrival, conflicts).catch((error: unknown) => {
        throw failureOf(table, arrival.source, error);
      });
      page.settle(arrival, outcome);
    }
    return page.report();
  }

  private async conflictsIn(table: SourceTable, items: readonly SourceItem[], known: Conflicts): Promise<Conflicts> {
    const { translator, reconciler, apply } = this.options;
    if (rivalsOf(table.entity, table.keys[0]?.name) !== "neighbours") return known;
    const found = neighbourConflicts(table, items, translator);
    if (apply) for (const [unique, sources] of found) await reconciler.markConflict(table, unique, sources);
    return found;
  }

  /** Writes what is absent, counts what is there, and returns what is there with another content. */
  private async bring(
    table: SourceTable,
    mapped: readonly Mapped[],
    stored: ReadonlyMap<string, StoredItem>,
    page: PageOutcomes,
  ): Promise<Arrival[]> {
    const { apply, live, run } = this.options;
    const absent: Mapped[] = [];
    const claims: StoredItem[] = [];
    const others: Arrival[] = [];
    for (const arrival of mapped) {
      const { migrated } = arrival;
      const current = stored.get(keyText(migrated.key));
      const mark = markOf(current);
      const refused = refusedByLedger(table.entity, migrated, stored);
      // One that is there is taken back.
      if (refused !== undefined && current !== undefined) others.push(arrival);
      else if (refused !== undefined) page.settle(arrival, refused);
      else if (current === undefined) {
        const isTaken = migrated.claims.some(
          (claim) => (stored.get(keyText(claim))?.owner ?? claim.owner) !== claim.owner,
        );
        if (isTaken) page.settle(arrival, claimedByAnother(table));
        else {
          absent.push(arrival);
          claims.push(...migrated.claims.filter((claim) => !stored.has(keyText(claim))));
        }
      } else if (mark !== undefined && isFrom(current, table, arrival.source) && mark.digest === migrated.digest) {
        // A crash between writing and checkpoint: the run counts its own items as written.
        page.settle(arrival, mark.run === run ? { kind: "written" } : { kind: "unchanged" });
      } else others.push(arrival);
    }
    if (apply && live) return [...others, ...absent];
    if (apply) {
      // A claim that stands without its item does no harm; an item without its claim could be granted again.
      await this.write(table, claims);
      await this.write(
        table,
        absent.map(({ migrated }) => migrated.item),
      );
    }
    for (const arrival of absent) page.settle(arrival, { kind: "written" });
    return others;
  }

  private async lookUp(keys: readonly StoredKey[]): Promise<Map<string, StoredItem>> {
    const distinct = [...new Map(keys.map((key) => [keyText(key), key])).values()];
    const found = new Map<string, StoredItem>();
    for (let start = 0; start < distinct.length; start += 100) {
      const rows = await batchGet(this.options.context, label, distinct.slice(start, start + 100), {
        consistent: true,
        attributes: LOOK_UP,
      });
      for (const row of rows) found.set(keyText(row), row);
    }
    return found;
  }

  private async write(table: SourceTable, items: readonly StoredItem[]): Promise<void> {
    const { failed } = await bulkWrite(this.options.context, items, (item) => item, { concurrency: 1 });
    const [failure] = failed;
    if (failure === undefined) return;
    const keys = failed.map(({ input }) => `${input.pk} ${input.sk}`);
    throw new Error(
      `${failed.length} items of ${table.name} could not be written, the first under ${keys[0]}; the same command goes on from here`,
      { cause: failure.cause },
    );
  }

  private async one(table: SourceTable, arrival: Arrival, conflicts: Conflicts): Promise<Outcome> {
    const { reconciler, apply, run } = this.options;
    if (!apply) return this.foresee(table, arrival, conflicts);
    const known = reconciler.whereaboutsOf(table, arrival.item);
    const partners = partnersOf(table, known.uniques, conflicts);
    const outcome = await reconciler.reconcile(table, arrival.source, { ...known, partners });
    if (outcome.kind === "removed") return { kind: "skipped", code: "gone" };
    // A crash between writing and checkpoint: the run counts its own items as written.
    return outcome.kind === "unchanged" && outcome.run === run ? { ...outcome, kind: "written" } : outcome;
  }

  /** What applying would do with an item that does not simply come over. */
  private async foresee(table: SourceTable, { item, source }: Arrival, conflicts: Conflicts): Promise<Outcome> {
    const { translator, context, reconciler, reader } = this.options;
    const { entity } = table;
    const own = await reconciler.corrected(table, source);
    if (isFrom(own, table, source) && markOf(own)?.mended === sourceDigest(item)) return { kind: "unchanged" };
    const translation = translator.translate(table, source, item);
    const key = translator.keyOf(entity, item);
    const uniques = translator.uniquesOf(entity, item);
    const marks = uniques.map((unique) => reconciler.marks.conflictKey(table, unique));
    const places = translation.outcome === "mapped" ? placesOf(translation.migrated) : key === undefined ? [] : [key];
    const found = await batchGet(context, label, [...places, ...marks], { consistent: true });
    const rows = new Map(found.map((row) => [keyText(row), row]));
    const current = key === undefined ? undefined : rows.get(keyText(key));
    const mark = markOf(current);
    const isOwn = isFrom(current, table, source);
    if (translation.outcome === "quarantined") return { kind: "quarantined", reason: translation.reason, others: [] };
    if (translation.outcome === "skipped") return { kind: "skipped", code: translation.code };
    const { migrated } = translation;
    const refused = refusedByLedger(entity, migrated, rows);
    if (refused !== undefined) return refused;
    const decided = found.some((row) => (row as Partial<ConflictMark>).kept === source);
    for (const unique of decided ? [] : migrated.uniques.filter((one) => !isJoinedKey(entity, one))) {
      const sources = conflicts.get(unique) ?? (isOwn ? [] : [...sourcesIn(table, current), source]);
      const alive = await reconciler.rivals(table, source, { unique, sources }, migrated);
      if (alive.length > 0) return conflict(table, unique, source, alive);
    }
    if (current !== undefined && !isOwn) {
      if (table.newer.some(({ name }) => name === tableOf(current))) return { kind: "skipped", code: "superseded" };
      const [rival] = mark?.mended === undefined || isJoined(entity) ? [] : sourcesIn(table, current);
      const corrected = rival === undefined ? undefined : await reader.get(table, rival);
      if (rival !== undefined && corrected !== undefined)
        return conflict(table, migrated.uniques[0] ?? "", source, [{ source: rival, item: corrected }]);
    }
    const conflictOf = async (unique: string) => {
      const sources = conflicts.get(unique);
      return sources === undefined ? undefined : { sources };
    };
    const alone = { table, source, item, correction: undefined, translation, own: migrated, wanted: migrated, rows };
    const { wanted } = await reconciler.withPartners(alone, partnersOf(table, uniques, conflicts), conflictOf);
    const joined = isOfSeveral(wanted?.item);
    if (current === undefined) return { kind: "written", joined };
    if (mark?.digest === wanted?.digest) return { kind: "unchanged", joined };
    if (translator.isIntact(entity, current)) return { kind: "written", joined };
    return { kind: "kept", text: "the new layer has changed or made it" };
  }
}

/** The sources that may become one item with one, as far as they are known. */
const partnersOf = ({ entity }: SourceTable, uniques: readonly string[], conflicts: Conflicts): readonly string[] =>
  uniques.filter((unique) => isJoinedKey(entity, unique)).flatMap((unique) => conflicts.get(unique) ?? []);

const JOINED = "parts of one item with others of its key: a purchase of two products that are one now";
const NO_ACCESS = "active, and their access is over: --access-from tells from when its days count";

const INSIDE = "with purchases inside the account, which are kept in legacy and are no entitlements";

/** What an operator must know of items that come over. */
function noticesOf(item: StoredItem, now: number): string[] {
  const notices: string[] = [];
  if (givesNoAccess(item, now)) notices.push(NO_ACCESS);
  if (item.__edb_e__ === "user" && "purchases" in ((item.legacy ?? {}) as object)) notices.push(INSIDE);
  return notices;
}

/** Whether an item is a purchase that its source calls active, and that lets nobody use anything any more. */
const givesNoAccess = ({ __edb_e__, status, expires_at }: StoredItem, now: number): boolean =>
  __edb_e__ === "entitlement" && status === "active" && (expires_at as number) <= now;

/** Gathers what becomes of the items of a page. */
class PageOutcomes {
  private readonly table: SourceTable;
  private readonly counts = noCounts();
  private readonly setAside: { quarantine: SetAside[]; archive: SetAside[] } = { quarantine: [], archive: [] };

  constructor(table: SourceTable, read: number) {
    this.table = table;
    this.counts.read = read;
  }

  settle(arrival: Arrival, outcome: Outcome): void {
    switch (outcome.kind) {
      case "written":
      case "unchanged":
        this.counts[outcome.kind === "written" ? "written" : "already"]++;
        if (outcome.joined === true) this.join(arrival);
        break;
      case "kept":
        this.counts.already++;
        this.counts.kept++;
        this.archive(arrival, "kept", outcome.text);
        break;
      case "skipped":
        this.skip(arrival, outcome.code);
        break;
      case "quarantined":
        this.quarantine(arrival, outcome.reason, outcome.others);
        break;
      case "removed":
        this.skip(arrival, "gone");
    }
  }

  private join(arrival: Arrival): void {
    this.count(JOINED);
    this.archive(arrival, "joined", "it is a part of one item with others of its key");
  }

  skip(arrival: Arrival, code: SkipCode): void {
    this.counts.skipped++;
    this.count(code);
    // Of an account that was erased nothing is kept anew.
    if (code !== "erased") this.archive(arrival, code, SKIPPED[code]);
  }

  quarantine(arrival: Arrival, reason: Reason, others: readonly SourceItem[] = []): void {
    this.counts.quarantined++;
    this.count(`${reason.code} ${reason.attributes.map((name) => `${this.table.entity}.${name}`).join(", ")}`);
    this.setAside.quarantine.push({ ...this.lineOf(arrival), reason, others });
  }

  report(): PageReport {
    return { counts: addCounts([this.counts]), ...this.setAside };
  }

  shape(item: SourceItem): void {
    countShape(this.counts.shapes, shapeOf(item));
  }

  private archive(arrival: Arrival, code: string, text: string): void {
    this.setAside.archive.push({ ...this.lineOf(arrival), reason: { code, text } });
  }

  private lineOf({ source, item }: Arrival) {
    const { name, entity } = this.table;
    return { table: name, entity, key: source, item, digest: sourceDigest(item) };
  }

  /** Counts a reason, or what an operator must know of items that come over. */
  count(reason: string): void {
    this.counts.reasons[reason] = (this.counts.reasons[reason] ?? 0) + 1;
  }
}

/** Reconciles what the stream handler touched while a table was read: a page may have been older than a live write. */
export async function settleTouched(
  { reconciler }: Pick<BackfillOptions, "reconciler">,
  table: SourceTable,
  since: number,
): Promise<number> {
  let settled = 0;
  for await (const { source, keys, uniques } of reconciler.marks.touchedSince(table, since)) {
    await reconciler.reconcile(table, source, { ...NOWHERE, keys, uniques });
    settled++;
  }
  return settled;
}
