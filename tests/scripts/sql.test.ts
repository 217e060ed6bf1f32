import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { marshall } from "@aws-sdk/util-dynamodb";
import { MODELS } from "../../entities/models.ts";
import { exportSource } from "../../scripts/sql/export-source.ts";
import { identified, pseudonymous } from "../../scripts/sql/person-rules.ts";
import { tableReading } from "../../scripts/sql/table-source.ts";
import { type Batch, DONE, TypedDatabase } from "../../scripts/sql/typed-database.ts";
import { type PersonRule, TYPED_TABLES } from "../../scripts/sql/typed-tables.ts";
import type { StoredItem } from "../../services/storage/requests.ts";
import { aTicket } from "../../testing/index.ts";
import { commandHost } from "../commands.ts";
import { openTestTable, type TestTable } from "../engine.ts";
import { exportedTo } from "../exported.ts";

const SECRET = "a secret that no other deployment has";
const folder = mkdtempSync(join(tmpdir(), "sql-test-"));
const open: TypedDatabase[] = [];
const host = commandHost();
afterAll(async () => {
  for (const database of open) await database.close();
  rmSync(folder, { recursive: true, force: true });
  await host.stop();
});

async function databaseOf(file = ":memory:", person: PersonRule = identified): Promise<TypedDatabase> {
  const database = await TypedDatabase.open(file, person);
  open.push(database);
  return database;
}

async function close(database: TypedDatabase): Promise<void> {
  open.splice(open.indexOf(database), 1);
  await database.close();
}

const rowsOf = async (database: TypedDatabase, question: string) =>
  (await database.connection.runAndReadAll(question)).getRowObjectsJson();

const batchOf = (...items: StoredItem[]): Batch => ({ items, position: { part: "all", next: DONE } });
const ticket = (number: number, more: StoredItem = {}): StoredItem => ({
  __edb_e__: "ticket",
  pk: `ticket#${number}`,
  sk: "ticket",
  ticket_id: `t-${number}`,
  created_at: 1_760_000_000 + number,
  status: "new",
  ...more,
});

describe("the typed tables", () => {
  it("are the eleven entities, with every attribute that services show", () => {
    expect(TYPED_TABLES.map(({ entity }) => entity)).toEqual(Object.keys(MODELS));
    for (const { entity, columns } of TYPED_TABLES) {
      const { attributes } = MODELS[entity as keyof typeof MODELS].schema;
      const shown = Object.entries(attributes).filter(([, attribute]) => !("hidden" in attribute && attribute.hidden));
      const open = shown.filter(([, attribute]) => !("secret" in attribute && attribute.secret));
      expect(columns.map(({ name }) => name)).toEqual(expect.arrayContaining(open.map(([name]) => name)));
    }
  });

  it("have the types of the model, and its descriptions as comments", async () => {
    const database = await databaseOf();
    const columns = await rowsOf(
      database,
      "select column_name as name, data_type as type, comment from duckdb_columns() where table_name in ('tickets', 'assessments', 'entitlements')",
    );
    const of = (wanted: string) => columns.find(({ name }) => name === wanted);

    expect(of("priority")).toMatchObject({ type: "ENUM('urgent', 'high', 'normal', 'low')", comment: "Urgency" });
    expect(of("resolved_at")).toMatchObject({ type: "TIMESTAMP" });
    expect(of("band_score")).toMatchObject({ type: "DECIMAL(3,1)" });
    expect(of("price_paid")).toMatchObject({ type: "DECIMAL(12,2)" });
    expect(of("scores")?.type).toMatch(/^STRUCT\(speaking STRUCT\(fluency_coherence DECIMAL\(3,1\)/);
    expect(of("ledger")?.type).toMatch(/^STRUCT\(.*price_paid DECIMAL\(12,2\).*\)\[\]$/);
    expect(columns.filter(({ comment }) => comment === null)).toEqual([]);
  });

  it("never hold what lets somebody in, nor keys: not even the file has it", async () => {
    const file = join(folder, "secrets.duckdb");
    const database = await databaseOf(file);
    const secrets = Object.entries(MODELS).flatMap(([entity, { schema }]) =>
      Object.entries(schema.attributes)
        .filter(([, attribute]) => "secret" in attribute && attribute.secret)
        .map(([name]) => ({ __edb_e__: entity, [name]: `SECRET-OF-${name}`, pk: "KEY-OF-ROW", sk: "KEY-OF-ROW" })),
    );
    expect(secrets.length).toBeGreaterThanOrEqual(6);
    await database.add(batchOf(ticket(1, { subject: "A SUBJECT THAT IS FOUND" }), ...secrets));
    await database.settle();
    await close(database);

    const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), "latin1"));
    expect(files.some((text) => text.includes("A SUBJECT THAT IS FOUND"))).toBe(true);
    expect(files.some((text) => /SECRET-OF|KEY-OF-ROW/.test(text))).toBe(false);
  });

  it("leave a value null that does not fit its column, and count it", async () => {
    const database = await databaseOf();
    await database.add(
      batchOf(
        ticket(1, { status: "lost", ai_confidence: "high" }),
        ticket(2, { created_at: 1e18 }),
        ticket(3, { status: "lost" }),
      ),
    );
    await database.settle();

    expect(Object.fromEntries(database.unfit)).toEqual({
      "ticket.status": 2,
      "ticket.ai_confidence": 1,
      "ticket.created_at": 1,
    });
    expect(await rowsOf(database, "select ticket_id from tickets where status is null order by all")).toEqual([
      { ticket_id: "t-1" },
      { ticket_id: "t-3" },
    ]);
  });
});

