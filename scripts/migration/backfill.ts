import { setImmediate as turn } from "node:timers/promises";
import { bulkWrite } from "../../services/storage/bulk-writer.ts";
import { batchGet, keyText, type StoredItem, type StoredKey } from "../../services/storage/requests.ts";
import { type Conflicts, neighbourConflicts } from "./conflicts.ts";
import { foresee } from "./foresight.ts";
import { rivalsOf } from "./mapping.ts";
import { claimedByAnother, failureOf, type Outcome, refusedByLedger } from "./outcome.ts";
import { type Arrival, noticesOf, PageOutcomes, type PageReport } from "./page-outcomes.ts";
import { partnersOf, type Sides } from "./partners.ts";
import type { Reason } from "./reasons.ts";
import { NOWHERE, type Reconciler } from "./reconciler.ts";
import { type SourceTable, sourceKeyText } from "./source-tables.ts";
import { isFrom, type MigratedItem, markOf, placesOf } from "./translator.ts";
import type { SourceItem } from "./values.ts";

export interface BackfillOptions extends Sides {
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
    const arrivals = items.map((item): Arrival => ({ item, source: sourceKeyText(table, item) }));
    const superseded = await reader.superseded(
      table,
      arrivals.map(({ source }) => source),
    );
    for (const [position, arrival] of arrivals.entries()) {
      // Requests of other segments go on in between.
      if (position % TURN === TURN - 1) await turn();
      const { item } = arrival;
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
    if (!apply) return foresee(this.options, table, arrival, conflicts);
    const known = reconciler.whereaboutsOf(table, arrival.item);
    const partners = partnersOf(table, known.uniques, conflicts);
    const outcome = await reconciler.reconcile(table, arrival.source, { ...known, partners });
    if (outcome.kind === "removed") return { kind: "skipped", code: "gone" };
    // A crash between writing and checkpoint: the run counts its own items as written.
    return outcome.kind === "unchanged" && outcome.run === run ? { ...outcome, kind: "written" } : outcome;
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
