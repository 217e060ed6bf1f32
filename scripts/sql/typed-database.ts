import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type { StoredItem } from "../../services/storage/requests.ts";
import {
  definitionOf,
  identifier,
  type PersonRule,
  quoted,
  rowOf,
  TYPED_TABLES,
  type TypedTable,
} from "./typed-tables.ts";

/** How far a part of a source is read: where to go on, or `done`. */
export interface Position {
  readonly part: string;
  readonly next: string;
}
export const DONE = "done";

/** Some items of a source, and where it goes on after them. */
export interface Batch {
  readonly items: readonly StoredItem[];
  readonly position: Position;
}

/** What a database was loaded from; another source does not go on with it. */
export interface Origin {
  /** Such as `ielts-genai-prep at AWS eu-west-1`. */
  readonly source: string;
  readonly identified: boolean;
}

/** Rows that wait in memory until they are written together. */
const ROWS_AT_ONCE = 25_000;
const BYTES_AT_ONCE = 16 * 1024 * 1024;
/** DuckDB's own memory while a file is loaded. */
const MEMORY_OF_LOAD = "256MB";
export const IN_MEMORY = ":memory:";
/** An item has at most 400 KB; as JSON each of its bytes may take six. */
const LONGEST_ROW = 4 * 1024 * 1024;

const tableOf: ReadonlyMap<unknown, TypedTable> = new Map(TYPED_TABLES.map((table) => [table.entity, table]));

interface Waiting {
  readonly lines: Map<TypedTable, string[]>;
  readonly positions: Map<string, string>;
  rows: number;
  bytes: number;
}
const nothing = (): Waiting => ({ lines: new Map(), positions: new Map(), rows: 0, bytes: 0 });

/**
 * The typed tables in a DuckDB of this process, in memory or in a file. Rows are written together with the position up to
 * which the source is read, so that a load that was cut off goes on without a gap and without a repeat.
 */
