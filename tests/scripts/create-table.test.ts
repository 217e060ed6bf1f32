import { randomUUID } from "node:crypto";
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DeleteTableCommand,
  DescribeTimeToLiveCommand,
  UpdateTableCommand,
  type UpdateTableCommandInput,
} from "@aws-sdk/client-dynamodb";
import { createTableInput, tableDefinition } from "../../entities/table.ts";
import { type Difference, differencesOf } from "../../scripts/table/difference.ts";
import { ensureTable, isAsDefined } from "../../scripts/table/ensure-table.ts";
import { describeTable, type TableState } from "../../scripts/table/table-state.ts";
import { commandHost } from "../commands.ts";
import { ON_DYNAMODB_LOCAL, openTestTable, type TestTable } from "../engine.ts";
import { interceptedClient, type SentCommand } from "../instruments.ts";

let db: TestTable;
const made: string[] = [];

beforeAll(async () => {
  db = await openTestTable();
});

afterAll(async () => {
  for (const table of made.filter(() => ON_DYNAMODB_LOCAL)) {
    await db.client.send(new UpdateTableCommand({ TableName: table, DeletionProtectionEnabled: false }));
    await db.client.send(new DeleteTableCommand({ TableName: table }));
  }
  await db.drop();
});

/** The name of a table that there is not yet. */
function aTableName(): string {
  const name = `made-${randomUUID()}`;
  made.push(name);
  return name;
}

type CreateInput = ReturnType<typeof createTableInput>;

/** A table that somebody made in another way. */
async function aTableMade(change: (input: CreateInput) => CreateTableCommandInput): Promise<string> {
  const name = aTableName();
  await db.client.send(new CreateTableCommand(change(createTableInput(name))));
  return name;
}

function withIndexes(input: CreateInput, names: readonly string[]): CreateTableCommandInput {
  const GlobalSecondaryIndexes = input.GlobalSecondaryIndexes.filter(({ IndexName }) => names.includes(IndexName));
  const keys = [input, ...GlobalSecondaryIndexes].flatMap(({ KeySchema }) => KeySchema);
  const used = new Set(keys.map(({ AttributeName }) => AttributeName));
  const AttributeDefinitions = input.AttributeDefinitions.filter(({ AttributeName }) => used.has(AttributeName));
  return { ...input, GlobalSecondaryIndexes, AttributeDefinitions };
}

const quick = { pollMilliseconds: 50 };

function target(table: string, client = db.client) {
  const lines: string[] = [];
  return { client, table, say: (line: string) => lines.push(line), lines, ...quick };
}

const kinds = (differences: readonly Difference[]) => differences.map(({ about, kind }) => `${about} ${kind}`);

const RECOVERY_LACKING = "recovery lacking";
const LACKING = ON_DYNAMODB_LOCAL
  ? [RECOVERY_LACKING]
  : ["timeToLive lacking", RECOVERY_LACKING, "deletionProtection lacking"];

describe("an absent table", () => {
  it("is created as the entities need it, and found so by a second run", async () => {
    const table = aTableName();

    const first = await ensureTable(target(table));
    const second = await ensureTable(target(table), { apply: true });

    expect(first.created).toBe(true);
    expect(kinds(first.differences)).toEqual(LACKING);
    expect(second).toMatchObject({ created: false, changed: 0 });
    expect(isAsDefined(second.differences)).toBe(true);
  });

  it("has time to live and deletion protection, where the engine has them", async () => {
    const table = aTableName();
    await ensureTable(target(table));

    const { TimeToLiveDescription } = await db.client.send(new DescribeTimeToLiveCommand({ TableName: table }));
    const description = await describeTable(db.client, table);

    expect(TimeToLiveDescription?.TimeToLiveStatus).toBe(ON_DYNAMODB_LOCAL ? "ENABLED" : "DISABLED");
    expect(description?.DeletionProtectionEnabled).toBe(ON_DYNAMODB_LOCAL ? true : undefined);
  });

  it("has the stream that was asked for, where the engine has streams, and keeps it", async () => {
    const table = aTableName();

    const first = await ensureTable(target(table), { stream: true });
    const second = await ensureTable(target(table), { apply: true });

    expect(kinds(first.differences)).toEqual(ON_DYNAMODB_LOCAL ? LACKING : [...LACKING, "stream lacking"]);
    expect(first.streamArn).toEqual(ON_DYNAMODB_LOCAL ? expect.stringContaining(`${table}/stream/`) : undefined);
    expect(second).toMatchObject({ changed: 0, streamArn: first.streamArn });
  });

  it("may be created by two at once", async () => {
    const table = aTableName();

    // The one that comes second only compares, and may still miss what the first is about to switch on.
    await Promise.all([ensureTable(target(table)), ensureTable(target(table))]);

    const { changed, differences } = await ensureTable(target(table));
    expect({ changed, asDefined: isAsDefined(differences) }).toEqual({ changed: 0, asDefined: true });
  });
});

