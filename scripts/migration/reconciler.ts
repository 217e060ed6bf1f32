import { isDeepStrictEqual } from "node:util";
import { PRIMARY_KEY } from "../../entities/keys.ts";
import type { EntityName } from "../../entities/models.ts";
import type { DataContext } from "../../services/storage/context.ts";
import {
  ConditionFailed,
  keyOf,
  keyText,
  type StoredItem,
  type StoredKey,
  send,
} from "../../services/storage/requests.ts";
import { sourceDigest } from "./json-lines.ts";
import { isJoined, isJoinedKey } from "./mapping.ts";
import { type ConflictMark, Marks } from "./marks.ts";
import { claimedByAnother, conflict, failureOf, type Outcome, refusedByLedger } from "./outcome.ts";
import { type ConflictOf, joinPartners, type Sides } from "./partners.ts";
import type { SourceReader, SourceTable } from "./source-tables.ts";
import { rowsUnder } from "./stored-rows.ts";
import {
  isFrom,
  isMended,
  isOfSeveral,
  type MigratedItem,
  markOf,
  placesOf,
  sourcesIn,
  type Translation,
  type Translator,
  tableOf,
} from "./translator.ts";
import type { SourceItem } from "./values.ts";

/** Where an item of the source is, was, or may be in the new table. */
export interface Whereabouts {
  readonly keys: readonly StoredKey[];
  readonly uniques: readonly string[];
  /** Other sources that may become one item with it. */
  readonly partners?: readonly string[];
  /** What an operator has made of the source item. */
  readonly correction?: Correction;
}

/** A source item as an operator has corrected it. */
export interface Correction {
  readonly item: SourceItem;
  /** The digest of the source item that was corrected. */
  readonly digest: string;
}

export const NOWHERE: Whereabouts = { keys: [], uniques: [] };

/** One look at both sides. */
interface View {
  readonly table: SourceTable;
  readonly source: string;
  /** The source item as it is. */
  readonly item: SourceItem | undefined;
  readonly correction: Correction | undefined;
  readonly translation: Translation | undefined;
  /** What the source becomes alone. */
  readonly own: MigratedItem | undefined;
  /** What it becomes with what has its key, where such are joined. */
  readonly wanted: MigratedItem | undefined;
  readonly rows: ReadonlyMap<string, StoredItem>;
}

/** Either everything is as it should be, or something was written and both sides must be looked at again. */
type Step = Outcome | "again";

const ATTEMPTS = 40;
const label = { entity: "migration", accessPattern: "reconcile" };

/**
 * Brings the item of one source key into line with the source as it is at this moment. What a caller knows of the source's
 * content is never used, only its key: so records may come twice, late or in any order.
 *
 * The new table is read before the source, each write is made under the condition that the item is as it was read, and
 * after a write both are read again. A writer with an older view of the source therefore either fails its condition or
 * finds, after it wrote, that the source is another one, and goes on until both sides agree.
 */
export class Reconciler {
  readonly marks: Marks;
  private readonly sides: Sides;
  private readonly context: DataContext;
  private readonly translator: Translator;
  private readonly reader: SourceReader;

  constructor(sides: Sides) {
    const { context, translator, reader } = sides;
    this.sides = sides;
    this.context = context;
    this.translator = translator;
    this.reader = reader;
    this.marks = new Marks(context);
  }

  /** What is known of where an image of a source item belongs. */
  whereaboutsOf(table: SourceTable, image: SourceItem): Whereabouts {
    const key = this.translator.keyOf(table.entity, image);
    return { keys: key === undefined ? [] : [key], uniques: this.translator.uniquesOf(table.entity, image) };
  }

