import { isDeepStrictEqual } from "node:util";
import { PRIMARY_KEY } from "../../entities/keys.ts";
import { type EntityName, MODELS } from "../../entities/models.ts";
import { hasSecretKey } from "../../entities/schema.ts";
import { refusalOf, tellsOfMove } from "../../services/guards/erasure.ts";
import type { DataContext, Model } from "../../services/storage/context.ts";
import {
  batchGet,
  ConditionFailed,
  keyOf,
  keyText,
  type StoredItem,
  type StoredKey,
  send,
} from "../../services/storage/requests.ts";
import { type ConflictMark, Marks } from "./marks.ts";
import type { Reason, SkipCode } from "./reasons.ts";
import type { SourceReader, SourceTable } from "./source-tables.ts";
import { isFrom, type MigratedItem, markOf, type Translation, type Translator } from "./translator.ts";
import type { SourceItem } from "./values.ts";

/** What became of one source item. */
export type Outcome =
  /** The new table already says what the source says. */
  | { readonly kind: "unchanged" }
  /** The item was written, new or in place of its older self. */
  | { readonly kind: "written" }
  /** The source is gone, and so is its item now. */
  | { readonly kind: "removed" }
  /** The new layer has changed or made the item, so it stays as it is. */
  | { readonly kind: "kept"; readonly text: string }
  | { readonly kind: "skipped"; readonly code: SkipCode }
  | {
      readonly kind: "quarantined";
      readonly reason: Reason;
      /** The other originals of a conflict. */
      readonly others: readonly SourceItem[];
    };

/** Where an item of the source is, was, or may be in the new table. */
export interface Whereabouts {
  readonly keys: readonly StoredKey[];
  readonly uniques: readonly string[];
}

export const NOWHERE: Whereabouts = { keys: [], uniques: [] };

interface ReconcilerOptions {
  readonly context: DataContext;
  readonly translator: Translator;
  readonly reader: SourceReader;
}

/** One look at both sides. */
interface View {
  readonly table: SourceTable;
  readonly source: string;
  readonly translation: Translation | undefined;
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
  private readonly context: DataContext;
  private readonly translator: Translator;
  private readonly reader: SourceReader;

  constructor({ context, translator, reader }: ReconcilerOptions) {
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

  /** @param read Reads the source; an item of a quarantine file stands in for it. */
  async reconcile(
    table: SourceTable,
    source: string,
    known: Whereabouts,
    read: () => Promise<SourceItem | undefined> = () => this.reader.get(table, source),
  ): Promise<Outcome> {
    let wrote: Outcome | undefined;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const before = await read();
      const own = before === undefined ? NOWHERE : this.whereaboutsOf(table, before);
      const translation = before === undefined ? undefined : this.translator.translate(table.entity, source, before);
      const wanted = translation?.outcome === "mapped" ? translation.migrated : undefined;
      const uniques = [...new Set([...known.uniques, ...own.uniques])];
      const rows = await this.rowsOf([
        ...known.keys,
        ...own.keys,
        ...(wanted === undefined ? [] : placesOf(wanted)),
        ...uniques.map((unique) => this.marks.conflictKey(table.entity, unique)),
      ]);
      if (!isDeepStrictEqual(before, await read())) continue;
      const view = { table, source, translation, wanted, rows };
      try {
        const places = [...known.keys, ...own.keys];
        const step = (await this.clear(view, places)) ?? (await this.settle(view));
        if (step === "again") wrote = { kind: wanted === undefined ? "removed" : "written" };
        else {
          await this.release(view, uniques);
          return step.kind === "unchanged" && wrote !== undefined ? wrote : step;
        }
      } catch (error) {
        if (!(error instanceof ConditionFailed)) throw error;
      }
    }
    throw new Error(`an item of ${table.name} kept changing while it was brought over; try again`);
  }

  /** Makes a conflict known, with what an operator has decided of it before. */
  async markConflict({ entity }: SourceTable, unique: string, sources: readonly string[]): Promise<void> {
    const [known] = await batchGet(this.context, label, [this.marks.conflictKey(entity, unique)], { consistent: true });
    const { kept } = (known ?? {}) as Partial<ConflictMark>;
    await this.marks.setConflict(entity, { unique, sources, ...(kept === undefined ? {} : { kept }) });
  }