describe("an existing table", () => {
  it("is only compared without apply", async () => {
    const table = await aTableMade((input) => withIndexes(input, ["gsi1", "gsi2", "gsi3"]));

    const { changed, differences } = await ensureTable(target(table));

    expect(changed).toBe(0);
    expect(isAsDefined(differences)).toBe(false);
    expect((await describeTable(db.client, table))?.GlobalSecondaryIndexes).toHaveLength(3);
  });

  it("gets missing indexes one at a time, or hears that the engine cannot add them", async () => {
    const table = await aTableMade((input) => withIndexes(input, ["gsi1", "gsi2", "gsi3"]));
    const added: (readonly unknown[])[] = [];
    const client = interceptedClient(db.client, ({ name, input }, next) => {
      const { GlobalSecondaryIndexUpdates } = input as Partial<UpdateTableCommandInput>;
      if (name === "UpdateTableCommand" && input.TableName === table && GlobalSecondaryIndexUpdates !== undefined)
        added.push(GlobalSecondaryIndexUpdates.map(({ Create }) => Create?.IndexName));
      return next();
    });

    const { differences } = await ensureTable(target(table, client), { apply: true });

    expect(added).toEqual(ON_DYNAMODB_LOCAL ? [["gsi4"], ["gsi5"]] : []);
    expect(kinds(differences).filter((kind) => kind.startsWith("index"))).toEqual(
      ON_DYNAMODB_LOCAL ? [] : ["index fixed", "index fixed"],
    );
  });

  it("is left alone when its key is another table's, whatever it lacks", async () => {
    const table = await aTableMade((input) => ({
      ...withIndexes(input, ["gsi1"]),
      KeySchema: [{ AttributeName: "gsi1pk", KeyType: "HASH" }],
      AttributeDefinitions: [
        { AttributeName: "gsi1pk", AttributeType: "S" },
        { AttributeName: "gsi1sk", AttributeType: "S" },
      ],
    }));
    const sent: string[] = [];
    const client = interceptedClient(db.client, ({ name, input }, next) => {
      if (input.TableName === table) sent.push(name);
      return next();
    });

    const { changed, differences } = await ensureTable(target(table, client), { apply: true });

    expect(changed).toBe(0);
    expect(differences[0]?.text).toBe(
      "key schema: the table's key is gsi1pk (S), it should be pk (S), sk (S); a table's key cannot be changed: create another table and copy the items",
    );
    expect(sent.filter((name) => name.startsWith("Update"))).toEqual([]);
  });

  it("has an index's key and projection named, which cannot be changed", async () => {
    const table = await aTableMade((input) => ({
      ...input,
      GlobalSecondaryIndexes: input.GlobalSecondaryIndexes.map((index) => {
        if (index.IndexName === "gsi2") return { ...index, KeySchema: index.KeySchema.toReversed().map(asKey) };
        if (index.IndexName === "gsi5") return { ...index, Projection: { ProjectionType: "KEYS_ONLY" } };
        return index;
      }),
    }));

    const { differences } = await ensureTable(target(table), { apply: true });

    const fixed = differences.filter(({ kind }) => kind === "fixed").map(({ text }) => text);
    expect(fixed).toHaveLength(2);
    expect(fixed[0]).toMatch(/^index gsi2: its key is gsi2sk \(S\), gsi2pk \(S\), it should be gsi2pk/);
    expect(fixed[1]).toMatch(/^index gsi5: it projects KEYS_ONLY, it should project INCLUDE/);
  });

  it("gets tags, and keeps the tags that nobody spoke of", async () => {
    const table = aTableName();
    await ensureTable(target(table), { tags: { team: "exam", stage: "test" } });

    const again = await ensureTable(target(table), { tags: { team: "exam" }, apply: true });
    const other = await ensureTable(target(table), { tags: { team: "content" } });

    expect(again.changed).toBe(0);
    expect(kinds(other.differences)).toContain(ON_DYNAMODB_LOCAL ? "tags lacking" : "tags change");
  });
});

