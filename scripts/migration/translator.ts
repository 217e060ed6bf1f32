import type { MigrationMark } from "../../entities/attributes.ts";
import { type EntityName, MODELS } from "../../entities/models.ts";
import { givenAttributes, hasSecretKey } from "../../entities/schema.ts";
import { allClaimsOf, claimOf, claimRow, maybeUnclaimed, ownerOf } from "../../services/guards/claims.ts";
import { entryKeyOf } from "../../services/guards/erasure.ts";
import type { AnyEntity, DataContext, Model } from "../../services/storage/context.ts";
import { ItemTooLargeError, ValidationError } from "../../services/storage/errors.ts";
import { Repository } from "../../services/storage/repository.ts";
import { keyOf, type StoredItem, type StoredKey } from "../../services/storage/requests.ts";
import { digestOf, hashOf } from "./digest.ts";
import { joinedPurchase } from "./joined-purchase.ts";
import { keyAttributesOf, type MappingRules, mapItem, reasonOf, uniquesOf, uniquesOfMapped } from "./mapping.ts";
import type { Reason, SkipCode } from "./reasons.ts";
import type { SourceTable } from "./source-tables.ts";
import type { SourceItem } from "./values.ts";

/** A source item, or several that become one, as it will be stored. */
export interface MigratedItem {
  readonly key: StoredKey;
  readonly item: StoredItem;
  readonly digest: string;
  /** What it must be the only one of. */
  readonly uniques: readonly string[];
  /** The claims that go with it: of its transaction, or of an id that a caller brought. */
  readonly claims: readonly StoredItem[];
  /** Where the ledger of erasures tells of its account, and when it began. Absent: it belongs to none. */
  readonly ledger?: { readonly key: StoredKey; readonly began: number | undefined };
}

/** The rows that decide whether an item may be written: its own, its claims, and its account's entry in the ledger of erasures. */
export const placesOf = ({ key, claims, ledger }: MigratedItem): StoredKey[] => [
  key,
  ...claims.map(keyOf),
  ...(ledger === undefined ? [] : [ledger.key]),
];

export type Translation =
  | { readonly outcome: "mapped"; readonly migrated: MigratedItem }
  | { readonly outcome: "skipped"; readonly code: SkipCode }
  | { readonly outcome: "quarantined"; readonly reason: Reason };

/** A translation of an item that can be read. */
export type Finished = Exclude<Translation, { readonly outcome: "skipped" }>;

export interface TranslatorOptions extends MappingRules {
  /** Written into every item's mark. */
  readonly run: string;
}

/** Where the attributes of an item come from. */
interface Origin {
  readonly sources: readonly string[];
  readonly derived: readonly string[];
  readonly original: string | undefined;
}

/** The table of a source item. */
export type SourceTableName = Pick<SourceTable, "entity" | "name">;

/** What a mark says of a source: its table, and its key. A key that lets somebody in stands there as its digest. */
const sourceMark = ({ entity, name }: SourceTableName, source: string): string =>
  `${name} ${hasSecretKey(MODELS[entity].schema) ? hashOf(source) : source}`;

/** Whether a stored item came from a source, alone or with others. */
export const isFrom = (item: StoredItem | undefined, table: SourceTableName, source: string): boolean =>
  marksOf(item).includes(sourceMark(table, source));

const marksOf = (item: StoredItem | undefined): readonly string[] => {
  const mark = markOf(item);
  return mark === undefined ? [] : [mark.source, ...(mark.joined ?? [])];
};

/** The keys of those of a stored item's sources that are in a table, as its mark has them. */
export const sourcesIn = ({ name }: SourceTableName, item: StoredItem | undefined): string[] =>
  marksOf(item)
    .filter((mark) => mark.startsWith(`${name} `))
    .map((mark) => mark.slice(name.length + 1));

/** The name of the table that a stored item came from. */
export const tableOf = (item: StoredItem | undefined): string | undefined => markOf(item)?.source.split(" ", 1)[0];

/** Whether a stored item is an operator's correction of its source. */
export const isMended = (item: StoredItem | undefined): boolean => markOf(item)?.mended !== undefined;

/** Whether a stored item came from several sources. */
export const isOfSeveral = (item: StoredItem | undefined): boolean => markOf(item)?.joined !== undefined;

/** The mark of a stored item, if a migration brought it. */
export const markOf = (item: StoredItem | undefined): MigrationMark | undefined =>
  item?.migration as MigrationMark | undefined;

/** Turns source items into stored ones, validated and keyed by their entities. */
export class Translator {
  readonly options: TranslatorOptions;
  private readonly context: DataContext;
  private readonly stores = new Map<EntityName, { store: Repository<AnyEntity>; content: readonly string[] }>();

  constructor(context: DataContext, options: TranslatorOptions) {
    this.context = context;
    this.options = options;
  }

  /** @param original The digest of the source item, where the item is an operator's correction of it. */
  translate(table: SourceTableName, source: string, item: SourceItem, original?: string): Translation {
    const { entity } = table;
    const mapped = mapItem(entity, item, this.options);
    if (mapped.outcome !== "mapped") return mapped;
    const { attributes, derived } = mapped;
    const origin = { sources: [sourceMark(table, source)], derived, original };
    const finished = this.finish(entity, attributes, origin);
    if (finished.outcome === "mapped" || finished.reason.code !== "invalid_value") return finished;
    return { outcome: "quarantined", reason: reasonOf(entity, item, this.options) ?? finished.reason };
  }

