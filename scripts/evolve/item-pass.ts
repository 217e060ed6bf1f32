import { setTimeout as pause } from "node:timers/promises";
import { GetCommand, ScanCommand, type ScanCommandInput } from "@aws-sdk/lib-dynamodb";
import { createContext, type DataContext } from "../../services/context.ts";
import { keyOf, type StoredItem } from "../../services/storage/requests.ts";
import { createItemCheck, type ItemFinding } from "../doctor/item-check.ts";
import { repairItem } from "../doctor/repair.ts";
import { isCommandRow } from "../table/command-rows.ts";
import type { TableTarget } from "../table/table-target.ts";
import type { PassPlace, PassRecord } from "./pass-record.ts";

export interface PassOptions {
  readonly names: readonly string[];
  readonly record: PassRecord;
  readonly onProgress?: (place: PassPlace) => void;
  /** Items that are read, and then written, at once. Default 250. */
  readonly pageSize?: number;
}

/** How a pass ended. What breaks a rule of its entity, or has a wrong primary key, is left: its keys cannot be told. */
export interface PassReport extends PassPlace {
  /** The first items that are left. */
  readonly examples: readonly ItemFinding[];
}

const PAGE = 250;
/** Writes at once. */
const WRITERS = 16;
/** A live change between reading and writing is read again so often. */
const ATTEMPTS = 20;
const EXAMPLES = 10;

/**
 * Brings every item into this release's form: index keys, derived attributes and forms. Each write is on condition that nothing
 * it was computed from has changed; an item that a user changes meanwhile is read again. It goes on after the last page of a
 * pass that was interrupted, and holds one page in memory.
 * @throws TakenOver when another process goes on with it.
 */
export async function passOverItems(target: TableTarget, options: PassOptions): Promise<PassReport> {
  const { names, record, onProgress, pageSize = PAGE } = options;
  const done = await record.done();
  const context = createContext({ client: target.client, table: target.table });
  const check = createItemCheck(context);
  const examples: ItemFinding[] = [];
  let place = await record.begin(names);
  for (let page: Page | undefined = await readPage(target, pageSize, place.after); page !== undefined; ) {
    const { lastKey }: Page = page;
    const items = page.items.filter((item) => !isCommandRow(item));
    // Read while this one's items are written; a change in between is met by the condition of its write.
    const following: Promise<Page> | undefined =
      lastKey === undefined ? undefined : readPage(target, pageSize, lastKey);
    following?.catch(() => {});
    const found = items.flatMap((item) => check(item) ?? []);
    let [written, left] = [0, 0];
    await inTurns(found, async (finding) => {
      const outcome = await bring(context, check, finding);
      if (outcome === "written") written++;
      if (typeof outcome === "string") return;
      left++;
      if (examples.length < EXAMPLES) examples.push(outcome);
    });
    place = {
      names,
      read: place.read + items.length,
      written: place.written + written,
      left: place.left + left,
      ...(lastKey === undefined ? {} : { after: lastKey }),
    };
    onProgress?.(place);
    if (lastKey !== undefined) await record.moveTo(place, done);
    page = await following;
  }
  // What is left is looked for again from the beginning, once it is put right.
  if (place.left === 0) await record.end(names, done);
  else await record.moveTo({ names, read: 0, written: 0, left: 0 }, done);
  return { ...place, examples };
}

interface Page {
  readonly items: readonly StoredItem[];
  readonly lastKey: StoredItem | undefined;
}

/** A page as it is now: a plain read could miss what was written a moment ago. */
async function readPage(
  { client, table }: TableTarget,
  Limit: number,
  startKey: StoredItem | undefined,
): Promise<Page> {
  const input: ScanCommandInput = { TableName: table, ConsistentRead: true, Limit };
  const command = new ScanCommand(startKey === undefined ? input : { ...input, ExclusiveStartKey: { ...startKey } });
  const { Items = [], LastEvaluatedKey } = await client.send(command);
  return { items: Items, lastKey: LastEvaluatedKey };
}

/** Writes an item in this release's form; gives back what cannot be told. An item that no entity knows is not ours. */
async function bring(
  context: DataContext,
  check: ReturnType<typeof createItemCheck>,
  first: ItemFinding,
): Promise<"written" | "fine" | ItemFinding> {
  let finding: ItemFinding | undefined = first;
  for (let attempt = 1; finding?.repair !== undefined; attempt++) {
    if (await repairItem(context, finding.item, finding.repair)) return "written";
    if (attempt === ATTEMPTS)
      throw new Error(`an item changed ${ATTEMPTS} times while it was being written: run it again`);
    await pause(Math.random() * 10 * attempt);
    const command = new GetCommand({ TableName: context.table, Key: keyOf(finding.item), ConsistentRead: true });
    const { Item } = await context.client.send(command);
    finding = Item === undefined ? undefined : check(Item);
  }
  return finding === undefined || finding.kind === "unknown" ? "fine" : finding;
}

/** Does something with each value, some at once. */
export async function inTurns<T>(values: readonly T[], act: (value: T) => Promise<unknown>): Promise<void> {
  const waiting = values.values();
  const worker = async () => {
    for (const value of waiting) await act(value);
  };
  await Promise.all(Array.from({ length: WRITERS }, worker));
}