const asKey = ({ AttributeName }: { readonly AttributeName: string }, position: number) => ({
  AttributeName,
  KeyType: position === 0 ? ("HASH" as const) : ("RANGE" as const),
});

/** Point-in-time recovery, which no emulator has, as AWS answers. */
function withRecovery(refusals: number) {
  const recovery = { status: "DISABLED", days: undefined as number | undefined, refusals };
  const answers: Readonly<Record<string, (input: SentCommand["input"]) => unknown>> = {
    DescribeContinuousBackupsCommand: () => ({
      ContinuousBackupsDescription: {
        PointInTimeRecoveryDescription: {
          PointInTimeRecoveryStatus: recovery.status,
          RecoveryPeriodInDays: recovery.days,
        },
      },
    }),
    UpdateContinuousBackupsCommand: (input) => {
      if (recovery.refusals-- > 0)
        throw Object.assign(new Error("Backups are being enabled"), { name: "ContinuousBackupsUnavailableException" });
      const specification = input.PointInTimeRecoverySpecification as { RecoveryPeriodInDays: number };
      recovery.status = "ENABLED";
      recovery.days = specification.RecoveryPeriodInDays;
      return {};
    },
  };
  const client = interceptedClient(db.client, async ({ name, input }, next) => answers[name]?.(input) ?? next());
  return { client, recovery };
}

describe("point-in-time recovery, as AWS has it", () => {
  it("is turned on for 35 days, after the refusals of a table that is new", async () => {
    const { client, recovery } = withRecovery(3);

    const { differences } = await ensureTable(target(aTableName(), client));

    expect(recovery).toMatchObject({ status: "ENABLED", days: 35 });
    expect(kinds(differences)).not.toContain(RECOVERY_LACKING);
  });

  it("is a difference when it reaches back less far", async () => {
    const { client, recovery } = withRecovery(0);
    const table = aTableName();
    await ensureTable(target(table, client));
    recovery.days = 7;

    const { differences } = await ensureTable(target(table, client));
    await ensureTable(target(table, client), { apply: true });

    expect(differences.map(({ text }) => text)).toContain("point-in-time recovery: 7 days, should be 35 days");
    expect(recovery.days).toBe(35);
  });
});

it("leaves a table that a stack owns to the stack", async () => {
  const client = interceptedClient(db.client, async ({ name }, next) =>
    name === "ListTagsOfResourceCommand"
      ? { Tags: [{ Key: "aws:cloudformation:stack-name", Value: "ielts-data" }] }
      : next(),
  );

  const { changed } = await ensureTable(target(db.table, client));
  expect(changed).toBe(0);
  await expect(ensureTable(target(db.table, client), { apply: true })).rejects.toThrow(
    `the stack ielts-data owns the table ${db.table}: change it by its template`,
  );
});

