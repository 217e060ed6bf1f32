import { inspect } from "node:util";
import { questions, rubrics } from "../../scripts/content/catalogue.ts";
import type { DataLayer } from "../../services/data-layer.ts";
import { DataLayerError } from "../../services/storage/errors.ts";
import {
  aFix,
  aReceipt,
  aRegistration,
  aReport,
  aSafetyEvent,
  aSpeakingResult,
  aTicket,
  CHEN,
  MARIA,
  speakingScores,
} from "../builders.ts";
import { NOW, openTestTable, type TestTable } from "../engine.ts";
import fc from "../generated.ts";
import { hostileValue, LOADED_NAMES } from "./hostile-values.ts";
import { failureOf, inGroups } from "./outcomes.ts";
import { patientLayer } from "./patient-layer.ts";
import { report } from "./report.ts";
import { SCENARIOS, type Scenario } from "./scenarios.ts";
import { LONG, SEED } from "./seeded-random.ts";

const INPUTS = LONG ? 100_000 : 3_000;
const BATCH = LONG ? 1_000 : 500;
/** A fresh table now and then, so that what was accepted does not slow the rest down. */
const BATCHES_A_TABLE = 5;
const BATCHES_A_COMPARISON = LONG ? 4 : 2;

jest.setTimeout(900_000);

// Nearly every input makes an error, and its stack is most of what it costs.
Error.stackTraceLimit = 0;

type Path = readonly (string | number)[];

/** A function of a service with valid arguments, and a place in them for a hostile value. */
interface Place {
  readonly service: string;
  readonly name: string;
  readonly values: readonly unknown[];
  readonly path: Path;
}

interface Attempt {
  readonly place: Place;
  readonly value: unknown;
  /** Stands beside the place's own name, in the same object, where the place is in one. */
  readonly extra: string | undefined;
}

const ids = { assessment_id: "assessment-own", ticket_id: "TKT-0123456789AB", action_id: "ACT-0123456789AB" };
const key = { created_at: NOW, timestamp: NOW };

/** Arguments that the scenarios leave out: everything optional, and lists that are short enough to send often. */
const FULLER: Readonly<Record<string, readonly unknown[]>> = {
  "accounts.overview": [MARIA, { assessments: 3 }],
  // An erasure or a change that begins refuses other calls, and takes back what they repeat: not Maria's.
  "accounts.erase": [CHEN, { deadline: NOW + 60, onProgress: () => undefined }],
  "accounts.finishErasures": [{ deadline: NOW + 60, onProgress: () => undefined }],
  "accounts.changeAddress": [
    { from: CHEN, to: "chen.wei@example.org", email_verified: true },
    { deadline: NOW + 60, onProgress: () => undefined },
  ],
  "accounts.finishAddressChanges": [{ deadline: NOW + 60, onProgress: () => undefined }],
  "accounts.listUnfinishedAddressChanges": [{ limit: 5, cursor: null }],
  "accounts.listUnfinishedErasures": [{ limit: 5, cursor: null }],
  "sessions.start": [{ user_email: MARIA, ip_address: "203.0.113.7", user_agent: "Firefox" }],
  "sessions.listByUser": [MARIA, { limit: 5, cursor: null }],
  "assessments.listByUser": [MARIA, { limit: 5, cursor: null }],
  "assessments.listByType": ["speaking_academic", { limit: 5, cursor: null }],
  "assessments.complete": [
    { assessment_id: ids.assessment_id, user_id: MARIA },
    aSpeakingResult({ scores: { speaking: speakingScores } }),
  ],
  "assessments.abandon": [{ assessment_id: ids.assessment_id, user_id: MARIA }],
  "questions.listByType": [
    { assessment_type: "writing_task2", difficulty: "easy", topic: "work" },
    { limit: 5, cursor: null },
  ],
  "questions.draw": [{ assessment_type: "writing_task2", difficulty: "easy", topic: "work", count: 2 }],
  "questions.import": [questions.slice(0, 1), { concurrency: 2, onProgress: () => undefined }],
  "rubrics.import": [rubrics.slice(0, 1), { concurrency: 2, onProgress: () => undefined }],
  "moderation.triage": [
    { report_id: "report-own", created_at: key.created_at },
    { status: "investigating", admin_notes: "seen" },
  ],
  "moderation.listReportsByStatus": ["new", { limit: 5, cursor: null }],
  "moderation.listReportsByReporter": [MARIA, { limit: 5, cursor: null }],
  "support.open": [aTicket({ ticket_id: "TKT-1", ai_response: "We look into it.", ai_confidence: 0.5 })],
  "support.setPriority": [{ ticket_id: ids.ticket_id, created_at: key.created_at }, "low"],
  "support.listByStatus": ["new", { limit: 5, cursor: null }],
  "support.listByPriority": ["high", { limit: 5, cursor: null }],
  "support.listByUser": [MARIA, { limit: 5, cursor: null }],
  "devops.proposeFix": [
    aFix({ action_id: "ACT-1", ai_analysis: "Too short.", ticket: { ticket_id: ids.ticket_id, created_at: NOW } }),
  ],
  "devops.approve": [
    { action_id: ids.action_id, timestamp: key.timestamp },
    { reviewed_by: "dana", review_reason: "clear" },
  ],
  "devops.listPendingApprovals": [{ limit: 5, cursor: null }],
  "devops.listByStatus": ["approved", { limit: 5, cursor: null }],
  "devops.listByService": ["lambda", { limit: 5, cursor: null }],
  "devops.listByTicket": [ids.ticket_id, { limit: 5, cursor: null }],
};

