import { createReadStream, existsSync, truncateSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { EntityName } from "../../entities/models.ts";
import { canonicalJson, hashOf } from "./digest.ts";
import type { SourceItem } from "./values.ts";

/** A source item that was not brought over, as quarantine and archive hold it. */
export interface SetAside {
  readonly table: string;
  readonly entity: EntityName;
  /** The source's key, as migrated items carry it. */
  readonly key: string;
  readonly reason: { readonly code: string; readonly attributes?: readonly string[]; readonly text: string };
  /** The source item, verbatim, as long as nobody corrects it. */
  readonly item: SourceItem;
  /** Digest of the source item as it was set aside: a line is taken again only while the source still is that one. */
  readonly digest: string;
  /** The other originals of a conflict, verbatim. */
  readonly others?: readonly SourceItem[];
}

/** DynamoDB JSON, in which binary is base64. */
function toJson(value: AttributeValue): unknown {
  if (value.B !== undefined) return { B: Buffer.from(value.B).toString("base64") };
  if (value.BS !== undefined) return { BS: value.BS.map((one) => Buffer.from(one).toString("base64")) };
  if (value.L !== undefined) return { L: value.L.map(toJson) };
  if (value.M !== undefined) return { M: itemToJson(value.M) };
  return value;
}

export const itemToJson = (item: SourceItem): Record<string, unknown> =>
  Object.fromEntries(Object.entries(item).map(([name, value]) => [name, toJson(value)]));

function fromJson(value: unknown): AttributeValue {
  const { B, BS, L, M } = value as { B?: string; BS?: string[]; L?: unknown[]; M?: Record<string, unknown> };
  if (B !== undefined) return { B: new Uint8Array(Buffer.from(B, "base64")) };
  if (BS !== undefined) return { BS: BS.map((one) => new Uint8Array(Buffer.from(one, "base64"))) };
  if (L !== undefined) return { L: L.map(fromJson) };
  if (M !== undefined) return { M: itemFromJson(M) };
  return value as AttributeValue;
}

export const itemFromJson = (json: Readonly<Record<string, unknown>>): SourceItem =>
  Object.fromEntries(Object.entries(json).map(([name, value]) => [name, fromJson(value)]));

/** The same text for equal items: DynamoDB gives neither maps nor sets in their order. */
const inOrder = (name: string, value: unknown): unknown =>
  /^(?:SS|NS|BS)$/.test(name) && Array.isArray(value) ? [...value].sort() : value;

/** The digest of a source item, verbatim. */
export const sourceDigest = (item: SourceItem): string =>
  hashOf(canonicalJson(JSON.parse(JSON.stringify(itemToJson(item)), inOrder)));

const lineOf = ({ item, others, ...rest }: SetAside): string =>
  `${JSON.stringify({
    ...rest,
    item: itemToJson(item),
    ...(others === undefined || others.length === 0 ? {} : { others: others.map(itemToJson) }),
  })}\n`;

/** Appends to a file of JSON lines that only its owner may read. What a crash left behind the last checkpoint is cut off. */
export class JsonLinesFile {
  private readonly path: string;
  private handle: FileHandle | undefined;
  /** Bytes that are written. */
  length: number;

  constructor(path: string, length: number) {
    this.path = path;
    this.length = length;
    if (existsSync(path)) truncateSync(path, length);
  }

  async append(lines: readonly SetAside[]): Promise<void> {
    if (lines.length === 0) return;
    this.handle ??= await open(this.path, "a", 0o600);
    const text = lines.map(lineOf).join("");
    await this.handle.appendFile(text);
    this.length += Buffer.byteLength(text);
  }

  async close(): Promise<void> {
    await this.handle?.close();
    this.handle = undefined;
  }
}

/** Reads a file of set-aside items, line by line. @throws Error that names a line that is none. */
export async function* readSetAside(path: string): AsyncGenerator<SetAside> {
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    number++;
    if (line.trim() === "") continue;
    yield setAsideOf(line, `${path}:${number}`);
  }
}

function setAsideOf(line: string, place: string): SetAside {
  try {
    const { item, others = [], ...rest } = JSON.parse(line);
    for (const name of ["entity", "table", "key", "digest"])
      if (typeof rest[name] !== "string") throw new Error(`no ${name}`);
    return { ...rest, item: itemFromJson(item), others: others.map(itemFromJson) };
  } catch (cause) {
    throw new Error(`${place} is no line of a quarantine file`, { cause });
  }
}