describe("the comparison", () => {
  const definition = tableDefinition();
  const state: TableState = {
    arn: "arn:aws:dynamodb:eu-west-1:1:table/t",
    status: "ACTIVE",
    itemCount: 0,
    bytes: 0,
    billingMode: "PAY_PER_REQUEST",
    key: "pk (S), sk (S)",
    indexes: definition.globalSecondaryIndexes.map((index) => ({
      ...index,
      key: `${index.partitionKey} (S), ${index.sortKey} (S)`,
      status: "ACTIVE",
      itemCount: 0,
      bytes: 0,
    })),
    deletionProtection: true,
    timeToLiveAttribute: "ttl",
    recoveryDays: 35,
    stream: undefined,
    tags: { team: "exam", owner: "ana" },
    lacking: new Set(),
  };
  const texts = (change: Partial<TableState>, tags = {}, stream = false) =>
    differencesOf({ ...state, ...change }, definition, { tags, stream }).map(({ kind, text }) => `${kind} ${text}`);

  it("finds nothing in a table that is as defined", () => {
    expect(texts({}, { team: "exam" })).toEqual([]);
  });

  it("warns of time to live on another attribute, which deletes what must be kept", () => {
    expect(texts({ timeToLiveAttribute: "expires_at" })).toEqual([
      expect.stringMatching(/^fixed time to live: on `expires_at`, should be on `ttl`; items are deleted/),
    ]);
  });

  it("names the attributes that an index does not project and need not project", () => {
    const [first, ...others] = state.indexes;
    const nonKeyAttributes = [...(first?.nonKeyAttributes ?? []).filter((name) => name !== "status"), "receipt_data"];
    const indexes = first === undefined ? [] : [{ ...first, nonKeyAttributes }, ...others];

    expect(texts({ indexes })).toEqual([
      expect.stringContaining("it does not project status and it need not project receipt_data"),
    ]);
  });

  it("tells billing, an index too many and a tag of another value", () => {
    const extra = {
      indexName: "old",
      key: "a (S)",
      projectionType: "ALL",
      nonKeyAttributes: [],
      status: "ACTIVE",
      itemCount: 0,
      bytes: 0,
    };

    expect(texts({ billingMode: "PROVISIONED", indexes: [...state.indexes, extra] }, { team: "content" })).toEqual([
      "change billing: PROVISIONED, should be PAY_PER_REQUEST (on demand)",
      "extra index old: no access pattern uses it",
      "change tags: team should be content",
    ]);
  });

  it("asks for a stream where one is wished, which must tell both images", () => {
    const arn = "arn:aws:dynamodb:eu-west-1:1:table/t/stream/1";

    expect(texts({}, {}, true)).toEqual(["change stream: off, should be on, NEW_AND_OLD_IMAGES"]);
    expect(texts({ stream: { arn, view: "NEW_AND_OLD_IMAGES" } }, {}, true)).toEqual([]);
    expect(texts({ stream: { arn, view: "KEYS_ONLY" } })).toEqual([]);
    expect(texts({ stream: { arn, view: "KEYS_ONLY" } }, {}, true)).toEqual([
      expect.stringMatching(/^fixed stream: its view is KEYS_ONLY, should be NEW_AND_OLD_IMAGES/),
    ]);
    expect(texts({ lacking: new Set(["stream"]) }, {}, true)).toEqual(["lacking the engine has no streams"]);
  });

  it("takes an index that is being deleted for missing", () => {
    const indexes = state.indexes.map((index) =>
      index.indexName === "gsi3" ? { ...index, status: "DELETING" } : index,
    );

    expect(texts({ indexes })).toEqual(["change index gsi3: being deleted"]);
  });
});

describe("npm run create-table", () => {
  const host = commandHost();
  afterAll(() => host.stop());
  const run = (...words: string[]) => host.run("create-table", words);

  it("tells its options", async () => {
    const { stdout } = await run("--help");

    for (const option of ["--table", "--region", "--endpoint", "--apply", "--tag", "--stream"])
      expect(stdout).toContain(option);
  });

  it.each([
    ["--tag", ["--tag", "team"]],
    ["--table", ["--table", "a b"]],
    ["--endpoint", ["--endpoint", "localhost:8000"]],
    ["--bogus", ["--bogus"]],
  ])("refuses a bad %s by name", async (option, words) => {
    await expect(run(...words)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(option) });
  });
});