const replaced = new Set(["questions.import", "rubrics.import", "accounts.changeAddress"]);

/** Something of everything, under the ids that the scenarios use. */
async function prepare(layer: DataLayer) {
  const { assessment_id, ticket_id, action_id } = ids;
  await layer.accounts.register(aRegistration());
  await layer.purchases.grant(aReceipt());
  await layer.assessments.start({ user_id: MARIA, assessment_type: "speaking_academic", assessment_id });
  await layer.moderation.recordSafetyEvent(aSafetyEvent({ assessment_id, log_id: "log-own", timestamp: NOW }));
  await layer.moderation.fileReport(aReport({ report_id: "report-own" }));
  await layer.support.open(aTicket({ ticket_id }));
  await layer.devops.proposeFix(aFix({ action_id, ticket: ticket_id }));
  await layer.questions.import(questions.slice(0, 5));
  await layer.rubrics.import(rubrics.slice(0, 2));
}

/** The arguments with which a scenario calls each function, by `service.function`. */
async function scenarioArguments(): Promise<Map<string, readonly unknown[]>> {
  const recorded = new Map<string, readonly unknown[]>();
  const recorder = new Proxy(
    {},
    {
      get: (_, service) =>
        new Proxy(
          {},
          {
            get:
              (__, name) =>
              async (...values: unknown[]) => {
                recorded.set(`${String(service)}.${String(name)}`, values);
                return { failed: [] };
              },
          },
        ),
    },
  ) as DataLayer;
  const prepared = { session_id: "3d0f4f4e-6d2c-4c0e-9b1d-000000000001", token: "token" };
  for (const functions of Object.values(SCENARIOS)) {
    for (const scenario of Object.values(functions) as Scenario[]) await scenario.act(recorder, prepared as never);
  }
  return recorded;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** Every place in a value: itself, its attributes, the first elements of its lists. */
function placesIn(value: unknown, path: Path): Path[] {
  if (!isObject(value)) return [path];
  const names = Array.isArray(value) ? [0] : Object.keys(value);
  return [path, ...names.flatMap((name) => placesIn(value[name], [...path, name]))];
}

function withValue(root: unknown, [name, ...rest]: Path, value: unknown): unknown {
  if (name === undefined) return value;
  const copy: object = Array.isArray(root) ? [...root] : { ...(root as object) };
  const child = withValue((root as Record<string, unknown>)[name], rest, value);
  // Not an assignment: `__proto__` shall be an attribute, as JSON.parse makes it.
  Object.defineProperty(copy, name, { value: child, enumerable: true, writable: true, configurable: true });
  return copy;
}

async function everyPlace(): Promise<Place[]> {
  const recorded = [...(await scenarioArguments())].filter(([name]) => !replaced.has(name));
  return [...recorded, ...Object.entries(FULLER)].flatMap(([full, values]) => {
    const [service = "", name = ""] = full.split(".");
    return values.flatMap((value, index) =>
      placesIn(value, [index]).map((path): Place => ({ service, name, values, path })),
    );
  });
}

/** Where the value goes: the place, or beside it under another name. */
function pathOf({ place: { path }, extra }: Attempt): Path {
  const beside = extra !== undefined && path.length > 1 && typeof path.at(-1) === "string";
  return beside ? [...path.slice(0, -1), extra] : path;
}

const argumentsOf = (one: Attempt) => withValue(one.place.values, pathOf(one), one.value) as unknown[];

type Service = Readonly<Record<string, (...values: unknown[]) => Promise<unknown>>>;

const attempt = (layer: DataLayer, one: Attempt): Promise<unknown> => {
  const service = layer[one.place.service as keyof DataLayer] as unknown as Service;
  const call = service[one.place.name]?.(...argumentsOf(one));
  return failureOf(call ?? Promise.reject(new Error("no such function")));
};

function describeAttempt(one: Attempt, error: unknown) {
  const shown = inspect(one.value, { depth: 1, maxStringLength: 30 }).slice(0, 120).replaceAll("\n", " ");
  const at = `${one.place.service}.${one.place.name}(${pathOf(one).join(".")})`;
  return { at, shown, error: String(error).slice(0, 200) };
}

it("is accepted whole or refused with a typed error, and what is refused leaves no trace", async () => {
  const places = await everyPlace();
  const attempts: readonly Attempt[] = fc.sample(
    fc.record({
      place: fc.constantFrom(...places),
      value: hostileValue,
      extra: fc.oneof(
        { weight: 9, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: fc.constantFrom(...LOADED_NAMES) },
      ),
    }),
    { seed: SEED, numRuns: INPUTS },
  );
  const prototypeBefore = Reflect.ownKeys(Object.prototype);
  const untyped = new Map<string, ReturnType<typeof describeAttempt>>();
  const traces: unknown[] = [];
  let [refusals, comparisons] = [0, 0];

  let db: TestTable | undefined;
  let layer: DataLayer | undefined;
  const close = async () => {
    layer?.context.client.destroy();
    await db?.drop();
  };
  for (let batch = 0; batch * BATCH < INPUTS; batch++) {
    if (batch % BATCHES_A_TABLE === 0) {
      await close();
      db = await openTestTable();
      layer = await patientLayer(db);
      await prepare(layer);
    }
    const [table, target] = [db as TestTable, layer as DataLayer];
    const refused: Attempt[] = [];
    const inputs = attempts.slice(batch * BATCH, (batch + 1) * BATCH);
    await inGroups(inputs.length, 25, async (number) => {
      const one = inputs[number] as Attempt;
      const error = await attempt(target, one);
      if (error === undefined) return;
      refused.push(one);
      if (error instanceof DataLayerError) return;
      const described = describeAttempt(one, error);
      untyped.set(`${described.at} ${described.error.slice(0, 40)}`, described);
    });
    refusals += refused.length;
    if (batch % BATCHES_A_COMPARISON !== 0) continue;
    // All that was refused once more, and nothing else: now any change of the table is the fault of a refused input.
    const before = JSON.stringify(await table.contents());
    let accepted = 0;
    await inGroups(refused.length, 25, async (number) => {
      if ((await attempt(target, refused[number] as Attempt)) === undefined) accepted++;
    });
    const same = JSON.stringify(await table.contents()) === before;
    if (accepted === 0) comparisons++;
    if (accepted === 0 && !same) traces.push(refused.map((one) => describeAttempt(one, "")));
  }
  await close();
  report("hostile inputs", {
    inputs: INPUTS,
    places: places.length,
    functions: new Set(places.map(({ service, name }) => `${service}.${name}`)).size,
    refused: refusals,
    "comparisons of the table": comparisons,
  });

  expect(Reflect.ownKeys(Object.prototype)).toEqual(prototypeBefore);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  expect([...untyped.values()]).toEqual([]);
  expect(traces).toEqual([]);
  expect(comparisons).toBeGreaterThan(0);
});

it("would reach every function that takes an argument", async () => {
  const functions = Object.entries(SCENARIOS).flatMap(([service, named]) =>
    Object.keys(named).map((name) => `${service}.${name}`),
  );
  const reached = new Set((await everyPlace()).map(({ service, name }) => `${service}.${name}`));
  expect(functions.filter((name) => !reached.has(name))).toEqual(["purchases.expireAll", "support.countByStatus"]);
});
