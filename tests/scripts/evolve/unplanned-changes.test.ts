import { readFileSync } from "node:fs";
import {
  modelOfRelease,
  planOfRelease,
  type ReleaseModel,
  type ReleasePlan,
} from "../../../scripts/evolve/release-model.ts";
import { unplannedChanges } from "../../../scripts/evolve/unplanned-changes.ts";

const last: ReleaseModel = modelOfRelease("1.0.0");
const NOTHING: ReleasePlan = { formers: {}, news: {}, forms: [], retired: [] };

/** A key's template. */
const key = (prefix: string, ...attributes: readonly string[]) =>
  [prefix, ...attributes.map((name) => `$${`{${name}}`}`)].filter((part) => part !== "").join("#");

type Part = "indexes" | "patterns" | "attributes";

/** The next release, with some parts of the model changed. */
const next = (changes: { readonly [P in Part]?: ReleaseModel[P] }): ReleaseModel => ({
  ...last,
  release: "1.1.0",
  indexes: { ...last.indexes, ...changes.indexes },
  patterns: { ...last.patterns, ...changes.patterns },
  attributes: { ...last.attributes, ...changes.attributes },
});

const problems = (model: ReleaseModel, plan: Partial<ReleasePlan> = {}) =>
  unplannedChanges({ last, next: model, plan: { ...NOTHING, ...plan } });

const { gsi2, gsi5 } = last.indexes;
if (gsi2 === undefined || gsi5 === undefined) throw new Error("no such index");
/** `gsi2` with one attribute more and one less, in a version. */
const otherView = (version: number) => ({
  gsi2: { version, projects: [...gsi2.projects.filter((name) => name !== "assessment_type"), "ai_confidence"] },
});
const former = { formers: { gsi2: { version: 1, lacks: ["ai_confidence"] } } };
const reportsByType = {
  index: "gsi5",
  partition: key("report", "report_type"),
  sort: key("", "created_at", "report_id"),
};

it("has no problem with what the last release stored, nor has this checkout", () => {
  expect(problems(last)).toEqual([]);
  const released = JSON.parse(readFileSync("docs/released-model.json", "utf8")) as ReleaseModel;
  expect(unplannedChanges({ last: released, next: modelOfRelease("next"), plan: planOfRelease() })).toEqual([]);
});

describe("an index that projects other attributes", () => {
  it("needs a version of its own, and is told which", () => {
    expect(problems(next({ indexes: otherView(1) }))).toEqual([
      'gsi2: it projects ai_confidence more and assessment_type less than in release 1.0.0; give it { version: 2, former: { version: 1, lacks: ["ai_confidence"] } }',
    ]);
    expect(problems(next({ indexes: otherView(2) }), former)).toEqual([]);
  });

  it("says which version answers meanwhile, and what that lacks", () => {
    expect(problems(next({ indexes: otherView(2) }))).toEqual([
      "gsi2: its former version must be 1, which release 1.0.0 reads",
      "gsi2: its former version lacks ai_confidence, entities/evolution.ts says nothing",
    ]);
  });

  it("gets no version for nothing, and none of before", () => {
    const same = { gsi2: { ...gsi2, version: 2 } };

    expect(problems(next({ indexes: same }), { formers: { gsi2: { version: 1, lacks: [] } } })).toEqual([
      "gsi2: version 2 is no other than 1; keep that",
    ]);
    expect(problems(next({ indexes: { gsi2: { ...gsi2, version: 0 } } }))).toEqual([
      "gsi2: release 1.0.0 reads version 1, an earlier one cannot come back",
    ]);
  });

  it("stays within what DynamoDB takes, former versions among it", () => {
    const wide = { gsi2: { version: 2, projects: [...gsi2.projects, "ai_confidence"] } };
    const many = Object.fromEntries(
      Object.entries(last.indexes).map(([index, { projects }]) => [
        index,
        { version: 2, projects: [...projects.slice(1), "message"] },
      ]),
    );
    const formers = Object.fromEntries(Object.keys(many).map((index) => [index, { version: 1, lacks: ["message"] }]));

    expect(problems(next({ indexes: wide }), former)).toEqual(["gsi2: it projects 21 attributes, DynamoDB takes 20"]);
    expect(problems(next({ indexes: many }), { formers })).toEqual([
      "meanwhile there would be 10 indexes with 152 projected attributes, DynamoDB takes 20 and 100: change fewer indexes in a release",
    ]);
  });
});

