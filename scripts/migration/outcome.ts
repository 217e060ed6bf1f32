import { type EntityName, MODELS } from "../../entities/models.ts";
import { hasSecretKey } from "../../entities/schema.ts";
import { refusalOf, tellsOfMove } from "../../services/guards/erasure.ts";
import type { Model } from "../../services/storage/context.ts";
import { keyText, type StoredItem } from "../../services/storage/requests.ts";
import type { Reason, SkipCode } from "./reasons.ts";
import type { SourceTable } from "./source-tables.ts";
import type { MigratedItem } from "./translator.ts";
import type { SourceItem } from "./values.ts";

/** What became of one source item. */
export type Outcome =
  /** The new table already says what the source says. */
  | { readonly kind: "unchanged"; readonly joined?: boolean /** The run that wrote it. */; readonly run?: string }
  /** The item was written, new or in place of its older self; `joined`: as a part of one with others. */
  | { readonly kind: "written"; readonly joined?: boolean }
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

/** How a source is named to whoever looks on: of a key that lets somebody in its beginning alone. */
export const shownKey = (entity: EntityName, source: string): string =>
  hasSecretKey(MODELS[entity].schema) ? `${source.slice(0, 10)}…` : source;

/** An error of one source item, which names it. */
export const failureOf = ({ entity, name }: SourceTable, source: string, cause: unknown): Error =>
  new Error(`item ${shownKey(entity, source)} of ${name}: ${cause instanceof Error ? cause.message : cause}`, {
    cause,
  });

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
