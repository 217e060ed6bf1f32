import { describeModel } from "../../entities/model.ts";
import { tableDefinition } from "../../entities/table.ts";
import { nosqlWorkbenchModel } from "../../scripts/docs/nosql-workbench.ts";
import { type Recording, recordSamples } from "../../scripts/docs/recording.ts";
import { SAMPLES } from "../../scripts/docs/samples.ts";

let recordings: Recording[];
let items: Record<string, unknown>[];
beforeAll(async () => {
  ({ recordings, items } = await recordSamples(SAMPLES));
});

describe("the samples of the documents", () => {
  it("show every access pattern of the model, alone or through its collection", () => {
    const shown = new Set(SAMPLES.map(({ pattern }) => pattern));
    const patterns = Object.entries(describeModel().entities).flatMap(([entity, { accessPatterns }]) =>
      accessPatterns.map(({ name, collection }) => [`${entity}.${name}`, collection ?? ""] as const),
    );

    expect(patterns.filter(([pattern, collection]) => !shown.has(pattern) && !shown.has(collection))).toEqual([]);
  });

  it("run, and answer from the index that they are shown with", () => {
    const { entities, collections } = describeModel();
    for (const { sample, condition } of recordings) {
      const [entity = "", name] = sample.pattern.split(".");
      const all: Readonly<Record<string, { accessPatterns: readonly { name: string; index: string }[] } | undefined>> =
        entities;
      const index = collections[entity]?.index ?? all[entity]?.accessPatterns.find((one) => one.name === name)?.index;
      const begins = index === "table" ? ["Get", "BatchGet", "pk = "] : [`${index}pk = `];
      const asked = begins.some((begin) => condition.startsWith(begin));
      expect([sample.pattern, condition, asked]).toEqual([sample.pattern, condition, true]);
    }
  });
});

describe("the NoSQL Workbench model", () => {
  it("has the structure of published models and the table's definition", () => {
    const model = nosqlWorkbenchModel(items);
    const [table] = model.DataModel;
    const definition = tableDefinition();

    expect(Object.keys(model)).toEqual(["ModelName", "ModelMetadata", "DataModel"]);
    expect(model.ModelMetadata).toMatchObject({ AWSService: "Amazon DynamoDB", Version: "3.0" });
    expect(table?.KeyAttributes.PartitionKey.AttributeName).toBe(definition.keySchema.partitionKey);
    expect(
      table?.GlobalSecondaryIndexes.map((index) => [
        index.IndexName,
        index.KeyAttributes.PartitionKey.AttributeName,
        index.Projection,
      ]),
    ).toEqual(
      definition.globalSecondaryIndexes.map(({ indexName, partitionKey, projectionType, nonKeyAttributes }) => [
        indexName,
        partitionKey,
        projectionType === "ALL"
          ? { ProjectionType: "ALL" }
          : { ProjectionType: "INCLUDE", NonKeyAttributes: nonKeyAttributes },
      ]),
    );
    expect(table?.TableFacets.map((facet) => facet.FacetName)).toEqual(Object.keys(describeModel().entities));
    const declared = new Set([
      "pk",
      "sk",
      ...(table?.NonKeyAttributes.map((attribute) => attribute.AttributeName) ?? []),
    ]);
    for (const row of table?.TableData ?? []) {
      for (const [name, value] of Object.entries(row)) {
        expect(declared).toContain(name);
        expect(Object.keys(value)).toHaveLength(1);
      }
    }
    expect(table?.TableData.length).toBeGreaterThan(20);
  });
});
