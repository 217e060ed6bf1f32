import { randomUUID } from "node:crypto";
import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import { PRIMARY_KEY } from "../../entities/keys.ts";
import type { StoredItem } from "../../services/storage/requests.ts";
import { EVOLUTION_ROWS } from "../table/command-rows.ts";
import type { TableTarget } from "../table/table-target.ts";

/** How far a pass has come. */
export interface PassPlace {
  /** What it is for. */
  readonly names: readonly string[];
  /** The key of the last item that it is done with; absent at the beginning. */
  readonly after?: StoredItem;
  readonly read: number;
  readonly written: number;
  /** Items whose keys cannot be told. */
  readonly left: number;
}

interface StoredRecord {
  readonly done: readonly string[];
  readonly running?: PassPlace;
  /** Of the last process that wrote it. */
  readonly writer?: string;
}

const KEY = {
  [PRIMARY_KEY.partitionKey]: `${EVOLUTION_ROWS}passes`,
  [PRIMARY_KEY.sortKey]: EVOLUTION_ROWS,
} as const;

/** Another process goes on with the pass. */
class TakenOver extends Error {
  constructor(cause: unknown) {
    super("another process has gone on with the pass: let that one end it", { cause });
  }
}

/**
 * The row of the table that tells which passes have ended, and how far the running one has come. A pass that begins takes it
 * over: the one that had it stops at its next page.
 */
export class PassRecord {
  readonly #target: TableTarget;
  readonly #writer = randomUUID();

  constructor(target: TableTarget) {
    this.#target = target;
  }

  async #read(): Promise<StoredRecord> {
    const command = new GetCommand({ TableName: this.#target.table, Key: KEY, ConsistentRead: true });
    const { Item } = await this.#target.client.send(command);
    const { done = [], running, writer }: StoredItem = Item ?? {};
    return { done, running, writer } as StoredRecord;
  }

  /** The names of the passes that have ended. */
  async done(): Promise<readonly string[]> {
    return (await this.#read()).done;
  }

  /** How far the running pass has come; undefined where none is. */
  async running(): Promise<PassPlace | undefined> {
    return (await this.#read()).running;
  }

  /** Forgets that a pass has ended: what needs it again begins anew. */
  async forget(name: string): Promise<void> {
    const { done, running, writer } = await this.#read();
    if (!done.includes(name)) return;
    const others = done.filter((one) => one !== name);
    await this.#write({ done: others, ...(running === undefined ? {} : { running }) }, writer);
  }

  /** Where a pass for some names goes on: after the last item of one for the same names that was interrupted. */
  async begin(names: readonly string[]): Promise<PassPlace> {
    const { done, running, writer } = await this.#read();
    const isSame = running !== undefined && running.names.join("\n") === names.join("\n");
    const place = isSame ? running : { names, read: 0, written: 0, left: 0 };
    await this.#write({ done, running: place }, writer);
    return place;
  }

  /** @throws TakenOver */
  async moveTo(place: PassPlace, done: readonly string[]): Promise<void> {
    await this.#write({ done, running: place }, this.#writer);
  }

  /** @throws TakenOver */
  async end(names: readonly string[], done: readonly string[]): Promise<void> {
    await this.#write({ done: [...new Set([...done, ...names])] }, this.#writer);
  }

  async #write(record: Omit<StoredRecord, "writer">, writer: string | undefined): Promise<void> {
    const command = new PutCommand({
      TableName: this.#target.table,
      Item: { ...KEY, ...record, writer: this.#writer },
      ConditionExpression: writer === undefined ? "attribute_not_exists(writer)" : "writer = :writer",
      ...(writer === undefined ? {} : { ExpressionAttributeValues: { ":writer": writer } }),
    });
    try {
      await this.#target.client.send(command);
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) throw new TakenOver(error);
      throw error;
    }
  }
}
