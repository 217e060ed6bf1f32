// This release reads the second version of two indexes; one has a new access pattern. It has a form, and a pattern is gone.
jest.mock("../../../entities/evolution.ts", () => {
  const actual = jest.requireActual("../../../entities/evolution.ts");
  return {
    ...actual,
    INDEXES: { ...actual.INDEXES, gsi2: { version: 2 }, gsi5: { version: 2 } },
    indexNameOf: (index: string) => (/^gsi[25]$/.test(index) ? `${index}-2` : index),
    FORMS: [{ release: "1.1.0", entity: "ticket", attribute: "channel", toldBy: [], value: () => "mail" }],
    RETIRED: [{ release: "1.1.0", entity: "question", pattern: "byDraw" }],
  };
});
jest.mock("../../../scripts/table/index-stages.ts", () => ({
  ...jest.requireActual("../../../scripts/table/index-stages.ts"),
  newPatternsOn: (indexName: string) => (indexName === "gsi5-2" ? ["content_report.byType"] : []),
}));

import { tableDefinition, withIndexes } from "../../../entities/table.ts";
import { validateTemplate } from "../../../scripts/cloudformation/resource-schema.ts";
import { cloudFormationTemplate } from "../../../scripts/cloudformation/template.ts";
import { indexesAfter, laterVersions, planOf, type Step } from "../../../scripts/evolve/plan.ts";
import { limitProblemOf } from "../../../scripts/evolve/table-limits.ts";
import { type IndexState, stackOf, type TableState } from "../../../scripts/table/table-state.ts";

const definition = tableDefinition();
const FORM = "1.1.0 ticket.channel";
const GONE = "1.1.0 question.byDraw retired";

function anIndex(indexName: string): IndexState {
  const [index = ""] = indexName.split("-");
  const { projectionType, nonKeyAttributes } =
    definition.globalSecondaryIndexes.find((one) => one.indexName.startsWith(index)) ??
    ({ projectionType: "ALL", nonKeyAttributes: [] } as const);
  const key = `${index}pk (S), ${index}sk (S)`;
  return { indexName, key, projectionType, nonKeyAttributes, status: "ACTIVE", itemCount: 0, bytes: 0 };
}

const stateWith = (...names: readonly string[]): TableState => ({
  arn: "arn:aws:dynamodb:eu-west-1:1:table/t",
  status: "ACTIVE",
  itemCount: 0,
  bytes: 0,
  billingMode: "PAY_PER_REQUEST",
  key: "pk (S), sk (S)",
  indexes: names.map(anIndex),
  deletionProtection: true,
  timeToLiveAttribute: "ttl",
  recoveryDays: 35,
  stream: undefined,
  tags: {},
  lacking: new Set(),
});
const OTHERS = ["gsi1", "gsi3", "gsi4"];

const textOf = (step: Step): string => {
  const what = {
    index: () => "index" in step && step.index.indexName,
    pass: () => "names" in step && step.names.join(),
    drop: () => "indexName" in step && step.indexName,
  };
  return `${step.afterDeployment ? "then " : ""}${step.kind} ${what[step.kind]()}`;
};
const planned = (state: TableState, done: readonly string[] = []) => planOf(state, definition, done).map(textOf);

it("makes indexes on keys that all items have first, and lets former versions go before the pass over the items", () => {
  expect(planned(stateWith(...OTHERS, "gsi2", "gsi5"))).toEqual([
    "index gsi2-2",
    "then drop gsi2",
    `then pass gsi5-2,${FORM},${GONE}`,
    "then index gsi5-2",
    "then drop gsi5",
  ]);
});

it("goes on from where a table is", () => {
  expect(planned(stateWith(...OTHERS, "gsi2-2", "gsi5"), ["gsi5-2", FORM])).toEqual([
    `then pass ${GONE}`,
    "then index gsi5-2",
    "then drop gsi5",
  ]);
  expect(planned(stateWith(...OTHERS, "gsi2-2", "gsi5-2", "gsi5"), [FORM, GONE])).toEqual(["then drop gsi5"]);
  expect(planned(stateWith(...OTHERS, "gsi2-2", "gsi5-2"), [FORM, GONE])).toEqual([]);
});