describe("people", () => {
  const text = 'Write to Ana@Example.com, or "bo@example.com".';

  it("are the same pseudonym in all tables and within texts", async () => {
    const database = await databaseOf(":memory:", pseudonymous(SECRET));
    await database.add(
      batchOf(
        ticket(1, { user_email: "ana@example.com", message: text }),
        { __edb_e__: "user", email: "ana@example.com", username: "Ana" },
        { __edb_e__: "session", user_email: "ana@example.com", ip_address: "203.0.113.7" },
      ),
    );
    await database.settle();
    const [row] = await rowsOf(
      database,
      "select message, email, username, ip_address from tickets join users on user_email = email join sessions using (user_email)",
    );

    expect(row?.email).toMatch(/^user-[0-9a-f]{16}$/);
    expect(row?.message).toMatch(/^Write to user-[0-9a-f]{16}, or "user-[0-9a-f]{16}"\.$/);
    expect(row?.message).toContain(row?.email);
    expect(JSON.stringify(row)).not.toMatch(/ana|bo@|203/i);
  });

  it("have another pseudonym by another secret", () => {
    expect(pseudonymous(SECRET).text(text)).not.toBe(pseudonymous(`${SECRET}!`).text(text));
  });
});

describe("a load that was cut off", () => {
  const items = Array.from({ length: 10 }, (_, number) => ticket(number));
  /** One item a batch, written at once; ends after some. */
  async function load(file: string, most: number): Promise<void> {
    const database = await databaseOf(file);
    const from = await database.begin({ source: "ten tickets", identified: true });
    let taken = 0;
    for (let next = Number(from.get("all") ?? 0); next < items.length && taken < most; next++, taken++) {
      await database.add({
        items: [items[next] as StoredItem],
        position: { part: "all", next: String(next + 1) },
      });
      if (taken !== most - 1) await database.settle();
    }
    // What waits in memory when it is cut off is neither a row nor a position.
    if (most > items.length) await database.settle();
    await close(database);
  }

  it("goes on without a gap and without a repeat", async () => {
    const file = join(folder, "resumed.duckdb");
    await load(file, 4);
    await load(file, 3);
    await load(file, 99);
    const database = await databaseOf(file);

    expect(
      await rowsOf(database, "select count(*)::int as rows, count(distinct ticket_id)::int as ids from tickets"),
    ).toEqual([{ rows: 10, ids: 10 }]);
    await expect(database.begin({ source: "another", identified: true })).rejects.toThrow(
      "the database file holds ten tickets, with addresses: name another file",
    );
    await close(database);
  });

  it("fails at what DuckDB refuses, and does not go on as if it were written", async () => {
    const database = await databaseOf();
    await database.connection.run("drop table tickets");
    await database.add(batchOf(ticket(1)));

    await expect(database.settle()).rejects.toThrow("tickets");
    await expect(database.settle()).rejects.toThrow("tickets");
    expect(await rowsOf(database, "select * from load.positions")).toEqual([]);
  });
});

