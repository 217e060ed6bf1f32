import { DynamoDBDocumentClient, paginateQuery, paginateScan } from "@aws-sdk/lib-dynamodb";
import { type EntityName, MODELS } from "../../entities/models.ts";
import type { EntitySchema } from "../../entities/schema.ts";
import type { StoredItem } from "../../services/storage/requests.ts";
import { type LocalDatabase, startLocalDatabase } from "../../testing/local-database.ts";
import {
  createElevenTables,
  type Definition,
  ELEVEN_TABLES,
  fillElevenTable,
  indexNameOf,
  sourceOf,
} from "../eleven-tables/definitions.ts";
import { namesOf, type Question } from "./questions.ts";

/** What a question takes on the seed's eleven tables. */
export interface SeedCost {
  readonly requests: number;
  readonly readUnits: number;
  /** A line a table, such as `Query ielts-support-tickets, status-created_at-index`. */
  readonly how: readonly string[];
}

/** What one of the eleven tables is asked. */
interface SeedRequest {
  readonly table: string;
  /** Absent for the table's own key. */
  readonly index?: string;
  /** Attributes of the key; none for a scan. */
  readonly keyed: readonly string[];
  /** Attributes that rows are filtered by, which does not make them cheaper. */
  readonly filtered: readonly string[];
}

/** One page, as the studio's own answer is. */
const PAGE = 50;

/** By which key a table finds items of these attributes: its own, an index's, or none. */
export function seedRequest(table: string, known: readonly string[]): SeedRequest {
  const { keys, indexes = [] }: Definition = ELEVEN_TABLES[table as keyof typeof ELEVEN_TABLES];
  const within = (names: readonly string[]) => known.filter((name) => names.includes(name));
  const beyond = (names: readonly string[]) => known.filter((name) => !names.includes(name));
  const own = keys.map(([name]) => name);
  if (known.includes(own[0] as string)) return { table, keyed: within(own), filtered: beyond(own) };
  const index = indexes.find(([[partition]]) => known.includes(partition));
  if (index === undefined) return { table, keyed: [], filtered: known };
  const names = index.map(([name]) => name);
  return { table, index: indexNameOf(index), keyed: within(names), filtered: beyond(names) };
}

/** The item of a row as its table in the seed has it: without keys, marks and copies. */
function seedItem(row: StoredItem, { attributes }: EntitySchema): StoredItem {
  const kept = Object.entries(row).filter(([name]) => {
    const { internal = false, sameAs, setBy } = attributes[name] ?? { internal: true };
    return !internal && sameAs === undefined && setBy !== "migration";
  });
  return Object.fromEntries(kept);
}

const equals = (names: readonly string[]) => names.map((name) => `#${name} = :${name}`).join(" AND ");
const line = ({ table, index, keyed }: SeedRequest) =>
  `${keyed.length === 0 ? "Scan" : "Query"} ${table}${index === undefined ? "" : `, ${index}`}`;

/** The seed's eleven tables with the items of these rows, embedded: it tells what a question takes there. */
export class SeedTables {
  readonly #database: LocalDatabase;
  readonly #documents: DynamoDBDocumentClient;

  private constructor(database: LocalDatabase) {
    this.#database = database;
    this.#documents = DynamoDBDocumentClient.from(database.client);
  }

  /** Starts a database of its own and writes the items. */
  static async start(rows: readonly StoredItem[]): Promise<SeedTables> {
    const database = await startLocalDatabase();
    try {
      await createElevenTables(database.client, "", "seed");
      for (const { schema, seedTable } of Object.values(MODELS)) {
        const own = rows.filter(({ __edb_e__ }) => __edb_e__ === schema.model.entity);
        const items = own.map((row) => seedItem(row, schema));
        await fillElevenTable(database.client, seedTable, items);
      }
      return new SeedTables(database);
    } catch (error) {
      await database.stop();
      throw error;
    }
  }

  stop(): Promise<void> {
    return this.#database.stop();
  }

  /** Asks each table of the question's entities; `parts` are its arguments by name. */
  async cost(question: Question, parts: Readonly<Record<string, string>>): Promise<SeedCost> {
    const values = Object.values(parts);
    const asked = question.askedBy.map(([entity, pattern]) => this.#ask(entity, namesOf(entity, pattern), values));
    const costs = await Promise.all(asked);
    const sum = (of: (cost: SeedCost) => number) => costs.reduce((total, cost) => total + of(cost), 0);
    return {
      requests: sum(({ requests }) => requests),
      readUnits: sum(({ readUnits }) => readUnits),
      how: costs.flatMap(({ how }) => how),
    };
  }

  async #ask(entity: EntityName, names: readonly string[], values: readonly string[]): Promise<SeedCost> {
    const { schema, seedTable } = MODELS[entity];
    const sources = names.map((name) => sourceOf(schema, name));
    const asked = seedRequest(seedTable, sources);
    const { keyed, filtered, index } = asked;
    const input = {
      TableName: seedTable,
      ...(index === undefined ? {} : { IndexName: index }),
      ...(keyed.length === 0 ? {} : { KeyConditionExpression: equals(keyed) }),
      ...(filtered.length === 0 ? {} : { FilterExpression: equals(filtered) }),
      ExpressionAttributeNames: Object.fromEntries(sources.map((name) => [`#${name}`, name])),
      ExpressionAttributeValues: Object.fromEntries(sources.map((name, at) => [`:${name}`, values[at]])),
      ReturnConsumedCapacity: "TOTAL" as const,
    };
    const cost = { requests: 0, readUnits: 0, how: [line(asked)] };
    let found = 0;
    // A filter gives pages without rows: whoever wants rows goes on.
    const pages =
      keyed.length === 0
        ? paginateScan({ client: this.#documents }, input)
        : paginateQuery({ client: this.#documents }, { ...input, Limit: PAGE });
    for await (const { ConsumedCapacity, Count = 0 } of pages) {
      cost.requests++;
      cost.readUnits += ConsumedCapacity?.CapacityUnits ?? 0;
      found += Count;
      if (found >= PAGE) break;
    }
    return cost;
  }
}
