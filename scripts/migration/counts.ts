import { countShape } from "./shape.ts";

/** What became of the items of a table. */
export interface Counts {
  /** Items that the scan gave. */
  read: number;
  written: number;
  /** The new table said it already, or has an item that is its own by now. */
  already: number;
  quarantined: number;
  /** Expired and ended sessions and tokens, and items that vanished while they were read. */
  skipped: number;
  /** Those of `already` that the new layer has changed or made itself. */
  kept: number;
  /** How often each reason occurred, such as `unknown_value ticket.category`. */
  reasons: Record<string, number>;
  /** How often each shape was read: attributes with their types. */
  shapes: Record<string, number>;
}

export const noCounts = (): Counts => ({
  read: 0,
  written: 0,
  already: 0,
  quarantined: 0,
  skipped: 0,
  kept: 0,
  reasons: {},
  shapes: {},
});

export function addCounts(all: readonly Counts[]): Counts {
  const sum = noCounts();
  for (const counts of all) {
    for (const name of ["read", "written", "already", "quarantined", "skipped", "kept"] as const)
      sum[name] += counts[name];
    for (const [reason, count] of Object.entries(counts.reasons))
      sum.reasons[reason] = (sum.reasons[reason] ?? 0) + count;
    for (const [shape, count] of Object.entries(counts.shapes)) countShape(sum.shapes, shape, count);
  }
  return sum;
}

/** Every item that was read is accounted for. @throws Error that shows the equation. */
export function checkCounts(name: string, { read, written, already, quarantined, skipped }: Counts): void {
  const accounted = written + already + quarantined + skipped;
  if (read === accounted) return;
  throw new Error(
    `${name}: ${read} items were read, but ${written} written + ${already} already there + ${quarantined} quarantined + ${skipped} skipped are ${accounted}`,
  );
}
