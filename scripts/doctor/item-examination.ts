import type { DataContext } from "../../services/storage/context.ts";
import { isCommandRow } from "../table/command-rows.ts";
import { createItemCheck, type FindingKind, type ItemFinding } from "./item-check.ts";
import { repairItem } from "./repair.ts";
import { type SlowScanOptions, slowScan } from "./slow-scan.ts";

export interface ItemExaminationOptions extends SlowScanOptions {
  /** `dry-run` tells what a repair would write; `write` writes it. */
  readonly repair?: "dry-run" | "write";
  readonly onProgress?: (read: number) => void;
}

export interface ItemExamination {
  readonly read: number;
  readonly found: Readonly<Record<FindingKind, number>>;
  /** Findings that are left. */
  readonly open: number;
  readonly repairable: number;
  readonly repaired: number;
  /** Items that changed between reading and repairing. */
  readonly changed: number;
  /** The first findings, to look at. */
  readonly examples: readonly ItemFinding[];
}

const EXAMPLES = 20;

/** Checks the keys of items, and repairs them one by one as they come. */
export async function examineItems(context: DataContext, options: ItemExaminationOptions): Promise<ItemExamination> {
  const check = createItemCheck(context);
  const found = { unknown: 0, invalid: 0, primary: 0, half: 0, stale: 0 };
  const examples: ItemFinding[] = [];
  let [read, open, repairable, repaired, changed] = [0, 0, 0, 0, 0];
  for await (const item of slowScan(context, options)) {
    read++;
    options.onProgress?.(read);
    const finding = isCommandRow(item) ? undefined : check(item);
    if (finding === undefined) continue;
    found[finding.kind]++;
    if (examples.length < EXAMPLES) examples.push(finding);
    if (finding.repair !== undefined) repairable++;
    if (finding.repair === undefined || options.repair !== "write") open++;
    else if (await repairItem(context, item, finding.repair)) repaired++;
    else {
      changed++;
      open++;
    }
  }
  return { read, found, open, repairable, repaired, changed, examples };
}