export class TypedDatabase {
  readonly connection: DuckDBConnection;
  readonly #instance: DuckDBInstance;
  readonly #person: PersonRule;
  readonly #folder = mkdtempSync(join(tmpdir(), "sql-"));
  /** Attributes whose values do not fit their columns, and how many. */
  readonly unfit = new Map<string, number>();
  #waiting = nothing();
  #writing: Promise<void> = Promise.resolve();

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection, person: PersonRule) {
    this.#instance = instance;
    this.connection = connection;
    this.#person = person;
  }

  /** Opens a database, a new one with its tables. `file` is a path, or `:memory:`. */
  static async open(file: string, person: PersonRule): Promise<TypedDatabase> {
    // An extension would come from a network.
    const instance = await DuckDBInstance.create(file, { autoinstall_known_extensions: "false" });
    const database = new TypedDatabase(instance, await instance.connect(), person);
    await database.#prepare(file);
    return database;
  }

  async #prepare(file: string): Promise<void> {
    const { connection } = this;
    await connection.run("SET TimeZone = 'UTC'");
    // What is written goes into the file; a question may have more.
    if (file !== IN_MEMORY) await connection.run(`SET memory_limit = '${MEMORY_OF_LOAD}'`);
    const known = await connection.runAndReadAll("SELECT 1 FROM duckdb_tables() WHERE schema_name = 'load'");
    if (known.currentRowCount > 0) return;
    await this.#together(async () => {
      await connection.run("CREATE SCHEMA load");
      await connection.run("CREATE TABLE load.origin (source VARCHAR, identified BOOLEAN)");
      await connection.run("CREATE TABLE load.positions (part VARCHAR PRIMARY KEY, next VARCHAR)");
      for (const statement of TYPED_TABLES.flatMap(definitionOf)) await connection.run(statement);
    });
  }

  /**
   * Says what the database is loaded from, and gives the positions of an earlier load of the same.
   * @throws Error when it was loaded from something else.
   */
  async begin({ source, identified }: Origin): Promise<Map<string, string>> {
    const [known] = (await this.connection.runAndReadAll("SELECT source, identified FROM load.origin")).getRowsJS();
    if (known === undefined) {
      await this.connection.run("INSERT INTO load.origin VALUES ($1, $2)", [source, identified]);
    } else if (known[0] !== source || known[1] !== identified) {
      const how = known[1] === true ? "with addresses" : "with pseudonyms";
      throw new Error(`the database file holds ${known[0]}, ${how}: name another file`);
    }
    const positions = await this.connection.runAndReadAll("SELECT part, next FROM load.positions");
    return new Map(positions.getRowsJS() as [string, string][]);
  }

  /** Takes items in; resolves when there is room for more. Rows that are no entity's, such as marks, are left out. */
  async add({ items, position }: Batch): Promise<void> {
    const waiting = this.#waiting;
    for (const item of items) {
      const table = tableOf.get(item.__edb_e__);
      if (table !== undefined) this.#addRow(waiting, table, item);
    }
    waiting.positions.set(position.part, position.next);
    if (waiting.rows >= ROWS_AT_ONCE || waiting.bytes >= BYTES_AT_ONCE) await this.flush();
  }

  #addRow(waiting: Waiting, table: TypedTable, item: StoredItem): void {
    const { row, unfit } = rowOf(table, item, this.#person);
    for (const attribute of unfit) {
      const name = `${table.entity}.${attribute}`;
      this.unfit.set(name, (this.unfit.get(name) ?? 0) + 1);
    }
    const line = JSON.stringify(row);
    const lines = waiting.lines.get(table);
    if (lines === undefined) waiting.lines.set(table, [line]);
    else lines.push(line);
    waiting.rows++;
    waiting.bytes += line.length;
  }

  /** Writes what waits, after what was written before; resolves when that is there: one lot is written while the next is gathered. */
  async flush(): Promise<void> {
    const waiting = this.#waiting;
    const before = this.#writing;
    this.#waiting = nothing();
    this.#writing = before.then(() => this.#write(waiting));
    // Whoever waits for it later hears of a failure.
    this.#writing.catch(() => undefined);
    await before;
  }

  /** Resolves when all that was added is written. */
  async settle(): Promise<void> {
    await this.flush();
    await this.#writing;
    await this.connection.run("RESET memory_limit");
  }

  #write({ lines, positions }: Waiting): Promise<void> {
    return this.#together(async () => {
      for (const [table, rows] of lines) await this.#insert(table, rows);
      for (const [part, next] of positions)
        await this.connection.run("INSERT OR REPLACE INTO load.positions VALUES ($1, $2)", [part, next]);
    });
  }

  async #insert({ name, columns }: TypedTable, rows: readonly string[]): Promise<void> {
    const file = join(this.#folder, "rows.ndjson");
    writeFileSync(file, rows.join("\n"), { mode: 0o600 });
    const types = columns.map((column) => `${identifier(column.name)}: ${quoted(column.type)}`);
    await this.connection.run(
      `INSERT INTO ${identifier(name)} BY NAME SELECT * FROM read_json(${quoted(file)},
         format = 'newline_delimited', maximum_object_size = ${LONGEST_ROW}, columns = {${types.join(", ")}})`,
    );
    rmSync(file);
  }

  /** All of it or nothing. */
  async #together(run: () => Promise<void>): Promise<void> {
    await this.connection.run("BEGIN");
    try {
      await run();
      await this.connection.run("COMMIT");
    } catch (error) {
      await this.connection.run("ROLLBACK");
      throw error;
    }
  }

  /** Rows of each table. */
  async counts(): Promise<[name: string, rows: number][]> {
    const union = TYPED_TABLES.map(({ name }) => `SELECT '${name}', count(*)::INTEGER FROM ${identifier(name)}`);
    return (await this.connection.runAndReadAll(union.join(" UNION ALL "))).getRowsJS() as [string, number][];
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => undefined);
    this.connection.closeSync();
    this.#instance.closeSync();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