describe("a table", () => {
  let table: TestTable;
  beforeAll(async () => {
    table = await openTestTable();
    for (let number = 0; number < 30; number++)
      await table.layer.support.open(aTicket({ subject: `number ${number}` }));
  });
  afterAll(() => table.drop());

  const live = (...words: string[]) =>
    host.run("sql", [
      ...words,
      "--live",
      "--table",
      table.table,
      "--endpoint",
      table.environment.DYNAMODB_ENDPOINT ?? "",
    ]);

  it("is read whole, by segments", async () => {
    const database = await databaseOf();
    await tableReading(table.client, table.table)(new Map(), (batch) => database.add(batch));
    await database.settle();

    expect(
      await rowsOf(database, "select count(distinct subject)::int as n, count(*)::int as rows from tickets"),
    ).toEqual([{ n: 30, rows: 30 }]);
  });

  it("answers as a table, csv and json, the answer alone on the output", async () => {
    const question = "select status, count(*) as tickets from tickets group by all;";
    const [asTable, csv, json] = [
      await live(question),
      await live(question, "--format", "csv"),
      await live(question, "--format", "json"),
    ];

    expect(asTable.stdout).toBe("status  tickets\nnew          30\n(1 row)\n");
    expect(csv.stdout).toBe("status,tickets\nnew,30\n");
    expect(JSON.parse(json.stdout)).toEqual([{ status: "new", tickets: 30 }]);
    expect(csv.stderr).toContain(`Read ${table.table} at `);
  });

  it("is kept in a file, which a later call asks without reading again", async () => {
    const file = join(folder, "kept.duckdb");
    const parquet = join(folder, "answer.parquet");
    await live("select 1", "--database", file);
    await table.layer.support.open(aTicket({ subject: "later" }));
    const again = await live("select count(*) as n from tickets", "--database", file, "--format", "csv");
    const fresh = await live("select count(*) as n from tickets", "--database", file, "--fresh", "--format", "csv");
    await live("from tickets", "--database", file, "--format", "parquet", "--out", parquet);

    expect(again.stdout).toBe("n\n30\n");
    expect(fresh.stdout).toBe("n\n31\n");
    expect(readFileSync(parquet).subarray(0, 4).toString()).toBe("PAR1");
  });

  it("that is not there, and a question that is wrong, are told in one line", async () => {
    await expect(live("select nope from tickets")).rejects.toMatchObject({ stderr: expect.stringContaining("nope") });
    await expect(
      host.run("sql", [
        "select 1",
        "--live",
        "--table",
        "nowhere",
        "--endpoint",
        table.environment.DYNAMODB_ENDPOINT ?? "",
      ]),
    ).rejects.toMatchObject({ stderr: expect.stringContaining("there is no table nowhere") });
  });
});

it.each([
  [["select 1", "--endpoint", "http://127.0.0.1:1"], "'--endpoint' goes with '--live'"],
  [["select 1", "--fresh"], "'--fresh' goes with '--database'"],
  [["select 1", "--out", "file"], "'--out' goes with '--format'"],
  [["select 1", "--format", "parquet"], "'--format parquet' goes with '--out'"],
  [["--format", "csv"], "'--format' goes with a question"],
])("refuses %j", async (words, message) => {
  await expect(host.run("sql", words)).rejects.toMatchObject({ stderr: expect.stringContaining(message) });
});

