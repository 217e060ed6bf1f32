import { readFileSync } from "node:fs";
import type { Units } from "./measure.ts";

export const MEASURED_UNITS_FILE = "measured-units.json";

/** Units of an event, and the same by `table` and `table/index`. */
export interface EventUnits extends Units {
  readonly byIndex: Readonly<Record<string, Units>>;
}

export interface ItemBytes {
  readonly item: number;
  /** Without keys and identifiers: about what the eleven tables store. */
  readonly attributes: number;
  /** Its row in each index. */
  readonly rows: Readonly<Record<string, number>>;
}

/** What `npm run bench:cost -- --save` keeps. */
export interface MeasuredUnits {
  /** The names of the fifteen steps. */
  readonly steps: readonly string[];
  readonly events: Readonly<Record<string, { readonly ours: EventUnits; readonly eleven?: EventUnits }>>;
  readonly bytes: Readonly<Record<string, ItemBytes>>;
}

export const readMeasuredUnits = (): MeasuredUnits =>
  JSON.parse(readFileSync(new URL(`../${MEASURED_UNITS_FILE}`, import.meta.url), "utf8"));
