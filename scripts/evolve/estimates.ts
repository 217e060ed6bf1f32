import { itemSize } from "../../entities/item-size.ts";
import { createContext } from "../../services/context.ts";
import { createItemCheck, type ItemFinding } from "../doctor/item-check.ts";
import { slowScan } from "../doctor/slow-scan.ts";
import { isCommandRow } from "../table/command-rows.ts";
import { otherVersionOf } from "../table/index-stages.ts";
import type { TableState } from "../table/table-state.ts";
import type { TableTarget } from "../table/table-target.ts";
import type { Step } from "./plan.ts";

/** What a step costs, about: DynamoDB counts a table every six hours, and of the items a sample is read. */
export interface Estimate {
  readonly items: number;
  readonly readUnits: number;
  readonly writeUnits: number;
}

const KILOBYTE = 1024;
/** Bytes that a consistent read unit reads. */
const READ_UNIT = 4 * KILOBYTE;
const SAMPLE = 400;
const SAMPLE_RATE = 100;

/** What DynamoDB writes when it fills an index from the items; undefined while it has not counted what the index holds. */
export function fillEstimate(state: TableState, step: Extract<Step, { kind: "index" }>): Estimate | undefined {
  const names = state.indexes.map(({ indexName }) => indexName);
  const other = otherVersionOf(step.index.indexName, names);
  const { itemCount: items, bytes } = state.indexes.find(({ indexName }) => indexName === other) ?? state;
  if (items === 0) return undefined;
  return { items, readUnits: 0, writeUnits: items * Math.ceil(bytes / items / KILOBYTE) };
}

/** Units of the table and of each index whose key changes. */
function writeUnitsOf({ item, repair }: ItemFinding): number {
  const changed = [...Object.keys(repair?.set ?? {}), ...(repair?.remove ?? [])];
  const indexes = changed.filter((name) => name.endsWith("pk")).length;
  return Math.ceil(itemSize({ ...item, ...repair?.set }) / KILOBYTE) + indexes;
}

/** What a pass over the items costs, told by a sample of them. */
export async function passEstimate(target: TableTarget, state: TableState): Promise<Estimate> {
  const check = createItemCheck(createContext({ client: target.client, table: target.table }));
  let [read, found, bytes, units] = [0, 0, 0, 0];
  const sample = { items: SAMPLE, itemCount: state.itemCount, rate: SAMPLE_RATE };
  for await (const item of slowScan(createContext({ client: target.client, table: target.table }), sample)) {
    read++;
    bytes += itemSize(item);
    const finding = isCommandRow(item) ? undefined : check(item);
    if (finding?.repair === undefined) continue;
    found++;
    units += writeUnitsOf(finding);
  }
  const times = read === 0 ? 0 : Math.max(1, state.itemCount / read);
  return {
    items: Math.round(found * times),
    readUnits: Math.ceil(Math.max(state.bytes, bytes) / READ_UNIT),
    writeUnits: Math.round(units * times),
  };
}