  /** What becomes of the item of a source key. A correction counts only while the source is what was corrected. */
  async reconcile(table: SourceTable, source: string, known: Whereabouts): Promise<Outcome> {
    let wrote: Outcome | undefined;
    const { correction } = known;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const before = await this.reader.get(table, source);
      const stale = staleOf(table, before, correction);
      if (stale !== undefined) return wrote ?? stale;
      const item = correction?.item ?? before;
      const own = item === undefined ? NOWHERE : this.whereaboutsOf(table, item);
      const translation = await this.translationOf(table, source, item, correction);
      const wanted = translation?.outcome === "mapped" ? translation.migrated : undefined;
      const uniques = [...new Set([...known.uniques, ...own.uniques])];
      const places = [...known.keys, ...own.keys];
      const rows = await this.rowsOf(table, source, [
        ...places,
        ...(wanted === undefined ? [] : placesOf(wanted)),
        ...uniques.map((unique) => this.marks.conflictKey(table, unique)),
      ]);
      if (!isDeepStrictEqual(before, await this.reader.get(table, source))) continue;
      const alone = { table, source, item: before, correction, translation, own: wanted, wanted, rows };
      const view = await this.withPartners(alone, known.partners);
      try {
        const step = (await this.clear(view, places)) ?? (await this.settle(view));
        if (step === "again")
          wrote = wanted === undefined ? { kind: "removed" } : { kind: "written", ...joinedOf(view.wanted) };
        else {
          await this.release(view, uniques);
          return step.kind === "unchanged" && wrote !== undefined ? wrote : step;
        }
      } catch (error) {
        if (!(error instanceof ConditionFailed)) throw error;
      }
    }
    throw failureOf(table, source, new Error("it kept changing while it was brought over; try again"));
  }

  /** The item that an operator has made of a source, if there is one. */
  async corrected(table: SourceTable, source: string): Promise<StoredItem | undefined> {
    const note = await this.at(this.marks.mendedKey(table, source));
    return note === undefined ? undefined : this.at(note.mended as StoredKey);
  }

  private async translationOf(
    table: SourceTable,
    source: string,
    item: SourceItem | undefined,
    correction: Correction | undefined,
  ): Promise<Translation | undefined> {
    if (item === undefined) return undefined;
    const superseded = await this.reader.superseded(table, [source]);
    if (superseded.has(source)) return { outcome: "skipped", code: "superseded" };
    return this.translator.translate(table, source, item, correction?.digest);
  }

  /** Makes a conflict known, with what an operator has decided of it before. */
  async markConflict(table: SourceTable, unique: string, sources: readonly string[]): Promise<void> {
    const { kept } = (await this.conflictOf(table, unique)) ?? {};
    await this.marks.setConflict(table, { unique, sources, ...(kept === undefined ? {} : { kept }) });
  }

  /** Lets an operator's choice stand against the other rivals. */
  async decideConflict(table: SourceTable, unique: string, kept: string): Promise<void> {
    const { sources = [] } = (await this.conflictOf(table, unique)) ?? {};
    await this.marks.setConflict(table, { unique, sources: [...new Set([...sources, kept])].sort(), kept });
  }

  private async conflictOf(table: SourceTable, unique: string): Promise<ConflictMark | undefined> {
    return (await this.at(this.marks.conflictKey(table, unique))) as ConflictMark | undefined;
  }

  /** Forgets the conflicts of a table that were resolved in the source. */
  async dropResolved(table: SourceTable): Promise<void> {
    for await (const { unique, sources } of this.marks.conflicts(table)) {
      const alive = await this.alive(table, sources, unique);
      if (alive.length < 2) await this.marks.dropConflict(table, unique);
    }
  }

  /** The rows under some keys, and the item under the key that an operator's correction gave it, if there is one. */
  private async rowsOf(table: SourceTable, source: string, keys: StoredKey[]): Promise<Map<string, StoredItem>> {
    const note = this.marks.mendedKey(table, source);
    const rows = await this.under([...keys, note]);
    const mended = rows.get(keyText(note))?.mended as StoredKey | undefined;
    if (mended === undefined || rows.has(keyText(mended))) return rows;
    return new Map([...rows, ...(await this.under([mended]))]);
  }

  private under(keys: readonly StoredKey[]): Promise<Map<string, StoredItem>> {
    return rowsUnder(this.context, label, keys);
  }

  private async at(key: StoredKey): Promise<StoredItem | undefined> {
    return (await this.under([key])).get(keyText(key));
  }

  /** The same view of all that become one item with the source's, after its rows were read: a write finds any of them changed. */
  async withPartners(
    view: View,
    partners: readonly string[] = [],
    conflictOf: ConflictOf = (unique) => this.conflictOf(view.table, unique),
  ): Promise<View> {
    const { table, source, wanted, rows } = view;
    if (wanted === undefined || !isJoined(table.entity)) return view;
    if (refusedByLedger(table.entity, wanted, rows) !== undefined) return view;
    const current = rows.get(keyText(wanted.key));
    if (current !== undefined && isMended(current)) {
      // What an operator has corrected is in the item alone.
      if (isFrom(current, table, source)) return view;
      return this.joinedWith(view, this.translator.join(table.entity, [wanted.item, current]), rows);
    }
    const sources = [...new Set([...partners, ...sourcesIn(table, current)])].filter((one) => one !== source);
    if (sources.length === 0) return view;
    const partnership = { table, key: wanted.key, source, own: wanted, sources, conflictOf };
    const joined = await joinPartners(this.sides, partnership);
    return this.joinedWith(view, joined.translation, joined.rows);
  }

  private joinedWith(view: View, translation: Translation | undefined, others: ReadonlyMap<string, StoredItem>): View {
    const wanted = translation?.outcome === "mapped" ? translation.migrated : undefined;
    return { ...view, translation, wanted, rows: new Map([...others, ...view.rows]) };
  }

  /** Takes the source's item away from places where it does not belong any more. */
  private async clear(view: View, places: readonly StoredKey[]): Promise<Step | undefined> {
    const { table, source, item, wanted, rows } = view;
    const note = rows.get(keyText(this.marks.mendedKey(table, source)))?.mended as StoredKey | undefined;
    for (const key of note === undefined ? places : [note, ...places]) {
      const text = keyText(key);
      const current = rows.get(text);
      if (current === undefined || (wanted !== undefined && text === keyText(wanted.key))) continue;
      if (!isFrom(current, table, source)) continue;
      if (standsCorrected(view, current)) return { kind: "unchanged" };
      // What cannot be read takes no correction's place.
      if (isMended(current) && item !== undefined && wanted === undefined) continue;
      return this.withdraw(table, source, current);
    }
    return undefined;
  }

  /** Takes a source out of an item: what others have put into it stays. */
  private async withdraw(table: SourceTable, source: string, current: StoredItem): Promise<Step> {
    if (!this.translator.isIntact(table.entity, current)) return KEPT_CHANGED;
    const others = isJoined(table.entity) ? sourcesIn(table, current).filter((one) => one !== source) : [];
    const conflictOf = (unique: string) => this.conflictOf(table, unique);
    const partnership = { table, key: keyOf(current), source, sources: others, conflictOf };
    const { translation, rows } = await joinPartners(this.sides, partnership);
    const wanted = translation?.outcome === "mapped" ? translation.migrated : undefined;
    const step = wanted === undefined ? undefined : await this.write({ table, source, rows }, wanted, current);
    if (step !== "again") await this.remove(current);
    return "again";
  }

  private async settle(view: View): Promise<Step> {
    const { translation, wanted, rows, source, table } = view;
    if (translation === undefined) return { kind: "unchanged" };
    if (translation.outcome === "skipped") return { kind: "skipped", code: translation.code };
    if (translation.outcome === "quarantined") return { kind: "quarantined", reason: translation.reason, others: [] };
    if (wanted === undefined) return { kind: "unchanged" };
    const refused = refusedByLedger(table.entity, wanted, rows);
    if (refused !== undefined) return (await this.takeBack(view, wanted)) ?? refused;
    for (const unique of view.own?.uniques ?? []) {
      if (isJoinedKey(table.entity, unique)) continue;
      const mark = rows.get(keyText(this.marks.conflictKey(table, unique))) as ConflictMark | undefined;
      const step = mark === undefined ? undefined : await this.judge(view, wanted, mark);
      if (step !== undefined) return step;
    }
    const current = rows.get(keyText(wanted.key));
    if (current === undefined) return this.write(view, wanted, undefined);
    const mark = markOf(current);
    if (mark === undefined) {
      const same = this.translator.contentDigest(table.entity, current) === wanted.digest;
      return same
        ? { kind: "unchanged" }
        : { kind: "kept", text: "the new layer has an item of its own under this key" };
    }
    const isOwn = isFrom(current, table, source);
    const [rival] = sourcesIn(table, current);
    if (rival === undefined) return this.meetOther(view, wanted, current);
    if (!isOwn && !isJoined(table.entity)) return this.meet(view, wanted, current, rival);
    if (mark.digest === wanted.digest) return { kind: "unchanged", run: mark.run, ...joinedOf(wanted) };
    if (isOwn && standsCorrected(view, current)) return { kind: "unchanged" };
    if (!this.translator.isIntact(table.entity, current)) return KEPT_CHANGED;
    return this.write(view, wanted, current);
  }

  /** Removes what was written before the ledger told that its account had been erased, or had moved. */
  private async takeBack({ table, source, rows }: View, wanted: MigratedItem): Promise<Step | undefined> {
    const current = rows.get(keyText(wanted.key));
    if (current === undefined || !isFrom(current, table, source)) return undefined;
    return this.withdraw(table, source, current);
  }

  /** A conflict is known: it holds while a rival still becomes the same. */
  private async judge(view: View, wanted: MigratedItem, mark: ConflictMark): Promise<Step | undefined> {
    const { table, source, rows } = view;
    if (mark.kept === source) return undefined;
    const alive = await this.rivals(table, source, mark, wanted);
    if (alive.length === 0) {
      await this.marks.dropConflict(table, mark.unique);
      return "again";
    }
    if (!mark.sources.includes(source)) {
      await this.marks.setConflict(table, { ...mark, sources: [...mark.sources, source].sort() });
      return "again";
    }
    const current = rows.get(keyText(wanted.key));
    if (current !== undefined && !isMended(current) && mark.kept === undefined) {
      const one = sourcesIn(table, current).find((known) => mark.sources.includes(known));
      if (one !== undefined && this.translator.isIntact(table.entity, current))
        return this.withdraw(table, isFrom(current, table, source) ? source : one, current);
    }
    return conflict(table, mark.unique, source, alive);
  }

  /** The key is taken by an item of another table. */
  private async meetOther(view: View, wanted: MigratedItem, current: StoredItem): Promise<Step> {
    const { table } = view;
    const from = tableOf(current) ?? "";
    if (table.newer.some(({ name }) => name === from)) return { kind: "skipped", code: "superseded" };
    if (!table.older.includes(from))
      return { kind: "kept", text: `the item was brought over from ${from}, which is none of the tables given` };
    return this.translator.isIntact(table.entity, current) ? this.write(view, wanted, current) : KEPT_CHANGED;
  }

  /** The key is taken by another source item. */
  private async meet(view: View, wanted: MigratedItem, current: StoredItem, rival: string): Promise<Step> {
    const { table, source, correction } = view;
    const [unique = ""] = wanted.uniques;
    const item = await this.reader.get(table, rival);
    if (item === undefined || !(isMended(current) || this.translator.uniquesOf(table.entity, item).includes(unique))) {
      if (!this.translator.isIntact(table.entity, current)) return KEPT_CHANGED;
      await this.remove(current);
      return "again";
    }
    // What is there stays: it was corrected itself, or a correction is what comes.
    if (isMended(current) || correction !== undefined)
      return conflict(table, unique, source, [{ source: rival, item }]);
    await this.marks.setConflict(table, { unique, sources: [rival, source].sort() });
    return "again";
  }

  /** The other sources of a conflict that still stand against an item: what is joined with it does not. */
  async rivals(
    table: SourceTable,
    source: string,
    { unique, sources }: Pick<ConflictMark, "unique" | "sources">,
    wanted: MigratedItem,
  ) {
    const others = sources.filter((one) => one !== source);
    const alive = await this.alive(table, others, unique);
    if (!isJoined(table.entity)) return alive;
    return alive.filter(({ item }) => {
      const key = this.translator.keyOf(table.entity, item);
      return key === undefined || keyText(key) !== keyText(wanted.key);
    });
  }

  /** Those of some source items that are there and become what `unique` says, with their keys. */
  private async alive(
    table: SourceTable,
    sources: readonly string[],
    unique: string,
  ): Promise<{ readonly source: string; readonly item: SourceItem }[]> {
    const items = await Promise.all(sources.map((source) => this.reader.get(table, source)));
    return sources.flatMap((source, position) => {
      const item = items[position];
      return item !== undefined && this.translator.uniquesOf(table.entity, item).includes(unique)
        ? [{ source, item }]
        : [];
    });
  }

  /** The claims first: an item without its claim could be granted again. */
  private async write(
    { rows, table, source, correction }: Pick<View, "rows" | "table" | "source"> & Partial<View>,
    wanted: MigratedItem,
    current: StoredItem | undefined,
  ): Promise<Step> {
    for (const claim of wanted.claims) {
      const stored = rows.get(keyText(claim));
      if (stored === undefined) await this.put(claim, undefined);
      else if (stored.owner !== claim.owner) return claimedByAnother(table);
    }
    if (correction !== undefined) await this.marks.setMended(table, source, wanted.key);
    await this.put(wanted.item, current);
    return "again";
  }

  /** The source has left a conflict: the last one in it may come over now. */
  private async release({ table, source, wanted, rows }: View, uniques: readonly string[]): Promise<void> {
    for (const unique of uniques) {
      const mark = rows.get(keyText(this.marks.conflictKey(table, unique))) as ConflictMark | undefined;
      if (mark === undefined || wanted?.uniques.includes(unique) === true || !mark.sources.includes(source)) continue;
      const alive = await this.alive(
        table,
        mark.sources.filter((one) => one !== source),
        unique,
      );
      if (alive.length > 1) continue;
      await this.marks.dropConflict(table, unique);
      const [last] = alive;
      if (last !== undefined) await this.reconcile(table, last.source, this.whereaboutsOf(table, last.item));
    }
  }

  private async put(item: StoredItem, current: StoredItem | undefined): Promise<void> {
    const parameters = { TableName: this.context.table, Item: item, ...this.unchanged(current) };
    await send(this.context, "PutItem", label, parameters);
  }

  private async remove(current: StoredItem): Promise<void> {
    const parameters = { TableName: this.context.table, Key: keyOf(current), ...this.unchanged(current) };
    await send(this.context, "DeleteItem", label, parameters);
  }

  /**
   * The condition that an item is still what was read: absent, or with the same mark, every scalar as it was and no other
   * known attribute. No service changes a map or a list without a scalar beside it, or without taking the mark away.
   */
  private unchanged(current: StoredItem | undefined) {
    if (current === undefined)
      return {
        ConditionExpression: "attribute_not_exists(#pk)",
        ExpressionAttributeNames: { "#pk": PRIMARY_KEY.partitionKey },
      };
    const { digest, run } = markOf(current) ?? {};
    const names = Object.keys(current).filter((name) => typeof current[name] !== "object");
    const known = this.translator.attributesOf(current.__edb_e__ as EntityName);
    const absent = known.filter((name) => current[name] === undefined);
    return {
      ConditionExpression: [
        "#mark.#digest = :digest",
        "#mark.#run = :run",
        ...names.map((_, index) => `#c${index} = :c${index}`),
        ...absent.map((_, index) => `attribute_not_exists(#a${index})`),
      ].join(" AND "),
      ExpressionAttributeNames: {
        "#mark": "migration",
        "#digest": "digest",
        "#run": "run",
        ...Object.fromEntries(names.map((name, index) => [`#c${index}`, name])),
        ...Object.fromEntries(absent.map((name, index) => [`#a${index}`, name])),
      },
      ExpressionAttributeValues: {
        ":digest": digest,
        ":run": run,
        ...Object.fromEntries(names.map((name, index) => [`:c${index}`, current[name]])),
      },
    };
  }
}

const joinedOf = (wanted: MigratedItem | undefined) => (isOfSeveral(wanted?.item) ? { joined: true } : {});

/** Why a correction counts no more. */
export function staleOf(
  { entity }: SourceTable,
  item: SourceItem | undefined,
  correction: Correction | undefined,
): Outcome | undefined {
  if (correction === undefined) return undefined;
  if (item === undefined) return { kind: "skipped", code: "gone" };
  if (sourceDigest(item) === correction.digest) return undefined;
  const text = `${entity}: its source has changed since the line was written; a new run sets it aside anew, or brings it`;
  return { kind: "quarantined", reason: { code: "changed", attributes: [], text }, others: [] };
}

/** Whether an item is an operator's correction that a look at its source does not change: the source is what was corrected. */
function standsCorrected({ item, correction }: View, current: StoredItem): boolean {
  const mark = markOf(current);
  if (mark?.mended === undefined || item === undefined) return false;
  // Of several sources a second correction knows one alone.
  if (correction !== undefined) return mark.joined !== undefined;
  return mark.joined !== undefined || mark.mended === sourceDigest(item);
}

const KEPT_CHANGED: Outcome = { kind: "kept", text: "the new layer has changed the item since it was brought over" };
