import { FORMS, type Form } from "../../entities/evolution.ts";
import type { StoredItem } from "./requests.ts";

const BY_ENTITY: ReadonlyMap<unknown, readonly Form[]> = new Map(
  FORMS.map(({ entity }) => [entity, FORMS.filter((form) => form.entity === entity)]),
);

/**
 * A stored item in the form of this release, whichever release wrote it. `attributes` are those that were asked for, where
 * it is not a whole item.
 */
export function inThisForm(item: StoredItem, attributes?: readonly string[]): StoredItem;
export function inThisForm(item: StoredItem | undefined, attributes?: readonly string[]): StoredItem | undefined;
export function inThisForm(item: StoredItem | undefined, attributes?: readonly string[]): StoredItem | undefined {
  const forms = BY_ENTITY.get(item?.__edb_e__);
  if (item === undefined || forms === undefined) return item;
  const changed: Record<string, unknown> = { ...item };
  for (const { attribute, toldBy, value } of forms) {
    const needed = [attribute, ...toldBy];
    if (attributes === undefined || needed.every((name) => attributes.includes(name))) changed[attribute] = value(item);
  }
  return changed;
}
