import { ConflictError } from "../../services/storage/errors.ts";
import { Interrupted, type Interruption, interruptedClient } from "../../testing/interrupted-client.ts";
import { goBackTo, type Beginning as TableBeginning } from "../beginnings.ts";
import { MARIA } from "../builders.ts";
import { NOW, openTestTable, type TestTable } from "../engine.ts";
import { functionsOf, interceptedClient } from "../instruments.ts";
import { report } from "./report.ts";
import { SCENARIOS, type Scenario } from "./scenarios.ts";
import { LONG } from "./seeded-random.ts";

const operations = Object.entries(SCENARIOS).flatMap(([service, functions]) =>
  Object.entries(functions).map(([name, scenario]) => [`${service}.${name}`, scenario as Scenario] as const),
);

let db: TestTable;
beforeAll(async () => {
  db = await openTestTable();
});
beforeEach(() => db.reset());
afterAll(() => db.drop());

/** The table's contents with generated ids made alike, in an order that does not depend on them. */
async function shape(): Promise<string[]> {
  const text = JSON.stringify(await db.contents()).replace(
    /[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|sha256-[\w-]{43}/g,
    "made",
  );
  // A retry ends all sessions once more.
  const inOrder = ({ generation, kept_session, ...item }: { generation?: number; kept_session?: string }) =>
    Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1));
  return (JSON.parse(text) as { generation?: number }[])
    .map((item) => JSON.stringify(Object.fromEntries(inOrder(item))))
    .sort();
}

/** Where each run of an operation begins. */
interface Beginning extends TableBeginning {
  /** What the scenario's `prepare` gave. */
  readonly prepared: never;
}

/** Prepares an operation once; `meanwhile` comes between that and the operation. */
async function beginningOf(scenario: Scenario, meanwhile?: () => Promise<unknown>): Promise<Beginning> {
  const prepared = (await scenario.prepare?.(db.layer)) as never;
  db.lag.settle();
  await meanwhile?.();
  return { prepared, items: await db.contents(), now: NOW };
}

/** Undoes what an operation did. */
async function begin(beginning: Beginning): Promise<void> {
  await goBackTo(db, beginning);
  db.faults.clear();
  db.requests.length = 0;
  db.lag.release();
  db.lag.reseed();
  // What was there before has long come to all indexes.
  db.lag.settle();
}

/** Runs the operation from its beginning, with an interruption; says which requests it made. */
async function interrupted(scenario: Scenario, beginning: Beginning, interruption?: Interruption) {
  await begin(beginning);
  const { client } = interruptedClient(db.client, interruption);
  const requests: string[] = [];
  const named = interceptedClient(client, ({ name }, next) => {
    requests.push(name);
    return next();
  });
  const failure = await scenario.act(db.layerWith({ client: named }), beginning.prepared).then(
    () => undefined,
    (error: unknown) => error,
  );
  return { requests, failure };
}

/** Where a process may die: before each request, and after it. A read leaves the same after as before; the long run tries both. */
const pointsOf = (requests: readonly string[]): Interruption[] =>
  requests.flatMap((name, at) => {
    const reads = /^(?:Get|BatchGet|Query)/.test(name);
    return reads && !LONG
      ? [{ at, when: "before" as const }]
      : (["before", "after"] as const).map((when) => ({ at, when }));
  });

jest.setTimeout(120_000);

let points = 0;
const multiRequestOperations = new Set<Scenario>();
const refusedOperations = new Set<Scenario>();
afterAll(() =>
  report("crash points", {
    points,
    "operations of more than one request": multiRequestOperations.size,
    "operations that an erasure refuses": refusedOperations.size,
  }),
);

it("knows every function of every service", () => {
  const services = Object.entries(db.layer).filter(
    ([name]) => !["context", "entities", "collections", "within"].includes(name),
  );

  const functions = services.flatMap(([service, api]) => functionsOf(api).map((name) => `${service}.${name}`));
  expect(operations.map(([name]) => name).sort()).toEqual(functions.sort());
});

it.each(operations)("%s ends well when it is retried after a crash at any request", async (_name, scenario) => {
  const beginning = await beginningOf(scenario);
  const { requests, failure } = await interrupted(scenario, beginning);
  expect(failure).toBeUndefined();
  const wanted = await shape();
  if (requests.length > 1) multiRequestOperations.add(scenario);

  for (const point of pointsOf(requests)) {
    points++;
    const crash = await interrupted(scenario, beginning, point);
    expect(crash.failure).toBeInstanceOf(Interrupted);

    const refusal = await scenario.act(db.layer, beginning.prepared).then(
      () => undefined,
      (error: unknown) => error,
    );

    // A verification token works once: the retry learns that the address is verified.
    if (refusal !== undefined) expect(refusal).toBeInstanceOf(ConflictError);
    const left = await shape();
    const extra = left.filter((item) => !wanted.includes(item));
    const orphans =
      scenario.orphan === undefined
        ? left.length
        : left.filter((item) => item.includes(`"__edb_e__":"${scenario.orphan}"`)).length;
    expect(extra).toEqual([]);
    if (scenario.orphan === undefined) expect(left).toEqual(wanted);
    else
      expect(orphans).toBeLessThanOrEqual(
        wanted.filter((item) => item.includes(`"__edb_e__":"${scenario.orphan}"`)).length + 1,
      );
  }
});

const erase = () => db.layer.accounts.erase(MARIA);
const REFUSALS: readonly string[] = ["erased", "being_erased"];

it.each(operations)("%s leaves nothing of an erased account after a crash at any request", async (_name, scenario) => {
  // One request cannot both write and look at the ledger of erasures.
  if (!multiRequestOperations.has(scenario)) return;
  // Nobody erases an account whose address is being changed: that comes to its end first.
  if (scenario.moves === true) return;
  const beginning = await beginningOf(scenario, erase);
  const { requests, failure } = await interrupted(scenario, beginning);
  // What an erasure refuses is what could bring something back.
  if (!(failure instanceof ConflictError && REFUSALS.includes(failure.reason))) return;

  for (const point of pointsOf(requests)) {
    points++;
    refusedOperations.add(scenario);
    const crash = await interrupted(scenario, beginning, point);
    expect(crash.failure).toBeInstanceOf(Interrupted);

    const retry = scenario.act(db.layer, beginning.prepared);

    await expect(retry).rejects.toMatchObject({ code: "conflict", reason: failure.reason });
    // The ledger has the address while the erasure is not final.
    const left = (await db.contents()).filter(
      (item) => item.__edb_e__ !== "erasure" && JSON.stringify(item).includes(MARIA),
    );
    // A credential whose id died with the call goes by its time to live.
    expect(left.filter((item) => item.__edb_e__ !== scenario.orphan || item.ttl === undefined)).toEqual([]);
  }
});