describe("an export to S3", () => {
  const exported = (name: string, lines: readonly object[], summary?: Readonly<Record<string, string>>) =>
    exportedTo(join(folder, name), lines, summary);
  const whole = () =>
    exported(
      "full",
      [1, 2, 3, 4, 5].map((number) => ({ Item: marshall(ticket(number)) })),
    );
  const keys = (number: number) => marshall({ pk: `ticket#${number}`, sk: "ticket" });
  const later = { exportType: "INCREMENTAL_EXPORT", exportToTime: "2026-11-02T00:00:00Z" };

  async function ticketsOf(...folders: string[]) {
    const database = await databaseOf();
    await exportSource(folders).reading(new Map(), (batch) => database.add(batch));
    await database.settle();
    return rowsOf(database, "select ticket_id as id, status from tickets order by all");
  }

  it("is read, with the incremental exports after it: changed, removed and new items", async () => {
    const changes = exported(
      "changes",
      [
        { Keys: keys(2), NewImage: marshall(ticket(2, { status: "resolved" })) },
        { Keys: keys(4) },
        { Keys: keys(6), NewImage: marshall(ticket(6)) },
      ],
      later,
    );
    const last = exported("last", [{ Keys: keys(2), NewImage: marshall(ticket(2, { status: "escalated" })) }], {
      ...later,
      exportToTime: "2026-11-03T00:00:00Z",
    });

    expect((await ticketsOf(whole())).map(({ id }) => id)).toEqual(["t-1", "t-2", "t-3", "t-4", "t-5"]);
    expect(await ticketsOf(last, whole(), changes)).toEqual([
      { id: "t-1", status: "new" },
      { id: "t-2", status: "escalated" },
      { id: "t-3", status: "new" },
      { id: "t-5", status: "new" },
      { id: "t-6", status: "new" },
    ]);
  });

  it("goes on within a file where a load was cut off", async () => {
    const database = await databaseOf();
    const from = new Map([
      ["part0.json.gz", "2"],
      ["part1.json.gz", DONE],
    ]);
    await exportSource([whole()]).reading(from, (batch) => database.add(batch));
    await database.settle();

    expect(await rowsOf(database, "select ticket_id as id from tickets")).toEqual([{ id: "t-3" }]);
  });

  it("is refused when a file is not as the manifest says", async () => {
    const at = exported("broken", [{ Item: marshall(ticket(1)) }, { Item: marshall(ticket(2)) }]);
    writeFileSync(join(at, "data", "part1.json.gz"), gzipSync(""));

    await expect(ticketsOf(at)).rejects.toThrow("part1.json.gz is not as its manifest says: its checksum differs");
  });

  it.each([
    ["no export", () => [folder], "has no manifest-summary.json"],
    ["Amazon Ion", () => [exported("ion", [], { outputFormat: "ION" })], "is in ION; DYNAMODB_JSON is wanted"],
    ["two full ones", () => [whole(), exported("again", [])], "one full export is wanted, and there are 2"],
    ["changes alone", () => [exported("alone", [], later)], "one full export is wanted, and there are 0"],
    [
      "another table's changes",
      () => [whole(), exported("foreign", [], { ...later, tableArn: "arn:aws:dynamodb:eu-west-1:1:table/other" })],
      "is of arn:aws:dynamodb:eu-west-1:1:table/other",
    ],
    [
      "changes of before",
      () => [whole(), exported("early", [], { ...later, exportToTime: "2026-10-01T00:00:00Z" })],
      "ends before the full export",
    ],
  ])("is refused: %s", (_, folders, message) => {
    expect(() => exportSource(folders())).toThrow(message);
  });
});