describe("an access pattern that is new", () => {
  const patterns = { "content_report.byType": reportsByType };

  it("needs an index that is made after the pass over the old items", () => {
    expect(problems(next({ patterns }))).toEqual([
      "content_report.byType: its items are not in gsi5 yet; give that version 2 and the pattern since: 2",
    ]);
    const indexes = { gsi5: { ...gsi5, version: 2 } };
    const formers = { gsi5: { version: 1, lacks: [] } };
    const since = { news: { "content_report.byType": { since: 2 } } };

    expect(problems(next({ patterns, indexes }), { formers })).toEqual([
      "gsi5: version 2 is no other than 1; keep that",
      "content_report.byType: it is new on gsi5; give it since: 2",
    ]);
    expect(problems(next({ patterns, indexes }), { formers, ...since })).toEqual([]);
  });

  it("may be on an index that is new, and of an entity that is new", () => {
    const indexes = { gsi6: { version: 1, projects: [] } };
    const onNew = { "content_report.byType": { ...reportsByType, index: "gsi6" } };
    const plans = {
      "plan.byUser": { index: "gsi1", partition: key("account", "user_email"), sort: key("plan", "plan_id") },
    };

    expect(problems(next({ patterns: onNew, indexes }))).toEqual([
      "content_report.byType: it is new on gsi6; give it since: 1",
    ]);
    expect(problems(next({ patterns: onNew, indexes }), { news: { "content_report.byType": { since: 1 } } })).toEqual(
      [],
    );
    expect(problems(next({ patterns: plans, attributes: { plan: {} } }))).toEqual([]);
  });

  it("finds no place on an index that its entity is in", () => {
    const taken = { "content_report.byType": { ...reportsByType, index: "gsi2" } };

    expect(problems(next({ patterns: taken }))[0]).toBe(
      "content_report.byType: content_report.byStatus of release 1.0.0 has its place on gsi2; choose another index",
    );
  });
});

describe("an access pattern with other keys", () => {
  const changed = { index: "gsi6", partition: key("queue", "priority"), sort: key("", "created_at", "ticket_id") };
  const indexes = { gsi6: { version: 1, projects: [] } };
  const before = last.patterns["ticket.byPriority"];
  if (before === undefined) throw new Error("no such access pattern");

  it("leaves those of before in their place, to answer meanwhile", () => {
    const alone = { "ticket.byPriority": changed };
    const both = { ...alone, "ticket.formerByPriority": before };
    const since = { "ticket.byPriority": { since: 1 } };

    expect(problems(next({ patterns: alone, indexes }), { news: since })).toEqual([
      "ticket.byPriority: its keys change; keep those of release 1.0.0 under another name, which before: names",
    ]);
    expect(problems(next({ patterns: both, indexes }), { news: since })).toEqual([
      'ticket.byPriority: until its index is there ticket.formerByPriority must answer; give it before: "formerByPriority"',
    ]);
    expect(
      problems(next({ patterns: both, indexes }), {
        news: { "ticket.byPriority": { since: 1, before: "formerByPriority" } },
      }),
    ).toEqual([]);
  });

  it("cannot be the table's own", () => {
    const primary = { "ticket.byId": { index: "table", partition: key("ticket", "ticket_id"), sort: "" } };

    expect(problems(next({ patterns: primary }))).toEqual([
      "ticket.byId: the table's own key cannot change; copy the items to another entity",
    ]);
  });
});

describe("an access pattern that is gone", () => {
  it("is named, so that its keys go from the items", () => {
    const { "ticket.byPriority": _, ...patterns } = last.patterns;
    const gone = { ...next({}), patterns };
    const retired = [{ entity: "ticket", pattern: "byPriority" }];

    expect(problems(gone)).toEqual([
      "ticket.byPriority: it is gone, and its keys are on the items of release 1.0.0; name it in RETIRED",
    ]);
    expect(problems(gone, { retired })).toEqual([]);
  });
});

describe("an attribute in another form", () => {
  const ticket = (changes: object) => next({ attributes: { ticket: { ...last.attributes.ticket, ...changes } } });

  it.each([
    ["more items must have it", { channel: { type: "string", required: true } }, "channel"],
    ["more items must have it", { ai_response: { type: "string", required: true } }, "ai_response"],
    ["it is of another type (number)", { priority: { type: "number", required: true } }, "priority"],
    [
      "it has fewer values (urgent)",
      { priority: { type: "enum", required: true, enum: ["low", "normal", "high"] } },
      "priority",
    ],
  ])("needs a form: %s", (why, changes, attribute) => {
    const form = { release: "1.1.0", entity: "ticket", attribute };

    expect(problems(ticket(changes))).toEqual([
      `ticket.${attribute}: ${why} than in release 1.0.0; say in FORMS what the old items have`,
    ]);
    expect(problems(ticket(changes), { forms: [form] })).toEqual([]);
    expect(problems(ticket(changes), { forms: [{ ...form, release: "1.0.0" }] })).toHaveLength(1);
  });

  it("needs none where old items are right: an optional attribute, a further value", () => {
    const { priority } = last.attributes.ticket ?? {};
    if (priority === undefined) throw new Error("no such attribute");

    expect(
      problems(
        ticket({
          channel: { type: "string", required: false },
          priority: { ...priority, enum: [...(priority.enum ?? []), "later"] },
        }),
      ),
    ).toEqual([]);
  });
});
