import { PRIMARY_KEY, TTL_ATTRIBUTE } from "../../entities/keys.ts";
import { MODELS } from "../../entities/models.ts";
import { hasSecretKey } from "../../entities/schema.ts";
import type { DataContext } from "../../services/storage/context.ts";
import { createCursorCodec } from "../../services/storage/cursor.ts";
import { eachRow } from "../../services/storage/pages.ts";
import { batchDelete, keyOf, keyText, type StoredItem, type StoredKey, send } from "../../services/storage/requests.ts";
import { MIGRATION_ROWS } from "../table/command-rows.ts";
import { hashOf } from "./digest.ts";
import type { SourceTableName } from "./translator.ts";

/** Longer than a backfill runs. */
const TOUCHED_DAYS = 14;

/** What the stream handler says of a source item that it has dealt with, for a backfill that read it before. */
export type Touched = {
  readonly source: string;
  readonly keys: readonly StoredKey[];
  readonly uniques: readonly string[];
  /** Epoch milliseconds. */
  readonly at: number;
};

/** Source items that would become one key. */
export type ConflictMark = {
  readonly unique: string;
  readonly sources: readonly string[];
  /** The one that an operator decided for. */
  readonly kept?: string;
};

/** The key of the item that an operator has made of a source; undefined when there is none. */
export type MendedOf = (source: string) => StoredKey | undefined;

/** The rows that backfill, stream handler and operators leave each other in the new table, beside its items. */
export class Marks {
  private readonly context: DataContext;

  constructor(context: DataContext) {
    this.context = context;
  }

  /** Seals the keys of sources that let somebody in: handler and backfill have the same secret. */
  private get secrets() {
    return createCursorCodec(this.context.options.erasureSecret ?? "");
  }

  async touch({ entity, name }: SourceTableName, touched: Touched): Promise<void> {
    const ttl = this.context.clock() + TOUCHED_DAYS * 24 * 60 * 60;
    const source = hasSecretKey(MODELS[entity].schema)
      ? this.secrets.seal({ source: touched.source }, entity)
      : touched.source;
    await this.put({ ...rowKey(`touched#${name}`, touched.source), ...touched, source, [TTL_ATTRIBUTE]: ttl });
  }

  /** What was touched from an instant on, epoch milliseconds. */
  async *touchedSince({ entity, name }: SourceTableName, since: number): AsyncGenerator<Touched> {
    for await (const row of this.rows(`touched#${name}`)) {
      const touched = row as Touched;
      if (touched.at < since) continue;
      const secret = hasSecretKey(MODELS[entity].schema);
      const { source } = secret ? (this.secrets.open(touched.source, entity) as Pick<Touched, "source">) : touched;
      yield { ...touched, source };
    }
  }

  conflictKey({ name }: SourceTableName, unique: string): StoredKey {
    return rowKey(`conflict#${name}`, unique);
  }

  async setConflict(table: SourceTableName, mark: ConflictMark): Promise<void> {
    await this.put({ ...this.conflictKey(table, mark.unique), ...mark });
  }

  async dropConflict(table: SourceTableName, unique: string): Promise<void> {
    const parameters = { TableName: this.context.table, Key: this.conflictKey(table, unique) };
    await send(this.context, "DeleteItem", { entity: "migration", accessPattern: "conflict" }, parameters);
  }

  async *conflicts({ name }: SourceTableName): AsyncGenerator<ConflictMark> {
    for await (const row of this.rows(`conflict#${name}`)) yield row as ConflictMark;
  }

  /** Where the item of a source stands that an operator has corrected: its key may be another one now. */
  mendedKey({ name }: SourceTableName, source: string): StoredKey {
    return rowKey(`mended#${name}`, source);
  }

  async setMended(table: SourceTableName, source: string, key: StoredKey): Promise<void> {
    const row = this.mendedKey(table, source);
    await this.put({ ...row, mended: key });
  }

  /** Reads where all corrected items of a table stand, and gives what tells the key of a source's. */
  async mendedOf(table: SourceTableName): Promise<MendedOf> {
    const found = new Map<string, StoredKey>();
    for await (const row of this.rows(`mended#${table.name}`)) found.set(keyText(keyOf(row)), row.mended as StoredKey);
    // Most tables have none: then nothing is hashed.
    return (source) => (found.size === 0 ? undefined : found.get(keyText(this.mendedKey(table, source))));
  }

  /** Removes all rows of a table and tells how many there were. */
  async clear({ name }: SourceTableName): Promise<number> {
    let removed = 0;
    for (const partition of ["touched", "conflict", "mended"]) {
      for await (const row of this.rows(`${partition}#${name}`)) {
        await batchDelete(this.context, { entity: "migration", accessPattern: "clear" }, [keyOf(row)]);
        removed++;
      }
    }
    return removed;
  }

  private async put(item: StoredItem): Promise<void> {
    const parameters = { TableName: this.context.table, Item: item };
    await send(this.context, "PutItem", { entity: "migration", accessPattern: "marks" }, parameters);
  }

  private rows(partition: string): AsyncGenerator<StoredItem> {
    const parameters = {
      TableName: this.context.table,
      ConsistentRead: true,
      KeyConditionExpression: "#pk = :partition",
      ExpressionAttributeNames: { "#pk": PRIMARY_KEY.partitionKey },
      ExpressionAttributeValues: { ":partition": `${MIGRATION_ROWS}${partition}` },
    };
    return eachRow(
      this.context,
      { entity: "migration", accessPattern: "marks" },
      { params: () => parameters, ownership: OWN_PARTITION, since: 1 },
    );
  }
}

/** Nothing else is under the keys of these rows. */
const OWN_PARTITION = { fields: [], owns: () => true, viewOf: () => [] } as const;

/** Sources and uniques may be longer than a sort key. */
const rowKey = (partition: string, text: string): StoredKey => ({
  [PRIMARY_KEY.partitionKey]: `${MIGRATION_ROWS}${partition}`,
  [PRIMARY_KEY.sortKey]: hashOf(text),
});
