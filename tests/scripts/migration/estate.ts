import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeleteCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import { type EntityName, MODELS } from "../../../entities/models.ts";
import { addCounts, type Counts } from "../../../scripts/migration/counts.ts";
import { ENUM_MAPPING } from "../../../scripts/migration/enum-mapping.ts";
import { readSetAside, type SetAside } from "../../../scripts/migration/json-lines.ts";
import { createLegacyTables } from "../../../scripts/migration/legacy-estate.ts";
import { type RetryOptions, retry } from "../../../scripts/migration/retry.ts";
import { type MigrationOptions, type MigrationReport, migrate } from "../../../scripts/migration/run.ts";
import { type Verification, type VerificationOptions, verify } from "../../../scripts/migration/verification.ts";
import { openTestTable, type TestTable } from "../../engine.ts";

const ENTITIES = Object.keys(MODELS) as EntityName[];

/** What a run counted over all tables. */
export const countsOf = ({ tables }: MigrationReport): Counts => addCounts(tables.map(({ counts }) => counts));

/** The file of what a run has quarantined of an entity; empty when there is none. */
export const fileOf = ({ tables }: MigrationReport, entity: EntityName): string =>
  tables.find((table) => table.entity === entity)?.quarantine ?? "";

/** The eleven tables of today beside a new table. */
export interface TestEstate {
  readonly db: TestTable;
  readonly prefix: string;
  readonly directory: string;
  readonly common: Pick<
    MigrationOptions,
    "source" | "target" | "table" | "naming" | "mapping" | "erasureSecret" | "entities" | "clock"
  >;
  put(entity: EntityName, ...items: object[]): Promise<void>;
  remove(entity: EntityName, key: object): Promise<void>;
  run(options?: Partial<MigrationOptions>): Promise<MigrationReport>;
  /** Whatever the share in quarantine, unless one is given. */
  verify(options?: Partial<VerificationOptions>): Promise<Verification>;
  /** Takes a quarantine file again, and sets aside what is left in `again.jsonl`. */
  retry(file: string, options?: Partial<RetryOptions>): Promise<Counts>;
  /** What a run has quarantined of an entity. */
  quarantine(report: MigrationReport, entity: EntityName): Promise<SetAside[]>;
  /** The new table's items, without what a migration notes beside them. */
  items(): Promise<Record<string, unknown>[]>;
  drop(): Promise<void>;
}

export async function openTestEstate(): Promise<TestEstate> {
  const db = await openTestTable();
  const prefix = `${db.table}-`;
  await createLegacyTables(db.client, prefix);
  const directory = mkdtempSync(join(tmpdir(), "migration-"));
  const common = {
    source: db.client,
    target: db.client,
    table: db.table,
    naming: { prefix },
    mapping: ENUM_MAPPING,
    keepSessions: true,
    erasureSecret: db.erasureSecret,
    entities: ENTITIES,
    clock: db.clock,
  };
  const nameOf = (entity: EntityName) => prefix + MODELS[entity].seedTable;
  // Of the tables that a test has put nothing into there is nothing to tell.
  const used = new Set<EntityName>();
  const entities = () => (used.size === 0 ? ENTITIES : [...used]);
  return {
    db,
    prefix,
    directory,
    common,
    async put(entity, ...items) {
      used.add(entity);
      for (const Item of items)
        await db.client.send(new PutCommand({ TableName: nameOf(entity), Item: { ...Item } }) as never, {});
    },
    async remove(entity, Key) {
      await db.client.send(new DeleteCommand({ TableName: nameOf(entity), Key: { ...Key } }) as never, {});
    },
    run: (options = {}) =>
      migrate({
        ...common,
        entities: entities(),
        state: join(directory, "state"),
        apply: true,
        segments: 2,
        concurrency: 4,
        ...options,
      }),
    verify: (options = {}) => verify({ ...common, entities: entities(), segments: 2, quarantineShare: 1, ...options }),
    retry: (file, options = {}) =>
      retry({ ...common, files: [file], quarantine: join(directory, "again.jsonl"), apply: true, ...options }),
    async quarantine(report, entity) {
      const path = fileOf(report, entity);
      const lines: SetAside[] = [];
      if (path !== "") for await (const line of readSetAside(path)) lines.push(line);
      return lines;
    },
    async items() {
      const items = await db.contents();
      return items.filter(({ pk }) => !JSON.stringify(pk).includes("$migration#"));
    },
    async drop() {
      rmSync(directory, { recursive: true, force: true });
      await db.drop();
    },
  };
}

/** Items without the id of the run that wrote them, and without what its estate's tables are called. */
export const withoutRun = (items: readonly object[]): Record<string, unknown>[] =>
  JSON.parse(JSON.stringify(items).replaceAll(/test-[0-9a-f-]{36}-/g, ""), (name, value) =>
    name === "run" ? undefined : value,
  );

const SCRYPT = `scrypt:32768:8:1$aB3dE5gH7jK9mN1p$${"0123456789abcdef".repeat(8)}`;

export const aLegacyUser = (overrides: object = {}) => ({
  email: "maria@example.com",
  password_hash: SCRYPT,
  username: "Maria",
  created_at: "2025-10-09T08:53:20.123456",
  is_active: true,
  full_name: "Maria Silva",
  ...overrides,
});

export const aLegacyTicket = (overrides: object = {}) => ({
  ticket_id: "TKT-9F23A0077C1E",
  created_at: 1_759_000_000,
  user_email: "maria@example.com",
  subject: "The microphone stops",
  message: "In part 2.",
  category: "general",
  priority: "high",
  status: "new",
  sentiment: "angry",
  ...overrides,
});

export const aLegacyPurchase = (overrides: object = {}) => ({
  user_id: "maria@example.com",
  product_id: "com.ieltsaiprep.academic.writing",
  platform: "ios",
  purchase_date: "2025-10-01T08:53:20",
  receipt_data: '{"Receipt": "AbC"}',
  transaction_id: "1000000901",
  status: "active",
  ...overrides,
});

export const aLegacyLog = (overrides: object = {}) => ({
  log_id: "Log-1",
  timestamp: 1_759_000_000,
  assessment_id: "As-7",
  user_email: "maria@example.com",
  content_type: "audio",
  moderation_action: "warn",
  confidence: "0.8",
  categories: ["spam"],
  ...overrides,
});
