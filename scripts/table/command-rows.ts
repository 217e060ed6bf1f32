import type { StoredItem } from "../../services/storage/requests.ts";

/** What the keys of rows begin with that commands keep in the table for themselves; an entity's keys begin with a letter. */
export const DOCTOR_ROWS = "$doctor#";
export const MIGRATION_ROWS = "$migration#";
export const EVOLUTION_ROWS = "$evolve#";

/** Whether a row is a command's own and no item. A killed command leaves its rows behind. */
export const isCommandRow = ({ pk }: StoredItem): boolean =>
  [DOCTOR_ROWS, MIGRATION_ROWS, EVOLUTION_ROWS].some((prefix) => String(pk).startsWith(prefix));