  /** Lets an operator's choice stand against the other rivals. */
  async decideConflict({ entity }: SourceTable, unique: string, kept: string): Promise<void> {
    const [known] = await batchGet(this.context, label, [this.marks.conflictKey(entity, unique)], { consistent: true });
    const { sources = [] } = (known ?? {}) as Partial<ConflictMark>;
    await this.marks.setConflict(entity, { unique, sources: [...new Set([...sources, kept])].sort(), kept });
  }

  /** Forgets the conflicts of a table that were resolved in the source. */
  async dropResolved(table: SourceTable): Promise<void> {
    for await (const { unique, sources } of this.marks.conflicts(table.entity)) {
      const alive = await this.alive(table, sources, unique);
      if (alive.length < 2) await this.marks.dropConflict(table.entity, unique);
    }
  }

  private async rowsOf(keys: readonly StoredKey[]): Promise<Map<string, StoredItem>> {
    const distinct = new Map(keys.map((key) => [keyText(key), key]));
    const rows = await batchGet(this.context, label, [...distinct.values()], { consistent: true });
    return new Map(rows.map((row) => [keyText(row), row]));
  }

  /** Takes the source's item away from places where it does not belong any more. */
  private async clear({ table, source, wanted, rows }: View, places: readonly StoredKey[]): Promise<Step | undefined> {
    for (const key of places) {
      const text = keyText(key);
      const current = rows.get(text);
      if (current === undefined || (wanted !== undefined && text === keyText(wanted.key))) continue;
      if (!isFrom(current, table.entity, source)) continue;
      if (markOf(current)?.mended === true) return wanted === undefined ? { kind: "unchanged" } : KEPT_MENDED;
      if (!this.translator.isIntact(table.entity, current)) return KEPT_CHANGED;
      await this.remove(current);
      return "again";
    }
    return undefined;
  }