  /** What several items under one key become together, in whatever order they come. */
  join(entity: EntityName, items: readonly StoredItem[]): Finished {
    const ordered = [...items].sort((a, b) => ((marksOf(a)[0] ?? "") < (marksOf(b)[0] ?? "") ? -1 : 1));
    const marks = ordered.map(markOf);
    return this.finish(entity, joinedPurchase(ordered.map((item) => this.contentOf(entity, item))), {
      sources: [...new Set(items.flatMap(marksOf))].sort(),
      derived: [...new Set(marks.flatMap((mark) => mark?.derived ?? []))],
      original: marks.find((mark) => mark?.mended !== undefined)?.mended,
    });
  }

  private finish(
    entity: EntityName,
    attributes: Readonly<Record<string, unknown>>,
    { sources: [source = "", ...joined], derived, original }: Origin,
  ): Finished {
    const digest = digestOf(attributes);
    const migration: MigrationMark = {
      source,
      digest,
      run: this.options.run,
      ...(derived.length === 0 ? {} : { derived }),
      ...(original === undefined ? {} : { mended: original }),
      ...(joined.length === 0 ? {} : { joined }),
    };
    try {
      const stored = this.storeOf(entity).store.itemOf({
        ...attributes,
        ...this.keptOf(entity, attributes),
        migration,
      });
      const migrated = {
        key: keyOf(stored),
        item: stored,
        digest,
        uniques: uniquesOfMapped(entity, attributes),
        claims: this.claimsOf(entity, attributes),
        ...this.ledgerOf(entity, stored),
      };
      return { outcome: "mapped", migrated };
    } catch (error) {
      if (!(error instanceof ValidationError)) throw error;
      const code = error instanceof ItemTooLargeError ? "item_too_large" : "invalid_value";
      return { outcome: "quarantined", reason: { code, attributes: [error.attribute], text: error.message } };
    }
  }

  /** The key that an item has or would have, if its key's attributes can be read. */
  keyOf(entity: EntityName, item: SourceItem): StoredKey | undefined {
    const attributes = keyAttributesOf(entity, item, this.options);
    if (attributes === undefined) return undefined;
    const { store } = this.storeOf(entity);
    return store.keyOf(attributes);
  }

  uniquesOf(entity: EntityName, item: SourceItem): string[] {
    return uniquesOf(entity, item, this.options);
  }

  /** The digest of a stored item as it now is: its mark has that of the item as it was migrated. */
  contentDigest(entity: EntityName, item: StoredItem): string {
    return digestOf(this.contentOf(entity, item));
  }

  /** The attributes of a stored item that say something: without keys, derived ones and the mark. */
  contentOf(entity: EntityName, item: StoredItem): Record<string, unknown> {
    const content: Record<string, unknown> = {};
    for (const name of this.storeOf(entity).content) if (item[name] !== undefined) content[name] = item[name];
    return content;
  }

  /** The names that an entity's items have, keys and derived ones aside. */
  attributesOf(entity: EntityName): readonly string[] {
    return this.storeOf(entity).content;
  }

  /** Whether an item still is as a migration wrote it. */
  isIntact(entity: EntityName, item: StoredItem): boolean {
    return markOf(item)?.digest === this.contentDigest(entity, item);
  }

  /**
   * An id in the form of a UUID was made by the platform, and nobody brings it again. A ticket that the mail service
   * delivers again after the cut-over must meet its claim.
   */
  private claimsOf(entity: EntityName, attributes: Readonly<Record<string, unknown>>): readonly StoredItem[] {
    const { claim }: Model = MODELS[entity];
    if (claim === undefined) return [];
    return allClaimsOf(claim, attributes).flatMap(([kind, id, owner]) => {
      if (claim.settles !== true && maybeUnclaimed(id)) return [];
      const row = { kind, id, created_at: attributes[claim.begins] as number };
      return [claimRow(this.context, claim.settles === true ? { ...row, settled: true } : row, owner)];
    });
  }

  /** What an item keeps of its claims' owner, as a service writes it. */
  private keptOf(entity: EntityName, attributes: Readonly<Record<string, unknown>>): Record<string, string> {
    const { claim }: Model = MODELS[entity];
    if (claim?.kept === undefined) return {};
    const [, , owner] = claimOf(claim, attributes);
    return { [claim.kept]: ownerOf(this.context, owner) };
  }

  private ledgerOf(entity: EntityName, stored: StoredItem): Pick<MigratedItem, "ledger"> {
    const { account, claim }: Model = MODELS[entity];
    if (account === undefined) return {};
    const began = stored[claim?.begins ?? "created_at"] as number | undefined;
    return { ledger: { key: entryKeyOf(this.context, stored[account.attribute] as string), began } };
  }

  private storeOf(entity: EntityName) {
    const known = this.stores.get(entity);
    if (known !== undefined) return known;
    const model: Model<AnyEntity> = MODELS[entity];
    const names = givenAttributes(model.schema).map(([name]) => name);
    const content = names.filter((name) => name !== "migration" && name !== model.claim?.kept);
    const made = { store: new Repository(this.context, model), content };
    this.stores.set(entity, made);
    return made;
  }
}
