import { CreateTableCommand, DeleteTableCommand, DescribeTableCommand } from "@aws-sdk/client-dynamodb";
import type { IndexSchema } from "../../entities/schema.ts";
import { createTableInput, tableDefinition } from "../../entities/table.ts";
import { openTestTable } from "../engine.ts";
import { attributesOf, indexesOf, SUBJECTS, type Subject } from "./samples.ts";

const INDEXES = Object.values<Subject>(SUBJECTS).flatMap((subject) =>
  indexesOf(subject).map(([name, index]) => ({ name, index, subject })),
);
const IDENTIFIERS = ["__edb_e__", "__edb_v__"];

const keySchema = (partitionKey: string, sortKey: string) => [
  { AttributeName: partitionKey, KeyType: "HASH" },
  { AttributeName: sortKey, KeyType: "RANGE" },
];

describe("tableDefinition", () => {
  it("has one key, five indexes and a time to live", () => {
    const { keySchema, globalSecondaryIndexes, timeToLiveAttribute } = tableDefinition();

    expect(keySchema).toEqual({ partitionKey: "pk", sortKey: "sk" });
    expect(globalSecondaryIndexes.map(({ nonKeyAttributes: _, ...index }) => index)).toEqual([
      { indexName: "gsi1", partitionKey: "gsi1pk", sortKey: "gsi1sk", projectionType: "INCLUDE" },
      { indexName: "gsi2", partitionKey: "gsi2pk", sortKey: "gsi2sk", projectionType: "INCLUDE" },
      { indexName: "gsi3", partitionKey: "gsi3pk", sortKey: "gsi3sk", projectionType: "INCLUDE" },
      { indexName: "gsi4", partitionKey: "gsi4pk", sortKey: "gsi4sk", projectionType: "INCLUDE" },
      { indexName: "gsi5", partitionKey: "gsi5pk", sortKey: "gsi5sk", projectionType: "INCLUDE" },
    ]);
    expect(timeToLiveAttribute).toBe("ttl");
  });

  it("defines the key attributes, once each and nothing else", () => {
    expect(tableDefinition().attributeDefinitions).toEqual(
      [
        "pk",
        "sk",
        "gsi1pk",
        "gsi1sk",
        "gsi2pk",
        "gsi2sk",
        "gsi3pk",
        "gsi3sk",
        "gsi4pk",
        "gsi4sk",
        "gsi5pk",
        "gsi5sk",
      ].map((attributeName) => ({ attributeName, attributeType: "S" })),
    );
  });

  it("stays within AWS's limits: 20 projected attributes an index, 100 a table", () => {
    const counts = tableDefinition().globalSecondaryIndexes.map(({ nonKeyAttributes }) => nonKeyAttributes.length);

    expect(Math.max(...counts)).toBeLessThanOrEqual(20);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(100);
  });

  it.each(["gsi1", "gsi2", "gsi3", "gsi4", "gsi5"])(
    "projects into %s exactly what the entities' views name",
    (name) => {
      const views = INDEXES.filter(({ index }) => index.index === name).flatMap(({ index }) => index.projection ?? []);

      const index = tableDefinition().globalSecondaryIndexes.find(({ indexName }) => indexName === name);
      expect(index?.nonKeyAttributes).toEqual([...new Set(views)].sort());
      if (index?.projectionType === "INCLUDE") {
        expect(index.nonKeyAttributes).toEqual(expect.arrayContaining(IDENTIFIERS));
      }
    },
  );

  it("never projects texts, receipts, secrets or whole results", () => {
    const projected = tableDefinition().globalSecondaryIndexes.flatMap(({ nonKeyAttributes }) => nonKeyAttributes);

    for (const attribute of [
      "password_hash",
      "verification_token",
      "receipt_data",
      "last_login",
      "scores",
      "ai_feedback",
      "message",
      "code_diff",
      "user_response",
      "legacy",
      "migration",
    ]) {
      expect(projected).not.toContain(attribute);
    }
  });
});