  private async settle(view: View): Promise<Step> {
    const { translation, wanted, rows, source, table } = view;
    if (translation === undefined) return { kind: "unchanged" };
    if (translation.outcome === "skipped") return { kind: "skipped", code: translation.code };
    if (translation.outcome === "quarantined") return { kind: "quarantined", reason: translation.reason, others: [] };
    if (wanted === undefined) return { kind: "unchanged" };
    const refused = refusedByLedger(table.entity, wanted, rows);
    if (refused !== undefined) return (await this.takeBack(view, wanted)) ?? refused;
    for (const unique of wanted.uniques) {
      const mark = rows.get(keyText(this.marks.conflictKey(table.entity, unique))) as ConflictMark | undefined;
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
    if (!isFrom(current, table.entity, source)) return this.meet(view, wanted, current, mark.source);
    if (mark.digest === wanted.digest) return { kind: "unchanged" };
    if (mark.mended === true && this.translator.options.mended !== true) return { kind: "unchanged" };
    if (!this.translator.isIntact(table.entity, current)) return KEPT_CHANGED;
    return this.write(view, wanted, current);
  }

  /** Removes what was written before the ledger told that its account had been erased, or had moved. */
  private async takeBack({ table, source, rows }: View, wanted: MigratedItem): Promise<Step | undefined> {
    const current = rows.get(keyText(wanted.key));
    if (current === undefined || !isFrom(current, table.entity, source)) return undefined;
    if (!this.translator.isIntact(table.entity, current)) return KEPT_CHANGED;
    await this.remove(current);
    return "again";
  }

  /** A conflict is known: it holds while a rival still becomes the same. */
  private async judge(view: View, wanted: MigratedItem, mark: ConflictMark): Promise<Step | undefined> {
    const { table, source, rows } = view;
    if (mark.kept === source) return undefined;
    const rivals = mark.sources.filter((one) => one !== source);
    const alive = await this.alive(table, rivals, mark.unique);
    if (alive.length === 0) {
      await this.marks.dropConflict(table.entity, mark.unique);
      return "again";
    }
    if (!mark.sources.includes(source)) {
      await this.marks.setConflict(table.entity, { ...mark, sources: [...mark.sources, source].sort() });
      return "again";
    }
    const current = rows.get(keyText(wanted.key));
    const stored = markOf(current);
    if (current !== undefined && stored !== undefined && stored.mended !== true && mark.kept === undefined) {
      if (mark.sources.includes(stored.source) && this.translator.isIntact(table.entity, current)) {
        await this.remove(current);
        return "again";
      }
    }
    return conflict(table, mark.unique, source, alive);
  }

  /** The key is taken by another source item. */
  private async meet(view: View, wanted: MigratedItem, current: StoredItem, rival: string): Promise<Step> {
    const { table, source } = view;
    const [unique = ""] = wanted.uniques;
    const alive = await this.alive(table, [rival], unique);
    if (alive.length === 0) {
      if (!this.translator.isIntact(table.entity, current)) return KEPT_CHANGED;
      await this.remove(current);
      return "again";
    }
    const kept = markOf(current)?.mended === true ? { kept: rival } : {};
    await this.marks.setConflict(table.entity, { unique, sources: [rival, source].sort(), ...kept });
    return "again";
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
  private async write({ rows, table }: View, wanted: MigratedItem, current: StoredItem | undefined): Promise<Step> {
    for (const claim of wanted.claims) {
      const stored = rows.get(keyText(claim));
      if (stored === undefined) await this.put(claim, undefined);
      else if (stored.owner !== claim.owner) return claimedByAnother(table);
    }
    await this.put(wanted.item, current);
    return "again";
  }

  /** The source has left a conflict: the last one in it may come over now. */
  private async release({ table, source, wanted, rows }: View, uniques: readonly string[]): Promise<void> {
    for (const unique of uniques) {
      const mark = rows.get(keyText(this.marks.conflictKey(table.entity, unique))) as ConflictMark | undefined;
      if (mark === undefined || wanted?.uniques.includes(unique) === true || !mark.sources.includes(source)) continue;
      const alive = await this.alive(
        table,
        mark.sources.filter((one) => one !== source),
        unique,
      );
      if (alive.length > 1) continue;
      await this.marks.dropConflict(table.entity, unique);
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

const KEPT_CHANGED: Outcome = { kind: "kept", text: "the new layer has changed the item since it was brought over" };
const KEPT_MENDED: Outcome = { kind: "kept", text: "the item was mended by hand, and its source has another key now" };

/** What is said of source items that become one. */
export function conflict(
  { entity }: Pick<SourceTable, "entity">,
  unique: string,
  source: string,
  rivals: readonly { readonly source: string; readonly item: SourceItem }[],
): Outcome {
  const names = rivals.map((rival) => rival.source).join(" and ");
  const attributes = [...unique.matchAll(/(?:^|, )([a-z_]+) (?=["\d])/g)].map(([, name = ""]) => name);
  const secret = hasSecretKey(MODELS[entity].schema);
  const text = `${entity}: the source items ${source} and ${names} would both be the one with ${secret ? "their key" : unique}; decide for one of them`;
  return {
    kind: "quarantined",
    reason: { code: "conflict", attributes, text },
    others: rivals.map(({ item }) => item),
  };
}

/** The rows that decide whether an item may be written: its own, its claims, and its account's entry in the ledger of erasures. */
export const placesOf = ({ key, claims, ledger }: MigratedItem): StoredKey[] => [
  key,
  ...claims.map(keyOf),
  ...(ledger === undefined ? [] : [ledger.key]),
];

/** What becomes of an item whose account was erased since it began, or has another address; undefined when it may come over. */
export function refusedByLedger(
  entity: EntityName,
  { ledger }: MigratedItem,
  rows: ReadonlyMap<string, StoredItem>,
): Outcome | undefined {
  const entry = ledger === undefined ? undefined : rows.get(keyText(ledger.key));
  if (entry === undefined || refusalOf(entry, ledger?.began) === undefined) return undefined;
  if (!tellsOfMove(entry)) return { kind: "skipped", code: "erased" };
  const { account }: Model = MODELS[entity];
  const attribute = account?.attribute ?? "user_email";
  const text = `${entity}: the account of its ${attribute} has another address in the new table`;
  return { kind: "quarantined", reason: { code: "moved", attributes: [attribute], text }, others: [] };
}

export function claimedByAnother({ entity }: Pick<SourceTable, "entity">): Outcome {
  const { claim: claimed }: Model = MODELS[entity];
  const attribute = claimed?.id ?? "id";
  const text = `${entity}: its ${attribute} belongs to another item or account in the new table`;
  return { kind: "quarantined", reason: { code: "claimed", attributes: [attribute], text }, others: [] };
}
