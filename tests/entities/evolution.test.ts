import {
  FORMER_INDEXES,
  FORMS,
  formersOf,
  INDEXES,
  type IndexVersion,
  indexNameOf,
  RETIRED,
  versionName,
} from "../../entities/evolution.ts";
import { tableDefinition } from "../../entities/table.ts";

it("names the first version of an index as the index, and later ones by their number", () => {
  expect([versionName("gsi2", 1), versionName("gsi2", 2), versionName("gsi2", 10)]).toEqual([
    "gsi2",
    "gsi2-2",
    "gsi2-10",
  ]);
});

it("tells the former version of an index by the name of the one that is read", () => {
  const former = { version: 2, lacks: ["ai_confidence"] };

  expect([...formersOf({ gsi1: { version: 1 }, gsi2: { version: 3, former } })]).toEqual([
    ["gsi2-3", { ...former, indexName: "gsi2-2" }],
  ]);
});

it("is of the indexes that the table has", () => {
  const names = (Object.keys(INDEXES) as (keyof typeof INDEXES)[]).map(indexNameOf);

  expect(names).toEqual(tableDefinition().globalSecondaryIndexes.map(({ indexName }) => indexName));
  expect([...FORMER_INDEXES.keys()].filter((name) => !names.includes(name))).toEqual([]);
  for (const { version, former } of Object.values<IndexVersion>(INDEXES))
    expect(former?.version ?? 0).toBeLessThan(version);
});

it("turns no item twice into another form", () => {
  const items: readonly Readonly<Record<string, unknown>>[] = [{}, { priority: "high", status: "new" }];

  for (const { attribute, value } of FORMS)
    for (const item of items) {
      const once = { ...item, [attribute]: value(item) };
      expect(value(once)).toEqual(once[attribute]);
    }
  expect(RETIRED.filter(({ release }) => !/^\d+\.\d+\.\d+$/.test(release))).toEqual([]);
});
