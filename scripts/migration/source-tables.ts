import { setTimeout as pause } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import {
  type AttributeValue,
  BatchGetItemCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  GetItemCommand,
  ResourceNotFoundException,
  ScanCommand,
  type TableDescription,
} from "@aws-sdk/client-dynamodb";
import { type EntityName, MODELS } from "../../entities/models.ts";
import { runTasks } from "./tasks.ts";
import type { SourceItem } from "./values.ts";

/** A legacy table, as it is described. */
export interface SourceTable {
  readonly entity: EntityName;
  readonly name: string;
  /** Which table of this name it is, wherever it is. */
  readonly identity: string;
  /** The tables of the same entity whose items go before this one's. */
  readonly newer: readonly SourceTable[];
  /** The names of those behind whose items this one's go before. */
  readonly older: readonly string[];
  /** Its key attributes, the partition key first. */
  readonly keys: readonly { readonly name: string; readonly type: string }[];
  /** As DynamoDB last counted, about every six hours. */
  readonly itemCount: number;
}

export interface SourceNaming {
  readonly prefix?: string;
  readonly suffix?: string;
  /**
   * Whole names by entity, for tables that are called otherwise. Of several, which are generations of one table, the newest
   * comes first.
   */
  readonly names?: Readonly<Partial<Record<EntityName, string | readonly string[]>>>;
}

/** The names of an entity's tables, the newest first. */
export const sourceNamesOf = (
  entity: EntityName,
  { prefix = "", suffix = "", names = {} }: SourceNaming,
): readonly string[] => [names[entity] ?? `${prefix}${MODELS[entity].seedTable}${suffix}`].flat();

/** The tables of entities are not all there. */
export class MissingTables extends Error {
  override readonly name = "MissingTables";

  constructor(names: readonly string[]) {
    super(`there is no source table ${names.join(", ")}`);
  }
}

/** Describes the tables of entities, of each the newest first. @throws MissingTables that names all that do not exist. */
export async function describeSources(
  client: DynamoDBClient,
  entities: readonly EntityName[],
  naming: SourceNaming,
): Promise<SourceTable[]> {
  const missing: string[] = [];
  const described = await Promise.all(
    entities.map(async (entity) => {
      const names = sourceNamesOf(entity, naming);
      const tables = await Promise.all(names.map((name) => tableNamed(client, name)));
      missing.push(...names.filter((_, position) => tables[position] === undefined));
      const generations: SourceTable[] = [];
      for (const [position, table] of tables.entries()) {
        if (table === undefined) continue;
        const order = { newer: [...generations], older: names.slice(position + 1) };
        generations.push({ entity, ...describedTable(table), ...order });
      }
      return generations;
    }),
  );
  if (missing.length > 0) throw new MissingTables(missing);
  return described.flat();
}

/** Finds a table by its entity and name; undefined when it is none of those named. */
export type TableFinder = (entity: EntityName, name: string) => Promise<SourceTable | undefined>;

/** Describes an entity's tables when the first of them is asked for, once. A description that failed is asked for again. */
export function tableFinder(client: DynamoDBClient, naming: SourceNaming): TableFinder {
  const described = new Map<EntityName, Promise<SourceTable[]>>();
  return async (entity, name) => {
    const known = described.get(entity) ?? describeSources(client, [entity], naming);
    described.set(entity, known);
    known.catch(() => described.delete(entity));
    return (await known).find((table) => table.name === name);
  };
}