describe("an entity's index", () => {
  it.each(INDEXES)("has its keys in the fields of its name: $subject.model.schema.model.entity $name", ({ index }) => {
    const name = index.index ?? "";

    expect([index.pk.field, index.sk.field]).toEqual([`${name}pk`, `${name}sk`]);
  });

  it.each(INDEXES)("keeps the case of keys: $subject.model.schema.model.entity $name", ({ index }) => {
    expect([index.pk.casing, index.sk.casing]).toEqual(["none", "none"]);
  });

  it.each(INDEXES)("views attributes that the entity has: $subject.model.schema.model.entity $name", (pattern) => {
    const attributes = attributesOf(pattern.subject).map(([name]) => name);
    const view = (pattern.index.projection ?? []).filter((name) => !IDENTIFIERS.includes(name));

    expect(view.filter((name) => !attributes.includes(name))).toEqual([]);
    expect(new Set(view).size).toBe(view.length);
  });

  it.each(INDEXES)("is made of what is always there or fixed: $subject.model.schema.model.entity $name", (pattern) => {
    const { index, subject } = pattern;
    const attributes = Object.fromEntries(attributesOf(subject));
    const optional = [...index.pk.composite, ...index.sk.composite].filter((name) => {
      const { required, watch } = attributes[name] ?? {};
      return required !== true && watch === undefined;
    });

    // Those four may be missing, and the item is then missing from the index: its partition key is dropped.
    expect(optional.filter((name) => index.sk.composite.includes(name))).toEqual([]);
    expect(["ticket_id", "status", "assessment_id", "claim_owner"]).toEqual(expect.arrayContaining(optional));
  });

  it("keeps the table's own key fixed for good", () => {
    const changeable = INDEXES.filter(({ index }) => index.index === undefined).flatMap(({ index, subject }) => {
      const attributes = Object.fromEntries(attributesOf(subject));
      return [...index.pk.composite, ...index.sk.composite].filter((name) => attributes[name]?.readOnly !== true);
    });

    expect(changeable).toEqual([]);
  });

  it("is in a scope or in a collection, so that no partition mixes by accident", () => {
    const loose = INDEXES.filter(({ index }: { index: IndexSchema }) => {
      const marks = [index.scope, index.collection].filter((mark) => mark !== undefined);
      return marks.length !== (index.index === undefined ? 0 : 1);
    });

    expect(loose.map(({ name }) => name)).toEqual([]);
  });
});

describe("a scope", () => {
  it("is one entity's alone", () => {
    const owners = new Map<string, Set<unknown>>();
    for (const { index, subject } of INDEXES) {
      if (index.scope === undefined) continue;
      owners.set(index.scope, (owners.get(index.scope) ?? new Set()).add(subject));
    }

    expect([...owners].filter(([, entities]) => entities.size > 1).map(([scope]) => scope)).toEqual([]);
    expect([...owners.keys()].sort()).toEqual([
      "action",
      "assessment",
      "entitlement",
      "erasure",
      "owner",
      "qr_token",
      "question",
      "report",
      "rubric",
      "safety_log",
      "session",
      "ticket",
    ]);
  });
});

describe("createTableInput", () => {
  it("is the same table in the shape of CreateTable, billed on demand", () => {
    const { AttributeDefinitions, GlobalSecondaryIndexes, ...table } = createTableInput("my-table");

    expect(table).toEqual({
      TableName: "my-table",
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: keySchema("pk", "sk"),
    });
    expect(AttributeDefinitions).toHaveLength(12);
    expect(AttributeDefinitions).toEqual(
      tableDefinition().attributeDefinitions.map(({ attributeName }) => ({
        AttributeName: attributeName,
        AttributeType: "S",
      })),
    );
    expect(GlobalSecondaryIndexes).toEqual(
      tableDefinition().globalSecondaryIndexes.map(({ indexName, nonKeyAttributes }) => ({
        IndexName: indexName,
        KeySchema: keySchema(`${indexName}pk`, `${indexName}sk`),
        Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: nonKeyAttributes },
      })),
    );
  });

  it("is accepted by the engine as it is", async () => {
    const db = await openTestTable();
    try {
      const input = createTableInput("table-of-its-own");
      await db.client.send(new CreateTableCommand(input));

      const { Table } = await db.client.send(new DescribeTableCommand({ TableName: "table-of-its-own" }));
      expect(Table?.KeySchema).toEqual(input.KeySchema);
      expect(Table?.GlobalSecondaryIndexes).toHaveLength(5);
      await db.client.send(new DeleteTableCommand({ TableName: "table-of-its-own" }));
    } finally {
      await db.drop();
    }
  });
});
