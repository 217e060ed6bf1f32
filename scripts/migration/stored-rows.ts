import type { DataContext } from "../../services/storage/context.ts";
import {
  batchGet,
  keyText,
  type RequestLabel,
  type StoredItem,
  type StoredKey,
} from "../../services/storage/requests.ts";

/** Rows of the new table by the texts of their keys. */
export type Rows = ReadonlyMap<string, StoredItem>;

/** The rows under some keys, each read consistently once, however often it is asked for. */
export async function rowsUnder(
  context: DataContext,
  label: RequestLabel,
  keys: readonly StoredKey[],
): Promise<Map<string, StoredItem>> {
  const distinct = new Map(keys.map((key) => [keyText(key), key]));
  const rows = await batchGet(context, label, [...distinct.values()], { consistent: true });
  return new Map(rows.map((row) => [keyText(row), row]));
}