/** A table as DynamoDB describes it; undefined when there is none. */
export async function tableNamed(client: DynamoDBClient, name: string): Promise<TableDescription | undefined> {
  try {
    return (await client.send(new DescribeTableCommand({ TableName: name }), {})).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

function describedTable(table: TableDescription): Omit<SourceTable, "entity" | "newer" | "older"> {
  const { TableName = "", KeySchema = [], AttributeDefinitions = [], ItemCount = 0 } = table;
  const keys = [...KeySchema]
    .sort((a, b) => (a.KeyType === "HASH" ? -1 : 1) - (b.KeyType === "HASH" ? -1 : 1))
    .map(({ AttributeName = "" }) => ({
      name: AttributeName,
      type: AttributeDefinitions.find((one) => one.AttributeName === AttributeName)?.AttributeType ?? "S",
    }));
  return { name: TableName, identity: identityOf(table), keys, itemCount: ItemCount };
}

/** What tells a table from any other, also from a later one of its name: account and region, id, and when it was created. */
export const identityOf = ({ TableArn, TableId, CreationDateTime }: TableDescription): string =>
  [TableArn, TableId, CreationDateTime?.toISOString()].filter((part) => part !== undefined).join(" ");

/** The key of a source item as text: its values in order, as JSON. It stays on the migrated item. */
export function sourceKeyText({ keys }: Pick<SourceTable, "keys">, item: SourceItem): string {
  return JSON.stringify(
    keys.map(({ name }) => {
      const value = item[name];
      return value?.S ?? value?.N ?? Buffer.from(value?.B ?? new Uint8Array()).toString("base64");
    }),
  );
}

/** The key that a text stands for. */
export function sourceKeyOf({ keys }: Pick<SourceTable, "keys">, text: string): SourceItem {
  const values = JSON.parse(text) as string[];
  return Object.fromEntries(
    keys.map(({ name, type }, position) => {
      const value = values[position] ?? "";
      if (type === "N") return [name, { N: value }];
      return [name, type === "B" ? { B: new Uint8Array(Buffer.from(value, "base64")) } : { S: value }];
    }) as [string, AttributeValue][],
  );
}

export interface SourcePage {
  readonly items: readonly SourceItem[];
  readonly lastKey: SourceItem | undefined;
}

/** Reads the legacy tables; nothing is ever written to them. */
export class SourceReader {
  readonly client: DynamoDBClient;

  constructor(client: DynamoDBClient) {
    this.client = client;
  }

  /** A page of a segment, read consistently, or only some of its items' attributes. */
  async page(
    table: SourceTable,
    segment: { readonly number: number; readonly of: number },
    options: {
      readonly after?: SourceItem | undefined;
      readonly size?: number;
      readonly attributes?: readonly string[];
    },
  ): Promise<SourcePage> {
    const { after, size, attributes } = options;
    const names = attributes?.map((name, index) => [`#a${index}`, name] as const);
    const output = await this.client.send(
      new ScanCommand({
        TableName: table.name,
        Segment: segment.number,
        TotalSegments: segment.of,
        ConsistentRead: true,
        ...(after === undefined ? {} : { ExclusiveStartKey: after }),
        ...(size === undefined ? {} : { Limit: size }),
        ...(names === undefined
          ? {}
          : {
              ProjectionExpression: names.map(([placeholder]) => placeholder).join(", "),
              ExpressionAttributeNames: Object.fromEntries(names),
            }),
      }),
      {},
    );
    return { items: output.Items ?? [], lastKey: output.LastEvaluatedKey };
  }

  /** Reads some attributes of every item of a table, its segments side by side. */
  async scan(
    table: SourceTable,
    attributes: readonly string[],
    { segments, concurrency }: { readonly segments: number; readonly concurrency: number },
    take: (item: SourceItem) => void,
  ): Promise<void> {
    const asked = [...new Set([...attributes, ...table.keys.map(({ name }) => name)])];
    const scans = Array.from({ length: segments }, (_, number) => async () => {
      let after: SourceItem | undefined;
      do {
        const page = await this.page(table, { number, of: segments }, { after, attributes: asked });
        for (const item of page.items) take(item);
        after = page.lastKey;
      } while (after !== undefined);
    });
    await runTasks(scans, concurrency);
  }

  /** One item as it is now. */
  async get(table: SourceTable, keyText: string): Promise<SourceItem | undefined> {
    const output = await this.client.send(
      new GetItemCommand({
        TableName: table.name,
        Key: sourceKeyOf(table, keyText),
        ConsistentRead: true,
      }),
      {},
    );
    return output.Item;
  }

  /** Those keys of a table that a newer one of the same key has, too. */
  async superseded(table: SourceTable, keyTexts: readonly string[]): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    for (const newer of table.newer.filter(({ keys }) => isDeepStrictEqual(keys, table.keys))) {
      for (let start = 0; start < keyTexts.length; start += 100) {
        const there = await this.many(newer, keyTexts.slice(start, start + 100));
        for (const keyText of there.keys()) found.add(keyText);
      }
    }
    return found;
  }

  /** Those of at most 100 items that the table has, by their keys' texts. */
  async many(table: SourceTable, keyTexts: readonly string[]): Promise<ReadonlyMap<string, SourceItem>> {
    const found = new Map<string, SourceItem>();
    let keys: SourceItem[] = [...new Set(keyTexts)].map((text) => sourceKeyOf(table, text));
    for (let attempt = 0; keys.length > 0; attempt++) {
      // What comes back unprocessed did not fit into 16 MB or was throttled.
      if (attempt > 0) await pause(Math.min(2_000, 25 * 2 ** attempt));
      const output = await this.client.send(
        new BatchGetItemCommand({ RequestItems: { [table.name]: { Keys: keys, ConsistentRead: true } } }),
        {},
      );
      for (const item of output.Responses?.[table.name] ?? []) found.set(sourceKeyText(table, item), item);
      keys = output.UnprocessedKeys?.[table.name]?.Keys ?? [];
    }
    return found;
  }
}
