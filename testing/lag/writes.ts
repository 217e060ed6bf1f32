import type { LaggedTable } from "./lagged-table.ts";
import type { Body } from "./upstream.ts";
import type { WireItem } from "./view.ts";

/** What a request wants to write to one item. */
export interface Write {
  readonly table: LaggedTable;
  readonly tableName: string;
  /** Table and key in one. */
  readonly name: string;
  readonly key: WireItem;
  /** What is stored afterwards, when that is known without a look. */
  readonly item: WireItem | undefined;
  readonly known: boolean;
}

type FindTable = (name: string) => Promise<LaggedTable | undefined>;
type Part = { readonly Item?: WireItem; readonly Key?: WireItem; readonly TableName: string };

const writeName = (tableName: string, key: WireItem) => `${tableName} ${JSON.stringify(key)}`;

function writeOf(table: LaggedTable, tableName: string, { Item, Key }: Partial<Part>, known: boolean): Write {
  const key = table.keyOf(Item ?? Key ?? {});
  return { table, tableName, name: writeName(tableName, key), key, item: Item, known };
}

type BatchPart = { readonly PutRequest?: Partial<Part>; readonly DeleteRequest?: Partial<Part> };
type TransactPart = { readonly Put?: Part; readonly Delete?: Part; readonly Update?: Part };

/** The tables and parts of a request, and whether what they leave behind is known from them. */
function partsOf(operation: string, body: Body): { readonly part: Part; readonly known: boolean }[] {
  if (operation === "BatchWriteItem") {
    const batches = Object.entries((body.RequestItems ?? {}) as Record<string, BatchPart[]>);
    return batches.flatMap(([TableName, requests]) =>
      requests.map((request) => ({
        part: { ...(request.PutRequest ?? request.DeleteRequest), TableName },
        known: true,
      })),
    );
  }
  if (operation === "TransactWriteItems") {
    return ((body.TransactItems ?? []) as TransactPart[]).flatMap(({ Put, Delete, Update }) => {
      const part = Put ?? Delete ?? Update;
      return part === undefined ? [] : [{ part, known: Update === undefined }];
    });
  }
  return [{ part: body as Part, known: operation !== "UpdateItem" }];
}

/** What a request wants to write to tables that are known; what the engine refuses anyway may be missing. */
export async function writesOf(operation: string, body: Body, find: FindTable): Promise<Write[]> {
  const writes: Write[] = [];
  for (const { part, known } of partsOf(operation, body)) {
    const table = await find(part.TableName);
    if (table !== undefined) writes.push(writeOf(table, part.TableName, part, known));
  }
  return writes;
}
