import { ConflictError } from "../../services/errors.ts";
import { Interrupted, type Interruption, interruptedClient } from "../../testing/interrupted-client.ts";
import { MARIA } from "../builders.ts";
import { openTestEngine, type TestEngine, type TestTable } from "../engine.ts";
import { report } from "./report.ts";
import { SCENARIOS, type Scenario } from "./scenarios.ts";

const operations = Object.entries(SCENARIOS).flatMap(([service, functions]) =>
  Object.entries(functions).map(([name, scenario]) => [`${service}.${name}`, scenario as Scenario] as const),
);

let engine: TestEngine;
beforeAll(async () => {
  engine = await openTestEngine();
});
afterAll(() => engine.stop());

/** The table's contents with generated ids made alike, in an order that does not depend on them. */
async function shape(db: TestTable): Promise<string[]> {
  const text = JSON.stringify(await db.contents()).replace(
    /[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g,
    "uuid",
  );
  const inOrder = (item: object) => Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1));
  return (JSON.parse(text) as object[]).map((item) => JSON.stringify(Object.fromEntries(inOrder(item)))).sort();
}

/**
 * Prepares a fresh table and runs the operation on it with an interruption; says how many requests it took. `meanwhile`
 * comes between the two. Drop the table when you have looked at it.
 */
async function interrupted(
  scenario: Scenario,
  interruption?: Interruption,
  meanwhile?: (db: TestTable) => Promise<unknown>,
) {
  const db = await engine.openTable();
  const prepared = (await scenario.prepare?.(db.layer)) as never;
  await meanwhile?.(db);
  const { client, count } = interruptedClient(db.client, interruption);
  const failure = await scenario.act(db.layerWith({ client }), prepared).then(
    () => undefined,
    (error: unknown) => error,
  );
  return { db, prepared, requests: count(), failure };
}

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

/** Calls `check` with a crash before and after each of an operation's requests, side by side on tables of their own. */
async function atEachRequest(requests: number, check: (interruption: Interruption) => Promise<void>): Promise<void> {
  for (let at = 0; at < requests; at++) {
    points += 2;
    await Promise.all([check({ at, when: "before" }), check({ at, when: "after" })]);
  }
}

/** What a call threw, or undefined. */
const errorOf = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

it("knows every function of every service", async () => {
  const db = await engine.openTable();
  const services = Object.entries(db.layer).filter(
    ([name]) => !["context", "entities", "collections", "within"].includes(name),
  );

  const functions = services.flatMap(([service, api]) => Object.keys(api).map((name) => `${service}.${name}`));
  expect(operations.map(([name]) => name).sort()).toEqual(functions.sort());
  await db.drop();
});

it.each(operations)("%s ends well when it is retried after a crash at any request", async (_name, scenario) => {
  const whole = await interrupted(scenario);
  expect(whole.failure).toBeUndefined();
  const wanted = await shape(whole.db);
  await whole.db.drop();
  if (whole.requests > 1) multiRequestOperations.add(scenario);

  await atEachRequest(whole.requests, async (interruption) => {
    const { db, prepared, failure } = await interrupted(scenario, interruption);
    expect(failure).toBeInstanceOf(Interrupted);

    const refusal = await errorOf(scenario.act(db.layer, prepared));

    // A verification token works once: the retry learns that the address is verified.
    if (refusal !== undefined) expect(refusal).toBeInstanceOf(ConflictError);
    const left = await shape(db);
    const extra = left.filter((item) => !wanted.includes(item));
    expect(extra).toEqual([]);
    if (scenario.orphan === undefined) expect(left).toEqual(wanted);
    else {
      const isOrphan = (item: string) => item.includes(`"__edb_e__":"${scenario.orphan}"`);
      expect(left.filter(isOrphan).length).toBeLessThanOrEqual(wanted.filter(isOrphan).length + 1);
    }
    await db.drop();
  });
});

const erase = (db: TestTable) => db.layer.accounts.erase(MARIA);

it.each(operations)("%s leaves nothing of an erased account after a crash at any request", async (_name, scenario) => {
  // One request cannot both write and look for the erasure's marker.
  if (!multiRequestOperations.has(scenario)) return;
  const whole = await interrupted(scenario, undefined, erase);
  await whole.db.drop();
  // What an erasure refuses is what could bring something back.
  if (!(whole.failure instanceof ConflictError && whole.failure.state === "erased")) return;
  refusedOperations.add(scenario);

  await atEachRequest(whole.requests, async (interruption) => {
    const { db, prepared, failure } = await interrupted(scenario, interruption, erase);
    expect(failure).toBeInstanceOf(Interrupted);

    const retry = scenario.act(db.layer, prepared);

    await expect(retry).rejects.toMatchObject({ code: "conflict", state: "erased" });
    const left = (await db.contents()).filter((item) => JSON.stringify(item).includes(MARIA));
    // A credential whose id died with the call goes by its time to live.
    expect(left.filter((item) => item.__edb_e__ !== scenario.orphan || item.ttl === undefined)).toEqual([]);
    await db.drop();
  });
});
