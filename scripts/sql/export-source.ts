import { createHash } from "node:crypto";
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { StoredItem } from "../../services/storage/requests.ts";
import type { Reading } from "./table-source.ts";
import { DONE } from "./typed-database.ts";

/** Lines that are taken together. */
const LINES_AT_ONCE = 1_000;
const CHANGES = "changes";

/** An export of DynamoDB to S3, as its folder on this machine says it. */
interface Export {
  readonly folder: string;
  readonly table: string;
  readonly incremental: boolean;
  /** Until when its changes go; ISO 8601. */
  readonly until: string;
  readonly items: number;
  readonly files: readonly { readonly path: string; readonly md5: string; readonly items: number }[];
}

type Image = Record<string, AttributeValue>;

/** A line of a full export, or of an incremental one: what an item became, or its key alone when it was removed. */
interface ExportLine {
  readonly Item?: Image;
  readonly Keys?: Image;
  readonly NewImage?: Image;
}

/** What a set of exports is: its table's name, its instant, its number of lines, and how it is read. */
export interface ExportSource {
  readonly name: string;
  readonly items: number;
  readonly reading: Reading;
}

/**
 * A full export, and the incremental ones after it, as one source: items as they were at the end of the last one.
 * @throws Error when a folder is no export in DynamoDB JSON, when there is not one full export, or of another table.
 */
export function exportSource(folders: readonly string[]): ExportSource {
  const exports = folders.map(readManifest).sort((a, b) => (a.until < b.until ? -1 : 1));
  const full = exports.filter(({ incremental }) => !incremental);
  const [whole] = full;
  if (whole === undefined || full.length > 1)
    throw new Error(`one full export is wanted, and there are ${full.length}`);
  const other = exports.find(({ table }) => table !== whole.table);
  if (other !== undefined)
    throw new Error(`${other.folder} is of ${other.table}, and ${whole.folder} of ${whole.table}`);
  const later = exports.filter(({ incremental }) => incremental);
  const early = later.find(({ until }) => until < whole.until);
  if (early !== undefined) throw new Error(`${early.folder} ends before the full export, which has its changes`);
  const until = exports.at(-1)?.until ?? whole.until;
  return {
    name: `export of ${whole.table.replace(/^.*table\//, "")} until ${until}`,
    items: exports.reduce((sum, { items }) => sum + items, 0),
    reading: (from, take) => readExports(whole, later, from, take),
  };
}

function readManifest(folder: string): Export {
  const file = join(folder, "manifest-summary.json");
  if (!existsSync(file)) throw new Error(`${folder} has no manifest-summary.json: it is the folder of one export`);
  const summary = JSON.parse(readFileSync(file, "utf8")) as Record<string, string | number>;
  if (summary.outputFormat !== "DYNAMODB_JSON")
    throw new Error(`${folder} is in ${summary.outputFormat}; DYNAMODB_JSON is wanted`);
  const lines = readFileSync(join(folder, "manifest-files.json"), "utf8").split("\n").filter(Boolean);
  const files = lines.map((line) => {
    const { dataFileS3Key, md5Checksum, itemCount } = JSON.parse(line);
    return { path: join(folder, "data", basename(dataFileS3Key)), md5: md5Checksum, items: itemCount };
  });
  const incremental = summary.exportType === "INCREMENTAL_EXPORT";
  return {
    folder,
    table: String(summary.tableArn),
    incremental,
    until: String(incremental ? summary.exportToTime : summary.exportTime),
    items: Number(summary.itemCount),
    files,
  };
}

/** Changes are gathered first, in memory: a changed item of the full export is passed over for what it became. */
async function readExports(
  whole: Export,
  later: readonly Export[],
  from: ReadonlyMap<string, string>,
  take: Parameters<Reading>[1],
): Promise<void> {
  // They are the last part: with them all is read.
  if (from.get(CHANGES) === DONE) return;
  const changed = new Map<string, StoredItem | undefined>();
  for (const { files } of later)
    for (const file of files)
      await eachLine(file, ({ Keys = {}, NewImage }) => {
        changed.set(keyOf(plain(Keys)), NewImage === undefined ? undefined : plain(NewImage));
      });
  for (const file of whole.files) await readWhole(file, changed, from, take);
  const items = [...changed.values()].filter((item) => item !== undefined);
  await take({ items, position: { part: CHANGES, next: DONE } });
}

async function readWhole(
  file: Export["files"][number],
  changed: ReadonlyMap<string, unknown>,
  from: ReadonlyMap<string, string>,
  take: Parameters<Reading>[1],
): Promise<void> {
  const part = basename(file.path);
  const known = from.get(part);
  if (known === DONE) return;
  let lines = 0;
  let items: StoredItem[] = [];
  await eachLine(file, async ({ Item = {} }) => {
    if (++lines <= Number(known ?? 0)) return;
    const item = plain(Item);
    if (!changed.has(keyOf(item))) items.push(item);
    if (lines % LINES_AT_ONCE > 0) return;
    await take({ items, position: { part, next: String(lines) } });
    items = [];
  });
  await take({ items, position: { part, next: DONE } });
}

/** Calls with each line of a file that is whole, as its checksum and the number of its lines say. */
async function eachLine(
  { path, md5, items }: Export["files"][number],
  call: (line: ExportLine) => void | Promise<void>,
): Promise<void> {
  const digest = createHash("md5");
  await pipeline(createReadStream(path), digest);
  if (digest.digest("base64") !== md5) throw new Error(`${path} is not as its manifest says: its checksum differs`);
  let lines = 0;
  for await (const line of createInterface({ input: createReadStream(path).pipe(createGunzip()) })) {
    if (line === "") continue;
    lines++;
    await call(JSON.parse(line));
  }
  if (lines !== items) throw new Error(`${path} has ${lines} lines, and its manifest says ${items}`);
}

const plain = (image: Image): StoredItem => unmarshall(image);
const keyOf = ({ pk, sk }: StoredItem): string => JSON.stringify([pk, sk]);
