import type { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import {
  BatchGetCommand,
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  type GetCommandOutput,
  PutCommand,
  paginateQuery,
  paginateScan,
  QueryCommand,
  type QueryCommandInput,
  type ScanCommandInput,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { ELEVEN_TABLES, type ElevenTable } from "../../eleven-tables/definitions.ts";

/** An item as the document client types it. */
export type Item = Readonly<NonNullable<GetCommandOutput["Item"]>>;

/** What became of a conditional write: the item as it now is, or the one that stood against it. */
export type Outcome =
  | { readonly refused: false; readonly item: Item }
  | { readonly refused: true; readonly item: Item | undefined };

export interface Condition {
  readonly expression: string;
  readonly values?: Item;
}

type QueryInput = Omit<QueryCommandInput, "TableName">;
type ScanInput = Omit<ScanCommandInput, "TableName">;

const COUNTED = { ReturnConsumedCapacity: "INDEXES" } as const;
const RETURN_REFUSING = { ReturnValuesOnConditionCheckFailure: "ALL_OLD" } as const;

const partitionKeyOf = (table: ElevenTable) => ELEVEN_TABLES[table].keys[0][0];

/** The few calls that the functions by hand are made of: the document client, and nothing that costs a unit. */
export class DocumentTables {
  private readonly client: DynamoDBDocumentClient;
  private readonly prefix: string;

  constructor(client: DynamoDBDocumentClient, prefix: string) {
    this.client = client;
    this.prefix = prefix;
  }

  async get(table: ElevenTable, Key: Item, options: { readonly consistent?: boolean } = {}): Promise<Item | undefined> {
    const { consistent = false } = options;
    const input = { TableName: this.prefix + table, Key, ConsistentRead: consistent, ...COUNTED };
    return (await this.client.send(new GetCommand(input))).Item;
  }

  /** Writes an item that must not exist yet. */
  async create(table: ElevenTable, item: Item): Promise<Outcome> {
    const input = {
      TableName: this.prefix + table,
      Item: item,
      ConditionExpression: "attribute_not_exists(#key)",
      ExpressionAttributeNames: { "#key": partitionKeyOf(table) },
      ...RETURN_REFUSING,
      ...COUNTED,
    };
    return outcomeOf(async () => {
      await this.client.send(new PutCommand(input));
      return item;
    });
  }

  /** Sets attributes of an item that must exist. */
  async change(table: ElevenTable, Key: Item, set: Item, condition?: Condition): Promise<Outcome> {
    const given = Object.entries(set).filter(([, value]) => value !== undefined);
    const exists = "attribute_exists(#key)";
    const command = new UpdateCommand({
      TableName: this.prefix + table,
      Key,
      UpdateExpression: `SET ${given.map(([name]) => `#${name} = :${name}`).join(", ")}`,
      ConditionExpression: condition === undefined ? exists : `${exists} AND (${condition.expression})`,
      ExpressionAttributeNames: {
        "#key": partitionKeyOf(table),
        ...Object.fromEntries(given.map(([name]) => [`#${name}`, name])),
      },
      ExpressionAttributeValues: {
        ...Object.fromEntries(given.map(([name, value]) => [`:${name}`, value])),
        ...condition?.values,
      },
      ReturnValues: "ALL_NEW",
      ...RETURN_REFUSING,
      ...COUNTED,
    });
    return outcomeOf(async () => (await this.client.send(command)).Attributes ?? {});
  }

  async remove(table: ElevenTable, Key: Item): Promise<void> {
    await this.client.send(new DeleteCommand({ TableName: this.prefix + table, Key, ...COUNTED }));
  }

  async page(table: ElevenTable, input: QueryInput): Promise<{ items: Item[]; next: Item | undefined }> {
    const command = new QueryCommand({ TableName: this.prefix + table, ...input, ...COUNTED });
    const { Items = [], LastEvaluatedKey } = await this.client.send(command);
    return { items: Items, next: LastEvaluatedKey };
  }

  async queryAll(table: ElevenTable, input: QueryInput): Promise<Item[]> {
    const items: Item[] = [];
    const query = { TableName: this.prefix + table, ...input, ...COUNTED };
    for await (const { Items = [] } of paginateQuery({ client: this.client }, query)) items.push(...Items);
    return items;
  }

  /** Whole items by their keys, in no particular order, from several tables in one request. */
  async getMany(
    keys: Readonly<Partial<Record<ElevenTable, readonly Item[]>>>,
  ): Promise<Partial<Record<ElevenTable, Item[]>>> {
    const wanted = Object.entries(keys).filter(([, each]) => each.length > 0);
    if (wanted.length === 0) return {};
    const RequestItems = Object.fromEntries(wanted.map(([table, Keys]) => [this.prefix + table, { Keys: [...Keys] }]));
    const { Responses = {} } = await this.client.send(new BatchGetCommand({ RequestItems, ...COUNTED }));
    return Object.fromEntries(wanted.map(([table]) => [table, Responses[this.prefix + table] ?? []]));
  }

  async scanAll(table: ElevenTable, input: ScanInput): Promise<Item[]> {
    const items: Item[] = [];
    const scan = { TableName: this.prefix + table, ...input, ...COUNTED };
    for await (const { Items = [] } of paginateScan({ client: this.client }, scan)) items.push(...Items);
    return items;
  }
}

async function outcomeOf(write: () => Promise<Item>): Promise<Outcome> {
  try {
    return { refused: false, item: await write() };
  } catch (error) {
    if ((error as Error).name !== "ConditionalCheckFailedException") throw error;
    const { Item } = error as ConditionalCheckFailedException;
    return { refused: true, item: Item === undefined ? undefined : unmarshall(Item) };
  }
}