it("takes an index that is on its way out for one that is gone", () => {
  const state = stateWith(...OTHERS, "gsi2-2", "gsi5-2");
  const deleting = [...state.indexes, { ...anIndex("gsi2"), status: "DELETING" }];

  expect(planned({ ...state, indexes: deleting }, [FORM, GONE])).toEqual([]);
});

it("leaves alone what later releases read, and what other hands made", () => {
  const state = stateWith(...OTHERS, "gsi2-2", "gsi2-3", "gsi5-2", "gsi7", "reports");

  expect(planned(state, [FORM, GONE])).toEqual([]);
  expect(laterVersions(state, [])).toEqual(["gsi2-3"]);
});

describe("where DynamoDB takes no more", () => {
  /** The same state, each of whose indexes projects so many attributes. */
  const wide = (state: TableState, count: number): TableState => ({
    ...state,
    indexes: state.indexes.map((index) => ({ ...index, nonKeyAttributes: Array.from({ length: count }, String) })),
  });

  it("makes an index after the deployment, once former ones are gone", () => {
    expect(planned(wide(stateWith("gsi1", "gsi3", "gsi4", "gsi2", "gsi5-2", "gsi5"), 15), [FORM, GONE])).toEqual([
      "then drop gsi5",
      "then index gsi2-2",
      "then drop gsi2",
    ]);
  });

  it("lets later versions go on the way back, one when the other is there", () => {
    const state = wide(stateWith("gsi1-2", "gsi3-2", "gsi2-3", "gsi4", "gsi5-2"), 15);

    expect(planned(state, [FORM, GONE])).toEqual([
      "index gsi1",
      "drop gsi1-2",
      "index gsi2-2",
      "drop gsi2-3",
      "index gsi3",
    ]);
    expect(laterVersions(state, planOf(state, definition, [FORM, GONE]))).toEqual(["gsi3-2"]);
  });
});

it("changes one index at a time, up to the template of this release", () => {
  let state = stateWith(...OTHERS, "gsi2", "gsi5");
  const stages: string[][] = [];
  const done = [FORM, GONE, "gsi5-2"];
  for (let [step] = planOf(state, definition, done); step !== undefined; [step] = planOf(state, definition, done)) {
    const indexes = indexesAfter(state, step);
    expect(validateTemplate(cloudFormationTemplate(withIndexes(indexes))).problems).toEqual([]);
    stages.push(indexes.map(({ indexName }) => indexName).sort());
    state = stateWith(...indexes.map(({ indexName }) => indexName));
  }

  expect(stages).toEqual([
    ["gsi1", "gsi2", "gsi2-2", "gsi3", "gsi4", "gsi5"],
    ["gsi1", "gsi2-2", "gsi3", "gsi4", "gsi5"],
    ["gsi1", "gsi2-2", "gsi3", "gsi4", "gsi5", "gsi5-2"],
    ["gsi1", "gsi2-2", "gsi3", "gsi4", "gsi5-2"],
  ]);
  expect(withIndexes(indexesAfter(state, { kind: "pass", names: [], afterDeployment: true }))).toEqual(definition);
});

it("knows the stack that owns a table by CloudFormation's tag", () => {
  expect(stackOf(stateWith())).toBeUndefined();
  expect(stackOf({ ...stateWith(), tags: { "aws:cloudformation:stack-name": "ielts-data" } })).toBe("ielts-data");
});

it("makes no index more than DynamoDB takes", () => {
  const index = { indexName: "gsi2-2", partitionKey: "gsi2pk", sortKey: "gsi2sk", projectionType: "INCLUDE" } as const;
  const names = (count: number) => Array.from({ length: count }, (_, place) => `attribute${place}`);
  const many = stateWith(...names(20));
  const wide = { ...stateWith(), indexes: [{ ...anIndex("gsi1"), nonKeyAttributes: names(90) }] };

  expect(limitProblemOf(stateWith(...OTHERS), { ...index, nonKeyAttributes: names(20) })).toBeUndefined();
  expect(limitProblemOf(many, { ...index, nonKeyAttributes: [] })).toBe(
    "DynamoDB takes no further index gsi2-2: the table has 20 of 20",
  );
  expect(limitProblemOf(wide, { ...index, nonKeyAttributes: names(11) })).toBe(
    "DynamoDB takes no further index gsi2-2: 101 attributes would be projected, of 100",
  );
});
